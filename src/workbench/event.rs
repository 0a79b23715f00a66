//! What wakes the workbench, and what it wants done: closed and plain, so that a sitting can be recorded and compared.

use url::Url;

use super::{ExchangeId, FrontChannel, KeptId, SessionId, Term};
use crate::{
    agent,
    flow::{CallId, Choice, ClientKey, FlowKind, NamedBend, Profile, Seeds, Signing},
    oauth::{Arrival, Listening},
    provider::{
        Note, SignIn,
        order::{Order, View},
    },
    secret::Secret,
    time::UnixTime,
    token::bend::{self, Bent},
    wire::{Failure, Request, Response, Timing},
};

/// Everything that can wake the workbench.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The person decided something.
    User(User),
    /// A request got its answer, or none.
    Answered {
        /// Which one.
        exchange: ExchangeId,
        /// What came.
        result: Result<Response, Failure>,
        /// Where the time went.
        timing: Timing,
    },
    /// The redirect listener is open (with the port it really has), or could not be opened.
    Listening {
        /// For this run.
        session: SessionId,
        /// Answers this call.
        call: CallId,
        /// The redirect URI to use, and what is to be known about it.
        result: Result<Listening, Failure>,
    },
    /// The redirect listener caught an answer.
    Arrived {
        /// For this run.
        session: SessionId,
        /// What it carried.
        arrival: Arrival,
    },
    /// A timer ran out.
    Woke {
        /// For this run.
        session: SessionId,
        /// Answers this call.
        call: CallId,
    },
    /// A signature was made, or could not be.
    Signed {
        /// For this run.
        session: SessionId,
        /// Answers this call.
        call: CallId,
        /// The signature.
        result: Result<Vec<u8>, Failure>,
    },
    /// The lab tenant answers at this base address.
    LabReady(Url),
    /// The lab tenant could not be started.
    LabFailed(String),
    /// The lab tenant made a key for an application and registered its certificate.
    LabKey {
        /// The short name of the application.
        application: String,
        /// The key.
        key: ClientKey,
    },
    /// What a program on the lab tenant's machine shows at its App Service endpoint.
    LabIdentityHeader(Secret),
    /// The lab tenant says why it refused.
    LabNote(Note),
    /// The lab tenant's directory or grants have changed: by an order, on a page, over its APIs.
    LabChanged(Box<View>),
    /// These rows are new in the lab tenant's sign-in log.
    LabSignIns(Vec<SignIn>),
    /// The lab tenant has signed a bent token, or cannot, and why.
    TokenSigned {
        /// Which one.
        bent: Box<Bent>,
        /// With which key.
        signing: bend::Signing,
        /// The token.
        result: Result<Secret, String>,
    },
    /// The lab tenant has carried out an order and says what was done, or has not and says why.
    LabAnswered {
        /// Which one.
        order: Box<Order>,
        /// What was done, or why it was not.
        result: Result<String, String>,
    },
}

/// What a person can decide.
#[derive(Clone, Debug, PartialEq)]
pub enum User {
    /// Start a run.
    Start(Start),
    /// Decide about the current step.
    Choose(SessionId, Choice),
    /// Run on until something needs a person, or stop doing so.
    Auto(SessionId, bool),
    /// Sign in this way.
    SignIn(SessionId, FrontChannel),
    /// Do something on the page in the built-in user agent.
    Act(SessionId, agent::Act),
    /// The redirected address, pasted and read.
    Pasted(SessionId, Arrival),
    /// Give a run up, and with it the one that brings its token or waits for its tokens.
    Cancel(SessionId),
    /// Begin a run with this token in place of one that a sign-in would bring.
    Give(SessionId, Secret),
    /// Look at a token from elsewhere.
    Decode(String),
    /// Take a token off the shelf.
    Discard(usize),
    /// Put the token back that was taken off last.
    PutBack,
    /// Fetch the keys of the issuer of the token at this place on the shelf, to check its signature.
    FetchKeys(usize),
    /// Send a finished exchange again, as changed.
    Replay(ExchangeId, Request),
    /// Put a token of the lab up that has been changed, signed like that.
    Bend(Box<Bent>, bend::Signing),
    /// Compare the token at this place of the shelf with these values; `None`: with what is filled in.
    Expect(usize, Term, Option<Vec<String>>),
    /// Judge the token at this place of the shelf by this key set (RFC 7517 §5), whatever its issuer publishes.
    UseKeys(usize, serde_json::Value),
    /// Call the lab's careful API with the token at this place of the shelf, if the lab made it.
    Try(usize),
    /// Take up a registration, a piece of one, or an authorize URL; beside it is looked at this one.
    Import(Secret, Option<KeptId>),
    /// Keep the registrations of a text that was brought as evidence.
    Learn(Secret),
    /// Take away what was brought.
    Forget(KeptId),
    /// Put back what was taken away last.
    Recall,
    /// Change the lab tenant.
    Order(Order),
    /// Set the lab tenant to the state that gives this number, and start the run that meets it.
    Reproduce(u32, Seeds),
    /// Mend what the last reproduction broke, and start the run that works then.
    Mend(Seeds),
}

/// How a run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Which flow.
    pub kind: FlowKind,
    /// As whom, against what.
    pub profile: Profile,
    /// Changes to make to the requests.
    pub bends: Vec<NamedBend>,
    /// How to sign in; `None` asks when it is needed.
    pub front: Option<FrontChannel>,
    /// Run on until something needs a person.
    pub auto: bool,
    /// The random values of this run.
    pub seeds: Seeds,
}

/// What the workbench wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this, follow no redirect, answer with [`Event::Answered`].
    Send(ExchangeId, Request),
    /// Drop a request that nobody waits for.
    Abandon(ExchangeId),
    /// Open a loopback listener, answer with [`Event::Listening`], and later [`Event::Arrived`].
    Listen(SessionId, CallId, Url),
    /// Answer with [`Event::Woke`] then.
    WakeAt(SessionId, CallId, UnixTime),
    /// Sign this, answer with [`Event::Signed`].
    Sign(SessionId, CallId, Signing),
    /// Close the listener or drop the timer of this call.
    Stop(SessionId, CallId),
    /// Show this address in the person's own browser.
    OpenBrowser(Url),
    /// Have the lab tenant sign this token, answer with [`Event::TokenSigned`].
    SignToken(Box<Bent>, bend::Signing),
    /// Have the lab tenant carry this out, answer with [`Event::LabAnswered`].
    Lab(Box<Order>),
}
