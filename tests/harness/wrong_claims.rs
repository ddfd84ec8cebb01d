//! Claims that what ran contradicts.

use rstest::rstest;

use crate::support::{Bench, SCENARIO};

#[rstest]
#[case("required <spam>", "line 29: no body of <spam> ran")]
#[case(
    "required <acme> in spam.py",
    "line 29: <acme> in spam.py did not run; the file was acme.py"
)]
#[case(
    "required <acme>\nforbidden <spare>",
    "line 30: <spare> is forbidden and ran once"
)]
#[case("counted 2 <acme>", "line 29: <acme> should run 2 times and ran once")]
#[case(
    "ordered <spare> <acme>",
    "line 29: <acme> should begin after <spare> and began before it"
)]
#[case("ordered <acme> <spam>", "line 29: no body of <spam> ran")]
#[case(
    "raised <spare> ValueError",
    "line 29: ValueError did not leave <spare>: it returned"
)]
#[case(
    "raised <acme> KeyError",
    "line 29: KeyError did not leave <acme>: it raised ValueError"
)]
#[case(
    "raised <spam> KeyError",
    "line 29: no body of <spam> ran, so KeyError did not leave one"
)]
#[case(
    "required <acme>\nexit 3",
    "line 30: the program should end with `exit 3` and ended with `exit 0`"
)]
#[case(
    "bare main.py: no reason",
    "line 29: no bare <module> ran in main.py, so this line justifies nothing; remove it"
)]
fn a_contradiction_is_told(#[case] claims: &str, #[case] expected: &str) {
    let fixture = SCENARIO.replace("required <acme> in acme.py", claims);
    Bench::new().fails_with(&fixture, &[expected, "<acme>  acme.py  /"]);
}

#[test]
fn a_bare_module_needs_a_reason() {
    let fixture = SCENARIO.replace("raise ValueError", "exec('raise ValueError')");
    Bench::new().fails_with(
        &fixture,
        &[
            "code of <string> is labelled <module>, and nobody says why it should be. If it is \
           right, write: bare <string>: the reason",
        ],
    );
    let justified = fixture.replace("acme.py\n```\n", "acme.py\nbare <string>: an exec\n```\n");
    assert_ne!(fixture, justified);
    Bench::new().examine(&justified).unwrap();
}

#[test]
fn a_claim_about_other_pythons_is_not_held_against_this_one() {
    let fixture = SCENARIO.replace("in acme.py", "\nrequired <spam> on >=3.99");
    Bench::new().examine(&fixture).unwrap();
}
