//! `truename conform`: recorders under the goldens, and profiles that are wrong.

mod profiles;
mod recorders;
mod support;
