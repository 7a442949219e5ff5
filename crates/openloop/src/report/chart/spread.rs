//! One figure a rule: its mean with an error bar, every trial, and what was published.

use super::scale::{Scale, drawable};
use super::{Figure, Frame, RuleStyle, place, width_of_names};
use crate::report::number::Unit;
use maud::{Markup, html};

const WIDTH: f64 = 860.0;
const ROW: f64 = 40.0;
const TOP: f64 = 8.0;
/// Below the last row: numbers, the axis's name, and what the marks mean.
const BELOW: f64 = 74.0;
/// The frame's left edge at the least; long names move it.
const LEFT: f64 = 104.0;
const RIGHT: f64 = 716.0;

/// A rule's figure.
pub struct SpreadRow<'a> {
    /// The rule.
    pub rule: &'a str,
    /// Mean of the trials.
    pub mean: Option<f64>,
    /// Their standard deviation.
    pub std: Option<f64>,
    /// The trials, where each one's figure is known.
    pub trials: Vec<f64>,
    /// What was published, with its deviation.
    pub published: Option<(f64, Option<f64>)>,
}

/// The chart.
pub struct SpreadChart<'a> {
    /// Its name within the page.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// The horizontal axis.
    pub axis: &'a str,
    /// Of the figures.
    pub unit: Unit,
    /// The smallest amount that the rows can tell.
    pub least: f64,
    /// One for each rule, from top to bottom.
    pub rows: Vec<SpreadRow<'a>>,
}

impl SpreadChart<'_> {
    /// The picture.
    pub fn draw(&self) -> Markup {
        let bottom = TOP + ROW * self.rows.len() as f64;
        let left = LEFT.max(16.0 + width_of_names(self.rows.iter().map(|row| row.rule)));
        let frame = Frame { left, right: RIGHT, top: TOP, bottom, head: 0.0 };
        let scale = Scale::of_magnitudes(&self.values(), self.least, [left, RIGHT]);
        let drawing = html! {
            (frame.horizontal_axis(&scale, self.axis, true))
            @for (k, row) in self.rows.iter().enumerate() { (self.row(row, [left, TOP + ROW * (k as f64 + 0.5)], &scale)) }
            (self.legend(left, bottom + 58.0))
        };
        let (description, size) = (self.describe(), [WIDTH, bottom + BELOW]);
        Figure { id: &self.id, title: &self.title, description: &description, size, drawing }.markup()
    }

    /// All values that the axis must hold; the ends of bars below 0 are cut off there.
    fn values(&self) -> Vec<f64> {
        let bar = |mean: f64, std: Option<f64>| {
            let std = std.filter(|std| drawable(*std)).unwrap_or(0.0);
            [mean, mean + std, if mean > std { mean - std } else { mean }]
        };
        let mut values = Vec::new();
        for row in &self.rows {
            values.extend(row.mean.into_iter().flat_map(|mean| bar(mean, row.std)));
            values.extend(row.published.into_iter().flat_map(|(value, std)| bar(value, std)));
            values.extend(&row.trials);
        }
        values.retain(|value| drawable(*value));
        values
    }

    fn row(&self, row: &SpreadRow<'_>, [left, y]: [f64; 2], scale: &Scale) -> Markup {
        let style = RuleStyle::of(row.rule);
        let mean = row.mean.filter(|mean| drawable(*mean));
        html! {
            text class={ "rule " (style.class()) } x=(left - 12.0) y=(y + 4.5) text-anchor="end" { (row.rule) }
            @for trial in row.trials.iter().filter(|trial| drawable(**trial)) {
                circle class={ "trial " (style.class()) } cx=(place(scale.place(*trial))) cy=(y + 12.0) r="2.6" {}
            }
            @if let Some((value, std)) = row.published.filter(|published| drawable(published.0)) {
                (bar(value, std, y - 11.0, scale, "published"))
                path class="published" d={ "M" (place(scale.place(value))) " " (y - 17.0) "v12" } {}
            }
            @if let Some(mean) = mean {
                @let class = format!("bar {}", style.class());
                (bar(mean, row.std, y, scale, &class))
                (style.marker(scale.place(mean), y, 5.5))
            }
            text class="figure" x=(RIGHT + 14.0) y=(y + 4.5) {
                @if mean.is_some() { (self.unit.spread(row.mean, row.std)) } @else { "no result" }
            }
        }
    }

    fn legend(&self, left: f64, y: f64) -> Markup {
        let trials = self.rows.iter().any(|row| !row.trials.is_empty());
        let spread = self.rows.iter().any(|row| row.std.is_some());
        let published = self.rows.iter().any(|row| row.published.is_some());
        let after = left + if trials { 290.0 } else { 218.0 };
        html! {
            path class="key" d={ "M" (left) " " (y) "h26" @if spread { "m-26 -4v8m26 -8v8" } } {}
            circle class="key-dot" cx=(left + 13.0) cy=(y) r="4.5" {}
            text x=(left + 34.0) y=(y + 4.0) { "mean" @if spread { " ± standard deviation" } }
            @if trials {
                circle class="key" cx=(left + 218.0) cy=(y) r="2.6" {}
                text x=(left + 228.0) y=(y + 4.0) { "a trial" }
            }
            @if published {
                path class="published" d={ "M" (after) " " (y - 6.0) "v12" } {}
                text x=(after + 10.0) y=(y + 4.0) { "published" }
            }
        }
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let figure = self.unit.spread(row.mean, row.std);
            text += &format!("{}: {}", row.rule, if row.mean.is_some() { &figure } else { "no result" });
            if let Some((value, std)) = row.published {
                text += &format!(", published {}", self.unit.published(value, std));
            }
            text += ". ";
        }
        text.trim_end().into()
    }
}

/// An error bar with caps.
fn bar(mean: f64, std: Option<f64>, y: f64, scale: &Scale, class: &str) -> Markup {
    let Some(std) = std.filter(|std| drawable(*std)) else { return html! {} };
    let [low, high] = [mean - std, mean + std].map(|value| place(scale.place(value)));
    html! {
        path class=(class)
            d={ "M" (low) " " (y) "H" (high) "M" (low) " " (y - 4.5) "v9M" (high) " " (y - 4.5) "v9" } {}
    }
}
