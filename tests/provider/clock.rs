//! The tenant's own clock: whatever it says and compares follows it.

use authwright::{
    provider::order::Order,
    time::UnixTime,
    wire::{Headers, Method},
};

use crate::{
    desk::Desk,
    tenant::{DAY, PUBLIC, START, Tenant, check, claims},
};

fn order(tenant: &mut Tenant, order: &Order) -> String {
    tenant.provider.carry_out(order, tenant.now).expect("it can be carried out")
}

#[test]
fn codes_and_tokens_follow_a_clock_that_is_moved_and_an_undo_brings_it_back() {
    let mut tenant = Tenant::northwind();
    let code = tenant.code("desktop", PUBLIC);
    assert_eq!(order(&mut tenant, &Order::MoveClock { seconds: 3600 }), "the clock is 1 h ahead");
    check(&tenant.redeem("desktop", PUBLIC, &code).1, "invalid_grant", 70008);
    order(&mut tenant, &Order::Undo);
    let (status, body) = tenant.redeem("desktop", PUBLIC, &code);
    assert_eq!(status, 200, "the machine's clock has not moved");
    assert_eq!(claims(&body["id_token"])["iat"], START.seconds() - 300);

    order(&mut tenant, &Order::MoveClock { seconds: -86_400 });
    assert_eq!(order(&mut tenant, &Order::MoveClock { seconds: -3600 }), "the clock is 25 h behind");
    let body = tenant.password("handheld", "mina", "openid", &[]).tokens();
    assert_eq!(claims(&body["id_token"])["iat"], START.seconds() - 300 - 90_000);
    let refused = tenant.password("handheld", "mina", "openid", &[("password", "wrong")]);
    let then = UnixTime::from_seconds(START.seconds() - 90_000);
    assert_eq!(refused.body["timestamp"], then.date_time());
    let view = tenant.provider.view();
    assert_eq!((view.clock.ahead(), view.clock.at(START)), (-90_000_000, then));
    assert_eq!(order(&mut tenant, &Order::ResetClock), "the clock shows the machine's time");
    assert_eq!(tenant.provider.clock().ahead(), 0);
}

#[test]
fn a_reset_forgets_everybody_and_its_directory_can_be_undone() {
    let mut tenant = Tenant::northwind();
    let token =
        tenant.password("handheld", "mina", "openid offline_access", &[]).tokens()["refresh_token"].clone();
    order(&mut tenant, &Order::MoveClock { seconds: 60 });
    let change = authwright::provider::scenario::edit::Edit::set(
        authwright::provider::scenario::edit::List::Users,
        "mina",
        "displayName",
        "Mina the Second",
    );
    order(&mut tenant, &Order::Edit { change });
    order(&mut tenant, &Order::Reset);
    let named =
        |tenant: &Tenant| tenant.provider.scenario().user("mina").expect("she stays").display_name.clone();
    assert_eq!((named(&tenant), tenant.provider.clock().ahead()), ("Mina Okafor".to_owned(), 0));
    assert_eq!(tenant.provider.sign_ins().count(), 0);
    check(&tenant.refresh("handheld", &token, None).1, "invalid_grant", 9_002_313);
    order(&mut tenant, &Order::Undo);
    assert_eq!((named(&tenant), tenant.provider.clock().ahead()), ("Mina the Second".to_owned(), 60_000));
}

#[test]
fn a_key_that_signed_before_is_published_until_its_tokens_have_expired() {
    let mut tenant = Tenant::northwind();
    let old = tenant.password("handheld", "mina", "openid", &[]).tokens()["id_token"].clone();
    let [signs, next] = [0, 1].map(|index| tenant.provider.view().keys[index].clone());
    let more = authwright::runtime::lab::make_keys().expect("keys can be made");
    let more = authwright::provider::keys::SigningKey::restore(
        &more.current().private_key(),
        &more.current().certificate(),
    );
    tenant.provider.rotate_keys(more.expect("it was one"), tenant.now);
    let kid = |token: &serde_json::Value| header(token)["kid"].as_str().expect("a text").to_owned();
    let new = tenant.password("handheld", "mina", "openid", &[]).tokens()["id_token"].clone();
    assert_eq!((kid(&old), kid(&new)), (signs.clone(), next));
    let published = |tenant: &mut Tenant| {
        let path = format!("{}/discovery/v2.0/keys", tenant.home());
        let body = tenant.ask(Method::Get, &path, &[], Headers::new()).body.text().into_owned();
        (body.matches("\"kid\"").count(), body.contains(&signs))
    };
    assert_eq!(published(&mut tenant), (3, true));
    order(&mut tenant, &Order::MoveClock { seconds: 31 * 3600 });
    assert_eq!(published(&mut tenant), (2, false));
}

fn header(token: &serde_json::Value) -> serde_json::Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let first = token.as_str().and_then(|token| token.split('.').next()).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(first).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn the_date_of_answers_is_the_tenants() {
    let desk = Desk::open().await;
    desk.lab.move_clock(3650 * DAY).await;
    let answer = desk.get(&desk.url("common/v2.0/.well-known/openid-configuration"), &[]).await;
    let year: i32 =
        answer.header("date").split(' ').nth(3).and_then(|year| year.parse().ok()).expect("a year");
    let machine = authwright::runtime::clock::now();
    let expected: i32 = (machine + 3650 * DAY).http_date()[12..16].parse().expect("a year");
    assert_eq!(year, expected);
}
