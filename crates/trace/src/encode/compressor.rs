//! Compression of events.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zeekstd::Encoder;

/// Compresses bytes into seekable zstd.
pub struct Compressor<W: Write> {
    encoder: Encoder<'static, Witness<W>>,
    error: FirstError,
}

impl<W: Write> Compressor<W> {
    /// Begins to write into `out`.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub fn new(out: W) -> io::Result<Self> {
        let error = FirstError::default();
        let witness = Witness {
            out,
            error: error.clone(),
        };
        Ok(Self {
            encoder: Encoder::new(witness).map_err(io::Error::other)?,
            error,
        })
    }

    /// Compresses `bytes`.
    ///
    /// # Errors
    ///
    /// The error of the writer within.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.error.instead_of(self.encoder.write_all(bytes))
    }

    /// Writes the rest.
    ///
    /// # Errors
    ///
    /// The error of the writer within.
    pub fn finish(self) -> io::Result<()> {
        let finished = self.encoder.finish().map_err(io::Error::other);
        self.error.instead_of(finished.map(drop))
    }
}

/// The first error of a writer within an encoder, which hides it in one of its own.
#[derive(Clone, Default)]
struct FirstError(Arc<Mutex<Option<io::Error>>>);

impl FirstError {
    fn keep(&self, error: io::Error) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }

    fn instead_of(&self, result: io::Result<()>) -> io::Result<()> {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.take().map_or(result, Err)
    }
}

/// A writer whose errors are kept.
struct Witness<W> {
    out: W,
    error: FirstError,
}

impl<W: Write> Witness<W> {
    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            // An interrupted write is tried again; it is no failure.
            if kind != io::ErrorKind::Interrupted {
                self.error.keep(error);
            }
            kind.into()
        })
    }
}

impl<W: Write> Write for Witness<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.watch(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.watch(result)
    }
}
