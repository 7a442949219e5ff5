//! Whether the first row of a table names its columns: it is compared with the rows after it, column by column.
//!
//! | first cell | cells below | speaks for |
//! |---|---|---|
//! | text | numbers | a header |
//! | number | text | a header of numbers |
//! | text | text, the same once more | data |
//! | text with digits | text of the same form, as dates have | data |
//! | text | other text, some of it twice, as classes are | a header, weakly |
//! | number | numbers | neither by itself |
//! | text | other text, each once | neither |
//! | missing | anything | neither |
//!
//! Where only numbers and weak signs are left, the first row may be a header of numbers if these grow from left to right, as
//! `0,1,2` and wavelengths do, and do not lie among the numbers below them. What stays unclear is asked for.

use super::cells::Cells;
use super::missing::is_missing;
use std::collections::HashSet;

/// Names of a label column that need no telling, in any case.
const LABEL_NAMES: [&str; 3] = ["label", "class", "target"];

/// What the first row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstRow {
    /// The columns' names.
    Header,
    /// A row as the others.
    Data,
    /// It could be either.
    Unclear,
}

/// What one column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    Header,
    Data,
    Weak,
    /// Numbers throughout; whether the first lies among the others.
    Numbers {
        fits: bool,
    },
    Nothing,
}

