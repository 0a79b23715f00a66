//! What of a tenant survives its end, and what happens to a file that does not look as it should.

use std::sync::Arc;

use authwright::{
    provider::{
        PermissionGrant, Provider,
        keys::SigningKey,
        order::Order,
        scenario::{
            Scenario,
            edit::{Edit, List},
        },
        state::ResumeError,
    },
    runtime::lab,
};
use serde_json::Value;

use crate::tenant::{KEYS, MINUTE, SPA, START, Tenant, claims, refused};

/// The tenant after its program has ended and begun again.
fn again(tenant: &Tenant) -> Tenant {
    let saved = tenant.provider.save().to_json();
    let mut next = Tenant::new(Scenario::clone(&tenant.scenario));
    next.provider = Provider::resume(Arc::clone(&tenant.scenario), &saved, [8; 32]).expect("it is whole");
    next.now = tenant.now;
    next
}

#[test]
fn grants_edits_clock_keys_and_refresh_tokens_survive() {
    let mut tenant = Tenant::northwind();
    let home = tenant.home();
    let code = tenant.code("storefront", SPA);
    let (_, first) = tenant.redeem("storefront", SPA, &code);
    let machine = tenant.password("handheld", "mina", "openid offline_access User.Read", &[]).tokens();
    let grant = PermissionGrant {
        tenant: "northwind".to_owned(),
        client: "desktop".to_owned(),
        resource: "catalog-api".to_owned(),
        principal: Some("mina".to_owned()),
        scopes: vec!["Catalog.Read".to_owned()],
        ..PermissionGrant::default()
    };
    let edit = Edit::set(List::Users, "theo", "accountEnabled", false);
    let orders = [
        Order::Grant { grant },
        Order::Edit { change: edit },
        Order::MoveClock { seconds: 60 },
        Order::RevokeSessions { user: "adele".to_owned() },
    ];
    for order in &orders {
        tenant.provider.carry_out(order, tenant.now).expect("it can be carried out");
    }
    let (before, log) = (tenant.provider.view(), tenant.provider.sign_ins().cloned().collect::<Vec<_>>());

    let mut tenant = again(&again(&tenant));
    let after = tenant.provider.view();
    assert_eq!(
        (&after.scenario, &after.grants, &after.assignments),
        (&before.scenario, &before.grants, &before.assignments)
    );
    assert_eq!((after.clock, after.keys), (before.clock, before.keys));
    assert!(after.done.is_empty(), "there is nothing to undo in a new program");
    assert_eq!(tenant.provider.sign_ins().cloned().collect::<Vec<_>>(), log);
    assert!(tenant.provider.sessions_valid_from(&tenant.object_id("adele")).is_some());
    tenant.password("handheld", "theo", "openid", &[]).check("the edit", refused("invalid_grant", 50057));

    let renewed = tenant.refresh_at(&home, "handheld", &machine["refresh_token"], &[], None).tokens();
    assert_eq!(renewed["scope"], machine["scope"]);
    assert_eq!(claims(&renewed["access_token"])["sid"], claims(&machine["access_token"])["sid"]);
    let origin = Some("http://localhost:7081");
    let (status, renewed) = tenant.refresh("storefront", &first["refresh_token"], origin);
    assert_eq!(status, 200, "{renewed:#}");
    let left = renewed["refresh_token_expires_in"].as_i64().expect("a number");
    assert!(left < 86_400, "the day of a single-page application goes on where it was: {left}");

    // Its own tokens still verify: Graph takes the one that was issued before.
    let headers = authwright::wire::Headers::new()
        .with("authorization", format!("Bearer {}", machine["access_token"].as_str().expect("a token")));
    let me = tenant.ask(authwright::wire::Method::Get, "v1.0/me", &[], headers);
    assert_eq!(me.status, 200, "{}", me.body.text());
    tenant.provider.carry_out(&Order::Reset, tenant.now).expect("there is a beginning to go back to");
    assert_eq!(**tenant.provider.scenario(), Scenario::northwind());
}

#[test]
fn what_was_revoked_stays_revoked_and_who_is_gone_stays_gone() {
    let mut tenant = Tenant::northwind();
    let home = tenant.home();
    let token = |tenant: &mut Tenant, person: &str| {
        tenant.password("handheld", person, "openid offline_access", &[]).tokens()["refresh_token"].clone()
    };
    let (mina, adele) = (token(&mut tenant, "mina"), token(&mut tenant, "adele"));
    tenant.now = START + MINUTE;
    let revoke = Order::RevokeSessions { user: "mina".to_owned() };
    tenant.provider.carry_out(&revoke, tenant.now).expect("she is there");
    let remove = Edit::Remove { from: List::Users, entry: "adele".to_owned() };
    tenant.provider.carry_out(&Order::Edit { change: remove }, tenant.now).expect("she is there");
    let mut tenant = again(&tenant);
    let answer = tenant.refresh_at(&home, "handheld", &mina, &[], None);
    answer.check("revoked", refused("invalid_grant", 50173).sub("bad_token"));
    let answer = tenant.refresh_at(&home, "handheld", &adele, &[], None);
    answer.check("gone", refused("invalid_grant", 9_002_313).sub("bad_token"));
}

