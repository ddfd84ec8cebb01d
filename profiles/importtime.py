"""Reads what `python -X importtime` prints: importtime.py FILE."""

import re
import sys

from statements import say

# Within another import, a name is indented by two spaces a level.
ROW = re.compile(r"import time: +\d+ \| +\d+ \| (?:  )*(.+)$")

for line in open(sys.argv[1], encoding="utf-8", errors="surrogateescape"):
    row = ROW.match(line.rstrip("\n"))
    if row:
        say(f"<{row[1]}>")
