//! Scripts with which shells complete the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::CommandLine;
use super::failure::Result;
use super::output::print;

/// Prints the script of a shell.
pub fn print_script(shell: Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "truename", &mut script);
    print(|out| out.write_all(&script))
}
