//! Whether the prose is whole, and names only what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    tables::{FILES, cut},
    *,
};
use crate::explain::slots;

/// What comes without a number.
const PLAIN: &[&str] = &[
    "CORS",
    "hash_empty_error",
    "monitor_window_timeout",
    "state_interaction_type_mismatch",
    "interaction_in_progress",
    "popup_window_error",
    "frame_refused",
    "uninitialized_public_client_application",
    "no_account_error",
    "bad_verification_code",
    "TokenIssuedBeforeRevocationTimestamp",
    "lab_fault",
    "access_denied",
    "invalid_grant",
    "authorization_pending",
    "slow_down",
    "expired_token",
    "authorization_declined",
    "invalid_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "login_required",
    "interaction_required",
    "consent_required",
    "temporarily_unavailable",
    "server_error",
    "invalid_scope",
    "invalid_request",
    "unauthorized_client",
    "invalid_target",
    "invalid_resource",
    "InvalidAuthenticationToken",
    "invalid_token",
    "insufficient_claims",
    "insufficient_scope",
    "Authorization_RequestDenied",
    "Forbidden",
    "ErrorAccessDenied",
    "BadRequest",
    "Request_ResourceNotFound",
    "unauthorized",
    "http_400",
    "http_401",
    "http_403",
    "http_404",
    "http_429",
    "http_500",
    "identity_endpoint",
    "bad_request_102",
    "unknown_source",
    "invalid_tenant",
    "token_missing",
    "token_malformed",
    "audience_refused",
    "issuer_refused",
    "issuer_mismatch",
    "tenant_refused",
    "key_not_found",
    "signature_refused",
    "decryption_refused",
    "token_expired",
    "token_not_yet_valid",
    "no_permissions",
    "scope_absent",
    "role_absent",
    "AuthorizationFailed",
    "Request_BadRequest",
    "Authorization_IdentityNotFound",
    "mailbox_missing",
    "premium_missing",
    "missing_claim",
    "web_settings",
    "daemon_scope",
    "daemon_tenant",
    "AADB2C90001",
    "AADB2C90002",
    "AADB2C90006",
    "AADB2C90007",
    "AADB2C90008",
    "AADB2C90012",
    "AADB2C90013",
    "AADB2C90014",
    "AADB2C90018",
    "AADB2C90021",
    "AADB2C90035",
    "AADB2C90046",
    "AADB2C90053",
    "AADB2C90055",
    "AADB2C90057",
    "AADB2C90058",
    "AADB2C90068",
    "AADB2C90075",
    "AADB2C90077",
    "AADB2C90079",
    "AADB2C90080",
    "AADB2C90081",
    "AADB2C90084",
    "AADB2C90086",
    "AADB2C90088",
    "AADB2C90091",
    "AADB2C90092",
    "AADB2C90110",
    "AADB2C90111",
    "AADB2C90117",
    "AADB2C90118",
    "AADB2C90128",
    "AADB2C90129",
    "AADB2C90146",
    "AADB2C90182",
    "AADB2C90183",
    "AADB2C90184",
    "AADB2C90205",
    "AADB2C90208",
    "AADB2C90224",
    "AADB2C90225",
    "AADB2C90287",
    "AADB2C99059",
    "account_not_ready",
    "account_selection_required",
    "address_not_found",
    "audience_unknown",
    "blocked_by_administrator",
    "client_refused",
    "client_unknown",
    "code_not_accepted",
    "code_not_found",
    "consumers_not_enabled",
    "credential_chain",
    "deleted_client",
    "device_never_ends",
    "embedded_browser_refused",
    "federation_path",
    "flow_disabled",
    "grant_expired_elsewhere",
    "incorrect_device_code",
    "issuer_elsewhere",
    "job_without_user",
    "listener_not_reached",
    "loop_at_federation",
    "metadata_unreachable",
    "needs_user",
    "not_a_tester",
    "org_internal",
    "person_not_assigned",
    "personal_account_refused",
    "pkce_refused",
    "policy_refuses",
    "prompt_every_time",
    "proof_refused",
    "proof_wanted",
    "redirect_uri_mismatch",
    "redirect_uri_unregistered",
    "cookies_piled_up",
    "registration_refused",
    "request_object_refused",
    "reserved_scopes",
    "resource_not_allowed",
    "result_without_token",
    "ropc_second_factor",
    "scope_not_offered",
    "secret_in_bundle",
    "secret_missing_elsewhere",
    "several_cached",
    "state_lost",
    "stronger_sign_in_wanted",
    "token_in_url",
    "too_many_redirects",
    "too_many_requests",
    "wrong_password_elsewhere",
];

