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
    /// a = z where z is at least 0, else [`LEAK`] z: a neuron whose sums are all negative still learns.
    LeakyRelu,
    /// a = z.
    Identity,
}

/// The slope of [`Activation::LeakyRelu`] below 0, PyTorch's default.
pub const LEAK: f32 = 0.01;

crate::named!(Activation: "activation" {
    Tanh = "tanh",
    Sigmoid = "sigmoid",
    Relu = "relu",
    LeakyRelu = "lrelu",
    Identity = "identity",
});

impl Activation {
    codes! { Identity = 0, Tanh = 1, Sigmoid = 2, Relu = 3, LeakyRelu = 4 }

    /// a = act(z), in place.
    #[inline(always)]
    pub fn apply(self, z: &mut [f32]) {
        match self {
            Activation::Tanh => z.iter_mut().for_each(|z| *z = math::tanh(*z)),
            Activation::Sigmoid => z.iter_mut().for_each(|z| *z = math::sigmoid(*z)),
            Activation::Relu => z.iter_mut().for_each(|z| *z = if *z < 0.0 { 0.0 } else { *z }),
            Activation::LeakyRelu => z.iter_mut().for_each(|z| *z = if *z < 0.0 { LEAK * *z } else { *z }),
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
            Activation::Relu | Activation::LeakyRelu => {
                let below = if self == Activation::Relu { 0.0 } else { LEAK };
                pairs.for_each(|(s, a)| *s *= if *a > 0.0 { 1.0 } else { below });
            }
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
        for activation in Activation::ALL {
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
        for activation in [Activation::Relu, Activation::LeakyRelu] {
            let mut z = [f32::NAN];
            activation.apply(&mut z);
            assert!(z[0].is_nan());
        }
    }
}
