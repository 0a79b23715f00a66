//! The grants that are one request to the token endpoint and need nobody at a browser: client credentials (RFC 6749
//! §4.4), password (§4.3), refresh token (§6), and on behalf of (RFC 7523 §2.1; reference §4.11).
//!
//! ```text
//!          ┌──────── the two that begin with a token ────────┐
//! Begin ─► Given ──token──► Metadata ──document──► Proof ──► Tokens ──token response──► Keys ──key set──► over
//!                                                        └─► FanOut ──one answer for each scope──► over
//! ```
//!
//! Each state first waits for the person to say "next", then for the answer. `Proof` is there for clients that sign, or
//! let somebody else sign (see `prove`). A refusal ends the run wherever it comes, except in the fan-out, where it is
//! what one came to see.

use super::{
    Answer, Draft, Effect, FanOutRow, FlowKind, Input, NamedBend, Need, Outcome, Place, Platform, Profile,
    Seeds, Step, StepId, StepState,
    course::{self, Course, Machine},
    discover, fan_out, given, granted, preflight,
    prove::{self, Progress, Proof},
    sheets, validate,
};
use crate::{
    finding::Finding,
    oauth::{TokenSet, discovery::Metadata, token::Grant},
    secret::Secret,
    time::UnixTime,
    wire::{Request, Response},
};

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrant {
    kind: FlowKind,
    profile: Profile,
    bends: Vec<NamedBend>,
    course: Course,
    /// The id of the client's assertion, and when the run began; both come with the first input.
    begun: Option<(String, UnixTime)>,
    /// The token that the run began with.
    given: Option<Secret>,
    rows: Vec<FanOutRow>,
    state: State,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The token to begin with.
    Given,
    /// The metadata.
    Metadata,
    /// What proves the client; when that was begun.
    Proof(Box<Metadata>, UnixTime),
    /// The token response.
    Tokens(Box<Metadata>),
    /// The answer for the next scope of the list, or a signature before it.
    FanOut(Box<Metadata>),
    /// The signing keys.
    Keys(Box<Metadata>, Box<TokenSet>),
    /// Nothing any more.
    #[default]
    Over,
}

