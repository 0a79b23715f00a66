//! Calls with a token in hand: Graph, UserInfo, and the lab's careful API (reference §6.4, §8.6, §8.9, §12).

use authwright::{
    flow::{
        ApiCall, FlowKind,
        StepId::{Call, Given},
    },
    secret::Secret,
    wire::Method,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    case::{Case, Ended, Refused, api, refuses},
    desk::{BASE, Desk},
};

const ME: &str = "v1.0/me";
const PRODUCTS: &str = "api/catalog/products";
const REFUNDS: &str = "api/catalog/refunds";
const STEP_UP: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;

/// A call to one of the lab's APIs with the token of a run.
fn call(ended: Ended, method: Method, path: &str) -> Case {
    let token = ended.tokens().access_token.clone();
    let key = "desktop";
    let mut case = Case::at(ended.desk, FlowKind::CallApi, key, "openid");
    let url = format!("{BASE}{path}").parse().expect("an address");
    let body = (method == Method::Post).then(|| r#"{"order":"O-2001"}"#.to_owned());
    case.profile.api = Some(ApiCall { method, url, body });
    case.profile.given = token;
    case
}

/// Mina's sign-in to the desktop application.
fn signed_in(scope: &str) -> Ended {
    Case::new(FlowKind::AuthorizationCode, "desktop", scope).run()
}

/// The daemon by itself.
fn daemon(scope: &str) -> Ended {
    Case::new(FlowKind::ClientCredentials, "inventory-sync", scope).run()
}

fn me() -> Case {
    call(signed_in("openid User.Read"), Method::Get, ME)
}

fn products() -> Case {
    call(signed_in("openid api://northwind-catalog/Catalog.Read"), Method::Get, PRODUCTS)
}

fn invalid_token() -> Refused {
    api(401, "invalid_token")
}

/// Graph has a code of its own in the body, which is the finer class beside the error of the challenge.
fn graph() -> Refused {
    api(401, "invalid_token").class("InvalidAuthenticationToken")
}

/// Who shows no token is challenged without an error (RFC 6750 §3.1), so the body's code is all there is.
fn graph_without_token() -> Refused {
    api(401, "InvalidAuthenticationToken").by("credential.present")
}

/// The token in hand, with a claim changed and the signature left as it was.
fn forge(case: &mut Case, part: usize, name: &str, value: Value) {
    let token = case.profile.given.take().expect("it has one");
    let mut parts: Vec<String> = token.expose().split('.').map(str::to_owned).collect();
    let mut document: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[part]).expect("base64url")).expect("JSON");
    document[name] = value;
    parts[part] = URL_SAFE_NO_PAD.encode(document.to_string());
    case.profile.given = Some(Secret::new(parts.join(".")));
}

#[test]
fn graph_says_who_is_signed_in() {
    let ended = me().run();
    assert_eq!(ended.done(), "GET localhost:4000/v1.0/me answered 200.");
    let steps = ended.flow.steps();
    let step = steps.iter().find(|step| step.id == Call).expect("it has this step");
    let name = step.facts.iter().find(|fact| fact.name == "displayName").expect("it is told");
    assert!(format!("{:?}", name.value).contains("Mina Okafor"), "{name:?}");
    // Without an address it is Graph that is called.
    let mut case = me();
    case.profile.api = None;
    case.run().done();
}

#[test]
fn graph_refuses_in_its_own_words() {
    refuses(
        me,
        &[
            ("no token", |case| case.without(Call, "authorization"), graph_without_token()),
            (
                "nonsense",
                |case| case.profile.given = Some(Secret::new("nonsense")),
                graph().by("token.shape"),
            ),
            ("an hour and a half later", |case| case.desk.pass(5400 + 600), graph().by("token.valid_until")),
            (
                "forged",
                |case| forge(case, 1, "oid", Value::from("a91c27f5-60d8-4e3b-b7a4-5d1e8c92f047")),
                graph().by("token.signature"),
            ),
            (
                "for another API",
                |case| {
                    let ended = signed_in("openid api://northwind-catalog/Catalog.Read");
                    *case = call(ended, Method::Get, ME);
                },
                graph().by("token.audience"),
            ),
            (
                "an ID token",
                |case| {
                    let ended = signed_in("openid User.Read");
                    let token = ended.tokens().id_token.clone();
                    *case = call(ended, Method::Get, ME);
                    case.profile.given = token;
                },
                graph().by("token.kind"),
            ),
            (
                "a permission that was not granted",
                |case| *case = call(signed_in("openid User.Read"), Method::Get, "v1.0/users"),
                api(403, "Authorization_RequestDenied"),
            ),
            (
                "an application has no me",
                |case| *case = call(daemon("https://graph.microsoft.com/.default"), Method::Get, ME),
                api(400, "BadRequest"),
            ),
        ],
    );
}

