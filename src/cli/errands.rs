//! The options of the flows that begin with a token in hand, ask a machine for one, or visit the authority for consent or
//! logout.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use url::Url;

use super::target::from_environment;
use crate::{
    flow::{AdminConsentVersion, ApiCall, Authority, IdentityHost, ManagedIdentity, Profile, UserAssigned},
    secret::Secret,
    wire::Method,
};

/// What to call, with which token; which machine to ask; where to come back.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ErrandOptions {
    /// The API to call: an address, or a path at Microsoft Graph or the lab tenant, such as /v1.0/me
    #[arg(long, value_name = "URL", help_heading = "Calling an API")]
    pub api: Option<String>,
    /// The verb of the call: GET, POST, PUT, PATCH or DELETE
    #[arg(long, value_name = "VERB", value_parser = method, help_heading = "Calling an API")]
    pub method: Option<Method>,
    /// The file that holds the body of the call, usually JSON
    #[arg(long, value_name = "FILE", help_heading = "Calling an API")]
    pub data: Option<PathBuf>,
    /// The file that holds the token to begin with, instead of a sign-in that brings one
    #[arg(long, value_name = "FILE", help_heading = "Calling an API")]
    pub token_file: Option<PathBuf>,
    /// The file that holds the ID token of the same sign-in: compared at userinfo, the hint at logout
    #[arg(long, value_name = "FILE", help_heading = "Calling an API")]
    pub id_token_file: Option<PathBuf>,
    /// The machine's identity endpoint; else `IDENTITY_ENDPOINT`, else that of a virtual machine, or the lab's
    #[arg(long, value_name = "URL", help_heading = "Managed identity")]
    pub identity_endpoint: Option<Url>,
    /// The environment variable that holds the proof for App Service's endpoint
    #[arg(long, value_name = "VAR", help_heading = "Managed identity")]
    pub identity_header_env: Option<String>,
    /// Which identity: client-id:…, object-id:… or resource-id:…; else the system-assigned one
    #[arg(long, value_name = "NAME", value_parser = identity, help_heading = "Managed identity")]
    pub identity: Option<UserAssigned>,
    /// The API that the machine's token is for, such as `https://vault.azure.net`
    #[arg(long, value_name = "URI", help_heading = "Managed identity")]
    pub resource: Option<String>,
    /// Which admin consent endpoint: v2 (the scopes named) or v1 (all that is registered)
    #[arg(long, value_name = "VERSION", value_parser = consent_version, help_heading = "Consent and logout")]
    pub admin_consent: Option<AdminConsentVersion>,
    /// Where the person is sent after signing out
    #[arg(long, value_name = "URL", help_heading = "Consent and logout")]
    pub post_logout_redirect_uri: Option<Url>,
}

impl ErrandOptions {
    /// Whether a machine's identity is meant, which needs no client id.
    pub const fn asks_machine(&self) -> bool {
        self.identity_endpoint.is_some()
            || self.identity_header_env.is_some()
            || self.identity.is_some()
            || self.resource.is_some()
    }

    /// Lays these options over a profile.
    pub fn lay_over(&self, profile: &mut Profile) -> Result<(), String> {
        if let Some(call) = self.call(profile)? {
            profile.api = Some(call);
        }
        if let Some(file) = &self.token_file {
            profile.given = Some(token(file, "--token-file")?);
            profile.source = None;
        }
        if let Some(file) = &self.id_token_file {
            profile.id_token = Some(token(file, "--id-token-file")?);
        }
        if let Some(resource) = &self.resource {
            profile.scope.clone_from(resource);
        }
        let from_platform = !profile.authority.is_lab() && env::var_os("IDENTITY_ENDPOINT").is_some();
        if self.asks_machine() || from_platform {
            profile.managed_identity = Some(self.machine(profile)?);
        }
        if let Some(version) = self.admin_consent {
            profile.admin_consent = version;
        }
        if let Some(uri) = &self.post_logout_redirect_uri {
            profile.post_logout_redirect_uri = Some(uri.clone());
        }
        Ok(())
    }

