//! Authorization code (RFC 6749 §4.1) with PKCE (RFC 7636): the person signs in through a user agent, and the code that
//! comes back is redeemed for tokens.
//!
//! ```text
//! Begin ─► Metadata ──document──► Leaving ──listener open, or none──► Arrival ──answer──► checked at once
//!                                                                                            │ code
//!                                 over ◄──key set── Keys ◄──token response── Tokens ◄────────┘
//! ```
//!
//! Each state first waits for the person to say "next", then for the answer; only the check of what came back happens by
//! itself. A refusal ends the run wherever it comes: as JSON, in the redirect, or on a page.

use url::Url;

use super::{
    Answer, Credential, Draft, Effect, Fact, Input, NamedBend, Outcome, Pkce, Place, Platform, Profile,
    Prompt, Seeds, Step, StepId, StepState,
    course::{self, Course, Machine},
    discover, granted, preflight, returned, sheets, validate,
};
use crate::{
    finding::{Finding, Severity},
    oauth::{
        Arrival, TokenSet, Visit, authorize::AuthorizationRequest, discovery::Metadata, error, pkce,
        token::Grant,
    },
    secret::Secret,
    time::UnixTime,
    wire::{Method, Request, Response},
};

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
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
    /// The token response.
    Tokens(Box<Metadata>),
    /// The signing keys.
    Keys(Box<Metadata>, Box<TokenSet>),
}

/// What is kept at home while the person is at the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Away {
    metadata: Metadata,
    verifier: Secret,
    /// Where the answer is expected unless the request says otherwise.
    redirect_uri: Url,
    /// Whether we listen there.
    listens: bool,
    /// Where the person is, once they are on their way.
    visit: Option<Visit>,
}

