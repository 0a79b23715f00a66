//! What the request decides.

use super::*;

#[test]
fn the_request_decides_between_causes() {
    let mut wrong = Vec::new();
    let mut check = |code: u32, form: &str, id: &str, certainty: Certainty| {
        let cause = &refused(code, form).causes[0];
        if (cause.id.as_str(), cause.certainty) != (id, certainty) {
            wrong.push(format!("{code} {form}: {} {:?}", cause.id, cause.certainty));
        }
    };
    let guid = "11111111-2222-3333-4444-555555555555";
    check(
        7_000_215,
        &format!("client_secret={guid}"),
        "credential.secret_id_instead_of_value",
        Certainty::Certain,
    );
    check(7_000_215, "client_secret=abc", "undetermined", Certainty::Possible);
    check(7_000_218, "grant_type=device_code", "credential.public_flag_off", Certainty::Likely);
    check(
        7_000_218,
        "grant_type=authorization_code&redirect_uri=http://localhost:8400/",
        "platform.web_used_by_public_client",
        Certainty::Likely,
    );
    check(7_000_218, "grant_type=x&client_secret=", "credential.missing", Certainty::Certain);
    check(70011, "scope=openid,profile", "scope.separator", Certainty::Certain);
    check(70011, "scope=api://a/.default api://a/x", "scope.default_mixed", Certainty::Certain);
    check(70011, "scope=api://a/x User.Read", "scope.multiple_resources", Certainty::Likely);
    check(
        1_002_012,
        "grant_type=client_credentials&scope=User.Read",
        "scope.named_in_client_credentials",
        Certainty::Certain,
    );
    check(501_481, "grant_type=authorization_code", "pkce.verifier_missing", Certainty::Certain);
    check(501_491, "grant_type=x&code_verifier=short", "pkce.verifier_length", Certainty::Certain);
    check(9_002_326, "grant_type=client_credentials", "browser.grant_not_allowed", Certainty::Certain);
    check(700_016, "client_id=%7Bclient_id%7D", "request.placeholder", Certainty::Certain);
    check(650_053, "scope=Orders.Read", "scope.unqualified", Certainty::Likely);
    check(54005, "grant_type=authorization_code", "code.reused", Certainty::Certain);
    check(70008, "grant_type=refresh_token", "refresh_token.inactive", Certainty::Likely);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_assertion_that_was_sent_decides_between_causes() {
    let check = |code: u32, header: serde_json::Value, claims: serde_json::Value, id: &str| {
        let form = format!("client_id={CLIENT}&client_assertion={}", jwt(&header, &claims));
        let evidence = Evidence {
            refusal: Some(Refusal { error_codes: vec![code], ..Refusal::default() }),
            request: Some(token_request(&form)),
            now: Some(NOW),
            ..Evidence::default()
        };
        let cause = &explain(&evidence).causes[0];
        assert_eq!((cause.id.as_str(), cause.certainty), (id, Certainty::Certain), "{code} {claims}");
    };
    let claims =
        json!({"iss": CLIENT, "sub": CLIENT, "aud": "https://a.example/token", "exp": 1_772_615_000});
    let header = json!({"alg": "RS256", "x5t": "y".repeat(27)});
    check(700_024, header.clone(), claims.clone(), "credential.assertion_expired");
    let ahead = json!({"iss": CLIENT, "sub": CLIENT, "nbf": 1_772_619_000, "exp": 1_772_622_600});
    check(700_024, header.clone(), ahead, "clock.skew");
    check(
        700_027,
        json!({"alg": "RS256", "x5t": "ab".repeat(20)}),
        claims.clone(),
        "credential.x5t_is_hex_text",
    );
    check(
        700_027,
        json!({"alg": "ES256", "x5t": "y".repeat(27)}),
        claims.clone(),
        "credential.key_or_algorithm",
    );
    check(50027, json!({"alg": "RS256"}), claims.clone(), "credential.assertion_claims");
    check(50048, header.clone(), json!({"iss": CLIENT, "sub": "other"}), "credential.assertion_claims");
    check(700_023, header, claims, "credential.assertion_audience");
}

#[test]
fn an_assertion_that_the_session_has_sent_before_is_told_from_one_that_is_wrong() {
    let claims = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": "https://a.example/token", "nbf": 1_772_615_700, "exp": 1_772_622_600, "jti": "7"
    });
    let first = |header: &serde_json::Value, is_sent_before: bool| {
        let form = format!("client_id={CLIENT}&client_assertion={}", jwt(header, &claims));
        let evidence = Evidence {
            refusal: Some(Refusal { error_codes: vec![50027], ..Refusal::default() }),
            request: Some(token_request(&form)),
            history: is_sent_before.then(|| token_request(&form)).into_iter().collect(),
            now: Some(NOW),
            ..Evidence::default()
        };
        let cause = explain(&evidence).causes.swap_remove(0);
        (cause.id, cause.title, cause.certainty)
    };
    let whole = json!({"alg": "RS256", "x5t": "y".repeat(27)});
    let (id, title, certainty) = first(&whole, true);
    assert_eq!((id.as_str(), certainty), ("credential.assertion_claims", Certainty::Likely));
    assert_eq!(title, "The assertion was used before");
    assert_ne!(first(&whole, false).1, title);
    // Nothing is known of who signed it without a thumbprint: that was so the first time as well.
    assert_ne!(first(&json!({"alg": "RS256"}), true).1, title);
}