    fn call(&self, profile: &Profile) -> Result<Option<ApiCall>, String> {
        if self.api.is_none() && self.method.is_none() && self.data.is_none() {
            return Ok(None);
        }
        let known = profile.api.clone();
        let url = match (&self.api, &known) {
            (Some(text), _) => address(text, &profile.authority)?,
            (None, Some(known)) => known.url.clone(),
            (None, None) => address("/v1.0/me", &profile.authority)?,
        };
        let body = match &self.data {
            Some(file) => Some(read(file, "--data")?),
            None => known.as_ref().and_then(|known| known.body.clone()),
        };
        let usual = if self.data.is_some() { Method::Post } else { Method::Get };
        let method = self.method.or(known.map(|known| known.method)).unwrap_or(usual);
        Ok(Some(ApiCall { method, url, body }))
    }

    /// The endpoint as the options name it; else as the platform does, except in the lab; else as the profile had it.
    fn machine(&self, profile: &Profile) -> Result<ManagedIdentity, String> {
        let is_lab = profile.authority.is_lab();
        let named = |variable: &str| env::var(variable).ok().filter(|value| !value.is_empty() && !is_lab);
        let header = match &self.identity_header_env {
            Some(variable) => Some(from_environment(variable, "--identity-header-env")?),
            None => named("IDENTITY_HEADER").map(Secret::new),
        };
        let endpoint = match (&self.identity_endpoint, named("IDENTITY_ENDPOINT")) {
            (Some(endpoint), _) => Some(endpoint.clone()),
            // Without the header it is another platform's endpoint, which is asked in another way.
            (None, Some(text)) if header.is_some() => {
                Some(text.parse().map_err(|why| format!("IDENTITY_ENDPOINT is no address: {why}"))?)
            }
            (None, _) => None,
        };
        let known = profile.managed_identity.clone();
        let identity = self.identity.clone().or_else(|| known.as_ref()?.identity.clone());
        let (usual_host, usual_endpoint) = match (known, &profile.authority) {
            (Some(known), _) => (known.host, known.endpoint),
            (None, Authority::Lab { base, .. }) => (IdentityHost::VirtualMachine, base.clone()),
            (None, _) => {
                let metadata_service = "http://169.254.169.254".parse().expect("a well-formed address");
                (IdentityHost::VirtualMachine, metadata_service)
            }
        };
        let host = match header {
            Some(header) => IdentityHost::AppService(header),
            None if endpoint.is_some() => IdentityHost::VirtualMachine,
            None => usual_host,
        };
        Ok(ManagedIdentity { host, endpoint: endpoint.unwrap_or(usual_endpoint), identity })
    }
}

/// An address as given, or a path at the API that the authority suggests.
fn address(text: &str, authority: &Authority) -> Result<Url, String> {
    let base = match authority {
        Authority::Lab { base, .. } => base.clone(),
        Authority::Entra { .. } => "https://graph.microsoft.com".parse().expect("a well-formed address"),
        Authority::Issuer(issuer) => issuer.clone(),
    };
    let read = if text.starts_with('/') { base.join(text) } else { Url::parse(text) };
    read.map_err(|why| format!("--api: “{text}” is neither an address nor a path: {why}"))
}

fn read(file: &Path, option: &str) -> Result<String, String> {
    fs::read_to_string(file).map_err(|why| format!("{option} {}: {why}", file.display()))
}

fn token(file: &Path, option: &str) -> Result<Secret, String> {
    let text = read(file, option)?;
    let token = text.trim();
    if token.is_empty() {
        return Err(format!("{option} {}: there is nothing in it", file.display()));
    }
    Ok(Secret::new(token))
}

fn method(text: &str) -> Result<Method, String> {
    Method::parse(&text.to_ascii_uppercase()).ok_or_else(|| "GET, POST, PUT, PATCH or DELETE".to_owned())
}

