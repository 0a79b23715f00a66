//! What somebody holds and brings along: codes, device codes, refresh tokens, the token of a caller.

use std::time::Duration;

use authwright::provider::scenario::{Scenario, edit::Edit};
use serde_json::json as value;

use crate::{
    case::{Case, form, json},
    desk::{Browser, with},
    walk::{
        NOBODY, ORIGIN, PUBLIC, SPA, WEB, begin, caller, enter, on_behalf, password, poll, redeem, refresh,
        refresh_token, text,
    },
};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

pub fn all() -> Vec<Case> {
    [codes(), devices(), refreshes(), callers()].into_iter().flatten().collect()
}

fn codes() -> Vec<Case> {
    vec![
        json(9_002_313, "invalid_grant", "no code", |desk| {
            Box::pin(async move { redeem(desk, ("desktop", PUBLIC), &[], &[("code", "1.Ax")], &[]).await })
        })
        .suberror("bad_token"),
        json(54005, "invalid_grant", "a code that was used", |desk| {
            Box::pin(async move {
                let code = desk.code("desktop", PUBLIC, &[]).await;
                let form = desk.redemption("desktop", PUBLIC, &code);
                assert_eq!(desk.token(&desk.home, &form, &[]).await.status, 200);
                desk.token(&desk.home, &form, &[]).await
            })
        }),
        json(70000, "invalid_grant", "another's code", |desk| {
            Box::pin(async move {
                redeem(desk, ("desktop", PUBLIC), &[], &[("client_id", desk.client_id("kiosk"))], &[]).await
            })
        }),
        json(70008, "invalid_grant", "a code that is over", |desk| {
            Box::pin(async move {
                let code = desk.code("desktop", PUBLIC, &[]).await;
                desk.lab.move_clock(10 * MINUTE).await;
                desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await
            })
        })
        .alone()
        .says(&["0000Z"]),
        json(700_005, "invalid_grant", "a code at another tenant", |desk| {
            Box::pin(async move {
                let code = desk.code("desktop", PUBLIC, &[]).await;
                desk.token("fabrikam.example", &desk.redemption("desktop", PUBLIC, &code), &[]).await
            })
        }),
        json(700_009, "invalid_request", "no redirect URI", |desk| {
            Box::pin(
                async move { redeem(desk, ("desktop", PUBLIC), &[], &[("redirect_uri", "")], &[]).await },
            )
        }),
        json(500_112, "invalid_client", "another redirect URI", |desk| {
            Box::pin(async move {
                let other = [("redirect_uri", "http://localhost:1")];
                redeem(desk, ("desktop", PUBLIC), &[], &other, &[]).await
            })
        })
        .says(&["http://localhost:1"]),
        json(50148, "invalid_grant", "no verifier", |desk| {
            Box::pin(
                async move { redeem(desk, ("desktop", PUBLIC), &[], &[("code_verifier", "")], &[]).await },
            )
        }),
        json(501_481, "invalid_grant", "another verifier", |desk| {
            Box::pin(async move {
                let wrong = "w".repeat(43);
                redeem(desk, ("desktop", PUBLIC), &[], &[("code_verifier", &wrong)], &[]).await
            })
        }),
        json(501_491, "invalid_grant", "a verifier that is too short", |desk| {
            Box::pin(async move {
                redeem(desk, ("desktop", PUBLIC), &[], &[("code_verifier", "short")], &[]).await
            })
        }),
        json(9_002_326, "invalid_request", "a web application's code from a page", |desk| {
            Box::pin(async move { redeem(desk, ("desktop", PUBLIC), &[], &[], ORIGIN).await })
        }),
    ]
}

