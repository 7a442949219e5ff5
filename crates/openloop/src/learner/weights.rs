//! The numbers of a network: weights and biases, in f32 or, for the layers that learn, in 8-bit integers.

use super::int8::Int8Weights;
use super::network::Network;
use crate::kernels::aligned::Aligned;
use crate::settings::{Init, Settings};
use openloop_core::{Error, Layer, Plan};

/// Weights and biases that were found to fit a network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkWeights {
    /// Layer by layer; with `int8`, those of the frozen layers alone.
    pub(super) floats: Aligned,
    /// Those of the layers that learn, in an int8 network.
    pub(super) int8: Option<Int8Weights>,
}

impl NetworkWeights {
    /// Weights for `network`: all in f32, or, where there is `int8`, those of the frozen layers.
    ///
    /// # Errors
    /// Another number of values than the network has, or layers that have no int8 version.
    pub fn new(network: &Network, floats: Aligned, int8: Option<Int8Weights>) -> Result<Self, Error> {
        let expected = match &int8 {
            None => network.parameters(),
            Some(int8) => {
                int8.fits(network.front(), network.learning())?;
                network.frozen_parameters()
            }
        };
        let found = floats.len();
        match found == expected {
            true => Ok(NetworkWeights { floats, int8 }),
            false => Err(Error::WrongLength { what: "the parameters", found, expected }),
        }
    }

    /// Other values of the same network; none if there are not as many.
    pub(crate) fn with_values(&self, floats: Aligned, int8: Option<Int8Weights>) -> Option<Self> {
        let own = |int8: &Option<Int8Weights>| int8.as_ref().map(|int8| int8.parameters.len());
        let fits = floats.len() == self.floats.len() && own(&int8) == own(&self.int8);
        fits.then_some(NetworkWeights { floats, int8 })
    }

    /// Freshly drawn weights in f32.
    ///
    /// # Errors
    /// None that can be met: the memory is sized by the network.
    pub fn draw(network: &Network, settings: &Settings) -> Result<Self, Error> {
        let mut floats = Aligned::zeros(network.parameters());
        openloop_core::initialize(&network.whole(), settings.seed, &mut floats)?;
        if settings.init == Init::Zero {
            zero_dense_weights(network.layers(), &mut floats);
        }
        Ok(NetworkWeights { floats, int8: None })
    }

    /// Freshly drawn readouts of the layers that learn, under a rule whose readout learns.
    ///
    /// # Errors
    /// None that can be met: the memory is sized by the network.
    pub fn draw_readouts(network: &Network, settings: &Settings) -> Result<Aligned, Error> {
        let learning = network.learning();
        let mut readouts = Aligned::zeros(Plan::learning(&learning, &settings.training(), 1).readouts);
        openloop_core::draw_readouts(&learning, settings.rule, settings.seed, &mut readouts)?;
        Ok(readouts)
    }

    /// The same values for another network.
    ///
    /// # Errors
    /// As for [`NetworkWeights::new`].
    pub fn of_network(self, network: &Network) -> Result<Self, Error> {
        NetworkWeights::new(network, self.floats, self.int8)
    }

    /// The values in f32: of all layers, or of the frozen layers of an int8 network.
    pub fn floats(&self) -> &[f32] {
        &self.floats
    }

    /// The layers that learn, in an int8 network.
    pub fn int8(&self) -> Option<&Int8Weights> {
        self.int8.as_ref()
    }

    /// The number of weights and biases.
    pub fn count(&self) -> usize {
        self.floats.len() + self.int8.as_ref().map_or(0, |int8| int8.parameters.len())
    }
}

/// Sets the weights of every dense layer to 0 and leaves the biases as they were drawn.
fn zero_dense_weights(layers: &[Layer], parameters: &mut [f32]) {
    let mut rest = parameters;
    for layer in layers {
        let (own, others) = std::mem::take(&mut rest).split_at_mut(layer.parameters());
        if let Layer::Dense(dense) = layer {
            own[..dense.weights()].fill(0.0);
        }
        rest = others;
    }
}
