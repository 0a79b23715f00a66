//! The rules: one small [`Check`] for one cause. It compares what the evidence holds, and speaks or is silent.
//!
//! A check names where it looked, what was there and what should have been ([`Found::certain`], [`Found::likely`]), or
//! rules its cause out ([`Found::excluded`]). It says *certain* only when its comparison leaves no other cause open. What
//! it found out on the way goes into the prose by [`Found::with`]: `{slots}` in title, explanation, and fixes.
//!
//! To add a cause: a table in `data/*.toml` (its prose), its key in the `causes` of every entry it can explain, a check in
//! the family it belongs to, and cases in `tests/explained/corpus` where it is named, and where it comes near and is not.

mod address;
mod api;
mod application;
mod approval;
mod assertion;
mod audience;
mod browser;
mod call;
mod called_api;
mod certificate;
mod claim;
mod client_assertion;
mod client_id;
mod client_secret;
mod cloud;
mod consent;
mod credential;
mod federated;
mod graph;
mod graph_call;
mod issuer;
mod library;
mod managed_identity;
mod message;
mod obo;
mod permission;
mod permission_name;
mod pkce;
mod placeholder;
mod platform;
mod policy;
mod redemption;
mod redirect_uri;
mod replication;
mod request;
mod resource;
mod response_type;
mod scope;
mod sender;
mod service;
mod session;
mod signing_key;
mod tenant;
mod thumbprint;
mod times;
mod token;
mod user;
mod user_flow;
mod validation;
mod wording;

use super::{
    Certainty, Evidence, EvidenceLine, elsewhere,
    entry::Entry,
    facts::Facts,
    reading::{UNKNOWN, plain},
};
use crate::{
    entra::registration::{Application, Platform},
    finding::Compared,
    time::UnixTime,
    token::{Decoded, decode},
    wire::{Headers, Params, Request},
};
use assertion::Presented;
use validation::Validation;

