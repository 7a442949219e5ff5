//! What the network is measured against in the same run, so that an easy stream is recognised as such.
//!
//! | baseline | answers with |
//! |---|---|
//! | `frozen` | the network, and its scaling, as they were after the warm-up |
//! | `last-label` | the class of the last row whose label is known: unbeatable where classes come in long runs |
//! | `majority` | the most frequent class so far |
//! | `shallow` | the same network whose hidden layers do not learn, its output layer learning from every label |
//! | `bp` | the same network learning by backpropagation from every label |

use super::counts::MAX_COUNT;
use super::row_learner::{RowLearner, RowSizes};
use super::scaling::Standardisation;
use crate::kernels::Fast;
use crate::learner::{Learner, Snapshot};
use crate::settings::names::{self, Named};
use crate::settings::{ConfigError, Settings};
use openloop_core::Rule;
use openloop_core::loss::largest;
use serde::{Deserialize, Serialize};

/// A baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// See above.
    Frozen,
    /// See above.
    LastLabel,
    /// See above.
    Majority,
    /// See above.
    Shallow,
    /// See above.
    Bp,
}

openloop_core::named!(Baseline: "baseline" {
    Frozen = "frozen",
    LastLabel = "last-label",
    Majority = "majority",
    Shallow = "shallow",
    Bp = "bp",
});

impl Baseline {
    /// The rule by which it learns, if it does.
    pub const fn rule(self) -> Option<Rule> {
        match self {
            Baseline::Shallow => Some(Rule::Shallow),
            Baseline::Bp => Some(Rule::Bp),
            _ => None,
        }
    }
}

/// One word of a list of baselines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaselineChoice {
    /// `all`, alone
    All,
    /// `none`, alone
    None,
    /// One of them.
    One(Baseline),
}

impl std::str::FromStr for BaselineChoice {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match &*name.to_ascii_lowercase() {
            "all" => Ok(BaselineChoice::All),
            "none" => Ok(BaselineChoice::None),
            lower => lower.parse().map(BaselineChoice::One).map_err(|_| unknown(name)),
        }
    }
}

impl BaselineChoice {
    /// The baselines that a list asks for, in their order; all where nothing was said.
    ///
    /// # Errors
    /// `all` or `none` beside others.
    pub fn baselines(list: &[BaselineChoice]) -> Result<Vec<Baseline>, ConfigError> {
        match list {
            [] | [BaselineChoice::All] => return Ok(Baseline::ALL.into()),
            [BaselineChoice::None] => return Ok(Vec::new()),
            _ if list.contains(&BaselineChoice::All) => return Err(not_alone("all")),
            _ if list.contains(&BaselineChoice::None) => return Err(not_alone("none")),
            _ => {}
        }
        Ok(Baseline::ALL.into_iter().filter(|&baseline| list.contains(&BaselineChoice::One(baseline))).collect())
    }
}

fn not_alone(name: &str) -> ConfigError {
    ConfigError::Range {
        what: "baselines",
        value: format!("{name} beside others"),
        range: "all or none alone, or names",
    }
}

fn unknown(name: &str) -> ConfigError {
    names::unknown(Baseline::WHAT, name, &[&["all", "none"], Baseline::NAMES].concat())
}

/// The labels so far: the last, and the count of each class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelCounts {
    last: u32,
    counts: Vec<u64>,
}

impl LabelCounts {
    /// Whether these are labels of so many classes.
    pub(super) fn fits(&self, classes: usize) -> bool {
        let counts = self.counts.len() == classes && self.counts.iter().all(|count| *count <= MAX_COUNT);
        counts && (self.last as usize) < classes
    }
}

/// Some baselines over the same stream.
#[derive(Debug)]
pub struct Baselines {
    list: Vec<(Baseline, Option<RowLearner>)>,
    labels: LabelCounts,
    /// How the frozen network's features are scaled.
    scaling: Standardisation,
    /// Room for them.
    frozen_x: Vec<f32>,
}

