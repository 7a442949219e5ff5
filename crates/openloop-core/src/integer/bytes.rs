//! The bytes that a step changes: weights, and their second bytes where they have them.

use super::memory::Int8Fine;

/// Weights and biases, and a second byte for each or none.
#[derive(Default)]
pub(super) struct Bytes<'b> {
    /// A byte each.
    pub weights: &'b mut [i8],
    #[cfg(feature = "fine-int8")]
    fractions: &'b mut [i8],
}

impl<'b> Bytes<'b> {
    /// The bytes of a network's layers, and of its readouts.
    #[inline(always)]
    pub fn of(parameters: &'b mut [i8], fine: Int8Fine<'b>) -> [Self; 2] {
        #[cfg(feature = "fine-int8")]
        {
            let own = parameters.len().min(fine.fractions.len());
            let (fractions, of_readouts) = fine.fractions.split_at_mut(own);
            [Bytes { weights: parameters, fractions }, Bytes { weights: fine.readouts, fractions: of_readouts }]
        }
        #[cfg(not(feature = "fine-int8"))]
        {
            let Int8Fine { .. } = fine;
            [Bytes { weights: parameters }, Bytes::default()]
        }
    }

    /// Takes the first `count` off.
    #[inline(always)]
    pub fn take_front(&mut self, count: usize) -> Self {
        Bytes {
            weights: take_front(&mut self.weights, count),
            #[cfg(feature = "fine-int8")]
            fractions: take_front(&mut self.fractions, count),
        }
    }

    /// Takes the last `count` off.
    #[inline(always)]
    pub fn take_back(&mut self, count: usize) -> Self {
        Bytes {
            weights: take_back(&mut self.weights, count),
            #[cfg(feature = "fine-int8")]
            fractions: take_back(&mut self.fractions, count),
        }
    }

    /// The second bytes; none where there are none.
    #[cfg(feature = "fine-int8")]
    #[inline(always)]
    pub fn with_fractions(&mut self) -> Option<(&mut [i8], &mut [i8])> {
        if self.fractions.is_empty() { None } else { Some((self.weights, self.fractions)) }
    }
}

/// Takes the first `count` values off `slice`; none if there are not as many.
pub(super) fn take_front<'b>(slice: &mut &'b mut [i8], count: usize) -> &'b mut [i8] {
    let (own, rest) = core::mem::take(slice).split_at_mut_checked(count).unwrap_or_default();
    *slice = rest;
    own
}

/// Takes the last `count` values off `slice`; none if there are not as many.
#[cfg_attr(not(feature = "waiting-rules"), allow(dead_code))]
fn take_back<'b>(slice: &mut &'b mut [i8], count: usize) -> &'b mut [i8] {
    let whole = core::mem::take(slice);
    let (rest, own) = whole.split_at_mut_checked(whole.len().saturating_sub(count)).unwrap_or_default();
    *slice = rest;
    own
}
