//! Options of commands about this machine.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// List the interpreters that were found, and why each can or cannot be recorded
#[derive(Debug, Args)]
pub struct PythonsArguments {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Print a script with which a shell completes truename's commands and options
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  source <(truename completions bash)                       for this shell
  truename completions bash > ~/.local/share/bash-completion/completions/truename
  truename completions fish > ~/.config/fish/completions/truename.fish
  truename completions zsh > FOLDER/_truename               a folder of zsh's $fpath")]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Write the man pages, one for truename and one for each command, and print their paths
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename man                        then `man truename-run`
  truename man /usr/local/share/man/man1")]
pub struct ManArguments {
    /// The folder; the man1 of ~/.local/share/man when it is left out
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}
