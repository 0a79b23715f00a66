//! What tokens tell of the directory because a registration asks for it: groups, roles, optional claims, lifetimes.

use authwright::{
    provider::scenario::{
        Scenario,
        edit::{Edit, List},
    },
    wire::{Headers, Method},
};
use serde_json::{Value, json};
use url::Url;

use crate::tenant::{PUBLIC, Tenant, claims};

/// For itself an application asks by its id.
const ROTA: &str = "openid profile email 70b3c9d8-1f6e-4a52-9d07-e48a5c2f1b36/Rota.Read";
const WEB: &str = "http://localhost:7086/signin";

fn group(scenario: &Scenario, key: &str) -> String {
    scenario.group(key).expect("it is in the scenario").id.clone()
}

/// Signs somebody in at the rota and gives both tokens' claims and the body.
fn tokens(tenant: &mut Tenant, person: &'static str) -> (Value, Value, Value) {
    tenant.person = person;
    let code = tenant.code_for("team-rota", PUBLIC, ROTA);
    let (status, body) = tenant.redeem("team-rota", PUBLIC, &code);
    assert_eq!(status, 200, "{body:#}");
    (claims(&body["id_token"]), claims(&body["access_token"]), body)
}

/// The same straight from the authorization endpoint.
fn straight(tenant: &mut Tenant, person: &'static str) -> Value {
    tenant.person = person;
    let (client, home) = (tenant.client_id("team-rota"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "id_token"),
        ("redirect_uri", WEB),
        ("scope", "openid profile"),
        ("nonce", "n"),
        ("prompt", "login"),
    ];
    let path = format!("{home}/oauth2/v2.0/authorize");
    let page = tenant.ask(Method::Get, &path, &parameters, Headers::new());
    let answer = tenant.walk(page);
    let to = Url::parse(answer.redirect_target().expect("a redirect")).expect("an address");
    let fragment = to.fragment().expect("a fragment").to_owned();
    let token = form_urlencoded::parse(fragment.as_bytes()).find(|(name, _)| name == "id_token");
    claims(&Value::String(token.unwrap_or_else(|| panic!("no token: {fragment}")).1.into_owned()))
}

fn with_groups(kind: &str) -> Tenant {
    let edit = Edit::set(List::Applications, "team-rota", "groupMembershipClaims", kind);
    Tenant::new(edit.apply(&Scenario::northwind()).expect("a word"))
}

