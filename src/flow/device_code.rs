//! Device code (RFC 8628): the person signs in on another device while this one polls.
//!
//! ```text
//! Begin ─► Metadata ──document──► Proof ─► Codes ──two codes──► SignIn ──token response──► Keys ──key set──► over
//!                                                               │    ▲
//!                                                               └────┘ Woke: poll · authorization_pending: wait again
//!                                           slow_down: +5 s · no answer in time, or a server in trouble: interval doubled
//! ```
//!
//! `Proof` is there for clients that sign, or let somebody else sign (see `prove`); an assertion is signed anew for each
//! poll, for it lives shorter than the codes. Polling needs nobody to say "next": it begins as soon as the codes are there, and each poll follows the other. It ends
//! with tokens, with any other refusal, or when the codes have ended by our own clock.

use std::time::Duration;

use super::{
    Answer, DevicePrompt, Draft, Effect, Fact, Input, NamedBend, Outcome, Place, Profile, Prompt, Seeds,
    Step, StepId,
    course::{self, Course, Machine},
    discover, granted, preflight,
    prove::{self, Progress, Proof},
    sheets, validate,
};
use crate::{
    finding::Finding,
    oauth::{
        Refusal, TokenSet,
        device::{self, DeviceAuthorization},
        discovery::Metadata,
        token::Grant,
    },
    secret::Secret,
    time::UnixTime,
    wire::{Failure, Method, Request, Response},
};

/// What `slow_down` adds to the interval, in seconds (RFC 8628 §3.5).
const SLOW_DOWN: u64 = 5;

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    profile: Profile,
    bends: Vec<NamedBend>,
    course: Course,
    /// The id of the client's assertion.
    assertion_id: String,
    state: State,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The metadata.
    Metadata,
    /// What proves the client; when that was begun.
    Proof(Box<Metadata>, UnixTime),
    /// The codes for device and person.
    Codes(Box<Metadata>, Proof),
    /// The person, elsewhere; between polls an alarm, then a signature where one is needed, then the poll's answer.
    SignIn(Box<Metadata>, Box<DevicePrompt>),
    /// The signing keys.
    Keys(Box<Metadata>, Box<TokenSet>),
    /// Nothing any more.
    #[default]
    Over,
}

impl DeviceCode {
    /// A machine that has not begun.
    pub fn new(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let mut steps = vec![&sheets::DISCOVER];
        steps.extend(prove::sheet(&profile.credential));
        steps.extend([&sheets::DEVICE_AUTHORIZATION, &sheets::POLL, &sheets::VALIDATE_ID]);
        let course = Course::new(&steps);
        Self { profile, bends, course, assertion_id: String::new(), state: State::Metadata }
    }

