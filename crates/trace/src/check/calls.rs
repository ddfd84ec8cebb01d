//! Calls and returns balance on each thread.

use runtime_tracing::{FunctionId, PathId, StepRecord, ThreadId, TraceLowLevelEvent as Event};

/// The open calls of a trace, as its events go on.
pub struct Calls {
    /// The number of calls so far.
    pub count: usize,
    threads: Vec<CheckedThread>,
    /// The index in `threads` of the one that runs.
    current: usize,
    last_step: Option<(PathId, i64)>,
}

/// One call that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The index of its event.
    pub event: usize,
    /// The number of calls before it.
    pub number: usize,
    /// The function that is called.
    pub function: FunctionId,
    /// The path and line of the step right before it; `None` when there is none.
    pub step: Option<(PathId, i64)>,
    /// The thread; `None` as long as the trace names no threads.
    pub thread: Option<u64>,
    /// The index of the module whose body it is, once that is known.
    pub module: Option<usize>,
}

/// The way in which an event changes the open calls.
#[derive(Debug)]
pub enum Change {
    /// A call begins. It is [`Calls::latest`].
    Begins,
    /// A call ends.
    Ends(Call),
    /// None begins or ends.
    Nothing,
}

struct CheckedThread {
    /// Unknown for the first thread until it is named, which happens only when there are others.
    id: Option<ThreadId>,
    /// The open calls.
    stack: Vec<Call>,
    is_over: bool,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            count: 0,
            threads: vec![CheckedThread::new(None)],
            current: 0,
            last_step: None,
        }
    }
}

impl Calls {
    /// Follows the next event; gives how it changes the open calls, and what is wrong with it.
    pub fn take(&mut self, index: usize, event: &Event) -> (Change, Option<String>) {
        let step = self.last_step.take();
        let problem = match event {
            Event::Step(StepRecord { path_id, line }) => {
                self.last_step = Some((*path_id, line.0));
                None
            }
            Event::Call(call) => {
                let problem = self.call(index, call.function_id, step);
                return (Change::Begins, problem);
            }
            Event::Return(_) => {
                return match self.threads[self.current].stack.pop() {
                    Some(call) => (Change::Ends(call), None),
                    None => (
                        Change::Nothing,
                        Some("a return without an open call on its thread".to_owned()),
                    ),
                };
            }
            Event::ThreadStart(id) => self.start_thread(*id),
            Event::ThreadSwitch(id) => self.switch_thread(*id),
            Event::ThreadExit(id) => self.end_thread(*id),
            _ => None,
        };
        (Change::Nothing, problem)
    }

    /// Returns the innermost open call of the thread that runs.
    pub fn latest(&mut self) -> Option<&mut Call> {
        self.threads[self.current].stack.last_mut()
    }

    /// Returns what is wrong at the end of the events, of which there are `count`.
    pub fn finish(&self, count: usize) -> Option<(usize, String)> {
        if self.count == 0 {
            return Some((count, "there is no call at all".to_owned()));
        }
        let open = self.threads.iter().flat_map(|thread| &thread.stack);
        let first = open.map(|call| call.event).min()?;
        Some((first, "this call never returns".to_owned()))
    }

    /// Returns the number of calls, less the outermost.
    pub fn within_top_level(&self) -> usize {
        self.count.saturating_sub(1)
    }

    fn call(
        &mut self,
        event: usize,
        function: FunctionId,
        step: Option<(PathId, i64)>,
    ) -> Option<String> {
        let thread = &mut self.threads[self.current];
        thread.stack.push(Call {
            event,
            number: self.count,
            function,
            step,
            thread: thread.id.map(|id| id.0),
            module: None,
        });
        self.count += 1;
        thread
            .is_over
            .then(|| "a call on a thread that has ended".to_owned())
    }

    fn start_thread(&mut self, id: ThreadId) -> Option<String> {
        if self.find(id).is_some() {
            return Some(format!("thread {} starts a second time", id.0));
        }
        match self.threads.first_mut() {
            Some(first) if first.id.is_none() => first.id = Some(id),
            _ => self.threads.push(CheckedThread::new(Some(id))),
        }
        None
    }

