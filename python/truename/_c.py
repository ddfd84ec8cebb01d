"""What extensions in C need: the folder of `truename.h`, and the functions that it declares."""

import os

from ._recorder import recorder


def get_include() -> str:
    """Returns the folder of the header `truename.h`, for a compiler's `-I`."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "include")


def __getattr__(name: str) -> object:
    """Makes the capsule `C_API` when C code asks for it: who compiles against the header needs no recorder."""
    if name != "C_API":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return recorder().c_api()
