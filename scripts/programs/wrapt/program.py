"""Hooks that run after an import, for an extension, a module in a zip file and one without a source."""

import py_compile
import zipfile
from pathlib import Path

import wrapt

Path("zipped.py").write_text("VALUE = 1")
with zipfile.ZipFile("modules.zip", "w") as archive:
    archive.write("zipped.py")
Path("sourceless.py").write_text("VALUE = 2")
py_compile.compile("sourceless.py", "sourceless.pyc", doraise=True)
Path("sourceless.py").unlink()
Path("zipped.py").unlink()


def patch(module):
    exec(compile("PATCHED = VALUE if 'VALUE' in globals() else 0", "<hook>", "exec"), vars(module))


for name in "_csv", "zipped", "sourceless", "ledger":
    wrapt.when_imported(name)(patch)

import sys

sys.path.insert(0, "modules.zip")
import _csv
import ledger
import sourceless
import zipped

print(_csv.PATCHED, zipped.PATCHED, sourceless.PATCHED, ledger.PATCHED)
