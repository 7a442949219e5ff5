//! Numbers or texts with a shape, as they were read: [`Array`].

use std::path::PathBuf;

/// More than any real file of this kind; a header that claims more is damaged.
pub const MAX_BYTES: u64 = 1 << 36;

/// An array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The file, for messages.
    pub file: PathBuf,
    /// Its dimensions; the first is the number of rows.
    pub shape: Vec<usize>,
    /// As many as the product of the dimensions.
    pub values: Values,
}

/// What an array holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Unsigned bytes, as images have them.
    Bytes(Vec<u8>),
    /// Single precision.
    Floats(Vec<f32>),
    /// Double precision, and all integers but unsigned bytes.
    Doubles(Vec<f64>),
    /// Texts.
    Texts(Vec<String>),
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Bytes(values) => values.len(),
            Values::Floats(values) => values.len(),
            Values::Doubles(values) => values.len(),
            Values::Texts(values) => values.len(),
        }
    }

    /// What they are, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Values::Bytes(_) => "bytes",
            Values::Floats(_) | Values::Doubles(_) => "numbers",
            Values::Texts(_) => "texts",
        }
    }
}

impl Array {
    /// Rows: the first dimension; 1 for a single value.
    pub fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// The dimensions of a row.
    pub fn sample(&self) -> &[usize] {
        self.shape.get(1..).unwrap_or(&[])
    }

    /// The numbers in double precision; none for texts.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        match &self.values {
            Values::Bytes(values) => Some(values.iter().map(|value| f64::from(*value)).collect()),
            Values::Floats(values) => Some(values.iter().map(|value| f64::from(*value)).collect()),
            Values::Doubles(values) => Some(values.clone()),
            Values::Texts(_) => None,
        }
    }
}

/// The type of the numbers in a file, with its bytes in little-endian or big-endian order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    /// Truth values, a byte each.
    Bool,
    /// Unsigned integers of so many bytes.
    Unsigned(usize),
    /// Signed integers of so many bytes.
    Signed(usize),
    /// Floats of so many bytes.
    Float(usize),
}

impl NumberType {
    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            NumberType::Bool => 1,
            NumberType::Unsigned(bytes) | NumberType::Signed(bytes) | NumberType::Float(bytes) => bytes,
        }
    }

    /// The numbers in `bytes`, which are whole numbers of this type.
    pub fn values(self, bytes: Vec<u8>, is_big_endian: bool) -> Values {
        let little = |chunk: &[u8]| {
            let mut word = [0u8; 8];
            for (k, byte) in chunk.iter().enumerate() {
                word[if is_big_endian { chunk.len() - 1 - k } else { k }] = *byte;
            }
            u64::from_le_bytes(word)
        };
        let words = |bytes: &[u8], size: usize| bytes.chunks_exact(size).map(little).collect::<Vec<u64>>();
        match self {
            NumberType::Bool => Values::Doubles(bytes.iter().map(|byte| f64::from(u8::from(*byte != 0))).collect()),
            NumberType::Unsigned(1) => Values::Bytes(bytes),
            NumberType::Unsigned(size) => {
                Values::Doubles(words(&bytes, size).into_iter().map(|word| word as f64).collect())
            }
            NumberType::Signed(size) => {
                let unused = 64 - 8 * size as u32;
                let signed = |word: u64| ((word << unused) as i64 >> unused) as f64;
                Values::Doubles(words(&bytes, size).into_iter().map(signed).collect())
            }
            NumberType::Float(4) => {
                Values::Floats(words(&bytes, 4).into_iter().map(|word| f32::from_bits(word as u32)).collect())
            }
            NumberType::Float(_) => Values::Doubles(words(&bytes, 8).into_iter().map(f64::from_bits).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_types_and_both_orders_are_read() {
        let big = |number: NumberType, bytes: &[u8]| number.values(bytes.to_vec(), true);
        assert_eq!(big(NumberType::Signed(2), &[0xff, 0xfe, 0, 5]), Values::Doubles(vec![-2.0, 5.0]));
        assert_eq!(big(NumberType::Unsigned(2), &[1, 0]), Values::Doubles(vec![256.0]));
        assert_eq!(big(NumberType::Signed(1), &[0x80]), Values::Doubles(vec![-128.0]));
        assert_eq!(big(NumberType::Float(4), &1.5f32.to_be_bytes()), Values::Floats(vec![1.5]));
        assert_eq!(big(NumberType::Float(8), &(-2.5f64).to_be_bytes()), Values::Doubles(vec![-2.5]));
        let little = NumberType::Signed(8).values((-7i64).to_le_bytes().to_vec(), false);
        assert_eq!(little, Values::Doubles(vec![-7.0]));
        assert_eq!(NumberType::Bool.values(vec![0, 2], false), Values::Doubles(vec![0.0, 1.0]));
        assert_eq!(NumberType::Unsigned(1).values(vec![3], false), Values::Bytes(vec![3]));
    }
}
