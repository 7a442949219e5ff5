//! A report: the results of experiments as one HTML file that needs nothing else, to be sent, printed and kept.
//!
//! No script, no font, no picture is loaded: charts are SVG within the page. What a chart shows also stands in words for
//! those who cannot see it, rules differ in dashes and markers as well as in colour, and a print is black on white.
//!
//! | file | one sentence |
//! |---|---|
//! | `parts.rs` | What a report is made of. |
//! | `page.rs`, `style.css` | The page around the sections: head, contents, how it was made, what the terms mean. |
//! | `section.rs` | A comparison: summary, figures, curves, angles, cost, settings. |
//! | `stream.rs`, `course.rs`, `measure.rs` | A stream: segments, confusion; its accuracy, or its error, over time beside the baselines. |
//! | `anomaly.rs` | A stream without labels: scores, thresholds, what was flagged. |
//! | `model/` | One model: figures, curves, confusion, calibration, worst rows, importance of columns. |
//! | `overview.rs` | A reproduction at a glance: measured beside published. |
//! | `summary_text.rs` | What a comparison found, in a paragraph. |
//! | `figures.rs`, `cost.rs`, `settings.rs` | The tables. |
//! | `table.rs`, `number.rs` | How tables and numbers look. |
//! | `chart/` | The charts. |
//! | `machine.rs` | What is said of the machine. |

mod anomaly;
mod chart;
mod classes_over_time;
mod cost;
mod course;
mod figures;
mod machine;
mod measure;
mod model;
mod number;
mod overview;
mod page;
mod parts;
mod section;
mod settings;
mod stream;
mod summary_text;
mod table;

pub use machine::Machine;
pub use model::ModelReport;
pub use parts::{Report, ReportPart};
pub use stream::stream_page;
