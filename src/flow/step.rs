//! What a person sees of a flow: its steps.

use super::Draft;
use crate::{
    finding::Finding,
    oauth::parameters,
    secret::Secret,
    text::{Line, Role},
};

/// Names a step across all flows; the snake-case name is what `--set STEP.NAME=VALUE` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepId {
    /// Read the provider's metadata.
    Discover,
    /// Make state, nonce and PKCE pair; open the listener.
    Prepare,
    /// Send the person to the authorization endpoint.
    Authorize,
    /// Read and check what came back to the redirect URI.
    Return,
    /// Check the ID token that came through the browser, before the code is redeemed.
    Identify,
    /// Ask for a device and a user code.
    DeviceAuthorization,
    /// The person signs in elsewhere; we poll.
    Poll,
    /// Ask the token endpoint.
    Token,
    /// Fetch the keys and check what came.
    Validate,
    /// The token that the flow begins with.
    Given,
    /// Get an assertion from the issuer that the registration trusts.
    Federate,
    /// Make and sign the client's own assertion.
    Assert,
    /// Try one refresh token on a list of scopes.
    FanOut,
    /// Call an API.
    Call,
    /// Send the administrator to agree.
    AdminConsent,
    /// Send the person to sign out.
    Logout,
}

impl StepId {
    /// Every step, in the order in which they occur.
    pub const ALL: [Self; 16] = [
        Self::Given,
        Self::Discover,
        Self::Prepare,
        Self::Authorize,
        Self::AdminConsent,
        Self::Logout,
        Self::Return,
        Self::Identify,
        Self::Federate,
        Self::Assert,
        Self::DeviceAuthorization,
        Self::Poll,
        Self::Token,
        Self::Validate,
        Self::FanOut,
        Self::Call,
    ];

    /// The name on the command line and in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Prepare => "prepare",
            Self::Authorize => "authorize",
            Self::Return => "return",
            Self::Identify => "identify",
            Self::DeviceAuthorization => "device_authorization",
            Self::Poll => "poll",
            Self::Token => "token",
            Self::Validate => "validate",
            Self::Given => "given",
            Self::Federate => "federate",
            Self::Assert => "assert",
            Self::FanOut => "fan_out",
            Self::Call => "call",
            Self::AdminConsent => "admin_consent",
            Self::Logout => "logout",
        }
    }

    /// The step of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not yet.
    Todo,
    /// Its request (or local work) is laid out and waits for the person.
    Ready,
    /// Sent, or waiting for somebody.
    Running,
    /// Over, and good.
    Done,
    /// Over, and not good.
    Failed,
    /// Not needed in this run.
    Skipped,
}

/// One step as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Which.
    pub id: StepId,
    /// A short title, such as `Redeem the code`.
    pub title: &'static str,
    /// Why it exists, in a few plain sentences.
    pub why: &'static str,
    /// The rules that protect it, one line each.
    pub guards: &'static [&'static str],
    /// How far it is.
    pub state: StepState,
    /// The request to be, or as it was sent; `None` for local steps and for steps that are not laid out yet.
    pub draft: Option<&'a Draft>,
    /// What the step made or learned.
    pub facts: &'a [Fact],
    /// What its checks say.
    pub findings: &'a [Finding],
}

/// Something a step made or learned: a name, a value, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name in the standard's spelling where it has one.
    pub name: &'static str,
    /// The value, safe to print: where it is secret, a [`Role::Secret`] span holds the mask already.
    pub value: Line,
    /// The secret behind the mask, for a screen that reveals it on demand.
    pub secret: Option<Secret>,
    /// What it is for, or how it came about.
    pub meaning: String,
}

impl Fact {
    /// A value that everybody may see.
    pub fn open(name: &'static str, value: impl AsRef<str>, meaning: impl Into<String>) -> Self {
        Self { name, value: Line::of(Role::Value, value), secret: None, meaning: meaning.into() }
    }

    /// A value that is masked.
    pub fn secret(name: &'static str, secret: &Secret, meaning: impl Into<String>) -> Self {
        let value = Line::of(Role::Secret, secret.masked());
        Self { name, value, secret: Some(secret.clone()), meaning: meaning.into() }
    }

    /// The general meaning of `name`, from the table of parameters.
    pub(super) fn meaning_of(name: &str) -> &'static str {
        parameters::meaning(name).map_or("", |known| known.long)
    }
}
