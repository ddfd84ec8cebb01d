//! Values of the program, copied without running any of its code.
//!
//! Only an object whose type is exactly one of the interpreter's own is looked into. Of any other, of
//! a subclass's too, the name of its type is all that is recorded: that lies in the type itself, where
//! no metaclass is asked. Nothing here lets another thread run: nothing is imported, no garbage is
//! collected (CPython only does that between instructions), and whatever is released has another
//! owner.

mod actions;
mod encoder;
mod exceptions;
mod name_cache;
mod names;
mod numbers;
mod objects;
mod plan;
mod plans;
mod seen_types;
mod texts;

pub use encoder::{CaptureLimits, ValueEncoder};
pub use plan::Plan;
pub use plans::{NumberedPlan, Plans};
