//! Explanations end to end, by what they are made from.

mod call;
mod hostile;
mod lab;
mod number;
mod request;

use std::fmt::Write as _;

use serde_json::json;

use super::*;
use crate::{
    oauth::{Refusal, Surface},
    wire::{Body, Headers, Request},
};

const NOW: UnixTime = UnixTime::from_seconds(1_772_615_727);
const CLIENT: &str = "11111111-2222-3333-4444-555555555555";

fn token_request(form: &str) -> Request {
    let url =
        "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token".parse().expect("an address");
    Request {
        headers: Headers::new().with("content-type", "application/x-www-form-urlencoded"),
        body: Body::from(form.to_owned()),
        ..Request::get(url)
    }
}

fn refused(code: u32, form: &str) -> Explanation {
    explain(&Evidence {
        refusal: Some(Refusal { error_codes: vec![code], ..Refusal::default() }),
        request: Some(token_request(form)),
        ..Evidence::default()
    })
}

/// A token whose signature is of no matter here.
fn jwt(header: &serde_json::Value, claims: &serde_json::Value) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(header), part(claims))
}
