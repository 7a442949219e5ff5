//! Text that fits the width of a terminal: lines break between words, tables into columns below each other.

use std::io::{self, IsTerminal};
use terminal_size::{Height, Width, terminal_size_of};

/// A terminal that is narrower has no room for all that stands in a line elsewhere.
pub const NARROW: usize = 80;

/// Columns of the terminal that standard error is; none where it is none.
pub fn error_width() -> Option<usize> {
    let error = io::stderr();
    error.is_terminal().then(|| columns(terminal_size_of(error)))
}

/// Columns of the terminal that standard output is; none where it is none.
pub fn output_width() -> Option<usize> {
    let output = io::stdout();
    output.is_terminal().then(|| columns(terminal_size_of(output)))
}

/// Some terminals do not say how wide they are.
fn columns(size: Option<(Width, Height)>) -> usize {
    size.map_or(NARROW, |(width, _)| usize::from(width.0))
}

/// The lines of `text`, broken between words where they are wider than `width`; what follows a break is indented by two more blanks.
/// A word that is wider stays whole.
pub fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.into() };
    text.split('\n').map(|line| wrapped_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    let size = |text: &str| text.chars().count();
    if size(line) <= width {
        return line.into();
    }
    let indent = line.len() - line.trim_start().len();
    let next = format!("\n{}", " ".repeat(indent + 2));
    let (mut out, mut used) = (line[..indent].to_string(), indent);
    for word in line[indent..].split_inclusive(' ') {
        // the blank after the last word of a line needs no room
        if used > indent + 2 && used + size(word.trim_end()) > width {
            out.truncate(out.trim_end().len());
            out += &next;
            used = indent + 2;
        }
        let is_blank_at_start = word == " " && out.ends_with(&next);
        if !is_blank_at_start {
            out += word;
            used += size(word);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Columns two blanks apart: the first aligned to the left, the others to the right. Columns that do not fit into `width` stand in
/// tables of their own below, each with the first column again.
pub fn aligned(rows: &[Vec<String>], width: Option<usize>) -> String {
    let widest = |k: usize| rows.iter().map(|row| row[k].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(widest).collect();
    let limit = width.unwrap_or(usize::MAX);
    let mut tables = Vec::new();
    let mut rest = 1..widths.len();
    while !rest.is_empty() {
        let mut used = widths[0];
        let fits = |k: &usize| {
            used += 2 + widths[*k];
            used <= limit
        };
        let end = (rest.start + rest.clone().take_while(fits).count()).max(rest.start + 1);
        tables.push(table(rows, &widths, rest.start..end));
        rest.start = end;
    }
    tables.join("\n")
}

fn table(rows: &[Vec<String>], widths: &[usize], columns: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for row in rows {
        text += &format!("{:1$}", row[0], widths[0]);
        columns.clone().for_each(|k| text += &format!("  {:>1$}", row[k], widths[k]));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_what_follows_is_indented() {
        let text = "note: all of this is one line\n  and this another one\nshort\n";
        let narrow = "note: all of\n  this is one\n  line\n  and this\n    another one\nshort\n";
        assert_eq!((wrapped(text, Some(15)).as_str(), wrapped(text, None).as_str()), (narrow, text));
        assert!(wrapped(text, Some(15)).lines().all(|line| line.chars().count() <= 15));
    }

    #[test]
    fn a_word_that_is_wider_than_the_terminal_stays_whole_and_blanks_at_a_break_go() {
        assert_eq!(wrapped("saved in /a/very/long/path now", Some(12)), "saved in\n  /a/very/long/path\n  now");
        assert_eq!(wrapped("train --rule bp        the same", Some(20)), "train --rule bp\n  the same");
        assert_eq!(wrapped("ä ö ü", Some(5)), "ä ö ü", "characters, not bytes");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_in_characters() {
        let rows = [vec!["a".into(), "1 ± 2".into()], vec!["long".into(), "3".into()]];
        assert_eq!(aligned(&rows, None), "a     1 ± 2\nlong      3\n");
    }

    #[test]
    fn columns_that_do_not_fit_stand_below_with_the_first_one_again() {
        let row = |cells: [&str; 4]| cells.map(String::from).to_vec();
        let rows = [row(["rule", "error", "p", "memory"]), row(["bp", "1.5", "-", "12345"])];
        assert_eq!(aligned(&rows, Some(14)), "rule  error  p\nbp      1.5  -\n\nrule  memory\nbp     12345\n");
        assert_eq!(aligned(&rows, Some(22)), aligned(&rows, None), "all of them fit");
        let narrow = aligned(&rows, Some(1));
        assert_eq!(narrow.matches("rule").count(), 3, "one column a table: {narrow}");
    }
}
