//! What there is to go by. Everything may be absent: an explanation says what is missing, and what it would settle.

use crate::{
    entra::registration::{Application, Grants, ServicePrincipal},
    finding::Compared,
    oauth::Refusal,
    time::UnixTime,
    wire::{Request, Response},
};

/// What there is to go by. Everything may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Anything that somebody pasted: a number, a message, a page, an address, a log.
    pub text: Option<String>,
    /// The refusal as it was read from the answer.
    pub refusal: Option<Refusal>,
    /// The request that was refused.
    pub request: Option<Request>,
    /// The request of the same sign-in before it: authorize before token, device code before polling, the first redemption
    /// of a code.
    pub previous_request: Option<Request>,
    /// Requests of the session before those two, the latest first.
    pub history: Vec<Request>,
    /// The answer to the request.
    pub response: Option<Response>,
    /// The application's registration.
    pub registration: Option<Application>,
    /// The application in the tenant of the request.
    pub service_principal: Looked<ServicePrincipal>,
    /// The registration of the API that is asked for.
    pub resource_registration: Option<Application>,
    /// That API in the tenant of the request.
    pub resource_service_principal: Looked<ServicePrincipal>,
    /// What the client was granted.
    pub grants: Option<Grants>,
    /// The token that the failing call used or validated.
    pub token: Option<String>,
    /// What the lab tenant compared, from its note.
    pub compared: Vec<Compared>,
    /// The rule of the lab tenant that fired, and what it demands.
    pub rule: Option<(String, String)>,
    /// Whether the lab tenant refused: then its own remedies are given, and no commands of Azure.
    pub lab: bool,
    /// The clock of this machine when the answer came.
    pub now: Option<UnixTime>,
    /// Whether `now` is only when somebody asks, and not when the answer came: it then tells nothing about a clock that is
    /// ahead.
    pub is_asked_later: bool,
}

/// Something in a directory: nobody looked, or it is not there, or it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Looked<T> {
    /// Nobody looked.
    #[default]
    Unknown,
    /// Looked up, and it does not exist.
    Absent,
    /// Here it is.
    Found(T),
}

impl<T> Looked<T> {
    /// The thing, if it is there.
    pub const fn found(&self) -> Option<&T> {
        match self {
            Self::Found(thing) => Some(thing),
            Self::Unknown | Self::Absent => None,
        }
    }

    /// Whether somebody looked and it does not exist.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether nobody looked.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}
