//! A code has come: the client proves itself, and gets tokens for it.

use url::Url;

use super::{Authorization, Home, State};
use crate::{
    flow::{
        Draft, Effect, Place, Platform, StepId, course, granted, preflight,
        prove::{self, Progress, Proof},
    },
    oauth::token::Grant,
    secret::Secret,
    time::UnixTime,
    wire::{Method, Response},
};

impl Authorization {
    /// Proves the client, as far as that takes a step of its own.
    pub(super) fn prove(&mut self, home: Box<Home>, now: UnixTime) -> Vec<Effect> {
        let (metadata, id) = (&home.metadata, &home.assertion_id);
        let progress = prove::begin(&mut self.course, &self.profile, &self.bends, metadata, id, now);
        self.proceed(progress, home, now)
    }

    pub(super) fn proceed(&mut self, progress: Progress, home: Box<Home>, since: UnixTime) -> Vec<Effect> {
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

    pub(super) fn redeem(&mut self, proof: &Proof, home: Box<Home>) -> Vec<Effect> {
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

    pub(super) fn tokens_came(&mut self, response: &Response, home: Box<Home>, now: UnixTime) -> Vec<Effect> {
        match granted::settle(&mut self.course, StepId::Token, response, now) {
            Ok(tokens) => self.validate(home, tokens, now),
            Err(outcome) => self.course.finish(*outcome),
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
