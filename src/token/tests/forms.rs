//! Every form in which people paste tokens, and where in it the fault or the wrapping is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    find, ids,
    signed::{encode, header, id_claims, id_token, sign, with},
};
use crate::token::{Decoded, Kind, Within, decode, decode_all};

/// A refresh token by its form.
fn refresh() -> String {
    format!("1.{}", "AXEAHpwqP1R7DkqaYVyOL3sdQ".repeat(8))
}

fn inputs(token: &Decoded) -> Vec<&'static str> {
    ids(token).into_iter().filter(|id| id.starts_with("input.")).collect()
}

/// The bytes that a finding points at, in the text or the token.
fn marked<'t>(decoded: &'t Decoded, text: &'t str, id: &str) -> &'t str {
    let index =
        decoded.findings.iter().position(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id}"));
    let place = decoded.place(index).unwrap_or_else(|| panic!("{id} has no place"));
    let bytes = place.bytes.clone().unwrap_or_else(|| panic!("{id} has no bytes"));
    if place.within == Within::Input { &text[bytes] } else { &decoded.raw.expose()[bytes] }
}

fn member(decoded: &Decoded, id: &str) -> (Within, String) {
    let index =
        decoded.findings.iter().position(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id}"));
    let place = decoded.place(index).unwrap_or_else(|| panic!("{id} has no place"));
    (place.within, place.member.clone().unwrap_or_else(|| panic!("{id} has no member")))
}

