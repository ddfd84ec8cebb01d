//! The verdict of a budget, as text.

use std::io::{self, Write};

use super::printable::printable;
use super::steps::write_chain;
use super::text::{BAD, FAINT, of_runs, write_text};
use crate::duration::humane;
use crate::imports::budget::Violation;

/// Writes the violations of a trace, each with what broke the rule. `name` is the trace's folder.
///
/// # Errors
///
/// What `out` answered.
pub fn write_budget(
    out: &mut dyn Write,
    name: &str,
    violations: &[Violation],
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    if violations.is_empty() {
        return writeln!(out, "{name}: ok");
    }
    for violation in violations {
        let text = format!("{name}: {}", sentence(violation));
        write_text(out, BAD, &text, width)?;
        match violation {
            Violation::Forbid { chain, .. } => write_chain(out, chain, directory, width)?,
            Violation::MaxModules { largest, .. } => {
                for it in largest {
                    writeln!(out, "  {:>5}  {}", it.modules, printable(&it.name))?;
                }
            }
            Violation::MaxTime { slowest, .. } => {
                for it in slowest {
                    writeln!(out, "  {:>8}  {}", humane(it.own_ns), printable(&it.name))?;
                }
            }
            Violation::MaxNew { gained, .. } => {
                for it in gained {
                    write_chain(out, &it.chain, directory, width)?;
                    if !it.with.is_empty() {
                        writeln!(out, "  {FAINT}and {} more with it{FAINT:#}", it.with.len())?;
                    }
                }
            }
            Violation::Incomplete { .. } => {}
        }
    }
    Ok(())
}

/// Returns how many are allowed.
fn most(limit: usize) -> String {
    match limit {
        0 => "none".to_owned(),
        limit => limit.to_string(),
    }
}

fn sentence(violation: &Violation) -> String {
    match violation {
        Violation::Forbid {
            pattern,
            name,
            others,
            chain,
        } => {
            let others = match others {
                0 => String::new(),
                1 => ", and 1 other module with it".to_owned(),
                count => format!(", and {count} other modules with it"),
            };
            let when = if chain.is_empty() {
                "was loaded before the recording began"
            } else {
                "was imported"
            };
            let pattern = if pattern == name {
                String::new()
            } else {
                format!(" ({pattern})")
            };
            format!("{name} is forbidden{pattern} and {when}{others}")
        }
        Violation::MaxModules { limit, modules, .. } => {
            let modules = match modules {
                1 => "1 module was".to_owned(),
                count => format!("{count} modules were"),
            };
            let most = most(*limit);
            format!("{modules} imported, and {most} may be; the largest packages:")
        }
        Violation::MaxTime {
            limit_ns,
            import_ns,
            runs,
            spread,
            ..
        } => format!(
            "imports took {}{}, and may take {}; the packages that took most:",
            humane(*import_ns),
            of_runs(*runs, *spread),
            humane(*limit_ns)
        ),
        Violation::MaxNew { limit, modules, .. } => {
            let modules = match modules {
                1 => "1 module is".to_owned(),
                count => format!("{count} modules are"),
            };
            let most = most(*limit);
            format!("{modules} not in the baseline, and {most} may be")
        }
        Violation::Incomplete { folder, reason, .. } => {
            let whose = if folder.is_empty() {
                String::new()
            } else {
                format!(" in {folder}")
            };
            let reason = reason.as_ref().map(|it| format!(": {it}"));
            format!(
                "the recording{whose} ended before the process did, so that no rule can be held{}",
                reason.unwrap_or_default()
            )
        }
    }
}
