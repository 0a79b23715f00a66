//! What the objects in a text are: an answer with an error, a registration, a service principal, grants, an archive.

use std::ops::Range;

use serde_json::{Map, Value, json};
use url::Url;

use super::{archive, literal, message::Exchange};
use crate::{
    entra::registration::{Application, Grants, ServicePrincipal},
    oauth::{
        Refusal, Surface,
        error::{from_json, numbers},
    },
    wire::{Body, Headers, Method, Request},
};

/// What was found, in order.
#[derive(Default)]
pub struct Found {
    pub refusals: Vec<Refusal>,
    pub registrations: Vec<Application>,
    pub service_principals: Vec<ServicePrincipal>,
    pub grants: Option<Grants>,
    pub exchanges: Vec<Exchange>,
    /// Parts of the text that are read by that, and tell nothing about the failure otherwise.
    pub read: Vec<Range<usize>>,
}

/// So many registrations are read; a sign-in has one or two.
const MOST: usize = 16;
/// Objects in strings of objects: a log may quote an answer that quotes another.
const DEEPEST: usize = 6;

/// Reads the objects of a text.
pub fn find(text: &str) -> Found {
    let mut found = Found::default();
    let mut credentials = Vec::new();
    let mut grants = (Vec::new(), Vec::new());
    for object in literal::objects(text) {
        let value = &object.members;
        let is_evidence = if is_federated_credential(value) {
            credentials.push(Value::Object(value.clone()));
            true
        } else if value.contains_key("consentType") && value.contains_key("scope") {
            grants.0.push(Value::Object(value.clone()));
            true
        } else if value.contains_key("appRoleId") && value.contains_key("principalId") {
            grants.1.push(Value::Object(value.clone()));
            true
        } else {
            found.take(value, DEEPEST)
        };
        if is_evidence {
            found.read.push(object.begin..object.end);
        }
    }
    if !grants.0.is_empty() || !grants.1.is_empty() {
        let grants = json!({"oauth2PermissionGrants": grants.0, "appRoleAssignments": grants.1});
        found.grants = Grants::read(&grants);
    }
    // The Azure command line prints them apart from their application.
    if let [app] = found.registrations.as_mut_slice()
        && app.federated.is_none()
        && !credentials.is_empty()
    {
        let mut whole = app.json.clone();
        whole["federatedIdentityCredentials"] = Value::Array(credentials);
        found.registrations.extend(Application::read(&whole));
        found.registrations.swap_remove(0);
    }
    found
}

impl Found {
    /// Takes what an object is, or else what it holds. Whether it is evidence in itself, and no part of a message.
    fn take(&mut self, members: &Map<String, Value>, depth: usize) -> bool {
        if let Some(exchanges) = archive::exchanges(members) {
            self.exchanges.extend(exchanges);
            return true;
        }
        let whole = || Value::Object(members.clone());
        if let Some(exchange) = members.get("request").and_then(|_| archive::entry(&whole())) {
            // Without an answer it is a part of a report, and what failed stands beside it.
            let is_whole = exchange.response.is_some();
            self.exchanges.push(exchange);
            if is_whole {
                return true;
            }
        }
        if is_service_principal(members) {
            if self.service_principals.len() < MOST {
                self.service_principals.extend(ServicePrincipal::read(&whole()));
            }
            return true;
        }
        if is_application(members) {
            if self.registrations.len() < MOST {
                self.registrations.extend(Application::read(&whole()));
            }
            return true;
        }
        if let Some(list) =
            members.get("oauth2PermissionGrants").or_else(|| members.get("appRoleAssignments"))
        {
            self.grants = list.as_array().and_then(|_| Grants::read(&whole())).or(self.grants.take());
            return true;
        }
        if let Some(request) = members.get("config").and_then(axios) {
            self.exchanges.push(Exchange { at: 0, request: Some(request), response: None });
        }
        let mut is_evidence = false;
        if depth > 0 {
            for value in members.values() {
                is_evidence |= self.look_into(value, depth - 1);
            }
        }
        self.refusals.extend(refusal(members));
        is_evidence
    }

    fn look_into(&mut self, value: &Value, depth: usize) -> bool {
        match value {
            Value::Object(members) => self.take(members, depth),
            Value::Array(items) if depth > 0 => {
                items.iter().fold(false, |found, item| self.look_into(item, depth - 1) | found)
            }
            Value::String(text) if depth > 0 && text.contains('{') && text.len() > 8 => {
                for object in literal::objects(text) {
                    self.take(&object.members, depth.min(3) - 1);
                }
                false
            }
            _ => false,
        }
    }
}

