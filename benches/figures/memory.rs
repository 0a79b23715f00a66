//! What a hundred thousand sign-ins leave behind: each in a browser of its own, with a session, a code, and a refresh token
//! that lasts for 90 days. More than a shelf has room for, so that the figure after them is the one that stays.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use authwright::provider::scenario::Scenario;
use tokio::task::JoinSet;
use url::Url;

use super::{
    load::{Connection, address, cores, get, post, tokio},
    server::Server,
};

/// After how many sign-ins the memory is looked at; between the last two it should not grow.
const LOOKS: [u32; 3] = [10_000, 100_000, 120_000];

/// Never followed, and on loopback any port is registered.
const REDIRECT_URI: &str = "http://localhost:50123/";

/// Signs in, and prints the resident set of the serving process as it goes.
pub fn after_many_sign_ins() {
    let (server, base) = Server::lab();
    let Some(_) = server.resident() else {
        println!("resident memory of `serve` after many sign-ins: skipped, only Linux tells");
        return;
    };
    let tokio = tokio();
    tokio.block_on(sign_ins(&base, 10));
    report(&server, 0);
    let mut done = 0;
    for count in LOOKS {
        tokio.block_on(sign_ins(&base, count - done));
        done = count;
        report(&server, done);
    }
}

fn report(server: &Server, count: u32) {
    let resident = server.resident().expect("it told before") / 1024;
    println!("{:<58} {resident:>9} MB", format!("resident memory of `serve` after {count} sign-ins"));
}

async fn sign_ins(base: &Url, count: u32) {
    let (left, mut people) = (Arc::new(AtomicU32::new(count)), JoinSet::new());
    for _ in 0..cores() * 2 {
        let (left, base) = (Arc::clone(&left), base.clone());
        people.spawn(async move {
            let scenario = Scenario::northwind();
            let mut connection = Connection::open(&address(&base)).await;
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                sign_in(&mut connection, &base, &scenario).await;
            }
        });
    }
    people.join_all().await;
}

async fn sign_in(connection: &mut Connection, base: &Url, scenario: &Scenario) {
    let client = &scenario.application("desktop").expect("it is in the scenario").app_id;
    let person = scenario.user("adele").expect("she is in the scenario");
    let tenant = &scenario.home().id;
    let mut url = base.join(&format!("{tenant}/oauth2/v2.0/authorize")).expect("an address");
    // Without openid one token is signed in place of two; what is kept is the same.
    let asked = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "offline_access User.Read"),
        ("state", "of no importance"),
    ];
    url.query_pairs_mut().extend_pairs(asked);
    let mut cookies: Vec<(String, String)> = Vec::new();
    let mut request = get(&url, "");
    let code = loop {
        let answer = connection.ask(&request).await;
        for cookie in answer.all("set-cookie") {
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            cookies.retain(|(known, _)| known != name);
            cookies.push((name.to_owned(), value.to_owned()));
        }
        if let Some(location) = answer.all("location").next() {
            let location: Url = location.parse().expect("an address");
            break location.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        }
        let hidden = |name: &str| {
            let (_, rest) = answer.body.split_once(&format!("name=\"{name}\" value=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        let step = hidden("step").unwrap_or_else(|| panic!("a page of a sign-in: {}", answer.body));
        let form = [
            ("flow_token", hidden("flow_token").expect("a flow token")),
            ("step", step),
            ("loginfmt", person.user_principal_name.clone()),
            ("passwd", person.password.expose().to_owned()),
            ("action", "next".to_owned()),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let url = base.join(&format!("{tenant}/login")).expect("an address");
        let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = post(&url, &format!("cookie: {}\r\n", line.join("; ")), &body);
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
    ];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let url = base.join(&format!("{tenant}/oauth2/v2.0/token")).expect("an address");
    let answer = connection.ask(&post(&url, "", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("\"refresh_token\""), "{}", answer.body);
}
