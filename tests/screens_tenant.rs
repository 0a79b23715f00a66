//! The Tenant screen with the keys that a person has: what is changed takes effect on the next run, and is taken back.

mod sitting;

use authwright::{
    flow::{FlowKind, Outcome, Profile},
    provider::scenario::Scenario,
    tui::{
        glyphs::{Charset, Glyphs},
        keymap::Context,
        model::ScreenId,
        overlay::Overlay,
    },
    workbench::{Event, Workbench},
};
use sitting::Sitting;

/// The usual terminal.
const USUAL: (u16, u16) = (80, 24);

fn begun() -> Sitting {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Tenant);
    sitting
}

/// Goes to a section by its place in the list, and into its entries.
fn open(sitting: &mut Sitting, section: usize) {
    sitting.press("Esc Esc Esc");
    sitting.go(ScreenId::Tenant);
    sitting.press("g");
    for _ in 0..section {
        sitting.press("j");
    }
    sitting.press("Enter");
}

const PEOPLE: usize = 0;
const GROUPS: usize = 1;
const DEVICES: usize = 2;
const APPLICATIONS: usize = 3;
const IDENTITIES: usize = 4;
const GRANTS: usize = 5;
const POLICIES: usize = 6;
const LOCATIONS: usize = 7;
const TENANTS: usize = 8;
const TROUBLE: usize = 9;
const SIGN_INS: usize = 10;
const STEPS: usize = 11;

/// Narrows the list to what is typed, and stays in it.
fn find(sitting: &mut Sitting, text: &str) {
    sitting.press("/");
    sitting.write(text);
    sitting.press("Enter");
}

/// Goes down in the detail to the row that the cursor's explanation names.
fn row(sitting: &mut Sitting, words: &str) {
    sitting.press("g");
    for _ in 0..80 {
        if sitting.text((120, 40)).lines().any(|line| line.contains('▌') && line.contains(words)) {
            return;
        }
        sitting.press("j");
    }
    panic!("no row with {words:?}:\n{}", sitting.text((120, 80)));
}

#[track_caller]
fn shows(sitting: &mut Sitting, parts: &[&str]) {
    let text = sitting.text(USUAL);
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
}

fn code_of_last_run(sitting: &Sitting) -> Option<u32> {
    let run = sitting.model.bench.sessions.last().expect("something ran");
    match &run.outcome {
        Some(Outcome::Refused(refusal)) => refusal.error_codes.first().copied(),
        Some(_) => None,
        None => panic!("the run has not ended: {:?}", run.flow.current()),
    }
}

/// Somebody gives a name and a password: the shortest of all sign-ins.
fn password(sitting: &mut Sitting) -> Option<u32> {
    sitting.run(FlowKind::Password, "handheld", |_| {});
    code_of_last_run(sitting)
}

fn desktop(sitting: &mut Sitting) -> Option<u32> {
    sitting.run(FlowKind::AuthorizationCode, "desktop", |_| {});
    code_of_last_run(sitting)
}

/// Takes what is called so from the menu that is open.
#[track_caller]
fn menu(sitting: &mut Sitting, wanted: &str) {
    for _ in 0..60 {
        let Some(Overlay::Choices { choices, selected, .. }) = sitting.model.overlays.last() else {
            panic!("no menu for {wanted}");
        };
        if choices[*selected].name == wanted {
            sitting.press("Enter");
            return;
        }
        sitting.press("j");
    }
    panic!("{wanted} is not offered");
}

#[test]
fn every_section_looks_as_it_was_looked_at() {
    let mut sitting = begun();
    assert_pictures!(sitting, "tenant_people");
    for (section, name) in [
        (GROUPS, "tenant_groups"),
        (DEVICES, "tenant_devices"),
        (APPLICATIONS, "tenant_applications"),
        (IDENTITIES, "tenant_identities"),
        (GRANTS, "tenant_grants"),
        (POLICIES, "tenant_policies"),
        (LOCATIONS, "tenant_locations"),
        (TENANTS, "tenant_tenants"),
        (TROUBLE, "tenant_trouble"),
        (SIGN_INS, "tenant_sign_ins_empty"),
        (STEPS, "tenant_steps_empty"),
    ] {
        open(&mut sitting, section);
        assert_pictures!(sitting, name);
        sitting.resize_to_everything();
        sitting.press("Enter z");
        sitting.resize_to_everything();
        sitting.press("z");
    }
}