fn entries() -> Vec<&'static Entry> {
    tables().values().filter_map(parsed_entry).collect()
}

fn reasons() -> Vec<&'static Reason> {
    tables().values().filter_map(|table| reason(table.name)).collect()
}

#[test]
fn cutting_loses_no_table() {
    for file in FILES.iter().copied() {
        let whole: toml::Table = file.parse().expect("valid TOML");
        let expected: usize = whole
            .values()
            .map(|value| {
                let table = value.as_table().expect("a table");
                let is_leaf = table.contains_key("meaning") || table.contains_key("why");
                if is_leaf { 1 } else { table.len() }
            })
            .sum();
        assert_eq!(cut(file).count(), expected, "{file:.60}");
    }
    assert_eq!(
        entries().len() + reasons().len(),
        FILES.iter().copied().map(|file| cut(file).count()).sum::<usize>()
    );
}

#[test]
fn every_entry_is_complete() {
    for error in PLAIN {
        assert!(entry_for_error(error).is_some(), "{error} has no entry");
    }
    for entry in entries() {
        let name = entry.code.map_or_else(|| entry.error.to_owned(), |code| code.to_string());
        assert!(entry.title.len() > 8 && entry.title != name, "{name}");
        assert!((1..=4).contains(&sentences(&entry.meaning).count()), "{name}: {}", entry.meaning);
        assert!(entry.whose_move != WhoseMove::Unknown || entry.causes.is_empty(), "{name}");
        assert_eq!(entry.causes().count(), entry.causes.len(), "{name} names a cause without a table");
        for cause in entry.causes() {
            assert!(!cause.fixes.is_empty(), "{name}: {}", cause.key);
        }
    }
}

#[test]
fn entries_and_the_table_of_numbers_know_each_other() {
    for entry in entries() {
        if let Some(code) = entry.code {
            let known = aadsts::lookup(code).unwrap_or_else(|| panic!("{code} is not in the table"));
            assert!(known.has_own_title, "{code} needs a title of its own");
        }
        for related in &entry.related {
            assert!(aadsts::lookup(*related).is_some(), "{:?} relates to unknown {related}", entry.code);
            assert_ne!(Some(*related), entry.code);
        }
    }
}

#[test]
fn every_number_of_the_table_has_an_entry_in_words_of_its_own() {
    let mut said = BTreeMap::new();
    for code in aadsts::all() {
        let entry = entry(code.number).unwrap_or_else(|| panic!("{} has no entry", code.number));
        for sentence in sentences(&entry.meaning).filter(|sentence| sentence.len() > 60) {
            let other = said.insert(sentence.trim().to_owned(), code.number);
            assert!(other.is_none(), "{} and {other:?} say the same: {sentence}", code.number);
        }
    }
}

