#!/usr/bin/env python3
"""Times whole processes: a program under `truename run` against the same program under `python`.

What a user waits for is the process, from its start to the finished trace on disk, so that is what
is timed. The ways alternate, A B A B …, in one run, because a machine's speed drifts by more than
what is measured here; and each figure is the median over the rounds, with the least and the
greatest beside it. The programs are boto3 making a client (a real import load) and `-c pass` (what
truename costs a process that does nothing); with --events also two that do nothing but call, the
recursion of Fibonacci and a solver of constraints. Prints Markdown tables, for
docs/performance.md, to standard output and nothing else.

    scripts/bench.py [--rounds N] [--events modules|calls|lines]… [--truename PATH] [--python PATH]…

It needs only the standard library of any Python >= 3.9, a release build (`just bench` makes one),
and a machine that does nothing else meanwhile. The venv is the one that scripts/oracle.py keeps.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from oracle import BOTO3, ROOT, Broken, Venv, find_interpreters, look_inside, make_venv

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
    """The seconds that each round took: under `python`, then in each way to record."""

    plain: list[float]
    recorded: list[list[float]]
    sizes: list[int]

    def rows(self, ways: list[str]) -> list[list[str]]:
        plain = statistics.median(self.plain)
        rows = []
        for way, seconds, size in zip(ways, self.recorded, self.sizes):
            recorded = statistics.median(seconds)
            rows.append([
                way,
                spread(self.plain),
                spread(seconds),
                f"**{recorded / plain:.3f}**",
                f"{(recorded - plain) * 1000:+.1f} ms",
                f"{size / 1024:,.0f} KiB",
            ])
        return rows


def spread(seconds: list[float]) -> str:
    middle, least, most = (
        1000 * value for value in (statistics.median(seconds), min(seconds), max(seconds))
    )
    return f"{middle:.1f} ms ({least:.1f}–{most:.1f})"


def environment(home: Path) -> dict[str, str]:
    """What both ways run in: nobody's settings, and bytecode that may be cached as usual."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "TRUENAME", "XDG_", "AWS_")) and name != "VIRTUAL_ENV"
    }
    variables["HOME"] = str(home)
    return variables


def clock(command: list[str], variables: dict[str, str], cwd: Path) -> float:
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    said = process.stderr.read() if process.stderr else b""
    status = process.wait()
    seconds = time.perf_counter() - start
    if status != 0:
        raise Broken(f"`{' '.join(command)}` exits {status}: {said.decode(errors='replace')}")
    return seconds


def measure(
    truename: Path, venv: Venv, arguments: tuple[str, ...], ways: list[str], rounds: int, work: Path
) -> Timing:
    variables = environment(work / "home")
    trace = work / "trace"
    plain = [str(venv.python), *arguments]
    record = [str(truename), "run", "--python", str(venv.python), "--out", str(trace)]
    timing = Timing([], [[] for _ in ways], [0 for _ in ways])
    for number in range(WARM_UP + rounds):
        once = clock(plain, variables, ROOT / "scripts")
        if number >= WARM_UP:
            timing.plain.append(once)
        for index, way in enumerate(ways):
            command = [*record, "--events", way, "--", *arguments]
            once = clock(command, variables, ROOT / "scripts")
            events = trace / "trace.bin"
            if not events.is_file():
                raise Broken(f"{truename} left no trace in {trace}: there is nothing to time")
            timing.sizes[index] = events.stat().st_size
            if number >= WARM_UP:
                timing.recorded[index].append(once)
    return timing


def sizes(truename: Path, home: Path) -> list[tuple[str, int]]:
    """The binary, and the libraries that it put in its cache while it was timed."""
    found = [(truename.name, truename.stat().st_size)]
    for library in sorted(home.rglob("*.so")):
        found.append((library.name, library.stat().st_size))
    return found


def machine() -> str:
    model = platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} × {model}"


def print_table(head: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def parse_arguments() -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(
        description="Times programs under `truename run` against the same under `python`."
    )
    parser.add_argument("--rounds", type=int, default=31, metavar="N", help="default: 31")
    parser.add_argument("--events", choices=["modules", "calls", "lines"], action="append",
                        help="what is recorded, once or more; default: modules")  # fmt: skip
    parser.add_argument("--truename", type=Path, default=target / "release/truename",
                        metavar="PATH")  # fmt: skip
    parser.add_argument("--python", type=Path, action="append", metavar="PATH",
                        help="an interpreter, instead of all that truename finds")  # fmt: skip
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds is at least 1")
    arguments.truename = arguments.truename.absolute()
    if not arguments.truename.is_file():
        parser.error(f"{arguments.truename} is not there; `cargo build --release` makes it")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    ways = arguments.events or ["modules"]
    programs = {**PROGRAMS, **CALLING} if arguments.events else PROGRAMS
    rows = []
    try:
        interpreters = (
            [look_inside(path.absolute()) for path in arguments.python]
            if arguments.python
            else find_interpreters(arguments.truename)
        )
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
                    for row in timing.rows(ways):
                        rows.append([interpreter.version, name, *row])
            files = sizes(arguments.truename, work / "home")
    except (Broken, OSError, ValueError, KeyError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    print(f"{machine()}; median (least–most) of {arguments.rounds} interleaved rounds.\n")
    head = ["Python", "program", "events", "`python`", "`truename run`", "ratio", "difference"]
    print_table([*head, "`trace.bin`"], rows)
    print_table(["file", "size"], [[name, f"{size / 1024:,.0f} KiB"] for name, size in files])
    return 0


if __name__ == "__main__":
    sys.exit(main())
