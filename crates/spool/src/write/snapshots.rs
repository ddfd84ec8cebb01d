//! The variables of frames as they were at their last lines.
//!
//! Most of what a frame has at a line it had at the line before. So both sides keep what a frame had last, and the line
//! says what is different. A frame is known by a slot, which frames come to share: a snapshot is but what there was, to
//! compare with, and nothing depends on whose it is.
//!
//! The values of a line are the number of the slot and then changes: how many variables stay, how many go, and how many
//! bytes of new ones follow, which stand there. What comes after the last change stays.

use super::values::write_number;
use crate::layout::SNAPSHOTS;

/// The variables of frames at their last lines. Empty until there is one.
#[derive(Default)]
pub struct Snapshots(Vec<Snapshot>);

/// Encoded variables, one after the other.
#[derive(Default)]
struct Snapshot {
    bytes: Vec<u8>,
    /// The ends of the variables among the bytes.
    ends: Vec<u32>,
}

impl Snapshots {
    /// Appends the values of a line. The frame, which is an address, has these variables, each of which ends at one of
    /// `ends`.
    #[inline]
    pub fn write(&mut self, frame: usize, bytes: &[u8], ends: &[u32], out: &mut Vec<u8>) {
        let slot = slot(frame);
        out.push(slot as u8);
        if self.0.is_empty() {
            self.0.resize_with(SNAPSHOTS, Snapshot::default);
        }
        let last = &mut self.0[slot];
        if last.bytes != bytes {
            last.write_changes(bytes, ends, out);
            last.bytes.clear();
            last.bytes.extend_from_slice(bytes);
            last.ends.clear();
            last.ends.extend_from_slice(ends);
        }
    }
}

impl Snapshot {
    /// Appends how these variables differ from the snapshot's.
    fn write_changes(&self, bytes: &[u8], ends: &[u32], out: &mut Vec<u8>) {
        let mut change = Change::default();
        let mut last = 0;
        let mut start = 0;
        for end in ends {
            let variable = &bytes[start..*end as usize];
            // A variable that comes later in the snapshot: those before it are gone.
            let same_name = |index: &usize| name(self.variable(*index)) == name(variable);
            if let Some(found) = (last..self.ends.len()).find(same_name) {
                change.drop(found - last);
                last = found + 1;
                if self.variable(found) == variable {
                    change.keep(bytes, out);
                } else {
                    change.drop(1);
                    change.add(start, *end as usize);
                }
            } else {
                change.add(start, *end as usize);
            }
            start = *end as usize;
        }
        change.drop(self.ends.len() - last);
        change.write(bytes, out);
    }

    fn variable(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |index| self.ends[index]);
        &self.bytes[start as usize..self.ends[index] as usize]
    }
}

/// A change that is not written yet.
#[derive(Default)]
struct Change {
    kept: u64,
    dropped: u64,
    /// The place of the new variables.
    start: usize,
    end: usize,
}

impl Change {
    fn drop(&mut self, count: usize) {
        self.dropped += count as u64;
    }

    fn add(&mut self, start: usize, end: usize) {
        if self.start == self.end {
            self.start = start;
        }
        self.end = end;
    }

    /// Keeps a variable. What came before is written.
    fn keep(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.write(bytes, out);
        self.kept += 1;
    }

    /// Writes the change, if there is one, and begins another.
    fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let added = &bytes[self.start..self.end];
        if self.dropped == 0 && added.is_empty() {
            return;
        }
        write_number(self.kept, out);
        write_number(self.dropped, out);
        write_number(added.len() as u64, out);
        out.extend_from_slice(added);
        *self = Self::default();
    }
}

/// Returns the number of a variable's name.
#[inline]
fn name(variable: &[u8]) -> &[u8] {
    let last = variable.iter().position(|byte| byte & 0x80 == 0);
    &variable[..last.map_or(variable.len(), |last| last + 1)]
}

/// Returns the slot of a frame. Frames are large, and the lower bits of their addresses alike.
#[inline]
fn slot(frame: usize) -> usize {
    // 2⁶⁴ divided by the golden ratio, which spreads bits upwards.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let hash = (frame as u64).wrapping_mul(FACTOR);
    (hash >> (u64::BITS - SNAPSHOTS.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::read::{LineVariables, Values};
    use crate::value::Value;

    /// Encodes variables: each is a number and a value.
    fn encode(variables: &[(u64, i64)]) -> (Vec<u8>, Vec<u32>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (number, value) in variables {
            write_number(number + 1, &mut bytes);
            Value::Int(*value).write(&mut bytes);
            ends.push(bytes.len() as u32);
        }
        (bytes, ends)
    }

    proptest! {
        #[test]
        fn what_a_line_has_is_read(
            lines in prop::collection::vec(
                (0..3_usize, prop::collection::vec((0..200_u64, 0..3_i64), 0..9)),
                0..60,
            )
        ) {
            let mut snapshots = Snapshots::default();
            let mut read = LineVariables::<u64>::default();
            let mut out = Vec::new();
            for (frame, variables) in lines {
                let (bytes, ends) = encode(&variables);
                out.clear();
                snapshots.write(0x7f00 + 0x1000 * frame, &bytes, &ends, &mut out);
                let (slot, found) = read.take(Values::new(&out)).expect("no damage");
                let found_bytes: Vec<u8> =
                    found.iter().flat_map(|it| it.values().rest().to_vec()).collect();
                prop_assert_eq!(found.len(), variables.len());
                prop_assert_eq!(found_bytes, bytes);
                read.put(slot, found);
            }
        }

        #[test]
        fn damage_is_found_or_harmless(bytes in prop::collection::vec(0..12_u8, 0..40)) {
            let mut read = LineVariables::<u64>::default();
            for _ in 0..2 {
                if let Some((slot, found)) = read.take(Values::new(&bytes)) {
                    read.put(slot, found);
                }
            }
        }
    }

    #[test]
    fn what_stays_is_not_written_again() {
        let mut snapshots = Snapshots::default();
        let mut written = |variables: &[(u64, i64)]| {
            let (bytes, ends) = encode(variables);
            let mut out = Vec::new();
            snapshots.write(0x7f00, &bytes, &ends, &mut out);
            out[1..].to_vec()
        };
        assert_eq!(written(&[(1, 5), (2, 5)]), [0, 0, 6, 2, 3, 10, 3, 3, 10]);
        assert!(written(&[(1, 5), (2, 5)]).is_empty());
        // One that changes, one that is new, and one that goes.
        assert_eq!(written(&[(1, 5), (2, 6)]), [1, 1, 3, 3, 3, 12]);
        assert_eq!(written(&[(1, 5), (2, 6), (3, 0)]), [2, 0, 3, 4, 3, 0]);
        assert_eq!(written(&[(2, 6), (3, 0)]), [0, 1, 0]);
        // It comes back before the others.
        assert_eq!(written(&[(1, 5), (2, 6), (3, 0)]), [0, 0, 3, 2, 3, 10]);
    }
}
