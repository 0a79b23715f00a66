//! What mutated requests have found, and what was found on the way to them; each by its name.

use std::fmt::Write as _;

use authwright::wire::{Body, Headers, Method, Request, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Watch,
    changes::{Draft, part},
    templates::BASE,
};
use crate::{
    desk::step,
    tenant::{KEYS, PUBLIC, Tenant, check},
};

/// An access token of Mina for `scope`, with claims replaced, as the tenant itself would have signed it.
fn signed_with(tenant: &mut Tenant, scope: &str, changes: &Value) -> String {
    let code = tenant.code_for("desktop", PUBLIC, scope);
    let tokens = tenant.redeem("desktop", PUBLIC, &code).1;
    let mut parts = tokens["access_token"].as_str().expect("a token").split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice::<Value>(&bytes).unwrap_or_default()
    });
    let (header, mut claims) = (parts.next().expect("a header"), parts.next().expect("claims"));
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    let mut hashed = header.clone();
    if let Some(nonce) = header["nonce"].as_str() {
        hashed["nonce"] = URL_SAFE_NO_PAD.encode(Sha256::digest(nonce)).into();
    }
    let signature = KEYS.current().sign(format!("{}.{}", part(&hashed), part(&claims)).as_bytes());
    format!("{}.{}.{}", part(&header), part(&claims), URL_SAFE_NO_PAD.encode(signature))
}

fn get(tenant: &mut Tenant, path: &str, headers: Headers) -> Response {
    tenant.ask(Method::Get, path, &[], headers)
}

#[test]
fn a_token_that_ends_with_the_last_second_there_is_can_be_judged() {
    let mut tenant = Tenant::northwind();
    let token = signed_with(&mut tenant, "openid User.Read", &json!({ "exp": i64::MAX }));
    let headers = Headers::new().with("authorization", format!("Bearer {token}"));
    assert_eq!(get(&mut tenant, "v1.0/me", headers).status, 200, "it ends in the far future");
    let token = signed_with(&mut tenant, "openid User.Read", &json!({ "exp": i64::MIN, "nbf": i64::MIN }));
    let headers = Headers::new().with("authorization", format!("Bearer {token}"));
    assert_eq!(get(&mut tenant, "v1.0/me", headers).status, 401, "it ended long ago");
}

#[test]
fn a_token_issued_in_the_last_second_there_is_outlives_a_revocation() {
    let mut tenant = Tenant::northwind();
    let claims = json!({ "iat": i64::MAX, "xms_cc": ["cp1"] });
    let token = signed_with(&mut tenant, "openid User.Read", &claims);
    let mina = tenant.object_id("mina");
    assert!(tenant.provider.revoke_sessions(&mina, tenant.now));
    let headers = Headers::new().with("authorization", format!("Bearer {token}"));
    assert_eq!(get(&mut tenant, "v1.0/me", headers).status, 200);
}

#[test]
fn a_browsers_name_is_repeated_in_a_header_only_if_the_tenant_gave_it() {
    let mut tenant = Tenant::northwind();
    let client = tenant.client_id("desktop");
    let path = format!("{}/oauth2/v2.0/authorize", tenant.home());
    let query = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid"),
        ("prompt", "login"),
    ];
    for odd in ["é".repeat(20), "a\tb".repeat(10), "<script>alert(1)</script>".to_owned(), "A".repeat(5000)]
    {
        let mut request = Draft::get(path.as_str(), &query).request().expect("an address");
        request.headers.push("cookie", format!("fpc={odd}"));
        let answer = tenant.provider.decide(&request, tenant.now).respond();
        assert_eq!(step(&answer.body.text()), Some("sign_in"));
        let cookie = answer.headers.get("set-cookie").expect("the browser gets a name");
        assert!(!cookie.contains(&odd) && cookie.is_ascii(), "{cookie}");
    }
    let known = "abcdefghijklmnopqrst_-";
    let mut request = Draft::get(path.as_str(), &query).request().expect("an address");
    request.headers.push("cookie", format!("fpc={known}"));
    let answer = tenant.provider.decide(&request, tenant.now).respond();
    assert!(answer.headers.get("set-cookie").expect("a name").starts_with(&format!("fpc={known};")));
}

