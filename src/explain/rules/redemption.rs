//! Codes and refresh tokens: used twice, too old, revoked, damaged on the way, or taken somewhere else than they were
//! issued for.
//!
//! Values of codes and tokens are looked at and never shown: what is told is their length, their form and how they differ.

use url::{Url, form_urlencoded};

use super::{
    super::{Certainty, elsewhere::is_microsofts},
    Case, Check, Found,
    times::{between, mentions},
};
use crate::{
    secret::mask,
    time::span,
    token::{self, Kind, TokenKind, kind_of},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("code.reused", code_reused),
    ("code.expired", code_expired),
    ("code.mangled", code_mangled),
    ("grant.other_context", other_context),
    ("refresh_token.other_client", |case| {
        if case.grant() == Some("refresh_token") { other_context(case) } else { Found::excluded() }
    }),
    ("refresh_token.inactive", inactive),
    ("refresh_token.spa_lifetime", spa_lifetime),
    ("refresh_token.revoked", revoked),
    ("refresh_token.mangled", refresh_token_mangled),
];

/// What a redemption presents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presents {
    Code,
    RefreshToken,
    Other,
    Unknown,
}

fn presents(case: &Case<'_>) -> Presents {
    match case.grant() {
        Some("authorization_code") => return Presents::Code,
        Some("refresh_token") => return Presents::RefreshToken,
        Some(_) => return Presents::Other,
        None => {}
    }
    // The message itself speaks of both; what stands around it may tell.
    let around = case
        .message
        .replace("authorization code or refresh token", "")
        .replace("refresh_token' or 'assertion", "")
        .replace("code or refresh_token", "");
    let says = |words: &[&str]| words.iter().any(|word| around.contains(word));
    let refresh = says(&[
        "refresh_token",
        "refresh token",
        "refreshtoken",
        "acquiretokensilent",
        "refreshing",
        "token refresh",
    ]);
    let code = says(&[
        "authorization code",
        "authorization_code",
        "authorizationcode",
        "/callback",
        "?code=",
        "&code=",
        "redeem",
        "exchange",
        "oauth2 code",
        "auth code",
    ]);
    match (code, refresh) {
        (true, false) => Presents::Code,
        (false, true) => Presents::RefreshToken,
        _ => Presents::Unknown,
    }
}

fn code_reused(case: &Case<'_>) -> Option<Found> {
    let is_device_code = case.code == Some(54005) && case.param("device_code").is_some();
    if matches!(presents(case), Presents::RefreshToken | Presents::Other) && !is_device_code {
        return Found::excluded();
    }
    let is_told = case.code == Some(54005)
        || case.says(&["already redeemed", "already been redeemed", "code was already used"]);
    if let Some(code) = case.param("code") {
        if case.previous_param("code") == Some(code) && case.previous_param("grant_type").is_some() {
            let found = Found::certain("request code", &mask(code), "a code that was not redeemed yet")?;
            return Some(found.and("previous request code", &format!("{}: the same code", mask(code)), ""));
        }
        let again =
            case.evidence.history.iter().filter(|request| request.form().get("code") == Some(code)).count();
        if again > 0 {
            let times = format!("{}, sent {} times", mask(code), again + 1);
            return Found::certain("request code", &times, "once");
        }
        if case.previous_param("grant_type").is_some() && case.previous_param("code").is_some() && !is_told {
            return Found::excluded(); // another code than the last time
        }
    }
    if is_told {
        return Found::certain(
            "the message",
            "the code was redeemed already",
            "a code that was not redeemed yet",
        );
    }
    None
}

fn code_expired(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["code.unexpired"]) {
        return Some(found);
    }
    match presents(case) {
        Presents::RefreshToken | Presents::Other => return Found::excluded(),
        Presents::Unknown => return None,
        Presents::Code => {}
    }
    let is_told = case.code == Some(70008) || case.says(&["expired"]);
    if !is_told {
        return None;
    }
    if let Some((issued, redeemed, span)) = two_times(case) {
        let found =
            Found::likely("code issued", &issued, "a few minutes before it is redeemed, ten at most")?;
        return Some(found.and("code redeemed", &format!("{redeemed}{span}"), ""));
    }
    Found::likely("request grant_type", "authorization_code", "a code that is redeemed within minutes")
}

