//! A layer in 24 bytes.

use super::error::Error;
use super::format::{LAYER_BYTES, MAX_VALUES, MAX_WEIGHTS};
use super::head::known;
use crate::activation::Activation;
use crate::layer::{Along, Conv, Dense, Dropout, Layer, Pool, Pooling};
use crate::spec::Shape;

/// Whether blobs hold chains of dense layers alone, and others are refused.
const DENSE_ONLY: bool = cfg!(not(feature = "every-layer"));
const DENSE: u8 = 0;
const CONVOLUTION: u8 = 1;
const MAX_POOLING: u8 = 2;
const AVERAGE_POOLING: u8 = 3;
const DROPOUT: u8 = 4;
const CONVOLUTION_ALONG_HEIGHT: u8 = 5;
const CONVOLUTION_ALONG_WIDTH: u8 = 6;

/// The fields of a layer's 24 bytes.
#[derive(Clone, Copy, Default)]
struct Record {
    kind: u8,
    activation: u8,
    window: u16,
    stride: u16,
    padding: u16,
    units: u32,
    input: [u32; 3],
}

/// The layer's bytes; layer `k` of its network, for the message.
pub(super) fn encode(k: usize, layer: &Layer) -> Result<[u8; LAYER_BYTES], Error> {
    let record = record(layer).ok_or(Error::TooLarge { layer: k })?;
    let mut bytes = [0; LAYER_BYTES];
    (bytes[0], bytes[1]) = (record.kind, record.activation);
    bytes[2..4].copy_from_slice(&record.window.to_le_bytes());
    bytes[4..6].copy_from_slice(&record.stride.to_le_bytes());
    bytes[6..8].copy_from_slice(&record.padding.to_le_bytes());
    bytes[8..12].copy_from_slice(&record.units.to_le_bytes());
    bytes[12..16].copy_from_slice(&record.input[0].to_le_bytes());
    bytes[16..20].copy_from_slice(&record.input[1].to_le_bytes());
    bytes[20..24].copy_from_slice(&record.input[2].to_le_bytes());
    Ok(bytes)
}

/// The record of a layer; none where a number of it is too large.
fn record(layer: &Layer) -> Option<Record> {
    let side = |value: usize| u16::try_from(value).ok();
    let flat = |values: usize| Some([1, 1, u32::try_from(values).ok()?]);
    let image = |shape: Shape| {
        let Shape { channels, height, width } = shape;
        Some([u32::try_from(channels).ok()?, u32::try_from(height).ok()?, u32::try_from(width).ok()?])
    };
    if DENSE_ONLY && !matches!(layer, Layer::Dense(_)) {
        return None;
    }
    Some(match *layer {
        Layer::Dense(Dense { inputs, outputs, activation }) => {
            let (activation, units) = (activation.code(), u32::try_from(outputs).ok()?);
            Record { kind: DENSE, activation, units, input: flat(inputs)?, ..Record::default() }
        }
        // one that is normalised has more parameters than its record says, so that it is refused by its length: fold it before.
        // How a readout sees it matters to a learner alone
        Layer::Conv(Conv {
            input,
            channels,
            kernel,
            stride,
            padding,
            along,
            norm: _,
            pooled_readout: _,
            activation,
        }) => Record {
            kind: match along {
                Along::Both => CONVOLUTION,
                Along::Height => CONVOLUTION_ALONG_HEIGHT,
                Along::Width => CONVOLUTION_ALONG_WIDTH,
            },
            activation: activation.code(),
            window: side(kernel)?,
            stride: side(stride)?,
            padding: side(padding)?,
            units: u32::try_from(channels).ok()?,
            input: image(input)?,
        },
        Layer::Pool(Pool { input, window, pooling }) => {
            let kind = if pooling == Pooling::Max { MAX_POOLING } else { AVERAGE_POOLING };
            Record { kind, window: side(window)?, input: image(input)?, ..Record::default() }
        }
        Layer::Dropout(Dropout { units, probability }) => {
            Record { kind: DROPOUT, units: probability.to_bits(), input: flat(units)?, ..Record::default() }
        }
    })
}

