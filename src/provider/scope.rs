//! Scopes, read against the directory (reference §4.3): which resource is meant, which permissions of it, and what is
//! wrong with the text. What to make of a fault is the endpoint's business: the numbers differ.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    refusal::{Refusal, Verdict},
    scenario::{Application, Scenario, Tenant},
    version::Version,
};

/// The scopes of OpenID Connect. They live on Graph and may stand beside those of any resource.
const OIDC: &[&str] = &["openid", "profile", "email", "offline_access"];

/// What a `scope` parameter asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// As it was sent.
    pub text: String,
    /// Whether scopes were sent, or a resource.
    pub version: Version,
    /// Which of [`OIDC`], one bit each: a hundred thousand refresh tokens hold one of these.
    oidc: u8,
    /// The resources in the order in which they are named.
    pub targets: Vec<Target>,
}

/// What is asked of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub resource: Arc<Application>,
    /// The resource as the request wrote it; it becomes the `aud` of version 1 tokens.
    pub audience: String,
    /// Whether `.default` is asked for: whatever has been granted already.
    pub default: bool,
    /// Named permissions.
    pub permissions: Vec<Permission>,
}

/// A named permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Its name as registered.
    pub value: String,
    /// The scope as the request wrote it.
    pub written: String,
}

/// What is wrong with a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be a scope, or cannot stand beside the others.
    Malformed { scope: String, reason: &'static str },
    /// `.default` of more than one resource.
    SeveralDefaults(String),
    /// No such resource in this tenant.
    UnknownResource(String),
    /// The resource is there but has no such permission.
    UnknownPermission { resource: Arc<Application>, scope: String },
}

impl Wanted {
    /// Reads a `scope` parameter. `tenant` is where the resource must exist; `None` if that is not known yet.
    pub fn read(text: &str, scenario: &Scenario, tenant: Option<&Tenant>) -> Result<Self, Fault> {
        let mut wanted = Self { text: text.to_owned(), ..Self::default() };
        let mut named = Vec::new();
        for word in text.split_ascii_whitespace() {
            let (prefix, permission) = split(word);
            let on_graph =
                prefix.is_none_or(|prefix| scenario.graph().identifier_uris.iter().any(|uri| uri == prefix));
            if let Some(oidc) = OIDC.iter().position(|oidc| on_graph && oidc.eq_ignore_ascii_case(permission))
            {
                wanted.oidc |= 1 << oidc;
                continue;
            }
            let resource = match prefix {
                None => Some(Arc::clone(scenario.graph())),
                Some(prefix) => resource_named(prefix, scenario, tenant),
            };
            let Some(resource) = resource else {
                return Err(Fault::UnknownResource(prefix.unwrap_or(word).to_owned()));
            };
            named.push((word, prefix, permission, resource));
        }
        for (word, prefix, permission, resource) in named {
            wanted.add(word, prefix, permission, &resource)?;
        }
        let defaults = wanted.targets.iter().filter(|target| target.default).count();
        let has_names = wanted.targets.iter().any(|target| !target.permissions.is_empty());
        if defaults > 1 {
            return Err(Fault::SeveralDefaults(text.to_owned()));
        }
        if defaults == 1 && has_names {
            return Err(Fault::Malformed {
                scope: text.to_owned(),
                reason: ".default cannot stand beside other permissions",
            });
        }
        Ok(wanted)
    }

    /// What `resource` of version 1 asks for: whatever has been granted of it, and a sign-in that lasts.
    pub fn of_resource(name: &str, scenario: &Scenario, tenant: Option<&Tenant>) -> Result<Self, Fault> {
        let found = resource_named(name, scenario, tenant);
        let resource = found.ok_or_else(|| Fault::UnknownResource(name.to_owned()))?;
        let target = Target { resource, audience: name.to_owned(), default: true, permissions: Vec::new() };
        Ok(Self { text: format!("{name}/.default"), targets: vec![target], ..Self::of_sign_in() })
    }

    /// What a request of version 1 without a resource asks for: who signed in.
    pub fn of_sign_in() -> Self {
        Self { version: Version::One, oidc: (1 << OIDC.len()) - 1, ..Self::default() }
    }

