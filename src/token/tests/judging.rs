//! Judging: each light by itself, with tokens signed here.

use serde_json::{Value, json};

use super::{
    find, severity,
    signed::{CLIENT, ISSUED, TENANT, encode, header, id_claims, id_token, issuer, jwks, sign, with},
};
use crate::{
    finding::{
        Finding, Severity,
        Severity::{Error, Info, Passed, Warning},
    },
    secret::Secret,
    time::UnixTime,
    token::{
        checks::{Companion, Expected, LEEWAY, judge},
        decode,
    },
};

const NOW: UnixTime = UnixTime::from_seconds(ISSUED + 60);

/// Everything to compare with, as the client of the test tokens has it.
pub(super) fn expected() -> Expected {
    Expected {
        jwks: Some(jwks()),
        issuers: vec![issuer("{tenantid}")],
        audiences: vec![CLIENT.to_owned()],
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        ..Expected::default()
    }
}

fn judged(token: &str, expected: &Expected) -> Vec<Finding> {
    judge(&decode(token), expected, NOW)
}

/// The judgement of an ordinary token with these changes to its claims.
fn changed(changes: &Value) -> Vec<Finding> {
    judged(&sign(&header(), &with(&id_claims(), changes)), &expected())
}

#[test]
fn an_id_token_vouches_for_what_came_with_it() {
    let companion =
        |text: &str, is_vouched_for| Some(Companion { secret: Secret::new(text), is_vouched_for });
    let access = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    let at_hash = "77QmUPtjPfzWtF2AnpK9RQ";
    let check = |claims: &Value, access_token: Option<Companion>, outcome: Option<Severity>| {
        let code = access_token.clone();
        let token = sign(&header(), &with(&id_claims(), claims));
        let seen = |expected: Expected, id: &str| {
            let findings = judged(&token, &expected);
            findings.iter().find(|finding| finding.id == id).map(|finding| finding.severity)
        };
        assert_eq!(seen(Expected { access_token, ..expected() }, "check.at_hash"), outcome, "{claims}");
        assert_eq!(seen(Expected { code, ..expected() }, "check.c_hash"), outcome, "{claims}");
    };
    let both = json!({"at_hash": at_hash, "c_hash": at_hash});
    check(&both, companion(access, true), Some(Passed));
    check(&both, companion(access, false), Some(Passed));
    check(&both, companion("another", false), Some(Error));
    check(&both, None, Some(Info));
    check(&json!({}), companion(access, true), Some(Error));
    check(&json!({}), companion(access, false), None);
    check(&json!({}), None, None);
}

#[test]
fn a_sign_in_is_as_recent_as_max_age_asked_for() {
    let check = |auth_time: Value, outcome: Severity| {
        let expected = Expected { signed_in_since: Some(UnixTime::from_seconds(ISSUED - 60)), ..expected() };
        let token = sign(&header(), &with(&id_claims(), &json!({"auth_time": auth_time})));
        assert_eq!(severity(&judged(&token, &expected), "check.auth_time"), outcome, "{auth_time}");
    };
    check(json!(ISSUED - 60), Passed);
    check(json!(ISSUED - 61), Warning);
    check(json!(ISSUED - 60 - LEEWAY), Warning);
    check(json!(ISSUED - 61 - LEEWAY), Error);
    check(json!("soon"), Error);
    check(Value::Null, Error);
}

#[test]
fn a_good_token_passes_every_check_and_each_says_so_itself() {
    let findings = judged(&id_token(), &expected());
    let ids: Vec<_> = findings.iter().map(|finding| finding.id).collect();
    assert_eq!(
        ids,
        [
            "check.form",
            "check.algorithm",
            "check.key",
            "check.signature",
            "check.issuer",
            "check.audience",
            "check.expiry",
            "check.not_before",
            "check.issued_at",
            "check.nonce",
        ]
    );
    for finding in findings {
        assert_eq!(finding.severity, Passed, "{finding:?}");
        assert!(finding.title.ends_with('.') && !finding.source.is_empty());
    }
}

#[test]
fn every_algorithm_verifies_with_its_own_key_and_no_other() {
    let cases = [
        ("RS256", "rsa"),
        ("RS384", "rsa"),
        ("RS512", "rsa"),
        ("PS256", "rsa"),
        ("PS384", "rsa"),
        ("PS512", "rsa"),
        ("ES256", "p256"),
        ("ES384", "p384"),
        ("ES512", "p521"),
        ("EdDSA", "ed"),
    ];
    for (alg, kid) in cases {
        let findings = judged(&sign(&json!({"alg": alg, "kid": kid}), &id_claims()), &expected());
        assert_eq!(severity(&findings, "check.algorithm"), Passed, "{alg}");
        assert_eq!(severity(&findings, "check.signature"), Passed, "{alg}");
        for other in ["rsa", "p256", "p384", "p521", "ed"].into_iter().filter(|other| *other != kid) {
            let findings = judged(&sign(&json!({"alg": alg, "kid": other}), &id_claims()), &expected());
            assert_eq!(severity(&findings, "check.algorithm"), Error, "{alg} with {other}");
            assert_ne!(severity(&findings, "check.signature"), Passed, "{alg} with {other}");
        }
    }
}

