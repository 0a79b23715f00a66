//! The sign-in log through Graph, and the whole story with real HTTP: what `curl` can do.

use serde_json::{Value, json};

use super::{Lab, graph::check, graph_token};
use crate::desk::{Answer, Browser, Desk, with};

const GRAPH: &str = "https://graph.microsoft.com/.default";

async fn call(desk: &Desk, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
    desk.json(method, &desk.url(path), token, body).await
}

/// A token of the scenario's application for such things.
async fn administrator(desk: &Desk) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", desk.client_id("directory-admin")),
        ("client_secret", desk.secret("directory-admin")),
        ("scope", GRAPH),
    ];
    let body = desk.token(&desk.home, &form, &[]).await.json();
    body["access_token"].as_str().unwrap_or_else(|| panic!("{body:#}")).to_owned()
}

#[tokio::test]
async fn an_application_is_registered_granted_signed_in_and_found_in_the_log() {
    let desk = Desk::open().await;
    let admin = administrator(&desk).await;
    let made = |answer: Answer| {
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    };
    let redirect_uri = "http://localhost:9000/cb";
    let body = json!({ "displayName": "Story", "web": { "redirectUris": [redirect_uri] } });
    let application = made(call(&desk, "POST", "v1.0/applications", &admin, Some(&body)).await);
    let (id, app_id) = (application["id"].as_str().unwrap(), application["appId"].as_str().unwrap());
    let path = format!("v1.0/applications/{id}/addPassword");
    let named = json!({ "passwordCredential": { "displayName": "story" } });
    let credential = call(&desk, "POST", &path, &admin, Some(&named)).await.json();
    let secret = credential["secretText"].as_str().expect("told this once");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", app_id),
        ("client_secret", secret),
        ("scope", "api://northwind-catalog/.default"),
    ];
    let early = desk.token(&desk.home, &form, &[]).await.json();
    assert_eq!(early["error_codes"], json!([7_000_229]), "a registration alone has no service principal");

    let principal =
        made(call(&desk, "POST", "v1.0/servicePrincipals", &admin, Some(&json!({ "appId": app_id }))).await);
    let catalog = format!("v1.0/servicePrincipals(appId='{}')", desk.client_id("catalog-api"));
    let catalog = call(&desk, "GET", &catalog, &admin, None).await.json();
    let graph = call(
        &desk,
        "GET",
        "v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')",
        &admin,
        None,
    )
    .await
    .json();
    let assignment = json!({ "principalId": principal["id"], "resourceId": catalog["id"],
                             "appRoleId": "47b5d0e9-3f28-4c61-a795-08e2c6d1b3f4" });
    let path = format!("v1.0/servicePrincipals/{}/appRoleAssignments", principal["id"].as_str().unwrap());
    made(call(&desk, "POST", &path, &admin, Some(&assignment)).await);
    let grant = json!({ "clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": graph["id"],
                        "scope": "openid profile offline_access User.Read" });
    made(call(&desk, "POST", "v1.0/oauth2PermissionGrants", &admin, Some(&grant)).await);

    let own = desk.token(&desk.home, &form, &[]).await.json();
    let products =
        call(&desk, "GET", "api/catalog/products", own["access_token"].as_str().unwrap(), None).await;
    assert_eq!(products.status, 200, "{products:?}");

    // Nobody is asked for consent: it was given through Graph.
    let parameters = with(&desk.authorization("admin-portal", redirect_uri), &[("client_id", app_id)]);
    let mut browser = Browser::new(&desk);
    let page = browser.get(&desk.authorize_url(&desk.home, &parameters)).await;
    let back = browser.type_password(&page, "mina").await;
    assert!(back.returned(redirect_uri).contains_key("code"), "{back:?}");

    let path = format!("v1.0/auditLogs/signIns?$filter=appId eq '{app_id}'");
    let log = call(&desk, "GET", &path, &admin, None).await.json();
    let entry = &log["value"][0];
    assert_eq!(log["value"].as_array().unwrap().len(), 1, "people at pages only: {log:#}");
    assert_eq!(
        (&entry["userPrincipalName"], &entry["status"]["errorCode"]),
        (&json!("mina@northwind.example"), &json!(0))
    );
    assert_eq!(
        (&entry["appDisplayName"], &entry["resourceDisplayName"]),
        (&json!("Story"), &json!("Microsoft Graph"))
    );
    assert_eq!((&entry["clientAppUsed"], &entry["isInteractive"]), (&json!("Browser"), &json!(true)));
    let path = format!(
        "beta/auditLogs/signIns?$filter=appId eq '{app_id}' and signInEventTypes/any(t:t eq 'servicePrincipal')"
    );
    let log = call(&desk, "GET", &path, &admin, None).await.json();
    let codes: Vec<_> =
        log["value"].as_array().unwrap().iter().map(|one| one["status"]["errorCode"].clone()).collect();
    assert_eq!(codes, [json!(0), json!(7_000_229)], "newest first");
    assert_eq!(log["value"][0]["servicePrincipalId"], principal["id"]);

    assert_eq!(call(&desk, "DELETE", &format!("v1.0/applications/{id}"), &admin, None).await.status, 204);
    let late = desk.token(&desk.home, &form, &[]).await.json();
    assert_eq!(late["error_codes"], json!([700_016]), "gone at once");
}

