//! Code objects and their numbers.

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;

/// What a code object is in the spool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing yet.
    No,
    /// The code of a module, with its number: its runs are told one by one.
    Module(u32),
    /// Code that a filter keeps out.
    Skipped,
    /// Code with this number.
    Number(u32),
}

/// Numbers by the addresses of objects that are alive.
///
/// Open addressing, half full at most, with no null among the keys. A table is asked at each event.
pub struct Addresses {
    slots: NonNull<Slot>,
    /// How many slots there are, less one; they are a power of two.
    mask: usize,
    used: usize,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Slot {
    key: usize,
    value: u32,
    /// Where the code starts; [`MISSING`] where that is not known.
    start: u32,
}

/// Added to the number of a module's code. No number is that large.
const MODULE: u32 = 1 << 31;
/// The value of a code object that a filter keeps out.
const SKIPPED: u32 = u32::MAX - 1;
/// The value of what is not in the table.
const MISSING: u32 = u32::MAX;

const FIRST_SLOTS: usize = 1 << 10;

// SAFETY: the table owns its slots, and they hold plain numbers.
unsafe impl Send for Addresses {}

impl Addresses {
    pub fn new() -> Self {
        Self {
            slots: allocate(FIRST_SLOTS),
            mask: FIRST_SLOTS - 1,
            used: 0,
        }
    }

    /// What the code object at this address is.
    #[inline(always)]
    pub fn find(&self, key: *mut ffi::PyObject) -> Known {
        match self.entry(key as usize).value {
            MISSING => Known::No,
            SKIPPED => Known::Skipped,
            number if number & MODULE == 0 => Known::Number(number),
            number => Known::Module(number & !MODULE),
        }
    }

    /// The offset at which the code starts, if it is known.
    pub fn start(&self, key: *mut ffi::PyObject) -> Option<u32> {
        let start = self.entry(key as usize).start;
        (start != MISSING).then_some(start)
    }

    #[inline(always)]
    fn entry(&self, key: usize) -> Slot {
        let mut index = self.home(key);
        loop {
            // SAFETY: an index is at most `mask`, and there is one slot more than that.
            let slot = unsafe { *self.slots.add(index).as_ptr() };
            if slot.key == key {
                return slot;
            }
            if slot.key == 0 {
                return Slot {
                    key,
                    value: MISSING,
                    start: MISSING,
                };
            }
            index = (index + 1) & self.mask;
        }
    }

    /// Where an address is, unless others were there first. Objects lie 16 bytes apart.
    #[inline(always)]
    fn home(&self, key: usize) -> usize {
        ((key >> 4) ^ (key >> 16)) & self.mask
    }

    /// Puts in an object that is not in the table; code with the offset at which it starts, if that
    /// is known.
    pub fn insert(&mut self, key: *mut ffi::PyObject, known: Known, start: Option<u32>) {
        let value = match known {
            Known::No => return,
            Known::Module(number) => MODULE | number,
            Known::Skipped => SKIPPED,
            Known::Number(number) => number,
        };
        if (self.used + 1) * 2 > self.mask {
            self.grow();
        }
        self.put(Slot {
            key: key as usize,
            value,
            start: start.unwrap_or(MISSING),
        });
        self.used += 1;
    }

    fn put(&mut self, new: Slot) {
        let mut index = self.home(new.key);
        while self.slot(index).key != 0 {
            index = (index + 1) & self.mask;
        }
        *self.slot(index) = new;
    }

    /// Takes an object out, if it is in the table.
    pub fn remove(&mut self, key: *mut ffi::PyObject) {
        let mut index = self.home(key as usize);
        while self.slot(index).key != key as usize {
            if self.slot(index).key == 0 {
                return;
            }
            index = (index + 1) & self.mask;
        }
        self.slot(index).key = 0;
        self.used -= 1;
        // Whatever follows without a gap may have had to go further than it should.
        loop {
            index = (index + 1) & self.mask;
            let moved = *self.slot(index);
            if moved.key == 0 {
                return;
            }
            self.slot(index).key = 0;
            self.put(moved);
        }
    }

    pub fn len(&self) -> usize {
        self.used
    }

    fn slot(&mut self, index: usize) -> &mut Slot {
        // SAFETY: indices are masked, and the slots are this table's own.
        unsafe { self.slots.add(index & self.mask).as_mut() }
    }

    fn grow(&mut self) {
        let count = (self.mask + 1) * 2;
        let larger = Self {
            slots: allocate(count),
            mask: count - 1,
            used: self.used,
        };
        let mut old = std::mem::replace(self, larger);
        for index in 0..=old.mask {
            let slot = *old.slot(index);
            if slot.key != 0 {
                self.put(slot);
            }
        }
    }
}

impl Drop for Addresses {
    fn drop(&mut self) {
        // SAFETY: the slots were allocated with this layout.
        unsafe { std::alloc::dealloc(self.slots.as_ptr().cast(), layout(self.mask + 1)) };
    }
}

fn layout(count: usize) -> Layout {
    Layout::array::<Slot>(count).expect("a table is smaller than the address space")
}

fn allocate(count: usize) -> NonNull<Slot> {
    let layout = layout(count);
    // SAFETY: the layout is not empty, and all zeros are empty slots.
    let slots = unsafe { alloc_zeroed(layout) };
    NonNull::new(slots.cast()).unwrap_or_else(|| handle_alloc_error(layout))
}

/// CPython tells when a code object that has something extra goes away.
type Free = extern "C" fn(*mut c_void);

unsafe extern "C" {
    fn PyUnstable_Eval_RequestCodeExtraIndex(free: Free) -> ffi::Py_ssize_t;
    fn PyUnstable_Code_SetExtra(
        code: *mut ffi::PyObject,
        index: ffi::Py_ssize_t,
        extra: *mut c_void,
    ) -> c_int;
}

/// Has `gone` called with the address of `code` when the object goes away. Where that cannot be,
/// the object is kept: an address in the table must never become another's.
///
/// An earlier promise for the same object is kept now.
///
/// # Safety
///
/// `code` is a live code object.
pub unsafe fn tell_when_gone(_: Python<'_>, code: *mut ffi::PyObject, gone: Free) {
    static INDEX: OnceLock<ffi::Py_ssize_t> = OnceLock::new();
    // SAFETY: the calls exist since CPython 3.12; the extra is an address that nobody follows.
    unsafe {
        let index = *INDEX.get_or_init(|| PyUnstable_Eval_RequestCodeExtraIndex(gone));
        if index < 0 || PyUnstable_Code_SetExtra(code, index, code.cast()) != 0 {
            ffi::PyErr_Clear();
            ffi::Py_INCREF(code);
        }
    }
}
