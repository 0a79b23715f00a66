//! The end of a browser session (reference §6.3; OpenID Connect RP-Initiated Logout and Front-Channel Logout).
//!
//! One account is signed out: the one that a hint means, or the only one, or the one that the person picks. The applications
//! that it signed in to are told by hidden frames, and the person goes on to `post_logout_redirect_uri` if that is registered.
//! Whatever else is odd about a request ends on the page that says so quietly, as at Entra; the learner's note says why.
//!
//! Refresh tokens stay valid. 50068, 50070 and 50071 belong to the logout messages of SAML, which the lab does not speak.

use std::sync::Arc;

use url::Url;

use super::next_page::{SESSION_COOKIE, set_cookie};
use crate::{
    provider::{
        Provider,
        call::{Call, Fields},
        issuers::Issuers,
        mint, pages, redirect_uri,
        refusal::{NO_NUMBER, Refusal, Verdict},
        reply::Reply,
        scenario::{Application, Scenario, Tenant},
        sessions::{Participant, Person, login_hint},
        tenant::{self, Segment},
        token::{Fault, Kind, Token},
    },
    time::UnixTime,
    wire::Method,
};

/// What the picker repeats of the request; its own answer comes as `logout_hint`.
const REPEATED: &[&str] = &["post_logout_redirect_uri", "state", "client_id"];

struct Request<'a> {
    fields: &'a Fields,
    scenario: &'a Scenario,
    issuers: &'a Issuers,
    segment: Segment,
    id_token: Option<Result<Token, Fault>>,
}

type Rule = fn(&Request<'_>) -> Verdict;

/// All refused with a page.
const RULES: &[(&str, Rule)] = &[
    ("request.readable", is_readable),
    ("parameters.once", is_unambiguous),
    ("tenant.named", |request| tenant::is_named(&request.segment)),
    ("tenant.known", |request| tenant::is_known(&request.segment, request.scenario)),
    ("client.in_tenant", is_known_client),
    ("id_token_hint.of_tenant", is_id_token_of_ours),
    ("id_token_hint.of_client", is_id_token_of_client),
];

/// `{t}/oauth2/v2.0/logout`, and `{t}/oauth2/logout` which does the same.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    let fields = match call.method {
        Method::Get => &call.query,
        Method::Post => &call.form,
        _ => return super::wrong_method(call, "GET, POST"),
    };
    let (scenario, issuers) = (Arc::clone(&provider.scenario), provider.issuers());
    let request = Request {
        fields,
        scenario: &scenario,
        issuers: &issuers,
        segment: Segment::read(&call.segment(), &scenario),
        id_token: fields.get("id_token_hint").map(|text| Token::signed(&provider.keys, text)),
    };
    let verdict = RULES.iter().try_for_each(|(name, rule)| rule(&request).map_err(|why| why.by(name)));
    if let Err(refusal) = verdict {
        return Reply::error_page(call, refusal);
    }
    match request.whom(signed_in(provider, call)) {
        Whom::Several(people) => {
            let reply = Reply::page(call, pages::logout::pick(&call.path, &request.repeated(), &people));
            match request.vain_hint(&people) {
                Some(refusal) => reply.refusing(refusal),
                None => reply,
            }
        }
        Whom::Nobody => request.finish(call, None, &[]),
        Whom::One(person) => {
            let frames = end(provider, call, &person);
            let cookie =
                signed_in(provider, call).is_empty().then(|| set_cookie(call, SESSION_COOKIE, "", Some(0)));
            let reply = request.finish(call, Some(&person), &frames);
            cookie.into_iter().fold(reply, |reply, cookie| reply.with_header("set-cookie", cookie))
        }
    }
}

/// Remembers that somebody signed in to an application, to tell it when their session ends.
pub fn note_participant(
    provider: &mut Provider,
    now: UnixTime,
    person: &Person,
    client: &Arc<Application>,
    tenant: &Arc<Tenant>,
) {
    let participant = Participant { client: Arc::clone(client), tenant: Arc::clone(tenant) };
    match provider.participants.get_mut(&person.session, now) {
        Some(known) if known.contains(&participant) => {}
        Some(known) => known.push(participant),
        None => provider.participants.put(person.session.clone(), vec![participant], now),
    }
}

fn signed_in<'a>(provider: &'a Provider, call: &Call) -> &'a [Person] {
    let session = call.cookie(SESSION_COOKIE).and_then(|cookie| provider.sessions.get(cookie, call.now));
    session.map(|session| session.people.as_slice()).unwrap_or_default()
}