#[tokio::test]
async fn refusals_and_policies_are_in_the_log() {
    let desk = Desk::open().await;
    let admin = administrator(&desk).await;
    // Vault asks for a second factor, and a password alone is none; a wrong password says so; a guess names nobody.
    let attempt = |user: &'static str, password: &'static str, scope: &'static str| {
        vec![
            ("grant_type", "password"),
            ("client_id", desk.client_id("handheld")),
            ("username", user),
            ("password", password),
            ("scope", scope),
        ]
    };
    for (user, password, scope) in [
        ("mina@northwind.example", "wrong", "User.Read"),
        ("mina@northwind.example", "lab-Mina-1", "https://vault.azure.net/user_impersonation"),
        ("mina@northwind.example", "lab-Mina-1", "User.Read"),
    ] {
        desk.token(
            &desk.home,
            &attempt(user, password, scope),
            &[("x-forwarded-for", "203.0.113.7, 10.0.0.1")],
        )
        .await;
    }
    let path = "beta/auditLogs/signIns?$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser')";
    let log = call(&desk, "GET", path, &admin, None).await.json();
    let entries = log["value"].as_array().expect("a list");
    let codes: Vec<_> = entries.iter().map(|one| one["status"]["errorCode"].as_u64().unwrap()).collect();
    assert_eq!(codes, [0, 50076, 50126], "newest first: {log:#}");
    let vault = &entries[1];
    assert_eq!(
        (&vault["resourceDisplayName"], &vault["conditionalAccessStatus"]),
        (&json!("Azure Key Vault"), &json!("failure"))
    );
    let policy = &vault["appliedConditionalAccessPolicies"][0];
    assert_eq!(
        (&policy["displayName"], &policy["result"]),
        (&json!("Second factor for the vault"), &json!("failure"))
    );
    assert_eq!(policy["enforcedGrantControls"], json!(["mfa"]));
    assert_eq!(entries[0]["conditionalAccessStatus"], "notApplied");
    assert_eq!(
        (&entries[2]["userDisplayName"], &entries[2]["ipAddress"]),
        (&json!("Mina Okafor"), &json!("203.0.113.7"))
    );
    let one = format!("beta/auditLogs/signIns/{}", vault["id"].as_str().unwrap());
    assert_eq!(call(&desk, "GET", &one, &admin, None).await.json()["correlationId"], vault["correlationId"]);
    let missed = "v1.0/auditLogs/signIns?$filter=status/errorCode ne 0";
    assert_eq!(
        call(&desk, "GET", missed, &admin, None).await.json()["value"],
        json!([]),
        "without pages, only beta tells"
    );
    let rules: Vec<_> = desk.lab.sign_ins().into_iter().map(|entry| entry.rule).collect();
    assert!(rules.iter().any(|rule| rule == "policy.met"), "{rules:?}");
}

#[test]
fn the_log_is_for_administrators_with_the_permission() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    assert_eq!(lab.get("v1.0/auditLogs/signIns", &admin).json()["value"], json!([]));
    let mina = graph_token(&lab.for_graph("mina", "AuditLog.Read.All"));
    let answer = lab.get("v1.0/auditLogs/signIns", &mina);
    check("no administrator", &answer, 403, "Authorization_RequestDenied", "person.administrator");
    let nothing = lab.get("v1.0/auditLogs/signIns/4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d", &admin);
    check("no such entry", &nothing, 404, "Request_ResourceNotFound", "resource.exists");
    check("beta has no more than this", &lab.get("beta/users", &admin), 400, "BadRequest", "path.known");
}
