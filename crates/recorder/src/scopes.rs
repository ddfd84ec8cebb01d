//! What filters say of code that starts.

use std::env;
use std::path::Path;
use std::sync::OnceLock;

use module_identity::{Identity, ModuleName, NameSource, Rule};
use pyo3::prelude::*;
use trace_filter::{Brief, Exec, Filter, FilterFile, Query, Surroundings};

use crate::code::Code;
use crate::process::{owned, sys};

/// The filters of this recording.
pub struct Scopes {
    filter: Filter,
    /// Whether any code could be kept out: none has to be asked about otherwise.
    skips: bool,
}

impl Scopes {
    /// Reads what was left for this process in `folder`.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read: to record what somebody wants kept out would be wrong.
    pub fn wanted(py: Python<'_>, folder: &Path) -> PyResult<Self> {
        let brief = Brief::wanted(folder)?;
        let skips = brief.chain.skips();
        let surroundings = Surroundings {
            project_root: brief.project_root,
            stdlib: if skips { stdlib(py) } else { Vec::new() },
        };
        Ok(Self {
            filter: Filter::new(brief.chain, surroundings),
            skips,
        })
    }

    /// The filters, as others can find them again.
    pub fn summary(&self) -> Vec<spool::Filter<'static>> {
        let files = self.filter.chain().files.iter();
        let note = |file: &FilterFile| spool::Filter {
            path: file.path.clone().into(),
            name: file.name.clone().into(),
            version: file.version,
            sha256: file.sha256.clone().into(),
        };
        files.map(note).collect()
    }

    /// Whether the code that starts is recorded, where it is code named `<module>`.
    pub fn records_body(&self, code: Code<'_>, identity: &Identity) -> bool {
        let alias = identity
            .rivals
            .iter()
            .find(|rival| rival.source == NameSource::Name);
        let module = identity.name.as_ref();
        self.records(code, module, alias.map(|it| &it.name), Some(identity.rule))
    }

    /// Whether a function's code is recorded. `owner` is the module that its namespace says it is.
    pub fn records_function(
        &self,
        code: Code<'_>,
        owner: impl FnOnce() -> Option<(ModuleName, Option<ModuleName>)>,
    ) -> bool {
        if !self.skips {
            return true;
        }
        let (module, alias) = owner().map_or((None, None), |(module, alias)| (Some(module), alias));
        self.records(code, module.as_ref(), alias.as_ref(), None)
    }

    fn records(
        &self,
        code: Code<'_>,
        module: Option<&ModuleName>,
        alias: Option<&ModuleName>,
        known_by: Option<Rule>,
    ) -> bool {
        if !self.skips {
            return true;
        }
        let (file, qualname) = (absolute(code.filename()), code.qualname());
        let query = Query {
            module: module.map(ModuleName::as_str),
            known_by,
            // (a name that lost says nothing of code that belongs to no module)
            alias: module.and(alias).map(ModuleName::as_str),
            file: &file,
            qualname: &qualname,
        };
        self.filter.resolve(&query).exec == Exec::Trace
    }
}

/// A relative path as it is now; what is no path stays.
fn absolute(file: String) -> String {
    if file.starts_with(['/', '<']) || file.is_empty() {
        return file;
    }
    match env::current_dir() {
        Ok(folder) => folder.join(file).to_string_lossy().into_owned(),
        Err(_) => file,
    }
}

/// Where the standard library is: a folder, and for some builds a zip file beside it.
fn stdlib(py: Python<'_>) -> Vec<String> {
    static FOLDERS: OnceLock<Vec<String>> = OnceLock::new();
    let find = || {
        let folder = sys(py, c"_stdlib_dir").map(|folder| owned(&folder).into_owned());
        let folder = folder.filter(|folder| folder.starts_with('/'))?;
        let version = py.version_info();
        let zip = format!("python{}{}.zip", version.major, version.minor);
        let zip = Path::new(&folder).parent()?.join(zip);
        Some(vec![folder, zip.to_string_lossy().into_owned()])
    };
    FOLDERS.get_or_init(|| find().unwrap_or_default()).clone()
}
