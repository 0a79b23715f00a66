//! Who gets into a tenant at all, sessions that have ended, and clients that ask too often.

use std::time::Duration;

use authwright::{
    provider::scenario::{
        Scenario,
        edit::{Edit, List},
    },
    wire::{Headers, Method, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    desk::{step, with},
    tenant::{PUBLIC, Tenant, refused},
};

const SCOPE: &str = "openid profile offline_access User.Read";

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

fn changed(of: List, entry: &str, members: Value) -> Tenant {
    let edit = Edit::Set { of, entry: entry.to_owned(), members: object(members) };
    Tenant::new(edit.apply(&Scenario::northwind()).expect("the change is well formed"))
}

fn guest(more: Value) -> Value {
    let mut membership =
        object(json!({ "tenant": "northwind", "id": "2e95b8c4-6d13-4f7a-a0c2-d8164b7f3e90" }));
    membership.extend(object(more));
    json!({ "guestIn": [membership] })
}

fn ask(tenant: &mut Tenant, changes: &[(&str, &str)], headers: Headers) -> Response {
    let (client, home) = (tenant.client_id("desktop"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid offline_access User.Read"),
    ];
    let path = format!("{home}/oauth2/v2.0/authorize");
    tenant.ask(Method::Get, &path, &with(&parameters, changes), headers)
}

fn check_page(page: &Response, code: u32) {
    let html = page.body.text();
    assert!(html.contains(&format!("AADSTS{code}: ")) && step(&html).is_none(), "{html}");
}

#[test]
fn a_guest_needs_an_accepted_invitation_and_an_enabled_account() {
    for (state, code) in
        [(json!({ "isPending": true }), 50014), (json!({ "accountEnabled": false }), 500_571)]
    {
        let mut tenant = changed(List::Users, "farah", guest(state));
        tenant.person = "farah";
        let page = ask(&mut tenant, &[], Headers::new());
        check_page(&tenant.walk(page), code);
        let silent = ask(&mut tenant, &[("prompt", "none")], Headers::new());
        let to = silent.redirect_target().expect("a redirect");
        assert!(to.contains("interaction_required") && to.contains(&format!("AADSTS{code}%3A")), "{to}");
    }
    let mut tenant = Tenant::northwind();
    tenant.person = "farah";
    let code = tenant.code("desktop", PUBLIC);
    let (_, tokens) = tenant.redeem("desktop", PUBLIC, &code);
    let change = Edit::Set {
        of: List::Users,
        entry: "farah".to_owned(),
        members: object(guest(json!({ "accountEnabled": false }))),
    };
    let order = authwright::provider::order::Order::Edit { change };
    tenant.provider.carry_out(&order, tenant.now).expect("it can be changed");
    let home = tenant.home();
    tenant
        .refresh_at(&home, "desktop", &tokens["refresh_token"], &[], None)
        .check("disabled since", refused("invalid_grant", 500_571));
}

#[test]
fn a_network_can_keep_its_people_out_of_other_tenants() {
    let mut tenant = Tenant::northwind();
    let page = ask(&mut tenant, &[], Headers::new());
    assert!(tenant.walk(page).redirect_target().is_some());
    for (list, is_in) in [
        ("fabrikam.example", false),
        ("fabrikam.example, NORTHWIND.example", true),
        ("6b1f8f0e-4c1d-4a57-9e0b-2f7c3d5a9b10", true),
        ("*", true),
        ("", false),
    ] {
        let headers = Headers::new().with("Restrict-Access-To-Tenants", list);
        let answer = ask(&mut tenant, &[], headers);
        assert_eq!(answer.redirect_target().is_some(), is_in, "{list:?}");
        if !is_in {
            check_page(&answer, 500_021);
        }
    }
}

#[test]
fn an_application_can_be_closed_to_minors() {
    let mut tenant = changed(List::Users, "mina", json!({ "legalAgeGroup": "Minor" }));
    let page = ask(&mut tenant, &[], Headers::new());
    assert!(tenant.walk(page).redirect_target().is_some(), "not every application asks");
    let edit = Edit::set(List::Applications, "desktop", "blockMinors", true);
    let order = authwright::provider::order::Order::Edit { change: edit };
    tenant.provider.carry_out(&order, tenant.now).expect("it can be changed");
    check_page(&ask(&mut tenant, &[], Headers::new()), 54000);
}

#[test]
fn a_silent_request_learns_how_the_session_ended() {
    let silent = |tenant: &mut Tenant, code: u32| {
        let answer = ask(tenant, &[("prompt", "none")], Headers::new());
        let to = answer.redirect_target().expect("a redirect").to_owned();
        assert!(to.contains("error=login_required&") && to.contains(&format!("AADSTS{code}%3A")), "{to}");
    };
    let mut tenant = Tenant::northwind();
    silent(&mut tenant, 50058);
    let page = ask(&mut tenant, &[], Headers::new());
    tenant.walk(page);
    let mina = tenant.object_id("mina");
    let expire = Edit::set(List::Users, "mina", "passwordExpired", true);
    let order = authwright::provider::order::Order::Edit { change: expire };
    tenant.provider.carry_out(&order, tenant.now).expect("it can be changed");
    silent(&mut tenant, 50132);
    tenant.provider.carry_out(&authwright::provider::order::Order::Undo, tenant.now).expect("a step");
    assert!(tenant.provider.revoke_sessions(&mina, tenant.now));
    silent(&mut tenant, 50133);
    let page = ask(&mut tenant, &[], Headers::new());
    assert_eq!(step(&page.body.text()), Some("sign_in"));
    assert!(tenant.walk(page).redirect_target().is_some());
    let again = ask(&mut tenant, &[("prompt", "none")], Headers::new());
    assert!(again.redirect_target().is_some_and(|to| to.contains("code=")), "a new session counts");
}

#[test]
fn an_account_that_left_the_list_is_typed_again() {
    let mut tenant = Tenant::northwind();
    for person in ["mina", "adele"] {
        tenant.person = person;
        let page = ask(&mut tenant, &[("prompt", "login")], Headers::new());
        tenant.walk(page);
    }
    let pick = ask(&mut tenant, &[], Headers::new());
    let html = pick.body.text().into_owned();
    assert_eq!(step(&html), Some("pick"));
    let mina = tenant.object_id("mina");
    assert!(tenant.provider.revoke_sessions(&mina, tenant.now));
    let (page, note) = tenant.submit(&html, &[("login", "mina@northwind.example")]);
    assert_eq!(step(&page.body.text()), Some("sign_in"));
    let note = note.expect("a note");
    assert_eq!((note.code, note.rule), (16001, "account.selectable"));
}

#[test]
fn a_loop_and_a_flood_are_stopped_where_the_tenant_wants_that() {
    let edit = Edit::Policy { members: object(json!({ "loopDetection": true })) };
    let mut tenant = Tenant::new(edit.apply(&Scenario::northwind()).expect("a switch"));
    for _ in 0..15 {
        assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200);
    }
    tenant.password("handheld", "mina", SCOPE, &[]).check("again", refused("invalid_grant", 50196));
    assert_eq!(tenant.password("handheld", "adele", SCOPE, &[]).status, 200, "somebody else");
    tenant.now = tenant.now + Duration::from_secs(300);
    assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200);

    let edit = Edit::Policy { members: object(json!({ "tokenRequestsPerMinute": 3 })) };
    let mut tenant = Tenant::new(edit.apply(&Scenario::northwind()).expect("a switch"));
    for _ in 0..3 {
        assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200);
    }
    let path = format!("{}/oauth2/v2.0/token", tenant.home());
    tenant.now = tenant.now + Duration::from_secs(12);
    let answer = tenant.ask(Method::Post, &path, &[("grant_type", "password")], Headers::new());
    let body: Value = serde_json::from_str(&answer.body.text()).expect("JSON");
    assert_eq!((answer.status, answer.headers.get("retry-after")), (429, Some("48")));
    assert_eq!((&body["error"], &body["error_codes"][0]), (&"temporarily_unavailable".into(), &90055.into()));
    tenant.now = tenant.now + Duration::from_secs(48);
    assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200);
}
