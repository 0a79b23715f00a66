//! What can be said about a request before it is sent. Nothing here forbids anything: people bend requests to see what
//! happens, and the findings only say what to expect.

use std::collections::BTreeSet;

use url::{Host, Url};

use super::{Credential, Draft, Pkce, Place, Platform, Profile};
use crate::{
    finding::{Finding, Severity},
    oauth::pkce,
    secret::Secret,
    text::visible,
    wire::Method,
};

/// Looks at a draft of any step; `required` names the parameters that its endpoint cannot do without.
pub(super) fn any(draft: &Draft, required: &[&str]) -> Vec<Finding> {
    let mut report = Report::default();
    report.sendable(draft);
    report.transport(draft);
    for name in required {
        if draft.value(name).is_none_or(str::is_empty) {
            report.warn(
                "parameter.missing",
                "RFC 6749",
                format!("{name} is required here, and is not sent."),
            );
        }
    }
    let sent: Vec<_> =
        draft.fields.iter().filter(|field| !field.removed && field.place != Place::Header).collect();
    for (index, field) in sent.iter().enumerate() {
        let earlier = sent[..index].iter().filter(|other| other.name == field.name).count();
        if earlier == 1 {
            let title =
                format!("{} is sent more than once; the authority may refuse that.", visible(&field.name));
            report.warn("parameter.repeated", "RFC 6749 §3.1", title);
        }
        if field.place == Place::Form && draft.method == Method::Get {
            let title = format!("{} belongs to a form, and a GET request has none.", visible(&field.name));
            report.warn("parameter.misplaced", "RFC 9110 §9.3.1", title);
        }
    }
    report.0
}

/// Looks at the authorization request. `listener` is the address at which answers are caught, if any is.
pub(super) fn authorize(profile: &Profile, draft: &Draft, listener: Option<&Url>) -> Vec<Finding> {
    let mut report = Report(any(draft, &["client_id", "response_type", "redirect_uri", "scope"]));
    if draft.value("state").is_none_or(str::is_empty) {
        report.warn(
            "state.not_sent",
            "RFC 6749 §10.12",
            "Without state nobody can tell whether the answer belongs to this request.",
        );
    }
    let has_openid = draft.value("scope").is_some_and(|scope| words(scope).any(|word| word == "openid"));
    if !has_openid {
        report.info(
            "scope.no_openid",
            "OpenID Connect Core §3.1.2.1",
            "Without openid in the scope no ID token comes, and nobody learns who signed in.",
        );
    } else if draft.value("nonce").is_none_or(str::is_empty) {
        report.info(
            "nonce.not_sent",
            "OpenID Connect Core §15.5.2",
            "Without a nonce a replayed ID token cannot be told from a fresh one.",
        );
    }
    if draft.value("response_type").is_some_and(|kind| kind != "code") {
        report.warn(
            "response_type.not_code",
            "RFC 6749 §4.1.1",
            "This flow waits for a code; another response type brings something else back.",
        );
    }
    report.challenge(profile, draft);
    report.listener(draft, listener);
    for field in draft.fields.iter().filter(|field| field.place == Place::Header && !field.removed) {
        let title =
            format!("The browser makes this request: header {} does not travel.", visible(&field.name));
        report.warn("header.not_sent", "RFC 6749 §4.1.1", title);
    }
    report.0
}

