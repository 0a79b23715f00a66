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
    assert_eq!(
        call(&desk, "api/catalog/orders", access).await.json()["checks"]["failed"],
        "permission.application"
    );
    assert_eq!(call(&desk, "v1.0/me", access).await.json()["error"]["code"], "InvalidAuthenticationToken");
    let answer = call(&desk, "api/catalog/products", id).await;
    assert_eq!((answer.status, &answer.json()["checks"]["failed"]), (401, &json!("token.kind")));
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
    assert_eq!(
        call(&desk, "api/catalog/products", access).await.json()["checks"]["failed"],
        "token.signature"
    );
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

#[tokio::test]
async fn revoking_sessions_at_graph_ends_refresh_tokens() {
    let desk = Desk::open().await;
    let scope = [("scope", "offline_access User.Read User.RevokeSessions.All")];
    let code = desk.code("desktop", PUBLIC, &scope).await;
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    let (access, refresh) = (body["access_token"].as_str().unwrap(), body["refresh_token"].as_str().unwrap());
    let renewal = [
        ("grant_type", "refresh_token"),
        ("client_id", desk.client_id("desktop")),
        ("refresh_token", refresh),
    ];
    assert_eq!(desk.token(&desk.home, &renewal, &[]).await.status, 200);
    let authorization = [("authorization", format!("Bearer {access}"))];
    let authorization: Vec<_> = authorization.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = desk.post(&desk.url("v1.0/me/revokeSignInSessions"), &[], &authorization).await;
    assert_eq!((answer.status, &answer.json()["value"]), (200, &json!(true)));
    let answer = desk.token(&desk.home, &renewal, &[]).await.json();
    assert_eq!((&answer["error"], &answer["error_codes"]), (&json!("invalid_grant"), &json!([50173])));
    assert_eq!(call(&desk, "v1.0/me", access).await.status, 200, "an access token lives on until it expires");
}
