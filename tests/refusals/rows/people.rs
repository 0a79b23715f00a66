//! Who signs in, and whether they may: accounts, passwords, the second factor, policies, sessions, consent.

use std::time::Duration;

use authwright::provider::scenario::{
    Scenario,
    edit::{Edit, List},
};
use serde_json::json as value;

use crate::{
    case::{Case, farewell, form, json, page, redirect},
    desk::{Browser, CATALOG},
    walk::{
        LEGACY, PUBLIC, VAULT, WEB, address, admin_consent, authorize, begin, daemon, enter, password,
        password_at, refresh, refresh_token, sign_in, silent, text, together, type_in,
    },
};

const CONSENTED: &str = "http://localhost:7085/consented";
const REPORTS: &str = "http://localhost:7083/signin-oidc";
const CHALLENGE: &[&str] = &["claims"];

pub fn all() -> Vec<Case> {
    [accounts(), strangers(), policies(), sessions(), consent()].into_iter().flatten().collect()
}

fn accounts() -> Vec<Case> {
    vec![
        json(50034, "invalid_grant", "nobody of that name", |desk| {
            Box::pin(async move { password(desk, "mina", &[("username", "nobody@northwind.example")]).await })
        })
        .says(&["{EmailHidden}", "Northwind Retail"]),
        form(50034, "nobody of that name", |desk| {
            Box::pin(async move { type_in(desk, "nobody@northwind.example", "x").await })
        }),
        json(50126, "invalid_grant", "a wrong password", |desk| {
            Box::pin(async move { password(desk, "adele", &[("password", "wrong")]).await })
        }),
        form(50126, "a wrong password", |desk| {
            Box::pin(async move { type_in(desk, "adele@northwind.example", "wrong").await })
        }),
        json(50056, "invalid_grant", "an empty password", |desk| {
            Box::pin(async move {
                let user = desk.scenario.user("mina").expect("somebody");
                let form = [
                    ("grant_type", "password"),
                    ("client_id", desk.client_id("handheld")),
                    ("username", user.user_principal_name.as_str()),
                    ("password", ""),
                    ("scope", "openid"),
                ];
                desk.token("organizations", &form, &[]).await
            })
        }),
        form(50056, "an empty password", |desk| {
            Box::pin(async move { type_in(desk, "mina@northwind.example", "").await })
        }),
        json(50057, "invalid_grant", "an account that is switched off", |desk| {
            Box::pin(async move { password(desk, "bruno", &[]).await })
        }),
        form(50057, "an account that is switched off", |desk| {
            Box::pin(async move { type_in(desk, "bruno@northwind.example", "lab-Bruno-1").await })
        }),
        json(50055, "invalid_grant", "a password that is out of date", |desk| {
            Box::pin(async move { password(desk, "petra", &[]).await })
        })
        .suberror("user_password_expired"),
        json(50053, "invalid_grant", "an account that is locked", |desk| {
            Box::pin(async move { password(desk, "luis", &[]).await })
        }),
        json(50053, "invalid_grant", "ten wrong passwords", |desk| {
            Box::pin(async move {
                for _ in 0..10 {
                    password(desk, "mina", &[("password", "wrong")]).await;
                }
                password(desk, "mina", &[]).await
            })
        })
        .alone(),
        form(500_121, "a wrong code", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                let page = browser.get(&address(desk, &[])).await;
                let page = browser.type_password(&page, "theo").await;
                browser.submit(&page, ("action", "next"), &[("otc", "000000")]).await
            })
        }),
    ]
}

