"""Writes what a recorder says, for `truename conform` to read. Adapters use it."""

import json
import re


def say(label, file=None, line=None, process=0):
    """Writes that code with this label ran."""
    said = {"process": process, "label": plain(label), "file": file and plain(file), "line": line}
    print(json.dumps(said))


def plain(text):
    """A lone surrogate, such as that of a file name that is not UTF-8, as truename writes it."""
    return re.sub("[\ud800-\udfff]", lambda it: f"\\u{ord(it[0]):x}", text)