    /// Takes one input.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        course::advance(self, input, now)
    }

    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.course.steps()
    }

    /// The code to type, and where, while that is waited for.
    pub fn prompt(&self) -> Option<Prompt> {
        match &self.state {
            State::SignIn(_, prompt) if !self.course.is_over() => {
                Some(Prompt::DeviceCode(prompt.as_ref().clone()))
            }
            State::Metadata
            | State::Proof(..)
            | State::Codes(..)
            | State::SignIn(..)
            | State::Keys(..)
            | State::Over => None,
        }
    }

    fn metadata_came(&mut self, response: &Response, now: UnixTime) -> Vec<Effect> {
        let metadata = match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => metadata,
            Err(outcome) => return self.course.finish(*outcome),
        };
        let id = &self.assertion_id;
        let progress = prove::begin(&mut self.course, &self.profile, &self.bends, &metadata, id, now);
        self.state = State::Proof(metadata, now);
        self.proceed(progress)
    }

    /// Goes on as the making of the proof asks for.
    fn proceed(&mut self, progress: Progress) -> Vec<Effect> {
        match progress {
            Progress::Proven(proof) => self.proven(proof),
            Progress::LayOut(id, draft) => {
                course::lay_out(self, id, draft);
                Vec::new()
            }
            Progress::Waits => Vec::new(),
            Progress::Wants(effects) => effects,
        }
    }

    fn proven(&mut self, proof: Proof) -> Vec<Effect> {
        let State::Proof(metadata, _) = std::mem::take(&mut self.state) else {
            unreachable!("a proof is made in the state for it")
        };
        let draft = self.authorization_draft(&metadata, &proof);
        self.state = State::Codes(metadata, proof);
        course::lay_out(self, StepId::DeviceAuthorization, draft);
        Vec::new()
    }

    fn authorization_draft(&self, metadata: &Metadata, proof: &Proof) -> Draft {
        let address = metadata.device_authorization_endpoint.as_ref().map_or("", url::Url::as_str);
        let mut draft = Draft::new(Method::Post, address);
        if let Some(market) = &self.profile.market {
            draft = draft.with(Place::Query, "mkt", market);
        }
        let form = device::request(&self.profile.client_id, &self.profile.scope);
        // Entra asks for no proof here; the standard lets providers do so (RFC 8628 §3.1).
        let draft = if self.profile.authority.is_entra() {
            draft.with_all(Place::Form, form)
        } else {
            proof.lay_over(draft, &self.profile.client_id, form)
        };
        draft.bent(StepId::DeviceAuthorization, &self.bends)
    }

    fn codes_came(
        &mut self,
        response: &Response,
        metadata: Box<Metadata>,
        proof: &Proof,
        now: UnixTime,
    ) -> Vec<Effect> {
        let codes = match DeviceAuthorization::read(response) {
            Ok(codes) => codes,
            Err(trouble) => return self.course.finish(*Box::from(trouble)),
        };
        let expires_at = now + Duration::from_secs(codes.expires_in);
        let record = self.course.record_mut(StepId::DeviceAuthorization);
        record.facts = facts(&codes, expires_at);
        self.course.settle(StepId::DeviceAuthorization);
        let draft = self.poll_draft(&metadata, proof, &codes.device_code);
        let sendable = draft.request().is_ok();
        course::lay_out(self, StepId::Poll, draft);
        let prompt = DevicePrompt {
            user_code: codes.user_code,
            verification_uri: codes.verification_uri,
            verification_uri_complete: codes.verification_uri_complete,
            message: codes.message,
            expires_at,
            // A server that says 0 does not mean "as fast as you can".
            interval: codes.interval.max(1),
            next_poll: now,
            polls: Vec::new(),
        };
        if sendable {
            self.wait(metadata, Box::new(prompt), 0, now)
        } else {
            // Bent so that it cannot be sent: the step stays ready, to be mended.
            self.state = State::SignIn(metadata, Box::new(prompt));
            Vec::new()
        }
    }

    fn poll_draft(&self, metadata: &Metadata, proof: &Proof, device_code: &Secret) -> Draft {
        let address = metadata.token_endpoint.as_ref().map_or("", url::Url::as_str);
        let grant = Grant::DeviceCode(device_code);
        proof.request(address, &self.profile.client_id, &grant, None).bent(StepId::Poll, &self.bends)
    }

    /// Waits for the next poll, at least `pause` seconds, or for the end of the codes if that comes first.
    fn wait(
        &mut self,
        metadata: Box<Metadata>,
        mut prompt: Box<DevicePrompt>,
        pause: u64,
        now: UnixTime,
    ) -> Vec<Effect> {
        prompt.next_poll = now + Duration::from_secs(prompt.interval.max(pause));
        let alarm = prompt.next_poll.min(prompt.expires_at);
        self.course.run(StepId::Poll);
        self.state = State::SignIn(metadata, prompt);
        vec![self.course.wake_at(alarm)]
    }

    fn poll(&mut self, metadata: Box<Metadata>, prompt: Box<DevicePrompt>, now: UnixTime) -> Vec<Effect> {
        if now >= prompt.expires_at {
            let reason =
                format!("The codes ended at {} and nobody had signed in.", prompt.expires_at.clock());
            return self.course.finish(Outcome::Rejected { reason, tokens: None });
        }
        self.state = State::SignIn(metadata, prompt);
        match prove::renew(&mut self.course, &self.profile, now) {
            Some(signing) => vec![self.course.sign(StepId::Poll, signing)],
            None => self.send_poll(),
        }
    }

    fn send_poll(&mut self) -> Vec<Effect> {
        let draft = self.course.record(StepId::Poll).draft.as_ref();
        match draft.expect("the draft is laid out before anything is waited for").request() {
            Ok(request) => vec![self.course.send(StepId::Poll, request)],
            Err(failure) => self.course.fail(failure),
        }
    }

    fn poll_answered(
        &mut self,
        response: &Response,
        metadata: Box<Metadata>,
        mut prompt: Box<DevicePrompt>,
        now: UnixTime,
    ) -> Vec<Effect> {
        // A server that is busy or broken has said nothing about the codes: it is asked again, later each time.
        if response.status == 429 || response.status >= 500 {
            let pause = response.headers.get("retry-after").and_then(|value| value.trim().parse().ok());
            let said = match pause {
                Some(pause) => format!("HTTP {}, to be asked again after {pause} s", response.status),
                None => format!("HTTP {}", response.status),
            };
            if pause.is_none() {
                prompt.interval = prompt.interval.saturating_mul(2);
            }
            prompt.polls.push((now, said));
            return self.wait(metadata, prompt, pause.unwrap_or_default(), now);
        }
        match granted::settle(&mut self.course, StepId::Poll, response, now) {
            Ok(tokens) => self.tokens_came(metadata, tokens, now),
            Err(outcome) => match *outcome {
                Outcome::Refused(Refusal { error, .. }) if keeps_waiting(&error) => {
                    if error == "slow_down" {
                        prompt.interval = prompt.interval.saturating_add(SLOW_DOWN);
                    }
                    prompt.polls.push((now, error));
                    self.wait(metadata, prompt, 0, now)
                }
                outcome @ (Outcome::Tokens(_)
                | Outcome::Done(_)
                | Outcome::Refused(_)
                | Outcome::Rejected { .. }
                | Outcome::Failed(_)
                | Outcome::Cancelled) => self.course.finish(outcome),
            },
        }
    }

    fn tokens_came(&mut self, metadata: Box<Metadata>, tokens: Box<TokenSet>, now: UnixTime) -> Vec<Effect> {
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
        let sent = self.course.sent(StepId::DeviceAuthorization, "client_id");
        let client_id = sent.unwrap_or(&self.profile.client_id).to_owned();
        let comparison = validate::Comparison { metadata, client_id: &client_id, nonce: None };
        validate::finish(&mut self.course, keys, *tokens, &comparison, now)
    }
}

