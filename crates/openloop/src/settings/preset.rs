//! What a user gets without asking: one complete set of settings for each rule.
//!
//! `paper` is the reference code's set-up, number by number (Frenkel et al. 2021 and the authors' code). `default` is
//! what trains best out of the box: tuned on validation rows split off the training data, never on test rows.

use crate::data::DataSet;
use crate::settings::choices::Init;
use crate::settings::net::Net;
use openloop_core::{Activation, Loss, OptimizerKind, Rule, Scaling};

/// A complete set of choices, before a user's own are laid over it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Defaults {
    /// Passes over the training rows.
    pub epochs: u32,
    /// Samples in a batch.
    pub batch: usize,
    /// Learning rate of the output layer.
    pub rate: f32,
    /// Learning rate of the hidden layers, as a multiple of `rate`.
    pub hidden_ratio: f32,
    /// The rates after n samples are those at the start divided by 1 + decay n / 10,000.
    pub decay: f32,
    /// The optimizer.
    pub optimizer: OptimizerKind,
    /// The loss.
    pub loss: Loss,
    /// Of the hidden layers.
    pub activation: Activation,
    /// How sums over a batch become steps.
    pub scaling: Scaling,
    /// How the dense layers' weights start.
    pub init: Init,
}

/// The settings that train best out of the box; `is_dense` of a network without convolutions.
///
/// The decay does not depend on the number of epochs asked for, so a run can be lengthened later and still be the same run.
pub fn default(rule: Rule, data: &DataSet, is_dense: bool) -> Defaults {
    let small = data.train.len() < 10_000;
    let relu = learns_with_relu(rule, data, small, is_dense);
    let large_list = data.is_own() && !small && data.shape.channels == 1 && data.shape.height == 1;
    let (epochs, batch) = match (small, large_list) {
        (true, _) => (60, 10),
        // chosen on tables of 16,000 to 43,000 rows, and on handwritten digits as rows of 784 values
        (_, true) => (30, if data.shape.size() < WIDE_LIST { 10 } else { 50 }),
        _ => (10, 50),
    };
    Defaults {
        epochs,
        batch,
        rate: match data.name.as_str() {
            "cifar10" => wide_rate(rule, is_dense),
            // photographs as those of CIFAR-10
            _ if data.is_own() && data.shape.channels > 1 && data.shape.size() >= WIDE => wide_rate(rule, is_dense),
            _ if relu && small && data.units.is_none() && rule != Rule::Lls => 1e-3,
            _ if data.units.is_some() => narrow_rate(rule, true),
            _ => narrow_rate(rule, small || large_list),
        },
        // chosen with the rates
        hidden_ratio: if rule == Rule::Lls && !small { 0.5 } else { 1.0 },
        decay: 0.06,
        optimizer: OptimizerKind::Adam,
        loss: if data.classes.is_empty() { Loss::MeanSquaredError } else { Loss::CrossEntropy },
        activation: if relu { Activation::Relu } else { Activation::Tanh },
        scaling: Scaling::Mean,
        init: Init::Uniform,
    }
}

/// The settings that train best where convolutions are normalised: a step is the same whatever the scale of the weights, so rates are higher,
/// and they fall to a quarter in ten passes, for all rules but drtp and its kin with leaky relu. Learning `by_samples`, not by batches, all
/// are better with tanh. Chosen on held-back rows of a part of CIFAR-10 and of the digits (bench/results/2026-11-norm.md).
pub fn normalised(rule: Rule, data: &DataSet, by_samples: bool) -> Defaults {
    let rows = data.train.len();
    let small = rows < 10_000;
    Defaults {
        rate: match rule {
            Rule::LocalErrorLearned if !small => 2e-3,
            Rule::Lls | Rule::Drtp | Rule::DrtpGated if !small => 5e-4,
            Rule::Drtp => 3e-3,
            _ => 1e-3,
        },
        hidden_ratio: 1.0,
        decay: if small { 0.06 } else { 3e3 / rows as f32 },
        activation: match rule {
            Rule::Drtp | Rule::DrtpGated | Rule::LocalHinge => Activation::Tanh,
            _ if by_samples => Activation::Tanh,
            _ => Activation::LeakyRelu,
        },
        ..default(rule, data, false)
    }
}

