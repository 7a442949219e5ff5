//! The names of losses, optimizers and activations on the command line, in configuration files and in checkpoints.

use crate::learner::pipeline::Mode;
use crate::settings::options::{Arithmetic, Init};
use openloop_core::{Activation, Loss, Optimizer, Rule, Scaling};

/// A thing chosen by name from a short list.
pub trait Named: Sized + Copy + PartialEq + 'static {
    /// What it is, for messages.
    const WHAT: &'static str;
    /// Every choice with its name.
    const CHOICES: &'static [(&'static str, Self)];

    /// The choice of that name.
    fn from_name(name: &str) -> Option<Self> {
        Self::CHOICES.iter().find(|choice| choice.0 == name).map(|choice| choice.1)
    }

    /// Its name.
    fn name(self) -> &'static str {
        Self::CHOICES.iter().find(|choice| choice.1 == self).map_or("custom", |choice| choice.0)
    }

    /// All names, for messages.
    fn known() -> String {
        Self::CHOICES.iter().map(|choice| choice.0).collect::<Vec<_>>().join(", ")
    }
}

/// The names of all rules, in their order.
pub const RULES: [&str; Rule::ALL.len()] = {
    let (mut names, mut k) = ([""; Rule::ALL.len()], 0);
    while k < names.len() {
        names[k] = Rule::ALL[k].name();
        k += 1;
    }
    names
};

impl Named for Rule {
    const WHAT: &'static str = "rule";
    const CHOICES: &'static [(&'static str, Self)] = &[
        (Rule::Bp.name(), Rule::Bp),
        (Rule::Fa.name(), Rule::Fa),
        (Rule::Dfa.name(), Rule::Dfa),
        (Rule::Sdfa.name(), Rule::Sdfa),
        (Rule::Drtp.name(), Rule::Drtp),
        (Rule::Shallow.name(), Rule::Shallow),
        (Rule::LocalError.name(), Rule::LocalError),
        (Rule::LocalErrorLearned.name(), Rule::LocalErrorLearned),
        (Rule::LocalHinge.name(), Rule::LocalHinge),
        (Rule::DrtpGated.name(), Rule::DrtpGated),
    ];
}

impl Named for Loss {
    const WHAT: &'static str = "loss";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("bce", Loss::BinaryCrossEntropy), ("ce", Loss::CrossEntropy), ("mse", Loss::MeanSquaredError)];
}

impl Named for Optimizer {
    const WHAT: &'static str = "optimizer";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("sgd", Optimizer::Sgd),
        ("momentum", Optimizer::MOMENTUM),
        ("nesterov", Optimizer::NESTEROV),
        ("adam", Optimizer::ADAM),
        ("rmsprop", Optimizer::RMSPROP),
    ];
}

impl Named for Activation {
    const WHAT: &'static str = "activation";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid),
        ("relu", Activation::Relu),
        ("identity", Activation::Identity),
    ];
}

impl Named for Mode {
    const WHAT: &'static str = "pipeline";
    const CHOICES: &'static [(&'static str, Self)] = &[("auto", Mode::Auto), ("on", Mode::On), ("off", Mode::Off)];
}

impl Named for Init {
    const WHAT: &'static str = "init";
    const CHOICES: &'static [(&'static str, Self)] = &[("uniform", Init::Uniform), ("zero", Init::Zero)];
}

impl Named for Arithmetic {
    const WHAT: &'static str = "arithmetic";
    const CHOICES: &'static [(&'static str, Self)] = &[("f32", Arithmetic::F32), ("int8", Arithmetic::Int8)];
}

impl Named for Scaling {
    const WHAT: &'static str = "scaling";
    const CHOICES: &'static [(&'static str, Self)] = &[("mean", Scaling::Mean), ("reference", Scaling::Reference)];
}
