//! The paper's tables as data: which networks, which rules, how long, and what was published.
//!
//! Source: the result tables and plots that the authors show in their slides (`talks/LightOnAIMeetUp.pdf` in the
//! repository of their code) of Frenkel, Lefebvre and Bol, "Learning Without Feedback", 2021. The columns of sdfa and
//! shallow were not seen for MNIST and CIFAR-10, nor the rows with dropout: what is missing here was not found, it is not
//! zero. The rows are those without dropout, though the slides do not name the rate. The networks' settings are
//! [`crate::settings::preset::paper`]'s.

use super::reproduction::Published;
use openloop_core::Rule;

/// Trials a rule in the paper.
pub const TRIALS: u32 = 10;

/// What can be reproduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperTask {
    /// The table of MNIST.
    Mnist,
    /// The table of CIFAR-10.
    Cifar10,
    /// The generated regression and classification: curves and angles.
    Synthetic,
}

openloop_core::named!(PaperTask: "task" { Mnist = "mnist", Cifar10 = "cifar10", Synthetic = "synthetic" });

impl PaperTask {
    /// Its rows, in the paper's order.
    pub(super) fn rows(self) -> &'static [PaperRow] {
        match self {
            PaperTask::Mnist => MNIST,
            PaperTask::Cifar10 => CIFAR10,
            PaperTask::Synthetic => SYNTHETIC,
        }
    }

    /// Passes over the training rows in the paper.
    pub fn epochs(self) -> u32 {
        match self {
            PaperTask::Mnist => 100,
            PaperTask::Cifar10 => 200,
            PaperTask::Synthetic => 500,
        }
    }

    /// The titles of its rows.
    pub fn titles(self) -> impl Iterator<Item = &'static str> {
        self.rows().iter().map(|row| row.title)
    }
}

/// One row of a table: a network under every rule, and what was published for it.
#[derive(Debug)]
pub(super) struct PaperRow {
    /// As the paper calls it.
    pub title: &'static str,
    /// Data set.
    pub data: &'static str,
    /// Hidden layers.
    pub net: &'static str,
    /// Whether the convolutional layers stay random.
    pub freeze_conv: bool,
    /// Whether the paper measured angles.
    pub alignment: bool,
    /// The paper's rules.
    pub rules: &'static [Rule],
    /// What was published.
    pub figures: &'static [PublishedFigure],
    /// Where from, and how exactly it is known.
    pub source: &'static str,
}

/// A published figure.
#[derive(Debug)]
pub(super) struct PublishedFigure {
    rule: &'static str,
    value: f64,
    std: Option<f64>,
    angles: &'static [f64],
}

impl PaperRow {
    /// What was published, as it stands in a result.
    pub fn published(&self) -> Vec<Published> {
        let published = |figure: &PublishedFigure| Published {
            rule: figure.rule.into(),
            value: figure.value,
            std: figure.std,
            angles: figure.angles.to_vec(),
        };
        self.figures.iter().map(published).collect()
    }
}

const RULES: &[Rule] = &[Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa, Rule::Drtp, Rule::Shallow];
/// With trained filters: a shallow network does not train them, it would be that of the row above.
const RULES_OF_TRAINED: &[Rule] = &[Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa, Rule::Drtp];
/// drtp needs an error whose sign is known beforehand, which a regression has not. With classes it is measured too, although no
/// published figure is at hand.
const RULES_OF_REGRESSION: &[Rule] = &[Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa, Rule::Shallow];

const TABLES: &str = "the authors' slides (sdfa, shallow not seen; dropout not stated)";
const CIFAR_TABLES: &str = "the authors' slides (sdfa, shallow not seen; dropout, mirroring not stated)";
const PLOT: &str = "the authors' slides, read off plots: losses to 20 %, angles to 3 degrees";
const PRINTED: &str = "the authors' slides; angles read off plots, to 3 degrees";

const fn table(rule: &'static str, value: f64, std: f64) -> PublishedFigure {
    PublishedFigure { rule, value, std: Some(std), angles: &[] }
}

const fn plot(rule: &'static str, value: f64, angles: &'static [f64]) -> PublishedFigure {
    PublishedFigure { rule, value, std: None, angles }
}

const fn dense(
    title: &'static str,
    data: &'static str,
    net: &'static str,
    figures: &'static [PublishedFigure],
) -> PaperRow {
    PaperRow { title, data, net, freeze_conv: false, alignment: false, rules: RULES, figures, source: TABLES }
}

const MNIST_CONV: &str = "conv32k5p2 pool2 fc1000";

