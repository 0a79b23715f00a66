//! Which permissions open which operations of Graph, the one that allows least first. A person's token needs one of the
//! scopes, an application's own one of the roles.

use crate::provider::bearer::Needs;

/// Reading one's own profile; `/me` needs a person, so no role opens it.
pub const OWN_PROFILE: Needs = Needs {
    scopes: &[
        "User.Read",
        "User.Read.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
    roles: &[],
};

pub const PEOPLE: Needs = Needs {
    scopes: &[
        "User.ReadBasic.All",
        "User.Read.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
    roles: &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
};

/// As [`PEOPLE`]; `User.Read` is enough for reading oneself by id.
pub const PERSON: Needs = Needs {
    scopes: &[
        "User.ReadBasic.All",
        "User.Read.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "User.Read",
    ],
    roles: PEOPLE.roles,
};

pub const PEOPLE_CHANGED: Needs = Needs {
    scopes: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
};

pub const ORGANIZATION: Needs = Needs {
    scopes: &["User.Read", "Directory.Read.All", "Directory.ReadWrite.All"],
    roles: &["Directory.Read.All", "Directory.ReadWrite.All"],
};

pub const OWN_SESSIONS: Needs = Needs { scopes: &["User.RevokeSessions.All"], roles: &[] };

pub const SESSIONS: Needs = Needs { scopes: OWN_SESSIONS.scopes, roles: &["User.RevokeSessions.All"] };

/// Reading registrations and service principals.
pub const APPLICATIONS: Needs = Needs {
    scopes: &[
        "Application.Read.All",
        "Application.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
    roles: &[
        "Application.Read.All",
        "Application.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
};

pub const APPLICATIONS_CHANGED: Needs = Needs {
    scopes: &["Application.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: &["Application.ReadWrite.All", "Directory.ReadWrite.All"],
};

pub const GRANTS: Needs = Needs {
    scopes: &["DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    roles: &["DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
};

/// Writing registrations alone does not do: who grants permissions could give themselves any.
pub const GRANTS_CHANGED: Needs = Needs {
    scopes: &["DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: &["DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"],
};

pub const ASSIGNMENTS_CHANGED: Needs = Needs {
    scopes: &["AppRoleAssignment.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: &["AppRoleAssignment.ReadWrite.All"],
};

pub const POLICIES: Needs = Needs { scopes: &["Policy.Read.All"], roles: &["Policy.Read.All"] };

pub const POLICIES_CHANGED: Needs =
    Needs { scopes: &["Policy.ReadWrite.ConditionalAccess"], roles: &["Policy.ReadWrite.ConditionalAccess"] };

pub const SIGN_INS: Needs = Needs { scopes: &["AuditLog.Read.All"], roles: &["AuditLog.Read.All"] };
