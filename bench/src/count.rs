//! Small programs that always do the same, one for each hot loop, so that their instructions can be counted.
//!
//! What is counted is [`counted`] and all it calls. Valgrind's processor has AVX2 but not AVX-512, so it is the loops for AVX2
//! that run under it (or those for no vector unit at all, where the real processor has none).

use crate::job::{Convolution, Job, JobData, JobKind};
use crate::work::settings;
use openloop::core::random::{Purpose, Stream};
use openloop::core::{Clock, Feedback, Memory, Plain, Plan, Rule, Shape, Spec, Targets as CoreTargets};
use openloop::data::{DataSet, Features, Preprocessing, Split, Targets};
use openloop::kernels::Fast;
use openloop::learner::Trainer;
use std::ops::ControlFlow;
use std::sync::Arc;

const CLASSES: usize = 10;

/// One program.
struct CountedProgram {
    name: &'static str,
    hidden: usize,
    conv: Option<Convolution>,
    batch: usize,
    rule: &'static str,
    optimizer: &'static str,
    rows: usize,
    /// Of 100 inputs, how many are 0.
    zeros: u32,
    kernels: KernelChoice,
}

#[derive(PartialEq)]
enum KernelChoice {
    Fast,
    Plain,
}

const DENSE: CountedProgram = CountedProgram {
    name: "batch-dense",
    hidden: 128,
    conv: None,
    batch: 50,
    rule: "drtp",
    optimizer: "nesterov",
    rows: 200,
    zeros: 0,
    kernels: KernelChoice::Fast,
};
const CONV: Convolution = Convolution { filters: 8, kernel: 5, padding: 2, pool: 2 };

const CASES: [CountedProgram; 9] = [
    DENSE,
    CountedProgram { name: "batch-sparse", zeros: 81, ..DENSE },
    CountedProgram { name: "batch-bp", rule: "bp", ..DENSE },
    CountedProgram { name: "batch-local-error", rule: "local-error", optimizer: "adam", ..DENSE },
    CountedProgram { name: "online-dense", batch: 1, optimizer: "sgd", ..DENSE },
    CountedProgram { name: "online-sparse", batch: 1, optimizer: "sgd", zeros: 81, ..DENSE },
    CountedProgram { name: "conv", conv: Some(CONV), batch: 20, rows: 40, ..DENSE },
    CountedProgram { name: "core-online", batch: 1, optimizer: "sgd", rows: 20, kernels: KernelChoice::Plain, ..DENSE },
    CountedProgram { name: "core-batch", batch: 20, rows: 20, kernels: KernelChoice::Plain, ..DENSE },
];

/// Runs the program called `name`; without a name, lists them.
pub fn count(name: Option<&str>) -> Result<(), String> {
    let Some(name) = name else {
        CASES.iter().for_each(|case| println!("{}", case.name));
        return Ok(());
    };
    let case = CASES.iter().find(|case| case.name == name).ok_or_else(|| format!("no program is called \"{name}\""))?;
    let data = case.data()?;
    match case.kernels {
        KernelChoice::Fast => case.by_trainer(&data),
        KernelChoice::Plain => case.by_core(&data),
    }
}

/// What is counted.
#[inline(never)]
fn counted<R>(work: impl FnOnce() -> R) -> R {
    std::hint::black_box(work())
}

impl CountedProgram {
    fn job(&self) -> Job {
        Job {
            work: JobKind::Train,
            data: JobData::Random,
            data_dir: None,
            inputs: 784,
            samples: self.rows,
            passes: 1,
            hidden: vec![self.hidden],
            conv: self.conv,
            batch: self.batch,
            rule: self.rule.into(),
            optimizer: self.optimizer.into(),
            scaling: "mean".into(),
            rate: Some(1e-3),
            threads: 1,
            style: "hand".into(),
            options: serde_json::Map::new(),
        }
    }

    /// Images of noise, some of whose pixels are 0, and one row to test on.
    fn data(&self) -> Result<DataSet, String> {
        let shape = Shape { channels: 1, height: 28, width: 28 };
        let split = |rows: usize| {
            let (random, count) = (Stream::new(0, Purpose::Data, 0), (rows * shape.size()) as u64);
            let pixel =
                |i| if random.below(2 * i, 100) < self.zeros { 0 } else { 1 + random.below(2 * i + 1, 255) as u8 };
            let labels = (0..rows as u32).map(|row| row % CLASSES as u32).collect();
            let features = Features::Bytes((0..count).map(pixel).collect());
            Split::new(features, Targets::Labels(labels), shape.size(), CLASSES).ok_or("as many rows as labels")
        };
        Ok(DataSet {
            name: "noise".into(),
            units: None,
            table: None,
            understood: None,
            shape,
            outputs: CLASSES,
            classes: (0..CLASSES).map(|class| class.to_string()).collect(),
            preprocessing: Preprocessing::scaled(1.0 / 255.0),
            columns: None,
            note: None,
            train: split(self.rows)?,
            test: split(1)?,
            validation: None,
        })
    }

    /// An epoch of the host's trainer.
    fn by_trainer(&self, data: &DataSet) -> Result<(), String> {
        let kernels = Fast::new(1).map_err(|error| error.to_string())?;
        let mut trainer = Trainer::new(settings(&self.job(), data)?, Arc::new(data.clone()), Arc::new(kernels))
            .map_err(|error| error.to_string())?;
        let ended = counted(|| trainer.train_epoch(&mut |_| ControlFlow::Continue(())));
        ended.map(drop).map_err(|diverged| diverged.to_string())
    }

    /// Learning steps of the core alone, by its own plain arithmetic.
    fn by_core(&self, data: &DataSet) -> Result<(), String> {
        let settings = settings(&self.job(), data)?;
        let layers = settings.layers(data).map_err(|error| error.to_string())?;
        let network = Spec { layers: &layers, loss: settings.loss }.check().map_err(|error| error.to_string())?;
        let training = settings.training();
        let plan = Plan::learning(&network, &training, self.batch);
        let (mut parameters, mut feedback) = (vec![0.0; plan.parameters], vec![0.0; plan.feedback]);
        let (mut optimizer, mut scratch) = (vec![0.0; plan.optimizer], vec![0.0; plan.scratch()]);
        openloop::core::initialize(&network, 0, &mut parameters)
            .and_then(|()| openloop::core::draw_feedback(&network, Rule::Drtp, 0, &mut feedback))
            .map_err(|error| error.to_string())?;
        let rows: Vec<u32> = (0..self.rows as u32).collect();
        let mut x = vec![0.0; self.rows * network.inputs()];
        data.train.gather(&data.preprocessing, network.inputs(), &rows, &mut x);
        let labels: Vec<u32> = rows.iter().map(|row| row % CLASSES as u32).collect();
        counted(|| {
            let batches = x.chunks(self.batch * network.inputs()).zip(labels.chunks(self.batch));
            for (step, (x, labels)) in batches.enumerate() {
                let memory = Memory {
                    parameters: &mut parameters,
                    layouts: &[],
                    readouts: &mut [],
                    optimizer: &mut optimizer,
                    feedback: Feedback::Stored(&feedback),
                    scratch: &mut scratch,
                };
                let samples = (step * self.batch) as u64;
                let clock = Clock { step: step as u64 + 1, samples, hidden_rate: 1e-3, output_rate: 1e-3 };
                let targets = CoreTargets::Labels(labels);
                openloop::core::learn(&Plain, &network, &training, memory, x, &targets, &clock)?;
            }
            Ok(())
        })
        .map_err(|error: openloop::core::Error| error.to_string())
    }
}
