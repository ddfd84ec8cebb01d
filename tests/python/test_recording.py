"""Recordings that a program makes of itself."""

import os
import subprocess
import sys
import sysconfig
import threading

import pytest

import truename

COMMAND = os.path.join(sysconfig.get_path("scripts"), "truename")


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Modules that no other test imports, by a prefix of their own."""
    prefix = "m" + format(abs(hash(str(tmp_path))), "x")
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / f"{prefix}_a.py").write_text(f"import {prefix}_b\ndef work(n):\n    return n and work(n - 1)\n")
    (folder / f"{prefix}_b.py").write_text("b = 1\n")
    monkeypatch.syspath_prepend(str(folder))
    return prefix


def names(trace):
    return [module.name for module in trace.modules]


def checked(trace):
    ended = subprocess.run([COMMAND, "check", trace.path], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return trace


def test_a_with_block_records_what_it_imports(tmp_path, modules):
    with truename.record(tmp_path / "trace") as trace:
        __import__(f"{modules}_a")
    assert names(checked(trace)) == [f"{modules}_a", f"{modules}_b"]
    assert trace.process["ended"] == "stopped"
    assert "pytest" in trace.loaded_before
    assert [found.name for found in trace.imports] == [f"{modules}_a", f"{modules}_b"]
    assert trace.imports[1].importer.module == f"{modules}_a"
    (node,) = [node for node in trace.tree() if node.name == f"{modules}_a"]
    assert [inner.name for inner in node.nodes] == [f"{modules}_b"]


def test_a_decorated_function_is_recorded_with_its_calls(tmp_path, modules):
    module = __import__(f"{modules}_a")

    @truename.record(tmp_path / "trace", events="calls", values="args")
    def program(n):
        """Works."""
        return module.work(n)

    assert program(3) == 0 and program.__doc__ == "Works."
    calls = [call for call in checked(truename.Trace(tmp_path / "trace")).calls() if call.name == "work"]
    assert len(calls) == 4
    depths = [call.depth for call in calls]
    assert depths == list(range(depths[0], depths[0] + 4))
    assert calls[0].file == module.__file__ and calls[0].line == 2
    assert next(truename.Trace(tmp_path / "trace").calls())


def test_start_and_stop_can_be_repeated(tmp_path, modules):
    for round in "ab":
        assert not truename.is_recording()
        truename.start(tmp_path / round)
        assert truename.is_recording()
        __import__(f"{modules}_{'b' if round == 'a' else 'a'}")
        assert names(checked(truename.stop())) == [f"{modules}_{'b' if round == 'a' else 'a'}"]


def test_what_an_error_leaves_is_a_trace(tmp_path):
    with pytest.raises(ZeroDivisionError):
        with truename.record(tmp_path / "trace") as trace:
            exec("1 / 0", {})
    (module,) = checked(trace).modules
    assert (module.label, module.outcome, module.exception) == ("<module>", "raised", "ZeroDivisionError")


def test_misuse_has_errors_of_its_own(tmp_path):
    with pytest.raises(truename.NotRecordingError):
        truename.stop()
    with truename.record(tmp_path / "trace"):
        with pytest.raises(truename.AlreadyRecordingError, match="being recorded already"):
            truename.start(tmp_path / "other")
        assert truename.is_recording()
        exec("x = 1", {})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("")
    with pytest.raises(truename.CommandError, match="files that are not a trace"):
        truename.start(tmp_path / "mine")
    with pytest.raises(truename.CommandError, match="--values full needs recorded lines"):
        truename.start(tmp_path / "other", values="full")
    with pytest.raises(truename.CommandError, match="there is no trace"):
        truename.Trace(tmp_path / "none").modules
    with pytest.raises(truename.CommandError):
        list(truename.Trace(tmp_path / "none").calls())
    errors = []

    def on_a_thread():
        try:
            truename.start(tmp_path / "other")
        except truename.TruenameError as error:
            errors.append(str(error))

    thread = threading.Thread(target=on_a_thread)
    thread.start()
    thread.join()
    assert "main thread" in errors[0] and not truename.is_recording()


def run(text: str, *words: str):
    return subprocess.run([*words, "-c", text], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)


def test_a_program_that_ends_without_stopping_has_a_trace(tmp_path):
    trace = truename.Trace(tmp_path / "trace")
    ended = run(f"import truename\ntruename.start({trace.path!r})\nimport colorsys", sys.executable)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "colorsys" in names(checked(trace))


def test_a_program_that_is_killed_has_a_trace(tmp_path):
    trace = truename.Trace(tmp_path / "trace")
    text = f"import truename, os\ntruename.start({trace.path!r})\nimport colorsys\nos.kill(os.getpid(), 9)"
    assert run(text, sys.executable).returncode == -9
    # Nobody waits for the command that makes it.
    for _ in range(300):
        if subprocess.run([COMMAND, "check", trace.path], capture_output=True).returncode == 0:
            break
        threading.Event().wait(0.1)
    assert "colorsys" in names(checked(trace))


def test_under_truename_run_nothing_else_can_record(tmp_path):
    text = (
        "import truename\n"
        f"try: truename.start({str(tmp_path / 'inner')!r})\n"
        "except truename.AlreadyRecordingError as error: print(error)\n"
    )
    ended = run(text, COMMAND, "run", "--python", sys.executable, "--out", str(tmp_path / "outer"), "--")
    assert ended.stdout == "`truename run` records this process already\n", ended.stderr
    assert not (tmp_path / "inner").exists()


def test_a_fork_is_recorded_as_a_child(tmp_path):
    trace = truename.Trace(tmp_path / "trace")
    text = f"""
import os, truename
with truename.record({trace.path!r}):
    import colorsys
    child = os.fork()
    if child == 0:
        import sched
    else:
        assert os.waitpid(child, 0)[1] == 0
os._exit(0) if child == 0 else print(len(truename.Trace({trace.path!r}).children))
"""
    ended = run(text, sys.executable)
    assert (ended.stdout, ended.stderr) == ("1\n", "")
    (child,) = checked(trace).children
    assert "sched" in names(child) and "sched" not in names(trace)
    assert child.process["origin"] == "fork"


def test_a_fork_stops_without_a_word(tmp_path):
    text = f"""
import gc, os, truename
truename.start({str(tmp_path / "trace")!r})
child = os.fork()
import sched
truename.stop()
gc.collect()
if child:
    assert os.waitpid(child, 0)[1] == 0
"""
    ended = run(text, sys.executable, "-X", "dev")
    assert (ended.returncode, ended.stderr) == (0, "")
    checked(truename.Trace(tmp_path / "trace"))


def test_where_the_command_was_killed_its_recording_is_kept(tmp_path):
    path = str(tmp_path / "trace")
    text = f"""
import os, truename
truename.start({path!r})
import colorsys
os.kill(truename._recording._session.process.pid, 9)
try: truename.stop()
except truename.CommandError as error: print(error)
"""
    ended = run(text, sys.executable)
    assert f"was ended by signal 9. What was recorded is kept: `truename finish {path}`" in ended.stdout, ended.stderr
    subprocess.run([COMMAND, "finish", path], check=True, capture_output=True)
    assert "colorsys" in names(truename.Trace(path))
