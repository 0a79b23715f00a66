//! The last step of every flow: fetch the keys, check what came.
//!
//! Two seats. The client sits before the ID token, and an error there means that nobody has signed in. The API sits
//! before the access token; we only look over its shoulder, so what is wrong there is told and ends nothing.

mod agreement;
mod asked;

use super::{Draft, Effect, Fact, NamedBend, Outcome, StepId, course::Course};
use crate::{
    finding::{Finding, Severity},
    oauth::{TokenSet, Trouble, discovery::Metadata, jwks::KeySet},
    secret::Secret,
    text::visible,
    time::UnixTime,
    token::{
        Decoded,
        checks::{self, Companion, Expected},
        decode,
    },
    wire::{Method, Response},
};

/// What the checks compare with.
#[derive(Clone, Debug)]
pub(super) struct Comparison<'a> {
    /// The provider.
    pub metadata: &'a Metadata,
    /// The client that asked, which must be the ID token's audience.
    pub client_id: &'a str,
    /// The nonce that was sent.
    pub nonce: Option<&'a str>,
}

/// What else is known where a person signed in through a browser.
#[derive(Clone, Debug, Default)]
pub(super) struct SignIn<'a> {
    /// Whether the tokens came through the browser too: then the ID token has to vouch for what came with it.
    pub through_browser: bool,
    /// The code that came with the ID token.
    pub code: Option<&'a Secret>,
    /// The ID token that came through the browser and was checked before.
    pub earlier: Option<&'a Secret>,
    /// When the person may have signed in at the earliest, where `max_age` was asked for.
    pub signed_in_since: Option<UnixTime>,
    /// The `claims` parameter that was sent.
    pub claims: Option<&'a str>,
}

/// The keys, or why there are none.
pub(super) type Keys = Result<KeySet, String>;

/// Why there are none where the metadata does not say where they are.
pub(super) const NO_ADDRESS: &str = "the metadata names no jwks_uri";

/// The request for the keys, if the metadata says where they are.
pub(super) fn draft(metadata: &Metadata, bends: &[NamedBend]) -> Option<Draft> {
    draft_of(StepId::Validate, metadata, bends)
}

/// The same as the request of another step.
pub(super) fn draft_of(step: StepId, metadata: &Metadata, bends: &[NamedBend]) -> Option<Draft> {
    let address = metadata.jwks_uri.as_ref()?;
    Some(Draft::new(Method::Get, address.as_str()).bent(step, bends))
}

/// Reads the keys. Whatever is wrong with them is a finding about the tokens that came, and no end of its own.
pub(super) fn read_keys(response: &Response) -> Keys {
    KeySet::read(response).map_err(|trouble| match trouble {
        Trouble::Refused(refusal) => format!("the authority refused with {}", visible(&refusal.error)),
        Trouble::Unreadable(failure) => failure.to_string(),
    })
}

/// Ends the run with what the checks say.
pub(super) fn finish(
    course: &mut Course,
    keys: &Keys,
    tokens: TokenSet,
    comparison: &Comparison<'_>,
    now: UnixTime,
) -> Vec<Effect> {
    let reason = check(course, StepId::Validate, keys, &tokens, comparison, &SignIn::default(), now);
    end(course, reason, tokens)
}

/// Ends the run: with the tokens, or with the reason not to believe them.
pub(super) fn end(course: &mut Course, reason: Option<String>, tokens: TokenSet) -> Vec<Effect> {
    if let Some(reason) = reason {
        return course.finish(Outcome::Rejected { reason, tokens: Some(tokens) });
    }
    course.settle(StepId::Validate);
    course.finish(Outcome::Tokens(tokens))
}

/// Writes down what the checks say in step `id`. Gives the first reason not to believe the tokens.
pub(super) fn check(
    course: &mut Course,
    id: StepId,
    keys: &Keys,
    tokens: &TokenSet,
    comparison: &Comparison<'_>,
    sign_in: &SignIn<'_>,
    now: UnixTime,
) -> Option<String> {
    let record = course.record_mut(id);
    let findings = judge(keys, tokens, comparison, sign_in, now);
    let first = findings.iter().find(|finding| finding.severity == Severity::Error);
    let reason = first.map(|finding| finding.title.clone());
    record.findings.extend(findings);
    if let Ok(keys) = keys {
        record.facts = facts(keys, comparison, tokens.id_token.is_some());
    }
    reason
}

fn facts(keys: &KeySet, comparison: &Comparison<'_>, has_id_token: bool) -> Vec<Fact> {
    let names: Vec<_> = keys.keys.iter().map(|key| key.kid.as_deref().unwrap_or("(without name)")).collect();
    let mut facts = vec![
        Fact::open("keys", names.join(" "), Fact::meaning_of("keys")),
        Fact::open(
            "iss",
            &comparison.metadata.issuer,
            "The issuer by the metadata: what `iss` is compared with.",
        ),
    ];
    if has_id_token {
        let meaning = "The audience that an ID token must name: this client.";
        facts.push(Fact::open("aud", comparison.client_id, meaning));
    }
    facts
}

