#!/usr/bin/env python3
"""Runs truename's scenarios under every recorder of profiles/, into docs/conformance.md and its page.

    scripts/conformance.py [--truename PATH] [--python VERSION,…] [PROFILE…]

An interrupted run goes on where it was (`truename conform --resume`). It needs only the standard
library of any Python >= 3.9. The recorders are installed in truename's cache.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from timing import write_between

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/conformance.html"
TEXT = ROOT / "docs/conformance.md"
SUBJECT = "codetracer"
"""The recorder whose results are shown family by family: the first word of its name."""

VERDICTS = ["right", "unsupported", "bare", "missing", "extra", "no-body", "wrong-name",
            "program-changed", "crashed", "hung"]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truename", type=Path, default=ROOT / "target/debug/truename")
    parser.add_argument("--python", help="versions, joined by commas")
    parser.add_argument("profiles", nargs="*", type=Path)
    arguments = parser.parse_args()
    profiles = arguments.profiles or sorted((ROOT / "profiles").glob("*.toml"))
    command = [str(arguments.truename), "conform", *map(str, profiles), "--resume", "--json"]
    command += ["--html", str(PAGE)]
    if arguments.python:
        command += ["--python", arguments.python]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    # 1 says that some recorder is contradicted, which is what this is about.
    if run.returncode not in (0, 1):
        return run.returncode
    report = json.loads(run.stdout)
    write_between(TEXT, "results", results(report))
    write_between(TEXT, "families", families(report["outcomes"]))
    return 0


def results(report: dict) -> str:
    """When it was run, and what each recorder got."""
    versions = {outcome["python"] for outcome in report["outcomes"]}
    versions = sorted(versions, key=lambda it: [int(part) for part in it.split(".")])
    scenarios = {outcome["scenario"] for outcome in report["outcomes"]}
    today = datetime.date.today().strftime("%-d %B %Y")
    head = f"{len(scenarios)} scenarios under CPython {', '.join(versions)}, {today}."
    parts = [head, "Scenarios, each on each Python, by their worst verdict:"]
    recorders = report["recorders"]
    parts.append(table("recorder", [(it["name"], Counter(it["scenarios"])) for it in recorders]))
    parts.append("Bodies:")
    parts.append(table("recorder", [(it["name"], Counter(it["bodies"])) for it in recorders]))
    return "\n\n".join(parts)


def families(outcomes: list[dict]) -> str:
    """What one recorder got in each family: scenarios that it was asked about."""
    counts: dict[str, Counter] = {}
    for outcome in outcomes:
        if outcome["recorder"].split("-")[0] == SUBJECT:
            family = outcome["scenario"].split("/")[0]
            counts.setdefault(family, Counter())[outcome["verdict"]] += 1
    return table("family", sorted(counts.items()))


def table(title: str, rows: list[tuple[str, Counter]]) -> str:
    """A table of counts, with the columns that have any."""
    columns = [it for it in VERDICTS if any(count[it] for _, count in rows)]
    lines = [
        f"| {title} | " + " | ".join(it.replace("-", " ") for it in columns) + " |",
        "|---|" + "--:|" * len(columns),
    ]
    for name, count in rows:
        cells = (str(count[it] or "") for it in columns)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