/// Looks at the redemption of a code, given the authorization request that was sent.
pub(super) fn redeem(profile: &Profile, draft: &Draft, authorize: &Draft) -> Vec<Finding> {
    let mut report = Report(any(draft, &["grant_type", "client_id", "code"]));
    report.secret(profile, draft);
    if profile.authority.is_entra() {
        match (profile.platform, draft.value("origin")) {
            (Platform::Spa, None) => report.warn(
                "origin.missing",
                "Entra",
                "Entra redeems the code of a single-page application only with an Origin header.",
            ),
            (Platform::Web | Platform::Native, Some(_)) => report.warn(
                "origin.unexpected",
                "Entra",
                "Entra takes an Origin header for a browser, and accepts that from single-page applications only.",
            ),
            _ => {}
        }
    }
    report.apis(profile, draft, authorize);
    let sent = authorize.value("redirect_uri");
    if draft.value("redirect_uri") != sent {
        report.warn(
            "redirect_uri.differs",
            "RFC 6749 §4.1.3",
            "redirect_uri is not the one that the authorization request carried.",
        );
    }
    let verifier = draft.value("code_verifier").filter(|verifier| !verifier.is_empty());
    match (authorize.value("code_challenge"), verifier) {
        (None, Some(_)) => report.info(
            "pkce.no_challenge",
            "RFC 7636 §4.5",
            "A verifier is sent, but the authorization request carried no challenge.",
        ),
        (Some(_), None) => report.warn(
            "pkce.no_verifier",
            "RFC 7636 §4.5",
            "The authorization request carried a challenge, and no verifier is sent.",
        ),
        (Some(challenge), Some(verifier)) => {
            // Left out, the method is plain (RFC 7636 §4.3).
            let method = match authorize.value("code_challenge_method") {
                Some("S256") => pkce::Method::S256,
                _ => pkce::Method::Plain,
            };
            if pkce::challenge(method, &Secret::new(verifier)) != challenge {
                report.warn(
                    "pkce.mismatch",
                    "RFC 7636 §4.6",
                    "The verifier does not give the challenge that was sent.",
                );
            } else if let Some(flaw) = pkce::flaw(verifier) {
                report.warn("pkce.form", "RFC 7636 §4.1", format!("The verifier's form is wrong: {flaw}."));
            }
        }
        (None, None) => {}
    }
    report.0
}

/// Looks at a client-credentials request.
pub(super) fn client_credentials(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(any(draft, &["grant_type", "client_id", "scope"]));
    if draft.value("client_secret").is_none_or(str::is_empty) {
        report.warn(
            "secret.missing",
            "RFC 6749 §4.4",
            "Without a credential nobody can tell that it is this application that asks.",
        );
    }
    if profile.authority.is_entra() {
        let scope = draft.value("scope").unwrap_or_default();
        let apis: Vec<_> = words(scope).filter(|word| !is_oidc(word)).collect();
        if !matches!(apis[..], [one] if one.ends_with("/.default")) {
            report.warn(
                "scope.not_default",
                "Entra",
                "Entra gives application permissions as a whole: the scope must be one API's name and /.default.",
            );
        }
        if is_shared_tenant(&draft.endpoint.value) {
            report.warn(
                "tenant.shared",
                "Entra",
                "An application signs in to one tenant: common, organizations and consumers name none.",
            );
        }
    }
    report.0
}

/// Looks at a request for device and user code.
pub(super) fn device_authorization(draft: &Draft) -> Vec<Finding> {
    any(draft, &["client_id", "scope"])
}

/// Looks at the poll.
pub(super) fn poll(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(any(draft, &["grant_type", "client_id", "device_code"]));
    if profile.platform != Platform::Web {
        report.secret(profile, draft);
    }
    report.0
}

