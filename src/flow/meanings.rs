//! Holds every flow to its promise that nothing is shown without being explained: each step says what it is, why, and what
//! protects it; each line of a draft and each fact says what it means.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

use super::{
    AdminConsentVersion, Answer, ApiCall, Choice, Credential, Effect, Federated, Flow, FlowKind,
    IdentityHost, Input, ManagedIdentity, Need, Pkce, Platform, Profile, SecretMethod, Step, StepId,
    StepState, UserAssigned, playbook,
};
use crate::{
    oauth::{Arrival, ArrivedBy},
    secret::Secret,
    time::UnixTime,
    wire::{Headers, Method, Params, Request},
};

const HOME: &str = "http://localhost:5001/cb";

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

/// A token of the playbook's tenant with all that is told of tokens.
fn token(more: &Value) -> Secret {
    let now = playbook::START.seconds();
    let mut claims = json!({
        "aud": "app", "iss": "http://localhost:4000/tid/v2.0", "tid": "tid", "azp": "front", "azpacr": "0",
        "sub": "s", "oid": "o", "scp": "Read", "ver": "2.0", "iat": now - 10, "nbf": now - 10, "exp": now + 3600
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name.as_str()] = value.clone();
    }
    playbook::token(&claims)
}

fn id_token() -> Secret {
    token(&json!({"scp": null, "azp": null, "azpacr": null, "nonce": "nonce-1", "preferred_username": "p"}))
}

