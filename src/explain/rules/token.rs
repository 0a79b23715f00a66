//! The token as such: whether one came, in which form, of which kind, and for how long it is good.

use std::time::Duration;

use super::{
    Case, Check, Found,
    assertion::{TOLERANCE, shown, text},
    call::call,
    validation::Complaint,
};
use crate::{
    explain::facts::is_guid,
    secret::mask,
    time::{UnixTime, span},
    token::{Decoded, Kind, TokenKind, kind_of},
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("token.missing", no_token),
    ("token.header_malformed", malformed),
    ("token.opaque", opaque),
    ("token.id_token_as_bearer", id_token),
    ("token.expired", expired),
    ("token.not_yet_valid", not_yet),
    ("token.clock_ahead", clock_ahead),
    ("token.hours_off", whole_hours),
    ("token.claims_challenge", challenge),
];

/// What the header of an API call held, or the token that somebody pasted; never shown whole.
fn raw<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let header = case.header("authorization").filter(|value| !is_basic(value));
    let token = || case.evidence.token.as_deref();
    header.or_else(token).map(str::trim)
}

fn is_basic(header: &str) -> bool {
    header.trim_start().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic "))
}

/// The token behind the word `Bearer`, however often that stands there.
fn without_scheme(mut value: &str) -> &str {
    while let Some(rest) =
        value.get(..7).filter(|begin| begin.eq_ignore_ascii_case("bearer ")).map(|_| &value[7..])
    {
        value = rest.trim_start();
    }
    value.trim_matches(['"', '\''])
}

/// Whether something in the token was compared: then one came, and could be read.
fn was_read(case: &Case<'_>) -> bool {
    const READ: &[Complaint] = &[
        Complaint::Audience,
        Complaint::Issuer,
        Complaint::Expired,
        Complaint::NotYet,
        Complaint::NoPermission,
        Complaint::Scope,
        Complaint::Role,
    ];
    case.validation().complaint.is_some_and(|complaint| READ.contains(&complaint))
}

fn no_token(case: &Case<'_>) -> Option<Found> {
    if was_read(case) {
        return Found::excluded();
    }
    if let Some(request) = call(case) {
        let header = request.headers.get("authorization").unwrap_or_default().trim();
        let empty = [
            "",
            "bearer",
            "bearer null",
            "bearer undefined",
            "bearer none",
            "bearer ${token}",
            "bearer $token",
        ];
        let is_empty = empty.contains(&header.to_ascii_lowercase().as_str());
        if is_empty && case.param("access_token").is_none() {
            let behind = header.get(7..).unwrap_or_default();
            let sent = match (header, behind) {
                ("", _) => "absent".to_owned(),
                (_, "") => format!("{header}, and no token behind it"),
                (_, word) => format!("the word {word} in place of a token: the variable was never set"),
            };
            return Found::certain("request Authorization", &sent, "Bearer and an access token");
        }
        if !header.is_empty() {
            return case.by_rule(&["credential.present"]).or_else(Found::excluded);
        }
    }
    if let Some(found) = case.by_rule(&["credential.present"]) {
        return Some(found);
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::Missing]) {
        return Found::excluded();
    }
    if case.token.as_ref().is_some_and(|token| token.kind == Kind::Jws) {
        return Found::excluded();
    }
    if said.is(Complaint::Missing) {
        return Found::certain("the message", "says that no token came", "Bearer and an access token");
    }
    None
}

/// What is wrong with the value of the header, in words, as far as its form tells.
fn flaw(header: &str) -> Option<String> {
    let (scheme, token) = header.split_once(char::is_whitespace).unwrap_or(("", header));
    if scheme.is_empty() && (header.starts_with("eyJ") || header.matches('.').count() == 2) {
        return Some("the token without the word Bearer in front".to_owned());
    }
    if !scheme.is_empty() && !scheme.trim_end_matches(':').eq_ignore_ascii_case("bearer") {
        return Some("another scheme than Bearer".to_owned());
    }
    if scheme.ends_with(':') {
        return Some("a colon behind the word Bearer".to_owned());
    }
    flaw_of_token(token.trim())
}

