//! Files of cProfile, which pstats reads: a dict from code to its counts and to its callers.

use module_identity::BARE_LABEL;

use super::error::RelabelError;
use super::labels::Labels;
use super::marshal::{Object, read, write};
use super::tally::{Relabelled, Tally};

/// Returns whether bytes begin as a dict whose keys are tuples.
pub fn is_pstats(profile: &[u8]) -> bool {
    // The eighth bit says that others refer to it.
    let begin = profile
        .first_chunk()
        .map(|it: &[u8; 2]| it.map(|byte| byte & 0x7f));
    matches!(begin, Some([b'{', b'(' | b')' | b'0']))
}

/// Names the entries, and the callers in them.
pub fn relabel(profile: &[u8], labels: &Labels) -> Result<Relabelled, RelabelError> {
    let object = read(profile).map_err(RelabelError::Pstats)?;
    let Object::Dict(entries) = object else {
        return Err(RelabelError::Pstats("is no dict"));
    };
    let labels = LinesOf {
        labels,
        are_first: !entries.iter().any(|(key, _)| is_mark_of_samples(key)),
    };
    let mut tally = Tally::default();
    let entries = entries.into_iter().map(|(key, value)| {
        let key = labels.renamed(&key, &mut tally);
        (key, labels.with_callers(value))
    });
    let bytes = write(&Object::Dict(entries.collect()));
    Ok(Relabelled { bytes, tally })
}

/// Returns whether a key is the one by which Python's sampling profiler marks its files.
fn is_mark_of_samples(key: &Object) -> bool {
    let Object::Tuple(parts) = key else {
        return false;
    };
    matches!(&parts[..], [Object::Text(mark)] if **mark == *b"__sampled__")
}

/// The labels of a trace, for code of which lines are known.
struct LinesOf<'a> {
    labels: &'a Labels,
    /// The lines are those on which the code begins, and not those that ran.
    are_first: bool,
}

impl LinesOf<'_> {
    /// Returns a value with names for the callers in it.
    fn with_callers(&self, value: Object) -> Object {
        let Object::Tuple(parts) = &value else {
            return value;
        };
        let part = |part: &Object| match part {
            Object::Dict(callers) => {
                let callers = callers.iter().map(|(key, value)| {
                    let key = self.renamed(key, &mut Tally::default());
                    (key, value.clone())
                });
                Object::Dict(callers.collect())
            }
            other => other.clone(),
        };
        Object::Tuple(parts.iter().map(part).collect())
    }

    /// Returns a key, a file with a line and a name, with the label in place of `<module>`.
    fn renamed(&self, key: &Object, tally: &mut Tally) -> Object {
        let Object::Tuple(parts) = key else {
            return key.clone();
        };
        let [Object::Text(file), line, Object::Text(name)] = &parts[..] else {
            return key.clone();
        };
        if **name != *BARE_LABEL.as_bytes() {
            return key.clone();
        }
        let text = String::from_utf8_lossy(file);
        let first_line = line.small_int().filter(|_| self.are_first);
        match tally.count(self.labels.find(&text, first_line)) {
            Some(label) => {
                let label = Object::Text(label.as_bytes().into());
                Object::Tuple([Object::Text(file.clone()), line.clone(), label].into())
            }
            None => key.clone(),
        }
    }
}