fn devices() -> Vec<Case> {
    vec![
        json(70016, "authorization_pending", "nobody has come yet", |desk| {
            Box::pin(async move { poll(desk, &desk.home, &begin(desk).await, &[]).await })
        }),
        json(70016, "slow_down", "polls that come too fast", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                poll(desk, &desk.home, &device, &[]).await;
                poll(desk, &desk.home, &device, &[]).await
            })
        })
        .stocked(|| {
            let members = value!({ "slowDown": true }).as_object().expect("an object").clone();
            Edit::Policy { members }.apply(&Scenario::northwind()).expect("a scenario")
        }),
        json(65004, "authorization_declined", "somebody declined", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                let mut browser = Browser::new(desk);
                let page = enter(desk, &mut browser, device["user_code"].as_str().expect("a code")).await;
                let page = browser.type_password(&page, "mina").await;
                browser.submit(&page, ("action", "cancel"), &[]).await;
                poll(desk, &desk.home, &device, &[]).await
            })
        }),
        json(54005, "invalid_grant", "a device code that was used", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                let mut browser = Browser::new(desk);
                let page = enter(desk, &mut browser, device["user_code"].as_str().expect("a code")).await;
                let page = browser.type_password(&page, "mina").await;
                let page = browser.submit(&page, ("action", "next"), &[]).await;
                browser.submit(&page, ("action", "next"), &[]).await;
                assert_eq!(poll(desk, &desk.home, &device, &[]).await.status, 200);
                poll(desk, &desk.home, &device, &[]).await
            })
        })
        .alone(),
        form(90120, "a code that was typed before", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                let code = device["user_code"].as_str().expect("a code");
                let mut browser = Browser::new(desk);
                let page = enter(desk, &mut browser, code).await;
                let page = browser.type_password(&page, "mina").await;
                browser.submit(&page, ("action", "cancel"), &[]).await;
                enter(desk, &mut browser, code).await
            })
        }),
        form(70018, "a wrong code", |desk| {
            Box::pin(async move { enter(desk, &mut Browser::new(desk), "WRONGCODE").await })
        }),
        form(90119, "no code", |desk| {
            Box::pin(async move { enter(desk, &mut Browser::new(desk), "").await })
        }),
        form(70019, "a code that is over", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                desk.lab.move_clock(15 * MINUTE).await;
                enter(desk, &mut Browser::new(desk), device["user_code"].as_str().expect("a code")).await
            })
        })
        .alone(),
        json(70020, "expired_token", "a device code that is over", |desk| {
            Box::pin(async move {
                let device = begin(desk).await;
                desk.lab.move_clock(15 * MINUTE).await;
                poll(desk, &desk.home, &device, &[]).await
            })
        })
        .alone(),
        json(7_000_014, "invalid_grant", "no device code", |desk| {
            Box::pin(async move {
                poll(desk, &desk.home, &begin(desk).await, &[("device_code", "FAQABIQ")]).await
            })
        })
        .without_uri(),
        json(7_000_012, "invalid_grant", "a device code at another tenant", |desk| {
            Box::pin(async move { poll(desk, "organizations", &begin(desk).await, &[]).await })
        }),
    ]
}

