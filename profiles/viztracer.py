"""Reads a trace of viztracer: viztracer.py FILE. It names functions by file and line, and no module."""

import json
import re
import sys

from statements import say

NAME = re.compile(r"<module> \((.*):(\d+)\)$")

events = json.load(open(sys.argv[1], encoding="utf-8", errors="surrogateescape"))["traceEvents"]
# An event is written when it ends.
for event in sorted((it for it in events if it["ph"] == "X"), key=lambda it: it["ts"]):
    body = NAME.match(event["name"])
    if body:
        say("<module>", body[1], int(body[2]), event["pid"])