    fn add(
        &mut self,
        word: &str,
        prefix: Option<&str>,
        permission: &str,
        resource: &Arc<Application>,
    ) -> Result<(), Fault> {
        if !word.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
            return Err(Fault::Malformed {
                scope: word.to_owned(),
                reason: "it has a character that no scope may have",
            });
        }
        if permission.is_empty() {
            return Err(Fault::Malformed {
                scope: word.to_owned(),
                reason: "it names a resource and no permission",
            });
        }
        let is_default = permission.eq_ignore_ascii_case(".default");
        let registered = resource.scope(permission).map(|scope| scope.value.clone());
        if !is_default && registered.is_none() {
            return Err(Fault::UnknownPermission {
                resource: Arc::clone(resource),
                scope: permission.to_owned(),
            });
        }
        let position = self.targets.iter().position(|target| target.resource.app_id == resource.app_id);
        let position = position.unwrap_or_else(|| {
            self.targets.push(Target {
                resource: Arc::clone(resource),
                audience: prefix.map_or_else(|| own_name(resource), str::to_owned),
                default: false,
                permissions: Vec::new(),
            });
            self.targets.len() - 1
        });
        let target = &mut self.targets[position];
        match registered {
            Some(value) if target.permissions.iter().all(|permission| permission.value != value) => {
                target.permissions.push(Permission { value, written: word.to_owned() });
            }
            Some(_) => {}
            None => target.default = true,
        }
        Ok(())
    }

    /// The scopes of OpenID Connect, whether they are asked for by name or implied.
    pub fn every_oidc(&self) -> impl Iterator<Item = &'static str> + '_ {
        OIDC.iter().enumerate().filter(|(bit, _)| self.oidc & 1 << bit != 0).map(|(_, oidc)| *oidc)
    }

    /// What text, version, [`Wanted::every_oidc`] and targets of an earlier one say.
    pub fn restore(text: String, version: Version, oidc: &[String], targets: Vec<Target>) -> Self {
        let asked = OIDC.iter().enumerate().filter(|(_, name)| oidc.iter().any(|one| one == *name));
        Self { text, version, oidc: asked.fold(0, |set, (bit, _)| set | 1 << bit), targets }
    }

    /// Whether one of the scopes of OpenID Connect is asked for.
    pub fn has(&self, oidc: &str) -> bool {
        OIDC.iter().position(|known| *known == oidc).is_some_and(|bit| self.oidc & 1 << bit != 0)
    }

    /// The scopes of OpenID Connect that are asked for by name. In version 1 they are implied, and nobody consents to them.
    pub fn oidc(&self) -> impl Iterator<Item = &'static str> + '_ {
        let named = if self.version == Version::One { 0 } else { self.oidc };
        OIDC.iter().enumerate().filter(move |(bit, _)| named & 1 << bit != 0).map(|(_, oidc)| *oidc)
    }

    /// Takes over the scopes of OpenID Connect that were asked for earlier in the same flow.
    pub fn keep_oidc_of(&mut self, earlier: &Self) {
        self.oidc |= earlier.oidc;
    }

    /// The same without the resources behind the first: a token is for one.
    pub fn for_first_resource(&self) -> Self {
        Self { targets: self.targets.iter().take(1).cloned().collect(), ..self.clone() }
    }

    /// The resource that a token is for: the first one named, or Graph if only OpenID Connect is asked for.
    pub fn first(&self, scenario: &Scenario) -> Target {
        self.targets.first().cloned().unwrap_or_else(|| Target {
            resource: Arc::clone(scenario.graph()),
            audience: own_name(scenario.graph()),
            default: false,
            permissions: Vec::new(),
        })
    }

    /// How the answer names what was granted (reference §4.2): the words of the request, since clients look for them.
    pub fn echo(&self, target: &Target, granted: &BTreeSet<String>) -> String {
        let mut words: Vec<String> = Vec::new();
        if target.resource.is_graph() {
            words.extend(self.oidc().filter(|oidc| *oidc != "offline_access").map(str::to_owned));
        }
        words.extend(target.permissions.iter().map(|permission| permission.written.clone()));
        let short = target.permissions.first().is_none_or(|permission| !permission.written.contains('/'))
            && !target.default;
        let is_named =
            |value: &String| target.permissions.iter().any(|permission| permission.value == *value);
        for value in granted.iter().filter(|value| !OIDC.contains(&value.as_str()) && !is_named(value)) {
            words.push(if short { value.clone() } else { format!("{}/{value}", target.audience) });
        }
        if target.default {
            words.push(format!("{}/.default", target.audience));
        }
        words.join(" ")
    }
}

