//! The flows that begin at the authorization endpoint, as one machine: authorization code (RFC 6749 §4.1) with PKCE (RFC
//! 7636), hybrid (OpenID Connect Core §3.3) and implicit (§3.2). The person signs in through a user agent; what comes back
//! is a code to be redeemed, or tokens, or both.
//!
//! ```text
//! Begin ─► Metadata ──document──► Leaving ──listener open, or none──► Arrival ──answer──► checked at once
//!                                                                                            │
//!                                           ┌──────────── hybrid: ID token ──────────────────┤
//!                                           ▼                                                │
//!                                        Identify ──key set, good──► Proof ◄──── code ───────┤
//!                                                                      │                     │
//!                                                                    Tokens                  │
//!                                                                      │                     │
//!                                 over ◄──key set── Validate ◄──token response    implicit: tokens
//!                                                       ▲────────────────────────────────────┘
//! ```
//!
//! `Proof` is there for clients that sign, or let somebody else sign (see `prove`); for all others it passes by itself.
//!
//! Each state first waits for the person to say "next", then for the answer; only the check of what came back happens by
//! itself. A refusal ends the run wherever it comes: as JSON, in the redirect, or on a page.
//!
//! The listener stays open until the run is over, so that whoever comes a second time is told so, and the person too.
//!
//! The machine is here; what it does on the way is in `prepare` (before the person leaves), `redeem` (the code against
//! tokens) and `judge` (whether the tokens can be believed).

mod judge;
mod prepare;
mod redeem;

use url::Url;

use super::{
    Answer, Draft, Effect, FlowKind, Input, NamedBend, Outcome, Pkce, Profile, Prompt, Seeds, Step, StepId,
    StepState,
    course::{self, Course, Machine},
    discover, preflight, prove, returned,
    sheets::{self, Sheet},
    validate,
};
use crate::{
    finding::Finding,
    oauth::{Arrival, TokenSet, Visit, authorize::ResponseType, discovery::Metadata, error, pkce},
    secret::Secret,
    time::UnixTime,
    wire::Request,
};

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    kind: FlowKind,
    profile: Profile,
    bends: Vec<NamedBend>,
    course: Course,
    state: State,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The random values.
    #[default]
    Seeds,
    /// The metadata.
    Metadata(Seeds),
    /// The person to set out, and the listener to open.
    Leaving(Box<Metadata>, Seeds),
    /// The answer at the redirect URI.
    Arrival(Box<Away>),
    /// The keys for the ID token that came along with a code.
    Identify(Box<Home>),
    /// What proves the client; when that was begun.
    Proof(Box<Home>, UnixTime),
    /// The token response.
    Tokens(Box<Home>),
    /// The signing keys, unless they are at hand already.
    Validate(Box<Home>, Box<TokenSet>),
}

/// What is kept at home while the person is at the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Away {
    metadata: Metadata,
    verifier: Secret,
    /// The name of the client's assertion, if it makes one.
    assertion_id: String,
    /// Where the answer is expected unless the request says otherwise.
    redirect_uri: Url,
    /// Whether we listen there.
    listens: bool,
    /// Where the person is and since when, once they are on their way.
    visit: Option<(Visit, UnixTime)>,
}

/// What is at hand once the answer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Home {
    metadata: Metadata,
    verifier: Secret,
    assertion_id: String,
    redirect_uri: Url,
    /// When the person set out.
    left: Option<UnixTime>,
    code: Option<Secret>,
    /// The tokens that came through the browser.
    front: TokenSet,
    /// The keys, once they were fetched for those.
    keys: Option<validate::Keys>,
}

