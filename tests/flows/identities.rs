//! Managed identities, at the endpoint of a virtual machine and at that of App Service (reference §11).

use authwright::{
    finding::Severity,
    flow::{ApiCall, FlowKind, IdentityHost, ManagedIdentity, StepId::Token, StepState, UserAssigned},
    oauth::Surface,
    provider::identity_header,
    secret::Secret,
};

use crate::{
    case::{Case, Ended, Twist},
    desk::BASE,
};

const CATALOG: &str = "api://northwind-catalog";

fn on(host: IdentityHost, identity: Option<UserAssigned>) -> Case {
    let mut case = Case::new(FlowKind::ManagedIdentity, "pipeline", CATALOG);
    let endpoint = match host {
        IdentityHost::VirtualMachine => BASE.to_owned(),
        IdentityHost::AppService(_) => format!("{BASE}msi/token"),
    };
    case.profile.managed_identity =
        Some(ManagedIdentity { host, endpoint: endpoint.parse().expect("an address"), identity });
    case
}

fn machine() -> Case {
    on(IdentityHost::VirtualMachine, None)
}

/// The secret of a desk's lab.
fn app_service() -> IdentityHost {
    IdentityHost::AppService(identity_header([7; 32]))
}

fn app() -> Case {
    on(app_service(), None)
}

