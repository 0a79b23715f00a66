//! Tokens of CI jobs and pods beside entries that nearly fit.

use serde_json::json;

use super::*;
use crate::token::{
    decode,
    signed::{ISSUED, TENANT, issuer, sign, with},
};

const NOW: UnixTime = UnixTime::from_seconds(ISSUED + 10);
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const EXCHANGE: &str = "api://AzureADTokenExchange";

fn token(changes: &Value) -> Decoded {
    let claims = json!({
        "iss": GITHUB, "sub": "repo:contoso/shop:ref:refs/heads/main", "aud": EXCHANGE, "exp": ISSUED + 300, "iat": ISSUED,
    });
    decode(&sign(&json!({"alg": "RS256", "kid": "rsa"}), &with(&claims, changes)))
}

fn entry(issuer: &str, subject: &str, audience: &str) -> Registered {
    Registered {
        name: "main".to_owned(),
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        audiences: vec![audience.to_owned()],
        expression: None,
    }
}

fn compare(changes: &Value, entries: &[Registered]) -> Matching {
    matching(&token(changes), entries, "app", NOW).unwrap()
}

const MAIN: &str = "repo:contoso/shop:ref:refs/heads/main";

#[test]
fn what_is_registered_letter_for_letter_fits() {
    let other = entry(GITHUB, "repo:contoso/shop:pull_request", EXCHANGE);
    let found = compare(&json!({}), &[other, entry(GITHUB, MAIN, EXCHANGE)]);
    assert_eq!((found.refused, found.command.as_ref()), (None, None));
    assert!(found.candidates[0].fits() && !found.candidates[1].fits(), "the nearest comes first");
    assert_eq!((found.platform, found.findings.len()), (Some("GitHub Actions (a workflow's identity)"), 0));
    assert_eq!(found.about.to_string(), "GitHub Actions: repository contoso/shop, branch main");
}

#[test]
fn each_difference_has_its_number_and_its_words() {
    let subject = |subject: &str| vec![entry(GITHUB, subject, EXCHANGE)];
    let of = |issuer: &str| vec![entry(issuer, MAIN, EXCHANGE)];
    let none = json!({});
    let cases: Vec<(Value, Vec<Registered>, u32, &str)> = vec![
        (none.clone(), Vec::new(), 70_021, ""),
        (none.clone(), of(&format!("{GITHUB}/")), 700_211, "slash"),
        (none.clone(), of("https://gitlab.com"), 700_211, "Two issuers"),
        (none.clone(), of(&format!("{GITHUB}/.well-known/openid-configuration")), 700_211, "metadata"),
        (none.clone(), of("token.actions.githubusercontent.com"), 700_211, "https://"),
        (json!({"iss": format!("{GITHUB}/contoso")}), of(GITHUB), 700_211, "another path"),
        (none.clone(), subject("repo:Contoso/shop:ref:refs/heads/main"), 7_002_138, "upper and lower case"),
        (
            none.clone(),
            subject("repo:contoso/shop:environment:production"),
            700_213,
            "environment \u{201c}production\u{201d}",
        ),
        (none.clone(), subject("repo:contoso/shop:ref:refs/tags/main"), 700_213, "the tag"),
        (none.clone(), subject("repo:contoso/shop:pull_request"), 700_213, "a pull request"),
        (
            json!({"sub": "repo:contoso/shop:pull_request"}),
            subject("repo:contoso/shop:pull-request"),
            700_213,
            "underscore",
        ),
        (none.clone(), subject("repo:contoso/shop:ref:refs/heads/dev"), 700_213, "Another branch"),
        (none.clone(), subject("repo:contoso/store:ref:refs/heads/main"), 700_213, "Another repository"),
        (none.clone(), subject("repo:contoso/shop:ref:refs/heads/*"), 700_213, "wildcards"),
        (none.clone(), subject("repo:<org>/<repo>:ref:refs/heads/main"), 700_213, "placeholder"),
        (none.clone(), subject(" repo:contoso/shop:ref:refs/heads/main"), 700_213, "blank"),
        (none.clone(), subject("refs/heads/main"), 700_213, "begins with repo:"),
        (none.clone(), subject("system:serviceaccount:shop:web"), 700_213, "Kubernetes"),
        (
            json!({"sub": "repo:contoso@12/shop@34:ref:refs/heads/main"}),
            subject(MAIN),
            700_213,
            "numeric ids",
        ),
        (
            json!({"sub": "repo:contoso/shop:environment:production"}),
            subject(MAIN),
            700_213,
            "no longer branch or tag",
        ),
        (
            json!({"aud": "https://github.com/contoso"}),
            of(GITHUB),
            700_212,
            "asked for a token with another audience",
        ),
        (json!({"aud": "api://AzureADTokenExchangeUSGov"}), of(GITHUB), 700_212, "cloud"),
        (json!({"aud": "api://azureadtokenexchange"}), of(GITHUB), 700_212, "upper and lower case"),
    ];
    for (changes, entries, number, word) in cases {
        let found = compare(&changes, &entries);
        assert_eq!(found.refused, Some(number), "{changes} {entries:?}: {}", found.headline);
        assert!(found.headline.contains(&format!("AADSTS{number}")), "{}", found.headline);
        let why: Vec<&String> =
            found.candidates.iter().flat_map(|one| &one.compared).flat_map(|one| &one.why).collect();
        assert!(word.is_empty() || why.iter().any(|why| why.contains(word)), "{word}: {why:?}");
        assert!(found.command.is_some());
    }
}

