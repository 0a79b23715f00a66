//! Tokens of other issuers in place of a secret: issuer, subject and audience beside the federated credentials of the
//! registration, which Entra compares letter for letter. A flexible credential has an expression in place of the subject.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{
    Case, Check, Found,
    assertion::{shown, text},
    wording,
};
use crate::{
    entra::registration::Federated,
    text::beginning,
    token::{
        Decoded, Kind, decode,
        federation::{self, Checked, Expression, Letters, Registered, subject_of},
    },
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("federated.none_configured", |case| found_for(case, "federated.none_configured")),
    ("federated.subject_case", |case| found_for(case, "federated.subject_case")),
    ("federated.subject_immutable", |case| found_for(case, "federated.subject_immutable")),
    ("federated.subject_mismatch", |case| found_for(case, "federated.subject_mismatch")),
    ("federated.subject_of_identity", |case| found_for(case, "federated.subject_of_identity")),
    ("federated.issuer_slash", |case| found_for(case, "federated.issuer_slash")),
    ("federated.issuer_mismatch", |case| found_for(case, "federated.issuer_mismatch")),
    ("federated.audience_mismatch", |case| found_for(case, "federated.audience_mismatch")),
    ("federated.key_unknown", |case| case.by_rule(&["federation.signature"])),
    ("federated.issuer_internal", |case| case.by_rule(&["federation.keys"])),
    ("federated.not_allowed", not_allowed),
];

/// What the outside token says, from the request or from the message.
#[derive(Default)]
struct Presented {
    issuer: Option<String>,
    subject: Option<String>,
    audience: Option<String>,
}

fn presented(case: &Case<'_>) -> Presented {
    if let Some(token) = client(case) {
        let of = |name: &str| Some(shown(token, name)).filter(|value| value != "(none)");
        return Presented { issuer: of("iss"), subject: of("sub"), audience: of("aud") };
    }
    let told = case.sentence.as_str();
    // The log of a build says what it sends before the error comes.
    let log = case.evidence.text.as_deref().unwrap_or_default();
    let log = beginning(log, 8000);
    let find = |words: &[&str], before: &[&str]| {
        wording::value_after(told, words).or_else(|| wording::value_after(log, before)).map(str::to_owned)
    };
    let subject = find(&["assertion subject", "subject"], &["subject claim"]).or_else(|| {
        let begins = ["repo:", "system:serviceaccount:", "project_path:", "sc://", "organization:"];
        let ends = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ',' | ';' | '<');
        let word = |word: &str| begins.iter().any(|begin| word.starts_with(begin));
        let found = told.split(ends).find(|part| word(part));
        found.map(|part| part.trim_end_matches('.').to_owned())
    });
    Presented {
        issuer: find(&["assertion issuer", "issuer"], &["issuer claim", "issuer -", "issuer:"]),
        subject,
        audience: find(&["assertion audience", "audience"], &["audience claim", "audience -", "audience:"]),
    }
}

fn client<'a>(case: &'a Case<'_>) -> Option<&'a Decoded> {
    case.presented.client.as_ref().filter(|token| token.kind == Kind::Jws)
}

fn found_for(case: &Case<'_>, key: &str) -> Option<Found> {
    let (found_key, found) = match &case.evidence.rule {
        Some((rule, _)) if rule.starts_with("federation.") => of_the_lab(case, rule)?,
        _ => compared(case)?,
    };
    (found_key == key).then_some(found)
}

/// What the lab tenant compared.
fn of_the_lab(case: &Case<'_>, rule: &str) -> Option<(&'static str, Found)> {
    let found = case.by_rule(&[rule])?;
    let (sent, expected) = case
        .evidence
        .compared
        .first()
        .map(|compared| (compared.sent.as_str(), compared.expected.as_slice()))
        .unwrap_or_default();
    let key = match rule {
        "federation.configured" => "federated.none_configured",
        "federation.issuer" => issuer_key(sent, expected.iter().map(String::as_str)),
        "federation.subject" if case.code == Some(7_002_137) => "federated.subject_of_identity",
        "federation.subject" => subject_key(sent, expected.iter().map(String::as_str)),
        "federation.audience" => "federated.audience_mismatch",
        _ => return None,
    };
    Some((key, found))
}

fn subject_key<'a>(sent: &str, mut expected: impl Iterator<Item = &'a str> + Clone) -> &'static str {
    let lower = sent.to_lowercase();
    if expected.clone().any(|one| one.to_lowercase() == lower) {
        return "federated.subject_case";
    }
    let bare = without_ids(&lower);
    let is_immutable = |one: &str| {
        let one = one.to_lowercase();
        without_ids(&one) == bare && (one.contains('@') || lower.contains('@'))
    };
    if expected.any(is_immutable) {
        return "federated.subject_immutable";
    }
    "federated.subject_mismatch"
}

