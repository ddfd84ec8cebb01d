#!/usr/bin/env python3
"""Checks that no modules of a crate import each other in a circle.

A module imports another when its code names an item that the other one defines, by `use` or by a
path (`crate::a::b`, `super::b`, `child::b`). A name that comes by way of a re-export counts as an import of the
module that defines it, so a folder may re-export what its files define, and they may use each
other through it. Declaring a module (`mod child;`) imports nothing. Tests do not count.

    scripts/check_circles.py [--arrows] [MANIFEST]

MANIFEST is a Cargo.toml, the workspace's unless it is given. `--arrows` prints every import, too.
Exits with 1 when there is a circle. It needs only the standard library of any Python >= 3.9.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Union

from rust_source import Token, tokens

# The tree of modules ------------------------------------------------------------------------------


class Import(NamedTuple):
    """A name that a `use` brings in: `use path as name;`."""

    path: tuple[str, ...]
    line: int
    public: bool


@dataclass
class Module:
    path: tuple[str, ...]
    file: Path
    parent: Optional[Module]
    children: dict[str, Module] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    imports: dict[str, list[Import]] = field(default_factory=lambda: defaultdict(list))
    globs: list[Import] = field(default_factory=list)
    paths: list[tuple[tuple[str, ...], int]] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)
    """Each word that stands in the module, with its first line."""

    def __hash__(self) -> int:
        return hash(self.path)

    def __str__(self) -> str:
        return "::".join(("crate",) + self.path)

    def root(self) -> Module:
        return self if self.parent is None else self.parent.root()

    def within(self) -> Iterator[Module]:
        yield self
        for child in self.children.values():
            yield from child.within()


OPENING, CLOSING = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}
DEFINING = {"fn", "struct", "enum", "union", "trait", "type", "const", "static"}
ENDED_BY_SEMICOLON = {"const", "static", "type", "use"}


class Reader:
    """Reads the items of one module from its tokens."""

    def __init__(self, found: list[Token], module: Module, folder: Path) -> None:
        self.tokens = found
        self.module = module
        self.folder = folder
        """Where the files of the module's children are."""

    def text(self, at: int) -> str:
        return self.tokens[at].text if at < len(self.tokens) else ""

    def close(self, at: int) -> int:
        """The place behind the bracket that closes the one at `at`."""
        depth = 0
        for place in range(at, len(self.tokens)):
            token = self.tokens[place]
            if token.kind != "mark":
                continue
            depth += (token.text in OPENING) - (token.text in CLOSING)
            if depth == 0:
                return place + 1
        return len(self.tokens)

    def items(self, at: int, end: int) -> None:
        while at < end:
            at = self.item(at, end)

    def item(self, at: int, end: int) -> int:
        """Reads one item, and returns the place behind it."""
        attributes, at = self.attributes(at, end)
        if any(only_for_tests(attribute) for attribute in attributes):
            inner = any(attribute[:1] == ["!"] for attribute in attributes)
            return end if inner else self.end_of_item(at, end)
        public = self.text(at) == "pub"
        at = self.visibility(at)
        if at >= end:
            return end
        word, after = self.text(at), self.text(at + 1)
        if word == "mod":
            return self.child(at, end, attributes)
        last = self.end_of_item(at, end)
        if word == "use":
            self.use(at + 1, public)
            return last
        if word == "macro_rules":
            self.module.defined.add(self.text(at + 2))
        elif word == "extern" and after == "crate":
            return last
        self.defined(at, last)
        self.body(at, last)
        return last

    def attributes(self, at: int, end: int) -> tuple[list[list[str]], int]:
        found = []
        while at < end and self.text(at) == "#" and self.text(at + 1) in ("[", "!"):
            begin = at + 1
            at = self.close(begin + (self.text(begin) == "!"))
            found.append([t.text for t in self.tokens[begin:at] if t.text not in ("[", "]")])
        return found, at

    def visibility(self, at: int) -> int:
        if self.text(at) != "pub":
            return at
        return self.close(at + 1) if self.text(at + 1) == "(" else at + 1

    def end_of_item(self, at: int, end: int) -> int:
        at = self.visibility(at)
        head = self.text(at)
        # `const fn` is a function.
        ended_by_brace = head not in ENDED_BY_SEMICOLON or self.text(at + 1) in ("fn", "unsafe")
        while at < end:
            text = self.tokens[at].text if self.tokens[at].kind == "mark" else ""
            if text in OPENING:
                at = self.close(at)
                if text == "{" and ended_by_brace:
                    return at
            else:
                at += 1
                if text == ";":
                    return at
        return end

    def defined(self, at: int, end: int) -> None:
        """Notes the names that the item defines for its module."""
        head = at
        while head < end and self.text(head) in ("unsafe", "async", "extern", "safe", "default"):
            head += 1
            if self.tokens[head].kind == "string":
                head += 1
        word = self.text(head)
        if word in DEFINING:
            name = head + 1
            while self.text(name) in ("mut", "fn", "unsafe", "extern", "async"):
                name += 1
            self.module.defined.add(self.text(name))
        elif word == "{" or self.text(head + 1) == "!":
            # A block of foreign functions, or a macro that defines what stands in it.
            for place in range(head, end - 1):
                if self.text(place) in DEFINING and self.tokens[place + 1].kind == "word":
                    self.module.defined.add(self.text(place + 1))

    def child(self, at: int, end: int, attributes: list[list[str]]) -> int:
        name = self.text(at + 1)
        path = self.module.path + (name,)
        if self.text(at + 2) == "{":
            last = self.close(at + 2)
            child = Module(path, self.module.file, self.module)
            self.module.children[name] = child
            Reader(self.tokens, child, self.folder / name).items(at + 3, last - 1)
            return last
        named = [a[2].strip('"') for a in attributes if a[:2] == ["path", "="]]
        if named:
            file = self.module.file.parent / named[0]
            folder = file.parent
        else:
            file, folder = self.folder / f"{name}.rs", self.folder / name
            if not file.exists():
                file = folder / "mod.rs"
        if file.exists():
            self.module.children[name] = read(file, path, self.module, folder)
        return at + 3

    def body(self, at: int, end: int) -> None:
        """Notes the paths and words of an item, and the `use`s within it."""
        while at < end:
            token = self.tokens[at]
            if token.text == "pub" and self.text(at + 1) == "(":
                at = self.close(at + 1)
            elif token.text == "use" and self.text(at + 1) != "<" and token.kind == "word":
                self.use(at + 1, public=False)
                while at < end and self.text(at) != ";":
                    at += 1
            elif token.kind == "word" and self.text(at - 1) not in ("::", "."):
                path = [token.text]
                while self.text(at + 1) == "::" and self.tokens[at + 2].kind == "word":
                    at += 2
                    path.append(self.text(at))
                self.module.words.setdefault(path[0], token.line)
                if len(path) > 1:
                    self.module.paths.append((tuple(path), token.line))
                at += 1
            else:
                at += 1

    def use(self, at: int, public: bool, before: tuple[str, ...] = ()) -> int:
        """Reads one tree of a `use`, and returns the place behind it."""
        path = before
        if self.text(at) == "::":
            at, path = at + 1, ("::",)
        while True:
            token = self.tokens[at]
            if token.text == "{":
                at += 1
                while self.text(at) != "}":
                    at = self.use(at, public, path)
                    at += self.text(at) == ","
                return at + 1
            if token.text == "*":
                self.module.globs.append(Import(path, token.line, public))
                return at + 1
            if not (token.text == "self" and path):
                path += (token.text,)
            at += 1
            if self.text(at) != "::":
                break
            at += 1
        name = path[-1]
        if self.text(at) == "as":
            name, at = self.text(at + 1), at + 2
        self.module.imports[name].append(Import(path, token.line, public))
        return at


