//! Applications and service principals through Graph: registered, given credentials, changed, taken away, undone.

use authwright::{
    provider::scenario::edit::{Edit, List},
    wire::Method,
};
use serde_json::{Value, json};

use super::{BASE, Lab, bearer, graph::check, graph_token};

const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const BAD: &str = "Request_BadRequest";

fn path_of(made: &Value) -> String {
    format!("v1.0/applications/{}", made["id"].as_str().expect("an id"))
}

#[test]
fn an_application_is_registered_changed_and_taken_away_and_every_step_undone() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let body = json!({
        "displayName": "Northwind Till", "signInAudience": "AzureADMyOrg", "isFallbackPublicClient": true,
        "web": { "redirectUris": ["http://localhost:9000/cb"], "implicitGrantSettings": { "enableIdTokenIssuance": true } },
        "spa": { "redirectUris": ["http://localhost:9001/"] },
        "identifierUris": ["api://northwind-till"],
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [{ "id": "11111111-2222-4333-8444-555555555555", "value": "Till.Open", "type": "Admin",
                "isEnabled": true, "adminConsentDisplayName": "Open the till", "adminConsentDescription": "Open it" }],
            "preAuthorizedApplications": [
                { "appId": lab.id("desktop"), "delegatedPermissionIds": ["11111111-2222-4333-8444-555555555555"] }],
        },
        "appRoles": [{ "id": "21111111-2222-4333-8444-555555555555", "value": "Till.Count", "displayName": "Count",
            "description": "Count", "isEnabled": true, "allowedMemberTypes": ["Application"] }],
        "requiredResourceAccess": [{ "resourceAppId": GRAPH, "resourceAccess": [
            { "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope" },
            { "id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role" }] }],
        "optionalClaims": { "idToken": [{ "name": "login_hint", "essential": false }], "accessToken": [] },
    });
    let made = lab.makes("v1.0/applications", &body);
    assert_eq!(made["@odata.context"], format!("{BASE}/v1.0/$metadata#applications/$entity"));
    for member in [
        "displayName",
        "signInAudience",
        "isFallbackPublicClient",
        "identifierUris",
        "requiredResourceAccess",
        "spa",
    ] {
        assert_eq!(made[member], body[member], "{member}");
    }
    assert_eq!(made["web"]["redirectUris"], body["web"]["redirectUris"]);
    assert_eq!(made["web"]["implicitGrantSettings"]["enableIdTokenIssuance"], true);
    assert_eq!(made["api"]["preAuthorizedApplications"], body["api"]["preAuthorizedApplications"]);
    assert_eq!(made["api"]["oauth2PermissionScopes"][0]["userConsentDisplayName"], "Open the till");
    assert_eq!(made["appRoles"][0]["value"], "Till.Count");
    assert_eq!(made["optionalClaims"]["idToken"][0]["name"], "login_hint");
    assert_eq!(made["publisherDomain"], "northwind.example");
    let kept = lab.provider.scenario().application("northwind-till").expect("it is in the directory").clone();
    assert_eq!(kept.app_id, made["appId"].as_str().unwrap());
    assert_eq!(kept.api.pre_authorized_applications[0].scopes, ["Till.Open"]);

    // What came out goes in again, changed or not: nobody picks members by hand.
    let path = path_of(&made);
    let mut whole = made.clone();
    whole["displayName"] = json!("Till 2");
    whole["web"]["logoutUrl"] = json!("http://localhost:9000/out");
    assert_eq!(lab.patch(&path, &admin, &whole).status(), 204);
    let seen = lab.get(&format!("v1.0/applications(appId='{}')", kept.app_id), &admin).json();
    assert_eq!((&seen["displayName"], &seen["id"]), (&json!("Till 2"), &made["id"]));
    assert_eq!(seen["web"]["redirectUris"], body["web"]["redirectUris"], "what is not named stays");
    assert_eq!(seen["web"]["logoutUrl"], "http://localhost:9000/out");
    assert_eq!(lab.patch(&path, &admin, &json!({ "web": { "redirectUris": [] } })).status(), 204);
    assert_eq!(lab.get(&path, &admin).json()["web"]["redirectUris"], json!([]), "a list is replaced whole");

    let twin = lab.makes("v1.0/applications", &json!({ "displayName": "Northwind Till" }));
    assert_ne!(twin["appId"], made["appId"], "names need not differ");
    assert!(lab.provider.scenario().application("northwind-till-2").is_some());

    assert_eq!(lab.delete(&path, &admin).status(), 204);
    check("gone", &lab.get(&path, &admin), 404, "Request_ResourceNotFound", "resource.exists");
    assert_eq!(lab.last_step(), "northwind-till removed from applications");
    lab.undo();
    assert_eq!(lab.get(&path, &admin).status(), 200);
    for _ in 0..4 {
        lab.undo();
    }
    assert_eq!(lab.provider.scenario().applications(), lab.scenario.applications());
}

