//! Grants and assignments through Graph.

use serde_json::{Value, json};

use super::{Lab, graph::check};

const BAD: &str = "Request_BadRequest";
const MISSING: &str = "Request_ResourceNotFound";
const CATALOG_READ: &str = "47b5d0e9-3f28-4c61-a795-08e2c6d1b3f4";

#[test]
fn a_grant_is_made_changed_as_a_whole_and_taken_back() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let (client, resource) = (lab.principal("desktop"), lab.principal("catalog-api"));
    let body = json!({ "clientId": client, "consentType": "AllPrincipals", "principalId": null, "resourceId": resource,
                       "scope": " Catalog.Read" });
    let made = lab.makes("v1.0/oauth2PermissionGrants", &body);
    assert_eq!(
        (&made["scope"], &made["clientId"], &made["consentType"]),
        (&json!("Catalog.Read"), &body["clientId"], &body["consentType"])
    );
    let again = lab.post("v1.0/oauth2PermissionGrants", &admin, &body);
    check("again", &again, 409, "Request_MultipleObjectsWithSameKeyValue", "object.unique");
    let path = format!("v1.0/oauth2PermissionGrants/{}", made["id"].as_str().unwrap());
    assert_eq!(lab.patch(&path, &admin, &json!({ "scope": "Catalog.Write Refunds.Issue" })).status(), 204);
    assert_eq!(
        lab.get(&path, &admin).json()["scope"],
        "Catalog.Write Refunds.Issue",
        "the new list, not more"
    );
    lab.undo();
    assert_eq!(lab.get(&path, &admin).json()["scope"], "Catalog.Read", "one step");
    check(
        "not offered",
        &lab.patch(&path, &admin, &json!({ "scope": "Catalog.Burn" })),
        400,
        BAD,
        "body.permission_offered",
    );
    assert_eq!(lab.get(&path, &admin).json()["scope"], "Catalog.Read", "all or nothing");
    assert_eq!(lab.lists(&format!("v1.0/oauth2PermissionGrants?$filter=clientId eq '{client}'")).len(), 1);
    assert_eq!(lab.lists(&format!("v1.0/servicePrincipals/{client}/oauth2PermissionGrants")).len(), 1);
    assert_eq!(lab.delete(&path, &admin).status(), 204);
    check("gone", &lab.get(&path, &admin), 404, MISSING, "resource.exists");

    let mina = lab.person("mina").to_owned();
    let mut person = body.clone();
    person["consentType"] = json!("Principal");
    check("for nobody", &lab.post("v1.0/oauth2PermissionGrants", &admin, &person), 400, BAD, "body.value");
    person["principalId"] = json!(mina);
    assert_eq!(lab.makes("v1.0/oauth2PermissionGrants", &person)["principalId"], json!(mina));
    person["clientId"] = json!(lab.id("desktop"));
    let answer = lab.post("v1.0/oauth2PermissionGrants", &admin, &person);
    check("a client id", &answer, 404, MISSING, "reference.exists");
    let note = answer.note.expect("a note");
    assert!(note.compared[0].expected[0].contains(&client), "it tells which id was meant: {note:?}");
}

#[test]
fn roles_are_assigned_from_either_side_and_taken_back() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let (client, resource) = (lab.principal("store-reports"), lab.principal("catalog-api"));
    let body = json!({ "principalId": client, "resourceId": resource, "appRoleId": CATALOG_READ });
    let held = format!("v1.0/servicePrincipals/{client}/appRoleAssignments");
    let offered = format!("v1.0/servicePrincipals/{resource}/appRoleAssignedTo");
    let made = lab.makes(&held, &body);
    assert_eq!(
        (&made["principalType"], &made["resourceDisplayName"]),
        (&json!("ServicePrincipal"), &json!("Northwind Catalog API"))
    );
    check("again", &lab.post(&offered, &admin, &body), 400, BAD, "body.assignment_new");
    let ids = |rows: Vec<Value>| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(lab.lists(&held)), [made["id"].clone()]);
    assert!(ids(lab.lists(&offered)).contains(&made["id"]));
    let one = format!("{offered}/{}", made["id"].as_str().unwrap());
    assert_eq!(lab.delete(&one, &admin).status(), 204);
    check("gone", &lab.delete(&one, &admin), 404, MISSING, "resource.exists");

    for (member, value, rule, status) in [
        ("appRoleId", json!("a03d8b16-5c7e-4f92-86d1-b4e0f7c9253a"), "body.permission_offered", 400),
        ("appRoleId", json!("00000000-0000-0000-0000-000000000000"), "body.permission_offered", 400),
        ("resourceId", json!(lab.id("catalog-api")), "reference.exists", 404),
        ("principalId", json!(lab.principal("kiosk")), "body.matches_path", 400),
        ("shoeSize", json!(44), "body.member_known", 400),
    ] {
        let mut body = body.clone();
        body[member] = value;
        if member == "principalId" {
            body["resourceId"] = json!(lab.principal("payments-api"));
        }
        let code = if status == 404 { MISSING } else { BAD };
        check(member, &lab.post(&held, &admin, &body), status, code, rule);
    }
}

