//! The first step of every flow: read the metadata.

use super::{Authority, Draft, Fact, NamedBend, Outcome, Profile, StepId, course::Course};
use crate::{
    finding::{Finding, Severity},
    oauth::{Trouble, discovery::Metadata},
    token::speaks_for,
    wire::{Method, Response},
};

/// What the metadata's address ends in (OpenID Connect Discovery §4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The request for the metadata.
pub(super) fn draft(profile: &Profile, bends: &[NamedBend]) -> Draft {
    Draft::new(Method::Get, &profile.authority.metadata_url()).bent(StepId::Discover, bends)
}

/// Reads the metadata and settles the step, or says how the run ends.
pub(super) fn read(
    course: &mut Course,
    profile: &Profile,
    response: &Response,
) -> Result<Box<Metadata>, Box<Outcome>> {
    let metadata = Metadata::read(response)?;
    let asked = course.record(StepId::Discover).draft.as_ref().map(|draft| draft.endpoint.value.clone());
    let finding = issuer_finding(&metadata, &profile.authority, &asked.unwrap_or_default());
    let wrong = (finding.severity == Severity::Error).then(|| finding.title.clone());
    let record = course.record_mut(StepId::Discover);
    record.findings.push(finding);
    record.facts = facts(&metadata);
    if let Some(reason) = wrong {
        return Err(Box::new(Outcome::Rejected { reason, tokens: None }));
    }
    course.settle(StepId::Discover);
    Ok(Box::new(metadata))
}

impl From<Trouble> for Box<Outcome> {
    fn from(trouble: Trouble) -> Self {
        Self::new(match trouble {
            Trouble::Refused(refusal) => Outcome::Refused(*refusal),
            Trouble::Unreadable(failure) => Outcome::Failed(failure),
        })
    }
}

fn facts(metadata: &Metadata) -> Vec<Fact> {
    let endpoints = [
        ("authorization_endpoint", &metadata.authorization_endpoint),
        ("token_endpoint", &metadata.token_endpoint),
        ("device_authorization_endpoint", &metadata.device_authorization_endpoint),
        ("jwks_uri", &metadata.jwks_uri),
    ];
    let named = endpoints
        .into_iter()
        .filter_map(|(name, url)| Some(Fact::open(name, url.as_ref()?, Fact::meaning_of(name))));
    let issuer = Fact::open("issuer", &metadata.issuer, Fact::meaning_of("issuer"));
    std::iter::once(issuer).chain(named).collect()
}

/// Entra answers under a tenant's name, an alias or an id, and always with the id in the issuer: there only the host can
/// be compared. Everywhere else the issuer must be the address that was asked.
fn issuer_finding(metadata: &Metadata, authority: &Authority, asked: &str) -> Finding {
    let source = "OpenID Connect Discovery §4.3";
    let issuer = crate::text::visible(&metadata.issuer).into_owned();
    let (severity, title) = match authority {
        Authority::Lab { base, .. } | Authority::Entra { base, .. } => {
            let host = base.host_str().unwrap_or_default();
            // Issuers of version 1 live on another host of Entra's.
            let is_same = url::Url::parse(&metadata.issuer.replace("{tenantid}", "tenant"))
                .is_ok_and(|url| url.host_str().is_some_and(|issuer| speaks_for(host, issuer)));
            if is_same {
                (Severity::Passed, format!("The issuer {issuer} is at {host}, where we asked."))
            } else {
                (Severity::Warning, format!("We asked {host}, and the issuer calls itself {issuer}."))
            }
        }
        Authority::Issuer(_) => {
            let expected = asked.strip_suffix(WELL_KNOWN).unwrap_or(asked);
            if metadata.issuer.trim_end_matches('/') == expected.trim_end_matches('/') {
                (Severity::Passed, format!("The issuer is the one we asked: {issuer}."))
            } else {
                (Severity::Error, format!("We asked {expected}, and the document is that of {issuer}."))
            }
        }
    };
    let id = if severity == Severity::Passed { "issuer.matches" } else { "issuer.mismatch" };
    Finding { id, severity, title, source }
}
