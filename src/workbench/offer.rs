//! What can be started with one key: a flow with a ready-made profile.

use url::Url;

use crate::{
    flow::{Authority, Credential, FlowKind, Platform, Profile},
    provider::scenario::{Application, ConsentType, PlatformKind, Scenario},
};

/// A ready-made run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which flow.
    pub kind: FlowKind,
    /// The short name of its application, such as `storefront`.
    pub key: String,
    /// What kind of application it is, in a few words.
    pub about: String,
    /// With which settings.
    pub profile: Profile,
}

impl Offer {
    /// Each flow for a target given on the command line.
    pub(super) fn for_target(profile: &Profile) -> Vec<Self> {
        let about = match profile.platform {
            Platform::Web => "web application",
            Platform::Spa => "single-page application",
            Platform::Native => "desktop or mobile application",
        };
        let offer = |kind| Self {
            kind,
            key: profile.name.clone(),
            about: about.to_owned(),
            profile: profile.clone(),
        };
        FlowKind::ALL.iter().copied().map(offer).collect()
    }

    /// The lab tenant's applications, each with the flow that it is made for; the plainest of each flow first.
    pub(super) fn for_lab(base: &Url, scenario: &Scenario) -> Vec<Self> {
        let mut offers: Vec<_> = scenario
            .applications()
            .iter()
            .filter(|application| !application.is_resource())
            .flat_map(|application| of_application(base, scenario, application))
            .collect();
        offers.sort_by_key(|offer| (offer.kind, offer.profile.platform != Platform::Native));
        offers
    }
}

fn of_application(base: &Url, scenario: &Scenario, application: &Application) -> Vec<Offer> {
    let authority = Authority::Lab { base: base.clone(), tenant: scenario.home().id.clone() };
    let profile = Profile {
        scope: delegated_scope(scenario, application),
        ..Profile::new(&application.key, authority, &application.app_id)
    };
    let secret = || application.secret().cloned().map_or(Credential::None, Credential::Secret);
    let offer = |kind, profile| Offer {
        kind,
        key: application.key.clone(),
        about: application.about.clone(),
        profile,
    };
    let mut offers = Vec::new();
    if let Some((platform, uri)) = application.redirect_uri() {
        let platform = match platform {
            PlatformKind::Web => Platform::Web,
            PlatformKind::Spa => Platform::Spa,
            PlatformKind::PublicClient => Platform::Native,
        };
        let credential = if platform == Platform::Web { secret() } else { Credential::None };
        let redirect_uri = uri.parse().ok().map(any_port);
        offers.push(offer(
            FlowKind::AuthorizationCode,
            Profile { platform, redirect_uri, credential, ..profile.clone() },
        ));
    }
    if application.is_fallback_public_client {
        offers.push(offer(FlowKind::DeviceCode, profile.clone()));
    }
    if let (Some(scope), Some(_)) = (application_scope(scenario, application), application.secret()) {
        let credential = secret();
        offers.push(offer(
            FlowKind::ClientCredentials,
            Profile { platform: Platform::Web, scope, credential, ..profile },
        ));
    }
    offers
}

/// The authority ignores the port of a localhost redirect URI (reference §7), so any free one will do.
fn any_port(mut uri: Url) -> Url {
    if uri.host_str() == Some("localhost") && matches!(uri.scheme(), "http" | "https") {
        let _ = uri.set_port(None);
    }
    uri
}

/// The OIDC scopes and one permission that a person can consent to; the catalog's if there is one, because its tokens
/// can be verified, and Graph's cannot.
fn delegated_scope(scenario: &Scenario, application: &Application) -> String {
    let wanted = application.required_resource_access.iter().filter_map(|access| {
        let resource = scenario.application(&access.resource)?;
        let uri = resource.identifier_uris.first()?;
        let for_users = |value: &&String| {
            resource
                .api
                .scopes
                .iter()
                .any(|scope| scope.value == **value && scope.consent == ConsentType::User)
        };
        access.scopes.iter().find(for_users).map(|value| (resource.nonce_header, format!("{uri}/{value}")))
    });
    let oidc = "openid profile offline_access";
    match wanted.min_by_key(|(unverifiable, _)| *unverifiable) {
        Some((_, scope)) => format!("{oidc} {scope}"),
        None => oidc.to_owned(),
    }
}

/// `.default` of the first resource that the application holds a role of.
fn application_scope(scenario: &Scenario, application: &Application) -> Option<String> {
    let access = application.app_role_assignments.iter().find(|access| !access.roles.is_empty())?;
    let resource = scenario.application(&access.resource)?;
    Some(format!("{}/.default", resource.identifier_uris.first()?))
}
