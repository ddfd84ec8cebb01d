"""A tea house, small enough to read in a minute: what it prints matters less than what it imports.

    truename run examples/demo/main.py
    truename tree

This body is <__main__>, the root of the tree. Each comment below says what the tree shows for the
line under it.
"""

import importlib.util
from pathlib import Path

# <tea>, and nested in it whatever its own body imports.
import tea

# <garden.herbs.mint> alone: `garden` and `garden.herbs` are namespace packages, and a folder
# without an __init__.py has no body that could run.
from garden.herbs import mint


def load_plugin(path):
    """Loads a file that is on no import path, under a name that this program makes up."""
    spec = importlib.util.spec_from_file_location(f"plugins_of_the_house.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# <plugins_of_the_house.night-shift>: the name that the loader gave it, which no path could show.
plugin = load_plugin(Path(__file__).parent / "plugins" / "night-shift.py")

# Nothing ran for `tea.brewing.timer` so far. It runs here, below <__main__>, since tea.brew imports
# it when it is called, and it runs once, however often brew is called.
for leaf in (tea.house_blend(), mint.LEAF, plugin.LEAF):
    print(tea.brew(leaf))
