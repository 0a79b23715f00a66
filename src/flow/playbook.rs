//! Test support: a run played by hand. What comes in, what must go out, nothing more.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use super::{
    Answer, Authority, CallId, Choice, ClientKey, Effect, Flow, FlowKind, Input, NamedBend, Outcome, Profile,
    Seeds, SigningAlgorithm, Step, StepId, StepState,
};
use crate::{
    finding::Severity,
    oauth::{Arrival, ArrivedBy, Listening},
    secret::Secret,
    time::UnixTime,
    wire::{Headers, Params, Request, Response},
};

/// The verifier of RFC 7636 appendix B, whose challenge is [`CHALLENGE`].
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// See [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// When the tests play.
pub const START: UnixTime = UnixTime::from_seconds(1_772_615_727);

/// A public client of the lab tenant.
pub fn profile() -> Profile {
    let authority = Authority::Lab {
        base: "http://localhost:4000".parse().expect("an address"),
        tenant: "northwind.example".to_owned(),
    };
    Profile {
        redirect_uri: Some("http://localhost/cb".parse().expect("an address")),
        scope: "openid api/Read".to_owned(),
        ..Profile::new("test", authority, "app")
    }
}

/// The metadata of that tenant.
pub fn metadata() -> Value {
    json!({
        "issuer": "http://localhost:4000/tid/v2.0",
        "authorization_endpoint": "http://localhost:4000/tid/authorize",
        "token_endpoint": "http://localhost:4000/tid/token",
        "device_authorization_endpoint": "http://localhost:4000/tid/devicecode",
        "jwks_uri": "http://localhost:4000/tid/keys"
    })
}

/// A token response without ID token, which ends well whatever the checks of tokens can do.
pub fn tokens() -> Value {
    json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "at", "scope": "api/Read"})
}

/// A key set.
pub fn keys() -> Value {
    json!({"keys": [{"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"}]})
}

/// A client's private key, which nobody here can use.
pub fn client_key() -> ClientKey {
    ClientKey {
        pem: Secret::new("key"),
        algorithm: SigningAlgorithm::Ps256,
        names: vec![("x5t#S256".to_owned(), "fingerprint".to_owned())],
        about: "CN=test".to_owned(),
    }
}

/// A signed token with these claims, whose signature is none.
pub fn token(claims: &Value) -> Secret {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    Secret::new(format!("{}.{}.c2ln", part(&json!({"typ": "JWT", "alg": "RS256"})), part(claims)))
}

/// The random values of a run.
pub fn seeds() -> Seeds {
    Seeds {
        state: "state-1".into(),
        nonce: "nonce-1".into(),
        verifier: Secret::new(VERIFIER),
        assertion_id: "assertion-1".into(),
    }
}

/// A JSON answer.
pub fn json_answer(status: u16, body: &Value) -> Answer {
    let headers = Headers::new().with("content-type", "application/json");
    Answer::Response(Response { status, headers, body: body.to_string().into() })
}

/// An answer that is no JSON.
pub fn garbage() -> Answer {
    let headers = Headers::new().with("content-type", "text/html");
    Answer::Response(Response { status: 200, headers, body: "<h1>hello</h1>".to_owned().into() })
}

/// An answer that points elsewhere.
pub fn elsewhere() -> Answer {
    let headers = Headers::new().with("location", "https://evil.example/token");
    Answer::Response(Response { status: 307, headers, body: String::new().into() })
}

/// A refusal in JSON.
pub fn refusal(error: &str) -> Answer {
    json_answer(400, &json!({"error": error}))
}

/// What came to the redirect URI.
pub fn redirected(query: &str) -> Answer {
    Answer::Redirected(Arrival { by: ArrivedBy::Query, params: Params::parse(query) })
}

/// A listener that is open at this address.
pub fn listening(redirect_uri: &str) -> Listening {
    Listening::from(redirect_uri.parse::<Url>().expect("an address"))
}

/// A run that is being played.
pub struct Play {
    /// The machine.
    pub flow: Flow,
    /// The present.
    pub now: UnixTime,
}

impl Play {
    /// A run that has begun and shows its first step.
    pub fn begin(kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> Self {
        Self::begin_at(StepId::Discover, kind, profile, bends)
    }

    /// The same for a flow whose first step is another one.
    pub fn begin_at(first: StepId, kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> Self {
        let mut play = Self { flow: Flow::new(kind, profile, bends), now: START };
        assert_eq!(play.says(Input::Begin(seeds())), []);
        assert_eq!((play.flow.current(), play.state(first)), (first, StepState::Ready));
        play
    }

    /// A run that begins with a token: it has begun and shows that step.
    pub fn with_given(kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> Self {
        let mut play = Self { flow: Flow::new(kind, profile, bends), now: START };
        assert_eq!(play.says(Input::Begin(seeds())), []);
        assert_eq!(play.state(StepId::Given), StepState::Ready);
        play
    }

    /// One input.
    pub fn says(&mut self, input: Input) -> Vec<Effect> {
        self.flow.advance(input, self.now)
    }

    /// The person goes on.
    pub fn next(&mut self) -> Vec<Effect> {
        self.says(Input::Chosen(Choice::Next))
    }

    /// The person goes on, and one request must go out, numbered `call`, from step `id`.
    pub fn sends(&mut self, call: u32, id: StepId) -> Request {
        let effects = self.next();
        self.one_request(effects, call, id)
    }

    /// The one request among the effects.
    pub fn one_request(&self, effects: Vec<Effect>, call: u32, id: StepId) -> Request {
        assert_eq!((self.flow.current(), self.state(id)), (id, StepState::Running));
        match <[Effect; 1]>::try_from(effects) {
            Ok([Effect::Send(sent, request)]) if sent == CallId(call) => request,
            other => panic!("not one request numbered {call}: {other:?}"),
        }
    }

    /// An answer comes.
    pub fn answer(&mut self, call: u32, answer: Answer) -> Vec<Effect> {
        self.says(Input::Answer(CallId(call), answer))
    }

    /// An answer comes and ends the run; what is stopped is given too.
    pub fn ends(&mut self, call: u32, answer: Answer) -> (Outcome, Vec<CallId>) {
        let effects = self.answer(call, answer);
        ended(effects)
    }

    /// A step as it stands.
    pub fn step(&self, id: StepId) -> Step<'_> {
        self.flow.steps().into_iter().find(|step| step.id == id).expect("the flow has this step")
    }

    /// How far a step is.
    pub fn state(&self, id: StepId) -> StepState {
        self.step(id).state
    }

    /// The ids of a step's findings from `severity` upwards.
    pub fn finds(&self, id: StepId, severity: Severity) -> Vec<&'static str> {
        let worth = self.step(id).findings.iter().filter(|finding| finding.severity >= severity);
        worth.map(|finding| finding.id).collect()
    }

    /// The value of one of a step's facts, as it is shown.
    pub fn fact(&self, id: StepId, name: &str) -> Option<String> {
        let step = self.step(id);
        step.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.plain())
    }
}

/// Splits the effects that end a run into the outcome and what was stopped before.
pub fn ended(mut effects: Vec<Effect>) -> (Outcome, Vec<CallId>) {
    let Some(Effect::Finish(outcome)) = effects.pop() else { panic!("no end: {effects:?}") };
    let stopped = effects.into_iter().map(|effect| match effect {
        Effect::Stop(call) => call,
        other => panic!("not a stop: {other:?}"),
    });
    (outcome, stopped.collect())
}
