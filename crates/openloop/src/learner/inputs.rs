//! What the learning part of a network sees: rows of data, some of them mirrored, or the features that a frozen front end
//! makes of them.
//!
//! A frozen front end without augmentation gives the same features in every epoch, so they are made once and kept, as long
//! as they fit into [`MOST_BYTES`].

use crate::data::{DataSet, Split};
use crate::kernels::{Fast, prefetch};
use crate::learner::model::Model;
use openloop_core::random::{Purpose, Stream};
use openloop_core::{Layer, Shape, plan};

/// Kept features take at most this much memory: room for those of MNIST or CIFAR-10 behind the paper's front ends.
pub const MOST_BYTES: usize = 5 << 30;
/// Samples that go through the front end together.
const BATCH: usize = 100;

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// The training rows.
    Train,
    /// The test rows.
    Test,
}

/// Inputs of the layers from `front` on.
#[derive(Debug)]
pub struct Inputs<'d> {
    data: &'d DataSet,
    front: usize,
    width: usize,
    mirror: Option<Stream>,
    kept: Option<[Vec<f32>; 2]>,
    raw: Vec<f32>,
    scratch: Vec<f32>,
}

impl<'d> Inputs<'d> {
    /// Inputs for a model whose first `front` layers are frozen; `mirror` asks for random horizontal flips.
    pub fn new(data: &'d DataSet, model: &Model, front: usize, mirror: Option<u64>, kernels: &Fast) -> Self {
        let width = model.layers[front].inputs();
        let mirror = mirror.map(|seed| Stream::new(seed, Purpose::Augment, 0));
        let mut inputs = Inputs { data, front, width, mirror, kept: None, raw: Vec::new(), scratch: Vec::new() };
        let bytes = (data.train.len() + data.test.len()).saturating_mul(width * size_of::<f32>());
        if front > 0 && mirror.is_none() && bytes <= MOST_BYTES {
            inputs.kept = Some([Rows::Train, Rows::Test].map(|rows| inputs.all_features(kernels, model, rows)));
            (inputs.raw, inputs.scratch) = (Vec::new(), Vec::new());
        }
        inputs
    }

    /// Inputs that are made again whenever they are asked for.
    pub(crate) fn unkept(data: &'d DataSet, model: &Model, front: usize) -> Self {
        let width = model.layers[front].inputs();
        Inputs { data, front, width, mirror: None, kept: None, raw: Vec::new(), scratch: Vec::new() }
    }

    /// Values in one input.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The rows' inputs for a learning step, `out: [rows, width]`; `first_sample` samples were learned from before.
    pub fn gather(&mut self, kernels: &Fast, model: &Model, rows: &[u32], first_sample: u64, out: &mut [f32]) {
        self.fill(kernels, model, Rows::Train, rows, Some(first_sample), out);
    }

    /// The rows' inputs for an evaluation: never mirrored.
    pub fn gather_plain(&mut self, kernels: &Fast, model: &Model, of: Rows, rows: &[u32], out: &mut [f32]) {
        self.fill(kernels, model, of, rows, None, out);
    }

    /// The inputs of the first training rows, at most `count` of them, never mirrored.
    pub(crate) fn first(&mut self, kernels: &Fast, model: &Model, count: usize) -> Vec<f32> {
        let rows: Vec<u32> = (0..self.data.train.len().min(count) as u32).collect();
        let mut x = vec![0.0; rows.len() * self.width];
        self.gather_plain(kernels, model, Rows::Train, &rows, &mut x);
        x
    }

    /// Says which training row comes next, so that it is on its way from memory meanwhile.
    pub fn announce(&self, row: u32) {
        match &self.kept {
            Some([train, _]) => prefetch(&train[row as usize * self.width..][..self.width]),
            None => self.data.train.announce(self.data.shape.size(), row),
        }
    }

    fn split(&self, of: Rows) -> &'d Split {
        match of {
            Rows::Train => &self.data.train,
            Rows::Test => &self.data.test,
        }
    }

    fn fill(&mut self, kernels: &Fast, model: &Model, of: Rows, rows: &[u32], learning: Option<u64>, out: &mut [f32]) {
        if let Some(kept) = &self.kept {
            let kept = &kept[of as usize];
            for (&row, out) in rows.iter().zip(out.chunks_exact_mut(self.width)) {
                out.copy_from_slice(&kept[row as usize * self.width..][..self.width]);
            }
            return;
        }
        let features = self.data.shape.size();
        let split = self.split(of);
        let (mirror_by, shape) = (self.mirror, self.data.shape);
        let make = |x: &mut [f32]| {
            kernels.for_rows(rows, (features, x), |number, rows, x| {
                split.gather(&model.preprocessing, features, rows, x);
                if let (Some(stream), Some(first)) = (&mirror_by, learning) {
                    mirror(x, shape, stream, first + number as u64);
                }
            });
        };
        if self.front == 0 {
            return make(out);
        }
        let mut raw = std::mem::take(&mut self.raw);
        make(resized(&mut raw, rows.len() * features));
        self.through_front(kernels, model, &raw, out);
        self.raw = raw;
    }

    /// The frozen layers' outputs for raw inputs `x`.
    fn through_front(&mut self, kernels: &Fast, model: &Model, x: &[f32], out: &mut [f32]) {
        let layers = &model.layers[..self.front];
        let largest = layers.iter().map(Layer::outputs).max().unwrap_or(0);
        let scratch = resized(&mut self.scratch, 2 * largest * (x.len() / self.data.shape.size()));
        let parameters = &model.parameters[..plan::parameters(layers)];
        let features = openloop_core::features(kernels, &model.network(), self.front, parameters, x, scratch);
        out.copy_from_slice(
            features.expect("the front end is the checked network's own, and its scratch is large enough"),
        );
    }

    fn all_features(&mut self, kernels: &Fast, model: &Model, of: Rows) -> Vec<f32> {
        let count = self.split(of).len();
        let mut all = vec![0.0; count * self.width];
        let rows: Vec<u32> = (0..count as u32).collect();
        kernels.run(|| {
            for (rows, out) in rows.chunks(BATCH).zip(all.chunks_mut(BATCH * self.width)) {
                self.fill(kernels, model, of, rows, None, out);
            }
        });
        all
    }
}

fn resized(values: &mut Vec<f32>, length: usize) -> &mut [f32] {
    values.resize(length, 0.0);
    values
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
