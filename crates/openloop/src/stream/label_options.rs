//! The options of a stream for whose rows not all labels can be had.

use super::answer::TargetKind;
use super::budget::{LabelBudget, LabelChoice};
use crate::settings::ConfigError;
use crate::settings::ranges::within;
#[cfg(feature = "clap")]
use crate::settings::{headings, names};

/// What can be asked of the labels of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct LabelOptions {
    /// Share of the rows whose labels are asked for [default: 1]
    ///
    /// The others are for judging. Which ones are asked for, --ask says.
    #[cfg_attr(feature = "clap", arg(long, value_name = "SHARE", help_heading = headings::LEARNING, allow_negative_numbers = true))]
    pub label_budget: Option<f32>,
    /// Which labels --label-budget asks for
    ///
    /// uncertain: those of the rows of whose answers the network is least sure, and now and then another. random: any. [default: uncertain, for
    /// measured values random]
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", help_heading = headings::LEARNING, hide_short_help = true, value_parser = names::flag::<LabelChoice>()))]
    pub ask: Option<LabelChoice>,
}

impl LabelOptions {
    /// The budget; none where every label is asked for.
    ///
    /// # Errors
    /// A share out of range, a choice without one, or one that makes no sense of the targets.
    pub fn budget(&self, kind: TargetKind, label_every: u64) -> Result<Option<LabelBudget>, ConfigError> {
        let share = self.label_budget.unwrap_or(1.0);
        let share = within(share > 0.0 && share <= 1.0, "label-budget", share, "above 0 and at most 1")?;
        within(share == 1.0 || label_every == 1, "label-every", label_every, "1 with --label-budget")?;
        let usual = if kind == TargetKind::Values { LabelChoice::Random } else { LabelChoice::Uncertain };
        let choice = self.ask.unwrap_or(usual);
        if kind == TargetKind::Values && choice == LabelChoice::Uncertain {
            let (value, targets) = (choice.to_string(), kind.described());
            return Err(ConfigError::OfOtherTargets { what: "ask", value, targets, instead: "random".into() });
        }
        Ok((share < 1.0).then_some(LabelBudget { share, choice }))
    }
}
