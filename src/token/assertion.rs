//! A client assertion, looked at before it is sent or after it was refused: what a client says of itself to the token
//! endpoint (RFC 7523 §3; reference §4.5). [`judge`] gives one light for each demand; whether the signature fits a certificate
//! is the business of [`super::thumbprint`].

use serde_json::Value;
use url::Url;

use super::{Decoded, known, remarks::quote};
use crate::{
    finding::{Finding, Severity},
    time::{self, UnixTime},
};

/// What is known beside the assertion; what is absent is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The client that it should be about.
    pub client_id: Option<String>,
    /// The token endpoint that it goes to.
    pub token_endpoint: Option<String>,
}

/// Longer than this is unwise, in seconds (reference §4.5 advises ten minutes).
const LONG: i64 = 600;

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 300;

/// Every light, in the order in which an assertion is read.
///
/// The ids are `assertion.algorithm`, `assertion.key_name`, `assertion.parties`, `assertion.audience`,
/// `assertion.lifetime`, `assertion.begins` and `assertion.jti`.
pub fn judge(token: &Decoded, expected: &Expected, now: UnixTime) -> Vec<Finding> {
    let (key, extra) = key_name(token);
    let mut findings = vec![algorithm(token), key];
    findings.extend(extra);
    findings.extend([parties(token, expected), audience(token, expected)]);
    findings.extend([lifetime(token, now)]);
    findings.extend(begins(token, now));
    findings.push(jti(token));
    findings
}

const ENTRA: &str = "Entra certificate credentials";

fn finding(id: &'static str, severity: Severity, title: impl Into<String>, source: &'static str) -> Finding {
    Finding { id, severity, title: title.into(), source }
}

fn in_header<'a>(token: &'a Decoded, name: &str) -> Option<&'a str> {
    token.header.get(name).and_then(Value::as_str)
}

fn algorithm(token: &Decoded) -> Finding {
    let says = |severity, title: String| finding("assertion.algorithm", severity, title, ENTRA);
    match in_header(token, "alg") {
        Some("PS256") => says(Severity::Passed, "PS256: what Entra recommends today.".to_owned()),
        Some("RS256") => {
            says(Severity::Passed, "RS256: the older form, which Entra takes as well.".to_owned())
        }
        Some(alg @ ("HS256" | "HS384" | "HS512")) => says(
            Severity::Error,
            format!(
                "{alg}: signed with a shared secret (client_secret_jwt). Entra takes a secret as it is, and assertions signed with a certificate."
            ),
        ),
        Some(alg @ ("ES256" | "ES384" | "ES512" | "EdDSA" | "RS384" | "RS512" | "PS384" | "PS512")) => says(
            Severity::Error,
            format!("{alg}: Entra takes PS256 and RS256 only; other providers may take it."),
        ),
        Some(alg) => says(
            Severity::Error,
            format!("alg is {}: no signature that a token endpoint accepts.", quote(alg)),
        ),
        None => says(Severity::Error, "There is no alg.".to_owned()),
    }
}

/// By what the key is named, and what is odd about it.
fn key_name(token: &Decoded) -> (Finding, Option<Finding>) {
    let says =
        |severity, title: String| finding("assertion.key_name", severity, title, "RFC 7515 §4.1.7, §4.1.8");
    let length = |name: &str| in_header(token, name).map(|text| (text, super::part::read(text)));
    let judge = |name: &str, bytes: usize, hash: &str| {
        let (text, read) = length(name)?;
        let problem = if text.len() == bytes * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Some("is hexadecimal; base64url of the bytes belongs there".to_owned())
        } else if read.bytes.len() == bytes * 2 && read.bytes.iter().all(u8::is_ascii_hexdigit) {
            Some("is the hexadecimal text in base64url; the bytes belong there".to_owned())
        } else if read.stray.is_some() {
            Some("is not base64url".to_owned())
        } else if read.bytes.len() != bytes {
            let other = match (read.bytes.len(), bytes) {
                (32, 20) => ": that is the length of a SHA-256, which belongs in x5t#S256",
                (20, 32) => ": that is the length of a SHA-1, which belongs in x5t",
                _ => "",
            };
            Some(format!("has {} bytes, and a {hash} has {bytes}{other}", read.bytes.len()))
        } else {
            None
        };
        Some(match problem {
            Some(problem) => says(Severity::Error, format!("{name} {problem}. AADSTS700027 follows.")),
            None if read.padded => says(
                Severity::Warning,
                format!(
                    "{name} names the certificate by its {hash}. The = at the end is too much; Entra forgives it."
                ),
            ),
            None => says(
                Severity::Passed,
                format!("{name} names the certificate by its {hash}, in the form that belongs there."),
            ),
        })
    };
    let (new, old) = (judge("x5t#S256", 32, "SHA-256"), judge("x5t", 20, "SHA-1"));
    let chain = token.header.get("x5c").map(|chain| {
        let form = if chain.is_array() { "a list" } else { "one text, as MSAL.NET writes it; the RFC has a list" };
        let title = format!("x5c brings the certificate along ({form}). Only registrations that trust a subject name look at it.");
        finding("assertion.key_name", Severity::Info, title, "RFC 7515 §4.1.6")
    });
    match (new, old) {
        (Some(new), Some(old)) if old.severity > new.severity => (old, Some(new)),
        (Some(new), old) => (new, old.or(chain)),
        (None, Some(old)) => (old, chain),
        (None, None) => {
            let named = in_header(token, "kid");
            let title = match named {
                Some(kid) => format!(
                    "Only kid ({}) names the key. Providers with a key set want that; Entra wants x5t or x5t#S256 (AADSTS50027).",
                    quote(kid)
                ),
                None => "Nothing names the key: Entra wants x5t#S256 or x5t (AADSTS50027).".to_owned(),
            };
            (says(if named.is_some() { Severity::Warning } else { Severity::Error }, title), chain)
        }
    }
}

