//! What is wrong with the request itself: tenant, parameters, scopes, redirect URI, the kind of answer.

use authwright::provider::{
    faults::{Endpoint, Fault, FaultKind},
    order::Order,
};

use crate::{
    case::{Case, json, metadata, page, redirect},
    desk::{Answer, CATALOG, Desk, with},
    walk::{ORIGIN, PUBLIC, SPA, VAULT, admin_consent, authorize, daemon, password, password_at, redeem},
};

const CONSENTED: &str = "http://localhost:7085/consented";

pub fn all() -> Vec<Case> {
    [tenants(), parameters(), answers(), scopes(), addresses(), trouble()].into_iter().flatten().collect()
}

fn tenants() -> Vec<Case> {
    vec![
        json(90002, "invalid_tenant", "unknown tenant", |desk| {
            Box::pin(async move { desk.token("nobody.example", &desk.daemon(), &[]).await })
        })
        .says(&["nobody.example"]),
        metadata(90002, "invalid_tenant", "unknown tenant", |desk| {
            Box::pin(async move {
                desk.get(&desk.url("nobody.example/v2.0/.well-known/openid-configuration"), &[]).await
            })
        })
        .says(&["nobody.example"]),
        page(90002, "unknown tenant", |desk| {
            Box::pin(async move { authorize(desk, "nobody.example", &[]).await })
        })
        .says(&["nobody.example"]),
        json(900_023, "invalid_request", "no name of a tenant", |desk| {
            Box::pin(async move { desk.token("token", &desk.daemon(), &[]).await })
        })
        .says(&["'token'"]),
        page(900_021, "admin consent at common", |desk| {
            Box::pin(async move { desk.get(&admin_consent(desk, "common", &[]), &[]).await })
        }),
        json(50194, "invalid_request", "an application of one tenant at common", |desk| {
            Box::pin(async move { desk.token("common", &desk.daemon(), &[]).await })
        })
        .says(&["@inventory-sync", "Northwind Inventory Sync"]),
        json(50059, "invalid_request", "an application by itself, at no tenant in particular", |desk| {
            Box::pin(async move {
                let (id, secret) = (desk.client_id("admin-portal"), desk.secret("admin-portal"));
                let form = with(&desk.daemon(), &[("client_id", id), ("client_secret", secret)]);
                desk.token("common", &form, &[]).await
            })
        }),
        page(9_002_332, "an application for work accounts at consumers", |desk| {
            Box::pin(async move { authorize(desk, "consumers", &[]).await })
        })
        .says(&["@desktop", "Northwind Desktop"]),
        page(9_002_331, "an application for personal accounts in a tenant", |desk| {
            Box::pin(async move {
                authorize(desk, &desk.home, &[("client_id", desk.client_id("wish-list"))]).await
            })
        })
        .says(&["@wish-list", "Northwind Wish List"]),
        json(9_001_023, "invalid_request", "a password at common", |desk| {
            Box::pin(async move { password_at(desk, "common", "mina", &[]).await })
        }),
        metadata(50049, "invalid_instance", "a host that is none of ours", |desk| {
            Box::pin(async move {
                let query = "api-version=1.1&authorization_endpoint=https://evil.example/x";
                desk.get(&desk.url(&format!("common/discovery/instance?{query}")), &[]).await
            })
        }),
        metadata(50050, "invalid_request", "no address", |desk| {
            Box::pin(async move {
                let query = "api-version=1.1&authorization_endpoint=x";
                desk.get(&desk.url(&format!("common/discovery/instance?{query}")), &[]).await
            })
        }),
    ]
}

