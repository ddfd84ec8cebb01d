//! The module object that Python has of this extension.
//!
//! It is made by hand: `pyo3`'s own modules load in the main interpreter alone. Its functions are entered without
//! `pyo3`'s count of attached threads, with which it keeps objects of all interpreters in one list.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr::{self, addr_of_mut};

use module_identity::cpython::Object;
use module_identity::{Identity, Rule};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::c_api::{self, CApi};
use crate::cpython::interpreter::InterpreterId;
use crate::cpython::object::ObjectRef;
use crate::explanation;
use crate::inference::Inference;
use crate::panics::contained;
use crate::session;

/// The state of a module object, of which each interpreter has its own: null until it is needed.
struct ModuleState {
    inference: *mut Inference,
}

/// Returns the definition of the module, from which each interpreter makes its own.
#[unsafe(no_mangle)]
pub extern "C" fn PyInit_truename_recorder() -> *mut ffi::PyObject {
    // SAFETY: the definition is complete, and CPython alone changes it, under a lock of its own.
    unsafe { ffi::PyModuleDef_Init(addr_of_mut!(DEFINITION)) }
}

static mut DEFINITION: ffi::PyModuleDef = ffi::PyModuleDef {
    m_base: ffi::PyModuleDef_HEAD_INIT,
    m_name: c"truename_recorder".as_ptr(),
    m_doc: c"Records which module bodies run, for truename.".as_ptr(),
    m_size: size_of::<ModuleState>() as ffi::Py_ssize_t,
    m_methods: (&raw mut METHODS).cast(),
    m_slots: (&raw mut SLOTS).cast(),
    m_traverse: None,
    m_clear: None,
    m_free: Some(free),
};

static mut SLOTS: [ffi::PyModuleDef_Slot; 2] = [
    ffi::PyModuleDef_Slot {
        slot: ffi::Py_mod_multiple_interpreters,
        value: ffi::Py_MOD_PER_INTERPRETER_GIL_SUPPORTED,
    },
    ffi::PyModuleDef_Slot {
        slot: 0,
        value: ptr::null_mut(),
    },
];

static mut METHODS: [ffi::PyMethodDef; 9] = [
    method(
        c"start",
        start,
        c"start(folder, *, early=False)\n--\n\n\
          Starts recording this interpreter into a new spool in `folder`.\n\n\
          `early` says that no code was made yet that is to run: where only module bodies are recorded,\n\
          it is then enough to look at code objects as they are made, and functions cost nothing.",
    ),
    plain_method(
        c"stop",
        stop,
        c"stop()\n--\n\nStops recording and forgets everything; a later `start` begins anew.",
    ),
    plain_method(
        c"interpreter",
        interpreter,
        c"interpreter()\n--\n\nReturns the id of this interpreter; 0 is the main one.",
    ),
    method(
        c"resolve_for_code",
        resolve_for_code,
        c"resolve_for_code(code, name=None)\n--\n\n\
          Returns the label that the body of a code object would have, and why, for those who have no frame:\n\
          an inference from `sys.modules`, a `__name__` and `sys.path`.",
    ),
    method(
        c"explain_code",
        explain_code,
        c"explain_code(code, name=None)\n--\n\n\
          Returns the same inference with its evidence, as `trace_modules.json` has it.",
    ),
    argument_method(
        c"label_of_frame",
        label_of_frame,
        c"label_of_frame(frame)\n--\n\n\
          Returns the label of a frame of module code, and the qualified name of any other code.",
    ),
    argument_method(
        c"explain_frame",
        explain_frame,
        c"explain_frame(frame)\n--\n\n\
          Returns the label of a frame of module code with its evidence, as `trace_modules.json` has it.",
    ),
    plain_method(
        c"c_api",
        c_api,
        c"c_api()\n--\n\nReturns a capsule with the functions that `truename.h` declares.",
    ),
    ffi::PyMethodDef::zeroed(),
];

/// A function that takes arguments.
const fn method(
    name: &'static CStr,
    function: ffi::PyCFunctionWithKeywords,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionWithKeywords: function,
        },
        ml_flags: ffi::METH_VARARGS | ffi::METH_KEYWORDS,
        ml_doc: doc.as_ptr(),
    }
}

