//! Who the application is, and how it proves it: ids, secrets, certificates, tokens of other issuers.

use std::time::Duration;

use authwright::provider::scenario::Scenario;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json as value};

use crate::{
    assertion::{ask, bent, identity, made, now, pipeline, unregistered, x5t},
    case::{Case, json, page},
    desk::{Desk, with},
    walk::{NOBODY, PUBLIC, WEB, authorize, caller, daemon, on_behalf, password, redeem},
};

const EXCHANGE: &str = "audience=api://AzureADTokenExchange";
const DAY: Duration = Duration::from_secs(86_400);

pub fn all() -> Vec<Case> {
    [registrations(), secrets(), certificates(), federation()].into_iter().flatten().collect()
}

fn registrations() -> Vec<Case> {
    vec![
        json(700_016, "unauthorized_client", "an application that nobody registered", |desk| {
            Box::pin(async move { daemon(desk, &[("client_id", NOBODY)]).await })
        })
        .says(&[NOBODY, "Northwind Retail"]),
        page(700_016, "an application of another tenant", |desk| {
            Box::pin(async move {
                authorize(desk, "fabrikam.example", &[("client_id", desk.client_id("staff-directory"))]).await
            })
        })
        .says(&["@staff-directory"]),
        json(700_038, "unauthorized_client", "no id of an application", |desk| {
            Box::pin(async move { daemon(desk, &[("client_id", "me")]).await })
        })
        .without_uri()
        .says(&["'me'"]),
        json(7_000_112, "unauthorized_client", "an application that is switched off", |desk| {
            Box::pin(async move {
                let (id, secret) = (desk.client_id("price-tags"), desk.secret("price-tags"));
                daemon(desk, &[("client_id", id), ("client_secret", secret)]).await
            })
        })
        .says(&["@price-tags", "Northwind Price Tags"]),
        json(7_000_229, "invalid_client", "an application that nobody brought into the tenant", |desk| {
            Box::pin(async move {
                let (id, secret) = (desk.client_id("admin-portal"), desk.secret("admin-portal"));
                let form = with(&desk.daemon(), &[("client_id", id), ("client_secret", secret)]);
                desk.token("fabrikam.example", &form, &[]).await
            })
        })
        .says(&["@admin-portal", "#fabrikam"]),
        json(501_051, "invalid_grant", "an application without a role where one is needed", |desk| {
            Box::pin(async move { daemon(desk, &[("scope", "api://northwind-payments/.default")]).await })
        })
        .says(&[
            "@inventory-sync",
            "Northwind Inventory Sync",
            "@payments-api",
            "Northwind Payments API",
        ]),
        json(7_000_110, "invalid_request", "two applications in one request", |desk| {
            Box::pin(async move {
                let pair = format!("{}:{}", desk.client_id("admin-portal"), desk.secret("admin-portal"));
                let header = format!("Basic {}", STANDARD.encode(pair));
                desk.token(&desk.home, &desk.daemon(), &[("authorization", &header)]).await
            })
        })
        .says(&["@admin-portal", "@inventory-sync"]),
    ]
}

fn secrets() -> Vec<Case> {
    vec![
        json(7_000_215, "invalid_client", "a wrong secret", |desk| {
            Box::pin(async move { daemon(desk, &[("client_secret", "wrong")]).await })
        })
        .says(&["@inventory-sync"]),
        json(7_000_222, "invalid_client", "a secret that has ended", |desk| {
            Box::pin(async move {
                let secret = ("client_secret", "lab~store-reports~expired");
                daemon(desk, &[("client_id", desk.client_id("store-reports")), secret]).await
            })
        })
        .says(&["@store-reports"]),
        json(7_000_216, "invalid_client", "an application that proves nothing", |desk| {
            Box::pin(async move { daemon(desk, &[("client_secret", "")]).await })
        }),
        json(7_000_218, "invalid_client", "a web application that proves nothing", |desk| {
            Box::pin(async move { redeem(desk, ("admin-portal", WEB), &[], &[], &[]).await })
        }),
        json(7_000_219, "invalid_client", "an API that proves nothing", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                on_behalf(desk, &desk.home, &assertion, &[("client_secret", "")]).await
            })
        }),
        json(700_025, "invalid_client", "a public client with a secret", |desk| {
            Box::pin(async move { password(desk, "mina", &[("client_secret", "x")]).await })
        }),
    ]
}