/// A subject without the numbers that stand behind `@`.
fn without_ids(subject: &str) -> String {
    let mut out = String::with_capacity(subject.len());
    let mut pieces = subject.split('@');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// Whether a subject names owner and repository by numbers as well.
fn has_ids(subject: &str) -> bool {
    subject.match_indices('@').any(|(at, _)| subject[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
}

fn issuer_key<'a>(sent: &str, mut expected: impl Iterator<Item = &'a str>) -> &'static str {
    let bare = |issuer: &str| issuer.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let is_slash = expected.any(|one| bare(one) == bare(sent));
    if is_slash { "federated.issuer_slash" } else { "federated.issuer_mismatch" }
}

/// The claims beside the registration; without it, what the message alone says.
fn compared(case: &Case<'_>) -> Option<(&'static str, Found)> {
    let presented = presented(case);
    let Some(credentials) = case.app().and_then(|app| app.federated.as_ref()) else {
        return by_message(case, &presented);
    };
    if credentials.is_empty() {
        let sent = presented
            .subject
            .as_deref()
            .or(presented.issuer.as_deref())
            .unwrap_or("a token of another issuer");
        return Found::certain(
            "registration federatedIdentityCredentials",
            "empty",
            "a credential for this token",
        )
        .map(|found| found.and("sub of the token", sent, "the subject of a credential"))
        .map(|found| ("federated.none_configured", with_credential(found, None, &presented)));
    }
    let of_issuer: Vec<&Federated> = credentials
        .iter()
        .filter(|one| presented.issuer.as_ref().is_none_or(|sent| one.issuer == *sent))
        .collect();
    let nearest = nearest(credentials, &presented, case);
    if of_issuer.is_empty() {
        let sent = presented.issuer.as_deref()?;
        let key = issuer_key(sent, credentials.iter().map(|one| one.issuer.as_str()));
        let expected = each(credentials.iter().map(|one| (one.issuer.as_str(), one)));
        let found = Found::certain("iss of the token", sent, &expected)?;
        let near = nearest.filter(|_| key == "federated.issuer_slash");
        return Some((key, with_credential(found, near, &presented)));
    }
    let subject = presented.subject.as_deref();
    let claims = claims(case, &presented);
    let about: Vec<Option<bool>> = of_issuer.iter().map(|one| is_about(one, &claims)).collect();
    if subject.is_some() && !about.contains(&Some(true)) {
        // An expression about claims that are not at hand.
        if about.contains(&None) {
            return None;
        }
        return subject_differs(case, &presented, &of_issuer, nearest, &claims);
    }
    let audience = presented.audience.as_deref()?;
    let fits = |one: &&&Federated| subject.is_none() || is_about(one, &claims) == Some(true);
    let fitting: Vec<&Federated> = of_issuer.iter().filter(fits).copied().collect();
    let is_for =
        |one: &Federated| audience.split(' ').any(|sent| one.audiences.iter().any(|known| known == sent));
    if fitting.iter().any(|one| is_for(one)) || fitting.is_empty() || case.code == Some(7_002_137) {
        return None;
    }
    let expected =
        each(fitting.iter().flat_map(|one| one.audiences.iter().map(move |known| (known.as_str(), *one))));
    let found = Found::certain("aud of the token", audience, &expected)?;
    Some(("federated.audience_mismatch", with_credential(found, fitting.first().copied(), &presented)))
}

/// The subject beside the credentials of the same issuer, none of which has it.
fn subject_differs(
    case: &Case<'_>,
    presented: &Presented,
    of_issuer: &[&Federated],
    nearest: Option<&Federated>,
    claims: &Map<String, Value>,
) -> Option<(&'static str, Found)> {
    let sent = presented.subject.as_deref()?;
    let folds = |one: &&&Federated| {
        terms(one, claims, Letters::AnyCase).is_some_and(|all| all.iter().all(|one| one.fits))
    };
    let key = match case.code {
        Some(7_002_137) => "federated.subject_of_identity",
        _ if of_issuer.iter().any(|one| folds(&one)) => "federated.subject_case",
        _ => subject_key(sent, of_issuer.iter().map(|one| one.subject.as_str())),
    };
    let nearest = nearest
        .filter(|near| of_issuer.iter().any(|one| one.name == near.name))
        .or(of_issuer.first().copied())?;
    let mut ordered = of_issuer.to_vec();
    ordered.sort_by_key(|one| one.name != nearest.name);
    let expected = each(ordered.into_iter().map(|one| (trusted(one), one)));
    let mut found = Found::certain("sub of the token", sent, &expected)?;
    let failing = terms(nearest, claims, Letters::Exact).unwrap_or_default();
    for term in failing.into_iter().filter(|term| !term.fits && term.claim != "sub") {
        let place = format!("{} of the token", term.claim);
        found = found.and(&place, term.presented.as_deref().unwrap_or("absent"), &term.expected);
    }
    if nearest.expression.is_none() {
        let (issuer, other) = (nearest.issuer.as_str(), nearest.subject.as_str());
        let (about, expected) = (subject_of(issuer, sent).to_string(), subject_of(issuer, other).to_string());
        if about != expected {
            found = found.and("what the subjects stand for", &about, &expected);
        }
    }
    let slip = matches!(key, "federated.subject_case" | "federated.subject_of_identity");
    let near = Some(nearest).filter(|near| slip && near.expression.is_none());
    Some((key, with_credential(found, near, presented)))
}

/// What a credential has for the subject: one, or the expression in its place.
fn trusted(credential: &Federated) -> &str {
    credential.expression.as_deref().filter(|_| credential.subject.is_empty()).unwrap_or(&credential.subject)
}

/// The claims that are known: all where the token is at hand, else what the message tells.
fn claims(case: &Case<'_>, presented: &Presented) -> Map<String, Value> {
    if let Some(token) = client(case) {
        return token.claims.clone();
    }
    let told = [("iss", &presented.issuer), ("sub", &presented.subject), ("aud", &presented.audience)];
    let told = told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
    told.collect()
}

/// The terms of a flexible credential beside the claims; `None` where it has no expression, or one that cannot be read.
fn terms(credential: &Federated, claims: &Map<String, Value>, letters: Letters) -> Option<Vec<Checked>> {
    let expression = credential.expression.as_deref().filter(|_| credential.subject.is_empty())?;
    Some(Expression::read(expression)?.check(claims, letters))
}

/// Whether a credential is about this token; `None` where that cannot be said.
fn is_about(credential: &Federated, claims: &Map<String, Value>) -> Option<bool> {
    if !credential.subject.is_empty() {
        return Some(claims.get("sub").and_then(Value::as_str) == Some(credential.subject.as_str()));
    }
    let terms = terms(credential, claims, Letters::Exact)?;
    // A claim that a message does not tell may still be in the token.
    let is_whole = claims.keys().any(|name| !["iss", "sub", "aud"].contains(&name.as_str()));
    let differs = |term: &Checked| !term.fits && (is_whole || term.presented.is_some());
    if terms.iter().any(differs) {
        return Some(false);
    }
    terms.iter().all(|term| term.fits).then_some(true)
}

/// The name of a credential that the token fits in all three, as far as they are known.
pub(super) fn fitting<'a>(case: &Case<'a>) -> Option<&'a str> {
    let presented = presented(case);
    let claims = claims(case, &presented);
    let issuer = presented.issuer?;
    presented.subject?;
    let fits = |one: &&Federated| {
        let for_it =
            |sent: &String| sent.split(' ').any(|sent| one.audiences.iter().any(|known| known == sent));
        one.issuer == issuer
            && is_about(one, &claims) == Some(true)
            && presented.audience.as_ref().is_none_or(for_it)
    };
    case.app()?.federated.as_ref()?.iter().find(fits).map(|one| one.name.as_str())
}

