//! The recorded frames that are on the calling thread's stack.
//!
//! A frame is here as the body of a module, as a call of code that modules share, or as both. Filters
//! judge shared code by its namespace, which may have another name when a call ends: a call ends as what
//! it began as.

use super::by_recording::ByRecording;
use super::code_table::CodeState;

/// A frame that runs, by the addresses of its code object and its frame object. Both live while it runs:
/// CPython makes one frame object for each frame that is asked for, and keeps it until the frame is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameId {
    pub code: usize,
    pub frame: usize,
}

/// A frame, and what the spool was sent of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FrameEntry {
    id: FrameId,
    /// The generation of the spool that has its beginning; 0 is none.
    spool: u32,
    /// Its number as a module's body.
    body: Option<u64>,
    /// Its state as a call of shared code.
    call: Option<CodeState>,
}

/// The frames of a thread, mostly from the outside in: greenlets have a stack each.
#[derive(Default)]
pub struct FrameStack {
    entries: Vec<FrameEntry>,
    /// The body that returned last, while no other module code has begun.
    returned_body: Option<FrameEntry>,
    /// The call that returned last, while no other one of shared code has begun.
    returned_call: Option<FrameEntry>,
}

impl FrameStack {
    /// Notes that a module's body began, which has this number in the spool of a generation.
    pub fn begin_body(&mut self, id: FrameId, spool: u32, body: u64) {
        let same = self.entries.last_mut();
        match same.filter(|it| it.id == id && it.spool == spool && it.body.is_none()) {
            Some(entry) => entry.body = Some(body),
            None => self.entries.push(FrameEntry {
                id,
                spool,
                body: Some(body),
                call: None,
            }),
        }
    }

    /// Takes the number of the body that runs `code` in the current frame. Bodies that another spool began
    /// (before a fork, before a second recording) are forgotten on the way. Remembers one that `returns`:
    /// an exception may leave it yet, when a tool of `sys.monitoring` that sees the return later raises.
    ///
    /// The frame is asked for only when the code is open at all, which for an unwinding function it
    /// is not.
    pub fn end_body(
        &mut self,
        code: usize,
        spool: u32,
        frame: impl FnOnce() -> usize,
        returns: bool,
    ) -> Option<u64> {
        let is_body = |it: &FrameEntry| it.id.code == code && it.body.is_some();
        if !self.entries.iter().any(is_body) {
            return None;
        }
        let id = FrameId {
            code,
            frame: frame(),
        };
        self.entries.retain_mut(|it| {
            if it.spool != spool {
                it.body = None;
            }
            it.is_open()
        });
        let index = self
            .entries
            .iter()
            .rposition(|it| it.id == id && it.body.is_some())?;
        let ended = self.entries[index];
        self.entries[index].body = None;
        self.forget_closed(index);
        if returns {
            self.returned_body = Some(ended);
        }
        ended.body
    }

    /// Returns whether `code` in the current frame is a body that is open in this spool. The frame is asked
    /// for as in [`end_body`](Self::end_body).
    pub fn has_body(&self, code: usize, spool: u32, frame: impl FnOnce() -> usize) -> bool {
        let is_run =
            |it: &&FrameEntry| it.id.code == code && it.spool == spool && it.body.is_some();
        let mut runs = self.entries.iter().filter(is_run);
        let Some(first) = runs.next() else {
            return false;
        };
        let frame = frame();
        first.id.frame == frame || runs.any(|it| it.id.frame == frame)
    }

    /// Forgets the body that returned last: other code begins, which may have its addresses.
    pub fn forget_returned_body(&mut self) {
        self.returned_body = None;
    }

    /// Takes the number of the body that returned last, when it is `code` in the current frame.
    pub fn take_returned_body(
        &mut self,
        code: usize,
        spool: u32,
        frame: impl FnOnce() -> usize,
    ) -> Option<u64> {
        let is_same = |it: &FrameEntry| it.id.code == code && it.spool == spool;
        let returned = self.returned_body.filter(is_same)?;
        self.returned_body = None;
        returned.body.filter(|_| returned.id.frame == frame())
    }

