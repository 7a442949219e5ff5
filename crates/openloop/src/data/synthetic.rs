//! The generated tasks of the DRTP paper. The same values on every machine: whole-number randomness, and `libm` for the
//! rest.

use openloop_core::Shape;
use openloop_core::random::{Purpose, Stream};

use super::{DataError, DataSet, Features, Place, Preprocessing, Split, Targets};

const SIZE: usize = 256;
const OUTPUTS: usize = 10;

/// What the streams of `Purpose::Data` are used for here. Each number is a part of the data's definition.
#[derive(Clone, Copy)]
enum Draw {
    RegressionMeans,
    RegressionNoise,
    Corners,
    Informative,
    Mixing,
    Noise,
    Flips,
    FlippedLabels,
    SampleOrder,
    FeatureOrder,
}

impl Draw {
    fn stream(self) -> Stream {
        Stream::new(0, Purpose::Data, self as u32)
    }
}

/// A random word as a number in the open interval (0, 1), 32 random bits.
fn unit(word: u32) -> f64 {
    (f64::from(word) + 0.5) / 4_294_967_296.0
}

/// Fills `out` with the standard normal values at `first..`: by Box and Muller's transform, each pair of words gives a
/// pair of values. `first` and the length must be even.
fn fill_normal(stream: &Stream, first: u64, out: &mut [f64]) {
    let mut radius = 0.0;
    stream.for_each(first, out.len(), |i, word| {
        if i % 2 == 0 {
            radius = libm::sqrt(-2.0 * libm::log(unit(word)));
        } else {
            let angle = 2.0 * std::f64::consts::PI * unit(word);
            (out[i - 1], out[i]) = (radius * libm::cos(angle), radius * libm::sin(angle));
        }
    });
}

/// The regression task: for each sample a mean `m` from U(-pi, pi), features `x_j` from N(m, 1), `j` in `0..256`, and
/// targets `y_i = cos(mean(x) + pi (i - 4.5) / 9)`, `i` in `0..10`. 5,000 samples to train on, 1,000 to test on.
///
/// # Errors
/// None in practice.
pub(super) fn regression() -> Result<DataSet, DataError> {
    const TRAIN: usize = 5_000;
    const ROWS: usize = 6_000;
    let (means, noise) = (Draw::RegressionMeans.stream(), Draw::RegressionNoise.stream());
    let mut features = Vec::with_capacity(ROWS * SIZE);
    let mut values = Vec::with_capacity(ROWS * OUTPUTS);
    let mut sample = [0.0; SIZE];
    for row in 0..ROWS as u64 {
        let centre = std::f64::consts::PI * (2.0 * unit(means.word(row)) - 1.0);
        fill_normal(&noise, row * SIZE as u64, &mut sample);
        features.extend(sample.iter().map(|value| (centre + value) as f32));
        let stored = &features[features.len() - SIZE..];
        let mean = stored.iter().map(|&value| f64::from(value)).sum::<f64>() / SIZE as f64;
        let phase = |i: usize| std::f64::consts::PI * (i as f64 - 4.5) / 9.0;
        values.extend((0..OUTPUTS).map(|i| libm::cos(mean + phase(i)) as f32));
    }
    let tests = (features.split_off(TRAIN * SIZE), values.split_off(TRAIN * OUTPUTS));
    let train = (Features::Floats(features), Targets::Values(values));
    finish("synthetic-regression", Vec::new(), train, (Features::Floats(tests.0), Targets::Values(tests.1)))
}

const INFORMATIVE: usize = 128;
const CLUSTERS: usize = 50;
const PER_CLUSTER: usize = 600;
const SAMPLES: usize = CLUSTERS * PER_CLUSTER;
const SEPARATION: f64 = 4.5;
const FLIPPED: f64 = 0.01;

