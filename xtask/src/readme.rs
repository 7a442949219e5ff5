//! The commands of the README and of the guides as tests: every `console` block is run and what it prints is compared, line by line.
//!
//! Words and numbers must be the same, but for what a machine decides: times, rates, measured memory and the number of threads.
//! Losses in JSON have more digits than the instruction sets agree on, so they are compared to five. All else that the
//! pages print was the same with AVX-512, with AVX2 and without both (`OPENLOOP_INSTRUCTIONS`), to the last digit.

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
        } else {
            compare(&printed, &expected).map_err(|difference| {
                format!("{page}: `{command}` {difference}\n(cargo xtask readme --update writes it anew)")
            })?;
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

/// Whether a command prints what the page says; else the first line that differs.
fn compare(printed: &str, expected: &str) -> Result<(), String> {
    let (found, wanted) = (without_measurements(printed), without_measurements(expected));
    if found == wanted {
        return Ok(());
    }
    let same = found.iter().zip(&wanted).take_while(|(found, wanted)| found == wanted).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("nothing more").to_string();
    Err(format!(
        "prints\n{printed}\nbut the page says\n{expected}\nfirst {}\ninstead of {}",
        line(printed),
        line(expected)
    ))
}

/// Columns of a table that are measured.
const MEASURED_COLUMNS: [&str; 3] = ["s/epoch", "samples/s", "peak"];
/// Keys of a JSON object that are measured, or the machine's.
const MEASURED_KEYS: [&str; 4] = ["seconds_per_epoch", "samples_per_second", "peak_bytes", "threads"];
/// What follows a measured number in a sentence: `N ms each`, `N samples a second`, `at most N kB of memory`.
const MEASURED_WORDS: [&[&str]; 9] = [
    &["ms", "each"],
    &["s", "each"],
    &["a", "second"],
    &["samples", "a", "second"],
    &["bytes", "of", "memory"],
    &["kB", "of", "memory"],
    &["MB", "of", "memory"],
    &["GB", "of", "memory"],
    &["threads"],
];

/// The lines with `#` for everything measured, and one blank for many: columns are as wide as their numbers.
fn without_measurements(text: &str) -> Vec<String> {
    let mut columns: Vec<usize> = Vec::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.iter().any(|word| MEASURED_COLUMNS.contains(word)) {
            let of_table = |from_right: &usize| MEASURED_COLUMNS.contains(&words[words.len() - 1 - from_right]);
            columns = (0..words.len()).filter(of_table).collect();
            lines.push(words.join(" "));
        } else if words.is_empty() {
            columns.clear();
            lines.push(String::new());
        } else if line.starts_with(['{', '"']) {
            // an object, or one key of it a line
            lines.push(object(line));
        } else {
            lines.push(sentence(&words, &columns));
        }
    }
    lines
}

/// A line of words, of which those at `columns`, counted from the right, are measured.
fn sentence(words: &[&str], columns: &[usize]) -> String {
    let bare = |word: &str| word.trim_end_matches([',', ';', '.', ':']).to_string();
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let is_number = words[at].starts_with(|c: char| c.is_ascii_digit());
        let follows = |end: &&&[&str]| {
            end.iter().enumerate().all(|(k, word)| words.get(at + 1 + k).is_some_and(|w| bare(w) == *word))
        };
        let measured = MEASURED_WORDS.iter().find(follows).filter(|_| is_number);
        let in_column = columns.contains(&(words.len() - 1 - at));
        out.push(if measured.is_some() || in_column { "#" } else { words[at] });
        // the unit goes with the number: 900 kB may be 1.1 MB elsewhere
        at += if measured.is_some_and(|end| end.len() > 1 && end[0] != "a") { 2 } else { 1 };
    }
    out.join(" ")
}

