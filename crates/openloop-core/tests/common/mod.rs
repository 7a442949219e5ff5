//! What the integration tests share: a network with its own memory, and a second computation, written apart from the
//! core's and in f64, to compare with.
#![allow(dead_code, unused_imports)] // every test file uses a part of this

mod formula;
mod oracle;

pub use formula::{by_formula, terms};
pub use oracle::{Normalised, Oracle, averaged, normalised, product, softmax, spread};

use openloop_core::layer::dropout;
use openloop_core::memory::feedback_stream;
use openloop_core::random::{Purpose, Stream};
use openloop_core::*;

pub const FEEDBACK_SEED: u64 = 77;
pub const ACTIVATIONS: [Activation; 5] = Activation::ALL;
pub const LOSSES: [Loss; 3] = [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::MeanSquaredError];
pub const SCALINGS: [Scaling; 2] = [Scaling::Reference, Scaling::Mean];
/// An optimizer whose state after one step from zero is the gradient itself.
pub const BARE: Optimizer = Optimizer::Momentum { momentum: 0.0 };

pub fn dense(inputs: usize, outputs: usize, activation: Activation) -> Layer {
    Layer::Dense(Dense { inputs, outputs, activation })
}

pub fn dropout(units: usize) -> Layer {
    Layer::Dropout(Dropout { units, probability: 0.3 })
}

pub fn shape(channels: usize, height: usize, width: usize) -> Shape {
    Shape { channels, height, width }
}

/// A convolution that keeps the height and width of its input, as 3x3 filters in a frame of one zero do.
pub fn conv(input: Shape, channels: usize, activation: Activation) -> Layer {
    Layer::Conv(Conv {
        input,
        channels,
        kernel: 3,
        stride: 1,
        padding: 1,
        along: Along::Both,
        norm: false,
        pooled_readout: false,
        activation,
    })
}

pub fn pool(input: Shape, window: usize, pooling: Pooling) -> Layer {
    Layer::Pool(Pool { input, window, pooling })
}

/// Two convolutions with pooling of both kinds, dropout before each of two dense layers: 1x7x6 pixels in, 3 classes out.
pub fn pictures() -> Vec<Layer> {
    let second = Conv {
        input: shape(3, 3, 3),
        channels: 4,
        kernel: 2,
        stride: 1,
        padding: 1,
        along: Along::Both,
        norm: false,
        pooled_readout: false,
        activation: Activation::Relu,
    };
    vec![
        conv(shape(1, 7, 6), 3, Activation::Tanh),
        pool(shape(3, 7, 6), 2, Pooling::Max),
        Layer::Conv(second),
        pool(shape(4, 4, 4), 3, Pooling::Average),
        dropout(4),
        dense(4, 5, Activation::Tanh),
        dropout(5),
        dense(5, 3, Activation::Identity),
    ]
}

/// `depth` convolutions of one size without pooling, and an output layer.
pub fn conv_chain(input: Shape, channels: usize, depth: usize, outputs: usize) -> Vec<Layer> {
    let inner = Shape { channels, ..input };
    let hidden = |k| conv(if k == 0 { input } else { inner }, channels, Activation::Tanh);
    (0..depth).map(hidden).chain([dense(inner.size(), outputs, Activation::Identity)]).collect()
}

/// `depth` hidden layers of one width and an output layer.
pub fn chain(inputs: usize, width: usize, depth: usize, outputs: usize) -> Vec<Layer> {
    let hidden = |k| dense(if k == 0 { inputs } else { width }, width, Activation::Tanh);
    (0..depth).map(hidden).chain([dense(width, outputs, Activation::Identity)]).collect()
}

/// Random values in (-bound, bound).
pub fn uniform(seed: u64, count: usize, bound: f32) -> Vec<f32> {
    let mut values = vec![0.0; count];
    Stream::new(seed, Purpose::Data, 0).fill_uniform(0, bound, &mut values);
    values
}

pub fn plain_training(rule: Rule) -> Training {
    Training { rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 5 }
}

pub fn clock(step: u64, samples: u64, rate: f32) -> Clock {
    Clock { step, samples, hidden_rate: rate, output_rate: rate }
}

pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| v as f64).collect()
}

/// `found` equals `expected` within `tolerance` times the largest expected value.
#[track_caller]
pub fn assert_close(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-3, |m: f64, v| m.max(v.abs()));
    for (i, (&f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f as f64 - e).abs() <= tolerance * largest, "{what}, value {i}: {f} against {e} (largest {largest})");
    }
}