/// When the code was issued and when it was redeemed, as far as a text or the dates of two requests tell.
fn two_times(case: &Case<'_>) -> Option<(String, String, String)> {
    for text in case.told() {
        let found = mentions(text);
        if let (Some(first), Some(last)) = (found.first(), found.last())
            && first != last
        {
            let span = between(first, last).map(|time| format!(", {} later", span(time)));
            return Some((first.text.clone(), last.text.clone(), span.unwrap_or_default()));
        }
    }
    let before = case.evidence.previous_request.as_ref()?.headers.get("date")?;
    let here = case.header("date").or_else(|| case.evidence.response.as_ref()?.headers.get("date"))?;
    Some((before.to_owned(), here.to_owned(), String::new()))
}

/// What can be seen on a code that it is not as it was issued.
fn code_mangled(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["code.readable"]) {
        return Some(found);
    }
    if matches!(presents(case), Presents::RefreshToken | Presents::Other) {
        return Found::excluded();
    }
    if case.code == Some(90023) && !case.says(&["malformed"]) {
        return Found::excluded();
    }
    let Some(code) = case.param("code") else {
        return told_malformed(
            case,
            &["authorization code is malformed", "code is malformed", "code is invalid"],
            "a code",
        )
        .or_else(|| told_lowered(case));
    };
    if let Some((how, arrived)) = arrived(case).and_then(|arrived| Some((altered(code, &arrived)?, arrived)))
    {
        let sent = format!("{}: {how}", mask(code));
        return Found::likely("request code", &sent, &format!("{}, as it came back", mask(&arrived)));
    }
    let how = damage(code)?;
    Found::likely("request code", &format!("{}: {how}", mask(code)), "the code as it came back, unchanged")
}

/// What the message says of a grant that could not be read.
fn told_malformed(case: &Case<'_>, words: &[&str], what: &str) -> Option<Found> {
    let sentence = case.sentence.to_ascii_lowercase();
    let both = sentence.contains("code or refresh");
    let told = words.iter().find(|word| sentence.contains(**word)).filter(|_| !both)?;
    Found::likely("the message", &format!("says “{told}”"), &format!("{what} as it was issued"))
}

/// Somebody tells that letters were changed.
fn told_lowered(case: &Case<'_>) -> Option<Found> {
    let word = ["lowercas", "lower-cas", "lower case", "uppercas", "toLower", "tolower"]
        .into_iter()
        .find(|word| case.says(&[word]))?;
    Found::likely("the text", &format!("speaks of “{word}”"), "upper and lower case as the code came")
}

/// The code in the address that came back, if that was pasted.
fn arrived(case: &Case<'_>) -> Option<String> {
    let of_url = |url: &Url| {
        let in_fragment = url.fragment().unwrap_or_default();
        let fragment = form_urlencoded::parse(in_fragment.as_bytes());
        url.query_pairs()
            .chain(fragment)
            .find(|(name, _)| name == "code")
            .map(|(_, value)| value.into_owned())
    };
    let of_text = |text: &str| {
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'))
            .filter(|word| word.contains("code="))
            .filter_map(|word| Url::parse(word.get(word.find("http")?..)?).ok())
            .find_map(|url| of_url(&url))
    };
    case.told().find_map(of_text).or_else(|| {
        let mut location = case.evidence.history.iter().map(|request| &request.url);
        location.find_map(of_url)
    })
}