fn identity(text: &str) -> Result<UserAssigned, String> {
    let known = text.split_once(':').and_then(|(kind, name)| {
        let name = Some(name).filter(|name| !name.is_empty())?.to_owned();
        match kind {
            "client-id" => Some(UserAssigned::ClientId(name)),
            "object-id" => Some(UserAssigned::ObjectId(name)),
            "resource-id" => Some(UserAssigned::ResourceId(name)),
            _ => None,
        }
    });
    known.ok_or_else(|| "client-id:…, object-id:… or resource-id:…".to_owned())
}

fn consent_version(text: &str) -> Result<AdminConsentVersion, String> {
    [AdminConsentVersion::V2, AdminConsentVersion::V1]
        .into_iter()
        .find(|version| version.name() == text)
        .ok_or_else(|| "v2 or v1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab() -> Profile {
        let base = "http://localhost:7080".parse().unwrap();
        Profile::new("p", Authority::Lab { base, tenant: "t".into() }, "c")
    }

    fn entra() -> Profile {
        let base = "https://login.microsoftonline.com".parse().unwrap();
        Profile::new("p", Authority::Entra { base, tenant: "t".into() }, "c")
    }

    fn laid_over(options: &ErrandOptions, mut profile: Profile) -> Profile {
        options.lay_over(&mut profile).unwrap();
        profile
    }

    #[test]
    fn a_path_is_one_of_the_api_that_the_authority_suggests() {
        let call = |api: &str, profile| {
            let options = ErrandOptions { api: Some(api.into()), ..ErrandOptions::default() };
            laid_over(&options, profile).api.unwrap().url.to_string()
        };
        assert_eq!(call("/api/catalog/products", lab()), "http://localhost:7080/api/catalog/products");
        assert_eq!(call("/v1.0/users?$top=1", entra()), "https://graph.microsoft.com/v1.0/users?$top=1");
        assert_eq!(call("https://api.example/x", lab()), "https://api.example/x");
        let wrong = ErrandOptions { api: Some("no address".into()), ..ErrandOptions::default() };
        assert!(wrong.lay_over(&mut lab()).unwrap_err().contains("no address"));
    }

    #[test]
    fn a_verb_alone_keeps_the_address_of_the_profile() {
        let options = ErrandOptions { method: Some(method("delete").unwrap()), ..ErrandOptions::default() };
        let known = ApiCall::get("https://api.example/x".parse().unwrap());
        let call = laid_over(&options, Profile { api: Some(known.clone()), ..lab() }).api.unwrap();
        assert_eq!((call.method, call.url), (Method::Delete, known.url));
        assert!(method("FETCH").is_err());
    }

    #[test]
    fn a_machine_is_asked_where_the_options_say() {
        let options = ErrandOptions {
            identity: Some(identity("resource-id:/subscriptions/1:x").unwrap()),
            resource: Some("https://vault.azure.net".into()),
            ..ErrandOptions::default()
        };
        let profile = laid_over(&options, lab());
        assert_eq!(profile.scope, "https://vault.azure.net");
        let machine = profile.managed_identity.unwrap();
        assert_eq!(machine.endpoint.as_str(), "http://localhost:7080/");
        assert_eq!(machine.identity, Some(UserAssigned::ResourceId("/subscriptions/1:x".into())));
        let endpoint = "http://127.0.0.1:9/".parse::<Url>().unwrap();
        let options = ErrandOptions { identity_endpoint: Some(endpoint.clone()), ..ErrandOptions::default() };
        assert_eq!(
            laid_over(&options, lab()).managed_identity.map(|machine| machine.endpoint),
            Some(endpoint)
        );
        for wrong in ["client-id:", "name:x", "x"] {
            assert!(identity(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn consent_and_logout_take_what_is_given() {
        let uri: Url = "http://localhost/bye".parse().unwrap();
        let options = ErrandOptions {
            admin_consent: Some(consent_version("v1").unwrap()),
            post_logout_redirect_uri: Some(uri.clone()),
            ..ErrandOptions::default()
        };
        let profile = laid_over(&options, lab());
        assert_eq!(
            (profile.admin_consent, profile.post_logout_redirect_uri),
            (AdminConsentVersion::V1, Some(uri))
        );
        assert!(consent_version("v3").is_err());
        assert_eq!(laid_over(&ErrandOptions::default(), lab()), lab());
    }
}
