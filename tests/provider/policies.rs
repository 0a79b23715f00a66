//! Conditional access at the token endpoint, and what applications may do by themselves.

use authwright::provider::scenario::{ConditionalAccessPolicy, Control, PolicyState, Scenario};

use crate::tenant::{Answer, Tenant, claims, refused};

const SCOPE: &str = "openid profile offline_access User.Read";

fn by_itself(tenant: &mut Tenant, key: &str, scope: &str) -> Answer {
    let (client, secret, home) = (tenant.client_id(key), tenant.secret(key), tenant.home());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", scope),
    ];
    tenant.token_at(&home, &form, None)
}

#[test]
fn a_policy_about_an_application_blocks_it_by_itself() {
    let mut tenant = Tenant::northwind();
    let blocked =
        refused("invalid_grant", 53003).sub("message_only").policy("e1f63b09-84ad-4d57-bc2e-f5907d3a8c16");
    by_itself(&mut tenant, "stock-robot", "https://graph.microsoft.com/.default").check("Graph", blocked);
    let body = by_itself(&mut tenant, "stock-robot", "api://northwind-payments/.default").tokens();
    let token = claims(&body["access_token"]);
    assert_eq!(token["roles"], serde_json::json!(["Payments.Settle"]));
    assert!(token.get("scp").is_none() && token["oid"] == token["sub"]);
    assert_eq!(by_itself(&mut tenant, "inventory-sync", "https://graph.microsoft.com/.default").status, 200);
    by_itself(&mut tenant, "price-tags", "https://graph.microsoft.com/.default")
        .check("switched off", refused("unauthorized_client", 7_000_112));
}

#[test]
fn a_compliant_device_is_asked_of_all_but_those_left_out() {
    let mut tenant = Tenant::northwind();
    tenant.password("directory-export", "mina", SCOPE, &[]).check(
        "no such device",
        refused("invalid_grant", 53000).sub("message_only").policy("58a7c4e3-d206-4f9b-93b1-6e0d8f27a1c4"),
    );
    assert_eq!(tenant.password("directory-export", "adele", SCOPE, &[]).status, 200);
}

#[test]
fn a_block_goes_before_whatever_else_is_asked() {
    let mut scenario = Scenario::northwind();
    let id = "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b";
    scenario.conditional_access_policies.push(ConditionalAccessPolicy {
        id: id.to_owned(),
        display_name: "Nobody reaches the vault".to_owned(),
        state: PolicyState::Enabled,
        include_users: vec!["mina".to_owned()],
        include_applications: vec!["key-vault".to_owned()],
        built_in_controls: vec![Control::Block],
        ..ConditionalAccessPolicy::default()
    });
    let mut tenant = Tenant::new(scenario);
    let vault = "https://vault.azure.net/user_impersonation";
    tenant
        .password("handheld", "mina", vault, &[])
        .check("blocked", refused("invalid_grant", 53003).sub("message_only").policy(id));
    tenant
        .password("handheld", "adele", vault, &[])
        .check("others owe a second factor", refused("invalid_grant", 50079).sub("basic_action"));
}

#[test]
fn a_challenge_from_elsewhere_is_heeded() {
    let mut tenant = Tenant::northwind();
    let vault_policy = "3d0c8f1e-7b62-4a95-8e40-c1f7d96b2a53";
    let challenge =
        format!(r#"{{"access_token":{{"capolids":{{"essential":true,"values":["{vault_policy}"]}}}}}}"#);
    let capability = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
    assert_eq!(tenant.password("handheld", "mina", SCOPE, &[("claims", capability)]).status, 200);
    let body = tenant.password("handheld", "mina", SCOPE, &[]).tokens();
    let home = tenant.home();
    tenant
        .refresh_at(&home, "handheld", &body["refresh_token"], &[("claims", &challenge)], None)
        .check("challenged", refused("invalid_grant", 50076).sub("basic_action").policy(vault_policy));
}

#[test]
fn a_resource_may_want_its_people_assigned() {
    let text = include_str!("../../src/provider/northwind.toml");
    let granted = "{ resource = \"microsoft-graph\", scopes = [\"openid\", \"profile\", \"offline_access\", \"User.Read\"] },";
    let more = format!("{granted}\n{{ resource = \"payments-api\", scopes = [\"Payments.Read\"] }},");
    let assigned = "assignedUsers = [\"mina\", \"adele\", \"theo\"]";
    assert!(text.contains(granted) && text.contains(assigned));
    let text = text.replace(granted, &more).replace(assigned, "assignedUsers = [\"mina\"]");
    let mut tenant = Tenant::new(Scenario::parse(&text).expect("it is well formed"));
    let payments = "api://northwind-payments/Payments.Read";
    assert_eq!(tenant.password("handheld", "mina", payments, &[]).status, 200);
    tenant
        .password("handheld", "adele", payments, &[])
        .check("not assigned", refused("invalid_grant", 50105));
}

#[test]
fn an_application_gets_a_service_principal_elsewhere_with_the_first_consent() {
    let mut tenant = Tenant::northwind();
    let (client, secret) = (tenant.client_id("admin-portal"), tenant.secret("admin-portal"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let elsewhere = "fabrikam.example";
    tenant.token_at(elsewhere, &form, None).check("not yet", refused("invalid_client", 7_000_229));
    tenant.person = "farah";
    let path = format!("{elsewhere}/oauth2/v2.0/authorize");
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:7082/signin-oidc"),
        ("scope", "User.Read"),
    ];
    let page =
        tenant.ask(authwright::wire::Method::Get, &path, &parameters, authwright::wire::Headers::new());
    assert!(tenant.walk(page).redirect_target().unwrap().contains("code="));
    let body = tenant.token_at(elsewhere, &form, None).tokens();
    assert!(claims(&body["access_token"]).get("roles").is_none(), "roles are granted tenant by tenant");
}
