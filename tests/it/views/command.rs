//! The views through the built command.

use std::process::Output;

use rstest::rstest;
use serde_json::Value;

use super::sample::{changed_shop, shop, write};
use crate::context::{Context, err, out, pythons};

fn context() -> Context {
    let context = Context::new();
    write(&shop(), &context.at("truename-trace"));
    write(&changed_shop(), &context.at("after"));
    context
}

fn run(words: &[&str]) -> Output {
    context().truename(words).output().unwrap()
}

fn json(words: &[&str]) -> Value {
    let output = run(words);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", err(&output)))
}

/// Output that is no terminal has no width and no colours.
#[test]
fn output_for_a_program_is_whole() {
    for words in [
        &["tree"][..],
        &["top"],
        &["why", "pandas"],
        &["diff", "truename-trace", "after"],
    ] {
        let output = run(words);
        assert!(output.status.success(), "{}", err(&output));
        assert!(!out(&output).contains(['…', '\x1b']), "{}", out(&output));
    }
}

#[rstest]
#[case::ok(&["budget", "--forbid", "numexpr"], 0, "truename-trace: ok\n")]
#[case::forbidden(&["budget", "--forbid", "pandas"], 1, "truename-trace: pandas is forbidden")]
#[case::both(&["budget", "--forbid", "polars*", "truename-trace", "after"], 1, "truename-trace: ok\nafter: polars")]
#[case::new(&["budget", "--max-new", "0", "--baseline", "truename-trace", "after"], 1, "after: 2 modules are not in")]
#[case::time(&["budget", "--max-time", "1ms"], 1, "truename-trace: imports took")]
#[case::difference(&["diff", "--exit-code", "truename-trace", "after"], 1, "gained: 2 modules")]
#[case::no_difference(&["diff", "--exit-code", "after", "after"], 0, "No difference")]
#[case::difference_alone(&["diff", "truename-trace", "after"], 0, "gained: 2 modules")]
fn the_exit_status_says_it(#[case] words: &[&str], #[case] status: i32, #[case] part: &str) {
    let output = run(words);
    assert_eq!(output.status.code(), Some(status), "{}", err(&output));
    assert!(out(&output).contains(part), "{}", out(&output));
}

#[rstest]
#[case::unknown_module(&["why", "panda"], 1, "nothing named panda was imported in truename-trace")]
#[case::near_name(&["why", "panda"], 1, "Near names: pandas.")]
#[case::no_rule(&["budget"], 2, "there is no rule to hold the trace to")]
#[case::half_a_rule(&["budget", "--max-new", "1"], 2, "--max-new and --baseline need each other")]
#[case::no_duration(&["tree", "--min", "5"], 2, "\"5\" is no duration: write 300ms, 1.5s or 20us")]
#[case::no_pattern(&["tree", "--only", "a["], 2, "\"a[\" is no pattern of module names")]
#[case::no_rules_file(&["budget", "rules.toml"], 2, "cannot read rules.toml")]
fn mistakes_are_named(#[case] words: &[&str], #[case] status: i32, #[case] part: &str) {
    let output = run(words);
    assert_eq!(output.status.code(), Some(status));
    assert!(err(&output).contains(part), "{}", err(&output));
}

#[test]
fn rules_stand_in_a_file_and_name_folders_beside_it() {
    let context = context();
    let budget = |rules: &str| {
        context.write("ci/rules.toml", rules);
        let words = ["budget", "ci/rules.toml", "after"];
        context.truename(&words).output().unwrap()
    };
    let output = budget("max-new = 5\nbaseline = \"../truename-trace\"\n");
    assert!(output.status.success(), "{}", err(&output));
    let output = budget("max-time = \"100ms\"\n\nforbids = [\"pandas\"]\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("ci/rules.toml:3: unknown field `forbids`"),
        "{}",
        err(&output)
    );
}

#[test]
fn machines_get_every_view() {
    let tree = json(&["tree", "--json", "--all"]);
    assert_eq!(tree["nodes"][0]["name"], "__main__");
    assert_eq!(tree["nodes"][0]["nodes"][0]["own_ns"], 2_000_000);
    let depth = json(&["tree", "--json", "--depth", "0"]);
    assert_eq!(depth["nodes"][0]["nodes"], serde_json::json!([]));
    let top = json(&["top", "--json", "-n", "1"]);
    assert_eq!(top["ranking"][0]["name"], "pandas._libs.pandas_parser");
    let why = json(&["why", "--json", "pandas"]);
    let modules = why["found"][0]["chain"].as_array().unwrap().iter();
    let modules: Vec<_> = modules
        .map(|step| step["module"].as_str().unwrap())
        .collect();
    assert_eq!(modules, ["__main__", "shop", "pandas"]);
    let diff = json(&["diff", "--json", "truename-trace", "after"]);
    assert_eq!(diff["gained"][0]["with"][0], "polars._libs.polars_parser");
    let budget = json(&["budget", "--json", "--forbid", "pandas"]);
    assert_eq!(budget[0]["ok"], false);
    assert_eq!(budget[0]["violations"][0]["rule"], "forbid");
}

