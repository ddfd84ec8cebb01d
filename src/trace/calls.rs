//! All calls of a process told as events, while it runs.

use std::collections::{HashMap, VecDeque};

use runtime_tracing::{
    NONE_VALUE, ReturnRecord, ThreadId, TraceLowLevelEvent as Event, ValueRecord,
};
use spool::{Code, Event as Happening, Events, Origin, Process, Record, Values};

use super::encoding::encode;
use super::events::{UNFINISHED_TYPE, why_unfinished};
use super::ids::{Function, Ids};
use super::memo::Memo;
use super::texts::{Text, Texts};
use super::values::Variables;
use super::writer::{Failed, Parts};
use crate::recording::Ending;

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
    /// What is asked of it, and its answer.
    key: Vec<u8>,
    recalled: Vec<u8>,
    threads: Vec<Thread>,
    /// The thread that events belong to.
    current: usize,
    /// The code that lines are of.
    line_code: u32,
    /// Whether the trace tells of threads: only once there are two.
    tells_threads: bool,
    /// What was left last.
    last: Last,
    /// What the next exception leaves may not be what it seems to.
    doubt: Option<Doubt>,
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

#[derive(Default)]
struct Thread {
    is_started: bool,
    is_over: bool,
    open: Vec<Open>,
    /// How many of the open calls wait for those above.
    waiting: usize,
}

/// What was left last, and where that is told.
#[derive(Clone, Copy)]
struct Last {
    what: What,
    start: u64,
    length: usize,
}

/// So many calls of the code that the next exception leaves are on the stack, with this one.
struct Doubt {
    frames: usize,
    /// What was left right before, if that may be it.
    last: Option<Last>,
}

/// A call that has not returned.
struct Open {
    what: What,
    /// The code that its lines are of.
    code: u32,
    /// How it was left, when that was before what began later.
    left: Option<Left>,
}

