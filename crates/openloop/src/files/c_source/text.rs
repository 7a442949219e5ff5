//! The text of a C file: parts with the network's name in them, numbers, strings.

use std::fmt::{Display, Write};

/// A C file in the making. Its parts call everything `net_` and `NET_`, which become the network's own name.
pub(super) struct Text {
    name: String,
    upper: String,
    text: String,
}

impl Text {
    pub(super) fn new(name: String) -> Self {
        Text { upper: name.to_uppercase(), name, text: String::new() }
    }

    /// Adds code, and a line after it.
    pub(super) fn code(&mut self, code: &str) {
        self.code_alone(code);
        self.text.push('\n');
    }

    /// Adds code.
    pub(super) fn code_alone(&mut self, code: &str) {
        self.text += &code.replace("net_", &format!("{}_", self.name)).replace("NET_", &format!("{}_", self.upper));
    }

    /// Adds text that may hold names of the user's, and is taken as it is.
    pub(super) fn literally(&mut self, text: &str) {
        self.text += text;
    }

    /// Adds a constant array, `type name[length]`, of values that are written by `write`.
    pub(super) fn array<T>(&mut self, declaration: &str, values: &[T], write: impl Fn(&T) -> String) {
        self.code_alone(&format!("static const {declaration}[{}] NET_FLASH = {{\n", values.len()));
        for line in values.chunks(12) {
            let line: Vec<String> = line.iter().map(&write).collect();
            let _ = writeln!(self.text, "    {},", line.join(", "));
        }
        self.text += "};\n\n";
    }

    /// Adds a constant array of floats.
    pub(super) fn floats(&mut self, name: &str, values: &[f32]) {
        self.array(&format!("float {name}"), values, |value| float(*value));
    }

    /// Adds `#define NET_NAME value`.
    pub(super) fn define(&mut self, name: &str, value: impl Display) {
        self.code_alone(&format!("#define NET_{name} {value}\n"));
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }
}

/// A number without a sign.
pub(super) fn count(value: usize) -> String {
    format!("{value}u")
}

/// A word of 32 bits.
pub(super) fn hex(word: u32) -> String {
    format!("UINT32_C({word:#010x})")
}

/// The shortest decimal number that a compiler reads as this float.
pub(super) fn float(value: f32) -> String {
    format!("{value:?}f")
}

/// A string as C has it, in plain ASCII.
pub(super) fn string(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' | b'?' => format!("\\{}", byte as char),
        b' '..=b'~' => (byte as char).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    format!("\"{}\"", text.bytes().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_is_read_as_itself() {
        for value in [0.0f32, -0.0, 1.0, 0.1, 1e20, 1e-45, f32::MAX, -1.234_567_8e-30] {
            let text = float(value);
            let number = text.strip_suffix('f').unwrap();
            assert_eq!(number.parse::<f32>().unwrap().to_bits(), value.to_bits(), "{text}");
            assert!(number.contains(['.', 'e']), "a C compiler takes {text} for a whole number");
        }
    }

    #[test]
    fn a_string_holds_nothing_that_c_reads_otherwise() {
        assert_eq!(string("a\"b\\c??/1\n"), r#""a\"b\\c\?\?/1\012""#);
        assert_eq!(string("ü1"), r#""\303\2741""#);
    }

    #[test]
    fn the_name_of_the_network_stands_before_all_others() {
        let mut text = Text::new("gas".into());
        text.code("NET_API net_learn(NET_INPUTS)");
        text.literally("net_");
        assert_eq!(text.into_string(), "GAS_API gas_learn(GAS_INPUTS)\nnet_");
    }
}
