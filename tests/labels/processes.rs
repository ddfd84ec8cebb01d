//! Processes: how they end, and the processes that they start.

use crate::project::{Project, show};
use truename::trace::modules::{Ended, Outcome};

#[test]
fn a_signal_ends_truename_as_it_ended_the_program() {
    use std::os::unix::process::ExitStatusExt;
    let main = "import mod, os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n";
    let project = Project::new([("main.py", main), ("mod.py", "")]);
    for run in project.run(&["main.py"]) {
        assert_eq!(run.output.status.signal(), Some(9), "{}", show(&run.output));
        assert_eq!(run.labels(), ["<__main__>", "<mod>"]);
        let main = &run
            .family
            .document
            .modules
            .iter()
            .find(|it| it.label == "<__main__>")
            .unwrap();
        assert_eq!(main.outcome, Outcome::Unfinished);
    }
}

#[test]
fn python_children_have_traces_of_their_own() {
    let main = "import subprocess, sys
subprocess.run([sys.executable, 'child.py'], check=True)
";
    let files = [
        ("main.py", main),
        ("child.py", "import mod\n"),
        ("mod.py", ""),
    ];
    let project = Project::new(files);
    for run in project.run(&["main.py"]) {
        assert_eq!(run.labels(), ["<__main__>"]);
        assert_eq!(
            run.children(),
            [["<__main__>", "<mod>"]],
            "{}",
            show(&run.output)
        );
    }
    for run in project.run_with(&["--no-children"], &["main.py"]) {
        assert!(run.children().is_empty());
    }
}

#[test]
fn multiprocessing_starts_children_in_three_ways() {
    let main = "import multiprocessing, sys
def work():
    import mod
if __name__ == '__main__':
    context = multiprocessing.get_context(sys.argv[1])
    process = context.Process(target=work)
    process.start()
    process.join()
    sys.exit(process.exitcode)
";
    let project = Project::new([("main.py", main), ("mod.py", "")]);
    for (way, expected) in [
        ("fork", &["<mod>"][..]),
        ("spawn", &["<__main__>", "<__mp_main__>", "<mod>"]),
        ("forkserver", &["<__mp_main__>", "<mod>"]),
    ] {
        for run in project.run(&["main.py", way]) {
            assert_eq!(
                run.output.status.code(),
                Some(0),
                "{way}: {}",
                show(&run.output)
            );
            // (some versions load the script in the fork server, others in what it forks)
            let labels = run.children().concat();
            let found = labels
                .windows(expected.len())
                .any(|labels| labels == expected);
            assert!(found, "{way}: {labels:?}, without {expected:?}");
        }
    }
}

#[test]
fn a_fork_in_a_module_body_does_not_disturb_its_parent() {
    let main = "import os
pid = os.fork()
import mod
if pid:
    os.waitpid(pid, 0)
";
    for run in Project::new([("main.py", main), ("mod.py", "")]).run(&["main.py"]) {
        assert_eq!(run.labels(), ["<__main__>", "<mod>"]);
        assert_eq!(run.children(), [["<mod>"]]);
    }
}

#[test]
fn no_descriptor_is_taken_from_the_program() {
    let main = "import os
print(os.open('main.py', os.O_RDONLY))
os.closerange(3, 100)
import mod
";
    for run in Project::new([("main.py", main), ("mod.py", "")]).run(&["main.py"]) {
        assert_eq!(run.output.stdout, b"3\n", "{}", show(&run.output));
        assert_eq!(run.labels(), ["<__main__>", "<mod>"]);
    }
}

#[test]
fn the_users_own_sitecustomize_runs_and_is_labelled() {
    let files = [
        ("main.py", ""),
        (
            "site/sitecustomize.py",
            "import os\nos.environ['SEEN'] = 'yes'\n",
        ),
    ];
    let project = Project::new(files);
    let site = project.root().join("site");
    let project = project.variable("PYTHONPATH", site.to_str().unwrap());
    project.check(&["main.py"], &["<sitecustomize>", "<__main__>"]);
}

#[test]
fn other_monitoring_tools_and_their_ids_do_not_matter() {
    let main = "import sys
for tool in range(6):
    try:
        sys.monitoring.use_tool_id(tool, 'mine')
    except ValueError:
        pass
import mod
sys.monitoring.restart_events()
import other
";
    let files = [("main.py", main), ("mod.py", ""), ("other.py", "")];
    Project::new(files).check(&["main.py"], &["<__main__>", "<mod>", "<other>"]);
}

#[test]
fn a_limit_on_the_size_of_files_does_not_end_the_program() {
    let main = "import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
for _ in range(3_000): exec('1')
sys.exit(5)
";
    let project = Project::new([("main.py", main)]);
    for run in project.run_unchecked(&["main.py"]) {
        assert_eq!(run.output.status.code(), Some(5), "{}", show(&run.output));
        assert_eq!(run.family.document.process.ended, Ended::Lost);
        assert!(show(&run.output).contains("is not whole: the recorder had to stop"));
    }
}
