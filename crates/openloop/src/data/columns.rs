//! The names of a table's columns and what each of them is, as a model keeps them.

use super::kinds::ColumnKind;
use super::windows::Windows;
use openloop_core::Shape;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The column names of a CSV file. A file without a header gets `column_1`, `column_2`, ...
///
/// Two are equal if their features, their kinds, their windows and their label are; in which order the file had them does not count.
#[derive(Clone, Debug, Default, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// The feature columns, in the order of the features.
    pub features: Vec<String>,
    /// The label column: the first target of a regression.
    pub label: String,
    /// The other targets of a regression.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_labels: Vec<String>,
    /// Whether there is no label column at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_unlabelled: bool,
    /// All columns of the file in its order; empty where that is the features, then the label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    order: Vec<String>,
    /// What each feature column is; empty where all are numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<ColumnKind>,
    /// The column whose rows of the same value belong together: a recording, or what else must lie on one side of a split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// How rows become samples; none where each is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    windows: Option<Windows>,
}

impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        let are_same = self.features == other.features && self.kinds == other.kinds && self.windows == other.windows;
        are_same && self.labels().eq(other.labels())
    }
}

impl Columns {
    /// Columns of a file that has the features first, then the label; all features are numbers.
    pub fn new(features: Vec<String>, label: impl Into<String>) -> Self {
        Columns { features, label: label.into(), ..Columns::default() }
    }

    /// Feature columns alone.
    pub fn without_label(features: Vec<String>) -> Self {
        Columns { features, is_unlabelled: true, ..Columns::default() }
    }

    /// The same columns of rows that belong together by the column `group`, and become these windows.
    pub(super) fn with_windows(self, group: Option<String>, windows: Option<Windows>) -> Self {
        Columns { group, windows, ..self }
    }

    /// The column whose rows of the same value belong together.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// How rows become samples; none where each is one.
    pub fn windows(&self) -> Option<&Windows> {
        self.windows.as_ref()
    }

    /// All label columns, of which only a regression has more than one; none where nothing but features is read.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let first = std::iter::once(&self.label).filter(|_| !self.is_unlabelled);
        first.chain(&self.further_labels).map(String::as_str)
    }

    /// The same feature columns as these kinds, one for each.
    pub(super) fn with_kinds(self, kinds: Vec<ColumnKind>) -> Self {
        let kinds = if kinds.iter().all(|kind| *kind == ColumnKind::Number) { Vec::new() } else { kinds };
        Columns { kinds, ..self }
    }

    /// Those feature columns alone for which there is a kind; the others of the file stay known as columns that are no features.
    pub(super) fn with_kept(self, kinds: Vec<Option<ColumnKind>>) -> Self {
        let order = self.file_order().into_iter().map(String::from).collect::<Vec<_>>();
        let kept = self.features.into_iter().zip(kinds).filter_map(|(name, kind)| Some((name, kind?)));
        let (features, kinds) = kept.unzip();
        let kept = Columns { features, kinds: Vec::new(), ..self };
        kept.in_file(&order).with_kinds(kinds)
    }

    /// The kind of feature column `k`.
    pub fn kind(&self, k: usize) -> &ColumnKind {
        self.kinds.get(k).unwrap_or(&ColumnKind::Number)
    }

    /// Whether a feature column is something else than a number.
    pub fn are_encoded(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// The feature columns with their kinds, in the order of the features.
    pub fn each(&self) -> impl Iterator<Item = (&str, &ColumnKind)> {
        self.features.iter().enumerate().map(|(k, name)| (name.as_str(), self.kind(k)))
    }

    /// How many numbers the feature columns of a row become: the inputs of a network, or the channels of its windows.
    pub fn inputs(&self) -> usize {
        self.each().map(|(_, kind)| kind.inputs()).sum()
    }

    /// How many inputs of a network a sample has: a row, or a window of rows.
    pub fn sample_inputs(&self) -> usize {
        self.windows.as_ref().map_or_else(|| self.inputs(), |windows| windows.values(self.inputs()))
    }

    /// The shape of a sample: a list of values, or for raw windows channels by moments.
    pub fn sample_shape(&self) -> Shape {
        self.windows.as_ref().map_or_else(|| Shape::flat(self.inputs()), |windows| windows.shape(self.inputs()))
    }

    /// The names of a sample's inputs, in their order: `length`, `colour=red`, `colour=blue`, `day: hour, sine`; of a window
    /// `x: moment 0`, `x: moment 1`, or `x: mean`.
    pub fn input_names(&self) -> Vec<String> {
        let names = |(name, kind): (&str, &ColumnKind)| {
            kind.input_names().into_iter().map(|input| format!("{name}{input}")).collect::<Vec<_>>()
        };
        let names: Vec<String> = self.each().flat_map(names).collect();
        self.windows.as_ref().map_or_else(|| names.clone(), |windows| windows.value_names(&names))
    }

    /// What contradicts itself in the kinds and the windows, as those from a file may.
    ///
    /// # Errors
    /// Not as many kinds as feature columns; a column of text without categories, or with one that stands twice; windows of no size.
    pub(crate) fn check_kinds(&self) -> Result<(), String> {
        self.windows.as_ref().map_or(Ok(()), Windows::check)?;
        if !self.kinds.is_empty() && self.kinds.len() != self.features.len() {
            let (kinds, features) = (self.kinds.len(), self.features.len());
            return Err(format!("it has the kinds of {kinds} feature columns, but names {features}"));
        }
        for (name, kind) in self.each() {
            let ColumnKind::Categories(names) = kind.plain() else { continue };
            let different: HashSet<&String> = names.iter().collect();
            if names.is_empty() || different.len() < names.len() {
                return Err(format!("the categories of its column \"{name}\" are none, or one of them stands twice"));
            }
        }
        Ok(())
    }

    /// The same columns of a file that has `all` of these, in this order.
    pub fn in_file(self, all: &[String]) -> Self {
        let usual = self.features.iter().map(String::as_str).chain(self.labels());
        let is_usual = usual.eq(all.iter().map(String::as_str));
        let order = if is_usual { Vec::new() } else { all.to_vec() };
        Columns { order, ..self }
    }

    /// The names of all columns of the file, in its order.
    pub fn file_order(&self) -> Vec<&str> {
        if !self.order.is_empty() {
            return self.order.iter().map(String::as_str).collect();
        }
        let mut order: Vec<&str> = self.features.iter().map(String::as_str).collect();
        if self.is_unlabelled {
            return order;
        }
        // older models tell the place of the label by its name alone
        let number = if self.are_generated() { generated_number(&self.label) } else { None };
        let place = number.map_or(order.len(), |number| order.len().min(number - 1));
        order.insert(place, &self.label);
        order.extend(self.further_labels.iter().map(String::as_str));
        order
    }

    /// Whether the names are those of a file without a header.
    pub fn are_generated(&self) -> bool {
        self.features.iter().all(|name| generated_number(name).is_some())
    }
}

/// The number in a name that a column of a file without a header has.
fn generated_number(name: &str) -> Option<usize> {
    name.strip_prefix("column_")?.parse().ok().filter(|number| *number > 0)
}
