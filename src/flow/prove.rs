//! Who the client is: what it takes to prove that, as steps before a token request goes out.
//!
//! A secret takes no step, it travels with the request ([`Proof::Post`], [`Proof::Basic`]). A private key takes one: an
//! assertion is laid out member by member, and signed. Trust in another issuer takes one too: its assertion is fetched,
//! or was given, and is shown decoded.
//!
//! A machine puts its [`sheet`] into its course, calls [`begin`] once the metadata is there, and while a proof is being
//! made hands "next" to [`go`] and answers to [`answered`]. What comes out is a [`Proof`], which lays out every token
//! request that it is for.

use serde_json::Value;
use uuid::Uuid;

use super::{
    Answer, Credential, Draft, Effect, Fact, Federated, NamedBend, Outcome, Place, Profile, SecretMethod,
    Signing, SigningAlgorithm, StepId, StepState,
    course::Course,
    sheets::{self, Sheet},
};
use crate::{
    finding::{Finding, Severity},
    oauth::{
        assertion,
        discovery::Metadata,
        federation,
        token::{self, Grant},
    },
    secret::Secret,
    text::visible,
    time::UnixTime,
    token::{Kind, decode},
    wire::{Method, Params, Request},
};

/// The audience that Entra asks of other issuers' assertions (reference §11.3).
const EXCHANGE_AUDIENCE: &str = "api://AzureADTokenExchange";

/// What a token request carries to prove the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing: a public client.
    None,
    /// The secret in the form.
    Post(Secret),
    /// The secret in a header, with the id.
    Basic(Secret),
    /// A signed assertion.
    Assertion(Secret),
}

impl Proof {
    /// The request for `grant` at `address`, as it is proposed.
    pub fn request(&self, address: &str, client_id: &str, grant: &Grant<'_>, scope: Option<&str>) -> Draft {
        self.over(Draft::new(Method::Post, address), client_id, grant, scope)
    }

    /// The same where something stands in the draft already, such as a header.
    pub fn over(&self, draft: Draft, client_id: &str, grant: &Grant<'_>, scope: Option<&str>) -> Draft {
        let secret = match self {
            Self::Post(secret) => Some(secret),
            Self::None | Self::Basic(_) | Self::Assertion(_) => None,
        };
        self.lay_over(draft, client_id, grant.params(client_id, secret, scope))
    }

    /// Adds a form, which holds a `client_secret` already where that is the proof, and all else that proves the client.
    pub fn lay_over(&self, draft: Draft, client_id: &str, form: Params) -> Draft {
        match self {
            Self::None | Self::Post(_) => draft.with_all(Place::Form, form),
            Self::Basic(secret) => {
                // The header names the client; twice would be one way too many (RFC 6749 §2.3).
                let form = Params(form.0.into_iter().filter(|(name, _)| name != "client_id").collect());
                let header = token::basic(client_id, secret);
                draft.with(Place::Header, "authorization", header.expose()).with_all(Place::Form, form)
            }
            Self::Assertion(assertion) => draft
                .with_all(Place::Form, form)
                .with(Place::Form, "client_assertion_type", assertion::TYPE)
                .with(Place::Form, "client_assertion", assertion.expose()),
        }
    }
}

/// The step that a proof by this credential takes, if it takes one.
pub(super) fn sheet(credential: &Credential) -> Option<&'static Sheet> {
    match credential {
        Credential::None | Credential::Secret(_) => None,
        Credential::PrivateKey(_) => Some(&sheets::ASSERT),
        Credential::Federated(_) => Some(&sheets::FEDERATE),
    }
}

/// How the making of a proof stands.
#[derive(Debug)]
pub(super) enum Progress {
    /// It is made.
    Proven(Proof),
    /// This is to be laid out for the person; "next" comes to [`go`].
    LayOut(StepId, Draft),
    /// A step without a request is ready and waits for "next".
    Waits,
    /// These are to be performed; what they bring comes to [`answered`].
    Wants(Vec<Effect>),
}

