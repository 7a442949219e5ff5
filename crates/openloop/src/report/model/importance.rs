//! What shuffling each column costs, as bars.

use super::super::number::{NONE, Unit};
use super::super::table::wide;
use super::told::ModelReport;
use maud::{Markup, html};

/// Columns that are shown.
const SHOWN: usize = 25;

/// The bars; none where columns mean nothing on their own.
pub fn section(report: &ModelReport<'_>) -> Option<Markup> {
    let all = &report.examination.importance;
    let most = all.iter().map(|column| column.increase).fold(0.0, f64::max);
    if all.is_empty() {
        return None;
    }
    let what = if report.error.is_some() { "error, percentage points" } else { "root mean squared error" };
    let width = |increase: f64| if most > 0.0 { (100.0 * increase.max(0.0) / most).round() } else { 0.0 };
    Some(wide(
        "table",
        html! {
            table class="few bars" {
                caption {
                    "How much the " (what) ", grows when the column is shuffled over the test rows. About 0: the network does without it."
                    @if all.len() > SHOWN { " The first " (SHOWN) " of " (all.len()) " columns." }
                }
                thead { tr { th scope="col" { "column" } th scope="col" { "increase" } th scope="col" {} } }
                tbody { @for column in all.iter().take(SHOWN) {
                    tr {
                        th scope="row" { (column.column) }
                        td { @if column.increase.is_finite() { (Unit::Percent.signed(column.increase)) } @else { (NONE) } }
                        td class="bar-cell" { span class="bar-piece" style={ "width:" (width(column.increase)) "%" } {} }
                    }
                } }
            }
        },
    ))
}
