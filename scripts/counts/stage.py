"""Runs a script after what all ways of counting import was imported: stage.py WAY OUT SCRIPT ARGS…

The ways are `plain`, which counts nothing, `cprofile`, which counts calls, and `coverage`, which notes
lines. What was counted goes to the file OUT, as JSON.
"""

import cProfile
import json
import os
import sys

import coverage

way, out, *sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(sys.argv[0])
with open(sys.argv[0], encoding="utf-8") as file:
    program = compile(file.read(), sys.argv[0], "exec")
names = {"__name__": "__main__", "__file__": sys.argv[0], "__builtins__": __builtins__}

profile = cProfile.Profile()
lines = coverage.Coverage(data_file=None, config_file=False, include=["*"], messages=False)
if way == "cprofile":
    profile.enable(builtins=False)
    exec(program, names)
    profile.disable()
    counted = [
        [entry.code.co_qualname, entry.code.co_filename, entry.code.co_firstlineno, entry.callcount]
        for entry in profile.getstats()
    ]
elif way == "coverage":
    lines.start()
    exec(program, names)
    lines.stop()
    data = lines.get_data()
    counted = [[file, sorted(data.lines(file))] for file in sorted(data.measured_files())]
else:
    exec(program, names)
    counted = []
with open(out, "w", encoding="utf-8") as file:
    json.dump(counted, file)