/// Begins, with the metadata at hand. `assertion_id` becomes the assertion's `jti`.
pub(super) fn begin(
    course: &mut Course,
    profile: &Profile,
    bends: &[NamedBend],
    metadata: &Metadata,
    assertion_id: &str,
    now: UnixTime,
) -> Progress {
    match &profile.credential {
        Credential::None => Progress::Proven(Proof::None),
        Credential::Secret(secret) => Progress::Proven(match secret_method(profile, metadata) {
            SecretMethod::Post => Proof::Post(secret.clone()),
            SecretMethod::Basic => Proof::Basic(secret.clone()),
        }),
        Credential::PrivateKey(key) => {
            let claims =
                assertion::claims(&profile.client_id, &audience(profile, metadata), assertion_id, now);
            course.record_mut(StepId::Assert).facts =
                vec![Fact::open("key", &key.about, "The private key that signs. It stays on this machine.")];
            let draft = Draft::assertion()
                .with_all(Place::JoseHeader, assertion::header(key.algorithm.name(), &key.names))
                .with_all(Place::Claim, claims)
                .bent(StepId::Assert, bends);
            Progress::LayOut(StepId::Assert, draft)
        }
        Credential::Federated(Federated::Given(token)) => {
            look_at(course, profile, token, now);
            course.record_mut(StepId::Federate).state = StepState::Ready;
            Progress::Waits
        }
        Credential::Federated(Federated::Fetched(url)) => {
            // What the address asks for is laid out, so that it can be read and bent like any other parameter.
            let asked = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
            let mut bare = url.clone();
            bare.set_query(None);
            let draft = Draft::new(Method::Get, bare.as_str())
                .with_all(Place::Query, Params(asked.collect()))
                .bent(StepId::Federate, bends);
            Progress::LayOut(StepId::Federate, draft)
        }
    }
}

/// The person lets the step of the proof go ahead.
pub(super) fn go(course: &mut Course, profile: &Profile, id: StepId, request: Option<Request>) -> Progress {
    match (&profile.credential, request) {
        (Credential::PrivateKey(_), _) => match signing(course, profile) {
            Some(signing) => Progress::Wants(vec![course.sign(id, signing)]),
            None => Progress::Waits,
        },
        (Credential::Federated(Federated::Given(token)), _) => {
            course.settle(StepId::Federate);
            Progress::Proven(Proof::Assertion(token.clone()))
        }
        (_, Some(request)) => Progress::Wants(vec![course.send(id, request)]),
        (_, None) => Progress::Waits,
    }
}

/// An answer has come for the step of the proof.
pub(super) fn answered(
    course: &mut Course,
    profile: &Profile,
    answer: Answer,
    now: UnixTime,
) -> Result<Proof, Box<Outcome>> {
    match answer {
        Answer::Signed(signature) => {
            let assertion = signed(course, &signature);
            let fact = Fact::secret("client_assertion", &assertion, Fact::meaning_of("client_assertion"));
            course.record_mut(StepId::Assert).facts.push(fact);
            course.settle(StepId::Assert);
            Ok(Proof::Assertion(assertion))
        }
        Answer::Response(response) => {
            let token = federation::read(&response)?;
            look_at(course, profile, &token, now);
            course.settle(StepId::Federate);
            Ok(Proof::Assertion(token))
        }
        Answer::Failed(failure) => Err(Box::new(Outcome::Failed(failure))),
        Answer::Listening(_)
        | Answer::Redirected(_)
        | Answer::DeadEnd(_)
        | Answer::Woke
        | Answer::Given(_)
        | Answer::GivenWith { .. } => {
            unreachable!("a proof asks for signatures and responses, and the gate lets nothing else through")
        }
    }
}

/// For a further request with the same proof: the assertion with a new id and new times, as far as nobody has changed
/// those by hand. `None` where the proof at hand goes on being good.
pub(super) fn renew(course: &mut Course, profile: &Profile, now: UnixTime) -> Option<Signing> {
    if !matches!(profile.credential, Credential::PrivateKey(_)) {
        return None;
    }
    let draft = course.record_mut(StepId::Assert).draft.as_mut()?;
    let last = draft.fields.iter().find(|field| field.name == "jti").and_then(|field| field.proposed.clone());
    let last = last.unwrap_or_default();
    let id = Uuid::parse_str(&last)
        .map_or_else(|_| format!("{last}+"), |id| Uuid::from_u128(id.as_u128().wrapping_add(1)).to_string());
    for (name, value) in assertion::claims("", "", &id, now).0 {
        let is_fresh = matches!(name.as_str(), "jti" | "nbf" | "iat" | "exp");
        let mut untouched = draft.fields.iter_mut().filter(|field| field.name == name && !field.is_changed());
        if is_fresh && let Some(field) = untouched.next() {
            field.value.clone_from(&value);
            field.proposed = Some(value);
        }
    }
    signing(course, profile)
}

