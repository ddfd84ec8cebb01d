//! The filters, and what they say of code that starts.

use std::cell::RefCell;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use foldhash::HashMap;
use module_identity::{BARE_LABEL, Identity, ModuleName, NameSource, NamespaceOwner};
use pyo3::prelude::*;
use spool::{FilterNote, ValueDetail};
use trace_filter::{
    Exec, Filter, FilterConfig, FilterContext, FilterFile, ModuleFileDecision, Query, ValuePolicy,
};

use crate::cpython::code::CodeRef;
use crate::cpython::sys;

/// The other name of the module that `python -m` runs.
const MAIN: &str = "__main__";

/// The number of decisions that are remembered. Few programs have as many; one that makes up file names has any
/// number.
const MAX_DECISIONS: usize = 4_096;

/// The filters of this recording.
pub struct Scopes {
    filter: Filter,
    /// Set where any code could be kept out: none has to be asked about otherwise.
    skips: bool,
    values: ValueDetail,
    /// The folder in which the recording began: relative file names are relative to it, wherever the program goes.
    directory: Option<PathBuf>,
    decisions: RefCell<FileDecisions>,
}

/// The decision of filters about a function's code in a namespace.
#[derive(Clone, PartialEq)]
pub struct Decision {
    pub is_recorded: bool,
    /// `None` where values are not asked for.
    values: Option<ValuePolicy>,
}

/// Decisions about modules and files.
#[derive(Default)]
struct FileDecisions {
    known: HashMap<String, ModuleFileDecision>,
    /// The key that is looked for, kept for its room.
    key: String,
}

impl Scopes {
    /// Prepares the filters of a recording of these values.
    pub fn new(py: Python<'_>, config: FilterConfig, values: ValueDetail) -> Self {
        let skips = config.chain.skips();
        let is_asked = skips || values != ValueDetail::None;
        let context = FilterContext {
            project_root: config.project_root,
            stdlib: if is_asked { stdlib(py) } else { Vec::new() },
        };
        Self {
            filter: Filter::new(config.chain, context),
            skips,
            values,
            directory: env::current_dir().ok(),
            decisions: RefCell::default(),
        }
    }

    /// Returns the filters, as others can find them again.
    pub fn summary(&self) -> Vec<FilterNote> {
        let files = self.filter.chain().files.iter();
        let note = |file: &FilterFile| FilterNote {
            path: file.path.clone(),
            name: file.name.clone(),
            version: file.version,
            sha256: file.sha256.clone(),
        };
        files.map(note).collect()
    }

    /// Decides whether the code that starts is recorded, where it is code named `<module>`.
    pub fn records_body(&self, code: CodeRef<'_>, identity: &Identity) -> bool {
        // Under `-m` the name that the spec has counts, and `__main__` loses.
        let is_main = identity
            .rivals
            .iter()
            .any(|rival| rival.source == NameSource::Name && rival.name.as_str() == MAIN);
        self.records_code(code, identity.name.as_ref(), is_main)
    }

    /// Decides whether an import is recorded: as the body of that module in that file would be.
    pub fn records_import(&self, name: &str, file: Option<&str>) -> bool {
        if !self.skips {
            return true;
        }
        let module = ModuleName::new(name).ok();
        let file = file.unwrap_or_default().to_owned();
        self.records(file, || BARE_LABEL.to_owned(), module.as_ref(), false)
    }

    /// Decides whether a function's code is recorded. `owner` is the module that its namespace says it is.
    pub fn records_function(
        &self,
        code: CodeRef<'_>,
        owner: impl FnOnce() -> Option<NamespaceOwner>,
    ) -> bool {
        if !self.skips {
            return true;
        }
        let owner = owner();
        let is_main = owner.as_ref().is_some_and(|owner| owner.is_main);
        self.records_code(code, owner.as_ref().map(|it| &it.name), is_main)
    }

    /// Returns whether code could be kept out.
    pub fn skips(&self) -> bool {
        self.skips
    }

