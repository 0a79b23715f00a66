//! People made and changed through Graph.

use serde_json::{Value, json};

use super::{Lab, graph::check, graph_token, merged};

const BAD: &str = "Request_BadRequest";

fn somebody() -> Value {
    json!({ "accountEnabled": true, "displayName": "Rosa Lindt", "givenName": "Rosa", "surname": "Lindt",
            "mailNickname": "rosa", "userPrincipalName": "rosa@northwind.example",
            "passwordProfile": { "password": "Lab-Rosa-77", "forceChangePasswordNextSignIn": false } })
}

#[test]
fn somebody_joins_is_blocked_and_leaves() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    let made = lab.makes("v1.0/users", &somebody());
    assert_eq!(
        (&made["displayName"], made.get("accountEnabled")),
        (&json!("Rosa Lindt"), None),
        "default properties"
    );
    let user = lab.provider.scenario().user("rosa-lindt").expect("she is in the directory").clone();
    assert_eq!((user.password.expose(), user.password_expired), ("Lab-Rosa-77", false));
    assert!(!lab.last_step().contains("Lab-Rosa"), "{}", lab.last_step());
    let path = "v1.0/users/rosa@northwind.example";
    assert_eq!(
        lab.patch(path, &admin, &json!({ "accountEnabled": false, "mail": "rosa@shop.example" })).status(),
        204
    );
    let seen = lab.get(&format!("{path}?$select=accountEnabled,mail,id"), &admin).json();
    assert_eq!(
        (&seen["accountEnabled"], &seen["mail"], &seen["id"]),
        (&json!(false), &json!("rosa@shop.example"), &made["id"])
    );
    let renewed = json!({ "passwordProfile": { "password": "Lab-Rosa-78" } });
    assert_eq!(lab.patch(path, &admin, &renewed).status(), 204);
    assert!(
        lab.provider.scenario().user("rosa-lindt").unwrap().password_expired,
        "to be changed, unless it is said not to"
    );
    assert_eq!(lab.delete(path, &admin).status(), 204);
    check("gone", &lab.get(path, &admin), 404, "Request_ResourceNotFound", "resource.exists");
    for _ in 0..4 {
        lab.undo();
    }
    assert_eq!(lab.provider.scenario().users(), lab.scenario.users());
}

#[test]
fn what_somebody_cannot_be_is_refused_by_name() {
    let mut lab = Lab::open();
    let admin = lab.admin();
    for (more, rule) in [
        (json!({ "userPrincipalName": "rosa@elsewhere.example" }), "body.domain_verified"),
        (
            json!({ "userPrincipalName": "mina@northwind.example", "mailNickname": "mina" }),
            "body.user_principal_name_free",
        ),
        (json!({ "passwordProfile": { "password": "simple" } }), "body.password_complex"),
        (json!({ "passwordProfile": {} }), "body.member_present"),
        (json!({ "accountEnabled": "yes" }), "body.member_type"),
        (json!({ "accountEnabled": null }), "body.member_present"),
        (json!({ "mailNickname": "rose" }), "body.member_kept"),
        (json!({ "jobTitle": "Cashier" }), "body.member_kept"),
        (json!({ "shoeSize": 38 }), "body.member_known"),
    ] {
        let body = merged(somebody(), more);
        let answer = lab.post("v1.0/users", &admin, &body);
        check(&body.to_string(), &answer, 400, BAD, rule);
        assert!(!format!("{:?}", answer.note).contains("simple"), "passwords are not repeated");
    }
    let guest = "v1.0/users/2e95b8c4-6d13-4f7a-a0c2-d8164b7f3e90";
    let answer = lab.patch(guest, &admin, &json!({ "accountEnabled": false }));
    check("a guest", &answer, 403, "Authorization_RequestDenied", "object.writable");
    assert_eq!(lab.delete(guest, &admin).status(), 204, "guests can be shown out");
    assert!(lab.provider.scenario().user("farah").unwrap().guest_in.is_empty());
    let mina = graph_token(&lab.for_graph("mina", "User.ReadWrite.All"));
    let denied = lab.delete("v1.0/users/theo@northwind.example", &mina);
    check("no administrator", &denied, 403, "Authorization_RequestDenied", "person.administrator");
}

#[test]
fn administrators_are_members_of_their_role() {
    let mut lab = Lab::open();
    let of = |lab: &mut Lab, person: &str| {
        let token = graph_token(&lab.for_graph(person, "User.Read"));
        lab.get("v1.0/me/memberOf", &token).json()["value"].as_array().expect("a list").len()
    };
    assert_eq!((of(&mut lab, "adele"), of(&mut lab, "mina")), (1, 0));
    let path = format!("v1.0/users/{}/memberOf", lab.person("adele"));
    assert_eq!(lab.lists(&path)[0]["displayName"], "Global Administrator");
}
