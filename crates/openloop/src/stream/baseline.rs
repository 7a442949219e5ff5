//! What the network is measured against in the same run, so that an easy stream is recognised as such.
//!
//! | baseline | answers with |
//! |---|---|
//! | `frozen` | the network, and its scaling, as they were after the warm-up |
//! | `last-label` | the class of the last row whose label is known: unbeatable where classes come in long runs |
//! | `majority` | the most frequent class so far |
//! | `last-value` | the values of the last row whose target is known |
//! | `mean` | the mean of the values so far |
//! | `linear` | recursive least squares (`linear.rs`) |
//! | `shallow` | the same network whose hidden layers do not learn, its output layer learning from every label |
//! | `bp` | the same network learning by backpropagation from every label |
//!
//! `last-label` and `majority` are of classes, `last-value`, `mean` and `linear` of values; a stream without labels has none.

use super::answer::TargetKind;
use crate::settings::ConfigError;
use crate::settings::names::{self, Named};
use openloop_core::Rule;
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
    LastValue,
    /// See above.
    Mean,
    /// See above.
    Linear,
    /// See above.
    Shallow,
    /// See above.
    Bp,
}

openloop_core::named!(Baseline: "baseline" {
    Frozen = "frozen",
    LastLabel = "last-label",
    Majority = "majority",
    LastValue = "last-value",
    Mean = "mean",
    Linear = "linear",
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

    /// Whether it is one for such targets.
    pub const fn is_for(self, kind: TargetKind) -> bool {
        match self {
            Baseline::LastLabel | Baseline::Majority => matches!(kind, TargetKind::Classes),
            Baseline::LastValue | Baseline::Mean | Baseline::Linear => matches!(kind, TargetKind::Values),
            Baseline::Frozen | Baseline::Shallow | Baseline::Bp => !matches!(kind, TargetKind::Inputs),
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
    /// The baselines that a list asks for, in their order; all those for such targets where nothing was said.
    ///
    /// # Errors
    /// `all` or `none` beside others, or one that is not for such targets.
    pub fn baselines(list: &[BaselineChoice], kind: TargetKind) -> Result<Vec<Baseline>, ConfigError> {
        let fitting = || Baseline::ALL.into_iter().filter(move |baseline| baseline.is_for(kind));
        match list {
            [] | [BaselineChoice::All] => return Ok(fitting().collect()),
            [BaselineChoice::None] => return Ok(Vec::new()),
            _ if list.contains(&BaselineChoice::All) => return Err(not_alone("all")),
            _ if list.contains(&BaselineChoice::None) => return Err(not_alone("none")),
            _ => {}
        }
        let asked = Baseline::ALL.into_iter().filter(|&baseline| list.contains(&BaselineChoice::One(baseline)));
        let asked: Vec<Baseline> = asked.collect();
        match asked.iter().find(|baseline| !baseline.is_for(kind)) {
            Some(other) => Err(ConfigError::OfOtherTargets {
                what: "baselines",
                value: other.name().into(),
                targets: kind.described(),
                instead: fitting().map(Baseline::name).collect::<Vec<_>>().join(", "),
            }),
            None => Ok(asked),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_and_none_stand_alone_in_a_list_of_baselines() {
        let asked = |list: &str| -> Result<Vec<Baseline>, ConfigError> {
            let words: Result<Vec<_>, _> = list.split_terminator(',').map(str::parse).collect();
            BaselineChoice::baselines(&words?, TargetKind::Classes)
        };
        let all = [Baseline::Frozen, Baseline::LastLabel, Baseline::Majority, Baseline::Shallow, Baseline::Bp];
        assert_eq!((asked("").unwrap(), asked("all").unwrap()), (all.into(), all.into()));
        assert_eq!(asked("none").unwrap(), []);
        assert_eq!(asked("bp,frozen,bp").unwrap(), [Baseline::Frozen, Baseline::Bp]);
        assert_eq!(asked("BP,Frozen").unwrap(), [Baseline::Frozen, Baseline::Bp]);
        let known = "all, none, frozen, last-label, majority, last-value, mean, linear, shallow, bp";
        for (list, words) in [
            ("bp,all", "baselines is all beside others, but must be all or none alone, or names".to_string()),
            ("none,bp", "baselines is none beside others, but must be all or none alone, or names".to_string()),
            ("frozen,chance", format!("unknown baseline \"chance\"; known are: {known}")),
            ("frozen,Last", format!("unknown baseline \"Last\"; did you mean \"last-label\"? known are: {known}")),
        ] {
            assert_eq!(asked(list).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn a_baseline_of_other_targets_is_refused_with_those_that_fit() {
        let one = |baseline, kind| BaselineChoice::baselines(&[BaselineChoice::One(baseline)], kind);
        assert_eq!(one(Baseline::Linear, TargetKind::Values).unwrap(), [Baseline::Linear]);
        let refused = one(Baseline::Linear, TargetKind::Classes).unwrap_err().to_string();
        assert!(refused.ends_with("take frozen, last-label, majority, shallow, bp"), "{refused}");
        let refused = one(Baseline::Majority, TargetKind::Values).unwrap_err().to_string();
        assert!(
            refused.contains("majority") && refused.ends_with("take frozen, last-value, mean, linear, shallow, bp")
        );
    }
}
