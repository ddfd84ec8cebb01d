#!/usr/bin/env python3
"""Changes module-identity in one place at a time, and checks that a test fails for each change.

cargo-mutants makes the mutants: it replaces operators, match arms and whole functions. The first
witnesses are the crate's unit tests. What survives them, and all of src/cpython, which they do not
reach, goes before the tests that run a recorder: the mutated crate is built into one, and tests run
with it until one fails. Fixtures that killed the most mutants of the file run first, then tests of the
Python package and of the command, which ask for what fixtures do not show, then all fixtures.

    scripts/mutants.py [--python VERSION,…] [WORD…]

With words, only mutants whose name has all of them are tried. crates/module-identity/mutants.toml
has the mutants that no test can kill, each with its reason, and larger ones that were made by hand.
The script fails on a survivor that is not in this list, and on an entry of it that is out of date.

What has been found stays in target/mutants, so that a run that was interrupted goes on where it
stopped; a survivor is tried again each time. It takes hours at first: it runs one thing at a time,
and yields to whoever else needs the machine. The results are a table, a line for each file. It needs
a Python >= 3.11, Linux, and pytest from PyPI, which goes into a folder below target/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import wheel

ROOT = Path(__file__).resolve().parent.parent
CRATE = Path("crates/module-identity")
CPYTHON = CRATE / "src/cpython"
WORK = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute() / "mutants"
TREE = WORK / "tree"
"""A copy of the package, which is mutated in place."""

FIRST_FIXTURES = 8
"""So many fixtures run on their own before whole families do."""
LIMIT = 240
"""Seconds for a family of fixtures: a mutant may never end."""

COMMAND_TESTS = ["events::frames::", "events::imports::", "labels::extension::"]
"""Of tests/it: those that ask what fixtures do not show."""
PACKAGE_TESTS = "tests/python/test_labels.py"
"""Those that ask the Python package about frames and code."""
FAILED = r"^test (\S+) +\.\.\. FAILED"
"""A line about a test in Rust that fails."""

# Mutants --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: Path
    """From the package's root."""
    line: int
    change: str
    """As cargo-mutants says it, without the place."""
    becomes: str
    """What the first changed line becomes: with `change`, the same for as long as the code is."""
    text: str
    """The whole file, changed."""

    @property
    def place(self) -> str:
        return f"{self.file.relative_to(CRATE)}:{self.line}"

    def __str__(self) -> str:
        becomes = f"  [{self.becomes}]" if self.becomes else ""
        return f"{self.place}: {self.change}{becomes}"

    @property
    def key(self) -> str:
        """Other code in the file makes it another mutant, which has to be tried anew."""
        return hashlib.sha256(f"{self.file}\n{before_tests(self.text)}".encode()).hexdigest()[:16]

    def is_what(self, entry: dict[str, str]) -> bool:
        """True if an entry of the list is about it."""
        return (
            str(self.file.relative_to(CRATE)) == entry["file"]
            and self.change == entry["change"]
            and entry.get("becomes", self.becomes) == self.becomes
        )


def before_tests(text: str) -> str:
    """A source without the tests at its end: another test leaves the mutants the same."""
    return text.partition("#[cfg(test)]")[0]


def mutants_of_cargo() -> list[tuple[str, Mutant]]:
    """All mutants, each with the name that cargo-mutants has for it."""
    listing = call("cargo", "mutants", "--list", "--json", "-p", "module-identity")
    found = []
    for mutant in json.loads(listing):
        file = Path(mutant["file"])
        text = (ROOT / file).read_text(encoding="utf-8")
        added = [line[1:] for line in mutant["diff"].splitlines()[2:] if line.startswith("+")]
        marks = re.compile(r"\s*/\* ~ changed by cargo-mutants ~ \*/")
        becomes = marks.sub("", added[0]).strip() if added else ""
        change = re.sub(r"^\S+?:\d+:\d+: ", "", mutant["name"])
        line = mutant["span"]["start"]["line"]
        changed = apply(mutant["diff"], text)
        found.append((mutant["name"], Mutant(file, line, change, becomes, changed)))
    return found


