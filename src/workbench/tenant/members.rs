//! What the members of a scenario's entries mean, and how each can be changed. One table for each kind of entry, in the
//! order of the screen; a member that no table knows is shown all the same, without a word about it.

use crate::provider::scenario::edit::List;

/// What is known about a member.
#[derive(Debug)]
pub(super) struct Member {
    /// Its place in the entry, such as `web.redirectUris`.
    pub path: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means, in a few words.
    pub about: &'static str,
}

/// What a member holds, and with it what can be done.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Something that stays as it is.
    Fixed,
    /// Yes or no.
    Switch,
    /// A text that is always there.
    Text,
    /// A text that may be missing.
    OptionalText,
    /// A whole number that may be missing.
    Number,
    /// A moment that may be missing.
    Time,
    /// A text that is not to be shown; it may be missing if so said.
    Secret {
        /// Whether it may.
        optional: bool,
    },
    /// One of these, each with its meaning. An empty word stands for a member that is missing.
    Choice(&'static [(&'static str, &'static str)]),
    /// A list of words, written one behind the other.
    Words,
    /// A list of texts, each a row of its own.
    Texts,
    /// A list of entries of their own.
    Items(&'static [Inner]),
}

/// A member of an entry within an entry.
pub type Inner = (&'static str, Kind, &'static str);

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Eq for Kind {}

const fn member(path: &'static str, kind: Kind, about: &'static str) -> Member {
    Member { path, kind, about }
}

use Kind::{Choice, Fixed, Items, Number, OptionalText, Secret, Switch, Text, Texts, Time, Words};

/// The members of the entries of a list.
pub(super) const fn of(list: List) -> &'static [Member] {
    match list {
        List::Tenants => TENANT,
        List::Users => PERSON,
        List::Applications => APPLICATION,
        List::ManagedIdentities => IDENTITY,
        List::ConditionalAccessPolicies => CONDITIONAL_ACCESS,
        List::Groups => GROUP,
        List::GroupRanges => GROUPS,
        List::Devices => DEVICE,
        List::NamedLocations => LOCATION,
    }
}

#[rustfmt::skip]
const PERSON: &[Member] = &[
    member("displayName", Text, "the full name; the name claim"),
    member("accountEnabled", Switch, "may sign in at all; off refuses with 50057"),
    member("lockedOut", Switch, "too many wrong passwords: refused with 50053"),
    member("passwordExpired", Switch, "must be changed before it opens anything: 50055"),
    member("oneTimeCode", Secret { optional: true }, "the code the lab takes as second factor; empty: they have none"),
    member("secondFactorOnDemand", Switch, "the code is asked for only where a policy wants it, not every time"),
    member("administrator", Switch, "may consent for the whole organisation"),
    member("federated", Switch, "another identity provider checks the password: 50126 where one is sent here"),
    member("userPrincipalName", Text, "what is typed to sign in; upn and preferred_username"),
    member("password", Secret { optional: false }, "opens this lab and nothing else"),
    member("mail", OptionalText, "the email claim, if there is an address"),
    member("givenName", Text, "given_name"),
    member("surname", Text, "family_name"),
    member("id", Fixed, "object id: the oid claim, the key to store people by"),
    member("tenant", Fixed, "the tenant that the account lives in"),
    member("guestIn", Items(&[
        ("tenant", Fixed, "a tenant that has invited them"),
        ("id", Fixed, "the object id there: another one"),
        ("accountEnabled", Switch, "may sign in there; off refuses with 500571"),
        ("isPending", Switch, "has not accepted the invitation: 50014"),
        ("isDelegatedAdministrator", Switch, "administers it for a partner: 530034 at high risk"),
    ]), "where else they are, as guests"),
    member("riskLevel", Choice(RISKS), "how much speaks for somebody else using the account: 50142, 53004, 53011"),
    member("country", OptionalText, "the optional claim ctry, two letters"),
    member("preferredLanguage", OptionalText, "the optional claim xms_pl"),
    member("legalAgeGroup", Choice(AGES), "minors are kept out of some applications: 54000"),
    member("key", Fixed, "the short name in the scenario"),
    member("about", Text, "the situation they are there for"),
];

