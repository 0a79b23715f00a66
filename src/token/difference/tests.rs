//! Pairs as people meet them, and the reasons that stand beside their rows.

use serde_json::{Value, json};

use super::*;
use crate::token::{
    decode,
    signed::{CLIENT, ISSUED, TENANT, header, id_claims, issuer, sign, with},
};

const API: &str = "5b7a2c10-9d4e-4c3b-8a6f-1e2d3c4b5a69";
const NEXT_API: &str = "c0d1e2f3-0415-4263-8475-96a7b8c9dae1";

/// An access token of version 2.0 for a person.
fn delegated() -> Value {
    json!({
        "aud": API, "iss": issuer(TENANT), "iat": ISSUED, "nbf": ISSUED, "exp": ISSUED + 4000, "aio": "a", "azp": CLIENT,
        "azpacr": "0", "name": "Mina Okafor", "oid": "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d",
        "preferred_username": "mina@fabrikam.example", "scp": "Orders.Read Orders.Write", "sub": "for-the-api",
        "tid": TENANT, "uti": "one", "ver": "2.0",
    })
}

/// The one of the same client by itself.
fn app_only() -> Value {
    let changes = json!({
        "azpacr": "1", "name": null, "preferred_username": null, "scp": null, "idtyp": "app", "roles": ["Orders.Read.All"],
        "oid": "77aa0000-1111-4222-8333-444455556666", "sub": "77aa0000-1111-4222-8333-444455556666", "uti": "two",
    });
    with(&delegated(), &changes)
}

fn compare(before: &Value, after: &Value) -> Difference {
    let token = |claims: &Value| decode(&sign(&header(), claims));
    difference(&token(before), &token(after))
}

#[track_caller]
fn row<'a>(difference: &'a Difference, name: &str) -> &'a Row {
    let row = difference.claims.iter().find(|row| row.name == name);
    row.unwrap_or_else(|| panic!("no {name} in {:?}", difference.claims))
}

#[test]
fn a_pair_is_recognised_in_both_orders_where_it_has_two() {
    let obo = with(
        &delegated(),
        &json!({"aud": NEXT_API, "azp": API, "azpacr": "1", "scp": "Ship.Read", "sub": "for-the-next", "uti": "3"}),
    );
    let version_1 = with(
        &delegated(),
        &json!({
            "aud": format!("api://{API}"), "iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0", "azp": null,
            "azpacr": null, "preferred_username": null, "appid": CLIENT, "appidacr": "0", "unique_name": "mina@fabrikam.example",
        }),
    );
    let later = with(
        &delegated(),
        &json!({"iat": ISSUED + 60, "nbf": ISSUED + 60, "exp": ISSUED + 5000, "uti": "9", "aio": "b"}),
    );
    let more = with(&later, &json!({"scp": "Orders.Read Orders.Write Orders.Delete"}));
    let stepped_up = with(&later, &json!({"acrs": ["c1"]}));
    let guest = with(
        &delegated(),
        &json!({
            "tid": "11111111-2222-4333-8444-555555555555", "iss": issuer("11111111-2222-4333-8444-555555555555"),
            "oid": "99990000-1111-4222-8333-444455556666", "sub": "guest", "idp": format!("https://sts.windows.net/{TENANT}/"),
        }),
    );
    let other_tenant = with(&guest, &json!({"idp": null, "preferred_username": "x@y.example"}));
    let id = id_claims();
    let other_api = with(&delegated(), &json!({"aud": NEXT_API, "sub": "z", "scp": "Ship.Read"}));
    let other_client =
        with(&delegated(), &json!({"azp": "0c0c0c0c-1111-4222-8333-444455556666", "scp": "Orders.Read"}));
    let other_person = with(
        &delegated(),
        &json!({"oid": "99990000-1111-4222-8333-444455556666", "sub": "b", "name": "Bruno"}),
    );
    let old = delegated();
    for (before, after, expected, turned) in [
        (&old, &app_only(), Pair::DelegatedAndAppOnly, Pair::DelegatedAndAppOnly),
        (&old, &obo, Pair::OnBehalfOf, Pair::Unrelated),
        (&old, &version_1, Pair::Versions, Pair::Versions),
        (&old, &later, Pair::Refreshed, Pair::Refreshed),
        (&old, &more, Pair::PermissionsGrew, Pair::PermissionsShrank),
        (&old, &stepped_up, Pair::SteppedUp, Pair::Unrelated),
        (&old, &guest, Pair::HomeAndGuest, Pair::HomeAndGuest),
        (&old, &other_tenant, Pair::TwoTenants, Pair::TwoTenants),
        (&id, &old, Pair::IdAndAccess, Pair::IdAndAccess),
        (&old, &other_api, Pair::TwoResources, Pair::TwoResources),
        (&old, &other_client, Pair::TwoClients, Pair::TwoClients),
        (&old, &other_person, Pair::TwoSubjects, Pair::TwoSubjects),
    ] {
        assert_eq!(compare(before, after).pair(), expected, "{after}");
        assert_eq!(compare(after, before).pair(), turned, "turned round: {after}");
    }
}

