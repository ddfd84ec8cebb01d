"""<garden.herbs.mint>."""

from tea.leaf import Leaf

LEAF = Leaf("mint", 6)
