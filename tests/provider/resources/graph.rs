//! Graph and `UserInfo`.

use std::time::Duration;

use authwright::wire::{Headers, Method};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Answer, BASE, Lab, START, challenge, graph_token, merged, token};

const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Expects a refusal in Graph's envelope.
#[track_caller]
pub fn check(name: &str, answer: &Answer, status: u16, code: &str, rule: &str) {
    let body = answer.json();
    assert_eq!(
        (answer.status(), &body["error"]["code"], answer.rule()),
        (status, &json!(code), rule),
        "{name}: {body:#}"
    );
    let inner = &body["error"]["innerError"];
    assert_eq!(inner["date"], "2026-03-04T09:15:27", "{name}");
    assert_eq!(inner["request-id"], answer.header("request-id"), "{name}");
    assert_eq!(inner["client-request-id"], answer.header("client-request-id"), "{name}");
    assert!(!body["error"]["message"].as_str().expect("a text").is_empty(), "{name}");
    if status == 401 {
        let challenge = challenge(answer);
        assert_eq!(challenge["authorization_uri"], format!("{BASE}/common/oauth2/authorize"), "{name}");
        assert_eq!((challenge["realm"].as_str(), challenge["client_id"].as_str()), ("", GRAPH), "{name}");
    } else {
        assert_eq!(answer.header("www-authenticate"), "", "{name}");
    }
}

#[test]
fn me_is_the_person_of_the_token() {
    let mut lab = Lab::open();
    let token = graph_token(&lab.for_graph("mina", "User.Read openid profile"));
    let answer = lab.get("v1.0/me", &token);
    let expected = json!({
        "@odata.context": format!("{BASE}/v1.0/$metadata#users/$entity"),
        "businessPhones": [], "displayName": "Mina Okafor", "givenName": "Mina", "jobTitle": null,
        "mail": "mina@northwind.example", "mobilePhone": null, "officeLocation": null, "preferredLanguage": null,
        "surname": "Okafor", "userPrincipalName": "mina@northwind.example", "id": lab.person("mina"),
    });
    assert_eq!((answer.status(), answer.json()), (200, expected));
    assert_eq!(answer.header("odata-version"), "4.0");
    assert!(answer.header("content-type").starts_with("application/json;odata.metadata=minimal"));

    let chosen = lab.get("v1.0/me?$select=displayName,accountEnabled", &token).json();
    let context = format!("{BASE}/v1.0/$metadata#users(displayName,accountEnabled)/$entity");
    assert_eq!(
        chosen,
        json!({ "@odata.context": context, "displayName": "Mina Okafor", "accountEnabled": true })
    );
    check(
        "unknown property",
        &lab.get("v1.0/me?$select=shoeSize", &token),
        400,
        "BadRequest",
        "query.select",
    );
    check(
        "unknown option",
        &lab.get("v1.0/me?$expand=manager", &token),
        400,
        "BadRequest",
        "query.supported",
    );
    check("no such thing", &lab.get("v1.0/me/teapot", &token), 400, "BadRequest", "path.known");
    check("no picture", &lab.get("v1.0/me/photo/$value", &token), 404, "ImageNotFound", "photo.exists");
    check("method", &lab.post("v1.0/me", &token, &json!({})), 405, "Request_BadRequest", "method.allowed");
}

