//! Tests of the module beside.

use super::*;

const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

fn plain(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::plain).collect()
}

fn check(content_type: &str, body: &str, kind: &str, expected: &[&str]) {
    let view =
        lines(Some(content_type).filter(|text| !text.is_empty()), &body.to_owned().into(), Reveal::Masked);
    assert_eq!(
        (view.kind, plain(&view.lines)),
        (kind, expected.iter().map(|line| (*line).to_owned()).collect()),
        "{body}"
    );
}

#[test]
fn json_is_indented_and_masked_by_name() {
    check(
        "application/json; charset=utf-8",
        r#"{"token_type":"Bearer","expires_in":3599,"access_token":"abc","new":{"scope":"a","x":["p","q"]},"e":{},"f":[ ]}"#,
        "JSON",
        &[
            "{",
            "  \"token_type\": \"Bearer\",",
            "  \"expires_in\": 3599,",
            "  \"access_token\": •••••••• (3 chars),",
            "  \"new\": {",
            "    \"scope\": \"a\",",
            "    \"x\": [",
            "      •••••••• (1 chars),",
            "      •••••••• (1 chars)",
            "    ]",
            "  },",
            "  \"e\": {},",
            "  \"f\": []",
            "}",
        ],
    );
    check(
        "text/plain",
        &format!(
            r#"{{"error_codes":[7,8],"state":"{JWT}","error_description":"a\r\nclient_secret=b \u003c","trace_id":""}}"#
        ),
        "JSON",
        &[
            "{",
            "  \"error_codes\": [",
            "    7,",
            "    8",
            "  ],",
            "  \"state\": •••••••• (49 chars),",
            "  \"error_description\": \"a␍␊client_secret=•••••••• (1 chars) <\",",
            "  \"trace_id\": \"\"",
            "}",
        ],
    );
    // Names are what they mean, members that come twice are both there, and numbers keep their digits.
    check(
        "application/problem+json",
        r#"{"acc\u0065ss_token":"x","scope":"1","scope":"2","interval":12345678901234567890123}"#,
        "JSON",
        &[
            "{",
            "  \"access_token\": •••••••• (1 chars),",
            "  \"scope\": \"1\",",
            "  \"scope\": \"2\",",
            "  \"interval\": 12345678901234567890123",
            "}",
        ],
    );
    check("application/json", "[1,null]", "JSON", &["[", "  1,", "  null", "]"]);
}

#[test]
fn documents_made_to_be_public_are_shown() {
    check(
        "application/json",
        r#"{"keys":[{"kty":"RSA","n":"modulus","kid":"k"}]}"#,
        "JSON",
        &[
            "{",
            "  \"keys\": [",
            "    {",
            "      \"kty\": \"RSA\",",
            "      \"n\": \"modulus\",",
            "      \"kid\": \"k\"",
            "    }",
            "  ]",
            "}",
        ],
    );
    check(
        "application/json",
        r#"{"issuer":"https://i","authorization_endpoint":"https://a","refresh_token":"no"}"#,
        "JSON",
        &[
            "{",
            "  \"issuer\": \"https://i\",",
            "  \"authorization_endpoint\": \"https://a\",",
            "  \"refresh_token\": •••••••• (2 chars)",
            "}",
        ],
    );
}

#[test]
fn what_was_cut_off_is_said_and_still_masked() {
    let body = Body::Cut { kept: b"{\"scope\":\"a\",\"access_token\":\"eyJhb\xc3".to_vec(), total: 1000 };
    let view = lines(Some("application/json"), &body, Reveal::Masked);
    assert_eq!(view.kind, "JSON");
    assert_eq!(
        plain(&view.lines),
        [
            "{",
            "  \"scope\": \"a\",",
            "  \"access_token\": •••••••• (5 chars)",
            "… cut here: 965 of 1000 bytes were not kept",
        ]
    );
    let body = Body::Cut { kept: b"{".to_vec(), total: 3 };
    assert_eq!(
        plain(&lines(None, &body, Reveal::Masked).lines),
        ["{", "… cut here: 2 of 3 bytes were not kept"]
    );
}

#[test]
fn forms_stand_in_columns() {
    check(
        "application/x-www-form-urlencoded",
        "grant_type=authorization_code&code=1.AX&scope=a+b",
        "form",
        &["grant_type  authorization_code", "code        •••••••• (4 chars)", "scope       a b"],
    );
    check(
        "",
        "client_id=1&client_secret=%C3%A9",
        "form",
        &["client_id      1", "client_secret  •••••••• (1 chars)"],
    );
    check("text/plain", "a=1 is text", "text", &["a=1 is text"]);
}

#[test]
fn pages_are_shown_as_source_without_what_they_hide() {
    check(
        "text/html",
        "<p>\tHello\r\n<input type=hidden name=code value='1.AX'>\n<input name=state value=s><a href=\"/?code=2\">",
        "HTML",
        &[
            "<p>    Hello",
            "<input type=hidden name=code value='•••••••• (4 chars)'>",
            "<input name=state value=s><a href=\"/?code=•••••••• (1 chars)\">",
        ],
    );
    check("", " <!DOCTYPE html>\n", "HTML", &[" <!DOCTYPE html>"]);
}

