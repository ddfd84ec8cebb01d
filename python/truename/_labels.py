"""Labels of frames and of code."""

from types import CodeType, FrameType
from typing import Any, NamedTuple

from ._recorder import recorder


class Grounds(NamedTuple):
    """The evidence that a label was decided from."""

    name: str | None
    """The source of the module's name: `spec`, `name`, `registry` or `roots`."""
    file: str | None
    """The name that the code's file agreed with: `file`, `origin` or `cached`."""
    fresh: bool
    """True if the namespace held only what the import system sets."""
    runner: str | None
    """Who runs the code: `import`, `loader`, `loader-helper`, `module`, `same-file`, `other` or `interpreter`."""


class Rival(NamedTuple):
    """A name that was at hand and lost."""

    name: str
    source: str


class Explanation(NamedTuple):
    """The label of a piece of code, and why it has it."""

    label: str
    """`<dotted.name>`, or the literal `<module>`."""
    name: str | None
    """The dotted name; `None` where no module's body runs, or nobody can know."""
    rule: str
    """The rule that decided."""
    why: str
    """The rule in a sentence."""
    grounds: Grounds
    rivals: tuple[Rival, ...]


def _explanation(found: dict[str, Any]) -> Explanation:
    return Explanation(
        label=found["label"],
        name=found["name"],
        rule=found["rule"],
        why=found["why"],
        grounds=Grounds(**found["grounds"]),
        rivals=tuple(Rival(**rival) for rival in found["rivals"]),
    )


def label_of(frame: FrameType) -> str:
    """Returns the label of a frame that runs the body of a module, and the qualified name of any other code.

    The frame may start, run or have ended, as those of a traceback have, on any thread.
    """
    return recorder().label_of_frame(frame)


def explain(frame: FrameType) -> Explanation:
    """Returns the label of a frame with the rule and the evidence that decided, and the names that lost.

    Of code that is no module's, a function's for example, the label is `<module>` and the rule `not-module-code`.
    """
    return _explanation(recorder().explain_frame(frame))


def label_of_code(code: CodeType, name: str | None = None) -> str:
    """Returns the label that the body of a code object would have, for those who have no frame.

    It is inferred from `sys.modules` and `sys.path`, and from `name`, a `__name__` that goes with the code.
    """
    return explain_code(code, name).label


def explain_code(code: CodeType, name: str | None = None) -> Explanation:
    """Returns the label that the body of a code object would have, with the evidence for it."""
    return _explanation(recorder().explain_code(code, name))
