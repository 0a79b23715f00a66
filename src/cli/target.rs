//! The options that say where to sign in and as whom.

use std::{env, fs};

use url::Url;

use super::{
    credential::{CredentialOptions, GivenOptions},
    errands::ErrandOptions,
};
use crate::{
    flow::{Authority, Change, Credential, FlowKind, NamedBend, Pkce, Platform, Profile, StepId},
    runtime::http,
    secret::Secret,
};

/// Where to sign in, as whom, asking for what. Without an authority or issuer it is the lab tenant.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TargetOptions {
    /// The authority's base address, such as `https://login.microsoftonline.com`
    #[arg(long, value_name = "URL", conflicts_with = "issuer", help_heading = "Target")]
    pub authority: Option<Url>,
    /// Tenant: a GUID, a domain, common, organizations or consumers
    #[arg(long, value_name = "TENANT", conflicts_with = "issuer", help_heading = "Target")]
    pub tenant: Option<String>,
    /// An OpenID provider by its issuer, read through its discovery document
    #[arg(long, value_name = "URL", help_heading = "Target")]
    pub issuer: Option<Url>,
    /// Certificates (PEM) to trust besides the system's
    #[arg(long, value_name = "FILE", help_heading = "Target")]
    pub ca: Option<std::path::PathBuf>,
    /// Application (client) id
    #[arg(long, value_name = "ID", help_heading = "Target")]
    pub client_id: Option<String>,
    /// How the application proves itself.
    #[command(flatten)]
    pub credential: CredentialOptions,
    /// The token that a run begins with.
    #[command(flatten)]
    pub given: GivenOptions,
    /// The kind of application: web, spa or native
    #[arg(long, value_name = "KIND", value_parser = platform, help_heading = "Target")]
    pub platform: Option<Platform>,
    /// Where the answer comes back; `http://localhost` without a port takes any free one
    #[arg(long, value_name = "URL", help_heading = "Target")]
    pub redirect_uri: Option<Url>,
    /// Scopes, separated by blanks
    #[arg(long, value_name = "SCOPES", help_heading = "Target")]
    pub scope: Option<String>,
    /// How the code is bound to this client: S256, plain or none
    #[arg(long, value_name = "METHOD", value_parser = pkce, help_heading = "Target")]
    pub pkce: Option<Pkce>,
    /// What the authorization endpoint shall give: `code`, `id_token`, `token`, or several
    #[arg(long, value_name = "WORDS", help_heading = "Authorization request")]
    pub response_type: Option<String>,
    /// How the answer comes back: `query`, `fragment` or `form_post`
    #[arg(long, value_name = "MODE", help_heading = "Authorization request")]
    pub response_mode: Option<String>,
    /// How much the person is asked: `none`, `login`, `consent` or `select_account`
    #[arg(long, value_name = "PROMPT", help_heading = "Authorization request")]
    pub prompt: Option<String>,
    /// Who will probably sign in: a user name
    #[arg(long, value_name = "NAME", help_heading = "Authorization request")]
    pub login_hint: Option<String>,
    /// Where the account lives: a domain, organizations or consumers
    #[arg(long, value_name = "DOMAIN", help_heading = "Authorization request")]
    pub domain_hint: Option<String>,
    /// Claims to ask for, as JSON (OpenID Connect Core §5.5), or a claims challenge as it came
    #[arg(long, value_name = "JSON", help_heading = "Authorization request")]
    pub claims: Option<String>,
    /// How old the sign-in may be, in seconds
    #[arg(long, value_name = "SECONDS", help_heading = "Authorization request")]
    pub max_age: Option<String>,
    /// Language of the device-code message, such as de-DE
    #[arg(long, value_name = "LOCALE", help_heading = "Target")]
    pub mkt: Option<String>,
    /// Tokens in hand, machines, consent and logout.
    #[command(flatten)]
    pub errands: ErrandOptions,
}

