//! The classes whose instances were encoded already, in the same event.
//!
//! An instance is recorded by the name of its class. Nothing can give a class another name while an event is encoded, so that
//! the second instance is encoded as the first one was.

use std::ops::Range;
use std::ptr;

use pyo3::ffi;

/// The number of classes that are remembered, at most; a power of two.
const REMEMBERED: usize = 32;

/// Classes, by their addresses, and where an instance of each is encoded.
pub(super) struct SeenTypes {
    seen: [SeenType; REMEMBERED],
    /// The number of the event.
    event: u64,
}

#[derive(Clone, Copy)]
struct SeenType {
    kind: *const ffi::PyTypeObject,
    event: u64,
    start: u32,
    end: u32,
}

impl Default for SeenTypes {
    fn default() -> Self {
        let none = SeenType {
            kind: ptr::null(),
            event: 0,
            start: 0,
            end: 0,
        };
        Self {
            seen: [none; REMEMBERED],
            event: 1,
        }
    }
}

impl SeenTypes {
    /// Forgets all: another event begins.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.event += 1;
    }

    /// Returns where an instance of the class is encoded among the event's bytes.
    #[inline]
    pub(super) fn find(&self, kind: *const ffi::PyTypeObject) -> Option<Range<usize>> {
        let seen = &self.seen[home(kind)];
        (ptr::eq(seen.kind, kind) && seen.event == self.event)
            .then_some(seen.start as usize..seen.end as usize)
    }

    /// Remembers where an instance of the class is encoded.
    #[inline]
    pub(super) fn keep(&mut self, kind: *const ffi::PyTypeObject, place: Range<usize>) {
        // What one event has is not that long.
        self.seen[home(kind)] = SeenType {
            kind,
            event: self.event,
            start: place.start as u32,
            end: place.end as u32,
        };
    }
}

/// Returns the place of a class. Objects lie 16 bytes apart.
#[inline]
fn home(kind: *const ffi::PyTypeObject) -> usize {
    let address = kind.addr();
    (address >> 4 ^ address >> 10) & (REMEMBERED - 1)
}
