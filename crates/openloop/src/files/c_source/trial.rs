//! What the self-test of the C source must find: the bits that the core gives for its samples.

use super::front::Front;
use openloop_core::device::{Health, Learner, Lent};
use openloop_core::integer::{self, Int8Fine, Int8Memory, Int8Network, Int8Plan, Int8State};
use openloop_core::store::About;
use openloop_core::{Error, Targets};

/// Samples of the self-test.
const SAMPLES: usize = 4;

/// Checksums of what comes out of the self-test.
pub(super) struct Expected {
    /// Of all answers, by a network that does not learn.
    pub(super) answers: u32,
    /// Of all answers by one that learns, and then its weights.
    pub(super) learning: u32,
}

/// Does the self-test with the core in f32.
pub(super) fn in_floats(
    learner: &Learner<'_>,
    about: &About,
    parameters: &[f32],
    regression: bool,
) -> Result<Expected, Error> {
    let (mut fixed, mut own) = (parameters.to_vec(), parameters.to_vec());
    let mut scratch = vec![0.0; learner.sizes().scratch()];
    let (mut answers, mut learning, mut health) = (Vec::new(), Vec::new(), Health::NEW);
    for sample in 0..SAMPLES {
        let x: Vec<f32> = (0..learner.inputs()).map(|i| f32::from(input(i, sample)) * 0.25).collect();
        let lent = Lent { parameters: &mut fixed, scratch: &mut scratch, health: &mut health };
        answers.extend_from_slice(learner.infer(lent, &x)?);
        let label = [(sample % learner.outputs()) as u32];
        let values: Vec<f32> = (0..learner.outputs()).map(|i| (((i + sample) % 3) as f32 - 1.0) * 0.5).collect();
        let targets = if regression { Targets::Values(&values) } else { Targets::Labels(&label) };
        let lent = Lent { parameters: &mut own, scratch: &mut scratch, health: &mut health };
        let learner = with_rates(learner, about, about.samples.saturating_add(sample as u64));
        learning.extend_from_slice(learner.learn(lent, &x, &targets)?);
    }
    learning.extend_from_slice(&own);
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    Ok(Expected { answers: checksum(&bytes(&answers)), learning: checksum(&bytes(&learning)) })
}

/// Does the self-test with the core in int8, after `samples` samples.
pub(super) fn in_integers(
    network: &Int8Network<'_>,
    front: Option<&Front<'_>>,
    samples: u64,
    parameters: &[i8],
) -> Result<Expected, Error> {
    let plan = Int8Plan::learning(network);
    let asking = Int8Plan::inference(network);
    let (mut activations, mut values) =
        (vec![0; plan.activations.max(asking.activations)], vec![0; plan.values.max(asking.values)]);
    let (mut own, mut state) = (parameters.to_vec(), Int8State { step: samples, saturated: 0 });
    let (mut answers, mut learning) = (Vec::new(), Vec::new());
    for sample in 0..SAMPLES {
        let inputs = front.map_or(network.inputs(), Front::inputs);
        let raw: Vec<i8> = (0..inputs).map(|i| input(i, sample) * 20).collect();
        let x = match front {
            Some(front) => front.features(&raw)?,
            None => raw,
        };
        for (parameters, bytes) in [(parameters, &mut answers), (&own[..], &mut learning)] {
            let sums = integer::infer(network, parameters, &x, &mut activations, &mut values)?;
            integer::probabilities(network, sums);
            bytes.extend(sums.iter().flat_map(|value| value.to_le_bytes()));
        }
        let (activations, values) = (&mut activations[..], &mut values[..]);
        let memory =
            Int8Memory { parameters: &mut own, state: &mut state, activations, values, fine: Int8Fine::default() };
        integer::learn(network, memory, &x, (sample % network.outputs()) as u32)?;
    }
    learning.extend(own.iter().map(|weight| *weight as u8));
    Ok(Expected { answers: checksum(&answers), learning: checksum(&learning) })
}

/// A whole number from -5 to 5.
fn input(i: usize, sample: usize) -> i8 {
    ((i * 7 + sample * 5) % 11) as i8 - 5
}

/// The learner with its rates after so many samples.
fn with_rates<'l>(learner: &Learner<'l>, about: &About, samples: u64) -> Learner<'l> {
    let decay = if about.half_after > 0 { 1.0 + samples as f32 / about.half_after as f32 } else { 1.0 };
    let mut learner = *learner;
    learner.set_rates(about.hidden_rate / decay, about.output_rate / decay);
    learner
}

fn checksum(bytes: &[u8]) -> u32 {
    crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(bytes)
}
