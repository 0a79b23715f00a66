//! Federated assertions: another issuer's token proves the application, because the registration says so
//! (reference §4.6). Issuer, subject and audience are compared letter for letter, and only RS256 is taken.

use super::{
    Request,
    assertion::{Assertion, is_in_time},
};
use crate::provider::{
    issuers::lab_base,
    public_key::PublishedKey,
    refusal::{Refusal, Verdict},
    scenario::FederatedCredential,
};

/// A token of another issuer, beside what the registration trusts and what that issuer publishes.
struct Presented<'a> {
    request: &'a Request<'a>,
    assertion: &'a Assertion,
    /// The lab's own address, as the presented issuer spells it.
    base: String,
    keys: Option<Vec<PublishedKey>>,
}

type Rule = fn(&Presented<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("federation.configured", is_configured),
    ("federation.issuer", is_of_a_trusted_issuer),
    ("federation.subject", is_about_a_trusted_subject),
    ("federation.audience", is_for_the_exchange),
    ("federation.keys", has_known_keys),
    ("federation.signature", is_signed),
    ("federation.in_time", |presented| is_in_time(presented.request, presented.assertion)),
    ("federation.app_only", is_no_persons),
];

/// Rule: the token proves the application.
pub fn is_right(request: &Request<'_>, assertion: &Assertion) -> Verdict {
    let base = lab_base(assertion.issuer()).unwrap_or_else(|| request.call.base.clone());
    let keys = request.issuers.keys_of(assertion.issuer(), request.scenario);
    let presented = Presented { request, assertion, base, keys };
    RULES.iter().try_for_each(|(name, rule)| rule(&presented).map_err(|refusal| refusal.by(name)))
}

impl Presented<'_> {
    fn credentials(&self) -> &[FederatedCredential] {
        &self.request.client().federated_identity_credentials
    }

    /// Those that trust the issuer.
    fn of_issuer(&self) -> impl Iterator<Item = &FederatedCredential> {
        self.credentials()
            .iter()
            .filter(|credential| credential.issuer_at(&self.base) == self.assertion.issuer())
    }

    /// Whether one of the scenario's tenants issued it.
    fn is_of_a_tenant(&self) -> bool {
        self.request.issuers.is_tenant(self.assertion.issuer(), self.request.scenario)
    }
}

fn is_configured(presented: &Presented<'_>) -> Verdict {
    if !presented.credentials().is_empty() {
        return Ok(());
    }
    let assertion = presented.assertion;
    let text = format!(
        "No federated credential matches. Issuer '{}', subject '{}', audience '{}'.",
        assertion.issuer(),
        assertion.subject(),
        assertion.audiences().join(" ")
    );
    Err(Refusal::new(70021, "invalid_client", text)
        .demands("an application takes other issuers' tokens once it has a federated credential for them")
        .compares("federatedIdentityCredentials", assertion.issuer(), ["(none registered)"]))
}

fn is_of_a_trusted_issuer(presented: &Presented<'_>) -> Verdict {
    if presented.of_issuer().next().is_some() {
        return Ok(());
    }
    let sent = presented.assertion.issuer();
    let trusted = presented.credentials().iter().map(|credential| credential.issuer_at(&presented.base));
    Err(Refusal::new(700_211, "invalid_client", format!("No federated credential has issuer '{sent}'."))
        .demands("`iss` must be the issuer of a federated credential, letter for letter, a slash at the end included")
        .compares("iss", sent, trusted))
}

fn is_about_a_trusted_subject(presented: &Presented<'_>) -> Verdict {
    let sent = presented.assertion.subject();
    let expected: Vec<&str> = presented.of_issuer().map(|credential| credential.subject.as_str()).collect();
    if expected.contains(&sent) {
        return Ok(());
    }
    let refusal = if expected.iter().any(|subject| subject.to_lowercase() == sent.to_lowercase()) {
        let text = format!("Subject '{sent}' fits a federated credential in all but letter case.");
        Refusal::new(7_002_138, "invalid_client", text)
    } else if presented.is_of_a_tenant() {
        let text = format!(
            "Subject '{sent}' is not the one that the federated credential expects: '{}'.",
            expected.first().copied().unwrap_or_default()
        );
        Refusal::new(7_002_137, "invalid_client", text)
    } else {
        let text = format!("No federated credential has subject '{sent}'.");
        Refusal::new(700_213, "invalid_client", text)
    };
    Err(refusal
        .demands("`sub` must be the subject of a credential with this issuer, letter for letter; there are no wildcards")
        .compares("sub", sent, expected))
}

