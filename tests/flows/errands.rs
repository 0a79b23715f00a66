//! Before the first sign-in and after the last: an administrator's consent, and signing out (reference §6.1 to §6.3).

use authwright::{
    flow::{
        AdminConsentVersion, FlowKind, Outcome,
        StepId::{AdminConsent, Authorize, Logout, Return},
        StepState,
    },
    oauth::Surface,
};

use crate::{
    case::{Case, Ended, Refused, back, page, refuses},
    desk::{Desk, HOME, Manner},
};

const GRAPH: &str = "https://graph.microsoft.com/.default";

/// Adele is to agree to the store planner.
fn version_2() -> Case {
    Case::at(Desk::new("adele"), FlowKind::AdminConsent, "store-planner", GRAPH)
}

fn version_1() -> Case {
    let mut case = version_2();
    case.profile.admin_consent = AdminConsentVersion::V1;
    case
}

#[test]
fn an_administrator_agrees_for_everybody() {
    for (begin, segment) in [
        (version_2 as fn() -> Case, HOME),
        (version_2, "northwind.example"),
        (version_2, "organizations"),
        (version_1, HOME),
        (version_1, "common"),
    ] {
        let mut case = begin();
        case.segment(segment);
        let ended = case.run();
        assert!(ended.done().starts_with("An administrator agreed"), "{segment}: {}", ended.done());
        assert_eq!(ended.fact(Return, "tenant"), HOME, "{segment}");
        // Nobody is asked any more.
        let mut desk = ended.desk;
        desk.seat("mina");
        let scope = "openid https://graph.microsoft.com/User.Read";
        let mut first = Case::at(desk, FlowKind::AuthorizationCode, "store-planner", scope);
        first.desk.manner = Manner::Declines;
        first.set(Authorize, "prompt", "login");
        first.run().tokens();
    }
}

