//! A chain of layers over memory the caller lends: `infer` and `learn`.
//!
//! `learn` walks forward, and back only for the rules that wait for the error:
//!
//! ```text
//! for k in hidden layers:
//!     a = act(W[k] x)
//!     if the rule is local: update W[k] now, by its own signal; x is not needed again
//!     x = a
//! y = output(x);  the output layer learns by its own error
//! if the rule waits for the error: for k backwards: update W[k] by the signal that came back
//! ```

mod backward;
mod infer;
mod learn;
mod lent;
mod signals;

pub use infer::{answers, features, infer, infer_with_layouts};
pub use learn::{PartOutput, learn, learn_batches, learn_part};
pub use signals::signals;