/// The renewed assertion takes the place of the one before, unless that was changed by hand.
pub(super) fn replace(course: &mut Course, id: StepId, signature: &[u8]) {
    let assertion = signed(course, signature);
    let draft = course.record_mut(id).draft.as_mut();
    let fields = draft.into_iter().flat_map(|draft| &mut draft.fields);
    for field in fields.filter(|field| field.name == "client_assertion" && !field.is_changed()) {
        assertion.expose().clone_into(&mut field.value);
        field.proposed = Some(field.value.clone());
    }
}

fn signing(course: &Course, profile: &Profile) -> Option<Signing> {
    let Credential::PrivateKey(key) = &profile.credential else { return None };
    let draft = course.record(StepId::Assert).draft.as_ref()?;
    // Whoever bends the algorithm to the other one wants to see it used, not an assertion that contradicts itself.
    let bent = draft.value("alg").and_then(SigningAlgorithm::parse);
    Some(Signing {
        key: key.pem.clone(),
        algorithm: bent.unwrap_or(key.algorithm),
        input: draft.signing_input(),
    })
}

fn signed(course: &Course, signature: &[u8]) -> Secret {
    let draft = course.record(StepId::Assert).draft.as_ref();
    let input = draft.expect("a signature is asked for with its draft laid out").signing_input();
    assertion::compact(&input, signature)
}

/// How the secret travels: as the profile says, else in the form where the provider takes that. A provider that says
/// nothing takes the header (RFC 8414 §2); Entra takes both.
fn secret_method(profile: &Profile, metadata: &Metadata) -> SecretMethod {
    let offered = &metadata.token_endpoint_auth_methods;
    let takes_post = offered.iter().any(|method| method == SecretMethod::Post.name())
        || (offered.is_empty() && profile.authority.is_entra());
    profile.secret_method.unwrap_or(if takes_post { SecretMethod::Post } else { SecretMethod::Basic })
}

/// Whom the assertion is for: at Entra the token endpoint; elsewhere the issuer, which every provider that follows
/// OpenID Connect Core §9 or RFC 7523 §3 knows as its own name.
fn audience(profile: &Profile, metadata: &Metadata) -> String {
    let endpoint = metadata.token_endpoint.as_ref().filter(|_| profile.authority.is_entra());
    endpoint.map_or_else(|| metadata.issuer.clone(), ToString::to_string)
}

/// Says what an assertion of somebody else holds, and what the registration must hold for it.
fn look_at(course: &mut Course, profile: &Profile, token: &Secret, now: UnixTime) {
    let decoded = decode(token.expose());
    let member = |name: &str| match decoded.claims.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
        None => None,
    };
    let mut facts = vec![Fact::secret(
        "client_assertion",
        token,
        "The token of the other issuer, as it is sent to the token endpoint.",
    )];
    let rules = [
        ("iss", "Must equal the issuer of a federated credential in the registration, letter for letter."),
        ("sub", "Must equal that credential's subject, letter for letter."),
        ("aud", "Must equal that credential's audience."),
    ];
    for (name, meaning) in rules {
        facts.extend(member(name).map(|value| Fact::open(name, value, meaning)));
    }
    facts.extend(
        decoded
            .time("exp")
            .map(|time| Fact::open("exp", time.date_time(), "Until when the token endpoint takes it.")),
    );
    let record = course.record_mut(StepId::Federate);
    record.facts = facts;
    let mut warn = |id, title: String| {
        record.findings.push(Finding { id, severity: Severity::Warning, title, source: "RFC 7523 §3" });
    };
    if decoded.kind != Kind::Jws {
        warn("federated.form", format!("This is no signed token but: {}.", decoded.kind.title()));
        return;
    }
    for name in ["iss", "sub", "aud"] {
        if member(name).is_none() {
            warn(
                "federated.claim_missing",
                format!("It has no {name}, which the registration is compared with."),
            );
        }
    }
    if decoded.time("exp").is_some_and(|end| end <= now) {
        warn("federated.expired", "It has expired: fetch a new one.".to_owned());
    }
    let algorithm = decoded.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if profile.authority.is_entra() {
        if algorithm != "RS256" {
            let title = format!("It is signed with {}; Entra takes RS256 only.", visible(algorithm));
            warn("federated.algorithm", title);
        }
        if member("aud").is_some_and(|audience| !audience.starts_with(EXCHANGE_AUDIENCE)) {
            let title = format!("Its audience is not {EXCHANGE_AUDIENCE}, which Entra proposes for this.");
            warn("federated.audience", title);
        }
    }
}
