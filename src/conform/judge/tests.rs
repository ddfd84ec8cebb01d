//! Recorders that say all kinds of things of one scenario.

use Verdict::{Bare, Extra, Missing, NoBody, Right, Unsupported, WrongName};

use std::path::Path;

use super::*;

const FIXTURE: &str = "# A module, and code of an exec

```toml
[run]
arguments = [ARGUMENTS]
```

```expect
required <acme>
```
";

const GOLDEN: &str = "\
---
source: tests/golden/compare.rs
---
<__main__> · main.py · file
  <acme> · acme/__init__.py · file
  <acme.till> · ./acme/till.py · file · raised ValueError
  <module> · <string> · nested
process fork
  <herbs> · herbs.py · file
exit 0
";

fn scenario(arguments: &str, golden: &str) -> Scenario {
    let page = FIXTURE.replace("ARGUMENTS", arguments);
    Scenario::parse("a".into(), "b".into(), page, Path::new("b.md"), |file| {
        (file == "b.snap").then(|| golden.to_owned())
    })
    .unwrap()
}

/// Returns statements from lines `PROCESS LABEL FILE`.
fn observed(lines: &str) -> Vec<Observed> {
    let statement = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Observed {
            process: words.next().unwrap(),
            label: words.next().unwrap(),
            file: words.next(),
            line: None,
        }
    };
    lines.lines().map(statement).collect()
}

const ALL: &str = "7 <__main__> main.py
7 <json> <stdlib>/json/__init__.py
7 <acme> acme/__init__.py
7 <acme.till> acme/till.py
7 <module> <string>
8 <herbs> herbs.py";

fn judged(lines: &str, policy: &Policy) -> Judgement {
    let scenario = scenario("\"main.py\"", GOLDEN);
    judge(&scenario, &observed(lines), (3, 13), policy)
}

fn lacking(features: &[Feature]) -> Policy {
    Policy {
        lacks: features.iter().copied().collect(),
        ..Policy::default()
    }
}

/// Fails unless a recorder that says this gets these verdicts, and the worst of them for the scenario.
#[track_caller]
fn gets(lines: &str, bodies: &[(Verdict, usize)]) {
    let judgement = judged(lines, &Policy::default());
    let counts: Vec<_> = judgement.bodies.clone().into_iter().collect();
    assert_eq!(counts, bodies, "{judgement:?}");
    assert_eq!(judgement.verdict, bodies.last().unwrap().0);
}

#[test]
fn what_is_true_is_right() {
    gets(ALL, &[(Right, 5)]);
    // The order in which processes are named says nothing, and neither do their names.
    let mut lines: Vec<_> = ALL.lines().collect();
    lines.reverse();
    gets(&lines.join("\n"), &[(Right, 5)]);
    gets(&ALL.replace('7', "9"), &[(Right, 5)]);
}

#[test]
fn a_name_of_another_is_wrong() {
    gets(
        &ALL.replace("<acme.till>", "<till>"),
        &[(Right, 4), (WrongName, 1)],
    );
    let judgement = judged(&ALL.replace("<acme.till>", "<till>"), &Policy::default());
    let texts: Vec<_> = judgement.findings.iter().map(|it| &it.text).collect();
    assert_eq!(texts, ["acme/till.py: <till> should be <acme.till>"]);
}

#[test]
fn a_name_on_code_of_an_exec_is_on_no_body() {
    gets(
        &ALL.replace("<module>", "<acme>"),
        &[(Right, 4), (NoBody, 1)],
    );
}

#[test]
fn no_name_where_one_is_due_is_bare() {
    gets(
        &ALL.replace("<herbs>", "<module>"),
        &[(Right, 4), (Bare, 1)],
    );
}

#[test]
fn what_is_not_there_is_missing_and_what_is_too_much_extra() {
    gets(
        &ALL.replace("8 <herbs> herbs.py", ""),
        &[(Right, 4), (Missing, 1)],
    );
    gets(
        &format!("{ALL}\n7 <acme> acme/__init__.py"),
        &[(Right, 5), (Extra, 1)],
    );
    gets(
        &format!("{ALL}\n9 <other> other.py"),
        &[(Right, 5), (Extra, 1)],
    );
    // Nothing says what else is executed from texts.
    gets(&format!("{ALL}\n7 <module> <string>"), &[(Right, 5)]);
}

#[test]
fn a_body_of_another_process_is_missing_there_and_too_much_here() {
    gets(
        &ALL.replace('8', "7"),
        &[(Right, 4), (Missing, 1), (Extra, 1)],
    );
}

#[test]
fn of_two_processes_alike_each_gets_its_own() {
    let golden = "process fork\n  <a> · a.py · file\n  <b> · b.py · file\n\
        process fork\n  <a> · a.py · file\n  <a> · a.py · file\n  <b> · b.py · file\nexit 0\n";
    let observed = observed("1 <a> a.py\n1 <a> a.py\n1 <b> b.py\n2 <b> b.py\n2 <a> a.py");
    let judgement = judge(
        &scenario("\"main.py\"", golden),
        &observed,
        (3, 13),
        &Policy::default(),
    );
    assert_eq!(judgement.bodies, [(Right, 5)].into());
}

