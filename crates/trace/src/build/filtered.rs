//! The numbers of values that filters kept out.

use spool::{Value, ValuePlace, Values};

use crate::document::ValueCounts;

/// The numbers of values that filters kept out of one event, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilteredCounts {
    pub redacted: ValueCounts,
    pub dropped: ValueCounts,
}

impl FilteredCounts {
    pub fn add(&mut self, others: Self) {
        self.redacted.add(others.redacted);
        self.dropped.add(others.dropped);
    }

    /// Adds what was kept out of the variables of an event.
    pub fn add_variables(&mut self, filtered: spool::FilteredValues) {
        let of = |counts: &mut ValueCounts, number| {
            *match filtered.place {
                ValuePlace::Argument => &mut counts.arg,
                ValuePlace::Local => &mut counts.local,
                ValuePlace::Global => &mut counts.global,
            } += number;
        };
        of(&mut self.redacted, filtered.redacted);
        of(&mut self.dropped, filtered.dropped);
    }

    /// Adds a value that code gives out, if a filter kept it out: it is the next one.
    pub fn add_returned(&mut self, mut values: Values<'_>) {
        let value = match values.value() {
            Some(Value::Exception(..)) => values.value(),
            value => value,
        };
        match value {
            Some(Value::Redacted) => self.redacted.ret += 1,
            Some(Value::Dropped) => self.dropped.ret += 1,
            _ => {}
        }
    }
}

/// The different numbers that events have, each by its place and 1; 0 is none.
#[derive(Default)]
pub struct FilteredNotes(Vec<FilteredCounts>);

impl FilteredNotes {
    /// Returns the note for these numbers.
    pub fn note(&mut self, counts: FilteredCounts) -> u32 {
        if counts == FilteredCounts::default() {
            return 0;
        }
        let known = self.0.iter().position(|known| *known == counts);
        let index = known.unwrap_or_else(|| {
            self.0.push(counts);
            self.0.len() - 1
        });
        index as u32 + 1
    }

    /// Returns the numbers of a note.
    pub fn counts(&self, note: u32) -> FilteredCounts {
        let index = (note as usize).wrapping_sub(1);
        self.0.get(index).copied().unwrap_or_default()
    }
}