const RISKS: &[(&str, &str)] =
    &[("none", "nothing speaks for it"), ("low", "little"), ("medium", "something"), ("high", "much")];

const AGES: &[(&str, &str)] =
    &[("Adult", "old enough, or nothing is known"), ("Minor", "too young to decide alone")];

const AUDIENCES: &[(&str, &str)] = &[
    ("AzureADMyOrg", "people of its own tenant only"),
    ("AzureADMultipleOrgs", "work and school accounts of any tenant"),
    ("AzureADandPersonalMicrosoftAccount", "those and personal accounts"),
    ("PersonalMicrosoftAccount", "personal accounts only"),
];

const VERSIONS: &[(&str, &str)] =
    &[("", "version 1, as if nothing was said"), ("1", "version 1"), ("2", "version 2")];

const ACCESS: &[Inner] = &[
    ("resource", Fixed, "the API"),
    ("scopes", Words, "for a person who is signed in"),
    ("roles", Words, "by itself"),
];

const GROUP_CLAIMS: &[(&str, &str)] = &[
    ("None", "none"),
    ("SecurityGroup", "security groups"),
    ("ApplicationGroup", "groups that are assigned to it"),
    ("DirectoryRole", "roles in the directory only (wids)"),
    ("All", "every group, and roles in the directory"),
];

const CONSENT: &[(&str, &str)] =
    &[("User", "everybody for themselves"), ("Admin", "administrators only: 90094 for others")];

