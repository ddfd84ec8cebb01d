//! Which module's body starts here?
//!
//! CPython names every module body `<module>`. This crate decides, from evidence, which module's
//! body a piece of code is: see [`Identity`] for the answer and its reason.

mod identity;
mod name;

pub use identity::{
    BARE_LABEL, FileSource, Grounds, Identity, NameSource, Rival, Rule, Runner,
};
pub use name::{ModuleName, UnusableName};
