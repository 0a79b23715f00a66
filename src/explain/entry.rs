//! The prose: what each number and each plain OAuth error means, and what usually causes it.
//!
//! It stands in `data/*.toml`, one file for each family. Three kinds of tables live there: `[50011]` and
//! `[access_denied]` are entries, `[redirect_uri.scheme]` is a cause that several entries can name. Titles of numbers come
//! from the table in `entra`. A command line should not pay for prose that it does not print, so the files are cut into
//! tables once, and a table is parsed when somebody asks for it.

use std::{collections::HashMap, sync::OnceLock};

use memchr::memmem;
use serde::Deserialize;

use crate::entra::aadsts;

/// Who has to act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoseMove {
    /// Whoever owns the application's registration.
    Registration,
    /// An administrator of the tenant.
    TenantPolicy,
    /// The person who signs in.
    User,
    /// Whoever writes the request: we.
    OurRequest,
    /// Microsoft, or whoever runs the authority.
    Service,
    /// Whoever looks after network and clock of this machine.
    NetworkOrClock,
    /// Nobody: it is not a failure.
    Nobody,
    /// The evidence does not tell.
    Unknown,
}

impl WhoseMove {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::TenantPolicy => "tenant_policy",
            Self::User => "user",
            Self::OurRequest => "our_request",
            Self::Service => "service",
            Self::NetworkOrClock => "network_or_clock",
            Self::Nobody => "nobody",
            Self::Unknown => "unknown",
        }
    }

    /// What people read, behind “Next move:”.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Registration => "the application's registration",
            Self::TenantPolicy => "an administrator of the tenant",
            Self::User => "the user",
            Self::OurRequest => "our request",
            Self::Service => "the service",
            Self::NetworkOrClock => "network or clock of this machine",
            Self::Nobody => "nobody, this is not a failure",
            Self::Unknown => "not clear yet",
        }
    }
}

/// What a number, or a plain OAuth error, means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The AADSTS number; `None` for a plain OAuth error.
    pub code: Option<u32>,
    /// The OAuth error; empty for an entry about a number.
    pub error: &'static str,
    /// One line.
    pub title: String,
    /// A few sentences; the first says what is wrong.
    pub meaning: String,
    /// Who has to act.
    pub whose_move: WhoseMove,
    /// What is known to be right, because it is checked earlier.
    pub proves: Option<String>,
    /// Numbers that are easily confused with it.
    pub related: Vec<u32>,
    /// Whether the number alone tells that the first cause is the one.
    pub settled: bool,
    /// Whether the number alone makes the first cause the likely one.
    pub usual: bool,
    causes: Vec<String>,
}

impl Entry {
    /// What usually causes it, the most frequent first.
    pub fn causes(&self) -> impl Iterator<Item = &'static Reason> {
        self.causes.iter().filter_map(|name| reason(name))
    }
}

/// A cause: how it comes about, how to tell that it is this one, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The key of its table. Several tables may tell about one cause in different words.
    #[serde(skip)]
    pub key: &'static str,
    /// The stable name, as in `--json`; the key unless the table says otherwise.
    #[serde(default)]
    pub id: String,
    /// One line.
    pub title: String,
    /// How it comes about.
    pub why: String,
    /// How to tell that it is this one.
    pub confirm: String,
    /// What helps, the best first. Texts hold slots such as `{client_id}`.
    pub fixes: Vec<Remedy>,
    /// What helps where the lab tenant refused, and no command line of Azure applies.
    pub lab: Option<String>,
}

/// Something that helps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What to do.
    pub title: String,
    /// The command that does it.
    pub command: Option<String>,
    /// The variant of the cause that it is for, where a rule tells which one it is: a platform, a switch.
    pub when: Option<String>,
}

