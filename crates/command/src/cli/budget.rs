//! The command that holds traces to a budget.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use trace::read::Family;
use truename::imports::budget::{Budget, Violation};
use truename::imports::{BareBodies, ModuleSet, RecordedProcess, processes_of_runs};
use truename::view::write_budget;

use super::arguments::{BudgetArguments, DEFAULT_FOLDER};
use super::failure::{Failure, Result};
use super::output::{print, print_json, warn, width};
use super::views::read;

/// The verdict of one trace.
#[derive(Serialize)]
struct Verdict {
    folder: String,
    ok: bool,
    violations: Vec<Violation>,
    #[serde(skip)]
    directory: String,
}

pub fn budget(arguments: BudgetArguments) -> Result<u8> {
    let (budget, folders) = rules(arguments)?;
    let baseline = budget.rules.baseline.as_deref().map(read).transpose()?;
    let baseline = baseline.as_ref().map(|runs| processes(runs));
    let baseline = baseline.as_ref().map(|it| ModuleSet::of(it));
    let verdict = |folder: &PathBuf| {
        let runs = read(folder)?;
        let processes = processes(&runs);
        let set = ModuleSet::of(&processes);
        if processes
            .iter()
            .flat_map(|it| &it.runs)
            .any(|it| it.document.filters.scopes_skipped > 0)
        {
            warn(&format!(
                "filters kept code out of the trace in {}: what they kept out cannot be held to a rule.",
                folder.display()
            ));
        }
        let violations = budget.rules.violations(&set, baseline.as_ref());
        Ok(Verdict {
            folder: folder.display().to_string(),
            ok: violations.is_empty(),
            violations,
            directory: runs[0].document.run.process.directory.clone(),
        })
    };
    let verdicts = folders.iter().map(verdict).collect::<Result<Vec<_>>>()?;
    if budget.json {
        print_json(&verdicts)?;
    } else {
        print(|out| {
            verdicts.iter().try_for_each(|it| {
                write_budget(out, &it.folder, &it.violations, &it.directory, width())
            })
        })?;
    }
    Ok(u8::from(verdicts.iter().any(|it| !it.ok)))
}

struct Rules {
    rules: Budget,
    json: bool,
}

fn processes(runs: &[Family]) -> Vec<RecordedProcess<'_>> {
    processes_of_runs(runs, BareBodies::Merged)
}

/// Takes the rules of the file and of the options together, and gives them with the folders.
fn rules(arguments: BudgetArguments) -> Result<(Rules, Vec<PathBuf>)> {
    let mut folders = arguments.places;
    let is_file = |it: &PathBuf| it.is_file() || it.extension().is_some_and(|it| it == "toml");
    let mut rules = match folders.first().is_some_and(is_file) {
        true => read_rules(&folders.remove(0))?,
        false => Budget::default(),
    };
    rules.forbid.extend(arguments.forbid);
    rules.max_modules = arguments.max_modules.or(rules.max_modules);
    rules.max_time = arguments.max_time.or(rules.max_time);
    rules.max_new = arguments.max_new.or(rules.max_new);
    rules.baseline = arguments.baseline.or(rules.baseline);
    if rules.is_empty() {
        return Err(Failure::usage(
            "there is no rule to hold the trace to. Name a file with rules, or give one: --forbid \
             'pandas*', --max-modules 400, --max-time 300ms, or --max-new 0 --baseline DIR.",
        ));
    }
    if rules.max_new.is_some() != rules.baseline.is_some() {
        return Err(Failure::usage(
            "--max-new and --baseline need each other: a module is new when the trace of the baseline \
             has not got it.",
        ));
    }
    if folders.is_empty() {
        folders.push(DEFAULT_FOLDER.into());
    }
    let json = arguments.json;
    Ok((Rules { rules, json }, folders))
}

fn read_rules(file: &Path) -> Result<Budget> {
    let shown = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read {shown}: {error}.")))?;
    let mut rules: Budget = toml::from_str(&text).map_err(|error| {
        let message = error.message();
        let line = error
            .span()
            .map(|span| text[..span.start].matches('\n').count() + 1);
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        Failure::usage(format!(
            "{shown}{line}: {message}. `truename budget --help` shows a file with all rules."
        ))
    })?;
    // A file means the folders beside it.
    let folder = file.parent().unwrap_or(Path::new(""));
    rules.baseline = rules.baseline.map(|baseline| folder.join(baseline));
    Ok(rules)
}
