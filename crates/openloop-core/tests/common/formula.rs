//! The gradient of every parameter by its rule's formula, in f64.

use super::oracle::{averaged, filter_gradient, normalised, product, softmax, spread, transposed, unpooled};
use super::{Student, wide};
use openloop_core::*;

/// What the loss, summed over samples and outputs, is divided by.
pub fn terms(scaling: Scaling, loss: Loss, batch: usize, outputs: usize) -> f64 {
    let outputs = if scaling == Scaling::Reference && loss != Loss::CrossEntropy { outputs } else { 1 };
    (batch * outputs) as f64
}

/// act'(z) in terms of the output a.
fn derivative(activation: Activation, a: f64) -> f64 {
    match activation {
        Activation::Tanh => 1.0 - a * a,
        Activation::Sigmoid => a * (1.0 - a),
        Activation::Relu => f64::from(a > 0.0),
        Activation::LeakyRelu => {
            if a > 0.0 {
                1.0
            } else {
                0.01
            }
        }
        Activation::Identity => 1.0,
    }
}

/// delta^T x and the sum of delta, as the parameters lie.
fn layer_gradient(layer: &Layer, delta: &[f64], x: &[f64]) -> Vec<f64> {
    let dense = match layer {
        Layer::Dense(dense) => dense,
        Layer::Conv(conv) => return filter_gradient(conv, delta, x),
        _ => return Vec::new(),
    };
    let batch = x.len() / dense.inputs;
    let sum = |n: usize, value: &dyn Fn(usize) -> f64| -> f64 {
        (0..batch).map(|s| delta[s * dense.outputs + n] * value(s)).sum()
    };
    let weights = (0..dense.outputs * dense.inputs)
        .map(|i| sum(i / dense.inputs, &|s| x[s * dense.inputs + i % dense.inputs]))
        .collect::<Vec<_>>();
    weights.into_iter().chain((0..dense.outputs).map(|n| sum(n, &|_| 1.0))).collect()
}

/// The signal that a projecting rule puts on a hidden layer's output `a: [batch, columns]`, by the rule's formula.
fn projected(rule: Rule, loss: Loss, matrix: &[f64], columns: usize, y: &[f64], a: &[f64], t: &[f64]) -> Vec<f64> {
    if rule == Rule::Lls {
        return at_unit_length(loss, matrix, columns, a, t);
    }
    let error = y.iter().zip(t).map(|(y, t)| y - t);
    let coefficients: Vec<f64> = match rule {
        Rule::Dfa => error.collect(),
        Rule::Sdfa => error.map(|e| if e == 0.0 { 0.0 } else { e.signum() }).collect(),
        Rule::Drtp => t.to_vec(),
        Rule::DrtpGated => gated(matrix, columns, a, t),
        Rule::LocalHinge => hinged(matrix, columns, a, t),
        Rule::LocalError | Rule::LocalErrorLearned => local_error(loss, matrix, columns, a, t),
        _ => vec![0.0; y.len()],
    };
    product(&coefficients, matrix, columns)
}

/// The readout a G^T, `[batch, outputs]`.
fn readout(matrix: &[f64], columns: usize, a: &[f64]) -> Vec<f64> {
    let row = |a: &[f64], row: &[f64]| -> f64 { row.iter().zip(a).map(|(m, a)| m * a).sum() };
    let row = &row;
    a.chunks(columns).flat_map(|a| matrix.chunks(columns).map(move |m| row(a, m))).collect()
}

/// t where -(t B) a is below 0.6 of the sum of |t B|.
fn gated(matrix: &[f64], columns: usize, a: &[f64], t: &[f64]) -> Vec<f64> {
    let sizes: Vec<f64> = matrix.chunks(columns).map(|row| row.iter().map(|m| m.abs()).sum()).collect();
    let agreements = readout(matrix, columns, a);
    (0..t.len()).map(|i| if -agreements[i] < 0.6 * sizes[i % sizes.len()] { t[i] } else { 0.0 }).collect()
}

/// +1 at the strongest wrong class and -1 at the right one, unless it is 3 ahead.
fn hinged(matrix: &[f64], columns: usize, a: &[f64], t: &[f64]) -> Vec<f64> {
    let outputs = matrix.len() / columns;
    let mut coefficients = Vec::new();
    for (z, t) in readout(matrix, columns, a).chunks(outputs).zip(t.chunks(outputs)) {
        let right = t.iter().position(|t| *t == 1.0).unwrap();
        let wrong = (0..outputs).filter(|c| *c != right);
        let rival = wrong.max_by(|c, d| z[*c].total_cmp(&z[*d])).filter(|c| z[right] - z[*c] < 3.0);
        let place = |c| f64::from(u8::from(Some(c) == rival)) - f64::from(u8::from(rival.is_some() && c == right));
        coefficients.extend((0..outputs).map(place));
    }
    coefficients
}

/// softmax(a G^T) - t, or without the softmax; a learned readout starts with no biases.
fn local_error(loss: Loss, matrix: &[f64], columns: usize, a: &[f64], t: &[f64]) -> Vec<f64> {
    let mut readout = readout(matrix, columns, a);
    if loss != Loss::MeanSquaredError {
        softmax(matrix.len() / columns, &mut readout);
    }
    readout.iter().zip(t).map(|(r, t)| r - t).collect()
}

