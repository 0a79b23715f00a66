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
    "origin_mismatch",
    "database_login_failed",
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

/// The numbers that developers meet, each of which has to be told whole.
#[rustfmt::skip]
const MET: [u32; 203] = [
    1_000_502, 1_001_010, 1_002_012, 1_003_031, 1_003_037, 1_100_001, 135_011, 16000, 160_021, 16003,
    240_002, 28000, 28004, 399_274, 50000, 50001, 500_011, 500_014, 500_021, 5_000_224, 5_000_225,
    50003, 50011, 500_112, 500_113, 50012, 500_121, 50013, 500_131, 500_133, 50014, 50020, 500_201,
    500_212, 500_213, 500_222, 50027, 5_002_730, 50033, 50034, 50048, 50053, 50055, 50056, 50057,
    50058, 50059, 50072, 50074, 50076, 50079, 50097, 50105, 501_051, 50107, 50126, 50128, 50146,
    501_461, 50147, 50148, 501_481, 50149, 501_491, 50155, 50158, 50173, 50181, 50194, 50196, 50199,
    53000, 530_003, 53001, 53003, 530_033, 530_035, 530_036, 530_084, 54005, 550_022, 550_024, 65001,
    65002, 65004, 65005, 650_051, 650_052, 650_053, 650_056, 650_057, 70000, 700_003, 700_005, 700_009,
    70001, 700_011, 7_000_110, 7_000_112, 7_000_114, 700_016, 70002, 700_021, 7_000_214, 7_000_215,
    7_000_216, 7_000_218, 700_022, 7_000_222, 7_000_229, 700_023, 700_024, 700_025, 700_027, 7_000_272,
    7_000_277, 70003, 700_030, 700_038, 700_046, 7_000_471, 70005, 700_051, 700_054, 70007, 70008,
    700_081, 700_082, 700_084, 70011, 70016, 70018, 70019, 70020, 70021, 700_211, 700_212, 700_213,
    7_002_137, 7_002_138, 700_222, 700_223, 700_226, 700_229, 700_238, 70043, 70044, 75005, 750_054,
    75011, 82001, 82008, 82014, 90002, 900_021, 900_023, 90006, 90008, 90009, 90010, 9_001_023, 90014,
    900_144, 90019, 90023, 9_002_313, 9_002_325, 9_002_326, 9_002_327, 9_002_331, 9_002_332, 9_002_346,
    90024, 90027, 90033, 90038, 900_382, 90043, 900_432, 900_439, 90055, 90056, 900_561, 90061, 90072,
    90081, 90083, 90084, 90085, 90086, 90092, 90094, 900_941, 90095, 900_971, 9_010_010, 901_002,
    90102, 90112, 90114, 90117, 90120, 90130,
];

#[test]
fn every_number_that_developers_meet_has_causes_a_confirmation_and_a_fix() {
    for number in MET {
        let entry = entry(number).unwrap_or_else(|| panic!("{number} has no entry"));
        assert!(entry.causes().next().is_some(), "{number} has no cause");
        for cause in entry.causes() {
            assert!(cause.confirm.len() > 20, "{number}: {} is not confirmed by anything", cause.key);
            assert!(
                cause.fixes.iter().any(|fix| fix.title.len() > 10 || fix.command.is_some()),
                "{number}: {}",
                cause.key
            );
            assert!(super::super::missing::is_cause(&cause.id), "{number}: {}", cause.id);
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
