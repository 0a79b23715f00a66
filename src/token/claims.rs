//! The meaning of each claim and header member, as data: facts of reference §8.2 to §8.8, RFC 7519 §4.1, OpenID Connect
//! Core §2 and RFC 7515 §4.1. To add a claim, add a line to `CLAIMS` (or `HEADER`) under its heading.

/// What a claim says, for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The claim's name.
    pub name: &'static str,
    /// The heading it stands under.
    pub group: Group,
    /// A few words, for the line beside the value.
    pub short: &'static str,
    /// Two or three sentences: what it means, what to use it for, what not.
    pub long: &'static str,
}

/// The headings that claims are grouped under, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Whom it is about.
    Who,
    /// For whom, and by whom.
    ForWhom,
    /// What it allows.
    May,
    /// From when until when.
    When,
    /// How the person or the application proved itself.
    How,
    /// Names to look the token up by, in logs and support cases.
    Support,
    /// How the token itself is made and signed: members of the header.
    Form,
    /// Internal to the issuer: not for you.
    Internal,
    /// Not known to us; shown all the same.
    Unknown,
}

impl Group {
    /// Every heading, in reading order.
    pub const ALL: [Self; 9] = [
        Self::Who,
        Self::ForWhom,
        Self::May,
        Self::When,
        Self::How,
        Self::Support,
        Self::Form,
        Self::Internal,
        Self::Unknown,
    ];

    /// The heading as shown.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::ForWhom => "for whom, by whom",
            Self::May => "may",
            Self::When => "when",
            Self::How => "how",
            Self::Support => "ids for support",
            Self::Form => "form",
            Self::Internal => "internal",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of the claim called `name`. Names are case-sensitive (RFC 7519 §4).
pub fn meaning(name: &str) -> Option<&'static Meaning> {
    CLAIMS.iter().find(|meaning| meaning.name == name)
}

/// What is known of the header member called `name`; `nonce` means something else there than among the claims.
pub fn header_meaning(name: &str) -> Option<&'static Meaning> {
    HEADER.iter().find(|meaning| meaning.name == name)
}

/// The heading for a claim, [`Group::Unknown`] where nothing is known of it.
pub fn group(name: &str) -> Group {
    meaning(name).map_or(Group::Unknown, |meaning| meaning.group)
}

const fn who(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::Who, short, long }
}

const fn for_whom(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::ForWhom, short, long }
}

const fn may(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::May, short, long }
}

const fn when(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::When, short, long }
}

const fn how(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::How, short, long }
}

const fn form(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::Form, short, long }
}

const fn support(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::Support, short, long }
}

const fn internal(name: &'static str, short: &'static str, long: &'static str) -> Meaning {
    Meaning { name, group: Group::Internal, short, long }
}

