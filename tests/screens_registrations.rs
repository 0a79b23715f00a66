//! The Registrations screen with the keys that a person has: what is brought is checked, mended by its commands, and used as
//! evidence; permissions are found, and granted by theirs.

mod sitting;

use authwright::{
    flow::{Change, FlowKind, NamedBend, Profile, StepId},
    provider::scenario::Scenario,
    tui::{
        action::Action,
        glyphs::{Charset, Glyphs},
        keymap::{self, Context},
        model::ScreenId,
        overlay::Overlay,
    },
    workbench::Workbench,
};
use sitting::Sitting;

/// The usual terminal.
const USUAL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (200, 60);

const APP: &str = "9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846";

/// As `az ad app show` prints it, with much that is wrong.
const ORDERS: &str = r#"{
  "appId": "9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846",
  "displayName": "Orders",
  "id": "5d7b2e60-8c1f-4f3a-9e24-6a0b7c8d9e1f",
  "identifierUris": [],
  "isFallbackPublicClient": true,
  "keyCredentials": [],
  "passwordCredentials": [
    { "displayName": "old", "endDateTime": "2025-01-01T00:00:00Z", "keyId": "7d1f0d2e-3a4b-4c5d-8e6f-102030405060" }
  ],
  "publicClient": { "redirectUris": [] },
  "publisherDomain": "contoso.example",
  "requiredResourceAccess": [
    {
      "resourceAccess": [
        { "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope" },
        { "id": "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "type": "Role" }
      ],
      "resourceAppId": "00000003-0000-0000-c000-000000000000"
    }
  ],
  "signInAudience": "AzureADMyOrg",
  "spa": { "redirectUris": [] },
  "web": { "redirectUris": ["http://orders.example/auth", "https://orders.example/auth"] }
}"#;

fn begun() -> Sitting {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Registrations);
    sitting
}

/// Without a lab, as against a real tenant.
fn alone() -> Sitting {
    let mut sitting = Sitting::new();
    let target = Profile { name: "contoso".to_owned(), ..sitting.model.bench.offers[0].profile.clone() };
    sitting.model.bench = Workbench::new(Some(target), Scenario::northwind());
    sitting.go(ScreenId::Registrations);
    sitting
}

fn url(client: &str) -> String {
    format!(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id={client}&response_type=code\
         &redirect_uri=https%3A%2F%2Forders.example%2Fauth%2F&scope=openid%20Mail.Read&state=s1&nonce=n1"
    )
}

#[track_caller]
fn shows(sitting: &mut Sitting, size: (u16, u16), parts: &[&str]) {
    let text = sitting.text(size);
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
}

/// Everything that is said of what is selected, whatever of it is in sight.
fn everything(sitting: &Sitting) -> String {
    let copies = sitting.model.registrations.copies(&sitting.model.bench);
    let (_, text) = copies.last().expect("there is something to copy");
    text.expose().to_owned()
}

/// Goes down until what `y` copies begins with this.
#[track_caller]
fn down_to(sitting: &mut Sitting, begin: &str) -> String {
    for _ in 0..200 {
        sitting.press("y");
        if let Some((_, text)) = sitting.copied.pop()
            && text.starts_with(begin)
        {
            return text;
        }
        sitting.press("Down");
    }
    panic!("nothing begins with {begin}:\n{}", sitting.text(WIDE));
}

#[test]
fn an_empty_screen_says_what_would_be_here_and_which_key_fills_it() {
    let mut sitting = alone();
    assert_pictures!(sitting, "registrations_empty");
    shows(&mut sitting, USUAL, &["Registrations  0", "az ad app show", "a reads a file"]);
    for keys in ["x", "u", "e", "y", "Enter", "Tab", "Down", "Enter", "E", "z", "Esc"] {
        sitting.press(keys);
    }
    sitting.resize_to_everything();
}

#[test]
fn the_labs_own_applications_stand_there_with_what_was_found() {
    let mut sitting = begun();
    assert_pictures!(sitting, "registrations_lab");
    shows(&mut sitting, USUAL, &["Northwind Storefront", "lab", "risky", "e changes it on screen 8"]);
    sitting.press("e");
    assert_eq!(sitting.model.screen, ScreenId::Tenant);
    shows(&mut sitting, USUAL, &["Northwind Storefront", "Applications"]);
    sitting.resize_to_everything();
}

#[test]
fn what_is_edited_in_the_tenant_is_found_here_at_once() {
    let mut sitting = begun();
    assert!(!sitting.text(WIDE).contains("switched off in this tenant"));
    sitting.press("e g");
    let on_switch = |sitting: &mut Sitting| {
        let text = sitting.text(WIDE);
        text.lines().any(|line| line.contains('▌') && line.contains("isDisabled"))
    };
    for _ in 0..80 {
        if on_switch(&mut sitting) {
            break;
        }
        sitting.press("j");
    }
    assert!(on_switch(&mut sitting), "{}", sitting.text(WIDE));
    sitting.press("Space");
    sitting.go(ScreenId::Registrations);
    shows(&mut sitting, WIDE, &["The application is switched off in this tenant", "AADSTS7000112"]);
    shows(&mut sitting, USUAL, &["1 will fail, 1 risky"]);
}

