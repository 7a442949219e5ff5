//! The host's networks: checked once, they own their layers and know how many of them are frozen.

use openloop_core::Layer;

/// A network that owns its layers; see [`openloop_core::Network`].
pub type Network = openloop_core::Network<Vec<Layer>>;
