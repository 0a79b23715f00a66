//! Two seats: what a client and an API make of the same token, and which mistake is named.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::signed::{
    API, CLIENT, ISSUED, TENANT, access_claims, app_claims, encode, header, id_claims, issuer, jwks, sign,
    sign_shared, with,
};
use crate::{
    finding::Severity,
    time::UnixTime,
    token::{
        checks::{Clock, Expected},
        decode,
        seat::{Answer, Expectations, Seat, Verdict, verdict},
    },
};

const NOW: UnixTime = UnixTime::from_seconds(ISSUED + 60);
const OTHER_TENANT: &str = "0d3c2b1a-7b54-4d0e-9a61-5c8e2f7b1d40";

fn expectations() -> Expectations {
    Expectations {
        common: Expected {
            jwks: Some(jwks()),
            jwks_source: Some("the file keys.json".to_owned()),
            issuers: vec![issuer(TENANT)],
            tenants: vec![TENANT.to_owned()],
            ..Expected::default()
        },
        client_id: Some(CLIENT.to_owned()),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        api_audiences: vec![API.to_owned(), "api://catalog".to_owned()],
        scopes: vec!["Catalog.Read".to_owned(), "Catalog.Write".to_owned()],
        roles: vec!["Catalog.Read.All".to_owned()],
    }
}

fn judged(claims: &Value, seat: Seat, expectations: &Expectations) -> Verdict {
    verdict(&decode(&sign(&header(), claims)), seat, expectations, NOW)
}

fn mistakes(verdict: &Verdict) -> Vec<&'static str> {
    verdict.mistakes.iter().map(|mistake| mistake.id).collect()
}

fn titles(verdict: &Verdict, id: &str) -> String {
    verdict.checks.iter().filter(|finding| finding.id == id).map(|finding| finding.title.as_str()).collect()
}

#[test]
fn each_token_is_accepted_in_its_own_seat_and_refused_in_the_other() {
    let cases = [
        (id_claims(), Seat::Client, "mistake.id_token_at_api"),
        (access_claims(), Seat::Api, "mistake.access_token_at_client"),
        (app_claims(), Seat::Api, "mistake.access_token_at_client"),
    ];
    for (claims, seat, named) in cases {
        let own = judged(&claims, seat, &expectations());
        assert_eq!((own.answer, own.because.as_slice()), (Answer::Accepted, &[][..]), "{:#?}", own.checks);
        assert!(own.mistakes.is_empty(), "{:?}", own.mistakes);
        assert_eq!(
            (own.status, own.challenge.clone()),
            (if seat == Seat::Api { Some(200) } else { None }, None)
        );
        let other = judged(&claims, seat.other(), &expectations());
        assert_eq!(other.answer, Answer::Rejected);
        assert!(other.because.contains(&"check.kind") && mistakes(&other).contains(&named), "{other:#?}");
        assert_ne!(own.headline(), other.headline());
    }
}