/// A rule about one cause: `None` where the evidence says nothing about it.
pub(super) type Check = fn(&Case<'_>) -> Option<Found>;

/// The families, each with the checks for its causes.
const FAMILIES: &[&[(&str, Check)]] = &[
    redirect_uri::CHECKS,
    platform::CHECKS,
    browser::CHECKS,
    response_type::CHECKS,
    redemption::CHECKS,
    session::CHECKS,
    client_id::CHECKS,
    application::CHECKS,
    replication::CHECKS,
    placeholder::CHECKS,
    credential::CHECKS,
    client_secret::CHECKS,
    certificate::CHECKS,
    client_assertion::CHECKS,
    federated::CHECKS,
    obo::CHECKS,
    cloud::CHECKS,
    assertion::CHECKS,
    scope::CHECKS,
    permission_name::CHECKS,
    resource::CHECKS,
    consent::CHECKS,
    approval::CHECKS,
    tenant::CHECKS,
    user::CHECKS,
    policy::CHECKS,
    pkce::CHECKS,
    request::CHECKS,
    call::CHECKS,
    token::CHECKS,
    audience::CHECKS,
    issuer::CHECKS,
    signing_key::CHECKS,
    permission::CHECKS,
    claim::CHECKS,
    managed_identity::CHECKS,
    library::CHECKS,
    service::CHECKS,
    user_flow::CHECKS,
];

/// What the check for a cause says.
pub(super) fn check(key: &str, case: &Case<'_>) -> Option<Found> {
    if case.code == Some(50012) && credential::is_other_kind(key, case) {
        return Found::excluded();
    }
    let mut all = FAMILIES.iter().copied().flatten();
    all.find(|(known, _)| *known == key).and_then(|(_, check)| check(case))
}

/// What a check says.
#[derive(Debug)]
pub(super) struct Found {
    /// How sure it is; `None` rules the cause out.
    pub certainty: Option<Certainty>,
    /// What it compared.
    pub evidence: Vec<EvidenceLine>,
    /// Values for slots of the prose.
    pub values: Vec<(&'static str, String)>,
}

#[expect(clippy::unnecessary_wraps, reason = "checks end with it")]
impl Found {
    /// The evidence leaves no other cause.
    pub fn certain(place: &str, sent: &str, expected: &str) -> Option<Self> {
        Some(Self::new(Certainty::Certain, place, sent, expected))
    }

    /// It fits best.
    pub fn likely(place: &str, sent: &str, expected: &str) -> Option<Self> {
        Some(Self::new(Certainty::Likely, place, sent, expected))
    }

    /// It is not this one: the evidence speaks against it.
    pub const fn excluded() -> Option<Self> {
        Some(Self { certainty: None, evidence: Vec::new(), values: Vec::new() })
    }

    /// One comparison, as sure as said.
    pub fn new(certainty: Certainty, place: &str, sent: &str, expected: &str) -> Self {
        let evidence = vec![EvidenceLine::new(place, sent, expected)];
        Self { certainty: Some(certainty), evidence, values: Vec::new() }
    }

    /// One more comparison.
    pub fn and(mut self, place: &str, sent: &str, expected: &str) -> Self {
        self.evidence.push(EvidenceLine::new(place, sent, expected));
        self
    }

    /// What it is about, for the end of the title.
    pub fn about(self, what: &str) -> Self {
        let which = if what.is_empty() { String::new() } else { format!(": {what}") };
        self.with("which", which)
    }

    /// A value for a slot of the prose; see `slots`.
    pub fn with(mut self, slot: &'static str, value: impl Into<String>) -> Self {
        self.values.push((slot, value.into()));
        self
    }
}

/// What checks look at.
pub(super) struct Case<'a> {
    /// The AADSTS number that is explained.
    pub code: Option<u32>,
    /// All there is.
    pub evidence: &'a Evidence,
    /// What was read from it, by slot name.
    pub facts: &'a Facts,
    /// The parameters of the request, query and form together.
    pub params: Params,
    /// Those of the request before it.
    pub previous: Params,
    /// The JWTs of the request.
    pub presented: Presented,
    /// The token of the failing call: pasted, or behind `Bearer`.
    pub token: Option<Decoded>,
    /// What the refusal or the pasted text says, in lower case.
    pub message: String,
    /// Whether the authority is another provider's.
    pub is_elsewhere: bool,
    validation: std::cell::OnceCell<Validation>,
    /// The sentence about the number as it was written, freed of what wraps it: see `message`.
    pub sentence: String,
}

impl<'a> Case<'a> {
    pub fn new(entry: &Entry, evidence: &'a Evidence, facts: &'a Facts) -> Self {
        let request = evidence.request.as_ref();
        let params = request.map(all_params).unwrap_or_default();
        let presented = request.map(|request| Presented::read(request, &params)).unwrap_or_default();
        let given = evidence.token.as_deref().map(decode);
        // Where the API says that a permission is missing, the token was good: what a text says of one is another failure.
        let is_about_rights = matches!(
            entry.error,
            "Authorization_RequestDenied"
                | "ErrorAccessDenied"
                | "AuthorizationFailed"
                | "insufficient_scope"
        );
        let validation = std::cell::OnceCell::new();
        if is_about_rights {
            validation.get_or_init(|| Validation::about_rights(evidence));
        }
        let told = evidence.refusal.as_ref().and_then(|refusal| refusal.description.as_deref());
        let words = told.or(evidence.text.as_deref()).unwrap_or_default();
        let pasted = evidence.text.as_deref().filter(|text| Some(*text) != told);
        let message = [told, pasted].into_iter().flatten().collect::<Vec<_>>().join("\n");
        let message = plain::words(&message).to_ascii_lowercase();
        Self {
            code: entry.code,
            is_elsewhere: elsewhere::provider(evidence, entry, facts.place).is_some(),
            evidence,
            facts,
            params,
            previous: evidence.previous_request.as_ref().map(all_params).unwrap_or_default(),
            token: given
                .or_else(|| presented.bearer.clone())
                .or_else(|| validation::token_in(evidence.text.as_deref()?)),
            presented,
            message,
            validation,
            sentence: message::plain(words, entry.code),
        }
    }

    /// The same case, where what a validator complained about is not what the entry is about.
    pub fn without_complaint(entry: &Entry, evidence: &'a Evidence, facts: &'a Facts) -> Option<Self> {
        let case = Self::new(entry, evidence, facts);
        case.validation().complaint?;
        let validation = std::cell::OnceCell::from(Validation::without_complaint(evidence));
        Some(Self { validation, ..case })
    }

    /// What a validator of tokens said.
    pub fn validation(&self) -> &Validation {
        self.validation.get_or_init(|| Validation::read(self.evidence))
    }

    /// A parameter of the request; empty ones count as absent, and so do those whose value is not told.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).filter(|value| !value.is_empty() && !value.contains(UNKNOWN))
    }

    /// Whether a parameter was sent from a variable that the evidence does not tell.
    pub fn is_untold(&self, name: &str) -> bool {
        self.params.get(name).is_some_and(|value| value.contains(UNKNOWN))
    }

    /// A parameter of the request before; empty ones count as absent.
    pub fn previous_param(&self, name: &str) -> Option<&str> {
        self.previous.get(name).filter(|value| !value.is_empty() && !value.contains(UNKNOWN))
    }

    /// `grant_type` of the request.
    pub fn grant(&self) -> Option<&str> {
        self.param("grant_type")
    }

    /// The scopes that were asked, as they may stand in evidence.
    pub fn scope(&self) -> Option<&str> {
        self.facts.get("scope")
    }

    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.evidence.request.as_ref()?.headers.get(name)
    }

    /// Whether the headers of the request are known: a request that was taken from an address bar has none.
    pub fn has_headers(&self) -> bool {
        self.evidence.request.as_ref().is_some_and(|request| request.headers != Headers::new())
    }

    /// The registration at hand, unless it is plainly another application's than the one that asks.
    pub fn app(&self) -> Option<&'a Application> {
        let app = self.evidence.registration.as_ref()?;
        let differs = app
            .app_id
            .as_deref()
            .zip(self.facts.get("client_id"))
            .is_some_and(|(own, asked)| !own.eq_ignore_ascii_case(asked));
        (!differs).then_some(app)
    }

    /// The platforms under which that redirect URI is registered, if the registration is known; see `address` for what
    /// Entra takes as equal.
    pub fn platforms_of(&self, redirect_uri: &str) -> Option<Vec<Platform>> {
        let all = self.app()?.all_redirect_uris();
        let mut found: Vec<_> =
            all.filter(|(_, uri)| address::same(redirect_uri, uri)).map(|(platform, _)| platform).collect();
        found.dedup();
        Some(found)
    }

    /// Whether the path of the request ends so, as in `/token`.
    pub fn request_ends_with(&self, end: &str) -> bool {
        self.evidence
            .request
            .as_ref()
            .is_some_and(|request| request.url.path().trim_end_matches('/').ends_with(end))
    }

    /// What the refusal says and what was pasted, as it is written; the refusal first.
    pub fn told(&self) -> impl Iterator<Item = &'a str> {
        let refusal = self.evidence.refusal.as_ref().and_then(|refusal| refusal.description.as_deref());
        refusal.into_iter().chain(self.evidence.text.as_deref())
    }

    /// What the lab tenant's rule compared, if one of these rules fired. The lab knows which rule it was, so it is certain.
    pub fn by_rule(&self, rules: &[&str]) -> Option<Found> {
        self.evidence.rule.as_ref().filter(|(rule, _)| rules.contains(&rule.as_str()))?;
        let evidence = self.evidence.compared.iter().map(EvidenceLine::of).collect();
        Some(Found { certainty: Some(Certainty::Certain), evidence, values: Vec::new() })
    }

    /// What the message of the refusal says makes it likely.
    pub fn said(&self, words: &[&str]) -> Option<Found> {
        let found = words.iter().find(|word| self.says(&[word]))?;
        Found::likely("the message", &format!("says “{found}”"), "")
    }

    /// Whether the message of the refusal, or the text that was pasted, holds one of these words (in lower case).
    pub fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.message.contains(word))
    }

    /// By how many seconds this machine's clock was ahead of another, which showed `there` when the answer came; negative
    /// if it was behind. `None` where the clocks are not known: a text that was pasted is older than the present, and one
    /// from more than a day away is no measure at all.
    pub fn clock_offset(&self, there: UnixTime) -> Option<i64> {
        const DAY: i64 = 26 * 60 * 60; // clocks may differ by a whole day of time zones
        let offset = self.evidence.now?.seconds() - there.seconds();
        let is_measured = !self.evidence.is_asked_later || offset < 0;
        (is_measured && offset.abs() <= DAY).then_some(offset)
    }

    /// What the lab tenant compared under this name.
    pub fn compared(&self, what: &str) -> Option<&'a Compared> {
        self.evidence.compared.iter().find(|compared| compared.what == what)
    }
}

/// Query and form together. A body without a content type is read as a form if it looks like one: people paste requests
/// without their headers.
fn all_params(request: &Request) -> Params {
    let mut params = request.query();
    let mut form = request.form();
    let body = request.body.text();
    let looks_like_form = body.contains('=') && !body.trim_start().starts_with(['{', '[', '<']);
    if form.0.is_empty() && looks_like_form && request.headers.get("content-type").is_none() {
        form = Params::parse(body.trim());
    }
    params.0.extend(form.0);
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_belongs_to_a_cause_with_prose() {
        let mut seen = std::collections::BTreeSet::new();
        for (key, _) in FAMILIES.iter().copied().flatten() {
            assert!(super::super::entry::reason(key).is_some(), "{key}");
            assert!(seen.insert(key), "{key} has two checks, and the second is never asked");
        }
    }
}