def only_for_tests(attribute: list[str]) -> bool:
    words = [word for word in attribute if word != "!"]
    return words[:1] == ["cfg"] and "test" in words and "not" not in words and "any" not in words


def read(file: Path, path: tuple[str, ...], parent: Optional[Module], folder: Path) -> Module:
    module = Module(path, file, parent)
    found = [token for token in tokens(file.read_text()) if token.kind != "comment"]
    Reader(found, module, folder).items(0, len(found))
    return module


# What names mean ----------------------------------------------------------------------------------


class Item(NamedTuple):
    """Something that a module defines."""

    module: Module
    name: str


Meaning = Union[Module, Item, None]
"""A module or an item of this crate; nothing for what is of another crate."""


def look_up(module: Module, path: tuple[str, ...], seen: frozenset = frozenset()) -> Meaning:
    """The meaning of a path that stands in `module`."""
    first, rest = path[0], path[1:]
    meaning: Meaning
    if first in ("crate", "$crate"):
        meaning = module.root()
    elif first == "self":
        meaning = module
    elif first == "super":
        meaning = module.parent
    else:
        meaning = name_in(module, first, seen)
    while rest and isinstance(meaning, Module):
        inside, name, rest = meaning, rest[0], rest[1:]
        if name == "super":
            meaning = inside.parent
        else:
            # A name that no one is seen to define comes from a macro of that module.
            meaning = name_in(inside, name, seen) or (
                None if name in inside.imports else Item(inside, name)
            )
    return meaning


def name_in(module: Module, name: str, seen: frozenset) -> Meaning:
    """The meaning of a name in a module's namespace."""
    if (module, name) in seen:
        return None
    seen |= {(module, name)}
    if name in module.children:
        return module.children[name]
    if name in module.defined:
        return Item(module, name)
    for found in module.imports.get(name, []):
        meaning = look_up(module, found.path, seen)
        if meaning is not None:
            return meaning
    if name in module.imports:
        return None
    for found in module.globs:
        inside = look_up(module, found.path, seen)
        if isinstance(inside, Module):
            meaning = name_in(inside, name, seen)
            if meaning is not None:
                return meaning
    return None


