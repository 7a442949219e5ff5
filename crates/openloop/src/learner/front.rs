//! What the frozen layers of a network make of samples: the inputs of the layers that learn.

use super::network::Network;
use crate::kernels::Fast;
use openloop_core::error::expect_length;
use openloop_core::{Error, Layer};

/// Puts into `out: [samples, learning inputs]` what the frozen layers make of samples `x`. `floats` begins with their weights;
/// `scratch` grows as it must.
///
/// # Errors
/// [`Error::WrongLength`] where `out` is not as long as that.
pub(super) fn features(
    kernels: &Fast,
    network: &Network,
    floats: &[f32],
    x: &[f32],
    scratch: &mut Vec<f32>,
    out: &mut [f32],
) -> Result<(), Error> {
    let (layers, samples) = (network.front(), x.len() / network.inputs());
    expect_length("the frozen layers' outputs", out.len(), samples * network.learning_inputs())?;
    if layers.is_empty() {
        out.copy_from_slice(x);
        return Ok(());
    }
    let widest = layers.iter().map(Layer::outputs).max().unwrap_or(0);
    scratch.resize(2 * widest * samples, 0.0);
    let parameters = &floats[..network.frozen_parameters()];
    out.copy_from_slice(openloop_core::features(kernels, &network.whole(), layers.len(), parameters, x, scratch)?);
    Ok(())
}
