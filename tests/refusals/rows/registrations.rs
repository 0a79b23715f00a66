//! States that no request can mend: of tenants, registrations, resources and the tenant's policy about consent; and the
//! endpoints of version 1.

use authwright::provider::scenario::{
    Scenario,
    edit::{Edit, List},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json as value};

use crate::{
    case::{Case, form, json, page, redirect},
    desk::{Answer, Browser, CATALOG, Desk, STATE, with},
    walk::{PUBLIC, authorize, caller, daemon, sign_in, text},
};

pub fn all() -> Vec<Case> {
    [tenants(), registrations(), shapes(), consent(), version_1()].into_iter().flatten().collect()
}

/// Northwind with members of one entry set.
fn set(list: List, entry: &str, members: &Value) -> Scenario {
    let members = members.as_object().expect("an object").clone();
    let edit = Edit::Set { of: list, entry: entry.to_owned(), members };
    edit.apply(&Scenario::northwind()).expect("it fits")
}

/// Northwind with members of its policy set.
fn policy(members: &Value) -> Scenario {
    let members = members.as_object().expect("an object").clone();
    Edit::Policy { members }.apply(&Scenario::northwind()).expect("it fits")
}

fn tenants() -> Vec<Case> {
    vec![
        json(90038, "invalid_request", "a tenant of another cloud", |desk| {
            Box::pin(async move { daemon(desk, &[]).await })
        })
        .stocked(|| {
            set(List::Tenants, "northwind", &value!({ "nationalCloud": "login.microsoftonline.us" }))
        }),
        json(5_000_225, "invalid_request", "a tenant that nobody uses", |desk| {
            Box::pin(async move { daemon(desk, &[]).await })
        })
        .stocked(|| set(List::Tenants, "northwind", &value!({ "blocked": "inactivity" }))),
        json(5_000_224, "invalid_request", "a tenant that broke the terms", |desk| {
            Box::pin(async move { daemon(desk, &[]).await })
        })
        .stocked(|| set(List::Tenants, "northwind", &value!({ "blocked": "abuse" }))),
        page(5_000_224, "a tenant that broke the terms", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[]).await })
        })
        .stocked(|| set(List::Tenants, "northwind", &value!({ "blocked": "abuse" }))),
    ]
}

const CLOSED: &str = "DisabledDueToViolationOfServicesAgreement";

/// Stock Robot asks for payments, of which it has a role.
async fn payments(desk: &Desk, scope: &str) -> Answer {
    let (id, secret) = (desk.client_id("stock-robot"), desk.secret("stock-robot"));
    daemon(desk, &[("client_id", id), ("client_secret", secret), ("scope", scope)]).await
}

