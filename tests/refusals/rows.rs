//! The rows.

pub mod clients;
pub mod conditions;
pub mod grants;
pub mod people;
pub mod registrations;
pub mod requests;

use crate::case::Case;

pub fn all() -> Vec<Case> {
    [requests::all(), clients::all(), people::all(), conditions::all(), grants::all(), registrations::all()]
        .into_iter()
        .flatten()
        .collect()
}
