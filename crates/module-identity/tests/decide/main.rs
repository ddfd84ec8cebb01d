//! The procedure, over evidence written by hand: no Python needed.

mod evidence;
mod hand_made;
mod imports;
mod main_program;
mod properties;
