//! What is measured: every row of the table as data. A row is one piece of work done by several sides.
//!
//! Long because it is one table.

use crate::job::{Convolution, Job, JobData, JobKind};
use crate::programs::Program;
use openloop::core::{Activation, OptimizerKind};
use openloop::settings::Options;
use serde_json::json;

/// Rows of the training set in the rows that show growth.
const FEWER: usize = 12_000;
/// Rounds of a side that takes several times as long as the others.
const FEW_ROUNDS: usize = 3;

/// One side of a row.
#[derive(Clone, Debug)]
pub struct Side {
    /// What stands in the table.
    pub label: String,
    /// Who does it.
    pub program: Program,
    /// What it does.
    pub job: Job,
    /// At most this many rounds.
    pub rounds: usize,
}

/// One piece of work.
#[derive(Clone, Debug)]
pub struct BenchmarkRow {
    /// The name for `--only`; what stands before the first `-` names its kind.
    pub name: String,
    /// What is done, in words.
    pub what: String,
    /// Who does it; the ratios are to the first.
    pub sides: Vec<Side>,
    /// Turns of each side.
    pub rounds: usize,
    /// Rough time on two cores with all Python peers.
    pub minutes: f64,
    /// Whether it is measured by `--quick` too.
    pub quick: bool,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Product,
    Batch,
    Online,
    Plain,
    Convolution,
    Pipeline,
    Rules,
    Activations,
    Growth,
}

impl Group {
    pub const ALL: [Group; 9] = [
        Group::Product,
        Group::Batch,
        Group::Online,
        Group::Plain,
        Group::Convolution,
        Group::Pipeline,
        Group::Rules,
        Group::Activations,
        Group::Growth,
    ];

    /// The table of the rows with such a name.
    pub fn of(name: &str) -> Self {
        match name.split('-').next().unwrap_or_default() {
            "product" => Group::Product,
            "batch" => Group::Batch,
            "online" => Group::Online,
            "c" => Group::Plain,
            "conv" => Group::Convolution,
            "pipeline" => Group::Pipeline,
            "rules" => Group::Rules,
            "activations" => Group::Activations,
            _ => Group::Growth,
        }
    }

    /// The table's heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Product => "The machine's rate: matrix products of 1024 x 1024",
            Group::Batch => "Training by batches",
            Group::Online => "Training sample by sample",
            Group::Plain => "Training sample by sample beside plain C, one thread",
            Group::Convolution => "A convolution before",
            Group::Pipeline => "Layers over threads",
            Group::Rules => "Rules against each other",
            Group::Activations => "Activations against each other, by optimizer",
            Group::Growth => "Growth with width, depth, batch and threads",
        }
    }
}

/// All rows, on a machine that runs `threads` threads at the same time.
pub fn all(threads: usize) -> Vec<BenchmarkRow> {
    let mut rows = vec![product(threads, 0.3)];
    rows.extend((threads > 1).then(|| product(1, 0.3)));
    rows.extend(batches(threads));
    rows.extend(online(threads));
    rows.extend(beside_c());
    rows.push(convolution(threads));
    rows.extend(pipelines(threads));
    rows.push(rules(threads));
    rows.extend(activations());
    rows.extend(growth(threads));
    rows
}

/// The row as `--quick` measures it: fewer rows of data and none of the slow sides.
pub fn quick(mut row: BenchmarkRow) -> BenchmarkRow {
    row.sides.retain(|side| side.rounds > FEW_ROUNDS || side.program == Program::Openloop);
    for job in row.sides.iter_mut().map(|side| &mut side.job) {
        if job.work == JobKind::Train && job.batch > 1 {
            job.samples = if job.conv.is_some() { 1_000 } else { 6_000.min(job.samples) };
        }
        job.passes = job.passes.div_ceil(4);
    }
    BenchmarkRow { rounds: 3, ..row }
}

fn side(label: &str, program: Program, job: &Job) -> Side {
    Side { label: label.into(), program, job: job.clone(), rounds: usize::MAX }
}

fn slow(side: Side) -> Side {
    Side { rounds: FEW_ROUNDS, ..side }
}

/// Openloop, and the same rule by hand in the two frameworks.
fn beside_frameworks(job: &Job) -> Vec<Side> {
    vec![
        side("Openloop", Program::Openloop, job),
        side("PyTorch by hand", Program::Torch, job),
        side("JAX by hand", Program::Jax, job),
    ]
}

