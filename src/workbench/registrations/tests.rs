//! Registrations as a person brings them: in pieces, in any order, and with mistakes.

use serde_json::{Value, json};

use super::*;
use crate::{
    explain::Evidence,
    finding::Severity,
    provider::{
        order::View,
        scenario::{
            Scenario,
            edit::{Edit, List},
        },
    },
    secret::Secret,
    workbench::{Event, User, Workbench},
};

const APP: &str = "9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846";
const PRINCIPAL: &str = "3c1b2a90-1111-4222-8333-944455556666";
const MAIL_READ: &str = "570282fd-fa5c-430d-a7fd-fc8dc98a9dca";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

fn now() -> UnixTime {
    UnixTime::parse("2026-05-04T12:00:00Z").expect("a time")
}

fn app() -> Value {
    json!({ "appId": APP, "displayName": "Orders", "signInAudience": "AzureADMyOrg",
        "web": { "redirectUris": ["http://orders.example/auth", "https://orders.example/auth"] },
        "requiredResourceAccess": [{ "resourceAppId": GRAPH, "resourceAccess": [{ "id": MAIL_READ, "type": "Scope" }] }] })
}

fn principal() -> Value {
    json!({ "appId": APP, "id": PRINCIPAL, "displayName": "Orders", "servicePrincipalType": "Application",
        "accountEnabled": true, "appOwnerOrganizationId": "11111111-2222-4333-8444-555555555555" })
}

fn grant(client: &str, scope: &str) -> Value {
    json!({ "clientId": client, "consentType": "AllPrincipals", "scope": scope, "resourceId": "r" })
}

/// A workbench without a lab, so that only what is brought is there.
fn bench() -> Workbench {
    Workbench::new(None, Scenario::northwind())
}

#[track_caller]
fn bring(bench: &mut Workbench, text: &str) -> Result<Arrival, String> {
    bring_beside(bench, text, None)
}

#[track_caller]
fn bring_beside(bench: &mut Workbench, text: &str, beside: Option<KeptId>) -> Result<Arrival, String> {
    let effects = bench.apply(Event::User(User::Import(Secret::new(text), beside)), now());
    assert_eq!(effects, []);
    bench.registrations.last().cloned().expect("something became of it")
}

#[track_caller]
fn only(bench: &Workbench) -> &Known {
    let all: Vec<_> = bench.registrations.known().collect();
    assert_eq!(all.len(), 1);
    all[0]
}

fn ids(bench: &Workbench, id: KeptId) -> Vec<&'static str> {
    let examined = bench.examined(&EntryId::Kept(id), now()).expect("it is there");
    examined.findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn the_pieces_of_an_application_join_in_whatever_order_they_come() {
    let roles = json!([{ "appRoleId": "r1", "principalId": PRINCIPAL, "resourceId": "r" }]);
    let federated =
        json!([{ "name": "ci", "issuer": "https://i.example", "subject": "s", "audiences": ["a"] }]);
    let pieces = [app(), principal(), json!([grant(PRINCIPAL, "openid")]), roles, federated]
        .map(|one| one.to_string());
    for order in [[0, 1, 2, 3, 4], [1, 2, 3, 0, 4], [1, 0, 4, 3, 2]] {
        let mut bench = bench();
        for at in order {
            let said = bring(&mut bench, &pieces[at]).expect("it is taken").said;
            assert!(said.contains("Orders"), "{said}");
        }
        let known = only(&bench);
        assert_eq!(known.tenant(), Some("11111111-2222-4333-8444-555555555555"), "{order:?}");
        assert_eq!(known.redirect_uri(), Some("https://orders.example/auth"));
        assert!(known.knows_delegated && known.knows_assigned);
        let grants = known.grants.as_ref().expect("they came");
        assert_eq!((grants.delegated.len(), grants.application.len()), (1, 1), "{order:?}");
        let federated = known.application.as_ref().and_then(|app| app.federated.as_ref());
        assert_eq!(federated.map(Vec::len), Some(1), "{order:?}");
    }
}

#[test]
fn several_documents_in_one_paste_and_the_lines_of_a_shell_are_no_obstacle() {
    let mut bench = bench();
    let text = format!(
        "me@host:~$ az ad app show --id {APP}\n{:#}\n[me@host ~]$ az ad sp show --id {APP}\n{:#}\n$ \n",
        app(),
        principal()
    );
    assert_eq!(bring(&mut bench, &text).expect("it is taken").said, "Orders added");
    assert!(only(&bench).application.is_some() && only(&bench).principal.is_some());
    assert_eq!(bring(&mut bench, &app().to_string()).expect("again").said, "Orders brought up to date");
    assert!(only(&bench).principal.is_some(), "what came before stays");
}

