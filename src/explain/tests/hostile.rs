//! What holds whatever is pasted.

use super::*;

#[test]
fn nothing_that_was_pasted_as_a_credential_comes_out() {
    let secret = format!("Abc8Q~{}", "x".repeat(34));
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.sig", "e".repeat(80));
    let text = format!(
        "POST https://login.example/t/oauth2/v2.0/token\n\nclient_id={secret}&client_secret={secret}&code={token}&\
         redirect_uri=https%3A%2F%2Fa%2Fcb%3Fcode%3D{token}&scope={token}&username={token}\n\
         AADSTS50011: Redirect '{token}' for '{secret}' \u{1b}[31m\u{202e}"
    );
    for code in [50011, 700_016, 65001, 50034, 999_999] {
        let explanation = from_text(&text.replace("50011", &code.to_string()), NOW);
        let mut out = explanation.to_json().to_string();
        for line in explanation.lines() {
            writeln!(out, "{}", line.plain()).expect("a string takes all");
        }
        assert!(!out.contains(&secret) && !out.contains(&token), "{code}: {out}");
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{code}");
    }
}

#[test]
fn a_value_of_any_length_stays_short_on_the_screen() {
    let explanation = refused(70011, &format!("scope={}", "openid,profile ".repeat(10_000)));
    assert_eq!(explanation.causes[0].id, "scope.separator");
    assert!(explanation.to_json().to_string().len() < 20_000);
}

#[test]
fn a_megabyte_of_anything_is_explained() {
    let patterns = [
        "{\"",
        "{",
        "'a",
        "\"",
        "error=%25&",
        "client_id=x ",
        "http://",
        "AADSTS50011 '",
        "correlation id:",
        "a_b ",
    ];
    for pattern in patterns {
        let text = pattern.repeat(1_000_000 / pattern.len());
        assert!(!from_text(&text, NOW).causes.is_empty(), "{pattern}");
    }
}
