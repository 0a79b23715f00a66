//! Continuous access evaluation (reference §8.9, §12.2): a client that has said it can take a claims challenge learns at
//! once that something has changed since its token was made. For all others an access token lives on until it expires.

use serde_json::json;

use super::{error, refuse};
use crate::{
    provider::{
        Provider,
        call::Call,
        mint, policies,
        refusal::{Refusal, Verdict},
        scenario::{Application, Scenario, User},
        token::Token,
    },
    time::UnixTime,
};

/// What the rules look at.
struct Seen<'a> {
    provider: &'a Provider,
    scenario: &'a Scenario,
    call: &'a Call,
    token: &'a Token,
    resource: &'a Application,
    user: Option<&'a User>,
}

type Rule = fn(&Seen<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("session.not_revoked", is_not_revoked),
    ("session.account_enabled", is_enabled),
    ("session.place_allowed", is_allowed_there),
];

/// The names of the rules, in their order.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// Whether nothing speaks against a good token since it was made.
pub fn still_counts(provider: &Provider, call: &Call, token: &Token, resource: &Application) -> Verdict {
    if !token.list("xms_cc").iter().any(|one| one.eq_ignore_ascii_case("cp1")) {
        return Ok(());
    }
    let scenario = &provider.scenario;
    let user = scenario.user_with_id(token.text("oid")).map(AsRef::as_ref);
    let seen = Seen { provider, scenario, call, token, resource, user };
    RULES.iter().try_for_each(|(name, rule)| rule(&seen).map_err(|refusal| refusal.by(name)))
}

/// The challenge: a token is wanted that was made at this moment or later.
fn challenge(code: &str, since: UnixTime) -> Box<Refusal> {
    let text = format!(
        "Continuous access evaluation led to a claims challenge with the result InteractionRequired and the code {code}."
    );
    let claims =
        json!({ "access_token": { "nbf": { "essential": true, "value": since.seconds().to_string() } } });
    refuse(error::INSUFFICIENT_CLAIMS, text).claims(claims.to_string())
}

fn is_not_revoked(seen: &Seen<'_>) -> Verdict {
    let Some(valid_from) = seen.provider.sessions_valid_from(seen.token.text("oid")) else { return Ok(()) };
    let issued = seen.token.seconds("iat").unwrap_or_default().saturating_add(mint::BACKDATED);
    if issued >= valid_from.seconds() {
        return Ok(());
    }
    Err(challenge("TokenIssuedBeforeRevocationTimestamp", valid_from)
        .demands("the token is issued after the person's sessions were revoked; the client said cp1, so it is told now")
        .compares("iat", UnixTime::from_seconds(issued).date_time(), [format!("{valid_from} or later")]))
}

/// An application by itself has nobody behind it.
fn is_enabled(seen: &Seen<'_>) -> Verdict {
    if seen.token.scopes().is_empty() {
        return Ok(());
    }
    let enabled = match seen.user {
        None => "deleted",
        Some(user) if !user.account_enabled => "false",
        Some(_) => return Ok(()),
    };
    Err(challenge("UserDisabledOrDeleted", seen.call.now)
        .demands(
            "the account behind the token is still there and enabled; the client said cp1, so it is told now",
        )
        .compares("accountEnabled", enabled, ["true"]))
}

fn is_allowed_there(seen: &Seen<'_>) -> Verdict {
    let (Some(user), Some(client)) = (seen.user, seen.scenario.application_with_id(seen.token.client()))
    else {
        return Ok(());
    };
    let blocking =
        policies::blocks_place(seen.scenario, &user.key, (client, seen.resource), seen.call.address);
    let Some(policy) = blocking else { return Ok(()) };
    Err(challenge("LocationConditionEvaluationSatisfied", seen.call.now)
        .demands("the call comes from a place where no policy blocks; the client said cp1, so it is told now")
        .compares("address", seen.call.address.to_string(), ["an address that the policy leaves alone"])
        .compares("policies", "(apply)", [policy.display_name.clone()]))
}
