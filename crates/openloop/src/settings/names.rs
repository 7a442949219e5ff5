//! What all choices by name share, written once: parsing with a message that lists the names, files
//! ([`by_name`], [`read_if_any`]), and as flags. Their names come from [`openloop_core::named!`].

use crate::settings::error::ConfigError;
pub use openloop_core::Named;

/// The choice of that name.
///
/// # Errors
/// What it should be, the name given, and the names there are.
pub fn parse<T: Named>(name: &str) -> Result<T, ConfigError> {
    let unknown = || ConfigError::Name { what: T::WHAT, name: name.into(), known: known::<T>() };
    T::from_name(name).ok_or_else(unknown)
}

/// As [`parse`], for one name of a list, blanks around it left out.
///
/// # Errors
/// As [`parse`].
pub fn parse_listed<T: Named>(name: &str) -> Result<T, ConfigError> {
    parse(name.trim())
}

/// All names, for messages.
pub fn known<T: Named>() -> String {
    T::NAMES.join(", ")
}

/// A flag's value: one of the names, which its help lists.
#[cfg(feature = "clap")]
pub fn flag<T: Named + Send + Sync>() -> impl clap::builder::TypedValueParser<Value = T> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(T::NAMES).try_map(|name| parse(&name))
}

/// A value by its name in a file: `#[serde(with = "by_name")]`.
pub mod by_name {
    use super::{Named, parse};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the name.
    ///
    /// # Errors
    /// The writer's own.
    pub fn serialize<T: Named, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.name())
    }

    /// Reads a name.
    ///
    /// # Errors
    /// No text, or an unknown name.
    pub fn deserialize<'de, T: Named, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Reads a name that may be left out: `#[serde(default, deserialize_with = "read_if_any")]`.
///
/// # Errors
/// No text, or an unknown name.
pub fn read_if_any<'de, T: Named, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let name = <Option<String> as serde::Deserialize>::deserialize(from)?;
    name.map(|name| parse(&name)).transpose().map_err(serde::de::Error::custom)
}
