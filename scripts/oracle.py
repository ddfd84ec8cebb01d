#!/usr/bin/env python3
"""Compares the labels of truename with what `python -v` says was imported.

`python -v` prints a line for every module that the import system loads, with its name and its
loader. That makes it an independent witness: for a program that imports in the ordinary way, the
labels that truename gives must be those names, each as often, neither one more nor one less. This
script takes every interpreter that `truename pythons` finds usable, installs real packages in a
venv for it, runs the programs of scripts/programs once under `python -v` and once under
`truename run`, and compares the two. It fails on any difference, and when nothing was compared.

The imports in the trace are compared in the same way (scripts/import_rows.py), and their times with
those of `-X importtime`. `untimed` counts the imports that importtime has no row for, and `alike` says
how alike the two order what both have by its time (Spearman's rank correlation). Times decide nothing.

    scripts/oracle.py [--quick] [--truename PATH] [--python PATH]… [PROGRAM…]

It needs only the standard library of any Python >= 3.9. The venvs stay in
${XDG_CACHE_HOME:-~/.cache}/truename/oracle, and may be deleted at any time. What is compared with
what, and why that is fair, is at the end of docs/labelling.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from import_rows import differences, imports_of_document, rank_correlation, timed_rows

ROOT = Path(__file__).resolve().parent.parent

# The programs ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Program:
    """A short program that uses a package the way its users do."""

    name: str
    packages: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ("program.py",)
    main: str = "__main__"
    """The label of the program itself, which nobody imports, so that -v has no line for it."""
    programs: tuple[str, ...] = ()
    """Labels of other programs that it runs, as often: a debugger's, a notebook's cells."""
    prepare: tuple[str, ...] = ()
    """Arguments for Python that make its files ready first."""
    minimum: tuple[int, int] = (3, 12)
    maximum: tuple[int, int] = (3, 99)
    becomes_another: bool = False
    """It goes on as other Pythons, whose traces lie beside that of the first."""
    options: tuple[str, ...] = ()
    """Options of `truename run`."""
    compiles: bool = False
    """It needs a C compiler and Python's headers, and is left out without them."""
    apart: bool = False
    """Its packages are not those of others, and need a venv of their own."""
    quick: bool = False

    @property
    def folder(self) -> Path:
        """Its files; a program that is all in its arguments has none."""
        return ROOT / "scripts/programs" / self.name


BOTO3 = (
    "import boto3; "
    'boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")'
)

PROGRAMS = [
    Program("stdlib", quick=True),
    Program("lazy", minimum=(3, 15), quick=True),
    Program("boto3", ("boto3",), ("-c", BOTO3)),
    Program("django", ("django",)),
    Program("flask", ("flask",)),
    Program("requests", ("requests",), quick=True),
    Program("numpy", ("numpy",)),
    Program("pytest", ("pytest",), ("-m", "pytest", "--version"), main="pytest.__main__"),
    Program(
        "pytest-run",
        ("pytest",),
        # -s: pytest must not capture what -v prints while it imports a test file.
        ("-m", "pytest", "-s", "-q", "-p", "no:cacheprovider"),
        main="pytest.__main__",
        quick=True,
    ),
    Program("sqlalchemy", ("sqlalchemy",)),
    Program("rich", ("rich",)),
    Program("pydantic", ("pydantic",)),
    Program("jinja2", ("jinja2",), quick=True),
    Program("attrs", ("attrs",), quick=True),
    Program("wrapt", ("wrapt",)),
    # Compiled by Cython: its code evaluates expressions while its modules initialise.
    Program("pydantic1", ("pydantic==1.10.27", "python-dotenv"), maximum=(3, 13), apart=True),
    Program("ipython", ("ipython",), ("program.py",), programs=("__main__",) * 4),
    Program("debugpy", ("debugpy",), ("-m", "debugpy", "--listen", "127.0.0.1:0", "-m", "pk"),
            main="debugpy.__main__", programs=("pk.__main__",)),
    Program("pex", ("pex",), ("app.pex",), becomes_another=True,
            options=("--everywhere",), programs=("app",),
            prepare=("-m", "pex", "--inherit-path=fallback", "-D", "source", "-m", "app",
                     "-o", "app.pex")),
    # Its code runs `exec` while it initialises.
    Program("cython", ("cython", "setuptools"), compiles=True,
            prepare=("-m", "Cython.Build.Cythonize", "-i", "-3", "tiny.pyx")),
]

