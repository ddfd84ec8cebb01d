//! The main program: files, commands, prompts, cells and launchers.

use module_identity::{BARE_LABEL, Rule, Runner};

use crate::evidence::{Stub, by, check, command, imported, launched, main_by, used};

#[test]
fn what_the_interpreter_reads_from_standard_input_is_main() {
    for file in ["<stdin>", "<stdin>-2", "<stdin-2>"] {
        let mut frame = command();
        frame.code.file = file.into();
        frame.namespace.fresh = false;
        check(
            &frame,
            main_by(Runner::Interpreter),
            "<__main__>",
            Rule::Interactive,
        );
        // The program's own code can call its code so, too.
        check(&frame, main_by(Runner::Module), BARE_LABEL, Rule::Nested);
    }
}

#[test]
fn a_prompt_is_main_whatever_the_spec_says() {
    for file in ["<python-input-3>", "<ipython-input-1-abc>"] {
        let mut frame = imported();
        frame.code.file = file.into();
        frame.namespace.fresh = false;
        check(
            &frame,
            main_by(Runner::Other),
            "<__main__>",
            Rule::Interactive,
        );
        check(&frame, main_by(Runner::Module), BARE_LABEL, Rule::Nested);
        frame.namespace.spec.as_mut().unwrap().name = Some("_pyrepl.__main__".into());
        check(
            &frame,
            main_by(Runner::Module),
            "<__main__>",
            Rule::Interactive,
        );
    }
}

#[test]
fn the_text_of_a_command_is_main() {
    check(
        &command(),
        main_by(Runner::Interpreter),
        "<__main__>",
        Rule::Command,
    );
    // A dictionary that only says so.
    check(
        &command(),
        by(Runner::Interpreter),
        BARE_LABEL,
        Rule::Unproven,
    );
}

#[test]
fn a_file_run_by_others_in_a_namespace_in_use_is_no_body() {
    let mut frame = imported();
    frame.namespace.fresh = false;
    frame.namespace.spec.as_mut().unwrap().initializing = false;
    for runner in [Runner::Other, Runner::Interpreter] {
        check(&frame, by(runner), BARE_LABEL, Rule::Unproven);
    }
}

#[test]
fn what_the_interpreter_calls_later_is_not_the_command() {
    let mut at_exit = command();
    at_exit.namespace.fresh = false;
    check(
        &at_exit,
        by(Runner::Interpreter),
        BARE_LABEL,
        Rule::Unproven,
    );
    let thread = Stub {
        main_thread: false,
        ..by(Runner::Interpreter)
    };
    check(&command(), thread, BARE_LABEL, Rule::Unproven);
    check(&command(), by(Runner::Module), BARE_LABEL, Rule::Nested);
    let sub_interpreter = Stub {
        main_interpreter: false,
        ..main_by(Runner::Interpreter)
    };
    check(&command(), sub_interpreter, BARE_LABEL, Rule::Unproven);
    check(
        &command(),
        main_by(Runner::Interpreter),
        "<__main__>",
        Rule::Command,
    );
}

#[test]
fn a_notebook_cell_is_main() {
    let mut cell = command();
    cell.code.file = "/tmp/ipykernel_1/2.py".into();
    cell.namespace.fresh = false;
    let main = Stub {
        registered: Some("__main__"),
        ..by(Runner::Other)
    };
    check(&cell, main, "<__main__>", Rule::Cell);
    check(&cell, by(Runner::Other), BARE_LABEL, Rule::Unproven);
    let in_the_programs_own = Stub {
        registered: Some("__main__"),
        is_builtin_main_namespace: true,
        ..by(Runner::Other)
    };
    check(&cell, in_the_programs_own, BARE_LABEL, Rule::Unproven);
    cell.code.file = "<string>".into();
    let main = Stub {
        registered: Some("__main__"),
        ..by(Runner::Other)
    };
    check(&cell, main, BARE_LABEL, Rule::Unproven);
}

#[test]
fn a_debugger_may_empty_main_and_start_again() {
    let mut script = imported();
    script.namespace.name = Some("__main__".into());
    script.namespace.spec = None;
    let again = |runner| Stub {
        has_had_a_body: true,
        has_run_its_file: true,
        ..main_by(runner)
    };
    check(&script, again(Runner::Other), "<__main__>", Rule::File);
    check(&script, again(Runner::Module), "<__main__>", Rule::File);
    check(
        &script,
        again(Runner::Interpreter),
        BARE_LABEL,
        Rule::Unproven,
    );
}