const MNIST: &[PaperRow] = &[
    dense(
        "FC1-500",
        "mnist",
        "fc500",
        &[table("bp", 1.72, 0.08), table("fa", 1.92, 0.08), table("dfa", 2.59, 0.11), table("drtp", 4.58, 0.12)],
    ),
    dense(
        "FC1-1000",
        "mnist",
        "fc1000",
        &[table("bp", 1.76, 0.06), table("fa", 1.90, 0.06), table("dfa", 2.12, 0.05), table("drtp", 4.03, 0.13)],
    ),
    dense(
        "FC2-500",
        "mnist",
        "fc500 fc500",
        &[table("bp", 1.62, 0.12), table("fa", 1.95, 0.07), table("dfa", 4.35, 0.30), table("drtp", 4.57, 0.13)],
    ),
    dense(
        "FC2-1000",
        "mnist",
        "fc1000 fc1000",
        &[table("bp", 1.67, 0.07), table("fa", 1.90, 0.07), table("dfa", 3.46, 0.25), table("drtp", 4.04, 0.12)],
    ),
    PaperRow {
        freeze_conv: true,
        ..dense(
            "CONV random",
            "mnist",
            MNIST_CONV,
            &[table("bp", 1.31, 0.08), table("fa", 1.55, 0.04), table("dfa", 1.66, 0.11), table("drtp", 1.87, 0.12)],
        )
    },
    PaperRow {
        rules: RULES_OF_TRAINED,
        ..dense(
            "CONV trained",
            "mnist",
            MNIST_CONV,
            &[table("bp", 0.99, 0.05), table("fa", 1.38, 0.06), table("dfa", 2.38, 0.39), table("drtp", 1.81, 0.14)],
        )
    },
];

const fn cifar(title: &'static str, net: &'static str, figures: &'static [PublishedFigure]) -> PaperRow {
    PaperRow { source: CIFAR_TABLES, ..dense(title, "cifar10", net, figures) }
}

const CIFAR_CONV: &str = "conv64k3p1 pool2 conv256k3p1 pool2 fc1000 fc1000";

const CIFAR10: &[PaperRow] = &[
    cifar(
        "FC1-500",
        "fc500",
        &[table("bp", 48.43, 0.30), table("fa", 49.59, 0.25), table("dfa", 49.73, 0.24), table("drtp", 53.72, 0.30)],
    ),
    cifar(
        "FC1-1000",
        "fc1000",
        &[table("bp", 47.58, 0.21), table("fa", 48.56, 0.28), table("dfa", 48.45, 0.17), table("drtp", 52.99, 0.22)],
    ),
    cifar(
        "FC2-500",
        "fc500 fc500",
        &[table("bp", 49.23, 0.24), table("fa", 50.83, 0.20), table("dfa", 50.76, 0.24), table("drtp", 53.46, 0.16)],
    ),
    cifar(
        "FC2-1000",
        "fc1000 fc1000",
        &[table("bp", 49.00, 0.22), table("fa", 50.35, 0.18), table("dfa", 50.51, 0.24), table("drtp", 52.83, 0.44)],
    ),
    PaperRow {
        freeze_conv: true,
        ..cifar(
            "CONV random",
            CIFAR_CONV,
            &[
                table("bp", 30.13, 0.31),
                table("fa", 30.28, 0.37),
                table("dfa", 30.40, 0.46),
                table("drtp", 32.69, 0.38),
            ],
        )
    },
    PaperRow {
        rules: RULES_OF_TRAINED,
        ..cifar(
            "CONV trained",
            CIFAR_CONV,
            &[
                table("bp", 27.45, 0.28),
                table("fa", 29.84, 0.31),
                table("dfa", 32.06, 0.29),
                table("drtp", 35.45, 0.76),
            ],
        )
    },
];

