//! Mistakes in filters, and exactly the message for each.

mod files;
mod rules;
mod sections;

pub const META: &str = "[meta]\nname = \"t\"\nversion = 1\n";
pub const SCOPE: &str = "[scope]\ndefault_exec = \"trace\"\ndefault_value_action = \"allow\"\n";

/// A file that is right up to a rule, whose lines follow.
pub fn rule(lines: &str) -> String {
    format!("{META}{SCOPE}[[scope.rules]]\n{lines}\n")
}
