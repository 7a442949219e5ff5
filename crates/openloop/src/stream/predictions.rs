//! The predictions of a stream as CSV, `row,label,confidence`, `row` and the targets' names where they are values, or
//! `row,score,threshold,flagged` without labels: every row that was answered stands there once, whatever was killed.
//!
//! A stream that goes on from its model goes on in its file from exactly the model's row. Rows after it were answered, but the model
//! was not saved afterwards: they are cut away and answered again, with the same bits. For this a model is saved only when the answers
//! up to its row are on the disk ([`Predictions::sync`]).

use super::answer::{Answer, TargetKind};
use super::target::StreamTarget;
use crate::files::output::{InPlace, OutputProblem};
use crate::files::{Output, OutputError};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// What can be done about a file that is not this stream's.
const REMEDY: &str = "move the file away, or name another";

/// Where a stream begins to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswersStart {
    /// It is new: a file is written anew.
    New,
    /// It goes on after a row.
    After {
        /// The last row that its model has seen.
        row: u64,
        /// The last one that it answered, where the model says so.
        answered: Option<u64>,
    },
    /// It begins to count anew with a model that has answered before.
    Recount,
}

/// What stands in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerColumns {
    /// The first line, without its end.
    header: String,
    count: usize,
}

impl Default for AnswerColumns {
    /// Those of classes.
    fn default() -> Self {
        AnswerColumns { header: "row,label,confidence".into(), count: 3 }
    }
}

impl AnswerColumns {
    /// Those for the answers of a stream.
    pub fn of(target: &StreamTarget) -> Self {
        AnswerColumns::new(target.kind(), target.units().map_or(&[], |units| &units.names))
    }

    /// Those for classes, or for values with these names.
    pub fn new(kind: TargetKind, names: &[String]) -> Self {
        if kind == TargetKind::Classes {
            return AnswerColumns::default();
        }
        if kind == TargetKind::Inputs {
            return AnswerColumns { header: "row,score,threshold,flagged".into(), count: 4 };
        }
        let names: Vec<Cow<'_, str>> = names.iter().map(|name| cell(name)).collect();
        // a name may hold anything, but the header is one line
        let header = format!("row,{}", names.join(",")).replace(['\n', '\r'], " ");
        AnswerColumns { header, count: 1 + names.len() }
    }

    /// The same with the row's key after its number.
    pub fn with_key(self) -> Self {
        AnswerColumns { header: self.header.replacen("row,", "row,key,", 1), count: self.count + 1 }
    }

    fn line(&self) -> String {
        format!("{}\n", self.header)
    }

    /// The number of a row, if the line is a whole answer.
    fn number(&self, line: &csv::ByteRecord) -> Option<u64> {
        let text = |k: usize| std::str::from_utf8(line.get(k)?).ok();
        let (number, last) = (text(0)?.parse().ok()?, text(self.count - 1)?);
        (line.len() == self.count && last.parse::<f64>().is_ok()).then_some(number)
    }
}

/// A text as a cell of CSV.
fn cell(text: &str) -> Cow<'_, str> {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")).into(),
        false => text.into(),
    }
}

/// A place for predictions.
#[derive(Debug)]
pub struct Predictions {
    output: Output,
    columns: AnswerColumns,
    /// Bytes of the file that stay.
    kept: u64,
    out: Option<BufWriter<InPlace>>,
}

impl Predictions {
    /// Opens the place and looks at what it holds; nothing is changed before the first answer.
    ///
    /// # Errors
    /// A file that cannot be read, or whose rows are not those that a stream with this start and these columns has behind it.
    pub fn open(output: Output, start: AnswersStart, columns: AnswerColumns) -> Result<Self, OutputError> {
        let kept = match output.target().map(File::open) {
            None => 0,
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => 0,
            Some(file) => file
                .and_then(|file| kept_bytes(file, start, &columns))
                .map_err(|error| output.error(OutputProblem::System(error)))?
                .map_err(|problem| output.error(OutputProblem::Foreign(format!("{problem}; {REMEDY}"))))?,
        };
        Ok(Predictions { output, columns, kept, out: None })
    }

    /// Whether they go to standard output.
    pub fn is_standard(&self) -> bool {
        self.output.is_standard()
    }

    /// Takes the columns of a new stream, once it is known what its targets are.
    pub fn set_columns(&mut self, columns: AnswerColumns) {
        self.columns = columns;
    }

    /// Cuts the file to what stays and writes the header where it is new; done once, by whatever is called first.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn begin(&mut self) -> io::Result<&mut impl Write> {
        if self.out.is_none() {
            let mut place = self.output.in_place()?;
            if let InPlace::File(file) = &mut place {
                file.set_len(self.kept)?;
                file.seek(SeekFrom::End(0))?;
            }
            let mut out = BufWriter::with_capacity(1 << 16, place);
            if self.kept == 0 {
                out.write_all(self.columns.line().as_bytes())?;
            }
            self.out = Some(out);
        }
        self.out.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn add(&mut self, row: u64, answer: Answer<'_>) -> io::Result<()> {
        write!(self.begin()?, "{row}")?;
        self.add_answer(answer)
    }

