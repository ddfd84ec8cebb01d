//! Names for the `<module>` frames of other tools' profiles, from a trace of the same program.

mod collapsed;
mod edits;
mod error;
mod labels;
mod marshal;
mod pstats;
mod speedscope;
mod tally;
mod viztracer;

pub use error::RelabelError;
pub use labels::{Answer, Labels};
pub use tally::{Relabelled, Tally};

/// Names the frames of a profile; its format shows in its bytes.
///
/// # Errors
///
/// When it has none of the formats, or is damaged.
pub fn relabel(profile: &[u8], labels: &Labels) -> Result<Relabelled, RelabelError> {
    if pstats::is_pstats(profile) {
        return pstats::relabel(profile, labels);
    }
    if let Ok(text) = std::str::from_utf8(profile)
        && text.trim_start().starts_with('{')
    {
        if viztracer::is_viztracer(text) {
            return viztracer::relabel(text, labels);
        }
        return match speedscope::is_speedscope(text) {
            true => speedscope::relabel(text, labels),
            false => Err(RelabelError::Foreign),
        };
    }
    match collapsed::are_collapsed(profile) {
        true => Ok(collapsed::relabel(profile, labels)),
        false => Err(RelabelError::Foreign),
    }
}
