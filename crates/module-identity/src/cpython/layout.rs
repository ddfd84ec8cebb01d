//! The layout of frames in memory, which differs between versions of CPython.
//!
//! Nothing in the stable ABI lends a function's variables: they are copied, or asked for one by one by their names.
//! Where they are in memory is checked before it is believed.

use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};
use std::ptr;
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;

use super::object::Object;

/// The head of a frame object. Behind the flags come references of which each version has more, and then the data of
/// a frame that has ended.
#[repr(C)]
struct FrameObject {
    object: ffi::PyObject,
    back: *mut c_void,
    data: *mut FrameData,
    trace: *mut c_void,
    line: c_int,
    flags: [c_char; 3],
    references: [*mut c_void; 0],
}

/// The head of the data of a frame.
#[repr(C)]
struct FrameData {
    /// The code, with tag bits since CPython 3.14.
    code: usize,
    previous: *mut c_void,
    function: usize,
    globals: *mut c_void,
    builtins: *mut c_void,
    locals: *mut c_void,
    object: *mut FrameObject,
    instruction: *mut c_void,
}

/// The data of a frame until CPython 3.13.
#[repr(C)]
struct CountingData {
    head: FrameData,
    stack_top: c_int,
    return_offset: u16,
    owner: c_char,
    places: [Place; 1],
}

/// The data of a frame since CPython 3.14.
#[repr(C)]
struct PointingData {
    head: FrameData,
    stack_pointer: *mut c_void,
    return_offset: u16,
    owner: c_char,
    visited: u8,
    places: [Place; 1],
}

/// A place for a variable: the address of an object, with tag bits since CPython 3.14.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Place(usize);

impl Place {
    /// The bits that are no part of an address. Objects are aligned to more.
    const TAG: usize = 0b11;

    /// Returns the object there; null where a variable is not set.
    pub(super) fn object(self) -> *mut ffi::PyObject {
        ptr::with_exposed_provenance_mut(self.0 & !Self::TAG)
    }
}

/// The offsets of what is read of a frame, in bytes.
#[derive(Clone, Copy)]
struct Layout {
    /// From the frame object to the data of a frame that has ended.
    own_data: usize,
    /// From the data to the place of the first variable.
    places: usize,
}

impl Layout {
    /// Returns the layout of a minor version of CPython 3.
    fn of(minor: u8) -> Option<Self> {
        let with_references =
            |count: usize| offset_of!(FrameObject, references) + count * size_of::<*mut c_void>();
        let (own_data, places) = match minor {
            12 => (with_references(0), offset_of!(CountingData, places)),
            13 => (with_references(2), offset_of!(CountingData, places)),
            14 | 15 => (with_references(3), offset_of!(PointingData, places)),
            _ => return None,
        };
        Some(Self { own_data, places })
    }

    /// Returns the layout of this interpreter's frames, if the type of frames states the size that it would give them: up
    /// to the first variable.
    ///
    /// # Safety
    ///
    /// `kind` is the type of frames.
    unsafe fn of_frames(py: Python<'_>, kind: *mut ffi::PyTypeObject) -> Option<Self> {
        // SAFETY: the type is alive, and is the interpreter's own; the call gives a new reference or an error.
        let stated = unsafe {
            let stated = ffi::PyObject_GetAttrString(kind.cast(), c"__basicsize__".as_ptr());
            Object::own(py, stated).map(|it| ffi::PyLong_AsSize_t(it.as_ptr()))
        };
        let layout = Self::of(py.version_info().minor);
        layout.filter(|layout| stated == Some(layout.own_data + layout.places))
    }
}

/// Returns the places of the variables in a frame that runs `code`, arguments first. `None` where the layout is not known,
/// or the frame runs other code.
///
/// # Safety
///
/// `frame` is a live frame.
pub(super) unsafe fn places(
    py: Python<'_>,
    frame: *mut ffi::PyFrameObject,
    code: *mut ffi::PyObject,
) -> Option<ptr::NonNull<Place>> {
    static LAYOUT: OnceLock<Option<Layout>> = OnceLock::new();
    // SAFETY: the frame is alive, and has a type.
    let layout = || unsafe { Layout::of_frames(py, ffi::Py_TYPE(frame.cast())) };
    let layout = (*LAYOUT.get_or_init(layout))?;
    let object: *mut FrameObject = frame.cast();
    // SAFETY: frames have this layout. A frame on a stack has its data there, which knows the frame's object; one that has
    // ended has it in itself.
    unsafe {
        let data = (*object).data;
        let own_data = object.byte_add(layout.own_data).cast();
        let is_right = (ptr::eq(data, own_data) || ptr::eq((*data).object, object))
            && ptr::eq(Place((*data).code).object(), code);
        let places = data.byte_add(layout.places).cast();
        is_right.then_some(ptr::NonNull::new_unchecked(places))
    }
}

/// Returns whether a frame has been cleared: it has no stack, and keeps addresses of what it has let go.
///
/// # Safety
///
/// `frame` is a live frame of CPython 3.12, whose layout is known.
pub(super) unsafe fn is_cleared(frame: *mut ffi::PyFrameObject) -> bool {
    let object: *mut FrameObject = frame.cast();
    // SAFETY: frames have this layout, by contract.
    unsafe { (*(*object).data.cast::<CountingData>()).stack_top == 0 }
}
