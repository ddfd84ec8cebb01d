//! Values that threads find without a lock.
//!
//! A thread that ends, and a child process that has just forked, can wait for nobody: whoever holds a lock
//! may not be there any more. So the values are in a list that only grows, and a slot that was given back is
//! used again.

use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// A list of slots, for the life of the process.
pub struct Slots<T: 'static> {
    first: AtomicPtr<Slot<T>>,
}

struct Slot<T: 'static> {
    value: T,
    is_taken: AtomicBool,
    next: *const Slot<T>,
}

// SAFETY: what `next` leads to is a slot again, which is never freed; the rest is shared as `T` allows.
unsafe impl<T: Sync> Sync for Slot<T> {}

/// A slot that is nobody else's, until this is dropped.
pub struct TakenSlot<T: 'static>(&'static Slot<T>);

impl<T: Default + Sync> Slots<T> {
    pub const fn new() -> Self {
        Self {
            first: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Takes a slot that is free, with the value that it was left with, or a new one.
    pub fn take(&'static self) -> TakenSlot<T> {
        let free = self.slots().find(|slot| {
            let taken =
                slot.is_taken
                    .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
            taken.is_ok()
        });
        TakenSlot(free.unwrap_or_else(|| self.add()))
    }

    /// Returns the values of all slots, taken or not.
    pub fn values(&'static self) -> impl Iterator<Item = &'static T> {
        self.slots().map(|slot| &slot.value)
    }

    fn add(&'static self) -> &'static Slot<T> {
        let mut next = self.first.load(Ordering::Acquire);
        let slot = Box::leak(Box::new(Slot {
            value: T::default(),
            is_taken: AtomicBool::new(true),
            next,
        }));
        let address = ptr::from_mut(slot);
        loop {
            let added = self.first.compare_exchange_weak(
                next,
                address,
                Ordering::Release,
                Ordering::Acquire,
            );
            match added {
                // SAFETY: the slot is never freed, and from here on nobody changes it but by its atomics.
                Ok(_) => return unsafe { &*address },
                Err(other) => {
                    next = other;
                    // SAFETY: nobody else has the slot yet.
                    unsafe { (*address).next = next };
                }
            }
        }
    }

    fn slots(&'static self) -> impl Iterator<Item = &'static Slot<T>> {
        let first = self.first.load(Ordering::Acquire).cast_const();
        // SAFETY: a slot in the list is never freed, and its `next` does not change any more.
        let slot = |address: *const Slot<T>| unsafe { address.as_ref() };
        std::iter::successors(slot(first), move |it| slot(it.next))
    }
}

impl<T> TakenSlot<T> {
    /// Returns the value for the life of the process: another one may take the slot later.
    pub fn value(&self) -> &'static T {
        &self.0.value
    }
}

impl<T> Deref for TakenSlot<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Drop for TakenSlot<T> {
    fn drop(&mut self) {
        self.0.is_taken.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::thread;

    use super::*;

    #[test]
    fn a_slot_is_used_again_and_never_twice_at_a_time() {
        static SLOTS: Slots<AtomicU32> = Slots::new();
        let (one, other) = (SLOTS.take(), SLOTS.take());
        assert!(!ptr::eq(one.value(), other.value()));
        let first = one.value();
        drop(one);
        assert!(ptr::eq(SLOTS.take().value(), first));
        assert_eq!(SLOTS.values().count(), 2);
        drop(other);
    }

    #[test]
    fn threads_that_take_slots_at_once_get_one_each() {
        static SLOTS: Slots<AtomicU32> = Slots::new();
        let work = || {
            for _ in 0..1000 {
                let slot = SLOTS.take();
                assert_eq!(slot.fetch_add(1, Ordering::Relaxed), 0);
                assert_eq!(slot.fetch_sub(1, Ordering::Relaxed), 1);
            }
        };
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(work);
            }
        });
        assert!(SLOTS.values().count() <= 8);
    }
}
