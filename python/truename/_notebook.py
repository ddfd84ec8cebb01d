"""What each cell of a notebook imported."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from . import _recording
from ._errors import TruenameError, UnsupportedError
from ._recorder import recorder
from ._trace import Node, Trace


def _shell() -> Any:
    """Returns the IPython that runs this, whether in a notebook or in a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None:
        raise UnsupportedError("there are no cells here: this is neither a notebook nor another IPython")
    return shell


def _asked_for(nodes: Iterable[Node], by_the_cell: bool = False) -> Iterator[Node]:
    """Yields the imports of a cell's code, and not those of IPython around it.

    Each statement of a cell is a body of its own that nobody imported. A thread or a coroutine of the cell imports outside of
    them, on behalf of `__main__`.
    """
    for node in nodes:
        if node.importer is None:
            yield from _asked_for(node.nodes, by_the_cell=True)
        elif by_the_cell or node.importer.module == "__main__":
            yield node


def _loaded(node: Node) -> int:
    """Returns how many modules an import has loaded, itself among them."""
    own = node.label != "<module>" and node.outcome == "loaded"
    return own + sum(map(_loaded, node.nodes))


def _text(trace: Trace) -> str:
    """Returns the lines that are shown of a cell: nothing where it imported nothing."""
    # Most cells import nothing, and need no command to say so.
    asked = [(node, _loaded(node)) for node in _asked_for(trace.tree())] if trace.imports else []
    shown = [(node, count) for node, count in asked if count]
    if not shown:
        return ""
    times = [f"{node.total_ns / 1e6:.1f} ms" for node, _ in shown]
    width = max(map(len, times))
    count = sum(count for _, count in shown)
    total = sum(node.total_ns for node, _ in shown) / 1e6
    lines = [f"truename: {count} module{'s' if count > 1 else ''} in {total:.1f} ms"]
    for time, (node, count) in zip(times, shown):
        lines.append(f"  {time:>{width}}  {node.name}{f', and {count - 1} more with it' if count > 1 else ''}")
    return "\n".join(lines)


class _Cells:
    """The hooks of one IPython."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.info: Any = None
        shell.events.register("pre_run_cell", self.begin)
        shell.events.register("post_run_cell", self.end)

    def begin(self, info: Any) -> None:
        """Begins to record, unless this cell runs within another one."""
        if self.folder is not None:
            return
        folder = tempfile.TemporaryDirectory(prefix="truename-", ignore_cleanup_errors=True)
        try:
            _recording.start(folder.name)
        except TruenameError as error:
            folder.cleanup()
            print(f"truename: this cell is not followed: {error}")
        else:
            self.folder, self.info = folder, info

    def end(self, result: Any) -> None:
        """Shows what the cell imported that has ended. One within another, or an empty one, did not begin a recording."""
        if self.folder is not None and result.info is self.info:
            self.show(self.folder)

    def show(self, folder: "tempfile.TemporaryDirectory[str]") -> None:
        self.folder = self.info = None
        with folder:
            try:
                text = _text(_recording.stop())
            except TruenameError as error:
                text = f"truename: what this cell imported is not known: {error}"
        if text:
            print(text)

    def remove(self) -> None:
        """Removes the hooks, and shows what the cell that runs has imported so far."""
        self.shell.events.unregister("pre_run_cell", self.begin)
        self.shell.events.unregister("post_run_cell", self.end)
        if self.folder is not None:
            self.show(self.folder)


_cells: _Cells | None = None


def enable() -> None:
    """Shows below each cell of a notebook, from the next one on, which modules it imported and how long that took.

    Each cell is a recording of its own; see `start`. To enable it twice changes nothing.
    """
    global _cells
    if _cells is not None:
        return
    shell = _shell()
    # An error that each cell would have is raised here.
    _recording.refuse_nested()
    recorder()
    _cells = _Cells(shell)


def disable() -> None:
    """Shows no more what cells import. To disable what is not enabled changes nothing."""
    global _cells
    cells, _cells = _cells, None
    if cells is not None:
        cells.remove()
