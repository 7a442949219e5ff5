//! What the integration tests share: a network with its own memory, and a second forward pass, written apart from the
//! core's and in f64, to compare with.
#![allow(dead_code)] // every test file uses a part of this

use openloop_core::layer::dropout::silence;
use openloop_core::memory::feedback_stream;
use openloop_core::random::{Purpose, Stream};
use openloop_core::*;

pub const FEEDBACK_SEED: u64 = 77;
pub const ACTIVATIONS: [Activation; 4] =
    [Activation::Tanh, Activation::Sigmoid, Activation::Relu, Activation::Identity];
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
        let (optimizer, scratch) = (vec![0.0; plan.optimizer], vec![f32::NAN; plan.scratch()]);
        Student { layers: layers.to_vec(), loss, training, parameters, optimizer, feedback, scratch }
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
            if let Layer::Dropout(dropout) = layer {
                let stream = Stream::new(self.training.seed, Purpose::Dropout, k as u32);
                silence(dropout, &stream, first_sample, &mut mask);
            }
            wide(&mask)
        };
        Oracle { layers: &self.layers, loss: self.loss, masks: self.layers.iter().enumerate().map(mask).collect() }
    }

    /// The matrix that carries layer `k`'s signal, drawn here from its definition.
    pub fn matrix(&self, k: usize) -> Vec<f64> {
        let (rows, columns) = self.network().feedback_shape(self.training.rule, k);
        let (stream, bound) = feedback_stream(FEEDBACK_SEED, k, columns);
        (0..rows * columns).map(|i| (2.0 * stream.unit(i as u64) - 1.0) as f64 * bound as f64).collect()
    }
}

/// The forward pass in f64.
pub struct Oracle<'a> {
    pub layers: &'a [Layer],
    pub loss: Loss,
    /// What dropout multiplies each layer's output with: ones at dense layers.
    pub masks: Vec<Vec<f64>>,
}

impl Oracle<'_> {
    /// Every layer's output, the input first and the network's output last.
    pub fn forward(&self, parameters: &[f64], x: &[f64]) -> Vec<Vec<f64>> {
        let mut outputs = vec![x.to_vec()];
        let mut used = 0;
        for (layer, mask) in self.layers.iter().zip(&self.masks) {
            let x = outputs.last().unwrap();
            outputs.push(match layer {
                Layer::Dense(dense) => affine(dense, &parameters[used..], x),
                Layer::Dropout(_) => x.iter().zip(mask).map(|(x, m)| x * m).collect(),
            });
            used += layer.parameters();
        }
        let y = outputs.last_mut().unwrap();
        let count = self.layers.last().unwrap().outputs();
        match self.loss {
            Loss::BinaryCrossEntropy => y.iter_mut().for_each(|y| *y = 1.0 / (1.0 + (-*y).exp())),
            Loss::CrossEntropy => softmax(count, y),
            Loss::MeanSquaredError => {}
        }
        outputs
    }

    /// The loss, summed over samples and outputs, for targets `t: [batch, outputs]`.
    pub fn loss(&self, parameters: &[f64], x: &[f64], t: &[f64]) -> f64 {
        let y = self.forward(parameters, x).pop().unwrap();
        let term = |(y, t): (&f64, &f64)| match self.loss {
            Loss::BinaryCrossEntropy => -t * y.ln() - (1.0 - t) * (1.0 - y).ln(),
            Loss::CrossEntropy => -t * y.ln(),
            Loss::MeanSquaredError => (y - t).powi(2),
        };
        y.iter().zip(t).map(term).sum()
    }

    /// Its gradient by central differences.
    pub fn slope(&self, parameters: &[f64], x: &[f64], t: &[f64]) -> Vec<f64> {
        let h = 1e-6;
        let mut moved = parameters.to_vec();
        let mut slope_at = |i: usize| {
            moved[i] = parameters[i] + h;
            let above = self.loss(&moved, x, t);
            moved[i] = parameters[i] - h;
            let below = self.loss(&moved, x, t);
            moved[i] = parameters[i];
            (above - below) / (2.0 * h)
        };
        (0..parameters.len()).map(&mut slope_at).collect()
    }
}

fn affine(layer: &Dense, parameters: &[f64], x: &[f64]) -> Vec<f64> {
    let (inputs, count) = (layer.inputs, layer.outputs);
    let neuron = |x: &[f64], n: usize| {
        let sum: f64 = (0..inputs).map(|i| parameters[n * inputs + i] * x[i]).sum();
        let z = sum + parameters[inputs * count + n];
        match layer.activation {
            Activation::Tanh => z.tanh(),
            Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
            Activation::Relu => z.max(0.0),
            Activation::Identity => z,
        }
    };
    x.chunks(inputs).flat_map(|x| (0..count).map(move |n| neuron(x, n))).collect()
}

/// Each row of `z: [batch, count]` becomes its softmax.
pub fn softmax(count: usize, z: &mut [f64]) {
    for row in z.chunks_mut(count) {
        let sum: f64 = row.iter().map(|z| z.exp()).sum();
        row.iter_mut().for_each(|z| *z = z.exp() / sum);
    }
}

/// C M for `c: [batch, rows]` and `m: [rows, columns]`.
pub fn product(c: &[f64], m: &[f64], columns: usize) -> Vec<f64> {
    let rows = m.len() / columns;
    let entry = |c: &[f64], j: usize| -> f64 { (0..rows).map(|r| c[r] * m[r * columns + j]).sum() };
    let entry = &entry;
    c.chunks(rows).flat_map(|c| (0..columns).map(move |j| entry(c, j))).collect()
}

/// The target vectors of some labels, `[batch, outputs]`.
pub fn one_hot(labels: &[u32], outputs: usize) -> Vec<f64> {
    labels.iter().flat_map(|&l| (0..outputs).map(move |c| if c == l as usize { 1.0 } else { 0.0 })).collect()
}
