//! Test, then train: a network that answers every row before it learns from it, and all that is counted on the way.
//!
//! ```text
//! for each row of the warm-up: keep it.  Then: fit the scaling, train for some epochs, freeze a copy
//! for each row after it:
//!     x = standardised features
//!     y = the network's answer; the baselines answer too
//!     when the row's label comes (now, late, or never):
//!         count who was right;  the detector looks at the network's outcome
//!         if the policy wants it: learn from (x, label)
//! ```

use super::baselines::Baselines;
use super::counts::{Confusion, Interval, Intervals, OutcomeCounts};
use super::detector::{DriftDetector, DriftSignal};
use super::held::{self, PendingQueue, PendingRow};
use super::policy::PolicyState;
use super::row_learner::{self, RowLearner, RowSizes};
use super::scaling::FeatureScaling;
use super::setup::StreamSetup;
use super::source::Row;
use super::warmup::{ClassList, Warmup};
use crate::kernels::Fast;
use crate::learner::Learner;
use crate::settings::{ConfigError, Settings};
use openloop_core::loss::largest;
use openloop_core::random::{Purpose, Stream as Random};
use serde::{Deserialize, Serialize};

/// Rows in a point of the curve, until points are joined.
const POINT: u64 = 20;
/// Points of the curve at most.
const POINTS: usize = 120;
/// Segments at most, where they are so many rows each.
const SEGMENTS: usize = 1000;
/// Drifts whose places are kept.
const DRIFTS: usize = 1000;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The class.
    pub class: u32,
    /// Its probability.
    pub confidence: f32,
}

/// Why a stream cannot go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the network diverged at row {row}: {what} is no longer a number; a smaller --lr may help")]
pub struct StreamDiverged {
    /// The row.
    pub row: u64,
    /// What is no number.
    pub what: &'static str,
}

/// Everything that is counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamStatistics {
    /// The last row that was taken, bad ones too.
    pub row: u64,
    /// Rows that could not be used.
    pub bad: u64,
    /// Labels that came for rows that nobody waits for.
    pub strays: u64,
    /// Labels that the network was allowed to learn from.
    pub taught: u64,
    /// The whole stream after the warm-up.
    pub total: OutcomeCounts,
    /// The warm-up.
    pub warmup: Interval,
    /// The segments after it.
    pub segments: Intervals,
    /// Accuracy over time.
    pub curve: Intervals,
    /// The network's answers by class.
    pub confusion: Confusion,
    /// The frozen network's.
    pub frozen_confusion: Confusion,
    /// The rows after which a drift was signalled, the first thousand of them.
    pub drifts: Vec<u64>,
    /// How often one was.
    pub drift_count: u64,
}

impl StreamStatistics {
    /// Nothing yet.
    pub fn new(answerers: usize, classes: usize, setup: &StreamSetup, has_segments: bool) -> Self {
        let segments = match has_segments {
            true => Intervals::named(answerers),
            false => Intervals::of_size(setup.segment_rows, SEGMENTS, answerers),
        };
        StreamStatistics {
            row: 0,
            bad: 0,
            strays: 0,
            taught: 0,
            total: OutcomeCounts::new(answerers),
            warmup: Interval { name: "warm-up".into(), counts: OutcomeCounts::new(answerers) },
            segments,
            curve: Intervals::of_size(POINT, POINTS, answerers),
            confusion: Confusion::new(classes),
            frozen_confusion: Confusion::new(classes),
            drifts: Vec::new(),
            drift_count: 0,
        }
    }
}

/// A stream under way.
#[derive(Debug)]
pub struct Prequential {
    pub(super) setup: StreamSetup,
    pub(super) learner: RowLearner,
    pub(super) baselines: Baselines,
    pub(super) scaling: FeatureScaling,
    pub(super) classes: ClassList,
    pub(super) detector: DriftDetector,
    pub(super) signal: DriftSignal,
    pub(super) policy: PolicyState,
    pub(super) queue: PendingQueue,
    pub(super) tally: StreamStatistics,
    /// The row at hand, in room that is used again.
    pub(super) current: PendingRow,
}

impl Prequential {
    /// A stream whose warm-up is over.
    ///
    /// # Errors
    /// Settings that do not fit the data.
    pub fn start(
        setup: StreamSetup,
        settings: Settings,
        kernels: &Fast,
        warmup: &Warmup,
        classes: ClassList,
        has_segments: bool,
    ) -> Result<Self, ConfigError> {
        let features = warmup.features.len() / warmup.labels.len().max(1);
        let outputs = classes.names().len();
        let scaling = FeatureScaling::fit(setup.adaptation, features, &warmup.features);
        let mut x = vec![0.0; warmup.features.len()];
        scaling.preprocessing().apply(features, &warmup.features, &mut x);
        let (sizes, bits) = (RowSizes { features, outputs }, row_learner::input_bits(&settings, &x)?);
        let learner = RowLearner::new(settings, sizes, bits)?;
        let baselines = Baselines::new(&setup.baselines, learner.learner().settings(), sizes, bits)?;
        let mut stream = Prequential::with(setup, learner, baselines, scaling, classes, has_segments);
        stream.warm_up(kernels, warmup, &x);
        Ok(stream)
    }

