//! Conditional access: what a tenant's policies ask before a token for a resource is issued (reference §10.7).
//!
//! One question for every endpoint: [`unmet`]. The token endpoint turns the answer into a refusal with a claims challenge
//! ([`Unmet::refusal`]); the authorization endpoint shows the page on which it can be met ([`Unmet::remedy`]) and refuses
//! otherwise. A client that replays the challenge in `claims` names policies, or an authentication context that policies are
//! about; these are then asked whatever the resource is. That is how a front end signs in for an API behind its API, or for
//! an operation that wants more than others.
//!
//! `conditions` says when a policy applies, `controls` what it asks and how that is refused.

mod conditions;
mod controls;

use core::net::IpAddr;
use std::time::Duration;

use super::{
    accounts::Accounts,
    claims::Claims,
    refusal::Refusal,
    scenario::{Application, ConditionalAccessPolicy, Control, Repeated, RiskLevel, Scenario, Tenant},
    sessions::Person,
};
use crate::time::UnixTime;
pub use conditions::about;
use conditions::{about_registration, has, in_force, is_about_place, risk_of};
pub use controls::{Remedy, second_factor_owed};

/// Who wants what, from where.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The person; `None` for an application by itself.
    pub person: Option<&'a Person>,
    /// The tenant that is signed in to, where it is known.
    pub tenant: Option<&'a Tenant>,
    pub client: &'a Application,
    /// What the token will be for.
    pub resource: &'a Application,
    /// What the client's `claims` ask for: policies that a challenge named, authentication contexts.
    pub claims: &'a Claims,
    pub accounts: &'a Accounts,
    pub address: IpAddr,
    pub way: Way,
    pub now: UnixTime,
}

/// How somebody signs in, as far as policies ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// On another device, with a code.
    DeviceCode,
    /// With a password that the client has.
    Password,
    Other,
}

/// What is still missing, and which policies ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet<'a> {
    pub control: Control,
    pub policies: Vec<&'a ConditionalAccessPolicy>,
    /// Where a second factor was given and is too old: how old, and how old it may be.
    pub stale: Option<(Duration, Duration)>,
}

/// How long after a sign-in the next one is due for this attempt; `None` if no policy says.
pub fn sign_in_frequency(scenario: &Scenario, attempt: &Attempt<'_>) -> Option<Duration> {
    frequency(scenario, attempt, Repeated::PrimaryAndSecondaryAuthentication).map(|(allowed, _)| allowed)
}

fn frequency<'a>(
    scenario: &'a Scenario,
    attempt: &Attempt<'_>,
    what: Repeated,
) -> Option<(Duration, &'a ConditionalAccessPolicy)> {
    about(scenario, attempt)
        .filter(|policy| policy.sign_in_frequency_authentication == what)
        .filter_map(|policy| Some((Duration::from_secs(policy.sign_in_frequency?.into()), policy)))
        .min_by_key(|(allowed, _)| *allowed)
}

/// What policies ask of an attempt that it does not meet: the gravest of it, or nothing.
pub fn unmet<'a>(scenario: &'a Scenario, attempt: &Attempt<'_>) -> Option<Unmet<'a>> {
    let owed: Vec<_> = about(scenario, attempt)
        .filter_map(|policy| controls::owed(policy, scenario, attempt).map(|control| (control, policy)))
        .collect();
    let default = security_defaults_ask(scenario, attempt).then_some(Control::Mfa);
    let Some(control) = owed.iter().map(|(control, _)| *control).chain(default).min() else {
        return too_old(scenario, attempt);
    };
    let policies = owed.into_iter().filter(|(one, _)| *one == control).map(|(_, policy)| policy).collect();
    Some(Unmet { control, policies, stale: None })
}

/// A policy may want the second factor again from time to time.
fn too_old<'a>(scenario: &'a Scenario, attempt: &Attempt<'_>) -> Option<Unmet<'a>> {
    let given = attempt.person?.second_factor_at?;
    let (allowed, policy) = frequency(scenario, attempt, Repeated::SecondaryAuthentication)?;
    let age = attempt.now.since(given);
    (age >= allowed).then(|| Unmet {
        control: Control::Mfa,
        policies: vec![policy],
        stale: Some((age, allowed)),
    })
}

/// Security defaults: administrators give a second factor at every sign-in, everybody else has at least registered one.
fn security_defaults_ask(scenario: &Scenario, attempt: &Attempt<'_>) -> bool {
    let Some(person) = attempt.person.filter(|_| scenario.policy.security_defaults) else { return false };
    let owes = person.user.administrator || person.user.one_time_code.is_none();
    owes && !person.methods.contains(&"mfa")
}

