//! Flows: machines without I/O.
//!
//! A flow takes an [`Input`], changes its state, and returns [`Effect`]s for somebody else to perform. It knows no
//! socket, clock, randomness or terminal, so it can be shown, paused, bent, replayed and tested exhaustively.
//!
//! Two rules keep the machines honest:
//! * Every effect that will be answered carries a [`CallId`]. One gate at the top of [`Flow::advance`] drops answers
//!   that nobody waits for: late, doubled and cancelled answers are normal life.
//! * There is at most one [`Effect::Finish`], and silence after it.
//!
//! What a person sees of a flow is its [`Step`]s: what is going to be sent (a [`Draft`] that can be bent), why, and what
//! came of it. A step that is [`StepState::Ready`] waits for [`Choice::Next`]; a driver that runs on by itself simply
//! keeps choosing it.
//!
//! Where to look:
//! * Six machines run the thirteen kinds of [`FlowKind`]: `authorization` (code, hybrid, implicit), `token_grant` (client
//!   credentials, on behalf of, refresh token, password), `device_code`, `managed_identity`, `bearer_call` (API call,
//!   UserInfo) and `errand` (admin consent, logout). What they share is `course`: steps, open calls, the gate.
//! * Steps that several have: `discover` first, `prove` where the client proves itself, `returned` where somebody comes back,
//!   `granted` and `validate` where tokens came.
//! * What a run knows: `profile` at its start, `given` and `held` of a token that it begins with. `sheets` holds the words of
//!   every step, `preflight` what is said of a request before it is sent.
//! * `playbook` and `sequences` are how machines are tested: a run played by hand, and all short sequences of inputs.

mod api_answer;
mod authorization;
mod bearer_call;
mod course;
mod device_code;
mod discover;
mod draft;
mod errand;
mod fan_out;
mod given;
mod granted;
mod held;
mod listener;
mod managed_identity;
mod preflight;
mod profile;
mod prove;
mod refused;
mod returned;
mod sheets;
mod step;
mod token_grant;
mod validate;

#[cfg(test)]
mod meanings;
#[cfg(test)]
mod playbook;
#[cfg(test)]
mod sequences;

pub use authorization::Authorization;
pub use bearer_call::BearerCall;
pub use device_code::DeviceCode;
pub use draft::{Bend, Change, Draft, Field, NamedBend, Place};
pub use errand::Errand;
pub use fan_out::{FanOutResult, FanOutRow};
pub use managed_identity::MachineToken;
pub use profile::{
    AdminConsentVersion, ApiCall, Authority, ClientKey, Credential, Federated, FlowKind, IdentityHost,
    ManagedIdentity, Pkce, Platform, Profile, SecretMethod, SigningAlgorithm, Source, UserAssigned,
};
pub use step::{Fact, Step, StepId, StepState};
pub use token_grant::TokenGrant;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{
    oauth::{Arrival, Listening, Refusal, TokenSet, Visit},
    secret::Secret,
    time::UnixTime,
    wire::{Failure, Request, Response},
};

/// Names one awaited answer within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// What goes into a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Starts it. The random values come from outside, so that a recording repeats exactly.
    Begin(Seeds),
    /// The person decided something.
    Chosen(Choice),
    /// Something asked for by an effect has come.
    Answer(CallId, Answer),
    /// The person gives up.
    Cancel,
}

/// Random values for one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// At least 128 bits, base64url.
    pub state: String,
    /// At least 128 bits, base64url.
    pub nonce: String,
    /// 43 to 128 characters of the verifier alphabet (RFC 7636 §4.1).
    pub verifier: Secret,
    /// The `jti` of a client assertion, a GUID (RFC 7519 §4.1.7).
    pub assertion_id: String,
}

impl Seeds {
    /// Values for a second run that goes on inside this one: as hard to guess, and different.
    #[must_use]
    pub fn derived(&self) -> Self {
        let part = |label: &str| {
            let mut hash = Sha256::new_with_prefix(label);
            for value in [&*self.state, &*self.nonce, self.verifier.expose()] {
                hash.update([0]);
                hash.update(value);
            }
            hash.finalize()
        };
        let text = |label: &str| URL_SAFE_NO_PAD.encode(part(label));
        let id = part("assertion_id")[..16].try_into().expect("a hash of 32 bytes has 16");
        Self {
            state: text("state"),
            nonce: text("nonce"),
            verifier: Secret::new(text("verifier")),
            assertion_id: uuid::Builder::from_random_bytes(id).into_uuid().to_string(),
        }
    }
}

