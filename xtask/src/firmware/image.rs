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

/// Sums the sizes in the file of the segments to load (ELF's program headers).
fn loaded(file: &[u8]) -> Option<u32> {
    let word = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let half = |at: usize| Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?) as usize);
    if file.get(..6)? != b"\x7fELF\x01\x01" {
        return None;
    }
    let (table, size, count) = (word(28)? as usize, half(42)?, half(44)?);
    let segments = (0..count).map(|i| table + i * size);
    segments.map(|at| Some(if word(at)? == 1 { word(at + 16)? } else { 0 })).sum()
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