    /// Notes the state of a call of shared code that begins or goes on.
    pub fn begin_call(&mut self, id: FrameId, spool: u32, state: CodeState) {
        self.returned_call = None;
        self.entries.push(FrameEntry {
            id,
            spool,
            body: None,
            call: Some(state),
        });
    }

    /// Returns the state of a call in its spool: [`CodeState::Unknown`] if that is another one than it
    /// began in, and `None` if it did not begin as one of shared code.
    pub fn find_call(&self, id: FrameId, spool: u32) -> Option<CodeState> {
        let found = &self.entries[self.position_of_call(id)?];
        match found.spool == spool {
            true => found.call,
            false => Some(CodeState::Unknown),
        }
    }

    /// Notes that a call is over, or suspended.
    pub fn end_call(&mut self, id: FrameId, returns: bool) {
        self.returned_call = None;
        if let Some(index) = self.position_of_call(id) {
            self.returned_call = Some(self.entries[index]).filter(|_| returns);
            self.entries[index].call = None;
            self.forget_closed(index);
        }
    }

    /// Notes that a call did not return, if it is the one that returned last.
    pub fn reopen_call(&mut self, id: FrameId) {
        let returned = self.returned_call.take();
        let returned = returned.filter(|it| it.id == id);
        self.entries
            .extend(returned.map(|it| FrameEntry { body: None, ..it }));
    }

    fn position_of_call(&self, id: FrameId) -> Option<usize> {
        let is_call = |it: &FrameEntry| it.id == id && it.call.is_some();
        self.entries.iter().rposition(is_call)
    }

    fn forget_closed(&mut self, index: usize) {
        if !self.entries[index].is_open() {
            self.entries.remove(index);
        }
    }
}

impl FrameEntry {
    fn is_open(&self) -> bool {
        self.body.is_some() || self.call.is_some()
    }
}

thread_local! {
    static STACKS: ByRecording<FrameStack> = const { ByRecording::new() };
}

/// Runs `task` with the frames of the calling thread that are in a recording. A thread that is ending has no
/// storage left; nothing is recorded for it then.
pub fn with<T>(recording: u32, task: impl FnOnce(&mut FrameStack) -> T) -> Option<T> {
    let is_idle = |stack: &FrameStack| stack.entries.is_empty();
    let task = |stacks: &ByRecording<FrameStack>| stacks.with(recording, is_idle, task);
    STACKS.try_with(task).ok()?
}

#[cfg(test)]
mod tests {
    use super::{CodeState, FrameId, FrameStack, with};

    const ID: FrameId = FrameId { code: 1, frame: 10 };
    const OTHER: FrameId = FrameId { code: 1, frame: 20 };
    const SPOOL: u32 = 1;
    const NEXT_SPOOL: u32 = 2;
    const CALL: CodeState = CodeState::Number(5);

    fn end(stack: &mut FrameStack, id: FrameId, spool: u32, returns: bool) -> Option<u64> {
        stack.end_body(id.code, spool, || id.frame, returns)
    }

    #[test]
    fn two_runs_of_one_code_object_are_kept_apart_by_their_frames() {
        let mut stack = FrameStack::default();
        stack.begin_body(ID, SPOOL, 0);
        stack.begin_body(OTHER, SPOOL, 1);
        assert_eq!(end(&mut stack, ID, SPOOL, true), Some(0));
        assert_eq!(end(&mut stack, ID, SPOOL, true), None);
        assert_eq!(end(&mut stack, OTHER, SPOOL, true), Some(1));
    }

    #[test]
    fn the_frame_is_not_asked_for_where_the_code_is_not_open() {
        let mut stack = FrameStack::default();
        stack.begin_body(ID, SPOOL, 0);
        let frame = || panic!("the frame is not needed");
        assert_eq!(stack.end_body(99, SPOOL, frame, true), None);
        assert!(!stack.has_body(99, SPOOL, frame));
        stack.begin_call(FrameId { code: 7, frame: 1 }, SPOOL, CALL);
        assert_eq!(stack.end_body(7, SPOOL, frame, true), None);
    }

