//! Where a model fails and what it looks at: its worst rows, and how much worse it gets when a column is shuffled.

use super::super::evaluation::Evaluation;
use super::super::model::Model;
use crate::data::{Columns, Features, Split, Targets};
use crate::kernels::Fast;
use openloop_core::Error;
use openloop_core::loss::largest;
use openloop_core::random::{Purpose, Stream};
use serde::{Deserialize, Serialize};

/// Rows that are told.
const WORST_ROWS: usize = 12;
/// Columns at most that are shuffled: images and spectra have none whose loss means something on its own.
const MOST_COLUMNS: usize = 200;
/// How often each column is shuffled.
const REPEATS: u32 = 5;

/// Where a model fails and what it looks at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// The rows with the largest loss, the worst first.
    pub worst: Vec<WorstRow>,
    /// The columns by what shuffling them costs, the costliest first; empty where there are more than 200.
    pub importance: Vec<Importance>,
}

/// A row with a large loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstRow {
    /// Its number among the rows that were tested, from 1 on.
    pub row: usize,
    /// Its class or its measured value.
    pub truth: String,
    /// What was answered.
    pub answer: String,
    /// The probability, in percent, that its class was given; none for measured values.
    pub probability: Option<f64>,
    /// Its features, as they stand in the data; NaN where one is missing.
    pub values: Vec<f64>,
}

/// What shuffling a column over the rows costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The column.
    pub column: String,
    /// How much larger the error is, in percentage points, or the root mean squared error of measured values, on the average of five
    /// shuffles; about 0, or below, where the model does not use the column (Breiman 2001; Fisher, Rudin and Dominici 2019).
    pub increase: f64,
}

impl Examination {
    /// Of a model on rows that it did not learn from.
    ///
    /// # Errors
    /// Rows that are not the model's.
    pub fn of_rows(model: &Model, kernels: &Fast, rows: &Split) -> Result<Self, Error> {
        let answers = model.answers(kernels, rows)?;
        Ok(Examination { worst: worst(model, &answers, rows), importance: importance(model, kernels, rows)? })
    }
}

/// The rows with the largest loss.
fn worst(model: &Model, answers: &[f32], rows: &Split) -> Vec<WorstRow> {
    let outputs = model.about().outputs;
    let row = |k: usize| &answers[k * outputs..(k + 1) * outputs];
    let share = |k: usize, class: u32| {
        let sum: f64 = row(k).iter().map(|y| f64::from(y.max(0.0))).sum();
        f64::from(row(k)[class as usize]) / if sum > 0.0 { sum } else { 1.0 }
    };
    let loss = |k: usize| match &rows.targets {
        Targets::Labels(labels) => -share(k, labels[k]),
        Targets::Values(values) => {
            row(k).iter().zip(&values[k * outputs..]).map(|(y, t)| f64::from(y - t).powi(2)).sum()
        }
    };
    let mut order: Vec<(f64, usize)> = (0..rows.len()).map(|k| (loss(k), k)).collect();
    order.sort_by(|(a, k), (b, l)| b.total_cmp(a).then(k.cmp(l)));
    let about = model.about();
    let shown = |values: &[f32]| match &about.units {
        Some(units) => units.restored(values).iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(", "),
        None => values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(", "),
    };
    let told = |k: usize| {
        let (truth, answer, probability) = match &rows.targets {
            Targets::Labels(labels) => {
                let name = |class: usize| about.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
                (name(labels[k] as usize), name(largest(row(k))), Some(100.0 * share(k, labels[k])))
            }
            Targets::Values(values) => (shown(&values[k * outputs..(k + 1) * outputs]), shown(row(k)), None),
        };
        WorstRow { row: k + 1, truth, answer, probability, values: raw(model, rows, k) }
    };
    order.into_iter().take(WORST_ROWS).map(|(_, k)| told(k)).collect()
}

/// The features of a row as they stand in the data.
fn raw(model: &Model, rows: &Split, row: usize) -> Vec<f64> {
    let size = model.about().features();
    let own = row * size..(row + 1) * size;
    let values: Vec<f32> = match &rows.features {
        Features::Bytes(bytes) => bytes[own].iter().map(|value| f32::from(*value)).collect(),
        Features::Floats(floats) => floats[own].to_vec(),
        Features::Lent(lent) => {
            let mut values = vec![0.0; size];
            lent.copy_row(row as u32, &mut values);
            values
        }
    };
    let origin = model.preprocessing().origin.iter().copied().chain(std::iter::repeat(0.0));
    values.into_iter().zip(origin).map(|(x, origin)| f64::from(x) + origin).collect()
}

/// What shuffling each column costs.
fn importance(model: &Model, kernels: &Fast, rows: &Split) -> Result<Vec<Importance>, Error> {
    let columns = columns(model);
    let figure = |judged: Evaluation| match (&model.about().units, model.about().classes.is_empty()) {
        (_, false) => judged.error(),
        (units, true) => judged.rmse(units.as_ref()).unwrap_or_else(|| judged.mean_loss()),
    };
    if columns.len() > MOST_COLUMNS || columns.len() < 2 || rows.len() < 2 {
        return Ok(Vec::new());
    }
    let before = figure(model.evaluate(kernels, rows)?);
    let mut found = Vec::new();
    for (number, (column, inputs)) in (0..).zip(columns) {
        let mut sum = 0.0;
        for repeat in 0..REPEATS {
            let mut order: Vec<u32> = (0..rows.len() as u32).collect();
            Stream::new(0, Purpose::Shuffle, number * REPEATS + repeat).shuffle(&mut order);
            sum += figure(model.evaluate(kernels, &shuffled(rows, model.about().features(), inputs.clone(), &order))?);
        }
        found.push(Importance { column, increase: sum / f64::from(REPEATS) - before });
    }
    found.sort_by(|a, b| b.increase.total_cmp(&a.increase));
    Ok(found)
}

/// The name of each column and the inputs that it becomes.
fn columns(model: &Model) -> Vec<(String, std::ops::Range<usize>)> {
    let about = model.about();
    let is_list = about.shape().channels == 1 && about.shape().height == 1;
    match &about.columns {
        Some(columns) => of_table(columns),
        None if is_list => (0..about.features()).map(|k| (format!("feature {}", k + 1), k..k + 1)).collect(),
        None => Vec::new(),
    }
}

fn of_table(columns: &Columns) -> Vec<(String, std::ops::Range<usize>)> {
    let mut first = 0;
    let of = |(name, kind): (&str, &crate::data::ColumnKind)| {
        let inputs = first..first + kind.inputs();
        first = inputs.end;
        (name.to_string(), inputs)
    };
    columns.each().map(of).collect()
}

/// The rows with some inputs of each taken from another row.
fn shuffled(rows: &Split, size: usize, inputs: std::ops::Range<usize>, order: &[u32]) -> Split {
    fn mixed<T: Copy>(values: &[T], size: usize, inputs: std::ops::Range<usize>, order: &[u32]) -> Vec<T> {
        let mut out = values.to_vec();
        for (row, from) in out.chunks_exact_mut(size).zip(order) {
            row[inputs.clone()].copy_from_slice(&values[*from as usize * size..][inputs.clone()]);
        }
        out
    }
    let features = match &rows.features {
        Features::Bytes(bytes) => Features::Bytes(mixed(bytes, size, inputs, order)),
        Features::Floats(floats) => Features::Floats(mixed(floats, size, inputs, order)),
        Features::Lent(lent) => Features::Floats(mixed(&lent.to_floats(), size, inputs, order)),
    };
    rows.with_features(features)
}
