//! Pages: signing in, the second factor, consent, and what a session remembers.

use crate::desk::{Browser, CATALOG, Desk, Refusal, step, with};

const PUBLIC: &str = "http://localhost:50123/";
const WEB: &str = "http://localhost:7082/signin-oidc";
const REPORTS: &str = "http://localhost:7083/signin-oidc";
const WITH_URI: &[&str] = &["error_uri"];

#[tokio::test]
async fn a_wrong_try_is_told_on_the_page_and_can_be_mended() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let mut page = browser.get(&desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC))).await;
    assert!(page.body.contains("LAB") && page.body.contains("not Microsoft"));
    let tries = [
        ("nobody@northwind.example", "x", 50034),
        ("mina@northwind.example", "wrong", 50126),
        ("mina@northwind.example", "", 50056),
        ("bruno@northwind.example", "wrong", 50126),
        ("bruno@northwind.example", "lab-Bruno-1", 50057),
        ("petra@northwind.example", "lab-Petra-1", 50055),
        ("luis@northwind.example", "lab-Luis-1", 50053),
    ];
    for (name, password, code) in tries {
        page = browser.submit(&page, ("action", "next"), &[("loginfmt", name), ("passwd", password)]).await;
        assert_eq!((page.status, step(&page.body)), (200, Some("sign_in")), "{name}");
        assert!(page.body.contains(&format!("AADSTS{code}: ")), "{name}: {}", page.body);
        assert_eq!(page.header("x-ms-clitelem"), format!("1,{code},0,,"));
        assert!(
            password.is_empty() || !page.body.contains(&format!("\"{password}\"")),
            "passwords are not sent back"
        );
    }
    let page = browser.type_password(&page, "mina").await;
    assert_eq!(step(&page.body), Some("consent"));

    let log: Vec<u32> = desk.lab.sign_ins().iter().map(|entry| entry.code).collect();
    assert_eq!(log, [50034, 50126, 50056, 50126, 50057, 50055, 50053]);
    assert_eq!(desk.lab.sign_ins()[4].user.as_deref(), Some("bruno@northwind.example"));
}

#[tokio::test]
async fn consent_is_asked_for_once_and_can_be_declined() {
    let desk = Desk::open().await;
    let url = desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC));
    let mut browser = Browser::new(&desk);
    let page = browser.get(&url).await;
    let page = browser.type_password(&page, "mina").await;
    assert!(page.body.contains("User.Read") && page.body.contains("offline_access"), "{}", page.body);
    assert!(!page.body.contains("on behalf of your organization"), "she is no administrator");
    let declined = browser.submit(&page, ("action", "cancel"), &[]).await;
    let refusal = Refusal { error: "access_denied", code: 65004 };
    desk.check_redirect("declined", &declined, PUBLIC, refusal, &["error_subcode", "error_uri"]).await;

    let silent =
        desk.authorize_url(&desk.home, &with(&desk.authorization("desktop", PUBLIC), &[("prompt", "none")]));
    let refused = browser.get(&silent).await;
    let refusal = Refusal { error: "interaction_required", code: 65001 };
    desk.check_redirect("silent", &refused, PUBLIC, refusal, &["error_uri", "suberror"]).await;

    let page = browser.get(&url).await;
    assert_eq!(step(&page.body), Some("consent"), "the session is still there");
    assert!(browser.submit(&page, ("action", "next"), &[]).await.returned(PUBLIC).contains_key("code"));
    assert!(browser.get(&url).await.returned(PUBLIC).contains_key("code"), "nothing is asked twice");
    assert!(browser.get(&silent).await.returned(PUBLIC).contains_key("code"));

    let changes = [("prompt", "consent")];
    let again = browser
        .get(&desk.authorize_url(&desk.home, &with(&desk.authorization("desktop", PUBLIC), &changes)))
        .await;
    assert_eq!(step(&again.body), Some("consent"), "unless it is asked for");
    assert!(browser.submit(&again, ("action", "next"), &[]).await.returned(PUBLIC).contains_key("code"));
}