#[test]
fn other_bodies_have_their_viewers() {
    check("", "", "empty", &["no body"]);
    check("application/jwt", JWT, "JWT", &["•••••••• (49 chars)"]);
    check("text/plain", &format!("here: {JWT}\n\u{1b}[2J"), "text", &["here: •••••••• (49 chars)", "␛[2J"]);
    check("application/json", "{not json", "text", &["{not json"]);

    let shown = lines(None, &JWT.to_owned().into(), Reveal::Shown);
    assert_eq!(
        plain(&shown.lines),
        [
            "header",
            "{",
            "  \"alg\": \"RS256\"",
            "}",
            "payload",
            "{",
            "  \"sub\": \"1\"",
            "}",
            "signature",
            "c2lnbmF0dXJl",
        ]
    );

    let bytes: Vec<u8> = (0..=255).chain([0xff; 44]).collect();
    let view = lines(Some("image/png"), &Body::Whole(bytes), Reveal::Shown);
    let text = plain(&view.lines);
    assert_eq!((view.kind, text.len()), ("binary", 17));
    assert_eq!(text[4], "0040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f   @ABCDEFGHIJKLMNO");
    assert_eq!(text[16], "… and 44 bytes more");

    // Broken text that says it is text is searched for secrets all the same.
    let broken = Body::Whole(b"{\"access_token\":\"secret\",\"x\":\"\xff\"}".to_vec());
    let view = lines(Some("application/json"), &broken, Reveal::Masked);
    assert!(!plain(&view.lines).concat().contains("secret\""), "{view:?}");
}

#[test]
fn addresses_are_taken_apart() {
    let check = |address: &str, expected: &[&str]| {
        assert_eq!(plain(&url(&Url::parse(address).unwrap(), Reveal::Masked)), expected);
    };
    check("http://u:p@localhost:7080/cb", &["http://••••••••@localhost:7080/cb"]);
    check(
        "https://login.example/authorize?client_id=1&scope=a%20b&new=x#",
        &[
            "https://login.example/authorize",
            "? client_id  1",
            "& scope      a b",
            "& new        •••••••• (1 chars)",
        ],
    );
    check(
        "msal1://auth?x=#code=abc&state=s",
        &["msal1://auth", "? x      ", "# code   •••••••• (3 chars)", "& state  s"],
    );
    check(&format!("https://x.example/{JWT}/"), &["https://x.example/•••••••• (49 chars)/"]);
}

#[test]
fn header_lines_keep_their_form() {
    let lines = headers(
        &Headers::new()
            .with("Content-Type", "text/html")
            .with("authorization", "Bearer abc")
            .with("set-cookie", "s=abc; Path=/")
            .with("location", "/cb?code=1&state=\u{1b}"),
        Reveal::Masked,
    );
    assert_eq!(
        plain(&lines),
        [
            "content-type: text/html",
            "authorization: Bearer •••••••• (3 chars)",
            "set-cookie: s=•••••••• (3 chars); Path=/",
            "location: /cb?code=•••••••• (1 chars)&state=␛",
        ]
    );
}

/// Masked, no viewer lets any of these through; revealed, every viewer does.
#[test]
fn secrets_are_masked_everywhere_until_they_are_revealed() {
    let secrets = ["correct~horse", "1.AXEA-code", JWT];
    for secret in secrets {
        for (content_type, body) in [
            (
                "application/json",
                format!("{{\"a\":[{{\"password\":\"{secret}\"}}],\"id_token\":\"{secret}\"}}"),
            ),
            ("application/x-www-form-urlencoded", format!("client_secret={secret}&code={secret}")),
            ("text/html", format!("<input type=hidden name=t value={secret}><a href='?code={secret}'>")),
            ("text/plain", format!("password: {secret}, see /cb?code={secret}")),
            ("text/plain", format!("{{\"code\":\"{secret}\",")),
        ] {
            let body = Body::from(body);
            let (masked, shown) = (
                lines(Some(content_type), &body, Reveal::Masked),
                lines(Some(content_type), &body, Reveal::Shown),
            );
            assert!(!plain(&masked.lines).concat().contains(secret), "{content_type} {masked:?}");
            assert!(plain(&shown.lines).concat().contains(secret), "{content_type} {shown:?}");
        }
    }
}

#[test]
fn hostile_bodies_are_shown_to_the_end() {
    for piece in ["[", "{\"a\":", "\"", "\\", "a=&", "<input value='", "]", "{\"\":[", "\u{202e}\0", ",", "é"]
    {
        let text = piece.repeat(50_000);
        for content_type in ["application/json", "application/x-www-form-urlencoded", "text/html", ""] {
            let cut = Body::Cut { kept: text.clone().into_bytes(), total: u64::MAX };
            for body in [Body::from(text.clone()), cut] {
                assert!(!lines(Some(content_type), &body, Reveal::Masked).lines.is_empty());
            }
        }
    }
}