/// Every claim that is known, by heading.
pub const CLAIMS: &[Meaning] = &[
    // ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────
    who(
        "sub",
        "subject, different for each app",
        "Names the user or, in an app-only token, the application's service principal. For users it differs from app to \
         app: in an ID token it belongs to the client, in an access token to the API. A safe key for your own records, \
         but useless for joining them with another app's; take oid with tid for that.",
    ),
    who(
        "oid",
        "object id in the tenant",
        "The directory object that the token is about: the user, or the service principal in an app-only token. The same \
         in every app of the tenant, so oid together with tid is the key for joining data. ID tokens only carry it when \
         the scope profile was asked for. A guest has another oid in each tenant.",
    ),
    who(
        "tid",
        "tenant id",
        "The tenant in which the sign-in happened, which for a guest is not the home. An API for several tenants must \
         compare it with its list of customers and find it inside iss. Personal accounts all share one tenant.",
    ),
    who(
        "name",
        "display name",
        "A name for people to read. Anybody with the right to edit a profile can change it and two people can share it, \
         so show it and decide nothing by it.",
    ),
    who(
        "preferred_username",
        "sign-in name, for display",
        "What the person would type to sign in: an address, a phone number, or something else. It stands in tokens of \
         version 2.0 and can change at any time. Good for showing and as login_hint, never as a key or for access.",
    ),
    who(
        "upn",
        "user principal name",
        "The sign-in name in the directory, in tokens of version 1.0 or as an optional claim. It can be renamed and given \
         to somebody else later, so it is no key. Guests have a rewritten one with #EXT# in it.",
    ),
    who(
        "unique_name",
        "sign-in name, older form",
        "The version 1.0 forerunner of preferred_username. In spite of its name it is not guaranteed to be unique or to \
         stay the same. Only for showing.",
    ),
    who(
        "email",
        "e-mail address, not verified",
        "The address stored with the account; present when the scope email was asked for and an address exists, and \
         for guests. Administrators can set it to any value, so it proves no ownership: never link accounts by it. \
         xms_edov tells whether the domain's owner was checked.",
    ),
    who(
        "email_verified",
        "address was verified",
        "A standard OpenID claim that other providers send to say that the person controls the address. Entra does not \
         issue it; the nearest thing there is xms_edov.",
    ),
    who(
        "given_name",
        "first name",
        "The first name from the profile. In tokens of version 2.0 it is an optional claim. For display only.",
    ),
    who(
        "family_name",
        "last name",
        "The last name from the profile. In tokens of version 2.0 it is an optional claim. For display only.",
    ),
    who(
        "nickname",
        "nickname",
        "Another name for display, found in tokens of version 1.0. Nothing may depend on it.",
    ),
    who(
        "idp",
        "who authenticated the person",
        "The identity provider that really checked the person. In ID tokens it is present when that is not the tenant \
         itself: for guests, with the issuer of their home, or live.com. In app-only tokens it is the tenant's own issuer. \
         Useful for telling guests from members.",
    ),
    who(
        "acct",
        "member or guest",
        "An optional claim that is 0 for members of the tenant and 1 for guests. The short way to tell them apart, if the \
         registration asks for it.",
    ),
    who(
        "sid",
        "session id",
        "Names the browser session; the tokens of one session, the exchanged ones included, hold the same. A web \
         application keeps it to know which session a front-channel sign-out means. Not the id of a user.",
    ),
    who(
        "login_hint",
        "opaque hint for the next sign-in",
        "An optional claim of ID tokens, to be handed back in the parameters login_hint (to skip the account picker) or \
         logout_hint (to sign out without asking). Opaque: do not read it, show it, or use it as a key.",
    ),
    who(
        "onprem_sid",
        "security identifier from Active Directory",
        "The Windows security identifier of a user who is synchronised from an on-premises directory. Meant for older \
         applications that still authorise by it; new ones take oid.",
    ),
    who(
        "app_displayname",
        "name of the calling application",
        "The display name of the client, in tokens for Microsoft Graph. For people to read; identify a client by appid.",
    ),
    who(
        "verified_primary_email",
        "verified addresses",
        "An optional claim of ID tokens with addresses taken from the person's primary verified ones. Safer than email, \
         but a user may have none.",
    ),
    who(
        "verified_secondary_email",
        "further verified addresses",
        "An optional claim of ID tokens with addresses from the person's secondary verified ones. For contact, not as key.",
    ),
    who(
        "xms_edov",
        "owner of the e-mail domain was verified",
        "An optional claim saying whether the domain of the address in email is verified. Without it, email must not be \
         trusted for anything but display.",
    ),
    who(
        "ctry",
        "country of the user",
        "An optional claim with the two-letter country from the user's profile. It says what the profile says, not where \
         the person is.",
    ),
    who(
        "tenant_ctry",
        "country of the tenant",
        "An optional claim with the two-letter country that an administrator set for the tenant. It says nothing about \
         where a user is.",
    ),
    who(
        "tenant_region_scope",
        "region of the tenant",
        "Where the tenant's resources are kept, such as EU or NA. A fact about the tenant; not for decisions about users.",
    ),
    who(
        "xms_pl",
        "preferred language of the user",
        "An optional claim with the language that the user chose. For guests it comes from their home. Good for choosing \
         the language of a page.",
    ),
    who(
        "xms_tpl",
        "preferred language of the tenant",
        "An optional claim with the language set for the tenant. A fallback when xms_pl is absent.",
    ),
    who(
        "xms_pdl",
        "preferred data location",
        "An optional claim for tenants that spread over several regions: where the user's data should be kept. It is about \
         storage, not about where the person is.",
    ),
    who(
        "xms_mirid",
        "resource id of the managed identity",
        "The Azure path of the machine or service whose managed identity the token was issued to. Helps in logs to find \
         the caller. Authorise by oid or by roles, not by this path.",
    ),
    who(
        "puid",
        "older internal number of the user",
        "An identifier from before oid, seen in tokens for Microsoft Graph. Proprietary: do not store it or rely on it.",
    ),
    who(
        "emails",
        "e-mail addresses (B2C)",
        "The addresses of the account, as Azure AD B2C lists them. Whether they are verified depends on the user flow; as \
         keys they are no good, since people change them.",
    ),
    who(
        "altsecid",
        "the person at the other provider",
        "How the identity provider in idp knows the person, in tokens of version 1.0 for guests. Proprietary; take oid.",
    ),
    who(
        "jobTitle",
        "job title",
        "The job title from the profile, in tokens of B2C and External ID. For display only.",
    ),
    who(
        "streetAddress",
        "street",
        "The street from the profile, in tokens of B2C and External ID. As the person typed it.",
    ),
    who(
        "postalCode",
        "postal code",
        "The postal code from the profile, in tokens of B2C and External ID. As typed.",
    ),
    who(
        "city",
        "city",
        "The city from the profile, in tokens of B2C and External ID. As the person typed it.",
    ),
    who(
        "state",
        "state or province",
        "The state from the profile, in tokens of B2C and External ID. As typed.",
    ),
    who(
        "country",
        "country",
        "The country from the profile, in tokens of B2C and External ID. As the person typed it.",
    ),
    who(
        "newUser",
        "account is new (B2C)",
        "True in the first token after somebody signed up with Azure AD B2C. The moment to create a record or to welcome \
         the person; absent later.",
    ),
    who(
        "picture",
        "address of a picture",
        "Where a portrait of the person can be had. Entra's UserInfo answers with an address of Microsoft Graph, which takes \
         an access token for it.",
    ),
    who(
        "NameID",
        "subject of the SAML assertion",
        "Whom the assertion is about. What it holds, such as the sign-in name or a value for this application only, is set \
         under attributes and claims of the enterprise application.",
    ),
    who(
        "NameIDFormat",
        "what kind of name NameID is",
        "Says whether the subject is an e-mail address, a persistent value, a transient one, or left open. The application \
         and Entra must agree on it.",
    ),
    who(
        "Attributes",
        "attributes of the SAML assertion",
        "What the assertion says about the person, name by name. Entra writes the names as addresses under \
         schemas.xmlsoap.org and schemas.microsoft.com unless they were changed.",
    ),
    who(
        "SessionIndex",
        "session of the SAML sign-in",
        "Names the session, to be handed back in a logout request so that the right one ends.",
    ),
    // ── for whom, by whom ────────────────────────────────────────────────────────────────────────────────────────
    for_whom(
        "iss",
        "issuer: who made it",
        "The tenant's address as issuer. It ends in /v2.0 for version 2.0 and is under sts.windows.net for version 1.0. \
         A validator must compare it, letter by letter, with the issuer in the metadata document, with tid put in place \
         of {tenantid} there.",
    ),
    for_whom(
        "aud",
        "audience: for whom it is",
        "Who may accept the token. In an ID token it is the client's application id; in a version 2.0 access token always \
         the API's application id; in version 1.0 the identifier as the client asked for it. Everybody else must refuse \
         it, whatever else it says.",
    ),
    for_whom(
        "azp",
        "client that asked for it (2.0)",
        "The application id of the client, in access tokens of version 2.0. An API that only serves known clients compares \
         it with its list. azpacr says how well the client proved to be this one.",
    ),
    for_whom(
        "appid",
        "client that asked for it (1.0)",
        "The application id of the client, in access tokens of version 1.0 and for Microsoft Graph. Version 2.0 calls it \
         azp. appidacr says how well the client proved to be this one.",
    ),
    for_whom(
        "client_id",
        "client that asked for it (RFC 9068)",
        "The client's id as other providers write it in access tokens. Entra writes azp or appid in its place.",
    ),
    for_whom(
        "ver",
        "version of the token's form",
        "1.0 or 2.0: which claims to expect and which metadata document holds the issuer. For ID tokens the endpoint \
         decides; for access tokens the API's registration does, never the client.",
    ),
    for_whom(
        "idtyp",
        "kind of caller",
        "Says app when the token was issued to an application alone and user when a person takes part. An optional claim, \
         always there for Microsoft Graph; its absence says nothing, so look at scp as well.",
    ),
    for_whom(
        "nonce",
        "ties the token to the request",
        "The value that the client sent when it asked for the ID token. The client must compare the two: another value \
         means that a token from another sign-in was slipped in. In access tokens it has no meaning.",
    ),
    for_whom(
        "at_hash",
        "hash of the access token beside it",
        "The left half of the access token's hash, in ID tokens that come from the authorization endpoint together with \
         one. The client compares it to be sure that both belong together.",
    ),
    for_whom(
        "c_hash",
        "hash of the code beside it",
        "The left half of the authorization code's hash, in ID tokens of the hybrid flow. The client compares it before it \
         redeems the code.",
    ),
    for_whom(
        "tfp",
        "user flow or policy (B2C)",
        "The B2C user flow or custom policy that made the token, such as B2C_1_sign_in. An API that serves several flows \
         may look at it; metadata and keys are looked up under it.",
    ),
    for_whom(
        "idp_access_token",
        "token of the other provider (B2C)",
        "The access token that Google, Facebook or another provider gave to B2C, passed on because the user flow says so. \
         It is a secret: keep this token away from logs.",
    ),
    for_whom(
        "act",
        "who acts on behalf (RFC 8693)",
        "Who uses the token in the name of the subject, in tokens of other providers' token exchange. Entra's own \
         on-behalf-of tokens name the caller in azp or appid.",
    ),
    for_whom(
        "Message",
        "kind of SAML message",
        "The outermost element: Response or Assertion from the identity provider, AuthnRequest or LogoutRequest from \
         either side.",
    ),
    for_whom(
        "Issuer",
        "who made the SAML message",
        "The tenant's entity id in answers, https://sts.windows.net/ and the tenant id unless it was changed; in requests \
         the application's own identifier.",
    ),
    for_whom(
        "Audience",
        "for whom the SAML assertion is",
        "The identifier (entity id) of the application. It must be the one that the application knows itself by, letter by \
         letter.",
    ),
    for_whom(
        "Destination",
        "where the SAML message goes",
        "The address the message was made for. A receiver compares it with its own, so that a message to somebody else \
         cannot be replayed to it.",
    ),
    for_whom(
        "Recipient",
        "where the SAML assertion may be used",
        "The reply URL (assertion consumer service) for which the subject is confirmed. It must be the receiver's own.",
    ),
    for_whom(
        "AssertionConsumerServiceURL",
        "where the answer shall go",
        "The reply URL that an AuthnRequest asks for. Entra only answers to addresses that are registered.",
    ),
    for_whom(
        "InResponseTo",
        "the SAML request that it answers",
        "The ID of the AuthnRequest. A receiver that asked compares it with what it sent; in sign-ins that begin at the \
         identity provider it is absent.",
    ),
    // ── may ──────────────────────────────────────────────────────────────────────────────────────────────────────
    may(
        "scp",
        "what the client may do for the user",
        "The delegated permissions, separated by blanks, in access tokens that a user takes part in. The API must look for \
         the one it needs, and still check what this user may do: the scope bounds the client and gives the user no new \
         rights. Never in app-only tokens.",
    ),
    may(
        "scope",
        "what is granted (RFC 9068)",
        "The permissions as other providers write them, separated by blanks. Entra calls this scp.",
    ),
    may(
        "roles",
        "app roles",
        "In an app-only access token, the application permissions that an administrator granted; with a user, the roles \
         the user was assigned in this very application. The API looks for the one it needs. Not the roles of the \
         directory: those are in wids.",
    ),
    may(
        "groups",
        "group ids",
        "The object ids of the user's groups, if the registration asks for them. Above 200 (or five in the implicit flow) \
         the list is left out altogether and must be fetched from Microsoft Graph. App roles are sturdier.",
    ),
    may(
        "hasgroups",
        "has too many groups to list",
        "Present and true in tokens of the implicit flow when the user is in more groups than fit in an address. Ask \
         Microsoft Graph for them; do not take the missing list for an empty one.",
    ),
    may(
        "_claim_names",
        "claims that were left out",
        "Says that a claim, usually groups, did not fit, and under which name in _claim_sources to look for it. Do not \
         treat the missing list as empty.",
    ),
    may(
        "_claim_sources",
        "where to fetch what was left out",
        "Addresses for the claims in _claim_names. The one for groups points to an interface that has been retired: ask \
         Microsoft Graph for the groups of oid yourself.",
    ),
    may(
        "wids",
        "directory roles of the user",
        "Template ids of the tenant-wide administrator roles the user holds. They say what the person may do in the \
         directory, not in your application.",
    ),
    may(
        "acrs",
        "authentication contexts that are met",
        "Ids between c1 and c99 that an administrator has tied to Conditional Access policies. An API that wants a \
         stronger sign-in for one operation looks for its id here, and answers with a claims challenge if it is missing.",
    ),
    may(
        "xms_cc",
        "what the client can handle",
        "Capabilities the client declared. cp1 means that it understands claims challenges, so the token may live for a \
         day and be refused before that. Only there when the API asks for this optional claim.",
    ),
    // ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────
    when(
        "exp",
        "not valid after",
        "The end of the token's life, in seconds since 1970. A validator must refuse it from then on; some minutes of \
         leeway for clocks that differ are usual. A client should go by expires_in of the answer instead, and treat access \
         tokens as opaque.",
    ),
    when(
        "nbf",
        "not valid before",
        "The start of the token's life, in seconds since 1970; Entra sets it to iat. If it lies ahead, one of the clocks is \
         wrong.",
    ),
    when(
        "iat",
        "made at",
        "When the token was issued, in seconds since 1970. It says nothing about when the person signed in: a refreshed \
         token is new and the sign-in may be weeks old.",
    ),
    when(
        "auth_time",
        "signed in at",
        "When the person last proved who they are, in seconds since 1970. Present as an optional claim or when max_age was \
         sent. A client that sent max_age must compare it.",
    ),
    when(
        "pwd_exp",
        "password expires",
        "When the password runs out, counted in seconds from iat; version 1.0 or optional. For a friendly reminder at most.",
    ),
    when(
        "xms_tcdt",
        "tenant was created at",
        "When the tenant came into being, in seconds since 1970; in tokens for Microsoft Graph. Proprietary.",
    ),
    when(
        "updated_at",
        "profile last changed",
        "When the person's data last changed, in seconds since 1970, as other OpenID providers say it. Entra does not.",
    ),
    when(
        "NotBefore",
        "SAML: not valid before",
        "The start of the assertion's life. Some minutes of leeway are usual.",
    ),
    when(
        "NotOnOrAfter",
        "SAML: not valid from",
        "The end of the assertion's life: from this moment on it must be refused. Entra gives an hour and some minutes.",
    ),
    when(
        "IssueInstant",
        "SAML: made at",
        "When the message was made. Entra refuses requests whose clock is far off.",
    ),
    when(
        "AuthnInstant",
        "SAML: signed in at",
        "When the person last proved who they are; may be long before the assertion.",
    ),
    // ── how ──────────────────────────────────────────────────────────────────────────────────────────────────────
    how(
        "amr",
        "how the person signed in",
        "The methods that were used, such as pwd and mfa, in tokens of version 1.0. Good for logs. To demand a strong \
         sign-in use Conditional Access and acrs: a list of methods is a poor rule, and version 2.0 leaves it out.",
    ),
    how(
        "acr",
        "level of the sign-in",
        "0 means that the sign-in did not reach the level of ISO/IEC 29115, 1 that it did; in access tokens of version \
         1.0. It does not tell whether several factors were used.",
    ),
    how(
        "azpacr",
        "how the client proved itself (2.0)",
        "0 is a public client, which anybody can pose as; 1 a client secret; 2 a certificate or signed assertion. An API \
         that trusts azp should look here too.",
    ),
    how(
        "appidacr",
        "how the client proved itself (1.0)",
        "0 is a public client, which anybody can pose as; 1 a client secret; 2 a certificate or signed assertion. Version \
         2.0 calls it azpacr.",
    ),
    how(
        "cnf",
        "key that the token is bound to",
        "A proof-of-possession token: the caller must sign each request with the key that is named here, so a copy of the \
         token alone is of no use. An API that accepts such tokens must check that signature as well.",
    ),
    how(
        "ipaddr",
        "address the person came from",
        "The network address at sign-in, in tokens of version 1.0 or as an optional claim. People move while a token \
         lives, so it is for logs and not for access.",
    ),
    how(
        "in_corp",
        "came from the company's network",
        "Present when the sign-in came from addresses that the tenant lists as its own. For location rules use Conditional \
         Access instead.",
    ),
    how(
        "vnet",
        "virtual network of the caller",
        "An optional claim about the Azure virtual network that a request came through. Of use to few APIs, as a hint.",
    ),
    how(
        "fwd",
        "address the request was forwarded for",
        "An optional claim with the original address when a virtual network forwards the request. A hint for logs.",
    ),
    how(
        "ztdid",
        "device id of zero-touch deployment",
        "An optional claim with the identity of a device that Windows Autopilot sets up. Of use to device management only.",
    ),
    how(
        "deviceid",
        "device that was used",
        "The directory id of the registered device at sign-in. A hint: rules about devices belong into Conditional Access.",
    ),
    how(
        "platf",
        "platform of the device",
        "A number for the operating system of the device, in tokens for Microsoft Graph. Proprietary, for the issuer's own \
         use.",
    ),
    how(
        "signin_state",
        "circumstances of the sign-in",
        "Marks such as kmsi (stay signed in) in tokens for Microsoft Graph. Proprietary: do not rely on it.",
    ),
    how(
        "pwd_url",
        "where to change the password",
        "An address to send people to whose password is about to run out; version 1.0 or optional. Check that it is one \
         of your provider's before following it.",
    ),
    how(
        "isForgotPassword",
        "wants to reset the password (B2C)",
        "Set by B2C when the person chose to reset the password in a sign-up or sign-in flow.",
    ),
    how(
        "AuthnContextClassRef",
        "SAML: how the person signed in",
        "The method of the sign-in as SAML names it, such as Password or X509. Requests may ask for one, which makes Entra \
         refuse sign-ins that used another (AADSTS75011).",
    ),
    how(
        "StatusCode",
        "SAML: how it went",
        "Success, or from the outside in why it failed, Entra's reason last.",
    ),
    how("StatusMessage", "SAML: why it failed", "The reason in words; Entra puts the AADSTS number in it."),
    how(
        "SignatureMethod",
        "SAML: algorithm of the signature",
        "How the message is signed. It is named here and not checked; SHA-1 should no longer be accepted.",
    ),
    how(
        "EncryptedAssertion",
        "SAML: the assertion is encrypted",
        "The assertion itself can only be read with the application's private key. Only the envelope is shown.",
    ),
    // ── ids for support ──────────────────────────────────────────────────────────────────────────────────────────
    support(
        "uti",
        "id of this token",
        "A different value for each token. The sign-in log holds it as unique token identifier, so it helps to find the \
         event that a token came from.",
    ),
    support(
        "jti",
        "id of this token (RFC 7519)",
        "A different value for each token, so that a receiver can notice one that is used twice. Entra does not write it; \
         its uti is similar.",
    ),
    support(
        "ID",
        "id of the SAML message",
        "Names this message; answers repeat it in InResponseTo. Made anew each time.",
    ),
    // ── internal ─────────────────────────────────────────────────────────────────────────────────────────────────
    internal(
        "aio",
        "internal",
        "The issuer's own notes about the sign-in, for when the token is used again. Opaque and different every time; \
         ignore it.",
    ),
    internal("rh", "internal", "The issuer's own notes for checking the token again. Opaque; ignore it."),
    internal(
        "e_exp",
        "internal: extended life",
        "For how much longer the token could be honoured in an outage of the issuer. For Microsoft's own services.",
    ),
    internal(
        "xms_st",
        "internal: subject of the token before",
        "Holds sub, the user's subject in the token that was exchanged for this one. Proprietary: do not rely on it.",
    ),
    internal(
        "xms_ftd",
        "internal",
        "Proprietary data of the issuer, in tokens for Microsoft Graph and for your own APIs. Ignore it.",
    ),
    internal("xms_idrel", "internal", "Proprietary: how the identity relates to the tenant. Ignore it."),
    internal("xms_sub_fct", "internal", "Proprietary facts about the subject. Ignore it."),
    internal("xms_tnt_fct", "internal", "Proprietary facts about the tenant. Ignore it."),
    internal("xms_act_fct", "internal", "Proprietary facts about the actor. Ignore it."),
    internal("xms_acd", "internal", "Proprietary data about the application. Ignore it."),
    internal("xms_pftexp", "internal", "Proprietary: a time that the issuer keeps for itself. Ignore it."),
    internal(
        "xms_az_rid",
        "internal: Azure resource",
        "Proprietary: the Azure resource that a managed identity's token stems from. For Microsoft's own services.",
    ),
    internal(
        "xms_az_nwperimid",
        "internal: network perimeter",
        "Proprietary: network perimeters that the caller's Azure resource belongs to. For Microsoft's own services.",
    ),
    internal("xms_rd", "internal", "Proprietary data of the issuer, different every time. Ignore it."),
    internal("xms_ssm", "internal", "Proprietary: how the session is held. Ignore it."),
    internal("xms_spcu", "internal", "Proprietary data about the service principal. Ignore it."),
];

