//! Clients that prove themselves with more than a secret.

use serde_json::json;

use crate::{
    finding::Severity,
    flow::{
        Answer, Authority, Bend, CallId, Change, Choice, Credential, Effect, Federated, Flow, FlowKind,
        Input, NamedBend, Outcome, Place, Platform, Profile, SecretMethod, Signing, SigningAlgorithm, StepId,
        StepState,
        playbook::{
            self, Play, START, client_key, garbage, json_answer, keys, metadata, refusal, token, tokens,
        },
        sequences::{self, Letter, NEXT},
    },
    secret::Secret,
    token::decode,
    wire::{Failure, Request},
};

const KIND: FlowKind = FlowKind::ClientCredentials;

fn profile(credential: Credential) -> Profile {
    Profile {
        platform: Platform::Web,
        credential,
        scope: "api://stock/.default".to_owned(),
        ..playbook::profile()
    }
}

fn elsewhere(credential: Credential) -> Profile {
    let issuer = "http://localhost:4000/tid/v2.0".parse().expect("an address");
    Profile { authority: Authority::Issuer(issuer), ..profile(credential) }
}

fn discovered(profile: Profile, document: &serde_json::Value, bends: Vec<NamedBend>) -> Play {
    let mut play = Play::begin(KIND, profile, bends);
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, document)), []);
    play
}

fn signing(effects: Vec<Effect>, call: u32) -> Signing {
    match <[Effect; 1]>::try_from(effects) {
        Ok([Effect::Sign(asked, signing)]) if asked == CallId(call) => signing,
        other => panic!("not one signature numbered {call}: {other:?}"),
    }
}

/// The value of a form parameter.
fn form(request: &Request, name: &str) -> Option<String> {
    let text = request.body.text();
    form_urlencoded::parse(text.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into())
}

#[test]
fn an_assertion_is_shown_signed_and_sent() {
    let mut play = discovered(profile(Credential::PrivateKey(client_key())), &metadata(), Vec::new());
    let step = play.step(StepId::Assert);
    assert_eq!((step.state, step.findings), (StepState::Ready, &[][..]));
    let shown: Vec<_> = step.draft.map_or(&[][..], |draft| &draft.fields).iter().collect();
    let places: Vec<_> = shown.iter().map(|field| (field.place, &*field.name, &*field.value)).collect();
    let (now, end) = (START.seconds().to_string(), (START.seconds() + 300).to_string());
    assert_eq!(
        places,
        [
            (Place::JoseHeader, "typ", "JWT"),
            (Place::JoseHeader, "alg", "PS256"),
            (Place::JoseHeader, "x5t#S256", "fingerprint"),
            (Place::Claim, "aud", "http://localhost:4000/tid/token"),
            (Place::Claim, "iss", "app"),
            (Place::Claim, "sub", "app"),
            (Place::Claim, "jti", "assertion-1"),
            (Place::Claim, "nbf", now.as_str()),
            (Place::Claim, "iat", now.as_str()),
            (Place::Claim, "exp", end.as_str()),
        ]
    );
    let signing = signing(play.next(), 2);
    assert_eq!((signing.key, signing.algorithm), (Secret::new("key"), SigningAlgorithm::Ps256));
    assert_eq!(play.answer(2, Answer::Signed(vec![112, 46, 33])), []);
    assert_eq!((play.state(StepId::Assert), play.state(StepId::Token)), (StepState::Done, StepState::Ready));
    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);

    let request = play.sends(3, StepId::Token);
    let assertion = form(&request, "client_assertion").expect("it is sent");
    assert_eq!(assertion, format!("{}.cC4h", signing.input));
    let decoded = decode(&assertion);
    assert_eq!(decoded.claims["exp"], json!(START.seconds() + 300));
    assert_eq!(decoded.claims["aud"], json!("http://localhost:4000/tid/token"));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(form(&request, "client_assertion_type").as_deref(), Some(kind));
    assert_eq!((form(&request, "client_secret"), form(&request, "client_id")), (None, Some("app".into())));
    play.answer(3, json_answer(200, &tokens()));
    play.sends(4, StepId::Validate);
    let (outcome, _) = play.ends(4, json_answer(200, &keys()));
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
}

