//! Openloop's side: the library's own trainer, told what to do by a job.

use crate::here;
use crate::job::{Job, JobData, JobKind, SideMessage};
use openloop::core::kernels::Kernels;
use openloop::core::layer::Dense;
use openloop::core::random::{Purpose, Stream};
use openloop::core::weights::Weights;
use openloop::core::{Activation, Shape};
use openloop::cost::multiply_adds::MultiplyAdds;
use openloop::data::{self, DataSet, Features, Preprocessing, Split, Targets};
use openloop::kernels::Fast;
use openloop::learner::{EpochEnd, Trainer};
use openloop::settings::net::NetError;
use openloop::settings::{ConfigError, Options, Settings};
use openloop::settings::{Preset, names};
use std::io::{BufRead, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CLASSES: usize = 10;
/// Test rows beside random training rows: an epoch ends with an evaluation, which is not timed.
const RANDOM_TEST_ROWS: usize = 100;

/// Does a job and talks about it on standard output.
pub fn work(job: &str) -> Result<(), String> {
    let job: Job = serde_json::from_str(job).map_err(|error| format!("the job: {error}"))?;
    let kernels = Arc::new(Fast::new(job.threads).map_err(|error| format!("{} threads: {error}", job.threads))?);
    match job.work {
        JobKind::Product => product(&job, &kernels),
        JobKind::Train => train(&job, &kernels),
    }
}

fn train(job: &Job, kernels: &Arc<Fast>) -> Result<(), String> {
    let data = Arc::new(rows(job)?);
    let settings = settings(job, &data)?;
    let mut trainer = Trainer::new(settings, data, Arc::clone(kernels)).map_err(|error| error.to_string())?;
    let multiply_adds = MultiplyAdds::of(&trainer.learner().network().whole(), &[], trainer.settings().rule).total;
    serve_turns(Some(multiply_adds), || {
        let mut spent = Duration::ZERO;
        for _ in 0..job.passes {
            match trainer.train_epoch(&mut |_| ControlFlow::Continue(())) {
                Ok(EpochEnd::Epoch(epoch)) => spent += epoch,
                Ok(EpochEnd::Stopped) => return Err("the trainer stopped inside an epoch".into()),
                Err(diverged) => return Err(diverged.to_string()),
            }
        }
        Ok((spent, trainer.progress().history.last().map(|epoch| epoch.test.error())))
    })
    .and_then(|error| end(error.filter(|_| job.data == JobData::Mnist)))
}

/// The settings of a job: the paper's network and loss, with the job's optimizer and rate, unless its options say otherwise.
pub fn settings(job: &Job, data: &DataSet) -> Result<Settings, String> {
    let own: Options = serde_json::from_value(job.options.clone().into()).map_err(|error| error.to_string())?;
    let text = |error: ConfigError| error.to_string();
    let asked = Options {
        preset: Some(Preset::Paper),
        rule: Some(names::parse(&job.rule).map_err(text)?),
        net: Some(job.net().parse().map_err(|error: NetError| error.to_string())?),
        batch: Some(job.batch),
        optimizer: Some(names::parse(&job.optimizer).map_err(text)?),
        scaling: Some(names::parse(&job.scaling).map_err(text)?),
        lr: job.rate,
        hidden_lr: job.rate,
        ..Options::default()
    };
    own.over(asked).complete(data).map_err(text)
}

/// The rows of a job.
pub fn rows(job: &Job) -> Result<DataSet, String> {
    match job.data {
        JobData::Mnist => mnist(job),
        JobData::Random => random(job),
    }
}

fn mnist(job: &Job) -> Result<DataSet, String> {
    let folder = job.data_dir.as_deref().map(Path::new);
    let data = data::load(&data::DataRequest { name: "mnist", folder, ..data::DataRequest::default() })
        .map_err(|error| error.to_string())?;
    if job.samples >= data.train.len() {
        return Ok(data);
    }
    let (Features::Bytes(mut pixels), Targets::Labels(mut labels)) = (data.train.features, data.train.targets) else {
        return Err("MNIST holds bytes and labels".into());
    };
    pixels.truncate(job.samples * job.inputs);
    pixels.shrink_to_fit();
    labels.truncate(job.samples);
    let train = Split::new(Features::Bytes(pixels), Targets::Labels(labels), job.inputs, CLASSES);
    Ok(DataSet { train: train.ok_or("as many images as labels")?, ..data })
}

fn random(job: &Job) -> Result<DataSet, String> {
    let split = |rows: usize, stream: u32| {
        let (random, count) = (Stream::new(0, Purpose::Data, stream), rows * job.inputs);
        let mut values = vec![0.0; count];
        random.fill_uniform(0, 0.5, &mut values);
        values.iter_mut().for_each(|value| *value += 0.5);
        let labels = (0..rows as u64).map(|row| random.below(count as u64 + row, CLASSES as u32)).collect();
        Split::new(Features::Floats(values), Targets::Labels(labels), job.inputs, CLASSES)
            .ok_or("as many rows as labels")
    };
    Ok(DataSet {
        name: "random".into(),
        units: None,
        table: None,
        understood: None,
        shape: Shape { channels: 1, height: 1, width: job.inputs },
        outputs: CLASSES,
        classes: (0..CLASSES).map(|class| class.to_string()).collect(),
        preprocessing: Preprocessing::identity(),
        columns: None,
        note: None,
        train: split(job.samples, 0)?,
        test: split(RANDOM_TEST_ROWS, 1)?,
        validation: None,
    })
}

/// A dense layer's forward pass over as many samples as it has inputs and neurons.
fn product(job: &Job, kernels: &Fast) -> Result<(), String> {
    let side = job.inputs;
    let layer = Dense { inputs: side, outputs: side, activation: Activation::Identity };
    let mut parameters = vec![0.0; side * side + side];
    Stream::new(0, Purpose::Weights, 0).fill_uniform(0, 1.0, &mut parameters);
    let (x, mut a) = (parameters[..side * side].to_vec(), vec![0.0; side * side]);
    serve_turns(Some((side * side * side) as u64), || {
        let started = Instant::now();
        kernels.run(|| {
            for _ in 0..job.samples {
                kernels.dense_forward(&layer, Weights::in_rows(&parameters), &x, &mut a);
            }
        });
        Ok((started.elapsed(), None))
    })
    .and_then(end)
}

/// Warms up, then makes a turn for each line "go"; gives what the last one found.
fn serve_turns(
    multiply_adds: Option<u64>,
    mut turn: impl FnMut() -> Result<(Duration, Option<f64>), String>,
) -> Result<Option<f64>, String> {
    let mut found = turn()?.1;
    send(&SideMessage::Ready { ready: true, about: format!("Openloop {}", env!("CARGO_PKG_VERSION")), multiply_adds })?;
    for line in std::io::stdin().lock().lines() {
        if line.map_err(|error| error.to_string())?.trim() != "go" {
            break;
        }
        let (spent, now) = turn()?;
        found = now;
        send(&SideMessage::Turn { seconds: spent.as_secs_f64() })?;
    }
    Ok(found)
}

fn end(test_error: Option<f64>) -> Result<(), String> {
    send(&SideMessage::End { peak_bytes: here::peak_bytes()?, test_error })
}

fn send(what: &SideMessage) -> Result<(), String> {
    let line = serde_json::to_string(what).map_err(|error| error.to_string())?;
    writeln!(std::io::stdout(), "{line}").map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;
    use openloop::core::{OptimizerKind, Rule, Scaling};

    fn job(row: &str) -> Job {
        let row = rows::all(2).into_iter().find(|other| other.name == row).expect("the row is there");
        Job { samples: 50, ..row.sides[0].job.clone() }
    }

    #[test]
    fn random_rows_lie_between_0_and_1_have_no_zeros_and_every_label() {
        let data = random(&job("batch-random")).expect("random rows");
        let (Features::Floats(x), Targets::Labels(labels)) = (&data.train.features, &data.train.targets) else {
            panic!("floats and labels")
        };
        assert_eq!((x.len(), labels.len()), (50 * 784, 50));
        assert!(x.iter().all(|v| *v > 0.0 && *v < 1.0));
        assert!((0..10).all(|class| labels.contains(&class)), "{labels:?}");
    }

    #[test]
    fn a_job_decides_all_that_its_peers_do_too() {
        let job = job("batch-random");
        let settings = settings(&job, &random(&job).expect("random rows")).expect("settings");
        assert_eq!((settings.rule, settings.optimizer), (Rule::Drtp, OptimizerKind::Nesterov));
        assert_eq!((settings.rate, settings.hidden_rate, settings.batch), (1e-4, 1e-4, 100));
        assert_eq!((settings.scaling, settings.decay), (Scaling::Reference, 0.0), "peers keep their rate");
    }

    #[test]
    fn an_option_of_openloop_alone_wins_and_an_unknown_one_is_refused() {
        let mut job = job("rules");
        job.data = JobData::Random;
        let data = random(&job).expect("random rows");
        let tuned = settings(&job, &data).expect("settings");
        assert_eq!((tuned.optimizer, tuned.scaling), (OptimizerKind::Adam, Scaling::Mean));
        assert!(tuned.decay > 0.0, "the default preset's");
        job.options.insert("no-such-option".into(), 1.into());
        assert!(settings(&job, &data).is_err_and(|message| message.contains("no-such-option")));
    }
}
