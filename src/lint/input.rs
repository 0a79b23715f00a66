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

/// What a text tells of applications, piece by piece, before anything is put together.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    /// Application objects.
    pub applications: Vec<Value>,
    /// Service principals.
    pub principals: Vec<ServicePrincipal>,
    /// Rows of `oauth2PermissionGrants`; `None` if nobody looked for any, empty if somebody did and there are none.
    pub delegated: Option<Vec<Value>>,
    /// Rows of `appRoleAssignments`, likewise.
    pub assigned: Option<Vec<Value>>,
    /// Federated identity credentials that stand by themselves.
    pub federated: Option<Vec<Value>>,
    /// The time for which it was written down, if it names one.
    pub now: Option<UnixTime>,
}

/// Reads a file. The error is a sentence.
pub fn read(text: &str) -> Result<Vec<Subject>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).map_err(|why| no_json(&why))?;
    let mut pieces = Pieces::default();
    pieces.sort(&document);
    if pieces.applications.is_empty() {
        return Err(
            "there is no application in it: expected what az ad app show --id CLIENT_ID prints".to_owned()
        );
    }
    let only = pieces.applications.len() == 1;
    let grants = pieces.grants();
    let subjects = pieces.applications.into_iter().filter_map(|mut value| {
        if only && let Some(federated) = &pieces.federated {
            with_federated(&mut value, federated);
        }
        let application = Application::read(&value)?;
        let own = pieces.principals.iter().find(|one| {
            only || one
                .app_id
                .as_deref()
                .zip(application.app_id.as_deref())
                .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        });
        Some(Subject {
            principal: own.cloned(),
            grants: grants.clone().filter(|_| only),
            now: pieces.now,
            application,
        })
    });
    Ok(subjects.collect())
}

/// Reads what somebody pasted: one document or several in a row, with the lines of a shell between them. `None` if no
/// document begins in it; the error is a sentence.
pub fn pieces(text: &str) -> Option<Result<Pieces, String>> {
    let mut pieces = Pieces::default();
    let mut rest = &text[document(text)?..];
    loop {
        let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match documents.next() {
            Some(Ok(value)) => pieces.sort(&value),
            Some(Err(why)) => return Some(Err(no_json(&why))),
            None => return Some(Ok(pieces)),
        }
        rest = &rest[documents.byte_offset()..];
        match document(rest) {
            Some(begin) => rest = &rest[begin..],
            None => return Some(Ok(pieces)),
        }
    }
}

/// Where a JSON document begins: a bracket at the beginning of a line, with something of JSON behind it. `[me@host ~]$` of a
/// shell is none.
fn document(text: &str) -> Option<usize> {
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let inner = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let at = begin + (line.len() - inner.len());
        let next = |at: usize| text[at..].trim_start().chars().next();
        let is_one = match inner.chars().next() {
            Some('{') => next(at + 1).is_some_and(|c| matches!(c, '"' | '}')),
            Some('[') => next(at + 1).is_some_and(|c| matches!(c, '"' | '{' | '[' | ']')),
            _ => false,
        };
        if is_one {
            return Some(at);
        }
        begin += line.len();
    }
    None
}

fn no_json(why: &serde_json::Error) -> String {
    format!("it is no JSON (line {}, column {})", why.line(), why.column())
}

/// Puts federated credentials to an application that was printed without them.
pub fn with_federated(application: &mut Value, federated: &[Value]) {
    if application.get("federatedIdentityCredentials").is_none_or(Value::is_null) {
        application["federatedIdentityCredentials"] = Value::Array(federated.to_vec());
    }
}

impl Pieces {
    /// Whether nothing in it tells of an application.
    pub const fn is_empty(&self) -> bool {
        self.applications.is_empty()
            && self.principals.is_empty()
            && self.delegated.is_none()
            && self.assigned.is_none()
            && self.federated.is_none()
    }

    /// All grants together, whosever they are.
    pub fn grants(&self) -> Option<Grants> {
        if self.delegated.is_none() && self.assigned.is_none() {
            return None;
        }
        let rows = |of: &Option<Vec<Value>>| of.clone().unwrap_or_default();
        Grants::read(&json!({
            "oauth2PermissionGrants": rows(&self.delegated), "appRoleAssignments": rows(&self.assigned) }))
    }

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
        } else if has("scope") && (has("clientId") || has("consentType")) {
            self.delegated.get_or_insert_default().push(value.clone());
        } else if has("appRoleId") && (has("principalId") || has("resourceId")) {
            self.assigned.get_or_insert_default().push(value.clone());
        } else if has("issuer") && (has("subject") || has("claimsMatchingExpression")) {
            self.federated.get_or_insert_default().push(value.clone());
        } else if is_application(members) {
            self.applications.push(value.clone());
        } else {
            self.bundle(members);
        }
    }

    /// Grants of one object, or a list of either kind of rows.
    fn granted(&mut self, value: &Value) {
        match value {
            // Somebody looked, and there are none.
            Value::Array(rows) if rows.is_empty() => self.granted_nothing(),
            Value::Object(members) if members.is_empty() => self.granted_nothing(),
            Value::Array(rows) => rows.iter().for_each(|row| self.granted_row(row)),
            Value::Object(members) if members.contains_key("value") => self.granted(&value["value"]),
            Value::Object(members) => {
                let lists = [
                    ("oauth2PermissionGrants", &mut self.delegated),
                    ("appRoleAssignments", &mut self.assigned),
                ];
                for (name, rows) in lists {
                    if let Some(more) = members.get(name).and_then(Value::as_array) {
                        rows.get_or_insert_default().extend(more.iter().cloned());
                    }
                }
            }
            _ => {}
        }
    }

    fn granted_nothing(&mut self) {
        self.delegated.get_or_insert_default();
        self.assigned.get_or_insert_default();
    }

    fn granted_row(&mut self, row: &Value) {
        if row.get("appRoleId").is_some() {
            self.assigned.get_or_insert_default().push(row.clone());
        } else if row.get("scope").is_some() {
            self.delegated.get_or_insert_default().push(row.clone());
        }
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
