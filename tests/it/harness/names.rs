//! Names of code in a golden, and the choice of code that it shows.

use crate::harness::support::Bench;

/// A fixture of a program, and more files, that claims something.
fn fixture(program: &str, more: &str, claims: &str) -> String {
    format!(
        "# A name\n\n`main.py`\n\n```python\n{program}\n```\n\n{more}\n\n```toml\n[run]\narguments = \
         [\"main.py\"]\n```\n\n```expect\n{claims}\n```\n"
    )
}

fn file(path: &str) -> String {
    format!("`{path}`\n\n```python\n```\n\n")
}

#[track_caller]
fn shows(fixture: &str, expected: &str) {
    assert_eq!(Bench::new().examine(fixture).unwrap()[0].text, expected);
}

#[test]
fn files_that_differ_in_an_address_are_two() {
    let files = file("table0x10.py") + &file("table0x20.py");
    shows(
        &fixture(
            "import table0x10, table0x20",
            &files,
            "required <table0x10> in table0x10.py\nforbidden <*> in table0x….py",
        ),
        "<__main__> · main.py · file\n  <table0x10> · table0x10.py · file\n  \
         <table0x20> · table0x20.py · file\nexit 0\n",
    );
}

#[test]
fn folders_that_differ_in_a_version_are_two() {
    let program = "import sys\nsys.path[:0] = ['python3.8', 'lib/python3.99']\nimport late, later";
    let files = file("python3.8/late.py") + &file("lib/python3.99/later.py");
    shows(
        &fixture(program, &files, "required <late> in python3.8/late.py"),
        "<__main__> · main.py · file\n  <late> · python3.8/late.py · file\n  \
         <later> · lib/python3.99/later.py · file\nexit 0\n",
    );
}

#[test]
fn a_relative_name_is_no_file_of_the_tree() {
    let program = "import types, sys\nsys.modules['shop'] = shop = types.ModuleType('shop')\n\
                   import acme\nexec(compile('stock = 1', 'acme.py', 'exec'), vars(shop))";
    let claims = "required <acme> in acme.py\ncounted 1 <*> in acme.py\ncounted 1 <*> in ./acme.py";
    let goldens = Bench::new().examine(&fixture(program, &file("acme.py"), claims));
    assert!(goldens.unwrap()[0].text.contains(" · ./acme.py · "));
}

#[test]
fn what_the_program_writes_is_its_own() {
    let program = "import os, sys\nfor folder in os.environ['TMPDIR'], os.environ['HOME']:\n    \
                   sys.path.append(folder)\n    name = os.path.basename(folder) + 'made'\n    \
                   open(f'{folder}/{name}.py', 'w').close()\n    __import__(name)";
    shows(
        &fixture(program, "", "required <tmpmade> in <tmp>/tmpmade.py"),
        "<__main__> · main.py · file\n  <tmpmade> · <tmp>/tmpmade.py · file\n  \
         <homemade> · <home>/homemade.py · file\nexit 0\n",
    );
}

#[test]
fn only_the_resource_tracker_is_left_out() {
    let program = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'from \
                   multiprocessing.resource_tracker import main; import late'])";
    let fixture = fixture(program, &file("late.py"), "required <late>");
    let goldens = Bench::new().examine(&fixture).unwrap();
    assert!(goldens[0].text.contains("<late> · late.py · file"));
}
