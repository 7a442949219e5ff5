//! Normalised convolutions against the PyTorch twin (`golden/make_norm.py`), the core's and the fast kernels'; and the same bits on any
//! number of threads.

use openloop::kernels::Fast;
use openloop::settings::net::{LayerStyle, Net};
use openloop_core::random::{Purpose, Stream};
use openloop_core::*;
use safetensors::SafeTensors;

const LAYERS: usize = 4;
const CLASSES: usize = 4;
const RATE: f32 = 0.1;
const RULES: [Rule; 6] = [Rule::Bp, Rule::Drtp, Rule::Dfa, Rule::LocalError, Rule::LocalErrorLearned, Rule::Lls];

fn layers(net: &str, image: Shape) -> Vec<Layer> {
    let style = LayerStyle::new(Activation::Tanh, 0.0, Loss::CrossEntropy, false);
    net.parse::<Net>().unwrap().layers(image, CLASSES, &style).unwrap()
}

struct Golden(Vec<u8>);

impl Golden {
    fn open() -> Self {
        Golden(std::fs::read(format!("{}/tests/golden/norm.safetensors", env!("CARGO_MANIFEST_DIR"))).unwrap())
    }

    fn bytes(&self, name: &str) -> Vec<[u8; 4]> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.tensor(name).unwrap_or_else(|_| panic!("{name} is missing")).data().as_chunks::<4>().0.to_vec()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        self.bytes(name).into_iter().map(f32::from_le_bytes).collect()
    }

    fn labels(&self, name: &str) -> Vec<u32> {
        self.bytes(name).into_iter().map(u32::from_le_bytes).collect()
    }

    /// In the core's order.
    fn parameters(&self, prefix: &str) -> Vec<f32> {
        let of_layer = |k: usize| {
            let norm = if k < 2 { self.floats(&format!("{prefix}norm{k}")) } else { Vec::new() };
            [self.floats(&format!("{prefix}w{k}")), self.floats(&format!("{prefix}b{k}")), norm].concat()
        };
        (0..LAYERS).flat_map(of_layer).collect()
    }

    fn feedback(&self) -> Vec<f32> {
        (0..LAYERS - 1).flat_map(|k| self.floats(&format!("feedback{k}"))).collect()
    }

    fn readouts(&self, prefix: &str) -> Vec<f32> {
        let of_layer = |k: usize| match prefix {
            "" => [self.floats(&format!("feedback{k}")), vec![0.0; CLASSES]],
            _ => [self.floats(&format!("{prefix}readout{k}")), self.floats(&format!("{prefix}readout_bias{k}"))],
        };
        (0..LAYERS - 1).flat_map(of_layer).flatten().collect()
    }
}

#[track_caller]
fn close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= 1e-5 * e.abs().max(0.1 * largest), "{what}[{i}]: {f} against {e}");
    }
}

/// Inputs and labels.
type Batch<'b> = (&'b [f32], &'b [u32]);

fn check(kernels: &impl Kernels) {
    let (golden, layers) =
        (Golden::open(), layers("conv3k3p1 norm pool2 conv4k3p1 norm fc5", Shape { channels: 2, height: 7, width: 6 }));
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let (x, labels) =
        ([golden.floats("x0"), golden.floats("x1")], [golden.labels("labels0"), golden.labels("labels1")]);
    let inputs = network.inputs();
    for rule in RULES {
        let training = Training { rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 0 };
        let steps: [(&str, [Batch<'_>; 2]); 2] = [
            ("", [(&x[0], &labels[0]), (&x[1], &labels[1])]),
            ("sample/", [(&x[0][..inputs], &labels[0][..1]), (&x[0][inputs..2 * inputs], &labels[0][1..2])]),
        ];
        for (kind, steps) in steps {
            let mut parameters = golden.parameters("");
            let mut readouts = if rule.learns_readout() { golden.readouts("") } else { Vec::new() };
            let stored = if rule == Rule::Bp || rule.learns_readout() { Vec::new() } else { golden.feedback() };
            let plan = Plan::learning(&network, &training, labels[0].len());
            let mut scratch = vec![f32::NAN; plan.scratch()];
            for (number, (x, labels)) in (1..).zip(steps) {
                let memory = Memory {
                    parameters: &mut parameters,
                    layouts: &[],
                    readouts: &mut readouts,
                    optimizer: &mut [],
                    feedback: Feedback::Stored(&stored),
                    scratch: &mut scratch,
                };
                let clock = Clock { step: number, samples: 0, hidden_rate: RATE, output_rate: RATE };
                learn(kernels, &network, &training, memory, x, &Targets::Labels(labels), &clock).unwrap();
            }
            let prefix = format!("{}/{kind}", rule.name());
            close(&format!("{prefix}parameters"), &parameters, &golden.parameters(&prefix));
            if rule.learns_readout() {
                close(&format!("{prefix}readouts"), &readouts, &golden.readouts(&prefix));
            }
            let mut room = vec![0.0; Plan::inference(&network, labels[0].len())];
            let y = infer(kernels, &network, &parameters, &x[0], &mut room).unwrap();
            close(&format!("{prefix}y"), y, &golden.floats(&format!("{prefix}y")));
        }
    }
}

#[test]
fn the_core_agrees_with_the_pytorch_twin() {
    check(&Plain);
}

#[test]
fn the_fast_kernels_agree_with_the_pytorch_twin() {
    check(&Fast::new(2).unwrap());
}

#[test]
fn the_bits_of_learning_do_not_depend_on_the_number_of_threads() {
    const BATCH: usize = 40;
    let layers =
        layers("conv24k3p1 norm pool2 conv32k3p1 norm pool2 fc20", Shape { channels: 3, height: 16, width: 16 });
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let mut x = vec![0.0; BATCH * network.inputs()];
    Stream::new(1, Purpose::Data, 0).fill_uniform(0, 1.0, &mut x);
    let labels: Vec<u32> = (0..BATCH as u32).map(|k| k % CLASSES as u32).collect();
    for rule in Rule::ALL {
        let training = Training { rule, optimizer: Optimizer::ADAM, scaling: Scaling::Mean, seed: 0 };
        let learned = |threads: usize| {
            let kernels = Fast::new(threads).unwrap();
            let plan = Plan::learning(&network, &training, BATCH);
            let mut parameters = vec![0.0; plan.parameters];
            initialize(&network, 1, &mut parameters).unwrap();
            let (mut readouts, mut feedback) = (vec![0.0; plan.readouts], vec![0.0; plan.feedback]);
            draw_readouts(&network, rule, 1, &mut readouts).unwrap();
            draw_feedback(&network, rule, 1, &mut feedback).unwrap();
            let mut optimizer = vec![0.0; plan.optimizer];
            let mut scratch = vec![f32::NAN; plan.scratch() + 3 * plan.signals];
            for step in 1..=2 {
                let memory = Memory {
                    parameters: &mut parameters,
                    layouts: &[],
                    readouts: &mut readouts,
                    optimizer: &mut optimizer,
                    feedback: Feedback::Stored(&feedback),
                    scratch: &mut scratch,
                };
                let clock = Clock { step, samples: 0, hidden_rate: 0.01, output_rate: 0.01 };
                learn(&kernels, &network, &training, memory, &x, &Targets::Labels(&labels), &clock).unwrap();
            }
            parameters.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        let one = learned(1);
        assert!(one == learned(2) && one == learned(4), "{rule}");
    }
}
