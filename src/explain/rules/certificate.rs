//! How a client proves itself by a certificate: which one the header of its assertion names, whether that is registered, and
//! what was made of its thumbprint.

use serde_json::Value;
use sha1::Digest as _;

use super::{
    Case, Check, Found, message,
    thumbprint::{self, Key, LENIENT, base64url, bytes_of, digits_behind, from_hex, hex},
    wording,
};
use crate::{
    time::UnixTime,
    token::{Decoded, Kind},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("credential.x5t_is_hex_text", is_text),
    ("credential.certificate_not_registered", not_registered),
    ("credential.key_or_algorithm", key_or_algorithm),
    ("credential.thumbprint_of_other_hash", |case| case.by_rule(&["assertion.thumbprint_suits_algorithm"])),
    ("credential.certificate_expired", expired),
    ("credential.certificate_chain", chain),
];

/// The client assertion, if it is one that the client made itself.
fn assertion<'a>(case: &'a Case<'_>) -> Option<&'a Decoded> {
    let token = case.presented.client.as_ref().filter(|token| token.kind == Kind::Jws)?;
    let issuer = token.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    Some(token).filter(|_| !issuer.contains("://"))
}

/// What a header, or the message, calls the certificate.
struct Named {
    place: String,
    sent: String,
    bytes: Option<Vec<u8>>,
}

impl Named {
    fn shown(&self) -> String {
        match &self.bytes {
            Some(bytes) if !self.sent.eq_ignore_ascii_case(&hex(bytes)) => {
                format!("{} = {}", self.sent, hex(bytes))
            }
            Some(bytes) => format!("{} = {}", self.sent, base64url(bytes)),
            None => self.sent.clone(),
        }
    }
}

/// Every name that the assertion, or else the message, gives its certificate.
fn named(case: &Case<'_>) -> Vec<Named> {
    let mut all = Vec::new();
    if let Some(token) = assertion(case) {
        for name in ["x5t", "x5t#S256", "kid"] {
            let Some(sent) = token.header.get(name).and_then(Value::as_str) else { continue };
            let bytes = bytes_of(sent);
            // A `kid` may be anything.
            if name != "kid" || bytes.is_some() {
                all.push(Named {
                    place: format!("{name} of the client assertion"),
                    sent: sent.to_owned(),
                    bytes,
                });
            }
        }
        let first = token.header.get("x5c").and_then(|chain| chain.get(0)).and_then(Value::as_str);
        if let Some(der) = first.and_then(|text| LENIENT.decode(text).ok()).filter(|der| der.len() > 100) {
            let bytes = sha1::Sha1::digest(&der).to_vec();
            all.push(Named {
                place: "x5c of the client assertion".to_owned(),
                sent: hex(&bytes),
                bytes: Some(bytes),
            });
        }
    }
    if all.is_empty()
        && let Some(sent) = told_thumbprint(case)
    {
        all.push(Named { place: "thumbprint in the message".to_owned(), bytes: from_hex(&sent), sent });
    }
    all
}

fn told_thumbprint(case: &Case<'_>) -> Option<String> {
    const WORDS: [&str; 3] = ["thumbprint of key used by client", "thumbprint of the key", "thumbprint"];
    let sent = wording::quoted_after(&case.sentence, &WORDS)?;
    let is_one =
        sent.len() >= 20 && sent.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=+/:".contains(&b));
    is_one.then(|| sent.to_owned())
}

fn is_text(case: &Case<'_>) -> Option<Found> {
    if let Some(token) = assertion(case) {
        for name in ["x5t", "x5t#S256"] {
            let Some(sent) = token.header.get(name).and_then(Value::as_str) else { continue };
            if let Some(digits) = digits_behind(sent) {
                let right = base64url(&from_hex(&digits)?);
                let seen = format!("{sent} ({} characters): the digits {digits} as text", sent.len());
                return Found::certain(&format!("{name} of the client assertion"), &seen, &right)
                    .map(|found| found.with("thumbprint", right));
            }
            // Some other text of a length that no hash has.
            let longest = if name == "x5t" { 28 } else { 44 };
            if sent.len() > longest {
                let expected = format!("{} characters: base64url of the bytes", longest - 1);
                return Found::certain(
                    &format!("{name} of the client assertion"),
                    &format!("{sent} ({} characters)", sent.len()),
                    &expected,
                );
            }
        }
        return Found::excluded();
    }
    // The service prints the bytes that it got: those of digits are digits again, written in hexadecimal.
    let told = told_thumbprint(case)?;
    let bytes = from_hex(&told)?;
    let digits = digits_behind(&base64url(&bytes))
        .or_else(|| String::from_utf8(bytes.clone()).ok().and_then(|text| digits_behind(&text)));
    match digits {
        Some(digits) => {
            let right = from_hex(&digits).map(|bytes| base64url(&bytes))?;
            Found::likely(
                "thumbprint in the message",
                &format!("{told}: the digits {digits} as text"),
                &right,
            )
            .map(|found| found.with("thumbprint", right))
        }
        None if bytes.len() == 20 => Found::excluded(),
        None => None,
    }
}