impl Fault {
    /// The fault as the token and device endpoints report it.
    pub fn at_token(&self, tenant: &str, text: &str) -> Box<Refusal> {
        match self {
            Self::Malformed { scope, reason } => malformed(scope, reason),
            Self::SeveralDefaults(scope) => malformed(scope, "it has .default of more than one resource"),
            Self::UnknownResource(name) => unknown_resource(name, tenant),
            Self::UnknownPermission { resource, scope } => malformed(
                text,
                &format!("resource {} has no permission {scope}", resource.app_id),
            )
            .compares("scope", scope, permissions(resource)),
        }
    }

    /// The fault as the authorization endpoint reports it.
    pub fn at_authorize(&self, tenant: &str, client: &Application) -> Box<Refusal> {
        match self {
            Self::Malformed { scope, reason } => malformed(scope, reason),
            Self::SeveralDefaults(scope) => {
                let text = format!("Scope '{scope}' holds the .default of more than one resource.");
                Refusal::new(700_022, "invalid_scope", text)
                    .demands("one `.default` at a time: name the permissions of the other resources, or sign in again for them")
                    .compares("scope", scope, ["the .default of one resource"])
            }
            Self::UnknownResource(name) => unknown_resource(name, tenant),
            Self::UnknownPermission { resource, scope } => Refusal::new(
                650_053,
                "invalid_client",
                format!(
                    "App '{}' asked for scope '{scope}' which resource '{}' does not have.",
                    client.display_name, resource.app_id
                ),
            )
            .demands(format!(
                "a scope must be one that {} offers; a bare word means Graph",
                resource.display_name
            ))
            .compares("scope", scope, permissions(resource)),
        }
    }
}

fn permissions(resource: &Application) -> Vec<String> {
    resource.api.scopes.iter().map(|scope| scope.value.clone()).collect()
}

fn malformed(scope: &str, reason: &str) -> Box<Refusal> {
    Refusal::new(70011, "invalid_scope", format!("Scope '{scope}' is not valid: {reason}."))
        .demands("scopes are `resource/permission`, bare words mean Graph, and `.default` stands alone")
        .compares("scope", scope, ["resource/permission"])
}

/// 500011: the resource is not in the tenant.
pub fn unknown_resource(name: &str, tenant: &str) -> Box<Refusal> {
    let text =
        format!("No resource '{name}' in tenant '{tenant}'; it may not be installed or consented there.");
    Refusal::new(500_011, "invalid_resource", text)
        .demands("the part of a scope before its last `/` must be the App ID URI or client id of a resource in the tenant")
        .compares("scope", name, ["the App ID URI of a resource in the tenant"])
}

/// Rule: `resource` (RFC 8707), which some clients send beside the scopes, means the resource that owns them. Entra used to
/// refuse it altogether (901002); by now it compares.
pub fn suits_resource(sent: Option<&str>, wanted: Option<&Wanted>) -> Verdict {
    let (Some(sent), Some(target)) = (sent, wanted.and_then(|wanted| wanted.targets.first())) else {
        return Ok(());
    };
    let resource = &target.resource;
    let bare = sent.strip_suffix('/').unwrap_or(sent);
    if resource.app_id == sent || resource.identifier_uris.iter().any(|uri| uri.eq_ignore_ascii_case(bare)) {
        return Ok(());
    }
    let text = "'resource' does not belong to the requested scopes.";
    Err(Refusal::new(9_010_010, "invalid_target", text)
        .demands("the scopes name the resource already; `resource` is left out, or is the same App ID URI")
        .compares("resource", sent, resource.identifier_uris.clone()))
}

/// 901002: a client of version 1 at an endpoint of version 2.
pub fn resource_in_place_of_scope(sent: &str) -> Box<Refusal> {
    Refusal::new(901_002, "invalid_request", "Parameter 'resource' is not supported here; send scopes.")
        .demands("version 2 has scopes in place of `resource`; version 1 has the same path without `/v2.0`")
        .compares("resource", sent, ["(nothing)"])
        .compares("scope", "(nothing)", [format!("{sent}/.default")])
}

/// Resource and permission of a scope. The last slash divides them; a trailing slash of the resource is kept.
fn split(word: &str) -> (Option<&str>, &str) {
    word.rsplit_once('/').map_or((None, word), |(prefix, permission)| (Some(prefix), permission))
}