/// The classification task: 10 classes of 5 clusters each, 256 features of which 128 say something. 25,000 samples to
/// train on, 5,000 to test on.
///
/// The construction is that of scikit-learn's `make_classification` with its defaults for what the paper leaves open,
/// on random numbers of our own, so the samples differ from scikit-learn's. Cluster `k` belongs to class `k mod 10` and
/// sits on its own corner `c_k` of the hypercube `{-4.5, 4.5}^128`. Its samples are `z A_k + c_k`, `z` from N(0, 1) and
/// the matrix `A_k` from U(-1, 1); the other 128 features are N(0, 1). Then 1 % of the labels are drawn anew from all
/// classes, and samples and features are shuffled.
///
/// # Errors
/// None in practice.
pub(super) fn classification() -> Result<DataSet, DataError> {
    const TRAIN: usize = 25_000;
    let mut place: Vec<u32> = (0..SAMPLES as u32).collect();
    Draw::SampleOrder.stream().shuffle(&mut place);
    let mut column: Vec<u32> = (0..SIZE as u32).collect();
    Draw::FeatureOrder.stream().shuffle(&mut column);

    let mut features = vec![0.0f32; SAMPLES * SIZE];
    let mut labels = vec![0u32; SAMPLES];
    for (cluster, corner) in corners().iter().enumerate() {
        let mixing = mixing(cluster);
        let first = cluster * PER_CLUSTER;
        for (sample, &row) in (first as u64..).zip(&place[first..first + PER_CLUSTER]) {
            let row = row as usize;
            let values = sample_values(sample, corner, &mixing);
            for (&value, &column) in values.iter().zip(&column) {
                features[row * SIZE + column as usize] = value as f32;
            }
            labels[row] = label(sample, (cluster % OUTPUTS) as u32);
        }
    }
    let tests = (features.split_off(TRAIN * SIZE), labels.split_off(TRAIN));
    let classes = (0..OUTPUTS).map(|class| class.to_string()).collect();
    let train = (Features::Floats(features), Targets::Labels(labels));
    finish("synthetic-classification", classes, train, (Features::Floats(tests.0), Targets::Labels(tests.1)))
}

/// A different corner of the hypercube for each cluster, one random bit a coordinate.
fn corners() -> Vec<[f64; INFORMATIVE]> {
    let stream = Draw::Corners.stream();
    let mut chosen: Vec<[u32; INFORMATIVE / 32]> = Vec::with_capacity(CLUSTERS);
    let mut block = 0;
    while chosen.len() < CLUSTERS {
        let bits = stream.block(block);
        if !chosen.contains(&bits) {
            chosen.push(bits);
        }
        block += 1;
    }
    let coordinate = |bits: &[u32], i: usize| if bits[i / 32] >> (i % 32) & 1 == 1 { SEPARATION } else { -SEPARATION };
    chosen.iter().map(|bits| std::array::from_fn(|i| coordinate(bits, i))).collect()
}

/// The matrix `A_k`, `[128, 128]`.
fn mixing(cluster: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; INFORMATIVE * INFORMATIVE];
    let first = (cluster * matrix.len()) as u64;
    Draw::Mixing.stream().for_each(first, matrix.len(), |i, word| matrix[i] = 2.0 * unit(word) - 1.0);
    matrix
}

/// The features of one sample before they are shuffled: the informative ones, then the noise.
fn sample_values(sample: u64, corner: &[f64; INFORMATIVE], mixing: &[f64]) -> [f64; SIZE] {
    let mut independent = [0.0; INFORMATIVE];
    fill_normal(&Draw::Informative.stream(), sample * INFORMATIVE as u64, &mut independent);
    let mut values = [0.0; SIZE];
    let (informative, noise) = values.split_at_mut(INFORMATIVE);
    for (&from, weights) in independent.iter().zip(mixing.chunks_exact(INFORMATIVE)) {
        for (value, weight) in informative.iter_mut().zip(weights) {
            *value += from * weight;
        }
    }
    informative.iter_mut().zip(corner).for_each(|(value, corner)| *value += corner);
    fill_normal(&Draw::Noise.stream(), sample * noise.len() as u64, noise);
    values
}

/// The class, or now and then any class.
fn label(sample: u64, class: u32) -> u32 {
    if unit(Draw::Flips.stream().word(sample)) < FLIPPED {
        Draw::FlippedLabels.stream().below(sample, OUTPUTS as u32)
    } else {
        class
    }
}

type SplitData = (Features, Targets);

fn finish(name: &str, classes: Vec<String>, train: SplitData, test: SplitData) -> Result<DataSet, DataError> {
    let split = |(features, targets)| {
        let (expected, found) = ("whole rows", "another size");
        let wrong = || DataError::invalid(name.as_ref(), Place::Whole, expected, found, "install Openloop again");
        Split::new(features, targets, SIZE, OUTPUTS).ok_or_else(wrong)
    };
    Ok(DataSet {
        name: name.into(),
        units: None,
        shape: Shape::flat(SIZE),
        outputs: OUTPUTS,
        classes,
        preprocessing: Preprocessing::identity(),
        columns: None,
        table: None,
        understood: None,
        note: None,
        train: split(train)?,
        test: split(test)?,
        validation: None,
    })
}