/// What is changed, what an API answers, which light decides first, and which mistake is named.
#[test]
fn an_api_answers_401_or_403_and_says_why() {
    let check = |base: &Value, changes: Value, status: u16, light: &str, said: &str, mistake: &[&str]| {
        let found = judged(&with(base, &changes), Seat::Api, &expectations());
        assert_eq!(found.status, Some(status), "{changes} {:#?}", found.checks);
        assert_eq!(found.because.first(), Some(&light), "{changes} {:#?}", found.checks);
        assert_eq!(mistakes(&found), mistake, "{changes}");
        let challenge = found.challenge.expect("a refusal has a challenge");
        let error = if status == 401 { "invalid_token" } else { "insufficient_scope" };
        assert!(
            challenge
                .starts_with(&format!("Bearer error=\"{error}\", error_description=\"The token {said}\"")),
            "{challenge}"
        );
        assert_eq!(
            challenge.ends_with(", scope=\"Catalog.Read Catalog.Write\""),
            status == 403,
            "{challenge}"
        );
    };
    let (user, app) = (access_claims(), app_claims());
    let another = "is for another audience";
    check(&user, json!({"aud": CLIENT}), 401, "check.audience", another, &["mistake.audience"]);
    check(
        &user,
        json!({"aud": "https://management.azure.com"}),
        401,
        "check.audience",
        another,
        &["mistake.audience"],
    );
    check(&user, json!({"exp": ISSUED - 900}), 401, "check.expiry", "has expired", &["mistake.expired"]);
    check(
        &user,
        json!({"nbf": ISSUED + 900}),
        401,
        "check.not_before",
        "is not valid yet",
        &["mistake.clock"],
    );
    let foreign = json!({"iss": issuer(OTHER_TENANT), "tid": OTHER_TENANT});
    check(&user, foreign, 401, "check.issuer", "comes from another issuer", &["mistake.tenant"]);
    let old = json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0"});
    check(&user, old, 401, "check.issuer", "comes from another issuer", &["mistake.version_1"]);
    check(&user, json!({"scp": "Orders.Read"}), 403, "check.permission", "does not allow this", &[]);
    check(&app, json!({"roles": ["Orders.Read.All"]}), 403, "check.permission", "does not allow this", &[]);
    check(
        &app,
        json!({"roles": null}),
        403,
        "check.permission",
        "does not allow this",
        &["mistake.no_permission"],
    );
    check(&app, json!({"iss": 7}), 401, "check.form", "is malformed", &[]);
    // What is no time is neither over nor ahead.
    check(&user, json!({"exp": 1e300}), 401, "check.expiry", "is malformed", &[]);
    check(&user, json!({"iat": "today"}), 401, "check.issued_at", "is malformed", &[]);
    // A missing permission is not the first thing to say about a token that proves nothing.
    check(
        &user,
        json!({"scp": "x", "exp": ISSUED - 900}),
        401,
        "check.expiry",
        "has expired",
        &["mistake.expired"],
    );
}

#[test]
fn delegated_and_app_only_are_not_taken_for_each_other() {
    let only_roles = Expectations { scopes: Vec::new(), ..expectations() };
    let only_scopes = Expectations { roles: Vec::new(), ..expectations() };
    let user = judged(&access_claims(), Seat::Api, &only_roles);
    assert_eq!((user.answer, mistakes(&user)), (Answer::Forbidden, vec!["mistake.delegated_at_app_only"]));
    assert_eq!(
        user.challenge.as_deref(),
        Some("Bearer error=\"insufficient_scope\", error_description=\"The token does not allow this\"")
    );
    let app = judged(&app_claims(), Seat::Api, &only_scopes);
    assert_eq!((app.answer, mistakes(&app)), (Answer::Forbidden, vec!["mistake.app_only_at_delegated"]));
    // A person's own roles are no application permission, whatever they are called.
    let person = with(&access_claims(), &json!({"roles": ["Catalog.Read.All"]}));
    assert_eq!(judged(&person, Seat::Api, &only_roles).answer, Answer::Forbidden);
    // Where nothing is demanded, nothing is missed; but a token that allows nothing is worth a word.
    let nothing = Expectations { scopes: Vec::new(), roles: Vec::new(), ..expectations() };
    assert_eq!(judged(&app_claims(), Seat::Api, &nothing).answer, Answer::Accepted);
    let bare = judged(&with(&app_claims(), &json!({"roles": null})), Seat::Api, &nothing);
    assert_eq!(bare.answer, Answer::Accepted);
    assert!(titles(&bare, "check.permission").contains("every application of the tenant"));
}

