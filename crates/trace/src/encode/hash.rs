//! Hashes by multiplication.

/// 2⁶⁴ divided by the golden ratio: to multiply by it spreads bits upwards.
pub const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns the place of a hash among so many, by its highest bits; their number is a power of two.
#[inline]
pub const fn place(hash: u64, places: usize) -> usize {
    (hash >> (u64::BITS - places.ilog2())) as usize
}
