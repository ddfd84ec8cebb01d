"""The command, from the console script and from `python -m`."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

SCRIPT = os.path.join(sysconfig.get_path("scripts"), "truename")
PROGRAM = "import sys, truename\nprint(truename.label_of(sys._getframe()), sys.argv[1:])\nraise SystemExit(3)\n"


@pytest.fixture
def program(tmp_path):
    file = tmp_path / "app.py"
    file.write_text(PROGRAM)
    return file


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def process(trace: Path):
    return json.loads((trace / "trace_modules.json").read_text())["process"]


def test_the_module_and_the_script_are_one_command(program, tmp_path):
    for number, command in enumerate([[SCRIPT, "run", "--python", sys.executable], [sys.executable, "-m", "truename", "run"]]):
        trace = tmp_path / str(number)
        ended = run(*command, "--out", str(trace), str(program), "--flag")
        assert (ended.returncode, ended.stderr) == (3, "")
        assert ended.stdout == "<__main__> ['--flag']\n"
        assert process(trace)["python"] == ".".join(map(str, sys.version_info[:3]))
    version = [run(*command, "--version").stdout for command in ([SCRIPT], [sys.executable, "-m", "truename"])]
    assert version[0] == version[1] != ""


def test_python_m_records_with_its_own_python(program, tmp_path):
    trace = tmp_path / "trace"
    run(sys.executable, "-m", "truename", "run", "--out", str(trace), str(program))
    assert os.path.realpath(process(trace)["executable"]) == os.path.realpath(sys.executable)


def test_where_the_cache_cannot_be_used_labels_work_all_the_same(program, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    variables = {**os.environ, "TRUENAME_CACHE": str(blocked)}
    assert run(sys.executable, str(program), env=variables).stdout == "<__main__> []\n"
    assert run(SCRIPT, "recorder", env=variables).returncode == 1


def test_a_missing_command_is_an_error_that_says_where_it_was_looked_for():
    ask = "import sys, truename\ntry: truename.label_of(sys._getframe())\nexcept truename.CommandError as e: print(e)"
    ended = run(sys.executable, "-c", ask, env={**os.environ, "TRUENAME_COMMAND": "/nowhere/truename"})
    assert "could not be started" in ended.stdout