/// The same for what stands behind the word.
fn flaw_of_token(token: &str) -> Option<String> {
    if token.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("bearer ")) {
        return Some("the word Bearer twice (Bearer Bearer …)".to_owned());
    }
    if token.starts_with('{') || token.starts_with("%7B") {
        let is_answer = token.contains("access_token") || token.contains("token_type");
        let seen = if is_answer {
            "the whole JSON answer in place of its member access_token"
        } else {
            "a value in braces"
        };
        return Some(seen.to_owned());
    }
    if token.starts_with('<') {
        let is_page = ["<!doctype", "<html"]
            .iter()
            .any(|begin| token.get(..begin.len()).is_some_and(|own| own.eq_ignore_ascii_case(begin)));
        let seen = if is_page {
            "a page (HTML) in place of the token"
        } else {
            "a sample in angle brackets (<…>)"
        };
        return Some(seen.to_owned());
    }
    if token.starts_with(['"', '\'', '`']) {
        return Some("quotes around the token".to_owned());
    }
    if ["undefined", "null", "none", "nil", "false"].contains(&token.to_ascii_lowercase().as_str()) {
        return Some(format!("the word {token}: the variable was never set"));
    }
    if token.to_ascii_lowercase().starts_with("[object") {
        return Some("[object Object]: the object was sent in place of the text".to_owned());
    }
    if token.chars().any(char::is_whitespace) {
        return Some("a blank or a line end inside the token".to_owned());
    }
    if is_guid(token) {
        return Some("an id (a GUID), not a token".to_owned());
    }
    if is_grant(token) {
        return Some(
            "an authorization code or a refresh token, which only the token endpoint takes".to_owned(),
        );
    }
    let parts = token.split('.').count();
    if token.starts_with("eyJ") && parts < 3 {
        return Some(format!("{parts} of three parts: the token was cut off"));
    }
    if token.starts_with("eyJ") && parts > 3 && parts != 5 {
        return Some(format!("{parts} parts in place of three: something was appended"));
    }
    None
}

/// Whether a value has the form of what is redeemed at the token endpoint of Entra: codes and refresh tokens begin with a
/// version and `A`, those of personal accounts with `M.`.
fn is_grant(token: &str) -> bool {
    let begins = ["0.A", "1.A", "M.C5", "M.R3"].iter().any(|begin| token.starts_with(begin));
    begins && token.len() > 60 && !token.contains("eyJ")
}

/// The words by which a log shows a header that cannot be right.
const BROKEN: &[(&str, &str)] = &[
    ("bearer bearer", "the word Bearer twice (Bearer Bearer …)"),
    ("bearer \"ey", "quotes around the token"),
    ("bearer 'ey", "quotes around the token"),
    ("bearer {\"", "the whole JSON answer in place of its member access_token"),
    ("bearer [object", "[object Object]: the object was sent in place of the text"),
    ("bearer undefined", "Bearer undefined: the variable was never set"),
    ("bearer null", "Bearer null: the variable was never set"),
    ("bearer none", "Bearer None: the variable was never set"),
    ("bearer ${", "the name of a variable in place of its value"),
    ("bearer {{", "the name of a variable in place of its value"),
    ("bearer <", "a sample text in place of the token"),
    ("authorization: eyj", "the token without the word Bearer in front"),
];

fn malformed(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.shape"]) {
        return Some(found);
    }
    if was_read(case) {
        return Found::excluded();
    }
    let certain = |seen: &str| Found::certain("request Authorization", seen, "Bearer, one blank, the token");
    if let Some(request) = call(case) {
        if case.param("access_token").is_some() {
            return Found::certain("place of the token", "query or body", "the header Authorization alone");
        }
        let count = request.headers.all("authorization").count();
        if count > 1 {
            return certain(&format!("{count} headers"));
        }
        let header = request.headers.get("authorization").unwrap_or_default().trim();
        if !header.is_empty()
            && let Some(seen) = flaw(header)
        {
            return certain(&seen);
        }
    }
    let said = case.validation();
    if let Some(token) = case.evidence.token.as_deref().map(str::trim) {
        let with_scheme = token.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("bearer "));
        let seen = if with_scheme && said.is(Complaint::Form) {
            Some("the word Bearer, which became a part of the token".to_owned())
        } else {
            flaw_of_token(without_scheme(token)).or_else(|| flaw_of_token(token))
        };
        if let Some(seen) = seen {
            return Found::certain(
                "the token",
                &seen,
                "the member access_token alone: three parts with dots between",
            );
        }
    }
    if let Some((_, seen)) = BROKEN.iter().find(|(words, _)| said.lower.contains(words)) {
        return certain(seen);
    }
    if !said.may_be(&[Complaint::Form, Complaint::Missing]) {
        return Found::excluded();
    }
    let raw = raw(case).map(without_scheme)?;
    if looks_opaque(raw).is_some() {
        return None;
    }
    match raw.split('.').count() {
        3 => Found::excluded(),
        5 => None,
        parts => {
            let found = if said.is(Complaint::Form) { Found::certain } else { Found::likely };
            found(
                "the token",
                &format!("{} in {parts} {}", mask(raw), if parts == 1 { "part" } else { "parts" }),
                "three parts with dots between them",
            )
        }
    }
}

