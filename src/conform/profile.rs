//! Profiles: descriptions of recorders in TOML.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::ConformError;
use super::feature::Feature;
use super::policy::{ModuleOption, Policy};
use crate::fixture::{PythonRange, requirements};

/// A recorder: how it is run, how its output is read, and what it claims. `docs/conform.md` explains
/// each key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// The recorder's name.
    pub name: String,
    /// One sentence about it.
    #[serde(default)]
    pub about: String,
    /// The Pythons that it supports; all when `None`.
    pub python: Option<PythonRange>,
    /// Packages from PyPI that it consists of, pinned.
    #[serde(default, deserialize_with = "requirements")]
    pub requires: Vec<String>,
    /// The command that records a program.
    pub command: Vec<String>,
    /// The program's part of the command, where it is not Python's own.
    #[serde(default)]
    pub program: ProgramForms,
    /// Variables of the command, beside those of the scenario.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The way its output is read.
    pub reader: Reader,
    /// The streams that it leaves to the program.
    #[serde(default = "only_stdout")]
    pub output: BTreeSet<Stream>,
    /// The features that it does not claim to have.
    #[serde(default)]
    pub lacks: BTreeSet<Feature>,
    /// Its answers where more than one is legitimate.
    #[serde(default)]
    pub policies: Policies,
    /// The file that it was read from.
    #[serde(skip)]
    pub file: PathBuf,
    /// The text of that file.
    #[serde(skip)]
    pub text: String,
}

/// Forms of a program on a command line. `{script}`, `{module}`, `{code}` stand for it, `{arguments}` for the
/// words behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramForms {
    /// Of a file; `{script} {arguments}` when `None`.
    pub script: Option<Vec<String>>,
    /// Of a module; `-m {module} {arguments}` when `None`.
    pub module: Option<Vec<String>>,
    /// Of a text; `-c {code} {arguments}` when `None`.
    pub command: Option<Vec<String>>,
    /// Of standard input; the words as they are when `None`.
    pub stdin: Option<Vec<String>>,
}

/// A way to read the output of a recorder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum Reader {
    /// A folder as `runtime_tracing` writes it, as JSON or binary.
    RuntimeTracing,
    /// Lines, each one [`Observed`](super::Observed) as JSON.
    Lines {
        /// The file that holds them, in the folder of the output.
        file: Option<String>,
        /// The command that prints them.
        adapter: Option<Vec<String>>,
    },
}

/// A stream that a program writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Answers where more than one is legitimate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policies {
    /// The label of the module that `-m` runs.
    #[serde(default)]
    pub module_option: ModuleOption,
}

fn only_stdout() -> BTreeSet<Stream> {
    [Stream::Stdout].into()
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and when something in it is wrong: where, what, and what was expected.
    pub fn read(file: &Path) -> Result<Self, ConformError> {
        let text = fs::read_to_string(file).map_err(|source| ConformError::Unreadable {
            path: file.to_owned(),
            source,
        })?;
        let wrong = |line, text: String| ConformError::Profile {
            path: file.to_owned(),
            line,
            text,
        };
        let line_of = |at: usize| {
            1 + text.as_bytes()[..at]
                .iter()
                .filter(|it| **it == b'\n')
                .count()
        };
        let profile: Self = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let message = error.message().trim_end_matches('.').replace('\n', ": ");
            wrong(line_of(at), message)
        })?;
        let at_key = |key: &str| text.find(key).map_or(1, line_of);
        if !profile
            .command
            .iter()
            .any(|it| ["{args}", "{program}"].contains(&it.as_str()))
        {
            let text = "`command` runs no program. Put the word \"{args}\" where the words behind `python` \
                        go, or \"{options}\" and \"{program}\" where its options and its program do";
            return Err(wrong(at_key("command"), text.to_owned()));
        }
        if let Reader::Lines { file, adapter } = &profile.reader
            && file.is_some() == adapter.is_some()
        {
            let text = "the reader of `lines` has one of `file`, which holds them, and `adapter`, the command \
                        that prints them";
            return Err(wrong(at_key("reader"), text.to_owned()));
        }
        Ok(Self {
            // Its folder is spoken of from elsewhere.
            file: std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
            text,
            ..profile
        })
    }

    /// Returns the terms on which it is judged.
    pub fn policy(&self) -> Policy {
        Policy {
            lacks: self.lacks.clone(),
            module_option: self.policies.module_option,
        }
    }

    /// Returns the folder that it is in.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    /// Returns the words of its commands.
    pub(super) fn words(&self) -> impl Iterator<Item = &String> {
        let adapter = match &self.reader {
            Reader::Lines { adapter, .. } => adapter.as_deref(),
            Reader::RuntimeTracing => None,
        };
        self.command.iter().chain(adapter.unwrap_or_default())
    }

    /// Returns its name with its version, if that is pinned.
    pub fn title(&self) -> String {
        let version = self.requires.first().and_then(|it| it.split_once("=="));
        match version {
            Some((_, version)) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}