/// What names of a certain form say by themselves, for claims that are in no list: directory extensions and the like.
pub fn likely(name: &str) -> Option<&'static str> {
    let hexadecimal = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(rest) = name.strip_prefix("extension_").or_else(|| name.strip_prefix("extn.")) {
        return Some(if rest.split_once('_').is_some_and(|(app, _)| hexadecimal(app)) {
            "A directory extension: an attribute that the application named in it added to the directory's users."
        } else {
            "A custom attribute of the directory or of a B2C user flow."
        });
    }
    if name.starts_with("xms_") {
        return Some(
            "By its name one of Entra's own claims that are not documented. Programs must not rely on it.",
        );
    }
    if name.starts_with("http://schemas.") || name.starts_with("https://schemas.") {
        return Some("A claim under its SAML name; a claims mapping or an older library writes it so.");
    }
    if name.contains("://") {
        return Some(
            "A private claim under an address of its issuer's, so that nobody else's has the same name.",
        );
    }
    None
}

/// Every header member that is known (RFC 7515 §4.1, RFC 7516 §4.1).
pub const HEADER: &[Meaning] = &[
    form(
        "alg",
        "algorithm",
        "How the token is signed, or how its key is encrypted. Entra signs with RS256. A validator must decide by its own \
         rules and by the key which algorithms it accepts, and never because the token says so; none is always refused.",
    ),
    form(
        "typ",
        "type of the whole",
        "JWT in all of Entra's tokens, so it does not tell an ID token from an access token. Others write at+jwt for \
         access tokens.",
    ),
    form(
        "kid",
        "which key signed it",
        "The name of a key in the issuer's key set. If the set at hand lacks it, fetch the set again, but not more often \
         than every few minutes: keys are renewed without notice, and forged tokens name keys that never existed.",
    ),
    form(
        "x5t",
        "thumbprint of the signing certificate",
        "The SHA-1 digest of the certificate in base64url. In Entra's tokens of version 1.0 it equals kid; version 2.0 \
         leaves it out. Find the key by kid.",
    ),
    form(
        "x5t#S256",
        "thumbprint of the certificate, SHA-256",
        "The SHA-256 digest of the certificate in base64url. Client assertions carry it so that Entra finds the \
         registered certificate.",
    ),
    form(
        "nonce",
        "for Microsoft's own APIs",
        "Marks a token that only its API, such as Microsoft Graph, can validate: the signature covers a header with \
         another value in this place. A failing signature is then no fault, and not your API's business. The claim nonce \
         is something else.",
    ),
    form(
        "x5c",
        "certificate chain",
        "The signer's certificate itself. Client assertions carry it for authentication by subject name. In a received \
         token it must not be trusted unless it leads to a root that was agreed on.",
    ),
    form(
        "x5u",
        "address of a certificate",
        "Where the signer says its certificate can be found. Whoever made the token chose it: do not fetch it.",
    ),
    form(
        "jwk",
        "key in the header",
        "A public key sent along, as in DPoP proofs. It shows that the sender holds the private part, not who the sender \
         is; never take it as the issuer's key.",
    ),
    form(
        "jku",
        "address of a key set",
        "Where the signer says its keys can be found. Whoever made the token chose it: take the address from the issuer's \
         metadata instead.",
    ),
    form(
        "crit",
        "extensions that must be understood",
        "Names header members that a validator has to know. One that does not know them all must refuse the token.",
    ),
    form("cty", "type of the content", "JWT says that the payload is another token. Absent in Entra's own."),
    form(
        "enc",
        "content encryption",
        "How the content of an encrypted token is protected. The content can only be read with the recipient's key.",
    ),
    form(
        "zip",
        "compression",
        "The content was compressed before it was encrypted. Readers should bound how much they unpack.",
    ),
    form(
        "epk",
        "sender's temporary key",
        "The sender's half of a key agreement, in an encrypted token. Of use to the recipient only.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_complete_and_no_name_stands_twice() {
        for table in [CLAIMS, HEADER] {
            let names: BTreeSet<_> = table.iter().map(|meaning| meaning.name).collect();
            assert_eq!(names.len(), table.len());
            for Meaning { name, short, long, .. } in table {
                assert!(!name.is_empty() && name.trim() == *name);
                assert!((4..=45).contains(&short.len()), "{name}: {short}");
                assert!(long.len() > 30 && long.ends_with('.'), "{name}: {long}");
                assert!(!short.ends_with('.') && !long.contains("  "), "{name}");
            }
        }
    }

    #[test]
    fn claims_stand_in_the_order_of_their_headings() {
        assert!(CLAIMS.is_sorted_by_key(|meaning| meaning.group));
        assert!(Group::ALL.is_sorted());
        assert!(CLAIMS.iter().all(|meaning| !matches!(meaning.group, Group::Form | Group::Unknown)));
        assert!(HEADER.iter().all(|meaning| meaning.group == Group::Form));
    }

    #[test]
    fn what_the_reference_lists_is_known() {
        let id_token = "aud iss iat nbf exp sub tid ver oid preferred_username name email nonce c_hash at_hash idp roles \
            groups hasgroups _claim_names _claim_sources sid login_hint auth_time aio rh uti acct ctry tenant_ctry \
            tenant_region_scope verified_primary_email verified_secondary_email vnet xms_pdl xms_pl xms_tpl xms_edov \
            ztdid fwd given_name family_name upn ipaddr onprem_sid pwd_exp pwd_url in_corp";
        let access_token = "appid appidacr azp azpacr scp idtyp amr acr unique_name nickname wids acrs xms_cc \
            app_displayname platf puid xms_st xms_tcdt xms_idrel xms_ftd xms_sub_fct xms_tnt_fct xms_act_fct xms_acd \
            xms_pftexp signin_state cnf";
        let managed_identity =
            "aud iss iat nbf exp aio appid appidacr idp idtyp oid rh sub tid uti ver xms_mirid xms_az_rid";
        let b2c = "iss exp nbf aud sub nonce iat auth_time tfp oid name given_name family_name emails idp city country \
            jobTitle postalCode state streetAddress newUser idp_access_token ver acr azp scp at_hash c_hash";
        let all = [id_token, access_token, managed_identity, b2c];
        for name in all.iter().flat_map(|list| list.split_whitespace()) {
            let meaning = meaning(name).unwrap_or_else(|| panic!("{name}"));
            assert!(!matches!(meaning.group, Group::Form | Group::Unknown), "{name}");
        }
        for name in ["typ", "alg", "kid", "x5t", "nonce"] {
            assert!(header_meaning(name).is_some(), "{name}");
        }
        assert_eq!(group("xms_nobody_knows"), Group::Unknown);
        assert!(meaning("AUD").is_none(), "names are case-sensitive");
    }

    #[test]
    fn names_of_a_known_form_say_something_and_stay_unknown() {
        let app = "4b0e6a213d5e4f789c0d1e2f3a4b5c6d";
        for (name, part) in [
            (format!("extension_{app}_skuPrefix").as_str(), "application"),
            ("extension_loyalty", "custom attribute"),
            ("xms_nobody_knows", "not documented"),
            ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "SAML"),
            ("https://shop.example/tier", "private claim"),
        ] {
            assert!(likely(name).unwrap_or_default().contains(part), "{name}");
            assert_eq!(group(name), Group::Unknown, "{name}");
        }
        assert_eq!(likely("tier"), None);
    }
}