fn judge(
    keys: &Keys,
    tokens: &TokenSet,
    comparison: &Comparison<'_>,
    sign_in: &SignIn<'_>,
    now: UnixTime,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let jwks = keys.as_ref().ok().map(|keys| keys.document.clone());
    if let Err(reason) = keys {
        findings.push(Finding {
            id: "keys.unavailable",
            // Without keys an ID token proves nothing; for an access token it is not us who must know.
            severity: if tokens.id_token.is_some() { Severity::Error } else { Severity::Warning },
            title: format!("No signature can be checked, for the keys did not come: {reason}."),
            source: "OpenID Connect Core §3.1.3.7",
        });
    }
    let issuers = vec![comparison.metadata.issuer.clone()];
    let companion =
        |secret: &Secret| Companion { secret: secret.clone(), is_vouched_for: sign_in.through_browser };
    if let Some(token) = &tokens.id_token {
        let expected = Expected {
            jwks: jwks.clone(),
            issuers: issuers.clone(),
            audiences: vec![comparison.client_id.to_owned()],
            nonce: comparison.nonce.map(str::to_owned),
            access_token: tokens.access_token.as_ref().map(companion),
            code: sign_in.code.map(companion),
            signed_in_since: sign_in.signed_in_since,
            ..Expected::default()
        };
        let mut of_the_client = look_at(token, &expected, now);
        of_the_client.extend(unproven(&of_the_client));
        findings.extend(named("ID token", of_the_client));
        if let Some(earlier) = sign_in.earlier {
            findings.extend(agreement::judge(&decode(earlier.expose()), &decode(token.expose())));
        }
    }
    if let Some(token) = &tokens.access_token {
        let expected = Expected { jwks, issuers, ..Expected::default() };
        let mut of_the_api = look_at(token, &expected, now);
        let old_issuer = old_issuer(&decode(token.expose()), &comparison.metadata.issuer);
        for finding in &mut of_the_api {
            finding.severity = finding.severity.min(Severity::Warning);
            if let Some(title) = old_issuer.as_ref().filter(|_| finding.id == "check.issuer") {
                (finding.severity, finding.title) = (Severity::Info, title.clone());
            }
        }
        findings.extend(named("Access token", of_the_api));
    }
    if let Some(claims) = sign_in.claims {
        let decoded = |token: &Option<Secret>| token.as_ref().map(|token| decode(token.expose()));
        findings.extend(asked::judge(claims, decoded(&tokens.id_token), decoded(&tokens.access_token)));
    }
    findings
}

/// What to say of the issuer of an access token of version 1.0. Which version it is, the API decides by its registration
/// (`requestedAccessTokenVersion`) and not the endpoint that was asked, so its older issuer is no fault as long as the tenant is ours.
fn old_issuer(token: &Decoded, issuer: &str) -> Option<String> {
    let member = |name: &str| token.claims.get(name).and_then(serde_json::Value::as_str);
    let (named, tenant) = (member("iss")?, member("tid")?);
    let is_of = |issuer: &str| issuer.split('/').any(|segment| segment.eq_ignore_ascii_case(tenant));
    (member("ver") == Some("1.0") && named != issuer && is_of(named) && is_of(issuer)).then(|| {
        format!(
            "iss is “{}”, the issuer of version 1.0 for the same tenant: this API takes tokens of that version, \
             whichever endpoint hands them out.",
            visible(named)
        )
    })
}

/// An ID token is believed because its signature was checked, not because nothing spoke against it: an opaque or
/// encrypted one has nothing that could be wrong.
fn unproven(findings: &[Finding]) -> Option<Finding> {
    let is_proven = findings
        .iter()
        .any(|finding| finding.id == "check.signature" && finding.severity == Severity::Passed);
    let is_refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    (!is_proven && !is_refused).then(|| Finding {
        id: "id_token.unproven",
        severity: Severity::Error,
        title: "No signature of it was found good, so it proves nothing.".to_owned(),
        source: "OpenID Connect Core §3.1.3.7",
    })
}

fn look_at(token: &Secret, expected: &Expected, now: UnixTime) -> Vec<Finding> {
    checks::judge(&decode(token.expose()), expected, now)
}

