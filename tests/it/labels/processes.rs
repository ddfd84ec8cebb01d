//! Processes: how they end, and the processes that they start.

use spool::Outcome;
use trace::document::Ending;

use crate::context::{Context, labels_in, pythons, show};

#[test]
fn a_signal_ends_truename_as_it_ended_the_program() {
    use std::os::unix::process::ExitStatusExt;
    let main = "import mod, os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n";
    let context = Context::of([("main.py", main), ("mod.py", "")]);
    for python in pythons() {
        let run = context.run(python, &["main.py"]);
        assert_eq!(run.output.status.signal(), Some(9), "{}", show(&run.output));
        let trace = context.trace();
        assert_eq!(labels_in(&trace, &context.root()), ["<__main__>", "<mod>"]);
        let modules = &trace.document.modules;
        let main = modules.iter().find(|it| it.label == "<__main__>").unwrap();
        assert_eq!(main.outcome, Outcome::Unfinished);
    }
}

#[test]
fn children_are_left_alone_on_request() {
    let main = "import subprocess, sys
subprocess.run([sys.executable, 'child.py'], check=True)
";
    let files = [
        ("main.py", main),
        ("child.py", "import mod\n"),
        ("mod.py", ""),
    ];
    let context = Context::of(files);
    for python in pythons() {
        let run = context.run(python, &["--no-children", "main.py"]);
        assert!(run.output.status.success(), "{}", show(&run.output));
        let trace = context.trace();
        assert_eq!(labels_in(&trace, &context.root()), ["<__main__>"]);
        assert!(trace.children.is_empty());
    }
}

#[test]
fn a_limit_on_the_size_of_files_does_not_end_the_program() {
    let main = "import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
for _ in range(3_000): exec('1')
sys.exit(5)
";
    let context = Context::of([("main.py", main)]);
    for python in pythons() {
        let run = context.run_unchecked(python, &["main.py"]);
        assert_eq!(run.output.status.code(), Some(5), "{}", show(&run.output));
        assert_eq!(context.trace().document.run.ended, Ending::Lost);
        assert!(show(&run.output).contains("is not whole: the recorder had to stop"));
    }
}
