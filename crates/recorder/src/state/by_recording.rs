//! Values of a thread, of which it has one in each recording: it may run several interpreters, by turns.

use std::cell::RefCell;

/// Values of the calling thread, by the recordings that they are of.
pub struct ByRecording<T>(RefCell<Vec<(u32, T)>>);

impl<T: Default> ByRecording<T> {
    pub const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Runs `task` with the value of a recording; `None` while it is at work already. Before another recording's
    /// value is made, those go that are idle.
    pub fn with<R>(
        &self,
        recording: u32,
        is_idle: impl Fn(&T) -> bool,
        task: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let mut values = self.0.try_borrow_mut().ok()?;
        let known = values.iter().position(|(other, _)| *other == recording);
        let index = known.unwrap_or_else(|| {
            values.retain(|(_, value)| !is_idle(value));
            values.push((recording, T::default()));
            values.len() - 1
        });
        Some(task(&mut values[index].1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recording_has_a_value_as_long_as_it_is_in_use() {
        let values = ByRecording::<u32>::new();
        let with =
            |recording, task: fn(&mut u32) -> u32| values.with(recording, |it| *it == 0, task);
        with(1, |value| {
            *value = 7;
            0
        });
        for recording in 2..100 {
            assert_eq!(with(recording, |value| *value), Some(0));
        }
        assert_eq!(with(1, |value| *value), Some(7));
        assert_eq!(values.0.borrow().len(), 2);
        let within = values.with(1, |_| false, |_| with(2, |value| *value));
        assert_eq!(within, Some(None), "it is at work already");
    }
}