/// Losses are summed over the 10 outputs, as [`openloop_core::Loss::MeanSquaredError`] is.
const SYNTHETIC: &[PaperRow] = &[
    PaperRow {
        alignment: true,
        rules: RULES_OF_REGRESSION,
        source: PLOT,
        ..dense(
            "regression",
            "synthetic-regression",
            "fc100 fc100",
            &[
                plot("bp", 0.13, &[]),
                plot("fa", 0.13, &[60.0, 47.0]),
                plot("dfa", 0.075, &[68.0, 60.0]),
                plot("sdfa", 0.33, &[69.0, 52.0]),
                plot("shallow", 2.5, &[]),
            ],
        )
    },
    PaperRow {
        alignment: true,
        rules: RULES,
        source: PRINTED,
        ..dense(
            "classification",
            "synthetic-classification",
            "fc500 fc500",
            &[
                plot("bp", 1.84, &[]),
                plot("fa", 1.81, &[76.0, 72.0]),
                plot("dfa", 3.48, &[84.0, 76.0]),
                plot("sdfa", 4.07, &[83.0, 78.0]),
                plot("shallow", 9.57, &[]),
            ],
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataRequest, DataSet, load};
    use crate::settings::Options;
    use crate::settings::Preset;
    use crate::settings::net::Net;
    use openloop_core::Shape;

    /// Data of the right name and shape; which rows they are does not matter here.
    fn data(name: &str) -> DataSet {
        let load = |name| load(&DataRequest { name, ..DataRequest::default() }).unwrap();
        match name {
            "mnist" => {
                DataSet { shape: Shape { channels: 1, height: 28, width: 28 }, name: name.into(), ..load("digits") }
            }
            "cifar10" => {
                DataSet { shape: Shape { channels: 3, height: 32, width: 32 }, name: name.into(), ..load("digits") }
            }
            name => load(name),
        }
    }

    fn value(task: PaperTask, title: &str, rule: &str) -> f64 {
        let row = task.rows().iter().find(|row| row.title == title).unwrap();
        row.figures.iter().find(|figure| figure.rule == rule).unwrap().value
    }

    #[test]
    fn every_row_is_a_network_for_its_data_under_rules_that_exist() {
        for row in PaperTask::ALL.iter().flat_map(|task| task.rows()) {
            let net: Net = row.net.parse().unwrap();
            assert_eq!(net.front() > 0, row.title.starts_with("CONV"), "{}", row.title);
            assert_eq!(row.freeze_conv, row.title.ends_with("random"));
            for figure in row.figures {
                assert!(
                    row.rules.iter().any(|rule| rule.name() == figure.rule) && figure.value > 0.0,
                    "{}: {figure:?}",
                    row.title
                );
            }
        }
    }

    #[test]
    fn the_preset_gives_every_row_the_epochs_of_the_table_and_accepts_it() {
        for task in PaperTask::ALL {
            for row in task.rows() {
                let data = data(row.data);
                for &rule in row.rules {
                    let options = Options {
                        rule: Some(rule),
                        net: Some(row.net.parse().unwrap()),
                        preset: Some(Preset::Paper),
                        freeze_conv: row.freeze_conv,
                        ..Options::default()
                    };
                    assert_eq!(options.complete(&data).unwrap().epochs, task.epochs(), "{} {rule}", row.title);
                }
            }
        }
    }

    #[test]
    fn tables_are_complete() {
        for task in [PaperTask::Mnist, PaperTask::Cifar10] {
            let titles: Vec<_> = task.titles().collect();
            assert_eq!(titles, ["FC1-500", "FC1-1000", "FC2-500", "FC2-1000", "CONV random", "CONV trained"]);
            for row in task.rows() {
                let rules: Vec<_> = row.figures.iter().map(|figure| figure.rule).collect();
                assert_eq!(rules, ["bp", "fa", "dfa", "drtp"], "{}", row.title);
                assert!(row.figures.iter().all(|figure| figure.std.is_some()), "{}", row.title);
            }
        }
        for row in PaperTask::Synthetic.rows() {
            let angles = |figure: &PublishedFigure| (figure.rule.ends_with("fa"), figure.angles.len());
            assert!(
                row.figures.iter().map(angles).all(|(has, count)| count == if has { 2 } else { 0 }),
                "{}",
                row.title
            );
            let published: Vec<Rule> = row.figures.iter().filter_map(|figure| figure.rule.parse().ok()).collect();
            let measured: Vec<Rule> = row.rules.iter().copied().filter(|rule| *rule != Rule::Drtp).collect();
            assert_eq!((row.figures.len(), published), (measured.len(), measured), "{}", row.title);
        }
    }

    #[test]
    fn values_are_those_that_were_published() {
        for (task, title, rule, published) in [
            (PaperTask::Mnist, "FC1-500", "drtp", 4.58),
            (PaperTask::Mnist, "FC2-500", "dfa", 4.35),
            (PaperTask::Mnist, "CONV random", "drtp", 1.87),
            (PaperTask::Mnist, "CONV trained", "bp", 0.99),
            (PaperTask::Cifar10, "FC1-1000", "drtp", 52.99),
            (PaperTask::Cifar10, "CONV random", "fa", 30.28),
            (PaperTask::Cifar10, "CONV trained", "drtp", 35.45),
            (PaperTask::Synthetic, "regression", "dfa", 0.075),
            (PaperTask::Synthetic, "classification", "sdfa", 4.07),
        ] {
            assert_eq!(value(task, title, rule), published, "{title} {rule}");
        }
    }
}
