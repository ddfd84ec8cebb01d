//! All calls of a process told as events, while it runs.

use std::collections::{HashMap, VecDeque};

use runtime_tracing::{
    NONE_VALUE, ReturnRecord, ThreadId, TraceLowLevelEvent as Event, ValueRecord,
};
use spool::{Code, Event as Happening, Events, Outcome, ProcessOrigin, Record, RecordingStart};

use super::events::{UNFINISHED_TYPE, why_unfinished};
use super::ids::{Function, Ids};
use super::memo::Memo;
use super::texts::{Text, Texts};
use super::values::Variables;
use super::writer::{Failed, Parts};
use crate::document::Ending;

mod stacks;
mod valued;

use stacks::{Last, Left, Thread, What};

/// The type of the value that a suspension returns. No Python class has such a name.
pub const YIELD_TYPE: &str = "<yield>";
/// What the value that a suspension returns is called: a variant that holds what was given out.
pub const YIELD: &str = "yield";

type Result<T> = std::result::Result<T, Failed>;

/// Tells calls as they come, each of them balanced on its thread.
///
/// What is over before something that began later (greenlets) returns only after that. What ends
/// and never began is not told. A function that is suspended returns, and is called again when it
/// goes on.
pub(super) struct CallStory {
    ids: Ids,
    codes: Vec<Coded>,
    /// By number: the text that tells of the exception that leaves.
    exceptions: Vec<Text>,
    texts: Texts,
    variables: Variables,
    /// What events with values tell, encoded.
    memo: Memo,
    /// What was encoded last.
    encoded: Vec<u8>,
    threads: Vec<Thread>,
    /// The thread that events belong to.
    current: usize,
    /// The code that lines are of.
    line_code: u32,
    /// Whether the trace tells of threads: only once there are two.
    tells_threads: bool,
    /// What was left last.
    last: Last,
    /// What the next exception leaves may not be what it seems to: so many calls of its code are on the
    /// stack, with the one that it leaves.
    doubt: Option<usize>,
    /// Whether calls run that are not told, since they began before the process was forked.
    is_fork: bool,
    leaving: Leaving,
}

/// Code that has a number.
struct Coded {
    described: Code<'static>,
    /// Its function, and the text that tells of its start, once it was called.
    start: Option<(Function, Text)>,
    /// The text of a step, up to its line, once a line ran.
    step: Option<Text>,
}

/// The texts of what a call returns.
struct Leaving {
    none: Text,
    yields: Option<Text>,
    /// By the exception's name.
    errors: HashMap<String, Text>,
}

impl CallStory {
    /// Begins a trace.
    pub(super) fn new(start: &RecordingStart, parts: &mut Parts) -> Result<Self> {
        let mut texts = Texts::new(parts.format());
        let none = texts.add(&[leave(NONE_VALUE)]);
        let mut story = Self {
            ids: Ids::default(),
            codes: Vec::new(),
            exceptions: Vec::new(),
            texts,
            variables: Variables::default(),
            memo: Memo::default(),
            encoded: Vec::new(),
            threads: vec![Thread::default()],
            current: 0,
            line_code: 0,
            tells_threads: false,
            last: Last {
                what: What::Body(u64::MAX),
                start: 0,
                length: 0,
            },
            doubt: None,
            is_fork: start.process.origin == ProcessOrigin::Fork,
            leaving: Leaving {
                none,
                yields: None,
                errors: HashMap::new(),
            },
        };
        let mut events = VecDeque::new();
        story.ids.start(&start.process, &mut events);
        tell(parts, events)?;
        Ok(story)
    }

