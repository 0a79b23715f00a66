//! The signature examples of the standards: each verifies with its key, and no altered one does.

use serde_json::{Value, json};

use super::{find, severity};
use crate::{
    finding::Severity::{Error, Passed},
    time::UnixTime,
    token::{
        SharedKey,
        checks::{Expected, judge},
        decode, part,
        signature::Algorithm,
    },
};

const NOW: UnixTime = UnixTime::from_seconds(1_300_819_000);

/// RFC 7515 appendix A: the claims of joe.
const JOE: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
/// RFC 7520 §4: a warning about roads.
const ROAD: &str = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

/// RFC 7515 A.1, and RFC 7519 §3.1.
const JOE_HS256: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7515 A.2.
const JOE_RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// RFC 7515 A.3.
const JOE_ES256: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// RFC 7515 A.4.
const PAYLOAD_ES512: &str = "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
/// RFC 7520 §4.1.
const ROAD_RS256: &str = "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";
/// RFC 7520 §4.2.
const ROAD_PS384: &str = "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw";
/// RFC 7520 §4.3.
const ROAD_ES512: &str = "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";
/// RFC 7520 §4.4, and §4.5 with the content put back.
const ROAD_HS256: &str = "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0";
/// RFC 7520 §4.6: the name of the key stands in the unprotected header.
const ROAD_HS256_NAMELESS: &str = "bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20";
/// RFC 7520 §4.7: no protected header at all.
const ROAD_HS256_UNPROTECTED: &str = "xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk";
/// RFC 7520 §4.8, the first signature.
const ROAD_RS256_NAMELESS: &str = "MIsjqtVlOpa71KE-Mss8_Nq2YH4FGhiocsqrgi5NvyG53uoimic1tcMdSg-qptrzZc7CG6Svw2Y13TDIqHzTUrL_lR2ZFcryNFiHkSw129EghGpwkpxaTn_THJTCglNbADko1MZBCdwzJxwqZc-1RlpO2HibUYyXSwO97BSe0_evZKdjvvKSgsIqjytKSeAMbhMBdMma622_BG5t4sdbuCHtFjp9iJmkio47AIwqkZV1aIZsv33uPUqBBCXbYoQJwt7mxPftHmNlGoOSMxR_3thmXTCm4US-xiNOyhbm8afKK64jU6_TPtQHiJeQJxz9G3Tx-083B745_AfYOnlC9w";
/// RFC 7520 §4.8, the second signature: no protected header.
const ROAD_ES512_UNPROTECTED: &str = "ARcVLnaJJaUWG8fG-8t5BREVAuTY8n8YHjwDO1muhcdCoFZFFjfISu0Cdkn9Ybdlmi54ho0x924DUz8sK7ZXkhc7AFM8ObLfTvNCrqcI3Jkl2U5IX3utNhODH6v7xgy1Qahsn0fyb4zSAkje8bAWz4vIfj5pCMYxxm4fgV3q7ZYhm5eD";
/// RFC 8037 A.4.
const EXAMPLE_EDDSA: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// RFC 7515 A.1.1.
const JOE_SECRET: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
/// RFC 7520 §3.5.
const ROAD_SECRET: &str = "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg";
const ROAD_SECRET_NAME: &str = "018c0ae5-4d9b-471b-bfd6-eef314bc7037";
const BILBO: &str = "bilbo.baggins@hobbiton.example";

/// The public keys: RFC 7515 A.2 to A.4, RFC 7520 §3.3 and §3.1, RFC 8037 A.2.
fn key(name: &str) -> Value {
    match name {
        "joe RSA" => {
            json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})
        }
        "joe P-256" => {
            json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
        }
        "A.4 P-521" => {
            json!({"kty": "EC", "crv": "P-521", "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk", "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})
        }
        "road RSA" => {
            json!({"kty": "RSA", "kid": BILBO, "use": "sig", "e": "AQAB", "n": "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"})
        }
        "road P-521" => {
            json!({"kty": "EC", "kid": BILBO, "use": "sig", "crv": "P-521", "x": "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt", "y": "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"})
        }
        "Ed25519" => {
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
        }
        other => panic!("no key {other}"),
    }
}

fn public(name: &str) -> Expected {
    Expected { jwks: Some(json!({ "keys": [key(name)] })), ..Expected::default() }
}

fn secret(text: &str) -> Expected {
    Expected { shared_key: Some(SharedKey::new(part::read(text).bytes)), ..Expected::default() }
}

/// A token of the standards with what it verifies with.
struct Vector {
    source: &'static str,
    token: String,
    expected: Expected,
}

