"""<tea.brewing.timer>: beside <tea.brewing>, not inside it, because <tea.brewing> has returned."""

# Two dots lead to <tea.leaf>, which has run, so it shows no second time.
from ..leaf import Leaf


def brew(leaf: Leaf) -> str:
    return f"{leaf.name}: {leaf.minutes} minutes"
