//! How soon anomalies are flagged: stretches of rows labelled as anomalies, and the rows from the first of a stretch to the first of
//! it that was flagged.

use super::super::score::MAX_COUNT;
use serde::{Deserialize, Serialize};

/// The stretches so far. A row whose label is not known is none of a stretch and does not end it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarms {
    /// How many there were.
    pub stretches: u64,
    /// How many had a flagged row.
    pub found: u64,
    /// The sum of the delays of these, in rows: 0 where the first row was flagged.
    pub delay: u64,
    /// The first row of the stretch under way, and whether it was flagged yet.
    current: Option<(u64, bool)>,
}

impl Alarms {
    /// Takes a row whose label is known.
    pub fn add(&mut self, row: u64, is_anomaly: bool, is_flagged: bool) {
        if !is_anomaly {
            self.current = None;
            return;
        }
        let (first, was_flagged) = self.current.unwrap_or_else(|| {
            self.stretches += 1;
            (row, false)
        });
        if is_flagged && !was_flagged {
            self.found += 1;
            // a late label may come for an earlier row
            self.delay += row.saturating_sub(first);
        }
        self.current = Some((first, was_flagged || is_flagged));
    }

    /// The mean delay of the stretches that had a flagged row; none where none had.
    pub fn mean_delay(&self) -> Option<f64> {
        (self.found > 0).then(|| self.delay as f64 / self.found as f64)
    }

    /// Whether rows can lead to these counts.
    pub(super) fn is_possible(&self) -> bool {
        let Alarms { stretches, found, delay, current } = self;
        let row = current.map_or(0, |(first, _)| first);
        found <= stretches && [*stretches, *delay, row].iter().all(|count| *count <= MAX_COUNT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_found_once_with_the_rows_to_its_first_alarm() {
        let mut alarms = Alarms::default();
        // row, anomaly, flagged: an alarm in a normal row counts for nothing
        let rows = [(1, 0, 1), (2, 1, 0), (3, 1, 0), (4, 1, 1), (5, 1, 1), (6, 0, 0), (7, 1, 0), (8, 0, 1), (9, 1, 1)];
        rows.into_iter().for_each(|(row, anomaly, flagged)| alarms.add(row, anomaly == 1, flagged == 1));
        assert_eq!((alarms.stretches, alarms.found, alarms.delay), (3, 2, 2));
        assert_eq!((alarms.mean_delay(), Alarms::default().mean_delay()), (Some(1.0), None));
        assert!(alarms.is_possible() && !Alarms { found: 4, ..alarms }.is_possible());
    }
}
