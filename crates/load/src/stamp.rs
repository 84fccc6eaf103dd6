//! The stamp at the start of an update's `data`, by which a delivery is told apart from all others, timed and checked for
//! damage without parsing anything else. Not for finding the planned update that it names: that is [`crate::plan::Plan`].
//!
//! ```text
//! assay1 3f2a9c0d11e4b757 0001 0000002a 00000000004c4b40 9d1c66a0 5be1f3d2 ....
//!        run id           publ sequence planned instant  of stamp of data  filler
//! ```
//!
//! Fixed place and width, lower-case hexadecimal, no line break: it survives SSE and any JSON string. Two checksums (CRC-32): one
//! of the stamp alone, so that a damaged delivery is attributed only when its stamp is whole, and one of all of `data`.

use crate::clock::Micros;

/// The length of the stamp, and so the least a payload may have.
pub const STAMP_BYTES: usize = 72;

const MAGIC: &[u8; 7] = b"assay1 ";
const RUN_ID: usize = 7;
const PUBLISHER: usize = 24;
const SEQUENCE: usize = 29;
const PLANNED_AT: usize = 38;
const STAMP_CHECKSUM: usize = 55;
const DATA_CHECKSUM: usize = 64;
const BLANKS: [usize; 5] = [23, 28, 37, 54, 63];

/// What an update says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The run that it belongs to.
    pub run_id: u64,
    /// Who published it.
    pub publisher: u16,
    /// Which of its publisher's updates, from 0.
    pub sequence: u32,
    /// I: when it was planned.
    pub planned_at: Micros,
}

/// Why `data` is not a whole stamped payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// It does not begin as a stamp does: not one of ours, or damaged in its first bytes.
    #[error("not a stamped update")]
    Foreign,
    /// It was changed on the way; the stamp, when that is whole.
    #[error("a stamped update that was changed on the way")]
    Corrupt(Option<Stamp>),
}

impl Stamp {
    /// Appends a payload of `payload_bytes` (at least [`STAMP_BYTES`]) that begins with this stamp; the filler differs
    /// from update to update, so that a cut or swapped tail shows.
    pub fn write(&self, out: &mut Vec<u8>, payload_bytes: usize) {
        let start = out.len();
        out.resize(start + payload_bytes.max(STAMP_BYTES), b' ');
        let data = &mut out[start..];
        data[..RUN_ID].copy_from_slice(MAGIC);
        write_hex(&mut data[RUN_ID..RUN_ID + 16], self.run_id);
        write_hex(
            &mut data[PUBLISHER..PUBLISHER + 4],
            u64::from(self.publisher),
        );
        write_hex(&mut data[SEQUENCE..SEQUENCE + 8], u64::from(self.sequence));
        write_hex(&mut data[PLANNED_AT..PLANNED_AT + 16], self.planned_at.0);
        let of_stamp = crc32fast::hash(&data[..STAMP_CHECKSUM]);
        write_hex(
            &mut data[STAMP_CHECKSUM..STAMP_CHECKSUM + 8],
            u64::from(of_stamp),
        );
        fill(&mut data[STAMP_BYTES..], of_stamp);
        let of_data = data_checksum(data);
        write_hex(&mut data[DATA_CHECKSUM..STAMP_BYTES], u64::from(of_data));
    }

    /// Reads the stamp at the start of `data` and checks all of it.
    pub fn read(data: &[u8]) -> Result<Self, StampError> {
        if !data.starts_with(MAGIC) {
            return Err(StampError::Foreign);
        }
        let Some(stamp) = Self::read_whole(data) else {
            return Err(StampError::Corrupt(None));
        };
        if read_hex(&data[DATA_CHECKSUM..STAMP_BYTES]) == Some(u64::from(data_checksum(data))) {
            Ok(stamp)
        } else {
            Err(StampError::Corrupt(Some(stamp)))
        }
    }