/// Whether security defaults take this way of signing in: a password by itself they do not.
pub fn suits_security_defaults(scenario: &Scenario, attempt: &Attempt<'_>) -> Result<(), Box<Refusal>> {
    if !scenario.policy.security_defaults || attempt.way != Way::Password {
        return Ok(());
    }
    Err(Refusal::new(530_035, "invalid_grant", "Blocked by security defaults.")
        .suberror("message_only")
        .by("security_defaults.allow")
        .demands("with security defaults on, a password alone is not taken by the token endpoint")
        .compares("grant_type", "password", ["a sign-in on a page"]))
}

/// Whether somebody may register a second factor here and now.
pub fn may_register(scenario: &Scenario, attempt: &Attempt<'_>) -> Result<(), Box<Refusal>> {
    let Some(person) = attempt.person else { return Ok(()) };
    let risk = person.user.risk_level.max(risk_of(scenario, attempt.address));
    if risk == RiskLevel::High {
        let text = "A second factor cannot be registered now: this sign-in looks risky.";
        return Err(Refusal::new(53004, "invalid_grant", text)
            .suberror("message_only")
            .by("registration.not_at_risk")
            .demands(
                "somebody who may not be who they say must not register a factor: risk is taken away first",
            )
            .compares("riskLevel", risk.name(), [RiskLevel::None.name(), "low", "medium"])
            .compares("address", attempt.address.to_string(), Vec::<String>::new()));
    }
    let policies: Vec<_> = about_registration(scenario, attempt)
        .filter(|policy| {
            controls::owed(policy, scenario, attempt).is_some_and(|control| control != Control::Mfa)
        })
        .collect();
    if policies.is_empty() {
        return Ok(());
    }
    let text = "A second factor can be registered from certain places or devices only.";
    Err(Refusal::new(53010, "invalid_grant", text)
        .suberror("message_only")
        .by("registration.allowed_here")
        .demands("policies about registering security information must be met where it is done")
        .compares("address", attempt.address.to_string(), ["a place that the policy leaves alone"])
        .compares("policies", "(apply)", policies.iter().map(|policy| policy.display_name.clone())))
}

/// The policy that blocks a caller at an address, for resources that look at each call (continuous access evaluation).
pub fn blocks_place<'a>(
    scenario: &'a Scenario,
    user: &str,
    (client, resource): (&Application, &Application),
    address: IpAddr,
) -> Option<&'a ConditionalAccessPolicy> {
    in_force(scenario).find(|policy| {
        let depends_on_place = !policy.include_locations.is_empty() || !policy.exclude_locations.is_empty();
        let is_about = has(&policy.include_users, user) && !has(&policy.exclude_users, user);
        let guards = has(&policy.include_applications, &resource.key)
            || has(&policy.include_applications, &client.key);
        depends_on_place
            && is_about
            && guards
            && policy.built_in_controls.contains(&Control::Block)
            && is_about_place(policy, scenario, address)
    })
}

