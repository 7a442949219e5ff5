//! The nonlinearity of a layer. Its derivative is a function of its *output*, so the pre-activation need not be kept.

use crate::codes::codes;
use crate::math;

/// What a layer does to each of its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// a = tanh z, the paper's choice for hidden layers.
    Tanh,
    /// a = 1 / (1 + e^-z).
    Sigmoid,
    /// a = max(0, z).
    Relu,
    /// a = z.
    Identity,
}

crate::named!(Activation: "activation" { Tanh = "tanh", Sigmoid = "sigmoid", Relu = "relu", Identity = "identity" });

impl Activation {
    codes! { Identity = 0, Tanh = 1, Sigmoid = 2, Relu = 3 }

    /// a = act(z), in place.
    #[inline(always)]
    pub fn apply(self, z: &mut [f32]) {
        match self {
            Activation::Tanh => z.iter_mut().for_each(|z| *z = math::tanh(*z)),
            Activation::Sigmoid => z.iter_mut().for_each(|z| *z = math::sigmoid(*z)),
            Activation::Relu => z.iter_mut().for_each(|z| *z = if *z < 0.0 { 0.0 } else { *z }),
            Activation::Identity => {}
        }
    }

    /// `signal` becomes the gradient at the sums: signal * act'(z), with act' written in terms of the output `a`.
    #[inline(always)]
    pub fn gate(self, a: &[f32], signal: &mut [f32]) {
        let pairs = signal.iter_mut().zip(a);
        match self {
            Activation::Tanh => pairs.for_each(|(s, a)| *s *= 1.0 - a * a),
            Activation::Sigmoid => pairs.for_each(|(s, a)| *s *= a * (1.0 - a)),
            Activation::Relu => pairs.for_each(|(s, a)| *s *= if *a > 0.0 { 1.0 } else { 0.0 }),
            Activation::Identity => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_the_derivative_of_the_activation() {
        let h = 1e-3;
        for activation in [Activation::Tanh, Activation::Sigmoid, Activation::Relu, Activation::Identity] {
            for z in [-2.0f32, -0.7, 0.3, 1.9] {
                let mut values = [z, z - h, z + h];
                activation.apply(&mut values);
                let mut signal = [1.0];
                activation.gate(&values[..1], &mut signal);
                let slope = (values[2] - values[1]) / (2.0 * h);
                assert!((signal[0] - slope).abs() < 1e-3, "{activation:?} at {z}: {} against {slope}", signal[0]);
            }
        }
    }

    #[test]
    fn relu_keeps_nan_so_that_divergence_is_seen() {
        let mut z = [f32::NAN];
        Activation::Relu.apply(&mut z);
        assert!(z[0].is_nan());
    }
}
