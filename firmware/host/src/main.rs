//! What the boards do, on a PC: `firmware-host digits|digits-int8 RULE SAMPLES`, or `firmware-host` with `activity`, `drift`, `front`, `shapes`
//! or `power-cut`. What it prints must be what a board prints.
#![forbid(unsafe_code)]

use firmware_common::{Board, activity, digits, drift, front, power_cut, shapes, single, whole};
use openloop_core::Rule;
use std::process::ExitCode;

struct Pc;

impl Board for Pc {
    fn write(&mut self, text: &str) {
        print!("{text}");
    }

    fn ticks(&self) -> u32 {
        0
    }

    fn instructions(_: u32) -> u32 {
        0
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [program @ ("digits" | "digits-int8"), rule, samples] => {
            let (Ok(rule), Ok(samples)) = (rule.parse::<Rule>(), samples.parse()) else { return ExitCode::from(2) };
            match program {
                "digits" => digits::train_and_test(&mut Pc, rule, &mut digits::Memory::new(), samples),
                _ => whole::train_and_test(&mut Pc, rule, &mut whole::AnyMemory::new(), samples),
            }
        }
        ["activity"] => activity::run(&mut Pc, &mut activity::Memory::new()),
        ["drift"] => drift::follow(&mut Pc, &mut drift::Memory::new(), &mut drift::Memory::new()),
        ["front"] => front::run(&mut Pc, &mut front::Memory::new()),
        ["shapes"] => shapes::train(&mut Pc, &mut shapes::Room::new()),
        ["power-cut"] => power_cut::survive(&mut Pc, &mut power_cut::Chip::new(), &mut single::Memory8::new()),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
