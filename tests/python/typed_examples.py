"""What a program that is checked by `mypy --strict` does with the package."""

import sys
from types import FrameType

import truename


def name(frame: FrameType) -> str:
    found: truename.Explanation = truename.explain(frame)
    rivals: list[str] = [rival.name for rival in found.rivals]
    return found.name or truename.label_of(frame) or ", ".join(rivals)


def code_name(frame: FrameType) -> str:
    try:
        return truename.label_of_code(frame.f_code, "pkg.module")
    except truename.TruenameError as error:
        return str(error)


@truename.record("trace", events="calls")
def grow(height: int) -> int:
    return height + 1


def imported(folder: str) -> list[str]:
    with truename.record(folder, filters=["builtin:no-stdlib"]) as trace:
        taller: int = grow(1)
    calls = (call.name for call in trace.calls() if call.depth < taller)
    asked = [found.importer.line for found in trace.imports if found.importer is not None]
    return [*calls, *(node.label for node in trace.tree()), *map(str, asked)]


def in_a_notebook() -> None:
    try:
        truename.enable()
    except truename.UnsupportedError:
        truename.disable()


print(name(sys._getframe()), code_name(sys._getframe()))
