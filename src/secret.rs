//! Values that must not be seen: one type that cannot be printed, and the one list of names that carry such values.

pub mod find;

use std::fmt;

/// A secret text: client secret, token, code, verifier, password.
///
/// `Debug` tells kind and length only, and there is no `Display` and no `Serialize`. [`Secret::expose`] is the one way
/// in; it belongs in request builders, the token decoder and the reveal action, and nowhere else.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Takes the text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is shown in its place.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} chars)", self.len())
    }
}

/// Dots, and how long the text is: `•••••••• (43 chars)`.
pub fn mask(text: &str) -> String {
    format!("•••••••• ({} chars)", text.chars().count())
}

/// Parameters, JSON members and headers whose value is safe to show and to export. Everything else is masked until a
/// person reveals it: a name that we do not know may carry anything.
const HARMLESS: &[&str] = &[
    // authorization request and response (RFC 6749, OIDC Core, RFC 7636)
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "response_mode",
    "state",
    "nonce",
    "prompt",
    "login_hint",
    "domain_hint",
    "claims",
    "max_age",
    "ui_locales",
    "mkt",
    "code_challenge",
    "code_challenge_method",
    "client_info",
    "session_state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "error_codes",
    "error_subcode",
    "suberror",
    "timestamp",
    "trace_id",
    "correlation_id",
    "instance_aware",
    "sid",
    "display",
    "acr_values",
    "admin_consent",
    "tenant",
    "audience",
    "resource",
    "id_token_hint_present",
    "haschrome",
    "cancel",
    "sso_reload",
    "msafed",
    // admin consent, logout, the identity endpoint of a machine
    "post_logout_redirect_uri",
    "logout_hint",
    "api-version",
    "object_id",
    "msi_res_id",
    "mi_res_id",
    "metadata",
    "www-authenticate",
    "request-id",
    // token and device authorization (RFC 6749, RFC 8628)
    "grant_type",
    "client_assertion_type",
    "requested_token_use",
    "token_type",
    "expires_in",
    "ext_expires_in",
    "refresh_in",
    "refresh_token_expires_in",
    "not_before",
    "expires_on",
    "foci",
    "interval",
    "verification_uri",
    "verification_url",
    "user_code",
    "verification_uri_complete",
    "message",
    "username",
    "cloud_instance_name",
    // what our lab tenant's own pages post besides credentials
    "login",
    "loginfmt",
    "passwd_present",
    "consent",
    "accept",
    "decision",
    "action",
    "step",
    "remember",
    // headers
    "accept",
    "accept-language",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "cache-control",
    "client-request-id",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "expires",
    "host",
    "keep-alive",
    "last-modified",
    "link",
    "nel",
    "origin",
    "p3p",
    "pragma",
    "referrer-policy",
    "report-to",
    "retry-after",
    "return-client-request-id",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-ms-clitelem",
    "x-ms-ests-server",
    "x-ms-httpver",
    "x-ms-request-id",
    "x-ms-srs",
    "x-xss-protection",
];

/// Members of JSON documents whose value is safe, besides those of [`HARMLESS`]. As a parameter or a header the same words
/// may carry anything: a link that signs somebody in has an `id`, too.
const HARMLESS_MEMBERS: &[&str] = &[
    // what UserInfo and Microsoft Graph tell about a person (OpenID Connect Core §5.1; reference §12.1), and error bodies
    "sub",
    "name",
    "given_name",
    "family_name",
    "picture",
    "email",
    "id",
    "@odata.context",
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    // how our lab tenant's APIs say what they checked and what they have
    "advice",
    "allowed",
    "api",
    "caller",
    "client",
    "demand",
    "expected",
    "failed",
    "method",
    "notReached",
    "operations",
    "passed",
    "permittedBy",
    "person",
    "priceInCents",
    "received",
    "roles",
    "scopes",
    "what",
];

/// How long an `id` may be that is no GUID. A thing in a stock has a short one; a session has one that nobody can guess.
const LONGEST_ID: usize = 16;

/// Whether the value under `name` may be shown as it is, wherever it stands.
pub fn is_harmless(name: &str) -> bool {
    is_listed(HARMLESS, name)
}

/// Whether the value of a member of a JSON document may be shown as it is.
pub fn is_harmless_member(name: &str, value: &str) -> bool {
    is_harmless(name)
        || is_listed(HARMLESS_MEMBERS, name)
            && (!name.eq_ignore_ascii_case("id")
                || value.len() <= LONGEST_ID
                || uuid::Uuid::try_parse(value).is_ok())
}

fn is_listed(list: &[&str], name: &str) -> bool {
    list.iter().any(|harmless| harmless.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_cannot_be_printed() {
        let secret = Secret::new("correct horse");
        assert_eq!(format!("{secret:?}"), "Secret(13 chars)");
        assert_eq!(secret.masked(), "•••••••• (13 chars)");
    }

    #[test]
    fn what_carries_credentials_is_never_harmless() {
        let secrets = [
            "client_secret",
            "client_assertion",
            "code",
            "code_verifier",
            "device_code",
            "password",
            "passwd",
            "access_token",
            "id_token",
            "refresh_token",
            "assertion",
            "authorization",
            "cookie",
            "set-cookie",
            "something_new",
        ];
        for name in secrets {
            assert!(!is_harmless(name), "{name} must be masked");
            assert!(!is_harmless_member(name, "short"), "{name} must be masked in JSON, too");
        }
        assert!(is_harmless("Client_ID") && is_harmless("x-ms-request-id"));
    }

    #[test]
    fn everyday_words_are_harmless_in_json_only() {
        for name in HARMLESS_MEMBERS {
            assert!(is_harmless_member(name, "short"), "{name}");
            assert!(!is_harmless(name), "{name} may carry anything as a parameter");
        }
        let guid = "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d";
        assert!(is_harmless_member("id", guid));
        assert!(!is_harmless_member("id", &guid.replace('-', "x")), "no GUID");
        assert!(!is_harmless_member("ID", "0123456789abcdef0"));
    }
}