    /// Tells a record.
    pub(super) fn record(&mut self, record: &Record<'_>, parts: &mut Parts) -> Result<()> {
        match record {
            Record::Begin(begin) => {
                let mut events = VecDeque::new();
                let label = begin.identity.label();
                let function = self
                    .ids
                    .function(label, &begin.file, begin.line, &mut events);
                events.extend(function.enter());
                tell(parts, events)?;
                // (the recorder says before whose the lines are)
                self.open(What::Body(begin.body), self.line_code);
                Ok(())
            }
            Record::End(end) => {
                let what = What::Body(end.body);
                let last = self.last(parts).filter(|last| last.what == what);
                // (before anything is defined, which may be one thing too many for taking back)
                let is_taken_back =
                    last.is_some_and(|last| parts.take_out(last.start, last.length));
                let text = match end.outcome {
                    Outcome::Raised => {
                        self.error(end.exception.as_deref().unwrap_or_default(), parts)?
                    }
                    Outcome::Returned | Outcome::Suspended | Outcome::Unfinished => {
                        self.leaving.none
                    }
                };
                match is_taken_back {
                    true => parts.encoded(self.texts.get(text)),
                    false => self.leave(what, Left::As(text), parts),
                }
            }
            Record::Variable(variable) => parts.event(&self.variables.define(&variable.name)),
            Record::Code(code) => {
                // (numbers come in order, from 0)
                self.codes.push(Coded {
                    described: Code {
                        number: code.number,
                        name: code.name.to_string().into(),
                        file: code.file.to_string().into(),
                        line: code.line,
                    },
                    start: None,
                    step: None,
                });
                Ok(())
            }
            Record::Exception(exception) => {
                let text = self.error(&exception.name, parts)?;
                let number = exception.number as usize;
                // (numbers come in order, unless there is damage)
                if number == self.exceptions.len() {
                    self.exceptions.push(text);
                } else if let Some(known) = self.exceptions.get_mut(number) {
                    *known = text;
                }
                Ok(())
            }
            Record::Start(_) | Record::Skip | Record::Stop { .. } | Record::Lost { .. } => Ok(()),
        }
    }