# What `python -v` says ---------------------------------------------------------------------------

VERBOSE_LINE = re.compile(r"^import '(?P<name>.+?)' # (?P<loader>.+)$", re.MULTILINE)
LOADER = re.compile(r"<class '([\w.]+)'>|<([\w.]+) object\b.*>")

# Loaders that run no Python code for what they load. Any other is taken to run one body for each
# line, so that a loader nobody has thought of shows up as a difference.
LOADERS_WITHOUT_BODY = {
    "_frozen_importlib.BuiltinImporter": "compiled into the interpreter",
    "_frozen_importlib_external.ExtensionFileLoader": "compiled into a shared library",
    "_frozen_importlib_external.NamespaceLoader": "a namespace package has no code",
    "six._SixMetaPathImporter": "an alias for a module that has a line of its own",
}


def loaded_by_verbose(stderr: str) -> Counter[str]:
    """The modules that were loaded, of whatever kind."""
    return Counter(line["name"] for line in VERBOSE_LINE.finditer(stderr))


def bodies_by_verbose(stderr: str) -> Counter[str]:
    """The modules whose bodies ran to their end."""
    names: Counter[str] = Counter()
    for line in VERBOSE_LINE.finditer(stderr):
        loader = LOADER.fullmatch(line["loader"])
        if not loader or (loader[1] or loader[2]) not in LOADERS_WITHOUT_BODY:
            names[line["name"]] += 1
    return names


# What truename says ------------------------------------------------------------------------------


class Broken(Exception):
    """Nothing can be compared; the message says why."""


@dataclass
class Labels:
    """What the traces of a program say of its modules."""

    imported: Counter[str] = field(default_factory=Counter)
    """Names of the bodies that were imported and ran to their end."""
    loaded_before: Counter[str] = field(default_factory=Counter)
    bodies: int = 0
    bare: int = 0


def traces_of(trace: Path, program: Program) -> list[dict]:
    """What the trace of a program says, and those of the Pythons that it becomes."""
    folders = [trace]
    if program.becomes_another:
        folders += sorted(trace.glob("children/*"))
    return [json.loads((it / "trace_modules.json").read_text(encoding="utf-8")) for it in folders]


def labels_of_traces(documents: list[dict], program: Program) -> Labels:
    labels = Labels()
    named: list[dict] = []
    for document in documents:
        for module in document["modules"]:
            label = "<module>" if module["name"] is None else f"<{module['name']}>"
            if module["label"] != label:
                raise Broken(f"{module['label']} stands beside the name {module['name']!r}")
            if module["name"] is None:
                labels.bare += 1
            else:
                named.append(module)
        # The sitecustomize that is loaded when recording begins is the launcher's. One that belongs
        # to the machine is imported after that, with a line under -v.
        labels.loaded_before.update(set(document["loaded_before"]) - {"sitecustomize"})
    labels.bodies = len(named)
    for name in [program.main] * len(documents) + list(program.programs):
        body = next((module for module in named if module["name"] == name), None)
        if body is None:
            raise Broken(f"no body, or one too few, is labelled <{name}>, which the program runs")
        named.remove(body)
    # -v prints its line after the body: a body that raised has none.
    labels.imported.update(it["name"] for it in named if it["outcome"] == "returned")
    return labels


# Running both ------------------------------------------------------------------------------------


