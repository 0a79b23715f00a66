//! Every refusal of the lab tenant in one table: how to provoke it over HTTP, and everything that must then be right, on the
//! wire, in the learner's note, in the sign-in log and in the explanation.
//!
//! A new number needs a row in one of the `rows`; [`every_number_that_is_raised_has_a_row`] fails until it has one.

mod assertion;
mod case;
#[path = "../provider/desk.rs"]
#[allow(dead_code, reason = "shared with the tests of the provider, which use all of it")]
mod desk;
#[path = "../raised/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the layers")]
mod raised;
mod rows;
mod truth;
mod walk;

use std::collections::BTreeSet;

use authwright::{explain, provider::order::Order, workbench::reproduce::recipes};
use case::{Case, Outcome};
use desk::Desk;

/// Provokes the refusals of some rows and says what is wrong about them. Rows without a state of their own share a lab.
async fn run(cases: Vec<Case>) -> Vec<Outcome> {
    let shared = Desk::open().await;
    let mut outcomes = Vec::new();
    for case in cases {
        let own = match case.scenario {
            Some(scenario) => Some(Desk::stocked(scenario()).await),
            None => None,
        };
        outcomes.push(case.run(own.as_ref().unwrap_or(&shared)).await);
    }
    outcomes
}

async fn check(cases: Vec<Case>) {
    let outcomes = run(cases).await;
    let problems: Vec<String> = outcomes.into_iter().flat_map(|outcome| outcome.problems).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test]
async fn requests_are_refused_as_the_table_says() {
    check(rows::requests::all()).await;
}

#[tokio::test]
async fn clients_are_refused_as_the_table_says() {
    check(rows::clients::all()).await;
}

#[tokio::test]
async fn people_are_refused_as_the_table_says() {
    check(rows::people::all()).await;
}

#[tokio::test]
async fn what_policies_and_memberships_ask_is_refused_as_the_table_says() {
    check(rows::conditions::all()).await;
}

#[tokio::test]
async fn grants_are_refused_as_the_table_says() {
    check(rows::grants::all()).await;
}

#[tokio::test]
async fn registrations_are_refused_as_the_table_says() {
    check(rows::registrations::all()).await;
}

#[test]
fn every_number_that_is_raised_has_a_row() {
    let raised = raised::raised();
    let rows: BTreeSet<u32> = rows::all().iter().map(|case| case.code).collect();
    let without: Vec<String> = raised
        .iter()
        .filter(|(number, _)| !rows.contains(number))
        .map(|(number, files)| format!("{number} of {files:?}"))
        .collect();
    assert!(without.is_empty(), "these need a row in tests/refusals:\n{}", without.join("\n"));
    let gone: Vec<&u32> = rows.iter().filter(|number| !raised.contains_key(number)).collect();
    assert!(gone.is_empty(), "nothing raises these any more: {gone:?}");
    assert!(rows.len() >= 147, "only {} numbers", rows.len());
}

#[test]
fn every_number_in_the_table_can_be_shown_in_the_lab() {
    let rows: BTreeSet<u32> = rows::all().iter().map(|case| case.code).collect();
    let recipes: BTreeSet<u32> = recipes().map(|recipe| recipe.code).collect();
    let without: Vec<_> = rows.difference(&recipes).collect();
    assert!(without.is_empty(), "these need a recipe in src/workbench/reproduce/recipes.toml: {without:?}");
    let strange: Vec<_> = recipes.difference(&rows).collect();
    assert!(strange.is_empty(), "nothing raises these: {strange:?}");
}

#[test]
fn a_fault_is_injected_only_where_the_recipe_says_that_no_state_leads_there() {
    let is_fault = |order: &Order| matches!(order, Order::Fault { .. });
    for recipe in recipes() {
        let during = recipe.during.iter().flat_map(|during| during.lab.orders(""));
        let injects = recipe.lab.orders("").iter().chain(&during.collect::<Vec<_>>()).any(is_fault);
        assert_eq!(recipe.played.is_some(), injects, "{}", recipe.code);
    }
}

#[test]
fn every_number_in_the_table_is_explained() {
    for case in rows::all() {
        let entry = explain::entry(case.code);
        assert!(entry.is_some(), "{} needs an entry in src/explain/data", case.code);
    }
}
