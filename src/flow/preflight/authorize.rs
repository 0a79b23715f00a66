//! The authorization request, looked at before somebody goes there.

use serde_json::Value;
use url::Url;

use super::{Report, any, api_of, is_oidc, redirect_uri, words};
use crate::{
    finding::Finding,
    flow::{Draft, FlowKind, Place, Platform, Profile},
    oauth::{authorize::ResponseType, pkce},
    text::visible,
};

/// What Entra knows of `prompt`; the first four are those of OpenID Connect.
const PROMPTS: [&str; 5] = ["none", "login", "consent", "select_account", "create"];

/// Looks at the authorization request of a flow. `listener` is the address at which answers are caught, if any is.
pub(in crate::flow) fn authorize(
    kind: FlowKind,
    profile: &Profile,
    draft: &Draft,
    listener: Option<&Url>,
) -> Vec<Finding> {
    let mut report = Report(any(draft, &["client_id", "response_type", "redirect_uri", "scope"]));
    let asked = draft.value("response_type").and_then(ResponseType::read);
    if draft.value("state").is_none_or(str::is_empty) {
        report.warn(
            "state.not_sent",
            "RFC 6749 §10.12",
            "Without state nobody can tell whether the answer belongs to this request.",
        );
    }
    report.response_type(kind, draft, asked);
    report.response_mode(profile, draft, asked.unwrap_or_default());
    report.identity(draft, asked.unwrap_or_default());
    report.asked_scope(profile, draft, asked.unwrap_or_default());
    report.sign_in(draft);
    report.tenant(profile, draft);
    if asked.map_or(kind != FlowKind::Implicit, |asked| asked.code) {
        report.challenge(profile, draft);
    }
    redirect_uri::judge(&mut report, profile, draft, listener);
    for field in draft.fields.iter().filter(|field| field.place == Place::Header && !field.removed) {
        let title =
            format!("The browser makes this request: header {} does not travel.", visible(&field.name));
        report.warn("header.not_sent", "RFC 6749 §4.1.1", title);
    }
    report.0
}

impl Report {
    fn response_type(&mut self, kind: FlowKind, draft: &Draft, asked: Option<ResponseType>) {
        let Some(asked) = asked else {
            if draft.value("response_type").is_some_and(|value| !value.is_empty()) {
                self.warn(
                    "response_type.unknown",
                    "OAuth 2.0 Multiple Response Types §3",
                    "response_type is made of the words code, id_token and token, with blanks between them.",
                );
            }
            return;
        };
        match kind {
            FlowKind::Implicit if asked.code || !asked.brings_tokens() => self.warn(
                "response_type.code",
                "RFC 6749 §4.2.1",
                "This flow takes tokens from the answer and redeems no code: ask for id_token, token or both.",
            ),
            FlowKind::Hybrid if !asked.code || !asked.brings_tokens() => self.warn(
                "response_type.not_hybrid",
                "OpenID Connect Core §3.3",
                "This flow waits for a code together with a token: ask for code and id_token, token or both.",
            ),
            FlowKind::AuthorizationCode if !asked.code || asked.brings_tokens() => self.warn(
                "response_type.not_code",
                "RFC 6749 §4.1.1",
                "This flow waits for a code; another response type brings something else back.",
            ),
            _ => {}
        }
    }

    fn response_mode(&mut self, profile: &Profile, draft: &Draft, asked: ResponseType) {
        let source = "OAuth 2.0 Multiple Response Types §2.1";
        match draft.value("response_mode") {
            Some("query") if asked.brings_tokens() => self.warn(
                "response_mode.tokens_in_query",
                "OAuth 2.0 Multiple Response Types §3",
                "Tokens may not travel in the query, where servers write them down; Entra refuses this.",
            ),
            Some("fragment") if profile.platform == Platform::Web => self.info(
                "response_mode.fragment",
                source,
                "No server sees what stands behind the #: only a script on the page can hand it on, as our listener's \
                 page does.",
            ),
            Some("form_post") if profile.platform == Platform::Spa => self.info(
                "response_mode.form_post",
                "OAuth 2.0 Form Post Response Mode §2",
                "A form goes to a server; the script of a single-page application never sees it.",
            ),
            None | Some("query" | "fragment" | "form_post") => {}
            Some(_) => self.warn(
                "response_mode.unknown",
                source,
                "response_mode is query, fragment or form_post; Entra refuses any other.",
            ),
        }
    }

