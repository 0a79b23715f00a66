//! What can be started with one key: a flow with a ready-made profile.
//!
//! For the lab tenant offers are read from its scenario: each application with the flows that it is made for, each with
//! the run before it that brings the token it begins with. For another target there is one offer for each flow that its
//! authority knows.

use url::Url;

use super::{Lab, source::need_of};
use crate::{
    flow::{
        AdminConsentVersion, ApiCall, Authority, Credential, Federated, FlowKind, IdentityHost,
        ManagedIdentity, Platform, Profile, Source, UserAssigned,
    },
    provider::scenario::{Application, ConsentType, IdentityKind, PlatformKind, ResourceAccess, Scenario},
    wire::Method,
};

/// A ready-made run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which flow.
    pub kind: FlowKind,
    /// The short name of its application, such as `storefront`.
    pub key: String,
    /// What kind of application it is, or what is done with it, in a few words.
    pub about: String,
    /// With which settings.
    pub profile: Profile,
}

/// What a newcomer chooses among first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A person signs in.
    People,
    /// Nobody does: a program acts in its own name.
    Programs,
    /// Something is done with a token in hand.
    Tokens,
    /// What comes before the first sign-in and after the last.
    Around,
    /// What should not be begun any more.
    Legacy,
}

impl Group {
    /// The group of a flow.
    pub const fn of(kind: FlowKind) -> Self {
        match kind {
            FlowKind::AuthorizationCode | FlowKind::DeviceCode => Self::People,
            FlowKind::ClientCredentials | FlowKind::ManagedIdentity => Self::Programs,
            FlowKind::OnBehalfOf | FlowKind::RefreshToken | FlowKind::CallApi | FlowKind::UserInfo => {
                Self::Tokens
            }
            FlowKind::AdminConsent | FlowKind::Logout => Self::Around,
            FlowKind::Hybrid | FlowKind::Implicit | FlowKind::Password => Self::Legacy,
        }
    }

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::People => "A person signs in",
            Self::Programs => "No person: a program by itself",
            Self::Tokens => "With a token in hand",
            Self::Around => "Before and after",
            Self::Legacy => "Legacy: better not any more",
        }
    }
}

/// What signs somebody in and asks for nothing else.
const OIDC: &str = "openid profile offline_access";

impl Offer {
    /// Each flow that makes sense for a target given on the command line.
    pub(super) fn for_target(profile: &Profile) -> Vec<Self> {
        let about = profile.platform.title();
        let suits = |kind: &FlowKind| match kind {
            kind if kind.unsuited(&profile.authority).is_some() => false,
            // Nothing can be exchanged, or asked for in one's own name, without a credential.
            FlowKind::ClientCredentials | FlowKind::OnBehalfOf => profile.credential != Credential::None,
            // There is no API to call unless one was named.
            FlowKind::CallApi => profile.api.is_some(),
            FlowKind::AuthorizationCode
            | FlowKind::DeviceCode
            | FlowKind::RefreshToken
            | FlowKind::UserInfo
            | FlowKind::ManagedIdentity
            | FlowKind::AdminConsent
            | FlowKind::Logout
            | FlowKind::Hybrid
            | FlowKind::Implicit
            | FlowKind::Password => true,
        };
        let offer = |kind| Self {
            kind,
            key: profile.name.clone(),
            about: about.to_owned(),
            profile: with_source(kind, profile.clone()),
        };
        let mut offers: Vec<_> = FlowKind::ALL.iter().copied().filter(suits).map(offer).collect();
        offers.sort_by_key(|offer| Group::of(offer.kind));
        offers
    }

