#!/usr/bin/env python3
"""Does harm to recorded programs, to truename and to the machine, and checks what must hold.

Each fault is a row of docs/reliability.md: it is done a number of times on each interpreter, through the
built command, and each time ends as promised or is red. A fault that cannot be done here (a full disk
takes root) is skipped, which the table says. `--write` puts the table into docs/reliability.md, when all holds.

    scripts/faults.py [--rounds N] [--seed N] [--write] [--truename PATH] [--python PATH]… [WORD…]

WORDs select the rows that have one of them in their names. It needs only the standard library of any
Python >= 3.9.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oracle import ROOT, Interpreter, chosen_interpreters, parse_interpreters

PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"

MODES = {
    "modules": [],
    "calls": ["--events", "calls"],
    "lines": ["--events", "lines", "--values", "full"],
}
TIME = 300
"""The seconds after which a run counts as one that hangs."""


class Red(Exception):
    """Something did not hold; the message says what."""


class Skipped(Exception):
    """This fault cannot be done here; the message says why."""


# Running -----------------------------------------------------------------------------------------


@dataclass
class Ended:
    """A process that has ended."""

    status: int
    out: str
    err: str

    def shown(self) -> str:
        return f"status {self.status}, stdout {self.out[-300:]!r}, stderr {self.err[-300:]!r}"


class Place:
    """A folder for one round, with a program in it."""

    def __init__(self, truename: Path, python: Path, folder: Path, mode: str, seed: int) -> None:
        self.truename, self.python, self.folder, self.mode = truename, python, folder, mode
        self.random = random.Random(seed)
        self.trace = folder / "trace"
        (folder / "home").mkdir()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, recorded: bool, *words: str, prepare: Callable[[], None] | None = None,
              options: list[str] | None = None) -> subprocess.Popen[str]:  # fmt: skip
        command = [str(self.python), *words]
        if recorded:
            run = [str(self.truename), "run", "--python", str(self.python), "--out", str(self.trace)]
            command = [*run, *MODES[self.mode], *(options or []), "--", *words]
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "TRUENAME")) and name != "VIRTUAL_ENV"
        }
        return subprocess.Popen(
            command, cwd=self.folder, env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace", start_new_session=True, preexec_fn=prepare,
        )  # fmt: skip

    def end(self, process: subprocess.Popen[str]) -> Ended:
        try:
            out, err = process.communicate(timeout=TIME)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Red(f"it hangs: more than {TIME} s") from None
        return Ended(process.returncode, out, err)

    def both(self, text: str, prepare: Callable[[], None] | None = None,
             words: tuple[str, ...] = (), may_be_lost: bool = False) -> Ended:  # fmt: skip
        """Runs a program plain and recorded: it must print and end alike. Gives the recorded run.

        Where a trace may be lost, truename may say so and end with status 1."""
        script = str(self.write("program.py", text))
        plain = self.end(self.start(False, script, *words, prepare=prepare))
        recorded = self.end(self.start(True, script, *words, prepare=prepare))
        said = may_be_lost and recorded.status == 1 and "truename: error:" in recorded.err
        if recorded.out != plain.out or recorded.status != plain.status and not said:
            raise Red(f"plain: {plain.shown()}; recorded: {recorded.shown()}")
        no_panic(recorded)
        return recorded

    def command(self, *words: str, prepare: Callable[[], None] | None = None) -> Ended:
        process = subprocess.run(
            [str(self.truename), *words], cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8", errors="replace", timeout=TIME, preexec_fn=prepare,
        )  # fmt: skip
        ended = Ended(process.returncode, process.stdout, process.stderr)
        no_panic(ended)
        return ended

    def check(self) -> None:
        """The trace must be sound."""
        checked = self.command("check", str(self.trace))
        if checked.status != 0:
            raise Red(f"truename check: {checked.shown()}")

    def labels(self, folder: Path | None = None) -> list[str]:
        document = (folder or self.trace) / "trace_modules.json"
        modules = json.loads(document.read_text(encoding="utf-8"))["modules"]
        return [module["label"] for module in modules]

    def children(self) -> list[Path]:
        return sorted((self.trace / "children").glob("[0-9]*"))


def no_panic(ended: Ended) -> None:
    for word in ("panicked", "this is a bug"):
        if word in ended.err:
            raise Red(f"a panic: {ended.shown()}")
    if -ended.status in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL):
        raise Red(f"a crash: {ended.shown()}")


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Red(what)


def limit(what: int, amount: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(what, (amount, amount))


# The faults --------------------------------------------------------------------------------------


@dataclass
class Fault:
    name: str
    done: str
    """What is done, for the table."""
    holds: str
    """What must hold."""
    rounds: int
    run: Callable[[Place], str]
    """Does it once, and gives what happened in a few words."""


FAULTS: list[Fault] = []


def fault(name: str, done: str, holds: str, rounds: int = 3) -> Callable:
    def register(run: Callable[[Place], str]) -> Callable[[Place], str]:
        FAULTS.append(Fault(name, done, holds, rounds, run))
        return run

    return register


MANY = """
import os, sys
print(os.getpid(), flush=True)
seen = os.open("seen", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(seen, b"")
for number in range({count}):
    __import__(f"m{{number}}")
print("over", flush=True)
"""


def many_modules(place: Place, count: int) -> str:
    """A program that imports modules for some time, each of which notes that it began."""
    for number in range(count):
        text = f"import os\nos.write({{seen}}, b'm{number}\\n')\nfor _ in range(2000): pass\n"
        place.write(f"m{number}.py", text.replace("{seen}", "__import__('__main__').seen"))
    return str(place.write("program.py", MANY.format(count=count)))


def seen(place: Place) -> set[str]:
    file = place.folder / "seen"
    return {f"<{name}>" for name in file.read_text().split()} if file.exists() else set()


def nothing_is_lost(place: Place) -> int:
    began = seen(place)
    lost = began - set(place.labels())
    must(not lost, f"{len(lost)} of {len(began)} bodies that began are not in the trace")
    return len(began)


@fault("program killed", "SIGKILL to the program at a random moment",
       "truename ends as the program did; each body that began is in a sound trace", rounds=10)  # fmt: skip
def program_killed(place: Place) -> str:
    process = place.start(True, many_modules(place, 400))
    pid = int(process.stdout.readline())
    time.sleep(place.random.uniform(0, 0.3))
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    ended = place.end(process)
    no_panic(ended)
    place.check()
    nothing_is_lost(place)
    if "over" in ended.out:
        return "over before"
    must(ended.status in (-signal.SIGKILL, 128 + signal.SIGKILL), ended.shown())
    return "all recorded"


@fault("truename killed", "SIGKILL to truename at a random moment; the program goes on; `truename finish`",
       "the program is not disturbed; `finish` makes a sound trace with each body that began", rounds=10)  # fmt: skip
def truename_killed(place: Place) -> str:
    process = place.start(True, many_modules(place, 400))
    pid = int(process.stdout.readline())
    time.sleep(place.random.uniform(0, 0.3))
    process.kill()
    out, err = process.communicate(timeout=TIME)
    must("Traceback" not in err, f"the program failed: {err[-300:]}")
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.01)
    if place.trace.joinpath("trace_modules.json").exists():
        return "over before"
    finished = place.command("finish", str(place.trace))
    must(finished.status == 0, finished.shown())
    place.check()
    must(len(seen(place)) == 400 and "over" in out, "the program did not go on to its end")
    nothing_is_lost(place)
    return "finished, all recorded"


FORKS = """
import os, sys
open("late.py", "w").write("x = 1")
children = []
for number in range({count}):
    pid = os.fork()
    if pid == 0:
        import late
        os._exit(0)
    {wait}
print("forked")
"""
WAIT = "os.waitpid(pid, 0)"


def all_children(place: Place, count: int, ended: Ended) -> str:
    recorded = len(place.children())
    if recorded == count:
        place.check()
        return f"{count} of {count} recorded"
    must(recorded < count, f"{recorded} children of {count}")
    must(bool(ended.err.strip()), f"{recorded} of {count} children are recorded, and nothing is said")
    return "fewer recorded, and said so"


@fault("few open files", "`ulimit -n 25`, 30 forks", "the program ends alike; each child is recorded, or the loss is said")
def few_files(place: Place) -> str:
    ended = place.both(FORKS.format(count=30, wait=WAIT), limit(resource.RLIMIT_NOFILE, 25), may_be_lost=True)
    return all_children(place, 30, ended)


@fault("many children", "300 forks under `ulimit -n 1024`, each waited for",
       "the program ends alike; each child is recorded, or the loss is said", rounds=1)  # fmt: skip
def many_children(place: Place) -> str:
    ended = place.both(FORKS.format(count=300, wait=WAIT), limit(resource.RLIMIT_NOFILE, 1024), may_be_lost=True)
    return all_children(place, 300, ended)


@fault("children at once", "60 forks that run at the same time",
       "the program ends alike; each child is recorded")  # fmt: skip
def children_at_once(place: Place) -> str:
    ended = place.both(FORKS.format(count=60, wait="children.append(pid)") + "for pid in children: os.waitpid(pid, 0)\n")
    must(len(place.children()) == 60, f"{len(place.children())} of 60 children: {ended.shown()}")
    place.check()
    return "60 of 60 recorded"


CALLS = """
def one(number): return number + 1
total = 0
for number in range({count}): total = one(total)
import json, colorsys
print(total)
"""


@fault("small files", "`ulimit -f`: no file larger than 32 KB", "the program ends alike; truename says what is lost")
def small_files(place: Place) -> str:
    ended = place.both(CALLS.format(count=200_000), limit(resource.RLIMIT_FSIZE, 32 << 10), may_be_lost=True)
    if place.command("check", str(place.trace)).status == 0 and not ended.err.strip():
        return "recorded"
    must(bool(ended.err.strip()), "nothing is said")
    return "not recorded, and said so"


@fault("few processes", "`ulimit -u 1` (not for root)", "truename says that it cannot start Python, and what to do")
def few_processes(place: Place) -> str:
    if os.geteuid() == 0:
        raise Skipped("root has no limit of processes")
    script = str(place.write("program.py", "print('runs')"))
    ended = place.end(place.start(True, script, prepare=limit(resource.RLIMIT_NPROC, 1)))
    no_panic(ended)
    must("runs" in ended.out or bool(ended.err.strip()), ended.shown())
    return "runs" if "runs" in ended.out else "not started, and said so"


@fault("full disk", "the output folder on a tmpfs of 1 MB, 300,000 calls",
       "the program ends alike; truename says what is lost", rounds=1)  # fmt: skip
def full_disk(place: Place) -> str:
    disk = place.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        raise Skipped("mounting takes root")
    try:
        place.trace = disk / "trace"
        ended = place.both(CALLS.format(count=300_000), may_be_lost=True)
        sound = place.trace.is_dir() and place.command("check", str(place.trace)).status == 0
        must(sound or bool(ended.err.strip()), f"nothing is said: {ended.shown()}")
        return "said what is lost" if ended.err.strip() else "recorded"
    finally:
        subprocess.run(["umount", "-l", str(disk)], capture_output=True)


@fault("output deleted", "the program deletes the output folder while it runs", "the program ends alike; the loss is said")
def output_deleted(place: Place) -> str:
    ended = place.both("import shutil\nshutil.rmtree('trace', ignore_errors=True)\nimport json, colorsys\nprint('over')", may_be_lost=True)
    must(bool(ended.err.strip()) or (place.trace / "trace_modules.json").exists(), "nothing is said")
    must("is kept" not in ended.err, f"nothing is kept: {ended.err.strip()}")
    return "said so" if ended.err.strip() else "recorded"


@fault("output renamed", "the program renames the output folder while it runs", "the program ends alike; the trace is there, or the loss is said")
def output_renamed(place: Place) -> str:
    text = "import os\nif os.path.exists('trace'): os.rename('trace', 'other')\nimport json, colorsys\nprint('over')"
    ended = place.both(text, may_be_lost=True)
    found = any((place.folder / name / "trace_modules.json").exists() for name in ("trace", "other"))
    must(found or bool(ended.err.strip()), "no trace, and nothing is said")
    must("sitecustomize" not in ended.err, f"not true: {ended.err.strip()}")
    return "said so" if ended.err.strip() else "recorded"


@fault("descriptors closed", "`os.closerange(3, 4096)`, then files opened under the numbers that are free, then imports",
       "the program ends alike; all is recorded, and no file of the program's is written to")  # fmt: skip
def descriptors_closed(place: Place) -> str:
    place.both(
        "import os\nos.closerange(3, 4096)\n"
        "files = [open(f'own{n}', 'w+b', 0) for n in range(20)]\n"
        "import json, colorsys\n"
        "print(sum(os.fstat(file.fileno()).st_size for file in files))\n"
    )
    place.check()
    must("<colorsys>" in place.labels(), "what ran after is missing")
    return "recorded"


@fault("user changed", "`os.setuid(65534)`, then imports and a fork (root only)",
       "the program ends alike; what cannot be recorded is said")  # fmt: skip
def user_changed(place: Place) -> str:
    if os.geteuid() != 0:
        raise Skipped("changing the user takes root")
    text = (
        "import os\nos.setuid(65534)\nimport colorsys\npid = os.fork()\n"
        "if pid == 0:\n    import html\n    os._exit(0)\nos.waitpid(pid, 0)\nprint('over')\n"
    )
    ended = place.both(text, may_be_lost=True)
    whole = len(place.children()) == 1 and "<colorsys>" in place.labels()
    must(whole or bool(ended.err.strip()), "not all is recorded, and nothing is said")
    return "recorded" if whole else "said what is lost"


@fault("memory limit", "RLIMIT_AS 64 MB above what is in use, memory until MemoryError, then imports",
       "the program ends alike; the trace is sound")  # fmt: skip
def memory_limit(place: Place) -> str:
    ended = place.both(
        "import resource\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)\n"
        "kept = []\n"
        "try:\n    while True: kept.append(bytearray(1 << 20))\nexcept MemoryError: kept.clear()\n"
        "import json, colorsys\nprint('over')\n"
    )
    place.check()
    return "recorded" if "<colorsys>" in place.labels() else f"said so: {bool(ended.err.strip())}"


@fault("recursion", "recursion to RecursionError, at several limits, in functions, `__del__` and imports",
       "the same depths; the trace is sound")  # fmt: skip
def recursion(place: Place) -> str:
    place.both(
        "import sys\n"
        "def depth(n=0):\n    try: return depth(n + 1)\n    except RecursionError: return n\n"
        "class Gone:\n    def __del__(self): print(depth())\n"
        "for limit in (60, 200, 1000, 5000):\n"
        "    sys.setrecursionlimit(limit)\n    print(limit, depth())\n    Gone()\n"
        "exec('def f(): exec(\"f()\")\\ntry: f()\\nexcept RecursionError: print(\"deep\")', {})\n"
    )
    place.check()
    return "recorded"


@fault("many threads", "2,000 threads, 100 at a time, each with an import and calls",
       "the program ends alike; the trace is sound", rounds=1)  # fmt: skip
def many_threads(place: Place) -> str:
    for number in range(20):
        place.write(f"t{number}.py", f"value = {number}\n")
    place.both(
        "import threading\ncounted = []\n"
        "def work(n):\n    counted.append(__import__(f't{n % 20}').value)\n"
        "for start in range(0, 2000, 100):\n"
        "    threads = [threading.Thread(target=work, args=(n,)) for n in range(start, start + 100)]\n"
        "    for thread in threads: thread.start()\n"
        "    for thread in threads: thread.join()\n"
        "print(len(counted), sum(counted))\n"
    )
    place.check()
    labels = Counter(place.labels())
    must(all(labels[f"<t{n}>"] == 1 for n in range(20)), "a body is missing or there twice")
    return "recorded"


@fault("fork with threads", "20 forks while four threads import and call",
       "the program ends alike; each child that ran a body is recorded")  # fmt: skip
def fork_with_threads(place: Place) -> str:
    for number in range(40):
        place.write(f"t{number}.py", "x = 1\n")
    place.write("late.py", "x = 1\n")
    ended = place.both(
        "import os, threading, warnings\nwarnings.simplefilter('ignore')\nstop = False\n"
        "def work(n):\n    for k in range(10): __import__(f't{10 * n + k}')\n"
        "    while not stop: len('x')\n"
        "threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
        "for thread in threads: thread.start()\n"
        "ends = []\n"
        "for _ in range(20):\n    pid = os.fork()\n"
        "    if pid == 0:\n        exec(compile(open('late.py').read(), 'late.py', 'exec'), {})\n        os._exit(0)\n"
        "    ends.append(os.waitpid(pid, 0)[1])\n"
        "stop = True\nprint(ends)\n"
    )
    must(len(place.children()) == 20, f"{len(place.children())} of 20 children: {ended.shown()}")
    place.check()
    return "20 of 20 recorded"


@fault("daemon", "a child forks twice, calls `setsid` and outlives the program",
       "truename ends with the program; the daemon is not disturbed")  # fmt: skip
def daemon(place: Place) -> str:
    place.write("late.py", "x = 1\n")
    place.both(
        "import os, time\npid = os.fork()\n"
        "if pid == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
        "    null = os.open(os.devnull, os.O_RDWR)\n"
        "    for n in range(3): os.dup2(null, n)\n"
        "    time.sleep(0.5)\n    import late\n    open(f'done-{\"recorded\" if \"TRUENAME_SPOOL\" in os.environ else \"plain\"}', 'w').close()\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\nprint('over')\n"
    )
    place.check()
    end = time.monotonic() + TIME
    while not (place.folder / "done-recorded").exists():
        must(time.monotonic() < end, "the daemon did not come to its end")
        time.sleep(0.05)
    return "went on, undisturbed"


@fault("greenlets", "switches between greenlets within calls, and exceptions across them (where greenlet is installed)",
       "the program ends alike; the trace is sound")  # fmt: skip
def greenlets(place: Place) -> str:
    if subprocess.run([place.python, "-c", "import greenlet"], capture_output=True).returncode != 0:
        raise Skipped("greenlet is not installed")
    place.both(
        "import greenlet\n"
        "def inner(n):\n    main.switch(n)\n    if n % 3 == 0: raise KeyError(n)\n    return n\n"
        "def outer(n):\n    try: return inner(n)\n    except KeyError: return -n\n"
        "main = greenlet.getcurrent()\n"
        "all = [greenlet.greenlet(outer) for _ in range(100)]\n"
        "print([g.switch(n) for n, g in enumerate(all)])\nprint([g.switch() for g in all])\n"
    )
    place.check()
    return "recorded"


@fault("interrupted", "Ctrl-C (SIGINT) at a random moment to a loop of calls", "one is enough: KeyboardInterrupt arrives", rounds=6)
def interrupted(place: Place) -> str:
    script = place.write(
        "program.py",
        "import os\ndef parse(n):\n    first = n\n    second = first + 1\n    third = second * 2\n    return third\n"
        "try:\n    print(os.getpid(), flush=True)\n    while True: parse(3)\nexcept KeyboardInterrupt: print('interrupted')\n",
    )
    process = place.start(True, str(script))
    pid = int(process.stdout.readline())
    time.sleep(place.random.uniform(0, 0.3))
    os.kill(pid, signal.SIGINT)
    try:
        out, err = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Red("the interrupt was swallowed") from None
    must("interrupted" in out, Ended(process.returncode, out, err).shown())
    place.check()
    return "arrived"


TICKS = """
import signal
class Tick(Exception): pass
calls = 0
def handler(number, frame):
    global calls
    calls += 1
    raise Tick
signal.signal(signal.SIGALRM, handler)
def leaf(n):
    a = n; b = a; c = b
    d = c
    e = d
    return e
def loop(before):
    while calls == before: leaf(1)
lost = caught = 0
for k in range(300):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0003 + (k % 40) * 0.00002)
        loop(calls)
        lost += 1
    except Tick: caught += 1
