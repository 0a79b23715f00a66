//! The matcher for federated credentials: a token of another issuer (a CI job's, a pod's, a managed identity's) beside what a
//! registration trusts, with the part marked in which they differ, the number that Entra answers, and what to register.
//!
//! Entra compares `iss`, `sub` and `aud` with each entry letter for letter (reference §4.6). [`registered`] reads the entries
//! from whatever prints them, [`matching`] compares. The signature is not looked at: the issuer's keys are not here.

mod expression;
mod remedy;
mod subject;

pub use expression::{Checked, Expression, Letters};
pub use subject::{Subject, subject_of};

use serde_json::{Map, Value, json};

use super::{Decoded, Kind, known};
use crate::{
    finding::{Finding, Severity},
    text::visible,
    time::UnixTime,
};

/// An entry of a registration's `federatedIdentityCredentials`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Its name within the registration.
    pub name: String,
    /// Whom it trusts.
    pub issuer: String,
    /// About whom; empty where an expression takes its place.
    pub subject: String,
    /// For whom the token must be; Entra allows exactly one.
    pub audiences: Vec<String>,
    /// `claimsMatchingExpression` of a flexible credential: see [`Expression`].
    pub expression: Option<String>,
}

/// The three claims that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// `iss`.
    Issuer,
    /// `sub`.
    Subject,
    /// `aud`.
    Audience,
}

impl Member {
    /// The name of the claim.
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Subject => "sub",
            Self::Audience => "aud",
        }
    }

    /// The name of the member of a registration.
    pub const fn registered(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::Audience => "audiences",
        }
    }
}

/// A claim of the token beside what an entry has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Which.
    pub member: Member,
    /// What the token has; several audiences with blanks between.
    pub presented: String,
    /// What the entry has.
    pub registered: String,
    /// Whether they are the same.
    pub fits: bool,
    /// Both cut where they begin and end to differ.
    pub marked: Marked,
    /// What the difference is, in words; empty where they fit.
    pub why: Vec<String>,
}

/// Two texts cut into what they have in common at both ends, and the parts between that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The common beginning.
    pub before: String,
    /// What only the token has.
    pub presented: String,
    /// What only the entry has.
    pub registered: String,
    /// The common end.
    pub after: String,
}

/// An entry with its three comparisons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The entry.
    pub registered: Registered,
    /// Issuer, subject and audience.
    pub compared: [Compared; 3],
}

impl Candidate {
    /// Whether all three fit.
    pub fn fits(&self) -> bool {
        self.compared.iter().all(|one| one.fits)
    }
}

/// What comes of the comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    /// `iss` of the token.
    pub issuer: String,
    /// `sub` of the token.
    pub subject: String,
    /// `aud` of the token.
    pub audiences: Vec<String>,
    /// Whose token it is, by its issuer: `GitHub Actions`.
    pub platform: Option<&'static str>,
    /// What the subject says.
    pub about: Subject,
    /// Every entry, the nearest first.
    pub candidates: Vec<Candidate>,
    /// The AADSTS number of the refusal; `None` if an entry fits.
    pub refused: Option<u32>,
    /// The result in a sentence.
    pub headline: String,
    /// What else is noteworthy about the token, for this use.
    pub findings: Vec<Finding>,
    /// The command that would make it fit.
    pub command: Option<String>,
}

