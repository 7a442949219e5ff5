//! The process of a side; messages are lines.

use crate::job::SideMessage;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a side may take to get ready or for a turn.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A process that waits for its next turn. It ends when this is dropped.
pub struct SideProcess {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    stderr_file: PathBuf,
}

impl SideProcess {
    /// Starts a side; its complaints go to a file in `folder`.
    pub fn start(mut command: Command, folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let stderr_file = folder.join("complaints.txt");
        let file = File::create(&stderr_file).map_err(|error| format!("{}: {error}", stderr_file.display()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else { return Err("a side without pipes".into()) };
        let (send, lines) = channel();
        // ends with the process, whose pipe it reads
        std::thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        Ok(SideProcess { child, stdin, lines, stderr_file })
    }

    /// Waits until it is ready: what it is, and what a sample costs by its count.
    pub fn ready(&mut self) -> Result<(String, Option<u64>), String> {
        match self.receive()? {
            SideMessage::Ready { about, multiply_adds, .. } => Ok((about, multiply_adds)),
            other => Err(format!("it should be ready but says {other:?}")),
        }
    }

    /// One turn: its seconds.
    pub fn turn(&mut self) -> Result<f64, String> {
        self.send("go")?;
        match self.receive()? {
            SideMessage::Turn { seconds } => Ok(seconds),
            other => Err(format!("it should have had a turn but says {other:?}")),
        }
    }

    /// Ends it: its peak memory in bytes and its test error in percent.
    pub fn end(&mut self) -> Result<(u64, Option<f64>), String> {
        self.send("end")?;
        match self.receive()? {
            SideMessage::End { peak_bytes, test_error } => Ok((peak_bytes, test_error)),
            other => Err(format!("it should have come to its end but says {other:?}")),
        }
    }

    fn send(&mut self, what: &str) -> Result<(), String> {
        writeln!(self.stdin, "{what}").map_err(|_| self.error_text("it has ended"))
    }

    fn receive(&mut self) -> Result<SideMessage, String> {
        let line = self.lines.recv_timeout(TIMEOUT).map_err(|_| self.error_text("it says nothing"))?;
        serde_json::from_str(&line).map_err(|_| self.error_text(&format!("it says \"{line}\"")))
    }

    /// The error text of a failed side: its last line.
    fn error_text(&self, what: &str) -> String {
        let text = fs::read_to_string(&self.stderr_file).unwrap_or_default();
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        last.map_or_else(|| what.into(), |last| format!("{what}: {}", last.trim()))
    }
}

impl Drop for SideProcess {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(folder: &Path, script: &str) -> SideProcess {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        SideProcess::start(command, folder).expect("a shell starts")
    }

    #[test]
    fn a_side_gets_ready_takes_turns_and_ends() {
        let script = r#"echo '{"ready": true, "about": "sh"}'; read go; echo '{"seconds": 2}'; read end
            echo '{"peak_bytes": 7, "test_error": 1.5}'"#;
        let folder = tempfile::tempdir().expect("a folder");
        let mut side = shell(folder.path(), script);
        assert_eq!(side.ready(), Ok(("sh".into(), None)));
        assert_eq!(side.turn(), Ok(2.0));
        assert_eq!(side.end(), Ok((7, Some(1.5))));
    }

    #[test]
    fn a_side_that_fails_is_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut side = shell(folder.path(), "echo 'no such package' >&2; exit 3");
        assert_eq!(side.ready(), Err("it says nothing: no such package".into()));
    }
}
