//! A recording told in `runtime_tracing`'s events.

use std::collections::{HashMap, VecDeque};

use runtime_tracing::{NONE_VALUE, ReturnRecord, ThreadId, TraceLowLevelEvent as Event};

use super::ids::Ids;
use crate::document::{Ending, Module};
use crate::recording::{Moment, Recording};

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
    Events {
        recording,
        teller: Teller::new(recording, Threads::of(recording)),
        is_over: false,
    }
}

/// What the value that an unfinished body returns says.
pub fn why_unfinished(ending: Ending) -> &'static str {
    match ending {
        Ending::ProcessEnded => "the process ended first",
        Ending::Stopped => "the recording was stopped first",
        Ending::Lost => "the recording was lost first",
    }
}

/// The iterator that [`events`] gives.
pub struct Events<'a> {
    recording: &'a Recording,
    teller: Teller,
    is_over: bool,
}

impl Iterator for Events<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.teller.pending.is_empty() && !self.is_over {
            if !self.teller.tell_next(self.recording) {
                self.teller.finish();
                self.is_over = true;
            }
        }
        self.teller.pending.pop_front()
    }
}

/// Tells a recording that still grows, as long as all its bodies run on one thread.
pub(super) struct Growing {
    /// `None` once there are more threads: their beginnings and ends are told with an eye on what
    /// comes later.
    teller: Option<Teller>,
}

impl Growing {
    pub(super) fn new(recording: &Recording) -> Self {
        Self {
            teller: Some(Teller::new(recording, None)),
        }
    }

    /// Gives the events that are new; `None` when all that was given does not count any more, and
    /// [`events`] tells them when the recording is over.
    pub(super) fn tell(&mut self, recording: &Recording) -> Option<VecDeque<Event>> {
        let teller = self.teller.as_mut()?;
        while teller.tell_next(recording) {}
        if teller.has_other_threads {
            self.teller = None;
            return None;
        }
        Some(std::mem::take(&mut teller.pending))
    }

    /// Gives the last events of a recording that is over; `None` as in [`tell`](Self::tell).
    pub(super) fn finish(mut self, recording: &Recording) -> Option<VecDeque<Event>> {
        if recording.has_revised() {
            return None;
        }
        let mut last = self.tell(recording)?;
        let mut teller = self.teller?;
        teller.finish();
        last.append(&mut teller.pending);
        Some(last)
    }
}

/// Tells bodies one moment after the other.
struct Teller {
    ids: Ids,
    /// How many moments have been told.
    told: usize,
    /// What is to be given before the next moment is looked at.
    pending: VecDeque<Event>,
    threads: Option<Threads>,
    has_other_threads: bool,
}

impl Teller {
    /// Begins as `TraceWriter::start` does.
    fn new(recording: &Recording, threads: Option<Threads>) -> Self {
        let mut teller = Self {
            ids: Ids::default(),
            told: 0,
            pending: VecDeque::new(),
            threads,
            has_other_threads: false,
        };
        teller
            .ids
            .start(&recording.start.process, &mut teller.pending);
        if let Some(threads) = &mut teller.threads {
            threads.start(&mut teller.pending);
        }
        teller
    }

    /// Tells the next moment, if there is one.
    fn tell_next(&mut self, recording: &Recording) -> bool {
        let Some(&moment) = recording.timeline().get(self.told) else {
            return false;
        };
        self.told += 1;
        let body = &recording.modules[moment.body()];
        self.has_other_threads |= body.thread != recording.modules[0].thread;
        if let Some(threads) = &mut self.threads {
            threads.before(body.thread, &mut self.pending);
        }
        match moment {
            Moment::Begin(_) => self.begin(body),
            Moment::End(_) => {
                let return_value = self.ids.value(body, recording.ending, &mut self.pending);
                self.pending
                    .push_back(Event::Return(ReturnRecord { return_value }));
            }
        }
        if let Some(threads) = &mut self.threads {
            threads.after(body.thread, &mut self.pending);
        }
        true
    }

    fn begin(&mut self, body: &Module) {
        let function =
            self.ids
                .function(body.label.clone(), &body.file, body.line, &mut self.pending);
        self.pending.extend(function.enter());
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
    }
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
        let home = recording.modules.first()?.thread;
        let mut left = HashMap::new();
        for moment in recording.timeline() {
            *left
                .entry(recording.modules[moment.body()].thread)
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
