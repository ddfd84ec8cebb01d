//! A recording told in `runtime_tracing`'s events.

use std::collections::{HashMap, VecDeque};

use runtime_tracing::{
    CallRecord, FunctionId, FunctionRecord, Line, NONE_TYPE_ID, NONE_VALUE, PathId, ReturnRecord,
    StepRecord, ThreadId, TraceLowLevelEvent as Event, TypeId, TypeKind, TypeRecord,
    TypeSpecificInfo, ValueRecord,
};

use super::program::Program;
use crate::recording::{Body, Ending, Moment, Outcome, Recording};

/// The function that holds all others; its path is the program.
pub const TOP_LEVEL: &str = "<toplevel>";
/// The type of the value that an unfinished body returns. No Python class has such a name.
pub const UNFINISHED_TYPE: &str = "<unfinished>";

/// The events of `recording`, in the order in which `runtime_tracing`'s own writer would write
/// them: an id is defined before it is used, and each call returns on its own thread.
///
/// Threads are told of only when more than one ran module code. A function is one (label, path,
/// first line): two modules' functions never share an id, whatever their names.
pub fn events(recording: &Recording) -> Events<'_> {
    let mut events = Events {
        recording,
        moments: recording.timeline().iter(),
        is_over: false,
        pending: VecDeque::new(),
        paths: HashMap::new(),
        functions: HashMap::new(),
        errors: HashMap::new(),
        threads: Threads::of(recording),
    };
    events.start();
    events
}

/// What the value that an unfinished body returns says.
pub fn why_unfinished(ending: &Ending) -> &'static str {
    match ending {
        Ending::ProcessEnded => "the process ended first",
        Ending::Stopped => "the recording was stopped first",
        Ending::Lost { .. } => "the recording was lost first",
    }
}

/// The iterator that [`events`] gives.
pub struct Events<'a> {
    recording: &'a Recording,
    moments: std::slice::Iter<'a, Moment>,
    is_over: bool,
    /// What is to be given before the next moment is looked at.
    pending: VecDeque<Event>,
    paths: HashMap<String, PathId>,
    functions: HashMap<(Option<&'a str>, &'a str, u32), FunctionId>,
    /// The types of exceptions, by name.
    errors: HashMap<&'a str, TypeId>,
    threads: Option<Threads>,
}

impl Iterator for Events<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.pending.is_empty() && !self.is_over {
            match self.moments.next() {
                Some(&moment) => self.tell(moment),
                None => self.finish(),
            }
        }
        self.pending.pop_front()
    }
}

impl<'a> Events<'a> {
    /// The same as `TraceWriter::start`.
    fn start(&mut self) {
        let command: Vec<_> = self
            .recording
            .process
            .arguments
            .iter()
            .map(ToString::to_string)
            .collect();
        let path_id = self.path(&Program::of(&command).text);
        self.pending.push_back(Event::Function(FunctionRecord {
            path_id,
            line: Line(1),
            name: TOP_LEVEL.to_owned(),
        }));
        self.pending.push_back(call(FunctionId(0)));
        self.pending.push_back(type_event(TypeKind::None, "None"));
        if let Some(threads) = &mut self.threads {
            threads.start(&mut self.pending);
        }
    }

    fn tell(&mut self, moment: Moment) {
        let recording = self.recording;
        let body = &recording.bodies[moment.body()];
        if let Some(threads) = &mut self.threads {
            threads.before(body.thread, &mut self.pending);
        }
        match moment {
            Moment::Begin(_) => self.begin(body),
            Moment::End(_) => {
                let return_value = self.value(&body.outcome);
                self.pending
                    .push_back(Event::Return(ReturnRecord { return_value }));
            }
        }
        if let Some(threads) = &mut self.threads {
            threads.after(body.thread, &mut self.pending);
        }
    }

