//! The table of frames that ends a binary trace. By it a trace says how long it is.

use std::io::{self, Read, Seek, SeekFrom};

/// The last bytes of a table.
const MARK: [u8; 4] = [0xB1, 0xEA, 0x92, 0x8F];
/// The first bytes of a table: those of a frame that a decoder skips.
const SKIPPED: [u8; 4] = 0x184D_2A5E_u32.to_le_bytes();
/// The length of the mark of such a frame and of its size.
const HEAD: u64 = 8;
/// The length of the number of entries, their description and the mark.
const FOOT: u64 = 9;

/// Returns whether bytes end with the mark of a table.
pub fn is_marked(end: u64, begin: u64, input: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mark = MARK.len() as u64;
    Ok(end >= begin + mark && read_at(end - mark, input)? == MARK)
}

/// Returns whether the frames from `begin` on, and the table of exactly these, end at `end`.
pub fn ends_at(end: u64, begin: u64, input: &mut (impl Read + Seek)) -> io::Result<bool> {
    if end < begin + HEAD + FOOT || !is_marked(end, begin, input)? {
        return Ok(false);
    }
    let [a, b, c, d, description] = read_at(end - FOOT, input)?;
    let count = u64::from(u32::from_le_bytes([a, b, c, d]));
    let has_checksums = description & 0x80 != 0;
    let mut entry = [0; 12];
    let entry = &mut entry[..if has_checksums { 12 } else { 8 }];
    let body = count * entry.len() as u64 + FOOT;
    let Some(start) = end.checked_sub(HEAD + body).filter(|it| *it >= begin) else {
        return Ok(false);
    };
    let [mark, size] = [start, start + 4].map(|place| read_at::<4>(place, input));
    if mark? != SKIPPED || u64::from(u32::from_le_bytes(size?)) != body {
        return Ok(false);
    }
    let mut frames = 0;
    for _ in 0..count {
        input.read_exact(entry)?;
        frames += u64::from(u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]));
    }
    Ok(begin + frames == start)
}

/// Returns where the first such table ends, wherever that is.
pub fn first_end(begin: u64, input: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let mut place = begin;
    let mut last = [0; MARK.len()];
    input.seek(SeekFrom::Start(place))?;
    loop {
        let mut byte = [0];
        if input.read(&mut byte)? == 0 {
            return Ok(None);
        }
        place += 1;
        last.rotate_left(1);
        last[MARK.len() - 1] = byte[0];
        if last == MARK {
            if ends_at(place, begin, input)? {
                return Ok(Some(place));
            }
            input.seek(SeekFrom::Start(place))?;
        }
    }
}

fn read_at<const COUNT: usize>(
    place: u64,
    input: &mut (impl Read + Seek),
) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    input.seek(SeekFrom::Start(place))?;
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
