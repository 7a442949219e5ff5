//! The address sanitizer over the code that is unsafe: the kernels' tests, and those of the functions that C calls.
//!
//! A sanitizer is a nightly feature, which `RUSTC_BOOTSTRAP` allows on a stable compiler; its runtime comes with rustup's
//! toolchains. The standard library is not built anew: reads and writes outside of memory happen in our own code, and memory
//! is always the sanitizer's. With a target named, build scripts and macros stay as they are.

use crate::shell::Step;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What is tested, in words for cargo.
const TESTS: [(&str, &str); 3] = [
    ("the kernels against the core", "--package openloop --no-default-features --test kernels"),
    ("the kernels' own tests", "--package openloop --no-default-features --lib kernels::"),
    ("the functions that C calls", "--package openloop-c --test face"),
];

/// Runs them all; the first report of the sanitizer ends it.
pub fn run() -> Result<(), String> {
    TESTS.iter().try_for_each(|(name, words)| {
        Step::cargo(name, &format!("test --target {TARGET} --target-dir target/sanitize {words}"))
            .with(("RUSTFLAGS", "-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer"))
            .with(("RUSTC_BOOTSTRAP", "1"))
            .run()
    })
}
