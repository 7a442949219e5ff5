//! What a user chooses: from flags, TOML and the text of a network to settings that are checked and complete.
pub mod clock;
pub mod names;
pub mod net;
pub mod options;
pub mod preset;
