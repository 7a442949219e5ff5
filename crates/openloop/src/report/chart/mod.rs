//! Charts: plain SVG inside the page, whose numbers also stand in words for those who cannot see it.
//!
//! | file | one sentence |
//! |---|---|
//! | `scale.rs` | From values to places, and round numbers at the axes. |
//! | `look.rs` | A rule's colour, dashes and marker. |
//! | `curve_chart.rs` | Curves over the epochs, with bands. |
//! | `stream_chart.rs` | Lines over the rows of a stream. |
//! | `spread.rs` | One figure a rule, with error bars and every trial. |
//! | `downsample.rs` | Fewer points for the same picture. |

mod curve_chart;
mod downsample;
mod look;
mod scale;
mod spread;
mod stream_chart;

pub(super) use curve_chart::{CurveChart, CurveUnit, CurveWidth, RuleCurve};
pub(super) use look::{PAGE, RuleStyle, hatches, styles};
pub(super) use spread::{SpreadChart, SpreadRow};
pub(super) use stream_chart::{ChartUnit, SegmentBorder, StreamChart, StreamCurve};

use maud::{Markup, html};
use scale::Scale;

/// A picture and what it says.
struct Figure<'a> {
    /// Its name within the page.
    id: &'a str,
    title: &'a str,
    description: &'a str,
    size: [f64; 2],
    drawing: Markup,
}

impl Figure<'_> {
    fn markup(self) -> Markup {
        let Figure { id, title, description, size: [width, height], drawing } = self;
        html! {
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-labelledby={ (id) "-title " (id) "-words" } {
                title id={ (id) "-title" } { (title) }
                desc id={ (id) "-words" } { (description) }
                (drawing)
            }
        }
    }
}

/// The rectangle that values are drawn in.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// From its upper edge to the name of the vertical axis above it.
    head: f64,
}

impl Frame {
    /// Lines across the frame at the round numbers of `scale`, which stand to the left of it, and the axis's name above.
    fn vertical_axis(&self, scale: &Scale, name: &str) -> Markup {
        let Frame { left, right, top, head, .. } = *self;
        html! {
            text x=(left - 40.0) y=(top - head) class="name" { (name) }
            @for tick in scale.ticks() {
                path class="grid" d={ "M" (left) " " (place(tick.at)) "H" (right) } {}
                text x=(left - 7.0) y=(place(tick.at + 4.0)) text-anchor="end" { (tick.label) }
            }
        }
    }

    /// The lower edge with the round numbers of `scale` below it, and the axis's name.
    fn horizontal_axis(&self, scale: &Scale, name: &str, grid: bool) -> Markup {
        let Frame { left, right, top, bottom, .. } = *self;
        html! {
            @for tick in scale.ticks() {
                @if grid { path class="grid" d={ "M" (place(tick.at)) " " (top) "V" (bottom) } {} }
                path class="axis" d={ "M" (place(tick.at)) " " (bottom) "v5" } {}
                text x=(place(tick.at)) y=(bottom + 18.0) text-anchor="middle" { (tick.label) }
            }
            path class="axis" d={ "M" (left) " " (bottom) "H" (right) } {}
            text x=(place(0.5 * (left + right))) y=(bottom + 35.0) text-anchor="middle" class="name" { (name) }
        }
    }
}

/// The room that the longest of some rules' names takes in a chart, rather too much than too little.
fn width_of_names<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    const LETTER: f64 = 7.6;
    names.map(|name| LETTER * name.chars().count() as f64).fold(0.0, f64::max)
}

/// The least distance between two names.
const NAME_HEIGHT: f64 = 15.0;

/// Places in the order of `wanted`, each as near to it as the distance between names allows, within `top` and `bottom`
/// if they fit.
fn spaced(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut places = wanted.to_vec();
    for k in 0..places.len() {
        let least = if k == 0 { top } else { places[k - 1] + NAME_HEIGHT };
        places[k] = places[k].max(least);
    }
    for k in (0..places.len()).rev() {
        let most = if k + 1 == places.len() { bottom } else { places[k + 1] - NAME_HEIGHT };
        places[k] = places[k].min(most);
    }
    places
}

/// The path through some places.
fn path(places: impl Iterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (x, y) in places {
        text.push(if text.is_empty() { 'M' } else { 'L' });
        text += &format!("{x:.1} {y:.1}");
    }
    text
}

/// A band between two edges, each with as many places from left to right: a hatching of its own for each look, and the edges with the
/// dashes of its line, so that bands above each other can be told apart.
fn band(style: &RuleStyle, above: &[(f64, f64)], below: &[(f64, f64)]) -> Markup {
    let (above, below) = (|| above.iter().copied(), || below.iter().copied());
    let class = style.class();
    html! {
        path class={ "band " (class) } fill={ "url(#" (style.hatch()) ")" } d={ (path(above().chain(below().rev()))) "z" } {}
        path class={ "edge " (class) } d={ (path(above())) (path(below())) } stroke-dasharray=[style.dashes()] {}
    }
}

/// A place with the digits that can be seen.
fn place(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_order_and_their_distance() {
        assert_eq!(spaced(&[10.0, 50.0], 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(spaced(&[50.0, 51.0, 52.0], 0.0, 100.0), [50.0, 65.0, 80.0]);
        assert_eq!(spaced(&[98.0, 99.0, 100.0], 0.0, 100.0), [70.0, 85.0, 100.0]);
    }
}
