//! What two tokens are to each other, told from their claims alone.

use serde_json::Value;

use super::{Decoded, TokenKind, list};

/// What two tokens are to each other. Each is said of the first and the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// The same token, letter for letter.
    Identical,
    /// The same claims under another signature or encoding.
    SameClaims,
    /// The same grant again: only times and the issuer's own ids differ.
    Refreshed,
    /// An application for a person, and an application by itself.
    DelegatedAndAppOnly,
    /// What an API was called with, and what it got for the next one in exchange.
    OnBehalfOf,
    /// An ID token and an access token.
    IdAndAccess,
    /// Version 1.0 and version 2.0.
    Versions,
    /// The same grant with permissions added.
    PermissionsGrew,
    /// The same grant with permissions gone.
    PermissionsShrank,
    /// The same sign-in with a stronger proof.
    SteppedUp,
    /// The same person at home and as a guest.
    HomeAndGuest,
    /// The same client and person, for two APIs.
    TwoResources,
    /// The same API, for two clients.
    TwoClients,
    /// The same client and API, for two people (or two applications).
    TwoSubjects,
    /// Two tenants.
    TwoTenants,
    /// One of them cannot be read.
    Unreadable,
    /// Nothing that is known.
    Unrelated,
}

impl Pair {
    /// Every one.
    pub const ALL: [Self; 17] = [
        Self::Identical,
        Self::SameClaims,
        Self::Refreshed,
        Self::DelegatedAndAppOnly,
        Self::OnBehalfOf,
        Self::IdAndAccess,
        Self::Versions,
        Self::PermissionsGrew,
        Self::PermissionsShrank,
        Self::SteppedUp,
        Self::HomeAndGuest,
        Self::TwoResources,
        Self::TwoClients,
        Self::TwoSubjects,
        Self::TwoTenants,
        Self::Unreadable,
        Self::Unrelated,
    ];

    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::SameClaims => "same_claims",
            Self::Refreshed => "refreshed",
            Self::DelegatedAndAppOnly => "delegated_and_app_only",
            Self::OnBehalfOf => "on_behalf_of",
            Self::IdAndAccess => "id_and_access",
            Self::Versions => "versions",
            Self::PermissionsGrew => "permissions_grew",
            Self::PermissionsShrank => "permissions_shrank",
            Self::SteppedUp => "stepped_up",
            Self::HomeAndGuest => "home_and_guest",
            Self::TwoResources => "two_resources",
            Self::TwoClients => "two_clients",
            Self::TwoSubjects => "two_subjects",
            Self::TwoTenants => "two_tenants",
            Self::Unreadable => "unreadable",
            Self::Unrelated => "unrelated",
        }
    }

    /// One line that says it.
    pub const fn headline(self) -> &'static str {
        match self {
            Self::Identical => "The same token twice",
            Self::SameClaims => "The same claims, written or signed anew",
            Self::Refreshed => "The same grant at two times",
            Self::DelegatedAndAppOnly => "For a person, and for the application itself",
            Self::OnBehalfOf => "On behalf of: what the API received, and what it got for the next one",
            Self::IdAndAccess => "An ID token and an access token",
            Self::Versions => "Version 1.0 and version 2.0",
            Self::PermissionsGrew => "The same grant, with permissions added",
            Self::PermissionsShrank => "The same grant, with permissions gone",
            Self::SteppedUp => "The same sign-in, before and after a stronger proof",
            Self::HomeAndGuest => "The same person at home and as a guest",
            Self::TwoResources => "The same client, for two APIs",
            Self::TwoClients => "Two clients of the same API",
            Self::TwoSubjects => "Two subjects at the same API",
            Self::TwoTenants => "Tokens of two tenants",
            Self::Unreadable => "Only what can be read is compared",
            Self::Unrelated => "Two tokens without a relation that is known",
        }
    }

    /// What to make of it, in a sentence or two.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Identical => "Nothing differs. A cache gave the same one again, or it was pasted twice.",
            Self::SameClaims => {
                "Nothing that is claimed differs. Where only the signature does, one of them was signed by somebody else or bent."
            }
            Self::Refreshed => {
                "Times and the issuer's own ids move on with every token; person, client, API and permissions are the same."
            }
            Self::DelegatedAndAppOnly => {
                "With a person, scp says what the client may do for them. Without one, roles says what an administrator gave the \
                 application, and sub and oid name its service principal."
            }
            Self::OnBehalfOf => {
                "The API of the first token is the client of the second. The person stays the same; audience and permissions \
                 are those of the API that is called next."
            }
            Self::IdAndAccess => {
                "One tells the client who signed in, the other lets it call an API. Their audiences differ for that reason, and \
                 neither serves for the other."
            }
            Self::Versions => {
                "The API decides which version it gets (requestedAccessTokenVersion), whichever endpoint was asked. Issuer, audience \
                 and some names follow."
            }
            Self::PermissionsGrew => {
                "More was consented to, or more was asked for. Tokens from before keep what they say until they end."
            }
            Self::PermissionsShrank => {
                "A grant was taken back, or less was asked for. The older token keeps its permissions until it ends."
            }
            Self::SteppedUp => "A factor or an authentication context was added; permissions are as before.",
            Self::HomeAndGuest => {
                "In another tenant a person is a guest with an object of its own: oid and tid are that tenant's, and idp names home."
            }
            Self::TwoResources => {
                "An access token is for one API. sub differs between them on purpose, so that they cannot compare notes; oid does not."
            }
            Self::TwoClients => "The person may have allowed the two applications different things.",
            Self::TwoSubjects => {
                "Everything that is about the person (or the application) differs; the rest should not."
            }
            Self::TwoTenants => {
                "Issuer, keys and object ids belong to the tenant: nothing of one is known in the other."
            }
            Self::Unreadable => "One of the two is encrypted, opaque, damaged or no token.",
            Self::Unrelated => "Different people, clients and APIs, as far as can be told.",
        }
    }
}

