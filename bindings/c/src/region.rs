//! Whether pointers that a call was given share bytes: from addresses alone, nothing is read.

use crate::status::Status;

/// The bytes that an argument names; none for a null pointer.
#[derive(Clone, Copy)]
pub(crate) struct Region {
    pub(crate) start: usize,
    pub(crate) bytes: usize,
}

impl Region {
    pub(crate) fn of<T>(pointer: *const T, count: u32) -> Self {
        let bytes = if pointer.is_null() { 0 } else { size_of::<T>().saturating_mul(count as usize) };
        Region { start: pointer.addr(), bytes }
    }

    fn overlaps(self, other: Region) -> bool {
        let ends_after = |one: Region, start: usize| one.start.saturating_add(one.bytes) > start;
        self.bytes > 0 && other.bytes > 0 && ends_after(self, other.start) && ends_after(other, self.start)
    }
}

/// Refuses arguments of which one is written and shares bytes with another; what is only read may share.
pub(crate) fn apart(written: &[Region], read: &[Region]) -> Result<(), Status> {
    let clash = |(k, one): (usize, &Region)| written.iter().skip(k + 1).chain(read).any(|other| one.overlaps(*other));
    if written.iter().enumerate().any(clash) { Err(Status::Overlap) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(start: usize, bytes: usize) -> Region {
        Region { start, bytes }
    }

    #[test]
    fn regions_overlap_where_they_share_a_byte() {
        let one = at(100, 8);
        for (other, shares) in [
            (at(92, 8), false),
            (at(93, 8), true),
            (at(100, 8), true),
            (at(102, 1), true),
            (at(90, 100), true),
            (at(107, 8), true),
            (at(108, 8), false),
            (at(104, 0), false),
            (at(usize::MAX, 8), false),
            (at(0, usize::MAX), true),
        ] {
            assert_eq!((one.overlaps(other), other.overlaps(one)), (shares, shares), "{} {}", other.start, other.bytes);
        }
        assert!(!Region::of(core::ptr::null::<u8>(), 8).overlaps(at(0, 8)));
    }

    #[test]
    fn only_what_is_written_must_be_apart() {
        let (a, b) = (at(0, 8), at(4, 8));
        assert_eq!(apart(&[], &[a, b]), Ok(()));
        assert_eq!(apart(&[a], &[at(8, 8), b]), Err(Status::Overlap));
        assert_eq!(apart(&[a, at(8, 4), b], &[]), Err(Status::Overlap));
        assert_eq!(apart(&[a, at(8, 4)], &[at(12, 4)]), Ok(()));
    }
}
