//! Name and password at the token endpoint.

use std::time::Duration;

use crate::tenant::{Tenant, claims, refused};

const SCOPE: &str = "openid profile offline_access User.Read";
const VAULT: &str = "https://vault.azure.net/user_impersonation";

#[test]
fn the_right_password_gives_tokens() {
    let mut tenant = Tenant::northwind();
    let body = tenant.password("handheld", "mina", SCOPE, &[("client_info", "1")]).tokens();
    let fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "token_type",
        "scope",
        "expires_in",
        "ext_expires_in",
        "access_token",
        "refresh_token",
        "id_token",
        "client_info",
    ];
    assert_eq!(fields, expected);
    let token = claims(&body["access_token"]);
    assert_eq!(token["appid"], tenant.client_id("handheld"));
    assert_eq!((&token["amr"][0], &token["appidacr"]), (&"pwd".into(), &"0".into()));
    assert_eq!(claims(&body["id_token"])["preferred_username"], "mina@northwind.example");

    let (client, name) = (tenant.client_id("handheld"), " MINA@northwind.example");
    let form = [
        ("grant_type", "password"),
        ("client_id", client.as_str()),
        ("username", name),
        ("password", "lab-Mina-1"),
        ("scope", SCOPE),
    ];
    assert_eq!(tenant.token_at("organizations", &form, None).status, 200, "her tenant is known by her name");
    let wrong = "This grant does not work on /common or /consumers; use /organizations or the tenant.";
    for segment in ["common", "consumers"] {
        let answer = tenant.token_at(segment, &form, None);
        answer.check(segment, refused("invalid_request", 9_001_023));
        assert!(answer.body["error_description"].as_str().unwrap().contains(wrong));
    }
    let answer = tenant.token_at("organizations", &form, Some("http://localhost:7081"));
    answer.check("from a browser", refused("invalid_request", 9_002_326));
}

#[test]
fn whoever_cannot_sign_in_with_a_password_alone_is_refused() {
    let mut tenant = Tenant::northwind();
    let grant = |code| refused("invalid_grant", code);
    for (person, expected) in [
        ("bruno", grant(50057)),
        ("petra", grant(50055).sub("user_password_expired")),
        ("luis", grant(50053)),
        ("theo", grant(50076).sub("basic_action")),
        ("ines", grant(50126)),
    ] {
        tenant.password("handheld", person, SCOPE, &[]).check(person, expected);
    }
    // A wrong password tells nothing about the account behind it.
    let wrong = [("password", "wrong")];
    for person in ["mina", "bruno", "petra", "theo"] {
        tenant.password("handheld", person, SCOPE, &wrong).check(person, grant(50126));
    }
    // Guests have no password here.
    let guest = [("username", "farah@fabrikam.example"), ("password", "lab-Farah-1")];
    tenant.password("handheld", "mina", SCOPE, &guest).check("guest", grant(50034));
}

#[test]
fn ten_wrong_passwords_lock_the_account_for_a_minute() {
    let mut tenant = Tenant::northwind();
    for _ in 0..10 {
        tenant
            .password("handheld", "mina", SCOPE, &[("password", "wrong")])
            .check("wrong", refused("invalid_grant", 50126));
    }
    tenant.password("handheld", "mina", SCOPE, &[]).check("locked", refused("invalid_grant", 50053));
    tenant.now = tenant.now + Duration::from_secs(60);
    assert_eq!(tenant.password("handheld", "mina", SCOPE, &[]).status, 200);
}

#[test]
fn requests_are_refused_as_entra_refuses_them() {
    let mut tenant = Tenant::northwind();
    let (client, grant) = (|code| refused("invalid_client", code), |code| refused("invalid_grant", code));
    let (request, scope) = (|code| refused("invalid_request", code), |code| refused("invalid_scope", code));
    let (portal, desktop) = (tenant.client_id("admin-portal"), tenant.client_id("desktop"));
    let secret = tenant.secret("admin-portal");
    let two = format!("User.Read {VAULT}");
    let cases: Vec<(&str, Vec<(&str, &str)>, _)> = vec![
        ("no name", vec![("username", "")], request(900_144)),
        ("no password", vec![("password", "")], request(900_144)),
        ("no scope", vec![("scope", "")], request(900_144)),
        ("nobody", vec![("username", "nobody@northwind.example")], grant(50034)),
        ("public with secret", vec![("client_secret", "x")], client(700_025)),
        ("confidential without", vec![("client_id", &portal)], client(7_000_218)),
        ("not flagged as public", vec![("client_id", &desktop)], client(7_000_218)),
        ("wrong secret", vec![("client_id", &portal), ("client_secret", "x")], client(7_000_215)),
        (
            "not consented",
            vec![("client_id", &portal), ("client_secret", &secret)],
            grant(65001).sub("consent_required"),
        ),
        ("one more permission", vec![("scope", "Mail.Read")], grant(65001).sub("consent_required")),
        ("unknown permission", vec![("scope", "Nothing.Read")], scope(70011)),
        ("unknown resource", vec![("scope", "api://nobody/x")], refused("invalid_resource", 500_011)),
        ("two resources", vec![("scope", &two)], request(28000)),
        // The policy asks for a second factor; there is no way to give it, and so no challenge.
        ("behind a policy", vec![("scope", VAULT)], grant(50076).sub("basic_action")),
    ];
    for (name, changes, expected) in cases {
        tenant.password("handheld", "mina", SCOPE, &changes).check(name, expected);
    }
    let id = tenant.client_id("handheld");
    let form = [
        ("grant_type", "password"),
        ("client_id", id.as_str()),
        ("username", "mina@northwind.example"),
        ("password", ""),
        ("scope", SCOPE),
    ];
    tenant.token_at("organizations", &form, None).check("empty password", grant(50056));
}
