//! `truename relabel`: names for what other tools recorded.
//!
//! The profiles in `recorded` are of one program, `/app/main.py`. It imports `acme.till`, imports itself once more, as `main`, and
//! has an `exec`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use trace::Format;

use crate::context::{Context, err, out, pythons, show};
use crate::traces::records::{Records, begin, end, recording_of, start, written};

/// The program's run as truename recorded it.
fn traced() -> Records {
    let mut start = start();
    start.process.directory = "/app".into();
    recording_of(
        start,
        vec![
            begin(0, 0, 100, "__main__", "/app/main.py"),
            begin(1, 0, 200, "acme", "/app/acme/__init__.py"),
            begin(2, 0, 300, "main_spin", "/app/main_spin.py"),
            end(2, 400),
            end(1, 500),
            begin(3, 0, 600, "acme.till", "/app/acme/till.py"),
            end(3, 700),
            begin(4, 0, 800, "main", "/app/main.py"),
            end(4, 900),
            begin(5, 0, 1_000, "", "<text>"),
            end(5, 1_100),
            end(0, 1_200),
        ],
    )
}

struct Bench {
    trace: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::of(traced())
    }

    fn of(program: Records) -> Self {
        Self {
            trace: written(&program, Format::Binary),
        }
    }

    /// Names the frames of a profile that is written here.
    fn relabel_text(&self, profile: &str) -> Output {
        self.relabel_bytes(profile.as_bytes())
    }

    fn relabel_bytes(&self, profile: &[u8]) -> Output {
        let file = self.trace.path().join("profile");
        fs::write(&file, profile).unwrap();
        self.relabel(file.to_str().unwrap())
    }

    fn relabel(&self, profile: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truename"));
        command.arg("relabel").arg(recorded(profile));
        command.arg("--trace").arg(self.trace.path());
        command.output().unwrap()
    }
}

fn recorded(profile: &str) -> PathBuf {
    let folder = PathBuf::from(env!("TRUENAME_ROOT")).join("tests/it/relabel/recorded");
    folder.join(profile)
}

/// Returns each frame of this kind once, in order.
fn frames(stacks: &str, has: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut frames = Vec::new();
    for line in stacks.lines() {
        let (stack, _) = line.rsplit_once(' ').unwrap_or_default();
        for frame in stack.split(';').filter(|it| has(it)) {
            if !frames.contains(&frame) {
                frames.push(frame);
            }
        }
    }
    frames
}