#[test]
fn logs_headers_and_command_lines_give_up_their_token() {
    let token = id_token();
    let parts: Vec<_> = token.split('.').collect();
    let check = |text: String, expected: &[&str]| {
        let decoded = decode(&text);
        assert_eq!(decoded.raw.expose(), token, "{text}");
        assert_eq!(inputs(&decoded), expected, "{text}");
        assert_eq!(decode_all(&text)[0].raw.expose(), token, "{text}");
    };
    check(format!("2026-03-04T09:15:27.123Z INFO access_token={token};scope=x"), &["input.assignment"]);
    check(format!("\u{1b}[2m09:15:27\u{1b}[0m token: \u{1b}[32m{token}\u{1b}[0m"), &["input.whitespace"]);
    check(
        format!(
            "\u{1b}[31m{}\u{1b}[0m.\u{1b}[35m{}\u{1b}[0m.\u{1b}[36m{}\u{1b}[0m",
            parts[0], parts[1], parts[2]
        ),
        &["input.whitespace"],
    );
    check(
        format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nAccept: */*\r\n\r\n"),
        &["input.whitespace", "input.bearer_prefix"],
    );
    check(format!("Cookie: session={token}; theme=dark"), &["input.assignment"]);
    check(format!("DPoP: {token}"), &["input.bearer_prefix"]);
    check(format!("Authorization: DPoP {token}"), &["input.bearer_prefix"]);
    check(format!("curl --oauth2-bearer {token} https://api.example/items"), &[]);
    check(
        format!("curl -d 'grant_type=x&client_assertion={token}&scope=y' https://login.example/token"),
        &["input.assignment"],
    );
    check(
        format!("https://a.example/?u=https%3A%2F%2Fb.example%2F%23id_token%3D{token}"),
        &["input.percent_encoded", "input.url"],
    );
    let twice = format!("https%253A%252F%252Fb.example%252F%2523id_token%253D{token}");
    check(twice, &["input.percent_encoded", "input.url"]);
    check(token.replace('.', "%252E"), &["input.percent_encoded"]);
    check(
        format!("<input type=\"hidden\" name=\"id_token\" value=\"{token}\"/>"),
        &["input.quotes", "input.assignment"],
    );
    check(format!("{{\"log\":\"{{\\\"id_token\\\":\\\"{token}\\\"}}\"}}"), &["input.json", "input.quotes"]);
    check(
        json!({"url": format!("https://x/#id_token%3D{token}")}).to_string(),
        &["input.json", "input.percent_encoded", "input.url"],
    );
    check(
        format!("# token\nexport TOKEN='{token}'\n"),
        &["input.whitespace", "input.quotes", "input.assignment"],
    );
}

#[test]
fn opaque_tokens_are_found_by_name_scheme_and_beginning() {
    let token = refresh();
    let check = |text: String| {
        let decoded = decode(&text);
        assert_eq!((decoded.kind, decoded.raw.expose()), (Kind::Opaque, token.as_str()), "{text}");
        find(&decoded.findings, "kind.entra_refresh_or_code");
        decoded
    };
    check(format!("curl -d refresh_token={token} -d client_id=x https://login.example/token"));
    check(format!("grant_type=refresh_token&refresh_token={token}&client_id=x"));
    check(format!("2026-03-04 09:15 the code was {token}."));
    check(format!("{{\"log\":[{{\"deep\":\"Bearer {token}\"}}]}}"));
    // The redirect of a sign-in: client_info begins like a header and is no token.
    let info = encode(
        r#"{"uid":"4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d","utid":"3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40"}"#,
    );
    let redirect =
        check(format!("http://localhost/?code={token}&client_info={info}&state=12345&session_state=x"));
    assert_eq!(redirect.name.as_deref(), Some("code"));
    assert_eq!(inputs(&redirect), ["input.url"]);
    check(json!({"client_info": info, "refresh_token": token}).to_string());
    let alone = decode(&info);
    assert!(find(&alone.findings, "jwt.truncated").title.contains("client_info"));
    // A session cookie looks like a refresh token and is none.
    assert_eq!(decode(&format!("Cookie: ESTSAUTHPERSISTENT={token}; x=y")).kind, Kind::NotAToken);
}

#[test]
fn a_whole_answer_gives_all_its_tokens() {
    let (access, id, refresh) =
        (sign(&header(), &with(&id_claims(), &json!({"scp": "a", "azp": "x"}))), id_token(), refresh());
    let answer = json!({"token_type": "Bearer", "expires_in": 3599, "refresh_token": refresh, "access_token": access, "id_token": id});
    let all = decode_all(&answer.to_string());
    let names: Vec<_> = all.iter().map(|token| token.name.as_deref().unwrap_or_default()).collect();
    assert_eq!(names, ["access_token", "id_token", "refresh_token"]);
    for (token, expected) in all.iter().zip([&access, &id, &refresh]) {
        assert_eq!(token.raw.expose(), expected);
        assert_eq!(member(token, "input.json"), (Within::Input, token.name.clone().unwrap()));
    }
    assert!(
        find(&all[2].findings, "input.several_tokens")
            .title
            .starts_with("3 tokens were found; this is number 3")
    );
    assert_eq!(decode(&answer.to_string()).raw.expose(), access);

    let log = format!("first {access}\nthen {refresh}\nand \"{id}\"");
    let all: Vec<_> = decode_all(&log).iter().map(|token| token.raw.expose().to_owned()).collect();
    assert_eq!(all, [access, id.clone(), refresh.clone()]);
    // The first one alone, also where more follow in other members.
    assert_eq!(
        decode(&json!({"a": id, "refresh_token": refresh, "c": "eyJhbGciOiJub25lIn0"}).to_string())
            .raw
            .expose(),
        id
    );
    let many = format!("{} ", id_token()).repeat(200);
    let all = decode_all(&many);
    assert_eq!(all.len(), crate::token::MOST_TOKENS);
    assert!(find(&all[0].findings, "input.several_tokens").title.starts_with("200 tokens"));
}

#[test]
fn detached_and_unencoded_payloads_are_read_for_what_they_are() {
    let token = id_token();
    let (head, rest) = token.split_once('.').unwrap();
    let signature = rest.split_once('.').unwrap().1;
    let detached = decode(&format!("{head}..{signature}"));
    assert!(find(&detached.findings, "jwt.payload_not_json").title.contains("travels apart"));
    // RFC 7797 §4.2: the payload of the example, which holds a dot, in JSON serialization.
    let b64 = encode(json!({"alg": "HS256", "b64": false, "crit": ["b64"]}).to_string());
    let unencoded = json!({"protected": b64, "payload": "$.02", "signature": encode([7; 32])}).to_string();
    let decoded = decode(&unencoded);
    assert_eq!((decoded.kind, decoded.header["b64"].clone()), (Kind::Jws, json!(false)));
    assert!(
        ids(&decoded).contains(&"jwt.json_serialization") && ids(&decoded).contains(&"jwt.payload_not_json")
    );
    assert!(!ids(&decoded).contains(&"jwt.extra_parts"));
    let claims =
        json!({"protected": b64, "payload": "{\"aud\":\"a.b\"}", "signature": encode([7; 32])}).to_string();
    assert_eq!(decode(&claims).claims["aud"], "a.b");
    assert_eq!(decode(decode(&claims).raw.expose()).claims["aud"], "a.b");
    let apart = decode(&format!("{b64}..{}", encode([7; 32])));
    assert!(find(&apart.findings, "jwt.payload_not_json").title.contains("b64 is false"));
    let two = json!({"payload": rest.split_once('.').unwrap().0, "signatures": [
        {"protected": head, "signature": signature}, {"protected": head, "signature": signature}]});
    assert!(
        find(&decode(&two.to_string()).findings, "jwt.json_serialization").title.contains("2 signatures")
    );
}

#[test]
fn a_token_inside_a_token_follows_it() {
    let inner = id_token();
    let outer = format!(
        "{}.{}.{}",
        encode(json!({"alg": "RS256", "kid": "k", "cty": "JWT"}).to_string()),
        encode(&inner),
        encode([7; 256])
    );
    let all = decode_all(&outer);
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].raw.expose(), all[1].raw.expose()), (outer.as_str(), inner.as_str()));
    assert_eq!(Value::from(all[1].claims.clone()), id_claims());
    assert_eq!(ids(&all[0]).iter().filter(|id| **id == "jwt.nested").count(), 1);
    assert!(!ids(&all[0]).contains(&"jwt.payload_not_json"));
    // Without end: followed a few steps only.
    let mut deep = inner;
    for _ in 0..10 {
        deep = format!("{}.{}.{}", encode("{\"alg\":\"none\"}"), encode(&deep), "");
    }
    assert_eq!(decode_all(&deep).len(), 4);
}

#[test]
fn saml_is_read_in_every_wrapping() {
    let xml = r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" Destination="https://app.example/acs"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://sts.windows.net/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/</saml:Issuer><saml:Assertion><saml:Conditions NotBefore="2026-03-04T09:05:27Z" NotOnOrAfter="2026-03-04T10:10:27Z"><saml:AudienceRestriction><saml:Audience>urn:app</saml:Audience></saml:AudienceRestriction></saml:Conditions></saml:Assertion></samlp:Response>"#;
    let base64 = STANDARD.encode(xml);
    let deflated = STANDARD.encode(miniz_oxide::deflate::compress_to_vec(xml.as_bytes(), 6));
    let percent = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let wrapped: Vec<_> =
        base64.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for text in [
        xml.to_owned(),
        format!("<?xml version=\"1.0\"?>\n{xml}"),
        base64.clone(),
        wrapped.join("\r\n"),
        deflated.clone(),
        format!("SAMLResponse={}&RelayState=x", percent(&base64)),
        format!("https://app.example/acs?SAMLResponse={}&SigAlg=y", percent(&deflated)),
        format!("<form><input type=\"hidden\" name=\"SAMLResponse\" value=\"{base64}\" /></form>"),
        json!({"SAMLResponse": base64}).to_string(),
    ] {
        let decoded = decode(&text);
        assert_eq!(decoded.kind, Kind::Saml, "{text}");
        assert_eq!(decoded.claims["Audience"], "urn:app", "{text}");
        assert_eq!(decoded.claims["NotOnOrAfter"], "2026-03-04T10:10:27Z", "{text}");
        find(&decoded.findings, "kind.saml");
    }
    let at = |seconds| {
        ids(&decode(xml).at(crate::time::UnixTime::from_seconds(seconds))).contains(&"time.expired")
    };
    assert!(!at(1_772_618_000) && at(1_772_620_000));
    assert_eq!(decode(xml).life().unwrap().whole().as_secs(), 3900);
}

#[test]
fn the_place_at_fault_is_marked() {
    let token = id_token();
    let parts: Vec<_> = token.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let check = |text: &str, id: &str, expected: &str| {
        assert_eq!(marked(&decode(text), text, id), expected, "{id} in {text}");
    };
    check(&format!("  Authorization: Bearer {token}"), "input.bearer_prefix", "Bearer");
    check(&format!("  Bearer bearer {token}"), "input.bearer_twice", "Bearer");
    check(&format!("x = '{token}'"), "input.quotes", "'");
    check(&format!("https://x/#id_token={token}"), "input.url", "id_token=");
    check(&format!("  {token}"), "input.whitespace", "  ");
    let at = format!("{head}.{}*{}.{signature}", &body[..20], &body[20..]);
    check(&at, "jwt.bad_base64", "*");
    check(&format!("{head}.{body}.{signature}.more"), "jwt.extra_parts", ".more");
    check(&format!("{head}.{body}==.{signature}"), "jwt.padding", "==");
    check(&format!("{head}.{body}."), "jwt.signature_missing", "");
    let json = format!("{head}.{}.{signature}", encode("{\"aud\":\n !}"));
    // The fault is the decoded byte 9, an exclamation mark; these are the characters that hold it.
    let place = marked(&decode(&json), &json, "jwt.payload_not_json").to_owned();
    let start = json.find(&format!(".{}", encode("{\"aud\":\n !}"))).unwrap() + 1 + 12;
    assert_eq!(place, json[start..start + 2]);
    let of = |changes: Value, id: &str| member(&decode(&sign(&header(), &with(&id_claims(), &changes))), id);
    assert_eq!(of(json!({"exp": "soon"}), "time.not_a_number"), (Within::Payload, "exp".to_owned()));
    assert_eq!(of(json!({"roles": 1}), "claims.wrong_type"), (Within::Payload, "roles".to_owned()));
    assert_eq!(of(json!({"a": {"b": "\u{202e}"}}), "text.bidi"), (Within::Payload, "a".to_owned()));
    let jku = decode(&sign(&with(&header(), &json!({"jku": "x"})), &id_claims()));
    assert_eq!(member(&jku, "jwt.embedded_key"), (Within::Header, "jku".to_owned()));
    assert_eq!(
        jku.findings_on(Within::Header, "jku").map(|finding| finding.id).collect::<Vec<_>>(),
        ["jwt.embedded_key"]
    );
    let object = jku.to_json();
    let found =
        object["findings"].as_array().unwrap().iter().find(|one| one["id"] == "jwt.embedded_key").unwrap();
    assert_eq!(found["at"], json!({"part": "header", "member": "jku"}));
    let expired = decode(&token).at(crate::time::UnixTime::from_seconds(4_000_000_000));
    assert_eq!(member(&expired, "time.expired"), (Within::Payload, "exp".to_owned()));
}

#[test]
fn places_never_leave_the_text() {
    let token = id_token();
    for text in [
        format!("\u{feff}\u{1b}[1mBearer\u{a0}{token}\u{1b}[0m é"),
        format!("é\u{202e}Bearer é=\"{}é{token}\"é", &token[..50]),
        format!("{}.é.{}", &token[..40], &token[..30]),
        format!("{}.{}.x", encode([0xff, b'{', 0xc3]), encode("{\"é\":\u{1f600}")),
    ] {
        for decoded in decode_all(&text) {
            for place in decoded.places.iter().flatten() {
                let Some(bytes) = place.bytes.clone() else { continue };
                let whole = if place.within == Within::Input { text.as_str() } else { decoded.raw.expose() };
                assert!(whole.get(bytes.clone()).is_some(), "{place:?} in {text}");
            }
        }
    }
}
