//! Finding out that a spool's writer is gone.

use std::fs;
use std::path::Path;

use super::tail::Tail;
use crate::write::Writer;

/// Returns whether the system says of spools in `folder` when their writers are gone. A system may grant leases
/// and know nothing of mapped files (a container's overlay), so that it is tried, with a spool under a
/// name that ends with `extension`.
pub fn shows_release(folder: &Path, extension: &str) -> bool {
    let file = folder.join(format!("release.{extension}"));
    let is_shown = || {
        let writer = Writer::create(&file).ok()?;
        let tail = Tail::open(&file).ok()?;
        let is_held = !tail.is_released();
        drop(writer);
        Some(is_held && tail.is_released())
    };
    let is_shown = is_shown().unwrap_or(false);
    let _ = fs::remove_file(&file);
    is_shown
}
