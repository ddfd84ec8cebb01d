//! The import tree.

use std::io::Write;

use anstream::StripStream;
use spool::{Process, ProcessOrigin, Record, RecordingStart};
use tempfile::TempDir;
use trace::Format;
use trace::read::Family;
use truename::view::tree::write_tree;
use truename::view::{TreeOptions, write_tree_json};

use crate::traces::records::{
    Records, begin, busy_program, end, lost, recording, recording_of, start, write, written,
};

fn options(all: bool) -> TreeOptions {
    TreeOptions {
        all,
        ..TreeOptions::default()
    }
}

/// The tree in plain text.
fn tree(folder: &TempDir, all: bool) -> String {
    let trace = Family::read(folder.path()).unwrap();
    let mut out = StripStream::new(Vec::new());
    write_tree(&mut out, std::slice::from_ref(&trace), &options(all)).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

fn tree_of(recording: &Records) -> String {
    tree(&written(recording, Format::Binary), false)
}

#[test]
fn labels_nest_as_the_bodies_ran() {
    insta::assert_snapshot!(tree_of(&busy_program()), @"
       total       own   running
           ?         ?         ?  <__main__>  main.py  unfinished
      2.0 ms  900.0 µs  900.0 µs  ├ <pkg>  site-packages/pkg/__init__.py
      1.0 ms    1.0 ms    1.0 ms  │ ├ <json>  python3.12/json/__init__.py
    100.0 µs  100.0 µs  100.0 µs  │ └ <pkg.fast>  site-packages/pkg/fast.py  raised ImportError
    200.0 µs  200.0 µs  200.0 µs  └ <main>  lib/main.py  suspended
    200.0 µs  200.0 µs  200.0 µs  <plugin>  plugin.py  thread 1

    1 bare <module> is hidden; --all shows it and says why it has no name
    ");
}

#[test]
fn all_shows_bare_modules_and_why() {
    let folder = written(&busy_program(), Format::Binary);
    insta::assert_snapshot!(tree(&folder, true), @"
       total       own   running
           ?         ?         ?  <__main__>  main.py  unfinished
      2.0 ms  700.0 µs  700.0 µs  ├ <pkg>  site-packages/pkg/__init__.py
      1.2 ms  200.0 µs  200.0 µs  │ ├ <module>  <string>:1  no module body: exec or eval by the module's own code
      1.0 ms    1.0 ms    1.0 ms  │ │ └ <json>  python3.12/json/__init__.py
    100.0 µs  100.0 µs  100.0 µs  │ └ <pkg.fast>  site-packages/pkg/fast.py  raised ImportError
    200.0 µs  200.0 µs  200.0 µs  └ <main>  lib/main.py  suspended
    200.0 µs  200.0 µs  200.0 µs  <plugin>  plugin.py  thread 1
    ");
}

#[test]
fn branches_lead_past_deeper_bodies() {
    let it = recording(vec![
        begin(0, 0, 0, "a", "a.py"),
        begin(1, 0, 1, "a.b", "b.py"),
        begin(2, 0, 2, "a.b.c", "c.py"),
        begin(3, 0, 3, "a.b.c.d", "d.py"),
        end(3, 4),
        end(2, 5),
        begin(4, 0, 6, "a.b.e", "e.py"),
        end(4, 7),
        end(1, 8),
        begin(5, 0, 9, "a.f", "f.py"),
        begin(6, 0, 10, "a.f.g", "g.py"),
        end(6, 11),
        end(5, 12),
        end(0, 13),
        begin(7, 0, 14, "z", "z.py"),
        end(7, 15),
    ]);
    insta::assert_snapshot!(tree_of(&it), @"
      total     own  running
    13.0 µs  3.0 µs   3.0 µs  <a>  a.py
     7.0 µs  3.0 µs   3.0 µs  ├ <a.b>  b.py
     3.0 µs  2.0 µs   2.0 µs  │ ├ <a.b.c>  c.py
     1.0 µs  1.0 µs   1.0 µs  │ │ └ <a.b.c.d>  d.py
     1.0 µs  1.0 µs   1.0 µs  │ └ <a.b.e>  e.py
     3.0 µs  2.0 µs   2.0 µs  └ <a.f>  f.py
     1.0 µs  1.0 µs   1.0 µs    └ <a.f.g>  g.py
     1.0 µs  1.0 µs   1.0 µs  <z>  z.py
    ");
}

#[test]
fn children_follow_with_what_they_ran() {
    let folder = written(&busy_program(), Format::Binary);
    let small = |start| {
        let records = vec![
            begin(0, 0, 0, "__mp_main__", "/home/app/main.py"),
            begin(1, 0, 5, "", "<string>"),
            end(1, 6),
            end(0, 10),
        ];
        recording_of(start, records)
    };
    let of_process = |process| RecordingStart { process, ..start() };
    let spawned = of_process(Process {
        pid: 4300,
        arguments: vec![
            "python3".into(),
            "-c".into(),
            "import work\nwork.main()".into(),
        ],
        ..start().process
    });
    let forked = of_process(Process {
        pid: 4301,
        parent: 4241,
        origin: ProcessOrigin::Fork,
        interpreter: 0,
        ..start().process
    });
    write(
        &folder.path().join("children/1"),
        &small(spawned),
        Format::Binary,
    );
    write(
        &folder.path().join("children/2"),
        &small(forked.clone()),
        Format::Binary,
    );
    let silent = recording_of(forked, vec![]);
    write(
        &folder.path().join("children/2/children/1"),
        &silent,
        Format::Binary,
    );
    insta::assert_snapshot!(tree(&folder, false), @"
       total       own   running
           ?         ?         ?  <__main__>  main.py  unfinished
      2.0 ms  900.0 µs  900.0 µs  ├ <pkg>  site-packages/pkg/__init__.py
      1.0 ms    1.0 ms    1.0 ms  │ ├ <json>  python3.12/json/__init__.py
    100.0 µs  100.0 µs  100.0 µs  │ └ <pkg.fast>  site-packages/pkg/fast.py  raised ImportError
    200.0 µs  200.0 µs  200.0 µs  └ <main>  lib/main.py  suspended
    200.0 µs  200.0 µs  200.0 µs  <plugin>  plugin.py  thread 1

    children/1: python3 -c 'import work work.main()'  (pid 4300)
      total      own  running
    10.0 µs  10.0 µs  10.0 µs  <__mp_main__>  main.py

    children/2: fork of python3 main.py --fast  (pid 4301, forked by 4241)
      total      own  running
    10.0 µs  10.0 µs  10.0 µs  <__mp_main__>  main.py

    children/2/children/1: fork of python3 main.py --fast  (pid 4301, forked by 4241)
    No module's body ran. Loaded before the fork: 2 modules.

    3 bare <module>s are hidden; --all shows them and says why they have no name
    ");
}

#[test]
fn an_empty_tree_says_what_was_loaded() {
    insta::assert_snapshot!(tree_of(&recording(vec![])), @"No module's body ran. Loaded before the recording began: builtins, sys.");
    let nothing = RecordingStart {
        loaded_before: vec![],
        ..start()
    };
    insta::assert_snapshot!(tree_of(&recording_of(nothing, vec![])), @"No module's body ran. No module was loaded before the recording began.");
}

#[test]
fn a_tree_of_bare_modules_only_says_that_they_are_hidden() {
    let it = recording(vec![begin(0, 0, 0, "", "<string>"), end(0, 1)]);
    insta::assert_snapshot!(tree_of(&it), @"
    No module's body ran. Loaded before the recording began: builtins, sys.

    1 bare <module> is hidden; --all shows it and says why it has no name
    ");
}

#[test]
fn a_recording_that_ended_early_says_so() {
    let body = begin(0, 0, 0, "a", "a.py");
    let it = recording(vec![body.clone(), lost(1, "the disk is full")]);
    insta::assert_snapshot!(tree_of(&it), @"
    total  own  running
        ?    ?        ?  <a>  a.py  unfinished
    The recording was lost here: the disk is full.
    ");
    let it = recording(vec![body, end(0, 1), Record::Stop { time: 0 }]);
    insta::assert_snapshot!(tree_of(&it), @"
     total     own  running
    1.0 µs  1.0 µs   1.0 µs  <a>  a.py
    The recording was stopped here; the process went on.
    ");
}

#[test]
fn styles_are_left_to_the_stream() {
    let folder = written(&busy_program(), Format::Binary);
    let trace = Family::read(folder.path()).unwrap();
    let mut styled = Vec::new();
    write_tree(
        &mut styled,
        std::slice::from_ref(&trace),
        &TreeOptions::default(),
    )
    .unwrap();
    let mut plain = StripStream::new(Vec::new());
    plain.write_all(&styled).unwrap();
    assert!(styled.contains(&0x1b));
    assert_eq!(
        String::from_utf8(plain.into_inner()).unwrap(),
        tree(&folder, false)
    );
}

fn json(folder: &TempDir, all: bool) -> serde_json::Value {
    let trace = Family::read(folder.path()).unwrap();
    let mut out = Vec::new();
    write_tree_json(
        &mut out,
        folder.path(),
        std::slice::from_ref(&trace),
        &options(all),
    )
    .unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// `a(b c(d))`.
fn outline(nodes: &serde_json::Value) -> String {
    let nodes = nodes.as_array().unwrap().iter().map(|body| {
        let label = body["label"].as_str().unwrap();
        match outline(&body["nodes"]) {
            inner if inner.is_empty() => label.to_owned(),
            inner => format!("{label}({inner})"),
        }
    });
    nodes.collect::<Vec<_>>().join(" ")
}

#[test]
fn machines_get_the_same_tree() {
    let folder = written(&busy_program(), Format::Binary);
    write(
        &folder.path().join("children/1"),
        &recording(vec![]),
        Format::Binary,
    );
    let some = json(&folder, false);
    assert_eq!(
        outline(&some["nodes"]),
        "<__main__>(<pkg>(<json> <pkg.fast>) <main>) <plugin>"
    );
    assert_eq!(some["hidden"], 1);
    assert_eq!(some["children"][0]["nodes"], serde_json::json!([]));
    assert_eq!(some["nodes"][0]["nodes"][0]["own_ns"], 900_000);
    let all = json(&folder, true);
    assert_eq!(
        outline(&all["nodes"]),
        "<__main__>(<pkg>(<module>(<json>) <pkg.fast>) <main>) <plugin>"
    );
    assert_eq!(all["hidden"], 0);
}

#[test]
fn the_keys_for_machines_stay() {
    let folder = written(&busy_program(), Format::Binary);
    let mut value = json(&folder, false);
    value["folder"] = "DIR".into();
    value["nodes"][0]["nodes"] = serde_json::json!([]);
    value["nodes"].as_array_mut().unwrap().truncate(1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
    {
      "children": [],
      "folder": "DIR",
      "hidden": 1,
      "loaded_before": [
        "builtins",
        "sys"
      ],
      "nodes": [
        {
          "body": 0,
          "exception": null,
          "file": "/home/app/main.py",
          "finding_ns": 0,
          "first_run": 1,
          "import": null,
          "importer": null,
          "kind": null,
          "label": "<__main__>",
          "loading_ns": 0,
          "name": "__main__",
          "nodes": [],
          "outcome": "unfinished",
          "own_ns": null,
          "running_ns": 0,
          "runs": 1,
          "spread": null,
          "start_ns": 100000,
          "thread": 0,
          "total_ns": null
        }
      ],
      "process": {
        "arguments": [
          "python3",
          "main.py",
          "--fast"
        ],
        "directory": "/home/app",
        "ended": "process-ended",
        "executable": "/usr/bin/python3",
        "interpreter": 0,
        "origin": "start",
        "parent": 4200,
        "pid": 4241,
        "python": "3.12.1",
        "reason": null,
        "started": "2026-01-01T00:00:00.000000000Z"
      },
      "runs": 1
    }
    "#);
}

#[test]
fn imports_may_be_deeper_than_a_stack() {
    let depth = 20_000;
    let begins = (0..depth).map(|body| begin(body, 0, body, "deep", "deep.py"));
    let folder = written(&recording(begins.collect()), Format::Binary);
    let trace = Family::read(folder.path()).unwrap();
    let mut out = Vec::new();
    write_tree_json(
        &mut out,
        folder.path(),
        std::slice::from_ref(&trace),
        &TreeOptions::default(),
    )
    .unwrap();
    let opened = out.iter().filter(|&&byte| byte == b'{').count();
    assert_eq!(opened, out.iter().filter(|&&byte| byte == b'}').count());
}
