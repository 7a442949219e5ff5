//! What one side of a comparison does. Every peer understands the same jobs, so that all sides do the same work.

use serde::{Deserialize, Serialize};

/// The kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// Training by passes over rows.
    Train,
    /// Products of square matrices of `inputs` rows, `samples` of them in a pass.
    Product,
}

/// Where the rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobData {
    /// The first training rows of MNIST, as f32 from 0 to 1.
    Mnist,
    /// Inputs drawn from 0 to 1, with labels drawn too: nothing to learn, and no zeros.
    Random,
}

/// A convolution with stride 1, and the pooling after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convolution {
    /// Filters.
    pub filters: usize,
    /// Side of a filter.
    pub kernel: usize,
    /// Zeros around the image.
    pub padding: usize,
    /// Side of a pooled square.
    pub pool: usize,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The kind of work.
    pub work: JobKind,
    /// Where the rows come from.
    pub data: JobData,
    /// The folder that holds `mnist`; none where it is not needed.
    pub data_dir: Option<String>,
    /// Inputs of a row.
    pub inputs: usize,
    /// Rows in a pass.
    pub samples: usize,
    /// Passes in a turn.
    pub passes: usize,
    /// The dense hidden layers.
    pub hidden: Vec<usize>,
    /// What comes before them.
    pub conv: Option<Convolution>,
    /// Samples in a batch.
    pub batch: usize,
    /// The rule; peers know drtp, dfa and bp.
    pub rule: String,
    /// `sgd` or `nesterov`, with momentum 0.9.
    pub optimizer: String,
    /// `reference` or `mean`: whether the output error is averaged over outputs too.
    pub scaling: String,
    /// Learning rate of all layers; none leaves it to Openloop's preset.
    pub rate: Option<f32>,
    /// Threads.
    pub threads: usize,
    /// How a peer that knows several ways is to be written.
    pub style: String,
    /// Further options of Openloop alone, under the names of the command line's flags.
    #[serde(default)]
    pub options: serde_json::Map<String, serde_json::Value>,
}

/// A message of a side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SideMessage {
    /// It is prepared and warm.
    Ready {
        /// Always true.
        ready: bool,
        /// The program and its version.
        about: String,
        /// What a sample (or a product) costs by Openloop's count, which peers leave out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        multiply_adds: Option<u64>,
    },
    /// A turn is done.
    Turn {
        /// How long its passes took together.
        seconds: f64,
    },
    /// The end.
    End {
        /// The most memory the process has had in use.
        peak_bytes: u64,
        /// On all test rows, in percent; none where there is nothing to learn.
        test_error: Option<f64>,
    },
}

impl Job {
    /// Openloop's description of the network.
    pub fn net(&self) -> String {
        let conv = self.conv.map(|Convolution { filters, kernel, padding, pool }| {
            format!("conv{filters}k{kernel}p{padding} pool{pool}")
        });
        let dense = self.hidden.iter().map(|neurons| format!("fc{neurons}"));
        conv.into_iter().chain(dense).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_side_says_is_told_apart() {
        let said = |text: &str| serde_json::from_str::<SideMessage>(text).expect(text);
        assert!(matches!(said(r#"{"ready": true, "about": "C"}"#), SideMessage::Ready { .. }));
        assert!(matches!(said(r#"{"seconds": 0.5}"#), SideMessage::Turn { .. }));
        assert!(matches!(said(r#"{"peak_bytes": 5, "test_error": null}"#), SideMessage::End { test_error: None, .. }));
    }
}
