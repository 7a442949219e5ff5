//! What all choices by name share, written once: parsing with a message that lists the names, files
//! ([`by_name`], [`read_if_any`]), and as flags. Their names come from [`openloop_core::named!`].

use crate::data::nearest;
use crate::settings::error::ConfigError;
pub use openloop_core::Named;

/// The choice of that name.
///
/// # Errors
/// What it should be, the name given, and the names there are.
pub fn parse<T: Named>(name: &str) -> Result<T, ConfigError> {
    T::from_name(name).ok_or_else(|| unknown(T::WHAT, name, T::NAMES))
}

/// As [`parse`], for one name of a list, blanks around it left out.
///
/// # Errors
/// As [`parse`].
pub fn parse_listed<T: Named>(name: &str) -> Result<T, ConfigError> {
    parse(name.trim())
}

/// The error for a name that is none of these.
pub fn unknown(what: &'static str, name: &str, known: &[&'static str]) -> ConfigError {
    let nearest = nearest(name, known.iter().copied());
    ConfigError::Name { what, name: name.into(), nearest, known: known.join(", ") }
}

/// All names, for messages.
pub fn known<T: Named>() -> String {
    T::NAMES.join(", ")
}

/// A flag's value: one of the names, which its help lists.
#[cfg(feature = "clap")]
pub fn flag<T: Named + Send + Sync>() -> impl clap::builder::TypedValueParser<Value = T> {
    flag::NameParser::<T>::default()
}

/// A parser of names for flags. That of clap would refuse a name in words of its own.
#[cfg(feature = "clap")]
mod flag {
    use super::{Named, parse};
    use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
    use clap::{Arg, Command, Error};
    use std::ffi::OsStr;
    use std::marker::PhantomData;

    /// Reads the name of a `T`.
    #[derive(Clone)]
    pub struct NameParser<T>(PhantomData<T>);

    impl<T> Default for NameParser<T> {
        fn default() -> Self {
            NameParser(PhantomData)
        }
    }

    impl<T: Named + Send + Sync> TypedValueParser for NameParser<T> {
        type Value = T;

        fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
            StringValueParser::new().try_map(|name| parse(&name)).parse_ref(command, argument, value)
        }

        fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
            Some(Box::new(T::NAMES.iter().map(PossibleValue::new)))
        }
    }
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

/// Writes a name that may be left out: `#[serde(serialize_with = "write_if_any")]`.
///
/// # Errors
/// The writer's own.
pub fn write_if_any<T: Named, S: serde::Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&value.map(T::name), to)
}
