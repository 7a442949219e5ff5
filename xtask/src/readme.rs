//! The commands of the README and of the guides as tests: every `console` block is run and what it prints is compared, line by line.
//!
//! Times, memory and errors differ a little from machine to machine, so numbers count as equal; the words must not differ.

use crate::shell::{Step, copy, fresh_folder, root, target};
use std::path::Path;
use std::process::Command;

/// A command of the README and what stands below it.
struct Example {
    command: String,
    expected: String,
}

/// The pages, and the folders in the target folder in which their commands are run.
const PAGES: [(&str, &str); 5] = [
    ("README.md", "readme"),
    ("docs/training.md", "guide-training"),
    ("docs/comparing.md", "guide-comparing"),
    ("docs/stream.md", "guide-stream"),
    ("docs/device.md", "guide-device"),
];

/// The shipped data, which the commands name from the workspace's root.
const DIGITS: &str = "crates/openloop/data/digits/digits.csv.gz";

/// Runs the pages' commands; with `update`, writes what they print into them.
pub fn run(update: bool) -> Result<(), String> {
    Step::cargo("the program", "build --release --package openloop-cli").run()?;
    PAGES.iter().try_for_each(|(page, folder)| run_page(page, &fresh_folder(folder)?, update))
}

fn run_page(page: &str, folder: &Path, update: bool) -> Result<(), String> {
    eprintln!("-- the commands of {page}");
    let path = root().join(page);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{page}: {error}"))?;
    copy(&root().join(DIGITS), &folder.join(DIGITS))?;
    let mut updated = text.clone();
    for Example { command, expected } in examples(&text) {
        let printed = print(&command, folder).map_err(|error| format!("{page}: {error}"))?;
        if update {
            updated = updated.replacen(&format!("$ {command}\n{expected}"), &format!("$ {command}\n{printed}"), 1);
        } else if without_numbers(&printed) != without_numbers(&expected) {
            return Err(format!(
                "{page}: `{command}` prints\n{printed}\nbut the page says\n{expected}\n(cargo xtask readme --update writes it anew)"
            ));
        }
    }
    if update { std::fs::write(&path, updated).map_err(|error| format!("{page}: {error}")) } else { Ok(()) }
}

/// The commands of all `console` blocks: lines that start with `$ `, each with the lines up to the next.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line.strip_prefix("$ "), examples.last_mut()) {
            (false, ..) => inside = line == "```console",
            (true, ..) if line == "```" => inside = false,
            (true, Some(command), _) => examples.push(Example { command: command.into(), expected: String::new() }),
            (true, None, Some(last)) => last.expected += &format!("{line}\n"),
            (true, None, None) => {}
        }
    }
    examples
}

/// What a command prints on both streams, run by a shell that finds the program just built.
fn print(command: &str, folder: &Path) -> Result<String, String> {
    let programs = target("")?.join("release");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{{ {command}\n}} 2>&1")]).current_dir(folder).env("PATH", path);
    let result = shell.output().map_err(|error| format!("sh: {error}"))?;
    let printed = String::from_utf8_lossy(&result.stdout).into_owned();
    if result.status.success() { Ok(printed) } else { Err(format!("`{command}` fails:\n{printed}")) }
}

/// The text with every number replaced by `#`, and one blank for many: columns are as wide as their numbers.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let number = c.is_ascii_digit() || (matches!(c, '.' | ',') && out.ends_with('#'));
        match (number, out.ends_with('#')) {
            (true, true) => {}
            (false, _) if c == ' ' && out.ends_with(' ') => {}
            (true, false) => out.push('#'),
            (false, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_with_their_output() {
        let found = examples("text\n```console\n$ a b\none\ntwo\n$ c\n```\n$ not this\n```sh\n$ nor this\n```\n");
        let found: Vec<(&str, &str)> = found.iter().map(|e| (e.command.as_str(), e.expected.as_str())).collect();
        assert_eq!(found, [("a b", "one\ntwo\n"), ("c", "")]);
    }

    #[test]
    fn numbers_are_equal_and_words_are_not() {
        assert_eq!(without_numbers("error 4.44 %, 1,437 rows"), without_numbers("error 10 %, 2 rows"));
        assert_eq!(without_numbers("a   9.5k"), without_numbers("a  10.5k"));
        assert_ne!(without_numbers("error 4 %"), without_numbers("loss 4 %"));
    }
}
