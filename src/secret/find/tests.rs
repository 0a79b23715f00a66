//! Tests of the module beside.

use super::*;

const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

/// The text with each find in brackets, behind its name.
fn marked(text: &str, found: &[Found]) -> String {
    replace(text, found, |found, value| {
        format!("[{}{} {value}]", found.name, if found.is_jwt { " jwt" } else { "" })
    })
}

#[test]
fn jwts_are_known_by_their_looks() {
    let check = |text: &str, expected: bool| assert_eq!(is_jwt(text), expected, "{text}");
    check(JWT, true);
    check("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", true);
    check("eyJhbGciOiJub25lIn0.eyJzdWIiOi", true);
    check("eyJhbGciOiJkaXIifQ..iv.text.tag", false);
    check("eyJhbGciOiJkaXIifQ.key.iv.text.tag", true);
    check("eyJ1aWQiOiIxIiwidXRpZCI6IjIifQ", false);
    check("eyJ.a.b", false);
    check("1.AXEAeyJ", false);
    check(&format!("{JWT} "), false);
}

#[test]
fn text_is_searched_for_what_is_known_to_be_secret() {
    let check = |text: &str, expected: &str| assert_eq!(marked(text, &in_text(text)), expected);
    check("nothing here: a=b, c: d; AADSTS50011: no", "nothing here: a=b, c: d; AADSTS50011: no");
    check(&format!("token {JWT}."), &format!("token [token jwt {JWT}]."));
    check(
        "http://x/cb?code=1.AX,(y)&state=s&new=%20#other=1",
        "http://x/cb?code=[code 1.AX,(y)]&state=s&new=[new %20]#other=[other 1]",
    );
    check("<a href='/x?state=s&amp;code=1'>", "<a href='/x?state=s&amp;code=[code 1']>");
    check(
        "grant_type=x&client%5Fsecret=y~z&scope=a+b",
        "grant_type=x&client%5Fsecret=[client_secret y~z]&scope=a+b",
    );
    check("code=&state=1", "code=&state=1");
    check(
        "{\"token_type\":\"Bearer\",\"access_token\" : \"a\\\"b\",\"x\":1}",
        "{\"token_type\":\"Bearer\",\"access_token\" : \"[access_token a\\\"b]\",\"x\":1}",
    );
    check(
        "\"{\\\"code\\\":\\\"abc\\\",\\\"state\\\":\\\"s\\\"}\"",
        "\"{\\\"code\\\":\\\"[code abc]\\\",\\\"state\\\":\\\"s\\\"}\"",
    );
    check("{\"refresh_token\":\"cut of", "{\"refresh_token\":\"[refresh_token cut of]");
    check("{\"password\":\"é\\", "{\"password\":\"[password é\\]");
    check(
        "{\"error_description\":\"client_secret=abc is wrong\"}",
        "{\"error_description\":\"client_secret=[client_secret abc] is wrong\"}",
    );
    check("Authorization: Bearer abc\nnext", "Authorization: [Authorization Bearer abc]\nnext");
    check("set password: hunter2 now", "set password: [password hunter2] now");
    check("client_secret='a b' x", "client_secret='[client_secret a b]' x");
    check(
        "sent Bearer abc123def and Basic authentication",
        "sent Bearer [bearer abc123def] and Basic authentication",
    );
    check("user_code=ABC and the code: 50011", "user_code=ABC and the code: 50011");
    check(&format!("state={JWT}"), &format!("state=[token jwt {JWT}]"));
}

#[test]
fn text_that_leaves_is_searched_for_long_runs_too() {
    let check = |text: &str, expected: &str| assert_eq!(marked(text, &anything(text)), expected);
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    check(verifier, &format!("[token {verifier}]"));
    check("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 stays", "id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 stays");
    check(
        "https://login.example/3f2504e0-4f89-11d3-9a0c-0305e82c3301/oauth2/v2.0/token",
        "https://login.example/3f2504e0-4f89-11d3-9a0c-0305e82c3301/oauth2/v2.0/token",
    );
    assert!(in_text(verifier).is_empty());
}

