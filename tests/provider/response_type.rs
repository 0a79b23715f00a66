//! What `response_type` brings: codes, tokens straight from the authorization endpoint, and the hashes that tie them together.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::Digest as _;

use crate::{
    desk::{Browser, CATALOG, Desk, NONCE, Refusal, STATE, with},
    verify::verified,
};

const LEGACY: &str = "http://localhost:7084/signin";

/// A request of the application that may have tokens of every kind.
fn asking<'a>(desk: &'a Desk, changes: &[(&'a str, &'a str)]) -> String {
    desk.authorize_url(&desk.home, &with(&desk.authorization("legacy-portal", LEGACY), changes))
}

fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sha2::Sha256::digest(text)[..16])
}

#[tokio::test]
async fn each_response_type_brings_what_it_names_and_nothing_else() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    browser.sign_in(&asking(&desk, &[]), "mina").await;
    let token: &[&str] = &["access_token", "expires_in", "scope", "token_type"];
    for response_type in [
        "code",
        "id_token",
        "token",
        "id_token token",
        "token id_token",
        "code id_token",
        "id_token code",
        "code token",
        "code id_token token",
        "token code id_token",
    ] {
        let has = |word: &str| response_type.split(' ').any(|one| one == word);
        let answer = browser.get(&asking(&desk, &[("response_type", response_type)])).await;
        let is_fragment = answer.header("location").contains("#code=")
            || answer.header("location").contains("#access_token=")
            || answer.header("location").contains("#id_token=");
        assert_eq!(is_fragment, response_type != "code", "{response_type}: {answer:?}");
        let returned = answer.returned(LEGACY);
        let mut names = vec!["session_state", "state"];
        names.extend(has("code").then_some("code"));
        names.extend(has("id_token").then_some("id_token"));
        names.extend(token.iter().filter(|_| has("token")));
        names.sort_unstable();
        assert_eq!(returned.keys().map(String::as_str).collect::<Vec<_>>(), names, "{response_type}");
        assert_eq!(returned["state"], STATE, "{response_type}");
        if has("token") {
            assert_eq!(returned["token_type"], "Bearer", "{response_type}");
            assert!(returned["expires_in"].parse::<u32>().is_ok_and(|life| life >= 3600), "{response_type}");
            assert!(!returned["scope"].contains("offline_access"), "{response_type}");
        }
        if has("id_token") {
            let claims = verified(&desk, &returned["id_token"], desk.client_id("legacy-portal")).await;
            assert_eq!(
                (&claims["nonce"], &claims["sid"]),
                (&NONCE.into(), &returned["session_state"].as_str().into())
            );
            let hash = |name: &str| returned.get(name).map(|text| half_hash(text));
            assert_eq!(claims["c_hash"].as_str(), hash("code").as_deref(), "{response_type}");
            assert_eq!(claims["at_hash"].as_str(), hash("access_token").as_deref(), "{response_type}");
        }
    }
}

#[tokio::test]
async fn tokens_are_for_the_resource_that_was_asked_for() {
    let desk = Desk::open().await;
    let scope = format!("openid {CATALOG}");
    let url = asking(&desk, &[("response_type", "token"), ("scope", &scope)]);
    let returned = Browser::new(&desk).sign_in(&url, "mina").await.returned(LEGACY);
    let claims = verified(&desk, &returned["access_token"], desk.client_id("catalog-api")).await;
    assert_eq!(
        (&claims["scp"], &claims["azpacr"]),
        (&"Catalog.Read".into(), &"0".into()),
        "no credential was shown"
    );

    let scope = [("response_type", "token"), ("scope", "api://northwind-payments/Payments.Read")];
    let mut farah = Browser::new(&desk);
    let refused = farah.sign_in(&asking(&desk, &scope), "farah").await;
    let refusal = Refusal { error: "interaction_required", code: 50105 };
    desk.check_redirect("not assigned to the API", &refused, LEGACY, refusal, &["error_uri"]).await;
    assert!(refused.header("location").contains("#error="), "where the token would have come");
}

#[tokio::test]
async fn a_hybrid_answer_comes_by_form_and_its_code_can_be_redeemed() {
    let desk = Desk::open().await;
    let changes = [("response_type", "code id_token"), ("response_mode", "form_post")];
    let page = Browser::new(&desk).sign_in(&asking(&desk, &changes), "adele").await;
    assert_eq!((page.status, page.header("location")), (200, ""));
    let value = |name: &str| {
        let input = page.body.split_once(&format!("name=\"{name}\" ")).expect("it is on the page").1;
        crate::desk::attribute(input, "value").expect("it has a value")
    };
    let (code, front) = (value("code"), value("id_token"));
    let mut form = desk.redemption("legacy-portal", LEGACY, &code);
    form.push(("client_secret", desk.secret("legacy-portal")));
    let body = desk.token(&desk.home, &form, &[]).await.json();
    let client = desk.client_id("legacy-portal");
    let front = verified(&desk, &front, client).await;
    let back = verified(&desk, body["id_token"].as_str().expect("an ID token"), client).await;
    for claim in ["sub", "oid", "nonce", "sid", "login_hint", "tid"] {
        assert!(front[claim].is_string() && front[claim] == back[claim], "{claim}: {front:#} {back:#}");
    }
    assert!(front.get("c_hash").is_some() && back.get("c_hash").is_none());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_for_tokens_is_told_in_the_fragment() {
    let desk = Desk::open().await;
    let all = ("response_type", "code id_token token");
    let cases = [
        ("no nonce", vec![all, ("nonce", "")], "invalid_request", 900_144),
        ("no openid", vec![all, ("scope", "User.Read")], "unsupported_response_type", 70005),
        ("tokens in the query", vec![all, ("response_mode", "query")], "invalid_request", 70007),
        (
            "token in the query",
            vec![("response_type", "token"), ("response_mode", "query")],
            "invalid_request",
            70007,
        ),
        ("unknown mode", vec![all, ("response_mode", "pigeon")], "invalid_request", 70007),
        ("nobody there", vec![all, ("prompt", "none")], "login_required", 50058),
    ];
    for (name, changes, error, code) in cases {
        let answer = desk.get(&asking(&desk, &changes), &[]).await;
        assert!(answer.header("location").contains("#error="), "{name}: {answer:?}");
        desk.check_redirect(name, &answer, LEGACY, Refusal { error, code }, &["error_uri"]).await;
    }
    let twice = asking(&desk, &[("response_type", "id_token id_token")]);
    let refusal = Refusal { error: "unsupported_response_type", code: 70005 };
    desk.check_redirect("a word twice", &desk.get(&twice, &[]).await, LEGACY, refusal, &["error_uri"]).await;
}

#[tokio::test]
async fn account_and_cloud_are_told_on_demand() {
    let desk = Desk::open().await;
    let url = asking(&desk, &[("client_info", "1"), ("instance_aware", "true")]);
    let returned = Browser::new(&desk).sign_in(&url, "farah").await.returned(LEGACY);
    let info = URL_SAFE_NO_PAD.decode(&returned["client_info"]).expect("base64url");
    let info: serde_json::Value = serde_json::from_slice(&info).expect("JSON");
    let farah = desk.scenario.user("farah").expect("somebody of the scenario");
    assert_eq!((&info["uid"], &info["utid"]), (&farah.id.as_str().into(), &farah.tenant_id.as_str().into()));
    let host = desk.url("");
    for name in ["cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host"] {
        assert!(host.contains(&returned[name]), "{name}: {returned:#?}");
    }
}
