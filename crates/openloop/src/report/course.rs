//! The course of a stream: how often the network and each baseline were right, or how large their errors, part after part, with the
//! borders of its segments.

use super::chart::{ChartUnit, SegmentBorder, StreamChart, StreamCurve};
use super::measure::Measure;
use super::number::count;
use super::table::wide;
use crate::experiment::statistics::share_interval;
use crate::stream::{CurvePoint, StreamSummary};
use maud::{Markup, html};

/// Points of a curve at most: more of them would be smaller, and chance would move them more.
const MAX_PARTS: usize = 45;
/// Segments whose borders are drawn at most.
const MAX_SEGMENTS: usize = 60;

/// Neighbouring parts of the stream, joined.
struct Part<'a> {
    /// The row in its middle.
    middle: f64,
    /// Rows whose label came.
    judged: u64,
    points: &'a [CurvePoint],
}

impl Part<'_> {
    /// Right answers of the one that `accuracy` is of.
    fn right(&self, accuracy: impl Fn(&CurvePoint) -> Option<f64>) -> u64 {
        let right = |point: &CurvePoint| accuracy(point).unwrap_or(0.0) / 100.0 * point.judged as f64;
        self.points.iter().map(right).sum::<f64>().round() as u64
    }

    /// Its place and the figure there: of the network, or of a baseline.
    fn place(&self, measure: Measure, baseline: Option<&str>) -> (f64, f64) {
        let figure = |point: &CurvePoint| measure.of_point(point, baseline);
        let sum = |point: &CurvePoint| figure(point).unwrap_or(0.0) * point.judged as f64;
        let figure = match measure {
            Measure::Right => 100.0 * self.right(figure) as f64,
            Measure::Mae => self.points.iter().map(sum).sum(),
        };
        (self.middle, figure / self.judged as f64)
    }
}

/// The chart and what must be said of it.
pub fn course(summary: &StreamSummary) -> Markup {
    let (parts, size) = parts(&summary.curve);
    let (borders, measure) = (borders(summary), Measure::of(summary));
    let what = match measure {
        Measure::Right => "Right answers",
        Measure::Mae => "Mean absolute error",
    };
    let chart = StreamChart {
        id: "course",
        title: &format!("{what} over the rows of {}", summary.data),
        unit: if measure == Measure::Right { ChartUnit::Percent } else { ChartUnit::Value },
        axis: measure.name(),
        across: "row after the warm-up",
        traces: curves(summary, &parts),
        least: 100.0 / size.max(1) as f64,
        marks: marks(summary),
        borders,
    };
    let are_borders = !chart.borders.is_empty();
    html! {
        figure {
            (wide("chart", chart.draw()))
            figcaption {
                @match measure {
                    Measure::Right => {
                        "Right answers over the stream, in percent. Each point is " (count(size)) " rows, the last one what is left. The band: "
                        "the 95 % interval of the network\u{2019}s share (Wilson), as if its rows were independent. "
                    }
                    Measure::Mae => {
                        "Mean absolute error over the stream, in the unit of the target. Each point is " (count(size)) " rows, the last one what "
                        "is left. "
                    }
                }
                @if are_borders { "Thin vertical lines: where a segment ends. " }
                "Dashed vertical lines: drifts that the detector signalled"
                @if summary.drifts.is_empty() { " (there were none)" } "."
            }
        }
    }
}

/// The parts in which some label came, and how many rows each has.
fn parts(curve: &[CurvePoint]) -> (Vec<Part<'_>>, u64) {
    let joined = curve.len().div_ceil(MAX_PARTS).max(1);
    let mut from = 0;
    let mut part = |points| {
        let end = points_end(points);
        let middle = 0.5 * (from + end) as f64;
        from = end;
        Part { middle, judged: points.iter().map(|point| point.judged).sum(), points }
    };
    let parts: Vec<Part<'_>> = curve.chunks(joined).map(&mut part).collect();
    let size = parts.first().map_or(0, |part| points_end(part.points));
    (parts.into_iter().filter(|part| part.judged > 0).collect(), size)
}

fn points_end(points: &[CurvePoint]) -> u64 {
    points.last().map_or(0, |point| point.row)
}

/// The network that learns, with its interval, and every baseline.
fn curves<'s>(summary: &'s StreamSummary, parts: &[Part<'_>]) -> Vec<StreamCurve<'s>> {
    let measure = Measure::of(summary);
    let interval = |part: &Part<'_>| share_interval(part.right(|point| point.accuracy), part.judged);
    let bounds = parts.iter().filter(|_| measure == Measure::Right);
    let bounds = bounds.map(|part| interval(part).map(|ends| ends.map(|end| 100.0 * end)));
    let mut curves = vec![StreamCurve {
        name: "learning",
        style: &summary.rule,
        points: parts.iter().map(|part| part.place(measure, None)).collect(),
        interval: bounds.flatten().collect(),
        needs_room: true,
    }];
    for name in measure.baselines(summary) {
        let points = parts.iter().map(|part| part.place(measure, Some(name))).collect();
        let needs_room = !matches!(name, "last-label" | "majority");
        curves.push(StreamCurve { name, style: name, points, interval: Vec::new(), needs_room });
    }
    curves
}

/// The rows answered when a drift was signalled.
pub fn marks(summary: &StreamSummary) -> Vec<f64> {
    let before = summary.warmup_rows + summary.bad_rows;
    summary.drifts.iter().map(|row| row.saturating_sub(before) as f64).collect()
}

/// Where the segments after the warm-up end; nothing where there are too many.
pub fn borders(summary: &StreamSummary) -> Vec<SegmentBorder<'_>> {
    let has_warmup = summary.warmup_rows > 0;
    let segments = &summary.segments[usize::from(has_warmup).min(summary.segments.len())..];
    if !(2..=MAX_SEGMENTS).contains(&segments.len()) {
        return Vec::new();
    }
    let mut end = 0;
    let border = |segment: &'_ crate::stream::SegmentSummary| {
        end += segment.rows;
        end as f64
    };
    let ends: Vec<f64> = segments.iter().map(border).collect();
    segments.iter().zip(ends).map(|(segment, row)| SegmentBorder { name: &segment.segment, row }).collect()
}
