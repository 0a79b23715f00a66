//! Decoding: whatever stands around a token, whatever is wrong with it, and whatever it is instead.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    find, ids,
    signed::{CLIENT, ISSUED, TENANT, encode, header, id_claims, id_token, sign, with},
};
use crate::{
    time::UnixTime,
    token::{Decoded, Kind, TokenKind, decode, kind_of},
};

/// The token of these parts, with nothing or rubbish as signature.
fn compact(header: &Value, claims: &Value, signature: &str) -> String {
    format!("{}.{}.{signature}", encode(header.to_string()), encode(claims.to_string()))
}

fn wrap(text: &str, width: usize, separator: &str) -> String {
    let bytes: Vec<_> =
        text.as_bytes().chunks(width).map(|chunk| std::str::from_utf8(chunk).unwrap()).collect();
    bytes.join(separator)
}

#[test]
fn an_ordinary_token_is_read_whole() {
    let token = id_token();
    let decoded = decode(&token);
    assert_eq!(decoded.kind, Kind::Jws);
    assert_eq!(Value::from(decoded.header.clone()), header());
    assert_eq!(
        Value::from(decoded.claims.clone()).to_string(),
        id_claims().to_string(),
        "in the token's order"
    );
    assert_eq!(decoded.raw.expose(), token);
    assert_eq!(ids(&decoded), ["entra.id_token"]);
}

#[test]
fn the_token_is_found_in_whatever_was_pasted() {
    let token = id_token();
    let check = |text: String, expected: &[&str]| {
        let decoded = decode(&text);
        assert_eq!(decoded.raw.expose(), token, "{text}");
        let found: Vec<_> = ids(&decoded).into_iter().filter(|id| id.starts_with("input.")).collect();
        assert_eq!(found, expected, "{text}");
    };
    check(format!("Bearer {token}"), &["input.bearer_prefix"]);
    check(format!("BEARER  {token}"), &["input.bearer_prefix"]);
    check(format!("Authorization: bearer {token}"), &["input.bearer_prefix"]);
    check(format!("authorization:{token}"), &["input.bearer_prefix"]);
    check(format!("X-MS-TOKEN-AAD-ID-TOKEN: {token}"), &["input.bearer_prefix"]);
    check(format!("Bearer Bearer {token}"), &["input.bearer_prefix", "input.bearer_twice"]);
    check(format!("\"{token}\""), &["input.quotes"]);
    check(format!("`{token}`"), &["input.quotes"]);
    check(format!("'Bearer {token}',"), &["input.bearer_prefix", "input.quotes"]);
    check(format!("{token}."), &["input.quotes"]);
    check(format!("{token},"), &[]);
    check(format!("  {token}\n"), &["input.whitespace"]);
    check(format!("\u{feff}{token}\u{200b}"), &["input.whitespace"]);
    check(wrap(&token, 64, "\n"), &["input.whitespace"]);
    check(wrap(&token, 76, "\r\n    "), &["input.whitespace"]);
    check(wrap(&token, 100, " "), &["input.whitespace"]);
    check(format!("Bearer\n{}", wrap(&token, 70, "\n")), &["input.bearer_prefix", "input.whitespace"]);
    check(format!("http://localhost:5001/cb#id_token={token}&state=af0ifjsldkj"), &["input.url"]);
    check(format!("https://host.example/cb?x=1&id_token={token}"), &["input.url"]);
    check(format!("https://host.example/open/{token}"), &["input.url"]);
    check(format!("#access_token={token}&token_type=Bearer"), &["input.url"]);
    check(format!("{{\"token_type\":\"Bearer\",\"id_token\":\"{token}\"}}"), &["input.json"]);
    check(
        format!("{{\"access_token\":\"{token}\",\"id_token\":\"{}\"}}", id_token()),
        &["input.json", "input.several_tokens"],
    );
    check(format!("  \"access_token\": \"{token}\","), &["input.whitespace", "input.quotes", "input.json"]);
    check(format!("TOKEN={token}"), &["input.assignment"]);
    check(format!("export TOKEN=\"{token}\""), &["input.quotes", "input.assignment"]);
    check(format!("$env:TOKEN = '{token}'"), &["input.quotes", "input.assignment"]);
    check(format!("access_token: {token}"), &["input.assignment"]);
    check(format!("Bearer%20{token}"), &["input.percent_encoded", "input.bearer_prefix"]);
    check(token.replace('.', "%2E"), &["input.percent_encoded"]);
    check(
        format!("curl -H \"Authorization: Bearer {token}\" https://api.example/items"),
        &["input.bearer_prefix", "input.quotes"],
    );
    check(format!("This is my token: {token} and it does not work."), &[]);
    check(format!("It fails:\n\n{token}\n\nThanks for looking"), &[]);
    check(format!("{token}\n{}", id_token()), &["input.several_tokens"]);
}

