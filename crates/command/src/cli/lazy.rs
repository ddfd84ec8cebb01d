//! The command that says what lazy imports would save.

mod descendants;
mod search;
mod trial;

use std::fs;
use std::io::{self, IsTerminal};

use interpreters::Interpreter;
use interpreters::command_line::{PythonArguments, PythonProgram};
use launcher::RunsFolder;
use truename::imports::lazy::{Baseline, Behaviour, LazyReport};
use truename::imports::{BareBodies, ModuleSet, processes_of_runs};
use truename::view::write_lazy;

use super::arguments::LazyArguments;
use super::failure::{Failure, Result};
use super::output::{print, print_json, warn, width};
use super::program_words::refuse_command;
use super::run::refuse_program_from_input;
use super::views::read;
use trial::{Laziness, Trials};

/// The first version with lazy imports.
const FIRST: (u32, u32) = (3, 15);
/// The most runs of the search for imports that must stay eager.
const MOST_TRIALS: usize = 200;

pub fn lazy(arguments: &LazyArguments) -> Result<u8> {
    refuse_command("lazy", &arguments.arguments)?;
    let read_words = PythonArguments::read(&arguments.arguments);
    refuse_program_from_input(&read_words.program)?;
    if read_words.program == PythonProgram::Nothing {
        return Err(Failure::usage(
            "Python would run no program by these words: name one.",
        ));
    }
    let interpreter = interpreters::choose(arguments.python.as_deref())?;
    refuse_older(&interpreter)?;
    let mut trials = Trials::new(&interpreter, &arguments.arguments).map_err(not_run)?;
    let eager = record(&trials, arguments, "eager", Laziness::AsItIs).inspect_err(|_| {
        // Only where nothing is in it.
        let _ = fs::remove_dir(&arguments.out);
    })?;
    trials.limit_by(&eager);
    let comparison = Comparison {
        trials: &trials,
        arguments,
    };
    let baseline = Baseline::of(&eager).ok_or_else(|| {
        Failure::new("the program does not end alike in each run, so that nothing can be compared.")
    })?;
    let lazy = comparison.record("lazy", Laziness::All)?;
    let deviation = lazy.iter().find_map(|run| baseline.deviation(run));
    let mut kept = match &deviation {
        None => Some(Vec::new()),
        Some(_) if read_words.bypasses_sitecustomize() => None,
        Some(_) => comparison.kept_eager(&baseline)?,
    };
    if let Some(names) = kept.as_ref().filter(|names| !names.is_empty()) {
        let runs = comparison.record("lazy", Laziness::AllBut(names))?;
        if runs.iter().any(|run| baseline.deviation(run).is_some()) {
            kept = None;
        }
    }
    let [eager, lazy] = ["eager", "lazy"].map(|name| read(&arguments.out.join(name)));
    let (eager, lazy) = (eager?, lazy?);
    let [before, after] = [&eager, &lazy].map(|runs| processes_of_runs(runs, BareBodies::Merged));
    let report = LazyReport::new(
        &ModuleSet::of(&before),
        &ModuleSet::of(&after),
        &baseline,
        deviation,
        kept.as_deref(),
    );
    if arguments.json {
        return print_json(&report);
    }
    let directory = &eager[0].document.run.process.directory;
    print(|out| write_lazy(out, &report, directory, width()))
}

/// Records all runs of one kind, and warns of what is amiss in the first of them.
fn record(
    trials: &Trials<'_>,
    arguments: &LazyArguments,
    name: &str,
    laziness: Laziness<'_>,
) -> Result<Vec<Behaviour>> {
    let folder = RunsFolder::prepare(&arguments.out.join(name))?;
    let mut runs = Vec::new();
    for number in 1..=usize::from(arguments.repeat) {
        let trace = folder.of_run(number);
        let run = trials.record(laziness, &trace).map_err(not_run)?;
        if !trace.exists() {
            let printed = run
                .last_line()
                .map(|line| format!(" Python printed: {line}"));
            let said = run
                .warnings
                .first()
                .map_or("it left no trace.", String::as_str);
            return Err(Failure::new(format!(
                "the program was not recorded: {}{}",
                said.trim_start_matches("truename: error: "),
                printed.unwrap_or_default()
            )));
        }
        if number == 1 {
            let warnings = run.warnings.iter();
            warnings.for_each(|line| warn(line.trim_start_matches("truename: warning: ")));
        }
        let goes_on = run.ended_after.is_some();
        runs.push(run);
        if goes_on {
            break;
        }
    }
    Ok(runs)
}

struct Comparison<'a> {
    trials: &'a Trials<'a>,
    arguments: &'a LazyArguments,
}

impl Comparison<'_> {
    fn record(&self, name: &str, laziness: Laziness<'_>) -> Result<Vec<Behaviour>> {
        record(self.trials, self.arguments, name, laziness)
    }

    /// Searches for the imports that must stay eager; `None` where they cannot be found.
    fn kept_eager(&self, baseline: &Baseline) -> Result<Option<Vec<String>>> {
        if io::stderr().is_terminal() {
            eprintln!(
                "truename: looking for the imports that must stay eager, in {MOST_TRIALS} runs at most"
            );
        }
        let behaves = |laziness: Laziness<'_>| -> Result<bool> {
            let run = self.trials.run(laziness).map_err(not_run)?;
            Ok(baseline.deviation(&run).is_none())
        };
        if !behaves(Laziness::AllAsked)? {
            return Ok(None);
        }
        let candidates = self.trials.asked().map_err(not_run)?;
        search::smallest(&candidates, MOST_TRIALS, &mut |kept| {
            behaves(Laziness::AllBut(kept))
        })
    }
}

fn refuse_older(interpreter: &Interpreter) -> Result<()> {
    let (major, minor, _) = interpreter.version;
    if (major, minor) >= FIRST {
        return Ok(());
    }
    let mut usable = interpreters::find_all()
        .into_iter()
        .filter_map(|it| it.verdict.ok());
    let newer = usable.rfind(|it| (it.version.0, it.version.1) >= FIRST);
    let advice = match newer {
        Some(newer) => format!(
            "Name a newer one, such as {}: truename lazy --python {}.{} ...",
            newer.path.display(),
            newer.version.0,
            newer.version.1
        ),
        None => "Install one (`uv python install 3.15` or `pyenv install 3.15`), and name it: truename lazy \
                 --python 3.15 ..."
            .to_owned(),
    };
    Err(Failure::usage(format!(
        "lazy imports begin with CPython 3.15, and {} is CPython {}. {advice}",
        interpreter.path.display(),
        interpreter.shown_version()
    )))
}

fn not_run(error: io::Error) -> Failure {
    Failure::new(format!(
        "the program cannot be run and its output kept: {error}. Set TMPDIR to a folder that can be written."
    ))
}
