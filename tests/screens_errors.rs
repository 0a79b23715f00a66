//! The Errors screen: refusals of the lab tenant, pasted errors and the list, with the keys that a person has.

mod sitting;

use authwright::{
    flow::{Change, FlowKind, NamedBend, StepId},
    provider::{
        order::Order,
        scenario::edit::{Edit, List},
    },
    tui::{
        glyphs::{Charset, Glyphs},
        model::ScreenId,
        msg::Msg,
    },
    workbench::{Event, User},
};
use sitting::Sitting;

/// The usual terminal.
const USUAL: (u16, u16) = (80, 24);

fn bend(step: StepId, name: &str, value: &str) -> Vec<NamedBend> {
    vec![NamedBend { step: Some(step), name: name.to_owned(), change: Change::Set(value.to_owned()) }]
}

/// A daemon that sends a wrong secret.
fn wrong_secret(sitting: &mut Sitting) {
    let bends = bend(StepId::Token, "client_secret", "not-the-secret");
    sitting.run(FlowKind::ClientCredentials, "inventory-sync", |start| start.bends = bends);
}

/// A sign-in with an address that nobody registered.
fn wrong_redirect_uri(sitting: &mut Sitting) {
    let bends = bend(StepId::Authorize, "redirect_uri", "http://localhost:53111/callback");
    sitting.run(FlowKind::AuthorizationCode, "desktop", |start| start.bends = bends);
}

fn begun() -> Sitting {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Errors);
    sitting
}

#[track_caller]
fn shows(sitting: &mut Sitting, parts: &[&str]) {
    let text = sitting.text(USUAL);
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
}

#[track_caller]
fn shows_not(sitting: &mut Sitting, part: &str) {
    let text = sitting.text(USUAL);
    assert!(!text.contains(part), "{part:?} is there:\n{text}");
}

#[test]
fn at_first_it_says_what_to_do_and_lists_everything() {
    let mut sitting = begun();
    assert_pictures!(sitting, "errors_empty");
    shows(&mut sitting, &["No run of this sitting was refused", "p takes any error", "● 16000"]);
    sitting.press("E");
    assert!(sitting.toast().contains("no run of this sitting was refused"), "{}", sitting.toast());
    sitting.press("i");
    assert!(sitting.toast().contains("no exchange"), "{}", sitting.toast());
    sitting.press("Tab z z");
    sitting.resize_to_everything();
}

