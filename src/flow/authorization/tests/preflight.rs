//! What is said of an authorization request before it is sent.

use super::{front::away, *};

/// The findings about an authorization request with these changes, from information upwards.
fn preflight(kind: FlowKind, profile: Profile, bends: &[(&str, Option<&str>)]) -> Vec<&'static str> {
    let bends = bends.iter().map(|(name, value)| NamedBend {
        step: Some(StepId::Authorize),
        name: (*name).to_owned(),
        change: value.map_or(Change::Drop, |value| Change::Set(value.to_owned())),
    });
    let play = away(kind, profile, bends.collect());
    play.finds(StepId::Authorize, Severity::Info)
}

#[test]
fn each_odd_request_for_a_code_is_remarked_on() {
    let full = || Profile { scope: "openid offline_access api://a/Read".into(), ..profile() };
    assert_eq!(preflight(KIND, full(), &[]), [] as [&str; 0]);
    for (name, value, id) in [
        ("response_type", "code id_token", "response_type.not_code"),
        ("response_type", "none", "response_type.unknown"),
        ("response_mode", "web_message", "response_mode.unknown"),
        ("scope", "openid offline_access a://a/.default a://a/Read", "scope.default_mixed"),
        ("scope", "openid offline_access a://a/.default b://b/.default", "scope.default_mixed"),
        ("scope", "openid api/Read", "scope.no_offline_access"),
        ("prompt", "always", "prompt.unknown"),
        ("prompt", "none", "prompt.none"),
        ("prompt", "none login", "prompt.none_mixed"),
        ("max_age", "an hour", "max_age.form"),
        ("claims", "acr", "claims.form"),
        ("resource", "https://graph.microsoft.com", "resource.v1"),
        ("redirect_uri", "http://localhost:5001/other", "redirect_uri.not_registered"),
        ("redirect_uri", "http://app.example/cb", "redirect_uri.http"),
        ("redirect_uri", "http://[::1]:5001/cb", "redirect_uri.ipv6"),
        ("redirect_uri", "http://127.0.0.1:5001/cb", "redirect_uri.ipv4"),
        ("redirect_uri", "https://app.example/*", "redirect_uri.characters"),
        ("redirect_uri", "https://app.example/#x", "redirect_uri.fragment"),
        ("redirect_uri", "cb", "redirect_uri.form"),
        ("url", "http://localhost:4000/common/oauth2/v2.0/authorize", "tenant.shared"),
        ("url", "http://localhost:4000/Organizations/oauth2/v2.0/authorize", "tenant.shared"),
        ("url", "http://localhost:4000/consumers/oauth2/v2.0/authorize", "tenant.shared"),
    ] {
        let found = preflight(KIND, full(), &[(name, Some(value))]);
        assert!(found.contains(&id), "{name}={value}: {found:?}");
    }
    let hint = [("prompt", Some("select_account")), ("login_hint", Some("ann@x.example"))];
    assert_eq!(preflight(KIND, full(), &hint), ["prompt.hint"]);
    let good = [("prompt", Some("login")), ("max_age", Some("0")), ("claims", Some("{}"))];
    assert_eq!(preflight(KIND, full(), &good), [] as [&str; 0]);
}

#[test]
fn entra_s_own_rules_are_not_held_against_others() {
    let authority = Authority::Issuer(url("http://localhost:4000/tid/v2.0"));
    let elsewhere = Profile { authority, scope: "openid offline_access".into(), ..profile() };
    let bends = [
        ("redirect_uri", Some("http://[::1]:5001/cb")),
        ("scope", Some("openid offline_access a/.default a/b")),
    ];
    assert_eq!(preflight(KIND, elsewhere, &bends), ["redirect_uri.not_ours"]);
}

#[test]
fn each_odd_request_for_tokens_is_remarked_on() {
    let implicit = || Profile { scope: "openid api://a/Read".into(), ..profile() };
    assert_eq!(preflight(FlowKind::Implicit, implicit(), &[]), [] as [&str; 0]);
    for (name, value, id) in [
        ("nonce", None, "nonce.not_sent"),
        ("response_mode", Some("query"), "response_mode.tokens_in_query"),
        ("response_type", Some("code id_token"), "response_type.code"),
        ("scope", Some("api://a/Read"), "scope.no_openid"),
        ("scope", Some("openid a://a/Read b://b/Read"), "scope.several_apis"),
        ("scope", Some("openid offline_access"), "scope.offline_access"),
    ] {
        let found = preflight(FlowKind::Implicit, implicit(), &[(name, value)]);
        assert!(found.contains(&id), "{name}={value:?}: {found:?}");
    }
    let hybrid = |platform, name, value| {
        let profile = Profile { platform, scope: "openid offline_access".into(), ..profile() };
        preflight(FlowKind::Hybrid, profile, &[(name, Some(value))])
    };
    let check = |found: Vec<&str>, id: &str| assert!(found.contains(&id), "{found:?}");
    check(hybrid(Platform::Native, "response_type", "code"), "response_type.not_hybrid");
    check(hybrid(Platform::Web, "response_mode", "fragment"), "response_mode.fragment");
    check(hybrid(Platform::Spa, "response_mode", "form_post"), "response_mode.form_post");
}
