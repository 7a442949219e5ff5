//! The few messages of `onnx.proto` that a network needs, in protobuf's encoding: a field is its number and wire type, then a number of
//! seven bits a byte, or a length and so many bytes.

/// A message under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// Its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// With a whole number.
    pub fn number(mut self, field: u32, value: i64) -> Self {
        self.varint(u64::from(field) << 3);
        self.varint(value as u64);
        self
    }

    /// With an f32.
    pub fn float(mut self, field: u32, value: f32) -> Self {
        self.varint(u64::from(field) << 3 | 5);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// With some bytes.
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// With a text.
    pub fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// With another message.
    pub fn message(self, field: u32, value: &Message) -> Self {
        self.bytes(field, &value.0)
    }

    /// With a message for each of some values, under the same number.
    pub fn each<T>(self, field: u32, values: impl IntoIterator<Item = T>, message: impl Fn(T) -> Message) -> Self {
        values.into_iter().fold(self, |whole, value| whole.message(field, &message(value)))
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_encoded_as_in_the_examples_of_protobuf() {
        // https://protobuf.dev/programming-guides/encoding: 150 in field 1, "testing" in field 2, the first as field 3 of another
        let number = Message::default().number(1, 150);
        assert_eq!(number.0, [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().message(3, &number).0, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").0, [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
        assert_eq!(Message::default().float(2, 1.0).0, [0x15, 0x00, 0x00, 0x80, 0x3f], "wire type 5: four bytes");
        assert_eq!(Message::default().number(1, -1).0.len(), 11, "a negative number takes ten bytes");
    }
}
