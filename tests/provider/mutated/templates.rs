//! Valid requests of each endpoint, out of sign-ins that happened just before at the same tenant.

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use authwright::{
    provider::{identity_header, scenario::Scenario},
    runtime::key_pair::{self, KeyPair},
    secret::Secret,
    time::UnixTime,
    wire::{Headers, Method},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    changes::{Draft, odd_claim, part},
    dice::Dice,
};
use crate::{
    credential::{JWT_BEARER, sign_with},
    desk::{CHALLENGE, NONCE, STATE, VERIFIER, attribute},
    tenant::{KEYS, PUBLIC, SPA, Tenant},
};

pub const BASE: &str = "http://localhost:7080";
const WEB: &str = "http://localhost:7082/signin-oidc";
const LEGACY: &str = "http://localhost:7084/signin";
const PLANNER: &str = "http://localhost:7085/signin-oidc";
const CATALOG: &str = "api://northwind-catalog";
const EVERYTHING: &str = "openid profile offline_access User.Read";
/// Only an administrator gets these.
/// What opens everything at Graph.
const DIRECTORY: &str = "openid User.Read User.RevokeSessions.All Directory.ReadWrite.All AuditLog.Read.All Policy.Read.All \
                         Policy.ReadWrite.ConditionalAccess";

static PAIR: LazyLock<KeyPair> = LazyLock::new(|| key_pair::make("mutated", 30).expect("a key can be made"));

/// A tenant, with a clock that goes on by a second at each request.
pub struct World {
    pub tenant: Tenant,
    made: u64,
}

/// For how many requests the templates of an endpoint are good: what is used up or goes stale is made again.
pub fn fresh_for(path: &str) -> u64 {
    match path {
        "{t}/login" | "common/oauth2/deviceauth" => 20,
        "{t}/oauth2/v2.0/token" | "{t}/oauth2/token" => 80,
        _ => 400,
    }
}

/// Whether a segment of a path is free to be anything, for the endpoint still to be found.
pub fn is_open(segment: &str) -> bool {
    uuid(segment) || ["me", "users", "organization", "catalog", "mina%40northwind.example"].contains(&segment)
}

fn uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// A JWT with a signature that is none.
pub fn jwt(header: &Value, claims: &Value) -> String {
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode("no signature"))
}

/// A JWT with some claims replaced, signed by whoever signed it: by the tenant, or by the application with its certificate.
/// So it is the claims that are judged. Other texts stay as they are.
pub fn forged(text: &str, dice: &mut Dice) -> String {
    let (scheme, token) = text.split_once(' ').unwrap_or(("", text));
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _] = parts[..] else { return text.to_owned() };
    let read =
        |part: &str| URL_SAFE_NO_PAD.decode(part).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let (Some(header), Some(mut claims)): (Option<Value>, Option<Value>) = (read(header), read(claims))
    else {
        return text.to_owned();
    };
    for _ in 0..=dice.below(2) {
        let (name, value) = odd_claim(dice);
        claims[name] = value;
    }
    let signed = |header: &Value| format!("{}.{}", part(header), part(&claims));
    let signature = if header.get("x5t#S256").is_some() {
        sign_with(&PAIR, header["alg"] == "PS256", signed(&header).as_bytes())
    } else {
        // Graph's tokens are signed over a header whose nonce is hashed.
        let mut hashed = header.clone();
        if let Some(nonce) = header["nonce"].as_str() {
            hashed["nonce"] = URL_SAFE_NO_PAD.encode(Sha256::digest(nonce)).into();
        }
        KEYS.current().sign(signed(&hashed).as_bytes())
    };
    let token = format!("{}.{}", signed(&header), URL_SAFE_NO_PAD.encode(signature));
    if scheme.is_empty() { token } else { format!("{scheme} {token}") }
}

/// The same request to an endpoint of version 1, with a resource in place of scopes.
fn in_version_1(mut draft: Draft) -> Draft {
    draft.path = draft.path.replace("/v2.0/", "/");
    let form = match &mut draft.body {
        super::changes::Content::Form(form) => Some(form),
        _ => None,
    };
    let pairs = draft.query.iter_mut().chain(form.into_iter().flatten());
    for (name, value) in pairs.filter(|(name, _)| name == "scope") {
        "resource".clone_into(name);
        let resource = if value.contains("northwind-") && value.ends_with("/.default") {
            value.trim_end_matches("/.default").to_owned()
        } else {
            "https://graph.microsoft.com".to_owned()
        };
        *value = resource;
    }
    draft
}

