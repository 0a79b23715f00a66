//! The last step of every flow: fetch the keys, check what came.
//!
//! Two seats. The client sits before the ID token, and an error there means that nobody has signed in. The API sits
//! before the access token; we only look over its shoulder, so what is wrong there is told and ends nothing.

use super::{Draft, Effect, Fact, NamedBend, Outcome, StepId, course::Course};
use crate::{
    finding::{Finding, Severity},
    oauth::{TokenSet, Trouble, discovery::Metadata, jwks::KeySet},
    secret::Secret,
    text::visible,
    time::UnixTime,
    token::{
        checks::{self, Expected},
        decode,
    },
    wire::{Method, Response},
};

/// What the checks compare with.
#[derive(Clone, Debug)]
pub(super) struct Comparison<'a> {
    /// The provider.
    pub metadata: &'a Metadata,
    /// The client that asked, which must be the ID token's audience.
    pub client_id: &'a str,
    /// The nonce that was sent.
    pub nonce: Option<&'a str>,
}

/// The keys, or why there are none.
pub(super) type Keys = Result<KeySet, String>;

/// Why there are none where the metadata does not say where they are.
pub(super) const NO_ADDRESS: &str = "the metadata names no jwks_uri";

/// The request for the keys, if the metadata says where they are.
pub(super) fn draft(metadata: &Metadata, bends: &[NamedBend]) -> Option<Draft> {
    let address = metadata.jwks_uri.as_ref()?;
    Some(Draft::new(Method::Get, address.as_str()).bent(StepId::Validate, bends))
}

/// Reads the keys. Whatever is wrong with them is a finding about the tokens that came, and no end of its own.
pub(super) fn read_keys(response: &Response) -> Keys {
    KeySet::read(response).map_err(|trouble| match trouble {
        Trouble::Refused(refusal) => format!("the authority refused with {}", visible(&refusal.error)),
        Trouble::Unreadable(failure) => failure.to_string(),
    })
}

/// Ends the run with what the checks say.
pub(super) fn finish(
    course: &mut Course,
    keys: &Keys,
    tokens: TokenSet,
    comparison: &Comparison<'_>,
    now: UnixTime,
) -> Vec<Effect> {
    let record = course.record_mut(StepId::Validate);
    let findings = judge(keys, &tokens, comparison, now);
    let first = findings.iter().find(|finding| finding.severity == Severity::Error);
    let reason = first.map(|finding| finding.title.clone());
    record.findings.extend(findings);
    if let Ok(keys) = keys {
        record.facts = facts(keys, comparison);
    }
    if let Some(reason) = reason {
        return course.finish(Outcome::Rejected { reason, tokens: Some(tokens) });
    }
    course.settle(StepId::Validate);
    course.finish(Outcome::Tokens(tokens))
}

fn facts(keys: &KeySet, comparison: &Comparison<'_>) -> Vec<Fact> {
    let names: Vec<_> = keys.keys.iter().map(|key| key.kid.as_deref().unwrap_or("(without name)")).collect();
    vec![
        Fact::open("keys", names.join(" "), Fact::meaning_of("keys")),
        Fact::open("iss", &comparison.metadata.issuer, "The issuer that tokens must name."),
        Fact::open("aud", comparison.client_id, "The audience that an ID token must name: this client."),
    ]
}

fn judge(keys: &Keys, tokens: &TokenSet, comparison: &Comparison<'_>, now: UnixTime) -> Vec<Finding> {
    let mut findings = Vec::new();
    let jwks = keys.as_ref().ok().map(|keys| keys.document.clone());
    if let Err(reason) = keys {
        findings.push(Finding {
            id: "keys.unavailable",
            // Without keys an ID token proves nothing; for an access token it is not us who must know.
            severity: if tokens.id_token.is_some() { Severity::Error } else { Severity::Warning },
            title: format!("No signature can be checked, for the keys did not come: {reason}."),
            source: "OpenID Connect Core §3.1.3.7",
        });
    }
    let issuer = Some(comparison.metadata.issuer.clone());
    if let Some(token) = &tokens.id_token {
        let expected = Expected {
            jwks: jwks.clone(),
            issuer: issuer.clone(),
            audience: Some(comparison.client_id.to_owned()),
            nonce: comparison.nonce.map(str::to_owned),
        };
        findings.extend(named("ID token", look_at(token, &expected, now)));
    }
    if let Some(token) = &tokens.access_token {
        let expected = Expected { jwks, issuer, audience: None, nonce: None };
        let mut of_the_api = look_at(token, &expected, now);
        for finding in &mut of_the_api {
            finding.severity = finding.severity.min(Severity::Warning);
        }
        findings.extend(named("Access token", of_the_api));
    }
    findings
}

fn look_at(token: &Secret, expected: &Expected, now: UnixTime) -> Vec<Finding> {
    checks::judge(&decode(token.expose()), expected, now)
}

fn named(token: &str, findings: Vec<Finding>) -> impl Iterator<Item = Finding> {
    findings.into_iter().map(move |finding| {
        let title = format!("{token}: {}", finding.title);
        Finding { title, ..finding }
    })
}
