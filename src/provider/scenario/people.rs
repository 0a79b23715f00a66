//! Tenants and the people who sign in to them, at home or as guests.

use serde::{Deserialize, Serialize};

use super::{RiskLevel, plain};
use crate::secret::Secret;

/// An organisation's directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tenant {
    /// Its short name in the scenario.
    pub key: String,
    /// Its GUID, the `tid` of tokens.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// Verified domain names; each works in place of the id.
    pub domains: Vec<String>,
    /// `tenant_region_scope` of its metadata, such as `EU`.
    pub region: String,
    /// The country of the organisation, two letters (`tenant_ctry`).
    #[serde(default)]
    pub country_letter_code: Option<String>,
    /// The host of the national cloud that it lives in, such as `login.microsoftonline.us`; absent for this one.
    #[serde(default)]
    pub national_cloud: Option<String>,
    /// Why Microsoft has closed it, if it has.
    #[serde(default)]
    pub blocked: Option<Blocked>,
}

/// Why a tenant is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Blocked {
    /// Nobody has used it for long.
    Inactivity,
    /// It was used for what the terms forbid.
    Abuse,
}

impl Blocked {
    /// The word in the scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inactivity => "inactivity",
            Self::Abuse => "abuse",
        }
    }
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the directory, as in Graph's user object"
)]
pub struct User {
    /// The short name in the scenario.
    pub key: String,
    /// The situation this person is there for.
    pub about: String,
    /// The key of the home tenant.
    pub tenant: String,
    /// The GUID of the home tenant, filled in when the scenario is read.
    #[serde(skip)]
    pub tenant_id: String,
    /// The object id, the `oid` of tokens.
    pub id: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The full name.
    pub display_name: String,
    /// The first name.
    pub given_name: String,
    /// The last name.
    pub surname: String,
    /// The e-mail address, if there is one.
    pub mail: Option<String>,
    /// The lab password.
    #[serde(with = "plain::secret")]
    pub password: Secret,
    /// Whether the account may sign in at all.
    #[serde(default = "plain::yes")]
    pub account_enabled: bool,
    /// Whether this person may consent for the whole organisation.
    #[serde(default)]
    pub administrator: bool,
    /// Present for people who need a second factor: the code that the lab takes for it.
    #[serde(default, with = "plain::optional_secret")]
    pub one_time_code: Option<Secret>,
    /// The second factor is asked for only where a policy wants it, not at every sign-in.
    #[serde(default)]
    pub second_factor_on_demand: bool,
    /// The password must be changed before it opens anything.
    #[serde(default)]
    pub password_expired: bool,
    /// Too many wrong passwords were typed.
    #[serde(default)]
    pub locked_out: bool,
    /// The password is known to another identity provider only, and never checked here.
    #[serde(default)]
    pub federated: bool,
    /// The other tenants that have invited this person.
    #[serde(default)]
    pub guest_in: Vec<Membership>,
    /// How much speaks for somebody else using the account.
    #[serde(default)]
    pub risk_level: RiskLevel,
    /// Two letters (`ctry`).
    #[serde(default)]
    pub country: Option<String>,
    /// Such as `de` (`xms_pl`).
    #[serde(default)]
    pub preferred_language: Option<String>,
    /// `Minor` for somebody who is too young for some applications.
    #[serde(default)]
    pub legal_age_group: LegalAgeGroup,
}

/// How old somebody is, as far as the law asks (`legalAgeGroupClassification`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum LegalAgeGroup {
    /// Old enough, or nothing is known.
    #[default]
    Adult,
    /// Too young to decide alone.
    Minor,
}

/// A guest's place in a tenant that is not their own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Membership {
    /// The key of the tenant.
    pub tenant: String,
    /// The object id there; each directory has its own for the same person.
    pub id: String,
    /// Whether the guest account may sign in there.
    #[serde(default = "plain::yes")]
    pub account_enabled: bool,
    /// The invitation was not accepted yet (`externalUserState`).
    #[serde(default)]
    pub is_pending: bool,
    /// Whether the guest administers that tenant for a partner.
    #[serde(default)]
    pub is_delegated_administrator: bool,
}

impl User {
    /// The object id in a tenant; `None` where the person is neither member nor guest.
    pub fn object_id_in(&self, tenant: &Tenant) -> Option<&str> {
        if self.tenant == tenant.key {
            return Some(&self.id);
        }
        self.membership_in(tenant).map(|membership| membership.id.as_str())
    }

    /// The place of a guest in a tenant.
    pub fn membership_in(&self, tenant: &Tenant) -> Option<&Membership> {
        self.guest_in.iter().find(|membership| membership.tenant == tenant.key)
    }
}
