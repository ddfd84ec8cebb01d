//! The decisions between CPython's callbacks and the journal: what is recorded.

mod bodies;
mod children;
mod code_lookup;
mod current;
mod imports;
mod opcode_tracing;
mod runtime;
mod scopes;
mod shared_code;
mod traced_code;

pub use current::{current, install, take};
pub use opcode_tracing::OpcodeTracing;
pub use runtime::{FrameExit, RuntimeTracer, TracerParts};
pub use scopes::Scopes;
