//! A mutation run: cargo-mutants changes one operator or return value at a time, and some test should fail for each change.
//!
//! Far too slow for CI. `--shard 3/40` tries a part, and one that was stopped goes on where it was: what was caught is not
//! tried again. After each run the survivors of all parts are written into `bench/results`, by year and month, and a word
//! that stands beside a survivor there is kept.

use crate::shell::{output, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where cargo-mutants keeps what it found, a folder for each part and shard.
const FOLDER: &str = "target/mutants";
/// What is changed and what is then tested: a name, the files, the packages whose tests must notice.
const PARTS: [(&str, &[&str], &str); 2] = [
    ("core", &["crates/openloop-core/src/**/*.rs"], "openloop-core"),
    (
        "host",
        &[
            "crates/openloop/src/learner/**/*.rs",
            "crates/openloop/src/stream/**/*.rs",
            "crates/openloop/src/files/**/*.rs",
        ],
        "openloop,openloop-cli",
    ),
];
/// Stands beside a survivor that nobody has looked at.
const NO_WORD: &str = "not looked at yet";

/// Tries all mutants, or those of a shard `K/N`, and writes down the survivors.
pub fn run(shard: Option<&str>) -> Result<(), String> {
    if let Some(shard) = shard {
        check(shard)?;
    }
    for (name, files, tests) in PARTS {
        try_part(name, files, tests, shard)?;
    }
    write_survivors()
}

fn check(shard: &str) -> Result<(), String> {
    let numbers = shard.split_once('/').and_then(|(k, n)| Some((k.parse::<u32>().ok()?, n.parse::<u32>().ok()?)));
    match numbers {
        Some((k, n)) if k < n => Ok(()),
        _ => Err(format!("--shard {shard}: K/N is expected, K from 0 to N - 1")),
    }
}

fn try_part(name: &str, files: &[&str], tests: &str, shard: Option<&str>) -> Result<(), String> {
    let own = format!("{name}-{}", shard.unwrap_or("0/1").replace('/', "-of-"));
    let folder = root().join(FOLDER).join(own);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).args([
        "mutants",
        "--workspace",
        "--iterate",
        "--no-shuffle",
        // a shard is then a sample of all files and not a few files whole
        "--sharding",
        "round-robin",
        "--test-package",
        tests,
        "--output",
    ]);
    command.arg(&folder);
    files.iter().for_each(|file| _ = command.args(["--file", file]));
    shard.iter().for_each(|shard| _ = command.args(["--shard", shard]));
    let status = command.status().map_err(|error| format!("cargo mutants: {error}"))?;
    match status.code() {
        // all caught; some missed; some ran out of time
        Some(0 | 2 | 3) => Ok(()),
        _ => Err("cargo mutants failed; it is had with `cargo install cargo-mutants --locked`".into()),
    }
}

/// What came of the mutants, each by its line.
#[derive(Debug, Default, PartialEq)]
struct Found {
    caught: BTreeSet<String>,
    missed: BTreeSet<String>,
    out_of_time: BTreeSet<String>,
}

fn write_survivors() -> Result<(), String> {
    let mut found = Found::default();
    let mut parts = Vec::new();
    let folder = root().join(FOLDER);
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        found.add(&path.join("mutants.out"));
        parts.extend(path.file_name().map(|name| name.to_string_lossy().replace("-of-", "/")));
    }
    parts.sort();
    let page = page(output("date", &["+%Y-%m"])?.trim());
    let before = fs::read_to_string(&page).unwrap_or_default();
    fs::write(&page, found.text(&parts, &words(&before))).map_err(|error| format!("{}: {error}", page.display()))?;
    eprintln!("-- {}: {} caught, {} survivors", page.display(), found.caught.len(), found.missed.len());
    Ok(())
}

fn page(month: &str) -> PathBuf {
    root().join(format!("bench/results/{month}-mutants.md"))
}

impl Found {
    /// Adds what is in a folder of cargo-mutants. A list that is not there is of a run that had none.
    fn add(&mut self, folder: &Path) {
        let lines = |name: &str| {
            let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
            text.lines().map(String::from).collect::<Vec<_>>()
        };
        self.caught.extend(lines("caught.txt"));
        self.caught.extend(lines("previously_caught.txt"));
        self.missed.extend(lines("missed.txt"));
        self.out_of_time.extend(lines("timeout.txt"));
    }
}

impl Found {
    /// The page: how much was tried, and each survivor with its word.
    fn text(&self, parts: &[String], words: &BTreeMap<String, String>) -> String {
        let tried = self.caught.len() + self.missed.len() + self.out_of_time.len();
        let noticed = self.caught.len() + self.out_of_time.len();
        let share = 100.0 * noticed as f64 / tried.max(1) as f64;
        let mut text = format!(
            "# Mutants that no test notices\n\nMade by `cargo xtask mutants`. Tried so far: {} (part and shard).\n\n\
             {tried} mutants that compile: {} made a test fail, {} ran for ever, {} survived; {share:.1} % were noticed.\n\n\
             | survivor | a word on it |\n|---|---|\n",
            parts.join(", "),
            self.caught.len(),
            self.out_of_time.len(),
            self.missed.len(),
        );
        for survivor in &self.missed {
            let word = words.get(survivor).map_or(NO_WORD, String::as_str);
            text += &format!("| `{}` | {word} |\n", survivor.replace('|', "\\|"));
        }
        text
    }
}

/// The words of a page, by survivor.
fn words(page: &str) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let (survivor, word) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((survivor.replace("\\|", "|"), word.strip_suffix(" |")?.to_string()))
    };
    page.lines().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_on_a_survivor_is_kept() {
        let mut found = Found::default();
        found.caught.extend(["a".to_string(), "b".to_string()]);
        found.missed.extend(["x.rs:1:2: replace | with & in f".to_string(), "y.rs:3: new".to_string()]);
        let first = found.text(&["core-0/2".into()], &BTreeMap::new());
        assert!(
            first.contains("4 mutants") && first.contains("50.0 %") && first.matches(NO_WORD).count() == 2,
            "{first}"
        );
        let edited = first.replacen(NO_WORD, "the same bits", 1);
        assert_eq!(found.text(&["core-0/2".into()], &words(&edited)), edited);
    }

    #[test]
    fn a_shard_is_a_number_below_another() {
        assert!(check("0/4").is_ok() && check("3/4").is_ok());
        assert!(["4/4", "1", "a/b", "-1/4", ""].iter().all(|shard| check(shard).is_err()));
    }
}
