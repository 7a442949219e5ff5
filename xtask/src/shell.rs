//! Running other programs, and saying which and why.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The workspace's root folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// One check.
pub struct Step {
    name: String,
    command: Command,
}

impl Step {
    /// A cargo command, in the words one would type.
    pub fn cargo(name: &str, words: &str) -> Self {
        let mut command = command(env!("CARGO"));
        command.args(words.split_whitespace());
        Step { name: name.into(), command }
    }

    /// Another program.
    pub fn program(name: &str, path: &Path, arguments: &[&str]) -> Self {
        let mut command = command(&path.to_string_lossy());
        command.args(arguments);
        Step { name: name.into(), command }
    }

    /// Sets a variable of the environment.
    pub fn with(mut self, (name, value): (&str, &str)) -> Self {
        self.command.env(name, value);
        self
    }

    /// In a folder below the workspace's root.
    pub fn within(mut self, folder: &str) -> Self {
        self.command.current_dir(root().join(folder));
        self
    }

    /// Runs it and says how long it took.
    pub fn run(mut self) -> Result<(), String> {
        eprintln!("-- {}", self.name);
        let started = Instant::now();
        let status = self.command.status().map_err(|error| format!("{}: {error}", self.name))?;
        eprintln!("-- {}: {:.0} s", self.name, started.elapsed().as_secs_f64());
        if status.success() { Ok(()) } else { Err(format!("{} failed", self.name)) }
    }
}

/// A program in the workspace's root, without what cargo told this one of itself: build scripts look at it, so whatever calls
/// cargo with it would build dependencies anew.
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// What a command prints on standard output.
pub fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    output_in("", program, arguments)
}

/// What a command prints on standard output, and then what it prints on standard error.
pub fn output_and_errors(program: &str, arguments: &[&str]) -> Result<String, String> {
    let result = command(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    Ok([result.stdout, result.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat())
}

/// As [`output`], in a folder below the workspace's root.
fn output_in(folder: &str, program: &str, arguments: &[&str]) -> Result<String, String> {
    let result = command(program).args(arguments).current_dir(root().join(folder)).output();
    let result = result.map_err(|error| format!("{program}: {error}"))?;
    if result.status.success() {
        Ok(String::from_utf8_lossy(&result.stdout).into_owned())
    } else {
        Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&result.stderr)))
    }
}

/// The folder into which cargo builds when it is called in `folder`, below the workspace's root: `target` there, unless the
/// environment or cargo's settings say another one.
pub fn target(folder: &str) -> Result<PathBuf, String> {
    let metadata = output_in(folder, env!("CARGO"), &["metadata", "--no-deps", "--format-version", "1"])?;
    target_directory(&metadata).ok_or_else(|| "cargo metadata names no target directory".into())
}

/// The value of `target_directory`, which stands behind all packages.
fn target_directory(metadata: &str) -> Option<PathBuf> {
    let (_, after) = metadata.rsplit_once("\"target_directory\":\"")?;
    let (path, _) = after.split_once('"')?;
    Some(path.replace("\\\\", "\\").into())
}

/// A Python interpreter in an environment of its own in the target folder, with `packages` from PyPI.
pub fn python_with(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = target("")?.join(format!("python-{name}"));
    let python = folder.join("bin").join("python");
    let ready = folder.join("ready");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&ready).unwrap_or_default() != wanted {
        eprintln!("-- installing {} for Python", packages.join(", "));
        output("python3", &["-m", "venv", "--clear", &folder.to_string_lossy()])?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        output(&python.to_string_lossy(), &[&install[..], packages].concat())?;
        std::fs::write(&ready, wanted).map_err(|error| error.to_string())?;
    }
    Ok(python)
}

/// An empty folder in the target folder.
pub fn fresh_folder(name: &str) -> Result<PathBuf, String> {
    let folder = target("")?.join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Copies a file, and makes the folder it goes to.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(to);
    let copied = std::fs::create_dir_all(folder).and_then(|()| std::fs::copy(from, to));
    copied.map(|_| ()).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_folder_is_read_from_what_cargo_says() {
        let metadata =
            r#"{"packages":[{"metadata":{"target_directory":"no"}}],"target_directory":"C:\\my builds","x":1}"#;
        assert_eq!(target_directory(metadata), Some(PathBuf::from(r"C:\my builds")));
        assert_eq!(target_directory("{}"), None);
    }
}
