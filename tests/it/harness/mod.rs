//! The harness can fail: it is run on what is broken, and has to say so.

#[path = "../../golden/compare.rs"]
mod compare;
mod fixture_script;
mod interpreters;
mod names;
mod recorders;
mod reports;
mod selection;
mod snapshots;
mod support;
mod surroundings;
mod wrong_claims;
