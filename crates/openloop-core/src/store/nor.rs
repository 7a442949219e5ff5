//! Any driver of `embedded-storage` as a flash to save to.

use super::slots::Flash;
use embedded_storage::nor_flash::NorFlash;

/// A driver whose reads may be as small as 32 bytes, like almost all.
#[derive(Debug)]
pub struct Nor<F>(pub F);

impl<F: NorFlash> Flash for Nor<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;
    type Error = F::Error;

    fn capacity(&self) -> usize {
        self.0.capacity()
    }

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.0.read(offset, bytes)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.0.write(offset, bytes)
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.0.erase(from, to)
    }
}