/// The registered certificate that the assertion names.
fn matching(case: &Case<'_>) -> Option<Key> {
    let names = named(case);
    thumbprint::registered(case)?
        .into_iter()
        .find(|key| names.iter().any(|name| name.bytes.as_deref().is_some_and(|bytes| key.has(bytes))))
}

const KEY_FOUND: [&str; 5] = [
    "signature value did not match",
    "did not match the expected signature",
    "key was found, but",
    "verify the signature failed",
    "use of the key to verify",
];

const KEY_OVER: [&str; 6] = [
    "key used is expired",
    "certificate is expired",
    "certificate has expired",
    "is expired on application",
    "certificate expired",
    "revoked",
];

fn not_registered(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.certificate_registered"]) {
        return Some(found);
    }
    if case.says(&KEY_FOUND) || case.says(&KEY_OVER) {
        return Found::excluded();
    }
    let names = named(case);
    let is_said = case.says(&["key was not found", "key not found", "is not registered", "no matching key"]);
    let Some(keys) = thumbprint::registered(case) else {
        if !is_said
            || (assertion(case).is_none() && is_text(case).is_some_and(|found| found.certainty.is_some()))
        {
            return None;
        }
        return match names.first() {
            Some(name) => {
                Found::likely(&name.place, &name.shown(), "the thumbprint of a registered certificate")
            }
            None => {
                Found::likely("the message", "says that the key was not found", "a registered certificate")
            }
        };
    };
    if matching(case).is_some() {
        return Found::excluded();
    }
    let name = names.first()?;
    let sha1_known = names.iter().any(|name| name.bytes.as_ref().is_some_and(|bytes| bytes.len() == 20));
    let can_compare = sha1_known || keys.iter().all(|key| key.sha256.is_some());
    let listed: Vec<String> = keys.iter().map(Key::shown).collect();
    let expected =
        if listed.is_empty() { "no certificate is registered".to_owned() } else { listed.join("; ") };
    let found = if can_compare || listed.is_empty() { Found::certain } else { Found::likely };
    let thumbprint = name.bytes.as_deref().map(hex).unwrap_or_default();
    let found = found(&name.place, &name.shown(), &expected)?.with("thumbprint", thumbprint);
    // Uploaded to the enterprise application, it counts for SAML and not here.
    let of_principal = case.evidence.service_principal.found().and_then(|principal| {
        let list = principal.json.get("keyCredentials")?.as_array()?;
        let thumbprint =
            |key: &Value| key.get("customKeyIdentifier").and_then(Value::as_str).and_then(bytes_of);
        list.iter().filter_map(thumbprint).find(|bytes| name.bytes.as_ref() == Some(bytes))
    });
    Some(match of_principal {
        Some(bytes) => {
            found.and("service principal keyCredentials", &hex(&bytes), "among those of the application")
        }
        None => found,
    })
}

fn key_or_algorithm(case: &Case<'_>) -> Option<Found> {
    let rules = ["assertion.signature", "assertion.algorithm", "assertion.thumbprint_suits_algorithm"];
    if let Some(found) = case.by_rule(&rules) {
        return Some(found);
    }
    let token = assertion(case);
    let algorithm = token.and_then(|token| token.header.get("alg")?.as_str());
    if let Some(sent) = algorithm.filter(|sent| !["RS256", "PS256"].contains(sent)) {
        return Found::certain("alg of the client assertion", sent, "RS256 or PS256");
    }
    if let Some(token) = token
        && algorithm == Some("PS256")
        && token.header.contains_key("x5t")
        && !token.header.contains_key("x5t#S256")
    {
        return Found::certain(
            "header of the client assertion",
            "PS256 with x5t",
            "PS256 with x5t#S256, or RS256",
        );
    }
    let key = matching(case);
    if case.says(&KEY_FOUND) && !case.says(&["key was not found"]) {
        let seen = named(case).first().map_or_else(|| "says that the key was found".to_owned(), Named::shown);
        return match key {
            Some(key) => Found::certain(
                "signature of the client assertion",
                "made with another key, or changed later",
                "a signature of the named key",
            )
            .map(|found| found.and("thumbprint", &seen, &key.shown())),
            None => {
                Found::likely("thumbprint in the message", &seen, "a signature of this certificate's key")
            }
        };
    }
    if case.code == Some(50027) && case.says(&["algorithm", " alg ", "'alg'"]) {
        return Found::likely("the message", "speaks of the algorithm", "RS256 or PS256");
    }
    let thumbprints: Vec<Named> = named(case)
        .into_iter()
        .filter(|name| name.bytes.as_ref().is_some_and(|bytes| bytes.len() == 20))
        .collect();
    if let [first, .., last] = thumbprints.as_slice()
        && first.bytes != last.bytes
        && last.place.starts_with("x5c")
    {
        return Found::likely(
            &first.place,
            &first.shown(),
            &format!("{}, the certificate in x5c", last.shown()),
        );
    }
    let is_valid = |key: &Key| !is_over(key, case.evidence.now) && !case.says(&KEY_OVER);
    if case.code == Some(700_027)
        && let Some(key) = key.filter(is_valid)
    {
        return Found::likely(
            "thumbprint of the client assertion",
            &key.shown(),
            "a signature of this certificate's key",
        );
    }
    None
}