#[test]
fn the_last_refusal_is_offered_and_explained_from_what_was_sent() {
    let mut sitting = begun();
    wrong_redirect_uri(&mut sitting);
    assert_pictures!(sitting, "errors_offered");
    shows(&mut sitting, &["E explains the last refusal", "AADSTS50011"]);
    // It stays on offer, however long that was ago.
    sitting.wait(3600);
    sitting.press("E");
    assert_pictures!(sitting, "errors_redirect_uri");
    shows(&mut sitting, &["on a page of the authority", "i shows exchange #2"]);
    let text = sitting.text((200, 60));
    let sent = "Sent       http://localhost:53111/callback";
    for part in [
        "at Send the person to sign in",
        sent,
        "Expected   http://localhost, any port (publicClient)",
        "Difference from character 23",
        "(certain)",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    sitting.resize_to_everything();
    sitting.press("i");
    assert_eq!(sitting.model.screen, ScreenId::Traffic);
}

#[test]
fn a_refusal_in_json_keeps_its_secret_hidden_on_every_size() {
    let mut sitting = begun();
    wrong_secret(&mut sitting);
    sitting.press("E");
    assert_pictures!(sitting, "errors_secret");
    shows(&mut sitting, &["AADSTS7000215  invalid_client  in a JSON answer with status 401"]);
    for keys in ["", "Tab", "Tab", "Tab", "z"] {
        sitting.press(keys);
        for size in sitting::SIZES {
            assert!(!sitting.text(size).contains("not-the-secret"));
        }
    }
}

#[test]
fn down_scrolls_and_stops_at_each_fix_whose_command_y_copies() {
    let mut sitting = begun();
    sitting.press("/");
    sitting.write("50011");
    sitting.press("Enter");
    shows(&mut sitting, &["Redirect URI is not registered", "Enter goes to what helps"]);
    let mut stops = Vec::new();
    for _ in 0..200 {
        sitting.press("Down y");
        if let Some((what, text)) = sitting.copied.pop()
            && what != "explanation"
            && stops.last() != Some(&(what.clone(), text.clone()))
        {
            stops.push((what, text));
        }
    }
    let commands: Vec<_> = stops.iter().filter(|(what, _)| what == "command").collect();
    assert!(commands.len() > 2 && commands.iter().all(|(_, text)| text.starts_with("az ")), "{stops:#?}");
    let all = sitting.model.errors.copies(&sitting.model.bench);
    let listed: Vec<&str> =
        all.iter().filter(|(name, _)| name.starts_with("command")).map(|(_, text)| text.expose()).collect();
    let walked: Vec<&str> = commands.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(walked, listed, "every command is reached, in order");
    assert_eq!(stops.last().map(|(what, _)| what.as_str()), Some("code"), "the related numbers come last");
    // And all the way back up.
    for _ in 0..200 {
        sitting.press("Up");
    }
    shows(&mut sitting, &["AADSTS50011  Redirect URI"]);
}

#[test]
fn a_related_number_is_followed_and_esc_comes_back() {
    let mut sitting = begun();
    sitting.press("/");
    sitting.write("50011");
    sitting.press("Enter");
    for _ in 0..200 {
        sitting.press("Down");
    }
    sitting.press("y");
    let number = sitting.copied.pop().expect("something was copied").1;
    assert_ne!(number, "AADSTS50011");
    sitting.press("Enter");
    shows(&mut sitting, &[&number, "Esc goes back"]);
    sitting.press("Esc");
    shows(&mut sitting, &["AADSTS50011  Redirect URI"]);
}

#[test]
fn enter_goes_to_the_first_fix_and_shows_its_command_alone() {
    let mut sitting = begun();
    sitting.press("/");
    sitting.write("50011");
    sitting.press("Enter Enter");
    shows(&mut sitting, &["▌→ Get the request that was refused"]);
    sitting.press("Enter");
    assert!(sitting.toast().contains("done by hand"), "{}", sitting.toast());
    sitting.press("Down Down Enter");
    assert_eq!(sitting.model.overlays.len(), 1, "the command stands alone over the screen");
}

#[test]
fn the_list_is_filtered_while_one_types() {
    let mut sitting = begun();
    sitting.press("/");
    sitting.write("redirect");
    assert_pictures!(sitting, "errors_search");
    let text = sitting.text(USUAL);
    assert!(text.contains(" of ") && text.contains("50011") && !text.contains("50034"), "{text}");
    sitting.press("Down Down Enter");
    shows(&mut sitting, &["Explained"]);
    sitting.press("n");
    sitting.press("Tab");
    shows(&mut sitting, &["search: redirect"]);
    sitting.press("/ Esc");
    shows_not(&mut sitting, "search: redirect");
}

#[test]
fn what_is_typed_and_is_no_search_is_explained_as_text() {
    let mut sitting = begun();
    sitting.press("p");
    sitting.write("the app said: error=invalid_grant, AADSTS70008 expired");
    shows(&mut sitting, &["No code fits"]);
    sitting.press("Enter");
    shows(
        &mut sitting,
        &["What came back", "the app said", "AADSTS70008  The code or refresh token has expired"],
    );
}

#[test]
fn a_pasted_error_is_explained_at_once_with_its_secrets_masked() {
    let mut sitting = begun();
    let secret = "0.AXoAsecretsecretsecret";
    sitting.paste(&format!(
        "POST /token client_secret={secret}&scope=x\n{{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: \
         Invalid client secret provided.\",\"error_codes\":[7000215]}}"
    ));
    assert_pictures!(sitting, "errors_pasted");
    shows(&mut sitting, &["AADSTS7000215", "••••••••"]);
    for size in sitting::SIZES {
        assert!(!sitting.text(size).contains(secret));
    }
    sitting.press("Tab Tab y");
    assert!(sitting.copied.iter().all(|(_, text)| !text.contains(secret)));
    // A number alone is something to search for.
    sitting.paste("65001");
    shows(&mut sitting, &["65001    Consent is missing"]);
    sitting.resize_to_everything();
}

#[test]
fn text_without_an_error_says_so() {
    let mut sitting = begun();
    sitting.paste("nothing wrong here\nat all");
    shows(&mut sitting, &["No error found in this text"]);
}

#[test]
fn what_support_asks_for_is_copied_together() {
    let mut sitting = begun();
    wrong_secret(&mut sitting);
    sitting.press("E Tab Tab Tab y");
    let (what, text) = sitting.copied.pop().expect("something was copied");
    assert_eq!(what, "ids for support");
    let names: Vec<&str> = text.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, ["Error", "Code", "Trace ID", "Correlation ID", "Timestamp"]);
}

