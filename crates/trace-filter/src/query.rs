//! What a filter is asked about.

use std::borrow::Cow;

use crate::SelectorKind;
use crate::pattern::{Candidate, Outline};

/// What is the same for all code of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterContext {
    /// The folder that relative `file` patterns start from; absolute.
    pub project_root: Option<String>,
    /// The folders, or zip files, of the interpreter's standard library; absolute.
    pub stdlib: Vec<String>,
}

/// A piece of code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// The name of the module that the code belongs to; `None` for code without one, whose label is
    /// `<module>`.
    pub module: Option<&'a str>,
    /// The other name of the same module: `__main__` for the one that `python -m` runs.
    pub alias: Option<&'a str>,
    /// `co_filename`, made absolute if it is a path.
    pub file: &'a str,
    /// `co_qualname`.
    pub qualname: &'a str,
}

impl<'a> Query<'a> {
    /// The module's names.
    pub(crate) fn modules(&self) -> [Option<&'a str>; 2] {
        [self.module, self.alias]
    }

    /// The object's name in each of the modules.
    pub(crate) fn objects<'c>(&self) -> [Option<Candidate<'c>>; 2] {
        let object = |module| Candidate::new(self.object(module).concat());
        self.modules().map(|module| module.map(object))
    }

    /// What shows of [`objects`](Self::objects).
    pub(crate) fn outline_of_objects(&self) -> Outline {
        let modules = self.modules().into_iter().flatten();
        Outline::of_all(modules.map(|module| Outline::of(&self.object(module))))
    }

    fn object<'c>(&'c self, module: &'c str) -> [&'c str; 3] {
        [module, ".", self.qualname]
    }
}

/// What stands for the standard library's folder at the start of a `file` candidate.
const STDLIB: &str = "<stdlib>/";

/// The folders in the standard library's that hold other people's packages.
const NOT_STDLIB: [&str; 2] = ["site-packages", "dist-packages"];

/// The texts of a query that selectors are compared with.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    /// The module's name, and the other one.
    pub(crate) modules: Texts<'a, 2>,
    /// The object's name in each of them.
    pub(crate) objects: Texts<'a, 2>,
    /// The file's path from the project's root, absolute, and in the standard library.
    pub(crate) files: Texts<'a, 3>,
}

/// Those that one kind of selector looks at.
#[derive(Debug)]
pub(crate) struct Texts<'a, const N: usize> {
    pub(crate) each: [Option<Candidate<'a>>; N],
    outline: Outline,
}

impl<'a, const N: usize> Texts<'a, N> {
    fn new(each: [Option<Candidate<'a>>; N]) -> Self {
        let outlines = each.iter().flatten().map(|it| it.outline);
        Self {
            outline: Outline::of_all(outlines),
            each,
        }
    }
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(query: &Query<'a>, context: &FilterContext) -> Self {
        Self {
            objects: Texts::new(query.objects()),
            ..Self::of_module_file(query, context)
        }
    }

    /// Those that do not depend on the object.
    pub(crate) fn of_module_file(query: &Query<'a>, context: &FilterContext) -> Self {
        let absolute = tidy(query.file);
        let root = context.project_root.as_deref();
        let relative = root
            .and_then(|root| below(&absolute, root))
            .map(|path| Candidate::new(path.to_owned()));
        let stdlib = in_stdlib(&absolute, &context.stdlib).map(Candidate::new);
        Self {
            modules: Texts::new(query.modules().map(|module| module.map(Candidate::new))),
            objects: Texts::new([None, None]),
            files: Texts::new([relative, Some(Candidate::new(absolute)), stdlib]),
        }
    }

    /// Those that a kind of selector looks at.
    pub(crate) fn of(&self, kind: SelectorKind) -> impl Iterator<Item = &Candidate<'a>> {
        let candidates = match kind {
            SelectorKind::Pkg => &self.modules.each[..],
            SelectorKind::Obj => &self.objects.each,
            SelectorKind::File => &self.files.each,
            SelectorKind::Value(_) => &[],
        };
        candidates.iter().flatten()
    }

    /// What shows of all these.
    pub(crate) fn outline(&self, kind: SelectorKind) -> Outline {
        match kind {
            SelectorKind::Pkg => self.modules.outline,
            SelectorKind::Obj => self.objects.outline,
            SelectorKind::File => self.files.outline,
            SelectorKind::Value(_) => Outline::of(&[]),
        }
    }
}

/// The path under which a file of the standard library is known on every machine:
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

/// What follows a folder in a path, whole components compared.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    rest.strip_prefix('/').filter(|rest| !rest.is_empty())
}

/// An absolute path without `.`, `..` and doubled slashes; anything else unchanged.
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
