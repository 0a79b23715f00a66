//! The table of findings, held from both sides: every id of it is produced by some text, and no other id is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::signed::{CLIENT, ISSUED, TENANT, encode, header, id_claims, id_token, sign, with};
use crate::{
    finding::Severity,
    time::UnixTime,
    token::{Decoded, decode, decode_all},
};

/// Every id with its severity, as documented for `decode --json`.
const TABLE: &str = "
input.bearer_prefix info, input.bearer_twice warning, input.quotes info, input.whitespace info, input.url warning,
input.json info, input.assignment info, input.percent_encoded info, input.several_tokens info, input.empty error,
kind.entra_refresh_or_code info, kind.personal_opaque info, kind.provider_opaque info, kind.client_secret warning,
kind.guid info, kind.key_material warning, kind.saml info,
jwt.truncated error, jwt.extra_parts error, jwt.bad_base64 error, jwt.padding warning, jwt.standard_alphabet warning,
jwt.header_not_json error, jwt.payload_not_json warning, jwt.payload_not_object warning, jwt.duplicate_member error,
jwt.alg_none error, jwt.alg_missing error, jwt.alg_hmac warning, jwt.signature_missing error, jwt.kid_missing warning,
jwt.x5t_hex warning, jwt.embedded_key warning, jwt.crit warning, jwt.json_serialization info, jwt.nested info,
jwe.encrypted info,
time.expired error, time.not_yet_valid error, time.exp_missing warning, time.string warning, time.fraction info,
time.negative warning, time.milliseconds warning, time.out_of_range error, time.not_a_number error, time.order error,
time.long_lived info,
claims.aud_missing warning, claims.aud_array info, claims.iss_missing warning, claims.iss_template error,
claims.tid_not_in_iss error, claims.version_issuer error, claims.no_permissions warning, claims.group_overage warning,
claims.wrong_type warning,
entra.id_token info, entra.access_v1 info, entra.access_v2 info, entra.app_only info, entra.delegated info,
entra.graph_nonce info, entra.guest info, entra.personal_account info, entra.public_client info, entra.cae info,
entra.pop info, entra.managed_identity info,
issuer.recognised info,
text.control warning, text.bidi warning, text.invalid_utf8 error, size.large warning";