#[test]
fn an_altered_token_fails_its_signature_and_nothing_else() {
    let token = id_token();
    let parts: Vec<&str> = token.split('.').collect();
    let claims = encode(with(&id_claims(), &json!({"name": "Mallory"})).to_string());
    let mut altered = parts[2].to_owned();
    altered.replace_range(5..6, if &altered[5..6] == "A" { "B" } else { "A" });
    for token in
        [format!("{}.{claims}.{}", parts[0], parts[2]), format!("{}.{}.{altered}", parts[0], parts[1])]
    {
        let findings = judged(&token, &expected());
        let failed: Vec<_> = findings.iter().filter(|f| f.severity == Error).map(|f| f.id).collect();
        assert_eq!(failed, ["check.signature"]);
    }
    // No altered character of the signature is let through, save bits at the very end that base64 does not use.
    for at in 0..parts[2].len() - 1 {
        let mut altered = parts[2].to_owned();
        altered.replace_range(at..=at, if &altered[at..=at] == "A" { "B" } else { "A" });
        let findings = judged(&format!("{}.{}.{altered}", parts[0], parts[1]), &expected());
        assert_eq!(severity(&findings, "check.signature"), Error, "{at}");
    }
}

#[test]
fn no_signature_and_shared_secrets_are_refused_whatever_the_token_says() {
    for none in ["none", "NONE", "nOnE"] {
        let header = encode(json!({"alg": none, "kid": "rsa"}).to_string());
        let findings = judged(&format!("{header}.{}.", encode(id_claims().to_string())), &expected());
        assert_eq!(severity(&findings, "check.algorithm"), Error);
        assert_eq!(severity(&findings, "check.signature"), Error);
    }
    // The classic confusion: an HMAC keyed with the public key, which every verifier that believes `alg` accepts.
    let set = jwks();
    let modulus = set["keys"][0]["n"].as_str().unwrap();
    let message = format!(
        "{}.{}",
        encode(json!({"alg": "HS256", "kid": "rsa"}).to_string()),
        encode(id_claims().to_string())
    );
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, modulus.as_bytes());
    let forged = format!("{message}.{}", encode(aws_lc_rs::hmac::sign(&key, message.as_bytes())));
    let findings = judged(&forged, &expected());
    assert_eq!(severity(&findings, "check.algorithm"), Error);
    assert_eq!(severity(&findings, "check.signature"), Warning);
    // Nor does a symmetric key in the published set help.
    let planted = Expected {
        jwks: Some(json!({"keys": [{"kty": "oct", "kid": "rsa", "alg": "HS256", "k": modulus}]})),
        ..expected()
    };
    assert_eq!(severity(&judged(&forged, &planted), "check.algorithm"), Error);
    let findings = judged(&id_token(), &planted);
    assert_eq!(severity(&findings, "check.key"), Error);
    assert_eq!(severity(&findings, "check.signature"), Warning);
}

#[test]
fn the_key_is_found_by_name_and_its_own_members_bind_it() {
    let check = |header: Value, change: &dyn Fn(&mut Value), key, signature| {
        let mut expected = expected();
        change(expected.jwks.as_mut().unwrap());
        let findings = judged(&sign(&header, &id_claims()), &expected);
        assert_eq!(severity(&findings, "check.key"), key, "{header} {findings:#?}");
        assert_eq!(severity(&findings, "check.signature"), signature, "{header} {findings:#?}");
    };
    let set = |name: &'static str, value: Value| move |set: &mut Value| set["keys"][0][name] = value.clone();
    check(header(), &|_| {}, Passed, Passed);
    check(json!({"alg": "RS256", "kid": "unknown"}), &|_| {}, Error, Warning);
    check(json!({"alg": "RS256", "x5t": "rsa"}), &|_| {}, Passed, Passed);
    check(json!({"alg": "RS256"}), &|_| {}, Warning, Passed);
    check(
        json!({"alg": "RS256"}),
        &|set| drop(set["keys"].as_array_mut().unwrap().remove(0)),
        Warning,
        Warning,
    );
    check(header(), &set("use", json!("enc")), Error, Warning);
    check(header(), &set("key_ops", json!(["encrypt"])), Error, Warning);
    check(header(), &set("alg", json!("RS256")), Passed, Passed);
    check(header(), &set("alg", json!("PS256")), Passed, Warning);
    check(header(), &set("alg", json!("ES256")), Error, Warning);
    check(header(), &set("n", json!(encode([0xc5; 128]))), Error, Warning);
    check(header(), &set("n", json!(encode([0xc5; 256]))), Passed, Error);
    check(header(), &set("n", json!("*")), Error, Warning);
    check(header(), &set("e", json!(5)), Passed, Error);
    check(header(), &set("kty", json!("XYZ")), Warning, Warning);
    check(header(), &|set| set["keys"] = json!([]), Error, Warning);
    check(header(), &|set| *set = json!({"values": []}), Error, Warning);
    check(header(), &|set| *set = json!("keys"), Error, Warning);
    // Two keys of one name: the one that fits is found.
    check(
        header(),
        &|set| {
            let mut other = set["keys"][0].clone();
            other["n"] = json!(encode([0xc5; 256]));
            set["keys"].as_array_mut().unwrap().insert(0, other);
        },
        Passed,
        Passed,
    );
    let findings = judged(&sign(&json!({"alg": "RS256", "kid": "gone"}), &id_claims()), &expected());
    let title = &find(&findings, "check.key").title;
    assert!(title.contains("gone") && title.contains("p256"), "{title}");
}

