//! Calls and lines of code that has a number.

use std::io;

use runtime_tracing::PathId;
use spool::Code;

use super::builder::{EventBuilder, KnownCode, Sink, write_all};
use super::ids::Function;
use super::open_calls::Callee;
use crate::encode::Text;

impl EventBuilder {
    /// Takes the next code; numbers come in order, from 0.
    pub(super) fn know_code(&mut self, code: &Code<'_>) {
        self.codes.push(KnownCode {
            described: Code {
                number: code.number,
                name: code.name.to_string().into(),
                file: code.file.to_string().into(),
                line: code.line,
            },
            start: None,
            path: None,
        });
    }

    /// Takes an exception. Numbers come in order, unless there is damage.
    pub(super) fn know_exception(
        &mut self,
        exception: &spool::Exception<'_>,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let text = self.error(&exception.name, sink)?;
        let number = exception.number as usize;
        if number == self.exceptions.len() {
            self.exceptions.push(text);
        } else if let Some(known) = self.exceptions.get_mut(number) {
            *known = text;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn enter(&mut self, code: u32, sink: &mut Sink) -> io::Result<()> {
        let text = match self.codes.get(code as usize) {
            Some(KnownCode {
                start: Some((_, text)),
                ..
            }) => *text,
            Some(_) => self.define(code as usize, sink)?.1,
            // Only damage can take a description away.
            None => return Ok(()),
        };
        sink.text(text)?;
        self.open(Callee::Code(code), code);
        Ok(())
    }

    /// Defines the function of code that is called for the first time.
    #[cold]
    pub(super) fn define(&mut self, code: usize, sink: &mut Sink) -> io::Result<(Function, Text)> {
        let mut events = Vec::new();
        let code = &mut self.codes[code];
        let Code {
            name, file, line, ..
        } = &code.described;
        let function = self
            .ids
            .function(name.to_string(), file, *line, &mut events);
        let text = sink.add_text(&function.enter());
        code.start = Some((function, text));
        write_all(sink, &events)?;
        Ok((function, text))
    }

    /// Leaves a call by the exception that leaves calls.
    #[inline]
    pub(super) fn unwind(&mut self, code: u32, sink: &mut Sink) -> io::Result<()> {
        let text = self.exceptions.get(self.exception as usize);
        let text = text.copied().unwrap_or(self.returns.none);
        if self.is_left(code, sink)? {
            self.hold(Callee::Code(code), text);
        }
        Ok(())
    }

    /// Writes that a line is about to run, if its code is that of the innermost call: others that run have no
    /// event, or are of another stack. Returns `false` when it is not.
    #[inline]
    pub(super) fn step(&mut self, line: u32, sink: &mut Sink) -> io::Result<bool> {
        let open = self.threads[self.current].open.last();
        if open.is_none_or(|open| open.code != self.line_code) {
            return Ok(false);
        }
        let path = match self.codes.get(self.line_code as usize) {
            Some(KnownCode {
                path: Some(path), ..
            }) => *path,
            Some(_) => self.define_step(sink)?,
            None => return Ok(false),
        };
        sink.step(path, line)?;
        Ok(true)
    }

    /// Defines the path of code of which a line runs for the first time.
    #[cold]
    fn define_step(&mut self, sink: &mut Sink) -> io::Result<PathId> {
        let mut events = Vec::new();
        let code = &mut self.codes[self.line_code as usize];
        let path_id = self.ids.path(&code.described.file, &mut events);
        code.path = Some(path_id);
        write_all(sink, &events)?;
        Ok(path_id)
    }
}
