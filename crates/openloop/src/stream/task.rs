//! What a stream is to do with its rows.

use super::answer::TargetKind;
use crate::data::Task;

/// What the rows are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamTask {
    /// What the label column looks like: many different numbers are measured values, all else is classes.
    #[default]
    Auto,
    /// The label is a class.
    Classes,
    /// Labels are measured values.
    Regression,
    /// No label is learned from: rows that are unlike those before are flagged.
    Anomaly,
}

openloop_core::named!(StreamTask: "task" {
    Auto = "auto",
    Classes = "classes",
    Regression = "regression",
    Anomaly = "anomaly",
});

impl StreamTask {
    /// What the targets are; none where their looks decide.
    pub fn kind(self) -> Option<TargetKind> {
        match self {
            StreamTask::Auto => None,
            StreamTask::Classes => Some(TargetKind::Classes),
            StreamTask::Regression => Some(TargetKind::Values),
            StreamTask::Anomaly => Some(TargetKind::Inputs),
        }
    }

    /// That of such targets.
    pub fn of(kind: TargetKind) -> Self {
        match kind {
            TargetKind::Classes => StreamTask::Classes,
            TargetKind::Values => StreamTask::Regression,
            TargetKind::Inputs => StreamTask::Anomaly,
        }
    }

    /// What the label column of a table is taken for.
    pub fn of_table(self) -> Task {
        match self {
            StreamTask::Auto => Task::Auto,
            // a label that is only compared with that of normal rows
            StreamTask::Classes | StreamTask::Anomaly => Task::Classes,
            StreamTask::Regression => Task::Regression,
        }
    }
}