/// A tenant writes the resource's id into `aud` where the request named its address; both mean the same.
fn is_for_the_exchange(presented: &Presented<'_>) -> Verdict {
    let sent = presented.assertion.audiences();
    let subject = presented.assertion.subject();
    let expected: Vec<&str> = presented
        .of_issuer()
        .filter(|credential| credential.subject == subject)
        .map(FederatedCredential::audience)
        .collect();
    let is_same = |expected: &str, sent: &str| {
        let applications = presented.request.scenario.applications();
        let resource = applications.iter().find(|application| application.app_id == sent);
        expected == sent
            || presented.is_of_a_tenant()
                && resource.is_some_and(|resource| resource.identifier_uris.iter().any(|uri| uri == expected))
    };
    if expected.iter().any(|expected| sent.iter().any(|sent| is_same(expected, sent))) {
        return Ok(());
    }
    let sent = sent.join(" ");
    Err(Refusal::new(700_212, "invalid_client", format!("No federated credential has audience '{sent}'."))
        .demands("the token must have been asked for with the audience of the federated credential")
        .compares("aud", sent, expected))
}

fn has_known_keys(presented: &Presented<'_>) -> Verdict {
    let issuer = presented.assertion.issuer();
    if presented.keys.is_some() {
        return Ok(());
    }
    let known = presented.request.scenario.issuers().iter().map(|known| known.issuer.clone());
    Err(Refusal::new(90061, "invalid_request", format!("The keys of issuer '{issuer}' cannot be fetched."))
        .demands("the lab asks nobody over the network: it knows its own keys, and those that the scenario lists under `issuers`")
        .compares("iss", issuer, known.chain([format!("{}/pipeline", presented.base)])))
}

fn is_signed(presented: &Presented<'_>) -> Verdict {
    let Some(keys) = &presented.keys else { return Ok(()) };
    let assertion = presented.assertion;
    let failed = |reason: &str, kid: &str| {
        let text = format!("The assertion failed validation: {reason}. [Key used: '{kid}']");
        Refusal::new(50013, "invalid_client", text)
    };
    let kid = assertion.header["kid"].as_str();
    let algorithm = assertion.algorithm();
    if algorithm != "RS256" {
        return Err(failed("the algorithm is not supported", kid.unwrap_or_default())
            .demands("tokens of other issuers are taken with RS256 only")
            .compares("alg", algorithm, ["RS256"]));
    }
    let named: Vec<_> = keys.iter().filter(|key| kid.is_none() || key.kid.as_deref() == kid).collect();
    let published = || keys.iter().filter_map(|key| key.kid.clone());
    if let Some(kid) = kid.filter(|_| named.is_empty()) {
        let text = format!("Issuer '{}' publishes no key '{kid}'.", assertion.issuer());
        return Err(Refusal::new(7_000_272, "invalid_client", text)
            .demands("the key that signed must be in the key set of the issuer")
            .compares("kid", kid, published()));
    }
    if named.iter().any(|published| assertion.is_signed_by(&published.key)) {
        return Ok(());
    }
    Err(failed("the signature does not fit", kid.unwrap_or_default())
        .demands("the token must be as its issuer signed it")
        .compares("kid", kid.unwrap_or("(none)"), published()))
}

fn is_no_persons(presented: &Presented<'_>) -> Verdict {
    let assertion = presented.assertion;
    let stands_for_a_person = assertion.text("scp").is_some()
        || assertion.text("idtyp") == Some("user")
        || assertion.text("oid") != Some(assertion.subject());
    if !presented.is_of_a_tenant() || !stands_for_a_person {
        return Ok(());
    }
    let text = "A token that stands for a person cannot prove an application.";
    Err(Refusal::new(700_229, "invalid_client", text)
        .demands("of Entra's own tokens only those of applications and managed identities are taken")
        .compares("scp", assertion.claim("scp").as_str().unwrap_or("(nothing)"), ["(nothing)"]))
}
