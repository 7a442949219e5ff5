//! The result of a run: [`Summary`].

use serde::{Deserialize, Serialize};

/// The result of a run. Errors are percentages, absent for a regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Learning rule.
    pub rule: String,
    /// Under local-error: whether its readouts are `fixed` or `learned`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readout: Option<String>,
    /// Hidden layers.
    pub net: String,
    /// Data set.
    pub data: String,
    /// A note to show with every figure on this data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Seed.
    pub seed: u64,
    /// Passes over the training rows.
    pub epochs: u32,
    /// Samples in a batch.
    pub batch: usize,
    /// Optimizer.
    pub optimizer: String,
    /// Loss.
    pub loss: String,
    /// Learning rate of the output layer at the start.
    pub lr: f32,
    /// Learning rate of the hidden layers at the start.
    pub hidden_lr: f32,
    /// The epoch, counted from 1, that did best on the validation rows; all figures below are of it. None without such rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<u32>,
    /// Error on the validation rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_error: Option<f64>,
    /// Loss a validation sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// Error on the training rows at the end.
    pub train_error: Option<f64>,
    /// Error on the test rows at the end.
    pub test_error: Option<f64>,
    /// Mean test error of the last ten epochs (or of all, if fewer).
    pub test_error_last10_mean: Option<f64>,
    /// The numbers computed with, where they are not f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<String>,
    /// Changes of int8 weights that would have left the byte, or were too large themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturated: Option<u32>,
    /// Loss a training sample at the end.
    pub train_loss: f64,
    /// Loss a test sample at the end.
    pub test_loss: f64,
    /// Of a regression whose targets have a unit, on the test rows and in that unit: the mean absolute error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_mae: Option<f64>,
    /// The root mean squared error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_rmse: Option<f64>,
    /// 1 - squared error / squared distance to the mean; none where the targets are all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_r2: Option<f64>,
    /// The root mean squared error of always answering the mean of the training rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_rmse_of_mean: Option<f64>,
    /// Mean time of an epoch's learning steps in this process, without evaluations.
    pub seconds_per_epoch: f64,
    /// Training samples a second in this process.
    pub samples_per_second: f64,
    /// The most memory this process had allocated at once, data included; 0 when allocations are not counted.
    pub peak_bytes: usize,
    /// Weights and biases.
    pub parameters: usize,
    /// Threads.
    pub threads: usize,
    /// The angle in degrees between the rule's teaching signal and backpropagation's at each hidden layer after the last
    /// epoch, first to last; empty if not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub angles: Vec<f64>,
}
