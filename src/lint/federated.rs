//! Federated credentials: issuer, subject and audience against what the well-known issuers put into their tokens.

use serde_json::{Value, json};

use super::{LintFinding, command};
use crate::entra::registration::{Application, Federated};

const PLACE: &str = "federatedIdentityCredentials";
/// What Entra takes, by cloud.
const AUDIENCES: [&str; 3] =
    ["api://AzureADTokenExchange", "api://AzureADTokenExchangeUSGov", "api://AzureADTokenExchangeChina"];
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const MOST: usize = 20;

pub fn check(app: &Application, out: &mut Vec<LintFinding>) {
    let Some(all) = &app.federated else { return };
    if all.len() > MOST {
        out.push(
            LintFinding::error("federated.too_many", PLACE, format!("{} federated credentials, where {MOST} is the limit", all.len()))
                .why("Entra saves no more than that.")
                .fix("Use one subject for several jobs (an environment), a second application, or a matching expression."),
        );
    }
    for (at, one) in all.iter().enumerate() {
        let has_expression = app
            .json
            .pointer(&format!("/{PLACE}/{at}/claimsMatchingExpression"))
            .is_some_and(|it| !it.is_null());
        issuer(app, one, out);
        audience(app, one, out);
        if !has_expression {
            subject(app, one, out);
        }
        let twin = all[..at].iter().find(|other| other.issuer == one.issuer && other.subject == one.subject);
        if let Some(twin) = twin.filter(|_| !has_expression) {
            out.push(
                finding("federated.twice", "Two federated credentials have one issuer and one subject")
                    .value(format!("{} and {}: {}", twin.name, one.name, one.subject))
                    .why("Entra refuses to save the second one.")
                    .run(
                        "Leave one out:",
                        format!(
                            "az ad app federated-credential delete --id {} --federated-credential-id {}",
                            command::id(app),
                            command::word(&one.name)
                        ),
                    ),
            );
        }
    }
}

fn finding(id: &'static str, title: impl Into<String>) -> LintFinding {
    LintFinding::error(id, PLACE, title)
}

/// The command that writes an entry with other values.
fn update(app: &Application, one: &Federated, issuer: &str, subject: &str, audience: &str) -> String {
    let parameters: Value =
        json!({ "name": one.name, "issuer": issuer, "subject": subject, "audiences": [audience] });
    let name = if one.name.is_empty() { "<name>".to_owned() } else { command::word(&one.name) };
    format!(
        "az ad app federated-credential update --id {} --federated-credential-id {name} --parameters {}",
        command::id(app),
        // Braces and blanks: it always comes out in quotes.
        command::word(&parameters.to_string())
    )
}

fn audience_of(one: &Federated) -> &str {
    one.audiences.first().map_or(AUDIENCES[0], String::as_str)
}

fn issuer(app: &Application, one: &Federated, out: &mut Vec<LintFinding>) {
    let text = one.issuer.as_str();
    let fails = "The token exchange";
    let with = |issuer: &str| update(app, one, issuer, &one.subject, audience_of(one));
    if text.trim() != text {
        out.push(
            finding("federated.blank", "The issuer has a blank at its end")
                .value(format!("{}: “{text}”", one.name))
                .fails(fails, &[700_211])
                .why("It is compared with iss character for character.")
                .run("Write it without:", with(text.trim())),
        );
        return;
    }
    let bare = text.trim_end_matches('/');
    let lower = bare.to_ascii_lowercase();
    if lower.starts_with("http://") || !lower.contains("://") {
        out.push(
            finding("federated.issuer", "The issuer is no https address")
                .value(format!("{}: {text}", one.name))
                .fails(fails, &[700_211])
                .why("Entra fetches the issuer's keys from there. Take the value from iss of a token of the workload.")
                .run("Write it as iss has it:", with("<iss of the token>")),
        );
        return;
    }
    let is_github = lower.starts_with(GITHUB);
    // Known to be written without a slash at the end; AKS has one.
    let without_slash =
        is_github || ["https://gitlab.com", "https://accounts.google.com"].contains(&lower.as_str());
    let is_kubernetes = lower.contains(".oic.prod-aks.azure.com/");
    let expected = if is_kubernetes && bare == text {
        Some(format!("{text}/"))
    } else if without_slash && (bare != text || bare != lower) {
        Some(lower.clone())
    } else {
        None
    };
    if let Some(expected) = expected {
        out.push(
            finding("federated.issuer_slash", "The issuer is not written as its tokens have it")
                .value(format!("{}: {text}", one.name))
                .fails(fails, &[700_211])
                .why(format!("Tokens of this issuer say {expected}. Letter case and the last slash count."))
                .run("Write it so:", with(&expected)),
        );
    }
}

fn audience(app: &Application, one: &Federated, out: &mut Vec<LintFinding>) {
    let with = |audience: &str| update(app, one, &one.issuer, &one.subject, audience);
    match one.audiences.as_slice() {
        [only] if AUDIENCES.contains(&only.as_str()) => {}
        [only] if AUDIENCES.iter().any(|known| known.eq_ignore_ascii_case(only.trim_end_matches('/'))) => out
            .push(
                finding("federated.audience", "The audience is not written as tokens have it")
                    .value(format!("{}: {only}", one.name))
                    .fails("The token exchange", &[700_212])
                    .why(format!("Tokens for the public cloud say {}, letter for letter.", AUDIENCES[0]))
                    .run("Write it so:", with(AUDIENCES[0])),
            ),
        [only] => out.push(
            LintFinding::warning("federated.audience", PLACE, "An audience of its own")
                .value(format!("{}: {only}", one.name))
                .fails(
                    "The token exchange, unless the workload asks its issuer for this very audience",
                    &[700_212],
                )
                .why(format!(
                    "Actions, pipelines and workload identity ask for {} unless told otherwise.",
                    AUDIENCES[0]
                ))
                .run("If nobody asks for another:", with(AUDIENCES[0])),
        ),
        several => out.push(
            finding(
                "federated.audience",
                if several.is_empty() { "No audience" } else { "Several audiences" },
            )
            .value(format!("{}: {}", one.name, several.join(", ")))
            .fails("The token exchange", &[700_212])
            .why("A federated credential has exactly one.")
            .run("Give it the usual one:", with(AUDIENCES[0])),
        ),
    }
}

