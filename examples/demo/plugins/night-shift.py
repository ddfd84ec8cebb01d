"""No import statement can spell this file's name; its label is the name it was loaded under."""

from tea.leaf import Leaf

LEAF = Leaf("valerian", 10)
