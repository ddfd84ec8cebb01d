//! Containers told as values, with what they hold.

use std::ptr;

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Container, Items, Value};
use trace_filter::ValueAction;

use super::{DEPTH, Teller};

impl Teller {
    /// Tells a container: what it is, then its items by `tell`, which is told how many.
    ///
    /// # Safety
    ///
    /// `object` is a live container of that kind.
    pub(super) unsafe fn items(
        &mut self,
        object: *mut ffi::PyObject,
        depth: usize,
        kind: Items,
        tell: impl FnOnce(&mut Self, usize),
    ) {
        // SAFETY: by contract; each of them keeps its length.
        let length = unsafe {
            match kind {
                Items::List => ffi::PyList_Size(object),
                Items::Tuple => ffi::PyTuple_Size(object),
                Items::Set | Items::FrozenSet => ffi::PySet_Size(object),
            }
        };
        let container = Container::Items(kind);
        let Some((shown, more)) = self.go_into(object, depth, container, length, 1) else {
            return;
        };
        self.put(Value::Items {
            kind,
            shown: shown as u64,
            more,
        });
        tell(self, shown);
    }

    /// # Safety
    ///
    /// `object` is a live set or frozenset, of no subclass.
    pub(super) unsafe fn set(
        &mut self,
        py: Python<'_>,
        object: *mut ffi::PyObject,
        depth: usize,
        kind: Items,
    ) {
        // SAFETY: by contract. The iterator is the set's own, walks its table, and asks no item
        // anything; the set keeps the items.
        unsafe {
            self.items(object, depth, kind, |teller, shown| {
                let iterator = Object::own(py, ffi::PyObject_GetIter(object));
                for _ in 0..shown {
                    let item = iterator
                        .as_ref()
                        .and_then(|iterator| Object::own(py, ffi::PyIter_Next(iterator.as_ptr())));
                    match item {
                        Some(item) => teller.tell_at(py, item.as_ptr(), depth + 1),
                        // (no memory; what was promised is to be there)
                        None => teller.put(Value::Dropped),
                    }
                }
            });
        }
    }

    /// # Safety
    ///
    /// `object` is a live dict, of no subclass.
    pub(super) unsafe fn dict(
        &mut self,
        py: Python<'_>,
        object: *mut ffi::PyObject,
        depth: usize,
        action: impl Fn(*mut ffi::PyObject) -> ValueAction,
    ) {
        // SAFETY: by contract; the dict lends its keys and values, and nothing changes it meanwhile.
        unsafe {
            let length = ffi::PyDict_Size(object);
            let Some((shown, more)) = self.go_into(object, depth, Container::Dict, length, 2)
            else {
                return;
            };
            self.put(Value::Dict {
                shown: shown as u64,
                more,
            });
            let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
            for _ in 0..shown {
                if ffi::PyDict_Next(object, &mut position, &mut key, &mut value) == 0 {
                    self.put(Value::Dropped);
                    self.put(Value::Dropped);
                    continue;
                }
                match action(key) {
                    ValueAction::Allow => {
                        self.tell_at(py, key, depth + 1);
                        self.tell_at(py, value, depth + 1);
                    }
                    ValueAction::Redact => {
                        self.tell_at(py, key, depth + 1);
                        self.put(Value::Redacted);
                    }
                    ValueAction::Drop => {
                        self.put(Value::Dropped);
                        self.put(Value::Dropped);
                    }
                }
            }
        }
    }

    /// How many items of a container are told, of `values` values each, and how many are not.
    /// `None` when the container is told already, since it is nested too deep or in itself.
    fn go_into(
        &mut self,
        object: *mut ffi::PyObject,
        depth: usize,
        container: Container,
        length: ffi::Py_ssize_t,
        values: usize,
    ) -> Option<(usize, u64)> {
        let length = length.max(0).cast_unsigned();
        if self.within[..depth.min(DEPTH)].contains(&(object as usize)) {
            self.put(Value::Cycle(container));
            return None;
        }
        if depth >= DEPTH {
            self.put(Value::Deep(container, length as u64));
            return None;
        }
        self.within[depth] = object as usize;
        let shown = length.min(self.left.width).min(self.left.values / values);
        Some((shown, (length - shown) as u64))
    }
}
