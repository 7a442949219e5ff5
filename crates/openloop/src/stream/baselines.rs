//! The baselines beside a network: those that are networks themselves, and what the targets so far say (`history.rs`).

use super::answer::{Answers, Truth};
use super::baseline::Baseline;
use super::history::{TargetCounts, TargetHistory};
use super::linear::{self, LinearState};
use super::row_learner::{RowLearner, RowSizes};
use super::scaling::Standardisation;
use crate::kernels::Fast;
use crate::learner::{Learner, Snapshot};
use crate::settings::{ConfigError, Settings};

/// Some baselines over the same stream.
#[derive(Debug)]
pub struct Baselines {
    list: Vec<(Baseline, Option<RowLearner>)>,
    history: TargetHistory,
    /// How the frozen network's features are scaled.
    scaling: Standardisation,
    /// Room for them.
    frozen_x: Vec<f32>,
}

impl Baselines {
    /// Fresh ones beside a network of these settings, in the same arithmetic. One that learns by the network's own rule is left out, and
    /// so is the linear one where there are too many features.
    ///
    /// # Errors
    /// A network that does not fit.
    pub fn new(
        which: &[Baseline],
        settings: &Settings,
        sizes: RowSizes,
        input_bits: Option<u8>,
    ) -> Result<Self, ConfigError> {
        let own = |which: &Baseline| which.rule() == Some(settings.rule);
        let mut list = Vec::new();
        let too_wide = |which: &Baseline| *which == Baseline::Linear && sizes.shape.size() > linear::MAX_FEATURES;
        for &which in which.iter().filter(|which| !own(which) && !too_wide(which)) {
            let settings = settings_of(which, settings);
            let learner = settings.map(|settings| RowLearner::new(settings, sizes, input_bits)).transpose()?;
            list.push((which, learner));
        }
        let has_linear = list.iter().any(|(which, _)| *which == Baseline::Linear);
        let history = TargetHistory::new(sizes, has_linear);
        let scaling = Standardisation::new(vec![0.0; sizes.shape.size()], vec![1.0; sizes.shape.size()]);
        Ok(Baselines { list, history, scaling, frozen_x: vec![0.0; sizes.shape.size()] })
    }

    /// Those that were saved.
    ///
    /// # Errors
    /// A network that does not fit.
    pub(super) fn from_saved(
        saved: Vec<(Baseline, Option<Snapshot<'static>>)>,
        (counts, linear): (TargetCounts, Option<LinearState>),
        scaling: Standardisation,
        settings: &Settings,
        sizes: RowSizes,
    ) -> Result<Self, ConfigError> {
        let mut list = Vec::new();
        for (which, snapshot) in saved {
            let settings = settings_of(which, settings);
            let learner = settings.zip(snapshot).map(|(own, snapshot)| RowLearner::resume(own, snapshot, sizes.kind));
            list.push((which, learner.transpose()?));
        }
        let history = TargetHistory::of(counts, linear);
        Ok(Baselines { list, history, scaling, frozen_x: vec![0.0; sizes.shape.size()] })
    }

    /// Which there are, in the order of their answers.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.list.iter().map(|(which, _)| which.name())
    }

    /// Each with its network, if it has one.
    pub fn iter(&self) -> impl Iterator<Item = (Baseline, Option<&Learner>)> {
        self.list.iter().map(|(which, learner)| (*which, learner.as_ref().map(RowLearner::learner)))
    }

    /// The targets so far.
    pub fn history(&self) -> &TargetHistory {
        &self.history
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// The position of a baseline's answer.
    pub fn position(&self, which: Baseline) -> Option<usize> {
        self.list.iter().position(|(other, _)| *other == which)
    }

    /// How the frozen network's features are scaled.
    pub fn scaling(&self) -> &Standardisation {
        &self.scaling
    }

    /// The weights and the scaling that the frozen network is frozen with.
    pub fn freeze(&mut self, snapshot: &Snapshot<'_>, scaling: &Standardisation) {
        self.scaling = Standardisation::new(scaling.offset().to_vec(), scaling.scale().to_vec());
        for (which, learner) in &mut self.list {
            if let (Baseline::Frozen, Some(learner)) = (&which, learner) {
                learner.restore(snapshot.clone());
            }
        }
    }

    /// Their answers to a row, whose features are `raw`, and `x` as the network sees them; the first answer is the network's own.
    pub fn predict(&mut self, kernels: &Fast, raw: &[f64], x: &[f32], answers: &mut Answers) {
        for (k, (which, learner)) in (1..).zip(&mut self.list) {
            match (&which, learner) {
                (Baseline::Frozen, Some(learner)) => {
                    self.scaling.apply(raw, &mut self.frozen_x);
                    answers.set_outputs(k, learner.infer(kernels, &self.frozen_x));
                }
                (_, Some(learner)) => answers.set_outputs(k, learner.infer(kernels, x)),
                (which, None) => self.history.answer(**which, x, answers, k),
            }
        }
    }

    /// Shows the target of a row to the baselines without a network.
    pub fn observe(&mut self, x: &[f32], truth: &Truth) {
        self.history.observe(x, truth);
    }

    /// Trains the baselines that have weights to learn.
    pub fn train(&mut self, kernels: &Fast, x: &[f32], truth: &Truth) {
        for (which, learner) in &mut self.list {
            if let (Some(_), Some(learner)) = (which.rule(), learner) {
                learner.learn(kernels, x, truth);
            }
        }
    }
}

/// The settings of a baseline's network, if it has one. Rates are the network's own.
fn settings_of(which: Baseline, settings: &Settings) -> Option<Settings> {
    let rule = match which {
        Baseline::Frozen => settings.rule,
        _ => which.rule()?,
    };
    Some(Settings { rule, ..settings.clone() })
}
