//! How a rule looks, the same in every chart and every report: a colour for each background, dashes, and a marker.
//!
//! The hues are those of Okabe and Ito ("Color Universal Design", 2008), which people with any colour vision can tell
//! apart, made darker or lighter until they stand out from the page. Dashes and markers say the same without colour.

use maud::{Markup, html};

/// What a rule is drawn with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleStyle {
    /// The rule.
    pub rule: &'static str,
    /// Its colour on a light page.
    pub light: &'static str,
    /// Its colour on a dark page.
    pub dark: &'static str,
    /// Lengths of dashes and gaps; empty for an unbroken line.
    pub dash: &'static str,
    marker: Marker,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Marker {
    Circle,
    Square,
    Triangle,
    Upside,
    Pointer,
    Diamond,
    Cross,
    Plus,
    Pentagon,
    Hourglass,
    Ring,
}

/// The page's own colours: background, then ink, light and dark.
pub const PAGE: [[&str; 2]; 2] = [["#ffffff", "#15181d"], ["#1c2026", "#e6e8eb"]];

/// Every rule's look; the last is also that of a rule that has none.
const RULE_STYLES: [RuleStyle; 11] = [
    RuleStyle { rule: "bp", light: "#1c1c1c", dark: "#f4f4f4", dash: "", marker: Marker::Circle },
    RuleStyle { rule: "fa", light: "#00805d", dark: "#2fc79b", dash: "9 3", marker: Marker::Square },
    RuleStyle { rule: "dfa", light: "#ad4585", dark: "#ea92c6", dash: "6 3", marker: Marker::Triangle },
    RuleStyle { rule: "sdfa", light: "#8a6500", dark: "#e3b80a", dash: "7 2 2 2", marker: Marker::Upside },
    RuleStyle { rule: "drtp", light: "#c94f00", dark: "#ff8f45", dash: "", marker: Marker::Diamond },
    RuleStyle { rule: "local-error", light: "#0069a6", dark: "#5bb8ee", dash: "12 3 2 3", marker: Marker::Cross },
    RuleStyle { rule: "local-error-learned", light: "#5a45b5", dark: "#b3a4ff", dash: "14 4", marker: Marker::Plus },
    RuleStyle { rule: "lls", light: "#2f6b9e", dark: "#86b6ff", dash: "16 3 4 3", marker: Marker::Pointer },
    RuleStyle { rule: "local-hinge", light: "#a3262e", dark: "#ff8a8d", dash: "4 2", marker: Marker::Pentagon },
    RuleStyle {
        rule: "drtp-gated",
        light: "#7a4a1e",
        dark: "#d9a878",
        dash: "10 2 2 2 2 2",
        marker: Marker::Hourglass,
    },
    RuleStyle { rule: "shallow", light: "#747474", dark: "#9c9c9c", dash: "2 3", marker: Marker::Ring },
];

/// The looks of a stream's baselines that follow no rule, and of one model's curves.
const OTHER_STYLES: [RuleStyle; 7] = [
    RuleStyle { rule: "training", light: "#747474", dark: "#9c9c9c", dash: "2 3", marker: Marker::Ring },
    RuleStyle { rule: "validation", light: "#0069a6", dark: "#5bb8ee", dash: "12 3 2 3", marker: Marker::Square },
    RuleStyle { rule: "test", light: "#c94f00", dark: "#ff8f45", dash: "", marker: Marker::Diamond },
    RuleStyle { rule: "frozen", light: "#00757f", dark: "#45c4cf", dash: "5 3", marker: Marker::Square },
    RuleStyle { rule: "last-label", light: "#686c00", dark: "#b9bf3c", dash: "3 2 1 2", marker: Marker::Plus },
    RuleStyle { rule: "majority", light: "#86604a", dark: "#cba48c", dash: "1 2", marker: Marker::Cross },
    RuleStyle { rule: "linear", light: "#3d7a1f", dark: "#8fce6a", dash: "8 2 4 2", marker: Marker::Triangle },
];

/// Every look there is.
pub fn styles() -> impl Iterator<Item = RuleStyle> {
    RULE_STYLES.into_iter().chain(OTHER_STYLES)
}

/// The hatchings of bands, one a look, as a picture that shows nothing itself: each at another angle.
pub fn hatches() -> Markup {
    // multiples of the golden ratio: however many there are, neighbours differ much and no two are the same
    let turn = |k: usize| 180.0 * (0.618_034 * k as f64).fract();
    html! {
        svg class="hatches" width="0" height="0" aria-hidden="true" {
            defs {
                @for (k, style) in styles().enumerate() {
                    pattern id=(style.hatch()) width="7" height="7" patternUnits="userSpaceOnUse"
                        patternTransform={ "rotate(" (format!("{:.0}", turn(k))) ")" } {
                        path class={ "hatch " (style.class()) } d="M0 3.5H7" {}
                    }
                }
            }
        }
    }
}

