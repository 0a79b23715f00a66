//! The first path segment: which tenant, or which group of accounts, a request is for (reference §1.2).

use std::sync::Arc;

use super::{
    refusal::{Refusal, Verdict},
    scenario::{Application, Audience, Blocked, CONSUMERS, Scenario, Tenant, User, is_guid},
    version::Version,
};

/// What the segment means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// One tenant, by GUID or domain name.
    Tenant(Arc<Tenant>),
    /// `common`: any account.
    Common,
    /// `organizations`: work and school accounts.
    Organizations,
    /// `consumers`, or the GUID behind it: personal accounts.
    Consumers,
    /// Well formed, but nobody has it.
    Unknown(String),
    /// Neither a GUID, nor a domain name, nor one of the words.
    Malformed(String),
}

impl Segment {
    pub fn read(segment: &str, scenario: &Scenario) -> Self {
        match segment.to_ascii_lowercase().as_str() {
            "common" => Self::Common,
            "organizations" => Self::Organizations,
            "consumers" | CONSUMERS => Self::Consumers,
            _ => match scenario.tenant_named(segment) {
                Some(tenant) => Self::Tenant(Arc::clone(tenant)),
                None if is_guid(segment) || is_domain(segment) => Self::Unknown(segment.to_owned()),
                None => Self::Malformed(segment.to_owned()),
            },
        }
    }

    /// The tenant, if it is a single one.
    pub const fn tenant(&self) -> Option<&Arc<Tenant>> {
        match self {
            Self::Tenant(tenant) => Some(tenant),
            Self::Common | Self::Organizations | Self::Consumers | Self::Unknown(_) | Self::Malformed(_) => {
                None
            }
        }
    }

    /// How URLs of the metadata spell it: the GUID for a tenant, the word for a group of accounts.
    pub fn name(&self) -> &str {
        match self {
            Self::Tenant(tenant) => &tenant.id,
            Self::Common => "common",
            Self::Organizations => "organizations",
            Self::Consumers => "consumers",
            Self::Unknown(text) | Self::Malformed(text) => text,
        }
    }

    /// How error texts name it.
    pub fn shown(&self) -> &str {
        self.tenant().map_or_else(|| self.name(), |tenant| &tenant.display_name)
    }

    /// Whether a grant that was issued at another segment to somebody of `tenant` may be redeemed at this one.
    pub fn suits(&self, issued_at: &Self, tenant: &Tenant) -> bool {
        self.name() == issued_at.name()
            || self.tenant().is_some_and(|own| own.id == tenant.id)
            || *self == Self::Consumers && tenant.id == CONSUMERS
    }

    /// Whether somebody of this tenant can sign in here.
    pub fn admits(&self, tenant: &Tenant) -> bool {
        match self {
            Self::Tenant(own) => own.id == tenant.id,
            Self::Common => true,
            Self::Organizations => tenant.id != CONSUMERS,
            Self::Consumers => tenant.id == CONSUMERS,
            Self::Unknown(_) | Self::Malformed(_) => false,
        }
    }
}

/// The tenant that somebody signs in to here: the one of the path if they are a member or guest of it, their own where the
/// path names none; `None` if they have no business here.
pub fn entered_by(segment: &Segment, user: &User, scenario: &Scenario) -> Option<Arc<Tenant>> {
    let home = scenario.tenant_of(user);
    match segment {
        Segment::Tenant(tenant) => user.object_id_in(tenant).map(|_| Arc::clone(tenant)),
        Segment::Common
        | Segment::Organizations
        | Segment::Consumers
        | Segment::Unknown(_)
        | Segment::Malformed(_) => segment.admits(home).then(|| Arc::clone(home)),
    }
}

