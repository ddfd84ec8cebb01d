"""Formats a file with the black in a folder: reformat.py FOLDER FILE."""

import sys

sys.path.insert(0, sys.argv[1])

import black  # noqa: E402

with open(sys.argv[2], encoding="utf-8") as file:
    text = file.read()
assert black.__file__.startswith(sys.argv[1]) and black.__file__.endswith(".py")
assert black.format_str(text, mode=black.Mode()) != text
