//! What requests name: parameters, headers, the address, and the token that a call was made with.

use url::Url;

use super::Facts;
use crate::{
    explain::{place::Place, reading::UNKNOWN},
    oauth::challenge,
    token,
    wire::{Headers, Params, Request, Response},
};

/// Parameters that are taken as they stand in a request or an answer.
const PARAMETERS: [(&str, &str); 8] = [
    ("client_id", "client_id"),
    ("redirect_uri", "redirect_uri"),
    ("scope", "scope"),
    ("resource", "resource"),
    ("username", "username"),
    ("login_hint", "username"),
    ("correlation_id", "correlation_id"),
    ("client-request-id", "correlation_id"),
];

impl Facts {
    pub(super) fn read_request(&mut self, request: &Request) {
        let (query, form) = (request.query(), request.form());
        let path = percent_encoding::percent_decode_str(request.url.path()).decode_utf8_lossy();
        let is_untold = |params: &Params| params.iter().any(|(_, value)| value.contains(UNKNOWN));
        self.is_from_program |= path.contains(UNKNOWN) || is_untold(&query) || is_untold(&form);
        self.read_params(&query);
        self.read_params(&form);
        self.read_headers(&request.headers);
        self.read_address(&request.url);
    }

    /// Client, tenant and API of a call: the token that was sent names them, and the challenge what would be enough.
    pub(super) fn read_call(&mut self, request: Option<&Request>, response: Option<&Response>) {
        let token = request.and_then(|request| request.headers.get("authorization"));
        let token = token.and_then(|value| value.split_once(' ')).map(|(_, token)| token::decode(token));
        if let Some(token) = token {
            self.read_token(&token);
        }
        for challenge in response.map(|response| challenge::read(&response.headers)).unwrap_or_default() {
            self.set("scope", challenge.get("scope").unwrap_or_default());
            if let Some(url) = challenge.get("authorization_uri").and_then(|uri| Url::parse(uri).ok()) {
                self.read_address(&url);
            }
        }
    }

    pub(super) fn read_token(&mut self, token: &token::Decoded) {
        let text = |name: &str| token.claims.get(name).and_then(serde_json::Value::as_str);
        for (slot, value) in
            [("client_id", text("azp").or(text("appid"))), ("tenant", text("tid")), ("resource", text("aud"))]
        {
            self.set(slot, value.unwrap_or_default());
        }
    }

    fn read_headers(&mut self, headers: &Headers) {
        if let Some(origin) = headers.get("origin") {
            self.set("origin", origin);
        }
        if let Some(id) = headers.get("client-request-id") {
            self.set("correlation_id", id);
        }
    }

    pub(super) fn read_params(&mut self, params: &Params) {
        for (parameter, slot) in PARAMETERS {
            if let Some(value) = params.get(parameter).filter(|value| !value.contains(UNKNOWN)) {
                self.set(slot, value);
            }
        }
    }

    /// Host and tenant, if the address is one of an authority's endpoints.
    pub(super) fn read_address(&mut self, url: &Url) {
        const ENDPOINTS: [&str; 7] =
            ["authorize", "token", "devicecode", "adminconsent", "logout", "openid-configuration", "keys"];
        if Place::of_machine(url) {
            return;
        }
        let segments: Vec<&str> = url.path_segments().into_iter().flatten().take(8).collect();
        let is_endpoint = segments.len() > 1 && segments.last().is_some_and(|last| ENDPOINTS.contains(last));
        if !is_endpoint || url.host_str().is_none() {
            return;
        }
        self.set("authority", &url.origin().ascii_serialization());
        if let Some(tenant) = segments.first() {
            let tenant = percent_encoding::percent_decode_str(tenant).decode_utf8_lossy();
            // Other providers have words of their path there.
            let is_word = [
                "oauth2", "oauth", "login", "connect", "as", "o", "realms", "auth", "adfs", "idp", "services",
            ]
            .contains(&tenant.as_ref())
                || segments.len() == 1;
            if !tenant.contains(UNKNOWN) && !is_word {
                self.set("tenant", &tenant);
            }
        }
    }
}
