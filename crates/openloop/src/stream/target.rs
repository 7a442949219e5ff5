//! What a stream predicts: the class of a row, real values, or the row itself. What differs between them is here, in answers (`answer.rs`) and their
//! score (`score.rs`), and in the targets seen so far (`history.rs`); all else of a stream is the same for both.

use super::answer::{Answer, Answers, TargetKind, Truth};
use super::pending::PendingRow;
use super::source::Row;
use super::unknown::{UNKNOWN_CLASS, UnknownClasses};
use super::warmup::{ClassList, Warmup};
use crate::data::{TargetUnits, excerpt, is_same_class};
use openloop_core::loss::largest;

/// Deviations of the warm-up's targets that a target may lie from their mean: what is further away is no measured value, and the
/// sums of its squares would hold nothing else.
const MOST_DEVIATIONS: f64 = 1e9;

/// What a stream predicts.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamTarget {
    /// One of these classes.
    Classes(ClassList),
    /// Values with these names and units, which do not change after the warm-up: the network's outputs are in them.
    Values(TargetUnits),
    /// The inputs themselves.
    Inputs(InputTarget),
}

/// The inputs of a row as its targets, and what its label says of it, if it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct InputTarget {
    /// What the inputs are called.
    pub names: Vec<String>,
    /// The labels of normal rows; none where labels are not read.
    pub normal: Vec<String>,
    /// What a row can be.
    outcomes: [String; 2],
}

impl InputTarget {
    /// Of inputs with these names; rows with a label of `normal` are normal, and with any other anomalies.
    pub fn new(names: Vec<String>, normal: Vec<String>) -> Self {
        InputTarget { names, normal, outcomes: ["normal", "anomaly"].map(String::from) }
    }

    /// Whether a row with such a label is an anomaly.
    fn is_anomaly(&self, label: &str) -> bool {
        !self.normal.iter().any(|normal| normal == label || is_same_class(normal, label))
    }
}

impl StreamTarget {
    /// Whether classes or values.
    pub fn kind(&self) -> TargetKind {
        match self {
            StreamTarget::Classes(_) => TargetKind::Classes,
            StreamTarget::Values(_) => TargetKind::Values,
            StreamTarget::Inputs(_) => TargetKind::Inputs,
        }
    }

    /// Outputs of the network.
    pub fn outputs(&self) -> usize {
        match self {
            StreamTarget::Classes(classes) => classes.names().len(),
            StreamTarget::Values(units) => units.names.len(),
            StreamTarget::Inputs(inputs) => inputs.names.len(),
        }
    }

    /// The classes' names, those of free places too; what a row without a target can be; none of values.
    pub fn classes(&self) -> &[String] {
        match self {
            StreamTarget::Classes(classes) => classes.names(),
            StreamTarget::Values(_) => &[],
            StreamTarget::Inputs(inputs) => &inputs.outcomes,
        }
    }

    /// How many classes are known; none of values.
    pub fn known_classes(&self) -> usize {
        match self {
            StreamTarget::Classes(classes) => classes.known(),
            StreamTarget::Values(_) => 0,
            StreamTarget::Inputs(inputs) => inputs.outcomes.len(),
        }
    }

    /// The units of values.
    pub fn units(&self) -> Option<&TargetUnits> {
        match self {
            StreamTarget::Classes(_) | StreamTarget::Inputs(_) => None,
            StreamTarget::Values(units) => Some(units),
        }
    }

    /// Room for the answers of so many predictors.
    pub fn room(&self, predictors: usize) -> Answers {
        match self {
            StreamTarget::Classes(_) | StreamTarget::Inputs(_) => Answers::Classes(vec![0; predictors]),
            StreamTarget::Values(units) => Answers::Values(vec![0.0; predictors * units.names.len()]),
        }
    }

    /// Reads what a row says of its target. A class without an output is noted in `unknown`.
    pub fn read(&mut self, row: &Row, truth: &mut Truth, unknown: &mut UnknownClasses) {
        match self {
            StreamTarget::Classes(_) if row.label.is_empty() => *truth = Truth::Unknown,
            StreamTarget::Classes(classes) => {
                *truth = Truth::Class(classes.find_or_add(&row.label).unwrap_or_else(|| {
                    unknown.note(&row.label);
                    UNKNOWN_CLASS
                }));
            }
            StreamTarget::Values(_) if row.values.is_empty() => *truth = Truth::Unknown,
            StreamTarget::Values(units) => truth.set_values(standardised(units, &row.values)),
            StreamTarget::Inputs(inputs) if row.label.is_empty() || inputs.normal.is_empty() => *truth = Truth::Unknown,
            StreamTarget::Inputs(inputs) => *truth = Truth::Class(u32::from(inputs.is_anomaly(&row.label))),
        }
    }

    /// Why a row's target is none, if it is not: a value that is no finite number or absurdly large, or too many of them.
    pub fn problem(&self, row: &Row) -> Option<String> {
        let StreamTarget::Values(units) = self else { return None };
        if row.values.is_empty() && row.label.is_empty() {
            return None;
        }
        let no_number = |k: usize| {
            let found =
                if row.label.is_empty() { String::new() } else { format!("\"{}\", which is ", excerpt(&row.label)) };
            format!("target \"{}\" is {found}no finite number", excerpt(&units.names[k]))
        };
        if row.values.is_empty() {
            return Some(no_number(0));
        }
        if row.values.len() != units.names.len() {
            return Some(format!("{} targets, where {} are expected", row.values.len(), units.names.len()));
        }
        let bad = standardised(units, &row.values).position(|z| z.is_nan() || z.abs() > MOST_DEVIATIONS)?;
        let (name, value) = (excerpt(&units.names[bad]), row.values[bad]);
        let far =
            || format!("target \"{name}\" is {value:e}, more than a billion deviations from the mean of the warm-up");
        Some(if value.is_finite() { far() } else { no_number(bad) })
    }

