//! Putting a recording together.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use module_identity::ModuleName;
use spool::{Begin, End, Outcome, ProcessOrigin, Record, RecordingStart, SpoolEnd};

use super::ending::{self, ProcessEnd};
use super::import_log::ImportLog;
use super::timeline::{Moment, Recording};
use crate::document::{Ending, Module};

/// A recording whose records are still coming in.
///
/// The end of a body that never began is ignored: a forked child inherits open bodies. An exception
/// may leave the body that returned last: a tool of `sys.monitoring` that raises at the return has it so.
#[derive(Debug)]
pub struct Assembly {
    recording: Recording,
    /// The recorder's numbers of the bodies that are running.
    running: HashMap<u64, usize>,
    /// The recorder's number of the body that returned last, and its index.
    returned: Option<(u64, usize)>,
    /// The bodies that have no end in the timeline yet, by thread.
    stacks: BTreeMap<u64, Vec<usize>>,
    imports: ImportLog,
}

impl Assembly {
    /// Begins a recording of which nothing is known but its start.
    pub fn new(start: RecordingStart) -> Self {
        Self {
            recording: Recording {
                start,
                modules: Vec::new(),
                imports: Vec::new(),
                ending: Ending::ProcessEnded,
                reason: None,
                status: None,
                skipped: 0,
                timeline: Vec::new(),
                revised: BTreeSet::new(),
            },
            running: HashMap::new(),
            returned: None,
            stacks: BTreeMap::new(),
            imports: ImportLog::default(),
        }
    }

    /// Returns the recording so far. Its timeline grows at its end; the bodies that run are
    /// [`Outcome::Unfinished`].
    pub fn so_far(&self) -> &Recording {
        &self.recording
    }

    /// Takes the next record.
    pub fn take(&mut self, record: Record<'_>) {
        match record {
            Record::Start(other) => {
                let pid = other.process.pid;
                log::warn!("process {pid} writes to the spool of another");
            }
            Record::Begin(begin) => self.begin(begin),
            Record::End(end) => self.end(end),
            Record::ImportBegin(begin) => {
                let (origin, modules) = (self.recording.start.time, &self.recording.modules);
                let stack = self.stacks.get(&begin.thread);
                let around = stack.and_then(|stack| stack.last()).copied();
                self.imports.begin(begin, origin, around, modules);
            }
            Record::ImportEnd(end) => self.imports.end(end, self.recording.start.time),
            Record::Skip => self.recording.skipped += 1,
            Record::Code(_) | Record::Exception(_) | Record::Variable(_) => {}
            Record::Stop { .. } => self.close(Ending::Stopped, None),
            Record::Lost { reason, .. } => self.close(Ending::Lost, Some(reason.into_owned())),
        }
    }

    /// Notes that nothing after this can be read.
    pub fn cut(&mut self, reason: String) {
        self.close(Ending::Cut, Some(reason));
    }

    /// Notes how the process ended, and what it wrote.
    pub fn end_process(&mut self, process: ProcessEnd, spool: SpoolEnd) {
        let is_interpreter = self.recording.start.process.origin == ProcessOrigin::Interpreter;
        // A process ends as it should while other threads run, those that are daemons. A sub-interpreter has no such
        // first thread.
        let mut running = self.running.values();
        let is_in_body =
            running.any(|index| is_interpreter || self.recording.modules[*index].thread == 0);
        let process = match process {
            // It may well have ended before its process was killed.
            ProcessEnd::Killed(_) if is_interpreter && !is_in_body => ProcessEnd::Unseen,
            other => other,
        };
        if !is_interpreter {
            self.recording.status = process.status();
        }
        let (ending, reason) = ending::of(process, spool, is_in_body);
        self.close(ending, reason);
    }

    fn begin(&mut self, begin: Begin<'_>) {
        if log::log_enabled!(log::Level::Debug) {
            for note in begin.identity.notes(&begin.file) {
                log::debug!("{}:{}: {note}", begin.file, begin.line);
            }
        }
        let index = self.recording.modules.len();
        let stack = self.stacks.entry(begin.thread).or_default();
        // A body that is over never stays on top, so the top is running.
        let parent = stack.last().copied();
        stack.push(index);
        self.running.insert(begin.body, index);
        self.recording.timeline.push(Moment::Begin(index));
        let identity = begin.identity;
        let within = self.imports.begin_body(
            identity.name.as_ref().map(ModuleName::as_str),
            begin.thread,
            index,
            parent,
            &self.recording.modules,
        );
        self.recording.modules.push(Module {
            label: identity.label(),
            name: identity.name,
            rule: identity.rule,
            why: identity.rule.reason().to_owned(),
            grounds: identity.grounds,
            rivals: identity.rivals,
            file: begin.file.into_owned(),
            line: begin.line,
            thread: begin.thread,
            parent,
            within,
            start_ns: begin.time.saturating_sub(self.recording.start.time),
            duration_ns: None,
            outcome: Outcome::Unfinished,
            exception: None,
        });
    }