    /// Tells events in a row. `exception` is the number of the one that the events told of last.
    pub(super) fn events(
        &mut self,
        events: Events<'_>,
        exception: &mut u32,
        parts: &mut Parts,
    ) -> Result<()> {
        for (event, values) in events {
            if values.is_over() {
                self.event(event, exception, parts)?;
            } else {
                self.valued(event, values, exception, parts)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn event(&mut self, event: Happening, exception: &mut u32, parts: &mut Parts) -> Result<()> {
        {
            match event {
                Happening::Start(code) | Happening::Resume(code) | Happening::Throw(code) => {
                    self.enter(code, parts)?;
                }
                Happening::Return(code) => {
                    self.leave(What::Code(code), Left::As(self.leaving.none), parts)?;
                }
                Happening::Yield(code) => {
                    let text = self.yields(parts)?;
                    self.leave(What::Code(code), Left::As(text), parts)?;
                }
                Happening::Unwind(code) => {
                    let text = self.exceptions.get(*exception as usize);
                    let text = text.copied().unwrap_or(self.leaving.none);
                    match self.doubt.take() {
                        None => self.leave(What::Code(code), Left::As(text), parts)?,
                        Some(frames) => self.leave_in_doubt(code, frames, text, parts)?,
                    }
                }
                Happening::In(code) => self.line_code = code,
                Happening::Line(line) => {
                    self.step(line, parts)?;
                }
                Happening::Exception(number) => *exception = number,
                Happening::Unstarted(count) => self.doubt = Some(count as usize),
                Happening::Ended(count) => {
                    if !self.open_again(count as usize, parts) {
                        self.doubt = Some(count as usize);
                    }
                }
                Happening::Thread(number) => self.switch(number as usize, parts)?,
                Happening::ThreadEnd(number) => self.end_thread(number as usize, parts)?,
            }
        }
        Ok(())
    }

    /// Tells the end of the recording.
    pub(super) fn finish(mut self, ending: Ending, parts: &mut Parts) -> Result<()> {
        let mut events = VecDeque::new();
        let has_open = self.threads.iter().any(|thread| !thread.open.is_empty());
        let unfinished = has_open.then(|| {
            self.ids
                .error(why_unfinished(ending), UNFINISHED_TYPE, &mut events)
        });
        tell(parts, events)?;
        let unfinished =
            unfinished.map_or(self.leaving.none, |value| self.texts.add(&[leave(value)]));
        let unfinished = Left::As(unfinished);
        // The first thread last: the top level is its outermost call.
        for number in (0..self.threads.len()).rev() {
            let open = std::mem::take(&mut self.threads[number].open);
            if !open.is_empty() || number == 0 {
                self.switch(number, parts)?;
            }
            for call in open.iter().rev() {
                let left = call.left.as_ref().unwrap_or(&unfinished);
                parts.encoded(left.bytes(&self.texts))?;
            }
            if number > 0 {
                self.end_thread(number, parts)?;
            }
        }
        parts.event(&leave(NONE_VALUE))?;
        if self.tells_threads {
            parts.event(&Event::ThreadExit(ThreadId(0)))?;
        }
        Ok(())
    }

    #[inline]
    fn enter(&mut self, code: u32, parts: &mut Parts) -> Result<()> {
        let text = match self.codes.get(code as usize) {
            Some(Coded {
                start: Some((_, text)),
                ..
            }) => *text,
            Some(_) => self.define(code as usize, parts)?.1,
            // (only damage can take a description away)
            None => return Ok(()),
        };
        parts.encoded(self.texts.get(text))?;
        self.open(What::Code(code), code);
        Ok(())
    }

    /// Defines the function of code that is called for the first time.
    #[cold]
    fn define(&mut self, code: usize, parts: &mut Parts) -> Result<(Function, Text)> {
        let mut events = VecDeque::new();
        let code = &mut self.codes[code];
        let Code {
            name, file, line, ..
        } = &code.described;
        let function = self
            .ids
            .function(name.to_string(), file, *line, &mut events);
        let text = self.texts.add(&function.enter());
        code.start = Some((function, text));
        tell(parts, events)?;
        Ok((function, text))
    }

    /// Tells that a line of the code is about to run, if it is one of the innermost call: others that
    /// run are not told, or are of another stack. `false` when it is not.
    #[inline]
    fn step(&mut self, line: u32, parts: &mut Parts) -> Result<bool> {
        let open = self.threads[self.current].open.last();
        if open.is_none_or(|open| open.code != self.line_code) {
            return Ok(false);
        }
        let text = match self.codes.get(self.line_code as usize) {
            Some(Coded {
                step: Some(text), ..
            }) => *text,
            Some(_) => self.define_step(parts)?,
            None => return Ok(false),
        };
        parts.encoded(self.texts.get(text))?;
        let (bytes, length) = self.texts.end_of_step(line);
        parts.encoded(&bytes[..length])?;
        Ok(true)
    }

    /// Defines the path of code of which a line runs for the first time.
    #[cold]
    fn define_step(&mut self, parts: &mut Parts) -> Result<Text> {
        let mut events = VecDeque::new();
        let code = &mut self.codes[self.line_code as usize];
        let path_id = self.ids.path(&code.described.file, &mut events);
        let text = self.texts.add_step(path_id);
        code.step = Some(text);
        tell(parts, events)?;
        Ok(text)
    }

    fn error(&mut self, name: &str, parts: &mut Parts) -> Result<Text> {
        if let Some(text) = self.leaving.errors.get(name) {
            return Ok(*text);
        }
        let mut events = VecDeque::new();
        let value = self.ids.error(name, name, &mut events);
        tell(parts, events)?;
        let text = self.texts.add(&[leave(value)]);
        self.leaving.errors.insert(name.to_owned(), text);
        Ok(text)
    }

    fn yields(&mut self, parts: &mut Parts) -> Result<Text> {
        if let Some(text) = self.leaving.yields {
            return Ok(text);
        }
        let mut events = VecDeque::new();
        let value = self.ids.given(NONE_VALUE, &mut events);
        tell(parts, events)?;
        let text = self.texts.add(&[leave(value)]);
        self.leaving.yields = Some(text);
        Ok(text)
    }
}

fn leave(return_value: ValueRecord) -> Event {
    Event::Return(ReturnRecord { return_value })
}

fn tell(parts: &mut Parts, events: VecDeque<Event>) -> Result<()> {
    events.iter().try_for_each(|event| parts.event(event))
}
