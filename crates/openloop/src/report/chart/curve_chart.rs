//! Curves over the epochs: a line and a band a rule, named where the line ends.

use super::downsample::downsample;
use super::scale::{Scale, drawable, extent};
use super::{Figure, Frame, RuleStyle, path, place, spaced, width_of_names};
use crate::experiment::Band;
use crate::report::number::Unit;
use maud::{Markup, html};

/// Points of a line at most.
const MAX_POINTS: usize = 120;
/// Markers on a line at most.
const MARKERS: usize = 4;
/// From the frame's right edge to the names.
const NAME_AFTER: f64 = 29.0;
/// From the lower edge of the picture to that of the frame.
const BELOW: f64 = 44.0;
/// From the right edge of the picture to that of the frame, where names are short; long ones move it.
const AFTER: f64 = 108.0;
/// The frame's other edges.
const LEFT: f64 = 48.0;
const TOP: f64 = 30.0;

/// What the curves are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CurveUnit {
    /// Errors or losses.
    Magnitudes(Unit),
    /// Degrees.
    Angles,
}

/// How wide a chart is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CurveWidth {
    /// As the page.
    Whole,
    /// Half as wide, for two beside each other.
    Half,
}

impl CurveWidth {
    /// Of the picture, with its height.
    fn size(self) -> [f64; 2] {
        match self {
            CurveWidth::Whole => [860.0, 350.0],
            CurveWidth::Half => [480.0, 300.0],
        }
    }
}

/// One rule's curve.
pub struct RuleCurve<'a> {
    /// The rule.
    pub rule: &'a str,
    /// Mean and deviation at each epoch.
    pub band: &'a Band,
}

/// A chart of curves.
pub struct CurveChart<'a> {
    /// Its name within the page.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// The vertical axis.
    pub axis: &'a str,
    /// What the curves are made of.
    pub values: CurveUnit,
    /// The smallest amount that the rows can tell.
    pub least: f64,
    /// How wide it is.
    pub width: CurveWidth,
    /// The values that several charts beside each other must all have room for; this chart's own if empty.
    pub room: &'a [f64],
    /// One for each rule.
    pub lines: Vec<RuleCurve<'a>>,
}

/// A point of a curve that can be drawn.
#[derive(Clone, Copy)]
struct CurvePoint {
    epoch: f64,
    mean: f64,
    std: Option<f64>,
}