    fn end(&mut self, end: End<'_>) {
        if end.outcome == Outcome::Unfinished {
            return;
        }
        let is_return = end.outcome == Outcome::Returned;
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
        let since_beginning = end.time.saturating_sub(self.recording.start.time);
        let module = &mut self.recording.modules[index];
        module.duration_ns = Some(since_beginning.saturating_sub(module.start_ns));
        module.outcome = end.outcome;
        module.exception = end.exception.map(Cow::into_owned);
        let thread = module.thread;
        self.unwind(thread);
    }

    /// Ends in the timeline the bodies that are over and on top of the thread's stack.
    fn unwind(&mut self, thread: u64) {
        let stack = self.stacks.entry(thread).or_default();
        while let Some(&top) = stack.last() {
            if self.recording.modules[top].outcome == Outcome::Unfinished {
                break;
            }
            stack.pop();
            self.recording.timeline.push(Moment::End(top));
        }
    }

    /// Keeps the first reason: nothing that comes after the end is a reason for it.
    fn close(&mut self, ending: Ending, reason: Option<String>) {
        if self.recording.ending == Ending::ProcessEnded {
            self.recording.ending = ending;
            self.recording.reason = reason;
        }
    }

    /// Returns the recording, when no more records come.
    pub fn finish(mut self) -> Recording {
        for stack in self.stacks.into_values() {
            let ends = stack.into_iter().rev().map(Moment::End);
            self.recording.timeline.extend(ends);
        }
        self.recording.imports = self.imports.finish(&self.recording.modules);
        self.recording
    }
}

#[cfg(test)]
mod tests {
    use module_identity::{Identity, ModuleName, Rule};
    use spool::{Process, ProcessOrigin, Recorded};

    use super::*;

    fn start() -> RecordingStart {
        RecordingStart {
            process: Process {
                pid: 7,
                parent: 1,
                origin: ProcessOrigin::Start,
                interpreter: 0,
                python: "3.12.1".into(),
                executable: "/usr/bin/python3".into(),
                arguments: vec!["python3".into(), "app.py".into()],
                directory: "/home/app".into(),
            },
            recorded: Recorded::default(),
            filters: Vec::new(),
            loaded_before: vec!["sys".into()],
            time: 1000,
            unix_time: 0,
        }
    }

    fn begin(body: u64, thread: u64, time: u64) -> Record<'static> {
        Record::Begin(Begin {
            body,
            thread,
            time,
            identity: Identity::new(ModuleName::new(format!("m{body}")).ok(), Rule::File),
            file: format!("/home/m{body}.py").into(),
            line: 1,
        })
    }

    fn end(body: u64, time: u64) -> Record<'static> {
        Record::End(End {
            body,
            time,
            outcome: Outcome::Returned,
            exception: None,
            raised: Vec::new(),
        })
    }

    fn recording(records: Vec<Record<'static>>) -> Recording {
        let mut assembly = Assembly::new(start());
        for record in records {
            assembly.take(record);
        }
        assembly.finish()
    }

    /// Shows a timeline: `+0` begins body 0, `-0` ends it.
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
        let parents: Vec<_> = it.modules.iter().map(|body| body.parent).collect();
        assert_eq!(parents, [None, Some(0), Some(0)]);
        assert_eq!(
            (it.modules[1].start_ns, it.modules[1].duration_ns),
            (20, Some(30))
        );
        assert_eq!(it.modules[0].label, "<m0>");
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
        let parents: Vec<_> = it.modules.iter().map(|body| body.parent).collect();
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
        let durations: Vec<_> = it.modules.iter().map(|body| body.duration_ns).collect();
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
        assert_eq!(it.modules[3].parent, Some(0));
        let it = recording(vec![
            begin(0, 0, 1010),
            begin(1, 0, 1020),
            end(0, 1030),
            begin(2, 0, 1040),
            end(1, 1050),
            begin(3, 0, 1060),
        ]);
        assert_eq!(
            (it.modules[2].parent, it.modules[3].parent),
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
            it.modules
                .iter()
                .all(|body| body.outcome == Outcome::Unfinished)
        );
        assert!(it.modules.iter().all(|body| body.duration_ns.is_none()));
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
        assert_eq!(it.modules[0].duration_ns, Some(10));
    }

    #[test]
    fn the_first_reason_to_end_counts() {
        let lost = Record::Lost {
            time: 1030,
            reason: "the disk is full".into(),
        };
        let it = recording(vec![lost, Record::Stop { time: 1040 }]);
        assert_eq!(it.ending, Ending::Lost);
        assert_eq!(it.reason.as_deref(), Some("the disk is full"));
        let it = recording(vec![Record::Stop { time: 1040 }]);
        assert_eq!(it.ending, Ending::Stopped);
    }
}
