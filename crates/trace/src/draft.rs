//! A trace that is written while its process runs.

use std::path::Path;

use spool::{Detail, Events, Record, RecordingStart};

use super::Format;
use super::calls::CallStory;
use super::events::{self, Growing};
use super::modules::Lines;
use super::writer::{Failed, Parts};
use crate::recording::{Assembly, Recording};
use failure::Result;

/// A trace that is written while its process runs.
pub struct Draft {
    assembly: Assembly,
    lines: Lines,
    /// What could not be written ends the writing.
    telling: std::result::Result<Telling, Failed>,
}

/// The files, and what tells the recording in them.
struct Telling {
    parts: Parts,
    story: Story,
}

enum Story {
    Modules(Box<Growing>),
    Calls {
        story: Box<CallStory>,
        /// The number of the exception that the events told of last.
        exception: u32,
    },
}

impl Draft {
    /// Begins a trace; its files are made in `scratch`, on the disk of the folder to come.
    pub fn new(start: RecordingStart, scratch: &Path, format: Format) -> Self {
        let assembly = Assembly::new(start);
        let telling = Parts::create(scratch, format).and_then(|mut parts| {
            let recording = assembly.so_far();
            let story = match recording.start.recorded.events {
                Detail::Modules => Story::Modules(Box::new(Growing::new(recording))),
                Detail::Calls | Detail::Lines => Story::Calls {
                    story: Box::new(CallStory::new(&recording.start, &mut parts)?),
                    exception: 0,
                },
            };
            Ok(Telling { parts, story })
        });
        Self {
            assembly,
            lines: Lines::default(),
            telling,
        }
    }

    /// The start of the recording.
    pub fn start(&self) -> &RecordingStart {
        &self.assembly.so_far().start
    }

    /// Whether the trace could be written so far.
    pub fn is_sound(&self) -> bool {
        self.telling.is_ok()
    }

    /// Takes the next record.
    pub fn take(&mut self, record: Record<'_>) {
        self.write(|telling, _| match &mut telling.story {
            Story::Modules(_) => Ok(()),
            Story::Calls { story, .. } => story.record(&record, &mut telling.parts),
        });
        self.assembly.take(record);
    }

    /// Takes the events that are next.
    pub fn take_events(&mut self, events: Events<'_>) {
        self.write(|telling, _| match &mut telling.story {
            Story::Modules(_) => Ok(()),
            Story::Calls { story, exception } => {
                story.events(events, exception, &mut telling.parts)
            }
        });
    }

    /// Writes what can be written by now.
    pub fn advance(&mut self) {
        self.lines.advance(self.assembly.so_far());
        self.write(|telling, recording| {
            let certain = match &mut telling.story {
                Story::Modules(story) => {
                    for event in story.tell(recording).iter().flatten() {
                        telling.parts.event(event)?;
                    }
                    telling.parts.position()
                }
                Story::Calls { story, .. } => story.certain(&telling.parts),
            };
            telling.parts.flush_to(certain)
        });
    }

    /// Writes the rest, and puts the trace into `folder`; gives the recording, which is over.
    ///
    /// # Errors
    ///
    /// Names the file or folder that could not be written, the reason and the remedy.
    pub fn publish(self, folder: &Path) -> Result<Recording> {
        let recording = self.assembly.finish();
        let complete = self.telling.and_then(|telling| {
            let parts = telling.finish(&recording)?;
            parts.finish(&recording, self.lines)
        });
        complete
            .map_err(|failed| failed.into_failure(folder))?
            .publish(folder)?;
        Ok(recording)
    }

    fn write(
        &mut self,
        task: impl FnOnce(&mut Telling, &Recording) -> std::result::Result<(), Failed>,
    ) {
        if let Ok(telling) = &mut self.telling
            && let Err(failed) = task(telling, self.assembly.so_far())
        {
            self.telling = Err(failed);
        }
    }
}

impl Telling {
    /// Tells the rest of a recording that is over.
    fn finish(self, recording: &Recording) -> std::result::Result<Parts, Failed> {
        let mut parts = self.parts;
        match self.story {
            Story::Calls { story, .. } => story.finish(recording.ending, &mut parts)?,
            Story::Modules(story) => match story.finish(recording) {
                Some(last) => last.iter().try_for_each(|event| parts.event(event))?,
                None => {
                    parts = parts.restart()?;
                    events::events(recording).try_for_each(|event| parts.event(&event))?;
                }
            },
        }
        Ok(parts)
    }
}
