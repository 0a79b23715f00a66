//! Managed identity: the machine that the program runs on gives it a token (reference §11). Nobody signs in, and the
//! client has no credential of its own.
//!
//! ```text
//! Begin ─► Token ──token──► Metadata ──document──► Keys ──key set──► over
//!           │  ▲              (left out where the authority of the profile cannot speak for the token)
//!      busy │  │ woke
//!           ▼  │
//!          Pause
//! ```
//!
//! The endpoint is often busy for a moment, so the request is repeated as the platform asks; each repetition is told.

use std::time::Duration;

use url::{Host, Url};

use super::{
    Answer, Authority, Draft, Effect, Fact, IdentityHost, Input, ManagedIdentity, NamedBend, Outcome, Place,
    Profile, Seeds, Step, StepId, StepState, UserAssigned,
    course::{self, Course, Machine},
    discover, preflight,
    sheets::{self, errands},
    validate,
};
use crate::{
    finding::{Finding, Severity},
    oauth::{
        TokenSet,
        discovery::Metadata,
        managed_identity::{self, Identity, IdentityToken},
    },
    text::visible,
    time::{self, UnixTime},
    token,
    wire::{Failure, Method, Request, Response},
};

/// Where a virtual machine's endpoint is when nothing else is said.
const LINK_LOCAL: &str = "http://169.254.169.254";

/// How often the same request is sent at most.
const TRIES: u32 = 5;
/// The same while the service is being updated, which takes up to 70 seconds.
const TRIES_WHILE_GONE: u32 = 8;
/// Seconds between tries while the service is being updated.
const PAUSE_WHILE_GONE: u64 = 10;
/// The longest pause that an answer can talk us into, in seconds.
const LONGEST_PAUSE: u64 = 120;

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineToken {
    profile: Profile,
    bends: Vec<NamedBend>,
    course: Course,
    state: State,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The endpoint's answer to this try, counted from 1.
    Token(u32),
    /// The time of the next try.
    Pause(u32),
    /// The metadata of the token's tenant.
    Metadata(Box<TokenSet>),
    /// The signing keys.
    Keys(Box<Metadata>, Box<TokenSet>),
    /// Nothing any more.
    #[default]
    Over,
}

impl MachineToken {
    /// A machine that has not begun.
    pub fn new(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let course = Course::new(&[&errands::ASK_MACHINE, &errands::FIND_KEYS, &sheets::VALIDATE_ACCESS]);
        Self { profile, bends, course, state: State::Token(1) }
    }

