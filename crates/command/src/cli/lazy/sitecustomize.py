# Decides which imports stay eager under `-X lazy_imports=all`, goes as if it had never been there, and gives way to the
# next `sitecustomize` on the path.


def _keep_eager(sys, folder):
    """Keeps the imports of the modules that `eager` lists eager. Without that file all stay so, and `asked` gets them."""
    try:
        with open(folder + "/eager") as file:
            eager = set(file.read().split("\n"))
    except FileNotFoundError:
        eager = None
    asked = set()

    def is_lazy(importer, name, names=None):
        if eager is not None:
            return name not in eager
        if name not in asked:
            asked.add(name)
            with open(folder + "/asked", "a") as file:
                file.write(name + "\n")
        return False

    sys.set_lazy_imports_filter(is_lazy)


def _hand_over():
    import os
    import sys

    this = sys.modules.pop("sitecustomize", None)
    folder = os.path.dirname(os.path.abspath(__file__))
    while folder in sys.path:
        sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    # A child process is as it would be without this.
    original = os.environ.pop("TRUENAME_LAZY_PYTHONPATH", None)
    if original is not None and "TRUENAME_SPOOL" not in os.environ:
        os.environ["PYTHONPATH"] = original
        if not original:
            del os.environ["PYTHONPATH"]
    if original is not None:
        _keep_eager(sys, folder)
    import sitecustomize

    return this


_hand_over()
