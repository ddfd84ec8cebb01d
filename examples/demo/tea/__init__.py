"""The package: its body runs before those of its modules, and is <tea>, not <tea.__init__>."""

# <tea.blends>, nested here: a relative import says `.blends`, the label says the whole name.
from .blends import house_blend

__all__ = ["brew", "house_blend"]


def brew(leaf):
    # A lazy import: <tea.brewing> and <tea.brewing.timer> run at the first call.
    from .brewing import timer

    return timer.brew(leaf)
