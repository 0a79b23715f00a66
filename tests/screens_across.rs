//! What goes across screens, with real runs against the lab tenant: choosing a flow, a run that begins with the token of
//! another, a token that is used again, an exchange that is sent again.

mod sitting;

use authwright::{
    flow::{FlowKind, Outcome},
    secret::Secret,
    tui::{action::Action, model::ScreenId, overlay::Overlay},
    workbench::{Event, FrontChannel, Owner, SessionId, User},
};
use sitting::Sitting;

fn outcome(sitting: &Sitting, at: usize) -> Option<&Outcome> {
    sitting.model.bench.sessions[at].outcome.as_ref()
}

fn shown(sitting: &Sitting) -> Option<SessionId> {
    sitting.model.run.session(&sitting.model.bench).map(|session| session.id)
}

/// A refresh of the desktop application, whose sign-in went through.
fn refreshed() -> Sitting {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::RefreshToken, "desktop", |_| {});
    sitting.go(ScreenId::Run);
    sitting
}

#[test]
fn the_flows_are_grouped_and_the_legacy_ones_say_so() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Flows);
    assert_pictures!(sitting, "flows");
    sitting.press("G");
    assert_pictures!(sitting, "flows_legacy");
    sitting.resize_to_everything();
}

#[test]
fn every_offer_has_its_settings_on_its_page() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Flows);
    let offers = sitting.model.bench.offers.clone();
    for offer in &offers {
        let text = sitting.text((120, 60));
        assert!(text.contains(offer.kind.title()), "{offer:?}");
        assert!(text.contains(&offer.profile.client_id), "{offer:?}: {text}");
        if let Some(source) = &offer.profile.source {
            let brings = format!("{} as {}", source.kind.title(), source.profile.name);
            assert!(text.contains(&brings), "{offer:?}: {text}");
        }
        sitting.press("j");
    }
}

#[test]
fn the_selection_stays_with_its_offer_while_the_lab_adds_others() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Flows);
    sitting.press("G k");
    let selected = |sitting: &mut Sitting| {
        let text = sitting.text((120, 40));
        text.lines().find(|line| line.contains('▌')).map(|line| line.chars().take(50).collect::<String>())
    };
    let before = selected(&mut sitting);
    let count = sitting.model.bench.offers.len();
    sitting.model.bench.apply(Event::LabIdentityHeader(Secret::new("proof")), sitting::START);
    assert!(sitting.model.bench.offers.len() > count, "the machine is on offer in App Service, too");
    assert_eq!(selected(&mut sitting), before);
}

#[test]
fn a_run_that_has_a_token_takes_another_one_until_it_is_looked_at() {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::CallApi, "desktop", |_| {});
    assert!(matches!(outcome(&sitting, 0), Some(Outcome::Done(_))), "{:?}", outcome(&sitting, 0));
    let again = sitting.model.bench.sessions[0].profile_again();
    assert!(again.given.is_some(), "the same token is in hand again");
    sitting.run(FlowKind::CallApi, "desktop", |start| (start.profile, start.auto) = (again, false));
    sitting.go(ScreenId::Run);
    let text = sitting.text((80, 24));
    assert!(text.contains("Another one:"), "{text}");
    sitting.press("w");
    match sitting.model.overlays.last() {
        Some(Overlay::Choices { choices, .. }) => {
            assert!(choices.last().is_some_and(|last| last.name.starts_with("ID token")));
        }
        other => panic!("the tokens in hand are shown, not {other:?}"),
    }
    sitting.press("G Enter");
    let text = sitting.text((80, 24));
    assert!(text.contains("send GET /me") && text.contains("ID token"), "what it is stays in sight: {text}");
    sitting.press("Enter");
    let last = sitting.model.bench.sessions.len() - 1;
    assert!(matches!(outcome(&sitting, last), Some(Outcome::Refused(_))), "{:?}", outcome(&sitting, last));
    sitting.press("w");
    assert_eq!(sitting.toast(), "this run waits for no token");
}

