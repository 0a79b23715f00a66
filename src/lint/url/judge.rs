//! The parameters of an authorization request: what is missing, what contradicts, and what gives something away.

use serde_json::Value;

use super::{Endpoint, SECRETS, UrlReport};
use crate::{
    entra::{
        address::Parts,
        permissions,
        scopes::{self, OPENID_SCOPES, Scope},
    },
    lint::{LintFinding, is_guid, is_placeholder, is_zero},
    oauth::pkce,
    secret,
};

/// Names that people write, and the one that is meant.
const NEAR: &[(&str, &str)] = &[
    ("redirect_url", "redirect_uri"),
    ("redirecturi", "redirect_uri"),
    ("redirecturl", "redirect_uri"),
    ("reply_url", "redirect_uri"),
    ("callback_url", "redirect_uri"),
    ("returnurl", "redirect_uri"),
    ("return_uri", "redirect_uri"),
    ("return_url", "redirect_uri"),
    ("clientid", "client_id"),
    ("appid", "client_id"),
    ("app_id", "client_id"),
    ("application_id", "client_id"),
    ("responsetype", "response_type"),
    ("responsemode", "response_mode"),
    ("scopes", "scope"),
    ("loginhint", "login_hint"),
    ("codechallenge", "code_challenge"),
    ("code_challenge_type", "code_challenge_method"),
    ("challenge_method", "code_challenge_method"),
    ("domainhint", "domain_hint"),
    ("grant_type", "response_type"),
];

/// What the response type asks for.
#[derive(Clone, Copy, Default)]
struct Asked {
    code: bool,
    id_token: bool,
    token: bool,
}

pub fn check(report: &mut UrlReport) {
    names(report);
    let asked = response_type(report);
    client(report);
    redirect_uri(report);
    scope(report, asked);
    binding(report, asked);
    challenge(report, asked);
    response_mode(report, asked);
    asked_of_the_person(report);
}

fn names(report: &mut UrlReport) {
    let mut found = Vec::new();
    for (name, _) in &report.sent {
        let lower = name.to_ascii_lowercase();
        if report.endpoint.takes(name) {
            continue;
        }
        let meant = if report.endpoint.takes(&lower) {
            Some(lower.as_str())
        } else {
            NEAR.iter().find(|(near, _)| *near == lower).map(|(_, meant)| *meant)
        };
        if let Some(meant) = meant {
            found.push(
                LintFinding::error("parameter.name", name.as_str(), format!("{name} is not {meant}"))
                    .fails("The request, as if the parameter were missing", &[900_144])
                    .why("Names are compared letter for letter, and unknown ones are ignored.")
                    .fix(format!("Write {meant}.")),
            );
        } else if !SECRETS.contains(&lower.as_str()) && lower != "resource" && !name.starts_with("amp;") {
            found.push(
                LintFinding::info(
                    "parameter.unknown",
                    name.as_str(),
                    format!("{name} is no parameter of this endpoint"),
                )
                .why("Entra ignores it. If it shall come back to the application, it belongs into state.")
                .fix("Leave it out."),
            );
        }
    }
    for (name, value) in &report.sent {
        if value.is_empty() && report.endpoint.takes(name) {
            found.push(
                LintFinding::warning("parameter.empty", name.as_str(), format!("{name} is empty"))
                    .why("Entra treats it as missing. Usually a setting was not read.")
                    .fix("Give it a value, or leave it out."),
            );
        } else if is_placeholder(value) && name != "state" && name != "nonce" && name != "claims" {
            found.push(
                LintFinding::error(
                    "parameter.placeholder",
                    name.as_str(),
                    format!("{name} is a placeholder that nobody filled"),
                )
                .value(value.as_str())
                .fails("The request", if name == "client_id" { &[700_016] } else { &[] })
                .why("A setting is missing where the address is put together.")
                .fix("Put the value there."),
            );
        }
    }
    report.findings.extend(found);
}

fn missing(name: &'static str, why: &str, fix: &str) -> LintFinding {
    LintFinding::error("parameter.missing", name, format!("{name} is missing"))
        .fails("The request", &[900_144])
        .why(why)
        .fix(fix)
}