impl RuleStyle {
    /// The look of a rule or of a baseline.
    pub fn of(rule: &str) -> RuleStyle {
        let last = RULE_STYLES[RULE_STYLES.len() - 1];
        // no chart has baselines of classes and of values
        let rule = match rule {
            "last-value" => "last-label",
            "mean" => "majority",
            other => other,
        };
        styles().find(|style| style.rule == rule).unwrap_or(last)
    }

    /// The name of its hatching within the page.
    pub fn hatch(&self) -> String {
        format!("hatch-{}", self.rule)
    }

    /// The class of elements that take its colour.
    pub fn class(&self) -> String {
        format!("look-{}", self.rule)
    }

    /// Its marker around a place, `size` from the middle to the edge.
    pub fn marker(&self, x: f64, y: f64, size: f64) -> Markup {
        let (fill, stroke, width) = match self.marker {
            Marker::Ring => ("var(--page)", "currentColor", 1.5),
            Marker::Cross | Marker::Plus => ("none", "currentColor", 2.0),
            _ => ("currentColor", "var(--page)", 1.0),
        };
        html! {
            path class=(self.class()) d=(self.marker.path(x, y, size)) fill=(fill) stroke=(stroke) stroke-width=(width) {}
        }
    }

    /// A piece of its line with its marker, for the name of the rule in a table or a legend.
    pub fn swatch(&self) -> Markup {
        html! {
            svg class="swatch" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" {
                path class=(self.class()) d="M0 6H34" stroke="currentColor" stroke-width="2" stroke-dasharray=[self.dashes()] {}
                (self.marker(17.0, 6.0, 4.5))
            }
        }
    }

    /// Its dashes, if its line is broken.
    pub fn dashes(&self) -> Option<&'static str> {
        Some(self.dash).filter(|dash| !dash.is_empty())
    }
}

impl Marker {
    fn path(self, x: f64, y: f64, size: f64) -> String {
        let corners: &[(f64, f64)] = match self {
            Marker::Circle | Marker::Ring => {
                let (left, across) = (x - size, 2.0 * size);
                return format!("M{left:.1} {y:.1}a{size} {size} 0 1 0 {across} 0a{size} {size} 0 1 0 -{across} 0z");
            }
            Marker::Cross => {
                let across = 2.0 * size;
                let (left, top) = (x - size, y - size);
                return format!("M{left:.1} {top:.1}l{across} {across}m0 -{across}l-{across} {across}");
            }
            Marker::Plus => {
                let across = 2.4 * size;
                let (left, middle) = (x - 1.2 * size, 1.2 * size);
                return format!("M{left:.1} {y:.1}h{across}m-{middle} -{middle}v{across}");
            }
            Marker::Pentagon => &[(0.0, -1.15), (1.1, -0.35), (0.7, 0.95), (-0.7, 0.95), (-1.1, -0.35)],
            Marker::Hourglass => &[(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)],
            Marker::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Marker::Triangle => &[(0.0, -1.2), (1.15, 0.9), (-1.15, 0.9)],
            Marker::Upside => &[(0.0, 1.2), (1.15, -0.9), (-1.15, -0.9)],
            Marker::Pointer => &[(1.2, 0.0), (-0.9, 1.15), (-0.9, -1.15)],
            Marker::Diamond => &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
        };
        let corner = |(dx, dy): &(f64, f64)| format!("{:.1} {:.1}", x + size * dx, y + size * dy);
        format!("M{}z", corners.iter().map(corner).collect::<Vec<_>>().join("L"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as the Web Content Accessibility Guidelines define them.
    fn luminance(colour: &str) -> f64 {
        let part = |k: usize| f64::from(u8::from_str_radix(&colour[k..k + 2], 16).unwrap()) / 255.0;
        let linear = |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_as_text_on_both_pages() {
        for style in styles() {
            let found = [contrast(style.light, PAGE[0][0]), contrast(style.dark, PAGE[1][0])];
            assert!(found.iter().all(|contrast| *contrast >= 4.5), "{}: {found:?}", style.rule);
        }
        assert!(PAGE.iter().all(|[page, ink]| contrast(page, ink) > 12.0));
    }

    #[test]
    fn no_two_rules_share_a_colour_or_both_dashes_and_marker() {
        for (k, a) in RULE_STYLES.iter().enumerate() {
            for b in &RULE_STYLES[..k] {
                assert!(a.light != b.light && a.dark != b.dark && a.marker != b.marker, "{} and {}", a.rule, b.rule);
            }
        }
        assert_eq!(RuleStyle::of("unheard of").rule, "shallow");
    }
}
