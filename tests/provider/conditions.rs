//! Where, from which device, with which application and at what risk somebody may sign in: conditions and controls of
//! policies, each as a state of the directory that the test sets up.

use std::time::Duration;

use authwright::{
    provider::{
        Note,
        scenario::{
            Scenario,
            edit::{Edit, List},
        },
    },
    wire::{Headers, Method, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    desk::{step, with},
    tenant::{Answer, PUBLIC, Tenant, claims, refused},
};

const ID: &str = "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b";
const OFFICE: &str = "203.0.113.9";
const PROXY: &str = "198.51.100.20";
const SCOPE: &str = "openid profile offline_access User.Read";

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

/// The built-in directory with a policy about everybody and an application.
fn asking(application: &str, policy: Value) -> Scenario {
    let mut entry = object(json!({
        "id": ID,
        "displayName": "Of the test",
        "includeUsers": ["All"],
        "includeApplications": [application],
    }));
    entry.extend(object(policy));
    let add = Edit::Add { to: List::ConditionalAccessPolicies, entry };
    add.apply(&Scenario::northwind()).expect("the policy is well formed")
}

fn changed(scenario: &Scenario, of: List, entry: &str, members: Value) -> Scenario {
    let edit = Edit::Set { of, entry: entry.to_owned(), members: object(members) };
    edit.apply(scenario).expect("the change is well formed")
}

impl Tenant {
    /// Asks for a code of the desktop application, from an address.
    fn authorize_from(&mut self, address: &str, changes: &[(&str, &str)]) -> (Response, Option<Note>) {
        let (client, home) = (self.client_id("desktop"), self.home());
        let parameters = [
            ("client_id", client.as_str()),
            ("response_type", "code"),
            ("redirect_uri", PUBLIC),
            ("scope", "openid offline_access User.Read"),
        ];
        let headers = Headers::new().with("x-forwarded-for", address);
        let path = format!("{home}/oauth2/v2.0/authorize");
        self.ask_for_note(Method::Get, &path, &with(&parameters, changes), headers)
    }

    /// The page of a sign-in at which [`Tenant::walk`] has nothing to type.
    fn authorize_as(&mut self, person: &'static str) -> Response {
        self.person = person;
        let (page, _) = self.authorize_from("127.0.0.1", &[]);
        self.fill(page, &[])
    }

    /// Fills in page after page, until there is one that asks for something not at hand.
    fn fill(&mut self, mut response: Response, more: &[(&str, &str)]) -> Response {
        loop {
            let html = response.body.text().into_owned();
            let known = ["sign_in", "verify", "consent", "confirm", "home_realm"];
            let due = step(&html).map(str::to_owned);
            let can = due.as_deref().is_some_and(|due| known.contains(&due) || !more.is_empty());
            if !can {
                return response;
            }
            response = self.submit(&html, more).0;
        }
    }
}

#[track_caller]
fn check_page(tenant: &mut Tenant, page: &Response, code: u32) {
    let html = page.body.text();
    assert!(html.contains(&format!("AADSTS{code}: ")) && !html.contains("<form"), "{code}: {html}");
    assert_eq!(page.headers.get("x-ms-clitelem"), Some(format!("1,{code},0,,").as_str()));
    let last = tenant.provider.sign_ins().last().expect("an entry");
    assert_eq!(last.code, code, "the sign-in log has it, too");
}

/// What an application hears that can show no page.
#[track_caller]
fn check_silent(tenant: &mut Tenant, address: &str, code: u32) -> Note {
    let (response, note) = tenant.authorize_from(address, &[("prompt", "none")]);
    let to = response.redirect_target().expect("a redirect");
    assert!(to.contains("error=interaction_required&") && to.contains(&format!("AADSTS{code}%3A")), "{to}");
    let note = note.expect("each refusal has a note");
    assert!(note.code == code && !note.rule.is_empty() && !note.demand.is_empty(), "{note:?}");
    note
}

fn has_code(response: &Response) -> bool {
    response.redirect_target().is_some_and(|to| to.contains("code="))
}

#[test]
fn places_are_told_by_the_address_of_the_caller() {
    let office_only = json!({ "includeLocations": ["All"], "excludeLocations": ["AllTrusted"], "builtInControls": ["block"] });
    let mut tenant = Tenant::new(asking("desktop", office_only));
    let (page, _) = tenant.authorize_from(OFFICE, &[]);
    // The form comes from elsewhere: each request is judged by its own address.
    let page = tenant.fill(page, &[]);
    check_page(&mut tenant, &page, 53003);
    let (silent, _) = tenant.authorize_from(OFFICE, &[("prompt", "none")]);
    assert!(silent.redirect_target().is_some_and(|to| to.contains("AADSTS65001")), "the office is let in");
    let note = check_silent(&mut tenant, "2001:db8:114::1", 53003);
    let address = note.compared.iter().find(|one| one.what == "address").expect("it is compared");
    assert_eq!(address.sent, "2001:db8:114::1");

    let named = json!({ "includeLocations": ["anonymous-proxies"], "builtInControls": ["mfa"] });
    let mut tenant = Tenant::new(asking("catalog-api", named));
    let scope = "api://northwind-catalog/Catalog.Read";
    assert_eq!(tenant.password("handheld", "mina", scope, &[]).status, 200, "loopback is nowhere special");
}

#[test]
fn a_policy_that_only_reports_or_is_off_stops_nobody() {
    for (state, stopped) in
        [("enabled", true), ("disabled", false), ("enabledForReportingButNotEnforced", false)]
    {
        let mut tenant =
            Tenant::new(asking("microsoft-graph", json!({ "state": state, "builtInControls": ["block"] })));
        let status = tenant.password("handheld", "mina", SCOPE, &[]).status;
        assert_eq!(status == 400, stopped, "{state}");
    }
}

#[test]
fn groups_say_whom_a_policy_is_about() {
    let staff = json!({ "includeUsers": [], "includeGroups": ["all-staff"], "excludeGroups": ["newsletter"], "builtInControls": ["block"] });
    let mut tenant = Tenant::new(asking("microsoft-graph", staff));
    let blocked = refused("invalid_grant", 53003).sub("message_only").policy(ID);
    tenant.password("handheld", "noor", SCOPE, &[]).check("through a group in a group", blocked);
    assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200, "left out by another group");
    assert_eq!(tenant.password("handheld", "olga", SCOPE, &[]).status, 200, "in neither");
}