/// Whose token it is that only its issuer can read, as far as its form tells.
fn looks_opaque(token: &str) -> Option<&'static str> {
    let is_one_word = !token.is_empty() && !token.contains(char::is_whitespace);
    let long = token.len() >= 100;
    match token {
        _ if !is_one_word || is_guid(token) => None,
        _ if long && ["EwA", "EwB", "EwC", "EwD"].iter().any(|begin| token.starts_with(begin)) => {
            Some("begins as tokens of personal Microsoft accounts do")
        }
        _ if ["gho_", "ghp_", "ghs_", "ya29."].iter().any(|begin| token.starts_with(begin)) => {
            Some("is another provider's, and no JWT")
        }
        _ if token.starts_with("eyJ") => {
            // Encrypted to whoever issued it: that is what Auth0 gives where no audience was asked for.
            (token.split('.').count() == 5).then_some("has five parts: it is encrypted for its issuer")
        }
        // Auth0 and others hand out short ones, drawn at random.
        _ if (long || is_random_word(token)) && !token.contains('.') => {
            Some("holds no dots: only its issuer can read it")
        }
        _ => None,
    }
}

/// Whether a value looks drawn at random: of some length, with small letters, capitals and digits, and nothing else.
fn is_random_word(token: &str) -> bool {
    let has = |is: fn(&u8) -> bool| token.as_bytes().iter().any(is);
    token.len() >= 24
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
}

fn opaque(case: &Case<'_>) -> Option<Found> {
    let said = case.validation();
    if !said.may_be(&[Complaint::Form]) {
        return Found::excluded();
    }
    let in_text = || {
        let words = said.text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ','));
        words.map(|word| word.trim_start_matches("access_token=")).find(|word| {
            word.len() >= 60 && ["EwA", "EwB", "EwC", "EwD"].iter().any(|begin| word.starts_with(begin))
        })
    };
    if let Some(token) = raw(case).map(without_scheme) {
        let Some(why) = looks_opaque(token) else { return Found::excluded() };
        return Found::certain(
            "the token",
            &format!("{}, opaque: it {why}", mask(token)),
            "a JWT: three parts with dots between them",
        );
    }
    let token = in_text()?;
    Found::certain(
        "the token",
        &format!("{}, opaque: it begins as tokens of personal Microsoft accounts do", mask(token)),
        "a JWT: three parts with dots between them",
    )
}

/// The token, if it is an ID token; one that has a client's id as audience and no permission, too.
pub(super) fn id_token_of<'a>(case: &'a Case<'_>) -> Option<&'a Decoded> {
    let token = case.token.as_ref().filter(|token| token.kind == Kind::Jws)?;
    let kind = kind_of(token).kind;
    if kind == TokenKind::IdToken {
        return Some(token);
    }
    let has = |name: &str| token.claims.contains_key(name);
    let is_bare = !has("scp") && !has("roles") && !has("appid") && !has("azp") && !has("scope");
    let is_clients =
        case.evidence.registration.as_ref().and_then(|app| app.app_id.as_deref()) == Some(text(token, "aud"));
    let says_person = has("nonce") || has("preferred_username") || has("at_hash") || has("c_hash");
    (kind == TokenKind::Unknown && is_bare && (is_clients || says_person)).then_some(token)
}

