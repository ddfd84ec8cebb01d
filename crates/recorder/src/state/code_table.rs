//! Code objects and their numbers.

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ptr::NonNull;

/// The state of a code object in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// Nothing yet.
    Unknown,
    /// The code of a module, with its number: its runs are recorded one by one.
    Module(u32),
    /// Code that a filter keeps out.
    Skipped,
    /// Code with this number.
    Number(u32),
    /// Code that runs in several namespaces, of which filters say different things: each has one of
    /// the other states.
    Shared,
}

/// Numbers by the addresses of objects that are alive.
///
/// Open addressing, half full at most, with no null among the keys. A table is asked at each event.
pub struct Addresses {
    slots: NonNull<Slot>,
    /// The number of slots, less one; they are a power of two.
    mask: usize,
    used: usize,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Slot {
    key: usize,
    value: u32,
    /// The offset at which the code starts; [`MISSING`] where that is not known.
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
    /// Makes an empty table.
    pub fn new() -> Self {
        Self {
            slots: allocate(FIRST_SLOTS),
            mask: FIRST_SLOTS - 1,
            used: 0,
        }
    }

    /// Returns what the code object at this address is.
    #[inline(always)]
    pub fn find(&self, key: usize) -> CodeState {
        match self.entry(key).value {
            number if number & MODULE == 0 => CodeState::Number(number),
            MISSING => CodeState::Unknown,
            SKIPPED => CodeState::Skipped,
            SHARED => CodeState::Shared,
            number => CodeState::Module(number & !MODULE),
        }
    }

    /// Returns the offset at which the code starts, if it is known.
    pub fn start(&self, key: usize) -> Option<u32> {
        let start = self.entry(key).start;
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

    /// Returns the slot of an address, unless others were there first. Objects lie 16 bytes apart.
    #[inline(always)]
    fn home(&self, key: usize) -> usize {
        ((key >> 4) ^ (key >> 16)) & self.mask
    }

    /// Puts in an object that is not in the table; code with the offset at which it starts, if that
    /// is known.
    pub fn insert(&mut self, key: usize, state: CodeState, start: Option<u32>) {
        let value = match state {
            CodeState::Unknown => return,
            CodeState::Module(number) => MODULE | number,
            CodeState::Skipped => SKIPPED,
            CodeState::Number(number) => number,
            CodeState::Shared => SHARED,
        };
        if (self.used + 1) * 2 > self.mask {
            self.grow();
        }
        self.put(Slot {
            key,
            value,
            start: start.unwrap_or(MISSING),
        });
        self.used += 1;
    }

    /// Marks an object as shared from now on, whether it is in the table or not.
    pub fn share(&mut self, key: usize) {
        match self.existing(key) {
            Some(slot) => slot.value = SHARED,
            None => self.insert(key, CodeState::Shared, None),
        }
    }

    /// Notes the offset at which code starts that is in the table.
    pub fn note_start(&mut self, key: usize, start: u32) {
        if let Some(slot) = self.existing(key) {
            slot.start = start;
        }
    }

    fn existing(&mut self, key: usize) -> Option<&mut Slot> {
        let mut index = self.home(key);
        while self.slot(index).key != key {
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
    pub fn remove(&mut self, key: usize) {
        let mut index = self.home(key);
        while self.slot(index).key != key {
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

    /// Returns the addresses of the objects in the table.
    pub fn keys(&mut self) -> impl Iterator<Item = usize> {
        let slots = 0..=self.mask;
        slots
            .map(|index| self.slot(index).key)
            .filter(|key| *key != 0)
    }

    /// Returns how many objects are in the table.
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::{Addresses, CodeState};

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(CodeState, Option<u32>),
        Share,
        NoteStart(u32),
        Remove,
    }

    fn state() -> impl Strategy<Value = CodeState> {
        prop_oneof![
            (0..1_u32 << 26).prop_map(CodeState::Number),
            (0..1_u32 << 26).prop_map(CodeState::Module),
            Just(CodeState::Skipped),
            Just(CodeState::Shared),
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        let start = proptest::option::of(0..1000_u32);
        prop_oneof![
            4 => (state(), start).prop_map(|(state, start)| Step::Insert(state, start)),
            1 => Just(Step::Share),
            1 => (0..1000_u32).prop_map(Step::NoteStart),
            3 => Just(Step::Remove),
        ]
    }

    /// Addresses of objects: close together, or such that many have the same home.
    fn address() -> impl Strategy<Value = usize> {
        prop_oneof![
            (1..64_usize).prop_map(|index| index * 16),
            (1..64_usize).prop_map(|index| index << 26),
            (1..1024_usize).prop_map(|index| 0x7f00_0000_0000 + index * 16),
        ]
    }

    fn check(steps: Vec<(usize, Step)>) {
        let mut table = Addresses::new();
        let mut model: HashMap<usize, (CodeState, Option<u32>)> = HashMap::new();
        for (key, step) in steps {
            match step {
                // An object is put in once, until it is taken out.
                Step::Insert(state, start) => {
                    if let std::collections::hash_map::Entry::Vacant(entry) = model.entry(key) {
                        entry.insert((state, start));
                        table.insert(key, state, start);
                    }
                }
                Step::Share => {
                    model.entry(key).or_insert((CodeState::Shared, None)).0 = CodeState::Shared;
                    table.share(key);
                }
                Step::NoteStart(start) => {
                    if let Some(entry) = model.get_mut(&key) {
                        entry.1 = Some(start);
                    }
                    table.note_start(key, start);
                }
                Step::Remove => {
                    model.remove(&key);
                    table.remove(key);
                }
            }
            let (state, start) = *model.get(&key).unwrap_or(&(CodeState::Unknown, None));
            assert_eq!((table.find(key), table.start(key)), (state, start));
            assert_eq!(table.len(), model.len());
        }
        let mut keys: Vec<_> = table.keys().collect();
        let mut expected: Vec<_> = model.keys().copied().collect();
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected);
        for (key, (state, start)) in model {
            assert_eq!((table.find(key), table.start(key)), (state, start));
        }
    }

    proptest! {
        #[test]
        fn a_table_answers_as_a_map_does(
            steps in proptest::collection::vec((address(), step()), 0..400),
        ) {
            check(steps);
        }
    }

    #[test]
    fn a_table_grows_and_shrinks() {
        let key = |index: u32| 0x5000 + index as usize * 48;
        let mut table = Addresses::new();
        for index in 0..1500 {
            table.insert(key(index), CodeState::Number(index), Some(index));
        }
        for index in (0..1500).step_by(2) {
            table.remove(key(index));
        }
        assert_eq!(table.len(), 750);
        for index in 0..1500 {
            let expected = match index % 2 {
                0 => CodeState::Unknown,
                _ => CodeState::Number(index),
            };
            assert_eq!(table.find(key(index)), expected);
        }
    }
}
