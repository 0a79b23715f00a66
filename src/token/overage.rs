//! Groups that did not fit (reference §8.8): Entra leaves the list out when it grows too long, and says so in one of two
//! ways. The address that it puts in its place belongs to an interface that is gone, so the call is built anew here.

use serde_json::{Map, Value};

use super::{known, remarks::quote};

/// Groups were left out of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overage {
    /// The claim that says so: `_claim_names` or `hasgroups`.
    pub claim: &'static str,
    /// The request that gets them from Microsoft Graph, such as
    /// `POST https://graph.microsoft.com/v1.0/users/{oid}/getMemberObjects`. Safe to print.
    pub call: String,
    /// The body of that request.
    pub body: &'static str,
}

/// Whether the claims say that groups were left out, and which call gets them.
pub fn group_overage(claims: &Map<String, Value>) -> Option<Overage> {
    let named = claims.get("_claim_names").and_then(|names| names.get("groups")).is_some();
    let marked = claims.get("hasgroups").is_some_and(|value| *value == Value::Bool(true) || *value == "true");
    let claim = match (named, marked) {
        (true, _) => "_claim_names",
        (false, true) => "hasgroups",
        (false, false) => return None,
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let host = known::graph_host(text("iss").unwrap_or_default());
    let whom = match text("oid").filter(|oid| known::is_guid(oid)) {
        Some(oid) => format!("users/{oid}"),
        None => "me".to_owned(),
    };
    let call = format!("POST https://{host}/v1.0/{whom}/getMemberObjects");
    Some(Overage { claim, call, body: r#"{"securityEnabledOnly": true}"# })
}

impl Overage {
    /// What it means and what to do, in sentences that are safe to print.
    pub fn sentence(&self) -> String {
        let limit = if self.claim == "hasgroups" {
            "five, the most that fit into an address"
        } else {
            "200, the most that Entra lists"
        };
        format!(
            "The groups are not listed, as there are more than {limit}; a missing list does not mean none. Ask Microsoft \
             Graph: {} with {} (a permission such as GroupMember.Read.All). Or let the registration send only groups \
             assigned to the application, or app roles.",
            self.call, self.body
        )
    }

    /// The old address in the token, which no longer answers; `None` where it is not one.
    pub fn retired_endpoint(claims: &Map<String, Value>) -> Option<String> {
        let sources = claims.get("_claim_sources")?.as_object()?;
        let endpoint = sources.values().find_map(|source| source.get("endpoint")?.as_str())?;
        (known::issuer_host(endpoint) == "graph.windows.net").then(|| quote(endpoint))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overage(claims: &Value) -> Option<Overage> {
        group_overage(claims.as_object().unwrap())
    }

    #[test]
    fn both_signs_are_seen_and_the_call_names_the_user_and_the_cloud() {
        let oid = "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d";
        let named = overage(&json!({
            "iss": "https://login.microsoftonline.us/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/v2.0", "oid": oid,
            "_claim_names": {"groups": "src1"},
            "_claim_sources": {"src1": {"endpoint": "https://graph.windows.net/x/users/y/getMemberObjects"}},
        }))
        .unwrap();
        assert_eq!(named.claim, "_claim_names");
        assert_eq!(named.call, format!("POST https://graph.microsoft.us/v1.0/users/{oid}/getMemberObjects"));
        assert!(named.sentence().contains("200") && named.sentence().contains(&named.call));
        let marked = overage(&json!({"hasgroups": true, "oid": "../../evil"})).unwrap();
        assert_eq!(marked.call, "POST https://graph.microsoft.com/v1.0/me/getMemberObjects");
        assert!(marked.sentence().contains("five"));
        assert_eq!(overage(&json!({"hasgroups": false, "groups": []})), None);
        assert_eq!(overage(&json!({"_claim_names": {"wids": "src1"}})), None);
    }

    #[test]
    fn the_retired_address_is_known() {
        let claims =
            json!({"_claim_sources": {"src1": {"endpoint": "https://graph.windows.net/t/users/u/x"}}});
        assert!(
            Overage::retired_endpoint(claims.as_object().unwrap()).unwrap().contains("graph.windows.net")
        );
        assert_eq!(Overage::retired_endpoint(json!({"_claim_sources": 7}).as_object().unwrap()), None);
    }
}
