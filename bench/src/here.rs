//! This machine and this moment, as far as a figure needs them.

use openloop::report::Machine;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The workspace's root folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The most memory this process has had in use, as the system counts it.
pub fn peak_bytes() -> Result<u64, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc/self/status: {error}"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    Ok(1024 * kilobytes.ok_or("/proc/self/status does not tell the peak")?)
}

/// The processor and the number of its cores as a file's name has them.
pub fn machine() -> String {
    let Machine { processor, cores, .. } = Machine::here();
    let words = processor.split(" (").next().unwrap_or_default().to_lowercase();
    let name: String = words.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    format!("{}-{}-cores", name.join("-"), cores.unwrap_or(1))
}

/// How many threads can run at the same time.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Today, as 2026-11-24.
pub fn today() -> Result<String, String> {
    Ok(output("date", &["-u", "+%F"])?.trim().into())
}

/// The version of the source that is measured.
pub fn commit() -> String {
    let hash = output("git", &["describe", "--always", "--dirty"]);
    hash.map_or_else(|_| "unknown".into(), |hash| hash.trim().into())
}

/// How many programs wanted to run at the same time, on average over the last minute.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// What a command prints on standard output.
pub fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let result = Command::new(program).args(arguments).current_dir(root()).output();
    let result = result.map_err(|error| format!("{program}: {error}"))?;
    if result.status.success() {
        Ok(String::from_utf8_lossy(&result.stdout).into_owned())
    } else {
        Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&result.stderr)))
    }
}
