//! Filter files that were read, in order.

use serde::{Deserialize, Serialize};

use crate::{Exec, Selector, ValueAction};

/// Filters in order: later ones override earlier ones.
///
/// Valid by construction, so that whoever receives one over serde need not check it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterChain {
    /// The files, first to last.
    pub files: Vec<FilterFile>,
}

/// One filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterFile {
    /// The path, or `builtin:` and a name.
    pub path: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// `meta.name`.
    pub name: String,
    /// `meta.version`.
    pub version: u32,
    /// `meta.description`.
    pub description: Option<String>,
    /// `meta.labels`.
    pub labels: Vec<String>,
    /// `scope.default_exec`; `None` keeps that of the files before.
    pub default_exec: Option<Exec>,
    /// `scope.default_value_action`; `None` keeps that of the files before.
    pub default_value_action: Option<ValueAction>,
    /// `scope.rules`.
    pub rules: Vec<FilterRule>,
}

/// A rule about code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterRule {
    /// The code that it applies to.
    pub selector: Selector,
    /// The line of the selector in its file, from 1.
    pub line: u32,
    /// Whether the code is recorded; `None` leaves that to others.
    pub exec: Option<Exec>,
    /// What becomes of values that no pattern names; `None` leaves that to others.
    pub value_default: Option<ValueAction>,
    /// Why, in the words of whoever wrote it.
    pub reason: Option<String>,
    /// Rules about values in this code.
    pub values: Vec<ValueRule>,
}

/// A rule about values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueRule {
    /// The values that it applies to.
    pub selector: Selector,
    /// The line of the selector in its file, from 1.
    pub line: u32,
    /// What becomes of them.
    pub action: ValueAction,
    /// Why, in the words of whoever wrote it.
    pub reason: Option<String>,
}

/// A rule's place in a chain, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId {
    /// The index of the file.
    pub file: usize,
    /// The index of the rule in the file.
    pub rule: usize,
}

impl FilterFile {
    /// What a person sees of a valid filter, in one line.
    pub fn summary(&self) -> String {
        let values: usize = self.rules.iter().map(|rule| rule.values.len()).sum();
        format!(
            "{}: {} version {}, {}, {}, sha256 {}",
            self.path,
            self.name,
            self.version,
            count(self.rules.len(), "rule"),
            count(values, "value pattern"),
            self.sha256
        )
    }
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

impl FilterChain {
    /// The rule at a place.
    pub fn rule(&self, id: RuleId) -> Option<&FilterRule> {
        self.files.get(id.file)?.rules.get(id.rule)
    }

    /// Each rule with its place, in order.
    pub fn rules(&self) -> impl DoubleEndedIterator<Item = (RuleId, &FilterRule)> {
        let files = self.files.iter().enumerate();
        files.flat_map(|(file, it)| {
            let rules = it.rules.iter().enumerate();
            rules.map(move |(rule, it)| (RuleId { file, rule }, it))
        })
    }

    /// Whether code that no rule selects is recorded, and the file that says so; `None` where none
    /// does, and the code is recorded.
    pub fn default_exec(&self) -> (Exec, Option<usize>) {
        last(&self.files, |file| file.default_exec)
            .map_or((Exec::Trace, None), |(exec, file)| (exec, Some(file)))
    }

    /// What becomes of values that nothing selects.
    pub fn default_value_action(&self) -> ValueAction {
        last(&self.files, |file| file.default_value_action)
            .map_or(ValueAction::Allow, |(action, _)| action)
    }

    /// Whether there is code that the filters keep out.
    pub fn skips(&self) -> bool {
        let says_so = |rule: &FilterRule| rule.exec == Some(Exec::Skip);
        self.default_exec().0 == Exec::Skip
            || self.files.iter().any(|file| file.rules.iter().any(says_so))
    }

    /// How a person finds a rule: `PATH:LINE (rule N)`, with N from 1.
    pub fn location(&self, id: RuleId) -> String {
        let path = self.files.get(id.file).map_or("?", |file| &file.path);
        let line = self.rule(id).map_or(0, |rule| rule.line);
        format!("{path}:{line} (rule {})", id.rule + 1)
    }
}

/// What the last file says that says it, and which one that is.
fn last<T>(files: &[FilterFile], says: impl Fn(&FilterFile) -> Option<T>) -> Option<(T, usize)> {
    let mut files = files.iter().enumerate().rev();
    files.find_map(|(index, file)| Some((says(file)?, index)))
}
