//! The state of the builder, and what it does with each record and event.

use std::collections::HashMap;
use std::fs::File;
use std::io;

use runtime_tracing::{
    NONE_VALUE, PathId, ReturnRecord, ThreadId, TraceLowLevelEvent as TraceEvent, ValueRecord,
};
use spool::{Code, Detail, Event, LineVariables, ProcessOrigin, Record, RecordingStart};

use super::filtered::{FilteredCounts, FilteredNotes};
use super::ids::{Function, Ids};
use super::open_calls::{Callee, Doubt, HeldReturn, ModuleNesting, ThreadCalls};
use super::values::Variables;
use crate::document::Ending;
use crate::encode::{EventSink, Known, Memo, Text};
use crate::names::{UNFINISHED_TYPE, why_unfinished};
use crate::recording::Recording;

pub type Sink = EventSink<File>;

/// Builds the events of a process, in which calls are balanced on each thread.
///
/// A call that is over before one that began later (greenlets) returns only after that. An end without a start
/// is dropped. A function that is suspended returns, and is called again when it goes on.
pub struct EventBuilder {
    pub(super) detail: Detail,
    pub(super) ids: Ids,
    pub(super) codes: Vec<KnownCode>,
    /// By number: the return of a call that the exception leaves.
    pub(super) exceptions: Vec<Text>,
    pub(super) variables: Variables,
    /// Events with values, encoded, each with its note of what filters kept out.
    pub(super) memo: Memo,
    /// The variables of frames at their last lines, each with what is known of it and the memo's generation.
    pub(super) line_variables: LineVariables<(u32, Known)>,
    pub(super) filtered_notes: FilteredNotes,
    /// All that filters kept out.
    pub(super) filtered: FilteredCounts,
    /// The events that were encoded last, kept for its room.
    pub(super) encoded: Vec<u8>,
    pub(super) returns: Returns,
    pub(super) threads: Vec<ThreadCalls>,
    /// The thread that events belong to.
    pub(super) current: usize,
    /// The trace mentions threads: only once there are two.
    pub(super) mentions_threads: bool,
    /// The code that lines are of.
    pub(super) line_code: u32,
    /// The number of the exception that leaves calls.
    pub(super) exception: u32,
    pub(super) held: Option<HeldReturn>,
    pub(super) doubt: Option<Doubt>,
    /// The position at which the current thread went on.
    pub(super) went_on: u64,
    /// Calls run that have no event, since they began before the process was forked.
    pub(super) is_fork: bool,
    pub(super) modules: ModuleNesting,
}

/// Code that has a number.
pub(super) struct KnownCode {
    pub(super) described: Code<'static>,
    /// Its function and the text of its start, once it was called.
    pub(super) start: Option<(Function, Text)>,
    /// The path of its steps, once a line ran.
    pub(super) path: Option<PathId>,
}

/// The texts of returns.
pub(super) struct Returns {
    pub(super) none: Text,
    /// By the exception's name.
    pub(super) errors: HashMap<String, Text>,
}

impl EventBuilder {
    /// Begins the events of a process that runs `program`.
    ///
    /// # Errors
    ///
    /// When the events cannot be written; so in all other functions.
    pub fn new(start: &RecordingStart, program: &str, sink: &mut Sink) -> io::Result<Self> {
        let none = sink.add_text(&[return_of(NONE_VALUE)]);
        let mut builder = Self {
            detail: start.recorded.events,
            ids: Ids::default(),
            codes: Vec::new(),
            exceptions: Vec::new(),
            variables: Variables::default(),
            memo: Memo::default(),
            line_variables: LineVariables::default(),
            filtered_notes: FilteredNotes::default(),
            filtered: FilteredCounts::default(),
            encoded: Vec::new(),
            returns: Returns {
                none,
                errors: HashMap::new(),
            },
            threads: vec![ThreadCalls::default()],
            current: 0,
            mentions_threads: false,
            line_code: 0,
            exception: 0,
            held: None,
            doubt: None,
            went_on: 0,
            is_fork: start.process.origin == ProcessOrigin::Fork,
            modules: ModuleNesting::default(),
        };
        let mut events = Vec::new();
        builder.ids.start(program, &mut events);
        write_all(sink, &events)?;
        Ok(builder)
    }

    /// Takes a record.
    pub fn record(&mut self, record: &Record<'_>, sink: &mut Sink) -> io::Result<()> {
        match record {
            Record::Begin(begin) => self.begin_module(begin, sink),
            Record::End(end) => self.end_module(end, sink),
            _ if self.detail == Detail::Modules => Ok(()),
            Record::Variable(variable) => sink.event(&self.variables.define(&variable.name)),
            Record::Code(code) => {
                self.know_code(code);
                Ok(())
            }
            Record::Exception(exception) => self.know_exception(exception, sink),
            Record::Start(_)
            | Record::ImportBegin(_)
            | Record::ImportEnd(_)
            | Record::Skip
            | Record::Stop { .. }
            | Record::Lost { .. } => Ok(()),
        }
    }

