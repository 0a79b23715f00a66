//! What forgers try: no token of theirs is accepted in any seat, whatever it says about itself.

use aws_lc_rs::digest;
use serde_json::{Value, json};

use super::signed::{
    API, CLIENT, ISSUED, TENANT, access_claims, encode, header, id_claims, issuer, jwks, published, sign,
    sign_as_stranger, sign_shared, stranger, with,
};
use crate::{
    time::UnixTime,
    token::{
        SharedKey,
        checks::Expected,
        decode,
        seat::{Answer, Expectations, Seat, Verdict, verdict},
    },
};

const NOW: UnixTime = UnixTime::from_seconds(ISSUED + 60);

fn expectations() -> Expectations {
    Expectations {
        common: Expected {
            jwks: Some(jwks()),
            issuers: vec![issuer(TENANT)],
            tenants: vec![TENANT.to_owned()],
            ..Expected::default()
        },
        client_id: Some(CLIENT.to_owned()),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        api_audiences: vec![API.to_owned()],
        scopes: vec!["Catalog.Read".to_owned()],
        ..Expectations::default()
    }
}

fn judged(token: &str, seat: Seat) -> Verdict {
    verdict(&decode(token), seat, &expectations(), NOW)
}

/// Judges the claims of a good ID token and of a good access token, forged by `forge`, each in its own seat.
fn refused(what: &str, forge: impl Fn(&Value) -> String) -> [Verdict; 2] {
    [(Seat::Client, id_claims()), (Seat::Api, access_claims())].map(|(seat, claims)| {
        let good = judged(&sign(&header(), &claims), seat);
        assert_eq!(good.answer, Answer::Accepted, "the token that is forged is good: {:#?}", good.checks);
        let forged = judged(&forge(&claims), seat);
        assert_eq!(forged.answer, Answer::Rejected, "{what}: {:#?}", forged.checks);
        forged
    })
}

fn has(verdict: &Verdict, id: &str) -> bool {
    verdict.mistakes.iter().any(|mistake| mistake.id == id)
}

#[test]
fn an_unsigned_token_is_refused_in_every_spelling() {
    for alg in ["none", "None", "NONE", "nOnE", "NoNe"] {
        for signature in ["", "AAAA", &encode([7; 256])] {
            for verdict in refused(alg, |claims| {
                let head = encode(json!({"alg": alg, "typ": "JWT", "kid": "rsa"}).to_string());
                format!("{head}.{}.{signature}", encode(claims.to_string()))
            }) {
                assert!(has(&verdict, "mistake.unsigned"));
            }
        }
    }
    for alg in [
        json!(" none"),
        json!("none "),
        json!("no\u{301}ne"),
        json!(""),
        json!(null),
        json!(["none"]),
        json!(0),
    ] {
        refused(&alg.to_string(), |claims| {
            let head = encode(json!({"alg": alg, "kid": "rsa"}).to_string());
            format!("{head}.{}.", encode(claims.to_string()))
        });
        // Nor with a real signature under a name that is none.
        refused(&alg.to_string(), |claims| sign(&json!({"alg": alg, "kid": "rsa"}), claims));
    }
    refused("no alg", |claims| sign(&json!({"kid": "rsa"}), claims));
}

#[test]
fn a_published_key_is_never_taken_for_a_secret() {
    for (form, secret) in published() {
        for alg in ["HS256", "HS384", "HS512"] {
            for kid in [json!("rsa"), json!("p256"), Value::Null] {
                let head = with(&json!({"alg": alg, "typ": "JWT"}), &json!({ "kid": kid }));
                for verdict in refused(form, |claims| sign_shared(&head, claims, &secret)) {
                    assert!(has(&verdict, "mistake.public_key_as_secret"), "{form}");
                }
            }
        }
        // Not even if a person gives it as the secret.
        let given = SharedKey::read(&secret);
        assert!(given.is_err() || form.starts_with("modulus"), "{form}");
    }
}

