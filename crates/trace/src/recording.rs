//! What one process did, put together from its spool.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use module_identity::Identity;
use spool::{Begin, End, Process, Record};

/// What one process did, from the records of its spool.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The process.
    pub process: Process<'static>,
    /// All code named `<module>` that started, in the order in which it started.
    pub bodies: Vec<Body>,
    /// How the recording ended.
    pub ending: Ending,
    /// How many times a filter kept code out: once for each module body that ran, and once for each
    /// function.
    pub skipped: u64,
    timeline: Vec<Moment>,
    /// The bodies of which something else was said first.
    revised: BTreeSet<usize>,
}

/// One run of code named `<module>`: a module's body, or a stray `exec` or `eval`.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Which module's body it is, and why.
    pub identity: Identity,
    /// `co_filename`.
    pub file: String,
    /// `co_firstlineno`.
    pub line: u32,
    /// The thread; counts from 0 in the order in which threads first ran module code.
    pub thread: u64,
    /// The index of the innermost body that was still running on the same thread.
    pub parent: Option<usize>,
    /// When it started, in nanoseconds since the recording began.
    pub start: u64,
    /// How long it ran, bodies within included, in nanoseconds; `None` when it never ended.
    pub duration: Option<u64>,
    /// How it was left.
    pub outcome: Outcome,
}

/// How a [`Body`] was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran to its end.
    Returned,
    /// An exception left it.
    Raised {
        /// The exception's type, `ModuleNotFoundError`.
        exception: String,
    },
    /// Code with a top-level `await` was suspended; what it did later was not recorded.
    Suspended,
    /// The recording ended first; [`Recording::ending`] says why.
    Unfinished,
}

/// How a [`Recording`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the process.
    ProcessEnded,
    /// The recorder was asked to stop; the process went on unrecorded.
    Stopped,
    /// The recorder could not go on; the process went on unrecorded.
    Lost {
        /// Why, as a phrase.
        reason: String,
    },
}

/// One step of a [`Recording::timeline`]: the index of a body, and what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The body starts.
    Begin(usize),
    /// The body is over.
    End(usize),
}

/// The records do not begin with the process that wrote them, so nobody can tell whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingProcess;

impl Recording {
    /// Puts a recording together from the records of one spool, in their order.
    ///
    /// The end of a body that never began is ignored: a forked child inherits open bodies. An exception
    /// may leave what returned last: a tool of `sys.monitoring` that raises when it is told of the return
    /// has it so.
    ///
    /// # Errors
    ///
    /// [`MissingProcess`] when the first record is not [`Record::Process`].
    pub fn from_records<'a>(
        records: impl IntoIterator<Item = Record<'a>>,
    ) -> Result<Self, MissingProcess> {
        let mut records = records.into_iter();
        let Some(Record::Process(process)) = records.next() else {
            return Err(MissingProcess);
        };
        let mut assembly = Assembly::new(process);
        for record in records {
            assembly.take(record);
        }
        Ok(assembly.finish())
    }

    /// Each body's begin and end, in order and balanced on each thread: what began last ends first.
    ///
    /// Where the stacks of one thread were switched (greenlets), a body that was over before one
    /// that began later ends here only after that one. Its own times tell the truth. What never
    /// ended ends last.
    pub fn timeline(&self) -> &[Moment] {
        &self.timeline
    }

    /// Whether a body was said to have returned before it was known what became of it.
    pub(crate) fn is_revised(&self, body: usize) -> bool {
        self.revised.contains(&body)
    }

    /// Whether there is such a body.
    pub(crate) fn has_revised(&self) -> bool {
        !self.revised.is_empty()
    }
}

impl Body {
    /// The label: `<dotted.name>`, or the literal `<module>`.
    pub fn label(&self) -> String {
        self.identity.label()
    }
}

impl Moment {
    /// The index of the body.
    pub fn body(self) -> usize {
        match self {
            Self::Begin(body) | Self::End(body) => body,
        }
    }
}

impl fmt::Display for MissingProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the records do not begin with the process that wrote them")
    }
}

impl std::error::Error for MissingProcess {}

/// A recording whose records are still coming in.
#[derive(Debug)]
pub struct Assembly {
    recording: Recording,
    /// The recorder's numbers of the bodies that are running.
    running: HashMap<u64, usize>,
    /// The recorder's number of the body that returned last, and its index.
    returned: Option<(u64, usize)>,
    /// What began and has no end in the timeline yet, by thread.
    stacks: BTreeMap<u64, Vec<usize>>,
}

impl Assembly {
    /// A recording of which nothing is known but its process.
    pub fn new(process: Process<'_>) -> Self {
        Self {
            recording: Recording {
                process: owned(process),
                bodies: Vec::new(),
                ending: Ending::ProcessEnded,
                skipped: 0,
                timeline: Vec::new(),
                revised: BTreeSet::new(),
            },
            running: HashMap::new(),
            returned: None,
            stacks: BTreeMap::new(),
        }
    }

    /// What is known so far. Its timeline grows at its end; the bodies that run are
    /// [`Outcome::Unfinished`].
    pub fn so_far(&self) -> &Recording {
        &self.recording
    }

