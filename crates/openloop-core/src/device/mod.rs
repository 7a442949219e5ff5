//! Learning where the sensor stands: one sample at a time, plain gradient steps, no panic in the program. Networks of dense layers, under local
//! rules also of convolutions and pooling.
//!
//! The mathematics is the host's text ([`rule`](crate::rule), [`loss`](crate::loss), [`math`](crate::math),
//! [`random`](crate::random), [`matrix`](crate::matrix)); what is written anew here is the walk over the layers for a
//! single sample, and loops over the weights that suit a processor without vectors. Nothing is fused or reordered by the
//! target, so the same calls on a PC give the same bits.
//!
//! ```
//! use openloop_core::device::{Arena, Learner, DeviceSettings};
//! use openloop_core::*;
//!
//! // 2 inputs, 8 hidden neurons, 2 classes: a constant, as it would lie in flash
//! const LAYERS: [Layer; 2] = [
//!     Layer::Dense(Dense { inputs: 2, outputs: 8, activation: Activation::Tanh }),
//!     Layer::Dense(Dense { inputs: 8, outputs: 2, activation: Activation::Identity }),
//! ];
//! const LEARNER: Learner = Learner::fixed(
//!     Spec { layers: &LAYERS, loss: Loss::CrossEntropy },
//!     DeviceSettings { rule: Rule::LocalError, hidden_rate: 0.05, output_rate: 0.5, feedback: Feedback::Seeded(1) },
//! );
//!
//! // all memory, its size known before flashing
//! let mut arena: Arena<{ LEARNER.sizes().parameters }, { LEARNER.sizes().scratch() }> = Arena::new();
//! LEARNER.init(1, &mut arena.parameters)?;
//!
//! // the exclusive or, one sample after the other
//! let samples = [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)];
//! for step in 0..4000 {
//!     let (x, label) = samples[step % 4];
//!     LEARNER.learn(arena.lend(), &x, &Targets::Labels(&[label]))?;
//! }
//! for (x, label) in samples {
//!     let y = LEARNER.infer(arena.lend(), &x)?;
//!     assert_eq!((y[1] > y[0]) as u32, label);
//! }
//! assert_eq!(arena.health.learned, 4000);
//! # Ok::<(), Error>(())
//! ```
//!
//! [`Arena`] is the face for shapes known to the compiler. A loaded model has a [`Learner`] made at run time and lends
//! slices of its own as [`Lent`]; the code underneath is the same.

mod arena;
#[cfg(not(cortex_fpu))]
mod chunks;
mod filters;
mod health;
mod learner;
mod part;
mod rows;
mod sizes;
mod walk;
mod windows;

pub use arena::Arena;
pub use health::Health;
pub use learner::{DeviceSettings, Learner, Lent};
pub use sizes::Sizes;
pub use walk::{Progress, Stage};