/// Claims that differ between any two tokens of one grant, and say nothing by that.
pub(super) const VOLATILE: &[&str] = &[
    "iat",
    "nbf",
    "exp",
    "uti",
    "aio",
    "rh",
    "jti",
    "xms_ftd",
    "xms_acd",
    "xms_pftexp",
    "at_hash",
    "c_hash",
    "nonce",
];

/// The claims by which a token names its client, in both versions.
fn client(token: &Decoded) -> Option<&str> {
    ["azp", "appid", "client_id"].into_iter().find_map(|name| token.text(name))
}

fn audience(token: &Decoded) -> Option<String> {
    match token.claims.get("aud")? {
        Value::String(text) => Some(bare(text).to_owned()),
        Value::Array(all) => match all.as_slice() {
            [Value::String(text)] => Some(bare(text).to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// Without what the two forms of an audience differ in: scheme and final slash of an App ID URI that holds a client id.
fn bare(audience: &str) -> &str {
    let audience = audience.trim_end_matches('/');
    audience.strip_prefix("api://").unwrap_or(audience)
}

fn permissions(token: &Decoded) -> Vec<String> {
    let mut all: Vec<String> = ["scp", "scope", "roles"]
        .into_iter()
        .filter_map(|name| list(name, token.claims.get(name)?))
        .flatten()
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What the two are to each other, the most telling first.
pub(super) fn recognise(before: &Decoded, after: &Decoded, kinds: (TokenKind, TokenKind)) -> Vec<Pair> {
    if before.raw == after.raw {
        return vec![Pair::Identical];
    }
    if before.claims.is_empty() || after.claims.is_empty() {
        return vec![Pair::Unreadable];
    }
    if before.claims == after.claims {
        return vec![Pair::SameClaims];
    }
    let same = |name: &str| before.text(name).is_some() && before.text(name) == after.text(name);
    let both = |name: &str| before.text(name).is_some() && after.text(name).is_some();
    let is_id = |kind| kind == TokenKind::IdToken;
    let (old_client, new_client) = (client(before), client(after));
    let same_client = old_client == new_client;
    let (old_audience, new_audience) = (audience(before), audience(after));
    let same_audience = old_audience.is_some() && old_audience == new_audience;
    let app_only = (kinds.0.is_app_only(), kinds.1.is_app_only());
    let access = kinds.0.is_access() && kinds.1.is_access();
    let two_versions = both("ver") && !same("ver");
    let same_subject = same("oid") || !both("oid") && same("sub");

    let mut pairs = Vec::new();
    if is_id(kinds.0) && kinds.1.is_access() || kinds.0.is_access() && is_id(kinds.1) {
        pairs.push(Pair::IdAndAccess);
    }
    if access && app_only.0 != app_only.1 {
        pairs.push(Pair::DelegatedAndAppOnly);
    }
    // The exchange may have been pasted the other way round; only this way round is it one.
    let calls_on = new_client.is_some_and(|client| old_audience.as_deref() == Some(client))
        || new_client.is_some() && xms_st(after).is_some() && xms_st(after) == before.text("sub");
    if access && app_only == (false, false) && !same_client && calls_on && same("oid") {
        pairs.push(Pair::OnBehalfOf);
    }
    if both("tid") && !same("tid") {
        let guest = |token: &Decoded| token.claims.contains_key("idp") || token.claims.contains_key("email");
        let one_person = ["preferred_username", "upn", "email", "unique_name"].into_iter().any(same);
        pairs.push(if one_person && guest(before) != guest(after) {
            Pair::HomeAndGuest
        } else {
            Pair::TwoTenants
        });
    }
    if two_versions && kinds.0.is_access() == kinds.1.is_access() {
        pairs.push(Pair::Versions);
    }
    let one_grant =
        same_client && same_subject && (same_audience || two_versions) && app_only.0 == app_only.1;
    if one_grant && !pairs.contains(&Pair::IdAndAccess) {
        let (old, new) = (permissions(before), permissions(after));
        let has_more =
            |more: &[String], less: &[String]| more.iter().any(|one| less.binary_search(one).is_err());
        match (has_more(&new, &old), has_more(&old, &new)) {
            (true, false) => pairs.push(Pair::PermissionsGrew),
            (false, true) => pairs.push(Pair::PermissionsShrank),
            _ => {}
        }
        if proof(after) > proof(before) {
            pairs.push(Pair::SteppedUp);
        }
        let is_lasting = |name: &&String| !VOLATILE.contains(&name.as_str());
        let lasting = |token: &Decoded| token.claims.keys().filter(is_lasting).count();
        let unchanged = before
            .claims
            .iter()
            .filter(|(name, _)| is_lasting(name))
            .all(|(name, value)| after.claims.get(name) == Some(value));
        if unchanged && lasting(before) == lasting(after) {
            pairs.push(Pair::Refreshed);
        }
    }
    if access && !pairs.contains(&Pair::OnBehalfOf) && !pairs.contains(&Pair::TwoTenants) {
        let apart = (same_audience || two_versions, same_client, same_subject);
        match apart {
            (false, true, true) => pairs.push(Pair::TwoResources),
            (true, false, _) if !app_only.0 && !app_only.1 => pairs.push(Pair::TwoClients),
            (true, _, false) if app_only.0 == app_only.1 => pairs.push(Pair::TwoSubjects),
            _ => {}
        }
    }
    if pairs.is_empty() && is_id(kinds.0) && is_id(kinds.1) && same_audience {
        pairs.push(if same_subject { Pair::Refreshed } else { Pair::TwoSubjects });
    }
    if pairs.is_empty() {
        pairs.push(Pair::Unrelated);
    }
    pairs
}

/// The subject of the token that was exchanged, as tokens from an exchange may say it.
fn xms_st(token: &Decoded) -> Option<&str> {
    token.claims.get("xms_st")?.get("sub")?.as_str()
}

/// How much a sign-in proved: how many methods and contexts the token lists.
fn proof(token: &Decoded) -> usize {
    ["amr", "acrs"]
        .into_iter()
        .filter_map(|name| list(name, token.claims.get(name)?))
        .map(|all| all.len())
        .sum()
}
