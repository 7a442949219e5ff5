//! The commands and their flags.

use clap::{Args, Parser, Subcommand};
use openloop::core::store::Arithmetic;
use openloop::core::{Rule, Shape};
use openloop::cost::parse_shape;
use openloop::data::{HeaderChoice, TableRequest};
use openloop::experiment::PaperTask;
use openloop::files::export::ExportFormat;
use openloop::settings::Options;
use openloop::settings::names::{flag, parse, parse_listed};
use openloop::settings::net::Net;
use openloop::stream::OnBadRow;
use std::path::PathBuf;

/// Train neural networks without feedback: the label itself teaches every hidden layer, in the forward pass.
#[derive(Debug, Parser)]
#[command(name = "openloop", version, max_term_width = 110)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a network; without flags: DRTP on the digits that come with the program
    Train(Box<TrainArguments>),
    /// Compare rules on the same network, data, seeds and budget; shallow is always there as the control
    #[command(mut_arg("rule", |rule| rule.hide(true)), mut_arg("resume", |resume| resume.hide(true)))]
    #[command(mut_arg("out", |out| out.help("Folder that keeps finished runs; the same command then goes on from there")))]
    Compare(Box<CompareArguments>),
    /// Measure the paper's tables, or its synthetic tasks, with its settings, beside the published figures
    Reproduce(ReproduceArguments),
    /// Learn from a stream of rows, each answered before it is learned from; without flags: a generated drifting sensor
    Stream(Box<StreamArguments>),
    /// Test a trained network
    Eval(EvalArguments),
    /// Label the rows of a CSV file, with probabilities
    Predict(PredictArguments),
    /// What a network costs on a device before it is flashed: memory, arithmetic and traffic of each rule
    Cost(CostArguments),
    /// Write a trained network for a device, or as a C header
    Export(ExportArguments),
    /// List, describe or fetch data sets
    Data(DataArguments),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        #[arg(value_enum)]
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
    /// TOML file whose keys are the names of these flags; flags win over it
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Default, Args)]
pub struct TrainArguments {
    #[command(flatten)]
    pub train: TrainOptions,
    /// Start from the weights in this checkpoint or device blob, with its settings where no others are given
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Rules, separated by commas; the others are compared with the first
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_listed::<Rule>)]
    pub rules: Vec<Rule>,
    /// Runs of each rule, with seeds counted from --seed
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub trials: u32,
    /// Learning rates tried for each rule on training rows held back; 0 takes the given rate or the preset's
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub tune: u32,
    /// Write a report with charts and tables to this file: one page that needs nothing else
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub train: TrainOptions,
}

#[derive(Debug, Args)]
pub struct ReproduceArguments {
    /// Which table: mnist, cifar10 or synthetic
    #[arg(value_name = "mnist|cifar10|synthetic", value_parser = parse::<PaperTask>)]
    pub task: PaperTask,
    /// One trial and a tenth of the epochs: a first look, no reproduction
    #[arg(long)]
    pub quick: bool,
    /// Runs of each rule, with seeds counted from --seed [default: the paper's 10]
    #[arg(long, value_name = "N")]
    pub trials: Option<u32>,
    /// Passes over the training rows [default: the paper's 100, 200 or 500]
    #[arg(long, value_name = "N")]
    pub epochs: Option<u32>,
    /// A single row by its title, such as "FC1-500" or "CONV random"; may be given again
    #[arg(long, value_name = "ROW")]
    pub only: Vec<String>,
    /// Folder that keeps finished runs; the same command then goes on from there [default: runs/reproduce-TASK]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Folder that holds the data sets [default: OPENLOOP_DATA, else the platform's data folder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The first seed [default: 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads; the result does not depend on it [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Write a report with charts and tables to this file: one page that needs nothing else
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Print one JSON object on standard output at the end
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StreamArguments {
    #[command(flatten)]
    pub options: openloop::stream::StreamOptions,
    /// File for the predictions, - for standard output [default: -, unless it is a terminal or --json needs it]
    #[arg(long, value_name = "FILE.csv|-")]
    pub predictions: Option<PathBuf>,
    /// Write a report with charts and tables to this file: one page that needs nothing else
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Print one JSON object on standard output at the end
    #[arg(long)]
    pub json: bool,
}

/// What is asked of a CSV file for a model that knows its columns, by `eval` and `predict`.
#[derive(Debug, Args)]
pub struct ModelTableArguments {
    /// Label column of a CSV file, by name or, without a header, by number [default: the one the model was trained with]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Columns of a CSV file that are no features, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Whether the first row of a CSV file names the columns [default: told from its names, or the rows after it]
    #[arg(long, value_name = "yes|no", value_parser = flag::<HeaderChoice>())]
    pub header: Option<HeaderChoice>,
    /// Longest line of a CSV file in bytes [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    pub max_line: Option<u64>,
}

impl ModelTableArguments {
    /// The request; what the model expects is not in it.
    pub fn request(&self) -> TableRequest<'_> {
        TableRequest {
            label: self.label.as_deref(),
            ignored: &self.ignore,
            header: self.header,
            max_line: self.max_line,
            ..TableRequest::default()
        }
    }
}

