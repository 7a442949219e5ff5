//! What a developer and CI run. `cargo xtask test` is everything CI runs, cheapest checks first.
#![forbid(unsafe_code)]

mod advisories;
mod arduino;
mod browser;
mod c_source;
mod faults;
mod firmware;
mod instructions;
mod mqtt;
mod mutants;
mod publish;
mod python;
mod readme;
mod report;
mod sanitize;
mod shell;
mod web;

use shell::Step;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test      everything CI runs: formatting, lints, documentation, all tests, the core without std, the firmware, the README
cargo xtask firmware  learn on emulated microcontrollers; compare with the PC, the limits and the recorded counts
cargo xtask c-library the C library's part of it: flash, stack and bits of a program in C
cargo xtask c-library --archives
                      build it for every processor that it fits
cargo xtask firmware --update
                      run it and record the instruction counts
cargo xtask report    make a report and look at it in a browser: light, dark, printed
cargo xtask advisories
                      look for dependencies with a known advisory, where the database can be had
cargo xtask faults    make system calls fail and kill train, compare and stream at random; nothing may be lost; minutes
cargo xtask arduino   put the Arduino library together
cargo xtask c-source  learn with exported C source on emulated microcontrollers whose compilers are there; compare with this machine
cargo xtask mqtt      run the tests of streams over MQTT against a Mosquitto
cargo xtask publish   pack the published crates and build each from its package, without uploading
cargo xtask python    build the Python package and run its tests in a fresh environment
cargo xtask python --fleets
                      run those tests too that are too much for CI: larger sweeps and fleets
cargo xtask readme    run the README's commands and check what they print
cargo xtask readme --update
                      run them and write what they print into the README
cargo xtask sanitize  run the tests of the kernels and of the C functions under the address sanitizer
cargo xtask mutants [--shard K/N]
                      look for changes of the code that no test notices, with cargo-mutants; hours to days
cargo xtask web       build the page that learns in a browser and serve it; --port N, or --build to build only
cargo xtask web --test
                      test the page in a browser and its npm package in Node
cargo xtask bench     measure Openloop, beside other programs with --python PATH; bench --help says what else
cargo xtask instructions
                      count the hot loops' instructions under callgrind and compare them with the recorded counts
cargo xtask instructions --update
                      count them and record the counts";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["test"] => test(),
        ["firmware"] => firmware::run(false),
        ["c-library"] => firmware::c_library::run(),
        ["c-library", "--archives"] => firmware::archives::run(),
        ["firmware", "--update"] => firmware::run(true),
        ["report"] => {
            Step::cargo("the program", "build --release --package openloop-cli").run().and_then(|()| report::run())
        }
        ["advisories"] => advisories::run(),
        ["faults"] => faults::run(),
        ["arduino"] => arduino::run(),
        ["c-source"] => c_source::run(),
        ["mqtt"] => mqtt::run(),
        ["publish"] => publish::run(),
        ["python"] => python::run(false),
        ["python", "--fleets"] => python::run(true),
        ["readme"] => readme::run(false),
        ["readme", "--update"] => readme::run(true),
        ["sanitize"] => sanitize::run(),
        ["mutants"] => mutants::run(None),
        ["mutants", "--shard", shard] => mutants::run(Some(shard)),
        ["web", ref rest @ ..] => web::run(rest),
        ["bench", ref rest @ ..] => bench(rest),
        ["instructions"] => instructions::run(false),
        ["instructions", "--update"] => instructions::run(true),
        _ => Err(format!("usage:\n{HELP}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Everything CI runs, cheapest first; the test runner comes last, so that its closing lines close the output.
fn test() -> Result<(), String> {
    let warnings = ("RUSTFLAGS", "-D warnings");
    Step::cargo("formatting", "fmt --all --check").run()?;
    Step::cargo("lints", "clippy --workspace --all-targets --all-features -- -D warnings").run()?;
    Step::cargo("core without std", "build --package openloop-core --no-default-features").with(warnings).run()?;
    Step::cargo("library without downloads and brokers", "check --package openloop --no-default-features").run()?;
    Step::cargo("documentation", "doc --workspace --no-deps").with(("RUSTDOCFLAGS", "-D warnings")).run()?;
    advisories::run()?;
    firmware::lints()?;
    readme::run(false)?;
    report::run()?;
    web::test()?;
    firmware::run(false)?;
    c_source::run()?;
    tensorboard()?;
    mqtt::run()?;
    python::run(false)?;
    instructions::run(false)?;
    Step::cargo("tests", "test --workspace").run()
}

/// Builds the benchmark and hands it the arguments.
fn bench(arguments: &[&str]) -> Result<(), String> {
    Step::cargo("the benchmark", "build --release --package openloop-bench").run()?;
    let program = shell::target("")?.join("release/openloop-bench");
    Step::program("measuring", &program, &[&["measure"], arguments].concat()).run()
}

/// A run's event file must open in TensorBoard itself and give back every point.
fn tensorboard() -> Result<(), String> {
    let environment = shell::python_with("tensorboard", &["tensorboard==2.21.0", "setuptools<81"])?;
    let run = shell::fresh_folder("tensorboard-run")?;
    let out = run.to_string_lossy();
    Step::cargo("a run to look at", &format!("run --release -- train --epochs 3 --out {out}")).run()?;
    let script = "crates/openloop/tests/tensorboard_reads.py";
    let curves = shell::output(&environment.to_string_lossy(), &[script, &out])?;
    let epochs = curves.matches("[3, ").count();
    let expected = ["loss/train", "loss/test", "error/train", "error/test", "learning_rate", "seconds_per_epoch"];
    match expected.iter().find(|tag| !curves.contains(**tag)) {
        None if epochs == expected.len() => Ok(()),
        None => Err(format!("TensorBoard sees {epochs} curves up to epoch 3, not {}: {curves}", expected.len())),
        Some(tag) => Err(format!("TensorBoard does not see the curve {tag}: {curves}")),
    }
}
