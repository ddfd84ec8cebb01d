"""What the scripts that time whole processes share: running, clocks, tables, and where tables go.

What a user waits for is the process, from its start to the finished trace on disk. The ways to run
a program alternate in one run, because a machine's speed drifts by more than what is measured: each
is timed between two plain runs of the program, plain A plain B plain C plain A …, and its ratio and
its difference are to the mean of those two. Each figure is the median over the rounds, with the least
and the greatest beside it.

Processor time is that of all processes together: truename works beside the program, on another core
where there is one.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from oracle import Broken

# Running -----------------------------------------------------------------------------------------


def add_cores(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cores", type=int, metavar="N",
                        help="the cores that all processes share; default: all")  # fmt: skip


def settle(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> argparse.Namespace:
    """Refuses what cannot be timed: no rounds, no build. Keeps to the cores that are asked for."""
    if arguments.rounds < 1:
        parser.error("--rounds is at least 1")
    if arguments.cores is not None:
        # The last ones: the first has most of the interrupts.
        allowed = sorted(os.sched_getaffinity(0))
        if not 1 <= arguments.cores <= len(allowed):
            parser.error(f"--cores is at least 1 and at most {len(allowed)} here")
        os.sched_setaffinity(0, allowed[-arguments.cores :])
    arguments.truename = arguments.truename.absolute()
    if not arguments.truename.is_file():
        parser.error(f"{arguments.truename} is not there; `cargo build --release` makes it")
    return arguments


def environment(home: Path) -> dict[str, str]:
    """What all ways run in: nobody's settings, and bytecode that may be cached as usual."""
    prefixes = ("PYTHON", "TRUENAME", "XDG_", "AWS_", "COVERAGE_", "CODETRACER_", "DJANGO_")
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(prefixes) and name != "VIRTUAL_ENV"
    }
    variables["HOME"] = str(home)
    return variables


# How long the machine rests after a run, at most, in seconds: as long as the run took. One that works all
# the time is held back by its own heat, or by those who share it, and not all ways to run alike.
REST = 0.25


class Taken(NamedTuple):
    """What a command took."""

    seconds: float
    """From its start to its end."""
    processor: float
    """The seconds of processor time, of all its processes together."""


def clock(command: list[str], variables: dict[str, str], cwd: Path) -> Taken:
    before = processor_time()
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, said = process.communicate()
    seconds = time.perf_counter() - start
    processor = processor_time() - before
    time.sleep(min(seconds, REST))
    refuse_failure(command, process.returncode, said)
    return Taken(seconds, processor)


def processor_time() -> float:
    """That of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Alternation:
    """Times ways to run a program, each between two plain runs of it."""

    def __init__(self, plain: Callable[[], Taken]) -> None:
        self.plain = plain
        self.runs = [plain()]
        """The plain runs."""

    @property
    def seconds(self) -> list[float]:
        """What the plain runs took."""
        return [run.seconds for run in self.runs]

    def time(self, way: Callable[[], Taken]) -> Timed:
        taken = way()
        self.runs.append(self.plain())
        before, after = self.runs[-2:]
        return Timed(taken, Taken(*map(statistics.mean, zip(before, after))))


class Timed(NamedTuple):
    taken: Taken
    plain: Taken
    """What plain runs took at that time."""

    @property
    def seconds(self) -> float:
        return self.taken.seconds


def refuse_failure(command: list[str], status: int, said: bytes) -> None:
    if status != 0:
        last = "\n".join(said.decode(errors="replace").strip().splitlines()[-12:])
        raise Broken(f"`{shlex.join(command)}` exits {status}; it said last:\n{last}")


def look_at_memory(pid: int, peaks: dict[int, int]) -> None:
    """Adds the most memory that a process and those that it started had so far, the first one
    first. Nothing where there is no /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        if peak:
            peaks[pid] = max(int(peak[1]) * 1024, peaks.get(pid, 0))
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                look_at_memory(int(child), peaks)
    except OSError:
        pass


class Progress:
    """One line on a terminal that says what is being done; nothing anywhere else."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def say(self, text: str) -> None:
        if self.shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        self.say("")


def carry_out(name: str, output: Path, task: Callable[[Progress], None]) -> int:
    """Carries out a task that writes a table into a file; gives the exit status. What breaks it is reported in a line."""
    progress = Progress()
    try:
        task(progress)
    except (Broken, OSError, ValueError, KeyError) as error:
        progress.clear()
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.clear()
        return 130
    progress.clear()
    print(f"{output} has the table")
    return 0


# Reporting -----------------------------------------------------------------------------------------


def milliseconds(seconds: list[float]) -> str:
    """The median and the spread."""
    middle, least, most = (
        1000 * value for value in (statistics.median(seconds), min(seconds), max(seconds))
    )
    return f"{middle:.1f} ms ({least:.1f}–{most:.1f})"


class Comparison(NamedTuple):
    """Medians over the rounds."""

    ratio: float
    """To the time of the plain runs."""
    difference: float
    """The seconds more than those of the plain runs."""
    processor: float
    """The ratio to the processor time of the plain runs."""


def compare(runs: list[Timed]) -> Comparison:
    median = statistics.median
    return Comparison(
        median(run.seconds / run.plain.seconds for run in runs),
        median(run.seconds - run.plain.seconds for run in runs),
        # The clock of processor time may be too coarse for a plain run.
        median(run.taken.processor / max(run.plain.processor, 0.001) for run in runs),
    )


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


def occasion(recipe: str, load: float) -> str:
    """Which command was run, and what else the machine had to do when it began."""
    command = shlex.join(["just", recipe, *options_that_matter(sys.argv[1:])])
    taken = f"Taken by `{command}` on {machine()}."
    if load < 0.5:
        return taken
    return f"{taken} **It had other work to do** (a load of {load:.1f}): these figures are provisional."


def options_that_matter(arguments: list[str]) -> list[str]:
    """Without the paths of the person who ran it."""
    kept = []
    words = iter(arguments)
    for word in words:
        if word in ("--truename", "--python", "--output"):
            next(words, None)
        elif not word.startswith(("--truename=", "--python=", "--output=")):
            kept.append(word)
    return kept


def size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{-(-count // 1000)} KB"


def table(head: list[str], rows: list[list[str]], right: int = 0) -> str:
    """A Markdown table, whose last `right` columns are numbers."""
    rule = "---|" * (len(head) - right) + "--:|" * right
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], f"|{rule}", *lines[1:]]) + "\n"


def find_place(file: Path, name: str) -> tuple[str, str]:
    """What stands in a Markdown file up to the first of two comments of that name, and from the
    second on."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    old = file.read_text(encoding="utf-8")
    if old.count(begin) != 1 or old.count(end) != 1 or old.index(begin) > old.index(end):
        raise Broken(f"{file} has no place for this: a line {begin}, and after it a line {end}")
    before, rest = old.split(begin)
    return before + begin, end + rest.split(end)[1]


def write_between(file: Path, name: str, text: str) -> None:
    """Replaces what stands between the two comments of a name."""
    before, after = find_place(file, name)
    file.write_text(f"{before}\n\n{text.strip()}\n\n{after}", encoding="utf-8")
