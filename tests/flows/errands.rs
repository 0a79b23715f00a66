//! Calls, machines, consent and logout against the lab tenant.

use authwright::{
    flow::{ApiCall, IdentityHost, ManagedIdentity, UserAssigned},
    oauth::TokenSet,
    wire::Method,
};

use super::*;

const LAB: &str = "http://localhost:4000";

fn url(path: &str) -> Url {
    format!("{LAB}{path}").parse().expect("an address")
}

/// What Mina's desktop application got for this scope.
fn signed_in(desk: &mut Desk, scope: &str) -> TokenSet {
    let profile = desk.profile("desktop", Platform::Native, scope);
    match desk.run(FlowKind::AuthorizationCode, profile, Vec::new()) {
        (Outcome::Tokens(tokens), _) => tokens,
        (other, _) => panic!("{other:?}"),
    }
}

fn for_graph(desk: &mut Desk) -> TokenSet {
    signed_in(desk, "openid profile https://graph.microsoft.com/User.Read")
}

/// What the inventory daemon got for its own name.
fn of_the_daemon(desk: &mut Desk) -> Option<Secret> {
    let daemon = desk.profile("inventory-sync", Platform::Web, &format!("{}/.default", catalog(desk)));
    match desk.run(FlowKind::ClientCredentials, daemon, Vec::new()) {
        (Outcome::Tokens(tokens), _) => tokens.access_token,
        (other, _) => panic!("{other:?}"),
    }
}

fn calling(desk: &Desk, path: &str, given: Option<Secret>) -> Profile {
    let api = Some(ApiCall::get(url(path)));
    Profile { given, api, ..desk.profile("desktop", Platform::Native, "openid") }
}

/// The refusal of a call, and what the step found.
fn called(desk: &mut Desk, profile: Profile, bends: Vec<NamedBend>) -> (Refusal, Vec<&'static str>) {
    let (outcome, flow) = desk.run(FlowKind::CallApi, profile, bends);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    (refusal, found(&flow, StepId::Call))
}

#[test]
fn graph_tells_a_person_who_they_are() {
    let mut desk = Desk::new("mina");
    let token = for_graph(&mut desk).access_token;
    let profile = Profile { api: None, ..calling(&desk, "/", token) };
    let (outcome, flow) = desk.run(FlowKind::CallApi, profile, Vec::new());
    assert_eq!(outcome, Outcome::Done("GET localhost:4000/v1.0/me answered 200.".to_owned()));
    let steps = flow.steps();
    let call = steps.last().expect("the call");
    let name = call.facts.iter().find(|fact| fact.name == "userPrincipalName");
    assert_eq!(name.map(|fact| fact.value.plain()), Some(desk.person.username.clone()));
}

#[test]
fn graph_refuses_what_is_not_for_it_and_the_step_says_why() {
    let mut desk = Desk::new("mina");
    let graph = for_graph(&mut desk);
    let me = |desk: &Desk, given| calling(desk, "/v1.0/me", given);

    let profile = me(&desk, graph.id_token.clone());
    let (refusal, found) = called(&mut desk, profile, Vec::new());
    assert_eq!((refusal.surface, &*refusal.error), (Surface::Api(401), "invalid_token"));
    assert_eq!(refusal.suberror.as_deref(), Some("InvalidAuthenticationToken"));
    assert!(found.contains(&"api.advice"), "{found:?}");

    let scope = delegated(&desk);
    let of_catalog = signed_in(&mut desk, &scope).access_token;
    let profile = me(&desk, of_catalog);
    let (refusal, found) = called(&mut desk, profile, Vec::new());
    assert_eq!(refusal.surface, Surface::Api(401));
    assert!(found.contains(&"call.wrong_audience"), "{found:?}");

    let profile = me(&desk, graph.access_token.clone());
    let (refusal, found) = called(&mut desk, profile.clone(), vec![drop(StepId::Call, "authorization")]);
    assert_eq!(refusal.surface, Surface::Api(401));
    assert!(found.contains(&"call.no_token"), "{found:?}");

    let everybody = calling(&desk, "/v1.0/users", graph.access_token);
    let (refusal, found) = called(&mut desk, everybody, Vec::new());
    assert_eq!((refusal.surface, &*refusal.error), (Surface::Api(403), "Authorization_RequestDenied"));
    assert!(found.contains(&"api.advice"), "{found:?}");

    desk.now = desk.now + Duration::from_secs(7200);
    let (refusal, _) = called(&mut desk, profile, Vec::new());
    assert_eq!(refusal.surface, Surface::Api(401));
}

