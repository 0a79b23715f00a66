//! A finished exchange sent again with something changed: its request as a draft that can be bent.
//!
//! [`draft`] takes a request apart into the fields that the request editor knows; [`Draft::request`] puts them together
//! again. The pane that edits sends the result with [`User::Replay`](super::User::Replay), and
//! [`compare`](super::compare) sets the two answers side by side.

use crate::{
    flow::{Draft, Place},
    wire::{Params, Request},
};

/// The request as a draft. Names, values and their order are those that were sent; how they were escaped may differ.
pub fn draft(request: &Request) -> Draft {
    let mut address = request.url.clone();
    address.set_query(None);
    let form = request.form();
    let mut draft = Draft::new(request.method, address.as_str()).with_all(Place::Query, request.query());
    for (name, value) in request.headers.iter() {
        // The draft of a form names its kind itself.
        if form.is_empty() || name != "content-type" {
            draft = draft.with(Place::Header, name, value);
        }
    }
    if form.is_empty() && !request.body.is_empty() {
        return draft.with(Place::Body, "body", request.body.text());
    }
    let Params(pairs) = form;
    draft.with_all(Place::Form, Params(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, Headers, Method};

    #[test]
    fn a_request_taken_apart_and_put_together_says_the_same() {
        let form = Request {
            method: Method::Post,
            url: "https://login.example/t/token?dc=1&dc=2".parse().expect("a URL"),
            headers: Headers::new()
                .with("origin", "https://app.example")
                .with("content-type", "application/x-www-form-urlencoded"),
            body: Body::from("client_id=a%20b&scope=x+y&scope=z&empty=".to_owned()),
        };
        let json = Request {
            method: Method::Patch,
            url: "https://api.example/things/1".parse().expect("a URL"),
            headers: Headers::new()
                .with("authorization", "Bearer t")
                .with("content-type", "application/json"),
            body: Body::from("{\"a\": \"b=c&d\"}".to_owned()),
        };
        let get = Request::get("https://login.example/authorize?state=%C3%A4".parse().expect("a URL"));
        for request in [form, json, get] {
            let again = draft(&request).request().expect("it was sent once already");
            assert_eq!((again.method, again.url.path()), (request.method, request.url.path()));
            assert_eq!((again.query(), again.form()), (request.query(), request.form()));
            assert_eq!(again.headers, request.headers);
            if request.form().is_empty() {
                assert_eq!(again.body, request.body);
            }
            assert_eq!(draft(&request).changes(), 0, "nothing counts as changed yet");
        }
    }
}