#[test]
fn both_forms_of_the_audience_and_several_issuers_and_tenants_are_taken() {
    let old =
        json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0", "aud": "api://catalog"});
    let old = with(&access_claims(), &old);
    let mut both = expectations();
    both.common.issuers.push("https://sts.windows.net/{tenantid}/".to_owned());
    assert_eq!(judged(&old, Seat::Api, &both).answer, Answer::Accepted);
    assert_eq!(judged(&access_claims(), Seat::Api, &both).answer, Answer::Accepted);
    let shared = |tenants: &[&str]| {
        let mut shared = expectations();
        shared.common.issuers = vec![issuer("{tenantid}")];
        shared.common.tenants = tenants.iter().map(|tenant| (*tenant).to_owned()).collect();
        shared
    };
    let foreign = with(&access_claims(), &json!({"iss": issuer(OTHER_TENANT), "tid": OTHER_TENANT}));
    assert_eq!(
        judged(&foreign, Seat::Api, &shared(&[])).answer,
        Answer::Accepted,
        "a template lets every tenant in"
    );
    assert_eq!(judged(&foreign, Seat::Api, &shared(&[TENANT, OTHER_TENANT])).answer, Answer::Accepted);
    let kept_out = judged(&foreign, Seat::Api, &shared(&[TENANT]));
    assert_eq!((kept_out.because, kept_out.answer), (vec!["check.tenant"], Answer::Rejected));
    let titles = |aud: &str, audiences: &[&str]| {
        let audiences = audiences.iter().map(|one| (*one).to_owned()).collect();
        let expectations = Expectations { api_audiences: audiences, ..expectations() };
        titles(
            &judged(&with(&access_claims(), &json!({ "aud": aud })), Seat::Api, &expectations),
            "check.audience",
        )
    };
    assert!(titles("api://catalog", &[API]).contains("version 1.0"));
    assert!(titles(API, &["api://catalog"]).contains("version 2.0"));
    assert!(titles(API, &[&format!("api://{API}")]).contains("count as different"));
}

#[test]
fn what_could_not_be_looked_at_leaves_the_verdict_open() {
    let check = |change: &dyn Fn(&mut Expectations), because: &[&str]| {
        let mut expectations = expectations();
        change(&mut expectations);
        let found = judged(&access_claims(), Seat::Api, &expectations);
        assert_eq!((found.answer, found.status, found.challenge.as_ref()), (Answer::Open, None, None));
        assert_eq!(found.because, because);
    };
    check(&|e| e.common.jwks = None, &["check.algorithm", "check.key", "check.signature"]);
    check(&|e| e.common.issuers.clear(), &["check.issuer"]);
    check(&|e| e.api_audiences.clear(), &["check.audience"]);
    let found = judged(&id_claims(), Seat::Client, &Expectations { nonce: None, ..expectations() });
    assert_eq!((found.answer, found.because), (Answer::Open, vec!["check.nonce"]));
    let without = with(&id_claims(), &json!({"nonce": null}));
    let none_sent = Expectations { nonce: None, ..expectations() };
    assert_eq!(judged(&without, Seat::Client, &none_sent).answer, Answer::Accepted);
    let stolen = judged(&without, Seat::Client, &expectations());
    assert_eq!((stolen.answer, mistakes(&stolen)), (Answer::Rejected, vec!["mistake.nonce"]));
}

#[test]
fn an_id_token_is_for_one_client_and_names_a_person() {
    let check = |changes: Value, because: &str| {
        let found = judged(&with(&id_claims(), &changes), Seat::Client, &expectations());
        assert_eq!((found.answer, found.because), (Answer::Rejected, vec![because]), "{changes}");
    };
    check(json!({"aud": [CLIENT, API]}), "check.audience");
    check(json!({"aud": API}), "check.audience");
    check(json!({"sub": null}), "check.kind");
    check(json!({"sub": ""}), "check.kind");
    let single = with(&id_claims(), &json!({"aud": [CLIENT]}));
    assert_eq!(judged(&single, Seat::Client, &expectations()).answer, Answer::Accepted);
    // An API may share a token with others.
    let shared = with(&access_claims(), &json!({"aud": ["other", API]}));
    assert_eq!(judged(&shared, Seat::Api, &expectations()).answer, Answer::Accepted);
}