#[test]
fn a_device_that_is_shown_on_a_page_opens_what_is_for_managed_ones() {
    let mut tenant = Tenant::new(asking("desktop", json!({ "builtInControls": ["compliantDevice"] })));
    let page = tenant.authorize_as("noor");
    let html = page.body.text().into_owned();
    assert_eq!(step(&html), Some("device"));
    assert_eq!(page.headers.get("x-ms-clitelem"), Some("1,50097,0,,"), "an interrupt is counted");
    assert!(html.contains("NW-LAPTOP-17") && html.contains("Noor&#39;s phone"));
    check_silent(&mut tenant, "127.0.0.1", 50097);
    let (phone, _) = tenant.submit(&html, &[("device", "noor-phone")]);
    check_page(&mut tenant, &phone, 53000);
    check_silent(&mut tenant, "127.0.0.1", 53000);

    let mut tenant = Tenant::new(asking("desktop", json!({ "builtInControls": ["compliantDevice"] })));
    let page = tenant.authorize_as("noor");
    let answer = tenant.fill(page, &[("device", "noor-laptop")]);
    assert!(has_code(&answer), "{answer:?}");
    // The refresh token is bound to the device, and what becomes of the device decides about it.
    let code = answer.redirect_target().and_then(|to| to.split("code=").nth(1)).expect("a code");
    let code = code.split('&').next().expect("a code").to_owned();
    let form = [("client_id", tenant.client_id("desktop")), ("grant_type", "authorization_code".into())];
    let redemption = [
        (form[0].0, form[0].1.as_str()),
        (form[1].0, form[1].1.as_str()),
        ("code", code.as_str()),
        ("redirect_uri", PUBLIC),
    ];
    let tokens = tenant.token(&redemption, None).1;
    let set = |members: Value| Edit::Set {
        of: List::Devices,
        entry: "noor-laptop".to_owned(),
        members: object(members),
    };
    let remove = Edit::Remove { from: List::Devices, entry: "noor-laptop".to_owned() };
    let failed = "device_authentication_failed";
    for (change, code, suberror) in [
        (set(json!({ "isCompliant": false })), 53000, "message_only"),
        (set(json!({ "accountEnabled": false })), 135_011, failed),
        (set(json!({ "registeredOwners": ["mina"] })), 50155, failed),
        (remove, 700_003, failed),
    ] {
        let now = tenant.now;
        let order = authwright::provider::order::Order::Edit { change };
        tenant.provider.carry_out(&order, now).expect("it can be changed");
        let home = tenant.home();
        tenant
            .refresh_at(&home, "desktop", &tokens["refresh_token"], &[], None)
            .check("of the device", refused("invalid_grant", code).sub(suberror).policy(ID));
        tenant.provider.carry_out(&authwright::provider::order::Order::Undo, now).expect("a step");
    }
    assert_eq!(tenant.refresh("desktop", &tokens["refresh_token"], None).0, 200);
}