fn refreshes() -> Vec<Case> {
    vec![
        json(70000, "invalid_grant", "a token of the family's outside of it", |desk| {
            Box::pin(async move {
                let token = refresh_token(desk, "family-mail", "mina").await;
                refresh(desk, &desk.home, "handheld", &token, &[]).await
            })
        })
        .suberror("client_mismatch")
        .with(&["error_additional_info"]),
        json(700_082, "invalid_grant", "a token that lay idle for 91 days", |desk| {
            Box::pin(async move {
                let token = refresh_token(desk, "handheld", "mina").await;
                desk.lab.move_clock(91 * DAY).await;
                refresh(desk, &desk.home, "handheld", &token, &[]).await
            })
        })
        .alone()
        .suberror("token_expired")
        .says(&["0000Z"]),
        json(700_084, "invalid_grant", "a single-page application's token after a day", |desk| {
            Box::pin(async move {
                let tokens = redeem(desk, ("storefront", SPA), &[], &[], ORIGIN).await;
                desk.lab.move_clock(DAY).await;
                let token = text(&tokens, "refresh_token");
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", desk.client_id("storefront")),
                    ("refresh_token", token.as_str()),
                ];
                desk.token(&desk.home, &form, ORIGIN).await
            })
        })
        .alone()
        .says(&["0000Z"]),
        json(70043, "invalid_grant", "a sign-in that is too old for a policy", |desk| {
            Box::pin(async move {
                let payments = "api://northwind-payments/Payments.Read offline_access";
                let secret = ("client_secret", desk.secret("admin-portal"));
                let asked = [("scope", payments)];
                let tokens = redeem(desk, ("admin-portal", WEB), &asked, &[secret], &[]).await;
                desk.lab.move_clock(60 * MINUTE).await;
                let token = text(&tokens, "refresh_token");
                refresh(desk, &desk.home, "admin-portal", &token, &[secret, asked[0]]).await
            })
        })
        .alone()
        .suberror("token_expired")
        .without_uri()
        .says(&["0000Z", "3600 s"]),
        json(65001, "invalid_grant", "a permission that nobody granted", |desk| {
            Box::pin(async move {
                let token = refresh_token(desk, "handheld", "mina").await;
                refresh(desk, &desk.home, "handheld", &token, &[("scope", "Mail.Read")]).await
            })
        })
        .suberror("consent_required"),
    ]
}

fn callers() -> Vec<Case> {
    vec![
        json(50027, "invalid_request", "no JWT", |desk| {
            Box::pin(async move { on_behalf(desk, &desk.home, "Bearer", &[]).await })
        }),
        json(90023, "invalid_request", "another use", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                on_behalf(desk, &desk.home, &assertion, &[("requested_token_use", "on-behalf-of")]).await
            })
        })
        .says(&["'on-behalf-of'"]),
        json(50013, "invalid_grant", "a token that only Graph can verify", |desk| {
            Box::pin(async move {
                let token = text(&password(desk, "mina", &[]).await, "access_token");
                on_behalf(desk, &desk.home, &token, &[]).await
            })
        })
        .says(&["[Key used: '"]),
        json(240_002, "invalid_grant", "an ID token", |desk| {
            Box::pin(async move {
                let token = text(&password(desk, "mina", &[]).await, "id_token");
                on_behalf(desk, &desk.home, &token, &[]).await
            })
        }),
        json(500_131, "invalid_grant", "a token for another API", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                let (id, secret) = (desk.client_id("admin-portal"), desk.secret("admin-portal"));
                on_behalf(desk, &desk.home, &assertion, &[("client_id", id), ("client_secret", secret)]).await
            })
        })
        .says(&["@catalog-api", "@admin-portal"]),
        json(7_000_114, "unauthorized_client", "a token of an application", |desk| {
            Box::pin(async move {
                let token = text(&desk.token(&desk.home, &desk.daemon(), &[]).await, "access_token");
                on_behalf(desk, &desk.home, &token, &[]).await
            })
        })
        .says(&["@catalog-api"]),
        json(7_000_012, "invalid_grant", "a token of another tenant", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                on_behalf(desk, "fabrikam.example", &assertion, &[]).await
            })
        }),
        json(500_133, "invalid_grant", "a token that is over", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                desk.lab.move_clock(90 * MINUTE).await;
                on_behalf(desk, &desk.home, &assertion, &[]).await
            })
        })
        .alone()
        .says(&["0000Z", "0000Z"]),
        json(65001, "invalid_grant", "a permission that nobody granted", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                on_behalf(desk, &desk.home, &assertion, &[("scope", "Mail.Read")]).await
            })
        })
        .suberror("consent_required")
        .says(&["@catalog-api", "Northwind Catalog API"]),
        json(700_016, "unauthorized_client", "on behalf of somebody, for nobody", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                let form = with(&[], &[("client_id", NOBODY)]);
                on_behalf(desk, &desk.home, &assertion, &form).await
            })
        })
        .says(&[NOBODY]),
    ]
}
