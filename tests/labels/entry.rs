//! The ways to start a program.

use crate::project::Project;

const PACKAGE: [(&str, &str); 4] = [
    ("main.py", "import pkg.sub\n"),
    ("pkg/__init__.py", ""),
    ("pkg/__main__.py", "from . import sub\n"),
    ("pkg/sub.py", "value = 1\n"),
];

#[test]
fn a_script() {
    Project::new(PACKAGE).check(&["main.py"], &["<__main__>", "<pkg>", "<pkg.sub>"]);
}

#[test]
fn a_script_that_imports_itself() {
    let files = [("main.py", "import main\n")];
    Project::new(files).check(&["./main.py"], &["<__main__>", "<main>"]);
}

#[test]
fn a_module() {
    Project::new(PACKAGE).check(&["-m", "pkg.sub"], &["<pkg>", "<pkg.sub>"]);
}

#[test]
fn a_package() {
    Project::new(PACKAGE).check(&["-m", "pkg"], &["<pkg>", "<pkg.__main__>", "<pkg.sub>"]);
}

#[test]
fn a_command() {
    Project::new(PACKAGE).check(&["-c", "import pkg"], &["<__main__>", "<pkg>"]);
}

#[test]
fn standard_input() {
    let project = Project::new(PACKAGE).stdin("import pkg\n");
    project.check(&["-"], &["<__main__>", "<pkg>"]);
    project.check(&[], &["<__main__>", "<pkg>"]);
}

#[test]
fn each_statement_at_a_prompt() {
    let project = Project::new(PACKAGE).stdin("x = 1\nimport pkg\n");
    project.check(&["-i", "-q"], &["<__main__>", "<__main__>", "<pkg>"]);
}

#[test]
fn a_directory() {
    let files = [
        ("app/__main__.py", "import helper\n"),
        ("app/helper.py", ""),
    ];
    Project::new(files).check(&["app"], &["<__main__>", "<helper>"]);
}

#[test]
fn a_zip_app() {
    let files = [
        ("app/__main__.py", "import helper\n"),
        ("app/helper.py", ""),
    ];
    let project = Project::new(files);
    project.run(&["-m", "zipapp", "app", "-o", "app.pyz"]);
    project.check(&["app.pyz"], &["<__main__>", "<helper>"]);
}

#[test]
fn interpreters_that_ignore_their_environment() {
    let files = [
        (
            "main.py",
            "import sys\nsys.path.insert(0, 'lib')\nimport helper\n",
        ),
        ("lib/helper.py", ""),
    ];
    let project = Project::new(files);
    for option in ["-I", "-E", "-S", "-ISE"] {
        for run in project.run(&[option, "main.py"]) {
            // (`lib` is a relative entry, and so is the file name of what is found there)
            let labels: Vec<_> = run
                .family
                .document
                .modules
                .iter()
                .map(|it| &*it.label)
                .collect();
            assert!(labels.contains(&"<__main__>"), "{option}: {labels:?}");
            assert!(labels.contains(&"<helper>"), "{option}: {labels:?}");
        }
    }
}

#[test]
fn under_pdb() {
    let project = Project::new(PACKAGE).stdin("continue\nquit\n");
    for run in project.run(&["-m", "pdb", "main.py"]) {
        let labels = run.labels();
        let expected = ["<__main__>", "<pkg>", "<pkg.sub>"];
        assert!(
            labels.windows(3).any(|found| found == expected),
            "{labels:?}"
        );
    }
}

#[test]
fn under_cprofile() {
    for run in Project::new(PACKAGE).run(&["-m", "cProfile", "main.py"]) {
        assert_eq!(run.labels(), ["<__main__>", "<pkg>", "<pkg.sub>"]);
    }
}
