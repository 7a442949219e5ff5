//! The warm-up of a learner as a file, from which it is collected further with the same bits.
//!
//! ```text
//! openloop warm-up 1 LF
//! a JSON object: labels, segment, counts, and the place of its window LF
//! f64, little endian: features [rows, width], values [rows, targets of the row], moments of the window
//! u32, little endian: CRC-32C of all bytes before
//! ```

use super::super::warmup::Warmup;
use crate::data::{CRC32C, WindowPlace};
use serde::{Deserialize, Serialize};
use std::io;

const FIRST_LINE: &[u8] = b"openloop warm-up 1\n";

/// A warm-up as far as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SavedWarmup {
    pub warmup: Warmup,
    /// Rows with which it is tried to end it next; 0 before the first time.
    pub next_try: u64,
    /// Where the window stands, for rows that become windows, and its moments.
    pub window: Option<(WindowPlace, Vec<f64>)>,
}

/// What stands in the JSON object.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Features of a row.
    width: usize,
    labels: Vec<String>,
    /// How many values the target of each row has.
    values: Vec<usize>,
    segment: String,
    bad: u64,
    next_try: u64,
    window: Option<WindowPlace>,
    /// How many numbers the moments of the window are.
    moments: usize,
}

impl SavedWarmup {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let SavedWarmup { warmup, next_try, window } = self;
        let Warmup { features, labels, values, segment, bad } = warmup;
        let moments = window.as_ref().map_or(&[][..], |(_, moments)| moments);
        let head = Head {
            width: features.len() / labels.len().max(1),
            labels: labels.clone(),
            values: values.iter().map(Vec::len).collect(),
            segment: segment.clone(),
            bad: *bad,
            next_try: *next_try,
            window: window.as_ref().map(|(place, _)| place.clone()),
            moments: moments.len(),
        };
        let mut bytes = FIRST_LINE.to_vec();
        serde_json::to_writer(&mut bytes, &head)?;
        bytes.push(b'\n');
        let numbers = features.iter().chain(values.iter().flatten()).chain(moments);
        numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        let checksum = CRC32C.checksum(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// Reads such bytes.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (content, checksum) = bytes.split_last_chunk().ok_or("it is too short")?;
        if CRC32C.checksum(content) != u32::from_le_bytes(*checksum) {
            return Err("its checksum does not fit its content: a byte of it was changed".into());
        }
        let rest = content.strip_prefix(FIRST_LINE).ok_or("it is no warm-up of this version")?;
        let end = memchr::memchr(b'\n', rest).ok_or("it has no description")?;
        let head: Head = serde_json::from_slice(&rest[..end]).map_err(|error| error.to_string())?;
        let (numbers, odd) = rest[end + 1..].as_chunks();
        let mut numbers = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes));
        let rows = head.labels.len();
        let values = head.values.iter().try_fold(0usize, |sum, count| sum.checked_add(*count));
        let counts = [head.width.checked_mul(rows), values, Some(head.moments)];
        let total = counts.into_iter().try_fold(0usize, |sum, count| sum.checked_add(count?));
        if total != Some(numbers.len()) || !odd.is_empty() || head.values.len() != rows {
            return Err("its numbers are not as many as it says".into());
        }
        let features = numbers.by_ref().take(head.width * rows).collect();
        let values = head.values.iter().map(|count| numbers.by_ref().take(*count).collect()).collect();
        let moments: Vec<f64> = numbers.collect();
        let Head { labels, segment, bad, next_try, window, .. } = head;
        let warmup = Warmup { features, labels, values, segment, bad };
        Ok(SavedWarmup { warmup, next_try, window: window.map(|place| (place, moments)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> SavedWarmup {
        let warmup = Warmup {
            features: vec![0.1 + 0.2, f64::MIN_POSITIVE, -0.0, 1e300],
            labels: vec!["a\n\"b\"".into(), String::new()],
            values: vec![vec![f64::INFINITY], Vec::new()],
            segment: "s".into(),
            bad: 3,
        };
        SavedWarmup { warmup, next_try: 7, window: Some((WindowPlace::default(), vec![0.5])) }
    }

    #[test]
    fn a_warmup_comes_back_from_its_file_as_it_was() {
        for saved in [SavedWarmup::default(), example()] {
            assert_eq!(SavedWarmup::from_bytes(&saved.to_bytes().unwrap()).unwrap(), saved);
        }
        let mut missing = example();
        missing.warmup.features[0] = f64::NAN;
        let read = SavedWarmup::from_bytes(&missing.to_bytes().unwrap()).unwrap();
        assert!(read.warmup.features[0].is_nan() && read.warmup.features[1..] == missing.warmup.features[1..]);
    }

    #[test]
    fn a_changed_byte_or_a_cut_end_is_refused() {
        let bytes = example().to_bytes().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(
                SavedWarmup::from_bytes(&changed).is_err() && SavedWarmup::from_bytes(&bytes[..at]).is_err(),
                "{at}"
            );
        }
    }
}