#[test]
fn values_do_not_repeat_after_a_restart_and_retired_keys_are_kept() {
    let mut tenant = Tenant::northwind();
    let uti = |tenant: &mut Tenant| {
        claims(&tenant.password("handheld", "mina", "openid", &[]).tokens()["id_token"])["uti"].clone()
    };
    let first = uti(&mut tenant);
    let next = SigningKey::restore(&KEYS.next().private_key(), &KEYS.next().certificate()).expect("a key");
    tenant.provider.rotate_keys(next, tenant.now);
    let keys = tenant.provider.view().keys;
    let mut tenant = again(&tenant);
    assert_eq!((keys.len(), &tenant.provider.view().keys), (3, &keys));
    assert_ne!(uti(&mut tenant), first);
}

#[test]
fn certificates_of_whoever_ran_it_are_not_kept() {
    let mut tenant = Tenant::northwind();
    let der = authwright::runtime::key_pair::make("Price Feed", 30).expect("it can be made").certificate_der;
    tenant.provider.register_certificate("inventory-sync", &der).expect("it is read");
    let tenant = again(&tenant);
    assert_eq!(**tenant.provider.scenario(), Scenario::northwind());
}

#[test]
fn a_text_that_is_not_whole_is_no_tenant_wherever_it_was_cut() {
    let tenant = Tenant::northwind();
    let began = Arc::clone(&tenant.scenario);
    let saved = tenant.provider.save().to_json();
    let resume = |text: &[u8]| Provider::resume(Arc::clone(&began), text, [9; 32]).map(|_| ());
    assert_eq!(resume(&saved), Ok(()));
    for length in (0..saved.len()).step_by(97).chain(saved.len() - 40..saved.len()) {
        let result = resume(&saved[..length]);
        assert!(matches!(result, Err(ResumeError::Damaged(_))), "cut after {length}: {result:?}");
    }
    let mut document: Value = serde_json::from_slice(&saved).expect("JSON");
    document["format"] = 2.into();
    assert_eq!(resume(document.to_string().as_bytes()), Err(ResumeError::Newer(2)));
    document["format"] = 1.into();
    document["keys"]["current"]["privateKey"] = "AAAA".into();
    assert!(matches!(resume(document.to_string().as_bytes()), Err(ResumeError::Damaged(_))));
}

#[tokio::test]
async fn a_lab_goes_on_from_its_folder_and_sets_aside_what_it_cannot_use() {
    use authwright::{runtime, workbench::Event};
    let folder = std::env::temp_dir().join(format!("authwright-kept-{}", std::process::id()));
    let start = || async {
        let (events, queue) = tokio::sync::mpsc::channel::<Event>(runtime::QUEUE);
        let options =
            lab::Options { keep: Some(folder.clone()), ..lab::Options::anywhere(Scenario::northwind()) };
        (lab::start(options, events).await.expect("ports can be opened"), queue)
    };
    let (lab, queue) = start().await;
    let edit = Edit::set(List::Users, "mina", "displayName", "Mina the Second");
    lab.carry_out(&Order::Edit { change: edit }).await.expect("she is there");
    lab.save().await.expect("it can be written");
    let keys = lab.view().await.expect("it runs").keys;
    drop((lab, queue));
    let file = folder.join("lab-tenant.json");
    let saved = std::fs::read(&file).expect("it was written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!((mode(&file) & 0o777, mode(&folder) & 0o777), (0o600, 0o700));
    }

    let (lab, queue) = start().await;
    let view = lab.view().await.expect("it runs");
    assert_eq!(
        (&view.keys, &*view.scenario.user("mina").expect("she is there").display_name),
        (&keys, "Mina the Second")
    );
    assert!(lab.remarks().borrow().is_empty());
    drop((lab, queue));

    std::fs::write(&file, &saved[..saved.len() / 2]).expect("it can be written");
    let (lab, queue) = start().await;
    let view = lab.view().await.expect("it starts all the same");
    assert_eq!(view.scenario.user("mina").expect("she is there").display_name, "Mina Okafor");
    let said = lab.remarks().borrow().join("\n");
    assert!(said.contains("lab-tenant.damaged-"), "{said}");
    let names =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let aside: Vec<_> = names.filter(|name| name.to_string_lossy().contains("damaged")).collect();
    assert_eq!(std::fs::read(folder.join(&aside[0])).expect("it is kept"), &saved[..saved.len() / 2]);
    drop((lab, queue));
    std::fs::remove_dir_all(&folder).expect("it was made here");
}