#[test]
fn the_same_token_and_the_same_claims_are_told_apart() {
    let token = decode(&sign(&header(), &delegated()));
    assert_eq!(difference(&token, &token).pairs, [Pair::Identical]);
    let elsewhere = decode(&sign(&with(&header(), &json!({"alg": "PS256"})), &delegated()));
    let found = difference(&token, &elsewhere);
    assert_eq!((found.pair(), found.differing()), (Pair::SameClaims, 1));
    assert!(found.header.iter().any(|row| row.name == "alg" && row.why.is_some()));
    assert_eq!(difference(&token, &decode("1.AXoA-refresh-token")).pair(), Pair::Unreadable);
}

#[test]
fn each_row_says_what_its_difference_means() {
    let found = compare(&delegated(), &app_only());
    let check = |name: &str, change: Change, word: &str| {
        let row = row(&found, name);
        assert_eq!(row.change, change, "{name}");
        assert!(row.why.as_deref().is_some_and(|why| why.contains(word)), "{row:?}");
    };
    check("scp", Change::Removed, "without a person");
    check("roles", Change::Added, "administrator");
    check("sub", Change::Changed, "service principal");
    check("name", Change::Removed, "about the person");
    check("azpacr", Change::Changed, "never 0");
    assert_eq!((row(&found, "aud").change, row(&found, "aud").why.as_deref()), (Change::Same, None));
    let groups: Vec<_> = found.claims.iter().map(|row| row.group).collect();
    assert!(groups.is_sorted(), "{groups:?}");
}

#[test]
fn lists_are_compared_by_element_whatever_their_order() {
    let old = with(&delegated(), &json!({"groups": ["a", "b", "b"], "amr": ["pwd", "mfa"]}));
    let new = with(
        &delegated(),
        &json!({"groups": ["b", "c"], "amr": ["mfa", "pwd"], "scp": "Orders.Write Orders.Read Orders.Delete", "uti": "2"}),
    );
    let found = compare(&old, &new);
    let elements = |name: &str| row(&found, name).elements.clone().unwrap();
    let words = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        elements("groups"),
        Elements { added: words(&["c"]), removed: words(&["a", "b"]), kept: words(&["b"]) }
    );
    assert_eq!(elements("scp").added, ["Orders.Delete"]);
    assert_eq!(row(&found, "amr").change, Change::Same, "another order is no difference");
    assert_eq!(found.differing(), 3);
}

#[test]
fn lives_are_compared_rather_than_moments() {
    let later = with(&delegated(), &json!({"iat": ISSUED + 60, "exp": ISSUED + 4060}));
    let why = |found: &Difference| row(found, "exp").why.clone().unwrap();
    assert_eq!(why(&compare(&delegated(), &later)), "It follows iat: both live 66 min.");
    let longer = with(&delegated(), &json!({"exp": ISSUED + 86_400}));
    assert!(why(&compare(&delegated(), &longer)).starts_with("The first lives 66 min, the second 1440 min."));
}

#[test]
fn large_lists_are_no_burden() {
    let groups = |from: usize| (from..from + 20_000).map(|n| format!("g{n}")).collect::<Vec<_>>();
    let token = |from| {
        decode(&format!(
            "{}.",
            sign(&header(), &with(&delegated(), &json!({"groups": groups(from)})))
                .rsplit_once('.')
                .unwrap()
                .0
        ))
    };
    let found = difference(&token(0), &token(10_000));
    let elements = row(&found, "groups").elements.clone().unwrap();
    assert_eq!((elements.added.len(), elements.removed.len(), elements.kept.len()), (10_000, 10_000, 10_000));
}

#[test]
fn the_json_has_what_the_screen_has() {
    let shown = compare(&delegated(), &app_only()).to_json();
    assert_eq!(
        (&shown["pair"], &shown["kinds"][1]),
        (&json!("delegated_and_app_only"), &json!("access token, app-only"))
    );
    let scp = shown["claims"].as_array().unwrap().iter().find(|row| row["name"] == "scp").unwrap();
    assert_eq!((&scp["change"], &scp["after"]), (&json!("removed"), &Value::Null));
}

#[test]
fn every_pair_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = Pair::ALL.iter().map(|pair| pair.name()).collect();
    assert_eq!(names.len(), Pair::ALL.len());
}
