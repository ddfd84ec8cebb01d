//! The surroundings of a program, and what it leaves behind.

use std::time::Duration;

use crate::harness::support::{Bench, SCENARIO};

/// The scenario with more in its settings, and another program.
fn scenario(build: &str, run: &str, program: &str) -> String {
    SCENARIO
        .replace("try:\n", &format!("{program}\ntry:\n"))
        .replace("[run]\n", &format!("build = [{build}]\n[run]\n{run}\n"))
}

#[test]
fn the_cache_of_truename_is_not_seen() {
    let program = "import os\nassert not [it for it in os.environ if 'CACHE' in it]";
    Bench::new().examine(&scenario("", "", program)).unwrap();
}

#[test]
fn a_cache_folder_of_its_own_is() {
    let program = "import os\nassert os.environ['XDG_CACHE_HOME'] == '/mine'";
    let run = "environment = { XDG_CACHE_HOME = \"/mine\" }";
    Bench::new().examine(&scenario("", run, program)).unwrap();
}

#[test]
fn a_process_that_is_left_behind_is_reported_and_killed() {
    if !std::path::Path::new("/proc/self").exists() {
        return; // There is no way to find it.
    }
    let program = "import subprocess\nleft = subprocess.Popen(['sleep', '61.7'], \
                   start_new_session=True)\nleft.returncode = 0\nprint('started', left.pid)";
    let report = Bench::new().failure(&scenario("", "", program));
    let expected = "the program left processes behind, which were killed: ";
    assert!(report.contains(expected), "{report}");
    assert!(
        report.contains("(sleep 61.7). Let it wait for what it starts."),
        "{report}"
    );
    let (_, pid) = report.split_once("started ").unwrap();
    let pid: String = pid.chars().take_while(char::is_ascii_digit).collect();
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(&command), "");
}

#[test]
fn a_working_directory_must_be_there() {
    let fixture = scenario("", "cwd = \"nope\"", "");
    Bench::new().fails_with(
        &fixture,
        &["scenario.md:27: the program cannot run in `cwd`: `nope` is not there."],
    );
}

#[test]
fn a_working_directory_is_in_the_tree() {
    let link = "{ symlink = { path = \"out\", target = \"/usr\" } }";
    let fixture = scenario(link, "cwd = \"out\"", "");
    Bench::new().fails_with(
        &fixture,
        &["the program cannot run in `cwd`: `out` leads out of the tree, to /usr."],
    );
}

#[test]
fn an_interpreter_must_be_there() {
    let venv = "{ venv = { path = \"venv\" } }";
    let missing = scenario(venv, "interpreter = \"env\"", "");
    Bench::new().fails_with(
        &missing,
        &["scenario.md:27: there is no `interpreter`: `env` is not there."],
    );
    let venv = format!("{venv}, {{ mkdir = {{ path = \"env\" }} }}");
    let empty = scenario(&venv, "interpreter = \"env\"", "");
    Bench::new().fails_with(
        &empty,
        &["scenario.md:27: `env` holds no bin/python. Name the folder that a `venv` step made."],
    );
}

#[test]
fn an_archive_is_not_packed_into_itself() {
    let steps = "{ mkdir = { path = \"a\" } }, { symlink = { path = \"b\", target = \"a\" } }, \
                 { zip = { path = \"a\", to = \"b/x.zip\" } }";
    Bench::new().fails_with(
        &scenario(steps, "", ""),
        &[
            "scenario.md:25: build step 3, ",
            "would be packed into itself",
        ],
    );
}

#[test]
fn bytecode_is_not_written_through_a_link() {
    let steps = "{ symlink = { path = \"__pycache__\", target = \"/usr\" } }, \
                 { compile = { path = \"acme.py\" } }";
    Bench::new().fails_with(
        &scenario(steps, "", ""),
        &["__pycache__ is a symbolic link, not a folder"],
    );
}

#[test]
fn an_installation_overwrites_nothing() {
    let install = "{ install = { path = \"dist\", name = \"acme\", into = \"{root}\" } }";
    let fixture = scenario(install, "", "").replace(
        "`spare.py`",
        "`dist/acme.py`\n\n```python\n```\n\n`spare.py`",
    );
    Bench::new().fails_with(&fixture, &["tree/acme.py is there already"]);
    let install = "{ symlink = { path = \"site/pkg\", target = \"/usr\" } }, \
                   { install = { path = \"dist\", name = \"acme\", into = \"site\" } }";
    let fixture = scenario(install, "", "").replace(
        "`spare.py`",
        "`dist/pkg/acme.py`\n\n```python\n```\n\n`spare.py`",
    );
    Bench::new().fails_with(&fixture, &["site/pkg is a symbolic link, not a folder"]);
}

#[test]
fn a_step_has_the_time_limit_of_a_run() {
    let mut bench = Bench::new().interpreter("#!/bin/sh\nsleep 600\n");
    bench.harness.limit = Duration::from_millis(300);
    bench.fails_with(
        &scenario("{ venv = { path = \"venv\" } }", "", ""),
        &[
            "build step 1, ",
            "failed: it still ran after 0.3 s, and was killed.",
        ],
    );
}