#[test]
fn a_claims_challenge_is_answered_when_the_run_is_started_again() {
    let mut sitting = Sitting::new();
    let offers = sitting.model.bench.offers.iter();
    let refund = offers.filter_map(|offer| Some((offer, offer.profile.api.as_ref()?)));
    let refund = refund.into_iter().find(|(_, api)| api.url.path().ends_with("/refunds"));
    let profile = refund.expect("a refund is on offer").0.profile.clone();
    sitting.run(FlowKind::CallApi, "desktop", |start| start.profile = profile);
    sitting.go(ScreenId::Run);
    let text = sitting.text((80, 24));
    assert!(text.contains("insufficient_claims") && text.contains("r answer its claims"), "{text}");
    let again = sitting.model.bench.sessions[0].profile_again();
    sitting.run(FlowKind::CallApi, "desktop", |start| start.profile = again);
    let runs = &sitting.model.bench.sessions;
    let root = runs.iter().rfind(|run| run.kind == FlowKind::CallApi).expect("it was begun");
    assert!(matches!(&root.outcome, Some(Outcome::Done(_))), "{:?}", root.outcome);
}

#[test]
fn the_list_of_flows_narrows_to_what_is_sought() {
    let mut sitting = Sitting::new();
    sitting.go(ScreenId::Flows);
    sitting.press("/");
    sitting.write("device kiosk");
    let text = sitting.text((80, 22));
    assert!(text.contains("1/1") && text.contains("Device code  as kiosk"), "{text}");
    sitting.press("Enter Enter");
    assert_eq!(sitting.model.bench.sessions.last().map(|run| run.kind), Some(FlowKind::DeviceCode));
    sitting.go(ScreenId::Flows);
    sitting.press("Esc");
    let text = sitting.text((80, 22));
    assert!(!text.contains("1/1") && text.contains("Device code  as kiosk"), "the selection stays: {text}");
    sitting.press("/");
    sitting.write("nothing like it");
    assert!(sitting.text((80, 22)).contains("Esc shows all"));
}

#[test]
fn a_run_begins_with_the_token_that_another_brings() {
    let mut sitting = refreshed();
    assert!(matches!(outcome(&sitting, 0), Some(Outcome::Tokens(_))), "{:?}", outcome(&sitting, 0));
    assert!(matches!(outcome(&sitting, 1), Some(Outcome::Tokens(_))));
    let bench = &sitting.model.bench;
    let [root, source] = [0, 1].map(|at| &bench.sessions[at]);
    assert_eq!((root.source_run, source.brings_for), (Some(source.id), Some(root.id)));
    assert_eq!(bench.chain(root.id).iter().map(|run| run.id).collect::<Vec<_>>(), [source.id, root.id]);
    assert_eq!(shown(&sitting), Some(root.id), "when it has ended the screen comes back");
    assert_pictures!(sitting, "run_refreshed");
}

#[test]
fn the_screen_goes_along_into_the_run_that_brings_the_token() {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::OnBehalfOf, "catalog-api", |start| (start.front, start.auto) = (None, false));
    sitting.go(ScreenId::Run);
    let root = shown(&sitting);
    assert_pictures!(sitting, "run_begins_with_a_token");
    sitting.press("Enter");
    assert_ne!(shown(&sitting), root);
    let text = sitting.text((80, 24));
    assert!(text.contains("This brings the token for On behalf of"), "{text}");
    sitting.press("a b");
    assert!(sitting.text((80, 24)).contains("Sign in"), "{}", sitting.text((80, 24)));
    sitting.press("a");
    assert_eq!(shown(&sitting), root);
    assert!(matches!(outcome(&sitting, 0), Some(Outcome::Tokens(_))), "{:?}", outcome(&sitting, 0));
    assert_pictures!(sitting, "run_on_behalf_of");
}

#[test]
fn a_refused_sign_in_stays_on_the_screen_with_its_reason() {
    let mut sitting = Sitting::new();
    let bruno = sitting.model.bench.lab.person(Some("bruno"));
    sitting.run_as(FlowKind::RefreshToken, "desktop", bruno, |_| {});
    sitting.go(ScreenId::Run);
    let bench = &sitting.model.bench;
    let [root, source] = [0, 1].map(|at| bench.sessions[at].id);
    assert!(matches!(outcome(&sitting, 1), Some(Outcome::Refused(_))));
    assert!(matches!(outcome(&sitting, 0), Some(Outcome::Failed(_))));
    assert_eq!((bench.culprit(root), shown(&sitting)), (source, Some(source)));
    let before = sitting.model.bench.sessions.len();
    sitting.press("Esc r");
    let again = &sitting.model.bench.sessions[before];
    assert_eq!(again.kind, FlowKind::RefreshToken, "what it was for begins again");
}