#[test]
fn lists_are_filtered_chosen_from_counted_and_paged() {
    let mut lab = Lab::open();
    let names = |list: Vec<Value>| -> Vec<String> {
        list.iter().map(|one| one["displayName"].as_str().expect("a name").to_owned()).collect()
    };
    let own = names(lab.lists("v1.0/applications"));
    assert!(own.contains(&"Northwind Desktop".to_owned()));
    assert!(
        !own.contains(&"Microsoft Graph".to_owned()) && !own.contains(&"Fabrikam Loyalty Cards".to_owned())
    );
    let id = lab.id("desktop").to_owned();
    let filters = [
        (format!("appId eq '{id}'"), 1),
        ("startswith(displayName,'northwind desk')".to_owned(), 1),
        ("displayName in ('Northwind Desktop','Northwind Kiosk')".to_owned(), 2),
        ("identifierUris/any(uri:uri eq 'api://northwind-catalog')".to_owned(), 1),
        ("displayName eq 'nothing'".to_owned(), 0),
    ];
    for (filter, count) in filters {
        let path = format!("v1.0/applications?$filter={filter}&$select=displayName");
        assert_eq!(lab.lists(&path).len(), count, "{filter}");
    }
    let services = names(lab.lists(
        "v1.0/servicePrincipals?$filter=servicePrincipalNames/any(n:n eq 'https://graph.microsoft.com')",
    ));
    assert_eq!(services, ["Microsoft Graph"]);

    let admin = lab.admin();
    check("filter", &lab.get("v1.0/applications?$filter=appId is 'x'", &admin), 400, BAD, "query.filter");
    check("property", &lab.get("v1.0/applications?$filter=shoeSize eq 7", &admin), 400, BAD, "query.filter");
    check("sorting", &lab.get("v1.0/applications?$orderby=shoeSize", &admin), 400, BAD, "query.orderby");
    let advanced = "v1.0/applications?$filter=displayName ne 'x'&$count=true";
    check("slower index", &lab.get(advanced, &admin), 400, "Request_UnsupportedQuery", "query.advanced");
    let headers = bearer(&admin).with("ConsistencyLevel", "eventual");
    let counted =
        lab.ask(Method::Get, &format!("{advanced}&$top=3&$orderby=displayName desc"), headers, None).json();
    assert_eq!(counted["@odata.count"], own.len());
    let mut sorted = own.clone();
    sorted.sort_by_key(|name| name.to_lowercase());
    sorted.reverse();
    assert_eq!(names(counted["value"].as_array().unwrap().clone()), sorted[..3]);
    let next = counted["@odata.nextLink"].as_str().expect("there are more");
    assert!(next.contains("%24filter=displayName+ne+%27x%27") && next.contains("%24top=3"), "{next}");
}

