#!/usr/bin/env python3
"""Compares CPython's own regression tests, run plain and run under truename, case by case.

CPython's tests know best what a program can see of its interpreter. Each test module runs twice, as
`python -m test MODULE` and as `truename run … -m test MODULE`, and each case must end alike. A case
that does not must be in scripts/cpython.toml, which gives the reason; an entry there that no longer
applies is an error, and so is a comparison of nothing. What differs runs again, alone, up to two more
times: a case that can end alike is unsteady, which is counted and shown, but is no difference.

    scripts/cpython.py [--quick] [--events KIND] [--values EXTENT] [--python PATH]… [--jobs N] [MODULE…]

It needs only the standard library of any Python >= 3.11. It takes every interpreter that `truename
pythons` finds usable and that has the tests; `just pythons --tests` fetches them for what it unpacked.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from oracle import ROOT, Broken, Interpreter, call, chosen_interpreters, parse_interpreters

KNOWN = ROOT / "scripts/cpython.toml"

# What looks into the interpreter most, and ends within seconds.
QUICK = """
test_code test_coroutines test_dis test_exceptions test_frame test_funcattrs test_gc test_generators
test_import test_monitoring test_pkgutil test_runpy test_scope test_sys test_sys_setprofile
test_sys_settrace test_traceback test_weakref
""".split()

RUNS = 3
"""How often what differs may run, the first time included."""

# The known differences ---------------------------------------------------------------------------


@dataclass
class Known:
    """Cases that differ for a reason which lies in recording itself."""

    cases: list[str]
    """Patterns of their names."""
    says: str
    """A pattern of what they say when they fail in the recorded run."""
    reason: str
    versions: list[str]
    events: list[str]
    applied: set[str] = field(default_factory=set)
    """Those of the patterns that a difference was found for."""

    def covers(self, version: str, events: str) -> bool:
        return version in self.versions and events in self.events

    def explains(self, case: str, text: str) -> bool:
        if not re.search(self.says, text):
            return False
        patterns = [pattern for pattern in self.cases if fnmatch.fnmatchcase(case, pattern)]
        self.applied.update(patterns)
        return bool(patterns)


def read_known(path: Path) -> list[Known]:
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["known"]
    return [Known(**entry) for entry in entries]


# Running a module of tests -----------------------------------------------------------------------


@dataclass(frozen=True)
class Mode:
    """How the recorded run is recorded."""

    events: str
    values: str

    @property
    def options(self) -> list[str]:
        return ["--events", self.events, "--values", self.values]


@dataclass
class Outcomes:
    """How a module of tests ended, once."""

    cases: dict[str, str]
    texts: dict[str, str]
    """What those say that failed."""
    ending: str
    """The end of the process."""


# What unittest prints of a failure. The XML has no name for a case with failed subtests, and nothing
# at all for a class that could not be set up.
FAILURE = re.compile(r"^={70}\n(FAIL|ERROR): (\S+) \(([\w.]+)\)(.*)$((?:\n(?!={70}$).*)*)", re.MULTILINE)


def outcomes_of(xml: Path, output: str, ending: str) -> Outcomes:
    """Reads what `python -m test` wrote and printed."""
    cases: dict[str, str] = {}
    texts: dict[str, str] = {}
    try:
        elements = list(ElementTree.parse(xml).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        elements = []
    for element in elements:
        if name := element.get("name"):
            cases[name] = outcome_of(element)
    parts: dict[str, list[str]] = {}
    for kind, name, qualified, subtest, text in FAILURE.findall(output):
        title = qualified if qualified.endswith(name) else f"{qualified}.{name}"
        texts[title] = texts.get(title, "") + text
        if title not in cases:
            parts.setdefault(title, []).append(f"{kind.lower()}{subtest}")
    cases |= {title: ", ".join(sorted(kinds)) for title, kinds in parts.items()}
    return Outcomes(cases, texts, ending)


def outcome_of(element: ElementTree.Element) -> str:
    if element.find("UNEXPECTED_SUCCESS") is not None or element.find("outcome") is not None:
        return "unexpected success"
    for kind, word in (("failure", "fail"), ("output", "expected failure")):
        if element.find(kind) is not None:
            return word
    return next((kind for kind in ("error", "skipped") if element.find(kind) is not None), "ok")


@dataclass
class Runner:
    """Runs modules of tests of one interpreter, plain and recorded."""

    truename: Path
    interpreter: Interpreter
    mode: Mode
    work: Path
    timeout: int

    def plain(self, module: str, turn: int) -> Outcomes:
        return self.run(module, f"plain-{turn}", [self.interpreter.path])

    def recorded(self, module: str, turn: int) -> Outcomes:
        trace = self.folder(module) / f"trace-{turn}"
        command = [self.truename, "run", "--python", self.interpreter.path, "--out", trace]
        outcomes = self.run(module, f"recorded-{turn}", [*command, *self.mode.options, "--"])
        if not outcomes.ending.startswith("more than"):
            check = subprocess.run(
                [self.truename, "check", trace], stdin=subprocess.DEVNULL,
                capture_output=True, encoding="utf-8", errors="replace",
            )  # fmt: skip
            if check.returncode != 0:
                said = (check.stdout + check.stderr).strip().splitlines()
                outcomes.cases["(truename check)"] = "; ".join(said[:3])
                outcomes.texts["(truename check)"] = "\n".join(said)
        shutil.rmtree(trace, ignore_errors=True)
        return outcomes

    def folder(self, module: str) -> Path:
        return self.work / f"{self.interpreter.version}-{self.mode.events}" / module

    def run(self, module: str, name: str, command: list[Path | str]) -> Outcomes:
        folder = self.folder(module)
        scratch = folder / name
        scratch.mkdir(parents=True)
        xml, output = folder / f"{name}.xml", folder / f"{name}.txt"
        words = [*command, "-m", "test", "-v", "--randseed", "1", "--fail-env-changed",
                 "--junit-xml", xml, "--tempdir", scratch, module]  # fmt: skip
        with output.open("wb") as file:
            process = subprocess.Popen(
                [str(word) for word in words],
                cwd=scratch,
                env=environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(self.timeout)
                ending = f"exit status {status}"
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                ending = f"more than {self.timeout} s"
        shutil.rmtree(scratch, ignore_errors=True)
        text = output.read_text(encoding="utf-8", errors="replace")
        return outcomes_of(xml, text, ending)


def environment(home: Path) -> dict[str, str]:
    """What both runs find, without the settings of the person who runs this."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "TRUENAME", "XDG_CONFIG")) and name != "VIRTUAL_ENV"
    }
    # The recorder's library stays where it is; a home of their own keeps the tests from this one.
    kept.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    return {**kept, "HOME": str(home), "PYTHONHASHSEED": "0"}


