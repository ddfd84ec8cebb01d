"""The command `truename`, which came with this package."""

import contextlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence

from ._errors import CommandError

NAME = "truename"


def _candidates() -> Iterator[str]:
    """The places in which an installer puts commands, the likeliest first."""
    yield sysconfig.get_path("scripts")
    # `pip install --target` and `--prefix` put commands near the packages.
    packages = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yield os.path.join(packages, "bin")
    yield os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(packages))), "bin")
    yield sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))


def find() -> str:
    """Returns the path of the command.

    `$TRUENAME_COMMAND` names another one, for a package that runs out of its source folder.
    """
    named = os.environ.get("TRUENAME_COMMAND")
    if named:
        return named
    candidates = [os.path.join(folder, NAME) for folder in _candidates()]
    for path in candidates:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    looked = ", ".join(dict.fromkeys(os.path.dirname(path) for path in candidates))
    raise CommandError(
        f"the command truename, which comes with this package, is in none of {looked}: install the package anew, "
        "or name the command in $TRUENAME_COMMAND"
    )


def message(stderr: bytes) -> str:
    """Returns what the command says of a failure, without its own name."""
    text = os.fsdecode(stderr).strip()
    return text.removeprefix("truename: error: ") or "truename failed and said nothing"


def failure(status: int, stderr: bytes, path: str) -> str:
    """Returns why the command that makes the trace in a folder made none."""
    if status >= 0:
        return message(stderr)
    return (
        f"the command that makes the trace in {path} was ended by signal {-status}. "
        f"What was recorded is kept: `truename finish {path}` makes a trace of it"
    )


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """Says of an error of the system that the command could not be started."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"truename could not be started: {error}") from error


def popen(arguments: Sequence[str], *, stdin: int, start_new_session: bool = False) -> subprocess.Popen[bytes]:
    """Starts the command, with pipes for what it writes."""
    with _starting():
        return subprocess.Popen(
            [find(), *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=start_new_session,
        )


def _run(arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    with _starting():
        return subprocess.run([find(), *arguments], stdin=subprocess.DEVNULL, capture_output=True)


def output(arguments: Sequence[str]) -> bytes:
    """Runs the command, and returns what it writes to standard output."""
    ended = _run(arguments)
    if ended.returncode != 0:
        raise CommandError(message(ended.stderr))
    return ended.stdout


def replace_process(arguments: Sequence[str]) -> None:
    """Runs the command in the place of this process, with this Python as the one that it records with."""
    os.environ.setdefault("TRUENAME_PYTHON", sys.executable)
    command = find()
    with _starting():
        os.execv(command, [command, *arguments])


def budget(arguments: Sequence[str]) -> str | None:
    """Holds a trace to rules, and returns what breaks them: `None` where nothing does."""
    ended = _run(["budget", *arguments])
    if ended.returncode == 0:
        return None
    found = os.fsdecode(ended.stdout).strip()
    if ended.returncode != 1 or not found:
        raise CommandError(message(ended.stderr))
    # The folder is a temporary one.
    return found.replace(f"{arguments[-1]}: ", "").replace(arguments[-1], "the test")