/// The settings of a stream of classes under this rule, of rows of so many `inputs`. All rules but those without an error of their own, and
/// the one whose hidden layers do not learn, are better with relu and adapted steps (bench/results/2026-11-streams.md), which int8 and the
/// `optimizer` asked for may not take.
pub fn stream(rule: Rule, is_integer: bool, optimizer: Option<OptimizerKind>, inputs: usize) -> Defaults {
    let adapts = matches!(optimizer, None | Some(OptimizerKind::RmsProp | OptimizerKind::Adam));
    match rule {
        Rule::Drtp | Rule::DrtpGated | Rule::LocalHinge | Rule::Shallow => STREAM,
        _ if is_integer || !adapts => STREAM,
        _ => Defaults {
            rate: stream_rate(inputs),
            optimizer: OptimizerKind::RmsProp,
            activation: Activation::Relu,
            ..STREAM
        },
    }
}

/// 0.005 (16 / inputs)^0.6, and 0.005 for fewer than 16. Adapted steps move every weight alike, so a neuron of many inputs moves further. Adam
/// is as good where labels come in any order, and much worse where a class comes in long runs, which its momentum carries on.
fn stream_rate(inputs: usize) -> f32 {
    let share = (16.0 / inputs.max(1) as f32).min(1.0);
    5e-3 * libm::powf(share, 0.6)
}

/// The settings of a stream, which learns from one row at a time, at rates that do not fall.
pub const STREAM: Defaults = Defaults {
    epochs: 1,
    batch: 1,
    rate: 0.03,
    hidden_ratio: 1.0,
    decay: 0.0,
    optimizer: OptimizerKind::Sgd,
    loss: Loss::CrossEntropy,
    activation: Activation::Tanh,
    scaling: Scaling::Mean,
    init: Init::Uniform,
};

/// The settings of a stream of real values. Plain gradient steps diverge at rates that learn as fast where rows have many features;
/// chosen in bench/results/2026-11-stream-values.md.
pub const STREAM_VALUES: Defaults = Defaults {
    rate: 1e-3,
    optimizer: OptimizerKind::RmsProp,
    loss: Loss::MeanSquaredError,
    activation: Activation::Relu,
    ..STREAM
};

/// The settings of a stream whose rows are their own targets: what a narrow layer passes on has a sign, which relu has not; chosen in
/// bench/results/2026-11-anomaly.md.
pub const STREAM_INPUTS: Defaults = Defaults { activation: Activation::Tanh, ..STREAM_VALUES };

/// The settings that train best in 8-bit integers, sample by sample, by stochastic gradient descent: tuned on validation
/// rows of MNIST and the digits for drtp and local-error, and behind frozen convolutions for all but fa (bench/results/2026-11-int8.md).
/// The rules that were not tuned follow their kin.
pub fn integer(rule: Rule, data: &DataSet, has_frozen_front: bool) -> Defaults {
    let small = data.train.len() < 10_000;
    let (rate, hidden_rate, decay) = match rule {
        Rule::Drtp | Rule::DrtpGated if !small && has_frozen_front => (0.03, 0.3, 0.33),
        Rule::LocalError | Rule::Dfa if !small && has_frozen_front => (0.03, 0.1, 0.06),
        Rule::LocalHinge if !small && has_frozen_front => (0.03, 0.1, 0.33),
        Rule::LocalError | Rule::LocalHinge if !small => (0.01, 0.15, 0.33),
        Rule::LocalErrorLearned if !small => (0.01, 0.05, 0.2),
        _ => (0.03, 0.03, 0.33),
    };
    Defaults {
        batch: 1,
        rate,
        hidden_ratio: hidden_rate / rate,
        decay,
        optimizer: OptimizerKind::Sgd,
        loss: Loss::CrossEntropy,
        activation: Activation::Tanh,
        ..default(rule, data, !has_frozen_front)
    }
}

/// Whether hidden layers have relu and not tanh: for measured values, for tables of the user's own under the rules that did better with it on
/// held-back rows of six tables (bench/results/2026-11-defaults.md), and on sets like MNIST under those that did better there
/// (bench/results/2026-11-lls.md). drtp did worse. On CIFAR-10 dense networks are better with it (bench/results/2026-11-cifar-dense.md), convolutions without
/// normalisation are not.
fn learns_with_relu(rule: Rule, data: &DataSet, small: bool, is_dense: bool) -> bool {
    let is_wide = data.name == "cifar10";
    match rule {
        _ if data.units.is_some() => true,
        Rule::Lls => true,
        Rule::Bp | Rule::LocalErrorLearned if is_wide => is_dense,
        Rule::Bp | Rule::LocalErrorLearned => data.is_own() || !small,
        Rule::LocalError => data.is_own() || (is_wide && is_dense),
        _ => false,
    }
}

