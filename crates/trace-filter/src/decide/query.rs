//! The question that a filter answers.

/// The facts that hold for all code of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterContext {
    /// The folder that relative `file` patterns start from; absolute.
    pub project_root: Option<String>,
    /// The folders, or zip files, of the interpreter's standard library; absolute.
    pub stdlib: Vec<String>,
}

/// A piece of code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// The name of the module that the code belongs to; `None` for code without one, whose label is
    /// `<module>`.
    pub module: Option<&'a str>,
    /// The other name of the same module: `__main__` for the one that `python -m` runs.
    pub alias: Option<&'a str>,
    /// `co_filename`, made absolute if it is a path.
    pub file: &'a str,
    /// `co_qualname`.
    pub qualname: &'a str,
}

impl<'a> Query<'a> {
    /// Returns the module's names.
    pub(super) fn modules(&self) -> [Option<&'a str>; 2] {
        [self.module, self.alias]
    }
}
