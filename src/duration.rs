//! Durations, for people.

use thiserror::Error;

/// A duration in the unit that fits: `850 ns`, `12.3 µs`, `12.3 ms`, `1.23 s`.
pub fn humane(nanoseconds: u64) -> String {
    // Rounded before the unit is chosen, so that there is no `1000.0 µs`.
    let tenths = |unit: u64| nanoseconds.saturating_add(unit / 20) / (unit / 10);
    if nanoseconds < 1_000 {
        return format!("{nanoseconds} ns");
    }
    let microseconds = tenths(1_000);
    if microseconds < 10_000 {
        return format!("{}.{} µs", microseconds / 10, microseconds % 10);
    }
    let milliseconds = tenths(1_000_000);
    if milliseconds < 10_000 {
        return format!("{}.{} ms", milliseconds / 10, milliseconds % 10);
    }
    let hundredths = nanoseconds.saturating_add(5_000_000) / 10_000_000;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}

/// Reads a duration as a person writes it, `300ms`, `1.5s` or `20 us`, in nanoseconds.
///
/// # Errors
///
/// When it is none; the error says how one is written.
pub fn parse(text: &str) -> Result<u64, InvalidDuration> {
    let invalid = || InvalidDuration(text.to_owned());
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_number(c)).ok_or_else(invalid)?;
    let (number, unit) = text.split_at(end);
    let nanoseconds = match unit.trim_start() {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "min" => 60e9,
        _ => return Err(invalid()),
    };
    let number: f64 = number.parse().map_err(|_| invalid())?;
    let product = number * nanoseconds;
    if !product.is_finite() || product >= 1e18 {
        return Err(invalid());
    }
    // Bounded above, and a number without a sign is not negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(product.round() as u64)
}

/// The reason why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is no duration: write 300ms, 1.5s or 20us")]
pub struct InvalidDuration(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_a_number_and_a_unit() {
        assert_eq!(parse("1ms"), Ok(1_000_000));
        assert_eq!(parse("1.5 s"), Ok(1_500_000_000));
        assert_eq!(parse("20us"), parse("20µs"));
        assert_eq!(parse("0.1ms"), Ok(100_000));
        for text in ["", "5", "ms", "-1ms", "1 h", "1..5s", "99999999999min"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_unit_fits() {
        assert_eq!(humane(0), "0 ns");
        assert_eq!(humane(999), "999 ns");
        assert_eq!(humane(1_000), "1.0 µs");
        assert_eq!(humane(12_345), "12.3 µs");
        assert_eq!(humane(999_949), "999.9 µs");
        assert_eq!(humane(999_950), "1.0 ms");
        assert_eq!(humane(12_345_678), "12.3 ms");
        assert_eq!(humane(999_950_000), "1.00 s");
        assert_eq!(humane(75_234_000_000), "75.23 s");
        assert_eq!(humane(u64::MAX), "18446744073.70 s");
    }
}