fn id_token(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.kind"]) {
        return Some(found);
    }
    let said = case.validation();
    let fits = [
        Complaint::Audience,
        Complaint::Expired,
        Complaint::NoPermission,
        Complaint::Scope,
        Complaint::Role,
        Complaint::Signature,
        Complaint::Key,
        Complaint::Issuer,
    ];
    if !said.may_be(&fits) {
        return Found::excluded();
    }
    let told =
        said.says(&["id token was sent", "id_token was used as", "id token instead of an access token"]);
    let Some(token) = id_token_of(case) else {
        if told {
            return Found::certain("the message", "says that an ID token came", "an access token");
        }
        let is_access = case.token.as_ref().is_some_and(|token| kind_of(token).kind.is_access());
        return if is_access { Found::excluded() } else { None };
    };
    let audience = shown(token, "aud");
    let mut found = Found::certain(
        "the token",
        &format!("an ID token: aud is the client {audience}, and there is no scp"),
        "an access token for the API",
    )?;
    for name in ["nonce", "preferred_username"].into_iter().filter(|name| token.claims.contains_key(*name)) {
        found = found.and(
            &format!("{name} of the token"),
            &shown(token, name),
            "not in an access token of an API",
        );
    }
    Some(found.with("audience", audience.clone()).with("client_id", audience))
}

/// When the lifetime ended, by the token or by the message.
fn expired(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.valid_until"]) {
        return Some(found);
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::Expired]) {
        return Found::excluded();
    }
    let is_said = said.is(Complaint::Expired);
    let end = case.token.as_ref().and_then(|token| token.time("exp"));
    if let (Some(end), Some(now)) = (end, case.evidence.now) {
        let tolerance = if is_said { Duration::ZERO } else { TOLERANCE };
        if now < end + tolerance {
            return Found::excluded();
        }
        if answered_before(case, end).is_some() {
            return None; // two clocks disagree about it
        }
        let line = if id_token_of(case).is_some() { Found::likely } else { Found::certain };
        let mut found =
            line("exp of the token", &end.date_time(), &format!("later than {}", now.date_time()))?;
        if let Some(begin) = case.token.as_ref().and_then(|token| token.time("iat")) {
            found = found.and(
                "life of the token",
                &span(end.since(begin)),
                &format!("over for {}", span(now.since(end))),
            );
        }
        return Some(found.with("time_before", end.date_time()).with("time_after", now.date_time()));
    }
    if !is_said {
        return None;
    }
    let (end, now) = (said.time_behind(ENDED), said.time_behind(CLOCK));
    let written =
        |time: &Option<(String, Option<UnixTime>)>| time.as_ref().map(|(written, _)| written.clone());
    let Some(sent) = written(&end) else {
        return Found::likely("the message", "says that the token is expired", "exp in the future");
    };
    let expected = written(&now).map_or_else(|| "later".to_owned(), |now| format!("later than {now}"));
    Found::likely("exp, by the message", &sent, &expected).map(|found| found.with("time_before", sent))
}

/// Behind these stands when a token ended.
const ENDED: &[&str] = &[
    "validto (utc): ",
    "validto: ",
    "token expired at ",
    "jwt expired at ",
    "expired at ",
    "token expiry: ",
    "expiry utc time ",
    "expiredat: ",
    "expires: ",
];

/// Behind these stands what the validator's clock showed.
const CLOCK: &[&str] = &["current time (utc): ", "current time: ", "current utc time ", "current time "];

/// Behind these stands when a token begins.
const BEGINS: &[&str] =
    &["validfrom (utc): ", "validfrom: ", "not valid before ", "used before ", "notbefore: "];

fn not_yet(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.valid_from"]) {
        return Some(found);
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::NotYet, Complaint::Expired]) {
        return Found::excluded();
    }
    let begin = case
        .token
        .as_ref()
        .and_then(|token| ["nbf", "iat"].into_iter().find_map(|name| Some((name, token.time(name)?))));
    if let (Some((name, begin)), Some(now)) = (begin, case.evidence.now) {
        if whole_hours(case).is_some_and(|found| found.certainty.is_some()) {
            return None;
        }
        let is_ahead = begin > now + if said.is(Complaint::NotYet) { Duration::ZERO } else { TOLERANCE };
        if is_ahead {
            return Found::certain(
                &format!("{name} of the token"),
                &begin.date_time(),
                &format!("{} or earlier", now.date_time()),
            )
            .map(|found| found.with("duration", span(begin.since(now))));
        }
        if said.is(Complaint::NotYet) {
            return Found::likely(
                &format!("{name} of the token"),
                &begin.date_time(),
                "earlier than the clock of the API shows",
            );
        }
        return Found::excluded();
    }
    if !said.is(Complaint::NotYet) {
        return None;
    }
    let (Some(begin), now) = (said.time_behind(BEGINS), said.time_behind(CLOCK)) else {
        return Found::likely("the message", "says that the token is not valid yet", "nbf in the past");
    };
    let wanted = now.map_or_else(
        || "the present, by the clock of the API".to_owned(),
        |(now, _)| format!("{now} or earlier"),
    );
    Found::likely("nbf, by the message", &begin.0, &wanted)
}