#[test]
fn statements_that_sys_modules_answered_are_found_in_the_sources() {
    let context = Context::of([
        ("main.py", "import shared\nimport app.views\n"),
        ("shared.py", ""),
        ("app/__init__.py", ""),
        (
            "app/views.py",
            "text = 'import shared'\ndef late():\n    import os, shared as it\nfrom . import late_too\n",
        ),
        ("app/late_too.py", "from app import views\n"),
    ]);
    context.run(&pythons()[0], &["main.py"]);
    let why = |name: &str| {
        let output = context.truename(&["why", name]).output().unwrap();
        out(&output)
    };
    let text = why("shared");
    assert!(text.contains("  └ shared  main.py:1\n"), "{text}");
    let statement = "  app.views  app/views.py:3  import os, shared as it\n";
    assert!(
        text.contains(statement) && text.matches("views.py").count() == 1,
        "{text}"
    );
    let text = why("app.views");
    assert!(
        text.contains("  app.late_too  app/late_too.py:1  from app import views\n"),
        "{text}"
    );
}

/// A character that turns a line round makes one name look like another.
#[test]
fn names_that_turn_a_line_round_do_not_reach_the_terminal() {
    let name = "ev\u{202e}il\u{2066}x";
    let context = Context::of([("main.py", ""), ("plain.py", "")]);
    context.write(&format!("{name}.py"), "");
    let main = |names: &str| {
        let code =
            format!("import importlib\nfor name in {names}: importlib.import_module(name)\n");
        context.write("main.py", &code);
    };
    main("['plain']");
    let words = ["--out", "before", "main.py"];
    assert!(
        context
            .record(&pythons()[0], &words)
            .status()
            .unwrap()
            .success()
    );
    main(
        &format!("['plain', {name:?}]")
            .replace("\\u{202e}", "\\u202e")
            .replace("\\u{2066}", "\\u2066"),
    );
    context.run(&pythons()[0], &["main.py"]);
    for words in [
        &["tree"][..],
        &["top"],
        &["why", name],
        &["diff", "before", "truename-trace"],
        &["diff", "before", "truename-trace", "--markdown"],
        &["budget", "--forbid", "ev*"],
        &["budget", "--max-modules", "0"],
        &["budget", "--max-time", "1ns"],
        &["export", "--to", "folded"],
    ] {
        let text = out(&context.truename(words).output().unwrap());
        assert!(
            !text.contains(['\u{202e}', '\u{2066}']),
            "{words:?}: {text:?}"
        );
        let is_limited = words[0] == "budget" && words[1] != "--forbid";
        assert!(
            is_limited || text.contains("ev\u{fffd}il\u{fffd}x"),
            "{words:?}: {text:?}"
        );
    }
}

#[test]
fn a_module_whose_name_no_label_can_show_has_that_for_its_reason() {
    let context = Context::of([
        (
            "main.py",
            "from importlib import util\nspec = util.spec_from_file_location('a\\nb', 'plugin.py')\n\
             spec.loader.exec_module(util.module_from_spec(spec))\n",
        ),
        ("plugin.py", ""),
    ]);
    context.run(&pythons()[0], &["main.py"]);
    let text = out(&context.truename(&["why", "plugin.py"]).output().unwrap());
    let reason = "<module>: the module's name has a character that no label can show (rule unprintable-name)";
    assert!(text.contains(reason), "{text}");
}

/// Each module but the last asks for the next one, and fails when that fails.
#[test]
fn a_chain_that_is_deeper_than_a_terminal_is_wide_stays_readable() {
    let context = Context::new();
    for number in 0..120 {
        context.write(
            &format!("m{number}.py"),
            &format!("import m{}\n", number + 1),
        );
    }
    context.write("main.py", "try: import m0\nexcept ImportError: pass\n");
    context.run(&pythons()[0], &["main.py"]);
    let text = out(&context.truename(&["why", "m119"]).output().unwrap());
    let chain: Vec<_> = text.lines().filter(|line| line.contains("└ m")).collect();
    assert_eq!(chain.len(), 120, "{text}");
    assert!(chain.iter().all(|line| line.len() < 120), "{text}");
    assert!(chain[119].ends_with("⋯ └ m119  m118.py:1"), "{text}");
}

#[test]
fn a_reload_shows_the_calls_that_can_have_asked_for_it() {
    let context = Context::of([
        ("main.py", "import plugin\nimport again\nagain.again()\n"),
        ("plugin.py", ""),
        (
            "again.py",
            "import importlib, plugin\ndef again():\n    importlib.reload(plugin)\n",
        ),
    ]);
    for python in pythons() {
        context.run(python, &["main.py"]);
        let text = out(&context.truename(&["why", "plugin"]).output().unwrap());
        assert!(text.contains("\nplugin  plugin.py  run again\n"), "{text}");
        let call =
            "\nrun again by one of these calls:\n  again  again.py:3  importlib.reload(plugin)\n";
        assert!(text.contains(call), "{text}");
        let text = out(&context.truename(&["why", "again"]).output().unwrap());
        assert!(!text.contains("run again"), "{text}");
    }
}
