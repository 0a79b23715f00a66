//! One message in, the model changed, effects out. No I/O and no clock.
//!
//! A key goes to the topmost overlay, else to the focused text field, else through the keymap to an [`Action`], which
//! the focused pane takes or leaves to the shell.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};

use super::{
    action::Action,
    keymap::{self, Context, Key},
    model::{Model, ScreenId},
    msg::{Begin, Effect, Msg},
    overlay::{Answer, Confirm, Overlay},
    pane::{Intent, Toast},
    panes,
};
use crate::{
    secret::Secret,
    time::UnixTime,
    workbench::{Event, User},
};

/// How long a revealed secret stays visible.
const REVEAL: Duration = Duration::from_secs(10);

/// Within this time a second Ctrl-C quits.
const TWICE: Duration = Duration::from_secs(2);

/// Takes one message.
pub fn update(model: &mut Model, msg: Msg, now: UnixTime) -> Vec<Effect> {
    model.expire(now);
    match msg {
        Msg::Key(key) => pressed(model, key, now),
        Msg::Pasted(text) => pasted(model, &text, now),
        Msg::Mouse(event) => clicked(model, event, now),
        Msg::Bench(event) => {
            // What is done to show or mend an error is told by the run.
            let awaits = |order: &_| model.bench.reproduction().is_some_and(|shown| shown.awaits(order));
            if let Event::LabAnswered { order, result } = &event
                && !awaits(order)
            {
                model.say(&panes::tenant::answer(order, result), now);
            }
            if let Event::TokenSigned { result: Err(why), .. } = &event {
                model.say(&Toast::bad(format!("not signed: {why}")), now);
            }
            let is_signed = matches!(&event, Event::TokenSigned { result: Ok(_), .. });
            let effects = model.bench.apply(event, now).into_iter().map(Effect::Bench).collect();
            if is_signed {
                // The bent copy that somebody waits for.
                model.tokens.show(model.bench.shelf.all().len().saturating_sub(1));
            }
            effects
        }
        Msg::Scenarios(names) => {
            let (title, choices) = panes::tenant::to_load(names);
            model.overlays.push(Overlay::choices(title, choices));
            Vec::new()
        }
        Msg::ScenarioThere(name) => {
            let question = format!("scenarios/{name}.toml is there already. Replace it?");
            model.overlays.push(Overlay::confirm(question, Confirm::ReplaceScenario(name)));
            Vec::new()
        }
        Msg::Evidence(read) => {
            let toast = match read {
                Ok(text) => {
                    learn(model, &text, now);
                    model.errors.take_file(&text)
                }
                Err(why) => Toast::bad(why),
            };
            model.say(&toast, now);
            Vec::new()
        }
        Msg::Registration(read) => match read {
            Ok(text) => {
                let intent = Intent::Import(Secret::new(text), model.registrations.looked_at());
                carry_out(model, vec![intent], now)
            }
            Err(why) => {
                model.say(&Toast::bad(why), now);
                Vec::new()
            }
        },
        Msg::Said(toast) => {
            model.say(&toast, now);
            Vec::new()
        }
        Msg::Ended => vec![Effect::Quit],
        Msg::Resized | Msg::Tick => Vec::new(),
    }
}

fn pressed(model: &mut Model, event: KeyEvent, now: UnixTime) -> Vec<Effect> {
    // Bad news stay until a key is pressed: this one.
    if model.toast.as_ref().is_some_and(|toast| toast.ends_at().is_none()) {
        model.toast = None;
    }
    let Some(key) = Key::from_event(event) else { return Vec::new() };
    #[cfg(debug_assertions)]
    assert!(!(model.faulty && key == Key::char('!')), "a fault forced by a test");
    let context = model.context();
    match keymap::lookup(context, key) {
        Some(action) => act(model, action, now),
        None => typed(model, key, now),
    }
}

