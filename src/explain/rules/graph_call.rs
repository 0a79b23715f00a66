//! Which permissions a call to Microsoft Graph needs, by its path: roughly, and enough to tell a token that holds none of
//! the kind from one that does. Documentation of the call has the last word.

use url::Url;

use super::{Case, call::call};
use crate::{explain::place::Place, token::microsoft_api, wire::Method};

/// A part of a path, and the words with which the names of its permissions begin; the first is the usual one. The further
/// up, the more it says about the call.
const SUBJECTS: &[(&str, &[&str])] = &[
    ("sendmail", &["Mail.Send"]),
    ("messages", &["Mail"]),
    ("mailfolders", &["Mail"]),
    ("mailboxsettings", &["MailboxSettings"]),
    ("events", &["Calendars"]),
    ("calendar", &["Calendars"]),
    ("calendars", &["Calendars"]),
    ("calendarview", &["Calendars"]),
    ("contacts", &["Contacts"]),
    ("drive", &["Files", "Sites"]),
    ("drives", &["Files", "Sites"]),
    ("lists", &["Sites"]),
    ("sites", &["Sites"]),
    ("onenote", &["Notes"]),
    ("todo", &["Tasks"]),
    ("planner", &["Tasks", "Group"]),
    ("chats", &["Chat"]),
    ("channels", &["Channel", "Group", "ChannelSettings", "ChannelMessage"]),
    ("teams", &["Team", "Group", "TeamSettings"]),
    ("joinedteams", &["Team", "Group", "User", "Directory"]),
    ("onlinemeetings", &["OnlineMeetings"]),
    ("presence", &["Presence"]),
    ("authentication", &["UserAuthenticationMethod"]),
    ("memberof", &["GroupMember", "Group", "Directory", "User"]),
    ("transitivememberof", &["GroupMember", "Group", "Directory", "User"]),
    ("getmemberobjects", &["GroupMember", "Group", "Directory", "User"]),
    ("members", &["GroupMember", "Group", "Directory"]),
    ("manager", &["User", "Directory"]),
    ("applications", &["Application", "Directory"]),
    ("serviceprincipals", &["Application", "Directory"]),
    ("approleassignments", &["AppRoleAssignment", "Application", "Directory"]),
    ("oauth2permissiongrants", &["DelegatedPermissionGrant", "Directory"]),
    ("auditlogs", &["AuditLog"]),
    ("signins", &["AuditLog"]),
    ("conditionalaccess", &["Policy"]),
    ("policies", &["Policy"]),
    ("directoryroles", &["RoleManagement", "Directory"]),
    ("rolemanagement", &["RoleManagement", "Directory"]),
    (
        "devicemanagement",
        &["DeviceManagementManagedDevices", "DeviceManagementConfiguration", "DeviceManagementApps"],
    ),
    ("devices", &["Device", "Directory"]),
    ("domains", &["Domain", "Directory"]),
    ("organization", &["Organization", "Directory", "User"]),
    ("subscribedskus", &["LicenseAssignment", "Organization", "Directory"]),
    ("reports", &["Reports"]),
    ("riskyusers", &["IdentityRiskyUser"]),
    ("alerts", &["SecurityEvents", "SecurityAlert"]),
    ("groups", &["Group", "GroupMember", "Directory"]),
    ("users", &["User", "Directory"]),
    ("me", &["User", "Directory"]),
];

/// What a call needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    subjects: &'static [&'static str],
    writes: bool,
    /// Whether it goes to other people's things, so that a permission for one's own is not enough.
    of_others: bool,
}

impl Need {
    /// Whether a permission of this name is of the kind that the call needs.
    pub fn fits(&self, permission: &str) -> bool {
        let mut words = permission.split('.');
        let subject = words.next().unwrap_or_default();
        let verb = words.next().unwrap_or_default();
        let is_of =
            |one: &&str| one.split('.').next().is_some_and(|begin| begin.eq_ignore_ascii_case(subject));
        if !self.subjects.iter().any(is_of) {
            return false;
        }
        let exact = self.subjects.iter().find_map(|one| one.split_once('.').map(|(_, verb)| verb));
        let verb_fits = match exact {
            Some(exact) => verb.eq_ignore_ascii_case(exact),
            None if self.writes => {
                verb.starts_with("ReadWrite")
                    || verb == "Manage"
                    || verb == "Create"
                    || verb == "AccessAsUser"
            }
            None => !matches!(verb, "Send" | "Create" | "Invite"),
        };
        let reach = permission.contains(".All")
            || permission.contains(".Shared")
            || subject == "Mail" && verb == "Send";
        verb_fits && (!self.of_others || reach)
    }

