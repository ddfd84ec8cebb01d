//! The answer: whose body starts, and why.

use crate::ModuleName;
use crate::name::MAIN;

/// The literal name that CPython gives every module body, kept where no module body starts.
pub const BARE_LABEL: &str = "<module>";

/// The module whose body a piece of code is, the rule that decided, and what it was decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Identity {
    /// The module whose body starts; `None` where no module body starts, or nobody can know.
    pub name: Option<ModuleName>,
    /// The rule that decided.
    pub rule: Rule,
    /// The evidence that decided.
    pub grounds: Grounds,
    /// Other names that were at hand and lost, best first.
    pub rivals: Vec<Rival>,
}

impl Identity {
    /// Makes an identity without grounds or rivals.
    pub fn new(name: Option<ModuleName>, rule: Rule) -> Self {
        Self {
            name,
            rule,
            grounds: Grounds::default(),
            rivals: Vec::new(),
        }
    }

    /// Returns the label of the body: `<name>`, or the literal `<module>`.
    pub fn label(&self) -> String {
        self.name
            .as_ref()
            .map_or_else(|| BARE_LABEL.to_owned(), ModuleName::label)
    }
}

impl Identity {
    /// Returns what somebody who looks for a label that they miss would want to know, one sentence each:
    /// why the code of a real file stays `<module>`, and which names lost.
    pub fn notes(&self, file: &str) -> Vec<String> {
        let label = self.label();
        let mut notes = Vec::new();
        if self.name.is_none() && self.rule != Rule::NotModuleCode && is_real_file_name(file) {
            notes.push(format!("stays <module>: {}", self.rule.reason()));
        }
        let losers = self
            .rivals
            .iter()
            .filter(|rival| rival.name.as_str() != MAIN);
        notes.extend(losers.map(|rival| {
            let source = rival.source.describe();
            format!(
                "is {label} ({}), though {source} says {}",
                self.rule.reason(),
                rival.name
            )
        }));
        notes
    }
}

/// Returns whether a code object's file name could be a file's: `<string>` and the empty name are not.
pub(crate) fn is_real_file_name(file: &str) -> bool {
    let synthetic = file.is_empty() || (file.starts_with('<') && file.ends_with('>'));
    !synthetic
}

/// The rule that decided an [`Identity`].
///
/// `docs/labelling.md` has each rule's reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Rule {
    /// The code's file is the file that the namespace's owner was loaded from.
    File,
    /// A module frozen into the interpreter.
    Frozen,
    /// A statement typed at a prompt, or the program on standard input.
    Interactive,
    /// The text of `python -c`.
    Command,
    /// A notebook cell.
    Cell,
    /// Bytecode without its source, or out of a zip file: its own file name proves nothing.
    Bytecode,
    /// An import under way of code with a synthetic file name.
    Loader,
    /// A module made by hand whose name is its file's.
    HandMade,
    /// Stays `<module>`: the code or its frame does not have the shape of a module body.
    NotModuleCode,
    /// Stays `<module>`: nobody owns the namespace.
    NoOwner,
    /// Stays `<module>`: the module's own code runs it (`exec`, `eval`).
    Nested,
    /// Stays `<module>`: nothing ties the code to the namespace's owner.
    Unproven,
    /// Without a frame: `sys.modules` has a module from that file.
    Registry,
    /// Without a frame: guessed from the roots on `sys.path`.
    Roots,
    /// Without a frame: only a `__name__` was at hand.
    Hint,
    /// Stays `<module>`: the only name of the namespace has a control character, which would break the line of a label, or
    /// its spec's has an angle bracket, which would end it early.
    UnprintableName,
}

impl Rule {
    /// Returns whether this rule needed no proof from a running frame, so that the name is a guess.
    pub fn is_inferred(self) -> bool {
        matches!(self, Self::Registry | Self::Roots | Self::Hint)
    }

    /// Returns whether this rule keeps the literal `<module>`, because no body is proved to start.
    pub fn keeps_bare_label(self) -> bool {
        match self {
            Self::NotModuleCode
            | Self::NoOwner
            | Self::UnprintableName
            | Self::Nested
            | Self::Unproven => true,
            Self::File
            | Self::Frozen
            | Self::Interactive
            | Self::Command
            | Self::Cell
            | Self::Bytecode
            | Self::Loader
            | Self::HandMade
            | Self::Registry
            | Self::Roots
            | Self::Hint => false,
        }
    }

    /// Returns one sentence for a person who asks why a body has its label.
    pub fn reason(self) -> &'static str {
        match self {
            Self::File => "the code comes from the file that the module was loaded from",
            Self::Frozen => "the module is frozen into the interpreter",
            Self::Interactive => "typed at a prompt, or read from standard input",
            Self::Command => "the text of python -c",
            Self::Cell => "a notebook cell",
            Self::Bytecode => "bytecode without its source, or from a zip file",
            Self::Loader => "an import under way, under a synthetic file name",
            Self::HandMade => "a module made by hand, named after its file",
            Self::NotModuleCode => {
                "no module body: exec or eval with locals of its own, or a coroutine"
            }
            Self::NoOwner => "no module body: the namespace belongs to no module",
            Self::Nested => "no module body: exec or eval by the module's own code",
            Self::Unproven => {
                "no proof that this is the body of the module that the namespace names"
            }
            Self::UnprintableName => "the module's name has a character that no label can show",
            Self::Registry => "inferred: sys.modules has a module from that file",
            Self::Roots => "inferred from the roots on sys.path",
            Self::Hint => "inferred from __name__ alone",
        }
    }
}

