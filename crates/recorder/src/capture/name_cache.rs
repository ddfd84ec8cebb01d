//! Values that are recorded by a name alone, as they were encoded before: most objects are of few types.

use module_identity::cpython::Object;
use spool::Value;

use crate::cpython::object::ObjectRef;

/// The number of names that are remembered, at most; a power of two.
const REMEMBERED: usize = 256;
/// The length of an encoded name that is remembered, at most, in bytes.
const LENGTH: usize = 256;

/// The kind of object that has the name.
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

/// Names, by the addresses of the objects that they are, and how they are encoded.
#[derive(Default)]
pub(super) struct NameCache {
    /// Empty until there is one.
    slots: Vec<Option<CachedValue>>,
}

struct CachedValue {
    /// Kept alive, so that its address stays its own.
    name: Object,
    kind: Named,
    encoded: Box<[u8]>,
}

impl NameCache {
    /// Returns how the name was encoded.
    #[inline]
    pub(super) fn find(&self, name: ObjectRef<'_>, kind: Named) -> Option<&[u8]> {
        let slot = self.slots.get(home(name))?.as_ref()?;
        (slot.name.as_ptr() == name.as_ptr() && slot.kind == kind).then_some(&slot.encoded)
    }

    /// Remembers how the name was encoded, in place of another one, perhaps.
    pub(super) fn keep(&mut self, name: ObjectRef<'_>, kind: Named, encoded: &[u8]) {
        // The program would notice when one of a subclass goes.
        if !name.is_plain_str() || encoded.len() > LENGTH {
            return;
        }
        self.slots.resize_with(REMEMBERED, || None);
        self.slots[home(name)] = Some(CachedValue {
            name: name.keep(),
            kind,
            encoded: encoded.into(),
        });
    }
}

/// Returns the slot of a name. Objects lie 16 bytes apart.
#[inline]
fn home(name: ObjectRef<'_>) -> usize {
    let address = name.address();
    (address >> 4 ^ address >> 12) & (REMEMBERED - 1)
}