#[test]
fn headers_keep_what_explains_them() {
    let check = |name: &str, value: &str, expected: &str| {
        assert_eq!(marked(value, &in_header(name, value)), expected);
    };
    check("content-type", "text/html", "text/html");
    check("authorization", "Basic YTpi", "Basic [authorization YTpi]");
    check("Authorization", &format!("Bearer {JWT}"), &format!("Bearer [Authorization jwt {JWT}]"));
    check("authorization", "raw", "[authorization raw]");
    check("cookie", "a=1; b=x=y; c", "a=[a 1]; b=[b x=y]; [cookie c]");
    check("set-cookie", "s=abc; Path=/; HttpOnly", "s=[s abc]; Path=/; HttpOnly");
    check("set-cookie", "s=; Max-Age=0", "s=; Max-Age=0");
    check("location", "/cb?code=1&state=2", "/cb?code=[code 1]&state=2");
    check("x-new", "v", "[x-new v]");
}

#[test]
fn inputs_of_pages_are_found() {
    let check = |html: &str, expected: &str| assert_eq!(marked(html, &in_html(html)), expected);
    check(
        "<INPUT type=hidden name='code' value='a b'><input value=s name=state><input type=submit value=Go>",
        "<INPUT type=hidden name='code' value='[code a b]'><input value=s name=state><input type=submit value=Go>",
    );
    check("<input name=ctx value=\"x>y\"/><p>", "<input name=ctx value=\"[ctx x>y]\"/><p>");
    check(&format!("<input name=t value={JWT}>"), &format!("<input name=t value=[t jwt {JWT}]>"));
    check("<input name=a value='cut", "<input name=a value='[a cut]");
    check("<input value=1", "<input value=[ 1]");
    check("<inputs value=1><input ===é / = value='2'é>", "<inputs value=1><input ===é / = value='[ 2]'é>");
}

#[test]
fn documents_made_to_be_public_are_known() {
    let check = |json: &str, expected: bool| {
        assert_eq!(is_public_document(&serde_json::from_str(json).unwrap()), expected, "{json}");
    };
    check(r#"{"issuer":"i","authorization_endpoint":"a"}"#, true);
    check(r#"{"issuer":"i"}"#, false);
    check(r#"{"keys":[{"kty":"RSA","n":"x","e":"AQAB"}]}"#, true);
    check(r#"{"keys":[{"kty":"RSA","n":"x","e":"AQAB","d":"private"}]}"#, false);
    check(r#"{"keys":["x"]}"#, false);
    check(r#"{"access_token":"x"}"#, false);
    check("[]", false);
}

/// Whatever comes in, ranges are in order, in bounds and on character boundaries, and nothing takes more than a moment.
#[test]
fn hostile_text_is_searched_to_its_end() {
    let n = 50_000;
    for piece in [
        "\\\"",
        "\"a\":",
        "?",
        "&amp;",
        "a=",
        "'",
        "eyJhbGciOi.",
        "<input ",
        "<input a='",
        "é\\",
        "\"x\":\"é\\",
        "password:",
        "Bearer ",
        "&é=",
        "\"",
        "<input value",
        "cookie: ",
    ] {
        let text = piece.repeat(n);
        for found in
            [anything(&text), in_html(&text), in_header("cookie", &text), in_parameter("scope", &text)]
        {
            let shown = replace(&text, &found, |_, _| String::new());
            assert!(shown.len() <= text.len());
        }
    }
}

#[test]
fn an_everyday_name_hides_nothing_in_json_and_everything_elsewhere() {
    let id = "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d";
    let session = "s3cr3tSessionOfSomebody";
    assert_eq!(in_member("id", id), []);
    assert_eq!(in_member("name", "Mina"), []);
    assert_eq!(in_member("id", session).len(), 1);
    assert_eq!(in_text(&format!(r#"{{"id": "{id}", "name": "Mina"}}"#)), []);
    for text in [
        format!(r#"{{"id": "{session}"}}"#),
        format!(r#"{{"id": "{session}"#),
        format!("https://app.example/enter?id={session}"),
        format!("id={session}&name=x"),
    ] {
        let found = in_text(&text);
        assert!(found.iter().any(|found| &text[found.range.clone()] == session), "{text}: {found:?}");
    }
    for name in ["id", "name", "client"] {
        assert_eq!(in_parameter(name, id).len(), 1, "{name} in a form");
        assert_eq!(in_header(name, id).len(), 1, "{name} as a header");
        assert_eq!(in_header("cookie", &format!("{name}={id}")).len(), 1, "{name} as a cookie");
        assert_eq!(in_html(&format!("<input name={name} value={id}>")).len(), 1, "{name} on a page");
    }
}
