//! Client credentials (RFC 6749 §4.4): an application signs in as itself.
//!
//! ```text
//! Begin ─► Metadata ──document──► Tokens ──token response──► Keys ──key set──► over
//! ```
//!
//! Each state first waits for the person to say "next", then for the answer. A refusal ends the run wherever it comes.

use super::{
    Answer, Credential, Draft, Effect, Input, NamedBend, Place, Profile, Seeds, Step, StepId,
    course::{self, Course, Machine},
    discover, granted, preflight, sheets, validate,
};
use crate::{
    finding::Finding,
    oauth::{TokenSet, discovery::Metadata, token::Grant},
    time::UnixTime,
    wire::{Method, Request, Response},
};

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentials {
    profile: Profile,
    bends: Vec<NamedBend>,
    course: Course,
    state: State,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The metadata.
    Metadata,
    /// The token response.
    Tokens(Box<Metadata>),
    /// The signing keys.
    Keys(Box<Metadata>, Box<TokenSet>),
    /// Nothing any more.
    #[default]
    Over,
}

impl ClientCredentials {
    /// A machine that has not begun.
    pub fn new(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let course = Course::new(&[&sheets::DISCOVER, &sheets::PRESENT, &sheets::VALIDATE_ACCESS]);
        Self { profile, bends, course, state: State::Metadata }
    }

    /// Takes one input.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        course::advance(self, input, now)
    }

    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.course.steps()
    }

    fn metadata_came(&mut self, response: &Response) -> Vec<Effect> {
        match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => {
                let draft = self.token_draft(&metadata);
                course::lay_out(self, StepId::Token, draft);
                self.state = State::Tokens(metadata);
                Vec::new()
            }
            Err(outcome) => self.course.finish(*outcome),
        }
    }

    fn token_draft(&self, metadata: &Metadata) -> Draft {
        let secret = match &self.profile.credential {
            Credential::Secret(secret) => Some(secret),
            Credential::None | Credential::PrivateKey(_) | Credential::Federated(_) => None,
        };
        let form =
            Grant::ClientCredentials.params(&self.profile.client_id, secret, Some(&self.profile.scope));
        let address = metadata.token_endpoint.as_ref().map_or("", url::Url::as_str);
        Draft::new(Method::Post, address).with_all(Place::Form, form).bent(StepId::Token, &self.bends)
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
        let comparison = validate::Comparison { metadata, client_id: &self.profile.client_id, nonce: None };
        validate::finish(&mut self.course, keys, *tokens, &comparison, now)
    }
}

impl Machine for ClientCredentials {
    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    fn begin(&mut self, _: Seeds) {
        let draft = discover::draft(&self.profile, &self.bends);
        course::lay_out(self, StepId::Discover, draft);
    }

    fn go(&mut self, id: StepId, request: Option<Request>, _: UnixTime) -> Vec<Effect> {
        request.map(|request| self.course.send(id, request)).into_iter().collect()
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Metadata, Answer::Response(response)) => self.metadata_came(&response),
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
                // The gate lets no other kind through, for this machine only sends requests.
                self.state = state;
                Vec::new()
            }
        }
    }

    fn preflight(&self, id: StepId, draft: &Draft) -> Vec<Finding> {
        match id {
            StepId::Token => preflight::client_credentials(&self.profile, draft),
            _ => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
