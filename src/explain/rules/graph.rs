//! The permissions of Microsoft Graph that programs commonly ask for: to tell a misspelt one from a permission of somebody
//! else's API, and one that needs an administrator from one that does not.
//!
//! The list is no authority about what exists. A name that is missing here is only not known.

/// Delegated permissions that people may consent to themselves, unless the tenant says otherwise.
const FOR_EVERYBODY: &[&str] = &[
    "User.Read", "User.ReadWrite", "User.ReadBasic.All", "Mail.Read", "Mail.ReadBasic", "Mail.ReadWrite", "Mail.Send",
    "Mail.Read.Shared", "Mail.ReadWrite.Shared", "Mail.Send.Shared", "MailboxSettings.Read", "MailboxSettings.ReadWrite",
    "Calendars.Read", "Calendars.ReadBasic", "Calendars.ReadWrite", "Calendars.Read.Shared", "Calendars.ReadWrite.Shared",
    "Contacts.Read", "Contacts.ReadWrite", "Contacts.Read.Shared", "Contacts.ReadWrite.Shared", "People.Read",
    "Files.Read", "Files.ReadWrite", "Files.Read.All", "Files.ReadWrite.All", "Files.Read.Selected",
    "Files.ReadWrite.Selected", "Files.ReadWrite.AppFolder", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.Manage.All",
    "Notes.Read", "Notes.Create", "Notes.ReadWrite", "Notes.Read.All", "Notes.ReadWrite.All", "Tasks.Read",
    "Tasks.ReadWrite", "Tasks.Read.Shared", "Tasks.ReadWrite.Shared", "Chat.Read", "Chat.ReadBasic", "Chat.ReadWrite",
    "Chat.Create", "ChatMessage.Read", "ChatMessage.Send", "Channel.ReadBasic.All", "ChannelMessage.Send",
    "Team.ReadBasic.All", "Presence.Read", "Presence.Read.All", "Presence.ReadWrite", "OnlineMeetings.Read",
    "OnlineMeetings.ReadWrite", "Device.Read", "Device.Command", "UserActivity.ReadWrite.CreatedByApp",
    "UserNotification.ReadWrite.CreatedByApp", "Bookings.Read.All", "Bookings.ReadWrite.All", "Family.Read",
    "IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send", "EWS.AccessAsUser.All", "TeamsActivity.Read",
    "TeamsActivity.Send", "Acronym.Read.All", "Bookmark.Read.All", "QnA.Read.All", "ShortNotes.Read",
    "UserTimelineActivity.Write.CreatedByApp", "VirtualEvent.Read", "Printer.Read.All", "PrintJob.Read", "PrintJob.Create",
];

/// Delegated permissions that only an administrator may consent to.
const FOR_ADMINISTRATORS: &[&str] = &[
    "User.Read.All", "User.ReadWrite.All", "User.Invite.All", "User.Export.All", "User.ManageIdentities.All",
    "User.EnableDisableAccount.All", "User.RevokeSessions.All", "User-LifeCycleInfo.Read.All", "People.Read.All",
    "Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", "GroupMember.ReadWrite.All", "Directory.Read.All",
    "Directory.ReadWrite.All", "Directory.AccessAsUser.All", "Application.Read.All", "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All",
    "AuditLog.Read.All", "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Policy.ReadWrite.Authorization",
    "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Reports.Read.All",
    "Organization.Read.All", "Organization.ReadWrite.All", "Domain.Read.All", "Domain.ReadWrite.All", "Device.Read.All",
    "DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All", "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All", "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.ReadWrite.All", "DeviceManagementServiceConfig.Read.All",
    "DeviceManagementRBAC.Read.All", "AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All",
    "UserAuthenticationMethod.Read", "UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite",
    "UserAuthenticationMethod.ReadWrite.All", "IdentityProvider.Read.All", "IdentityProvider.ReadWrite.All",
    "IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All", "IdentityRiskEvent.Read.All", "SecurityEvents.Read.All",
    "SecurityEvents.ReadWrite.All", "SecurityAlert.Read.All", "SecurityIncident.Read.All", "ThreatHunting.Read.All",
    "EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All", "AccessReview.Read.All", "Sites.FullControl.All",
    "Sites.Selected", "ChannelMessage.Read.All", "ChannelMember.Read.All", "ChannelSettings.Read.All", "TeamMember.Read.All",
    "TeamMember.ReadWrite.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All", "Team.Create", "Channel.Create",
    "ChatMember.Read", "OnlineMeetingTranscript.Read.All", "OnlineMeetingRecording.Read.All", "Synchronization.Read.All",
    "Synchronization.ReadWrite.All", "ServiceHealth.Read.All", "ServiceMessage.Read.All", "Place.Read.All", "Member.Read.Hidden",
    "CustomSecAttributeAssignment.Read.All", "CrossTenantInformation.ReadBasic.All", "ExternalItem.Read.All",
    "InformationProtectionPolicy.Read", "BitlockerKey.Read.All", "WindowsUpdates.ReadWrite.All", "CloudPC.Read.All",
];

