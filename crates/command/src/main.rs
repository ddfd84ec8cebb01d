//! The `truename` command.

mod cli;

use std::panic;
use std::process::ExitCode;

use cli::Failure;

fn main() -> ExitCode {
    // What Rust would print is of no use to the user: `report` says what is.
    panic::set_hook(Box::new(|info| log::error!("{info}")));
    match panic::catch_unwind(cli::run) {
        Ok(Ok(status)) => ExitCode::from(status),
        Ok(Err(failure)) => report(&failure),
        Err(_) => report(&Failure::new(
            "truename met a situation that it was not made for. This is a bug: please report it, \
             with the command line and what TRUENAME_LOG=debug prints.",
        )),
    }
}

fn report(failure: &Failure) -> ExitCode {
    cli::report(failure);
    ExitCode::from(failure.status())
}
