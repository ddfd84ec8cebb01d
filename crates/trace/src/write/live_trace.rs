//! A trace that is written while its process runs.

use std::path::Path;

use spool::{Events, Record, RecordingStart, SpoolEnd};

use super::modules_text::ModulesText;
use super::pending_files::{PendingFiles, WriteError};
use super::staged_trace::StagedTrace;
use crate::build::EventBuilder;
use crate::document::Ending;
use crate::error::TraceError;
use crate::format::Format;
use crate::program::RecordedProgram;
use crate::recording::{Assembly, ProcessEnd, Recording};

/// A trace that is written while its process runs.
pub struct LiveTrace {
    assembly: Assembly,
    program: RecordedProgram,
    modules: ModulesText,
    /// An error ends the writing.
    events: Result<LiveEvents, WriteError>,
}

/// The events, and the files that they are written into.
struct LiveEvents {
    builder: Box<EventBuilder>,
    files: PendingFiles,
}

impl LiveTrace {
    /// Begins the trace of a process that runs `program`. Its files are made in `scratch`, on the disk of the
    /// folder to come.
    pub fn new(
        start: RecordingStart,
        program: RecordedProgram,
        scratch: &Path,
        format: Format,
    ) -> Self {
        let values = start.recorded.values;
        let events = PendingFiles::create(scratch, format, values).and_then(|mut files| {
            let builder = EventBuilder::new(&start, &program.name, files.events());
            let builder = Box::new(builder.map_err(|error| files.event_error(error))?);
            Ok(LiveEvents { builder, files })
        });
        Self {
            assembly: Assembly::new(start),
            program,
            modules: ModulesText::default(),
            events,
        }
    }

    /// Returns the start of the recording.
    pub fn start(&self) -> &RecordingStart {
        &self.assembly.so_far().start
    }

    /// Returns whether the trace could be written so far.
    pub fn is_sound(&self) -> bool {
        self.events.is_ok()
    }

    /// Returns whether the recording ended before its process did.
    pub fn is_over(&self) -> bool {
        self.assembly.so_far().ending != Ending::ProcessEnded
    }

    /// Takes the next record.
    pub fn take(&mut self, record: Record<'_>) {
        self.write(|builder, files| builder.record(&record, files.events()));
        self.assembly.take(record);
    }

    /// Takes the next events.
    pub fn take_events(&mut self, events: Events<'_>) {
        self.write(|builder, files| builder.events(events, files.events()));
    }

    /// Notes that nothing after this can be read.
    pub fn cut(&mut self, reason: String) {
        self.assembly.cut(reason);
    }

    /// Notes how the process ended, and what it wrote, where its recording did not end before.
    pub fn end_process(&mut self, process: ProcessEnd, spool: SpoolEnd) {
        self.assembly.end_process(process, spool);
    }

    /// Makes the lines of `trace_modules.json` that can be made by now.
    pub fn advance(&mut self) {
        self.modules.advance(self.assembly.so_far());
    }

    /// Writes the rest, and puts the trace into `folder`. Returns the recording, which is over.
    ///
    /// # Errors
    ///
    /// When a file or folder cannot be written.
    pub fn publish(self, folder: &Path) -> Result<Recording, TraceError> {
        let recording = self.assembly.finish();
        let staged = self
            .events
            .and_then(|events| events.stage(&recording, self.program, &self.modules));
        staged
            .map_err(|error| error.in_folder(folder))?
            .publish(folder)?;
        Ok(recording)
    }

    fn write(
        &mut self,
        task: impl FnOnce(&mut EventBuilder, &mut PendingFiles) -> std::io::Result<()>,
    ) {
        if let Ok(LiveEvents { builder, files }) = &mut self.events
            && let Err(error) = task(builder, files)
        {
            self.events = Err(files.event_error(error));
        }
    }
}

impl LiveEvents {
    /// Writes the rest of a recording that is over.
    fn stage(
        self,
        recording: &Recording,
        program: RecordedProgram,
        modules: &ModulesText,
    ) -> Result<StagedTrace, WriteError> {
        let Self { builder, mut files } = self;
        let filtered = builder.filtered();
        let finished = if builder.needs_replay(recording) {
            files = files.restart()?;
            EventBuilder::replay(recording, &program.name, files.events())
        } else {
            builder.finish(recording, files.events())
        };
        finished.map_err(|error| files.event_error(error))?;
        files.finish(recording, program, modules, filtered)
    }
}