/// A token for Graph is explained and not judged, however little of it fits us; unless it is not even signed.
#[test]
fn a_token_for_graph_shows_no_red_light() {
    let graph = json!({"aud": "https://graph.microsoft.com", "iss": format!("https://sts.windows.net/{OTHER_TENANT}/"),
                       "tid": OTHER_TENANT, "ver": "1.0", "scp": "User.Read"});
    let claims = with(&access_claims(), &graph);
    let head = with(&header(), &json!({"nonce": "plain", "kid": "of Graph"}));
    let token = sign(&head, &claims);
    let found = verdict(&decode(&token), Seat::Api, &expectations(), NOW);
    assert_eq!((found.answer, mistakes(&found).first()), (Answer::NotOurs, Some(&"mistake.graph_token")));
    assert!(found.checks.iter().all(|finding| finding.severity != Severity::Error), "{:#?}", found.checks);
    assert_eq!(found.status, Some(401), "an API does not take it all the same");
    let unknown = Expectations { api_audiences: Vec::new(), ..expectations() };
    let found = verdict(&decode(&token), Seat::Api, &unknown, NOW);
    assert_eq!((found.answer, found.status), (Answer::NotOurs, None));
    let late = verdict(&decode(&token), Seat::Api, &expectations(), UnixTime::from_seconds(ISSUED + 90_000));
    let red: Vec<_> = late.checks.iter().filter(|f| f.severity == Severity::Error).map(|f| f.id).collect();
    assert_eq!((late.answer, red), (Answer::NotOurs, vec!["check.expiry"]), "its times count for everybody");
    // For Graph itself the signature stays open; for a client it is an access token like any other.
    let ourselves =
        Expectations { api_audiences: vec!["https://graph.microsoft.com".to_owned()], ..expectations() };
    assert_ne!(verdict(&decode(&token), Seat::Api, &ourselves, NOW).answer, Answer::NotOurs);
    assert_eq!(verdict(&decode(&token), Seat::Client, &expectations(), NOW).answer, Answer::Rejected);
    let unsigned = format!(
        "{}.{}.",
        encode(with(&head, &json!({"alg": "none"})).to_string()),
        encode(claims.to_string())
    );
    assert_eq!(verdict(&decode(&unsigned), Seat::Api, &expectations(), NOW).answer, Answer::Rejected);
    let shared = sign_shared(&with(&head, &json!({"alg": "HS256"})), &claims, b"x");
    assert_eq!(verdict(&decode(&shared), Seat::Api, &expectations(), NOW).answer, Answer::Rejected);
}

#[test]
fn the_clock_of_the_authority_and_the_leeway_decide_about_times() {
    let over = json!({"iat": ISSUED - 3600, "nbf": ISSUED - 3600, "exp": NOW.seconds() - 100});
    let over = with(&access_claims(), &over);
    let answer = |leeway, ahead| {
        let mut expectations = expectations();
        expectations.common.clock = Clock { leeway, ahead };
        let found = judged(&over, Seat::Api, &expectations);
        (found.answer, titles(&found, "check.expiry"))
    };
    assert_eq!(answer(300, 0).0, Answer::Accepted);
    assert_eq!(answer(101, 0).0, Answer::Accepted);
    assert_eq!(answer(100, 0).0, Answer::Rejected);
    assert_eq!(answer(0, 0).0, Answer::Rejected);
    let (found, said) = answer(0, -101);
    assert_eq!(found, Answer::Accepted);
    assert!(said.contains("101 s ahead of the authority"), "{said}");
    let (found, said) = answer(300, 250);
    assert_eq!(found, Answer::Rejected);
    assert!(said.contains("250 s behind the authority") && said.contains("300 s of leeway"), "{said}");
}

#[test]
fn the_source_of_the_keys_is_named() {
    let found = judged(&access_claims(), Seat::Api, &expectations());
    assert!(titles(&found, "check.key").ends_with("The set comes from the file keys.json."));
}