impl World {
    pub fn new() -> Self {
        let mut tenant = Tenant::new(Scenario::northwind());
        // The certificate begins today.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
        tenant.now = UnixTime::from_seconds(i64::try_from(now.as_secs()).expect("it fits"));
        tenant.provider.open_pipeline(pipeline_key());
        tenant
            .provider
            .register_certificate("price-feed", &PAIR.certificate_der)
            .expect("it is a certificate");
        Self { tenant, made: 0 }
    }

    pub fn time(&self, draft: &Draft) -> UnixTime {
        let ahead = UnixTime::from_seconds(self.tenant.now.seconds().saturating_add(draft.ahead));
        UnixTime::from_millis(ahead.millis())
    }

    pub fn pass_time(&mut self) {
        self.tenant.now = self.tenant.now + Duration::from_secs(1);
    }

    /// Valid requests of an endpoint.
    pub fn templates(&mut self, pattern: &str) -> Vec<Draft> {
        let home = self.tenant.home();
        let path = |rest: &str| format!("{home}/{rest}");
        match pattern {
            "" => vec![Draft::get("", &[])],
            "error" => vec![Draft::get("error", &[("code", "50011")])],
            "devicelogin" => vec![Draft::get("devicelogin", &[])],
            "common/oauth2/nativeclient" => vec![Draft::get(pattern, &[("code", "x"), ("state", "y")])],
            "common/discovery/instance" => {
                let endpoint = format!("{BASE}/{home}/oauth2/v2.0/authorize");
                vec![Draft::get(pattern, &[("api-version", "1.1"), ("authorization_endpoint", &endpoint)])]
            }
            "{t}/userrealm/{user}" => vec![
                Draft::get(path("userrealm/mina%40northwind.example"), &[("api-version", "1.0")]),
                Draft::get("common/userrealm/farah@northwind.example", &[("api-version", "2.1")]),
            ],
            "common/oauth2/deviceauth" => self.user_codes(),
            "oidc/userinfo" => self.bearer(pattern, Method::Get, EVERYTHING, &Value::Null),
            "pipeline/token" => vec![Draft::get(
                pattern,
                &[("audience", "api://AzureADTokenExchange"), ("subject", "repo:a/b:ref:refs/heads/main")],
            )],
            "metadata/identity/oauth2/token" | "metadata/identity/oauth2/token/" => {
                let query = [("api-version", "2018-02-01"), ("resource", CATALOG)];
                vec![Draft::get(pattern, &query).with("metadata", "true")]
            }
            "msi/token" => {
                let query = [("api-version", "2019-08-01"), ("resource", CATALOG)];
                vec![Draft::get(pattern, &query).with("x-identity-header", identity_header([7; 32]).expose())]
            }
            "beta" | "beta/{}" | "beta/{}/{}" | "beta/{}/{}/{}" | "beta/{}/{}/{}/{}" | "v1.0" | "v1.0/{}"
            | "v1.0/{}/{}" | "v1.0/{}/{}/{}" | "v1.0/{}/{}/{}/{}" => self.graph(pattern),
            "api" | "api/{}" | "api/{}/{}" => self.careful_api(pattern),
            "{t}/oauth2/authorize" | "{t}/oauth2/token" | "{t}/oauth2/devicecode" => {
                let newer = self.templates(&pattern.replace("oauth2/", "oauth2/v2.0/"));
                newer.into_iter().map(in_version_1).collect()
            }
            "{t}/oauth2/v2.0/authorize" => self.authorization(),
            "{t}/oauth2/v2.0/token" => self.grants(),
            "{t}/oauth2/v2.0/devicecode" => {
                let client = self.tenant.client_id("kiosk");
                vec![Draft::post(
                    path("oauth2/v2.0/devicecode"),
                    &[("client_id", &client), ("scope", EVERYTHING)],
                )]
            }
            "{t}/oauth2/v2.0/logout" => self.logout("oauth2/v2.0/logout"),
            "{t}/oauth2/logout" => self.logout("oauth2/logout"),
            "{t}/v2.0/adminconsent" => self.admin_consent("v2.0/adminconsent"),
            "{t}/adminconsent" => self.admin_consent("adminconsent"),
            "{t}/login" => self.forms(),
            _ => vec![
                Draft::get(pattern.replace("{t}", &home), &[("appid", &self.tenant.client_id("desktop"))]),
                Draft::get(pattern.replace("{t}", "common"), &[]),
            ],
        }
    }

