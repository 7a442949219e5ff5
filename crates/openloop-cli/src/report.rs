//! Reports from the command line: a path tried before anything runs, the command as it was typed, the file at the end.

use crate::failure::Failure;
use crate::say::say;
use openloop::report::{self, Report};
use std::path::PathBuf;

/// A file that a report will be written to.
pub struct Destination(PathBuf);

impl Destination {
    /// Tries whether the file can be written, so that no hours of training end in a report that cannot be.
    pub fn open(path: Option<PathBuf>) -> Result<Option<Self>, Failure> {
        let Some(path) = path else { return Ok(None) };
        report::check(&path).map_err(Failure::request)?;
        Ok(Some(Destination(path)))
    }

    /// Writes the report and says where it is.
    pub fn write(&self, report: &Report<'_>) -> Result<(), Failure> {
        self.write_page(&report.html())
    }

    /// Writes a page and says where it is.
    pub fn write_page(&self, page: &str) -> Result<(), Failure> {
        report::write(&self.0, page).map_err(Failure::run)?;
        say!("report in {}", self.0.display());
        Ok(())
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
