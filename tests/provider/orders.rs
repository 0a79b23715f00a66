//! Changes of the running tenant: they take effect with the next request, and can be undone.

use authwright::provider::{
    PermissionGrant,
    order::{Order, OrderError},
    scenario::edit::{Edit, List},
};

use crate::tenant::{Tenant, refused};

const SCOPE: &str = "openid offline_access User.Read";

fn set(tenant: &mut Tenant, list: List, entry: &str, member: &str, value: bool) {
    let change = Edit::set(list, entry, member, value);
    tenant.provider.carry_out(&Order::Edit { change }, tenant.now).expect("the directory takes it");
}

#[test]
fn an_edit_reaches_what_was_handed_out_before_and_is_undone_step_by_step() {
    let mut tenant = Tenant::northwind();
    let home = tenant.home();
    let signed_in = tenant.password("handheld", "mina", SCOPE, &[]);
    let token = signed_in.body["refresh_token"].clone();
    let refresh = |tenant: &mut Tenant| tenant.refresh_at(&home, "handheld", &token, &[], None);

    set(&mut tenant, List::Users, "mina", "accountEnabled", false);
    refresh(&mut tenant).check("switched off", refused("invalid_grant", 50057));
    set(&mut tenant, List::Applications, "handheld", "isDisabled", true);
    refresh(&mut tenant).check("the application, too", refused("unauthorized_client", 7_000_112));

    let said = tenant.provider.carry_out(&Order::Undo, tenant.now).expect("there are two steps");
    assert_eq!(said, "undone: handheld: isDisabled true");
    refresh(&mut tenant).check("the person still", refused("invalid_grant", 50057));
    tenant.provider.carry_out(&Order::Undo, tenant.now).expect("there is one more");
    assert_eq!(refresh(&mut tenant).status, 200);
    assert_eq!(tenant.provider.carry_out(&Order::Undo, tenant.now), Err(OrderError::NothingToUndo));

    tenant.provider.carry_out(&Order::Redo, tenant.now).expect("two were undone");
    refresh(&mut tenant).check("done again", refused("invalid_grant", 50057));
}

#[test]
fn grants_are_listed_given_and_taken_back() {
    let mut tenant = Tenant::northwind();
    let grant = PermissionGrant {
        tenant: "northwind".to_owned(),
        client: "desktop".to_owned(),
        resource: "catalog-api".to_owned(),
        principal: Some("mina".to_owned()),
        scopes: vec!["Catalog.Read".to_owned()],
        ..PermissionGrant::default()
    };
    let held = |tenant: &Tenant| {
        let grants = tenant.provider.view().grants;
        grants.into_iter().find(|one| one.client == "desktop" && one.principal.as_deref() == Some("mina"))
    };
    assert_eq!(held(&tenant), None);
    let given = tenant.provider.carry_out(&Order::Grant { grant: grant.clone() }, tenant.now);
    assert!(given.is_ok_and(|said| said.starts_with("Catalog.Read granted to ")));
    let row = held(&tenant).expect("it was granted");
    assert_eq!(row.scopes, grant.scopes);
    tenant.provider.carry_out(&Order::Withdraw { id: row.id.clone() }, tenant.now).expect("it is there");
    assert_eq!(held(&tenant), None);
    let again = tenant.provider.carry_out(&Order::Withdraw { id: row.id.clone() }, tenant.now);
    assert_eq!(again, Err(OrderError::NoGrant(row.id)));
    let unknown = PermissionGrant { scopes: vec!["Catalog.Burn".to_owned()], ..grant };
    let refused = tenant.provider.carry_out(&Order::Grant { grant: unknown }, tenant.now).unwrap_err();
    assert_eq!(refused.to_string(), "catalog-api offers no \"Catalog.Burn\"");
}

#[test]
fn what_somebody_grants_on_a_page_is_a_step_too() {
    let mut tenant = Tenant::northwind();
    tenant.code("storefront", "http://localhost:7081/signin");
    let steps: Vec<String> = tenant.provider.view().done.into_iter().map(|step| step.said).collect();
    assert!(steps.iter().any(|said| said.contains("consented to")), "{steps:?}");
}
