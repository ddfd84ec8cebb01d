//! Threads and their numbers.

use std::cell::{Cell, RefCell};

use super::thread_gate::{GateState, ThreadGate};

/// A thread in a spool: the spool's generation, and a number that counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolThreadId(u64);

/// The part that a thread has in a recording. A thread may run several interpreters, by turns.
struct Part {
    id: SpoolThreadId,
    gate: &'static GateState,
    /// The recording wants to know when the thread ends.
    reports_end: bool,
}

/// The parts that a thread has, which end with it.
#[derive(Default)]
struct Parts(RefCell<Vec<Part>>);

thread_local! {
    /// The id that this thread used last; 0 for one that has none.
    static LAST_ID: Cell<u64> = const { Cell::new(0) };
    static PARTS: Parts = Parts::default();
}

impl SpoolThreadId {
    /// Makes the id of the thread with this number, in the spool of a generation, which is not 0.
    pub fn new(generation: u32, number: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(number))
    }

    /// Returns the calling thread's own; `None` until it gets one in this generation.
    pub fn own(generation: u32) -> Option<Self> {
        let last = Self(LAST_ID.get());
        if generation == 0 || last.generation() == generation {
            return Some(last).filter(|_| generation != 0);
        }
        // A thread that is ending already has no storage left but for its last id.
        let find = |parts: &Parts| {
            let parts = parts.0.borrow();
            let mut own = parts.iter().map(|part| part.id);
            own.find(|id| id.generation() == generation)
        };
        let own = PARTS.try_with(find).ok().flatten()?;
        LAST_ID.set(own.0);
        Some(own)
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Returns the number of the thread in its spool.
    pub fn number(self) -> u32 {
        self.0 as u32
    }

    /// Makes this the calling thread's own, in the recording of this gate, which has the thread's end reported
    /// where it wants that.
    pub fn assign(self, gate: &ThreadGate, reports_end: bool) {
        LAST_ID.set(self.0);
        // A thread that is ending already has no storage left, and is not reported.
        let _ = PARTS.try_with(|parts| {
            let mut parts = parts.0.borrow_mut();
            parts.retain(|part| part.gate.is_at(part.id.generation()));
            parts.push(Part {
                id: self,
                gate: gate.state(),
                reports_end,
            });
        });
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for part in self.0.get_mut().iter().filter(|part| part.reports_end) {
            part.gate.end_thread(part.id.generation(), part.id.number());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn an_id_is_one_of_its_generation() {
        let gate = ThreadGate::new();
        assert_eq!(SpoolThreadId::own(7), None);
        SpoolThreadId::new(7, 3).assign(&gate, true);
        assert_eq!(SpoolThreadId::own(7).map(SpoolThreadId::number), Some(3));
        assert_eq!(SpoolThreadId::own(8), None);
        assert_eq!(SpoolThreadId::own(0), None);
    }

    #[test]
    fn a_thread_has_an_id_in_each_recording_that_lasts() {
        let (one, other) = (ThreadGate::new(), ThreadGate::new());
        let number = |generation| SpoolThreadId::own(generation).map(SpoolThreadId::number);
        one.begin(21);
        SpoolThreadId::new(21, 1).assign(&one, true);
        other.begin(22);
        SpoolThreadId::new(22, 2).assign(&other, true);
        assert_eq!((number(21), number(22)), (Some(1), Some(2)));
        assert_eq!((number(21), number(22)), (Some(1), Some(2)));
        other.begin(23);
        SpoolThreadId::new(23, 3).assign(&other, true);
        assert_eq!(
            (number(21), number(22), number(23)),
            (Some(1), None, Some(3))
        );
    }

    #[test]
    fn the_end_of_a_thread_is_reported_to_each_recording_that_wants_it() {
        let gates = [ThreadGate::new(), ThreadGate::new(), ThreadGate::new()];
        thread::scope(|scope| {
            let run = || {
                for (generation, gate) in (31..).zip(&gates) {
                    gate.begin(generation);
                    SpoolThreadId::new(generation, 5).assign(gate, generation != 32);
                    gate.open();
                    assert!(gate.is_open());
                }
            };
            scope.spawn(run).join().unwrap();
        });
        assert_eq!(gates[0].ended(31), [5]);
        assert_eq!(gates[1].ended(32), []);
        assert_eq!(gates[2].ended(33), [5]);
        assert!(gates.iter().all(|gate| !gate.is_open()));
    }
}
