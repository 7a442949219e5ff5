//! Faults put into what the commands write: no system call that fails, no full disk and no kill may lose or double anything.
//!
//! 1. `shim.c`, loaded into the program, makes one call of one kind fail, or kills the process at it. Which calls: from an empty
//!    folder and from one that a kill left half-way, the first, the last and some between.
//! 2. SIGKILL comes at random moments, many times one after another in the same folder.
//!
//! After each the same command runs again without faults. [`Workload::check`] says what must hold.

mod workload;

use crate::shell::{self, Step};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use workload::{Random, Workload, copy_folder};

/// Kinds of calls and what can happen at them, as `shim.c` names them.
const FAULTS: [(&str, &[&str]); 7] = [
    ("open", &["EIO", "ENOSPC", "kill"]),
    ("write", &["EIO", "ENOSPC", "short", "full", "kill"]),
    ("fsync", &["EIO", "ENOSPC", "kill"]),
    ("rename", &["EIO", "ENOSPC", "kill"]),
    ("unlink", &["EIO", "kill"]),
    ("truncate", &["EIO", "ENOSPC", "kill"]),
    ("mkdir", &["EIO", "ENOSPC", "kill"]),
];
/// Calls of a kind that are tried with each fault, from each start.
const CALLS: u64 = 12;
/// Kills at random moments of each command.
const KILLS: u32 = 100;
/// Kills one after another in the same folder.
const KILLS_IN_A_ROW: u32 = 12;

/// What one fault did, counted over the calls that it was tried at.
#[derive(Default)]
struct Tally {
    fired: u32,
    ended_well: u32,
    failed: u32,
    killed: u32,
    not_reached: u32,
}

/// Figures and everything that was wrong.
#[derive(Default)]
struct Campaign {
    tallies: BTreeMap<(String, String), Tally>,
    wrong: Vec<String>,
}

/// Runs the campaign and prints its figures as Markdown.
pub fn run() -> Result<(), String> {
    Step::cargo("the program", "build --package openloop-cli").run()?;
    let folder = shell::fresh_folder("faults")?;
    let shim = folder.join("shim.so");
    let source = shell::root().join("xtask/src/faults/shim.c");
    let words = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"];
    let paths = [shim.to_string_lossy(), source.to_string_lossy()];
    shell::output("cc", &[&words[..], &[&paths[0], &paths[1], "-ldl"]].concat())?;
    let mut campaign = Campaign::default();
    let mut kills = Vec::new();
    for workload in workload::all(&shell::target("")?.join("debug/openloop"), &folder, &shim)? {
        eprintln!("-- {}: calls that fail", workload.name);
        campaign.fail_calls(&workload)?;
        eprintln!("-- {}: kills at random moments", workload.name);
        kills.push((workload.name, campaign.kill_at_random(&workload)?));
    }
    campaign.print(&kills);
    match campaign.wrong.len() {
        0 => Ok(()),
        count => Err(format!("{count} times something was wrong:\n{}", campaign.wrong.join("\n"))),
    }
}