    fn begin(&mut self, body: &'a Body) {
        let path_id = self.path(&body.file);
        let line = Line(body.line.into());
        let name = body.identity.name.as_ref().map(|name| name.as_str());
        let next = FunctionId(self.functions.len() + 1);
        let function_id = *self
            .functions
            .entry((name, &body.file, body.line))
            .or_insert_with(|| {
                self.pending.push_back(Event::Function(FunctionRecord {
                    path_id,
                    line,
                    name: body.label(),
                }));
                next
            });
        self.pending
            .push_back(Event::Step(StepRecord { path_id, line }));
        self.pending.push_back(call(function_id));
    }

    fn value(&mut self, outcome: &'a Outcome) -> ValueRecord {
        match outcome {
            Outcome::Returned | Outcome::Suspended => NONE_VALUE,
            Outcome::Raised { exception } => ValueRecord::Error {
                msg: exception.clone(),
                type_id: self.error(exception),
            },
            Outcome::Unfinished => ValueRecord::Error {
                msg: why_unfinished(&self.recording.ending).to_owned(),
                type_id: self.error(UNFINISHED_TYPE),
            },
        }
    }

    fn path(&mut self, text: &str) -> PathId {
        if let Some(&id) = self.paths.get(text) {
            return id;
        }
        let id = PathId(self.paths.len());
        self.paths.insert(text.to_owned(), id);
        self.pending.push_back(Event::Path(text.into()));
        id
    }

    fn error(&mut self, name: &'a str) -> TypeId {
        let next = TypeId(NONE_TYPE_ID.0 + 1 + self.errors.len());
        *self.errors.entry(name).or_insert_with(|| {
            self.pending.push_back(type_event(TypeKind::Error, name));
            next
        })
    }

    fn finish(&mut self) {
        if let Some(threads) = &mut self.threads {
            threads.before(threads.home, &mut self.pending);
        }
        self.pending.push_back(Event::Return(ReturnRecord {
            return_value: NONE_VALUE,
        }));
        if let Some(threads) = &self.threads {
            self.pending
                .push_back(Event::ThreadExit(ThreadId(threads.home)));
        }
        self.is_over = true;
    }
}

fn call(function_id: FunctionId) -> Event {
    Event::Call(CallRecord {
        function_id,
        args: Vec::new(),
    })
}

fn type_event(kind: TypeKind, name: &str) -> Event {
    Event::Type(TypeRecord {
        kind,
        lang_type: name.to_owned(),
        specific_info: TypeSpecificInfo::None,
    })
}

/// The threads of a recording in which more than one ran module code.
struct Threads {
    /// The thread that ran module code first; the program's top level is its outermost call.
    home: u64,
    current: u64,
    started: Vec<u64>,
    /// How many moments each thread has left.
    left: HashMap<u64, usize>,
}

impl Threads {
    fn of(recording: &Recording) -> Option<Self> {
        let home = recording.bodies.first()?.thread;
        let mut left = HashMap::new();
        for moment in recording.timeline() {
            *left
                .entry(recording.bodies[moment.body()].thread)
                .or_default() += 1;
        }
        (left.len() > 1).then(|| Self {
            home,
            current: home,
            started: Vec::new(),
            left,
        })
    }

    fn start(&mut self, events: &mut VecDeque<Event>) {
        self.started.push(self.home);
        events.push_back(Event::ThreadStart(ThreadId(self.home)));
    }

    fn before(&mut self, thread: u64, events: &mut VecDeque<Event>) {
        if !self.started.contains(&thread) {
            self.started.push(thread);
            events.push_back(Event::ThreadStart(ThreadId(thread)));
        }
        if self.current != thread {
            self.current = thread;
            events.push_back(Event::ThreadSwitch(ThreadId(thread)));
        }
    }

    /// A thread is over for the trace when it has run its last module code. The first one still
    /// has the top level to leave.
    fn after(&mut self, thread: u64, events: &mut VecDeque<Event>) {
        let left = self.left.entry(thread).or_default();
        *left = left.saturating_sub(1);
        if *left == 0 && thread != self.home {
            events.push_back(Event::ThreadExit(ThreadId(thread)));
        }
    }
}
