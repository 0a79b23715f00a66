//! Which secret a client sent: its id in place of its value, another application's, one that is over, or one that was
//! changed on its way.
//!
//! Entra keeps the first three characters of each secret (`hint`). These, the secret's id and its dates tell most of what
//! can be wrong; more of a secret than these three characters is never shown.

use super::{
    super::facts::is_guid, Case, Check, Found, placeholder::is_template, thumbprint::LENIENT, wording,
};
use crate::{
    entra::registration::Password,
    text::beginning,
    time::UnixTime,
    token::{Kind, decode},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("credential.secret_id_instead_of_value", secret_id),
    ("credential.other_app_secret", other_app_secret),
    ("credential.mangled_secret", mangled),
    ("credential.expired_secret", expired),
    ("credential.vendor_expired", vendor_expired),
    ("credential.signed_secret_expired", signed_expired),
];

/// A secret that was sent: where, and its value.
pub(super) struct Sent {
    place: &'static str,
    value: String,
}

/// A secret that is a signed token, as Apple wants it, and that has ended.
fn signed_expired(case: &Case<'_>) -> Option<Found> {
    let sent = sent_secret(case)?;
    let token = decode(&sent.value);
    let Some(end) = token.time("exp").filter(|_| token.kind == Kind::Jws) else { return Found::excluded() };
    let now = case.evidence.now?;
    if now <= end {
        return Found::excluded();
    }
    Found::certain(
        &format!("exp of {}", sent.place),
        &end.date_time(),
        &format!("later than {}", now.date_time()),
    )
}

/// The client's secret, from the form or from HTTP Basic (RFC 6749 §2.3.1).
pub(super) fn sent_secret(case: &Case<'_>) -> Option<Sent> {
    if let Some(value) = case.params.get("client_secret") {
        return Some(Sent { place: "request client_secret", value: value.to_owned() });
    }
    let (scheme, value) = case.header("authorization")?.split_once(' ')?;
    let decoded = LENIENT.decode(value.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (_, secret) = decoded.split_once(':')?;
    let value = percent_encoding::percent_decode_str(secret).decode_utf8_lossy().into_owned();
    Some(Sent { place: "request Authorization: Basic", value })
}

/// A secret as it may be shown: its beginning, and how long it is.
fn begins(value: &str) -> String {
    let begin: String = value.chars().take(3).collect();
    format!("begins with {begin}, {} characters", value.chars().count())
}

/// Whether somebody put signs in place of the secret before they showed the request to us.
pub(super) fn is_blacked_out(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_one_sign =
        |sign: char| value.chars().filter(|c| c.is_alphanumeric() || *c == sign).all(|c| c == sign);
    ["redact", "mask", "hidden", "removed", "snip", "secret removed", "filtered", "omitted"]
        .iter()
        .any(|word| lower.contains(word))
        || ['*', 'x', 'X', '•', '.', '…'].into_iter().any(is_one_sign)
}

/// The secrets of application and service principal, as far as the registration is known.
fn passwords(case: &Case<'_>) -> Option<Vec<Password>> {
    let app = case.app()?;
    let mut all = app.passwords.clone();
    if let Some(principal) = case.evidence.service_principal.found() {
        let as_application = crate::entra::registration::Application::read(&principal.json);
        all.extend(as_application.map(|read| read.passwords).unwrap_or_default());
    }
    Some(all)
}

fn is_over(password: &Password, now: Option<UnixTime>) -> bool {
    password.end.zip(now).is_some_and(|(end, now)| end <= now)
}

/// The secret without what a shell, a file or an encoder may have put around it.
fn bare(value: &str) -> String {
    let invisible = |c: char| c.is_whitespace() || crate::text::is_unsafe(c) || c == '\u{feff}';
    let trimmed =
        value.trim_matches(|c: char| invisible(c) || matches!(c, '\'' | '"' | '`' | '\u{201c}' | '\u{201d}'));
    let decoded = percent_encoding::percent_decode_str(trimmed).decode_utf8_lossy();
    if let Some(inner) = from_base64(&decoded) { inner } else { decoded.into_owned() }
}

/// The secret, if the value is a secret in base64: Kubernetes keeps them like that.
fn from_base64(value: &str) -> Option<String> {
    let is_secret = |text: &str| (30..=64).contains(&text.trim().len()) && text.contains('~');
    if value.contains('~') || value.len() < 40 {
        return None;
    }
    let inner = String::from_utf8(LENIENT.decode(value).ok()?).ok()?;
    is_secret(&inner).then(|| inner.trim().to_owned())
}

/// The registered secrets that begin like this one.
fn alike<'a>(all: &'a [Password], value: &str) -> Vec<&'a Password> {
    let begin: String = bare(value).chars().take(3).collect();
    all.iter().filter(|password| password.hint.as_deref() == Some(begin.as_str())).collect()
}