#[test]
fn what_a_registration_cannot_be_is_refused_by_name() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let cases = [
        (json!({}), "body.member_present"),
        (json!({ "displayName": 7 }), "body.member_type"),
        (json!({ "displayName": "x", "shoeSize": 44 }), "body.member_known"),
        (json!({ "displayName": "x", "notes": "remember me" }), "body.member_kept"),
        (json!({ "displayName": "x", "web": { "homePageUrl": "https://x.example" } }), "body.member_kept"),
        (json!({ "displayName": "x", "signInAudience": "Everybody" }), "directory.takes"),
        (json!({ "displayName": "x", "web": { "redirectUris": ["/cb"] } }), "directory.takes"),
        (json!({ "displayName": "x", "web": { "redirectUris": "http://localhost" } }), "body.member_type"),
        (json!({ "displayName": "x", "api": { "requestedAccessTokenVersion": 3 } }), "directory.takes"),
        (
            json!({ "displayName": "x", "identifierUris": ["api://northwind-catalog"] }),
            "body.identifier_uri_free",
        ),
        (json!({ "displayName": "x", "identifierUris": ["catalog"] }), "body.value"),
        (
            json!({ "displayName": "x", "api": { "knownClientApplications": [GRAPH.replace('3', "9")] } }),
            "body.reference_known",
        ),
        (
            json!({ "displayName": "x", "requiredResourceAccess": [{ "resourceAppId": GRAPH, "resourceAccess":
                [{ "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Role" }] }] }),
            "body.permission_offered",
        ),
        (
            json!({ "displayName": "x", "keyCredentials": [{ "key": "bm90IGEgY2VydGlmaWNhdGU=" }] }),
            "body.certificate_readable",
        ),
        (json!({ "displayName": "x", "keyCredentials": [{ "keyId": GRAPH }] }), "body.key_known"),
        (
            json!({ "displayName": "x", "appRoles": [{ "id": "nine", "value": "A", "allowedMemberTypes": ["User"] }] }),
            "body.value",
        ),
    ];
    for (body, rule) in cases {
        check(&body.to_string(), &lab.post("v1.0/applications", &admin, &body), 400, BAD, rule);
    }
    check(
        "no body",
        &lab.ask(Method::Post, "v1.0/applications", bearer(&admin), None),
        400,
        BAD,
        "body.readable",
    );
    assert!(lab.provider.view().done.is_empty(), "nothing was changed");
    let graph = format!("v1.0/applications(appId='{GRAPH}')");
    check("Microsoft's", &lab.get(&graph, &admin), 404, "Request_ResourceNotFound", "resource.exists");
}

#[test]
fn secrets_are_told_once_and_end() {
    let mut lab = Lab::open();
    let (admin, made) = (lab.admin(), lab.makes("v1.0/applications", &json!({ "displayName": "Till" })));
    let path = path_of(&made);
    let body =
        json!({ "passwordCredential": { "displayName": "first", "endDateTime": "2026-06-01T00:00:00Z" } });
    let answer = lab.post(&format!("{path}/addPassword"), &admin, &body);
    assert_eq!(answer.status(), 200);
    let first = answer.json();
    let secret = first["secretText"].as_str().expect("told this once").to_owned();
    assert_eq!((secret.len(), first["hint"].as_str().unwrap()), (40, &secret[..3]));
    assert!(first["endDateTime"].as_str().unwrap().starts_with("2026-06-01T00:00:00"));
    let second = lab.ask(Method::Post, &format!("{path}/addPassword"), bearer(&admin), None).json();
    assert!(second["endDateTime"].as_str().unwrap().starts_with("2028-03-0"), "two years: {second:#}");
    assert_ne!(second["secretText"], first["secretText"]);
    let shown = lab.get(&path, &admin).json();
    assert_eq!(shown["passwordCredentials"].as_array().unwrap().len(), 2);
    assert_eq!(shown["passwordCredentials"][0]["secretText"], Value::Null);
    assert!(!shown.to_string().contains(&secret) && !lab.last_step().contains(&secret));
    assert_eq!(
        lab.provider.scenario().application("till").unwrap().password_credentials[0].secret_text.expose(),
        secret
    );

    let backwards = json!({ "passwordCredential": { "endDateTime": "2020-01-01T00:00:00Z" } });
    check(
        "ends before",
        &lab.post(&format!("{path}/addPassword"), &admin, &backwards),
        400,
        BAD,
        "body.value",
    );
    let never = json!({ "passwordCredential": { "endDateTime": "soon" } });
    check(
        "no moment",
        &lab.post(&format!("{path}/addPassword"), &admin, &never),
        400,
        BAD,
        "body.member_type",
    );
    let remove = json!({ "keyId": first["keyId"] });
    assert_eq!(lab.post(&format!("{path}/removePassword"), &admin, &remove).status(), 204);
    let again = lab.post(&format!("{path}/removePassword"), &admin, &remove);
    check("twice", &again, 404, "Request_ResourceNotFound", "resource.exists");
    assert_eq!(lab.get(&path, &admin).json()["passwordCredentials"][0]["keyId"], second["keyId"]);
}

