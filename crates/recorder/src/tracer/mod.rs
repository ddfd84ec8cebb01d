//! The decisions between CPython's callbacks and the journal: what is recorded.

mod bodies;
mod children;
mod code_lookup;
mod imports;
mod opcode_tracing;
mod runtime;
mod scopes;
mod shared_code;

pub use opcode_tracing::OpcodeTracing;
pub use runtime::{FrameExit, RuntimeTracer, TracerParts, current, install, take};
pub use scopes::Scopes;
