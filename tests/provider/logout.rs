//! Signing out: whose session ends, who is told, and where the person goes.

use authwright::{
    agent::{Agent, Credentials, Next},
    oauth::Arrival,
    wire::{Body, Headers, Method, Response},
};
use url::Url;

use crate::{
    desk::{Answer, Browser, Desk, NONCE, Refusal, STATE, attribute, step, with},
    tenant::claims,
};

const PUBLIC: &str = "http://localhost:50123/";
const WEB: &str = "http://localhost:7082/signin-oidc";
const LEGACY: &str = "http://localhost:7084/signin";
const WITH_URI: &[&str] = &["error_uri"];

fn url(desk: &Desk, path: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = Url::parse(&desk.url(path)).expect("an address");
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    url.into()
}

fn logout(desk: &Desk, parameters: &[(&str, &str)]) -> String {
    url(desk, &format!("{}/oauth2/v2.0/logout", desk.home), parameters)
}

/// Signs somebody in to the desktop application, which has no logout URL.
async fn signed_in<'a>(desk: &'a Desk, key: &str) -> Browser<'a> {
    let mut browser = Browser::new(desk);
    sign_in_beside(desk, &mut browser, key).await;
    browser
}

async fn sign_in_beside(desk: &Desk, browser: &mut Browser<'_>, key: &str) {
    let parameters = with(&desk.authorization("desktop", PUBLIC), &[("prompt", "login")]);
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &parameters), key).await;
    assert!(answer.returned(PUBLIC).contains_key("code"));
}

/// What a silent request of the desktop application gets: a code, or the number of a refusal.
async fn silently(desk: &Desk, browser: &mut Browser<'_>, hint: &str) -> String {
    let changes = [("prompt", "none"), ("login_hint", hint)];
    let parameters = with(&desk.authorization("desktop", PUBLIC), &changes);
    let answer = browser.get(&desk.authorize_url(&desk.home, &parameters)).await;
    let returned = answer.returned(PUBLIC);
    returned.get("error").map_or("a code", String::as_str).to_owned()
}

/// An ID token of an application that gets one from the authorization endpoint.
async fn id_token(desk: &Desk, browser: &mut Browser<'_>) -> String {
    let parameters = [
        ("client_id", desk.client_id("legacy-portal")),
        ("response_type", "id_token"),
        ("redirect_uri", LEGACY),
        ("scope", "openid profile"),
        ("nonce", NONCE),
        ("login_hint", "adele@northwind.example"),
    ];
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &parameters), "adele").await;
    answer.returned(LEGACY)["id_token"].clone()
}

fn check_done(name: &str, answer: &Answer) {
    assert_eq!((answer.status, answer.header("location")), (200, ""), "{name}: {answer:?}");
    assert!(answer.body.contains("<h1>Signed out</h1>"), "{name}: {}", answer.body);
}

#[tokio::test]
async fn the_session_ends_and_with_it_what_is_silent() {
    let desk = Desk::open().await;
    for (method, path) in
        [("GET", "oauth2/v2.0/logout"), ("POST", "oauth2/v2.0/logout"), ("GET", "oauth2/logout")]
    {
        let mut browser = signed_in(&desk, "adele").await;
        let pending = with(&desk.authorization("desktop", PUBLIC), &[("prompt", "consent")]);
        let pending = browser.get(&desk.authorize_url(&desk.home, &pending)).await;
        assert_eq!(step(&pending.body), Some("consent"));
        let address = url(&desk, &format!("{}/{path}", desk.home), &[]);
        let answer = match method {
            "GET" => browser.get(&address).await,
            _ => browser.post(&address, &[]).await,
        };
        check_done(path, &answer);
        assert!(answer.body.contains("adele@northwind.example is signed out"), "{}", answer.body);
        assert!(
            answer
                .cookies
                .iter()
                .any(|cookie| cookie.starts_with("ESTSAUTH=;") && cookie.contains("Max-Age=0"))
        );
        assert_eq!(silently(&desk, &mut browser, "").await, "login_required", "{method} {path}");
        let late = browser.submit(&pending, ("action", "next"), &[]).await;
        desk.check_page("a page left open is over, too", &late, 50089).await;
    }
}

#[tokio::test]
async fn refresh_tokens_stay() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let parameters = desk.authorization("desktop", PUBLIC);
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &parameters), "adele").await;
    let code = answer.returned(PUBLIC)["code"].clone();
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    check_done("signed out", &browser.get(&logout(&desk, &[])).await);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", desk.client_id("desktop")),
        ("refresh_token", body["refresh_token"].as_str().expect("a token")),
    ];
    assert_eq!(desk.token(&desk.home, &form, &[]).await.status, 200);
}

