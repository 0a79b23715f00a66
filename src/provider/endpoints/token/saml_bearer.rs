//! SAML assertions as a grant (RFC 7522, reference §4.13): what clients send once the federation service of somebody's
//! company has checked a password. A tenant takes assertions of the realms that it is federated with; the lab's tenants
//! are federated with none that signs SAML, so each ends here, and at the rule that says why.

use base64::Engine as _;

use super::{Answered, Request, client, client::LENIENT, suits_origin};
use crate::provider::{
    Provider,
    refusal::{Refusal, Verdict},
};

type Rule = fn(&Request<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("origin.suits_platform", |request| suits_origin(request, None)),
    ("assertion.present", |request| request.has("assertion")),
    ("scope.present", |request| request.names_target()),
    ("credential.none_if_public", |request| {
        client::is_silent_if_public(request, request.client().is_fallback_public_client)
    }),
    ("credential.present", |request| {
        client::has_credential(request, request.client().is_fallback_public_client)
    }),
    ("credential.right", client::is_right_credential),
    ("assertion.saml", is_saml),
    ("assertion.realm", is_of_a_known_realm),
];

pub fn answer(_: &mut Provider, request: &Request<'_>) -> Answered {
    let judge = |(name, rule): &(&'static str, Rule)| {
        rule(request).map_err(|refusal| refusal.by(name).concerning(request.client(), None))
    };
    let verdict = RULES.iter().try_for_each(judge);
    let refusal = verdict.expect_err("the last rule lets nothing through: there is no realm");
    Answered { result: Err(refusal), platform: None }
}

/// The text of `Issuer` in the assertion, or the attribute of that name in SAML 1.1.
fn issuer(request: &Request<'_>) -> Option<String> {
    let bytes = LENIENT.decode(request.call.form.get("assertion")?.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (_, assertion) = text.split_once("Assertion")?;
    let of_attribute =
        assertion.split('>').next()?.split_once("Issuer=\"").and_then(|(_, rest)| rest.split('"').next());
    let of_element = || {
        let (_, rest) = assertion.split_once("Issuer")?;
        let (_, rest) = rest.split_once('>')?;
        rest.split('<').next()
    };
    let found = of_attribute.or_else(of_element)?.trim();
    (!found.is_empty()).then(|| found.to_owned())
}

fn is_saml(request: &Request<'_>) -> Verdict {
    if issuer(request).is_some() {
        return Ok(());
    }
    Err(Refusal::new(50008, "invalid_grant", "The SAML assertion is missing or cannot be read.")
        .demands("`assertion` is a SAML assertion with an issuer, base64url")
        .compares_secret(
            "assertion",
            request.call.form.get("assertion").unwrap_or_default(),
            "an assertion with an Issuer",
        ))
}

fn is_of_a_known_realm(request: &Request<'_>) -> Verdict {
    let issuer = issuer(request).unwrap_or_default();
    Err(Refusal::new(50107, "invalid_grant", format!("There is no federation realm '{issuer}'."))
        .demands(
            "the tenant must be federated with the issuer of the assertion; the lab's tenants are with none",
        )
        .compares("Issuer", issuer, ["(no realm is set up)"]))
}
