//! Durations, for people.

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

#[cfg(test)]
mod tests {
    use super::*;

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
