//! zstd: as it is, and with what it copies found by somebody else.

use std::io;
use std::ptr::NonNull;

use zstd_safe::zstd_sys::{self, ZSTD_CCtx, ZSTD_cParameter};
use zstd_safe::{CCtx, compress_bound, get_error_name};

/// Some literals, then a copy of what was there before. One of length 0 ends a block.
pub use zstd_safe::zstd_sys::ZSTD_Sequence as Sequence;

/// The bytes of a block at most.
pub const BLOCK: usize = 128 << 10;
/// The bytes of a copy at least: zstd takes three, and so few do not pay.
pub const SHORTEST: usize = 6;
/// So many bytes behind the literals belong to them, too: zstd reads ahead.
const READ_AHEAD: usize = 8;

/// Compresses bytes, each time into a frame of its own.
#[derive(Default)]
pub struct ByteCompressor {
    context: Option<CCtx<'static>>,
    frame: Vec<u8>,
}

impl ByteCompressor {
    /// Returns the frame that was made last.
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Compresses bytes.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub fn compress(&mut self, bytes: &[u8]) -> io::Result<()> {
        let context = match &mut self.context {
            Some(context) => context,
            none => none.insert(CCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?),
        };
        self.frame.clear();
        self.frame.reserve(compress_bound(bytes.len()));
        let written = context.compress2(&mut self.frame, bytes);
        written.map(drop).map_err(error)
    }
}

/// Compresses what is given as sequences, each time into a frame of its own.
#[derive(Default)]
pub struct SequenceCompressor {
    context: Option<Context>,
    frame: Vec<u8>,
}

impl SequenceCompressor {
    /// Returns the frame that was made last.
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Compresses `length` bytes, which are given as sequences with their literals. Returns `false` where zstd cannot make
    /// them smaller, or cannot take them: the bytes have to be compressed as they are.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub fn compress(
        &mut self,
        sequences: &[Sequence],
        literals: &mut Vec<u8>,
        length: usize,
    ) -> io::Result<bool> {
        let context = match &mut self.context {
            Some(context) => context,
            none => none.insert(Context::new()?),
        };
        self.frame.clear();
        self.frame.reserve(compress_bound(length));
        literals.reserve(READ_AHEAD);
        // SAFETY: the pointers and lengths are those of a context, two vectors and a slice, which live on and have no other
        // users; the vectors have room for as many bytes as is said.
        let written = unsafe {
            zstd_sys::ZSTD_compressSequencesAndLiterals(
                context.0.as_ptr(),
                self.frame.as_mut_ptr().cast(),
                self.frame.capacity(),
                sequences.as_ptr(),
                sequences.len(),
                literals.as_ptr().cast(),
                literals.len(),
                literals.capacity(),
                length,
            )
        };
        if is_error(written) {
            return Ok(false);
        }
        // SAFETY: zstd has written so many bytes, for which there was room.
        unsafe { self.frame.set_len(written) };
        Ok(true)
    }
}

/// A context that takes sequences.
struct Context(NonNull<ZSTD_CCtx>);

// SAFETY: a context belongs to no thread.
unsafe impl Send for Context {}

impl Context {
    fn new() -> io::Result<Self> {
        // SAFETY: makes a context, or gives null.
        let context = unsafe { zstd_sys::ZSTD_createCCtx() };
        let context = Self(NonNull::new(context).ok_or(io::ErrorKind::OutOfMemory)?);
        // Sequences say where blocks end, and go back as far as a frame does. The tables are those of a search that is not
        // made here.
        let parameters = [
            (ZSTD_cParameter::ZSTD_c_experimentalParam11, 1),
            (ZSTD_cParameter::ZSTD_c_windowLog, 21),
            (ZSTD_cParameter::ZSTD_c_hashLog, 6),
            (ZSTD_cParameter::ZSTD_c_chainLog, 6),
        ];
        for (parameter, value) in parameters {
            // SAFETY: the context is alive, and nobody else has it.
            let code =
                unsafe { zstd_sys::ZSTD_CCtx_setParameter(context.0.as_ptr(), parameter, value) };
            if is_error(code) {
                return Err(error(code));
            }
        }
        Ok(context)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: zstd made it, and nobody else has it.
        unsafe { zstd_sys::ZSTD_freeCCtx(self.0.as_ptr()) };
    }
}

fn is_error(code: usize) -> bool {
    // SAFETY: asks about a number.
    unsafe { zstd_sys::ZSTD_isError(code) != 0 }
}

fn error(code: usize) -> io::Error {
    io::Error::other(get_error_name(code))
}
