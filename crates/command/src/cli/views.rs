//! The commands that show imports.

use std::path::Path;

use serde::Serialize;
use trace::read::{Family, run_folders};
use truename::export::write_export;
use truename::imports::difference::Difference;
use truename::imports::explanation::{explanations, near_names};
use truename::imports::mentions::mentions_of;
use truename::imports::ranking::{RankGroup, Ranked, ranking};
use truename::imports::samples::Range;
use truename::imports::{BareBodies, ModuleSet, import_time, processes_of_runs, typical_run};
use truename::view::why::{Answer, write_why};
use truename::view::{self, TreeOptions, tree};

use super::arguments::{DiffArguments, ExportArguments, TopArguments, TreeArguments, WhyArguments};
use super::commands::refuse_unfinished;
use super::failure::{Failure, Result};
use super::output::{print, print_json, width};

/// Reads the trace in a folder, or those of the runs of one program in it, each with those of its children.
pub fn read(folder: &Path) -> Result<Vec<Family>> {
    let runs = run_folders(folder)?;
    for run in &runs {
        refuse_unfinished(run)?;
    }
    let runs = runs.iter().map(|run| Family::read(run));
    Ok(runs.collect::<std::result::Result<_, _>>()?)
}

pub fn tree(arguments: &TreeArguments) -> Result<u8> {
    let runs = read(&arguments.folder)?;
    let options = TreeOptions {
        all: arguments.all,
        depth: arguments.depth,
        min: arguments.min,
        only: arguments.only.clone(),
        no_stdlib: arguments.no_stdlib,
        width: width(),
    };
    print(|out| {
        if arguments.json {
            view::write_tree_json(out, &arguments.folder, &runs, &options)
        } else {
            tree::write_tree(out, &runs, &options)
        }
    })
}

pub fn top(top: &TopArguments) -> Result<u8> {
    #[derive(Serialize)]
    struct Top<'a> {
        import_ns: u64,
        runs: usize,
        spread: Option<Range>,
        ranking: &'a [Ranked],
    }
    let runs = read(&top.folder)?;
    let processes = processes_of_runs(&runs, BareBodies::Merged);
    let group = top.group.map_or(RankGroup::Module, Into::into);
    let by = top.by.into();
    let ranking = ranking(&processes, by, group);
    if top.json {
        let time = import_time(&processes);
        return print_json(&Top {
            import_ns: time.median,
            runs: time.runs,
            spread: time.spread(),
            ranking: &ranking[..top.count.min(ranking.len())],
        });
    }
    print(|out| view::write_top(out, &processes, &ranking, by, top.count, width()))
}

pub fn why(why: &WhyArguments) -> Result<u8> {
    let runs = read(&why.folder)?;
    let processes = processes_of_runs(&runs, BareBodies::Kept);
    let name = why.subject.trim_start_matches('<').trim_end_matches('>');
    let answer = Answer {
        subject: name.to_owned(),
        loaded_before: ModuleSet::of(&processes).loaded_before.contains_key(name),
        found: explanations(&processes, &why.subject),
        mentions: mentions_of(name, &processes),
        runs: runs.len(),
    };
    if answer.found.is_empty() && !answer.loaded_before {
        return Err(unknown(why, &near_names(&processes, name)));
    }
    if why.json {
        return print_json(&answer);
    }
    let directory = &runs[0].document.run.process.directory;
    print(|out| write_why(out, &answer, directory, width()))
}

fn unknown(why: &WhyArguments, near: &[String]) -> Failure {
    let near = match near {
        [] => "`truename tree --all` shows all that was".to_owned(),
        near => format!("Near names: {}", view::printable(&near.join(", "))),
    };
    Failure::new(format!(
        "nothing named {} was imported in {}, and no code that ran has that file. {near}.",
        why.subject,
        why.folder.display()
    ))
}

pub fn diff(diff: &DiffArguments) -> Result<u8> {
    let (before, after) = (read(&diff.before)?, read(&diff.after)?);
    let [earlier, later] =
        [&before, &after].map(|runs| processes_of_runs(runs, BareBodies::Merged));
    let difference = Difference::between(&ModuleSet::of(&earlier), &ModuleSet::of(&later));
    let directory = &after[0].document.run.process.directory;
    if diff.json {
        print_json(&difference)?;
    } else if diff.markdown {
        print(|out| view::write_diff_markdown(out, &difference, directory))?;
    } else {
        print(|out| view::write_diff(out, &difference, directory, width()))?;
    }
    Ok(u8::from(diff.exit_code && !difference.is_empty()))
}

pub fn export(export: &ExportArguments) -> Result<u8> {
    let runs = read(&export.folder)?;
    print(|out| write_export(out, typical_run(&runs), export.to.into()))
}
