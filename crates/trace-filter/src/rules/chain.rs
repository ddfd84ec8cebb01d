//! Filter files in order, and the rules in them.

use serde::{Deserialize, Serialize};

use super::action::{Exec, ValueAction};
use super::io::IoCapture;
use super::selector::Selector;

/// Filters in order: later ones override earlier ones.
///
/// A chain is valid by construction, so that a process that receives one through serde need not check it again.
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
    /// `meta.version`: the version of the format.
    pub version: u32,
    /// `meta.description`.
    pub description: Option<String>,
    /// `meta.labels`.
    pub labels: Vec<String>,
    /// `scope.default_exec`; `None` keeps that of the files before.
    pub default_exec: Option<Exec>,
    /// `scope.default_value_action`; `None` keeps that of the files before.
    pub default_value_action: Option<ValueAction>,
    /// `io`.
    pub io: Option<IoCapture>,
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
    /// The decision whether the code is recorded; `None` leaves that to other rules.
    pub exec: Option<Exec>,
    /// The action for values that no pattern names; `None` leaves that to other rules.
    pub value_default: Option<ValueAction>,
    /// The author's reason.
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
    /// The action for them.
    pub action: ValueAction,
    /// The author's reason.
    pub reason: Option<String>,
}

/// The position of a rule in a chain; both indices count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId {
    /// The index of the file.
    pub file: usize,
    /// The index of the rule in the file.
    pub rule: usize,
}

impl FilterFile {
    /// Describes a valid filter to a person, in one line.
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
    /// Returns the rule at a position.
    pub fn rule(&self, id: RuleId) -> Option<&FilterRule> {
        self.files.get(id.file)?.rules.get(id.rule)
    }

    /// Iterates over the rules and their positions, in order.
    pub fn rules(&self) -> impl DoubleEndedIterator<Item = (RuleId, &FilterRule)> {
        let files = self.files.iter().enumerate();
        files.flat_map(|(file, it)| {
            let rules = it.rules.iter().enumerate();
            rules.map(move |(rule, it)| (RuleId { file, rule }, it))
        })
    }

    /// Returns whether code that no rule selects is recorded, and the file that says so. Without such
    /// a file, the code is recorded.
    pub fn default_exec(&self) -> (Exec, Option<usize>) {
        last(&self.files, |file| file.default_exec)
            .map_or((Exec::Trace, None), |(exec, file)| (exec, Some(file)))
    }

    /// Returns the action for values that nothing selects.
    pub fn default_value_action(&self) -> ValueAction {
        last(&self.files, |file| file.default_value_action)
            .map_or(ValueAction::Allow, |(action, _)| action)
    }

    /// Returns whether the filters can keep any code out.
    pub fn skips(&self) -> bool {
        let says_so = |rule: &FilterRule| rule.exec == Some(Exec::Skip);
        self.default_exec().0 == Exec::Skip
            || self.files.iter().any(|file| file.rules.iter().any(says_so))
    }

    /// Returns a rule's location for a person: `PATH:LINE (rule N)`, with N from 1.
    pub fn location(&self, id: RuleId) -> String {
        let path = self.files.get(id.file).map_or("?", |file| &file.path);
        let line = self.rule(id).map_or(0, |rule| rule.line);
        format!("{path}:{line} (rule {})", id.rule + 1)
    }
}

/// Returns what the last file that says something says, and the index of that file.
fn last<T>(files: &[FilterFile], says: impl Fn(&FilterFile) -> Option<T>) -> Option<(T, usize)> {
    let mut files = files.iter().enumerate().rev();
    files.find_map(|(index, file)| Some((says(file)?, index)))
}