#[rustfmt::skip]
const APPLICATION: &[Member] = &[
    member("displayName", Text, "what consent pages call it"),
    member("appId", Fixed, "the client id"),
    member("isDisabled", Switch, "an administrator has switched it off: 7000112"),
    member("lacksServicePrincipal", Switch, "its own tenant has no service principal for it: 7000229"),
    member("servicePrincipalsIn", Words, "the keys of other tenants that have one, consent or not"),
    member("appRoleAssignmentRequired", Switch, "only assigned people and applications get tokens: 50105, 501051"),
    member("assignedUsers", Words, "the keys of those people"),
    member("appRoleAssignedTo", Items(&[
        ("user", Fixed, "the key of a person"),
        ("group", Fixed, "or of a group, whose direct members it means"),
        ("role", Text, "the role they get; without one they just get in"),
    ]), "people and groups with their roles"),
    member("groupMembershipClaims", Choice(GROUP_CLAIMS), "which groups its tokens name"),
    member("accessTokenLifetime", Number, "seconds that access tokens for it live, 600 to 86400; empty: 60 to 90 minutes"),
    member("isApprovedClientApp", Switch, "Microsoft has approved it; off: 53002 where a policy asks"),
    member("enforcesAppProtection", Switch, "it protects what it holds; off: 53005 where a policy asks"),
    member("blockMinors", Switch, "people who are minors are kept out: 54000"),
    member("signInAudience", Choice(AUDIENCES), "whose accounts may use it: 50194, 700016, 50020 for others"),
    member("isFallbackPublicClient", Switch, "device code and password without a credential; off: 7000218"),
    member("web.redirectUris", Texts, "where a server takes the answer; the code costs a credential"),
    member("spa.redirectUris", Texts, "where a page's script takes it; redeemed with an Origin and PKCE"),
    member("publicClient.redirectUris", Texts, "where an installed program takes it; http://localhost means any port"),
    member("web.implicitGrantSettings.enableIdTokenIssuance", Switch, "id_token straight from the authorization endpoint; off: 700054"),
    member("web.implicitGrantSettings.enableAccessTokenIssuance", Switch, "access tokens from there; off: 700051"),
    member("web.logoutUrl", OptionalText, "told in a hidden frame when somebody signs out"),
    member("passwordCredentials", Items(&[
        ("displayName", Text, "what it is called"),
        ("secretText", Secret { optional: false }, "the value that the program sends"),
        ("keyId", Fixed, "the id of the secret: not its value, though often sent as such (7000215)"),
        ("startDateTime", Time, "when it was made"),
        ("endDateTime", Time, "when it ends: after that 7000222; empty: never"),
    ]), "client secrets"),
    member("keyCredentials", Items(&[
        ("displayName", Fixed, "what it is called"),
        ("key", Fixed, "the certificate, in base64; or that the lab makes one as it starts"),
    ]), "certificates that its assertions are checked with"),
    member("federatedIdentityCredentials", Items(&[
        ("name", Text, "what it is called"),
        ("issuer", Text, "iss, letter for letter (700211); {lab} is the lab's own address"),
        ("subject", Text, "sub, letter for letter (700213)"),
        ("audiences", Words, "aud: exactly one (700212)"),
    ]), "issuers whose tokens stand for a credential"),
    member("requiredResourceAccess", Items(ACCESS), "what it says it needs; consent pages list it for .default"),
    member("oauth2PermissionGrants", Items(&[
        ("resource", Fixed, "the API"),
        ("scopes", Fixed, "for everybody"),
    ]), "what it was granted as the scenario began; Grants has what holds now"),
    member("appRoleAssignments", Items(&[
        ("resource", Fixed, "the API"),
        ("roles", Fixed, "by itself"),
    ]), "the roles it had as the scenario began; Grants has what holds now"),
    member("verifiedPublisher", OptionalText, "the publisher's name, if Microsoft has verified it; consent pages say so"),
    member("disabledByMicrosoftStatus", OptionalText, "why Microsoft has closed it: 1000031; empty: it has not"),
    member("identifierUris", Texts, "App ID URIs: how scopes name this API"),
    member("api.requestedAccessTokenVersion", Choice(VERSIONS), "the version of access tokens for this API, whoever asks"),
    member("api.oauth2PermissionScopes", Items(&[
        ("value", Fixed, "its name in scope and scp"),
        ("type", Choice(CONSENT), "who may consent to it"),
        ("displayName", Text, "what the consent page says"),
        ("id", Fixed, "its GUID"),
    ]), "what people can let others do here"),
    member("appRoles", Items(&[
        ("value", Fixed, "its name in roles"),
        ("displayName", Text, "what it allows"),
        ("allowedMemberTypes", Words, "Application, User or both"),
        ("id", Fixed, "its GUID"),
    ]), "what applications can be allowed to do here by themselves"),
    member("api.lowImpactScopes", Words, "which of them are of low impact"),
    member("api.knownClientApplications", Words, "front ends: consent to one of them with .default covers this API's needs"),
    member("api.preAuthorizedApplications", Items(&[
        ("application", Fixed, "the application"),
        ("scopes", Words, "what it gets"),
    ]), "who gets permissions without consent"),
    member("optionalClaims.idToken", Words, "claims beyond the usual in its ID tokens"),
    member("optionalClaims.accessToken", Words, "the same in access tokens for it; xms_cc says it takes claims challenges"),
    member("claimsMappingPolicies", Words, "policies that change the claims of its tokens"),
    member("api.acceptMappedClaims", Switch, "they may, although it has no signing key of its own; off: 50146, 501461"),
    member("isFamilyClient", Switch, "its refresh tokens serve the whole family of clients (foci)"),
    member("nonceHeader", Switch, "its access tokens carry a hashed nonce: nobody else can check the signature"),
    member("tenant", Fixed, "where it is registered; without one it is Microsoft's own"),
    member("key", Fixed, "the short name in the scenario"),
    member("about", Text, "what it stands for"),
];

#[rustfmt::skip]
const IDENTITY: &[Member] = &[
    member("kind", Fixed, "system: the machine's own, meant where a request names none; user: has to be named"),
    member("clientId", Fixed, "client_id of requests; appid or azp of tokens"),
    member("objectId", Fixed, "object_id of requests; oid and sub of tokens"),
    member("resourceId", Fixed, "msi_res_id of requests"),
    member("appRoleAssignments", Items(ACCESS), "the roles it holds"),
    member("tenant", Fixed, "the tenant that it acts in"),
    member("key", Fixed, "the short name in the scenario"),
    member("about", Text, "what it is there for"),
];

const STATES: &[(&str, &str)] = &[
    ("enabled", "it is asked"),
    ("disabled", "it is there and asks nothing"),
    ("enabledForReportingButNotEnforced", "it asks nothing, and would only be reported"),
];

const OPERATORS: &[(&str, &str)] = &[("AND", "all controls"), ("OR", "one of them is enough")];

const REPEATED: &[(&str, &str)] = &[
    ("primaryAndSecondaryAuthentication", "the whole sign-in"),
    ("secondaryAuthentication", "the second factor only: 50078"),
];

