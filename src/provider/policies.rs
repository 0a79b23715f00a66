//! Conditional access: what a tenant's policies ask before a token for a resource is issued (reference §10.7).
//!
//! One question for every endpoint: [`unmet`]. The token endpoint turns the answer into a refusal with a claims challenge
//! ([`Unmet::refusal`]); the authorization endpoint shows the page for a second factor where that is what is missing
//! ([`Unmet::can_be_met_by`]) and refuses otherwise. A client that replays the challenge in `claims` names policies, or an
//! authentication context that policies are about; these are then asked whatever the resource is. That is how a front end
//! signs in for an API behind its API, or for an operation that wants more than others.

use std::time::Duration;

use serde_json::json;

use super::{
    claims::Claims,
    refusal::Refusal,
    scenario::{Application, ConditionalAccessPolicy, Control, EVERYTHING, PolicyState, Scenario, User},
    sign_ins::AppliedPolicy,
};

/// Who wants what.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The person; `None` for an application by itself.
    pub user: Option<&'a User>,
    /// How the person has proved who they are (`amr`).
    pub methods: &'a [&'static str],
    pub client: &'a Application,
    /// What the token will be for.
    pub resource: &'a Application,
    /// What the client's `claims` ask for: policies that a challenge named, authentication contexts.
    pub claims: &'a Claims,
}

/// What is still missing, and which policies ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet<'a> {
    pub control: Control,
    pub policies: Vec<&'a ConditionalAccessPolicy>,
}

/// The policies that are switched on.
fn in_force(scenario: &Scenario) -> impl Iterator<Item = &ConditionalAccessPolicy> {
    scenario.conditional_access_policies.iter().filter(|policy| policy.state == PolicyState::Enabled)
}

/// The policies about an attempt.
pub fn about<'a>(
    scenario: &'a Scenario,
    attempt: &Attempt<'_>,
) -> impl Iterator<Item = &'a ConditionalAccessPolicy> {
    let contexts = attempt.claims.all_contexts();
    let is_named = move |policy: &ConditionalAccessPolicy| {
        let about = &policy.include_authentication_context_class_references;
        attempt.claims.policies.contains(&policy.id) || about.iter().any(|one| contexts.contains(one))
    };
    in_force(scenario)
        .filter(move |policy| is_about_whom(policy, attempt) && (guards(policy, attempt) || is_named(policy)))
}

/// How long after a sign-in the next one is due for this attempt; `None` if no policy says.
pub fn sign_in_frequency(scenario: &Scenario, attempt: &Attempt<'_>) -> Option<Duration> {
    let seconds = about(scenario, attempt).filter_map(|policy| policy.sign_in_frequency).min()?;
    Some(Duration::from_secs(seconds.into()))
}

/// What policies ask of an attempt that it does not meet: the gravest of it, or nothing.
pub fn unmet<'a>(scenario: &'a Scenario, attempt: &Attempt<'_>) -> Option<Unmet<'a>> {
    let policies = || about(scenario, attempt);
    let control = policies()
        .flat_map(|policy| &policy.built_in_controls)
        .copied()
        .filter(|control| !is_met(*control, attempt))
        .min()?;
    let policies = policies().filter(|policy| policy.built_in_controls.contains(&control)).collect();
    Some(Unmet { control, policies })
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

fn is_about_whom(policy: &ConditionalAccessPolicy, attempt: &Attempt<'_>) -> bool {
    match attempt.user {
        Some(user) => has(&policy.include_users, &user.key) && !has(&policy.exclude_users, &user.key),
        None => has(&policy.include_service_principals, &attempt.client.key),
    }
}

/// A policy guards a resource. For a person it guards an application, too, that signs them in for itself.
fn guards(policy: &ConditionalAccessPolicy, attempt: &Attempt<'_>) -> bool {
    let listed = &policy.include_applications;
    has(listed, &attempt.resource.key) || attempt.user.is_some() && has(listed, &attempt.client.key)
}

fn has(list: &[String], key: &str) -> bool {
    list.iter().any(|listed| listed == EVERYTHING || listed == key)
}

fn is_met(control: Control, attempt: &Attempt<'_>) -> bool {
    match control {
        Control::Block | Control::CompliantDevice => false,
        Control::Mfa => attempt.methods.contains(&"mfa"),
    }
}

impl Unmet<'_> {
    /// Whether a page can help: somebody who has a second factor can give it.
    pub fn can_be_met_by(&self, user: &User) -> bool {
        self.control == Control::Mfa && user.one_time_code.is_some()
    }

    /// The claims challenge that names the policies, as error bodies carry it: JSON in a string.
    pub fn challenge(&self) -> String {
        let ids: Vec<&str> = self.policies.iter().map(|policy| policy.id.as_str()).collect();
        json!({ "access_token": { "capolids": { "essential": true, "values": ids } } }).to_string()
    }

    /// The refusal of the token endpoint. Other surfaces keep the number and may change `error`.
    pub fn refusal(&self, attempt: &Attempt<'_>) -> Box<Refusal> {
        let resource = &attempt.resource.app_id;
        let has_factor = attempt.user.is_some_and(|user| self.can_be_met_by(user));
        let refusal = match self.control {
            Control::Block => {
                Refusal::new(53003, "invalid_grant", "Conditional Access policy blocks this token.")
                    .suberror("message_only")
                    .demands("no policy that blocks may apply to the sign-in")
            }
            Control::CompliantDevice => {
                Refusal::new(53000, "invalid_grant", "A compliant device is required by policy.")
                    .suberror("message_only")
                    .demands("the device must be managed and compliant; the lab has no such device")
            }
            Control::Mfa if has_factor => second_factor_owed(resource),
            Control::Mfa => {
                let text = format!("The user must register for multifactor sign-in to reach '{resource}'.");
                Refusal::new(50079, "invalid_grant", text)
                    .suberror("basic_action")
                    .demands("a policy asks for a second factor, and this person has none registered")
            }
        };
        let names = self.policies.iter().map(|policy| policy.display_name.clone());
        let shown =
            if attempt.methods.is_empty() { "(nothing)".to_owned() } else { attempt.methods.join(" ") };
        refusal
            .asking_for(attempt.resource)
            .failing(AppliedPolicy::failed(self))
            .claims(self.challenge())
            .compares("amr", shown, [self.control.name()])
            .compares("policies", "(apply)", names)
    }
}