    fn switch_thread(&mut self, id: ThreadId) -> Option<String> {
        match self.find(id) {
            Some(thread) => {
                self.current = thread;
                None
            }
            None => Some(format!("a switch to thread {}, which never started", id.0)),
        }
    }

    fn end_thread(&mut self, id: ThreadId) -> Option<String> {
        let Some(thread) = self.find(id) else {
            return Some(format!("thread {} ends without a start", id.0));
        };
        let thread = &mut self.threads[thread];
        thread.is_over = true;
        (!thread.stack.is_empty()).then(|| format!("thread {} ends with calls still open", id.0))
    }

    fn find(&self, id: ThreadId) -> Option<usize> {
        self.threads.iter().position(|thread| thread.id == Some(id))
    }
}

impl CheckedThread {
    fn new(id: Option<ThreadId>) -> Self {
        Self {
            id,
            stack: Vec::new(),
            is_over: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime_tracing::{CallRecord, Line, NONE_VALUE, ReturnRecord};

    use super::*;

    fn call() -> Event {
        Event::Call(CallRecord {
            function_id: FunctionId(0),
            args: Vec::new(),
        })
    }

    fn leave() -> Event {
        Event::Return(ReturnRecord {
            return_value: NONE_VALUE,
        })
    }

    fn problems(events: &[Event]) -> Vec<String> {
        let mut calls = Calls::default();
        let mut problems: Vec<_> = events
            .iter()
            .enumerate()
            .filter_map(|(index, event)| {
                let problem = calls.take(index, event).1?;
                Some(format!("{index}: {problem}"))
            })
            .collect();
        let at_the_end = calls.finish(events.len());
        problems.extend(at_the_end.map(|(index, problem)| format!("{index}: {problem}")));
        problems
    }

    #[test]
    fn calls_balance() {
        assert!(problems(&[call(), call(), leave(), leave()]).is_empty());
        assert_eq!(
            problems(&[call(), call(), leave()]),
            ["0: this call never returns"]
        );
        assert_eq!(
            problems(&[call(), leave(), leave()]),
            ["2: a return without an open call on its thread"]
        );
        assert_eq!(problems(&[]), ["0: there is no call at all"]);
    }

    #[test]
    fn a_step_belongs_to_the_call_right_after_it() {
        let step = Event::Step(StepRecord {
            path_id: PathId(3),
            line: Line(7),
        });
        let events = [step, call(), call()];
        let mut calls = Calls::default();
        let mut steps = Vec::new();
        for (index, event) in events.iter().enumerate() {
            if let (Change::Begins, None) = calls.take(index, event) {
                steps.push(calls.latest().unwrap().step);
            }
        }
        assert_eq!(steps, [Some((PathId(3), 7)), None]);
    }

    #[test]
    fn each_thread_balances_for_itself() {
        let (start, switch, exit) = (
            |id| Event::ThreadStart(ThreadId(id)),
            |id| Event::ThreadSwitch(ThreadId(id)),
            |id| Event::ThreadExit(ThreadId(id)),
        );
        let sound = [
            call(),
            start(0),
            start(1),
            switch(1),
            call(),
            leave(),
            exit(1),
            switch(0),
            leave(),
            exit(0),
        ];
        assert!(problems(&sound).is_empty());
        let unsound = [
            call(),
            start(0),
            start(1),
            start(1),
            switch(1),
            leave(),
            call(),
            exit(1),
            call(),
            switch(2),
            exit(2),
        ];
        assert_eq!(
            problems(&unsound),
            [
                "3: thread 1 starts a second time",
                "5: a return without an open call on its thread",
                "7: thread 1 ends with calls still open",
                "8: a call on a thread that has ended",
                "9: a switch to thread 2, which never started",
                "10: thread 2 ends without a start",
                "0: this call never returns",
            ]
        );
    }
}
