"""The plugin for pytest: recordings of a session, and tests that say what may be imported."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

import truename

if TYPE_CHECKING:
    from collections.abc import Iterable

_INNER = "TRUENAME_PYTEST_INNER"
"""Set in a child process that runs one test: the file for its result."""

_RESULT = pytest.StashKey[str]()
"""That file, in such a process."""

_SESSION = pytest.StashKey[str]()
"""The trace folder of a session that is being recorded."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("truename")
    group.addoption(
        "--truename",
        metavar="DIR",
        nargs="?",
        const="truename-trace",
        help="record the session, and write the trace to DIR (truename-trace)",
    )
    group.addoption(
        "--truename-events",
        choices=["modules", "calls", "lines"],
        default="modules",
        help="record module bodies, calls or lines, too (modules)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "imports(forbid=(), max_new=None, in_subprocess=False): fails where the test imports a module that matches "
        "a pattern, or more than so many modules",
    )
    # No process that the test starts is to take itself for this one.
    result = os.environ.pop(_INNER, None)
    if result is not None:
        config.stash[_RESULT] = result
        return
    config.pluginmanager.register(_SubprocessTests(), "truename-subprocess")
    folder = config.getoption("--truename")
    # Of pytest-xdist, the process that hands out the tests is recorded, and no worker.
    if folder and not hasattr(config, "workerinput"):
        try:
            truename.start(folder, events=config.getoption("--truename-events"))
        except truename.TruenameError as error:
            raise pytest.UsageError(f"--truename: {error}") from error
        config.stash[_SESSION] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_SESSION, None)
    if folder is None:
        return
    del config.stash[_SESSION]
    try:
        trace = truename.stop()
        config.get_terminal_writer().line(f"truename: {len(trace.modules)} module bodies in {folder}")
    except truename.TruenameError as error:
        config.get_terminal_writer().line(f"truename: error: {error}", red=True)


class _Rules:
    """The rules of a mark, or of a use of the fixture."""

    def __init__(
        self,
        *,
        forbid: str | Iterable[str] = (),
        max_new: int | None = None,
        in_subprocess: bool = False,
    ) -> None:
        self.forbid = [forbid] if isinstance(forbid, str) else list(forbid)
        self.max_new = max_new
        self.in_subprocess = in_subprocess

    def problems(self, trace: truename.Trace) -> str | None:
        """Returns what the command finds in a trace that breaks a rule."""
        from truename._command import budget

        options = [word for pattern in self.forbid for word in ("--forbid", pattern)]
        if self.max_new is not None:
            options += ["--max-modules", str(self.max_new)]
        found = budget([*options, trace.path]) if options else None
        if found and any("before the recording" in line for line in found.splitlines()):
            found += "\nWhat was loaded before the test cannot be seen: in_subprocess=True runs the test in a process of its own."
        return found


def _rules(item: pytest.Item) -> _Rules | None:
    mark = item.get_closest_marker("imports")
    if mark is None:
        return None
    known = "forbid, max_new, in_subprocess"
    if mark.args:
        raise pytest.UsageError(f"pytest.mark.imports takes keywords only: {known}")
    unknown = ", ".join(sorted(set(mark.kwargs) - set(known.split(", "))))
    if unknown:
        raise pytest.UsageError(f"pytest.mark.imports has no keyword {unknown}: there are {known}")
    return _Rules(**mark.kwargs)


def _runs_in_subprocess(item: pytest.Item, rules: _Rules) -> bool:
    # A session that is recorded as a whole has no room for a recording of one test.
    is_wanted = rules.in_subprocess or item.config.stash.get(_SESSION, None) is not None
    return is_wanted and item.config.stash.get(_RESULT, None) is None


@contextlib.contextmanager
def _checked(rules: _Rules, folder: str) -> Iterator[truename.Trace]:
    """Records a block, and fails where it breaks a rule. An error of the block goes on as it is."""
    with truename.record(os.path.join(folder, "trace")) as trace:
        yield trace
    problems = rules.problems(trace)
    if problems:
        pytest.fail(problems, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    rules = _rules(pyfuncitem)
    if rules is None or _runs_in_subprocess(pyfuncitem, rules):
        return (yield)
    import tempfile

    result = pyfuncitem.config.stash.get(_RESULT, None)
    reported = contextlib.nullcontext() if result is None else _reported(result)
    with reported, tempfile.TemporaryDirectory(prefix="truename-") as folder, _checked(rules, folder):
        return (yield)


@contextlib.contextmanager
def _reported(file: str) -> Iterator[None]:
    """Leaves word of how a test ended, as the process that waits for it is to end it."""
    outcome, reason = "failed", ""
    try:
        yield
        outcome = "passed"
    except pytest.skip.Exception as skip:
        outcome, reason = "skipped", skip.msg or ""
        raise
    except pytest.xfail.Exception as xfail:
        outcome, reason = "xfailed", xfail.msg or ""
        raise
    finally:
        with open(file, "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(f"{outcome}\n{reason}")


class _SubprocessTests:
    """Runs tests in processes of their own."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        rules = _rules(pyfuncitem)
        if rules is None or not _runs_in_subprocess(pyfuncitem, rules):
            return None
        import subprocess
        import sys
        import tempfile

        config = pyfuncitem.config
        root = str(config.rootpath)
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", *_options(config),
                   "-p", "no:cacheprovider", f"--rootdir={root}", pyfuncitem.nodeid]  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="truename-") as folder:
            file = os.path.join(folder, "result")
            ended = subprocess.run(
                command,
                cwd=root,
                env={**os.environ, _INNER: file},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            try:
                with open(file, encoding="utf-8") as result:
                    outcome, _, reason = result.read().partition("\n")
            except FileNotFoundError:
                outcome, reason = "lost", ""
        if outcome == "passed":
            return True
        if outcome == "skipped":
            pytest.skip(reason)
        if outcome == "xfailed":
            pytest.xfail(reason)
        what = "it failed" if outcome == "failed" else "it did not come to its end"
        pytest.fail(f"in a process of its own, {what}:\n{os.fsdecode(ended.stdout)}", pytrace=False)


def _options(config: pytest.Config) -> list[str]:
    """Returns the options of this session that say how tests are found and run."""
    options = [word for name in config.getoption("plugins") for word in ("-p", name)]
    options += [word for setting in config.getoption("override_ini") or () for word in ("-o", setting)]
    options += [word for rule in config.getoption("pythonwarnings") or () for word in ("-W", rule)]
    if config.inipath is not None:
        options += ["-c", str(config.inipath)]
    return options


class Imports:
    """The fixture `imports`: `with imports(forbid="pandas", max_new=20) as trace:` holds a block to rules."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders

    def __call__(
        self, *, forbid: str | Iterable[str] = (), max_new: int | None = None
    ) -> contextlib.AbstractContextManager[truename.Trace]:
        return _checked(_Rules(forbid=forbid, max_new=max_new), str(self._folders.mktemp("truename")))


@pytest.fixture
def imports(tmp_path_factory: pytest.TempPathFactory) -> Imports:
    """Holds a block to rules about what it imports: `with imports(forbid="pandas", max_new=20) as trace:`."""
    return Imports(tmp_path_factory)
