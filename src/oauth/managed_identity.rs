//! The endpoint inside an Azure machine that gives it tokens in its own name (reference §11.1, §11.2). It is no OAuth
//! endpoint: no client id of ours, no credential, a resource in place of scopes, numbers as text, and a proof that the
//! request comes from inside in the form of a header that nobody outside can make a server send.

use serde_json::Value;

use super::{
    Refusal, Surface,
    answer::{self, Members, Trouble},
    token::TokenSet,
};
use crate::{
    secret::Secret,
    time::UnixTime,
    wire::{Params, Response},
};

/// What the document is called in errors.
const DOCUMENT: &str = "an answer of the identity endpoint";

/// The two kinds of endpoint.
#[derive(Clone, Copy, Debug)]
pub enum Host<'a> {
    /// The instance metadata service of a virtual machine.
    VirtualMachine,
    /// App Service, Functions, Container Apps, with the value of `IDENTITY_HEADER`.
    AppService(&'a Secret),
}

/// How an identity is named that was assigned by hand.
#[derive(Clone, Copy, Debug)]
pub enum Identity<'a> {
    /// By its client id.
    ClientId(&'a str),
    /// By its object id.
    ObjectId(&'a str),
    /// By its Azure resource id.
    ResourceId(&'a str),
}

impl Host<'_> {
    /// The version of the endpoint that is spoken.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::VirtualMachine => "2018-02-01",
            Self::AppService(_) => "2019-08-01",
        }
    }

    /// The header that proves where the request comes from, name and value.
    pub fn header(self) -> (&'static str, String) {
        match self {
            Self::VirtualMachine => ("metadata", "true".to_owned()),
            Self::AppService(proof) => ("x-identity-header", proof.expose().to_owned()),
        }
    }

    /// The path behind the service's address; App Service gives the whole address in `IDENTITY_ENDPOINT`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::VirtualMachine => "/metadata/identity/oauth2/token",
            Self::AppService(_) => "",
        }
    }

    /// The query, in the order it is sent.
    pub fn query(self, resource: &str, identity: Option<Identity<'_>>) -> Params {
        let mut params = vec![("api-version", self.api_version()), ("resource", resource)];
        params.extend(identity.map(|identity| match (identity, self) {
            (Identity::ClientId(id), _) => ("client_id", id),
            (Identity::ObjectId(id), _) => ("object_id", id),
            (Identity::ResourceId(id), Self::VirtualMachine) => ("msi_res_id", id),
            (Identity::ResourceId(id), Self::AppService(_)) => ("mi_res_id", id),
        }));
        Params(params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// The resource of a scope: the endpoint knows no scopes, so `/.default` is left off (and a slash before it stays).
pub fn resource(scope: &str) -> &str {
    let scope = scope.trim();
    scope.strip_suffix("/.default").unwrap_or(scope)
}

/// What the endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityToken {
    /// The token.
    pub access_token: Secret,
    /// `Bearer`.
    pub token_type: Option<String>,
    /// Seconds it lives; App Service does not say.
    pub expires_in: Option<u64>,
    /// When it ends, in seconds since 1970.
    pub expires_on: Option<u64>,
    /// From when it is valid, in seconds since 1970.
    pub not_before: Option<u64>,
    /// For which API.
    pub resource: Option<String>,
    /// The identity's client id.
    pub client_id: Option<String>,
}

impl IdentityToken {
    /// Reads the answer. App Service refuses in a form of its own, with `statusCode` and `message`.
    pub fn read(response: &Response) -> Result<Self, Trouble> {
        if let Some(refusal) = app_service_refusal(response) {
            return Err(Trouble::Refused(Box::new(refusal)));
        }
        let document = answer::object(response, DOCUMENT)?;
        let members = Members::new(DOCUMENT, &document);
        Ok(Self {
            access_token: Secret::new(members.text("access_token")?),
            token_type: members.optional_text("token_type")?,
            expires_in: members.optional_seconds("expires_in")?,
            // Older endpoints write a date here; the life can then not be told, and the token is good all the same.
            expires_on: members.optional_seconds("expires_on").unwrap_or_default(),
            not_before: members.optional_seconds("not_before").unwrap_or_default(),
            resource: members.optional_text("resource")?,
            client_id: members.optional_text("client_id")?,
        })
    }

    /// Seconds it still lives, told or counted.
    pub fn life(&self, now: UnixTime) -> Option<u64> {
        self.expires_in.or_else(|| {
            let end = i64::try_from(self.expires_on?).ok()?;
            u64::try_from(end.saturating_sub(now.seconds())).ok()
        })
    }

    /// The same as any token response, for whoever holds tokens.
    pub fn into_tokens(self, now: UnixTime) -> TokenSet {
        TokenSet {
            expires_in: self.life(now),
            access_token: Some(self.access_token),
            token_type: self.token_type,
            ..TokenSet::default()
        }
    }
}

fn app_service_refusal(response: &Response) -> Option<Refusal> {
    let Ok(Value::Object(members)) = serde_json::from_slice(response.body.bytes()) else { return None };
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    if !members.contains_key("statusCode") || response.is_success() {
        return None;
    }
    let description = text("message");
    Some(Refusal {
        surface: Surface::Json(response.status),
        error_codes: description.as_deref().map(super::error::numbers).unwrap_or_default(),
        description,
        correlation_id: text("correlationId"),
        ..Refusal::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::answer::tests::answer;

    const NOW: UnixTime = UnixTime::from_seconds(1_772_615_727);

    #[test]
    fn each_host_is_asked_in_its_own_way() {
        let proof = Secret::new("from-inside");
        let (machine, service) = (Host::VirtualMachine, Host::AppService(&proof));
        assert_eq!(machine.header(), ("metadata", "true".to_owned()));
        assert_eq!(service.header(), ("x-identity-header", "from-inside".to_owned()));
        assert_eq!(
            machine.query("https://vault.azure.net", None).encode(),
            "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
        );
        let named =
            |host: Host<'_>, identity| host.query("r", Some(identity)).0.pop().expect("the identity").0;
        let all = [Identity::ClientId("x"), Identity::ObjectId("x"), Identity::ResourceId("x")];
        assert_eq!(all.map(|identity| named(machine, identity)), ["client_id", "object_id", "msi_res_id"]);
        assert_eq!(all.map(|identity| named(service, identity)), ["client_id", "object_id", "mi_res_id"]);
        assert_eq!(service.query("r", None).get("api-version"), Some("2019-08-01"));
    }

    #[test]
    fn a_scope_becomes_a_resource() {
        assert_eq!(resource("https://management.azure.com/.default"), "https://management.azure.com");
        assert_eq!(resource("https://management.azure.com//.default"), "https://management.azure.com/");
        assert_eq!(resource(" https://vault.azure.net "), "https://vault.azure.net");
    }

    #[test]
    fn a_machine_writes_every_value_as_text() {
        let document = json!({
            "access_token": "a", "refresh_token": "", "expires_in": "86399", "expires_on": "1772701827",
            "not_before": "1772615127", "resource": "https://r.example/", "token_type": "Bearer", "client_id": "c"
        });
        let read = IdentityToken::read(&answer(200, &document)).expect("good");
        assert_eq!(
            (read.expires_in, read.expires_on, read.not_before),
            (Some(86_399), Some(1_772_701_827), Some(1_772_615_127))
        );
        let tokens = read.into_tokens(NOW);
        assert_eq!((tokens.expires_in, tokens.refresh_token), (Some(86_399), None));
        assert_eq!(tokens.access_token, Some(Secret::new("a")));
    }

    #[test]
    fn a_life_that_is_not_told_is_counted() {
        let read = |expires_on: Value| {
            let document = json!({"access_token": "a", "expires_on": expires_on});
            IdentityToken::read(&answer(200, &document)).expect("good").life(NOW)
        };
        assert_eq!(read(json!("1772619327")), Some(3600));
        assert_eq!(read(json!(1_772_619_327)), Some(3600));
        assert_eq!(read(json!("06/20/2026 02:57:58 +00:00")), None);
        assert_eq!(read(json!(1)), None);
    }

    #[test]
    fn both_hosts_refuse_in_their_own_form() {
        let check = |status, body: Value, error: &str, description: &str| {
            let Err(Trouble::Refused(refusal)) = IdentityToken::read(&answer(status, &body)) else {
                panic!("{body} is no refusal")
            };
            assert_eq!((&*refusal.error, refusal.description.as_deref()), (error, Some(description)));
            assert_eq!(refusal.surface, Surface::Json(status));
        };
        check(
            400,
            json!({"error": "invalid_request", "error_description": "none such"}),
            "invalid_request",
            "none such",
        );
        check(
            500,
            json!({"statusCode": 500, "message": "no resource", "correlationId": "c"}),
            "",
            "no resource",
        );
        let Err(Trouble::Unreadable(failure)) =
            IdentityToken::read(&answer(200, &json!({"statusCode": 200})))
        else {
            panic!()
        };
        assert!(failure.to_string().contains("`access_token`"), "{failure}");
    }
}