/// Those of the authentication contexts that the tenants have: some policy is about them. Nobody can ask for more than that.
pub fn published(scenario: &Scenario, contexts: &[String]) -> Vec<String> {
    let is_published = |context: &&String| {
        in_force(scenario)
            .flat_map(|policy| &policy.include_authentication_context_class_references)
            .any(|one| one == *context)
    };
    contexts.iter().filter(is_published).cloned().collect()
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;
    use std::sync::Arc;

    use super::*;
    use crate::provider::scenario::{Operator, PolicyState};

    /// Policies as a file writes them, by their members.
    fn policy(members: serde_json::Value) -> ConditionalAccessPolicy {
        let mut whole =
            serde_json::json!({ "id": "p", "displayName": "a policy", "excludeUsers": ["adele"] });
        for (name, value) in members.as_object().expect("members") {
            whole[name] = value.clone();
        }
        serde_json::from_value(whole).expect("a policy")
    }

    fn about_catalog(users: &[&str], applications: &[&str], controls: &[&str]) -> ConditionalAccessPolicy {
        policy(serde_json::json!({
            "includeUsers": users,
            "includeServicePrincipals": ["inventory-sync"],
            "includeApplications": applications,
            "builtInControls": controls,
        }))
    }

    fn check(
        policies: Vec<ConditionalAccessPolicy>,
        user: Option<&str>,
        methods: &[&'static str],
        claims: &str,
    ) -> Option<(Control, usize)> {
        let mut scenario = Scenario::northwind();
        scenario.conditional_access_policies = policies;
        let application = |key: &str| scenario.application(key).expect("it is in the scenario");
        let person = user.map(|key| {
            let user = Arc::clone(scenario.user(key).expect("somebody"));
            Person::new(user, String::new(), UnixTime::default(), methods.to_vec())
        });
        let attempt = Attempt {
            person: person.as_ref(),
            tenant: None,
            client: application("inventory-sync"),
            resource: application("catalog-api"),
            claims: &Claims::read(Some(claims)).expect("an object"),
            accounts: &Accounts::default(),
            address: Ipv4Addr::LOCALHOST.into(),
            way: Way::Other,
            now: UnixTime::default(),
        };
        unmet(&scenario, &attempt).map(|unmet| (unmet.control, unmet.policies.len()))
    }

    #[test]
    fn policies_apply_to_those_they_name() {
        let mfa = || about_catalog(&["All"], &["catalog-api"], &["mfa"]);
        assert_eq!(check(vec![mfa()], Some("mina"), &["pwd"], "{}"), Some((Control::Mfa, 1)));
        assert_eq!(check(vec![mfa()], Some("mina"), &["pwd", "mfa"], "{}"), None);
        assert_eq!(check(vec![mfa()], Some("adele"), &["pwd"], "{}"), None, "she is left out");
        let elsewhere = || about_catalog(&["theo"], &["All"], &["block"]);
        assert_eq!(check(vec![elsewhere()], Some("mina"), &["pwd"], "{}"), None);
        assert_eq!(check(vec![elsewhere()], None, &[], "{}"), Some((Control::Block, 1)));
        assert_eq!(
            check(vec![mfa(), elsewhere()], Some("theo"), &["pwd"], "{}"),
            Some((Control::Block, 1)),
            "the gravest goes first"
        );
        for state in [PolicyState::Disabled, PolicyState::EnabledForReportingButNotEnforced] {
            let off = ConditionalAccessPolicy { state, ..mfa() };
            assert_eq!(check(vec![off], Some("mina"), &["pwd"], "{}"), None, "{state:?}");
        }
    }

    #[test]
    fn controls_can_stand_for_one_another() {
        let either = || ConditionalAccessPolicy {
            operator: Operator::Or,
            ..about_catalog(&["All"], &["catalog-api"], &["compliantDevice", "mfa"])
        };
        assert_eq!(check(vec![either()], Some("mina"), &["pwd", "mfa"], "{}"), None);
        assert_eq!(check(vec![either()], Some("mina"), &["pwd"], "{}"), Some((Control::Mfa, 1)));
        let both = about_catalog(&["All"], &["catalog-api"], &["compliantDevice", "mfa"]);
        assert_eq!(
            check(vec![both], Some("mina"), &["pwd", "mfa"], "{}"),
            Some((Control::CompliantDevice, 1))
        );
    }

    #[test]
    fn a_challenge_makes_policies_of_other_resources_apply() {
        let other = about_catalog(&["All"], &["payments-api"], &["mfa"]);
        assert_eq!(check(vec![other.clone()], Some("mina"), &["pwd"], "{}"), None);
        let unmet = Unmet { control: Control::Mfa, policies: vec![&other], stale: None };
        assert_eq!(
            check(vec![other.clone()], Some("mina"), &["pwd"], &unmet.challenge()),
            Some((Control::Mfa, 1))
        );
    }

    #[test]
    fn a_context_makes_the_policies_about_it_apply() {
        let mut about = about_catalog(&["All"], &[], &["mfa"]);
        about.include_authentication_context_class_references = vec!["c7".to_owned()];
        let asking = r#"{"access_token":{"acrs":{"essential":true,"value":"c7"}}}"#;
        assert_eq!(check(vec![about.clone()], Some("mina"), &["pwd"], "{}"), None);
        assert_eq!(check(vec![about.clone()], Some("mina"), &["pwd"], asking), Some((Control::Mfa, 1)));
        assert_eq!(check(vec![about.clone()], Some("mina"), &["pwd", "mfa"], asking), None);
        let mut scenario = Scenario::northwind();
        scenario.conditional_access_policies = vec![about.clone()];
        assert_eq!(published(&scenario, &["c7".to_owned(), "c8".to_owned()]), ["c7"]);
        about.state = PolicyState::Disabled;
        assert_eq!(check(vec![about.clone()], Some("mina"), &["pwd"], asking), None, "it is switched off");
        scenario.conditional_access_policies = vec![about];
        assert!(published(&scenario, &["c7".to_owned()]).is_empty());
    }
}