#[rustfmt::skip]
const CONDITIONAL_ACCESS: &[Member] = &[
    member("displayName", Text, "what administrators call it"),
    member("state", Choice(STATES), "whether it counts"),
    member("builtInControls", Words, "what it asks: block (53003), mfa (50076), compliantDevice (53000), domainJoinedDevice (53001), approvedApplication (53002), compliantApplication (53005), passwordChange (50142)"),
    member("operator", Choice(OPERATORS), "how many of them have to be met"),
    member("termsOfUse", Words, "terms that have to be accepted: 50158"),
    member("includeUsers", Words, "the keys of the people it is about, or All"),
    member("excludeUsers", Words, "the keys of those it leaves alone"),
    member("includeApplications", Words, "the keys of the resources it guards, or All"),
    member("includeServicePrincipals", Words, "the keys of applications it is about when they sign in by themselves"),
    member("includeAuthenticationContextClassReferences", Words, "contexts such as c1, that clients ask for in claims"),
    member("signInFrequency", Number, "seconds after a sign-in until the next is due: 70043, 70044"),
    member("signInFrequencyAuthentication", Choice(REPEATED), "what is due then"),
    member("includeGroups", Words, "the keys of groups whose members it is about"),
    member("excludeGroups", Words, "the keys of groups whose members it leaves alone"),
    member("includeLocations", Words, "the keys of named locations it is about, All or AllTrusted; empty: anywhere"),
    member("excludeLocations", Words, "the keys of named locations that it leaves alone, or AllTrusted"),
    member("userRiskLevels", Words, "how risky the person has to be for it; empty: any"),
    member("signInRiskLevels", Words, "how risky the address has to be for it; empty: any"),
    member("transferMethods", Words, "deviceCodeFlow: it is about that flow only (530036)"),
    member("includeUserActions", Words, "urn:user:registersecurityinfo: where a factor may be registered (53010)"),
    member("id", Fixed, "what a claims challenge names"),
];

#[rustfmt::skip]
const GROUP: &[Member] = &[
    member("displayName", Text, "what it is called"),
    member("id", Fixed, "object id: what the groups claim names"),
    member("securityEnabled", Switch, "rights can be given to it; off: a mere list of addresses"),
    member("members", Words, "the keys of the people in it"),
    member("memberGroups", Words, "the keys of the groups in it"),
    member("tenant", Fixed, "the tenant that it is in"),
    member("key", Fixed, "the short name in the scenario"),
];

#[rustfmt::skip]
const GROUPS: &[Member] = &[
    member("displayName", Text, "what they are called; a number follows"),
    member("count", Number, "how many there are; a token names 200 at most"),
    member("members", Words, "the keys of the people in all of them"),
    member("tenant", Fixed, "the tenant that they are in"),
    member("key", Fixed, "the short name in the scenario"),
];

const TRUST: &[(&str, &str)] = &[
    ("Workplace", "registered by its owner"),
    ("AzureAd", "joined to the directory"),
    ("ServerAd", "joined to a domain of the organisation"),
];

#[rustfmt::skip]
const DEVICE: &[Member] = &[
    member("displayName", Text, "what it is called"),
    member("isCompliant", Switch, "its management vouches for it; off: 53000"),
    member("accountEnabled", Switch, "may be used at all; off: 135011"),
    member("trustType", Choice(TRUST), "how it is tied to the directory: 53001"),
    member("registeredOwners", Words, "the keys of the people it speaks for: 50155 for others"),
    member("operatingSystem", Text, "Windows, macOS, iOS and so on"),
    member("deviceId", Fixed, "its GUID"),
    member("key", Fixed, "the short name in the scenario"),
];

#[rustfmt::skip]
const LOCATION: &[Member] = &[
    member("displayName", Text, "what administrators call it"),
    member("ipRanges", Texts, "its networks; X-Forwarded-For says where a request of the lab comes from"),
    member("isTrusted", Switch, "AllTrusted includes it"),
    member("riskLevel", Choice(RISKS), "how risky a sign-in from there is: 53004"),
    member("key", Fixed, "the short name in the scenario"),
];

