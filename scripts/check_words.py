#!/usr/bin/env python3
"""Checks the words of comments, documentation and messages.

- A doc comment opens with a verb ("Returns", "Decides") or, of a type, with a noun phrase; never
  with What, Whether, Where, How, Which or Who.
- No comment stands wholly in brackets.
- Some words are not used, in names neither: REPLACED says what is written instead.

    scripts/check_words.py [PATH…]

PATHs are files and folders, all of the repository's unless they are given. Exits with 1 when
something is found. It needs only the standard library of any Python >= 3.9.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

from rust_source import tokens

REPLACED = dict.fromkeys(
    ["tell", "tells", "told", "telling", "untold", "teller", "tellers"],
    "record, report, emit, encode, note, say or write",
)
HEADS = re.compile(r"(What|Whether|Where|How|Which|Who)\b")
PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
"""The words of a text or of a name, such as `CodeState` or `code_state`."""

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {"target", "fixtures", "snapshots", "node_modules"}
THESE = {Path(__file__).name, "test_" + Path(__file__).name}
"""They quote what they look for."""

SHELL = {"setup", "justfile", "run"}
"""Files without an extension whose comments begin with `#`; so do scripts/* and *.py, *.toml."""


class Finding(NamedTuple):
    file: Path
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{os.path.relpath(self.file)}:{self.line}: {self.problem}"


def words(file: Path, line: int, text: str) -> Iterator[Finding]:
    for number, part in enumerate(text.split("\n"), line):
        for match in PARTS.finditer(part):
            instead = REPLACED.get(match[0].lower())
            if instead:
                yield Finding(file, number, f"'{match[0]}': {instead}, rather")


def brackets(file: Path, line: int, text: str) -> Iterator[Finding]:
    text = text.strip().rstrip(".")
    if not text.startswith("("):
        return
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            break
    if depth == 0 and place == len(text) - 1:
        yield Finding(file, line, "this comment stands in brackets")


class Block(NamedTuple):
    """Comments of one kind on lines that follow each other."""

    mark: str
    first: int
    last: int
    text: str


MARKS = re.compile(r"(///|//!|//|/\*\*(?!/)|/\*!|/\*)(?!/)")


def rust(file: Path, source: str) -> Iterator[Finding]:
    blocks: list[Block] = []
    trailing = 0
    for token in tokens(source):
        if token.kind != "comment":
            if token.kind in ("string", "word"):
                yield from words(file, token.line, token.text)
            trailing = token.line
            continue
        yield from words(file, token.line, token.text)
        match = MARKS.match(token.text)
        mark = match[1] if match else "//"
        text = token.text[len(mark) :].removesuffix("*/").strip()
        last = token.line + token.text.count("\n")
        before = blocks[-1] if blocks else None
        if before and before.mark == mark and before.last == token.line - 1 and trailing < before.last:
            blocks[-1] = Block(mark, before.first, last, f"{before.text}\n{text}")
        else:
            blocks.append(Block(mark, token.line, last, text))
    for block in blocks:
        yield from brackets(file, block.first, block.text)
        if block.mark not in ("//", "/*"):
            match = HEADS.match(block.text)
            if match:
                problem = f"a doc comment opens with '{match[0]}': a verb or a noun phrase?"
                yield Finding(file, block.first, problem)


def markdown(file: Path, source: str) -> Iterator[Finding]:
    fence = ""
    for number, line in enumerate(source.split("\n"), 1):
        match = re.match(r"\s*(`{3,}|~{3,})", line)
        if match and (not fence or line.strip() == fence):
            fence = "" if fence else match[1]
        elif not fence:
            yield from words(file, number, re.sub(r"`[^`]*`", "", line))


def script(file: Path, source: str) -> Iterator[Finding]:
    block: list[str] = []
    for number, line in enumerate([*source.split("\n"), ""], 1):
        if line.strip().startswith("#") and not line.startswith("#!"):
            block.append(line.strip().lstrip("#"))
        elif block:
            yield from brackets(file, number - len(block), "\n".join(block))
            block = []
        yield from words(file, number, line)


def look(file: Path) -> Iterator[Finding]:
    """What is found in a file, whose kind its name says."""
    if file.name in THESE:
        return iter(())
    checks = {".rs": rust, ".md": markdown, ".py": script, ".toml": script}
    check = checks.get(file.suffix)
    if check is None and not file.suffix:
        if file.name in SHELL or file.parent == ROOT / "scripts":
            check = script
    return check(file, file.read_text()) if check else iter(())


def files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(
            name for name in folders if name not in SKIPPED and (name == ".ci" or name[0] != ".")
        )
        yield from (Path(folder, name) for name in sorted(names))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT])
    found = [
        finding
        for path in parser.parse_args().paths
        for file in files(path.resolve())
        for finding in sorted(look(file), key=lambda finding: finding.line)
    ]
    for finding in found:
        print(finding)
    if found:
        print(f"{len(found)} found")
        return 1
    print("words: nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