/// A decision of the person about the current step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Do it as it stands. A request that cannot be sent stays ready, with an error among its findings that says why.
    Next,
    /// Change the request to be.
    Bend(Bend),
    /// Take the last change back.
    Undo,
    /// Do it again after all.
    Redo,
}

/// What comes back for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The response to [`Effect::Send`].
    Response(Response),
    /// The listener of [`Effect::Listen`] is open.
    Listening(Listening),
    /// The visit of [`Effect::Visit`] came back to the redirect URI. As an answer to [`Effect::Listen`]: something came
    /// there while no visit was waited for.
    Redirected(Arrival),
    /// The visit ended on a page of the authority that leads nowhere: nothing will come back.
    DeadEnd(Response),
    /// The time of [`Effect::WakeAt`] has come.
    Woke,
    /// The signature for [`Effect::Sign`].
    Signed(Vec<u8>),
    /// The token for [`Effect::Need`].
    Given(Secret),
    /// The same, with the ID token that came along: UserInfo compares the two.
    GivenWith {
        /// The token that was asked for.
        token: Secret,
        /// The ID token of the same sign-in.
        id_token: Secret,
    },
    /// No answer.
    Failed(Failure),
}

/// What a flow wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a request; answered by `Response` or `Failed`.
    Send(CallId, Request),
    /// Open a loopback listener for this redirect URI (port 0 or absent: any free one); answered by `Listening` or
    /// `Failed`. What it catches answers the visit.
    Listen(CallId, Url),
    /// Somebody has to go to this address with a user agent; answered by `Redirected` or `DeadEnd`.
    Visit(CallId, Visit),
    /// Wake me then; answered by `Woke`.
    WakeAt(CallId, UnixTime),
    /// Sign this; answered by `Signed` or `Failed`.
    Sign(CallId, Signing),
    /// The flow begins with a token and none is at hand; answered by `Given` or `Failed`. Whoever drives the flow takes
    /// one off the shelf, or runs another flow that brings one.
    Need(CallId, Need),
    /// This call is not needed any more: close the listener, drop the timer, abandon the request.
    Stop(CallId),
    /// The flow is over.
    Finish(Outcome),
}

/// What is to be signed, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// The key, PKCS#8 in PEM.
    pub key: Secret,
    /// The algorithm.
    pub algorithm: SigningAlgorithm,
    /// The signing input of a JWS: header and payload, each base64url, with a dot between (RFC 7515 §5.1).
    pub input: String,
}

/// The kind of token that a flow begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A user's access token whose audience is this client (on behalf of).
    UserAssertion,
    /// A refresh token of this client.
    RefreshToken,
    /// An access token for the API that is called.
    AccessToken,
    /// An ID token of this client.
    IdToken,
}

/// How a flow ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Tokens came and every check passed.
    Tokens(TokenSet),
    /// It reached its end, which is something other than tokens: an API answered, an administrator agreed, a session is
    /// over. One sentence says what.
    Done(String),
    /// The authority said no.
    Refused(Refusal),
    /// Our own check said no, or our own clock; what came is kept to be looked at. The steps' findings say which check.
    Rejected {
        /// What is wrong, in one sentence.
        reason: String,
        /// Tokens that came before the check failed.
        tokens: Option<TokenSet>,
    },
    /// There was no answer.
    Failed(Failure),
    /// The person gave up.
    Cancelled,
}

/// What a person has to do before the flow can go on by itself; read by screens and by `--events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Sign in at this address; the answer comes to the redirect URI.
    Visit(Visit),
    /// Enter this code at this address, on any device (RFC 8628 §3.3).
    DeviceCode(DevicePrompt),
}