#[test]
fn whoever_gives_up_the_sign_in_gives_up_what_it_was_for() {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::RefreshToken, "desktop", |start| start.front = Some(FrontChannel::Paste));
    sitting.go(ScreenId::Run);
    let source = sitting.model.bench.sessions[1].id;
    assert_eq!(shown(&sitting), Some(source));
    sitting.model.bench.apply(Event::User(User::Cancel(source)), sitting.now);
    assert_eq!(outcome(&sitting, 0), Some(&Outcome::Cancelled));
    assert_eq!(outcome(&sitting, 1), Some(&Outcome::Cancelled));
}

#[test]
fn a_token_of_the_shelf_takes_the_place_of_the_sign_in() {
    let mut sitting = refreshed();
    sitting.run(FlowKind::RefreshToken, "desktop", |start| start.front = Some(FrontChannel::Paste));
    assert_eq!(sitting.model.bench.sessions.len(), 4);
    sitting.wait(60);
    sitting.press("w");
    let Some(Overlay::Choices { choices, .. }) = sitting.model.overlays.last() else {
        panic!("a list to choose from");
    };
    assert!(choices[0].name.starts_with("refresh token"), "{choices:?}");
    assert!(choices.iter().any(|choice| choice.note.contains("no refresh token")), "{choices:?}");
    sitting.press("Enter");
    assert_eq!(outcome(&sitting, 3), Some(&Outcome::Cancelled));
    assert!(matches!(outcome(&sitting, 2), Some(Outcome::Tokens(_))), "{:?}", outcome(&sitting, 2));
}

#[test]
fn a_token_can_be_pasted_and_what_is_none_is_said() {
    let mut sitting = refreshed();
    let refresh = sitting.model.bench.sessions[0].began_with.clone().expect("it has one");
    sitting.run(FlowKind::RefreshToken, "desktop", |start| (start.front, start.auto) = (None, false));
    sitting.press("p");
    sitting.write("nothing of the kind");
    sitting.press("Enter");
    assert!(sitting.text((80, 24)).contains("that is no token"), "{}", sitting.text((80, 24)));
    assert!(sitting.model.run.clear_field());
    sitting.paste(refresh.expose());
    assert!(!sitting.text((200, 60)).contains(refresh.expose()), "it is masked while it is typed");
    sitting.press("Enter");
    assert_eq!(sitting.model.bench.sessions[2].began_with, Some(refresh));
    assert_eq!(sitting.model.bench.sessions.len(), 3, "no sign-in was begun");
    sitting.press("a");
    assert!(matches!(outcome(&sitting, 2), Some(Outcome::Tokens(_))), "{:?}", outcome(&sitting, 2));
}

#[test]
fn a_repeated_run_keeps_the_token_in_hand() {
    let mut sitting = refreshed();
    sitting.press("r");
    assert_eq!(sitting.model.bench.sessions.len(), 3, "nobody signs in again");
    assert!(matches!(outcome(&sitting, 2), Some(Outcome::Tokens(_))), "{:?}", outcome(&sitting, 2));
}

#[test]
fn a_token_on_the_shelf_can_begin_the_runs_that_suit_it() {
    let mut sitting = refreshed();
    sitting.go(ScreenId::Tokens);
    let refresh = sitting.model.bench.shelf.all().iter().position(|held| held.used_as.name() == "refresh");
    sitting.model.tokens.show(refresh.expect("the sign-in brought one"));
    let _ = sitting.body(80, 22);
    sitting.press("w");
    let Some(Overlay::Choices { choices, .. }) = sitting.model.overlays.last() else {
        panic!("a list to choose from");
    };
    assert!(choices[0].name.starts_with("Refresh token as desktop"), "{choices:?}");
    assert!(choices.iter().any(|choice| choice.note.starts_with("of another application")), "{choices:?}");
    sitting.press("Enter a");
    let begun = sitting.model.bench.sessions.last().expect("a run");
    assert_eq!(begun.source_run, None);
    assert!(matches!(begun.outcome, Some(Outcome::Tokens(_))), "{:?}", begun.outcome);
}

#[test]
fn one_refresh_token_on_every_api_is_a_grid_of_answers() {
    let mut sitting = Sitting::new();
    let offers = sitting.model.bench.offers.iter();
    let fan_out =
        offers.filter(|offer| offer.key == "desktop").find(|offer| !offer.profile.fan_out.is_empty());
    let profile = fan_out.expect("it is on offer").profile.clone();
    sitting.run(FlowKind::RefreshToken, "desktop", |start| start.profile = profile);
    sitting.go(ScreenId::Run);
    assert_pictures!(sitting, "run_fan_out");
    let Some(Outcome::Done(said)) = outcome(&sitting, 0) else { panic!("{:?}", outcome(&sitting, 0)) };
    assert!(said.contains("of 2 scopes"), "{said}");
}

