//! Who has to act next.

use serde::Deserialize;

/// Who has to act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoseMove {
    /// Whoever owns the application's registration.
    Registration,
    /// An administrator of the tenant.
    TenantPolicy,
    /// The person who signs in.
    User,
    /// Whoever writes the request: we.
    OurRequest,
    /// Microsoft, or whoever runs the authority.
    Service,
    /// Whoever looks after network and clock of this machine.
    NetworkOrClock,
    /// Nobody: it is not a failure.
    Nobody,
    /// The evidence does not tell.
    Unknown,
}

impl WhoseMove {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::TenantPolicy => "tenant_policy",
            Self::User => "user",
            Self::OurRequest => "our_request",
            Self::Service => "service",
            Self::NetworkOrClock => "network_or_clock",
            Self::Nobody => "nobody",
            Self::Unknown => "unknown",
        }
    }

    /// What people read, behind “Next move:”.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Registration => "the application's registration",
            Self::TenantPolicy => "an administrator of the tenant",
            Self::User => "the user",
            Self::OurRequest => "our request",
            Self::Service => "the service",
            Self::NetworkOrClock => "network or clock of this machine",
            Self::Nobody => "nobody, this is not a failure",
            Self::Unknown => "not clear yet",
        }
    }
}
