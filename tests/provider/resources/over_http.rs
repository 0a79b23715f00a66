//! The whole way: tokens that the tenant issued over HTTP, taken to the APIs over HTTP.

use serde_json::json;

use crate::desk::{Answer, CATALOG, Desk, with};

const PUBLIC: &str = "http://localhost:50123/";

async fn call(desk: &Desk, path: &str, token: &str) -> Answer {
    desk.get(&desk.url(path), &[("authorization", &format!("Bearer {token}"))]).await
}

#[tokio::test]
async fn tokens_for_a_person_open_what_they_were_asked_for() {
    let desk = Desk::open().await;
    let code = desk.code("desktop", PUBLIC, &[("scope", &format!("openid profile {CATALOG}"))]).await;
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    let (access, id) = (body["access_token"].as_str().unwrap(), body["id_token"].as_str().unwrap());
    let answer = call(&desk, "api/catalog/products", access).await;
    assert_eq!((answer.status, &answer.json()["caller"]["person"]), (200, &json!("Adele Lindqvist")));
    assert_eq!(call(&desk, "api/catalog/orders", access).await.json()["check"], "permission.application");
    assert_eq!(call(&desk, "v1.0/me", access).await.json()["error"]["code"], "InvalidAuthenticationToken");
    let answer = call(&desk, "api/catalog/products", id).await;
    assert_eq!((answer.status, &answer.json()["check"]), (401, &json!("token.kind")));
    let note = desk.note(answer.header("request-id")).await;
    assert_eq!((note.rule, note.code), ("token.kind", 0));
}

#[tokio::test]
async fn tokens_for_graph_open_graph() {
    let desk = Desk::open().await;
    let code = desk.code("desktop", PUBLIC, &[("scope", "openid email User.Read")]).await;
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    let access = body["access_token"].as_str().unwrap();
    assert_eq!(call(&desk, "v1.0/me", access).await.json()["userPrincipalName"], "adele@northwind.example");
    assert_eq!(call(&desk, "oidc/userinfo", access).await.json()["email"], "adele@northwind.example");
    assert_eq!(call(&desk, "api/catalog/products", access).await.json()["check"], "token.signature");
}

#[tokio::test]
async fn a_daemon_does_what_its_roles_allow() {
    let desk = Desk::open().await;
    let body = desk.token(&desk.home, &desk.daemon(), &[]).await.json();
    let access = body["access_token"].as_str().unwrap();
    assert_eq!(call(&desk, "api/catalog/products", access).await.status, 200);
    assert_eq!(call(&desk, "api/catalog/orders", access).await.status, 200);
    let graph = with(&desk.daemon(), &[("scope", "https://graph.microsoft.com/.default")]);
    let body = desk.token(&desk.home, &graph, &[]).await.json();
    let answer = call(&desk, "v1.0/users", body["access_token"].as_str().unwrap()).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (403, &json!("Authorization_RequestDenied"))
    );
}
