//! What a projecting rule lets through a layer's matrix: one coefficient a class, made of the target and of what the network or
//! the layer answered.

use crate::loss::{Loss, Targets, rows_mut, softmax};

/// What is projected onto a hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coefficients {
    /// y - t
    Error,
    /// sign(y - t), with sign(0) = 0
    ErrorSign,
    /// t
    Target,
    /// softmax(a_k G_k^T) - t; without the softmax for mean squared error
    LocalError,
    /// c* - t where t is not yet [`MARGIN`] ahead of its strongest rival c*, else 0
    LocalHinge,
    /// t where the layer's output is not yet [`GATE`] of the way to its class, else 0
    GatedTarget,
}

/// What coefficients are made of, beside the target: what [`Coefficients::fill`] finds in their place, `[batch, outputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoefficientInput {
    /// The network's output y.
    Output,
    /// The layer's output through its readout, a_k G_k^T.
    Readout,
    /// In the place of its class, the layer's agreement with the class's row; see [`Matrix::agreement`](crate::matrix::Matrix::agreement).
    Agreement,
    /// Nothing: what stands there is not read.
    Nothing,
}

/// How far `local-hinge` wants the readout of the right class above that of any other.
pub const MARGIN: f32 = 3.0;
/// How much of the largest possible agreement with its class's row `drtp-gated` wants of a layer's output.
pub const GATE: f32 = 0.6;

impl Coefficients {
    /// What they are made of, beside the target.
    pub const fn input(self) -> CoefficientInput {
        match self {
            Coefficients::Error | Coefficients::ErrorSign => CoefficientInput::Output,
            Coefficients::Target => CoefficientInput::Nothing,
            Coefficients::LocalError | Coefficients::LocalHinge => CoefficientInput::Readout,
            Coefficients::GatedTarget => CoefficientInput::Agreement,
        }
    }

    /// How many of a sample's `outputs` coefficients may differ from 0: so many rows of the matrix are added up.
    pub const fn rows(self, outputs: usize) -> usize {
        match self {
            Coefficients::Error | Coefficients::ErrorSign | Coefficients::LocalError => outputs,
            Coefficients::LocalHinge => 2,
            Coefficients::Target | Coefficients::GatedTarget => 1,
        }
    }

    /// Multiply-adds that the signal of a layer of `units` outputs takes for a sample: what its coefficients are made of, and the
    /// rows that they add up.
    pub const fn multiply_adds(self, outputs: usize, units: usize) -> u64 {
        let read = match self.input() {
            CoefficientInput::Output | CoefficientInput::Nothing => 0,
            CoefficientInput::Readout => outputs,
            CoefficientInput::Agreement => 1,
        };
        (read + self.rows(outputs)) as u64 * units as u64
    }

    /// Turns `values: [batch, outputs]` into the coefficients, in place.
    ///
    /// On entry they are what [`input`](Coefficients::input) says.
    pub fn fill(self, loss: Loss, outputs: usize, targets: &Targets<'_>, values: &mut [f32]) {
        match self {
            Coefficients::Target => one_hot(outputs, targets, values),
            Coefficients::LocalHinge => each_label(outputs, targets, values, |row, label, value| {
                let short = strongest_rival(row, label).filter(|(_, rival)| value - rival < MARGIN);
                row.fill(0.0);
                if let Some((rival, _)) = short {
                    put(row, rival, 1.0);
                    put(row, label, -1.0);
                }
            }),
            Coefficients::GatedTarget => each_label(outputs, targets, values, |row, label, value| {
                row.fill(0.0);
                put(row, label, if value < GATE { 1.0 } else { 0.0 });
            }),
            Coefficients::LocalError => {
                if loss != Loss::MeanSquaredError {
                    softmax(outputs, values);
                }
                targets.subtract_from(outputs, values);
            }
            Coefficients::Error => targets.subtract_from(outputs, values),
            Coefficients::ErrorSign => {
                targets.subtract_from(outputs, values);
                values.iter_mut().for_each(|v| *v = sign(*v));
            }
        }
    }
}

