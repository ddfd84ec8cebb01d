//! The text of `trace_modules.json`.

use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use spool::Outcome;

use crate::build::FilteredCounts;
use crate::document::{Document, FORMAT, Filters, Import, ProcessRun};
use crate::format::Dialect;
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
        dialect: Dialect,
        run: &ProcessRun,
        recording: &Recording,
        filtered: FilteredCounts,
    ) -> io::Result<()> {
        let head = Document {
            format: FORMAT,
            dialect,
            run: run.clone(),
            recorded: recording.start.recorded,
            filters: Filters {
                chain: recording.start.filters.clone(),
                scopes_skipped: recording.skipped,
                values_redacted: filtered.redacted,
                values_dropped: filtered.dropped,
            },
            loaded_before: recording.start.loaded_before.clone(),
            modules: Vec::new(),
            imports: Vec::new(),
        };
        write_head(&mut out, &head)?;
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
        write_imports(&mut out, &recording.imports)
    }
}

/// Writes a document that was read.
///
/// # Errors
///
/// The error of `out`.
pub fn write_document(mut out: impl Write, document: &Document) -> io::Result<()> {
    write_head(&mut out, document)?;
    write_lines(&mut out, &document.modules)?;
    write_imports(&mut out, &document.imports)
}

/// Writes what stands before the modules.
fn write_head(mut out: impl Write, document: &Document) -> io::Result<()> {
    write!(out, "{{\n\"format\": {}", document.format)?;
    if !document.dialect.is_default() {
        write!(out, ",\n\"dialect\": ")?;
        serde_json::to_writer(&mut out, &document.dialect)?;
    }
    write!(out, ",\n\"process\": ")?;
    serde_json::to_writer(&mut out, &document.run)?;
    write!(out, ",\n\"recorded\": ")?;
    serde_json::to_writer(&mut out, &document.recorded)?;
    write!(out, ",\n\"filters\": ")?;
    serde_json::to_writer(&mut out, &document.filters)?;
    write!(out, ",\n\"loaded_before\": ")?;
    serde_json::to_writer(&mut out, &document.loaded_before)?;
    write!(out, ",\n\"modules\": [")
}

/// Writes the imports, and what closes the document.
fn write_imports(mut out: impl Write, imports: &[Import]) -> io::Result<()> {
    write!(out, "\n],\n\"imports\": [")?;
    write_lines(&mut out, imports)?;
    writeln!(out, "\n]\n}}")
}

/// Writes items, each on a line of its own.
fn write_lines(mut out: impl Write, items: &[impl Serialize]) -> io::Result<()> {
    let mut separator = "\n";
    for item in items {
        out.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut out, item)?;
        separator = ",\n";
    }
    Ok(())
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
