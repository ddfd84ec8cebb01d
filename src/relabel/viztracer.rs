//! The JSON of viztracer. Each call is an event with a name, a file, the first line of the code and a time.

use std::collections::BTreeMap;

use module_identity::BARE_LABEL;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::edits::{Edits, quoted};
use super::error::RelabelError;
use super::labels::{Answer, Labels};
use super::tally::{Relabelled, Tally};

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "traceEvents")]
    _events: IgnoredAny,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow, rename = "traceEvents")]
    events: Vec<Event<'a>>,
    #[serde(borrow)]
    file_info: Option<FileInfo<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    ph: String,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    pid: Option<u64>,
    tid: Option<u64>,
    ts: Option<f64>,
}

/// The places of the code that has a name.
#[derive(Deserialize)]
struct FileInfo<'a> {
    #[serde(borrow)]
    functions: Option<&'a RawValue>,
}

/// A call of a module's code.
struct Call<'a> {
    time: f64,
    /// The process and the thread.
    thread: (Option<u64>, Option<u64>),
    name: &'a RawValue,
}

/// Returns whether a JSON text has viztracer's events.
pub fn is_viztracer(text: &str) -> bool {
    serde_json::from_str::<Head>(text).is_ok()
}

/// Names the events. Where code at one place has several labels, the order of its calls is compared with that of the trace.
pub fn relabel(text: &str, labels: &Labels) -> Result<Relabelled, RelabelError> {
    let wrong = |source| RelabelError::Json {
        tool: "viztracer",
        source,
    };
    let profile: Profile<'_> = serde_json::from_str(text).map_err(wrong)?;
    let mut edits = Edits::of(text);
    let mut tally = Tally::default();
    let mut places = BTreeMap::<String, Vec<Call<'_>>>::new();
    for event in &profile.events {
        let Some(raw) = event.name.filter(|_| event.ph == "X") else {
            continue;
        };
        // Most names are of functions, and need no decoding.
        if !raw.get().starts_with("\"<module> (") {
            continue;
        }
        let name: String = serde_json::from_str(raw.get()).map_err(wrong)?;
        places.entry(name).or_default().push(Call {
            time: event.ts.unwrap_or_default(),
            thread: (event.pid, event.tid),
            name: raw,
        });
    }
    let mut functions = BTreeMap::new();
    for (name, calls) in &mut places {
        calls.sort_by(|one, other| one.time.total_cmp(&other.time));
        let Some((file, line)) = place(name) else {
            tally.unknown += calls.len();
            continue;
        };
        let answers = answers(file, line, calls, labels);
        for (call, answer) in calls.iter().zip(answers) {
            if let Some(label) = tally.count(answer) {
                let new = label.to_owned() + &name[BARE_LABEL.len()..];
                edits.replace(call.name, &new);
                functions.insert(new, (file, line));
            }
        }
    }
    if let Some(known) = profile.file_info.and_then(|it| it.functions) {
        let before: BTreeMap<String, IgnoredAny> =
            serde_json::from_str(known.get()).map_err(wrong)?;
        functions.retain(|name, _| !before.contains_key(name));
        let entry = |(name, (file, line)): (&String, &(&str, u32))| {
            format!("{}: [{}, {line}]", quoted(name), quoted(file))
        };
        edits.insert(known, &functions.iter().map(entry).collect::<Vec<_>>());
    }
    Ok(Relabelled {
        bytes: edits.apply().into_bytes(),
        tally,
    })
}

/// Returns an answer for each call of code at one place.
fn answers<'a>(file: &str, line: u32, calls: &[Call<'_>], labels: &'a Labels) -> Vec<Answer<'a>> {
    let answer = labels.find(file, Some(line));
    let all = vec![answer; calls.len()];
    let mut threads = calls.iter().map(|call| call.thread);
    let first = threads.next();
    if answer != Answer::Ambiguous || threads.any(|it| Some(it) != first) {
        return all;
    }
    labels.in_turn(file, line, all.len()).unwrap_or(all)
}

/// Reads `<module> (FILE:LINE)`.
fn place(name: &str) -> Option<(&str, u32)> {
    let place = name.strip_prefix(BARE_LABEL)?.strip_prefix(" (")?;
    let (file, line) = place.strip_suffix(')')?.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}