    /// Takes the next record.
    pub fn take(&mut self, record: Record<'_>) {
        match record {
            Record::Process(other) => {
                log::warn!("process {} writes to the spool of another", other.pid);
            }
            Record::Begin(begin) => self.begin(begin),
            Record::End(end) => self.end(end),
            Record::Skip => self.recording.skipped += 1,
            Record::Code(_) | Record::Exception(_) | Record::Variable(_) => {}
            Record::Stop { .. } => self.close(Ending::Stopped),
            Record::Lost { reason, .. } => self.close(Ending::Lost {
                reason: reason.into_owned(),
            }),
        }
    }

    fn begin(&mut self, begin: Begin<'_>) {
        let index = self.recording.bodies.len();
        let stack = self.stacks.entry(begin.thread).or_default();
        // What is over never stays on top, so the top is running.
        let parent = stack.last().copied();
        stack.push(index);
        self.running.insert(begin.body, index);
        self.recording.timeline.push(Moment::Begin(index));
        self.recording.bodies.push(Body {
            identity: begin.identity,
            file: begin.file.into_owned(),
            line: begin.line,
            thread: begin.thread,
            parent,
            start: begin.time.saturating_sub(self.recording.process.time),
            duration: None,
            outcome: Outcome::Unfinished,
        });
    }

    fn end(&mut self, end: End<'_>) {
        let is_return = end.outcome == spool::Outcome::Returned;
        let index = match self.running.remove(&end.body) {
            Some(index) => index,
            None => match self.returned.take_if(|(body, _)| *body == end.body) {
                Some((_, index)) if !is_return => {
                    self.recording.revised.insert(index);
                    index
                }
                _ => return,
            },
        };
        if is_return {
            self.returned = Some((end.body, index));
        }
        let since_beginning = end.time.saturating_sub(self.recording.process.time);
        let body = &mut self.recording.bodies[index];
        body.duration = Some(since_beginning.saturating_sub(body.start));
        body.outcome = end.outcome.into();
        let thread = body.thread;
        self.unwind(thread);
    }

    /// Ends in the timeline what is over and on top of the thread's stack.
    fn unwind(&mut self, thread: u64) {
        let stack = self.stacks.entry(thread).or_default();
        while let Some(&top) = stack.last() {
            if self.recording.bodies[top].is_running() {
                break;
            }
            stack.pop();
            self.recording.timeline.push(Moment::End(top));
        }
    }

    /// Keeps the first reason: what comes after the end is no reason for it.
    fn close(&mut self, ending: Ending) {
        if self.recording.ending == Ending::ProcessEnded {
            self.recording.ending = ending;
        }
    }

    /// The recording, when no more records come.
    pub fn finish(mut self) -> Recording {
        for stack in self.stacks.into_values() {
            let ends = stack.into_iter().rev().map(Moment::End);
            self.recording.timeline.extend(ends);
        }
        self.recording
    }
}

impl Body {
    fn is_running(&self) -> bool {
        self.outcome == Outcome::Unfinished
    }
}

impl From<spool::Outcome<'_>> for Outcome {
    fn from(outcome: spool::Outcome<'_>) -> Self {
        match outcome {
            spool::Outcome::Returned => Self::Returned,
            spool::Outcome::Raised { exception } => Self::Raised {
                exception: exception.into_owned(),
            },
            spool::Outcome::Suspended => Self::Suspended,
        }
    }
}

fn owned(process: Process<'_>) -> Process<'static> {
    let texts = |texts: Vec<std::borrow::Cow<'_, str>>| {
        texts
            .into_iter()
            .map(|text| text.into_owned().into())
            .collect()
    };
    Process {
        pid: process.pid,
        parent: process.parent,
        origin: process.origin,
        detail: process.detail,
        values: process.values,
        time: process.time,
        unix_time: process.unix_time,
        python: process.python.into_owned().into(),
        executable: process.executable.into_owned().into(),
        arguments: texts(process.arguments),
        directory: process.directory.into_owned().into(),
        loaded_before: texts(process.loaded_before),
        filters: process.filters.into_iter().map(kept).collect(),
    }
}

