//! The ways to import.

use crate::project::Project;

#[test]
fn namespace_packages_in_two_portions() {
    let files = [
        (
            "main.py",
            "import sys\nsys.path[:0] = [sys.path[0] + '/one', sys.path[0] + '/two']\nimport ns.a, ns.b\n",
        ),
        ("one/ns/a.py", ""),
        ("two/ns/b.py", ""),
    ];
    Project::new(files).check(&["main.py"], &["<__main__>", "<ns.a>", "<ns.b>"]);
}

#[test]
fn bytecode_under_a_foreign_file_name() {
    let main = "import os, py_compile
py_compile.compile('src.py', 'sourceless.pyc', dfile=os.path.abspath('other.py'))
import sourceless
os.remove('sourceless.pyc')
";
    let project = Project::new([("main.py", main), ("src.py", "x = 1\n"), ("other.py", "")]);
    project.check(&["main.py"], &["<__main__>", "<sourceless>"]);
}

#[test]
fn a_package_in_a_zip_file() {
    let main = "import os, sys, zipfile
with zipfile.ZipFile('lib.zip', 'w') as zip:
    zip.writestr('zipped/__init__.py', '')
    zip.writestr('zipped/mod.py', '')
sys.path.insert(0, os.path.abspath('lib.zip'))
import zipped.mod
";
    Project::new([("main.py", main)])
        .check(&["main.py"], &["<__main__>", "<zipped>", "<zipped.mod>"]);
}

#[test]
fn reload_retry_and_a_second_import() {
    let main = "import importlib, sys
import mod
importlib.reload(mod)
del sys.modules['mod']
import mod
for _ in range(2):
    try:
        import broken
    except ZeroDivisionError:
        pass
";
    let files = [
        ("main.py", main),
        ("mod.py", "__name__ = 'renamed'\n"),
        ("broken.py", "1 / 0\n"),
    ];
    let expected = [
        "<__main__>",
        "<mod>",
        "<mod>",
        "<mod>",
        "<broken>",
        "<broken>",
    ];
    Project::new(files).check(&["main.py"], &expected);
}

#[test]
fn names_that_are_no_identifiers() {
    let main = "import importlib, módulo\nimportlib.import_module('my-mod')\nimportlib.import_module('with space')\n";
    let files = [
        ("main.py", main),
        ("módulo.py", ""),
        ("my-mod.py", ""),
        ("with space.py", ""),
    ];
    Project::new(files).check(
        &["main.py"],
        &["<__main__>", "<módulo>", "<my-mod>", "<with space>"],
    );
}

