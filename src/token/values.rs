//! What a single value says: codes in words, times as dates, well-known ids by name. The meaning of the claim itself
//! stands in [`super::claims`].

use serde_json::Value;

use super::{
    Decoded, TokenKind, kind_of, known,
    moment::{self, Moment, Written},
    permissions,
    remarks::quote,
};
use crate::time::{self, UnixTime};

/// Claims that hold a point in time.
const TIMES: &[&str] = &["exp", "nbf", "iat", "auth_time", "updated_at", "xms_tcdt", "xms_pftexp"];

/// Members of SAML that hold one.
const SAML_TIMES: &[&str] = &["NotBefore", "NotOnOrAfter", "IssueInstant", "AuthnInstant"];

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
    if SAML_TIMES.contains(&name) {
        return moment::read_rfc3339(value).map(|time| time::relative(time, now));
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
        "azp" | "appid" | "client_id" => {
            known::client(text?).map(|name| format!("{name}, an application of Microsoft's"))
        }
        "tid" | "utid" => {
            personal_tenant(text?).then(|| "the tenant that all personal accounts share".to_owned())
        }
        "oid" => text?
            .starts_with(known::PERSONAL_OBJECT)
            .then(|| "the form that object ids of personal accounts have".to_owned()),
        "iss" => explain_issuer(text?),
        "idp" => Some(match text? {
            "live.com" | "https://login.live.com" => "home is a personal Microsoft account".to_owned(),
            "google.com" => "home is Google".to_owned(),
            "mail" => "home is an e-mail address that got a one-time code".to_owned(),
            idp if known::issuer_host(idp) == "sts.windows.net" => {
                "home is the Entra tenant named in it".to_owned()
            }
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
        "hasgroups" => (*value == Value::Bool(true) || text == Some("true"))
            .then(|| "yes, too many to list; ask Graph".to_owned()),
        "_claim_names" => {
            value.get("groups").map(|_| "the groups did not fit; ask Graph for them".to_owned())
        }
        "xms_edov" => Some(
            if *value == true || *value == 1 || matches!(text, Some("true" | "1")) {
                "yes, the domain of the address is verified"
            } else if *value == false || *value == 0 || matches!(text, Some("false" | "0")) {
                "no, the address proves nothing"
            } else {
                return None;
            }
            .to_owned(),
        ),
        "tenant_region_scope" => Some(
            match text? {
                "NA" => "North America",
                "EU" => "Europe",
                "AS" => "Asia and the Pacific",
                "WW" => "everywhere",
                _ => return None,
            }
            .to_owned(),
        ),
        "acrs" | "signin_state" => {
            let few = value.as_array()?.iter().filter_map(Value::as_str).take(8);
            let said: Vec<_> = few.filter_map(|one| item(name, one)).collect();
            (!said.is_empty()).then(|| said.join("; "))
        }
        "StatusCode" => {
            let last = value.as_array().map_or(Some(value), |all| all.last())?.as_str()?;
            let words = last.rsplit(':').next()?;
            (words != last).then(|| quote(words))
        }
        "SignatureMethod" => {
            text?.ends_with("sha1").then(|| "SHA-1, which should no longer be accepted".to_owned())
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
            "dpop+jwt" => Some("a proof of possession for one request (RFC 9449)".to_owned()),
            "logout+jwt" => Some("tells an application that a session ended".to_owned()),
            "pop" => Some("an access token wrapped in a proof of possession".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// One entry of a claim that holds several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The entry, as it stands in the token: from outside.
    pub text: String,
    /// What it says; `None` where it speaks for itself or is not known. Safe to print.
    pub says: Option<String>,
}

/// The entries of a claim that holds several, each with what it says: scopes and roles with what they allow, directory
/// roles by name, methods in words. Empty for a claim that does not hold several. Long lists are given whole.
pub fn items(token: &Decoded, name: &str) -> Vec<Item> {
    let Some(value) = token.claims.get(name) else { return Vec::new() };
    let entries: Vec<&str> = match (name, value) {
        ("scp" | "scope", Value::String(text)) => text.split_ascii_whitespace().collect(),
        (_, Value::Array(all)) if all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect()
        }
        _ => return Vec::new(),
    };
    let kind = kind_of(token).kind;
    let graph = matches!(kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly);
    let says = |entry: &str| match name {
        // Other APIs may mean something else by the same name, but not by those of OpenID Connect.
        "scp" | "scope" | "roles" if graph || !entry.contains(['.', ':']) => {
            permissions::allows(entry, kind.is_app_only())
        }
        _ => item(name, entry),
    };
    entries.into_iter().map(|entry| Item { text: entry.to_owned(), says: says(entry) }).collect()
}

/// What one entry of a claim with several says.
fn item(name: &str, entry: &str) -> Option<String> {
    let words = match name {
        "amr" => METHODS.iter().find(|(known, _)| *known == entry)?.1,
        "wids" => permissions::directory_role(entry)?,
        "aud" => known::resource(entry)?,
        "xms_cc" if entry.eq_ignore_ascii_case("cp1") => "understands claims challenges",
        "acrs" => {
            let number =
                entry.strip_prefix('c')?.parse::<u8>().ok().filter(|number| (1..=99).contains(number))?;
            return Some(format!("authentication context {number} is met"));
        }
        "signin_state" => match entry {
            "kmsi" => "stays signed in",
            "dvc_mngd" => "managed device",
            "dvc_cmp" => "compliant device",
            "dvc_dmjd" => "domain-joined device",
            "inknownntwk" => "known network",
            _ => return None,
        },
        _ => return None,
    };
    Some(words.to_owned())
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
        Moment::Milliseconds(time) => {
            format!("not a time in seconds; as milliseconds {time}, {}", time::relative(time, now))
        }
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
    let named: Vec<_> =
        value.as_array()?.iter().filter_map(|id| permissions::directory_role(id.as_str()?)).take(4).collect();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_772_615_727);

    #[test]
    fn times_are_given_absolutely_and_relatively() {
        let check = |value: Value, text: &str| assert_eq!(explain_value("exp", &value, NOW).unwrap(), text);
        check(json!(1_772_615_727 + 60), "2026-03-04 09:16:27Z, in 1:00 min");
        check(json!("1772615722"), "2026-03-04 09:15:22Z, 5 s ago (written as text)");
        check(
            json!(1_772_615_727_000_i64),
            "not a time in seconds; as milliseconds 2026-03-04 09:15:27Z, now",
        );
        check(json!(i64::MIN), "beyond what calendars hold");
        check(json!({}), "not a time");
    }

    #[test]
    fn codes_and_ids_are_put_in_words() {
        let check = |name: &str, value: Value, part: &str| {
            let text = explain_value(name, &value, NOW).unwrap_or_default();
            assert!(text.contains(part), "{name} {value}: {text}");
        };
        check("azpacr", json!("0"), "public client");
        check("appidacr", json!("2"), "certificate");
        check("ver", json!("2.0"), "/v2.0");
        check("idtyp", json!("app"), "no user");
        check("amr", json!(["pwd", "mfa"]), "pwd: password; mfa: several factors");
        check("amr", json!(["new\u{1b}"]), "new␛");
        check("aud", json!("00000003-0000-0000-c000-000000000000"), "Microsoft Graph");
        check("appid", json!("04b07795-8ddb-461a-bbee-02f9e1bf7b46"), "Azure CLI");
        check("tid", json!("9188040d-6c67-4c5b-b112-36a304b66dad"), "personal");
        check(
            "iss",
            json!("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
            "personal",
        );
        check("iss", json!("https://sts.windows.net/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/"), "1.0");
        check("oid", json!("00000000-0000-0000-1234-123456789012"), "personal");
        check("idp", json!("live.com"), "personal");
        check("acct", json!(1), "guest");
        check("xms_cc", json!(["cp1"]), "challenges");
        check("scp", json!("a b  c"), "3 scopes");
        check("wids", json!(["62e90394-69f5-4237-9190-012177145e10"]), "Global Administrator");
        check("hasgroups", json!(true), "too many");
        check("xms_edov", json!(1), "verified");
        check("xms_edov", json!("false"), "proves nothing");
        check("acrs", json!(["c1", "x"]), "authentication context 1");
        check("tenant_region_scope", json!("EU"), "Europe");
        check("NotOnOrAfter", json!("2026-03-04T09:15:22Z"), "5 s ago");
        check("StatusCode", json!(["urn:oasis:names:tc:SAML:2.0:status:Success"]), "Success");
        check("pwd_exp", json!("86400"), "24 h");
        check("alg", json!("nOnE"), "no signature");
    }

    #[test]
    fn entries_are_explained_one_by_one() {
        let says = |claims: Value, name: &str| -> Vec<Option<String>> {
            let encode = |value: Value| super::super::signed::encode(value.to_string());
            let token =
                super::super::decode(&format!("{}.{}.", encode(json!({"alg": "none"})), encode(claims)));
            items(&token, name).into_iter().map(|item| item.says).collect()
        };
        let some = |text: &str| Some(text.to_owned());
        let graph = "https://graph.microsoft.com";
        assert_eq!(
            says(json!({"aud": graph, "scp": "openid Mail.Read Items.Read"}), "scp"),
            [some("sign the person in"), some("read the person's own mail"), None]
        );
        assert_eq!(
            says(json!({"aud": graph, "idtyp": "app", "roles": ["User.Read.All"]}), "roles"),
            [some("read all users")]
        );
        // The same names mean nothing certain elsewhere.
        assert_eq!(says(json!({"aud": "api://x", "scp": "Mail.Read"}), "scp"), [None]);
        assert_eq!(
            says(json!({"wids": ["88d8e3e3-8f55-4a1e-953a-9b9898b8876b"]}), "wids"),
            [some("Directory Readers")]
        );
        assert_eq!(
            says(json!({"acrs": ["c2", "c100"]}), "acrs"),
            [some("authentication context 2 is met"), None]
        );
        assert_eq!(says(json!({"amr": ["fido"]}), "amr"), [some("security key or passkey")]);
        assert!(says(json!({"amr": [1]}), "amr").is_empty() && says(json!({}), "amr").is_empty());
    }

    #[test]
    fn what_speaks_for_itself_or_has_the_wrong_type_gets_no_words() {
        let names = super::super::claims::CLAIMS
            .iter()
            .map(|meaning| meaning.name)
            .filter(|name| !TIMES.contains(name));
        for name in names {
            for value in [json!(null), json!({}), json!("?"), json!(-7)] {
                let text = explain_value(name, &value, NOW);
                assert!(
                    text.is_none() || matches!(name, "amr" | "scp" | "scope"),
                    "{name} {value}: {text:?}"
                );
            }
        }
        assert_eq!(explain_value("aud", &json!("https://graph.microsoft.com.evil.example"), NOW), None);
    }
}
