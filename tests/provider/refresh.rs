//! Refresh tokens: whose they are, what they reach, and when they stop.

use std::time::Duration;

use serde_json::Value;

use crate::{
    desk::{CATALOG, with},
    tenant::{SPA, Tenant, claims, refused},
};

const SCOPE: &str = "openid profile offline_access User.Read";

fn signed_in(tenant: &mut Tenant, key: &str, person: &str) -> Value {
    tenant.password(key, person, SCOPE, &[]).tokens()
}

#[test]
fn one_token_reaches_every_resource_with_consent_one_at_a_time() {
    let mut tenant = Tenant::northwind();
    let (home, first) = (tenant.home(), signed_in(&mut tenant, "handheld", "mina"));
    let token = &first["refresh_token"];
    let ask = |tenant: &mut Tenant, scope: &str| {
        tenant.refresh_at(&home, "handheld", token, &[("scope", scope)], None).tokens()
    };
    let same = ask(&mut tenant, "");
    assert_eq!(same["scope"], first["scope"], "without a scope it is what it was");
    assert!(same["id_token"].is_string() && same["refresh_token"].is_string());
    let other = ask(&mut tenant, CATALOG);
    assert_eq!(
        (&other["scope"], other.get("refresh_token")),
        (&CATALOG.into(), None),
        "nothing lasting asked"
    );
    assert_eq!(claims(&other["access_token"])["scp"], "Catalog.Read");
    let several = ask(&mut tenant, &format!("{CATALOG} User.Read"));
    assert_eq!(several["scope"], CATALOG, "of several resources the first");
    let narrower = ask(&mut tenant, "openid");
    assert!(narrower["id_token"].is_string());

    let wider = tenant.refresh_at(&home, "handheld", token, &[("scope", "Mail.Read")], None);
    wider.check("never consented", refused("invalid_grant", 65001).sub("consent_required"));
    let vault = [("scope", "https://vault.azure.net/user_impersonation")];
    tenant.refresh_at(&home, "handheld", token, &vault, None).check(
        "behind a policy",
        refused("invalid_grant", 50076).sub("basic_action").policy("3d0c8f1e-7b62-4a95-8e40-c1f7d96b2a53"),
    );
}

#[test]
fn a_family_shares_its_tokens_and_keeps_others_out() {
    let mut tenant = Tenant::northwind();
    let (home, mail) = (tenant.home(), signed_in(&mut tenant, "family-mail", "mina"));
    assert_eq!(mail["foci"], "1");
    let token = &mail["refresh_token"];
    let basic = [("scope", "User.ReadBasic.All offline_access")];
    let files = tenant.refresh_at(&home, "family-files", token, &basic, None).tokens();
    let held = claims(&files["access_token"]);
    assert_eq!(held["appid"], tenant.client_id("family-files"));
    assert!(held["scp"].as_str().unwrap().contains("User.ReadBasic.All"));
    assert_eq!(files["foci"], "1");
    let not_its_own = [("scope", "Mail.Read")];
    tenant
        .refresh_at(&home, "family-files", token, &not_its_own, None)
        .check("authorized for the other only", refused("invalid_request", 65002));

    let stranger = tenant.refresh_at(&home, "handheld", token, &[], None);
    stranger.check("outside the family", refused("invalid_grant", 70000).sub("client_mismatch"));
    assert_eq!(stranger.body["error_additional_info"], serde_json::json!(["client_mismatch"]));
    let own = signed_in(&mut tenant, "handheld", "mina");
    assert!(own.get("foci").is_none());
    let family = tenant.refresh_at(&home, "family-mail", &own["refresh_token"], &[], None);
    family.check("not of the family", refused("invalid_grant", 70000));
}

#[test]
fn a_guest_takes_the_token_along_to_the_tenant_that_invited_them() {
    let mut tenant = Tenant::northwind();
    let first = signed_in(&mut tenant, "family-mail", "farah");
    let token = &first["refresh_token"];
    let home = claims(&first["access_token"]);
    assert!(home.get("idp").is_none());
    let info = [("client_info", "1")];
    let invited = tenant.refresh_at("northwind.example", "family-mail", token, &info, None).tokens();
    let held = claims(&invited["access_token"]);
    assert_eq!(held["tid"], tenant.home());
    assert_eq!(held["oid"], "2e95b8c4-6d13-4f7a-a0c2-d8164b7f3e90", "an object id of that directory");
    assert!(held["idp"].as_str().unwrap().contains(home["tid"].as_str().unwrap()));
    assert_eq!(claims(&invited["id_token"])["email"], "farah@fabrikam.example", "told of guests unasked");
    let stays = tenant.refresh_at("organizations", "family-mail", &invited["refresh_token"], &[], None);
    assert_eq!(claims(&stays.tokens()["access_token"])["tid"], tenant.home());

    let mina = signed_in(&mut tenant, "family-mail", "mina");
    tenant
        .refresh_at("fabrikam.example", "family-mail", &mina["refresh_token"], &[], None)
        .check("not invited", refused("invalid_grant", 50020));
}

