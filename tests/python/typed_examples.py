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


print(name(sys._getframe()), code_name(sys._getframe()))
