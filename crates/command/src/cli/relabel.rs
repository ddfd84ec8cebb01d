//! The command that names the frames of other tools' profiles.

use std::fs;
use std::io::{self, Write};

use truename::imports::typical_run;
use truename::relabel::{Labels, RelabelError};

use super::arguments::RelabelArguments;
use super::failure::{Failure, Result};
use super::output::write_bytes;
use super::views::read;

pub fn relabel(arguments: &RelabelArguments) -> Result<u8> {
    let runs = read(&arguments.trace)?;
    let labels = Labels::of(typical_run(&runs));
    let shown = arguments.profile.display();
    let profile = fs::read(&arguments.profile).map_err(|error| {
        Failure::usage(format!("cannot read {shown}: {error}. Name a profile."))
    })?;
    let relabelled = truename::relabel::relabel(&profile, &labels).map_err(|error| {
        let advice = match error {
            RelabelError::Foreign => "docs/relabel.md has a command for each.",
            RelabelError::Pstats(_) | RelabelError::Json { .. } => "Make the profile again.",
        };
        Failure::new(format!(
            "cannot name the frames of {shown}: {error}. {advice}"
        ))
    })?;
    match &arguments.out {
        Some(out) => fs::write(out, &relabelled.bytes).map_err(|error| {
            Failure::new(format!(
                "cannot write {}: {error}. Name another file with --out.",
                out.display()
            ))
        })?,
        None => write_bytes(&relabelled.bytes)?,
    }
    // Nobody can hear of an error here.
    let _ = writeln!(io::stderr(), "truename: {}", relabelled.tally);
    Ok(0)
}
