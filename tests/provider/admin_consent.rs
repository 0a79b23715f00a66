//! Admin consent: what an administrator allows for everybody, and every way in which it is refused.

use authwright::provider::scenario::Scenario;
use serde_json::{Value, json};
use url::Url;

use crate::{
    desk::{Answer, Browser, Desk, Refusal, STATE, step, with},
    tenant::claims,
};

const PLANNER: &str = "http://localhost:7085/signin-oidc";
const PUBLIC: &str = "http://localhost:50123/";
const DIRECTORY: &str = "https://graph.microsoft.com/.default";
const V1: &str = "adminconsent";
const V2: &str = "v2.0/adminconsent";
const WITH_URI: &[&str] = &["admin_consent", "error_uri"];

/// The parameters of a request in version 2 that works.
fn parameters(desk: &Desk) -> Vec<(&str, &str)> {
    vec![
        ("client_id", desk.client_id("store-planner")),
        ("scope", DIRECTORY),
        ("redirect_uri", PLANNER),
        ("state", STATE),
    ]
}

fn url(desk: &Desk, tenant: &str, path: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = Url::parse(&desk.url(&format!("{tenant}/{path}"))).expect("an address");
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

/// An application's token for itself.
async fn own_token(desk: &Desk, tenant: &str, scope: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", desk.client_id("store-planner")),
        ("client_secret", desk.secret("store-planner")),
        ("scope", scope),
    ];
    desk.token(tenant, &form, &[]).await
}

fn roles(answer: &Answer) -> Value {
    claims(&answer.json()["access_token"])["roles"].clone()
}

