//! What a policy asks, whether an attempt meets it, and how it is refused if it does not (reference §10.7).

use serde_json::json;

use super::{Attempt, Unmet, Way};
use crate::{
    provider::{
        refusal::Refusal,
        scenario::{ConditionalAccessPolicy, Control, Device, Operator, RiskLevel, Scenario, TrustType},
        sessions::DeviceShown,
        sign_ins::AppliedPolicy,
    },
    time::span,
};

/// Whether no page can mend what is missing, and why not: for sign-ins that only show a message.
const MESSAGE_ONLY: &str = "message_only";

/// Whether a page can mend it.
const BASIC_ACTION: &str = "basic_action";

/// What a policy asks of an attempt that it does not meet, the gravest first. Of controls that can stand for one another it
/// is the one that is easiest to meet.
pub fn owed(policy: &ConditionalAccessPolicy, scenario: &Scenario, attempt: &Attempt<'_>) -> Option<Control> {
    let controls = policy.built_in_controls.iter().copied();
    let unmet = || controls.clone().filter(|control| !is_met(*control, scenario, attempt));
    let built_in = match policy.operator {
        Operator::And => unmet().min(),
        Operator::Or if unmet().count() < policy.built_in_controls.len() => None,
        Operator::Or => unmet().max(),
    };
    let terms = attempt.person.is_some_and(|person| {
        policy.terms_of_use.iter().any(|terms| !attempt.accounts.has_accepted(&person.user, terms))
    });
    built_in.or_else(|| terms.then_some(Control::TermsOfUse))
}

fn is_met(control: Control, scenario: &Scenario, attempt: &Attempt<'_>) -> bool {
    let device = device(scenario, attempt);
    match control {
        // A changed password takes the risk away, and with it the policy that asked.
        Control::Block | Control::PasswordChange | Control::TermsOfUse => false,
        Control::CompliantDevice => device.is_ok_and(|device| device.is_compliant),
        Control::DomainJoinedDevice => device.is_ok_and(|device| device.trust_type == TrustType::ServerAd),
        Control::ApprovedApplication => attempt.client.is_approved_client_app,
        Control::CompliantApplication => attempt.client.enforces_app_protection,
        Control::Mfa => attempt.person.is_some_and(|person| person.methods.contains(&"mfa")),
    }
}

/// Why there is no device to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoDevice {
    /// Nobody has asked, and the person has one.
    NotShown,
    /// It is none that the directory knows, and the person has no other.
    Unregistered,
    /// It was deleted since.
    Gone,
    Disabled,
    /// It is registered to others.
    Foreign,
}

/// The device behind an attempt.
fn device<'a>(scenario: &'a Scenario, attempt: &Attempt<'_>) -> Result<&'a Device, NoDevice> {
    let Some(person) = attempt.person else { return Err(NoDevice::Unregistered) };
    let key = match &person.device {
        DeviceShown::NotAsked if scenario.devices_of(&person.user).next().is_some() => {
            return Err(NoDevice::NotShown);
        }
        DeviceShown::NotAsked | DeviceShown::Unregistered => return Err(NoDevice::Unregistered),
        DeviceShown::Device(key) => key,
    };
    let device = scenario.device(key).ok_or(NoDevice::Gone)?;
    if !device.account_enabled {
        return Err(NoDevice::Disabled);
    }
    let owners = &device.registered_owners;
    if owners.is_empty() || owners.contains(&person.user.key) { Ok(device) } else { Err(NoDevice::Foreign) }
}

/// A page on which somebody can meet what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Give the second factor.
    Verify,
    /// Register one.
    Register,
    /// Say which device it is.
    ShowDevice,
    /// Choose a new password.
    ChangePassword,
    /// Accept terms.
    AcceptTerms,
}

