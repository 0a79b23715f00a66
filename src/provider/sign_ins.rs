//! The sign-in log: who tried what, when, and how it ended.

use std::{borrow::Cow, collections::VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    call::Call,
    mint,
    policies::{Attempt, Unmet, about},
    refusal::{self, Refusal},
    scenario::{Application, ConditionalAccessPolicy, Scenario, Tenant, User, plain},
    scope::Wanted,
    tenant::Segment,
};
use crate::{text::beginning, time::UnixTime};

/// How many entries are kept.
const KEPT: usize = 10_000;

/// How many bytes of a text are kept.
const LONGEST: usize = 1000;

/// A poll of a device that waits: not a sign-in, and many.
const STILL_WAITING: u32 = 70016;

/// An entry of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// When.
    #[serde(with = "plain::time")]
    pub at: UnixTime,
    /// In which way.
    pub kind: SignInKind,
    /// The id that ties requests together.
    pub correlation_id: String,
    /// The tenant's id of the request.
    pub trace_id: String,
    /// The application's client id, as far as it was known.
    pub client_id: Option<String>,
    /// Its name.
    pub application: Option<String>,
    /// The person's sign-in name.
    pub user: Option<String>,
    /// The AADSTS number, 0 for success.
    pub code: u32,
    /// Why not; empty for success.
    pub reason: String,
    /// The rule that refused; empty for success.
    pub rule: Cow<'static, str>,
    /// The GUID of the tenant that was signed in to, as far as that was known.
    pub tenant_id: Option<String>,
    /// The person's object id in that tenant.
    pub user_id: Option<String>,
    /// The person's name.
    pub user_display_name: Option<String>,
    /// The object id of the application's service principal in that tenant.
    pub principal_id: Option<String>,
    /// The client id of the resource that was asked for.
    pub resource_id: Option<String>,
    /// Its name.
    pub resource: Option<String>,
    /// `Browser` for pages, `Mobile Apps and Desktop clients` for requests of programs, empty where no person is in it.
    pub client_app_used: Cow<'static, str>,
    /// Where the request came from: the lab listens on loopback; a proxy in front of it says for whom it speaks.
    pub ip_address: String,
    /// The Conditional Access policies that were about it.
    pub policies: Vec<AppliedPolicy>,
}

/// A Conditional Access policy that was about a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedPolicy {
    /// Its GUID.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// What it asks for.
    pub controls: Vec<Cow<'static, str>>,
    /// What it asks of the session.
    pub session_controls: Vec<Cow<'static, str>>,
    /// Whether it got that.
    pub result: ConditionalAccess,
}

/// How policies judged a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ConditionalAccess {
    /// No policy was about it.
    #[default]
    NotApplied,
    /// All that was asked for was there.
    Success,
    /// Something was missing.
    Failure,
}

impl ConditionalAccess {
    /// The word of the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotApplied => "notApplied",
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

impl AppliedPolicy {
    fn of(policy: &ConditionalAccessPolicy, result: ConditionalAccess) -> Self {
        Self {
            id: policy.id.clone(),
            display_name: policy.display_name.clone(),
            controls: policy
                .built_in_controls
                .iter()
                .map(|control| control.name())
                .chain((!policy.terms_of_use.is_empty()).then_some("termsOfUse"))
                .map(Into::into)
                .collect(),
            session_controls: policy.sign_in_frequency.iter().map(|_| "signInFrequency".into()).collect(),
            result,
        }
    }

    /// The policies that asked for what was missing.
    pub(super) fn failed(unmet: &Unmet<'_>) -> Vec<Self> {
        unmet.policies.iter().map(|policy| Self::of(policy, ConditionalAccess::Failure)).collect()
    }
}

impl SignIn {
    /// Whether a person was at a page.
    pub fn is_interactive(&self) -> bool {
        self.kind == SignInKind::Interactive
    }

    /// How the policies judged it, all in all.
    pub fn conditional_access(&self) -> ConditionalAccess {
        self.policies.iter().map(|policy| policy.result).max().unwrap_or_default()
    }

    /// Says which tenant was signed in to.
    pub(super) fn at(&mut self, tenant: &Tenant, client: &Application, user: Option<&User>) -> &mut Self {
        self.tenant_id = Some(tenant.id.clone());
        self.principal_id = Some(mint::service_principal(tenant, client));
        self.user_id = user.map(|user| user.object_id_in(tenant).unwrap_or(&user.id).to_owned());
        self
    }

    /// Says for what resource, and which policies were about that and are met.
    pub(super) fn meeting(&mut self, scenario: &Scenario, attempt: &Attempt<'_>) -> &mut Self {
        for policy in about(scenario, attempt) {
            if self.policies.iter().all(|known| known.id != policy.id) {
                self.policies.push(AppliedPolicy::of(policy, ConditionalAccess::Success));
            }
        }
        self.asking_for(attempt.resource)
    }

    /// Says for what resource.
    pub(super) fn asking_for(&mut self, resource: &Application) -> &mut Self {
        self.resource_id = Some(resource.app_id.clone());
        self.resource = Some(resource.display_name.clone());
        self
    }
}

/// The categories that Entra's own log has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SignInKind {
    /// A person at a page.
    #[default]
    Interactive,
    /// A client on behalf of a person.
    NonInteractive,
    /// An application by itself.
    ServicePrincipal,
    /// A managed identity.
    ManagedIdentity,
}