/// What a framework's own backpropagation takes for the same network, whatever the row's rule.
fn with_bp(job: &Job) -> Job {
    Job { rule: "bp".into(), rate: Some(if job.batch == 1 { 1e-3 } else { 0.05 }), ..job.clone() }
}

/// One pass over MNIST in batches, with Nesterov's momentum and the paper's scaling.
fn by_batches(hidden: &[usize], batch: usize, threads: usize) -> Job {
    Job {
        work: JobKind::Train,
        data: JobData::Mnist,
        data_dir: None,
        inputs: 784,
        samples: 60_000,
        passes: 1,
        hidden: hidden.into(),
        conv: None,
        batch,
        rule: "drtp".into(),
        optimizer: "nesterov".into(),
        scaling: "reference".into(),
        rate: Some(1e-4),
        threads,
        style: "hand".into(),
        options: serde_json::Map::new(),
    }
}

/// Passes over some rows, one at a time, with plain steps.
fn one_by_one(hidden: &[usize], samples: usize, threads: usize) -> Job {
    let (optimizer, scaling) = ("sgd".into(), "mean".into());
    Job { samples, optimizer, scaling, rate: Some(1e-3), ..by_batches(hidden, 1, threads) }
}

fn product(threads: usize, minutes: f64) -> BenchmarkRow {
    let job = Job { work: JobKind::Product, inputs: 1024, samples: 40, ..by_batches(&[], 1, threads) };
    BenchmarkRow {
        name: format!("product-{threads}"),
        what: format!("40 products, {}", in_threads(threads)),
        sides: vec![side("Openloop", Program::Openloop, &job), side("PyTorch", Program::Torch, &job)],
        rounds: 7,
        minutes,
        quick: true,
    }
}

fn batches(threads: usize) -> Vec<BenchmarkRow> {
    let row = |name: &str, what: &str, sides, minutes, quick| BenchmarkRow {
        name: format!("batch-{name}"),
        what: what.into(),
        sides,
        rounds: 7,
        minutes,
        quick,
    };
    let hundred = by_batches(&[1000], 100, threads);
    let sixty = by_batches(&[1000], 60, threads);
    let random = Job { data: JobData::Random, ..hundred.clone() };
    let deep = by_batches(&[1000, 1000], 60, threads);
    let bp = with_bp(&hundred);
    let dfa = Job { rule: "dfa".into(), ..hundred.clone() };
    let mut all = vec![
        row("100", "fc1000, batch 100, drtp", [beside_frameworks(&hundred), elsewhere(&hundred)].concat(), 3.0, true),
        row(
            "60",
            "fc1000, batch 60, drtp",
            [beside_frameworks(&sixty), elsewhere(&sixty), loader(&sixty)].concat(),
            4.5,
            false,
        ),
        row("random", "fc1000, batch 100, drtp, random inputs without zeros", beside_frameworks(&random), 1.2, true),
        row("deep", "fc1000 fc1000, batch 60, drtp", beside_frameworks(&deep), 2.0, false),
        row("bp", "fc1000, batch 100, bp", beside_frameworks(&bp), 1.0, true),
        row("dfa", "fc1000, batch 100, dfa", beside_frameworks(&dfa), 1.0, false),
    ];
    let autograd = Job { style: "autograd".into(), ..bp };
    all[4].sides.push(side("PyTorch by autograd", Program::Torch, &autograd));
    all
}

/// The same network by backpropagation in libraries that know nothing else.
fn elsewhere(job: &Job) -> Vec<Side> {
    let job = with_bp(job);
    let programs =
        [("scikit-learn, bp", Program::Sklearn), ("candle, bp", Program::Candle), ("burn, bp", Program::Burn)];
    programs.into_iter().map(|(label, program)| slow(side(label, program, &job))).collect()
}

fn loader(job: &Job) -> Vec<Side> {
    let job = Job { style: "loader".into(), ..job.clone() };
    vec![slow(side("PyTorch, autograd and data loader", Program::Torch, &job))]
}