/// Whether the authority says: not yet.
fn keeps_waiting(error: &str) -> bool {
    matches!(error, "authorization_pending" | "slow_down")
}

fn facts(codes: &DeviceAuthorization, expires_at: UnixTime) -> Vec<Fact> {
    let open = |name: &'static str, value: &str| Fact::open(name, value, Fact::meaning_of(name));
    let expires_in = format!("{} s (until {})", codes.expires_in, expires_at.clock());
    let mut facts = vec![
        open("user_code", &codes.user_code),
        open("verification_uri", &codes.verification_uri),
        Fact::secret("device_code", &codes.device_code, Fact::meaning_of("device_code")),
        open("expires_in", &expires_in),
        open("interval", &format!("{} s", codes.interval)),
    ];
    let complete = codes.verification_uri_complete.as_ref();
    facts.extend(complete.map(|uri| open("verification_uri_complete", uri)));
    facts.extend(codes.message.as_ref().map(|message| open("message", message)));
    facts
}

impl Machine for DeviceCode {
    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    fn begin(&mut self, seeds: Seeds) {
        self.assertion_id = seeds.assertion_id;
        let draft = discover::draft(&self.profile, &self.bends);
        course::lay_out(self, StepId::Discover, draft);
    }

    fn go(&mut self, id: StepId, request: Option<Request>, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), request) {
            // A poll that had to be mended first. The wait before the first poll is kept all the same.
            (State::SignIn(metadata, prompt), Some(_)) => self.wait(metadata, prompt, 0, now),
            (state @ State::Proof(..), request) => {
                self.state = state;
                match id {
                    StepId::Assert | StepId::Federate => {
                        let progress = prove::go(&mut self.course, &self.profile, id, request);
                        self.proceed(progress)
                    }
                    StepId::Discover
                    | StepId::Prepare
                    | StepId::Authorize
                    | StepId::Return
                    | StepId::Identify
                    | StepId::DeviceAuthorization
                    | StepId::Poll
                    | StepId::Token
                    | StepId::Validate
                    | StepId::Given
                    | StepId::FanOut
                    | StepId::Call
                    | StepId::AdminConsent
                    | StepId::Logout => Vec::new(),
                }
            }
            (state, request) => {
                self.state = state;
                request.map(|request| self.course.send(id, request)).into_iter().collect()
            }
        }
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Metadata, Answer::Response(response)) => self.metadata_came(&response, now),
            (State::Proof(metadata, since), answer) => {
                match prove::answered(&mut self.course, &self.profile, answer, now) {
                    Ok(proof) => {
                        self.state = State::Proof(metadata, since);
                        self.proven(proof)
                    }
                    Err(outcome) => self.course.finish(*outcome),
                }
            }
            (State::Codes(metadata, proof), Answer::Response(response)) => {
                self.codes_came(&response, metadata, &proof, now)
            }
            (State::SignIn(metadata, prompt), Answer::Woke) => self.poll(metadata, prompt, now),
            (State::SignIn(metadata, prompt), Answer::Signed(signature)) => {
                prove::replace(&mut self.course, StepId::Poll, &signature);
                self.state = State::SignIn(metadata, prompt);
                self.send_poll()
            }
            (State::SignIn(metadata, prompt), Answer::Response(response)) => {
                self.poll_answered(&response, metadata, prompt, now)
            }
            (State::SignIn(metadata, mut prompt), Answer::Failed(Failure::Timeout { .. })) => {
                prompt.interval = prompt.interval.saturating_mul(2);
                prompt.polls.push((now, "no answer in time".to_owned()));
                self.wait(metadata, prompt, 0, now)
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
            (StepId::Assert, State::Proof(metadata, since)) => {
                preflight::assertion(&self.profile, metadata, draft, *since)
            }
            (StepId::DeviceAuthorization, _) => preflight::device_authorization(&self.profile, draft),
            (StepId::Poll, _) => preflight::poll(&self.profile, draft),
            _ => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
