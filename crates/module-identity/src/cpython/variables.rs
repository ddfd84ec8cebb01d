//! The variables of a frame that are set.
//!
//! `PyFrame_GetVar` answers for a variable that is not set with an error, and puts the `repr` of its name into
//! it. Before each `repr` CPython runs what waits to be run: signal handlers, finalizers, remote scripts. So it
//! is never asked.

use std::ffi::CStr;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;

use super::layout::{Place, is_cleared, places};
use super::object::Object;

unsafe extern "C" {
    /// Returns the variables of a frame as a mapping, a new reference. Since CPython 3.11.
    fn PyFrame_GetLocals(frame: *mut ffi::PyFrameObject) -> *mut ffi::PyObject;
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
    /// The places in the frame.
    Places(NonNull<Place>),
    /// The names and values of those that are set.
    Items(Items),
}

/// The list that a frame's view of its variables gives.
struct Items {
    pairs: Vec<(*mut ffi::PyObject, *mut ffi::PyObject)>,
    /// Keeps the pairs alive.
    _list: Object,
}

/// The answer to whether places in frames are where the layout has them, in this process.
static PROOF: AtomicU8 = AtomicU8::new(UNPROVEN);

/// No frame was compared yet.
const UNPROVEN: u8 = 0;
/// A frame listed what its places have.
const PROVEN: u8 = 1;
/// A frame listed something else.
const WRONG: u8 = 2;

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
            Values::Items(unsafe { Items::read(py, frame) }?)
        } else {
            // SAFETY: by contract; there is a layout where there are places.
            let places = unsafe {
                let places = places(py, frame, code)?;
                (!is_cleared(frame)).then_some(places)?
            };
            Values::Places(places)
        };
        Some(Self { py, values })
    }

    /// Reads the variables of a frame that runs: where they are, if that is known, so that none is copied.
    ///
    /// # Safety
    ///
    /// As for [`FrameVariables::read`]; and the frame is on its thread's stack as long as these are in use.
    #[inline]
    pub unsafe fn read_running(
        py: Python<'py>,
        frame: *mut ffi::PyFrameObject,
        code: *mut ffi::PyObject,
    ) -> Option<Self> {
        // SAFETY: by contract.
        unsafe {
            if PROOF.load(Ordering::Relaxed) == PROVEN
                && let Some(places) = places(py, frame, code)
            {
                let values = Values::Places(places);
                return Some(Self { py, values });
            }
            let read = Self::read(py, frame, code)?;
            read.prove(frame, code);
            Some(read)
        }
    }

    /// Compares the places in a frame with what it lists, unless that was done. Where nothing lists them, they are only
    /// known by their layout.
    ///
    /// # Safety
    ///
    /// These are the variables of `frame`, which runs `code`.
    #[cold]
    unsafe fn prove(&self, frame: *mut ffi::PyFrameObject, code: *mut ffi::PyObject) {
        if PROOF.load(Ordering::Relaxed) != UNPROVEN {
            return;
        }
        let Values::Items(items) = &self.values else {
            return PROOF.store(PROVEN, Ordering::Relaxed);
        };
        let py = self.py;
        // SAFETY: both are alive, by contract. The attributes are the code's own, an int and a tuple; there are as many
        // places as the first says.
        let is_right = unsafe {
            let attribute =
                |name: &CStr| Object::own(py, ffi::PyObject_GetAttrString(code, name.as_ptr()));
            let count = attribute(c"co_nlocals").map(|it| ffi::PyLong_AsSize_t(it.as_ptr()));
            let cells = attribute(c"co_cellvars").map(|it| ffi::PyTuple_Size(it.as_ptr()));
            match (places(py, frame, code), count, cells) {
                // The list has what cells hold.
                (Some(_), Some(_), Some(1..)) => None,
                (Some(places), Some(count), Some(0)) => items.are_in(places, count),
                _ => Some(false),
            }
        };
        if let Some(is_right) = is_right {
            PROOF.store(if is_right { PROVEN } else { WRONG }, Ordering::Relaxed);
        }
    }

    /// Returns the value of a variable of the frame's code, if it is set.
    pub fn get(&self, variable: &CodeVariable) -> Option<Object> {
        // SAFETY: the value is kept before anything runs.
        let value = unsafe { self.lend(variable) };
        value.map(|value| value.to_owned().into())
    }

    /// Returns the value of a variable of the frame's code, if it is set, as the frame has it.
    ///
    /// # Safety
    ///
    /// No code of the program's runs as long as the value is in use.
    #[inline]
    pub unsafe fn lend(&self, variable: &CodeVariable) -> Option<Borrowed<'_, 'py, PyAny>> {
        let value = match &self.values {
            Values::Places(places) => {
                // SAFETY: the variable is one of this code. The frame keeps what it has, and a cell what it holds.
                unsafe {
                    let value = (*places.as_ptr().add(variable.index)).object();
                    match variable.is_cell && is_cell(value) {
                        true => Object::own(self.py, PyCell_Get(value))?.as_ptr(),
                        false => value,
                    }
                }
            }
            Values::Items(items) => {
                let name = variable.name.as_ptr();
                let mut pairs = items.pairs.iter();
                pairs.find(|(other, _)| *other == name)?.1
            }
        };
        // SAFETY: the value is alive as long as the program's code does not let go of it, or it is missing.
        unsafe { Borrowed::from_ptr_or_opt(self.py, value) }
    }
}

impl Items {
    /// Reads the names and values that a frame's view of its variables lists. To list them compares no names: the
    /// program may have put keys of its own into the view.
    ///
    /// # Safety
    ///
    /// As for [`FrameVariables::read`].
    unsafe fn read(py: Python<'_>, frame: *mut ffi::PyFrameObject) -> Option<Self> {
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
            Some(Self { pairs, _list: list })
        }
    }

    /// Returns whether the first `count` places, which are listed first and in their order, have what is listed. `None`
    /// where they have nothing.
    ///
    /// # Safety
    ///
    /// There are so many places, none with a cell of the code's.
    unsafe fn are_in(&self, places: NonNull<Place>, count: usize) -> Option<bool> {
        // SAFETY: by contract.
        let objects = (0..count).map(|index| unsafe { *places.as_ptr().add(index) }.object());
        let objects: Vec<_> = objects.filter(|object| !object.is_null()).collect();
        let listed = self.pairs.iter().map(|(_, value)| *value);
        let are_equal = listed.take(objects.len()).eq(objects.iter().copied());
        (!objects.is_empty()).then_some(are_equal)
    }
}

/// Returns whether a variable's place has a cell.
///
/// # Safety
///
/// `value` is null or a live object.
unsafe fn is_cell(value: *mut ffi::PyObject) -> bool {
    // SAFETY: by contract; a live object has a type.
    unsafe { !value.is_null() && ptr::eq(ffi::Py_TYPE(value), &raw mut PyCell_Type) }
}

/// Returns whether the mapping of a function's variables is but a view of them (PEP 667). CPython 3.12 has
/// a dictionary, which the program may hold, and would write to it.
fn has_views(py: Python<'_>) -> bool {
    static HAS_VIEWS: OnceLock<bool> = OnceLock::new();
    *HAS_VIEWS.get_or_init(|| py.version_info() >= (3, 13))
}
