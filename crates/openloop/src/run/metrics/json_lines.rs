//! A run's epochs in a text file, one JSON object a line.

use super::EpochReport;
use crate::files::output::{InPlace, OutputProblem};
use crate::files::{Output, OutputError, OutputKind};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// An open log.
#[derive(Debug)]
pub struct JsonLines {
    file: File,
}

impl JsonLines {
    /// Opens the log at `path`, made if missing, of a run that has the epochs of `past` behind it. A line of another epoch goes: a
    /// resumed run writes it again. A line that was lost, cut short by a kill or changed is written anew as it stands in `past`; their
    /// number comes back too.
    ///
    /// # Errors
    /// Whatever the system says, or a file of that name that is no such log: it is left as it is.
    pub fn open(path: &Path, past: &[EpochReport]) -> Result<(Self, usize), OutputError> {
        let output = Output::file(path, OutputKind::Log, &[])?;
        let system = |error| output.error(OutputProblem::System(error));
        let InPlace::File(mut file) = output.in_place().map_err(system)? else {
            return Err(output.error(OutputProblem::NoFile));
        };
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(system)?;
        let lines = lines(&text).map_err(|line| {
            let problem =
                format!("line {line} is not of a run of Openloop; it is left as it is, choose another folder");
            system(io::Error::new(io::ErrorKind::InvalidData, problem))
        })?;
        let kept = kept_lines(&lines, past);
        if kept.len() == past.len() {
            file.set_len(kept.iter().map(|line| line.len() as u64).sum()).map_err(system)?;
            file.seek(SeekFrom::End(0)).map_err(system)?;
            return Ok((JsonLines { file }, 0));
        }
        let (whole, rebuilt) = rebuilt(&lines, past).map_err(system)?;
        output.write(&whole)?;
        let InPlace::File(mut file) = output.in_place().map_err(system)? else {
            return Err(output.error(OutputProblem::NoFile));
        };
        file.seek(SeekFrom::End(0)).map_err(system)?;
        Ok((JsonLines { file }, rebuilt))
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

/// A whole line of the log with its report.
type Line<'t> = (&'t [u8], EpochReport);

/// The whole lines of the log, or the number of a line of another format.
fn lines(text: &[u8]) -> Result<Vec<Line<'_>>, usize> {
    let mut lines = Vec::new();
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match serde_json::from_slice(line) {
            Ok(report) if line.ends_with(b"\n") => lines.push((line, report)),
            Err(_) if !is_torn(line) => return Err(number + 1),
            _ => {}
        }
    }
    Ok(lines)
}

/// The lines at the start of the log that are those of `past`, one after the other.
fn kept_lines<'t>(lines: &[Line<'t>], past: &[EpochReport]) -> Vec<&'t [u8]> {
    let same = lines.iter().zip(past).take_while(|((_, report), past)| report.is_of_same_epoch(past));
    same.map(|((line, _), _)| *line).collect()
}

/// The whole log of `past`, with each line that is there and right, and how many are neither.
fn rebuilt(lines: &[Line<'_>], past: &[EpochReport]) -> io::Result<(Vec<u8>, usize)> {
    let (mut text, mut count) = (Vec::new(), 0);
    for report in past {
        match lines.iter().find(|(_, found)| found.is_of_same_epoch(report)) {
            Some((line, _)) => text.extend_from_slice(line),
            None => {
                serde_json::to_writer(&mut text, report)?;
                text.push(b'\n');
                count += 1;
            }
        }
    }
    Ok((text, count))
}

/// True for what a kill leaves of a report (its start), or a power cut (zeros).
fn is_torn(line: &[u8]) -> bool {
    let start = b"{\"epoch\":";
    line.contains(&0) || (!line.ends_with(b"\n") && (line.starts_with(start) || start.starts_with(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::{DataDescription, Epoch, Evaluation};

    fn report(number: u32) -> EpochReport {
        let part = Evaluation { samples: 10, loss: 2.5, wrong: 1 };
        let about = DataDescription {
            data: "two classes".into(),
            shape: [1, 1, 1],
            outputs: 2,
            classes: vec!["a".into(), "b".into()],
            columns: None,
            units: None,
            fingerprint: 0,
        };
        EpochReport::new(number, &Epoch { train: part, test: part, validation: None }, &about, 0.1, Some(1.5))
    }

    /// The reports that a checkpoint after so many epochs knows.
    fn past(epochs: u32) -> Vec<EpochReport> {
        (1..=epochs).map(|number| EpochReport { seconds: None, ..report(number) }).collect()
    }

    #[test]
    fn lines_that_were_lost_or_changed_are_written_anew_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = JsonLines::open(&path, &[]).unwrap().0;
        (1..=4).for_each(|number| log.add(&report(number)).unwrap());
        let whole = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        let changed = lines[2].replace("\"train_loss\":0.25", "\"train_loss\":0.5");
        assert_ne!(changed, lines[2]);
        for (text, lost) in [
            (String::new(), 4),
            (format!("{}\n{}\n", lines[0], lines[3]), 2),
            (format!("{}\n{changed}\n{}\n", lines[..2].join("\n"), lines[3]), 1),
            (format!("{}\n{}", lines[..3].join("\n"), &lines[3][..20]), 1),
            (format!("{}\n{whole}", lines[0]), 0),
        ] {
            std::fs::write(&path, text).unwrap();
            let (mut log, rebuilt) = JsonLines::open(&path, &past(4)).unwrap();
            assert_eq!(rebuilt, lost);
            log.add(&report(5)).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let read = |line| serde_json::from_str::<EpochReport>(line).unwrap();
            let found: Vec<EpochReport> = text.lines().map(read).collect();
            assert!(
                (1..=5).map(report).zip(&found).all(|(one, other)| one.is_of_same_epoch(other)) && found.len() == 5
            );
            assert_eq!(found.iter().filter(|report| report.seconds.is_none()).count(), lost);
        }
    }

    #[test]
    fn a_resumed_log_drops_what_comes_after_the_checkpoint_and_torn_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = JsonLines::open(&path, &[]).unwrap().0;
        (1..=3).for_each(|number| log.add(&report(number)).unwrap());
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{{\"epoch\":4,\"tr")).unwrap();
        let (mut log, rebuilt) = JsonLines::open(&path, &past(2)).unwrap();
        assert_eq!(rebuilt, 0);
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
            let error = JsonLines::open(&path, &[]).unwrap_err().to_string();
            assert!(error.contains("line 1"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn zeros_that_a_power_cut_left_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        std::fs::write(&path, [0; 100]).unwrap();
        JsonLines::open(&path, &[]).unwrap();
        assert!(std::fs::read(&path).unwrap().is_empty());
    }
}
