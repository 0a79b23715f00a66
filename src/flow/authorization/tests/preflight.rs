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
        ("scope", "openid offline_access https://graph.microsoft.com/", "scope.v1_resource"),
        ("scope", "openid offline_access https://a.example//.default", "scope.double_slash"),
        ("scope", "openid offline_access a://a/Read b://b/Read", "scope.several_apis"),
        ("code_challenge", "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3", "pkce.form"),
        ("code_challenge_method", "S512", "pkce.method"),
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
fn one_api_under_two_names_is_one_api() {
    let scope = "openid offline_access User.Read HTTPS://graph.microsoft.com/Mail.Read \
                 00000003-0000-0000-c000-000000000000/Files.Read";
    assert_eq!(preflight(KIND, Profile { scope: scope.into(), ..profile() }, &[]), [] as [&str; 0]);
}

#[test]
fn the_verifier_is_looked_at_as_soon_as_it_is_shown() {
    let plain = Profile { pkce: Pkce::Plain, scope: "openid offline_access".into(), ..profile() };
    assert_eq!(preflight(KIND, plain.clone(), &[]), ["pkce.plain"]);
    for short in ["a".repeat(42), "a".repeat(129), "ä".repeat(43)] {
        let found = preflight(KIND, plain.clone(), &[("code_challenge", Some(&short))]);
        assert_eq!(found, ["pkce.plain", "pkce.form"], "{short}");
    }
}

#[test]
fn where_the_registration_is_known_the_redirect_uri_is_held_against_it() {
    let known = |platform, registered: &[(Platform, &str)]| Profile {
        platform,
        registered: registered.iter().map(|(platform, uri)| (*platform, url(uri))).collect(),
        scope: "openid offline_access".into(),
        ..profile()
    };
    let native = (Platform::Native, "http://localhost/cb");
    assert_eq!(preflight(KIND, known(Platform::Native, &[native]), &[]), [] as [&str; 0]);
    let web = (Platform::Web, "http://localhost/cb");
    assert_eq!(preflight(KIND, known(Platform::Native, &[web]), &[]), ["redirect_uri.platform"]);
    assert_eq!(preflight(KIND, known(Platform::Native, &[web, native]), &[]), [] as [&str; 0]);
    let other = (Platform::Native, "http://localhost/CB");
    assert_eq!(preflight(KIND, known(Platform::Native, &[other]), &[]), ["redirect_uri.not_registered"]);
    let scheme = known(Platform::Web, &[(Platform::Web, "app.example://auth")]);
    let found = preflight(KIND, scheme, &[("redirect_uri", Some("app.example://auth"))]);
    assert_eq!(found, ["redirect_uri.not_ours", "redirect_uri.scheme"]);
}

/// The findings about the redemption of a code with these changes, from information upwards.
fn redemption(profile: Profile, bends: Vec<NamedBend>) -> Vec<&'static str> {
    at_token(profile, bends).finds(StepId::Token, Severity::Info)
}

#[test]
fn each_odd_redemption_is_remarked_on() {
    let good = || Profile { scope: "openid offline_access api://a/Read".into(), ..profile() };
    assert_eq!(redemption(good(), Vec::new()), [] as [&str; 0]);
    for (name, value, expected) in [
        ("scope", "api://a/.default api://a/Read", &["scope.default_mixed"][..]),
        ("scope", "api://a/Read api://b/Read", &["scope.several_apis"]),
        ("scope", "https://graph.microsoft.com", &["scope.v1_resource"]),
        ("resource", "https://graph.microsoft.com", &["resource.v1"]),
        ("redirect_uri", "http://localhost:5001/CB", &["redirect_uri.differs"]),
        ("code_verifier", "short", &["pkce.form", "pkce.mismatch"]),
        ("code_verifier", "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv", &["pkce.mismatch"]),
        ("client_secret", "hunter2", &["secret.public_client"]),
        ("origin", "http://localhost", &["origin.unexpected"]),
    ] {
        let bend = set(StepId::Token, name, value);
        let mut found = redemption(good(), vec![bend.clone()]);
        if name == "origin" {
            // It is a header, which only the person can say.
            let mut play = at_token(good(), Vec::new());
            let header = Bend::Add(Place::Header, "Origin".into(), value.into());
            play.says(Input::Chosen(Choice::Bend(header)));
            found = play.finds(StepId::Token, Severity::Info);
        }
        assert_eq!(found, expected, "{name}={value}");
    }
    let unlocked = vec![drop(StepId::Authorize, "code_challenge")];
    assert_eq!(redemption(good(), unlocked), ["pkce.no_challenge"]);
    let both = Profile { scope: "openid offline_access api://a/Read api://b/Read".into(), ..profile() };
    assert_eq!(redemption(both, vec![set(StepId::Token, "scope", "api://a/Read")]), ["scope.first_api"]);
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