    /// The lab tenant's applications, each with the flows that it is made for; the plainest of each flow first.
    pub(super) fn for_lab(lab: &Lab) -> Vec<Self> {
        let desk = Desk { base: lab.base(), lab };
        let mut offers = Vec::new();
        for application in lab.scenario.applications() {
            desk.of_application(application, &mut offers);
        }
        desk.of_machine(&mut offers);
        offers.retain(|offer| FlowKind::ALL.contains(&offer.kind));
        offers.sort_by_key(|offer| {
            let rank = FlowKind::ALL.iter().position(|kind| *kind == offer.kind);
            // Those that show one thing only stand behind those that show the flow.
            let is_special =
                !lab.scenario.application(&offer.key).is_some_and(|known| has_several_apis(known));
            // People come for what they could build; Microsoft's own programs can be tried as well.
            let is_microsofts =
                lab.scenario.application(&offer.key).is_some_and(|known| known.tenant.is_none());
            let is_native = offer.profile.platform == Platform::Native;
            (Group::of(offer.kind), rank, is_special, is_microsofts, !is_native)
        });
        offers
    }
}

/// The same settings; for a flow that begins with a token with the sign-in before it that brings one, unless there is one
/// already.
fn with_source(kind: FlowKind, mut profile: Profile) -> Profile {
    // Whose token an API is called with, only its front end could bring.
    let needs_sign_in = need_of(kind).is_some() && kind != FlowKind::OnBehalfOf;
    if needs_sign_in && profile.source.is_none() && profile.given.is_none() {
        let before = Profile { api: None, fan_out: Vec::new(), ..profile.clone() };
        profile.source = Some(Box::new(Source { kind: FlowKind::AuthorizationCode, profile: before }));
    }
    profile
}

impl super::Workbench {
    /// Settings for a flow as an application of that short name, or as the one that suits it best. An application can be
    /// asked to run a flow that it is not made for: people come to see that fail.
    pub fn profile_for(&self, kind: FlowKind, key: Option<&str>) -> Option<Profile> {
        let mut suit = self.offers.iter().filter(|offer| key.is_none_or(|key| offer.key == key));
        if let Some(made_for_it) = suit.clone().find(|offer| offer.kind == kind) {
            return Some(made_for_it.profile.clone());
        }
        key?;
        let other = suit.next()?;
        let mut profile = other.profile.clone();
        if need_of(kind).is_some() && profile.source.is_none() {
            let source = Source { kind: other.kind, profile: profile.clone() };
            profile.source = Some(Box::new(source));
        }
        Some(profile)
    }

    /// The run that brings the token for such a run as an application of that short name; for a call, with the scopes that
    /// this API wants, if that is known.
    pub fn source_for(
        &self,
        kind: FlowKind,
        key: Option<&str>,
        api: Option<&ApiCall>,
    ) -> Option<Box<Source>> {
        let nearness = |offer: &&Offer| match (api, &offer.profile.api) {
            (Some(wanted), Some(known)) if wanted.url == known.url => 3,
            (Some(wanted), Some(known)) if is_beside(&wanted.url, &known.url) => 2,
            (Some(_), Some(_)) => 0,
            _ => 1,
        };
        let offers = self.offers.iter().filter(|offer| offer.kind == kind);
        let as_it = offers.filter(|offer| key.is_none_or(|key| offer.key == key));
        let nearest = as_it.rev().filter(|offer| nearness(offer) > 0).max_by_key(nearness)?;
        nearest.profile.source.clone()
    }
}

/// Whether an address lies in the same folder as another, or deeper: then it is the same API.
fn is_beside(url: &Url, known: &Url) -> bool {
    let folder = known.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    url.origin() == known.origin()
        && url.path().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Puts another base address of the lab tenant into settings, wherever it stands.
pub(super) fn rebase(profile: &mut Profile, to: &Url) {
    let Authority::Lab { base, .. } = &mut profile.authority else { return };
    let from = std::mem::replace(base, to.clone());
    let moved = |url: &mut Url| {
        if url.origin() == from.origin() {
            let _ = url.set_port(to.port());
        }
    };
    if let Some(api) = &mut profile.api {
        moved(&mut api.url);
    }
    if let Some(identity) = &mut profile.managed_identity {
        moved(&mut identity.endpoint);
    }
    if let Credential::Federated(Federated::Fetched(url)) = &mut profile.credential {
        moved(url);
    }
    if let Some(source) = &mut profile.source {
        rebase(&mut source.profile, to);
    }
}

/// What a platform of a registration makes of an application.
const fn kind_of_application(platform: PlatformKind) -> Platform {
    match platform {
        PlatformKind::Web => Platform::Web,
        PlatformKind::Spa => Platform::Spa,
        PlatformKind::PublicClient => Platform::Native,
    }
}

/// The lab tenant while offers are drawn up.
struct Desk<'a> {
    base: Url,
    lab: &'a Lab,
}

