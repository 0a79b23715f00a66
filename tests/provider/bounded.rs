//! What the tenant remembers has an end: more and more sign-ins cost it no more and more memory, and those who come late
//! lose nothing by those who came before.

use authwright::wire::{Headers, Method};
use serde_json::Value;

use crate::tenant::{DAY, PUBLIC, Tenant, check};

/// As many as are kept of what is under way.
const ROOM: usize = 10_000;

#[test]
fn device_codes_beyond_the_room_push_out_the_oldest() {
    let mut tenant = Tenant::northwind();
    let first = tenant.device();
    let second = tenant.device();
    for _ in 2..ROOM {
        tenant.device();
    }
    check(&tenant.poll(&first), "authorization_pending", 70016);
    let last = tenant.device();
    check(&tenant.poll(&first), "invalid_grant", 7_000_014);
    check(&tenant.poll(&second), "authorization_pending", 70016);
    check(&tenant.poll(&last), "authorization_pending", 70016);
}

#[test]
fn pages_that_nobody_finishes_push_out_the_oldest() {
    let mut tenant = Tenant::northwind();
    let path = format!("{}/oauth2/v2.0/authorize", tenant.home());
    let client = tenant.client_id("desktop");
    let query = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid"),
    ];
    let ask = |tenant: &mut Tenant| tenant.ask(Method::Get, &path, &query, Headers::new());
    let first = ask(&mut tenant);
    for _ in 0..ROOM - 1 {
        ask(&mut tenant);
    }
    let last = ask(&mut tenant);
    assert!(tenant.walk(first).body.text().contains("AADSTS50089: "), "its page is over");
    assert!(tenant.walk(last).redirect_target().is_some(), "this one leads back");
}

#[test]
fn the_sign_in_log_keeps_the_last_ten_thousand() {
    let mut tenant = Tenant::northwind();
    let code = tenant.code("desktop", PUBLIC);
    let first = tenant.redeem("desktop", PUBLIC, &code).1;
    for _ in 0..ROOM + 10 {
        let form = [("grant_type", "client_credentials"), ("client_id", "x"), ("scope", "y")];
        tenant.token(&form, None);
    }
    assert_eq!(tenant.provider.sign_ins().count(), ROOM);
    assert!(tenant.provider.sign_ins().all(|entry| entry.code != 0), "the first have gone");
    assert_eq!(tenant.refresh("desktop", &first["refresh_token"], None).0, 200, "the log decides nothing");
}

/// A refresh token that is no longer kept is one that was never issued; the newest of its row is the last to go.
#[test]
fn refresh_tokens_are_known_by_a_digest_and_nothing_else() {
    let mut tenant = Tenant::northwind();
    let code = tenant.code("desktop", PUBLIC);
    let tokens = tenant.redeem("desktop", PUBLIC, &code).1;
    let token = tokens["refresh_token"].as_str().expect("a refresh token");
    assert!(!format!("{:?}", tenant.provider).contains(token), "the tenant holds no token that works");
    for wrong in [token.to_uppercase(), format!("{token} "), token[..token.len() - 1].to_owned()] {
        check(&tenant.refresh("desktop", &Value::String(wrong), None).1, "invalid_grant", 9_002_313);
    }
    tenant.now = tenant.now + 89 * DAY;
    assert_eq!(tenant.refresh("desktop", &tokens["refresh_token"], None).0, 200);
}
