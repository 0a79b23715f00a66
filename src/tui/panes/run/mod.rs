//! The Run screen.

mod outcome;
mod request;
mod shown;
mod steps;