impl TargetOptions {
    /// The authority these options name; `None` means the lab tenant inside the program.
    pub fn remote(&self) -> Result<Option<Authority>, String> {
        if let Some(issuer) = &self.issuer {
            return Ok(Some(Authority::Issuer(issuer.clone())));
        }
        match (&self.authority, &self.tenant) {
            // A machine's own endpoint gives tokens of Entra; which tenant's, they say themselves.
            (None, None) if self.errands.identity_endpoint.is_some() => {
                Ok(Some(Authority::Entra { base: entra(), tenant: "organizations".to_owned() }))
            }
            (None, None) => Ok(None),
            (Some(base), Some(tenant)) => {
                Ok(Some(Authority::Entra { base: base.clone(), tenant: tenant.clone() }))
            }
            (Some(_), None) => {
                Err("--authority needs --tenant as well (a GUID, a domain, or common)".to_owned())
            }
            // A tenant alone, without a client id, is a segment of the lab tenant.
            (None, Some(_)) if self.client_id.is_none() => Ok(None),
            (None, Some(tenant)) => Ok(Some(Authority::Entra { base: entra(), tenant: tenant.clone() })),
        }
    }

    /// A profile for a remote authority, made of these options alone.
    pub fn profile(&self) -> Result<Option<Profile>, String> {
        let Some(authority) = self.remote()? else { return Ok(None) };
        let client_id = match &self.client_id {
            Some(client_id) => client_id.clone(),
            // A machine's identity has the only client id that counts.
            None if self.errands.asks_machine() => String::new(),
            None => return Err("--client-id is needed: the application (client) id".to_owned()),
        };
        let name = match &authority {
            Authority::Issuer(url) => url.host_str().unwrap_or("issuer").to_owned(),
            Authority::Entra { tenant, .. } | Authority::Lab { tenant, .. } => tenant.clone(),
        };
        let credential = self.credential.read()?.unwrap_or(Credential::None);
        let web = credential != Credential::None;
        let profile = Profile {
            platform: if web { Platform::Web } else { Platform::Native },
            redirect_uri: Some("http://localhost".parse().expect("a well-formed address")),
            credential,
            ..Profile::new(name, authority, client_id)
        };
        self.over(profile).map(Some)
    }

    /// The given profile with these options laid over it.
    pub fn over(&self, mut profile: Profile) -> Result<Profile, String> {
        if let Some(client_id) = &self.client_id {
            profile.client_id.clone_from(client_id);
        }
        if let Some(credential) = self.credential.read()? {
            profile.credential = credential;
        }
        if let Some(method) = self.credential.secret_method {
            profile.secret_method = Some(method);
        }
        self.given.over(&mut profile)?;
        if let Some(platform) = self.platform {
            profile.platform = platform;
        }
        if let Some(uri) = &self.redirect_uri {
            profile.redirect_uri = Some(uri.clone());
        }
        if let Some(scope) = &self.scope {
            profile.scope.clone_from(scope);
        }
        if let Some(pkce) = self.pkce {
            profile.pkce = pkce;
        }
        if let Some(response_type) = &self.response_type {
            profile.response_type = Some(response_type.clone());
        }
        self.over_authorization(&mut profile);
        if let Some(market) = &self.mkt {
            profile.market = Some(market.clone());
        }
        self.errands.lay_over(&mut profile)?;
        if let (Authority::Lab { tenant, .. }, Some(segment)) = (&mut profile.authority, &self.tenant) {
            tenant.clone_from(segment);
        }
        Ok(profile)
    }

    /// What the authorization request is to say besides.
    fn over_authorization(&self, profile: &mut Profile) {
        if let Some(response_mode) = &self.response_mode {
            profile.response_mode = Some(response_mode.clone());
        }
        let given = [
            ("prompt", &self.prompt),
            ("login_hint", &self.login_hint),
            ("domain_hint", &self.domain_hint),
            ("max_age", &self.max_age),
            ("claims", &self.claims),
        ];
        for (name, value) in given {
            let Some(value) = value else { continue };
            profile.authorize_with.retain(|(known, _)| known != name);
            profile.authorize_with.push((name.to_owned(), value.clone()));
        }
    }

    /// The settings of the sign-in that brings the token for a `kind` with these options laid over them, as far as they
    /// are about signing in.
    pub fn over_source(&self, kind: FlowKind, profile: &mut Profile) -> Result<(), String> {
        self.over_authorization(profile);
        if let (Authority::Lab { tenant, .. }, Some(segment)) = (&mut profile.authority, &self.tenant) {
            tenant.clone_from(segment);
        }
        if kind == FlowKind::OnBehalfOf {
            // There another application signs in: the rest is about the one that exchanges.
            return Ok(());
        }
        if let Some(credential) = self.credential.read()? {
            profile.credential = credential;
        }
        if let Some(platform) = self.platform {
            profile.platform = platform;
        }
        if let Some(uri) = &self.redirect_uri {
            profile.redirect_uri = Some(uri.clone());
        }
        if let Some(pkce) = self.pkce {
            profile.pkce = pkce;
        }
        // A refresh asks for scopes of its own; a call, UserInfo and logout have none to ask for.
        if let Some(scope) = self.scope.as_ref().filter(|_| kind != FlowKind::RefreshToken) {
            profile.scope.clone_from(scope);
        }
        Ok(())
    }