#[test]
fn revocation_ends_every_token_issued_before_and_none_after() {
    let mut tenant = Tenant::northwind();
    let (home, mina) = (tenant.home(), tenant.object_id("mina"));
    let first = signed_in(&mut tenant, "handheld", "mina");
    let others = signed_in(&mut tenant, "handheld", "adele");
    tenant.now = tenant.now + Duration::from_secs(90);
    let revoked_at = tenant.now;
    assert!(tenant.provider.revoke_sessions(&mina, revoked_at));
    assert_eq!(tenant.provider.sessions_valid_from(&mina), Some(revoked_at));
    assert!(!tenant.provider.revoke_sessions("11111111-2222-3333-4444-555555555555", revoked_at));

    let answer = tenant.refresh_at(&home, "handheld", &first["refresh_token"], &[], None);
    answer.check("revoked", refused("invalid_grant", 50173).sub("bad_token"));
    let description = answer.body["error_description"].as_str().unwrap();
    for time in ["'2026-03-04T09:15:27.0000000Z'", "'2026-03-04T09:16:57.0000000Z'"] {
        assert!(description.contains(time), "{description}");
    }
    assert_eq!(tenant.refresh_at(&home, "handheld", &others["refresh_token"], &[], None).status, 200);
    let again = signed_in(&mut tenant, "handheld", "mina");
    assert_eq!(tenant.refresh_at(&home, "handheld", &again["refresh_token"], &[], None).status, 200);
}

#[test]
fn revocation_signs_browsers_out() {
    let mut tenant = Tenant::northwind();
    tenant.code("storefront", SPA);
    let mina = tenant.object_id("mina");
    tenant.provider.revoke_sessions(&mina, tenant.now);
    let (client, path) = (tenant.client_id("storefront"), format!("{}/oauth2/v2.0/authorize", tenant.home()));
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", SPA),
        ("scope", "User.Read"),
        ("prompt", "none"),
        ("code_challenge", crate::desk::CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let answer =
        tenant.ask(authwright::wire::Method::Get, &path, &parameters, authwright::wire::Headers::new());
    assert!(answer.redirect_target().unwrap().contains("error=login_required"), "{answer:?}");
}

#[test]
fn account_and_consent_are_looked_at_again_each_time() {
    let mut tenant = Tenant::northwind();
    let (home, mina, client) = (tenant.home(), tenant.object_id("mina"), tenant.client_id("handheld"));
    let body = signed_in(&mut tenant, "handheld", "mina");
    let token = &body["refresh_token"];
    tenant.provider.enable_account(&mina, false);
    let check = |tenant: &mut Tenant, name: &str, expected| {
        tenant.refresh_at(&home, "handheld", token, &[], None).check(name, expected);
    };
    check(&mut tenant, "switched off", refused("invalid_grant", 50057));
    tenant.provider.enable_account(&mina, true);
    tenant.provider.withdraw_consent(&client, None);
    check(&mut tenant, "consent lost", refused("invalid_grant", 65001).sub("consent_required"));
    tenant.provider.delete_account(&mina);
    check(&mut tenant, "deleted", refused("invalid_grant", 50034));
    tenant
        .password("handheld", "mina", SCOPE, &[])
        .check("nobody of that name any more", refused("invalid_grant", 50034));
}

#[test]
fn a_confidential_client_proves_itself_again() {
    let mut tenant = Tenant::northwind();
    let (home, secret) = (tenant.home(), tenant.secret("admin-portal"));
    let redirect_uri = "http://localhost:7082/signin-oidc";
    let code = tenant.code("admin-portal", redirect_uri);
    let client = tenant.client_id("admin-portal");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("code", code.as_str()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", crate::desk::VERIFIER),
    ];
    let body = tenant.token_at(&home, &with(&form, &[]), None).tokens();
    let token = &body["refresh_token"];
    let client = |code| refused("invalid_client", code);
    tenant.refresh_at(&home, "admin-portal", token, &[], None).check("no secret", client(7_000_218));
    let wrong = [("client_secret", "x")];
    tenant.refresh_at(&home, "admin-portal", token, &wrong, None).check("wrong secret", client(7_000_215));
    let right = [("client_secret", secret.as_str())];
    assert_eq!(tenant.refresh_at(&home, "admin-portal", token, &right, None).status, 200);
    tenant
        .refresh_at(&home, "admin-portal", token, &right, Some("http://localhost:7082"))
        .check("from a browser", refused("invalid_request", 9_002_326));
}

#[test]
fn a_policy_may_want_a_fresh_sign_in_for_one_resource() {
    let mut tenant = Tenant::northwind();
    let (home, secret, client) =
        (tenant.home(), tenant.secret("admin-portal"), tenant.client_id("admin-portal"));
    let redirect_uri = "http://localhost:7082/signin-oidc";
    let payments = "api://northwind-payments/Payments.Read offline_access";
    let code = tenant.code_for("admin-portal", redirect_uri, &format!("{payments} User.Read"));
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("code", code.as_str()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", crate::desk::VERIFIER),
    ];
    let body = tenant.token_at(&home, &form, None).tokens();
    let mut token = body["refresh_token"].clone();
    let proven = [("client_secret", secret.as_str()), ("scope", payments)];
    tenant.now = tenant.now + Duration::from_secs(3599);
    let body = tenant.refresh_at(&home, "admin-portal", &token, &proven, None).tokens();
    token = body["refresh_token"].clone();
    tenant.now = tenant.now + Duration::from_secs(1);
    let answer = tenant.refresh_at(&home, "admin-portal", &token, &proven, None);
    answer
        .check("the sign-in counts, not the last use", refused("invalid_grant", 70043).sub("token_expired"));
    assert!(answer.body.get("error_uri").is_none());
    assert!(answer.body["error_description"].as_str().unwrap().contains("allowed 3600 s"));
    let graph = [("client_secret", secret.as_str()), ("scope", "User.Read")];
    assert_eq!(tenant.refresh_at(&home, "admin-portal", &token, &graph, None).status, 200, "no policy there");
}
