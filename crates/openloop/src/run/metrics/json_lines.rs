//! A run's epochs in a text file, one JSON object a line.

use super::EpochReport;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// An open log.
#[derive(Debug)]
pub struct JsonLines {
    file: File,
}

impl JsonLines {
    /// Opens the log at `path`, made if missing, and keeps only its first `epochs` epochs: a resumed run writes the rest
    /// again. A last line cut short by a kill goes too.
    ///
    /// # Errors
    /// Whatever the system says, or a file of that name that is no such log: it is left as it is.
    pub fn open(path: &Path, epochs: u32) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let kept = kept_length(&text, epochs).map_err(|line| {
            let problem =
                format!("line {line} is not of a run of Openloop; it is left as it is, choose another folder");
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })?;
        file.set_len(kept as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(JsonLines { file })
    }

    /// Adds one line.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn add(&mut self, report: &EpochReport) -> io::Result<()> {
        let mut line = serde_json::to_vec(report)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

/// The bytes of the reports at the start of `text` on epochs up to `epochs`, or the number of a line of another format.
fn kept_length(text: &[u8], epochs: u32) -> Result<usize, usize> {
    let (mut kept, mut keeping) = (0, true);
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let report = serde_json::from_slice::<EpochReport>(line);
        match &report {
            Err(_) if !is_torn(line) => return Err(number + 1),
            _ => keeping &= line.ends_with(b"\n") && report.is_ok_and(|report| report.epoch <= epochs),
        }
        if keeping {
            kept += line.len();
        }
    }
    Ok(kept)
}

/// True for what a kill leaves of a report (its start), or a power cut (zeros).
fn is_torn(line: &[u8]) -> bool {
    let start = b"{\"epoch\":";
    line.contains(&0) || (!line.ends_with(b"\n") && (line.starts_with(start) || start.starts_with(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::Epoch;
    use crate::learner::Evaluation;

    fn report(number: u32) -> EpochReport {
        let part = Evaluation { samples: 10, loss: 2.5, wrong: 1 };
        EpochReport::new(number, &Epoch { train: part, test: part }, true, 0.1, 1.5)
    }

    #[test]
    fn a_resumed_log_drops_what_comes_after_the_checkpoint_and_torn_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = JsonLines::open(&path, 0).unwrap();
        (1..=3).for_each(|number| log.add(&report(number)).unwrap());
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{{\"epoch\":4,\"tr")).unwrap();
        let mut log = JsonLines::open(&path, 2).unwrap();
        (3..=4).for_each(|number| log.add(&report(number)).unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        let epochs: Vec<u32> =
            text.lines().map(|line| serde_json::from_str::<EpochReport>(line).unwrap().epoch).collect();
        assert_eq!(epochs, [1, 2, 3, 4]);
        assert!(text.starts_with(whole.lines().next().unwrap()));
    }

    #[test]
    fn a_file_that_is_no_log_of_a_run_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        for text in ["mine\n", "mine", "{\"epoch\":1}\n", "\n", "[1, 2]\n[3, 4]\n"] {
            std::fs::write(&path, text).unwrap();
            let error = JsonLines::open(&path, 0).unwrap_err().to_string();
            assert!(error.contains("line 1"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn zeros_that_a_power_cut_left_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        std::fs::write(&path, [0; 100]).unwrap();
        JsonLines::open(&path, 3).unwrap();
        assert!(std::fs::read(&path).unwrap().is_empty());
    }
}