fn vectors() -> Vec<Vector> {
    use super::signed::encode;
    let header = |text: &str| encode(text);
    let with_kid = |alg: &str, kid: &str| encode(format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#));
    let vector = |source, header: String, payload: &str, signature: &str, expected| Vector {
        source,
        token: format!("{header}.{payload}.{signature}"),
        expected,
    };
    vec![
        vector(
            "RFC 7515 A.1",
            header("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"),
            JOE,
            JOE_HS256,
            secret(JOE_SECRET),
        ),
        vector("RFC 7515 A.2", header(r#"{"alg":"RS256"}"#), JOE, JOE_RS256, public("joe RSA")),
        vector("RFC 7515 A.3", header(r#"{"alg":"ES256"}"#), JOE, JOE_ES256, public("joe P-256")),
        vector(
            "RFC 7515 A.4",
            header(r#"{"alg":"ES512"}"#),
            "UGF5bG9hZA",
            PAYLOAD_ES512,
            public("A.4 P-521"),
        ),
        vector("RFC 7520 §4.1", with_kid("RS256", BILBO), ROAD, ROAD_RS256, public("road RSA")),
        vector("RFC 7520 §4.2", with_kid("PS384", BILBO), ROAD, ROAD_PS384, public("road RSA")),
        vector("RFC 7520 §4.3", with_kid("ES512", BILBO), ROAD, ROAD_ES512, public("road P-521")),
        vector("RFC 7520 §4.4", with_kid("HS256", ROAD_SECRET_NAME), ROAD, ROAD_HS256, secret(ROAD_SECRET)),
        vector("RFC 7520 §4.6", header(r#"{"alg":"HS256"}"#), ROAD, ROAD_HS256_NAMELESS, secret(ROAD_SECRET)),
        vector("RFC 7520 §4.8", header(r#"{"alg":"RS256"}"#), ROAD, ROAD_RS256_NAMELESS, public("road RSA")),
        vector(
            "RFC 8037 A.4",
            header(r#"{"alg":"EdDSA"}"#),
            "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            EXAMPLE_EDDSA,
            public("Ed25519"),
        ),
    ]
}

#[test]
fn the_examples_of_the_standards_verify() {
    for Vector { source, token, expected } in vectors() {
        let findings = judge(&decode(&token), &expected, NOW);
        assert_eq!(severity(&findings, "check.algorithm"), Passed, "{source}");
        assert_eq!(severity(&findings, "check.signature"), Passed, "{source} {findings:#?}");
    }
}

#[test]
fn an_example_with_one_character_changed_does_not_verify() {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for Vector { source, token, expected } in vectors() {
        let part_ends = |at: &usize| token.as_bytes().get(at + 1).is_none_or(|next| *next == b'.');
        for at in (0..token.len()).filter(|at| at % 3 == 0 || part_ends(at)) {
            let Some(digit) = DIGITS.iter().position(|digit| *digit == token.as_bytes()[at]) else {
                continue;
            };
            // The highest bit counts even in the last character of a part.
            let other = char::from(DIGITS[digit ^ 32]).to_string();
            let mut altered = token.clone();
            altered.replace_range(at..=at, &other);
            let findings = judge(&decode(&altered), &expected, NOW);
            let verified = findings.iter().any(|f| f.id == "check.signature" && f.severity == Passed);
            assert!(!verified, "{source}: character {at} of {altered}");
        }
    }
}

#[test]
fn an_example_does_not_verify_with_the_key_of_another() {
    let all = vectors();
    for Vector { source, token, .. } in &all {
        for other in &all {
            let own = &all.iter().find(|vector| vector.source == *source).expect("itself").expected;
            if other.expected == *own {
                continue;
            }
            let findings = judge(&decode(token), &other.expected, NOW);
            assert_ne!(
                severity(&findings, "check.signature"),
                Passed,
                "{source} with the key of {}",
                other.source
            );
        }
    }
}

/// RFC 7515 A.6 and A.7, RFC 7520 §4.6: the JSON serializations hold the same signatures.
#[test]
fn examples_in_json_serialization_verify() {
    let protected = super::signed::encode(r#"{"alg":"ES256"}"#);
    let flat = json!({
        "payload": JOE, "protected": protected,
        "header": {"kid": "e9bc097a-ce51-4036-9562-d2ade882db0d"}, "signature": JOE_ES256,
    });
    let general = json!({"payload": JOE, "signatures": [
        {"protected": super::signed::encode(r#"{"alg":"RS256"}"#), "header": {"kid": "2010-12-29"}, "signature": JOE_RS256},
        {"protected": protected, "signature": JOE_ES256},
    ]});
    for (text, expected) in [(flat, public("joe P-256")), (general, public("joe RSA"))] {
        let findings = judge(&decode(&text.to_string()), &expected, NOW);
        assert_eq!(severity(&findings, "check.signature"), Passed, "{text}");
    }
}

/// RFC 7520 §4.7 and §4.8: without a protected header nothing but the content is signed. That computes; as a token it is
/// never taken, for its algorithm could be exchanged.
#[test]
fn signatures_without_protected_header_compute_and_make_no_token() {
    let message = format!(".{ROAD}");
    let bytes = |text: &str| part::read(text).bytes;
    let secret_of_road = bytes(ROAD_SECRET);
    let mac = bytes(ROAD_HS256_UNPROTECTED);
    assert!(Algorithm::Hs256.authenticates(&secret_of_road, &message, &mac));
    assert!(!Algorithm::Hs256.authenticates(&secret_of_road, ROAD, &mac));
    let curve = key("road P-521");
    let curve = crate::token::signature::Key(&curve);
    let signature = bytes(ROAD_ES512_UNPROTECTED);
    assert_eq!(curve.verifies(Algorithm::Es512, &message, &signature), Ok(true));
    assert_eq!(curve.verifies(Algorithm::Es512, ROAD, &signature), Ok(false));
    let token = format!("{message}.{ROAD_HS256_UNPROTECTED}");
    let findings = judge(&decode(&token), &secret(ROAD_SECRET), NOW);
    assert!(findings.iter().all(|finding| finding.severity != Passed), "{findings:#?}");
}

/// RFC 7515 A.5, RFC 7519 §6.1.
#[test]
fn the_unsecured_example_is_refused_with_every_key() {
    let token = format!("eyJhbGciOiJub25lIn0.{JOE}.");
    for Vector { expected, .. } in vectors() {
        let findings = judge(&decode(&token), &expected, NOW);
        assert_eq!(severity(&findings, "check.algorithm"), Error);
        assert_eq!(severity(&findings, "check.signature"), Error);
        assert!(find(&findings, "check.signature").title.contains("anybody"));
    }
}
