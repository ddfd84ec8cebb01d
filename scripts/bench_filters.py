#!/usr/bin/env python3
"""Times a program under `truename run` with many filter rules against the same without a filter.

The program is boto3 making a client. The filters have 0, 10, 100 and 1,000 rules such as people
write, all globs or all regular expressions, of which few select anything in the program; what they
select is recorded nevertheless, so that each run records the same. The table goes to
docs/performance.md. How it is timed, scripts/timing.py says.

    scripts/bench_filters.py [--rounds N] [--events modules|calls|lines]… [--truename PATH]
                             [--python PATH] [--output FILE]

It needs only the standard library of any Python >= 3.9, a release build (`just bench-filters` makes
one), and a machine that does nothing else meanwhile. The venv is kept as that of scripts/oracle.py
is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from oracle import BOTO3, ROOT, Broken, find_interpreters, look_inside, make_venv
from timing import Alternation, Progress, Taken, Timed, add_cores, carry_out, clock, compare
from timing import environment, find_place, milliseconds, occasion, settle, table, write_between

COUNTS = [10, 100, 1000]
WARM_UP = 2

# By turns: a package, files below a folder, files of a name, an object.
PATTERNS = {
    "glob": [
        "pkg:package{n}.*",
        "file:src/part{n}/**/*.py",
        "file:**/part{n}/test_*.py",
        "obj:package{n}.*.Handler.*",
    ],
    "regex": [
        r"pkg:regex:^package{n}(\.|$)",
        r"file:regex:^src/part{n}/\w+\.py$",
        r"file:regex:/part{n}/test_.*\.py$",
        r"obj:regex:(?i)handler{n}\.(get|post)",
    ],
}
# Every fiftieth is one of these, which selects something.
SELECTING = {
    "glob": ["pkg:botocore.*", "file:**/urllib3/*.py", "obj:json.decoder.*", "pkg:s3transfer"],
    "regex": [
        r"pkg:regex:^botocore(\.|$)",
        r"file:regex:/urllib3/\w+\.py$",
        r"obj:regex:^json\.decoder\.",
        r"pkg:regex:^s3transfer$",
    ],
}


def filter_file(kind: str, count: int) -> str:
    """A filter of so many rules."""
    lines = [
        "[meta]", f"name = '{count} rules'", "version = 1",
        "[scope]", "default_exec = 'trace'", "default_value_action = 'allow'",
    ]  # fmt: skip
    for number in range(count):
        selects = number % 50 == 7
        patterns = (SELECTING if selects else PATTERNS)[kind]
        turn = number // 50 if selects else number
        selector = patterns[turn % 4].replace("{n}", str(number))
        action = "trace" if selects else "skip"
        lines += ["[[scope.rules]]", f"selector = '{selector}'", f"exec = '{action}'"]
    return "\n".join([*lines, ""])


def parse_arguments() -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description="Times `truename run` with many filter rules.")
    parser.add_argument("--rounds", type=int, default=31, metavar="N", help="default: 31")
    parser.add_argument("--events", choices=["modules", "calls", "lines"], action="append",
                        help="what is recorded; default: modules and calls")  # fmt: skip
    parser.add_argument("--truename", type=Path, default=target / "release/truename",
                        metavar="PATH")  # fmt: skip
    parser.add_argument("--python", type=Path, metavar="PATH",
                        help="default: the newest that truename finds")  # fmt: skip
    parser.add_argument("--output", type=Path, default=ROOT / "docs/performance.md", metavar="FILE",
                        help="default: docs/performance.md")  # fmt: skip
    add_cores(parser)
    return settle(parser, parser.parse_args())


def measure(
    run: list[str], ways: dict[str, list[str]], rounds: int, work: Path, progress: Progress
) -> tuple[list[float], dict[str, list[Timed]]]:
    """What each round took: without a filter, and by the name of the way."""
    variables = environment(work / "home")
    trace = work / "trace"

    def record(options: list[str]) -> Taken:
        command = [*run, "--out", str(trace), *options, "--", "-c", BOTO3]
        taken = clock(command, variables, work)
        if not (trace / "trace.bin").is_file():
            raise Broken("truename left no trace: there is nothing to time")
        shutil.rmtree(trace)
        return taken

    for _ in range(WARM_UP):
        record([])
    alternation = Alternation(lambda: record([]))
    taken: dict[str, list[Timed]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, options in ways.items():
            progress.say(f"round {number + 1} of {rounds}: {name}")
            taken[name].append(alternation.time(lambda: record(options)))
    return alternation.seconds, taken


def measure_all(arguments: argparse.Namespace, progress: Progress) -> None:
    load = os.getloadavg()[0]
    modes = arguments.events or ["modules", "calls"]
    rows = []
    find_place(arguments.output, "bench-filters")
    found = find_interpreters(arguments.truename)
    if arguments.python:
        interpreter = look_inside(arguments.python.absolute())
    elif found:
        interpreter = found[-1]
    else:
        raise Broken("no usable interpreter was found, so nothing was timed")
    wheels = [wheel for python in (*found, interpreter) for wheel in python.pips]
    venv = make_venv(interpreter, ["boto3"], wheels)
    if "boto3" in venv.refused:
        raise Broken(f"boto3 on {interpreter.version}: {venv.refused['boto3']}")
    with tempfile.TemporaryDirectory(prefix="truename-bench-") as folder:
        work = Path(folder)
        (work / "home").mkdir()
        options: dict[str, list[str]] = {}
        kinds = [("glob", 0), *((kind, count) for kind in PATTERNS for count in COUNTS)]
        for kind, count in kinds:
            file = work / f"{kind}-{count}.toml"
            file.write_text(filter_file(kind, count), encoding="utf-8")
            name = f"{count:,} {kind} rules" if count else "no rules"
            options[name] = ["--filter", str(file)]
        run = [str(arguments.truename), "run", "--python", str(venv.python)]
        for mode in modes:
            recorded = [*run, "--events", mode]
            without, taken = measure(recorded, options, arguments.rounds, work, progress)
            rows.append([mode, "no filter", milliseconds(without), "", "", ""])
            for name, runs in taken.items():
                compared = compare(runs)
                time = milliseconds([run.seconds for run in runs])
                ratio, processor = f"**{compared.ratio:.3f}**", f"{compared.processor:.3f}"
                more = f"{compared.difference * 1000:+.1f} ms"
                rows.append(["", name, time, ratio, processor, more])
    intro = (
        f"{occasion('bench-filters', load)} CPython {interpreter.version}; median (least–most) "
        f"of {arguments.rounds} rounds.\n\n"
    )
    head = ["events", "filter", "time", "ratio", "processor", "difference"]
    write_between(arguments.output, "bench-filters", intro + table(head, rows, right=4))


def main() -> int:
    arguments = parse_arguments()
    return carry_out("bench-filters", arguments.output, lambda progress: measure_all(arguments, progress))


if __name__ == "__main__":
    sys.exit(main())
