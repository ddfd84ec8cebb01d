#!/usr/bin/env python3
"""Builds the wheel; with --check, installs it into a clean environment of each Python, and uses it from there.

    scripts/wheel.py [--release] [--check] [--sdist] [--wheel FILE] [--python VERSION,…]

Each environment has the wheel, pytest and nothing else; the tests in tests/python run there, with the folder of
the project out of sight. Types are checked once, by mypy and pyright. `maturin` and `uv` come from PyPI, into a folder below
target/. With --sdist it builds the source distribution, too, and builds a wheel of that to try it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WHEELS = TARGET / "wheels"
TOOLS = TARGET / "wheel-tools"
TESTS = ROOT / "tests" / "python"
REQUIREMENTS = ("maturin>=1.9,<2", "uv>=0.5")
# docs/python.md promises that the import takes less.
IMPORT_LIMIT_MS = 3
IMPORTS = 51
LOADED = "import sys; before = set(sys.modules); import truename; print(*sorted(set(sys.modules) - before))"


def run(*command: str | Path, **options) -> None:
    print("+", *(Path(word).name if Path(word).is_absolute() else word for word in command), flush=True)
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, **options)


def tools() -> None:
    """Installs the tools, unless they are there."""
    if all((TOOLS / "bin" / name).exists() for name in ("maturin", "uv")):
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    # Into a folder of its own, so that no Python's packages change.
    run(*pip(), "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--target", TOOLS,
        *REQUIREMENTS, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})  # fmt: skip


def pip() -> list[str | Path]:
    """Returns a command that is pip: this Python's, another one's, or the wheel beside a Python of scripts/pythons."""
    wheels = sorted(Path(sys.base_prefix, "share", "python-wheels").glob("pip-*.whl"))
    own: list[list[str | Path]] = [[sys.executable, "-m", "pip"], ["python3", "-m", "pip"]]
    for command in [*own, *([sys.executable, wheel / "pip"] for wheel in wheels)]:
        if subprocess.run([*command, "--version"], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0:
            return command
    sys.exit("wheel: no Python here has pip, which installs maturin and uv")


def build(release: bool) -> Path:
    """Builds the wheel; the profile `dev` shares the target folder of `cargo build`."""
    shutil.rmtree(WHEELS, ignore_errors=True)
    profile = "release" if release else "dev"
    run(TOOLS / "bin" / "maturin", "build", "--quiet", "--profile", profile, "--out", WHEELS, cwd=ROOT)
    (wheel,) = WHEELS.glob("*.whl")
    return wheel


def check_sdist(folder: Path) -> None:
    """Builds the source distribution, and checks that a wheel can be built of it."""
    run(TOOLS / "bin" / "maturin", "sdist", "--out", folder, cwd=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    print(f"{sdist.name}: {sdist.stat().st_size / 1e6:.1f} MB")
    shutil.unpack_archive(sdist, folder)
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "sdist")}
    run(TOOLS / "bin" / "maturin", "build", "--quiet", "--profile", "dev", "--out", folder, cwd=source,
        env=environment)  # fmt: skip
    assert list(folder.glob("*.whl")), "the source distribution gave no wheel"
    shutil.copy(sdist, WHEELS)


def check_contents(wheel: Path) -> None:
    """Checks that the wheel has what it should, and is for every CPython."""
    assert "-py3-none-" in wheel.name, f"{wheel.name} is not for every Python"
    names = zipfile.ZipFile(wheel).namelist()
    for pattern in (r"truename/__init__\.py", r"truename/py\.typed", r"truename/include/truename\.h", r".*/scripts/truename",
                    r".*/entry_points\.txt"):  # fmt: skip
        assert any(re.fullmatch(pattern, name) for name in names), f"{wheel.name} has no {pattern}"
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")


def pythons(wheel: Path, folder: Path, versions: list[str]) -> list[dict]:
    """Lists the Pythons that the wheel's own command finds, one of each minor version."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/scripts/truename"))
        command = Path(archive.extract(name, folder))
    command.chmod(0o755)
    answer = subprocess.run([command, "pythons", "--json"], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    found: dict[str, dict] = {}
    for python in json.loads(answer.stdout):
        if python["usable"]:
            found.setdefault(python["version"].rpartition(".")[0], python)
    chosen = {minor: python for minor, python in found.items() if not versions or minor in versions}
    missing = sorted(set(versions) - set(chosen))
    if missing or not chosen:
        sys.exit(f"wheel: no Python {', '.join(missing) or '3.12 or newer'} is here")
    return [python for _, python in sorted(chosen.items())]


def environment(python: str, folder: Path, *packages: str | Path) -> Path:
    """Makes a clean environment with packages in it, and returns its Python."""
    uv = TOOLS / "bin" / "uv"
    run(uv, "venv", "--quiet", "--no-project", "--python", python, folder)
    inside = folder / "bin" / "python"
    run(uv, "pip", "install", "--quiet", "--python", inside, *packages)
    return inside


def clean(folder: Path) -> dict[str, str]:
    """Returns an environment in which nothing of the project or of this process's Python is at hand."""
    ours = ("TRUENAME_", "PYTHON", "VIRTUAL_ENV", "PYTEST_")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**variables, "TRUENAME_CACHE": str(folder / "cache")}


