"""Labels of frames and code, by the installed package."""

import builtins
import importlib
import subprocess
import sys
import threading
import traceback
import types
from pathlib import Path

import pytest

import truename


def imported(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    """Writes modules, dots in their names being `__`, and makes them importable."""
    for name, text in files.items():
        file = folder.joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(str(folder))


def test_a_body_that_runs_has_its_modules_name(tmp_path, monkeypatch):
    imported(
        tmp_path,
        monkeypatch,
        garden__herbs="import sys, truename\nlate = 1\nlabel = truename.label_of(sys._getframe())\n"
        "def grow(): return truename.label_of(sys._getframe())\n"
        "nested = {}\nexec('l = truename.label_of(sys._getframe())', globals(), nested)\n"
        "bare = eval(compile('truename.label_of(sys._getframe())', '<string>', 'eval'))\n",
    )
    import garden.herbs as herbs

    assert herbs.label == "<garden.herbs>"
    assert herbs.grow() == "grow"
    assert herbs.nested["l"] == herbs.bare == "<module>"


def test_an_explanation_has_the_rule_and_the_evidence(tmp_path, monkeypatch):
    imported(
        tmp_path,
        monkeypatch,
        explained="import sys, truename\n__name__ = 'other'\nfound = truename.explain(sys._getframe())\n",
    )
    import explained

    found = explained.found
    assert (found.label, found.name, found.rule) == ("<explained>", "explained", "file")
    assert found.grounds.runner == "import" and found.grounds.file == "file"
    assert found.rivals == (truename.Rival("other", "name"),)
    assert "loaded from" in found.why


def test_frames_of_a_traceback_keep_their_names(tmp_path, monkeypatch):
    imported(
        tmp_path,
        monkeypatch,
        outer="import inner_one\n",
        inner_one="def fail(): raise ValueError('no')\nfail()\n",
    )
    with pytest.raises(ValueError) as caught:
        import outer  # noqa: F401
    labels = [truename.label_of(frame) for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert labels[-3:] == ["<outer>", "<inner_one>", "fail"]
    # A frame that was emptied keeps no evidence of who ran it, and is never taken for another.
    traceback.clear_frames(caught.value.__traceback__)
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        assert truename.label_of(frame) in ("<module>", "<outer>", "<inner_one>", "fail") or frame.f_back


def test_a_cleared_frame_says_nothing_any_more(tmp_path, monkeypatch):
    code = compile("1 / 0\n", "/elsewhere/sourceless.py", "exec")
    (tmp_path / "sourceless.pyc").write_bytes(importlib._bootstrap_external._code_to_timestamp_pyc(code))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ZeroDivisionError) as raised:
        import sourceless  # noqa: F401
    body = raised.tb
    while body.tb_next:
        body = body.tb_next
    # That it is a body, only the import system's own frames say.
    assert truename.label_of(body.tb_frame) == "<sourceless>"
    caller = body.tb_frame.f_back
    while caller.f_code.co_filename.startswith("<frozen importlib"):
        caller.clear()
        caller = caller.f_back
    assert truename.label_of(body.tb_frame) == "<module>"


def test_a_tracer_sees_true_names_at_the_start_of_each_body(tmp_path, monkeypatch):
    imported(
        tmp_path,
        monkeypatch,
        traced="from collections import namedtuple\nLeaf = namedtuple('Leaf', 'a b')\nimport traced_too\n",
        traced_too="x = 1\n",
    )
    seen = []

    def trace(frame, event, argument):
        if event == "call" and frame.f_code.co_name == "<module>":
            seen.append(truename.label_of(frame))
            assert truename.explain(frame).label == seen[-1], "the same when asked twice"

    truename.label_of(sys._getframe())
    sys.settrace(trace)
    try:
        import traced  # noqa: F401
    finally:
        sys.settrace(None)
    assert [label for label in seen if label != "<module>"] == ["<traced>", "<traced_too>"]


def test_a_frame_of_another_thread_can_be_asked_about(tmp_path, monkeypatch):
    imported(
        tmp_path,
        monkeypatch,
        waiting="import threading\nbegun, go_on = threading.Event(), threading.Event()\n"
        "def run():\n import body_that_waits\n",
        body_that_waits="import waiting\nwaiting.begun.set()\nwaiting.go_on.wait()\n",
    )
    import waiting

    thread = threading.Thread(target=waiting.run)
    thread.start()
    try:
        waiting.begun.wait()
        frame = sys._current_frames()[thread.ident]
        labels = []
        while frame is not None:
            labels.append(truename.label_of(frame))
            frame = frame.f_back
    finally:
        waiting.go_on.set()
        thread.join()
    assert "<body_that_waits>" in labels


def test_what_runs_after_the_first_code_in_a_namespace_is_no_body(tmp_path):
    module = types.ModuleType("by_hand")
    file = tmp_path / "by_hand.py"
    first = compile("import sys, truename; a = truename.label_of(sys._getframe())", str(file), "exec")
    second = compile("b = truename.label_of(sys._getframe())", str(file), "exec")
    exec(first, module.__dict__)
    exec(second, module.__dict__)
    assert module.a in ("<by_hand>", "<module>") and module.b == "<module>"


def test_a_namespace_has_one_body_however_often_it_is_asked_about(tmp_path, monkeypatch):
    file = str(tmp_path / "by_hand.py")
    module = types.ModuleType("by_hand")
    module.__file__ = file
    monkeypatch.setitem(sys.modules, "by_hand", module)
    labels = []
    # The code binds no name, so that the namespace is as new when it is asked about as at the start.
    monkeypatch.setattr(builtins, "ask", lambda: labels.append(truename.label_of(sys._getframe(1))), raising=False)
    expression, body, other = (compile("ask(), ask()", name, "exec") for name in ("<string>", file, file))
    for code in (expression, body, other):
        exec(code, vars(module))
    assert labels == ["<module>"] * 2 + ["<by_hand>"] * 2 + ["<module>"] * 2


def labels_in(folder: Path, *words: str) -> list[str]:
    """Runs Python, and returns what it prints."""
    ended = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_a_main_program_can_be_asked_about_at_any_time(tmp_path):
    ask = "print(truename.label_of(sys._getframe()))\n"
    (tmp_path / "script.py").write_text("import sys, truename\n" + ask * 2)
    assert labels_in(tmp_path, "script.py") == ["<__main__>"] * 2


def test_a_thread_can_ask_about_the_main_program(tmp_path):
    (tmp_path / "profiler.py").write_text(
        "import sys, threading, truename\n"
        "frame = sys._getframe()\n"
        "while frame.f_back: frame = frame.f_back\n"
        "thread = threading.Thread(target=lambda: print(truename.label_of(frame)))\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    # The command binds no name: nothing says that one which does is the first code of its namespace.
    assert labels_in(tmp_path, "-c", "__import__('profiler')") == ["<__main__>"]


def test_code_without_a_frame_is_inferred():
    import json.decoder

    code = compile("", json.decoder.__file__, "exec")
    assert truename.label_of_code(code) == "<json.decoder>"
    found = truename.explain_code(code)
    assert found.rule == "registry" and found.why.startswith("inferred")
    assert truename.label_of_code(compile("", "<string>", "exec"), "pkg.sub") == "<pkg.sub>"


def test_any_text_is_a_name_to_go_by():
    code = compile("", "<string>", "exec")
    assert truename.label_of_code(code, "pkg.\ud800") == "<pkg.\\ud800>"
    assert truename.label_of_code(code, "a\0b") == "<module>"
    assert truename.label_of_code(code, None) == "<module>"
    with pytest.raises(TypeError, match="a name is a str, or None"):
        truename.label_of_code(code, 1)


def test_what_is_no_frame_is_refused():
    with pytest.raises(TypeError, match="a frame is expected"):
        truename.label_of(1)
    with pytest.raises(AttributeError):
        truename.label_of_code(1)
    with pytest.raises(AttributeError, match="no attribute 'labels'"):
        truename.labels