/// Values of credentials with the names of these, at most a few.
fn each<'a>(values: impl Iterator<Item = (&'a str, &'a Federated)>) -> String {
    const MOST: usize = 4;
    let all: Vec<String> = values.map(|(value, one)| format!("{value} (“{}”)", one.name)).collect();
    let more = all.len().saturating_sub(MOST);
    let some = all[..all.len().min(MOST)].join(" or ");
    if more > 0 { format!("{some}, or one of {more} more") } else { some }
}

/// The credential that comes closest, as the matcher of tokens sees it.
fn nearest<'a>(
    credentials: &'a [Federated],
    presented: &Presented,
    case: &Case<'_>,
) -> Option<&'a Federated> {
    let registered: Vec<Registered> = credentials
        .iter()
        .map(|one| Registered {
            name: one.name.clone(),
            issuer: one.issuer.clone(),
            subject: one.subject.clone(),
            audiences: one.audiences.clone(),
            expression: one.expression.clone(),
        })
        .collect();
    let first = credentials.first()?;
    let issuer = presented.issuer.as_deref().unwrap_or(&first.issuer);
    let audience = presented.audience.as_deref().unwrap_or("api://AzureADTokenExchange");
    let claims = json!({"iss": issuer, "sub": presented.subject.as_deref().unwrap_or(&first.subject), "aud": audience});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = decode(&format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&claims)));
    let now = case.evidence.now.unwrap_or_default();
    let matching = federation::matching(&token, &registered, "", now).ok()?;
    let name = &matching.candidates.first()?.registered.name;
    credentials.iter().find(|one| one.name == *name)
}