/// The refusal in an object: an OAuth answer, an error of Graph, or what MSAL and other libraries make of one.
fn refusal(members: &Map<String, Value>) -> Option<Refusal> {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| members.get(*name)?.as_str());
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let status = ["status", "statusCode", "status_code", "httpStatus"]
        .iter()
        .find_map(|name| members.get(*name)?.as_u64());
    let status = status.and_then(|status| u16::try_from(status).ok());
    if let Some(refusal) = from_json(status.unwrap_or(400), members) {
        let is_word = !refusal.error.is_empty() && refusal.error.len() < 100 && !refusal.error.contains(' ');
        return is_word.then_some(refusal);
    }
    // `errorCode: 'invalid_grant', errorMessage: …` of MSAL, `statusCode: 401, code: …` of Graph's clients.
    let error = text(&["errorCode", "error_code", "oauthError", "OAuthError"])
        .or_else(|| text(&["code"]).filter(|_| status.is_some() || members.contains_key("message")))?;
    let is_word =
        error.len() < 100 && error.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    let description = text(&["errorMessage", "error_message", "errorDescription", "message", "errorDesc"])?;
    if !is_word || error.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Refusal {
        surface: Surface::Json(status.unwrap_or(400)),
        error,
        error_codes: numbers(&description),
        description: Some(description),
        suberror: text(&["subError", "suberror"]),
        claims: text(&["claims"]),
        timestamp: text(&["timestamp"]),
        trace_id: text(&["traceId", "trace_id"]),
        correlation_id: text(&["correlationId", "correlation_id"]),
        ..Refusal::default()
    })
}

/// The request in `config` of an error of axios, which many programs print whole.
fn axios(config: &Value) -> Option<Request> {
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let url = Url::parse(text("url")?).ok()?;
    let data = text("data").unwrap_or_default();
    let method = text("method").and_then(|method| Method::parse(&method.to_ascii_uppercase()));
    let mut headers = Headers::new();
    for (name, value) in config.get("headers").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = value.as_str() {
            headers.push(name, value);
        }
    }
    let usual = if data.is_empty() { Method::Get } else { Method::Post };
    let body = if data.is_empty() { Body::Empty } else { Body::from(data.to_owned()) };
    Some(Request { method: method.unwrap_or(usual), url, headers, body })
}

fn has_one(members: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().any(|name| members.contains_key(*name))
}

fn is_application(members: &Map<String, Value>) -> bool {
    const TELLING: [&str; 9] = [
        "signInAudience",
        "web",
        "spa",
        "publicClient",
        "passwordCredentials",
        "keyCredentials",
        "requiredResourceAccess",
        "identifierUris",
        "isFallbackPublicClient",
    ];
    members.contains_key("appId") && has_one(members, &TELLING)
}

fn is_service_principal(members: &Map<String, Value>) -> bool {
    const TELLING: [&str; 4] = [
        "servicePrincipalType",
        "servicePrincipalNames",
        "appRoleAssignmentRequired",
        "appOwnerOrganizationId",
    ];
    members.contains_key("appId") && has_one(members, &TELLING)
}

fn is_federated_credential(members: &Map<String, Value>) -> bool {
    ["issuer", "subject", "audiences"].iter().all(|name| members.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Option<String> {
        find(text).refusals.last().map(|refusal| refusal.error.clone())
    }

    #[test]
    fn answers_are_found_in_whatever_quotes_them() {
        for text in [
            r#"{"error":"invalid_grant","error_description":"x"}"#,
            r#"level=error msg="failed" body="{\"error\":\"invalid_grant\"}""#,
            r#"{"level":50,"msg":"answer: {\"error\":\"invalid_grant\",\"error_codes\":[70008]}"}"#,
            r#"{"response":{"status":400,"data":{"error":"invalid_grant"}}}"#,
            "{'error': 'invalid_grant', 'error_codes': [70008]}",
            "ServerError: { errorCode: 'invalid_grant', errorMessage: 'x', subError: '' }",
            r#"Parameters: {"error"=>"invalid_grant", "state"=>"x"}"#,
        ] {
            assert_eq!(error(text).as_deref(), Some("invalid_grant"), "{text}");
        }
        assert_eq!(error(r#"{"error":"the engine is too hot"}"#), None);
        assert_eq!(error(r#"{"code":"ECONNRESET"}"#), None);
    }

    #[test]
    fn registrations_are_told_from_service_principals() {
        let text = r#"my app: {"appId":"a","signInAudience":"AzureADMyOrg"} and
            {"appId":"a","servicePrincipalType":"Application"} [{"issuer":"i","subject":"s","audiences":[]}]"#;
        let found = find(text);
        assert_eq!(found.registrations.len(), 1);
        let app = &found.registrations[0];
        assert_eq!(app.app_id.as_deref(), Some("a"));
        assert_eq!(app.federated.as_ref().map(Vec::len), Some(1));
        assert_eq!(found.service_principals.len(), 1);
        assert_eq!(found.read.len(), 3);
    }
}
