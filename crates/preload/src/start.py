# Starts the recorder in the interpreter that runs this, or leaves word why it could not.
#
# Python 2.7 and every 3.x must be able to read it. It imports nothing that is not loaded before
# any program starts (`os` is not, under -S), and prints nothing: the output is the program's.


def _refusal(sys):
    """Why this interpreter cannot be recorded."""
    if sys.version_info < (3, 12):
        return "it is Python %d.%d, and recording needs 3.12 or newer" % sys.version_info[:2]
    if sys.implementation.name != "cpython":
        return "it is %s, and only CPython can be recorded" % sys.implementation.name
    if "t" in sys.abiflags:
        return "it is a free-threaded build, which cannot be recorded"
    return None


def _load(sys, library):
    """The extension, without an entry in `sys.modules`."""
    import _imp

    spec = type(sys.__spec__)("truename_recorder", None, origin=library)
    extension = _imp.create_dynamic(spec)
    _imp.exec_dynamic(extension)
    sys.modules.pop(spec.name, None)
    return extension


def _leave_word(folder, interpreter, reason):
    import posix

    name = "%d-%d-%d.refused" % (posix.getpid(), posix.getppid(), interpreter)
    try:
        with open(folder + "/" + name, "wb") as file:
            file.write(reason.encode("utf-8", "replace"))
    except Exception:
        pass  # (the folder is gone: nobody waits for word)


def start(library, folder, early):
    import sys

    interpreter = 0
    try:
        reason = _refusal(sys)
        if reason is None:
            tools = [sys.monitoring.get_tool(tool) for tool in range(6)]
            if "truename" not in tools:
                extension = _load(sys, library)
                interpreter = extension.interpreter()
                extension.start(folder, early=early)
    except KeyboardInterrupt:
        raise  # (the program's, which happened to come now)
    except BaseException as error:
        reason = "%s: %s" % (type(error).__name__, error)
    if reason is not None:
        _leave_word(folder, interpreter, reason)
