"""Reads the stacks of py-spy: py_spy.py FILE. Its frames have a function, a file and a line."""

import re
import sys

from statements import say

FRAME = re.compile(r"<module> \((.*):\d+\)$")

seen = {}
for line in open(sys.argv[1], encoding="utf-8", errors="surrogateescape"):
    stack, _, _ = line.rpartition(" ")
    for frame in stack.split(";"):
        body = FRAME.match(frame)
        if body:
            seen[body[1]] = None
for file in seen:
    say("<module>", file)