impl Authorization {
    /// A machine that has not begun. `kind` is one of the three flows that begin at the authorization endpoint.
    pub fn new(kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> Self {
        let mut steps: Vec<&'static Sheet> = vec![&sheets::DISCOVER];
        match kind {
            FlowKind::Implicit => steps.extend([
                &sheets::PREPARE_IMPLICIT,
                &sheets::AUTHORIZE_IMPLICIT,
                &sheets::RETURN_TOKENS,
                &sheets::VALIDATE_IMPLICIT,
            ]),
            FlowKind::Hybrid => {
                steps.extend([
                    &sheets::PREPARE,
                    &sheets::AUTHORIZE,
                    &sheets::RETURN_TOKENS,
                    &sheets::IDENTIFY,
                ]);
                steps.extend(prove::sheet(&profile.credential));
                steps.extend([&sheets::REDEEM, &sheets::VALIDATE_HYBRID]);
            }
            FlowKind::AuthorizationCode
            | FlowKind::ClientCredentials
            | FlowKind::DeviceCode
            | FlowKind::OnBehalfOf
            | FlowKind::RefreshToken
            | FlowKind::CallApi
            | FlowKind::UserInfo
            | FlowKind::ManagedIdentity
            | FlowKind::AdminConsent
            | FlowKind::Logout
            | FlowKind::Password => {
                steps.extend([&sheets::PREPARE, &sheets::AUTHORIZE, &sheets::RETURN]);
                steps.extend(prove::sheet(&profile.credential));
                steps.extend([&sheets::REDEEM, &sheets::VALIDATE_ID]);
            }
        }
        Self { kind, profile, bends, course: Course::new(&steps), state: State::Seeds }
    }

    /// Takes one input.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        course::advance(self, input, now)
    }

    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.course.steps()
    }

    /// Where to sign in, while that is waited for.
    pub fn prompt(&self) -> Option<Prompt> {
        match &self.state {
            State::Arrival(away) if !self.course.is_over() => {
                away.visit.clone().map(|(visit, _)| Prompt::Visit(visit))
            }
            State::Seeds
            | State::Metadata(_)
            | State::Leaving(..)
            | State::Arrival(_)
            | State::Identify(_)
            | State::Proof(..)
            | State::Tokens(_)
            | State::Validate(..) => None,
        }
    }

    fn arrived(&mut self, arrival: &Arrival, away: Away, now: UnixTime) -> Vec<Effect> {
        self.course.settle(StepId::Authorize);
        let sent = |name| self.course.sent(StepId::Authorize, name);
        let asked = sent("response_type").and_then(ResponseType::read);
        let awaited = returned::Awaited {
            state: sent("state"),
            response_type: asked
                .or_else(|| ResponseType::read(self.usual_response_type()))
                .unwrap_or_default(),
            response_mode: sent("response_mode"),
            redeems: self.redeems(),
        };
        let checked = returned::check(arrival, &awaited, &away.metadata);
        let record = self.course.record_mut(StepId::Return);
        record.facts = checked.facts;
        record.findings.extend(checked.findings);
        let came = match checked.verdict {
            Ok(came) => came,
            Err(outcome) => return self.course.finish(outcome),
        };
        self.course.settle(StepId::Return);
        let Away { metadata, verifier, assertion_id, redirect_uri, visit, .. } = away;
        let home = Box::new(Home {
            metadata,
            verifier,
            assertion_id,
            redirect_uri,
            left: visit.map(|(_, left)| left),
            code: came.code,
            front: came.tokens,
            keys: None,
        });
        match (self.kind, &home.front.id_token) {
            (FlowKind::Implicit, _) => {
                let tokens = Box::new(home.front.clone());
                self.validate(home, tokens, now)
            }
            (FlowKind::Hybrid, Some(_)) => {
                match validate::draft_of(StepId::Identify, &home.metadata, &self.bends) {
                    Some(draft) => {
                        self.state = State::Identify(home);
                        course::lay_out(self, StepId::Identify, draft);
                        Vec::new()
                    }
                    None => self.identify(Err(validate::NO_ADDRESS.to_owned()), home, now),
                }
            }
            (FlowKind::Hybrid, None) => {
                self.course.record_mut(StepId::Identify).state = StepState::Skipped;
                self.prove(home, now)
            }
            _ => self.prove(home, now),
        }
    }

    /// Whether a code is exchanged for tokens here.
    fn redeems(&self) -> bool {
        self.kind != FlowKind::Implicit
    }

    /// What this flow asks for unless the profile says otherwise.
    const fn usual_response_type(&self) -> &'static str {
        match self.kind {
            FlowKind::Implicit => "id_token token",
            FlowKind::Hybrid => "code id_token",
            FlowKind::AuthorizationCode
            | FlowKind::ClientCredentials
            | FlowKind::DeviceCode
            | FlowKind::OnBehalfOf
            | FlowKind::RefreshToken
            | FlowKind::CallApi
            | FlowKind::UserInfo
            | FlowKind::ManagedIdentity
            | FlowKind::AdminConsent
            | FlowKind::Logout
            | FlowKind::Password => "code",
        }
    }

    fn pkce(&self) -> Option<pkce::Method> {
        match self.profile.pkce {
            _ if !self.redeems() => None,
            Pkce::S256 => Some(pkce::Method::S256),
            Pkce::Plain => Some(pkce::Method::Plain),
            Pkce::None => None,
        }
    }
}

