//! The permissions of Microsoft Graph by their names: to tell a misspelt one from a permission of somebody else's API, and
//! one that needs an administrator from one that does not.

use crate::entra::{
    permissions::{self, Permission},
    registration::Kind,
    scopes::GRAPH,
};

/// The words before the first dot, which tell a permission of Microsoft Graph from one of somebody's own API.
const SUBJECTS: &[&str] = &[
    "User",
    "Mail",
    "MailboxSettings",
    "Calendars",
    "Contacts",
    "People",
    "Files",
    "Sites",
    "Notes",
    "Chat",
    "ChatMessage",
    "Channel",
    "ChannelMessage",
    "ChannelMember",
    "Team",
    "TeamMember",
    "Presence",
    "OnlineMeetings",
    "Group",
    "GroupMember",
    "Directory",
    "Application",
    "AppRoleAssignment",
    "DelegatedPermissionGrant",
    "AuditLog",
    "Policy",
    "RoleManagement",
    "Organization",
    "Domain",
    "DeviceManagementApps",
    "DeviceManagementConfiguration",
    "DeviceManagementManagedDevices",
    "AdministrativeUnit",
    "UserAuthenticationMethod",
    "IdentityProvider",
    "IdentityRiskyUser",
    "IdentityRiskEvent",
    "SecurityEvents",
    "EntitlementManagement",
    "AccessReview",
    "IMAP",
    "SMTP",
    "POP",
    "EWS",
    "Calls",
    "CallRecords",
];

/// Short names that some libraries translate themselves, and that go wrong when they are sent as they stand.
const ALIASES: &[&str] = &[
    "basic",
    "mailbox",
    "mailbox_shared",
    "message_send",
    "message_send_shared",
    "message_all",
    "message_all_shared",
    "address_book",
    "address_book_all",
    "address_book_shared",
    "calendar",
    "calendar_all",
    "calendar_shared",
    "users",
    "onedrive",
    "onedrive_all",
    "sharepoint",
    "sharepoint_dl",
    "settings_all",
    "tasks",
    "tasks_all",
    "presence",
];

fn holds(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn delegated() -> impl Iterator<Item = &'static str> {
    let graph = permissions::all().filter(|permission| permission.api == GRAPH.id);
    graph.filter(|permission| permission.kind == Kind::Scope).map(|permission| permission.name)
}

fn of_kind(name: &str, kind: Kind) -> Option<Permission> {
    permissions::by_name(GRAPH.id, name).find(|permission| permission.kind == kind)
}

/// Whether it is a delegated permission. Letter case does not count.
pub(super) fn is_delegated(name: &str) -> bool {
    of_kind(name, Kind::Scope).is_some()
}

/// Whether only an administrator may consent to it; `None` if there is no delegated permission of that name.
pub(super) fn needs_administrator(name: &str) -> Option<bool> {
    of_kind(name, Kind::Scope).map(|permission| permission.needs_admin)
}

/// Whether it exists for applications by themselves, and not for people.
pub(super) fn is_for_applications_only(name: &str) -> bool {
    !is_delegated(name) && of_kind(name, Kind::Role).is_some()
}

/// Whether the name is built like one of Microsoft Graph's, or is a library's short form of one.
pub(super) fn looks_like_one(name: &str) -> bool {
    let subject = name.split(['.', '_']).next().unwrap_or_default();
    let has_verb = name.len() > subject.len();
    (has_verb && holds(SUBJECTS, subject)) || holds(ALIASES, name)
}

/// The delegated permission with that GUID.
pub(super) fn by_id(id: &str) -> Option<&'static str> {
    permissions::by_id(id, Some(Kind::Scope)).map(|permission| permission.name)
}

/// The delegated permission that was probably meant: the same letters with other punctuation, or a slip of the fingers.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    nearest(name, delegated())
}

/// The name that differs least: in punctuation and letter case only, or by one or two characters.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = letters(name);
    let allowed = if wanted.len() < 6 { 1 } else { 2 };
    known
        .filter(|known| known.len() <= LONGEST && !known.is_empty())
        .map(|known| (steps(&wanted, &letters(known)), known))
        .filter(|(steps, _)| *steps <= allowed)
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, known)| known)
}

/// How many characters must be added, taken away or changed to get from one to the other (Levenshtein).
pub(super) fn steps(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, c) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(c != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found_by_its_letters() {
        assert_eq!(meant("mailread"), Some("Mail.Read"));
        assert_eq!(meant("User.Raed"), Some("User.Read"));
        assert_eq!(meant("Pump.Start"), None);
        assert_eq!(
            nearest("offline_acces", ["openid", "offline_access"].into_iter()),
            Some("offline_access")
        );
        assert_eq!(steps("kitten", "sitting"), 3);
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(needs_administrator("user.read"), Some(false));
        assert_eq!(needs_administrator("User.Read.All"), Some(true));
        assert_eq!(needs_administrator("Pump.Start"), None);
        assert!(is_for_applications_only("Calls.AccessMedia.All") && !is_for_applications_only("Mail.Read"));
        assert_eq!(by_id("e1fe6dd8-ba31-4d61-89e7-88639da4683d"), Some("User.Read"));
        assert!(looks_like_one("Mail.Fetch") && !looks_like_one("Pump.Start") && !looks_like_one("User"));
    }
}