    /// What the warm-up says of the target of its row number `row`.
    pub fn of_warmup(&self, warmup: &Warmup, row: usize) -> Truth {
        match self {
            StreamTarget::Classes(classes) => classes.find(&warmup.labels[row]).map_or(Truth::Unknown, Truth::Class),
            StreamTarget::Values(_) if warmup.values[row].is_empty() => Truth::Unknown,
            StreamTarget::Values(units) => Truth::Values(standardised(units, &warmup.values[row]).collect()),
            StreamTarget::Inputs(_) => Truth::Unknown,
        }
    }

    /// Takes the outputs of the network as the first of the answers: a known class with its probability, or values.
    pub fn take_outputs(&self, y: &[f32], row: &mut PendingRow) {
        let StreamTarget::Classes(classes) = self else { return row.answers.set_outputs(0, y) };
        let known = &y[..classes.known()];
        row.answers.set_outputs(0, known);
        row.confidence = known[largest(known)];
    }

    /// The values of the network's answer in their own unit; nothing of classes.
    pub fn restore(&self, answers: &Answers, restored: &mut Vec<f64>) {
        let (StreamTarget::Values(units), Answers::Values(answers)) = (self, answers) else { return };
        restored.clear();
        let each = answers.iter().zip(units.mean.iter().zip(&units.deviation));
        restored.extend(each.map(|(z, (mean, deviation))| z * deviation + mean));
    }

    /// The network's answer to a row, whose values in their own unit are `restored`.
    pub fn answer<'a>(&'a self, row: &PendingRow, restored: &'a [f64]) -> Answer<'a> {
        match (self, &row.answers) {
            (StreamTarget::Classes(classes), Answers::Classes(answers)) => {
                Answer::Class { name: &classes.names()[answers[0] as usize], confidence: row.confidence }
            }
            _ => Answer::Values { names: self.units().map_or(&[], |units| &units.names), values: restored },
        }
    }
}

/// Targets in deviations from their mean.
fn standardised<'a>(units: &'a TargetUnits, values: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    values.iter().zip(units.mean.iter().zip(&units.deviation)).map(|(t, (mean, deviation))| (t - mean) / deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_of_a_row_without_a_target_whether_it_is_normal_and_without_normal_labels_nothing() {
        let of = |normal: &[&str], label: &str| {
            let normal = normal.iter().map(|label| label.to_string()).collect();
            let mut target = StreamTarget::Inputs(InputTarget::new(vec!["heat".into(), "flow".into()], normal));
            let (row, mut truth) = (Row { label: label.into(), ..Row::default() }, Truth::Class(7));
            target.read(&row, &mut truth, &mut UnknownClasses::default());
            assert_eq!((target.outputs(), target.classes().len(), target.problem(&row)), (2, 2, None));
            truth
        };
        assert_eq!([of(&["1", "ok"], "ok"), of(&["1", "ok"], "1.0")], [Truth::Class(0), Truth::Class(0)]);
        assert_eq!(of(&["1", "ok"], "worn"), Truth::Class(1));
        assert_eq!([of(&["1"], ""), of(&[], "worn")], [Truth::Unknown, Truth::Unknown]);
    }

    fn target() -> StreamTarget {
        let names = vec!["heat".to_string(), "flow".into()];
        StreamTarget::Values(TargetUnits { names, mean: vec![20.0, 0.0], deviation: vec![5.0, 1e-3] })
    }

    fn row(values: &[f64]) -> Row {
        Row { values: values.into(), ..Row::default() }
    }

    #[test]
    fn values_are_read_in_deviations_and_told_in_their_own_unit() {
        let (mut target, mut truth) = (target(), Truth::default());
        target.read(&row(&[30.0, -2e-3]), &mut truth, &mut UnknownClasses::default());
        assert_eq!(truth, Truth::Values(vec![2.0, -2.0]));
        let mut answered = PendingRow { answers: target.room(2), ..PendingRow::default() };
        target.take_outputs(&[2.0, -1.0], &mut answered);
        assert_eq!(answered.answers.error(&truth), 0.5);
        let (mut room, names) = (Vec::new(), ["heat".to_string(), "flow".into()]);
        target.restore(&answered.answers, &mut room);
        assert_eq!(target.answer(&answered, &room), Answer::Values { names: &names, values: &[30.0, -1e-3] });
        target.read(&row(&[]), &mut truth, &mut UnknownClasses::default());
        assert!(!truth.is_known());
    }

    #[test]
    fn a_target_that_is_no_number_or_absurd_is_a_problem_and_a_missing_one_is_not() {
        let target = target();
        assert_eq!(target.problem(&row(&[])), None);
        assert_eq!(target.problem(&row(&[1e9, 1e5])), None);
        let named = Row { label: "warm".into(), ..Row::default() };
        assert_eq!(target.problem(&named).unwrap(), "target \"heat\" is \"warm\", which is no finite number");
        for (values, words) in [
            (&[f64::NAN, 0.0][..], "\"heat\" is no finite number"),
            (&[20.0, f64::INFINITY], "\"flow\" is no finite number"),
            (&[1e11, 0.0], "a billion deviations"),
            (&[1.0], "1 targets, where 2 are expected"),
        ] {
            assert!(target.problem(&row(values)).unwrap().contains(words), "{values:?}");
        }
    }
}
