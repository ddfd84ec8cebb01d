//! The side of truename.

mod items;
mod reader;
mod tail;
mod values;

pub use items::{Damage, Events, Item};
pub use reader::Reader;
pub use tail::{SpoolEnd, Tail};
pub use values::Values;
