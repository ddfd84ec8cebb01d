//! The scenarios under any other recorder: what it says of each, held against what is true.
//!
//! `source` is where scenarios come from, `scenario` a fixture with its goldens, `truth` what they say, `feature` what a recorder needs for it; `observed` is what a
//! recorder says, `policy` on what terms, `judge` compares the two, and `verdict` is what comes of that.
//!
//! `profile` describes a recorder, `command` runs a program under it, `reader` reads its output, `trial` does all of that for one
//! scenario and [`Session`] for many; `journal` keeps what is found, each outcome by its `key`, and `report` shows it.

mod built;
mod command;
mod error;
mod feature;
mod journal;
mod judge;
mod key;
mod observed;
mod outcome;
mod policy;
mod profile;
mod reader;
pub mod report;
mod scenario;
mod session;
mod source;
mod trial;
mod truth;
mod verdict;

pub use built::Built;
pub use error::ConformError;
pub use feature::Feature;
pub use judge::judge;
pub use observed::Observed;
pub use outcome::Outcome;
pub use policy::{ModuleOption, Policy};
pub use profile::{Policies, Profile, ProgramForms, Reader, Stream};
pub use reader::lines as read_lines;
pub use scenario::Scenario;
pub use session::{Session, journal_file};
pub use source::ScenarioSource;
pub use verdict::{Finding, Judgement, Verdict};
