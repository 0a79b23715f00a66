//! What policies ask beyond a second factor, who gets into a tenant at all, and how often clients may ask.

use std::time::Duration;

use authwright::provider::scenario::{
    Scenario,
    edit::{Edit, List},
};
use serde_json::{Value, json as value};

use crate::{
    case::{Case, form, interrupt, json, page, redirect},
    desk::{Answer, Browser, Desk},
    walk::{
        LEGACY, PUBLIC, address, begin, enter, order, password, redeem, refresh, refresh_token, sign_in,
        silent, text, together,
    },
};

const CHALLENGE: &[&str] = &["claims"];

pub fn all() -> Vec<Case> {
    [controls(), devices(), registration(), risk(), membership(), sessions(), pace()]
        .into_iter()
        .flatten()
        .collect()
}

fn members(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Northwind with a policy about everybody and the desktop application.
fn asking(more: &Value) -> Scenario {
    let mut entry = members(&value!({
        "id": "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b",
        "displayName": "Desktop",
        "includeUsers": ["All"],
        "includeApplications": ["desktop"],
    }));
    entry.extend(members(more));
    Edit::Add { to: List::ConditionalAccessPolicies, entry }
        .apply(&Scenario::northwind())
        .expect("a scenario")
}

fn with(scenario: &Scenario, of: List, entry: &str, changed: &Value) -> Scenario {
    let edit = Edit::Set { of, entry: entry.to_owned(), members: members(changed) };
    edit.apply(scenario).expect("a scenario")
}

/// Signs somebody in at the desktop application and then asks in silence.
async fn then_silent(desk: &Desk, who: &str) -> Answer {
    let mut browser = Browser::new(desk);
    browser.sign_in(&address(desk, &[]), who).await;
    browser.get(&address(desk, &[("prompt", "none")])).await
}

/// Signs noor in up to the page that asks for her device, and says which it is.
async fn on_device(desk: &Desk, device: &str) -> Answer {
    let mut browser = Browser::new(desk);
    let page = browser.sign_in(&address(desk, &[]), "noor").await;
    browser.submit(&page, ("device", device), &[]).await
}

fn managed_only() -> Scenario {
    asking(&value!({ "builtInControls": ["compliantDevice"] }))
}

fn controls() -> Vec<Case> {
    let at_desktop: crate::case::Provoke =
        |desk| Box::pin(async move { sign_in(desk, "mina", &desk.home, ("desktop", PUBLIC), &[]).await });
    vec![
        page(53001, "a device that is not joined", at_desktop)
            .stocked(|| asking(&value!({ "builtInControls": ["domainJoinedDevice"] }))),
        page(53002, "an application that nobody approved", at_desktop)
            .stocked(|| asking(&value!({ "builtInControls": ["approvedApplication"] }))),
        page(53005, "an application that protects nothing", at_desktop)
            .stocked(|| asking(&value!({ "builtInControls": ["compliantApplication"] }))),
        interrupt(50158, "terms to be accepted", at_desktop)
            .stocked(|| asking(&value!({ "termsOfUse": ["Shop floor rules"] }))),
        redirect(50158, "interaction_required", PUBLIC, "and no page may be shown", |desk| {
            Box::pin(async move { then_silent(desk, "mina").await })
        })
        .stocked(|| asking(&value!({ "termsOfUse": ["Shop floor rules"] })))
        .suberror("basic_action")
        .with(CHALLENGE),
        page(530_036, "a device code where a policy forbids it", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                let mut browser = Browser::new(desk);
                let page = enter(desk, &mut browser, device["user_code"].as_str().expect("a code")).await;
                browser.type_password(&page, "mina").await
            })
        })
        .stocked(|| {
            asking(&value!({
                "includeApplications": ["kiosk"],
                "transferMethods": ["deviceCodeFlow"],
                "builtInControls": ["block"],
            }))
        }),
        json(530_035, "invalid_grant", "a bare password under security defaults", |desk| {
            Box::pin(async move { password(desk, "mina", &[]).await })
        })
        .stocked(|| {
            let edit = Edit::Policy { members: members(&value!({ "securityDefaults": true })) };
            edit.apply(&Scenario::northwind()).expect("a scenario")
        })
        .suberror("message_only"),
        json(50078, "invalid_grant", "a second factor that is too old", |desk| {
            Box::pin(async move {
                let code = {
                    let mut browser = Browser::new(desk);
                    let page = browser.get(&address(desk, &[])).await;
                    let page = browser.type_password(&page, "theo").await;
                    let page = browser.submit(&page, ("action", "next"), &[("otc", "246810")]).await;
                    let answer = browser.submit(&page, ("action", "next"), &[]).await;
                    answer.returned(PUBLIC)["code"].clone()
                };
                let tokens = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await;
                desk.lab.move_clock(Duration::from_secs(3600)).await;
                refresh(desk, &desk.home, "desktop", &text(&tokens, "refresh_token"), &[]).await
            })
        })
        .stocked(|| {
            asking(&value!({
                "signInFrequency": 3600,
                "signInFrequencyAuthentication": "secondaryAuthentication",
            }))
        })
        .suberror("basic_action")
        .with(CHALLENGE)
        .says(&["@microsoft-graph"]),
    ]
}