#[test]
fn a_domain_joined_device_is_another_thing_than_a_compliant_one() {
    let policy = json!({ "builtInControls": ["domainJoinedDevice"] });
    let scenario = changed(
        &asking("desktop", policy),
        List::Devices,
        "noor-phone",
        json!({ "isCompliant": true, "trustType": "AzureAd" }),
    );
    let mut tenant = Tenant::new(scenario);
    let page = tenant.authorize_as("noor");
    let (phone, _) = tenant.submit(&page.body.text(), &[("device", "noor-phone")]);
    check_page(&mut tenant, &phone, 53001);
    check_silent(&mut tenant, "127.0.0.1", 53001);
    let mut mina =
        Tenant::new(asking("microsoft-graph", json!({ "builtInControls": ["domainJoinedDevice"] })));
    mina.password("handheld", "mina", SCOPE, &[])
        .check("she has none", refused("invalid_grant", 53001).sub("message_only").policy(ID));
}

#[test]
fn one_of_several_controls_can_be_enough() {
    let either = json!({ "operator": "OR", "builtInControls": ["compliantDevice", "mfa"] });
    let mut tenant = Tenant::new(asking("desktop", either));
    let page = tenant.authorize_as("mina");
    assert!(has_code(&page), "the code of the lab was asked for and is enough: {page:?}");
}

#[test]
fn applications_can_be_asked_to_be_approved_or_to_protect_what_they_hold() {
    for (control, member, error, suberror, code) in [
        ("approvedApplication", "isApprovedClientApp", "invalid_grant", "message_only", 53002),
        (
            "compliantApplication",
            "enforcesAppProtection",
            "unauthorized_client",
            "protection_policy_required",
            53005,
        ),
    ] {
        let scenario = asking("microsoft-graph", json!({ "builtInControls": [control] }));
        let mut tenant = Tenant::new(scenario.clone());
        tenant
            .password("handheld", "mina", SCOPE, &[])
            .check(control, refused(error, code).sub(suberror).policy(ID));
        let mut tenant =
            Tenant::new(changed(&scenario, List::Applications, "handheld", json!({ member: true })));
        assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200, "{control}");
    }
}

#[test]
fn a_device_code_can_be_forbidden() {
    let policy = json!({ "transferMethods": ["deviceCodeFlow"], "builtInControls": ["block"] });
    let mut tenant = Tenant::new(asking("All", policy));
    assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200, "nothing else is forbidden");
    let device = tenant.device();
    let (page, _) = tenant.ask_for_note(
        Method::Post,
        "common/oauth2/deviceauth",
        &[("user_code", device["user_code"].as_str().expect("a code"))],
        Headers::new(),
    );
    let page = tenant.fill(page, &[]);
    check_page(&mut tenant, &page, 530_036);
    assert_eq!(tenant.poll(&device)["error"], "authorization_pending");
}

#[test]
fn somebody_at_risk_chooses_a_new_password_and_old_sessions_end() {
    let policy = json!({ "userRiskLevels": ["high"], "builtInControls": ["mfa", "passwordChange"] });
    let calm = asking("desktop", policy);
    let mut tenant = Tenant::new(calm.clone());
    let (_, before) = {
        let code = tenant.code("desktop", PUBLIC);
        tenant.redeem("desktop", PUBLIC, &code)
    };
    let risky = Edit::set(List::Users, "mina", "riskLevel", "high");
    let order = authwright::provider::order::Order::Edit { change: risky };
    tenant.provider.carry_out(&order, tenant.now).expect("it can be changed");
    let home = tenant.home();
    tenant
        .refresh_at(&home, "desktop", &before["refresh_token"], &[], None)
        .check("the second factor first", refused("invalid_grant", 50076).sub("basic_action").policy(ID));
    tenant.now = tenant.now + Duration::from_secs(60);
    let page = tenant.authorize_as("mina");
    assert_eq!(step(&page.body.text()), Some("change_password"));
    assert_eq!(page.headers.get("x-ms-clitelem"), Some("1,50142,0,,"));
    check_silent(&mut tenant, "127.0.0.1", 50142);
    for bad in ["short", "lab-Mina-1"] {
        let page = tenant.authorize_as("mina");
        let (again, _) = tenant.submit(&page.body.text(), &[("newpasswd", bad)]);
        assert_eq!(step(&again.body.text()), Some("change_password"), "{bad}");
    }
    let page = tenant.authorize_as("mina");
    let answer = tenant.submit(&page.body.text(), &[("newpasswd", "lab-Mina-2")]).0;
    assert!(has_code(&answer), "{answer:?}");
    let mina = tenant.provider.scenario().user("mina").expect("she is there");
    assert_eq!((mina.password.expose(), mina.risk_level.name()), ("lab-Mina-2", "none"));
    let revoked = tenant.refresh_at(&home, "desktop", &before["refresh_token"], &[], None);
    revoked.check("issued before", refused("invalid_grant", 50173).sub("bad_token"));
    tenant
        .password("handheld", "mina", SCOPE, &[])
        .check("the old password", refused("invalid_grant", 50126));
    assert_eq!(tenant.password("handheld", "mina", SCOPE, &[("password", "lab-Mina-2")]).status, 200);
}

