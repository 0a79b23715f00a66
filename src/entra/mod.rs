//! What is particular to Microsoft Entra ID and known to everybody above: its numbered errors and its names for APIs.
//!
//! Facts only, as tables. What an error means for the person in front of the screen is told by `explain`.

pub mod aadsts;
mod find;
pub mod scopes;

pub use aadsts::Code;