fn kept(filter: spool::Filter<'_>) -> spool::Filter<'static> {
    spool::Filter {
        path: filter.path.into_owned().into(),
        name: filter.name.into_owned().into(),
        version: filter.version,
        sha256: filter.sha256.into_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use module_identity::{Grounds, ModuleName, Rule};
    use spool::Origin;

    use super::*;

    fn process() -> Record<'static> {
        Record::Process(Process {
            pid: 7,
            parent: 1,
            origin: Origin::Start,
            detail: spool::Detail::Modules,
            values: spool::ValueDetail::None,
            time: 1000,
            unix_time: 0,
            python: "3.12.1".into(),
            executable: "/usr/bin/python3".into(),
            arguments: vec!["python3".into(), "app.py".into()],
            directory: "/work".into(),
            loaded_before: vec!["sys".into()],
            filters: Vec::new(),
        })
    }

    fn begin(body: u64, thread: u64, time: u64) -> Record<'static> {
        Record::Begin(Begin {
            body,
            thread,
            time,
            identity: Identity {
                name: ModuleName::new(format!("m{body}")).ok(),
                rule: Rule::File,
                grounds: Grounds::default(),
                rivals: Vec::new(),
            },
            file: format!("/home/m{body}.py").into(),
            line: 1,
        })
    }

    fn end(body: u64, time: u64) -> Record<'static> {
        Record::End(End {
            body,
            time,
            outcome: spool::Outcome::Returned,
        })
    }

    fn recording(records: Vec<Record<'static>>) -> Recording {
        Recording::from_records([vec![process()], records].concat()).unwrap()
    }

    /// `+0` begins body 0, `-0` ends it.
    fn timeline(recording: &Recording) -> String {
        let words = recording.timeline().iter().map(|moment| match moment {
            Moment::Begin(body) => format!("+{body}"),
            Moment::End(body) => format!("-{body}"),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn bodies_nest() {
        let it = recording(vec![
            begin(0, 0, 1010),
            begin(1, 0, 1020),
            end(1, 1050),
            begin(2, 0, 1060),
            end(2, 1061),
            end(0, 1100),
        ]);
        assert_eq!(timeline(&it), "+0 +1 -1 +2 -2 -0");
        let parents: Vec<_> = it.bodies.iter().map(|body| body.parent).collect();
        assert_eq!(parents, [None, Some(0), Some(0)]);
        assert_eq!((it.bodies[1].start, it.bodies[1].duration), (20, Some(30)));
        assert_eq!(it.bodies[0].label(), "<m0>");
        assert_eq!(it.ending, Ending::ProcessEnded);
    }

    #[test]
    fn a_thread_has_its_own_stack() {
        let it = recording(vec![
            begin(0, 0, 1010),
            begin(1, 1, 1020),
            begin(2, 1, 1030),
            end(0, 1040),
            end(2, 1050),
            end(1, 1060),
        ]);
        assert_eq!(timeline(&it), "+0 +1 +2 -0 -2 -1");
        let parents: Vec<_> = it.bodies.iter().map(|body| body.parent).collect();
        assert_eq!(parents, [None, None, Some(1)]);
    }

    #[test]
    fn a_body_that_ends_below_the_top_waits_for_the_top() {
        let it = recording(vec![
            begin(0, 0, 1010),
            begin(1, 0, 1020),
            end(0, 1030),
            begin(2, 0, 1040),
            end(2, 1050),
            end(1, 1060),
        ]);
        assert_eq!(timeline(&it), "+0 +1 +2 -2 -1 -0");
        let durations: Vec<_> = it.bodies.iter().map(|body| body.duration).collect();
        assert_eq!(durations, [Some(20), Some(40), Some(10)]);
    }

    #[test]
    fn a_body_that_is_over_is_no_parent() {
        let it = recording(vec![
            begin(0, 0, 1010),
            begin(1, 0, 1020),
            begin(2, 0, 1030),
            end(1, 1040),
            end(2, 1050),
            begin(3, 0, 1060),
        ]);
        assert_eq!(it.bodies[3].parent, Some(0));
        let it = recording(vec![
            begin(0, 0, 1010),
            begin(1, 0, 1020),
            end(0, 1030),
            begin(2, 0, 1040),
            end(1, 1050),
            begin(3, 0, 1060),
        ]);
        assert_eq!(
            (it.bodies[2].parent, it.bodies[3].parent),
            (Some(1), Some(2))
        );
    }

    #[test]
    fn what_never_ended_ends_last_and_innermost_first() {
        let it = recording(vec![
            begin(0, 0, 1010),
            begin(1, 0, 1020),
            begin(2, 1, 1030),
        ]);
        assert_eq!(timeline(&it), "+0 +1 +2 -1 -0 -2");
        assert!(
            it.bodies
                .iter()
                .all(|body| body.outcome == Outcome::Unfinished)
        );
        assert!(it.bodies.iter().all(|body| body.duration.is_none()));
    }

    #[test]
    fn an_end_without_a_beginning_is_ignored() {
        let it = recording(vec![
            end(9, 1001),
            begin(0, 0, 1010),
            end(0, 1020),
            end(0, 1030),
        ]);
        assert_eq!(timeline(&it), "+0 -0");
        assert_eq!(it.bodies[0].duration, Some(10));
    }

    #[test]
    fn the_first_reason_to_end_counts() {
        let lost = Record::Lost {
            time: 1030,
            reason: "the disk is full".into(),
        };
        let it = recording(vec![lost, Record::Stop { time: 1040 }]);
        let reason = "the disk is full".to_owned();
        assert_eq!(it.ending, Ending::Lost { reason });
        let it = recording(vec![Record::Stop { time: 1040 }]);
        assert_eq!(it.ending, Ending::Stopped);
    }

    #[test]
    fn records_without_their_process_are_refused() {
        assert_eq!(Recording::from_records([]), Err(MissingProcess));
        let headless = [begin(0, 0, 1010), process()];
        assert_eq!(Recording::from_records(headless), Err(MissingProcess));
    }
}
