//! How the file of a key is called: any text becomes a name that every file system takes, and no two become the same one.

use crate::data::CRC32C;
use std::fmt::Write;

/// Bytes of a name at most; systems allow 255, and an ending follows.
const MAX_NAME: usize = 160;
/// Bytes that are shown of a key whose name would be longer.
const SHOWN: usize = 120;

/// The name of a key's files, without an ending; `is_taken` says whether another key has a name.
///
/// `a` to `z`, `0` to `9`, `-` and `_` stand for themselves, `+a` for `A`, and `%2f` for the byte 2f of its UTF-8 text. So names differ on
/// systems too that take large letters for small ones, and none has a dot or a slash. A name that would be too long ends in `~`, a checksum,
/// and, where another key has that, a number.
pub(super) fn file_name(key: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let name = encoded(key);
    if name.len() <= MAX_NAME {
        return name;
    }
    // cut between characters of the name, which are ASCII
    let long = format!("{}~{:08x}", &name[..SHOWN], CRC32C.checksum(key.as_bytes()));
    let numbered = (2u64..).map(|number| format!("{long}~{number}"));
    let mut names = std::iter::once(long.clone()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or(long)
}

fn encoded(key: &str) -> String {
    key.bytes().fold(String::with_capacity(key.len() + 8), |mut name, byte| {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'A'..=b'Z' => {
                name.push('+');
                name.push(char::from(byte.to_ascii_lowercase()));
            }
            _ => _ = write!(name, "%{byte:02x}"), // text cannot fail
        }
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_name_is_safe_and_tells_every_key_from_every_other() {
        let keys = [
            "a",
            "A",
            "+a",
            "%41",
            "..",
            ".",
            "../../etc/passwd",
            "C:\\x",
            "con",
            "a/b",
            "a%2fb",
            "a b",
            "ä",
            "a\u{308}",
            "\0",
            "\n",
            "-",
            "_",
            "~",
            "pump-7",
            "Pump-7",
            "PUMP-7",
            "keys.json",
            "é",
            "日本",
        ];
        let names: HashSet<String> = keys.iter().map(|key| file_name(key, |_| false).to_lowercase()).collect();
        assert_eq!(names.len(), keys.len());
        let is_safe = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_+%~".contains(&byte);
        assert!(names.iter().all(|name| !name.is_empty() && name.bytes().all(is_safe)), "{names:?}");
        assert_eq!(file_name("Pump-7/a", |_| false), "+pump-7%2fa");
    }

    #[test]
    fn keys_that_are_too_long_for_a_name_have_different_ones_even_with_one_checksum() {
        let long = "x".repeat(10_000);
        let mut taken = HashSet::new();
        for key in [long.clone(), format!("{long}y"), format!("{long}z")] {
            let name = file_name(&key, |name| taken.contains(name));
            assert!(name.len() < 200 && taken.insert(name));
        }
        // the same key stands for another one of the same checksum
        let name = file_name(&long, |name| taken.contains(name));
        assert!(name.ends_with("~2") && taken.insert(name));
        assert!(file_name(&long, |name| taken.contains(name)).ends_with("~3"));
    }
}