#[test]
fn the_issuer_must_be_the_very_one() {
    let check = |changes: Value, metadata: String, severity| {
        let expected = Expected { issuers: vec![metadata], ..expected() };
        let findings = judged(&sign(&header(), &with(&id_claims(), &changes)), &expected);
        assert_eq!(super::severity(&findings, "check.issuer"), severity, "{changes} {findings:#?}");
    };
    check(json!({}), issuer(TENANT), Passed);
    check(json!({}), issuer("{tenantid}"), Passed);
    check(json!({}), issuer(CLIENT), Error);
    check(json!({}), format!("{}/", issuer(TENANT)), Error);
    check(json!({"tid": CLIENT}), issuer("{tenantid}"), Error);
    check(json!({"tid": null}), issuer("{tenantid}"), Error);
    check(json!({"iss": null}), issuer(TENANT), Error);
    check(json!({"iss": 5}), issuer(TENANT), Error);
    // A tenant id that rewrites the template must be refused, though the texts come out equal.
    let path = "evil.example/x";
    check(json!({"tid": path, "iss": issuer(path)}), issuer("{tenantid}"), Error);
    let old = format!("https://sts.windows.net/{TENANT}/");
    check(json!({"iss": old, "ver": "1.0"}), issuer(TENANT), Error);
    check(json!({"iss": old, "ver": "1.0"}), "https://sts.windows.net/{tenantid}/".to_owned(), Passed);
}

#[test]
fn a_key_only_signs_for_its_own_issuer() {
    let check = |of_key: String, changes: Value, severity| {
        let mut expected = expected();
        expected.jwks.as_mut().unwrap()["keys"][0]["issuer"] = json!(of_key);
        let findings = judged(&sign(&header(), &with(&id_claims(), &changes)), &expected);
        assert_eq!(super::severity(&findings, "check.key_issuer"), severity, "{findings:#?}");
    };
    let old = json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0"});
    check(issuer("{tenantid}"), json!({}), Passed);
    check(issuer(TENANT), json!({}), Passed);
    check(issuer("9188040d-6c67-4c5b-b112-36a304b66dad"), json!({}), Error);
    check(issuer("{tenantid}"), json!({"tid": null}), Error);
    check(issuer("{tenantid}"), old.clone(), Passed);
    check(issuer(CLIENT), old, Error);
}

#[test]
fn the_audience_is_compared_letter_by_letter() {
    let check = |aud: Value, severity| {
        let findings = changed(&json!({"aud": aud}));
        assert_eq!(super::severity(&findings, "check.audience"), severity, "{aud}");
        find(&findings, "check.audience").title.clone()
    };
    check(json!(CLIENT), Passed);
    check(json!([CLIENT, "other"]), Passed);
    check(json!(["other"]), Error);
    check(json!(null), Error);
    check(json!(7), Error);
    assert!(check(json!(CLIENT.to_uppercase()), Error).contains("letter case"));
    assert!(check(json!(format!("api://{CLIENT}")), Error).contains("api://"));
    assert!(check(json!("https://graph.microsoft.com/"), Error).contains("Microsoft Graph"));
}

