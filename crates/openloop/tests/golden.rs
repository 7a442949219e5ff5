//! The PyTorch twin's numbers (`golden/make_dense.py`) against the core and the fast kernels: outputs, losses, every
//! gradient, and the weights after two steps, within 1e-5 relative (of the tensor's largest value, where one is small).

use openloop::kernels::Fast;
use openloop_core::*;
use safetensors::SafeTensors;

const WIDTHS: [usize; 4] = [7, 6, 5, 4];
const RELATIVE: f32 = 1e-5;

struct Golden(Vec<u8>);

impl Golden {
    fn open() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/dense.safetensors");
        Golden(std::fs::read(path).unwrap())
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.0).unwrap()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let tensors = self.tensors();
        let tensor = tensors.tensor(name).unwrap_or_else(|_| panic!("{name} is missing"));
        tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    fn labels(&self, batch: usize) -> Vec<u32> {
        let tensors = self.tensors();
        let tensor = tensors.tensor(&format!("labels{batch}")).unwrap();
        tensor.data().as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }

    /// Weights and biases of all layers in the core's order; `prefix` is empty for the initial ones, `g` for gradients.
    fn parameters(&self, prefix: &str) -> Vec<f32> {
        (0..3)
            .flat_map(|k| [self.floats(&format!("{prefix}w{k}")), self.floats(&format!("{prefix}b{k}"))])
            .flatten()
            .collect()
    }

    fn feedback(&self, rule: Rule) -> Vec<f32> {
        match rule {
            Rule::Bp | Rule::Shallow => Vec::new(),
            Rule::Fa => [self.floats("fa1"), self.floats("fa2")].concat(),
            _ => [self.floats("feedback0"), self.floats("feedback1")].concat(),
        }
    }
}

#[derive(Clone, Copy)]
struct Case {
    activation: Activation,
    loss: Loss,
    rule: Rule,
}

impl Case {
    fn prefix(&self) -> String {
        use openloop::names::Named;
        format!("{}/{}/{}/", Named::name(self.activation), Named::name(self.loss), self.rule.name())
    }

    fn layers(&self) -> Vec<Layer> {
        let last = if self.loss == Loss::MeanSquaredError { Activation::Tanh } else { Activation::Identity };
        let dense = |k: usize| Dense {
            inputs: WIDTHS[k],
            outputs: WIDTHS[k + 1],
            activation: if k == 2 { last } else { self.activation },
        };
        (0..3).map(|k| Layer::Dense(dense(k))).collect()
    }
}

fn close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        let allowed = RELATIVE * e.abs().max(0.1 * largest);
        assert!((f - e).abs() <= allowed, "{what}[{i}]: {f} against {e}");
    }
}

/// A network at the golden file's initial weights.
struct Twin<'g> {
    golden: &'g Golden,
    case: Case,
    optimizer: Optimizer,
    layers: Vec<Layer>,
    parameters: Vec<f32>,
    state: Vec<f32>,
    feedback: Vec<f32>,
}

impl<'g> Twin<'g> {
    fn new(golden: &'g Golden, case: Case, optimizer: Optimizer) -> Self {
        let parameters = golden.parameters("");
        let state = vec![0.0; parameters.len() * optimizer.slots()];
        let feedback = golden.feedback(case.rule);
        Twin { golden, case, optimizer, layers: case.layers(), parameters, state, feedback }
    }

    fn outputs(&self, kernels: &impl Kernels, batch: usize) -> Vec<f32> {
        let network = Spec { layers: &self.layers, loss: self.case.loss }.check().unwrap();
        let x = self.golden.floats(&format!("x{batch}"));
        let mut scratch = vec![0.0; Plan::inference(&network, 3)];
        infer(kernels, &network, &self.parameters, &x, &mut scratch).unwrap().to_vec()
    }

    /// One learning step on golden batch `batch`; returns the reported loss.
    fn step(&mut self, kernels: &impl Kernels, batch: usize, rate: f32) -> f32 {
        let Case { loss, rule, .. } = self.case;
        let network = Spec { layers: &self.layers, loss }.check().unwrap();
        let training = Training { rule, optimizer: self.optimizer, scaling: Scaling::Reference, seed: 0 };
        let mut scratch = vec![0.0; Plan::learning(&network, &training, 3).scratch()];
        let (labels, values) = (self.golden.labels(batch), self.golden.floats(&format!("values{batch}")));
        let targets = if loss == Loss::MeanSquaredError { Targets::Values(&values) } else { Targets::Labels(&labels) };
        let memory = Memory {
            parameters: &mut self.parameters,
            optimizer: &mut self.state,
            feedback: Feedback::Stored(&self.feedback),
            scratch: &mut scratch,
        };
        let clock = Clock { step: batch as u64 + 1, samples: 0, hidden_rate: rate, output_rate: rate };
        let x = self.golden.floats(&format!("x{batch}"));
        learn(kernels, &network, &training, memory, &x, &targets, &clock).unwrap().loss / 3.0
    }
}

fn check(kernels: &impl Kernels, golden: &Golden, case: Case) {
    let prefix = case.prefix();
    // a velocity that forgets at once is the gradient itself
    let mut twin = Twin::new(golden, case, Optimizer::Momentum { momentum: 0.0 });
    close(&format!("{prefix}y0"), &twin.outputs(kernels, 0), &golden.floats(&format!("{prefix}y0")));
    let loss = twin.step(kernels, 0, 0.1);
    close(&format!("{prefix}loss0"), &[loss], &golden.floats(&format!("{prefix}loss0")));
    close(&format!("{prefix}gradients"), &twin.state, &golden.parameters(&format!("{prefix}g")));
    let optimizers = [
        ("sgd", Optimizer::Sgd, 0.1),
        ("momentum", Optimizer::MOMENTUM, 0.1),
        ("nesterov", Optimizer::NESTEROV, 0.1),
        ("adam", Optimizer::ADAM, 0.01),
        ("rmsprop", Optimizer::RMSPROP, 0.01),
    ];
    for (name, optimizer, rate) in optimizers {
        let prefix = format!("{prefix}{name}/");
        if golden.tensors().tensor(&format!("{prefix}w0")).is_err() {
            continue;
        }
        let mut twin = Twin::new(golden, case, optimizer);
        twin.step(kernels, 0, rate);
        close(&format!("{prefix}y1"), &twin.outputs(kernels, 1), &golden.floats(&format!("{prefix}y1")));
        let loss = twin.step(kernels, 1, rate);
        close(&format!("{prefix}loss1"), &[loss], &golden.floats(&format!("{prefix}loss1")));
        close(&format!("{prefix}weights"), &twin.parameters, &golden.parameters(&prefix));
    }
}

fn check_all(kernels: &impl Kernels) {
    let golden = Golden::open();
    for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::MeanSquaredError] {
        for rule in Rule::ALL {
            if !(rule == Rule::Drtp && loss == Loss::MeanSquaredError) {
                check(kernels, &golden, Case { activation: Activation::Tanh, loss, rule });
            }
        }
    }
    for activation in [Activation::Sigmoid, Activation::Relu, Activation::Identity] {
        for rule in [Rule::Bp, Rule::Drtp] {
            check(kernels, &golden, Case { activation, loss: Loss::BinaryCrossEntropy, rule });
        }
    }
}

#[test]
fn the_core_agrees_with_the_pytorch_twin() {
    check_all(&Plain);
}

#[test]
fn the_fast_kernels_agree_with_the_pytorch_twin() {
    check_all(&Fast::new(2).unwrap());
}