#[test]
fn hostile_text_loses_its_power() {
    let mut sitting = begun();
    sitting.paste(
        "AADSTS50011: a\u{1b}[31mred\u{202e}b\u{7} and enough words to make it longer than a search would be",
    );
    for size in sitting::SIZES {
        let text = sitting.text(size);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?}");
        assert!(text.contains('␛'), "{text}");
    }
}

#[test]
fn with_ascii_only_nothing_else_is_drawn() {
    let mut sitting = begun();
    sitting.model.look.glyphs = Glyphs::of(Charset::Ascii);
    wrong_redirect_uri(&mut sitting);
    for keys in ["", "E", "Enter", "Tab", "/"] {
        sitting.press(keys);
        for size in sitting::SIZES {
            let text = sitting.text(size);
            assert!(text.is_ascii(), "{text}");
        }
    }
}

#[test]
fn a_number_is_shown_in_the_lab_and_mended_there() {
    let mut sitting = begun();
    sitting.press("m");
    assert!(sitting.toast().contains("nothing in the lab tenant waits"), "{}", sitting.toast());
    sitting.press("/");
    sitting.write("53003");
    sitting.press("Enter");
    shows(&mut sitting, &["R shows it in the lab"]);
    sitting.press("R");
    assert_eq!(sitting.model.screen, ScreenId::Run);
    shows(
        &mut sitting,
        &[
            "In the lab  AADSTS53003: a policy blocks the sign-in",
            "It came at \"Send the person to sign in\"",
            "m takes it back and runs again",
        ],
    );
    let text = sitting.text((120, 40));
    assert!(text.contains("a Conditional Access policy comes in: builtInControls block"), "{text}");
    assert_pictures!(sitting, "errors_in_the_lab");
    sitting.press("E");
    assert_eq!(sitting.model.screen, ScreenId::Errors);
    assert_pictures!(sitting, "errors_reproduced");
    shows(&mut sitting, &["AADSTS53003", "m mends it in the lab"]);
    sitting.press("m");
    assert_eq!(sitting.model.screen, ScreenId::Run);
    let session = sitting.model.bench.reproduction().and_then(|shown| shown.session).expect("it runs again");
    let outcome = sitting.model.bench.session(session).and_then(|session| session.outcome.as_ref());
    assert!(matches!(outcome, Some(authwright::flow::Outcome::Tokens(_))), "{outcome:?}");
    shows(&mut sitting, &["Mended, and it passes: AADSTS53003 does not come any more."]);
    sitting.press("m");
    assert!(sitting.toast().contains("nothing in the lab tenant waits"), "{}", sitting.toast());
}

