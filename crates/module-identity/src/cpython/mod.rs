//! Reading the evidence from a running CPython, through its stable ABI.
//!
//! What is kept is one interpreter's own: a process may have several, and no object is theirs in common.
//!
//! Nothing here runs the program's code: attributes are asked only of the interpreter's own types,
//! namespaces and `sys.modules` are read as raw dictionaries, and of a str only the payload counts.

mod callers;
mod facts;
mod frame;
mod layout;
mod memory;
mod module_frame;
mod modules;
mod namespace;
mod object;
mod resolver;
mod spec;
mod variables;
mod weak;

pub use resolver::ModuleIdentityResolver;
// truename's recorder shares these. They are no part of the API, and may change in any version.
#[doc(hidden)]
pub use {
    object::{Object, named, quiet, text, type_name},
    spec::SpecSummary,
    variables::{CodeVariable, FrameVariables},
};
