"""Splits Rust source into tokens and comments, for the checks that read it."""

from __future__ import annotations

import re
from typing import NamedTuple

PATTERN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<line_comment>//[^\n]*)
  | (?P<block_comment>/\*)
  | (?P<raw>(?:b|c)?r(?P<hashes>\#*)".*?"(?P=hashes))
  | (?P<string>(?:b|c)?"(?:\\.|[^"\\])*")
  | (?P<char>b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^'\\])')
  | (?P<lifetime>'[A-Za-z_]\w*)
  | (?P<word>(?:r\#)?[A-Za-z_]\w*)
  | (?P<number>\d[\w]*(?:\.\d[\w]*)?)
  | (?P<mark>::|->|=>|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    kind: str
    """`word`, `mark`, `string`, `comment`, `number`, `char` or `lifetime`."""
    text: str
    line: int


def tokens(source: str) -> list[Token]:
    """Every token and comment of a file, each with the line on which it begins."""
    found = []
    at, line = 0, 1
    while at < len(source):
        match = PATTERN.match(source, at)
        assert match is not None and match.lastgroup is not None
        kind, text = match.lastgroup, match[0]
        # The group that closes last is the one that matched, but for a raw string's hashes.
        kind = {"line_comment": "comment", "hashes": "string", "raw": "string"}.get(kind, kind)
        if kind == "block_comment":
            kind, text = "comment", block_comment(source, at)
        if kind != "space":
            found.append(Token(kind, text.removeprefix("r#") if kind == "word" else text, line))
        line += text.count("\n")
        at += len(text)
    return found


def block_comment(source: str, begin: int) -> str:
    """The comment that begins there, with those that are nested in it."""
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(source, begin):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return source[begin : match.end()]
    return source[begin:]
