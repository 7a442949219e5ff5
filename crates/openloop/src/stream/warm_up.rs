//! How a stream begins: its network is trained on the warm-up, and the detector begins with how well it answers that.

use super::answer::Truth;
use super::prequential::Prequential;
use super::warmup::Warmup;
use crate::kernels::Fast;
use openloop_core::random::{Purpose, Stream as Random};

impl Prequential {
    /// Counts the rows of the warm-up.
    pub(super) fn begin_counts(&mut self, warmup: &Warmup) {
        if !warmup.segment.is_empty() {
            self.stats.warmup.name.clone_from(&warmup.segment);
        }
        self.stats.warmup.counts.rows = warmup.labels.len() as u64;
        self.stats.bad = warmup.bad;
        self.stats.row = warmup.labels.len() as u64 + warmup.bad;
    }

    /// Trains on the warm-up, whose standardised features are `x`, freezes, and counts how well its rows are answered then; the
    /// detector begins with these outcomes.
    pub(super) fn warm_up(&mut self, kernels: &Fast, warmup: &Warmup, x: &[f32]) {
        let width = self.current.x.len();
        let known = |row: usize| Some((row, self.target.of_warmup(warmup, row))).filter(|(_, truth)| truth.is_known());
        let labelled: Vec<(usize, Truth)> = (0..warmup.labels.len()).filter_map(known).collect();
        for epoch in 0..self.setup.warmup_epochs {
            let mut order: Vec<&(usize, Truth)> = labelled.iter().collect();
            Random::new(self.learner().settings().seed, Purpose::Shuffle, epoch).shuffle(&mut order);
            for (row, truth) in order {
                let x = &x[row * width..][..width];
                self.learner.learn(kernels, x, truth);
                self.baselines.train(kernels, x, truth);
            }
        }
        self.baselines.freeze(&self.learner.learner().snapshot(), self.scaling.current());
        self.begin_counts(warmup);
        let (mut errors, mut confidences) = (Vec::with_capacity(labelled.len()), Vec::new());
        for (row, truth) in &labelled {
            let x = &x[row * width..][..width];
            self.target.take_outputs(self.learner.infer(kernels, x), &mut self.current);
            let raw = &warmup.features[row * width..][..width];
            self.baselines.predict(kernels, raw, x, &mut self.current.answers);
            self.baselines.observe(x, truth);
            self.stats.warmup.counts.judge(&self.current.answers, truth);
            errors.push(self.current.answers.error(truth));
            confidences.push(self.current.confidence);
        }
        self.setup.label_budget.iter().for_each(|budget| budget.begin(&mut self.budget, &mut confidences));
        self.error_scale.fit(self.target.kind(), &errors);
        // the warm-up is what later rows are compared with: a drift between the two is signalled; what it signals here is over
        for error in errors {
            self.error_scale.take(error, |outcome| _ = self.detector.update(outcome));
        }
    }
}
