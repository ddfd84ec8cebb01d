//! The truth about a scenario, as its golden has it.

use interpreters::command_line::PythonProgram;
use module_identity::BARE_LABEL;

use crate::fixture::Exit;

/// The bodies that run in a scenario, by process, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Truth {
    /// The program's own process first.
    pub(super) processes: Vec<TrueProcess>,
    pub(super) exit: Exit,
}

/// A process, or a sub-interpreter of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TrueProcess {
    pub(super) is_interpreter: bool,
    pub(super) bodies: Vec<TrueBody>,
}

/// Code named `<module>` that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrueBody {
    pub(super) label: String,
    /// As goldens show it, without a `./` in front.
    pub(super) file: String,
    /// It is the program of its process.
    pub(super) is_program: bool,
    /// It has a name that no label can show, so that any label is as good.
    pub(super) is_unprintable: bool,
    /// It ran on another thread than the first.
    pub(super) is_threads: bool,
}

impl Truth {
    /// Reads a golden; the line that is none of one when there is such.
    pub(super) fn read(golden: &str) -> Result<Self, String> {
        let mut processes = vec![TrueProcess::default()];
        // A golden shows the children of a process in it, after its own bodies.
        let mut exit = None;
        for line in golden.lines() {
            let text = line.trim_start();
            if let Some(heading) = text.strip_prefix("process ") {
                processes.push(TrueProcess {
                    is_interpreter: heading == "interpreter",
                    bodies: Vec::new(),
                });
            } else if let Some(word) = text.strip_prefix("exit ") {
                exit = Some(match word.parse() {
                    Ok(status) => Exit::Status(status),
                    Err(_) => Exit::Signal(word.to_owned()),
                });
            } else {
                let body = body(text).ok_or_else(|| text.to_owned())?;
                if let Some(process) = processes.last_mut() {
                    process.bodies.push(body);
                }
            }
        }
        Ok(Self {
            processes,
            exit: exit.ok_or("no exit")?,
        })
    }

    /// Marks the bodies of the module that `-m` runs.
    pub(super) fn mark_programs(&mut self, program: &PythonProgram) {
        for process in &mut self.processes {
            for body in &mut process.bodies {
                body.is_program = body.label == "<__main__>";
            }
        }
        let PythonProgram::Module(module) = program else {
            return;
        };
        let module = module.to_string_lossy();
        let names = [format!("<{module}.__main__>"), format!("<{module}>")];
        let bodies = &mut self.processes[0].bodies;
        let found = names
            .iter()
            .find_map(|name| bodies.iter().position(|it| it.label == *name));
        if let Some(at) = found {
            bodies[at].is_program = true;
        }
    }
}

impl TrueBody {
    /// Returns whether it is code that has no name.
    pub(super) fn is_bare(&self) -> bool {
        self.label == BARE_LABEL
    }
}

/// Reads `LABEL · FILE · RULE[ · HOW IT WAS LEFT][ · thread N]`.
fn body(line: &str) -> Option<TrueBody> {
    let mut parts = line.split(" · ");
    let (label, file, rule) = (parts.next()?, parts.next()?, parts.next()?);
    Some(TrueBody {
        label: label.to_owned(),
        file: plain(file).to_owned(),
        is_program: false,
        is_unprintable: rule == "unprintable-name",
        is_threads: parts.any(|it| it.starts_with("thread ")),
    })
}

/// Returns a file's name without the `./` of one that is relative in the code itself. Recorders
/// make such names absolute.
pub(super) fn plain(file: &str) -> &str {
    file.strip_prefix("./").unwrap_or(file)
}