/// A network, how it learns, and all its memory.
#[derive(Clone)]
pub struct Student {
    pub layers: Vec<Layer>,
    pub loss: Loss,
    pub training: Training,
    pub parameters: Vec<f32>,
    pub readouts: Vec<f32>,
    pub optimizer: Vec<f32>,
    pub feedback: Vec<f32>,
    pub scratch: Vec<f32>,
}

impl Student {
    pub fn new(layers: &[Layer], loss: Loss, training: Training, batch: usize) -> Self {
        let network = Spec { layers, loss }.check().unwrap();
        let plan = Plan::learning(&network, &training, batch);
        let (mut parameters, mut feedback) = (vec![0.0; plan.parameters], vec![0.0; plan.feedback]);
        initialize(&network, 1, &mut parameters).unwrap();
        draw_feedback(&network, training.rule, FEEDBACK_SEED, &mut feedback).unwrap();
        let mut readouts = vec![0.0; plan.readouts];
        draw_readouts(&network, training.rule, FEEDBACK_SEED, &mut readouts).unwrap();
        let (optimizer, scratch) = (vec![0.0; plan.optimizer], vec![f32::NAN; plan.scratch()]);
        Student { layers: layers.to_vec(), loss, training, parameters, readouts, optimizer, feedback, scratch }
    }

    pub fn network(&self) -> Checked<'_> {
        Spec { layers: &self.layers, loss: self.loss }.check().unwrap()
    }

    pub fn learn(&mut self, x: &[f32], targets: &Targets<'_>, clock: &Clock) -> Result<Outcome, Error> {
        self.learn_with(&Plain, x, targets, clock)
    }

    pub fn learn_with<K: Kernels>(
        &mut self,
        kernels: &K,
        x: &[f32],
        targets: &Targets<'_>,
        clock: &Clock,
    ) -> Result<Outcome, Error> {
        let network = Spec { layers: &self.layers, loss: self.loss }.check()?;
        let memory = Memory {
            parameters: &mut self.parameters,
            layouts: &[],
            readouts: &mut self.readouts,
            optimizer: &mut self.optimizer,
            feedback: Feedback::Stored(&self.feedback),
            scratch: &mut self.scratch,
        };
        learn(kernels, &network, &self.training, memory, x, targets, clock)
    }

    /// The gradient the rule forms for every parameter, in their order. Needs the optimizer [`BARE`]; changes nothing.
    pub fn gradient(&self, x: &[f32], targets: &Targets<'_>, samples: u64) -> (Vec<f32>, Outcome) {
        assert_eq!(self.training.optimizer, BARE);
        let mut copy = self.clone();
        let outcome = copy.learn(x, targets, &clock(1, samples, 0.0)).unwrap();
        assert_eq!(bits(&copy.parameters), bits(&self.parameters));
        (copy.optimizer, outcome)
    }

    /// The f64 network that does what this one does to the samples from `first_sample` on.
    pub fn oracle(&self, batch: usize, first_sample: u64) -> Oracle<'_> {
        let mask = |(k, layer): (usize, &Layer)| {
            let mut mask = vec![1.0; batch * layer.outputs()];
            if let Layer::Dropout(layer) = layer {
                let stream = Stream::new(self.training.seed, Purpose::Dropout, k as u32);
                dropout::apply(layer, &stream, first_sample, &mut mask);
            }
            wide(&mask)
        };
        Oracle { layers: &self.layers, loss: self.loss, masks: self.layers.iter().enumerate().map(mask).collect() }
    }

    /// The matrix that carries layer `k`'s signal, drawn here from its definition.
    pub fn matrix(&self, k: usize) -> Vec<f64> {
        let readout = self.network().readout(self.training.rule, k).map(|r| (r.outputs, r.inputs));
        let (rows, columns) = readout.unwrap_or_else(|| self.network().feedback_shape(self.training.rule, k));
        if self.training.rule == Rule::Lls {
            let wave = |i: usize| {
                let w = 50.0 + 462.0 * (i / columns) as f64 / (rows - 1) as f64;
                if (w * (i % columns) as f64).sin() < 0.0 { -1.0 } else { 1.0 }
            };
            return (0..rows * columns).map(wave).collect();
        }
        let (stream, bound) = feedback_stream(FEEDBACK_SEED, k, columns);
        (0..rows * columns).map(|i| (2.0 * stream.unit(i as u64) - 1.0) as f64 * bound as f64).collect()
    }
}

/// The target vectors of some labels, `[batch, outputs]`.
pub fn one_hot(labels: &[u32], outputs: usize) -> Vec<f64> {
    labels.iter().flat_map(|&l| (0..outputs).map(move |c| if c == l as usize { 1.0 } else { 0.0 })).collect()
}