#[test]
fn graph_refuses_in_its_own_words_and_the_note_tells_more() {
    let mut lab = Lab::open();
    let good = lab.for_graph("mina", "User.Read");
    let whole = graph_token(&good);
    let changed = |more: Value| graph_token(&merged(good.clone(), more));
    let (signature_at, invalid) = (whole.rfind('.').unwrap(), "InvalidAuthenticationToken");
    let cases = [
        ("scheme", Headers::new().with("authorization", "Basic eDp5"), "credential.scheme"),
        ("none", Headers::new(), "credential.present"),
        ("empty", Headers::new().with("authorization", "Bearer "), "credential.form"),
        ("opaque", super::bearer("opaque"), "token.shape"),
        ("another signature", super::bearer(&format!("{}.AAAA", &whole[..signature_at])), "token.signature"),
        ("another audience", super::bearer(&token(2, &lab.for_mina("Catalog.Read"))), "token.audience"),
        ("ID token", super::bearer(&token(2, &lab.id_token())), "token.kind"),
        ("expired", super::bearer(&changed(json!({ "exp": START.seconds() - 300 }))), "token.valid_until"),
        (
            "retired Graph",
            super::bearer(&changed(json!({ "aud": "https://graph.windows.net" }))),
            "token.audience",
        ),
    ];
    for (name, headers, rule) in cases {
        for path in ["v1.0/me", "oidc/userinfo"] {
            check(name, &lab.ask(Method::Get, path, headers.clone(), None), 401, invalid, rule);
        }
    }
    let answer = lab.ask(Method::Get, "v1.0/me", Headers::new(), None);
    assert!(!challenge(&answer).contains_key("error"), "nothing was wrong yet");
    assert_eq!(challenge(&lab.get("v1.0/me", "opaque"))["error"], "invalid_token");
    check(
        "scope",
        &lab.get("v1.0/me", &changed(json!({ "scp": "openid" }))),
        403,
        "Authorization_RequestDenied",
        "permission.scope",
    );
    let app = graph_token(&lab.app_for_graph(&["User.Read.All"]));
    check("no person", &lab.get("v1.0/me", &app), 400, "BadRequest", "permission.delegated");
    for audience in ["https://graph.microsoft.com/", GRAPH] {
        assert_eq!(lab.get("v1.0/me", &changed(json!({ "aud": audience }))).status(), 200, "{audience}");
    }

    let id = "0f5e1a2b-3c4d-4e5f-8a9b-0c1d2e3f4a5b";
    let answer = lab.ask(Method::Get, "v1.0/me", Headers::new().with("client-request-id", id), None);
    assert_eq!(answer.json()["error"]["innerError"]["client-request-id"], id);
}

#[test]
fn graphs_tokens_are_for_graph_alone() {
    let mut lab = Lab::open();
    let token = graph_token(&lab.for_graph("mina", "User.Read"));
    let answer = lab.get("api/catalog/products", &token);
    assert_eq!(answer.rule(), "token.signature");
    assert!(
        answer.json()["error_description"].as_str().unwrap().contains("Microsoft Graph"),
        "{:#}",
        answer.json()
    );
    // The token with the hash already in its place is not the one that was sent to the client.
    let plain = super::token(1, &lab.for_graph("mina", "User.Read"));
    assert_eq!(lab.get("v1.0/me", &plain).status(), 200, "without a nonce there is nothing to hash");
}

#[test]
fn people_are_listed_for_those_who_may() {
    let mut lab = Lab::open();
    let app = graph_token(&lab.app_for_graph(&["User.Read.All"]));
    let answer = lab.get("v1.0/users", &app).json();
    let names = |answer: &Value| -> Vec<String> {
        let people = answer["value"].as_array().expect("a list");
        people.iter().map(|one| one["displayName"].as_str().expect("a name").to_owned()).collect()
    };
    let all = names(&answer);
    assert!(all.contains(&"Mina Okafor".to_owned()) && all.contains(&"Theo Baptiste".to_owned()), "{all:?}");
    assert_eq!(answer["@odata.context"], format!("{BASE}/v1.0/$metadata#users"));

    let mut paged = Vec::new();
    let mut path = Some("v1.0/users?$top=2&$select=displayName".to_owned());
    while let Some(at) = path {
        let page = lab.get(&at, &app).json();
        assert!(names(&page).len() <= 2);
        paged.extend(names(&page));
        path = page["@odata.nextLink"]
            .as_str()
            .map(|link| link.strip_prefix(&format!("{BASE}/")).expect("here").to_owned());
    }
    assert_eq!(paged, all);
    check("no page", &lab.get("v1.0/users?$top=0", &app), 400, "BadRequest", "query.supported");
    check("no page", &lab.get("v1.0/users?$skiptoken=999", &app), 400, "BadRequest", "query.supported");

    let adele = lab.person("adele").to_owned();
    let by_name = lab.get("v1.0/users/ADELE@northwind.example", &app).json();
    assert_eq!(by_name["id"], adele);
    let farah = lab.person("farah").to_owned();
    check("nobody", &lab.get("v1.0/users/nobody", &app), 404, "Request_ResourceNotFound", "resource.exists");
    check(
        "another tenant",
        &lab.get(&format!("v1.0/users/{farah}"), &app),
        404,
        "Request_ResourceNotFound",
        "resource.exists",
    );

    let basic = graph_token(&lab.for_graph("mina", "User.ReadBasic.All"));
    let seen = lab.get(&format!("v1.0/users/{adele}"), &basic).json();
    assert_eq!((&seen["displayName"], seen.get("jobTitle")), (&json!("Adele Lindqvist"), None));
    let own = graph_token(&lab.for_graph("mina", "User.Read"));
    let mina = lab.person("mina").to_owned();
    assert_eq!(lab.get(&format!("v1.0/users/{mina}"), &own).status(), 200);
    let denied = "Authorization_RequestDenied";
    check("somebody else", &lab.get(&format!("v1.0/users/{adele}"), &own), 403, denied, "permission.scope");
    check("everybody", &lab.get("v1.0/users", &own), 403, denied, "permission.scope");
    let roleless = graph_token(&lab.app_for_graph(&[]));
    check("no role", &lab.get("v1.0/users", &roleless), 403, denied, "permission.role");
    let tenants = lab.get("v1.0/organization", &own).json();
    assert_eq!(tenants["value"][0]["verifiedDomains"][0]["name"], "northwind.example");
}

