//! Every layer's forward pass, and what its gradients are made of, in f64 and written apart from the core: a convolution
//! copies its input into a frame of zeros, where the core looks whether a pixel exists.

use openloop_core::*;

/// The forward pass in f64.
pub struct Oracle<'a> {
    pub layers: &'a [Layer],
    pub loss: Loss,
    /// What dropout multiplies each layer's output with: ones at all other layers.
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
                Layer::Conv(conv) if conv.norm => normalised(conv, &parameters[used..], x).1,
                Layer::Conv(conv) => convolution(conv, &parameters[used..], x),
                Layer::Pool(pool) => pooled(pool, x),
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

fn act(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Tanh => z.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Relu => z.max(0.0),
        Activation::LeakyRelu => z.max(0.01 * z),
        Activation::Identity => z,
    }
}

fn affine(layer: &Dense, parameters: &[f64], x: &[f64]) -> Vec<f64> {
    let (inputs, count) = (layer.inputs, layer.outputs);
    let neuron = |x: &[f64], n: usize| {
        let sum: f64 = (0..inputs).map(|i| parameters[n * inputs + i] * x[i]).sum();
        act(layer.activation, sum + parameters[inputs * count + n])
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

/// The corners of all places where a window of `size` fits into `length`, `stride` apart.
fn corners(length: usize, size: usize, stride: usize) -> Vec<usize> {
    (0..length).step_by(stride).filter(|corner| corner + size <= length).collect()
}

/// A filter's size, step and frame along the height, and along the width.
fn sides(conv: &Conv) -> [[usize; 3]; 2] {
    let (reaching, still) = ([conv.kernel, conv.stride, conv.padding], [1, 1, 0]);
    match conv.along {
        Along::Both => [reaching; 2],
        Along::Height => [reaching, still],
        Along::Width => [still, reaching],
    }
}

/// Weights of a filter in one channel.
fn area(conv: &Conv) -> usize {
    sides(conv)[0][0] * sides(conv)[1][0]
}

/// A sample's input inside its frame of zeros, `[channels, height + 2 padding, width + 2 padding]`.
struct Frame {
    height: usize,
    width: usize,
    values: Vec<f64>,
}

impl Frame {
    fn empty(conv: &Conv) -> Self {
        let [[_, _, above], [_, _, left]] = sides(conv);
        let (height, width) = (conv.input.height + 2 * above, conv.input.width + 2 * left);
        Frame { height, width, values: vec![0.0; conv.input.channels * height * width] }
    }

    /// Where each value of a sample lies.
    fn places(&self, conv: &Conv) -> Vec<usize> {
        let Shape { channels, height, width } = conv.input;
        let pixels = (0..channels).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
        let [[_, _, above], [_, _, left]] = sides(conv);
        pixels.map(|(c, y, x)| (c * self.height + y + above) * self.width + x + left).collect()
    }

    fn around(conv: &Conv, x: &[f64]) -> Self {
        let mut frame = Frame::empty(conv);
        let places = frame.places(conv);
        places.into_iter().zip(x).for_each(|(place, x)| frame.values[place] = *x);
        frame
    }
}

/// Every multiplication of a convolution: the indices of the output, the weight and the framed input.
fn links(conv: &Conv) -> Vec<(usize, usize, usize)> {
    let frame = Frame::empty(conv);
    let [[high, down, _], [wide, right, _]] = sides(conv);
    let (rows, columns) = (corners(frame.height, high, down), corners(frame.width, wide, right));
    let mut links = Vec::new();
    for o in 0..conv.channels {
        for (r, top) in rows.iter().enumerate() {
            for (c, left) in columns.iter().enumerate() {
                let out = (o * rows.len() + r) * columns.len() + c;
                for patch in 0..conv.input.channels * high * wide {
                    let (i, v, u) = (patch / (high * wide), patch / wide % high, patch % wide);
                    let weight = o * conv.input.channels * high * wide + patch;
                    links.push((out, weight, (i * frame.height + top + v) * frame.width + left + u));
                }
            }
        }
    }
    links
}

fn outputs_of(conv: &Conv) -> (usize, usize) {
    let places = |length: usize, [size, step, frame]: [usize; 3]| corners(length + 2 * frame, size, step).len();
    let [high, wide] = sides(conv);
    let plane = places(conv.input.height, high) * places(conv.input.width, wide);
    (conv.channels * plane, plane)
}

fn convolution(conv: &Conv, parameters: &[f64], x: &[f64]) -> Vec<f64> {
    let (links, (count, plane)) = (links(conv), outputs_of(conv));
    let bias = &parameters[conv.channels * conv.input.channels * area(conv)..];
    let sample = |x: &[f64]| {
        let frame = Frame::around(conv, x);
        let mut z: Vec<f64> = (0..count).map(|i| bias[i / plane]).collect();
        links.iter().for_each(|&(out, weight, place)| z[out] += parameters[weight] * frame.values[place]);
        z.into_iter().map(|z| act(conv.activation, z))
    };
    x.chunks(conv.input.size()).flat_map(sample).collect()
}

/// What each channel of a normalised convolution is normalised by in this batch, its sums normalised, and what it answers.
pub fn normalised(conv: &Conv, parameters: &[f64], x: &[f64]) -> (Normalised, Vec<f64>) {
    let plain = Conv { norm: false, pooled_readout: false, activation: Activation::Identity, ..*conv };
    let weights = conv.channels * conv.input.channels * area(conv);
    let own = [&parameters[..weights], &vec![0.0; conv.channels][..]].concat();
    let mut units = convolution(&plain, &own, x);
    let (count, plane) = outputs_of(conv);
    let number = |which: usize, channel: usize| parameters[weights + which * conv.channels + channel];
    let mut moments = Vec::new();
    for channel in 0..conv.channels {
        let own = |i: &usize| i % count / plane == channel;
        let all: Vec<f64> = (0..units.len()).filter(own).map(|i| units[i]).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / all.len() as f64;
        let used =
            if x.len() == conv.input.size() { (number(2, channel), number(3, channel)) } else { (mean, variance) };
        (0..units.len()).filter(own).for_each(|i| units[i] = (units[i] - used.0) / (used.1 + 1e-5).sqrt());
        moments.push(used);
    }
    let channel = |i: usize| i % count / plane;
    let answer = |(i, u): (usize, &f64)| act(conv.activation, number(1, channel(i)) * u + number(0, channel(i)));
    let answers = units.iter().enumerate().map(answer).collect();
    (Normalised { moments, units }, answers)
}

/// What [`normalised`] knows of a batch.
pub struct Normalised {
    /// Mean and variance of each channel.
    pub moments: Vec<(f64, f64)>,
    /// `[batch, outputs]`.
    pub units: Vec<f64>,
}

impl Normalised {
    /// The gradient of all parameters, and `delta` at scale u + shift becomes that at the sums.
    pub fn gradient(&self, conv: &Conv, parameters: &[f64], delta: &mut [f64], x: &[f64]) -> Vec<f64> {
        let (count, plane) = outputs_of(conv);
        let batch = x.len() / conv.input.size();
        let weights = conv.channels * conv.input.channels * area(conv);
        let n = (batch * plane) as f64;
        let (mut shift, mut scale) = (vec![0.0; conv.channels], vec![0.0; conv.channels]);
        for (i, d) in delta.iter().enumerate() {
            shift[i % count / plane] += d;
            scale[i % count / plane] += d * self.units[i];
        }
        for (i, d) in delta.iter_mut().enumerate() {
            let channel = i % count / plane;
            let factor = parameters[weights + conv.channels + channel] / (self.moments[channel].1 + 1e-5).sqrt();
            let through = if batch == 1 { 0.0 } else { (shift[channel] + self.units[i] * scale[channel]) / n };
            *d = factor * (*d - through);
        }
        let mut gradient = filter_gradient(conv, delta, x);
        gradient.truncate(weights);
        [gradient, shift, scale, vec![0.0; 2 * conv.channels]].concat()
    }
}

/// The gradient of a convolution's parameters: weights, then biases.
pub fn filter_gradient(conv: &Conv, delta: &[f64], x: &[f64]) -> Vec<f64> {
    let (links, (count, plane)) = (links(conv), outputs_of(conv));
    let weights = conv.channels * conv.input.channels * area(conv);
    let mut gradient = vec![0.0; weights + conv.channels];
    for (delta, x) in delta.chunks(count).zip(x.chunks(conv.input.size())) {
        let frame = Frame::around(conv, x);
        links.iter().for_each(|&(out, weight, place)| gradient[weight] += delta[out] * frame.values[place]);
        delta.iter().enumerate().for_each(|(i, d)| gradient[weights + i / plane] += d);
    }
    gradient
}

/// The transposed convolution of `delta` with `matrix`, which is shaped like the filters.
pub fn transposed(conv: &Conv, matrix: &[f64], delta: &[f64]) -> Vec<f64> {
    let links = links(conv);
    let sample = |delta: &[f64]| {
        let mut frame = Frame::empty(conv);
        links.iter().for_each(|&(out, weight, place)| frame.values[place] += matrix[weight] * delta[out]);
        frame.places(conv).into_iter().map(move |place| frame.values[place])
    };
    delta.chunks(outputs_of(conv).0).flat_map(sample).collect()
}

/// The cell of each place of a sample under a readout of averaged maps: at most 4 x 4 to a map, at most 16 to a line.
fn cells(conv: &Conv) -> Vec<usize> {
    let Shape { channels, height, width } = conv.output();
    let most = if height == 1 || width == 1 { 16 } else { 4 };
    let (rows, columns) = (height.min(most), width.min(most));
    let part = |at: usize, side: usize, parts: usize| (0..parts).find(|p| at < (p + 1) * side / parts).unwrap();
    let places = (0..channels).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
    places.map(|(c, y, x)| (c * rows + part(y, height, rows)) * columns + part(x, width, columns)).collect()
}

/// How many places each cell has.
fn places_of(cells: &[usize]) -> Vec<f64> {
    let mut places = vec![0.0; cells.iter().max().unwrap() + 1];
    cells.iter().for_each(|&cell| places[cell] += 1.0);
    places
}

/// What a readout of averaged maps sees of a convolution's output `a: [batch, outputs]`.
pub fn averaged(conv: &Conv, a: &[f64]) -> Vec<f64> {
    let cells = cells(conv);
    let places = places_of(&cells);
    let sample = |a: &[f64]| {
        let mut means = vec![0.0; places.len()];
        cells.iter().zip(a).for_each(|(&cell, a)| means[cell] += a / places[cell]);
        means
    };
    a.chunks(cells.len()).flat_map(sample).collect()
}

/// A signal at the averages, spread evenly over the places.
pub fn spread(conv: &Conv, signal: &[f64]) -> Vec<f64> {
    let cells = cells(conv);
    let places = places_of(&cells);
    let sample = |signal: &[f64]| cells.iter().map(|&cell| signal[cell] / places[cell]).collect::<Vec<_>>();
    signal.chunks(places.len()).flat_map(sample).collect()
}

/// The indices of each window of a sample, row by row.
fn windows(pool: &Pool) -> Vec<Vec<usize>> {
    let Shape { channels, height, width } = pool.input;
    let mut windows = Vec::new();
    for c in 0..channels {
        let wide = if width == 1 { 1 } else { pool.window };
        for top in corners(height, pool.window, pool.window) {
            for left in corners(width, wide, wide) {
                let row = |y: usize| (0..wide).map(move |x| (c * height + top + y) * width + left + x);
                windows.push((0..pool.window).flat_map(row).collect());
            }
        }
    }
    windows
}

fn pooled(pool: &Pool, x: &[f64]) -> Vec<f64> {
    let windows = windows(pool);
    let keep = |x: &[f64], window: &Vec<usize>| match pool.pooling {
        Pooling::Max => window.iter().fold(f64::NEG_INFINITY, |m, &i| m.max(x[i])),
        Pooling::Average => window.iter().map(|&i| x[i]).sum::<f64>() / window.len() as f64,
    };
    x.chunks(pool.input.size()).flat_map(|x| windows.iter().map(move |w| keep(x, w))).collect()
}

/// A signal at the pooled values, taken back to the values before.
pub fn unpooled(pool: &Pool, x: &[f64], signal: &[f64]) -> Vec<f64> {
    let windows = windows(pool);
    let mut below = vec![0.0; x.len()];
    let samples = below.chunks_mut(pool.input.size()).zip(x.chunks(pool.input.size()));
    for ((below, x), signal) in samples.zip(signal.chunks(windows.len())) {
        for (window, s) in windows.iter().zip(signal) {
            let largest = window.iter().fold(f64::NEG_INFINITY, |m, &i| m.max(x[i]));
            let first = *window.iter().find(|&&i| x[i] == largest).unwrap();
            window.iter().for_each(|&i| {
                below[i] += match pool.pooling {
                    Pooling::Max => f64::from(u8::from(i == first)) * s,
                    Pooling::Average => s / window.len() as f64,
                }
            });
        }
    }
    below
}