/// Ends somebody's session in this browser. Gives the addresses at which applications want to hear of it.
fn end(provider: &mut Provider, call: &Call, person: &Person) -> Vec<Url> {
    let cookie = call.cookie(SESSION_COOKIE).unwrap_or_default();
    if let Some(session) = provider.sessions.get_mut(cookie, call.now) {
        session.people.retain(|known| known.session != person.session);
        if session.people.is_empty() {
            provider.sessions.take(cookie, call.now);
        }
    }
    // A page that was left open must not go on as somebody who has left.
    provider
        .interactions
        .forget(|open| open.person.as_ref().is_some_and(|known| known.session == person.session));
    let participants = provider.participants.take(&person.session, call.now).unwrap_or_default();
    participants.iter().filter_map(|participant| frame(call, participant, &person.session)).collect()
}

/// OpenID Connect Front-Channel Logout §3: issuer and session, behind whatever the address holds already.
fn frame(call: &Call, participant: &Participant, session: &str) -> Option<Url> {
    let mut url = Url::parse(participant.client.web.logout_url.as_ref()?).ok()?;
    let issuer = mint::issuer(&call.base, &participant.tenant.id, 2);
    url.query_pairs_mut().append_pair("iss", &issuer).append_pair("sid", session);
    Some(url)
}

/// Whose session is to end.
enum Whom {
    Nobody,
    One(Person),
    Several(Vec<Person>),
}

impl Request<'_> {
    /// A hint that fits nobody leaves the choice to the person, even if there is only one to choose: signing out somebody
    /// else than was meant is worse than a question.
    fn whom(&self, people: &[Person]) -> Whom {
        let by_hint = self.fields.get("logout_hint").map(|hint| {
            // Not a sign-in name: only the claim `login_hint` is understood.
            people.iter().find(|person| login_hint(&person.user) == hint)
        });
        let by_token = self.id_token().map(|token| {
            let session = token.text("sid");
            people.iter().find(|person| person.session == session)
        });
        match (by_hint.or(by_token), people) {
            (Some(Some(person)), _) | (None, [person]) => Whom::One(person.clone()),
            (_, []) => Whom::Nobody,
            _ => Whom::Several(people.to_vec()),
        }
    }

    /// What the learner is told where a hint left the question open. Nothing of it stands on the page.
    fn vain_hint(&self, people: &[Person]) -> Option<Box<Refusal>> {
        let text = "The hint means nobody who is signed in here, so the person was asked.";
        let refusal = Refusal::new(NO_NUMBER, "invalid_request", text);
        if let Some(hint) = self.fields.get("logout_hint") {
            let expected = people.iter().map(|person| login_hint(&person.user));
            return Some(
                refusal
                    .by("logout_hint.signed_in")
                    .demands("`logout_hint` is the claim `login_hint` of an ID token, letter for letter; a sign-in name is none")
                    .compares("logout_hint", hint, expected),
            );
        }
        let session = self.id_token()?.text("sid");
        Some(
            refusal
                .by("id_token_hint.signed_in")
                .demands("the ID token in `id_token_hint` must be of a session that has not ended, in the same browser")
                .compares("sid", session, people.iter().map(|person| person.session.clone())),
        )
    }

    fn id_token(&self) -> Option<&Token> {
        self.id_token.as_ref().and_then(|token| token.as_ref().ok())
    }

    /// The application that the request names.
    fn client(&self) -> Option<&Arc<Application>> {
        let of_token = self.id_token().map(|token| token.text("aud"));
        self.scenario.application_with_id(self.fields.get("client_id").or(of_token)?)
    }

    fn repeated(&self) -> Vec<(&'static str, &str)> {
        let mut fields: Vec<(&'static str, &str)> =
            REPEATED.iter().filter_map(|name| Some((*name, self.fields.get(name)?))).collect();
        if let (None, Some(client)) = (self.fields.get("client_id"), self.client()) {
            fields.push(("client_id", &client.app_id));
        }
        fields
    }

    /// On to the application if it may be, else a page that says that it is over.
    fn finish(&self, call: &Call, person: Option<&Person>, frames: &[Url]) -> Reply {
        let next = self.way_on();
        let page = |next: Option<&Url>| Reply::page(call, pages::logout::done(person, frames, next));
        match next {
            None => page(None),
            Some(Ok(next)) if frames.is_empty() => Reply::outside(call, &next),
            Some(Ok(next)) => page(Some(&next)),
            Some(Err(refusal)) => page(None).refusing(refusal.by("post_logout_redirect_uri.registered")),
        }
    }

    /// `post_logout_redirect_uri` with `state`. It must be registered: on the application that the request names, or, if it
    /// names none, on any that the tenant knows.
    fn way_on(&self) -> Option<Result<Url, Box<Refusal>>> {
        let sent = self.fields.get("post_logout_redirect_uri")?;
        let is_known = |application: &&Arc<Application>| {
            self.segment.tenant().is_none_or(|tenant| tenant::knows(tenant, application))
        };
        let candidates: Vec<&Arc<Application>> = match self.client() {
            Some(client) => vec![client],
            None => self.scenario.applications().iter().filter(is_known).collect(),
        };
        let found = candidates.iter().find_map(|application| redirect_uri::find(application, sent));
        Some(match found {
            Some(matched) => {
                let mut uri = matched.uri;
                if let Some(state) = self.fields.raw("state") {
                    uri.query_pairs_mut().append_pair("state", state);
                }
                Ok(uri)
            }
            None => Err(self.not_registered(sent)),
        })
    }

    fn not_registered(&self, sent: &str) -> Box<Refusal> {
        let expected = match self.client() {
            Some(client) => redirect_uri::registered(client),
            None => vec!["a redirect URI of an application of this tenant".to_owned()],
        };
        Refusal::new(NO_NUMBER, "invalid_request", "The address is not registered, so nobody is sent there.")
            .demands("`post_logout_redirect_uri` must be one of the redirect URIs of the application")
            .compares("post_logout_redirect_uri", sent, expected)
    }
}

