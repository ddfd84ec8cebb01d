#!/usr/bin/env python3
"""Records programs that grow tenfold, to show that costs grow with them and no faster.

One calls a function again and again, one imports modules, one calls functions each of which is another.
Each runs once plain and once recorded, at each size; then `truename check` reads its trace, which must be sound and
hold at least as many calls as were made: it has those of the interpreter's own modules, too. A table goes to docs/performance.md, and a plot of it to docs/scale.svg.

    scripts/bench_scale.py [calls|modules|functions]… [--largest N] [--truename PATH] [--python PATH]
        [--output FILE]

--largest leaves out the sizes above it, of calls; there are a thousand times fewer functions, and ten thousand times
fewer modules. With the largest, 10^9 calls, it takes about half an hour. It needs only the standard library of
any Python >= 3.9, and a release build (`just bench-scale` makes one).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from oracle import ROOT, Broken, chosen_interpreters
from plot import Point, plot
from timing import Progress, carry_out, environment, find_place, look_at_memory, occasion
from timing import refuse_failure, size, table, write_between

CALLS = """\
import sys

def called():
    pass

for _ in range(int(sys.argv[1])):
    called()
"""

FUNCTIONS = """\
import sys

for first in range(0, int(sys.argv[1]), 1000):
    source = "".join(f"def f{n}(): pass\\nf{n}()\\n" for n in range(first, first + 1000))
    exec(compile(source, f"generated{first}.py", "exec"), {})
"""

MODULES = """\
import importlib
import sys

for number in range(int(sys.argv[1])):
    importlib.import_module(f"package{number // 1000}.module{number}")
