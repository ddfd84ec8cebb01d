#!/usr/bin/env python3
"""Times five programs under truename and under the other tools that follow a Python program.

Each program runs untraced; under the floor, which is a C function that does nothing, called by
`sys.monitoring` for every event (scripts/bench/monitor.py); under truename in each mode; and under
cProfile, viztracer, coverage, `-X importtime` and codetracer-python-recorder. One table and one
plot of it go to docs/performance.md and docs/performance.svg. How it is timed, scripts/timing.py
says.

    scripts/bench_peers.py [--rounds N] [--limit SECONDS] [--quick] [--truename PATH]
                           [--python PATH] [--cores N] [--output FILE] [PROGRAM…]

It needs only the standard library of any Python >= 3.9, a release build (`just bench-peers` makes
one), and a machine that does nothing else meanwhile. The tools are installed in a venv in
${XDG_CACHE_HOME:-~/.cache}/truename/oracle, which may be deleted at any time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from oracle import BOTO3, ROOT, Broken, Venv, find_interpreters, install, look_inside, make_venv
from oracle import pick_pip
from plot import Point, plot
from timing import Alternation, Progress, Taken, Timed, add_cores, carry_out, clock, compare
from timing import environment, find_place, look_at_memory, occasion, refuse_failure, settle
from timing import size, table, write_between

PACKAGES = ["black", "boto3", "codetracer-python-recorder", "coverage", "django", "viztracer"]
BENCH = ROOT / "scripts/bench"
SLOW = 5.0
"""What takes longer than this many seconds is timed three times only."""

# The programs ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Program:
    name: str
    words: tuple[str, ...]
    """The script and its arguments."""
    folder: Path


def arrange(venv: Venv, pure: Path, work: Path) -> list[Program]:
    """The programs, in folders of their own."""
    scripts = work / "scripts"
    shutil.copytree(BENCH, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "boto3_client.py").write_text(BOTO3 + "\n", encoding="utf-8")
    (scripts / "big.txt").write_text(unformatted(80), encoding="utf-8")
    site = work / "django"
    shutil.copytree(ROOT / "scripts/programs/django", site,
                    ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    return [
        Program("boto3 client", ("boto3_client.py",), scripts),
        Program("black", ("reformat.py", str(pure), "big.txt"), scripts),
        Program("constraints", ("constraints.py",), scripts),
        Program("fib(27)", ("fib.py",), scripts),
        Program("django check", ("program.py",), site),
    ]


def unformatted(functions: int) -> str:
    """Source in which black finds something to do everywhere, always the same."""
    pieces = (FUNCTION.replace("NUMBER", str(number)) for number in range(functions))
    return "\n".join(["import os,sys\n", *pieces])


FUNCTION = """
def function_NUMBER(first, second = NUMBER, *rest, key=None, **others):
  '''Function number NUMBER.'''
  table = {'first':first,'second' : second, 'sum':first+second*NUMBER,
     'rest': [entry for entry in rest if entry is not None and entry!=second]}
  if first>second and key is not None or len(rest) > NUMBER and 'x' in others:
    return one_of_many(table['first'], table['second'], table['rest'], key, others.get('x', None))
  for index,entry in enumerate(sorted(rest, key=lambda it:(it[0],-it[1]))):
      print('%s is %s' % (index,entry), file = sys.stderr) ; table[index]=entry[NUMBER:]
  try: return table [ 'sum' ]
  except (KeyError,TypeError) as error: raise ValueError('nothing to sum') from error
"""


def pure_black(venv: Venv, wheels: list[str]) -> Path:
    """A folder with the black that is all Python. The wheel for this machine is compiled, and there
    is nothing to follow in that."""
    folder = venv.folder / "pure-python"
    if not (folder / "black").is_dir():
        pip = pick_pip(venv.interpreter, wheels)
        version = ".".join(map(str, venv.interpreter.numbers[:2]))
        refused = install(
            venv, pip, [f"black=={venv.installed['black']}", "pytokens"],
            "--no-deps", "--platform=any", "--implementation=py", "--abi=none",
            f"--python-version={version}", f"--target={folder}",
        )  # fmt: skip
        if refused:
            raise Broken(f"black without compiled parts: {refused}")
    return folder


# The ways to follow them -------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    name: str
    follows: str
    """`calls`, `lines` or `modules`: the events that it gets. Empty when it gets none."""
    command: tuple[str, ...]
    """What stands before the program's own words; `{out}` is an empty folder for what it writes."""
    variables: tuple[tuple[str, str], ...] = ()


