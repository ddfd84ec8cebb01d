//! The variables of a frame that are set.
//!
//! `PyFrame_GetVar` answers for a variable that is not set with an error, and puts the `repr` of its name into
//! it. Before each `repr` CPython runs what waits to be run: signal handlers, finalizers, remote scripts. So it
//! is only asked where nothing can have unset a variable.

use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;

use super::object::Object;

unsafe extern "C" {
    /// Returns the variables of a frame as a mapping, a new reference. Since CPython 3.11.
    fn PyFrame_GetLocals(frame: *mut ffi::PyFrameObject) -> *mut ffi::PyObject;
    /// Returns a variable of a frame, a new reference; an error where it is not set. Since CPython 3.12.
    fn PyFrame_GetVar(
        frame: *mut ffi::PyFrameObject,
        name: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
    /// Returns what a cell holds, a new reference; null, and no error, where it is empty.
    fn PyCell_Get(cell: *mut ffi::PyObject) -> *mut ffi::PyObject;
    static mut PyCell_Type: ffi::PyTypeObject;
}

/// A variable of a code object.
pub struct CodeVariable {
    /// Its name, the very str that the code has.
    pub name: Object,
    /// Its place among the variables of the code.
    pub index: usize,
    /// Set where functions share it: its place has a cell that holds it.
    pub is_cell: bool,
}

/// The variables of a frame that runs a function's code, as they are now.
pub struct FrameVariables<'py> {
    py: Python<'py>,
    values: Values,
}

enum Values {
    /// Not read before one is asked for: all are set.
    InFrame(NonNull<ffi::PyFrameObject>),
    /// CPython 3.12: the places in the frame.
    Places(NonNull<*mut ffi::PyObject>),
    /// Later versions: the names and values of those that are set.
    Items {
        pairs: Vec<(*mut ffi::PyObject, *mut ffi::PyObject)>,
        /// Keeps the pairs alive.
        _list: Object,
    },
}

impl<'py> FrameVariables<'py> {
    /// Reads the variables of a frame. `None` where they cannot be read, or where the frame runs other code.
    ///
    /// # Safety
    ///
    /// `frame` is a live frame, on a thread's stack or one that has ended, and `code` is optimized: its variables are
    /// its own, and are in no mapping of the program's.
    pub unsafe fn read(
        py: Python<'py>,
        frame: *mut ffi::PyFrameObject,
        code: *mut ffi::PyObject,
    ) -> Option<Self> {
        let values = if has_views(py) {
            // SAFETY: by contract.
            unsafe { items(py, frame) }?
        } else {
            // SAFETY: by contract.
            Values::Places(unsafe { places(py, frame, code) }?)
        };
        Some(Self { py, values })
    }

    /// Reads the arguments of a frame that is about to execute the first instruction of its code, where all are
    /// set. It copies nothing, unlike [`FrameVariables::read`] of CPython 3.13 and later.
    ///
    /// # Safety
    ///
    /// As for [`FrameVariables::read`]; and the frame is on its thread's stack as long as these are in use.
    pub unsafe fn read_arguments(
        py: Python<'py>,
        frame: *mut ffi::PyFrameObject,
        code: *mut ffi::PyObject,
    ) -> Option<Self> {
        if has_views(py) {
            let values = Values::InFrame(NonNull::new(frame)?);
            return Some(Self { py, values });
        }
        // SAFETY: by contract.
        unsafe { Self::read(py, frame, code) }
    }

    /// Returns the value of a variable of the frame's code, if it is set.
    pub fn get(&self, variable: &CodeVariable) -> Option<Object> {
        match &self.values {
            Values::InFrame(frame) => {
                // SAFETY: the frame is on the stack, and has a variable of this name; the call gives a new
                // reference or an error.
                unsafe {
                    let value = PyFrame_GetVar(frame.as_ptr(), variable.name.as_ptr());
                    Object::own(self.py, value)
                }
            }
            Values::Places(places) => {
                // SAFETY: the variable is one of this code. The frame keeps what it has.
                unsafe {
                    let value = *places.as_ptr().add(variable.index);
                    let is_in_cell = variable.is_cell
                        && !value.is_null()
                        && ptr::eq(ffi::Py_TYPE(value), &raw mut PyCell_Type);
                    match is_in_cell {
                        true => Object::own(self.py, PyCell_Get(value)),
                        false => Object::keep(self.py, value),
                    }
                }
            }
            Values::Items { pairs, .. } => {
                let name = variable.name.as_ptr();
                let (_, value) = pairs.iter().find(|(other, _)| *other == name)?;
                // SAFETY: the list keeps the value.
                unsafe { Object::keep(self.py, *value) }
            }
        }
    }
}

