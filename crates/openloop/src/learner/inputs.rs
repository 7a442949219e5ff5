//! What the learning part of a network sees: rows of data, some of them mirrored, or the features that a frozen front end
//! makes of them.
//!
//! A frozen front end without augmentation gives the same features in every epoch, so they are made once and kept, as long
//! as they fit into [`MAX_CACHED_BYTES`].

use super::front::{self, FrontWeights};
use super::network::Network;
use super::weights::NetworkWeights;
use crate::data::{DataSet, Preprocessing, Split};
use crate::kernels::{Fast, prefetch};
use openloop_core::Shape;
use openloop_core::random::{Purpose, Stream};
use std::sync::Arc;

/// Kept features take at most this much memory: room for those of MNIST or CIFAR-10 behind the paper's front ends.
pub const MAX_CACHED_BYTES: usize = 5 << 30;
/// Samples that go through the front end together.
const BATCH: usize = 100;

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSet {
    /// The training rows.
    Train,
    /// The test rows.
    Test,
    /// The validation rows, where there are any.
    Validation,
}

/// The frozen layers, and how raw features are scaled before them.
#[derive(Clone, Debug)]
pub struct FrontEnd {
    network: Network,
    /// The frozen layers' weights.
    floats: Vec<f32>,
    /// Fraction bits of their inputs, where they compute in integers.
    bits: Option<u8>,
    preprocessing: Preprocessing,
}

impl FrontEnd {
    /// The frozen layers of `network`, computing in f32; `floats` begins with their weights.
    pub fn new(network: Network, floats: &[f32], preprocessing: Preprocessing) -> Self {
        let floats = floats[..network.frozen_parameters()].to_vec();
        FrontEnd { network, floats, bits: None, preprocessing }
    }

    /// That of a network with these weights, in the arithmetic that they ask for.
    pub fn of(network: &Network, weights: &NetworkWeights, preprocessing: Preprocessing) -> Self {
        let bits = weights.int8().and_then(|int8| int8.front_bits);
        FrontEnd { bits, ..Self::new(network.clone(), weights.floats(), preprocessing) }
    }
}

/// Inputs of the layers that learn.
#[derive(Debug)]
pub struct Inputs {
    data: Arc<DataSet>,
    front: FrontEnd,
    width: usize,
    mirror: Option<Stream>,
    cached: Option<[Vec<f32>; 3]>,
    raw: Vec<f32>,
    scratch: Vec<f32>,
}

impl Inputs {
    /// Inputs behind a front end; `mirror` asks for random horizontal flips.
    pub fn new(data: Arc<DataSet>, front: FrontEnd, mirror: Option<u64>, kernels: &Fast) -> Self {
        let mirror = mirror.map(|seed| Stream::new(seed, Purpose::Augment, 0));
        let mut inputs = Inputs { mirror, ..Self::uncached(data, front) };
        let data = &inputs.data;
        let bytes = (data.train.len() + data.test.len() + data.validation.as_ref().map_or(0, Split::len))
            .saturating_mul(inputs.width * size_of::<f32>());
        if inputs.has_front() && mirror.is_none() && bytes <= MAX_CACHED_BYTES {
            let has_validation = inputs.data.validation.is_some();
            let features = |inputs: &mut Inputs, rows| inputs.all_features(kernels, rows);
            let (train, test) = (features(&mut inputs, RowSet::Train), features(&mut inputs, RowSet::Test));
            let validation = if has_validation { features(&mut inputs, RowSet::Validation) } else { Vec::new() };
            inputs.cached = Some([train, test, validation]);
            (inputs.raw, inputs.scratch) = (Vec::new(), Vec::new());
        }
        inputs
    }

    /// Inputs that are made again whenever they are asked for.
    pub(super) fn uncached(data: Arc<DataSet>, front: FrontEnd) -> Self {
        let width = front.network.learning_inputs();
        Inputs { data, front, width, mirror: None, cached: None, raw: Vec::new(), scratch: Vec::new() }
    }

    /// Values in one input.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The rows' inputs for a learning step, `out: [rows, width]`; `first_sample` samples were learned from before.
    pub fn gather(&mut self, kernels: &Fast, rows: &[u32], first_sample: u64, out: &mut [f32]) {
        self.fill(kernels, RowSet::Train, rows, Some(first_sample), out);
    }

    /// The rows' inputs for an evaluation: never mirrored.
    pub fn gather_plain(&mut self, kernels: &Fast, of: RowSet, rows: &[u32], out: &mut [f32]) {
        self.fill(kernels, of, rows, None, out);
    }