#[test]
fn entras_own_tokens_have_rules_of_their_own() {
    let object = "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d";
    let own = json!({"iss": issuer(TENANT), "sub": object, "oid": object, "tid": TENANT, "ver": "2.0", "aud": EXCHANGE_ID});
    let entries = |subject: &str| vec![entry(&issuer(TENANT), subject, EXCHANGE)];
    assert_eq!(compare(&own, &entries(object)).refused, None, "the exchange goes by two names");
    let found = compare(&own, &entries("00000000-1111-4222-8333-444455556666"));
    assert_eq!(found.refused, Some(7_002_137));
    assert!(found.candidates[0].compared[1].why[0].contains("not its client id"));
    let found = compare(&with(&own, &json!({"scp": "x"})), &entries(object));
    assert_eq!((found.refused, found.command), (Some(700_229), None));
    let old = format!("https://sts.windows.net/{TENANT}/");
    let found = compare(&own, &[entry(&old, object, EXCHANGE)]);
    assert!(found.candidates[0].compared[0].why[0].contains("version 2.0"), "{found:?}");
}

#[test]
fn the_differing_part_is_marked_at_whole_characters() {
    let marked = |a: &str, b: &str| {
        let Marked { before, presented, registered, after } = Marked::of(a, b);
        [before, presented, registered, after]
    };
    assert_eq!(marked("ref:refs/heads/main", "ref:refs/tags/main"), ["ref:refs/", "head", "tag", "s/main"]);
    assert_eq!(marked("x/", "x"), ["x", "/", "", ""]);
    assert_eq!(marked("aaa", "aa"), ["aa", "a", "", ""]);
    assert_eq!(marked("ä", "ö"), ["", "ä", "ö", ""], "they share their first byte");
    assert_eq!(marked("", ""), ["", "", "", ""]);
}

#[test]
fn entries_are_read_from_whatever_prints_them() {
    let one = json!({"name": "main", "issuer": GITHUB, "subject": MAIN, "audiences": [EXCHANGE], "id": "x", "description": null});
    let expected = [entry(GITHUB, MAIN, EXCHANGE)];
    for document in [
        json!([one]),
        json!({"value": [one], "@odata.context": "…"}),
        one.clone(),
        json!({"appId": "a", "federatedIdentityCredentials": [one]}),
        json!({"applications": [{"key": "web"}, {"key": "pipeline", "federated_credentials": [one]}]}),
    ] {
        assert_eq!(registered(&document.to_string()).as_deref(), Ok(&expected[..]), "{document}");
    }
    assert_eq!(registered("[]"), Ok(Vec::new()));
    assert!(registered("{}").unwrap_err().contains("no federated credential"));
    assert!(registered("nonsense").unwrap_err().contains("line 1"));
    let flexible = json!({"name": "f", "issuer": GITHUB, "audiences": [EXCHANGE], "claimsMatchingExpression": {"value": "claims['sub'] matches 'repo:*'", "languageVersion": 1}});
    let read = registered(&flexible.to_string()).unwrap();
    let found = compare(&json!({}), &read);
    assert!(found.candidates[0].fits() && found.refused.is_none());
}