def find_ways(truename: Path, venv: Venv) -> list[Way]:
    python = str(venv.python)
    run = (str(truename), "run", "--python", python, "--out", "{out}/trace")

    def recorded(events: str, *more: str) -> tuple[str, ...]:
        return (*run, "--events", events, *more, "--")

    def module(name: str, *more: str) -> tuple[str, ...]:
        return (python, "-m", name, *more)

    ways = [
        Way("untraced", "", (python,)),
        Way("floor: calls", "calls", (python, str(BENCH / "monitor.py"), "calls")),
        Way("floor: lines", "lines", (python, str(BENCH / "monitor.py"), "lines")),
        Way("truename: modules", "modules", recorded("modules")),
        Way("truename: calls", "calls", recorded("calls")),
        Way("truename: lines", "lines", recorded("lines")),
        Way("truename: calls, values args", "calls", recorded("calls", "--values", "args")),
        Way("truename: lines, values full", "lines", recorded("lines", "--values", "full")),
        Way("`-X importtime`", "modules", (python, "-X", "importtime")),
        Way("cProfile", "calls", module("cProfile", "-o", "{out}/profile")),
    ]
    peers = [
        # --include: by default it leaves out whatever is installed.
        Way("coverage", "lines",
            module("coverage", "run", "--include=*", "--data-file={out}/coverage"),
            (("COVERAGE_CORE", "sysmon"),)),
        # By default it keeps only the last million entries.
        Way("viztracer", "calls",
            module("viztracer", "--quiet", "--tracer_entries", "20000000",
                   "-o", "{out}/trace.json", "--")),
        Way("codetracer-python-recorder", "lines",
            module("codetracer_python_recorder", "--trace-dir", "{out}/trace")),
    ]  # fmt: skip
    return ways + [way for way in peers if way.name not in venv.refused]


@dataclass
class Result:
    """What a way to run a program took."""

    runs: list[Timed] = field(default_factory=list)
    too_slow: bool = False
    written: int = 0
    """Bytes that it left on disk or said on the standard error."""
    peak: list[int] = field(default_factory=list)
    """Bytes of memory that each of its processes had at most, the program's first."""


@dataclass
class Bench:
    """One program, in all ways."""

    program: Program
    ways: list[Way]
    events: dict[str, int]
    results: dict[str, Result]
    untraced: list[float]
    """The seconds of each run that nothing followed."""

    def cost(self, way: Way) -> float:
        """The seconds over those of the untraced program."""
        return compare(self.results[way.name].runs).difference


