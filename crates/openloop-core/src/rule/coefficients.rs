//! What a projecting rule lets through a layer's matrix: one coefficient a class, made of the target and of what the network or
//! the layer answered. The formulas are written once, for f32 and for the integers of int8 arithmetic.

use crate::few::copy;
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
    /// softmax(u_k G_k^T) - t of the layer's output at length 1, u_k = a_k / |a_k|; without the softmax for mean squared error.
    /// [`unit_signal`](crate::matrix::unit_signal) makes of them what is projected
    CosineError,
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
    /// The same of the layer's output at length 1, a_k / |a_k|, which is 0 where a_k is 0; |a_k| is its Euclidean norm.
    UnitReadout,
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
            Coefficients::CosineError => CoefficientInput::UnitReadout,
            Coefficients::GatedTarget => CoefficientInput::Agreement,
        }
    }

    /// How many of a sample's `outputs` coefficients may differ from 0: so many rows of the matrix are added up.
    pub const fn rows(self, outputs: usize) -> usize {
        match self {
            Coefficients::Error | Coefficients::ErrorSign => outputs,
            Coefficients::LocalError | Coefficients::CosineError => outputs,
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
            // the length twice, and the layer's own output in its signal
            CoefficientInput::UnitReadout => outputs + 3,
            CoefficientInput::Agreement => 1,
        };
        (read + self.rows(outputs)) as u64 * units as u64
    }

    /// Turns `values: [batch, outputs]` into the coefficients, in place.
    ///
    /// On entry they are what [`input`](Coefficients::input) says. Labels are smaller than `outputs`. Last, they are multiplied by the
    /// sample's weight, where samples have weights.
    pub fn fill(self, loss: Loss, outputs: usize, targets: &Targets<'_>, values: &mut [f32]) {
        for (sample, row) in rows_mut(outputs, values).enumerate() {
            let target = match targets {
                Targets::Labels(labels) | Targets::WeightedLabels(labels, _) => {
                    labels.get(sample).map(|label| Target::Label(*label as usize))
                }
                Targets::Values(values) | Targets::WeightedValues(values, _) => {
                    values.get(sample * outputs..).map(Target::Values)
                }
            };
            if let Some(target) = target {
                self.fill_row(row, target, &Float(loss));
            }
        }
        targets.weigh(outputs, values);
    }

    /// [`fill`](Coefficients::fill) for a single sample without a weight, under a rule that is on devices.
    pub(crate) fn fill_one(self, loss: Loss, targets: &Targets<'_>, values: &mut [f32]) {
        let target = match targets {
            Targets::Labels([label, ..]) => Target::Label(*label as usize),
            Targets::Values(values) => Target::Values(values),
            _ => return,
        };
        match self {
            // no rule of a device has them
            Coefficients::CosineError | Coefficients::GatedTarget => {}
            Coefficients::LocalError | Coefficients::LocalHinge if cfg!(not(feature = "readout-rules")) => {}
            Coefficients::Error | Coefficients::ErrorSign if cfg!(not(feature = "waiting-rules")) => {}
            _ => self.fill_row(values, target, &Float(loss)),
        }
    }

    /// The formulas: turns a sample's `row: [outputs]` into its coefficients, in place.
    #[inline(always)]
    pub(crate) fn fill_row<N: Number>(self, row: &mut [N], target: Target<'_, N>, units: &impl Units<N>) {
        match self {
            Coefficients::Error | Coefficients::ErrorSign => {
                target.subtract_from(row);
                self.fill_from_error(row);
            }
            Coefficients::Target => target.copy_to(row),
            Coefficients::LocalError | Coefficients::CosineError => {
                units.softmax(row);
                target.subtract_from(row);
            }
            Coefficients::LocalHinge => {
                let rival = target.strongest_rival(row).filter(|(_, lead)| *lead < units.margin());
                row.fill(N::ZERO);
                if let Some((rival, _)) = rival {
                    put(row, rival, N::ONE);
                    target.subtract_from(row);
                }
            }
            Coefficients::GatedTarget => {
                let is_open = units.gate_is_open(target.own(row));
                row.fill(N::ZERO);
                if is_open {
                    target.copy_to(row);
                }
            }
        }
    }

    /// The same where the output's error y - t is there already: the error itself, or its sign.
    #[inline(always)]
    pub(crate) fn fill_from_error<N: Number>(self, error: &mut [N]) {
        if self == Coefficients::ErrorSign {
            error.iter_mut().for_each(|e| *e = e.sign());
        }
    }
}

