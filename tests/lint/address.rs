//! Authorize URLs, good ones and such as people put together by hand.

use authwright::{
    entra::registration::{Application, Grants},
    finding::Severity::{self, Error, Info, Warning},
    lint::{self, LintFinding, UrlReport, url::Endpoint},
};
use serde_json::{Value, json};

use super::{found, silent, well_formed};

const APP: &str = "6a1c7f0e-2b3d-4a58-9c11-0d5e8f7a4b62";
const TENANT: &str = "1b9c2f7d-54e3-4f0a-8a6e-90d1c3b5a7f2";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A request without a fault, with some parameters changed (`None` leaves one out). Values stand as they are sent.
fn address(changes: &[(&str, Option<&str>)]) -> String {
    let mut all = vec![
        ("client_id", APP),
        ("response_type", "code"),
        ("redirect_uri", "https%3A%2F%2Fa.example%2Fcb"),
        ("scope", "openid%20profile%20offline_access%20User.Read"),
        ("response_mode", "form_post"),
        ("state", "k4Jd0sXb7Qm2"),
        ("nonce", "Zp9vT1hLw3Ye"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        let at = all.iter().position(|(own, _)| own == name);
        match (at, value) {
            (Some(at), Some(value)) => all[at].1 = value,
            (Some(at), None) => drop(all.remove(at)),
            (None, Some(value)) => all.push((name, value)),
            (None, None) => {}
        }
    }
    let query: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?{}", query.join("&"))
}

#[track_caller]
fn report(text: &str) -> UrlReport {
    let report = lint::url::url(text).unwrap();
    well_formed(&report.findings);
    assert!(!lint::url_lines(&report).is_empty() && lint::url_to_json(&report)["kind"] == "url");
    report
}

#[track_caller]
fn findings(changes: &[(&str, Option<&str>)]) -> Vec<LintFinding> {
    report(&address(changes)).findings
}

#[track_caller]
fn check(id: &str, severity: Severity, changes: &[(&str, Option<&str>)]) {
    assert_eq!(found(&findings(changes), id).severity, severity, "{id}");
    silent(&findings(&[]), id);
}

#[test]
fn a_good_request_has_no_fault() {
    let report = report(&address(&[]));
    assert_eq!(report.findings, []);
    assert_eq!(report.absent, []);
    assert_eq!(
        (report.endpoint, report.tenant.as_deref(), report.parameters.len()),
        (Endpoint::Authorize, Some(TENANT), 9)
    );
    assert!(report.parameters.iter().all(|one| one.is_known && !one.is_secret && !one.about.is_empty()));
    assert_eq!(report.parameters[3].value, "openid profile offline_access User.Read");
}

#[test]
fn what_is_missing() {
    for name in ["client_id", "response_type", "scope"] {
        let findings = findings(&[(name, None)]);
        assert_eq!(
            (
                found(&findings, "parameter.missing").place.as_str(),
                found(&findings, "parameter.missing").severity
            ),
            (name, Error)
        );
    }
    check("redirect_uri.missing", Warning, &[("redirect_uri", None)]);
    check("state.missing", Warning, &[("state", None)]);
    check("pkce.missing", Warning, &[("code_challenge", None), ("code_challenge_method", None)]);
    check("nonce.missing", Error, &[("response_type", Some("code%20id_token")), ("nonce", None)]);
    silent(&findings(&[("nonce", None)]), "nonce.missing");
    check("scope.no_openid", Error, &[("response_type", Some("id_token")), ("scope", Some("User.Read"))]);
    check("scope.no_openid", Info, &[("scope", Some("User.Read%20offline_access"))]);
    check("scope.no_offline_access", Info, &[("scope", Some("openid"))]);
    let absent = report(&address(&[("response_mode", None), ("nonce", None)])).absent;
    assert_eq!(absent.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["nonce", "response_mode"]);
}

#[test]
fn what_is_wrong() {
    check("response_type.unknown", Error, &[("response_type", Some("id_token,code"))]);
    check("response_type.token", Warning, &[("response_type", Some("token"))]);
    check("response_type.id_token", Info, &[("response_type", Some("code+id_token"))]);
    check(
        "response_mode.query",
        Error,
        &[("response_type", Some("id_token")), ("response_mode", Some("query"))],
    );
    check("response_mode.unknown", Error, &[("response_mode", Some("post"))]);
    check("client_id.zero", Error, &[("client_id", Some("00000000-0000-0000-0000-000000000000"))]);
    check("client_id.form", Warning, &[("client_id", Some("orders-app"))]);
    check("parameter.placeholder", Error, &[("client_id", Some("%3CYOUR_CLIENT_ID%3E"))]);
    check("parameter.placeholder", Error, &[("redirect_uri", Some("undefined"))]);
    check("parameter.empty", Warning, &[("login_hint", Some(""))]);
    check(
        "parameter.name",
        Error,
        &[("redirect_uri", None), ("redirect_url", Some("https%3A%2F%2Fa.example"))],
    );
    check("parameter.name", Error, &[("scope", None), ("Scope", Some("openid"))]);
    check("parameter.unknown", Info, &[("utm_source", Some("mail"))]);
    check("redirect_uri.http", Error, &[("redirect_uri", Some("http%3A%2F%2Fa.example%2Fcb"))]);
    check("redirect_uri.not_absolute", Error, &[("redirect_uri", Some("%2Fcb"))]);
    check("redirect_uri.fragment", Error, &[("redirect_uri", Some("https%3A%2F%2Fa.example%2F%23cb"))]);
    check("redirect_uri.ipv6", Error, &[("redirect_uri", Some("http%3A%2F%2F%5B%3A%3A1%5D%3A3000"))]);
    silent(&findings(&[("redirect_uri", Some("http%3A%2F%2Flocalhost%3A3000%2Fcb"))]), "redirect_uri.http");
    check("prompt.unknown", Error, &[("prompt", Some("admin_consent"))]);
    check("prompt.none_mixed", Error, &[("prompt", Some("none%20login"))]);
    check("prompt.consent", Warning, &[("prompt", Some("consent"))]);
    check(
        "prompt.hint",
        Info,
        &[("prompt", Some("select_account")), ("login_hint", Some("mina%40a.example"))],
    );
    check("personal", Info, &[("login_hint", Some("mina%40a.example"))]);
    check("max_age.form", Error, &[("max_age", Some("1h"))]);
    check("claims.form", Error, &[("claims", Some("eyJhY2Nlc3NfdG9rZW4iOnt9fQ"))]);
    silent(
        &findings(&[
            ("claims", Some("%7B%22access_token%22%3A%7B%7D%7D")),
            ("max_age", Some("0")),
            ("prompt", Some("login")),
        ]),
        "claims.form",
    );
}

#[test]
fn scopes() {
    check("scope.separator", Error, &[("scope", Some("openid,profile"))]);
    check("scope.case", Warning, &[("scope", Some("OpenID%20offline_access"))]);
    check(
        "scope.default_mixed",
        Error,
        &[("scope", Some("https%3A%2F%2Fgraph.microsoft.com%2F.default%20User.Read"))],
    );
    check(
        "scope.several_apis",
        Warning,
        &[("scope", Some("openid%20User.Read%20api%3A%2F%2Forders%2FOrders.Read"))],
    );
    check("scope.unknown", Warning, &[("scope", Some("openid%20Mail.Raed"))]);
    check("scope.role", Error, &[("scope", Some("openid%20Application.ReadWrite.OwnedBy"))]);
    check("scope.needs_admin", Info, &[("scope", Some("openid%20Directory.Read.All"))]);
    check("resource.version_2", Error, &[("resource", Some("https%3A%2F%2Fgraph.microsoft.com"))]);
    let mended =
        found(&findings(&[("scope", Some("openid%20Mail.Raed"))]), "scope.unknown").fix.clone().unwrap();
    assert!(mended.title.contains("Mail.Read"), "{mended:?}");
    silent(
        &findings(&[("scope", Some("openid%20offline_access%20api%3A%2F%2Forders%2FAnything.At.All"))]),
        "scope.unknown",
    );
}

#[test]
fn what_protects() {
    check("state.guessable", Warning, &[("state", Some("12345"))]);
    check("state.address", Info, &[("state", Some("https%3A%2F%2Fa.example%2Fnext"))]);
    check("nonce.guessable", Warning, &[("nonce", Some("aaaaaaaaaaaa"))]);
    check("nonce.same_as_state", Info, &[("nonce", Some("k4Jd0sXb7Qm2"))]);
    check("pkce.plain", Warning, &[("code_challenge_method", None)]);
    check("pkce.method", Error, &[("code_challenge_method", Some("s256"))]);
    for challenge in
        [format!("{CHALLENGE}%3D"), "ab".repeat(32), "short".to_owned(), CHALLENGE.replace('-', "%2B")]
    {
        check("pkce.form", Error, &[("code_challenge", Some(&challenge))]);
    }
    check(
        "pkce.form",
        Error,
        &[("code_challenge", Some("tooshort")), ("code_challenge_method", Some("plain"))],
    );
}

#[test]
fn secrets_in_the_address() {
    for name in ["client_secret", "code_verifier", "password", "refresh_token", "access_token"] {
        let secret = "w8Q~Zk1pB4nXy7Rt2Lm9Vc3Sd6Fg0Hj5Ke8WqTzUaIoP";
        let report = report(&address(&[(name, Some(secret))]));
        let finding = found(&report.findings, "url.secret");
        assert_eq!((finding.place.as_str(), finding.severity), (name, Error));
        let json = lint::url_to_json(&report).to_string();
        let lines: String = lint::url_lines(&report).iter().map(authwright::text::Line::plain).collect();
        assert!(!json.contains("Zk1pB4nX") && !lines.contains("Zk1pB4nX"), "{name} comes out: {json}");
    }
    silent(&findings(&[]), "url.secret");
}

#[test]
fn encoding() {
    check("url.twice", Error, &[("state", Some("k4Jd0sXb7Qm2&state=k4Jd0sXb7Qm2"))]);
    check("url.encoded_twice", Error, &[("redirect_uri", Some("https%253A%252F%252Fa.example%252Fcb"))]);
    check("url.encoded_twice", Error, &[("scope", Some("openid%2520profile"))]);
    check("url.percent", Error, &[("login_hint", Some("100%"))]);
    check("url.blank", Warning, &[("scope", Some("openid profile"))]);
    check("url.not_ascii", Warning, &[("login_hint", Some("jürgen"))]);
    check("redirect_uri.torn", Error, &[("redirect_uri", Some("https://a.example/cb?tab=1&lang=de"))]);
    check("url.cut_off", Error, &[("redirect_uri", Some("https://a.example/#/cb"))]);
    silent(
        &findings(&[("redirect_uri", Some("https%3A%2F%2Fa.example%2Fcb%3Fx%3D1%26y%3D2"))]),
        "redirect_uri.torn",
    );
    let html = report(&address(&[]).replace('&', "&amp;"));
    assert_eq!(html.parameters.len(), 9);
    assert_eq!(found(&html.findings, "url.html").severity, Info);
    let whole: String = address(&[])
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    assert_eq!(found(&report(&whole).findings, "url.encoded").severity, Info);
    assert_eq!(report(&whole).get_parameter("client_id"), Some(APP.to_owned()));
}

trait GetParameter {
    fn get_parameter(&self, name: &str) -> Option<String>;
}

impl GetParameter for UrlReport {
    fn get_parameter(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|one| one.name == name).map(|one| one.value.clone())
    }
}