/// The evidence that an [`Identity`] was decided from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Grounds {
    /// The source of the owner's name; `None` when there was none.
    pub name: Option<NameSource>,
    /// The name that the code's file name agreed with; `None` when nothing was compared or agreed.
    pub file: Option<FileSource>,
    /// True if the namespace held only what the import system sets.
    pub fresh: bool,
    /// The runner of the code; `None` when that was not asked.
    pub runner: Option<Runner>,
}

/// The source of a module's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NameSource {
    /// `__spec__.name`.
    Spec,
    /// `__name__`.
    Name,
    /// The key in `sys.modules`.
    Registry,
    /// A root on `sys.path`.
    Roots,
}

impl NameSource {
    /// Returns where Python keeps the name: `__spec__`, `__name__`, `sys.modules` or `sys.path`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Spec => "__spec__",
            Self::Name => "__name__",
            Self::Registry => "sys.modules",
            Self::Roots => "sys.path",
        }
    }
}

/// The name that a code object's file name agreed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum FileSource {
    /// `__file__`.
    File,
    /// `__spec__.origin`.
    Origin,
    /// `__cached__`.
    Cached,
}

impl FileSource {
    /// Returns where Python keeps the name: `__file__`, `__spec__.origin` or `__cached__`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::File => "__file__",
            Self::Origin => "__spec__.origin",
            Self::Cached => "__cached__",
        }
    }
}

/// The runner of a piece of module code, by the first frame among its callers that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Runner {
    /// The import system, which was handed this very code.
    Import,
    /// A loader of the module, by a method of its own.
    Loader,
    /// A function that a loader of the module has for it.
    LoaderHelper,
    /// The module's own code, from another file than the code that starts.
    Module,
    /// The module's own code, from the very file that the code that starts names.
    SameFile,
    /// Python code that is neither.
    Other,
    /// No Python code: the interpreter itself.
    Interpreter,
}

impl Runner {
    /// Returns a few words for a person who asks who ran the code.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Import => "the import system",
            Self::Loader => "a loader of the module",
            Self::LoaderHelper => "a function of its loader",
            Self::Module => "the module's own code, from another file",
            Self::SameFile => "the module's own code",
            Self::Other => "other Python code",
            Self::Interpreter => "the interpreter",
        }
    }
}

/// A name that was at hand and lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Rival {
    /// The name.
    pub name: ModuleName,
    /// Its source.
    pub source: NameSource,
}

impl Rival {
    /// Makes a rival of a name.
    pub fn new(name: ModuleName, source: NameSource) -> Self {
        Self { name, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: Option<&str>, rule: Rule, rivals: &[(&str, NameSource)]) -> Identity {
        let name_of = |text| ModuleName::new(text).unwrap();
        let rivals = rivals
            .iter()
            .map(|(name, source)| Rival::new(name_of(*name), *source));
        Identity {
            rivals: rivals.collect(),
            ..Identity::new(name.map(name_of), rule)
        }
    }

    #[test]
    fn the_code_of_a_real_file_has_a_reason_to_stay_bare() {
        let unproven = identity(None, Rule::Unproven, &[]);
        let reason = "stays <module>: no proof that this is the body of the module that the \
                      namespace names";
        assert_eq!(unproven.notes("/r/a.py"), [reason]);
        assert!(unproven.notes("<string>").is_empty());
        assert!(unproven.notes("").is_empty());
        let function = identity(None, Rule::NotModuleCode, &[]);
        assert!(function.notes("/r/a.py").is_empty());
    }

    #[test]
    fn a_file_name_that_only_begins_or_ends_like_a_made_up_one_is_a_files() {
        let unproven = identity(None, Rule::Unproven, &[]);
        for file in ["<a", "a>", "a"] {
            assert_eq!(unproven.notes(file).len(), 1, "{file}");
        }
    }

    #[test]
    fn rules_without_a_frame_are_inferred() {
        for rule in [Rule::Registry, Rule::Roots, Rule::Hint] {
            assert!(rule.is_inferred());
        }
        assert!(!Rule::File.is_inferred());
    }

    #[test]
    fn names_that_lost_are_noted_but_for_main() {
        let rivals = [("b", NameSource::Name), ("__main__", NameSource::Name)];
        let named = identity(Some("a"), Rule::Loader, &rivals);
        let note =
            "is <a> (an import under way, under a synthetic file name), though __name__ says b";
        assert_eq!(named.notes("<x>"), [note]);
        assert!(
            identity(Some("a"), Rule::File, &[])
                .notes("/r/a.py")
                .is_empty()
        );
    }
}
