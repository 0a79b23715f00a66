//! Being written.
pub mod lab;
