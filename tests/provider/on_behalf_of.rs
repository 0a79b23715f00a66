//! An API that calls the next one for its caller.

use std::time::Duration;

use authwright::provider::scenario::Scenario;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    desk::{CATALOG, with},
    tenant::{Answer, PUBLIC, Tenant, claims, refused},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const VAULT: &str = "https://vault.azure.net/user_impersonation";
const VAULT_POLICY: &str = "3d0c8f1e-7b62-4a95-8e40-c1f7d96b2a53";

/// A token for the catalog API, as its caller sends it.
fn called_with(tenant: &mut Tenant, person: &str) -> String {
    let body = tenant.password("handheld", person, CATALOG, &[]).tokens();
    body["access_token"].as_str().expect("a token").to_owned()
}

fn exchange(tenant: &mut Tenant, assertion: &str, changes: &[(&str, &str)]) -> Answer {
    let (client, secret, home) =
        (tenant.client_id("catalog-api"), tenant.secret("catalog-api"), tenant.home());
    let form = [
        ("grant_type", GRANT),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("assertion", assertion),
        ("requested_token_use", "on_behalf_of"),
        ("scope", "User.Read"),
    ];
    tenant.token_at(&home, &with(&form, changes), None)
}

fn fields(body: &Value) -> Vec<&str> {
    body.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn the_api_gets_a_token_of_its_own_for_the_same_person() {
    let mut tenant = Tenant::northwind();
    let assertion = called_with(&mut tenant, "mina");
    let shown = claims(&json!(assertion));
    assert_eq!(shown["aud"], tenant.client_id("catalog-api"));
    let body = exchange(&mut tenant, &assertion, &[]).tokens();
    assert_eq!(fields(&body), ["token_type", "scope", "expires_in", "ext_expires_in", "access_token"]);
    let token = claims(&body["access_token"]);
    assert_eq!(token["aud"], "https://graph.microsoft.com");
    assert_eq!(token["appid"], tenant.client_id("catalog-api"), "the middle tier, not the front end");
    assert_eq!(token["appidacr"], "1");
    assert_eq!(token["oid"], tenant.object_id("mina"));
    assert!(token["scp"].as_str().unwrap().split(' ').any(|scope| scope == "User.Read"));
    assert_eq!((&token["sid"], &token["tid"]), (&shown["sid"], &shown["tid"]));

    // Lasting access and an ID token only where they are asked for; the refresh token belongs to the API.
    let more = [("scope", "openid offline_access User.Read")];
    let body = exchange(&mut tenant, &assertion, &more).tokens();
    assert_eq!(claims(&body["id_token"])["aud"], tenant.client_id("catalog-api"));
    let (home, secret) = (tenant.home(), tenant.secret("catalog-api"));
    let refresh = &body["refresh_token"];
    let alone = tenant.refresh_at(&home, "catalog-api", refresh, &[], None);
    alone.check("without secret", refused("invalid_client", 7_000_218));
    let proven = [("client_secret", secret.as_str())];
    assert_eq!(tenant.refresh_at(&home, "catalog-api", refresh, &proven, None).status, 200);

    let default = [("scope", "https://graph.microsoft.com/.default")];
    let body = exchange(&mut tenant, &assertion, &default).tokens();
    assert!(body["scope"].as_str().unwrap().contains("https://graph.microsoft.com/User.Read"), "{body:#}");
}

#[test]
fn requests_are_refused_as_entra_refuses_them() {
    let mut tenant = Tenant::northwind();
    let assertion = called_with(&mut tenant, "mina");
    let (request, grant) = (|code| refused("invalid_request", code), |code| refused("invalid_grant", code));
    let two = format!("User.Read {VAULT}");
    let saml = "urn:ietf:params:oauth:token-type:saml2";
    let cases: Vec<(&str, Vec<(&str, &str)>, _)> = vec![
        ("no assertion", vec![("assertion", "")], request(900_144)),
        ("no scope", vec![("scope", "")], request(900_144)),
        ("no use", vec![("requested_token_use", "")], request(900_144)),
        ("another use", vec![("requested_token_use", "on-behalf-of")], request(90023)),
        ("SAML", vec![("requested_token_type", saml)], request(90023)),
        ("no secret", vec![("client_secret", "")], refused("invalid_client", 7_000_219)),
        ("wrong secret", vec![("client_secret", "x")], refused("invalid_client", 7_000_215)),
        ("not a token", vec![("assertion", "Bearer")], request(50027)),
        ("not base64url", vec![("assertion", "a.b!.c")], request(50027)),
        ("missing consent", vec![("scope", "Mail.Read")], grant(65001).sub("consent_required")),
        ("unknown scope", vec![("scope", "Nothing.Read")], refused("invalid_scope", 70011)),
        ("unknown resource", vec![("scope", "api://nobody/x")], refused("invalid_resource", 500_011)),
        ("two resources", vec![("scope", &two)], request(28000)),
    ];
    for (name, changes, expected) in cases {
        exchange(&mut tenant, &assertion, &changes).check(name, expected);
    }
    let scope = [("scope", "api://northwind-payments/.default")];
    exchange(&mut tenant, &assertion, &scope)
        .check("nothing ever granted there", grant(65001).sub("consent_required"));

    let public = tenant.client_id("desktop");
    let changes = [("client_id", public.as_str()), ("client_secret", "")];
    exchange(&mut tenant, &assertion, &changes)
        .check("a public client", refused("invalid_client", 7_000_219));
}

#[test]
fn an_assertion_is_a_valid_access_token_of_a_person_for_this_api() {
    let mut tenant = Tenant::northwind();
    let grant = |code| refused("invalid_grant", code);
    let assertion = called_with(&mut tenant, "mina");

    let other = tenant.password("handheld", "mina", "openid User.Read", &[]).tokens();
    let graph = other["access_token"].as_str().unwrap();
    let answer = exchange(&mut tenant, graph, &[]);
    answer.check("a token for Graph", grant(50013));
    assert!(answer.note.unwrap().demand.contains("Graph"), "the note says what is special about it");
    let id_token = other["id_token"].as_str().unwrap();
    exchange(&mut tenant, id_token, &[]).check("an ID token", grant(240_002));

    let (head, tail) = assertion.rsplit_once('.').unwrap();
    let flipped = if tail.starts_with('A') { "B" } else { "A" };
    exchange(&mut tenant, &format!("{head}.{flipped}{}", &tail[1..]), &[]).check("changed", grant(50013));
    let foreign = [json!({ "alg": "RS256", "kid": "elsewhere" }), json!({ "aud": "x" })]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    exchange(&mut tenant, &format!("{foreign}.AAAA"), &[]).check("another's key", grant(50013));

    // The front end shows a token that is for the API, but it is not that API.
    let (portal, secret) = (tenant.client_id("admin-portal"), tenant.secret("admin-portal"));
    let changes = [("client_id", portal.as_str()), ("client_secret", secret.as_str())];
    let answer = exchange(&mut tenant, &assertion, &changes);
    answer.check("for another API", grant(500_131));
    let description = answer.body["error_description"].as_str().unwrap();
    assert!(description.contains(&tenant.client_id("catalog-api")) && description.contains(&portal));

    let (daemon, secret, home) =
        (tenant.client_id("inventory-sync"), tenant.secret("inventory-sync"), tenant.home());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", daemon.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", "api://northwind-catalog/.default"),
    ];
    let app_token = tenant.token_at(&home, &form, None).tokens();
    exchange(&mut tenant, app_token["access_token"].as_str().unwrap(), &[])
        .check("an app token", refused("unauthorized_client", 7_000_114));

    let (client, secret) = (tenant.client_id("catalog-api"), tenant.secret("catalog-api"));
    let form = [
        ("grant_type", GRANT),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("assertion", assertion.as_str()),
        ("requested_token_use", "on_behalf_of"),
        ("scope", "User.Read"),
    ];
    tenant.token_at("fabrikam.example", &form, None).check("in another tenant", grant(7_000_012));
    let answer = tenant.token_at(&home, &form, Some("http://localhost:7081"));
    answer.check("from a browser", refused("invalid_request", 9_002_326));

    tenant.now = tenant.now + Duration::from_secs(5400);
    let answer = exchange(&mut tenant, &assertion, &[]);
    answer.check("expired", grant(500_133));
    assert!(answer.body["error_description"].as_str().unwrap().contains("2026-03-04T10:45:27.0000000Z"));
}

