//! The decisions between CPython's callbacks and the journal: what is recorded.

mod bodies;
mod children;
mod code_lookup;
mod imports;
mod runtime;
mod scopes;
mod shared_code;

pub use runtime::{FrameExit, RuntimeTracer, TracerParts, current, install, take};
pub use scopes::Scopes;
