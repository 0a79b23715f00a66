//! Why a member differs, by the pair that it is found in. To add a reason, add a line; the first that fits speaks, so the
//! lines of a pair stand before those for any pair.

use serde_json::Value;

use super::{
    Change,
    Change::{Added, Changed, Removed, Same},
    Decoded, Pair, Row,
};

/// A line of the table: in this pair (`None`: in any), these members, so changed (empty: however), for this reason.
struct Reason {
    pair: Option<Pair>,
    names: &'static [&'static str],
    changes: &'static [Change],
    why: &'static str,
}

const fn within(
    pair: Pair,
    names: &'static [&'static str],
    changes: &'static [Change],
    why: &'static str,
) -> Reason {
    Reason { pair: Some(pair), names, changes, why }
}

const fn anywhere(names: &'static [&'static str], changes: &'static [Change], why: &'static str) -> Reason {
    Reason { pair: None, names, changes, why }
}

const DIFFERENT: &[Change] = &[Added, Removed, Changed];
const ONE_SIDED: &[Change] = &[Added, Removed];

/// What tells a person, in either version.
const PERSON: &[&str] = &[
    "name",
    "preferred_username",
    "unique_name",
    "upn",
    "email",
    "given_name",
    "family_name",
    "ipaddr",
    "onprem_sid",
    "amr",
    "acr",
    "auth_time",
    "sid",
    "wids",
    "groups",
    "puid",
    "acct",
    "login_hint",
];