fn certificates() -> Vec<Case> {
    vec![
        json(50027, "invalid_client", "no JWT", |desk| {
            Box::pin(async move { ask(desk, "price-feed", "x").await })
        }),
        json(50027, "invalid_client", "no thumbprint", |desk| {
            Box::pin(async move {
                let assertion = made(desk, |_, header, _| header["x5t#S256"] = Value::Null).await;
                ask(desk, "price-feed", &assertion).await
            })
        }),
        json(50027, "invalid_client", "the same again", |desk| {
            Box::pin(async move {
                let assertion = made(desk, |_, _, _| ()).await;
                assert_eq!(ask(desk, "price-feed", &assertion).await.status, 200);
                ask(desk, "price-feed", &assertion).await
            })
        })
        .says(&["'jti'"]),
        json(50048, "invalid_client", "another subject", |desk| {
            Box::pin(async move {
                let other =
                    made(desk, |desk, _, claims| claims["sub"] = desk.client_id("inventory-sync").into())
                        .await;
                ask(desk, "price-feed", &other).await
            })
        }),
        json(700_021, "invalid_client", "another application", |desk| {
            Box::pin(async move {
                let other = made(desk, |desk, _, claims| {
                    claims["iss"] = desk.client_id("inventory-sync").into();
                    claims["sub"] = desk.client_id("inventory-sync").into();
                })
                .await;
                ask(desk, "price-feed", &other).await
            })
        }),
        json(700_023, "invalid_client", "another audience", |desk| {
            Box::pin(async move {
                let other =
                    made(desk, |_, _, claims| claims["aud"] = "https://login.example/x/v2.0".into()).await;
                ask(desk, "price-feed", &other).await
            })
        }),
        json(700_024, "invalid_client", "an assertion that is over", |desk| {
            Box::pin(async move {
                let over = made(desk, |_, _, claims| claims["exp"] = value!(now() - 600)).await;
                ask(desk, "price-feed", &over).await
            })
        }),
        json(700_027, "invalid_client", "a certificate that nobody registered", |desk| {
            Box::pin(async move { ask(desk, "price-feed", &unregistered(desk, |_, _, _| ())).await })
        })
        .alone()
        .says(&["humbprint", "@price-feed"]),
        json(5_002_730, "invalid_client", "PS256 beside a SHA-1 thumbprint", |desk| {
            Box::pin(async move {
                let old = made(desk, |_, header, _| {
                    header["x5t#S256"] = Value::Null;
                    header["x5t"] = x5t().into();
                })
                .await;
                ask(desk, "price-feed", &old).await
            })
        }),
        json(1_000_502, "invalid_client", "a certificate that has ended", |desk| {
            Box::pin(async move {
                let long = made(desk, |_, _, claims| claims["exp"] = value!(now() + 4_000_000)).await;
                desk.lab.move_clock(31 * DAY).await;
                ask(desk, "price-feed", &long).await
            })
        })
        .alone(),
        json(700_025, "invalid_client", "a public client with an assertion", |desk| {
            Box::pin(async move {
                let assertion = made(desk, |_, _, _| ()).await;
                let changes = [
                    ("client_assertion_type", crate::assertion::JWT_BEARER),
                    ("client_assertion", assertion.as_str()),
                ];
                redeem(desk, ("desktop", PUBLIC), &[], &changes, &[]).await
            })
        }),
    ]
}

/// Northwind with a trusted issuer whose keys are told to nobody.
fn keys_unknown() -> Scenario {
    let northwind = include_str!("../../../src/provider/northwind.toml");
    let trusting =
        northwind.replacen("issuer = \"{lab}/pipeline\"", "issuer = \"https://tokens.example\"", 1);
    Scenario::parse(&trusting).expect("a scenario")
}

/// Mina's `sub` at the catalog API, the same in every lab: it is made of ids alone.
const MINA: &str = "8hzJRttZc_CZLUAXcO4HN6R7wHt-H1w1763NIFHpaWg";