fn registrations() -> Vec<Case> {
    vec![
        json(1_000_031, "unauthorized_client", "an application that Microsoft closed", |desk| {
            Box::pin(async move { daemon(desk, &[]).await })
        })
        .stocked(|| {
            let status = value!({ "disabledByMicrosoftStatus": CLOSED });
            set(List::Applications, "inventory-sync", &status)
        }),
        json(500_014, "invalid_resource", "an API that is switched off", |desk| {
            Box::pin(async move { daemon(desk, &[]).await })
        })
        .stocked(|| set(List::Applications, "catalog-api", &value!({ "isDisabled": true })))
        .says(&["api://northwind-catalog"]),
        redirect(500_014, "invalid_resource", PUBLIC, "an API that is switched off", |desk| {
            Box::pin(async move { authorize(desk, &desk.home, &[("scope", CATALOG)]).await })
        })
        .stocked(|| set(List::Applications, "catalog-api", &value!({ "isDisabled": true }))),
        json(50146, "invalid_request", "claims that are changed without leave", |desk| {
            Box::pin(async move { payments(desk, "api://northwind-payments/.default").await })
        })
        .stocked(|| {
            let mapped = value!({ "claimsMappingPolicies": ["shorter names"] });
            set(List::Applications, "payments-api", &mapped)
        })
        .says(&["@payments-api"]),
        json(501_461, "invalid_request", "claims that are changed for a name of nobody's", |desk| {
            Box::pin(async move { payments(desk, "api://northwind-payments/.default").await })
        })
        .stocked(|| {
            let mapped = value!({
                "claimsMappingPolicies": ["shorter names"],
                "api": { "acceptMappedClaims": true, "requestedAccessTokenVersion": null },
            });
            set(List::Applications, "payments-api", &mapped)
        })
        .says(&["'api://northwind-payments'"]),
        page(90124, "an API for work accounts where personal ones may come", |desk| {
            Box::pin(async move {
                let vault = [("scope", "https://vault.azure.net/user_impersonation")];
                let parameters = with(&desk.authorization("gift-cards", PUBLIC), &vault);
                desk.get(&desk.authorize_url("common", &parameters), &[]).await
            })
        })
        .stocked(|| {
            let listed = value!({ "requiredResourceAccess": [
                { "resource": "microsoft-graph", "scopes": ["User.Read"] },
                { "resource": "key-vault", "scopes": ["user_impersonation"] },
            ] });
            set(List::Applications, "gift-cards", &listed)
        })
        .says(&["https://vault.azure.net"]),
        json(70_000_121, "invalid_grant", "a personal account's token at an organisation", |desk| {
            Box::pin(async move {
                let answer = sign_in(desk, "pia", "consumers", ("gift-cards", PUBLIC), &[]).await;
                let code = answer.returned(PUBLIC)["code"].clone();
                let form = desk.redemption("gift-cards", PUBLIC, &code);
                let token = text(&desk.token("consumers", &form, &[]).await, "refresh_token");
                crate::walk::refresh(desk, &desk.home, "gift-cards", &token, &[]).await
            })
        }),
        page(650_056, "everything of a registration that lists nothing", |desk| {
            Box::pin(async move {
                let asked = [("scope", "https://graph.microsoft.com/.default")];
                sign_in(desk, "mina", &desk.home, ("empty-shelf", PUBLIC), &asked).await
            })
        })
        .alone()
        .says(&["Microsoft Graph", "@empty-shelf"]),
        redirect(65002, "invalid_request", PUBLIC, "Microsoft's own that is not arranged", |desk| {
            Box::pin(async move {
                let changes = [("scope", "User.Read.All")];
                let parameters = with(&desk.authorization("family-mail", PUBLIC), &changes);
                desk.get(&desk.authorize_url(&desk.home, &parameters), &[]).await
            })
        })
        .stocked(|| {
            let native = value!({ "publicClient": { "redirectUris": ["http://localhost"] } });
            set(List::Applications, "family-mail", &native)
        })
        .says(&["@family-mail", "@microsoft-graph"]),
        json(90009, "invalid_request", "an application that calls itself by its address", |desk| {
            Box::pin(async move {
                let assertion = caller(desk).await;
                let scope = [("scope", "api://northwind-catalog/Catalog.Read")];
                crate::walk::on_behalf(desk, &desk.home, &assertion, &scope).await
            })
        })
        .says(&["@catalog-api", "Northwind Catalog API"]),
    ]
}

/// A SAML assertion in place of a sign-in.
async fn saml(desk: &Desk, assertion: &str) -> Answer {
    let encoded = URL_SAFE_NO_PAD.encode(assertion);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"),
        ("client_id", desk.client_id("handheld")),
        ("assertion", &encoded),
        ("scope", "User.Read"),
    ];
    desk.token(&desk.home, &form, &[]).await
}

fn shapes() -> Vec<Case> {
    vec![
        page(90015, "a query without end", |desk| {
            Box::pin(async move {
                authorize(desk, &desk.home, &[("id_token_hint", &"x".repeat(16 * 1024))]).await
            })
        }),
        json(901_002, "invalid_request", "a resource in place of scopes", |desk| {
            Box::pin(async move {
                daemon(desk, &[("scope", ""), ("resource", "api://northwind-catalog")]).await
            })
        }),
        redirect(901_002, "invalid_request", PUBLIC, "a resource in place of scopes", |desk| {
            Box::pin(async move {
                let changes = [("scope", ""), ("resource", "api://northwind-catalog")];
                authorize(desk, &desk.home, &changes).await
            })
        }),
        redirect(700_022, "invalid_scope", PUBLIC, "everything of two", |desk| {
            Box::pin(async move {
                let two = "https://graph.microsoft.com/.default api://northwind-catalog/.default";
                authorize(desk, &desk.home, &[("scope", two)]).await
            })
        }),
        json(90100, "invalid_request", "claims that are no JSON", |desk| {
            Box::pin(async move { daemon(desk, &[("claims", "{")]).await })
        }),
        json(50008, "invalid_grant", "no SAML assertion", |desk| {
            Box::pin(async move { saml(desk, "no assertion").await })
        }),
        json(50107, "invalid_grant", "a SAML assertion of strangers", |desk| {
            Box::pin(async move {
                saml(
                    desk,
                    "<Assertion xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><Issuer>http://fs.example/trust</Issuer></Assertion>",
                )
                .await
            })
        })
        .says(&["http://fs.example/trust"]),
    ]
}