/// A key that is no command: it may be meant for a text field.
fn typed(model: &mut Model, key: Key, now: UnixTime) -> Vec<Effect> {
    if let Some(overlay) = model.overlays.last_mut() {
        overlay.typed(key);
        return Vec::new();
    }
    if model.screen_context() != Context::Field {
        return Vec::new();
    }
    let intents = match model.screen {
        ScreenId::Flows => {
            model.flows.typed(key);
            Vec::new()
        }
        ScreenId::Run => model.run.typed(key),
        ScreenId::Tokens => model.tokens.typed(key),
        ScreenId::Errors => model.errors.typed(key),
        ScreenId::Traffic => model.traffic.typed(key),
        ScreenId::Registrations => model.registrations.typed(key),
        ScreenId::Tenant => model.tenant.typed(key),
    };
    carry_out(model, intents, now)
}

/// Keeps the registrations of a text that was brought as evidence: they may be asked for again.
fn learn(model: &mut Model, text: &str, now: UnixTime) {
    // Nothing is to be done about it outside.
    let _ = model.bench.apply(Event::User(User::Learn(Secret::new(text))), now);
}

fn pasted(model: &mut Model, text: &str, now: UnixTime) -> Vec<Effect> {
    if let Some(overlay) = model.overlays.last_mut() {
        overlay.pasted(text);
        return Vec::new();
    }
    match model.screen {
        ScreenId::Flows => model.flows.pasted(text),
        ScreenId::Run => model.run.pasted(text, &model.bench),
        ScreenId::Tokens => model.tokens.pasted(text),
        ScreenId::Errors => {
            learn(model, text, now);
            model.errors.pasted(text);
        }
        ScreenId::Traffic => model.traffic.pasted(text),
        ScreenId::Registrations => {
            let intents = model.registrations.pasted(text);
            return carry_out(model, intents, now);
        }
        ScreenId::Tenant => model.tenant.pasted(text),
    }
    Vec::new()
}

fn clicked(model: &mut Model, event: MouseEvent, now: UnixTime) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            let at = ratatui::layout::Position::new(event.column, event.row);
            let hit = model.hits.iter().rev().find(|(area, _)| area.contains(at)).map(|(_, action)| *action);
            hit.map_or_else(Vec::new, |action| act(model, action, now))
        }
        MouseEventKind::ScrollDown => act(model, Action::MoveDown, now),
        MouseEventKind::ScrollUp => act(model, Action::MoveUp, now),
        _ => Vec::new(),
    }
}

/// Does an action: the topmost overlay first, then the focused pane, then the shell.
pub fn act(model: &mut Model, action: Action, now: UnixTime) -> Vec<Effect> {
    if action == Action::Interrupt {
        return interrupt(model, now);
    }
    if let Some(overlay) = model.overlays.last_mut() {
        let answer = overlay.update(action);
        return match answer {
            Answer::Taken => Vec::new(),
            Answer::Closed => {
                model.overlays.pop();
                Vec::new()
            }
            Answer::Do(action) => {
                model.overlays.pop();
                act(model, action, now)
            }
            Answer::Copy(what, text) => {
                model.overlays.pop();
                vec![Effect::Copy { what, text }]
            }
            Answer::Chosen(intent) => {
                model.overlays.pop();
                carry_out(model, vec![*intent], now)
            }
            Answer::Confirmed(confirm) => {
                model.overlays.pop();
                match confirm {
                    Confirm::Quit => vec![Effect::Quit],
                    Confirm::ReplaceScenario(name) => {
                        carry_out(model, vec![Intent::SaveScenario { name, replace: true }], now)
                    }
                }
            }
            Answer::Passed => shell(model, action, now),
        };
    }
    let intents = match model.screen {
        ScreenId::Flows => model.flows.update(action, &model.bench, now),
        ScreenId::Run => model.run.update(action, &model.bench, now),
        ScreenId::Tokens => model.tokens.update(action, &model.bench, now),
        ScreenId::Errors => model.errors.update(action, &model.bench, now),
        ScreenId::Traffic => model.traffic.update(action, &model.bench, now),
        ScreenId::Registrations => model.registrations.update(action, &model.bench, now),
        ScreenId::Tenant => model.tenant.update(action, &model.bench, now),
    };
    match intents {
        Some(intents) => carry_out(model, intents, now),
        None => shell(model, action, now),
    }
}

