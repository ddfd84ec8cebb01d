//! The variables of frames as they were at their last lines, and what lines change in them.

use super::values::Values;
use crate::layout::SNAPSHOTS;

/// The variables of lines, each with what was made of it.
pub struct LineVariables<T> {
    /// Empty until there is a line.
    slots: Vec<Vec<LineVariable<T>>>,
    /// The next variables of a slot at its next line, kept for its room.
    next: Vec<LineVariable<T>>,
}

/// A variable at a line.
pub struct LineVariable<T> {
    bytes: Box<[u8]>,
    /// The thing that was made of it.
    pub made: Option<T>,
}

impl<T> LineVariable<T> {
    /// Returns the variable: its number, and its value.
    pub fn values(&self) -> Values<'_> {
        Values::new(&self.bytes)
    }
}

impl<T> Default for LineVariables<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            next: Vec::new(),
        }
    }
}

impl<T> LineVariables<T> {
    /// Takes the variables of a line, in their order, out of their slot, which is to get them back; `None` where there is
    /// damage.
    #[inline]
    pub fn take(&mut self, mut values: Values<'_>) -> Option<(usize, Vec<LineVariable<T>>)> {
        let number = values.number()? as usize;
        if self.slots.is_empty() {
            self.slots.resize_with(SNAPSHOTS, Vec::new);
        }
        let slot = self.slots.get_mut(number)?;
        if values.is_over() {
            return Some((number, std::mem::take(slot)));
        }
        self.next.clear();
        read_changes(slot, values, &mut self.next)?;
        Some((
            number,
            std::mem::replace(&mut self.next, std::mem::take(slot)),
        ))
    }

    /// Gives a slot its variables back.
    #[inline]
    pub fn put(&mut self, slot: usize, variables: Vec<LineVariable<T>>) {
        self.slots[slot] = variables;
    }
}

/// Reads what becomes of the variables of a slot; `None` where there is damage.
fn read_changes<T>(
    slot: &mut Vec<LineVariable<T>>,
    mut changes: Values<'_>,
    next: &mut Vec<LineVariable<T>>,
) -> Option<()> {
    let mut last = slot.drain(..);
    while !changes.is_over() {
        let kept = usize::try_from(changes.number()?).ok()?;
        let dropped = usize::try_from(changes.number()?).ok()?;
        let mut added = changes.part()?;
        if kept.checked_add(dropped)? > last.len() {
            return None;
        }
        next.extend(last.by_ref().take(kept));
        last.by_ref().take(dropped).for_each(drop);
        while !added.is_over() {
            next.push(LineVariable {
                bytes: added.variable()?.rest().into(),
                made: None,
            });
        }
    }
    next.extend(last);
    Some(())
}