/// A token that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAssertion {
    /// No signed token.
    #[error("the token is no signed token that can be read ({0}); a federated credential needs one")]
    Form(&'static str),
    /// A claim is missing.
    #[error("the token has no {0}, which a federated credential is compared with")]
    Missing(&'static str),
}

/// Reads the entries from JSON: the list that `az ad app federated-credential list` prints, Graph's `{"value": […]}`, one
/// entry, an application with its `federatedIdentityCredentials`, or any document that holds such (as `authwright tenant show
/// --json` does). The error is a sentence.
pub fn registered(text: &str) -> Result<Vec<Registered>, String> {
    let document: Value = serde_json::from_str(text)
        .map_err(|why| format!("it is no JSON (line {}, column {})", why.line(), why.column()))?;
    let mut found = Vec::new();
    collect(&document, &mut found);
    let is_empty_list = match &document {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.iter().any(|(name, value)| {
            matches!(name.as_str(), "value" | "federatedIdentityCredentials" | "federated_credentials")
                && value.as_array().is_some_and(Vec::is_empty)
        }),
        _ => false,
    };
    if found.is_empty() && !is_empty_list {
        return Err("no federated credential is in it: an object with issuer and subject".to_owned());
    }
    Ok(found)
}

fn collect(value: &Value, found: &mut Vec<Registered>) {
    match value {
        Value::Object(members) => match entry(members) {
            Some(entry) => found.push(entry),
            None => members.values().for_each(|value| collect(value, found)),
        },
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn entry(members: &Map<String, Value>) -> Option<Registered> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let expression = members.get("claimsMatchingExpression").and_then(|expression| {
        expression.as_str().or_else(|| expression.get("value")?.as_str()).map(str::to_owned)
    });
    let subject = text("subject");
    if subject.is_none() && expression.is_none() {
        return None;
    }
    let audiences = members.get("audiences").or_else(|| members.get("audience"));
    let audiences = match audiences {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    Some(Registered {
        name: text("name").unwrap_or_default(),
        issuer: text("issuer")?,
        subject: subject.unwrap_or_default(),
        audiences,
        expression,
    })
}

/// Compares a token with the entries of a registration, as Entra does. `application` is what commands name it by.
pub fn matching(
    token: &Decoded,
    entries: &[Registered],
    application: &str,
    now: UnixTime,
) -> Result<Matching, NoAssertion> {
    if token.kind != Kind::Jws || token.claims.is_empty() {
        return Err(NoAssertion::Form(token.kind.title()));
    }
    let text = |name: &'static str| token.text(name).map(str::to_owned).ok_or(NoAssertion::Missing(name));
    let (issuer, subject) = (text("iss")?, text("sub")?);
    let audiences: Vec<String> = match token.claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    if audiences.is_empty() {
        return Err(NoAssertion::Missing("aud"));
    }
    let of_entra = known::is_entra(&token.claims);
    let mut candidates: Vec<_> =
        entries.iter().map(|entry| candidate(entry, token, &issuer, &subject, &audiences)).collect();
    candidates.sort_by_cached_key(|one| std::cmp::Reverse(nearness(one)));
    let refused = refusal(&candidates, of_entra, &token.claims);
    let headline = headline(refused, &candidates, [&issuer, &subject, &audiences.join(" ")]);
    let command = refused
        .and_then(|number| remedy::command(number, &candidates, &issuer, &subject, &audiences, application));
    Ok(Matching {
        platform: known::other_issuer(&issuer),
        about: subject_of(&issuer, &subject),
        findings: findings(token, &candidates, &audiences, of_entra, now),
        issuer,
        subject,
        audiences,
        candidates,
        refused,
        headline,
        command,
    })
}

fn candidate(
    entry: &Registered,
    token: &Decoded,
    issuer: &str,
    subject: &str,
    audiences: &[String],
) -> Candidate {
    let of_entra = known::is_entra(&token.claims);
    let audience = entry.audiences.first().map(String::as_str).unwrap_or_default();
    let presented = audiences.join(" ");
    // Entra's own tokens name the resource by its id where the request named its address.
    let is_entras = of_entra && audiences.iter().any(|one| one == EXCHANGE_ID) && is_exchange(audience);
    let audience_fits = audiences.iter().any(|one| one == audience) || is_entras;
    let expression = entry.expression.as_deref();
    Candidate {
        compared: [
            compared(Member::Issuer, issuer, &entry.issuer, issuer == entry.issuer, issuer_differs),
            match expression.filter(|_| entry.subject.is_empty()) {
                Some(expression) => flexible(expression, token, subject),
                None => compared(
                    Member::Subject,
                    subject,
                    &entry.subject,
                    subject == entry.subject,
                    |presented, registered| subject::differs(issuer, presented, registered),
                ),
            },
            compared(Member::Audience, &presented, audience, audience_fits, audience_differs),
        ],
        registered: entry.clone(),
    }
}

/// A token beside the expression of a flexible credential.
fn flexible(expression: &str, token: &Decoded, subject: &str) -> Compared {
    let terms = Expression::read(expression).map(|read| read.check(&token.claims, Letters::Exact));
    let why = match &terms {
        None => vec!["The expression of this flexible credential cannot be read.".to_owned()],
        Some(terms) => terms.iter().filter(|one| !one.fits).map(not_held).collect(),
    };
    Compared {
        member: Member::Subject,
        presented: subject.to_owned(),
        registered: expression.to_owned(),
        fits: why.is_empty(),
        marked: if why.is_empty() { Marked::same(subject) } else { Marked::default() },
        why,
    }
}

fn not_held(term: &Checked) -> String {
    match &term.presented {
        Some(sent) => format!(
            "{} is “{}”, and the expression wants: {}.",
            term.claim,
            visible(sent),
            visible(&term.expected)
        ),
        None => {
            format!("The token has no {}, and the expression wants: {}.", term.claim, visible(&term.expected))
        }
    }
}

/// The application id of the exchange, which Entra writes as the audience of its own tokens for it. The reference has the
/// address only (§11.3); the id is that of Microsoft's service principal `AzureADTokenExchange`, one for all.
const EXCHANGE_ID: &str = "fb60f99c-7a34-4190-8149-302f77469936";

/// Whether it is the audience that Entra proposes, in any cloud (reference §11.3).
fn is_exchange(audience: &str) -> bool {
    const CLOUDS: [&str; 5] = ["", "USGov", "China", "USNat", "USSec"];
    audience.strip_prefix("api://AzureADTokenExchange").is_some_and(|cloud| CLOUDS.contains(&cloud))
}

fn compared(
    member: Member,
    presented: &str,
    registered: &str,
    fits: bool,
    why: impl Fn(&str, &str) -> Vec<String>,
) -> Compared {
    Compared {
        member,
        presented: presented.to_owned(),
        registered: registered.to_owned(),
        fits,
        marked: if fits { Marked::same(presented) } else { Marked::of(presented, registered) },
        why: if fits { Vec::new() } else { why(presented, registered) },
    }
}

impl Marked {
    fn same(text: &str) -> Self {
        Self { before: text.to_owned(), ..Self::default() }
    }

    /// Cuts two texts at whole characters.
    pub fn of(presented: &str, registered: &str) -> Self {
        let common = |mut a: Box<dyn Iterator<Item = char> + '_>, b: Box<dyn Iterator<Item = char> + '_>| {
            b.take_while(|c| a.next() == Some(*c)).map(char::len_utf8).sum::<usize>()
        };
        let start = common(Box::new(presented.chars()), Box::new(registered.chars()));
        let (before, presented) = presented.split_at(start);
        let registered = &registered[start..];
        let end = common(Box::new(presented.chars().rev()), Box::new(registered.chars().rev()));
        let (presented, after) = presented.split_at(presented.len() - end);
        Self {
            before: before.to_owned(),
            presented: presented.to_owned(),
            registered: registered[..registered.len() - end].to_owned(),
            after: after.to_owned(),
        }
    }
}

/// Differences that have the same form in any text; `true` if one was found that explains all.
fn in_form(presented: &str, registered: &str, why: &mut Vec<String>) -> bool {
    let mut say = |text: &str| {
        why.push(text.to_owned());
        true
    };
    let has_odd = |text: &str| text.chars().any(|c| c.is_whitespace() || crate::text::is_unsafe(c));
    if registered.is_empty() {
        return say("The entry has nothing there.");
    }
    if presented.trim() == registered.trim() {
        return say("A blank stands before or behind the registered text.");
    }
    if has_odd(registered) && !has_odd(presented) {
        say("The registered text holds a blank or an invisible character.");
    }
    if presented.to_lowercase() == registered.to_lowercase() {
        return say("Only upper and lower case differ, and Entra compares letter for letter.");
    }
    if presented.trim_end_matches('/') == registered.trim_end_matches('/') {
        return say("Only the slash at the end differs, and Entra compares letter for letter.");
    }
    if registered.contains('*') {
        say("The registered text holds a *, and there are no wildcards: it is compared as it stands.");
    }
    if registered.contains(['<', '{']) && registered.contains(['>', '}']) {
        say("The registered text holds a placeholder that was never filled in.");
    }
    false
}

fn issuer_differs(presented: &str, registered: &str) -> Vec<String> {
    let mut why = Vec::new();
    if in_form(presented, registered, &mut why) {
        return why;
    }
    let segment = |text: &str| text.split('/').find(|part| known::is_guid(part)).map(str::to_ascii_lowercase);
    let scheme = |text: &str| text.split_once("://").map(|(scheme, _)| scheme.to_owned());
    if presented.contains(".well-known") || registered.contains(".well-known") {
        why.push(
            "One of them is the address of the metadata; the issuer is what stands before /.well-known."
                .to_owned(),
        );
    } else if scheme(registered).is_none() {
        why.push("The registered issuer is no address; it begins with https://.".to_owned());
    } else if known::issuer_host(presented) != known::issuer_host(registered) {
        let hosts = [presented, registered].map(|text| visible(known::issuer_host(text)).into_owned());
        let both = [presented, registered].map(|text| known::is_entra_host(known::issuer_host(text)));
        why.push(if both == [true, true] {
            format!(
                "The token is of version {}, the entry names the issuer of version {}.",
                version(presented),
                version(registered)
            )
        } else {
            format!("Two issuers: the token is of {}, the entry trusts {}.", hosts[0], hosts[1])
        });
    } else if segment(presented).is_some() && segment(presented) != segment(registered) {
        why.push("The same host with another tenant or organization.".to_owned());
    } else if scheme(presented) != scheme(registered) {
        why.push("One is http, the other https.".to_owned());
    } else {
        why.push("The same host, and another path.".to_owned());
    }
    why
}

/// The version of tokens that an issuer of Entra's stands for.
fn version(issuer: &str) -> &'static str {
    if issuer.trim_end_matches('/').ends_with("/v2.0") { "2.0" } else { "1.0" }
}

fn audience_differs(presented: &str, registered: &str) -> Vec<String> {
    let mut why = Vec::new();
    if in_form(presented, registered, &mut why) {
        return why;
    }
    if is_exchange(registered) {
        why.push(if is_exchange(presented) {
            "The audience of another cloud.".to_owned()
        } else {
            "The job asked for a token with another audience than the one that Entra proposes; most platforms take it as a parameter."
                .to_owned()
        });
    } else if is_exchange(presented) {
        why.push(
            "The token has the usual audience; the entry was registered with one of its own.".to_owned(),
        );
    } else {
        why.push(
            "Another audience: the job has to ask for the registered one, or the entry has to name this one."
                .to_owned(),
        );
    }
    why
}

/// How near an entry is: what fits counts most, then how much of subject and issuer is the same.
fn nearness(candidate: &Candidate) -> (bool, usize, usize) {
    let [issuer, subject, audience] = &candidate.compared;
    let fitting = [issuer, subject, audience].iter().filter(|one| one.fits).count();
    let common = |one: &Compared| one.marked.before.len() + one.marked.after.len();
    (issuer.fits, fitting, common(subject) + common(issuer))
}

/// The number that Entra answers: issuer, subject and audience are looked at in this order.
fn refusal(candidates: &[Candidate], of_entra: bool, claims: &Map<String, Value>) -> Option<u32> {
    if candidates.is_empty() {
        return Some(70_021);
    }
    let of_issuer: Vec<_> = candidates.iter().filter(|one| one.compared[0].fits).collect();
    if of_issuer.is_empty() {
        return Some(700_211);
    }
    if !of_issuer.iter().any(|one| one.compared[1].fits) {
        let is_case = |one: &&&Candidate| {
            one.compared[1].presented.to_lowercase() == one.compared[1].registered.to_lowercase()
        };
        return Some(match of_issuer.iter().find(is_case) {
            Some(_) => 7_002_138,
            None if of_entra => 7_002_137,
            None => 700_213,
        });
    }
    if !of_issuer.iter().any(|one| one.fits()) {
        return Some(700_212);
    }
    // Of Entra's own tokens only those of applications are taken.
    (of_entra && claims.contains_key("scp")).then_some(700_229)
}

fn headline(
    refused: Option<u32>,
    candidates: &[Candidate],
    [issuer, subject, audience]: [&str; 3],
) -> String {
    let name = |one: &Candidate| visible(&one.registered.name).into_owned();
    match refused {
        None => {
            let fitting = candidates.iter().find(|one| one.fits()).map(name).unwrap_or_default();
            format!(
                "It fits the federated credential \u{201c}{fitting}\u{201d}: issuer, subject and audience are the same."
            )
        }
        Some(70_021) => "AADSTS70021: the application has no federated credential.".to_owned(),
        Some(700_211) => {
            format!("AADSTS700211: no federated credential trusts the issuer {}.", visible(issuer))
        }
        Some(700_212) => {
            format!("AADSTS700212: issuer and subject fit, the audience {} does not.", visible(audience))
        }
        Some(700_229) => {
            "AADSTS700229: it stands for a person, and only an application's own token proves an application."
                .to_owned()
        }
        Some(7_002_138) => {
            format!("AADSTS7002138: the subject {} fits in all but upper and lower case.", visible(subject))
        }
        Some(7_002_137) => {
            "AADSTS7002137: the subject is not the object id of the identity that is trusted.".to_owned()
        }
        Some(number) => {
            format!(
                "AADSTS{number}: the issuer is trusted, and no entry of it has the subject {}.",
                visible(subject)
            )
        }
    }
}

/// What is noteworthy beside the comparison.
fn findings(
    token: &Decoded,
    candidates: &[Candidate],
    audiences: &[String],
    of_entra: bool,
    now: UnixTime,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say =
        |id, severity, title: String, source| findings.push(Finding { id, severity, title, source });
    let algorithm = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if algorithm != "RS256" {
        let title =
            format!("It is signed with {}; Entra takes RS256 only.", super::remarks::quote(algorithm));
        say("federation.algorithm", Severity::Error, title, "Entra workload identity federation");
    }
    match token.time("exp") {
        Some(end) if end <= now => {
            let title = format!("It ended {}: get a new one.", crate::time::relative(end, now));
            say("federation.expired", Severity::Error, title, "RFC 7523 §3");
        }
        Some(_) => {}
        None => {
            let title = "It has no exp, and Entra refuses assertions without an end.".to_owned();
            say("federation.expiry", Severity::Error, title, "RFC 7523 §3");
        }
    }
    if audiences.len() > 1 {
        let title = format!("It has {} audiences; one of them must be the registered one.", audiences.len());
        say("federation.audiences", Severity::Info, title, "RFC 7523 §3");
    }
    if of_entra && token.claims.contains_key("scp") {
        let title =
            "It stands for a person (scp); only an application's own token proves an application.".to_owned();
        say("federation.app_only", Severity::Error, title, "AADSTS700229");
    }
    for entry in candidates.iter().map(|one| &one.registered).filter(|entry| entry.audiences.len() != 1) {
        let title = format!(
            "The entry \u{201c}{}\u{201d} has {} audiences; Entra allows exactly one.",
            visible(&entry.name),
            entry.audiences.len()
        );
        say("federation.one_audience", Severity::Warning, title, "Graph federatedIdentityCredential");
    }
    findings
}

impl Matching {
    /// The object of `match --json`. Its texts are data from outside: whoever prints them to a terminal passes them through
    /// [`crate::text::visible_json`].
    pub fn to_json(&self) -> Value {
        let compared = |one: &Compared| {
            json!({
                "claim": one.member.claim(),
                "presented": one.presented,
                "registered": one.registered,
                "fits": one.fits,
                "differs": (!one.fits).then(|| json!({"presented": one.marked.presented, "registered": one.marked.registered})),
                "why": one.why,
            })
        };
        json!({
            "fits": self.refused.is_none(),
            "code": self.refused,
            "headline": self.headline,
            "issuer": self.issuer,
            "platform": self.platform,
            "subject": self.subject,
            "subject_says": self.about.to_string(),
            "audiences": self.audiences,
            "candidates": self.candidates.iter().map(|one| json!({
                "name": one.registered.name,
                "fits": one.fits(),
                "compared": one.compared.iter().map(compared).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(|finding| json!({
                "id": finding.id, "severity": finding.severity.name(), "title": finding.title,
            })).collect::<Vec<_>>(),
            "command": self.command,
        })
    }
}

#[cfg(test)]
mod tests;
