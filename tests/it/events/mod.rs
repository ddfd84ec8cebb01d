//! Every call of a program, in order, on every interpreter.

mod between;
mod calls;
mod counts;
mod dialects;
mod ends;
mod exit_status;
mod filtered;
mod formats;
mod frames;
mod goldens;
mod imports;
mod interrupted;
mod lines;
mod raised;
mod shared;
mod snippet;
mod threads;
mod value_lines;
mod values;
mod variables;