#[tokio::test]
async fn what_cannot_be_sent_back_is_shown_as_a_page() {
    let desk = Desk::open().await;
    let home = desk.home.clone();
    let longer = ("redirect_uri", "http://localhost:7085/signin-oidc/north");
    let escaping = ("redirect_uri", "http://localhost:7085/signin-oidc/../elsewhere");
    let client = |key: &str| ("client_id", desk.client_id(key));
    let reports = [client("store-reports"), ("redirect_uri", "http://localhost:7083/signin-oidc")];
    let gifts = [client("gift-cards"), ("redirect_uri", PUBLIC)];
    let cases = [
        ("unknown tenant", "nobody.example", V2, vec![], 90002),
        ("malformed tenant", "nobody", V1, vec![], 900_023),
        ("no client", &home, V2, vec![("client_id", "")], 900_144),
        ("client id no guid", &home, V2, vec![("client_id", "planner")], 700_038),
        ("unknown client", &home, V1, vec![("client_id", "11111111-2222-3333-4444-555555555555")], 700_016),
        ("single tenant elsewhere", "fabrikam.example", V2, reports.to_vec(), 700_016),
        ("single tenant on common", "common", V1, reports.to_vec(), 50194),
        ("switched off", &home, V2, vec![client("price-tags")], 7_000_112),
        ("version 2 on common", "common", V2, vec![], 900_021),
        ("work application for personal accounts", "consumers", V1, vec![], 9_002_332),
        ("personal accounts, version 1", "consumers", V1, gifts.to_vec(), 900_021),
        ("personal accounts, version 2", "consumers", V2, gifts.to_vec(), 900_021),
        ("no redirect URI, version 2", &home, V2, vec![("redirect_uri", "")], 900_144),
        ("no redirect URI registered", &home, V1, vec![client("inventory-sync")], 500_113),
        ("not registered", &home, V2, vec![("redirect_uri", "https://evil.example/")], 50011),
        ("more path, version 2", &home, V2, vec![longer], 50011),
        ("more path that leads elsewhere", &home, V1, vec![escaping], 50011),
        (
            "other host, version 1",
            &home,
            V1,
            vec![("redirect_uri", "https://evil.example/signin-oidc/x")],
            50011,
        ),
    ];
    for (name, tenant, path, changes, code) in cases {
        let answer = desk.get(&url(&desk, tenant, path, &with(&parameters(&desk), &changes)), &[]).await;
        desk.check_page(name, &answer, code).await;
        assert_eq!(answer.header("location"), "", "{name}");
    }
    let posted = desk.post(&url(&desk, &home, V2, &parameters(&desk)), &[], &[]).await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn what_can_be_sent_back_says_so_and_names_no_tenant() {
    let desk = Desk::open().await;
    let empty = [("client_id", desk.client_id("empty-shelf")), ("redirect_uri", PUBLIC)];
    let scope = |scope: &'static str| vec![("scope", scope)];
    let no_uri: &[&str] = &["admin_consent"];
    let cases = [
        ("no scope", V2, scope(""), "invalid_request", 900_144, WITH_URI),
        ("unknown permission", V2, scope("User.Rule"), "invalid_client", 650_053, WITH_URI),
        (
            "a role by name",
            V2,
            scope("api://northwind-catalog/Orders.Read.All"),
            "invalid_client",
            650_053,
            WITH_URI,
        ),
        ("unknown resource", V2, scope("api://nobody/.default"), "invalid_resource", 500_011, WITH_URI),
        ("mixed", V2, scope("User.Read api://northwind-catalog/.default"), "invalid_scope", 70011, WITH_URI),
        (
            "not listed",
            V2,
            scope("api://northwind-payments/Payments.Read"),
            "invalid_client",
            650_057,
            no_uri,
        ),
        ("empty registration, version 1", V1, empty.to_vec(), "access_denied", 1_003_031, WITH_URI),
        ("empty registration, version 2", V2, empty.to_vec(), "access_denied", 1_003_031, WITH_URI),
    ];
    for (name, path, changes, error, code, extra) in cases {
        let sent = with(&parameters(&desk), &changes);
        let answer = desk.get(&url(&desk, &desk.home, path, &sent), &[]).await;
        let to = if sent.contains(&empty[1]) { PUBLIC } else { PLANNER };
        desk.check_redirect(name, &answer, to, Refusal { error, code }, extra).await;
        assert!(answer.header("location").contains('?'), "{name}: in the query");
    }
    let twice = format!("{}&scope=User.Read", url(&desk, &desk.home, V2, &parameters(&desk)));
    let refusal = Refusal { error: "invalid_request", code: 9_000_411 };
    desk.check_redirect("twice", &desk.get(&twice, &[]).await, PLANNER, refusal, WITH_URI).await;
}

#[tokio::test]
async fn those_who_are_no_administrators_or_say_no_change_nothing() {
    let desk = Desk::open().await;
    let url = url(&desk, &desk.home, V2, &parameters(&desk));
    let denied = |code| Refusal { error: "access_denied", code };
    let answer = Browser::new(&desk).sign_in(&url, "mina").await;
    desk.check_page("no administrator", &answer, 90094).await;
    assert!(answer.body.contains("Northwind Store Planner") && answer.body.contains("Northwind Retail"));
    assert!(!answer.body.contains("adminconsent"), "she is there already");
    let answer = Browser::new(&desk).sign_in(&url, "theo").await;
    desk.check_page("no administrator, after the second factor", &answer, 90094).await;
    let answer = Browser::new(&desk).sign_in(&url, "farah").await;
    desk.check_page("a guest", &answer, 90094).await;
    let answer = Browser::new(&desk).sign_in(&url, "pia").await;
    desk.check_redirect("of another directory", &answer, PLANNER, denied(50020), WITH_URI).await;

    let mut adele = Browser::new(&desk);
    let page = adele.get(&url).await;
    let answer = adele.submit(&page, ("action", "cancel"), &[]).await;
    desk.check_redirect("turned back", &answer, PLANNER, denied(65004), WITH_URI).await;
    let page = adele.get(&url).await;
    let page = adele.type_password(&page, "adele").await;
    assert_eq!(step(&page.body), Some("consent"));
    let answer = adele.submit(&page, ("action", "cancel"), &[]).await;
    desk.check_redirect("declined", &answer, PLANNER, denied(65004), WITH_URI).await;

    assert_eq!(roles(&own_token(&desk, &desk.home, DIRECTORY).await), Value::Null);
    // A form of a page that was never due grants nothing either.
    let mut mina = Browser::new(&desk);
    let page = mina.get(&url).await;
    let forged = mina.submit(&page, ("action", "next"), &[("step", "consent")]).await;
    assert_eq!(step(&forged.body), Some("sign_in"));
    assert_eq!(roles(&own_token(&desk, &desk.home, DIRECTORY).await), Value::Null);
}

#[tokio::test]
async fn after_consent_the_application_has_its_roles_and_nobody_is_asked() {
    let desk = Desk::open().await;
    let mut adele = Browser::new(&desk);
    let page = adele.get(&url(&desk, &desk.home, V2, &parameters(&desk))).await;
    let page = adele.type_password(&page, "adele").await;
    for text in ["Directory.Read.All", "Catalog.Write", "Catalog.Read.All", "offline_access", "By itself"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let answer = adele.submit(&page, ("action", "next"), &[]).await;
    let returned = answer.returned(PLANNER);
    assert_eq!(returned.keys().collect::<Vec<_>>(), ["admin_consent", "scope", "state", "tenant"]);
    assert_eq!(
        (returned["admin_consent"].as_str(), returned["tenant"].as_str(), returned["state"].as_str()),
        ("True", desk.home.as_str(), STATE)
    );
    let granted: Vec<_> = returned["scope"].split(' ').collect();
    for scope in
        ["openid", "https://graph.microsoft.com/Directory.Read.All", "api://northwind-catalog/Catalog.Write"]
    {
        assert!(granted.contains(&scope), "{scope}: {granted:?}");
    }
    assert_eq!(granted.last(), Some(&DIRECTORY));

    assert_eq!(roles(&own_token(&desk, &desk.home, DIRECTORY).await), json!(["Directory.Read.All"]));
    let catalog = own_token(&desk, &desk.home, "api://northwind-catalog/.default").await;
    assert_eq!(roles(&catalog), json!(["Catalog.Read.All"]));
    for scope in
        ["openid profile offline_access Directory.Read.All", "openid api://northwind-catalog/Catalog.Write"]
    {
        let wanted = with(&desk.authorization("store-planner", PLANNER), &[("scope", scope)]);
        let mut mina = Browser::new(&desk);
        let page = mina.get(&desk.authorize_url(&desk.home, &wanted)).await;
        let answer = mina.type_password(&page, "mina").await;
        assert!(answer.returned(PLANNER).contains_key("code"), "{scope}: nothing is asked");
    }
    let elsewhere = own_token(&desk, "fabrikam.example", DIRECTORY).await;
    desk.check_json(
        "consent is for one tenant",
        &elsewhere,
        401,
        Refusal { error: "invalid_client", code: 7_000_229 },
        &["error_uri"],
    )
    .await;
}

#[tokio::test]
async fn named_scopes_are_all_that_is_granted() {
    let desk = Desk::open().await;
    let scope = [("scope", "https://graph.microsoft.com/Directory.Read.All")];
    let consent = url(&desk, "organizations", V2, &with(&parameters(&desk), &scope));
    let mut adele = Browser::new(&desk);
    let answer = adele.sign_in(&consent, "adele").await;
    let returned = answer.returned(PLANNER);
    assert_eq!(returned["tenant"], desk.home, "the administrator's own");
    assert_eq!(
        returned["scope"],
        "https://graph.microsoft.com/Directory.Read.All openid profile offline_access"
    );
    assert_eq!(roles(&own_token(&desk, &desk.home, DIRECTORY).await), Value::Null, "no roles by name");
    let write = with(
        &desk.authorization("store-planner", PLANNER),
        &[("scope", "openid api://northwind-catalog/Catalog.Write")],
    );
    let answer = Browser::new(&desk).sign_in(&desk.authorize_url(&desk.home, &write), "mina").await;
    desk.check_page("not asked for", &answer, 90094).await;
}

#[tokio::test]
async fn version_1_grants_the_registration_and_takes_a_longer_path() {
    let desk = Desk::open().await;
    let longer = "http://localhost:7085/consented/north/2";
    let sent = with(&parameters(&desk), &[("redirect_uri", longer), ("scope", "")]);
    let answer = Browser::new(&desk).sign_in(&url(&desk, "common", V1, &sent), "adele").await;
    let returned = answer.returned(longer);
    assert_eq!(returned.keys().collect::<Vec<_>>(), ["admin_consent", "state", "tenant"]);
    assert_eq!((&returned["tenant"], returned["state"].as_str()), (&desk.home, STATE));
    assert_eq!(roles(&own_token(&desk, &desk.home, DIRECTORY).await), json!(["Directory.Read.All"]));

    // Without a redirect URI the first registered one is meant.
    let bare = [("client_id", desk.client_id("store-planner"))];
    let answer = Browser::new(&desk).sign_in(&url(&desk, &desk.home, V1, &bare), "adele").await;
    let returned = answer.returned(PLANNER);
    assert_eq!(returned.keys().collect::<Vec<_>>(), ["admin_consent", "tenant"]);
}

#[tokio::test]
async fn another_tenant_gets_a_service_principal_unless_it_lacks_the_resource() {
    let text = include_str!("../../src/provider/northwind.toml");
    let farah = "key = \"farah\"\n";
    assert!(text.contains(farah));
    let text = text.replace(farah, "key = \"farah\"\nadministrator = true\n");
    let desk = Desk::stocked(Scenario::parse(&text).expect("a scenario")).await;
    let fabrikam = desk.scenario.tenant("fabrikam").expect("it is there").id.clone();
    let refused = Browser::new(&desk).sign_in(&url(&desk, &fabrikam, V2, &parameters(&desk)), "farah").await;
    let refusal = Refusal { error: "invalid_client", code: 650_052 };
    desk.check_redirect("the catalog is Northwind's", &refused, PLANNER, refusal, WITH_URI).await;
    assert_eq!(own_token(&desk, &fabrikam, DIRECTORY).await.json()["error_codes"], json!([7_000_229]));

    let named = with(&parameters(&desk), &[("scope", "User.Read")]);
    let answer = Browser::new(&desk).sign_in(&url(&desk, &fabrikam, V2, &named), "farah").await;
    assert_eq!(answer.returned(PLANNER)["tenant"], fabrikam);
    assert_eq!(own_token(&desk, &fabrikam, DIRECTORY).await.status, 200);
    assert_eq!(
        own_token(&desk, &desk.home, DIRECTORY).await.status,
        200,
        "at home it needs nobody to be there"
    );
}

#[tokio::test]
async fn the_api_behind_a_front_end_is_consented_to_with_it() {
    let desk = Desk::open().await;
    let spa = "http://localhost:7081/signin";
    let sent = [
        ("client_id", desk.client_id("storefront")),
        ("scope", "api://northwind-catalog/.default"),
        ("redirect_uri", spa),
    ];
    let mut adele = Browser::new(&desk);
    let page = adele.get(&url(&desk, &desk.home, V2, &sent)).await;
    let page = adele.type_password(&page, "adele").await;
    let (_, behind) = page.body.split_once("Northwind Catalog API behind it").expect("its own heading");
    assert!(behind.contains("Mail.Read"), "{}", page.body);
    adele.submit(&page, ("action", "next"), &[]).await.returned(spa);

    let scope = [("scope", "openid api://northwind-catalog/Catalog.Read")];
    let code = desk.code("storefront", spa, &scope).await;
    let origin = [("origin", "http://localhost:7081")];
    let body = desk.token(&desk.home, &desk.redemption("storefront", spa, &code), &origin).await.json();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("client_id", desk.client_id("catalog-api")),
        ("client_secret", desk.secret("catalog-api")),
        ("assertion", body["access_token"].as_str().expect("a token")),
        ("requested_token_use", "on_behalf_of"),
        ("scope", "Mail.Read"),
    ];
    assert_eq!(desk.token(&desk.home, &form, &[]).await.status, 200, "nobody had consented to this before");
}

#[tokio::test]
async fn the_page_that_stops_people_says_where_an_administrator_goes() {
    let desk = Desk::open().await;
    let scope = [("scope", "openid Directory.Read.All")];
    let wanted = desk.authorize_url(&desk.home, &with(&desk.authorization("store-planner", PLANNER), &scope));
    let mut mina = Browser::new(&desk);
    let page = mina.sign_in(&wanted, "mina").await;
    desk.check_page("stopped", &page, 90094).await;
    let (_, rest) = page.body.split_once("<code>").expect("an address");
    let address = rest.split("</code>").next().expect("its end").replace("&amp;", "&");

    // In her browser an administrator signs in beside her.
    let pick = mina.get(&address).await;
    assert_eq!(step(&pick.body), Some("pick"));
    let page = mina.submit(&pick, ("action", "other"), &[]).await;
    let page = mina.type_password(&page, "adele").await;
    let answer = mina.submit(&page, ("action", "next"), &[]).await;
    assert_eq!(answer.returned(PLANNER)["admin_consent"], "True");
    let pick = mina.get(&wanted).await;
    let answer = mina.submit(&pick, ("login", "mina@northwind.example"), &[]).await;
    assert!(answer.returned(PLANNER).contains_key("code"));
}

#[tokio::test]
async fn the_built_in_user_agent_finds_its_way() {
    let desk = Desk::open().await;
    let to = Url::parse(PLANNER).expect("an address");
    let consent = Url::parse(&url(&desk, &desk.home, V2, &parameters(&desk))).expect("an address");
    let arrival = crate::logout::visit(&desk, &mut None, "adele", consent, &to).await;
    assert_eq!(arrival.params.get("admin_consent"), Some("True"));
    assert_eq!(roles(&own_token(&desk, &desk.home, DIRECTORY).await), json!(["Directory.Read.All"]));
}
