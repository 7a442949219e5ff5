//! The ranges that numbers must lie in. Each function gives the number back, or an error that names it.

use crate::settings::error::ConfigError;

pub(crate) fn within<T: std::fmt::Display>(
    ok: bool,
    what: &'static str,
    value: T,
    range: &'static str,
) -> Result<T, ConfigError> {
    if ok { Ok(value) } else { Err(ConfigError::Range { what, value: value.to_string(), range }) }
}

pub(crate) fn at_least_one(what: &'static str, value: usize) -> Result<usize, ConfigError> {
    within((1..=100_000_000).contains(&value), what, value, "from 1 to 100,000,000")
}

pub(crate) fn positive(what: &'static str, value: f32) -> Result<f32, ConfigError> {
    within(value > 0.0 && value.is_finite(), what, value, "a number greater than 0")
}

pub(crate) fn not_negative(what: &'static str, value: f32) -> Result<f32, ConfigError> {
    within(value >= 0.0 && value.is_finite(), what, value, "0 or greater")
}

pub(crate) fn probability(what: &'static str, value: f32) -> Result<f32, ConfigError> {
    within((0.0..1.0).contains(&value), what, value, "at least 0 and less than 1")
}