/// Every kind of flow, with every setting that adds a parameter, a step or a fact.
fn runs() -> Vec<(FlowKind, Profile)> {
    let base = || Profile {
        redirect_uri: Some(url("http://localhost/cb")),
        scope: "openid profile email offline_access api://stock/Read".to_owned(),
        market: Some("de-DE".to_owned()),
        username: Some("ann@northwind.example".to_owned()),
        password: Some(Secret::new("pass")),
        api: Some(ApiCall {
            method: Method::Post,
            url: url("http://localhost:4000/v1.0/me"),
            body: Some("{}".into()),
        }),
        authorize_with: [
            ("prompt", "login"),
            ("login_hint", "ann"),
            ("domain_hint", "organizations"),
            ("max_age", "60"),
            ("claims", "{}"),
            ("ui_locales", "de"),
            ("acr_values", "c1"),
            ("id_token_hint", "x"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        ..playbook::profile()
    };
    let mut runs: Vec<_> = FlowKind::ALL.iter().map(|kind| (*kind, base())).collect();
    let credentials = [
        Credential::Secret(Secret::new("s")),
        Credential::PrivateKey(playbook::client_key()),
        Credential::Federated(Federated::Given(token(&json!({})))),
        Credential::Federated(Federated::Fetched(url("http://localhost:4000/pipeline/token?audience=a"))),
    ];
    for kind in [
        FlowKind::AuthorizationCode,
        FlowKind::ClientCredentials,
        FlowKind::OnBehalfOf,
        FlowKind::RefreshToken,
    ] {
        for credential in credentials.clone() {
            runs.push((kind, Profile { platform: Platform::Web, credential, ..base() }));
        }
        let credential = credentials[0].clone();
        runs.push((
            kind,
            Profile {
                platform: Platform::Web,
                credential,
                secret_method: Some(SecretMethod::Basic),
                ..base()
            },
        ));
        runs.push((kind, Profile { platform: Platform::Spa, pkce: Pkce::Plain, ..base() }));
    }
    runs.push((FlowKind::RefreshToken, Profile { fan_out: vec!["a/b".into(), "c/d".into()], ..base() }));
    runs.push((FlowKind::AdminConsent, Profile { admin_consent: AdminConsentVersion::V1, ..base() }));
    for kind in [FlowKind::Implicit, FlowKind::Hybrid] {
        let all = if kind == FlowKind::Hybrid { "code id_token token" } else { "id_token token" };
        let modes = ["fragment", "form_post"].map(str::to_owned);
        runs.extend(modes.map(|mode| {
            (kind, Profile { response_type: Some(all.into()), response_mode: Some(mode), ..base() })
        }));
    }
    let id = || "5".to_owned();
    for host in [IdentityHost::VirtualMachine, IdentityHost::AppService(Secret::new("inside"))] {
        for identity in [
            None,
            Some(UserAssigned::ClientId(id())),
            Some(UserAssigned::ObjectId(id())),
            Some(UserAssigned::ResourceId(id())),
        ] {
            let endpoint = url("http://localhost:4000/msi/token");
            let machine = ManagedIdentity { host: host.clone(), endpoint, identity };
            runs.push((
                FlowKind::ManagedIdentity,
                Profile { scope: "api://stock/.default".into(), managed_identity: Some(machine), ..base() },
            ));
        }
    }
    runs
}

/// What everybody answers who is asked.
fn answer(effect: &Effect, polls: &mut u32) -> Option<Answer> {
    Some(match effect {
        Effect::Send(_, request) => served(request, polls),
        Effect::Listen(..) => Answer::Listening(playbook::listening(HOME)),
        Effect::Visit(_, visit) => {
            let asked = |name: &str| visit.url.query_pairs().any(|(known, _)| known == name);
            let asks_type = visit.url.query_pairs().find(|(name, _)| name == "response_type");
            let types = asks_type.map(|(_, value)| value.into_owned()).unwrap_or_default();
            let mut params = vec![("state", "state-1".to_owned())];
            if visit.url.path().ends_with("adminconsent") {
                params.extend(
                    [("admin_consent", "True"), ("tenant", "tid"), ("scope", "api://stock/Read")]
                        .map(|(name, value)| (name, value.to_owned())),
                );
            } else if !asked("post_logout_redirect_uri") {
                params.push(("session_state", "session".to_owned()));
                params.push(("iss", "http://localhost:4000/tid/v2.0".to_owned()));
            }
            for word in types.split(' ') {
                match word {
                    "code" => params.push(("code", "code-1".to_owned())),
                    "id_token" => params.push(("id_token", id_token().expose().to_owned())),
                    "token" => params.extend([
                        ("access_token", token(&json!({})).expose().to_owned()),
                        ("token_type", "Bearer".to_owned()),
                        ("expires_in", "60".to_owned()),
                        ("scope", "api://stock/Read".to_owned()),
                    ]),
                    _ => {}
                }
            }
            let by = if types.contains("token") { ArrivedBy::Fragment } else { ArrivedBy::Query };
            let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            Answer::Redirected(Arrival { by, params: Params(params) })
        }
        Effect::WakeAt(..) => Answer::Woke,
        Effect::Sign(..) => Answer::Signed(vec![1, 2, 3]),
        Effect::Need(_, Need::RefreshToken) => Answer::Given(Secret::new("rt")),
        Effect::Need(_, Need::IdToken) => Answer::Given(id_token()),
        Effect::Need(_, Need::UserAssertion | Need::AccessToken) => Answer::GivenWith {
            token: token(&json!({"appid": "front", "roles": ["r"]})),
            id_token: id_token(),
        },
        Effect::Stop(_) | Effect::Finish(_) => return None,
    })
}

fn served(request: &Request, polls: &mut u32) -> Answer {
    let ok = |body: Value| playbook::json_answer(200, &body);
    let path = request.url.path();
    if path.ends_with("openid-configuration") {
        let mut metadata = playbook::metadata();
        metadata["userinfo_endpoint"] = json!("http://localhost:4000/oidc/userinfo");
        metadata["end_session_endpoint"] = json!("http://localhost:4000/tid/logout");
        return ok(metadata);
    }
    let is_poll = request.body.text().contains("device_code=");
    if is_poll && *polls == 0 {
        *polls += 1;
        return playbook::refusal("authorization_pending");
    }
    let end = playbook::START.seconds() + 900;
    match path {
        "/tid/keys" => ok(playbook::keys()),
        "/tid/devicecode" => ok(json!({
            "device_code": "d", "user_code": "u", "verification_uri": "http://localhost:4000/device",
            "verification_uri_complete": "http://localhost:4000/device?user_code=u",
            "expires_in": 900, "interval": 5, "message": "m"
        })),
        "/pipeline/token" => ok(json!({"value": token(&json!({})).expose()})),
        "/oidc/userinfo" => ok(json!({
            "sub": "s", "name": "n", "given_name": "g", "family_name": "f", "email": "e", "picture": "p"
        })),
        "/msi/token" | "/metadata/identity/oauth2/token" => ok(json!({
            "access_token": token(&json!({"idtyp": "app", "scp": null})).expose(), "refresh_token": "",
            "expires_in": "900", "expires_on": end.to_string(), "not_before": "0", "ext_expires_in": "900",
            "resource": "api://stock", "token_type": "Bearer", "client_id": "c"
        })),
        "/v1.0/me" => {
            let headers = Headers::new().with("www-authenticate", concat!(
                "Bearer realm=\"\", authorization_uri=\"http://localhost:4000/authorize\", client_id=\"c\", ",
                "error=\"insufficient_claims\", error_description=\"d\", scope=\"s\", claims=\"e30\""
            ));
            let inner = json!({"date": "d", "request-id": "r", "client-request-id": "c"});
            let body =
                json!({"error": {"code": "InvalidAuthenticationToken", "message": "m", "innerError": inner}});
            let Answer::Response(mut response) = playbook::json_answer(401, &body) else {
                unreachable!("it is a response")
            };
            response.headers.push("www-authenticate", headers.get("www-authenticate").unwrap_or_default());
            Answer::Response(response)
        }
        _ => ok(json!({
            "token_type": "Bearer", "scope": "api://stock/Read", "expires_in": 60, "ext_expires_in": 60,
            "refresh_in": 30, "access_token": token(&json!({})).expose(), "refresh_token": "rt-2",
            "id_token": id_token().expose(), "client_info": "e30", "foci": "1"
        })),
    }
}

/// Plays a run to its end and looks at the steps after each input.
fn play(kind: FlowKind, profile: Profile, mut look: impl FnMut(&Step<'_>)) {
    let mut flow = Flow::new(kind, profile, Vec::new());
    let mut now = playbook::START;
    let mut polls = 0;
    let mut effects = flow.advance(Input::Begin(playbook::seeds()), now);
    for _ in 0..100 {
        flow.steps().iter().for_each(&mut look);
        if effects.iter().any(|effect| matches!(effect, Effect::Finish(_))) {
            return;
        }
        let Some(at) = effects.iter().position(|effect| answer(effect, &mut 1).is_some()) else {
            effects.extend(flow.advance(Input::Chosen(Choice::Next), now));
            continue;
        };
        let effect = effects.remove(at);
        now = woken(&effect, now);
        let (Some(call), Some(answer)) = (call(&effect), answer(&effect, &mut polls)) else {
            unreachable!("just seen")
        };
        effects.extend(flow.advance(Input::Answer(call, answer), now));
    }
    panic!("{kind:?} does not end: {:#?}", flow.steps());
}

const fn call(effect: &Effect) -> Option<super::CallId> {
    match effect {
        Effect::Send(call, _)
        | Effect::Listen(call, _)
        | Effect::Visit(call, _)
        | Effect::WakeAt(call, _)
        | Effect::Sign(call, _)
        | Effect::Need(call, _) => Some(*call),
        Effect::Stop(_) | Effect::Finish(_) => None,
    }
}

fn woken(effect: &Effect, now: UnixTime) -> UnixTime {
    match effect {
        Effect::WakeAt(_, time) => now.max(*time),
        _ => now,
    }
}

#[test]
fn every_line_of_every_draft_and_every_fact_says_what_it_means() {
    let mut unexplained = BTreeSet::new();
    let (mut fields, mut facts) = (BTreeSet::new(), BTreeSet::new());
    for (kind, profile) in runs() {
        play(kind, profile, |step| {
            for field in step.draft.iter().flat_map(|draft| &draft.fields) {
                fields.insert(field.name.clone());
                if field.meaning().is_none() {
                    unexplained.insert((kind, step.id, field.name.clone()));
                }
            }
            for fact in step.facts {
                facts.insert(fact.name);
                if fact.meaning.is_empty() {
                    unexplained.insert((kind, step.id, fact.name.to_owned()));
                }
            }
        });
    }
    assert_eq!(unexplained, BTreeSet::new());
    // The runs above have really been everywhere.
    for name in
        ["code_verifier", "mkt", "x5t#S256", "client_assertion_type", "requested_token_use", "password"]
            .into_iter()
            .chain(["origin", "authorization", "metadata", "x-identity-header", "mi_res_id", "id_token_hint"])
    {
        assert!(fields.contains(name), "no run sends {name}: {fields:?}");
    }
    for name in ["issuer", "code", "user_code", "foci", "expires_on", "admin_consent", "sub", "error"] {
        assert!(facts.contains(name), "no run learns {name}: {facts:?}");
    }
}

#[test]
fn every_step_says_what_it_is_and_why_and_what_protects_it() {
    let mut seen = BTreeSet::new();
    for (kind, profile) in runs() {
        for step in Flow::new(kind, profile, Vec::new()).steps() {
            seen.insert(step.id);
            let place = (kind, step.id);
            assert!(!step.title.is_empty() && !step.title.ends_with('.'), "{place:?}: {}", step.title);
            assert!(step.why.ends_with('.') && step.why.len() > 80, "{place:?}: {}", step.why);
            assert!(!step.guards.is_empty(), "{place:?} names no rule");
            for guard in step.guards {
                assert!(guard.ends_with('.') && !guard.contains("  "), "{place:?}: {guard}");
            }
            assert_eq!(step.state, StepState::Todo, "{place:?} before the run has begun");
        }
    }
    assert_eq!(seen, BTreeSet::from(StepId::ALL));
}
