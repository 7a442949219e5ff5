//! What the hidden layers would be taught, seen without learning.

mod common;

use common::*;
use openloop_core::*;

const LABELS: [u32; 3] = [1, 0, 2];

/// The signal at each hidden layer that has weights, first to last, as [`signals`] shows it.
fn seen(student: &Student, x: &[f32]) -> Vec<(usize, Vec<f32>)> {
    let mut student = student.clone();
    student.training.optimizer = Optimizer::Sgd;
    let network = Spec { layers: &student.layers, loss: student.loss }.check().unwrap();
    let mut scratch = vec![f32::NAN; Plan::watching(&network, &student.training, 3).scratch()];
    let before = (bits(&student.parameters), bits(&student.readouts));
    let memory = Memory {
        parameters: &mut student.parameters,
        layouts: &[],
        readouts: &mut student.readouts,
        optimizer: &mut [],
        feedback: Feedback::Stored(&student.feedback),
        scratch: &mut scratch,
    };
    let mut seen = Vec::new();
    let see = &mut |k: usize, signal: &[f32]| seen.push((k, signal.to_vec()));
    signals(&Plain, &network, &student.training, memory, x, &Targets::Labels(&LABELS), see).unwrap();
    assert_eq!((bits(&student.parameters), bits(&student.readouts)), before, "nothing may change");
    seen.reverse();
    seen
}

/// A layer's gradient is its signal, times the slope, times its input: so the signal times the slope, summed over the
/// samples, is the gradient of its biases.
#[test]
fn the_signals_seen_are_those_that_teach() {
    let dropped = |layer: &Layer| !matches!(layer, Layer::Dropout(_));
    for layers in [chain(7, 40, 3, 3), pictures().into_iter().filter(dropped).collect()] {
        for rule in Rule::ALL {
            let training = Training { optimizer: BARE, ..plain_training(rule) };
            let student = Student::new(&layers, Loss::CrossEntropy, training, 3);
            let x = uniform(4, 3 * layers[0].inputs(), 1.0);
            let outputs = student.oracle(3, 0).forward(&wide(&student.parameters), &wide(&x));
            let (gradient, _) = student.gradient(&x, &Targets::Labels(&LABELS), 0);
            let mut seen = seen(&student, &x).into_iter();
            let mut end = 0;
            for (k, layer) in layers.iter().enumerate() {
                end += layer.parameters();
                if !layer.learns() || k + 1 == layers.len() {
                    continue;
                }
                let (at, mut delta) = seen.next().expect("a signal for every hidden layer");
                let a: Vec<f32> = outputs[k + 1].iter().map(|&a| a as f32).collect();
                layer.activation().gate(&a, &mut delta);
                let units = layer.weight_shape().0;
                let (places, mut biases) = (layer.outputs() / units, vec![0.0; units]);
                delta.iter().enumerate().for_each(|(i, d)| biases[i % layer.outputs() / places] += f64::from(*d));
                assert_eq!(at, k);
                assert_close(&gradient[end - units..end], &biases, 1e-5, &format!("{rule:?}, layer {k}"));
            }
            assert!(seen.next().is_none(), "{rule:?}");
        }
    }
}
