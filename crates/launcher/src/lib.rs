//! Starting a Python program under the recorder, and making traces of what was recorded.
//!
//! `payload` puts the recorder where Python finds it, `injection` chooses the way in, `environment` makes Python load it, `child`
//! runs the program, `output` keeps the trace folder, `claim` keeps other recordings out of it, `follow`
//! reads what is recorded while the program runs, `finish` completes the traces, `unrecorded` says which
//! processes have none, and `session` is all of that in order.

mod child;
mod claim;
mod environment;
mod filters;
mod finish;
mod follow;
mod inherited;
mod injection;
mod output;
mod payload;
mod session;
mod signals;
mod unrecorded;

pub use child::Status;
pub use filters::filters;
pub use finish::{Finished, finish, is_unfinished};
pub use payload::RECORDER_BYTES;
pub use session::{Launch, Outcome, launch};