fn parameters() -> Vec<Case> {
    vec![
        json(900_144, "invalid_request", "no grant type", |desk| {
            Box::pin(async move { daemon(desk, &[("grant_type", "")]).await })
        })
        .says(&["'grant_type'"]),
        redirect(900_144, "invalid_request", PUBLIC, "no response type", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("response_type", "")]).await })
        })
        .says(&["'response_type'"]),
        page(900_144, "no client", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("client_id", "")]).await })
        })
        .says(&["'client_id'"]),
        json(900_561, "invalid_request", "GET where POST belongs", |desk| {
            Box::pin(
                async move { desk.get(&desk.url(&format!("{}/oauth2/v2.0/token", desk.home)), &[]).await },
            )
        })
        .says(&["POST", "GET"]),
        json(9_002_313, "invalid_request", "a broken escape", |desk| {
            Box::pin(async move {
                let url = desk.url(&format!("{}/oauth2/v2.0/token", desk.home));
                desk.post_text(&url, "grant_type=%zz".to_owned(), &[]).await
            })
        }),
        page(9_002_313, "a broken escape", |desk| {
            Box::pin(async move {
                desk.get(&desk.url(&format!("{}/oauth2/v2.0/authorize?client_id=%zz", desk.home)), &[]).await
            })
        }),
        redirect(90100, "invalid_request", PUBLIC, "claims that are no JSON", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("claims", "e30=")]).await })
        }),
        json(9_000_411, "invalid_request", "a parameter twice", |desk| {
            Box::pin(async move {
                let mut form = desk.daemon();
                form.push(("client_id", desk.client_id("kiosk")));
                desk.token(&desk.home, &form, &[]).await
            })
        })
        .says(&["'client_id'"]),
        redirect(9_000_411, "invalid_request", PUBLIC, "a parameter twice", |desk| {
            Box::pin(async move {
                let mut twice = desk.authorization("desktop", PUBLIC);
                twice.push(("scope", "openid"));
                desk.get(&desk.authorize_url(&desk.home, &twice), &[]).await
            })
        })
        .says(&["'scope'"]),
        json(70003, "unsupported_grant_type", "a grant that nobody knows", |desk| {
            Box::pin(async move { daemon(desk, &[("grant_type", "magic")]).await })
        })
        .without_uri()
        .says(&["'magic'"]),
        redirect(90023, "invalid_request", PUBLIC, "a prompt that nobody knows", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("prompt", "maybe")]).await })
        })
        .says(&["'maybe'", "prompt"]),
        redirect(90023, "invalid_request", PUBLIC, "an age that is no number", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("max_age", "soon")]).await })
        })
        .says(&["'soon'", "max_age"]),
        json(9_002_326, "invalid_request", "a secret from a page", |desk| {
            Box::pin(async move { desk.token(&desk.home, &desk.daemon(), ORIGIN).await })
        })
        .says(&["http://localhost:7081"]),
        json(9_002_327, "invalid_request", "a single-page application's code outside of its page", |desk| {
            Box::pin(async move { redeem(desk, ("storefront", SPA), &[], &[], &[]).await })
        }),
    ]
}

fn answers() -> Vec<Case> {
    vec![
        redirect(70005, "unsupported_response_type", PUBLIC, "a kind of answer that nobody knows", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("response_type", "magic")]).await })
        })
        .says(&["'magic'"]),
        redirect(700_054, "unsupported_response_type", PUBLIC, "ID tokens are switched off", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("response_type", "id_token")]).await })
        })
        .says(&["'id_token'"]),
        redirect(700_051, "unsupported_response_type", PUBLIC, "access tokens are switched off", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("response_type", "token")]).await })
        })
        .says(&["'token'"]),
        redirect(70007, "invalid_request", PUBLIC, "a way that nobody knows", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("response_mode", "pigeon")]).await })
        })
        .says(&["'pigeon'"]),
        redirect(50147, "invalid_request", PUBLIC, "a method without its challenge", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("code_challenge", "")]).await })
        }),
        redirect(50149, "invalid_request", PUBLIC, "a method that nobody knows", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("code_challenge_method", "s256")]).await })
        })
        .says(&["'s256'"]),
        redirect(501_491, "invalid_request", PUBLIC, "a challenge that is too short", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("code_challenge", "abc")]).await })
        }),
        redirect(9_002_325, "invalid_request", SPA, "a single-page application without PKCE", |desk| {
            Box::pin(async move {
                let changes = [
                    ("client_id", desk.client_id("storefront")),
                    ("redirect_uri", SPA),
                    ("code_challenge", ""),
                    ("code_challenge_method", ""),
                ];
                authorize(desk, &desk.home, &changes).await
            })
        }),
    ]
}

