"""Reads what `python -v` prints: python_v.py FILE."""

import ast
import re
import sys

from statements import say

NOTE = re.compile(r"import ('.*'|\".*\") # (.*)")
# What they load has no code.
WITHOUT_CODE = ("BuiltinImporter", "ExtensionFileLoader", "NamespaceLoader")

for line in open(sys.argv[1], encoding="utf-8", errors="surrogateescape"):
    note = NOTE.match(line)
    if note and not any(loader in note[2] for loader in WITHOUT_CODE):
        say(f"<{ast.literal_eval(note[1])}>")
