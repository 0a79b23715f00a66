//! Tokens for programs on a machine, as the metadata service of virtual machines and as App Service hand them out.

use authwright::provider::SignInKind;
use serde_json::{Value, json};

use crate::{
    desk::{Answer, Desk},
    verify::verified,
};

const IMDS: &str = "metadata/identity/oauth2/token";
const CATALOG: &str = "api://northwind-catalog";
const ON_MACHINE: &[(&str, &str)] = &[("metadata", "true")];

/// Name, query, headers, and what comes: status, `error`, rule.
type Case<'a> = (&'a str, String, &'a [(&'a str, &'a str)], u16, &'a str, &'a str);

async fn imds(desk: &Desk, query: &str, headers: &[(&str, &str)]) -> Answer {
    desk.get(&desk.url(&format!("{IMDS}?{query}")), headers).await
}

async fn app_service(desk: &Desk, query: &str) -> Answer {
    let header = desk.lab.identity_header().expose();
    desk.get(&desk.url(&format!("msi/token?{query}")), &[("x-identity-header", header)]).await
}

fn names(body: &Value) -> Vec<&str> {
    body.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_virtual_machine_gets_tokens_for_each_of_its_identities() {
    let desk = Desk::open().await;
    let query = format!("api-version=2018-02-01&resource={CATALOG}");
    let body = imds(&desk, &query, ON_MACHINE).await.json();
    let expected = [
        "access_token",
        "refresh_token",
        "expires_in",
        "expires_on",
        "not_before",
        "resource",
        "token_type",
        "client_id",
    ];
    assert_eq!(names(&body), expected);
    assert!(body.as_object().expect("an object").values().all(Value::is_string), "numbers are texts: {body}");
    let life: i64 = body["expires_in"].as_str().expect("a text").parse().expect("digits");
    assert!((86_000..=86_400).contains(&life), "{life}");
    assert_eq!((&body["token_type"], &body["resource"]), (&json!("Bearer"), &json!(CATALOG)));

    let system = &desk.scenario.managed_identities()[0];
    let token = body["access_token"].as_str().expect("a token");
    let claims = verified(&desk, token, desk.client_id("catalog-api")).await;
    assert_eq!(
        claims["exp"].as_i64().expect("a number").to_string(),
        body["expires_on"].as_str().expect("a text")
    );
    for (name, value) in [
        ("oid", &system.object_id),
        ("sub", &system.object_id),
        ("azp", &system.client_id),
        ("xms_mirid", &system.resource_id),
    ] {
        assert_eq!(claims[name], json!(value), "{name}");
    }
    assert_eq!((&claims["azpacr"], &claims["roles"]), (&json!("2"), &json!(["Catalog.Read.All"])));
    assert_eq!(imds(&desk, &query, ON_MACHINE).await.json()["access_token"], token, "the platform keeps it");

    let user = &desk.scenario.managed_identities()[1];
    for (name, value) in [
        ("client_id", &user.client_id),
        ("object_id", &user.object_id),
        ("principal_id", &user.object_id),
        ("msi_res_id", &user.resource_id),
    ] {
        let answer = imds(&desk, &format!("{query}&{name}={value}"), ON_MACHINE).await;
        assert_eq!(answer.json()["client_id"], json!(user.client_id), "{name}: {answer:?}");
    }
    let entry = desk.lab.sign_ins().pop().expect("an entry");
    assert_eq!((entry.kind, entry.code), (SignInKind::ManagedIdentity, 0));
    assert_eq!(entry.client_id.as_deref(), Some(user.client_id.as_str()));

    desk.lab.move_clock(std::time::Duration::from_secs(13 * 3600)).await;
    assert_ne!(
        imds(&desk, &query, ON_MACHINE).await.json()["access_token"],
        token,
        "half of its life is over"
    );
}

#[tokio::test]
async fn app_service_answers_in_its_own_shape() {
    let desk = Desk::open().await;
    let query = format!("api-version=2019-08-01&resource={CATALOG}");
    let body = app_service(&desk, &query).await.json();
    assert_eq!(names(&body), ["access_token", "expires_on", "resource", "token_type", "client_id"]);
    verified(&desk, body["access_token"].as_str().expect("a token"), desk.client_id("catalog-api")).await;
    let user = &desk.scenario.managed_identities()[1];
    let named = app_service(&desk, &format!("{query}&mi_res_id={}", user.resource_id)).await.json();
    assert_eq!(named["client_id"], json!(user.client_id));
    let other = Desk::open().await;
    assert_ne!(
        other.lab.identity_header().expose(),
        desk.lab.identity_header().expose(),
        "new at every start"
    );
}

#[tokio::test]
async fn the_metadata_service_refuses_in_its_own_words() {
    let desk = Desk::open().await;
    let good = format!("api-version=2018-02-01&resource={CATALOG}");
    let nobody = "11111111-2222-3333-4444-555555555555";
    let forwarded: &[(&str, &str)] = &[("metadata", "true"), ("x-forwarded-for", "10.0.0.1")];
    let user = &desk.scenario.managed_identities()[1].client_id;
    let cases: Vec<Case<'_>> = vec![
        ("no header", good.clone(), &[], 400, "bad_request_102", "identity.caller_on_machine"),
        (
            "header in upper case",
            good.clone(),
            &[("metadata", "True")],
            400,
            "bad_request_102",
            "identity.caller_on_machine",
        ),
        ("through a proxy", good.clone(), forwarded, 400, "invalid_request", "identity.not_forwarded"),
        ("no version", format!("resource={CATALOG}"), ON_MACHINE, 400, "invalid_request", "identity.version"),
        ("old version", good.replace("2018", "2016"), ON_MACHINE, 400, "invalid_request", "identity.version"),
        (
            "no resource",
            "api-version=2018-02-01".to_owned(),
            ON_MACHINE,
            400,
            "invalid_request",
            "identity.resource_present",
        ),
        (
            "unknown identity",
            format!("{good}&client_id={nobody}"),
            ON_MACHINE,
            400,
            "invalid_request",
            "identity.assigned",
        ),
        (
            "named twice",
            format!("{good}&client_id={user}&object_id={nobody}"),
            ON_MACHINE,
            400,
            "invalid_request",
            "identity.named_once",
        ),
        (
            "unknown resource",
            good.replace("catalog", "nothing"),
            ON_MACHINE,
            400,
            "invalid_resource",
            "identity.resource_known",
        ),
        (
            "a scope",
            format!("{good}/.default"),
            ON_MACHINE,
            400,
            "invalid_resource",
            "identity.resource_known",
        ),
        (
            "broken",
            format!("{good}&client_id=%zz"),
            ON_MACHINE,
            401,
            "unknown_source",
            "identity.request_readable",
        ),
    ];
    for (name, query, headers, status, error, rule) in cases {
        let answer = imds(&desk, &query, headers).await;
        let body = answer.json();
        assert_eq!((answer.status, body["error"].as_str()), (status, Some(error)), "{name}: {answer:?}");
        assert_eq!(names(&body), ["error", "error_description"], "{name}");
        let has_number = body["error_description"].as_str().expect("a text").starts_with("AADSTS500011: ");
        assert_eq!(has_number, error == "invalid_resource", "{name}: {body}");
        let note = desk.note(answer.header("x-ms-request-id")).await;
        assert_eq!((note.rule, note.code), (rule, if has_number { 500_011 } else { 0 }), "{name}");
        assert!(!note.demand.is_empty(), "{name}");
    }
    let refused: Vec<u32> = desk.lab.sign_ins().iter().map(|entry| entry.code).collect();
    assert_eq!(refused, [500_011, 500_011], "only what reached the token service is a sign-in");
    assert_eq!(desk.request("POST", &desk.url(IMDS), ON_MACHINE).await.status, 405);
}

#[tokio::test]
async fn app_service_refuses_in_its_own_words() {
    let desk = Desk::open().await;
    let query = format!("api-version=2019-08-01&resource={CATALOG}");
    for (name, query, status) in [
        ("unknown resource", query.replace("catalog", "nothing"), 500),
        ("unknown identity", format!("{query}&client_id=11111111-2222-3333-4444-555555555555"), 400),
        ("virtual machine's version", query.replace("2019", "2018"), 400),
    ] {
        let answer = app_service(&desk, &query).await;
        assert_eq!(
            (answer.status, answer.json()["statusCode"].as_u64()),
            (status, Some(status.into())),
            "{name}"
        );
        assert_eq!(names(&answer.json()), ["statusCode", "message", "correlationId"], "{name}");
    }
    let url = desk.url(&format!("msi/token?{query}"));
    for headers in [&[][..], &[("x-identity-header", "guessed")]] {
        let answer = desk.get(&url, headers).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        let note = desk.note(answer.header("x-ms-request-id")).await;
        assert_eq!(note.rule, "identity.caller_on_machine");
        let header = desk.lab.identity_header().expose();
        assert!(!format!("{note:?}{answer:?}").contains(header), "the value itself is not told");
    }
}