impl AuthorizationCode {
    /// A machine that has not begun.
    pub fn new(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let course = Course::new(&[
            &sheets::DISCOVER,
            &sheets::PREPARE,
            &sheets::AUTHORIZE,
            &sheets::RETURN,
            &sheets::REDEEM,
            &sheets::VALIDATE_ID,
        ]);
        Self { profile, bends, course, state: State::Seeds }
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
            State::Arrival(away) if !self.course.is_over() => away.visit.clone().map(Prompt::Visit),
            _ => None,
        }
    }

    fn metadata_came(&mut self, response: &Response, seeds: Seeds) -> Vec<Effect> {
        let metadata = match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => metadata,
            Err(outcome) => return self.course.finish(*outcome),
        };
        let (facts, findings) = (self.prepared(&seeds), self.prepare_findings(&seeds));
        let record = self.course.record_mut(StepId::Prepare);
        record.state = StepState::Ready;
        record.facts = facts;
        record.findings = findings;
        self.state = State::Leaving(metadata, seeds);
        Vec::new()
    }

    /// The random values and what is made of them.
    fn prepared(&self, seeds: &Seeds) -> Vec<Fact> {
        let mut facts =
            vec![Fact::open("redirect_uri", self.redirect_uri(), Fact::meaning_of("redirect_uri"))];
        facts.push(Fact::open("state", &seeds.state, Fact::meaning_of("state")));
        if self.wants_id_token() {
            facts.push(Fact::open("nonce", &seeds.nonce, Fact::meaning_of("nonce")));
        }
        if let Some(method) = self.pkce() {
            facts.push(Fact::open(
                "code_challenge_method",
                method.name(),
                Fact::meaning_of("code_challenge_method"),
            ));
            facts.extend(pkce::arithmetic(method, &seeds.verifier).into_iter().map(
                |stage| match stage.value {
                    Ok(value) => Fact::open(stage.name, value, stage.meaning),
                    Err(secret) => Fact::secret(stage.name, &secret, stage.meaning),
                },
            ));
        }
        facts
    }

    fn prepare_findings(&self, seeds: &Seeds) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.profile.redirect_uri.is_none() {
            findings.push(Finding {
                id: "redirect_uri.assumed",
                severity: Severity::Info,
                title: "The profile names no redirect URI: http://localhost with any free port is used."
                    .to_owned(),
                source: "RFC 8252 §7.3",
            });
        }
        if self.pkce().is_some()
            && let Some(flaw) = pkce::flaw(seeds.verifier.expose())
        {
            findings.push(Finding {
                id: "pkce.form",
                severity: Severity::Warning,
                title: format!("The verifier's form is wrong: {flaw}."),
                source: "RFC 7636 §4.1",
            });
        }
        findings
    }

    /// Goes on to the authorization request, with a listener at `redirect_uri` or without.
    fn set_out(
        &mut self,
        metadata: Metadata,
        seeds: &Seeds,
        redirect_uri: Url,
        without: Option<&str>,
    ) -> Vec<Effect> {
        let record = self.course.record_mut(StepId::Prepare);
        record.findings.push(match without {
            None => Finding {
                id: "listener.open",
                severity: Severity::Passed,
                title: format!("A listener waits for the answer at {redirect_uri}."),
                source: "RFC 8252 §7.3",
            },
            Some(why) => Finding {
                id: "listener.none",
                severity: Severity::Warning,
                title: format!(
                    "Nobody listens at {redirect_uri}: {why}. Paste the address at which the browser ends, or use \
                     the built-in user agent."
                ),
                source: "RFC 8252 §7",
            },
        });
        if let Some(fact) = record.facts.iter_mut().find(|fact| fact.name == "redirect_uri") {
            *fact = Fact::open("redirect_uri", &redirect_uri, Fact::meaning_of("redirect_uri"));
        }
        self.course.settle(StepId::Prepare);
        let draft = self.authorization_draft(&metadata, seeds, &redirect_uri);
        let verifier = seeds.verifier.clone();
        self.state = State::Arrival(Box::new(Away {
            metadata,
            verifier,
            redirect_uri,
            listens: without.is_none(),
            visit: None,
        }));
        course::lay_out(self, StepId::Authorize, draft);
        Vec::new()
    }

    fn authorization_draft(&self, metadata: &Metadata, seeds: &Seeds, redirect_uri: &Url) -> Draft {
        let request = AuthorizationRequest {
            client_id: &self.profile.client_id,
            redirect_uri: redirect_uri.as_str(),
            scope: &self.profile.scope,
            // What Entra would do anyway, written out; elsewhere the server's default is left alone.
            response_mode: self.profile.authority.is_entra().then_some("query"),
            state: &seeds.state,
            nonce: self.wants_id_token().then_some(seeds.nonce.as_str()),
            challenge: self.pkce().map(|method| (method.name(), pkce::challenge(method, &seeds.verifier))),
        };
        let address = metadata.authorization_endpoint.as_ref().map_or("", Url::as_str);
        Draft::new(Method::Get, address)
            .with_all(Place::Query, request.params())
            .bent(StepId::Authorize, &self.bends)
    }

    fn arrived(&mut self, arrival: &Arrival, away: Away) -> Vec<Effect> {
        let mut effects = self.course.stop_all();
        self.course.settle(StepId::Authorize);
        let sent_state = self.course.sent(StepId::Authorize, "state");
        let checked = returned::check(arrival, sent_state, &away.metadata);
        let record = self.course.record_mut(StepId::Return);
        record.facts = checked.facts;
        record.findings = checked.findings;
        match checked.verdict {
            Ok(code) => {
                self.course.settle(StepId::Return);
                let draft = self.token_draft(&away, &code);
                course::lay_out(self, StepId::Token, draft);
                self.state = State::Tokens(Box::new(away.metadata));
            }
            Err(outcome) => effects.extend(self.course.finish(outcome)),
        }
        effects
    }

    fn token_draft(&self, away: &Away, code: &Secret) -> Draft {
        let redirect_uri = self.course.sent(StepId::Authorize, "redirect_uri");
        let grant = Grant::AuthorizationCode {
            code,
            redirect_uri,
            code_verifier: self.pkce().is_some().then_some(&away.verifier),
        };
        let secret = match &self.profile.credential {
            Credential::Secret(secret) => Some(secret),
            Credential::None | Credential::PrivateKey(_) | Credential::Federated(_) => None,
        };
        // RFC 6749 knows no scope here. Entra does, and wants a single API in it.
        let scope = self.course.sent(StepId::Authorize, "scope").map(one_api);
        let scope = scope.filter(|_| self.profile.authority.is_entra());
        let form = grant.params(&self.profile.client_id, secret, scope.as_deref());
        let address = away.metadata.token_endpoint.as_ref().map_or("", Url::as_str);
        let mut draft = Draft::new(Method::Post, address);
        if self.profile.platform == Platform::Spa {
            let page = redirect_uri.and_then(|uri| Url::parse(uri).ok());
            let origin = page.as_ref().unwrap_or(&away.redirect_uri).origin();
            draft = draft.with(Place::Header, "origin", origin.ascii_serialization());
        }
        draft.with_all(Place::Form, form).bent(StepId::Token, &self.bends)
    }

    fn tokens_came(&mut self, response: &Response, metadata: Box<Metadata>, now: UnixTime) -> Vec<Effect> {
        let tokens = match granted::settle(&mut self.course, StepId::Token, response, now) {
            Ok(tokens) => tokens,
            Err(outcome) => return self.course.finish(*outcome),
        };
        match validate::draft(&metadata, &self.bends) {
            Some(draft) => {
                course::lay_out(self, StepId::Validate, draft);
                self.state = State::Keys(metadata, tokens);
                Vec::new()
            }
            None => self.judge(&Err(validate::NO_ADDRESS.to_owned()), &metadata, tokens, now),
        }
    }

    fn judge(
        &mut self,
        keys: &validate::Keys,
        metadata: &Metadata,
        tokens: Box<TokenSet>,
        now: UnixTime,
    ) -> Vec<Effect> {
        let client_id = self.course.sent(StepId::Token, "client_id").unwrap_or(&self.profile.client_id);
        let client_id = client_id.to_owned();
        let nonce = self.course.sent(StepId::Authorize, "nonce").map(str::to_owned);
        let comparison = validate::Comparison { metadata, client_id: &client_id, nonce: nonce.as_deref() };
        validate::finish(&mut self.course, keys, *tokens, &comparison, now)
    }

    /// The redirect URI as configured; without one, this machine with any free port.
    fn redirect_uri(&self) -> Url {
        self.profile
            .redirect_uri
            .clone()
            .unwrap_or_else(|| Url::parse("http://localhost").expect("a constant address is an address"))
    }

    fn wants_id_token(&self) -> bool {
        preflight::words(&self.profile.scope).any(|word| word == "openid")
    }

    const fn pkce(&self) -> Option<pkce::Method> {
        match self.profile.pkce {
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
        *kept.get_or_insert(api) == api
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Machine for AuthorizationCode {
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

    fn go(&mut self, id: StepId, request: Option<Request>, _: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), request) {
            (State::Leaving(metadata, seeds), _) => {
                let redirect_uri = self.redirect_uri();
                if redirect_uri.scheme() == "http" && preflight::is_loopback(&redirect_uri) {
                    self.course.run(StepId::Prepare);
                    self.state = State::Leaving(metadata, seeds);
                    vec![self.course.listen(redirect_uri)]
                } else {
                    let why = "only http addresses of this machine can be listened to";
                    self.set_out(*metadata, &seeds, redirect_uri, Some(why))
                }
            }
            (State::Arrival(mut away), Some(request)) => {
                let sent = self.course.sent(StepId::Authorize, "redirect_uri");
                let redirect_uri = sent.and_then(|uri| Url::parse(uri).ok());
                let visit = Visit {
                    url: request.url,
                    redirect_uri: redirect_uri.unwrap_or_else(|| away.redirect_uri.clone()),
                };
                away.visit = Some(visit.clone());
                self.state = State::Arrival(away);
                self.course.run(StepId::Authorize);
                vec![self.course.visit(visit)]
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
            (State::Leaving(metadata, seeds), Answer::Listening(redirect_uri)) => {
                self.set_out(*metadata, &seeds, redirect_uri, None)
            }
            (State::Leaving(metadata, seeds), Answer::Failed(failure)) => {
                let redirect_uri = self.redirect_uri();
                self.set_out(*metadata, &seeds, redirect_uri, Some(&failure.to_string()))
            }
            (State::Arrival(away), Answer::Redirected(arrival)) => self.arrived(&arrival, *away),
            (State::Arrival(_), Answer::DeadEnd(page)) => {
                self.course.finish(Outcome::Refused(error::from_page(&page)))
            }
            (State::Tokens(metadata), Answer::Response(response)) => {
                self.tokens_came(&response, metadata, now)
            }
            (State::Keys(metadata, tokens), Answer::Response(response)) => {
                self.judge(&validate::read_keys(&response), &metadata, tokens, now)
            }
            (State::Keys(metadata, tokens), Answer::Failed(failure)) => {
                self.judge(&Err(failure.to_string()), &metadata, tokens, now)
            }
            (_, Answer::Failed(failure)) => self.course.fail(failure),
            (state, _) => {
                // The gate lets no other kind through.
                self.state = state;
                Vec::new()
            }
        }
    }

    fn preflight(&self, id: StepId, draft: &Draft) -> Vec<Finding> {
        match (id, &self.state) {
            (StepId::Authorize, State::Arrival(away)) => {
                let listener = away.listens.then_some(&away.redirect_uri);
                preflight::authorize(&self.profile, draft, listener)
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
