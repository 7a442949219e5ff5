//! What the summary of a stream warns of: baselines that are as good as the network.

use super::baseline::Baseline;
use super::linear::MAX_FEATURES;
use super::prequential::Prequential;
use super::score::{ErrorFigures, shown_error};
use crate::settings::names::Named;
use std::collections::BTreeMap;

/// The share of the network's error by which shallow must be better to be told of: less is chance.
const TOLD_GAIN: f64 = 0.01;

/// The figures that are compared: right answers in percent, or errors.
pub(super) struct Compared<'c> {
    pub accuracy: Option<f64>,
    pub judged: u64,
    pub baselines: &'c BTreeMap<String, Option<f64>>,
    pub errors: Option<ErrorFigures>,
    pub baseline_errors: &'c BTreeMap<String, Option<ErrorFigures>>,
}

/// The warnings.
pub(super) fn of(compared: &Compared<'_>, stream: &Prequential) -> Vec<String> {
    let mut warnings = of_classes(compared);
    warnings.extend(of_values(compared));
    let is_asked = stream.setup().baselines.contains(&Baseline::Linear);
    if is_asked && stream.baselines().position(Baseline::Linear).is_none() {
        let features = stream.learner().network().inputs();
        warnings.push(format!(
            "the baseline linear is left out: it takes {MAX_FEATURES} features at most, and a row has {features}"
        ));
    }
    warnings
}

/// Baselines with a smaller mean absolute error than the network's.
fn of_values(compared: &Compared<'_>) -> Vec<String> {
    let Some(own) = compared.errors else { return Vec::new() };
    let better = |(name, figures): (&String, &Option<ErrorFigures>)| {
        let (which, mae) = (Baseline::from_name(name)?, (*figures)?.mae);
        let why = match which {
            Baseline::LastValue => "neighbouring rows have like targets, so errors say little here",
            Baseline::Mean => "the features say nothing of the target that the network has learned",
            Baseline::Linear => "a line is enough here, or the network needs more rows or another --lr",
            Baseline::Shallow => "that the hidden layers learn did not help",
            _ => return None,
        };
        let is_told = mae <= own.mae * if which == Baseline::Shallow { 1.0 - TOLD_GAIN } else { 1.0 };
        let text = format!(
            "{name} has a mean absolute error of {}, the network of {}: {why}",
            shown_error(mae),
            shown_error(own.mae)
        );
        is_told.then_some(text)
    };
    compared.baseline_errors.iter().filter_map(better).collect()
}

/// How far two shares of right answers, in percent of as many rows, may be apart by chance: twice the standard error of their difference,
/// as if each had rows of its own.
fn chance(one: f64, other: f64, rows: u64) -> f64 {
    let variance = |percent: f64| percent * (100.0 - percent) / rows.max(1) as f64;
    2.0 * (variance(one) + variance(other)).sqrt()
}

fn of_classes(compared: &Compared<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let baseline = |name: &str| compared.baselines.get(name).copied().flatten();
    if let (Some(own), Some(last)) = (compared.accuracy, baseline("last-label"))
        && last >= own
    {
        warnings.push(format!(
            "repeating the last label is right in {last:.1} % of the rows, the network in {own:.1} %: the classes come in \
             long runs, so accuracy says little here"
        ));
    }
    if let (Some(own), Some(majority)) = (compared.accuracy, baseline("majority"))
        && majority >= own
    {
        warnings.push(format!(
            "always answering the most frequent class is right in {majority:.1} % of the rows, the network in {own:.1} %"
        ));
    }
    if let (Some(own), Some(shallow)) = (compared.accuracy, baseline("shallow"))
        && shallow > own + chance(shallow, own, compared.judged)
    {
        warnings.push(format!(
            "shallow, whose hidden layers do not learn, is right in {shallow:.1} % of the rows, the network in {own:.1} %: that the \
             hidden layers learn did not help"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(own: f64, shallow: f64, judged: u64) -> bool {
        let baselines = BTreeMap::from([("shallow".to_string(), Some(shallow))]);
        let none = BTreeMap::new();
        let compared =
            Compared { accuracy: Some(own), judged, baselines: &baselines, errors: None, baseline_errors: &none };
        !of_classes(&compared).is_empty()
    }

    #[test]
    fn shallow_is_told_of_where_chance_does_not_explain_that_it_is_better() {
        assert!(told(97.3, 99.5, 5000) && told(94.9, 95.7, 9000));
        assert!(!told(94.9, 95.1, 9000) && !told(90.0, 95.0, 100) && !told(95.0, 94.0, 9000));
    }
}
