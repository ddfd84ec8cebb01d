"""The true names of Python's module bodies, and recordings of a running program.

`label_of(frame)` names a frame, and `explain(frame)` says why; `record`, `start` and `stop` record
what the program imports or calls from now on; `Trace` reads what was recorded; `enable` shows what
each cell of a notebook imports. All else is loaded when it is first used: to import this package takes
well under a millisecond, and imports nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._c import get_include as get_include
    from ._errors import (
        AlreadyRecordingError as AlreadyRecordingError,
        CommandError as CommandError,
        NotRecordingError as NotRecordingError,
        TruenameError as TruenameError,
        UnsupportedError as UnsupportedError,
    )
    from ._labels import (
        Explanation as Explanation,
        Grounds as Grounds,
        Rival as Rival,
        explain as explain,
        explain_code as explain_code,
        label_of as label_of,
        label_of_code as label_of_code,
    )
    from ._notebook import (
        disable as disable,
        enable as enable,
    )
    from ._recording import (
        RecordingWarning as RecordingWarning,
        is_recording as is_recording,
        record as record,
        start as start,
        stop as stop,
    )
    from ._trace import (
        Call as Call,
        Import as Import,
        Importer as Importer,
        Module as Module,
        Node as Node,
        Trace as Trace,
    )

_HOMES = {
    "AlreadyRecordingError": "_errors",
    "C_API": "_c",
    "Call": "_trace",
    "CommandError": "_errors",
    "Explanation": "_labels",
    "Grounds": "_labels",
    "Import": "_trace",
    "Importer": "_trace",
    "Module": "_trace",
    "Node": "_trace",
    "NotRecordingError": "_errors",
    "RecordingWarning": "_recording",
    "Rival": "_labels",
    "Trace": "_trace",
    "TruenameError": "_errors",
    "UnsupportedError": "_errors",
    "disable": "_notebook",
    "enable": "_notebook",
    "explain": "_labels",
    "explain_code": "_labels",
    "get_include": "_c",
    "is_recording": "_recording",
    "label_of": "_labels",
    "label_of_code": "_labels",
    "record": "_recording",
    "start": "_recording",
    "stop": "_recording",
}

__all__ = [
    "AlreadyRecordingError",
    "Call",
    "CommandError",
    "Explanation",
    "Grounds",
    "Import",
    "Importer",
    "Module",
    "Node",
    "NotRecordingError",
    "RecordingWarning",
    "Rival",
    "Trace",
    "TruenameError",
    "UnsupportedError",
    "disable",
    "enable",
    "explain",
    "explain_code",
    "get_include",
    "is_recording",
    "label_of",
    "label_of_code",
    "record",
    "start",
    "stop",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