print('caught', caught, 'lost', lost)
"""


@fault("raising handlers", "300 SIGALRM handlers that raise", "each exception arrives")
def raising_handlers(place: Place) -> str:
    place.both(TICKS)
    place.check()
    return "300 of 300 arrived"


@fault("relayed signals", "each of HUP, INT, QUIT, USR1, USR2, TERM, WINCH, CONT to truename",
       "the program gets it, and truename ends as the program does", rounds=1)  # fmt: skip
def relayed_signals(place: Place) -> str:
    names = "SIGHUP SIGINT SIGQUIT SIGUSR1 SIGUSR2 SIGTERM SIGWINCH SIGCONT".split()
    for name in names:
        shutil.rmtree(place.trace, ignore_errors=True)
        script = place.write(
            "program.py",
            f"import signal, sys\ndef got(*_): print('got', flush=True); sys.exit(7)\n"
            f"signal.signal(signal.{name}, got)\nprint('ready', flush=True)\nwhile True: signal.pause()\n",
        )
        process = place.start(True, str(script))
        process.stdout.readline()
        os.kill(process.pid, getattr(signal, name))
        ended = place.end(process)
        must("got" in ended.out and ended.status == 7, f"{name}: {ended.shown()}")
        place.check()
    return f"{len(names)} of {len(names)} relayed"


@fault("long command line", "700 long paths as arguments, 65,000 bytes", "the program ends alike; it is recorded")
def long_command_line(place: Place) -> str:
    paths = tuple(f"{'long' * 20}/{number:04}/path.py" for number in range(700))
    place.both("import sys, colorsys\nprint(len(sys.argv))", words=paths)
    place.check()
    must("<colorsys>" in place.labels(), "the trace has no body")
    return "recorded"


@fault("code without RESUME", "an exception leaves code that has no RESUME instruction", "the program ends alike")
def code_without_resume(place: Place) -> str:
    place.both(
        "import dis, sys\ndef fails(x): raise x\n"
        "code = fails.__code__.co_code\n"
        "found = next(i for i in dis.get_instructions(fails) if i.opname == 'RESUME')\n"
        "new = sys.version_info >= (3, 15)\n"
        "nops = bytes([dis.opmap['NOP'], 0]) * (2 if new else 1)\n"
        "fails.__code__ = fails.__code__.replace(co_code=code[:found.offset] + nops + code[found.offset + len(nops):])\n"
        "try: fails(ValueError('v'))\nexcept ValueError as error: print(error)\n"
    )
    place.check()
    return "recorded"


@fault("opcode events", "a tracer asks for opcode events before `sys.settrace`", "as many events as unrecorded")
def opcode_events(place: Place) -> str:
    place.both(
        "import bdb, sys\ncount = 0\n"
        "def tracer(frame, event, argument):\n    global count\n    count += event == 'opcode'\n    return tracer\n"
        "def begin():\n    frame = sys._getframe(1)\n    frame.f_trace = tracer\n    frame.f_trace_opcodes = True\n    sys.settrace(tracer)\n"
        "begin(); a = 1; b = 2; c = 3\nsys.settrace(None)\nprint(count)\n"
    )
    place.check()
    return "the same"


def a_trace(place: Place) -> None:
    script = place.write("program.py", "import json\ndef f(n): return n\nfor n in range(50): f(n)\n")
    ended = place.end(place.start(True, str(script), options=["--format", "json"] if place.random.random() < 0.5 else []))
    must(ended.status == 0, ended.shown())


def mutate(bytes_: bytes, draw: random.Random) -> bytes:
    content = bytearray(bytes_)
    for _ in range(draw.randint(1, 4)):
        where = draw.randrange(len(content) + 1)
        kind = draw.randrange(4)
        if kind == 0:
            del content[where:]
        elif kind == 1 and where < len(content):
            content[where] ^= 1 << draw.randrange(8)
        elif kind == 2:
            content[where:where] = draw.randbytes(draw.randint(1, 8))
        else:
            content[where : where + 4] = draw.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x3f"])
    return bytes(content)


@fault("traces mutated", "one file of a trace cut, or some of its bytes changed, 40 times",
       "`check` and `tree` end without a panic, in 512 MB", rounds=2)  # fmt: skip
def traces_mutated(place: Place) -> str:
    a_trace(place)
    files = sorted(place.trace.glob("trace*"))
    for _ in range(40):
        file = place.random.choice(files)
        before = file.read_bytes()
        file.write_bytes(mutate(before, place.random))
        for command in ("check", "tree"):
            ended = place.command(command, str(place.trace), prepare=limit(resource.RLIMIT_AS, 512 << 20))
            must(ended.status in (0, 1, 2), f"{command} of a mutated {file.name}: {ended.shown()}")
        file.write_bytes(before)
    return "40 of 40 checked"


@fault("spools mutated", "a spool that a killed truename left is cut, or some of its bytes changed, 20 times; `finish`",
       "`finish` and `check` end without a panic, in 512 MB", rounds=2)  # fmt: skip
def spools_mutated(place: Place) -> str:
    process = place.start(True, many_modules(place, 60))
    pid = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=TIME)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.01)
    whole = place.folder / "whole"
    shutil.copytree(place.trace, whole)
    refused = 0
    for _ in range(20):
        shutil.rmtree(place.trace)
        shutil.copytree(whole, place.trace)
        (spool,) = place.trace.glob("*/*.spool")
        content = spool.read_bytes()
        used = len(content.rstrip(b"\0"))
        spool.write_bytes(mutate(content[:used], place.random) + bytes(len(content) - used))
        small = limit(resource.RLIMIT_AS, 512 << 20)
        ended = place.command("finish", str(place.trace), prepare=small)
        must(ended.status in (0, 1, 2), f"finish: {ended.shown()}")
        refused += ended.status != 0
        if ended.status == 0:
            must(place.command("check", str(place.trace), prepare=small).status in (0, 1), "check")
    return "20 of 20 finished or refused"


# The table ---------------------------------------------------------------------------------------


class Row:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.times = 0
        self.happened: Counter[str] = Counter()
        self.skipped: set[str] = set()
        self.problems: list[str] = []

    def what_happened(self) -> str:
        parts = [f"{text} ({count})" for text, count in self.happened.most_common()]
        if self.problems:
            parts.append(f"**did not hold** ({len(self.problems)})")
        parts += [f"skipped: {reason}" for reason in sorted(self.skipped)]
        return "; ".join(parts)


def run_row(row: Row, truename: Path, interpreter: Interpreter, work: Path, rounds: int, seed: int) -> None:
    it = row.fault
    for mode in MODES:
        for turn in range(rounds or it.rounds):
            folder = Path(tempfile.mkdtemp(prefix="fault-", dir=work))
            name = f"{interpreter.version} {mode} {turn}"
            place = Place(truename, interpreter.path, folder, mode, zlib.crc32(f"{seed} {it.name} {turn}".encode()))
            if sys.stderr.isatty():
                print(f"\r\x1b[K{it.name}: {name}", end="", file=sys.stderr, flush=True)
            try:
                happened = it.run(place)
            except Skipped as skipped:
                row.skipped.add(str(skipped))
            except (Red, OSError, ValueError, subprocess.SubprocessError) as error:
                row.times += 1
                row.problems.append(f"{name}: {error} ({folder})")
                continue
            else:
                row.times += 1
                row.happened[happened] += 1
            shutil.rmtree(folder, ignore_errors=True)
            if row.skipped and not row.times:
                return


def markdown(rows: list[Row], interpreters: list[Interpreter]) -> str:
    versions = ", ".join(interpreter.version for interpreter in interpreters)
    lines = [
        f"CPython {versions}, each with `--events modules`, `calls`, and `lines --values full`; Linux "
        f"{platform.release().split('-')[0]}.",
        "",
        "| fault | what must hold | times | what happened |",
        "|---|---|--:|---|",
    ]
    for row in rows:
        lines.append(f"| {row.fault.done} | {row.fault.holds} | {row.times} | {row.what_happened()} |")
    return "\n".join(lines)


def write_page(text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Checks what truename survives.")
    parser.add_argument("words", nargs="*", metavar="WORD", help="rows that have it in their names")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="of each row in each mode")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}, when all holds")
    return parse_interpreters(parser)


def main() -> int:
    arguments = parse_arguments()
    interpreters = chosen_interpreters(arguments)
    wanted = [it for it in FAULTS if not arguments.words or any(word in it.name for word in arguments.words)]
    work = Path(tempfile.mkdtemp(prefix="truename-faults-"))
    rows = []
    for it in wanted:
        row = Row(it)
        for interpreter in interpreters:
            run_row(row, arguments.truename, interpreter, work, arguments.rounds, arguments.seed)
        rows.append(row)
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        verdict = "RED" if row.problems else "ok"
        print(f"{it.name:20} {row.times:4}  {verdict:4} {row.what_happened()}", flush=True)
        for problem in row.problems[:6]:
            print(f"    {problem}", flush=True)
    times = sum(row.times for row in rows)
    bad = sum(len(row.problems) for row in rows)
    print(f"\n{times} times, {bad or 'none'} of which did not hold")
    # The page says what holds.
    if arguments.write and not bad:
        write_page(markdown(rows, interpreters))
    if not bad:
        shutil.rmtree(work, ignore_errors=True)
    if not times:
        print("nothing was tried: that is a failure")
    return 1 if bad or not times else 0


if __name__ == "__main__":
    sys.exit(main())