/// Texts that bring every finding about.
fn texts() -> Vec<String> {
    let token = id_token();
    let parts: Vec<_> = token.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let opaque = "AXEAHpwqP1R7DkqaYVyOL3sdQ".repeat(8);
    let mut texts = vec![
        format!("Bearer Bearer {token}"),
        format!("\"{token}\"\n"),
        format!("https://x.example/#id_token={token}"),
        json!({"access_token": token, "id_token": token}).to_string(),
        format!("TOKEN={token}"),
        token.replace('.', "%2E"),
        String::new(),
        format!("1.{opaque}"),
        format!("EwB4A8l6{opaque}"),
        format!("ya29.{opaque}"),
        format!("abc8Q~{}", "x".repeat(34)),
        CLIENT.to_owned(),
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}).to_string(),
        r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1"/>"#.to_owned(),
        format!("{head}.{body}"),
        format!("{token}.x"),
        format!("{head}.*{body}.{signature}"),
        format!("{head}.{body}==.{signature}"),
        format!(
            "{head}.{}.{signature}",
            encode("{\"a\":\"\u{fff}??>>\"}").replace('-', "+").replace('_', "/")
        ),
        format!("{}.{body}.{signature}", encode("[1,2]")),
        format!("{head}..{signature}"),
        format!("{head}.{}.{signature}", encode("[1]")),
        format!("{head}.{}.{signature}", encode("{\"aud\":1,\"aud\":2}")),
        format!("{}.{body}.", encode("{\"alg\":\"none\"}")),
        format!("{}.{body}.{signature}", encode("{\"typ\":\"JWT\"}")),
        format!("{}.{body}.{signature}", encode("{\"alg\":\"HS256\"}")),
        format!("{head}.{body}."),
        format!("{}.{body}.{signature}", encode("{\"alg\":\"RS256\"}")),
        json!({"payload": body, "protected": head, "signature": signature}).to_string(),
        format!("{}.a2V5.aXY.Y2lwaGVydGV4dA.dGFn", encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#)),
        format!("{head}.{}.{signature}", encode(b"{\"name\":\"\xff\"}")),
    ];
    for changes in [
        json!({"x5t": "a".repeat(40)}),
        json!({"jku": "https://evil.example"}),
        json!({"crit": ["b64"]}),
        json!({"cty": "JWT"}),
        json!({"nonce": "x"}),
    ] {
        texts.push(sign(&with(&header(), &changes), &id_claims()));
    }
    let access = json!({"azp": CLIENT, "azpacr": "0", "scp": "Items.Read", "nonce": null});
    let access = with(&id_claims(), &access);
    let claims = [
        with(&id_claims(), &json!({"exp": null})),
        with(&id_claims(), &json!({"exp": "1772619327"})),
        with(&id_claims(), &json!({"exp": 1_772_619_327.5})),
        with(&id_claims(), &json!({"iat": -5})),
        with(&id_claims(), &json!({"exp": 1_772_619_327_000_i64})),
        with(&id_claims(), &json!({"exp": i64::MAX})),
        with(&id_claims(), &json!({"exp": "soon"})),
        with(&id_claims(), &json!({"exp": ISSUED})),
        with(&id_claims(), &json!({"exp": ISSUED + 90_000})),
        with(&id_claims(), &json!({"nbf": ISSUED + 90_000_000, "exp": ISSUED + 99_000_000})),
        with(&id_claims(), &json!({"aud": null})),
        with(&id_claims(), &json!({"aud": [CLIENT]})),
        with(&id_claims(), &json!({"iss": null})),
        with(&id_claims(), &json!({"iss": "https://login.microsoftonline.com/common/v2.0"})),
        with(&id_claims(), &json!({"tid": CLIENT})),
        with(&id_claims(), &json!({"ver": "1.0"})),
        with(&id_claims(), &json!({"hasgroups": true})),
        with(&id_claims(), &json!({"roles": "Admin"})),
        with(&id_claims(), &json!({"acct": 1})),
        with(&id_claims(), &json!({"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"})),
        with(&id_claims(), &json!({"xms_cc": ["cp1"]})),
        with(&id_claims(), &json!({"cnf": {"kid": "x"}, "xms_mirid": "/subscriptions/x"})),
        with(&id_claims(), &json!({"iss": "https://idp.example/realms/shop"})),
        with(&id_claims(), &json!({"name": "a\u{1b}\u{202e}"})),
        with(&id_claims(), &json!({"pad": "x".repeat(9000)})),
        access.clone(),
        with(&access, &json!({"scp": null, "idtyp": "app"})),
        with(&access, &json!({"ver": "1.0", "iss": format!("https://sts.windows.net/{TENANT}/")})),
    ];
    texts.extend(claims.iter().map(|claims| sign(&header(), claims)));
    texts
}

#[test]
fn every_id_of_the_table_is_produced_and_no_other() {
    let table: BTreeMap<&str, &str> =
        TABLE.split(',').map(|entry| entry.trim().split_once(' ').expect("id and severity")).collect();
    let mut produced = BTreeMap::new();
    let mut note = |decoded: &Decoded| {
        assert_eq!(decoded.findings.len(), decoded.places.len());
        for finding in &decoded.findings {
            assert_ne!(finding.severity, Severity::Passed);
            produced.insert(finding.id, finding.severity.name());
        }
    };
    for text in texts() {
        for decoded in decode_all(&text) {
            note(&decoded.at(UnixTime::from_seconds(ISSUED + 9000)));
        }
    }
    let missing: Vec<_> = table.iter().filter(|(id, _)| !produced.contains_key(*id)).collect();
    assert!(missing.is_empty(), "nothing produces {missing:?}");
    assert_eq!(produced, table);
}

/// The catalogue in the code holds the table and nothing else: an id that is no longer used would stay documented.
#[test]
fn the_catalogue_is_the_table() {
    let source = include_str!("../catalogue.rs");
    let constants = source.split("pub(super) const ").skip(1);
    let ids: BTreeSet<&str> = constants.map(|constant| constant.split('"').nth(1).unwrap()).collect();
    let table: BTreeSet<&str> =
        TABLE.split(',').map(|entry| entry.trim().split_once(' ').unwrap().0).collect();
    assert_eq!(ids, table);
}

#[test]
fn what_the_first_and_the_all_say_agrees() {
    for text in texts() {
        let all = decode_all(&text);
        let first = decode(&text);
        assert_eq!(first.raw.expose(), all[0].raw.expose());
        assert_eq!(Value::from(first.claims.clone()), Value::from(all[0].claims.clone()));
        assert_eq!(first.findings, all[0].findings, "{text}");
    }
}
