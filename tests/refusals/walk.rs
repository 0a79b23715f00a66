//! Short ways through the tenant, up to where it refuses.

use serde_json::Value;

use crate::desk::{Answer, Browser, CATALOG, Desk, with};

/// The desktop application's redirect URI, at a port of its own.
pub const PUBLIC: &str = "http://localhost:50123/";
pub const SPA: &str = "http://localhost:7081/signin";
pub const WEB: &str = "http://localhost:7082/signin-oidc";
pub const LEGACY: &str = "http://localhost:7084/signin";
pub const ORIGIN: &[(&str, &str)] = &[("origin", "http://localhost:7081")];
pub const NOBODY: &str = "11111111-2222-3333-4444-555555555555";
pub const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub const VAULT: &str = "https://vault.azure.net/user_impersonation";

pub type Changes<'a> = &'a [(&'a str, &'a str)];

/// A client credentials request at the home tenant.
pub async fn daemon(desk: &Desk, changes: Changes<'_>) -> Answer {
    desk.token(&desk.home, &with(&desk.daemon(), changes), &[]).await
}

/// The address of an authorization request of the desktop application.
pub fn address(desk: &Desk, changes: Changes<'_>) -> String {
    desk.authorize_url(&desk.home, &with(&desk.authorization("desktop", PUBLIC), changes))
}

/// An authorization request at a tenant, with nobody signed in.
pub async fn authorize(desk: &Desk, tenant: &str, changes: Changes<'_>) -> Answer {
    let parameters = with(&desk.authorization("desktop", PUBLIC), changes);
    desk.get(&desk.authorize_url(tenant, &parameters), &[]).await
}

/// Somebody signs in to an application at a tenant.
pub async fn sign_in(
    desk: &Desk,
    who: &str,
    tenant: &str,
    (key, redirect_uri): (&str, &str),
    changes: Changes<'_>,
) -> Answer {
    let parameters = with(&desk.authorization(key, redirect_uri), changes);
    Browser::new(desk).sign_in(&desk.authorize_url(tenant, &parameters), who).await
}

/// Somebody types a name and a password on the sign-in page.
pub async fn type_in(desk: &Desk, name: &str, password: &str) -> Answer {
    let mut browser = Browser::new(desk);
    let page = browser.get(&address(desk, &[])).await;
    browser.submit(&page, ("action", "next"), &[("loginfmt", name), ("passwd", password)]).await
}

/// Redeems a fresh code of an application, with changes to the redemption.
pub async fn redeem(
    desk: &Desk,
    (key, redirect_uri): (&str, &str),
    asked: Changes<'_>,
    changes: Changes<'_>,
    headers: Changes<'_>,
) -> Answer {
    let code = desk.code(key, redirect_uri, asked).await;
    desk.token(&desk.home, &with(&desk.redemption(key, redirect_uri, &code), changes), headers).await
}

/// A name and a password at the token endpoint, at the person's own tenant.
pub async fn password(desk: &Desk, who: &str, changes: Changes<'_>) -> Answer {
    password_at(desk, &desk.scenario.user(who).expect("somebody").tenant_id, who, changes).await
}

pub async fn password_at(desk: &Desk, tenant: &str, who: &str, changes: Changes<'_>) -> Answer {
    let user = desk.scenario.user(who).expect("somebody of the scenario");
    let form = [
        ("grant_type", "password"),
        ("client_id", desk.client_id("handheld")),
        ("username", user.user_principal_name.as_str()),
        ("password", user.password.expose()),
        ("scope", "openid profile offline_access User.Read"),
    ];
    desk.token(tenant, &with(&form, changes), &[]).await
}

/// Has something done to the running tenant, by its control address.
pub async fn order(desk: &Desk, order: &Value) {
    let (address, token) = desk.lab.control().expect("it was asked for");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http.post(address.join("orders").expect("an address")).bearer_auth(token.expose());
    let answer = request.body(order.to_string()).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{order}");
}

/// A member of an answer.
pub fn text(answer: &Answer, member: &str) -> String {
    answer.json()[member].as_str().unwrap_or_else(|| panic!("no {member} in {answer:?}")).to_owned()
}