#[test]
fn an_assertion_can_be_bent_and_says_what_will_be_refused() {
    let bend = |name: &str, change| NamedBend { step: Some(StepId::Assert), name: name.into(), change };
    let set = |name: &str, value: &str| bend(name, Change::Set(value.to_owned()));
    let past = (START.seconds() - 60).to_string();
    let (later, far) = ((START.seconds() + 3600).to_string(), (START.seconds() + 86_400).to_string());
    for (change, expected) in [
        (set("aud", "https://else.example/token"), "assertion.audience"),
        (set("aud", r#"["https://else.example/token"]"#), "assertion.audience"),
        (set("exp", &past), "assertion.expired"),
        (set("exp", &far), "assertion.life"),
        (set("exp", "soon"), "assertion.life"),
        (bend("exp", Change::Drop), "assertion.life"),
        (set("iss", "other"), "assertion.not_ours"),
        (bend("sub", Change::Drop), "assertion.not_ours"),
        (set("alg", "none"), "assertion.algorithm"),
        (bend("x5t#S256", Change::Drop), "assertion.no_thumbprint"),
    ] {
        let key = Credential::PrivateKey(client_key());
        let play = discovered(profile(key), &metadata(), vec![change.clone()]);
        assert_eq!(play.finds(StepId::Assert, Severity::Warning), [expected], "{change:?}");
    }
    let key = Credential::PrivateKey(client_key());
    let mut old = client_key();
    old.names = vec![("x5t".to_owned(), "fingerprint".to_owned())];
    let play = discovered(profile(Credential::PrivateKey(old)), &metadata(), Vec::new());
    assert_eq!(play.finds(StepId::Assert, Severity::Info), ["assertion.thumbprint"], "PS256 with x5t");
    let bends = vec![set("alg", "RS256"), set("nbf", &later), bend("jti", Change::Drop)];
    let mut play = discovered(profile(key), &metadata(), bends);
    assert_eq!(play.finds(StepId::Assert, Severity::Info), ["assertion.no_id", "assertion.not_yet"]);
    play.says(Input::Chosen(Choice::Bend(Bend::Add(Place::Claim, "roles".into(), "[1]".into()))));
    let signing = signing(play.next(), 2);
    assert_eq!(signing.algorithm, SigningAlgorithm::Rs256, "a bent algorithm is used");
    let decoded = decode(&format!("{}.", signing.input));
    assert_eq!((&decoded.header["alg"], &decoded.claims["roles"]), (&json!("RS256"), &json!([1])));
    assert_eq!(decoded.claims["nbf"], json!(START.seconds() + 3600));
    assert!(!decoded.claims.contains_key("jti"));
}

#[test]
fn elsewhere_the_assertion_is_for_the_issuer_and_needs_no_thumbprint() {
    let key = crate::flow::ClientKey { names: Vec::new(), ..client_key() };
    let play = discovered(elsewhere(Credential::PrivateKey(key)), &metadata(), Vec::new());
    assert_eq!(play.finds(StepId::Assert, Severity::Info), [] as [&str; 0]);
    let draft = play.step(StepId::Assert).draft.expect("it is laid out");
    assert_eq!(draft.value("aud"), Some("http://localhost:4000/tid/v2.0"));
}

#[test]
fn a_key_that_cannot_sign_ends_the_run() {
    let mut play = discovered(profile(Credential::PrivateKey(client_key())), &metadata(), Vec::new());
    play.next();
    let failure = Failure::Unsendable { reason: "the private key cannot sign: no".into() };
    let (outcome, _) = play.ends(2, Answer::Failed(failure.clone()));
    assert_eq!((outcome, play.state(StepId::Assert)), (Outcome::Failed(failure), StepState::Failed));
}

fn others() -> serde_json::Value {
    json!({
        "iss": "https://build.example", "sub": "repo:shop:main", "aud": "api://AzureADTokenExchange",
        "exp": START.seconds() + 600
    })
}

#[test]
fn an_assertion_of_somebody_else_is_shown_before_it_is_sent() {
    let given = token(&others());
    let credential = Credential::Federated(Federated::Given(given.clone()));
    let mut play = discovered(profile(credential), &metadata(), Vec::new());
    assert_eq!(play.state(StepId::Federate), StepState::Ready);
    for (name, value) in
        [("iss", "https://build.example"), ("sub", "repo:shop:main"), ("aud", "api://AzureADTokenExchange")]
    {
        assert_eq!(play.fact(StepId::Federate, name).as_deref(), Some(value));
    }
    assert_eq!(play.finds(StepId::Federate, Severity::Info), [] as [&str; 0]);
    assert_eq!(play.next(), []);
    let request = play.sends(2, StepId::Token);
    assert_eq!(form(&request, "client_assertion").as_deref(), Some(given.expose()));
}

#[test]
fn an_assertion_is_fetched_and_then_sent() {
    let url = "http://localhost:4000/pipeline/token?audience=x".parse().expect("an address");
    let credential = Credential::Federated(Federated::Fetched(url));
    let at = || {
        let mut play = discovered(profile(credential.clone()), &metadata(), Vec::new());
        let request = play.sends(2, StepId::Federate);
        assert_eq!(request.url.query(), Some("audience=x"));
        play
    };
    let mut play = at();
    let step = play.step(StepId::Federate);
    let asked = step.draft.expect("it was laid out").fields.first().expect("the address asks for something");
    assert_eq!((asked.place, &*asked.name, &*asked.value), (Place::Query, "audience", "x"));
    assert!(asked.meaning().is_some() && !asked.is_secret());
    play.answer(2, json_answer(200, &json!({"value": token(&others()).expose()})));
    assert_eq!(play.fact(StepId::Federate, "sub").as_deref(), Some("repo:shop:main"));
    let request = play.sends(3, StepId::Token);
    assert_eq!(form(&request, "client_assertion").as_deref(), Some(token(&others()).expose()));
    let (outcome, _) = at().ends(2, refusal("invalid_request"));
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    let (outcome, _) = at().ends(2, garbage());
    assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{outcome:?}");
}

#[test]
fn what_is_wrong_with_an_assertion_of_somebody_else_is_said() {
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = others();
        claims[name] = value;
        token(&claims)
    };
    for (given, expected) in [
        (with("exp", json!(START.seconds() - 1)), "federated.expired"),
        (with("aud", json!("api://else")), "federated.audience"),
        (with("sub", json!(null)), "federated.claim_missing"),
        (Secret::new("opaque"), "federated.form"),
    ] {
        let credential = Credential::Federated(Federated::Given(given));
        let play = discovered(profile(credential), &metadata(), Vec::new());
        let found = play.finds(StepId::Federate, Severity::Warning);
        if expected == "federated.claim_missing" {
            // A claim that is null is there, and shown as what it is.
            assert_eq!(play.fact(StepId::Federate, "sub").as_deref(), Some("null"));
        } else {
            assert_eq!(found, [expected]);
        }
    }
}

#[test]
fn a_secret_travels_as_the_provider_offers_and_as_the_profile_says() {
    let secret = || Credential::Secret(Secret::new("p:ss"));
    let offering = |methods: &[&str]| {
        let mut document = metadata();
        document["token_endpoint_auth_methods_supported"] = json!(methods);
        document
    };
    let basic = "Basic YXBwOnAlM0Fzcw==";
    for (profile, document, in_header) in [
        (profile(secret()), metadata(), false),
        (elsewhere(secret()), metadata(), true),
        (elsewhere(secret()), offering(&["client_secret_basic"]), true),
        (elsewhere(secret()), offering(&["client_secret_basic", "client_secret_post"]), false),
        (
            Profile { secret_method: Some(SecretMethod::Basic), ..profile(secret()) },
            offering(&["client_secret_post"]),
            true,
        ),
        (
            Profile { secret_method: Some(SecretMethod::Post), ..elsewhere(secret()) },
            offering(&["client_secret_basic"]),
            false,
        ),
    ] {
        let mut play = discovered(profile, &document, Vec::new());
        assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
        let request = play.sends(2, StepId::Token);
        let header = request.headers.get("authorization");
        assert_eq!((header == Some(basic), header.is_some()), (in_header, in_header), "{header:?}");
        assert_eq!(form(&request, "client_secret").is_some(), !in_header);
        assert_eq!(form(&request, "client_id").is_some(), !in_header);
    }
}

#[test]
fn two_proofs_and_half_a_proof_are_pointed_out() {
    let set = |name: &str, value: &str| NamedBend {
        step: Some(StepId::Token),
        name: name.to_owned(),
        change: Change::Set(value.to_owned()),
    };
    let secret = Credential::Secret(Secret::new("s"));
    let play = discovered(profile(secret), &metadata(), vec![set("client_assertion", "x")]);
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["secret.several", "assertion.incomplete"]);
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let credential = Credential::PrivateKey(client_key());
    let way = [
        sequences::begin(),
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(Answer::Signed(vec![1])),
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    sequences::play_everywhere(&Flow::new(KIND, profile(credential), Vec::new()), &way, &[], 9);
    let given = Credential::Federated(Federated::Given(token(&others())));
    let way = [
        sequences::begin(),
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
    ];
    sequences::play_everywhere(&Flow::new(KIND, profile(given), Vec::new()), &way, &[], 9);
    let url = "http://localhost:4000/pipeline".parse().expect("an address");
    let fetched = Credential::Federated(Federated::Fetched(url));
    let answer = Letter::Newest(json_answer(200, &json!({"value": token(&others()).expose()})));
    let way = [sequences::begin(), NEXT, Letter::Newest(json_answer(200, &metadata())), NEXT, answer, NEXT];
    sequences::play_everywhere(&Flow::new(KIND, profile(fetched), Vec::new()), &way, &[], 9);
}
