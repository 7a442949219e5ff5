//! The commands and their flags.

use crate::table_arguments::{ModelTableArguments, TableArguments};
use clap::{ArgAction, Args, Parser, Subcommand};
use openloop::core::store::Arithmetic;
use openloop::core::{Rule, Shape};
use openloop::experiment::PaperTask;
use openloop::experiment::search::TunedSetting;
use openloop::files::export::ExportFormat;
use openloop::settings::Options;
use openloop::settings::headings::{DATA, LEARNING, NETWORK, OUTPUT, RUN};
use openloop::settings::names::{flag, parse, parse_listed};
use openloop::settings::net::Net;
use openloop::settings::parse_shape;
use openloop::stream::OnBadRow;
use std::path::PathBuf;

/// What a comparison is made of, in the help.
const COMPARISON: &str = "Comparison";
/// Where the flags stand that every program has.
const HELP: &str = "Help";

/// Train neural networks without feedback, for PCs and devices
///
/// The label itself teaches every hidden layer, in the forward pass: nothing is sent back through the layers. That is the rule DRTP;
/// nine others, backpropagation among them, are there to compare it with. Without a command: trains DRTP on the digits that come
/// with the program.
#[derive(Debug, Parser)]
#[command(name = "openloop", version, max_term_width = 110, disable_help_flag = true, disable_version_flag = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Print help (--help: all flags, in detail)
    #[arg(short, long, action = ArgAction::Help, global = true, help_heading = HELP)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = HELP)]
    version: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a network
    ///
    /// Without flags: DRTP on the digits that come with the program.
    Train(Box<TrainArguments>),
    /// Compare rules on the same network and data
    ///
    /// All of them get the same seeds and the same budget. shallow, whose hidden layers do not learn, is always there as the control.
    #[command(mut_arg("rule", |rule| rule.hide(true)), mut_arg("resume", |resume| resume.hide(true)))]
    #[command(mut_arg("out", |out| out.help("Folder that keeps finished runs; the same command goes on from there")))]
    Compare(Box<CompareArguments>),
    /// Measure the paper's figures again
    ///
    /// One of its tables, or its synthetic tasks, with its settings, beside the published figures.
    Reproduce(ReproduceArguments),
    /// Learn from a stream of rows
    ///
    /// Each row is answered before it is learned from. Without flags: a generated sensor that drifts.
    Stream(Box<StreamArguments>),
    /// Test a trained network
    ///
    /// On the test rows of its own data, or on all rows of another table.
    Eval(EvalArguments),
    /// Label the rows of a CSV file
    ///
    /// Writes a row for each on standard output: its label and the probability of each class.
    Predict(PredictArguments),
    /// Count what a network costs on a device
    ///
    /// Before it is flashed: memory, arithmetic and traffic of each rule.
    Cost(CostArguments),
    /// Write a trained network for a device or another runtime
    ///
    /// As the blob that a device loads, as a C header, or as an ONNX model.
    Export(ExportArguments),
    /// List, describe or fetch data sets
    Data(DataArguments),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        #[arg(value_enum, ignore_case = true)]
        shell: clap_complete::Shell,
    },
}

impl Default for Command {
    fn default() -> Self {
        Command::Train(Box::default())
    }
}