/// Northwind with payments for Mina alone, where a password is enough to ask for them.
fn assigned_to_one() -> Scenario {
    let northwind = Scenario::northwind();
    let grants = value!([
        { "resource": "microsoft-graph", "scopes": ["openid", "profile", "offline_access", "User.Read"] },
        { "resource": "payments-api", "scopes": ["Payments.Read"] },
    ]);
    let granted = Edit::set(List::Applications, "handheld", "oauth2PermissionGrants", grants);
    let assigned = Edit::set(List::Applications, "payments-api", "assignedUsers", value!(["mina"]));
    let required = value!([
        { "resource": "microsoft-graph", "scopes": ["User.Read"] },
        { "resource": "payments-api", "scopes": ["Payments.Read"] },
    ]);
    let listed = Edit::set(List::Applications, "handheld", "requiredResourceAccess", required);
    [granted, assigned, listed]
        .iter()
        .fold(northwind, |scenario, edit| edit.apply(&scenario).expect("a scenario"))
}

fn strangers() -> Vec<Case> {
    vec![
        page(50020, "somebody of another tenant", |desk| {
            Box::pin(async move { sign_in(desk, "ines", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .says(&["ines@fabrikam.example", "Fabrikam Supplies", "@desktop", "Northwind Desktop"]),
        redirect(50020, "access_denied", CONSENTED, "a personal account that consents", |desk| {
            Box::pin(
                async move { Browser::new(desk).sign_in(&admin_consent(desk, &desk.home, &[]), "pia").await },
            )
        })
        .with(&["admin_consent"]),
        json(50020, "invalid_grant", "a refresh token at a tenant that invited nobody", |desk| {
            Box::pin(async move {
                let token = refresh_token(desk, "family-mail", "mina").await;
                refresh(desk, "fabrikam.example", "family-mail", &token, &[]).await
            })
        })
        .says(&[
            "{EmailHidden}",
            "Northwind Retail",
            "Fabrikam Supplies",
            "@family-mail",
            "Lab Mail",
        ]),
        page(500_208, "a personal account at an application for work", |desk| {
            Box::pin(async move { sign_in(desk, "pia", "common", ("desktop", PUBLIC), &[]).await })
        })
        .says(&["pia@personal.example", "@desktop"]),
        redirect(50105, "interaction_required", REPORTS, "somebody who is not assigned", |desk| {
            Box::pin(async move { sign_in(desk, "mina", &desk.home, ("store-reports", REPORTS), &[]).await })
        })
        .says(&["{EmailHidden}", "@store-reports", "Northwind Store Reports"]),
        json(50105, "invalid_grant", "somebody who is not assigned to the API", |desk| {
            Box::pin(async move {
                let payments = [("scope", "api://northwind-payments/Payments.Read")];
                password(desk, "adele", &payments).await
            })
        })
        .stocked(assigned_to_one)
        .says(&["{EmailHidden}", "@payments-api", "Northwind Payments API"]),
        redirect(
            650_052,
            "invalid_client",
            PUBLIC,
            "an API that the person's tenant does not have",
            |desk| {
                Box::pin(async move {
                    sign_in(desk, "farah", "common", ("desktop", PUBLIC), &[("scope", CATALOG)]).await
                })
            },
        )
        .says(&["@desktop", "@catalog-api", "Northwind Catalog API", "#fabrikam"]),
    ]
}

/// Northwind with a policy of this control about the desktop application.
fn with_policy(control: &str) -> Scenario {
    let policy = value!({
        "id": "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b",
        "displayName": "Desktop",
        "includeUsers": ["All"],
        "includeApplications": ["desktop"],
        "builtInControls": [control],
    });
    let entry = policy.as_object().expect("an object").clone();
    let add = Edit::Add { to: List::ConditionalAccessPolicies, entry };
    add.apply(&Scenario::northwind()).expect("a scenario")
}

fn policies() -> Vec<Case> {
    const VAULT_POLICY: &str = r#"{"access_token":{"capolids":{"essential":true,"values":["3d0c8f1e-7b62-4a95-8e40-c1f7d96b2a53"]}}}"#;
    vec![
        json(50076, "invalid_grant", "a second factor is owed", |desk| {
            Box::pin(async move { password(desk, "theo", &[]).await })
        })
        .suberror("basic_action")
        .says(&["@microsoft-graph"]),
        json(50076, "invalid_grant", "a policy about the API asks for one", |desk| {
            Box::pin(async move {
                let token = refresh_token(desk, "handheld", "mina").await;
                refresh(desk, &desk.home, "handheld", &token, &[("scope", VAULT)]).await
            })
        })
        .suberror("basic_action")
        .with(CHALLENGE)
        .says(&["@key-vault"]),
        redirect(50076, "interaction_required", PUBLIC, "and no page may be shown", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                let page = browser.get(&address(desk, &[])).await;
                browser.type_password(&page, "theo").await;
                browser.get(&address(desk, &[("prompt", "none")])).await
            })
        })
        .suberror("basic_action"),
        redirect(50079, "interaction_required", PUBLIC, "nothing registered to give", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                browser.sign_in(&address(desk, &[]), "adele").await;
                browser.get(&address(desk, &[("prompt", "none"), ("claims", VAULT_POLICY)])).await
            })
        })
        .suberror("basic_action")
        .with(CHALLENGE)
        .says(&["@microsoft-graph"]),
        page(53000, "an unmanaged device", |desk| {
            Box::pin(async move { sign_in(desk, "mina", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| with_policy("compliantDevice")),
        redirect(53000, "interaction_required", PUBLIC, "and no page may be shown", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                browser.sign_in(&address(desk, &[]), "mina").await;
                browser.get(&address(desk, &[("prompt", "none")])).await
            })
        })
        .stocked(|| with_policy("compliantDevice"))
        .suberror("message_only")
        .with(CHALLENGE),
        page(53003, "a policy that blocks", |desk| {
            Box::pin(async move { sign_in(desk, "mina", &desk.home, ("desktop", PUBLIC), &[]).await })
        })
        .stocked(|| with_policy("block")),
        json(53003, "invalid_grant", "a policy that blocks an application", |desk| {
            Box::pin(async move {
                let (id, secret) = (desk.client_id("stock-robot"), desk.secret("stock-robot"));
                let scope = ("scope", "https://graph.microsoft.com/.default");
                daemon(desk, &[("client_id", id), ("client_secret", secret), scope]).await
            })
        })
        .suberror("message_only")
        .with(CHALLENGE),
    ]
}