    /// The usual permission, as it would be named.
    pub fn usual(&self, app_only: bool) -> String {
        let subject = self.subjects.first().copied().unwrap_or("User");
        if subject.contains('.') {
            return subject.to_owned();
        }
        let verb = if self.writes { "ReadWrite" } else { "Read" };
        let without_all = ["Mail", "Calendars", "Contacts", "MailboxSettings"].contains(&subject)
            || !self.of_others && !app_only && ["User", "Files", "Notes", "Tasks", "Chat"].contains(&subject);
        if without_all { format!("{subject}.{verb}") } else { format!("{subject}.{verb}.All") }
    }
}

/// The address that was called, where it is known: the failing request, or one of Microsoft's APIs in the text.
pub(super) fn called(case: &Case<'_>) -> Option<Url> {
    if let Some(request) = call(case) {
        return Some(request.url.clone());
    }
    if case.evidence.request.is_some() && !matches!(case.facts.place, Place::Api(_)) {
        return None;
    }
    // A call that somebody wrote into the text: an address with a path, not the identifier of an API.
    let text = &case.validation().text;
    let lower = &case.validation().lower;
    let mut places = lower.match_indices("https://").map(|(at, _)| at).take(64);
    places.find_map(|at| {
        let rest = &text[at..];
        let end = rest.find(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | ')' | ',' | '\\')
        });
        let url = Url::parse(rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ':'])).ok()?;
        let host = url.host_str()?;
        let is_api =
            microsoft_api(&format!("https://{host}")).is_some() || host.ends_with(".vault.azure.net");
        let segments =
            url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).count();
        (is_api && segments >= 2).then_some(url)
    })
}

/// Whether a path stands for the signed-in person.
pub(super) fn is_me(url: &Url) -> bool {
    url.path_segments().into_iter().flatten().any(|segment| segment.eq_ignore_ascii_case("me"))
}

/// What the call needs, if it goes to Graph and the path is known.
pub(super) fn need(case: &Case<'_>) -> Option<Need> {
    let url = called(case)?;
    let path = url.path().to_ascii_lowercase();
    let host = url.host_str()?;
    let is_graph = microsoft_api(&format!("https://{host}")) == Some("Microsoft Graph")
        || ["/v1.0/", "/beta/"].iter().any(|begin| path.starts_with(begin));
    if !is_graph {
        return None;
    }
    let has = |wanted: &str| path.split('/').any(|segment| segment == wanted);
    let (_, subjects) = SUBJECTS.iter().find(|(segment, _)| has(segment))?;
    let method = case.evidence.request.as_ref().map_or(Method::Get, |request| request.method);
    let asks_only = ["getmemberobjects", "getmembergroups", "checkmembergroups", "getbyids"]
        .iter()
        .any(|end| path.ends_with(end));
    Some(Need { subjects, writes: method != Method::Get && !asks_only, of_others: !is_me(&url) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_fits_by_subject_verb_and_reach() {
        let need = |subjects, writes, of_others| Need { subjects, writes, of_others };
        let users: &[&str] = &["User", "Directory"];
        let check = |need: Need, permission: &str, fits: bool| {
            assert_eq!(need.fits(permission), fits, "{permission} {need:?}");
        };
        check(need(users, false, true), "User.Read", false);
        check(need(users, false, true), "User.Read.All", true);
        check(need(users, false, true), "User.ReadBasic.All", true);
        check(need(users, false, true), "Directory.ReadWrite.All", true);
        check(need(users, false, false), "User.Read", true);
        check(need(users, true, true), "User.Read.All", false);
        check(need(&["Mail.Send"], true, false), "Mail.Send", true);
        check(need(&["Mail.Send"], true, false), "Mail.ReadWrite", false);
        check(need(&["Mail"], false, false), "Mail.Send", false);
        assert_eq!(need(users, false, true).usual(true), "User.Read.All");
        assert_eq!(need(&["Mail"], false, false).usual(true), "Mail.Read");
    }
}