impl TokenGrant {
    /// A machine for `kind` that has not begun.
    pub fn new(kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> Self {
        let (first, request) = match kind {
            FlowKind::OnBehalfOf => (Some(&sheets::GIVEN_ASSERTION), &sheets::EXCHANGE),
            FlowKind::RefreshToken => (Some(&sheets::GIVEN_REFRESH), &sheets::REFRESH),
            FlowKind::Password => (None, &sheets::PASSWORD),
            _ => (None, &sheets::PRESENT),
        };
        let wants_id_token = kind != FlowKind::ClientCredentials
            && preflight::words(&profile.scope).any(|word| word == "openid");
        let last = if wants_id_token { &sheets::VALIDATE_ID } else { &sheets::VALIDATE_ACCESS };
        let mut steps: Vec<_> = first.into_iter().chain([&sheets::DISCOVER]).collect();
        steps.extend(prove::sheet(&profile.credential));
        if kind == FlowKind::RefreshToken && !profile.fan_out.is_empty() {
            steps.push(&sheets::FAN_OUT);
        } else {
            steps.extend([request, last]);
        }
        let rows = profile.fan_out.iter().map(|scope| FanOutRow { scope: scope.clone(), result: None });
        Self {
            kind,
            course: Course::new(&steps),
            begun: None,
            given: None,
            rows: rows.collect(),
            state: if first.is_some() { State::Given } else { State::Metadata },
            profile,
            bends,
        }
    }

    /// Takes one input.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        if let Input::Begin(seeds) = &input
            && self.course.is_new()
        {
            self.begun = Some((seeds.assertion_id.clone(), now));
        }
        course::advance(self, input, now)
    }

    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.course.steps()
    }

    /// The list of scopes that one refresh token is tried on, with what came of each; empty in other runs.
    pub fn fan_out(&self) -> &[FanOutRow] {
        match self.kind {
            FlowKind::RefreshToken => &self.rows,
            _ => &[],
        }
    }

    /// The token to begin with is here: it is shown before it is used.
    fn show_given(&mut self, token: Secret, now: UnixTime) {
        let seen = match self.kind {
            FlowKind::OnBehalfOf => given::user_assertion(&self.profile, &token, now),
            _ => given::refresh_token(&token),
        };
        let record = self.course.record_mut(StepId::Given);
        (record.facts, record.findings) = seen;
        record.state = StepState::Ready;
        self.given = Some(token);
    }

    fn discover(&mut self) {
        self.state = State::Metadata;
        let draft = discover::draft(&self.profile, &self.bends);
        course::lay_out(self, StepId::Discover, draft);
    }

    fn metadata_came(&mut self, response: &Response, now: UnixTime) -> Vec<Effect> {
        let metadata = match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => metadata,
            Err(outcome) => return self.course.finish(*outcome),
        };
        let id = self.begun.as_ref().map(|(id, _)| id.clone()).unwrap_or_default();
        let progress = prove::begin(&mut self.course, &self.profile, &self.bends, &metadata, &id, now);
        self.state = State::Proof(metadata, now);
        self.proceed(progress)
    }

    /// Goes on as the making of the proof asks for.
    fn proceed(&mut self, progress: Progress) -> Vec<Effect> {
        match progress {
            Progress::Proven(proof) => self.proven(&proof),
            Progress::LayOut(id, draft) => {
                course::lay_out(self, id, draft);
                Vec::new()
            }
            Progress::Waits => Vec::new(),
            Progress::Wants(effects) => effects,
        }
    }

    fn proven(&mut self, proof: &Proof) -> Vec<Effect> {
        let State::Proof(metadata, _) = std::mem::take(&mut self.state) else {
            unreachable!("a proof is made in the state for it")
        };
        let step = if self.fan_out().is_empty() { StepId::Token } else { StepId::FanOut };
        let draft = self.token_draft(&metadata, proof).bent(step, &self.bends);
        self.state = if step == StepId::FanOut { State::FanOut(metadata) } else { State::Tokens(metadata) };
        course::lay_out(self, step, draft);
        Vec::new()
    }

    fn token_draft(&self, metadata: &Metadata, proof: &Proof) -> Draft {
        let nothing = Secret::default();
        let given = self.given.as_ref().unwrap_or(&nothing);
        let grant = match self.kind {
            FlowKind::Password => Grant::Password {
                username: self.profile.username.as_deref().unwrap_or_default(),
                password: self.profile.password.as_ref().unwrap_or(&nothing),
            },
            FlowKind::OnBehalfOf => Grant::OnBehalfOf {
                assertion: given,
                requested_token_use: self.profile.authority.is_entra().then_some("on_behalf_of"),
            },
            FlowKind::RefreshToken => Grant::RefreshToken(given),
            _ => Grant::ClientCredentials,
        };
        // Left out, the scope is the one of the sign-in (RFC 6749 §6), or the server's default.
        let scope = self.rows.first().map_or(&self.profile.scope, |row| &row.scope);
        let scope = Some(scope.as_str()).filter(|scope| !scope.is_empty());
        let address = metadata.token_endpoint.as_ref().map_or("", url::Url::as_str);
        let mut draft = proof.request(address, &self.profile.client_id, &grant, scope);
        if self.profile.platform == Platform::Spa
            && let Some(page) = &self.profile.redirect_uri
        {
            draft = draft.with(Place::Header, "origin", page.origin().ascii_serialization());
        }
        draft
    }

    fn tokens_came(&mut self, response: &Response, metadata: Box<Metadata>, now: UnixTime) -> Vec<Effect> {
        let tokens = match granted::settle(&mut self.course, StepId::Token, response, now) {
            Ok(tokens) => tokens,
            Err(outcome) => {
                if let Outcome::Refused(refusal) = &*outcome {
                    let findings = given::on_refusal(self.kind, refusal);
                    self.course.record_mut(StepId::Token).findings.extend(findings);
                }
                return self.course.finish(*outcome);
            }
        };
        if self.kind == FlowKind::RefreshToken {
            let sent = self.course.sent(StepId::Token, "refresh_token").map(str::to_owned);
            let findings = given::rotation(&self.profile, sent.as_deref(), &tokens);
            self.course.record_mut(StepId::Token).findings.extend(findings);
        }
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
        let comparison = validate::Comparison { metadata, client_id: &client_id, nonce: None };
        validate::finish(&mut self.course, keys, *tokens, &comparison, now)
    }

    /// The row whose turn it is has its answer: the next one is sent, with a new assertion first if the client signs
    /// them, or the run ends.
    fn row_answered(&mut self, answer: Answer, metadata: Box<Metadata>, now: UnixTime) -> Vec<Effect> {
        fan_out::note(&mut self.rows, answer);
        if self.rows.iter().all(|row| row.result.is_some()) {
            let outcome = fan_out::outcome(&self.rows);
            if matches!(outcome, Outcome::Done(_)) {
                self.course.settle(StepId::FanOut);
            }
            return self.course.finish(outcome);
        }
        self.state = State::FanOut(metadata);
        match prove::renew(&mut self.course, &self.profile, now) {
            Some(signing) => vec![self.course.sign(StepId::FanOut, signing)],
            None => self.send_row(),
        }
    }

    fn send_row(&mut self) -> Vec<Effect> {
        let row = self.rows.iter().find(|row| row.result.is_none());
        let draft = self.course.record(StepId::FanOut).draft.as_ref();
        let request = draft.expect("rows are sent once their draft is laid out").clone();
        match fan_out::request(request, row.map_or("", |row| &row.scope)) {
            Ok(request) => vec![self.course.send(StepId::FanOut, request)],
            Err(failure) => self.course.fail(failure),
        }
    }
}

