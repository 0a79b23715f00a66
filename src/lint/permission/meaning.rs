//! What a permission allows, in a line: by hand for a few that everybody meets, else as far as its name tells. Names of
//! Microsoft Graph are made of parts, `Mail.ReadWrite.Shared`: the things, what may be done with them, and with which of them.

use crate::{
    entra::{permissions::Permission, registration::Kind},
    lint::permissions::power,
};

/// Said by hand, because the name does not tell, or tells it badly. Delegated ones; nobody else has these.
const BY_HAND: &[(&str, &str)] = &[
    ("openid", "signs people in: there is an ID token"),
    ("profile", "puts name and picture of the person into tokens"),
    ("email", "puts the e-mail address of the person into tokens"),
    ("offline_access", "gives a refresh token, so that it works on while the person is away"),
    ("User.Read", "signs the person in and reads their own account"),
    ("User.ReadBasic.All", "reads names, pictures and addresses of everybody"),
    ("user_impersonation", "does there whatever the person may do"),
    ("Directory.AccessAsUser.All", "does in the directory whatever the person may do"),
];

/// What may be done, by the word in the name.
const VERBS: &[(&str, &str)] = &[
    ("Read", "reads"),
    ("ReadBasic", "reads the most harmless part of"),
    ("ReadWrite", "reads, changes and deletes"),
    ("Write", "changes"),
    ("Create", "makes new ones of"),
    ("Delete", "deletes"),
    ("Send", "sends"),
    ("Manage", "manages"),
    ("Export", "takes out in bulk"),
    ("Upload", "uploads"),
    ("FullControl", "does anything with"),
    ("Selected", "reaches, one by one as somebody allows it,"),
];

/// With which of them, by the last word of the name.
const EXTENTS: &[(&str, &str)] = &[
    ("Shared", "own ones and those that others share"),
    ("Selected", "only those that an administrator names for it"),
    ("OwnedBy", "only those that the application owns"),
    ("CreatedByApp", "only those that the application made"),
    ("AppFolder", "only in the application's own folder"),
];

/// What it allows, as far as that is known; `None` where the name follows no custom.
pub fn allows(one: &Permission) -> Option<String> {
    let by_hand = BY_HAND.iter().find(|(name, _)| *name == one.name && one.kind == Kind::Scope);
    if let Some((_, said)) = by_hand {
        return Some((*said).to_owned());
    }
    let told = by_name(one);
    match (power(one), told) {
        (Some(power), _) => Some(format!("powerful: it {power}")),
        (None, told) => told,
    }
}

fn by_name(one: &Permission) -> Option<String> {
    let mut parts = one.name.split('.');
    let (things, verb) = (parts.next()?, parts.next()?);
    let (_, does) = VERBS.iter().find(|(word, _)| *word == verb)?;
    let extent = match (parts.next_back(), one.kind) {
        (Some("All"), Kind::Role) => Some("all of the organisation"),
        (Some("All"), Kind::Scope) => Some("all that the person may see there"),
        (None, Kind::Role) if verb != "Selected" => Some("everybody's"),
        (None, Kind::Scope) if verb != "Selected" => Some("the person's own"),
        (Some(word), _) => EXTENTS.iter().find(|(name, _)| *name == word).map(|(_, said)| *said),
        (None, _) => None,
    };
    let said = format!("by its name: {does} {}", in_words(things));
    Some(match extent {
        Some(extent) => format!("{said}; {extent}"),
        None => said,
    })
}

/// `AccessReview` as `access review`; what is written in capitals stays so.
fn in_words(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let is_small = |at: usize| chars.get(at).is_some_and(|c| c.is_lowercase());
        let begins = c.is_uppercase() && (at == 0 || is_small(at - 1) || is_small(at + 1));
        if begins && at > 0 && !out.ends_with('-') {
            out.push(' ');
        }
        if begins && is_small(at + 1) { out.extend(c.to_lowercase()) } else { out.push(*c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::{permissions, scopes::GRAPH};

    fn said(name: &str, kind: Kind) -> Option<String> {
        let one = permissions::by_name(GRAPH.id, name).find(|one| one.kind == kind);
        allows(&one.unwrap_or_else(|| panic!("{name} is known")))
    }

    #[test]
    fn a_name_tells_what_may_be_done_with_which_things() {
        let check = |name, kind, expected: &str| assert_eq!(said(name, kind).as_deref(), Some(expected));
        check("Mail.Read", Kind::Scope, "by its name: reads mail; the person's own");
        check(
            "Mail.ReadWrite.Shared",
            Kind::Scope,
            "by its name: reads, changes and deletes mail; own ones and those that others share",
        );
        check(
            "AccessReview.Read.All",
            Kind::Role,
            "by its name: reads access review; all of the organisation",
        );
        check("Mail.Read", Kind::Role, "powerful: it reads everybody's mail");
        check("User.Read", Kind::Scope, "signs the person in and reads their own account");
    }

    #[test]
    fn what_the_name_does_not_tell_is_not_made_up() {
        let unknown: Vec<_> = permissions::all().filter(|one| allows(one).is_none()).collect();
        assert!(unknown.iter().all(|one| !one.name.contains(".Read.")), "{unknown:?}");
        assert!(unknown.iter().any(|one| one.name == "EWS.AccessAsUser.All"), "{}", unknown.len());
        assert!(unknown.len() < permissions::all().count() / 3, "{}", unknown.len());
    }
}