def apply(diff: str, text: str) -> str:
    """Applies a unified diff of one file."""
    old, new, at = text.splitlines(keepends=True), [], 0
    for line in diff.splitlines(keepends=True)[2:]:
        if hunk := re.match(r"@@ -(\d+)", line):
            begin = int(hunk[1]) - 1
            new += old[at:begin]
            at = begin
        elif line.startswith("+"):
            new.append(line[1:])
        elif line.startswith(("-", " ")):
            if old[at] != line[1:]:
                raise SystemExit(f"mutants: a diff does not fit: {line.rstrip()}")
            new += [line[1:]] if line.startswith(" ") else []
            at += 1
    return "".join(new + old[at:])


def mutants_by_hand(entries: list[dict[str, str]]) -> list[Mutant]:
    found = []
    for entry in entries:
        file = CRATE / entry["file"]
        text = (ROOT / file).read_text(encoding="utf-8")
        if text.count(entry["replace"]) != 1:
            raise SystemExit(f"mutants: what '{entry['change']}' replaces is not in {file} once")
        line = text[: text.index(entry["replace"])].count("\n") + 1
        changed = text.replace(entry["replace"], entry["by"])
        found.append(Mutant(file, line, entry["change"], "", changed))
    return found


# What has been found --------------------------------------------------------------------------------


class Ledger:
    """The outcome of each mutant that was tried: `killed`, `survived` or `unviable`."""

    def __init__(self) -> None:
        self.file = WORK / "ledger.json"
        try:
            self.entries: dict[str, dict] = json.loads(self.file.read_text())
        except (OSError, ValueError):
            self.entries = {}

    def outcome(self, mutant: Mutant) -> str | None:
        return self.entries.get(mutant.key, {}).get("outcome")

    def note(self, mutant: Mutant, outcome: str, by: list[str]) -> None:
        entry = {"mutant": str(mutant), "file": str(mutant.file), "outcome": outcome, "by": by}
        self.entries[mutant.key] = entry
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.entries, indent=1))
        new.replace(self.file)

    def kills(self, file: Path | None = None) -> Counter[str]:
        """The fixtures that failed with mutants of a file, or of any, and how often."""
        return Counter(
            name
            for entry in self.entries.values()
            for name in entry["by"]
            if "/" in name and file in (None, Path(entry["file"]))
        )


# Unit tests -----------------------------------------------------------------------------------------


class UnitStep:
    """What cargo-mutants finds with the crate's unit tests, by the names that it has for mutants.

    Such a name is a place in a file, and means the same for as long as the files are the same.
    """

    WORDS = {"MissedMutant": "survived", "Unviable": "unviable"}

    def __init__(self) -> None:
        self.folder = WORK / "units"
        self.file = self.folder / "units.json"
        digest = hashlib.sha256()
        sources = (ROOT / CRATE / "src").rglob("*.rs")
        for file in sorted(set(sources) - set((ROOT / CPYTHON).rglob("*"))):
            digest.update(f"{file}\n{before_tests(file.read_text(encoding='utf-8'))}".encode())
        self.digest = digest.hexdigest()

    def outcomes(self) -> dict[str, str]:
        try:
            known = json.loads(self.file.read_text())
        except (OSError, ValueError):
            known = {}
        if known.get("sources") != self.digest:
            known = {"sources": self.digest, "is_whole": False, "outcomes": {}}
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        if not known["is_whole"] or "survived" in known["outcomes"].values():
            say("the crate's unit tests, with cargo-mutants")
            command = ["cargo", "mutants", "-p", "module-identity", "-j1", "--no-shuffle",
                       "--exclude", f"{CPYTHON}/**", "--iterate", "--output", self.folder]  # fmt: skip
            status = None
            try:
                status = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
            finally:
                # 0: none was missed; 2: some were; 3: some took too long.
                known["is_whole"] = status in (0, 2, 3)
                known["outcomes"] |= self.reported()
                self.file.write_text(json.dumps(known, indent=1))
            if not known["is_whole"]:
                raise SystemExit(f"mutants: cargo mutants exits {status}")
        return known["outcomes"]

    def reported(self) -> dict[str, str]:
        report = self.folder / "mutants.out/outcomes.json"
        found = json.loads(report.read_text())["outcomes"] if report.is_file() else []
        return {
            outcome["scenario"]["Mutant"]["name"]: self.WORDS.get(outcome["summary"], "killed")
            for outcome in found
            if outcome["scenario"] != "Baseline"
        }


