#!/usr/bin/env python3
"""Times whole processes: a program under `truename run` against the same program under `python`.

The programs are boto3 making a client (a real import load) and `-c pass` (what truename costs a
process that does nothing); with --events also two that do nothing but call, the recursion of
Fibonacci and a solver of constraints. How it is timed, scripts/timing.py says. Prints Markdown
tables, for docs/performance.md, to standard output and nothing else.

    scripts/bench.py [--rounds N] [--events modules|calls|lines|calls+args|lines+full]… [--truename PATH]
        [--python PATH]… [--cores N]

It needs only the standard library of any Python >= 3.9, a release build (`just bench-processes`
makes one), and a machine that does nothing else meanwhile. The venv is kept as that of
scripts/oracle.py is.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from oracle import BOTO3, ROOT, Broken, Venv, chosen_interpreters, make_venv
from timing import Alternation, Taken, Timed, add_cores, clock, compare, environment
from timing import milliseconds, occasion, settle, table

PROGRAMS = {
    "boto3 client": ("-c", BOTO3),
    "`-c pass`": ("-c", "pass"),
}
CALLING = {
    "fib(27)": ("bench/fib.py",),
    "constraints": ("bench/constraints.py",),
}
WARM_UP = 3


@dataclass
class Timing:
    """What each round took: under `python`, and in each way to record."""

    plain: list[float]
    recorded: dict[str, list[Timed]]
    sizes: dict[str, int]

    def rows(self) -> list[list[str]]:
        rows = []
        for way, runs in self.recorded.items():
            compared = compare(runs)
            rows.append([
                way,
                milliseconds(self.plain),
                milliseconds([run.seconds for run in runs]),
                f"**{compared.ratio:.3f}**",
                f"{compared.processor:.3f}",
                f"{compared.difference * 1000:+.1f} ms",
                f"{self.sizes[way] / 1024:,.0f} KiB",
            ])
        return rows


def options(way: str) -> list[str]:
    """The options that have `truename run` record `calls`, or `calls+args`."""
    events, _, values = way.partition("+")
    return ["--events", events] + (["--values", values] if values else [])


def measure(
    truename: Path, venv: Venv, arguments: tuple[str, ...], ways: list[str], rounds: int, work: Path
) -> Timing:
    variables = environment(work / "home")
    trace = work / "trace"
    plain = [str(venv.python), *arguments]
    record = [str(truename), "run", "--python", str(venv.python), "--out", str(trace)]

    def time(command: list[str]) -> Taken:
        return clock(command, variables, ROOT / "scripts")

    for _ in range(WARM_UP):
        time(plain)
        time([*record, "--", *arguments])
    alternation = Alternation(lambda: time(plain))
    timing = Timing(alternation.seconds, {way: [] for way in ways}, {})
    for _ in range(rounds):
        for way, runs in timing.recorded.items():
            command = [*record, *options(way), "--", *arguments]
            runs.append(alternation.time(lambda: time(command)))
            events = trace / "trace.bin"
            if not events.is_file():
                raise Broken(f"{truename} left no trace in {trace}: there is nothing to time")
            timing.sizes[way] = events.stat().st_size
    return timing


def sizes(truename: Path, home: Path) -> list[tuple[str, int]]:
    """The binary, and the libraries that it put in its cache while it was timed."""
    found = [(truename.name, truename.stat().st_size)]
    for library in sorted(home.rglob("*.so")):
        found.append((library.name, library.stat().st_size))
    return found


def parse_arguments() -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(
        description="Times programs under `truename run` against the same under `python`."
    )
    parser.add_argument("--rounds", type=int, default=31, metavar="N", help="default: 31")
    parser.add_argument("--events", choices=["modules", "calls", "lines", "calls+args", "lines+full"], action="append",
                        help="what is recorded, once or more; default: modules")  # fmt: skip
    parser.add_argument("--truename", type=Path, default=target / "release/truename",
                        metavar="PATH")  # fmt: skip
    parser.add_argument("--python", type=Path, action="append", metavar="PATH",
                        help="an interpreter, instead of all that truename finds")  # fmt: skip
    add_cores(parser)
    return settle(parser, parser.parse_args())


def main() -> int:
    arguments = parse_arguments()
    load = os.getloadavg()[0]
    ways = arguments.events or ["modules"]
    programs = {**PROGRAMS, **CALLING} if arguments.events else PROGRAMS
    rows = []
    try:
        interpreters = chosen_interpreters(arguments)
        if not interpreters:
            raise Broken("no usable interpreter was found, so nothing was timed")
        wheels = [wheel for interpreter in interpreters for wheel in interpreter.pips]
        with tempfile.TemporaryDirectory(prefix="truename-bench-") as folder:
            work = Path(folder)
            (work / "home").mkdir()
            for interpreter in interpreters:
                venv = make_venv(interpreter, ["boto3"], wheels)
                if "boto3" in venv.refused:
                    raise Broken(f"boto3 on {interpreter.version}: {venv.refused['boto3']}")
                for name, command in programs.items():
                    timing = measure(
                        arguments.truename, venv, command, ways, arguments.rounds, work
                    )
                    for row in timing.rows():
                        rows.append([interpreter.version, name, *row])
            files = sizes(arguments.truename, work / "home")
    except (Broken, OSError, ValueError, KeyError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    print(f"{occasion('bench-processes', load)} Median (least–most) of {arguments.rounds} rounds.\n")
    head = ["Python", "program", "events", "`python`", "`truename run`", "ratio", "processor", "difference"]
    print(table([*head, "`trace.bin`"], rows))
    print(table(["file", "size"], [[name, f"{size / 1024:,.0f} KiB"] for name, size in files]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