#[test]
fn the_careful_api_takes_its_own_tokens_and_says_what_is_wrong_with_others() {
    let mut desk = Desk::new("mina");
    let scope = delegated(&desk);
    let tokens = signed_in(&mut desk, &scope);
    let products = "/api/catalog/products";
    let profile = calling(&desk, products, tokens.access_token);
    let (outcome, _) = desk.run(FlowKind::CallApi, profile.clone(), Vec::new());
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");

    let token = of_the_daemon(&mut desk);
    let daemon = calling(&desk, products, token);
    let (outcome, _) = desk.run(FlowKind::CallApi, daemon, Vec::new());
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");

    let with_id_token = calling(&desk, products, tokens.id_token);
    let (refusal, found) = called(&mut desk, with_id_token, Vec::new());
    assert_eq!((refusal.surface, &*refusal.error), (Surface::Api(401), "invalid_token"));
    assert!(found.contains(&"api.invalid_token") && found.contains(&"api.advice"), "{found:?}");

    let graph = for_graph(&mut desk).access_token;
    let foreign = calling(&desk, products, graph);
    let (refusal, found) = called(&mut desk, foreign, Vec::new());
    assert_eq!((refusal.surface, &*refusal.error), (Surface::Api(401), "invalid_token"));
    assert!(found.contains(&"call.foreign_token"), "{found:?}");

    let body = Some(r#"{"name":"Lamp","price":12}"#.to_owned());
    let api = Some(ApiCall { method: Method::Post, url: url(products), body });
    let (refusal, found) = called(&mut desk, Profile { api, ..profile }, Vec::new());
    assert_eq!((refusal.surface, &*refusal.error), (Surface::Api(403), "insufficient_scope"));
    assert!(found.contains(&"api.insufficient_scope"), "{found:?}");
}

#[test]
fn user_info_speaks_of_the_person_who_signed_in() {
    let mut desk = Desk::new("mina");
    let tokens = for_graph(&mut desk);
    let asking = Profile { id_token: tokens.id_token.clone(), ..calling(&desk, "/", tokens.access_token) };
    let (outcome, flow) = desk.run(FlowKind::UserInfo, asking.clone(), Vec::new());
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(found(&flow, StepId::Call).contains(&"userinfo.subject_matches"));

    let mut other = Desk::new("adele");
    let somebody_else = for_graph(&mut other).id_token;
    let (outcome, _) =
        desk.run(FlowKind::UserInfo, Profile { id_token: somebody_else, ..asking.clone() }, Vec::new());
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");

    let (outcome, _) = desk.run(FlowKind::UserInfo, Profile { given: tokens.id_token, ..asking }, Vec::new());
    assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.surface == Surface::Api(401)));
}

fn on_machine(desk: &Desk, host: IdentityHost, identity: Option<UserAssigned>) -> Profile {
    let endpoint = match host {
        IdentityHost::VirtualMachine => url("/"),
        IdentityHost::AppService(_) => url("/msi/token"),
    };
    let managed_identity = Some(ManagedIdentity { host, endpoint, identity });
    let scope = format!("{}/.default", catalog(desk));
    Profile { managed_identity, ..desk.profile("inventory-sync", Platform::Web, &scope) }
}

#[test]
fn a_machine_gets_a_token_in_its_own_name_and_it_verifies() {
    let mut desk = Desk::new("mina");
    let jobs = UserAssigned::ClientId("c40a7f2d-91e8-4d53-86bb-f35e0d9a7c12".into());
    for identity in [None, Some(jobs)] {
        let profile = on_machine(&desk, IdentityHost::VirtualMachine, identity);
        let (outcome, flow) = desk.run(FlowKind::ManagedIdentity, profile, Vec::new());
        let Outcome::Tokens(tokens) = outcome else { panic!("{outcome:?}") };
        assert_eq!(tokens.refresh_token, None);
        assert!(flow.steps().iter().all(|step| step.state == StepState::Done));
        let products = calling(&desk, "/api/catalog/products", tokens.access_token);
        let (outcome, _) = desk.run(FlowKind::CallApi, products, Vec::new());
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }
}

