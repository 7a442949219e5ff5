//! How deep a call goes, by painting the stack below it beforehand and looking what is left of the paint.

use core::hint::black_box;

/// Bytes that are painted.
const DEPTH: usize = 4096;
/// Words next to the painter's own frame that it leaves alone.
const MARGIN: usize = 16;
const PAINT: u32 = 0x5A5A_A5A5;

/// Calls `work` and gives the bytes of stack that it used, to within the painter's own frame.
///
/// # Safety
/// There must be 4 KiB of stack below the caller, and nothing else may use them meanwhile: a single thread, no interrupts.
#[inline(never)]
pub unsafe fn depth(work: impl FnOnce()) -> u32 {
    let here = 0u32;
    let top = black_box(&raw const here).cast_mut();
    // SAFETY: the stack grows downwards and there is room, as the caller promises; the margin spares this frame.
    unsafe { paint(top) };
    call(work);
    // SAFETY: the same words are read again.
    unsafe { used(top) }
}

/// Keeps what `work` needs out of its caller's frame, which the paint must not reach.
#[inline(never)]
fn call(work: impl FnOnce()) {
    work();
}

#[inline(never)]
unsafe fn paint(top: *mut u32) {
    for i in MARGIN..DEPTH / 4 {
        // SAFETY: within the stack's room below `top`, see `depth`; this function's frame lies in the margin.
        unsafe { top.sub(i).write_volatile(PAINT) };
    }
}

#[inline(never)]
unsafe fn used(top: *mut u32) -> u32 {
    for i in (MARGIN..DEPTH / 4).rev() {
        // SAFETY: as in `paint`.
        if unsafe { top.sub(i).read_volatile() } != PAINT {
            return i as u32 * 4;
        }
    }
    0
}
