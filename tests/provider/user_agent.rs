//! The pages, driven by the built-in user agent: its autopilot reads them as a person does, and scripts do not run.

use std::sync::Arc;

use authwright::{
    agent::{Agent, Credentials, Next},
    oauth::{Arrival, ArrivedBy},
    wire::Params,
};
use url::Url;

use crate::{
    desk::with,
    tenant::{PUBLIC, Tenant},
};

const LEGACY: &str = "http://localhost:7084/signin";

/// Signs somebody in, and gives what arrived at the application.
fn arrives(tenant: &mut Tenant, segment: &str, parameters: &[(&str, &str)], person: &str) -> Arrival {
    let user = Arc::clone(tenant.scenario.user(person).expect("somebody of the scenario"));
    let credentials = Credentials {
        username: user.user_principal_name.clone(),
        password: user.password.clone(),
        one_time_code: user.one_time_code.clone(),
        user_code: None,
    };
    let redirect_uri = parameters.iter().find(|(name, _)| *name == "redirect_uri").expect("it is sent").1;
    let mut url =
        Url::parse(&format!("http://localhost:7080/{segment}/oauth2/v2.0/authorize")).expect("an address");
    url.query_pairs_mut().extend_pairs(parameters);
    let (mut agent, mut request) = Agent::begin(url, Url::parse(redirect_uri).ok());
    for _ in 0..12 {
        let response = tenant.provider.decide(&request, tenant.now).respond();
        let next = match agent.answer(response) {
            Next::Page => agent.autopilot(&credentials).expect("it knows what to do on the page"),
            next => next,
        };
        match next {
            Next::Send(next) => request = next,
            Next::Arrived(arrival) => return arrival,
            other => panic!("{person}: {other:?}"),
        }
    }
    panic!("{person}: the sign-in does not end")
}

fn has(params: &Params, name: &str) -> bool {
    params.get(name).is_some()
}

/// Application, tenant segment, changed parameters, and who signs in.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn everybody_gets_through_every_page_they_meet() {
    let desktop = [("redirect_uri", PUBLIC), ("scope", "openid User.Read"), ("response_type", "code")];
    let step_up = r#"{"access_token":{"acrs":{"value":"c1"}}}"#;
    let cases: [Case<'_>; 6] = [
        ("desktop", "common", &[], "mina"),
        ("desktop", "common", &[], "theo"),
        ("desktop", "organizations", &[], "ines"),
        ("gift-cards", "consumers", &[], "pia"),
        ("desktop", "northwind.example", &[("claims", step_up)], "mina"),
        ("desktop", "northwind.example", &[("prompt", "select_account")], "farah"),
    ];
    for (application, segment, changes, person) in cases {
        let mut tenant = Tenant::northwind();
        let client = tenant.client_id(application);
        let mut parameters = with(&desktop, changes);
        parameters.push(("client_id", &client));
        let arrival = arrives(&mut tenant, segment, &parameters, person);
        assert_eq!(arrival.by, ArrivedBy::Query, "{person}");
        assert!(has(&arrival.params, "code"), "{person}: {arrival:?}");
    }
}

#[test]
fn answers_arrive_in_each_mode() {
    let mut tenant = Tenant::northwind();
    let client = tenant.client_id("legacy-portal");
    let parameters = [
        ("client_id", client.as_str()),
        ("redirect_uri", LEGACY),
        ("scope", "openid User.Read"),
        ("response_type", "code id_token token"),
        ("nonce", "n"),
        ("state", "s"),
    ];
    let arrival = arrives(&mut tenant, "common", &parameters, "mina");
    assert_eq!(arrival.by, ArrivedBy::Fragment);
    let by_form = with(&parameters, &[("response_mode", "form_post")]);
    let arrival = arrives(&mut tenant, "common", &by_form, "mina");
    assert_eq!(arrival.by, ArrivedBy::FormPost);
    for name in ["code", "id_token", "access_token", "state"] {
        assert!(has(&arrival.params, name), "{name}: {arrival:?}");
    }
    let refused = with(&by_form, &[("prompt", "maybe")]);
    let arrival = arrives(&mut tenant, "common", &refused, "mina");
    assert!(arrival.by == ArrivedBy::FormPost && has(&arrival.params, "error"), "{arrival:?}");
}
