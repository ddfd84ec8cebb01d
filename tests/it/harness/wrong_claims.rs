//! Claims that what ran contradicts.

use rstest::rstest;

use crate::harness::support::{Bench, SCENARIO};

#[rstest]
#[case("required <spam>", "scenario.md:29: no body of <spam> ran")]
#[case(
    "required <acem>",
    "scenario.md:29: no body of <acem> ran (<acme> did: is that the one?)"
)]
#[case(
    "ordered <__main__> <spares>",
    "scenario.md:29: no body of <spares> ran (<spare> did: is that the one?)"
)]
#[case(
    "required <acme> in spam.py",
    "scenario.md:29: <acme> in spam.py did not run; the file was acme.py"
)]
#[case(
    "required <acme>\nforbidden <spare>",
    "scenario.md:30: <spare> is forbidden and ran once"
)]
#[case(
    "counted 2 <acme>",
    "scenario.md:29: <acme> should run 2 times and ran once"
)]
#[case(
    "ordered <spare> <acme>",
    "scenario.md:29: <acme> should begin after <spare> and began before it"
)]
#[case("ordered <acme> <spam>", "scenario.md:29: no body of <spam> ran")]
#[case(
    "raised <spare> ValueError",
    "scenario.md:29: ValueError did not leave <spare>: it returned"
)]
#[case(
    "raised <acme> KeyError",
    "scenario.md:29: KeyError did not leave <acme>: it raised ValueError"
)]
#[case(
    "raised <spam> KeyError",
    "scenario.md:29: no body of <spam> ran, so KeyError did not leave one"
)]
#[case(
    "required <acme>\nexit 3",
    "scenario.md:30: the program should end with `exit 3` and ended with `exit 0`"
)]
#[case(
    "bare main.py: no reason",
    "scenario.md:29: no bare <module> that the golden shows ran in main.py, so this line justifies nothing; remove it"
)]
fn a_contradiction_is_reported(#[case] claims: &str, #[case] expected: &str) {
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

#[test]
fn a_bare_line_is_not_needed_by_what_nobody_sees() {
    let fixture = SCENARIO
        .replace("raise ValueError", "import dis\nraise ValueError")
        .replace("acme.py\n```\n", "acme.py\nbare <string>: dis\n```\n");
    Bench::new().fails_with(
        &fixture,
        &["no bare <module> that the golden shows ran in <string>, so this line justifies nothing"],
    );
}

#[test]
fn an_order_is_one_process_s() {
    let program =
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import spare'])\ntry:";
    let fixture = SCENARIO
        .replace("try:", program)
        .replace("    import spare", "    pass");
    let claimed = |claim| fixture.replace("required <acme> in acme.py", claim);
    for claim in ["ordered <spare> <acme>", "ordered <acme> <spare>"] {
        Bench::new().fails_with(
            &claimed(claim),
            &["no process runs all of these, and between processes there is no order."],
        );
    }
    let within = claimed("ordered <__main__> <acme>\nordered <__main__> <spare>");
    Bench::new().examine(&within).unwrap();
}

#[test]
fn what_is_shown_too_must_be_there() {
    let show = |label| {
        let golden = format!("[golden]\nshow = [\"{label}\"]\n[run]");
        SCENARIO.replace("[run]", &golden)
    };
    Bench::new().fails_with(
        &show("<wave>"),
        &["scenario.md:25: `show` has <wave>, and no body of this label ran on any interpreter."],
    );
    Bench::new().examine(&show("<acme>")).unwrap();
    let filter = "```filter\n[meta]\nname = \"all\"\nversion = 1\n\n[scope]\ndefault_exec = \
                  \"trace\"\ndefault_value_action = \"inherit\"\n```\n\n```expect";
    let filtered = show("<wave>").replace("```expect", filter);
    Bench::new().examine(&filtered).unwrap();
}