#[test]
fn the_address_is_found_in_its_surroundings() {
    let whole = address(&[]);
    let lines = whole.replace('&', "\n  &").replace("authorize?", "authorize?\n");
    for text in [
        format!("  {whole}\n"),
        format!("Redirecting to \"{whole}\" now"),
        format!("curl -v '{whole}' -o x"),
        format!("<{whole}>"),
        lines,
    ] {
        let report = report(&text);
        assert_eq!((report.findings.len(), report.parameters.len()), (0, 9), "{text}: {:?}", report.findings);
    }
    assert!(lint::url::url("no address here").is_err());
}

#[test]
fn endpoints_and_tenants() {
    let at = |from: &str, to: &str| report(&address(&[]).replace(from, to));
    let check = |id: &str, severity: Severity, from: &str, to: &str| {
        assert_eq!(found(&at(from, to).findings, id).severity, severity, "{id}");
    };
    check("url.http", Error, "https://login", "http://login");
    check("url.host", Info, "login.microsoftonline.com", "login.windows.net");
    check("url.endpoint", Error, "/authorize?", "/token?");
    check("url.endpoint", Warning, "/authorize?", "/start?");
    check("url.version_1", Warning, "/oauth2/v2.0/", "/oauth2/");
    check("tenant.missing", Error, &format!("/{TENANT}/"), "/");
    check("tenant.placeholder", Error, TENANT, "{tenantId}");
    check("tenant.placeholder", Error, TENANT, "undefined");
    check("tenant.zero", Error, TENANT, "00000000-0000-0000-0000-000000000000");
    check("tenant.is_client", Error, TENANT, APP);
    check("tenant.form", Error, TENANT, "contoso");
    for tenant in ["common", "organizations", "contoso.onmicrosoft.com"] {
        assert_eq!(at(TENANT, tenant).findings, [], "{tenant}");
    }
    // Another provider has rules of its own.
    let other = report(
        &address(&[("client_id", Some("orders"))])
            .replace("login.microsoftonline.com", "idp.example")
            .replace(&format!("/{TENANT}/oauth2/v2.0/"), "/"),
    );
    silent(&other.findings, "client_id.form");
    silent(&other.findings, "tenant.missing");
}

