//! From a refusal to what it means: whose move it is, what usually causes it, how to tell, and what mends it.
//!
//! [`explain`] takes whatever evidence there is, from a bare number to the request, the answer and the lab tenant's own
//! note about the rule that fired. The prose is data (`entry`); code only finds facts (`facts`), tells whose words they are
//! (`place`), compares them (`judge`; `presented` for tokens in a request), puts them into the prose (`slots`) and lays the
//! result out (`print`).

mod bundle;
mod difference;
mod entry;
mod evidence;
mod extend;
mod facts;
mod judge;
mod missing;
mod names;
mod phrases;
mod place;
mod print;
mod rules;
mod slots;
mod symptoms;

pub use bundle::read as read_bundle;
pub use difference::{Difference, closest, difference};
pub use entry::{Entry, Listed, Reason, Remedy, WhoseMove, catalogue, entry, entry_for_error};
pub use evidence::{Evidence, Looked};
pub use extend::extend;
pub use print::{Place, Printed};

use crate::{
    entra::aadsts::{self, Category, Code},
    finding::Compared,
    text,
    time::UnixTime,
};
use facts::Facts;

/// How sure we are of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The evidence leaves no other.
    Certain,
    /// It fits best, or is the usual one.
    Likely,
    /// It can be this one too.
    Possible,
}

impl Certainty {
    /// The word used in JSON and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// What a refusal means. All texts are safe to print, and hold no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The AADSTS number that matters.
    pub code: Option<u32>,
    /// The OAuth error.
    pub error: Option<String>,
    /// One line.
    pub title: String,
    /// A few sentences; the first says what is wrong.
    pub meaning: String,
    /// Who has to act.
    pub whose_move: WhoseMove,
    /// What is known to be right, because it is checked earlier.
    pub proves: Option<String>,
    /// What the rule that fired demands, where the lab tenant told.
    pub demand: Option<String>,
    /// What was sent beside what was expected, where the lab tenant told.
    pub sent: Vec<Compared>,
    /// What may have caused it, best first; never empty.
    pub causes: Vec<Cause>,
    /// Numbers that are easily confused with it.
    pub related: Vec<u32>,
}

/// A cause as it applies here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its stable name, such as `redirect_uri.scheme`.
    pub id: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// One line.
    pub title: String,
    /// How it comes about.
    pub explanation: String,
    /// How to tell that it is this one.
    pub confirm: String,
    /// What speaks for it.
    pub evidence: Vec<EvidenceLine>,
    /// What helps, the best first.
    pub fixes: Vec<Fix>,
}

/// One comparison that speaks for a cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceLine {
    /// Where it was found, such as `request redirect_uri`.
    pub where_: String,
    /// What was there.
    pub sent: String,
    /// What should have been there.
    pub expected: String,
}

impl EvidenceLine {
    fn new(place: &str, sent: &str, expected: &str) -> Self {
        Self { where_: printable(place), sent: printable(sent), expected: printable(expected) }
    }

    fn of(compared: &Compared) -> Self {
        Self::new(&compared.what, &compared.sent, &compared.expected.join(" or "))
    }
}

/// Something that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do.
    pub title: String,
    /// The command that does it, filled and quoted for a POSIX shell.
    pub command: Option<String>,
}

/// Explains a refusal from what there is.
pub fn explain(evidence: &Evidence) -> Explanation {
    let facts = Facts::read(evidence);
    // Whatever the answer looks like, the lab was told to give it.
    let is_fault = evidence.rule.as_ref().is_some_and(|(rule, _)| rule.starts_with("fault."));
    let entry = match facts.code {
        _ if is_fault => entry_for_error("lab_fault"),
        Some(code) => entry(code),
        None => facts.place.entry(facts.word()),
    };
    let explanation = match entry {
        Some(entry) => of_entry(entry, evidence, &facts),
        None => without_entry(evidence, &facts),
    };
    Explanation {
        code: facts.code,
        error: facts
            .error
            .as_deref()
            .map(|error| text::visible(&facts::without_credentials(error)).into_owned()),
        demand: evidence.rule.as_ref().map(|(_, demand)| text::visible(demand).into_owned()),
        sent: evidence.compared.iter().map(safe).collect(),
        ..explanation
    }
}

