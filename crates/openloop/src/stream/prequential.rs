//! Test, then train: a network that answers every row before it learns from it, and all that is counted on the way.
//!
//! ```text
//! for each row of the warm-up: keep it.  Then: fit the scaling, train for some epochs, freeze a copy;
//!     the detector looks at the network's outcomes on these rows, with which it compares later ones
//! for each row after it:
//!     x = standardised features
//!     y = the network's answer; the baselines answer too
//!     when the row's label comes (now, late, or never):
//!         count who was right;  the detector looks at the network's outcome
//!         if its class is known and the policy should_learn it: learn from (x, label)
//! ```

use super::baselines::Baselines;
use super::counts::OutcomeCounts;
use super::detector::{DriftDetector, DriftSignal};
use super::pending::{self, PendingRow, PendingRows};
use super::policy::PolicyState;
use super::received::ReceivedMessages;
use super::row_learner::{self, RowLearner, RowSizes};
use super::scaling::FeatureScaling;
use super::setup::StreamSetup;
use super::source::{MessageMark, Row, SourceDescription};
use super::stats::StreamStatistics;
use super::unknown::{UNKNOWN_CLASS, UnknownClasses};
use super::warmup::{ClassList, Warmup};
use crate::kernels::Fast;
use crate::learner::Learner;
use crate::settings::{ConfigError, Settings};
use openloop_core::Shape;
use openloop_core::loss::largest;
use openloop_core::random::{Purpose, Stream as Random};

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
    pub(super) pending: PendingRows,
    pub(super) received: ReceivedMessages,
    pub(super) stats: StreamStatistics,
    pub(super) unknown: UnknownClasses,
    /// The current row, in reused buffers.
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
        source: &SourceDescription,
    ) -> Result<Self, ConfigError> {
        let features = warmup.features.len() / warmup.labels.len().max(1);
        let shape = source.window_shape().unwrap_or_else(|| Shape::flat(features));
        let outputs = classes.names().len();
        let scaling = FeatureScaling::fit(setup.adaptation, features, &warmup.features);
        let mut x = vec![0.0; warmup.features.len()];
        let bounded = scaling.current().apply(&warmup.features, &mut x);
        let (sizes, bits) = (RowSizes { shape, outputs }, row_learner::input_bits(&settings, &x)?);
        let learner = RowLearner::new(settings, sizes, bits)?;
        let baselines = Baselines::new(&setup.baselines, learner.learner().settings(), sizes, bits)?;
        let mut stream = Prequential::resume(setup, learner, baselines, scaling, classes, source.has_segments);
        stream.stats.bounded = bounded;
        stream.warm_up(kernels, warmup, &x);
        Ok(stream)
    }

    /// A stream that goes on with a network that has learned already.
    pub fn resume(
        setup: StreamSetup,
        learner: RowLearner,
        baselines: Baselines,
        scaling: FeatureScaling,
        classes: ClassList,
        has_segments: bool,
    ) -> Self {
        let (predictors, outputs) = (1 + baselines.count(), classes.names().len());
        let stats = StreamStatistics::new(predictors, outputs, &setup, has_segments);
        let current =
            PendingRow { answers: vec![0; predictors], x: vec![0.0; learner.features()], ..PendingRow::default() };
        Prequential {
            setup,
            learner,
            baselines,
            scaling,
            classes,
            detector: DriftDetector::default(),
            signal: DriftSignal::Stable,
            policy: PolicyState::default(),
            pending: PendingRows::default(),
            received: ReceivedMessages::default(),
            stats,
            unknown: UnknownClasses::default(),
            current,
        }
    }

    /// What was counted.
    pub fn stats(&self) -> &StreamStatistics {
        &self.stats
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
        self.pending.len()
    }

    /// Trains on the warm-up, whose standardised features are `x`, freezes, and counts how well its rows are answered then; the
    /// detector begins with these outcomes.
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
        self.baselines.freeze(&self.learner.learner().snapshot(), self.scaling.current());
        if !warmup.segment.is_empty() {
            self.stats.warmup.name.clone_from(&warmup.segment);
        }
        self.stats.warmup.counts.rows = warmup.labels.len() as u64;
        self.stats.bad = warmup.bad;
        self.stats.row = warmup.labels.len() as u64 + warmup.bad;
        for (row, class) in labelled {
            let x = &x[row as usize * width..][..width];
            let own = largest(&self.learner.infer(kernels, x)[..self.classes.known()]) as u32;
            let (first, others) = self.current.answers.split_at_mut(1);
            first[0] = own;
            let raw = &warmup.features[row as usize * width..][..width];
            self.baselines.predict(kernels, raw, x, others);
            self.baselines.observe_label(class);
            count_correct(&mut self.stats.warmup.counts, &self.current.answers, class);
            // the warm-up is what later rows are compared with: a drift between the two is signalled; what it signals here is over
            self.detector.update(own != class);
        }
    }

    /// Remembers a message; true, and counted, if it came before and must not be learned from again.
    pub fn is_repeated(&mut self, mark: &MessageMark) -> bool {
        let is_repeated = self.received.is_repeated(mark);
        self.stats.repeated += u64::from(is_repeated);
        is_repeated
    }

    /// Counts a message over the limit, which is a bad row too.
    pub fn skip_large_message(&mut self) {
        self.stats.too_large += 1;
    }

    /// Notes a row that completes no window.
    pub fn pass_row(&mut self, number: u64) {
        self.stats.row = number;
    }

    /// Counts a bad row.
    pub fn skip_row(&mut self, number: u64) {
        self.stats.row = number;
        self.stats.bad += 1;
    }

    /// What to say about a class that has no output, where it came just now for the first time.
    pub fn take_unknown_class(&mut self) -> Option<String> {
        let label = self.unknown.take_new()?;
        let known = self.classes.shown();
        Some(format!(
            "class \"{label}\" was never seen; known are {known}: its rows are answered, counted as wrong and not learned from; \
             --reserve N of a new stream leaves room for new classes"
        ))
    }

    /// Predicts a row and, if its label is known now, learns from it. A class without an output is counted as wrong.
    pub fn process_row(&mut self, kernels: &Fast, row: &Row) -> Prediction {
        let truth = (!row.label.is_empty()).then(|| self.class_number(&row.label));
        let known_now = self.setup.delay == 0;
        let training_label = truth.filter(|_| known_now).and_then(|class| self.training_label(row.number, class));
        (self.stats.row, self.stats.answered) = (row.number, Some(row.number));
        let mut current = std::mem::take(&mut self.current);
        current.number = row.number;
        current.id.clone_from(&row.id);
        current.truth = truth;
        current.intervals = [self.stats.segments.begin_row(&row.segment), self.stats.curve.begin_row("")];
        self.stats.total.rows += 1;
        let follow = self.setup.policy.should_follow(self.policy, self.signal);
        self.stats.bounded += self.scaling.apply(&row.features, &mut current.x, follow);
        // where every label is learned from, the network predicts and learns in one pass
        let at_once = training_label.filter(|class| *class != UNKNOWN_CLASS && self.setup.policy.is_always());
        let y = match at_once {
            Some(class) => self.learner.answer_and_learn(kernels, &current.x, class),
            None => self.learner.infer(kernels, &current.x),
        };
        let class = largest(&y[..self.classes.known()]);
        current.confidence = y[class];
        current.answers[0] = class as u32;
        self.baselines.predict(kernels, &row.features, &current.x, &mut current.answers[1..]);
        let answer = Prediction { class: class as u32, confidence: current.confidence };
        match truth {
            Some(truth) if known_now => {
                self.score_and_learn(kernels, &current, truth, training_label, at_once.is_some())
            }
            // a reading that was sent twice is pending already
            None if row.id.is_empty() || self.pending.contains(&row.id) => {}
            _ => self.pending.push(&current),
        }
        self.current = current;
        self.release_due_rows(kernels);
        answer
    }

    /// Takes a label for the row with this id; false if no such row is pending.
    pub fn receive_label(&mut self, kernels: &Fast, id: &str, label: &str) -> bool {
        let Some(row) = self.pending.remove(id) else {
            self.stats.unmatched_labels += 1;
            return false;
        };
        let class = self.class_number(label);
        let training_label = self.training_label(row.number, class);
        self.score_and_learn(kernels, &row, class, training_label, false);
        self.pending.recycle(row);
        true
    }

    /// Releases pending rows: learns from late labels that are due, drops rows that waited too long.
    fn release_due_rows(&mut self, kernels: &Fast) {
        let most = if self.setup.delay > 0 { self.setup.delay as usize } else { pending::MAX_ROWS };
        while self.pending.len() > most {
            let Some(row) = self.pending.pop() else { return };
            if let Some(truth) = row.truth {
                let training_label = self.training_label(row.number, truth);
                self.score_and_learn(kernels, &row, truth, training_label, false);
            }
            self.pending.recycle(row);
        }
    }

    /// The number of a class, or that of none.
    fn class_number(&mut self, label: &str) -> u32 {
        self.classes.find_or_add(label).unwrap_or_else(|| {
            self.unknown.note(label);
            UNKNOWN_CLASS
        })
    }

    /// The training label: none where the label is withheld, another class where label noise applies; the detector sees that of an
    /// unknown class, and nothing learns from it.
    fn training_label(&self, row: u64, class: u32) -> Option<u32> {
        if !row.is_multiple_of(self.setup.label_every) {
            return None;
        }
        let noise = Random::new(self.learner().settings().seed, Purpose::Noise, 0);
        let known = self.classes.known() as u32;
        if class == UNKNOWN_CLASS
            || self.setup.label_noise == 0.0
            || noise.unit(2 * row) >= self.setup.label_noise
            || known < 2
        {
            return Some(class);
        }
        Some((class + 1 + noise.below(2 * row + 1, known - 1)) % known)
    }

    /// Counts a predicted row whose label is now known, and learns from it if the policy asks for it.
    fn score_and_learn(
        &mut self,
        kernels: &Fast,
        row: &PendingRow,
        truth: u32,
        training_label: Option<u32>,
        learned: bool,
    ) {
        let [segment, point] = row.intervals;
        let StreamStatistics { total, segments, curve, .. } = &mut self.stats;
        let mut counts = [Some(total), segments.counts_mut(segment), curve.counts_mut(point)];
        counts.iter_mut().flatten().for_each(|counts| count_correct(counts, &row.answers, truth));
        let frozen = self.baselines.position(super::Baseline::Frozen);
        if truth == UNKNOWN_CLASS {
            self.stats.unknown_class += 1;
        } else {
            self.stats.confusion.add(truth, row.answers[0]);
            frozen.iter().for_each(|frozen| self.stats.frozen_confusion.add(truth, row.answers[1 + frozen]));
        }
        let Some(training_label) = training_label else { return };
        let wrong = row.answers[0] != training_label;
        self.signal = self.detector.update(wrong);
        if self.signal == DriftSignal::Drift {
            self.stats.drift_count += 1;
            if self.stats.drifts.len() < DRIFTS {
                self.stats.drifts.push(self.stats.row);
            }
        }
        if training_label == UNKNOWN_CLASS {
            return;
        }
        self.stats.training_labels += 1;
        if self.setup.policy.should_learn(&mut self.policy, self.signal, wrong, row.confidence) {
            if !learned {
                self.learner.learn(kernels, &row.x, training_label);
            }
            let StreamStatistics { total, segments, curve, .. } = &mut self.stats;
            let counts = [Some(total), segments.counts_mut(segment), curve.counts_mut(point)];
            counts.into_iter().flatten().for_each(|counts| counts.updates += 1);
        }
        self.baselines.observe_label(training_label);
        self.baselines.train(kernels, &row.x, training_label);
    }

    /// Checks that all weights are finite numbers.
    ///
    /// # Errors
    /// What is no number.
    pub fn check_finite(&self) -> Result<(), StreamDiverged> {
        let diverged = |_| StreamDiverged { row: self.stats.row, what: "a weight" };
        self.learner().check_finite().map_err(diverged)
    }
}

fn count_correct(counts: &mut OutcomeCounts, answers: &[u32], truth: u32) {
    counts.judged += 1;
    counts.right.iter_mut().zip(answers).for_each(|(right, answer)| *right += u64::from(*answer == truth));
}
