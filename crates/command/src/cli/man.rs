//! Man pages, made from the same text as `--help`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};

use super::arguments::CommandLine;
use super::failure::{Failure, Result};
use super::output::print;

/// Writes a page for truename and one for each command into a folder, and prints their paths.
pub fn write_pages(folder: Option<PathBuf>) -> Result<u8> {
    let folder = match folder {
        Some(folder) => folder,
        None => users_folder()?,
    };
    let unwritable = |path: &Path, error| {
        Failure::new(format!(
            "cannot write {}: {error}. Name a folder that can be written: truename man DIR",
            path.display()
        ))
    };
    fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, error))?;
    let mut files = Vec::new();
    for (name, page) in pages() {
        let file = folder.join(name);
        fs::write(&file, page).map_err(|error| unwritable(&file, error))?;
        files.push(file);
    }
    print(|out| {
        files
            .iter()
            .try_for_each(|file| writeln!(out, "{}", file.display()))
    })
}

/// Returns the folder in which `man` looks for the pages of this user.
fn users_folder() -> Result<PathBuf> {
    let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.filter(|it| it.is_absolute()).or_else(|| {
        let home = env::var_os("HOME").filter(|it| !it.is_empty())?;
        Some(Path::new(&home).join(".local/share"))
    });
    let none =
        || Failure::usage("there is no home folder for man pages. Name one: truename man DIR");
    Ok(data.ok_or_else(none)?.join("man/man1"))
}

/// Returns the pages by the names of their files, `truename-filter-check.1`.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut pages = Vec::new();
    // Builds the full names of subcommands, and the help of each.
    let mut root = CommandLine::command().disable_help_subcommand(true);
    root.build();
    let mut waiting = vec![root];
    while let Some(command) = waiting.pop() {
        let commands = command.get_subcommands().filter(|it| !it.is_hide_set());
        waiting.extend(commands.cloned());
        pages.push(page(command));
    }
    pages.sort();
    pages
}

fn page(command: Command) -> (String, Vec<u8>) {
    let man = clap_mangen::Man::new(command);
    let mut page = Vec::new();
    // A vector takes all that is written to it.
    let _ = man.render(&mut page);
    (man.get_filename(), page)
}