#[test]
fn prose_after_a_token_stays_out_of_it() {
    // Nothing tells how long these signatures ought to be.
    let short = compact(&json!({"alg": "XS256"}), &id_claims(), "c2lnbmF0dXJl");
    let unsecured = compact(&json!({"alg": "none"}), &id_claims(), "");
    for token in [short, unsecured] {
        for prose in [
            " thanks",
            " is what I got",
            "\nThat was the token",
            " (from the log)",
            ", see above",
            "\n\n- Mina",
        ] {
            assert_eq!(decode(&format!("{token}{prose}")).raw.expose(), token, "{prose}");
        }
    }
}

#[test]
fn faults_of_form_are_named() {
    let token = id_token();
    let parts: Vec<&str> = token.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let claims = id_claims();
    let check = |text: &str, kind: Kind, expected: &str| {
        let decoded = decode(text);
        assert_eq!(decoded.kind, kind, "{text}");
        assert!(ids(&decoded).contains(&expected), "{expected} not in {:?} for {text}", ids(&decoded));
    };
    let jws = |text: String, expected: &str| check(&text, Kind::Jws, expected);
    jws(head.to_owned(), "jwt.truncated");
    jws(format!("{head}.{body}"), "jwt.truncated");
    jws(format!("{head}.{}", &body[..40]), "jwt.truncated");
    jws(format!("{head}.{body}.{}", &signature[..100]), "jwt.truncated");
    jws(format!("{head}.{body}.{}", &signature[..signature.len() - 1]), "jwt.truncated");
    jws(format!("{head}.{body}..."), "jwt.truncated");
    jws(format!("{}...", &token[..60]), "jwt.truncated");
    jws(format!("{}…", &token[..60]), "jwt.truncated");
    jws(format!("{token}.{signature}"), "jwt.extra_parts");
    jws(format!("{token}.a.b.c"), "jwt.extra_parts");
    jws(format!("{head}.{}*.{signature}", &body[..20]), "jwt.bad_base64");
    jws(format!("{head}.{}.{signature}", &body[..21]), "jwt.bad_base64");
    jws(format!("{head}=.{body}==.{signature}"), "jwt.padding");
    jws(
        format!(
            "{head}.{}.{signature}",
            encode("{\"a\":\"\u{fff}??>>\"}").replace('-', "+").replace('_', "/")
        ),
        "jwt.standard_alphabet",
    );
    jws(format!("{}.{body}.{signature}", encode("not json")), "jwt.header_not_json");
    jws(format!("{}.{body}.{signature}", encode("[1,2]")), "jwt.header_not_json");
    jws(format!("{}.{body}.{signature}", &head[1..]), "jwt.header_not_json");
    jws(format!("{head}.{}.{signature}", encode("{\"a\":")), "jwt.payload_not_json");
    jws(format!("{head}..{signature}"), "jwt.payload_not_json");
    jws(format!("{head}.{}.{signature}", encode("[1]")), "jwt.payload_not_object");
    jws(format!("{head}.{}.{signature}", encode("{\"aud\":1,\"aud\":2}")), "jwt.duplicate_member");
    jws(
        format!("{}.{body}.{signature}", encode("{\"alg\":\"RS256\",\"alg\":\"none\"}")),
        "jwt.duplicate_member",
    );
    jws(format!("{head}.{}.{signature}", encode(b"{\"name\":\"\xff\"}")), "text.invalid_utf8");
    for none in ["none", "None", "nOnE"] {
        jws(compact(&json!({"alg": none}), &claims, ""), "jwt.alg_none");
        jws(compact(&json!({"alg": none}), &claims, "").trim_end_matches('.').to_owned(), "jwt.alg_none");
    }
    jws(compact(&json!({"typ": "JWT"}), &claims, signature), "jwt.alg_missing");
    jws(compact(&json!({"alg": "HS256"}), &claims, signature), "jwt.alg_hmac");
    jws(compact(&header(), &claims, ""), "jwt.signature_missing");
    jws(compact(&json!({"alg": "RS256"}), &claims, signature), "jwt.kid_missing");
    let thumbprint = "a".repeat(40);
    jws(compact(&with(&header(), &json!({"x5t": thumbprint})), &claims, signature), "jwt.x5t_hex");
    jws(compact(&with(&header(), &json!({"x5t": encode(&thumbprint)})), &claims, signature), "jwt.x5t_hex");
    jws(
        compact(&with(&header(), &json!({"jku": "https://evil.example"})), &claims, signature),
        "jwt.embedded_key",
    );
    jws(compact(&with(&header(), &json!({"crit": ["b64"]})), &claims, signature), "jwt.crit");
    jws(compact(&with(&header(), &json!({"cty": "JWT"})), &claims, signature), "jwt.nested");
    jws(compact(&with(&header(), &json!({"nonce": "x"})), &claims, signature), "entra.graph_nonce");
    jws(compact(&header(), &with(&claims, &json!({"pad": "x".repeat(9000)})), signature), "size.large");
    jws(compact(&header(), &with(&claims, &json!({"name": "a\u{1b}[31m"})), signature), "text.control");
    jws(compact(&header(), &with(&claims, &json!({"name": "a\u{202e}b"})), signature), "text.bidi");
    jws(
        json!({"payload": body, "protected": head, "signature": signature}).to_string(),
        "jwt.json_serialization",
    );
    jws(
        json!({"payload": body, "signatures": [{"protected": head, "signature": signature}]}).to_string(),
        "jwt.json_serialization",
    );
    let encrypted =
        format!("{}.a2V5.aXY.Y2lwaGVydGV4dA.dGFn", encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#));
    check(&encrypted, Kind::Jwe, "jwe.encrypted");
    assert_eq!(decode(&encrypted).header["enc"], "A256GCM");
}

#[test]
fn errors_of_json_name_their_place_and_do_not_quote_the_input() {
    let text = format!("{}.{}.c2ln", encode(r#"{"alg":"none"}"#), encode("{\"secret\":\n broken}"));
    let finding = find(&decode(&text).findings, "jwt.payload_not_json").title.clone();
    assert!(finding.contains("line 2, column 2") && !finding.contains("broken"), "{finding}");
}

#[test]
fn a_token_without_fault_in_its_form_has_no_finding_of_form() {
    for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        let token = sign(&json!({"alg": alg, "kid": "k"}), &id_claims());
        let decoded = decode(&token);
        assert_eq!(ids(&decoded), ["entra.id_token"], "{alg}");
        // Wrapped, it comes back whole with whatever length of signature.
        assert_eq!(decode(&wrap(&token, 50, "\n")).raw.expose(), token, "{alg}");
    }
}

#[test]
fn what_is_no_jwt_is_told_apart() {
    let check = |text: &str, kind: Kind, expected: Option<&str>| {
        let decoded = decode(text);
        let found = decoded.findings.iter().map(|finding| finding.id).find(|id| !id.starts_with("input."));
        assert_eq!((decoded.kind, found), (kind, expected), "{text}");
        assert!(decoded.header.is_empty() && (decoded.claims.is_empty() || kind == Kind::Saml), "{text}");
    };
    let tail = "AXEAHpwqP1R7DkqaYVyOL3sdQ".repeat(8);
    check(&format!("1.{tail}"), Kind::Opaque, Some("kind.entra_refresh_or_code"));
    check(&format!("0.{tail}.AgABAwEAAAD"), Kind::Opaque, Some("kind.entra_refresh_or_code"));
    check(&format!("Bearer EwB4A8l6{tail}"), Kind::Opaque, Some("kind.personal_opaque"));
    check(&format!("{{\"refresh_token\":\"1.{tail}\"}}"), Kind::Opaque, Some("kind.entra_refresh_or_code"));
    check(
        &format!("http://localhost/cb?code=1.{tail}&state=x"),
        Kind::Opaque,
        Some("kind.entra_refresh_or_code"),
    );
    check(&wrap(&format!("1.{tail}"), 60, "\n"), Kind::Opaque, Some("kind.entra_refresh_or_code"));
    check(&format!("ya29.{tail}"), Kind::Opaque, Some("kind.provider_opaque"));
    check(&"0123456789abcdef".repeat(3), Kind::Opaque, None);
    check(&format!("abc8Q~{}", "x".repeat(34)), Kind::NotAToken, Some("kind.client_secret"));
    check(CLIENT, Kind::NotAToken, Some("kind.guid"));
    check(&format!("tid={CLIENT}"), Kind::NotAToken, Some("kind.guid"));
    check(
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        Kind::NotAToken,
        Some("kind.key_material"),
    );
    check(r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#, Kind::NotAToken, Some("kind.key_material"));
    let private = decode(&json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}).to_string());
    assert!(find(&private.findings, "kind.key_material").title.contains("private"));
    let saml = r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1"/>"#;
    check(saml, Kind::Saml, Some("kind.saml"));
    check(&encode(saml), Kind::Saml, Some("kind.saml"));
    for nothing in [
        "",
        " \n\t",
        "hello",
        "this is not a token",
        "www.example.com",
        "<html><p>no</p></html>",
        "{}",
        "..",
        "https://login.example/authorize?client_id=x",
        "Bearer",
        "a.b.c",
        "null",
        "[]",
    ] {
        let decoded = decode(nothing);
        assert_eq!(decoded.kind, Kind::NotAToken, "{nothing}");
    }
    assert_eq!(ids(&decode(" ")), ["input.empty"]);
}

#[test]
fn times_and_claims_are_remarked_on() {
    let check = |changes: Value, expected: &str| {
        let decoded = decode(&sign(&header(), &with(&id_claims(), &changes)));
        assert!(ids(&decoded).contains(&expected), "{expected} not in {:?} for {changes}", ids(&decoded));
    };
    let access = |changes: Value, expected: &str| {
        let mut all = json!({"azp": CLIENT, "azpacr": "1", "scp": "Items.Read", "nonce": null});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        check(all, expected);
    };
    check(json!({"exp": null}), "time.exp_missing");
    check(json!({"exp": "1772619327"}), "time.string");
    check(json!({"exp": 1_772_619_327.5}), "time.fraction");
    check(json!({"iat": -5}), "time.negative");
    check(json!({"exp": 1_772_619_327_000_i64}), "time.milliseconds");
    check(json!({"exp": i64::MAX}), "time.out_of_range");
    check(json!({"exp": "soon"}), "time.not_a_number");
    check(json!({"exp": ISSUED}), "time.order");
    check(json!({"exp": ISSUED + 90_000}), "time.long_lived");
    check(json!({"aud": null}), "claims.aud_missing");
    check(json!({"aud": [CLIENT]}), "claims.aud_array");
    check(json!({"iss": null}), "claims.iss_missing");
    check(json!({"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"}), "claims.iss_template");
    check(json!({"iss": "https://login.microsoftonline.com/common/v2.0"}), "claims.iss_template");
    check(json!({"tid": CLIENT}), "claims.tid_not_in_iss");
    check(json!({"ver": "1.0"}), "claims.version_issuer");
    check(json!({"iss": format!("https://sts.windows.net/{TENANT}/")}), "claims.version_issuer");
    check(json!({"roles": "Admin"}), "claims.wrong_type");
    check(json!({"hasgroups": true}), "claims.group_overage");
    check(json!({"_claim_names": {"groups": "src1"}}), "claims.group_overage");
    check(json!({"idp": "live.com"}), "entra.guest");
    check(json!({"acct": 1}), "entra.guest");
    check(json!({"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}), "entra.personal_account");
    check(json!({"xms_cc": ["CP1"]}), "entra.cae");
    check(json!({"iss": "https://idp.example/realms/shop", "tid": null}), "issuer.recognised");
    access(json!({}), "entra.access_v2");
    access(json!({}), "entra.delegated");
    access(json!({"scp": null}), "claims.no_permissions");
    access(json!({"azpacr": "0"}), "entra.public_client");
    access(json!({"idtyp": "app", "scp": null, "roles": ["Items.Read.All"]}), "entra.app_only");
    access(json!({"cnf": {"kid": "x"}}), "entra.pop");
    access(json!({"xms_mirid": "/subscriptions/x"}), "entra.managed_identity");
    access(json!({"ver": "1.0", "iss": format!("https://sts.windows.net/{TENANT}/")}), "entra.access_v1");
}

#[test]
fn the_present_is_asked_for() {
    let decoded = decode(&id_token());
    let check = |seconds: i64, expected: &[&str]| {
        let decoded = decoded.clone().at(UnixTime::from_seconds(seconds));
        let found: Vec<_> = ids(&decoded).into_iter().filter(|id| id.starts_with("time.")).collect();
        assert_eq!(found, expected, "{seconds}");
    };
    check(ISSUED - 1, &["time.not_yet_valid"]);
    check(ISSUED, &[]);
    check(ISSUED + 3899, &[]);
    check(ISSUED + 3900, &["time.expired"]);
}

#[test]
fn the_kind_of_token_is_told_with_a_reason() {
    let kind = |claims: Value| {
        let recognised = kind_of(&decode(&sign(&header(), &claims)));
        assert!(recognised.because.ends_with('.'));
        recognised.kind
    };
    let service_principal = "5c0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d";
    let graph = "https://graph.microsoft.com";
    let base = with(&id_claims(), &json!({"nonce": null}));
    assert_eq!(kind(id_claims()), TokenKind::IdToken);
    assert_eq!(kind(base.clone()), TokenKind::IdToken);
    assert_eq!(kind(with(&base, &json!({"scp": "a", "azp": CLIENT}))), TokenKind::AccessDelegated);
    assert_eq!(
        kind(with(&base, &json!({"scp": "a", "aud": graph, "appid": CLIENT}))),
        TokenKind::GraphDelegated
    );
    // The recorded form of an app-only token: neither idtyp nor roles (reference §8.4).
    let app = json!({"azp": CLIENT, "azpacr": "1", "sub": service_principal, "oid": service_principal,
        "name": null, "preferred_username": null});
    assert_eq!(kind(with(&base, &app)), TokenKind::AccessAppOnly);
    assert_eq!(kind(with(&base, &json!({"idtyp": "app", "aud": graph}))), TokenKind::GraphAppOnly);
    assert_eq!(kind(json!({"sub": "x", "iss": "https://idp.example"})), TokenKind::Unknown);
    for text in ["1.AXEAHpwqP1R7DkqaYVyOL3sdQ", "hello", ""] {
        assert_eq!(kind_of(&decode(text)).kind, TokenKind::Unknown);
    }
}

#[test]
fn the_json_object_holds_what_was_read_and_never_the_token() {
    let token = id_token();
    let object = decode(&format!("Bearer {token}")).to_json();
    assert_eq!(object["kind"], "jws");
    assert_eq!(object["header"], header());
    assert_eq!(object["claims"], id_claims());
    assert_eq!(object["findings"][0]["id"], "input.bearer_prefix");
    assert_eq!(object["findings"][0]["severity"], "info");
    assert!(object["findings"][0]["title"].is_string());
    let signature = token.rsplit('.').next().unwrap();
    assert!(!object.to_string().contains(&signature[..40]));
}

#[test]
fn findings_never_hold_a_character_that_acts_on_a_terminal() {
    let evil = "\u{1b}]0;x\u{7}\u{202e}\u{9b}";
    let claims = json!({
        "aud": [evil], "iss": evil, "tid": evil, "ver": evil, "exp": evil, "iat": evil, "nonce": evil, "roles": evil,
        evil: evil, "name": {evil: [evil]},
    });
    let head = json!({"alg": evil, "kid": evil, "crit": [evil], "x5t": evil, "cty": evil, evil: 1});
    let token = sign(&head, &claims);
    for text in
        [token.clone(), format!("https://x{evil}/?{evil}={token}"), format!("{{\"{evil}\": \"{token}\"")]
    {
        for finding in decode(&text).at(UnixTime::default()).findings {
            assert!(!finding.title.chars().any(|c| c.is_control() || c == '\u{202e}'), "{finding:?}");
        }
    }
}

/// Every truncation of a token, and every byte of it replaced: read without panic, and never as another token's claims.
#[test]
fn no_damage_makes_it_panic() {
    let short = compact(&header(), &json!({"aud": "a", "exp": 1, "sub": "é"}), &encode([7; 256]));
    for at in 0..short.len() {
        look_at(&short[..at]);
        look_at(&short[at..]);
        for byte in [b'.', b'=', b'"', b' ', b'\n', b'%', b'{', b'+', b'~', b'e', 0, 0x7f] {
            let mut damaged = short.clone().into_bytes();
            damaged[at] = byte;
            look_at(&String::from_utf8(damaged).unwrap());
        }
        let (before, after) = short.split_at(at);
        for inserted in ["…", "\u{202e}", "Bearer ", "...", "%20", "%"] {
            look_at(&format!("{before}{inserted}{after}"));
        }
    }
    // Damage below the base64, where JSON and UTF-8 break.
    let payload = r#"{"aud":"é","exp":1772619327,"x":{"y":[1,2,null]}}"#.as_bytes();
    for at in 0..payload.len() {
        for byte in [b'"', b'}', b'[', b',', 0xff, 0xc3, 0, b'\\', b'e', b'-'] {
            let mut damaged = payload.to_vec();
            damaged[at] = byte;
            look_at(&format!("{}.{}.c2ln", encode(r#"{"alg":"RS256"}"#), encode(&damaged)));
            look_at(&format!("{}.{}.c2ln", encode(&damaged), encode(&damaged)));
        }
    }
}

fn look_at(text: &str) -> Decoded {
    let decoded = decode(text).at(UnixTime::from_seconds(ISSUED));
    let _ = kind_of(&decoded);
    let _ = decoded.to_json();
    for finding in
        crate::token::checks::judge(&decoded, &super::judging::expected(), UnixTime::from_seconds(ISSUED))
    {
        assert!(!finding.title.is_empty());
    }
    decoded
}

/// A megabyte of each kind of mischief. Work in proportion to length takes milliseconds; anything worse would hang.
#[test]
fn a_megabyte_of_mischief_is_read_in_one_pass() {
    const MEGABYTE: usize = 1 << 20;
    let fill = |piece: &str| piece.repeat(MEGABYTE / piece.len());
    let mut many = String::from("{");
    for index in 0..40_000 {
        let _ = write!(many, "\"{index}\":0,\"{index}\":1,");
    }
    many.push_str("\"end\":0}");
    let head = encode(r#"{"alg":"RS256"}"#);
    let texts = [
        fill("."),
        fill("eyJ"),
        fill("eyJ "),
        fill("eyJ.eyJ.a "),
        fill("eyJ\n"),
        format!("eyJhbGciOiJSUzI1NiJ9.{}", fill("a1\n")),
        format!("eyJhbGciOiJSUzI1NiJ9.eyJ.{}", fill("a1 ")),
        fill("{\"a\":"),
        fill("["),
        fill("Bearer "),
        fill("\"'`"),
        fill("a=b&"),
        fill("%20"),
        fill("\u{202e}"),
        fill("=:"),
        format!("{head}.{}.x", encode(fill("["))),
        format!("{head}.{}.x", encode(&many)),
        format!("{}.{}.x", encode(&many), encode(&many)),
        format!("{head}.{}.x", encode(format!("{{\"a\":[{}0]}}", fill("0,")))),
        format!("{head}.{}.x", encode(format!("{{\"a\":\"{}\"}}", fill("\u{202e}")))),
        format!("{head}.{}.x", encode(format!("{{\"a\":[{}0]}}", fill("\"\u{9b}\",")))),
    ];
    for text in &texts {
        let decoded = decode(text);
        assert!(decoded.findings.len() < 50);
        let _ = decoded.into_json();
    }
    assert_eq!(decode(&texts[texts.len() - 1]).claims["a"].as_array().map(Vec::len), Some(MEGABYTE / 5 + 1));
}

#[test]
fn a_certificates_thumbprint_names_the_key_as_well_as_kid_does() {
    let is_guessed = |header: &Value| {
        let token = format!("{}.{}.c2ln", encode(header.to_string()), encode(r#"{"sub":"x"}"#));
        decode(&token).findings.iter().any(|finding| finding.id == "jwt.kid_missing")
    };
    assert!(is_guessed(&json!({"alg": "PS256"})));
    for name in ["kid", "x5t", "x5t#S256"] {
        let mut header = json!({"alg": "PS256"});
        header[name] = "p--ce3Zh35fciUd2GfRgmgtnGBA".into();
        assert!(!is_guessed(&header), "{name}");
    }
}
