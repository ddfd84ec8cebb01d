//! The side of truename.

mod items;
mod lease;
mod line_variables;
mod reader;
mod release;
mod tail;
mod values;

pub use items::{Damage, Events, Item};
pub use line_variables::{LineVariable, LineVariables};
pub use reader::Reader;
pub use release::shows_release;
pub use tail::{SpoolEnd, Tail};
pub use values::Values;