    /// `openid` and the nonce.
    fn identity(&mut self, draft: &Draft, asked: ResponseType) {
        let has_openid = draft.value("scope").is_some_and(|scope| words(scope).any(|word| word == "openid"));
        let has_nonce = draft.value("nonce").is_some_and(|nonce| !nonce.is_empty());
        match (has_openid, asked.id_token) {
            (false, true) => self.warn(
                "scope.no_openid",
                "OpenID Connect Core §3.1.2.1",
                "An ID token is asked for without openid in the scope; Entra refuses that.",
            ),
            (false, false) => self.info(
                "scope.no_openid",
                "OpenID Connect Core §3.1.2.1",
                "Without openid in the scope no ID token comes, and nobody learns who signed in.",
            ),
            (true, _) => {}
        }
        if has_nonce {
            return;
        }
        if asked.id_token {
            self.warn(
                "nonce.not_sent",
                "OpenID Connect Core §3.2.2.1",
                "An ID token that comes through the browser needs a nonce; the authority refuses to make one without.",
            );
        } else if has_openid {
            self.info(
                "nonce.not_sent",
                "OpenID Connect Core §15.5.2",
                "Without a nonce a replayed ID token cannot be told from a fresh one.",
            );
        }
    }

    fn asked_scope(&mut self, profile: &Profile, draft: &Draft, asked: ResponseType) {
        let scope = draft.value("scope").unwrap_or_default();
        let has_offline_access = words(scope).any(|word| word == "offline_access");
        if has_offline_access && !asked.code {
            self.info(
                "scope.offline_access",
                "RFC 6749 §4.2.2",
                "offline_access is of no use here: no refresh token ever comes from the authorization endpoint.",
            );
        } else if !has_offline_access && asked.code {
            self.info(
                "scope.no_offline_access",
                "OpenID Connect Core §11",
                "Without offline_access no refresh token comes: when the access token ends, the person is sent here \
                 again.",
            );
        }
        if !profile.authority.is_entra() {
            return;
        }
        let apis: Vec<_> = words(scope).filter(|word| !is_oidc(word)).collect();
        let whole = |word: &&&str| word.ends_with("/.default");
        if let Some(default) = apis.iter().find(whole)
            && apis.iter().any(|word| !whole(&word) && api_of(word) == api_of(default))
        {
            self.warn(
                "scope.default_mixed",
                "Entra",
                ".default stands for everything that was registered, and Entra refuses it beside single permissions of \
                 the same API.",
            );
        }
        self.permissions(&apis);
        if apis.iter().any(|word| api_of(word) != api_of(apis[0])) {
            if asked.token {
                self.warn(
                    "scope.several_apis",
                    "Entra",
                    "The scope names several APIs, and the one access token of the answer is for one of them.",
                );
            } else if apis.iter().filter(whole).count() > 1 {
                self.warn(
                    "scope.default_mixed",
                    "Entra",
                    "Entra takes .default of one API only in one request.",
                );
            } else {
                self.info(
                    "scope.several_apis",
                    "Entra",
                    "The scope names several APIs. One sign-in may ask consent for all of them, but each token is for one: \
                     the code brings the first, the refresh token the others.",
                );
            }
        }
    }