#[test]
fn nothing_is_all_missing() {
    let judgement = judged("", &Policy::default());
    assert_eq!(judgement.bodies, [(Missing, 5)].into());
}

#[test]
fn a_file_may_be_left_out_or_be_called_otherwise() {
    let lines = "7 <__main__>\n7 <acme>\n7 <acme.till>\n7 <json>\n7 <module>\n8 <herbs>";
    gets(lines, &[(Right, 4), (Missing, 1)]);
    gets(&ALL.replace("herbs.py", "real/herbs.py"), &[(Right, 5)]);
}

#[test]
fn what_a_recorder_lacks_is_unsupported() {
    let judgement = judged("", &lacking(&[Feature::Children]));
    assert_eq!(judgement.verdict, Unsupported);
    assert_eq!(judgement.findings[0].text, "it lacks children");

    let imported = "7 <acme>\n7 <acme.till>\n8 <herbs>";
    let judgement = judged(imported, &lacking(&[Feature::Main, Feature::Exec]));
    assert_eq!(judgement.bodies, [(Right, 3), (Unsupported, 2)].into());
    assert_eq!(judgement.verdict, Right);
    // To lack the code of an exec is no excuse for a name on it.
    let judgement = judged(
        &ALL.replace("<module>", "<acme>"),
        &lacking(&[Feature::Exec]),
    );
    assert_eq!(judgement.verdict, NoBody);
}

#[test]
fn a_body_that_ran_twice_may_be_noted_once() {
    let golden = "<acme> · acme.py · file\n<acme> · acme.py · file\nexit 0\n";
    let scenario = scenario("\"main.py\"", golden);
    let once = observed("1 <acme> acme.py");
    let judgement = |policy: &Policy| judge(&scenario, &once, (3, 13), policy);
    assert_eq!(judgement(&Policy::default()).verdict, Missing);
    assert_eq!(judgement(&lacking(&[Feature::Repeats])).verdict, Right);
}

#[test]
fn the_module_that_runs_as_the_program_may_have_two_names() {
    let golden = "<acme> · acme/__init__.py · file\n<acme.till> · acme/till.py · file\nexit 0\n";
    let scenario = scenario("\"-m\", \"acme.till\"", golden);
    let by_name = observed("1 <acme> acme/__init__.py\n1 <acme.till> acme/till.py");
    let as_main = observed("1 <acme> acme/__init__.py\n1 <__main__> acme/till.py");
    let verdict = |observed: &[Observed], module_option| {
        let policy = Policy {
            module_option,
            ..Policy::default()
        };
        judge(&scenario, observed, (3, 13), &policy).verdict
    };
    assert_eq!(verdict(&by_name, ModuleOption::Name), Right);
    assert_eq!(verdict(&as_main, ModuleOption::Name), WrongName);
    assert_eq!(verdict(&by_name, ModuleOption::Main), WrongName);
    assert_eq!(verdict(&as_main, ModuleOption::Main), Right);
    assert_eq!(verdict(&by_name, ModuleOption::Either), Right);
    assert_eq!(verdict(&as_main, ModuleOption::Either), Right);
}

#[test]
fn a_name_that_no_label_can_show_may_be_shown_somehow() {
    let golden = "<module> · acme.py · unprintable-name\nexit 0\n";
    let scenario = scenario("\"main.py\"", golden);
    for label in ["<module>", "<a<b>"] {
        let said = observed(&format!("1 {label} acme.py"));
        let judgement = judge(&scenario, &said, (3, 13), &Policy::default());
        assert_eq!(judgement.bodies, [(Right, 1)].into());
    }
}

#[test]
fn needs_are_read_off_the_fixture() {
    let needs = |arguments: &str, golden: &str| {
        let scenario = scenario(arguments, golden);
        scenario.needs((3, 13))
    };
    assert_eq!(needs("\"main.py\"", "exit 0\n"), [].into());
    assert_eq!(needs("\"main.py\"", GOLDEN), [Feature::Children].into());
    // The standard library is no scenario's own code.
    let filtered = |filter: &str| {
        let options = format!("\"main.py\"]\n[truename]\noptions = [\"--filter\", \"{filter}\"");
        needs(&options, "exit 0\n")
    };
    assert_eq!(filtered("builtin:no-stdlib"), [].into());
    assert_eq!(filtered("own.toml"), [Feature::Filters].into());
    assert_eq!(
        needs(
            "\"-I\", \"-m\", \"acme\"",
            "process interpreter\nexit SIGKILL\n"
        ),
        [
            Feature::InterpreterOptions,
            Feature::Isolated,
            Feature::Module,
            Feature::Signals,
            Feature::SubInterpreters
        ]
        .into()
    );
}