/// Permissions that exist for applications by themselves only.
const FOR_APPLICATIONS: &[&str] = &[
    "Application.ReadWrite.OwnedBy", "Group.Create", "Calls.AccessMedia.All", "Calls.Initiate.All",
    "Calls.InitiateGroupCall.All", "Calls.JoinGroupCall.All", "Calls.JoinGroupCallAsGuest.All", "CallRecords.Read.All",
    "Chat.Read.All", "Chat.ReadWrite.All", "Chat.ReadBasic.All", "ChatMessage.Read.All", "Mail.ReadBasic.All",
    "Calendars.ReadBasic.All", "OnlineMeetings.Read.All", "OnlineMeetings.ReadWrite.All", "Teamwork.Migrate.All",
    "Chat.UpdatePolicyViolation.All", "ChannelMessage.UpdatePolicyViolation.All", "ThreatIndicators.ReadWrite.OwnedBy",
    "ExternalItem.ReadWrite.OwnedBy", "ExternalConnection.ReadWrite.OwnedBy", "Tasks.Read.All", "Tasks.ReadWrite.All",
    "User.ReadWrite.CrossCloud", "Presence.ReadWrite.All", "Schedule.ReadWrite.All", "UserNotification.ReadWrite.All",
    "MailboxFolder.Read.All", "MailboxItem.Read.All", "SignInIdentifier.Read.All", "TeamsTab.Create.Group",
];

/// The words before the first dot, which tell a permission of Microsoft Graph from one of somebody's own API.
const SUBJECTS: &[&str] = &[
    "User", "Mail", "MailboxSettings", "Calendars", "Contacts", "People", "Files", "Sites", "Notes", "Chat", "ChatMessage",
    "Channel", "ChannelMessage", "ChannelMember", "Team", "TeamMember", "Presence", "OnlineMeetings", "Group", "GroupMember",
    "Directory", "Application", "AppRoleAssignment", "DelegatedPermissionGrant", "AuditLog", "Policy", "RoleManagement",
    "Organization", "Domain", "DeviceManagementApps", "DeviceManagementConfiguration", "DeviceManagementManagedDevices",
    "AdministrativeUnit", "UserAuthenticationMethod", "IdentityProvider", "IdentityRiskyUser", "IdentityRiskEvent",
    "SecurityEvents", "EntitlementManagement", "AccessReview", "IMAP", "SMTP", "POP", "EWS", "Calls", "CallRecords",
];

/// Short names that some libraries translate themselves, and that go wrong when they are sent as they stand.
const ALIASES: &[&str] = &[
    "basic", "mailbox", "mailbox_shared", "message_send", "message_send_shared", "message_all", "message_all_shared",
    "address_book", "address_book_all", "address_book_shared", "calendar", "calendar_all", "calendar_shared", "users",
    "onedrive", "onedrive_all", "sharepoint", "sharepoint_dl", "settings_all", "tasks", "tasks_all", "presence",
];