impl Machine for Authorization {
    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    fn begin(&mut self, seeds: Seeds) {
        self.state = State::Metadata(seeds);
        let draft = discover::draft(&self.profile, &self.bends);
        course::lay_out(self, StepId::Discover, draft);
    }

    fn go(&mut self, id: StepId, request: Option<Request>, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), request) {
            (State::Leaving(metadata, seeds), _) => {
                let redirect_uri = self.redirect_uri();
                if matches!(redirect_uri.scheme(), "http" | "https") && preflight::is_loopback(&redirect_uri)
                {
                    self.course.run(StepId::Prepare);
                    self.state = State::Leaving(metadata, seeds);
                    vec![self.course.listen(redirect_uri)]
                } else {
                    let why = "only addresses of this machine can be listened to";
                    self.set_out(*metadata, &seeds, redirect_uri, Err(why))
                }
            }
            (State::Arrival(mut away), Some(request)) => {
                let sent = self.course.sent(StepId::Authorize, "redirect_uri");
                let redirect_uri = sent.and_then(|uri| Url::parse(uri).ok());
                let visit = Visit {
                    url: request.url,
                    redirect_uri: redirect_uri.unwrap_or_else(|| away.redirect_uri.clone()),
                };
                away.visit = Some((visit.clone(), now));
                self.state = State::Arrival(away);
                self.course.run(StepId::Authorize);
                vec![self.course.visit(visit)]
            }
            (State::Proof(home, since), request) => {
                let progress = prove::go(&mut self.course, &self.profile, id, request);
                self.proceed(progress, home, since)
            }
            (State::Validate(mut home, tokens), None) => {
                let keys = home.keys.take().expect("without a request the keys are at hand");
                self.judge(&keys, &home, *tokens, now)
            }
            (state, request) => {
                self.state = state;
                request.map(|request| self.course.send(id, request)).into_iter().collect()
            }
        }
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Metadata(seeds), Answer::Response(response)) => self.metadata_came(&response, seeds),
            (State::Leaving(metadata, seeds), Answer::Listening(listening)) => {
                let redirect_uri = listening.redirect_uri.clone();
                self.set_out(*metadata, &seeds, redirect_uri, Ok(&listening))
            }
            (State::Leaving(metadata, seeds), Answer::Failed(failure)) => {
                let redirect_uri = self.redirect_uri();
                self.set_out(*metadata, &seeds, redirect_uri, Err(&failure.to_string()))
            }
            (State::Arrival(away), Answer::Redirected(arrival)) => self.arrived(&arrival, *away, now),
            (State::Arrival(_), Answer::DeadEnd(page)) => {
                self.course.finish(Outcome::Refused(error::from_page(&page)))
            }
            (State::Identify(home), Answer::Response(response)) => {
                self.identify(validate::read_keys(&response), home, now)
            }
            (State::Identify(home), Answer::Failed(failure)) => {
                self.identify(Err(failure.to_string()), home, now)
            }
            (State::Proof(home, _), answer) => {
                match prove::answered(&mut self.course, &self.profile, answer, now) {
                    Ok(proof) => self.redeem(&proof, home),
                    Err(outcome) => self.course.finish(*outcome),
                }
            }
            (State::Tokens(home), Answer::Response(response)) => self.tokens_came(&response, home, now),
            (State::Validate(home, tokens), Answer::Response(response)) => {
                self.judge(&validate::read_keys(&response), &home, *tokens, now)
            }
            (State::Validate(home, tokens), Answer::Failed(failure)) => {
                self.judge(&Err(failure.to_string()), &home, *tokens, now)
            }
            (_, Answer::Failed(failure)) => self.course.fail(failure),
            (state, _) => {
                // The gate lets no other kind through.
                self.state = state;
                Vec::new()
            }
        }
    }

    fn strayed(&mut self, arrival: &Arrival) {
        let is_early = matches!(&self.state, State::Arrival(away) if away.visit.is_none());
        returned::stray(self.course.record_mut(StepId::Return), arrival, is_early);
    }

    fn preflight(&self, id: StepId, draft: &Draft) -> Vec<Finding> {
        match (id, &self.state) {
            (StepId::Authorize, State::Arrival(away)) => {
                let listener = away.listens.then_some(&away.redirect_uri);
                preflight::authorize(self.kind, &self.profile, draft, listener)
            }
            (StepId::Assert, State::Proof(home, since)) => {
                preflight::assertion(&self.profile, &home.metadata, draft, *since)
            }
            (StepId::Token, _) => match &self.course.record(StepId::Authorize).draft {
                Some(authorize) => preflight::redeem(&self.profile, draft, authorize),
                None => preflight::any(draft, &[]),
            },
            _ => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