impl Machine for TokenGrant {
    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    fn begin(&mut self, _: Seeds) {
        if self.state == State::Metadata {
            return self.discover();
        }
        let now = self.begun.as_ref().map(|(_, now)| *now).unwrap_or_default();
        match self.profile.given.clone() {
            Some(token) => self.show_given(token, now),
            None => self.course.record_mut(StepId::Given).state = StepState::Ready,
        }
    }

    fn go(&mut self, id: StepId, request: Option<Request>, _: UnixTime) -> Vec<Effect> {
        match (id, request) {
            (StepId::Given, _) if self.given.is_some() => {
                self.course.settle(StepId::Given);
                self.discover();
                Vec::new()
            }
            (StepId::Given, _) => vec![self.course.need(match self.kind {
                FlowKind::OnBehalfOf => Need::UserAssertion,
                _ => Need::RefreshToken,
            })],
            (StepId::Assert | StepId::Federate, request) => {
                let progress = prove::go(&mut self.course, &self.profile, id, request);
                self.proceed(progress)
            }
            (StepId::FanOut, _) => self.send_row(),
            (id, request) => request.map(|request| self.course.send(id, request)).into_iter().collect(),
        }
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Given, Answer::Given(token) | Answer::GivenWith { token, .. }) => {
                self.state = State::Given;
                self.show_given(token, now);
                Vec::new()
            }
            (State::Metadata, Answer::Response(response)) => self.metadata_came(&response, now),
            (State::Proof(metadata, since), answer) => {
                match prove::answered(&mut self.course, &self.profile, answer, now) {
                    Ok(proof) => {
                        self.state = State::Proof(metadata, since);
                        self.proven(&proof)
                    }
                    Err(outcome) => self.course.finish(*outcome),
                }
            }
            (State::Tokens(metadata), Answer::Response(response)) => {
                self.tokens_came(&response, metadata, now)
            }
            (State::FanOut(metadata), Answer::Signed(signature)) => {
                prove::replace(&mut self.course, StepId::FanOut, &signature);
                self.state = State::FanOut(metadata);
                self.send_row()
            }
            (State::FanOut(metadata), answer) => self.row_answered(answer, metadata, now),
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
            (StepId::Assert, State::Proof(metadata, since)) => {
                preflight::assertion(&self.profile, metadata, draft, *since)
            }
            (StepId::Token, _) => match self.kind {
                FlowKind::Password => preflight::password(&self.profile, draft),
                FlowKind::OnBehalfOf => preflight::on_behalf_of(&self.profile, draft),
                FlowKind::RefreshToken => preflight::refresh(&self.profile, draft),
                _ => preflight::client_credentials(&self.profile, draft),
            },
            (StepId::FanOut, _) => preflight::fan_out(&self.profile, draft),
            _ => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