#[test]
fn managed_identities_and_people_are_assigned_as_well() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let identity = lab.scenario.managed_identities()[0].object_id.clone();
    let (graph, reports) = (lab.principal("microsoft-graph"), lab.principal("store-reports"));
    let path = format!("v1.0/servicePrincipals/{identity}/appRoleAssignments");
    let read_users = "df021288-bdef-4463-88db-98f22de89214";
    let made =
        lab.makes(&path, &json!({ "principalId": identity, "resourceId": graph, "appRoleId": read_users }));
    let kept = &lab.provider.scenario().managed_identities()[0].app_role_assignments;
    assert_eq!(kept[1].roles, ["User.Read.All"]);
    assert_eq!(lab.delete(&format!("{path}/{}", made["id"].as_str().unwrap()), &admin).status(), 204);
    assert_eq!(lab.provider.scenario().managed_identities(), lab.scenario.managed_identities());

    let path = format!("v1.0/servicePrincipals/{reports}/appRoleAssignedTo");
    let access = "00000000-0000-0000-0000-000000000000";
    let body = json!({ "principalId": lab.person("theo"), "resourceId": reports, "appRoleId": access });
    let made = lab.makes(&path, &body);
    assert_eq!(
        (&made["principalType"], &made["principalDisplayName"]),
        (&json!("User"), &json!("Theo Baptiste"))
    );
    assert_eq!(
        lab.provider.scenario().application("store-reports").unwrap().assigned_users,
        ["adele", "theo"]
    );
    assert_eq!(lab.delete(&format!("{path}/{}", made["id"].as_str().unwrap()), &admin).status(), 204);
    assert_eq!(lab.provider.scenario().application("store-reports").unwrap().assigned_users, ["adele"]);
    let graph_itself = json!({ "principalId": lab.person("theo"), "resourceId": graph, "appRoleId": access });
    let answer =
        lab.post(&format!("v1.0/servicePrincipals/{graph}/appRoleAssignedTo"), &admin, &graph_itself);
    check("Microsoft's", &answer, 403, "Authorization_RequestDenied", "object.writable");
}

#[test]
fn policies_are_read_made_switched_off_and_taken_away() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let path = "v1.0/identity/conditionalAccess/policies";
    let all = lab.lists(path);
    let vault =
        all.iter().find(|one| one["displayName"] == "Second factor for the vault").expect("it is there");
    assert_eq!(vault["conditions"]["applications"]["includeApplications"], json!([lab.id("key-vault")]));
    assert_eq!(
        (&vault["state"], &vault["grantControls"]["builtInControls"]),
        (&json!("enabled"), &json!(["mfa"]))
    );
    let hourly = all.iter().find(|one| one["sessionControls"] != Value::Null).expect("one has a frequency");
    assert_eq!(hourly["sessionControls"]["signInFrequency"]["value"], 1);
    for policy in &all {
        let one = format!("{path}/{}", policy["id"].as_str().unwrap());
        assert_eq!(lab.patch(&one, &admin, policy).status(), 204, "{policy:#}");
    }
    assert_eq!(lab.lists(path), all, "what came out goes in again");

    let body = json!({ "displayName": "Nobody at the till", "state": "disabled",
        "conditions": { "users": { "includeUsers": ["All"], "excludeUsers": [lab.person("adele")] },
                        "applications": { "includeApplications": [lab.id("catalog-api")] } },
        "grantControls": { "operator": "OR", "builtInControls": ["block"] } });
    let made = lab.makes(path, &body);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(
        lab.get(&one, &admin).json()["conditions"]["users"]["excludeUsers"],
        json!([lab.person("adele")])
    );
    assert_eq!(lab.patch(&one, &admin, &json!({ "state": "enabled" })).status(), 204);
    assert_eq!(
        lab.patch(
            &one,
            &admin,
            &json!({ "sessionControls": { "signInFrequency":
        { "value": 2, "type": "days", "isEnabled": true } } })
        )
        .status(),
        204
    );
    let kept = lab.provider.scenario().conditional_access_policies.last().unwrap().clone();
    assert_eq!((kept.sign_in_frequency, kept.exclude_users), (Some(172_800), vec!["adele".to_owned()]));
    for (body, rule) in [
        (json!({ "displayName": "x" }), "body.member_present"),
        (
            json!({ "displayName": "x", "state": "perhaps" , "grantControls": { "builtInControls": ["mfa"] } }),
            "directory.takes",
        ),
        (json!({ "displayName": "x", "state": "enabled" }), "directory.takes"),
        (
            json!({ "displayName": "x", "state": "enabled", "conditions": { "users": { "includeUsers": ["mina"] } } }),
            "body.reference_known",
        ),
        (
            json!({ "displayName": "x", "state": "enabled", "conditions": { "userRiskLevels": ["high"] } }),
            "body.member_kept",
        ),
        (
            json!({ "displayName": "x", "state": "enabled", "grantControls": { "operator": "AND", "authenticationStrength": { "id": "x" } } }),
            "body.member_kept",
        ),
    ] {
        check(&body.to_string(), &lab.post(path, &admin, &body), 400, BAD, rule);
    }
    assert_eq!(lab.delete(&one, &admin).status(), 204);
    check("gone", &lab.get(&one, &admin), 404, MISSING, "resource.exists");
}
