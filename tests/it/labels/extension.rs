//! The extension by itself, as a program could load it.

use std::fs;
use std::path::Path;
use std::process::Output;

use launcher::RECORDER_BYTES;
use spool::{Reader, Record};

use crate::context::{Context, pythons, show};

const FILES: [(&str, &str); 4] = [
    ("mod.py", ""),
    ("unseen.py", ""),
    ("other.py", ""),
    ("pkg/__init__.py", ""),
];

/// Runs `code` with the extension within reach, on each interpreter, in a folder with [`FILES`].
fn run(code: &str, then: impl Fn(&Path, Output)) {
    for interpreter in pythons() {
        let context = Context::of(FILES);
        fs::write(context.at("truename_recorder.abi3.so"), RECORDER_BYTES).unwrap();
        let mut python = context.plain(&interpreter.path, &["-c", code]);
        let output = python.output().unwrap();
        assert!(output.status.success(), "{}", show(&output));
        then(&context.root(), output);
    }
}

fn labels(folder: &Path) -> Vec<(u64, u64, String)> {
    let file = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let reader = Reader::open(&file).unwrap();
    let records = reader.records().map(Result::unwrap);
    records
        .filter_map(|record| match record {
            Record::Begin(begin) => Some((begin.body, begin.thread, begin.identity.label())),
            _ => None,
        })
        .collect()
}

#[test]
fn a_second_recording_starts_clean() {
    let code = "import os, truename_recorder as recorder
os.mkdir('one'), os.mkdir('two')
def load(name): __import__(name)
recorder.start('one')
load('mod')
recorder.stop()
load('unseen')
recorder.start('two')
load('other')
recorder.stop()
import sys
print([sys.monitoring.get_tool(tool) for tool in range(6)] == [None] * 6)
";
    run(code, |root, output| {
        assert_eq!(labels(&root.join("one")), [(0, 0, "<mod>".to_owned())]);
        assert_eq!(labels(&root.join("two")), [(0, 0, "<other>".to_owned())]);
        assert_eq!(output.stdout, b"True\n");
    });
}

/// Early, code is noticed as it is made; later, some is there already.
#[test]
fn a_late_recording_sees_code_that_was_made_before() {
    let code = "import os, truename_recorder as recorder
os.mkdir('late'), os.mkdir('early')
before = compile('', '<before>', 'exec')
recorder.start('late')
exec(before, {})
exec(compile('', '<then>', 'exec'), {})
recorder.stop()
recorder.start('early', early=True)
exec(before, {})
exec(compile('', '<then>', 'exec'), {})
recorder.stop()
exec(compile('', '<after>', 'exec'), {})
";
    run(code, |root, _| {
        let module = |number| (number, 0, "<module>".to_owned());
        assert_eq!(labels(&root.join("late")), [module(0), module(1)]);
        assert_eq!(labels(&root.join("early")), [module(0)]);
    });
}

#[test]
fn a_second_recording_at_once_is_refused() {
    let code = "import truename_recorder as recorder
recorder.start('.')
try:
    recorder.start('.')
except RuntimeError as error:
    print(error)
";
    run(code, |_, output| {
        assert_eq!(
            output.stdout,
            b"this interpreter is being recorded already\n"
        );
    });
}

#[test]
fn code_without_a_frame_gets_an_inferred_label() {
    let code = "import os, sys, truename_recorder as recorder
sys.path[0] = os.getcwd()
import mod
def ask(file, name=None):
    print(*recorder.resolve_for_code(compile('', file, 'exec'), name))
ask(mod.__file__)
ask(mod.__cached__ if hasattr(mod, '__cached__') else mod.__spec__.cached)
ask(os.path.abspath('pkg/__init__.py'))
ask(os.path.abspath('pkg/__init__.py'), 'hint')
ask('<string>')
code = compile('', os.path.abspath('pkg/late.py'), 'exec')
print(recorder.resolve_for_code(code)[0])
sys.modules['changed'] = module = type(sys)('changed')
module.__file__ = code.co_filename
print(recorder.resolve_for_code(code)[0], recorder.resolve_for_code(code.replace())[0])
try:
    recorder.resolve_for_code(None)
except AttributeError as error:
    print(error)
";
    let expected = "<mod> inferred: sys.modules has a module from that file
<mod> inferred: sys.modules has a module from that file
<pkg> inferred from the roots on sys.path
<hint> inferred from __name__ alone
<module> no proof that this is the body of the module that the namespace names
<pkg.late>
<changed> <changed>
'NoneType' object has no attribute 'co_filename'
";
    run(code, |_, output| {
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected)
    });
}

/// An answer from `sys.modules` is kept for each name that was asked with, and for as long as the code lives.
#[test]
fn inferred_labels_are_kept_with_their_code() {
    let code = "import gc, sys, weakref, truename_recorder as recorder
def ask(code, name=None): return recorder.resolve_for_code(code, name)[0]
def make(): return compile('', '/kept.py', 'exec')
sys.modules['kept'] = module = type(sys)('kept')
module.__file__ = '/kept.py'
code = make()
print(ask(code))
del sys.modules['kept']
print(ask(code), ask(code, 'hint'), ask(make()))
sys.modules['kept'] = module
codes = [make() for _ in range(2047)]
print({ask(code) for code in codes})
del codes
ask(make())
objects = gc.get_objects()
print(sum(type(it) is weakref.ref and it() is None for it in objects) < 100)
";
    let expected = "<kept>
<kept> <hint> <module>
{'<kept>'}
True
";
    run(code, |_, output| {
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected)
    });
}

/// A body that no loader ran is remembered no longer than its module lives.
#[test]
fn bodies_of_modules_that_are_gone_are_forgotten() {
    let code = "import gc, os, sys, weakref, truename_recorder as recorder
def run(name):
    sys.modules[name] = module = type(sys)(name)
    exec(compile('x = 1', f'/{name}.py', 'exec'), module.__dict__)
os.mkdir('one')
recorder.start('one')
for number in range(64): run(f'm{number}')
for number in range(64): del sys.modules[f'm{number}']
run('last')
objects = gc.get_objects()
print(sum(type(it) is weakref.ref and it() is None for it in objects) < 50)
recorder.stop()
";
    run(code, |root, output| {
        assert_eq!(output.stdout, b"True\n");
        let found = labels(&root.join("one"));
        let found: Vec<_> = found.into_iter().map(|(_, _, label)| label).collect();
        let names = (0..64).map(|number| format!("<m{number}>"));
        let expected: Vec<_> = names.chain(["<last>".to_owned()]).collect();
        assert_eq!(found, expected);
    });
}
