//! The loss at the output, the error it gives, and the targets it compares with.

use crate::codes::codes;
use crate::math;
use core::ops::Range;
use core::slice::ChunksExactMut;

/// What the network should have answered, for a batch.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// One class label a sample; the target vector t is one-hot. `[batch]`
    Labels(&'a [u32]),
    /// Real values, for regression. `[batch, outputs]`, row-major
    Values(&'a [f32]),
    /// Class labels and the weight of each sample, `[batch]`: its error, and its coefficients, count so many times.
    WeightedLabels(&'a [u32], &'a [f32]),
    /// Real values, and the weight of each sample, `[batch]`.
    WeightedValues(&'a [f32], &'a [f32]),
}

impl<'a> Targets<'a> {
    /// The number of samples, when each has `outputs` outputs.
    pub const fn batch(&self, outputs: usize) -> usize {
        match self {
            Targets::Labels(labels) | Targets::WeightedLabels(labels, _) => labels.len(),
            Targets::Values(values) | Targets::WeightedValues(values, _) => match values.len().checked_div(outputs) {
                Some(batch) => batch,
                None => 0,
            },
        }
    }

    /// The targets of some of the samples, when each has `outputs` outputs.
    #[inline]
    pub fn part(&self, samples: Range<usize>, outputs: usize) -> Targets<'a> {
        match self {
            Targets::Labels(labels) => Targets::Labels(&labels[samples]),
            Targets::Values(values) => Targets::Values(&values[samples.start * outputs..samples.end * outputs]),
            Targets::WeightedLabels(labels, weights) => {
                Targets::WeightedLabels(&labels[samples.clone()], &weights[samples])
            }
            Targets::WeightedValues(values, weights) => {
                let own = samples.start * outputs..samples.end * outputs;
                Targets::WeightedValues(&values[own], &weights[samples])
            }
        }
    }

    /// The weight of each sample; none where all are 1.
    pub const fn weights(&self) -> Option<&'a [f32]> {
        match self {
            Targets::Labels(_) | Targets::Values(_) => None,
            Targets::WeightedLabels(_, weights) | Targets::WeightedValues(_, weights) => Some(weights),
        }
    }

    /// Multiplies each sample's row of `values: [batch, outputs]` by the sample's weight.
    pub(crate) fn weigh(&self, outputs: usize, values: &mut [f32]) {
        let Some(weights) = self.weights() else { return };
        for (row, weight) in rows_mut(outputs, values).zip(weights) {
            row.iter_mut().for_each(|value| *value *= weight);
        }
    }

    /// The target of output `i` of a single sample.
    #[inline(always)]
    pub(crate) fn of_one(&self, i: usize) -> f32 {
        match self {
            Targets::Labels(labels) | Targets::WeightedLabels(labels, _) => {
                labels.first().map_or(0.0, |label| if *label as usize == i { 1.0 } else { 0.0 })
            }
            Targets::Values(values) | Targets::WeightedValues(values, _) => values.get(i).copied().unwrap_or_default(),
        }
    }

    /// values -= t, for `values: [batch, outputs]`.
    pub(crate) fn subtract_from(&self, outputs: usize, values: &mut [f32]) {
        match self {
            Targets::Labels(labels) | Targets::WeightedLabels(labels, _) => {
                for (row, &label) in rows_mut(outputs, values).zip(*labels) {
                    if let Some(value) = row.get_mut(label as usize) {
                        *value -= 1.0;
                    }
                }
            }
            Targets::Values(targets) | Targets::WeightedValues(targets, _) => {
                values.iter_mut().zip(*targets).for_each(|(v, t)| *v -= t)
            }
        }
    }
}

/// The loss. Cross-entropies bring the output function they belong to, so that the gradient at the last sums is y - t.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// y = sigmoid(z);  J = -sum t ln y + (1 - t) ln(1 - y). The paper's choice for classification.
    BinaryCrossEntropy,
    /// y = softmax(z);  J = -ln y of the right class.
    CrossEntropy,
    /// y = the last layer's output;  J = sum (y - t)^2.
    MeanSquaredError,
}

crate::named!(Loss: "loss" { BinaryCrossEntropy = "bce", CrossEntropy = "ce", MeanSquaredError = "mse" });

