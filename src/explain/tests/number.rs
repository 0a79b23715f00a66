//! What is told of a number, a word or a text alone.

use super::*;

#[test]
fn a_number_alone_is_enough() {
    for text in ["50011", " AADSTS50011 ", "aadsts50011", "InvalidReplyTo", "error 50011 (page)"] {
        let explanation = from_text(text, NOW);
        assert_eq!(explanation.code, Some(50011), "{text}");
        assert_eq!(
            explanation.causes[0].id, "undetermined",
            "a number alone does not tell one URI from another"
        );
        let title = &explanation.causes[0].title;
        assert!(title.contains("the request") && title.contains("the registration"), "{title}");
        assert!(explanation.causes.len() > 5);
        assert!(explanation.causes[1..].iter().all(|cause| cause.certainty == Certainty::Possible));
    }
}

#[test]
fn what_is_unknown_is_said_and_says_what_to_look_at() {
    let check = |text: &str, code: Option<u32>, title: &str| {
        let explanation = from_text(text, NOW);
        assert_eq!((explanation.code, explanation.title.as_str()), (code, title), "{text}");
        assert_eq!(explanation.causes[0].id, "undetermined");
        assert!(!explanation.causes[0].fixes.is_empty());
    };
    check("AADSTS999999", Some(999_999), "AADSTS999999 is not in the table");
    check("50012", Some(50012), "Client authentication failed");
    check("hello", None, "No error found in this text");
    check("", None, "No error found in this text");
    check("{\"error\":\"strange_thing\"}", None, "An OAuth error without a number");
}

#[test]
fn plain_errors_are_explained_without_a_number() {
    let explanation = from_text("http://localhost/cb?error=access_denied&error_subcode=cancel&state=x", NOW);
    assert_eq!(explanation.error.as_deref(), Some("access_denied"));
    assert_eq!(explanation.causes[0].id, "user.cancelled");
}

#[test]
fn what_apis_say_is_found_in_a_pasted_text() {
    let check = |text: &str, error: &str| {
        assert_eq!(from_text(text, NOW).error.as_deref(), Some(error), "{text}");
    };
    check(r#"{"error":{"code":"InvalidAuthenticationToken","message":"x"}}"#, "InvalidAuthenticationToken");
    check(
        "WWW-Authenticate: Bearer realm=\"\", error=\"insufficient_claims\", claims=\"e30=\"",
        "insufficient_claims",
    );
    check(
        "Code: Authorization_RequestDenied Message: Insufficient privileges",
        "Authorization_RequestDenied",
    );
    check("InvalidAuthenticationToken", "InvalidAuthenticationToken");
    check("403", "http_403");
    check(" HTTP 429 ", "http_429");
    assert_eq!(from_text("299", NOW).error, None);
}

#[test]
fn a_clock_that_is_behind_is_noticed() {
    let text = "{\"error_codes\":[70008],\"timestamp\":\"2026-03-04 10:15:27Z\"}";
    assert_eq!(from_text(text, NOW).causes[0].id, "clock.skew");
    let text = "{\"error_codes\":[70008],\"timestamp\":\"2020-03-04 10:15:27Z\"}";
    let old = from_text(text, NOW);
    let is_named = |cause: &Cause| cause.id == "clock.skew" && cause.certainty != Certainty::Possible;
    assert!(!old.causes.iter().any(is_named), "an old message says nothing about the clock");
}
