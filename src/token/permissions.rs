//! What common permissions of Microsoft Graph and roles of the directory allow, in a few words (reference §12.5).

/// Scopes that OpenID Connect defines, and Entra's own beside them.
const SIGN_IN: &[(&str, &str)] = &[
    ("openid", "sign the person in"),
    ("profile", "see the person's name and ids"),
    ("email", "see the person's e-mail address"),
    ("offline_access", "get refresh tokens: go on while the person is away"),
    ("user_impersonation", "do in this API whatever the person may do"),
    (".default", "whatever the registration lists"),
];

/// Microsoft Graph: the word before the first dot, and what it is about.
const SUBJECTS: &[(&str, &str)] = &[
    ("User", "users"),
    ("Group", "groups"),
    ("GroupMember", "members of groups"),
    ("Directory", "the directory"),
    ("Application", "app registrations and service principals"),
    ("AppRoleAssignment", "assignments of app roles"),
    ("DelegatedPermissionGrant", "consent given for users"),
    ("AuditLog", "audit and sign-in logs"),
    ("Policy", "policies"),
    ("RoleManagement", "directory roles and who holds them"),
    ("Reports", "usage reports"),
    ("Organization", "the organization's details"),
    ("Domain", "domains"),
    ("Device", "devices"),
    ("Mail", "mail"),
    ("MailboxSettings", "mailbox settings"),
    ("Calendars", "calendars"),
    ("Contacts", "contacts"),
    ("People", "relevant people"),
    ("Files", "files"),
    ("Sites", "SharePoint sites"),
    ("Notes", "OneNote notebooks"),
    ("Tasks", "tasks"),
    ("Chat", "Teams chats"),
    ("ChannelMessage", "messages in Teams channels"),
    ("Channel", "Teams channels"),
    ("Team", "teams"),
    ("TeamMember", "members of teams"),
    ("Presence", "who is available"),
    ("OnlineMeetings", "online meetings"),
    ("UserAuthenticationMethod", "sign-in methods of users"),
    ("IdentityProvider", "identity providers"),
    ("IdentityRiskyUser", "users at risk"),
    ("IdentityRiskEvent", "risk events"),
    ("SecurityEvents", "security events"),
    ("AdministrativeUnit", "administrative units"),
    ("EntitlementManagement", "access packages"),
    ("DeviceManagementManagedDevices", "devices that Intune manages"),
    ("DeviceManagementConfiguration", "Intune's device configuration"),
    ("Synchronization", "provisioning"),
];

/// What is done, by the second word.
const VERBS: &[(&str, &str)] = &[
    ("Read", "read"),
    ("ReadBasic", "read the basics of"),
    ("ReadWrite", "read and change"),
    ("Write", "change"),
    ("Send", "send"),
    ("Create", "create"),
    ("Manage", "manage"),
    ("ReadHidden", "read hidden"),
];

/// Permissions that the words do not tell by themselves.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("User.Read", "sign in and read the person's own profile"),
    ("User.ReadWrite", "read and change the person's own profile"),
    ("User.ReadBasic.All", "read names and addresses of all users"),
    ("User.Invite.All", "invite guests"),
    ("Mail.Send", "send mail"),
    ("User.Export.All", "export users' data"),
    ("Directory.AccessAsUser.All", "do in the directory whatever the person may do"),
    ("Application.ReadWrite.OwnedBy", "create applications, and manage those it owns"),
    ("RoleManagement.ReadWrite.Directory", "give and take directory roles: as good as full control"),
    ("RoleManagement.Read.Directory", "read directory roles and who holds them"),
    ("AppRoleAssignment.ReadWrite.All", "grant any app any permission: as good as full control"),
    ("Sites.FullControl.All", "full control of all SharePoint sites"),
    ("Sites.Selected", "only the SharePoint sites it was given"),
];

