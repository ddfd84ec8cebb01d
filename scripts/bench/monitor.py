"""Runs a program under the least that `sys.monitoring` can call: nothing at all, or a count.

    monitor.py (calls|lines) PROGRAM ARGUMENT…
    monitor.py count=FILE PROGRAM ARGUMENT…

`calls` and `lines` register a C function that does nothing for the events that truename follows in
that mode: what is left is CPython's own cost of an event, which no recorder gets below. There is
such a function in every Python: `Py_NewRef`, which takes an object and returns it. As a built-in function
whose self is None it is called by the vector protocol (METH_FASTCALL), looks at no argument, and
returns None. `_ctypes` makes it so, without a compiler, and without `ctypes`, whose import takes
milliseconds.

`count` writes how often each event happens, as JSON.
"""

import os
import sys

CALLS = ["PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "PY_UNWIND", "PY_THROW"]
METH_FASTCALL = 0x80


def make_nothing():
    """A built-in function that does nothing, whatever it is given."""
    import _ctypes

    class Object(_ctypes._SimpleCData):
        _type_ = "O"

    class Address(_ctypes._SimpleCData):
        _type_ = "P"

    class Text(_ctypes._SimpleCData):
        _type_ = "z"

    class Integer(_ctypes._SimpleCData):
        _type_ = "i"

    class Method(_ctypes.Structure):  # PyMethodDef
        _fields_ = [("name", Text), ("function", Address), ("flags", Integer), ("doc", Text)]

    class MakeFunction(_ctypes.CFuncPtr):
        _flags_ = 0x1 | 0x4  # FUNCFLAG_CDECL | FUNCFLAG_PYTHONAPI
        _restype_ = Object

    python = _ctypes.dlopen(None, 0)
    method = Method(b"nothing", _ctypes.dlsym(python, "Py_NewRef"), METH_FASTCALL, None)
    make = MakeFunction(_ctypes.dlsym(python, "PyCFunction_NewEx"))
    nothing = make(_ctypes.byref(method), Object(None), None)
    # It is called until the very end, and needs its definition that long.
    _ctypes.Py_INCREF(method)
    return nothing


def follow(tool, events, callback):
    monitoring = sys.monitoring
    monitoring.use_tool_id(tool, "bench")
    numbers = [getattr(monitoring.events, name) for name in events]
    for name, number in zip(events, numbers):
        monitoring.register_callback(tool, number, callback(name))
    monitoring.set_events(tool, sum(numbers))


def prepare(program):
    """Its code, and a namespace such as `python PROGRAM` makes."""
    with open(program, "rb") as file:
        code = compile(file.read(), program, "exec")
    main = type(sys)("__main__")
    main.__file__ = program
    sys.modules["__main__"] = main
    sys.path[0] = os.path.dirname(os.path.abspath(program))
    return code, vars(main)


def main():
    how = sys.argv[1]
    del sys.argv[:2]
    code, namespace = prepare(sys.argv[0])
    if how in ("calls", "lines"):
        nothing = make_nothing()
        follow(5, CALLS + ["LINE"] * (how == "lines"), lambda name: nothing)
        exec(code, namespace)
        return

    counts = {name: 0 for name in [*CALLS, "LINE", "bodies"]}

    def counter(name):
        def count(code, *_):
            counts[name] += 1
            if name == "PY_START" and code.co_name == "<module>":
                counts["bodies"] += 1

        return count

    follow(5, [*CALLS, "LINE"], counter)
    try:
        exec(code, namespace)
    finally:
        sys.monitoring.set_events(5, 0)
        import json

        with open(how.partition("=")[2], "w") as file:
            json.dump(counts, file)


main()
