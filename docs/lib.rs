//! The Rust examples of the README as tests. They are not in the host library, because a published crate holds no file from
//! outside of its folder.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