/// Mina signs in to an application that wants something of her.
async fn wanting(desk: &Desk, key: &str, scope: &str) -> Answer {
    let parameters = with(&desk.authorization(key, PUBLIC), &[("scope", scope)]);
    let mut browser = Browser::new(desk);
    let page = browser.get(&desk.authorize_url(&desk.home, &parameters)).await;
    browser.type_password(&page, "mina").await
}

fn consent() -> Vec<Case> {
    vec![
        page(900_941, "an application that looks risky", |desk| {
            Box::pin(async move { wanting(desk, "loyalty-cards", "User.Read Mail.Read").await })
        })
        .stocked(|| policy(&value!({ "blockUserConsentForRiskyApps": true }))),
        form(900_981, "an application that looks risky, where one may ask", |desk| {
            Box::pin(async move { wanting(desk, "loyalty-cards", "User.Read Mail.Read").await })
        })
        .stocked(|| policy(&value!({ "blockUserConsentForRiskyApps": true, "adminConsentRequests": true }))),
        form(90095, "only an administrator can consent, and one may ask", |desk| {
            Box::pin(async move { wanting(desk, "staff-directory", "User.Read.All").await })
        })
        .stocked(|| policy(&value!({ "adminConsentRequests": true }))),
        page(90094, "beyond what the tenant leaves to people", |desk| {
            Box::pin(async move { wanting(desk, "desktop", "openid User.Read Mail.Read").await })
        })
        .stocked(|| policy(&value!({ "userConsent": "microsoft-user-default-low" }))),
    ]
}

/// The token endpoint of version 1.
async fn token(desk: &Desk, changes: &[(&str, &str)]) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", desk.client_id("inventory-sync")),
        ("client_secret", desk.secret("inventory-sync")),
        ("resource", "api://northwind-catalog"),
    ];
    desk.post(&desk.url(&format!("{}/oauth2/token", desk.home)), &with(&form, changes), &[]).await
}

/// The address of the authorization endpoint of version 1.
fn address(desk: &Desk, tenant: &str, client: &str, redirect_uri: &str, resource: &str) -> String {
    let parameters = [
        ("client_id", desk.client_id(client)),
        ("response_type", "code"),
        ("redirect_uri", redirect_uri),
        ("resource", resource),
        ("state", STATE),
    ];
    let mut url = url::Url::parse(&desk.url(&format!("{tenant}/oauth2/authorize"))).expect("an address");
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

fn version_1() -> Vec<Case> {
    vec![
        json(90014, "invalid_request", "no grant type", |desk| {
            Box::pin(async move { token(desk, &[("grant_type", "")]).await })
        })
        .says(&["'grant_type'"]),
        json(50001, "invalid_resource", "no resource", |desk| {
            Box::pin(async move { token(desk, &[("resource", "")]).await })
        }),
        json(90056, "invalid_request", "another verb", |desk| {
            Box::pin(async move {
                desk.request("DELETE", &desk.url(&format!("{}/oauth2/token", desk.home)), &[]).await
            })
        }),
        page(90056, "opened like a page", |desk| {
            Box::pin(async move { desk.get(&desk.url(&format!("{}/oauth2/token", desk.home)), &[]).await })
        }),
        page(90027, "personal accounts by the path", |desk| {
            Box::pin(async move {
                let graph = "https://graph.microsoft.com";
                desk.get(&address(desk, "consumers", "gift-cards", PUBLIC, graph), &[]).await
            })
        }),
        page(500_201, "a personal account that signs in", |desk| {
            Box::pin(async move {
                let graph = "https://graph.microsoft.com";
                Browser::new(desk).sign_in(&address(desk, "common", "gift-cards", PUBLIC, graph), "pia").await
            })
        }),
        redirect(90008, "invalid_grant", PUBLIC, "a token for itself without a profile to read", |desk| {
            Box::pin(async move {
                let itself = desk.client_id("empty-shelf");
                desk.get(&address(desk, &desk.home, "empty-shelf", PUBLIC, itself), &[]).await
            })
        })
        .says(&["@empty-shelf"]),
    ]
}
