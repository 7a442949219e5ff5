//! The tables: one line a side, printed and written into BENCHMARKS.md between two markers.

use crate::here::root;
use crate::job::JobKind;
use crate::record::{MeasuredRow, Record, SideRecord};
use crate::rows::Group;
use std::fmt::Write;

const START: &str = "<!-- cargo xtask bench writes what follows -->";
const END: &str = "<!-- cargo xtask bench wrote what precedes -->";
const HEAD: &str = "\
| work | program | µs a sample | times as long as the first | peak memory | test error | share of the rate |
|---|---|---|---|---|---|---|
";
const PRODUCT_HEAD: &str = "\
| work | program | GFLOP/s | times as long as the first |
|---|---|---|---|
";

/// Writes all tables of a record into BENCHMARKS.md.
pub fn publish(record: &Record) -> Result<(), String> {
    let path = root().join("BENCHMARKS.md");
    let wrong = |error| format!("{}: {error}", path.display());
    let page = std::fs::read_to_string(&path).map_err(wrong)?;
    let page = between_markers(&page, &whole(record)).ok_or_else(|| format!("{}: no markers", path.display()))?;
    std::fs::write(&path, page).map_err(wrong)
}

/// The page with `tables` between its markers; none if it has no markers.
fn between_markers(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}\n\n{tables}\n{END}{after}"))
}

/// What was measured where, and every table that has rows.
pub fn whole(record: &Record) -> String {
    let Record { processor, cores, system, date, .. } = record;
    let mut text = format!("{processor}, {cores} cores, {system}, {date}. Beside Openloop: {}.\n", abouts(record));
    let all: Vec<String> = crate::rows::all(*cores).into_iter().map(|row| row.name).collect();
    let place = |row: &&MeasuredRow| all.iter().position(|name| *name == row.name).unwrap_or(all.len());
    for group in Group::ALL {
        let mut own: Vec<&MeasuredRow> = record.rows.iter().filter(|row| Group::of(&row.name) == group).collect();
        own.sort_by_key(place);
        if !own.is_empty() {
            let head = if group == Group::Product { PRODUCT_HEAD } else { HEAD };
            // writing to a string cannot fail
            let _ = write!(text, "\n### {}\n\n{head}{}", group.title(), rows(record, &own));
        }
    }
    text
}

/// The programs beside Openloop with their versions, each once.
fn abouts(record: &Record) -> String {
    let mut all: Vec<&str> = record.rows.iter().flat_map(|row| &row.sides).map(|side| side.about.as_str()).collect();
    all.retain(|about| !about.starts_with("Openloop"));
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { "nothing".into() } else { all.join(", ") }
}

/// Lines of a table, one a side.
pub fn rows(record: &Record, rows: &[&MeasuredRow]) -> String {
    rows.iter().flat_map(|row| row.sides.iter().enumerate().map(|(k, side)| line(record, row, k, side))).collect()
}

fn line(record: &Record, row: &MeasuredRow, k: usize, side: &SideRecord) -> String {
    let what = if k == 0 { row.what.as_str() } else { "" };
    let ratio =
        side.ratio.map_or("1".into(), |ratio| format!("{:.2} ({:.2}–{:.2})", ratio.median, ratio.low, ratio.high));
    let label = &side.label;
    if side.job.work == JobKind::Product {
        let one = row.sides.iter().find_map(|side| side.multiply_adds).unwrap_or(0);
        let rate = 2e-9 * one as f64 * side.job.samples as f64 / side.pass();
        return format!("| {what} | {label} | {rate:.0} | {ratio} |\n");
    }
    let error = side.test_error.map_or("–".into(), |error| format!("{error:.2} %"));
    let share = side.operations().zip(record.product_rate(side.job.threads));
    let share = share.map_or("–".into(), |(own, rate)| format!("{:.0} %", 100.0 * own / rate));
    let time = significant(1e6 * side.pass() / side.job.samples as f64);
    format!("| {what} | {label} | {time} | {ratio} | {:.0} MB | {error} | {share} |\n", side.peak_bytes as f64 / 1e6)
}

/// Three digits that count.
fn significant(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;
    use crate::spread::TurnSpread;

    fn record() -> Record {
        let row = &rows::all(2)[2];
        let side = |k: usize, seconds: Vec<f64>| SideRecord {
            label: row.sides[k].label.clone(),
            about: ["Openloop 1", "PyTorch 9"][k].into(),
            job: row.sides[k].job.clone(),
            ratio: (k > 0).then(|| TurnSpread::of_ratios(&[0.6, 0.6], &seconds)).flatten(),
            seconds,
            peak_bytes: 100_000_000,
            test_error: Some(9.5),
            multiply_adds: (k == 0).then_some(1_000_000),
        };
        let sides = vec![side(0, vec![0.6, 0.6]), side(1, vec![1.2, 1.8])];
        let row = MeasuredRow {
            name: row.name.clone(),
            what: row.what.clone(),
            commit: "c".into(),
            load_before: None,
            sides,
            failed: vec![],
        };
        Record { processor: "P".into(), cores: 2, system: "S".into(), date: "D".into(), rows: vec![row] }
    }

    #[test]
    fn a_line_holds_the_median_and_the_ratio_with_its_spread() {
        let text = whole(&record());
        assert!(text.contains("| Openloop | 10.0 | 1 | 100 MB | 9.50 % | – |"), "{text}");
        assert!(text.contains("|  | PyTorch by hand | 25.0 | 2.50 (2.00–3.00) | 100 MB | 9.50 % | – |"), "{text}");
        assert!(text.contains("Beside Openloop: PyTorch 9."), "{text}");
    }

    #[test]
    fn rows_stand_in_the_order_of_the_list_whenever_they_were_measured() {
        let mut record = record();
        let other = |name: &str| MeasuredRow { name: name.into(), what: name.into(), ..record.rows[0].clone() };
        record.rows = vec![other("batch-dfa"), other("batch-60"), other("batch-100")];
        let text = whole(&record);
        let at = |name: &str| text.find(&format!("| {name} | Openloop")).expect(name);
        assert!(at("batch-100") < at("batch-60") && at("batch-60") < at("batch-dfa"), "{text}");
    }

    #[test]
    fn only_what_stands_between_the_markers_is_written_anew() {
        let page = format!("before\n{START}\nold\n{END}\nafter\n");
        let new = between_markers(&page, "new\n").expect("the markers are there");
        assert_eq!(new, format!("before\n{START}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(between_markers("no markers", "new"), None);
    }
}
