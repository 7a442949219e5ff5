//! Opens data files, gzipped or not, and reads them without trusting any size they claim.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::DataError;
use super::nearest::with_nearest_file;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes of one file, unpacked if they are gzip. Whether they are is told from the contents, not from the name.
pub struct DataFile {
    path: PathBuf,
    gzip: bool,
    reader: Box<dyn Read>,
    bytes_read: u64,
}

impl DataFile {
    /// Opens `path` for reading.
    ///
    /// # Errors
    /// If the file cannot be opened or read, or is a folder.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let unreadable = |source| DataError::access("read", path, source);
        if path.is_dir() {
            return Err(DataError::Folder { file: path.to_path_buf() });
        }
        let file = File::open(path).map_err(|error| unreadable(with_nearest_file(path, error)))?;
        Self::new(path, BufReader::with_capacity(1 << 16, file)).map_err(unreadable)
    }

    /// Reads from `reader`; `path` is what messages call it.
    ///
    /// # Errors
    /// If the first two bytes cannot be read.
    pub fn new(path: &Path, mut reader: impl Read + 'static) -> io::Result<Self> {
        let mut head = Vec::with_capacity(GZIP_MAGIC.len());
        reader.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut head)?;
        let gzip = head == GZIP_MAGIC;
        let whole = Cursor::new(head).chain(reader);
        let reader: Box<dyn Read> = if gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(DataFile { path: path.to_path_buf(), gzip, reader, bytes_read: 0 })
    }

    /// What messages call this file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads up to `limit` bytes; fewer mean that the file ends there. Memory grows with the bytes that are really
    /// there, never with `limit`.
    ///
    /// # Errors
    /// If the file cannot be read or its gzip stream is cut or damaged.
    pub fn take(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let outcome = self.reader.by_ref().take(limit).read_to_end(&mut bytes);
        self.bytes_read += bytes.len() as u64;
        match outcome {
            Ok(_) => Ok(bytes),
            Err(source) => Err(self.failure(source)),
        }
    }

    /// What an error while reading this file means: a damaged gzip stream, or the operating system's refusal.
    pub(super) fn failure(&self, source: io::Error) -> DataError {
        failure(&self.path, self.gzip, self.bytes_read, source)
    }
}

/// A line reader whose buffered bytes can be seen.
pub(crate) trait LineReader: BufRead + Send {
    /// The bytes that are buffered.
    fn buffered(&self) -> &[u8];
}

impl<R: Read + Send> LineReader for BufReader<R> {
    fn buffered(&self) -> &[u8] {
        self.buffer()
    }
}

/// The lines of a file, unpacked if it is gzip, and whether it is; for a reader in a thread of its own.
///
/// # Errors
/// If the file cannot be opened or read, or is a folder.
pub(super) fn open_lines(path: &Path) -> Result<(bool, Box<dyn LineReader>), DataError> {
    if path.is_dir() {
        return Err(DataError::Folder { file: path.to_path_buf() });
    }
    let file = File::open(path).map_err(|error| DataError::access("read", path, with_nearest_file(path, error)))?;
    unpacked(path, file)
}

/// The same of any reader; `path` is what messages call it.
///
/// # Errors
/// If it cannot be read.
pub(super) fn unpacked(
    path: &Path,
    reader: impl Read + Send + 'static,
) -> Result<(bool, Box<dyn LineReader>), DataError> {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let head = reader.fill_buf().map_err(|source| DataError::access("read", path, source))?;
    match head.starts_with(&GZIP_MAGIC) {
        true => Ok((true, Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader))))),
        false => Ok((false, Box::new(reader))),
    }
}

/// See [`DataFile::failure`]; for readers that own the stream.
pub(super) fn failure(path: &Path, gzip: bool, bytes: u64, source: io::Error) -> DataError {
    use ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    if gzip && matches!(source.kind(), InvalidData | InvalidInput | UnexpectedEof) {
        DataError::Gzip { file: path.to_path_buf(), bytes, source }
    } else {
        DataError::access("read", path, source)
    }
}

/// The first of `folder/name` and `folder/name.gz` that exists.
pub(super) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.exists())
}