#[test]
fn the_risk_of_a_guest_is_for_the_home_tenant_to_take_away() {
    let policy = json!({ "userRiskLevels": ["medium", "high"], "builtInControls": ["block"] });
    let scenario =
        changed(&asking("desktop", policy), List::Users, "farah", json!({ "riskLevel": "medium" }));
    let mut tenant = Tenant::new(scenario.clone());
    let page = tenant.authorize_as("farah");
    check_page(&mut tenant, &page, 53011);
    let partner = json!({ "riskLevel": "high", "guestIn": [
        { "tenant": "northwind", "id": "2e95b8c4-6d13-4f7a-a0c2-d8164b7f3e90", "isDelegatedAdministrator": true },
    ] });
    let mut tenant = Tenant::new(changed(&Scenario::northwind(), List::Users, "farah", partner));
    let page = tenant.authorize_as("farah");
    check_page(&mut tenant, &page, 530_034);
    check_silent(&mut tenant, "127.0.0.1", 530_034);
    let at_home = changed(&scenario, List::Users, "mina", json!({ "riskLevel": "high" }));
    let mut tenant = Tenant::new(at_home);
    let page = tenant.authorize_as("mina");
    check_page(&mut tenant, &page, 53003);
}

#[test]
fn terms_are_accepted_once() {
    let mut tenant = Tenant::new(asking("desktop", json!({ "termsOfUse": ["Shop floor rules"] })));
    let page = tenant.authorize_as("mina");
    let html = page.body.text().into_owned();
    assert!(step(&html) == Some("terms") && html.contains("Shop floor rules"), "{html}");
    assert_eq!(page.headers.get("x-ms-clitelem"), Some("1,50158,0,,"));
    check_silent(&mut tenant, "127.0.0.1", 50158);
    let (declined, _) = tenant.submit(&html, &[("action", "cancel")]);
    assert!(declined.redirect_target().is_some_and(|to| to.contains("AADSTS65004")), "{declined:?}");
    let page = tenant.authorize_as("mina");
    let answer = tenant.fill(page, &[("action", "next")]);
    assert!(has_code(&answer), "{answer:?}");
    assert!(has_code(&tenant.authorize_from("127.0.0.1", &[("prompt", "none")]).0), "never again");
}

fn long_token(tenant: &mut Tenant) -> Value {
    let capable = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
    let answer: Answer = tenant.password("handheld", "mina", SCOPE, &[("claims", capable)]);
    let body = answer.tokens();
    assert_eq!(claims(&body["access_token"])["xms_cc"], json!(["cp1"]));
    body["access_token"].clone()
}

#[test]
fn graph_tells_capable_clients_at_once_what_has_changed() {
    let away = json!({ "includeLocations": ["anonymous-proxies"], "builtInControls": ["block"] });
    let mut tenant = Tenant::new(asking("microsoft-graph", away));
    let token = long_token(&mut tenant);
    let me = |tenant: &mut Tenant, address: &str| {
        let bearer = format!("Bearer {}", token.as_str().expect("a token"));
        let headers = Headers::new().with("authorization", bearer).with("x-forwarded-for", address);
        tenant.ask_for_note(Method::Get, "v1.0/me", &[], headers)
    };
    assert_eq!(me(&mut tenant, OFFICE).0.status, 200);
    let (moved, note) = me(&mut tenant, PROXY);
    assert_eq!((moved.status, note.expect("a note").rule), (401, "session.place_allowed"));
    assert!(moved.headers.get("www-authenticate").is_some_and(|line| line.contains("insufficient_claims")));
    let mina = tenant.object_id("mina");
    assert!(tenant.provider.enable_account(&mina, false));
    let (disabled, note) = me(&mut tenant, OFFICE);
    assert_eq!((disabled.status, note.expect("a note").rule), (401, "session.account_enabled"));
    assert!(tenant.provider.enable_account(&mina, true));
    assert_eq!(me(&mut tenant, OFFICE).0.status, 200);
    tenant.now = tenant.now + Duration::from_secs(2);
    assert!(tenant.provider.revoke_sessions(&mina, tenant.now));
    assert_eq!(me(&mut tenant, OFFICE).1.expect("a note").rule, "session.not_revoked");
}
