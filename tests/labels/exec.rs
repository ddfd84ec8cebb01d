//! Code named `<module>` that is no module body.

use crate::project::Project;

#[test]
fn in_the_own_namespace() {
    let main = "x = 1
exec(compile('', '<test exec>', 'exec'))
eval(compile('x', '<test eval>', 'eval'))
def f(): exec(compile('', '<test in function>', 'exec'))
f()
def g(): exec(compile('', '<test of globals>', 'exec'), globals())
g()
";
    let expected = [
        "<__main__>",
        "<module> <test exec>",
        "<module> <test eval>",
        "<module> <test in function>",
        "<module> <test of globals>",
    ];
    Project::new([("main.py", main)]).check(&["main.py"], &expected);
}

#[test]
fn the_very_file_again() {
    let first = "if exec(compile(open(__file__).read().partition('\\n')[2], __file__, 'exec')): pass\nx = 1\n";
    let expected = ["<__main__>", "<module> main.py"];
    Project::new([("main.py", first)]).check(&["main.py"], &expected);
}

#[test]
fn in_a_copy_of_the_own_namespace() {
    let module = "exec(compile('', '<test copy>', 'exec'), dict(globals()))\n";
    let files = [("main.py", "import mod\n"), ("mod.py", module)];
    Project::new(files).check(
        &["main.py"],
        &["<__main__>", "<mod>", "<module> <test copy>"],
    );
}

#[test]
fn in_the_namespace_of_another_module() {
    let module = "import sys, zipimport
exec(compile('', '<test sys>', 'exec'), vars(sys))
exec(compile('', '<test zipimport>', 'exec'), vars(zipimport))
exec(compile('', '<test main>', 'exec'), vars(sys.modules['__main__']))
";
    let files = [("main.py", "import mod\n"), ("mod.py", module)];
    let expected = [
        "<__main__>",
        "<mod>",
        "<module> <test sys>",
        "<module> <test zipimport>",
        "<module> <test main>",
    ];
    Project::new(files).check(&["main.py"], &expected);
}

#[test]
fn in_a_fresh_dict() {
    let main = "exec(compile('', '<test empty>', 'exec'), {})
exec(compile('', '<test named>', 'exec'), {'__name__': 'json'})
exec(compile('', '<test main>', 'exec'), {'__name__': '__main__'})
";
    let expected = [
        "<__main__>",
        "<module> <test empty>",
        "<module> <test named>",
        "<module> <test main>",
    ];
    Project::new([("main.py", main)]).check(&["main.py"], &expected);
}

#[test]
fn that_no_python_code_calls() {
    let command = "import atexit, _thread, time
atexit.register(exec, compile('', '<test exit>', 'exec'), globals())
_thread.start_new_thread(exec, (compile('', '<test thread>', 'exec'), globals()))
time.sleep(0.1)
";
    let expected = [
        "<__main__>",
        "<module> <test thread>",
        "<module> <test exit>",
    ];
    Project::new([("unused.py", "")]).check(&["-c", command], &expected);
}

#[test]
fn with_a_top_level_await() {
    let main = "import ast, types
code = compile('await wait()', '<test await>', 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
@types.coroutine
def wait(): yield
coroutine = eval(code, {'wait': wait})
coroutine.send(None)
import mod
coroutine.close()
";
    let files = [("main.py", main), ("mod.py", "")];
    let project = Project::new(files);
    project.check(
        &["main.py"],
        &["<__main__>", "<module> <test await>", "<mod>"],
    );
    for run in project.run(&["main.py"]) {
        let modules = &run.family.document.modules;
        let body = modules
            .iter()
            .find(|module| module.label == "<mod>")
            .unwrap();
        assert_eq!(modules[body.parent.unwrap()].label, "<__main__>");
    }
}

#[test]
fn in_a_finder_that_an_import_asks() {
    let main = "import os, sys, zipfile
with zipfile.ZipFile('lib.zip', 'w') as zip:
    zip.writestr('zipped.py', 'try:\\n import nosuch\\nexcept ImportError: pass\\n')
class Finder:
    def find_spec(self, name, path, target=None):
        if name == 'nosuch':
            eval(compile('1', '<test finder>', 'eval'), vars(sys.modules['zipped']))
sys.meta_path.insert(0, Finder())
sys.path.insert(0, os.path.abspath('lib.zip'))
import zipped
try:
    import nosuch
except ImportError: pass
";
    let finder = "<module> <test finder>";
    let expected = ["<__main__>", "<zipped>", finder, finder];
    Project::new([("main.py", main)]).check(&["main.py"], &expected);
}

#[test]
fn under_the_file_name_of_standard_input() {
    let main = "exec(compile('x = 1', '<stdin>', 'exec'))
exec(compile('x = 1', '<python-input-1>', 'exec'))
";
    for run in Project::new([("main.py", main)]).run(&["main.py"]) {
        assert_eq!(
            run.labels(),
            ["<__main__>"],
            "{}",
            crate::project::show(&run.output)
        );
    }
}

#[test]
fn at_exit_in_a_dictionary_that_says_main() {
    let code = "import atexit; atexit.register(exec, 'x = 1', {'__name__': '__main__'})";
    Project::new([("unused.py", "")]).check(&["-c", code], &["<__main__>"]);
}

#[test]
fn the_very_file_by_others() {
    let main = "import helper, threading
thread = threading.Thread(target=exec, args=(compile('x = 1', __file__, 'exec'), globals()))
thread.start()
thread.join()
exec(compile('x = 1', __file__, 'exec'), dict(globals()))
import victim
helper.again(victim)
";
    let helper = "def again(module):
    exec(compile('x = 1', module.__file__, 'exec'), vars(module))
";
    let files = [
        ("main.py", main),
        ("helper.py", helper),
        ("victim.py", "value = 1\n"),
    ];
    let expected = [
        "<__main__>",
        "<helper>",
        "<module> main.py",
        "<module> main.py",
        "<victim>",
        "<module> victim.py",
    ];
    Project::new(files).check(&["main.py"], &expected);
}

#[test]
fn beside_hostile_keys_in_the_registry() {
    let main = "import sys
class Key(str):
    __hash__ = str.__hash__
    def __eq__(self, other):
        print('compared')
        return str.__eq__(self, other)
sys.modules[Key('fooo')] = sys
exec(compile('', '<test hostile>', 'exec'), {'__name__': 'fooo', '__doc__': 1})
";
    for run in Project::new([("main.py", main)]).run(&["main.py"]) {
        assert_eq!(run.labels(), ["<__main__>", "<module> <test hostile>"]);
        assert!(
            run.output.stdout.is_empty(),
            "{}",
            crate::project::show(&run.output)
        );
    }
}
