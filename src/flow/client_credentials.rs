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
            Credential::None => None,
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
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::{
        finding::Severity,
        flow::{
            Authority, Bend, Change, Choice, Flow, FlowKind, Outcome, StepState,
            playbook::{self, Play, elsewhere, ended, garbage, json_answer, keys, metadata, refusal, tokens},
            sequences::{self, Letter, NEXT},
        },
        secret::Secret,
        wire::Failure,
    };

    const KIND: FlowKind = FlowKind::ClientCredentials;

    fn profile() -> Profile {
        Profile {
            platform: crate::flow::Platform::Web,
            credential: Credential::Secret(Secret::new("hunter2")),
            scope: "api://stock/.default".to_owned(),
            ..playbook::profile()
        }
    }

    /// A run whose token request is laid out.
    fn at_token(profile: Profile, bends: Vec<NamedBend>) -> Play {
        let mut play = Play::begin(KIND, profile, bends);
        play.sends(1, StepId::Discover);
        assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
        assert_eq!(play.state(StepId::Token), StepState::Ready);
        play
    }

    #[test]
    fn the_whole_run() {
        let mut play = Play::begin(KIND, profile(), Vec::new());
        let request = play.sends(1, StepId::Discover);
        let address = "http://localhost:4000/northwind.example/v2.0/.well-known/openid-configuration";
        assert_eq!((request.method, request.url.as_str()), (Method::Get, address));
        assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
        assert_eq!(play.finds(StepId::Discover, Severity::Passed), ["issuer.matches"]);

        assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
        let request = play.sends(2, StepId::Token);
        assert_eq!((request.method, request.url.path()), (Method::Post, "/tid/token"));
        assert_eq!(
            request.body.text(),
            "grant_type=client_credentials&client_id=app&client_secret=hunter2&scope=api%3A%2F%2Fstock%2F.default"
        );
        assert_eq!(play.answer(2, json_answer(200, &tokens())), []);
        assert_eq!(play.fact(StepId::Token, "access_token").as_deref(), Some("•••••••• (2 chars)"));

        let request = play.sends(3, StepId::Validate);
        assert_eq!(request.url.path(), "/tid/keys");
        let (outcome, stopped) = play.ends(3, json_answer(200, &keys()));
        let Outcome::Tokens(set) = outcome else { panic!("{outcome:?}") };
        assert_eq!(set.access_token, Some(Secret::new("at")));
        assert_eq!(stopped, []);
        assert!(play.flow.steps().iter().all(|step| step.state == StepState::Done));
    }

    #[test]
    fn each_way_a_request_can_end_badly() {
        for (answer, step) in [(1, StepId::Discover), (2, StepId::Token)] {
            let run = || {
                let mut play = match step {
                    StepId::Discover => Play::begin(KIND, profile(), Vec::new()),
                    _ => at_token(profile(), Vec::new()),
                };
                play.sends(answer, step);
                play
            };
            let mut play = run();
            let (outcome, _) = play.ends(answer, refusal("invalid_client"));
            assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.error == "invalid_client"));
            assert_eq!((play.flow.current(), play.state(step)), (step, StepState::Failed));

            let (outcome, _) = run().ends(answer, garbage());
            assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{outcome:?}");
            let (outcome, _) = run().ends(answer, elsewhere());
            let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
            assert!(failure.to_string().contains("evil.example"), "{failure}");
            let timeout = Failure::Timeout { host: "h".into(), after: Duration::from_secs(9) };
            let (outcome, _) = run().ends(answer, Answer::Failed(timeout.clone()));
            assert_eq!(outcome, Outcome::Failed(timeout));
            let mut play = run();
            let effects = play.says(Input::Cancel);
            assert_eq!(ended(effects), (Outcome::Cancelled, vec![crate::flow::CallId(answer)]));
        }
    }

    #[test]
    fn an_access_token_that_cannot_be_checked_is_a_warning_and_no_failure() {
        for answer in [
            garbage(),
            refusal("server_error"),
            Answer::Failed(Failure::Dns { host: "h".into() }),
            json_answer(200, &json!({"keys": 1})),
        ] {
            let mut play = at_token(profile(), Vec::new());
            play.sends(2, StepId::Token);
            play.answer(2, json_answer(200, &tokens()));
            play.sends(3, StepId::Validate);
            let (outcome, _) = play.ends(3, answer);
            assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
            assert!(play.finds(StepId::Validate, Severity::Warning).contains(&"keys.unavailable"));
        }
    }

    #[test]
    fn without_an_address_for_the_keys_the_run_ends_with_its_tokens() {
        let mut document = metadata();
        document["jwks_uri"] = json!(null);
        let mut play = Play::begin(KIND, profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &document));
        play.sends(2, StepId::Token);
        let (outcome, _) = play.ends(2, json_answer(200, &tokens()));
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        assert!(play.finds(StepId::Validate, Severity::Warning).contains(&"keys.unavailable"));
    }

    #[test]
    fn what_cannot_be_sent_stays_ready_until_it_is_mended() {
        let mut document = metadata();
        document["token_endpoint"] = json!(null);
        let mut play = Play::begin(KIND, profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &document));
        for _ in 0..2 {
            assert_eq!(play.finds(StepId::Token, Severity::Error), ["request.unsendable"]);
            assert_eq!(play.next(), []);
            assert_eq!(play.state(StepId::Token), StepState::Ready);
        }
        let mend = Bend::Endpoint("http://localhost:4000/tid/token".to_owned());
        assert_eq!(play.says(Input::Chosen(Choice::Bend(mend))), []);
        assert_eq!(play.finds(StepId::Token, Severity::Error), [] as [&str; 0]);
        play.sends(2, StepId::Token);
    }

    #[test]
    fn bends_by_name_and_by_hand_change_what_is_sent() {
        let set = |name: &str, value: &str| NamedBend {
            step: Some(StepId::Token),
            name: name.to_owned(),
            change: Change::Set(value.to_owned()),
        };
        let drop = NamedBend { step: None, name: "client_secret".to_owned(), change: Change::Drop };
        let mut play = at_token(profile(), vec![set("client_id", "other"), set("extra", "1"), drop]);
        assert_eq!(play.finds(StepId::Token, Severity::Warning), ["secret.missing"]);
        let hand = Bend::Set(0, "password".to_owned());
        play.says(Input::Chosen(Choice::Bend(hand)));
        play.says(Input::Chosen(Choice::Undo));
        play.says(Input::Chosen(Choice::Redo));
        let request = play.sends(2, StepId::Token);
        let changed = "grant_type=password&client_id=other&scope=api%3A%2F%2Fstock%2F.default&extra=1";
        assert_eq!(request.body.text(), changed);
        play.says(Input::Chosen(Choice::Undo));
        assert_eq!(
            play.step(StepId::Token).draft.and_then(|draft| draft.value("grant_type")),
            Some("password")
        );
    }

    #[test]
    fn what_entra_will_refuse_is_said_before() {
        let check = |profile: Profile, expected: &[&str]| {
            let play = at_token(profile, Vec::new());
            assert_eq!(play.finds(StepId::Token, Severity::Warning), expected);
        };
        check(profile(), &[]);
        check(Profile { credential: Credential::None, ..profile() }, &["secret.missing"]);
        check(Profile { scope: "api://stock/Read".into(), ..profile() }, &["scope.not_default"]);
        check(Profile { scope: "a/.default b/.default".into(), ..profile() }, &["scope.not_default"]);
        check(Profile { scope: "openid a/.default".into(), ..profile() }, &[]);
        let mut document = metadata();
        document["token_endpoint"] = json!("http://localhost:4000/common/oauth2/v2.0/token");
        let mut play = Play::begin(KIND, profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &document));
        assert_eq!(play.finds(StepId::Token, Severity::Warning), ["tenant.shared"]);
    }

    #[test]
    fn an_issuer_that_is_not_the_one_asked_ends_the_run() {
        let issuer =
            |at: &str| Profile { authority: Authority::Issuer(at.parse().expect("an address")), ..profile() };
        let mut play = Play::begin(KIND, issuer("http://localhost:4000/tid/v2.0"), Vec::new());
        play.sends(1, StepId::Discover);
        assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
        let mut play = Play::begin(KIND, issuer("http://localhost:4000/other/v2.0"), Vec::new());
        play.sends(1, StepId::Discover);
        let (outcome, _) = play.ends(1, json_answer(200, &metadata()));
        assert!(matches!(outcome, Outcome::Rejected { tokens: None, .. }), "{outcome:?}");
        assert_eq!(play.finds(StepId::Discover, Severity::Error), ["issuer.mismatch"]);
    }

    #[test]
    fn every_short_sequence_keeps_the_promises() {
        let way = [
            sequences::begin(),
            NEXT,
            Letter::Newest(json_answer(200, &metadata())),
            NEXT,
            Letter::Newest(json_answer(200, &tokens())),
            NEXT,
            Letter::Newest(json_answer(200, &keys())),
        ];
        sequences::play_everywhere(&Flow::new(KIND, profile(), Vec::new()), &way, &[], 8);
    }
}