#[tokio::test]
async fn a_registered_address_is_followed_and_no_other() {
    let desk = Desk::open().await;
    let (web, desktop) = (desk.client_id("admin-portal"), desk.client_id("desktop"));
    let to = |address: &'static str| ("post_logout_redirect_uri", address);
    let followed = [
        ("of any application", vec![to(WEB)], WEB),
        ("of the one named", vec![to(WEB), ("client_id", web)], WEB),
        ("whatever loopback port", vec![to(PUBLIC), ("client_id", desktop)], PUBLIC),
    ];
    for (name, parameters, expected) in followed {
        let answer = signed_in(&desk, "adele").await.get(&logout(&desk, &parameters)).await;
        assert_eq!((answer.status, answer.header("location")), (302, expected), "{name}");
    }
    let mut browser = signed_in(&desk, "adele").await;
    let answer = browser.get(&logout(&desk, &[to(WEB), ("state", STATE)])).await;
    assert_eq!(answer.returned(WEB)["state"], STATE);
    let answer = browser.get(&logout(&desk, &[to(WEB)])).await;
    assert_eq!(answer.header("location"), WEB, "with nobody signed in, too");

    let refused = [
        ("not registered", vec![to("https://evil.example/")]),
        ("of another application", vec![to(WEB), ("client_id", desktop)]),
        ("more path", vec![to("http://localhost:7082/signin-oidc/more"), ("client_id", web)]),
        ("no address", vec![to("signin-oidc")]),
    ];
    for (name, parameters) in refused {
        let mut browser = signed_in(&desk, "adele").await;
        let answer = browser.get(&logout(&desk, &parameters)).await;
        check_done(name, &answer);
        assert!(!answer.body.contains("evil.example"), "{name}: {}", answer.body);
        let note = desk.note(answer.header("x-ms-request-id")).await;
        assert_eq!((note.code, note.rule), (0, "post_logout_redirect_uri.registered"), "{name}");
        assert_eq!(
            silently(&desk, &mut browser, "").await,
            "login_required",
            "{name}: signed out all the same"
        );
    }
    let native = "http://localhost/common/oauth2/nativeclient";
    for (tenant, status) in [(desk.home.as_str(), 302), ("fabrikam.example", 200)] {
        let path = format!("{tenant}/oauth2/v2.0/logout?post_logout_redirect_uri={native}");
        assert_eq!(desk.get(&desk.url(&path), &[]).await.status, status, "{tenant}: it is Northwind's own");
    }
}

#[tokio::test]
async fn of_several_accounts_one_is_meant_or_picked() {
    let desk = Desk::open().await;
    let both = async || {
        let mut browser = signed_in(&desk, "mina").await;
        sign_in_beside(&desk, &mut browser, "adele").await;
        browser
    };
    let stays = async |browser: &mut Browser<'_>, name: &str| {
        silently(&desk, browser, &format!("{name}@northwind.example")).await
    };
    let to = [("post_logout_redirect_uri", WEB), ("state", STATE)];
    let mut browser = both().await;
    let pick = browser.get(&logout(&desk, &to)).await;
    assert!(pick.body.contains("Whose session is to end?"), "{}", pick.body);
    assert_eq!(stays(&mut browser, "adele").await, "a code", "nothing has happened yet");
    let answer = browser.submit(&pick, button(&pick, "mina@northwind.example").as_pair(), &[]).await;
    assert_eq!(answer.returned(WEB)["state"], STATE, "the picker keeps where to go");
    assert_eq!(stays(&mut browser, "mina").await, "login_required");
    assert_eq!(stays(&mut browser, "adele").await, "a code");

    let mut browser = both().await;
    let token = id_token(&desk, &mut browser).await;
    let hint = claims(&serde_json::json!(token))["login_hint"].as_str().expect("asked for").to_owned();
    check_done("by the claim", &browser.get(&logout(&desk, &[("logout_hint", &hint)])).await);
    assert_eq!(stays(&mut browser, "mina").await, "a code");
    assert_eq!(stays(&mut browser, "adele").await, "login_required");

    let mut browser = both().await;
    let token = id_token(&desk, &mut browser).await;
    let answer = browser.get(&logout(&desk, &[("id_token_hint", &token)])).await;
    check_done("by the ID token", &answer);
    assert_eq!(
        (stays(&mut browser, "mina").await.as_str(), stays(&mut browser, "adele").await.as_str()),
        ("a code", "login_required")
    );

    // Neither a sign-in name, nor a session that is over, means anybody: the person is asked, even about one account.
    for hint in [("logout_hint", "mina@northwind.example"), ("id_token_hint", token.as_str())] {
        let pick = browser.get(&logout(&desk, &[hint])).await;
        assert!(pick.body.contains("Whose session is to end?"), "{hint:?}: {}", pick.body);
        let note = desk.note(pick.header("x-ms-request-id")).await;
        assert_eq!((note.code, note.rule), (0, format!("{}.signed_in", hint.0).as_str()), "{note:?}");
        assert_eq!(stays(&mut browser, "mina").await, "a code");
    }
    let pick = browser.get(&logout(&desk, &[("id_token_hint", &token)])).await;
    assert_eq!(
        attribute(pick.body.split_once("name=\"client_id\"").expect("it is repeated").1, "value").as_deref(),
        Some(desk.client_id("legacy-portal")),
        "the application of the hint"
    );
}