#[test]
fn times_are_compared_with_leeway_and_say_so() {
    let check = |name: &str, id: &str, ahead: i64, severity| {
        let findings = changed(&json!({name: NOW.seconds() + ahead}));
        assert_eq!(super::severity(&findings, id), severity, "{name} {ahead}");
        find(&findings, id).title.clone()
    };
    check("exp", "check.expiry", 1, Passed);
    assert!(check("exp", "check.expiry", 0, Warning).contains("300 s"));
    check("exp", "check.expiry", 1 - LEEWAY, Warning);
    assert!(check("exp", "check.expiry", -LEEWAY, Error).contains("300 s"));
    for (name, id) in [("nbf", "check.not_before"), ("iat", "check.issued_at")] {
        check(name, id, 0, Passed);
        check(name, id, LEEWAY, Passed);
        check(name, id, LEEWAY + 1, Error);
        assert_eq!(severity(&changed(&json!({name: null})), id), Info);
        assert_eq!(severity(&changed(&json!({name: []})), id), Error);
    }
    for odd in [json!(null), json!("soon"), json!(i64::MAX), json!(u64::MAX), json!(1e300), json!({})] {
        assert_eq!(severity(&changed(&json!({"exp": odd})), "check.expiry"), Error, "{odd}");
    }
}

#[test]
fn the_nonce_must_be_the_one_that_was_sent() {
    assert_eq!(severity(&changed(&json!({"nonce": "other"})), "check.nonce"), Error);
    assert_eq!(severity(&changed(&json!({"nonce": null})), "check.nonce"), Error);
    assert_eq!(severity(&changed(&json!({"nonce": 5})), "check.nonce"), Error);
    let without = Expected { nonce: None, ..expected() };
    assert_eq!(severity(&judged(&id_token(), &without), "check.nonce"), Info);
    let token = sign(&header(), &with(&id_claims(), &json!({"nonce": null})));
    assert!(judged(&token, &without).iter().all(|finding| finding.id != "check.nonce"));
}

#[test]
fn what_cannot_be_compared_never_passes() {
    let findings = judged(&id_token(), &Expected::default());
    for id in
        ["check.algorithm", "check.key", "check.signature", "check.issuer", "check.audience", "check.nonce"]
    {
        assert_eq!(severity(&findings, id), Info, "{id}");
    }
    for id in ["check.form", "check.expiry", "check.not_before", "check.issued_at"] {
        assert_eq!(severity(&findings, id), Passed, "{id}");
    }
}

#[test]
fn the_signature_of_a_graph_token_is_left_to_graph() {
    let graph = json!({"aud": "https://graph.microsoft.com", "scp": "User.Read", "nonce": null});
    let claims = with(&id_claims(), &graph);
    let signed = sign(&with(&header(), &json!({"nonce": "hashed"})), &claims);
    let delivered = encode(with(&header(), &json!({"nonce": "plain"})).to_string());
    let delivered = format!("{delivered}{}", &signed[signed.find('.').unwrap()..]);
    let finding = find(&judged(&delivered, &expected()), "check.signature").clone();
    assert_eq!(finding.severity, Info);
    assert!(finding.title.contains("Graph"));
    // The excuse only holds for Graph, and only with a nonce.
    let other = sign(&with(&header(), &json!({"nonce": "hashed"})), &id_claims());
    let other =
        format!("{}{}", &delivered[..delivered.find('.').unwrap()], &other[other.find('.').unwrap()..]);
    assert_eq!(severity(&judged(&other, &expected()), "check.signature"), Error);
    let mut altered = sign(&header(), &claims);
    altered.replace_range(altered.len() - 9..altered.len() - 5, "AAAA");
    assert_eq!(severity(&judged(&altered, &expected()), "check.signature"), Error);
}

#[test]
fn the_form_is_judged_strictly() {
    let token = id_token();
    let (head, rest) = token.split_once('.').unwrap();
    let twice = format!("{}.{rest}", encode(r#"{"alg":"RS256","kid":"rsa","kid":"rsa"}"#));
    assert_eq!(severity(&judged(&twice, &expected()), "check.form"), Error);
    let critical = sign(&with(&header(), &json!({"crit": ["exp"]})), &id_claims());
    assert_eq!(severity(&judged(&critical, &expected()), "check.form"), Error);
    assert_eq!(severity(&judged(head, &expected()), "check.form"), Error);
    let padded = format!("{token}==");
    assert_eq!(severity(&judged(&padded, &expected()), "check.form"), Warning);
}

#[test]
fn what_is_no_jwt_gets_one_finding() {
    let check = |text: &str, severity| {
        let findings = judged(text, &expected());
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].id, findings[0].severity), ("check.form", severity), "{text}");
    };
    check("", Error);
    check("hello", Error);
    check("1.AXEAHpwqP1R7DkqaYVyOL3sdQ", Info);
    check(&format!("{}.a2V5.aXY.Y2lwaGVydGV4dA.dGFn", encode(r#"{"alg":"dir","enc":"A256GCM"}"#)), Info);
}
