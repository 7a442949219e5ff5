//! The calibration curve: how often answers of about the same confidence are right.

use super::super::number::{count, plural};
use super::super::table::wide;
use crate::learner::quality::{CalibrationBin, ClassificationQuality};
use maud::{Markup, html};

/// The square that is drawn in: its left and upper edge, and its side.
const LEFT: f64 = 52.0;
const TOP: f64 = 16.0;
const SIDE: f64 = 300.0;

/// The picture; none where outputs are no probabilities.
pub fn section(quality: &ClassificationQuality) -> Option<Markup> {
    let gap = quality.calibration_error?;
    let direction: f64 = quality.calibration.iter().map(|bin| (bin.confidence - bin.accuracy) * bin.rows as f64).sum();
    let says = if direction > 0.0 { "surer than it is right" } else { "less sure than it is right" };
    Some(html! {
        p {
            "On average confidence and accuracy differ by " strong { (format!("{gap:.2}")) " %" } ": the network is, on the whole, " (says) "."
        }
        figure {
            (wide("chart", picture(&quality.calibration)))
            figcaption {
                "Each point stands for the answers of one range of confidence, as large as it has rows; on the dashed line confidence and "
                "accuracy are the same. Below it the network is surer than it is right."
            }
        }
    })
}

fn picture(bins: &[CalibrationBin]) -> Markup {
    let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
    let (across, up) = (|value: f64| LEFT + SIDE * value / 100.0, |value: f64| bottom - SIDE * value / 100.0);
    let rows: u64 = bins.iter().map(|bin| bin.rows).sum();
    let radius = |bin: &CalibrationBin| 3.0 + 13.0 * (bin.rows as f64 / rows.max(1) as f64).sqrt();
    let words: Vec<String> = bins
        .iter()
        .map(|bin| {
            format!(
                "confidence {:.0} %: right in {:.0} % of {}",
                bin.confidence,
                bin.accuracy,
                plural(bin.rows as usize, "row")
            )
        })
        .collect();
    let line: Vec<String> =
        bins.iter().map(|bin| format!("{:.1} {:.1}", across(bin.confidence), up(bin.accuracy))).collect();
    html! {
        svg viewBox={ "0 0 " (right + 24.0) " " (bottom + 44.0) } class="square" role="img" aria-labelledby="calibration-title calibration-words" {
            title id="calibration-title" { "calibration curve" }
            desc id="calibration-words" { (words.join("; ")) }
            @for tick in [0.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
                path class="grid" d={ "M" (LEFT) " " (up(tick)) "H" (right) "M" (across(tick)) " " (TOP) "V" (bottom) } {}
                text x=(LEFT - 8.0) y=(up(tick) + 4.0) text-anchor="end" { (tick) }
                text x=(across(tick)) y=(bottom + 18.0) text-anchor="middle" { (tick) }
            }
            path class="reference" d={ "M" (LEFT) " " (bottom) "L" (right) " " (TOP) } {}
            g class="look-local-error" {
                path class="line" d={ "M" (line.join("L")) } {}
                @for bin in bins {
                    circle cx=(format!("{:.1}", across(bin.confidence))) cy=(format!("{:.1}", up(bin.accuracy))) r=(format!("{:.1}", radius(bin))) fill="currentColor" fill-opacity="0.45" {
                        title { (count(bin.rows)) " rows" }
                    }
                }
            }
            text x=(LEFT + SIDE / 2.0) y=(bottom + 38.0) text-anchor="middle" class="name" { "confidence, %" }
            text x="0" y="0" transform={ "translate(13 " (TOP + SIDE / 2.0) ") rotate(-90)" } text-anchor="middle" class="name" { "right, %" }
        }
    }
}