fn parties(token: &Decoded, expected: &Expected) -> Finding {
    let says = |severity, title: String| finding("assertion.parties", severity, title, "RFC 7523 §3");
    match (token.text("iss"), token.text("sub"), &expected.client_id) {
        (None, _, _) => says(Severity::Error, "There is no iss; it must be the client id.".to_owned()),
        (_, None, _) => says(Severity::Error, "There is no sub; it must be the client id.".to_owned()),
        (Some(issuer), Some(subject), _) if issuer != subject => says(
            Severity::Error,
            format!("iss is {} and sub is {}; both must be the client id.", quote(issuer), quote(subject)),
        ),
        (Some(issuer), _, Some(client)) if issuer != client => says(
            Severity::Error,
            format!("iss and sub are {}; the client is {}.", quote(issuer), quote(client)),
        ),
        (Some(issuer), _, Some(_)) => {
            says(Severity::Passed, format!("iss and sub are the client, {}.", quote(issuer)))
        }
        (Some(issuer), _, None) if known::is_guid(issuer) => {
            says(Severity::Passed, format!("iss and sub are the same client id, {issuer}."))
        }
        (Some(issuer), _, None) => says(
            Severity::Passed,
            format!(
                "iss and sub are both {}. Entra's client ids are GUIDs; other providers have other names.",
                quote(issuer)
            ),
        ),
    }
}

fn audience(token: &Decoded, expected: &Expected) -> Finding {
    let says = |severity, title: String| finding("assertion.audience", severity, title, "RFC 7523 §3");
    let audience = match token.claims.get("aud") {
        Some(Value::String(one)) => one.as_str(),
        Some(Value::Array(all)) => match all.as_slice() {
            [Value::String(one)] => one.as_str(),
            _ => {
                return says(
                    Severity::Warning,
                    "aud holds several values; one token endpoint belongs there.".to_owned(),
                );
            }
        },
        _ => return says(Severity::Error, "There is no aud; it must be the token endpoint.".to_owned()),
    };
    if let Some(endpoint) = &expected.token_endpoint {
        return if audience == endpoint {
            says(Severity::Passed, format!("aud is the token endpoint, {}.", quote(audience)))
        } else {
            says(
                Severity::Error,
                format!("aud is {}; the token endpoint is {}.", quote(audience), quote(endpoint)),
            )
        };
    }
    let Ok(url) = audience.parse::<Url>() else {
        return says(
            Severity::Error,
            format!("aud is {}, which is no address; it must be the token endpoint.", quote(audience)),
        );
    };
    let path = url.path().trim_end_matches('/');
    let segment = url.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_entra = url.host_str().is_some_and(known::is_entra_host);
    if path.ends_with("/oauth2/v2.0/token") || path.ends_with("/oauth2/token") && is_entra {
        if matches!(segment, "common" | "organizations" | "consumers") {
            return says(
                Severity::Warning,
                format!(
                    "aud is a token endpoint of no tenant ({segment}); an assertion belongs to one tenant."
                ),
            );
        }
        return says(
            Severity::Passed,
            format!("aud has the form of Entra's token endpoint: {}.", quote(audience)),
        );
    }
    if is_entra {
        let title = if path.ends_with("/v2.0") {
            format!("aud is the issuer, {}. The documentation asks for the token endpoint.", quote(audience))
        } else {
            format!(
                "aud is {}, no token endpoint of Entra's: that ends in /oauth2/v2.0/token.",
                quote(audience)
            )
        };
        let severity = if path.ends_with("/v2.0") { Severity::Warning } else { Severity::Error };
        return says(severity, title);
    }
    says(
        Severity::Info,
        format!(
            "aud is {}. Whether that is the token endpoint (or the issuer) is not known here.",
            quote(audience)
        ),
    )
}