fn is_over(key: &Key, now: Option<UnixTime>) -> bool {
    let Some(now) = now else { return false };
    key.end.is_some_and(|end| end <= now) || key.start.is_some_and(|start| start > now)
}

fn expired(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.certificate_valid"]) {
        return Some(found);
    }
    let now = case.evidence.now;
    let told_end =
        wording::time_after(&case.sentence, &["end=", "notafter", "valid to", "expired on", "expiry"]);
    let is_told = case.says(&KEY_OVER);
    let all = || thumbprint::registered(case).unwrap_or_default();
    // Where the number itself says that it is over, the one that is over is meant.
    let is_settled = matches!(case.code, Some(1_000_502 | 7_000_214 | 7_000_277));
    let key = matching(case).or_else(|| all().into_iter().find(|key| is_settled && is_over(key, now)));
    if let Some(key) = key {
        if is_over(&key, now) && !case.says(&KEY_FOUND) {
            let (place, time, other) = match (key.start, key.end) {
                (Some(start), _) if now.is_some_and(|now| start > now) => ("startDateTime", start, "before"),
                (_, end) => ("endDateTime", end?, "after"),
            };
            let now = now.map(UnixTime::date_time).unwrap_or_default();
            let found = if case.says(&["key was not found"]) { Found::likely } else { Found::certain };
            return found(
                &format!("registration keyCredentials {place}"),
                &time.date_time(),
                &format!("{other} {now}"),
            )
            .map(|found| found.and("thumbprint", &hex(&key.thumbprint), "a certificate that is valid now"));
        }
        return if is_told || is_settled { None } else { Found::excluded() };
    }
    if !is_told && !is_settled {
        return None;
    }
    let name = named(case).into_iter().next();
    let found = match told_end {
        Some(end) => {
            let is_past = now.is_some_and(|now| end < now) && !case.says(&["key was not found"]);
            let found = if is_past { Found::certain } else { Found::likely };
            found("end of the certificate in the message", &end.date_time(), "later than the request")
        }
        None if is_told => {
            Found::likely("the message", "says that the certificate is over", "a valid certificate")
        }
        None => return None,
    };
    found.map(|found| match name {
        Some(name) => found.and(&name.place, &name.shown(), "a certificate that is valid now"),
        None => found,
    })
}

fn chain(case: &Case<'_>) -> Option<Found> {
    let ends = [". ", ", ", ";", "\n", " Allowed", " Trace"];
    let behind = |labels: &[&str]| {
        message::behind(&case.sentence, labels, &ends).map(|told| told.trim_end_matches('.'))
    };
    if case.code == Some(700_030) {
        let told = behind(&["token certificate are: ", "token certificate are ", "token certificate: "]);
        let allowed = behind(&[
            "llowed subject names are: ",
            "llowed subject names: ",
            "uthorized subject names are: ",
        ]);
        let told = told.or_else(|| wording::value_after(&case.sentence, &["subjectnames", "subject names"]));
        return Found::likely(
            "subject of the certificate, in the message",
            told.unwrap_or("not authorised"),
            allowed.unwrap_or("a subject that the application trusts"),
        );
    }
    let word = [
        "subject name",
        "subjectname",
        "certificate chain",
        "trusted issuer",
        "x5c",
        "root certificate",
        "intermediate",
    ]
    .into_iter()
    .find(|word| case.says(&[word]));
    if let Some(word) = word {
        return Found::likely("the message", &format!("speaks of {word}"), "the whole chain in x5c");
    }
    let trusted = case.app()?.json.get("trustedCertificateSubjects")?.as_array()?;
    let has_chain = assertion(case)?.header.contains_key("x5c");
    if trusted.is_empty() || has_chain {
        return None;
    }
    Found::likely(
        "x5c of the client assertion",
        "absent",
        "the certificate and its issuers, as trust goes by subject",
    )
}