    /// What an application asks of the authorization endpoint.
    fn authorize_query(&self, key: &str, response: &str, redirect_uri: &str) -> Vec<(String, String)> {
        let client = self.tenant.client_id(key);
        let pairs = [
            ("client_id", client.as_str()),
            ("response_type", response),
            ("redirect_uri", redirect_uri),
            ("scope", EVERYTHING),
            ("state", STATE),
            ("nonce", NONCE),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    fn authorization(&mut self) -> Vec<Draft> {
        self.tenant.code("desktop", PUBLIC);
        let path = format!("{}/oauth2/v2.0/authorize", self.tenant.home());
        let cookie = self.tenant.cookie_header();
        let more = |pairs: Vec<(String, String)>, more: &[(&str, &str)]| {
            let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Draft { query: pairs.into_iter().chain(more).collect(), ..Draft::get(path.as_str(), &[]) }
        };
        let desktop = self.authorize_query("desktop", "code", PUBLIC);
        let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
        let mut drafts = vec![
            more(desktop.clone(), &[("response_mode", "query")]),
            more(desktop.clone(), &[("response_mode", "fragment"), ("prompt", "none")]),
            more(
                desktop.clone(),
                &[("response_mode", "form_post"), ("login_hint", "mina@northwind.example")],
            ),
            more(
                desktop.clone(),
                &[("prompt", "select_account"), ("domain_hint", "organizations"), ("max_age", "60")],
            ),
            more(desktop, &[("claims", claims), ("client_info", "1"), ("instance_aware", "true")]),
            more(self.authorize_query("storefront", "code", SPA), &[("response_mode", "fragment")]),
            more(self.authorize_query("admin-portal", "code", WEB), &[("prompt", "consent")]),
            more(
                self.authorize_query("legacy-portal", "id_token token", LEGACY),
                &[("response_mode", "form_post")],
            ),
        ];
        let posted = drafts[0].clone();
        let with_cookie: Vec<_> = drafts.iter().map(|draft| draft.clone().with("cookie", &cookie)).collect();
        drafts.extend(with_cookie);
        let mut post = Draft::post(path.as_str(), &[]);
        post.body = super::changes::Content::Form(posted.query);
        drafts.push(post.with("cookie", cookie));
        drafts
    }

    /// A form of a sign-in page, filled in.
    fn form(&mut self, page: &str) -> Option<Draft> {
        let form = page.split_once("<form ")?.1.split_once("</form>")?.0;
        let action = attribute(form, "action")?;
        let user = self.tenant.scenario.user(self.tenant.person).expect("somebody of the scenario").clone();
        let mut pairs = vec![("action".to_owned(), "next".to_owned())];
        for input in form.split("<input ").skip(1) {
            let tag = input.split('>').next()?;
            let name = attribute(tag, "name")?;
            let value = match name.as_str() {
                "loginfmt" => user.user_principal_name.clone(),
                "passwd" => user.password.expose().to_owned(),
                "otc" => "246810".to_owned(),
                _ => attribute(tag, "value").unwrap_or_default(),
            };
            pairs.push((name, value));
        }
        let mut draft = Draft::post(action.trim_start_matches('/'), &[]);
        draft.body = super::changes::Content::Form(pairs);
        Some(draft.with("cookie", self.tenant.cookie_header()))
    }

    /// Forms of all kinds of pages, each of a sign-in of its own.
    fn forms(&mut self) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (person, key, response, uri) in [
            ("mina", "desktop", "code", PUBLIC),
            ("adele", "admin-portal", "code", WEB),
            ("theo", "storefront", "code", SPA),
            ("farah", "legacy-portal", "id_token", LEGACY),
        ] {
            self.tenant.person = person;
            let path = format!("{}/oauth2/v2.0/authorize", self.tenant.home());
            let mut query = self.authorize_query(key, response, uri);
            query.push(("prompt".to_owned(), "login".to_owned()));
            for pages in 0..3 {
                let pairs: Vec<_> =
                    query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let mut page =
                    self.tenant.ask(Method::Get, &path, &pairs, Headers::new()).body.text().into_owned();
                for _ in 0..pages {
                    let Some(request) = self.form(&page).and_then(|draft| draft.request()) else { break };
                    let response = self.tenant.provider.decide(&request, self.tenant.now).respond();
                    self.tenant.keep_cookies(&response);
                    page = response.body.text().into_owned();
                }
                drafts.extend(self.form(&page));
            }
        }
        self.tenant.person = "mina";
        let codes = self.user_codes();
        let typed = codes.iter().find_map(Draft::request).expect("a code can be typed");
        let page = self.tenant.provider.decide(&typed, self.tenant.now).respond();
        self.tenant.keep_cookies(&page);
        drafts.extend(self.form(&page.body.text()));
        drafts
    }

    fn user_codes(&mut self) -> Vec<Draft> {
        let device = self.tenant.device();
        let code = device["user_code"].as_str().expect("a code").to_owned();
        let path = "common/oauth2/deviceauth";
        vec![
            Draft::post(path, &[("user_code", &code)]).with("cookie", self.tenant.cookie_header()),
            Draft::get(path, &[("user_code", &code)]),
            Draft::get(path, &[("otc", &code)]),
        ]
    }

    /// The tokens of a person for the desktop application.
    fn tokens(&mut self, scope: &str) -> Value {
        let code = self.tenant.code_for("desktop", PUBLIC, scope);
        self.tenant.redeem("desktop", PUBLIC, &code).1
    }

    fn assertion(&mut self) -> String {
        self.made += 1;
        let client = self.tenant.client_id("price-feed");
        let now = self.tenant.now.seconds();
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": PAIR.certificate.x5t_s256() });
        let claims = json!({
            "aud": format!("{BASE}/{}/oauth2/v2.0/token", self.tenant.home()),
            "iss": client,
            "sub": client,
            "jti": format!("assertion {}", self.made),
            "nbf": now,
            "exp": now + 600,
        });
        let signed = format!("{}.{}", part(&header), part(&claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(sign_with(&PAIR, true, signed.as_bytes())))
    }

    /// Every grant of the token endpoint.
    fn grants(&mut self) -> Vec<Draft> {
        let path = format!("{}/oauth2/v2.0/token", self.tenant.home());
        let id = |world: &Self, key: &str| world.tenant.client_id(key);
        let (desktop, spa, kiosk) = (id(self, "desktop"), id(self, "storefront"), id(self, "kiosk"));
        let (daemon, feed, portal) =
            (id(self, "inventory-sync"), id(self, "price-feed"), id(self, "admin-portal"));
        let (secret, portal_secret) =
            (self.tenant.secret("inventory-sync"), self.tenant.secret("admin-portal"));
        let codes: Vec<String> = (0..3).map(|_| self.tenant.code("desktop", PUBLIC)).collect();
        let spa_code = self.tenant.code("storefront", SPA);
        let web_code = self.tenant.code("admin-portal", WEB);
        let tokens = self.tokens(EVERYTHING);
        let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
        let own = self.tenant.code_for("storefront", SPA, "api://northwind-catalog/Catalog.Read");
        let front = self.tenant.redeem("storefront", SPA, &own).1;
        let device = self.tenant.device();
        let device = device["device_code"].as_str().expect("a code");
        let assertion = self.assertion();
        let catalog = format!("{CATALOG}/.default");
        let mut drafts: Vec<Draft> =
            codes.iter().map(|code| redemption(&path, &desktop, PUBLIC, code, &[])).collect();
        drafts.extend([
            redemption(&path, &spa, SPA, &spa_code, &[]).with("origin", "http://localhost:7081"),
            redemption(&path, &portal, WEB, &web_code, &[("client_secret", &portal_secret)]),
            Draft::post(
                path.as_str(),
                &[
                    ("grant_type", "refresh_token"),
                    ("client_id", &desktop),
                    ("refresh_token", refresh),
                    ("scope", EVERYTHING),
                ],
            ),
            Draft::post(
                path.as_str(),
                &[
                    ("grant_type", "client_credentials"),
                    ("client_id", &daemon),
                    ("client_secret", &secret),
                    ("scope", &catalog),
                ],
            ),
            Draft::post(path.as_str(), &[("grant_type", "client_credentials"), ("scope", &catalog)])
                .with("authorization", format!("Basic {}", STANDARD.encode(format!("{daemon}:{secret}")))),
            Draft::post(
                path.as_str(),
                &[
                    ("grant_type", "client_credentials"),
                    ("client_id", &feed),
                    ("client_assertion_type", JWT_BEARER),
                    ("client_assertion", &assertion),
                    ("scope", &catalog),
                ],
            ),
            Draft::post(
                path.as_str(),
                &[
                    ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                    ("client_id", &kiosk),
                    ("device_code", device),
                ],
            ),
            Draft::post(
                path.as_str(),
                &[
                    ("grant_type", "password"),
                    ("client_id", &id(self, "handheld")),
                    ("username", "mina@northwind.example"),
                    ("password", "lab-Mina-1"),
                    ("scope", EVERYTHING),
                ],
            ),
        ]);
        if let Some(token) = front["access_token"].as_str() {
            let api = id(self, "catalog-api");
            let api_secret = self.tenant.scenario.application("catalog-api").and_then(|api| api.secret());
            drafts.push(Draft::post(
                path.as_str(),
                &[
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                    ("client_id", &api),
                    ("client_secret", api_secret.map(Secret::expose).unwrap_or_default()),
                    ("assertion", token),
                    ("requested_token_use", "on_behalf_of"),
                    ("scope", "api://northwind-payments/.default"),
                ],
            ));
        }
        drafts
    }

    fn logout(&mut self, rest: &str) -> Vec<Draft> {
        let tokens = self.tokens(EVERYTHING);
        let client = self.tenant.client_id("desktop");
        let id_token = tokens["id_token"].as_str().expect("an ID token");
        let path = format!("{}/{rest}", self.tenant.home());
        let pairs = [
            ("id_token_hint", id_token),
            ("post_logout_redirect_uri", PUBLIC),
            ("state", STATE),
            ("client_id", &client),
            ("logout_hint", "mina@northwind.example"),
        ];
        vec![
            Draft::get(path.as_str(), &pairs).with("cookie", self.tenant.cookie_header()),
            Draft::post(path.as_str(), &pairs).with("cookie", self.tenant.cookie_header()),
            Draft::get(path.as_str(), &pairs[1..]),
            Draft::get(path.as_str(), &[]),
        ]
    }

    fn admin_consent(&mut self, rest: &str) -> Vec<Draft> {
        self.tenant.person = "adele";
        self.tenant.code("desktop", PUBLIC);
        self.tenant.person = "mina";
        let client = self.tenant.client_id("store-planner");
        let path = format!("{}/{rest}", self.tenant.home());
        let pairs = [
            ("client_id", client.as_str()),
            ("scope", "https://graph.microsoft.com/.default"),
            ("redirect_uri", PLANNER),
            ("state", STATE),
        ];
        vec![
            Draft::get(path.as_str(), &pairs),
            Draft::get(path.as_str(), &pairs).with("cookie", self.tenant.cookie_header()),
        ]
    }

    fn bearer(&mut self, path: &str, method: Method, scope: &str, body: &Value) -> Vec<Draft> {
        let tokens = self.tokens(scope);
        let token = tokens["access_token"].as_str().expect("an access token");
        let draft = if body.is_null() { Draft::get(path, &[]) } else { Draft::json(path, body.clone()) };
        vec![Draft { method, ..draft.with("authorization", format!("Bearer {token}")) }]
    }

    fn graph(&mut self, pattern: &str) -> Vec<Draft> {
        let (mina, pipeline) = (self.tenant.object_id("mina"), self.tenant.client_id("pipeline"));
        let paths: Vec<String> = [
            "v1.0",
            "v1.0/me",
            "v1.0/users",
            "v1.0/organization",
            "v1.0/users/mina%40northwind.example",
            "v1.0/me/revokeSignInSessions",
            "v1.0/me/photo/$value",
            &format!("v1.0/users/{mina}"),
            &format!("v1.0/users/{mina}/revokeSignInSessions"),
            "v1.0/users/me/photo/$value",
            "v1.0/applications",
            "v1.0/servicePrincipals",
            "v1.0/oauth2PermissionGrants",
            "v1.0/auditLogs/signIns",
            "v1.0/identity/conditionalAccess/policies",
            "v1.0/identity/conditionalAccess/policies/3d0c8f1e-7b62-4a95-8e40-c1f7d96b2a53",
            "v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo",
            &format!("v1.0/applications(appId='{pipeline}')/federatedIdentityCredentials"),
            &format!("v1.0/applications(appId='{pipeline}')/federatedIdentityCredentials/main-branch"),
            "beta/auditLogs/signIns",
            "beta/auditLogs/signIns/x",
            "beta/users",
            "beta",
            "beta/a/b/c/d",
        ]
        .into_iter()
        .filter(|path| path.split('/').count() == pattern.split('/').count())
        .filter(|path| path.starts_with("v1.0") == pattern.starts_with("v1.0"))
        .map(str::to_owned)
        .collect();
        let query = [
            ("$select", "id"),
            ("$top", "2"),
            ("$filter", "startswith(id,'a') or not (id eq 'b')"),
            ("$count", "true"),
        ];
        self.tenant.person = "adele";
        let mut drafts = Vec::new();
        for path in paths {
            let method = if path.ends_with("Sessions") { Method::Post } else { Method::Get };
            drafts.extend(self.bearer(&path, method, DIRECTORY, &Value::Null));
            let asked =
                Draft { query: super::changes::owned(&query), ..drafts.last().expect("just made").clone() };
            drafts.push(asked);
        }
        for (path, method, body) in written() {
            if path.split('/').count() == pattern.split('/').count()
                && path.starts_with("v1.0") == pattern.starts_with("v1.0")
            {
                drafts.extend(self.bearer(path, method, DIRECTORY, &body));
            }
        }
        self.tenant.person = "mina";
        drafts
    }

    fn careful_api(&mut self, pattern: &str) -> Vec<Draft> {
        let product = json!({ "name": "Tent peg", "priceInCents": 150 });
        let read = format!("openid {CATALOG}/Catalog.Read");
        match pattern {
            "api" => vec![Draft::get("api", &[]), Draft::get("api", &[]).with("authorization", "Bearer x")],
            "api/{}" => self.bearer("api/catalog", Method::Get, &read, &Value::Null),
            _ => {
                let form = [
                    ("grant_type", "client_credentials"),
                    ("client_id", &*self.tenant.client_id("inventory-sync")),
                    ("client_secret", &*self.tenant.secret("inventory-sync")),
                    ("scope", "api://northwind-catalog/.default"),
                ];
                let token = self.tenant.token(&form, None).1;
                let daemon = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
                let mut drafts = self.bearer("api/catalog/products", Method::Get, &read, &Value::Null);
                drafts.push(Draft::get("api/catalog/orders", &[]).with("authorization", &daemon));
                drafts.push(
                    Draft::json("api/catalog/products", product.clone()).with("authorization", &daemon),
                );
                drafts.extend(self.bearer(
                    "api/catalog/refunds",
                    Method::Post,
                    &read,
                    &json!({ "order": "O-2001" }),
                ));
                drafts.extend(self.bearer("api/payments/transactions", Method::Get, &read, &Value::Null));
                drafts
            }
        }
    }
}

fn redemption(path: &str, client: &str, uri: &str, code: &str, more: &[(&str, &str)]) -> Draft {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", uri),
        ("code_verifier", VERIFIER),
    ];
    form.extend(more);
    Draft::post(path, &form)
}

/// Making a key takes a while; the second issuer of every tenant here has the same one.
fn pipeline_key() -> authwright::provider::keys::SigningKey {
    use aws_lc_rs::{encoding::AsDer as _, rsa};
    static DER: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key can be made");
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("it can be written");
        der.as_ref().to_vec()
    });
    let pair = rsa::KeyPair::from_pkcs8(&DER).expect("it was just written");
    authwright::provider::keys::SigningKey::new(pair, b"pipeline".to_vec()).expect("it is an RSA key")
}

