//! What leaves the program: one file for each format, and `redact`, the one door out.
//!
//! Formats take exchanges as they are kept in memory. Unless the person asked for secrets, they pass the door first.

pub mod curl;
pub mod redact;

/// Whether an export holds secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Replaced by what they are; the export can be shown to anybody.
    #[default]
    Redacted,
    /// As they are, because the person said so.
    Included,
}