fn subject(app: &Application, one: &Federated, out: &mut Vec<LintFinding>) {
    let text = one.subject.as_str();
    let with = |subject: &str| update(app, one, &one.issuer, subject, audience_of(one));
    let wrong = |title: &str, why: String, better: &str| {
        finding("federated.subject", title)
            .value(format!("{}: {text}", one.name))
            .fails("The token exchange", &[700_213])
            .why(why)
            .run("Write it as sub has it:", with(better))
    };
    if text.is_empty() || text.trim() != text {
        out.push(wrong(
            if text.is_empty() { "The subject is empty" } else { "The subject has a blank at its end" },
            "It is compared with sub character for character.".to_owned(),
            if text.is_empty() { "<sub of the token>" } else { text.trim() },
        ));
        return;
    }
    if text.contains('*') {
        out.push(wrong(
            "The subject has a star in it",
            "No patterns here: a star stands for itself. One entry for each subject, an environment for all branches, or a claims matching expression.".to_owned(),
            "<sub of the token>",
        ));
        return;
    }
    let issuer = one.issuer.trim_end_matches('/').to_ascii_lowercase();
    if issuer.starts_with(GITHUB) {
        github(text, &wrong, out);
        if text.ends_with(":pull_request") {
            out.push(
                LintFinding::warning("federated.pull_request", PLACE, "Every pull request of the repository is the application")
                    .value(format!("{}: {text}", one.name))
                    .why("Whoever may push a branch can change the workflow in it and have the application's permissions before anybody reviews.")
                    .fix("Give it permissions to read only, or use an environment with reviewers."),
            );
        }
    } else if issuer.contains(".oic.prod-aks.azure.com") && !is_service_account(text) {
        out.push(wrong(
            "The subject names no service account",
            "Tokens of a cluster say system:serviceaccount:NAMESPACE:NAME.".to_owned(),
            "system:serviceaccount:<namespace>:<name>",
        ));
    }
}

fn is_service_account(text: &str) -> bool {
    let parts: Vec<_> = text.split(':').collect();
    matches!(parts.as_slice(), ["system", "serviceaccount", namespace, name] if !namespace.is_empty() && !name.is_empty())
}

/// `repo:OWNER/NAME:CONTEXT`, where the context is a ref, an environment or `pull_request`. Organisations can choose other
/// forms, so only what no form has is wrong.
fn github(text: &str, wrong: &dyn Fn(&str, String, &str) -> LintFinding, out: &mut Vec<LintFinding>) {
    let address = text.split_once("github.com/").map(|(_, rest)| rest.trim_end_matches(".git"));
    if let Some(rest) = address {
        out.push(wrong(
            "The subject is the address of the repository",
            "Actions say who runs and on what: repo:OWNER/NAME:ref:refs/heads/BRANCH.".to_owned(),
            &format!("repo:{rest}:ref:refs/heads/<branch>"),
        ));
        return;
    }
    let Some(rest) = text.strip_prefix("repo:") else {
        if text.to_ascii_lowercase().starts_with("repo:") {
            let better = format!("repo:{}", &text[5..]);
            out.push(wrong("The subject begins in capitals", "Letter case counts.".to_owned(), &better));
        }
        return;
    };
    let (repository, context) = rest.split_once(':').unwrap_or((rest, ""));
    let by = |context: &str| format!("repo:{repository}:{context}");
    if !repository.contains('/') {
        out.push(wrong(
            "The subject names no owner of the repository",
            "Between repo: and the next colon stands OWNER/NAME.".to_owned(),
            &format!("repo:<owner>/{rest}"),
        ));
    } else if context.is_empty() {
        out.push(wrong(
            "The subject ends with the repository",
            "Behind it stands what ran: a branch, a tag, an environment, or pull_request.".to_owned(),
            &by("ref:refs/heads/<branch>"),
        ));
    } else if let Some(reference) =
        context.strip_prefix("ref:").filter(|reference| !reference.starts_with("refs/"))
    {
        out.push(wrong(
            "The branch is not written in full",
            "Actions write a branch as refs/heads/NAME and a tag as refs/tags/NAME.".to_owned(),
            &by(&format!("ref:refs/heads/{}", reference.trim_start_matches("heads/"))),
        ));
    } else if context.starts_with("refs/") {
        out.push(wrong(
            "The word ref: is missing before the branch",
            "Behind the repository stands ref: and then the whole name.".to_owned(),
            &by(&format!("ref:{context}")),
        ));
    } else if !context.contains(':') && context != "pull_request" {
        out.push(wrong(
            "The subject ends with a bare name",
            "A branch is ref:refs/heads/NAME, a tag ref:refs/tags/NAME, an environment environment:NAME."
                .to_owned(),
            &by(&format!("ref:refs/heads/{context}")),
        ));
    }
}