#[test]
fn a_revocation_is_told_at_once_to_clients_that_can_take_a_challenge() {
    let mut lab = Lab::open();
    let own = lab.for_graph("mina", "User.Read");
    let (plain, capable) =
        (graph_token(&own), graph_token(&merged(own.clone(), json!({ "xms_cc": ["CP1"] }))));
    check(
        "no permission",
        &lab.post("v1.0/me/revokeSignInSessions", &plain, &json!({})),
        403,
        "Authorization_RequestDenied",
        "permission.scope",
    );
    assert_eq!(lab.get("v1.0/me", &capable).status(), 200);

    lab.now = START + Duration::from_secs(60);
    let allowed = graph_token(&lab.for_graph("mina", "User.RevokeSessions.All"));
    let answer = lab.post("v1.0/me/revokeSignInSessions", &allowed, &json!({}));
    let expected = json!({ "@odata.context": format!("{BASE}/v1.0/$metadata#Edm.Boolean"), "value": true });
    assert_eq!((answer.status(), answer.json()), (200, expected));
    assert_eq!(lab.provider.sessions_valid_from(lab.person("mina")), Some(lab.now));

    assert_eq!(lab.get("v1.0/me", &plain).status(), 200, "it lives on until it expires");
    let answer = lab.get("v1.0/me", &capable);
    assert_eq!((answer.status(), answer.rule()), (401, "session.not_revoked"));
    let parameters = challenge(&answer);
    assert_eq!(parameters["error"], "insufficient_claims");
    let claims: Value = serde_json::from_slice(&STANDARD.decode(&parameters["claims"]).unwrap()).unwrap();
    let valid_from = lab.now.seconds().to_string();
    assert_eq!(claims, json!({ "access_token": { "nbf": { "essential": true, "value": valid_from } } }));
    assert_eq!(lab.get("oidc/userinfo", &capable).rule(), "session.not_revoked");

    let renewed = merged(lab.for_graph("mina", "User.Read"), json!({ "xms_cc": ["cp1"] }));
    assert_eq!(
        lab.get("v1.0/me", &graph_token(&renewed)).status(),
        200,
        "issued after it, and dated back all the same"
    );
}

