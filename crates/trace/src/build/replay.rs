//! Module bodies of a recording that is over.

use std::collections::HashMap;
use std::io;

use runtime_tracing::{ThreadId, TraceLowLevelEvent as TraceEvent};
use spool::Outcome;

use super::builder::{EventBuilder, Sink};
use crate::encode::Text;
use crate::recording::{Moment, Recording};

impl EventBuilder {
    /// Writes all events of the module bodies of a recording that is over.
    ///
    /// Threads are mentioned only when more than one ran module code.
    pub fn replay(recording: &Recording, program: &str, sink: &mut Sink) -> io::Result<()> {
        let mut builder = Self::new(&recording.start, program, sink)?;
        let mut threads = ModuleThreads::of(recording);
        let mut unfinished = None;
        if let Some(threads) = &mut threads {
            threads.start(sink)?;
        }
        for moment in recording.timeline() {
            let module = &recording.modules[moment.body()];
            if let Some(threads) = &mut threads {
                threads.before(module.thread, sink)?;
            }
            match moment {
                Moment::Begin(_) => {
                    builder.call_module(module.label.clone(), &module.file, module.line, sink)?;
                }
                Moment::End(_) => {
                    let text: Text = match (module.outcome, unfinished) {
                        (Outcome::Unfinished, Some(text)) => text,
                        (Outcome::Unfinished, None) => {
                            *unfinished.insert(builder.unfinished(recording.ending, sink)?)
                        }
                        (outcome, _) => {
                            builder.module_return(outcome, module.exception.as_deref(), sink)?
                        }
                    };
                    sink.text(text)?;
                }
            }
            if let Some(threads) = &mut threads {
                threads.after(module.thread, sink)?;
            }
        }
        if let Some(threads) = &mut threads {
            threads.before(threads.home, sink)?;
        }
        builder.leave_top_level(recording, sink)?;
        match threads {
            Some(threads) => sink.event(&TraceEvent::ThreadExit(ThreadId(threads.home))),
            None => Ok(()),
        }
    }
}

/// The threads of a recording in which more than one ran module code.
struct ModuleThreads {
    /// The thread that ran module code first; the program's top level is its outermost call.
    home: u64,
    current: u64,
    started: Vec<u64>,
    /// The number of moments that each thread has left.
    left: HashMap<u64, usize>,
}

impl ModuleThreads {
    fn of(recording: &Recording) -> Option<Self> {
        let home = recording.modules.first()?.thread;
        let mut left = HashMap::new();
        for moment in recording.timeline() {
            let thread = recording.modules[moment.body()].thread;
            *left.entry(thread).or_default() += 1;
        }
        (left.len() > 1).then(|| Self {
            home,
            current: home,
            started: Vec::new(),
            left,
        })
    }

    fn start(&mut self, sink: &mut Sink) -> io::Result<()> {
        self.started.push(self.home);
        sink.event(&TraceEvent::ThreadStart(ThreadId(self.home)))
    }

    fn before(&mut self, thread: u64, sink: &mut Sink) -> io::Result<()> {
        if !self.started.contains(&thread) {
            self.started.push(thread);
            sink.event(&TraceEvent::ThreadStart(ThreadId(thread)))?;
        }
        if self.current != thread {
            self.current = thread;
            sink.event(&TraceEvent::ThreadSwitch(ThreadId(thread)))?;
        }
        Ok(())
    }

    /// Ends a thread that has run its last module code. The first one still has the top level to leave.
    fn after(&mut self, thread: u64, sink: &mut Sink) -> io::Result<()> {
        let left = self.left.entry(thread).or_default();
        *left = left.saturating_sub(1);
        if *left == 0 && thread != self.home {
            sink.event(&TraceEvent::ThreadExit(ThreadId(thread)))?;
        }
        Ok(())
    }
}
