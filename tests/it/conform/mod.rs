//! `truename conform`: recorders under the goldens, and profiles that are wrong.

mod adapters;
mod by_hand;
mod profiles;
mod recorders;
mod support;
