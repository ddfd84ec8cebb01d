"""What cells of IPython are shown to have imported. A notebook runs its cells by the same class of IPython."""

import os
import re
import subprocess
import sys
import sysconfig

import pytest

import truename

COMMAND = os.path.join(sysconfig.get_path("scripts"), "truename")

SHELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
for number, cell in enumerate(sys.argv[1:]):
    print(f"[{number}]")
    shell.run_cell(cell)
"""


@pytest.fixture
def run(tmp_path):
    """Runs cells, and returns what each of them writes; times are replaced by `T`."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "orchard.py").write_text("import tree\nimport tree.fruit\n")
    (modules / "tree").mkdir()
    (modules / "tree" / "__init__.py").write_text("")
    (modules / "tree" / "fruit.py").write_text("try:\n    import nonesuch\nexcept ImportError:\n    exec('pass', {})\n")
    (modules / "lazy.py").write_text("def work():\n    import tree\n")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {"IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": str(modules), "TMPDIR": str(temporary)}

    def run(*cells, python=(sys.executable,)):
        ended = subprocess.run(
            [*python, "-c", SHELL, *cells],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            timeout=120,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert [name for name in os.listdir(temporary) if name.startswith("truename-")] == []
        written = re.sub(r" +\d+\.\d ms", " T", ended.stdout)
        return [text.strip() for text in re.split(r"^\[\d+\]\n", written, flags=re.MULTILINE)[1:]]

    return run


ENABLE = "import truename; truename.enable()"
ORCHARD = "truename: 3 modules in T\n T  orchard, and 2 more with it"


def test_each_cell_shows_what_it_imported(run):
    assert run(ENABLE, "import orchard", "import orchard; print(1)", "", "import sys, lazy", "lazy.work(); import colorsys") == [
        "",
        ORCHARD,
        "1",
        "",
        "truename: 1 module in T\n T  lazy",
        "truename: 1 module in T\n T  colorsys",
    ]


def test_what_a_cell_has_others_import_is_its_own(run):
    thread = "import threading\ndef work():\n    import orchard\nit = threading.Thread(target=work); it.start(); it.join()"
    coroutine = "import asyncio\nasync def work():\n    await asyncio.sleep(0)\n    import lazy\nawait work()"
    _, by_thread, by_coroutine, nested, by_function = run(
        ENABLE,
        thread,
        coroutine,
        "del __import__('sys').modules['lazy']\nget_ipython().run_cell('import lazy')\nimport wave",
        "del __import__('sys').modules['tree']\nlazy.work()",
    )
    assert by_thread.endswith(" T  orchard, and 2 more with it")
    assert by_coroutine.endswith(" T  lazy")
    assert re.search(r"\n T  lazy\n T  wave\b", nested) and nested.count("truename") == 1
    assert by_function == "truename: 1 module in T\n T  tree"


def test_what_ipython_imports_is_left_out(run):
    _, failed = run(ENABLE, "import orchard; 1 / 0")
    assert "ZeroDivisionError" in failed and failed.endswith(ORCHARD)


def test_it_is_enabled_until_it_is_disabled(run):
    disable = "import orchard; truename.disable(); import lazy"
    assert run(ENABLE, ENABLE, disable, "import wave", "truename.disable()", ENABLE, "import tree.fruit\nimport sched") == [
        "",
        "",
        ORCHARD,
        "",
        "",
        "",
        "truename: 1 module in T\n T  sched",
    ]


def test_a_recording_of_the_user_is_not_disturbed(run, tmp_path):
    trace = str(tmp_path / "trace")
    _, _, started, imported, stopped, after = run(
        ENABLE,
        "truename.disable()",
        f"truename.start({trace!r})\ntry: truename.enable()\nexcept truename.AlreadyRecordingError: print('refused')",
        "import orchard",
        f"truename.stop(); truename.enable(); truename.start({trace!r}); import lazy",
        "import wave",
    )
    assert (started, imported, stopped) == ("refused", "", "")
    assert after == f"truename: this cell is not followed: this process is being recorded already, into {trace}"


def test_a_cell_that_ends_its_recording_is_not_known(run):
    _, written = run(ENABLE, "it = truename.stop()")
    assert written == (
        "truename: what this cell imported is not known: nothing is being recorded that `truename.start` began"
    )


def test_without_ipython_there_are_no_cells():
    with pytest.raises(truename.UnsupportedError, match="there are no cells here"):
        truename.enable()
    truename.disable()


def test_under_truename_run_it_is_refused(run, tmp_path):
    python = [COMMAND, "run", "--python", sys.executable, "--out", str(tmp_path / "trace"), "--"]
    cell = "import truename\ntry: truename.enable()\nexcept truename.AlreadyRecordingError as error: print(error)"
    assert run(cell, python=python) == ["`truename run` records this process already"]