#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn warn(&mut self, id: &'static str, source: &'static str, title: impl Into<String>) {
        self.0.push(Finding { id, severity: Severity::Warning, title: title.into(), source });
    }

    fn info(&mut self, id: &'static str, source: &'static str, title: impl Into<String>) {
        self.0.push(Finding { id, severity: Severity::Info, title: title.into(), source });
    }

    fn sendable(&mut self, draft: &Draft) {
        let title = if draft.endpoint.value.is_empty() {
            "There is no address to send this to: the metadata names none. Type one, or give up.".to_owned()
        } else {
            match draft.request() {
                Ok(_) => return,
                Err(failure) => format!("{}.", visible(&failure.to_string())),
            }
        };
        self.0.push(Finding { id: "request.unsendable", severity: Severity::Error, title, source: "" });
    }

    fn transport(&mut self, draft: &Draft) {
        if let Ok(url) = Url::parse(&draft.endpoint.value)
            && url.scheme() == "http"
            && !is_loopback(&url)
        {
            self.warn(
                "transport.plain",
                "RFC 6749 §3.1, §3.2",
                "The address begins with http: everybody on the way can read and change this request.",
            );
        }
    }

    fn challenge(&mut self, profile: &Profile, draft: &Draft) {
        let is_spa = profile.platform == Platform::Spa && profile.authority.is_entra();
        let challenge = draft.value("code_challenge").filter(|challenge| !challenge.is_empty());
        match (challenge, draft.value("code_challenge_method")) {
            (None, _) if is_spa => self.warn(
                "pkce.none",
                "Entra",
                "Without a challenge Entra refuses a single-page application.",
            ),
            (None, _) => self.warn(
                "pkce.none",
                "RFC 9700 §2.1.1",
                "Without a challenge whoever catches the code can redeem it, or have you redeem theirs.",
            ),
            (Some(_), Some("S256")) => {
                if profile.pkce != Pkce::None && challenge.is_some_and(|one| one.len() != 43) {
                    self.warn("pkce.form", "RFC 7636 §4.2", "An S256 challenge has 43 characters.");
                }
            }
            (Some(_), None | Some("plain")) => self.warn(
                "pkce.plain",
                "RFC 7636 §7.2",
                "With plain the challenge is the verifier: whoever reads this request can redeem the code.",
            ),
            (Some(_), Some(_)) => {
                self.warn("pkce.method", "RFC 7636 §4.3", "code_challenge_method is neither S256 nor plain.");
            }
        }
    }

    fn listener(&mut self, draft: &Draft, listener: Option<&Url>) {
        let sent = draft.value("redirect_uri").and_then(|uri| Url::parse(uri).ok());
        if let (Some(sent), Some(listener)) = (sent, listener)
            && sent != *listener
        {
            let title = format!(
                "We listen at {listener}, and the answer goes to {sent}: it has to be pasted, or caught by the \
                 built-in user agent."
            );
            self.warn("redirect_uri.not_ours", "RFC 8252 §7.3", title);
        }
    }

    /// A code may be good for several APIs, a token is for one.
    fn apis(&mut self, profile: &Profile, draft: &Draft, authorize: &Draft) {
        fn apis(draft: &Draft) -> BTreeSet<&str> {
            words(draft.value("scope").unwrap_or_default())
                .filter(|word| !is_oidc(word))
                .map(api_of)
                .collect()
        }
        if !profile.authority.is_entra() {
            return;
        }
        if apis(draft).len() > 1 {
            self.warn(
                "scope.several_apis",
                "Entra",
                "The scope names several APIs, and one token is for one of them.",
            );
        } else if apis(authorize).len() > 1 {
            self.info(
                "scope.first_api",
                "Entra",
                "The sign-in asked for several APIs. This token is for the first; a refresh token gets the others.",
            );
        }
    }

    fn secret(&mut self, profile: &Profile, draft: &Draft) {
        let has_secret = draft.value("client_secret").is_some_and(|secret| !secret.is_empty());
        match (profile.platform, has_secret) {
            (Platform::Spa | Platform::Native, true) => self.warn(
                "secret.public_client",
                "RFC 6749 §2.1",
                "An application that people install or load cannot keep a secret; Entra refuses one from it.",
            ),
            (Platform::Web, false) => {
                let why = match profile.credential {
                    Credential::None => "the profile holds none",
                    Credential::Secret(_) => "it was taken out",
                    Credential::PrivateKey(_) | Credential::Federated(_) => return,
                };
                let title = format!("A web application has to prove itself, and no secret is sent: {why}.");
                self.warn("secret.missing", "RFC 6749 §3.2.1", title);
            }
            _ => {}
        }
    }
}

/// The words of a scope.
pub(super) fn words(scope: &str) -> impl Iterator<Item = &str> {
    scope.split(' ').filter(|word| !word.is_empty())
}

/// Whether a scope belongs to sign-in itself and not to an API.
pub(super) fn is_oidc(scope: &str) -> bool {
    ["openid", "profile", "email", "offline_access"].iter().any(|one| one.eq_ignore_ascii_case(scope))
}

/// The API that a scope belongs to; Entra takes a word without `/` for one of Microsoft Graph.
pub(super) fn api_of(scope: &str) -> &str {
    scope.rsplit_once('/').map_or("https://graph.microsoft.com", |(api, _)| api)
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_shared_tenant(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return false };
    let tenant = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    ["common", "organizations", "consumers"].iter().any(|shared| shared.eq_ignore_ascii_case(tenant))
}
