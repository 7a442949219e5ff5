//! The functions of `openloop.h` and all that is unsafe about pointers from C. Every function first refuses pointers that share
//! bytes, makes references of the others, checked as far as can be, and then works on those.

mod learning;
mod making;
mod pointers;
mod saving;
mod telling;

pub use learning::*;
pub use making::*;
pub use saving::*;
pub use telling::*;

use crate::status::Status;

fn status(result: Result<(), Status>) -> Status {
    result.err().unwrap_or(Status::Ok)
}