/// Changes of the directory through Graph.
fn written() -> Vec<(&'static str, Method, Value)> {
    let permission = json!({ "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope" });
    let registration = json!({
        "displayName": "Till", "signInAudience": "AzureADMyOrg", "identifierUris": ["api://till"],
        "web": { "redirectUris": ["http://localhost:9000/cb"], "implicitGrantSettings": { "enableIdTokenIssuance": true } },
        "requiredResourceAccess":
            [{ "resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [permission] }],
        "keyCredentials": [{ "type": "AsymmetricX509Cert", "usage": "Verify", "key": "bm9uZQ==" }],
    });
    let policy = json!({ "displayName": "Till", "state": "disabled", "conditions": { "users": { "includeUsers": ["All"] } },
                         "grantControls": { "operator": "AND", "builtInControls": ["mfa"] } });
    let person = json!({ "displayName": "Rosa", "userPrincipalName": "rosa@northwind.example", "mailNickname": "rosa",
                         "accountEnabled": true, "passwordProfile": { "password": "Lab-Rosa-77" } });
    vec![
        ("v1.0/applications", Method::Post, registration),
        ("v1.0/users", Method::Post, person),
        (
            "v1.0/users/theo@northwind.example",
            Method::Patch,
            json!({ "accountEnabled": false, "mail": null }),
        ),
        ("v1.0/identity/conditionalAccess/policies", Method::Post, policy),
        (
            "v1.0/identity/conditionalAccess/policies/3d0c8f1e-7b62-4a95-8e40-c1f7d96b2a53",
            Method::Patch,
            json!({ "state": "disabled" }),
        ),
    ]
}
