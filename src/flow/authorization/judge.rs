//! Whether the tokens can be believed: those that came through the browser, and those from the token endpoint.

use std::time::Duration;

use super::{Authorization, Home, State};
use crate::{
    flow::{Effect, FlowKind, Outcome, StepId, StepState, course, validate},
    oauth::TokenSet,
    time::UnixTime,
};

impl Authorization {
    /// Checks the ID token that came through the browser, before the code that came with it is used.
    pub(super) fn identify(
        &mut self,
        keys: validate::Keys,
        mut home: Box<Home>,
        now: UnixTime,
    ) -> Vec<Effect> {
        let wrong = self.check(StepId::Identify, &keys, &home.front.clone(), &home, now);
        if let Some(reason) = wrong {
            let tokens = Some(home.front);
            return self.course.finish(Outcome::Rejected { reason, tokens });
        }
        self.course.settle(StepId::Identify);
        home.keys = Some(keys);
        self.prove(home, now)
    }

    /// Lays out the last step. Where the keys are at hand, it has nothing to send.
    pub(super) fn validate(&mut self, home: Box<Home>, tokens: Box<TokenSet>, now: UnixTime) -> Vec<Effect> {
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

    pub(super) fn judge(
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
}
