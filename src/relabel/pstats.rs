//! Files of cProfile, which pstats reads: a dict from code to its counts and to its callers.

use std::collections::HashSet;

use module_identity::BARE_LABEL;

use super::error::RelabelError;
use super::labels::{Answer, Labels};
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
        keys: keys(&entries),
    };
    let mut tally = Tally::default();
    let entries = entries.into_iter().map(|(key, value)| {
        let key = labels.renamed(&key, &mut tally);
        (key, labels.with_callers(value))
    });
    let entries = entries.collect();
    let bytes = write(&Object::Dict(entries));
    Ok(Relabelled { bytes, tally })
}

/// Returns the keys of all entries, and of the callers in them.
fn keys(entries: &[(Object, Object)]) -> HashSet<Object> {
    let mut keys = HashSet::new();
    for (key, value) in entries {
        keys.insert(key.clone());
        if let Object::Tuple(parts) = value {
            for part in parts.iter() {
                if let Object::Dict(callers) = part {
                    keys.extend(callers.iter().map(|(key, _)| key.clone()));
                }
            }
        }
    }
    keys
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
    /// The keys that the file has.
    keys: HashSet<Object>,
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
        let answer = match (self.are_first, line.small_int()) {
            (true, Some(line)) => self.labels.find(&text, Some(line)),
            // No code begins on a line that is no small number.
            (true, None) => Answer::Unknown,
            (false, _) => self.labels.find(&text, None),
        };
        let Answer::Named(label) = answer else {
            tally.count(answer);
            return key.clone();
        };
        let label = Object::Text(label.as_bytes().into());
        let named = Object::Tuple([Object::Text(file.clone()), line.clone(), label].into());
        if self.keys.contains(&named) {
            tally.taken += 1;
            return key.clone();
        }
        tally.count(answer);
        named
    }
}