/// Explains what a person pasted: `50011`, `AADSTS50011`, a symbol, JSON, an address, a page, a log.
pub fn from_text(pasted: &str, now: UnixTime) -> Explanation {
    explain(&Evidence { text: Some(pasted.to_owned()), now: Some(now), ..Evidence::default() })
}

fn of_entry(entry: &'static Entry, evidence: &Evidence, facts: &Facts) -> Explanation {
    let verdicts = judge::judge(entry, evidence, facts);
    Explanation {
        title: entry.title.clone(),
        meaning: entry.meaning.clone(),
        whose_move: entry.whose_move,
        proves: entry.proves.clone(),
        causes: verdicts.into_iter().map(|verdict| cause_of(verdict, evidence.lab, facts)).collect(),
        related: entry.related.clone(),
        ..Explanation::empty()
    }
}

/// What can be said about a number without prose, or about nothing at all.
fn without_entry(evidence: &Evidence, facts: &Facts) -> Explanation {
    let (title, meaning, whose_move) = match (facts.code, facts.code.and_then(aadsts::lookup)) {
        (Some(_), Some(code)) => (code.title.to_string(), outline(code), move_for(code.category)),
        (Some(number), None) => (
            format!("AADSTS{number} is not in the table"),
            "This number is not known here. Longer numbers refine shorter ones, so the words behind it, and the OAuth \
             error beside it, tell most."
                .to_owned(),
            WhoseMove::Unknown,
        ),
        (None, _) if facts.error.is_some() => (
            "An OAuth error without a number".to_owned(),
            "This error is not one of the standard ones, and no AADSTS number came with it. Its description is all there \
             is to go by."
                .to_owned(),
            WhoseMove::Unknown,
        ),
        (None, _) => (
            "No error found in this text".to_owned(),
            "There is no AADSTS number and no OAuth error in it. Paste the message, the address that came back, the JSON \
             answer, or the number alone."
                .to_owned(),
            WhoseMove::Unknown,
        ),
    };
    let cause = cause_of(judge::without_entry(evidence), evidence.lab, facts);
    Explanation { title, meaning, whose_move, causes: vec![cause], ..Explanation::empty() }
}

/// What the table tells about a number.
fn outline(code: &Code) -> String {
    let errors: Vec<_> = code.errors().collect();
    let slots: Vec<_> = code.slots().collect();
    let (about, surface) = (code.category.label(), code.surface.label());
    let mut sentences = vec![format!("{}. It is about {about} and shows up {surface}.", code.title)];
    if !errors.is_empty() {
        sentences.push(format!("Its OAuth error is {}.", errors.join(" or ")));
    }
    if !slots.is_empty() {
        sentences.push(format!("Its message names {}: compare these with what you sent.", slots.join(", ")));
    }
    sentences.join(" ")
}

const fn move_for(category: Category) -> WhoseMove {
    match category {
        Category::RedirectUri | Category::Registration | Category::Federation => WhoseMove::Registration,
        Category::Consent | Category::Policy => WhoseMove::TenantPolicy,
        Category::Account | Category::Password | Category::Device | Category::Session => WhoseMove::User,
        Category::Pkce
        | Category::Credential
        | Category::Scope
        | Category::Tenant
        | Category::Grant
        | Category::OnBehalfOf
        | Category::Request => WhoseMove::OurRequest,
        Category::Service => WhoseMove::Service,
        Category::Other => WhoseMove::Unknown,
    }
}

fn cause_of(verdict: judge::Verdict, lab: bool, facts: &Facts) -> Cause {
    let reason = verdict.reason;
    let facts = &facts.with(verdict.values);
    let fixes = match &reason.lab {
        Some(remedy) if lab => vec![Fix { title: slots::fill_text(remedy, facts), command: None }],
        _ => {
            let commands =
                |fix: &Remedy| fix.command.as_deref().map(|command| slots::fill_command(command, facts));
            let fix = |fix: &Remedy| Fix {
                title: slots::fill_text(&fix.title, facts),
                command: if lab { None } else { commands(fix) },
            };
            verdict.ask.into_iter().chain(reason.fixes.iter().map(fix)).collect()
        }
    };
    Cause {
        id: reason.id.clone(),
        certainty: verdict.certainty,
        title: slots::fill_text(&reason.title, facts),
        explanation: slots::fill_text(&reason.why, facts),
        confirm: slots::fill_text(&reason.confirm, facts),
        evidence: verdict.evidence,
        fixes,
    }
}

