//! The numbers that stand for rules, losses, activations and arithmetics in a blob. Each list is written once, for both ways,
//! and what it lacks or has twice does not compile.

/// Inside an `impl` of an enumeration without fields: `code` and `from_code` by a list of `Variant = number`.
macro_rules! codes {
    ($($variant:ident = $code:literal),* $(,)?) => {
        /// The number that stands for it in a [`store`](crate::store) blob.
        pub const fn code(self) -> u8 {
            match self {
                $(Self::$variant => $code,)*
            }
        }

        /// What the number stands for, if for anything.
        #[deny(unreachable_patterns)]
        pub const fn from_code(code: u8) -> Option<Self> {
            match code {
                $($code => Some(Self::$variant),)*
                _ => None,
            }
        }
    };
}

pub(crate) use codes;