impl Desk<'_> {
    fn scenario(&self) -> &Scenario {
        &self.lab.scenario
    }

    fn address(&self, path: &str) -> Url {
        self.base.join(path).expect("a constant path joins every base address")
    }

    /// Settings of an application that asks for what suits its people best.
    fn profile(&self, application: &Application) -> Profile {
        let authority = Authority::Lab { base: self.base.clone(), tenant: self.scenario().home().id.clone() };
        let registered = application.redirect_uris();
        Profile {
            registered: registered
                .filter_map(|(platform, uri)| Some((kind_of_application(platform), uri.parse().ok()?)))
                .collect(),
            scope: delegated_scope(self.scenario(), application),
            ..Profile::new(&application.key, authority, &application.app_id)
        }
    }

    /// What an application proves itself with, if it can.
    fn credential(&self, application: &Application) -> Option<Credential> {
        let secret = || application.secret().cloned().map(Credential::Secret);
        let key = || self.lab.client_keys.get(&application.key).cloned().map(Credential::PrivateKey);
        let federated = || {
            let trusted = application.federated_identity_credentials.first()?;
            let mut url = self.address("pipeline/token");
            url.query_pairs_mut().append_pair("audience", trusted.audiences.first()?);
            Some(Credential::Federated(Federated::Fetched(url)))
        };
        secret().or_else(key).or_else(federated)
    }

    /// The sign-in of an application's people, if it has a redirect URI.
    fn sign_in(&self, application: &Application) -> Option<Profile> {
        let (platform, uri) = application.redirect_uri()?;
        let platform = kind_of_application(platform);
        let credential = if platform == Platform::Web { self.credential(application) } else { None };
        Some(Profile {
            platform,
            redirect_uri: uri.parse().ok().map(any_port),
            credential: credential.unwrap_or(Credential::None),
            ..self.profile(application)
        })
    }

    fn of_application(&self, application: &Application, offers: &mut Vec<Offer>) {
        let mut offer = |kind, about: &str, profile| {
            offers.push(Offer { kind, key: application.key.clone(), about: about.to_owned(), profile });
        };
        let about = &*application.about;
        if application.is_resource() {
            if let Some(profile) = self.on_behalf_of(application) {
                offer(FlowKind::OnBehalfOf, "its callers' tokens for tokens to Graph", profile);
            }
            return;
        }
        let profile = self.profile(application);
        if let Some(sign_in) = self.sign_in(application) {
            let front = application.web.implicit_grant_settings;
            if front.enable_id_token_issuance || front.enable_access_token_issuance {
                let types = match (front.enable_id_token_issuance, front.enable_access_token_issuance) {
                    (true, true) => "id_token token",
                    (true, false) => "id_token",
                    (false, _) => "token",
                };
                let of_type = |response_type: &str| Profile {
                    response_type: Some(response_type.to_owned()),
                    ..sign_in.clone()
                };
                offer(FlowKind::Implicit, about, of_type(types));
                if front.enable_id_token_issuance {
                    offer(FlowKind::Hybrid, about, of_type("code id_token"));
                }
            }
            self.after_sign_in(application, &sign_in, offers);
        }
        let mut offer = |kind, profile| {
            offers.push(Offer { kind, key: application.key.clone(), about: about.to_owned(), profile });
        };
        if application.is_fallback_public_client {
            offer(FlowKind::DeviceCode, profile.clone());
            // Nobody can agree to anything here: somebody must have agreed for them.
            if !application.oauth2_permission_grants.is_empty() && application.redirect_uri().is_none() {
                let person = self.lab.person(None);
                let (username, password) = person.map(|it| (it.username, it.password)).unzip();
                offer(FlowKind::Password, Profile { username, password, ..profile.clone() });
            }
        }
        if application.is_family_client {
            // What one member of the family was given serves another.
            let members = self.scenario().applications().iter();
            let others = members.filter(|other| other.is_family_client && other.app_id != application.app_id);
            for other in others.filter(|other| other.is_fallback_public_client) {
                let source = Source { kind: FlowKind::DeviceCode, profile: self.profile(other) };
                offers.push(Offer {
                    kind: FlowKind::RefreshToken,
                    key: application.key.clone(),
                    about: format!("with the token of {}", other.key),
                    profile: Profile { source: Some(Box::new(source)), ..profile.clone() },
                });
            }
        }
        if let (Some(scope), Some(credential)) =
            (application_scope(self.scenario(), application), self.credential(application))
        {
            let profile = Profile { platform: Platform::Web, scope, credential, ..profile };
            offers.push(Offer {
                kind: FlowKind::ClientCredentials,
                key: application.key.clone(),
                about: about.to_owned(),
                profile,
            });
        }
    }

    /// What follows a sign-in: the same application with the tokens that it brings.
    fn after_sign_in(&self, application: &Application, sign_in: &Profile, offers: &mut Vec<Offer>) {
        let mut offer = |kind, about: &str, profile| {
            offers.push(Offer { kind, key: application.key.clone(), about: about.to_owned(), profile });
        };
        let from = |scope: &str| {
            let profile = Profile { scope: scope.to_owned(), ..sign_in.clone() };
            Some(Box::new(Source { kind: FlowKind::AuthorizationCode, profile }))
        };
        offer(FlowKind::AuthorizationCode, &application.about, sign_in.clone());
        if has_several_apis(application) || application.is_family_client {
            let profile = Profile { source: from(&sign_in.scope), ..sign_in.clone() };
            offer(FlowKind::RefreshToken, &application.about, profile);
        }
        let every = every_resource(self.scenario(), application);
        if every.len() > 1 {
            let profile = Profile { source: from(&sign_in.scope), fan_out: every, ..sign_in.clone() };
            offer(FlowKind::RefreshToken, "one refresh token on every API", profile);
        }
        let asks_administrator = application.required_resource_access.iter().any(|access| {
            access
                .scopes
                .iter()
                .any(|scope| consent_of(self.scenario(), access, scope) == Some(ConsentType::Admin))
        });
        if asks_administrator {
            let graph = self.scenario().graph().identifier_uris.first().cloned().unwrap_or_default();
            let v2 = Profile { scope: format!("{graph}/.default"), ..sign_in.clone() };
            let v1 = Profile { admin_consent: AdminConsentVersion::V1, ..sign_in.clone() };
            offer(FlowKind::AdminConsent, "to what it asks of Graph", v2);
            offer(FlowKind::AdminConsent, "to its whole registration (version 1)", v1);
        }
        if sign_in.platform != Platform::Web && !application.is_family_client && has_several_apis(application)
        {
            offer(FlowKind::Logout, &application.about, Profile { source: from(OIDC), ..sign_in.clone() });
        }
        if sign_in.platform != Platform::Native
            || application.is_family_client
            || !has_several_apis(application)
        {
            return;
        }
        let call = |url, scope: &str| Profile {
            api: Some(ApiCall::get(url)),
            source: from(scope),
            ..sign_in.clone()
        };
        let graph = format!("{OIDC} https://graph.microsoft.com/User.Read");
        offer(FlowKind::CallApi, "Graph: who am I (/me)", call(self.address("v1.0/me"), &graph));
        let catalog = call(self.address("api/catalog/products"), &sign_in.scope);
        offer(FlowKind::CallApi, "catalog: its products", catalog);
        if let Some(refund) = self.refund(application, sign_in) {
            offer(FlowKind::CallApi, "catalog: a refund (wants more)", refund);
        }
        offer(
            FlowKind::UserInfo,
            &application.about,
            Profile { source: from("openid profile email"), ..sign_in.clone() },
        );
    }

    /// The call that is refused until its claims challenge was answered.
    fn refund(&self, application: &Application, sign_in: &Profile) -> Option<Profile> {
        // The registration need not list it: whoever signs in consents to it there and then.
        let scope = application.required_resource_access.iter().find_map(|access| {
            let api = self.scenario().application(&access.resource)?;
            let issue = api.scope("Refunds.Issue")?;
            Some(format!("{OIDC} {}/{}", api.identifier_uris.first()?, issue.value))
        })?;
        let profile = Profile { scope, ..sign_in.clone() };
        let body = Some(r#"{"order":"O-2001"}"#.to_owned());
        let url = self.address("api/catalog/refunds");
        Some(Profile {
            api: Some(ApiCall { method: Method::Post, url, body }),
            source: Some(Box::new(Source { kind: FlowKind::AuthorizationCode, profile })),
            ..sign_in.clone()
        })
    }

    /// An API that calls another one in the name of those who call it.
    fn on_behalf_of(&self, api: &Application) -> Option<Profile> {
        let credential = self.credential(api)?;
        let scope = api.required_resource_access.iter().find_map(|access| {
            let uri = self.scenario().application(&access.resource)?.identifier_uris.first()?;
            Some(format!("{uri}/{}", access.scopes.first()?))
        })?;
        let front_ends = self.scenario().applications().iter();
        let mut callers = front_ends.filter(|other| {
            other
                .required_resource_access
                .iter()
                .any(|access| access.resource == api.key && !access.scopes.is_empty())
        });
        let known = callers.clone().find(|other| api.api.known_client_applications.contains(&other.key));
        let front_end = known.or_else(|| callers.next())?;
        let source = Source { kind: FlowKind::AuthorizationCode, profile: self.sign_in(front_end)? };
        Some(Profile {
            platform: Platform::Web,
            scope,
            credential,
            source: Some(Box::new(source)),
            ..self.profile(api)
        })
    }

    /// The identities of the lab's machine, at both of its endpoints.
    fn of_machine(&self, offers: &mut Vec<Offer>) {
        for identity in self.scenario().managed_identities() {
            let resource = identity.app_role_assignments.iter().find_map(|access| {
                self.scenario().application(&access.resource)?.identifier_uris.first().cloned()
            });
            let named = match identity.kind {
                IdentityKind::System => None,
                IdentityKind::User => Some(UserAssigned::ClientId(identity.client_id.clone())),
            };
            let machine = (IdentityHost::VirtualMachine, self.base.clone());
            let service = self.lab.identity_header.clone();
            let service = service.map(|it| (IdentityHost::AppService(it), self.address("msi/token")));
            for (host, endpoint) in std::iter::once(machine).chain(service) {
                let about = match host {
                    IdentityHost::VirtualMachine => "on a virtual machine",
                    IdentityHost::AppService(_) => "in App Service",
                };
                let authority =
                    Authority::Lab { base: self.base.clone(), tenant: self.scenario().home().id.clone() };
                let profile = Profile {
                    scope: resource.as_deref().map(|uri| format!("{uri}/.default")).unwrap_or_default(),
                    managed_identity: Some(ManagedIdentity { host, endpoint, identity: named.clone() }),
                    ..Profile::new(&identity.key, authority, &identity.client_id)
                };
                let (key, about) = (identity.key.clone(), about.to_owned());
                offers.push(Offer { kind: FlowKind::ManagedIdentity, key, about, profile });
            }
        }
    }
}

/// Whether an application may ask more than one API for something.
fn has_several_apis(application: &Application) -> bool {
    application.required_resource_access.iter().filter(|access| !access.scopes.is_empty()).count() > 1
}

/// One scope of each API that an application may ask for something.
fn every_resource(scenario: &Scenario, application: &Application) -> Vec<String> {
    let scope = |access: &ResourceAccess| {
        let uri = scenario.application(&access.resource)?.identifier_uris.first()?;
        Some(format!("{uri}/{}", access.scopes.first()?))
    };
    application.required_resource_access.iter().filter_map(scope).collect()
}

/// Who may agree to a scope.
fn consent_of(scenario: &Scenario, access: &ResourceAccess, scope: &str) -> Option<ConsentType> {
    scenario.application(&access.resource)?.scope(scope).map(|scope| scope.consent)
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