#[test]
fn a_bad_registration_is_brought_understood_and_mended_by_a_copied_command() {
    let mut sitting = begun();
    sitting.paste(ORDERS);
    assert_eq!(sitting.toast(), "Orders added: 2 will fail, 2 risky");
    assert_pictures!(sitting, "registrations_brought");
    shows(&mut sitting, USUAL, &["yours", "Will fail", "A redirect URI is http", "AADSTS50011"]);
    let command = down_to(&mut sitting, "az ad app update");
    assert_eq!(
        command,
        "az ad app update --id 9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846 --web-redirect-uris https://orders.example/auth"
    );
    sitting.press("Enter");
    assert!(matches!(sitting.model.overlays.last(), Some(Overlay::Plain { .. })));
    sitting.press("Esc");
    let number = down_to(&mut sitting, "AADSTS7000222");
    assert_eq!(number, "AADSTS7000222");
    sitting.press("Enter");
    assert_eq!(sitting.model.screen, ScreenId::Errors);
    shows(&mut sitting, USUAL, &["AADSTS7000222", "az ad app credential", "--id 9f2c7b10-64d3"]);
    // Mended, and pasted again.
    sitting.go(ScreenId::Registrations);
    sitting.paste(&ORDERS.replace("\"http://orders.example/auth\", ", "").replace("2025-01", "2027-01"));
    assert_eq!(sitting.toast(), "Orders brought up to date: 2 risky");
    sitting.resize_to_everything();
}

#[test]
fn permissions_that_are_listed_have_names_and_lead_to_the_list_of_all() {
    let mut sitting = begun();
    sitting.paste(ORDERS);
    let told = everything(&sitting);
    for part in ["Permissions it lists  2", "User.Read  delegated", "Mail.Read  application"] {
        assert!(told.contains(part), "{told}");
    }
    let id = down_to(&mut sitting, "810c84a8");
    assert_eq!(id, "810c84a8-4a9e-49e6-bf7d-12d183f40d01");
    sitting.press("Enter");
    shows(&mut sitting, USUAL, &["search: Mail.Read", "Mail.Read  application (Role)", "everybody's mail"]);
}

