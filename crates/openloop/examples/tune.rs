//! How the default settings were found: every combination of the given values, trained on four fifths of the training
//! rows and judged on the last fifth. The test rows are never looked at.
//!
//! ```text
//! cargo run --release --example tune -- --data digits --net fc100 --rule drtp --epochs 50 --lr 1e-3,3e-3 --hidden-ratio 0.1,0.3,1
//! ```

use clap::Parser;
use openloop::core::{Activation, Loss, OptimizerKind, Rule};
use openloop::data::{self, DataSet};
use openloop::kernels::Fast;
use openloop::learner::Trainer;
use openloop::settings::Options;
use openloop::settings::net::Net;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

/// Lists are separated by commas.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value = "digits")]
    data: String,
    #[arg(long)]
    data_dir: Option<PathBuf>,
    #[arg(long, default_value = "fc100")]
    net: Net,
    #[arg(long, value_delimiter = ',', default_value = "drtp")]
    rule: Vec<Rule>,
    #[arg(long, default_value = "10")]
    epochs: u32,
    #[arg(long, value_delimiter = ',', default_value = "0.001")]
    lr: Vec<f32>,
    #[arg(long, value_delimiter = ',', default_value = "1")]
    hidden_ratio: Vec<f32>,
    #[arg(long, value_delimiter = ',', default_value = "0")]
    lr_decay: Vec<f32>,
    #[arg(long, value_delimiter = ',', default_value = "50")]
    batch: Vec<usize>,
    #[arg(long, value_delimiter = ',', default_value = "adam")]
    optimizer: Vec<OptimizerKind>,
    #[arg(long, value_delimiter = ',', default_value = "ce")]
    loss: Vec<Loss>,
    #[arg(long, value_delimiter = ',', default_value = "tanh")]
    activation: Vec<Activation>,
    #[arg(long, value_delimiter = ',', default_value = "0")]
    dropout: Vec<f32>,
    #[arg(long, value_delimiter = ',', default_value = "0")]
    seed: Vec<u64>,
    #[arg(long, default_value = "0")]
    threads: usize,
}

impl Arguments {
    /// Every combination, but for the seeds.
    fn candidates(&self) -> Vec<Options> {
        let base = Options { net: Some(self.net.clone()), epochs: Some(self.epochs), ..Options::default() };
        let all = vec![base];
        let all = vary(all, &self.rule, |o, v| o.rule = Some(*v));
        let all = vary(all, &self.loss, |o, v| o.loss = Some(*v));
        let all = vary(all, &self.activation, |o, v| o.activation = Some(*v));
        let all = vary(all, &self.optimizer, |o, v| o.optimizer = Some(*v));
        let all = vary(all, &self.dropout, |o, v| o.dropout = Some(*v));
        let all = vary(all, &self.batch, |o, v| o.batch = Some(*v));
        let all = vary(all, &self.lr_decay, |o, v| o.lr_decay = Some(*v));
        let all = vary(all, &self.lr, |o, v| o.lr = Some(*v));
        vary(all, &self.hidden_ratio, |o, v| o.hidden_lr = o.lr.map(|lr| lr * v))
    }
}

fn vary<T>(all: Vec<Options>, values: &[T], set: impl Fn(&mut Options, &T)) -> Vec<Options> {
    let with = |options: &Options, value: &T| {
        let mut options = options.clone();
        set(&mut options, value);
        options
    };
    all.iter().flat_map(|options| values.iter().map(move |value| with(options, value))).collect()
}

/// The error on the held-out rows after the last epoch, in percent; none when the run diverged.
fn judge(
    options: &Options,
    data: &Arc<DataSet>,
    kernels: &Arc<Fast>,
) -> Result<Option<f64>, Box<dyn std::error::Error>> {
    let settings = options.complete(data)?;
    let epochs = settings.epochs;
    let mut trainer = Trainer::new(settings, Arc::clone(data), Arc::clone(kernels))?;
    for _ in 0..epochs {
        if trainer.train_epoch(&mut |_| ControlFlow::Continue(())).is_err() {
            return Ok(None);
        }
    }
    Ok(trainer.progress().history.last().map(|epoch| epoch.test.error()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let request = data::DataRequest {
        name: &arguments.data,
        folder: arguments.data_dir.as_deref(),
        ..data::DataRequest::default()
    };
    let data = Arc::new(data::load(&request)?.for_tuning());
    let kernels = Arc::new(Fast::new(arguments.threads)?);
    for options in arguments.candidates() {
        let mut errors = Vec::new();
        for &seed in &arguments.seed {
            errors.push(judge(&Options { seed: Some(seed), ..options.clone() }, &data, &kernels)?);
        }
        let settings = serde_json::to_string(&options.complete(&data)?.saved())?;
        match errors.iter().copied().sum::<Option<f64>>() {
            Some(sum) => println!("{:6.2} %  {settings}", sum / errors.len() as f64),
            None => println!("diverged  {settings}"),
        }
    }
    Ok(())
}
