//! Reports from the command line: a path tried before anything runs, the command as it was typed, the file at the end.

use crate::failure::Failure;
use crate::say::{self, say};
use crate::terminal;
use openloop::files::{Output, OutputKind, UsedPath};
use openloop::report::Report;
use std::io::{self, Write};
use std::path::Path;

/// A place that a report will be written to.
pub struct Destination(Output);

impl Destination {
    /// Tries whether it can be written, so that no hours of training end in a report that cannot be. `used` is what else the command
    /// reads and writes; `json` says that standard output is for the JSON object.
    pub fn open(path: Option<&Path>, used: &[UsedPath], json: bool) -> Result<Option<Self>, Failure> {
        let Some(path) = path else { return Ok(None) };
        if json && path == Path::new("-") {
            return Err(Failure::request("--report -: standard output is for the JSON object; name a file"));
        }
        Output::open(path, OutputKind::Report, used).map(|output| Some(Destination(output))).map_err(Failure::opening)
    }

    /// Writes the report and says where it is.
    pub fn write(&self, report: &Report<'_>) -> Result<(), Failure> {
        self.write_page(&report.html())
    }

    /// Writes a page and says where it is.
    pub fn write_page(&self, page: &str) -> Result<(), Failure> {
        self.0.write(page.as_bytes())?;
        if !self.0.is_standard() {
            say!("report in {}", self.0.path().display());
        }
        Ok(())
    }
}

/// Prints what is beside the report, made for the width of the terminal if it is for one: on standard output, unless the report is there.
pub fn print_beside(destination: Option<&Destination>, render: impl FnOnce(Option<usize>) -> String) -> io::Result<()> {
    match destination.is_some_and(|destination| destination.0.is_standard()) {
        true => io::stderr().write_all(render(terminal::error_width()).as_bytes()),
        false => io::stdout().write_all(render(terminal::output_width()).as_bytes()),
    }
}

/// Prints running text beside the report: on standard output, unless the report is there.
pub fn print_text_beside(destination: Option<&Destination>, text: &str) -> io::Result<()> {
    match destination.is_some_and(|destination| destination.0.is_standard()) {
        true => {
            text.lines().for_each(|line| say!("{line}"));
            Ok(())
        }
        false => say::print(text),
    }
}

/// The command line as it was typed, quoted where a shell needs it.
pub fn command() -> String {
    std::env::args_os().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        let cases = [
            ("--lr=1e-3", "--lr=1e-3"),
            ("fc200 fc100", "'fc200 fc100'"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
        ];
        cases.iter().for_each(|(word, expected)| assert_eq!(quoted(word), *expected));
    }
}