#[test]
fn graph_tells_a_client_that_can_take_it_of_a_revocation() {
    let begin = |claims: &str| {
        let mut case = Case::new(FlowKind::AuthorizationCode, "desktop", "openid User.Read");
        case.profile.authorize_with = vec![("claims".to_owned(), claims.to_owned())];
        let mut ended = case.run();
        ended.desk.pass(60);
        let (mina, now) = (ended.desk.id_of("mina"), ended.desk.now);
        assert!(ended.desk.provider.revoke_sessions(&mina, now));
        call(ended, Method::Get, ME).run()
    };
    begin(r#"{"access_token":{}}"#).done();
    let ended = begin(r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
    let refused = api(401, "insufficient_claims").class("InvalidAuthenticationToken").with_claims();
    refused.by("session.not_revoked").check("revoked", &ended);
}

#[test]
fn the_catalog_opens_to_people_and_to_applications() {
    assert_eq!(products().run().done(), "GET localhost:4000/api/catalog/products answered 200.");
    for path in [PRODUCTS, "api/catalog/orders"] {
        call(daemon("api://northwind-catalog/.default"), Method::Get, path).run().done();
    }
}

#[test]
fn a_careful_api_says_which_check_failed() {
    refuses(
        products,
        &[
            (
                "no token",
                |case| case.without(Call, "authorization"),
                api(401, "unauthorized").by("credential.present"),
            ),
            (
                "another scheme",
                |case| case.set(Call, "authorization", "Basic bWluYTp4"),
                api(401, "unauthorized").by("credential.scheme"),
            ),
            (
                "nonsense",
                |case| case.profile.given = Some(Secret::new("nonsense")),
                invalid_token().by("token.shape"),
            ),
            (
                "not signed",
                |case| forge(case, 0, "alg", Value::from("none")),
                invalid_token().by("token.algorithm"),
            ),
            (
                "a key of nobody",
                |case| forge(case, 0, "kid", Value::from("x")),
                invalid_token().by("token.key"),
            ),
            (
                "more scopes than were given",
                |case| forge(case, 1, "scp", Value::from("Catalog.Write")),
                invalid_token().by("token.signature"),
            ),
            (
                "an ID token",
                |case| {
                    let ended = signed_in("openid api://northwind-catalog/Catalog.Read");
                    let token = ended.tokens().id_token.clone();
                    *case = call(ended, Method::Get, PRODUCTS);
                    case.profile.given = token;
                },
                invalid_token().by("token.kind"),
            ),
            (
                "for Graph",
                |case| *case = call(signed_in("openid User.Read"), Method::Get, PRODUCTS),
                invalid_token().by("token.signature"),
            ),
            (
                "for payments",
                |case| {
                    let scope = "openid api://northwind-payments/Payments.Read";
                    let ended = Case::new(FlowKind::AuthorizationCode, "admin-portal", scope).run();
                    *case = call(ended, Method::Get, PRODUCTS);
                },
                invalid_token().by("token.audience"),
            ),
            (
                "an hour and a half later",
                |case| case.desk.pass(5400 + 600),
                invalid_token().by("token.valid_until"),
            ),
            (
                "from the future",
                |case| {
                    case.desk.now = crate::desk::START;
                    case.desk.now = authwright::time::UnixTime::from_seconds(case.desk.now.seconds() - 3600);
                },
                invalid_token().by("token.valid_from"),
            ),
            (
                "a scope that is missing",
                |case| {
                    let ended = signed_in("openid api://northwind-catalog/Refunds.Issue");
                    *case = call(ended, Method::Get, PRODUCTS);
                },
                api(403, "insufficient_scope").by("permission.scope"),
            ),
            (
                "what only applications may",
                |case| {
                    let ended = signed_in("openid api://northwind-catalog/Catalog.Read");
                    *case = call(ended, Method::Get, "api/catalog/orders");
                },
                api(403, "insufficient_scope").by("permission.application"),
            ),
            (
                "writing, with a scope to read",
                |case| {
                    let ended = signed_in("openid api://northwind-catalog/Catalog.Read");
                    *case = call(ended, Method::Post, PRODUCTS);
                },
                api(403, "insufficient_scope").by("permission.scope"),
            ),
            (
                "what only people may",
                |case| {
                    *case = call(daemon("api://northwind-catalog/.default"), Method::Post, REFUNDS);
                },
                api(403, "insufficient_scope").by("permission.delegated"),
            ),
            (
                "a role that is missing",
                |case| {
                    let ended = Case::new(
                        FlowKind::ClientCredentials,
                        "stock-robot",
                        "api://northwind-catalog/.default",
                    )
                    .run();
                    *case = call(ended, Method::Get, PRODUCTS);
                },
                api(403, "insufficient_scope").by("permission.role"),
            ),
        ],
    );
}

#[test]
fn what_an_id_token_is_for_is_said_before_it_is_sent_and_after() {
    let ended = signed_in("openid api://northwind-catalog/Catalog.Read");
    let token = ended.tokens().id_token.clone();
    let mut case = call(ended, Method::Get, PRODUCTS);
    case.profile.given = token;
    let ended = case.run();
    assert!(ended.found(Call).contains(&"api.advice"), "{:?}", ended.found(Call));
    assert!(
        ended.found(Given).iter().any(|id| id.contains("id_token") || id.contains("kind")),
        "{:?}",
        ended.found(Given)
    );
}

#[test]
fn a_claims_challenge_is_met_by_signing_in_with_it() {
    let scope = "openid api://northwind-catalog/Refunds.Issue";
    let ended = call(signed_in(scope), Method::Post, REFUNDS).run();
    let refused = api(401, "insufficient_claims").with_claims().by("context.stepped_up");
    refused.check("a password is not enough", &ended);
    let claims = ended.refusal().claims.clone().expect("a challenge came");
    assert_eq!(claims, STEP_UP);
    let mut again = Case::at(ended.desk, FlowKind::AuthorizationCode, "desktop", scope);
    again.profile.authorize_with = vec![("claims".to_owned(), claims)];
    let ended = again.run();
    assert_eq!(ended.claim("acrs"), r#"["c1"]"#);
    let ended = call(ended, Method::Post, REFUNDS).run();
    assert!(ended.done().contains("answered 20"), "{}", ended.done());
}

/// What UserInfo says of the sign-in to the desktop application.
fn user_info(ended: Ended) -> Case {
    let (token, id_token) = (ended.tokens().access_token.clone(), ended.tokens().id_token.clone());
    let mut case = Case::at(ended.desk, FlowKind::UserInfo, "desktop", "openid");
    case.profile.given = token;
    case.profile.id_token = id_token;
    case
}

#[test]
fn user_info_speaks_of_the_person_in_the_id_token() {
    for (scope, told, not_told) in [
        ("openid", ["sub", "sub"], ["name", "email"]),
        ("openid profile", ["name", "given_name"], ["email", "email"]),
        ("openid profile email User.Read", ["given_name", "email"], ["oid", "upn"]),
    ] {
        let ended = user_info(signed_in(scope)).run();
        ended.done();
        assert!(ended.found(Call).contains(&"userinfo.subject_matches"), "{:?}", ended.found(Call));
        let steps = ended.flow.steps();
        let step = steps.iter().find(|step| step.id == Call).expect("it has this step");
        let has = |name: &&str| step.facts.iter().any(|fact| fact.name == *name);
        assert!(told.iter().all(has) && !not_told.iter().any(has), "{scope}: {:?}", step.facts);
    }
}

#[test]
fn user_info_refuses_as_graph_does() {
    refuses(
        || user_info(signed_in("openid User.Read")),
        &[
            ("no token", |case| case.without(Call, "authorization"), graph_without_token()),
            (
                "for another API",
                |case| *case = user_info(signed_in("openid api://northwind-catalog/Catalog.Read")),
                graph().by("token.audience"),
            ),
            (
                "the ID token",
                |case| case.profile.given.clone_from(&case.profile.id_token),
                graph().by("token.kind"),
            ),
            (
                "no openid",
                |case| *case = user_info(signed_in("User.Read")),
                api(403, "Authorization_RequestDenied").by("permission.scope"),
            ),
            (
                "an application by itself",
                |case| *case = user_info(daemon("https://graph.microsoft.com/.default")),
                api(400, "BadRequest"),
            ),
            ("an hour and a half later", |case| case.desk.pass(5400 + 600), graph().by("token.valid_until")),
            (
                "somebody who was deleted",
                |case| {
                    let mina = case.desk.id_of("mina");
                    assert!(case.desk.provider.delete_account(&mina));
                },
                graph().by("person.exists"),
            ),
        ],
    );
}

#[test]
fn somebody_elses_answer_is_not_taken() {
    let mut mina = user_info(signed_in("openid"));
    let mut adele = Case::at(Desk::new("adele"), FlowKind::AuthorizationCode, "desktop", "openid");
    adele.person("adele");
    mina.profile.id_token.clone_from(&adele.run().tokens().id_token);
    let ended = mina.run();
    assert!(matches!(ended.outcome, authwright::flow::Outcome::Rejected { .. }), "{:?}", ended.outcome);
    assert!(ended.found(Call).contains(&"userinfo.subject_mismatch"), "{:?}", ended.found(Call));
}