/// When the answer was given, by its own date, if the token was still good then.
fn answered_before(case: &Case<'_>, end: UnixTime) -> Option<UnixTime> {
    let date = case.evidence.response.as_ref()?.headers.get("date").and_then(UnixTime::from_http_date)?;
    (date + TOLERANCE < end).then_some(date)
}

/// The API calls a token expired that is not: then its clock is ahead of ours.
fn clock_ahead(case: &Case<'_>) -> Option<Found> {
    let said = case.validation();
    if !said.is(Complaint::Expired) || case.evidence.rule.is_some() {
        return if said.complaint.is_some() { Found::excluded() } else { None };
    }
    let now = case.evidence.now?;
    if let Some(end) = case.token.as_ref().and_then(|token| token.time("exp")) {
        if now + TOLERANCE < end {
            return Found::certain(
                "exp of the token",
                &end.date_time(),
                &format!("in the past, for the API; here it is {}", now.date_time()),
            )
            .map(|found| found.with("duration", span(end.since(now))));
        }
        if let Some(date) = answered_before(case, end) {
            let found = Found::likely(
                "Date of the answer",
                &date.date_time(),
                &format!("{}, as the clock that judged the token has it", now.date_time()),
            )?;
            let expected = "past by the one clock and ahead by the other";
            return Some(
                found
                    .and("exp of the token", &end.date_time(), expected)
                    .with("duration", span(now.since(date))),
            );
        }
        return Found::excluded();
    }
    let (written, clock) = said.time_behind(CLOCK)?;
    let ahead = clock?.since(now);
    if ahead <= TOLERANCE {
        return None;
    }
    Found::likely("clock of the API, by the message", &written, &now.date_time())
        .map(|found| found.with("duration", span(ahead)))
}

/// Whole hours between two clocks: somebody reads local time as UTC.
fn whole_hours(case: &Case<'_>) -> Option<Found> {
    const HALF_HOUR: u64 = 1800;
    let said = case.validation();
    if !said.is(Complaint::NotYet) {
        return if said.complaint.is_some() { Found::excluded() } else { None };
    }
    let begin = case.token.as_ref().and_then(|token| token.time("nbf").or_else(|| token.time("iat")));
    let (begin, now) = match (begin, case.evidence.now) {
        (Some(begin), Some(now)) => (begin, now),
        _ => (said.time_behind(BEGINS)?.1?, said.time_behind(CLOCK)?.1?),
    };
    let apart = begin.since(now).as_secs();
    let rest = (apart + 60) % HALF_HOUR;
    if apart + 60 < 2 * HALF_HOUR || rest > 120 || apart > 15 * 3600 {
        return None;
    }
    Found::certain(
        "nbf of the token",
        &begin.date_time(),
        &format!("{} or earlier: {} h apart", now.date_time(), (apart + 60) / HALF_HOUR / 2),
    )
    .map(|found| found.with("duration", span(Duration::from_secs(apart))))
}

fn challenge(case: &Case<'_>) -> Option<Found> {
    let said = case.validation();
    let with_claims = said.challenges.iter().find(|challenge| challenge.get("claims").is_some());
    if let Some(challenge) = with_claims {
        let read = challenge.claims();
        let claims = match &read {
            Some(Ok(claims)) => claims.to_string(),
            Some(Err(why)) => format!("a value that cannot be read: {why}"),
            None => "empty".to_owned(),
        };
        return Found::certain("WWW-Authenticate claims", &claims, "these claims in a new sign-in")
            .map(|found| found.with("claims", claims));
    }
    let words = [
        "tokenissuedbeforerevocationtimestamp",
        "locationconditionevaluationsatisfied",
        "insufficient_claims",
        "continuous access evaluation",
    ];
    let word = words.into_iter().find(|word| said.lower.contains(word))?;
    let claims = case.evidence.refusal.as_ref().and_then(|refusal| refusal.claims.clone());
    // A session that was revoked is told by the same word, and may be the point of it.
    let line = if word == words[0] { Found::likely } else { Found::certain };
    line("the answer", &format!("says {word}"), "a new sign-in with the claims of WWW-Authenticate")
        .map(|found| found.with("claims", claims.unwrap_or_default()))
}