#[tokio::test]
async fn what_needs_an_administrator_is_granted_by_one_for_all() {
    let desk = Desk::open().await;
    let scope = [("scope", "openid api://northwind-catalog/Catalog.Write")];
    let parameters = with(&desk.authorization("admin-portal", WEB), &scope);
    let url = desk.authorize_url(&desk.home, &parameters);
    let mut mina = Browser::new(&desk);
    desk.check_page("admin needed", &mina.sign_in(&url, "mina").await, 90094).await;
    let silent = mina.get(&desk.authorize_url(&desk.home, &with(&parameters, &[("prompt", "none")]))).await;
    desk.check_redirect("silent", &silent, WEB, Refusal { error: "consent_required", code: 90094 }, WITH_URI)
        .await;

    let mut adele = Browser::new(&desk);
    let page = adele.get(&url).await;
    let page = adele.type_password(&page, "adele").await;
    let answer = adele.submit(&page, ("action", "next"), &[("consent", "organization")]).await;
    assert!(answer.returned(WEB).contains_key("code"));
    assert!(mina.get(&url).await.returned(WEB).contains_key("code"), "granted for everybody");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_on_a_page_or_refused_in_silence() {
    let desk = Desk::open().await;
    let parameters = desk.authorization("desktop", PUBLIC);
    let url = desk.authorize_url(&desk.home, &parameters);
    let mut browser = Browser::new(&desk);
    let page = browser.get(&url).await;
    let page = browser.type_password(&page, "theo").await;
    assert_eq!(step(&page.body), Some("verify"));

    let silent =
        browser.get(&desk.authorize_url(&desk.home, &with(&parameters, &[("prompt", "none")]))).await;
    let refusal = Refusal { error: "interaction_required", code: 50076 };
    desk.check_redirect("silent", &silent, PUBLIC, refusal, &["error_uri", "suberror"]).await;

    let wrong = browser.submit(&page, ("action", "next"), &[("otc", "000000")]).await;
    assert!(wrong.body.contains("AADSTS500121: "), "{}", wrong.body);
    // The consent page is not due yet, so its form counts for nothing.
    let skipped = browser.submit(&wrong, ("action", "next"), &[("step", "consent")]).await;
    assert_eq!(step(&skipped.body), Some("verify"));
    let page = browser.submit(&skipped, ("action", "next"), &[("otc", "246810")]).await;
    assert_eq!(step(&page.body), Some("consent"));
    assert!(browser.submit(&page, ("action", "next"), &[]).await.returned(PUBLIC).contains_key("code"));
}

#[tokio::test]
async fn people_of_other_tenants_and_without_assignment_stay_out() {
    let desk = Desk::open().await;
    let url = desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC));
    desk.check_page("other tenant", &Browser::new(&desk).sign_in(&url, "ines").await, 50020).await;
    let common = desk.authorize_url("common", &desk.authorization("desktop", PUBLIC));
    assert!(Browser::new(&desk).sign_in(&common, "farah").await.returned(PUBLIC).contains_key("code"));
    let scope = [("scope", CATALOG)];
    let catalog = desk.authorize_url("common", &with(&desk.authorization("desktop", PUBLIC), &scope));
    let refused = Browser::new(&desk).sign_in(&catalog, "farah").await;
    let refusal = Refusal { error: "invalid_client", code: 650_052 };
    desk.check_redirect("their tenant has no catalog", &refused, PUBLIC, refusal, WITH_URI).await;

    let reports = desk.authorize_url(&desk.home, &desk.authorization("store-reports", REPORTS));
    let refused = Browser::new(&desk).sign_in(&reports, "mina").await;
    let refusal = Refusal { error: "interaction_required", code: 50105 };
    desk.check_redirect("not assigned", &refused, REPORTS, refusal, WITH_URI).await;
    assert!(Browser::new(&desk).sign_in(&reports, "adele").await.returned(REPORTS).contains_key("code"));
}

#[tokio::test]
async fn several_accounts_are_told_apart_by_hint_or_by_hand() {
    let desk = Desk::open().await;
    let parameters = desk.authorization("desktop", PUBLIC);
    let url = |changes: &[(&'static str, &'static str)]| {
        desk.authorize_url(&desk.home, &with(&parameters, changes))
    };
    let mut browser = Browser::new(&desk);
    browser.sign_in(&url(&[]), "mina").await;
    browser.sign_in(&url(&[("prompt", "login")]), "adele").await;

    let pick = browser.get(&url(&[])).await;
    assert_eq!(step(&pick.body), Some("pick"));
    let chosen = browser.submit(&pick, ("login", "mina@northwind.example"), &[]).await;
    assert!(chosen.returned(PUBLIC).contains_key("code"));
    let silent = browser.get(&url(&[("prompt", "none")])).await;
    desk.check_redirect(
        "silent",
        &silent,
        PUBLIC,
        Refusal { error: "interaction_required", code: 16000 },
        WITH_URI,
    )
    .await;
    let hinted = browser.get(&url(&[("prompt", "none"), ("login_hint", "adele@northwind.example")])).await;
    assert!(hinted.returned(PUBLIC).contains_key("code"));
    let pick = browser.get(&url(&[("prompt", "select_account")])).await;
    let other = browser.submit(&pick, ("action", "other"), &[]).await;
    assert_eq!(step(&other.body), Some("sign_in"));
}

#[tokio::test]
async fn a_form_counts_once_and_in_its_own_browser_only() {
    let desk = Desk::open().await;
    let url = desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC));
    let mut browser = Browser::new(&desk);
    let page = browser.get(&url).await;
    let mut stranger = Browser::new(&desk);
    stranger.get(&url).await;
    desk.check_page("another browser", &stranger.type_password(&page, "mina").await, 50089).await;

    let consent = browser.type_password(&page, "mina").await;
    assert_eq!(step(&consent.body), Some("consent"), "the stranger did no harm");
    let again = browser.type_password(&page, "mina").await;
    assert_eq!(step(&again.body), Some("consent"), "a form that is not due any more shows the page that is");
    assert!(browser.submit(&again, ("action", "next"), &[]).await.returned(PUBLIC).contains_key("code"));
    desk.check_page("after the end", &browser.submit(&again, ("action", "next"), &[]).await, 50089).await;
    let cookie = |answer: &crate::desk::Answer| answer.cookies.join("\n");
    let page = browser.get(&url).await;
    assert!(cookie(&page).contains("fpc=") && cookie(&page).contains("HttpOnly; SameSite=Lax"), "{page:?}");
}
