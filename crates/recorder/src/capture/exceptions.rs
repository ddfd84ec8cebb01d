//! Exceptions as values: by their types, and by what they were made with.

use std::ptr;

use module_identity::cpython::Object;
use pyo3::ffi;
use spool::{ExceptionForm, Value};
use trace_filter::ValueAction;

use super::encoder::ValueEncoder;
use crate::cpython::object::ObjectRef;

unsafe extern "C" {
    /// Returns the tuple in the exception itself. In the stable ABI since CPython 3.12.
    fn PyException_GetArgs(exception: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

impl ValueEncoder {
    /// Encodes an exception, of which `action` says what becomes of its arguments. The program is not asked for a text: a
    /// class of its own may make one.
    pub fn encode_exception(&mut self, exception: ObjectRef<'_>, action: ValueAction) {
        let name = exception.type_name().unwrap_or_default();
        self.put(Value::Exception(form(exception), &name));
        match action {
            ValueAction::Allow => match arguments(exception) {
                Some(arguments) => self.encode(ObjectRef::of(exception.py(), &arguments)),
                None => self.put(Value::Dropped),
            },
            ValueAction::Redact => self.put(Value::Redacted),
            ValueAction::Drop => self.put(Value::Dropped),
        }
    }
}

/// Returns what an exception was made with.
fn arguments(exception: ObjectRef<'_>) -> Option<Object> {
    // SAFETY: the object is alive.
    let is_exception = unsafe { ffi::PyExceptionInstance_Check(exception.as_ptr()) != 0 };
    is_exception
        .then(|| {
            // SAFETY: the object is a live exception, which gives a new reference to the tuple in it.
            unsafe { Object::own(exception.py(), PyException_GetArgs(exception.as_ptr())) }
        })
        .flatten()
}

fn form(exception: ObjectRef<'_>) -> ExceptionForm {
    // SAFETY: the built-in types are there as long as the interpreter.
    let (key, system) = unsafe { (ffi::PyExc_KeyError, ffi::PyExc_OSError) };
    // SAFETY: both types are alive; only their own bases are looked at.
    let is = |kind: *mut ffi::PyObject| unsafe {
        ptr::eq(exception.kind(), kind.cast())
            || ffi::PyType_IsSubtype(exception.kind(), kind.cast()) != 0
    };
    match (is(key), is(system)) {
        (true, _) => ExceptionForm::Key,
        (_, true) => ExceptionForm::System,
        _ => ExceptionForm::Plain,
    }
}