# Comparing ---------------------------------------------------------------------------------------


@dataclass
class Comparison:
    """A module of tests, with how each case ended in each run of either kind."""

    module: str
    plain: list[Outcomes]
    recorded: list[Outcomes]

    @property
    def cases(self) -> int:
        return len(self.plain[0].cases)

    def differences(self) -> dict[str, tuple[set[str], set[str]]]:
        """The cases that never ended alike."""
        names = {name: None for it in self.plain + self.recorded for name in it.cases}
        found = {}
        for name in names:
            plain = {it.cases.get(name, "–") for it in self.plain}
            recorded = {it.cases.get(name, "–") for it in self.recorded}
            if not plain & recorded:
                found[name] = (plain, recorded)
        plain = {it.ending for it in self.plain}
        recorded = {it.ending for it in self.recorded}
        # A case that differs has the process end differently, too.
        if not found and not plain & recorded:
            found[f"({self.module})"] = (plain, recorded)
        return found

    def text(self, case: str) -> str:
        """What a case said in the recorded runs."""
        return "\n".join(it.texts.get(case, "") for it in self.recorded)

    def unsteady(self) -> list[str]:
        """The cases that ended now so and now so, in runs of one kind."""
        return [
            name
            for name in {name: None for it in self.plain + self.recorded for name in it.cases}
            if len({it.cases.get(name) for it in self.plain}) > 1
            or len({it.cases.get(name) for it in self.recorded}) > 1
        ]


class Row:
    """One line of the table: an interpreter in a mode."""

    def __init__(self, interpreter: Interpreter, mode: Mode) -> None:
        self.version = interpreter.version
        self.mode = mode
        self.modules = self.cases = self.explained = 0
        self.reasons: Counter[str] = Counter()
        self.unsteady: list[str] = []
        self.problems: list[str] = []

    def cells(self) -> list[str]:
        numbers = (self.modules, self.cases, self.explained, len(self.unsteady))
        verdict = f"{len(self.problems)} DIFFER" if self.problems else "ok"
        mode = self.mode.events + ("" if self.mode.values == "none" else f", {self.mode.values}")
        return [self.version, mode, *map(str, numbers), verdict]


