//! An import, as `trace_modules.json` has it.

use module_identity::ModuleName;
use serde::{Deserialize, Serialize};
use spool::ModuleKind;

/// One import that `sys.modules` did not answer.
///
/// Its time has three parts, which are its own: what it imported in turn is not in them. They add up, with the
/// totals of all that happened [within](Import::within) it, to its total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The absolute name of the module.
    pub name: String,
    /// The result.
    pub outcome: ImportOutcome,
    /// The type of the exception that ended it.
    pub exception: Option<String>,
    /// The kind of the module; `None` where it was not found.
    pub kind: Option<ModuleKind>,
    /// The module's file; `None` where it has none.
    pub file: Option<String>,
    /// The statement or call that asked for the module; `None` where that was an extension module.
    pub importer: Option<ImportSite>,
    /// The import or the body during which it happened; `None` at the top. A package that is imported for the sake of
    /// a module in it is within the import of that module.
    pub within: Option<Cause>,
    /// The index in [`Document::modules`](super::Document::modules) of the body that it ran.
    pub body: Option<usize>,
    /// The thread, as in [`Module::thread`](super::Module::thread).
    pub thread: u64,
    /// The time at which the import system was asked, in nanoseconds since the recording began.
    pub start_ns: u64,
    /// The time until the import was over, in nanoseconds; `None` when it never was.
    pub total_ns: Option<u64>,
    /// The time in which the module was looked for, in nanoseconds.
    pub finding_ns: u64,
    /// The time in which its code was read, in nanoseconds: of an extension module also that in which its library
    /// was loaded.
    pub loading_ns: u64,
    /// The time in which its own code ran, in nanoseconds.
    pub running_ns: u64,
}

impl Import {
    /// Returns the time that is its own, in nanoseconds.
    pub fn own_ns(&self) -> u64 {
        let parts = [self.finding_ns, self.loading_ns, self.running_ns];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// The result of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportOutcome {
    /// The module was loaded.
    Loaded,
    /// No module of that name was found.
    NotFound,
    /// An exception ended it, of the module's code or of the import system.
    Failed,
    /// The recording ended first.
    Unfinished,
}

/// The place that asked for a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSite {
    /// The module that its code belongs to; `None` where its namespace does not say.
    pub module: Option<ModuleName>,
    /// `co_filename`.
    pub file: String,
    /// The line.
    pub line: u32,
}

/// The import or the body that was under way when an import, or a body that nothing imported, began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The import with this index in [`Document::imports`](super::Document::imports).
    Import(usize),
    /// The body with this index in [`Document::modules`](super::Document::modules), which no import ran.
    Body(usize),
}
