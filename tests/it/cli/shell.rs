//! Shell completions and man pages.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use rstest::rstest;

use crate::context::{Context, err, out, show};

/// Returns the names that `truename --help` lists, less `help`.
fn commands(context: &Context) -> BTreeSet<String> {
    let help = out(&context.truename(&["--help"]).output().unwrap());
    let list = help.split("Commands:\n").nth(1).unwrap();
    let list = list.split("\n\n").next().unwrap();
    let names = list
        .lines()
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

#[test]
fn bash_loads_the_script_and_completes_with_it() {
    let context = Context::new();
    let truename = env!("CARGO_BIN_EXE_truename");
    let complete = |words: &str| {
        let script = format!(
            "source <('{truename}' completions bash)
            complete -p truename || exit 9
            COMP_WORDS=(truename {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _truename truename \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"
            echo \"${{COMPREPLY[@]}}\""
        );
        let mut bash = context.plain(Path::new("bash"), &["-c", &script]);
        let output = bash.output().unwrap();
        assert!(output.status.success(), "{}", show(&output));
        let text = out(&output);
        let (registered, replies) = text.trim_end().split_once('\n').unwrap();
        assert!(
            registered.ends_with("-F _truename truename"),
            "{registered}"
        );
        replies.to_owned()
    };
    assert_eq!(complete("wh"), "why");
    assert_eq!(complete("run --event"), "--events");
    assert_eq!(complete("run --events ca"), "calls");
}

#[rstest]
#[case("zsh", "#compdef truename")]
#[case("fish", "complete -c truename")]
#[case("elvish", "edit:completion")]
#[case("powershell", "Register-ArgumentCompleter")]
fn other_shells_have_scripts_of_their_own(#[case] shell: &str, #[case] part: &str) {
    let output = Context::new().truename(&["completions", shell]).output();
    let output = output.unwrap();
    assert!(output.status.success() && err(&output).is_empty());
    assert!(out(&output).contains(part));
}

#[test]
fn each_command_has_a_man_page() {
    let context = Context::new();
    let output = context.truename(&["man", "pages"]).output().unwrap();
    assert!(output.status.success(), "{}", show(&output));
    let paths = out(&output);
    let written: BTreeSet<_> = paths.lines().collect();
    let pages = commands(&context)
        .into_iter()
        .map(|name| format!("pages/truename-{name}.1"))
        .chain(["check", "explain"].map(|name| format!("pages/truename-filter-{name}.1")))
        .chain(
            ["list", "show", "build", "judge"]
                .map(|name| format!("pages/truename-fixture-{name}.1")),
        )
        .chain(["pages/truename.1".to_owned()]);
    let pages: BTreeSet<_> = pages.collect();
    assert!(pages.len() > 12);
    assert_eq!(written, pages.iter().map(String::as_str).collect());
    for page in &pages {
        let text = fs::read_to_string(context.at(page)).unwrap();
        for part in [".TH truename", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(text.contains(part), "{page} has no {part}");
        }
    }
    if Command::new("man").arg("--version").output().is_ok() {
        let page = context.at("pages/truename-run.1");
        let mut man = context.plain(Path::new("man"), &["-l"]);
        let man = man.arg(page).env("MANPAGER", "cat").env("MANWIDTH", "80");
        let output = man.output().unwrap();
        assert!(err(&output).is_empty(), "{}", show(&output));
        let text = anstream::adapter::strip_str(&out(&output)).to_string();
        assert!(
            text.contains("truename run [OPTIONS] [--] [ARGS]..."),
            "{text}"
        );
    }
}

#[test]
fn man_pages_go_where_man_looks_for_those_of_the_user() {
    let context = Context::new();
    let man = |name: &str, value: &str| {
        let mut command = context.truename(&["man"]);
        command.env_remove("XDG_DATA_HOME").env_remove("HOME");
        command.env(name, value).output().unwrap()
    };
    for (name, folder) in [
        ("HOME", ".local/share/man/man1"),
        ("XDG_DATA_HOME", "man/man1"),
    ] {
        let home = context.at(name);
        let output = man(name, home.to_str().unwrap());
        assert!(output.status.success(), "{}", show(&output));
        assert!(home.join(folder).join("truename-run.1").is_file());
    }
    let output = man("HOME", "");
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("Name one: truename man DIR"));
    context.write("file", "");
    let output = context.truename(&["man", "file"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("cannot write file: "),
        "{}",
        err(&output)
    );
}