#[test]
fn every_cause_is_named_by_an_entry_and_every_slot_is_known() {
    let named: BTreeSet<&str> =
        entries().into_iter().flat_map(|e| e.causes.iter().map(String::as_str)).collect();
    for reason in reasons() {
        assert!(reason.key == UNDETERMINED || named.contains(reason.key), "{} is used nowhere", reason.key);
        // That the lab was told to fail is no cause that an application can have.
        let is_cause = super::super::missing::is_cause(&reason.id) || reason.id == "lab.fault";
        assert!(is_cause, "{}: {} is not in the list of causes", reason.key, reason.id);
        let commands = reason.fixes.iter().filter_map(|fix| fix.command.as_deref());
        let texts =
            reason.fixes.iter().map(|fix| fix.title.as_str()).chain(reason.lab.as_deref()).chain(commands);
        for text in texts {
            assert!(!text.is_empty(), "{}", reason.key);
            for slot in slots::names(text) {
                assert!(slots::is_known(slot), "{}: {{{slot}}}", reason.key);
            }
        }
        for text in [&reason.title, &reason.why, &reason.confirm] {
            assert!(!text.is_empty(), "{}", reason.key);
            for slot in slots::names(text) {
                assert!(slots::is_known(slot), "{}: {{{slot}}}", reason.key);
            }
        }
    }
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', ';']).filter(|part| part.len() > 12)
}

#[test]
fn sentences_are_short() {
    let entries = entries();
    let of_entries =
        entries.iter().flat_map(|e| [e.meaning.as_str(), e.proves.as_deref().unwrap_or_default()]);
    let reasons = reasons();
    let of_reasons = reasons.iter().flat_map(|r| {
        let fixes = r.fixes.iter().map(|fix| fix.title.as_str());
        fixes.chain([r.title.as_str(), &r.why, &r.confirm, r.lab.as_deref().unwrap_or_default()])
    });
    for text in of_entries.chain(of_reasons) {
        for sentence in text.split_inclusive(". ") {
            assert!(sentence.chars().count() <= 220, "{sentence}");
        }
    }
}

#[test]
fn commands_of_the_azure_command_line_have_the_flags_that_exist() {
    // The verbs and flags of reference §13.1, and the generic ones.
    const FLAGS: &[&str] = &[
        "--id",
        "--query",
        "--web-redirect-uris",
        "--public-client-redirect-uris",
        "--is-fallback-public-client",
        "--sign-in-audience",
        "--enable-id-token-issuance",
        "--enable-access-token-issuance",
        "--enable-access-token-issuance",
        "--use-device-code",
        "--key-id",
        "--append",
        "--years",
        "--display-name",
        "--api",
        "--api-permissions",
        "--scope",
        "--set",
        "--method",
        "--uri",
        "--url",
        "--headers",
        "--body",
        "--tenant",
        "--show-resource-name",
        "--account-enabled",
        "--parameters",
        "--cert",
        "--resource",
        "--name",
        "--resource-group",
        "--identities",
        "--federated-credential-id",
        "--filter",
        "--assignee",
        "--role",
        "-o",
    ];
    let mut seen = 0;
    for reason in reasons() {
        for command in reason.fixes.iter().filter_map(|fix| fix.command.as_deref()) {
            if !command.starts_with("az ") {
                continue;
            }
            seen += 1;
            for word in command.split_whitespace().filter(|word| word.starts_with('-')) {
                assert!(FLAGS.contains(&word), "{}: {word}", reason.key);
            }
            if command.starts_with("az ad app ")
                && !command.starts_with("az ad app list")
                && !command.starts_with("az ad app create")
            {
                assert!(command.contains("--id "), "{}: {command}", reason.key);
            }
        }
    }
    assert!(seen > 40);
}

#[test]
fn the_catalogue_has_every_number_once() {
    let rows = catalogue();
    let numbers: BTreeSet<_> = rows.iter().filter_map(|row| row.code).collect();
    assert_eq!(numbers.len(), aadsts::all().len());
    let plain = entries().iter().filter(|entry| entry.code.is_none()).count();
    assert_eq!(rows.len(), numbers.len() + plain);
    for row in &rows {
        let entry =
            row.code.map_or_else(|| entry_for_error(row.error), entry).expect("every row has an entry");
        assert!(row.code.is_none() || row.is_explained != entry.causes.is_empty(), "{row:?}");
    }
    assert!(rows[0].is_explained && rows.iter().any(|row| !row.is_explained));
}
