//! Which exchange of several failed, and which one before it belongs to the same sign-in.

use url::Url;

use super::message::Exchange;
use crate::{
    explain::place::Place,
    oauth::{
        Refusal,
        bearer::ApiAnswer,
        error::{from_params, from_response},
    },
    wire::{Method, Params, Request, Response},
};

/// The exchange that failed, with what is known around it.
#[derive(Default)]
pub struct Chosen {
    /// Where it begins in the text.
    pub at: usize,
    pub request: Option<Request>,
    pub response: Option<Response>,
    pub refusal: Option<Refusal>,
    pub previous: Option<Request>,
}

/// The refusal in an answer; what an API says is read otherwise than what an authority says.
pub fn refusal_of(request: Option<&Request>, response: &Response) -> Option<Refusal> {
    let is_api = match request {
        Some(request) => !is_authority(&request.url) && !Place::of_machine(&request.url),
        None => response.headers.get("www-authenticate").is_some(),
    };
    let said = from_response(response);
    // A number is the authority's word, whoever passes it on.
    if is_api && response.status >= 400 && said.as_ref().is_none_or(|said| said.error_codes.is_empty()) {
        return ApiAnswer::read(response).refusal();
    }
    said
}

/// Whether an address is one of an authority, Entra or any other.
pub fn is_authority(url: &Url) -> bool {
    const HOSTS: [&str; 6] =
        ["login.", "sts.", "accounts.google.", "appleid.", "device.login.", "autologon."];
    const ENDINGS: [&str; 3] = [".b2clogin.com", ".ciamlogin.com", ".okta.com"];
    const PARTS: [&str; 12] = [
        "/oauth",
        "/authorize",
        "/openid",
        "/connect/",
        "/devicecode",
        "/adminconsent",
        "/.well-known/",
        "/kmsi",
        "/saml2",
        "/discovery/",
        "/common/",
        "/reprocess",
    ];
    let host = url.host_str().unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    HOSTS.iter().any(|begin| host.starts_with(begin))
        || ENDINGS.iter().any(|end| host.ends_with(end))
        || PARTS.iter().any(|part| path.contains(part))
        || path.ends_with("/token")
}

/// Chooses among exchanges in their order: the last one that failed, or else the last one that matters.
pub fn choose(exchanges: &[Exchange]) -> Option<Chosen> {
    let refusals: Vec<Option<Refusal>> = exchanges.iter().map(refusal).collect();
    let is_telling = |exchange: &Exchange| {
        let request = exchange.request.as_ref();
        request.is_none_or(|request| {
            is_authority(&request.url)
                || Place::of_machine(&request.url)
                || callback(request).is_some()
                || request.headers.get("authorization").is_some()
        }) || exchange
            .response
            .as_ref()
            .is_some_and(|answer| answer.headers.get("www-authenticate").is_some())
    };
    let is_preflight = |exchange: &Exchange| {
        exchange.request.as_ref().is_some_and(|request| request.method == Method::Options)
    };
    // A browser that was kept from reading an answer records none, or the status 0.
    let is_hidden = |exchange: &Exchange| {
        let request = exchange.request.as_ref();
        exchange.response.as_ref().is_some_and(|answer| answer.status == 0)
            && request.is_some_and(|request| is_authority(&request.url))
    };
    let last = |fits: &dyn Fn(usize) -> bool| {
        (0..exchanges.len()).rev().find(|at| !is_preflight(&exchanges[*at]) && fits(*at))
    };
    let at = last(&|at| refusals[at].is_some() && is_telling(&exchanges[at]))
        .or_else(|| last(&|at| is_hidden(&exchanges[at])))
        .or_else(|| last(&|at| refusals[at].is_some()))
        .or_else(|| last(&|at| is_telling(&exchanges[at])))?;

    let failed = &exchanges[at];
    let refusal = refusals[at].clone();
    let begin = failed.at;
    let before = || exchanges[..at].iter().rev().filter_map(|exchange| exchange.request.as_ref());
    if failed.request.as_ref().is_some_and(|request| callback(request).is_some()) {
        // What the callback carries was said to the authorize request.
        let asked = before().find(|request| is_sign_in(request)).cloned();
        return Some(Chosen { at: begin, request: asked, response: None, refusal, previous: None });
    }
    let previous = failed.request.as_ref().and_then(|request| previous(request, &mut before()).cloned());
    Some(Chosen {
        at: begin,
        request: failed.request.clone(),
        response: failed.response.clone().filter(|answer| answer.status != 0),
        refusal,
        previous,
    })
}

fn refusal(exchange: &Exchange) -> Option<Refusal> {
    let request = exchange.request.as_ref();
    let told = exchange.response.as_ref().and_then(|answer| refusal_of(request, answer));
    told.or_else(|| request.and_then(callback))
}