/// How sums over a batch become steps (the reference code mixes two conventions; facts that decide reproduction).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// As the paper's code: the output loss is averaged over samples (and, for BCE and MSE, over outputs), while the
    /// projected signals of dfa, sdfa, drtp and local-error are summed over the batch.
    Reference,
    /// Everything is averaged over the samples, so one learning rate serves any batch size.
    Mean,
}

crate::named!(Scaling: "scaling" { Mean = "mean", Reference = "reference" });

impl Scaling {
    /// The factor on a projected teaching signal.
    pub fn hidden(self, batch: usize) -> f32 {
        match self {
            Scaling::Reference => 1.0,
            Scaling::Mean => 1.0 / batch as f32,
        }
    }

    /// The factor on the output error y - t.
    pub fn output(self, loss: Loss, batch: usize, outputs: usize) -> f32 {
        let averaged_over_outputs = self == Scaling::Reference && loss != Loss::CrossEntropy;
        let terms = if averaged_over_outputs { batch * outputs } else { batch };
        let derivative = if loss == Loss::MeanSquaredError { 2.0 } else { 1.0 };
        derivative / terms as f32
    }
}

impl Loss {
    codes! { BinaryCrossEntropy = 0, CrossEntropy = 1, MeanSquaredError = 2 }

    /// The last sums become the network's output: `y: [batch, outputs]`, in place.
    pub fn activate(self, outputs: usize, y: &mut [f32]) {
        match self {
            Loss::BinaryCrossEntropy => y.iter_mut().for_each(|y| *y = math::sigmoid(*y)),
            Loss::CrossEntropy => softmax(outputs, y),
            Loss::MeanSquaredError => {}
        }
    }

    /// The loss of `y: [batch, outputs]`, summed over samples and outputs, whatever the samples weigh. Logarithms stop at -100, as in PyTorch.
    pub fn value(self, outputs: usize, y: &[f32], targets: &Targets<'_>) -> f32 {
        match (self, targets) {
            (Loss::CrossEntropy, Targets::Labels(labels) | Targets::WeightedLabels(labels, _)) => {
                y.chunks_exact(outputs).zip(*labels).map(|(y, &label)| -bounded_ln(y[label as usize])).sum()
            }
            (Loss::CrossEntropy, Targets::Values(t) | Targets::WeightedValues(t, _)) => {
                y.iter().zip(*t).map(|(y, t)| -t * bounded_ln(*y)).sum()
            }
            (_, Targets::Labels(labels) | Targets::WeightedLabels(labels, _)) => {
                y.chunks_exact(outputs).zip(*labels).map(|(y, &label)| self.of_classes(y, label as usize)).sum()
            }
            (_, Targets::Values(t) | Targets::WeightedValues(t, _)) => {
                y.iter().zip(*t).map(|(&y, &t)| self.term(y, t)).sum()
            }
        }
    }

    /// The loss of one sample's outputs, whose target is 1 at the label and 0 elsewhere: one logarithm each is enough.
    fn of_classes(self, y: &[f32], label: usize) -> f32 {
        let (together, rest) = y.as_chunks::<TOGETHER>();
        let mut sum = 0.0;
        for (number, y) in together.iter().enumerate() {
            let mut terms = *y;
            terms.iter_mut().for_each(|y| *y = self.other_class(*y));
            if label / TOGETHER == number {
                terms[label % TOGETHER] = self.right_class(y[label % TOGETHER]);
            }
            sum += (0..TOGETHER / 2).map(|i| terms[i] + terms[i + TOGETHER / 2]).sum::<f32>();
        }
        for (class, &y) in (together.len() * TOGETHER..).zip(rest) {
            sum += if class == label { self.right_class(y) } else { self.other_class(y) };
        }
        sum
    }

    #[inline(always)]
    fn right_class(self, y: f32) -> f32 {
        if self == Loss::MeanSquaredError { (y - 1.0) * (y - 1.0) } else { -bounded_ln(y) }
    }

    #[inline(always)]
    fn other_class(self, y: f32) -> f32 {
        if self == Loss::MeanSquaredError { y * y } else { -bounded_ln(1.0 - y) }
    }

    fn term(self, y: f32, t: f32) -> f32 {
        match self {
            Loss::MeanSquaredError => (y - t) * (y - t),
            _ => -(t * bounded_ln(y) + (1.0 - t) * bounded_ln(1.0 - y)),
        }
    }
}

