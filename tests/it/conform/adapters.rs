//! The adapters of the profiles, on output that their recorders wrote.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rstest::rstest;
use truename::conform::{Profile, Reader, read_lines};

use crate::context::{Context, pythons, show};

fn package(path: &str) -> PathBuf {
    PathBuf::from(env!("TRUENAME_ROOT")).join(path)
}

#[rstest]
#[case::python_v("python_v.py", "python-v.txt", &["<_frozen_importlib_external>", "<zipimport>", "<site>", "<acme>", "<acme.till>"])]
#[case::importtime("importtime.py", "importtime.txt", &["<encodings.aliases>", "<encodings>", "<encodings.utf_8>", "<encodings.utf_8_sig>", "<site>", "<acme>", "<acme.till>", "<bare>"])]
#[case::cprofile("cprofile.py", "cprofile.bin", &["<module> /app/acme/__init__.py:1", "<module> /app/acme/till.py:1", "<module> <string>:1"])]
#[case::viztracer("viztracer.py", "viztracer.json", &["<module> /app/acme/__init__.py:1", "<module> /app/acme/till.py:1"])]
#[case::pyinstrument("pyinstrument.py", "pyinstrument.json", &["<module> /packages/pyinstrument/__main__.py:1", "<module> <string>:1", "<module> main.py:1"])]
#[case::coverage("coverage.py", "coverage.sql", &["<module> /app/main.py", "<module> /app/acme/__init__.py", "<module> /app/acme/till.py"])]
#[case::py_spy("py_spy.py", "py-spy.txt", &["<module> /app/main.py", "<module> <frozen site>"])]
fn an_adapter_reads_what_its_recorder_writes(
    #[case] adapter: &str,
    #[case] recorded: &str,
    #[case] said: &[&str],
) {
    let python = &pythons()[0].path;
    let context = Context::new();
    let mut file = package("tests/it/conform/recorded").join(recorded);
    if recorded.ends_with(".sql") {
        let text = fs::read_to_string(&file).unwrap();
        file = context.at("data");
        let program =
            "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])";
        let made = Command::new(python)
            .args(["-c", program])
            .arg(&file)
            .arg(text)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", show(&made));
    }
    let output = Command::new(python)
        .arg(package("profiles").join(adapter))
        .arg(&file)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", show(&output));
    let observed = read_lines(&String::from_utf8(output.stdout).unwrap()).unwrap();
    let shown = observed.iter().map(|it| match (&it.file, it.line) {
        (Some(file), Some(line)) => format!("{} {file}:{line}", it.label),
        (Some(file), None) => format!("{} {file}", it.label),
        _ => it.label.clone(),
    });
    assert_eq!(shown.collect::<Vec<_>>(), said);
}

/// Each profile of the package can be read, and the adapter that it names is there.
#[test]
fn profiles_are_whole() {
    let mut count = 0;
    for entry in fs::read_dir(package("profiles")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        let profile = Profile::read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            profile.about.ends_with('.'),
            "{} says what it is",
            path.display()
        );
        if let Reader::Lines {
            adapter: Some(words),
            ..
        } = profile.reader
        {
            let script = words[1].strip_prefix("{profile}/").unwrap();
            assert!(package("profiles").join(script).is_file(), "{script}");
        }
        count += 1;
    }
    assert_eq!(count, 9);
}