@dataclass
class Workshop:
    """Where programs run: the binary under test, and homes that nobody's settings reach."""

    truename: Path
    work: Path

    def environment(self, home: Path) -> dict[str, str]:
        variables = {
            name: value
            for name, value in os.environ.items()
            # Settings of the person who runs this may change what a program imports.
            if not name.startswith(("PYTHON", "TRUENAME", "XDG_", "AWS_", "DJANGO_", "PYTEST_"))
            and name not in ("VIRTUAL_ENV", "FORCE_COLOR")
        }
        variables["HOME"] = str(home)
        # Both runs walk their sets of strings in the same order.
        variables["PYTHONHASHSEED"] = "0"
        return variables

    def run(self, *command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [str(word) for word in command],
                cwd=cwd,
                env=self.environment(self.home(cwd)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=300,
            )
        except subprocess.TimeoutExpired as error:
            raise Broken(f"`{command[0]} … {command[-1]}` took more than 5 minutes") from error

    def home(self, folder: Path) -> Path:
        """A copy of a program has a home of its own: what it puts there would change a later run."""
        is_copy = self.work in folder.parents
        return folder.with_name(f"{folder.name}-home") if is_copy else self.work / "home"

    def copy(self, program: Program, folder: Path, python: Path) -> Path:
        """A fresh copy of the program, so that no run finds what another left behind."""
        if program.folder.is_dir():
            shutil.copytree(program.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True)
        self.home(folder).mkdir()
        if program.prepare:
            made = self.run(python, *program.prepare, cwd=folder)
            if made.returncode != 0:
                last = (made.stdout + made.stderr).strip().splitlines()[-12:]
                raise Broken("\n".join(["the program cannot be made ready:", *last]))
        return folder


@dataclass
class Row:
    """One line of the table."""

    interpreter: str
    program: str
    verdict: str = "ok"
    bodies: int | None = None
    bare: int = 0
    imports: int = 0
    untimed: int = 0
    """The imports that importtime has no row for."""
    correlation: float | None = None
    missing: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        counts = ["-"] * 7
        if self.bodies is not None:
            missing, extra = sum(self.missing.values()), sum(self.extra.values())
            counts = [str(count) for count in (self.bodies, self.bare, missing, extra)]
            counts += [str(self.imports), str(self.untimed)]
            counts.append("-" if self.correlation is None else f"{self.correlation:.3f}")
        return [self.interpreter, self.program, *counts, self.verdict]


def timeless(text: str) -> str:
    """What a program printed, without the seconds that it says it took (pytest does)."""
    return re.sub(r"\d+\.\d+s", "…s", text)


def compare_imports(row: Row, document: dict, loaded_before: Counter[str], stderr: str) -> None:
    imports = imports_of_document(document)
    timed = timed_rows(stderr)
    for name in loaded_before:
        timed.pop(name, None)
    row.imports = sum(imports.loaded.values())
    row.untimed = len(set(imports.loaded) - set(timed))
    row.correlation = rank_correlation(imports, timed)
    row.details += differences(imports, loaded_by_verbose(stderr) - loaded_before, timed)


def compare(workshop: Workshop, venv: Venv, program: Program) -> Row:
    row = Row(venv.interpreter.version, venv.title(program))
    folder = Path(tempfile.mkdtemp(prefix=f"{row.interpreter}-{program.name}-", dir=workshop.work))
    trace = folder / "trace"
    try:
        verbose = workshop.run(
            venv.python, "-v", "-X", "importtime", *program.arguments,
            cwd=workshop.copy(program, folder / "verbose", venv.python),
        )  # fmt: skip
        recorded = workshop.run(
            workshop.truename, "run", *program.options, "--python", venv.python, "--out", trace, "--",
            *program.arguments,
            cwd=workshop.copy(program, folder / "recorded", venv.python),
        )  # fmt: skip
        for way, run in (("python -v", verbose), ("truename run", recorded)):
            if run.returncode != 0:
                last = run.stderr.strip().splitlines()[-12:]
                raise Broken("\n".join([f"{way} exits {run.returncode}; it said last:", *last]))
        documents = traces_of(trace, program)
        labels = labels_of_traces(documents, program)
        check = workshop.run(workshop.truename, "check", trace, cwd=folder)
    except (Broken, OSError, ValueError, KeyError) as error:
        row.verdict = "FAILED"
        row.details = f"{type(error).__name__}: {error}".splitlines()
        return row

    witnessed = bodies_by_verbose(verbose.stderr)
    if not program.becomes_another:
        witnessed -= Counter(labels.loaded_before)
        row.missing = witnessed - labels.imported
    row.bodies, row.bare = labels.bodies, labels.bare
    row.extra = labels.imported - witnessed
    row.details += [f"missing: <{name}> ×{count}" for name, count in sorted(row.missing.items())]
    row.details += [f"extra:   <{name}> ×{count}" for name, count in sorted(row.extra.items())]
    # The times of several processes are in one another's.
    if not program.becomes_another:
        compare_imports(row, documents[0], labels.loaded_before, verbose.stderr)
    if timeless(verbose.stdout) != timeless(recorded.stdout):
        row.details.append("the program printed something else when it was recorded")
    if check.returncode != 0:
        row.details.append(f"truename check exits {check.returncode}:")
        row.details += (check.stdout + check.stderr).strip().splitlines()[:12]
    if row.details:
        row.verdict = "DIFFERS"
        row.details.append(f"(both runs are in {folder})")
    else:
        shutil.rmtree(folder)
    return row


def compare_all(
    workshop: Workshop, interpreter: Interpreter, programs: list[Program], wheels: list[str]
) -> list[Row]:
    """Compares those programs that are for this interpreter, with one venv."""
    can_compile = interpreter.has_headers and shutil.which("cc")
    here = [
        program
        for program in programs
        if program.minimum <= interpreter.numbers[:2] <= program.maximum
        and (can_compile or not program.compiles)
    ]
    if not here:
        return []
    packages = sorted({package for program in here for package in program.packages})
    try:
        venv = make_venv(interpreter, packages, wheels)
    except Broken as error:
        return [Row(interpreter.version, "(venv)", "FAILED", details=str(error).splitlines())]
    rows = []
    for program in here:
        refused = [name for name in program.packages if name in venv.refused]
        if refused:
            details = [venv.refused[name] for name in refused]
            row = Row(interpreter.version, program.name, "not installable", details=details)
        else:
            say(f"{interpreter.version}: {program.name}")
            row = compare(workshop, venv, program)
        rows.append(row)
    return rows


# Interpreters and their venvs --------------------------------------------------------------------


@dataclass(frozen=True)
class Interpreter:
    path: Path
    version: str
    """As `3.14.10`."""
    build: str
    """All of sys.version, which a rebuilt interpreter changes."""
    pips: tuple[str, ...]
    """The pip wheels that came with it."""
    has_headers: bool

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:3])


