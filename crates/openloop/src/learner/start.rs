//! How a training run begins: a fresh network for the data, and what is refused before anything is allocated.

use super::center;
use super::evaluation::EVALUATION_BATCH;
use super::inputs::{FrontEnd, Inputs};
use super::int8::{self, Int8Weights};
use super::model::DataDescription;
use super::network::Network;
use super::weights::NetworkWeights;
use crate::data::DataSet;
use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::settings::{Arithmetic, ConfigError, Settings};
use openloop_core::integer::{FRONT_BITS, Int8Front};
use openloop_core::{Error, Plan};
use std::sync::Arc;

/// Training rows from which the scale of an int8 network's inputs follows.
const ROWS_FOR_INPUT_BITS: usize = 1_000;

/// The network that `settings` describe for `data`.
///
/// # Errors
/// A network that does not fit the data.
pub(super) fn network(settings: &Settings, data: &DataSet) -> Result<Network, ConfigError> {
    let layers = settings.layers(data)?;
    Network::new(layers, settings.loss, settings.frozen_layers())
        .map_err(|error| network_error(settings, &DataDescription::of(data), error))
}

/// Its fresh weights, in the arithmetic asked for.
///
/// # Errors
/// Inputs that int8 has no room for.
pub(super) fn weights(
    network: &Network,
    settings: &Settings,
    data: &Arc<DataSet>,
    kernels: &Fast,
) -> Result<NetworkWeights, ConfigError> {
    let error = |error| network_error(settings, &DataDescription::of(data), error);
    let drawn = NetworkWeights::draw(network, settings).map_err(error)?;
    if settings.arithmetic == Arithmetic::F32 {
        return Ok(drawn);
    }
    let mut floats = drawn.floats().to_vec();
    let preprocessing = &data.preprocessing;
    center::filters(network, &mut floats, preprocessing, data, kernels).map_err(error)?;
    let first_rows = |network: Network| {
        let front = FrontEnd::new(network, &floats, preprocessing.clone());
        Inputs::uncached(Arc::clone(data), front).first_rows(kernels, ROWS_FOR_INPUT_BITS)
    };
    let int8 = match Int8Front::new(network.front(), 0) {
        Ok(_) => {
            let whole = Network::new(network.layers().to_vec(), network.loss(), 0).map_err(error)?;
            let front_bits = Some(int8::input_bits(&first_rows(whole))?);
            let drawn = Int8Weights::draw(network.learning(), settings, FRONT_BITS).map_err(error)?;
            Int8Weights { front_bits, ..drawn }
        }
        // no front, or one that has no int8 version
        Err(_) => {
            let input_bits = int8::input_bits(&first_rows(network.clone()))?;
            Int8Weights::draw(network.learning(), settings, input_bits).map_err(error)?
        }
    };
    let frozen = Aligned::from(&floats[..network.frozen_parameters()]);
    NetworkWeights::new(network, frozen, Some(int8)).map_err(error)
}

/// Refuses a network that the system has no room for, before anything is allocated that would end the process.
///
/// # Errors
/// [`ConfigError::Memory`].
pub(super) fn check_memory(network: &Network, settings: &Settings, data: &DataSet) -> Result<(), ConfigError> {
    let plan = Plan::learning(&network.whole(), &settings.training(), settings.batch.min(data.train.len()));
    let rows = EVALUATION_BATCH.min(data.test.len().max(data.train.len()));
    let evaluation = Plan::inference(&network.whole(), rows);
    check_room(settings, plan.persistent_bytes() + plan.transient_bytes() + evaluation * size_of::<f32>())
}

/// Refuses `copies` of a network that learn sample by sample, if the system has no room for them.
///
/// # Errors
/// [`ConfigError::Memory`].
pub(crate) fn check_copies(network: &Network, settings: &Settings, copies: usize) -> Result<(), ConfigError> {
    let plan = Plan::learning(&network.whole(), &settings.training(), 1);
    check_room(settings, (plan.persistent_bytes() + plan.transient_bytes()).saturating_mul(copies))
}

fn check_room(settings: &Settings, bytes: usize) -> Result<(), ConfigError> {
    match Vec::<u8>::new().try_reserve_exact(bytes) {
        Ok(()) => Ok(()),
        Err(_) => Err(ConfigError::Memory { net: settings.net.to_string(), bytes: bytes as f64 }),
    }
}

/// Refuses data whose rows or targets are not the network's.
///
/// # Errors
/// What does not fit.
pub(super) fn check_data(network: &Network, settings: &Settings, data: &DataSet) -> Result<(), ConfigError> {
    let check = || {
        for split in [&data.train, &data.test] {
            let expected = split.len() * network.inputs();
            openloop_core::error::expect_length("the features", split.features.len(), expected)?;
            let targets = split.targets.range(0..split.len(), data.outputs);
            network.whole().check_targets(settings.rule, &targets)?;
        }
        openloop_core::error::expect_length("the data's outputs", data.outputs, network.outputs())
    };
    check().map_err(|error| network_error(settings, &DataDescription::of(data), error))
}

/// The network does not fit: with the names that a user knows.
pub(super) fn network_error(settings: &Settings, about: &DataDescription, error: Error) -> ConfigError {
    ConfigError::Network { net: settings.net.to_string(), data: about.data.clone(), error }
}