#[test]
fn what_the_registration_lists_is_what_is_agreed_to() {
    let ended = version_1().run();
    let ended = Case::at(
        ended.desk,
        FlowKind::ClientCredentials,
        "store-planner",
        "api://northwind-catalog/.default",
    )
    .run();
    assert_eq!(ended.claim("roles"), r#"["Catalog.Read.All"]"#);
    let mut named = version_2();
    named.scope("api://northwind-catalog/Catalog.Write");
    let ended = named.run();
    let scope = ended.fact(Return, "scope");
    assert!(scope.contains("Catalog.Write"), "{scope}");
    let ended = Case::at(
        ended.desk,
        FlowKind::ClientCredentials,
        "store-planner",
        "api://northwind-catalog/.default",
    )
    .run();
    assert_eq!(ended.claim("roles"), "", "a permission by name is a delegated one");
}

#[test]
fn version_1_takes_a_redirect_uri_with_more_path() {
    let mut case = version_1();
    case.profile.redirect_uri = Some("http://localhost:7085/consented/by/adele".parse().expect("an address"));
    case.run().done();
    let mut case = version_2();
    case.profile.redirect_uri = Some("http://localhost:7085/consented/by/adele".parse().expect("an address"));
    page(AdminConsent, 50011).check("version 2 does not", &case.run());
}

/// What both endpoints refuse.
const BOTH: &[(&str, crate::case::Twist, Refused)] = &[
    ("no administrator", |case| case.person("mina"), page(AdminConsent, 90094)),
    ("declined", |case| case.desk.manner = Manner::Declines, back("access_denied", 65004)),
    ("cancelled", |case| case.desk.manner = Manner::Cancels, back("access_denied", 65004)),
    ("an administrator of nothing here", |case| case.person("ines"), back("access_denied", 50020)),
    ("a guest", |case| case.person("farah"), page(AdminConsent, 90094)),
    (
        "not registered",
        |case| case.set(AdminConsent, "redirect_uri", "https://other.example/cb"),
        page(AdminConsent, 50011),
    ),
    ("no client", |case| case.without(AdminConsent, "client_id"), page(AdminConsent, 900_144)),
    (
        "a stranger",
        |case| case.set(AdminConsent, "client_id", "00000000-1111-4222-8333-444444444444"),
        page(AdminConsent, 700_016),
    ),
    ("no GUID", |case| case.set(AdminConsent, "client_id", "planner"), page(AdminConsent, 700_038)),
    ("no such tenant", |case| case.segment("nowhere.example"), page(AdminConsent, 90002)),
    ("no tenant at all", |case| case.segment("adminconsent"), page(AdminConsent, 900_023)),
    ("for work accounts, on consumers", |case| case.segment("consumers"), page(AdminConsent, 9_002_332)),
    (
        "personal accounts have no administrator",
        |case| {
            case.application("gift-cards");
            case.segment("consumers");
        },
        page(AdminConsent, 900_021),
    ),
    ("twice", |case| case.double(AdminConsent, "state"), back("invalid_request", 9_000_411)),
    ("nothing listed", |case| case.application("empty-shelf"), back("access_denied", 1_003_031)),
];

#[test]
fn consent_for_everybody_is_refused() {
    refuses(version_2, BOTH);
    refuses(version_1, BOTH);
    refuses(
        version_2,
        &[
            ("on common", |case| case.segment("common"), page(AdminConsent, 900_021)),
            ("no scope", |case| case.without(AdminConsent, "scope"), back("invalid_request", 900_144)),
            (
                "an unknown permission",
                |case| case.scope("api://northwind-catalog/Catalog.Eat"),
                back("invalid_client", 650_053),
            ),
            ("an unknown API", |case| case.scope("api://nobody/.default"), back("invalid_resource", 500_011)),
            (
                "an API that the registration does not list",
                |case| case.scope("https://vault.azure.net/user_impersonation"),
                back("invalid_client", 650_057),
            ),
        ],
    );
}

#[test]
fn a_refusal_of_consent_says_so_and_names_no_tenant() {
    let mut case = version_2();
    case.desk.manner = Manner::Declines;
    let ended = case.run();
    let refusal = ended.refusal();
    assert_eq!((refusal.surface, refusal.error.as_str()), (Surface::Redirect, "access_denied"));
    let steps = ended.flow.steps();
    let step = steps.iter().find(|step| step.id == Return).expect("it has this step");
    assert!(step.facts.iter().all(|fact| fact.name != "tenant"), "{:?}", step.facts);
}

/// The store planner signs somebody in, and then out.
fn signed_in(person: &str) -> Case {
    let scope = "openid profile https://graph.microsoft.com/User.Read";
    out(Case::at(Desk::new(person), FlowKind::AuthorizationCode, "store-planner", scope).run())
}

fn out(ended: Ended) -> Case {
    let hint = ended.tokens().id_token.clone();
    let mut case = Case::at(ended.desk, FlowKind::Logout, "store-planner", "openid");
    case.profile.given = hint;
    case
}

/// Whether somebody is still signed in there.
#[track_caller]
fn is_signed_in(desk: Desk) -> bool {
    let scope = "openid profile https://graph.microsoft.com/User.Read";
    let mut case = Case::at(desk, FlowKind::AuthorizationCode, "store-planner", scope);
    case.set(Authorize, "prompt", "none");
    let ended = case.run();
    let still = matches!(ended.outcome, Outcome::Tokens(_));
    if !still {
        back("login_required", 50058).check("signed out", &ended);
    }
    still
}

#[test]
fn signing_out_ends_the_session() {
    assert!(is_signed_in(signed_in("mina").desk), "until then it lasts");
    let ended = signed_in("mina").run();
    assert_eq!(ended.done(), "The person signed out and came back.");
    assert!(ended.found(Return).contains(&"logout.tokens_live"), "{:?}", ended.found(Return));
    assert!(!is_signed_in(ended.desk));
}

#[test]
fn without_a_way_back_the_visit_ends_at_the_authority() {
    type Twist = fn(&mut Case);
    let rows: &[(&str, Twist)] = &[
        ("no address", |case| case.without(Logout, "post_logout_redirect_uri")),
        ("not registered", |case| {
            case.profile.post_logout_redirect_uri =
                Some("https://other.example/bye".parse().expect("an address"));
        }),
    ];
    for (name, twist) in rows {
        let mut case = signed_in("mina");
        twist(&mut case);
        let ended = case.run();
        assert!(ended.done().starts_with("The visit ended at the authority"), "{name}: {}", ended.done());
        assert!(ended.found(Return).contains(&"logout.no_return"), "{name}");
        let steps = ended.flow.steps();
        assert_eq!(steps.last().map(|step| step.state), Some(StepState::Skipped), "{name}");
        assert!(!is_signed_in(ended.desk), "{name}: signed out all the same");
    }
}

#[test]
fn of_several_accounts_the_one_that_is_meant_leaves() {
    let scope = "openid profile https://graph.microsoft.com/User.Read";
    let both = || {
        let mut desk = signed_in("mina").desk;
        desk.seat("adele");
        let mut case = Case::at(desk, FlowKind::AuthorizationCode, "store-planner", scope);
        case.set(Authorize, "prompt", "login");
        out(case.run())
    };
    let ended = both().run();
    ended.done();
    let mut silent = Case::at(ended.desk, FlowKind::AuthorizationCode, "store-planner", scope);
    silent.set(Authorize, "prompt", "none");
    assert_eq!(
        silent.run().id_claim("preferred_username"),
        "mina@northwind.example",
        "adele left, mina stays"
    );
    // Without a hint the person picks.
    let mut case = both();
    case.without(Logout, "id_token_hint");
    case.without(Logout, "logout_hint");
    case.person("mina");
    let ended = case.run();
    ended.done();
    let mut silent = Case::at(ended.desk, FlowKind::AuthorizationCode, "store-planner", scope);
    silent.set(Authorize, "prompt", "none");
    assert_eq!(silent.run().id_claim("preferred_username"), "adele@northwind.example", "mina picked herself");
}

#[test]
fn refresh_tokens_outlive_the_session() {
    let scope = "openid offline_access https://graph.microsoft.com/User.Read";
    let ended = Case::new(FlowKind::AuthorizationCode, "store-planner", scope).run();
    let token = ended.tokens().refresh_token.clone();
    let ended = out(ended).run();
    ended.done();
    let mut case = Case::at(ended.desk, FlowKind::RefreshToken, "store-planner", scope);
    case.profile.given = token;
    case.run().tokens();
}

#[test]
fn a_request_to_sign_out_that_cannot_be_one_is_a_page() {
    refuses(
        || signed_in("mina"),
        &[
            (
                "a hint that is no token",
                |case| case.set(Logout, "id_token_hint", "nonsense"),
                page(Logout, 50061),
            ),
            (
                "another application's token",
                |case| {
                    let other = case.desk.client_id("admin-portal");
                    case.set(Logout, "client_id", &other);
                },
                page(Logout, 50061),
            ),
            (
                "a stranger",
                |case| case.set(Logout, "client_id", "00000000-1111-4222-8333-444444444444"),
                page(Logout, 700_016),
            ),
            ("no GUID", |case| case.set(Logout, "client_id", "planner"), page(Logout, 700_038)),
            ("twice", |case| case.double(Logout, "state"), page(Logout, 9_000_411)),
            ("no such tenant", |case| case.elsewhere(Logout, "nowhere.example"), page(Logout, 90002)),
            ("no tenant at all", |case| case.elsewhere(Logout, "logout"), page(Logout, 900_023)),
        ],
    );
}

#[test]
fn an_access_token_says_nothing_about_a_session() {
    let ended = Case::new(FlowKind::AuthorizationCode, "store-planner", "openid User.Read").run();
    let token = ended.tokens().access_token.clone();
    let mut case = Case::at(ended.desk, FlowKind::Logout, "store-planner", "openid");
    case.profile.given = token;
    page(Logout, 50061).check("an access token as hint", &case.run());
}