/// The gradient of the local error at `a`, whose readout is that of a / |a|; a sample whose `a` is 0 teaches nothing.
fn at_unit_length(loss: Loss, matrix: &[f64], columns: usize, a: &[f64], t: &[f64]) -> Vec<f64> {
    let outputs = matrix.len() / columns;
    let sample = |(a, t): (&[f64], &[f64])| {
        let length = a.iter().map(|a| a * a).sum::<f64>().sqrt();
        if length == 0.0 {
            return vec![0.0; columns];
        }
        let unit: Vec<f64> = a.iter().map(|a| a / length).collect();
        let error = local_error(loss, matrix, columns, &unit, t);
        let through = product(&error, matrix, columns);
        let own: f64 = error.iter().zip(readout(matrix, columns, &unit)).map(|(e, o)| e * o).sum();
        through.iter().zip(&unit).map(|(s, u)| (s - own * u) / length).collect::<Vec<f64>>()
    };
    a.chunks(columns).zip(t.chunks(outputs)).flat_map(sample).collect()
}

/// A signal at a layer's output becomes the signal at its input; `matrix` is the one it goes through, if any.
fn signal_below(layer: &Layer, mask: &[f64], matrix: &[f64], x: &[f64], signal: &[f64]) -> Vec<f64> {
    match layer {
        Layer::Dense(dense) => product(signal, matrix, dense.inputs),
        Layer::Conv(conv) => transposed(conv, matrix, signal),
        Layer::Pool(pool) => unpooled(pool, x, signal),
        Layer::Dropout(_) => signal.iter().zip(mask).map(|(s, m)| s * m).collect(),
    }
}

/// What a hidden layer's readout sees of its output, and how many values that are.
fn seen(rule: Rule, layer: &Layer, a: &[f64]) -> (Vec<f64>, usize) {
    let reads = matches!(rule, Rule::LocalError | Rule::LocalErrorLearned | Rule::LocalHinge | Rule::Lls);
    match layer {
        Layer::Conv(conv) if conv.pooled_readout && reads => {
            let seen = averaged(conv, a);
            let columns = seen.len() * layer.outputs() / a.len();
            (seen, columns)
        }
        _ => (a.to_vec(), layer.outputs()),
    }
}

/// A signal at what a pooled readout saw becomes one at the layer's outputs.
fn at_places(layer: &Layer, signal: &[f64]) -> Vec<f64> {
    let Layer::Conv(conv) = layer else { panic!("a convolution") };
    spread(conv, signal)
}

/// The gradient of every parameter, and then of every readout's, by the rule's formula, for `t: [batch, outputs]`.
pub fn by_formula(student: &Student, x: &[f32], t: &[f64], first_sample: u64) -> Vec<f64> {
    let (Training { rule, scaling, .. }, loss, layers) = (student.training, student.loss, &student.layers);
    let count = layers.last().unwrap().outputs();
    let batch = t.len() / count;
    let (oracle, parameters) = (student.oracle(batch, first_sample), wide(&student.parameters));
    let outputs = oracle.forward(&parameters, &wide(x));
    let y = outputs.last().unwrap();
    let twice = if loss == Loss::MeanSquaredError { 2.0 } else { 1.0 };
    let hidden_factor = if scaling == Scaling::Mean { 1.0 / batch as f64 } else { 1.0 };
    let divisor = terms(scaling, loss, batch, count);
    let mut below: Vec<f64> = y.iter().zip(t).map(|(y, t)| twice * (y - t) / divisor).collect();
    let (mut end, mut pieces, mut readouts) = (parameters.len(), Vec::new(), Vec::new());
    for (k, layer) in layers.iter().enumerate().rev() {
        let (x, a) = (&outputs[k], &outputs[k + 1]);
        if !layer.learns() {
            below = signal_below(layer, &oracle.masks[k], &[], x, &below);
            continue;
        }
        let signal = match rule {
            _ if k + 1 == layers.len() => below,
            Rule::Bp | Rule::Fa => below,
            Rule::Shallow => vec![0.0; a.len()],
            _ => {
                let (seen, columns) = seen(rule, layer, a);
                let signal = projected(rule, loss, &student.matrix(k), columns, y, &seen, t);
                let signal = if columns < layer.outputs() { at_places(layer, &signal) } else { signal };
                signal.iter().map(|s| s * hidden_factor).collect()
            }
        };
        let mut delta: Vec<f64> = signal.iter().zip(a).map(|(s, &a)| s * derivative(layer.activation(), a)).collect();
        pieces.push(match layer {
            Layer::Conv(conv) if conv.norm => {
                let own = &parameters[end - layer.parameters()..end];
                normalised(conv, own, x).0.gradient(conv, own, &mut delta, x)
            }
            _ => layer_gradient(layer, &delta, x),
        });
        if let Some(readout) = student.network().readout(rule, k) {
            let (seen, columns) = seen(rule, layer, a);
            let error = local_error(loss, &student.matrix(k), columns, &seen, t);
            let delta: Vec<f64> = error.iter().map(|e| e * hidden_factor).collect();
            readouts.push(layer_gradient(&Layer::Dense(readout), &delta, &seen));
        }
        end -= layer.parameters();
        let matrix = match rule {
            Rule::Fa if k > student.network().first_learning() => student.matrix(k),
            _ => parameters[end..end + layer.weights()].to_vec(),
        };
        below = signal_below(layer, &[], &matrix, x, &delta);
    }
    pieces.into_iter().rev().chain(readouts.into_iter().rev()).flatten().collect()
}
