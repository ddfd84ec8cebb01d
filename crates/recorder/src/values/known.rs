//! What is told by a name alone, and was told before: most objects are of few types.

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::Value;

/// How many names are remembered, at most; a power of two.
const REMEMBERED: usize = 256;
/// How long what was told of a name may be, in bytes, to be remembered.
const LENGTH: usize = 256;

/// What a name is told as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Object,
    Function,
}

impl Named {
    pub(super) fn value(self, name: &str) -> Value<'_> {
        match self {
            Self::Object => Value::Object(name),
            Self::Function => Value::Function(name),
        }
    }
}

/// Names, by the addresses of the objects that they are, and how they are told.
#[derive(Default)]
pub(super) struct Known {
    /// Empty until there is one.
    slots: Vec<Option<Slot>>,
}

struct Slot {
    /// Kept alive, so that its address stays its own.
    name: Object,
    kind: Named,
    told: Box<[u8]>,
}

impl Known {
    /// How the name was told.
    #[inline]
    pub(super) fn find(&self, name: &Object, kind: Named) -> Option<&[u8]> {
        let slot = self.slots.get(home(name))?.as_ref()?;
        (slot.name.as_ptr() == name.as_ptr() && slot.kind == kind).then_some(&slot.told)
    }

    /// Remembers how the name was told, in place of another one, perhaps.
    pub(super) fn keep(&mut self, py: Python<'_>, name: &Object, kind: Named, told: &[u8]) {
        // (of a subclass it would be the program's to know when it goes)
        // SAFETY: an object that is owned is alive.
        let is_plain = unsafe { ffi::PyUnicode_CheckExact(name.as_ptr()) } != 0;
        if !is_plain || told.len() > LENGTH {
            return;
        }
        // SAFETY: as above.
        let Some(kept) = (unsafe { Object::keep(py, name.as_ptr()) }) else {
            return;
        };
        self.slots.resize_with(REMEMBERED, || None);
        self.slots[home(name)] = Some(Slot {
            name: kept,
            kind,
            told: told.into(),
        });
    }
}

/// Where a name is. Objects lie 16 bytes apart.
#[inline]
fn home(name: &Object) -> usize {
    let address = name.as_ptr() as usize;
    (address >> 4 ^ address >> 12) & (REMEMBERED - 1)
}
