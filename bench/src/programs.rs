//! The programs that can take a side, and how each is found or built here.

use crate::here::{output, root};
use crate::job::Job;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    Openloop,
    Torch,
    Jax,
    Sklearn,
    C,
    Candle,
    Burn,
}

/// Python's name of a package, the script that uses it, and who that is.
const PYTHON: [(&str, &str, Program); 3] = [
    ("torch", "with_torch.py", Program::Torch),
    ("jax", "with_jax.py", Program::Jax),
    ("sklearn", "with_sklearn.py", Program::Sklearn),
];
/// Peers in Rust, in folders of their own outside the workspace.
const RUST: [(&str, Program); 2] = [("candle", Program::Candle), ("burn", Program::Burn)];

/// The programs that are there.
#[derive(Debug, Default)]
pub struct Programs {
    /// For each the words that a job is added to.
    words: HashMap<Program, Vec<PathBuf>>,
}

impl Programs {
    /// Openloop and C; what the Python interpreters `pythons` have; with `rust` the peers written in Rust.
    pub fn find(pythons: &[PathBuf], rust: bool) -> Result<Self, String> {
        let mut words = HashMap::new();
        let own = std::env::current_exe().map_err(|error| format!("the path of this program: {error}"))?;
        words.insert(Program::Openloop, vec![own, "work".into()]);
        match compiled() {
            Ok(program) => drop(words.insert(Program::C, vec![program])),
            Err(message) => eprintln!("note: no plain C to compare with: {message}"),
        }
        for python in pythons {
            let python = std::path::absolute(python).unwrap_or_else(|_| python.clone());
            for (script, program) in offered(&python)? {
                words.entry(program).or_insert(vec![python.clone(), script]);
            }
        }
        for (name, program) in RUST.into_iter().filter(|_| rust) {
            words.insert(program, vec![built(name)?]);
        }
        Ok(Programs { words })
    }

    /// The command that does a job; none if the program is not there or does not know this kind of job.
    pub fn command(&self, program: Program, job: &Job) -> Result<Option<Command>, String> {
        let Some([name, rest @ ..]) = self.words.get(&program).map(Vec::as_slice) else { return Ok(None) };
        let mut command = Command::new(name);
        // what the peers in Rust split their work by
        command.args(rest).env("RAYON_NUM_THREADS", job.threads.to_string());
        match program {
            Program::C => command.args(words_for_c(job)?),
            _ => command.arg(serde_json::to_string(job).map_err(|error| error.to_string())?),
        };
        Ok(Some(command))
    }
}

/// The scripts that an interpreter has the packages for.
fn offered(python: &Path) -> Result<Vec<(PathBuf, Program)>, String> {
    let ask = "import importlib.util, sys; print([p for p in sys.argv[1:] if importlib.util.find_spec(p)])";
    let names: Vec<&str> = PYTHON.iter().map(|(package, ..)| *package).collect();
    let found = output(&python.to_string_lossy(), &[&["-c", ask], &names[..]].concat())?;
    let there = |package: &str| found.contains(&format!("'{package}'"));
    let scripts = root().join("bench/peers");
    let offered: Vec<(PathBuf, Program)> = PYTHON
        .into_iter()
        .filter(|(package, ..)| there(package))
        .map(|(_, script, program)| (scripts.join(script), program))
        .collect();
    if offered.is_empty() {
        return Err(format!("{} has none of {}; install one of them there", python.display(), names.join(", ")));
    }
    Ok(offered)
}

/// The C peer, compiled for this machine.
fn compiled() -> Result<PathBuf, String> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let program = folder.join("online");
    let (source, target) = (root().join("bench/peers/online.c"), program.to_string_lossy().into_owned());
    let source = source.to_string_lossy();
    output("gcc", &["-O3", "-march=native", "-ffast-math", &source, "-lm", "-o", &target])?;
    Ok(program)
}

/// A peer in Rust, built for this machine.
fn built(name: &str) -> Result<PathBuf, String> {
    let folder = root().join("bench/peers").join(name);
    let target = root().join("target/bench").join(name);
    eprintln!("-- building {name}, which takes minutes the first time");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--quiet", "--locked", "--target-dir"]).arg(&target).current_dir(folder);
    cargo.env("RUSTFLAGS", "-C target-cpu=native");
    let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() {
        Ok(target.join("release").join(format!("with-{name}")))
    } else {
        Err(format!("{name} does not build"))
    }
}

fn words_for_c(job: &Job) -> Result<Vec<String>, String> {
    let [hidden] = job.hidden[..] else { return Err("the C peer has one hidden layer".into()) };
    let numbers = [job.inputs, hidden, 10, job.samples, job.passes].map(|n| n.to_string());
    let rate = job.rate.ok_or("the C peer needs a learning rate")?.to_string();
    Ok([vec![job.rule.clone()], numbers.into(), vec![rate]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    #[test]
    fn the_c_peer_is_told_all_that_a_job_says() {
        let row = rows::all(2).into_iter().find(|row| row.name == "c-64-32").expect("the row is there");
        let words = words_for_c(&row.sides[1].job).expect("one hidden layer and a rate");
        assert_eq!(words, ["drtp", "64", "32", "10", "8192", "40", "0.001"]);
    }

    #[test]
    fn a_program_that_is_not_there_has_no_command() {
        let job = &rows::all(2)[0].sides[0].job;
        assert!(Programs::default().command(Program::Jax, job).expect("no failure").is_none());
    }
}