#[test]
fn what_a_prompt_did_not_run_is_no_statement() {
    let mut statement = used(command());
    statement.code.file = "<stdin>".into();
    let interpreter = || main_by(Runner::Interpreter);
    let thread = Stub {
        main_thread: false,
        ..interpreter()
    };
    check(&statement, thread, BARE_LABEL, Rule::Unproven);
    let program = Stub {
        has_prompt: false,
        ..interpreter()
    };
    check(&statement, program, BARE_LABEL, Rule::Unproven);
    statement.namespace.fresh = true;
    let program = Stub {
        has_prompt: false,
        ..interpreter()
    };
    check(&statement, program, "<__main__>", Rule::Interactive);
    let sub_interpreter = Stub {
        main_interpreter: false,
        ..interpreter()
    };
    check(&statement, sub_interpreter, BARE_LABEL, Rule::Unproven);
    statement.code.file = "<ipython-input-1-abc>".into();
    let job = Stub {
        is_kernel: false,
        ..main_by(Runner::Other)
    };
    check(&statement, job, BARE_LABEL, Rule::Unproven);
}

#[test]
fn a_cell_is_what_the_kernel_runs() {
    let mut cell = used(command());
    cell.code.file = "/tmp/ipykernel_1/2.py".into();
    let job = Stub {
        is_kernel: false,
        ..main_by(Runner::Other)
    };
    check(&cell, job, BARE_LABEL, Rule::Unproven);
}

#[test]
fn a_launcher_runs_a_file_as_the_main_program_once() {
    let launcher = || launched().1;
    let (script, _) = launched();
    let bare = |python| check(&script, python, BARE_LABEL, Rule::Unproven);
    check(&script, launcher(), "<__main__>", Rule::File);
    bare(Stub {
        is_handed_over: false,
        ..launcher()
    });
    bare(Stub {
        has_run_its_file: true,
        ..launcher()
    });
    bare(Stub {
        registered: None,
        ..launcher()
    });
    let own = Stub {
        runner: Runner::Module,
        ..launcher()
    };
    check(&script, own, "<__main__>", Rule::File);
    let itself = Stub {
        runner: Runner::SameFile,
        ..launcher()
    };
    check(&script, itself, BARE_LABEL, Rule::Nested);
    let mut emptied = script.clone();
    emptied.namespace.only_dunders = true;
    let again = Stub {
        has_run_its_file: true,
        ..launcher()
    };
    check(&emptied, again, "<__main__>", Rule::File);
    let mut text = script.clone();
    text.code.file = "<text>".into();
    text.namespace.file = Some("<text>".into());
    check(&text, launcher(), BARE_LABEL, Rule::Unproven);
    let mut elsewhere = script.clone();
    elsewhere.namespace.file = Some("/r/other.py".into());
    check(&elsewhere, launcher(), BARE_LABEL, Rule::Unproven);
    let mut module = script.clone();
    module.namespace.spec = imported().namespace.spec;
    let named = || Stub {
        registered: Some("__main__"),
        ..launcher()
    };
    check(&module, named(), BARE_LABEL, Rule::Unproven);
    module.namespace.spec.as_mut().unwrap().initializing = false;
    check(&module, named(), "<a.b>", Rule::File);
}

#[test]
fn a_host_runs_a_file_on_the_main_thread_once() {
    let (script, _) = launched();
    let host = || main_by(Runner::Interpreter);
    check(&script, host(), "<__main__>", Rule::File);
    let thread = Stub {
        main_thread: false,
        ..host()
    };
    check(&script, thread, BARE_LABEL, Rule::Unproven);
    let again = Stub {
        has_run_its_file: true,
        ..host()
    };
    check(&script, again, BARE_LABEL, Rule::Unproven);
}

#[test]
fn under_a_name_of_its_own_a_launched_file_comes_first() {
    let (mut script, _) = launched();
    script.namespace.name = Some("script".into());
    script.namespace.only_dunders = true;
    let launcher = || Stub {
        is_handed_over: true,
        registered: Some("script"),
        ..by(Runner::Other)
    };
    check(&script, launcher(), "<script>", Rule::File);
    let again = Stub {
        has_had_a_body: true,
        ..launcher()
    };
    check(&script, again, BARE_LABEL, Rule::Unproven);
    let host = Stub {
        runner: Runner::Interpreter,
        ..launcher()
    };
    check(&script, host, BARE_LABEL, Rule::Unproven);
    let filled = used(script.clone());
    check(&filled, launcher(), BARE_LABEL, Rule::Unproven);
    script.namespace.spec = imported().namespace.spec;
    script.namespace.spec.as_mut().unwrap().initializing = false;
    check(&script, launcher(), BARE_LABEL, Rule::Unproven);
}
