//! Reading a trace back.

mod binary;
mod catch_panic;
mod family;
mod folder;

pub use family::Family;
pub use folder::Folder;
