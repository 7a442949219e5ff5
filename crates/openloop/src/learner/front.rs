//! What the frozen layers of a network make of samples: the inputs of the layers that learn.

use super::int8::quantise;
use super::network::Network;
use super::weights::NetworkWeights;
use crate::kernels::{Fast, integer_features};
use openloop_core::error::expect_length;
use openloop_core::integer::{self, FRONT_BITS, Int8Front, Int8FrontWeights};
use openloop_core::{Error, Layer};

/// The frozen layers' numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrontWeights<'w> {
    /// Begin with their weights.
    pub floats: &'w [f32],
    /// Fraction bits of their inputs, where they compute in integers.
    pub bits: Option<u8>,
}

impl<'w> FrontWeights<'w> {
    /// Those of a network.
    pub fn of(weights: &'w NetworkWeights) -> Self {
        FrontWeights { floats: weights.floats(), bits: weights.int8().and_then(|int8| int8.front_bits) }
    }
}

/// Puts into `out: [samples, learning inputs]` what the frozen layers make of samples `x`; `scratch` grows as it must. A front in
/// integers gives whole multiples of 2^-7.
///
/// # Errors
/// [`Error::WrongLength`] where `out` is not as long as that.
pub(super) fn features(
    kernels: &Fast,
    network: &Network,
    weights: FrontWeights<'_>,
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
    let parameters = &weights.floats[..network.frozen_parameters()];
    if let Some(bits) = weights.bits {
        return in_integers(kernels, &Int8Front::new(layers, bits)?, parameters, x, out);
    }
    let widest = layers.iter().map(Layer::outputs).max().unwrap_or(0);
    scratch.resize(2 * widest * samples, 0.0);
    out.copy_from_slice(openloop_core::features(kernels, &network.whole(), layers.len(), parameters, x, scratch)?);
    Ok(())
}

/// The same in integers, sample by sample as on a device.
fn in_integers(
    kernels: &Fast,
    front: &Int8Front<'_>,
    parameters: &[f32],
    x: &[f32],
    out: &mut [f32],
) -> Result<(), Error> {
    let (sizes, inputs, outputs) = (front.sizes(), front.inputs(), front.outputs());
    let (mut weights, mut biases) = (vec![0; sizes.weights], vec![0; sizes.biases]);
    integer::quantise(front, parameters, &mut weights, &mut biases)?;
    let weights = Int8FrontWeights { weights: &weights, biases: &biases };
    let rows: Vec<u32> = (0..(x.len() / inputs) as u32).collect();
    kernels.for_rows(&rows, (outputs, out), |_, rows, out| {
        let (mut bytes, mut room, mut made) = (vec![0; inputs], vec![0; sizes.room], vec![0; outputs]);
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(outputs)) {
            quantise(front.input_bits(), &x[*row as usize * inputs..][..inputs], &mut bytes);
            integer_features(front, weights, &bytes, &mut room, &mut made).expect("the memory is sized by the front");
            out.iter_mut().zip(&made).for_each(|(out, made)| *out = f32::from(*made) / f32::from(1u8 << FRONT_BITS));
        }
    });
    Ok(())
}