impl Unmet<'_> {
    /// The page that can help, if one can.
    pub fn remedy(&self, scenario: &Scenario, attempt: &Attempt<'_>) -> Option<Remedy> {
        let person = attempt.person.filter(|_| attempt.way != Way::Password)?;
        match self.control {
            Control::Mfa if person.user.one_time_code.is_some() => Some(Remedy::Verify),
            Control::Mfa => Some(Remedy::Register),
            Control::PasswordChange => Some(Remedy::ChangePassword),
            Control::TermsOfUse => Some(Remedy::AcceptTerms),
            Control::CompliantDevice | Control::DomainJoinedDevice => {
                (device(scenario, attempt).err() == Some(NoDevice::NotShown)).then_some(Remedy::ShowDevice)
            }
            Control::Block | Control::ApprovedApplication | Control::CompliantApplication => None,
        }
    }

    /// The claims challenge that names the policies, as error bodies carry it: JSON in a string.
    pub fn challenge(&self) -> String {
        let ids: Vec<&str> = self.policies.iter().map(|policy| policy.id.as_str()).collect();
        json!({ "access_token": { "capolids": { "essential": true, "values": ids } } }).to_string()
    }

    /// The refusal of the token endpoint. Other surfaces keep the number and may change `error`.
    pub fn refusal(&self, scenario: &Scenario, attempt: &Attempt<'_>) -> Box<Refusal> {
        let refusal = self.named(scenario, attempt);
        let names = self.policies.iter().map(|policy| policy.display_name.clone());
        let methods = attempt.person.map(|person| person.methods.join(" ")).unwrap_or_default();
        let shown = if methods.is_empty() { "(nothing)".to_owned() } else { methods };
        let refusal = match self.control {
            Control::Mfa | Control::Block | Control::CompliantDevice => {
                refusal.compares("amr", shown, [self.control.name()])
            }
            Control::ApprovedApplication
            | Control::CompliantApplication
            | Control::DomainJoinedDevice
            | Control::PasswordChange
            | Control::TermsOfUse => refusal,
        };
        let refusal = refusal.asking_for(attempt.resource).failing(AppliedPolicy::failed(self));
        if self.policies.is_empty() {
            return refusal;
        }
        refusal.claims(self.challenge()).compares("policies", "(apply)", names)
    }

    fn named(&self, scenario: &Scenario, attempt: &Attempt<'_>) -> Box<Refusal> {
        let resource = &attempt.resource.app_id;
        match self.control {
            Control::Block => self.blocked(scenario, attempt),
            Control::CompliantDevice | Control::DomainJoinedDevice => self.device_refused(scenario, attempt),
            Control::ApprovedApplication => {
                Refusal::new(53002, "invalid_grant", "The app is not on the list of approved client apps.")
                    .suberror(MESSAGE_ONLY)
                    .by("client.approved")
                    .demands("a policy lets only applications in that Microsoft has approved")
                    .compares("isApprovedClientApp", "false", ["true"])
                    .compares("application", &attempt.client.display_name, Vec::<String>::new())
            }
            Control::CompliantApplication => {
                Refusal::new(53005, "unauthorized_client", "The app has to enforce app protection policies.")
                    .suberror("protection_policy_required")
                    .by("client.protected")
                    .demands("a policy lets only applications in that protect what they hold")
                    .compares("enforcesAppProtection", "false", ["true"])
                    .compares("application", &attempt.client.display_name, Vec::<String>::new())
            }
            Control::Mfa => {
                match (self.stale, attempt.person.is_some_and(|one| one.user.one_time_code.is_some())) {
                    (Some((age, allowed)), true) => {
                        let text = format!("The multifactor sign-in for '{resource}' is too old; repeat it.");
                        Refusal::new(50078, "invalid_grant", text)
                        .suberror(BASIC_ACTION)
                        .by("factor.fresh")
                        .demands("a policy wants the second factor again from time to time; only a page can ask for it")
                        .compares("since the second factor", span(age), [format!("less than {}", span(allowed))])
                    }
                    (_, true) => second_factor_owed(resource),
                    (_, false) => {
                        let text =
                            format!("The user must register for multifactor sign-in to reach '{resource}'.");
                        Refusal::new(50079, "invalid_grant", text)
                            .suberror(BASIC_ACTION)
                            .demands("a policy asks for a second factor, and this person has none registered")
                    }
                }
            }
            Control::PasswordChange => {
                Refusal::new(50142, "invalid_grant", "A policy asks the user for a new password.")
                    .suberror(BASIC_ACTION)
                    .by("password.changed")
                    .demands("somebody at risk must choose a new password, on a page")
                    .compares(
                        "riskLevel",
                        attempt.person.map_or("", |one| one.user.risk_level.name()),
                        [RiskLevel::None.name()],
                    )
            }
            Control::TermsOfUse => {
                let missing = self.policies.iter().flat_map(|policy| policy.terms_of_use.clone());
                Refusal::new(50158, "invalid_grant", "An outside security check was not completed.")
                    .suberror(BASIC_ACTION)
                    .by("terms.accepted")
                    .demands("the person must accept the terms of use, on a page")
                    .compares("accepted", "(not yet)", missing)
            }
        }
    }

    fn blocked(&self, scenario: &Scenario, attempt: &Attempt<'_>) -> Box<Refusal> {
        let by_risk = self.policies.iter().any(|policy| !policy.user_risk_levels.is_empty());
        let home = attempt.person.map(|person| scenario.tenant_of(&person.user));
        let is_guest = attempt.tenant.is_some_and(|tenant| home.is_some_and(|home| home.id != tenant.id));
        if by_risk && is_guest {
            let level = attempt.person.map_or("", |person| person.user.risk_level.name());
            return Refusal::new(
                53011,
                "invalid_grant",
                "The user is blocked because of risk in the home tenant.",
            )
            .suberror(MESSAGE_ONLY)
            .by("guest.not_at_risk")
            .demands("the risk of a guest is found and taken away at home; the tenant that is visited cannot")
            .compares("riskLevel", level, [RiskLevel::None.name()])
            .compares(
                "home tenant",
                home.map_or("", |home| &home.display_name),
                Vec::<String>::new(),
            );
        }
        if self.policies.iter().any(|policy| !policy.transfer_methods.is_empty()) {
            let text = "A policy keeps sign-ins from being moved to another device.";
            return Refusal::new(530_036, "invalid_grant", text)
                .suberror(MESSAGE_ONLY)
                .by("flow.transferable")
                .demands("no policy may block the device code flow for this sign-in")
                .compares("flow", "deviceCodeFlow", ["a sign-in in the browser of the same device"]);
        }
        let mut refusal =
            Refusal::new(53003, "invalid_grant", "Conditional Access policy blocks this token.")
                .suberror(MESSAGE_ONLY)
                .demands("no policy that blocks may apply to the sign-in");
        if self
            .policies
            .iter()
            .any(|policy| !policy.include_locations.is_empty() || !policy.exclude_locations.is_empty())
        {
            refusal = refusal.compares(
                "address",
                attempt.address.to_string(),
                ["an address that the policy leaves alone"],
            );
        }
        refusal
    }

    fn device_refused(&self, scenario: &Scenario, attempt: &Attempt<'_>) -> Box<Refusal> {
        let shown = match attempt.person.map(|person| &person.device) {
            Some(DeviceShown::Device(key)) => key.to_string(),
            _ => "(none)".to_owned(),
        };
        let failed = |code, text: &str| {
            Refusal::new(code, "invalid_grant", text).suberror("device_authentication_failed").compares(
                "device",
                shown.clone(),
                ["a device of this person in the directory"],
            )
        };
        match device(scenario, attempt) {
            Err(NoDevice::NotShown) => failed(50097, "Device authentication is needed.")
                .by("device.shown")
                .demands("the device must prove itself; the person has one, and only a page can ask for it"),
            Err(NoDevice::Gone) => failed(700_003, "The device object was not found in the directory.")
                .by("device.known")
                .demands("the device that the sign-in was bound to must still be in the directory"),
            Err(NoDevice::Disabled) => failed(135_011, "The device of this sign-in is disabled.")
                .by("device.enabled")
                .demands("accountEnabled of the device must be true"),
            Err(NoDevice::Foreign) => failed(50155, "The device could not be authenticated for this user.")
                .by("device.own")
                .demands("a device speaks for the people it is registered to"),
            Ok(_) | Err(NoDevice::Unregistered) if self.control == Control::DomainJoinedDevice => {
                let trust =
                    device(scenario, attempt).map_or("(no device)", |device| device.trust_type.name());
                Refusal::new(53001, "invalid_grant", "A domain-joined device is required by policy.")
                    .suberror(MESSAGE_ONLY)
                    .by("device.joined")
                    .demands("the device must be joined to a domain of the organisation")
                    .compares("trustType", trust, [TrustType::ServerAd.name()])
            }
            Ok(_) | Err(NoDevice::Unregistered) => {
                Refusal::new(53000, "invalid_grant", "A compliant device is required by policy.")
                    .suberror(MESSAGE_ONLY)
                    .demands("the device must be managed and compliant")
                    .compares("device", shown, ["a compliant device"])
            }
        }
    }
}

/// 50076: a second factor is owed.
pub fn second_factor_owed(resource: &str) -> Box<Refusal> {
    let text = format!(
        "A policy or a new location asks for multifactor sign-in before '{resource}' can be reached."
    );
    Refusal::new(50076, "invalid_grant", text)
        .suberror(BASIC_ACTION)
        .demands("the sign-in behind this grant must have had a second factor; only a page can ask for one")
}