/// A button of the picker, by the account on it.
struct Button(String);

impl Button {
    fn as_pair(&self) -> (&str, &str) {
        ("logout_hint", &self.0)
    }
}

fn button(page: &Answer, account: &str) -> Button {
    let label = format!("({account})</button>");
    let tag = page.body.split("<button ").find(|tag| tag.contains(&label)).expect("a button for it");
    Button(attribute(tag, "value").expect("a value"))
}

#[tokio::test]
async fn applications_of_the_session_are_told_and_no_others() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let parameters = with(&desk.authorization("admin-portal", WEB), &[("response_mode", "query")]);
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &parameters), "adele").await;
    let form = [("client_secret", desk.secret("admin-portal"))];
    let code = answer.returned(WEB)["code"].clone();
    let redemption = [desk.redemption("admin-portal", WEB, &code), form.to_vec()].concat();
    let body = desk.token(&desk.home, &redemption, &[]).await.json();
    let session = claims(&body["id_token"])["sid"].as_str().expect("a session").to_owned();

    let answer = browser.get(&logout(&desk, &[("post_logout_redirect_uri", WEB), ("state", STATE)])).await;
    check_done("on a page, for the frames", &answer);
    let frames: Vec<_> = answer.body.split("<iframe ").skip(1).collect();
    assert_eq!(frames.len(), 1, "{}", answer.body);
    let frame = Url::parse(&attribute(frames[0], "src").expect("an address")).expect("an address");
    assert!(frame.as_str().starts_with("http://localhost:7082/signout-oidc?"), "{frame}");
    let told: Vec<(String, String)> = frame.query_pairs().into_owned().collect();
    let issuer = desk.url(&format!("{}/v2.0", desk.home));
    assert_eq!(told, [("iss".to_owned(), issuer), ("sid".to_owned(), session)]);
    let refresh = answer.body.split_once("http-equiv=\"refresh\"").expect("it goes on").1;
    let goes_to = attribute(refresh, "content").expect("where to");
    let state = form_urlencoded::byte_serialize(STATE.as_bytes()).collect::<String>();
    let expected = format!("2;url={WEB}?state={state}");
    assert_eq!(goes_to, expected);

    let mut again = signed_in(&desk, "adele").await;
    let answer = again.get(&logout(&desk, &[])).await;
    assert!(!answer.body.contains("<iframe"), "that session knew no such application: {}", answer.body);
}