#[test]
fn the_expression_of_a_flexible_credential_is_held_against_all_claims() {
    let flexible = |expression: &str| Registered {
        subject: String::new(),
        expression: Some(expression.to_owned()),
        ..entry(GITHUB, "", EXCHANGE)
    };
    let refused = |expression: &str| {
        let found = compare(&json!({"job_workflow_ref": "o/r/x.yml@main"}), &[flexible(expression)]);
        (found.refused, found.candidates[0].compared[1].why.join(" "))
    };
    let sub = "claims['sub'] matches 'repo:contoso/*'";
    assert_eq!(refused(&format!("{sub} and claims['job_workflow_ref'] matches 'o/r/?.yml@*'")).0, None);
    let (number, why) = refused(&format!("{sub} and claims['job_workflow_ref'] eq 'o/r/y.yml@main'"));
    assert_eq!(number, Some(700_213));
    assert!(why.starts_with("job_workflow_ref is “o/r/x.yml@main”"), "{why}");
    assert!(refused("claims['ref'] eq 'x'").1.contains("no ref"));
    assert!(refused("claims.sub == 'x'").1.contains("cannot be read"));
}

#[test]
fn the_command_registers_exactly_what_the_token_has() {
    let parameters = |command: &str| {
        let (_, json) = command.split_once("--parameters '").unwrap();
        serde_json::from_str::<Value>(&json.trim_end_matches('\'').replace(r"'\''", "'")).unwrap()
    };
    // A slip in the form is mended; another subject gets an entry of its own.
    let slip = compare(&json!({}), &[entry(GITHUB, "repo:Contoso/shop:ref:refs/heads/main", EXCHANGE)]);
    let command = slip.command.unwrap();
    assert!(
        command.starts_with("az ad app federated-credential update --id app --federated-credential-id main "),
        "{command}"
    );
    assert_eq!(parameters(&command)["subject"], MAIN);
    let subject = "repo:contoso/o'shop:ref:refs/heads/main";
    let other = compare(&json!({"sub": subject}), &[entry(GITHUB, MAIN, EXCHANGE)]);
    let command = other.command.unwrap();
    assert!(command.starts_with("az ad app federated-credential create --id app "), "{command}");
    let made = parameters(&command);
    assert_eq!(
        (&made["issuer"], &made["subject"], &made["audiences"]),
        (&json!(GITHUB), &json!(subject), &json!([EXCHANGE]))
    );
    let name = made["name"].as_str().unwrap();
    assert!(
        (3..=120).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
        "{name}"
    );
    // And then it fits.
    let entries = registered(&made.to_string()).unwrap();
    assert_eq!(compare(&json!({"sub": subject}), &entries).refused, None);
}

#[test]
fn what_else_is_wrong_is_said_beside_it() {
    let entries = [entry(GITHUB, MAIN, EXCHANGE)];
    let ids =
        |changes: &Value| compare(changes, &entries).findings.iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(&json!({"exp": ISSUED})), ["federation.expired"]);
    assert_eq!(ids(&json!({"exp": null})), ["federation.expiry"]);
    assert_eq!(ids(&json!({"aud": [EXCHANGE, "x"]})), ["federation.audiences"]);
    let two = Registered { audiences: vec![EXCHANGE.to_owned(), "x".to_owned()], ..entries[0].clone() };
    assert_eq!(compare(&json!({}), &[two]).findings[0].id, "federation.one_audience");
    let elliptic = decode(&sign(&json!({"alg": "ES256"}), &token(&json!({})).claims.into()));
    assert_eq!(matching(&elliptic, &entries, "app", NOW).unwrap().findings[0].id, "federation.algorithm");
    assert!(matching(&decode("1.AXoA-opaque"), &entries, "app", NOW).is_err());
    assert_eq!(
        matching(&token(&json!({"sub": null})), &entries, "app", NOW),
        Err(NoAssertion::Missing("sub"))
    );
}

#[test]
fn subjects_of_each_platform_are_taken_apart() {
    for (subject, said) in [
        ("repo:o/r:environment:prod:eu", "GitHub Actions: repository o/r, environment prod:eu"),
        ("repo:o/r:pull_request", "GitHub Actions: repository o/r, pull request"),
        ("project_path:g/p:ref_type:branch:ref:main", "GitLab CI: project g/p, branch main"),
        (
            "sc://org/project/arm",
            "an Azure DevOps service connection: organization org, project project, service connection arm",
        ),
        (
            "system:serviceaccount:shop:web",
            "a Kubernetes service account: namespace shop, service account web",
        ),
        (
            "organization:o:project:p:workspace:w:run_phase:apply",
            "Terraform Cloud: organization o, project p, workspace w, run_phase apply",
        ),
        (
            "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d",
            "an identity in Entra, by object id: object 4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d",
        ),
        ("anything", "a form of the issuer's own"),
    ] {
        assert_eq!(subject_of("https://issuer.example", subject).to_string(), said);
    }
}