fn safe(compared: &Compared) -> Compared {
    Compared {
        what: printable(&compared.what),
        sent: printable(&compared.sent),
        expected: compared.expected.iter().map(|value| printable(value)).collect(),
    }
}

/// A value from outside as it may be shown: without credentials and control characters, and not endlessly long.
fn printable(value: &str) -> String {
    const LONGEST: usize = 300;
    let value = facts::without_credentials(value);
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", text::visible(&value[..end]), value.chars().count()),
        None => text::visible(&value).into_owned(),
    }
}

impl Explanation {
    const fn empty() -> Self {
        Self {
            code: None,
            error: None,
            title: String::new(),
            meaning: String::new(),
            whose_move: WhoseMove::Unknown,
            proves: None,
            demand: None,
            sent: Vec::new(),
            causes: Vec::new(),
            related: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;
    use crate::{
        oauth::{Refusal, Surface},
        wire::{Body, Headers, Request},
    };

    const NOW: UnixTime = UnixTime::from_seconds(1_772_615_727);

    fn token_request(form: &str) -> Request {
        let url = "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"
            .parse()
            .expect("an address");
        Request {
            headers: Headers::new().with("content-type", "application/x-www-form-urlencoded"),
            body: Body::from(form.to_owned()),
            ..Request::get(url)
        }
    }

    fn refused(code: u32, form: &str) -> Explanation {
        explain(&Evidence {
            refusal: Some(Refusal { error_codes: vec![code], ..Refusal::default() }),
            request: Some(token_request(form)),
            ..Evidence::default()
        })
    }

    #[test]
    fn a_number_alone_is_enough() {
        for text in ["50011", " AADSTS50011 ", "aadsts50011", "InvalidReplyTo", "error 50011 (page)"] {
            let explanation = from_text(text, NOW);
            assert_eq!(explanation.code, Some(50011), "{text}");
            assert_eq!(explanation.causes[0].certainty, Certainty::Likely);
            assert!(explanation.causes.len() > 5);
        }
    }

    #[test]
    fn what_is_unknown_is_said_and_says_what_to_look_at() {
        let check = |text: &str, code: Option<u32>, title: &str| {
            let explanation = from_text(text, NOW);
            assert_eq!((explanation.code, explanation.title.as_str()), (code, title), "{text}");
            assert_eq!(explanation.causes[0].id, "undetermined");
            assert!(!explanation.causes[0].fixes.is_empty());
        };
        check("AADSTS999999", Some(999_999), "AADSTS999999 is not in the table");
        check("50012", Some(50012), "Client authentication failed");
        check("hello", None, "No error found in this text");
        check("", None, "No error found in this text");
        check("{\"error\":\"strange_thing\"}", None, "An OAuth error without a number");
    }

    #[test]
    fn plain_errors_are_explained_without_a_number() {
        let explanation =
            from_text("http://localhost/cb?error=access_denied&error_subcode=cancel&state=x", NOW);
        assert_eq!(explanation.error.as_deref(), Some("access_denied"));
        assert_eq!(explanation.causes[0].id, "user.cancelled");
    }

    #[test]
    fn the_lab_tenants_comparison_settles_the_cause() {
        let evidence = Evidence {
            text: Some("AADSTS50011".into()),
            compared: vec![Compared {
                what: "redirect_uri".into(),
                sent: "http://localhost:53111/callback".into(),
                expected: vec!["https://app.contoso.example/auth".into(), "http://localhost".into()],
            }],
            rule: Some(("redirect_uri.registered".into(), "redirect_uri must be registered".into())),
            lab: true,
            ..Evidence::default()
        };
        let explanation = explain(&evidence);
        let cause = &explanation.causes[0];
        assert_eq!((explanation.causes.len(), cause.id.as_str()), (1, "redirect_uri.path"));
        assert_eq!(cause.certainty, Certainty::Certain);
        assert_eq!(cause.evidence[0].expected, "http://localhost");
        assert!(cause.fixes.iter().all(|fix| fix.command.is_none()), "no az command mends the lab");
    }

    #[test]
    fn a_password_that_the_lab_tenant_found_wrong_is_the_cause_whatever_the_grant() {
        let evidence = |compared: &str| Evidence {
            text: Some("AADSTS50126".into()),
            request: Some(token_request("grant_type=password")),
            compared: vec![Compared { what: compared.into(), sent: "a".into(), expected: vec!["b".into()] }],
            lab: true,
            ..Evidence::default()
        };
        assert_eq!(explain(&evidence("password")).causes[0].id, "user.wrong_password");
        assert_eq!(explain(&evidence("username")).causes[0].id, "ropc.not_possible");
    }

    #[test]
    fn the_request_decides_between_causes() {
        let check = |code: u32, form: &str, id: &str, certainty: Certainty| {
            let cause = &refused(code, form).causes[0];
            assert_eq!((cause.id.as_str(), cause.certainty), (id, certainty), "{code} {form}");
        };
        let guid = "11111111-2222-3333-4444-555555555555";
        check(
            7_000_215,
            &format!("client_secret={guid}"),
            "credential.secret_id_instead_of_value",
            Certainty::Certain,
        );
        check(7_000_215, "client_secret=abc", "credential.secret_id_instead_of_value", Certainty::Likely);
        check(7_000_218, "grant_type=device_code", "credential.public_flag_off", Certainty::Likely);
        check(
            7_000_218,
            "grant_type=x&redirect_uri=http://a",
            "platform.web_used_by_public_client",
            Certainty::Likely,
        );
        check(7_000_218, "grant_type=x&client_secret=", "credential.missing", Certainty::Certain);
        check(70011, "scope=openid,profile", "scope.separator", Certainty::Certain);
        check(70011, "scope=api://a/.default api://a/x", "scope.default_mixed", Certainty::Certain);
        check(70011, "scope=api://a/x User.Read", "scope.multiple_resources", Certainty::Likely);
        check(
            1_002_012,
            "grant_type=client_credentials&scope=User.Read",
            "scope.named_in_client_credentials",
            Certainty::Certain,
        );
        check(501_481, "grant_type=authorization_code", "pkce.verifier_missing", Certainty::Certain);
        check(501_491, "grant_type=x&code_verifier=short", "pkce.verifier_length", Certainty::Certain);
        check(9_002_326, "grant_type=client_credentials", "browser.grant_not_allowed", Certainty::Certain);
        check(700_016, "client_id=%7Bclient_id%7D", "request.placeholder", Certainty::Certain);
        check(650_053, "scope=Orders.Read", "scope.unqualified", Certainty::Likely);
        check(54005, "grant_type=authorization_code", "code.reused", Certainty::Certain);
        check(70008, "grant_type=refresh_token", "refresh_token.inactive", Certainty::Likely);
    }

    /// A token whose signature is of no matter here.
    fn jwt(header: &serde_json::Value, claims: &serde_json::Value) -> String {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    const CLIENT: &str = "11111111-2222-3333-4444-555555555555";

    #[test]
    fn an_assertion_that_was_sent_decides_between_causes() {
        let check = |code: u32, header: serde_json::Value, claims: serde_json::Value, id: &str| {
            let form = format!("client_id={CLIENT}&client_assertion={}", jwt(&header, &claims));
            let evidence = Evidence {
                refusal: Some(Refusal { error_codes: vec![code], ..Refusal::default() }),
                request: Some(token_request(&form)),
                now: Some(NOW),
                ..Evidence::default()
            };
            let cause = &explain(&evidence).causes[0];
            assert_eq!((cause.id.as_str(), cause.certainty), (id, Certainty::Certain), "{code} {claims}");
        };
        let claims =
            json!({"iss": CLIENT, "sub": CLIENT, "aud": "https://a.example/token", "exp": 1_772_615_000});
        let header = json!({"alg": "RS256", "x5t": "y".repeat(27)});
        check(700_024, header.clone(), claims.clone(), "credential.assertion_expired");
        let ahead = json!({"iss": CLIENT, "sub": CLIENT, "nbf": 1_772_619_000, "exp": 1_772_622_600});
        check(700_024, header.clone(), ahead, "credential.assertion_ahead");
        check(
            700_027,
            json!({"alg": "RS256", "x5t": "ab".repeat(20)}),
            claims.clone(),
            "credential.x5t_is_hex_text",
        );
        check(
            700_027,
            json!({"alg": "ES256", "x5t": "y".repeat(27)}),
            claims.clone(),
            "credential.key_or_algorithm",
        );
        check(50027, json!({"alg": "RS256"}), claims.clone(), "credential.assertion_claims");
        check(50048, header.clone(), json!({"iss": CLIENT, "sub": "other"}), "credential.assertion_claims");
        check(700_023, header, claims, "credential.assertion_audience");
    }

    #[test]
    fn what_is_exchanged_for_somebody_decides_between_causes() {
        let check = |code: u32, assertion: &str, id: &str, certainty: Certainty| {
            let cause = &refused(code, &format!("client_id={CLIENT}&assertion={assertion}")).causes[0];
            assert_eq!((cause.id.as_str(), cause.certainty), (id, certainty), "{code}");
        };
        let header = json!({"alg": "RS256", "kid": "k"});
        let graph = json!({"aud": "https://graph.microsoft.com", "scp": "User.Read", "appid": "f"});
        check(50013, &jwt(&header, &graph), "obo.graph_token", Certainty::Certain);
        check(500_131, &jwt(&header, &graph), "obo.graph_token", Certainty::Certain);
        let other = json!({"aud": "api://other", "scp": "Read", "appid": "f"});
        check(500_131, &jwt(&header, &other), "obo.assertion_audience", Certainty::Likely);
        let own = json!({"aud": CLIENT, "scp": "Read", "azp": "f"});
        check(50013, &jwt(&header, &own), "obo.graph_token", Certainty::Likely);
        check(50027, "opaque", "token.header_malformed", Certainty::Certain);
        check(50027, &format!("Bearer+{}", jwt(&header, &own)), "token.header_malformed", Certainty::Certain);
    }

    #[test]
    fn another_issuers_subject_is_compared_in_three_ways() {
        let check = |sent: &str, id: &str| {
            let evidence = Evidence {
                text: Some("AADSTS700213".into()),
                compared: vec![Compared {
                    what: "sub".into(),
                    sent: sent.into(),
                    expected: vec!["repo:northwind/inventory:ref:refs/heads/main".into()],
                }],
                rule: Some(("federation.subject".into(), String::new())),
                lab: true,
                ..Evidence::default()
            };
            let cause = &explain(&evidence).causes[0];
            assert_eq!((cause.id.as_str(), cause.certainty), (id, Certainty::Certain), "{sent}");
        };
        check("repo:northwind/inventory:ref:refs/heads/feature", "federated.subject_mismatch");
        check("repo:Northwind/inventory:ref:refs/heads/main", "federated.subject_case");
        check("repo:northwind@123/inventory@456:ref:refs/heads/main", "federated.subject_immutable");
    }

    #[test]
    fn a_refresh_token_of_another_client_is_told_by_the_suberror() {
        let evidence = Evidence {
            refusal: Some(Refusal {
                error_codes: vec![70000],
                suberror: Some("client_mismatch".into()),
                ..Refusal::default()
            }),
            request: Some(token_request("grant_type=refresh_token&refresh_token=x")),
            ..Evidence::default()
        };
        assert_eq!(explain(&evidence).causes[0].title, "The refresh token was issued to another application");
        assert_eq!(refused(70000, "grant_type=refresh_token").causes[0].id, "refresh_token.mangled");
    }

    /// What an API answered to a call with this header.
    fn call(url: &str, authorization: Option<&str>, refusal: (u16, &str, &str)) -> Explanation {
        let (status, error, description) = refusal;
        let headers =
            authorization.map(|value| Headers::new().with("authorization", value)).unwrap_or_default();
        explain(&Evidence {
            refusal: Some(Refusal {
                surface: Surface::Api(status),
                error: error.into(),
                description: Some(description.into()),
                ..Refusal::default()
            }),
            request: Some(Request { headers, ..Request::get(url.parse().expect("an address")) }),
            now: Some(NOW),
            ..Evidence::default()
        })
    }

    #[test]
    fn the_token_of_a_call_decides_between_causes() {
        let check =
            |url: &str, header: Option<&str>, refusal: (u16, &str, &str), id: &str, certainty: Certainty| {
                let cause = &call(url, header, refusal).causes[0];
                assert_eq!((cause.id.as_str(), cause.certainty), (id, certainty), "{header:?} {refusal:?}");
            };
        let bearer = |claims: serde_json::Value| {
            format!("Bearer {}", jwt(&json!({"alg": "RS256", "kid": "k"}), &claims))
        };
        let good = |aud: &str| json!({"aud": aud, "exp": 1_772_619_000, "iat": 1_772_615_000, "azp": CLIENT, "scp": "Read"});
        let (api, graph) = ("https://api.example/orders", "https://graph.microsoft.com/v1.0/me");
        let invalid = (401, "invalid_token", "");
        let denied = (403, "Authorization_RequestDenied", "");
        check(api, None, (401, "", "no word"), "token.missing", Certainty::Certain);
        check(api, Some("Bearer Bearer x"), invalid, "token.header_malformed", Certainty::Certain);
        check(api, Some("Bearer opaque"), invalid, "token.header_malformed", Certainty::Likely);
        let mut over = good(CLIENT);
        over["exp"] = json!(1_772_610_000);
        check(api, Some(&bearer(over)), invalid, "token.expired", Certainty::Certain);
        let id_token = json!({"aud": CLIENT, "nonce": "n", "sub": "s", "iss": "https://login.microsoftonline.com/t/v2.0"});
        check(api, Some(&bearer(id_token)), invalid, "token.id_token_as_bearer", Certainty::Certain);
        let for_graph = bearer(good("https://graph.microsoft.com"));
        check(api, Some(&for_graph), invalid, "token.graph_token_not_for_you", Certainty::Certain);
        let unauthenticated =
            (401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.");
        check(
            graph,
            Some(&bearer(good("api://orders"))),
            unauthenticated,
            "token.audience",
            Certainty::Certain,
        );
        check(graph, Some(&for_graph), denied, "permission.scope_missing", Certainty::Likely);
        let app_only = bearer(json!({"aud": "https://graph.microsoft.com", "idtyp": "app", "appid": CLIENT}));
        check(
            graph,
            Some(&app_only),
            (400, "BadRequest", ""),
            "permission.app_only_on_me",
            Certainty::Certain,
        );
        check(
            "https://graph.microsoft.com/v1.0/users",
            Some(&app_only),
            denied,
            "permission.application_not_granted",
            Certainty::Likely,
        );
        check(api, Some(&for_graph), (503, "", ""), "service.outage", Certainty::Likely);
    }

    #[test]
    fn the_token_of_a_call_fills_the_commands_and_stays_hidden() {
        let claims = json!({"aud": CLIENT, "azp": CLIENT, "tid": "t-1", "scp": "Read", "exp": 1_772_619_000});
        let token = jwt(&json!({"alg": "RS256"}), &claims);
        let explanation =
            call("https://api.example/", Some(&format!("Bearer {token}")), (403, "insufficient_scope", "no"));
        let json = explanation.to_json().to_string();
        assert!(json.contains(&format!("az ad app permission list-grants --id {CLIENT}")), "{json}");
        assert!(!json.contains(&token));
    }

    #[test]
    fn what_a_machine_refuses_is_told_from_what_the_authority_does() {
        let check = |query: &str, headers: Headers, id: &str, certainty: Certainty| {
            let url = format!("http://169.254.169.254/metadata/identity/oauth2/token?{query}");
            let evidence = Evidence {
                refusal: Some(Refusal {
                    error: "invalid_request".into(),
                    surface: Surface::Json(400),
                    ..Refusal::default()
                }),
                request: Some(Request { headers, ..Request::get(url.parse().expect("an address")) }),
                ..Evidence::default()
            };
            let explanation = explain(&evidence);
            let cause = &explanation.causes[0];
            assert_eq!((cause.id.as_str(), cause.certainty), (id, certainty), "{query}");
        };
        let metadata = || Headers::new().with("metadata", "true");
        let good = "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
        check(good, Headers::new(), "managed_identity.header_missing", Certainty::Certain);
        check(
            good,
            metadata().with("x-forwarded-for", "10.0.0.1"),
            "managed_identity.forwarded",
            Certainty::Certain,
        );
        check("resource=x", metadata(), "managed_identity.version", Certainty::Certain);
        check("api-version=2018-02-01", metadata(), "managed_identity.resource_missing", Certainty::Certain);
        check(
            &format!("{good}&client_id=a&object_id=b"),
            metadata(),
            "managed_identity.named_twice",
            Certainty::Certain,
        );
        check(good, metadata(), "managed_identity.unavailable", Certainty::Likely);
    }

    #[test]
    fn what_apis_say_is_found_in_a_pasted_text() {
        let check = |text: &str, error: &str| {
            assert_eq!(from_text(text, NOW).error.as_deref(), Some(error), "{text}");
        };
        check(
            r#"{"error":{"code":"InvalidAuthenticationToken","message":"x"}}"#,
            "InvalidAuthenticationToken",
        );
        check(
            "WWW-Authenticate: Bearer realm=\"\", error=\"insufficient_claims\", claims=\"e30=\"",
            "insufficient_claims",
        );
        check(
            "Code: Authorization_RequestDenied Message: Insufficient privileges",
            "Authorization_RequestDenied",
        );
        check("InvalidAuthenticationToken", "InvalidAuthenticationToken");
        check("403", "http_403");
        check(" HTTP 429 ", "http_429");
        assert_eq!(from_text("299", NOW).error, None);
    }

    #[test]
    fn commands_are_filled_from_the_request() {
        let guid = "11111111-2222-3333-4444-555555555555";
        let explanation = refused(65001, &format!("client_id={guid}&scope=openid+api%3A%2F%2Forders%2FRead"));
        let fixes = &explanation.causes[0].fixes;
        let commands: Vec<_> = fixes.iter().filter_map(|fix| fix.command.as_deref()).collect();
        assert!(
            commands.contains(&format!("az ad app permission admin-consent --id {guid}").as_str()),
            "{commands:?}"
        );
        assert!(commands.iter().any(|command| command.ends_with("--scope Read")), "{commands:?}");
    }

    #[test]
    fn a_clock_that_is_behind_is_noticed() {
        let text = "{\"error_codes\":[70008],\"timestamp\":\"2026-03-04 10:15:27Z\"}";
        assert_eq!(from_text(text, NOW).causes[0].id, "clock.skew");
        let text = "{\"error_codes\":[70008],\"timestamp\":\"2020-03-04 10:15:27Z\"}";
        assert_eq!(
            from_text(text, NOW).causes[0].id,
            "code.expired",
            "an old message says nothing about the clock"
        );
    }

    #[test]
    fn nothing_that_was_pasted_as_a_credential_comes_out() {
        let secret = format!("Abc8Q~{}", "x".repeat(34));
        let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.sig", "e".repeat(80));
        let text = format!(
            "POST https://login.example/t/oauth2/v2.0/token\n\nclient_id={secret}&client_secret={secret}&code={token}&\
             redirect_uri=https%3A%2F%2Fa%2Fcb%3Fcode%3D{token}&scope={token}&username={token}\n\
             AADSTS50011: Redirect '{token}' for '{secret}' \u{1b}[31m\u{202e}"
        );
        for code in [50011, 700_016, 65001, 50034, 999_999] {
            let explanation = from_text(&text.replace("50011", &code.to_string()), NOW);
            let mut out = explanation.to_json().to_string();
            for line in explanation.lines() {
                writeln!(out, "{}", line.plain()).expect("a string takes all");
            }
            assert!(!out.contains(&secret) && !out.contains(&token), "{code}: {out}");
            assert!(!out.contains(['\u{1b}', '\u{202e}']), "{code}");
        }
    }

    #[test]
    fn a_value_of_any_length_stays_short_on_the_screen() {
        let explanation = refused(70011, &format!("scope={}", "openid,profile ".repeat(10_000)));
        assert_eq!(explanation.causes[0].id, "scope.separator");
        assert!(explanation.to_json().to_string().len() < 20_000);
    }

    #[test]
    fn a_megabyte_of_anything_is_explained() {
        let patterns = [
            "{\"",
            "{",
            "'a",
            "\"",
            "error=%25&",
            "client_id=x ",
            "http://",
            "AADSTS50011 '",
            "correlation id:",
            "a_b ",
        ];
        for pattern in patterns {
            let text = pattern.repeat(1_000_000 / pattern.len());
            assert!(!from_text(&text, NOW).causes.is_empty(), "{pattern}");
        }
    }
}
