//! The classic mistakes, named: what was sent where it does not belong, and what to do about it. They come on top of the
//! lights; a token can show several, and a token that is merely forged shows none.

use serde_json::Value;

use super::Seat;
use crate::{
    finding::{Finding, Severity},
    token::{
        Decoded, Kind, TokenKind,
        checks::{Expected, Purpose, roles_of, scopes_of},
        compact::is_unsecured,
        kind_of, known,
        remarks::quote,
    },
};

/// A classic mistake: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// A stable name, such as `mistake.id_token_at_api`.
    pub id: &'static str,
    /// What happened.
    pub title: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// The mistakes that this token shows in that seat.
pub(super) fn find(token: &Decoded, seat: Seat, expected: &Expected, checks: &[Finding]) -> Vec<Mistake> {
    let mut case = Case { token, expected, checks, kind: kind_of(token).kind, found: Vec::new() };
    if token.kind == Kind::Jws {
        case.signature();
        case.other_purposes();
        match seat {
            Seat::Api => case.at_api(),
            Seat::Client => case.at_client(),
        }
        case.origin();
        case.times();
    } else {
        case.no_jwt();
    }
    case.found
}

struct Case<'a> {
    token: &'a Decoded,
    expected: &'a Expected,
    checks: &'a [Finding],
    kind: TokenKind,
    found: Vec<Mistake>,
}

