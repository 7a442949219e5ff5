//! What learning on a device may cost, and what it did cost when that was last recorded.

use super::lines::Line;
use crate::shell::root;
use std::fs;

/// Where the instruction counts are recorded.
const RECORD: &str = "firmware/counts.txt";
/// How far a count may move under the recorded compiler, and under another one.
const TOLERANCE: (f64, f64) = (0.02, 0.15);
/// What the program of one network and one rule may take, 64-32-10 under drtp.
pub struct Limits {
    /// Bytes of RAM to train: weights, scratch and stack.
    memory: u32,
    /// Instructions of the Cortex-M4F for a learning step and an answer.
    instructions: (u32, u32),
}

const F32: Limits = Limits { memory: 10_300, instructions: (14_500, 7_000) };
const INT8: Limits = Limits { memory: 3_000, instructions: (12_500, 6_000) };
/// Bytes of flash of the learning runtime in f32, with the code of all rules.
const CODE: u32 = 8_192;

/// Says what built the images.
pub fn compiler(version: &str) {
    eprintln!("-- built by {version}");
}

/// The limits of a program, if it has some.
pub fn of(program: &str) -> Option<Limits> {
    match program {
        "single" => Some(F32),
        "single-int8" => Some(INT8),
        _ => None,
    }
}

impl Limits {
    /// The whole of the RAM that the program takes.
    pub fn memory(&self, board: &str, line: &Line) -> Result<(), String> {
        let total = line.number("weights")? + line.number("scratch")? + line.number("stack")?;
        eprintln!("-- {board}: {total} bytes of RAM");
        match total <= self.memory {
            true => Ok(()),
            false => Err(format!("{board}: {total} bytes of RAM, not at most {}: {line}", self.memory)),
        }
    }

    /// What one step and one answer take.
    pub fn instructions(&self, line: &Line) -> Result<(), String> {
        let (learn, infer) = self.instructions;
        match line.number("learn")? <= learn && line.number("infer")? <= infer {
            true => Ok(()),
            false => Err(format!("not at most {learn} instructions a step and {infer} an answer: {line}")),
        }
    }
}

/// What the learning runtime takes where the compiler knows network and rule, and where it does not.
pub fn code(one: u32, any: u32) -> Result<(), String> {
    eprintln!("-- the learning runtime takes {one} bytes of flash for one network and rule, {any} for any");
    match any <= CODE {
        true => Ok(()),
        false => Err(format!("the learning runtime takes {any} bytes, not at most {CODE}")),
    }
}

/// Compares the counts with the record, or writes it.
pub fn counts(counts: &[String], compiler: &str, update: bool) -> Result<(), String> {
    let path = root().join(RECORD);
    if update {
        let text = format!("{compiler}\n{}\n", counts.join("\n"));
        return fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
    }
    let recorded = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (version, recorded) = recorded.split_once('\n').unwrap_or_default();
    let tolerance = if version == compiler { TOLERANCE.0 } else { TOLERANCE.1 };
    if recorded.lines().count() != counts.len() {
        return Err(format!("{RECORD} has other counts than the programs; cargo xtask firmware --update records them"));
    }
    recorded.lines().zip(counts).try_for_each(|(before, now)| compare(before, now, tolerance))
}

/// `board program net rule feedback learn infer`
fn compare(before: &str, now: &str, tolerance: f64) -> Result<(), String> {
    let split = |line: &str| -> Option<(String, Vec<f64>)> {
        let words: Vec<&str> = line.split(' ').collect();
        let (names, numbers) = words.split_at_checked(5)?;
        Some((names.join(" "), numbers.iter().filter_map(|number| number.parse().ok()).collect()))
    };
    let apart = |a: &f64, b: &f64| (a - b).abs() > tolerance * a;
    match (split(before), split(now)) {
        (Some((name, old)), Some((same, new))) if name == same && old.len() == new.len() => {
            match old.iter().zip(&new).any(|(a, b)| apart(a, b)) {
                true => Err(format!(
                    "instructions moved from\n  {before}\nto\n  {now}\nin {RECORD}: --update if on purpose"
                )),
                false => Ok(()),
            }
        }
        _ => Err(format!("{RECORD} has\n  {before}\nwhere the programs say\n  {now}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_moved_is_found_either_way() {
        let line = |learn: u32| format!("board cost 64-32-10 drtp regenerated {learn} 9000");
        assert!(compare(&line(10_000), &line(10_100), 0.02).is_ok());
        assert!(compare(&line(10_000), &line(10_300), 0.02).is_err());
        assert!(compare(&line(10_000), &line(9_700), 0.02).is_err());
        assert!(compare(&line(10_000), "board cost 64-32-10 bp regenerated 10000 9000", 0.02).is_err());
    }
}