impl Remedy {
    /// Whether it is for this variant; where none is known, each may be.
    pub fn suits(&self, variant: Option<&str>) -> bool {
        self.when.as_deref().zip(variant).is_none_or(|(own, variant)| own == variant)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryTable {
    pub title: Option<String>,
    whose_move: WhoseMove,
    meaning: String,
    proves: Option<String>,
    #[serde(default)]
    related: Vec<u32>,
    #[serde(default)]
    settled: bool,
    #[serde(default)]
    usual: bool,
    /// None for numbers that are rarely met and about which no more is known than the meaning.
    #[serde(default)]
    causes: Vec<String>,
}

/// A table that is parsed when it is first asked for.
struct Table {
    name: &'static str,
    body: &'static str,
    // Boxed: few of the hundreds of tables are ever read, and all of them are moved into the map.
    entry: OnceLock<Box<Entry>>,
    reason: OnceLock<Box<Reason>>,
}

const FILES: &[&str] = &[
    include_str!("data/redirect_uri.toml"),
    include_str!("data/client.toml"),
    include_str!("data/application.toml"),
    include_str!("data/certificate.toml"),
    include_str!("data/cloud.toml"),
    include_str!("data/assertion.toml"),
    include_str!("data/federation.toml"),
    include_str!("data/on_behalf_of.toml"),
    include_str!("data/pkce.toml"),
    include_str!("data/browser.toml"),
    include_str!("data/scope.toml"),
    include_str!("data/consent.toml"),
    include_str!("data/tenant.toml"),
    include_str!("data/user.toml"),
    include_str!("data/policy.toml"),
    include_str!("data/device_and_risk.toml"),
    include_str!("data/membership.toml"),
    include_str!("data/grant.toml"),
    include_str!("data/device.toml"),
    include_str!("data/request.toml"),
    include_str!("data/renewal.toml"),
    include_str!("data/oauth.toml"),
    include_str!("data/api.toml"),
    include_str!("data/validation.toml"),
    include_str!("data/permission.toml"),
    include_str!("data/machine.toml"),
    include_str!("data/service.toml"),
    include_str!("data/library.toml"),
    include_str!("data/b2c.toml"),
    include_str!("data/provider.toml"),
    include_str!("data/rare_people.toml"),
    include_str!("data/rare_policy.toml"),
    include_str!("data/rare_federation.toml"),
    include_str!("data/rare_request.toml"),
];

/// The table that is told where nothing else fits.
const UNDETERMINED: &str = "undetermined";

/// What a number means; `None` if there is no prose about it.
pub fn entry(code: u32) -> Option<&'static Entry> {
    parsed_entry(tables().get(code.to_string().as_str())?)
}

/// What a plain OAuth error means, such as `login_required`.
pub fn entry_for_error(error: &str) -> Option<&'static Entry> {
    parsed_entry(tables().get(error).filter(|table| table.is_entry())?)
}

/// The cause under that key.
pub(super) fn reason(key: &str) -> Option<&'static Reason> {
    let table = tables().get(key).filter(|table| !table.is_entry())?;
    Some(table.reason.get_or_init(|| {
        let mut reason: Reason = read(table);
        reason.key = table.name;
        if reason.id.is_empty() {
            reason.id.push_str(table.name);
        }
        Box::new(reason)
    }))
}

/// The cause that is given where the evidence decides nothing.
pub(super) fn undetermined() -> &'static Reason {
    reason(UNDETERMINED).expect("the built-in prose has this table")
}

/// One row of the Errors screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The number; `None` for a plain OAuth error.
    pub code: Option<u32>,
    /// The OAuth error of an entry without number; empty otherwise.
    pub error: &'static str,
    /// One line.
    pub title: &'static str,
    /// Whether its causes are told, and what mends them; of the others there is no more than a meaning.
    pub is_explained: bool,
}

/// Everything that can be looked up: numbers first, those whose causes are told before the others, then plain OAuth errors.
pub fn catalogue() -> Vec<Listed> {
    // Parsing hundreds of tables for one word of each would be felt on the screen.
    let is_explained = |code: &aadsts::Code| {
        tables()
            .get(code.number.to_string().as_str())
            .is_some_and(|table| table.body.contains("\ncauses = ["))
    };
    let number = |code: &'static aadsts::Code| Listed {
        code: Some(code.number),
        error: "",
        title: &code.title,
        is_explained: is_explained(code),
    };
    let mut rows: Vec<_> = aadsts::all().iter().map(number).collect();
    rows.sort_by_key(|row| !row.is_explained); // stable: numbers stay ascending
    let plain = tables().values().filter(|table| table.is_entry() && !table.is_number());
    let mut plain: Vec<_> = plain.filter_map(parsed_entry).collect();
    plain.sort_by_key(|entry| entry.error);
    rows.extend(plain.into_iter().map(|entry| Listed {
        code: None,
        error: entry.error,
        title: &entry.title,
        is_explained: true,
    }));
    rows
}

