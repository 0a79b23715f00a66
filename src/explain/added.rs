//! Evidence piece by piece: what is at hand for an explanation and what would settle it, and taking up what somebody adds.

use super::{Certainty, Evidence, Explanation, Facts, Looked, bundle, missing, reading};
use crate::{entra::scopes, time::UnixTime};

/// A kind of evidence, and what it is good for here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// What it is called, such as `registration`.
    pub name: &'static str,
    /// Whether it is there.
    pub is_there: bool,
    /// The titles of the causes, among those that are open, about which it decides.
    pub settles: Vec<String>,
}

/// A kind, by its word in `causes.tsv` and by what it is called.
struct Kind {
    word: &'static str,
    name: &'static str,
    is_there: fn(&Evidence) -> bool,
}

const KINDS: [Kind; 7] = [
    Kind { word: "request", name: "request", is_there: |evidence| evidence.request.is_some() },
    Kind {
        word: "",
        name: "answer",
        is_there: |evidence| evidence.response.is_some() || evidence.refusal.is_some(),
    },
    Kind {
        word: "previous_request",
        name: "request before it",
        is_there: |evidence| evidence.previous_request.is_some(),
    },
    Kind { word: "registration", name: "registration", is_there: |evidence| evidence.registration.is_some() },
    Kind {
        word: "directory",
        name: "service principal, grants",
        is_there: |evidence| !evidence.service_principal.is_unknown() || evidence.grants.is_some(),
    },
    Kind { word: "token", name: "token", is_there: |evidence| evidence.token.is_some() },
    Kind { word: "history", name: "what came before", is_there: |evidence| !evidence.history.is_empty() },
];

/// What is at hand, and what is not and would decide about a cause that is still open.
pub fn holdings(evidence: &Evidence, explanation: &Explanation) -> Vec<Holding> {
    let evidence = &*reading::complete(evidence);
    let is_settled = explanation.causes.first().is_some_and(|cause| cause.certainty == Certainty::Certain);
    let open = explanation.causes.iter().filter(|cause| !is_settled && cause.id != "undetermined");
    let open: Vec<_> = open.collect();
    let holding = |kind: &Kind| {
        let decides = |id: &str| !kind.word.is_empty() && missing::needs(id).any(|need| need == kind.word);
        let settles: Vec<String> =
            open.iter().filter(|cause| decides(&cause.id)).map(|cause| cause.title.clone()).collect();
        let is_there = (kind.is_there)(evidence);
        (is_there || !settles.is_empty()).then_some(Holding { name: kind.name, is_there, settles })
    };
    KINDS.iter().filter_map(holding).collect()
}

impl Explanation {
    /// Whether the text that it was made from holds no error of any kind.
    pub const fn found_nothing(&self) -> bool {
        self.code.is_none() && self.error.is_none()
    }
}

/// Who asks for what, as far as evidence names them, and what nobody has told of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a piece of evidence that is there or is not")]
pub struct Parties {
    /// The client id.
    pub client: Option<String>,
    /// The API, by id or identifier.
    pub resource: Option<String>,
    /// Whether the client's registration is missing.
    pub lacks_registration: bool,
    /// Whether its service principal is.
    pub lacks_principal: bool,
    /// Whether what it was granted is.
    pub lacks_grants: bool,
    /// Whether the API's registration is.
    pub lacks_resource: bool,
    /// Whether the API's service principal is.
    pub lacks_resource_principal: bool,
}

/// Reads who asks for what, whatever the evidence is.
pub fn parties(evidence: &Evidence) -> Parties {
    let evidence = &*reading::complete(evidence);
    let facts = Facts::read(evidence);
    let api = || scopes::first_api(facts.get("scope")?).map(str::to_owned);
    Parties {
        client: facts.get("client_id").map(str::to_owned),
        resource: facts.get("resource").map(str::to_owned).or_else(api),
        lacks_registration: evidence.registration.is_none(),
        lacks_principal: evidence.service_principal.is_unknown(),
        lacks_grants: evidence.grants.is_none(),
        lacks_resource: evidence.resource_registration.is_none(),
        lacks_resource_principal: evidence.resource_service_principal.is_unknown(),
    }
}

