//! `cargo xtask publish`: the crates of the registry, packed and built from their packages alone. Nothing is uploaded.

use crate::shell::Step;

/// The published crates, each after those it depends on.
const CRATES: [&str; 3] = ["openloop-core", "openloop", "openloop-cli"];

/// Packs all crates and builds each from what was packed, with the other packages in the place of the registry's.
pub fn run() -> Result<(), String> {
    let packages = CRATES.map(|name| format!("--package {name}")).join(" ");
    // --allow-dirty: a change can be tried before it is committed
    Step::cargo("the packages", &format!("publish --dry-run --allow-dirty {packages}")).run()
}
