//! The names and paths of a query that selectors are compared with.

use std::borrow::Cow;

use super::query::{FilterContext, Query};
use crate::matching::{CandidateText, Outline};
use crate::rules::SelectorKind;

/// The stand-in for the standard library's folder at the start of a `file` candidate.
const STDLIB: &str = "<stdlib>/";

/// The folders below the standard library's that hold other people's packages.
const NOT_STDLIB: [&str; 2] = ["site-packages", "dist-packages"];

/// The texts of a query that selectors are compared with.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    /// The module's name, and the other one.
    modules: CandidateGroup<'a, 2>,
    /// The object's name in each of them.
    objects: CandidateGroup<'a, 2>,
    /// The file's path from the project's root, absolute, and in the standard library.
    files: CandidateGroup<'a, 3>,
}

/// The texts that one kind of selector is compared with.
#[derive(Debug)]
struct CandidateGroup<'a, const N: usize> {
    each: [Option<CandidateText<'a>>; N],
    outline: Outline,
}

impl<'a, const N: usize> CandidateGroup<'a, N> {
    fn new(each: [Option<CandidateText<'a>>; N]) -> Self {
        let outlines = each.iter().flatten().map(|it| it.outline);
        Self {
            outline: Outline::of_all(outlines),
            each,
        }
    }
}

impl<'a> Candidates<'a> {
    /// Collects all texts of a query.
    pub(super) fn new(query: &Query<'a>, context: &FilterContext) -> Self {
        Self {
            objects: CandidateGroup::new(objects(query)),
            ..Self::of_module_file(query, context)
        }
    }

    /// Collects the texts that do not depend on the object.
    pub(super) fn of_module_file(query: &Query<'a>, context: &FilterContext) -> Self {
        let absolute = tidy(query.file);
        let root = context.project_root.as_deref();
        let relative = root
            .and_then(|root| below(&absolute, root))
            .map(|path| CandidateText::new(path.to_owned()));
        let stdlib = in_stdlib(&absolute, &context.stdlib).map(CandidateText::new);
        Self {
            modules: CandidateGroup::new(
                query.modules().map(|module| module.map(CandidateText::new)),
            ),
            objects: CandidateGroup::new([None, None]),
            files: CandidateGroup::new([relative, Some(CandidateText::new(absolute)), stdlib]),
        }
    }

    /// Iterates over the texts that a kind of selector is compared with.
    pub(crate) fn of(&self, kind: SelectorKind) -> impl Iterator<Item = &CandidateText<'a>> {
        let candidates = match kind {
            SelectorKind::Pkg => &self.modules.each[..],
            SelectorKind::Obj => &self.objects.each,
            SelectorKind::File => &self.files.each,
            SelectorKind::Value(_) => &[],
        };
        candidates.iter().flatten()
    }

    /// Returns the outline of all the texts of a kind.
    pub(super) fn outline(&self, kind: SelectorKind) -> Outline {
        match kind {
            SelectorKind::Pkg => self.modules.outline,
            SelectorKind::Obj => self.objects.outline,
            SelectorKind::File => self.files.outline,
            SelectorKind::Value(_) => Outline::of(&[]),
        }
    }
}

/// Returns the object's name in each of the query's modules.
pub(super) fn objects<'c>(query: &Query<'_>) -> [Option<CandidateText<'c>>; 2] {
    let object = |module| CandidateText::new(object(query, module).concat());
    query.modules().map(|module| module.map(object))
}

/// Returns the outline of [`objects`], without building them.
pub(super) fn outline_of_objects(query: &Query<'_>) -> Outline {
    let modules = query.modules().into_iter().flatten();
    Outline::of_all(modules.map(|module| Outline::of(&object(query, module))))
}

fn object<'c>(query: &Query<'c>, module: &'c str) -> [&'c str; 3] {
    [module, ".", query.qualname]
}

/// Returns the path that a file of the standard library has on every machine:
/// `<stdlib>/json/decoder.py`, `<stdlib>/<frozen zipimport>`.
fn in_stdlib(absolute: &str, folders: &[String]) -> Option<String> {
    if absolute.starts_with("<frozen ") {
        return Some(format!("{STDLIB}{absolute}"));
    }
    let rest = folders
        .iter()
        .filter_map(|folder| below(absolute, folder))
        .min_by_key(|rest| rest.len())?;
    let first = rest.split('/').next().unwrap_or(rest);
    (!NOT_STDLIB.contains(&first)).then(|| format!("{STDLIB}{rest}"))
}

/// Returns the rest of a path below a folder; whole components are compared.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    rest.strip_prefix('/').filter(|rest| !rest.is_empty())
}

/// Removes `.`, `..` and doubled slashes from an absolute path; anything else stays unchanged.
fn tidy(path: &str) -> Cow<'_, str> {
    let untidy = path.starts_with('/')
        && path
            .split('/')
            .skip(1)
            .any(|part| matches!(part, "" | "." | ".."));
    if !untidy {
        return path.into();
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tidied_and_compared_by_component() {
        assert_eq!(tidy("/a/./b//c/../d.py"), "/a/b/d.py");
        assert_eq!(tidy("/.."), "/");
        assert_eq!(tidy("<string>"), "<string>");
        assert_eq!(tidy("../a.py"), "../a.py");
        assert_eq!(below("/opt/lib2/x.py", "/opt/lib"), None);
        assert_eq!(below("/opt/lib/x.py", "/opt/lib/"), Some("x.py"));
        assert_eq!(below("/x.py", "/"), Some("x.py"));
        assert_eq!(below("/opt", "/opt"), None);
    }

    #[test]
    fn the_standard_library_ends_where_site_packages_begins() {
        let folders = ["/py/lib/python3.13", "/py/lib/python313.zip"].map(String::from);
        let name = |path: &str| in_stdlib(path, &folders);
        assert_eq!(
            name("/py/lib/python3.13/json/decoder.py").as_deref(),
            Some("<stdlib>/json/decoder.py")
        );
        assert_eq!(
            name("/py/lib/python313.zip/abc.py").as_deref(),
            Some("<stdlib>/abc.py")
        );
        assert_eq!(
            name("<frozen zipimport>").as_deref(),
            Some("<stdlib>/<frozen zipimport>")
        );
        assert_eq!(name("/py/lib/python3.13/site-packages/json.py"), None);
        assert_eq!(name("/py/lib/python3.13/dist-packages/json.py"), None);
        assert_eq!(name("/py/lib/python3.130/json.py"), None);
        assert_eq!(name("/home/me/json.py"), None);
    }
}
