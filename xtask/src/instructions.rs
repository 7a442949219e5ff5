//! Instruction counts of the hot loops as a gate that does not depend on how busy a machine is.
//!
//! Small fixed programs run under callgrind; their counts must not exceed the recorded ones by more than [`TOLERANCE`].
//! Counts belong to a compiler, an architecture and Valgrind's idea of the processor, so they are compared only where all
//! of these are those of the record.

use crate::shell::{Step, fresh_folder, output, root, target};
use std::path::Path;
use std::process::Command;

/// By how much a count may grow, as a share of the recorded one.
const TOLERANCE: f64 = 0.03;
const RECORD: &str = "bench/instructions.txt";
const HEAD: &str = "\
# Instructions of the programs in bench/src/count.rs, counted by callgrind. `cargo xtask instructions` compares with them,
# `cargo xtask instructions --update` writes them anew: after a change that is meant to cost more or was found to cost less,
# and with a new compiler.
";

/// What is known of a program: its name and its instructions.
type Counts = Vec<(String, u64)>;

/// Counts, and compares with the record or writes it anew.
pub fn run(update: bool) -> Result<(), String> {
    let path = root().join(RECORD);
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    let Some(setting) = setting()? else { return Ok(()) };
    // with the program, whose build of the dependencies serves both: alone it would have another one
    Step::cargo("the programs to count", "build --release --package openloop-cli --package openloop-bench").run()?;
    eprintln!("-- counting instructions");
    let counts = count_all()?;
    if update {
        let lines: String = counts.iter().map(|(name, count)| format!("{name} {count}\n")).collect();
        return std::fs::write(&path, format!("{HEAD}{setting}\n{lines}"))
            .map_err(|error| format!("{RECORD}: {error}"));
    }
    let of = recorded.lines().find(|line| line.starts_with("with ")).unwrap_or("nothing");
    let (text, grown) = compare(&parse(&recorded)?, &counts);
    eprint!("{text}");
    match grown {
        false => Ok(()),
        true if of != setting => {
            eprintln!("-- not a failure: recorded {of}, counted {setting}; --update records these counts");
            Ok(())
        }
        true => Err(format!(
            "some hot loops take over {:.0} % more instructions than recorded in {RECORD}; if that is meant, record it with cargo xtask instructions --update",
            100.0 * TOLERANCE
        )),
    }
}

/// What the counts depend on; none where they cannot be made.
fn setting() -> Result<Option<String>, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("-- instructions: counted on Linux on x86-64 only");
        return Ok(None);
    }
    let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let vectors = if flags.contains(" avx2 ") { "AVX2" } else { "no AVX2" };
    let Some(valgrind) = valgrind()? else { return Ok(None) };
    let compiler = output("rustc", &["--version"])?;
    let compiler = compiler.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    Ok(Some(format!("with {compiler}, {}, x86-64, {vectors}", valgrind.trim())))
}

/// Valgrind's version. As root on a Debian it is installed if it is not there.
fn valgrind() -> Result<Option<String>, String> {
    let version = || output("valgrind", &["--version"]).ok();
    if version().is_none() {
        if output("id", &["-u"]).is_ok_and(|id| id.trim() == "0") && output("apt-get", &["--version"]).is_ok() {
            eprintln!("-- installing valgrind");
            output("apt-get", &["update"])?;
            output("apt-get", &["install", "-y", "--no-install-recommends", "valgrind"])?;
        } else {
            eprintln!("-- instructions: not counted, valgrind is not there");
        }
    }
    Ok(version())
}

fn count_all() -> Result<Counts, String> {
    let program = target("")?.join("release/openloop-bench");
    let folder = fresh_folder("instructions")?;
    let names = output(&program.to_string_lossy(), &["count"])?;
    names.lines().map(|name| Ok((name.to_string(), count(&program, name, &folder)?))).collect()
}

/// The instructions of one program, in the function that it counts.
fn count(program: &Path, name: &str, folder: &Path) -> Result<u64, String> {
    let file = folder.join(format!("{name}.callgrind"));
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--toggle-collect=openloop_bench::count::counted*"]);
    command.arg(format!("--callgrind-out-file={}", file.display())).arg(program).args(["count", name]);
    let done = command.output().map_err(|error| format!("valgrind: {error}"))?;
    if !done.status.success() {
        return Err(format!("{name} under valgrind: {}", String::from_utf8_lossy(&done.stderr)));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:")).and_then(|total| total.trim().parse().ok());
    total.filter(|total| *total > 0).ok_or_else(|| format!("{name}: callgrind counted nothing"))
}

/// The counts of a record.
fn parse(record: &str) -> Result<Counts, String> {
    let lines = record.lines().filter(|line| !line.starts_with('#') && !line.starts_with("with ") && !line.is_empty());
    let pair = |line: &str| {
        let (name, count) = line.split_once(' ')?;
        Some((name.to_string(), count.parse().ok()?))
    };
    lines.map(|line| pair(line).ok_or_else(|| format!("{RECORD}: \"{line}\" is not a name and a count"))).collect()
}

/// Old beside new, and whether any count is missing or grew too much.
fn compare(recorded: &Counts, counts: &Counts) -> (String, bool) {
    let (mut text, mut grown) = (String::new(), false);
    for (name, count) in counts {
        let old = recorded.iter().find(|(other, _)| other == name).map(|(_, old)| *old);
        let Some(old) = old else {
            text += &format!("   {name:20} {count:>13}  is not recorded\n");
            grown = true;
            continue;
        };
        let change = *count as f64 / old as f64 - 1.0;
        let too_much = *count as f64 > old as f64 * (1.0 + TOLERANCE);
        let note = match change {
            _ if too_much => "  more than recorded",
            _ if change < -TOLERANCE => "  less than recorded: --update keeps it so",
            _ => "",
        };
        text += &format!("   {name:20} {count:>13}  {:+.2} %{note}\n", 100.0 * change);
        grown |= too_much;
    }
    (text, grown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_is_written() {
        let record = format!("{HEAD}with rustc 1\na 10\nb 20\n");
        assert_eq!(parse(&record), Ok(vec![("a".into(), 10), ("b".into(), 20)]));
        assert!(parse("a ten\n").is_err());
    }

    #[test]
    fn a_count_may_shrink_and_grow_a_little_but_not_much() {
        let counts = |n| vec![("a".to_string(), n)];
        assert!(!compare(&counts(1000), &counts(1030)).1);
        assert!(compare(&counts(1000), &counts(1031)).1);
        let (text, grown) = compare(&counts(1000), &counts(900));
        assert!(!grown && text.contains("less than recorded"), "{text}");
        assert!(compare(&Counts::new(), &counts(5)).1, "a program that nobody recorded must be noticed");
    }
}