fn sessions() -> Vec<Case> {
    vec![
        redirect(50058, "login_required", PUBLIC, "nobody is there", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("prompt", "none")]).await })
        }),
        redirect(16000, "interaction_required", LEGACY, "several are there", |desk| {
            Box::pin(async move {
                let (mut browser, _) = together(desk, &["mina", "adele"]).await;
                browser.get(&silent(desk, &[])).await
            })
        })
        .says(&["@legacy-portal", "Northwind Legacy Portal"]),
        redirect(16002, "interaction_required", LEGACY, "the session is another's", |desk| {
            Box::pin(async move {
                let (mut browser, tokens) = together(desk, &["mina", "adele"]).await;
                let sid = tokens[0]["sid"].as_str().expect("it is there");
                let hint = tokens[1]["login_hint"].as_str().expect("it is there");
                browser.get(&silent(desk, &[("sid", sid), ("login_hint", hint)])).await
            })
        }),
        redirect(160_021, "interaction_required", LEGACY, "the session is not there", |desk| {
            Box::pin(async move {
                let (mut browser, _) = together(desk, &["mina"]).await;
                browser.get(&silent(desk, &[("sid", "1c0f6d1e-4f5a-4b41-9f0a-3f1f3a0b9f77")])).await
            })
        }),
        redirect(70044, "interaction_required", WEB, "the session is too old for a policy", |desk| {
            Box::pin(async move {
                let asked = [("scope", "openid api://northwind-payments/Payments.Read")];
                let parameters = crate::desk::with(&desk.authorization("admin-portal", WEB), &asked);
                let mut browser = Browser::new(desk);
                browser.sign_in(&desk.authorize_url(&desk.home, &parameters), "adele").await;
                desk.lab.move_clock(Duration::from_secs(3601)).await;
                let silent = crate::desk::with(&parameters, &[("prompt", "none")]);
                browser.get(&desk.authorize_url(&desk.home, &silent)).await
            })
        })
        .alone(),
        page(50089, "a page that is over", |desk| {
            Box::pin(async move {
                let page = Browser::new(desk).get(&address(desk, &[])).await;
                let mut stranger = Browser::new(desk);
                stranger.get(&address(desk, &[])).await;
                stranger.type_password(&page, "mina").await
            })
        }),
        page(50061, "a hint that is no token", |desk| {
            Box::pin(async move {
                let path = format!("{}/oauth2/v2.0/logout?id_token_hint=adele", desk.home);
                desk.get(&desk.url(&path), &[]).await
            })
        }),
    ]
}

