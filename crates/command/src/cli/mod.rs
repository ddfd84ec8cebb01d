//! The command line: the only place that knows options, and what to advise a person.

mod advice;
mod arguments;
mod attach;
mod budget;
mod commands;
mod completions;
mod conform;
mod failure;
mod filter;
mod fixture;
mod lazy;
mod logger;
mod man;
mod output;
mod program_words;
mod progress;
mod relabel;
mod run;
mod views;
mod words;

use std::env;

use clap::Parser;
use clap::error::ErrorKind;

use arguments::{Command, CommandLine};
use failure::Result;

pub use failure::Failure;
pub use output::report;

/// Carries out the command line of this process, and gives its exit status.
pub fn run() -> Result<u8> {
    logger::enable();
    let words = words::separated(env::args_os().collect())?;
    let command_line = match CommandLine::try_parse_from(words) {
        Ok(command_line) => command_line,
        Err(error) => return not_a_command(&error),
    };
    match command_line.command {
        Command::Run(run) => run::run(run),
        Command::Lazy(lazy) => lazy::lazy(&lazy),
        Command::Tree(tree) => views::tree(&tree),
        Command::Top(top) => views::top(&top),
        Command::Why(why) => views::why(&why),
        Command::Diff(diff) => views::diff(&diff),
        Command::Budget(budget) => budget::budget(budget),
        Command::Export(export) => views::export(&export),
        Command::Relabel(relabel) => relabel::relabel(&relabel),
        Command::Conform(conform) => conform::conform(&conform),
        Command::Check(check) => commands::check(&check),
        Command::Pythons(pythons) => commands::pythons(&pythons),
        Command::Finish(finish) => commands::finish(&finish),
        Command::Convert(convert) => commands::convert(&convert),
        Command::Fixture(fixture) => fixture::run(&fixture),
        Command::Filter(filter) => filter::run(&filter),
        Command::Attach(attach) => attach::attach(attach),
        Command::Calls(calls) => commands::calls(&calls),
        Command::Recorder(recorder) => commands::recorder(&recorder),
        Command::Completions(completions) => completions::print_script(completions.shell),
        Command::Man(man) => man::write_pages(man.folder),
    }
}

/// Prints help and version, which are asked for; anything else is a mistake.
fn not_a_command(error: &clap::Error) -> Result<u8> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that has seen enough is no error.
            let _ = error.print();
            Ok(0)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(Failure::usage(
            "no command is given. `truename run script.py` records a program, `truename tree` \
             shows what was recorded, and `truename --help` lists the rest.",
        )),
        _ => Err(Failure::usage(in_one_paragraph(&error.to_string()))),
    }
}

/// Returns what clap says in one paragraph: the mistake, what may have been meant, and where the rest is said.
fn in_one_paragraph(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let mut paragraphs = message.split("\n\n");
    let mistake = paragraphs.next().unwrap_or(message);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut sentences = words(mistake) + ".";
    let mut command = "truename".to_owned();
    for paragraph in paragraphs {
        if let Some(tip) = paragraph.trim_start().strip_prefix("tip: ") {
            sentences += &format!(" {}.", first_upper(&words(tip)));
        }
        // `Usage: truename tree [OPTIONS] [DIR]` names the command that was understood.
        if let Some(usage) = paragraph.strip_prefix("Usage: truename ") {
            let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
            for word in usage.split_whitespace().take_while(is_name) {
                command += &format!(" {word}");
            }
        }
    }
    format!("{sentences} `{command} --help` lists what there is.")
}

fn first_upper(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + rest.as_str()
}
