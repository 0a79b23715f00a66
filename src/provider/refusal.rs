//! A refusal: what goes onto the wire, and what the learner is told about it.
//!
//! Rules make refusals; endpoints decide on which surface they are delivered (`reply`). The texts are ours, with their
//! variable parts in the order that the real service uses (reference §10.11).

use super::{
    Note,
    scenario::{Application, User},
    sign_ins::AppliedPolicy,
};
use crate::{finding::Compared, secret::mask};

/// Numbers that the look-up page does not know; their answers have no `error_uri` (reference §10).
const WITHOUT_LOOK_UP: &[u32] = &[70043, 650_057, 700_038, 70003, 7_000_014];

/// Stands in [`Refusal::code`] where a resource refuses: APIs have words and no AADSTS numbers.
pub const NO_NUMBER: u32 = 0;

/// The number that comes with status 429 and `Retry-After`.
pub const THROTTLED: u32 = 90055;

/// What a rule returns.
pub type Verdict = Result<(), Box<Refusal>>;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The AADSTS number, or [`NO_NUMBER`].
    pub code: u32,
    /// The OAuth error code, the one thing a program acts on.
    pub error: &'static str,
    /// The text on the wire, without number and ids.
    pub text: String,
    /// The finer class.
    pub suberror: Option<&'static str>,
    /// The claims challenge, as JSON text: what the next request has to bring along.
    pub claims: Option<String>,
    /// `error_additional_info`, which clients of the family look at.
    pub additional_info: Option<&'static str>,
    /// `error_subcode` of a redirect.
    pub subcode: Option<&'static str>,
    /// The name of the rule.
    pub rule: &'static str,
    /// What the rule demands.
    pub demand: String,
    /// What it compared.
    pub compared: Vec<Compared>,
    /// The client id, where the request itself does not hold it.
    pub client: Option<String>,
    /// The sign-in name, where the request itself does not hold it.
    pub user: Option<String>,
    /// The client id of the resource that was asked for, where the request itself does not name it.
    pub resource: Option<String>,
    /// The Conditional Access policies that were not met.
    pub policies: Vec<AppliedPolicy>,
}

impl Refusal {
    pub fn new(code: u32, error: &'static str, text: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            code,
            error,
            text: text.into(),
            suberror: None,
            claims: None,
            additional_info: None,
            subcode: None,
            rule: "",
            demand: String::new(),
            compared: Vec::new(),
            client: None,
            user: None,
            resource: None,
            policies: Vec::new(),
        })
    }

    /// Says what the rule demands, for the learner.
    pub fn demands(mut self: Box<Self>, demand: impl Into<String>) -> Box<Self> {
        self.demand = demand.into();
        self
    }

    /// Adds a comparison.
    pub fn compares<E: Into<String>>(
        mut self: Box<Self>,
        what: &str,
        sent: impl Into<String>,
        expected: impl IntoIterator<Item = E>,
    ) -> Box<Self> {
        let expected = expected.into_iter().map(Into::into).collect();
        self.compared.push(Compared { what: what.to_owned(), sent: sent.into(), expected });
        self
    }

    /// Adds a comparison whose sides must not be seen.
    pub fn compares_secret(
        self: Box<Self>,
        what: &str,
        sent: &str,
        expected: impl Into<String>,
    ) -> Box<Self> {
        self.compares(what, mask(sent), [expected])
    }

    pub fn suberror(mut self: Box<Self>, suberror: &'static str) -> Box<Self> {
        self.suberror = Some(suberror);
        self
    }

    /// Adds a claims challenge.
    pub fn claims(mut self: Box<Self>, claims: String) -> Box<Self> {
        self.claims = Some(claims);
        self
    }

    pub fn additional_info(mut self: Box<Self>, info: &'static str) -> Box<Self> {
        self.additional_info = Some(info);
        self
    }

    pub fn subcode(mut self: Box<Self>, subcode: &'static str) -> Box<Self> {
        self.subcode = Some(subcode);
        self
    }

    /// Another `error` for the same number, where the surface decides it.
    pub fn as_error(mut self: Box<Self>, error: &'static str) -> Box<Self> {
        self.error = error;
        self
    }

    /// Says whom it concerns, for the sign-in log.
    pub fn concerning(mut self: Box<Self>, client: &Application, user: Option<&User>) -> Box<Self> {
        self.client = Some(client.app_id.clone());
        self.user = user.map(|user| user.user_principal_name.clone());
        self
    }

    /// Says which resource was asked for, for the sign-in log.
    pub fn asking_for(mut self: Box<Self>, resource: &Application) -> Box<Self> {
        self.resource = Some(resource.app_id.clone());
        self
    }

    /// Says which policies were not met, for the sign-in log.
    pub fn failing(mut self: Box<Self>, policies: Vec<AppliedPolicy>) -> Box<Self> {
        self.policies = policies;
        self
    }

    /// Names the rule that refused. A finer rule within it that has named itself stays.
    pub fn by(mut self: Box<Self>, rule: &'static str) -> Box<Self> {
        if self.rule.is_empty() {
            self.rule = rule;
        }
        self
    }

    /// Where the number can be looked up.
    pub fn error_uri(&self, base: &str) -> Option<String> {
        (!WITHOUT_LOOK_UP.contains(&self.code)).then(|| format!("{base}/error?code={}", self.code))
    }

    /// The status of a JSON answer (reference §2.3).
    pub fn status(&self) -> u16 {
        match self.error {
            "invalid_client" => 401,
            _ if self.code == THROTTLED => 429,
            "temporarily_unavailable" => 503,
            "server_error" => 500,
            _ => 400,
        }
    }

    /// The learner's side.
    pub fn note(&self, trace_id: &str) -> Note {
        Note {
            trace_id: trace_id.to_owned(),
            code: self.code,
            rule: self.rule,
            demand: self.demand.clone(),
            compared: self.compared.clone(),
        }
    }
}

/// 900144: a required parameter is not there.
pub fn missing(name: &str) -> Box<Refusal> {
    Refusal::new(900_144, "invalid_request", format!("Parameter '{name}' is missing."))
        .demands(format!("`{name}` must be sent, and must not be empty"))
        .compares(name, "(nothing)", ["a value"])
}