#[test]
fn what_would_tell_more_is_named_with_the_command_that_prints_it() {
    let mut sitting = begun();
    sitting.paste(ORDERS);
    assert!(everything(&sitting).contains("Would tell more, pasted here"));
    let command = down_to(&mut sitting, "az ad sp show");
    assert_eq!(command, format!("az ad sp show --id {APP}"));
    sitting.paste(&format!(
        r#"{{"appId":"{APP}","id":"0b0c0d0e-1111-4222-8333-944455556666","servicePrincipalType":"Application","accountEnabled":false}}"#
    ));
    assert!(
        sitting.toast().starts_with("service principal added to Orders: 3 will fail"),
        "{}",
        sitting.toast()
    );
    let told = everything(&sitting);
    for part in ["The application is switched off in this tenant", "✓ service principal"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn an_address_is_read_parameter_by_parameter_and_beside_its_registration() {
    let mut sitting = begun();
    sitting.press("p");
    sitting.write(&url(APP));
    sitting.press("Enter");
    assert!(sitting.toast().starts_with("authorization request added"), "{}", sitting.toast());
    let told = everything(&sitting);
    for part in
        ["Its registration is not here", "Parameter by parameter", "✓ redirect_uri  https://orders.example"]
    {
        assert!(told.contains(part), "{told}");
    }
    sitting.paste(ORDERS);
    sitting.press("Esc Down");
    assert_pictures!(sitting, "registrations_address");
    shows(
        &mut sitting,
        USUAL,
        &[
            "URL: Authorization request of Orders",
            "Compared with the registration of Orders",
            "redirect_uri is not registered",
        ],
    );
}

#[test]
fn a_file_is_read_and_bad_input_is_called_by_its_name() {
    let mut sitting = begun();
    sitting.press("a");
    sitting.write("nowhere.json");
    sitting.press("Enter");
    assert!(sitting.toast().contains("nowhere.json cannot be read"), "{}", sitting.toast());
    sitting.files.insert("app.json".to_owned(), ORDERS.to_owned());
    sitting.press("a");
    sitting.write("app.json");
    sitting.press("Enter");
    assert!(sitting.toast().starts_with("Orders added"), "{}", sitting.toast());
    sitting.paste("name: Orders\nreplyUrls:\n- https://orders.example");
    assert!(sitting.toast().contains("wanted: what az ad app show"), "{}", sitting.toast());
    sitting.paste("{\"appId\": \"x\",\n \"displayName\"");
    assert!(sitting.toast().contains("line 2"), "{}", sitting.toast());
}

#[test]
fn what_was_brought_can_be_taken_away_and_put_back_and_what_is_the_labs_cannot() {
    let mut sitting = begun();
    sitting.press("x");
    assert!(sitting.toast().contains("the lab's own"), "{}", sitting.toast());
    sitting.paste(ORDERS);
    sitting.press("x");
    assert_eq!(sitting.toast(), "Orders taken away; u puts it back");
    assert!(!sitting.text(USUAL).contains("yours"));
    sitting.press("u");
    shows(&mut sitting, USUAL, &["Orders", "yours"]);
}

#[test]
fn the_list_is_narrowed_while_one_types() {
    let mut sitting = begun();
    sitting.press("/");
    sitting.write("kiosk");
    shows(&mut sitting, USUAL, &["1 of 23", "Northwind Kiosk"]);
    sitting.press("Enter");
    shows(&mut sitting, USUAL, &["filter: kiosk", "Findings  Northwind Kiosk"]);
    sitting.press("Esc");
    shows(&mut sitting, USUAL, &["Registrations  23"]);
    sitting.press("/");
    sitting.write("no such");
    shows(&mut sitting, USUAL, &["None has these words"]);
    sitting.press("Esc");
    shows(&mut sitting, USUAL, &["Registrations  23"]);
}

#[test]
fn a_permission_is_found_picked_and_granted_by_copied_commands() {
    let mut sitting = begun();
    sitting.paste(ORDERS);
    sitting.press("f");
    sitting.write("Mail.Read");
    shows(&mut sitting, USUAL, &["Permissions  2 of"]);
    sitting.press("Enter y");
    assert_eq!(
        sitting.copied.pop().map(|(_, text)| text).as_deref(),
        Some("570282fd-fa5c-430d-a7fd-fc8dc98a9dca")
    );
    sitting.press("Space f");
    for _ in 0.."Mail.Read".len() {
        sitting.press("Backspace");
    }
    sitting.write("calendar read delegated");
    sitting.press("Enter Space");
    assert_pictures!(sitting, "registrations_permissions");
    shows(&mut sitting, USUAL, &["2 picked", "What grants them to Orders"]);
    sitting.press("Enter");
    let command = down_to(&mut sitting, "az ad app permission add");
    assert!(
        command.contains(APP) && command.contains("570282fd-fa5c-430d-a7fd-fc8dc98a9dca=Scope"),
        "{command}"
    );
    assert_eq!(command.matches("=Scope").count(), 2, "{command}");
    let address = down_to(&mut sitting, "https://");
    assert_eq!(
        address,
        format!(
            "https://login.microsoftonline.com/contoso.example/v2.0/adminconsent?client_id={APP}&scope=\
             https%3A%2F%2Fgraph.microsoft.com%2FMail.Read%20https%3A%2F%2Fgraph.microsoft.com%2FCalendars.Read\
             &redirect_uri=https%3A%2F%2Forders.example%2Fauth"
        )
    );
    sitting.press("Esc Esc c");
    assert!(!sitting.text(USUAL).contains("picked"));
    sitting.resize_to_everything();
}

#[test]
fn a_guid_that_is_pasted_is_looked_up() {
    let mut sitting = begun();
    sitting.paste("810c84a8-4a9e-49e6-bf7d-12d183f40d01");
    shows(&mut sitting, USUAL, &["1 of", "Mail.Read  application (Role)"]);
    sitting.press("f");
    sitting.write("x");
    shows(&mut sitting, USUAL, &["No permission that is known here"]);
    sitting.press("Esc");
    sitting.paste(APP);
    assert!(sitting.toast().contains("an id alone"), "{}", sitting.toast());
}

#[test]
fn for_an_application_of_the_lab_the_consent_page_is_the_labs() {
    let mut sitting = begun();
    sitting.press("f");
    sitting.write("User.Read delegated");
    sitting.press("Enter Enter");
    let address = down_to(&mut sitting, "http://localhost:7080/");
    assert!(address.contains("/v2.0/adminconsent?client_id="), "{address}");
}

#[test]
fn what_was_brought_here_is_evidence_on_the_errors_screen() {
    let refused = format!(
        "AADSTS50011: The redirect URI 'https://orders.example/auth/' specified in the request does not match the \
         redirect URIs configured for the application '{APP}'."
    );
    let mut sitting = begun();
    sitting.go(ScreenId::Errors);
    sitting.paste(&refused);
    shows(&mut sitting, WIDE, &["– registration"]);
    sitting.go(ScreenId::Registrations);
    sitting.paste(ORDERS);
    sitting.go(ScreenId::Errors);
    shows(&mut sitting, WIDE, &["✓ registration: Orders, from screen 6", "Difference from character"]);
    assert_pictures!(sitting, "registrations_as_evidence");
    sitting.go(ScreenId::Registrations);
    sitting.press("x");
    sitting.go(ScreenId::Errors);
    shows(&mut sitting, WIDE, &["– registration"]);
}

#[test]
fn a_refusal_of_the_lab_is_explained_by_the_labs_own_registration() {
    let mut sitting = begun();
    let scenario = sitting.model.bench.lab.scenario.clone();
    let daemon = &scenario.application("inventory-sync").expect("it is there").app_id;
    sitting.paste(&ORDERS.replace(APP, daemon));
    let bend = NamedBend {
        step: Some(StepId::Token),
        name: "client_secret".to_owned(),
        change: Change::Set("not-the-secret".to_owned()),
    };
    sitting.run(FlowKind::ClientCredentials, "inventory-sync", |start| start.bends = vec![bend]);
    sitting.press("4 E");
    let text = sitting.text(WIDE);
    assert!(text.contains("✓ registration") && !text.contains("from screen 6"), "{text}");
}

#[test]
fn a_secret_ends_while_it_is_looked_at() {
    let mut sitting = begun();
    sitting.paste(&ORDERS.replace("2025-01-01T00:00:00Z", "2026-03-04T10:00:00Z"));
    assert!(!sitting.text(WIDE).contains("A secret has expired"));
    sitting.wait(3600);
    shows(&mut sitting, WIDE, &["A secret has expired"]);
}

#[test]
fn what_was_evidence_on_the_errors_screen_is_here_too() {
    let mut sitting = begun();
    sitting.go(ScreenId::Errors);
    sitting.paste(ORDERS);
    sitting.go(ScreenId::Registrations);
    shows(&mut sitting, USUAL, &["Orders", "yours"]);
}

#[test]
fn every_key_that_is_shown_does_something() {
    let mut sitting = begun();
    let stations: [&[&str]; 6] = [&[], &["Enter"], &["Tab"], &["Tab"], &["Space"], &["Tab"]];
    for (at, keys) in stations.iter().enumerate() {
        if at == 1 {
            sitting.paste(ORDERS);
        }
        keys.iter().for_each(|keys| sitting.press(keys));
        for hint in sitting.model.hints() {
            let bound: Vec<_> = keymap::TABLE
                .iter()
                .filter(|row| row.action == hint.action && row.words == hint.words)
                .collect();
            assert!(!bound.is_empty(), "{hint:?}");
            let works = sitting.model.registrations.works(hint.action, &sitting.model.bench);
            assert!(works, "station {at}: {hint:?}");
        }
    }
    let hints = |sitting: &Sitting| sitting.model.hints().iter().map(|hint| hint.action).collect::<Vec<_>>();
    sitting.press("g");
    assert!(hints(&sitting).contains(&Action::RegistrationRemove));
    assert!(!hints(&sitting).contains(&Action::RegistrationChange));
    sitting.press("G");
    assert!(!hints(&sitting).contains(&Action::RegistrationRemove));
    assert!(hints(&sitting).contains(&Action::RegistrationChange));
    assert_eq!(sitting.model.context(), Context::Registrations);
}

#[test]
fn secrets_of_what_was_brought_are_never_shown() {
    let mut sitting = begun();
    let secret = "Zx9~secret~value~that~nobody~may~see";
    sitting.paste(&ORDERS.replace(
        "\"displayName\": \"old\",",
        &format!("\"displayName\": \"old\", \"secretText\": \"{secret}\","),
    ));
    sitting.paste(&format!("{}&client_secret={secret}", url(APP)));
    for keys in ["", "Esc", "Down", "Enter", "Tab", "Tab"] {
        sitting.press(keys);
        for size in sitting::SIZES {
            assert!(!sitting.text(size).contains(secret));
        }
        let copies = sitting.model.registrations.copies(&sitting.model.bench);
        assert!(copies.iter().all(|(_, text)| !text.expose().contains(secret)));
    }
}

#[test]
fn hostile_text_loses_its_power_and_ascii_stays_ascii() {
    let mut sitting = begun();
    sitting.paste(&ORDERS.replace("\"Orders\"", "\"Or\\u001b[31md\\u202eers\""));
    for size in sitting::SIZES {
        let text = sitting.text(size);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
    sitting.model.look.glyphs = Glyphs::of(Charset::Ascii);
    sitting.paste(&url(APP));
    for keys in ["", "Esc", "Down", "Enter", "Tab", "Space", "Tab", "f"] {
        sitting.press(keys);
        for size in sitting::SIZES {
            let text = sitting.text(size);
            assert!(text.is_ascii(), "{text}");
        }
    }
}
