//! Lines for the user, on standard error, and text for a terminal: names from files cannot steer it.

use crate::terminal;
use std::io::{self, Write};

/// Prints a line on standard error. Unlike `eprintln!` it does not panic when nobody is there to read it.
macro_rules! say {
    ($($text:tt)*) => { $crate::say::say_line(&format!($($text)*)) };
}
pub(crate) use say;

/// See [`say!`].
pub fn say_line(text: &str) {
    let text = terminal::wrapped(&openloop::data::printable(text), terminal::error_width());
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints lines on standard output.
///
/// # Errors
/// What the system says.
pub fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(terminal::wrapped(text, terminal::output_width()).as_bytes())
}

/// Text in one line of a terminal: what could steer it, line ends too, is written as escapes.
pub fn one_line(text: &str) -> String {
    openloop::data::printable(text).replace('\n', "\\n")
}

/// Standard output; where that is a terminal, control characters are written as escapes.
pub fn standard_output() -> Box<dyn Write> {
    let out = io::stdout();
    if io::IsTerminal::is_terminal(&out) { Box::new(TerminalWriter(out)) } else { Box::new(out) }
}

/// Writes text to a terminal without what could steer it.
struct TerminalWriter<W>(W);

impl<W: Write> Write for TerminalWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(openloop::data::printable(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_reach_a_terminal_as_escapes_and_line_ends_as_they_are() {
        let mut out = Vec::new();
        TerminalWriter(&mut out).write_all("a\u{1b}[31mb\rc\u{9b}d\n\u{202e}é\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\\u{1b}[31mb\\rc\\u{9b}d\n\\u{202e}é\n");
    }

    #[test]
    fn a_name_with_line_ends_stays_in_its_line() {
        assert_eq!(one_line("a\nb\r\u{1b}c"), "a\\nb\\r\\u{1b}c");
    }
}
