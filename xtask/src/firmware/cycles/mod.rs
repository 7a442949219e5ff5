//! An estimate of the cycles of learning steps and answers on a Cortex-M4F: every instruction that the emulator executes between two
//! marks, and what it takes by Arm's manual. The emulator knows no cycles; flash without wait states is assumed.

mod decode;

use super::image::{self, Code};
use crate::shell;
use decode::{Decoded, cycles, decode};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The function that the program calls between what is to be told apart.
const MARK: &str = "openloop_mark";
/// What the program does, in its order: the arithmetic, each with the network.
const PROGRAMS: [&str; 2] = ["cycles", "cycles-int8"];
const NETWORK: &str = "64-32-10 drtp regenerated";

/// What was executed between two marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stretch {
    instructions: u32,
    cycles: u32,
}

/// Runs the program and comes back with lines for the record: `board program net rule feedback learn infer`, in cycles.
pub fn estimate(board: &str, emulator: &[&str], path: &Path) -> Result<Vec<String>, String> {
    let trace = shell::target("firmware")?.join("cycles.trace");
    let (image, log) = (path.to_string_lossy(), trace.to_string_lossy());
    let switches = ["-display", "none", "-semihosting-config", "enable=on,target=native", "-singlestep", "-d"];
    let rest = ["exec,nochain", "-D", &log, "-kernel", &image];
    eprintln!("-- cycles on {}", emulator[2]);
    shell::output("timeout", &[&["300"][..], emulator, &switches, &rest].concat())?;
    let code = image::code(path)?;
    let mark = image::symbol(path, MARK)?;
    let file = File::open(&trace).map_err(|error| format!("{log}: {error}"))?;
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    let stretches = stretches(lines.filter_map(|line| address(&line)), &code, mark)?;
    fs::remove_file(&trace).map_err(|error| format!("{log}: {error}"))?;
    lines_of(board, &stretches)
}

/// The second number between the brackets of a line is the address of the instruction.
fn address(line: &str) -> Option<u32> {
    let (_, numbers) = line.split_once('[')?;
    u32::from_str_radix(numbers.split('/').nth(1)?, 16).ok()
}

/// What lies between the marks, the instructions of the marks among it.
fn stretches(addresses: impl Iterator<Item = u32>, code: &Code, mark: u32) -> Result<Vec<Stretch>, String> {
    let mut known: HashMap<u32, Decoded> = HashMap::new();
    let (mut all, mut before) = (Vec::new(), None);
    let mut addresses = addresses.peekable();
    while let Some(address) = addresses.next() {
        if address == mark {
            all.push(Stretch::default());
            before = None;
        }
        let Some(current) = all.last_mut() else { continue };
        let now = match known.get(&address) {
            Some(now) => *now,
            None => *known.entry(address).or_insert(at(code, address)?),
        };
        let goes_on = addresses.peek().is_none_or(|next| *next == address + now.bytes);
        current.instructions += 1;
        current.cycles += cycles(before, now.kind, goes_on);
        before = Some(now.kind);
    }
    Ok(all)
}

fn at(code: &Code, address: u32) -> Result<Decoded, String> {
    let first = code.half(address).ok_or_else(|| format!("no code at {address:#x}"))?;
    Ok(decode(first, code.half(address + 2).unwrap_or_default()))
}

/// Three stretches are one network's: its step, its answer, and what prepares the next.
fn lines_of(board: &str, stretches: &[Stretch]) -> Result<Vec<String>, String> {
    let (networks, []) = stretches.as_chunks::<3>() else {
        return Err(format!("cycles: {} stretches between marks", stretches.len()));
    };
    let line = |(program, [step, answer, _]): (&str, &[Stretch; 3])| {
        for (what, Stretch { instructions, cycles }) in [("a step", step), ("an answer", answer)] {
            eprintln!("-- {program}: about {cycles} cycles for the {instructions} instructions of {what}");
        }
        format!("{board} {program} {NETWORK} {} {}", step.cycles, answer.cycles)
    };
    match networks.len() == PROGRAMS.len() {
        true => Ok(PROGRAMS.into_iter().zip(networks).map(line).collect()),
        false => Err(format!("cycles: {} networks between marks", networks.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_what_was_executed_from_its_mark_on() {
        // nop (the mark), bx lr, b.n; from 6 on ldr r0, [r1] twice, b.n
        let code = [0xbf00u16, 0x4770, 0xe7fc, 0x6808, 0x6808, 0xe7f9].map(u16::to_le_bytes).concat();
        let code = Code::new(vec![(0, code)]);
        let found = stretches([4, 0, 2, 6, 8, 10, 0, 2].into_iter(), &code, 0);
        let first = Stretch { instructions: 5, cycles: 1 + 3 + 2 + 1 + 3 };
        assert_eq!(found, Ok(vec![first, Stretch { instructions: 2, cycles: 2 }]));
        assert!(stretches([0, 99].into_iter(), &code, 0).is_err_and(|error| error.contains("0x63")));
    }

    #[test]
    fn the_address_is_the_second_number_of_a_line() {
        assert_eq!(address("Trace 0: 0x7f5b58000100 [00000000/00000458/00000130/ff000000] step"), Some(0x458));
        assert_eq!(address("Linking TBs"), None);
    }
}