const CLOSED: &[(&str, &str)] = &[
    ("", "it is open"),
    ("inactivity", "nobody has used it for long"),
    ("abuse", "it was used for what the terms forbid"),
];

#[rustfmt::skip]
const TENANT: &[Member] = &[
    member("displayName", Text, "what people call it"),
    member("id", Fixed, "the tid claim, and the first part of every address"),
    member("domains", Words, "each works in place of the id"),
    member("region", Text, "tenant_region_scope of its metadata"),
    member("blocked", Choice(CLOSED), "whether Microsoft has closed it, and why"),
    member("countryLetterCode", OptionalText, "the optional claim tenant_ctry, two letters"),
    member("nationalCloud", OptionalText, "the host of the national cloud it lives in: 90038 here; empty: this cloud"),
    member("key", Fixed, "the short name in the scenario"),
];

const CONSENTS: &[(&str, &str)] = &[
    ("microsoft-user-default-legacy", "whatever no administrator has to grant"),
    ("microsoft-user-default-low", "low impact only, for own applications and verified publishers"),
];

/// The members of what holds for every tenant.
#[rustfmt::skip]
pub(super) const POLICY: &[Member] = &[
    member("usersMayConsent", Switch, "ordinary people may agree to permissions of type User; off: 90094"),
    member("userConsent", Choice(CONSENTS), "what they may agree to, where they may at all"),
    member("blockUserConsentForRiskyApps", Switch, "unverified applications of others are for administrators to judge"),
    member("adminConsentRequests", Switch, "who is stopped can ask an administrator from that page"),
    member("slowDown", Switch, "device polls that come too fast hear slow_down; Entra itself does not say it"),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::provider::scenario::Scenario;

    /// What stands in a document and in no table.
    fn unknown(entry: &Value, table: &[(String, Kind)], path: &str, out: &mut Vec<String>) {
        let Value::Object(members) = entry else { return };
        for (name, value) in members {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match table.iter().find(|(known, _)| *known == path) {
                Some((_, Items(inner))) => {
                    let inner: Vec<_> =
                        inner.iter().map(|(name, kind, _)| ((*name).to_owned(), *kind)).collect();
                    value.as_array().unwrap().iter().for_each(|item| unknown(item, &inner, "", out));
                }
                Some(_) => {}
                None if value.is_object() => unknown(value, table, &path, out),
                None => out.push(path),
            }
        }
    }

    #[test]
    fn every_member_of_the_built_in_scenario_is_explained() {
        let document = Scenario::northwind().document();
        let known = |table: &[Member]| -> Vec<_> {
            table.iter().map(|member| (member.path.to_owned(), member.kind)).collect()
        };
        let mut out = Vec::new();
        for list in [
            List::Tenants,
            List::Users,
            List::Applications,
            List::ManagedIdentities,
            List::ConditionalAccessPolicies,
            List::Groups,
            List::GroupRanges,
            List::Devices,
            List::NamedLocations,
        ] {
            let table = known(of(list));
            for entry in document[list.name()].as_array().unwrap() {
                unknown(entry, &table, "", &mut out);
            }
        }
        unknown(&document["policy"], &known(POLICY), "", &mut out);
        assert!(out.is_empty(), "the Tenant screen should say what these mean: {out:?}");
    }

    #[test]
    fn every_number_that_is_named_is_explained_elsewhere() {
        let tables = [
            PERSON,
            APPLICATION,
            IDENTITY,
            CONDITIONAL_ACCESS,
            TENANT,
            POLICY,
            GROUP,
            GROUPS,
            DEVICE,
            LOCATION,
        ];
        let mut texts: Vec<&str> = Vec::new();
        for member in tables.iter().copied().flatten() {
            texts.push(member.about);
            if let Items(inner) = member.kind {
                texts.extend(inner.iter().map(|(_, _, about)| *about));
            }
        }
        let numbers: Vec<u32> = texts
            .iter()
            .flat_map(|text| text.split(|c: char| !c.is_ascii_digit()))
            .filter(|digits| digits.len() >= 5)
            .map(|digits| digits.parse().unwrap())
            .collect();
        assert!(numbers.len() > 15, "{numbers:?}");
        for number in numbers {
            assert!(crate::explain::entry(number).is_some(), "{number}");
        }
    }
}
