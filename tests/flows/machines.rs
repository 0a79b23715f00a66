//! Client credentials: an application by itself, and what it is refused (reference §4.9). How it proves itself is in
//! `proofs`.

use authwright::{
    finding::Severity,
    flow::{
        Credential, FlowKind, SecretMethod,
        StepId::{Discover, Token, Validate},
    },
    provider::scenario::Control,
    secret::Secret,
};

use crate::{
    case::{Case, Refused, client, grant, json, refuses, request},
    desk::{Desk, HOME},
};

const CATALOG: &str = "api://northwind-catalog/.default";

fn daemon() -> Case {
    Case::new(FlowKind::ClientCredentials, "inventory-sync", CATALOG)
}

fn bad_scope(number: u32) -> Refused {
    json(Token, 400, "invalid_scope", number)
}

#[test]
fn an_application_signs_in_as_itself() {
    for segment in [HOME, "northwind.example"] {
        let mut case = daemon();
        case.segment(segment);
        let ended = case.run();
        let tokens = ended.tokens();
        assert!(tokens.id_token.is_none() && tokens.refresh_token.is_none() && tokens.scope.is_none());
        assert_eq!(ended.claim("roles"), r#"["Catalog.Read.All","Orders.Read.All"]"#);
        assert_eq!(ended.claim("scp"), "");
        let steps = ended.flow.steps();
        let validate = steps.iter().find(|step| step.id == Validate).expect("it has this step");
        let signature = validate.findings.iter().find(|finding| finding.id == "check.signature");
        assert_eq!(
            signature.map(|finding| finding.severity),
            Some(Severity::Passed),
            "{:?}",
            validate.findings
        );
    }
}

#[test]
fn an_api_that_granted_no_role_gives_a_token_without_roles() {
    let mut case = daemon();
    case.application("pipeline");
    case.application("stock-robot");
    let ended = case.run();
    assert_eq!(ended.claim("roles"), "");
}

#[test]
fn the_scopes_of_openid_connect_beside_default_are_let_pass() {
    let mut case = daemon();
    case.scope("api://northwind-catalog/.default openid profile offline_access");
    assert!(case.run().tokens().refresh_token.is_none());
}

#[test]
fn the_secret_may_travel_in_a_header() {
    let mut case = daemon();
    case.profile.secret_method = Some(SecretMethod::Basic);
    assert_eq!(case.run().claim("azpacr"), "1");
}

#[test]
fn an_application_by_itself_is_refused() {
    refuses(
        daemon,
        &[
            ("a secret left out", |case| case.without(Token, "client_secret"), client(7_000_216)),
            ("a wrong secret", |case| case.set(Token, "client_secret", "wrong"), client(7_000_215)),
            (
                "the secret's id",
                |case| case.set(Token, "client_secret", "2b84f6d0-e173-4c95-9a58-d7c01e6f3b49"),
                client(7_000_215),
            ),
            (
                "a secret that has ended",
                |case| {
                    case.application("store-reports");
                    case.profile.credential = Credential::Secret(Secret::new("lab~store-reports~expired"));
                },
                client(7_000_222),
            ),
            (
                "a stranger",
                |case| case.set(Token, "client_id", "00000000-1111-4222-8333-444444444444"),
                json(Token, 400, "unauthorized_client", 700_016),
            ),
            (
                "another tenant's own application",
                |case| case.elsewhere(Token, "fabrikam.example"),
                json(Token, 400, "unauthorized_client", 700_016),
            ),
            (
                "open to the tenant, and never consented to there",
                |case| {
                    case.application("admin-portal");
                    case.elsewhere(Token, "fabrikam.example");
                    case.scope("https://graph.microsoft.com/.default");
                },
                client(7_000_229),
            ),
            (
                "switched off",
                |case| case.application("price-tags"),
                json(Token, 400, "unauthorized_client", 7_000_112),
            ),
            ("on common, for one tenant only", |case| case.elsewhere(Token, "common"), request(50194)),
            (
                "on common, open to all",
                |case| {
                    case.application("admin-portal");
                    case.elsewhere(Token, "common");
                },
                request(50059),
            ),
            (
                "on organizations",
                |case| {
                    case.application("admin-portal");
                    case.elsewhere(Token, "organizations");
                },
                request(50059),
            ),
            (
                "no such tenant",
                |case| case.elsewhere(Token, "nowhere.example"),
                json(Token, 400, "invalid_tenant", 90002),
            ),
            (
                "a permission by name",
                |case| case.scope("api://northwind-catalog/Catalog.Read.All"),
                bad_scope(1_002_012),
            ),
            ("bare words", |case| case.scope("User.Read"), bad_scope(1_002_012)),
            ("no API at all", |case| case.scope("openid"), bad_scope(1_002_012)),
            ("no scope", |case| case.without(Token, "scope"), request(900_144)),
            (
                "an unknown API",
                |case| case.scope("api://nobody/.default"),
                json(Token, 400, "invalid_resource", 500_011),
            ),
            (
                "two APIs",
                |case| case.scope("api://northwind-catalog/.default https://graph.microsoft.com/.default"),
                bad_scope(70011),
            ),
            (
                "an API that wants a role, and there is none",
                |case| case.scope("api://northwind-payments/.default"),
                grant(501_051),
            ),
            (
                "kept out by a policy",
                |case| {
                    case.application("stock-robot");
                    case.scope("https://graph.microsoft.com/.default");
                },
                grant(53003).class("message_only").with_claims(),
            ),
            (
                "kept out by a policy of today",
                |case| case.desk = Desk::guarding("catalog-api", Control::Block),
                grant(53003).class("message_only").with_claims(),
            ),
            ("from a browser", |case| case.set(Token, "origin", "http://localhost:1"), request(9_002_326)),
            (
                "a made-up grant type",
                |case| case.set(Token, "grant_type", "magic"),
                json(Token, 400, "unsupported_grant_type", 70003),
            ),
            ("a grant type left out", |case| case.without(Token, "grant_type"), request(900_144)),
            ("twice", |case| case.double(Token, "scope"), request(9_000_411)),
            (
                "a resource beside the scope of another",
                |case| case.set(Token, "resource", "https://graph.microsoft.com"),
                json(Token, 400, "invalid_target", 9_010_010),
            ),
            (
                "metadata of nobody",
                |case| case.segment("nowhere.example"),
                json(Discover, 400, "invalid_tenant", 90002),
            ),
        ],
    );
}

#[test]
fn consent_of_an_administrator_opens_a_tenant_to_an_application() {
    let mut case = Case::new(FlowKind::AdminConsent, "store-planner", "https://graph.microsoft.com/.default");
    case.person("adele");
    let ended = case.run();
    ended.done();
    let scope = "https://graph.microsoft.com/.default";
    let ended = Case::at(ended.desk, FlowKind::ClientCredentials, "store-planner", scope).run();
    assert_eq!(ended.claim("roles"), r#"["Directory.Read.All"]"#);
}
