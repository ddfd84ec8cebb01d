//! Imports as they happen: who asked, what came of it, and where the time went.

use std::fmt::Write as _;

use interpreters::Interpreter;
use rstest::rstest;
use trace::document::{Cause, Document, Import, ImportOutcome};

use crate::context::{Context, pythons};

const FILES: &[(&str, &str)] = &[
    (
        "main.py",
        "import pkg.plain
from pkg import sub
import importlib
importlib.import_module('pkg.dynamic')
__import__('pkg.direct')
try:
    import missing_at_all
except ImportError:
    pass
try:
    import pkg.broken
except ZeroDivisionError:
    pass
import spaces.inner
import _json_like
import pkg.plain
def late():
    import pkg.late
late()
",
    ),
    ("pkg/__init__.py", ""),
    ("pkg/plain.py", "from . import sibling\n"),
    ("pkg/sibling.py", ""),
    ("pkg/sub.py", ""),
    ("pkg/dynamic.py", ""),
    ("pkg/direct.py", ""),
    ("pkg/broken.py", "import pkg.before\n1 / 0\n"),
    ("pkg/before.py", ""),
    ("pkg/late.py", ""),
    ("spaces/inner.py", ""),
    (
        "_json_like.py",
        "import types, importlib.util\nspec = importlib.util.spec_from_file_location('by_hand', __file__[:-13] + 'hand.py')\nmodule = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)\n",
    ),
    ("hand.py", "import pkg.in_hand\n"),
    ("pkg/in_hand.py", ""),
];

const EXPECTED: &str = "
pkg loaded source < pkg.plain (main.py:1)
pkg.plain loaded source < __main__ (main.py:1)
pkg.sibling loaded source < pkg.plain (plain.py:1)
pkg.sub loaded source < __main__ (main.py:2)
pkg.dynamic loaded source < __main__ (main.py:4)
pkg.direct loaded source < __main__ (main.py:5)
missing_at_all not-found < __main__ (main.py:7)
pkg.broken failed source < __main__ (main.py:11)
pkg.before loaded source < pkg.broken (broken.py:1)
spaces loaded namespace < spaces.inner (main.py:14)
spaces.inner loaded source < __main__ (main.py:14)
_json_like loaded source < __main__ (main.py:15)
pkg.in_hand loaded source < by_hand (hand.py:1)
pkg.late loaded source < __main__ (main.py:18)
";

/// Returns the imports of the test's own modules, a line for each.
fn listed(document: &Document) -> String {
    let own = ["pkg", "spaces", "missing_at_all", "_json_like"];
    let mut lines = String::from("\n");
    for import in &document.imports {
        if !own.contains(&import.name.split('.').next().unwrap()) {
            continue;
        }
        let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
        let outcome = word(serde_json::to_value(import.outcome).unwrap()).unwrap();
        let kind = word(serde_json::to_value(import.kind).unwrap()).unwrap_or_default();
        let around = match import.within {
            Some(Cause::Import(index)) => document.imports[index].name.clone(),
            Some(Cause::Body(index)) => document.modules[index].name.as_ref().unwrap().to_string(),
            None => "nothing".to_owned(),
        };
        let site = import.importer.as_ref().unwrap();
        let file = site.file.rsplit('/').next().unwrap();
        let line = format!(
            "{} {outcome} {kind} < {around} ({file}:{})",
            import.name, site.line
        );
        writeln!(lines, "{}", line.replace("  ", " ")).unwrap();
    }
    lines
}

/// Returns the total time of what happened directly within an import.
fn within(document: &Document, index: usize) -> u64 {
    let is_within = |cause: Option<Cause>| cause == Some(Cause::Import(index));
    let imports = document.imports.iter().filter(|it| is_within(it.within));
    let bodies = document.modules.iter().enumerate();
    let bodies = bodies
        .filter(|(body, it)| is_within(it.within) && document.imports[index].body != Some(*body));
    imports.map(|it| it.total_ns.unwrap()).sum::<u64>()
        + bodies.map(|(_, it)| it.duration_ns.unwrap()).sum::<u64>()
}