#[derive(Debug, Default, Args)]
pub struct TrainOptions {
    #[command(flatten)]
    pub options: Options,
    /// TOML file whose keys are the names of these flags
    ///
    /// A flag wins over it.
    #[arg(long, value_name = "FILE", help_heading = RUN)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Default, Args)]
pub struct TrainArguments {
    #[command(flatten)]
    pub train: TrainOptions,
    /// Checkpoint or device blob to start from
    ///
    /// Its weights, and its settings where no others are given.
    #[arg(long, value_name = "FILE", help_heading = NETWORK)]
    pub from: Option<PathBuf>,
    /// Write a report on the network to this HTML file
    ///
    /// Learning curves, what is taken for what, calibration, the worst rows, the columns that matter. One page that needs nothing else.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Rules, separated by commas, such as drtp,local-error,bp
    ///
    /// The others are compared with the first.
    #[arg(long, value_name = "RULES", help_heading = COMPARISON, value_delimiter = ',', value_parser = parse_listed::<Rule>)]
    pub rules: Vec<Rule>,
    /// Runs of each rule, with seeds counted from --seed [default: 5]
    #[arg(long, value_name = "N", help_heading = COMPARISON)]
    pub trials: Option<u32>,
    /// Cross-validation: N runs of each rule, each tested on another part
    ///
    /// The rows of a CSV file are cut into N parts with their share of every class. Run k learns from all parts but the k-th and is tested
    /// on that.
    #[arg(long, value_name = "N", help_heading = COMPARISON, conflicts_with = "trials")]
    pub folds: Option<u32>,
    /// Learning rates, or settings, tried for each rule
    ///
    /// On training rows held back for it, never on the test rows. 0 takes the given settings or the preset's.
    #[arg(long, value_name = "N", help_heading = COMPARISON, default_value_t = 0)]
    pub tune: u32,
    /// What --tune varies [default: lr]
    ///
    /// Any of lr, hidden-lr, batch, activation and net (the widths of the fc layers), separated by commas. The learning rate alone is
    /// searched on a grid, more at random, with the same draws for every rule.
    #[arg(long, value_name = "NAMES", help_heading = COMPARISON, hide_short_help = true, value_delimiter = ',', value_parser = parse_listed::<TunedSetting>)]
    pub tune_over: Vec<TunedSetting>,
    #[command(flatten)]
    pub train: TrainOptions,
    /// Write a report with charts to this HTML file
    ///
    /// One page that needs nothing else.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub report: Option<PathBuf>,
    /// Write every epoch of every run to this CSV file
    ///
    /// A row for each, as pandas reads it.
    #[arg(long, value_name = "FILE.csv", help_heading = OUTPUT, hide_short_help = true)]
    pub csv: Option<PathBuf>,
    /// Do the run with this number alone, and keep it in --out
    ///
    /// So that several processes can share the runs. Prints its number and that of all runs as a JSON object.
    #[arg(long, value_name = "N", help_heading = COMPARISON, hide_short_help = true)]
    pub only_run: Option<usize>,
}

#[derive(Debug, Args)]
pub struct ReproduceArguments {
    /// Which table: mnist, cifar10 or synthetic
    #[arg(value_name = "TASK", value_parser = parse::<PaperTask>)]
    pub task: PaperTask,
    /// One trial and a tenth of the epochs
    ///
    /// A first look, no reproduction.
    #[arg(long, help_heading = COMPARISON)]
    pub quick: bool,
    /// Do the run with this number alone, as `compare --only-run` does
    #[arg(long, value_name = "N", help_heading = COMPARISON, hide_short_help = true)]
    pub only_run: Option<usize>,
    /// Runs of each rule, with seeds counted from --seed
    ///
    /// [default: the paper's 10]
    #[arg(long, value_name = "N", help_heading = COMPARISON)]
    pub trials: Option<u32>,
    /// Passes over the training rows
    ///
    /// [default: the paper's 100, 200 or 500]
    #[arg(long, value_name = "N", help_heading = COMPARISON)]
    pub epochs: Option<u32>,
    /// A single row by its title; may be given again
    ///
    /// Such as "FC1-500" or "CONV random".
    #[arg(long, value_name = "ROW", help_heading = COMPARISON)]
    pub only: Vec<String>,
    /// Folder that keeps finished runs [default: runs/reproduce-TASK]
    ///
    /// The same command then goes on from there.
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub out: Option<PathBuf>,
    /// Folder that holds the data sets
    ///
    /// [default: the environment's OPENLOOP_DATA, else the platform's data folder]
    #[arg(long, value_name = "DIR", help_heading = DATA)]
    pub data_dir: Option<PathBuf>,
    /// The first seed [default: 0]
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub seed: Option<u64>,
    /// Threads [default: one for each processor]
    ///
    /// The result does not depend on their number.
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub threads: Option<usize>,
    /// Write a report with charts to this HTML file
    ///
    /// One page that needs nothing else.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub report: Option<PathBuf>,
    /// Print one JSON object on standard output at the end
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StreamArguments {
    #[command(flatten)]
    pub options: openloop::stream::StreamOptions,
    /// CSV file for the predictions, - for standard output
    ///
    /// [default: -, unless that is a terminal or --json needs it]
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub predictions: Option<PathBuf>,
    /// Write a report with charts to this HTML file
    ///
    /// One page that needs nothing else.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub report: Option<PathBuf>,
    /// Give figures to Prometheus on this port
    ///
    /// At http://127.0.0.1:PORT/metrics, for this machine alone.
    #[arg(long, value_name = "PORT", help_heading = OUTPUT, hide_short_help = true)]
    pub metrics: Option<u16>,
    /// Print one JSON object on standard output at the end
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct EvalArguments {
    /// A checkpoint, the folder of a run, or a device blob
    pub model: PathBuf,
    /// Data set by name, or a CSV file, a NumPy or IDX file, a folder of images
    ///
    /// [default: what the model was trained on; a device blob does not know]
    #[arg(long, value_name = "DATA", help_heading = DATA)]
    pub data: Option<String>,
    /// Folder that holds the data sets
    ///
    /// [default: the environment's OPENLOOP_DATA, else the platform's data folder]
    #[arg(long, value_name = "DIR", help_heading = DATA)]
    pub data_dir: Option<PathBuf>,
    /// File of labels for samples that are NumPy arrays or IDX images
    #[arg(long, value_name = "FILE", help_heading = DATA)]
    pub labels: Option<PathBuf>,
    #[command(flatten)]
    pub table: ModelTableArguments,
    /// Names of the classes of a device blob, which has none
    ///
    /// In the order of the outputs, separated by commas.
    #[arg(long, value_name = "NAMES", help_heading = DATA, value_delimiter = ',')]
    pub classes: Vec<String>,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N", help_heading = RUN)]
    pub threads: Option<usize>,
    /// Write a report to this HTML file
    ///
    /// Learning curves, what is taken for what, calibration, the worst rows, the columns that matter. One page that needs nothing else.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub report: Option<PathBuf>,
    /// Print one JSON object on standard output
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "openloop cost --net <LAYERS> --input <SHAPE>\n                     --classes <N> [OPTIONS]"
)]
pub struct CostArguments {
    /// Hidden layers, such as "fc32" or "conv8k3p1 pool2 fc32"
    #[arg(long, value_name = "LAYERS", help_heading = NETWORK)]
    pub net: Net,
    /// Shape of a sample: 64, 28x28, or 3x32x32
    #[arg(long, value_name = "SHAPE", help_heading = NETWORK, value_parser = parse_shape)]
    pub input: Shape,
    /// Classes, one output each
    #[arg(long, value_name = "N", help_heading = NETWORK)]
    pub classes: usize,
    /// Rules, separated by commas
    ///
    /// [default: bp,dfa,drtp,local-error,shallow]
    #[arg(long, value_name = "RULES", help_heading = LEARNING, value_delimiter = ',', value_parser = parse_listed::<Rule>)]
    pub rules: Vec<Rule>,
    /// Samples in a learning step
    #[arg(long, value_name = "N", help_heading = LEARNING, default_value_t = 1)]
    pub batch: usize,
    /// How the network calculates
    #[arg(long, value_name = "NAME", help_heading = NETWORK, value_parser = flag::<Arithmetic>(), default_value = "f32")]
    pub arithmetic: Arithmetic,
    /// Print one JSON object on standard output
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// A checkpoint, the folder of a run, or a device blob
    pub model: PathBuf,
    /// What to write: device, c, c-source or onnx
    ///
    /// device is the blob that a device loads, c the same as a C header. c-source is a C99 header that answers and learns by itself, with the
    /// file's name before all of its names. onnx is a model for other runtimes, which answers raw features.
    #[arg(long, value_name = "KIND", help_heading = OUTPUT, value_parser = parse::<ExportFormat>)]
    pub to: ExportFormat,
    /// The file to write
    pub file: PathBuf,
    /// Learning rate on the device
    ///
    /// [default: that of the run if its optimizer is sgd, else one at which the network stays as good as it is]
    #[arg(long, value_name = "X", help_heading = LEARNING, allow_negative_numbers = true)]
    pub lr: Option<f32>,
    /// Learning rate of the hidden layers on the device
    ///
    /// [default: --lr, else as for --lr]
    #[arg(long, value_name = "X", help_heading = LEARNING, allow_negative_numbers = true)]
    pub hidden_lr: Option<f32>,
}

#[derive(Debug, Args)]
pub struct PredictArguments {
    /// A checkpoint, the folder of a run, or a device blob
    pub model: PathBuf,
    /// CSV file of feature rows, or - for standard input
    ///
    /// Also a NumPy or IDX file, an image or a folder of images.
    pub rows: PathBuf,
    #[command(flatten)]
    pub table: ModelTableArguments,
    /// What to do with a row that cannot be used
    ///
    /// stop: end there. skip: say so and go on without an answer for it.
    #[arg(long, value_name = "skip|stop", help_heading = DATA, value_parser = flag::<OnBadRow>(), default_value = "stop")]
    pub on_bad_row: OnBadRow,
}

#[derive(Debug, Args)]
pub struct DataArguments {
    #[command(subcommand)]
    pub action: DataAction,
}

#[derive(Debug, Subcommand)]
pub enum DataAction {
    /// The data sets there are
    List,
    /// Describe a data set, or the columns of a CSV file
    ///
    /// Of a data set: content, source, licence. Of a CSV file: what each of its columns is.
    Info {
        /// Its name, or a CSV file
        #[arg(value_name = "NAME|FILE.csv")]
        name: String,
        #[command(flatten)]
        table: TableArguments,
        /// Folder that holds the data sets
        ///
        /// [default: the environment's OPENLOOP_DATA, else the platform's data folder]
        #[arg(long, value_name = "DIR", help_heading = DATA)]
        data_dir: Option<PathBuf>,
    },
    /// Download a data set, checked by SHA-256
    Fetch {
        /// Its name
        name: String,
        /// Folder to put it in
        ///
        /// [default: the environment's OPENLOOP_DATA, else the platform's data folder]
        #[arg(long, value_name = "DIR", help_heading = DATA)]
        data_dir: Option<PathBuf>,
    },
}
