//! Records made by hand.

use std::path::Path;

use module_identity::{Grounds, Identity, ModuleName, Rule};
use spool::{Begin, End, Outcome, Process, ProcessOrigin, Record, Recorded, RecordingStart};
use trace::recording::Recording;
use trace::{Format, writer};

/// When every recording here begins, by the monotonic clock.
const BEGINNING: u64 = 5_000_000_000;

pub fn start() -> RecordingStart {
    RecordingStart {
        process: Process {
            pid: 4241,
            parent: 4200,
            origin: ProcessOrigin::Start,
            python: "3.12.1".into(),
            executable: "/usr/bin/python3".into(),
            arguments: vec!["python3".into(), "main.py".into(), "--fast".into()],
            directory: "/home/app".into(),
        },
        recorded: Recorded::default(),
        filters: Vec::new(),
        loaded_before: vec!["builtins".into(), "sys".into()],
        time: BEGINNING,
        unix_time: 1_767_225_600_000_000_000,
    }
}

/// Code that starts `micros` microseconds into the recording; `name` is empty for a bare `<module>`.
pub fn begin(body: u64, thread: u64, micros: u64, name: &str, file: &str) -> Record<'static> {
    let name = ModuleName::new(name).ok();
    let rule = if name.is_some() {
        Rule::File
    } else {
        Rule::Nested
    };
    Record::Begin(Begin {
        body,
        thread,
        time: BEGINNING + micros * 1000,
        identity: Identity {
            name,
            rule,
            grounds: Grounds::default(),
            rivals: Vec::new(),
        },
        file: file.to_owned().into(),
        line: 1,
    })
}

pub fn end(body: u64, micros: u64) -> Record<'static> {
    end_with(body, micros, Outcome::Returned)
}

pub fn raised(body: u64, micros: u64, exception: &str) -> Record<'static> {
    Record::End(End {
        body,
        time: BEGINNING + micros * 1000,
        outcome: Outcome::Raised,
        exception: Some(exception.to_owned().into()),
    })
}

pub fn end_with(body: u64, micros: u64, outcome: Outcome) -> Record<'static> {
    Record::End(End {
        body,
        time: BEGINNING + micros * 1000,
        outcome,
        exception: None,
    })
}

pub fn lost(micros: u64, reason: &str) -> Record<'static> {
    Record::Lost {
        time: BEGINNING + micros * 1000,
        reason: reason.to_owned().into(),
    }
}

/// The recording of the usual process.
pub fn recording(records: Vec<Record<'static>>) -> Recording {
    recording_of(start(), records)
}

pub fn recording_of(start: RecordingStart, records: Vec<Record<'static>>) -> Recording {
    let records = std::iter::once(Record::Start(start)).chain(records);
    Recording::from_records(records).expect("the first record is a process")
}

const SITE: &str = "/home/app/.venv/lib/python3.12/site-packages";

/// A program that imports a package, runs an `exec` that imports, fails at one import, runs a
/// thread, and is killed in the end.
pub fn busy_program() -> Recording {
    recording(vec![
        begin(0, 0, 100, "__main__", "/home/app/main.py"),
        begin(1, 0, 200, "pkg", &format!("{SITE}/pkg/__init__.py")),
        begin(2, 0, 300, "", "<string>"),
        begin(3, 0, 400, "json", "/usr/lib/python3.12/json/__init__.py"),
        end(3, 1_400),
        end(2, 1_500),
        begin(4, 0, 1_600, "pkg.fast", &format!("{SITE}/pkg/fast.py")),
        raised(4, 1_700, "ImportError"),
        end(1, 2_200),
        begin(5, 1, 2_300, "plugin", "/home/app/plugin.py"),
        begin(6, 0, 2_400, "main", "/home/app/lib/main.py"),
        end(5, 2_500),
        end_with(6, 2_600, Outcome::Suspended),
    ])
}

/// Writes `recording` into a new folder.
pub fn written(recording: &Recording, format: Format) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), recording, format);
    folder
}

pub fn write(folder: &Path, recording: &Recording, format: Format) {
    writer::write(folder, recording, format).expect("a folder that can be written");
}
