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

mod prepare;

use std::time::Duration;

use url::Url;

use super::{
    Answer, Draft, Effect, FlowKind, Input, NamedBend, Outcome, Pkce, Place, Platform, Profile, Prompt,
    Seeds, Step, StepId, StepState,
    course::{self, Course, Machine},
    discover, granted, preflight,
    prove::{self, Progress, Proof},
    returned,
    sheets::{self, Sheet},
    validate,
};
use crate::{
    finding::Finding,
    oauth::{
        Arrival, TokenSet, Visit, authorize::ResponseType, discovery::Metadata, error, pkce, token::Grant,
    },
    secret::Secret,
    time::UnixTime,
    wire::{Method, Request, Response},
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
            _ => {
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
            _ => None,
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

    /// Checks the ID token that came through the browser, before the code that came with it is used.
    fn identify(&mut self, keys: validate::Keys, mut home: Box<Home>, now: UnixTime) -> Vec<Effect> {
        let wrong = self.check(StepId::Identify, &keys, &home.front.clone(), &home, now);
        if let Some(reason) = wrong {
            let tokens = Some(home.front);
            return self.course.finish(Outcome::Rejected { reason, tokens });
        }
        self.course.settle(StepId::Identify);
        home.keys = Some(keys);
        self.prove(home, now)
    }

    /// Proves the client, as far as that takes a step of its own.
    fn prove(&mut self, home: Box<Home>, now: UnixTime) -> Vec<Effect> {
        let (metadata, id) = (&home.metadata, &home.assertion_id);
        let progress = prove::begin(&mut self.course, &self.profile, &self.bends, metadata, id, now);
        self.proceed(progress, home, now)
    }

    fn proceed(&mut self, progress: Progress, home: Box<Home>, since: UnixTime) -> Vec<Effect> {
        match progress {
            Progress::Proven(proof) => self.redeem(&proof, home),
            Progress::LayOut(id, draft) => {
                self.state = State::Proof(home, since);
                course::lay_out(self, id, draft);
                Vec::new()
            }
            Progress::Waits => {
                self.state = State::Proof(home, since);
                Vec::new()
            }
            Progress::Wants(effects) => {
                self.state = State::Proof(home, since);
                effects
            }
        }
    }

    fn redeem(&mut self, proof: &Proof, home: Box<Home>) -> Vec<Effect> {
        let draft = self.token_draft(proof, &home);
        course::lay_out(self, StepId::Token, draft);
        self.state = State::Tokens(home);
        Vec::new()
    }

    fn token_draft(&self, proof: &Proof, home: &Home) -> Draft {
        let redirect_uri = self.course.sent(StepId::Authorize, "redirect_uri");
        let nothing = Secret::default();
        let grant = Grant::AuthorizationCode {
            code: home.code.as_ref().unwrap_or(&nothing),
            redirect_uri,
            code_verifier: self.pkce().is_some().then_some(&home.verifier),
        };
        // RFC 6749 knows no scope here. Entra does, and wants a single API in it.
        let scope = self.course.sent(StepId::Authorize, "scope").map(one_api);
        let scope = scope.filter(|_| self.profile.authority.is_entra());
        let address = home.metadata.token_endpoint.as_ref().map_or("", Url::as_str);
        let mut draft = Draft::new(Method::Post, address);
        if self.profile.platform == Platform::Spa {
            let page = redirect_uri.and_then(|uri| Url::parse(uri).ok());
            let origin = page.as_ref().unwrap_or(&home.redirect_uri).origin();
            draft = draft.with(Place::Header, "origin", origin.ascii_serialization());
        }
        proof.over(draft, &self.profile.client_id, &grant, scope.as_deref()).bent(StepId::Token, &self.bends)
    }

    fn tokens_came(&mut self, response: &Response, home: Box<Home>, now: UnixTime) -> Vec<Effect> {
        match granted::settle(&mut self.course, StepId::Token, response, now) {
            Ok(tokens) => self.validate(home, tokens, now),
            Err(outcome) => self.course.finish(*outcome),
        }
    }

    /// Lays out the last step. Where the keys are at hand, it has nothing to send.
    fn validate(&mut self, home: Box<Home>, tokens: Box<TokenSet>, now: UnixTime) -> Vec<Effect> {
        if home.keys.is_some() {
            self.course.record_mut(StepId::Validate).state = StepState::Ready;
            self.state = State::Validate(home, tokens);
            return Vec::new();
        }
        match validate::draft(&home.metadata, &self.bends) {
            Some(draft) => {
                course::lay_out(self, StepId::Validate, draft);
                self.state = State::Validate(home, tokens);
                Vec::new()
            }
            None => self.judge(&Err(validate::NO_ADDRESS.to_owned()), &home, *tokens, now),
        }
    }

    fn judge(
        &mut self,
        keys: &validate::Keys,
        home: &Home,
        mut tokens: TokenSet,
        now: UnixTime,
    ) -> Vec<Effect> {
        let wrong = self.check(StepId::Validate, keys, &tokens, home, now);
        if tokens.id_token.is_none() {
            tokens.id_token.clone_from(&home.front.id_token);
        }
        validate::end(&mut self.course, wrong, tokens)
    }

    fn check(
        &mut self,
        id: StepId,
        keys: &validate::Keys,
        tokens: &TokenSet,
        home: &Home,
        now: UnixTime,
    ) -> Option<String> {
        let sent = |name| self.course.sent(StepId::Authorize, name).map(str::to_owned);
        let client_id = self.course.sent(StepId::Token, "client_id").map(str::to_owned);
        let client_id =
            client_id.or_else(|| sent("client_id")).unwrap_or_else(|| self.profile.client_id.clone());
        let (nonce, claims) = (sent("nonce"), sent("claims"));
        let through_browser = id == StepId::Identify || self.kind == FlowKind::Implicit;
        let max_age = sent("max_age").and_then(|seconds| seconds.parse().ok());
        let comparison =
            validate::Comparison { metadata: &home.metadata, client_id: &client_id, nonce: nonce.as_deref() };
        let sign_in = validate::SignIn {
            through_browser,
            code: home.code.as_ref().filter(|_| through_browser),
            earlier: home.front.id_token.as_ref().filter(|_| !through_browser),
            signed_in_since: home
                .left
                .zip(max_age)
                .map(|(left, seconds)| left - Duration::from_secs(seconds)),
            // An ID token of its own comes with the access token; the claims of both are looked at together.
            claims: claims.as_deref().filter(|_| id == StepId::Validate),
        };
        validate::check(&mut self.course, id, keys, tokens, &comparison, &sign_in, now)
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
            _ => "code",
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

/// The scope without the words of a second and third API. A word without `/` belongs to Microsoft Graph.
fn one_api(scope: &str) -> String {
    let mut kept = None;
    let words = preflight::words(scope).filter(|word| {
        if preflight::is_oidc(word) {
            return true;
        }
        let api = preflight::api_of(word);
        *kept.get_or_insert_with(|| api.clone()) == api
    });
    words.collect::<Vec<_>>().join(" ")
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
        let record = self.course.record_mut(StepId::Return);
        let finding = returned::stray(arrival, &record.facts, is_early);
        if !record.findings.contains(&finding) {
            record.findings.push(finding);
        }
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