impl Campaign {
    /// Every fault, from an empty folder and from a half-way one.
    fn fail_calls(&mut self, workload: &Workload) -> Result<(), String> {
        let half = half_way(workload)?;
        for (start, done) in [(None, 0), (Some(half.folder.as_path()), half.done)] {
            workload.begin(start)?;
            let calls = workload.run_with(&[])?.calls;
            for (kind, actions) in FAULTS {
                let count = calls.get(kind).copied().unwrap_or(0);
                for action in actions {
                    for at in chosen(count) {
                        workload.begin(start)?;
                        let case = Case { start: start.map_or("empty", |_| "half-way"), kind, action, at };
                        self.one_fault(workload, &case, done)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The command with one fault and then without.
    fn one_fault(&mut self, workload: &Workload, case: &Case<'_>, done: u64) -> Result<(), String> {
        let at = case.at.to_string();
        let ended = workload.run_with(&[("KIND", case.kind), ("AT", &at), ("ACTION", case.action)])?;
        let tally = self.tallies.entry((case.kind.into(), case.action.into())).or_default();
        match (ended.has_fired, ended.code) {
            (false, _) => tally.not_reached += 1,
            (true, Some(0)) => tally.ended_well += 1,
            (true, Some(_)) => tally.failed += 1,
            (true, None) => tally.killed += 1,
        }
        tally.fired += u32::from(ended.has_fired);
        let may_be_killed = case.action == "kill";
        let found = ended.problem(may_be_killed).or_else(|| {
            // who says that all went well has done all of it
            (ended.code == Some(0)).then(|| workload.differs()).flatten().map(|what| format!("exit code 0, but {what}"))
        });
        let done = workload.saved(&ended).unwrap_or(0).max(done);
        let found = found.or(workload.check(done)?);
        self.wrong.extend(found.map(|found| {
            let Case { start, kind, action, at } = case;
            format!("{} from {start}: {action} at {kind} {at}: {found}", workload.name)
        }));
        Ok(())
    }

    /// Kills until there were enough; gives their number and that of the folders they went to.
    fn kill_at_random(&mut self, workload: &Workload) -> Result<(u32, u32), String> {
        let (mut kills, mut folders, mut random) = (0, 0, Random(20_261_130));
        while kills < KILLS {
            workload.begin(None)?;
            folders += 1;
            let mut done = 0;
            for _ in 0..KILLS_IN_A_ROW {
                let moment = workload.lasts.mul_f64(random.next()) + Duration::from_millis(3);
                let ended = workload.run_killed(moment)?;
                kills += u32::from(ended.code.is_none());
                let saved = workload.saved(&ended).unwrap_or(done);
                let lost = (saved < done).then(|| format!("{done} was saved, then {saved}"));
                done = saved;
                let found = ended.problem(true).or(lost);
                self.wrong.extend(found.map(|found| format!("{}: kill {kills} at {moment:?}: {found}", workload.name)));
                if ended.code.is_some() {
                    break;
                }
            }
            let found = workload.check(done)?;
            self.wrong.extend(found.map(|found| format!("{}: after kill {kills}: {found}", workload.name)));
        }
        Ok((kills, folders))
    }

    fn print(&self, kills: &[(&str, (u32, u32))]) {
        println!(
            "| call | fault | times | ended with 0 | ended with 1 | killed | call not reached |\n|---|---|---|---|---|---|---|"
        );
        for ((kind, action), tally) in &self.tallies {
            let Tally { fired, ended_well, failed, killed, not_reached } = tally;
            println!("| {kind} | {action} | {fired} | {ended_well} | {failed} | {killed} | {not_reached} |");
        }
        let sum = |count: fn(&Tally) -> u32| self.tallies.values().map(count).sum::<u32>();
        println!("\n{} faults, of which {} kills.\n", sum(|tally| tally.fired), sum(|tally| tally.killed));
        println!("| command | kills at random moments | folders |\n|---|---|---|");
        for (name, (kills, folders)) in kills {
            println!("| {name} | {kills} | {folders} |");
        }
        println!("\n{} times something was wrong.", self.wrong.len());
    }
}

/// One call at which one fault is tried.
struct Case<'a> {
    start: &'a str,
    kind: &'a str,
    action: &'a str,
    at: u64,
}

/// A folder that a kill left, and how far the work in it was saved.
struct HalfWay {
    folder: PathBuf,
    done: u64,
}

/// Kills the command at a write in its middle, later where nothing was saved by then.
fn half_way(workload: &Workload) -> Result<HalfWay, String> {
    workload.begin(None)?;
    let writes = workload.run_with(&[])?.calls.get("write").copied().unwrap_or(0);
    for percent in [50, 60, 70, 80, 90, 95] {
        workload.begin(None)?;
        let at = (writes * percent / 100).to_string();
        workload.run_with(&[("KIND", "write"), ("AT", &at), ("ACTION", "kill")])?;
        let folder = workload.folder.with_file_name("half-way");
        let _ = fs::remove_dir_all(&folder);
        copy_folder(&workload.folder, &folder)?;
        let ended = workload.run_with(&[])?;
        if let (Some(0), Some(done @ 1..)) = (ended.code, ended.went_on_from()) {
            return Ok(HalfWay { folder, done });
        }
    }
    Err(format!("{}: no kill leaves a part of the work", workload.name))
}

/// Which of `count` calls: all of few; of many the first, the last and some between.
fn chosen(count: u64) -> Vec<u64> {
    if count <= CALLS {
        return (1..=count).collect();
    }
    let edge = CALLS / 3;
    let between = (1..=edge).map(|k| edge + k * (count - 2 * edge) / (edge + 1));
    (1..=edge).chain(between).chain(count - edge + 1..=count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_calls_are_all_chosen_and_of_many_the_first_the_last_and_some_between_once_each() {
        assert!(chosen(0).is_empty());
        assert_eq!(chosen(3), [1, 2, 3]);
        for count in [CALLS + 1, 20, 1000] {
            let calls = chosen(count);
            assert!(calls.len() as u64 == CALLS && calls.is_sorted_by(|a, b| a < b), "{calls:?}");
            assert_eq!((calls[0], calls.last()), (1, Some(&count)));
        }
    }
}
