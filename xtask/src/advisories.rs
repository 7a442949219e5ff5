//! `cargo xtask advisories`: whether a dependency has a known advisory.
//!
//! Every lock file of the repository is compared with the RustSec advisory database by `cargo-audit`, which is installed if it is not
//! there. Where the database cannot be had nothing is checked, and that is said; `OPENLOOP_ADVISORY_DB=FOLDER` names a copy.

use crate::shell::{Step, output, root, target};
use std::path::{Path, PathBuf};

/// Where the database is.
const DATABASE: &str = "https://github.com/RustSec/advisory-db.git";
/// A folder that holds a copy of it.
const COPY: &str = "OPENLOOP_ADVISORY_DB";
/// The program that compares, and its version.
const PROGRAM: [&str; 2] = ["cargo-audit", "0.22.2"];
/// The folders with a lock file.
const LOCKED: [&str; 3] = ["", "firmware", "fuzz"];

/// Fails if a dependency has an advisory.
pub fn run() -> Result<(), String> {
    let Some(database) = database()? else {
        eprintln!("-- advisories: NOT CHECKED: {DATABASE} cannot be reached, and {COPY} names no copy of it");
        return Ok(());
    };
    let (program, database) = (program()?, database.to_string_lossy().into_owned());
    for folder in LOCKED {
        let lock = root().join(folder).join("Cargo.lock");
        let arguments = ["audit", "--no-fetch", "--db", &database, "--file", &lock.to_string_lossy()];
        Step::program(&format!("advisories for {}", lock.display()), &program, &arguments).run()?;
    }
    Ok(())
}

/// A folder with the newest database, if it can be had.
fn database() -> Result<Option<PathBuf>, String> {
    if let Some(copy) = std::env::var_os(COPY) {
        let crates = Path::new(&copy).join("crates");
        return if crates.is_dir() {
            Ok(Some(copy.into()))
        } else {
            Err(format!("{COPY}: {} is not there", crates.display()))
        };
    }
    let folder = target("")?.join("advisory-db");
    let path = folder.to_string_lossy();
    let is_new = if folder.join(".git").is_dir() {
        output("git", &["-C", &path, "pull", "--quiet", "--depth", "1"])
    } else {
        output("git", &["clone", "--quiet", "--depth", "1", DATABASE, &path])
    };
    match is_new {
        Ok(_) => Ok(Some(folder)),
        Err(why) => {
            eprintln!("{}", why.trim());
            Ok(None)
        }
    }
}

/// The program, installed into the target folder if it is not there.
fn program() -> Result<PathBuf, String> {
    let [name, version] = PROGRAM;
    if output(name, &["--version"]).is_ok_and(|found| found.contains(version)) {
        return Ok(name.into());
    }
    let folder = target("")?.join("advisories");
    let place = folder.to_string_lossy();
    // without optimisation: it compares a few hundred names
    let install = format!("install {name} --version {version} --locked --debug --quiet --root {place}");
    Step::cargo(&format!("installing {name}"), &install).run()?;
    Ok(folder.join("bin").join(name))
}