#[test]
fn an_administrators_consent() {
    let base = format!("https://login.microsoftonline.com/{TENANT}/v2.0/adminconsent?client_id={APP}");
    let whole = report(&format!(
        "{base}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&redirect_uri=https%3A%2F%2Fa.example%2Fcb&state=k4Jd0sXb7Qm2"
    ));
    assert_eq!((whole.endpoint, whole.findings.len()), (Endpoint::AdminConsent, 0), "{:?}", whole.findings);
    let alone = report(&base).findings;
    found(&alone, "redirect_uri.missing");
    assert_eq!(found(&alone, "parameter.missing").place, "scope");
    found(&report(&base.replace(TENANT, "common")).findings, "tenant.shared");
}

fn compared(changes: &[(&str, Option<&str>)], app: &Value, grants: Option<&Value>) -> Vec<LintFinding> {
    let mut report = report(&address(changes));
    report.compare(&Application::read(app).unwrap(), grants.and_then(Grants::read).as_ref());
    well_formed(&report.findings);
    report.findings
}

#[test]
fn beside_the_registration() {
    let app = |patch: Value| {
        let mut value = json!({
            "appId": APP, "id": "0f0b6a52-7d3c-4a1e-8f8f-4b7a2f1f9d10", "signInAudience": "AzureADMyOrg",
            "web": { "redirectUris": ["https://a.example/cb"], "implicitGrantSettings": { "enableIdTokenIssuance": false, "enableAccessTokenIssuance": false } },
            "requiredResourceAccess": [{ "resourceAppId": "00000003-0000-0000-c000-000000000000",
                "resourceAccess": [{ "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope" }] }],
        });
        for (name, part) in patch.as_object().unwrap() {
            value[name] = part.clone();
        }
        value
    };
    let own = app(json!({}));
    assert_eq!(compared(&[], &own, None), []);
    let says = |id: &str, severity: Severity, changes: &[(&str, Option<&str>)], app: &Value| {
        assert_eq!(found(&compared(changes, app, None), id).severity, severity, "{id}");
        silent(&compared(&[], &own, None), id);
    };
    says(
        "redirect_uri.not_registered",
        Error,
        &[("redirect_uri", Some("https%3A%2F%2Fa.example%2Fcb%2F"))],
        &own,
    );
    says("client_id.another", Warning, &[], &app(json!({ "appId": "99999999-2b3d-4a58-9c11-0d5e8f7a4b62" })));
    says("client_id.object_id", Error, &[("client_id", Some("0f0b6a52-7d3c-4a1e-8f8f-4b7a2f1f9d10"))], &own);
    says("response_type.switched_off", Error, &[("response_type", Some("code%20id_token"))], &own);
    let spa = app(json!({ "web": {}, "spa": { "redirectUris": ["https://a.example/cb"] } }));
    says("pkce.spa", Error, &[("code_challenge", None)], &spa);
    silent(&compared(&[], &spa, None), "pkce.spa");
    says("scope.unlisted", Info, &[("scope", Some("openid%20offline_access%20Mail.Read"))], &own);
    says(
        "scope.default_unlisted",
        Error,
        &[("scope", Some("openid%20offline_access%20https%3A%2F%2Fvault.azure.net%2F.default"))],
        &own,
    );
    let directory = [("scope", Some("openid%20offline_access%20Directory.Read.All"))];
    let granted =
        |scope: &str| json!({ "oauth2PermissionGrants": [{ "scope": scope }], "appRoleAssignments": [] });
    assert_eq!(
        found(&compared(&directory, &own, Some(&granted("User.Read"))), "scope.not_granted").severity,
        Error
    );
    silent(&compared(&directory, &own, Some(&granted("directory.read.all"))), "scope.not_granted");
    for (audience, segment, code) in [
        ("AzureADMyOrg", "common", Some(50_194)),
        ("AzureADMyOrg", "organizations", None),
        ("AzureADMyOrg", "consumers", Some(9_002_332)),
        ("AzureADMultipleOrgs", "organizations", None),
        ("AzureADMultipleOrgs", "consumers", Some(9_002_332)),
        ("AzureADandPersonalMicrosoftAccount", "common", None),
        ("PersonalMicrosoftAccount", "common", Some(9_002_331)),
        ("PersonalMicrosoftAccount", "consumers", None),
    ] {
        let mut report = report(&address(&[]).replace(TENANT, segment));
        report.compare(&Application::read(&app(json!({ "signInAudience": audience }))).unwrap(), None);
        let finding = report.findings.iter().find(|one| one.id == "tenant.audience");
        assert_eq!(finding.map(|one| one.fails.unwrap().codes[0]), code, "{audience} at {segment}");
    }
}