/// Every mistake is named by some token, and its words are whole sentences.
#[test]
fn every_mistake_is_reached() {
    let long = "x9".repeat(60);
    let graph_header = with(&header(), &json!({"nonce": "plain"}));
    let with_jwk = with(&header(), &json!({"jwk": {}, "kid": "none of ours"}));
    let unsigned = encode(r#"{"alg":"none"}"#);
    let old_only = {
        let mut old = expectations();
        old.common.issuers = vec![format!("https://sts.windows.net/{TENANT}/")];
        old
    };
    let only = |scopes: &[&str], roles: &[&str]| Expectations {
        scopes: scopes.iter().map(|word| (*word).to_owned()).collect(),
        roles: roles.iter().map(|word| (*word).to_owned()).collect(),
        ..expectations()
    };
    let usual = expectations();
    let (id, user, app) = (id_claims(), access_claims(), app_claims());
    let signed = |base: &Value, changes: Value| sign(&header(), &with(base, &changes));
    let cases: Vec<(String, Expectations)> = vec![
        (signed(&id, json!({})), usual.clone()),
        (signed(&id, json!({"nonce": "other", "aud": API})), usual.clone()),
        (signed(&user, json!({"aud": CLIENT})), usual.clone()),
        (signed(&user, json!({"exp": 1})), usual.clone()),
        (signed(&user, json!({"iat": NOW.seconds() + 900})), usual.clone()),
        (signed(&user, json!({"tid": OTHER_TENANT})), usual.clone()),
        (
            signed(&user, json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0"})),
            usual.clone(),
        ),
        (signed(&user, json!({})), old_only),
        (signed(&user, json!({})), only(&[], &["r"])),
        (signed(&app, json!({})), only(&["s"], &[])),
        (signed(&app, json!({"roles": null})), only(&[], &["r"])),
        (sign(&graph_header, &with(&user, &json!({"aud": "https://graph.microsoft.com"}))), usual.clone()),
        (
            signed(&json!({"iss": CLIENT, "sub": CLIENT, "aud": "https://l.example/token"}), json!({})),
            usual.clone(),
        ),
        (
            signed(
                &json!({"iss": "https://ci.example", "sub": "repo", "aud": "api://AzureADTokenExchange"}),
                json!({}),
            ),
            usual.clone(),
        ),
        (format!("{unsigned}.{}.", encode(user.to_string())), usual.clone()),
        (sign_shared(&with(&header(), &json!({"alg": "HS256"})), &user, b"k"), usual.clone()),
        (sign(&with_jwk, &user), usual.clone()),
        (format!("1.AXEA{long}"), usual.clone()),
        (format!("Ew{long}"), usual.clone()),
        (format!("ghp_{long}"), usual.clone()),
        (
            format!("{}.a2V5.aXY.Y2lwaGVydGV4dA.dGFn", encode(r#"{"alg":"dir","enc":"A256GCM"}"#)),
            usual.clone(),
        ),
        ("<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>".to_owned(), usual.clone()),
        (format!("abc8Q~{}", "Zz9".repeat(11)), usual),
    ];
    let mut reached = BTreeSet::new();
    for (token, expectations) in &cases {
        for seat in [Seat::Client, Seat::Api] {
            for mistake in verdict(&decode(token), seat, expectations, NOW).mistakes {
                assert!(mistake.title.ends_with('.') && mistake.advice.ends_with('.'), "{mistake:?}");
                reached.insert(mistake.id);
            }
        }
    }
    let text = include_str!("../seat/mistakes.rs");
    let (_, text) = text.split_once("fn no_jwt").unwrap();
    let known: BTreeSet<&str> = text.split('"').filter(|word| word.starts_with("mistake.")).collect();
    assert!(known.len() > 20);
    assert_eq!(reached, known);
}

#[test]
fn the_json_of_a_verdict_holds_all_of_it() {
    let verdict = judged(&id_claims(), Seat::Api, &expectations());
    let json = verdict.to_json();
    assert_eq!(
        (&json["seat"], &json["answer"], &json["status"]),
        (&"api".into(), &"rejected".into(), &401.into())
    );
    assert_eq!(json["checks"].as_array().map(Vec::len), Some(verdict.checks.len()));
    assert_eq!(json["because"], json!(verdict.because));
    assert_eq!(json["mistakes"][0]["id"], "mistake.id_token_at_api");
    assert!(json["www_authenticate"].as_str().is_some_and(|text| text.starts_with("Bearer ")));
    assert!(json["checks"][0]["source"].as_str().is_some_and(|text| !text.is_empty()));
}
