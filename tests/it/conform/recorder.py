"""A recorder of module bodies, and ways in which it is broken.

    python recorder.py WAY FOLDER [OPTION…] PROGRAM…

PROGRAM is a script or `-m` and a module. WAY is `right`, or what is wrong with it.
"""

import json
import os
import runpy
import sys
import time

way, folder, *program = sys.argv[1:]
bodies = []


def label(code, namespace):
    name = namespace.get("__name__")
    spec = namespace.get("__spec__")
    if way == "labels-by-path":
        return "<" + os.path.relpath(code.co_filename).removesuffix(".py").replace(os.sep, ".") + ">"
    if way == "labels-by-name":
        return f"<{name}>"
    if way == "no-labels":
        return "<module>"
    is_body = namespace.get("__file__") == code.co_filename
    return f"<{spec.name if spec and name != '__main__' else name}>" if is_body else "<module>"


def started(code, offset):
    if code.co_name == "<module>" and code.co_filename.startswith((os.getcwd(), "<")):
        if code.co_filename.startswith("<frozen"):
            return
        name = label(code, sys._getframe(1).f_globals)
        bodies.append({"process": os.getpid(), "label": name, "file": code.co_filename, "line": 1})


tool = sys.monitoring.PROFILER_ID
sys.monitoring.use_tool_id(tool, "recorder")
sys.monitoring.register_callback(tool, sys.monitoring.events.PY_START, started)
sys.monitoring.set_events(tool, sys.monitoring.events.PY_START)

status = 0
try:
    if way == "hangs":
        with open(os.path.join(os.path.dirname(__file__), "running"), "w") as note:
            note.write(str(os.getpid()))
        time.sleep(600)
    if way == "prints":
        print("recording")
    if program[0] == "-m":
        sys.argv = program[1:]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = program
        sys.path[0] = os.path.dirname(os.path.abspath(program[0]))
        runpy.run_path(os.path.abspath(program[0]), run_name="__main__")
except SystemExit as end:
    status = end.code
finally:
    sys.monitoring.set_events(tool, 0)

if way == "drops-the-last-event":
    bodies.pop()
if way == "repeats-an-event":
    bodies.append(next(it for it in bodies if it["label"] == "<__main__>"))
if way == "swallows-the-exit-status":
    status = 0
text = "".join(json.dumps(body) + "\n" for body in bodies)
if way == "writes-half-a-file":
    text = text[: len(text) // 2 + 20].rstrip("}\n")
if way != "writes-nothing":
    with open(os.path.join(folder, "bodies.jsonl"), "w") as out:
        out.write(text)
sys.exit(status)