#[test]
fn certificates_are_replaced_as_a_whole_and_kept_by_their_id() {
    let mut lab = Lab::open();
    let (admin, made) = (lab.admin(), lab.makes("v1.0/applications", &json!({ "displayName": "Till" })));
    let path = path_of(&made);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = |name: &str| {
        let parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, certificate.der())
    };
    let entry = json!({ "type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "one", "key": certificate("one.example") });
    assert_eq!(lab.patch(&path, &admin, &json!({ "keyCredentials": [entry] })).status(), 204);
    let shown = lab.get(&path, &admin).json()["keyCredentials"].clone();
    assert_eq!((&shown[0]["displayName"], &shown[0]["key"]), (&json!("one"), &Value::Null));
    let both =
        json!({ "keyCredentials": [shown[0], { "displayName": "two", "key": certificate("two.example") }] });
    assert_eq!(lab.patch(&path, &admin, &both).status(), 204);
    let now = lab.get(&path, &admin).json()["keyCredentials"].clone();
    assert_eq!((now.as_array().unwrap().len(), &now[0]), (2, &shown[0]));
    let symmetric = json!({ "keyCredentials": [{ "type": "Symmetric", "key": "AAAA" }] });
    check("symmetric", &lab.patch(&path, &admin, &symmetric), 400, BAD, "body.value");
}

#[test]
fn federated_credentials_are_kept_by_the_directorys_rules() {
    let mut lab = Lab::open();
    let (admin, made) = (lab.admin(), lab.makes("v1.0/applications", &json!({ "displayName": "Till" })));
    let path = format!("{}/federatedIdentityCredentials", path_of(&made));
    let body = json!({ "name": "main", "issuer": "https://ci.example", "subject": "repo:a:ref:main",
                       "audiences": ["api://AzureADTokenExchange"] });
    let made = lab.makes(&path, &body);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(lab.get(&format!("{path}/main"), &admin).json()["id"], made["id"], "by name as well");
    assert_eq!(lab.patch(&one, &admin, &json!({ "subject": "repo:a:ref:dev" })).status(), 204);
    assert_eq!(lab.get(&one, &admin).json()["subject"], "repo:a:ref:dev");
    assert_eq!(lab.lists(&path).len(), 1);
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body["name"] = json!("other");
        body[name] = value;
        body
    };
    for (body, rule) in [
        (with("audiences", json!([])), "directory.takes"),
        (with("subject", json!("repo:a:ref:dev")), "directory.takes"),
        (with("name", json!("a b")), "directory.takes"),
        (with("issuer", json!("")), "body.member_present"),
        (with("description", json!("x")), "body.member_kept"),
    ] {
        check(&body.to_string(), &lab.post(&path, &admin, &body), 400, BAD, rule);
    }
    let again = lab.post(&path, &admin, &body);
    check("again", &again, 409, "Request_MultipleObjectsWithSameKeyValue", "object.unique");
    assert_eq!(lab.delete(&one, &admin).status(), 204);
    check("gone", &lab.delete(&one, &admin), 404, "Request_ResourceNotFound", "resource.exists");
}

#[test]
fn a_service_principal_is_made_switched_and_taken_away() {
    let mut lab = Lab::open();
    let (admin, made) = (lab.admin(), lab.makes("v1.0/applications", &json!({ "displayName": "Till" })));
    let app_id = made["appId"].as_str().unwrap().to_owned();
    let by_app = format!("v1.0/servicePrincipals(appId='{app_id}')");
    check("not yet", &lab.get(&by_app, &admin), 404, "Request_ResourceNotFound", "resource.exists");
    let principal =
        lab.makes("v1.0/servicePrincipals", &json!({ "appId": app_id, "appRoleAssignmentRequired": true }));
    assert_eq!(
        (&principal["servicePrincipalType"], &principal["appRoleAssignmentRequired"]),
        (&json!("Application"), &json!(true))
    );
    assert_eq!(principal["appOwnerOrganizationId"], lab.scenario.home().id);
    let again = lab.post("v1.0/servicePrincipals", &admin, &json!({ "appId": app_id }));
    check("again", &again, 409, "Request_MultipleObjectsWithSameKeyValue", "object.unique");
    let path = format!("v1.0/servicePrincipals/{}", principal["id"].as_str().unwrap());
    assert_eq!(lab.patch(&path, &admin, &json!({ "accountEnabled": false })).status(), 204);
    assert!(lab.provider.scenario().application("till").unwrap().is_disabled);
    assert_eq!(lab.delete(&path, &admin).status(), 204);
    check("gone", &lab.get(&by_app, &admin), 404, "Request_ResourceNotFound", "resource.exists");
    lab.undo();
    assert_eq!(lab.get(&by_app, &admin).json()["accountEnabled"], false);

    check(
        "no such application",
        &lab.post("v1.0/servicePrincipals", &admin, &json!({ "appId": made["id"] })),
        400,
        BAD,
        "body.reference_known",
    );
    let graph = format!("v1.0/servicePrincipals(appId='{GRAPH}')");
    assert_eq!(lab.get(&graph, &admin).status(), 200);
    let denied = "Authorization_RequestDenied";
    check(
        "Microsoft's",
        &lab.patch(&graph, &admin, &json!({ "accountEnabled": false })),
        403,
        denied,
        "object.writable",
    );
    check("Microsoft's", &lab.delete(&graph, &admin), 403, denied, "object.writable");
    let kinds = lab.lists("v1.0/servicePrincipals?$filter=servicePrincipalType eq 'ManagedIdentity'");
    assert_eq!(kinds.len(), 2);
}

