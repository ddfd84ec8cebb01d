//! The sources of filters, and reading them.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::builtin::Builtin;
use super::document::parse_at;
use super::error::FilterError;
use super::file_pattern::{FilterRoot, PROJECT_FOLDER};
use super::suggestion::one_of;
use crate::rules::{FilterChain, FilterFile};

/// The largest filter file that is read, in bytes.
pub const MAX_FILE_SIZE: u64 = 1 << 20;

/// The separator between the parts of a chain.
const SEPARATOR: &[u8] = b"::";

/// The source of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterSource {
    /// A filter that is part of the program.
    Builtin(Builtin),
    /// A file.
    File(PathBuf),
}

impl FilterSource {
    /// Reads `a.toml::builtin:pytest::b.toml`.
    ///
    /// # Errors
    ///
    /// An empty part, or a name that no built-in filter has.
    pub fn parse_chain(chain: &OsStr) -> Result<Vec<Self>, FilterError> {
        let mut rest = chain.as_bytes();
        let mut sources = Vec::new();
        loop {
            let at = rest.windows(SEPARATOR.len()).position(|it| it == SEPARATOR);
            let part = &rest[..at.unwrap_or(rest.len())];
            if part.is_empty() {
                let text = chain.to_string_lossy();
                let offset = chain.len() - rest.len();
                let end = offset + at.map_or(0, |_| SEPARATOR.len());
                let message = "there is an empty name in the chain of filters";
                let remedy = "A chain is one or more files, such as `a.toml::b.toml`.";
                return Err(FilterError::new("filter", message, remedy).at(&text, offset..end));
            }
            sources.push(Self::parse(OsStr::from_bytes(part))?);
            match at {
                Some(at) => rest = &rest[at + SEPARATOR.len()..],
                None => return Ok(sources),
            }
        }
    }

    fn parse(text: &OsStr) -> Result<Self, FilterError> {
        let Some(name) = text.as_bytes().strip_prefix(b"builtin:") else {
            return Ok(Self::File(text.into()));
        };
        let found = Builtin::ALL
            .into_iter()
            .find(|builtin| builtin.name().as_bytes() == name);
        found.map(Self::Builtin).ok_or_else(|| {
            let name = String::from_utf8_lossy(name);
            let names = Builtin::ALL.map(Builtin::name);
            let message = format!("there is no built-in filter `{name}`");
            let remedy = one_of("Its name", &names, &name);
            FilterError::new(text.to_string_lossy(), message, remedy)
        })
    }
}

impl fmt::Display for FilterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(builtin) => write!(f, "builtin:{}", builtin.name()),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Reads filters, in order, into a chain.
///
/// # Errors
///
/// The first file that cannot be read or is not valid. The first file of a chain may not inherit.
pub fn load(sources: &[FilterSource]) -> Result<FilterChain, FilterError> {
    load_after(FilterChain::default(), sources)
}

/// Reads filters, in order, and appends them to a chain.
///
/// # Errors
///
/// The same as those of [`load`].
pub fn load_after(
    mut chain: FilterChain,
    sources: &[FilterSource],
) -> Result<FilterChain, FilterError> {
    for source in sources {
        chain.files.push(match source {
            FilterSource::Builtin(builtin) => builtin.load()?,
            FilterSource::File(path) => read(path, chain.files.is_empty())?,
        });
    }
    Ok(chain)
}

fn read(path: &Path, is_first: bool) -> Result<FilterFile, FilterError> {
    let name = path.to_string_lossy();
    let bytes =
        bytes(path).map_err(|(message, remedy)| FilterError::new(&*name, message, remedy))?;
    match String::from_utf8(bytes) {
        Ok(text) => parse_at(&name, &text, root(path), is_first),
        Err(error) => {
            // The text before the fault is valid, and the fault is shown as one character.
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            let message = "the file is not UTF-8";
            let error = FilterError::new(&*name, message, "TOML is always UTF-8: save it as such.");
            Err(error.at(&text, valid..valid + '\u{fffd}'.len_utf8()))
        }
    }
}

/// Returns the root of a filter. A pipe is in no folder that its writer knows.
fn root(path: &Path) -> FilterRoot {
    let is_device = path.starts_with("/dev") || path.starts_with("/proc");
    match env::current_dir() {
        Ok(here) if is_device => FilterRoot::at(&here),
        _ => FilterRoot::of(path),
    }
}

type Refusal = (String, String);

fn bytes(path: &Path) -> Result<Vec<u8>, Refusal> {
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            "A filter is a path or one of the built-in ones, such as `builtin:no-stdlib`."
                .to_owned(),
        ),
        _ => (format!("the file cannot be read: {error}"), String::new()),
    };
    let kind = path.metadata().map_err(refused)?.file_type();
    if kind.is_dir() {
        let message = "this is a folder, not a filter file";
        return Err((message.to_owned(), "Name a file in it.".to_owned()));
    }
    // A shell's `<(…)` is a pipe, too, but it has no name, and a process writes to it.
    let is_nameless_pipe = kind.is_fifo() && path.canonicalize().is_err();
    if !kind.is_file() && !is_nameless_pipe {
        let message = "this is a pipe or a device, not a filter file";
        return Err((message.to_owned(), "Name a file.".to_owned()));
    }
    let mut bytes = Vec::new();
    let limited = File::open(path).map_err(refused)?.take(MAX_FILE_SIZE + 1);
    { limited }.read_to_end(&mut bytes).map_err(refused)?;
    if bytes.len() as u64 > MAX_FILE_SIZE {
        let message = "the file is larger than 1 MiB, and no filter is";
        return Err((message.to_owned(), "Is it the right file?".to_owned()));
    }
    Ok(bytes)
}

const PROJECT_FILE: &str = "trace-filter.toml";

/// Finds the nearest `.codetracer/trace-filter.toml` in `folder` and the folders above it. Returns it
/// with the folder that it was found in, which is the project's root. `folder` should be absolute.
pub fn project_filter(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    folder.ancestors().find_map(|root| {
        let file = root.join(PROJECT_FOLDER).join(PROJECT_FILE);
        // Anything that stands there counts: reading it reports what is wrong.
        let is_there = file.symlink_metadata().is_ok();
        is_there.then(|| (file, root.to_owned()))
    })
}