    /// A stream that goes on with a network that has learned already.
    pub fn with(
        setup: StreamSetup,
        learner: RowLearner,
        baselines: Baselines,
        scaling: FeatureScaling,
        classes: ClassList,
        has_segments: bool,
    ) -> Self {
        let (answerers, outputs) = (1 + baselines.count(), classes.names().len());
        let tally = StreamStatistics::new(answerers, outputs, &setup, has_segments);
        let current =
            PendingRow { answers: vec![0; answerers], x: vec![0.0; learner.features()], ..PendingRow::default() };
        Prequential {
            setup,
            learner,
            baselines,
            scaling,
            classes,
            detector: DriftDetector::default(),
            signal: DriftSignal::Stable,
            policy: PolicyState::default(),
            queue: PendingQueue::default(),
            tally,
            current,
        }
    }

    /// What was counted.
    pub fn tally(&self) -> &StreamStatistics {
        &self.tally
    }

    /// What the detector said last.
    pub fn signal(&self) -> DriftSignal {
        self.signal
    }

    /// The classes.
    pub fn classes(&self) -> &ClassList {
        &self.classes
    }

    /// The network.
    pub fn learner(&self) -> &Learner {
        self.learner.learner()
    }

    /// The baselines.
    pub fn baselines(&self) -> &Baselines {
        &self.baselines
    }

    /// The last row's answers: the network's, then the baselines'.
    pub fn answers(&self) -> &[u32] {
        &self.current.answers
    }

    /// How the stream is set up.
    pub fn setup(&self) -> &StreamSetup {
        &self.setup
    }

    /// Rows whose labels are still to come.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Trains on the warm-up, whose standardised features are `x`, freezes, and counts how well its rows are answered then.
    fn warm_up(&mut self, kernels: &Fast, warmup: &Warmup, x: &[f32]) {
        let width = self.current.x.len();
        let label = |(row, name): (usize, &String)| Some((row as u32, self.classes.find(name)?));
        let labelled: Vec<(u32, u32)> = warmup.labels.iter().enumerate().filter_map(label).collect();
        for epoch in 0..self.setup.warmup_epochs {
            let mut order = labelled.clone();
            Random::new(self.learner().settings().seed, Purpose::Shuffle, epoch).shuffle(&mut order);
            for (row, class) in order {
                let x = &x[row as usize * width..][..width];
                self.learner.learn(kernels, x, class);
                self.baselines.train(kernels, x, class);
            }
        }
        self.baselines.freeze(&self.learner.learner().snapshot(), self.scaling.preprocessing());
        if !warmup.segment.is_empty() {
            self.tally.warmup.name.clone_from(&warmup.segment);
        }
        self.tally.warmup.counts.rows = warmup.labels.len() as u64;
        self.tally.bad = warmup.bad;
        self.tally.row = warmup.labels.len() as u64 + warmup.bad;
        for (row, class) in labelled {
            let x = &x[row as usize * width..][..width];
            let own = largest(&self.learner.infer(kernels, x)[..self.classes.known()]) as u32;
            let (first, others) = self.current.answers.split_at_mut(1);
            first[0] = own;
            let raw = &warmup.features[row as usize * width..][..width];
            self.baselines.answer(kernels, raw, x, others);
            self.baselines.see(class);
            judge(&mut self.tally.warmup.counts, &self.current.answers, class);
        }
    }

    /// A bad row came: it is counted, and no more.
    pub fn pass_over(&mut self, number: u64) {
        self.tally.row = number;
        self.tally.bad += 1;
    }

    /// Takes a row whose features are right; says what is wrong with its label.
    ///
    /// # Errors
    /// A class that was never seen where no place is free for it: the row was not used.
    pub fn take(&mut self, kernels: &Fast, row: &Row) -> Result<Prediction, String> {
        let truth = match row.label.is_empty() {
            true => None,
            false => Some(self.class(&row.label)?),
        };
        let known_now = self.setup.delay == 0;
        let lesson = truth.filter(|_| known_now).and_then(|class| self.lesson(row.number, class));
        self.tally.row = row.number;
        let mut current = std::mem::take(&mut self.current);
        current.number = row.number;
        current.id.clone_from(&row.id);
        current.truth = truth;
        current.parts = [self.tally.segments.begin_row(&row.segment), self.tally.curve.begin_row("")];
        self.tally.total.rows += 1;
        self.scaling.apply(&row.features, &mut current.x);
        // where every label is learned from, the network answers and learns in one go
        let at_once = lesson.filter(|_| self.setup.policy.is_always());
        let y = match at_once {
            Some(class) => self.learner.answer_and_learn(kernels, &current.x, class),
            None => self.learner.infer(kernels, &current.x),
        };
        let class = largest(&y[..self.classes.known()]);
        current.confidence = y[class];
        current.answers[0] = class as u32;
        self.baselines.answer(kernels, &row.features, &current.x, &mut current.answers[1..]);
        let answer = Prediction { class: class as u32, confidence: current.confidence };
        match truth {
            Some(truth) if known_now => self.judge(kernels, &current, truth, lesson, at_once.is_some()),
            // a reading that came again waits already
            None if row.id.is_empty() || self.queue.holds(&row.id) => {}
            _ => self.queue.push(&current),
        }
        self.current = current;
        self.let_go(kernels);
        Ok(answer)
    }

