//! Whole pastes, and the evidence that is read out of them.

use super::*;

const SECRET: &str = "Zz18Q~not-a-real-secret-0123456789-abcdef";

fn read(text: &str) -> Evidence {
    complete(&Evidence { text: Some(text.to_owned()), ..Evidence::default() }).into_owned()
}

fn form(evidence: &Evidence, name: &str) -> Option<String> {
    evidence.request.as_ref()?.form().get(name).map(str::to_owned)
}

#[test]
fn a_command_and_its_answer_are_a_request_and_a_refusal() {
    let evidence = read(&format!(
        "$ curl https://login.example/t1/oauth2/v2.0/token -d client_id=c1 -d client_secret={SECRET}\n\
         {{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: wrong\",\"error_codes\":[7000215]}}"
    ));
    assert_eq!(form(&evidence, "client_secret").as_deref(), Some(SECRET));
    let refusal = evidence.refusal.expect("a refusal");
    assert_eq!(
        (refusal.error.as_str(), refusal.error_codes.as_slice()),
        ("invalid_client", [7_000_215].as_slice())
    );
}

#[test]
fn a_registration_is_taken_out_of_the_text() {
    let evidence = read(
        "AADSTS50011: 'https://a.example/cb' of 'c1'\n{\"appId\":\"c1\",\"web\":{\"redirectUris\":[\"https://a.example/\"]}}\ntail",
    );
    assert_eq!(evidence.registration.map(|app| app.web), Some(vec!["https://a.example/".to_owned()]));
    assert_eq!(evidence.text.as_deref(), Some("AADSTS50011: 'https://a.example/cb' of 'c1'\n\ntail"));
}

#[test]
fn the_registration_of_another_is_that_of_the_api() {
    let evidence = read(
        "https://login.example/t/oauth2/v2.0/authorize?client_id=c1\n{\"appId\":\"c2\",\"identifierUris\":[\"api://c2\"]}\n\
         {\"appId\":\"c1\",\"signInAudience\":\"AzureADMyOrg\"} {\"appId\":\"c2\",\"servicePrincipalType\":\"Application\"}",
    );
    assert_eq!(evidence.registration.and_then(|app| app.app_id).as_deref(), Some("c1"));
    assert_eq!(evidence.resource_registration.and_then(|app| app.app_id).as_deref(), Some("c2"));
    assert!(evidence.resource_service_principal.found().is_some() && evidence.service_principal.is_unknown());
}

#[test]
fn what_was_given_wins_over_what_was_read() {
    let url = "https://login.example/given/oauth2/v2.0/authorize?client_id=given";
    let given = Evidence {
        text: Some("curl https://login.example/read/oauth2/v2.0/token -d client_id=read\n{\"appId\":\"read\",\"web\":{}}".into()),
        request: Some(Request::get(url.parse().expect("an address"))),
        token: Some("given".into()),
        registration: Some(Application { app_id: Some("given".into()), ..Application::default() }),
        ..Evidence::default()
    };
    let evidence = complete(&given);
    assert_eq!(evidence.request, given.request);
    assert_eq!(evidence.token, given.token);
    assert_eq!(evidence.registration, given.registration);
}

#[test]
fn an_authorize_address_is_the_request_or_the_one_before_it() {
    let address = "https://login.example/t/oauth2/v2.0/authorize?client_id=c1&scope=openid";
    let evidence = read(&format!("AADSTS50011: x\n{address}"));
    assert!(evidence.request.is_some() && evidence.previous_request.is_none());
    let evidence = read(&format!("{address}\nAADSTS7000218: only the token endpoint says that"));
    assert!(evidence.request.is_none() && evidence.previous_request.is_some());
    let evidence = read(&format!(
        "{address}\ncurl https://login.example/t/oauth2/v2.0/token -d grant_type=authorization_code"
    ));
    assert!(evidence.previous_request.is_some());
    assert_eq!(form(&evidence, "grant_type").as_deref(), Some("authorization_code"));
}

#[test]
fn the_answer_counts_that_has_the_number_which_counts() {
    let evidence = read(
        "{\"error\":\"interaction_required\",\"error_description\":\"AADSTS50058: x\"}\nmsal:loginSuccess\n\
         {\"error\":\"invalid_grant\",\"error_description\":\"AADSTS65001: y\",\"suberror\":\"consent_required\"}\n\
         {\"error\":\"temporarily_unavailable\"}",
    );
    assert_eq!(evidence.refusal.and_then(|refusal| refusal.suberror).as_deref(), Some("consent_required"));
}

#[test]
fn a_challenge_alone_is_an_answer_of_an_api() {
    let evidence = read("WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"Orders.Read\"");
    let refusal = evidence.refusal.expect("a refusal");
    assert_eq!(
        (refusal.surface, refusal.error.as_str()),
        (crate::oauth::Surface::Api(403), "insufficient_scope")
    );
}

#[test]
fn a_text_without_anything_stays_as_it_is() {
    for text in ["50011", "hello", "", "{", "curl"] {
        let expected = Evidence { text: Some(text.to_owned()), ..Evidence::default() };
        assert_eq!(read(text), expected, "{text}");
    }
}