#[test]
fn a_policy_behind_the_api_asks_the_front_end_for_more() {
    let mut tenant = Tenant::northwind();
    let vault = [("scope", VAULT)];
    let assertion = called_with(&mut tenant, "mina");
    exchange(&mut tenant, &assertion, &vault)
        .check("one factor", refused("invalid_grant", 50076).sub("basic_action").policy(VAULT_POLICY));

    // Somebody who gave a second factor when they signed in; the token of version 2 has no amr, and yet that is known.
    tenant.person = "theo";
    let code = tenant.code_for("desktop", PUBLIC, CATALOG);
    let (_, body) = tenant.redeem("desktop", PUBLIC, &code);
    let strong = body["access_token"].as_str().unwrap();
    assert!(claims(&body["access_token"]).get("amr").is_none());
    let body = exchange(&mut tenant, strong, &vault).tokens();
    assert_eq!(claims(&body["access_token"])["aud"], "https://vault.azure.net");

    // No second factor to give.
    let mut scenario = Scenario::northwind();
    scenario.conditional_access_policies.retain(|policy| policy.id == VAULT_POLICY);
    let mut tenant = Tenant::new(scenario);
    let handheld = tenant.password("handheld", "adele", CATALOG, &[]).tokens();
    exchange(&mut tenant, handheld["access_token"].as_str().unwrap(), &vault)
        .check("none registered", refused("invalid_grant", 50079).sub("basic_action").policy(VAULT_POLICY));
}

#[test]
fn accounts_and_consent_count_as_they_are_now() {
    let mut tenant = Tenant::northwind();
    let assertion = called_with(&mut tenant, "mina");
    let (mina, api) = (tenant.object_id("mina"), tenant.client_id("catalog-api"));
    assert!(tenant.provider.enable_account(&mina, false));
    exchange(&mut tenant, &assertion, &[]).check("switched off", refused("invalid_grant", 50057));
    assert!(tenant.provider.enable_account(&mina, true));
    assert_eq!(exchange(&mut tenant, &assertion, &[]).status, 200);
    assert!(tenant.provider.withdraw_consent(&api, None));
    exchange(&mut tenant, &assertion, &[])
        .check("consent withdrawn", refused("invalid_grant", 65001).sub("consent_required"));
}

#[test]
fn consent_to_the_front_end_covers_the_api_that_knows_it() {
    let mut tenant = Tenant::northwind();
    let api = tenant.client_id("catalog-api");
    tenant.provider.withdraw_consent(&api, None);
    let assertion = called_with(&mut tenant, "mina");
    let mail = [("scope", "Mail.Read")];
    exchange(&mut tenant, &assertion, &mail)
        .check("before", refused("invalid_grant", 65001).sub("consent_required"));
    tenant.code_for("storefront", crate::tenant::SPA, "api://northwind-catalog/.default");
    assert_eq!(exchange(&mut tenant, &assertion, &mail).status, 200, "with .default she was asked for both");
}