/// The device-code prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePrompt {
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The address with the code in it, where the server gives one (Entra does not).
    pub verification_uri_complete: Option<String>,
    /// The server's own sentence for the person.
    pub message: Option<String>,
    /// When the code ends.
    pub expires_at: UnixTime,
    /// Seconds between polls at present; `slow_down` adds 5.
    pub interval: u64,
    /// When the next poll is due.
    pub next_poll: UnixTime,
    /// Each poll so far: when, and the `error` it was answered with.
    pub polls: Vec<(UnixTime, String)>,
}

/// A run of one flow. Closed and comparable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// RFC 6749 §4.1 with RFC 7636, OpenID Connect Core §3.2 and §3.3.
    Authorization(Authorization),
    /// The grants that are one request: RFC 6749 §4.3, §4.4, §6, RFC 7523 §2.1.
    TokenGrant(TokenGrant),
    /// RFC 8628.
    DeviceCode(DeviceCode),
    /// RFC 6750, OpenID Connect Core §5.3.
    BearerCall(BearerCall),
    /// Reference §11.
    MachineToken(MachineToken),
    /// Reference §6.1 to §6.3.
    Errand(Errand),
}

impl Flow {
    /// A flow of `kind` that has not begun. `bends` change the steps' requests as they are made.
    pub fn new(kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> Self {
        match kind {
            FlowKind::AuthorizationCode | FlowKind::Hybrid | FlowKind::Implicit => {
                Self::Authorization(Authorization::new(kind, profile, bends))
            }
            FlowKind::ClientCredentials
            | FlowKind::Password
            | FlowKind::OnBehalfOf
            | FlowKind::RefreshToken => Self::TokenGrant(TokenGrant::new(kind, profile, bends)),
            FlowKind::DeviceCode => Self::DeviceCode(DeviceCode::new(profile, bends)),
            FlowKind::CallApi => Self::BearerCall(BearerCall::api(profile, bends)),
            FlowKind::UserInfo => Self::BearerCall(BearerCall::user_info(profile, bends)),
            FlowKind::ManagedIdentity => Self::MachineToken(MachineToken::new(profile, bends)),
            FlowKind::AdminConsent => Self::Errand(Errand::admin_consent(profile, bends)),
            FlowKind::Logout => Self::Errand(Errand::logout(profile, bends)),
        }
    }

    /// Takes one input and says what is to be done about it.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        match self {
            Self::Authorization(flow) => flow.advance(input, now),
            Self::TokenGrant(flow) => flow.advance(input, now),
            Self::DeviceCode(flow) => flow.advance(input, now),
            Self::BearerCall(flow) => flow.advance(input, now),
            Self::MachineToken(flow) => flow.advance(input, now),
            Self::Errand(flow) => flow.advance(input, now),
        }
    }

    /// What the person sees, in order; done steps first.
    pub fn steps(&self) -> Vec<Step<'_>> {
        match self {
            Self::Authorization(flow) => flow.steps(),
            Self::TokenGrant(flow) => flow.steps(),
            Self::DeviceCode(flow) => flow.steps(),
            Self::BearerCall(flow) => flow.steps(),
            Self::MachineToken(flow) => flow.steps(),
            Self::Errand(flow) => flow.steps(),
        }
    }

    /// What a person has to do now, elsewhere, before the flow can go on.
    pub fn prompt(&self) -> Option<Prompt> {
        match self {
            Self::Authorization(flow) => flow.prompt(),
            Self::TokenGrant(_) | Self::BearerCall(_) | Self::MachineToken(_) => None,
            Self::Errand(flow) => flow.prompt(),
            Self::DeviceCode(flow) => flow.prompt(),
        }
    }

    /// The rows of the fan-out matrix: one refresh token, a list of scopes. Empty in every other run.
    pub fn fan_out(&self) -> &[FanOutRow] {
        match self {
            Self::TokenGrant(flow) => flow.fan_out(),
            Self::Authorization(_)
            | Self::DeviceCode(_)
            | Self::BearerCall(_)
            | Self::MachineToken(_)
            | Self::Errand(_) => &[],
        }
    }

    /// The step in progress, or the last one.
    pub fn current(&self) -> StepId {
        let steps = self.steps();
        let open = steps.iter().find(|step| !matches!(step.state, StepState::Done | StepState::Skipped));
        open.or(steps.last()).map_or(StepId::Discover, |step| step.id)
    }
}
