"""Reads a file of cProfile: cprofile.py FILE. It says how often code ran, and names no module."""

import marshal
import sys

from statements import say

for (file, line, name), (_, calls, *_) in marshal.load(open(sys.argv[1], "rb")).items():
    for _ in range(calls if name == "<module>" else 0):
        say(name, file, line)