/// Fills the commands: the credential as it should be, and the name of the one that is to be changed.
fn with_credential(found: Found, near: Option<&Federated>, presented: &Presented) -> Found {
    const EXCHANGE: &str = "api://AzureADTokenExchange";
    let (Some(issuer), Some(subject)) = (
        presented.issuer.as_deref().or(near.map(|one| one.issuer.as_str())),
        presented.subject.as_deref().or(near.map(|one| one.subject.as_str())),
    ) else {
        return found;
    };
    let audience = near.and_then(|one| one.audiences.first()).map_or(EXCHANGE, String::as_str);
    let words: Vec<&str> =
        subject.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let fresh: String = words.join("-").chars().take(60).collect();
    let name = near.map_or(fresh.as_str(), |one| one.name.as_str());
    let credential = json!({"name": name, "issuer": issuer, "subject": subject, "audiences": [audience]});
    found
        .with("credential_json", credential.to_string())
        .with("credential_name", near.map_or("<name>", |one| one.name.as_str()))
        .with("issuer", issuer)
        .with("subject", subject)
        .with("audience", audience)
}

/// What can be said without the registration: the number says which of the three differs.
fn by_message(case: &Case<'_>, presented: &Presented) -> Option<(&'static str, Found)> {
    if case.evidence.rule.is_some() {
        return None;
    }
    let subject = presented.subject.as_deref();
    let say = |place: &str, sent: &str, expected: &str| {
        Found::likely(place, sent, expected).map(|found| with_credential(found, None, presented))
    };
    let is_inside = |issuer: &str| {
        let host = issuer.split("://").nth(1).unwrap_or(issuer);
        ["kubernetes.default", "localhost", "127.0.0.1"].iter().any(|begin| host.starts_with(begin))
            || host.contains(".cluster.local")
            || host.contains(".svc")
    };
    match case.code? {
        700_211 => {
            let sent = presented.issuer.as_deref().unwrap_or("the issuer of the token");
            let expected = if is_inside(sent) {
                "an issuer that is reached from the internet"
            } else {
                "the issuer of a credential"
            };
            Some(("federated.issuer_mismatch", say("iss of the token", sent, expected)?))
        }
        700_212 => {
            let sent = presented.audience.as_deref()?;
            Some((
                "federated.audience_mismatch",
                say("aud of the token", sent, "api://AzureADTokenExchange")?,
            ))
        }
        7_002_138 => Some((
            "federated.subject_case",
            say("sub of the token", subject?, "the spelling of the credential")?,
        )),
        7_002_137 => {
            let expected =
                wording::quoted_after(&case.sentence, &["expected subject", "expects", "expected"]);
            Some((
                "federated.subject_of_identity",
                say("sub of the token", subject?, expected.unwrap_or("the object id of the identity"))?,
            ))
        }
        700_213 if has_ids(subject?) => Some((
            "federated.subject_immutable",
            say("sub of the token", subject?, "a credential with the same numbers")?,
        )),
        700_213 => {
            let about = subject_of(presented.issuer.as_deref().unwrap_or_default(), subject?).to_string();
            let found = say("sub of the token", subject?, "the subject of a credential")?;
            Some((
                "federated.subject_mismatch",
                found.and("what the subject stands for", &about, "what a credential trusts"),
            ))
        }
        70021 => {
            if let Some(sent) = presented.issuer.as_deref().filter(|sent| is_inside(sent)) {
                let found = say("iss of the token", sent, "an issuer that is reached from the internet")?;
                return Some(("federated.issuer_mismatch", found));
            }
            let audience = presented.audience.as_deref()?;
            let is_usual = audience
                .get(..26)
                .is_some_and(|begin| begin.eq_ignore_ascii_case("api://AzureADTokenExchange"));
            if is_usual {
                return None;
            }
            Some((
                "federated.audience_mismatch",
                say("aud of the token", audience, "api://AzureADTokenExchange")?,
            ))
        }
        _ => None,
    }
}

fn not_allowed(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["federation.app_only"]) {
        return Some(found);
    }
    let Some(token) = client(case) else {
        let told = wording::quoted_after(&case.sentence, &["issuer", "tenant", "application"]);
        return told.and_then(|told| Found::likely("the message", told, "a token that may be exchanged"));
    };
    let issuer = text(token, "iss");
    let kind = if token.claims.contains_key("scp") || text(token, "idtyp") == "user" {
        "a person's token"
    } else {
        "a token of this issuer"
    };
    Found::likely(
        "the client assertion",
        &format!("{kind}: iss {issuer}, sub {}", text(token, "sub")),
        "a token that may be exchanged",
    )
}