/// Whether a column of this name holds the label.
pub(super) fn is_label_name(name: &str) -> bool {
    LABEL_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// What the first of `rows` is. `asked` are names of columns that the user gave; `label` is where the label stands if the user
/// did not say it by name, beyond the last column if there is none.
pub(super) fn first_row(rows: &[Cells], asked: &[&str], label: usize) -> FirstRow {
    let Some((first, rest)) = rows.split_first() else { return FirstRow::Data };
    if rest.is_empty() {
        return alone(first, asked, label);
    }
    let evidence: Vec<Evidence> = (0..first.len()).map(|k| column(first, rest, k)).collect();
    let count = |wanted: Evidence| evidence.iter().filter(|found| **found == wanted).count();
    let (headers, data, weak) = (count(Evidence::Header), count(Evidence::Data), count(Evidence::Weak));
    let fitting = count(Evidence::Numbers { fits: true });
    let numbers = fitting + count(Evidence::Numbers { fits: false });
    let named = (0..first.len()).any(|k| evidence[k] != Evidence::Data && is_known(first.get(k), asked));
    match (headers, data, weak) {
        (0, 1.., _) => FirstRow::Data,
        (1.., 0, _) if headers > 1 || fitting == 0 || fitting < numbers => FirstRow::Header,
        (1.., _, _) if numbers == 0 || named || grows(first, label) && fitting < numbers => FirstRow::Header,
        (1.., _, _) => FirstRow::Unclear,
        (0, 0, 1..) if numbers == 0 || named => FirstRow::Header,
        (0, 0, 0) if numbers == 0 => FirstRow::Data,
        (0, 0, _) if !grows(first, label) => FirstRow::Data,
        (0, 0, _) if 2 * fitting < numbers => FirstRow::Header,
        (0, 0, 0) if fitting == numbers && comes_again(first, rest, label) && !counts(first) => FirstRow::Data,
        (0, 0, _) => FirstRow::Unclear,
    }
}

/// A first row with none below it: a header if it has text where the label is not, or a known name there.
fn alone(first: &Cells, asked: &[&str], label: usize) -> FirstRow {
    let is_text = |k: usize| !is_missing(first.get(k)) && first.number(k).is_none();
    let is_name = |k: usize| is_text(k) && (k != label || is_known(first.get(k), asked));
    let is_header = (0..first.len()).any(is_name);
    if is_header { FirstRow::Header } else { FirstRow::Data }
}

/// Whether a cell is a name that was asked for, or that label columns have. A number that was asked for may be a position.
fn is_known(cell: &[u8], asked: &[&str]) -> bool {
    let Ok(cell) = str::from_utf8(cell) else { return false };
    is_label_name(cell) || (cell.parse::<f64>().is_err() && asked.contains(&cell))
}

fn column(first: &Cells, rest: &[Cells], k: usize) -> Evidence {
    let cell = first.get(k);
    let mut below = rest.iter().filter(|row| !is_missing(row.get(k))).peekable();
    if is_missing(cell) || below.peek().is_none() {
        return Evidence::Nothing;
    }
    let (mut numbers, mut texts, mut again, mut alike) = (0, 0, false, false);
    let (mut lowest, mut highest, mut decimals) = (f64::INFINITY, f64::NEG_INFINITY, true);
    for row in below {
        again |= row.get(k) == cell;
        match row.number(k) {
            Some(value) => {
                numbers += 1;
                (lowest, highest) = (lowest.min(value), highest.max(value));
                decimals &= has_decimals(row.get(k));
            }
            None => {
                texts += 1;
                alike |= same_form(row.get(k), cell);
            }
        }
    }
    match first.number(k) {
        Some(value) if texts == 0 => {
            let margin = highest - lowest;
            let inside = value >= lowest - margin && value <= highest + margin;
            Evidence::Numbers { fits: inside && (!decimals || has_decimals(cell)) }
        }
        Some(_) if numbers == 0 => Evidence::Header,
        Some(_) if again => Evidence::Data,
        Some(_) => Evidence::Nothing,
        None if texts == 0 => Evidence::Header,
        None if again || alike => Evidence::Data,
        None if repeats(rest, k) => Evidence::Weak,
        None => Evidence::Nothing,
    }
}

/// Whether some text stands twice in a column, as classes do.
fn repeats(rows: &[Cells], k: usize) -> bool {
    let mut seen = HashSet::new();
    rows.iter().map(|row| row.get(k)).any(|cell| !is_missing(cell) && !seen.insert(cell))
}

fn has_decimals(cell: &[u8]) -> bool {
    cell.iter().any(|byte| matches!(byte, b'.' | b',' | b'e' | b'E'))
}

/// Whether two texts have digits, and the same signs between digits and letters.
fn same_form(a: &[u8], b: &[u8]) -> bool {
    let form = |byte: &u8| match byte {
        b'0'..=b'9' => b'0',
        byte if byte.is_ascii_alphabetic() => b'a',
        byte => *byte,
    };
    let has_digit = a.iter().any(u8::is_ascii_digit) && a.iter().any(|byte| !byte.is_ascii_digit());
    has_digit && a.len() == b.len() && a.iter().map(form).eq(b.iter().map(form))
}

/// Whether the numbers of a row, the label's aside, grow from left to right.
fn grows(row: &Cells, label: usize) -> bool {
    let numbers: Vec<f64> = (0..row.len()).filter(|k| *k != label).filter_map(|k| row.number(k)).collect();
    numbers.windows(2).all(|pair| pair[0] < pair[1])
        && row.number(label).is_none_or(|label| !numbers.contains(&label))
        && (0..row.len()).all(|k| !is_missing(row.get(k)))
}

/// Whether the numbers of a row are 0, 1, 2, ... or 1, 2, 3, ..., at least three of them.
fn counts(row: &Cells) -> bool {
    let first = row.number(0).unwrap_or(-1.0);
    let is_next = |k: usize| row.number(k) == Some(first + k as f64);
    row.len() > 2 && (first == 0.0 || first == 1.0) && (0..row.len()).all(is_next)
}

/// Whether the label of the first row is that of another.
fn comes_again(first: &Cells, rest: &[Cells], label: usize) -> bool {
    let is_same = |row: &Cells| match (row.number(label), first.number(label)) {
        (Some(one), Some(other)) => one == other,
        _ => row.get(label) == first.get(label),
    };
    rest.iter().any(is_same)
}

#[cfg(test)]
mod tests {
    use super::FirstRow::{Data, Header, Unclear};
    use super::*;

    #[track_caller]
    fn is(text: &str, expected: FirstRow) {
        let rows: Vec<Cells> = text
            .lines()
            .map(|line| {
                let mut cells = Cells::default();
                cells.parse(line.as_bytes());
                cells
            })
            .collect();
        let label = rows[0].len() - 1;
        assert_eq!(first_row(&rows, &[], label), expected, "{text}");
    }

    #[test]
    fn names_over_numbers_are_a_header() {
        is("a,b,kind\n1,2,x\n3,4,y\n3,5,x\n", Header);
        is("time,10,5,2,label\n0.1,1.5,2.5,3.5,0\n0.2,2.5,1.5,0.5,1\n", Header);
        is(",a,b\n0,1.5,x\n1,2.5,y\n", Header);
        is("colour,size,kind\nred,big,a\nblue,small,b\nred,small,a\n", Header);
        is("x,y,target\n1,2,target\n3,4,other\n", Header);
        is("0,1,label\n5,1,1\n6,2,2\n", Header);
    }

    #[test]
    fn a_header_of_numbers_is_a_header() {
        is("0,1,2,3\n2.1,4.1,24.9,1\n0.0,4.4,20.4,0\n1.4,3.2,22.8,1\n", Header);
        is("400,410,420,species\n2.1,4.1,24.9,running\n0.0,4.4,20.4,idle\n1.4,3.2,22.8,running\n", Header);
        is("400.5,410.5,420.5,kind\n0.11,0.52,0.93,a\n0.21,0.42,0.73,b\n0.11,0.62,0.83,a\n", Header);
        is("0,1,2\n5.5,6.5,rose\n4.5,6.0,lily\n", Header);
    }

    #[test]
    fn a_row_like_the_others_is_data() {
        is("5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,setosa\n6.0,2.7,5.1,1.6,versicolor\n", Data);
        is("?,4.1,24.9,running\n0.0,4.4,20.4,idle\n1.4,3.2,22.8,running\n", Data);
        is("NA,4.1,24.9,rare\n0.0,4.4,20.4,idle\n1.4,3.2,22.8,running\n", Data);
        is("0.02,4.4,20.4,target\n0.1,5.3,20.2,target\n2.1,4.1,24.9,other\n", Data);
        is("2024-01-01 12:00,2.1,a\n2024-01-02 12:00,0.0,b\n2024-01-03 12:00,1.4,a\n", Data);
        is("5,1,4,0\n5,1,4,0\n7,2,1,0\n0,6,8,1\n", Data);
        is("1,10\n2,9\n3,10.0\n4,-1\n", Data);
        is("0,0\n1,1\n2,2\n3,0\n", Data);
    }

    #[test]
    fn what_could_be_either_is_unclear() {
        is("1,2,3\n2,1,3\n3,3,1\n1,2,2\n", Unclear);
        is("abc,4.1,24.9,rose\n0.0,4.4,20.4,rose\n1.4,3.2,22.8,lily\n", Unclear);
        is("1,2,rare\n2,1,often\n1,3,often\n3,2,often\n", Unclear);
    }
}