/// values = t
fn one_hot(outputs: usize, targets: &Targets<'_>, values: &mut [f32]) {
    values.fill(0.0);
    targets.subtract_from(outputs, values);
    values.iter_mut().for_each(|v| *v = -*v);
}

/// Calls `change(row, label, the label's value)` for each sample; real values have no labels and are refused before, and so
/// are labels that the row does not have.
fn each_label(outputs: usize, targets: &Targets<'_>, values: &mut [f32], change: impl Fn(&mut [f32], usize, f32)) {
    if let Targets::Labels(labels) = targets {
        for (row, &label) in rows_mut(outputs, values).zip(*labels) {
            if let Some(&value) = row.get(label as usize) {
                change(row, label as usize, value);
            }
        }
    }
}

fn put(row: &mut [f32], class: usize, value: f32) {
    if let Some(place) = row.get_mut(class) {
        *place = value;
    }
}

/// The class other than `label` with the largest value, the first of equals, and that value; none where there is no other.
fn strongest_rival(row: &[f32], label: usize) -> Option<(usize, f32)> {
    let mut best = None;
    for (class, &value) in row.iter().enumerate().filter(|(class, _)| *class != label) {
        if best.is_none_or(|(_, best)| value > best) {
            best = Some((class, value));
        }
    }
    best
}

/// -1, 0 or 1; NaN stays NaN.
fn sign(v: f32) -> f32 {
    if v == 0.0 { 0.0 } else { 1.0f32.copysign(v) * if v.is_nan() { v } else { 1.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_follow_their_formulas() {
        let targets = Targets::Labels(&[1]);
        let y = [0.25, 0.25, 0.5];
        let filled = |coefficients: Coefficients, mut values: [f32; 3]| {
            coefficients.fill(Loss::CrossEntropy, 3, &targets, &mut values);
            values
        };
        assert_eq!(filled(Coefficients::Error, y), [0.25, -0.75, 0.5]);
        assert_eq!(filled(Coefficients::ErrorSign, [0.0, 0.25, 0.5]), [0.0, -1.0, 1.0]);
        assert_eq!(filled(Coefficients::Target, y), [0.0, 1.0, 0.0]);
        let local = filled(Coefficients::LocalError, [0.0, 0.0, 0.0]);
        assert!((local[0] - 1.0 / 3.0).abs() < 1e-6 && (local[1] + 2.0 / 3.0).abs() < 1e-6);
        assert!(filled(Coefficients::ErrorSign, [f32::NAN, 0.0, 0.0])[0].is_nan());
    }

    #[test]
    fn a_sample_that_is_right_by_the_margin_teaches_nothing() {
        let filled = |mut values: [f32; 3]| {
            Coefficients::LocalHinge.fill(Loss::CrossEntropy, 3, &Targets::Labels(&[1]), &mut values);
            values
        };
        assert_eq!(filled([0.5, 1.0, -2.0]), [1.0, -1.0, 0.0]);
        assert_eq!(filled([-3.0, 1.0, -2.5]), [0.0, 0.0, 0.0]);
        assert_eq!(filled([-3.0, 1.0, -1.9]), [0.0, -1.0, 1.0]);
        assert_eq!(filled([2.0, 2.0, 2.0]), [1.0, -1.0, 0.0]);
        let mut alone = [5.0];
        Coefficients::LocalHinge.fill(Loss::CrossEntropy, 1, &Targets::Labels(&[0]), &mut alone);
        assert_eq!(alone, [0.0], "without a rival there is nothing to be ahead of");
    }

    #[test]
    fn a_sample_that_is_on_its_classs_side_opens_no_gate() {
        let mut values = [0.0, 0.59, 0.0, 0.61, 0.0, 0.0];
        Coefficients::GatedTarget.fill(Loss::CrossEntropy, 3, &Targets::Labels(&[1, 0]), &mut values);
        assert_eq!(values, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