fn lifetime(token: &Decoded, now: UnixTime) -> Finding {
    let says = |severity, title: String| finding("assertion.lifetime", severity, title, "RFC 7523 §3");
    let Some(end) = token.time("exp") else {
        return says(Severity::Error, "There is no exp that can be read; an assertion must end.".to_owned());
    };
    if end.seconds() + LEEWAY <= now.seconds() {
        return says(
            Severity::Error,
            format!(
                "It ended {} ({end}). Each request wants a fresh one (AADSTS700024).",
                time::relative(end, now)
            ),
        );
    }
    let Some(start) = token.time("iat").or_else(|| token.time("nbf")) else {
        return says(
            Severity::Info,
            format!(
                "It ends {} ({end}); how long it lives cannot be told without iat or nbf.",
                time::relative(end, now)
            ),
        );
    };
    let life = end.seconds() - start.seconds();
    let span = time::span(std::time::Duration::from_secs(u64::try_from(life).unwrap_or(0)));
    if life <= 0 {
        says(Severity::Error, "It ends before it begins.".to_owned())
    } else if life > LONG {
        says(
            Severity::Warning,
            format!("It lives {span}. Ten minutes are enough, and whoever finds it can use it until then."),
        )
    } else {
        says(Severity::Passed, format!("It lives {span} and ends {}.", time::relative(end, now)))
    }
}

fn begins(token: &Decoded, now: UnixTime) -> Option<Finding> {
    let (name, start) = ["nbf", "iat"].into_iter().find_map(|name| Some((name, token.time(name)?)))?;
    let ahead = start.seconds() - now.seconds();
    (ahead > 0).then(|| {
        let severity = if ahead > LEEWAY { Severity::Error } else { Severity::Warning };
        let title = format!(
            "It begins {} ({name}): one of the clocks is wrong (AADSTS700024).",
            time::relative(start, now)
        );
        finding("assertion.begins", severity, title, "RFC 7519 §4.1.5")
    })
}

