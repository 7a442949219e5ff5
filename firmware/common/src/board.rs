//! What a program asks of the board it runs on, and how it says things without the formatting machinery (which could panic).

/// A board.
pub trait Board {
    /// Writes text where a person or a test can read it.
    fn write(&mut self, text: &str);
    /// A counter that runs with the instructions executed, and wraps around. 0 where they cannot be counted.
    fn ticks(&self) -> u32;
    /// Instructions executed within so many ticks, the reading of the counter aside.
    fn instructions(ticks: u32) -> u32;
}

/// A line of `word key=value ...`, written piece by piece.
pub struct Line<'b, B: Board>(&'b mut B);

impl<'b, B: Board> Line<'b, B> {
    /// Starts a line.
    pub fn new(board: &'b mut B, word: &str) -> Self {
        board.write(word);
        Line(board)
    }

    /// Adds a text.
    pub fn text(self, key: &str, value: &str) -> Self {
        let line = self.key(key);
        line.0.write(value);
        line
    }

    /// Adds a number.
    pub fn number(self, key: &str, value: u32) -> Self {
        self.key(key).digits(value, 10)
    }

    /// Adds a number in eight hexadecimal digits.
    pub fn hexadecimal(self, key: &str, value: u32) -> Self {
        self.key(key).digits(value, 16)
    }

    /// Ends the line.
    pub fn end(self) {
        self.0.write("\n");
    }

    fn key(self, key: &str) -> Self {
        self.0.write(" ");
        self.0.write(key);
        self.0.write("=");
        self
    }

    fn digits(self, mut value: u32, base: u32) -> Self {
        let (mut digits, mut count) = ([b'0'; 10], if base == 16 { 8 } else { 1 });
        for (place, digit) in digits.iter_mut().rev().enumerate() {
            let rest = (value % base) as u8;
            *digit = if rest < 10 { b'0' + rest } else { b'a' + rest - 10 };
            value /= base;
            if rest > 0 {
                count = count.max(place + 1);
            }
        }
        let first = digits.len().saturating_sub(count);
        let text = digits.get(first..).and_then(|digits| core::str::from_utf8(digits).ok());
        self.0.write(text.unwrap_or("?"));
        self
    }
}