    /// Takes events in a row.
    pub fn events(&mut self, events: spool::Events<'_>, sink: &mut Sink) -> io::Result<()> {
        if self.detail == Detail::Modules {
            return Ok(());
        }
        for (event, values) in events {
            if values.is_over() {
                self.event(event, sink)?;
            } else {
                self.valued(event, values, sink)?;
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn event(&mut self, event: Event, sink: &mut Sink) -> io::Result<()> {
        match event {
            Event::Start(code) | Event::Resume(code) | Event::Throw(code) => {
                self.let_go(sink)?;
                self.enter(code, sink)?;
            }
            Event::Return(code) | Event::Yield(code) => {
                self.let_go(sink)?;
                self.hold(Callee::Code(code), self.returns.none);
            }
            Event::Unwind(code) => self.unwind(code, sink)?,
            Event::In(code) => self.line_code = code,
            Event::Line(line) => {
                self.let_go(sink)?;
                self.step(line, sink)?;
            }
            Event::Exception(number) => self.exception = number,
            Event::Unstarted(count) => self.doubt = Some(Doubt::Unstarted(count as usize)),
            Event::Ended(count) => {
                let returned = self.threads[self.current].returned;
                let is_first = self.held.is_none() && self.went_on == sink.position();
                self.doubt = Some(Doubt::Ended {
                    frames: count as usize,
                    returned: returned.filter(|_| is_first),
                });
            }
            Event::Thread(number) => self.switch_thread(number as usize, sink)?,
            Event::ThreadEnd(number) => self.end_thread(number as usize, sink)?,
        }
        Ok(())
    }

    /// Returns the numbers of values that filters kept out so far.
    pub fn filtered(&self) -> FilteredCounts {
        self.filtered
    }

    /// Ends the events of a recording that is over.
    pub fn finish(mut self, recording: &Recording, sink: &mut Sink) -> io::Result<()> {
        self.let_go(sink)?;
        let has_open = self.threads.iter().any(|thread| !thread.open.is_empty());
        let unfinished = match has_open {
            true => self.unfinished(recording.ending, sink)?,
            false => self.returns.none,
        };
        // The first thread last: the top level is its outermost call.
        for number in (0..self.threads.len()).rev() {
            let open = std::mem::take(&mut self.threads[number].open);
            if !open.is_empty() || number == 0 {
                self.switch_thread(number, sink)?;
            }
            let mut waiting = std::mem::take(&mut self.threads[number].waiting);
            for depth in (0..open.len()).rev() {
                let returned = waiting.pop_if(|it| it.depth == depth);
                match returned {
                    Some(waiting) => sink.encoded(&waiting.returned)?,
                    None => sink.text(unfinished)?,
                }
            }
            if number > 0 {
                self.end_thread(number, sink)?;
            }
        }
        self.leave_top_level(recording, sink)?;
        if self.mentions_threads {
            sink.event(&TraceEvent::ThreadExit(ThreadId(0)))?;
        }
        Ok(())
    }

    /// Returns the text of a call's return that an exception of this type leaves.
    pub(super) fn error(&mut self, name: &str, sink: &mut Sink) -> io::Result<Text> {
        if let Some(text) = self.returns.errors.get(name) {
            return Ok(*text);
        }
        let text = self.return_text(sink, |ids, events| ids.error(name, name, events))?;
        self.returns.errors.insert(name.to_owned(), text);
        Ok(text)
    }

    /// Returns the text of the return of a call that had not ended when the recording did.
    pub(super) fn unfinished(&mut self, ending: Ending, sink: &mut Sink) -> io::Result<Text> {
        self.return_text(sink, |ids, events| {
            ids.error(why_unfinished(ending), UNFINISHED_TYPE, events)
        })
    }

    /// Leaves the program's top level, which returns the exit status where it is known.
    pub(super) fn leave_top_level(
        &mut self,
        recording: &Recording,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let text = self.return_text(sink, |ids, events| match recording.status {
            Some(status) => ids.int(status.into(), events),
            None => NONE_VALUE,
        })?;
        sink.text(text)
    }

    /// Encodes the return of a value, after the definitions that the value needs.
    pub(super) fn return_text(
        &mut self,
        sink: &mut Sink,
        value: impl FnOnce(&mut Ids, &mut Vec<TraceEvent>) -> ValueRecord,
    ) -> io::Result<Text> {
        let mut events = Vec::new();
        let value = value(&mut self.ids, &mut events);
        write_all(sink, &events)?;
        Ok(sink.add_text(&[return_of(value)]))
    }
}

pub(super) fn return_of(return_value: ValueRecord) -> TraceEvent {
    TraceEvent::Return(ReturnRecord { return_value })
}

pub(super) fn write_all(sink: &mut Sink, events: &[TraceEvent]) -> io::Result<()> {
    events.iter().try_for_each(|event| sink.event(event))
}