#[test]
fn stacks_of_py_spy_get_names() {
    let output = Bench::new().relabel("py-spy.txt");
    insta::assert_snapshot!(err(&output), @"truename: 2 of 15 <module> frames named; 1 no module's body, 7 ambiguous, 5 not in the trace");
    insta::assert_debug_snapshot!(frames(&out(&output), |it| it.starts_with('<')), @r#"
    [
        "<module> (<frozen site>:73)",
        "<module> (<frozen os>:29)",
        "<module> (<frozen site>:75)",
        "<module> (<frozen _sitebuiltins>:13)",
        "<module> (<frozen site>:675)",
        "<module> (main.py:1)",
        "<acme.till> (acme/till.py:5)",
        "<module> (main.py:4)",
        "<module> (main.py:8)",
        "<module> (<text>:1)",
        "<acme> (acme/__init__.py:3)",
        "<module> (main.py:6)",
    ]
    "#);
}

#[test]
fn a_short_path_is_that_of_all_files_that_have_it() {
    let mut start = start();
    start.process.directory = "/app".into();
    let files = [
        ("__main__", "/app/main.py"),
        ("pydantic", "/site/pydantic/__init__.py"),
        ("pydantic.main", "/site/pydantic/main.py"),
        ("tool", "/app/tool.py"),
        ("made_up", "/site/tool.py"),
        ("deep.lone", "/app/deep/lone.py"),
    ];
    let bodies = (0..).zip(files);
    let bodies = bodies.map(|(number, (name, file))| begin(number, 0, 100 + number, name, file));
    let bench = Bench::of(recording_of(start, bodies.collect()));
    let stacks = "main.py,./main.py,pydantic/main.py,tool.py,deep/lone.py,lone.py,sub/main.py";
    let stacks = stacks
        .split(',')
        .map(|file| format!("<module> ({file}:9) 1\n"));
    let output = bench.relabel_text(&stacks.collect::<String>());
    insta::assert_snapshot!(out(&output), @"
    <__main__> (main.py:9) 1
    <__main__> (./main.py:9) 1
    <pydantic.main> (pydantic/main.py:9) 1
    <module> (tool.py:9) 1
    <deep.lone> (deep/lone.py:9) 1
    <deep.lone> (lone.py:9) 1
    <module> (sub/main.py:9) 1
    ");
}

#[test]
fn stacks_of_austin_get_names() {
    let output = Bench::new().relabel("austin.txt");
    insta::assert_snapshot!(err(&output), @"truename: 2 of 13 <module> frames named; 1 no module's body, 10 ambiguous");
    insta::assert_debug_snapshot!(frames(&out(&output), |it| it.contains(":<")), @r#"
    [
        "/app/main.py:<module>:1",
        "/app/acme/__init__.py:<acme>:3",
        "/app/acme/till.py:<acme.till>:5",
        "/app/main.py:<module>:4",
        "/app/main.py:<module>:6",
        "/app/main.py:<module>:8",
        "<text>:<module>:1",
    ]
    "#);
    assert!(out(&output).starts_with("# austin: "), "{}", show(&output));
}

#[test]
fn stacks_of_perf_get_names() {
    let output = Bench::new().relabel("perf.txt");
    insta::assert_snapshot!(err(&output), @"truename: 1 of 9 <module> frames named; 1 no module's body, 7 ambiguous");
    insta::assert_debug_snapshot!(frames(&out(&output), |it| it.starts_with("py::<")), @r#"
    [
        "py::<module>:/app/main.py",
        "py::<module>:<text>",
        "py::<acme>:/app/acme/__init__.py",
    ]
    "#);
}

#[test]
fn frames_of_speedscope_get_names_and_all_else_stays() {
    let output = Bench::new().relabel("speedscope.json");
    insta::assert_snapshot!(err(&output), @"truename: 3 of 9 <module> frames named; 1 no module's body, 4 ambiguous, 1 not in the trace");
    let named = out(&output);
    let before = fs::read_to_string(recorded("speedscope.json")).unwrap();
    let restored = named
        .replace("<acme>", "<module>")
        .replace("<acme.till>", "<module>");
    assert_eq!(restored, before);
    let profile: Value = serde_json::from_str(&named).unwrap();
    let frames = profile["shared"]["frames"].as_array().unwrap();
    let shown = frames
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["file"].as_str().unwrap()));
    let shown: Vec<_> = shown.filter(|(name, _)| name.starts_with('<')).collect();
    insta::assert_debug_snapshot!(shown, @r#"
    [
        (
            "<module>",
            "<frozen site>",
        ),
        (
            "<module>",
            "/app/main.py",
        ),
        (
            "<acme>",
            "/app/acme/__init__.py",
        ),
        (
            "<acme>",
            "/app/acme/__init__.py",
        ),
        (
            "<acme.till>",
            "/app/acme/till.py",
        ),
        (
            "<module>",
            "/app/main.py",
        ),
        (
            "<module>",
            "/app/main.py",
        ),
        (
            "<module>",
            "<text>",
        ),
        (
            "<module>",
            "/app/main.py",
        ),
    ]
    "#);
}

/// The program ran its file twice, and the order of its calls says which is which.
#[test]
fn events_of_viztracer_get_names_in_turn() {
    let output = Bench::new().relabel("viztracer.json");
    insta::assert_snapshot!(err(&output), @"truename: 4 of 5 <module> frames named; 1 no module's body");
    let profile: Value = serde_json::from_str(&out(&output)).unwrap();
    let mut events: Vec<_> = profile["traceEvents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["name"].as_str().unwrap().starts_with('<'))
        .map(|it| (it["ts"].as_f64().unwrap(), it["name"].as_str().unwrap()))
        .collect();
    events.sort_by(|one, other| one.0.total_cmp(&other.0));
    let names: Vec<_> = events.iter().map(|(_, name)| name).collect();
    insta::assert_debug_snapshot!(names, @r#"
    [
        "<__main__> (/app/main.py:1)",
        "<acme> (/app/acme/__init__.py:1)",
        "<acme.till> (/app/acme/till.py:1)",
        "<main> (/app/main.py:1)",
        "<module> (<text>:1)",
    ]
    "#);
    let functions = &profile["file_info"]["functions"];
    assert_eq!(
        functions["<acme.till> (/app/acme/till.py:1)"][0],
        "/app/acme/till.py"
    );
}

/// Threads may take turns otherwise in each run.
#[test]
fn calls_on_two_threads_have_no_order() {
    let event = |thread: u32, time: u32| {
        format!(
            "{{\"ph\": \"X\", \"pid\": 1, \"tid\": {thread}, \"ts\": {time}, \"name\": \"<module> (/app/main.py:1)\"}}"
        )
    };
    let summary = |events: &[String]| {
        let profile = format!("{{\"traceEvents\": [{}]}}", events.join(", "));
        err(&Bench::new().relabel_text(&profile))
    };
    insta::assert_snapshot!(summary(&[event(1, 2), event(1, 1)]), @"truename: 2 of 2 <module> frames named");
    insta::assert_snapshot!(summary(&[event(1, 1), event(2, 2)]), @"truename: 0 of 2 <module> frames named; 2 ambiguous");
    insta::assert_snapshot!(summary(&[event(1, 1), event(1, 2), event(1, 3)]), @"truename: 0 of 3 <module> frames named; 3 ambiguous");
}

/// Their lines are those that ran: 5 is no line on which code begins.
#[test]
fn entries_of_pythons_sampling_profiler_get_names() {
    let output = Bench::new().relabel("sampling.prof");
    insta::assert_snapshot!(err(&output), @"truename: 3 of 8 <module> frames named; 1 no module's body, 4 ambiguous");
    assert!(
        contains(&output.stdout, b"<acme.till>"),
        "{}",
        show(&output)
    );
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|it| it == what)
}

/// They name files without their folders, so that `__init__.py` is anybody's.
#[test]
fn stacks_of_pythons_sampling_profiler_are_ambiguous() {
    let output = Bench::new().relabel("sampling.txt");
    insta::assert_snapshot!(err(&output), @"truename: 0 of 10 <module> frames named; 1 no module's body, 9 ambiguous");
    let before = fs::read_to_string(recorded("sampling.txt")).unwrap();
    assert_eq!(out(&output), before);
}

/// A program that cProfile profiles and truename records, with the interpreter's own reader of the result.
#[test]
fn a_profile_of_cprofile_gets_names_on_each_python() {
    for python in pythons() {
        let context = Context::of([
            ("main.py", "import acme.till\n"),
            ("acme/__init__.py", "exec('1')\n"),
            ("acme/till.py", "exec('2')\n"),
        ]);
        let recorded = context
            .truename(&["run", "--python"])
            .arg(&python.path)
            .arg("main.py")
            .output()
            .unwrap();
        assert!(recorded.status.success(), "{}", show(&recorded));
        let profile = |words: &[&str]| {
            let output = Command::new(&python.path)
                .args(words)
                .current_dir(context.root())
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", show(&output));
            out(&output)
        };
        profile(&["-m", "cProfile", "-o", "app.prof", "main.py"]);
        let named = context
            .truename(&["relabel", "app.prof", "--out", "named.prof"])
            .output()
            .unwrap();
        assert!(err(&named).starts_with("truename: "), "{}", show(&named));
        let read = "import pstats
stats = pstats.Stats('named.prof').stats
def shown(keys): return sorted(key for key in keys if key[0].endswith(('till.py', '__init__.py', 'main.py')))
for key in shown(stats): print(*key)
print('callers', *[name for _, _, name in shown({key for *_, callers in stats.values() for key in callers})])
before = pstats.Stats('app.prof').stats
assert [value[:4] for value in stats.values()] == [value[:4] for value in before.values()]";
        let root = context.root().display().to_string();
        assert_eq!(
            profile(&["-c", read]).replace(&root, "ROOT"),
            "ROOT/acme/__init__.py 1 <acme>\n\
             ROOT/acme/till.py 1 <acme.till>\n\
             main.py 1 <__main__>\n\
             callers <acme> <acme.till> <__main__>\n",
            "{}",
            python.path.display()
        );
    }
}

/// Lines of which code can have none, and a name that another entry has.
#[test]
fn an_entry_of_pstats_that_cannot_have_the_name_stays() {
    let read = |bytes: &[u8]| {
        let program = "import marshal, sys
stats = marshal.loads(sys.stdin.buffer.read())
for key, value in stats.items(): print(*key[1:], *value[:4], *(caller[1:] for caller in value[4]))";
        python(program, bytes)
    };
    let profile = |entries: &str| {
        let program = format!(
            "import marshal, sys\nM = '<module>'\nA = '/app/acme/__init__.py'\n\
             sys.stdout.buffer.write(marshal.dumps({{{entries}}}))"
        );
        python(&program, b"")
    };
    let bench = Bench::new();
    let lines = [-1, 0, 1, 2_147_483_648_i64, 4_294_967_297, -4_294_967_295];
    let entries = lines.map(|line| format!("(A, {line}, M): (1, 1, 0.5, 0.5, {{}}),"));
    let output = bench.relabel_bytes(&profile(&entries.concat()));
    insta::assert_snapshot!(err(&output), @"truename: 1 of 6 <module> frames named; 5 not in the trace");
    insta::assert_snapshot!(String::from_utf8(read(&output.stdout)).unwrap(), @"
    -1 <module> 1 1 0.5 0.5
    0 <module> 1 1 0.5 0.5
    1 <acme> 1 1 0.5 0.5
    2147483648 <module> 1 1 0.5 0.5
    4294967297 <module> 1 1 0.5 0.5
    -4294967295 <module> 1 1 0.5 0.5
    ");

    // The second one is a caller's alone.
    let taken = "(A, 1, M): (1, 1, 0.5, 0.5, {}), (A, 1, '<acme>'): (2, 2, 1.5, 1.5, {(A, 1, M): (1, 1, 0.5, 0.5)}),
        ('/app/acme/till.py', 1, M): (3, 3, 2.5, 2.5, {('/app/acme/till.py', 1, '<acme.till>'): (4, 4, 3.5, 3.5)})";
    let profile = profile(taken);
    let output = bench.relabel_bytes(&profile);
    insta::assert_snapshot!(err(&output), @"truename: 0 of 2 <module> frames named; 2 beside an entry of that name");
    assert_eq!(read(&output.stdout), read(&profile));
}

/// Returns what a program of Python writes that reads these bytes.
fn python(program: &str, input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(&pythons()[0].path);
    command.args(["-c", program]);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

/// They are written as viztracer writes them, but for the line.
#[test]
fn events_of_viztracer_without_a_line_are_counted() {
    let event = |line: &str| {
        format!("{{\"ph\": \"X\", \"name\": \"<module> (/app/acme/till.py:{line})\"}}")
    };
    let events = ["-1", "1", "4294967297"].map(event).join(", ");
    let known = "\"<acme.till> (/app/acme/till.py:1)\": [\"/app/acme/till.py\", 1]";
    let profile =
        format!("{{\"traceEvents\": [{events}], \"file_info\": {{\"functions\": {{{known}}}}}}}");
    let output = Bench::new().relabel_text(&profile);
    insta::assert_snapshot!(err(&output), @"truename: 1 of 3 <module> frames named; 2 not in the trace");
    let expected = profile.replace(
        "<module> (/app/acme/till.py:1)",
        "<acme.till> (/app/acme/till.py:1)",
    );
    assert_eq!(out(&output), expected);
}

#[test]
fn entries_of_pstats_that_are_ambiguous_stay() {
    let output = Bench::new().relabel("cprofile.prof");
    insta::assert_snapshot!(err(&output), @"truename: 3 of 6 <module> frames named; 1 no module's body, 2 ambiguous");
    assert!(output.status.success());
}

#[test]
fn what_is_no_profile_is_refused() {
    let bench = Bench::new();
    for (content, problem) in [
        (
            "hello\n",
            "it is neither viztracer's or speedscope's JSON, nor a file of pstats, nor collapsed stacks. docs/relabel.md has a command for each.",
        ),
        ("{\"a\": 1}", "it is neither"),
        (
            "{\"traceEvents\": 1}",
            "it is no JSON that viztracer writes: invalid type",
        ),
        (
            "{(",
            "it begins as a file of pstats, and its end is missing. Make the profile again.",
        ),
    ] {
        let output = bench.relabel_text(content);
        assert!(err(&output).contains(problem), "{}", err(&output));
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""));
    }
    let output = bench.relabel("nowhere");
    assert!(err(&output).contains("Name a profile."), "{}", err(&output));
    assert_eq!(output.status.code(), Some(2));
}