    #[test]
    fn bodies_of_another_spool_are_forgotten_and_calls_are_not() {
        let mut stack = FrameStack::default();
        stack.begin_call(ID, SPOOL, CALL);
        stack.begin_body(ID, SPOOL, 0);
        assert!(!stack.has_body(ID.code, NEXT_SPOOL, || ID.frame));
        assert_eq!(end(&mut stack, ID, NEXT_SPOOL, true), None);
        assert_eq!(end(&mut stack, ID, SPOOL, true), None);
        assert_eq!(stack.find_call(ID, SPOOL), Some(CALL));
        assert_eq!(stack.find_call(ID, NEXT_SPOOL), Some(CodeState::Unknown));
    }

    #[test]
    fn a_body_that_returned_is_found_again_until_other_code_begins() {
        let mut stack = FrameStack::default();
        stack.begin_body(ID, SPOOL, 3);
        end(&mut stack, ID, SPOOL, true);
        assert_eq!(
            stack.take_returned_body(ID.code, SPOOL, || ID.frame),
            Some(3)
        );
        assert_eq!(stack.take_returned_body(ID.code, SPOOL, || ID.frame), None);
        stack.begin_body(ID, SPOOL, 4);
        end(&mut stack, ID, SPOOL, true);
        stack.forget_returned_body();
        assert_eq!(stack.take_returned_body(ID.code, SPOOL, || ID.frame), None);
        stack.begin_body(ID, SPOOL, 5);
        end(&mut stack, ID, SPOOL, false);
        assert_eq!(stack.take_returned_body(ID.code, SPOOL, || ID.frame), None);
    }

    #[test]
    fn a_frame_can_be_a_body_and_a_call_of_shared_code() {
        let mut stack = FrameStack::default();
        stack.begin_call(ID, SPOOL, CodeState::Module(8));
        stack.begin_body(ID, SPOOL, 2);
        assert!(stack.has_body(ID.code, SPOOL, || ID.frame));
        assert_eq!(end(&mut stack, ID, SPOOL, true), Some(2));
        assert_eq!(stack.find_call(ID, SPOOL), Some(CodeState::Module(8)));
        stack.end_call(ID, true);
        assert_eq!(stack.find_call(ID, SPOOL), None);
        assert!(stack.entries.is_empty());
    }

    #[test]
    fn the_innermost_of_calls_with_the_same_frame_counts() {
        let mut stack = FrameStack::default();
        stack.begin_call(ID, SPOOL, CALL);
        stack.begin_call(ID, SPOOL, CodeState::Skipped);
        assert_eq!(stack.find_call(ID, SPOOL), Some(CodeState::Skipped));
        stack.end_call(ID, false);
        assert_eq!(stack.find_call(ID, SPOOL), Some(CALL));
    }

    #[test]
    fn a_call_that_returned_can_be_open_again() {
        let mut stack = FrameStack::default();
        stack.begin_call(ID, SPOOL, CALL);
        stack.end_call(ID, true);
        stack.reopen_call(OTHER);
        stack.reopen_call(ID);
        assert_eq!(
            stack.find_call(ID, SPOOL),
            None,
            "another call was asked about"
        );
        stack.begin_call(ID, SPOOL, CALL);
        stack.end_call(ID, true);
        stack.reopen_call(ID);
        assert_eq!(stack.find_call(ID, SPOOL), Some(CALL));
        stack.end_call(ID, false);
        stack.reopen_call(ID);
        assert_eq!(stack.find_call(ID, SPOOL), None, "it was suspended");
    }

    #[test]
    fn each_thread_has_a_stack_of_its_own_in_each_recording() {
        let has_body = |recording| {
            with(recording, |stack| {
                stack.has_body(ID.code, SPOOL, || ID.frame)
            })
        };
        with(1, |stack| stack.begin_body(ID, SPOOL, 0));
        assert_eq!(has_body(1), Some(true));
        assert_eq!(has_body(2), Some(false));
        let there = std::thread::spawn(move || has_body(1));
        assert_eq!(there.join().unwrap(), Some(false));
        assert_eq!(has_body(1), Some(true));
        let within = with(1, |_| with(1, |_| ()));
        assert_eq!(within, Some(None), "it is at work already");
    }
}