/// Tuned on MNIST and the digits; for lls in bench/results/2026-11-lls.md.
fn narrow_rate(rule: Rule, small: bool) -> f32 {
    match rule {
        Rule::Sdfa => 1e-3,
        Rule::Lls | Rule::LocalErrorLearned if !small => 2e-3,
        _ => 3e-3,
    }
}

/// Inputs of a row of a table that is learned from as an image.
const WIDE_LIST: usize = 256;

/// Inputs of a colour image from which it is learned from as those of CIFAR-10 are.
const WIDE: usize = 1_000;

/// Tuned on one of CIFAR-10's training batches, whose 3,072 inputs are none of them 0, so that the same step of the weights
/// moves a neuron many times as far. fa, sdfa and the learned readout were not tried and follow their kin.
fn wide_rate(rule: Rule, is_dense: bool) -> f32 {
    match rule {
        Rule::Bp | Rule::LocalError | Rule::LocalErrorLearned if is_dense => 1e-4,
        Rule::Drtp | Rule::DrtpGated | Rule::LocalHinge => 1e-3,
        Rule::Lls => 1e-4,
        Rule::Shallow => 3e-3,
        _ => 3e-4,
    }
}

/// The paper's set-up for the data sets it uses, and its closest kin for others.
///
/// Learning rates: the two transcriptions of the paper's tables that could be found agree but for two cells of MNIST FC1,
/// where both of DRTP's rates give the published error; cells that neither holds get 1.5e-4.
pub fn paper(rule: Rule, data: &DataSet, net: &Net, freeze_conv: bool) -> Defaults {
    let regression = data.classes.is_empty();
    let base = Defaults {
        epochs: 100,
        batch: 60,
        rate: 1.5e-4,
        hidden_ratio: 1.0,
        decay: 0.0,
        optimizer: OptimizerKind::Adam,
        loss: if regression { Loss::MeanSquaredError } else { Loss::BinaryCrossEntropy },
        activation: Activation::Tanh,
        scaling: Scaling::Reference,
        init: Init::Uniform,
    };
    let front = match (net.front(), freeze_conv) {
        (0, _) => FrontEndTraining::None,
        (_, true) => FrontEndTraining::Random,
        (_, false) => FrontEndTraining::Trained,
    };
    match data.name.as_str() {
        "synthetic-classification" | "synthetic-regression" => {
            let init = match rule {
                Rule::Fa | Rule::Dfa | Rule::Sdfa => Init::Zero,
                _ => Init::Uniform,
            };
            Defaults { epochs: 500, batch: 50, rate: 5e-4, optimizer: OptimizerKind::Nesterov, init, ..base }
        }
        "cifar10" => Defaults { epochs: 200, batch: 100, rate: cifar_rate(rule, front, net.depth()), ..base },
        _ => Defaults { rate: mnist_rate(rule, front, net.depth()), ..base },
    }
}

/// The convolutional front end of a network.
#[derive(Clone, Copy, PartialEq)]
enum FrontEndTraining {
    None,
    /// Frozen as it was drawn.
    Random,
    Trained,
}

fn mnist_rate(rule: Rule, front: FrontEndTraining, depth: usize) -> f32 {
    match (front, rule) {
        (FrontEndTraining::None, Rule::Shallow) if depth <= 1 => 1.5e-2,
        (_, Rule::Shallow) => 5e-3,
        (FrontEndTraining::None, Rule::Fa) if depth <= 1 => 5e-4,
        (FrontEndTraining::None, Rule::Bp | Rule::Dfa) if depth > 1 => 5e-4,
        (FrontEndTraining::None | FrontEndTraining::Random, Rule::Drtp) | (FrontEndTraining::Random, Rule::Sdfa) => {
            5e-4
        }
        (FrontEndTraining::Random, Rule::Bp | Rule::Dfa) => 5e-5,
        (FrontEndTraining::Trained, Rule::Bp) => 5e-4,
        (FrontEndTraining::Trained, Rule::Fa | Rule::Dfa) => 5e-5,
        _ => 1.5e-4,
    }
}

fn cifar_rate(rule: Rule, front: FrontEndTraining, depth: usize) -> f32 {
    match (front, rule) {
        (FrontEndTraining::None, Rule::Bp) if depth <= 1 => 1.5e-5,
        (FrontEndTraining::None | FrontEndTraining::Random, Rule::Bp) => 5e-6,
        (FrontEndTraining::None, Rule::Sdfa) => 5e-5,
        (FrontEndTraining::None, Rule::Drtp) if depth > 1 => 5e-5,
        (FrontEndTraining::Trained, Rule::Sdfa) => 1.5e-5,
        (FrontEndTraining::Trained, Rule::Drtp) => 5e-5,
        _ => 1.5e-4,
    }
}