fn jti(token: &Decoded) -> Finding {
    let says = |severity, title: &str| finding("assertion.jti", severity, title, "RFC 7519 §4.1.7");
    match token.claims.get("jti") {
        None => says(
            Severity::Warning,
            "There is no jti: nobody can tell a repeated assertion from a new one. Entra does not insist, others do.",
        ),
        Some(Value::String(id)) if id.len() >= 16 => {
            says(Severity::Passed, "jti is there, so that it can be used once only.")
        }
        Some(Value::String(_)) => {
            says(Severity::Warning, "jti is short: it must be fresh each time, such as a random GUID.")
        }
        Some(_) => says(Severity::Error, "jti is not text."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::{
        TokenKind, decode, kind_of,
        signed::{CLIENT, ISSUED, TENANT, encode, sign, with},
    };

    const NOW: UnixTime = UnixTime::from_seconds(ISSUED + 30);

    fn header() -> Value {
        json!({"typ": "JWT", "alg": "PS256", "x5t#S256": encode([7; 32])})
    }

    fn claims() -> Value {
        json!({
            "aud": format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"), "iss": CLIENT, "sub": CLIENT,
            "jti": "0b7c2f6e-52a3-4f6e-9b18-0c2f7a6d3e55", "nbf": ISSUED, "iat": ISSUED, "exp": ISSUED + 300,
        })
    }

    fn judged(header: &Value, claims: &Value, expected: &Expected) -> Vec<Finding> {
        judge(&decode(&sign(header, claims)), expected, NOW)
    }

    #[test]
    fn a_good_one_is_recognised_and_passes_everything() {
        let token = decode(&sign(&header(), &claims()));
        assert_eq!(kind_of(&token).kind, TokenKind::ClientAssertion);
        let expected = Expected {
            client_id: Some(CLIENT.to_owned()),
            token_endpoint: claims()["aud"].as_str().map(str::to_owned),
        };
        for expected in [Expected::default(), expected] {
            let findings = judge(&token, &expected, NOW);
            assert!(findings.iter().all(|one| one.severity == Severity::Passed), "{findings:?}");
            assert_eq!(findings.len(), 6);
        }
    }

    #[test]
    fn what_libraries_send_is_taken() {
        // MSAL.NET: times as text, x5c as one text; MSAL Python: fractions, padding, no nbf.
        let net = with(
            &claims(),
            &json!({"nbf": ISSUED.to_string(), "exp": (ISSUED + 600).to_string(), "iat": null}),
        );
        let python = with(&claims(), &json!({"nbf": null, "iat": 1_772_615_427.25, "exp": 1_772_616_027.25}));
        for (header, claims) in [
            (with(&header(), &json!({"x5c": "MIIC"})), net),
            (with(&header(), &json!({"x5t#S256": format!("{}=", encode([7; 32]))})), python),
        ] {
            let findings = judged(&header, &claims, &Expected::default());
            assert!(findings.iter().all(|one| one.severity < Severity::Error), "{findings:?}");
        }
    }

    #[test]
    fn each_fault_turns_its_own_light_red() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let h = |changes: Value| (with(&header(), &changes), claims());
        let c = |changes: Value| (header(), with(&claims(), &changes));
        for ((header, claims), id, word) in [
            (h(json!({"alg": "HS256"})), "assertion.algorithm", "shared secret"),
            (h(json!({"alg": "ES256"})), "assertion.algorithm", "only"),
            (h(json!({"alg": "none"})), "assertion.algorithm", "no signature"),
            (h(json!({"x5t#S256": null})), "assertion.key_name", "50027"),
            (h(json!({"x5t#S256": null, "x5t": hex})), "assertion.key_name", "hexadecimal"),
            (h(json!({"x5t#S256": null, "x5t": encode(hex)})), "assertion.key_name", "hexadecimal text"),
            (
                h(json!({"x5t#S256": null, "x5t": encode([7; 32])})),
                "assertion.key_name",
                "belongs in x5t#S256",
            ),
            (h(json!({"x5t#S256": encode([7; 20])})), "assertion.key_name", "belongs in x5t"),
            (c(json!({"sub": "other"})), "assertion.parties", "both"),
            (c(json!({"iss": null})), "assertion.parties", "no iss"),
            (
                c(json!({"aud": "https://login.microsoftonline.com/x"})),
                "assertion.audience",
                "oauth2/v2.0/token",
            ),
            (c(json!({"aud": "app"})), "assertion.audience", "no address"),
            (c(json!({"aud": null})), "assertion.audience", "no aud"),
            (c(json!({"exp": ISSUED - 3600})), "assertion.lifetime", "ended"),
            (c(json!({"exp": null})), "assertion.lifetime", "no exp"),
            (c(json!({"nbf": ISSUED + 3600, "exp": ISSUED + 9000})), "assertion.begins", "clocks"),
            (c(json!({"jti": 5})), "assertion.jti", "not text"),
        ] {
            let findings = judged(&header, &claims, &Expected::default());
            let red: Vec<_> = findings.iter().filter(|one| one.severity == Severity::Error).collect();
            assert!(red.len() == 1 && red[0].id == id && red[0].title.contains(word), "{id} {word}: {red:?}");
        }
    }

    #[test]
    fn what_is_known_beside_it_is_compared() {
        let expected = Expected {
            client_id: Some("another".to_owned()),
            token_endpoint: Some("https://login.example/token".to_owned()),
        };
        let findings = judged(&header(), &claims(), &expected);
        let red: Vec<_> =
            findings.iter().filter(|one| one.severity == Severity::Error).map(|one| one.id).collect();
        assert_eq!(red, ["assertion.parties", "assertion.audience"]);
    }

    #[test]
    fn unwise_is_not_wrong() {
        for (changes, id) in [
            (json!({"exp": ISSUED + 86_400}), "assertion.lifetime"),
            (
                json!({"aud": "https://login.microsoftonline.com/common/oauth2/v2.0/token"}),
                "assertion.audience",
            ),
            (json!({"jti": null}), "assertion.jti"),
        ] {
            let findings = judged(&header(), &with(&claims(), &changes), &Expected::default());
            let warned: Vec<_> = findings.iter().filter(|one| one.severity == Severity::Warning).collect();
            assert!(warned.len() == 1 && warned[0].id == id, "{findings:?}");
        }
    }

    #[test]
    fn a_workload_is_recognised_and_a_persons_token_is_neither() {
        let github = json!({
            "iss": "https://token.actions.githubusercontent.com", "sub": "repo:o/r:ref:refs/heads/main",
            "aud": "api://AzureADTokenExchange", "exp": ISSUED + 300,
        });
        let kind = |claims: &Value| kind_of(&decode(&sign(&header(), claims))).kind;
        assert_eq!(kind(&github), TokenKind::WorkloadAssertion);
        assert_eq!(kind(&with(&github, &json!({"iss": "https://ci.example"}))), TokenKind::WorkloadAssertion);
        assert_eq!(
            kind(&with(&github, &json!({"iss": "https://ci.example", "aud": "https://x"}))),
            TokenKind::Unknown
        );
        // A self-issued ID token names itself too, and has a nonce.
        assert_eq!(kind(&with(&claims(), &json!({"nonce": "n"}))), TokenKind::IdToken);
    }
}