#[test]
fn another_tenants_application_is_added_and_removed_with_what_it_was_granted() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let app_id = lab.id("loyalty-cards").to_owned();
    let by_app = format!("v1.0/servicePrincipals(appId='{app_id}')");
    check("not added", &lab.get(&by_app, &admin), 404, "Request_ResourceNotFound", "resource.exists");
    let made = lab.makes("v1.0/servicePrincipals", &json!({ "appId": app_id }));
    assert_eq!(
        lab.provider.scenario().application("loyalty-cards").unwrap().service_principals_in,
        ["northwind"]
    );
    let grant = json!({ "clientId": made["id"], "consentType": "AllPrincipals", "resourceId": lab.principal("microsoft-graph"),
                        "scope": "User.Read" });
    lab.makes("v1.0/oauth2PermissionGrants", &grant);
    let before = lab.provider.view().grants.len();
    assert_eq!(lab.delete(&by_app, &admin).status(), 204);
    assert_eq!(lab.provider.view().grants.len(), before - 1);
    check("gone", &lab.get(&by_app, &admin), 404, "Request_ResourceNotFound", "resource.exists");
    lab.undo();
    assert_eq!(lab.provider.view().grants.len(), before, "in one step");

    let audience = Edit::set(List::Applications, "loyalty-cards", "signInAudience", "AzureADMyOrg");
    lab.undo();
    lab.undo();
    lab.provider
        .carry_out(&authwright::provider::order::Order::Edit { change: audience }, lab.now)
        .expect("the directory takes it");
    let refused = lab.post("v1.0/servicePrincipals", &admin, &json!({ "appId": app_id }));
    check("for its own only", &refused, 400, BAD, "body.application_multi_tenant");
}

#[test]
fn only_those_with_the_permission_and_the_rank_change_anything() {
    let mut lab = Lab::open();
    let (denied, body) = ("Authorization_RequestDenied", json!({ "displayName": "x" }));
    let scope = "Application.ReadWrite.All";
    let adele = graph_token(&lab.for_graph("adele", scope));
    assert_eq!(lab.post("v1.0/applications", &adele, &body).status(), 201);
    let mina = graph_token(&lab.for_graph("mina", scope));
    check(
        "no administrator",
        &lab.post("v1.0/applications", &mina, &body),
        403,
        denied,
        "person.administrator",
    );
    assert_eq!(lab.get("v1.0/applications?$top=1", &mina).status(), 200, "reading needs no rank");
    let reader = graph_token(&lab.for_graph("adele", "Application.Read.All"));
    check("reader", &lab.post("v1.0/applications", &reader, &body), 403, denied, "permission.scope");
    let app = graph_token(&lab.app_for_graph(&["Application.Read.All"]));
    check("reader by itself", &lab.post("v1.0/applications", &app, &body), 403, denied, "permission.role");
    let writer = graph_token(&lab.app_for_graph(&[scope]));
    let grant = json!({});
    check(
        "grants are another matter",
        &lab.post("v1.0/oauth2PermissionGrants", &writer, &grant),
        403,
        denied,
        "permission.role",
    );
    check("as are people", &lab.post("v1.0/users", &writer, &grant), 403, denied, "permission.role");
    check("and the log", &lab.get("v1.0/auditLogs/signIns", &writer), 403, denied, "permission.role");
    check("method", &lab.delete("v1.0/applications", &writer), 405, BAD, "method.allowed");
}

#[test]
fn the_scenarios_administrator_holds_what_it_takes() {
    let lab = Lab::open();
    let client = lab.scenario.application("directory-admin").expect("it is there");
    let held = &client.app_role_assignments[0].roles;
    assert!(super::EVERYTHING.iter().all(|role| held.iter().any(|one| one == role)), "{held:?}");
}
