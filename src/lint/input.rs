//! What people have in a file: an application as `az ad app show` or Graph prints it, the manifest that the portal used to
//! show, a list of applications, or one object or list with service principal, grants and federated credentials beside it.
//!
//! Objects are told apart by their members, so the order in a list does not matter. Of several applications each gets what
//! belongs to it by client id; grants belong to the only one there is.

use serde_json::{Map, Value, json};

use crate::{
    entra::registration::{Application, Grants, ServicePrincipal},
    time::UnixTime,
};

/// An application with what is known of it.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The registration.
    pub application: Application,
    /// Its service principal, if it is in the file.
    pub principal: Option<ServicePrincipal>,
    /// What was granted to it, if that is in the file.
    pub grants: Option<Grants>,
    /// The time for which the file was made, if it names one.
    pub now: Option<UnixTime>,
}

#[derive(Default)]
struct Pile {
    applications: Vec<Value>,
    principals: Vec<ServicePrincipal>,
    grants: Option<Grants>,
    federated: Option<Vec<Value>>,
    now: Option<UnixTime>,
}

/// Reads a file. The error is a sentence.
pub fn read(text: &str) -> Result<Vec<Subject>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text)
        .map_err(|why| format!("it is no JSON (line {}, column {})", why.line(), why.column()))?;
    let mut pile = Pile::default();
    pile.sort(&document);
    if pile.applications.is_empty() {
        return Err(
            "there is no application in it: expected what az ad app show --id CLIENT_ID prints".to_owned()
        );
    }
    let only = pile.applications.len() == 1;
    let subjects = pile.applications.into_iter().filter_map(|mut value| {
        if only
            && let Some(federated) = &pile.federated
            && value.get("federatedIdentityCredentials").is_none_or(Value::is_null)
        {
            value["federatedIdentityCredentials"] = Value::Array(federated.clone());
        }
        let application = Application::read(&value)?;
        let own = pile.principals.iter().find(|one| {
            only || one
                .app_id
                .as_deref()
                .zip(application.app_id.as_deref())
                .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        });
        Some(Subject {
            principal: own.cloned(),
            grants: pile.grants.clone().filter(|_| only),
            now: pile.now,
            application,
        })
    });
    Ok(subjects.collect())
}

impl Pile {
    fn sort(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.sort(item)),
            Value::Object(members) => self.sort_object(value, members),
            _ => {}
        }
    }

    fn sort_object(&mut self, value: &Value, members: &Map<String, Value>) {
        let has = |name: &str| members.contains_key(name);
        if has("replyUrlsWithType")
            || has("oauth2AllowIdTokenImplicitFlow")
            || has("accessTokenAcceptedVersion")
        {
            self.applications.push(of_manifest(members));
        } else if has("servicePrincipalType")
            || has("servicePrincipalNames")
            || has("appRoleAssignmentRequired")
        {
            self.principals.extend(ServicePrincipal::read(value));
        } else if has("scope") && (has("clientId") || has("consentType"))
            || has("appRoleId") && (has("principalId") || has("resourceId"))
        {
            self.granted(&json!([value]));
        } else if has("issuer") && (has("subject") || has("claimsMatchingExpression")) {
            self.federated.get_or_insert_default().push(value.clone());
        } else if is_application(members) {
            self.applications.push(value.clone());
        } else {
            self.bundle(members);
        }
    }

    /// Grants of several places, put together.
    fn granted(&mut self, value: &Value) {
        let Some(more) = Grants::read(value) else { return };
        let all = self.grants.get_or_insert_default();
        all.delegated.extend(more.delegated);
        all.application.extend(more.application);
    }

    /// An object around others, as `explain --bundle` takes it and Graph's pages have it.
    fn bundle(&mut self, members: &Map<String, Value>) {
        if let Some(now) = members.get("now").and_then(Value::as_str) {
            self.now = UnixTime::parse(now);
        }
        if members.contains_key("oauth2PermissionGrants") || members.contains_key("appRoleAssignments") {
            self.granted(&Value::Object(members.clone()));
        }
        for name in ["grants", "permission_grants"] {
            if let Some(grants) = members.get(name).filter(|grants| !grants.is_null()) {
                self.granted(grants);
            }
        }
        for name in ["federated_credentials", "federatedIdentityCredentials"] {
            if let Some(all) = members.get(name).and_then(Value::as_array) {
                self.federated.get_or_insert_default().extend(all.iter().cloned());
            }
        }
        for name in [
            "registration",
            "application",
            "app",
            "service_principal",
            "servicePrincipal",
            "sp",
            "value",
            "applications",
            "data",
        ] {
            if let Some(inner) = members.get(name) {
                self.sort(inner);
            }
        }
    }
}

fn is_application(members: &Map<String, Value>) -> bool {
    const OWN: &[&str] = &[
        "signInAudience",
        "requiredResourceAccess",
        "isFallbackPublicClient",
        "identifierUris",
        "web",
        "spa",
        "publicClient",
        "passwordCredentials",
        "keyCredentials",
    ];
    let own = OWN.iter().filter(|name| members.contains_key(**name)).count();
    own >= 1 && (members.contains_key("appId") || own >= 2 || members.contains_key("displayName"))
}

/// The manifest of the older portal, in the members of Graph.
fn of_manifest(old: &Map<String, Value>) -> Value {
    let get = |name: &str| old.get(name).cloned().unwrap_or(Value::Null);
    let uris = |kind: &str| -> Vec<Value> {
        let all = old.get("replyUrlsWithType").and_then(Value::as_array).into_iter().flatten();
        let of_kind =
            all.filter(|entry| entry["type"].as_str().is_some_and(|is| is.eq_ignore_ascii_case(kind)));
        of_kind.map(|entry| entry["url"].clone()).collect()
    };
    let credentials = |name: &str| -> Vec<Value> {
        let all = old.get(name).and_then(Value::as_array).into_iter().flatten();
        all.map(|entry| {
            let mut entry = entry.clone();
            if let Some(members) = entry.as_object_mut() {
                for (old, new) in [("startDate", "startDateTime"), ("endDate", "endDateTime")] {
                    if let Some(value) = members.remove(old) {
                        members.insert(new.to_owned(), value);
                    }
                }
            }
            entry
        })
        .collect()
    };
    // In this form `id` is the object id, as in Graph.
    json!({
        "id": get("id"), "appId": get("appId"), "displayName": get("name"), "signInAudience": get("signInAudience"),
        "publisherDomain": get("publisherDomain"), "identifierUris": get("identifierUris"),
        "web": { "redirectUris": uris("Web"), "logoutUrl": get("logoutUrl"), "implicitGrantSettings": {
            "enableIdTokenIssuance": get("oauth2AllowIdTokenImplicitFlow"),
            "enableAccessTokenIssuance": get("oauth2AllowImplicitFlow") } },
        "spa": { "redirectUris": uris("Spa") },
        "publicClient": { "redirectUris": uris("InstalledClient") },
        "isFallbackPublicClient": get("allowPublicClient"),
        "requiredResourceAccess": get("requiredResourceAccess"), "appRoles": get("appRoles"),
        "api": {
            "oauth2PermissionScopes": get("oauth2Permissions"), "requestedAccessTokenVersion": get("accessTokenAcceptedVersion"),
            "knownClientApplications": get("knownClientApplications"), "preAuthorizedApplications": get("preAuthorizedApplications"),
            "acceptMappedClaims": get("acceptMappedClaims") },
        "passwordCredentials": credentials("passwordCredentials"), "keyCredentials": credentials("keyCredentials"),
    })
}
