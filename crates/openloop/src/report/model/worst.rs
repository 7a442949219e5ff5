//! The rows that the network is most wrong about, with their values.

use super::super::table::wide;
use super::told::ModelReport;
use maud::{Markup, html};
use openloop_core::Shape;

/// Features that are shown of a row.
const SHOWN: usize = 16;
/// Values at most of an image that is drawn.
const MOST_PIXELS: usize = 3 * 64 * 64;
/// Steps of grey.
const LEVELS: f64 = 7.0;

/// The rows; none where nothing was tested.
pub fn section(report: &ModelReport<'_>) -> Option<Markup> {
    let rows = &report.examination.worst;
    let is_image = report.shape.height > 1 && report.shape.size() <= MOST_PIXELS;
    let shown = if is_image { 0 } else { report.features.len().min(SHOWN) };
    let is_probable = rows.first()?.probability.is_some();
    Some(wide(
        "table",
        html! {
            table {
                caption {
                    "The test rows with the largest loss, the worst first: labels that are wrong, and cases that the training rows lack, are "
                    "often among them. Rows are numbered among the test rows."
                    @if !is_image && report.features.len() > SHOWN { " The first " (SHOWN) " of " (report.features.len()) " features." }
                }
                thead { tr {
                    th scope="col" { "row" } @if is_image { th scope="col" { "sample" } } th scope="col" { "truth" } th scope="col" { "answer" }
                    @if is_probable { th scope="col" { "p(truth), %" } }
                    @for name in &report.features[..shown] { th scope="col" { (name) } }
                } }
                tbody { @for row in rows {
                    tr {
                        th scope="row" { (row.row) } @if is_image { td { (picture(&row.values, report.shape)) } } td { (row.truth) } td { (row.answer) }
                        @if let Some(probability) = row.probability { td { (format!("{probability:.2}")) } }
                        @for value in row.values.iter().take(shown) { td { (number(*value)) } }
                    }
                } }
            }
        },
    ))
}

/// A small picture of an image, grey, from its smallest to its largest value; channels are averaged.
fn picture(values: &[f64], shape: Shape) -> Markup {
    let Shape { channels, height, width } = shape;
    let pixel = |at: usize| values.iter().skip(at).step_by(height * width).sum::<f64>() / channels.max(1) as f64;
    let pixels: Vec<f64> = (0..height * width).map(pixel).collect();
    let (low, high) = pixels.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    let level = |value: f64| if high > low { (LEVELS * (value - low) / (high - low)).round() as usize } else { 0 };
    let mut paths = vec![String::new(); LEVELS as usize + 1];
    for (y, row) in pixels.chunks_exact(width.max(1)).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| level(*a) == level(*b)) {
            paths[level(run[0])] += &format!("M{x} {y}h{}v1h-{}z", run.len(), run.len());
            x += run.len();
        }
    }
    html! {
        svg class="thumb" viewBox={ "0 0 " (width) " " (height) } shape-rendering="crispEdges" aria-hidden="true" {
            @for (level, path) in paths.iter().enumerate().skip(1).filter(|(_, path)| !path.is_empty()) {
                path d=(path) fill-opacity=(format!("{:.2}", level as f64 / LEVELS)) {}
            }
        }
    }
}

/// A feature with the digits that tell something.
fn number(value: f64) -> String {
    if value.is_nan() { "missing".into() } else { crate::data::shown_number(value) }
}