/// Northwind with a person where the pipeline should trust a managed identity.
fn person_trusted() -> Scenario {
    let northwind = include_str!("../../../src/provider/northwind.toml");
    let identity =
        r#"subject = "d2f4093b-7c5e-4ab8-8f61-0e9b7a3c15d8", audiences = ["api://AzureADTokenExchange"]"#;
    assert!(northwind.contains(identity));
    let person = format!(r#"subject = "{MINA}", audiences = ["api://northwind-catalog"]"#);
    Scenario::parse(&northwind.replacen(identity, &person, 1)).expect("a scenario")
}

async fn bent_token(desk: &Desk, change: fn(&mut Value, &mut Value)) -> String {
    bent(&pipeline(desk, EXCHANGE).await, change)
}

fn federation() -> Vec<Case> {
    vec![
        json(70021, "invalid_client", "an application that trusts no other issuer", |desk| {
            Box::pin(async move { ask(desk, "price-feed", &pipeline(desk, EXCHANGE).await).await })
        })
        .says(&[
            "/pipeline",
            "repo:northwind/inventory:ref:refs/heads/main",
            "api://AzureADTokenExchange",
        ]),
        json(700_211, "invalid_client", "another issuer", |desk| {
            Box::pin(async move {
                let foreign =
                    bent_token(desk, |_, claims| claims["iss"] = value!("https://tokens.example")).await;
                ask(desk, "pipeline", &foreign).await
            })
        })
        .says(&["https://tokens.example"]),
        json(700_212, "invalid_client", "another audience", |desk| {
            Box::pin(async move { ask(desk, "pipeline", &pipeline(desk, "").await).await })
        }),
        json(700_213, "invalid_client", "another branch", |desk| {
            Box::pin(async move {
                let query = format!("{EXCHANGE}&subject=repo:northwind/inventory:ref:refs/heads/next");
                ask(desk, "pipeline", &pipeline(desk, &query).await).await
            })
        })
        .says(&["repo:northwind/inventory:ref:refs/heads/next"]),
        json(7_002_138, "invalid_client", "the branch in other letters", |desk| {
            Box::pin(async move {
                let query = format!("{EXCHANGE}&subject=repo:Northwind/inventory:ref:refs/heads/main");
                ask(desk, "pipeline", &pipeline(desk, &query).await).await
            })
        })
        .says(&["repo:Northwind/inventory:ref:refs/heads/main"]),
        json(7_002_137, "invalid_client", "another managed identity", |desk| {
            Box::pin(async move {
                let other = identity(desk, "warehouse-vm", "api://AzureADTokenExchange").await;
                ask(desk, "pipeline", &other).await
            })
        })
        .says(&["1f95d6c8-b03a-47e2-9d74-5a8ce260f7b1", "d2f4093b-7c5e-4ab8-8f61-0e9b7a3c15d8"]),
        json(50013, "invalid_client", "a signature of something else", |desk| {
            Box::pin(async move {
                let longer = bent_token(desk, |_, claims| claims["exp"] = value!(now() + 9999)).await;
                ask(desk, "pipeline", &longer).await
            })
        })
        .says(&["[Key used: '"]),
        json(7_000_272, "invalid_client", "a key that the issuer does not publish", |desk| {
            Box::pin(async move {
                let unknown = bent_token(desk, |header, _| header["kid"] = value!("nobody's")).await;
                ask(desk, "pipeline", &unknown).await
            })
        })
        .says(&["/pipeline", "nobody's"]),
        json(90061, "invalid_request", "an issuer whose keys cannot be had", |desk| {
            Box::pin(async move {
                let foreign =
                    bent_token(desk, |_, claims| claims["iss"] = value!("https://tokens.example")).await;
                ask(desk, "pipeline", &foreign).await
            })
        })
        .stocked(keys_unknown)
        .says(&["https://tokens.example"]),
        json(700_229, "invalid_client", "a person's token in place of a secret", |desk| {
            Box::pin(async move { ask(desk, "pipeline", &caller(desk).await).await })
        })
        .stocked(person_trusted),
    ]
}