/// A function that takes one argument.
const fn argument_method(
    name: &'static CStr,
    function: ffi::PyCFunction,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_flags: ffi::METH_O,
        ..plain_method(name, function, doc)
    }
}

/// A function that takes none.
const fn plain_method(
    name: &'static CStr,
    function: ffi::PyCFunction,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunction: function,
        },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: doc.as_ptr(),
    }
}

unsafe extern "C" fn start(
    _module: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        let mut names = names([c"folder", c"early"]);
        let (mut folder, mut early) = (ptr::null_mut::<ffi::PyObject>(), 0 as c_int);
        // SAFETY: CPython passes live arguments. The format has a place for each name, and the converter gives a
        // new reference to a bytes.
        let folder = unsafe {
            let read = ffi::PyArg_ParseTupleAndKeywords(
                arguments,
                keywords,
                c"O&|$p:start".as_ptr(),
                names.as_mut_ptr(),
                ffi::PyUnicode_FSConverter as *const c_void,
                &raw mut folder,
                &raw mut early,
            );
            if read == 0 {
                return Err(PyErr::fetch(py));
            }
            let folder = Object::own(py, folder);
            let bytes = folder.as_ref().map_or(&[][..], |folder| {
                let length = ffi::PyBytes_Size(folder.as_ptr()).unsigned_abs();
                std::slice::from_raw_parts(ffi::PyBytes_AsString(folder.as_ptr()).cast(), length)
            });
            PathBuf::from(OsStr::from_bytes(bytes))
        };
        session::start(py, folder, early != 0)?;
        Ok(py.None().into_ptr())
    })
}

unsafe extern "C" fn stop(
    module: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        session::stop(py);
        // SAFETY: CPython passes the module.
        unsafe { inference(module) }.forget(py);
        Ok(py.None().into_ptr())
    })
}

unsafe extern "C" fn interpreter(
    _module: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        let id = InterpreterId::current(py).number();
        Ok(id.into_pyobject(py)?.into_any().into_ptr())
    })
}

unsafe extern "C" fn resolve_for_code(
    module: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        // SAFETY: CPython passes the module and live arguments.
        let identity = unsafe { identity_of_code(py, module, arguments, keywords) }?;
        let answer = (identity.label(), identity.rule.reason());
        Ok(answer.into_pyobject(py)?.into_any().into_ptr())
    })
}

unsafe extern "C" fn explain_code(
    module: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        // SAFETY: CPython passes the module and live arguments.
        let identity = unsafe { identity_of_code(py, module, arguments, keywords) }?;
        Ok(explanation::dict(py, &identity)?.into_any().into_ptr())
    })
}

/// Infers what the arguments of a function ask for: a code object, and a name where there is one.
///
/// # Safety
///
/// CPython has passed the module and the arguments.
unsafe fn identity_of_code(
    py: Python<'_>,
    module: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> PyResult<Identity> {
    let mut names = names([c"code", c"name"]);
    let mut code = ptr::null_mut::<ffi::PyObject>();
    let mut name = ptr::null_mut::<ffi::PyObject>();
    // SAFETY: the arguments are live by contract. The format has a place for each name; the arguments keep what is
    // read of them.
    unsafe {
        let read = ffi::PyArg_ParseTupleAndKeywords(
            arguments,
            keywords,
            c"O|O:code".as_ptr(),
            names.as_mut_ptr(),
            &raw mut code,
            &raw mut name,
        );
        if read == 0 {
            return Err(PyErr::fetch(py));
        }
        infer(py, module, code, name)
    }
}

/// Infers whose body a code object is.
///
/// # Safety
///
/// `module` is a live module object that was made from the definition, `code` is live, and `name` is live or null.
unsafe fn infer(
    py: Python<'_>,
    module: *mut ffi::PyObject,
    code: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
) -> PyResult<Identity> {
    // SAFETY: they are live by contract.
    let (code, name) = unsafe {
        let name = (!name.is_null()).then(|| ObjectRef::new(py, name));
        (Bound::from_borrowed_ptr(py, code), name)
    };
    let name = name.filter(|name| !name.is_none());
    let name = name.map(|name| {
        let text = name.text();
        text.ok_or_else(|| PyTypeError::new_err("a name is a str, or None"))
    });
    let name = name.transpose()?;
    // SAFETY: the module is one by contract.
    unsafe { inference(module) }.resolve_for_code(&code, name.as_deref())
}

unsafe extern "C" fn label_of_frame(
    module: *mut ffi::PyObject,
    frame: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        // SAFETY: CPython passes the module and a live argument.
        let identity = unsafe { identity_of_frame(py, module, frame) }?;
        if identity.rule == Rule::NotModuleCode {
            // SAFETY: an object that has an identity is a frame; the call gives a new reference.
            let code = unsafe { Object::own(py, ffi::PyFrame_GetCode(frame.cast()).cast()) };
            if let Some(code) = code {
                return Ok(code.bind(py).getattr("co_qualname")?.into_ptr());
            }
        }
        Ok(identity.label().into_pyobject(py)?.into_any().into_ptr())
    })
}