fn online(threads: usize) -> Vec<BenchmarkRow> {
    let row = |neurons: usize, samples| {
        let job = one_by_one(&[neurons], samples, threads);
        let mut sides = beside_frameworks(&job);
        sides.extend(
            (threads > 1)
                .then(|| side("PyTorch by hand, one thread", Program::Torch, &Job { threads: 1, ..job.clone() })),
        );
        sides.push(side("JAX by hand, bp", Program::Jax, &with_bp(&job)));
        sides.extend(elsewhere(&job));
        BenchmarkRow {
            name: format!("online-{neurons}"),
            what: format!("fc{neurons}, drtp, samples of MNIST"),
            sides,
            rounds: 7,
            minutes: 2.0,
            quick: neurons == 100,
        }
    };
    vec![row(100, 10_000), row(1000, 3_000)]
}

fn beside_c() -> Vec<BenchmarkRow> {
    let row = |inputs: usize, neurons: usize, samples, passes| {
        let job = Job { data: JobData::Random, inputs, passes, ..one_by_one(&[neurons], samples, 1) };
        let sides = [
            ("Openloop", Program::Openloop, job.clone()),
            ("C", Program::C, job.clone()),
            ("Openloop, bp", Program::Openloop, with_bp(&job)),
            ("C, bp", Program::C, with_bp(&job)),
        ];
        BenchmarkRow {
            name: format!("c-{inputs}-{neurons}"),
            what: format!("{inputs}-{neurons}-10, drtp, random inputs without zeros"),
            sides: sides.iter().map(|(label, program, job)| side(label, *program, job)).collect(),
            rounds: 11,
            minutes: 0.3,
            quick: true,
        }
    };
    vec![row(784, 100, 512, 40), row(64, 32, 8192, 40), row(784, 1000, 512, 4)]
}

fn convolution(threads: usize) -> BenchmarkRow {
    let conv = Convolution { filters: 32, kernel: 5, padding: 2, pool: 2 };
    let job = Job { conv: Some(conv), samples: 10_000, ..by_batches(&[1000], 100, threads) };
    BenchmarkRow {
        name: "conv-100".into(),
        what: "conv32k5p2 pool2 fc1000, batch 100, drtp".into(),
        sides: vec![side("Openloop", Program::Openloop, &job), side("PyTorch by hand", Program::Torch, &job)],
        rounds: 5,
        minutes: 1.0,
        quick: true,
    }
}

/// Two threads, the layers spread over them, against one; only where this build of Openloop can do so.
fn pipelines(threads: usize) -> Vec<BenchmarkRow> {
    let knows = serde_json::from_value::<Options>(json!({ "pipeline": "on" })).is_ok();
    if !knows || threads < 2 {
        return Vec::new();
    }
    let row = |batch: usize| {
        let base = by_batches(&[256; 5], batch, 2);
        let job = if batch == 1 { one_by_one(&[256; 5], 6_000, 2) } else { Job { samples: FEWER, ..base } };
        let with = |pipeline: &str, threads| {
            let options = json!({ "pipeline": pipeline }).as_object().cloned().unwrap_or_default();
            Job { options, threads, ..job.clone() }
        };
        BenchmarkRow {
            name: format!("pipeline-{batch}"),
            what: format!("five hidden layers of 256, batch {batch}, drtp"),
            sides: vec![
                side("two threads, pipelined", Program::Openloop, &with("on", 2)),
                side("two threads, as chosen by itself", Program::Openloop, &with("auto", 2)),
                side("two threads, not pipelined", Program::Openloop, &with("off", 2)),
                side("one thread", Program::Openloop, &with("off", 1)),
            ],
            rounds: 9,
            minutes: 0.5,
            quick: batch == 1,
        }
    };
    vec![row(1), row(32)]
}

/// Every rule with the settings that Openloop has by default, but for the batch.
fn rules(threads: usize) -> BenchmarkRow {
    let options = json!({ "preset": "default", "loss": "ce" }).as_object().cloned().unwrap_or_default();
    let base = by_batches(&[1000], 100, threads);
    let names = [
        "drtp",
        "drtp-gated",
        "local-error",
        "local-error-learned",
        "local-hinge",
        "bp",
        "fa",
        "dfa",
        "sdfa",
        "shallow",
    ];
    let of = |rule: &str| Job {
        rule: rule.into(),
        optimizer: "adam".into(),
        scaling: "mean".into(),
        rate: None,
        options: options.clone(),
        ..base.clone()
    };
    BenchmarkRow {
        name: "rules".into(),
        what: "fc1000, batch 100, Openloop's default settings".into(),
        sides: names.iter().map(|rule| side(rule, Program::Openloop, &of(rule))).collect(),
        rounds: 5,
        minutes: 1.5,
        quick: false,
    }
}