/// The resource with that App ID URI or client id, a slash at the end of the URI aside.
pub fn resource_named(name: &str, scenario: &Scenario, tenant: Option<&Tenant>) -> Option<Arc<Application>> {
    let bare = name.strip_suffix('/').unwrap_or(name);
    let found = scenario.applications().iter().find(|application| {
        application.app_id.eq_ignore_ascii_case(name)
            || application.identifier_uris.iter().any(|uri| uri.eq_ignore_ascii_case(bare))
    })?;
    exists_in(found, tenant).then(|| Arc::clone(found))
}

/// Whether a resource can be used in a tenant: its own, or any if it is one of Microsoft's.
pub fn exists_in(resource: &Application, tenant: Option<&Tenant>) -> bool {
    match (&resource.tenant, tenant) {
        (Some(home), Some(tenant)) => *home == tenant.key,
        _ => true,
    }
}

/// Whether a permission is one of the scopes of OpenID Connect.
pub fn is_oidc(permission: &str) -> bool {
    OIDC.contains(&permission)
}

fn own_name(resource: &Application) -> String {
    resource.identifier_uris.first().unwrap_or(&resource.app_id).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Wanted, Fault> {
        let scenario = Scenario::northwind();
        let home = Arc::clone(scenario.home());
        Wanted::read(text, &scenario, Some(&home))
    }

    #[test]
    fn scopes_name_resource_and_permission() {
        let wanted =
            read("OpenId api://northwind-catalog/catalog.read User.Read offline_access User.Read").unwrap();
        assert!(wanted.has("openid") && wanted.has("offline_access") && !wanted.has("profile"));
        let seen: Vec<_> = wanted
            .targets
            .iter()
            .map(|target| {
                (target.resource.key.as_str(), target.permissions[0].value.as_str(), target.permissions.len())
            })
            .collect();
        assert_eq!(seen, [("catalog-api", "Catalog.Read", 1), ("microsoft-graph", "User.Read", 1)]);
    }

    #[test]
    fn a_resource_may_be_named_by_its_id_and_keeps_its_slash() {
        let wanted = read("https://graph.microsoft.com//.default").unwrap();
        assert_eq!(wanted.targets[0].audience, "https://graph.microsoft.com/");
        let wanted = read("d94c7f20-6e1b-4a85-b3f6-17a0e8c2d549/.default").unwrap();
        assert_eq!(wanted.targets[0].resource.key, "catalog-api");
    }

    #[test]
    fn faults_are_told_apart() {
        let code = |text: &str| {
            let scenario = Scenario::northwind();
            let client = scenario.application("desktop").unwrap();
            let fault = read(text).expect_err(text);
            (fault.at_authorize("t", client).code, fault.at_token("t", text).code)
        };
        assert_eq!(code("api://nobody/Read"), (500_011, 500_011));
        assert_eq!(code("api://northwind-catalog/Catalog.Burn"), (650_053, 70011));
        assert_eq!(code("Catalog.Read"), (650_053, 70011), "a bare word is looked up on Graph");
        assert_eq!(code("User.Read api://northwind-catalog/.default"), (70011, 70011));
        assert_eq!(code("api://northwind-catalog/"), (70011, 70011));
        assert_eq!(code("User\"Read"), (70011, 70011));
    }

    #[test]
    fn the_echo_uses_the_words_of_the_request() {
        let scenario = Scenario::northwind();
        let check = |text: &str, granted: &[&str], expected: &str| {
            let wanted = read(text).unwrap();
            let granted = granted.iter().map(|value| (*value).to_owned()).collect();
            assert_eq!(wanted.echo(&wanted.first(&scenario), &granted), expected);
        };
        check(
            "User.Read openid offline_access",
            &["openid", "User.Read", "Mail.Read"],
            "openid User.Read Mail.Read",
        );
        check(
            "https://graph.microsoft.com/User.Read openid",
            &["User.Read", "Mail.Read"],
            "openid https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read",
        );
        check(
            "openid api://northwind-catalog/.default",
            &["Catalog.Read"],
            "api://northwind-catalog/Catalog.Read api://northwind-catalog/.default",
        );
        check(
            "openid api://northwind-catalog/Catalog.Read",
            &["Catalog.Read"],
            "api://northwind-catalog/Catalog.Read",
        );
    }
}