impl SignInKind {
    /// A word or two for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::NonInteractive => "non-interactive",
            Self::ServicePrincipal => "service principal",
            Self::ManagedIdentity => "managed identity",
        }
    }
}

#[derive(Debug, Default)]
pub struct SignIns {
    entries: VecDeque<SignIn>,
    /// How many there ever were.
    count: u64,
}

impl SignIns {
    pub fn iter(&self) -> impl Iterator<Item = &SignIn> {
        self.entries.iter()
    }

    /// How many entries there ever were, and those of them that came after the first `seen`, as far as they are kept.
    pub fn since(&self, seen: u64) -> (u64, impl Iterator<Item = &SignIn>) {
        let new = usize::try_from(self.count.saturating_sub(seen)).unwrap_or(usize::MAX);
        (self.count, self.entries.iter().skip(self.entries.len().saturating_sub(new)))
    }

    /// Notes a success; what else is known about it can be added to the entry.
    pub fn succeeded(&mut self, call: &Call, client: &Application, user: Option<&User>) -> &mut SignIn {
        self.push(SignIn {
            client_id: Some(client.app_id.clone()),
            application: Some(client.display_name.clone()),
            user: user.map(|user| user.user_principal_name.clone()),
            user_id: user.map(|user| user.id.clone()),
            user_display_name: user.map(|user| user.display_name.clone()),
            ..entry(call)
        })
    }

    pub fn refused(&mut self, call: &Call, refusal: &Refusal, scenario: &Scenario) {
        // What a resource refuses is no sign-in either, and who is told to wait was not looked at.
        if [STILL_WAITING, refusal::THROTTLED, refusal::NO_NUMBER].contains(&refusal.code) {
            return;
        }
        let sent = |name: &str| call.query.get(name).or_else(|| call.form.get(name));
        let client_id = refusal.client.as_deref().or_else(|| sent("client_id"));
        let application = client_id.and_then(|id| scenario.application_with_id(id));
        let typed = call.form.get("loginfmt").or_else(|| call.form.get("username"));
        let name = refusal.user.as_deref().or(typed);
        let user = name.and_then(|name| scenario.user_named(name));
        let segment = Segment::read(&call.segment(), scenario);
        let home = user.map(|user| scenario.tenant_of(user));
        let tenant = segment.tenant().or(home).or_else(|| {
            let key = application.and_then(|application| application.tenant.as_ref())?;
            scenario.tenant(key)
        });
        let wanted = sent("scope")
            .and_then(|text| Wanted::read(text, scenario, segment.tenant().map(AsRef::as_ref)).ok());
        let wanted =
            wanted.filter(|wanted| !wanted.targets.is_empty()).map(|wanted| wanted.first(scenario).resource);
        let resource = match &refusal.resource {
            Some(id) => scenario.application_with_id(id),
            None => wanted.as_ref(),
        };
        let entry = self.push(SignIn {
            client_id: client_id.map(str::to_owned),
            application: application.map(|application| application.display_name.clone()),
            user: name.map(str::to_owned),
            user_display_name: user.map(|user| user.display_name.clone()),
            code: refusal.code,
            reason: refusal.text.clone(),
            rule: refusal.rule.into(),
            policies: refusal.policies.clone(),
            ..entry(call)
        });
        if let Some(resource) = resource {
            entry.asking_for(resource);
        }
        if let Some(tenant) = tenant {
            entry.tenant_id = Some(tenant.id.clone());
            entry.user_id = user.map(|user| user.object_id_in(tenant).unwrap_or(&user.id).to_owned());
            entry.principal_id = application.map(|application| mint::service_principal(tenant, application));
        }
    }

    /// A log with these entries, the oldest first.
    pub fn restore(entries: Vec<SignIn>) -> Self {
        Self { count: entries.len() as u64, entries: entries.into() }
    }

    /// How many entries were ever written.
    pub const fn written(&self) -> u64 {
        self.count
    }

    fn push(&mut self, mut entry: SignIn) -> &mut SignIn {
        shorten(&mut entry.reason);
        for text in [&mut entry.client_id, &mut entry.user].into_iter().flatten() {
            shorten(text);
        }
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
        self.entries.back_mut().expect("it was just put there")
    }
}

/// A reason repeats what was sent, which can be a megabyte.
fn shorten(text: &mut String) {
    if text.len() > LONGEST {
        *text = format!("{}…", beginning(text, LONGEST));
    }
}

fn entry(call: &Call) -> SignIn {
    let is_identity = call.path.starts_with("metadata/") || call.path.starts_with("msi/");
    let kind = match (call.path.ends_with("/token"), call.form.get("grant_type")) {
        _ if is_identity => SignInKind::ManagedIdentity,
        (true, Some("client_credentials")) => SignInKind::ServicePrincipal,
        (true, _) => SignInKind::NonInteractive,
        (false, _) => SignInKind::Interactive,
    };
    let client_app_used = match kind {
        SignInKind::Interactive => "Browser",
        SignInKind::NonInteractive => "Mobile Apps and Desktop clients",
        SignInKind::ServicePrincipal | SignInKind::ManagedIdentity => "",
    };
    SignIn {
        at: call.now,
        kind,
        correlation_id: call.correlation_id.clone(),
        trace_id: call.trace_id.clone(),
        client_app_used: client_app_used.into(),
        ip_address: call.address.to_string(),
        ..SignIn::default()
    }
}