/// Outputs whose terms are found together.
const TOGETHER: usize = 8;

/// ln y, but never below -100. NaN stays NaN.
#[inline(always)]
fn bounded_ln(y: f32) -> f32 {
    let ln = math::ln(y);
    if ln < -100.0 { -100.0 } else { ln }
}

/// The samples of `values: [batch, outputs]`. Every network has an output; saying so leaves no panic in the program.
pub(crate) fn rows_mut(outputs: usize, values: &mut [f32]) -> ChunksExactMut<'_, f32> {
    values.chunks_exact_mut(if outputs == 0 { 1 } else { outputs })
}

/// Each row of `z: [batch, outputs]` becomes e^z / sum e^z; the largest is subtracted first, so nothing overflows.
pub fn softmax(outputs: usize, z: &mut [f32]) {
    for row in rows_mut(outputs, z) {
        let largest = row.iter().fold(f32::NEG_INFINITY, |m, &z| if z > m { z } else { m });
        let mut sum = 0.0;
        for z in row.iter_mut() {
            *z = math::exp(*z - largest);
            sum += *z;
        }
        row.iter_mut().for_each(|z| *z /= sum);
    }
}

/// The index of the largest value, the first of equals: the class the network answers.
pub fn largest(y: &[f32]) -> usize {
    let mut best = (0, y.first().copied().unwrap_or(f32::NAN));
    for (i, &v) in y.iter().enumerate() {
        if v > best.1 {
            best = (i, v);
        }
    }
    best.0
}

/// How many rows of `y: [batch, outputs]` have their largest value at another class than the label.
pub fn count_wrong(outputs: usize, y: &[f32], targets: &Targets<'_>) -> usize {
    match targets {
        Targets::Labels(labels) | Targets::WeightedLabels(labels, _) => {
            y.chunks_exact(outputs).zip(*labels).filter(|(y, label)| largest(y) != **label as usize).count()
        }
        Targets::Values(_) | Targets::WeightedValues(..) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_of_every_label_is_the_plain_sum_however_many_classes_are_taken_together() {
        let outputs = 2 * TOGETHER + 3;
        let y: [f32; 2 * TOGETHER + 3] = core::array::from_fn(|class| 0.02 + 0.9 * class as f32 / outputs as f32);
        for label in 0..outputs {
            let plain: f64 = y
                .iter()
                .enumerate()
                .map(|(class, y)| match class == label {
                    true => -libm::log(f64::from(*y)),
                    false => -libm::log(1.0 - f64::from(*y)),
                })
                .sum();
            let found = Loss::BinaryCrossEntropy.value(outputs, &y, &Targets::Labels(&[label as u32]));
            assert!((f64::from(found) - plain).abs() < 1e-4 * plain, "label {label}: {found} and not {plain}");
        }
    }

    #[test]
    fn softmax_sums_to_one_even_for_huge_sums() {
        let mut z = [1000.0, 999.0, -1000.0, 0.0, 0.0, 0.0];
        softmax(3, &mut z);
        assert!((z[..3].iter().sum::<f32>() - 1.0).abs() < 1e-6 && (z[3] - 1.0 / 3.0).abs() < 1e-6);
        assert!((z[0] / z[1] - core::f32::consts::E).abs() < 1e-5);
    }

    #[test]
    fn labels_and_their_one_hot_values_give_the_same_loss() {
        let y = [0.7, 0.2, 0.1, 0.3, 0.3, 0.4];
        let (labels, values) = ([0, 2], [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::MeanSquaredError] {
            let a = loss.value(3, &y, &Targets::Labels(&labels));
            let b = loss.value(3, &y, &Targets::Values(&values));
            assert!((a - b).abs() < 1e-6, "{loss:?}: {a} against {b}");
        }
    }

    #[test]
    fn logarithms_of_zero_are_bounded() {
        let loss = Loss::BinaryCrossEntropy.value(2, &[0.0, 1.0], &Targets::Labels(&[0]));
        assert_eq!(loss, 200.0);
    }

    #[test]
    fn an_output_that_is_not_a_number_gives_a_loss_that_is_not_a_number() {
        for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::MeanSquaredError] {
            assert!(loss.value(2, &[f32::NAN, f32::NAN], &Targets::Labels(&[0])).is_nan());
        }
    }
}
