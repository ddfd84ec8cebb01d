"""Reads the data of coverage: coverage.py FILE. It says which lines of which files ran, and names no module."""

import sqlite3
import sys

from statements import say

files = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for (path,) in files.execute("SELECT path FROM file ORDER BY id"):
    say("<module>", path)