/// How one value came from the other.
fn altered(sent: &str, original: &str) -> Option<String> {
    if sent == original {
        return None;
    }
    let length = |text: &str| text.chars().count();
    if !sent.is_empty() && original.starts_with(sent) {
        return Some(format!("cut, {} of {} characters", length(sent), length(original)));
    }
    if sent.eq_ignore_ascii_case(original) {
        return Some("its letter case was changed".to_owned());
    }
    if sent.starts_with(original) {
        return Some("something is glued to its end".to_owned());
    }
    let decoded = percent_encoding::percent_decode_str(sent).decode_utf8_lossy();
    if decoded == original || sent == percent_encoding::percent_decode_str(original).decode_utf8_lossy() {
        return Some("encoded or decoded once too often".to_owned());
    }
    None
}

/// Damage that shows on the value itself. Codes and refresh tokens are long texts of letters, digits, dots, dashes and
/// underscores, in both cases.
fn damage(value: &str) -> Option<String> {
    const SHORT: usize = 60;
    let lower = value.to_ascii_lowercase();
    let length = value.chars().count();
    if is_placeholder(value) {
        return Some(format!("“{value}”, a placeholder or an empty value of a program"));
    }
    if let Some(name) =
        ["&state", "&session_state", "session_state=", "&client_info", "state=", "#_=_", "&scope"]
            .into_iter()
            .find(|mark| lower.contains(mark))
    {
        return Some(format!("{name} is glued to it"));
    }
    if lower.starts_with("code=") || lower.starts_with("refresh_token=") || lower.starts_with("bearer ") {
        return Some("the name of the parameter is part of it".to_owned());
    }
    if value.contains('%') {
        return Some("it holds percent signs: encoded once too often".to_owned());
    }
    if value.contains(['"', '\'', '<', '>', '{', '}']) {
        return Some("it holds quotation marks or brackets".to_owned());
    }
    if value.contains(char::is_whitespace) {
        return Some(
            "it holds a blank or a line break; a plus sign becomes one when it is not encoded".to_owned(),
        );
    }
    if value.ends_with("...") || value.contains('\u{2026}') {
        return Some("it was shortened for display".to_owned());
    }
    if let Some((_, whose)) = FOREIGN.iter().find(|(begin, _)| value.starts_with(begin)) {
        return Some(format!("{whose}, by its first characters"));
    }
    let has = |test: fn(&u8) -> bool| value.as_bytes().iter().any(test);
    if length > SHORT && has(u8::is_ascii_lowercase) && !has(u8::is_ascii_uppercase) {
        return Some("lower case throughout".to_owned());
    }
    if length > SHORT
        && has(u8::is_ascii_uppercase)
        && !has(u8::is_ascii_lowercase)
        && !value.starts_with("M.")
    {
        return Some("upper case throughout".to_owned());
    }
    if [
        127, 128, 199, 200, 250, 254, 255, 256, 500, 511, 512, 1000, 1023, 1024, 2047, 2048, 4000, 4093,
        4095, 4096,
    ]
    .contains(&length)
    {
        return Some(format!("exactly {length} characters: cut by a field of that size"));
    }
    if length < SHORT && !value.starts_with("M.") {
        return Some(format!("{length} characters are too few: cut, or another value"));
    }
    None
}

/// How values begin that are something else: another provider's, or encrypted by whoever stored them.
const FOREIGN: [(&str, &str); 8] = [
    ("1//0", "a refresh token of Google"),
    ("ghr_", "a refresh token of GitHub"),
    ("gho_", "a token of GitHub"),
    ("CfDJ8", "still encrypted by ASP.NET data protection"),
    ("gAAAAA", "still encrypted by the storage (Fernet)"),
    ("U2FsdGVkX1", "still encrypted by the storage"),
    ("vault:v", "still encrypted by the storage"),
    ("ENC(", "still encrypted by the storage"),
];

fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let marks =
        ["{{", "${", "<your", "<code", "<refresh", "your_", "your-", "[object object]", "%refresh", "xxxxx"];
    ["undefined", "null", "none", "nan", "false", "true", "code", "refresh_token"].contains(&lower.as_str())
        || marks.iter().any(|mark| lower.contains(mark))
}

