//! Profiles that are wrong, and names that are nobody's.

use rstest::rstest;

use crate::conform::support::Bench;
use crate::context::err;

const READER: &str = "reader = { kind = \"runtime-tracing\" }\n";

#[rstest]
#[case::unknown("name = \"x\"\ncolour = 1\n", "mine.toml:2: unknown field `colour`")]
#[case::lacks(
    "name = \"x\"\ncommand = [\"{args}\"]\nlacks = [\"wings\"]\n",
    "mine.toml:3: unknown variant `wings`, expected one of `children`"
)]
#[case::program(
    "name = \"x\"\ncommand = [\"python\"]\n",
    "mine.toml:2: `command` runs no program. Put the word \"{args}\""
)]
#[case::requires(
    "name = \"x\"\nrequires = [\"viztracer\"]\n",
    "mine.toml:2: `viztracer` is not pinned"
)]
fn a_wrong_profile_is_refused_with_its_line(#[case] text: &str, #[case] message: &str) {
    let bench = Bench::new("right");
    bench.profile(&format!("{text}{READER}"));
    let output = bench.conform(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains(message), "{}", err(&output));
}

#[test]
fn a_reader_of_lines_has_one_source() {
    let bench = Bench::new("right");
    bench.profile("name = \"x\"\ncommand = [\"{args}\"]\nreader = { kind = \"lines\" }\n");
    let output = bench.conform(&[]);
    assert!(
        err(&output).contains("mine.toml:3: the reader of `lines` has one of"),
        "{}",
        err(&output)
    );
}

#[test]
fn names_of_nobody_are_refused() {
    let bench = Bench::new("right");
    for (words, message) in [
        (
            &["shops"][..],
            "there is no scenario and no family shops. The families are: shop.",
        ),
        (&["--python", "3.99"], "there is no Python 3.99"),
    ] {
        let output = bench.conform(words);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains(message), "{}", err(&output));
    }
}