/// A number that coefficients are computed in.
pub(crate) trait Number: Copy + PartialOrd {
    const ZERO: Self;
    const ONE: Self;
    /// The difference, at the end of the range where it would leave it.
    fn minus(self, other: Self) -> Self;
    /// -1, 0 or 1; what is no number stays so.
    fn sign(self) -> Self;
}

impl Number for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;

    #[inline(always)]
    fn minus(self, other: f32) -> f32 {
        self - other
    }

    #[inline(always)]
    fn sign(self) -> f32 {
        if self == 0.0 { 0.0 } else { 1.0f32.copysign(self) * if self.is_nan() { self } else { 1.0 } }
    }
}

/// What a formula asks of an arithmetic.
pub(crate) trait Units<N> {
    /// [`MARGIN`] in the units of a readout.
    fn margin(&self) -> N;
    /// Whether the layer's agreement with the class's row is below [`GATE`]; `agreement` is what stands in the class's place.
    fn gate_is_open(&self, agreement: N) -> bool;
    /// A readout becomes probabilities, where the loss has them.
    fn softmax(&self, row: &mut [N]);
}

/// Single precision, under a loss.
struct Float(Loss);

impl Units<f32> for Float {
    #[inline(always)]
    fn margin(&self) -> f32 {
        MARGIN
    }

    #[inline(always)]
    fn gate_is_open(&self, agreement: f32) -> bool {
        agreement < GATE
    }

    #[inline(always)]
    fn softmax(&self, row: &mut [f32]) {
        if self.0 != Loss::MeanSquaredError {
            softmax(row.len(), row);
        }
    }
}

/// The target t of one sample.
#[derive(Clone, Copy)]
pub(crate) enum Target<'t, N> {
    /// 1 at this class, 0 elsewhere.
    Label(usize),
    /// Real values, `[outputs]`, and perhaps those of later samples. Rules that need labels are refused before they come to see them.
    Values(&'t [N]),
}

impl<N: Number> Target<'_, N> {
    /// row = t
    #[inline(always)]
    fn copy_to(self, row: &mut [N]) {
        match self {
            Target::Label(label) => {
                row.fill(N::ZERO);
                put(row, label, N::ONE);
            }
            Target::Values(values) => copy(values, row),
        }
    }

    /// row -= t
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn subtract_from(self, row: &mut [N]) {
        match self {
            Target::Label(label) => {
                if let Some(value) = row.get_mut(label) {
                    *value = value.minus(N::ONE);
                }
            }
            Target::Values(values) => row.iter_mut().zip(values).for_each(|(v, t)| *v = v.minus(*t)),
        }
    }

    /// The value in the place of the label.
    #[inline(always)]
    fn own(self, row: &[N]) -> N {
        match self {
            Target::Label(label) => row.get(label).copied().unwrap_or(N::ZERO),
            Target::Values(_) => N::ZERO,
        }
    }

    /// The class other than the label with the largest value, the first of equals, and how far the label is ahead of it; none
    /// where there is no other.
    #[inline(always)]
    fn strongest_rival(self, row: &[N]) -> Option<(usize, N)> {
        let Target::Label(label) = self else { return None };
        let mut best = None;
        for (class, &value) in row.iter().enumerate() {
            if class != label && best.is_none_or(|(_, best)| value > best) {
                best = Some((class, value));
            }
        }
        best.map(|(class, value)| (class, self.own(row).minus(value)))
    }
}

#[inline(always)]
fn put<N>(row: &mut [N], class: usize, value: N) {
    if let Some(place) = row.get_mut(class) {
        *place = value;
    }
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