LOOK_INSIDE = """
import glob, json, os, sys, sysconfig
folders = (os.path.join(sysconfig.get_path("stdlib"), "ensurepip", "_bundled"),
           os.path.join(sys.base_prefix, "share", "python-wheels"),
           "/usr/share/python-wheels")
pips = [wheel for folder in folders for wheel in glob.glob(os.path.join(folder, "pip-*.whl"))]
header = os.path.join(sysconfig.get_path("include"), "Python.h")
print(json.dumps([sys.version.split()[0], sys.version, pips, os.path.exists(header)]))
"""


def look_inside(path: Path) -> Interpreter:
    answer = subprocess.run(
        [str(path), "-I", "-c", LOOK_INSIDE], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise Broken(f"{path} does not run: {answer.stderr.strip()}")
    version, build, pips, has_headers = json.loads(answer.stdout)
    return Interpreter(path, version, build, tuple(pips), has_headers)


def find_interpreters(truename: Path) -> list[Interpreter]:
    """One of each version that `truename pythons` calls usable, oldest first."""
    answer = subprocess.run(
        [str(truename), "pythons", "--json"], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise Broken(f"`truename pythons` exits {answer.returncode}: {answer.stderr.strip()}")
    found: dict[str, Interpreter] = {}
    for python in json.loads(answer.stdout):
        if python["usable"]:
            interpreter = look_inside(Path(python["path"]))
            found.setdefault(interpreter.version, interpreter)
    return sorted(found.values(), key=lambda interpreter: interpreter.numbers)


@dataclass
class Venv:
    interpreter: Interpreter
    folder: Path
    installed: dict[str, str] = field(default_factory=dict)
    """Versions by package."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why pip found nothing to install, by package."""

    @property
    def python(self) -> Path:
        return self.folder / "bin/python"

    def title(self, program: Program) -> str:
        versions = [self.installed[name] for name in program.packages if name in self.installed]
        return " ".join([program.name, *versions])


def cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "truename/oracle"


def make_venv(interpreter: Interpreter, packages: list[str], wheels: list[str]) -> Venv:
    """The venv of an interpreter with these packages, which may be there from an earlier run."""
    key = json.dumps([str(interpreter.path), interpreter.build, packages])
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    venv = Venv(interpreter, cache_folder() / f"{interpreter.version}-{digest}")
    # Written last: without it, somebody was interrupted, and the folder is made anew.
    record = venv.folder / "installed.json"
    try:
        venv.installed = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        if venv.folder.exists():
            shutil.rmtree(venv.folder)
        venv.folder.parent.mkdir(parents=True, exist_ok=True)
        call(interpreter.path, "-I", "-m", "venv", "--without-pip", venv.folder)

    wanted = [package for package in packages if package not in venv.installed]
    if wanted:
        say(f"{interpreter.version}: installing {', '.join(wanted)} in {venv.folder}")
        pip = pick_pip(interpreter, wheels)
        # All at once is quick; one at a time shows which of them has nothing for this Python.
        if install(venv, pip, wanted):
            for package in wanted:
                reason = install(venv, pip, [package])
                if reason:
                    venv.refused[package] = reason
        for package in wanted:
            if package not in venv.refused:
                venv.installed[package] = version_of(venv, package)
    record.write_text(json.dumps(venv.installed), encoding="utf-8")
    return venv


def pick_pip(interpreter: Interpreter, wheels: list[str]) -> str:
    """The newest pip around, since an old one may not know a new Python."""
    if not wheels:
        raise Broken(
            f"no pip wheel was found for {interpreter.path}: install python3-pip-whl (Debian), "
            "or run scripts/pythons, whose interpreters bring one"
        )
    return max(wheels, key=lambda wheel: [int(n) for n in re.findall(r"\d+", Path(wheel).name)])


def install(venv: Venv, pip: str, packages: list[str], *options: str) -> str | None:
    """Installs packages; answers why there is nothing to install. Anything else is an error."""
    answer = subprocess.run(
        [str(venv.python), f"{pip}/pip", "install", "--only-binary=:all:",
         "--disable-pip-version-check", "--no-input", "--quiet", *options, *packages],
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )  # fmt: skip
    if answer.returncode == 0:
        return None
    errors = [line for line in answer.stderr.splitlines() if line.startswith("ERROR:")]
    nothing = ("No matching distribution found", "ResolutionImpossible")
    if any(text in answer.stderr for text in nothing) and "onnection" not in answer.stderr:
        return errors[-1] if errors else answer.stderr.strip()
    raise Broken(f"pip cannot install {', '.join(packages)}:\n{answer.stderr.strip()}")


def version_of(venv: Venv, package: str) -> str:
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    name, _, _ = package.partition("==")
    return call(venv.python, "-I", "-c", code, name).strip()


def call(*command: str | Path) -> str:
    answer = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if answer.returncode != 0:
        said = (answer.stderr + answer.stdout).strip()
        raise Broken(f"`{' '.join(map(str, command))}` exits {answer.returncode}: {said}")
    return answer.stdout


# The command -------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"oracle: {text}", file=sys.stderr, flush=True)


def default_truename() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug/truename"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compares the labels of truename with what `python -v` says was imported.",
    )
    parser.add_argument("--quick", action="store_true", help="only programs that install quickly")
    return parse_programs(parser, [program.name for program in PROGRAMS])


def parse_programs(parser: argparse.ArgumentParser, names: list[str]) -> argparse.Namespace:
    """The arguments of a script that runs some of its programs on some interpreters."""
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"of {', '.join(names)}")
    arguments = parse_interpreters(parser)
    unknown = sorted(set(arguments.programs) - set(names))
    if unknown:
        parser.error(f"no program is called {unknown[0]}; there are {', '.join(names)}")
    return arguments