#[test]
fn the_footer_says_what_enter_does_after_the_end() {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::ClientCredentials, "inventory-sync", |_| {});
    sitting.go(ScreenId::Run);
    let words = |sitting: &Sitting| {
        let hints = sitting.model.hints();
        hints.iter().find(|hint| hint.action == Action::FlowNext).map(|hint| hint.words)
    };
    assert!(matches!(outcome(&sitting, 0), Some(Outcome::Tokens(_))), "{:?}", outcome(&sitting, 0));
    assert_eq!(words(&sitting), Some("tokens"));
    sitting.run(FlowKind::CallApi, "desktop", |_| {});
    sitting.go(ScreenId::Run);
    assert!(matches!(outcome(&sitting, 1), Some(Outcome::Done(_))), "{:?}", outcome(&sitting, 1));
    assert_eq!(words(&sitting), Some("run again"));
}

#[test]
fn a_legacy_flow_carries_its_warning() {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::Password, "handheld", |start| start.auto = false);
    sitting.go(ScreenId::Run);
    assert_pictures!(sitting, "run_password");
    sitting.press("a");
    assert!(matches!(outcome(&sitting, 0), Some(Outcome::Tokens(_))), "{:?}", outcome(&sitting, 0));
    assert!(sitting.text((80, 24)).contains("The application sees the password"), "it stays when it is over");
}

#[test]
fn an_exchange_is_sent_again_with_one_thing_changed_and_the_answers_are_compared() {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::ClientCredentials, "inventory-sync", |_| {});
    sitting.go(ScreenId::Traffic);
    let token =
        sitting.model.bench.traffic.all().iter().find(|one| one.request.url.path().ends_with("/token"));
    let token = token.expect("the token request").id;
    sitting.model.traffic.show(token);
    sitting.press("Esc r");
    assert_pictures!(sitting, "replay_request");
    // The secret goes wrong, and there is one parameter more.
    sitting.press("x");
    assert_eq!(sitting.toast(), "every request needs an address; e changes it");
    sitting.press("Down Down Down e");
    sitting.write("x");
    sitting.press("Enter");
    let text = sitting.text((80, 24));
    assert!(text.contains("1 changed") && !text.contains("lab~inventory"), "{text}");
    sitting.press("A");
    sitting.write("extra=1");
    sitting.press("Enter D x u u Enter");
    assert_pictures!(sitting, "replay_answers");
    let all = sitting.model.bench.traffic.all();
    let again = all.last().expect("it was sent");
    assert_eq!(again.owner, Owner::Replay(token));
    assert!(again.request.body.text().contains("extra=1"));
    assert_eq!(again.response().map(|answer| answer.status), Some(401));
    sitting.press("E");
    assert!(sitting.text((120, 60)).contains("invalid_client"), "{}", sitting.text((120, 60)));
    sitting.go(ScreenId::Traffic);
    sitting.press("t");
    assert!(sitting.text((120, 60)).contains("content-type"), "{}", sitting.text((120, 60)));
    sitting.resize_to_everything();
    sitting.press("Esc");
    assert!(sitting.text((80, 24)).contains("again"), "it stands in the log");
}

#[test]
fn known_values_are_offered_while_one_is_typed() {
    let mut sitting = Sitting::new();
    sitting.run(FlowKind::AuthorizationCode, "desktop", |start| (start.front, start.auto) = (None, false));
    sitting.go(ScreenId::Run);
    sitting.press("Enter Enter");
    let steps = sitting.model.bench.sessions[0].flow.steps();
    let draft = steps[2].draft.expect("the request");
    let at =
        draft.fields.iter().position(|field| field.name == "code_challenge_method").expect("it is there");
    for _ in 0..=at {
        sitting.press("Down");
    }
    sitting.press("e");
    let text = sitting.text((80, 24));
    assert!(text.contains("Up, Down: known values"), "{text}");
    sitting.press("Down Enter");
    let steps = sitting.model.bench.sessions[0].flow.steps();
    assert_eq!(steps[2].draft.and_then(|draft| draft.value("code_challenge_method")), Some("plain"));
}