impl Baselines {
    /// Fresh ones beside a network of these settings, in the same arithmetic. One that learns by the network's own rule is left out.
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
        for &which in which.iter().filter(|which| !own(which)) {
            let settings = settings_of(which, settings);
            let learner = settings.map(|settings| RowLearner::new(settings, sizes, input_bits)).transpose()?;
            list.push((which, learner));
        }
        let labels = LabelCounts { last: 0, counts: vec![0; sizes.outputs] };
        let scaling = Standardisation::new(vec![0.0; sizes.shape.size()], vec![1.0; sizes.shape.size()]);
        Ok(Baselines { list, labels, scaling, frozen_x: vec![0.0; sizes.shape.size()] })
    }

    /// Those that were saved.
    ///
    /// # Errors
    /// A network that does not fit.
    pub fn from_saved(
        saved: Vec<(Baseline, Option<Snapshot<'static>>)>,
        labels: LabelCounts,
        scaling: Standardisation,
        settings: &Settings,
        sizes: RowSizes,
    ) -> Result<Self, ConfigError> {
        let mut list = Vec::new();
        for (which, snapshot) in saved {
            let settings = settings_of(which, settings);
            let learner = settings.zip(snapshot).map(|(own, snapshot)| RowLearner::resume(own, snapshot));
            list.push((which, learner.transpose()?));
        }
        Ok(Baselines { list, labels, scaling, frozen_x: vec![0.0; sizes.shape.size()] })
    }

    /// Which there are, in the order of their answers.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.list.iter().map(|(which, _)| which.name())
    }

    /// Each with its network, if it has one.
    pub fn iter(&self) -> impl Iterator<Item = (Baseline, Option<&Learner>)> {
        self.list.iter().map(|(which, learner)| (*which, learner.as_ref().map(RowLearner::learner)))
    }

    /// What the labels so far say.
    pub fn labels(&self) -> &LabelCounts {
        &self.labels
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

    /// Their answers to a row, whose features are `raw`, and `x` as the network sees them.
    pub fn predict(&mut self, kernels: &Fast, raw: &[f64], x: &[f32], answers: &mut [u32]) {
        for ((which, learner), answer) in self.list.iter_mut().zip(answers) {
            *answer = match (&which, learner) {
                (Baseline::Frozen, Some(learner)) => {
                    self.scaling.apply(raw, &mut self.frozen_x);
                    largest(learner.infer(kernels, &self.frozen_x)) as u32
                }
                (_, Some(learner)) => largest(learner.infer(kernels, x)) as u32,
                (Baseline::Majority, None) => {
                    let counts = self.labels.counts.iter().enumerate();
                    counts.max_by_key(|(k, count)| (**count, usize::MAX - k)).map_or(0, |(k, _)| k as u32)
                }
                (_, None) => self.labels.last,
            };
        }
    }

    /// Shows a label to the baselines that only use labels.
    pub fn observe_label(&mut self, label: u32) {
        self.labels.last = label;
        self.labels.counts[label as usize] += 1;
    }

    /// Trains the baselines that have weights to learn.
    pub fn train(&mut self, kernels: &Fast, x: &[f32], label: u32) {
        for (which, learner) in &mut self.list {
            if let (Some(_), Some(learner)) = (which.rule(), learner) {
                learner.learn(kernels, x, label);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_and_none_stand_alone_in_a_list_of_baselines() {
        let asked = |list: &str| -> Result<Vec<Baseline>, ConfigError> {
            let words: Result<Vec<_>, _> = list.split_terminator(',').map(str::parse).collect();
            BaselineChoice::baselines(&words?)
        };
        assert_eq!((asked("").unwrap(), asked("all").unwrap()), (Baseline::ALL.into(), Baseline::ALL.into()));
        assert_eq!(asked("none").unwrap(), []);
        assert_eq!(asked("bp,frozen,bp").unwrap(), [Baseline::Frozen, Baseline::Bp]);
        assert_eq!(asked("BP,Frozen").unwrap(), [Baseline::Frozen, Baseline::Bp]);
        let known = "all, none, frozen, last-label, majority, shallow, bp";
        for (list, words) in [
            ("bp,all", "baselines is all beside others, but must be all or none alone, or names".to_string()),
            ("none,bp", "baselines is none beside others, but must be all or none alone, or names".to_string()),
            ("frozen,chance", format!("unknown baseline \"chance\"; known are: {known}")),
            ("frozen,Last", format!("unknown baseline \"Last\"; did you mean \"last-label\"? known are: {known}")),
        ] {
            assert_eq!(asked(list).unwrap_err().to_string(), words);
        }
    }
}