    /// What is said about how the person shall sign in.
    fn sign_in(&mut self, draft: &Draft) {
        let source = "OpenID Connect Core §3.1.2.1";
        if let Some(prompt) = draft.value("prompt") {
            if let Some(unknown) = words(prompt).find(|word| !PROMPTS.contains(word)) {
                let title = format!("prompt={} is not known; Entra refuses it.", visible(unknown));
                self.warn("prompt.unknown", source, title);
            }
            let all: Vec<_> = words(prompt).collect();
            if all.contains(&"none") {
                if all.len() > 1 {
                    self.warn(
                        "prompt.none_mixed",
                        source,
                        "prompt=none forbids every page and stands alone.",
                    );
                } else {
                    self.info(
                        "prompt.none",
                        source,
                        "prompt=none shows no page: without a session the answer is login_required at once.",
                    );
                }
            }
            if all.contains(&"select_account") && draft.value("login_hint").is_some() {
                self.warn(
                    "prompt.hint",
                    "Entra",
                    "login_hint names the account and select_account asks for it: they cancel each other out.",
                );
            }
        }
        if let Some(max_age) = draft.value("max_age")
            && max_age.parse::<u32>().is_err()
        {
            self.warn("max_age.form", source, "max_age is a number of seconds.");
        }
        if let Some(claims) = draft.value("claims")
            && !matches!(serde_json::from_str(claims), Ok(Value::Object(_)))
        {
            self.warn(
                "claims.form",
                "OpenID Connect Core §5.5",
                "claims is a JSON object, and this is none.",
            );
        }
        if draft.value("resource").is_some() {
            self.warn(
                "resource.v1",
                "Entra",
                "resource belongs to the older endpoints: here the API's name stands in the scope, and Entra may refuse \
                 this (AADSTS901002).",
            );
        }
    }

    /// Segments of the address that stand for more than one tenant.
    fn tenant(&mut self, profile: &Profile, draft: &Draft) {
        let Ok(url) = Url::parse(&draft.endpoint.value) else { return };
        let segment = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
        let who = match segment.to_ascii_lowercase().as_str() {
            _ if !profile.authority.is_entra() => return,
            "common" => "common lets work accounts of every tenant and personal accounts sign in",
            "organizations" => {
                "organizations lets work accounts of every tenant sign in, and no personal ones"
            }
            "consumers" => "consumers lets personal accounts sign in, and no work accounts",
            _ => return,
        };
        let title = format!(
            "{who}, if the registration does too (else AADSTS50194 or its like). tid in the token says where the person \
             is from: check it."
        );
        self.info("tenant.shared", "Entra", title);
    }

    fn challenge(&mut self, profile: &Profile, draft: &Draft) {
        let is_spa = profile.platform == Platform::Spa && profile.authority.is_entra();
        let challenge = draft.value("code_challenge").filter(|challenge| !challenge.is_empty());
        match (challenge, draft.value("code_challenge_method")) {
            (None, _) if is_spa => self.warn(
                "pkce.none",
                "Entra",
                "Without a challenge Entra refuses a single-page application.",
            ),
            (None, _) => self.warn(
                "pkce.none",
                "RFC 9700 §2.1.1",
                "Without a challenge whoever catches the code can redeem it, or have you redeem theirs.",
            ),
            (Some(challenge), Some("S256")) => {
                // What somebody makes of SHA-256 in hexadecimal, and not in base64url, has 64.
                if challenge.len() != 43 {
                    self.warn(
                        "pkce.form",
                        "RFC 7636 §4.2",
                        "An S256 challenge has 43 characters: the 32 bytes of the hash in base64url, not in hexadecimal.",
                    );
                }
            }
            (Some(challenge), None | Some("plain")) => {
                self.warn(
                    "pkce.plain",
                    "RFC 7636 §7.2",
                    "With plain the challenge is the verifier: whoever reads this request can redeem the code.",
                );
                if let Some(flaw) = pkce::flaw(challenge) {
                    let title = format!("The challenge is the verifier here, and its form is wrong: {flaw}.");
                    self.warn("pkce.form", "RFC 7636 §4.1", title);
                }
            }
            (Some(_), Some(_)) => {
                self.warn("pkce.method", "RFC 7636 §4.3", "code_challenge_method is neither S256 nor plain.");
            }
        }
    }
}
