//! What builds and runs the firmware: rustup's targets where they can be had, else Debian's compiler with the standard
//! library's source; QEMU. Whatever is missing is installed.

use crate::shell::{self, Step, output};
use std::path::{Path, PathBuf};

/// Debian's compiler and its source of the standard library.
const RUSTC: &str = "/usr/bin/rustc";
const SOURCE: &str = "/usr/lib/rustlib/src/rust/library/core";

/// How a target is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// By the compiler in use, whose target is installed.
    Rustup,
    /// By Debian's compiler, which builds the standard library's core itself.
    Debian,
}

impl Toolchain {
    /// The one that can compile for a target, installed if need be.
    pub fn of(target: &str) -> Result<Self, String> {
        let installed = || output("rustup", &["target", "list", "--installed"]).is_ok_and(|list| list.contains(target));
        if installed() || output("rustup", &["target", "add", target]).is_ok() && installed() {
            return Ok(Toolchain::Rustup);
        }
        if !Path::new(RUSTC).exists() || !Path::new(SOURCE).exists() {
            install(&["rustc-web", "rust-web-src"])?;
        }
        Ok(Toolchain::Debian)
    }

    /// The compiler's version.
    pub fn version(self) -> Result<String, String> {
        let compiler = if self == Toolchain::Debian { RUSTC } else { "rustc" };
        Ok(output(compiler, &["--version"])?.trim().into())
    }

    /// A check of the core for a target.
    pub fn core(self, target: &str) -> Step {
        self.step(&format!("core for {target}"), &format!("check --package openloop-core --target {target}"))
    }

    /// The C library for a target with these features, built; where it lies. It may use the instructions of `cpu`, where one is named.
    pub fn c_library(self, target: &str, features: &str, cpu: &str) -> Result<PathBuf, String> {
        let build = format!(
            "rustc --package openloop-c --lib --crate-type staticlib --profile device --no-default-features --features {features} \
             --target {target}"
        );
        let step = self.step(&format!("the C library for {target}, {features} {cpu}"), &build);
        let flags = format!("-C target-cpu={cpu}");
        if cpu.is_empty() { step } else { step.with(("RUSTFLAGS", &flags)) }.run()?;
        Ok(shell::target("")?.join(target).join("device/libopenloop_c.a"))
    }

    /// The firmware's programs for a board.
    pub fn firmware(self, target: &str, package: &str) -> Step {
        let build = format!("build --release --package {package} --target {target}");
        self.step(package, &build).within("firmware") // where its .cargo/config.toml holds
    }

    /// The firmware's programs with convolutions that learn, whose code the other programs do not have.
    pub fn convolutions(self, target: &str, package: &str) -> Step {
        let build = format!(
            "build --release --package {package} --features convolutions --bin activity --bin runtime-convolutions --target {target}"
        );
        self.step("convolutions that learn", &build).within("firmware")
    }

    /// The page's WebAssembly, which has the standard library.
    pub fn web(self, target: &str) -> Step {
        let build = format!("build --package openloop-web --lib --profile wasm --target {target}");
        match self {
            Toolchain::Rustup => Step::cargo("the page's WebAssembly", &build),
            Toolchain::Debian => self.step("the page's WebAssembly", &format!("{build} -Zbuild-std=std,panic_abort")),
        }
    }

    fn step(self, name: &str, words: &str) -> Step {
        match self {
            Toolchain::Rustup => Step::cargo(name, words),
            Toolchain::Debian => Step::cargo(name, &format!("{words} -Zbuild-std=core"))
                .with(("RUSTC", RUSTC))
                .with(("RUSTC_BOOTSTRAP", "1"))
                .with(("PATH", &with_linker())),
        }
    }
}

/// The search path with the linker that comes with rustup's compiler, which Debian's has not.
fn with_linker() -> String {
    let root = output("rustc", &["--print", "sysroot"]).unwrap_or_default();
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:{}/lib/rustlib/{host}/bin", root.trim())
}

/// The C library for this machine, built; where it lies.
pub fn c_library_here() -> Result<PathBuf, String> {
    let build = "rustc --package openloop-c --lib --crate-type staticlib --release";
    Step::cargo("the C library for this machine", build).run()?;
    Ok(shell::target("")?.join("release/libopenloop_c.a"))
}

/// A C compiler for the boards.
pub fn c_compiler(name: &str) -> Result<(), String> {
    match output(name, &["--version"]) {
        Ok(_) => Ok(()),
        Err(_) => install(&["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"]),
    }
}

/// The emulators of both boards.
pub fn emulators() -> Result<(), String> {
    let missing = |program: &str| output(program, &["--version"]).is_err();
    if missing("qemu-system-arm") || missing("qemu-system-riscv32") {
        install(&["qemu-system-arm", "qemu-system-misc"])?;
    }
    Ok(())
}

/// Installs packages of Debian or Ubuntu, as root or by sudo.
fn install(packages: &[&str]) -> Result<(), String> {
    eprintln!("-- installing {}", packages.join(", "));
    let root = output("id", &["-u"]).is_ok_and(|id| id.trim() == "0");
    let apt = |words: &[&str]| {
        let get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        let all: Vec<&str> = if root { vec![] } else { vec!["sudo", "-n"] }.into_iter().chain(get).collect();
        output(all[0], &[&all[1..], words].concat())
    };
    apt(&["update"]).and_then(|_| apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())).map_err(
        |error| format!("the firmware needs {}, which could not be installed: {error}", packages.join(" and ")),
    )?;
    Ok(())
}