    /// Takes one input.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        course::advance(self, input, now)
    }

    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.course.steps()
    }

    /// The endpoint of the profile; without one, that of a virtual machine, or the lab's.
    fn endpoint(&self) -> ManagedIdentity {
        self.profile.managed_identity.clone().unwrap_or_else(|| {
            let endpoint = match &self.profile.authority {
                Authority::Lab { base, .. } => base.clone(),
                Authority::Entra { .. } | Authority::Issuer(_) => {
                    Url::parse(LINK_LOCAL).expect("a constant address is an address")
                }
            };
            ManagedIdentity { host: IdentityHost::VirtualMachine, endpoint, identity: None }
        })
    }

    fn draft(&self) -> Draft {
        let ManagedIdentity { host, endpoint, identity } = self.endpoint();
        let host = match &host {
            IdentityHost::VirtualMachine => managed_identity::Host::VirtualMachine,
            IdentityHost::AppService(proof) => managed_identity::Host::AppService(proof),
        };
        let identity = identity.as_ref().map(|identity| match identity {
            UserAssigned::ClientId(id) => Identity::ClientId(id),
            UserAssigned::ObjectId(id) => Identity::ObjectId(id),
            UserAssigned::ResourceId(id) => Identity::ResourceId(id),
        });
        let (name, value) = host.header();
        let query = host.query(managed_identity::resource(&self.profile.scope), identity);
        Draft::new(Method::Get, &address(&endpoint, host.path()))
            .with(Place::Header, name, value)
            .with_all(Place::Query, query)
            .bent(StepId::Token, &self.bends)
    }

    fn answer_came(&mut self, response: &Response, tries: u32, now: UnixTime) -> Vec<Effect> {
        if let Some(pause) = self.pause(response, tries) {
            let title = format!(
                "Try {tries} was answered with {}: trying again in {}.",
                response.status,
                time::span(pause)
            );
            self.course.record_mut(StepId::Token).findings.push(Finding {
                id: "identity.retry",
                severity: Severity::Info,
                title,
                source: "Entra managed identities",
            });
            self.state = State::Pause(tries + 1);
            return vec![self.course.wake_at(now + pause)];
        }
        let token = match IdentityToken::read(response) {
            Ok(token) => token,
            Err(trouble) => {
                let outcome = *Box::<Outcome>::from(trouble);
                if let Outcome::Refused(refusal) = &outcome {
                    let hint = hint(&refusal.error, refusal.description.as_deref().unwrap_or_default());
                    self.course.record_mut(StepId::Token).findings.extend(hint);
                }
                return self.course.finish(outcome);
            }
        };
        self.course.record_mut(StepId::Token).facts = facts(&token, now);
        self.course.settle(StepId::Token);
        let tokens = Box::new(token.into_tokens(now));
        match self.metadata_address(&tokens) {
            Ok(address) => {
                self.state = State::Metadata(tokens);
                let draft = Draft::new(Method::Get, &address).bent(StepId::Discover, &self.bends);
                course::lay_out(self, StepId::Discover, draft);
                Vec::new()
            }
            Err(why) => self.unchecked(&why, *tokens),
        }
    }

    /// How long to wait before the next try, if there should be one.
    fn pause(&self, response: &Response, tries: u32) -> Option<Duration> {
        let on_machine = self.endpoint().host == IdentityHost::VirtualMachine;
        let seconds = match response.status {
            410 if on_machine && tries < TRIES_WHILE_GONE => PAUSE_WHILE_GONE,
            404 | 429 | 500..=599 if on_machine && tries < TRIES => 1 << tries,
            // App Service says 500 when it does not know the resource.
            429 | 502 | 503 | 504 if !on_machine && tries < TRIES => 1 << tries,
            _ => return None,
        };
        let asked = response.headers.get("retry-after").and_then(|text| text.trim().parse().ok());
        Some(Duration::from_secs(asked.unwrap_or(0).clamp(seconds, LONGEST_PAUSE)))
    }

    fn try_again(&mut self, tries: u32) -> Vec<Effect> {
        let draft = self.course.record(StepId::Token).draft.as_ref();
        let Some(Ok(request)) = draft.map(Draft::request) else {
            let reason = "the request is gone".to_owned();
            return self.course.fail(Failure::Unsendable { reason });
        };
        self.state = State::Token(tries);
        vec![self.course.send(StepId::Token, request)]
    }

    /// Where the metadata of the token's tenant stands, if the authority of the profile can speak for its issuer. The
    /// token names the tenant and nothing else: its own address would prove nothing.
    fn metadata_address(&self, tokens: &TokenSet) -> Result<String, String> {
        let (Authority::Lab { base, .. } | Authority::Entra { base, .. }) = &self.profile.authority else {
            return Err("the profile names an issuer that has no managed identities".to_owned());
        };
        let raw = tokens.access_token.as_ref().map_or("", |token| token.expose());
        let decoded = token::decode(raw);
        let text = |name: &str| decoded.claims.get(name).and_then(serde_json::Value::as_str);
        let issuer = text("iss").and_then(|issuer| Url::parse(issuer).ok());
        let Some(issuer) = issuer.as_ref().and_then(Url::host_str) else {
            return Err("it cannot be read, or names no issuer".to_owned());
        };
        let authority = base.host_str().unwrap_or_default();
        if !token::speaks_for(authority, issuer) {
            return Err(format!(
                "its issuer is at {}, and this profile's authority is {authority}",
                visible(issuer)
            ));
        }
        let Some(tenant) = text("tid").filter(|tenant| uuid::Uuid::try_parse(tenant).is_ok()) else {
            return Err("it names no tenant".to_owned());
        };
        let base = base.as_str().trim_end_matches('/');
        // Tokens of version 1 have an issuer of their own, and a document that names it.
        let version = if text("ver") == Some("1.0") { "" } else { "/v2.0" };
        Ok(format!("{base}/{tenant}{version}/.well-known/openid-configuration"))
    }

    /// Ends the run with a token that could not be looked at.
    fn unchecked(&mut self, why: &str, tokens: TokenSet) -> Vec<Effect> {
        for id in [StepId::Discover, StepId::Validate] {
            self.course.record_mut(id).state = StepState::Skipped;
        }
        self.course.record_mut(StepId::Validate).findings.push(Finding {
            id: "keys.unavailable",
            severity: Severity::Warning,
            title: format!("The token's signature was not checked: {why}. The API it is for can check it."),
            source: "RFC 7519 §7.2",
        });
        self.course.finish(Outcome::Tokens(tokens))
    }

    fn metadata_came(&mut self, response: &Response, tokens: Box<TokenSet>, now: UnixTime) -> Vec<Effect> {
        let metadata = match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => metadata,
            Err(outcome) => {
                let why = match *outcome {
                    Outcome::Refused(refusal) => {
                        format!("the authority refused its metadata with {}", visible(&refusal.error))
                    }
                    Outcome::Failed(failure) => failure.to_string(),
                    Outcome::Rejected { .. } | Outcome::Tokens(_) | Outcome::Done(_) | Outcome::Cancelled => {
                        "the metadata is another issuer's".to_owned()
                    }
                };
                return self.unchecked(&why, *tokens);
            }
        };
        match validate::draft(&metadata, &self.bends) {
            Some(draft) => {
                course::lay_out(self, StepId::Validate, draft);
                self.state = State::Keys(metadata, tokens);
                Vec::new()
            }
            None => self.judge(&Err(validate::NO_ADDRESS.to_owned()), &metadata, *tokens, now),
        }
    }

    fn judge(
        &mut self,
        keys: &validate::Keys,
        metadata: &Metadata,
        tokens: TokenSet,
        now: UnixTime,
    ) -> Vec<Effect> {
        let comparison = validate::Comparison { metadata, client_id: &self.profile.client_id, nonce: None };
        validate::finish(&mut self.course, keys, tokens, &comparison, now)
    }

    /// No answer at all is what happens on a machine without such an endpoint.
    fn nobody_there(&mut self, failure: Failure) -> Vec<Effect> {
        let title = match self.endpoint().host {
            IdentityHost::VirtualMachine => {
                "Nothing answers. The metadata service is there on Azure virtual machines only, and only from inside."
            }
            IdentityHost::AppService(_) => {
                "Nothing answers. IDENTITY_ENDPOINT can be reached from inside the app only, and changes when it restarts."
            }
        };
        self.course.record_mut(StepId::Token).findings.push(Finding {
            id: "identity.no_endpoint",
            severity: Severity::Warning,
            title: title.to_owned(),
            source: "Entra managed identities",
        });
        self.course.fail(failure)
    }
}

