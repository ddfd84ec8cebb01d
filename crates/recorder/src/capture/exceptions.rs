//! Exceptions as values: by their types, and by what they were made with.

use std::ptr;

use module_identity::cpython::Object;
use pyo3::ffi;
use spool::{ExceptionForm, Items, Value, write_text};
use trace_filter::ValueAction;

use super::encoder::{LENGTH, ValueEncoder};
use super::names::AskedNames;
use super::objects::{attribute, is_heap_type, is_int};
use super::texts::copy_text;
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
            ValueAction::Allow => self.encode_message(exception),
            ValueAction::Redact => self.put(Value::Redacted),
            ValueAction::Drop => self.put(Value::Dropped),
        }
    }

    /// Encodes what an exception was made with, or the text that stands for it alone.
    fn encode_message(&mut self, exception: ObjectRef<'_>) {
        let py = exception.py();
        if let Some(text) = own_text(exception, &self.asked) {
            self.put(ONE);
            return self.encode(ObjectRef::of(py, &text));
        }
        let Some(arguments) = arguments(exception) else {
            return self.put(Value::Dropped);
        };
        if is(exception, Builtin::Group) && self.encode_group(ObjectRef::of(py, &arguments)) {
            return;
        }
        self.encode(ObjectRef::of(py, &arguments));
    }

    /// Encodes the text of a group, which has the number of its exceptions. Returns whether its arguments are as usual.
    fn encode_group(&mut self, arguments: ObjectRef<'_>) -> bool {
        let py = arguments.py();
        // SAFETY: the object is a live tuple. It lends its items, and where there is none, the error is cleared.
        let [text, within] = [0, 1].map(|index| unsafe {
            ObjectRef::or_none(py, ffi::PyTuple_GetItem(arguments.as_ptr(), index))
        });
        let (Some(text), Some(within)) = (text, within) else {
            return false;
        };
        let kind = within.kind().cast_const();
        // SAFETY: a list or a tuple, of no subclass, is asked for its length.
        let count = unsafe {
            if ptr::eq(kind, &raw const ffi::PyList_Type) {
                ffi::PyList_Size(within.as_ptr())
            } else if ptr::eq(kind, &raw const ffi::PyTuple_Type) {
                ffi::PyTuple_Size(within.as_ptr())
            } else {
                return false;
            }
        };
        let Some(text) = text.as_str() else {
            return false;
        };
        let more = copy_text(text, LENGTH, &mut self.text);
        if more == 0 {
            let plural = if count == 1 { "" } else { "s" };
            self.text += &format!(" ({count} sub-exception{plural})");
        }
        self.put(ONE);
        write_text(self.text.bytes(), more, &mut self.bytes);
        true
    }
}

/// A tuple of one item, which follows.
const ONE: Value<'static> = Value::Items {
    kind: Items::Tuple,
    shown: 1,
    more: 0,
};

/// Returns the text of an exception that is made of more than its arguments. It is of a class of the interpreter's own, and
/// made of plain objects, so that no code of the program runs.
fn own_text(exception: ObjectRef<'_>, asked: &AskedNames) -> Option<Object> {
    if is_heap_type(exception) {
        return None;
    }
    if is(exception, Builtin::Syntax) {
        return attribute(exception, &asked.msg);
    }
    let has = |name: &Object, is_right: fn(ObjectRef<'_>) -> bool| {
        let value = attribute(exception, name);
        value.is_some_and(|value| is_right(ObjectRef::of(exception.py(), &value)))
    };
    let is_plain = if is(exception, Builtin::System) {
        has(&asked.errno, is_int)
            && has(&asked.strerror, is_text)
            && has(&asked.filename, is_path)
            && has(&asked.filename2, is_path)
    } else if is(exception, Builtin::Decode) || is(exception, Builtin::Encode) {
        has(&asked.encoding, is_text) && has(&asked.object, is_path) && has(&asked.reason, is_text)
    } else {
        false
    };
    if !is_plain {
        return None;
    }
    // SAFETY: the object is alive; the call gives a new reference or an error.
    unsafe { Object::own(exception.py(), ffi::PyObject_Str(exception.as_ptr())) }
}

fn is_text(object: ObjectRef<'_>) -> bool {
    object.is_plain_str()
}

/// Returns whether an object is what a path may be, or none.
fn is_path(object: ObjectRef<'_>) -> bool {
    let kind = object.kind().cast_const();
    object.is_none()
        || object.is_plain_str()
        || is_int(object)
        || ptr::eq(kind, &raw const ffi::PyBytes_Type)
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

/// The interpreter's own classes of exceptions whose texts are not their arguments alone.
#[derive(Clone, Copy)]
enum Builtin {
    Key,
    System,
    Syntax,
    Decode,
    Encode,
    Group,
}

/// Returns whether an exception is of a class or of one that is derived from it.
fn is(exception: ObjectRef<'_>, class: Builtin) -> bool {
    // SAFETY: the built-in types are there as long as the interpreter.
    let class = unsafe {
        match class {
            Builtin::Key => ffi::PyExc_KeyError,
            Builtin::System => ffi::PyExc_OSError,
            Builtin::Syntax => ffi::PyExc_SyntaxError,
            Builtin::Decode => ffi::PyExc_UnicodeDecodeError,
            Builtin::Encode => ffi::PyExc_UnicodeEncodeError,
            Builtin::Group => ffi::PyExc_BaseExceptionGroup,
        }
    };
    // SAFETY: both types are alive; only their own bases are looked at.
    unsafe {
        ptr::eq(exception.kind(), class.cast())
            || ffi::PyType_IsSubtype(exception.kind(), class.cast()) != 0
    }
}

fn form(exception: ObjectRef<'_>) -> ExceptionForm {
    if is(exception, Builtin::Key) {
        ExceptionForm::Key
    } else if is(exception, Builtin::System) {
        ExceptionForm::System
    } else {
        ExceptionForm::Plain
    }
}
