//! The first bytes of a file, by which it is known again when it has grown, got another name or was packed.

use super::CRC32C;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};

/// Bytes of rows that tell a file from another.
const CHUNK: usize = 4096;

/// The first bytes of a file, unpacked: its first line, which other files may have too, and at least 4,096 bytes after it; fewer if
/// the file ends before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileHead(Vec<u8>);

/// By what the beginning of a file is known again: how many of its first bytes, and their CRC-32C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileMark {
    /// Bytes, after unpacking.
    pub bytes: u64,
    /// Their CRC-32C.
    pub checksum: u32,
}

impl FileHead {
    /// Takes the head from `reader`, which then stands behind it; a first line is looked for in about `limit` bytes.
    ///
    /// # Errors
    /// What the reader says.
    pub(super) fn read(reader: &mut dyn Read, limit: u64) -> io::Result<Self> {
        let (mut bytes, mut has_line) = (Vec::new(), false);
        loop {
            let start = bytes.len();
            let count = reader.take(CHUNK as u64).read_to_end(&mut bytes)?;
            if count < CHUNK || has_line || bytes.len() as u64 > limit {
                return Ok(FileHead(bytes));
            }
            has_line = memchr::memchr2(b'\n', b'\r', &bytes[start..]).is_some();
        }
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// By what the file is known again.
    pub fn mark(&self) -> FileMark {
        FileMark { bytes: self.0.len() as u64, checksum: CRC32C.checksum(&self.0) }
    }

    /// Whether a file with this head may be the one that had `mark`, or be that one grown.
    pub fn has(&self, mark: &FileMark) -> bool {
        let first = usize::try_from(mark.bytes).ok().and_then(|bytes| self.0.get(..bytes));
        first.is_some_and(|first| CRC32C.checksum(first) == mark.checksum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> FileHead {
        FileHead::read(&mut text.as_bytes(), 1 << 20).unwrap()
    }

    #[test]
    fn a_file_is_known_again_when_it_has_grown_and_not_when_a_byte_differs_or_it_was_cut() {
        let text = "a,b\n1,2\n3,4\n";
        let mark = head(text).mark();
        assert_eq!(mark.bytes, 12);
        assert!(head(text).has(&mark) && head(&format!("{text}5,6\n")).has(&mark));
        assert!(!head("a,b\n1,2\n3,5\n5,6\n").has(&mark) && !head(&text[..11]).has(&mark) && !head("").has(&mark));
    }

    #[test]
    fn a_first_line_of_any_length_is_followed_by_enough_bytes_of_rows() {
        for header in [10, 4095, 4096, 50_000] {
            let text = format!("{}\n{}", "a".repeat(header), "1,2\n".repeat(5000));
            let whole = head(&text).mark().bytes as usize;
            assert!(whole >= header + 1 + CHUNK && whole <= header + 3 * CHUNK, "{header}: {whole}");
            assert!(!head(&text.replacen("1,2", "1,3", 1)).has(&head(&text).mark()), "{header}");
        }
    }

    #[test]
    fn a_file_without_a_line_end_is_read_to_the_limit_alone() {
        let head = FileHead::read(&mut io::repeat(b'a'), 10_000).unwrap();
        assert_eq!(head.mark().bytes, 12_288);
    }
}