# Tests that run a recorder --------------------------------------------------------------------------


class Laboratory:
    """A copy of the package, with programs whose recorder can be exchanged.

    To link only the recorder for a mutant, and not the command and its tests, the bytes of the
    recorder in these are overwritten. There is room for them: what is there has symbols.
    """

    PROFILE = {"LTO": "off", "OPT_LEVEL": "0", "CODEGEN_UNITS": "64", "INCREMENTAL": "true"}

    def __init__(self, versions: list[str], ledger: Ledger) -> None:
        self.versions, self.ledger = versions, ledger
        self.target = WORK / "target"
        say("building a command, and its tests")
        copy_package()
        config = TREE / ".cargo/config.toml"
        profile = '\n[profile.extension]\nlto = false\nopt-level = 0\ndebug = 1\nstrip = "none"\n'
        write(config, (ROOT / ".cargo/config.toml").read_text() + profile)
        messages = self.cargo(
            *("test", "--no-run", "--test", "golden", "--test", "it"),
            *("--message-format", "json-render-diagnostics"),
        )
        if messages is None:
            raise SystemExit("mutants: the package does not build")
        artifacts = [json.loads(line) for line in messages.splitlines() if line.startswith("{")]
        programs = {
            artifact["target"]["name"]: Path(artifact["executable"])
            for artifact in artifacts
            if artifact.get("executable")
        }
        self.golden, self.it, self.command = (programs[it] for it in ("golden", "it", "truename"))
        pattern = "debug/build/launcher-*/out/extension/target/*/extension/librecorder.so"
        libraries = [file.read_bytes() for file in self.target.glob(pattern)]
        self.places: list[tuple[Path, int, int]] = []
        for program in (self.command, self.it):
            content = program.read_bytes()
            found = {(content.find(it), len(it)) for it in libraries if it in content}
            if len(found) != 1:
                raise SystemExit(f"mutants: {program} does not hold one recorder")
            self.places += [(program, begin, length) for begin, length in found]
        self.pythons = {version: self.python_with_pytest(version) for version in versions}
        families = Counter(path.parent.name for path in (TREE / "fixtures").rglob("*.md"))
        self.families = [name for name, _ in families.most_common()]

    def cargo(self, *arguments: str, **variables: str) -> str | None:
        """The output of a cargo command, or nothing if it fails."""
        environment = os.environ | {"CARGO_TARGET_DIR": str(self.target)} | variables
        answer = subprocess.run(
            ["cargo", *arguments, "--locked", "--quiet"],
            cwd=TREE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return answer.stdout if answer.returncode == 0 else None

    def python_with_pytest(self, version: str) -> Path:
        """The Python of an environment that has pytest; it is made when there is none."""
        folder = WORK / "environments" / version
        inside = folder / "bin/python"
        if not inside.is_file():
            listing = json.loads(call(self.command, "pythons", "--json"))
            usable = [it["path"] for it in listing if it["usable"]
                      and it["version"].rpartition(".")[0] == version]  # fmt: skip
            if not usable:
                raise SystemExit(f"mutants: there is no Python {version}")
            wheel.tools()
            wheel.environment(usable[0], folder, "pytest")
        return inside

    def put_recorder(self) -> bool:
        """Builds the recorder from the tree as it is, into the programs; False if that fails."""
        profile = {f"CARGO_PROFILE_EXTENSION_{name}": it for name, it in self.PROFILE.items()}
        profile |= {"CARGO_PROFILE_EXTENSION_STRIP": "symbols", "CARGO_PROFILE_EXTENSION_DEBUG": "0"}
        if self.cargo("build", "-p", "recorder", "--lib", "--profile", "extension", **profile) is None:
            return False
        library = (self.target / "extension/librecorder.so").read_bytes()
        for program, begin, length in self.places:
            if len(library) > length:
                raise SystemExit("mutants: a recorder without symbols is larger than one with them")
            content = bytearray(program.read_bytes())
            content[begin : begin + length] = library.ljust(length, b"\0")
            new = program.with_suffix(".new")
            new.write_bytes(content)
            new.chmod(0o755)
            new.replace(program)
        # The command compares only the ends of what is there.
        for folder in (WORK / "cache").glob("recorder-*"):
            shutil.rmtree(folder)
        return True

    def witnesses(self, file: Path) -> list[str]:
        """The first tests that fail: a fixture, or those of a family or of a file."""
        for version in self.versions:
            first = [name for name, _ in self.ledger.kills(file).most_common(FIRST_FIXTURES)]
            for name in first:
                if failed := self.fixtures(version, "--exact", name):
                    return failed
            if failed := self.package_tests(version) or self.command_tests(version):
                return failed
            kills: Counter[str] = Counter()
            for name, count in self.ledger.kills().items():
                kills[name.split("/")[0]] += count
            for family in sorted(self.families, key=lambda family: -kills[family]):
                if failed := self.fixtures(version, f"{family}/", "--skip", "select-by-label"):
                    return failed
        return []

    def fixtures(self, version: str, *arguments: str) -> list[str]:
        """Runs fixtures; answers with those that fail."""
        return self.run([self.golden, *arguments], FAILED, version)

    def command_tests(self, version: str) -> list[str]:
        """Runs tests of the command; answers with those that fail."""
        return self.run([self.it, *COMMAND_TESTS], FAILED, version)

    def package_tests(self, version: str) -> list[str]:
        """Runs tests of the Python package; answers with those that fail."""
        variables = {"TRUENAME_COMMAND": str(self.command), "PYTHONPATH": str(TREE / "python")}
        options = ["-m", "pytest", "-q", "-rfE", "-x", "-p", "no:cacheprovider", PACKAGE_TESTS]
        command = [self.pythons[version], *options]
        return self.run(command, rf"^(?:FAILED|ERROR) {PACKAGE_TESTS}:*(\S*)", version, **variables)

    def run(
        self, command: list[str | Path], failure: str, version: str, **variables: str
    ) -> list[str]:
        """Runs tests; answers with those that fail, which `failure` finds in what they print."""
        environment = wheel.clean(WORK) | {
            "CI": "true",
            "INSTA_UPDATE": "no",
            "TRUENAME_TEST_PYTHON": version,
        }
        process = subprocess.Popen(
            command,
            cwd=TREE,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return ["out of time"]
        if process.returncode == 0:
            return []
        if process.returncode < 0:
            return [f"signal {-process.returncode}"]
        failed = re.findall(failure, output, re.MULTILINE)
        if not failed:
            raise SystemExit(f"mutants: tests failed, and none by name:\n{output[-3000:]}")
        return failed

    def check(self) -> None:
        """Without a mutant, all is green: or a failing fixture would mean nothing."""
        if not self.put_recorder():
            raise SystemExit("mutants: the recorder does not build")
        if failed := self.witnesses(CRATE):
            raise SystemExit(f"mutants: without any mutant fails {', '.join(failed)}")

    def try_out(self, mutant: Mutant, with_units: bool) -> tuple[str, list[str]]:
        """The outcome of a mutant, and what killed it."""
        file = TREE / mutant.file
        original = file.read_text(encoding="utf-8")
        try:
            file.write_text(mutant.text, encoding="utf-8")
            if with_units:
                units = ("test", "-p", "module-identity")
                if self.cargo(*units, "--no-run") is None:
                    return "unviable", []
                if self.cargo(*units) is None:
                    return "killed", ["unit tests"]
            if not self.put_recorder():
                return "unviable", []
            failed = self.witnesses(mutant.file)
            return ("killed" if failed else "survived"), failed
        finally:
            file.write_text(original, encoding="utf-8")


def copy_package() -> None:
    """Copies what git knows, and leaves alone what is the same: cargo looks at the times of files."""
    listing = call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = {name for name in listing.split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        content = (ROOT / name).read_bytes()
        target = TREE / name
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
            os.utime(target)
    for path in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(path.relative_to(TREE)) not in names:
            path.unlink()


def write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


# The command ----------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"mutants: {text}", file=sys.stderr, flush=True)


def call(*command: str | Path) -> str:
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if answer.returncode != 0:
        raise SystemExit(f"mutants: `{' '.join(map(str, command))}` fails: {answer.stderr.strip()}")
    return answer.stdout


def table(outcomes: dict[Mutant, str]) -> list[str]:
    """The number of mutants with each outcome, for each file, in Markdown."""
    columns = ["killed by units", "killed", "equivalent", "unviable"]
    columns += sorted(set(outcomes.values()) - set(columns))
    files: dict[str, Counter[str]] = {}
    for mutant, outcome in outcomes.items():
        files.setdefault(str(mutant.file.relative_to(CRATE / "src")), Counter())[outcome] += 1
    files["**all**"] = Counter(outcomes.values())
    lines = ["| file | mutants | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for file, counts in files.items():
        numbers = [sum(counts.values()), *(counts[column] for column in columns)]
        lines.append(f"| {file} | " + " | ".join(map(str, numbers)) + " |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks that tests fail for each mutant.")
    parser.add_argument("words", nargs="*", metavar="WORD", help="of the name of a mutant")
    parser.add_argument("--python", default="3.13,3.12", metavar="VERSION,…",
                        help="the Pythons of these tests, one after the other (%(default)s)")  # fmt: skip
    arguments = parser.parse_args()
    os.nice(10)
    settings = tomllib.loads((ROOT / CRATE / "mutants.toml").read_text(encoding="utf-8"))

    units = UnitStep().outcomes()
    outcomes: dict[Mutant, str] = {}
    open_ones: list[tuple[Mutant, bool]] = []
    unused = list(settings["equivalent"])
    faults = []
    ledger = Ledger()
    for name, mutant in mutants_of_cargo():
        outcomes[mutant] = "not tried"
        entries = [entry for entry in settings["equivalent"] if mutant.is_what(entry)]
        unused = [entry for entry in unused if entry not in entries]
        by_units = units.get(name, "survived")
        if entries and by_units == "killed":
            faults.append(f"is not equivalent, since unit tests kill it: {mutant}")
        if by_units == "killed":
            outcomes[mutant] = "killed by units"
        elif by_units == "unviable":
            outcomes[mutant] = "unviable"
        elif entries:
            outcomes[mutant] = "equivalent"
        else:
            open_ones.append((mutant, False))
    for mutant in mutants_by_hand(settings["by-hand"]):
        outcomes[mutant] = "not tried"
        open_ones.append((mutant, True))
    faults += [f"is in the list, and there is no such mutant: {entry}" for entry in unused]

    words = {"survived": "SURVIVED", "unviable": "unviable"}
    laboratory = None
    try:
        for number, (mutant, with_units) in enumerate(open_ones, 1):
            known = ledger.outcome(mutant)
            is_wanted = all(word in str(mutant) for word in arguments.words)
            if known not in ("killed", "unviable") and is_wanted:
                if not laboratory:
                    laboratory = Laboratory(arguments.python.split(","), ledger)
                    laboratory.check()
                known, by = laboratory.try_out(mutant, with_units)
                ledger.note(mutant, known, by)
                say(f"{number}/{len(open_ones)} {known} {', '.join(by[:1])}: {mutant}")
            if known:
                by_units = ledger.entries[mutant.key]["by"] == ["unit tests"]
                outcomes[mutant] = words.get(known, "killed by units" if by_units else "killed")
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here")

    print("\n".join(table(outcomes)), end="\n\n")
    for mutant, outcome in outcomes.items():
        if outcome in ("SURVIVED", "not tried"):
            print(f"{outcome}: {mutant}")
    for fault in faults:
        print(f"mutants.toml: {fault}")
    return 1 if faults or {"SURVIVED", "not tried"} & set(outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
