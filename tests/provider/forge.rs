//! The token forge: for each flaw the lab's own validator names the rule that a careful API breaks off at.

use authwright::{
    provider::{
        forge::{Flaw, Forged, Forgery, Spec},
        keys::SigningKey,
        order::Order,
        scenario::{
            Scenario,
            edit::{Edit, List},
        },
    },
    runtime::lab,
    wire::{Headers, Request},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use url::Url;

use crate::tenant::{KEYS, Tenant};

const CATALOG: &str = "http://localhost:7080/api/catalog/products";

fn tenant() -> Tenant {
    let mut tenant = Tenant::new(Scenario::northwind());
    let keys = lab::make_keys().expect("keys can be made");
    let other = SigningKey::restore(&keys.next().private_key(), &keys.next().certificate());
    tenant.provider.open_pipeline(other.expect("it was one"));
    // An API that serves every tenant takes tokens of each.
    let change = Edit::set(List::Applications, "catalog-api", "signInAudience", "AzureADMyOrg");
    tenant.provider.carry_out(&Order::Edit { change }, tenant.now).expect("the directory takes it");
    tenant
}

fn spec(person: Option<&str>, flaw: Flaw) -> Spec {
    Spec {
        client: Some(if person.is_some() { "storefront" } else { "inventory-sync" }.to_owned()),
        resource: Some("catalog-api".to_owned()),
        person: person.map(str::to_owned),
        flaw,
        ..Spec::default()
    }
}

fn forge(tenant: &mut Tenant, spec: &Spec) -> Result<Forged, String> {
    let base = Url::parse("http://localhost:7080/").expect("an address");
    tenant.provider.forge(spec, &base, tenant.now).map(Forgery::sign).map_err(|why| why.to_string())
}

/// Status and rule with which the catalog API answers.
fn shown(tenant: &mut Tenant, token: &str) -> (u16, String) {
    let headers = Headers::new().with("authorization", format!("Bearer {token}"));
    let request = Request { headers, ..Request::get(Url::parse(CATALOG).expect("an address")) };
    let decision = tenant.provider.decide(&request, tenant.now);
    let rule = decision.note.as_ref().map_or_else(String::new, |note| note.rule.to_owned());
    (decision.respond().status, rule)
}

const EXPECTED: [(Flaw, u16, &str); 14] = [
    (Flaw::None, 200, ""),
    (Flaw::WrongKey, 401, "token.signature"),
    (Flaw::UnknownKey, 401, "token.key"),
    (Flaw::AlgNone, 401, "token.algorithm"),
    (Flaw::Hs256, 401, "token.algorithm"),
    (Flaw::WrongIssuer, 401, "token.issuer"),
    (Flaw::WrongAudience, 401, "token.audience"),
    (Flaw::Expired, 401, "token.valid_until"),
    (Flaw::NotYetValid, 401, "token.valid_from"),
    (Flaw::NoPermissions, 403, "permission.role"),
    (Flaw::SwappedPermissions, 403, "permission.role"),
    (Flaw::OtherVersion, 401, "token.audience"),
    (Flaw::WrongTenant, 401, "token.tenant"),
    (Flaw::IdToken, 401, "token.kind"),
];

#[test]
fn each_flaw_is_the_one_thing_that_a_careful_api_finds() {
    let mut tenant = tenant();
    assert_eq!(EXPECTED.map(|(flaw, ..)| flaw), Flaw::ALL);
    let mut found = Vec::new();
    for (flaw, ..) in EXPECTED {
        let forged = forge(&mut tenant, &spec(Some("mina"), flaw)).expect("it can be made");
        let (status, rule) = shown(&mut tenant, &forged.token);
        found.push((flaw, status, rule));
    }
    let expected = EXPECTED.map(|(flaw, status, rule)| (flaw, status, rule.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn a_token_that_was_issued_here_can_be_changed_and_no_other() {
    let mut tenant = tenant();
    let scope = "openid api://northwind-catalog/Catalog.Read";
    let token = tenant.password("handheld", "mina", scope, &[]).tokens()["access_token"].clone();
    let pasted = |text: &str, flaw| Spec { token: Some(text.to_owned()), flaw, ..Spec::default() };
    let text = token.as_str().expect("a token");
    for (flaw, status, rule) in EXPECTED {
        let forged = forge(&mut tenant, &pasted(text, flaw)).expect("it can be made");
        let found = shown(&mut tenant, &forged.token);
        // Which rule finds an ID token first depends on what the client is.
        assert_eq!(found.0, status, "{flaw:?} {found:?}");
        assert!(flaw == Flaw::IdToken || found.1 == rule, "{flaw:?} {found:?}");
    }
    let (cut, _) = text.rsplit_once('.').expect("a signature");
    let refused =
        forge(&mut tenant, &pasted(&format!("{cut}.AAAA"), Flaw::None)).expect_err("it is not signed");
    assert!(refused.contains("signature that does not fit"), "{refused}");
    let refused = forge(&mut tenant, &pasted("opaque", Flaw::None)).expect_err("it is no token");
    assert!(refused.starts_with("token: it has no dots"), "{refused}");
}

#[test]
fn applications_by_themselves_have_roles_and_no_id_token() {
    let mut tenant = tenant();
    let forged = forge(&mut tenant, &spec(None, Flaw::None)).expect("it can be made");
    assert!(forged.claims["roles"].as_array().is_some_and(|roles| !roles.is_empty()));
    let swapped = forge(&mut tenant, &spec(None, Flaw::SwappedPermissions)).expect("it can be made");
    assert!(swapped.claims.get("roles").is_none() && swapped.claims["scp"].is_string());
    let refused = forge(&mut tenant, &spec(None, Flaw::IdToken)).expect_err("there is no person");
    assert!(refused.starts_with("flaw: an ID token is about a person"), "{refused}");
}

#[test]
fn what_is_asked_for_must_be_there() {
    let mut tenant = tenant();
    let good = spec(Some("mina"), Flaw::None);
    let cases = [
        (
            Spec { person: Some("nobody".to_owned()), ..good.clone() },
            "person: the directory has no \"nobody\"",
        ),
        (Spec { resource: Some("x".to_owned()), ..good.clone() }, "resource: the directory has no \"x\""),
        (Spec { resource: None, ..good.clone() }, "say `client` and `resource`"),
        (Spec { scopes: vec!["Burn".to_owned()], ..good.clone() }, "scopes: catalog-api offers no \"Burn\""),
    ];
    for (spec, reason) in cases {
        let refused = forge(&mut tenant, &spec).expect_err("it is not there");
        assert!(refused.starts_with(reason), "{refused}");
    }
    let narrow = Spec { scopes: vec!["Catalog.Write".to_owned()], ..good };
    assert_eq!(forge(&mut tenant, &narrow).expect("it is offered").claims["scp"], "Catalog.Write");
}

#[test]
fn the_public_key_is_the_secret_of_the_hmac_as_openssl_prints_it() {
    let mut tenant = tenant();
    let forged = forge(&mut tenant, &spec(Some("mina"), Flaw::Hs256)).expect("it can be made");
    let (text, signature) = forged.token.rsplit_once('.').expect("a signature");
    let pem = KEYS.current().public_pem();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "{pem}");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(pem.as_bytes()).expect("any length");
    mac.update(text.as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()), signature);
    assert_eq!(forged.header["alg"], Value::from("HS256"));
}
