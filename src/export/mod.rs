//! Import costs in the formats of other tools, and as a page for a browser.

mod folded;
mod page;
mod perfetto;
mod span;
mod speedscope;

use std::io::{self, Write};

use trace::read::Family;

pub use span::{Process, Span, processes};

/// A format to export to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Collapsed stacks, with microseconds, for `flamegraph.pl`, inferno and others.
    Folded,
    /// The JSON of <https://www.speedscope.app>.
    Speedscope,
    /// The JSON that <https://ui.perfetto.dev> and Chromium read.
    Perfetto,
    /// One page for a browser, which needs nothing else.
    Html,
}

/// Writes the imports of a process and of its children.
///
/// What never ended counts up to the last time that its process recorded.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write_export(out: &mut dyn Write, trace: &Family, format: ExportFormat) -> io::Result<()> {
    let processes = processes(trace);
    match format {
        ExportFormat::Folded => folded::write(out, &processes),
        ExportFormat::Speedscope => speedscope::write(out, &processes),
        ExportFormat::Perfetto => perfetto::write(out, &processes),
        ExportFormat::Html => page::write(out, &processes),
    }
}
