//! Guessing a module's name from its file and the roots on `sys.path`.

use std::path::{Component, Path, PathBuf};

use crate::ModuleName;

/// Returns the name that `file` would have if it were imported from the longest of `roots` that holds it.
///
/// Whole path components are compared, so `/opt/lib` does not hold `/opt/lib2/x.py`. `.py`,
/// `.pyc` and `__pycache__/x.cpython-312.pyc` all name `x`; `__init__` names its package. `None`
/// for anything else, and for a file whose path is no importable name (a dot in a folder's name).
pub fn module_name_from_roots(file: &Path, roots: &[PathBuf]) -> Option<ModuleName> {
    let source = source_path(file)?;
    let root = roots
        .iter()
        .filter(|root| source.starts_with(root))
        .max_by_key(|root| root.components().count())?;
    let relative = source.strip_prefix(root).ok()?.with_extension("");
    let mut parts = Vec::new();
    for component in relative.components() {
        let Component::Normal(part) = component else {
            return None;
        };
        let part = part.to_str()?;
        if part.contains('.') {
            return None;
        }
        parts.push(part);
    }
    if parts.len() > 1 && parts.last() == Some(&"__init__") {
        parts.pop();
    }
    ModuleName::new(parts.join(".")).ok()
}

/// Returns the source file that a module's file stands for: itself for `x.py`, `x.py` for `x.pyc` and for
/// `__pycache__/x.cpython-312.pyc`. `None` for a file that is neither source nor bytecode.
pub(crate) fn source_path(file: &Path) -> Option<PathBuf> {
    match file.extension()?.to_str()? {
        "py" => Some(file.to_owned()),
        "pyc" => {
            let folder = file.parent()?;
            if folder.file_name().is_some_and(|name| name == "__pycache__") {
                let stem = file.file_name()?.to_str()?.split('.').next()?;
                Some(folder.parent()?.join(stem).with_extension("py"))
            } else {
                Some(file.with_extension("py"))
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(file: &str, roots: &[&str]) -> Option<String> {
        let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
        module_name_from_roots(Path::new(file), &roots).map(String::from)
    }

    #[test]
    fn the_longest_root_wins_in_either_order() {
        let nested = ["/lib", "/lib/site-packages"];
        let reversed = ["/lib/site-packages", "/lib"];
        for roots in [nested, reversed] {
            assert_eq!(
                name("/lib/site-packages/a/b.py", &roots).as_deref(),
                Some("a.b")
            );
        }
    }

    #[test]
    fn roots_match_whole_components() {
        assert_eq!(name("/opt/lib2/x.py", &["/opt/lib"]), None);
        assert_eq!(name("/opt/lib/x.py", &["/opt/lib/"]).as_deref(), Some("x"));
        assert_eq!(name("/x.py", &["/"]).as_deref(), Some("x"));
    }

    #[test]
    fn source_and_bytecode_have_one_name() {
        for file in [
            "/r/p/m.py",
            "/r/p/m.pyc",
            "/r/p/__pycache__/m.cpython-312.pyc",
        ] {
            assert_eq!(name(file, &["/r"]).as_deref(), Some("p.m"), "{file}");
        }
    }

    #[test]
    fn a_package_is_named_by_its_folder() {
        assert_eq!(name("/r/p/q/__init__.py", &["/r"]).as_deref(), Some("p.q"));
        assert_eq!(name("/r/__init__.py", &["/r"]).as_deref(), Some("__init__"));
    }

    #[test]
    fn what_cannot_be_imported_has_no_name() {
        assert_eq!(name("/r/p/m.so", &["/r"]), None);
        assert_eq!(name("/r/p.d/m.py", &["/r"]), None);
        assert_eq!(name("<string>", &["/r"]), None);
        assert_eq!(name("/r/m.py", &[]), None);
    }
}
