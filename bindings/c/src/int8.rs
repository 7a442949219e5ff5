//! A sample in int8: the core's network of this moment, over the model's memory.

use crate::config::How;
use crate::memory::{Counts, Parts, check, split};
use crate::sample::{Outcome, Sample, standardised};
use crate::status::Status;
use openloop_core::Layer;
use openloop_core::integer::{self, Int8Fine, Int8Memory, Int8Network, Int8Rate, Int8Settings};

/// What a probability of 1 is among an int8 network's.
const ONE: f32 = 32_768.0;

/// The bytes of an int8 model.
struct Bytes<'p> {
    parameters: &'p mut [i8],
    x: &'p mut [i8],
    activations: &'p mut [i8],
}

fn bytes<'p>(all: &'p mut [i8], counts: &Counts) -> Bytes<'p> {
    let (parameters, rest) = split(all, counts.parameters);
    let (x, activations) = split(rest, counts.inputs);
    Bytes { parameters, x, activations }
}

/// The parameters of an int8 model, for its blob.
pub(crate) fn parameters<'p>(all: &'p mut [i8], counts: &Counts) -> &'p mut [i8] {
    bytes(all, counts).parameters
}

/// Freshly drawn weights.
pub(crate) fn initialize(parts: &mut Parts<'_>) -> Result<(), Status> {
    let parameters = bytes(parts.bytes, &parts.model.counts).parameters;
    let network = network(parts.layers, &parts.model.how);
    Ok(integer::initialize(network.as_ref()?, parameters)?)
}

/// Keeps a sample where the network looks for it: round(x 2^bits) within a byte.
pub(crate) fn keep(parts: &mut Parts<'_>, sample: Sample<'_>) -> Result<(), Status> {
    let kept = bytes(parts.bytes, &parts.model.counts).x;
    if let Sample::I8(x) = sample {
        kept.iter_mut().zip(x).for_each(|(kept, x)| *kept = *x);
        return Ok(());
    }
    let one = (1u32 << parts.model.how.about.input_bits.min(14)) as f32;
    let mut finite = true;
    standardised(sample, parts.offset, parts.scale, |i, value| {
        finite &= value.is_finite();
        if let Some(x) = kept.get_mut(i) {
            *x = nearest(value * one);
        }
    });
    if !finite {
        parts.model.health.refused = parts.model.health.refused.saturating_add(1);
        return Err(Status::InputNotFinite);
    }
    Ok(())
}

/// The nearest whole number within a byte, the one further from 0 of two: what libm's round gives, in less code.
fn nearest(x: f32) -> i8 {
    let x = x.clamp(-127.0, 127.0);
    let whole = x as i32;
    let rest = x - whole as f32;
    (whole + (rest >= 0.5) as i32 - (rest <= -0.5) as i32) as i8
}

/// A learning step on a sample that is the network's own, or else on the one that is kept.
pub(crate) fn learn(parts: &mut Parts<'_>, own: Option<&[i8]>, label: u32) -> Result<Outcome, Status> {
    let Parts { model, layers, words, .. } = parts;
    let Bytes { parameters, x, activations } = bytes(parts.bytes, &model.counts);
    let network = network(layers, &model.how);
    let memory =
        Int8Memory { parameters, state: &mut model.state, activations, values: words, fine: Int8Fine::default() };
    let outcome = integer::learn(network.as_ref()?, memory, own.unwrap_or(x), label)?;
    model.how.about.samples = model.state.step;
    Ok(Outcome { label: outcome.class, right: outcome.confidence as f32 / ONE })
}

/// The class of a sample that is the network's own, or else of the one that is kept, and its output; and all outputs if `y` has room
/// for them.
pub(crate) fn predict(parts: &mut Parts<'_>, own: Option<&[i8]>, y: &mut [f32]) -> Result<(u32, f32), Status> {
    let Parts { model, layers, words, .. } = parts;
    let Bytes { parameters, x, activations } = bytes(parts.bytes, &model.counts);
    let network = network(layers, &model.how);
    let network = network.as_ref()?;
    let sums = integer::infer(network, parameters, own.unwrap_or(x), activations, words)?;
    let (label, _) =
        sums.iter().enumerate().fold((0, i32::MIN), |best, (k, &z)| if z > best.1 { (k, z) } else { best });
    integer::probabilities(network, sums);
    y.iter_mut().zip(&*sums).for_each(|(y, p)| *y = *p as f32 / ONE);
    Ok((label as u32, sums.get(label).copied().unwrap_or_default() as f32 / ONE))
}

/// The network with how it learns now. A copy for all who ask.
#[inline(never)]
fn network<'p>(layers: &'p [Layer], how: &How) -> Result<Int8Network<'p>, Status> {
    let about = &how.about;
    let settings = Int8Settings {
        rule: about.rule,
        seed: about.seed,
        hidden_rate: Int8Rate::new(about.hidden_rate),
        output_rate: Int8Rate::new(about.output_rate),
        half_after: if about.half_after == 0 { u32::MAX } else { about.half_after },
        input_bits: about.input_bits,
        fractions: false,
    };
    Ok(Int8Network::new(check(layers, how.loss)?, settings)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_libm_everywhere() {
        for k in -300_000..300_000 {
            let x = k as f32 / 2048.0;
            for x in [x, f32::from_bits(x.to_bits() + 1), f32::from_bits(x.to_bits().wrapping_sub(1))] {
                if x.is_finite() {
                    assert_eq!(nearest(x), libm::roundf(x).clamp(-127.0, 127.0) as i8, "{x}");
                }
            }
        }
        assert_eq!((nearest(0.499_999_97), nearest(-1e30), nearest(f32::INFINITY)), (0, -127, 127));
    }
}
