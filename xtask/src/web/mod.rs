//! The page that learns in a browser, and the npm package of the same WebAssembly: built, served, tested.

mod serve;

use crate::browser::browser;
use crate::firmware::Toolchain;
use crate::shell::{Step, copy, fresh_folder, output, root, target};
use std::fs;
use std::path::{Path, PathBuf};

const TARGET: &str = "wasm32-unknown-unknown";
const SOURCES: &str = "bindings/web";
/// The shipped data, which the page unpacks itself. Its name there says nothing of gzip, since some servers unpack what does.
const DIGITS: &str = "crates/openloop/data/digits/digits.csv.gz";
/// More bytes than this the page must not have.
const MOST_BYTES: u64 = 300_000;
const PORT: u16 = 8080;
/// What the tests take from npm.
const PACKAGES: [&str; 3] = ["puppeteer-core@24.8.2", "typescript@5.9.3", "@types/node@20"];
/// The tests, below the folder to which they are copied.
const TESTS: [&str; 3] = ["tests/package.test.mjs", "tests/page-learns.test.mjs", "tests/page-looks.test.mjs"];
/// The Node on which the package runs.
const OLDEST_NODE: u32 = 18;

/// Builds, and serves or tests, as the arguments say.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        ["--build"] => build().map(|_| ()),
        ["--test"] => test(),
        [] => serve::run(&build()?.page, PORT),
        ["--port", port] => {
            let port = port.parse().map_err(|_| format!("--port {port}: a port is a number from 1 to 65535"))?;
            serve::run(&build()?.page, port)
        }
        _ => Err("usage: cargo xtask web [--build | --test | --port N]".into()),
    }
}

/// What was built.
struct Built {
    /// The folder that any file server can serve.
    page: PathBuf,
    /// The folder that npm installs.
    package: PathBuf,
}

/// Puts page and package together in the target folder.
fn build() -> Result<Built, String> {
    Toolchain::of(TARGET)?.web(TARGET).run()?;
    let program = target("")?.join(TARGET).join("wasm/openloop_web.wasm");
    let (page, package, sources) = (fresh_folder("web")?, fresh_folder("npm")?, root().join(SOURCES));
    for source in files(&sources.join("page"))? {
        copy(&source, &page.join(source.file_name().unwrap_or_default()))?;
    }
    copy(&sources.join("npm/openloop.js"), &page.join("openloop.js"))?;
    copy(&program, &page.join("openloop.wasm"))?;
    copy(&root().join(DIGITS), &page.join("digits.bin"))?;
    for source in files(&sources.join("npm"))? {
        copy(&source, &package.join(source.file_name().unwrap_or_default()))?;
    }
    copy(&sources.join("README.md"), &package.join("README.md"))?;
    copy(&program, &package.join("openloop.wasm"))?;
    let bytes = sizes(&page)?;
    eprintln!("-- the page: {bytes} bytes in {}; the npm package: {}", page.display(), package.display());
    match bytes {
        0..=MOST_BYTES => Ok(Built { page, package }),
        _ => Err(format!("the page has {bytes} bytes, more than {MOST_BYTES}")),
    }
}