/// Delegated permissions by their GUIDs, as registrations list them.
const BY_ID: &[(&str, &str)] = &[
    ("e1fe6dd8-ba31-4d61-89e7-88639da4683d", "User.Read"),
    ("a154be20-db9c-4678-8ab7-66f6cc099a59", "User.Read.All"),
    ("204e0828-b5ca-4ad8-b9f3-f32a958e7cc4", "User.ReadWrite.All"),
    ("b340eb25-3456-403f-be2f-af7a0d370277", "User.ReadBasic.All"),
    ("06da0dbc-49e2-44d2-8312-53f166ab848a", "Directory.Read.All"),
    ("c5366453-9fb0-48a5-a156-24f0c49a4b84", "Directory.ReadWrite.All"),
    ("0e263e50-5827-48a4-b97c-d940288653c7", "Directory.AccessAsUser.All"),
    ("5f8c59db-677d-491f-a6b8-5f174b11ec1d", "Group.Read.All"),
    ("4e46008b-f24c-477d-8fff-7bb4ec7aafe0", "Group.ReadWrite.All"),
    ("e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20", "AuditLog.Read.All"),
    ("570282fd-fa5c-430d-a7fd-fc8dc98a9dca", "Mail.Read"),
    ("e383f46e-2787-4529-855e-0e479a3ffac0", "Mail.Send"),
    ("465a38f9-76ea-45b9-9f34-9e8b0d4b0b42", "Calendars.Read"),
    ("10465720-29dd-4523-a11a-6a75c743c9d9", "Files.Read"),
    ("205e70e5-aba6-4c52-a976-6d2d46c48043", "Sites.Read.All"),
    ("37f7f235-527c-4136-accd-4a02d197296e", "openid"),
    ("14dad69e-099b-42c9-810b-d002981feec1", "profile"),
    ("64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "email"),
    ("7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "offline_access"),
];

fn holds(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn delegated() -> impl Iterator<Item = &'static str> {
    FOR_EVERYBODY.iter().chain(FOR_ADMINISTRATORS).copied()
}

/// Whether it is a delegated permission. Letter case does not count.
pub(super) fn is_delegated(name: &str) -> bool {
    delegated().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether only an administrator may consent to it; `None` if it is not known here.
pub(super) fn needs_administrator(name: &str) -> Option<bool> {
    if holds(FOR_ADMINISTRATORS, name) {
        return Some(true);
    }
    holds(FOR_EVERYBODY, name).then_some(false)
}

/// Whether it exists for applications by themselves, and not for people.
pub(super) fn is_for_applications_only(name: &str) -> bool {
    holds(FOR_APPLICATIONS, name)
}

/// Whether the name is built like one of Microsoft Graph's, or is a library's short form of one.
pub(super) fn looks_like_one(name: &str) -> bool {
    let subject = name.split(['.', '_']).next().unwrap_or_default();
    let has_verb = name.len() > subject.len();
    (has_verb && holds(SUBJECTS, subject)) || holds(ALIASES, name)
}

/// The permission with that GUID.
pub(super) fn by_id(id: &str) -> Option<&'static str> {
    BY_ID.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, name)| *name)
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
        assert_eq!(nearest("offline_acces", ["openid", "offline_access"].into_iter()), Some("offline_access"));
        assert_eq!(steps("kitten", "sitting"), 3);
    }

    #[test]
    fn no_name_stands_in_two_lists() {
        let mut seen = std::collections::BTreeSet::new();
        for name in delegated().chain(FOR_APPLICATIONS.iter().copied()) {
            assert!(seen.insert(name), "{name}");
        }
        assert!(BY_ID.iter().all(|(id, name)| super::super::super::facts::is_guid(id) && (is_delegated(name) || !name.contains('.'))));
    }
}