#[test]
fn a_token_of_version_1_is_checked_against_its_own_document() {
    let mut desk = Desk::new("mina");
    let scope = "https://vault.azure.net/.default".to_owned();
    let profile = Profile { scope, ..on_machine(&desk, IdentityHost::VirtualMachine, None) };
    let (outcome, flow) = desk.run(FlowKind::ManagedIdentity, profile, Vec::new());
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
    let steps = flow.steps();
    let validate = steps.last().expect("the check");
    let unhappy: Vec<_> = validate
        .findings
        .iter()
        .filter(|finding| finding.severity >= authwright::finding::Severity::Warning)
        .collect();
    assert!(validate.state == StepState::Done && unhappy.is_empty(), "{unhappy:#?}");
}

#[test]
fn an_identity_endpoint_refuses_whoever_proves_nothing_or_asks_for_nothing_known() {
    let mut desk = Desk::new("mina");
    let mut check = |host: IdentityHost, identity, bend: Option<NamedBend>, status: u16, error: &str| {
        let profile = on_machine(&desk, host, identity);
        let (outcome, _) = desk.run(FlowKind::ManagedIdentity, profile, bend.into_iter().collect());
        let Outcome::Refused(refusal) = outcome else { panic!("{error}: {outcome:?}") };
        assert_eq!((refusal.surface, &*refusal.error), (Surface::Json(status), error), "{refusal:?}");
    };
    let machine = || IdentityHost::VirtualMachine;
    check(machine(), None, Some(drop(StepId::Token, "metadata")), 400, "bad_request_102");
    check(
        machine(),
        None,
        Some(set(StepId::Token, "resource", "https://nobody.example")),
        400,
        "invalid_resource",
    );
    let nobody = UserAssigned::ObjectId("00000000-1111-4222-8333-444444444444".into());
    check(machine(), Some(nobody), None, 400, "invalid_request");
}

#[test]
fn an_administrator_agrees_for_everybody_and_nobody_else_can() {
    for version in [authwright::flow::AdminConsentVersion::V2, authwright::flow::AdminConsentVersion::V1] {
        let consenting = |desk: &Desk| Profile {
            admin_consent: version,
            ..desk.profile("admin-portal", Platform::Web, &format!("{}/.default", catalog(desk)))
        };
        let mut desk = Desk::new("adele");
        let profile = consenting(&desk);
        let (outcome, flow) = desk.run(FlowKind::AdminConsent, profile.clone(), Vec::new());
        assert!(matches!(&outcome, Outcome::Done(done) if done.contains("for everybody")), "{outcome:?}");
        assert!(flow.steps().iter().all(|step| step.state == StepState::Done));

        let elsewhere = set(StepId::AdminConsent, "redirect_uri", "https://evil.example/");
        let (outcome, _) = desk.run(FlowKind::AdminConsent, profile, vec![elsewhere]);
        assert!(matches!(outcome, Outcome::Refused(no) if matches!(no.surface, Surface::Page(_))));

        let mut desk = Desk::new("mina");
        let profile = consenting(&desk);
        let (outcome, _) = desk.run(FlowKind::AdminConsent, profile, Vec::new());
        let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
        assert!(refusal.error_codes.contains(&90094), "{refusal:?}");
    }
}

#[test]
fn a_person_signs_out_and_comes_back_only_to_a_registered_address() {
    let mut desk = Desk::new("mina");
    let tokens = for_graph(&mut desk);
    let leaving = Profile { given: tokens.id_token, ..desk.profile("desktop", Platform::Native, "openid") };
    let (outcome, _) = desk.run(FlowKind::Logout, leaving.clone(), Vec::new());
    assert_eq!(outcome, Outcome::Done("The person signed out and came back.".to_owned()));

    let elsewhere = set(StepId::Logout, "post_logout_redirect_uri", "https://evil.example/");
    for bend in [elsewhere, drop(StepId::Logout, "post_logout_redirect_uri")] {
        let (outcome, flow) = desk.run(FlowKind::Logout, leaving.clone(), vec![bend]);
        assert!(matches!(&outcome, Outcome::Done(done) if done.contains("at the authority")), "{outcome:?}");
        assert!(found(&flow, StepId::Return).contains(&"logout.no_return"));
    }
}