unsafe extern "C" fn explain_frame(
    module: *mut ffi::PyObject,
    frame: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        // SAFETY: CPython passes the module and a live argument.
        let identity = unsafe { identity_of_frame(py, module, frame) }?;
        Ok(explanation::dict(py, &identity)?.into_any().into_ptr())
    })
}

unsafe extern "C" fn c_api(
    module: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        // SAFETY: CPython passes the module.
        let module = unsafe { Bound::from_borrowed_ptr(py, module) };
        c_api::capsule(&module, c_label_of_frame, c_label_of_code)
    })
}

unsafe extern "C" fn c_label_of_frame(
    api: *const CApi,
    frame: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the header passes the interface, which keeps the module, and a live frame.
    unsafe { label_of_frame((*api).module(), frame) }
}

unsafe extern "C" fn c_label_of_code(
    api: *const CApi,
    code: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    run(|py| {
        // SAFETY: the header passes the interface, which keeps the module, live code, and a live name or a null.
        let identity = unsafe { infer(py, (*api).module(), code, name) }?;
        Ok(identity.label().into_pyobject(py)?.into_any().into_ptr())
    })
}

/// Decides about a frame.
///
/// # Safety
///
/// CPython has passed the module and the frame.
unsafe fn identity_of_frame(
    py: Python<'_>,
    module: *mut ffi::PyObject,
    frame: *mut ffi::PyObject,
) -> PyResult<Identity> {
    // SAFETY: both are live by contract.
    let (inference, frame) = unsafe { (inference(module), Borrowed::from_ptr(py, frame)) };
    let no_frame = || PyTypeError::new_err("a frame is expected, such as sys._getframe() returns");
    inference.resolve_frame(frame)?.ok_or_else(no_frame)
}

/// Returns the names of arguments as CPython reads them, up to a null.
fn names<const N: usize>(names: [&'static CStr; N]) -> Vec<*mut c_char> {
    let names = names.map(|name| name.as_ptr().cast_mut());
    names.into_iter().chain([ptr::null_mut()]).collect()
}

/// Runs a function of the module, and raises its error.
fn run(task: impl FnOnce(Python<'_>) -> PyResult<*mut ffi::PyObject>) -> *mut ffi::PyObject {
    // SAFETY: CPython calls functions attached to the interpreter.
    let py = unsafe { Python::assume_attached() };
    let failed = || Err(PyRuntimeError::new_err("the recorder of truename failed"));
    let result = contained(py, || task(py)).unwrap_or_else(failed);
    result.unwrap_or_else(|error| {
        error.restore(py);
        ptr::null_mut()
    })
}

/// Returns what the module infers labels with.
///
/// # Safety
///
/// `module` is a live module object that was made from the definition.
unsafe fn inference<'a>(module: *mut ffi::PyObject) -> &'a Inference {
    // SAFETY: the module has its state, zeroed at first, for as long as it lives, and functions run attached to
    // its interpreter.
    unsafe {
        let state = &mut *ffi::PyModule_GetState(module).cast::<ModuleState>();
        if state.inference.is_null() {
            state.inference = Box::into_raw(Box::new(Inference::new()));
        }
        &*state.inference
    }
}

/// Frees what a module object has, when that is freed.
unsafe extern "C" fn free(module: *mut c_void) {
    // SAFETY: CPython passes a module that was made from the definition, attached to its interpreter; one that
    // was never filled has no state.
    unsafe {
        let state = ffi::PyModule_GetState(module.cast()).cast::<ModuleState>();
        if !state.is_null() && !(*state).inference.is_null() {
            drop(Box::from_raw((*state).inference));
        }
    }
}