/// A service's address with its path; an address that has a path of its own is taken as it is.
fn address(endpoint: &Url, path: &str) -> String {
    if endpoint.path().trim_matches('/').is_empty() && !path.is_empty() {
        format!("{}{path}", endpoint.as_str().trim_end_matches('/'))
    } else {
        endpoint.as_str().to_owned()
    }
}

/// Whether this is the address of the metadata service: plain http is right there, for the way ends at the machine's own
/// host.
pub(super) fn is_link_local(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(address)) if address.octets() == [169, 254, 169, 254])
}

fn facts(token: &IdentityToken, now: UnixTime) -> Vec<Fact> {
    let open = |name: &'static str, value: Option<String>| {
        value.map(|value| Fact::open(name, value, Fact::meaning_of(name)))
    };
    let point = |seconds: Option<u64>| {
        let time = UnixTime::from_seconds(i64::try_from(seconds?).ok()?);
        Some(format!("{} ({})", time.date_time(), time::relative(time, now)))
    };
    [
        open("token_type", token.token_type.clone()),
        open("resource", token.resource.clone()),
        open("client_id", token.client_id.clone()),
        open("not_before", point(token.not_before)),
        open("expires_on", point(token.expires_on)),
        open("expires_in", token.life(now).map(|seconds| format!("{seconds} s"))),
        Some(Fact::secret("access_token", &token.access_token, Fact::meaning_of("access_token"))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a refusal of the endpoint asks for.
fn hint(error: &str, description: &str) -> Option<Finding> {
    let title = match error {
        "bad_request_102" => "The header Metadata: true is missing: without it the service answers nobody.",
        "invalid_resource" => {
            "The resource is not known in the tenant. It is an API's own name, without /.default."
        }
        "unknown_source" => {
            "The service cannot read the address: compare path and query with what is proposed."
        }
        "invalid_request" if description.to_ascii_lowercase().contains("identity not found") => {
            "This machine has no such identity. Assign it to the machine, or leave the choice out for the system-assigned one."
        }
        _ => return None,
    };
    Some(Finding {
        id: "identity.advice",
        severity: Severity::Error,
        title: title.to_owned(),
        source: "Entra managed identities",
    })
}

impl Machine for MachineToken {
    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    fn begin(&mut self, _: Seeds) {
        let draft = self.draft();
        course::lay_out(self, StepId::Token, draft);
    }

    fn go(&mut self, id: StepId, request: Option<Request>, _: UnixTime) -> Vec<Effect> {
        request.map(|request| self.course.send(id, request)).into_iter().collect()
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Token(tries), Answer::Response(response)) => self.answer_came(&response, tries, now),
            (State::Token(_), Answer::Failed(failure)) => self.nobody_there(failure),
            (State::Pause(tries), Answer::Woke) => self.try_again(tries),
            (State::Metadata(tokens), Answer::Response(response)) => {
                self.metadata_came(&response, tokens, now)
            }
            (State::Metadata(tokens), Answer::Failed(failure)) => {
                self.unchecked(&failure.to_string(), *tokens)
            }
            (State::Keys(metadata, tokens), Answer::Response(response)) => {
                self.judge(&validate::read_keys(&response), &metadata, *tokens, now)
            }
            (State::Keys(metadata, tokens), Answer::Failed(failure)) => {
                self.judge(&Err(failure.to_string()), &metadata, *tokens, now)
            }
            (state, _) => {
                // The gate lets no other kind through.
                self.state = state;
                Vec::new()
            }
        }
    }

    fn preflight(&self, id: StepId, draft: &Draft) -> Vec<Finding> {
        match id {
            StepId::Token => preflight::machine_token(&self.endpoint().host, draft),
            StepId::Discover
            | StepId::Prepare
            | StepId::Authorize
            | StepId::Return
            | StepId::Identify
            | StepId::DeviceAuthorization
            | StepId::Poll
            | StepId::Validate
            | StepId::Given
            | StepId::Federate
            | StepId::Assert
            | StepId::FanOut
            | StepId::Call
            | StepId::AdminConsent
            | StepId::Logout => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
