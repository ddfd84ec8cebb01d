"""The header `truename.h`, in an extension that is compiled against it."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig

import pytest

import truename

TRACER = r"""
#include "truename.h"

static const truename_api *api;

static PyObject *
label_of_frame(PyObject *self, PyObject *frame)
{
    (void)self;
    return truename_label_of_frame(api, (PyFrameObject *)frame);
}

static PyObject *
label_of_code(PyObject *self, PyObject *arguments)
{
    PyObject *code, *name = NULL;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "O|O", &code, &name)) {
        return NULL;
    }
    return truename_label_of_code(api, (PyCodeObject *)code, name);
}

static PyMethodDef methods[] = {
    {"label_of_frame", label_of_frame, METH_O, NULL},
    {"label_of_code", label_of_code, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "tracer", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_tracer(void)
{
    api = truename_import();
    return api == NULL ? NULL : PyModule_Create(&definition);
}
"""

COMPILER = shutil.which("cc")
HEADERS = sysconfig.get_path("include")

pytestmark = pytest.mark.skipif(
    COMPILER is None or not os.path.exists(os.path.join(HEADERS, "Python.h")),
    reason=f"there is no C compiler here, or no Python.h in {HEADERS}",
)


def compiled(folder, *options):
    source = folder / "tracer.c"
    source.write_text(TRACER)
    library = folder / "tracer.abi3.so"
    command = [COMPILER, "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *options, f"-I{HEADERS}"]
    subprocess.run([*command, f"-I{truename.get_include()}", source, "-o", library], check=True)
    return library


@pytest.fixture(scope="module")
def tracer(tmp_path_factory):
    library = compiled(tmp_path_factory.mktemp("tracer"), "-DPy_LIMITED_API=0x030c0000")
    spec = importlib.util.spec_from_file_location("tracer", library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_frame_has_the_label_that_python_gets(tracer, tmp_path, monkeypatch):
    text = "import sys\nframe = sys._getframe()\nlabel = ask(frame)\nclass Tree:\n    def grow(self): return ask(sys._getframe())\n"
    (tmp_path / "orchard.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("builtins.ask", tracer.label_of_frame, raising=False)
    import orchard

    assert orchard.label == tracer.label_of_frame(orchard.frame) == truename.label_of(orchard.frame) == "<orchard>"
    assert orchard.Tree().grow() == "Tree.grow"


def test_code_has_the_label_that_python_gets(tracer, tmp_path):
    code = compile("pass", str(tmp_path / "plugin.py"), "exec")
    assert tracer.label_of_code(code) == truename.label_of_code(code)
    assert tracer.label_of_code(code, "night.plugin") == truename.label_of_code(code, "night.plugin") == "<night.plugin>"


def test_what_is_neither_frame_nor_code_is_an_error(tracer):
    with pytest.raises(TypeError, match="a frame is expected"):
        tracer.label_of_frame(1)
    with pytest.raises(AttributeError):
        tracer.label_of_code(1)
    with pytest.raises(TypeError, match="a name is a str"):
        tracer.label_of_code(compile("pass", "x.py", "exec"), 1)


def test_no_reference_is_lost_or_kept(tracer):
    frame, code = sys._getframe(), compile("pass", "x.py", "exec")
    before = [sys.getrefcount(it) for it in (frame, code)]
    for _ in range(100):
        tracer.label_of_frame(frame)
        tracer.label_of_code(code, "x")
    assert [sys.getrefcount(it) for it in (frame, code)] == before
    assert sys.getrefcount(tracer.label_of_code(code, "x")) == sys.getrefcount(truename.label_of_code(code, "x"))


def test_an_older_package_is_refused(tmp_path):
    newer = tmp_path / "newer"
    newer.mkdir()
    header = os.path.join(truename.get_include(), "truename.h")
    text = open(header).read().replace("#define TRUENAME_VERSION 1", "#define TRUENAME_VERSION 2")
    (newer / "truename.h").write_text(text)
    library = compiled(tmp_path, f"-I{newer}")
    program = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("tracer", {str(library)!r})
try: importlib.util.module_from_spec(spec)
except ImportError as error: print(error)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "truename has version 1 of its functions, and 2 is needed\n"