#[test]
fn who_is_blocked_is_refused_until_it_is_undone() {
    let mut sitting = begun();
    assert_eq!(password(&mut sitting), None);
    open(&mut sitting, PEOPLE);
    sitting.press("Space");
    assert_eq!(sitting.toast(), "mina: accountEnabled false (u undoes it)");
    shows(&mut sitting, &["✗ Mina Okafor", "blocked"]);
    assert_eq!(password(&mut sitting), Some(50057));
    sitting.press("u");
    assert_eq!(sitting.toast(), "undone: mina: accountEnabled false (Ctrl-R does it again)");
    assert_eq!(password(&mut sitting), None);
    sitting.press("u");
    assert_eq!(sitting.toast(), "there is nothing to undo");
}

#[test]
fn each_switch_of_a_person_has_its_refusal() {
    let mut sitting = begun();
    open(&mut sitting, PEOPLE);
    sitting.press("Enter");
    for (member, code) in [("lockedOut", 50053), ("passwordExpired", 50055)] {
        row(&mut sitting, member);
        sitting.press("Space");
        assert_eq!(password(&mut sitting), Some(code), "{member}");
        sitting.press("u");
    }
    assert_eq!(password(&mut sitting), None);
}

#[test]
fn an_application_is_disabled_in_the_list_and_again_enabled() {
    let mut sitting = begun();
    open(&mut sitting, APPLICATIONS);
    find(&mut sitting, "handheld");
    sitting.press("Space");
    assert_eq!(password(&mut sitting), Some(7_000_112));
    sitting.press("Space");
    assert_eq!(password(&mut sitting), None);
}

#[test]
fn a_grant_that_is_taken_back_is_missed() {
    let mut sitting = begun();
    assert_eq!(password(&mut sitting), None);
    open(&mut sitting, GRANTS);
    find(&mut sitting, "handheld");
    shows(&mut sitting, &["handheld", "everybody", "User.Read"]);
    sitting.press("x");
    assert!(sitting.toast().contains("taken back from"), "{}", sitting.toast());
    assert_eq!(password(&mut sitting), Some(65001));
    sitting.press("u");
    assert_eq!(password(&mut sitting), None);
}

#[test]
fn what_is_granted_step_by_step_spares_the_consent() {
    let mut sitting = begun();
    open(&mut sitting, GRANTS);
    find(&mut sitting, "handheld");
    sitting.press("d Esc");
    assert_eq!(password(&mut sitting), Some(65001));
    let scopes = {
        let handheld = sitting.model.bench.lab.scenario.application("handheld").expect("it is there");
        handheld.oauth2_permission_grants[0].scopes.clone()
    };
    for scope in scopes {
        open(&mut sitting, GRANTS);
        sitting.press("a");
        let name = sitting.model.bench.lab.scenario.application("handheld").unwrap().display_name.clone();
        menu(&mut sitting, &name);
        menu(&mut sitting, "Microsoft Graph");
        menu(&mut sitting, &scope);
        menu(&mut sitting, "Mina Okafor");
        assert!(sitting.toast().contains(&format!("{scope} granted to")), "{}", sitting.toast());
    }
    assert_eq!(password(&mut sitting), None);
}

#[test]
fn a_policy_that_is_switched_off_asks_nothing() {
    let mut sitting = begun();
    open(&mut sitting, POLICIES);
    find(&mut sitting, "vault");
    let state =
        |sitting: &Sitting| sitting.model.bench.lab.scenario.conditional_access_policies[0].state.name();
    assert_eq!(state(&sitting), "enabled");
    sitting.press("Space");
    assert_eq!(state(&sitting), "disabled");
    shows(&mut sitting, &["off (mfa)"]);
    sitting.press("Esc g Enter");
    row(&mut sitting, "usersMayConsent");
    sitting.press("Space");
    assert!(!sitting.model.bench.lab.scenario.policy.users_may_consent);
}

