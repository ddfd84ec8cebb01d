//! Records made by hand.

use std::path::Path;

use interpreters::command_line::program_and_arguments;
use module_identity::{Identity, ModuleName, Rule};
use spool::{Begin, End, Outcome, Process, ProcessOrigin, Record, Recorded, RecordingStart};
use trace::recording::{Assembly, Recording};
use trace::{Format, LiveTrace, RecordedProgram};

/// When every recording here begins, by the monotonic clock.
const BEGINNING: u64 = 5_000_000_000;

pub fn start() -> RecordingStart {
    RecordingStart {
        process: Process {
            pid: 4241,
            parent: 4200,
            origin: ProcessOrigin::Start,
            interpreter: 0,
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
        identity: Identity::new(name, rule),
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
        raised: Vec::new(),
    })
}

pub fn end_with(body: u64, micros: u64, outcome: Outcome) -> Record<'static> {
    Record::End(End {
        body,
        time: BEGINNING + micros * 1000,
        outcome,
        exception: None,
        raised: Vec::new(),
    })
}

pub fn lost(micros: u64, reason: &str) -> Record<'static> {
    Record::Lost {
        time: BEGINNING + micros * 1000,
        reason: reason.to_owned().into(),
    }
}

/// The records of one process.
pub struct Records {
    pub start: RecordingStart,
    records: Vec<Record<'static>>,
}

/// Returns the records of the usual process.
pub fn recording(records: Vec<Record<'static>>) -> Records {
    recording_of(start(), records)
}

pub fn recording_of(start: RecordingStart, records: Vec<Record<'static>>) -> Records {
    Records { start, records }
}

impl Records {
    /// Puts the recording together.
    pub fn assembled(&self) -> Recording {
        let mut assembly = Assembly::new(self.start.clone());
        for record in &self.records {
            assembly.take(record.clone());
        }
        assembly.finish()
    }

    /// Returns a trace of the records, which has no place yet.
    pub fn traced(&self, scratch: &Path, format: Format) -> LiveTrace {
        let command = &self.start.process.arguments;
        let mut trace = LiveTrace::new(self.start.clone(), program_of(command), scratch, format);
        for record in &self.records {
            trace.take(record.clone());
            trace.advance();
        }
        trace
    }
}

pub fn program_of(command: &[String]) -> RecordedProgram {
    program_and_arguments(command).into()
}

const SITE: &str = "/home/app/.venv/lib/python3.12/site-packages";

/// A program that imports a package, runs an `exec` that imports, fails at one import, runs a
/// thread, and is killed in the end.
pub fn busy_program() -> Records {
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

/// Writes a trace of `records` into a new folder.
pub fn written(records: &Records, format: Format) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), records, format);
    folder
}

pub fn write(folder: &Path, records: &Records, format: Format) {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let trace = records.traced(scratch.path(), format);
    trace.publish(folder).expect("a folder that can be written");
}
