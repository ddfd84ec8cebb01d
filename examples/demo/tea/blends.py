"""<tea.blends>."""

from .leaf import Leaf

# Another bare <module>: this runs in the namespace of tea.blends, whose body it is not. To label it
# <tea.blends> would count that body twice.
exec("HOUSE = Leaf('house blend', 4)")


def house_blend():
    return HOUSE
