//! Names once: a type whose values are chosen by name gets its names from one list.
//!
//! [`named!`](crate::named) makes of that list the names, the text of a value ([`Display`](core::fmt::Display)), the value of a text
//! ([`FromStr`](core::str::FromStr)) and the trait [`Named`], by which a host writes what all of them share once: flags, files,
//! messages. The names are an exhaustive `match`, so a value without a name does not compile.

use core::fmt;

/// A thing chosen by name from a short list. Implemented by [`named!`](crate::named).
pub trait Named: Copy + PartialEq + 'static {
    /// What it is, for messages.
    const WHAT: &'static str;
    /// Every choice.
    const ALL: &'static [Self];
    /// Their names, in the same order.
    const NAMES: &'static [&'static str];

    /// The name used on the command line and in files.
    fn name(self) -> &'static str;

    /// The choice of that name, whatever the case of its letters.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.name().eq_ignore_ascii_case(name))
    }
}

/// A name that is not on the list. It does not hold the name, because the core has no strings of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// What it should be.
    pub what: &'static str,
    /// The names there are.
    pub known: &'static [&'static str],
}

impl UnknownName {
    /// For something that is no `T`.
    pub const fn of<T: Named>() -> Self {
        UnknownName { what: T::WHAT, known: T::NAMES }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {}; known are: ", self.what)?;
        for (k, name) in self.known.iter().enumerate() {
            write!(f, "{}{name}", if k > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownName {}

/// Gives an enum whose variants hold nothing its names, in the order in which they are listed in messages:
/// `named!(Loss: "loss" { BinaryCrossEntropy = "bce", CrossEntropy = "ce", MeanSquaredError = "mse" });`
///
/// It makes `ALL` and `name`, usable in constants, [`Named`](crate::names::Named), [`Display`](core::fmt::Display) and
/// [`FromStr`](core::str::FromStr) with the error [`UnknownName`](crate::names::UnknownName).
#[macro_export]
macro_rules! named {
    ($type:ty: $what:literal { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every choice, in the order in which they are listed.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name used on the command line and in files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl $crate::names::Named for $type {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &<$type>::ALL;
            const NAMES: &'static [&'static str] = &[$($name),+];

            fn name(self) -> &'static str {
                <$type>::name(self)
            }
        }

        impl ::core::fmt::Display for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.name())
            }
        }

        impl ::core::str::FromStr for $type {
            type Err = $crate::names::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                <Self as $crate::names::Named>::from_name(name).ok_or($crate::names::UnknownName::of::<Self>())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::store::Arithmetic;
    use crate::{Activation, Loss, OptimizerKind, Rule, Scaling};
    use std::string::ToString;

    fn names_are_unique_and_lead_back<T>()
    where
        T: Named + core::str::FromStr<Err = UnknownName> + fmt::Display + fmt::Debug,
    {
        assert_eq!(T::ALL.len(), T::NAMES.len());
        for (k, (&choice, &name)) in T::ALL.iter().zip(T::NAMES).enumerate() {
            assert_eq!((choice.name(), choice.to_string().as_str(), name.parse()), (name, name, Ok(choice)));
            assert!(!T::NAMES[..k].contains(&name) && !T::ALL[..k].contains(&choice), "{name} stands twice");
        }
        for (name, &choice) in T::NAMES.iter().zip(T::ALL) {
            assert_eq!(name.to_ascii_uppercase().parse(), Ok(choice), "in any case");
        }
        assert_eq!("drpt".parse::<T>(), Err(UnknownName::of::<T>()));
    }

    #[test]
    fn names_and_values_match_one_to_one() {
        names_are_unique_and_lead_back::<Rule>();
        names_are_unique_and_lead_back::<Loss>();
        names_are_unique_and_lead_back::<OptimizerKind>();
        names_are_unique_and_lead_back::<Activation>();
        names_are_unique_and_lead_back::<Scaling>();
        names_are_unique_and_lead_back::<Arithmetic>();
    }

    #[test]
    fn an_unknown_name_is_told_what_is_known() {
        let error = "median".parse::<Scaling>().unwrap_err();
        assert_eq!(error.to_string(), "unknown scaling; known are: mean, reference");
    }
}
