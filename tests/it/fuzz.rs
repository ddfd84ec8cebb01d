//! The fuzz targets, run over their corpora and over what is odd in ways that a fuzzer would try.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;
use trace_filter::Builtin;

use crate::context::{Context, pythons};
use targets::{filters, fixtures, identities, spools, traces};

/// Returns the files in a folder and below it.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("TRUENAME_ROOT")).join(folder);
    let files: Vec<PathBuf> = walkdir::WalkDir::new(&folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// Each file of a corpus holds what its target promises; so does each, cut anywhere and with a byte
/// changed anywhere, where `stride` says how many bytes apart.
#[rstest]
#[case::filters("fuzz/corpus/filters", filters::check, 1)]
#[case::fixtures("fuzz/corpus/fixtures", fixtures::check, 1)]
#[case::all_fixtures("fixtures", fixtures::check, 211)]
#[case::identities("fuzz/corpus/identities", identities::check, 7)]
#[case::traces("fuzz/corpus/traces", traces::check, 97)]
fn corpora_hold(#[case] folder: &str, #[case] check: fn(&[u8]), #[case] stride: usize) {
    for file in files(folder) {
        check_around(&fs::read(&file).unwrap(), check, stride);
    }
}

fn check_around(bytes: &[u8], check: fn(&[u8]), stride: usize) {
    check(bytes);
    for place in (0..bytes.len()).step_by(stride) {
        check(&bytes[..place]);
        let mut changed = bytes.to_owned();
        changed[place] ^= 1 << (place % 8);
        check(&changed);
    }
}

/// A spool's layout moves with its version, so that those to begin with are recorded.
#[rstest]
#[case::modules(&["--events", "modules"])]
#[case::calls(&["--events", "calls", "--values", "args"])]
#[case::lines(&["--events", "lines", "--values", "full"])]
fn recorded_spools_hold(#[case] options: &[&str]) {
    let folder = Path::new(env!("TRUENAME_ROOT")).join("fuzz");
    let (program, filter) = (folder.join("spool.py"), folder.join("spool.toml"));
    let context = Context::new();
    let filter = ["--filter", filter.to_str().unwrap()];
    let words = [options, &filter, &["--", program.to_str().unwrap(), "copy"]].concat();
    context.run(&pythons()[0], &words);
    check_around(&fs::read(context.at("copy")).unwrap(), spools::check, 101);
}

const HEAD: &str = "[meta]\nname='t'\nversion=1\n[scope]\ndefault_exec='trace'\n\
                    default_value_action='allow'\n";

fn rule(selector: &str) -> String {
    format!("{HEAD}[[scope.rules]]\nselector={selector}\nexec='skip'\n")
}

#[test]
fn odd_files_are_read_or_refused() {
    let texts = [
        String::new(),
        "\u{feff}".to_owned() + HEAD,
        HEAD.replace('\n', "\r\n"),
        HEAD.replace('\n', "\r"),
        "\0".repeat(100),
        "=".to_owned(),
        "[".repeat(10_000),
        format!("a = {}", "[".repeat(10_000)),
        format!("a = {}1", "{a=".repeat(10_000)),
        "a.".repeat(10_000) + "a = 1",
        "[meta]\nname = \"\"\"".to_owned(),
        "[meta]\nname = \"\\ud800\"".to_owned(),
        "meta = {name='t', version=0x10}\nscope = {default_exec='skip', default_value_action='drop'}"
            .to_owned(),
        HEAD.replace("version=1", "version=99999999999999999999"),
        HEAD.replace("version=1", "version=1.5"),
        HEAD.replace("version=1", "version=1979-05-27"),
        format!("scope.rules = [1, []]\n{HEAD}"),
        HEAD.replace("'t'", "'''\n't'''"),
        rule("''"),
        rule("':'"),
        rule("'pkg::'"),
        rule("'pkg:glob:'"),
        rule("'pkg:regex:'"),
        rule("'pkg:日本語*🐍[日-本]'"),
        rule("'''\npkg:[日'''"),
        rule("\"\"\"\\\n  pkg:[a\"\"\""),
        rule("\"pkg:\\u0000\\n[a\""),
        rule("'pkg:{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{a'"),
        rule("'pkg:{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}**/**/**/**'"),
        rule("'pkg:[!]a]'"),
        rule("'pkg:[/]'"),
        rule("'pkg:[a-'"),
        rule(r"'pkg:[a\'"),
        rule(r"'pkg:regex:(?-u)\xff'"),
        rule(r"'pkg:regex:(?-u:\xff)'"),
        rule(r"'pkg:regex:[^\s\S]'"),
        rule(r"'pkg:regex:\b{start}\w\b{end-half}\B$'"),
        rule(r"'pkg:regex:(?xism)a # b'"),
        rule(r"'pkg:regex:(?R)^a$'"),
        rule(r"'pkg:regex:(?:){4294967295}'"),
        rule(r"'pkg:regex:a{4294967295}'"),
        rule(r"'pkg:regex:((a{100}){100}){100}'"),
        rule(r"'pkg:regex:(?i)\pL{200}'"),
        rule(&format!("'pkg:regex:{}'", "(".repeat(5_000))),
        rule(&format!("'pkg:regex:{0}{1}'", "(".repeat(90), ")*".repeat(90))),
        rule(&format!("'pkg:{}a'", "*a".repeat(5_000))),
        rule(&format!("'pkg:{}'", "x".repeat(500_000))),
        rule("'pkg:a'").replace("exec", "value_patterns=[{selector='arg:a',action='drop'}]\nexec"),
    ];
    for text in &texts {
        filters::check(text.as_bytes());
    }
    filters::check(b"\xff\xfe");
}

#[test]
fn builtins_cut_anywhere_are_read_or_refused() {
    for builtin in Builtin::ALL {
        let text = builtin.text();
        for end in 0..=text.len() {
            filters::check(&text.as_bytes()[..end]);
        }
    }
}