#[test]
fn a_secret_does_not_open_the_door_for_public_keys_and_the_other_way_round() {
    let secret = b"0123456789abcdef0123456789abcdef";
    let mut both = expectations();
    both.common.shared_key = Some(SharedKey::new(secret));
    let head = json!({"alg": "HS256", "kid": "rsa"});
    let token = decode(&sign_shared(&head, &id_claims(), secret));
    assert_eq!(verdict(&token, Seat::Client, &both, NOW).answer, Answer::Accepted);
    for (form, published) in published() {
        let forged = decode(&sign_shared(&head, &id_claims(), &published));
        assert_eq!(verdict(&forged, Seat::Client, &both, NOW).answer, Answer::Rejected, "{form}");
    }
    // A token signed with the private key still goes by the key set, and has none to go by without it.
    let signed = decode(&sign(&header(), &id_claims()));
    assert_eq!(verdict(&signed, Seat::Client, &both, NOW).answer, Answer::Accepted);
    both.common.jwks = None;
    assert_eq!(verdict(&signed, Seat::Client, &both, NOW).answer, Answer::Rejected);
    // A secret that can be guessed is refused though the sum is right.
    both.common.shared_key = Some(SharedKey::new("short"));
    let weak = decode(&sign_shared(&head, &id_claims(), b"short"));
    let weak = verdict(&weak, Seat::Client, &both, NOW);
    assert_eq!((weak.answer, weak.because), (Answer::Rejected, vec!["check.key"]));
    // A secret in the key set is none.
    let mut planted = expectations();
    planted.common.jwks =
        Some(json!({"keys": [{"kty": "oct", "kid": "rsa", "alg": "HS256", "k": encode(secret)}]}));
    assert_eq!(verdict(&token, Seat::Client, &planted, NOW).answer, Answer::Rejected);
}

#[test]
fn a_key_that_the_token_brings_is_not_looked_at() {
    let key = stranger();
    let brought = [
        json!({"jwk": key}),
        json!({"jwk": key, "kid": null}),
        json!({"jku": "https://evil.example/keys"}),
        json!({"x5u": "https://evil.example/chain.pem"}),
        json!({"x5c": [encode([0x30; 64])]}),
        json!({"jwk": key, "jku": "https://evil.example/keys", "kid": "evil"}),
    ];
    for more in &brought {
        for verdict in refused(&more.to_string(), |claims| sign_as_stranger(&with(&header(), more), claims)) {
            assert!(has(&verdict, "mistake.embedded_key"), "{more}");
        }
    }
    // The same with the members in a good token: they change nothing either.
    let good = judged(&sign(&with(&header(), &json!({"jwk": key})), &id_claims()), Seat::Client);
    assert_eq!(good.answer, Answer::Accepted);
    assert!(!has(&good, "mistake.embedded_key"));
}