impl Case<'_> {
    fn say(&mut self, id: &'static str, title: impl Into<String>, advice: &'static str) {
        self.found.push(Mistake { id, title: title.into(), advice });
    }

    fn failed(&self, id: &str) -> bool {
        self.checks.iter().any(|finding| finding.id == id && finding.severity == Severity::Error)
    }

    /// What is no JWT, and so cannot be judged by one.
    fn no_jwt(&mut self) {
        let is = |id: &str| self.token.findings.iter().any(|finding| finding.id == id);
        match self.token.kind {
            Kind::Opaque if is("kind.entra_refresh_or_code") => self.say(
                "mistake.refresh_token",
                "A refresh token or a code of Microsoft's: it buys tokens, and opens no API.",
                "Send it to the token endpoint only, and call the API with the access token that comes back.",
            ),
            Kind::Opaque if is("kind.personal_opaque") => self.say(
                "mistake.personal_token",
                "The opaque access token of a personal account: only Microsoft's API that it was made for reads it.",
                "Use it for that API alone. For your own API ask for a scope of that API; the token is a JWT then.",
            ),
            Kind::Opaque => self.say(
                "mistake.opaque",
                "An opaque token: only its issuer can read it.",
                "Send the access token that was made for this API; if it is this one, ask its issuer (RFC 7662).",
            ),
            Kind::Jwe => self.say(
                "mistake.encrypted",
                "An encrypted token: only the resource it was made for can open it.",
                "Ask for a token for your own API; Microsoft encrypts those for some of its own.",
            ),
            Kind::Saml => self.say(
                "mistake.saml",
                "A SAML assertion where a JWT is wanted.",
                "Sign in with OpenID Connect, or exchange the assertion for an access token first.",
            ),
            Kind::NotAToken if is("kind.client_secret") => self.say(
                "mistake.client_secret",
                "A client secret was sent in place of a token.",
                "Send it to the token endpoint only, for an access token. If anybody else saw it, replace it.",
            ),
            Kind::NotAToken | Kind::Jws => {}
        }
    }

    /// What would make a careless validator believe anybody.
    fn signature(&mut self) {
        if is_unsecured(&self.token.header) {
            self.say(
                "mistake.unsigned",
                "It is not signed (alg is none): anybody can have written it.",
                "Take tokens from the token endpoint only, and refuse alg none in every validator.",
            );
        }
        let algorithm = self.token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        if algorithm.starts_with("HS") && self.failed("check.algorithm") {
            self.say(
                "mistake.public_key_as_secret",
                format!(
                    "It says {}, as if signed with a shared secret. A validator that believes it takes the published \
                     key for that secret.",
                    quote(algorithm)
                ),
                "Fix the algorithms of the validator (RS256 for Entra); never let the token choose.",
            );
        }
        let brought =
            ["jwk", "jku", "x5u", "x5c"].into_iter().find(|name| self.token.header.contains_key(*name));
        if let Some(name) = brought
            && (self.failed("check.signature") || self.failed("check.key"))
        {
            self.say(
                "mistake.embedded_key",
                format!("It brings its own key, or says where to get one ({name}): whoever forged it chose that key."),
                "Take keys from the issuer's own key set and from nowhere else; ignore jwk, jku, x5u and x5c.",
            );
        }
    }

    /// Signed tokens that are for the token endpoint, not for a seat.
    fn other_purposes(&mut self) {
        // A managed identity's token for the exchange is an access token by its kind, and no less out of place.
        if self.kind == TokenKind::WorkloadAssertion || known::is_workload(&self.token.claims) {
            self.say(
                "mistake.federated_token",
                "A workload's own token, made to be exchanged at a token endpoint.",
                "Send it to the token endpoint as client_assertion, and call the API with the access token that comes back.",
            );
        } else if self.kind == TokenKind::ClientAssertion {
            self.say(
                "mistake.client_assertion",
                "A client assertion: iss and sub are the client itself. It proves a client to the token endpoint.",
                "Send it as client_assertion, and call the API with the access token that comes back.",
            );
        }
    }

    fn at_api(&mut self) {
        let is_for_graph = matches!(self.kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly);
        if self.kind == TokenKind::IdToken {
            self.say(
                "mistake.id_token_at_api",
                "An ID token was sent to an API. It tells the client who signed in, and is for nobody else.",
                "Ask for a scope of the API (api://…/.default or a named one) and send the access token.",
            );
        } else if is_for_graph && self.token.header.contains_key("nonce") && !self.audience_fits() {
            self.say(
                "mistake.graph_token",
                "A token for Microsoft Graph: its signature covers a changed header, and only Graph can check it.",
                "Do not validate it; call Graph with it. For your own API ask for a scope of that API.",
            );
        } else if self.failed("check.audience") {
            self.say(
                "mistake.audience",
                format!("The token is for {}, not for this API.", audience_of(self.token)),
                "Ask for a scope of this API: the scope decides the audience, and a token has one.",
            );
        }
        if self.failed("check.permission") {
            self.permission();
        }
    }

    fn audience_fits(&self) -> bool {
        self.checks
            .iter()
            .any(|finding| finding.id == "check.audience" && finding.severity == Severity::Passed)
    }

    fn permission(&mut self) {
        let Some(Purpose::Call { scopes, roles }) = &self.expected.purpose else { return };
        let app_only = self.kind.is_app_only();
        if scopes_of(self.token).is_empty() && roles_of(self.token).is_empty() {
            self.say(
                "mistake.no_permission",
                "It has neither scp nor roles: nothing was granted to the application.",
                "Add the permission to the registration and have it consented to; then get a new token.",
            );
        } else if app_only && roles.is_empty() {
            self.say(
                "mistake.app_only_at_delegated",
                "An app-only token where a user must take part: it has roles and no scp.",
                "Sign a person in, or let the operation take an application role as well.",
            );
        } else if !app_only && scopes.is_empty() {
            self.say(
                "mistake.delegated_at_app_only",
                "A delegated token where an application role is needed: it has scp, for a user.",
                "Use client credentials with the application role granted, or let the operation take a scope as well.",
            );
        }
    }

    fn at_client(&mut self) {
        if self.kind.is_access() {
            self.say(
                "mistake.access_token_at_client",
                "An access token was taken for an ID token. It is the API's to read, and its form may change.",
                "Ask for the scope openid and read the ID token.",
            );
        } else if self.failed("check.audience") {
            self.say(
                "mistake.other_client",
                format!("The ID token is for another client: {}.", audience_of(self.token)),
                "Take ID tokens from your own requests only; one of another client proves nothing to you.",
            );
        }
        if self.failed("check.nonce") {
            self.say(
                "mistake.nonce",
                "It does not answer the nonce that was sent: it stems from another sign-in.",
                "Keep state and nonce of each sign-in apart, and take a token only for the request it answers.",
            );
        }
    }

    /// From another version or another tenant than expected.
    fn origin(&mut self) {
        let issuer_failed = self.failed("check.issuer");
        let version = self.token.claims.get("ver").and_then(Value::as_str).unwrap_or_default();
        let tenant = self.token.claims.get("tid").and_then(Value::as_str).unwrap_or_default().to_owned();
        let issuers = &self.expected.issuers;
        if issuer_failed && known::is_entra(&self.token.claims) {
            let is_newer = |issuer: &String| issuer.trim_end_matches('/').ends_with("/v2.0");
            let (newer, older) = (issuers.iter().any(is_newer), !issuers.iter().all(is_newer));
            if version == "1.0" && newer && !older {
                return self.say(
                    "mistake.version_1",
                    "A token of version 1.0 (issuer at sts.windows.net) where one of version 2.0 is expected.",
                    "Set api.requestedAccessTokenVersion to 2 in the API's registration; the API decides, not the endpoint.",
                );
            }
            if version == "2.0" && older && !newer {
                return self.say(
                    "mistake.version_2",
                    "A token of version 2.0 where one of version 1.0 is expected.",
                    "Read issuer and keys from the v2.0 metadata document, or set requestedAccessTokenVersion back to 1.",
                );
            }
        }
        let names_tenant =
            |issuer: &String| issuer.contains("{tenantid}") || issuer.contains(&tenant.to_ascii_lowercase());
        let is_foreign = issuer_failed && known::is_guid(&tenant) && !issuers.iter().any(names_tenant);
        if self.failed("check.tenant") || is_foreign {
            let whose = match tenant.as_str() {
                "" => "no tenant that it would name".to_owned(),
                known::PERSONAL_TENANT => "a personal Microsoft account".to_owned(),
                tenant => format!("the tenant {}", quote(tenant)),
            };
            self.say(
                "mistake.tenant",
                format!("The token comes from {whose}, which is not let in here."),
                "Sign in at the address of your own tenant in place of common or organizations, or let that tenant in.",
            );
        }
    }

    fn times(&mut self) {
        // What cannot be read as a time is neither over nor ahead.
        let is_time = |name: &str| self.token.time(name).is_some();
        let (over, ahead) = (is_time("exp"), (is_time("nbf"), is_time("iat")));
        if self.failed("check.expiry") && over {
            self.say(
                "mistake.expired",
                "It is over.",
                "Get a new one with the refresh token, or silently; if it is fresh, compare the clocks.",
            );
        }
        if self.failed("check.not_before") && ahead.0 || self.failed("check.issued_at") && ahead.1 {
            self.say(
                "mistake.clock",
                "It lies in the future by this clock.",
                "Set the clock of this machine by the network; the authority's Date header shows the difference.",
            );
        }
    }
}

fn audience_of(token: &Decoded) -> String {
    match token.claims.get("aud") {
        Some(Value::String(one)) => {
            known::resource(one).map_or_else(|| quote(one), |name| format!("{name} ({})", quote(one)))
        }
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).take(4).map(quote).collect::<Vec<_>>().join(", ")
        }
        _ => "nobody in particular (there is no aud)".to_owned(),
    }
}
