#!/usr/bin/env python3
"""Compares the calls and lines of truename with what cProfile and coverage count.

Each program runs three times on each interpreter that `truename pythons` finds usable: recorded with
`--events lines`, under cProfile, and under coverage. How often each function was called, by its
qualified name, file and first line, must be what cProfile says; which lines of each file ran must be
what coverage says. A difference is explained by one of the rules below or fails the comparison, and so
does a comparison of nothing. Each trace is also read with runtime_tracing's own reader and, converted, with that of
CodeTracer's crates (examples/compare_readers.rs): they have to find the same events.

    scripts/counts.py [--truename PATH] [--python PATH]… [PROGRAM…]

It needs only the standard library of any Python >= 3.9. The packages are installed in the venvs of
scripts/oracle.py's kind, in ${XDG_CACHE_HOME:-~/.cache}/truename/oracle.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench_peers import Program, arrange, pure_black
from oracle import ROOT, Broken, Venv, Workshop, chosen_interpreters, make_venv, parse_programs

PACKAGES = ["black", "boto3", "coverage", "django"]
STAGE = ROOT / "scripts/counts/stage.py"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
COMPARE_READERS = TARGET / "release/examples/compare_readers"
NAMES = ["boto3 client", "black", "constraints", "fib(27)", "django check"]

# So that a trace is read in seconds: what a bench does many times is done a few times.
LESS = {
    "constraints.py": ("range(40)", "range(2)"),
    "fib.py": ("fib(27)", "fib(15)"),
}

# Characters of a trace that are read at a time.
CHUNK = 1 << 20

# What a trace says -------------------------------------------------------------------------------

Function = tuple[str, str, int]


def events_of(file: Path) -> Iterator[dict]:
    """The events of a trace in JSON, some at a time: all at once, those of Black take 7 GB."""
    text = ""
    with file.open(encoding="utf-8") as source:
        if source.read(1) != "[":
            raise ValueError(f"{file} is no list of events")
        while more := source.read(CHUNK):
            text += more
            # No value has such a key, and in a string the quotes would be escaped.
            end = text.rfind('},{"Step":') + 1
            if end:
                yield from json.loads(f"[{text[:end]}]")
                text = text[end + 1 :]
    yield from json.loads(f"[{text}")


class Trace:
    """The calls and lines within the body of the script that the stage runs."""

    def __init__(self, folder: Path, script: str) -> None:
        document = json.loads((folder / "trace_modules.json").read_text(encoding="utf-8"))
        self.bodies = {(it["label"], it["file"], it["line"]) for it in document["modules"]}
        self.calls: Counter[Function] = Counter()
        self.lines: dict[str, set[int]] = {}
        # Of these: those of code that works out annotations, since 3.14.
        self.annotations: dict[str, set[int]] = {}
        paths: list[str] = []
        functions: list[Function] = []
        # By thread: the name of each of its open calls, empty when it is not to be counted.
        stacks: dict[int, list[str]] = {0: []}
        thread = 0
        has_begun = False
        last_step = None
        for event in events_of(folder / "trace.json"):
            ((kind, value),) = event.items()
            if last_step and kind != "Call":
                file, line, name = last_step
                self.lines.setdefault(file, set()).add(line)
                if name.rpartition(".")[2] == "__annotate__":
                    self.annotations.setdefault(file, set()).add(line)
            last_step = None
            stack = stacks[thread]
            if kind == "Path":
                paths.append(value)
            elif kind == "Function":
                functions.append(self.function(value, paths))
            elif kind == "ThreadSwitch":
                thread = value
                stacks.setdefault(thread, [])
            elif kind == "Call":
                function = functions[value["function_id"]]
                begins = not has_begun and function == ("<module>", script, 1)
                has_begun |= begins
                counts = begins or bool(stack[-1] if stack else thread != 0 and has_begun)
                stack.append(function[0] if counts else "")
                self.calls[function] += counts
            elif kind == "Return":
                stack.pop()
            elif kind == "Step" and stack and stack[-1]:
                last_step = (paths[value["path_id"]], value["line"], stack[-1])
        self.calls = +self.calls
        if not has_begun:
            raise Broken(f"the trace has no body of {script}")

    def function(self, value: dict, paths: list[str]) -> Function:
        function = (value["name"], paths[value["path_id"]], value["line"])
        # CPython calls `<module>` whatever truename names.
        return ("<module>", *function[1:]) if function in self.bodies else function


# What explains a difference ----------------------------------------------------------------------


def explained_line(
    file: str, trace: set[int], coverage: set[int], annotations: set[int]
) -> str | None:
    """Why the lines of a file differ."""
    if coverage < trace and trace - coverage <= annotations:
        return "coverage leaves out the code that works out annotations"
    if not coverage and not Path(file).is_file():
        return "coverage follows no code without a file: frozen, generated"
    if not trace and f"{os.sep}coverage{os.sep}" in file:
        return "coverage sees itself stop"
    if file.endswith(f"{os.sep}threading.py") and trace < coverage:
        return "coverage sees itself hook into threads"
    return None


# What reads the environment, by the name that each version has for it.
DECODERS = ("_createenviron.<locals>.decode", "_create_environ_mapping.<locals>.decode")


def explained_call(function: Function, trace: int, profile: int) -> str | None:
    """Why the calls of a function differ."""
    name, file, _ = function
    if name in ("_Environ.__iter__", "KeysView.__iter__") or name in DECODERS:
        return "the environment of a recorded program has two more variables"
    if file.endswith((f"{os.sep}weakref.py", f"{os.sep}dispatch{os.sep}dispatcher.py")):
        return "when weak references die is for the garbage collector to say"
    return None


# Comparing ---------------------------------------------------------------------------------------


class Row:
    def __init__(self, interpreter: str, program: str) -> None:
        self.interpreter = interpreter
        self.program = program
        self.calls = self.functions = self.lines = self.files = 0
        self.reasons: Counter[str] = Counter()
        self.problems: list[str] = []

    def cells(self) -> list[str]:
        numbers = (self.calls, self.functions, self.lines, self.files, sum(self.reasons.values()))
        verdict = f"{len(self.problems)} DIFFER" if self.problems else "ok"
        return [self.interpreter, self.program, *map(str, numbers), verdict]

    def note(self, what: str, reason: str | None) -> None:
        if reason:
            self.reasons[reason] += 1
        else:
            self.problems.append(what)


def compare(workshop: Workshop, venv: Venv, program: Program) -> Row:
    row = Row(venv.interpreter.version, program.name)
    folder = Path(tempfile.mkdtemp(prefix="counts-", dir=workshop.work))
    script, *words = program.words
    script = str(program.folder / script)
    run = [workshop.truename, "run", "--python", venv.python]
    run += ["--events", "lines", "--no-default-filter", "--out", folder / "trace", "--"]
    # The first run writes bytecode, which the others find.
    ways: dict[str, list] = {"first": [venv.python], "plain": run, "cprofile": [venv.python], "coverage": [venv.python]}
    try:
        for name, command in ways.items():
            out = folder / f"{name}.json"
            way = "plain" if name == "first" else name
            done = workshop.run(*command, STAGE, way, out, script, *words, cwd=program.folder)
            if done.returncode != 0:
                last = done.stderr.strip().splitlines()[-8:]
                raise Broken("\n".join([f"{way} exits {done.returncode}; it said last:", *last]))
        check = workshop.run(workshop.truename, "check", folder / "trace", cwd=folder)
        if check.returncode != 0:
            raise Broken(f"truename check: {check.stdout}{check.stderr}")
        convert = [workshop.truename, "convert", folder / "trace", "--format"]
        for command in (
            [*convert, "codetracer", "--out", folder / "codetracer"],
            [COMPARE_READERS, folder / "trace", folder / "codetracer"],
            [*convert, "json", "--out", folder / "json"],
        ):
            done = workshop.run(*command, cwd=folder)
            if done.returncode != 0:
                raise Broken(f"{command[0]}: {done.stdout}{done.stderr}")
        trace = Trace(folder / "json", script)
        profile = json.loads((folder / "cprofile.json").read_text(encoding="utf-8"))
        coverage = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
    except (Broken, OSError, ValueError) as error:
        row.problems = f"{type(error).__name__}: {error}".splitlines()
        return row
    profiled: Counter[Function] = Counter()
    for name, file, line, count in profile:
        profiled[name, file, line] += count
    covered = {file: set(lines) for file, lines in coverage}
    row.calls, row.functions = sum(trace.calls.values()), len(trace.calls)
    row.lines, row.files = sum(map(len, trace.lines.values())), len(trace.lines)
    for function in sorted(trace.calls.keys() | profiled.keys()):
        ours, theirs = trace.calls[function], profiled[function]
        if ours != theirs:
            what = f"{function}: {ours} calls, {theirs} by cProfile"
            row.note(what, explained_call(function, ours, theirs))
    for file in sorted(trace.lines.keys() | covered.keys()):
        ours, theirs = trace.lines.get(file, set()), covered.get(file, set())
        if ours != theirs:
            what = f"{file}: only truename {sorted(ours - theirs)}, coverage {sorted(theirs - ours)}"
            annotations = trace.annotations.get(file, set())
            row.note(what, explained_line(file, ours, theirs, annotations))
    if row.problems:
        row.problems.insert(0, f"(the trace is in {folder})")
    else:
        shutil.rmtree(folder)
    return row


def lighten(programs: list[Program]) -> None:
    """Has the programs do less."""
    for folder in {program.folder for program in programs}:
        for file in (folder / name for name in LESS if (folder / name).is_file()):
            text = file.read_text(encoding="utf-8")
            old, new = LESS[file.name]
            if text.count(old) != 1:
                raise Broken(f"{file.name} has no `{old}`")
            file.write_text(text.replace(old, new), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compares calls and lines with what cProfile and coverage count."
    )
    return parse_programs(parser, NAMES)


def main() -> int:
    arguments = parse_arguments()
    interpreters = chosen_interpreters(arguments)
    wheels = [wheel for interpreter in interpreters for wheel in interpreter.pips]
    work = Path(tempfile.mkdtemp(prefix="truename-counts-"))
    workshop = Workshop(arguments.truename, work)
    (work / "home").mkdir()
    rows: list[Row] = []
    for interpreter in interpreters:
        try:
            venv = make_venv(interpreter, PACKAGES, wheels)
            programs = arrange(venv, pure_black(venv, wheels), work / interpreter.version)
            lighten(programs)
        except Broken as error:
            row = Row(interpreter.version, "(venv)")
            row.problems = str(error).splitlines()
            rows.append(row)
            continue
        for program in programs:
            if program.name in (arguments.programs or NAMES):
                print(f"counts: {interpreter.version} {program.name}", file=sys.stderr, flush=True)
                rows.append(compare(workshop, venv, program))
    if not any(row.problems for row in rows):
        shutil.rmtree(work)

    head = ["python", "program", "calls", "functions", "lines", "files", "explained", "verdict"]
    table = [head, *(row.cells() for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(head))]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
    reasons = sum((row.reasons for row in rows), Counter())
    for reason, count in reasons.most_common():
        print(f"explained ×{count}: {reason}")
    for row in rows:
        for problem in row.problems[:20]:
            print(f"{row.interpreter} {row.program}: {problem}")
    bad = [row for row in rows if row.problems or not row.calls]
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
