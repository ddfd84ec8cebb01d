//! Collapsed stacks: lines of frames, with semicolons between them, and a number. py-spy, austin, perf and Python's own sampling
//! profiler write frames of their own.

use module_identity::BARE_LABEL;

use super::labels::{Answer, Labels};
use super::tally::{Relabelled, Tally};

/// Returns whether lines are stacks, each with a number behind it.
pub fn are_collapsed(profile: &[u8]) -> bool {
    let mut stacks = lines(profile)
        .filter(|line| is_stack(line))
        .map(|line| line.trim_ascii_end());
    let has_number = |line: &[u8]| line.last().is_some_and(u8::is_ascii_digit);
    let first = stacks.next();
    first.is_some_and(has_number) && stacks.all(has_number)
}

/// Names the frames. Their line, where there is one, is the one that ran, so that the file alone says which code it is.
pub fn relabel(profile: &[u8], labels: &Labels) -> Relabelled {
    let mut bytes = Vec::with_capacity(profile.len());
    let mut tally = Tally::default();
    for line in lines(profile) {
        let count = line.iter().rposition(|byte| *byte == b' ');
        let Some(end) = count.filter(|_| is_stack(line)) else {
            bytes.extend_from_slice(line);
            continue;
        };
        // Python's own profiler leaves out the folders, and any file can have such a name.
        let has_folders = !line.starts_with(b"tid:");
        let find = |file: &str| match has_folders || file.starts_with('<') {
            true => labels.find(file, None),
            false => Answer::Ambiguous,
        };
        for (index, frame) in line[..end].split(|byte| *byte == b';').enumerate() {
            if index > 0 {
                bytes.push(b';');
            }
            let found = std::str::from_utf8(frame).ok().and_then(parse);
            let label = found.and_then(|it| Some((it, tally.count(find(it.file))?)));
            match label {
                Some((found, label)) => {
                    let new = [found.before, &word(label), found.after].concat();
                    bytes.extend_from_slice(new.as_bytes());
                }
                None => bytes.extend_from_slice(frame),
            }
        }
        bytes.extend_from_slice(&line[end..]);
    }
    Relabelled { bytes, tally }
}

/// A frame of a module's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame<'a> {
    file: &'a str,
    before: &'a str,
    after: &'a str,
}

/// Reads py-spy's `<module> (FILE:LINE)`, austin's `FILE:<module>:LINE` and perf's `py::<module>:FILE`.
fn parse(frame: &str) -> Option<Frame<'_>> {
    let at = frame.find(BARE_LABEL)?;
    let (before, after) = (&frame[..at], &frame[at + BARE_LABEL.len()..]);
    let file = if before.is_empty() {
        without_line(after.strip_prefix(" (")?.strip_suffix(')')?)
    } else if before == "py::" {
        let file = after.strip_prefix(':')?;
        // It marks what was compiled while the program ran.
        file.strip_suffix("_[j]").unwrap_or(file)
    } else {
        let is_place = |text: &str| text.bytes().all(|it| it == b':' || it.is_ascii_digit());
        after.strip_prefix(':').filter(|it| is_place(it))?;
        before.strip_suffix(':')?
    };
    Some(Frame {
        file,
        before,
        after,
    })
}

fn without_line(place: &str) -> &str {
    match place.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|it| it.is_ascii_digit()) => file,
        _ => place,
    }
}

/// Returns a label without what parts stacks.
fn word(label: &str) -> String {
    label.replace(';', ":")
}

fn lines(profile: &[u8]) -> impl Iterator<Item = &[u8]> {
    profile.split_inclusive(|byte| *byte == b'\n')
}

/// Returns whether a line is neither empty nor one of austin's remarks.
fn is_stack(line: &[u8]) -> bool {
    !line.trim_ascii().is_empty() && !line.starts_with(b"# ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_frames_of_its_own() {
        let file = |frame| parse(frame).map(|it| it.file);
        assert_eq!(file("<module> (a b/c.py:12)"), Some("a b/c.py"));
        assert_eq!(file("<module> (c.py)"), Some("c.py"));
        assert_eq!(file("<module> (<frozen site>:7)"), Some("<frozen site>"));
        assert_eq!(file("/c.py:<module>:12"), Some("/c.py"));
        assert_eq!(file("/c.py:<module>:12:13:1:2"), Some("/c.py"));
        assert_eq!(file("py::<module>:/c.py"), Some("/c.py"));
        assert_eq!(file("py::<module>:/c.py_[j]"), Some("/c.py"));
        assert_eq!(file("work (c.py:12)"), None);
        assert_eq!(file("<module>"), None);
        assert_eq!(file("/c.py:<module>:work"), None);
    }

    #[test]
    fn what_is_no_frame_stays() {
        let profile = b"# austin: 3.7.0\n\nP1;a\xff b;work 3\r\n 1\n";
        assert!(are_collapsed(profile));
        let found = relabel(profile, &Labels::default());
        assert_eq!(found.bytes, profile);
        assert!(!are_collapsed(b"# only a remark\n"));
        assert!(!are_collapsed(b"a;b 1\nhello\n"));
    }
}