#[test]
fn a_page_never_holds_a_nul() {
    let mut tenant = Tenant::northwind();
    let form = [("user_code", "AB\0CD")];
    let page = tenant.ask(Method::Post, "common/oauth2/deviceauth", &form, Headers::new());
    assert!(page.body.text().contains("AB\u{fffd}CD"), "{}", page.body.text());
}

/// As much as a body may be, asked of both readers. Comparing each name with all before it would take minutes.
#[test]
fn a_hundred_thousand_parameters_are_read_in_one_go() {
    let watch = Watch::start();
    let mut tenant = Tenant::northwind();
    let client = tenant.client_id("desktop");
    let mut body = format!("grant_type=refresh_token&client_id={client}&refresh_token=x");
    for number in 0..150_000 {
        write!(body, "&{number:x}").expect("a text takes more");
    }
    let claims: Vec<String> = (0..60_000).map(|number| format!("x{number}")).collect();
    let claims = json!({ "access_token": { "acrs": { "values": claims } } }).to_string();
    let code = tenant.code("desktop", PUBLIC);
    let path = format!("{}/oauth2/v2.0/token", tenant.home());
    watch.begins(&path, 0, 0);
    let url = format!("{BASE}/{path}").parse().expect("an address");
    let headers = Headers::new().with("content-type", "application/x-www-form-urlencoded");
    let request = Request { method: Method::Post, url, headers, body: Body::from(body) };
    let answer = tenant.provider.decide(&request, tenant.now).respond();
    let document: Value = serde_json::from_str(&answer.body.text()).expect("JSON");
    check(&document, "invalid_grant", 9_002_313);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", PUBLIC),
        ("code_verifier", crate::desk::VERIFIER),
        ("claims", &claims),
    ];
    assert_eq!(tenant.token(&form, None).0, 200, "contexts that nobody knows ask for nothing");
    watch.ends();
}

#[test]
fn the_sign_in_log_keeps_the_beginning_of_what_was_sent() {
    let mut tenant = Tenant::northwind();
    let long = "é".repeat(300_000);
    let form = [("grant_type", "client_credentials"), ("client_id", long.as_str()), ("scope", long.as_str())];
    assert_eq!(tenant.token(&form, None).0, 400);
    let entry = tenant.provider.sign_ins().last().expect("the refusal is logged");
    let kept = entry.reason.len() + entry.client_id.as_ref().map_or(0, String::len);
    assert!(kept < 2100, "{kept} bytes are kept");
    assert!(entry.client_id.as_ref().is_some_and(|id| id.starts_with("éé") && id.ends_with('…')));
}

/// Of two people who typed the same code, the second comes too late, and the device gets tokens once.
#[test]
fn a_device_is_approved_once_and_by_one_person() {
    let mut tenant = Tenant::northwind();
    let device = tenant.device();
    let code = device["user_code"].as_str().expect("a code").to_owned();
    let typed = [("user_code", code.as_str())];
    let path = "common/oauth2/deviceauth";
    let pages = ["mina", "adele"].map(|person| {
        tenant.forget_cookies();
        let page = tenant.ask(Method::Post, path, &typed, Headers::new());
        (person, page, tenant.cookie_header())
    });
    let mut outcomes = Vec::new();
    for (person, page, cookies) in pages {
        tenant.person = person;
        tenant.forget_cookies();
        tenant.take_cookies(&cookies);
        let text = tenant.walk(page).body.text().into_owned();
        outcomes.push((text.contains("You can close this page"), text.contains("AADSTS90120: ")));
    }
    assert_eq!(outcomes, [(true, false), (false, true)]);
    assert!(tenant.poll(&device)["access_token"].is_string());
    check(&tenant.poll(&device), "invalid_grant", 54005);
}
