//! Settings for 8-bit integers: the core's settings, and the check for what has no int8 version.

use crate::settings::choices::Init;
use crate::settings::clock::half_after;
use crate::settings::error::ConfigError;
use crate::settings::run_settings::Settings;
use openloop_core::integer::{self, Int8Network, Int8Rate};
use openloop_core::{Activation, Checked, Error, Loss, OptimizerKind};

/// Most fraction bits of an input.
pub(crate) const MAX_BITS: u8 = 7;

/// The core's settings for a run.
pub fn learning(settings: &Settings, input_bits: u8) -> integer::Int8Settings {
    integer::Int8Settings {
        rule: settings.rule,
        seed: settings.seed,
        hidden_rate: Int8Rate::new(settings.hidden_rate),
        output_rate: Int8Rate::new(settings.rate),
        half_after: half_after(settings.decay),
        input_bits,
        fractions: settings.weight_bits == 16,
    }
}

/// Refuses what has no int8 version.
pub(crate) fn check(settings: &Settings, network: &Checked<'_>, regression: bool) -> Result<(), ConfigError> {
    let refuse = |what, value: String, range| Err(ConfigError::Integer { what, value, range });
    if regression {
        return refuse("the task", "a regression".into(), "a classification");
    }
    if settings.loss != Loss::CrossEntropy {
        return refuse("loss", settings.loss.name().into(), "ce");
    }
    if settings.optimizer != OptimizerKind::Sgd {
        return refuse("optimizer", settings.optimizer.name().into(), "sgd");
    }
    if settings.batch != 1 {
        return refuse("batch", settings.batch.to_string(), "1: every sample is learned from on its own");
    }
    if settings.activation != Activation::Tanh {
        return refuse("activation", settings.activation.name().into(), "tanh");
    }
    if settings.dropout > 0.0 {
        return refuse("dropout", settings.dropout.to_string(), "0");
    }
    if settings.class_weights.is_some() {
        return refuse("class-weights", "given".into(), "none: every sample counts once");
    }
    if settings.init != Init::Uniform {
        return refuse("init", settings.init.name().into(), "uniform");
    }
    if !settings.rule.has_int8() {
        let name = settings.rule.name();
        return refuse(
            "rule",
            name.into(),
            "one without feedback matrices shaped like the weights, or outputs read at length 1",
        );
    }
    if settings.net.has_norm() {
        return refuse("norm", format!("in net \"{}\"", settings.net), "left out: no convolution learns in int8");
    }
    if settings.net.front() > 0 && !settings.freeze_conv {
        return refuse("a convolution", "to be trained".into(), "left as it was drawn: add --freeze-conv");
    }
    let rates = settings.rate.max(settings.hidden_rate);
    if rates >= 1.0 {
        return refuse("lr or hidden-lr", rates.to_string(), "less than 1");
    }
    let chain = network.without_front(settings.frozen_layers());
    let fits = chain.and_then(|chain| Int8Network::new(chain, learning(settings, MAX_BITS)));
    let data = |error| ConfigError::Integer { what: "the network", value: error_text(error), range: "smaller" };
    fits.map(|_| ()).map_err(data)
}

fn error_text(error: Error) -> String {
    format!("too large ({error})")
}
