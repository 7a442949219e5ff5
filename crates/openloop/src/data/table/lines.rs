//! Lines of bytes from a file or a pipe, as soon as each is whole: `\n`, `\r\n` and `\r` end a line, a byte order mark at the start is
//! left out, and no line may grow beyond a limit.

use super::super::files::{self, LineReader};
use super::super::{DataError, Place};
use memchr::memchr2;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A line may have that many bytes unless another limit is asked for.
pub const DEFAULT_MAX_LINE: u64 = 64 << 20;

/// What the first bytes of files are that are no text in UTF-8, what those are, and what to do.
const SIGNATURES: [(&[u8], &str, &str); 9] = [
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (b"PK\x03\x04", "a zip archive, which workbooks are too", "unpack it, or save the table as CSV"),
    (b"PK\x05\x06", "an empty zip archive", "give the table itself"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the table as CSV"),
    (b"BZh", "a bzip2 file", "unpack it, or pack it by gzip"),
    (b"\xfd7zXZ", "an xz file", "unpack it, or pack it by gzip"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it, or pack it by gzip"),
    (b"PAR1", "a Parquet file", "save the table as CSV"),
];

/// The lines of a file, unpacked if it is gzip.
pub(super) struct Lines {
    path: PathBuf,
    gzip: bool,
    reader: Box<dyn LineReader>,
    /// Lines that were looked at and come again.
    again: VecDeque<Vec<u8>>,
    /// Whether the last line ended with `\r`, so that a `\n` belongs to it.
    after_return: bool,
    /// Lines given.
    count: u64,
    bytes: u64,
    limit: u64,
}

impl Lines {
    /// `path` is what messages call the file; `limit` is the longest line.
    ///
    /// # Errors
    /// A file that is no text in UTF-8, or cannot be read.
    pub fn new(path: &Path, gzip: bool, reader: Box<dyn LineReader>, limit: u64) -> Result<Self, DataError> {
        let (path, again) = (path.to_path_buf(), VecDeque::new());
        let mut lines = Lines { path, gzip, reader, again, after_return: false, count: 0, bytes: 0, limit };
        lines.check_signature()?;
        Ok(lines)
    }

    /// The number of the last line, counted from 1.
    pub fn number(&self) -> u64 {
        self.count
    }

    fn check_signature(&mut self) -> Result<(), DataError> {
        let head = fill(&mut *self.reader).map_err(|error| files::failure(&self.path, self.gzip, 0, error))?;
        let is_wide = |head: &[u8]| head.len() > 1 && (head[0] == 0) != (head[1] == 0);
        let known = SIGNATURES.iter().find(|(start, ..)| head.starts_with(start));
        let found = match known {
            Some(&(_, what, remedy)) => Some((what, remedy)),
            None if is_wide(head) => Some(("text in UTF-16", "save it as UTF-8")),
            None => None,
        };
        let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        self.reader.consume(mark);
        self.bytes += mark as u64;
        match found {
            Some((what, remedy)) => Err(DataError::invalid(&self.path, Place::Byte(0), "CSV in UTF-8", what, remedy)),
            None => Ok(()),
        }
    }

    /// Appends the next line to `out`, without its end; false where there is none.
    ///
    /// # Errors
    /// A file that cannot be read further, or a line beyond the limit.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, DataError> {
        if let Some(line) = self.again.pop_front() {
            self.count += 1;
            out.extend_from_slice(&line);
            return Ok(true);
        }
        let mut started = false;
        loop {
            let buffer =
                fill(&mut *self.reader).map_err(|error| files::failure(&self.path, self.gzip, self.bytes, error))?;
            if buffer.is_empty() {
                self.count += u64::from(started);
                return Ok(started);
            }
            if std::mem::take(&mut self.after_return) && buffer[0] == b'\n' {
                self.bytes += 1;
                self.reader.consume(1);
                continue;
            }
            let end = memchr2(b'\n', b'\r', buffer);
            let part = &buffer[..end.unwrap_or(buffer.len())];
            if (out.len() + part.len()) as u64 > self.limit {
                return Err(self.too_long());
            }
            out.extend_from_slice(part);
            started = true;
            let mut used = part.len() + usize::from(end.is_some());
            if end.is_some_and(|end| buffer[end] == b'\r') {
                match buffer.get(used) {
                    Some(b'\n') => used += 1,
                    Some(_) => {}
                    None => self.after_return = true,
                }
            }
            self.bytes += used as u64;
            self.reader.consume(used);
            if end.is_some() {
                self.count += 1;
                return Ok(true);
            }
        }
    }

    fn too_long(&self) -> DataError {
        let (path, line, limit) = (self.path.display(), self.count + 1, self.limit);
        DataError::Request {
            problem: format!("{path}, line {line}: it is longer than {limit} bytes"),
            remedy: "check that the file is a table; --max-line BYTES allows longer lines".into(),
        }
    }

    /// Makes lines come again, the first of them next.
    pub fn repeat(&mut self, lines: Vec<Vec<u8>>) {
        self.count -= lines.len() as u64;
        self.again = lines.into();
    }

    /// Whether the next line can be read without waiting.
    pub fn has_buffered_line(&self) -> bool {
        let buffer = self.reader.buffered();
        let buffer = if self.after_return { buffer.strip_prefix(b"\n").unwrap_or(buffer) } else { buffer };
        !self.again.is_empty() || memchr2(b'\n', b'\r', buffer).is_some()
    }
}

/// The bytes that are there, at least one unless the file ends.
fn fill(reader: &mut dyn LineReader) -> std::io::Result<&[u8]> {
    loop {
        match reader.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(_) => break,
        }
    }
    reader.fill_buf() // what is buffered already
}
