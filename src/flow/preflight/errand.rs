//! The two visits that bring no tokens: admin consent and logout.

use std::collections::BTreeSet;

use url::Url;

use super::{Report, any, api_of, is_oidc, is_shared_tenant, redirect_uri, words};
use crate::{
    finding::Finding,
    flow::{AdminConsentVersion, Draft, Place, Profile},
    secret::Secret,
    text::visible,
    token::{self, TokenKind},
};

/// Looks at the visit to the admin consent page. `listener` is the address at which answers are caught, if any is.
pub(in crate::flow) fn admin_consent(
    profile: &Profile,
    draft: &Draft,
    listener: Option<&Url>,
) -> Vec<Finding> {
    let is_v2 = profile.admin_consent == AdminConsentVersion::V2;
    let required: &[&str] =
        if is_v2 { &["client_id", "scope", "redirect_uri"] } else { &["client_id", "redirect_uri"] };
    let mut report = Report(any(draft, required));
    report.visit(draft);
    redirect_uri::judge(&mut report, profile, draft, listener);
    let scope = draft.value("scope").unwrap_or_default();
    if !is_v2 {
        if !scope.is_empty() {
            report.info(
                "consent.scope_ignored",
                "Entra",
                "Version 1 takes no scope: it is about all that is registered.",
            );
        }
        return report.0;
    }
    if is_shared_tenant(&draft.endpoint.value) {
        report.warn(
            "tenant.shared",
            "Entra",
            "Somebody agrees for one tenant: name it by id or domain. organizations takes the administrator's own; common \
             and consumers stand for none.",
        );
    }
    let apis: Vec<_> = words(scope).filter(|word| !is_oidc(word)).collect();
    let whole = apis.iter().filter(|word| word.ends_with("/.default")).count();
    if whole > 0 && whole < apis.len() {
        report.warn(
            "scope.default_mixed",
            "Entra",
            "`/.default` stands for everything that is registered and cannot stand beside single permissions.",
        );
    }
    if whole == 0 && !apis.is_empty() {
        report.info(
            "consent.delegated_only",
            "Entra",
            "Named scopes are delegated permissions. Application permissions are agreed to with the API's `/.default` only.",
        );
    }
    if apis.iter().map(|word| api_of(word)).collect::<BTreeSet<_>>().len() > 1 {
        report.info(
            "consent.several_apis",
            "Entra",
            "The scope names several APIs: one consent may cover them all.",
        );
    }
    report.0
}

/// Looks at the visit that ends the session.
pub(in crate::flow) fn logout(profile: &Profile, draft: &Draft, listener: Option<&Url>) -> Vec<Finding> {
    let mut report = Report(any(draft, &[]));
    let (source, parameter) = ("RP-Initiated Logout §2", "post_logout_redirect_uri");
    report.visit(draft);
    report.return_address(draft, parameter, listener);
    let value = |name: &str| draft.value(name).filter(|value| !value.is_empty());
    if value(parameter).is_none() {
        report.warn(
            "logout.no_return",
            source,
            "Nobody is sent back: the visit ends on a page of the authority. With a browser, end this run yourself then.",
        );
    } else {
        report.registered(profile, value(parameter));
    }
    match value("id_token_hint") {
        Some(hint) if kind(hint) != TokenKind::IdToken => report.warn(
            "logout.hint_kind",
            source,
            "The hint is no ID token. An access or refresh token has no business in an address.",
        ),
        Some(_) => {}
        None if value("logout_hint").is_none() => report.info(
            "logout.no_hint",
            source,
            "Without a hint the authority asks which account is meant, if there are several.",
        ),
        None => {}
    }
    if profile.authority.is_entra() && value("logout_hint").is_some_and(|hint| hint.contains('@')) {
        report.warn(
            "logout.hint_form",
            "Entra",
            "logout_hint takes the `login_hint` claim of the ID token, which is opaque; a user name is not matched.",
        );
    }
    report.0
}

fn kind(token: &str) -> TokenKind {
    token::kind_of(&token::decode(Secret::new(token).expose())).kind
}

impl Report {
    /// What both have in common with every address that a browser is sent to.
    fn visit(&mut self, draft: &Draft) {
        if draft.value("state").is_none_or(str::is_empty) {
            self.warn(
                "state.not_sent",
                "RFC 6749 §10.12",
                "Without state nobody can tell whether the answer belongs to this visit.",
            );
        }
        for field in draft.fields.iter().filter(|field| field.place == Place::Header && !field.removed) {
            let title =
                format!("The browser makes this request: header {} does not travel.", visible(&field.name));
            self.warn("header.not_sent", "RFC 6749 §4.1.1", title);
        }
    }

    /// Whether the authority will send anybody back to this address.
    fn registered(&mut self, profile: &Profile, address: Option<&str>) {
        let places =
            address.and_then(|uri| Url::parse(uri).ok()).map(|uri| redirect_uri::places(profile, &uri));
        let (is_known, is_registered) =
            (!profile.registered.is_empty(), places.is_some_and(|places| !places.is_empty()));
        if is_known && !is_registered {
            self.warn(
                "logout.registered",
                "Entra",
                "The registration does not hold this address: the person signs out and ends on a page of the authority.",
            );
        } else if !is_known {
            self.info(
                "logout.registered",
                "Entra",
                "The person is sent back only if this address is a registered redirect URI.",
            );
        }
    }

    fn return_address(&mut self, draft: &Draft, parameter: &str, listener: Option<&Url>) {
        let sent = draft.value(parameter).and_then(|uri| Url::parse(uri).ok());
        if let (Some(sent), Some(listener)) = (sent, listener)
            && sent != *listener
        {
            let title = format!(
                "We listen at {listener}, and the person comes back to {sent}: the address has to be pasted, or caught by \
                 the built-in user agent."
            );
            self.warn("redirect_uri.not_ours", "RFC 8252 §7.3", title);
        }
    }
}