#[test]
fn a_list_of_applications_is_many_and_the_first_stands_on_top() {
    let mut bench = bench();
    let list: Vec<Value> = (0..5)
        .map(|n| json!({ "appId": format!("{n}a1c7f0e-2b3d-4a58-9c11-0d5e8f7a4b62"), "displayName": format!("App {n}"), "web": {} }))
        .collect();
    let arrival = bring(&mut bench, &json!({ "value": list }).to_string()).expect("they are taken");
    assert_eq!(arrival.said, "App 0, App 1 and 3 more added");
    let names: Vec<_> = bench.registrations.known().map(Known::name).collect();
    assert_eq!(names, ["App 0", "App 1", "App 2", "App 3", "App 4"]);
    assert_eq!(bench.registrations.all()[0].id, arrival.show);
}

#[test]
fn grants_go_to_whom_they_name_or_to_what_is_looked_at_and_to_nobody_else() {
    let mut bench = bench();
    let grants = json!([grant(PRINCIPAL, "openid")]).to_string();
    let why = bring(&mut bench, &grants).expect_err("there is nobody");
    assert!(why.contains("these are grants, and nothing says whose"), "{why}");
    let other = json!({ "appId": "1a1c7f0e-2b3d-4a58-9c11-0d5e8f7a4b62", "displayName": "Other", "web": {} });
    bring(&mut bench, &json!([app(), principal(), other]).to_string()).expect("both are taken");
    let said = bring(&mut bench, &grants).expect("they name one").said;
    assert_eq!(said, "grants added to Orders");
    let stranger = json!([grant("somebody-else", "Mail.Send")]).to_string();
    assert!(bring(&mut bench, &stranger).is_err());
    let id = |name: &str| {
        let mut all = bench.registrations.all().iter();
        let is_it = |kept: &&Kept| matches!(&kept.what, What::Registration(known) if known.name() == name);
        all.find(is_it).map(|kept| kept.id).expect("it is there")
    };
    let (orders, looked_at) = (id("Orders"), id("Other"));
    let said = bring_beside(&mut bench, &stranger, Some(looked_at)).expect("somebody looks at it").said;
    assert_eq!(said, "grants added to Other");
    assert!(bring_beside(&mut bench, &stranger, Some(orders)).is_err(), "whose principal is another");
}