/// The npm package in Node, the page in a browser, and the types of both.
pub fn test() -> Result<(), String> {
    node()?;
    let browser = output("sh", &["-c", &format!("command -v {}", browser()?)])?; // its whole path
    let Built { page, package } = build()?;
    Step::cargo("the page's core on this machine", "build --release --package openloop-web --example replay").run()?;
    let folder = tools()?;
    // as from a registry: a copy of the listed files, and anew although the version is the same
    let _ = fs::remove_dir_all(folder.join("node_modules/openloop-wasm"));
    let (links, package) = ("--install-links", package.to_string_lossy());
    let install = ["install", links, "--no-save", "--silent", "--no-audit", "--no-fund", &package];
    Step::program("the npm package", Path::new("npm"), &install).within(&folder.to_string_lossy()).run()?;
    let _ = fs::remove_dir_all(folder.join("tests"));
    for source in files(&root().join(SOURCES).join("tests"))? {
        copy(&source, &folder.join("tests").join(source.file_name().unwrap_or_default()))?;
    }
    let in_folder = |name: &str, program: &str, words: &[&str]| {
        Step::program(name, Path::new(program), words)
            .within(&folder.to_string_lossy())
            .with(("OPENLOOP_PAGE", &page.to_string_lossy()))
            .with(("OPENLOOP_ROOT", &root().to_string_lossy()))
            .with(("CHROMIUM", browser.trim()))
    };
    let settings = root().join(SOURCES).join("tsconfig.json");
    let types = ["tsc", "--project", &settings.to_string_lossy(), "--typeRoots", "node_modules/@types"];
    in_folder("types of the page and the package", "npx", &[&["--no-install"], &types[..]].concat()).run()?;
    let replay = target("")?.join("release/examples/replay");
    // one after the other, so that a browser has the machine to itself
    let mut tests = vec!["--test", "--test-reporter=spec", "--test-concurrency=1"];
    tests.extend(TESTS);
    in_folder("the page and the package", "node", &tests).with(("OPENLOOP_REPLAY", &replay.to_string_lossy())).run()
}

/// A folder with what the tests need from npm, installed once.
fn tools() -> Result<PathBuf, String> {
    let folder = target("")?.join("web-test");
    let ready = folder.join("ready");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&ready).unwrap_or_default() != wanted {
        let folder = fresh_folder("web-test")?;
        write(&folder.join("package.json"), r#"{ "private": true, "type": "module" }"#)?;
        let words = [&["install", "--silent", "--no-audit", "--no-fund"][..], &PACKAGES].concat();
        Step::program("what the tests need from npm", Path::new("npm"), &words)
            .within(&folder.to_string_lossy())
            .run()?;
        write(&ready, &wanted)?;
    }
    Ok(folder)
}

/// Node and npm. As root on a Debian they are installed if they are not there.
fn node() -> Result<(), String> {
    let all = || ["node", "npm", "npx"].into_iter().all(|name| output(name, &["--version"]).is_ok());
    if !all() && output("id", &["-u"]).is_ok_and(|id| id.trim() == "0") && output("apt-get", &["--version"]).is_ok() {
        eprintln!("-- installing nodejs and npm");
        output("apt-get", &["update"])?;
        output("apt-get", &["install", "-y", "--no-install-recommends", "nodejs", "npm"])?;
    }
    if !all() {
        return Err("the page is tested with Node and npm, which are not there: install nodejs and npm".into());
    }
    let version = output("node", &["--version"])?;
    match major(&version) {
        Some(found) if found >= OLDEST_NODE => Ok(()),
        _ => Err(format!("Node {} is too old: the page is tested with {OLDEST_NODE} or later", version.trim())),
    }
}

/// The first number of a version like `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The files of a folder, not those below it.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    Ok(entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect())
}

/// Bytes of a folder's files.
fn sizes(folder: &Path) -> Result<u64, String> {
    let size = |path: &PathBuf| fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()));
    files(folder)?.iter().map(|path| Ok(size(path)?.len())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_version_is_read() {
        assert_eq!((major("v20.20.2\n"), major("v8"), major("none")), (Some(20), Some(8), None));
    }

    #[test]
    fn the_npm_package_has_the_version_of_the_crates() {
        let package = fs::read_to_string(root().join(SOURCES).join("npm/package.json")).unwrap();
        assert!(package.contains(&format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"))), "{package}");
    }

    #[test]
    fn an_unknown_argument_and_a_port_that_is_none_are_refused() {
        assert!(run(&["--serve"]).unwrap_err().contains("usage"));
        assert!(run(&["--port", "http"]).unwrap_err().contains("65535"));
    }
}