/// A flat JSON object, whose numbers with a fraction are given to five digits.
fn object(line: &str) -> String {
    let pair = |pair: &str| {
        let Some((key, value)) = pair.split_once(':') else { return pair.to_string() };
        let name = key.trim_matches(['{', '"']);
        let digits = value.trim_end_matches('}');
        match digits.parse::<f64>() {
            _ if MEASURED_KEYS.contains(&name) => format!("{key}:#"),
            Ok(number) if digits.contains('.') => format!("{key}:{number:.4e}"),
            _ => format!("{key}:{value}"),
        }
    };
    line.split(',').map(pair).collect::<Vec<_>>().join(",")
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

    #[track_caller]
    fn same(a: &str, b: &str) {
        assert_eq!(compare(a, b), Ok(()));
    }

    #[track_caller]
    fn differ(a: &str, b: &str) {
        assert!(compare(a, b).is_err(), "{a} passes for {b}");
    }

    #[test]
    fn numbers_and_words_must_be_the_same() {
        same("epoch 1/60  loss 1.6287  test error 20.00 %", "epoch 1/60  loss 1.6287  test error 20.00 %");
        differ("test error 2.22 %", "test error 2.50 %");
        differ("loss 0.1332", "loss 0.1333");
        differ("1437 training rows", "1438 training rows");
        differ("memory: 94.1 kB for weights", "memory: 94.2 kB for weights");
        differ("code: at most 8192 bytes of flash", "code: at most 8193 bytes of flash");
        differ("error 4 %", "loss 4 %");
        differ("one line", "one line\nand another");
    }

    #[test]
    fn times_rates_measured_memory_and_threads_may_differ() {
        let end = |ms, rate, memory| {
            format!("60 epochs, {ms} each, {rate} samples a second, 7510 parameters, at most {memory} of memory")
        };
        same(&end("1.9 ms", 751_704, "1694.5 kB"), &end("1.1 s", 9, "2.5 MB"));
        differ(&end("1.9 ms", 1, "1 kB"), &end("1.9 ms", 1, "1 kB").replace("7510", "7511"));
        same("9000 rows, 251694 a second", "9000 rows, 4 a second");
        differ("9000 rows, 251694 a second", "9001 rows, 251694 a second");
        same("60 epochs, batch 10, 2 threads", "60 epochs, batch 10, 16 threads");
    }

    #[test]
    fn columns_that_are_measured_may_differ_and_the_others_not() {
        let table = |rows: &str| format!("rule  error %  s/epoch  samples/s  m-adds  peak\n{rows}\n\nafter 5");
        let drtp = table("drtp  1.92 ± 0.24  0.0019  744340  14.9k  127k");
        same(&drtp, &table("drtp   1.92 ± 0.24    0.1   7  14.9k  1.72M"));
        differ(&drtp, &table("drtp  1.92 ± 0.25  0.0019  744340  14.9k  127k"));
        differ(&drtp, &table("drtp  1.92 ± 0.24  0.0019  744340  14.8k  127k"));
        differ(&drtp, &drtp.replace("after 5", "after 6"));
    }

    #[test]
    fn an_objects_losses_agree_to_five_digits_and_its_counts_entirely() {
        let object = |loss, rate, parameters| {
            format!(
                r#"{{"rule":"bp","train_loss":{loss},"samples_per_second":{rate},"parameters":{parameters},"threads":2}}"#
            )
        };
        same(&object("0.0003046793351176719", 1.5, 7510), &object("0.00030467921068208785", 9.25, 7510));
        differ(&object("0.0003046793", 1.5, 7510), &object("0.0003047793", 1.5, 7510));
        differ(&object("0.25", 1.5, 7510), &object("0.25", 1.5, 7511));
        same("\"seconds_per_epoch\":0.0015\n\"seed\":0", "\"seconds_per_epoch\":0.0014\n\"seed\":0");
        differ("\"seconds_per_epoch\":0.0015\n\"seed\":0", "\"seconds_per_epoch\":0.0015\n\"seed\":1");
    }
}