/// Every activation of hidden layers under every optimizer, for ten passes a turn: what slows down as a run goes on would show here.
fn activations() -> Vec<BenchmarkRow> {
    let base = Job {
        rule: "local-error".into(),
        scaling: "mean".into(),
        passes: 10,
        samples: FEWER,
        ..by_batches(&[500], 50, 1)
    };
    let row = |optimizer: OptimizerKind, rate: f32| {
        let of = |activation: Activation| {
            let options = json!({ "preset": "default", "loss": "ce", "activation": activation.name() });
            Job {
                optimizer: optimizer.name().into(),
                rate: Some(rate),
                options: options.as_object().cloned().unwrap_or_default(),
                ..base.clone()
            }
        };
        let activations = [Activation::Tanh, Activation::Relu, Activation::LeakyRelu, Activation::Sigmoid];
        BenchmarkRow {
            name: format!("activations-{}", optimizer.name()),
            what: format!("fc500, batch 50, local-error, {}, ten passes, one thread", optimizer.name()),
            sides: activations
                .iter()
                .map(|activation| side(activation.name(), Program::Openloop, &of(*activation)))
                .collect(),
            rounds: 5,
            minutes: 0.7,
            quick: false,
        }
    };
    let rows = OptimizerKind::ALL.iter().map(|optimizer| match optimizer {
        OptimizerKind::Adam | OptimizerKind::RmsProp => row(*optimizer, 1e-3),
        OptimizerKind::Sgd | OptimizerKind::Momentum | OptimizerKind::Nesterov => row(*optimizer, 0.05),
    });
    rows.collect()
}

fn growth(threads: usize) -> Vec<BenchmarkRow> {
    let row = |name: String, what: String, job: Job| BenchmarkRow {
        name,
        what,
        sides: beside_frameworks(&job),
        rounds: 5,
        minutes: 0.5,
        quick: false,
    };
    let fewer = |job: Job| Job { samples: FEWER, ..job };
    let width = [100, 200, 500, 1000, 2000, 4000]
        .map(|n| row(format!("width-{n}"), format!("fc{n}, batch 100"), fewer(by_batches(&[n], 100, threads))));
    let depth = [1, 2, 4, 8, 16].map(|n| {
        let what = format!("{n} hidden layer{} of 256, batch 100", if n == 1 { "" } else { "s" });
        row(format!("depth-{n}"), what, fewer(by_batches(&vec![256; n], 100, threads)))
    });
    let size = [(1, 1_000), (10, 6_000), (100, FEWER), (1000, FEWER)].map(|(n, samples)| {
        row(format!("size-{n}"), format!("fc1000, batch {n}"), Job { samples, ..by_batches(&[1000], n, threads) })
    });
    let counts = (0..).map(|power| 1 << power).take_while(|n| *n <= threads);
    let thread = counts.map(|n| {
        row(format!("threads-{n}"), format!("fc1000, batch 100, {}", in_threads(n)), by_batches(&[1000], 100, n))
    });
    width.into_iter().chain(depth).chain(size).chain(thread).collect()
}

fn in_threads(threads: usize) -> String {
    format!("{threads} thread{}", if threads == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_has_a_name_of_its_own_and_sides_to_compare() {
        let rows = all(2);
        let names: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names.len(), rows.len());
        assert!(rows.iter().all(|row| row.sides.len() > 1 && row.sides[0].program == Program::Openloop));
    }

    #[test]
    fn all_sides_of_a_row_are_given_the_same_rows_of_data_and_the_same_network() {
        for row in all(2).into_iter().flat_map(|row| [quick(row.clone()), row]) {
            let first = &row.sides[0].job;
            let same = |job: &Job| {
                (job.data, job.samples, job.passes, job.batch) == (first.data, first.samples, first.passes, first.batch)
                    && (&job.hidden, job.conv) == (&first.hidden, first.conv)
            };
            assert!(row.sides.iter().all(|side| same(&side.job)), "{}", row.name);
        }
    }

    #[test]
    fn a_quick_run_is_a_tenth_of_the_rows_and_without_slow_sides() {
        let row = all(2).into_iter().find(|row| row.name == "batch-100").map(quick).expect("the row is there");
        assert!(row.sides.iter().all(|side| side.job.samples == 6_000));
        assert!(!row.sides.iter().any(|side| side.program == Program::Sklearn));
    }
}
