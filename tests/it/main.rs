//! Everything through the front door: the built command, and the library as others call it.

mod cli;
mod conform;
mod context;
mod events;
mod fixture;
mod fuzz;
mod harness;
mod labels;
mod relabel;
mod traces;
mod views;
