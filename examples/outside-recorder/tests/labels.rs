//! The recorder under truename's scenarios of one family, on the newest Python.

use outside_recorder::record;
use truename::conform::{Policy, ScenarioSource, judge, read_lines};
use truename::interpreters::one_of_each_version;

#[test]
fn labels_of_namespace_packages() {
    let python = &one_of_each_version()[0];
    let mut verdicts = String::new();
    for scenario in ScenarioSource::Embedded
        .select(&["namespace".into()])
        .unwrap()
    {
        let folder = tempfile::tempdir().unwrap();
        let built = scenario.build(folder.path(), python).unwrap();
        let program = &built.program;
        let lines = record(
            &program.command(),
            &program.environment,
            &program.folder,
            &program.stdin,
        );
        let observed = built.shown(&read_lines(&lines).unwrap());
        let judgement = judge(
            &scenario,
            &observed,
            (python.version.0, python.version.1),
            &Policy::default(),
        );
        verdicts += &format!("{}: {}\n", scenario.slug(), judgement.verdict);
    }
    insta::assert_snapshot!(verdicts);
}
