//! Lines for the user, on standard error.

/// Prints a line on standard error. Unlike `eprintln!` it does not panic when nobody is there to read it.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}
pub(crate) use say;