class Progress:
    """A line on a terminal that says how far the work is."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.done, self.cases = title, total, 0, 0
        self.running: set[str] = set()
        self.lock = threading.Lock()
        self.begun = time.monotonic()

    def begin(self, module: str) -> None:
        with self.lock:
            self.running.add(module)
            self.show()

    def end(self, module: str, cases: int) -> None:
        with self.lock:
            self.running.discard(module)
            self.done += 1
            self.cases += cases
            self.show()

    def show(self) -> None:
        if sys.stderr.isatty():
            seconds = int(time.monotonic() - self.begun)
            line = (f"{self.title}: {self.done}/{self.total} modules, {self.cases} cases, "
                    f"{seconds // 60}:{seconds % 60:02}  {' '.join(sorted(self.running))}")  # fmt: skip
            width = shutil.get_terminal_size().columns
            print(f"\r\x1b[K{line[: width - 1]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def compare_all(runner: Runner, modules: list[str], known: list[Known], jobs: int) -> Row:
    row = Row(runner.interpreter, runner.mode)
    version = ".".join(runner.interpreter.version.split(".")[:2])
    applicable = [entry for entry in known if entry.covers(version, runner.mode.events)]
    progress = Progress(f"{runner.interpreter.version} {runner.mode.events}", len(modules))

    def compare(module: str) -> Comparison:
        progress.begin(module)
        both = Comparison(module, [runner.plain(module, 1)], [runner.recorded(module, 1)])
        progress.end(module, both.cases)
        return both

    def explained(both: Comparison, case: str) -> Known | None:
        text = both.text(case)
        return next((entry for entry in applicable if entry.explains(case, text)), None)

    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(compare, module) for module in modules]
        comparisons = [future.result() for future in as_completed(futures)]
    for both in sorted(comparisons, key=lambda both: both.module):
        for turn in range(2, RUNS + 1):
            if all(explained(both, case) for case in both.differences()):
                break
            progress.begin(f"{both.module} again")
            both.plain.append(runner.plain(both.module, turn))
            both.recorded.append(runner.recorded(both.module, turn))
            progress.end(f"{both.module} again", 0)
        row.modules += 1
        row.cases += both.cases
        row.unsteady += both.unsteady()
        keep = False
        for case, (plain, recorded) in both.differences().items():
            if entry := explained(both, case):
                row.explained += 1
                row.reasons[entry.reason] += 1
            else:
                keep = True
                row.problems.append(f"{case}: {words(plain)} plain, {words(recorded)} recorded")
        if keep:
            row.problems.append(f"    what both printed is in {runner.folder(both.module)}")
        else:
            shutil.rmtree(runner.folder(both.module), ignore_errors=True)
    progress.clear()
    row.problems += idle(applicable, comparisons)
    return row


def words(outcomes: set[str]) -> str:
    return " or ".join(sorted(outcomes))


def idle(applicable: list[Known], comparisons: list[Comparison]) -> list[str]:
    """The patterns that explained nothing, of those whose module ran."""
    ran = [both.module.rpartition(".")[2] for both in comparisons]
    problems = []
    for entry in applicable:
        for pattern in entry.cases:
            if pattern not in entry.applied and any(name in pattern.split(".") for name in ran):
                problems.append(f"{KNOWN.name} has {pattern}, which no longer differs: remove it")
        entry.applied.clear()
    return problems


# The command -------------------------------------------------------------------------------------


def tests_of(interpreter: Interpreter) -> list[str]:
    """All modules of tests that this Python has; none if they are not installed."""
    try:
        return call(interpreter.path, "-m", "test", "--list-tests").split()
    except Broken:
        return []


def has_tests(interpreter: Interpreter) -> bool:
    """Returns whether the tests are there. Debian leaves them out of a Python, but not their runner."""
    return len(tests_of(interpreter)) > 50


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compares CPython's regression tests, plain and recorded, case by case."
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as test_dis")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--events", choices=["modules", "calls", "lines"], default="modules")
    parser.add_argument("--values", choices=["none", "args", "full"], default="none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--timeout", type=int, default=1200, metavar="SECONDS",
                        help="how long a module of tests may run")  # fmt: skip
    return parse_interpreters(parser)


def main() -> int:
    arguments = parse_arguments()
    mode = Mode(arguments.events, arguments.values)
    known = read_known(KNOWN)
    interpreters = chosen_interpreters(arguments)
    work = Path(tempfile.mkdtemp(prefix="truename-cpython-"))
    rows: list[Row] = []
    without: list[str] = []
    for interpreter in interpreters:
        if not has_tests(interpreter):
            without.append(f"{interpreter.version} ({interpreter.path})")
            continue
        there = tests_of(interpreter)
        wanted = arguments.modules or (QUICK if arguments.quick else there)
        modules = [module for module in wanted if module in there]
        runner = Runner(arguments.truename, interpreter, mode, work, arguments.timeout)
        row = compare_all(runner, modules, known, arguments.jobs)
        row.problems += [f"there is no {module}" for module in set(arguments.modules) - set(there)]
        rows.append(row)

    head = ["python", "events", "modules", "cases", "explained", "unsteady", "verdict"]
    table = [head, *(row.cells() for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(head))]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
    for reason, count in sum((row.reasons for row in rows), Counter()).most_common():
        print(f"explained ×{count}: {reason}")
    for row in rows:
        for case in row.unsteady:
            print(f"{row.version} unsteady: {case}")
        for problem in row.problems:
            print(f"{row.version} {problem}")
    for python in without:
        print(f"without tests: {python}. `just pythons --tests` fetches them for what it unpacked")
    bad = [row for row in rows if row.problems or not row.cases]
    if not any(row.cases for row in rows):
        print("no case was compared: that is a failure")
    if not bad:
        shutil.rmtree(work)
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