fn refresh_token_mangled(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["refresh_token.readable"]) {
        return Some(found);
    }
    if matches!(presents(case), Presents::Code | Presents::Other) {
        return Found::excluded();
    }
    if case.code == Some(90023) && !case.says(&["malformed"]) {
        return Found::excluded();
    }
    let Some(value) = case.param("refresh_token") else {
        return told_malformed(
            case,
            &["refresh token is malformed", "refresh token is invalid"],
            "a refresh token",
        );
    };
    let decoded = token::decode(value);
    if value.starts_with("eyJ") && decoded.kind == Kind::Jws {
        let found = kind_of(&decoded);
        let what = if found.kind == TokenKind::IdToken { "an ID token" } else { "an access token" };
        let audience = decoded.claims.get("aud").and_then(serde_json::Value::as_str).unwrap_or("nobody");
        return Found::likely(
            "request refresh_token",
            &format!("{what} for {audience}"),
            "the member refresh_token of the token answer",
        );
    }
    let how = damage(value)?;
    Found::likely(
        "request refresh_token",
        &format!("{}: {how}", mask(value)),
        "the member refresh_token, as it was issued",
    )
}

/// Client, tenant, policy and endpoint generation beside those of the request before.
fn other_context(case: &Case<'_>) -> Option<Found> {
    const RULES: [&str; 5] =
        ["code.client", "code.tenant", "refresh_token.client", "device_code.client", "device_code.tenant"];
    if let Some(found) = case.by_rule(&RULES) {
        return Some(found);
    }
    if let Some(compared) =
        case.compared("client_id").filter(|_| matches!(case.code, Some(70000 | 7_000_110)))
    {
        return Found::certain("client_id", &compared.sent, &compared.expected.join(" or "));
    }
    if let (Some(here), Some(before)) = (case.param("client_id"), case.previous_param("client_id"))
        && !here.eq_ignore_ascii_case(before)
    {
        let found = Found::certain("request client_id", here, before)?;
        return Some(found.and("previous request client_id", before, ""));
    }
    let suberror = case.evidence.refusal.as_ref().and_then(|refusal| refusal.suberror.as_deref());
    if suberror == Some("client_mismatch") {
        return Found::certain("suberror", "client_mismatch", "a grant of this client");
    }
    let (here, before) = (case.evidence.request.as_ref()?, case.evidence.previous_request.as_ref()?);
    if let (Some(a), Some(b)) = (policy(&here.url), policy(&before.url))
        && !a.eq_ignore_ascii_case(&b)
    {
        let found = Found::certain("policy of the request", &a, &b)?;
        return Some(found.and("policy of the previous request", &b, ""));
    }
    // Elsewhere the two endpoints have paths, and often hosts, of their own.
    if ![&here.url, &before.url].into_iter().all(is_microsofts) {
        return None;
    }
    let (a, b) = (segment(&here.url)?, segment(&before.url)?);
    let (host, other) = (here.url.host_str()?, before.url.host_str()?);
    if host != other {
        let found = Found::certain("host of the request", host, other)?;
        return Some(found.and("host of the previous request", other, ""));
    }
    if a.eq_ignore_ascii_case(&b) {
        return Found::excluded(); // the same client and tenant in both
    }
    // A tenant and a word for several of them can be the same place; only the number tells that they are not.
    let shared = |word: &str| ["common", "organizations"].contains(&word.to_ascii_lowercase().as_str());
    let is_told = matches!(case.code, Some(700_005 | 70_000_121 | 7_000_012))
        || case.says(&["other tenant", "another tenant"]);
    let is_sure = is_told || !(shared(&a) || shared(&b));
    let certainty = if is_sure { Certainty::Certain } else { Certainty::Likely };
    let found = Found::new(certainty, "tenant in the path of the request", &a, &b);
    Some(found.and("tenant in the path of the previous request", &b, "").with("tenant", b.clone()))
}

fn segment(url: &Url) -> Option<String> {
    let first = url.path_segments()?.find(|segment| !segment.is_empty())?;
    Some(percent_encoding::percent_decode_str(first).decode_utf8_lossy().into_owned())
}