"""


@dataclass(frozen=True)
class Kind:
    name: str
    source: str
    events: str
    """What is recorded."""
    counted: str
    """What `truename check` counts."""
    sizes: tuple[int, ...]
    per_calls: int
    """The number of calls of the first kind that one of these stands for."""


KINDS = [
    Kind("calls", CALLS, "calls", "calls", (10**6, 10**7, 10**8, 10**9), 1),
    Kind("functions", FUNCTIONS, "calls", "calls", (10**4, 10**5, 10**6), 1000),
    Kind("modules", MODULES, "modules", "module bodies", (10**3, 10**4, 10**5), 10_000),
]


@dataclass
class Ran:
    """A command that has ended."""

    seconds: float
    peaks: list[int]
    """The most memory that its processes had, in bytes, the last one that was started first."""
    said: str


class Workshop:
    def __init__(self, truename: Path, python: Path, work: Path, progress: Progress) -> None:
        self.truename, self.python, self.work, self.progress = truename, python, work, progress
        (work / "home").mkdir()
        self.variables = environment(work / "home")
        # A first run in a new home probes the interpreter.
        (work / "nothing.py").write_text("")
        self.record("modules", "nothing.py")

    def run(self, *command: object) -> Ran:
        words = [str(word) for word in command]
        peaks: dict[int, int] = {}
        said = self.work / "said"
        with said.open("wb") as output:
            start = time.perf_counter()
            process = subprocess.Popen(
                words, cwd=self.work, env=self.variables,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            while process.poll() is None:
                look_at_memory(process.pid, peaks)
                # Not often enough to be noticed beside what is timed.
                time.sleep(0.02)
            seconds = time.perf_counter() - start
        refuse_failure(words, process.returncode, said.read_bytes())
        return Ran(seconds, list(peaks.values())[::-1], said.read_text(encoding="utf-8"))

    def record(self, events: str, *words: object) -> Ran:
        return self.run(self.truename, "run", "--quiet", "--python", self.python,
                        "--out", "trace", "--events", events, *words)  # fmt: skip

    def measure(self, kind: Kind, count: int) -> tuple[list[str], Point]:
        name = f"{count:,} {kind.name}"
        program = f"{kind.name}.py"
        (self.work / program).write_text(kind.source)
        if kind is KINDS[2]:
            self.progress.say(f"{name}: writing and compiling them")
            write_modules(self.work, count)
            self.run(self.python, program, count)
        self.progress.say(f"{name}: plain")
        plain = self.run(self.python, program, count)
        self.progress.say(f"{name}: recorded")
        recorded = self.record(kind.events, program, count)
        self.progress.say(f"{name}: check")
        checked = self.run(self.truename, "check", "trace")
        found = re.search(rf"(\d+) {kind.counted}", checked.said)
        if not found or int(found[1]) < count:
            raise Broken(f"{name} were made, and the trace has fewer: {checked.said}")
        trace = self.work / "trace"
        written = sum(file.stat().st_size for file in trace.rglob("*") if file.is_file())
        more = recorded.seconds - plain.seconds
        row = [
            name,
            seconds(plain.seconds),
            seconds(recorded.seconds),
            f"**{recorded.seconds / plain.seconds:.2f}**",
            duration(more / count) if more > 0 else "",
            size(written),
            " + ".join(size(peak) for peak in recorded.peaks),
            seconds(checked.seconds),
            size(max(checked.peaks, default=0)),
        ]
        return row, Point(name, count, more)


def write_modules(folder: Path, count: int) -> None:
    for first in range(0, count, 1000):
        package = folder / f"package{first // 1000}"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
        for number in range(first, first + 1000):
            (package / f"module{number}.py").write_text(f"NUMBER = {number}\n")


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:,.0f} s"


def duration(value: float) -> str:
    return f"{value * 1e9:,.0f} ns" if value < 1e-6 else f"{value * 1e6:,.1f} µs"


HEAD = ["program", "python", "recorded", "ratio", "each", "on disk", "peak memory",
        "`check`", "its memory"]  # fmt: skip


def parse_arguments() -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description="Records programs that grow tenfold.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", choices=[[], *(kind.name for kind in KINDS)],
                        help="calls, functions or modules; default: all")  # fmt: skip
    parser.add_argument("--largest", type=int, default=10**9, metavar="N",
                        help="the most calls; default: 10^9")  # fmt: skip
    parser.add_argument("--truename", type=Path, default=target / "release/truename",
                        metavar="PATH")  # fmt: skip
    parser.add_argument("--python", type=Path, action="append", metavar="PATH",
                        help="an interpreter, instead of the first that truename finds")  # fmt: skip
    parser.add_argument("--output", type=Path, default=ROOT / "docs/performance.md", metavar="FILE")
    arguments = parser.parse_args()
    arguments.truename = arguments.truename.absolute()
    if not arguments.truename.is_file():
        parser.error(f"{arguments.truename} is not there; `cargo build --release` makes it")
    return arguments


def measure_all(arguments: argparse.Namespace, progress: Progress) -> None:
    load = os.getloadavg()[0]
    find_place(arguments.output, "bench-scale")
    found = chosen_interpreters(arguments)
    if not found:
        raise Broken("no usable interpreter was found, so nothing was timed")
    python = found[0]
    rows, points = [], {}
    for kind in KINDS:
        if arguments.kinds and kind.name not in arguments.kinds:
            continue
        with tempfile.TemporaryDirectory(prefix="truename-scale-") as folder:
            workshop = Workshop(arguments.truename, python.path, Path(folder), progress)
            for count in kind.sizes:
                if count * kind.per_calls <= arguments.largest:
                    row, point = workshop.measure(kind, count)
                    rows.append(row)
                    # The plot has no place for what took no longer.
                    if point.y > 0:
                        points.setdefault(kind.name, []).append(point)
    text = f"{occasion('bench-scale', load)} CPython {python.version}; one run each.\n\n"
    write_between(arguments.output, "bench-scale", text + table(HEAD, rows, right=8))
    drawing = plot(points, "how many", "seconds more than untraced")
    arguments.output.with_name("scale.svg").write_text(drawing, encoding="utf-8")


def main() -> int:
    arguments = parse_arguments()
    return carry_out("bench-scale", arguments.output, lambda progress: measure_all(arguments, progress))


if __name__ == "__main__":
    raise SystemExit(main())