    /// The options of the HTTP client.
    pub fn http(&self) -> Result<http::Options, String> {
        let ca = match &self.ca {
            Some(file) => Some(fs::read(file).map_err(|why| format!("--ca {}: {why}", file.display()))?),
            None => None,
        };
        Ok(http::Options { ca, ..http::Options::default() })
    }
}

fn entra() -> Url {
    "https://login.microsoftonline.com".parse().expect("a well-formed address")
}

/// Reads a secret from an environment variable.
pub fn from_environment(variable: &str, option: &str) -> Result<Secret, String> {
    match env::var(variable) {
        Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
        Ok(_) => Err(format!("{option}: the environment variable {variable} is empty")),
        Err(_) => Err(format!("{option}: there is no environment variable {variable}")),
    }
}

fn platform(text: &str) -> Result<Platform, String> {
    [Platform::Web, Platform::Spa, Platform::Native]
        .into_iter()
        .find(|platform| platform.name() == text)
        .ok_or_else(|| "web, spa or native".to_owned())
}

fn pkce(text: &str) -> Result<Pkce, String> {
    [Pkce::S256, Pkce::Plain, Pkce::None]
        .into_iter()
        .find(|method| method.name().eq_ignore_ascii_case(text))
        .ok_or_else(|| "S256, plain or none".to_owned())
}

/// Reads `[STEP.]NAME=VALUE`.
pub fn set(text: &str) -> Result<NamedBend, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE or STEP.NAME=VALUE")?;
    Ok(bend(name, Change::Set(value.to_owned())))
}

/// Reads `[STEP.]NAME`.
pub fn drop(text: &str) -> Result<NamedBend, String> {
    if text.contains('=') { Err("expected a name alone".to_owned()) } else { Ok(bend(text, Change::Drop)) }
}

fn bend(name: &str, change: Change) -> NamedBend {
    let step = name.split_once('.').and_then(|(step, rest)| Some((StepId::parse(step)?, rest)));
    match step {
        Some((step, name)) => NamedBend { step: Some(step), name: name.to_owned(), change },
        None => NamedBend { step: None, name: name.to_owned(), change },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bend_names_a_step_only_if_there_is_such_a_step() {
        let bend = set("token.code_verifier=x=y").unwrap();
        assert_eq!((bend.step, bend.name.as_str()), (Some(StepId::Token), "code_verifier"));
        assert_eq!(bend.change, Change::Set("x=y".to_owned()));
        assert_eq!(drop("my.param").unwrap().name, "my.param");
        assert!(set("scope").is_err() && drop("scope=x").is_err());
    }

    #[test]
    fn what_is_given_for_the_authorization_request_takes_the_place_of_what_was_there() {
        let options = TargetOptions {
            response_mode: Some("form_post".into()),
            prompt: Some("login".into()),
            max_age: Some("60".into()),
            ..TargetOptions::default()
        };
        let authority = Authority::Issuer("https://login.example".parse().unwrap());
        let authorize_with = vec![("prompt".into(), "none".into()), ("login_hint".into(), "ann".into())];
        let profile = Profile { authorize_with, ..Profile::new("p", authority, "c") };
        let profile = options.over(profile).unwrap();
        assert_eq!(profile.response_mode.as_deref(), Some("form_post"));
        let names: Vec<_> = profile.authorize_with.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(names, [("login_hint", "ann"), ("prompt", "login"), ("max_age", "60")]);
    }

    #[test]
    fn the_lab_tenant_is_the_target_unless_another_is_named() {
        let options = TargetOptions::default();
        assert_eq!(options.profile(), Ok(None));
        let options =
            TargetOptions { tenant: Some("contoso.example".into()), client_id: Some("x".into()), ..options };
        let profile = options.profile().unwrap().unwrap();
        assert_eq!(
            profile.authority.metadata_url(),
            "https://login.microsoftonline.com/contoso.example/v2.0/.well-known/openid-configuration"
        );
    }
}
