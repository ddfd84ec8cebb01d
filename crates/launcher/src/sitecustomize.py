

# What follows is the `sitecustomize` that truename puts first on PYTHONPATH. It goes as if it had
# never been there, and gives way to the program's own `sitecustomize` where there is one.


def _restore(environ):
    """Takes truename out of the environment that child processes will get."""
    original = environ.pop("TRUENAME_PYTHONPATH", None)
    for name in ("TRUENAME_SPOOL", "TRUENAME_NO_CHILDREN", "PYTHONPATH"):
        environ.pop(name, None)
    if original is not None:
        environ["PYTHONPATH"] = original


def _keep_bytecode(sys, folder):
    """Keeps this file's bytecode where the program's own is not to be kept.

    To compile it takes longer than all the rest, and truename's private folder is none of those
    that PYTHONDONTWRITEBYTECODE is about.
    """
    import posix

    cached = __spec__.cached
    if sys.dont_write_bytecode and cached.startswith(folder):
        try:
            posix.stat(cached)
        except OSError:
            sys.dont_write_bytecode = False
            try:
                __loader__.get_code(__name__)
            except Exception:
                pass  # (it will take the time again)
            finally:
                sys.dont_write_bytecode = True


def _hand_over():
    import os
    import sys

    # Kept alive: Python 2.7 would empty this module as soon as it is out of `sys.modules`.
    this = sys.modules.pop("sitecustomize", None)
    folder = os.path.dirname(os.path.abspath(__file__))
    while folder in sys.path:
        sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    spool = os.environ.get("TRUENAME_SPOOL")
    if "TRUENAME_NO_CHILDREN" in os.environ:
        _restore(os.environ)
    if spool:
        library = os.path.join(os.path.dirname(folder), "lib", "truename_recorder.abi3.so")
        # This comes first, so that it is in no recording.
        if sys.version_info >= (3, 12):
            _keep_bytecode(sys, folder)
        # Under -S the program itself imports `site`, at any time.
        start(library, spool, not sys.flags.no_site)
    # Where there is none, `site` takes the error for what it is.
    import sitecustomize

    return this


_hand_over()
