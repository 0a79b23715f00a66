//! The careful APIs.

use std::time::Duration;

use authwright::{
    time::UnixTime,
    wire::{Headers, Method, Request},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use url::Url;

use super::{Answer, BASE, KEYS, Lab, START, bearer, challenge, encoded, merged, signed, token, without};

const PRODUCTS: &str = "api/catalog/products";

/// Expects a refusal that says the same in the header, in the body and in the note.
#[track_caller]
fn check(name: &str, answer: &Answer, status: u16, error: &str, rule: &str) {
    let body = answer.json();
    assert_eq!((answer.status(), answer.rule()), (status, rule), "{name}: {body:#}");
    assert_eq!(
        (&body["error"], &body["checks"]["failed"]),
        (&json!(error), &json!(rule)),
        "{name}: {body:#}"
    );
    let challenge = challenge(answer);
    let said = challenge.get("error").map(String::as_str);
    assert_eq!(said, (error != "unauthorized").then_some(error), "{name}: {challenge:?}");
    if said.is_some() {
        let text = body["error_description"].as_str().expect("a text");
        assert_eq!(challenge["error_description"], text.replace(['"', '\\'], "'"), "{name}");
    }
    assert!(!body["advice"].as_str().expect("a text").is_empty(), "{name}");
    let names = |which: &str| -> Vec<String> {
        let names = body["checks"][which].as_array().expect("a list").iter();
        names.map(|name| name.as_str().expect("a text").to_owned()).collect()
    };
    let (passed, not_reached) = (names("passed"), names("notReached"));
    assert_eq!(passed.is_empty(), rule == "credential.nowhere_else", "{name}: {passed:?}");
    assert_eq!(passed.len() + 1 + not_reached.len(), 24, "{name}: {body:#}");
    assert!(!passed.iter().chain(&not_reached).any(|one| one == rule), "{name}: {body:#}");
}

#[test]
fn a_request_without_a_proper_credential_is_told_what_is_wrong_with_it() {
    let mut lab = Lab::open();
    let good = token(2, &lab.for_mina("Catalog.Read"));
    let line = |value: String| Headers::new().with("authorization", value);
    let cases = [
        ("no header", Headers::new(), 401, "unauthorized", "credential.present"),
        ("basic", line("Basic bWluYTptaW5h".into()), 401, "unauthorized", "credential.scheme"),
        ("no scheme", line(good.clone()), 401, "unauthorized", "credential.scheme"),
        ("nothing behind", line("Bearer".into()), 400, "invalid_request", "credential.form"),
        ("twice the word", line(format!("Bearer Bearer {good}")), 400, "invalid_request", "credential.form"),
        ("quotes", line(format!("Bearer \"{good}\"")), 400, "invalid_request", "credential.form"),
        (
            "a blank inside",
            line(format!("Bearer {}", good.replacen('.', ". ", 1))),
            400,
            "invalid_request",
            "credential.form",
        ),
        (
            "two headers",
            bearer(&good).with("authorization", format!("Bearer {good}")),
            400,
            "invalid_request",
            "credential.once",
        ),
    ];
    for (name, headers, status, error, rule) in cases {
        let answer = lab.ask(Method::Get, PRODUCTS, headers, None);
        check(name, &answer, status, error, rule);
        assert!(!format!("{:?}", answer.note).contains(&good), "{name}: the note holds the token");
    }
    let address = format!("{PRODUCTS}?access_token={good}");
    for headers in [Headers::new(), bearer(&good)] {
        let answer = lab.ask(Method::Get, &address, headers, None);
        check("in the query", &answer, 400, "invalid_request", "credential.nowhere_else");
        assert!(!answer.response.body.text().contains(&good));
    }
    let form = Request {
        method: Method::Post,
        url: Url::parse(&format!("{BASE}/{PRODUCTS}")).unwrap(),
        headers: Headers::new().with("content-type", "application/x-www-form-urlencoded"),
        body: format!("access_token={good}").into(),
    };
    check("in the form", &lab.send(&form), 400, "invalid_request", "credential.nowhere_else");
    assert_eq!(
        lab.ask(Method::Get, PRODUCTS, Headers::new().with("authorization", format!("bearer {good}")), None)
            .status(),
        200
    );
}

#[test]
fn a_token_that_fails_one_check_is_refused_by_that_check() {
    let mut lab = Lab::open();
    let good = lab.for_mina("Catalog.Read");
    let with = |more: Value| token(2, &merged(good.clone(), more));
    let header = |more: Value| signed(&merged(Lab::header(2), more), &good);
    let (home, foreign) = (lab.scenario.home().id.clone(), lab.scenario.tenants()[1].id.clone());
    let whole = token(2, &good);
    let parts: Vec<&str> = whole.split('.').collect();
    let tampered = format!(
        "{}.{}.{}",
        parts[0],
        encoded(&merged(good.clone(), json!({ "scp": "Catalog.Write" }))),
        parts[2]
    );
    let unsigned = format!("{}.{}.", encoded(&json!({ "typ": "JWT", "alg": "none" })), parts[1]);
    let of_next = signed(&merged(Lab::header(2), json!({ "kid": KEYS.ids()[1] })), &good);
    let payments = lab.id("payments-api").to_owned();
    let nobody = json!({ "tid": "11111111-2222-4333-8444-555555555555", "iss": format!("{BASE}/11111111-2222-4333-8444-555555555555/v2.0") });
    let cases = [
        ("opaque", "Ewopaque".to_owned(), "token.shape", "no dots"),
        ("refresh token", "1.AXEAnot.AgABAtoken".to_owned(), "token.shape", "refresh token"),
        ("cut off", whole[..whole.len() - 1].to_owned(), "token.shape", "cut off"),
        ("two parts", format!("{}.{}", parts[0], parts[1]), "token.shape", "2 parts"),
        ("encrypted", format!("{whole}.x.y"), "token.shape", "encrypted"),
        ("alg none", unsigned, "token.algorithm", "not signed"),
        ("alg None", header(json!({ "alg": "NoNe" })), "token.algorithm", "not signed"),
        ("HS256", header(json!({ "alg": "HS256" })), "token.algorithm", "shared secret"),
        ("ES256", header(json!({ "alg": "ES256" })), "token.algorithm", "ES256"),
        ("crit", header(json!({ "crit": ["b64"] })), "token.algorithm", "critical"),
        ("unknown kid", header(json!({ "kid": "nobody" })), "token.key", "nobody"),
        ("no kid", signed(&json!({ "alg": "RS256" }), &good), "token.key", "kid ''"),
        ("tampered", tampered, "token.signature", "changed after signing"),
        ("other key", of_next, "token.signature", "does not fit"),
        ("ID token", token(2, &lab.id_token()), "token.kind", "Northwind Desktop who signed in"),
        ("ID token for the API", with_audience_of_the_api(&lab), "token.kind", "ID token"),
        ("for another API", with(json!({ "aud": payments })), "token.audience", "Northwind Payments API"),
        (
            "App ID URI in version 2",
            with(json!({ "aud": "api://northwind-catalog" })),
            "token.audience",
            "api://northwind-catalog",
        ),
        ("audiences", with(json!({ "aud": [lab.id("catalog-api")] })), "token.audience", "["),
        ("no audience", token(2, &without(good.clone(), "aud")), "token.audience", "(nothing)"),
        ("version 1", with(json!({ "ver": "1.0" })), "token.version", "1.0"),
        ("issuer of version 1", with(json!({ "iss": format!("{BASE}/{home}/") })), "token.issuer", &home),
        (
            "issuer of another tenant",
            with(json!({ "iss": format!("{BASE}/{foreign}/v2.0") })),
            "token.issuer",
            &foreign,
        ),
        (
            "foreign issuer",
            with(json!({ "iss": format!("https://login.microsoftonline.us/{home}/v2.0") })),
            "token.issuer",
            "microsoftonline",
        ),
        (
            "issuer template",
            with(json!({ "iss": format!("{BASE}/common/v2.0"), "tid": "common" })),
            "token.issuer",
            "common",
        ),
        ("unknown tenant", with(nobody), "token.tenant", "11111111"),
        ("not yet", with(json!({ "nbf": START.seconds() + 301 })), "token.valid_from", "clock"),
        ("no begin", token(2, &without(good.clone(), "nbf")), "token.valid_from", "nbf"),
        ("expired", with(json!({ "exp": START.seconds() - 300 })), "token.valid_until", "expired"),
        ("end as text", with(json!({ "exp": "1999999999" })), "token.valid_until", "not as a number"),
    ];
    for (name, token, rule, part) in cases {
        let answer = lab.get(PRODUCTS, &token);
        check(name, &answer, 401, "invalid_token", rule);
        let text = answer.json()["error_description"].as_str().unwrap().to_owned();
        assert!(text.contains(part), "{name}: {text}");
        assert!(!format!("{:?}", answer.note).contains(&token), "{name}: the note holds the token");
        assert!(!answer.note.unwrap().compared.is_empty(), "{name}");
    }
    assert_eq!(lab.get(PRODUCTS, &whole).status(), 200, "the token that they all began as is good");
}

/// An ID token of the API itself, where it signs people in, too: `aud` fits, and it must not get through all the same.
fn with_audience_of_the_api(lab: &Lab) -> String {
    token(2, &merged(lab.id_token(), json!({ "aud": lab.id("catalog-api") })))
}

#[test]
fn an_id_token_is_met_with_the_way_to_the_right_one() {
    let mut lab = Lab::open();
    let body = lab.get(PRODUCTS, &token(2, &lab.id_token())).json();
    let advice = body["advice"].as_str().unwrap();
    assert!(
        advice.contains("access token") && advice.contains("api://northwind-catalog/Catalog.Read"),
        "{advice}"
    );
    let compared = &body["compared"][0];
    assert_eq!(
        (&compared["received"], &compared["expected"]),
        (&json!("ID token"), &json!(["access token"]))
    );
}

#[test]
fn clocks_may_be_five_minutes_apart_and_not_more() {
    let mut lab = Lab::open();
    let token = token(2, &lab.for_mina("Catalog.Read"));
    let (begin, end) = (START.seconds() - 300, START.seconds() + 3600);
    for (now, status) in [(begin - 301, 401), (begin - 300, 200), (end + 299, 200), (end + 300, 401)] {
        lab.now = UnixTime::from_seconds(now);
        assert_eq!(lab.get(PRODUCTS, &token).status(), status, "at {now}");
    }
    lab.now = START + Duration::from_secs(2 * 3600);
    let answer = lab.get(PRODUCTS, &token);
    assert!(
        answer.json()["error_description"].as_str().unwrap().contains("1 h 0 min ago"),
        "{:#}",
        answer.json()
    );
}

#[test]
fn permissions_open_what_they_are_for() {
    let mut lab = Lab::open();
    let (mina, daemon) = (
        |lab: &Lab, scp| token(2, &lab.for_mina(scp)),
        |lab: &Lab, roles: &[&str]| token(2, &lab.for_daemon(roles)),
    );
    let add = json!({ "name": "Tent peg", "priceInCents": 150 });
    let (get, post) = (Method::Get, Method::Post);
    let cases = [
        (get, PRODUCTS, mina(&lab, "Catalog.Read"), 200, ""),
        (get, PRODUCTS, mina(&lab, "Other Catalog.Write"), 200, ""),
        (get, PRODUCTS, daemon(&lab, &["Catalog.Read.All"]), 200, ""),
        (get, PRODUCTS, mina(&lab, "Refunds.Issue"), 403, "permission.scope"),
        (get, PRODUCTS, mina(&lab, "catalog.read"), 403, "permission.scope"),
        (get, PRODUCTS, mina(&lab, ""), 403, "permission.scope"),
        (get, PRODUCTS, daemon(&lab, &[]), 403, "permission.role"),
        (get, PRODUCTS, daemon(&lab, &["Catalog.Read"]), 403, "permission.role"),
        (post, PRODUCTS, mina(&lab, "Catalog.Write"), 201, ""),
        (post, PRODUCTS, daemon(&lab, &["Catalog.Write.All"]), 201, ""),
        (post, PRODUCTS, mina(&lab, "Catalog.Read"), 403, "permission.scope"),
        (post, PRODUCTS, daemon(&lab, &["Catalog.Read.All"]), 403, "permission.role"),
        (get, "api/catalog/orders", daemon(&lab, &["Orders.Read.All"]), 200, ""),
        (get, "api/catalog/orders", daemon(&lab, &["Catalog.Read.All"]), 403, "permission.role"),
        (get, "api/catalog/orders", mina(&lab, "Catalog.Read"), 403, "permission.application"),
        (post, "api/catalog/refunds", daemon(&lab, &["Orders.Read.All"]), 403, "permission.delegated"),
    ];
    for (method, path, token, status, rule) in cases {
        let answer = lab.ask(method, path, bearer(&token), (method == Method::Post).then_some(&add));
        assert_eq!(answer.status(), status, "{method} {path}: {:#}", answer.json());
        if status == 403 {
            check(path, &answer, 403, "insufficient_scope", rule);
        } else {
            assert_eq!(answer.note, None);
        }
    }
    let both = merged(lab.for_mina("Refunds.Issue"), json!({ "roles": ["Catalog.Read.All"] }));
    check(
        "a role beside scopes",
        &lab.get(PRODUCTS, &token(2, &both)),
        403,
        "insufficient_scope",
        "permission.scope",
    );
}

#[test]
fn insufficient_scope_names_the_scope_to_ask_for() {
    let mut lab = Lab::open();
    let body = json!({ "name": "Tent peg", "priceInCents": 150 });
    let answer = lab.post(PRODUCTS, &token(2, &lab.for_mina("Catalog.Read")), &body);
    assert_eq!(challenge(&answer)["scope"], "api://northwind-catalog/Catalog.Write");
    assert!(answer.json()["advice"].as_str().unwrap().contains("administrator"), "{:#}", answer.json());
    let answer = lab.get(PRODUCTS, &token(2, &lab.for_daemon(&[])));
    assert_eq!(challenge(&answer)["scope"], "api://northwind-catalog/.default");
    assert!(
        answer.json()["advice"].as_str().unwrap().contains("Northwind Inventory Sync"),
        "{:#}",
        answer.json()
    );
}

#[test]
fn what_is_added_is_there_and_the_caller_is_told_who_they_are() {
    let mut lab = Lab::open();
    let token = token(2, &lab.for_mina("Catalog.Read Catalog.Write"));
    let before = lab.get(PRODUCTS, &token).json()["value"].as_array().unwrap().len();
    let answer = lab.post(PRODUCTS, &token, &json!({ "name": "Tent peg", "priceInCents": 150 }));
    assert_eq!((answer.status(), &answer.json()["value"]["name"]), (201, &json!("Tent peg")));
    let after = lab.get(PRODUCTS, &token).json();
    assert_eq!(after["value"].as_array().unwrap().len(), before + 1);
    assert_eq!(after["value"][before]["name"], "Tent peg");
    let caller =
        json!({ "client": "Northwind Desktop", "person": "Mina Okafor", "permittedBy": "Catalog.Read" });
    assert_eq!(after["caller"], caller);
    for body in
        [json!({}), json!({ "name": "", "priceInCents": 1 }), json!({ "name": "x", "priceInCents": -1 })]
    {
        let answer = lab.post(PRODUCTS, &token, &body);
        assert_eq!((answer.status(), answer.rule()), (400, "body.readable"), "{body}");
        assert_eq!(answer.header("www-authenticate"), "", "the token was good");
    }
}

#[test]
fn a_refund_asks_for_a_second_factor_by_a_claims_challenge() {
    let mut lab = Lab::open();
    let (order, claims) = (json!({ "order": "O-2001" }), lab.for_mina("Refunds.Issue"));
    let answer = lab.post("api/catalog/refunds", &token(2, &claims), &order);
    check("no context", &answer, 401, "insufficient_claims", "context.stepped_up");
    let wanted = STANDARD.decode(&challenge(&answer)["claims"]).unwrap();
    let wanted: Value = serde_json::from_slice(&wanted).unwrap();
    assert_eq!(wanted, json!({ "access_token": { "acrs": { "essential": true, "value": "c1" } } }));
    let other = token(2, &merged(claims.clone(), json!({ "acrs": ["c2"] })));
    assert_eq!(lab.post("api/catalog/refunds", &other, &order).rule(), "context.stepped_up");
    let stepped_up = token(2, &merged(claims, json!({ "acrs": ["c2", "c1"] })));
    let answer = lab.post("api/catalog/refunds", &stepped_up, &order);
    assert_eq!((answer.status(), &answer.json()["value"]["order"]), (201, &json!("O-2001")));
}

#[test]
fn an_api_of_version_1_takes_its_own_tokens() {
    let mut lab = Lab::open();
    let path = "api/payments/transactions";
    let claims = |lab: &Lab, audience: &str| {
        let more =
            json!({ "appid": lab.id("admin-portal"), "oid": lab.person("mina"), "scp": "Payments.Read" });
        merged(lab.claims(1, audience), more)
    };
    let guid = lab.id("payments-api").to_owned();
    for audience in ["api://northwind-payments", "api://northwind-payments/", guid.as_str()] {
        assert_eq!(lab.get(path, &token(1, &claims(&lab, audience))).status(), 200, "{audience}");
    }
    let good = claims(&lab, "api://northwind-payments");
    let version_2 = merged(good.clone(), json!({ "ver": "2.0" }));
    check("version 2", &lab.get(path, &token(2, &version_2)), 401, "invalid_token", "token.version");
    let issuer = json!({ "iss": format!("{BASE}/{}/v2.0", lab.scenario.home().id) });
    check(
        "issuer",
        &lab.get(path, &token(1, &merged(good.clone(), issuer))),
        401,
        "invalid_token",
        "token.issuer",
    );
    let foreign = &lab.scenario.tenants()[1].id;
    let foreign = merged(good, json!({ "tid": foreign, "iss": format!("{BASE}/{foreign}/") }));
    check("another tenant", &lab.get(path, &token(1, &foreign)), 401, "invalid_token", "token.tenant");
    let catalog = merged(lab.for_mina("Catalog.Read"), json!({}));
    check("for the catalog", &lab.get(path, &token(2, &catalog)), 401, "invalid_token", "token.audience");
    let settle = merged(
        lab.claims(1, "api://northwind-payments"),
        json!({ "appid": lab.id("inventory-sync"), "roles": ["Payments.Settle"] }),
    );
    assert_eq!(lab.post("api/payments/settlements", &token(1, &settle), &json!({})).status(), 200);
}

#[test]
fn the_catalog_serves_every_tenant_and_every_address_of_the_lab() {
    let mut lab = Lab::open();
    let foreign = lab.scenario.tenants()[1].id.clone();
    let more = json!({ "tid": foreign, "iss": format!("http://127.0.0.1:7080/{foreign}/v2.0"), "oid": lab.person("farah") });
    let answer = lab.get(PRODUCTS, &token(2, &merged(lab.for_mina("Catalog.Read"), more)));
    assert_eq!((answer.status(), &answer.json()["caller"]["person"]), (200, &json!("Farah Moreau")));
}

#[test]
fn browsers_are_met_with_pages() {
    let mut lab = Lab::open();
    let browser = || Headers::new().with("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for path in ["api/catalog/", "api/catalog", "api/payments/", "api"] {
        let answer = lab.ask(Method::Get, path, browser(), None);
        assert_eq!(
            (answer.status(), answer.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        let text = answer.response.body.text().into_owned();
        let shown =
            if path.contains("payments") { "/api/payments/transactions" } else { "/api/catalog/products" };
        assert!(text.contains(shown) && text.contains("LAB"), "{text}");
        let listed = lab.ask(Method::Get, path, Headers::new(), None).json();
        assert!(
            listed["operations"].as_array().unwrap().iter().any(|one| one["path"] == shown),
            "{listed:#}"
        );
    }
    let answer = lab.ask(Method::Get, PRODUCTS, browser(), None);
    assert_eq!((answer.status(), answer.rule()), (401, "credential.present"));
    assert!(answer.response.body.text().contains("no Authorization header"));
    assert!(challenge(&answer)["authorization_uri"].starts_with(BASE));
    let hostile =
        token(2, &merged(lab.for_mina("x"), json!({ "aud": "<script>alert(1)</script>\"\r\nx: y" })));
    let answer =
        lab.ask(Method::Get, PRODUCTS, browser().with("authorization", format!("Bearer {hostile}")), None);
    assert!(!answer.response.body.text().contains("<script>"), "{}", answer.response.body.text());
    assert!(answer.header("www-authenticate").bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{answer:?}");
    assert_eq!(lab.ask(Method::Get, "api/nothing", browser(), None).status(), 404);
    assert_eq!(
        lab.ask(Method::Get, "api/catalog/nothing", Headers::new(), None).json()["error"],
        "not_found"
    );
}

#[test]
fn pages_of_other_origins_may_ask_and_read_why_not() {
    let mut lab = Lab::open();
    let preflight = Headers::new()
        .with("origin", "http://localhost:7081")
        .with("access-control-request-method", "POST")
        .with("access-control-request-headers", "authorization,content-type");
    let answer = lab.ask(Method::Options, PRODUCTS, preflight, None);
    assert_eq!((answer.status(), answer.header("access-control-allow-origin")), (204, "*"));
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
    let answer = lab.ask(Method::Get, PRODUCTS, Headers::new().with("origin", "http://localhost:7081"), None);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("access-control-expose-headers").contains("WWW-Authenticate"));
    let answer = lab.ask(Method::Delete, PRODUCTS, Headers::new(), None);
    assert_eq!(
        (answer.status(), answer.header("allow"), answer.rule()),
        (405, "GET, POST, OPTIONS", "method.allowed")
    );
}

#[test]
fn refusals_of_apis_are_no_sign_ins() {
    let mut lab = Lab::open();
    lab.get(PRODUCTS, "x");
    assert_eq!(lab.provider.sign_ins().count(), 0);
}