/// The policy of an Azure AD B2C address: `…/tenant/B2C_1_signin/oauth2/…` or `?p=B2C_1_signin`.
fn policy(url: &Url) -> Option<String> {
    let is_policy = |text: &&str| text.to_ascii_lowercase().starts_with("b2c_1");
    let in_path = url.path_segments()?.find(is_policy).map(str::to_owned);
    in_path.or_else(|| url.query_pairs().find(|(name, _)| name == "p").map(|(_, value)| value.into_owned()))
}

fn inactive(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["refresh_token.used_lately", "refresh_token.row_unexpired"]) {
        return Some(found);
    }
    let is_told = case.code == Some(700_082) || case.says(&["was inactive for"]);
    match presents(case) {
        _ if is_told => {}
        Presents::Code | Presents::Other => return Found::excluded(),
        Presents::Unknown => return None,
        Presents::RefreshToken => {
            let is_expired = case.code == Some(70008) || case.says(&["expired"]);
            let found = Found::likely("request grant_type", "refresh_token", "a refresh token in use");
            return found.filter(|_| is_expired);
        }
    }
    let issued = issued(case);
    let place = "refresh token issued, by the message";
    let found = Found::certain(
        place,
        issued.first().map_or("not told", String::as_str),
        "used within the time that is allowed",
    )?;
    Some(match inactive_for(case) {
        Some(span) => found.and("unused for, by the message", &span, "less"),
        None => found,
    })
}

/// The times of the message, in their order. A line of a log begins with a time of its own, so they are looked for where
/// the message speaks of them first.
fn issued(case: &Case<'_>) -> Vec<String> {
    case.told()
        .map(|text| {
            let lower = text.to_ascii_lowercase(); // keeps byte positions
            let begin = lower.find("issued on").or_else(|| lower.find("aadsts")).unwrap_or(0);
            mentions(&text[begin..])
                .into_iter()
                .filter(|mention| mention.has_day)
                .map(|m| m.text)
                .collect::<Vec<_>>()
        })
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// A span such as `90.00:00:00`, which .NET writes for ninety days.
fn inactive_for(case: &Case<'_>) -> Option<String> {
    let is_span = |word: &&str| {
        let (days, rest) = word.split_once('.').unwrap_or(("", word));
        let mut parts = rest.split(':');
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        !days.is_empty() && is_number(days) && parts.clone().count() == 3 && parts.all(is_number)
    };
    let words = case
        .told()
        .flat_map(|text| text.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '+' | ',')));
    let mut words = words.map(|word| word.trim_end_matches('.'));
    words.find(is_span).map(|word| {
        let days = word.split('.').next().unwrap_or_default();
        if word.ends_with(".00:00:00") { format!("{word} ({days} d)") } else { word.to_owned() }
    })
}

fn spa_lifetime(case: &Case<'_>) -> Option<Found> {
    if !matches!(case.code, Some(700_084 | 700_081)) {
        return None;
    }
    let issued = issued(case);
    let life = inactive_for(case).unwrap_or_else(|| "24 hours".to_owned());
    Found::certain(
        "refresh token issued, by the message",
        issued.first().map_or("not told", String::as_str),
        &format!("less than {life} ago: it stems from a single-page (SPA) address"),
    )
}

fn revoked(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["refresh_token.unrevoked"]) {
        return Some(found);
    }
    let is_told = matches!(case.code, Some(50173 | 50132 | 50133))
        || case.says(&["tokenissuedbeforerevocationtimestamp", "tokensvalidfrom"]);
    if !is_told {
        return None;
    }
    let told = issued(case);
    match told.as_slice() {
        [issued, valid_from, ..] if case.code == Some(50173) || case.says(&["tokensvalidfrom"]) => {
            let found =
                Found::certain("issued, by the message", issued, &format!("later than {valid_from}"))?;
            Some(found.and("tokens of this person count from", valid_from, ""))
        }
        [issued, ..] => {
            Found::certain("issued, by the message", issued, "after the last password change or revocation")
        }
        [] => {
            Found::certain("the message", "issued before sessions were revoked", "a token of a newer sign-in")
        }
    }
}
