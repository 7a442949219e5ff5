//! What differs between a network that calculates in f32 and one in int8.

use super::text::Text;
use openloop_core::Error;

/// The parts of a header that depend on the arithmetic, in the order in which they stand in it.
pub(super) trait Arithmetic {
    /// Numbers that the code goes by: `NET_PARAMETERS`, room for outputs, what the self-test finds.
    fn sizes(&self, text: &mut Text) -> Result<(), Error>;

    /// The weights, and the functions by which a layer answers.
    fn answering(&self, text: &mut Text) -> Result<(), Error>;

    /// The walks over the layers: `net_pass`, `net_step`.
    fn walks(&self, text: &mut Text);

    /// Functions from a sample to what the first layer takes, `net_prepare`, and from there to a step.
    fn samples(&self, text: &mut Text);

    /// How the weights lie in a save.
    fn saved_state(&self) -> &'static str;

    /// `net_self_test`.
    fn self_test(&self) -> &'static str;
}
