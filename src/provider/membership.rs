//! Whether a tenant lets somebody in at all: guests whose account there is off or not yet accepted, partners at risk,
//! people who are too young, networks that keep their people out of other tenants. Asked on pages and for every grant.

use super::{
    call::Call,
    refusal::{Refusal, Verdict},
    scenario::{Application, LegalAgeGroup, RiskLevel, Tenant, User},
};

/// Lists the tenants that a network lets its people reach; its proxy adds it to every request.
const RESTRICTION: &str = "restrict-access-to-tenants";

/// What the rules look at.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub call: &'a Call,
    pub user: &'a User,
    pub client: &'a Application,
    pub tenant: &'a Tenant,
}

type Rule = fn(&Entry<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("tenant.unrestricted", is_unrestricted),
    ("guest.accepted", has_accepted_invitation),
    ("guest.enabled", is_enabled_as_guest),
    ("partner.not_at_risk", is_partner_without_risk),
    ("account.of_age", is_of_age),
];

/// Whether somebody gets into a tenant.
pub fn lets_in(entry: &Entry<'_>) -> Verdict {
    RULES.iter().try_for_each(|(name, rule)| rule(entry).map_err(|refusal| refusal.by(name)))
}

fn is_unrestricted(entry: &Entry<'_>) -> Verdict {
    let Some(list) = entry.call.header(RESTRICTION) else { return Ok(()) };
    let tenant = entry.tenant;
    let allowed: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let names_it = |name: &&str| {
        *name == "*"
            || tenant.id.eq_ignore_ascii_case(name)
            || tenant.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))
    };
    if allowed.iter().any(names_it) {
        return Ok(());
    }
    let text = format!("Access to tenant '{}' is denied from this network.", tenant.display_name);
    Err(Refusal::new(500_021, "access_denied", text)
        .demands("the proxy of the network lists the tenants that may be reached from it")
        .compares("tenant", &tenant.display_name, allowed))
}

fn has_accepted_invitation(entry: &Entry<'_>) -> Verdict {
    if entry.user.membership_in(entry.tenant).is_none_or(|membership| !membership.is_pending) {
        return Ok(());
    }
    Err(Refusal::new(50014, "invalid_grant", "The guest has not accepted the invitation yet.")
        .demands("a guest opens the link of the invitation first")
        .compares("externalUserState", "PendingAcceptance", ["Accepted"]))
}

fn is_enabled_as_guest(entry: &Entry<'_>) -> Verdict {
    if entry.user.membership_in(entry.tenant).is_none_or(|membership| membership.account_enabled) {
        return Ok(());
    }
    Err(Refusal::new(500_571, "invalid_grant", "The guest account is disabled in this tenant.")
        .demands("accountEnabled of the guest's object in the tenant that is visited must be true")
        .compares("accountEnabled", "false", ["true"])
        .compares("tenant", &entry.tenant.display_name, Vec::<String>::new()))
}

fn is_partner_without_risk(entry: &Entry<'_>) -> Verdict {
    let user = entry.user;
    let is_partner =
        user.membership_in(entry.tenant).is_some_and(|membership| membership.is_delegated_administrator);
    if !is_partner || user.risk_level < RiskLevel::High {
        return Ok(());
    }
    let text = "The partner's administrator is blocked because of risk in the home tenant.";
    Err(Refusal::new(530_034, "invalid_grant", text)
        .suberror("message_only")
        .demands("somebody who administers a tenant for a partner must not be at risk at home")
        .compares("riskLevel", user.risk_level.name(), ["none", "low", "medium"]))
}

fn is_of_age(entry: &Entry<'_>) -> Verdict {
    if !entry.client.block_minors || entry.user.legal_age_group == LegalAgeGroup::Adult {
        return Ok(());
    }
    let text = format!("App '{}' is not open to people of this age.", entry.client.app_id);
    Err(Refusal::new(54000, "access_denied", text)
        .demands("the application keeps minors out, as the law of some countries wants it")
        .compares("legalAgeGroup", "Minor", ["Adult"])
        .compares("application", &entry.client.display_name, Vec::<String>::new()))
}