#[rstest]
fn each_import_has_its_asker_and_its_outcome(#[values("modules", "calls", "lines")] events: &str) {
    for python in pythons() {
        let context = Context::of(FILES.iter().copied());
        let document = recorded(&context, python, events);
        assert_eq!(listed(&document), EXPECTED, "{python:?}");
        let body = |import: &Import| Some(document.modules[import.body?].name.as_ref()?.as_str());
        for (index, import) in document.imports.iter().enumerate() {
            assert!(import.body.is_none() || body(import) == Some(&import.name));
            if import.outcome == ImportOutcome::Unfinished {
                panic!("{} has no end", import.name);
            }
            let sum = import.own_ns() + within(&document, index);
            assert_eq!(import.total_ns, Some(sum), "{}", import.name);
        }
    }
}

/// The loader says what kind of module it is, and the spec whether it comes from a file.
#[test]
fn each_import_has_its_kind_and_its_file() {
    let main = "import os, py_compile, sys, zipfile
from importlib import machinery
py_compile.compile('herbs.txt', 'herbs.pyc')
with zipfile.ZipFile('box.zip', 'w') as box:
    box.writestr('seeds.py', '')
class Loader:
    def create_module(self, spec): pass
    def exec_module(self, module): pass
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == 'made':
            return machinery.ModuleSpec(name, Loader(), origin='elsewhere')
sys.path.append(os.path.abspath('box.zip'))
sys.meta_path.append(Finder())
import mint, herbs, seeds, space, made, _symtable, __hello__
";
    let expected = [
        "mint: \"source\" mint.py",
        "herbs: \"bytecode\" herbs.pyc",
        "seeds: \"zip\" box.zip/seeds.py",
        "space: \"namespace\" no file",
        "made: \"other\" no file",
        "_symtable: \"built-in\" no file",
        "__hello__: \"frozen\" no file",
    ];
    for python in pythons() {
        let files = [("main.py", main), ("mint.py", ""), ("herbs.txt", "")];
        let context = Context::of(files);
        context.write("space/inner.py", "");
        let document = recorded(&context, python, "modules");
        let root = format!("{}/", context.root().display());
        let line = |import: &Import| {
            let kind = serde_json::to_string(&import.kind).unwrap();
            let file = import.file.as_deref().unwrap_or("no file");
            format!("{}: {kind} {}", import.name, file.replace(&root, ""))
        };
        let last = document.imports.len() - expected.len();
        let found: Vec<_> = document.imports[last..].iter().map(line).collect();
        assert_eq!(found, expected, "{python:?}");
    }
}

#[test]
fn a_filter_that_keeps_a_module_out_keeps_its_imports_out() {
    let context = Context::of(FILES.iter().copied());
    let filter = context.write(
        "only.toml",
        "[meta]\nname = \"only\"\nversion = 1\n[scope]\ndefault_exec = \"trace\"\n\
         default_value_action = \"allow\"\n[[scope.rules]]\nselector = \"pkg:glob:pkg.*\"\nexec = \"skip\"\n",
    );
    let filter = filter.display().to_string();
    context.run(&pythons()[0], &["--filter", &filter, "main.py"]);
    let document = context.trace().document;
    let names: Vec<_> = document.imports.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"pkg") && names.contains(&"spaces.inner"));
    assert!(!names.iter().any(|name| name.starts_with("pkg.")));
}

/// A filter may know a module by its file alone, which is known once the module was found.
#[rstest]
fn an_import_that_a_filter_keeps_out_by_its_file_is_not_said_to_be_missing(
    #[values("modules", "calls", "lines")] events: &str,
) {
    for python in pythons() {
        let context = Context::of([("main.py", "import json, colorsys, missing_at_all\n")]);
        let words = [
            "--filter",
            "builtin:no-stdlib",
            "--events",
            events,
            "main.py",
        ];
        context.run(python, &words);
        let document = context.trace().document;
        let imports = document.imports.iter();
        let standard: Vec<_> = imports
            .filter(|it| it.name.starts_with("json") || it.name == "colorsys")
            .collect();
        assert!(standard.is_empty(), "{standard:?}");
        let missing = document
            .imports
            .iter()
            .find(|it| it.name == "missing_at_all");
        assert_eq!(missing.unwrap().outcome, ImportOutcome::NotFound);
    }
}

fn recorded(context: &Context, python: &Interpreter, events: &str) -> Document {
    context.run(python, &["--events", events, "main.py"]);
    context.trace().document
}
