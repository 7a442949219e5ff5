//! burn as a peer: dense layers that learn by its automatic differentiation and its optimizer, on its own processor backend.

#[path = "../../peer.rs"]
mod peer;

use burn::module::Module;
use burn::nn::loss::BinaryCrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use peer::{CLASSES, Job, Result};
use std::cell::RefCell;

#[derive(Module, Debug)]
struct Network {
    layers: Vec<Linear>,
}

impl Network {
    /// The last layer's output before its sigmoid.
    fn forward(&self, mut x: Tensor<2>) -> Tensor<2> {
        for (k, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if k + 1 < self.layers.len() {
                x = x.tanh();
            }
        }
        x
    }
}

fn main() -> Result<()> {
    let job = Job::read()?;
    let device = Device::flex().autodiff();
    device.seed(0);
    let rows = job.rows("train")?;
    let x = Tensor::<2>::from_data(TensorData::new(rows.x, [job.samples, job.inputs]), &device);
    let one_hot = rows.labels.iter().flat_map(|l| (0..CLASSES as u32).map(move |class| i32::from(class == *l)));
    let one_hot = TensorData::new(one_hot.collect::<Vec<i32>>(), [job.samples, CLASSES]);
    let targets = Tensor::<2, Int>::from_data(one_hot, &device);
    let linear = |(inputs, outputs): &(usize, usize)| LinearConfig::new(*inputs, *outputs).init(&device);
    let network = RefCell::new(Some(Network { layers: job.shapes().iter().map(linear).collect() }));
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0).with_nesterov(true);
    let mut optimizer = SgdConfig::new().with_momentum(job.nesterov().then_some(momentum)).init();
    let loss = BinaryCrossEntropyLossConfig::new().with_logits(true).init(&device);
    let learn = |order: &[u32]| {
        let mut own = network.borrow_mut();
        let mut network = own.take().ok_or("no network")?;
        for some in order.chunks(job.batch) {
            let some: Vec<i32> = some.iter().map(|row| *row as i32).collect();
            let index = Tensor::<1, Int>::from_data(some.as_slice(), &device);
            let (x, targets) = (x.clone().select(0, index.clone()), targets.clone().select(0, index));
            let gradients = loss.forward(network.forward(x), targets).backward();
            let gradients = GradientsParams::from_grads(gradients, &network);
            network = optimizer.step(job.rate, network, gradients);
        }
        *own = Some(network);
        Ok(())
    };
    let wrong = || {
        let rows = job.rows("test")?;
        let count = rows.labels.len();
        let x = Tensor::<2>::from_data(TensorData::new(rows.x, [count, job.inputs]), &device);
        let own = network.borrow();
        let found = own.as_ref().ok_or("no network")?.forward(x).argmax(1).into_data().convert::<i64>();
        let found = found.try_to_vec::<i64>().map_err(|error| format!("{error:?}"))?;
        Ok((found.iter().zip(&rows.labels).filter(|(a, b)| **a != i64::from(**b)).count(), count))
    };
    peer::converse("burn 0.22.1", &job, learn, wrong)
}
