"""A shell of IPython's that runs a cell, a script with %run, and the script again with %run -n."""

import sys

from IPython.core.interactiveshell import InteractiveShell

main = sys.modules["__main__"]
shell = InteractiveShell.instance(user_module=None, history_manager=None)
for cell in "import ledger", "%run script.py", "%run -n script.py":
    shell.run_cell(cell, store_history=False).raise_error()
sys.modules["__main__"] = main