fn scopes() -> Vec<Case> {
    vec![
        json(70011, "invalid_scope", "two resources", |desk| {
            Box::pin(async move {
                let two = "api://northwind-catalog/.default https://graph.microsoft.com/.default";
                daemon(desk, &[("scope", two)]).await
            })
        }),
        redirect(70011, "invalid_scope", PUBLIC, "everything beside something", |desk| {
            Box::pin(async move {
                authorize(desk, &desk.home, &[("scope", "User.Read api://northwind-catalog/.default")]).await
            })
        }),
        json(1_002_012, "invalid_scope", "a permission by name for an application", |desk| {
            Box::pin(async move { daemon(desk, &[("scope", CATALOG)]).await })
        })
        .says(&[CATALOG]),
        json(500_011, "invalid_resource", "an API that is not there", |desk| {
            Box::pin(async move { daemon(desk, &[("scope", "api://nobody/.default")]).await })
        })
        .says(&["'api://nobody'", "tenant '"]),
        redirect(500_011, "invalid_resource", PUBLIC, "an API that is not there", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("scope", "api://nobody/x")]).await })
        })
        .says(&["'api://nobody'"]),
        redirect(650_053, "invalid_client", PUBLIC, "a permission that is not there", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("scope", "Nothing.Read")]).await })
        })
        .says(&["Northwind Desktop", "Nothing.Read", "@microsoft-graph"]),
        redirect(650_057, "invalid_client", PUBLIC, "an API that the registration does not list", |desk| {
            Box::pin(async move {
                authorize(desk, &desk.home, &[("scope", "api://northwind-payments/Payments.Read")]).await
            })
        })
        .without_uri()
        .says(&["@desktop", "Northwind Desktop", "api://northwind-payments", "@payments-api"]),
        json(9_010_010, "invalid_target", "a resource that does not own the scopes", |desk| {
            Box::pin(async move { daemon(desk, &[("resource", "https://graph.microsoft.com")]).await })
        }),
        json(28000, "invalid_request", "two resources for one token", |desk| {
            Box::pin(async move { password(desk, "mina", &[("scope", &format!("User.Read {VAULT}"))]).await })
        })
        .says(&["User.Read", VAULT]),
        json(28003, "invalid_scope", "an empty scope beside a code", |desk| {
            Box::pin(async move {
                let code = desk.code("desktop", PUBLIC, &[]).await;
                let mut form = desk.redemption("desktop", PUBLIC, &code);
                form.push(("scope", ""));
                desk.token(&desk.home, &form, &[]).await
            })
        }),
        redirect(1_003_031, "access_denied", PUBLIC, "a registration that lists nothing", |desk| {
            Box::pin(async move {
                let changes = [("client_id", desk.client_id("empty-shelf")), ("redirect_uri", PUBLIC)];
                desk.get(&admin_consent(desk, &desk.home, &changes), &[]).await
            })
        })
        .with(&["admin_consent"]),
        redirect(500_011, "invalid_resource", CONSENTED, "consent to an API that is not there", |desk| {
            Box::pin(async move {
                desk.get(&admin_consent(desk, &desk.home, &[("scope", "api://nobody/.default")]), &[]).await
            })
        })
        .with(&["admin_consent"]),
    ]
}

fn addresses() -> Vec<Case> {
    vec![
        page(50011, "an address that is not registered", |desk| {
            Box::pin(async move {
                authorize(desk, &desk.home, &[("redirect_uri", "https://evil.example/")]).await
            })
        })
        .says(&["https://evil.example/", "@desktop"]),
        page(90102, "no address", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("redirect_uri", "/signin")]).await })
        }),
        page(500_113, "no address registered", |desk| {
            Box::pin(async move {
                authorize(desk, &desk.home, &[("client_id", desk.client_id("inventory-sync"))]).await
            })
        }),
        page(900_971, "an empty address", |desk| {
            Box::pin(async move {
                let mut empty = with(&desk.authorization("desktop", PUBLIC), &[("redirect_uri", "")]);
                empty.push(("redirect_uri", ""));
                desk.get(&desk.authorize_url(&desk.home, &empty), &[]).await
            })
        }),
    ]
}

/// A right request to a token endpoint that is in trouble.
async fn in_trouble(desk: &Desk, kind: FaultKind) -> Answer {
    let fault = Fault { endpoint: Endpoint::Token, kind, requests: Some(1) };
    desk.lab.carry_out(&Order::Fault { fault }).await.expect("it can be switched on");
    daemon(desk, &[]).await
}

fn trouble() -> Vec<Case> {
    vec![
        json(90055, "temporarily_unavailable", "too many requests", |desk| {
            Box::pin(async move {
                let answer = in_trouble(desk, FaultKind::TooManyRequests { retry_after: 7 }).await;
                assert_eq!(answer.header("retry-after"), "7");
                answer
            })
        })
        .alone()
        .status(429),
        json(90036, "server_error", "a directory that fails", |desk| {
            Box::pin(async move { in_trouble(desk, FaultKind::ServerError).await })
        })
        .alone()
        .status(500),
    ]
}
