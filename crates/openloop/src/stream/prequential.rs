//! Test, then train: a network that answers every row before it learns from it, and all that is counted on the way.
//!
//! ```text
//! for each row of the warm-up: keep it.  Then: fit the scaling, train for some epochs, freeze a copy;
//!     the detector looks at the network's outcomes on these rows, with which it compares later ones
//! for each row after it:
//!     x = standardised features
//!     y = the network's answer; the baselines answer too
//!     when the row's target comes (now, late, or never):
//!         count who was right, or how far off;  the detector looks at the network's outcome
//!         if it can be learned and the policy should_learn it: learn from (x, target)
//! ```

use super::anomaly::AnomalyState;
use super::answer::{Answer, TargetKind, Truth};
use super::baseline::Baseline;
use super::baselines::Baselines;
use super::budget::{BudgetState, LabelBudget};
use super::detector::{DriftDetector, DriftSignal};
use super::error_scale::ErrorScale;
use super::own_inputs::OwnInputs;
use super::pending::{self, PendingRow, PendingRows};
use super::policy::PolicyState;
use super::received::ReceivedMessages;
use super::row_learner::{self, RowLearner, RowSizes};
use super::scaling::FeatureScaling;
use super::score::Predictors;
use super::setup::StreamSetup;
use super::source::{MessageMark, Row, SourceDescription};
use super::stats::StreamStatistics;
use super::target::StreamTarget;
use super::unknown::{UNKNOWN_CLASS, UnknownClasses};
use super::warmup::Warmup;
use crate::kernels::Fast;
use crate::learner::Learner;
use crate::settings::{ConfigError, Settings};
use openloop_core::Shape;
use openloop_core::random::{Purpose, Stream as Random};
use std::borrow::Cow;

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
    pub(super) target: StreamTarget,
    pub(super) detector: DriftDetector,
    pub(super) error_scale: ErrorScale,
    pub(super) signal: DriftSignal,
    pub(super) policy: PolicyState,
    pub(super) budget: BudgetState,
    pub(super) pending: PendingRows,
    pub(super) received: ReceivedMessages,
    pub(super) stats: StreamStatistics,
    pub(super) unknown: UnknownClasses,
    /// What its rows are compared with, where they have no targets but themselves.
    pub(super) own: Option<OwnInputs>,
    /// The current row, in reused buffers.
    pub(super) current: PendingRow,
    /// Room for the values of its answer in their own unit.
    pub(super) restored: Vec<f64>,
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
        target: StreamTarget,
        source: &SourceDescription,
    ) -> Result<Self, ConfigError> {
        let features = warmup.features.len() / warmup.labels.len().max(1);
        let shape = source.window_shape().unwrap_or_else(|| Shape::flat(features));
        let scaling = FeatureScaling::fit(setup.adaptation, features, &warmup.features);
        let mut x = vec![0.0; warmup.features.len()];
        let bounded = scaling.current().apply(&warmup.features, &mut x);
        let sizes = RowSizes { shape, outputs: target.outputs(), kind: target.kind() };
        let bits = row_learner::input_bits(&settings, &x)?;
        let learner = RowLearner::new(settings, sizes, bits)?;
        let baselines = Baselines::new(&setup.baselines, learner.learner().settings(), sizes, bits)?;
        let mut stream = Prequential::resume(setup, learner, baselines, scaling, target, source.has_segments);
        stream.stats.bounded = bounded;
        match stream.target.kind() {
            TargetKind::Inputs => stream.warm_up_own(kernels, warmup, &x),
            TargetKind::Classes | TargetKind::Values => stream.warm_up(kernels, warmup, &x),
        }
        Ok(stream)
    }

    /// A stream that goes on with a network that has learned already.
    pub fn resume(
        setup: StreamSetup,
        learner: RowLearner,
        baselines: Baselines,
        scaling: FeatureScaling,
        target: StreamTarget,
        has_segments: bool,
    ) -> Self {
        let count = 1 + baselines.count();
        let predictors = Predictors { count, targets: target.units().map_or(0, |units| units.names.len()) };
        let stats = StreamStatistics::new(predictors, target.classes().len(), &setup, has_segments);
        let (answers, x) = (target.room(count), vec![0.0; learner.features()]);
        Prequential {
            setup,
            learner,
            baselines,
            scaling,
            error_scale: ErrorScale::new(target.kind()),
            target,
            detector: DriftDetector::default(),
            signal: DriftSignal::Stable,
            policy: PolicyState::default(),
            budget: BudgetState::default(),
            pending: PendingRows::default(),
            received: ReceivedMessages::default(),
            stats,
            unknown: UnknownClasses::default(),
            own: None,
            current: PendingRow { answers, x, ..PendingRow::default() },
            restored: Vec::new(),
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

    /// What is predicted.
    pub fn target(&self) -> &StreamTarget {
        &self.target
    }

    /// The network.
    pub fn learner(&self) -> &Learner {
        self.learner.learner()
    }

    /// The threshold, the scores and the alarms of a stream without labels.
    pub fn anomaly(&self) -> Option<&AnomalyState> {
        self.own.as_ref().map(|own| &own.state)
    }

    /// The baselines.
    pub fn baselines(&self) -> &Baselines {
        &self.baselines
    }

    /// The network's answer to the last row.
    pub fn answer(&self) -> Answer<'_> {
        let own = self.own.as_ref().map(OwnInputs::answer);
        own.unwrap_or_else(|| self.target.answer(&self.current, &self.restored))
    }

    /// Why a row's target cannot be used, if that is so.
    pub fn target_problem(&self, row: &Row) -> Option<String> {
        self.target.problem(row)
    }

    /// Labels that were asked for within the budget.
    pub fn labels_asked(&self) -> u64 {
        self.budget.asked
    }

    /// How the stream is set up.
    pub fn setup(&self) -> &StreamSetup {
        &self.setup
    }

    /// Rows whose labels are still to come.
    pub fn waiting(&self) -> usize {
        self.pending.len()
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
        let StreamTarget::Classes(classes) = &self.target else { return None };
        let known = classes.shown();
        Some(format!(
            "class \"{label}\" was never seen; known are {known}: its rows are answered, counted as wrong and not learned from; \
             --reserve N of a new stream leaves room for new classes"
        ))
    }

    /// Predicts a row and, if its target is known now, learns from it. A class without an output is counted as wrong. What came out is
    /// [`Prequential::answer`].
    pub fn process_row(&mut self, kernels: &Fast, row: &Row) {
        if let Some(own) = self.own.take() {
            self.process_own(kernels, row, own);
            return self.release_due_rows(kernels);
        }
        let mut current = std::mem::take(&mut self.current);
        self.begin_row(row, &mut current);
        let known_now = self.setup.delay == 0;
        let follow = self.setup.policy.should_follow(self.policy, self.signal);
        self.stats.bounded += self.scaling.apply(&row.features, &mut current.x, follow);
        // where every label is learned from, the network predicts and learns in one pass
        let needs_no_answer = self.setup.policy.is_always() && self.setup.label_budget.is_none();
        let at_once = known_now && needs_no_answer && self.may_learn(&current);
        let y = match at_once {
            true => {
                let truth = training_truth(&current, &self.setup, self.learner.learner(), &self.target);
                self.learner.answer_and_learn(kernels, &current.x, &truth)
            }
            false => self.learner.infer(kernels, &current.x),
        };
        self.target.take_outputs(y, &mut current);
        let seed = self.learner.learner().settings().seed;
        let asks = |budget: LabelBudget| budget.asks(&mut self.budget, seed, row.number, current.confidence);
        current.is_asked = self.setup.label_budget.is_none_or(asks);
        self.target.restore(&current.answers, &mut self.restored);
        self.baselines.predict(kernels, &row.features, &current.x, &mut current.answers);
        match current.truth.is_known() {
            true if known_now => self.score_and_learn(kernels, &current, at_once),
            // a reading that was sent twice is pending already
            false if row.id.is_empty() || self.pending.contains(&row.id) => {}
            _ => self.pending.push(&current),
        }
        self.current = current;
        self.release_due_rows(kernels);
    }

    /// Counts a row that is answered next.
    pub(super) fn begin_row(&mut self, row: &Row, current: &mut PendingRow) {
        self.target.read(row, &mut current.truth, &mut self.unknown);
        (self.stats.row, self.stats.answered) = (row.number, Some(row.number));
        current.number = row.number;
        current.id.clone_from(&row.id);
        current.intervals = [self.stats.segments.begin_row(&row.segment), self.stats.curve.begin_row("")];
        self.stats.total.rows += 1;
    }

    /// Takes the target in `label` for the row with its id; false if no such row is pending.
    pub fn receive_label(&mut self, kernels: &Fast, label: &Row) -> bool {
        let Some(mut row) = self.pending.remove(&label.id) else {
            self.stats.unmatched_labels += 1;
            return false;
        };
        self.target.read(label, &mut row.truth, &mut self.unknown);
        match self.own {
            Some(_) => self.judge_own(&row),
            None => self.score_and_learn(kernels, &row, false),
        }
        self.pending.recycle(row);
        true
    }

    /// Releases pending rows: learns from late labels that are due, drops rows that waited too long.
    fn release_due_rows(&mut self, kernels: &Fast) {
        let most = if self.setup.delay > 0 { self.setup.delay as usize } else { pending::MAX_ROWS };
        while self.pending.len() > most {
            let Some(row) = self.pending.pop() else { return };
            if row.truth.is_known() {
                self.score_and_learn(kernels, &row, false);
            }
            self.pending.recycle(row);
        }
    }

    /// Whether a row's target may be learned from: it is known and not withheld.
    fn may_learn(&self, row: &PendingRow) -> bool {
        row.truth.is_learnable() && row.number.is_multiple_of(self.setup.label_every)
    }

    /// Counts a predicted row whose target is now known, and learns from it, unless it has `learned`, if the policy asks for it.
    fn score_and_learn(&mut self, kernels: &Fast, row: &PendingRow, learned: bool) {
        let frozen = self.baselines.position(Baseline::Frozen).map(|k| 1 + k);
        self.stats.judge(row, frozen);
        if !row.is_asked || !row.number.is_multiple_of(self.setup.label_every) {
            return;
        }
        let truth = training_truth(row, &self.setup, self.learner.learner(), &self.target);
        let error = row.answers.error(&truth);
        let is_large = self.error_scale.is_large(error);
        self.budget.hear(row.confidence, error > 0.0);
        self.look_for_drift(error);
        if !truth.is_learnable() {
            return;
        }
        self.stats.training_labels += 1;
        if self.setup.policy.should_learn(&mut self.policy, self.signal, is_large, row.confidence) {
            if !learned {
                self.learner.learn(kernels, &row.x, &truth);
            }
            self.stats.of_row(row.intervals).for_each(|counts| counts.updates += 1);
        }
        self.baselines.observe(&row.x, &truth);
        self.baselines.train(kernels, &row.x, &truth);
    }

    /// Shows the error of an answer to the detector.
    fn look_for_drift(&mut self, error: f64) {
        let Prequential { error_scale, detector, .. } = self;
        // while the scale of errors is taken there is nothing to tell
        let mut signal = DriftSignal::Stable;
        error_scale.take(error, |outcome| signal = detector.update(outcome));
        self.signal = signal;
        if signal == DriftSignal::Drift {
            self.error_scale.begin_anew(self.target.kind());
            self.stats.note_drift();
        }
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

/// What is learned from a row: its target, or another class where label noise applies. The detector sees that of an unknown class, and
/// nothing learns from it.
fn training_truth<'r>(
    row: &'r PendingRow,
    setup: &StreamSetup,
    learner: &Learner,
    target: &StreamTarget,
) -> Cow<'r, Truth> {
    let Truth::Class(class) = row.truth else { return Cow::Borrowed(&row.truth) };
    let noise = Random::new(learner.settings().seed, Purpose::Noise, 0);
    let known = target.known_classes() as u32;
    let is_as_it_is = class == UNKNOWN_CLASS || setup.label_noise == 0.0 || known < 2;
    if is_as_it_is || noise.unit(2 * row.number) >= setup.label_noise {
        return Cow::Borrowed(&row.truth);
    }
    Cow::Owned(Truth::Class((class + 1 + noise.below(2 * row.number + 1, known - 1)) % known))
}