    fn read_whole(data: &[u8]) -> Option<Self> {
        if data.len() < STAMP_BYTES || BLANKS.iter().any(|&at| data[at] != b' ') {
            return None;
        }
        let checksum = read_hex(&data[STAMP_CHECKSUM..STAMP_CHECKSUM + 8])?;
        if checksum != u64::from(crc32fast::hash(&data[..STAMP_CHECKSUM])) {
            return None;
        }
        Some(Self {
            run_id: read_hex(&data[RUN_ID..RUN_ID + 16])?,
            publisher: u16::try_from(read_hex(&data[PUBLISHER..PUBLISHER + 4])?).ok()?,
            sequence: u32::try_from(read_hex(&data[SEQUENCE..SEQUENCE + 8])?).ok()?,
            planned_at: Micros(read_hex(&data[PLANNED_AT..PLANNED_AT + 16])?),
        })
    }
}

/// Over all of `data` but the place where the checksum itself stands.
fn data_checksum(data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&data[..DATA_CHECKSUM]);
    hasher.update(&data[STAMP_BYTES..]);
    hasher.finalize()
}

fn write_hex(place: &mut [u8], mut value: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

/// Only what [`write_hex`] writes: upper case would be a change on the way.
fn read_hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, digit| {
        let nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(nibble))
    })
}

/// Letters from a small generator: cheap, and nothing that JSON or SSE would escape.
fn fill(place: &mut [u8], seed: u32) {
    let mut state = u64::from(seed) | 1 << 32;
    for byte in place {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *byte = b'a' + ((state >> 33) % 26) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_stamp() -> impl Strategy<Value = Stamp> {
        (any::<u64>(), any::<u16>(), any::<u32>(), any::<u64>()).prop_map(
            |(run_id, publisher, sequence, planned_at)| Stamp {
                run_id,
                publisher,
                sequence,
                planned_at: Micros(planned_at),
            },
        )
    }

    fn payload(stamp: Stamp, bytes: usize) -> Vec<u8> {
        let mut data = Vec::new();
        stamp.write(&mut data, bytes);
        data
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(stamp in any_stamp(), bytes in 0_usize..600) {
            let data = payload(stamp, bytes);
            prop_assert_eq!(data.len(), bytes.max(STAMP_BYTES));
            prop_assert!(data.iter().all(|byte| (b' '..=b'~').contains(byte)));
            prop_assert_eq!(Stamp::read(&data), Ok(stamp));
        }

        #[test]
        fn any_changed_byte_is_noticed_and_never_misattributed(
            stamp in any_stamp(), bytes in 72_usize..300, place in any::<prop::sample::Index>(), flip in 1_u8..=255,
        ) {
            let mut data = payload(stamp, bytes);
            let at = place.index(data.len());
            data[at] ^= flip;
            let expected = match at {
                0..RUN_ID => StampError::Foreign,
                RUN_ID..DATA_CHECKSUM => StampError::Corrupt(None),
                _ => StampError::Corrupt(Some(stamp)),
            };
            prop_assert_eq!(Stamp::read(&data), Err(expected));
        }

        #[test]
        fn a_cut_or_longer_payload_is_corrupt(stamp in any_stamp(), bytes in 80_usize..300, cut in 1_usize..8) {
            let mut data = payload(stamp, bytes);
            data.truncate(bytes - cut);
            prop_assert_eq!(Stamp::read(&data), Err(StampError::Corrupt(Some(stamp))));
            let mut data = payload(stamp, bytes);
            data.resize(bytes + cut, b'x');
            prop_assert_eq!(Stamp::read(&data), Err(StampError::Corrupt(Some(stamp))));
        }

        #[test]
        fn any_bytes_are_read_without_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Stamp::read(&data);
            let _ = Stamp::read(&[MAGIC.as_slice(), &data].concat());
        }
    }

    #[test]
    fn what_is_not_ours_is_foreign() {
        for data in [&b""[..], b"{}", b"assay2 ", b"ASSAY1 0000"] {
            assert_eq!(Stamp::read(data), Err(StampError::Foreign), "{data:?}");
        }
        assert_eq!(Stamp::read(b"assay1 "), Err(StampError::Corrupt(None)));
    }
}