# Arrows and circles -------------------------------------------------------------------------------


class Arrow(NamedTuple):
    origin: Module
    target: Module
    line: int
    name: str


def lines_of(found: list[Arrow]) -> list[str]:
    """A line for each pair of modules, with the names that the one takes of the other."""
    pairs: dict[tuple[Module, Module], list[Arrow]] = defaultdict(list)
    for arrow in found:
        pairs[arrow.origin, arrow.target].append(arrow)
    return [
        f"  {origin} → {target}\n    {shown(origin.file)}: "
        + ", ".join(f"{arrow.name} (line {arrow.line})" for arrow in together)
        for (origin, target), together in pairs.items()
    ]


def arrows(root: Module) -> list[Arrow]:
    found: dict[tuple[Module, Module, str], Arrow] = {}

    def note(module: Module, meaning: Meaning, line: int, modules: bool = False) -> None:
        if isinstance(meaning, Module):
            # To name a module is to import what is then taken from it.
            if not modules:
                return
            target, name = meaning, meaning.path[-1] if meaning.path else "crate"
        elif meaning is None:
            return
        else:
            target, name = meaning
        if target is not module:
            key = (module, target, name)
            if key not in found or line < found[key].line:
                found[key] = Arrow(module, target, line, name)

    for module in root.within():
        for name, uses in module.imports.items():
            for use in uses:
                note(module, look_up(module, use.path), use.line, use.public)
        for use in module.globs:
            meaning = look_up(module, use.path)
            if not isinstance(meaning, Module):
                note(module, meaning, use.line)
            elif use.public:
                note(module, meaning, use.line, modules=True)
            else:
                for word, line in module.words.items():
                    if not (
                        word in module.defined or word in module.imports or word in module.children
                    ):
                        note(module, name_in(meaning, word, frozenset()), line)
        for path, line in module.paths:
            note(module, look_up(module, path), line)
    return sorted(found.values(), key=lambda arrow: (arrow.origin.path, arrow.line))


def circles(found: list[Arrow]) -> list[list[Module]]:
    """The groups of modules in which each one reaches every other (Tarjan)."""
    targets: dict[Module, list[Module]] = defaultdict(list)
    for arrow in found:
        targets[arrow.origin].append(arrow.target)
    index: dict[Module, int] = {}
    least: dict[Module, int] = {}
    stack: list[Module] = []
    groups: list[list[Module]] = []

    def visit(module: Module) -> None:
        index[module] = least[module] = len(index)
        stack.append(module)
        for target in targets.get(module, []):
            if target not in index:
                visit(target)
                least[module] = min(least[module], least[target])
            elif target in stack:
                least[module] = min(least[module], index[target])
        if least[module] == index[module]:
            at = stack.index(module)
            group = stack[at:]
            del stack[at:]
            if len(group) > 1:
                groups.append(sorted(group, key=lambda member: member.path))

    for module in list(targets):
        if module not in index:
            visit(module)
    return groups


# The command --------------------------------------------------------------------------------------


def shown(file: Path) -> str:
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def targets_of(manifest: Path) -> Iterator[tuple[str, Path]]:
    """The name and the root file of each library and command of the workspace."""
    command = ["cargo", "metadata", "--no-deps", "--format-version=1", "--manifest-path", manifest]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    for package in json.loads(answer.stdout)["packages"]:
        for target in package["targets"]:
            if not {"test", "bench", "example", "custom-build"} & set(target["kind"]):
                is_command = "bin" in target["kind"]
                name = package["name"] + (f" (command {target['name']})" if is_command else "")
                yield name, Path(target["src_path"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arrows", action="store_true", help="print every import, too")
    default = Path(__file__).resolve().parent.parent / "Cargo.toml"
    parser.add_argument("manifest", nargs="?", type=Path, default=default)
    arguments = parser.parse_args()
    crates = modules = wrong = 0
    for name, file in targets_of(arguments.manifest):
        root = read(file, (), None, file.parent)
        crates += 1
        modules += sum(1 for _ in root.within())
        found = arrows(root)
        if arguments.arrows:
            print(f"{name}:", *lines_of(found), sep="\n")
        for group in circles(found):
            wrong += 1
            print(f"{name}: {len(group)} modules import each other in a circle:")
            print(*lines_of([a for a in found if {a.origin, a.target} <= set(group)]), sep="\n")
    if wrong:
        print(
            f"{wrong} circle{'s' * (wrong != 1)}. Cut one arrow of each: move the item to the module "
            "that uses it, or to one below both, or hand it in as an argument."
        )
        return 1
    print(f"{modules} modules in {crates} crates, no circle")
    return 0


if __name__ == "__main__":
    sys.exit(main())
