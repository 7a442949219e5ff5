//! What is in a linked program: its bytes, and no panic.

use std::path::Path;

/// Traces that panics leave in an image: the functions' names (mangled), and what they would say.
const TRACES: [&str; 4] = ["9panicking", "panicked at", "index out of bounds", "called `Option::unwrap()`"];

/// The bytes of flash that a program takes: everything of its ELF file that is loaded.
pub fn bytes(path: &Path) -> Result<u32, String> {
    let file = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    loaded(&file).ok_or_else(|| format!("{} is no 32-bit little-endian ELF file", path.display()))
}

/// A program in which anything can panic does not link, and leaves no trace of one.
pub fn has_no_panic(path: &Path) -> Result<(), String> {
    let file = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match TRACES.into_iter().find(|trace| file.windows(trace.len()).any(|window| window == trace.as_bytes())) {
        Some(trace) => Err(format!("{} can panic: it holds \"{trace}\"", path.display())),
        None => Ok(()),
    }
}

/// What is loaded into memory, by its address.
#[derive(Debug)]
pub struct Code(Vec<(u32, Vec<u8>)>);

impl Code {
    /// Pieces, each with the address of its first byte.
    pub fn new(pieces: Vec<(u32, Vec<u8>)>) -> Self {
        Code(pieces)
    }

    /// Two bytes.
    pub fn half(&self, address: u32) -> Option<u16> {
        let bytes = |(start, bytes): &(u32, Vec<u8>)| {
            let at = address.checked_sub(*start)? as usize;
            Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
        };
        self.0.iter().find_map(bytes)
    }
}

/// The code of a program.
pub fn code(path: &Path) -> Result<Code, String> {
    let file = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let read = |at| {
        let (from, size) = (word(&file, at + 4)? as usize, word(&file, at + 16)? as usize);
        Some((word(&file, at + 8)?, file.get(from..from + size)?.to_vec()))
    };
    let pieces = headers(&file).map(|all| all.filter(|at| word(&file, *at) == Some(1)).filter_map(read).collect());
    pieces.map(Code::new).ok_or_else(|| format!("{} is no 32-bit little-endian ELF file", path.display()))
}

/// Where a function of this name starts.
pub fn symbol(path: &Path, name: &str) -> Result<u32, String> {
    let file = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    find(&file, name).ok_or_else(|| format!("{} has no function {name}", path.display()))
}

/// Looks through ELF's symbol table; the lowest bit of an address says that the function is in Thumb code.
fn find(file: &[u8], name: &str) -> Option<u32> {
    let (table, size, count) = (word(file, 32)? as usize, half(file, 46)?, half(file, 48)?);
    let section = |i: usize| table + i * size;
    let symbols = (0..count).map(section).find(|at| word(file, at + 4) == Some(2))?;
    let names = word(file, section(word(file, symbols + 24)? as usize) + 16)? as usize;
    let (from, length) = (word(file, symbols + 16)? as usize, word(file, symbols + 20)? as usize);
    let is_named = |at: &usize| {
        let start = word(file, *at).map(|offset| names + offset as usize);
        start.is_some_and(|start| {
            file.get(start..).is_some_and(|text| text.starts_with(&[name.as_bytes(), &[0]].concat()))
        })
    };
    let entry = (from..from + length).step_by(16).find(is_named)?;
    Some(word(file, entry + 4)? & !1)
}

fn word(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

fn half(file: &[u8], at: usize) -> Option<usize> {
    Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?) as usize)
}

/// Where the program headers are.
fn headers(file: &[u8]) -> Option<impl Iterator<Item = usize> + use<>> {
    if file.get(..6)? != b"\x7fELF\x01\x01" {
        return None;
    }
    let (table, size, count) = (word(file, 28)? as usize, half(file, 42)?, half(file, 44)?);
    Some((0..count).map(move |i| table + i * size))
}

/// Sums the sizes in the file of the segments to load (ELF's program headers).
fn loaded(file: &[u8]) -> Option<u32> {
    headers(file)?.map(|at| Some(if word(file, at)? == 1 { word(file, at + 16)? } else { 0 })).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_segments_to_load_count() {
        let mut file = vec![0; 52 + 64];
        file[..6].copy_from_slice(b"\x7fELF\x01\x01");
        (file[28], file[42], file[44]) = (52, 32, 2);
        (file[52], file[52 + 17]) = (1, 2); // to load, 512 bytes
        (file[84], file[84 + 16]) = (4, 9); // a note
        assert_eq!(loaded(&file), Some(512));
        assert_eq!(loaded(b"\x7fELF\x02\x01"), None);
    }
}
