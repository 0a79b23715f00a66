//! The screens, one folder each, in the order of their keys. See [`super::pane`] for what they have in common.

pub mod errors;
pub mod flows;
pub mod registrations;
pub mod run;
pub mod tenant;
pub mod tokens;
pub mod traffic;
