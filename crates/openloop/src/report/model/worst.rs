//! The rows that the network is most wrong about, with their values.

use super::super::table::wide;
use super::ModelReport;
use maud::{Markup, html};

/// Features that are shown of a row.
const SHOWN: usize = 16;

/// The rows; none where nothing was tested.
pub fn section(report: &ModelReport<'_>) -> Option<Markup> {
    let rows = &report.examination.worst;
    let shown = report.features.len().min(SHOWN);
    let is_probable = rows.first()?.probability.is_some();
    Some(wide(
        "table",
        html! {
            table {
                caption {
                    "The test rows with the largest loss, the worst first: labels that are wrong, and cases that the training rows lack, are "
                    "often among them. Rows are numbered among the test rows."
                    @if report.features.len() > SHOWN { " The first " (SHOWN) " of " (report.features.len()) " features." }
                }
                thead { tr {
                    th scope="col" { "row" } th scope="col" { "truth" } th scope="col" { "answer" }
                    @if is_probable { th scope="col" { "p(truth), %" } }
                    @for name in &report.features[..shown] { th scope="col" { (name) } }
                } }
                tbody { @for row in rows {
                    tr {
                        th scope="row" { (row.row) } td { (row.truth) } td { (row.answer) }
                        @if let Some(probability) = row.probability { td { (format!("{probability:.2}")) } }
                        @for value in row.values.iter().take(shown) { td { (number(*value)) } }
                    }
                } }
            }
        },
    ))
}

/// A feature with the digits that tell something.
fn number(value: f64) -> String {
    if value.is_nan() { "missing".into() } else { crate::data::shown_number(value) }
}
