//! `truename fixture`: the scenarios for a test in any language.

use std::fs::File;
use std::process::{Command, Output};

use serde_json::Value;

use crate::conform::support::Bench;
use crate::context::{err, out, show, with_input};

fn fixture(bench: &Bench, words: &[&str]) -> Command {
    let mut command = bench.context.truename(&["fixture"]);
    command.args(words).args(["--fixtures", "fixtures"]);
    command
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&out(output)).unwrap_or_else(|error| panic!("{error}: {}", show(output)))
}

#[test]
fn scenarios_are_listed_and_shown() {
    let bench = Bench::new("right");
    let listed = fixture(&bench, &["list"]).output().unwrap();
    assert_eq!(out(&listed), "shop/exec  A package, and code of an exec\n");
    let listed = json(&fixture(&bench, &["list", "--json"]).output().unwrap());
    assert_eq!(listed[0]["name"], "shop/exec");
    let page = fixture(&bench, &["show", "shop/exec"]).output().unwrap();
    assert!(out(&page).starts_with("# A package, and code of an exec\n"));
    let shown = json(
        &fixture(&bench, &["show", "shop/exec", "--json"])
            .output()
            .unwrap(),
    );
    let expected = &shown["pythons"]["3.13"]["expected"];
    assert_eq!(expected[2]["label"], "<acme.till>");
    assert_eq!(expected[2]["file"], "acme/till.py");
}

#[test]
fn one_is_built_recorded_and_judged() {
    let bench = Bench::new("right");
    let built = json(
        &fixture(&bench, &["build", "shop/exec", "built"])
            .output()
            .unwrap(),
    );
    let again = fixture(&bench, &["build", "shop/exec", "built"]);
    let again = with_input(again, "");
    assert!(
        err(&again).contains("built is not empty"),
        "{}",
        err(&again)
    );
    assert_eq!(again.status.code(), Some(2));
    let words: Vec<&str> = built["command"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    let environment = built["environment"].as_object().unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| (name, value.as_str().unwrap()));
    let status = Command::new(words[0])
        .arg(bench.context.at("recorder.py"))
        .args(["right".as_ref(), bench.context.root().as_os_str()])
        .args(&words[1..])
        .env_clear()
        .envs(environment)
        .current_dir(built["folder"].as_str().unwrap())
        .stdin(File::open(built["stdin"].as_str().unwrap()).unwrap())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(3));
    let lines = std::fs::read_to_string(bench.context.at("bodies.jsonl")).unwrap();

    let judge = |lines: &str, more: &[&str]| {
        let words = [&["judge", "shop/exec", "built"], more].concat();
        with_input(fixture(&bench, &words), lines)
    };
    let right = judge(&lines, &[]);
    assert_eq!(
        (out(&right).as_str(), right.status.code()),
        ("right\n", Some(0))
    );
    let wrong = judge(&lines.replace("<acme.till>", "<till>"), &["--json"]);
    assert_eq!(json(&wrong)["verdict"], "wrong-name");
    assert_eq!(wrong.status.code(), Some(1));
    let nothing = judge("", &["--lacks", "exec"]);
    assert!(out(&nothing).starts_with("missing\n"), "{}", out(&nothing));
    let garbled = judge("{\n", &[]);
    assert!(
        err(&garbled).contains("standard input, line 1: EOF"),
        "{}",
        err(&garbled)
    );
    assert_eq!(garbled.status.code(), Some(2));
    let nowhere = with_input(fixture(&bench, &["judge", "shop/exec", "nowhere"]), "");
    assert!(
        err(&nowhere).contains("Build it first: truename fixture build shop/exec nowhere"),
        "{}",
        err(&nowhere)
    );
    assert_eq!(nowhere.status.code(), Some(2));
    let unknown = judge("", &["--lacks", "wings"]);
    assert!(err(&unknown).contains("wings"), "{}", err(&unknown));
}
