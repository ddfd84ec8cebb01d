"""Traces, as the command reads them."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

from . import _command
from ._errors import CommandError


class Module(NamedTuple):
    """Code named `<module>` that ran."""

    label: str
    name: str | None
    rule: str
    why: str
    file: str
    line: int
    outcome: str
    exception: str | None
    start_ns: int
    duration_ns: int | None


class Importer(NamedTuple):
    """The statement or call that asked for a module."""

    module: str | None
    file: str
    line: int


class Import(NamedTuple):
    """An import that `sys.modules` did not answer."""

    name: str
    outcome: str
    kind: str | None
    file: str | None
    importer: Importer | None
    exception: str | None
    start_ns: int
    total_ns: int | None


class Node(NamedTuple):
    """An import or a body, with those that happened within it."""

    name: str
    label: str
    kind: str | None
    file: str | None
    outcome: str
    importer: Importer | None
    total_ns: int
    own_ns: int
    nodes: tuple["Node", ...]


class Call(NamedTuple):
    """A call of a Python function, or the run of a module's body."""

    name: str
    """The label of a body, and the qualified name of a function."""
    file: str
    line: int
    """The first line of its code."""
    depth: int
    """The number of calls that it is within."""


def _importer(found: dict[str, Any] | None) -> Importer | None:
    return None if found is None else Importer(found["module"], found["file"], found["line"])


def _node(found: dict[str, Any]) -> Node:
    return Node(
        name=found["name"],
        label=found["label"],
        kind=found["kind"],
        file=found["file"],
        outcome=found["outcome"],
        importer=_importer(found["importer"]),
        total_ns=found["total_ns"],
        own_ns=found["own_ns"],
        nodes=tuple(_node(node) for node in found["nodes"]),
    )


class Trace:
    """The trace in a folder. Nothing is read before it is asked for, and then all anew."""

    def __init__(self, path: str | os.PathLike[str] = "truename-trace") -> None:
        self.path = os.fspath(path)

    def __repr__(self) -> str:
        return f"Trace({self.path!r})"

    def _document(self) -> dict[str, Any]:
        file = os.path.join(self.path, "trace_modules.json")
        try:
            with open(file, encoding="utf-8") as text:
                document: dict[str, Any] = json.load(text)
        except FileNotFoundError:
            raise CommandError(
                f"there is no trace in {self.path}, or its recording is not over: `truename check {self.path}` says which"
            ) from None
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        if document.get("format") != 2:
            raise CommandError(f"{file} is of version {document.get('format')}, and this truename reads version 2")
        return document

    @property
    def process(self) -> dict[str, Any]:
        """The process, and how its recording ended, with the keys of `trace_modules.json`."""
        process: dict[str, Any] = self._document()["process"]
        return process

    @property
    def loaded_before(self) -> list[str]:
        """The names of the modules that were loaded when the recording began; nothing is known of their imports."""
        names: list[str] = self._document()["loaded_before"]
        return names

    @property
    def modules(self) -> list[Module]:
        """All code named `<module>` that ran, in the order of its start."""
        return [Module(*(found[key] for key in Module._fields)) for found in self._document()["modules"]]

    @property
    def imports(self) -> list[Import]:
        """All imports that `sys.modules` did not answer, in their order."""
        imports = self._document()["imports"]
        return [Import(**{**{key: found[key] for key in Import._fields}, "importer": _importer(found["importer"])})
                for found in imports]  # fmt: skip

    @property
    def children(self) -> list["Trace"]:
        """The traces of child processes and of sub-interpreters."""
        folder = os.path.join(self.path, "children")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return [Trace(os.path.join(folder, name)) for name in sorted(names, key=int) if name.isdigit()]

    def tree(self) -> tuple[Node, ...]:
        """The imports as they happened, each within the one that needed it."""
        found = json.loads(_command.output(["tree", "--json", "--all", self.path]))
        return tuple(_node(node) for node in found["nodes"])

    def calls(self) -> Iterator[Call]:
        """All calls, in the order of their starts. No more than a few are in memory."""
        with _command.popen(["calls", self.path], stdin=subprocess.DEVNULL) as process:
            assert process.stdout is not None and process.stderr is not None
            try:
                for line in process.stdout:
                    yield Call(*json.loads(line))
            except GeneratorExit:
                process.kill()
                raise
            stderr = process.stderr.read()
        if process.returncode != 0:
            raise CommandError(_command.message(stderr))
