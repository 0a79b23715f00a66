//! Placeholder while the module is being written.

use super::{Effect, Input, NamedBend, Profile, Prompt, Step};
use crate::time::UnixTime;

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentials {
    profile: Profile,
    bends: Vec<NamedBend>,
}

impl ClientCredentials {
    /// A machine that has not begun.
    pub const fn new(profile: Profile, bends: Vec<NamedBend>) -> Self {
        Self { profile, bends }
    }
    /// Takes one input.
    pub fn advance(&mut self, _input: Input, _now: UnixTime) -> Vec<Effect> {
        Vec::new()
    }
    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        Vec::new()
    }
    /// What the person has to do elsewhere.
    pub fn prompt(&self) -> Option<Prompt> {
        None
    }
}
