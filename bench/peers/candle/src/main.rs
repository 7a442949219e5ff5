//! candle as a peer: dense layers that learn by its automatic differentiation.

#[path = "../../peer.rs"]
mod peer;

use candle_core::{Device, Tensor, Var};
use candle_nn::loss::binary_cross_entropy_with_logit;
use peer::{CLASSES, Job, Random, Result};

const MOMENTUM: f64 = 0.9;
const DEVICE: Device = Device::Cpu;

/// A parameter and its velocity.
struct Parameter {
    value: Var,
    velocity: Tensor,
}

impl Parameter {
    fn draw(random: &mut Random, shape: &[usize], inputs: usize) -> Result<Self> {
        let bound = (inputs as f32).powf(-0.5);
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| bound * (2.0 * random.unit() - 1.0)).collect();
        let value = Var::from_vec(values, shape, &DEVICE)?;
        Ok(Parameter { velocity: value.zeros_like()?, value })
    }

    fn step(&mut self, gradient: &Tensor, job: &Job) -> Result<()> {
        let mut change = gradient.clone();
        if job.nesterov() {
            self.velocity = ((&self.velocity * MOMENTUM)? + gradient)?;
            change = (gradient + (&self.velocity * MOMENTUM)?)?;
        }
        Ok(self.value.set(&(self.value.as_tensor() - (change * job.rate)?)?)?)
    }
}

/// The last layer's output before its sigmoid.
fn forward(layers: &[(Parameter, Parameter)], x: &Tensor) -> Result<Tensor> {
    let mut x = x.clone();
    for (k, (weights, bias)) in layers.iter().enumerate() {
        x = x.matmul(&weights.value.t()?)?.broadcast_add(&bias.value)?;
        if k + 1 < layers.len() {
            x = x.tanh()?;
        }
    }
    Ok(x)
}

fn main() -> Result<()> {
    let job = Job::read()?;
    let rows = job.rows("train")?;
    let x = Tensor::from_vec(rows.x, (job.samples, job.inputs), &DEVICE)?;
    let one_hot = rows.labels.iter().flat_map(|l| (0..CLASSES as u32).map(move |class| f32::from(class == *l)));
    let targets = Tensor::from_vec(one_hot.collect::<Vec<f32>>(), (job.samples, CLASSES), &DEVICE)?;
    let mut random = Random(3);
    let draw = |(inputs, outputs): &(usize, usize)| {
        let weights = Parameter::draw(&mut random, &[*outputs, *inputs], *inputs)?;
        Ok((weights, Parameter::draw(&mut random, &[*outputs], *inputs)?))
    };
    let layers = std::cell::RefCell::new(job.shapes().iter().map(draw).collect::<Result<Vec<_>>>()?);
    let learn = |order: &[u32]| {
        for some in order.chunks(job.batch) {
            let index = Tensor::new(some, &DEVICE)?;
            let (x, targets) = (x.index_select(&index, 0)?, targets.index_select(&index, 0)?);
            let loss = binary_cross_entropy_with_logit(&forward(&layers.borrow(), &x)?, &targets)?;
            let gradients = loss.backward()?;
            for (weights, bias) in layers.borrow_mut().iter_mut() {
                for parameter in [weights, bias] {
                    let gradient = gradients.get(&parameter.value).ok_or("a parameter without a gradient")?.clone();
                    parameter.step(&gradient, &job)?;
                }
            }
        }
        Ok(())
    };
    let wrong = || {
        let rows = job.rows("test")?;
        let count = rows.labels.len();
        let x = Tensor::from_vec(rows.x, (count, job.inputs), &DEVICE)?;
        let found = forward(&layers.borrow(), &x)?.argmax(1)?.to_vec1::<u32>()?;
        Ok((found.iter().zip(&rows.labels).filter(|(a, b)| a != b).count(), count))
    };
    peer::converse("candle 0.11.1", &job, learn, wrong)
}