fn consent() -> Vec<Case> {
    vec![
        json(65001, "invalid_grant", "nobody consented", |desk| {
            Box::pin(async move { password(desk, "mina", &[("scope", "Mail.Read")]).await })
        })
        .suberror("consent_required")
        .says(&["@handheld", "Northwind Handheld"]),
        redirect(65001, "interaction_required", LEGACY, "and no page may be shown", |desk| {
            Box::pin(async move {
                let (mut browser, _) = together(desk, &["mina"]).await;
                browser.get(&silent(desk, &[("scope", "openid Mail.Read")])).await
            })
        })
        .suberror("consent_required")
        .says(&["@legacy-portal", "Northwind Legacy Portal"]),
        redirect(65004, "access_denied", PUBLIC, "somebody declines", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                let page = browser.get(&address(desk, &[("prompt", "consent")])).await;
                let page = browser.type_password(&page, "mina").await;
                browser.submit(&page, ("action", "cancel"), &[]).await
            })
        })
        .with(&["error_subcode"]),
        farewell(65004, "somebody declines beside a device", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                let mut browser = Browser::new(desk);
                let page = enter(desk, &mut browser, device["user_code"].as_str().expect("a code")).await;
                let page = browser.type_password(&page, "mina").await;
                browser.submit(&page, ("action", "cancel"), &[]).await
            })
        }),
        page(90094, "only an administrator can consent", |desk| {
            Box::pin(async move {
                let changes = [("scope", "openid User.Read.All")];
                sign_in(desk, "mina", &desk.home, ("staff-directory", PUBLIC), &changes).await
            })
        }),
        redirect(90094, "consent_required", PUBLIC, "and no page may be shown", |desk| {
            Box::pin(async move {
                let mut browser = Browser::new(desk);
                browser.sign_in(&address(desk, &[]), "mina").await;
                let asked = [("scope", "openid User.Read.All"), ("prompt", "none")];
                let parameters = crate::desk::with(&desk.authorization("staff-directory", PUBLIC), &asked);
                browser.get(&desk.authorize_url(&desk.home, &parameters)).await
            })
        }),
        json(50173, "invalid_grant", "somebody ended every session", |desk| {
            Box::pin(async move {
                let scope = "openid offline_access User.RevokeSessions.All";
                let answer =
                    sign_in(desk, "adele", &desk.home, ("desktop", PUBLIC), &[("scope", scope)]).await;
                let code = answer.returned(PUBLIC)["code"].clone();
                let tokens = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await;
                let header = format!("Bearer {}", text(&tokens, "access_token"));
                desk.lab.move_clock(Duration::from_secs(60)).await;
                let url = desk.url("v1.0/me/revokeSignInSessions");
                let revoked = desk.post(&url, &[], &[("authorization", &header)]).await;
                assert_eq!(revoked.status, 200, "{revoked:?}");
                refresh(desk, &desk.home, "desktop", &text(&tokens, "refresh_token"), &[]).await
            })
        })
        .alone()
        .suberror("bad_token")
        .says(&["0000Z'", "0000Z'"]),
        json(9_001_023, "invalid_request", "a password at consumers", |desk| {
            Box::pin(async move { password_at(desk, "consumers", "mina", &[]).await })
        }),
    ]
}
