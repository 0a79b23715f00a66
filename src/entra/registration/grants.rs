//! What was granted to a client: delegated permissions and app roles.

use serde_json::Value;

use super::{list, text, time};
use crate::time::UnixTime;

/// The grants of a client's service principal. Empty lists mean that somebody looked and found none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// `oauth2PermissionGrants`.
    pub delegated: Vec<Delegated>,
    /// `appRoleAssignments`.
    pub application: Vec<Assigned>,
}

/// One `oauth2PermissionGrant`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegated {
    /// `resourceId`: the object id of the resource's service principal.
    pub resource: String,
    /// The names in `scope`.
    pub scopes: Vec<String>,
    /// `principalId`: the person it is for; `None` for everybody (`AllPrincipals`).
    pub principal: Option<String>,
}

/// One `appRoleAssignment`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assigned {
    /// `resourceId`: the object id of the resource's service principal.
    pub resource: String,
    /// `resourceDisplayName`.
    pub resource_name: Option<String>,
    /// `appRoleId`.
    pub role: String,
    /// `createdDateTime`.
    pub created: Option<UnixTime>,
}

impl Grants {
    /// Reads `{oauth2PermissionGrants, appRoleAssignments}`, or a bare list of either as the Azure command line prints it;
    /// `None` for anything else.
    pub fn read(value: &Value) -> Option<Self> {
        let (delegated, application) = match value {
            Value::Array(rows) => (rows.as_slice(), rows.as_slice()),
            Value::Object(members) if members.contains_key("value") => {
                return Self::read(&value["value"]);
            }
            Value::Object(_) => (list(value, "oauth2PermissionGrants"), list(value, "appRoleAssignments")),
            _ => return None,
        };
        Some(Self {
            delegated: delegated.iter().filter_map(delegated_row).collect(),
            application: application.iter().filter_map(assigned_row).collect(),
        })
    }
}

fn delegated_row(value: &Value) -> Option<Delegated> {
    let scope = value.get("scope")?.as_str()?;
    Some(Delegated {
        resource: text(value, "resourceId").unwrap_or_default(),
        scopes: scope.split_whitespace().map(str::to_owned).collect(),
        principal: text(value, "principalId"),
    })
}

fn assigned_row(value: &Value) -> Option<Assigned> {
    Some(Assigned {
        role: text(value, "appRoleId")?,
        resource: text(value, "resourceId").unwrap_or_default(),
        resource_name: text(value, "resourceDisplayName"),
        created: time(value, "createdDateTime"),
    })
}