impl Table {
    fn is_entry(&self) -> bool {
        !self.name.contains('.') && self.name != UNDETERMINED
    }

    fn is_number(&self) -> bool {
        self.name.bytes().all(|b| b.is_ascii_digit())
    }
}

fn tables() -> &'static HashMap<&'static str, Table> {
    static TABLES: OnceLock<HashMap<&'static str, Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let built_in = FILES.iter().copied().flat_map(cut);
        let added = ADDED.get().into_iter().flatten().map(|(name, body)| Table::new(name, body));
        // Room for all at once: a map that grows moves everything each time.
        let mut tables = HashMap::with_capacity(1200);
        tables.extend(built_in.chain(added).map(|table| (table.name, table)));
        tables
    })
}

/// Tables from files of the person's own, by name.
static ADDED: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Adds tables that have been checked; whether it was in time.
pub(super) fn add(tables: Vec<(String, String)>) -> bool {
    ADDED.set(tables).is_ok()
}

/// The number that a table of this name is about.
pub(super) fn code_of(name: &str) -> Option<u32> {
    name.parse().ok()
}

/// Cuts a file at its table headings. Only headings begin a line with a bracket: arrays close with one.
fn cut(file: &'static str) -> impl Iterator<Item = Table> {
    let begins = memmem::find_iter(file.as_bytes(), "\n[").map(|at| at + 1);
    let mut begins = file.starts_with('[').then_some(0).into_iter().chain(begins).peekable();
    std::iter::from_fn(move || {
        let begin = begins.next()?;
        let table = &file[begin + 1..begins.peek().copied().unwrap_or(file.len())];
        let (heading, body) = table.split_once('\n').unwrap_or((table, ""));
        Some(Table::new(heading.trim_end().trim_end_matches(']'), body))
    })
}

impl Table {
    const fn new(name: &'static str, body: &'static str) -> Self {
        Self { name, body, entry: OnceLock::new(), reason: OnceLock::new() }
    }
}

fn parsed_entry(table: &'static Table) -> Option<&'static Entry> {
    let code = code_of(table.name);
    if !table.is_entry() {
        return None;
    }
    Some(table.entry.get_or_init(|| {
        let fields: EntryTable = read(table);
        let known = code.and_then(aadsts::lookup).map(|code| code.title.to_string());
        Box::new(Entry {
            code,
            error: if code.is_some() { "" } else { table.name },
            title: fields.title.or(known).unwrap_or_else(|| table.name.to_owned()),
            meaning: fields.meaning,
            whose_move: fields.whose_move,
            proves: fields.proves,
            related: fields.related,
            settled: fields.settled,
            usual: fields.usual,
            causes: fields.causes,
        })
    }))
}

fn read<T: serde::de::DeserializeOwned>(table: &Table) -> T {
    match toml::from_str(table.body) {
        Ok(value) => value,
        Err(error) => panic!("the built-in prose is read whole by a test, but [{}]: {error}", table.name),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use std::collections::BTreeMap;

    use super::*;
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
            assert!(
                reason.key == UNDETERMINED || named.contains(reason.key),
                "{} is used nowhere",
                reason.key
            );
            // That the lab was told to fail is no cause that an application can have.
            let is_cause = super::super::missing::is_cause(&reason.id) || reason.id == "lab.fault";
            assert!(is_cause, "{}: {} is not in the list of causes", reason.key, reason.id);
            let commands = reason.fixes.iter().filter_map(|fix| fix.command.as_deref());
            let texts = reason
                .fixes
                .iter()
                .map(|fix| fix.title.as_str())
                .chain(reason.lab.as_deref())
                .chain(commands);
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
}