#[test]
fn both_endpoints_give_a_token_to_each_identity() {
    let (system, jobs) = ("7e3ba915-0d64-4c8f-b52a-96f1c7e0d348", "c40a7f2d-91e8-4d53-86bb-f35e0d9a7c12");
    let resource_id = "/subscriptions/5b9f0c27-3e1d-4a68-92f4-d07c8b16ea53/resourceGroups/warehouse/providers/\
                       Microsoft.ManagedIdentity/userAssignedIdentities/warehouse-jobs";
    for host in [IdentityHost::VirtualMachine, app_service()] {
        for (identity, client_id) in [
            (None, system),
            (Some(UserAssigned::ClientId(jobs.to_owned())), jobs),
            (Some(UserAssigned::ObjectId("d2f4093b-7c5e-4ab8-8f61-0e9b7a3c15d8".to_owned())), jobs),
            (Some(UserAssigned::ResourceId(resource_id.to_owned())), jobs),
        ] {
            let ended = on(host.clone(), identity.clone()).run();
            assert_eq!(ended.claim("azp"), client_id, "{host:?} {identity:?}");
            assert_eq!(ended.claim("roles"), r#"["Catalog.Read.All"]"#, "{host:?} {identity:?}");
            let last = ended.flow.steps().last().map(|step| step.id);
            assert!(
                ended.found(last.expect("it has steps")).contains(&"check.signature"),
                "{host:?} {identity:?}"
            );
        }
    }
}

#[test]
fn the_token_opens_the_api_that_it_is_for() {
    let ended = machine().run();
    assert!(ended.flow.steps().iter().all(|step| step.state == StepState::Done));
    let token = ended.tokens().access_token.clone();
    let mut case = Case::at(ended.desk, FlowKind::CallApi, "inventory-sync", "");
    let url = format!("{BASE}api/catalog/products").parse().expect("an address");
    case.profile.api = Some(ApiCall::get(url));
    case.profile.given = token;
    case.run().done();
}

#[test]
fn a_token_of_version_1_is_checked_against_its_own_document() {
    let mut case = machine();
    case.scope("https://vault.azure.net/.default");
    let ended = case.run();
    assert_eq!(ended.claim("ver"), "1.0");
    let steps = ended.flow.steps();
    let validate = steps.last().expect("the check");
    let unhappy: Vec<_> =
        validate.findings.iter().filter(|finding| finding.severity >= Severity::Warning).collect();
    assert!(validate.state == StepState::Done && unhappy.is_empty(), "{unhappy:#?}");
}

#[test]
fn the_platform_keeps_a_token_and_gives_it_again() {
    let first = machine().run();
    let token = first.tokens().access_token.clone();
    let mut case = machine();
    case.desk = first.desk;
    case.desk.pass(3600);
    let second = case.run();
    assert_eq!(second.tokens().access_token, token);
    let mut case = machine();
    case.desk = second.desk;
    case.desk.pass(86_400);
    assert_ne!(case.run().tokens().access_token, token);
}

/// What is changed, and what it is refused with: status, `error`, number, rule of the lab. Apart from the resource it is
/// the endpoint that refuses and not the token service, so there is no number; App Service has no word either.
type Row = (&'static str, Twist, Expected);
type Expected = (u16, &'static str, u32, &'static str);

#[track_caller]
fn check(name: &str, ended: &Ended, (status, error, number, rule): Expected) {
    let refusal = ended.refusal();
    assert_eq!(ended.flow.current(), Token, "{name}");
    let note = ended.desk.notes.last().expect("the lab said why");
    assert_eq!(
        (refusal.surface, refusal.error.as_str()),
        (Surface::Json(status), error),
        "{name}: {refusal:?}"
    );
    assert_eq!(refusal.error_codes, Vec::from_iter((number != 0).then_some(number)), "{name}: {refusal:?}");
    assert_eq!((note.rule, note.code), (rule, number), "{name}");
    assert!(refusal.description.is_some(), "{name}");
}

#[test]
fn the_machine_answers_only_who_can_set_headers() {
    let rows: &[Row] = &[
        (
            "no header",
            |case| case.without(Token, "metadata"),
            (400, "bad_request_102", 0, "identity.caller_on_machine"),
        ),
        (
            "in capitals",
            |case| case.set(Token, "metadata", "True"),
            (400, "bad_request_102", 0, "identity.caller_on_machine"),
        ),
        (
            "through a proxy",
            |case| case.add_header(Token, "x-forwarded-for", "203.0.113.7"),
            (400, "invalid_request", 0, "identity.not_forwarded"),
        ),
        (
            "no version",
            |case| case.without(Token, "api-version"),
            (400, "invalid_request", 0, "identity.version"),
        ),
        (
            "a version to come",
            |case| case.set(Token, "api-version", "2099-01-01"),
            (400, "invalid_request", 0, "identity.version"),
        ),
        (
            "no resource",
            |case| case.without(Token, "resource"),
            (400, "invalid_request", 0, "identity.resource_present"),
        ),
        (
            "an identity that is not assigned",
            |case| case.set(Token, "client_id", "00000000-1111-4222-8333-444444444444"),
            (400, "invalid_request", 0, "identity.assigned"),
        ),
        (
            "two names for one",
            |case| {
                case.set(Token, "client_id", "c40a7f2d-91e8-4d53-86bb-f35e0d9a7c12");
                case.set(Token, "object_id", "d2f4093b-7c5e-4ab8-8f61-0e9b7a3c15d8");
            },
            (400, "invalid_request", 0, "identity.named_once"),
        ),
        (
            "an unknown API",
            |case| case.set(Token, "resource", "api://nobody"),
            (400, "invalid_resource", 500_011, "identity.resource_known"),
        ),
        (
            "a scope for a resource",
            |case| case.set(Token, "resource", "api://northwind-catalog/.default"),
            (400, "invalid_resource", 500_011, "identity.resource_known"),
        ),
    ];
    for (name, twist, expected) in rows {
        let mut case = machine();
        twist(&mut case);
        check(name, &case.run(), *expected);
    }
}

#[test]
fn the_app_answers_only_who_knows_its_secret() {
    let rows: &[Row] = &[
        (
            "no secret",
            |case| case.without(Token, "x-identity-header"),
            (401, "", 0, "identity.caller_on_machine"),
        ),
        (
            "a wrong secret",
            |case| {
                let wrong = IdentityHost::AppService(Secret::new("wrong"));
                if let Some(identity) = &mut case.profile.managed_identity {
                    identity.host = wrong;
                }
            },
            (401, "", 0, "identity.caller_on_machine"),
        ),
        ("no version", |case| case.without(Token, "api-version"), (400, "", 0, "identity.version")),
        (
            "the version of the other endpoint",
            |case| case.set(Token, "api-version", "2018-02-01"),
            (400, "", 0, "identity.version"),
        ),
        ("no resource", |case| case.without(Token, "resource"), (400, "", 0, "identity.resource_present")),
        (
            "an identity that is not assigned",
            |case| case.set(Token, "client_id", "00000000-1111-4222-8333-444444444444"),
            (400, "", 0, "identity.assigned"),
        ),
        (
            "an unknown API",
            |case| case.set(Token, "resource", "api://nobody"),
            (500, "", 500_011, "identity.resource_known"),
        ),
    ];
    for (name, twist, expected) in rows {
        let mut case = app();
        twist(&mut case);
        check(name, &case.run(), *expected);
    }
}
