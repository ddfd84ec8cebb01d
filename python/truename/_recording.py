"""Recordings of the program that runs this."""

import functools
import json
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Literal, ParamSpec, TypeVar

from . import _command
from ._errors import AlreadyRecordingError, CommandError, NotRecordingError, TruenameError, UnsupportedError
from ._recorder import recorder
from ._trace import Trace

Events = Literal["modules", "calls", "lines"]
Values = Literal["none", "args", "full"]
Format = Literal["binary", "json", "codetracer", "codetracer-json"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


class RecordingWarning(UserWarning):
    """A recording is not whole: the recorder had to stop before it was asked to."""


class _Session:
    """A recording that is under way, and the command that makes a trace of it."""

    def __init__(self, path: str, options: list[str]) -> None:
        self.path = os.path.abspath(path)
        self.pid = os.getpid()
        command = ["attach", "--pid", str(self.pid), "--out", self.path, *options]
        # A session of its own: Ctrl-C is the program's.
        self.process = _command.popen(command, stdin=subprocess.PIPE, start_new_session=True)
        assert self.process.stdout is not None
        self.spool = os.fsdecode(self.process.stdout.readline()).rstrip("\n")
        if not self.spool:
            _, stderr = self.process.communicate()
            raise CommandError(_command.message(stderr))

    def end(self) -> None:
        """Has the command make the trace, and waits for it."""
        stdout, stderr = self.process.communicate(b"\n")
        if self.process.returncode != 0:
            raise CommandError(_command.failure(self.process.returncode, stderr, self.path))
        if json.loads(stdout)["broken_off"]:
            warnings.warn(
                f"the recording in {self.path} is not whole: `truename check {self.path}` says where it broke off and why",
                RecordingWarning,
                stacklevel=3,
            )

    def disown(self) -> None:
        """Leaves the command to the process that started it, of which this one is a fork."""
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        # Nobody here can wait for it, and `subprocess` would warn that nobody did.
        self.process.returncode = 0

    def abandon(self) -> None:
        """Ends the command of a recording that never began."""
        self.process.communicate(b"\n")


_lock = threading.Lock()
_session: _Session | None = None


def refuse_nested() -> None:
    """Raises an error where a recording is under way."""
    if _session is not None:
        where = f"into {_session.path}" if _session.pid == os.getpid() else "as a fork of a recorded process"
        raise AlreadyRecordingError(f"this process is being recorded already, {where}")
    if "truename" in [sys.monitoring.get_tool(tool) for tool in range(6)]:
        raise AlreadyRecordingError("`truename run` records this process already")


def start(
    path: str | os.PathLike[str] = "truename-trace",
    *,
    events: Events = "modules",
    values: Values = "none",
    filters: Iterable[str | os.PathLike[str]] = (),
    default_filter: bool = True,
    format: Format = "binary",
) -> None:
    """Records this interpreter from now on, into the trace folder `path`; an earlier trace in it is replaced.

    The options are those of `truename run`. To be called on the main thread; threads and forks are recorded, too.
    """
    global _session
    if threading.current_thread() is not threading.main_thread():
        raise TruenameError("a recording begins on the main thread, which the rules for `__main__` need to know")
    options = ["--events", events, "--values", values, "--format", format]
    for filter in filters:
        options += ["--filter", os.fspath(filter)]
    if not default_filter:
        options.append("--no-default-filter")
    with _lock:
        refuse_nested()
        if recorder().interpreter() != 0:
            raise UnsupportedError("a recording begins in the main interpreter")
        session = _Session(os.fspath(path), options)
        try:
            recorder().start(session.spool)
        except BaseException as error:
            session.abandon()
            if isinstance(error, RuntimeError):
                raise TruenameError(f"the recording could not begin: {error}") from error
            raise
        _session = session
    import atexit

    atexit.register(_stop_at_exit)


def stop() -> Trace:
    """Ends the recording, and returns its trace.

    In a process that was forked meanwhile, it ends the recording of that process alone; the trace is complete when its parent
    has stopped, too.
    """
    global _session
    with _lock:
        session, _session = _session, None
        if session is None:
            raise NotRecordingError("nothing is being recorded that `truename.start` began")
        recorder().stop()
        if session.pid == os.getpid():
            session.end()
        else:
            session.disown()
    return Trace(session.path)


def _stop_at_exit() -> None:
    if _session is not None:
        stop()


def is_recording() -> bool:
    """Returns whether a recording that `start` or `record` began is under way in this process."""
    return _session is not None


class record:
    """Records what runs within a `with` block, or within each call of a function that it decorates.

    As a decorator it writes one trace, that of the last call.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = "truename-trace",
        *,
        events: Events = "modules",
        values: Values = "none",
        filters: Iterable[str | os.PathLike[str]] = (),
        default_filter: bool = True,
        format: Format = "binary",
    ) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self._begin = functools.partial(
            start,
            self.path,
            events=events,
            values=values,
            filters=tuple(filters),
            default_filter=default_filter,
            format=format,
        )

    def __enter__(self) -> Trace:
        self._begin()
        return Trace(self.path)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        stop()

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        @functools.wraps(function)
        def recorded(*arguments: _P.args, **keywords: _P.kwargs) -> _R:
            with self:
                return function(*arguments, **keywords)

        return recorded
