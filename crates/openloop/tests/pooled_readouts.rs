//! Readouts of averaged maps: the fast kernels against the core's, and the same bits on any number of threads.

use openloop::kernels::Fast;
use openloop::settings::ReadoutMaps;
use openloop::settings::net::{LayerStyle, Net};
use openloop_core::random::{Purpose, Stream};
use openloop_core::*;

const BATCH: usize = 40;
const CLASSES: usize = 4;
const RULES: [Rule; 4] = [Rule::LocalError, Rule::LocalErrorLearned, Rule::LocalHinge, Rule::Lls];

/// The parameters after two steps, and the readouts.
fn learned(kernels: &impl Kernels, net: &str, image: Shape, rule: Rule) -> Vec<f32> {
    let style = LayerStyle::new(Activation::Tanh, 0.0, Loss::CrossEntropy, false);
    let style = style.with_readouts_of(ReadoutMaps::Pooled);
    let layers = net.parse::<Net>().unwrap().layers(image, CLASSES, &style).unwrap();
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let mut x = vec![0.0; BATCH * network.inputs()];
    Stream::new(1, Purpose::Data, 0).fill_uniform(0, 1.0, &mut x);
    let labels: Vec<u32> = (0..BATCH as u32).map(|k| k % CLASSES as u32).collect();
    let training = Training { rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 0 };
    let plan = Plan::learning(&network, &training, BATCH);
    let mut parameters = vec![0.0; plan.parameters];
    initialize(&network, 1, &mut parameters).unwrap();
    let (mut readouts, mut feedback) = (vec![0.0; plan.readouts], vec![0.0; plan.feedback]);
    draw_readouts(&network, rule, 1, &mut readouts).unwrap();
    draw_feedback(&network, rule, 1, &mut feedback).unwrap();
    let mut scratch = vec![f32::NAN; plan.scratch() + 3 * plan.signals];
    for step in 1..=2 {
        let memory = Memory {
            parameters: &mut parameters,
            layouts: &[],
            readouts: &mut readouts,
            optimizer: &mut [],
            feedback: Feedback::Stored(&feedback),
            scratch: &mut scratch,
        };
        let clock = Clock { step, samples: 0, hidden_rate: 0.1, output_rate: 0.1 };
        learn(kernels, &network, &training, memory, &x, &Targets::Labels(&labels), &clock).unwrap();
    }
    [parameters, readouts].concat()
}

#[test]
fn the_fast_kernels_agree_with_the_core_and_with_themselves_on_any_number_of_threads() {
    let image = Shape { channels: 3, height: 15, width: 13 };
    let series = Shape { channels: 3, height: 50, width: 1 };
    for (net, shape) in [
        ("conv16k3p1 pool2 conv24k5p2 fc20", image),
        ("conv16k3p1 norm pool2 conv24k3p1 norm fc20", image),
        ("conv24x5 norm pool2 conv16x3 fc20", series),
    ] {
        for rule in RULES {
            let expected = learned(&Plain, net, shape, rule);
            let one = learned(&Fast::new(1).unwrap(), net, shape, rule);
            let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            let far = one.iter().zip(&expected).map(|(f, e)| (f - e).abs()).fold(0.0f32, f32::max);
            assert!(far <= 2e-5 * largest, "{net} {rule}: {far} of {largest}");
            for threads in [2, 4] {
                let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                let other = learned(&Fast::new(threads).unwrap(), net, shape, rule);
                assert!(bits(&other) == bits(&one), "{net} {rule}: {threads} threads");
            }
        }
    }
}
