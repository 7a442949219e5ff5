//! How a gradient changes a parameter. The update rules are PyTorch's, so that results can be compared number by number.

use crate::math;

/// An optimizer and its constants. The learning rate comes with every step, because it may change from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// p -= rate g
    Sgd,
    /// v = momentum v + g;  p -= rate v
    Momentum {
        /// How much of the velocity survives a step.
        momentum: f32,
    },
    /// v = momentum v + g;  p -= rate (g + momentum v)  (Nesterov's accelerated gradient, "NAG")
    Nesterov {
        /// How much of the velocity survives a step.
        momentum: f32,
    },
    /// Kingma and Ba, "Adam: a method for stochastic optimization", 2015:
    /// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
    /// p -= rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
    Adam {
        /// Decay of the mean gradient.
        beta1: f32,
        /// Decay of the mean squared gradient.
        beta2: f32,
        /// Keeps the division finite.
        epsilon: f32,
    },
    /// v = alpha v + (1 - alpha) g^2;  p -= rate g / (sqrt(v) + epsilon)
    RmsProp {
        /// Decay of the mean squared gradient.
        alpha: f32,
        /// Keeps the division finite.
        epsilon: f32,
    },
}

/// An optimizer with its usual constants, as it is called by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptimizerKind {
    /// [`Optimizer::Sgd`]
    Sgd,
    /// [`Optimizer::MOMENTUM`]
    Momentum,
    /// [`Optimizer::NESTEROV`]
    Nesterov,
    /// [`Optimizer::ADAM`]
    Adam,
    /// [`Optimizer::RMSPROP`]
    RmsProp,
}

crate::named!(OptimizerKind: "optimizer" {
    Sgd = "sgd",
    Momentum = "momentum",
    Nesterov = "nesterov",
    Adam = "adam",
    RmsProp = "rmsprop",
});

impl OptimizerKind {
    /// The optimizer itself.
    pub const fn optimizer(self) -> Optimizer {
        match self {
            OptimizerKind::Sgd => Optimizer::Sgd,
            OptimizerKind::Momentum => Optimizer::MOMENTUM,
            OptimizerKind::Nesterov => Optimizer::NESTEROV,
            OptimizerKind::Adam => Optimizer::ADAM,
            OptimizerKind::RmsProp => Optimizer::RMSPROP,
        }
    }

    /// Values of state kept for each parameter.
    pub const fn slots(self) -> usize {
        self.optimizer().slots()
    }
}

impl Optimizer {
    /// Momentum 0.9, as in the paper's code.
    pub const MOMENTUM: Self = Optimizer::Momentum { momentum: 0.9 };
    /// Nesterov momentum 0.9.
    pub const NESTEROV: Self = Optimizer::Nesterov { momentum: 0.9 };
    /// Adam with its authors' constants.
    pub const ADAM: Self = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    /// RMSprop with PyTorch's constants.
    pub const RMSPROP: Self = Optimizer::RmsProp { alpha: 0.99, epsilon: 1e-8 };

    /// Values of state kept for each parameter.
    pub const fn slots(self) -> usize {
        match self {
            Optimizer::Sgd => 0,
            Optimizer::Momentum { .. } | Optimizer::Nesterov { .. } | Optimizer::RmsProp { .. } => 1,
            Optimizer::Adam { .. } => 2,
        }
    }

    /// The optimizer at step `number` (counted from 1) with a learning rate: ready to be applied to any parameters.
    pub fn step(self, number: u64, rate: f32) -> Step {
        let (mut rate, mut second_correction) = (rate, 1.0);
        if let Optimizer::Adam { beta1, beta2, .. } = self {
            rate = (rate as f64 / (1.0 - math::power(beta1 as f64, number))) as f32;
            second_correction = (1.0 / libm::sqrt(1.0 - math::power(beta2 as f64, number))) as f32;
        }
        Step { optimizer: self, rate, second_correction }
    }
}

/// Values of an optimizer's state below this are kept as 0.
const LEAST_STATE: f32 = 1e-30;

/// The state of an optimizer without what is too small to move a parameter.
///
/// The state of a neuron whose gradient is exactly 0, as that of relu often is, shrinks in every step until it is subnormal, and
/// processors take many times as long for subnormal numbers. A mode of the processor that rounds them to 0 would help, but boards
/// have none or another, and bits would differ.
#[inline(always)]
fn kept(state: f32) -> f32 {
    if state.abs() < LEAST_STATE { 0.0 } else { state }
}

/// One optimizer step, prepared once and applied to every piece of every layer.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    optimizer: Optimizer,
    rate: f32,
    second_correction: f32,
}

impl Step {
    /// The rate, where the step is p -= rate g and no more. A gradient of 0 changes nothing then, and whoever knows of one need
    /// not apply it.
    pub const fn plain_rate(&self) -> Option<f32> {
        if matches!(self.optimizer, Optimizer::Sgd) { Some(self.rate) } else { None }
    }

    /// Changes `parameters` by `gradient`; all slices have one length, except that a slot the optimizer does not use is empty.
    #[inline(always)]
    pub fn apply(&self, parameters: &mut [f32], gradient: &[f32], slots: Slots<'_>) {
        let rate = self.rate;
        let pairs = parameters.iter_mut().zip(gradient);
        match self.optimizer {
            Optimizer::Sgd => pairs.for_each(|(p, g)| *p -= rate * g),
            Optimizer::Momentum { momentum } => pairs.zip(slots.first).for_each(|((p, g), v)| {
                *v = kept(momentum * *v + g);
                *p -= rate * *v;
            }),
            Optimizer::Nesterov { momentum } => pairs.zip(slots.first).for_each(|((p, g), v)| {
                *v = kept(momentum * *v + g);
                *p -= rate * (g + momentum * *v);
            }),
            Optimizer::Adam { beta1, beta2, epsilon } => {
                let correction = self.second_correction;
                pairs.zip(slots.first).zip(slots.second).for_each(|(((p, g), m), v)| {
                    *m = kept(beta1 * *m + (1.0 - beta1) * g);
                    *v = kept(beta2 * *v + (1.0 - beta2) * g * g);
                    *p -= rate * *m / (math::sqrt(*v) * correction + epsilon);
                });
            }
            Optimizer::RmsProp { alpha, epsilon } => pairs.zip(slots.first).for_each(|((p, g), v)| {
                *v = kept(alpha * *v + (1.0 - alpha) * g * g);
                *p -= rate * g / (math::sqrt(*v) + epsilon);
            }),
        }
    }
}

/// The optimizer's state for some parameters: up to two values each. Unused slots are empty.
#[derive(Debug, Default)]
pub struct Slots<'a> {
    /// Velocity, or the mean gradient, or RMSprop's mean square.
    pub first: &'a mut [f32],
    /// Adam's mean square.
    pub second: &'a mut [f32],
}

impl<'a> Slots<'a> {
    /// Views a layer's state, laid out slot by slot: `[slots, parameters]`.
    pub fn new(state: &'a mut [f32], parameters: usize) -> Self {
        let (first, second) = state.split_at_mut(parameters.min(state.len()));
        Slots { first, second }
    }

    /// The state of the parameters `from..to`.
    pub fn range(&mut self, from: usize, to: usize) -> Slots<'_> {
        Slots {
            first: if self.first.is_empty() { &mut [] } else { &mut self.first[from..to] },
            second: if self.second.is_empty() { &mut [] } else { &mut self.second[from..to] },
        }
    }
}
