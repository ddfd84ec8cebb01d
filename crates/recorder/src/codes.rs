//! Code objects and their numbers.

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::watcher::{Watch, Watcher};

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
    /// Code that runs in several namespaces, of which filters say different things: each has one of
    /// the other answers.
    Shared,
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
/// The value of a code object that has another answer in each namespace.
const SHARED: u32 = u32::MAX - 2;
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
            number if number & MODULE == 0 => Known::Number(number),
            MISSING => Known::No,
            SKIPPED => Known::Skipped,
            SHARED => Known::Shared,
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
            Known::Shared => SHARED,
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

    /// Has an object be shared from now on, whether it is in the table or not.
    pub fn share(&mut self, key: *mut ffi::PyObject) {
        match self.existing(key) {
            Some(slot) => slot.value = SHARED,
            None => self.insert(key, Known::Shared, None),
        }
    }

    /// Notes where code starts that is in the table.
    pub fn note_start(&mut self, key: *mut ffi::PyObject, start: u32) {
        if let Some(slot) = self.existing(key) {
            slot.start = start;
        }
    }

    fn existing(&mut self, key: *mut ffi::PyObject) -> Option<&mut Slot> {
        let mut index = self.home(key as usize);
        while self.slot(index).key != key as usize {
            if self.slot(index).key == 0 {
                return None;
            }
            index = (index + 1) & self.mask;
        }
        Some(self.slot(index))
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

/// Sees to it that `watch` is told when `code` goes away. Where CPython has no watcher left, the
/// object is kept: an address in the table must never become another's.
///
/// (An "extra" of the code object would tell, too, but CPython then calls whatever else the program
/// registered for such extras.)
///
/// # Safety
///
/// `code` is a live code object.
pub unsafe fn watch_end(py: Python<'_>, code: *mut ffi::PyObject, watch: Watch) {
    static WATCHES: OnceLock<bool> = OnceLock::new();
    // (for the life of the process: a code object that was told of may outlive the recording)
    if !*WATCHES.get_or_init(|| Watcher::add(py, watch).is_some()) {
        // SAFETY: by contract.
        unsafe { ffi::Py_INCREF(code) };
    }
}