impl CurveChart<'_> {
    /// The picture, and whether some value lies on the edge because the logarithm of 0 has no place.
    pub fn draw(&self) -> (Markup, bool) {
        let curves: Vec<Vec<CurvePoint>> = self.lines.iter().map(|line| points(line.band)).collect();
        let epochs = self.lines.iter().map(|line| line.band.mean.len()).max().unwrap_or(1);
        let frame = self.frame();
        let across = Scale::counts(1.0, epochs as f64, [frame.left, frame.right]);
        let means: Vec<f64> = curves.iter().flatten().map(|point| point.mean).collect();
        let up = self.scale(if self.room.is_empty() { &means } else { self.room }, &frame);
        let drawing = html! {
            (frame.vertical_axis(&up, self.axis))
            (frame.horizontal_axis(&across, "epoch", false))
            @if self.values == CurveUnit::Angles {
                path class="reference" d={ "M" (frame.left) " " (place(up.place(90.0))) "H" (frame.right) } {}
            }
            @for (line, curve) in self.lines.iter().zip(&curves) { (band(line, curve, &across, &up)) }
            @for (k, (line, curve)) in self.lines.iter().zip(&curves).enumerate() {
                (self.line(k, line, curve, &across, &up))
            }
            (self.names(&curves, &up, &frame))
        };
        let description = self.describe(&curves);
        let picture =
            Figure { id: &self.id, title: &self.title, description: &description, size: self.width.size(), drawing };
        (picture.markup(), up.is_logarithmic() && means.iter().any(|mean| *mean <= up.low()))
    }

    /// The frame, which leaves room for the names.
    fn frame(&self) -> Frame {
        let [width, height] = self.width.size();
        let names = NAME_AFTER + width_of_names(self.lines.iter().map(|line| line.rule));
        let right = (width - AFTER.max(names)).max(0.5 * width);
        Frame { left: LEFT, right, top: TOP, bottom: height - BELOW, head: 14.0 }
    }

    fn scale(&self, values: &[f64], frame: &Frame) -> Scale {
        let places = [frame.bottom, frame.top];
        match self.values {
            CurveUnit::Magnitudes(_) => Scale::of_magnitudes(values, self.least, places),
            CurveUnit::Angles => {
                let [low, high] = extent(values.iter().copied().chain([90.0])).unwrap_or([0.0, 90.0]);
                Scale::degrees(low.max(0.0), high.min(180.0), places)
            }
        }
    }

    fn line(&self, k: usize, line: &RuleCurve<'_>, curve: &[CurvePoint], across: &Scale, up: &Scale) -> Markup {
        let style = RuleStyle::of(line.rule);
        let places: Vec<(f64, f64)> =
            curve.iter().map(|point| (across.place(point.epoch), up.place(point.mean))).collect();
        let kept = downsample(&places, MAX_POINTS);
        // each rule has its markers at other epochs, so that they do not hide each other
        let share = (k as f64 + 0.5) / self.lines.len() as f64;
        let at = |j: usize| ((j as f64 + share) / MARKERS as f64 * places.len() as f64) as usize;
        let mut marked: Vec<usize> = (0..MARKERS).map(at).filter(|at| *at < places.len()).collect();
        marked.dedup();
        html! {
            @if !kept.is_empty() {
                path class={ "line " (style.class()) } d=(path(kept.iter().map(|k| places[*k])))
                    stroke-dasharray=[style.dashes()] {}
            }
            @for (x, y) in marked.iter().map(|k| places[*k]) { (style.marker(x, y, 4.2)) }
        }
    }

    /// The rules' names to the right of the ends of their lines, one below the other.
    fn names(&self, curves: &[Vec<CurvePoint>], up: &Scale, frame: &Frame) -> Markup {
        let mut ends: Vec<(f64, &str)> = Vec::new();
        for (line, curve) in self.lines.iter().zip(curves) {
            ends.extend(curve.last().map(|point| (up.place(point.mean), line.rule)));
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let places = spaced(&ends.iter().map(|end| end.0).collect::<Vec<_>>(), frame.top, frame.bottom);
        let right = frame.right;
        html! {
            @for ((end, rule), at) in ends.iter().zip(places) {
                @let style = RuleStyle::of(rule);
                path class={ "leader " (style.class()) }
                    d={ "M" (right + 2.0) " " (place(*end)) "L" (right + 13.0) " " (place(at)) } {}
                (style.marker(right + 20.0, at, 4.2))
                text class={ "rule " (style.class()) } x=(right + NAME_AFTER) y=(place(at + 4.0)) { (rule) }
            }
        }
    }

    fn describe(&self, curves: &[Vec<CurvePoint>]) -> String {
        let write = |value: f64| match self.values {
            CurveUnit::Magnitudes(Unit::Percent) => format!("{} %", Unit::Percent.write(value)),
            CurveUnit::Magnitudes(unit) => unit.write(value),
            CurveUnit::Angles => format!("{value:.0} degrees"),
        };
        let mut text = String::new();
        for (line, curve) in self.lines.iter().zip(curves) {
            match (curve.first(), curve.last()) {
                (Some(first), Some(last)) if curve.len() > 1 => {
                    let (from, to) = (write(first.mean), write(last.mean));
                    text += &format!("{}: {from} at epoch {}, {to} at epoch {}. ", line.rule, first.epoch, last.epoch);
                }
                (Some(only), _) => text += &format!("{}: {} at epoch {}. ", line.rule, write(only.mean), only.epoch),
                _ => text += &format!("{}: nothing that can be drawn. ", line.rule),
            }
        }
        text.trim_end().into()
    }
}

/// What can be drawn of a curve; values that are no numbers are left out.
fn points(band: &Band) -> Vec<CurvePoint> {
    let std = |k: usize| band.std.as_ref().and_then(|std| std.get(k)).copied().filter(|std| drawable(*std));
    let point = |(k, mean): (usize, &f64)| CurvePoint { epoch: (k + 1) as f64, mean: *mean, std: std(k) };
    band.mean.iter().enumerate().map(point).filter(|point| drawable(point.mean)).collect()
}

/// One standard deviation to either side.
fn band(line: &RuleCurve<'_>, curve: &[CurvePoint], across: &Scale, up: &Scale) -> Markup {
    let with_std = |sign: f64| {
        let side =
            move |point: &CurvePoint| Some((across.place(point.epoch), up.place(point.mean + sign * point.std?)));
        curve.iter().filter_map(side).collect::<Vec<_>>()
    };
    let (above, below) = (with_std(1.0), with_std(-1.0));
    if above.len() < 2 {
        return html! {};
    }
    // the same epochs above and below
    let kept = downsample(&above, MAX_POINTS);
    let [above, below] = [above, below].map(|edge| kept.iter().map(|k| edge[*k]).collect::<Vec<_>>());
    super::band(&RuleStyle::of(line.rule), &above, &below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_without_numbers_or_with_a_single_one_is_drawn_without_nan() {
        for mean in [vec![], vec![f64::NAN], vec![1.0], vec![f64::INFINITY, 2.0, -1e300, 0.0]] {
            let band = Band { std: Some(vec![f64::NAN; mean.len()]), mean };
            for values in [CurveUnit::Angles, CurveUnit::Magnitudes(Unit::Loss)] {
                let lines = vec![RuleCurve { rule: "bp", band: &band }];
                let chart = CurveChart {
                    id: "a".into(),
                    title: "t".into(),
                    axis: "x",
                    values,
                    least: 0.0,
                    width: CurveWidth::Half,
                    room: &[],
                    lines,
                };
                let text = chart.draw().0.into_string();
                assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
            }
        }
    }
}