#[test]
fn other_providers_and_b2c() {
    let google = report(
        "https://accounts.google.com/o/oauth2/v2/auth?client_id=1-x.apps.googleusercontent.com&redirect_uri=https%3A%2F%2Fa.example%2Fcb&response_type=code&scope=openid%20email&state=kjh3kjh4kjh5kj",
    );
    assert_eq!((google.endpoint, google.tenant.as_deref()), (Endpoint::Authorize, None));
    assert!(!lint::will_fail(&google.findings), "{:?}", google.findings);
    let b2c = report(&format!(
        "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/oauth2/v2.0/authorize?client_id={APP}&response_type=id_token&redirect_uri=https%3A%2F%2Fa.example%2Fcb&nonce=kjh3kjh4kjh5kj&scope=openid&p=B2C_1_signin"
    ));
    assert!(!lint::will_fail(&b2c.findings), "{:?}", b2c.findings);
    assert!(b2c.parameters.iter().any(|one| one.name == "p" && one.value == "B2C_1_signin"));
}

/// Whatever is pasted, it is read without a panic and printed without a control character.
#[test]
fn strange_addresses_are_survived() {
    let whole = address(&[]);
    for at in 0..whole.len() {
        for text in
            [&whole[..at], &whole[at..], &format!("{}\u{202e}\u{1b}[31m&%{}", &whole[..at], &whole[at..])]
        {
            let Ok(report) = lint::url::url(text) else { continue };
            for line in lint::url_lines(&report) {
                assert!(!line.plain().chars().any(authwright::text::is_unsafe), "{text:?}");
            }
        }
    }
}