const CLAIMS: &[Reason] = &[
    // ── a person, and the application itself ─────────────────────────────────────────────────────────────────────
    within(
        Pair::DelegatedAndAppOnly,
        &["scp"],
        ONE_SIDED,
        "Scopes are what a person lets a client do; without a person there is none.",
    ),
    within(
        Pair::DelegatedAndAppOnly,
        &["roles"],
        ONE_SIDED,
        "App roles are what an administrator gave the application; an API checks them in place of scp.",
    ),
    within(
        Pair::DelegatedAndAppOnly,
        &["idtyp"],
        DIFFERENT,
        "Says which of the two it is: app without a person, user with one. Not every API asks for it.",
    ),
    within(
        Pair::DelegatedAndAppOnly,
        &["sub", "oid"],
        &[Changed],
        "With a person it is theirs; app-only it is the application's service principal, and sub equals oid.",
    ),
    within(
        Pair::DelegatedAndAppOnly,
        &["azpacr", "appidacr"],
        &[Changed],
        "App-only needs a proof of the application: never 0.",
    ),
    within(
        Pair::DelegatedAndAppOnly,
        PERSON,
        ONE_SIDED,
        "It is about the person, and app-only there is none.",
    ),
    within(
        Pair::DelegatedAndAppOnly,
        &["idp"],
        DIFFERENT,
        "App-only it names the application's own tenant; with a person only where home is elsewhere.",
    ),
    // ── on behalf of ─────────────────────────────────────────────────────────────────────────────────────────────
    within(
        Pair::OnBehalfOf,
        &["aud"],
        &[Changed],
        "The first token is for the API in the middle, the second for the API it calls.",
    ),
    within(
        Pair::OnBehalfOf,
        &["azp", "appid"],
        &[Changed],
        "The API in the middle has become the client: it asked for the second token.",
    ),
    within(
        Pair::OnBehalfOf,
        &["azp", "appid"],
        ONE_SIDED,
        "The API in the middle is the client now; which name it has follows the version.",
    ),
    within(
        Pair::OnBehalfOf,
        &["azpacr", "appidacr"],
        DIFFERENT,
        "How the API in the middle proved itself; the first client may have been a public one.",
    ),
    within(
        Pair::OnBehalfOf,
        &["oid"],
        &[Same],
        "The person is the same: that is what \u{201c}on behalf of\u{201d} means.",
    ),
    within(
        Pair::OnBehalfOf,
        &["sub"],
        &[Changed],
        "The same person, named for another API: sub differs per audience, oid does not.",
    ),
    within(
        Pair::OnBehalfOf,
        &["scp", "scope"],
        DIFFERENT,
        "Permissions of the next API, which the API in the middle was granted; those of the first are not passed on.",
    ),
    within(Pair::OnBehalfOf, &["xms_st"], &[Added], "Its sub is that of the token that was exchanged."),
    within(
        Pair::OnBehalfOf,
        &["exp"],
        &[Changed],
        "The new token has a life of its own, not the rest of the first one's.",
    ),
    within(Pair::OnBehalfOf, &["sid"], &[Same], "One sign-in stands behind both."),
    // ── ID and access ────────────────────────────────────────────────────────────────────────────────────────────
    within(
        Pair::IdAndAccess,
        &["aud"],
        &[Changed],
        "The ID token is for the client that asked, the access token for the API that is called.",
    ),
    within(
        Pair::IdAndAccess,
        &["aud"],
        &[Same],
        "Client and API are the same registration: only scp or roles tells the two tokens apart.",
    ),
    within(Pair::IdAndAccess, &["scp", "scope"], ONE_SIDED, "Only an access token allows something."),
    within(
        Pair::IdAndAccess,
        &["azp", "azpacr", "appid", "appidacr"],
        ONE_SIDED,
        "The API is told which client calls; the ID token is for that client, and names it in aud.",
    ),
    within(
        Pair::IdAndAccess,
        &["nonce"],
        ONE_SIDED,
        "Ties the ID token to the request of the client; an API has no use for it.",
    ),
    within(
        Pair::IdAndAccess,
        &["at_hash", "c_hash"],
        ONE_SIDED,
        "Ties the ID token to the access token or code that came with it.",
    ),
    within(
        Pair::IdAndAccess,
        &["sub"],
        &[Changed],
        "The same person, named once for the client and once for the API: sub differs per audience. oid joins the two.",
    ),
    within(Pair::IdAndAccess, &["oid"], &[Same], "The same person in both: this is what joins them."),
    within(
        Pair::IdAndAccess,
        &["ver", "iss"],
        &[Changed],
        "The endpoint decides the version of the ID token, the API that of the access token.",
    ),
    // ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────
    within(
        Pair::Versions,
        &["ver"],
        &[Changed],
        "The API's registration decides: requestedAccessTokenVersion 2 gives 2.0, null or 1 gives 1.0.",
    ),
    within(
        Pair::Versions,
        &["iss"],
        &[Changed],
        "1.0 is issued by sts.windows.net, 2.0 by the login host with /v2.0 at the end. An API must expect the one it gets.",
    ),
    within(
        Pair::Versions,
        &["aud"],
        &[Changed],
        "1.0 repeats the App ID URI that was asked for, 2.0 always has the API's client id.",
    ),
    within(Pair::Versions, &["azp", "appid"], ONE_SIDED, "The client: appid in 1.0, azp in 2.0."),
    within(
        Pair::Versions,
        &["azpacr", "appidacr"],
        ONE_SIDED,
        "How the client proved itself: appidacr in 1.0, azpacr in 2.0.",
    ),
    within(
        Pair::Versions,
        &["preferred_username", "unique_name", "upn"],
        ONE_SIDED,
        "The name to show: unique_name (and upn) in 1.0, preferred_username in 2.0. Never a key for records.",
    ),
    within(
        Pair::Versions,
        &["amr", "acr", "ipaddr", "family_name", "given_name", "onprem_sid"],
        ONE_SIDED,
        "Standard in 1.0; in 2.0 only as an optional claim, if at all.",
    ),
    // ── consent ──────────────────────────────────────────────────────────────────────────────────────────────────
    within(
        Pair::PermissionsGrew,
        &["scp", "scope"],
        DIFFERENT,
        "Consent (or the request) now covers these too.",
    ),
    within(
        Pair::PermissionsGrew,
        &["roles"],
        DIFFERENT,
        "An assignment was added; it shows in tokens from then on.",
    ),
    within(
        Pair::PermissionsShrank,
        &["scp", "scope"],
        DIFFERENT,
        "A grant was taken back, or the request asked for less.",
    ),
    within(
        Pair::PermissionsShrank,
        &["roles"],
        DIFFERENT,
        "An assignment was taken away; it shows in tokens from then on.",
    ),
    within(
        Pair::SteppedUp,
        &["amr"],
        DIFFERENT,
        "Another method was used: mfa says that there were two factors.",
    ),
    within(
        Pair::SteppedUp,
        &["acrs"],
        DIFFERENT,
        "An authentication context was satisfied; APIs ask for it by a claims challenge.",
    ),
    // ── guests and tenants ───────────────────────────────────────────────────────────────────────────────────────
    within(
        Pair::HomeAndGuest,
        &["oid"],
        &[Changed],
        "The guest is an object of its own in the other tenant.",
    ),
    within(
        Pair::HomeAndGuest,
        &["tid", "iss"],
        &[Changed],
        "The tenant that issued the token is where the person is a guest, not their home.",
    ),
    within(
        Pair::HomeAndGuest,
        &["idp"],
        ONE_SIDED,
        "Names the home of a guest; at home there is nothing to name.",
    ),
    within(Pair::HomeAndGuest, &["acct"], DIFFERENT, "0 is a member, 1 a guest."),
    within(
        Pair::HomeAndGuest,
        &["email"],
        ONE_SIDED,
        "Guests have it by default; members when it is asked for.",
    ),
    within(Pair::TwoTenants, &["oid", "sub"], &[Changed], "Object ids and subjects belong to one tenant."),
    within(
        Pair::TwoTenants,
        &["iss", "tid"],
        &[Changed],
        "Another tenant: other keys, other people. An API for one tenant must refuse the other.",
    ),
    // ── one thing apart ──────────────────────────────────────────────────────────────────────────────────────────
    within(Pair::TwoResources, &["aud"], &[Changed], "Each API takes only its own."),
    within(
        Pair::TwoResources,
        &["sub"],
        &[Changed],
        "The same person, named differently for each API on purpose; oid is the same.",
    ),
    within(Pair::TwoResources, &["scp", "roles", "scope"], DIFFERENT, "Each API has permissions of its own."),
    within(Pair::TwoClients, &["azp", "appid"], &[Changed], "Another application asked."),
    within(Pair::TwoClients, &["scp", "scope"], DIFFERENT, "Consent is given to each client by itself."),
    within(
        Pair::TwoClients,
        &["azpacr", "appidacr"],
        DIFFERENT,
        "One client proves itself in another way, or not at all.",
    ),
    within(Pair::TwoSubjects, &["oid", "sub"], &[Changed], "Somebody else."),
    within(
        Pair::TwoSubjects,
        &["roles", "groups", "wids"],
        DIFFERENT,
        "What this person (or application) is assigned to.",
    ),
    // ── in any pair ──────────────────────────────────────────────────────────────────────────────────────────────
    anywhere(&["iat", "nbf"], &[Changed], "Issued at another time."),
    anywhere(&["azp", "appid", "client_id"], &[Changed], "Another application asked."),
    anywhere(&["uti", "jti"], DIFFERENT, "New for every token: it finds this one in the sign-in log."),
    anywhere(&["aio", "rh"], DIFFERENT, "The issuer's own bookkeeping; not for anybody else."),
    anywhere(&["nonce"], DIFFERENT, "Each request has its own."),
    anywhere(&["at_hash", "c_hash"], DIFFERENT, "It follows the token or code that came beside it."),
    anywhere(&["sid"], &[Changed], "Two sign-in sessions."),
    anywhere(&["auth_time"], &[Changed], "The person signed in anew between the two."),
    anywhere(&["xms_cc"], ONE_SIDED, "Whether the client said that it can handle claims challenges (cp1)."),
    anywhere(&["acrs"], DIFFERENT, "Authentication contexts that the sign-in satisfied."),
    anywhere(&["amr"], DIFFERENT, "Another way of signing in, or another one on record for the session."),
    anywhere(
        &["groups"],
        DIFFERENT,
        "Memberships changed, or the registration emits another kind of groups.",
    ),
    anywhere(
        &["hasgroups", "_claim_names", "_claim_sources"],
        DIFFERENT,
        "Above the limit the token names no groups and points to Graph instead.",
    ),
    anywhere(&["roles"], DIFFERENT, "Role assignments differ."),
    anywhere(&["scp", "scope"], DIFFERENT, "Consent, or what was asked for, differs."),
    anywhere(&["wids"], DIFFERENT, "Directory roles differ, or only one of the APIs is told of them."),
    anywhere(&["ipaddr"], &[Changed], "Requested from another address."),
    anywhere(&["cnf"], ONE_SIDED, "Only one is bound to a key."),
];