fn is_domain(text: &str) -> bool {
    text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

/// Rule: the segment is a GUID, a domain name, or one of the words.
pub fn is_named(segment: &Segment) -> Verdict {
    let Segment::Malformed(text) = segment else { return Ok(()) };
    Err(Refusal::new(900_023, "invalid_request", format!("'{text}' is neither a GUID nor a domain name."))
        .demands(
            "the first path segment is a tenant's GUID or domain, or `common`, `organizations`, `consumers`",
        )
        .compares("tenant", text, ["a GUID", "a domain name", "common, organizations, consumers"]))
}

/// Rule: there is such a tenant.
pub fn is_known(segment: &Segment, scenario: &Scenario) -> Verdict {
    let Segment::Unknown(text) = segment else { return Ok(()) };
    let known = scenario.tenants().iter().flat_map(|tenant| {
        std::iter::once(format!("{} ({})", tenant.id, tenant.display_name))
            .chain(tenant.domains.iter().cloned())
    });
    let is_empty = is_guid(text) && text.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    let (said, demand) = if is_empty {
        (
            format!("There is no tenant '{text}'; the id must not be the empty one."),
            "the id of a tenant is not all zeros: something was never filled in",
        )
    } else {
        (
            format!("There is no tenant '{text}'; check the id and the cloud."),
            "the tenant must exist in this cloud",
        )
    };
    Err(Refusal::new(90002, "invalid_tenant", said).demands(demand).compares("tenant", text, known))
}

/// Rule: the tenant lives in this cloud, and Microsoft has not closed it.
pub fn is_open(segment: &Segment, host: &str) -> Verdict {
    let Some(tenant) = segment.tenant() else { return Ok(()) };
    if let Some(cloud) = &tenant.national_cloud {
        let text = format!("Tenant '{}' belongs to the cloud '{cloud}'; this one is '{host}'.", tenant.id);
        return Err(Refusal::new(90038, "invalid_request", text)
            .by("tenant.in_this_cloud")
            .demands("a tenant is asked in the cloud that it lives in, by an application registered there")
            .compares("host", host, [cloud]));
    }
    let Some(blocked) = tenant.blocked else { return Ok(()) };
    let (code, why) = match blocked {
        Blocked::Inactivity => (5_000_225, "nobody has used it for long"),
        Blocked::Abuse => (5_000_224, "it broke the terms of the service"),
    };
    Err(Refusal::new(code, "invalid_request", format!("Tenant '{}' is closed: {why}.", tenant.id))
        .by("tenant.not_blocked")
        .demands("the tenant must not have been closed by Microsoft")
        .compares("blocked", blocked.name(), ["(nothing)"]))
}

/// Rule: version 1 is for work and school accounts.
pub fn has_version(segment: &Segment, version: Version) -> Verdict {
    if version == Version::Two || *segment != Segment::Consumers {
        return Ok(());
    }
    let text = "This version of the endpoint issues no tokens for personal accounts.";
    Err(Refusal::new(90027, "invalid_request", text)
        .demands("personal accounts sign in at the endpoints of version 2")
        .compares("path", "oauth2/…", ["oauth2/v2.0/…"]))
}

/// Whether a tenant knows an application: it is registered there, open to other tenants, or one of Microsoft's.
pub fn knows(tenant: &Tenant, application: &Application) -> bool {
    application.tenant.as_ref().is_none_or(|home| *home == tenant.key)
        || application.sign_in_audience != Audience::MyOrg
}

/// Rule: the application is there.
pub fn has_client(segment: &Segment, client_id: &str, application: Option<&Application>) -> Verdict {
    let found = application
        .is_some_and(|application| segment.tenant().is_none_or(|tenant| knows(tenant, application)));
    if found {
        return Ok(());
    }
    let text = format!("App '{client_id}' does not exist in directory '{}'.", segment.shown());
    let expected = match application {
        Some(application) => {
            format!("an application of this tenant ({} is open to its own only)", application.display_name)
        }
        None => "the client id of an application in this tenant".to_owned(),
    };
    Err(Refusal::new(700_016, "unauthorized_client", text)
        .demands("the application must be registered in the tenant, or open to other tenants")
        .compares("client_id", client_id, [expected])
        .compares("tenant", segment.shown(), Vec::<String>::new()))
}

/// Rule: no administrator has switched the application off.
pub fn is_enabled(application: &Application) -> Verdict {
    if let Some(status) = &application.disabled_by_microsoft_status {
        let text = format!("App '{}' cannot be used at present.", application.display_name);
        return Err(Refusal::new(1_000_031, "unauthorized_client", text)
            .by("client.not_blocked")
            .demands("Microsoft must not have closed the application")
            .compares("disabledByMicrosoftStatus", status, ["(nothing)"]));
    }
    if !application.is_disabled {
        return Ok(());
    }
    let text = format!("App '{}' ({}) is disabled.", application.app_id, application.display_name);
    Err(Refusal::new(7_000_112, "unauthorized_client", text)
        .demands("the application must be switched on in the tenant")
        .compares("isDisabled", "true", ["false"]))
}

/// Rule: the client id is a GUID, and not all zeros.
pub fn is_client_id(client_id: &str) -> Verdict {
    if is_guid(client_id) && client_id.bytes().any(|byte| !matches!(byte, b'0' | b'-')) {
        return Ok(());
    }
    Err(Refusal::new(700_038, "unauthorized_client", format!("'{client_id}' is not an application id."))
        .demands("`client_id` is a GUID that is not all zeros")
        .compares("client_id", client_id, ["a GUID"]))
}

/// Rule: the application may be used by the accounts that the segment stands for.
pub fn suits_audience(segment: &Segment, application: &Application) -> Verdict {
    let (id, name) = (&application.app_id, &application.display_name);
    let audience = application.sign_in_audience;
    match segment {
        // On `organizations` its own people pass; whether somebody is one shows when they have signed in.
        Segment::Common if audience == Audience::MyOrg => {
            let text = format!(
                "App '{id}' ({name}) is single-tenant; apps made after '10/15/2018' may not use /common."
            );
            Err(Refusal::new(50194, "invalid_request", text)
                .demands("an application for one tenant is used with that tenant's id or domain in the path")
                .compares("tenant", segment.name(), [application.tenant.clone().unwrap_or_default()])
                .compares(
                    "signInAudience",
                    audience.name(),
                    [Audience::MultipleOrgs.name(), Audience::Everyone.name()],
                ))
        }
        Segment::Consumers if !matches!(audience, Audience::Everyone | Audience::Personal) => {
            let text =
                format!("App '{id}' ({name}) is for work and school accounts; /consumers is not for it.");
            Err(Refusal::new(9_002_332, "invalid_request", text)
                .demands("`consumers` needs an application that takes personal accounts")
                .compares(
                    "signInAudience",
                    audience.name(),
                    [Audience::Everyone.name(), Audience::Personal.name()],
                ))
        }
        Segment::Tenant(_) | Segment::Common | Segment::Organizations if audience == Audience::Personal => {
            let text = format!("App '{id}' ({name}) is for personal accounts; use /consumers.");
            Err(Refusal::new(9_002_331, "invalid_request", text)
                .demands("an application for personal accounts alone is used with `consumers` in the path")
                .compares("tenant", segment.name(), ["consumers"])
                .compares("signInAudience", audience.name(), [Audience::Everyone.name()]))
        }
        Segment::Tenant(_)
        | Segment::Common
        | Segment::Organizations
        | Segment::Consumers
        | Segment::Unknown(_)
        | Segment::Malformed(_) => Ok(()),
    }
}

/// Whether an application takes accounts of a tenant: those of its own, of others, personal ones.
pub fn takes_accounts_of(application: &Application, tenant: &Tenant) -> bool {
    let is_personal = tenant.id == CONSUMERS;
    match application.sign_in_audience {
        Audience::MyOrg => application.tenant.as_ref().is_none_or(|home| *home == tenant.key),
        Audience::MultipleOrgs => !is_personal,
        Audience::Everyone => true,
        Audience::Personal => is_personal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_told_apart() {
        let scenario = Scenario::northwind();
        let check =
            |text: &str, expected: &Segment| assert_eq!(&Segment::read(text, &scenario), expected, "{text}");
        let home = Segment::Tenant(Arc::clone(scenario.home()));
        check("Northwind.Example", &home);
        check(&scenario.home().id.to_uppercase(), &home);
        check("COMMON", &Segment::Common);
        check(CONSUMERS, &Segment::Consumers);
        for unknown in ["nobody.example", "11111111-2222-3333-4444-555555555555"] {
            check(unknown, &Segment::Unknown(unknown.to_owned()));
        }
        for malformed in ["authorize", "", "a b.example", ".example"] {
            check(malformed, &Segment::Malformed(malformed.to_owned()));
        }
    }
}
