//! What takes time: expiry, idleness, polling. The provider is asked directly, with the clock as an argument.

use std::time::Duration;

use authwright::{
    provider::scenario::Scenario,
    wire::{Headers, Method},
};

use crate::{
    desk::step,
    tenant::{DAY, MINUTE, PUBLIC, SPA, START, Tenant, check},
};

#[test]
fn a_code_lives_ten_minutes() {
    let mut tenant = Tenant::new(Scenario::northwind());
    let code = tenant.code("desktop", PUBLIC);
    tenant.now = START + 10 * MINUTE;
    let (status, body) = tenant.redeem("desktop", PUBLIC, &code);
    assert_eq!(status, 400);
    check(&body, "invalid_grant", 70008);
    assert!(body["error_description"].as_str().unwrap().contains("2026-03-04T09:15:27.0000000Z"));

    let code = tenant.code("desktop", PUBLIC);
    tenant.now = tenant.now + 10 * MINUTE - Duration::from_millis(1);
    assert_eq!(tenant.redeem("desktop", PUBLIC, &code).0, 200);
}

#[test]
fn refresh_tokens_end_after_a_day_in_the_browser_and_after_90_idle_days_elsewhere() {
    let mut tenant = Tenant::new(Scenario::northwind());
    let origin = Some("http://localhost:7081");
    let code = tenant.code("storefront", SPA);
    let (_, first) = tenant.redeem("storefront", SPA, &code);
    tenant.now = START + 23 * 60 * MINUTE;
    let (status, second) = tenant.refresh("storefront", &first["refresh_token"], origin);
    assert_eq!((status, &second["refresh_token_expires_in"]), (200, &3599.into()), "the end does not move");
    check(&tenant.refresh("storefront", &second["refresh_token"], None).1, "invalid_request", 9_002_327);
    tenant.now = START + DAY;
    check(&tenant.refresh("storefront", &second["refresh_token"], origin).1, "invalid_grant", 700_084);

    let code = tenant.code("desktop", PUBLIC);
    let (_, first) = tenant.redeem("desktop", PUBLIC, &code);
    tenant.now = tenant.now + 89 * DAY;
    let (status, second) = tenant.refresh("desktop", &first["refresh_token"], None);
    assert_eq!(status, 200);
    tenant.now = tenant.now + 2 * DAY;
    let (_, idle) = tenant.refresh("desktop", &first["refresh_token"], None);
    check(&idle, "invalid_grant", 700_082);
    assert_eq!(idle["suberror"], "token_expired");
    assert_eq!(tenant.refresh("desktop", &second["refresh_token"], None).0, 200, "each use gives a new one");
}

#[test]
fn a_device_code_lives_fifteen_minutes() {
    let mut tenant = Tenant::new(Scenario::northwind());
    let device = tenant.device();
    check(&tenant.poll(&device), "authorization_pending", 70016);
    check(&tenant.poll(&device), "authorization_pending", 70016);
    tenant.now = START + 15 * MINUTE;
    check(&tenant.poll(&device), "expired_token", 70020);
    let code = device["user_code"].as_str().unwrap().to_owned();
    let page = tenant.ask(Method::Post, "common/oauth2/deviceauth", &[("user_code", &code)], Headers::new());
    assert!(page.body.text().contains("AADSTS70019: "), "{}", page.body.text());
}

#[test]
fn polls_that_come_too_fast_are_slowed_down_where_the_policy_says_so() {
    let mut scenario = Scenario::northwind();
    scenario.policy.slow_down = true;
    let mut tenant = Tenant::new(scenario);
    let device = tenant.device();
    check(&tenant.poll(&device), "authorization_pending", 70016);
    tenant.now = tenant.now + Duration::from_secs(4);
    check(&tenant.poll(&device), "slow_down", 70016);
    tenant.now = tenant.now + Duration::from_secs(5);
    check(&tenant.poll(&device), "authorization_pending", 70016);
}

#[test]
fn max_age_asks_for_the_password_again() {
    let mut tenant = Tenant::new(Scenario::northwind());
    tenant.code("desktop", PUBLIC);
    let client = tenant.client_id("desktop");
    let path = format!("{}/oauth2/v2.0/authorize", tenant.scenario.home().id);
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid User.Read"),
        ("max_age", "60"),
    ];
    tenant.now = START + MINUTE;
    let answer = tenant.ask(Method::Get, &path, &parameters, Headers::new());
    assert_eq!(answer.status, 302);
    tenant.now = START + MINUTE + Duration::from_secs(1);
    let answer = tenant.ask(Method::Get, &path, &parameters, Headers::new());
    assert_eq!(step(&answer.body.text()), Some("sign_in"));
}

#[test]
fn the_same_seed_and_requests_give_the_same_answers() {
    let run = || {
        let mut tenant = Tenant::new(Scenario::northwind());
        let code = tenant.code("desktop", PUBLIC);
        tenant.redeem("desktop", PUBLIC, &code).1
    };
    assert_eq!(run(), run());
}