def parse_interpreters(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments of a script that runs a debug build on some interpreters."""
    parser.add_argument("--truename", type=Path, default=default_truename(), metavar="PATH")
    parser.add_argument("--python", type=Path, action="append", metavar="PATH",
                        help="an interpreter, instead of all that truename finds")  # fmt: skip
    arguments = parser.parse_args()
    arguments.truename = arguments.truename.absolute()
    if not arguments.truename.is_file():
        parser.error(f"{arguments.truename} is not there; `cargo build` makes it")
    return arguments


def chosen_interpreters(arguments: argparse.Namespace) -> list[Interpreter]:
    """Those that `--python` names, or one of each version that truename finds."""
    if arguments.python:
        return [look_inside(path.absolute()) for path in arguments.python]
    return find_interpreters(arguments.truename)


def print_table(rows: list[Row]) -> None:
    head = ["python", "program", "bodies", "bare", "missing", "extra"]
    head += ["imports", "untimed", "alike", "verdict"]
    table = [head, *(row.cells() for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(head))]
    for cells in table:
        padded = [
            cell.rjust(width) if 2 <= column <= 8 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths))
        ]
        print("  ".join(padded).rstrip())


def main() -> int:
    arguments = parse_arguments()
    programs = [
        program
        for program in PROGRAMS
        if program.name in arguments.programs
        or not arguments.programs
        and (program.quick or not arguments.quick)
    ]
    try:
        interpreters = chosen_interpreters(arguments)
    except (Broken, OSError, ValueError, KeyError) as error:
        say(f"cannot list the interpreters: {error}")
        return 1
    wheels = [wheel for interpreter in interpreters for wheel in interpreter.pips]
    shared = [program for program in programs if not program.apart]
    groups = [shared, *([program] for program in programs if program.apart)]

    workshop = Workshop(arguments.truename, Path(tempfile.mkdtemp(prefix="truename-oracle-")))
    rows: list[Row] = []
    for interpreter in interpreters:
        for group in groups:
            rows += compare_all(workshop, interpreter, group, wheels)

    print_table(rows)
    for row in rows:
        if row.details:
            print(f"\n{row.interpreter} {row.program}: {row.verdict}")
            print("\n".join(f"    {line}" for line in row.details))
    print()

    compared = [row for row in rows if row.bodies is not None]
    bad = [row for row in rows if row.verdict in ("DIFFERS", "FAILED")]
    seen = {row.interpreter for row in compared}
    unseen = [python.version for python in interpreters if python.version not in seen]
    bodies = sum(row.bodies or 0 for row in compared)
    print(f"runs compared: {len(compared)}, interpreters: {len(seen)}, module bodies: {bodies}")
    print(f"runs that differ or fail: {len(bad) or 'none'}")
    if not bad:
        shutil.rmtree(workshop.work)
    if unseen or not interpreters:
        # An oracle that was never asked has not agreed.
        print(
            f"nothing was compared on {', '.join(unseen) or 'any interpreter'}: that is a failure"
        )
        return 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
