//! `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` (reference §4.11): an API shows the access token that it was
//! called with and gets one for the next API, still for the same person.
//!
//! The order of the rules about the assertion follows how a JWT is read: form, signature, kind, audience, time.

use std::sync::Arc;

use super::{
    Answered, Request,
    authorization_code::{known_scope, one_resource},
    client::{self, Credential},
    issue::{Established, issue},
    suits_origin,
};
use crate::{
    provider::{
        Provider,
        claims::Claims,
        mint::{methods_of, precise},
        refusal::{Refusal, Verdict},
        reply::Reply,
        scenario::{Tenant, User},
        scope::{Fault, Wanted},
        sessions::Person,
        token::{Fault as Unreadable, Kind, Token},
    },
    time::UnixTime,
};

struct Exchange<'a> {
    request: &'a Request<'a>,
    assertion: Option<&'a Result<Token, Unreadable>>,
    /// The tenant and the person that the assertion speaks of.
    tenant: Option<&'a Arc<Tenant>>,
    user: Option<&'a Arc<User>>,
    wanted: Option<&'a Result<Wanted, Fault>>,
}

type Rule = fn(&Exchange<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("origin.suits_platform", |exchange| suits_origin(exchange.request, None)),
    ("credential.present", has_credential),
    ("credential.right", |exchange| client::is_right_credential(exchange.request)),
    ("requested_token_use.present", |exchange| exchange.request.has("requested_token_use")),
    ("requested_token_use.known", is_on_behalf_of),
    ("requested_token_type.known", is_known_token_type),
    ("assertion.present", |exchange| exchange.request.has("assertion")),
    ("scope.present", |exchange| exchange.request.names_target()),
    ("assertion.readable", is_readable),
    ("assertion.signature", is_signed_here),
    ("assertion.no_id_token", is_no_id_token),
    ("assertion.audience", is_for_this_client),
    ("assertion.of_a_person", is_of_a_person),
    ("assertion.unexpired", is_unexpired),
    ("assertion.tenant", is_of_this_tenant),
    ("scope.known", |exchange| known_scope(exchange.request, exchange.wanted)),
    ("scope.one_resource", |exchange| one_resource(exchange.wanted)),
];

pub fn answer(provider: &mut Provider, request: &Request<'_>) -> Answered {
    Answered { result: exchange(provider, request), platform: None }
}

fn exchange(provider: &mut Provider, request: &Request<'_>) -> Result<Reply, Box<Refusal>> {
    let (form, scenario, now) = (&request.call.form, request.scenario, request.call.now);
    let assertion = form.get("assertion").map(|text| Token::signed(&provider.keys, text));
    let read = assertion.as_ref().and_then(|assertion| assertion.as_ref().ok());
    let tenant = read.and_then(|read| scenario.tenant_named(read.text("tid")));
    let user = read.and_then(|read| scenario.user_with_id(read.text("oid")));
    let wanted = request.wanted(tenant.map(Arc::as_ref));
    let judged = Exchange { request, assertion: assertion.as_ref(), tenant, user, wanted: wanted.as_ref() };
    RULES.iter().try_for_each(|(name, rule)| {
        let named =
            |refusal: Box<Refusal>| refusal.by(name).concerning(request.client(), user.map(Arc::as_ref));
        rule(&judged).map_err(named)
    })?;
    let read = read.expect("the rules assertion.readable and assertion.signature were kept");
    let user = Arc::clone(user.expect("the rule assertion.tenant was kept"));
    let person = Person::new(user, read.text("sid").to_owned(), now, methods_of(read.text("aio")));
    let established = Established {
        tenant: Arc::clone(tenant.expect("the rule assertion.tenant was kept")),
        person,
        wanted: wanted.and_then(Result::ok).expect("the rules scope.present and scope.known were kept"),
        nonce: None,
        auth_time: false,
        claims: Claims::default(),
        platform: None,
        row_began: now,
    };
    issue(provider, request, &established)
}

fn on_assertion(exchange: &Exchange<'_>, rule: impl Fn(&Token) -> Verdict) -> Verdict {
    match exchange.assertion {
        Some(Ok(assertion)) => rule(assertion),
        _ => Ok(()),
    }
}

/// An API always proves itself, whatever platforms its registration has beside.
fn has_credential(exchange: &Exchange<'_>) -> Verdict {
    if exchange.request.credential != Credential::None {
        return Ok(());
    }
    let text = "'client_assertion' or 'client_secret' is required for this grant.";
    Err(Refusal::new(7_000_219, "invalid_client", text)
        .demands("on behalf of somebody only a confidential client gets tokens: an API with a credential")
        .compares("client_secret", "(nothing)", ["the value of a secret of the API's registration"]))
}

fn is_on_behalf_of(exchange: &Exchange<'_>) -> Verdict {
    let sent = exchange.request.call.form.get("requested_token_use").unwrap_or_default();
    if sent == "on_behalf_of" {
        return Ok(());
    }
    let text = format!("The value '{sent}' of 'requested_token_use' is not supported.");
    Err(Refusal::new(90023, "invalid_request", text)
        .demands("`requested_token_use` has one value for this grant")
        .compares("requested_token_use", sent, ["on_behalf_of"]))
}

