//! Device code (RFC 8628): the person signs in on another device while this one polls.
//!
//! ```text
//! Begin ─► Metadata ──document──► Codes ──two codes──► SignIn ──token response──► Keys ──key set──► over
//!                                                      │    ▲
//!                                                      └────┘ Woke: poll · authorization_pending: wait again
//!                                                             slow_down: +5 s · no answer in time: interval doubled
//! ```
//!
//! Polling needs nobody to say "next": it begins as soon as the codes are there, and each poll follows the other. It ends
//! with tokens, with any other refusal, or when the codes have ended by our own clock.

use std::time::Duration;

use super::{
    Answer, Credential, DevicePrompt, Draft, Effect, Fact, Input, NamedBend, Outcome, Place, Profile, Prompt,
    Seeds, Step, StepId,
    course::{self, Course, Machine},
    discover, granted, preflight, sheets, validate,
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
    state: State,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The metadata.
    Metadata,
    /// The codes for device and person.
    Codes(Box<Metadata>),
    /// The person, elsewhere; between polls an alarm, during a poll its answer.
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
        let course = Course::new(&[
            &sheets::DISCOVER,
            &sheets::DEVICE_AUTHORIZATION,
            &sheets::POLL,
            &sheets::VALIDATE_ID,
        ]);
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

    /// The code to type, and where, while that is waited for.
    pub fn prompt(&self) -> Option<Prompt> {
        match &self.state {
            State::SignIn(_, prompt) if !self.course.is_over() => {
                Some(Prompt::DeviceCode(prompt.as_ref().clone()))
            }
            _ => None,
        }
    }

    fn metadata_came(&mut self, response: &Response) -> Vec<Effect> {
        match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => {
                let draft = self.authorization_draft(&metadata);
                course::lay_out(self, StepId::DeviceAuthorization, draft);
                self.state = State::Codes(metadata);
                Vec::new()
            }
            Err(outcome) => self.course.finish(*outcome),
        }
    }

    fn authorization_draft(&self, metadata: &Metadata) -> Draft {
        let address = metadata.device_authorization_endpoint.as_ref().map_or("", url::Url::as_str);
        let mut draft = Draft::new(Method::Post, address);
        if let Some(market) = &self.profile.market {
            draft = draft.with(Place::Query, "mkt", market);
        }
        draft
            .with_all(Place::Form, device::request(&self.profile.client_id, &self.profile.scope))
            .bent(StepId::DeviceAuthorization, &self.bends)
    }

    fn codes_came(&mut self, response: &Response, metadata: Box<Metadata>, now: UnixTime) -> Vec<Effect> {
        let codes = match DeviceAuthorization::read(response) {
            Ok(codes) => codes,
            Err(trouble) => return self.course.finish(*Box::from(trouble)),
        };
        let expires_at = now + Duration::from_secs(codes.expires_in);
        let record = self.course.record_mut(StepId::DeviceAuthorization);
        record.facts = facts(&codes, expires_at);
        self.course.settle(StepId::DeviceAuthorization);
        let draft = self.poll_draft(&metadata, &codes.device_code);
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
            self.wait(metadata, Box::new(prompt), now)
        } else {
            // Bent so that it cannot be sent: the step stays ready, to be mended.
            self.state = State::SignIn(metadata, Box::new(prompt));
            Vec::new()
        }
    }

    fn poll_draft(&self, metadata: &Metadata, device_code: &Secret) -> Draft {
        let secret = match &self.profile.credential {
            Credential::Secret(secret) => Some(secret),
            Credential::None => None,
        };
        let form = Grant::DeviceCode(device_code).params(&self.profile.client_id, secret, None);
        let address = metadata.token_endpoint.as_ref().map_or("", url::Url::as_str);
        Draft::new(Method::Post, address).with_all(Place::Form, form).bent(StepId::Poll, &self.bends)
    }

    /// Waits for the next poll, or for the end of the codes if that comes first.
    fn wait(&mut self, metadata: Box<Metadata>, mut prompt: Box<DevicePrompt>, now: UnixTime) -> Vec<Effect> {
        prompt.next_poll = now + Duration::from_secs(prompt.interval);
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
        let draft = self.course.record(StepId::Poll).draft.as_ref();
        match draft.expect("the draft is laid out before anything is waited for").request() {
            Ok(request) => {
                self.state = State::SignIn(metadata, prompt);
                vec![self.course.send(StepId::Poll, request)]
            }
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
        match granted::settle(&mut self.course, StepId::Poll, response, now) {
            Ok(tokens) => self.tokens_came(metadata, tokens, now),
            Err(outcome) => match *outcome {
                Outcome::Refused(Refusal { error, .. }) if keeps_waiting(&error) => {
                    if error == "slow_down" {
                        prompt.interval = prompt.interval.saturating_add(SLOW_DOWN);
                    }
                    prompt.polls.push((now, error));
                    self.wait(metadata, prompt, now)
                }
                outcome => self.course.finish(outcome),
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

    fn begin(&mut self, _: Seeds) {
        let draft = discover::draft(&self.profile, &self.bends);
        course::lay_out(self, StepId::Discover, draft);
    }

    fn go(&mut self, id: StepId, request: Option<Request>, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), request) {
            // A poll that had to be mended first. The wait before the first poll is kept all the same.
            (State::SignIn(metadata, prompt), Some(_)) => self.wait(metadata, prompt, now),
            (state, request) => {
                self.state = state;
                request.map(|request| self.course.send(id, request)).into_iter().collect()
            }
        }
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Metadata, Answer::Response(response)) => self.metadata_came(&response),
            (State::Codes(metadata), Answer::Response(response)) => self.codes_came(&response, metadata, now),
            (State::SignIn(metadata, prompt), Answer::Woke) => self.poll(metadata, prompt, now),
            (State::SignIn(metadata, prompt), Answer::Response(response)) => {
                self.poll_answered(&response, metadata, prompt, now)
            }
            (State::SignIn(metadata, mut prompt), Answer::Failed(Failure::Timeout { .. })) => {
                prompt.interval = prompt.interval.saturating_mul(2);
                prompt.polls.push((now, "no answer in time".to_owned()));
                self.wait(metadata, prompt, now)
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
        match id {
            StepId::DeviceAuthorization => preflight::device_authorization(draft),
            StepId::Poll => preflight::poll(&self.profile, draft),
            _ => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        finding::Severity,
        flow::{
            Bend, CallId, Change, Choice, Flow, FlowKind, StepState,
            playbook::{
                Play, START, elsewhere, ended, garbage, json_answer, keys, metadata, profile, refusal, tokens,
            },
            sequences::{self, Letter, NEXT},
        },
    };

    const KIND: FlowKind = FlowKind::DeviceCode;

    fn codes() -> Value {
        json!({
            "device_code": "dc", "user_code": "K4PTWQ7NR", "verification_uri": "https://login.example/device",
            "expires_in": 60, "interval": 5, "message": "Go there."
        })
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// A run that waits for its first poll, with the alarm as call 3.
    fn waiting(profile: Profile, bends: Vec<NamedBend>) -> Play {
        let mut play = Play::begin(KIND, profile, bends);
        play.sends(1, StepId::Discover);
        assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
        play.sends(2, StepId::DeviceAuthorization);
        let effects = play.answer(2, json_answer(200, &codes()));
        assert_eq!(effects, [Effect::WakeAt(CallId(3), START + seconds(5))]);
        play
    }

    /// Lets time pass until the alarm `call` rings; gives the poll, whose call is the next.
    fn poll(play: &mut Play, call: u32, after: u64) -> Request {
        play.now = play.now + seconds(after);
        let effects = play.answer(call, Answer::Woke);
        play.one_request(effects, call + 1, StepId::Poll)
    }

    fn prompt(play: &Play) -> DevicePrompt {
        match play.flow.prompt() {
            Some(Prompt::DeviceCode(prompt)) => prompt,
            other => panic!("no prompt: {other:?}"),
        }
    }

    #[test]
    fn the_whole_run() {
        let mut play = Play::begin(KIND, Profile { market: Some("de-DE".into()), ..profile() }, Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &metadata()));
        let request = play.sends(2, StepId::DeviceAuthorization);
        assert_eq!(request.url.as_str(), "http://localhost:4000/tid/devicecode?mkt=de-DE");
        assert_eq!(request.body.text(), "client_id=app&scope=openid+api%2FRead");
        play.answer(2, json_answer(200, &codes()));
        let expected = DevicePrompt {
            user_code: "K4PTWQ7NR".into(),
            verification_uri: "https://login.example/device".into(),
            verification_uri_complete: None,
            message: Some("Go there.".into()),
            expires_at: START + seconds(60),
            interval: 5,
            next_poll: START + seconds(5),
            polls: Vec::new(),
        };
        assert_eq!(prompt(&play), expected);
        assert_eq!(
            play.fact(StepId::DeviceAuthorization, "device_code").as_deref(),
            Some("•••••••• (2 chars)")
        );

        let request = poll(&mut play, 3, 5);
        assert_eq!(
            request.body.text(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=app&device_code=dc"
        );
        let again = play.answer(4, refusal("authorization_pending"));
        assert_eq!(again, [Effect::WakeAt(CallId(5), START + seconds(10))]);
        poll(&mut play, 5, 5);
        assert_eq!(play.answer(6, json_answer(200, &tokens())), []);
        assert_eq!((play.flow.prompt(), play.state(StepId::Poll)), (None, StepState::Done));
        play.sends(7, StepId::Validate);
        let (outcome, stopped) = play.ends(7, json_answer(200, &keys()));
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        assert_eq!(stopped, []);
    }

    #[test]
    fn slow_down_adds_five_seconds_for_good_and_a_timeout_doubles() {
        let mut play = waiting(profile(), Vec::new());
        let (mut alarm, mut interval) = (3, 5);
        let timeout = Answer::Failed(Failure::Timeout { host: "h".into(), after: seconds(1) });
        for (answer, next) in [
            (refusal("authorization_pending"), 5),
            (refusal("slow_down"), 10),
            (refusal("authorization_pending"), 10),
            (timeout, 20),
        ] {
            poll(&mut play, alarm, interval);
            let effects = play.answer(alarm + 1, answer);
            assert_eq!(effects, [Effect::WakeAt(CallId(alarm + 2), play.now + seconds(next))]);
            assert_eq!((prompt(&play).interval, prompt(&play).next_poll), (next, play.now + seconds(next)));
            (alarm, interval) = (alarm + 2, next);
        }
        let polls = prompt(&play).polls;
        let said: Vec<_> = polls.iter().map(|(_, error)| error.as_str()).collect();
        assert_eq!(
            said,
            ["authorization_pending", "slow_down", "authorization_pending", "no answer in time"]
        );
        assert_eq!(polls[0].0, START + seconds(5));
    }

    #[test]
    fn each_refusal_of_a_poll_ends_the_run() {
        for error in
            ["authorization_declined", "access_denied", "expired_token", "invalid_grant", "unheard_of"]
        {
            let mut play = waiting(profile(), Vec::new());
            poll(&mut play, 3, 5);
            let (outcome, _) = play.ends(4, refusal(error));
            assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.error == error), "{outcome:?}");
            assert_eq!((play.state(StepId::Poll), play.flow.prompt()), (StepState::Failed, None));
        }
    }

    #[test]
    fn a_poll_without_a_readable_answer_ends_the_run() {
        for answer in [
            garbage(),
            elsewhere(),
            json_answer(200, &json!({})),
            Answer::Failed(Failure::Dns { host: "h".into() }),
        ] {
            let mut play = waiting(profile(), Vec::new());
            poll(&mut play, 3, 5);
            let (outcome, _) = play.ends(4, answer);
            assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        }
    }

    #[test]
    fn the_codes_end_by_our_own_clock() {
        let mut play = waiting(profile(), Vec::new());
        for alarm in 0..11 {
            poll(&mut play, 3 + 2 * alarm, 5);
            play.answer(4 + 2 * alarm, refusal("authorization_pending"));
        }
        // The next poll would be at 60 seconds, when the codes end.
        play.now = play.now + seconds(5);
        let (outcome, _) = play.ends(25, Answer::Woke);
        let Outcome::Rejected { reason, tokens: None } = outcome else { panic!("{outcome:?}") };
        assert!(reason.contains("nobody had signed in"), "{reason}");
    }

    #[test]
    fn the_alarm_never_lies_behind_the_end_of_the_codes() {
        let mut play = Play::begin(KIND, profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &metadata()));
        play.sends(2, StepId::DeviceAuthorization);
        let mut codes = codes();
        codes["expires_in"] = json!(3);
        codes["interval"] = json!(u64::MAX);
        let effects = play.answer(2, json_answer(200, &codes));
        assert_eq!(effects, [Effect::WakeAt(CallId(3), START + seconds(3))]);
    }

    #[test]
    fn each_way_the_first_request_can_end_badly() {
        for (answer, is_refused) in
            [(refusal("unauthorized_client"), true), (garbage(), false), (elsewhere(), false)]
        {
            let mut play = Play::begin(KIND, profile(), Vec::new());
            play.sends(1, StepId::Discover);
            play.answer(1, json_answer(200, &metadata()));
            play.sends(2, StepId::DeviceAuthorization);
            let (outcome, _) = play.ends(2, answer);
            assert_eq!(matches!(outcome, Outcome::Refused(_)), is_refused, "{outcome:?}");
            assert_eq!(play.state(StepId::DeviceAuthorization), StepState::Failed);
        }
    }

    #[test]
    fn giving_up_stops_the_alarm_or_the_poll() {
        let mut play = waiting(profile(), Vec::new());
        let effects = play.says(Input::Cancel);
        assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(3)]));
        let mut play = waiting(profile(), Vec::new());
        poll(&mut play, 3, 5);
        let effects = play.says(Input::Cancel);
        assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(4)]));
    }

    #[test]
    fn a_poll_that_cannot_be_sent_is_mended_first() {
        let bend = NamedBend {
            step: Some(StepId::Poll),
            name: "url".to_owned(),
            change: Change::Set("no address".to_owned()),
        };
        let mut play = Play::begin(KIND, profile(), vec![bend]);
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &metadata()));
        play.sends(2, StepId::DeviceAuthorization);
        assert_eq!(play.answer(2, json_answer(200, &codes())), []);
        assert_eq!(play.finds(StepId::Poll, Severity::Error), ["request.unsendable"]);
        assert_eq!((play.next(), play.state(StepId::Poll)), (vec![], StepState::Ready));
        play.says(Input::Chosen(Choice::Bend(Bend::Endpoint("http://localhost:4000/token".to_owned()))));
        assert_eq!(play.next(), [Effect::WakeAt(CallId(3), START + seconds(5))]);
        poll(&mut play, 3, 5);
    }

    #[test]
    fn a_confidential_client_proves_itself_when_polling_only() {
        let credential = Credential::Secret(Secret::new("hunter2"));
        let mut play = Play::begin(KIND, Profile { credential, ..profile() }, Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &metadata()));
        let request = play.sends(2, StepId::DeviceAuthorization);
        assert!(!request.body.text().contains("hunter2"));
        play.answer(2, json_answer(200, &codes()));
        assert!(poll(&mut play, 3, 5).body.text().contains("&client_secret=hunter2"));
        assert!(play.finds(StepId::Poll, Severity::Warning).contains(&"secret.public_client"));
    }

    #[test]
    fn every_short_sequence_keeps_the_promises() {
        let way = [
            sequences::begin(),
            NEXT,
            Letter::Newest(json_answer(200, &metadata())),
            NEXT,
            Letter::Newest(json_answer(200, &codes())),
            Letter::Newest(Answer::Woke),
            Letter::Newest(refusal("authorization_pending")),
            Letter::Newest(Answer::Woke),
            Letter::Newest(json_answer(200, &tokens())),
            NEXT,
            Letter::Newest(json_answer(200, &keys())),
        ];
        let more = [Letter::Newest(refusal("slow_down")), Letter::Oldest(json_answer(200, &codes()))];
        sequences::play_everywhere(&Flow::new(KIND, profile(), Vec::new()), &way, &more, 8);
    }
}