/// What is asked of a CSV file that no model knows.
#[derive(Debug, Args)]
pub struct TableArguments {
    /// Label column of a CSV file, by name or, without a header, by number [default: one called label, class or target, else the last]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Columns of a CSV file that are no features, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Columns of a CSV file that are dates, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub date: Vec<String>,
    /// Columns of a CSV file whose numbers are names of categories, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub category: Vec<String>,
    /// Whether the first row of a CSV file names the columns [default: told from the rows after it]
    #[arg(long, value_name = "yes|no", value_parser = flag::<HeaderChoice>())]
    pub header: Option<HeaderChoice>,
    /// Longest line of a CSV file in bytes [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    pub max_line: Option<u64>,
}

impl TableArguments {
    /// The request.
    pub fn request(&self) -> TableRequest<'_> {
        TableRequest {
            label: self.label.as_deref(),
            ignored: &self.ignore,
            dates: &self.date,
            categories: &self.category,
            header: self.header,
            max_line: self.max_line,
            ..TableRequest::default()
        }
    }
}

#[derive(Debug, Args)]
pub struct EvalArguments {
    /// A checkpoint, the folder of a run, or a device blob
    pub model: PathBuf,
    /// Data set by name, or a CSV file [default: what the model was trained on; a device blob does not know]
    #[arg(long, value_name = "NAME|FILE.csv")]
    pub data: Option<String>,
    /// Folder that holds the data sets [default: OPENLOOP_DATA, else the platform's data folder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub table: ModelTableArguments,
    /// Names of the classes in the order of the outputs, separated by commas, for a device blob, which has none
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub classes: Vec<String>,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CostArguments {
    /// Hidden layers, such as "fc32" or "conv8k3p1 pool2 fc32"
    #[arg(long, value_name = "SPEC")]
    pub net: Net,
    /// Shape of a sample: 64, 28x28, or 3x32x32
    #[arg(long, value_name = "SHAPE", value_parser = parse_shape)]
    pub input: Shape,
    /// Classes, one output each
    #[arg(long, value_name = "N")]
    pub classes: usize,
    /// Rules, separated by commas [default: bp,dfa,drtp,local-error,shallow]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_listed::<Rule>)]
    pub rules: Vec<Rule>,
    /// Samples in a learning step
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub batch: usize,
    /// How the network calculates
    #[arg(long, value_parser = flag::<Arithmetic>(), default_value = "f32")]
    pub arithmetic: Arithmetic,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// A checkpoint, the folder of a run, or a device blob
    pub model: PathBuf,
    /// What to write: device, the blob that a device loads, or c, the same as a C header
    #[arg(long, value_name = "device|c", value_parser = parse::<ExportFormat>)]
    pub to: ExportFormat,
    /// The file to write
    pub file: PathBuf,
    /// Learning rate on the device [default: that of the run if its optimizer is sgd, else 0.03]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub lr: Option<f32>,
    /// Learning rate of the hidden layers on the device [default: --lr, else that of the run if its optimizer is sgd, else 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub hidden_lr: Option<f32>,
}

#[derive(Debug, Args)]
pub struct PredictArguments {
    /// A checkpoint, the folder of a run, or a device blob
    pub model: PathBuf,
    /// CSV file of feature rows, or - for standard input
    pub rows: PathBuf,
    #[command(flatten)]
    pub table: ModelTableArguments,
    /// What to do with a row that cannot be used: stop there, or say so and go on without an answer for it
    #[arg(long, value_name = "skip|stop", value_parser = flag::<OnBadRow>(), default_value = "stop")]
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
    /// What one data set holds, where it comes from and under which licence; of a CSV file, what each of its columns is
    Info {
        /// Its name, or a CSV file
        #[arg(value_name = "NAME|FILE.csv")]
        name: String,
        #[command(flatten)]
        table: TableArguments,
        /// Folder that holds the data sets [default: OPENLOOP_DATA, else the platform's data folder]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Download a data set, checked by SHA-256
    Fetch {
        /// Its name
        name: String,
        /// Folder to put it in [default: OPENLOOP_DATA, else the platform's data folder]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}