/// Uses a refresh token.
pub async fn refresh(desk: &Desk, tenant: &str, key: &str, token: &str, changes: Changes<'_>) -> Answer {
    let form =
        [("grant_type", "refresh_token"), ("client_id", desk.client_id(key)), ("refresh_token", token)];
    desk.token(tenant, &with(&form, changes), &[]).await
}

/// The refresh token of somebody who signed in with a password.
pub async fn refresh_token(desk: &Desk, key: &str, who: &str) -> String {
    text(&password(desk, who, &[("client_id", desk.client_id(key))]).await, "refresh_token")
}

/// Begins the device flow.
pub async fn begin(desk: &Desk) -> Value {
    let form = [("client_id", desk.client_id("kiosk")), ("scope", "openid offline_access User.Read")];
    desk.post(&desk.url(&format!("{}/oauth2/v2.0/devicecode", desk.home)), &form, &[]).await.json()
}

/// Polls for the device.
pub async fn poll(desk: &Desk, tenant: &str, device: &Value, changes: Changes<'_>) -> Answer {
    let code = device["device_code"].as_str().expect("a code");
    let form = [("grant_type", DEVICE), ("client_id", desk.client_id("kiosk")), ("device_code", code)];
    desk.token(tenant, &with(&form, changes), &[]).await
}

/// Types the code on the second device.
pub async fn enter(desk: &Desk, browser: &mut Browser<'_>, code: &str) -> Answer {
    let page = browser.get(&desk.url("devicelogin")).await;
    let page = browser.get(page.header("location")).await;
    browser.submit(&page, ("action", "next"), &[("user_code", code)]).await
}

/// An access token for the catalog API, as its caller sends it.
pub async fn caller(desk: &Desk) -> String {
    text(&password(desk, "mina", &[("scope", CATALOG)]).await, "access_token")
}

/// The catalog API exchanges its caller's token.
pub async fn on_behalf(desk: &Desk, tenant: &str, assertion: &str, changes: Changes<'_>) -> Answer {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("client_id", desk.client_id("catalog-api")),
        ("client_secret", desk.secret("catalog-api")),
        ("assertion", assertion),
        ("requested_token_use", "on_behalf_of"),
        ("scope", "User.Read"),
    ];
    desk.token(tenant, &with(&form, changes), &[]).await
}

/// A browser in which people have signed in to an application one after the other, and the address of its ID tokens.
pub async fn together<'a>(desk: &'a Desk, people: &[&str]) -> (Browser<'a>, Vec<Value>) {
    let mut browser = Browser::new(desk);
    let mut tokens = Vec::new();
    for who in people {
        let answer = browser.sign_in(&silent(desk, &[("prompt", "login")]), who).await;
        let token = answer.returned(LEGACY)["id_token"].clone();
        tokens.push(claims(&token));
    }
    (browser, tokens)
}

/// The address of a request for an ID token in which no page may be shown, unless changed.
pub fn silent(desk: &Desk, changes: Changes<'_>) -> String {
    let asked = [("response_type", "id_token"), ("scope", "openid profile"), ("prompt", "none")];
    let parameters = with(&desk.authorization("legacy-portal", LEGACY), &asked);
    desk.authorize_url("common", &with(&parameters, changes))
}

/// What stands in a token, unverified.
pub fn claims(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let middle = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).expect("base64url")).expect("JSON")
}

/// A request for admin consent.
pub fn admin_consent(desk: &Desk, tenant: &str, changes: Changes<'_>) -> String {
    let parameters = [
        ("client_id", desk.client_id("store-planner")),
        ("redirect_uri", "http://localhost:7085/consented"),
        ("scope", "https://graph.microsoft.com/.default"),
        ("state", crate::desk::STATE),
    ];
    let mut url = url::Url::parse(&desk.url(&format!("{tenant}/v2.0/adminconsent"))).expect("an address");
    url.query_pairs_mut().extend_pairs(with(&parameters, changes));
    url.into()
}