class Runner:
    def __init__(self, work: Path, limit: float, progress: Progress) -> None:
        self.out = work / "out"
        # Sets are then walked in one order, and each run has as many events.
        self.variables = {**environment(work / "home"), "PYTHONHASHSEED": "0"}
        self.limit = limit
        self.progress = progress

    def prepare(self, program: Program, way: Way) -> tuple[list[str], dict[str, str]]:
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        words = [word.replace("{out}", str(self.out)) for word in (*way.command, *program.words)]
        return words, {**self.variables, **dict(way.variables)}

    def time(self, program: Program, way: Way) -> Taken:
        command, variables = self.prepare(program, way)
        return clock(command, variables, program.folder)

    def weigh(self, program: Program, way: Way) -> Result:
        """A first run, which nobody times: what it writes, and how much memory it has. What truename
        writes has to be sound."""
        command, variables = self.prepare(program, way)
        result = Result()
        said = self.out.with_name("said")
        with said.open("wb") as errors:
            process = subprocess.Popen(
                command, cwd=program.folder, env=variables,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                start_new_session=True,
            )  # fmt: skip
        peaks: dict[int, int] = {}
        end = time.monotonic() + self.limit
        while process.poll() is None:
            look_at_memory(process.pid, peaks)
            if way.follows and time.monotonic() > end:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                result.too_slow = True
                return result
            time.sleep(0.001)
        refuse_failure(command, process.returncode, said.read_bytes())
        if way.name.startswith("truename"):
            check = [way.command[0], "check", str(self.out / "trace")]
            checked = subprocess.run(check, capture_output=True)
            refuse_failure(check, checked.returncode, checked.stdout + checked.stderr)
        files = [said, *(file for file in self.out.rglob("*") if file.is_file())]
        result.written = sum(file.stat().st_size for file in files)
        # Truename started the program, which therefore comes first.
        result.peak = list(peaks.values())[::-1]
        return result

    def count(self, program: Program, python: Path) -> dict[str, int]:
        """How many events happen in a program, by what follows them."""
        file = self.out.with_name("counts.json")
        way = Way("count", "", (str(python), str(BENCH / "monitor.py"), f"count={file}"))
        self.time(program, way)
        counts = json.loads(file.read_text(encoding="utf-8"))
        modules, lines = 2 * counts.pop("bodies"), counts.pop("LINE")
        calls = sum(counts.values())
        return {"": 0, "modules": modules, "calls": calls, "lines": calls + lines}

    def bench(self, program: Program, ways: list[Way], rounds: int, python: Path) -> Bench:
        self.progress.say(f"{program.name}: counting its events")
        events = self.count(program, python)
        results = {}
        for way in ways:
            self.progress.say(f"{program.name}: weighing {way.name}")
            results[way.name] = self.weigh(program, way)
        untraced, *followed = ways
        self.progress.say(f"{program.name}: warming up")
        for way in (untraced, *(way for way in followed if not results[way.name].too_slow)):
            self.time(program, way)
        alternation = Alternation(lambda: self.time(program, untraced))
        for number in range(1, rounds + 1):
            for way in followed:
                result = results[way.name]
                if not result.too_slow and not self.has_enough(result):
                    self.progress.say(f"{program.name}: round {number} of {rounds}, {way.name}")
                    result.runs.append(alternation.time(lambda: self.time(program, way)))
        return Bench(program, ways, events, results, alternation.seconds)

    def has_enough(self, result: Result) -> bool:
        """What takes long is not run as often."""
        return len(result.runs) >= 3 and max(run.seconds for run in result.runs) > SLOW


# Reporting -----------------------------------------------------------------------------------------

HEAD = ["program", "", "time", "ratio", "processor", "events", "each", "on disk", "peak memory"]


def rows(bench: Bench, limit: float) -> list[list[str]]:
    lines = []
    for way in bench.ways:
        result = bench.results[way.name]
        events = bench.events[way.follows]
        name = bench.program.name if way.name == "untraced" else ""
        counted = f"{events:,}" if events else ""
        if result.too_slow:
            time = f"did not finish in {limit:.0f} s"
            lines.append([name, way.name, time, "", "", counted, "", "", ""])
            continue
        written = size(result.written) if result.written else ""
        peak = " + ".join(size(peak) for peak in result.peak)
        if not way.follows:
            plain = seconds(bench.untraced)
            lines.append([name, way.name, plain, "", "", "", "", written, peak])
            continue
        compared = compare(result.runs)
        ratio, processor = f"**{compared.ratio:.3f}**", f"{compared.processor:.3f}"
        each = ""
        if way.follows in ("calls", "lines") and events:
            each = f"{bench.cost(way) / events * 1e9:.0f} ns"
        taken = seconds([run.seconds for run in result.runs])
        lines.append([name, way.name, taken, ratio, processor, counted, each, written, peak])
    return lines


def seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} s ({min(values):.3f}–{max(values):.3f})"


def points(benches: list[Bench]) -> dict[str, list[Point]]:
    """For the plot: what follows calls or lines, where it finished and took longer than nothing."""
    series: dict[str, list[Point]] = {}
    for bench in benches:
        for way in bench.ways:
            result = bench.results[way.name]
            if way.follows in ("calls", "lines") and not result.too_slow and bench.cost(way) > 0:
                point = Point(bench.program.name, bench.events[way.follows], bench.cost(way))
                series.setdefault(way.name, []).append(point)
    return series


def report(benches: list[Bench], venv: Venv, rounds: int, limit: float) -> str:
    versions = [f"{name} {venv.installed[name]}" for name in PACKAGES if name in venv.installed]
    refused = [f"{name} cannot be installed on it: {why}" for name, why in venv.refused.items()]
    kept = table(HEAD, [row for bench in benches for row in rows(bench, limit)], right=6)
    return "\n".join([
        f"CPython {venv.interpreter.version}; {', '.join(versions)}. "
        f"Median (least–most) of {rounds} rounds, of three where one takes more than {SLOW:.0f} s; "
        "of all runs where untraced.",
        *refused,
        "",
        kept,
    ])  # fmt: skip


