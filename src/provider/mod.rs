//! The lab tenant: a simulated Microsoft Entra ID, as a function of request and time.
//!
//! It reads requests with its own readers and never uses `oauth`: were client and provider to share builders or readers,
//! they would agree on every mistake. `runtime::lab` puts it behind a loopback port.

pub mod scenario;

use url::Url;

use crate::{
    finding::Compared,
    time::UnixTime,
    wire::{Request, Response},
};
use scenario::Scenario;

/// The tenant while it runs: directory, grants, sessions, codes.
#[derive(Debug)]
pub struct Provider {
    base: Url,
    scenario: Scenario,
}

/// What the tenant decided about a request. Signing is left to [`Decision::respond`], so that it needs no lock.
#[derive(Debug)]
pub struct Decision {
    response: Response,
    /// The learner's side of it, for refusals.
    pub note: Option<Note>,
}

/// Why the tenant refused: never on the wire, found by the trace id that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The `trace_id` of the answer, its `x-ms-request-id`.
    pub trace_id: String,
    /// The AADSTS number.
    pub code: u32,
    /// The rule that fired, such as `redirect_uri.registered`.
    pub rule: &'static str,
    /// What the rule demands, in one sentence.
    pub demand: String,
    /// What it compared.
    pub compared: Vec<Compared>,
}

impl Provider {
    /// A tenant with the directory of `scenario`, reached at `base`. `seed` makes ids and codes unguessable, and
    /// repeatable in tests.
    pub const fn new(scenario: Scenario, base: Url, seed: [u8; 32]) -> Self {
        let _ = seed;
        Self { base, scenario }
    }

    /// Decides one request.
    pub fn decide(&mut self, request: &Request, now: UnixTime) -> Decision {
        let _ = (request, now, &self.base, &self.scenario);
        Decision {
            response: Response {
                status: 404,
                headers: crate::wire::Headers::new(),
                body: crate::wire::Body::Empty,
            },
            note: None,
        }
    }
}

impl Decision {
    /// Makes the response, signing what is to be signed.
    pub fn respond(self) -> Response {
        self.response
    }
}