#[test]
fn what_is_exchanged_for_somebody_decides_between_causes() {
    let check = |code: u32, assertion: &str, id: &str, certainty: Certainty| {
        let cause = &refused(code, &format!("client_id={CLIENT}&assertion={assertion}")).causes[0];
        assert_eq!((cause.id.as_str(), cause.certainty), (id, certainty), "{code}");
    };
    let header = json!({"alg": "RS256", "kid": "k"});
    let graph = json!({"aud": "https://graph.microsoft.com", "scp": "User.Read", "appid": "f"});
    check(50013, &jwt(&header, &graph), "obo.graph_token", Certainty::Certain);
    check(500_131, &jwt(&header, &graph), "obo.graph_token", Certainty::Certain);
    let other = json!({"aud": "api://other", "scp": "Read", "appid": "f"});
    check(500_131, &jwt(&header, &other), "obo.assertion_audience", Certainty::Likely);
    let own = json!({"aud": CLIENT, "scp": "Read", "azp": "f"});
    check(50013, &jwt(&header, &own), "undetermined", Certainty::Possible);
    check(50027, "opaque", "token.header_malformed", Certainty::Certain);
    check(50027, &format!("Bearer+{}", jwt(&header, &own)), "token.header_malformed", Certainty::Certain);
}

#[test]
fn a_refresh_token_of_another_client_is_told_by_the_suberror() {
    let evidence = Evidence {
        refusal: Some(Refusal {
            error_codes: vec![70000],
            suberror: Some("client_mismatch".into()),
            ..Refusal::default()
        }),
        request: Some(token_request("grant_type=refresh_token&refresh_token=x")),
        ..Evidence::default()
    };
    assert_eq!(explain(&evidence).causes[0].title, "The refresh token was issued to another application");
    let without = refused(70000, "grant_type=refresh_token");
    assert_eq!(without.causes[0].id, "undetermined");
    assert!(without.causes.iter().any(|cause| cause.id == "refresh_token.mangled"));
}

#[test]
fn commands_are_filled_from_the_request() {
    let guid = "11111111-2222-3333-4444-555555555555";
    let explanation = refused(65001, &format!("client_id={guid}&scope=openid+api%3A%2F%2Forders%2FRead"));
    let fixes = &explanation.causes[0].fixes;
    let commands: Vec<_> = fixes.iter().filter_map(|fix| fix.command.as_deref()).collect();
    assert!(
        commands.contains(&format!("az ad app permission admin-consent --id {guid}").as_str()),
        "{commands:?}"
    );
    assert!(commands.iter().any(|command| command.ends_with("--scope Read")), "{commands:?}");
}

#[test]
fn what_a_machine_refuses_is_told_from_what_the_authority_does() {
    let mut wrong = Vec::new();
    let mut check = |query: &str, headers: Headers, title: &str, certainty: Certainty| {
        let url = format!("http://169.254.169.254/metadata/identity/oauth2/token?{query}");
        let evidence = Evidence {
            refusal: Some(Refusal {
                error: "invalid_request".into(),
                surface: Surface::Json(400),
                ..Refusal::default()
            }),
            request: Some(Request { headers, ..Request::get(url.parse().expect("an address")) }),
            ..Evidence::default()
        };
        let explanation = explain(&evidence);
        let cause = &explanation.causes[0];
        if !cause.title.contains(title) || cause.certainty != certainty {
            wrong.push(format!("{query}: {} {:?}", cause.title, cause.certainty));
        }
    };
    let metadata = || Headers::new().with("metadata", "true");
    let good = "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
    let without_proof = Headers::new().with("accept", "application/json");
    check(good, without_proof, "where the caller runs is missing", Certainty::Certain);
    check(good, metadata().with("x-forwarded-for", "10.0.0.1"), "came through a proxy", Certainty::Certain);
    check("resource=x", metadata(), "api-version is missing", Certainty::Certain);
    check("api-version=2018-02-01", metadata(), "resource is missing", Certainty::Certain);
    check(
        &format!("{good}&client_id=a&object_id=b"),
        metadata(),
        "named in several ways",
        Certainty::Certain,
    );
    check(good, metadata(), "not assigned to this machine", Certainty::Likely);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