#[test]
fn a_kid_is_a_name_and_nothing_else() {
    for kid in [
        "../../../../dev/null",
        "/dev/null",
        "rsa\0",
        "rsa ",
        " rsa",
        "RSA",
        "rsa' OR '1'='1",
        "rsa;ls",
        "http://x/y",
        "",
        "0",
        "keys[0]",
        "rsa\u{200b}",
        "..%2frsa",
    ] {
        let head = json!({"alg": "RS256", "kid": kid});
        refused(kid, |claims| sign_as_stranger(&head, claims));
        // Even the right key's signature, under a name that is not the key's.
        refused(kid, |claims| sign(&head, claims));
    }
    for kid in [json!(["rsa"]), json!({"rsa": 1}), json!(0), json!(true), json!(null)] {
        let head = json!({"alg": "RS256", "kid": kid});
        refused(&kid.to_string(), |claims| sign_as_stranger(&head, claims));
        refused(&kid.to_string(), |claims| sign(&head, claims));
    }
    // Two members of one name: readers differ on which counts.
    refused("kid twice", |claims| {
        let token = sign(&header(), claims);
        let head = encode(r#"{"typ":"JWT","alg":"RS256","kid":"other","kid":"rsa"}"#);
        format!("{head}{}", &token[token.find('.').unwrap()..])
    });
}

/// Two keys of one name in the set: a token has to fit one of them, and a stranger's fits none.
#[test]
fn a_doubled_kid_in_the_set_lets_nobody_else_in() {
    let mut doubled = expectations();
    let set = doubled.common.jwks.as_mut().unwrap();
    let mut second = set["keys"][1].clone();
    second["kid"] = json!("rsa");
    set["keys"].as_array_mut().unwrap().insert(0, second);
    let good = decode(&sign(&header(), &id_claims()));
    assert_eq!(verdict(&good, Seat::Client, &doubled, NOW).answer, Answer::Accepted);
    let other = decode(&sign(&json!({"alg": "ES256", "kid": "rsa"}), &id_claims()));
    assert_eq!(verdict(&other, Seat::Client, &doubled, NOW).answer, Answer::Accepted);
    let forged = decode(&sign_as_stranger(&header(), &id_claims()));
    assert_eq!(verdict(&forged, Seat::Client, &doubled, NOW).answer, Answer::Rejected);
}

/// CVE-2022-21449: zeros satisfy the equation of a careless ECDSA; so does a signature in another encoding some parsers.
#[test]
fn psychic_signatures_are_refused() {
    for (alg, kid, width) in [("ES256", "p256", 32), ("ES384", "p384", 48), ("ES512", "p521", 66)] {
        let head = json!({"alg": alg, "kid": kid});
        let order = [0xff_u8].repeat(width);
        let one = [vec![0_u8; width - 1], vec![1]].concat();
        let zero = vec![0_u8; width];
        let pairs = [[&zero, &zero], [&zero, &one], [&one, &zero], [&order, &order], [&one, &one]];
        for pair in pairs {
            let signature = encode([pair[0].as_slice(), pair[1].as_slice()].concat());
            refused(alg, |claims| replaced(&sign(&head, claims), &signature));
        }
        for odd in [
            vec![0_u8; 1],
            vec![0_u8; 2 * width - 1],
            vec![0_u8; 2 * width + 1],
            vec![0x30, 6, 2, 1, 0, 2, 1, 0],
        ] {
            refused(alg, |claims| replaced(&sign(&head, claims), &encode(&odd)));
        }
    }
    // Ed25519 and RSA have psychic values of their own.
    for (alg, kid, length) in [("EdDSA", "ed", 64), ("RS256", "rsa", 256), ("PS256", "rsa", 256)] {
        for byte in [0, 1, 0xff] {
            let signature = encode(vec![byte; length]);
            refused(alg, |claims| replaced(&sign(&json!({"alg": alg, "kid": kid}), claims), &signature));
        }
    }
}

fn replaced(token: &str, signature: &str) -> String {
    let (message, _) = token.rsplit_once('.').unwrap();
    format!("{message}.{signature}")
}

#[test]
fn a_cut_or_lengthened_token_is_refused() {
    let good = sign(&header(), &access_claims());
    let dots: Vec<usize> = good.match_indices('.').map(|(at, _)| at).collect();
    let cuts =
        (1..40).map(|cut| good.len() - cut).chain([dots[0], dots[0] + 1, dots[1], dots[1] + 1, dots[1] - 1]);
    for end in cuts {
        let verdict = judged(&good[..end], Seat::Api);
        assert_eq!(verdict.answer, Answer::Rejected, "cut at {end} of {}", good.len());
    }
    // A single dot more would be the end of a sentence around it.
    for more in ["A", "AA", "AAAA", "..", ".AAAA", ".AAAA.AAAA"] {
        let verdict = judged(&format!("{good}{more}"), Seat::Api);
        assert_ne!(verdict.answer, Answer::Accepted, "{more}");
    }
    let empty = format!("{}..{}", &good[..dots[0]], &good[dots[1] + 1..]);
    assert_eq!(judged(&empty, Seat::Api).answer, Answer::Rejected);
}

/// Different texts for the same bytes are different tokens to a list of revoked ones, so only one is taken.
#[test]
fn a_token_has_one_spelling() {
    let good = sign(&header(), &access_claims());
    let last = good.chars().next_back().unwrap();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = digits.find(last).unwrap();
    // 256 bytes end with two significant bits: the other four stand for nothing.
    let stray = &digits[at + 1..at + 2];
    let verdict = judged(&format!("{}{stray}", &good[..good.len() - 1]), Seat::Api);
    assert_eq!((verdict.answer, verdict.because), (Answer::Rejected, vec!["check.form"]));
}

#[test]
fn claims_of_a_wrong_type_are_refused() {
    for (name, value) in [
        ("iss", json!([issuer(TENANT)])),
        ("iss", json!(null)),
        ("sub", json!(7)),
        ("sub", json!(["a"])),
        ("jti", json!(1)),
        ("aud", json!([API, 7])),
        ("aud", json!([CLIENT, null])),
        ("aud", json!({CLIENT: API})),
        ("aud", json!([])),
        ("exp", json!(true)),
        ("exp", json!([ISSUED + 4000])),
        ("exp", json!("tomorrow")),
        ("nbf", json!({})),
        ("iat", json!("yesterday")),
        ("tid", json!([TENANT])),
    ] {
        refused(name, |claims| {
            let mut claims = claims.clone();
            claims[name] = value.clone();
            sign(&header(), &claims)
        });
    }
}

/// A token made for one purpose, with its hash taken from another, is still what it was made for.
#[test]
fn a_signature_of_another_token_is_not_carried_over() {
    let id = sign(&header(), &id_claims());
    let access = sign(&header(), &access_claims());
    let (_, signature) = id.rsplit_once('.').unwrap();
    assert_eq!(judged(&replaced(&access, signature), Seat::Api).answer, Answer::Rejected);
    let hash = encode(digest::digest(&digest::SHA256, access.as_bytes()));
    assert_eq!(judged(&replaced(&access, &hash), Seat::Api).answer, Answer::Rejected);
}