/// Built-in directory roles by their template ids, as `wids` has them.
const DIRECTORY_ROLES: &[(&str, &str)] = &[
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
    ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"),
    ("e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator"),
    ("7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "Privileged Authentication Administrator"),
    ("c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator"),
    ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator"),
    ("158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator"),
    ("cf1c38e5-3621-4004-a7cb-879624dced7c", "Application Developer"),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"),
    ("fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator"),
    ("729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator"),
    ("966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator"),
    ("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", "Conditional Access Administrator"),
    ("194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator"),
    ("5d6b6bb7-de71-4623-b4af-96380a352509", "Security Reader"),
    ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers"),
    ("9360feb5-f418-4baa-8175-e2a00bac4301", "Directory Writers"),
    ("29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"),
    ("f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator"),
    ("69091246-20e8-4a56-aa4d-066075b2a7a8", "Teams Administrator"),
    ("3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator"),
    ("b0f54661-2d74-4c50-afa3-1ec803f12efe", "Billing Administrator"),
    ("4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader"),
    ("95e79109-95c0-4d8e-aee3-d01accf2d47b", "Guest Inviter"),
    ("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", "Hybrid Identity Administrator"),
    ("10dae51f-b6af-4016-8d66-8c2a99b929b3", "a guest"),
    ("b79fbf4d-3ef9-4689-8143-76b194e85509", "an ordinary member"),
    ("0997a1d0-0d1d-4acb-b408-d5ca73121e90", "an application"),
];

fn look_up(table: &[(&str, &'static str)], wanted: &str) -> Option<&'static str> {
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, words)| *words)
}

/// The name of a built-in directory role behind its template id.
pub(super) fn directory_role(id: &str) -> Option<&'static str> {
    look_up(DIRECTORY_ROLES, id)
}

/// What a scope or app role allows, in a few words; `None` for one that is not known, such as those of your own APIs.
/// `alone` says that it is held by an application without a user.
pub(super) fn allows(permission: &str, alone: bool) -> Option<String> {
    let name = permission.rsplit('/').next().unwrap_or(permission);
    if let Some(words) = look_up(SIGN_IN, name).or_else(|| look_up(EXCEPTIONS, name)) {
        return Some(words.to_owned());
    }
    let mut words = name.split('.');
    let subject = look_up(SUBJECTS, words.next()?)?;
    let verb = look_up(VERBS, words.next()?)?;
    let whose = match (words.next(), words.next()) {
        (None, _) if alone => "all ",
        (None, _) => "the person's own ",
        (Some("All"), None) if alone => "all ",
        (Some("All"), None) => "all that the person can see: ",
        (Some("Shared"), None) => "also shared ",
        _ => return None,
    };
    // Some things are one, or have no owner.
    let whose = match (whose, subject.starts_with("the ")) {
        (_, true) => "",
        (whose, false) => whose,
    };
    Some(format!("{verb} {whose}{subject}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_reference_s_permissions_are_explained() {
        let delegated = "openid profile email offline_access User.Read User.ReadBasic.All Application.Read.All User.ReadWrite \
            User.Read.All Mail.Read Mail.Send Directory.Read.All AuditLog.Read.All Directory.AccessAsUser.All user_impersonation";
        let alone = "User.Read.All Directory.Read.All Group.Read.All GroupMember.Read.All Application.Read.All \
            Application.ReadWrite.All AuditLog.Read.All Policy.Read.All RoleManagement.Read.Directory Reports.Read.All Mail.Read";
        for name in delegated.split_whitespace() {
            assert!(allows(name, false).is_some(), "{name}");
        }
        for name in alone.split_whitespace() {
            assert!(allows(name, true).is_some(), "{name}");
        }
    }

    #[test]
    fn the_same_name_says_more_without_a_person() {
        assert_eq!(allows("Mail.Read", false).unwrap(), "read the person's own mail");
        assert_eq!(allows("Mail.Read", true).unwrap(), "read all mail");
        assert_eq!(allows("https://graph.microsoft.com/User.Read.All", true).unwrap(), "read all users");
        assert_eq!(allows("Directory.Read.All", true).unwrap(), "read the directory");
        assert_eq!(allows("Items.Read", false), None);
        assert_eq!(allows("Mail.Read.All.Extra", false), None);
    }

    #[test]
    fn nothing_stands_twice_and_ids_are_ids() {
        for table in [SIGN_IN, SUBJECTS, VERBS, EXCEPTIONS, DIRECTORY_ROLES] {
            let names: BTreeSet<_> = table.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), table.len());
        }
        for (id, _) in DIRECTORY_ROLES {
            assert!(super::super::known::is_guid(id), "{id}");
        }
    }
}