/// How a call is left, encoded.
#[derive(Clone)]
enum Left {
    /// As others are, too.
    As(Text),
    /// With a value of its own.
    With(Box<[u8]>),
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Code(u32),
    Body(u64),
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
    pub(super) fn new(process: &Process<'_>, parts: &mut Parts) -> Result<Self> {
        let mut texts = Texts::new(parts.format());
        let none = texts.add(&[leave(NONE_VALUE)]);
        let mut story = Self {
            ids: Ids::default(),
            codes: Vec::new(),
            exceptions: Vec::new(),
            texts,
            variables: Variables::default(),
            memo: Memo::default(),
            key: Vec::new(),
            recalled: Vec::new(),
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
            is_fork: process.origin == Origin::Fork,
            leaving: Leaving {
                none,
                yields: None,
                errors: HashMap::new(),
            },
        };
        let mut events = VecDeque::new();
        story.ids.start(process, &mut events);
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
                let text = match &end.outcome {
                    spool::Outcome::Returned | spool::Outcome::Suspended => self.leaving.none,
                    spool::Outcome::Raised { exception } => self.error(exception, parts)?,
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
                let needed = self.exceptions.len().max(number + 1);
                self.exceptions.resize(needed, self.leaving.none);
                self.exceptions[number] = text;
                Ok(())
            }
            Record::Process(_) | Record::Skip | Record::Stop { .. } | Record::Lost { .. } => Ok(()),
        }
    }

    /// Tells events in a row. `exception` is the number of the one that the events told of last.
    pub(super) fn events(
        &mut self,
        events: Events<'_>,
        exception: &mut u32,
        parts: &mut Parts,
    ) -> Result<()> {
        for event in events {
            self.event(event, exception, parts)?;
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
                        Some(doubt) => self.leave_in_doubt(code, &doubt, text, parts)?,
                    }
                }
                Happening::In(code) => self.line_code = code,
                Happening::Line(line) => {
                    self.step(line, parts)?;
                }
                Happening::Exception(number) => *exception = number,
                Happening::Unstarted(count) => {
                    let frames = count as usize;
                    self.doubt = Some(Doubt { frames, last: None });
                }
                Happening::Ended(count) => {
                    let frames = count as usize;
                    let last = self.last(parts);
                    self.doubt = Some(Doubt { frames, last });
                }
                Happening::Thread(number) => self.switch(number as usize, parts)?,
                Happening::ThreadEnd(number) => self.end_thread(number as usize, parts)?,
            }
        }
        Ok(())
    }

    /// Tells an event that has values.
    pub(super) fn valued(
        &mut self,
        event: Happening,
        values: Values<'_>,
        exception: &mut u32,
        parts: &mut Parts,
    ) -> Result<()> {
        match event {
            Happening::Start(code) => {
                if (code as usize) < self.codes.len() {
                    self.recall(event, values, parts)?;
                    parts.encoded(&self.recalled)?;
                    self.open(What::Code(code), code);
                }
                Ok(())
            }
            // (what is given does not depend on who gives it)
            Happening::Return(code) => {
                self.recall(Happening::Return(0), values, parts)?;
                self.leave_recalled(What::Code(code), parts)
            }
            Happening::Yield(code) => {
                self.recall(Happening::Yield(0), values, parts)?;
                self.leave_recalled(What::Code(code), parts)
            }
            Happening::Line(line) => {
                if !self.step(line, parts)? {
                    return Ok(());
                }
                let mut rest = values;
                while let Some(variable) = rest.variable() {
                    self.recall(Happening::Line(0), variable, parts)?;
                    parts.encoded(&self.recalled)?;
                }
                Ok(())
            }
            // (the recorder gives values to no others)
            other => self.event(other, exception, parts),
        }
    }

    /// Encodes what an event with values tells, or recalls it, since it was told before.
    #[inline]
    fn recall(&mut self, event: Happening, values: Values<'_>, parts: &mut Parts) -> Result<()> {
        self.key.clear();
        self.key.extend(event.word().to_le_bytes());
        self.key.extend(values.rest());
        self.recalled.clear();
        if let Some(text) = self.memo.get(&self.key) {
            self.recalled.extend(text);
            return Ok(());
        }
        for event in self.read(event, values, parts)? {
            // (a value that was read can be encoded)
            let encoded = encode(parts.format(), &event, &mut self.recalled);
            debug_assert!(encoded.is_ok());
        }
        self.memo.insert(&self.key, &self.recalled);
        Ok(())
    }

    /// Reads what an event with values tells, and tells what that needs.
    fn read(
        &mut self,
        event: Happening,
        mut values: Values<'_>,
        parts: &mut Parts,
    ) -> Result<Vec<Event>> {
        let mut needed = VecDeque::new();
        let told = match event {
            Happening::Start(code) => {
                let code = code as usize;
                let function = match self.codes[code].start {
                    Some((function, _)) => function,
                    None => self.define(code, parts)?.0,
                };
                let arguments = self.variables.read(values, &mut self.ids, &mut needed);
                function.enter_with(arguments).into()
            }
            Happening::Line(_) => {
                let variables = self.variables.read(values, &mut self.ids, &mut needed);
                variables.into_iter().map(Event::Value).collect()
            }
            Happening::Yield(_) => {
                let contents = self.ids.value_of(&mut values, &mut needed);
                vec![leave(self.ids.given(contents, &mut needed))]
            }
            _ => vec![leave(self.ids.value_of(&mut values, &mut needed))],
        };
        tell(parts, needed)?;
        Ok(told)
    }

    /// Tells the end of the recording.
    pub(super) fn finish(mut self, ending: &Ending, parts: &mut Parts) -> Result<()> {
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

    #[inline]
    fn open(&mut self, what: What, code: u32) {
        let open = Open {
            what,
            code,
            left: None,
        };
        self.threads[self.current].open.push(open);
    }

    #[inline]
    fn leave(&mut self, what: What, left: Left, parts: &mut Parts) -> Result<()> {
        let thread = &mut self.threads[self.current];
        if thread.waiting == 0 && thread.open.last().is_some_and(|open| open.what == what) {
            thread.open.pop();
            let bytes = left.bytes(&self.texts);
            self.last = Last {
                what,
                start: parts.position(),
                length: bytes.len(),
            };
            return parts.encoded(bytes);
        }
        self.leave_out_of_turn(what, left, parts)
    }

    /// The same, with the value that was recalled.
    #[inline]
    fn leave_recalled(&mut self, what: What, parts: &mut Parts) -> Result<()> {
        let thread = &mut self.threads[self.current];
        if thread.waiting == 0 && thread.open.last().is_some_and(|open| open.what == what) {
            thread.open.pop();
            self.last = Last {
                what,
                start: parts.position(),
                length: self.recalled.len(),
            };
            return parts.encoded(&self.recalled);
        }
        let left = Left::With(self.recalled.as_slice().into());
        self.leave_out_of_turn(what, left, parts)
    }

    /// What was left last, if nothing was told since.
    fn last(&self, parts: &Parts) -> Option<Last> {
        let end = self.last.start + self.last.length as u64;
        (end == parts.position()).then_some(self.last)
    }

    /// Up to where nothing will be taken back.
    pub(super) fn certain(&self, parts: &Parts) -> u64 {
        self.last(parts).map_or(parts.position(), |last| last.start)
    }

    /// An exception leaves code, and what is told of it may not agree with what runs.
    #[cold]
    fn leave_in_doubt(
        &mut self,
        code: u32,
        doubt: &Doubt,
        text: Text,
        parts: &mut Parts,
    ) -> Result<()> {
        let what = What::Code(code);
        let open = &self.threads[self.current].open;
        let is_open = match self.is_fork {
            true => open.last().is_some_and(|open| open.what == what),
            false => {
                let running = open.iter().filter(|open| open.left.is_none());
                running.filter(|open| open.what == what).count() >= doubt.frames
            }
        };
        if is_open {
            return self.leave(what, Left::As(text), parts);
        }
        match doubt.last.filter(|last| last.what == what) {
            Some(last) if parts.take_out(last.start, last.length) => {
                parts.encoded(self.texts.get(text))
            }
            // (it was never told that it began)
            _ => Ok(()),
        }
    }

    /// Leaves a call that is not the innermost, or has others below that are over.
    #[cold]
    fn leave_out_of_turn(&mut self, what: What, left: Left, parts: &mut Parts) -> Result<()> {
        let thread = &mut self.threads[self.current];
        let mut running = thread
            .open
            .iter_mut()
            .rev()
            .filter(|open| open.left.is_none());
        let Some(open) = running.find(|open| open.what == what) else {
            return Ok(());
        };
        open.left = Some(left);
        thread.waiting += 1;
        while let Some(Open {
            left: Some(left), ..
        }) = thread.open.last()
        {
            parts.encoded(left.bytes(&self.texts))?;
            thread.open.pop();
            thread.waiting -= 1;
        }
        Ok(())
    }

    fn switch(&mut self, number: usize, parts: &mut Parts) -> Result<()> {
        if number >= self.threads.len() {
            self.threads.resize_with(number + 1, Thread::default);
        }
        if number != 0 && !self.tells_threads {
            self.tells_threads = true;
            self.threads[0].is_started = true;
            parts.event(&Event::ThreadStart(ThreadId(0)))?;
        }
        let id = ThreadId(number as u64);
        if self.tells_threads && !self.threads[number].is_started {
            self.threads[number].is_started = true;
            parts.event(&Event::ThreadStart(id))?;
        }
        if number != self.current {
            self.current = number;
            parts.event(&Event::ThreadSwitch(id))?;
        }
        Ok(())
    }

    /// A thread is over. The first one still has the top level to leave, and one with open calls
    /// may not be told of before they are.
    fn end_thread(&mut self, number: usize, parts: &mut Parts) -> Result<()> {
        match self.threads.get_mut(number) {
            Some(thread)
                if number > 0 && thread.is_started && !thread.is_over && thread.open.is_empty() =>
            {
                thread.is_over = true;
                parts.event(&Event::ThreadExit(ThreadId(number as u64)))
            }
            _ => Ok(()),
        }
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

impl Left {
    #[inline]
    fn bytes<'a>(&'a self, texts: &'a Texts) -> &'a [u8] {
        match self {
            Self::As(text) => texts.get(*text),
            Self::With(bytes) => bytes,
        }
    }
}

fn leave(return_value: ValueRecord) -> Event {
    Event::Return(ReturnRecord { return_value })
}

fn tell(parts: &mut Parts, events: VecDeque<Event>) -> Result<()> {
    events.iter().try_for_each(|event| parts.event(event))
}