#[test]
fn a_grant_that_nobody_looked_for_is_not_missing() {
    let mut bench = bench();
    let mut app = app();
    app["requiredResourceAccess"][0]["resourceAccess"] = json!([{ "id": MAIL_READ, "type": "Scope" }, { "id": "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "type": "Role" }]);
    let id = bring(&mut bench, &json!([app, principal()]).to_string()).expect("it is taken").show;
    bring(&mut bench, &json!([grant(PRINCIPAL, "openid")]).to_string()).expect("one half");
    let found = ids(&bench, id);
    assert!(found.contains(&"grant.scope_missing") && !found.contains(&"grant.role_missing"), "{found:?}");
    let examined = bench.examined(&EntryId::Kept(id), now()).expect("it is there");
    let standings: Vec<_> = examined.requested.iter().map(|one| one.standing).collect();
    assert_eq!(standings, [Standing::Missing, Standing::Unknown]);
    bring(&mut bench, r#"{"oauth2PermissionGrants":[],"appRoleAssignments":[]}"#).expect("both");
    assert!(ids(&bench, id).contains(&"grant.role_missing"));
}

#[test]
fn what_is_only_known_by_its_service_principal_is_checked_by_that_alone() {
    let mut bench = bench();
    let mut disabled = principal();
    disabled["accountEnabled"] = false.into();
    let id = bring(&mut bench, &disabled.to_string()).expect("it is taken").show;
    assert_eq!(ids(&bench, id), ["principal.disabled"]);
    let entries = bench.registration_entries();
    assert_eq!((entries[0].form, entries[0].name.as_str()), (Form::Principal, "Orders"));
}

#[test]
fn an_address_is_compared_with_the_registration_of_its_client() {
    let mut bench = bench();
    let url = format!(
        "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id={APP}&response_type=code&\
         redirect_uri=https%3A%2F%2Forders.example%2Fauth%2F&scope=openid&state=s&nonce=n"
    );
    let id = bring(&mut bench, &url).expect("it is taken").show;
    assert!(!ids(&bench, id).contains(&"redirect_uri.not_registered"));
    assert_eq!(bench.examined(&EntryId::Kept(id), now()).and_then(|one| one.compared_with), None);
    bring(&mut bench, &app().to_string()).expect("it is taken");
    assert!(ids(&bench, id).contains(&"redirect_uri.not_registered"), "it is compared as soon as it can be");
    let examined = bench.examined(&EntryId::Kept(id), now()).expect("it is there");
    assert_eq!(examined.compared_with.as_deref(), Some("Orders"));
    let entry = bench.registration_entries().into_iter().find(|entry| entry.id == EntryId::Kept(id));
    assert_eq!(entry.map(|entry| entry.name).as_deref(), Some("Authorization request of Orders"));
    // The lab's own registration serves as well.
    let kiosk = bench.tenant.view().scenario.application("storefront").expect("it is there").app_id.clone();
    let id = bring(&mut bench, &url.replace(APP, &kiosk)).expect("it is taken").show;
    let examined = bench.examined(&EntryId::Kept(id), now()).expect("it is there");
    assert!(examined.compared_with.is_some() && examined.count(Severity::Error) > 0);
}

#[test]
fn what_cannot_be_taken_is_called_by_its_name() {
    let mut bench = bench();
    for (text, said) in [
        ("", "there is nothing in it"),
        ("eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln", "a token, which screen 3 reads"),
        ("AADSTS50011: no", "an error, which screen 4 explains"),
        (APP, "an id alone: az ad app show --id 9f2c7b10"),
        ("{\"a\": 1}", "JSON that tells of no application"),
        ("[]", "JSON that tells of no application"),
        ("{\"appId\": \"x\",", "begins as JSON, and it is no JSON (line 1"),
        ("DisplayName    AppId\nOrders  x", "with -o json"),
        ("https://www.example.com/", "leads to no sign-in"),
        ("hello", "neither JSON nor an address"),
    ] {
        let why = bring(&mut bench, text).expect_err(text);
        assert!(why.contains(said) && why.contains("az ad app show"), "{text}: {why}");
    }
    assert!(bench.registrations.all().is_empty());
}

#[test]
fn what_was_taken_away_can_be_put_back() {
    let mut bench = bench();
    let first = bring(&mut bench, &app().to_string()).expect("it is taken").show;
    let before = bench.registrations.revision();
    bench.apply(Event::User(User::Forget(first)), now());
    assert!(bench.registrations.all().is_empty() && bench.registrations.removed() == Some(first));
    bench.apply(Event::User(User::Recall), now());
    bench.apply(Event::User(User::Recall), now());
    assert_eq!(bench.registrations.all().len(), 1);
    assert!(bench.registrations.revision() > before);
}

#[test]
fn the_labs_own_applications_are_there_as_they_are_now() {
    let mut bench = bench();
    let entries = bench.registration_entries();
    assert!(entries.len() > 15 && entries.iter().all(|entry| matches!(entry.id, EntryId::Lab(_))));
    assert!(entries.iter().all(|entry| entry.name != "Microsoft Graph"), "Microsoft's are nobody's to mend");
    let scenario = bench.tenant.view().scenario.clone();
    let storefront = scenario.application("storefront").expect("it is there").app_id.clone();
    let id = EntryId::Lab(storefront);
    let errors = |bench: &Workbench| bench.examined(&id, now()).expect("it is there").count(Severity::Error);
    let before = errors(&bench);
    let members = json!({ "isDisabled": true }).as_object().cloned().expect("an object");
    let edit = Edit::Set { of: List::Applications, entry: "storefront".to_owned(), members };
    let changed = edit.apply(&scenario).expect("the directory takes it");
    let view = View { revision: 1, ..View::of(std::sync::Arc::new(changed)) };
    let version = bench.registrations_version();
    bench.apply(Event::LabChanged(Box::new(view)), now());
    assert!(errors(&bench) > before);
    assert_ne!(bench.registrations_version(), version);
}

#[test]
fn permissions_of_an_api_that_is_at_hand_have_names() {
    let mut bench = bench();
    let scope = "c1f0a9b2-3d4e-4f5a-8b6c-7d8e9f0a1b2c";
    let api = "1a1c7f0e-2b3d-4a58-9c11-0d5e8f7a4b62";
    let mut app = app();
    app["requiredResourceAccess"]
        .as_array_mut()
        .expect("a list")
        .push(json!({ "resourceAppId": api, "resourceAccess": [{ "id": scope, "type": "Scope" }] }));
    let id = EntryId::Kept(bring(&mut bench, &app.to_string()).expect("it is taken").show);
    let names = |bench: &Workbench| -> Vec<(String, Option<String>)> {
        let requested = bench.examined(&id, now()).expect("it is there").requested;
        requested.into_iter().map(|one| (one.api_name, one.name)).collect()
    };
    let graph = ("Microsoft Graph".to_owned(), Some("Mail.Read".to_owned()));
    assert_eq!(names(&bench), [graph.clone(), (api.to_owned(), None)]);
    let exposing = json!({ "appId": api, "displayName": "Stock API", "identifierUris": [format!("api://{api}")],
        "api": { "oauth2PermissionScopes": [{ "id": scope, "value": "Stock.Read", "type": "User" }] } });
    bring(&mut bench, &exposing.to_string()).expect("it is taken");
    assert_eq!(names(&bench), [graph, ("Stock API".to_owned(), Some("Stock.Read".to_owned()))]);
}

fn refused(client: &str) -> Evidence {
    let text = format!(
        "AADSTS50011: The redirect URI 'https://orders.example/auth/' specified in the request does not match the \
         redirect URIs configured for the application '{client}'."
    );
    Evidence { text: Some(text), ..Evidence::default() }
}

#[test]
fn what_was_brought_is_evidence_for_its_own_client_and_api_only() {
    let mut bench = bench();
    let mut evidence = refused(APP);
    assert!(bench.registrations.supply(&mut evidence).is_empty());
    bring(&mut bench, &json!([app(), principal()]).to_string()).expect("it is taken");
    let supplied = bench.registrations.supply(&mut evidence);
    assert_eq!(
        (supplied.registration.as_deref(), supplied.directory.as_deref()),
        (Some("Orders"), Some("Orders"))
    );
    assert!(evidence.registration.is_some() && evidence.service_principal.found().is_some());
    assert!(bench.registrations.supply(&mut evidence).is_empty(), "what is there stays");
    let mut others = refused("1a1c7f0e-2b3d-4a58-9c11-0d5e8f7a4b62");
    assert!(bench.registrations.supply(&mut others).is_empty() && others.registration.is_none());
    let mut of_lab = Evidence { lab: true, ..refused(APP) };
    assert!(bench.registrations.supply(&mut of_lab).is_empty(), "the lab has a directory of its own");
    let mut as_api = Evidence {
        text: Some(format!(
            "AADSTS65001 for https://x/oauth2/v2.0/authorize?client_id=c&scope=api%3A%2F%2F{APP}%2Fread"
        )),
        ..Evidence::default()
    };
    assert_eq!(bench.registrations.supply(&mut as_api).resource.as_deref(), Some("Orders"));
}

#[test]
fn half_of_the_grants_is_no_evidence_that_there_are_no_others() {
    let mut bench = bench();
    bring(&mut bench, &json!([app(), principal(), grant(PRINCIPAL, "openid")]).to_string())
        .expect("it is taken");
    let mut evidence = refused(APP);
    bench.registrations.supply(&mut evidence);
    assert!(evidence.registration.is_some() && evidence.grants.is_none());
    bring(&mut bench, r#"{"oauth2PermissionGrants":[],"appRoleAssignments":[]}"#).expect("all of them");
    let mut evidence = refused(APP);
    bench.registrations.supply(&mut evidence);
    assert!(evidence.grants.is_some());
}

#[test]
fn what_was_evidence_elsewhere_is_learned_and_other_text_is_not() {
    let mut bench = bench();
    for text in [
        "AADSTS50011",
        "{\"error\":\"invalid_grant\"}",
        "https://login.microsoftonline.com/x/oauth2/v2.0/authorize?client_id=x",
    ] {
        bench.apply(Event::User(User::Learn(Secret::new(text))), now());
    }
    assert!(bench.registrations.all().is_empty());
    bench.apply(Event::User(User::Learn(Secret::new(app().to_string()))), now());
    assert_eq!(only(&bench).name(), "Orders");
}