fn secret_id(case: &Case<'_>) -> Option<Found> {
    let Sent { place, value } = sent_secret(case)?;
    let value = value.trim();
    if !is_guid(value) {
        return if value.is_empty() || is_blacked_out(value) { None } else { Found::excluded() };
    }
    let known = passwords(case).unwrap_or_default();
    let keys = known.iter().find(|password| password.key_id.eq_ignore_ascii_case(value));
    match keys {
        Some(password) => {
            let name = password.display_name.as_deref().unwrap_or("without a name");
            Found::certain(
                place,
                &format!("{value}, a secret's id"),
                "the secret's value, about 40 characters",
            )
            .map(|found| {
                found.and("registration passwordCredentials keyId", value, &format!("the id of “{name}”"))
            })
            .map(|found| found.with("key_id", value))
        }
        None => Found::certain(place, &format!("{value}, a GUID"), "the secret's value, about 40 characters")
            .map(|found| found.with("key_id", value)),
    }
}

/// A value that may be a secret: there, not blacked out, no id and no template.
fn real_secret(case: &Case<'_>) -> Option<Sent> {
    sent_secret(case).filter(|Sent { value, .. }| {
        !value.trim().is_empty() && !is_guid(value.trim()) && !is_blacked_out(value) && !is_template(value)
    })
}

fn other_app_secret(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["credential.right"]).filter(|_| case.code == Some(7_000_215)) {
        let is_id = case.compared("client_secret").is_some_and(|compared| is_guid(compared.sent.trim()));
        return Some(found).filter(|_| !is_id);
    }
    let Sent { place, value } = real_secret(case)?;
    let all = passwords(case)?;
    if all.is_empty() {
        return Found::likely(
            place,
            &begins(&bare(&value)),
            "a secret of this application; none is registered",
        );
    }
    if !alike(&all, &value).is_empty() {
        return Found::excluded();
    }
    let hints: Vec<&str> = all.iter().filter_map(|password| password.hint.as_deref()).collect();
    if hints.len() < all.len() {
        return None; // one without a hint may be it
    }
    Found::likely(place, &begins(&bare(&value)), &format!("a beginning among the hints {}", hints.join(", ")))
}

/// What was done to a secret on its way, if it shows.
fn mangling(value: &str) -> Option<&'static str> {
    let is_quote =
        |c: char| matches!(c, '\'' | '"' | '`' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}');
    let has_escape = || {
        value.match_indices('%').any(|(at, _)| {
            value.get(at + 1..at + 3).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
        })
    };
    if value.trim().starts_with(is_quote) || value.trim().ends_with(is_quote) {
        Some("quotes around it")
    } else if value != value.trim() {
        Some("a blank or line end at its edge")
    } else if value.contains(char::is_whitespace) {
        Some("a blank inside, as from a + that was not encoded")
    } else if !value.is_ascii() {
        Some("a character that is no ASCII")
    } else if has_escape() {
        Some("percent-encoded twice")
    } else if value.contains("&amp;") || value.contains("&#") {
        Some("escaped for HTML")
    } else if from_base64(value).is_some() {
        Some("base64 of the value in place of the value")
    } else if value.contains('\\') {
        Some("a backslash of an escape")
    } else {
        None
    }
}

fn mangled(case: &Case<'_>) -> Option<Found> {
    let body = case.evidence.request.as_ref().map(|request| request.body.text()).unwrap_or_default();
    if case.code == Some(7_000_216) {
        let is_glued =
            body.contains("&amp;client_") && case.params.iter().any(|(name, _)| name.starts_with("amp;"));
        return if is_glued {
            Found::likely("request body", "&amp; between the parameters", "& between the parameters")
        } else {
            None
        };
    }
    let Sent { place, value } = real_secret(case)?;
    let how = mangling(&value);
    // An & in a value that was not encoded ends it there; what follows looks like a parameter of its own.
    let rest =
        case.params.iter().find(|(name, value)| value.is_empty() && name.len() > 3 && !name.contains('_'));
    let is_cut = rest.is_some() && bare(&value).len() < 38;
    let how = how.or(is_cut.then_some("cut at a & that was not encoded"));
    let Some(all) = passwords(case) else {
        return Found::likely(
            place,
            &format!("{}: {}", begins(&bare(&value)), how?),
            "the value as it was made",
        );
    };
    let now = case.evidence.now;
    let alike = alike(&all, &value);
    let live = alike.iter().find(|password| !is_over(password, now));
    let Some(password) = live else {
        let unknown = alike.is_empty() && all.iter().any(|password| password.hint.is_none());
        return if unknown { Found::likely(place, how?, "the value as it was made") } else { None };
    };
    let hint = password.hint.as_deref().unwrap_or_default();
    let is_whole = how.is_none() && value.len() == 40;
    let is_fresh =
        now.zip(password.start).is_some_and(|(now, start)| start <= now && now.since(start).as_secs() < 900);
    if is_whole && is_fresh {
        return None; // then it may not be known everywhere yet
    }
    let seen = how.unwrap_or(if value.len() < 40 {
        "shorter than a secret is"
    } else {
        "not the value behind this hint"
    });
    Found::likely(
        place,
        &format!("{}: {seen}", begins(&bare(&value))),
        "the value as it was made, 40 characters",
    )
    .map(|found| {
        found.and("registration passwordCredentials hint", hint, "the same beginning: it is this secret")
    })
}

