//! What the token of a call decides.

use super::*;

/// What an API answered to a call with this header.
fn call(url: &str, authorization: Option<&str>, refusal: (u16, &str, &str)) -> Explanation {
    let (status, error, description) = refusal;
    let headers = authorization.map(|value| Headers::new().with("authorization", value)).unwrap_or_default();
    explain(&Evidence {
        refusal: Some(Refusal {
            surface: Surface::Api(status),
            error: error.into(),
            description: Some(description.into()),
            ..Refusal::default()
        }),
        request: Some(Request { headers, ..Request::get(url.parse().expect("an address")) }),
        now: Some(NOW),
        ..Evidence::default()
    })
}

#[test]
fn the_token_of_a_call_decides_between_causes() {
    let mut wrong = Vec::new();
    let mut check =
        |url: &str, header: Option<&str>, refusal: (u16, &str, &str), id: &str, certainty: Certainty| {
            let cause = &call(url, header, refusal).causes[0];
            if (cause.id.as_str(), cause.certainty) != (id, certainty) {
                let was = (&cause.id, cause.certainty);
                wrong.push(format!("{header:?} {refusal:?}: {was:?} in place of {id} {certainty:?}"));
            }
        };
    let bearer =
        |claims: serde_json::Value| format!("Bearer {}", jwt(&json!({"alg": "RS256", "kid": "k"}), &claims));
    let good = |aud: &str| json!({"aud": aud, "exp": 1_772_619_000, "iat": 1_772_615_000, "azp": CLIENT, "scp": "Read"});
    let (api, graph) = ("https://api.example/orders", "https://graph.microsoft.com/v1.0/me");
    let invalid = (401, "invalid_token", "");
    let denied = (403, "Authorization_RequestDenied", "");
    check(api, None, (401, "", "no word"), "token.header_malformed", Certainty::Certain);
    check(api, Some("Bearer Bearer x"), invalid, "token.header_malformed", Certainty::Certain);
    check(api, Some("Bearer opaque"), invalid, "token.header_malformed", Certainty::Likely);
    let mut over = good(CLIENT);
    over["exp"] = json!(1_772_610_000);
    check(api, Some(&bearer(over)), invalid, "token.expired", Certainty::Certain);
    let id_token =
        json!({"aud": CLIENT, "nonce": "n", "sub": "s", "iss": "https://login.microsoftonline.com/t/v2.0"});
    check(api, Some(&bearer(id_token)), invalid, "token.id_token_as_bearer", Certainty::Certain);
    let for_graph = bearer(good("https://graph.microsoft.com"));
    check(api, Some(&for_graph), invalid, "token.graph_token_not_for_you", Certainty::Certain);
    let unauthenticated =
        (401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.");
    check(graph, Some(&bearer(good("api://orders"))), unauthenticated, "token.audience", Certainty::Certain);
    check(graph, Some(&for_graph), denied, "permission.scope_missing", Certainty::Likely);
    let app_only = bearer(json!({"aud": "https://graph.microsoft.com", "idtyp": "app", "appid": CLIENT}));
    check(graph, Some(&app_only), (400, "BadRequest", ""), "permission.app_only_on_me", Certainty::Certain);
    check(
        "https://graph.microsoft.com/v1.0/users",
        Some(&app_only),
        denied,
        "permission.application_not_granted",
        Certainty::Likely,
    );
    check(api, Some(&for_graph), (503, "", ""), "service.outage", Certainty::Likely);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_token_of_a_call_fills_the_commands_and_stays_hidden() {
    let claims = json!({"aud": CLIENT, "azp": CLIENT, "tid": "t-1", "scp": "Read", "exp": 1_772_619_000});
    let token = jwt(&json!({"alg": "RS256"}), &claims);
    let explanation =
        call("https://api.example/", Some(&format!("Bearer {token}")), (403, "insufficient_scope", "no"));
    let json = explanation.to_json().to_string();
    assert!(json.contains(&format!("az ad app permission list-grants --id {CLIENT}")), "{json}");
    assert!(!json.contains(&token));
}