    /// The inputs of the first training rows, at most `count` of them, never mirrored.
    pub(super) fn first_rows(&mut self, kernels: &Fast, count: usize) -> Vec<f32> {
        let rows: Vec<u32> = (0..self.data.train.len().min(count) as u32).collect();
        let mut x = vec![0.0; rows.len() * self.width];
        self.gather_plain(kernels, RowSet::Train, &rows, &mut x);
        x
    }

    /// Prefetches the training row that comes next.
    pub fn prefetch(&self, row: u32) {
        match &self.cached {
            Some([train, ..]) => prefetch(&train[row as usize * self.width..][..self.width]),
            None => self.data.train.prefetch(self.data.shape.size(), row),
        }
    }

    fn has_front(&self) -> bool {
        self.front.network.frozen() > 0
    }

    fn fill(&mut self, kernels: &Fast, of: RowSet, rows: &[u32], learning: Option<u64>, out: &mut [f32]) {
        if let Some(cached) = &self.cached {
            let cached = &cached[of as usize];
            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(self.width)) {
                out.copy_from_slice(&cached[row as usize * self.width..][..self.width]);
            }
            return;
        }
        if !self.has_front() {
            return self.scale(kernels, of, rows, learning, out);
        }
        let mut raw = std::mem::take(&mut self.raw);
        raw.resize(rows.len() * self.data.shape.size(), 0.0);
        self.scale(kernels, of, rows, learning, &mut raw);
        let FrontEnd { network, floats, bits, .. } = &self.front;
        front::features(kernels, network, FrontWeights { floats, bits: *bits }, &raw, &mut self.scratch, out)
            .expect("the network was checked, its weights are its own, and out is as long as the rows ask for");
        self.raw = raw;
    }

    /// The rows' features, scaled and, for a learning step, mirrored: `out: [rows, features]`.
    fn scale(&self, kernels: &Fast, of: RowSet, rows: &[u32], learning: Option<u64>, out: &mut [f32]) {
        let (features, shape) = (self.data.shape.size(), self.data.shape);
        let split = split(&self.data, of);
        kernels.for_rows(rows, (features, out), |number, rows, x| {
            split.gather(&self.front.preprocessing, features, rows, x);
            if let (Some(stream), Some(first)) = (&self.mirror, learning) {
                mirror(x, shape, stream, first + number as u64);
            }
        });
    }

    fn all_features(&mut self, kernels: &Fast, of: RowSet) -> Vec<f32> {
        let count = split(&self.data, of).len();
        let mut all = vec![0.0; count * self.width];
        let rows: Vec<u32> = (0..count as u32).collect();
        kernels.run(|| {
            for (rows, out) in rows.chunks(BATCH).zip(all.chunks_mut(BATCH * self.width)) {
                self.fill(kernels, of, rows, None, out);
            }
        });
        all
    }
}

/// The rows of a set; those that there are not are the test rows.
pub(super) fn split(data: &DataSet, of: RowSet) -> &Split {
    match of {
        RowSet::Train => &data.train,
        RowSet::Test => &data.test,
        RowSet::Validation => data.validation.as_ref().unwrap_or(&data.test),
    }
}

/// Mirrors each image of `x: [samples, shape]` left to right with probability 1/2, by the number of the sample.
fn mirror(x: &mut [f32], shape: Shape, stream: &Stream, first_sample: u64) {
    for (number, image) in (first_sample..).zip(x.chunks_exact_mut(shape.size())) {
        if stream.word(number) & 1 == 1 {
            image.chunks_exact_mut(shape.width).for_each(<[f32]>::reverse);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_images_are_mirrored_row_by_row_whatever_the_batch() {
        let shape = Shape { channels: 1, height: 2, width: 2 };
        let stream = Stream::new(1, Purpose::Augment, 0);
        let image = [1.0, 2.0, 3.0, 4.0];
        let mut together = image.repeat(100);
        mirror(&mut together, shape, &stream, 7);
        let mirrored = together.chunks_exact(4).filter(|i| **i == [2.0, 1.0, 4.0, 3.0]).count();
        let same = together.chunks_exact(4).filter(|i| **i == image).count();
        assert!(mirrored + same == 100 && (35..65).contains(&mirrored), "{mirrored} mirrored, {same} as they were");
        let mut alone = image.to_vec();
        mirror(&mut alone, shape, &stream, 57);
        assert_eq!(alone, together[200..204]);
    }
}