#[test]
fn the_clock_is_moved_and_faults_are_switched_on_and_off() {
    let mut sitting = begun();
    open(&mut sitting, TROUBLE);
    sitting.press("a");
    menu(&mut sitting, "move the clock on by a day");
    shows(&mut sitting, &["the clock is 1 d ahead"]);
    sitting.press("d");
    shows(&mut sitting, &["shows the machine's time"]);
    sitting.press("a");
    menu(&mut sitting, "500");
    menu(&mut sitting, "token");
    menu(&mut sitting, "once");
    assert!(sitting.toast().contains("is on"), "{}", sitting.toast());
    password(&mut sitting);
    assert!(
        !matches!(sitting.model.bench.sessions.last().unwrap().outcome, Some(Outcome::Tokens(_))),
        "it was struck"
    );
    assert_eq!(password(&mut sitting), None, "and only once");
    sitting.press("a");
    menu(&mut sitting, "503, Retry-After 10 s");
    menu(&mut sitting, "any");
    menu(&mut sitting, "until it is switched off");
    sitting.press("j");
    assert_pictures!(sitting, "tenant_fault");
    sitting.press("d");
    assert_eq!(sitting.model.bench.tenant.view().faults, []);
    assert_eq!(password(&mut sitting), None);
}

#[test]
fn values_are_edited_in_place_and_what_the_directory_refuses_says_why() {
    let mut sitting = begun();
    open(&mut sitting, PEOPLE);
    sitting.press("e");
    assert_eq!(sitting.model.context(), Context::Field);
    sitting.write(" the Second");
    sitting.press("Enter");
    assert_eq!(sitting.model.bench.lab.scenario.user("mina").unwrap().display_name, "Mina Okafor the Second");
    shows(&mut sitting, &["Mina Okafor the Second"]);
    open(&mut sitting, APPLICATIONS);
    find(&mut sitting, "storefront");
    sitting.press("Enter");
    row(&mut sitting, "spa.redirectUris");
    sitting.press("a");
    sitting.write("nonsense");
    sitting.press("Enter");
    assert_eq!(sitting.model.context(), Context::Field, "the field stays open");
    assert_pictures!(sitting, "tenant_refused_value");
    sitting.resize_to_everything();
    for _ in 0.."nonsense".len() {
        sitting.press("Backspace");
    }
    sitting.write("http://localhost:7081/other");
    sitting.press("Enter");
    let uris =
        || sitting.model.bench.lab.scenario.application("storefront").unwrap().spa.redirect_uris.clone();
    assert_eq!(uris().last().map(String::as_str), Some("http://localhost:7081/other"));
    let offered = sitting.model.bench.offers.iter().find(|offer| offer.key == "storefront");
    let registered = &offered.expect("it is on offer").profile.registered;
    assert!(registered.iter().any(|(_, uri)| uri.as_str().ends_with("/other")), "ready-made runs know it");
    row(&mut sitting, "http://localhost:7081/other");
    sitting.press("d");
    let uris = sitting.model.bench.lab.scenario.application("storefront").unwrap().spa.redirect_uris.clone();
    assert!(!uris.contains(&"http://localhost:7081/other".to_owned()));
}

#[test]
fn a_choice_is_made_from_a_list_that_says_what_each_means() {
    let mut sitting = begun();
    open(&mut sitting, APPLICATIONS);
    find(&mut sitting, "storefront");
    sitting.press("Enter");
    row(&mut sitting, "signInAudience");
    sitting.press("Enter j j Enter");
    let audience = sitting.model.bench.lab.scenario.application("storefront").unwrap().sign_in_audience;
    assert_eq!(audience.name(), "AzureADandPersonalMicrosoftAccount");
}