#[tokio::test]
async fn what_cannot_be_a_request_to_sign_out_is_refused() {
    let desk = Desk::open().await;
    let mut browser = signed_in(&desk, "adele").await;
    let token = id_token(&desk, &mut browser).await;
    let unsigned = format!("{}.AAAA", token.rsplit_once('.').expect("three parts").0);
    let access = desk.token(&desk.home, &desk.daemon(), &[]).await.json();
    let access = access["access_token"].as_str().expect("a token");
    let stranger = "11111111-2222-3333-4444-555555555555";
    let cases = [
        ("no guid", vec![("client_id", "desktop")], 700_038),
        ("unknown application", vec![("client_id", stranger)], 700_016),
        ("no token", vec![("id_token_hint", "adele")], 50061),
        ("wrong signature", vec![("id_token_hint", unsigned.as_str())], 50061),
        ("an access token", vec![("id_token_hint", access)], 50061),
        (
            "two applications",
            vec![("id_token_hint", &token), ("client_id", desk.client_id("desktop"))],
            50061,
        ),
    ];
    for (name, parameters, code) in cases {
        desk.check_page(name, &browser.get(&logout(&desk, &parameters)).await, code).await;
    }
    let twice = format!("{}&state=2", logout(&desk, &[("state", "1")]));
    desk.check_page("twice", &browser.get(&twice).await, 9_000_411).await;
    let broken = format!("{}?state=%zz", logout(&desk, &[]));
    desk.check_page("broken escape", &browser.get(&broken).await, 9_002_313).await;
    for (tenant, code) in [("nobody.example", 90002), ("nobody", 900_023)] {
        let answer = browser.get(&desk.url(&format!("{tenant}/oauth2/v2.0/logout"))).await;
        desk.check_page(tenant, &answer, code).await;
    }
    let head = desk.request("HEAD", &logout(&desk, &[]), &[]).await;
    assert_eq!((head.status, head.header("allow")), (405, "GET, POST"), "looking at it ends nothing");
    assert_eq!(
        silently(&desk, &mut browser, "adele@northwind.example").await,
        "a code",
        "refusals end nothing"
    );
    let refused = Refusal { error: "login_required", code: 50058 };
    let silent = with(&desk.authorization("desktop", PUBLIC), &[("prompt", "none")]);
    check_done(
        "good",
        &browser
            .get(&logout(&desk, &[("id_token_hint", &token), ("client_id", desk.client_id("legacy-portal"))]))
            .await,
    );
    let answer = browser.get(&desk.authorize_url(&desk.home, &silent)).await;
    desk.check_redirect("after it", &answer, PUBLIC, refused, WITH_URI).await;
}

#[tokio::test]
async fn the_built_in_user_agent_signs_out_through_picker_and_frames() {
    let desk = Desk::open().await;
    let web = Url::parse(WEB).expect("an address");
    let mut agent = None;
    for key in ["mina", "adele"] {
        let parameters = with(&desk.authorization("admin-portal", WEB), &[("prompt", "login")]);
        let address = Url::parse(&desk.authorize_url(&desk.home, &parameters)).expect("an address");
        assert!(visit(&desk, &mut agent, key, address, &web).await.params.get("code").is_some());
    }
    let to = [("post_logout_redirect_uri", WEB), ("state", STATE)];
    let address = Url::parse(&logout(&desk, &to)).expect("an address");
    let arrival = visit(&desk, &mut agent, "adele", address, &web).await;
    assert_eq!(arrival.params.get("state"), Some(STATE));
    let silent = |hint| {
        let changes = [("prompt", "none"), ("login_hint", hint)];
        let parameters = with(&desk.authorization("admin-portal", WEB), &changes);
        Url::parse(&desk.authorize_url(&desk.home, &parameters)).expect("an address")
    };
    let arrival = visit(&desk, &mut agent, "adele", silent("adele@northwind.example"), &web).await;
    assert_eq!(arrival.params.get("error"), Some("login_required"));
    let arrival = visit(&desk, &mut agent, "mina", silent("mina@northwind.example"), &web).await;
    assert!(arrival.params.get("code").is_some());
}

/// Lets the built-in user agent go to an address and act as somebody, until it arrives.
pub async fn visit(desk: &Desk, agent: &mut Option<Agent>, key: &str, address: Url, to: &Url) -> Arrival {
    let user = desk.scenario.user(key).expect("somebody of the scenario");
    let person = Credentials {
        username: user.user_principal_name.clone(),
        password: user.password.clone(),
        one_time_code: user.one_time_code.clone(),
        user_code: None,
    };
    let mut request = if let Some(agent) = agent {
        agent.again(address, Some(to.clone()))
    } else {
        let (begun, request) = Agent::begin(address, Some(to.clone()));
        *agent = Some(begun);
        request
    };
    let agent = agent.as_mut().expect("it has begun");
    loop {
        let headers: Vec<_> = request.headers.iter().collect();
        let answer = match request.method {
            Method::Post => {
                desk.post_text(request.url.as_str(), request.body.text().into_owned(), &headers).await
            }
            _ => desk.get(request.url.as_str(), &headers).await,
        };
        let mut lines = Headers::new();
        for (name, value) in answer.headers.iter().filter(|(name, _)| *name != "set-cookie") {
            lines.push(name, value);
        }
        for cookie in &answer.cookies {
            lines.push("set-cookie", cookie);
        }
        let mut next =
            agent.answer(Response { status: answer.status, headers: lines, body: Body::from(answer.body) });
        if next == Next::Page {
            next = agent.autopilot(&person).expect("it knows what to do");
        }
        request = match next {
            Next::Send(request) => request,
            Next::Arrived(arrival) => return arrival,
            other => panic!("{other:?}"),
        };
    }
}