/// 50061: a request to sign out that cannot be one.
fn invalid(why: &str) -> Box<Refusal> {
    Refusal::new(50061, "invalid_request", format!("The request to sign out is not valid: {why}."))
}

fn is_readable(request: &Request<'_>) -> Verdict {
    if !request.fields.is_broken() {
        return Ok(());
    }
    Err(Refusal::new(9_002_313, "invalid_request", "The request is malformed.")
        .demands("names and values must be percent-encoded UTF-8")
        .compares("encoding", "(cannot be read)", ["percent-encoded UTF-8"]))
}

fn is_unambiguous(request: &Request<'_>) -> Verdict {
    let Some(name) = request.fields.repeated() else { return Ok(()) };
    Err(Refusal::new(9_000_411, "invalid_request", format!("Parameter '{name}' is given twice."))
        .demands("each parameter is sent at most once")
        .compares(name, "(twice)", ["once"]))
}

fn is_known_client(request: &Request<'_>) -> Verdict {
    let Some(sent) = request.fields.get("client_id") else { return Ok(()) };
    tenant::is_client_id(sent)?;
    let client = request.scenario.application_with_id(sent).map(Arc::as_ref);
    tenant::has_client(&request.segment, sent, client)
}

/// An ID token that has expired is still a good hint (RP-Initiated Logout §4).
fn is_id_token_of_ours(request: &Request<'_>) -> Verdict {
    let demand = "`id_token_hint` is an ID token that a tenant here has signed; it may have expired";
    let said = match &request.id_token {
        None => return Ok(()),
        Some(Ok(token)) => {
            let is_ours = request.issuers.is_tenant(token.text("iss"), request.scenario);
            match token.kind() {
                Kind::Id if is_ours => return Ok(()),
                Kind::Id => "an ID token of another issuer",
                Kind::Person | Kind::Application => "an access token",
            }
        }
        Some(Err(Fault::Malformed(_))) => "no JWT",
        Some(Err(Fault::UnknownKey(_))) => "signed with another key",
        Some(Err(Fault::WrongSignature { .. })) => "a signature that does not fit",
    };
    Err(invalid("the id_token_hint is not usable").demands(demand).compares(
        "id_token_hint",
        said,
        ["an ID token"],
    ))
}

fn is_id_token_of_client(request: &Request<'_>) -> Verdict {
    let (Some(token), Some(client_id)) = (request.id_token(), request.fields.get("client_id")) else {
        return Ok(());
    };
    let audience = token.text("aud");
    if audience.eq_ignore_ascii_case(client_id) {
        return Ok(());
    }
    Err(invalid("client_id and id_token_hint name different applications")
        .demands("the ID token in `id_token_hint` must be one that was made for `client_id`")
        .compares("client_id", client_id, [audience]))
}
