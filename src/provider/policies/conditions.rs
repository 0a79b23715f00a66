//! When a policy applies: who, for what, from where, in which way, how risky. Conditions that a policy does not name hold
//! always.

use core::net::IpAddr;

use super::{Attempt, Way};
use crate::provider::scenario::{
    ALL_TRUSTED, ConditionalAccessPolicy, EVERYTHING, PolicyState, RiskLevel, Scenario, TransferMethod, User,
    UserAction,
};

/// The policies that are switched on.
pub fn in_force(scenario: &Scenario) -> impl Iterator<Item = &ConditionalAccessPolicy> {
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
    in_force(scenario).filter(move |policy| {
        is_about_whom(policy, scenario, attempt)
            && (guards(policy, attempt) || is_named(policy))
            && is_about_circumstances(policy, scenario, attempt)
    })
}

/// The policies about somebody who registers a second factor.
pub fn about_registration<'a>(
    scenario: &'a Scenario,
    attempt: &Attempt<'_>,
) -> impl Iterator<Item = &'a ConditionalAccessPolicy> {
    in_force(scenario).filter(move |policy| {
        policy.include_user_actions.contains(&UserAction::RegisterSecurityInfo)
            && is_about_whom(policy, scenario, attempt)
            && is_about_circumstances(policy, scenario, attempt)
    })
}

fn is_about_whom(policy: &ConditionalAccessPolicy, scenario: &Scenario, attempt: &Attempt<'_>) -> bool {
    match attempt.person {
        Some(person) => {
            let is_in = |users: &[String], groups: &[String]| {
                has(users, &person.user.key) || is_member_of_one(scenario, &person.user, groups)
            };
            is_in(&policy.include_users, &policy.include_groups)
                && !is_in(&policy.exclude_users, &policy.exclude_groups)
        }
        None => has(&policy.include_service_principals, &attempt.client.key),
    }
}

fn is_member_of_one(scenario: &Scenario, user: &User, groups: &[String]) -> bool {
    !groups.is_empty()
        && scenario
            .tenants()
            .iter()
            .any(|tenant| scenario.groups_of(user, tenant).iter().any(|group| groups.contains(&group.key)))
}

/// A policy guards a resource. For a person it guards an application, too, that signs them in for itself.
fn guards(policy: &ConditionalAccessPolicy, attempt: &Attempt<'_>) -> bool {
    let listed = &policy.include_applications;
    has(listed, &attempt.resource.key) || attempt.person.is_some() && has(listed, &attempt.client.key)
}

fn is_about_circumstances(
    policy: &ConditionalAccessPolicy,
    scenario: &Scenario,
    attempt: &Attempt<'_>,
) -> bool {
    let is_one_of = |levels: &[RiskLevel], level: RiskLevel| levels.is_empty() || levels.contains(&level);
    let user_risk = attempt.person.map_or(RiskLevel::None, |person| person.user.risk_level);
    is_about_place(policy, scenario, attempt.address)
        && is_one_of(&policy.user_risk_levels, user_risk)
        && is_one_of(&policy.sign_in_risk_levels, risk_of(scenario, attempt.address))
        && (policy.transfer_methods.is_empty()
            || policy.transfer_methods.contains(&TransferMethod::DeviceCodeFlow)
                && attempt.way == Way::DeviceCode)
}

/// Whether a policy applies at an address.
pub fn is_about_place(policy: &ConditionalAccessPolicy, scenario: &Scenario, address: IpAddr) -> bool {
    let is_in = |locations: &[String]| {
        let holds = |location: &String| match location.as_str() {
            EVERYTHING => true,
            ALL_TRUSTED => scenario.named_locations().iter().any(|one| one.is_trusted && one.holds(address)),
            key => scenario.named_locations().iter().any(|one| one.key == key && one.holds(address)),
        };
        locations.iter().any(holds)
    };
    let has_condition = !policy.include_locations.is_empty();
    (!has_condition || is_in(&policy.include_locations)) && !is_in(&policy.exclude_locations)
}

/// How risky a sign-in from an address is.
pub fn risk_of(scenario: &Scenario, address: IpAddr) -> RiskLevel {
    let locations = scenario.named_locations().iter().filter(|location| location.holds(address));
    locations.map(|location| location.risk_level).max().unwrap_or_default()
}

pub fn has(list: &[String], key: &str) -> bool {
    list.iter().any(|listed| listed == EVERYTHING || listed == key)
}