/// What was added to evidence, by name; empty if nothing in the text is evidence.
pub fn add(to: &mut Evidence, text: &str) -> Vec<&'static str> {
    let now = to.now.unwrap_or_default();
    let read = as_bundle(text, now).unwrap_or_else(|| {
        // Federated credentials are printed apart, and are nothing without the registration that holds them.
        let text = match &to.registration {
            Some(app) if text.contains("\"issuer\"") && text.contains("\"subject\"") => {
                format!("{}\n{text}", app.json)
            }
            _ => text.to_owned(),
        };
        let pasted = Evidence { text: Some(text), ..Evidence::default() };
        Evidence { text: None, ..reading::complete(&pasted).into_owned() }
    });
    let mut added = Vec::new();
    let client = Facts::read(to).get("client_id").map(str::to_owned);
    let is_other = |app_id: Option<&str>| {
        app_id.zip(client.as_deref()).is_some_and(|(id, own)| !id.eq_ignore_ascii_case(own))
    };
    if let Some(app) = read.registration {
        // One that is not the client's can only be that of the API which it asks for.
        if is_other(app.app_id.as_deref()) {
            to.resource_registration = Some(app);
            added.push("registration of the API");
        } else {
            to.registration = Some(app);
            added.push("registration");
        }
    }
    match read.service_principal {
        Looked::Found(principal) if is_other(principal.app_id.as_deref()) => {
            to.resource_service_principal = Looked::Found(principal);
            added.push("service principal of the API");
        }
        Looked::Found(_) | Looked::Absent => {
            to.service_principal = read.service_principal;
            added.push("service principal");
        }
        Looked::Unknown => {}
    }
    if let Some(app) = read.resource_registration {
        to.resource_registration = Some(app);
        added.push("registration of the API");
    }
    if !read.resource_service_principal.is_unknown() {
        to.resource_service_principal = read.resource_service_principal;
        added.push("service principal of the API");
    }
    take(&mut to.grants, read.grants, "grants", &mut added);
    take(&mut to.request, read.request, "request", &mut added);
    take(&mut to.previous_request, read.previous_request, "request before it", &mut added);
    take(&mut to.response, read.response, "answer", &mut added);
    take(&mut to.token, read.token, "token", &mut added);
    take(&mut to.refusal, read.refusal, "refusal", &mut added);
    added
}

fn take<T>(to: &mut Option<T>, read: Option<T>, name: &'static str, added: &mut Vec<&'static str>) {
    if read.is_some() {
        *to = read;
        added.push(name);
    }
}

/// The evidence of a bundle, if the text is one: an object with a member that only bundles have.
fn as_bundle(text: &str, now: UnixTime) -> Option<Evidence> {
    const MEMBERS: [&str; 6] = [
        "previous_request",
        "registration",
        "service_principal",
        "resource_registration",
        "resource_service_principal",
        "grants",
    ];
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text.trim()).ok()?;
    let is_bundle = MEMBERS.iter().any(|member| object.contains_key(*member));
    bundle::read(text.trim(), now).ok().filter(|_| is_bundle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::explain;

    const APP: &str = "1c96b8f4-d3e0-47a2-b5d9-80f7e2a46c13";
    const FAILURE: &str = "AADSTS50011: The redirect URI 'https://shop.example/cb/' specified in the request does not \
                           match the redirect URIs configured for the application \
                           '1c96b8f4-d3e0-47a2-b5d9-80f7e2a46c13'.";

    fn pasted(text: &str) -> Evidence {
        Evidence { text: Some(text.to_owned()), ..Evidence::default() }
    }

    #[test]
    fn what_is_missing_is_named_with_what_it_would_settle_and_settles_it_once_it_is_there() {
        let mut evidence = pasted(FAILURE);
        let before = explain(&evidence);
        let registration =
            |holdings: &[Holding]| holdings.iter().find(|holding| holding.name == "registration").cloned();
        let missing = registration(&holdings(&evidence, &before)).expect("it would decide");
        assert!(!missing.is_there && !missing.settles.is_empty(), "{missing:?}");
        let app = format!(
            r#"{{"appId":"{APP}","displayName":"Shop","web":{{"redirectUris":["https://shop.example/cb"]}},"signInAudience":"AzureADMyOrg"}}"#
        );
        assert_eq!(add(&mut evidence, &app), ["registration"]);
        let after = explain(&evidence);
        assert_eq!(after.causes[0].id, "redirect_uri.trailing_slash", "{:#?}", after.causes);
        assert!(registration(&holdings(&evidence, &after)).is_some_and(|holding| holding.is_there));
    }

    #[test]
    fn a_registration_of_somebody_else_is_that_of_the_api() {
        let mut evidence = pasted(FAILURE);
        let other = r#"{"appId":"d94c7f20-6e1b-4a85-b3f6-17a0e8c2d549","web":{"redirectUris":[]},"signInAudience":"AzureADMyOrg"}"#;
        assert_eq!(add(&mut evidence, other), ["registration of the API"]);
        assert!(evidence.registration.is_none() && evidence.resource_registration.is_some());
    }

    #[test]
    fn federated_credentials_join_the_registration_that_holds_them() {
        let mut evidence = Evidence::default();
        add(&mut evidence, &format!(r#"{{"appId":"{APP}","signInAudience":"AzureADMyOrg","web":{{}}}}"#));
        let federated = r#"[{"name":"main","issuer":"https://ci.example","subject":"repo:a/b","audiences":["api://AzureADTokenExchange"]}]"#;
        assert_eq!(add(&mut evidence, federated), ["registration"]);
        let known = evidence.registration.and_then(|app| app.federated).expect("they were added");
        assert_eq!((known.len(), known[0].subject.as_str()), (1, "repo:a/b"));
    }

    #[test]
    fn a_bundle_brings_whatever_it_has_and_other_text_brings_nothing() {
        let mut evidence = pasted(FAILURE);
        let bundle = r#"{"service_principal":null,"token":"eyJhbGciOiJub25lIn0.e30.","grants":{"oauth2PermissionGrants":[],"appRoleAssignments":[]}}"#;
        assert_eq!(add(&mut evidence, bundle), ["service principal", "grants", "token"]);
        assert!(evidence.service_principal.is_absent());
        for nothing in ["", "hello", "{}", "[]", "{\"a\":1}"] {
            assert_eq!(add(&mut evidence, nothing), [""; 0], "{nothing}");
        }
    }
}
