//! The fuzz targets: each takes any bytes, uses them as the program does, and panics when a promise
//! is broken.

pub mod filters;
pub mod fixtures;
pub mod identities;
pub mod spools;
pub mod traces;
