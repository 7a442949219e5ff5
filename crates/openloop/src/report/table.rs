//! Tables: a caption, headings that say what they head, numbers to the right, rules with their looks.

use super::chart::RuleStyle;
use maud::{Markup, html};

/// Columns after the first at most of a table that is not stretched to the page's width.
const MAX_FEW: usize = 4;

/// A column's heading, which several columns may share.
pub struct ColumnHeading {
    /// What stands there.
    pub text: String,
    /// The headings below it; none for a column of its own.
    pub parts: Vec<&'static str>,
}

impl ColumnHeading {
    /// Of one column.
    pub fn of(text: impl Into<String>) -> Self {
        ColumnHeading { text: text.into(), parts: Vec::new() }
    }

    /// Of one column for each part.
    pub fn over(text: &str, parts: &[&'static str]) -> Self {
        ColumnHeading { text: text.into(), parts: parts.to_vec() }
    }
}

/// A box that scrolls sideways where the page is narrower than what is in it, and shows that it does.
pub fn wide(what: &str, content: Markup) -> Markup {
    html! { div class="wide" role="region" aria-label=(what) tabindex="0" { (content) } }
}

/// A table of one row for each rule: its name, then `cells`.
pub struct RuleTable {
    /// What it shows.
    pub caption: Markup,
    /// Of the columns after the first.
    pub headings: Vec<ColumnHeading>,
    /// A rule's name and what stands in its row.
    pub rows: Vec<(String, Vec<Markup>)>,
}

impl RuleTable {
    /// The table, in a box of its own that scrolls where the page is narrow.
    pub fn markup(self) -> Markup {
        let columns: usize = self.headings.iter().map(|heading| heading.parts.len().max(1)).sum();
        // numbers that are far from the name of their rule are hard to follow
        let few = columns <= MAX_FEW;
        let two = self.headings.iter().any(|heading| !heading.parts.is_empty());
        let table = html! {
            table class=[few.then_some("few")] {
                caption { (self.caption) }
                thead {
                    tr {
                        th scope="col" rowspan=[two.then_some(2)] { "rule" }
                        @for heading in &self.headings { (top(heading, two)) }
                    }
                    @if two {
                        tr { @for part in self.headings.iter().flat_map(|heading| &heading.parts) { th scope="col" { (part) } } }
                    }
                }
                tbody {
                    @for (rule, cells) in &self.rows {
                        tr { (rule_heading(rule)) @for cell in cells { td { (cell) } } }
                    }
                }
            }
        };
        wide("table", table)
    }
}

fn top(heading: &ColumnHeading, two: bool) -> Markup {
    let ColumnHeading { text, parts } = heading;
    html! {
        @if parts.is_empty() {
            th scope="col" rowspan=[two.then_some(2)] { (text) }
        } @else {
            th scope="colgroup" class="group" colspan=(parts.len()) { (text) }
        }
    }
}

/// A rule's name with a piece of its line, at the head of its row.
pub fn rule_heading(rule: &str) -> Markup {
    html! { th scope="row" { (RuleStyle::of(rule).swatch()) " " (rule) } }
}
