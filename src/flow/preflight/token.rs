//! What all requests to the token endpoint have in common: the client's proof, and a scope that names one API.

use std::collections::BTreeSet;

use url::Url;

use super::{Report, any, api_of, header, is_oidc, words};
use crate::{
    finding::Finding,
    flow::{Credential, Draft, Platform, Profile},
    text::visible,
};

/// Looks at a token request; `required` names what its grant cannot do without, besides `grant_type` and the client.
pub(super) fn request(draft: &Draft, required: &[&str]) -> Vec<Finding> {
    let mut names = vec!["grant_type"];
    // A client that proves itself in a header names itself there.
    if header(draft, "authorization").is_none() {
        names.push("client_id");
    }
    names.extend(required);
    any(draft, &names)
}

/// The value of a parameter, if it is sent and not empty.
pub(super) fn sent<'a>(draft: &'a Draft, name: &str) -> Option<&'a str> {
    draft.value(name).filter(|value| !value.is_empty())
}

/// The names under which a client can prove itself that are sent.
fn proofs(draft: &Draft) -> Vec<&'static str> {
    let in_form =
        ["client_secret", "client_assertion"].into_iter().filter(|name| sent(draft, name).is_some());
    in_form.chain(header(draft, "authorization").map(|_| "authorization")).collect()
}

impl Report {
    /// The client's proof, where nothing but the kind of application decides whether there must be one.
    pub(super) fn secret(&mut self, profile: &Profile, draft: &Draft) {
        let proofs = proofs(draft);
        match (profile.platform, proofs.is_empty()) {
            (Platform::Spa | Platform::Native, false) => self.warn(
                "secret.public_client",
                "RFC 6749 §2.1",
                "An application that people install or load cannot keep a secret; Entra refuses one from it.",
            ),
            (Platform::Web, true) => {
                let why = match profile.credential {
                    Credential::None => "the profile holds none",
                    Credential::Secret(_) | Credential::PrivateKey(_) | Credential::Federated(_) => {
                        "it was taken out"
                    }
                };
                let title =
                    format!("A web application has to prove itself, and nothing is sent for that: {why}.");
                self.warn("secret.missing", "RFC 6749 §3.2.1", title);
            }
            (Platform::Spa | Platform::Native, true) | (Platform::Web, false) => {}
        }
        self.one_proof(draft);
    }

    /// The client's proof in a grant that cannot do without.
    pub(super) fn must_prove(&mut self, draft: &Draft) {
        if proofs(draft).is_empty() {
            self.warn(
                "secret.missing",
                "RFC 6749 §4.4",
                "Without a credential nobody can tell that it is this application that asks.",
            );
        }
        self.one_proof(draft);
    }

    fn one_proof(&mut self, draft: &Draft) {
        let proofs = proofs(draft);
        if proofs.len() > 1 {
            let title = format!("The client proves itself in {} ways: one is allowed.", proofs.len());
            self.warn("secret.several", "RFC 6749 §2.3", title);
        }
        if sent(draft, "client_assertion").is_some() != sent(draft, "client_assertion_type").is_some() {
            self.warn(
                "assertion.incomplete",
                "RFC 7523 §2.2",
                "client_assertion and client_assertion_type belong together, and one of them is not sent.",
            );
        }
    }

    /// The scope as Entra reads it at its token endpoint.
    pub(super) fn scope(&mut self, profile: &Profile, draft: &Draft) {
        if !profile.authority.is_entra() {
            return;
        }
        if sent(draft, "resource").is_some() {
            self.warn(
                "resource.v1",
                "Entra",
                "resource belongs to the v1.0 endpoints; here the API's name stands in the scope.",
            );
        }
        let scope = draft.value("scope").unwrap_or_default();
        let named: Vec<_> = words(scope).filter(|word| !is_oidc(word)).collect();
        let apis: BTreeSet<_> = named.iter().map(|word| api_of(word)).collect();
        let is_default = |word: &&&str| word.ends_with("/.default");
        if named.len() > 1 && named.iter().any(|word| is_default(&word)) {
            self.warn(
                "scope.default_mixed",
                "Entra",
                "/.default stands for everything that is agreed to and cannot be mixed with named permissions.",
            );
        } else if apis.len() > 1 {
            self.warn(
                "scope.several_apis",
                "Entra",
                "The scope names several APIs, and one token is for one of them.",
            );
        }
        self.permissions(&named);
    }

    /// Each permission of a scope by itself: how v1.0 asks, and slashes.
    pub(super) fn permissions(&mut self, named: &[&str]) {
        for word in named {
            let bare = word.strip_suffix('/').unwrap_or(word);
            if Url::parse(bare).is_ok_and(|url| url.has_host() && matches!(url.path(), "" | "/")) {
                let title = format!(
                    "{} names an API and no permission: that is how v1.0 asks. Add /.default.",
                    visible(word)
                );
                self.warn("scope.v1_resource", "Entra", title);
            } else if word.ends_with("//.default") {
                let title = format!(
                    "{} has two slashes: right only where the API's own name ends in one, and the token's aud will too.",
                    visible(word)
                );
                self.info("scope.double_slash", "Entra", title);
            }
        }
    }

    /// Whether a refresh token can come.
    pub(super) fn offline_access(&mut self, draft: &Draft) {
        let asks = words(draft.value("scope").unwrap_or_default()).any(|word| word == "offline_access");
        if !asks {
            self.info(
                "scope.no_offline_access",
                "OpenID Connect Core §11",
                "Without offline_access in the scope no refresh token need come: the person signs in again each time.",
            );
        }
    }
}