#[test]
fn others_sessions_are_an_administrators_business() {
    let mut lab = Lab::open();
    let path = format!("v1.0/users/{}/revokeSignInSessions", lab.person("theo"));
    let scope = "User.RevokeSessions.All";
    let (mina, adele) =
        (graph_token(&lab.for_graph("mina", scope)), graph_token(&lab.for_graph("adele", scope)));
    check(
        "mina",
        &lab.post(&path, &mina, &json!({})),
        403,
        "Authorization_RequestDenied",
        "person.administrator",
    );
    assert_eq!(lab.provider.sessions_valid_from(lab.person("theo")), None);
    assert_eq!(lab.post(&path, &adele, &json!({})).status(), 200);
    assert_eq!(lab.provider.sessions_valid_from(lab.person("theo")), Some(lab.now));
    let app = graph_token(&lab.app_for_graph(&[scope]));
    assert_eq!(lab.post(&path, &app, &json!({})).status(), 200);
}

#[test]
fn user_info_tells_what_the_scopes_open() {
    let mut lab = Lab::open();
    let members = |lab: &mut Lab, scp: &str, method: Method| {
        let token = graph_token(&lab.for_graph("mina", scp));
        let answer = lab.ask(method, "oidc/userinfo", super::bearer(&token), None);
        assert_eq!(
            (answer.status(), answer.header("content-type")),
            (200, "application/json; charset=utf-8")
        );
        answer.json().as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(members(&mut lab, "openid", Method::Get), ["sub"]);
    assert_eq!(members(&mut lab, "openid email", Method::Post), ["sub", "email"]);
    let all = ["sub", "name", "family_name", "given_name", "picture", "email"];
    assert_eq!(members(&mut lab, "User.Read email profile openid", Method::Get), all);

    let token = graph_token(&lab.for_graph("bruno", "openid email"));
    assert_eq!(lab.get("oidc/userinfo", &token).json().get("email"), None, "he has no address");
    let token = graph_token(&lab.for_graph("mina", "User.Read profile"));
    check(
        "no openid",
        &lab.get("oidc/userinfo", &token),
        403,
        "Authorization_RequestDenied",
        "permission.scope",
    );
    let app = graph_token(&lab.app_for_graph(&["User.Read.All"]));
    check("no person", &lab.get("oidc/userinfo", &app), 400, "BadRequest", "permission.delegated");
    let mina = lab.person("mina").to_owned();
    let token = graph_token(&lab.for_graph("mina", "openid User.Read"));
    lab.provider.delete_account(&mina);
    check("gone", &lab.get("oidc/userinfo", &token), 401, "InvalidAuthenticationToken", "person.exists");
    check("gone", &lab.get("v1.0/me", &token), 404, "Request_ResourceNotFound", "resource.exists");
    assert_eq!(lab.ask(Method::Put, "oidc/userinfo", Headers::new(), None).status(), 405);
}

#[test]
fn pages_of_other_origins_may_call_graph() {
    let mut lab = Lab::open();
    let asks = Headers::new()
        .with("origin", "http://localhost:7081")
        .with("access-control-request-headers", "authorization");
    for path in ["v1.0/me", "oidc/userinfo"] {
        let answer = lab.ask(Method::Options, path, asks.clone(), None);
        assert_eq!((answer.status(), answer.header("access-control-allow-headers")), (200, "authorization"));
        assert_eq!(lab.get(path, "x").header("access-control-allow-origin"), "*");
    }
}

#[test]
fn a_guest_is_somebody_else_in_each_directory() {
    let mut lab = Lab::open();
    let home = lab.scenario.home().clone();
    let guest = lab
        .scenario
        .users()
        .iter()
        .find(|user| user.tenant != home.key && user.object_id_in(&home).is_some());
    let guest = guest.expect("the scenario has a guest").clone();
    let here = guest.object_id_in(&home).expect("an id").to_owned();
    let claims = merged(lab.for_graph("mina", "User.Read"), json!({ "oid": here }));
    let seen = lab.get("v1.0/me?$select=id,userType,userPrincipalName", &graph_token(&claims)).json();
    assert_eq!((&seen["id"], &seen["userType"]), (&json!(here), &json!("Guest")));
    let name = seen["userPrincipalName"].as_str().unwrap();
    assert!(name.contains("#EXT#@northwind"), "{name}");
    let foreign = merged(claims, json!({ "oid": guest.id }));
    let answer = lab.get("v1.0/me", &graph_token(&foreign));
    check("the id of the other directory", &answer, 404, "Request_ResourceNotFound", "resource.exists");
}
