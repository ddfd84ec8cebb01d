"""The recorder's extension, which the command carries and puts on disk."""

import _imp
import os
import sys
from importlib.machinery import ModuleSpec
from types import CodeType, FrameType
from typing import Any, Protocol, cast

from . import _command
from ._errors import CommandError, UnsupportedError

_NAME = "truename_recorder"


class Recorder(Protocol):
    """The functions of the extension."""

    def start(self, folder: str, *, early: bool = False) -> None: ...
    def stop(self) -> None: ...
    def interpreter(self) -> int: ...
    def c_api(self) -> object: ...
    def label_of_frame(self, frame: FrameType, /) -> str: ...
    def explain_frame(self, frame: FrameType, /) -> dict[str, Any]: ...
    def explain_code(self, code: CodeType, name: str | None = None) -> dict[str, Any]: ...


def _refuse_unsupported() -> None:
    if sys.implementation.name != "cpython":
        raise UnsupportedError(f"this is {sys.implementation.name}, and truename knows CPython only")
    if "t" in sys.abiflags:
        raise UnsupportedError("this is a free-threaded build, which truename does not support")


def _load(path: str) -> Recorder:
    spec = ModuleSpec(_NAME, None, origin=path)
    try:
        extension = _imp.create_dynamic(spec)
        _imp.exec_dynamic(extension)
    except ImportError as error:
        raise UnsupportedError(f"truename's recorder cannot be loaded: {error}") from error
    finally:
        # The program's list of modules stays as it was.
        sys.modules.pop(_NAME, None)
    return cast(Recorder, extension)


def _load_from_command() -> Recorder:
    _refuse_unsupported()
    try:
        path = _command.output(["recorder"])
    except CommandError:
        return _load_from_temporary_folder()
    return _load(os.fsdecode(path).rstrip("\n"))


def _load_from_temporary_folder() -> Recorder:
    """Loads it where there is no cache. A library that is loaded needs its file no more."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="truename-") as folder:
        path = _command.output(["recorder", folder])
        return _load(os.fsdecode(path).rstrip("\n"))


_loaded: Recorder | None = None


def recorder() -> Recorder:
    """Returns the extension; the first call loads it."""
    global _loaded
    if _loaded is None:
        _loaded = _load_from_command()
    return _loaded