#[test]
fn what_the_lab_is_told_to_answer_says_so_before_and_after() {
    let mut sitting = begun();
    sitting.press("/");
    sitting.write("90036");
    sitting.press("Enter");
    shows(&mut sitting, &["Fault injection: the lab is told to answer so."]);
    sitting.press("R");
    shows(&mut sitting, &["Fault injection", "It came at \"Ask for the token\"", "m runs again without it"]);
    sitting.press("m");
    shows(&mut sitting, &["Fault injection", "Mended, and it passes"]);
}

#[test]
fn what_cannot_be_set_up_says_why() {
    let mut sitting = begun();
    // Also where an earlier run is looked at.
    wrong_secret(&mut sitting);
    let edit = Edit::Remove { from: List::Applications, entry: "store-planner".to_owned() };
    let order = User::Order(Order::Edit { change: edit });
    sitting.tell(Msg::Bench(Event::User(order)));
    sitting.press("/");
    sitting.write("1003031");
    sitting.press("Enter");
    sitting.press("R");
    shows(&mut sitting, &["Not set up: the directory was changed"]);
}

#[test]
fn what_the_lab_has_no_way_to_is_not_promised() {
    let mut sitting = begun();
    sitting.press("/");
    sitting.write("50012");
    sitting.press("Enter");
    shows_not(&mut sitting, "shows it in the lab");
    sitting.press("R");
    assert!(sitting.toast().contains("no way to AADSTS50012"), "{}", sitting.toast());
}

#[test]
fn a_registration_settles_what_was_open() {
    const APP: &str = r#"{"appId":"9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846","displayName":"Orders","signInAudience":"AzureADMyOrg",
        "web":{"redirectUris":["https://orders.example/auth"]},"spa":{"redirectUris":[]},"publicClient":{"redirectUris":[]}}"#;
    let mut sitting = begun();
    sitting.paste(
        "AADSTS50011: The redirect URI 'https://orders.example/auth/' specified in the request does not match the \
         redirect URIs configured for the application '9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846'.",
    );
    assert_pictures!(sitting, "errors_open");
    let text = sitting.text((200, 60));
    assert!(text.contains("– registration: would tell whether"), "{text}");
    sitting.files.insert("app.json".to_owned(), APP.to_owned());
    sitting.press("a");
    sitting.write("nowhere.json");
    sitting.press("Enter");
    assert!(sitting.toast().contains("nowhere.json cannot be read"), "{}", sitting.toast());
    sitting.press("a");
    sitting.write("app.json");
    shows(&mut sitting, &["app.json"]);
    sitting.press("Enter");
    assert!(sitting.toast().contains("added to the evidence"), "{}", sitting.toast());
    assert_pictures!(sitting, "errors_settled");
    shows(&mut sitting, &["https://orders.example/auth", "→"]);
    let text = sitting.text((200, 60));
    assert!(text.contains("✓ registration") && text.contains("Difference from character"), "{text}");
}

#[test]
fn a_registration_that_comes_first_is_kept_for_the_error() {
    const APP: &str = r#"{"appId":"9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846","displayName":"Orders","signInAudience":"AzureADMyOrg",
        "web":{"redirectUris":["https://orders.example/auth"]}}"#;
    let mut sitting = begun();
    sitting.paste(APP);
    shows_not(&mut sitting, "No error found");
    sitting.paste(
        "AADSTS50011: The redirect URI 'https://orders.example/Auth' specified in the request does not match the \
         redirect URIs configured for the application '9f2c7b10-64d3-4e8a-b5f1-0c7a3d92e846'.",
    );
    let text = sitting.text((200, 60));
    assert!(text.contains("✓ registration"), "{text}");
}

#[test]
fn the_first_fix_stands_on_the_first_screen() {
    let mut sitting = begun();
    for refuse in [wrong_redirect_uri, wrong_secret] {
        refuse(&mut sitting);
        sitting.press("E");
        shows(&mut sitting, &["→ "]);
    }
}