#[test]
fn ready_made_runs_follow_the_directory() {
    let mut sitting = begun();
    let offered =
        |sitting: &Sitting, key: &str| sitting.model.bench.offers.iter().any(|offer| offer.key == key);
    let ran = |sitting: &mut Sitting| {
        sitting.run(FlowKind::ClientCredentials, "inventory-sync", |_| {});
        code_of_last_run(sitting)
    };
    assert_eq!(ran(&mut sitting), None);
    open(&mut sitting, APPLICATIONS);
    find(&mut sitting, "inventory-sync");
    sitting.press("Enter");
    row(&mut sitting, "secretText");
    sitting.press("e");
    sitting.write("-changed");
    sitting.press("Enter");
    assert_eq!(ran(&mut sitting), None, "the new secret is used");
    row(&mut sitting, "endDateTime");
    sitting.press("e");
    sitting.write("2026-01-31");
    sitting.press("Enter");
    assert_pictures!(sitting, "tenant_secret_ended");
    open(&mut sitting, APPLICATIONS);
    find(&mut sitting, "desktop");
    assert!(offered(&sitting, "desktop"));
    sitting.press("d");
    assert!(!offered(&sitting, "desktop"));
    sitting.press("u");
    assert!(offered(&sitting, "desktop"));
}

#[test]
fn secrets_are_masked_until_v() {
    let mut sitting = begun();
    open(&mut sitting, PEOPLE);
    sitting.press("Enter");
    for size in sitting::SIZES {
        assert!(!sitting.text(size).contains("lab-Mina-1"));
    }
    row(&mut sitting, "password ");
    sitting.press("v");
    shows(&mut sitting, &["lab-Mina-1"]);
    sitting.wait(11);
    assert!(!sitting.text(USUAL).contains("lab-Mina-1"));
    sitting.press("y");
    assert_eq!(sitting.copied.pop(), Some(("password".to_owned(), "lab-Mina-1".to_owned())));
    sitting.press("Esc y");
    let id = sitting.model.bench.lab.scenario.user("mina").unwrap().id.clone();
    assert_eq!(sitting.copied.pop(), Some(("id".to_owned(), id)));
}