/// 50076: a second factor is owed.
pub fn second_factor_owed(resource: &str) -> Box<Refusal> {
    let text = format!(
        "A policy or a new location asks for multifactor sign-in before '{resource}' can be reached."
    );
    Refusal::new(50076, "invalid_grant", text)
        .suberror("basic_action")
        .demands("the sign-in behind this grant must have had a second factor; only a page can ask for one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(users: &[&str], applications: &[&str], controls: &[Control]) -> ConditionalAccessPolicy {
        let owned = |list: &[&str]| list.iter().map(|key| (*key).to_owned()).collect();
        ConditionalAccessPolicy {
            id: format!("{}-{}", users.join("+"), applications.join("+")),
            display_name: "a policy".to_owned(),
            state: PolicyState::Enabled,
            include_users: owned(users),
            exclude_users: owned(&["adele"]),
            include_service_principals: owned(&["inventory-sync"]),
            include_applications: owned(applications),
            include_authentication_context_class_references: Vec::new(),
            built_in_controls: controls.to_vec(),
            sign_in_frequency: None,
        }
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
        let attempt = Attempt {
            user: user.map(|key| scenario.user(key).expect("somebody").as_ref()),
            methods,
            client: application("inventory-sync"),
            resource: application("catalog-api"),
            claims: &Claims::read(Some(claims)).expect("an object"),
        };
        unmet(&scenario, &attempt).map(|unmet| (unmet.control, unmet.policies.len()))
    }

    #[test]
    fn policies_apply_to_those_they_name() {
        let mfa = || policy(&["All"], &["catalog-api"], &[Control::Mfa]);
        assert_eq!(check(vec![mfa()], Some("mina"), &["pwd"], "{}"), Some((Control::Mfa, 1)));
        assert_eq!(check(vec![mfa()], Some("mina"), &["pwd", "mfa"], "{}"), None);
        assert_eq!(check(vec![mfa()], Some("adele"), &["pwd"], "{}"), None, "she is left out");
        let elsewhere = || policy(&["theo"], &["All"], &[Control::Block]);
        assert_eq!(check(vec![elsewhere()], Some("mina"), &["pwd"], "{}"), None);
        assert_eq!(check(vec![elsewhere()], None, &[], "{}"), Some((Control::Block, 1)));
        assert_eq!(
            check(vec![mfa(), elsewhere()], Some("theo"), &["pwd"], "{}"),
            Some((Control::Block, 1)),
            "the gravest goes first"
        );
    }

    #[test]
    fn a_challenge_makes_policies_of_other_resources_apply() {
        let other = policy(&["All"], &["payments-api"], &[Control::Mfa]);
        assert_eq!(check(vec![other.clone()], Some("mina"), &["pwd"], "{}"), None);
        let unmet = Unmet { control: Control::Mfa, policies: vec![&other] };
        assert_eq!(
            check(vec![other.clone()], Some("mina"), &["pwd"], &unmet.challenge()),
            Some((Control::Mfa, 1))
        );
    }

    #[test]
    fn a_context_makes_the_policies_about_it_apply() {
        let mut about = policy(&["All"], &[], &[Control::Mfa]);
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
