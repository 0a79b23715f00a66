//! What a single value says: codes in words, times as dates, well-known ids by name. The meaning of the claim itself
//! stands in [`super::claims`].

use serde_json::Value;

use super::{
    known,
    moment::{Moment, Written},
    remarks::quote,
};
use crate::time::{self, UnixTime};

/// Claims that hold a point in time.
const TIMES: &[&str] = &["exp", "nbf", "iat", "auth_time", "xms_tcdt", "xms_pftexp"];

/// Ways of proving oneself (`amr`; RFC 8176 §2 and Entra's own).
const METHODS: &[(&str, &str)] = &[
    ("pwd", "password"),
    ("rsa", "certificate or key, such as the authenticator app"),
    ("otp", "one-time code"),
    ("fed", "another identity provider"),
    ("wia", "the Windows session"),
    ("mfa", "several factors"),
    ("ngcmfa", "several factors, when a passwordless credential was set up"),
    ("wiaormfa", "the Windows session or several factors"),
    ("none", "nothing"),
    ("fido", "security key or passkey"),
    ("hwk", "key in hardware"),
    ("swk", "key in software"),
    ("sms", "text message"),
    ("tel", "phone call"),
    ("pin", "PIN"),
];

/// What `value` says as the value of the claim or header member `name`; `None` where it speaks for itself.
///
/// The text is safe to print.
pub fn explain_value(name: &str, value: &Value, now: UnixTime) -> Option<String> {
    if TIMES.contains(&name) {
        return Some(explain_time(value, now));
    }
    let text = value.as_str();
    match name {
        "azpacr" | "appidacr" => Some(
            match text? {
                "0" => "public client: no proof of identity",
                "1" => "confidential client: a secret",
                "2" => "confidential client: a certificate or signed assertion",
                _ => return None,
            }
            .to_owned(),
        ),
        "ver" => Some(
            match text? {
                "1.0" => "the older form: issuer at sts.windows.net, appid, unique_name",
                "2.0" => "the newer form: issuer ends in /v2.0, azp, preferred_username",
                _ => return None,
            }
            .to_owned(),
        ),
        "idtyp" => Some(
            match text? {
                "app" => "app-only: no user takes part",
                "user" => "a client acts for a user",
                "device" => "the token of a device",
                _ => return None,
            }
            .to_owned(),
        ),
        "acr" => Some(
            match text? {
                "0" => "does not reach the level that ISO/IEC 29115 asks for",
                "1" => "an ordinary sign-in",
                _ => return None,
            }
            .to_owned(),
        ),
        "amr" => explain_methods(value),
        "aud" => text.and_then(known::resource).map(str::to_owned),
        "azp" | "appid" | "client_id" => known::client(text?).map(|name| format!("{name}, an application of Microsoft's")),
        "tid" | "utid" => personal_tenant(text?).then(|| "the tenant that all personal accounts share".to_owned()),
        "oid" => text?
            .starts_with(known::PERSONAL_OBJECT)
            .then(|| "the form that object ids of personal accounts have".to_owned()),
        "iss" => explain_issuer(text?),
        "idp" => Some(match text? {
            "live.com" | "https://login.live.com" => "home is a personal Microsoft account".to_owned(),
            "google.com" => "home is Google".to_owned(),
            "mail" => "home is an e-mail address that got a one-time code".to_owned(),
            idp if known::issuer_host(idp) == "sts.windows.net" => "home is the Entra tenant named in it".to_owned(),
            _ => return None,
        }),
        "acct" => match (value.as_i64(), text) {
            (Some(0), _) | (_, Some("0")) => Some("member of the tenant".to_owned()),
            (Some(1), _) | (_, Some("1")) => Some("guest in the tenant".to_owned()),
            _ => None,
        },
        "xms_cc" => value
            .as_array()?
            .iter()
            .any(|one| one.as_str().is_some_and(|one| one.eq_ignore_ascii_case("cp1")))
            .then(|| "cp1: the client understands claims challenges".to_owned()),
        "scp" | "scope" => {
            let count = text?.split_ascii_whitespace().count();
            Some(if count == 1 { "one scope".to_owned() } else { format!("{count} scopes") })
        }
        "roles" | "groups" => {
            let count = value.as_array()?.len();
            Some(if count == 1 { "one".to_owned() } else { format!("{count} of them") })
        }
        "wids" => explain_directory_roles(value),
        "hasgroups" => {
            (*value == Value::Bool(true) || text == Some("true")).then(|| "yes, too many to list; ask Graph".to_owned())
        }
        "pwd_exp" => {
            let seconds = value.as_u64().or_else(|| text?.parse().ok())?;
            let span = time::span(std::time::Duration::from_secs(seconds));
            Some(format!("the password runs out {span} after iat"))
        }
        "alg" => explain_algorithm(text?).map(str::to_owned),
        "typ" => match text?.to_ascii_lowercase().as_str() {
            "jwt" => Some("a JSON Web Token; says nothing of its use".to_owned()),
            "at+jwt" | "application/at+jwt" => Some("an access token by RFC 9068".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

fn explain_time(value: &Value, now: UnixTime) -> String {
    match Moment::read(value) {
        Moment::At(time, written) => {
            let odd = match written {
                Written::Number => "",
                Written::Fraction => " (written with a fraction)",
                Written::Text => " (written as text)",
            };
            format!("{time}, {}{odd}", time::relative(time, now))
        }
        Moment::Milliseconds(time) => format!("not a time in seconds; as milliseconds {time}, {}", time::relative(time, now)),
        Moment::OutOfRange => "beyond what calendars hold".to_owned(),
        Moment::NotANumber => "not a time".to_owned(),
    }
}

fn explain_methods(value: &Value) -> Option<String> {
    let one = |method: &str| match METHODS.iter().find(|(known, _)| *known == method) {
        Some((known, meaning)) => format!("{known}: {meaning}"),
        None => quote(method),
    };
    let methods: Vec<_> = match value {
        Value::Array(methods) => methods.iter().filter_map(Value::as_str).take(8).map(one).collect(),
        Value::String(method) => vec![one(method)],
        _ => return None,
    };
    (!methods.is_empty()).then(|| methods.join("; "))
}

fn explain_directory_roles(value: &Value) -> Option<String> {
    let named: Vec<_> = value.as_array()?.iter().filter_map(|id| known::directory_role(id.as_str()?)).take(4).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

fn explain_issuer(issuer: &str) -> Option<String> {
    if let Some(kind) = known::other_issuer(issuer) {
        return Some(kind.to_owned());
    }
    if issuer.split('/').any(personal_tenant) {
        return Some("personal Microsoft accounts".to_owned());
    }
    let named = issuer.split('/').any(known::is_guid);
    match (named, issuer.ends_with("/v2.0")) {
        (true, true) => Some("an Entra tenant, form of version 2.0".to_owned()),
        (true, false) if known::issuer_host(issuer).starts_with("sts.") => {
            Some("an Entra tenant, form of version 1.0".to_owned())
        }
        _ => None,
    }
}

fn personal_tenant(id: &str) -> bool {
    id.eq_ignore_ascii_case(known::PERSONAL_TENANT)
}

fn explain_algorithm(name: &str) -> Option<&'static str> {
    Some(match name {
        "RS256" => "RSA with SHA-256; what Entra signs with",
        "RS384" | "RS512" => "RSA (PKCS #1 v1.5)",
        "PS256" | "PS384" | "PS512" => "RSA-PSS",
        "ES256" | "ES384" | "ES512" => "elliptic curve (ECDSA)",
        "EdDSA" | "Ed25519" => "Edwards curve",
        "HS256" | "HS384" | "HS512" => "shared secret (HMAC); never from Entra",
        name if name.eq_ignore_ascii_case("none") => "no signature at all",
        _ => return None,
    })
}
