"""Notes the module bodies that a program runs, named by their `__spec__`: recorder.py FILE SCRIPT."""

import json
import os
import runpy
import sys

out, script, *arguments = sys.argv[1:]
notes = open(out, "a")


def started(code, _):
    if code.co_name != "<module>" or code.co_filename.startswith("<frozen"):
        return
    namespace = sys._getframe(1).f_globals
    spec = namespace.get("__spec__")
    name = spec.name if spec else namespace.get("__name__")
    note = {"process": os.getpid(), "label": f"<{name}>", "file": code.co_filename}
    print(json.dumps(note), file=notes, flush=True)


sys.monitoring.use_tool_id(3, "outside")
sys.monitoring.register_callback(3, sys.monitoring.events.PY_START, started)
sys.monitoring.set_events(3, sys.monitoring.events.PY_START)
sys.argv = [script, *arguments]
sys.path[0] = os.path.dirname(os.path.abspath(script))
runpy.run_path(script, run_name="__main__")
