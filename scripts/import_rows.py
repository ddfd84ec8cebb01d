"""Compares the imports in a trace with what CPython itself says of them.

`python -v` prints a line for each module that the import system has loaded, of whatever kind, and
`-X importtime` a row for each `import` statement that loads something. The first is complete for
what was loaded. The second has times, misses what `importlib.import_module` loads, and lists
imports that failed as if they had not.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

ROW = re.compile(r"^import time: +(\d+) \| +(\d+) \| +(\S+)$", re.MULTILINE)


@dataclass
class Imports:
    """What a trace says of its imports."""

    loaded: Counter[str]
    tried: Counter[str]
    """Those that were not found or failed."""
    by_hand: Counter[str]
    """The bodies that no import ran."""
    totals: dict[str, int]
    """Nanoseconds, by name."""


def imports_of_document(document: dict) -> Imports:
    imports, modules = document["imports"], document["modules"]
    own = {entry["body"] for entry in imports}
    loaded = [entry for entry in imports if entry["outcome"] == "loaded"]
    return Imports(
        loaded=Counter(entry["name"] for entry in loaded),
        tried=Counter(entry["name"] for entry in imports if entry["outcome"] != "loaded"),
        by_hand=Counter(
            module["name"]
            for index, module in enumerate(modules)
            if index not in own and module["name"] is not None
        ),
        totals={entry["name"]: entry["total_ns"] for entry in loaded},
    )


def timed_rows(stderr: str) -> dict[str, int]:
    """The cumulative microseconds of each row of `-X importtime`."""
    return {name: int(cumulative) for _, cumulative, name in ROW.findall(stderr)}


def differences(imports: Imports, verbose: Counter[str], timed: dict[str, int]) -> list[str]:
    """What does not agree, a line for each name. `verbose` is what `-v` says was loaded."""
    missing = verbose - imports.loaded - imports.by_hand
    extra = imports.loaded - verbose
    unknown = set(timed) - set(imports.loaded) - set(imports.tried) - set(imports.by_hand)
    # A package may put a submodule into sys.modules, as collections does with collections.abc: that is
    # there when the package is imported, and nothing is loaded for it.
    # Where a package is not found, nothing is looked for in it.
    parents = imports.loaded.keys() | imports.tried.keys()
    unknown = {name for name in unknown if name.rpartition(".")[0] not in parents}
    lines = [f"no import of {name} ×{count}, which -v has" for name, count in sorted(missing.items())]
    lines += [f"an import of {name} ×{count}, which -v has not" for name, count in sorted(extra.items())]
    lines += [f"no import of {name}, which importtime has" for name in sorted(unknown)]
    return lines


def rank_correlation(imports: Imports, timed: dict[str, int]) -> float | None:
    """How alike the two order what both have by time, from -1 to 1 (Spearman); None of too few."""
    names = sorted(set(timed) & set(imports.totals))
    if len(names) < 10:
        return None

    def ranks(times: dict[str, int]) -> dict[str, int]:
        return {name: rank for rank, name in enumerate(sorted(names, key=lambda it: times[it]))}

    ours, theirs = ranks(imports.totals), ranks(timed)
    squares = sum((ours[name] - theirs[name]) ** 2 for name in names)
    count = len(names)
    return 1 - 6 * squares / (count * (count**2 - 1))