    /// Returns whether something else could be said of code in another namespace.
    pub fn depend_on_namespaces(&self) -> bool {
        self.skips || self.values != ValueDetail::None
    }

    /// Decides all that filters say of code in a namespace. Whether a module's code is recorded is decided by
    /// [`records_body`](Self::records_body), each time that it starts.
    pub fn decide(&self, code: CodeRef<'_>, owner: Option<&NamespaceOwner>) -> Decision {
        Decision {
            is_recorded: code.is_of_a_module() || self.records_function(code, || owner.cloned()),
            values: (self.values != ValueDetail::None).then(|| self.values(code, owner)),
        }
    }

    /// Returns a relative path as it was when the recording began; what is no path stays.
    fn absolute(&self, file: String) -> String {
        match &self.directory {
            Some(folder) if !file.starts_with(['/', '<']) && !file.is_empty() => {
                folder.join(file).to_string_lossy().into_owned()
            }
            _ => file,
        }
    }

    fn records_code(&self, code: CodeRef<'_>, module: Option<&ModuleName>, is_main: bool) -> bool {
        !self.skips || self.records(code.filename(), || code.qualname(), module, is_main)
    }

    fn records(
        &self,
        file: String,
        qualname: impl Fn() -> String,
        module: Option<&ModuleName>,
        is_main: bool,
    ) -> bool {
        let mut decisions = self.decisions.borrow_mut();
        let FileDecisions { known, key } = &mut *decisions;
        // No name has a control character in it.
        key.clear();
        key.push_str(module.map_or("", ModuleName::as_str));
        key.push(if is_main { '\x01' } else { '\0' });
        key.push_str(&file);
        let records = |decision: &ModuleFileDecision| {
            let exec = decision.exec().unwrap_or_else(|| {
                let qualname = qualname();
                let query = query("", &qualname, module, is_main);
                self.filter.exec(decision, &query)
            });
            exec == Exec::Trace
        };
        if let Some(decision) = known.get(key) {
            return records(decision);
        }
        let file = self.absolute(file);
        let decision = self.filter.module_file(&query(&file, "", module, is_main));
        let is_recorded = records(&decision);
        if known.len() == MAX_DECISIONS {
            known.clear();
        }
        known.insert(key.clone(), decision);
        is_recorded
    }

    /// Decides what becomes of the values in code. `owner` is the module that its namespace says it is.
    pub fn values(&self, code: CodeRef<'_>, owner: Option<&NamespaceOwner>) -> ValuePolicy {
        let is_main = owner.is_some_and(|owner| owner.is_main);
        let module = owner.map(|owner| &owner.name);
        let (file, qualname) = (self.absolute(code.filename()), code.qualname());
        let resolution = self
            .filter
            .resolve(&query(&file, &qualname, module, is_main));
        resolution.values
    }
}

fn query<'a>(
    file: &'a str,
    qualname: &'a str,
    module: Option<&'a ModuleName>,
    is_main: bool,
) -> Query<'a> {
    Query {
        module: module.map(ModuleName::as_str),
        alias: module.filter(|_| is_main).map(|_| MAIN),
        file,
        qualname,
    }
}

/// Returns where the standard library is: a folder, and for some builds a zip file beside it.
fn stdlib(py: Python<'_>) -> Vec<String> {
    static FOLDERS: OnceLock<Vec<String>> = OnceLock::new();
    let find = || {
        let folder = sys::attribute(py, c"_stdlib_dir").map(|folder| sys::owned_text(&folder));
        let folder = folder.filter(|folder| folder.starts_with('/'))?;
        let version = py.version_info();
        let zip = format!("python{}{}.zip", version.major, version.minor);
        let zip = Path::new(&folder).parent()?.join(zip);
        Some(vec![folder, zip.to_string_lossy().into_owned()])
    };
    FOLDERS.get_or_init(|| find().unwrap_or_default()).clone()
}