/// What holds on every screen.
fn shell(model: &mut Model, action: Action, now: UnixTime) -> Vec<Effect> {
    if let Some(screen) = ScreenId::ALL.into_iter().find(|screen| screen.action() == action) {
        model.overlays.clear();
        model.go(screen);
        return Vec::new();
    }
    match action {
        Action::Help => model.overlays.push(Overlay::help(model.screen_context())),
        Action::Palette => model.overlays.push(Overlay::palette(model.screen_context())),
        Action::Messages => model.overlays.push(Overlay::messages()),
        Action::CopyMenu => {
            let copies = match model.screen {
                ScreenId::Flows => Vec::new(),
                ScreenId::Run => Vec::new(),
                ScreenId::Tokens => model.tokens.copies(&model.bench),
                ScreenId::Errors => model.errors.copies(&model.bench),
                ScreenId::Traffic => model.traffic.copies(&model.bench),
                ScreenId::Registrations => model.registrations.copies(&model.bench),
                ScreenId::Tenant => model.tenant.copies(&model.bench),
            };
            if copies.is_empty() {
                model.say(&Toast::bad("there is nothing to copy here"), now);
            } else {
                model.overlays.push(Overlay::copies(copies));
            }
        }
        Action::Reveal => {
            model.reveal_until = if model.reveals(now) { None } else { Some(now + REVEAL) };
        }
        Action::Back if model.screen == ScreenId::default() => return quit(model),
        Action::Back | Action::Close => back(model),
        Action::Quit => return quit(model),
        Action::Mouse => {
            model.mouse = !model.mouse;
            let text = if model.mouse {
                "the mouse works here again"
            } else {
                "the mouse selects text; :app.mouse takes it back"
            };
            model.say(&Toast::good(text), now);
            return vec![Effect::Mouse(model.mouse)];
        }
        Action::Search => model.say(&Toast::bad("there is nothing to search on this screen"), now),
        Action::Copy => model.say(&Toast::bad("there is nothing to copy here"), now),
        // Asked for where an error is explained: there the run stands that it is about.
        Action::FlowRetry if model.run.session(&model.bench).is_some() => {
            model.go(ScreenId::Run);
            return act(model, action, now);
        }
        Action::FlowRetry => model.say(&Toast::bad("nothing has run yet; 1 shows the flows"), now),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        _ => {}
    }
    Vec::new()
}

fn back(model: &mut Model) {
    let before = model.history.pop();
    model.screen = before.unwrap_or_default();
}

/// Quits, but asks first if something runs.
fn quit(model: &mut Model) -> Vec<Effect> {
    match model.bench.sessions.iter().find(|session| session.is_running()) {
        None => vec![Effect::Quit],
        Some(session) => {
            let question = format!(
                "{} as {} is still running. Leave it and quit?",
                session.kind.title(),
                session.profile.name
            );
            model.overlays.push(Overlay::confirm(question, Confirm::Quit));
            Vec::new()
        }
    }
}

/// Ctrl-C: clears a field, cancels what runs, and quits when pressed twice.
fn interrupt(model: &mut Model, now: UnixTime) -> Vec<Effect> {
    let twice = model.interrupted.is_some_and(|before| now.since(before) < TWICE);
    model.interrupted = Some(now);
    if twice {
        return vec![Effect::Quit];
    }
    if model.overlays.last_mut().is_some_and(Overlay::clear) || clear_field(model) {
        return Vec::new();
    }
    if model.overlays.pop().is_some() {
        return Vec::new();
    }
    let running = model.bench.sessions.iter().rev().find(|session| session.is_running());
    let Some(id) = running.map(|session| session.id) else {
        model.say(&Toast::good("Ctrl-C again quits"), now);
        return Vec::new();
    };
    model.say(&Toast::good("run cancelled; Ctrl-C again quits"), now);
    model.bench.apply(Event::User(User::Cancel(id)), now).into_iter().map(Effect::Bench).collect()
}