    /// Adds an answer to a row with a key.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn add_of_key(&mut self, row: u64, key: &str, answer: Answer<'_>) -> io::Result<()> {
        write!(self.begin()?, "{row},{}", cell(key))?;
        self.add_answer(answer)
    }

    fn add_answer(&mut self, answer: Answer<'_>) -> io::Result<()> {
        let out = self.begin()?;
        match answer {
            // a class may hold anything
            Answer::Class { name, confidence } => writeln!(out, ",{},{confidence:.4}", cell(name)),
            Answer::Values { values, .. } => {
                values.iter().try_for_each(|value| write!(out, ",{value}"))?;
                writeln!(out)
            }
            Answer::Anomaly { score, threshold, is_flagged } => {
                writeln!(out, ",{score},{threshold},{}", u8::from(is_flagged))
            }
        }
    }

    /// Hands the answers so far to whoever reads them.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }

    /// Brings the answers so far to the disk, where they go to a file.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        match self.out.as_ref().map(BufWriter::get_ref) {
            Some(InPlace::File(file)) => file.sync_all(),
            _ => Ok(()),
        }
    }
}

/// How many bytes of the file stay, or why it is not that of a stream with this start.
fn kept_bytes(mut file: File, start: AnswersStart, columns: &AnswerColumns) -> io::Result<Result<u64, String>> {
    if start == AnswersStart::New {
        return Ok(Ok(0));
    }
    let (header, mut head) = (columns.line(), Vec::new());
    Read::by_ref(&mut file).take(header.len() as u64).read_to_end(&mut head)?;
    if head.len() < header.len() && header.as_bytes().starts_with(&head) {
        return Ok(Ok(0));
    }
    if head != header.as_bytes() {
        return Ok(Err(format!(
            "it is there already and is no file of predictions (its first line is not {})",
            columns.header
        )));
    }
    let AnswersStart::After { row, answered } = start else {
        let mut rest = [0];
        let is_empty = file.read(&mut rest)? == 0;
        let problem = "it holds answers, and this stream counts its rows anew, because its model was made with other data or is a blob";
        return Ok(if is_empty { Ok(0) } else { Err(problem.into()) });
    };
    let rows = AnsweredRows::read(file, row, columns)?;
    Ok(rows.problem(row, answered).map_or(Ok(header.len() as u64 + rows.bytes), Err))
}

/// The rows of a file up to that of the model.
struct AnsweredRows {
    /// Their bytes.
    bytes: u64,
    /// The last of them.
    last: Option<u64>,
    /// Whether a line follows that a kill or a power cut does not leave.
    is_foreign: bool,
}

