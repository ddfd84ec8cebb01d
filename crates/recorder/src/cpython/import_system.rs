//! The parts of the import system's own code by which imports are followed.

use std::ffi::CStr;
use std::ptr;

use module_identity::cpython::{CodeVariable, Object};
use pyo3::ffi;
use pyo3::prelude::*;

use super::code::{CodeRef, OptimizedCode};
use super::frames::FrameRef;
use super::object::ObjectRef;

unsafe extern "C" {
    static mut PyFunction_Type: ffi::PyTypeObject;
    /// Returns a function's code, borrowed from it. To ask for `__code__` would call audit hooks.
    fn PyFunction_GetCode(function: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

/// A part of the import system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportPart {
    /// `_find_and_load`, which all imports reach that `sys.modules` does not answer, and some that it does.
    Import,
    /// `_find_spec`, which searches.
    Search,
    /// `_load_unlocked`, which loads what was found.
    Load,
    /// The `exec_module` of extension and built-in modules, which runs their own code.
    Execute,
    /// The `create_module` of extension modules, which runs their own code, too. It is not followed: below it
    /// an extension module imports.
    Create,
}

/// The code of the import system, kept alive, so that its addresses are its own.
pub struct ImportSystem {
    codes: Vec<(Object, ImportPart)>,
    name: Option<Argument>,
    spec: Option<Argument>,
}

/// An argument of one of the parts.
struct Argument {
    code: OptimizedCode,
    variable: CodeVariable,
}

const BOOTSTRAP: &CStr = c"_frozen_importlib";
const EXTERNAL: &CStr = c"_frozen_importlib_external";

/// The places of the parts: the module, the class if there is one, and the function.
const PLACES: [(&CStr, Option<&CStr>, &CStr, ImportPart); 6] = [
    (BOOTSTRAP, None, c"_find_and_load", ImportPart::Import),
    (BOOTSTRAP, None, c"_find_spec", ImportPart::Search),
    (BOOTSTRAP, None, c"_load_unlocked", ImportPart::Load),
    (
        BOOTSTRAP,
        Some(c"BuiltinImporter"),
        c"exec_module",
        ImportPart::Execute,
    ),
    (
        EXTERNAL,
        Some(c"ExtensionFileLoader"),
        c"exec_module",
        ImportPart::Execute,
    ),
    (
        EXTERNAL,
        Some(c"ExtensionFileLoader"),
        c"create_module",
        ImportPart::Create,
    ),
];

impl ImportSystem {
    /// Looks for the parts. Those that the program has replaced are left out.
    pub fn find(py: Python<'_>) -> Self {
        let found = PLACES.iter().filter_map(|(module, class, function, part)| {
            Some((function_code(py, module, *class, function)?, *part))
        });
        let codes: Vec<_> = found.collect();
        let argument = |wanted: ImportPart, name: &str| {
            let (code, _) = codes.iter().find(|(_, part)| *part == wanted)?;
            let code = CodeRef::new(ObjectRef::of(py, code));
            let (arguments, _) = code.variables();
            let is_wanted =
                |it: &CodeVariable| ObjectRef::of(py, &it.name).text().as_deref() == Some(name);
            Some(Argument {
                code: code.as_optimized()?,
                variable: arguments.into_iter().find(is_wanted)?,
            })
        };
        Self {
            name: argument(ImportPart::Search, "name"),
            spec: argument(ImportPart::Load, "spec"),
            codes,
        }
    }

    /// Returns the part that this code is.
    #[inline]
    pub fn part(&self, code: CodeRef<'_>) -> Option<ImportPart> {
        let is_code = |(it, _): &&(Object, ImportPart)| ptr::eq(it.as_ptr(), code.as_ptr());
        self.codes.iter().find(is_code).map(|(_, part)| *part)
    }

    /// Returns the code whose events are followed.
    pub fn followed(&self) -> impl Iterator<Item = &Object> {
        let is_followed = |part: &ImportPart| *part != ImportPart::Create;
        let codes = self.codes.iter().filter(move |(_, part)| is_followed(part));
        codes.map(|(code, _)| code)
    }

    /// Returns the name that is searched for. The calling thread's frame is a search that starts.
    pub fn searched_name(&self, py: Python<'_>) -> Option<String> {
        let name = self.name.as_ref()?.value(py)?;
        let name = ObjectRef::of(py, &name).text()?;
        Some(name.into_owned())
    }

    /// Returns the spec that is loaded. The calling thread's frame is a loading that starts.
    pub fn loaded_spec(&self, py: Python<'_>) -> Option<Object> {
        self.spec.as_ref()?.value(py)
    }
}

impl Argument {
    /// Returns the value in the calling thread's frame.
    fn value(&self, py: Python<'_>) -> Option<Object> {
        let variables = FrameRef::current(py)?.variables(self.code);
        variables?.get(&self.variable)
    }
}

/// Returns the code of a function of the interpreter's own.
fn function_code(
    py: Python<'_>,
    module: &CStr,
    class: Option<&CStr>,
    function: &CStr,
) -> Option<Object> {
    // SAFETY: all names are C strings, and each call gives a new reference or an error. The modules and their
    // classes are the interpreter's own, unless the program has put others in their place: a function in
    // another place shows by its type, and lends its code.
    unsafe {
        let attribute = |object: &Object, name: &CStr| {
            let value = ffi::PyObject_GetAttrString(object.as_ptr(), name.as_ptr());
            Object::own(py, value)
        };
        let name = Object::own(py, ffi::PyUnicode_InternFromString(module.as_ptr()))?;
        let module = Object::own(py, ffi::PyImport_GetModule(name.as_ptr()))?;
        let holder = match class {
            Some(class) => attribute(&module, class)?,
            None => module,
        };
        let function = attribute(&holder, function)?;
        if !ptr::eq(ffi::Py_TYPE(function.as_ptr()), &raw mut PyFunction_Type) {
            return None;
        }
        Object::keep(py, PyFunction_GetCode(function.as_ptr()))
    }
}