fn clear_field(model: &mut Model) -> bool {
    if model.screen_context() != Context::Field {
        return false;
    }
    match model.screen {
        ScreenId::Flows => model.flows.clear_field(),
        ScreenId::Run => model.run.clear_field(),
        ScreenId::Tokens => model.tokens.clear_field(),
        ScreenId::Errors => model.errors.clear_field(),
        ScreenId::Traffic => model.traffic.clear_field(),
        ScreenId::Registrations => model.registrations.clear_field(),
        ScreenId::Tenant => model.tenant.clear_field(),
    }
}

fn carry_out(model: &mut Model, intents: Vec<Intent>, now: UnixTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    for intent in intents {
        match intent {
            Intent::Bench(user) => {
                effects.extend(model.bench.apply(Event::User(user), now).into_iter().map(Effect::Bench));
            }
            Intent::Start { kind, profile, bends, auto } => {
                model.run.show_latest();
                model.go(ScreenId::Run);
                effects.push(Effect::Start(Box::new(Begin { kind, profile: *profile, bends, auto })));
            }
            Intent::ReadEvidence(path) => effects.push(Effect::ReadEvidence(path)),
            Intent::ReadRegistration(path) => effects.push(Effect::ReadRegistration(path)),
            Intent::Import(text, beside) => {
                let user = Event::User(User::Import(text, beside));
                effects.extend(model.bench.apply(user, now).into_iter().map(Effect::Bench));
                let toast = model.registrations.imported(&model.bench, now);
                model.say(&toast, now);
            }
            Intent::LookUp(text) => {
                model.errors.look_up(text);
                model.go(ScreenId::Errors);
            }
            Intent::ShowApplication(client_id) => {
                if model.tenant.show_application(&client_id, &model.bench) {
                    model.go(ScreenId::Tenant);
                }
            }
            Intent::Reproduce(code) => {
                model.run.show_latest();
                model.go(ScreenId::Run);
                effects.push(Effect::Reproduce(code));
            }
            Intent::Mend => {
                model.run.show_latest();
                model.go(ScreenId::Run);
                effects.push(Effect::Mend);
            }
            Intent::ShowRun(id) => {
                model.run.show(id);
                model.go(ScreenId::Run);
            }
            Intent::Copy { what, text } => effects.push(Effect::Copy { what, text }),
            Intent::ShowPlain { title, text } => model.overlays.push(Overlay::plain(title, text)),
            Intent::Explain(evidence) => {
                model.errors.show(*evidence, now);
                model.go(ScreenId::Errors);
            }
            Intent::Inspect(exchange) => {
                model.traffic.show(exchange);
                model.go(ScreenId::Traffic);
            }
            Intent::Token(index) => {
                model.tokens.show(index);
                model.go(ScreenId::Tokens);
            }
            Intent::Choose { title, choices } => model.overlays.push(Overlay::choices(title, choices)),
            Intent::Replay(exchange) => {
                if model.traffic.replay(exchange, &model.bench) {
                    model.go(ScreenId::Traffic);
                }
            }
            Intent::Ask(ask) => {
                let more = model.tenant.ask(ask, &model.bench);
                effects.extend(carry_out(model, more, now));
            }
            Intent::SaveScenario { name, replace } => {
                let text = Secret::new(model.bench.tenant.scenario_file());
                effects.push(Effect::SaveScenario { name, text, replace });
            }
            Intent::ListScenarios => effects.push(Effect::ListScenarios),
            Intent::LoadScenario(name) => effects.push(Effect::LoadScenario(name)),
            Intent::Browse(url) => effects.push(Effect::Browse(url)),
            Intent::Expect(index, term) => model.tokens.expect(index, term, &model.bench),
            Intent::Bend(bent, signing) => {
                model.tokens.show(model.bench.shelf.all().len());
                let user = Event::User(User::Bend(bent, signing));
                effects.extend(model.bench.apply(user, now).into_iter().map(Effect::Bench));
            }
            Intent::Toast(toast) => model.say(&toast, now),
            Intent::Back => back(model),
        }
    }
    effects
}
