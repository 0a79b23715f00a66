//! `grant_type=password` (reference §4.12): the client has the person's password. It knows no second factor, no federated
//! or personal accounts and no guests, and everything that a page could ask for is refused.

use std::sync::Arc;

use super::{
    Answered, Request,
    authorization_code::{known_scope, one_resource},
    client,
    issue::{Established, issue},
    suits_origin,
};
use crate::provider::{
    Provider,
    accounts::{self, Accounts},
    claims::Claims,
    refusal::{Refusal, Verdict, missing},
    reply::Reply,
    scenario::User,
    scope::{Fault, Wanted},
    sessions::Person,
};

struct Shown<'a> {
    request: &'a Request<'a>,
    accounts: &'a Accounts,
    /// Whom the name means, if the tenant of the request is theirs.
    user: Option<&'a Arc<User>>,
    wanted: Option<&'a Result<Wanted, Fault>>,
}

type Rule = fn(&Shown<'_>) -> Verdict;

/// Before the password is looked at.
const RULES: &[(&str, Rule)] = &[
    ("origin.suits_platform", |shown| suits_origin(shown.request, None)),
    ("username.present", |shown| shown.request.has("username")),
    ("password.present", has_password),
    ("scope.present", |shown| shown.request.names_target()),
    ("credential.none_if_public", |shown| client::is_silent_if_public(shown.request, is_public(shown))),
    ("credential.present", |shown| client::has_credential(shown.request, is_public(shown))),
    ("credential.right", |shown| client::is_right_credential(shown.request)),
    ("user.known", is_known),
    ("account.unlocked", is_unlocked),
    ("account.managed", is_managed),
];

/// Once it is known to be right.
const RULES_OF_THE_OWNER: &[(&str, Rule)] = &[
    ("password.unexpired", is_unexpired),
    ("account.enabled", |shown| {
        on_user(shown, |user| if user.account_enabled { Ok(()) } else { Err(accounts::switched_off()) })
    }),
    ("scope.known", |shown| known_scope(shown.request, shown.wanted)),
    ("scope.one_resource", |shown| one_resource(shown.wanted)),
];

pub fn answer(provider: &mut Provider, request: &Request<'_>) -> Answered {
    Answered { result: sign_in(provider, request), platform: None }
}

fn sign_in(provider: &mut Provider, request: &Request<'_>) -> Result<Reply, Box<Refusal>> {
    let (form, now, scenario) = (&request.call.form, request.call.now, request.scenario);
    let user = form.get("username").and_then(|name| scenario.user_named(name)).filter(|user| {
        provider.accounts.exists(user)
            && request.segment.tenant().is_none_or(|tenant| tenant.key == user.tenant)
    });
    let tenant = user.map(|user| scenario.tenant_of(user));
    let wanted = request.wanted(tenant.map(Arc::as_ref));
    let judge = |accounts: &Accounts, rules: &[(&'static str, Rule)]| {
        let shown = Shown { request, accounts, user, wanted: wanted.as_ref() };
        rules
            .iter()
            .try_for_each(|(name, rule)| rule(&shown).map_err(|refusal| named(refusal, name, request, user)))
    };
    judge(&provider.accounts, RULES)?;
    let user = user.expect("the rule user.known was kept");
    let sent = form.get("password").unwrap_or_default();
    let right = user.password.expose() == sent;
    provider.accounts.password_tried(user, right, now);
    if !right {
        return Err(named(accounts::wrong_password(sent, user), "password.right", request, Some(user)));
    }
    judge(&provider.accounts, RULES_OF_THE_OWNER)?;
    let person = Person::new(Arc::clone(user), provider.random.guid(), now, vec!["pwd"]);
    let established = Established {
        tenant: Arc::clone(scenario.tenant_of(user)),
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

fn named(
    refusal: Box<Refusal>,
    rule: &'static str,
    request: &Request<'_>,
    user: Option<&Arc<User>>,
) -> Box<Refusal> {
    refusal.by(rule).concerning(request.client(), user.map(Arc::as_ref))
}

fn is_public(shown: &Shown<'_>) -> bool {
    shown.request.client().is_fallback_public_client
}

fn on_user(shown: &Shown<'_>, rule: impl Fn(&User) -> Verdict) -> Verdict {
    shown.user.map_or(Ok(()), |user| rule(user))
}

fn has_password(shown: &Shown<'_>) -> Verdict {
    match shown.request.call.form.raw("password") {
        None => Err(missing("password")),
        Some("") => Err(Refusal::new(50056, "invalid_grant", "No usable password was given or stored.")
            .demands("`password` must not be empty")
            .compares("password", "(empty)", ["the password"])),
        Some(_) => Ok(()),
    }
}

fn is_known(shown: &Shown<'_>) -> Verdict {
    if shown.user.is_some() {
        return Ok(());
    }
    let name = shown.request.call.form.get("username").unwrap_or_default();
    Err(accounts::unknown(name, shown.request.segment.shown())
        .demands("the name must belong to a member of the tenant in the path; guests and personal accounts have no password there"))
}

fn is_unlocked(shown: &Shown<'_>) -> Verdict {
    on_user(shown, |user| {
        if !shown.accounts.is_locked(user, shown.request.call.now) {
            return Ok(());
        }
        Err(accounts::locked())
    })
}

fn is_managed(shown: &Shown<'_>) -> Verdict {
    on_user(shown, |user| {
        if !user.federated {
            return Ok(());
        }
        Err(Refusal::new(50126, "invalid_grant", "User name or password is wrong.")
            .demands("this person's password is known to another identity provider only, so none can be right here")
            .compares("account", "federated", ["managed"]))
    })
}

fn is_unexpired(shown: &Shown<'_>) -> Verdict {
    on_user(shown, |user| {
        if !user.password_expired {
            return Ok(());
        }
        Err(accounts::password_expired())
    })
}