# The command -------------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(
        description="Times programs untraced, under truename and under other tools."
    )
    parser.add_argument("programs", nargs="*", metavar="PROGRAM",
                        help="the beginning of a program's name, such as `boto3`, `black`, "
                        "`constraints`, `fib`, `django`; default: all")  # fmt: skip
    parser.add_argument("--rounds", type=int, metavar="N", help="default: 11")
    parser.add_argument("--quick", action="store_true",
                        help="3 rounds, and nothing that takes longer than 20 s")  # fmt: skip
    parser.add_argument("--limit", type=float, metavar="SECONDS",
                        help="what takes longer is left out; default: 60")  # fmt: skip
    parser.add_argument("--truename", type=Path, default=target / "release/truename",
                        metavar="PATH")  # fmt: skip
    parser.add_argument("--python", type=Path, metavar="PATH",
                        help="default: the newest that all tools can be installed for")  # fmt: skip
    parser.add_argument("--output", type=Path, default=ROOT / "docs/performance.md", metavar="FILE",
                        help="default: docs/performance.md; the plot goes beside it")  # fmt: skip
    add_cores(parser)
    arguments = parser.parse_args()
    if arguments.rounds is None:
        arguments.rounds = 3 if arguments.quick else 11
    if arguments.limit is None:
        arguments.limit = 20.0 if arguments.quick else 60.0
    return settle(parser, arguments)


def choose_venv(arguments: argparse.Namespace) -> tuple[Venv, list[str]]:
    """The venv of the interpreter that was named, or of the newest that has all tools; and the pip
    wheels that there are."""
    found = find_interpreters(arguments.truename)
    wheels = [wheel for interpreter in found for wheel in interpreter.pips]
    if arguments.python:
        interpreter = look_inside(arguments.python.absolute())
        return make_venv(interpreter, PACKAGES, [*wheels, *interpreter.pips]), wheels
    for interpreter in reversed(found):
        try:
            venv = make_venv(interpreter, PACKAGES, wheels)
        except Broken as error:
            print(f"bench-peers: {error}", file=sys.stderr)
            continue
        if not venv.refused:
            return venv, wheels
    raise Broken("no interpreter was found for which all tools can be installed; name one")


def measure_all(arguments: argparse.Namespace, progress: Progress) -> None:
    limit = arguments.limit
    load = os.getloadavg()[0]
    place = "bench-peers" if arguments.cores is None else f"bench-peers-cores-{arguments.cores}"
    find_place(arguments.output, place)
    venv, wheels = choose_venv(arguments)
    if "black" in venv.refused or "boto3" in venv.refused or "django" in venv.refused:
        raise Broken(f"a program has nothing to run: {venv.refused}")
    pure = pure_black(venv, wheels)
    with tempfile.TemporaryDirectory(prefix="truename-bench-") as folder:
        work = Path(folder)
        (work / "home").mkdir()
        programs = [
            program
            for program in arrange(venv, pure, work)
            if not arguments.programs or program.name.startswith(tuple(arguments.programs))
        ]
        if not programs:
            raise Broken(f"no program is called {' or '.join(arguments.programs)}")
        runner = Runner(work, limit, progress)
        ways = find_ways(arguments.truename, venv)
        # Its first run in a new home probes the interpreter.
        nothing = Program("nothing", ("-c", "pass"), work)
        runner.time(nothing, next(way for way in ways if way.name == "truename: modules"))
        benches = [
            runner.bench(program, ways, arguments.rounds, venv.python) for program in programs
        ]
    text = report(benches, venv, arguments.rounds, limit)
    text = f"{occasion('bench-peers', load)} {text}"
    write_between(arguments.output, place, text)
    if arguments.cores is None:
        drawing = plot(points(benches), "events", "seconds more than untraced")
        arguments.output.with_suffix(".svg").write_text(drawing, encoding="utf-8")


def main() -> int:
    arguments = parse_arguments()
    return carry_out("bench-peers", arguments.output, lambda progress: measure_all(arguments, progress))


if __name__ == "__main__":
    sys.exit(main())