impl AnsweredRows {
    fn read(file: File, row: u64, columns: &AnswerColumns) -> io::Result<Self> {
        let (length, ends_whole) = rest_of(&file)?;
        let mut lines = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
        let mut rows = AnsweredRows { bytes: 0, last: None, is_foreign: false };
        let mut line = csv::ByteRecord::new();
        while lines.read_byte_record(&mut line).map_err(io::Error::from)? {
            let is_last = lines.position().byte() >= length;
            let is_whole = ends_whole || !is_last;
            match columns.number(&line).filter(|number| is_whole && rows.last.is_none_or(|last| last < *number)) {
                Some(number) if number <= row => {
                    (rows.bytes, rows.last) = (lines.position().byte(), Some(number));
                }
                Some(_) => break,
                None => {
                    rows.is_foreign = !is_last && !line.as_slice().contains(&0);
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// Why they are not all that a stream has answered up to `row`.
    fn problem(&self, row: u64, answered: Option<u64>) -> Option<String> {
        match (self.last, answered) {
            (Some(last), Some(answered)) if last < answered => Some(format!(
                "its last whole row is {last}, but the model has answered up to row {answered}: rows between would be missing"
            )),
            (Some(last), Some(answered)) if last > answered => {
                Some(format!("it has an answer to row {last}, which the model, at row {row}, has not given"))
            }
            (None, _) if self.is_foreign => Some("its lines are not those of predictions".into()),
            _ => None,
        }
    }
}

/// The bytes from where the file stands to its end, and whether they end in a whole line; it stands there afterwards too.
fn rest_of(mut file: &File) -> io::Result<(u64, bool)> {
    let at = file.stream_position()?;
    let length = file.seek(SeekFrom::End(0))?.saturating_sub(at);
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    file.seek(SeekFrom::Start(at))?;
    Ok((length, last == [b'\n']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::OutputKind;
    use std::path::Path;

    fn open(path: &Path, start: AnswersStart) -> Result<Predictions, OutputError> {
        Predictions::open(Output::file(path, OutputKind::Predictions, &[]).unwrap(), start, AnswerColumns::default())
    }

    /// What stays of a file with these lines below its header, or why it is refused.
    fn kept(lines: &str, start: AnswersStart) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("predictions.csv");
        std::fs::write(&path, format!("row,label,confidence\n{lines}")).unwrap();
        let mut predictions = open(&path, start).map_err(|error| error.to_string())?;
        predictions.begin().map(|_| ()).unwrap();
        predictions.sync().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        Ok(text.strip_prefix("row,label,confidence\n").unwrap().to_string())
    }

    const LINES: &str = "5,a,0.5000\n7,\"b\nc\",0.5000\n8,a,0.5000\n";

    #[test]
    fn rows_after_that_of_the_model_are_cut_away_and_so_is_a_torn_line() {
        let after = |row, answered| AnswersStart::After { row, answered };
        assert_eq!(kept(LINES, after(8, Some(8))).unwrap(), LINES);
        assert_eq!(kept(LINES, after(7, Some(7))).unwrap(), LINES[..LINES.len() - 11]);
        assert_eq!(kept(LINES, after(6, Some(5))).unwrap(), LINES[..11]);
        assert_eq!(kept(LINES, after(9, None)).unwrap(), LINES, "an older model does not say what it answered");
        for torn in ["9", "9,", "9,a,0.5", "9,\"b\n", "9,\"b\nc\",0.5000", "\0\0\0\0", "\0\n"] {
            assert_eq!(kept(&format!("{LINES}{torn}"), after(8, Some(8))).unwrap(), LINES, "{torn:?}");
            assert_eq!(kept(torn, after(8, Some(8))).unwrap(), "", "{torn:?}: a file that began after the model");
        }
        assert_eq!(kept(LINES, after(4, Some(4))).unwrap(), "");
        assert_eq!(kept(LINES, AnswersStart::New).unwrap(), "");
    }

    #[test]
    fn a_file_that_belongs_to_another_stream_is_refused() {
        let after = |row, answered| AnswersStart::After { row, answered };
        for (lines, start, words) in [
            (LINES, after(12, Some(11)), "row is 8, but the model has answered up to row 11"),
            (
                "5,a,0.5000\n3,a,0.5000\n6,a,0.5000\n",
                after(6, Some(6)),
                "row is 5, but the model has answered up to row 6",
            ),
            (LINES, after(8, Some(7)), "an answer to row 8"),
            ("x,y\nz\n", after(8, Some(8)), "not those of predictions"),
            (LINES, AnswersStart::Recount, "counts its rows anew"),
        ] {
            let refused = kept(lines, start).unwrap_err();
            assert!(refused.contains(words) && refused.contains(REMEDY), "{refused}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "my notes, of more than a line\n").unwrap();
        let refused = open(&path, after(8, Some(8))).unwrap_err().to_string();
        assert!(refused.contains("no file of predictions"), "{refused}");
    }

    #[test]
    fn a_file_that_is_empty_or_has_a_torn_header_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("predictions.csv");
        for text in ["", "row,la"] {
            std::fs::write(&path, text).unwrap();
            let mut predictions = open(&path, AnswersStart::After { row: 3, answered: Some(3) }).unwrap();
            predictions.add(4, Answer::Class { name: "a\rb", confidence: 0.25 }).unwrap();
            predictions.flush().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "row,label,confidence\n4,\"a\rb\",0.2500\n");
        }
    }

    #[test]
    fn a_file_of_values_goes_on_after_the_models_row() {
        use crate::data::TargetUnits;
        let names = vec!["heat, C".to_string(), "flow".into()];
        let units = TargetUnits { names, mean: vec![0.0; 2], deviation: vec![1.0; 2] };
        let columns = AnswerColumns::of(&StreamTarget::Values(units));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("predictions.csv");
        let lines = "row,\"heat, C\",flow\n4,21.5,-1e-300\n5,0.1,3\n";
        std::fs::write(&path, format!("{lines}6,1,2\n7,1,")).unwrap();
        let start = AnswersStart::After { row: 5, answered: Some(5) };
        let output = || Output::file(&path, OutputKind::Predictions, &[]).unwrap();
        let mut predictions = Predictions::open(output(), start, columns).unwrap();
        predictions.add(6, Answer::Values { names: &[], values: &[0.25, 1e300] }).unwrap();
        predictions.flush().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("{lines}6,0.25,{}\n", 1e300));
        let refused = Predictions::open(output(), start, AnswerColumns::default()).unwrap_err().to_string();
        assert!(refused.contains("no file of predictions"), "{refused}");
    }
}
