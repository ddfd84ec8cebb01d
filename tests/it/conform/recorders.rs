//! Recorders that go wrong, each with the verdict that it deserves.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rstest::rstest;

use crate::conform::support::Bench;
use crate::context::{err, out};

#[test]
fn one_that_works_is_right() {
    assert_eq!(
        Bench::new("right").verdict(&[]),
        ("right".into(), vec![], 0)
    );
}

#[rstest]
#[case::labels_by_path(
    "labels-by-path",
    "wrong-name",
    "main.py:1: <main> should be <__main__>"
)]
#[case::labels_by_name("labels-by-name", "no-body", "<text>:1: <ghost> should be <module>")]
#[case::no_labels("no-labels", "bare", "acme/till.py:1: <module> should be <acme.till>")]
#[case::drops("drops-the-last-event", "missing", "<text>: <module> is missing")]
#[case::repeats("repeats-an-event", "extra", "main.py:1: <__main__> did not run")]
#[case::prints(
    "prints",
    "program-changed",
    "stdout has `recording` instead of `done`"
)]
#[case::exit(
    "swallows-the-exit-status",
    "program-changed",
    "it ends with exit 0 instead of exit 3"
)]
#[case::half("writes-half-a-file", "crashed", "EOF while parsing")]
#[case::nothing("writes-nothing", "crashed", "bodies.jsonl: No such file or directory")]
fn one_that_is_broken_is_contradicted(
    #[case] way: &str,
    #[case] verdict: &str,
    #[case] text: &str,
) {
    let (found, texts, status) = Bench::new(way).verdict(&[]);
    assert_eq!((found.as_str(), status), (verdict, 1), "{texts:?}");
    assert!(texts.iter().any(|it| it.contains(text)), "{texts:?}");
}

#[test]
fn an_adapter_that_fails_without_a_word_is_named() {
    let bench = Bench::new("right");
    bench.profile(
        "name = \"mine\"\n\
         command = [\"{python}\", \"{profile}/recorder.py\", \"right\", \"{out}\", \"{program}\"]\n\
         reader = { kind = \"lines\", adapter = [\"{python}\", \"-c\", \"raise SystemExit(3)\"] }\n",
    );
    let (verdict, texts, _) = bench.verdict(&[]);
    assert_eq!(verdict, "crashed");
    assert!(
        texts[0].ends_with(" said nothing, and ended with exit status: 3"),
        "{texts:?}"
    );
}

#[test]
fn one_that_hangs_is_ended() {
    let (verdict, texts, status) = Bench::new("hangs").verdict(&["--limit", "3s"]);
    assert_eq!((verdict.as_str(), status), ("hung", 1));
    assert_eq!(texts, ["it still ran after 3 s"]);
}

#[rstest]
#[case::by_a_person(libc::SIGINT)]
#[case::by_a_supervisor(libc::SIGTERM)]
fn an_interrupted_session_ends_what_runs(#[case] signal: i32) {
    let bench = Bench::new("hangs");
    let mut session = bench.command(&[]).stderr(Stdio::piped()).spawn().unwrap();
    let note = bench.context.at("running");
    let program = loop {
        match std::fs::read_to_string(&note).unwrap_or_default().parse() {
            Ok(program) => break program,
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
        assert!(session.try_wait().unwrap().is_none(), "it ended too early");
    };
    // SAFETY: only sends a signal, to a child that nobody has waited for.
    unsafe { libc::kill(session.id().cast_signed(), signal) };
    let output = session.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(signal), "{}", err(&output));
    assert!(
        err(&output).contains("--resume goes on"),
        "{}",
        err(&output)
    );
    // SAFETY: sends nothing, and asks whether there is such a process.
    assert_eq!(unsafe { libc::kill(program, 0) }, -1);
}

#[test]
fn what_a_profile_says_it_lacks_is_unsupported() {
    let bench = Bench::new("drops-the-last-event");
    let text = std::fs::read_to_string(bench.context.at("mine.toml")).unwrap();
    bench.profile(&format!("lacks = [\"exec\"]\n{text}"));
    assert_eq!(bench.verdict(&[]).0, "right");
    bench.profile(&format!("python = \"==3.99\"\n{text}"));
    let (verdict, texts, status) = bench.verdict(&[]);
    assert_eq!((verdict.as_str(), status), ("unsupported", 0));
    assert_eq!(texts, ["it supports Python ==3.99"]);
}

