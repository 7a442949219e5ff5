//! What a report says of the machine it was made on: enough to judge the times by, nothing that names its owner.

use std::fs;
use std::thread;

/// A machine, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The processor's name, or its architecture where the system does not tell.
    pub processor: String,
    /// Threads that can run at the same time; none if the system does not tell.
    pub cores: Option<usize>,
    /// The operating system.
    pub system: String,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let architecture = std::env::consts::ARCH;
        let name = field("/proc/cpuinfo", "model name", ':');
        let system = field("/etc/os-release", "PRETTY_NAME", '=');
        Machine {
            processor: name.map_or_else(|| architecture.into(), |name| format!("{name} ({architecture})")),
            cores: thread::available_parallelism().ok().map(usize::from),
            system: system.unwrap_or_else(|| std::env::consts::OS.into()),
        }
    }
}

/// The value of the first line `key SEPARATOR value` in one of the system's files.
fn field(file: &str, key: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().filter_map(|line| line.split_once(separator)).find(|(name, _)| name.trim() == key)?.1;
    Some(value.trim().trim_matches('"').to_string()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_processor_and_a_system() {
        let machine = Machine::here();
        assert!(machine.processor.contains(std::env::consts::ARCH) && !machine.system.is_empty(), "{machine:?}");
        assert!(machine.cores.is_some_and(|cores| cores > 0));
        assert_eq!(field("/nonexistent", "key", ':'), None);
    }
}