fn expired(case: &Case<'_>) -> Option<Found> {
    if case.code == Some(7_000_222)
        && let Some(found) = case.by_rule(&["credential.right"])
    {
        return Some(found);
    }
    let now = case.evidence.now;
    let all = passwords(case)?;
    let over: Vec<&Password> = all.iter().filter(|password| is_over(password, now)).collect();
    let secret = real_secret(case);
    let alike = secret.as_ref().map(|secret| alike(&all, &secret.value)).unwrap_or_default();
    let say = |found: fn(&str, &str, &str) -> Option<Found>, password: &Password| {
        let end = password.end.map(UnixTime::date_time).unwrap_or_default();
        let now = now.map(UnixTime::date_time).unwrap_or_default();
        let name = password.display_name.as_deref().unwrap_or("without a name");
        let hint = password.hint.as_deref().unwrap_or("unknown");
        found("registration passwordCredentials endDateTime", &end, &format!("later than {now}")).map(
            |found| {
                let what = format!("{} “{name}”, hint {hint}", password.key_id);
                found
                    .and("registration passwordCredentials", &what, "a secret that has not ended")
                    .with("key_id", password.key_id.as_str())
            },
        )
    };
    let matching = alike.iter().find(|password| is_over(password, now));
    let has_live = alike.iter().any(|password| !is_over(password, now));
    match (case.code, matching) {
        (Some(7_000_222), Some(password)) => say(Found::certain, password),
        (_, Some(password)) if !has_live => say(Found::certain, password),
        (Some(7_000_222), None) => {
            let latest = over.iter().max_by_key(|password| password.end)?;
            say(if over.len() == all.len() { Found::certain } else { Found::likely }, latest)
        }
        (_, None) if secret.is_some() && over.is_empty() => Found::excluded(),
        _ => None,
    }
}

/// How people say that an application is somebody else's.
const NOT_OURS: [&str; 14] = [
    "not our app",
    "not ours",
    "not my app",
    "isn't ours",
    "isn't our",
    "not one of ours",
    "not one of our",
    "don't own",
    "do not own",
    "vendor",
    "third-party",
    "third party",
    "n8n.cloud",
    "don't recognise",
];

fn vendor_expired(case: &Case<'_>) -> Option<Found> {
    let client_id = case.facts.get("client_id").unwrap_or("unknown");
    // The own registration has what it takes.
    if case.app().is_some() {
        return Found::excluded();
    }
    if let Some(own) = case.evidence.registration.as_ref().and_then(|app| app.app_id.as_deref()) {
        return Found::likely("client_id in the message", client_id, own);
    }
    if let Some(principal) = case.evidence.service_principal.found()
        && let Some(home) = principal.home_tenant.as_deref()
    {
        let tenant = case.facts.get("tenant").unwrap_or_default();
        if is_guid(tenant) && !tenant.eq_ignore_ascii_case(home) {
            return Found::likely("service principal appOwnerOrganizationId", home, tenant)
                .map(|found| found.and("client_id in the message", client_id, "an application of your own"));
        }
    }
    let text = case.evidence.text.as_deref().unwrap_or_default();
    let text = beginning(text, 6000).to_ascii_lowercase();
    let word = NOT_OURS.into_iter().find(|word| text.contains(word));
    if let Some(word) = word {
        return Found::likely("client_id in the message", client_id, "an application of your own")
            .map(|found| found.and("the text", &format!("says “{word}”"), ""));
    }
    // Nobody sent a request of their own: a product did.
    let told = wording::quoted_after(&case.sentence, &["app", "application"]).unwrap_or(client_id);
    if case.evidence.request.as_ref().is_some_and(|_| !told.eq_ignore_ascii_case(client_id)) {
        return Found::likely("client_id in the message", told, client_id);
    }
    None
}
