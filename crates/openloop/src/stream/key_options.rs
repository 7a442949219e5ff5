//! The options of a stream that has a learner for each key.

use crate::settings::ConfigError;
#[cfg(feature = "clap")]
use crate::settings::headings;
use crate::settings::ranges::within;

/// Learners in memory where nothing is said.
const IN_MEMORY: usize = 1000;

/// What can be asked of a stream that has a learner for each key.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct KeyOptions {
    /// Column of CSV rows that names their learner
    ///
    /// Each value of it, such as a device's name, gets a network of its own, as if it were alone in the stream. --model is then a
    /// folder.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COLUMN", help_heading = headings::DATA))]
    pub key: Option<String>,
    /// Learners of --key in memory at most [default: 1000]
    ///
    /// The others wait in files until their key comes again.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", help_heading = headings::RUN, hide_short_help = true))]
    pub keys_in_memory: Option<usize>,
}

impl KeyOptions {
    /// How many learners may be in memory.
    ///
    /// # Errors
    /// A number out of range.
    pub fn in_memory(&self) -> Result<usize, ConfigError> {
        let count = self.keys_in_memory.unwrap_or(IN_MEMORY);
        within((1..=1 << 30).contains(&count), "keys-in-memory", count, "from 1 to 2^30")
    }
}