const HEADER: &[Reason] = &[
    within(Pair::SameClaims, &["alg", "kid"], DIFFERENT, "Another key or algorithm signed the same claims."),
    within(
        Pair::Versions,
        &["x5t"],
        ONE_SIDED,
        "Version 1.0 names the key twice, as kid and as x5t; version 2.0 by kid alone.",
    ),
    anywhere(
        &["nonce"],
        DIFFERENT,
        "Only tokens for Graph (and some of Microsoft's own APIs) have it; nobody else can verify those.",
    ),
    anywhere(
        &["kid"],
        &[Changed],
        "Another key of the set signed, as after a key change, or another issuer.",
    ),
    anywhere(&["x5t"], DIFFERENT, "It follows kid, and only version 1.0 has it."),
    anywhere(&["alg"], DIFFERENT, "Entra signs its tokens with RS256: something else did the other one."),
    anywhere(&["typ"], DIFFERENT, "Entra writes JWT; at+jwt (RFC 9068) is another issuer's."),
];

fn find(table: &[Reason], pairs: &[Pair], name: &str, change: Change) -> Option<&'static str> {
    // Pairs in their order first, whatever the order of the table.
    let fits = |reason: &&Reason| {
        reason.names.contains(&name) && (reason.changes.is_empty() || reason.changes.contains(&change))
    };
    let of = |pair: Option<Pair>| table.iter().filter(move |reason| reason.pair == pair).find(fits);
    pairs.iter().find_map(|pair| of(Some(*pair))).or_else(|| of(None)).map(|reason| reason.why)
}

