//! Claims that come from the directory because a registration asks for them (reference §8.3, §8.4, §8.8): optional claims,
//! groups, roles. The registration of the client decides about ID tokens, that of the resource about access tokens.

use core::net::IpAddr;

use serde_json::{Value, json};

use super::{
    scenario::{Application, CONSUMERS, GroupMembershipClaims, Scenario, Tenant, User},
    sessions::{Person, login_hint},
};

/// How many groups a token names; beyond it says where to ask.
const MOST_GROUPS: usize = 200;

/// How many if it comes from the authorization endpoint, in an address.
const MOST_GROUPS_IN_AN_ADDRESS: usize = 5;

/// Role template of every member, at the end of `wids`.
pub const MEMBER_ROLE: &str = "b79fbf4d-3ef9-4689-8143-76b194e85509";

/// Role template of global administrators.
pub const ADMINISTRATOR_ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";

/// A claim and its value.
pub type Claim = (&'static str, Value);

/// Whom a token is about, and where it is made.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub scenario: &'a Scenario,
    pub person: &'a Person,
    pub tenant: &'a Tenant,
    /// Scheme, host and port by which the tenant was reached.
    pub base: &'a str,
    pub address: IpAddr,
    /// Whether the token comes straight from the authorization endpoint.
    pub in_an_address: bool,
}

impl Subject<'_> {
    fn user(&self) -> &User {
        &self.person.user
    }

    fn is_guest(&self) -> bool {
        self.user().tenant != self.tenant.key
    }

    /// What an ID token for `client` says.
    pub fn in_id_token(&self, client: &Application) -> Vec<Claim> {
        self.claims(client, &client.optional_claims.id_token)
    }

    /// What an access token for `resource` says.
    pub fn in_access_token(&self, resource: &Application) -> Vec<Claim> {
        self.claims(resource, &resource.optional_claims.access_token)
    }

    fn claims(&self, application: &Application, names: &[String]) -> Vec<Claim> {
        let optional = OPTIONAL.iter().filter(|(name, _)| names.iter().any(|one| one == name));
        let mut claims: Vec<Claim> =
            optional.filter_map(|(name, value)| Some((*name, value(self)?))).collect();
        claims.extend(self.groups(application));
        let roles = self.scenario.roles_of(self.user(), application);
        if !roles.is_empty() {
            claims.push(("roles", json!(roles)));
        }
        if matches!(
            application.group_membership_claims,
            GroupMembershipClaims::DirectoryRole | GroupMembershipClaims::All
        ) {
            claims.push(("wids", json!(directory_roles(self.user()))));
        }
        claims
    }

    fn groups(&self, application: &Application) -> Vec<Claim> {
        let kind = application.group_membership_claims;
        if matches!(kind, GroupMembershipClaims::None | GroupMembershipClaims::DirectoryRole) {
            return Vec::new();
        }
        let user = self.user();
        let is_assigned = |key: &String| {
            application.app_role_assigned_to.iter().any(|assigned| assigned.group.as_ref() == Some(key))
        };
        let groups = self.scenario.groups_of(user, self.tenant).into_iter().filter(|group| match kind {
            GroupMembershipClaims::SecurityGroup => group.security_enabled,
            GroupMembershipClaims::ApplicationGroup => {
                group.members.contains(&user.key) && is_assigned(&group.key)
            }
            GroupMembershipClaims::All => true,
            GroupMembershipClaims::None | GroupMembershipClaims::DirectoryRole => false,
        });
        let ids: Vec<String> = groups.map(|group| group.id).collect();
        if ids.is_empty() {
            return Vec::new();
        }
        if self.in_an_address && ids.len() > MOST_GROUPS_IN_AN_ADDRESS {
            return vec![("hasgroups", json!(true))];
        }
        if ids.len() <= MOST_GROUPS {
            return vec![("groups", json!(ids))];
        }
        let id = user.object_id_in(self.tenant).unwrap_or(&user.id);
        let endpoint = format!("{}/v1.0/users/{id}/getMemberObjects", self.base);
        vec![
            ("_claim_names", json!({ "groups": "src1" })),
            ("_claim_sources", json!({ "src1": { "endpoint": endpoint } })),
        ]
    }
}

/// The role templates of somebody in the directory.
pub fn directory_roles(user: &User) -> Vec<&'static str> {
    if user.administrator { vec![ADMINISTRATOR_ROLE, MEMBER_ROLE] } else { vec![MEMBER_ROLE] }
}

type Reading = fn(&Subject<'_>) -> Option<Value>;

/// Optional claims that the lab's directory has something to say about. A claim without a value is left out.
const OPTIONAL: &[(&str, Reading)] = &[
    ("acct", |of| Some(json!(u8::from(of.is_guest())))),
    ("auth_time", |of| Some(json!(of.person.authenticated_at.seconds()))),
    ("ctry", |of| of.user().country.as_ref().map(|country| json!(country))),
    ("email", |of| of.user().mail.as_ref().map(|mail| json!(mail))),
    ("family_name", |of| Some(json!(of.user().surname))),
    ("given_name", |of| Some(json!(of.user().given_name))),
    ("ipaddr", |of| Some(json!(of.address.to_string()))),
    ("login_hint", |of| Some(json!(login_hint(of.user())))),
    ("preferred_username", |of| Some(json!(of.user().user_principal_name))),
    ("sid", |of| Some(json!(of.person.session))),
    ("tenant_ctry", |of| of.tenant.country_letter_code.as_ref().map(|country| json!(country))),
    ("tenant_region_scope", |of| Some(json!(of.tenant.region))),
    // Guests have none unless the claim is asked for with a property of its own.
    ("upn", |of| (!of.is_guest()).then(|| json!(of.user().user_principal_name))),
    ("verified_primary_email", |of| of.user().mail.as_ref().map(|mail| json!([mail]))),
    ("verified_secondary_email", |of| {
        let user = of.user();
        let other = user.mail.as_ref().is_some_and(|mail| *mail != user.user_principal_name);
        other.then(|| json!([user.user_principal_name]))
    }),
    // Whether the owner of the mail's domain has proved it.
    ("xms_edov", |of| {
        let domain = of.user().mail.as_ref()?.rsplit_once('@')?.1.to_ascii_lowercase();
        let home = of.scenario.tenant_of(of.user());
        Some(json!(home.id != CONSUMERS && home.domains.contains(&domain)))
    }),
    ("xms_pl", |of| of.user().preferred_language.as_ref().map(|language| json!(language))),
];
