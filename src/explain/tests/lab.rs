//! What the lab tenant's own note settles.

use super::*;

#[test]
fn the_lab_tenants_comparison_settles_the_cause() {
    let evidence = Evidence {
        text: Some("AADSTS50011".into()),
        compared: vec![Compared {
            what: "redirect_uri".into(),
            sent: "http://localhost:53111/callback".into(),
            expected: vec!["https://app.contoso.example/auth".into(), "http://localhost".into()],
        }],
        rule: Some(("redirect_uri.registered".into(), "redirect_uri must be registered".into())),
        lab: true,
        ..Evidence::default()
    };
    let explanation = explain(&evidence);
    let cause = &explanation.causes[0];
    assert_eq!((explanation.causes.len(), cause.id.as_str()), (1, "redirect_uri.path"));
    assert_eq!(cause.certainty, Certainty::Certain);
    assert_eq!(cause.evidence[0].expected, "http://localhost");
    assert!(cause.fixes.iter().all(|fix| fix.command.is_none()), "no az command mends the lab");
}

#[test]
fn a_password_that_the_lab_tenant_found_wrong_is_the_cause_whatever_the_grant() {
    let evidence = |compared: &str| Evidence {
        text: Some("AADSTS50126".into()),
        request: Some(token_request("grant_type=password")),
        compared: vec![Compared { what: compared.into(), sent: "a".into(), expected: vec!["b".into()] }],
        lab: true,
        ..Evidence::default()
    };
    assert_eq!(explain(&evidence("password")).causes[0].id, "user.wrong_password");
    assert_eq!(explain(&evidence("username")).causes[0].id, "ropc.not_possible");
}

#[test]
fn another_issuers_subject_is_compared_in_three_ways() {
    let check = |sent: &str, id: &str| {
        let evidence = Evidence {
            text: Some("AADSTS700213".into()),
            compared: vec![Compared {
                what: "sub".into(),
                sent: sent.into(),
                expected: vec!["repo:northwind/inventory:ref:refs/heads/main".into()],
            }],
            rule: Some(("federation.subject".into(), String::new())),
            lab: true,
            ..Evidence::default()
        };
        let cause = &explain(&evidence).causes[0];
        assert_eq!((cause.id.as_str(), cause.certainty), (id, Certainty::Certain), "{sent}");
    };
    check("repo:northwind/inventory:ref:refs/heads/feature", "federated.subject_mismatch");
    check("repo:Northwind/inventory:ref:refs/heads/main", "federated.subject_case");
    check("repo:northwind@123/inventory@456:ref:refs/heads/main", "federated.subject_immutable");
}