fn response_type(report: &mut UrlReport) -> Asked {
    let place = "response_type";
    let Some(text) = report.get(place).map(str::to_owned) else {
        report.findings.push(missing(place, "It says what shall come back.", "Write response_type=code."));
        return Asked { code: true, ..Asked::default() };
    };
    let mut asked = Asked::default();
    for word in text.split_whitespace() {
        match word {
            "code" => asked.code = true,
            "id_token" => asked.id_token = true,
            "token" => asked.token = true,
            _ => {
                let title = format!("response_type knows no {word}");
                let mut finding = LintFinding::error("response_type.unknown", place, title)
                    .value(text.as_str())
                    .fails("The request", &[70005])
                    .why("It is made of code, id_token and token, with blanks between them.");
                finding = finding.fix("Write response_type=code.");
                report.findings.push(finding);
            }
        }
    }
    if asked.token {
        report.findings.push(
            LintFinding::warning("response_type.token", place, "An access token is asked for through the browser")
                .value(text.as_str())
                .fails("The request, unless the registration allows it", &[700_051])
                .why("It stands in the address where scripts and history read it, and no refresh token comes with it.")
                .fix("Ask for code, with PKCE."),
        );
    }
    if asked.id_token {
        report.findings.push(
            LintFinding::info("response_type.id_token", place, "An ID token comes through the browser")
                .value(text.as_str())
                .fails("The request, unless the registration allows it", &[700_054])
                .why("enableIdTokenIssuance has to be on.")
                .fix("Unless the framework needs it: response_type=code brings the ID token from the token endpoint."),
        );
    }
    asked
}

fn client(report: &mut UrlReport) {
    let Some(id) = report.get("client_id").map(str::to_owned) else {
        report.findings.push(missing(
            "client_id",
            "It says which application asks.",
            "Put the Application (client) ID there.",
        ));
        return;
    };
    if is_zero(&id) {
        report.findings.push(
            LintFinding::error("client_id.zero", "client_id", "client_id is the zero GUID")
                .value(id.as_str())
                .fails("The request", &[700_038])
                .why("It stands for no application: a setting has its default value.")
                .fix("Put the Application (client) ID there."),
        );
    } else if !is_guid(&id) && report.tenant.is_some() && !is_placeholder(&id) {
        report.findings.push(
            LintFinding::warning("client_id.form", "client_id", "client_id is no GUID")
                .value(id.as_str())
                .fails("The request", &[700_016])
                .why("Applications of Entra have GUIDs. An address (https://…, api://…) names an API; very old personal-account applications have 16 digits.")
                .fix("Put the Application (client) ID there."),
        );
    }
}

fn redirect_uri(report: &mut UrlReport) {
    let place = "redirect_uri";
    let Some(uri) = report.get(place).map(str::to_owned) else {
        report.findings.push(
            LintFinding::warning("redirect_uri.missing", place, "redirect_uri is missing")
                .fails("The request, where several are registered or none", &[900_971, 500_113])
                .why("Entra takes one that is registered, and which one may change with the registration.")
                .fix("Send the one that the application listens at."),
        );
        return;
    };
    let wrong = |id, title: &str, codes: &'static [u32], why: &str, fix: String| {
        LintFinding::error(id, place, title).value(uri.as_str()).fails("The request", codes).why(why).fix(fix)
    };
    let found = match Parts::of(&uri) {
        None if uri.contains('%') || is_placeholder(&uri) => None,
        None => Some(wrong(
            "redirect_uri.not_absolute",
            "redirect_uri is no absolute address",
            &[90102, 50011],
            "It needs scheme and host.",
            "Send the whole address, as it is registered.".to_owned(),
        )),
        Some(_) if uri.contains('#') => Some(wrong(
            "redirect_uri.fragment",
            "redirect_uri has a # in it",
            &[50011],
            "OAuth forbids it; Entra registers none.",
            format!("Send {}", uri.split('#').next().unwrap_or_default()),
        )),
        Some(parts) if parts.is("http") && !parts.is_loopback() => Some(wrong(
            "redirect_uri.http",
            "redirect_uri is http",
            &[50011],
            "Entra takes http for this machine only. Usually the application does not know that a proxy before it speaks https.",
            format!(
                "Send https{}; behind a proxy, forward and trust X-Forwarded-Proto.",
                &uri[parts.scheme.len()..]
            ),
        )),
        Some(parts) if parts.host == "[::1]" => Some(wrong(
            "redirect_uri.ipv6",
            "Entra does not know [::1] as this machine",
            &[50011],
            "Only localhost and 127.0.0.1 stand for it.",
            "Send http://localhost.".to_owned(),
        )),
        Some(_) => None,
    };
    report.findings.extend(found);
}

