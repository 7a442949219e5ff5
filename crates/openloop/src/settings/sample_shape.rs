//! The shape of a sample in text: `64`, `28x28` or `3x32x32`.

use crate::settings::error::ConfigError;
use openloop_core::Shape;
use serde::Deserialize;
use std::str::FromStr;

const MAX_SIDE: usize = 1_000_000;
const SHAPES: &str = "a number of values such as 64, or a shape such as 28x28 or 3x32x32 (channels, height, width)";

/// A [`Shape`] that was written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SampleShape(pub Shape);

/// The shape of a sample from text: `64`, `28x28` or `3x32x32`.
///
/// # Errors
/// Anything else.
pub fn parse_shape(text: &str) -> Result<Shape, ConfigError> {
    let sides: Option<Vec<usize>> =
        text.split('x').map(|side| side.parse().ok().filter(|side| (1..=MAX_SIDE).contains(side))).collect();
    match sides.as_deref() {
        Some(&[n]) => Ok(Shape::flat(n)),
        Some(&[height, width]) => Ok(Shape { channels: 1, height, width }),
        Some(&[channels, height, width]) => Ok(Shape { channels, height, width }),
        _ => Err(ConfigError::Range { what: "input", value: text.into(), range: SHAPES }),
    }
}

impl FromStr for SampleShape {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        parse_shape(text).map(SampleShape)
    }
}

impl TryFrom<String> for SampleShape {
    type Error = ConfigError;

    fn try_from(text: String) -> Result<Self, ConfigError> {
        text.parse()
    }
}
