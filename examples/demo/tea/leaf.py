"""<tea.leaf>: imported from four places, run once, shown where it was first needed."""

from collections import namedtuple

# A bare <module> with `truename tree --all`: namedtuple evaluates a line of code that it has put
# together, in a namespace of its own. That starts like a module body, and is none.
Leaf = namedtuple("Leaf", "name minutes")