fn scope(report: &mut UrlReport, asked: Asked) {
    let place = "scope";
    if report.endpoint == Endpoint::AuthorizeV1 {
        if report.get("resource").is_none() {
            report.findings.push(
                LintFinding::info(
                    "resource.missing",
                    "resource",
                    "Version 1 takes the API from resource, and there is none",
                )
                .why("The code can then only be redeemed with a resource in the token request.")
                .fix("Send resource, or go to the v2.0 endpoint."),
            );
        }
        return;
    }
    if report.get("resource").is_some() && report.tenant.is_some() {
        report.findings.push(
            LintFinding::error("resource.version_2", "resource", "resource belongs to version 1")
                .value(report.get("resource").unwrap_or_default())
                .fails("The request", &[901_002, 9_010_010])
                .why("At v2.0 the API stands before the permission in scope.")
                .fix("Leave resource out and write API/permission into scope."),
        );
    }
    let Some(text) = report.get(place).map(str::to_owned) else {
        report.findings.push(missing(
            place,
            "It says what is asked for.",
            "At least scope=openid%20profile.",
        ));
        return;
    };
    let is_entra = report.tenant.is_some();
    if let Some(sign) = text.chars().find(|c| matches!(c, ',' | ';' | '|')) {
        report.findings.push(
            LintFinding::error("scope.separator", place, format!("scope has {sign} between its words"))
                .value(text.as_str())
                .fails("The request", &[70011])
                .why("Scopes are separated by blanks; a list that was printed into the address has its commas.")
                .fix(format!("Write {}", text.split([',', ';', '|', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("%20"))),
        );
        return;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let apis: Vec<_> =
        words.iter().map(|word| Scope::parse(word)).filter(|scope| !scope.is_openid()).collect();
    let mut out = Vec::new();
    for word in &words {
        if let Some(meant) =
            OPENID_SCOPES.iter().find(|known| **known != *word && known.eq_ignore_ascii_case(word))
        {
            out.push(
                LintFinding::warning("scope.case", place, format!("{word} is not {meant}"))
                    .value(*word)
                    .why("OpenID scopes are written in small letters.")
                    .fix(format!("Write {meant}.")),
            );
        }
    }
    if asked.id_token && !has("openid") {
        out.push(
            LintFinding::error("scope.no_openid", place, "An ID token is asked for, and scope has no openid")
                .value(text.as_str())
                .fails("The request", &[70011])
                .why("openid is what makes it a sign-in (OpenID Connect Core §3.1.2.1).")
                .fix("Add openid."),
        );
    } else if !has("openid") {
        out.push(
            LintFinding::info("scope.no_openid", place, "scope has no openid")
                .why("No ID token comes, and the application does not learn who signed in.")
                .fix("Add openid if it is a sign-in."),
        );
    }
    if asked.code && !has("offline_access") {
        out.push(
            LintFinding::info("scope.no_offline_access", place, "scope has no offline_access")
                .why("No refresh token comes: after about an hour the person is sent here again.")
                .fix("Add offline_access if the application goes on longer."),
        );
    }
    if is_entra {
        let default = apis.iter().find(|scope| scope.permission == ".default");
        let single = apis.iter().find(|scope| scope.permission != ".default");
        if let Some((default, single)) = default.zip(single)
            && default.api() == single.api()
        {
            out.push(
                LintFinding::error(
                    "scope.default_mixed",
                    place,
                    ".default stands beside a single permission",
                )
                .value(text.as_str())
                .fails("The request", &[70011])
                .why(format!(
                    ".default stands for all that is registered; {} is part of it or not asked for.",
                    single.permission
                ))
                .fix("Keep one of the two forms."),
            );
        }
        let first = apis.first().and_then(Scope::api).unwrap_or_default();
        if let Some(other) = apis.iter().filter_map(Scope::api).find(|api| !api.eq_ignore_ascii_case(first)) {
            out.push(
                LintFinding::warning("scope.several_apis", place, "scope names several APIs")
                    .value(format!("{first}, {other}"))
                    .fails("Redeeming the code for both at once", &[28000])
                    .why("A sign-in may ask consent for several; each token is for one.")
                    .fix("Redeem the code for the first, and use the refresh token for the others."),
            );
        }
        for asked in apis
            .iter()
            .filter(|scope| scope.api() == Some(scopes::GRAPH.identifier) && scope.permission != ".default")
        {
            unknown_permission(asked, &mut out);
        }
    }
    report.findings.extend(out);
}

/// A name that Graph does not have for people.
fn unknown_permission(asked: &Scope<'_>, out: &mut Vec<LintFinding>) {
    use crate::entra::registration::Kind;
    let found: Vec<_> = permissions::by_name(scopes::GRAPH.id, asked.permission).collect();
    let delegated = found.iter().find(|one| one.kind == Kind::Scope);
    match (delegated, found.first()) {
        (Some(one), _) if one.needs_admin => out.push(
            LintFinding::info(
                "scope.needs_admin",
                "scope",
                format!("{} needs an administrator's consent", one.name),
            )
            .fails("Sign-in by others, until an administrator has consented", &[90_094])
            .why("People cannot consent to it for themselves.")
            .fix("Have an administrator consent first."),
        ),
        (Some(_), _) => {}
        (None, Some(role)) => out.push(
            LintFinding::error(
                "scope.role",
                "scope",
                format!("{} is a permission for applications only", role.name),
            )
            .value(asked.permission)
            .fails("The request", &[650_053])
            .why("People cannot give it. Client credentials bring it, with …/.default.")
            .fix("Choose a delegated permission."),
        ),
        (None, None) => {
            let better = super::super::permission::nearest(asked.permission, scopes::GRAPH.id);
            let why = if asked.resource.is_none() && !asked.permission.contains("://") {
                "A name without an API before it is Microsoft Graph's, which has none of this name. Permissions of your own API begin with api://…/."
            } else {
                "Microsoft Graph has none of this name."
            };
            let finding = LintFinding::warning(
                "scope.unknown",
                "scope",
                format!("Microsoft Graph has no permission {}", asked.permission),
            )
            .value(asked.permission)
            .fails("The request", &[650_053, 70011])
            .why(why);
            out.push(match better {
                Some(better) => finding.fix(format!("Perhaps {} is meant.", better.name)),
                None => finding.fix("Look it up: authwright permission WORDS."),
            });
        }
    }
}

/// `state` and `nonce`.
fn binding(report: &mut UrlReport, asked: Asked) {
    let (state, nonce) = (report.get("state").map(str::to_owned), report.get("nonce").map(str::to_owned));
    match &state {
        None => {
            report.findings.push(
                LintFinding::warning("state.missing", "state", "state is missing")
                    .why("Nobody can tell whether the answer belongs to this sign-in: a stranger's code can be slipped in (RFC 6749 §10.12).")
                    .fix("Send a fresh random value and compare it when it comes back."),
            );
            report.absent.push(("state", "ties the answer to this request"));
        }
        Some(state) if is_guessable(state) => report.findings.push(
            LintFinding::warning("state.guessable", "state", "state can be guessed")
                .value(state.as_str())
                .why("It protects only if it is fresh and random for each sign-in.")
                .fix("Send at least 16 random bytes."),
        ),
        Some(state) if state.contains("://") => report.findings.push(
            LintFinding::info("state.address", "state", "state carries an address")
                .value(state.as_str())
                .why("If the application goes there without a check, a link can send people anywhere after the sign-in.")
                .fix("Keep the address in the session and only a random key to it in state."),
        ),
        Some(_) => {}
    }
    let has_openid =
        report.get("scope").is_some_and(|scope| scope.split_whitespace().any(|word| word == "openid"));
    match &nonce {
        None if asked.id_token => report.findings.push(
            LintFinding::error("nonce.missing", "nonce", "nonce is missing, and an ID token comes through the browser")
                .fails("The request", &[90014, 900_144])
                .why("Without it an ID token of another sign-in can be slipped in; the authority makes none (OpenID Connect Core §3.2.2.1).")
                .fix("Send a fresh random value and find it again in the ID token."),
        ),
        None if has_openid => report.absent.push(("nonce", "ties the ID token to this request; optional with code, and worth having")),
        Some(nonce) if is_guessable(nonce) => report.findings.push(
            LintFinding::warning("nonce.guessable", "nonce", "nonce can be guessed")
                .value(nonce.as_str())
                .why("It protects only if it is fresh and random for each sign-in.")
                .fix("Send at least 16 random bytes."),
        ),
        Some(nonce) if state.as_ref() == Some(nonce) => report.findings.push(
            LintFinding::info("nonce.same_as_state", "nonce", "nonce and state are the same")
                .why("state comes back in the address and nonce inside of the token: one value shows the other.")
                .fix("Use two values."),
        ),
        _ => {}
    }
}

/// Short, of one character, or a word that samples have.
fn is_guessable(text: &str) -> bool {
    let distinct = text.bytes().collect::<std::collections::BTreeSet<_>>().len();
    text.len() < 8
        || distinct < 4
        || ["12345678", "state", "nonce", "random", "678910"]
            .iter()
            .any(|known| text.eq_ignore_ascii_case(known))
}

fn challenge(report: &mut UrlReport, asked: Asked) {
    let place = "code_challenge";
    if !asked.code {
        return;
    }
    let Some(text) = report.get(place).map(str::to_owned) else {
        report.findings.push(
            LintFinding::warning("pkce.missing", place, "code_challenge is missing")
                .fails("The request, for a single-page application", &[9_002_325])
                .why("Whoever catches the code can redeem it, or have somebody redeem theirs (RFC 9700 §2.1.1).")
                .fix("Send code_challenge with code_challenge_method=S256; confidential clients, too."),
        );
        report.absent.push((place, "the lock that only our verifier opens"));
        return;
    };
    let is_base64url = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match report.get("code_challenge_method") {
        Some("S256") if text.len() != 43 || !is_base64url => {
            let why = match text.len() {
                44 if text.ends_with('=') => "The padding (=) was left on.",
                64 if text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                    "This is the hash in hexadecimal; it has to be base64url of its 32 bytes."
                }
                _ if text.contains([' ', '+', '/']) => {
                    "This is base64; base64url has - and _ in place of + and /."
                }
                86 | 88 => "This is base64 of the hexadecimal text; it has to be of the 32 bytes.",
                _ => "SHA-256 has 32 bytes, and these are 43 characters of base64url.",
            };
            report.findings.push(
                LintFinding::error(
                    "pkce.form",
                    place,
                    format!("code_challenge has {} characters, or some that do not belong there", text.len()),
                )
                .value(text.as_str())
                .fails("The request", &[501_491])
                .why(why)
                .fix("Take BASE64URL(SHA256(code_verifier)), without padding."),
            );
        }
        Some("S256") => {}
        None | Some("plain") => {
            report.findings.push(
                LintFinding::warning(
                    "pkce.plain",
                    "code_challenge_method",
                    "The challenge is the verifier itself (plain)",
                )
                .why("Left out, the method is plain: whoever reads this address can redeem the code.")
                .fix("Send code_challenge_method=S256."),
            );
            if let Some(flaw) = pkce::flaw(&text) {
                report.findings.push(
                    LintFinding::error(
                        "pkce.form",
                        place,
                        format!("The challenge cannot be a verifier: {flaw}"),
                    )
                    .fails("The request", &[501_491])
                    .fix("Send code_challenge_method=S256 with the hash."),
                );
            }
        }
        Some(method) => {
            let method = method.to_owned();
            report.findings.push(
                LintFinding::error(
                    "pkce.method",
                    "code_challenge_method",
                    "code_challenge_method is neither S256 nor plain",
                )
                .value(method)
                .fails("The request", &[501_491])
                .why("Letter case counts.")
                .fix("Write S256."),
            );
        }
    }
}

fn response_mode(report: &mut UrlReport, asked: Asked) {
    let place = "response_mode";
    let brings = asked.id_token || asked.token;
    let found = match report.get(place) {
        None if brings => {
            report.absent.push((
                place,
                "the answer comes behind a #, which no server sees; form_post brings it to one",
            ));
            None
        }
        None => {
            report
                .absent
                .push((place, "the code comes in the query; form_post keeps it out of addresses and logs"));
            None
        }
        Some("query") if brings => Some(
            LintFinding::error("response_mode.query", place, "Tokens may not travel in the query")
                .value("query")
                .fails("The request", &[70007])
                .why("Servers and proxies write addresses down.")
                .fix("Write fragment for a script, form_post for a server."),
        ),
        Some("query" | "fragment" | "form_post") => None,
        Some(other) => Some(
            LintFinding::error("response_mode.unknown", place, "response_mode is none that Entra knows")
                .value(other)
                .fails("The request", &[70007, 90023])
                .why("It is query, fragment or form_post.")
                .fix("Leave it out, or write one of these."),
        ),
    };
    report.findings.extend(found);
}

fn asked_of_the_person(report: &mut UrlReport) {
    let mut out = Vec::new();
    if let Some(prompt) = report.get("prompt") {
        let words: Vec<_> = prompt.split_whitespace().collect();
        let is_known = |word: &&str| ["none", "login", "consent", "select_account", "create"].contains(word);
        if let Some(unknown) = words.iter().find(|word| !is_known(word)) {
            let why = if *unknown == "admin_consent" {
                "It belonged to version 1; an administrator consents at /adminconsent."
            } else {
                "It is none, login, consent, select_account or create."
            };
            out.push(
                LintFinding::error("prompt.unknown", "prompt", format!("prompt knows no {unknown}"))
                    .value(prompt)
                    .fails("The request", &[90023])
                    .why(why)
                    .fix("Leave it out."),
            );
        } else if words.contains(&"none") && words.len() > 1 {
            out.push(
                LintFinding::error("prompt.none_mixed", "prompt", "none stands beside other words")
                    .value(prompt)
                    .fails("The request", &[90023])
                    .why("none forbids every page (OpenID Connect Core §3.1.2.1).")
                    .fix("Write none alone."),
            );
        } else if words.contains(&"consent") {
            out.push(
                LintFinding::warning(
                    "prompt.consent",
                    "prompt",
                    "Everybody is asked for consent, every time",
                )
                .value(prompt)
                .fails("Sign-in by people who may not consent, although an administrator has", &[90_094])
                .why("Left out, Entra asks when something is missing.")
                .fix("Leave it out."),
            );
        } else if words.contains(&"select_account") && report.get("login_hint").is_some() {
            out.push(
                LintFinding::info(
                    "prompt.hint",
                    "prompt",
                    "login_hint names the account and prompt asks for it",
                )
                .value(prompt)
                .why("They cancel each other out.")
                .fix("Keep one of them."),
            );
        }
    }
    if let Some(age) = report.get("max_age").filter(|age| age.parse::<u32>().is_err()) {
        out.push(
            LintFinding::error("max_age.form", "max_age", "max_age is no number of seconds")
                .value(age)
                .fails("The request", &[90023])
                .fix("Write seconds, such as 3600."),
        );
    }
    if let Some(claims) =
        report.get("claims").filter(|claims| !matches!(serde_json::from_str(claims), Ok(Value::Object(_))))
    {
        out.push(
            LintFinding::error("claims.form", "claims", "claims is no JSON object")
                .value(claims)
                .why("A claims challenge comes as base64 in a header and goes into the request decoded, as JSON.")
                .fix("Decode it first; send it unchanged otherwise."),
        );
    }
    if report.get("login_hint").is_some() || report.get("id_token_hint").is_some() {
        let place = if report.get("login_hint").is_some() { "login_hint" } else { "id_token_hint" };
        out.push(
            LintFinding::info("personal", place, "The address says who signs in")
                .why("It stands in histories and logs. That is what hints are for; do not publish the link.")
                .fix("Nothing to do."),
        );
    }
    report.findings.extend(out);
}

/// What must not be in an address at all, at any endpoint.
pub fn secrets(report: &mut UrlReport) {
    for parameter in report.parameters.iter().filter(|one| one.is_secret) {
        let name = parameter.name.as_str();
        let is_hint = name == "id_token_hint";
        let is_plain =
            !SECRETS.contains(&name.to_ascii_lowercase().as_str()) && !secret::find::is_well_known(name);
        if is_hint || is_plain || ["state", "nonce", "code_challenge", "login_hint"].contains(&name) {
            continue;
        }
        let (why, fix) = match name {
            "client_secret" => (
                "The browser, every proxy and the history have it now. The authorization endpoint wants none: the secret goes into the body of the token request.",
                "Take it out, and replace the secret: az ad app credential reset.",
            ),
            "code_verifier" => (
                "Whoever sees the address can redeem the code: PKCE is void.",
                "Send code_challenge here and the verifier to the token endpoint.",
            ),
            "code" => (
                "An authorization code can be redeemed by whoever gets there first.",
                "Do not pass the address on; codes end after ten minutes.",
            ),
            _ => (
                "Addresses end up in histories, logs and the Referer header.",
                "Take it out, and treat it as leaked.",
            ),
        };
        report.findings.push(
            LintFinding::error("url.secret", name, format!("A secret stands in the address: {name}"))
                .value(parameter.value.as_str())
                .why(why)
                .fix(fix),
        );
    }
    // A token can hide in any value.
    let hidden: Vec<_> = report
        .sent
        .iter()
        .filter(|(name, value)| {
            secret::find::is_jwt(value)
                && !SECRETS.contains(&name.as_str())
                && name != "id_token_hint"
                && name != "request"
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in hidden {
        if report.findings.iter().all(|one| one.id != "url.secret" || one.place != name) {
            report.findings.push(
                LintFinding::error("url.secret", name.as_str(), format!("A token stands in {name}"))
                    .why("Addresses end up in histories, logs and the Referer header.")
                    .fix("Take it out, and treat it as leaked."),
            );
        }
    }
}

/// The address that an administrator is sent to.
pub fn admin_consent(report: &mut UrlReport) {
    names(report);
    client(report);
    let tenant = report.tenant.clone().unwrap_or_default();
    if report.get("redirect_uri").is_none() {
        report.findings.push(
            LintFinding::warning("redirect_uri.missing", "redirect_uri", "redirect_uri is missing")
                .fails("The way back, where the first registered address is a brokered one", &[7_000_471])
                .why("Entra sends the administrator to the first one that is registered.")
                .fix("Send one that can say thank you."),
        );
    } else {
        redirect_uri(report);
    }
    if report.get("scope").is_none() && report.endpoint == Endpoint::AdminConsent {
        report.findings.push(missing(
            "scope",
            "The v2.0 endpoint is told what to consent to.",
            "Send scope=https://graph.microsoft.com/.default, or single permissions with their API.",
        ));
    }
    if tenant.eq_ignore_ascii_case("common") || tenant.eq_ignore_ascii_case("consumers") {
        report.findings.push(
            LintFinding::warning("tenant.shared", "tenant", "The administrator's tenant is not named")
                .value(tenant)
                .why("Consent is for one tenant. organizations takes that of the account; personal accounts have no administrator.")
                .fix("Write the tenant's id or domain, or organizations."),
        );
    }
    if report.get("state").is_none() {
        report.absent.push(("state", "comes back unchanged, and shows that the answer is yours"));
    }
}