fn named(token: &str, findings: Vec<Finding>) -> impl Iterator<Item = Finding> {
    findings.into_iter().map(move |finding| {
        let title = format!("{token}: {}", finding.title);
        Finding { title, ..finding }
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        rsa::{KeyPair, KeySize},
        signature::{KeyPair as _, RSA_PKCS1_SHA256},
    };
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;
    use crate::flow::playbook::{self, START, json_answer};

    /// A key made for this test, and the set that publishes it.
    fn key() -> (KeyPair, Keys) {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        let public = pair.public_key();
        let big = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = json!({
            "kty": "RSA", "kid": "k1",
            "n": big(public.modulus().big_endian_without_leading_zero()),
            "e": big(public.exponent().big_endian_without_leading_zero())
        });
        (pair, Ok(keys(&json!({ "keys": [key] }))))
    }

    fn keys(document: &Value) -> KeySet {
        let crate::flow::Answer::Response(response) = json_answer(200, document) else { unreachable!() };
        KeySet::read(&response).expect("a key set")
    }

    fn token(pair: &KeyPair, claims: &Value) -> Secret {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message =
            format!("{}.{}", part(&json!({"alg": "RS256", "kid": "k1", "typ": "JWT"})), part(claims));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .expect("it can sign");
        Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn claims() -> Value {
        let now = START.seconds();
        json!({
            "iss": "http://localhost:4000/tid/v2.0", "aud": "app", "sub": "s", "nonce": "n",
            "iat": now - 10, "nbf": now - 10, "exp": now + 3600
        })
    }

    /// The errors found with an ID token and, in the API's seat, the warnings.
    fn errors(keys: &Keys, tokens: &TokenSet) -> Vec<&'static str> {
        let crate::flow::Answer::Response(response) = json_answer(200, &playbook::metadata()) else {
            unreachable!()
        };
        let metadata = Metadata::read(&response).expect("metadata");
        let comparison = Comparison { metadata: &metadata, client_id: "app", nonce: Some("n") };
        let findings = judge(keys, tokens, &comparison, &SignIn::default(), START);
        findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.id)
            .collect()
    }

    #[test]
    fn an_id_token_is_believed_only_if_everything_about_it_is_right() {
        let (pair, keys) = key();
        let check = |change: &dyn Fn(&mut Value), wrong: &[&str]| {
            let mut claims = claims();
            change(&mut claims);
            let tokens = TokenSet { id_token: Some(token(&pair, &claims)), ..TokenSet::default() };
            assert_eq!(errors(&keys, &tokens), wrong, "{claims}");
        };
        check(&|_| {}, &[]);
        check(&|claims| claims["iss"] = json!("http://evil.example/v2.0"), &["check.issuer"]);
        check(&|claims| claims["aud"] = json!("other"), &["check.audience"]);
        check(&|claims| claims["nonce"] = json!("old"), &["check.nonce"]);
        check(&|claims| claims["exp"] = json!(START.seconds() - 3600), &["check.expiry"]);
    }

    #[test]
    fn an_access_token_of_the_older_version_may_name_the_older_issuer_of_the_same_tenant() {
        let (pair, keys) = key();
        let crate::flow::Answer::Response(response) = json_answer(200, &playbook::metadata()) else {
            unreachable!()
        };
        let metadata = Metadata::read(&response).expect("metadata");
        let comparison = Comparison { metadata: &metadata, client_id: "app", nonce: None };
        let severity = |issuer: &str, version: &str| {
            let mut claims = claims();
            (claims["iss"], claims["ver"], claims["tid"]) = (json!(issuer), json!(version), json!("tid"));
            let tokens = TokenSet { access_token: Some(token(&pair, &claims)), ..TokenSet::default() };
            let findings = judge(&keys, &tokens, &comparison, &SignIn::default(), START);
            findings.iter().find(|finding| finding.id == "check.issuer").map(|finding| finding.severity)
        };
        assert_eq!(severity("http://localhost:4000/tid/", "1.0"), Some(Severity::Info));
        assert_eq!(severity("http://localhost:4000/tid/v2.0", "2.0"), Some(Severity::Passed));
        assert_eq!(severity("http://localhost:4000/tid/", "2.0"), Some(Severity::Warning));
        assert_eq!(severity("http://localhost:4000/other/", "1.0"), Some(Severity::Warning));
    }

    #[test]
    fn a_foreign_signature_and_no_signature_are_refused() {
        let (pair, _) = key();
        let (_, other_keys) = key();
        let signed = TokenSet { id_token: Some(token(&pair, &claims())), ..TokenSet::default() };
        assert_eq!(errors(&other_keys, &signed), ["check.signature"]);
        for unsigned in ["0.AXEAHpw6P1R7Dk2aYVyO_opaque", "a.b.c.d.e", "nonsense"] {
            let tokens = TokenSet { id_token: Some(Secret::new(unsigned)), ..TokenSet::default() };
            assert!(!errors(&other_keys, &tokens).is_empty(), "{unsigned}");
        }
        let unavailable = Err("gone".to_owned());
        assert!(errors(&unavailable, &signed).contains(&"keys.unavailable"));
    }

    #[test]
    fn what_is_wrong_with_an_access_token_ends_nothing() {
        let (pair, _) = key();
        let (_, other_keys) = key();
        let mut claims = claims();
        claims["iss"] = json!("http://evil.example/v2.0");
        let tokens = TokenSet { access_token: Some(token(&pair, &claims)), ..TokenSet::default() };
        assert_eq!(errors(&other_keys, &tokens), [] as [&str; 0]);
    }
}
