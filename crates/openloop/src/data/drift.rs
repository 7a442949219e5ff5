//! A generated sensor stream that drifts: what a test needs no file for.
//!
//! A row of class c is x_j = g_j(t) (f_cj + n) + o_j(t): the class's fingerprint f, noise n, and a sensor whose gain g and
//! offset o move with time t. Everything is a function of the seed and the row's number, so any row can be made alone.
//!
//! | how | gain and offset |
//! |---|---|
//! | gradual | move in a straight line from their first values to their last |
//! | abrupt | are drawn anew four times, at equal distances |
//! | recurring | change between two states, five times there and back |

use super::segmented::SegmentedData;
use openloop_core::random::{Purpose, Stream};

/// Values in a row.
pub const FEATURES: usize = 16;
/// Classes.
pub const CLASSES: [&str; 4] = ["a", "b", "c", "d"];
/// Default number of rows.
pub const ROWS: u64 = 10_000;
/// Parts of the stream, of equal length.
pub const SEGMENTS: u64 = 10;
/// States that the sensors can be in.
const STATES: usize = 5;
/// How far gains and offsets wander, in the units in which a fingerprint has deviation 1.
const DISTANCE: f32 = 2.0;
/// The noise's largest value.
const NOISE: f32 = 1.8;

/// How the sensors change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftKind {
    /// All the time, a little.
    #[default]
    Gradual,
    /// Four times, at once.
    Abrupt,
    /// There and back.
    Recurring,
}

openloop_core::named!(DriftKind: "drift" { Gradual = "gradual", Abrupt = "abrupt", Recurring = "recurring" });

/// The generator.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    kind: DriftKind,
    rows: u64,
    seed: u64,
    fingerprints: Vec<f32>,
    /// Gains and offsets of every state, each in -1..1; state 0 is that of new sensors: `[STATES, 2 FEATURES]`.
    sensors: Vec<f32>,
}

impl Drift {
    /// A stream of `rows` rows.
    pub fn new(kind: DriftKind, rows: u64, seed: u64) -> Self {
        let mut fingerprints = vec![0.0; CLASSES.len() * FEATURES];
        // uniform with deviation 1
        Stream::new(seed, Purpose::Data, 0).fill_uniform(0, 3f32.sqrt(), &mut fingerprints);
        let mut sensors = vec![0.0; STATES * 2 * FEATURES];
        Stream::new(seed, Purpose::Data, 3).fill_uniform(0, 1.0, &mut sensors[2 * FEATURES..]);
        Drift { kind, rows, seed, fingerprints, sensors }
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The part that row `number` (from 0) belongs to, counted from 1.
    pub fn segment(&self, number: u64) -> u64 {
        1 + (u128::from(number) * u128::from(SEGMENTS) / u128::from(self.rows.max(1))) as u64
    }

    /// Writes row `number` (from 0) to `out: [FEATURES]` and gives its class.
    pub fn row(&self, number: u64, out: &mut [f32]) -> u32 {
        let class = Stream::new(self.seed, Purpose::Data, 1).below(number, CLASSES.len() as u32);
        Stream::new(self.seed, Purpose::Data, 2).fill_uniform(number * FEATURES as u64, NOISE, out);
        let (before, after, share) = self.state(number);
        let fingerprint = &self.fingerprints[class as usize * FEATURES..][..FEATURES];
        let sensors = |state: usize| self.sensors[state * 2 * FEATURES..][..2 * FEATURES].as_chunks::<2>().0;
        let moves = sensors(before).iter().zip(sensors(after));
        for ((x, f), (from, to)) in out.iter_mut().zip(fingerprint).zip(moves) {
            let [gain, offset] = [0, 1].map(|k| from[k] + share * (to[k] - from[k]));
            *x = (1.0 + 0.4 * gain) * (f + *x) + DISTANCE * offset;
        }
        class
    }

    /// Between which two states of the sensors row `number` lies, and how far from the first.
    fn state(&self, number: u64) -> (usize, usize, f32) {
        let time = number as f64 / self.rows.max(1) as f64;
        match self.kind {
            DriftKind::Gradual => (0, 1, time as f32),
            DriftKind::Abrupt => {
                let state = (5.0 * time) as usize;
                (state, state, 0.0)
            }
            DriftKind::Recurring => {
                let state = (10.0 * time) as usize % 2;
                (state, state, 0.0)
            }
        }
    }

    /// The whole stream in memory.
    pub(super) fn parts(&self) -> SegmentedData {
        let mut parts = SegmentedData::new("drift", CLASSES);
        let mut row = [0.0; FEATURES];
        for number in 0..self.rows {
            let class = self.row(number, &mut row);
            parts.push(&self.segment(number).to_string(), class, row);
        }
        parts
    }
}
