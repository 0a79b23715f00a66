//! Whose accounts a tenant segment admits: work, personal, guests; and whom an application takes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    desk::{Browser, Desk, Refusal, step, with},
    tenant::claims,
};

const PUBLIC: &str = "http://localhost:50123/";
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn url(desk: &Desk, application: &str, segment: &str) -> String {
    let scope = [("scope", "openid profile User.Read"), ("client_info", "1")];
    desk.authorize_url(segment, &with(&desk.authorization(application, PUBLIC), &scope))
}

/// Who can sign in where, and whose tenant the ID token names.
#[tokio::test]
async fn each_kind_of_account_gets_in_where_it_belongs() {
    let desk = Desk::open().await;
    let home = desk.home.clone();
    let fabrikam = desk.scenario.tenant("fabrikam").expect("a tenant").id.clone();
    let cases: [(&str, &str, &str, Result<&str, u32>); 22] = [
        ("gift-cards", "common", "mina", Ok(&home)),
        ("gift-cards", "common", "farah", Ok(&fabrikam)),
        ("gift-cards", "common", "pia", Ok(CONSUMERS)),
        ("gift-cards", "organizations", "mina", Ok(&home)),
        ("gift-cards", "organizations", "pia", Err(50020)),
        ("gift-cards", "consumers", "pia", Ok(CONSUMERS)),
        ("gift-cards", CONSUMERS, "pia", Ok(CONSUMERS)),
        ("gift-cards", "consumers", "mina", Err(50020)),
        ("gift-cards", "northwind.example", "mina", Ok(&home)),
        ("gift-cards", "northwind.example", "farah", Ok(&home)),
        ("gift-cards", "northwind.example", "ines", Err(50020)),
        ("gift-cards", "northwind.example", "pia", Err(50020)),
        ("gift-cards", "fabrikam.example", "mina", Err(50020)),
        ("staff-directory", "organizations", "mina", Ok(&home)),
        ("staff-directory", "organizations", "ines", Err(50020)),
        ("staff-directory", &home, "ines", Err(50020)),
        ("wish-list", "consumers", "pia", Ok(CONSUMERS)),
        ("wish-list", "consumers", "farah", Err(50020)),
        ("desktop", "common", "pia", Err(500_208)),
        ("desktop", "common", "ines", Ok(&fabrikam)),
        ("loyalty-cards", &home, "mina", Ok(&home)),
        ("loyalty-cards", "fabrikam.example", "farah", Ok(&fabrikam)),
    ];
    for (application, segment, person, expected) in cases {
        let name = format!("{application} {segment} {person}");
        let mut browser = Browser::new(&desk);
        let answer = browser.sign_in(&url(&desk, application, segment), person).await;
        let expected = match expected {
            Ok(tenant) => tenant,
            Err(code) => {
                desk.check_page(&name, &answer, code).await;
                continue;
            }
        };
        let returned = answer.returned(PUBLIC);
        assert_eq!(returned.contains_key("session_state"), expected != CONSUMERS, "{name}");
        let redemption = desk.redemption(application, PUBLIC, &returned["code"]);
        let body = desk.token(segment, &redemption, &[]).await.json();
        assert_eq!(claims(&body["id_token"])["tid"], expected, "{name}: {body:#}");
    }
}

#[tokio::test]
async fn a_guest_is_somebody_else_in_the_other_tenant() {
    let desk = Desk::open().await;
    let home = desk.home.clone();
    let farah = desk.scenario.user("farah").expect("somebody of the scenario");
    let answer = Browser::new(&desk).sign_in(&url(&desk, "desktop", &home), "farah").await;
    let returned = answer.returned(PUBLIC);
    let body = desk.token(&home, &desk.redemption("desktop", PUBLIC, &returned["code"]), &[]).await.json();
    let token = claims(&body["id_token"]);
    assert_eq!(token["oid"], farah.guest_in[0].id);
    assert_eq!(token["idp"], desk.url(&format!("{}/", farah.tenant_id)));
    let info = URL_SAFE_NO_PAD.decode(&returned["client_info"]).expect("base64url");
    let info: Value = serde_json::from_slice(&info).expect("JSON");
    assert_eq!((&info["uid"], &info["utid"]), (&farah.id.as_str().into(), &farah.tenant_id.as_str().into()));
}

#[tokio::test]
async fn a_company_of_its_own_mind_checks_the_password_itself() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let page = browser.get(&url(&desk, "desktop", "organizations")).await;
    let fields = [("loginfmt", "ines@fabrikam.example"), ("passwd", "")];
    let page = browser.submit(&page, ("action", "next"), &fields).await;
    assert_eq!(step(&page.body), Some("home_realm"), "the name is enough to know");
    assert!(page.body.contains("Fabrikam Supplies"));
    let wrong = browser.submit(&page, ("action", "next"), &[("passwd", "wrong")]).await;
    assert!(step(&wrong.body) == Some("home_realm") && wrong.body.contains("AADSTS50126: "));
    let other = browser.submit(&wrong, ("action", "other"), &[]).await;
    assert_eq!(step(&other.body), Some("sign_in"), "there is a way back");
    let page = browser.submit(&other, ("action", "next"), &fields).await;
    let page = browser.submit(&page, ("action", "next"), &[("passwd", "lab-Ines-1")]).await;
    assert_eq!(step(&page.body), Some("consent"));
    let answer = browser.submit(&page, ("action", "next"), &[]).await;
    let code = answer.returned(PUBLIC)["code"].clone();
    let body = desk.token("organizations", &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    assert_eq!(claims(&body["access_token"])["amr"], serde_json::json!(["fed"]));
}

#[tokio::test]
async fn what_nobody_consented_to_is_asked_for_or_left_to_administrators() {
    let desk = Desk::open().await;
    let silent = |application: &str, scope: &str| {
        let changes = [("scope", scope), ("prompt", "none")];
        desk.authorize_url(&desk.home, &with(&desk.authorization(application, PUBLIC), &changes))
    };
    let mut browser = Browser::new(&desk);
    let page = browser.get(&url(&desk, "loyalty-cards", &desk.home)).await;
    let page = browser.type_password(&page, "mina").await;
    assert!(step(&page.body) == Some("consent") && page.body.contains("Fabrikam Loyalty Cards"));
    let refused = browser.get(&silent("loyalty-cards", "openid User.Read")).await;
    let refusal = Refusal { error: "interaction_required", code: 65001 };
    desk.check_redirect("nobody", &refused, PUBLIC, refusal, &["error_uri", "suberror"]).await;

    let refused = browser.get(&silent("staff-directory", "openid User.Read.All")).await;
    let refusal = Refusal { error: "consent_required", code: 90094 };
    desk.check_redirect("administrators", &refused, PUBLIC, refusal, &["error_uri"]).await;
    let changes = [("scope", "openid User.Read.All")];
    let asked = with(&desk.authorization("staff-directory", PUBLIC), &changes);
    let asked = desk.authorize_url(&desk.home, &asked);
    desk.check_page("administrators", &browser.get(&asked).await, 90094).await;
}