/// A scenario may be named by the path of its page, as a shell completes it.
#[test]
fn a_page_names_its_scenario() {
    assert_eq!(
        Bench::new("right").verdict(&["fixtures/shop/exec.md"]).0,
        "right"
    );
}

#[test]
fn a_table_counts_and_names_what_contradicts() {
    let output = Bench::new("labels-by-path").conform(&["shop/exec"]);
    let text = out(&output);
    assert!(
        text.starts_with("scenarios  wrong name\nmine                1\n\nbodies  "),
        "{text}"
    );
    assert!(
        text.contains("  wrong name: acme/__init__.py:1: <acme.__init__> should be <acme>"),
        "{text}"
    );
}

#[test]
fn a_session_that_was_interrupted_goes_on() {
    let bench = Bench::new("right");
    assert_eq!(bench.verdict(&[]).0, "right");
    let journal = bench.context.at("cache/truename/conform.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    // Only what stands there can have said this.
    std::fs::write(&journal, text.replace("\"right\"", "\"hung\"")).unwrap();
    assert_eq!(bench.verdict(&["--resume"]).0, "hung");
    // Half a line counts for nothing.
    std::fs::write(&journal, &text[..text.len() / 2]).unwrap();
    assert_eq!(bench.verdict(&["--resume"]).0, "right");
    // Neither does what was found with another profile.
    std::fs::write(&journal, text.replace("\"right\"", "\"hung\"")).unwrap();
    let profile = std::fs::read_to_string(bench.context.at("mine.toml")).unwrap();
    bench.profile(&profile.replace("\"right\"", "\"prints\""));
    assert_eq!(bench.verdict(&["--resume"]).0, "program-changed");
}

/// Sessions share the file: one that begins anew forgets what was found of its own runs, and of no others.
#[test]
fn a_session_that_begins_anew_leaves_the_others_alone() {
    let bench = Bench::new("right");
    bench.verdict(&[]);
    let journal = bench.context.at("cache/truename/conform.jsonl");
    let read = || std::fs::read_to_string(&journal).unwrap();
    let first = read();
    let profile = std::fs::read_to_string(bench.context.at("mine.toml")).unwrap();
    bench.profile(&profile.replace("\"right\"", "\"prints\""));
    assert_eq!(bench.verdict(&[]).0, "program-changed");
    assert!(read().starts_with(&first), "{}", read());
    let both = read();
    assert_eq!(both.lines().count(), 2);
    assert_eq!(bench.verdict(&[]).0, "program-changed");
    assert_eq!(read(), both);
}

/// An outcome counts no more when a script beside the profile has changed, or the time that a run may take.
#[test]
fn what_was_found_otherwise_is_run_again() {
    let bench = Bench::new("right");
    bench.verdict(&[]);
    let journal = bench.context.at("cache/truename/conform.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    let hung = || std::fs::write(&journal, text.replace("\"right\"", "\"hung\"")).unwrap();
    hung();
    assert_eq!(bench.verdict(&["--resume", "--limit", "50s"]).0, "right");
    hung();
    assert_eq!(bench.verdict(&["--resume"]).0, "hung");
    bench.context.write("statements.py", "");
    assert_eq!(bench.verdict(&["--resume"]).0, "right");
}

#[test]
fn other_programs_read_junit_and_people_a_page() {
    let bench = Bench::new("labels-by-path");
    bench.conform(&["--junit", "junit.xml", "--html", "page.html"]);
    let read = |name: &str| std::fs::read_to_string(bench.context.at(name)).unwrap();
    let junit = read("junit.xml");
    assert!(
        junit.contains(r#"<testsuite name="mine" tests="1" failures="1" skipped="0">"#),
        "{junit}"
    );
    assert!(
        junit.contains("&lt;main&gt; should be &lt;__main__&gt;"),
        "{junit}"
    );
    let page = read("page.html");
    assert!(
        page.contains(
            "<tr><th>shop/exec<td class=wrong-name><details><summary>wrong name</summary>"
        ),
        "{page}"
    );
    assert!(!page.contains('@'), "{page}");
}