#[test]
fn the_sign_in_log_grows_as_people_try_and_leads_to_the_explanation() {
    let mut sitting = begun();
    open(&mut sitting, PEOPLE);
    sitting.press("Space");
    password(&mut sitting);
    sitting.press("u");
    password(&mut sitting);
    desktop(&mut sitting);
    open(&mut sitting, SIGN_INS);
    assert_pictures!(sitting, "tenant_sign_ins");
    sitting.resize_to_everything();
    shows(&mut sitting, &["Sign-in log", "following", "50057", "mina@northwind"]);
    // The newest row is followed, until somebody moves down.
    sitting.press("j j");
    shows(&mut sitting, &["f follows"]);
    let chosen = |sitting: &mut Sitting| {
        let text = sitting.text((120, 40));
        text.lines().filter(|line| line.contains("─ Sign-in ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = chosen(&mut sitting);
    password(&mut sitting);
    assert_eq!(chosen(&mut sitting), before, "the selection stays with its row");
    sitting.press("f");
    shows(&mut sitting, &["following"]);
    sitting.press("F");
    shows(&mut sitting, &["refused only", "1 of "]);
    sitting.press("Enter");
    assert_pictures!(sitting, "tenant_attempt");
    let text = sitting.text((120, 60));
    for part in ["correlation id", "trace id", "account.enabled", "AADSTS50057"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    sitting.press("Enter");
    assert_eq!(sitting.model.screen, ScreenId::Errors);
    shows(&mut sitting, &["50057"]);
    sitting.press("q x");
    assert_eq!(sitting.model.screen, ScreenId::Errors);
    sitting.press("q i");
    assert_eq!(sitting.model.screen, ScreenId::Traffic);
}

#[test]
fn the_log_is_filtered_over_all_its_columns() {
    let mut sitting = begun();
    password(&mut sitting);
    desktop(&mut sitting);
    open(&mut sitting, SIGN_INS);
    let all = sitting.model.bench.tenant.attempts().len();
    assert!(all >= 2, "{all}");
    find(&mut sitting, "handheld MINA");
    shows(&mut sitting, &[&format!("1 of {all}"), "filter: "]);
    sitting.press("/ Esc");
    shows(&mut sitting, &[&format!("Sign-in log  {all}")]);
    sitting.paste("nobody-has-this");
    sitting.press("Enter");
    shows(&mut sitting, &["Nothing here has these words"]);
}

#[test]
fn steps_are_a_history_that_goes_back_and_forth() {
    let mut sitting = begun();
    open(&mut sitting, PEOPLE);
    sitting.press("Space j Space");
    sitting.press("u");
    open(&mut sitting, STEPS);
    assert_pictures!(sitting, "tenant_steps");
    shows(&mut sitting, &["taken back", "mina: accountEnabled false"]);
    sitting.resize_to_everything();
}

#[test]
fn sessions_are_revoked_and_nothing_offers_to_undo_that() {
    let mut sitting = begun();
    open(&mut sitting, PEOPLE);
    sitting.press("x");
    assert_eq!(sitting.toast(), "Mina Okafor: every session ended");
    open(&mut sitting, APPLICATIONS);
    sitting.press("x");
    assert!(sitting.toast().contains("can be revoked"), "{}", sitting.toast());
}

#[test]
fn a_scenario_is_saved_and_loaded_and_never_replaced_silently() {
    let mut sitting = begun();
    open(&mut sitting, PEOPLE);
    sitting.press("Space S");
    sitting.write("my shop");
    sitting.press("Enter");
    assert_pictures!(sitting, "tenant_naming");
    sitting.press("Esc S");
    sitting.write("shop");
    sitting.press("Enter");
    let saved = Scenario::parse(&sitting.files["shop"]).expect("it can be read");
    assert!(!saved.user("mina").unwrap().account_enabled);
    sitting.press("u S");
    sitting.write("shop");
    sitting.press("Enter");
    assert_eq!(sitting.model.context(), Context::Confirm);
    sitting.press("n");
    assert!(!Scenario::parse(&sitting.files["shop"]).unwrap().user("mina").unwrap().account_enabled);
    sitting.press("L j Enter");
    assert!(!sitting.model.bench.lab.scenario.user("mina").unwrap().account_enabled, "{}", sitting.toast());
    sitting.press("L Enter");
    assert!(sitting.model.bench.lab.scenario.user("mina").unwrap().account_enabled);
    sitting.press("u");
    assert!(!sitting.model.bench.lab.scenario.user("mina").unwrap().account_enabled);
    sitting.press("S");
    sitting.write("shop");
    sitting.press("Enter y");
    assert!(sitting.model.overlays.is_empty());
}

#[test]
fn without_a_tenant_it_says_why() {
    let mut sitting = begun();
    sitting.model.bench.apply(Event::LabFailed("port 7080 is taken".to_owned()), sitting.now);
    shows(&mut sitting, &["could not start", "port 7080 is taken"]);
    sitting.press("Enter Space d u");
    sitting.resize_to_everything();
    let authority = authwright::flow::Authority::Entra {
        base: "https://login.microsoftonline.com".parse().expect("an address"),
        tenant: "contoso.example".to_owned(),
    };
    let target = Profile::new("contoso", authority, "11111111-2222-3333-4444-555555555555");
    sitting.model.bench = Workbench::new(Some(target), Scenario::northwind());
    shows(&mut sitting, &["no lab tenant runs in it"]);
    sitting.press("Enter Space d u");
}

#[test]
fn the_footer_names_only_keys_that_do_something() {
    let mut sitting = begun();
    let words = |sitting: &Sitting| -> Vec<&'static str> {
        sitting.model.hints().iter().map(|hint| hint.words).collect()
    };
    open(&mut sitting, PEOPLE);
    assert!(words(&sitting).contains(&"switch") && !words(&sitting).contains(&"undo"));
    sitting.press("Space");
    assert!(words(&sitting).contains(&"undo"));
    open(&mut sitting, GRANTS);
    let grants = words(&sitting);
    assert!(
        !grants.contains(&"switch") && grants.contains(&"revoke") && grants.contains(&"add"),
        "{grants:?}"
    );
    open(&mut sitting, TENANTS);
    sitting.press("Enter");
    row(&mut sitting, "key ");
    assert!(!words(&sitting).contains(&"edit"), "{:?}", words(&sitting));
}

#[test]
fn with_ascii_only_nothing_else_is_drawn() {
    let mut sitting = begun();
    sitting.model.look.glyphs = Glyphs::of(Charset::Ascii);
    password(&mut sitting);
    for section in 0..=STEPS {
        open(&mut sitting, section);
        for keys in ["", "Enter"] {
            sitting.press(keys);
            for size in sitting::SIZES {
                let text = sitting.text(size);
                assert!(text.is_ascii(), "{text}");
            }
        }
    }
}
