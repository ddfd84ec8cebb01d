//! The text of `trace_modules.json`.

use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use spool::Outcome;

use crate::document::{FORMAT, Filters, ProcessRun};
use crate::recording::Recording;

/// The document of a recording as text, each module on a line of its own, which can be made as soon
/// as the module's body is over.
#[derive(Debug, Default)]
pub struct ModulesText {
    /// By index; empty while the body runs.
    lines: Vec<Vec<u8>>,
    /// The modules without a line.
    running: Vec<usize>,
}

impl ModulesText {
    /// Makes the lines of the bodies that are over by now.
    pub fn advance(&mut self, recording: &Recording) {
        let modules = &recording.modules;
        self.running.extend(self.lines.len()..modules.len());
        self.lines.resize_with(modules.len(), Vec::new);
        let lines = &mut self.lines;
        self.running.retain(|&index| {
            let module = &modules[index];
            if module.outcome == Outcome::Unfinished {
                return true;
            }
            // A line that cannot be made now is tried again, and refused, in the end.
            serde_json::to_writer(&mut lines[index], module).is_err()
        });
    }

    /// Writes the document of a recording that is over.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    pub fn write(
        &self,
        mut out: impl Write,
        run: &ProcessRun,
        recording: &Recording,
    ) -> io::Result<()> {
        let filters = Filters {
            chain: recording.start.filters.clone(),
            scopes_skipped: recording.skipped,
        };
        write!(out, "{{\n\"format\": {FORMAT},\n\"process\": ")?;
        serde_json::to_writer(&mut out, run)?;
        write!(out, ",\n\"recorded\": ")?;
        serde_json::to_writer(&mut out, &recording.start.recorded)?;
        write!(out, ",\n\"filters\": ")?;
        serde_json::to_writer(&mut out, &filters)?;
        write!(out, ",\n\"loaded_before\": ")?;
        serde_json::to_writer(&mut out, &recording.start.loaded_before)?;
        write!(out, ",\n\"modules\": [")?;
        let mut separator = "\n";
        for (index, module) in recording.modules.iter().enumerate() {
            out.write_all(separator.as_bytes())?;
            let line = self.lines.get(index).filter(|line| !line.is_empty());
            match line.filter(|_| !recording.is_revised(index)) {
                Some(line) => out.write_all(line)?,
                None => serde_json::to_writer(&mut out, module)?,
            }
            separator = ",\n";
        }
        write!(out, "\n],\n\"imports\": [")?;
        let mut separator = "\n";
        for import in &recording.imports {
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut out, import)?;
            separator = ",\n";
        }
        writeln!(out, "\n]\n}}")
    }
}

/// Describes the run of a process whose recording is over.
pub fn process_run(recording: &Recording) -> ProcessRun {
    let started = UNIX_EPOCH + Duration::from_nanos(recording.start.unix_time);
    ProcessRun {
        process: recording.start.process.clone(),
        started: humantime::format_rfc3339_nanos(started).to_string(),
        ended: recording.ending,
        reason: recording.reason.clone(),
    }
}