/// Entra also makes SAML assertions; the lab does not, and says so rather than sending something else.
fn is_known_token_type(exchange: &Exchange<'_>) -> Verdict {
    let access_token = "urn:ietf:params:oauth:token-type:access_token";
    let sent = exchange.request.call.form.get("requested_token_type");
    let Some(sent) = sent.filter(|sent| *sent != access_token) else { return Ok(()) };
    let text = format!("The value '{sent}' of 'requested_token_type' is not supported here.");
    Err(Refusal::new(90023, "invalid_request", text)
        .demands("the lab issues JWTs only, no SAML assertions")
        .compares("requested_token_type", sent, ["(nothing)", access_token]))
}

fn is_readable(exchange: &Exchange<'_>) -> Verdict {
    let Some(Err(Unreadable::Malformed(reason))) = exchange.assertion else { return Ok(()) };
    Err(Refusal::new(50027, "invalid_request", format!("The JWT could not be accepted: it {reason}."))
        .demands("the assertion is the access token, unchanged, that the API was called with")
        .compares_secret(
            "assertion",
            exchange.request.call.form.get("assertion").unwrap_or_default(),
            "header.claims.signature",
        ))
}

fn is_signed_here(exchange: &Exchange<'_>) -> Verdict {
    let (reason, kid, demand) = match exchange.assertion {
        Some(Err(Unreadable::UnknownKey(kid))) => (
            "the key that signed it was not found",
            kid,
            "the assertion must be signed with a key of this tenant",
        ),
        Some(Err(Unreadable::WrongSignature { kid, has_nonce: true })) => (
            "the signature does not fit the content",
            kid,
            "a token with a nonce in its header is for Graph, and Graph alone can verify it; the assertion must be a token for this API",
        ),
        Some(Err(Unreadable::WrongSignature { kid, .. })) => (
            "the signature does not fit the content",
            kid,
            "the assertion must be the token as it was issued, to the last character",
        ),
        _ => return Ok(()),
    };
    let text = format!("The assertion failed validation: {reason}. [Key used: '{kid}']");
    Err(Refusal::new(50013, "invalid_grant", text).demands(demand).compares(
        "kid",
        kid,
        ["a key of this tenant's key set, and a signature that fits"],
    ))
}

fn is_no_id_token(exchange: &Exchange<'_>) -> Verdict {
    on_assertion(exchange, |assertion| {
        if assertion.kind() != Kind::Id {
            return Ok(());
        }
        Err(Refusal::new(
            240_002,
            "invalid_grant",
            "An ID token cannot serve as the assertion of this grant.",
        )
        .demands("the assertion is an access token: it names the client that it was issued to, and has `scp`")
        .compares("azp or appid", "(nothing)", ["the client id of the front end"]))
    })
}

fn is_for_this_client(exchange: &Exchange<'_>) -> Verdict {
    on_assertion(exchange, |assertion| {
        let (client, audience) = (exchange.request.client(), assertion.text("aud"));
        let is_named = |uri: &String| *uri == audience.trim_end_matches('/');
        if client.app_id == audience || client.identifier_uris.iter().any(is_named) {
            return Ok(());
        }
        let text = format!("Assertion audience '{audience}' is not this app; expected '{}'.", client.app_id);
        let expected = std::iter::once(&client.app_id).chain(&client.identifier_uris).cloned();
        Err(Refusal::new(500_131, "invalid_grant", text)
            .demands("an API exchanges tokens that were issued for itself: the front end must ask for a scope of this API")
            .compares("aud", audience, expected))
    })
}

fn is_of_a_person(exchange: &Exchange<'_>) -> Verdict {
    on_assertion(exchange, |assertion| {
        if assertion.kind() == Kind::Person {
            return Ok(());
        }
        let id = &exchange.request.client().app_id;
        let text = format!("App '{id}' may not make on-behalf-of calls with an app token.");
        Err(Refusal::new(7_000_114, "unauthorized_client", text)
            .demands(
                "there must be a person in the assertion; an application by itself uses client_credentials",
            )
            .compares("scp", "(nothing)", ["the scopes that the person granted"]))
    })
}

fn is_unexpired(exchange: &Exchange<'_>) -> Verdict {
    on_assertion(exchange, |assertion| {
        let (now, end) =
            (exchange.request.call.now, UnixTime::from_seconds(assertion.seconds("exp").unwrap_or_default()));
        if now < end {
            return Ok(());
        }
        let (now, end) = (precise(now), precise(end));
        let text = format!("The assertion is outside its lifetime. Now {now}, expiry {end}.");
        Err(Refusal::new(500_133, "invalid_grant", text)
            .demands("the access token must not have expired; the front end gets a new one")
            .compares("now", now, [format!("before {end}")]))
    })
}

/// The exchange happens in the tenant that the assertion is from, where its person is at home or a guest.
fn is_of_this_tenant(exchange: &Exchange<'_>) -> Verdict {
    on_assertion(exchange, |assertion| {
        let segment = &exchange.request.segment;
        let fits = |tenant: &Tenant| segment.tenant().is_none_or(|own| own.id == tenant.id);
        let is_there = exchange.user.zip(exchange.tenant);
        if is_there.is_some_and(|(user, tenant)| fits(tenant) && user.object_id_in(tenant).is_some()) {
            return Ok(());
        }
        Err(Refusal::new(7_000_012, "invalid_grant", "The grant was obtained for another tenant.")
            .demands("the tenant in the path must be the one that issued the assertion")
            .compares("tenant", segment.name(), [assertion.text("tid")]))
    })
}
