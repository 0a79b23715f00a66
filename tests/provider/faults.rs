//! Trouble on demand: what a client sees of each fault, over real HTTP, and what the learner is told.

use std::time::{Duration, Instant};

use authwright::{
    explain::{self, Evidence},
    provider::{Note, order::Order},
    wire::{Headers, Method},
};
use serde_json::{Value, json};

use crate::{
    desk::Desk,
    tenant::{SPA, Tenant},
};

fn fault(endpoint: &str, kind: &Value, requests: Option<u32>) -> Order {
    let fault = json!({ "endpoint": endpoint, "kind": kind, "requests": requests });
    serde_json::from_value(json!({ "order": "fault", "fault": fault })).expect("an order")
}

async fn switch_on(desk: &Desk, endpoint: &str, kind: Value) {
    desk.lab.carry_out(&fault(endpoint, &kind, Some(1))).await.expect("the fault is switched on");
}

/// The learner is told that the lab was asked for it, whatever the answer looks like.
fn check_note(note: &Note, rule: &str) {
    assert_eq!(note.rule, rule);
    let explained = explain::explain(&Evidence {
        rule: Some((note.rule.to_owned(), note.demand.clone())),
        compared: note.compared.clone(),
        lab: true,
        ..Evidence::default()
    });
    assert_eq!(explained.causes[0].id, "lab.fault", "{explained:#?}");
    assert!(note.compared[0].sent.contains("(fault-"), "{note:?}");
}

#[tokio::test]
async fn a_busy_tenant_says_so_on_each_surface_and_is_well_again_after_that() {
    let desk = Desk::open().await;
    let busy = json!({ "tooManyRequests": { "retryAfter": 7 } });

    switch_on(&desk, "token", busy.clone()).await;
    let answer = desk.token(&desk.home, &desk.daemon(), &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "7"));
    let body = answer.json();
    assert_eq!((&body["error"], &body["error_codes"]), (&json!("temporarily_unavailable"), &json!([90055])));
    check_note(&desk.note(answer.header("x-ms-request-id")).await, "fault.too_many_requests");
    assert_eq!(desk.token(&desk.home, &desk.daemon(), &[]).await.status, 200);
    assert!(desk.lab.sign_ins().iter().all(|entry| entry.code == 0), "who is throttled is in no log");

    switch_on(&desk, "graph", busy.clone()).await;
    let answer = desk.get(&desk.url("v1.0/me"), &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "7"));
    assert_eq!(answer.json()["error"]["code"], "TooManyRequests");
    check_note(&desk.note(answer.header("request-id")).await, "fault.too_many_requests");

    switch_on(&desk, "managedIdentity", busy.clone()).await;
    let answer = desk.get(&desk.url("metadata/identity/oauth2/token"), &[]).await;
    assert_eq!((answer.status, &answer.json()["error"]), (429, &json!("too_many_requests")));

    switch_on(&desk, "authorize", busy).await;
    let url = desk.authorize_url(&desk.home, &desk.authorization("storefront", SPA));
    let answer = desk.get(&url, &[]).await;
    assert_eq!(answer.status, 429);
    assert!(answer.body.contains("AADSTS90055"), "{}", answer.body);
}

#[tokio::test]
async fn a_failing_tenant_answers_with_json_and_what_stands_before_it_with_a_page() {
    let desk = Desk::open().await;
    let configuration = desk.url("common/v2.0/.well-known/openid-configuration");
    switch_on(&desk, "metadata", json!("serverError")).await;
    let answer = desk.get(&configuration, &[]).await;
    assert_eq!((answer.status, &answer.json()["error_codes"]), (500, &json!([90036])));

    switch_on(&desk, "metadata", json!({ "unavailable": {} })).await;
    let answer = desk.get(&configuration, &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, ""));
    assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
    check_note(&desk.note(answer.header("x-ms-request-id")).await, "fault.unavailable");

    switch_on(&desk, "any", json!({ "unavailable": { "retryAfter": 3 } })).await;
    let answer = desk.get(&configuration, &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "3"));
}

