//! Registering a second factor, giving it again, and security defaults.

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
    tenant::{PUBLIC, Tenant, claims, refused},
};

const ID: &str = "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b";
const SCOPE: &str = "openid profile offline_access User.Read";

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

fn with_policies(policies: &[Value]) -> Scenario {
    policies.iter().enumerate().fold(Scenario::northwind(), |scenario, (index, policy)| {
        let mut entry = object(json!({
            "id": ID.replacen('7', &index.to_string(), 1),
            "displayName": format!("Policy {index} of the test"),
            "includeUsers": ["All"],
        }));
        entry.extend(object(policy.clone()));
        let add = Edit::Add { to: List::ConditionalAccessPolicies, entry };
        add.apply(&scenario).expect("the policy is well formed")
    })
}

fn factor_for_desktop() -> Value {
    json!({ "includeApplications": ["desktop"], "builtInControls": ["mfa"] })
}

/// Signs somebody in until a page asks for more than name, password and consent.
fn begin(tenant: &mut Tenant, person: &'static str, address: &str, changes: &[(&str, &str)]) -> Response {
    tenant.person = person;
    let (client, home) = (tenant.client_id("desktop"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid offline_access User.Read"),
    ];
    let path = format!("{home}/oauth2/v2.0/authorize");
    let headers = || Headers::new().with("x-forwarded-for", address);
    let mut page = tenant.ask(Method::Get, &path, &with(&parameters, changes), headers());
    while ["sign_in", "consent"].map(Some).contains(&step(&page.body.text())) {
        page = tenant.submit_from(&page.body.text(), &[], headers()).0;
    }
    page
}

fn has_code(response: &Response) -> bool {
    response.redirect_target().is_some_and(|to| to.contains("code="))
}

#[test]
fn a_second_factor_is_registered_on_a_page_and_works_from_then_on() {
    let mut tenant = Tenant::new(with_policies(&[factor_for_desktop()]));
    let page = begin(&mut tenant, "adele", "127.0.0.1", &[]);
    assert_eq!(step(&page.body.text()), Some("register"));
    assert_eq!(page.headers.get("x-ms-clitelem"), Some("1,50072,0,,"), "an interrupt is counted");
    for bad in ["", "12345", "12345x", "1234567"] {
        let page = begin(&mut tenant, "adele", "127.0.0.1", &[]);
        let (again, _) = tenant.submit(&page.body.text(), &[("otc", bad)]);
        assert_eq!(step(&again.body.text()), Some("register"), "{bad:?}");
    }
    let page = begin(&mut tenant, "adele", "127.0.0.1", &[]);
    let (next, _) = tenant.submit(&page.body.text(), &[("otc", "135790")]);
    let answer = tenant.walk(next);
    assert!(has_code(&answer), "{answer:?}");
    let code = tenant.provider.scenario().user("adele").and_then(|user| user.one_time_code.clone());
    assert_eq!(code.expect("she has one now").expose(), "135790");

    let page = begin(&mut tenant, "adele", "127.0.0.1", &[("prompt", "login")]);
    assert_eq!(step(&page.body.text()), Some("verify"), "from now on it is asked for");
    assert_eq!(page.headers.get("x-ms-clitelem"), Some("1,50074,0,,"));
    let (wrong, note) = tenant.submit(&page.body.text(), &[("otc", "246810")]);
    assert_eq!((step(&wrong.body.text()), note.expect("a note").code), (Some("verify"), 500_121));
    let (answer, _) = tenant.submit(&wrong.body.text(), &[("otc", "135790")]);
    assert!(has_code(&answer), "{answer:?}");
    tenant.provider.carry_out(&authwright::provider::order::Order::Undo, tenant.now).expect("a step");
}

#[test]
fn a_form_counts_only_if_its_page_is_due() {
    let mut tenant = Tenant::northwind();
    let (client, home) = (tenant.client_id("desktop"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid Mail.Read"),
    ];
    let path = format!("{home}/oauth2/v2.0/authorize");
    for forged in ["register", "change_password", "device", "terms"] {
        let page =
            tenant.ask(Method::Get, &path, &with(&parameters, &[("prompt", "consent")]), Headers::new());
        let page = if step(&page.body.text()) == Some("sign_in") {
            tenant.submit(&page.body.text(), &[]).0
        } else {
            page
        };
        assert_eq!(step(&page.body.text()), Some("consent"));
        let fields = [("step", forged), ("otc", "135790"), ("newpasswd", "lab-Mina-2")];
        let (after, _) = tenant.submit(&page.body.text(), &fields);
        assert_eq!(step(&after.body.text()), Some("consent"), "{forged}");
    }
    assert_eq!(tenant.provider.scenario().user("mina"), Scenario::northwind().user("mina"), "as before");
}

#[test]
fn nothing_is_registered_at_risk_or_where_a_policy_forbids_it() {
    let mut tenant = Tenant::new(with_policies(&[factor_for_desktop()]));
    let check = |tenant: &mut Tenant, address: &str, code: u32| {
        let page = begin(tenant, "adele", address, &[]);
        assert!(page.body.text().contains(&format!("AADSTS{code}: ")), "{}", page.body.text());
        assert_eq!(step(&page.body.text()), None);
    };
    check(&mut tenant, "198.51.100.7", 53004);
    let at_office = json!({
        "includeUserActions": ["urn:user:registersecurityinfo"],
        "includeLocations": ["All"],
        "excludeLocations": ["head-office"],
        "builtInControls": ["block"],
    });
    let mut tenant = Tenant::new(with_policies(&[factor_for_desktop(), at_office]));
    check(&mut tenant, "192.0.2.7", 53010);
    let page = begin(&mut tenant, "adele", "203.0.113.7", &[]);
    assert_eq!(step(&page.body.text()), Some("register"), "at the office it can be done");
}

#[test]
fn a_second_factor_can_be_too_old() {
    let hourly = json!({
        "includeApplications": ["microsoft-graph"],
        "signInFrequency": 3600,
        "signInFrequencyAuthentication": "secondaryAuthentication",
    });
    let mut tenant = Tenant::new(with_policies(&[factor_for_desktop(), hourly]));
    let code = tenant.code("desktop", PUBLIC);
    let (_, tokens) = tenant.redeem("desktop", PUBLIC, &code);
    tenant.now = tenant.now + Duration::from_secs(3599);
    assert_eq!(tenant.refresh("desktop", &tokens["refresh_token"], None).0, 200);
    tenant.now = tenant.now + Duration::from_secs(1);
    let (home, policy) = (tenant.home(), ID.replacen('7', "1", 1));
    tenant
        .refresh_at(&home, "desktop", &tokens["refresh_token"], &[], None)
        .check("an hour later", refused("invalid_grant", 50078).sub("basic_action").policy(&policy));
    let silent = begin(&mut tenant, "mina", "127.0.0.1", &[("prompt", "none")]);
    assert!(silent.redirect_target().is_some_and(|to| to.contains("AADSTS50078")), "{silent:?}");
    let page = begin(&mut tenant, "mina", "127.0.0.1", &[]);
    assert_eq!(step(&page.body.text()), Some("verify"), "only the second factor is asked for");
    let (answer, _) = tenant.submit(&page.body.text(), &[("otc", "246810")]);
    assert!(has_code(&answer), "{answer:?}");
    assert!(has_code(&begin(&mut tenant, "mina", "127.0.0.1", &[("prompt", "none")])));
}

#[test]
fn security_defaults_ask_everybody_to_register_and_take_no_bare_password() {
    let edit = Edit::Policy { members: object(json!({ "securityDefaults": true })) };
    let scenario = edit.apply(&Scenario::northwind()).expect("a switch");
    let mut tenant = Tenant::new(scenario);
    let page = begin(&mut tenant, "adele", "127.0.0.1", &[]);
    assert_eq!(step(&page.body.text()), Some("register"), "an administrator without a factor");
    let (next, _) = tenant.submit(&page.body.text(), &[("otc", "135790")]);
    assert!(has_code(&tenant.walk(next)));
    let page = begin(&mut tenant, "adele", "127.0.0.1", &[("prompt", "login")]);
    assert_eq!(step(&page.body.text()), Some("verify"), "an administrator gives it each time");
    let page = begin(&mut tenant, "mina", "127.0.0.1", &[("prompt", "login")]);
    assert!(has_code(&page), "she has registered one, and is not asked: {page:?}");
    tenant
        .password("handheld", "mina", SCOPE, &[])
        .check("a bare password", refused("invalid_grant", 530_035).sub("message_only"));
    let body = Tenant::northwind().password("handheld", "mina", SCOPE, &[]).tokens();
    assert_eq!(claims(&body["access_token"])["amr"], json!(["pwd"]), "without them it is taken");
}
