//! A trace that is written while its process runs.

use std::path::Path;

use spool::{Process, Record};

use super::Format;
use super::events::{self, Growing};
use super::modules::Lines;
use super::writer::{Failed, Parts};
use crate::failure::Result;
use crate::recording::{Assembly, Recording};

/// A trace that is written while its process runs.
pub struct Draft {
    assembly: Assembly,
    story: Growing,
    lines: Lines,
    /// What could not be written ends the writing.
    parts: std::result::Result<Parts, Failed>,
}

impl Draft {
    /// Begins a trace; its files are made in `scratch`, on the disk of the folder to come.
    pub fn new(process: Process<'_>, scratch: &Path, format: Format) -> Self {
        let assembly = Assembly::new(process);
        Self {
            story: Growing::new(assembly.so_far()),
            assembly,
            lines: Lines::default(),
            parts: Parts::create(scratch, format),
        }
    }

    /// The process.
    pub fn process(&self) -> &Process<'static> {
        &self.assembly.so_far().process
    }

    /// Whether the trace could be written so far.
    pub fn is_sound(&self) -> bool {
        self.parts.is_ok()
    }

    /// Takes the next record.
    pub fn take(&mut self, record: Record<'_>) {
        self.assembly.take(record);
    }

    /// Writes what can be written by now.
    pub fn advance(&mut self) {
        self.lines.advance(self.assembly.so_far());
        let new = self.story.tell(self.assembly.so_far());
        self.write(|parts| {
            for event in new.iter().flatten() {
                parts.event(event)?;
            }
            parts.flush()
        });
    }

    /// Writes the rest, and puts the trace into `folder`; gives the recording, which is over.
    ///
    /// # Errors
    ///
    /// Names the file or folder that could not be written, the reason and the remedy.
    pub fn publish(self, folder: &Path) -> Result<Recording> {
        let recording = self.assembly.finish();
        let last = self.story.finish(&recording);
        let complete = self.parts.and_then(|mut parts| {
            if let Some(last) = last {
                for event in last {
                    parts.event(&event)?;
                }
            } else {
                parts = parts.restart()?;
                for event in events::events(&recording) {
                    parts.event(&event)?;
                }
            }
            parts.finish(&recording, self.lines)
        });
        complete
            .map_err(|failed| failed.into_failure(folder))?
            .publish(folder)?;
        Ok(recording)
    }

    fn write(&mut self, task: impl FnOnce(&mut Parts) -> std::result::Result<(), Failed>) {
        if let Ok(parts) = &mut self.parts
            && let Err(failed) = task(parts)
        {
            self.parts = Err(failed);
        }
    }
}