    /// A label came for the row called `id`; false if nobody waits for it.
    ///
    /// # Errors
    /// A class that was never seen where no place is free for it.
    pub fn label(&mut self, kernels: &Fast, id: &str, label: &str) -> Result<bool, String> {
        let class = self.class(label)?;
        let Some(held) = self.queue.take(id) else {
            self.tally.strays += 1;
            return Ok(false);
        };
        let lesson = self.lesson(held.number, class);
        self.judge(kernels, &held, class, lesson, false);
        self.queue.give_back(held);
        Ok(true)
    }

    /// Late labels that are due, and rows that have waited too long.
    fn let_go(&mut self, kernels: &Fast) {
        let most = if self.setup.delay > 0 { self.setup.delay as usize } else { held::MOST };
        while self.queue.len() > most {
            let Some(held) = self.queue.pop() else { return };
            if let Some(truth) = held.truth {
                let lesson = self.lesson(held.number, truth);
                self.judge(kernels, &held, truth, lesson, false);
            }
            self.queue.give_back(held);
        }
    }

    fn class(&mut self, label: &str) -> Result<u32, String> {
        self.classes.find_or_add(label).ok_or_else(|| {
            let known = self.classes.names().join(", ");
            let label = crate::data::excerpt(label);
            format!("class \"{label}\" was never seen; known are {known}; --reserve N leaves room for new ones")
        })
    }

    /// The class that the network is taught: none where the label is held back, another where it is made wrong.
    fn lesson(&self, row: u64, class: u32) -> Option<u32> {
        if !row.is_multiple_of(self.setup.label_every) {
            return None;
        }
        let noise = Random::new(self.learner().settings().seed, Purpose::Noise, 0);
        let known = self.classes.known() as u32;
        if self.setup.label_noise == 0.0 || noise.unit(2 * row) >= self.setup.label_noise || known < 2 {
            return Some(class);
        }
        Some((class + 1 + noise.below(2 * row + 1, known - 1)) % known)
    }

    /// The label of an answered row is known.
    fn judge(&mut self, kernels: &Fast, seen: &PendingRow, truth: u32, lesson: Option<u32>, learned: bool) {
        let [segment, point] = seen.parts;
        let StreamStatistics { total, segments, curve, .. } = &mut self.tally;
        let mut counts = [Some(total), segments.part(segment), curve.part(point)];
        counts.iter_mut().flatten().for_each(|counts| judge(counts, &seen.answers, truth));
        self.tally.confusion.add(truth, seen.answers[0]);
        if let Some(frozen) = self.baselines.position(super::Baseline::Frozen) {
            self.tally.frozen_confusion.add(truth, seen.answers[1 + frozen]);
        }
        let Some(lesson) = lesson else { return };
        self.tally.taught += 1;
        let wrong = seen.answers[0] != lesson;
        self.signal = self.detector.update(wrong);
        if self.signal == DriftSignal::Drift {
            self.tally.drift_count += 1;
            if self.tally.drifts.len() < DRIFTS {
                self.tally.drifts.push(self.tally.row);
            }
        }
        if self.setup.policy.wants(&mut self.policy, self.signal, wrong, seen.confidence) {
            if !learned {
                self.learner.learn(kernels, &seen.x, lesson);
            }
            let StreamStatistics { total, segments, curve, .. } = &mut self.tally;
            let counts = [Some(total), segments.part(segment), curve.part(point)];
            counts.into_iter().flatten().for_each(|counts| counts.updates += 1);
        }
        self.baselines.see(lesson);
        self.baselines.train(kernels, &seen.x, lesson);
    }

    /// Looks for anything that a saved stream could not go on from.
    ///
    /// # Errors
    /// What is no number.
    pub fn check_finite(&self) -> Result<(), StreamDiverged> {
        let diverged = |_| StreamDiverged { row: self.tally.row, what: "a weight" };
        self.learner().check_finite().map_err(diverged)
    }
}

fn judge(counts: &mut OutcomeCounts, answers: &[u32], truth: u32) {
    counts.judged += 1;
    counts.right.iter_mut().zip(answers).for_each(|(right, answer)| *right += u64::from(*answer == truth));
}