/// Returns whether the mapping of a function's variables is but a view of them (PEP 667). CPython 3.12 has
/// a dictionary, which the program may hold, and would write to it.
fn has_views(py: Python<'_>) -> bool {
    static HAS_VIEWS: OnceLock<bool> = OnceLock::new();
    *HAS_VIEWS.get_or_init(|| py.version_info() >= (3, 13))
}

/// Returns the names and values that a frame's view of its variables lists. To list them compares no names:
/// the program may have put keys of its own into the view.
///
/// # Safety
///
/// As for [`FrameVariables::read`].
unsafe fn items(py: Python<'_>, frame: *mut ffi::PyFrameObject) -> Option<Values> {
    // SAFETY: the frame is alive, and the view's type is the interpreter's own. Each call gives a new reference
    // or an error. The list lends its pairs, and these what they hold; nobody else has them.
    unsafe {
        let view = Object::own(py, PyFrame_GetLocals(frame))?;
        let list = Object::own(py, ffi::PyMapping_Items(view.as_ptr()))
            .filter(|it| ffi::PyList_CheckExact(it.as_ptr()) != 0)?;
        let count = ffi::PyList_Size(list.as_ptr());
        let pair = |index| {
            let pair = ffi::PyList_GetItem(list.as_ptr(), index);
            (ffi::PyTuple_GetItem(pair, 0), ffi::PyTuple_GetItem(pair, 1))
        };
        let pairs = (0..count).map(pair).collect();
        Some(Values::Items { pairs, _list: list })
    }
}

/// The head of a frame object of CPython 3.12.
#[repr(C)]
struct FrameObject {
    object: ffi::PyObject,
    back: *mut c_void,
    frame: *mut InterpreterFrame,
    trace: *mut ffi::PyObject,
    line: c_int,
    flags: [c_char; 3],
    /// The place of the frame's own data, once it has ended.
    data: [*mut c_void; 1],
}

/// The data of a frame of CPython 3.12.
#[repr(C)]
struct InterpreterFrame {
    code: *mut ffi::PyObject,
    previous: *mut c_void,
    function: *mut ffi::PyObject,
    globals: *mut ffi::PyObject,
    builtins: *mut ffi::PyObject,
    locals: *mut ffi::PyObject,
    object: *mut FrameObject,
    instruction: *mut c_void,
    stack_top: c_int,
    return_offset: u16,
    owner: c_char,
    places: [*mut ffi::PyObject; 1],
}

/// Returns the places of the variables in a frame of CPython 3.12 that runs `code`, whose layout is checked.
///
/// # Safety
///
/// As for [`FrameVariables::read`].
unsafe fn places(
    py: Python<'_>,
    frame: *mut ffi::PyFrameObject,
    code: *mut ffi::PyObject,
) -> Option<NonNull<*mut ffi::PyObject>> {
    static IS_KNOWN: OnceLock<bool> = OnceLock::new();
    // SAFETY: the frame is alive, and has a type.
    let is_known = || unsafe { has_known_layout(py, ffi::Py_TYPE(frame.cast())) };
    if !*IS_KNOWN.get_or_init(is_known) {
        return None;
    }
    let object: *mut FrameObject = frame.cast();
    // SAFETY: frames have this layout. A frame on a stack has its data there, which knows the frame's object; one that has
    // ended has it in itself. One that was cleared has no stack, and keeps addresses of what it has let go.
    unsafe {
        let data = (*object).frame;
        let has_ended = ptr::eq(data.cast(), &raw const (*object).data);
        let is_right =
            (has_ended || ptr::eq((*data).object, object)) && ptr::eq((*data).code, code);
        let is_cleared = (*data).stack_top == 0;
        (is_right && !is_cleared)
            .then_some(NonNull::new_unchecked((&raw mut (*data).places).cast()))
    }
}

/// Returns whether frames have the layout that is written down here. The size that the type of frames states
/// is that of both structs, up to their last member.
///
/// # Safety
///
/// `kind` is the type of frames.
unsafe fn has_known_layout(py: Python<'_>, kind: *mut ffi::PyTypeObject) -> bool {
    let size = offset_of!(FrameObject, data) + offset_of!(InterpreterFrame, places);
    // SAFETY: the type is alive, and is the interpreter's own; the call gives a new reference or an error.
    let stated = unsafe {
        let stated = ffi::PyObject_GetAttrString(kind.cast(), c"__basicsize__".as_ptr());
        Object::own(py, stated).map(|it| ffi::PyLong_AsSize_t(it.as_ptr()))
    };
    py.version_info() < (3, 13) && stated == Some(size)
}