def use(python: dict, wheel: Path, folder: Path) -> None:
    """Installs the wheel for one Python, and runs the tests with it."""
    begun = time.monotonic()
    inside = environment(python["path"], folder / "venv", wheel, "pytest", "ipython")
    variables = clean(folder)
    loaded = subprocess.run([inside, "-S", "-c", f"import sys; sys.path.append({str(packages(inside))!r}); {LOADED}"],
                            check=True, capture_output=True, text=True, env=variables)  # fmt: skip
    assert loaded.stdout.split() == ["truename"], f"import truename loads {loaded.stdout}"
    time_import(inside, variables)
    tests = folder / "tests"
    shutil.copytree(TESTS, tests, ignore=shutil.ignore_patterns("__pycache__"))
    run(inside, "-m", "pytest", "--quiet", "-rs", "-p", "no:cacheprovider", tests, cwd=folder, env=variables)
    print(f"CPython {python['version']}: all is well ({time.monotonic() - begun:.0f} s)", flush=True)


def time_import(inside: Path, variables: dict[str, str]) -> None:
    """Times `import truename` in processes of its own, by what `-X importtime` prints."""
    times = []
    for _ in range(IMPORTS):
        done = subprocess.run([inside, "-X", "importtime", "-c", "import truename"], check=True, capture_output=True,
                              text=True, env=variables)  # fmt: skip
        (time_us,) = re.findall(r"^import time: +\d+ \| +(\d+) \| truename$", done.stderr, re.MULTILINE)
        times.append(int(time_us) / 1000)
    median = statistics.median(times)
    print(f"import truename: {median:.2f} ms ({min(times):.2f}–{max(times):.2f})")
    assert median < IMPORT_LIMIT_MS, f"import truename takes {median:.2f} ms"


def packages(inside: Path) -> Path:
    (folder,) = (inside.parent.parent / "lib").glob("python3*/site-packages")
    return folder


def check_types(python: dict, wheel: Path, folder: Path) -> None:
    """Checks the types of the examples, against the package as it is installed."""
    # `nodejs` is the node that runs pyright, as a package.
    inside = environment(python["path"], folder / "types", wheel, "mypy", "pyright[nodejs]", "pytest")
    shutil.copy(TESTS / "typed_examples.py", folder)
    run(inside, "-m", "mypy", "--strict", "--no-error-summary", folder / "typed_examples.py", cwd=folder,
        env=clean(folder))  # fmt: skip
    run(inside, "-m", "mypy", "--strict", "--no-error-summary", "-p", "truename", cwd=folder, env=clean(folder))
    # Frames are had from `sys._getframe`.
    strict = {"include": ["typed_examples.py"], "typeCheckingMode": "strict", "reportPrivateUsage": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(strict))
    run(inside, "-m", "pyright", "--pythonpath", inside, cwd=folder, env=clean(folder))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--wheel", type=Path, help="a wheel that was built already")
    options.add_argument("--release", action="store_true", help="build as for a release")
    options.add_argument("--python", default="", metavar="VERSION,…", help="these Pythons; all that are found without")
    options.add_argument("--check", action="store_true", help="use it from clean environments")
    options.add_argument("--sdist", action="store_true", help="check the source distribution, too")
    arguments = options.parse_args()
    tools()
    wheel = arguments.wheel.resolve() if arguments.wheel else build(arguments.release)
    check_contents(wheel)
    with tempfile.TemporaryDirectory(prefix="truename-wheel-") as name:
        folder = Path(name).resolve()
        if arguments.sdist:
            (folder / "sdist").mkdir()
            check_sdist(folder / "sdist")
        if not arguments.check:
            return
        chosen = pythons(wheel, folder, [version for version in arguments.python.split(",") if version])
        for python in chosen:
            use(python, wheel, folder / python["version"])
        check_types(chosen[min(1, len(chosen) - 1)], wheel, folder)


if __name__ == "__main__":
    main()