/// The refusal that a request to a redirect URI carries.
fn callback(request: &Request) -> Option<Refusal> {
    if is_authority(&request.url) {
        return None;
    }
    let parts = [request.url.query(), request.url.fragment()].into_iter().flatten().map(Params::parse);
    parts.chain([request.form()]).find_map(|params| from_params(&params))
}

fn is_sign_in(request: &Request) -> bool {
    let path = request.url.path().trim_end_matches('/');
    ["/authorize", "/auth", "/adminconsent"].iter().any(|end| path.ends_with(end))
}

/// The request before it in the same sign-in: the first redemption of the same code, the device code for a poll, the
/// authorize request for a code; or else the latest to an authority.
fn previous<'r>(request: &Request, before: &mut dyn Iterator<Item = &'r Request>) -> Option<&'r Request> {
    let form = request.form();
    let client = form.get("client_id").map(str::to_owned);
    let is_ours = |other: &Request| {
        let asked = [
            other.query().get("client_id").map(str::to_owned),
            other.form().get("client_id").map(str::to_owned),
        ];
        let asked = asked.into_iter().flatten().next();
        asked.zip(client.as_ref()).is_none_or(|(asked, own)| asked == *own)
    };
    let all: Vec<&Request> = before.filter(|other| is_authority(&other.url) && is_ours(other)).collect();
    let same_code = form.get("code").filter(|code| !code.is_empty());
    let again = all.iter().find(|other| same_code.is_some_and(|code| other.form().get("code") == Some(code)));
    let wanted = |other: &&&Request| match form.get("grant_type") {
        Some(grant) if grant.contains("device_code") => other.url.path().contains("/devicecode"),
        _ => is_sign_in(other),
    };
    again.or_else(|| all.iter().find(wanted)).or_else(|| all.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, Headers};

    fn get(url: &str) -> Request {
        Request::get(url.parse().expect("an address"))
    }

    fn post(form: &str) -> Request {
        let url = "https://login.example/t/oauth2/v2.0/token".parse().expect("an address");
        let headers = Headers::new().with("content-type", "application/x-www-form-urlencoded");
        Request { method: Method::Post, headers, body: Body::from(form.to_owned()), ..Request::get(url) }
    }

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Headers::new(), body: Body::from(body.to_owned()) }
    }

    fn exchange(request: Request, response: Response) -> Exchange {
        Exchange { at: 0, request: Some(request), response: Some(response) }
    }

    #[test]
    fn the_last_failure_counts_and_brings_its_authorize_request() {
        let refused = || answer(400, r#"{"error":"invalid_grant","error_codes":[54005]}"#);
        let chosen = choose(&[
            exchange(get("https://login.example/t/oauth2/v2.0/authorize?client_id=c"), answer(302, "")),
            exchange(get("https://app.example/cb?code=1"), answer(200, "")),
            exchange(post("client_id=c&grant_type=refresh_token"), refused()),
            exchange(post("client_id=c&grant_type=authorization_code&code=1"), refused()),
            exchange(get("https://cdn.example/missing.js"), answer(404, "")),
        ])
        .expect("one failed");
        assert_eq!(chosen.request.expect("a request").form().get("code"), Some("1"));
        assert!(chosen.previous.expect("one before it").url.path().ends_with("/authorize"));
        assert_eq!(chosen.refusal.expect("a refusal").error_codes, [54005]);
    }

    #[test]
    fn the_first_redemption_of_a_code_belongs_to_the_second() {
        let redeem = || post("client_id=c&grant_type=authorization_code&code=1");
        let chosen = choose(&[
            exchange(get("https://login.example/t/oauth2/v2.0/authorize?client_id=c"), answer(302, "")),
            exchange(redeem(), answer(200, "{}")),
            exchange(redeem(), answer(400, r#"{"error":"invalid_grant"}"#)),
        ]);
        assert_eq!(chosen.and_then(|chosen| chosen.previous), Some(redeem()));
    }

    #[test]
    fn a_callback_answers_the_authorize_request() {
        let chosen = choose(&[
            exchange(get("https://login.example/t/oauth2/v2.0/authorize?client_id=c"), answer(302, "")),
            exchange(get("https://app.example/cb?error=access_denied"), answer(500, "")),
        ])
        .expect("one failed");
        assert!(chosen.request.expect("a request").url.path().ends_with("/authorize"));
    }

    #[test]
    fn an_api_is_told_from_an_authority() {
        for (address, is) in [
            ("https://login.microsoftonline.com/t/oauth2/v2.0/token", true),
            ("https://dev-1.okta.com/oauth2/default/v1/token", true),
            ("https://sso.example/realms/r/protocol/openid-connect/token", true),
            ("https://graph.microsoft.com/v1.0/me", false),
            ("https://api.example/orders", false),
        ] {
            assert_eq!(is_authority(&address.parse().expect("an address")), is, "{address}");
        }
    }
}
