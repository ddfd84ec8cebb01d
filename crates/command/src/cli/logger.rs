//! Log messages on standard error, enabled by `TRUENAME_LOG`.

use std::env;
use std::io::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

const VARIABLE: &str = "TRUENAME_LOG";

struct Logger;

/// Turns logging on where `TRUENAME_LOG` is a level: error, warn, info, debug or trace.
pub fn enable() {
    let level = env::var(VARIABLE).ok();
    let level = level.and_then(|level| level.parse().ok());
    let level = level.unwrap_or(LevelFilter::Off);
    // An error means that there is a logger already.
    if log::set_logger(&Logger).is_ok() {
        log::set_max_level(level);
    }
}

impl Log for Logger {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let level = record.level().as_str().to_ascii_lowercase();
        let _ = writeln!(io::stderr(), "truename: {level}: {}", record.args());
    }

    fn flush(&self) {}
}
