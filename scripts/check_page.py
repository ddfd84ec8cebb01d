#!/usr/bin/env python3
"""Opens the page of `truename export --to html` in a headless Chromium, searches in it and clicks.

    scripts/check_page.py [--truename PATH] [--screenshot FILE DIR]

It records a program that imports json, exports the page, and has a script do in it what a person does.
With --screenshot it takes a picture of the page of the trace in DIR instead. It needs Chromium (Debian's
`chromium`) and only the standard library of any Python >= 3.9.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# What a person does, and what the page then shows.
VISIT = """<script>
const boxes = () => [...document.querySelectorAll("#icicle button")];
const seen = { first: boxes().map(it => it.textContent), rows: document.querySelectorAll("tbody tr").length };
search.value = "JSON.dec";
search.dispatchEvent(new Event("input"));
seen.hits = boxes().filter(it => it.className === "hit").map(it => it.textContent);
seen.found = byId("found").textContent;
search.value = "";
boxes().find(it => it.textContent === "json").click();
seen.zoomed = boxes()[0].textContent;
seen.wide = Math.round(parseFloat(boxes()[0].style.width)) === icicle.clientWidth;
seen.about = byId("about").textContent;
byId("reset").click();
seen.last = boxes().map(it => it.textContent);
document.title = JSON.stringify(seen);
</script>"""


def browse(browser: str, page: Path, *options: str) -> str:
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900",
               "--virtual-time-budget=2000", *options, page.as_uri()]  # fmt: skip
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return answer.stdout


def export(truename: Path, trace: Path, page: Path) -> None:
    with page.open("wb") as out:
        subprocess.run([truename, "export", "--to", "html", trace], stdout=out, check=True)


def check(browser: str, truename: Path, folder: Path) -> list[str]:
    trace, page = folder / "trace", folder / "page.html"
    program = "import json, time; time.sleep(0.01)"
    subprocess.run([truename, "run", "--out", trace, "-c", program], check=True)
    export(truename, trace, page)
    page.write_text(page.read_text(encoding="utf-8") + VISIT, encoding="utf-8")
    title = re.search(r"<title>(\{.*?\})</title>", browse(browser, page, "--dump-dom"))
    if not title:
        return ["the script in the page did not run to its end"]
    seen = json.loads(html.unescape(title[1]))
    expected = {
        "the program is shown": "__main__" in seen["first"],
        "each import has a row": seen["rows"] > 5,
        "a search finds json.decoder": seen["hits"] == ["json.decoder"],
        "a search says how many": seen["found"] == "1 found",
        "a click zooms": seen["zoomed"] == "json" and seen["wide"],
        "a click describes": seen["about"].startswith("json (source): total "),
        "the way back shows all again": seen["last"] == seen["first"],
    }
    return [what for what, holds in expected.items() if not holds]


def main() -> int:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description="Tries the exported page in a browser.")
    parser.add_argument("--truename", type=Path, default=target / "debug/truename", metavar="PATH")
    parser.add_argument("--screenshot", nargs=2, metavar=("FILE", "DIR"), type=Path)
    arguments = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        print("check_page: there is no Chromium here; Debian has it as 'chromium'", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="truename-page-") as folder:
        if arguments.screenshot:
            picture, trace = arguments.screenshot
            page = Path(folder) / "page.html"
            export(arguments.truename, trace, page)
            browse(browser, page, f"--screenshot={picture.absolute()}")
            return 0
        wrong = check(browser, arguments.truename.absolute(), Path(folder))
    for what in wrong:
        print(f"check_page: this does not hold: {what}", file=sys.stderr)
    if not wrong:
        print("the page searches, zooms and finds its way back")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