#[tokio::test]
async fn a_dropped_connection_gives_no_answer_and_did_nothing() {
    let desk = Desk::open().await;
    switch_on(&desk, "token", json!("droppedConnection")).await;
    let url = format!("{}{}/oauth2/v2.0/token", desk.lab.base(), desk.home);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let dropped = client.post(&url).body("grant_type=client_credentials").send().await;
    assert!(dropped.is_err_and(|why| !why.is_timeout()), "there is nothing to read");
    assert!(desk.lab.sign_ins().is_empty());
    assert_eq!(desk.token(&desk.home, &desk.daemon(), &[]).await.status, 200);
}

#[tokio::test]
async fn answers_are_damaged_after_the_endpoint_has_done_its_work() {
    let desk = Desk::open().await;
    let token = || async { desk.token(&desk.home, &desk.daemon(), &[]).await };

    switch_on(&desk, "token", json!("malformedJson")).await;
    let answer = token().await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with('{') && serde_json::from_str::<Value>(&answer.body).is_err());
    check_note(&desk.note(answer.header("x-ms-request-id")).await, "fault.malformed_json");
    assert_eq!(desk.lab.sign_ins().len(), 1, "the application signed in and cannot know");

    switch_on(&desk, "token", json!("wrongContentType")).await;
    let answer = token().await;
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.json()["access_token"].is_string());

    switch_on(&desk, "token", json!("emptyBody")).await;
    let answer = token().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_slow_answer_holds_up_nobody_else() {
    let desk = Desk::open().await;
    let token = || async {
        let began = Instant::now();
        (desk.token(&desk.home, &desk.daemon(), &[]).await, began.elapsed())
    };
    token().await;
    let late = Duration::from_millis(400);
    switch_on(&desk, "token", json!({ "latency": { "milliseconds": 400 } })).await;
    // The first meets the fault; the second is answered while the first waits.
    let ((first, took), second) = tokio::join!(token(), token());
    let (fast, slow) = if took < second.1 { (took, second.1) } else { (second.1, took) };
    assert!(slow >= late && fast < late, "{fast:?} {slow:?}");
    assert_eq!((first.status, second.0.status), (200, 200));

    switch_on(&desk, "token", json!({ "slowBody": { "milliseconds": 200 } })).await;
    let (answer, took) = token().await;
    assert!(took >= Duration::from_millis(190), "{took:?}");
    assert!(answer.json()["access_token"].is_string(), "it is whole all the same");
    let length: usize = answer.header("content-length").parse().expect("a length");
    assert_eq!(length, answer.body.len());
}

#[test]
fn a_refusal_that_comes_late_keeps_its_own_note() {
    let mut tenant = Tenant::northwind();
    let slow = json!({ "latency": { "milliseconds": 1 } });
    tenant.provider.carry_out(&fault("token", &slow, None), tenant.now).expect("it is switched on");
    let refused = tenant.password("handheld", "mina", "openid", &[("password", "wrong")]);
    assert_eq!(refused.note.expect("a refusal has a note").code, 50126);
    let (_, answer) = (tenant.now, tenant.password("handheld", "mina", "openid", &[]));
    let note = answer.note.expect("a fault has a note");
    assert_eq!((note.rule, note.code), ("fault.latency", 0));
    let view = tenant.provider.view();
    assert_eq!((view.faults.len(), view.faults[0].struck), (1, 2));
    tenant.provider.carry_out(&Order::ClearFaults, tenant.now).expect("it can be cleared");
    assert!(tenant.provider.view().faults.is_empty());
    assert_eq!(tenant.password("handheld", "mina", "openid", &[]).note, None);
}

#[test]
fn a_page_may_read_that_the_token_endpoint_is_busy() {
    let mut tenant = Tenant::northwind();
    let busy = json!({ "tooManyRequests": { "retryAfter": 1 } });
    tenant.provider.carry_out(&fault("token", &busy, None), tenant.now).expect("it is switched on");
    let path = format!("{}/oauth2/v2.0/token", tenant.home());
    let from_page = Headers::new().with("origin", "http://localhost:7081");
    let answer = tenant.ask(Method::Post, &path, &[], from_page);
    assert_eq!((answer.status, answer.headers.get("access-control-allow-origin")), (429, Some("*")));
}
