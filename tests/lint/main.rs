//! The checks of registrations and authorize URLs: each one where it speaks, and where it does not.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own case should fail")]

mod address;
mod command;
mod documents;
mod permission;
mod registration;

use authwright::{entra::aadsts, finding::Severity, lint::LintFinding};

/// The Azure CLI's switches that commands here may use, by command: what `az … --help` lists.
const AZ: &[(&str, &[&str])] = &[
    (
        "az ad app update",
        &[
            "--id",
            "--web-redirect-uris",
            "--public-client-redirect-uris",
            "--is-fallback-public-client",
            "--sign-in-audience",
            "--enable-id-token-issuance",
            "--enable-access-token-issuance",
            "--identifier-uris",
            "--required-resource-accesses",
        ],
    ),
    (
        "az ad app credential reset",
        &["--id", "--append", "--display-name", "--years", "--create-cert", "--cert", "--keyvault"],
    ),
    ("az ad app credential delete", &["--id", "--key-id", "--cert"]),
    ("az ad app federated-credential update", &["--id", "--federated-credential-id", "--parameters"]),
    ("az ad app federated-credential delete", &["--id", "--federated-credential-id"]),
    ("az ad app permission add", &["--id", "--api", "--api-permissions"]),
    ("az ad app permission delete", &["--id", "--api", "--api-permissions"]),
    ("az ad app permission grant", &["--id", "--api", "--scope"]),
    ("az ad app permission admin-consent", &["--id"]),
    ("az ad app permission list-grants", &["--id", "--show-resource-name"]),
    ("az ad sp show", &["--id"]),
    ("az ad sp update", &["--id", "--set"]),
    ("az rest", &["--method", "--uri", "--headers", "--body"]),
];

/// What every finding has to be like.
#[track_caller]
fn well_formed(findings: &[LintFinding]) {
    assert!(findings.is_sorted_by_key(|one| std::cmp::Reverse(one.severity)), "the worst comes first");
    for one in findings {
        assert!(
            one.severity != Severity::Passed && !one.title.is_empty() && !one.place.is_empty(),
            "{one:?}"
        );
        assert!(!one.title.ends_with('.') && !one.title.contains('\n'), "{one:?}");
        assert!(one.severity != Severity::Error || one.fix.is_some(), "an error without a fix: {one:?}");
        let codes = one.fails.iter().flat_map(|fails| fails.codes);
        codes.for_each(|code| assert!(aadsts::lookup(*code).is_some(), "{code} of {}", one.id));
        let Some(command) = one.fix.as_ref().and_then(|fix| fix.command.as_deref()) else { continue };
        for part in command.split(" && ") {
            let (name, switches) = AZ
                .iter()
                .find(|(name, _)| part.starts_with(name))
                .unwrap_or_else(|| panic!("{}: {part}", one.id));
            // What stands in quotes is a value.
            let unquoted: String = part[name.len()..].split('\'').step_by(2).collect();
            for word in unquoted.split_whitespace().filter(|word| word.starts_with("--")) {
                assert!(switches.contains(&word), "{}: {name} has no {word}", one.id);
            }
        }
    }
}

/// The finding of that id.
#[track_caller]
fn found<'a>(findings: &'a [LintFinding], id: &str) -> &'a LintFinding {
    let ids = || findings.iter().map(|one| one.id).collect::<Vec<_>>();
    findings
        .iter()
        .find(|one| one.id == id)
        .unwrap_or_else(|| panic!("{id} is silent; there are {:?}", ids()))
}

#[track_caller]
fn silent(findings: &[LintFinding], id: &str) {
    if let Some(one) = findings.iter().find(|one| one.id == id) {
        panic!("{id} speaks: {one:?}");
    }
}