/// The layer of these bytes, whose sizes are then small enough to be multiplied.
pub(super) fn decode(k: usize, bytes: &[u8; LAYER_BYTES]) -> Result<Layer, Error> {
    let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]) as usize;
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let (kind, units, (channels, height, width)) = (bytes[0], word(8), (word(12), word(16), word(20)));
    let activation = known("activation", bytes[1], Activation::from_code(bytes[1]))?;
    let side = |value: u32| value as u64 <= MAX_VALUES;
    let values = (channels as u64).saturating_mul(height as u64).saturating_mul(width as u64);
    let sides = side(channels) && side(height) && side(width) && (kind == DROPOUT || side(units));
    if !sides || values > MAX_VALUES {
        return Err(Error::TooLarge { layer: k });
    }
    let input = Shape { channels: channels as usize, height: height as usize, width: width as usize };
    let (window, stride, padding) = (short(2), short(4), short(6));
    let layer = match kind {
        kind if DENSE_ONLY && kind != DENSE => return Err(Error::Unknown { what: "kind of layer", code: kind as u32 }),
        DENSE => Layer::Dense(Dense { inputs: input.size(), outputs: units as usize, activation }),
        CONVOLUTION | CONVOLUTION_ALONG_HEIGHT | CONVOLUTION_ALONG_WIDTH => {
            let along = match kind {
                CONVOLUTION_ALONG_HEIGHT => Along::Height,
                CONVOLUTION_ALONG_WIDTH => Along::Width,
                _ => Along::Both,
            };
            let (channels, kernel) = (units as usize, window);
            Layer::Conv(Conv {
                input,
                channels,
                kernel,
                stride,
                padding,
                along,
                norm: false,
                pooled_readout: false,
                activation,
            })
        }
        MAX_POOLING => Layer::Pool(Pool { input, window, pooling: Pooling::Max }),
        AVERAGE_POOLING => Layer::Pool(Pool { input, window, pooling: Pooling::Average }),
        DROPOUT => Layer::Dropout(Dropout { units: input.size(), probability: f32::from_bits(units) }),
        code => return Err(Error::Unknown { what: "kind of layer", code: code as u32 }),
    };
    // a field that means nothing to this kind must be 0, so that equal layers have equal bytes
    if encode(k, &layer)? != *bytes {
        return Err(Error::Unknown { what: "field of this layer", code: k as u32 });
    }
    if is_small(&layer) { Ok(layer) } else { Err(Error::TooLarge { layer: k }) }
}

/// Whether the layer's own numbers can be multiplied without a thought, given that each is.
fn is_small(layer: &Layer) -> bool {
    let product =
        |factors: [usize; 3]| factors.iter().fold(1u64, |product, &factor| product.saturating_mul(factor as u64));
    let (weights, outputs) = match layer {
        Layer::Dense(dense) => (product([dense.inputs, dense.outputs, 1]), dense.outputs as u64),
        Layer::Conv(conv) if !DENSE_ONLY => {
            let ([height, width], places) = (conv.kernels(), conv.output());
            let patch = product([conv.input.channels, height, width]);
            (patch.saturating_mul(conv.channels as u64), product([places.channels, places.height, places.width]))
        }
        Layer::Conv(_) | Layer::Pool(_) | Layer::Dropout(_) => (0, 0),
    };
    weights <= MAX_WEIGHTS && outputs <= MAX_VALUES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convolution_along_one_direction_has_a_kind_of_its_own_and_is_read_as_it_was_written() {
        let input = Shape { channels: 3, height: 32, width: 1 };
        let activation = Activation::Tanh;
        for (along, code) in [(Along::Both, 1), (Along::Height, 5), (Along::Width, 6)] {
            let conv = Layer::Conv(Conv {
                input,
                channels: 16,
                kernel: 5,
                stride: 2,
                padding: 2,
                along,
                norm: false,
                pooled_readout: false,
                activation,
            });
            let bytes = encode(0, &conv).unwrap();
            assert_eq!((bytes[0], decode(0, &bytes).unwrap()), (code, conv));
        }
    }
}
