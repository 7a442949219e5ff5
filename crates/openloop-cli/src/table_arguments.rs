//! The flags that say how a CSV file is to be read.

use clap::Args;
use openloop::data::{AskedWindows, HeaderChoice, TableRequest, WindowFeatures};
use openloop::settings::headings::DATA;
use openloop::settings::names::flag;

/// What is asked of a CSV file for a model that knows its columns, by `eval` and `predict`.
#[derive(Debug, Args)]
pub struct ModelTableArguments {
    /// Label column of a CSV file
    ///
    /// By name or, without a header, by number. [default: the one the model was trained with]
    #[arg(long, value_name = "COLUMN", help_heading = DATA)]
    pub label: Option<String>,
    /// Columns of a CSV file that are no features
    ///
    /// Names or, without a header, numbers, separated by commas.
    #[arg(long, value_name = "COLUMNS", help_heading = DATA, value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Whether the first row of a CSV file names the columns
    ///
    /// [default: told from its names, or the rows after it]
    #[arg(long, value_name = "yes|no", help_heading = DATA, hide_short_help = true, value_parser = flag::<HeaderChoice>())]
    pub header: Option<HeaderChoice>,
    /// Longest line of a CSV file in bytes [default: 67108864]
    #[arg(long, value_name = "BYTES", help_heading = DATA, hide_short_help = true)]
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
    /// Label column of a CSV file
    ///
    /// By name or, without a header, by number. [default: label, class or target, else the last]
    #[arg(long, value_name = "COLUMN", help_heading = DATA)]
    pub label: Option<String>,
    /// Columns of a CSV file that are no features
    ///
    /// Names or, without a header, numbers, separated by commas.
    #[arg(long, value_name = "COLUMNS", help_heading = DATA, value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Columns of a CSV file that are dates
    #[arg(long, value_name = "COLUMNS", help_heading = DATA, value_delimiter = ',')]
    pub date: Vec<String>,
    /// Columns of a CSV file whose numbers are names
    ///
    /// Their numbers are categories; columns of text are found without it.
    #[arg(long, value_name = "COLUMNS", help_heading = DATA, value_delimiter = ',')]
    pub category: Vec<String>,
    /// Give columns with missing values an input that says so
    #[arg(long, help_heading = DATA)]
    pub missing_indicator: bool,
    /// Rows of a CSV file that make one sample
    #[arg(long, value_name = "N", help_heading = DATA)]
    pub window: Option<usize>,
    /// Rows between two windows
    ///
    /// [default: N, those of a window]
    #[arg(long, value_name = "M", help_heading = DATA)]
    pub hop: Option<usize>,
    /// What a window becomes [default: raw]
    #[arg(long, value_name = "NAME", help_heading = DATA, value_parser = flag::<WindowFeatures>())]
    pub features: Option<WindowFeatures>,
    /// Column of a CSV file whose rows belong together
    #[arg(long, value_name = "COLUMN", help_heading = DATA)]
    pub group: Option<String>,
    /// Whether the first row of a CSV file names the columns
    ///
    /// [default: told from the rows after it]
    #[arg(long, value_name = "yes|no", help_heading = DATA, value_parser = flag::<HeaderChoice>())]
    pub header: Option<HeaderChoice>,
    /// Longest line of a CSV file in bytes [default: 67108864]
    #[arg(long, value_name = "BYTES", help_heading = DATA)]
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
            indicates_missing: self.missing_indicator,
            group: self.group.as_deref(),
            windows: AskedWindows { moments: self.window, hop: self.hop, features: self.features },
            header: self.header,
            max_line: self.max_line,
            ..TableRequest::default()
        }
    }
}
