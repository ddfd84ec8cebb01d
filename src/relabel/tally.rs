//! The answers for the frames of a profile, counted, and the profile with them.

use std::fmt;

use super::labels::Answer;

/// A profile whose frames have names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relabelled {
    /// The bytes of the profile, in the format that it had.
    pub bytes: Vec<u8>,
    /// The answers for its `<module>` frames.
    pub tally: Tally,
}

/// The numbers of `<module>` frames by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that have a module's name now.
    pub named: usize,
    /// Those that are no module's body by the trace.
    pub bare: usize,
    /// Those that may be one of several.
    pub ambiguous: usize,
    /// Those of which the trace says nothing.
    pub unknown: usize,
    /// Those beside another frame that has the name already.
    pub taken: usize,
}

impl Tally {
    /// Counts an answer, and returns the name in it.
    pub fn count<'a>(&mut self, answer: Answer<'a>) -> Option<&'a str> {
        match answer {
            Answer::Named(label) => {
                self.named += 1;
                return Some(label);
            }
            Answer::Bare => self.bare += 1,
            Answer::Ambiguous => self.ambiguous += 1,
            Answer::Unknown => self.unknown += 1,
        }
        None
    }

    fn all(&self) -> usize {
        self.named + self.bare + self.ambiguous + self.unknown + self.taken
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} <module> frames named", self.named, self.all())?;
        let rest = [
            (self.bare, "no module's body"),
            (self.ambiguous, "ambiguous"),
            (self.unknown, "not in the trace"),
            (self.taken, "beside an entry of that name"),
        ];
        let rest = rest.iter().filter(|(count, _)| *count > 0);
        for (index, (count, what)) in rest.enumerate() {
            let mark = if index == 0 { ';' } else { ',' };
            write!(f, "{mark} {count} {what}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_come_up_is_left_out() {
        let mut tally = Tally::default();
        assert_eq!(tally.to_string(), "0 of 0 <module> frames named");
        for answer in [
            Answer::Named("<a>"),
            Answer::Unknown,
            Answer::Bare,
            Answer::Unknown,
        ] {
            tally.count(answer);
        }
        assert_eq!(
            tally.to_string(),
            "1 of 4 <module> frames named; 1 no module's body, 2 not in the trace"
        );
    }
}