#[test]
fn a_registration_says_which_groups_its_tokens_name() {
    let scenario = Scenario::northwind();
    let [staff, all, newsletter] =
        ["store-staff", "all-staff", "newsletter"].map(|key| group(&scenario, key));
    for (kind, expected, roles) in [
        ("None", vec![], false),
        ("SecurityGroup", vec![&staff, &all], false),
        ("ApplicationGroup", vec![&staff], false),
        ("DirectoryRole", vec![], true),
        ("All", vec![&staff, &newsletter, &all], true),
    ] {
        let (id, access, _) = tokens(&mut with_groups(kind), "mina");
        for token in [&id, &access] {
            let mut named: Vec<&str> =
                token["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut expected: Vec<&str> = expected.iter().map(|id| id.as_str()).collect();
            named.sort_unstable();
            expected.sort_unstable();
            assert_eq!(named, expected, "{kind}: {token:#}");
            assert_eq!(token.get("wids").is_some(), roles, "{kind}: {token:#}");
        }
    }
}

#[test]
fn too_many_groups_are_pointed_at() {
    let mut tenant = Tenant::northwind();
    let (id, access, _) = tokens(&mut tenant, "olga");
    let endpoint = format!("http://localhost:7080/v1.0/users/{}/getMemberObjects", tenant.object_id("olga"));
    for token in [&id, &access] {
        assert!(token.get("groups").is_none());
        assert_eq!(token["_claim_names"], json!({ "groups": "src1" }));
        assert_eq!(token["_claim_sources"], json!({ "src1": { "endpoint": endpoint } }));
    }
    let token = straight(&mut tenant, "olga");
    assert_eq!((&token["hasgroups"], token.get("_claim_names")), (&json!(true), None), "{token:#}");
    let token = straight(&mut tenant, "mina");
    assert_eq!((token["groups"].as_array().map(Vec::len), token.get("hasgroups")), (Some(2), None));

    let fits = Edit::set(List::GroupRanges, "project", "count", 200);
    let mut tenant = Tenant::new(fits.apply(&Scenario::northwind()).expect("a number"));
    assert_eq!(tokens(&mut tenant, "olga").0["groups"].as_array().map(Vec::len), Some(200));
}

#[test]
fn roles_of_people_come_with_assignments() {
    let mut tenant = Tenant::northwind();
    for (person, roles) in [("adele", json!(["Planner"])), ("mina", json!(["Reader"])), ("theo", Value::Null)]
    {
        let (id, access, _) = tokens(&mut tenant, person);
        assert_eq!((&id["roles"], &access["roles"]), (&roles, &roles), "{person}");
        tenant = Tenant::northwind();
    }
    // Where assignment is required, nobody but an administrator consents.
    let closed = Edit::Set {
        of: List::Applications,
        entry: "team-rota".to_owned(),
        members: json!({ "appRoleAssignmentRequired": true, "oauth2PermissionGrants": [
            { "resource": "microsoft-graph", "scopes": ["openid", "profile", "email", "offline_access"] },
            { "resource": "team-rota", "scopes": ["Rota.Read"] },
        ] })
        .as_object()
        .expect("members")
        .clone(),
    };
    let mut tenant = Tenant::new(closed.apply(&Scenario::northwind()).expect("a switch"));
    assert_eq!(tokens(&mut tenant, "mina").0["roles"], json!(["Reader"]), "through her group");
    let mut tenant = Tenant::new(closed.apply(&Scenario::northwind()).expect("a switch"));
    tenant.person = "theo";
    let (client, home) = (tenant.client_id("team-rota"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", ROTA),
    ];
    let page = tenant.ask(Method::Get, &format!("{home}/oauth2/v2.0/authorize"), &parameters, Headers::new());
    let answer = tenant.walk(page);
    assert!(
        answer.redirect_target().is_some_and(|to| to.contains("AADSTS50105")),
        "the group in his group does not count: {answer:?}"
    );
}

#[test]
fn optional_claims_tell_what_the_directory_knows() {
    let scenario = Scenario::northwind();
    let mina = Edit::Set {
        of: List::Users,
        entry: "mina".to_owned(),
        members: json!({ "country": "NG", "preferredLanguage": "en" }).as_object().expect("members").clone(),
    };
    let scenario = mina.apply(&scenario).expect("members");
    let home = Edit::set(List::Tenants, "northwind", "countryLetterCode", "DE");
    let mut tenant = Tenant::new(home.apply(&scenario).expect("a country"));
    let (id, access, body) = tokens(&mut tenant, "mina");
    for (claim, value) in [
        ("acct", json!(0)),
        ("ctry", json!("NG")),
        ("email", json!("mina@northwind.example")),
        ("family_name", json!("Okafor")),
        ("given_name", json!("Mina")),
        ("ipaddr", json!("127.0.0.1")),
        ("tenant_ctry", json!("DE")),
        ("upn", json!("mina@northwind.example")),
        ("verified_primary_email", json!(["mina@northwind.example"])),
        ("xms_edov", json!(true)),
        ("xms_pl", json!("en")),
    ] {
        assert_eq!(id[claim], value, "{claim}: {id:#}");
    }
    assert_eq!(access["auth_time"], json!(tenant.now.seconds()));
    assert!(access.get("login_hint").is_some() && access.get("upn").is_none(), "{access:#}");
    assert_eq!(body["expires_in"], 900, "the resource's token lifetime policy");
    let mut plain = Tenant::northwind();
    let code = plain.code("desktop", PUBLIC);
    let (_, body) = plain.redeem("desktop", PUBLIC, &code);
    let id = claims(&body["id_token"]);
    assert!(id.get("ipaddr").is_none() && id.get("upn").is_none(), "nobody asked: {id:#}");
    assert!(body["expires_in"].as_i64().is_some_and(|life| (3600..5400).contains(&life)));
}

#[test]
fn long_lives_come_with_a_time_to_refresh() {
    let edit = Edit::set(List::Applications, "catalog-api", "accessTokenLifetime", 86_400);
    let mut tenant = Tenant::new(edit.apply(&Scenario::northwind()).expect("a lifetime"));
    let (client, secret, home) =
        (tenant.client_id("inventory-sync"), tenant.secret("inventory-sync"), tenant.home());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("scope", "api://northwind-catalog/.default"),
    ];
    let body = tenant.token_at(&home, &form, None).tokens();
    assert_eq!((&body["expires_in"], &body["refresh_in"]), (&86_400.into(), &43_200.into()));
    let token = claims(&body["access_token"]);
    assert_eq!(token["exp"].as_i64(), Some(tenant.now.seconds() + 86_400));
    for wrong in [599, 86_401] {
        let edit = Edit::set(List::Applications, "catalog-api", "accessTokenLifetime", wrong);
        assert!(edit.apply(&Scenario::northwind()).is_err(), "{wrong}");
    }
}
