//! What is particular to Microsoft Entra ID and known to everybody above: its numbered errors, its names
//! for APIs and permissions, and its registrations.
//!
//! Facts only, as tables. What an error means for the person in front of the screen is told by `explain`.

pub mod aadsts;
pub mod address;
mod find;
pub mod permissions;
pub mod registration;
pub mod scopes;

pub use aadsts::Code;
