//! Names in the events that are truename's and the compiler's own, and not the program's.

use crate::document::Ending;

/// The function that holds all others; its path is the program.
pub const TOP_LEVEL: &str = "<toplevel>";
/// The label of the main program's body.
pub const MAIN: &str = "<__main__>";
/// Names that look like a label, and that Python's compiler gives to code which is no module's.
pub const FUNCTIONS: [&str; 5] = [
    "<lambda>",
    "<listcomp>",
    "<setcomp>",
    "<dictcomp>",
    "<genexpr>",
];
/// The type of the value that an unfinished call returns. No Python class has such a name.
pub const UNFINISHED_TYPE: &str = "<unfinished>";
/// Stands for a value that a filter hides, and for its type.
pub const REDACTED: &str = "<redacted>";
/// Stands for a value that a filter drops, where there has to be one, and for its type.
pub const DROPPED: &str = "<dropped>";
/// Stands for the rest of a text, of a container or of the variables, before the number of what is left out. It
/// is also the type of such a value, and the name of the variable that holds it.
pub const MORE: &str = "…";

/// Returns the message of the value that an unfinished call returns.
pub fn why_unfinished(ending: Ending) -> &'static str {
    match ending {
        Ending::ProcessEnded | Ending::Vanished => "the process ended first",
        Ending::Killed => "the process was killed first",
        Ending::StillRunning => "truename ended first",
        Ending::Stopped => "the recording was stopped first",
        Ending::Lost => "the recording was lost first",
        Ending::Cut => "what was recorded was cut first",
    }
}