#[test]
fn one_file_and_one_code_object_under_two_names() {
    let main = "import importlib.util as u, types
def load(name):
    spec = u.spec_from_file_location(name, 'mod.py')
    module = u.module_from_spec(spec)
    spec.loader.exec_module(module)
load('custom.one')
load('custom.two')
code = compile('', '<test>', 'exec')
import sys
for name in 'a', 'b':
    sys.modules[name] = module = types.ModuleType(name)
    exec(code, vars(module))
";
    let expected = ["<__main__>", "<custom.one>", "<custom.two>", "<a>", "<b>"];
    let files = [("main.py", main), ("mod.py", "")];
    let project = Project::new(files);
    for run in project.run(&["main.py"]) {
        let labels: Vec<_> = run
            .family
            .document
            .modules
            .iter()
            .map(|it| &*it.label)
            .collect();
        let found: Vec<_> = labels
            .into_iter()
            .filter(|label| expected.contains(label))
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_lazy_loader_runs_the_body_at_first_use() {
    let main = "import importlib.util as u, sys
spec = u.find_spec('mod')
spec.loader = u.LazyLoader(spec.loader)
sys.modules['mod'] = mod = u.module_from_spec(spec)
spec.loader.exec_module(mod)
import early
mod.value
";
    let files = [
        ("main.py", main),
        ("mod.py", "value = 1\n"),
        ("early.py", ""),
    ];
    Project::new(files).check(&["main.py"], &["<__main__>", "<early>", "<mod>"]);
}

#[test]
fn an_explicitly_lazy_import_runs_the_body_at_first_use() {
    let files = [
        ("main.py", "lazy import mod\nimport early\nmod.value\n"),
        ("mod.py", "value = 1\n"),
        ("early.py", ""),
    ];
    let project = Project::new(files).since((3, 15));
    project.check(&["main.py"], &["<__main__>", "<early>", "<mod>"]);
}

#[test]
fn a_loader_with_synthetic_file_names() {
    let main = "import importlib.abc, importlib.util, sys
class Loader(importlib.abc.Loader):
    def exec_module(self, module):
        exec(compile('x = 1', '<test made up>', 'exec'), module.__dict__)
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == 'made_up':
            return importlib.util.spec_from_loader(name, Loader())
sys.meta_path.insert(0, Finder())
import made_up
";
    Project::new([("main.py", main)]).check(&["main.py"], &["<__main__>", "<made_up>"]);
}

#[test]
fn runpy() {
    let main = "import runpy
runpy.run_path('script.py')
runpy.run_path('script.py', run_name='chosen')
runpy.run_module('pkg.mod', run_name='__main__')
";
    let files = [
        ("main.py", main),
        ("script.py", ""),
        ("pkg/__init__.py", ""),
        ("pkg/mod.py", ""),
    ];
    for run in Project::new(files).run(&["main.py"]) {
        let ours = |it: &&truename::trace::modules::Module| {
            ["script.py", "pkg/mod.py"]
                .iter()
                .any(|file| it.file.ends_with(file))
        };
        let modules = &run.family.document.modules;
        let labels: Vec<_> = modules.iter().filter(ours).map(|it| &*it.label).collect();
        assert_eq!(labels, ["<module>", "<chosen>", "<pkg.mod>"]);
    }
}

#[test]
fn imports_in_threads_and_at_exit() {
    let main = "import atexit, threading
def work(): import in_thread
def late(): import at_exit
atexit.register(late)
thread = threading.Thread(target=work)
thread.start()
thread.join()
";
    let files = [("main.py", main), ("in_thread.py", ""), ("at_exit.py", "")];
    let project = Project::new(files);
    project.check(&["main.py"], &["<__main__>", "<in_thread>", "<at_exit>"]);
    for run in project.run(&["main.py"]) {
        let modules = &run.family.document.modules;
        let of = |label| modules.iter().find(|module| module.label == label).unwrap();
        assert_ne!(of("<in_thread>").thread, of("<__main__>").thread);
        assert_eq!(of("<in_thread>").parent, None);
    }
}

#[test]
fn hostile_modules_are_not_touched() {
    let main = "import sys, types
class Hostile(types.ModuleType):
    def __getattribute__(self, name):
        print('touched', name)
        return super().__getattribute__(name)
class Spec:
    def __getattr__(self, name):
        print('asked', name)
        raise AttributeError(name)
sys.modules['hostile'] = Hostile('hostile')
exec(compile('', '<test plain>', 'exec'), {'__doc__': None})
exec(compile('', '<test spec>', 'exec'), {'__spec__': Spec(), '__name__': 'hostile'})
";
    let project = Project::new([("main.py", main)]);
    project.check(
        &["main.py"],
        &[
            "<__main__>",
            "<module> <test plain>",
            "<module> <test spec>",
        ],
    );
    for run in project.run(&["main.py"]) {
        assert!(
            run.output.stdout.is_empty(),
            "{}",
            crate::project::show(&run.output)
        );
    }
}

#[test]
fn an_exception_that_a_body_handles_does_not_end_it() {
    use truename::trace::modules::Outcome;
    let module = "try:
    import nosuch
except ImportError:
    import fallback
";
    let files = [
        ("main.py", "import mod\n"),
        ("mod.py", module),
        ("fallback.py", ""),
    ];
    let project = Project::new(files);
    for run in project.run(&["main.py"]) {
        assert_eq!(run.labels(), ["<__main__>", "<mod>", "<fallback>"]);
        let modules = &run.family.document.modules;
        let fallback = modules
            .iter()
            .find(|module| module.label == "<fallback>")
            .unwrap();
        assert_eq!(modules[fallback.parent.unwrap()].label, "<mod>");
        assert!(
            modules
                .iter()
                .all(|module| module.outcome == Outcome::Returned)
        );
    }
}

#[test]
fn an_exception_that_leaves_a_body_ends_it() {
    let files = [("main.py", "import mod\n"), ("mod.py", "1 / 0\n")];
    for run in Project::new(files).run(&["main.py"]) {
        let modules = run.family.document.modules.iter();
        let raised: Vec<_> = modules
            .filter_map(|module| Some((&*module.label, module.exception.as_deref()?)))
            .collect();
        let expected = [
            ("<__main__>", "ZeroDivisionError"),
            ("<mod>", "ZeroDivisionError"),
        ];
        assert_eq!(raised, expected);
    }
}
