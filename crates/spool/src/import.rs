//! The records of imports that `sys.modules` did not answer.

use std::borrow::Cow;

use module_identity::ModuleName;
use serde::{Deserialize, Serialize};

/// The import system looked for a module, and found it or not. The record comes when the module is about to
/// be loaded, or when it was not found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportBegin<'a> {
    /// Ties the [`ImportEnd`] to its beginning; counts from 0 in each spool.
    pub import: u64,
    /// The import on whose behalf this one happens: the innermost one that the same stack of frames has.
    pub parent: Option<u64>,
    /// The thread, as in [`Begin`](crate::Begin).
    pub thread: u64,
    /// The time at which the import system was asked.
    pub time: u64,
    /// The absolute name of the module.
    pub name: Cow<'a, str>,
    /// The code that asked; `None` where that is an extension module, or nobody's code.
    #[serde(borrow)]
    pub importer: Option<Importer<'a>>,
    /// `None` where it was not found.
    pub loading: Option<ImportLoading<'a>>,
}

/// The code that asked for a module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importer<'a> {
    /// The module that its namespace says it is.
    pub module: Option<ModuleName>,
    /// `co_filename`.
    pub file: Cow<'a, str>,
    /// The line that asked.
    pub line: u32,
}

/// A module that is about to be loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportLoading<'a> {
    /// The time at which loading begins.
    pub time: u64,
    /// The kind of the module.
    pub kind: ModuleKind,
    /// Its file; `None` where it has none.
    pub file: Option<Cow<'a, str>>,
}

/// The kind of a module, by the loader that its spec has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModuleKind {
    /// Source code, whether its bytecode was cached or not.
    Source,
    /// Bytecode without source code.
    Bytecode,
    /// A shared library.
    Extension,
    /// A part of the interpreter, written in C.
    BuiltIn,
    /// Bytecode that is part of the interpreter.
    Frozen,
    /// A namespace package, which has no code.
    Namespace,
    /// A file in a zip archive.
    Zip,
    /// Whatever a loader of another kind loads.
    Other,
}

/// An import is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportEnd<'a> {
    /// The [`ImportBegin`] that this ends.
    pub import: u64,
    /// The time of the end.
    pub time: u64,
    /// The time at which loading was over; `None` where nothing was loaded.
    pub loaded: Option<u64>,
    /// The times at which an extension's own code began and ended; `None` of other modules.
    pub executed: Option<(u64, u64)>,
    /// The type of the exception that ended it.
    #[serde(borrow)]
    pub exception: Option<Cow<'a, str>>,
}