fn devices() -> Vec<Case> {
    vec![
        interrupt(50097, "a device to be shown", |desk| {
            Box::pin(async move { sign_in(desk, "noor", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(managed_only),
        redirect(50097, "interaction_required", PUBLIC, "and no page may be shown", |desk| {
            Box::pin(async move { then_silent(desk, "noor").await })
        })
        .stocked(managed_only)
        .suberror("device_authentication_failed")
        .with(CHALLENGE),
        page(50155, "a device of somebody else", |desk| {
            Box::pin(async move { on_device(desk, "borrowed").await })
        })
        .stocked(|| {
            let entry = members(&value!({
                "key": "borrowed",
                "deviceId": "0d6a2f5e-7b18-4c93-9e40-b7d1c8f3a256",
                "displayName": "Borrowed",
                "operatingSystem": "Windows",
                "isCompliant": true,
                "registeredOwners": ["mina"],
            }));
            Edit::Add { to: List::Devices, entry }.apply(&managed_only()).expect("a scenario")
        }),
        page(135_011, "a device that is switched off", |desk| {
            Box::pin(async move { on_device(desk, "noor-laptop").await })
        })
        .stocked(|| {
            with(&managed_only(), List::Devices, "noor-laptop", &value!({ "accountEnabled": false }))
        }),
        json(700_003, "invalid_grant", "a device that was deleted since", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                let page = browser.sign_in(&address(desk, &[]), "noor").await;
                let page = browser.submit(&page, ("device", "noor-laptop"), &[]).await;
                let answer = browser.submit(&page, ("action", "next"), &[]).await;
                let code = answer.returned(PUBLIC)["code"].clone();
                let tokens = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await;
                let remove = value!({ "order": "edit", "change":
                    { "edit": "remove", "from": "devices", "entry": "noor-laptop" } });
                order(desk, &remove).await;
                refresh(desk, &desk.home, "desktop", &text(&tokens, "refresh_token"), &[]).await
            })
        })
        .stocked(managed_only)
        .suberror("device_authentication_failed")
        .with(CHALLENGE),
    ]
}

fn factor_wanted() -> Scenario {
    asking(&value!({ "builtInControls": ["mfa"] }))
}

fn registration() -> Vec<Case> {
    vec![
        interrupt(50072, "a second factor to be registered", |desk| {
            Box::pin(async move { sign_in(desk, "adele", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(factor_wanted),
        interrupt(50074, "a second factor to be given", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                let page = browser.get(&address(desk, &[])).await;
                browser.type_password(&page, "theo").await
            })
        }),
        page(53004, "a registration at risk", |desk| {
            Box::pin(async move { sign_in(desk, "adele", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| with(&factor_wanted(), List::Users, "adele", &value!({ "riskLevel": "high" }))),
        page(53010, "a registration where a policy forbids it", |desk| {
            Box::pin(async move { sign_in(desk, "adele", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| {
            let entry = members(&value!({
                "id": "1b9d4e72-60c8-4a35-8f1e-d2a7c5b3f098",
                "displayName": "Registration at the office",
                "includeUsers": ["All"],
                "includeUserActions": ["urn:user:registersecurityinfo"],
                "includeLocations": ["All"],
                "excludeLocations": ["AllTrusted"],
                "builtInControls": ["block"],
            }));
            let add = Edit::Add { to: List::ConditionalAccessPolicies, entry };
            add.apply(&factor_wanted()).expect("a scenario")
        }),
    ]
}

fn risk() -> Vec<Case> {
    fn risky(who: &str, control: &str) -> Scenario {
        let policy = asking(&value!({ "userRiskLevels": ["high"], "builtInControls": [control] }));
        with(&policy, List::Users, who, &value!({ "riskLevel": "high" }))
    }
    vec![
        interrupt(50142, "a password to be changed", |desk| {
            Box::pin(async move { sign_in(desk, "mina", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| risky("mina", "passwordChange")),
        redirect(50142, "interaction_required", PUBLIC, "and no page may be shown", |desk| {
            Box::pin(async move { then_silent(desk, "mina").await })
        })
        .stocked(|| risky("mina", "passwordChange"))
        .suberror("basic_action")
        .with(CHALLENGE),
        page(53011, "a guest at risk", |desk| {
            Box::pin(async move { sign_in(desk, "farah", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| risky("farah", "block")),
        page(530_034, "a partner at risk", |desk| {
            Box::pin(async move { sign_in(desk, "farah", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| {
            let partner = guest(&value!({ "isDelegatedAdministrator": true }));
            with(&partner, List::Users, "farah", &value!({ "riskLevel": "high" }))
        }),
    ]
}

/// Northwind with something else about its guest.
fn guest(more: &Value) -> Scenario {
    let mut membership =
        members(&value!({ "tenant": "northwind", "id": "2e95b8c4-6d13-4f7a-a0c2-d8164b7f3e90" }));
    membership.extend(members(more));
    with(&Scenario::northwind(), List::Users, "farah", &value!({ "guestIn": [membership] }))
}

fn membership() -> Vec<Case> {
    let as_guest: crate::case::Provoke =
        |desk| Box::pin(async move { sign_in(desk, "farah", &desk.home, ("desktop", PUBLIC), &[]).await });
    vec![
        page(50014, "an invitation that is open", as_guest).stocked(|| guest(&value!({ "isPending": true }))),
        page(500_571, "a guest who is disabled", as_guest)
            .stocked(|| guest(&value!({ "accountEnabled": false }))),
        json(500_571, "invalid_grant", "a guest who was disabled since", |desk| {
            Box::pin(async move {
                let parameters = desk.authorization("desktop", PUBLIC);
                let answer =
                    Browser::new(desk).sign_in(&desk.authorize_url(&desk.home, &parameters), "farah").await;
                let code = answer.returned(PUBLIC)["code"].clone();
                let tokens = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await;
                let id = "2e95b8c4-6d13-4f7a-a0c2-d8164b7f3e90";
                let disable = value!({ "order": "edit", "change": {
                    "edit": "set", "of": "users", "entry": "farah",
                    "members": { "guestIn": [{ "tenant": "northwind", "id": id, "accountEnabled": false }] },
                } });
                order(desk, &disable).await;
                refresh(desk, &desk.home, "desktop", &text(&tokens, "refresh_token"), &[]).await
            })
        })
        .alone(),
        json(500_021, "invalid_grant", "a network that keeps to another tenant", |desk| {
            Box::pin(async move {
                let token = refresh_token(desk, "handheld", "mina").await;
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", desk.client_id("handheld")),
                    ("refresh_token", token.as_str()),
                ];
                desk.token(&desk.home, &form, &[("Restrict-Access-To-Tenants", "fabrikam.example")]).await
            })
        })
        .says(&["Northwind Retail"]),
        page(54000, "somebody too young", |desk| {
            Box::pin(async move { sign_in(desk, "mina", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| {
            let closed =
                with(&Scenario::northwind(), List::Applications, "desktop", &value!({ "blockMinors": true }));
            with(&closed, List::Users, "mina", &value!({ "legalAgeGroup": "Minor" }))
        })
        .says(&["@desktop"]),
    ]
}

fn sessions() -> Vec<Case> {
    vec![
        form(16001, "an account that is not on the list any more", |desk| {
            Box::pin(async move {
                let (mut browser, _) = together(desk, &["mina", "adele"]).await;
                let page = browser.get(&silent(desk, &[("prompt", "select_account")])).await;
                browser.submit(&page, ("login", "theo@northwind.example"), &[]).await
            })
        }),
        redirect(50132, "login_required", LEGACY, "a session whose password has expired", |desk| {
            Box::pin(async move {
                let (mut browser, _) = together(desk, &["mina"]).await;
                let expire = value!({ "order": "edit", "change": { "edit": "set", "of": "users", "entry": "mina",
                    "members": { "passwordExpired": true } } });
                order(desk, &expire).await;
                browser.get(&silent(desk, &[])).await
            })
        })
        .alone(),
        redirect(50133, "login_required", LEGACY, "a session that was revoked", |desk| {
            Box::pin(async move {
                let (mut browser, _) = together(desk, &["mina"]).await;
                order(desk, &value!({ "order": "revokeSessions", "user": "mina" })).await;
                browser.get(&silent(desk, &[])).await
            })
        })
        .alone(),
    ]
}

fn pace() -> Vec<Case> {
    fn switched(policy: &Value) -> Scenario {
        Edit::Policy { members: members(policy) }.apply(&Scenario::northwind()).expect("a scenario")
    }
    vec![
        json(50196, "invalid_grant", "the same over and over", |desk| {
            Box::pin(async move {
                for _ in 0..15 {
                    password(desk, "mina", &[]).await;
                }
                password(desk, "mina", &[]).await
            })
        })
        .stocked(|| switched(&value!({ "loopDetection": true }))),
        json(90055, "temporarily_unavailable", "too many requests", |desk| {
            Box::pin(async move {
                redeem(desk, ("desktop", PUBLIC), &[], &[], &[]).await;
                password(desk, "mina", &[]).await
            })
        })
        .stocked(|| switched(&value!({ "tokenRequestsPerMinute": 1 }))),
    ]
}