/// Why a member of the header differs.
pub(super) fn of_header(pairs: &[Pair], name: &str, change: Change) -> Option<&'static str> {
    find(HEADER, pairs, name, change)
}

/// Why a claim differs, or why it is telling that it does not.
pub(super) fn of_claim(pairs: &[Pair], row: &Row, before: &Decoded, after: &Decoded) -> Option<String> {
    if row.name == "exp" && row.change == Changed && !pairs.contains(&Pair::OnBehalfOf) {
        return expiry(before, after);
    }
    if row.name == "aud" && row.change == Changed && is_same_but_for_slash(row) {
        return Some("The same API; a slash at its end follows how the scope was written.".to_owned());
    }
    find(CLAIMS, pairs, &row.name, row.change).map(str::to_owned)
}

/// Lives are compared, not moments: those differ anyway.
fn expiry(before: &Decoded, after: &Decoded) -> Option<String> {
    let life = |token: &Decoded| Some(token.time("exp")?.seconds() - token.time("iat")?.seconds());
    let (old, new) = (life(before)?, life(after)?);
    Some(if old == new {
        format!("It follows iat: both live {} min.", old / 60)
    } else {
        format!(
            "The first lives {} min, the second {} min. Entra draws 60 to 90 min at random, and dates iat back by five.",
            old / 60,
            new / 60
        )
    })
}

fn is_same_but_for_slash(row: &Row) -> bool {
    let text = |value: &Option<Value>| {
        value.as_ref().and_then(Value::as_str).map(|text| text.trim_end_matches('/').to_owned())
    };
    text(&row.before).is_some() && text(&row.before) == text(&row.after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::claims;

    #[test]
    fn every_reason_is_reachable_and_about_a_claim_that_is_known() {
        for (table, is_header) in [(CLAIMS, false), (HEADER, true)] {
            for (at, reason) in table.iter().enumerate() {
                for name in reason.names {
                    let known = if is_header { claims::header_meaning(name) } else { claims::meaning(name) };
                    assert!(known.is_some(), "{name} has no meaning");
                }
                assert!(reason.why.ends_with('.'), "{}", reason.why);
                let pairs: Vec<Pair> = reason.pair.into_iter().collect();
                let speaks = reason.names.iter().any(|name| {
                    reason.changes.iter().any(|change| find(table, &pairs, name, *change) == Some(reason.why))
                });
                assert!(speaks, "line {at} never speaks: {}", reason.why);
            }
        }
    }
}
