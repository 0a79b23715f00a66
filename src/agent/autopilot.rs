//! What somebody with given credentials does on a page: fill in what is known, press the button that goes on.
//!
//! It reads pages as a person does, by the words beside the controls, and never presses what refuses, leads back or
//! leads astray. In order: a form that asks for something known; a button or link that names the account; a button
//! that says to go on; a way to use another account; a button that says nothing in particular.
//!
//! Words are English. A page in another language still works where its names and values are English, as those of most
//! authorities are.

mod wording;

use std::collections::HashSet;

use super::{
    Credentials,
    cookies::is_trustworthy,
    page::{Act, Block, Control, ControlKind, Form, Page},
};
use crate::secret::Secret;
use wording::{
    Asked, another_account, asks_for, asks_for_an_entry, goes_on, mentions, names_somebody_else, refuses,
    refuses_besides, words,
};

/// No sign-in has more pages than this; one that never ends must not be followed forever.
const MOST_PAGES: usize = 20;

/// What was done already in this visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// Pages that were answered, by where they lead and what they ask for.
    answered: HashSet<String>,
    /// Whether the device flow's user code was given: a code that is asked for later is a one-time code.
    user_code_given: bool,
}

/// A control that can be filled, and with what.
enum Filling {
    Known(Secret),
    UserCode(Secret),
    /// It has a value or may stay empty.
    Leave,
    /// It asks for something that is not at hand.
    Missing,
}

impl Memory {
    /// The acts for this page; the last one sends something.
    pub(super) fn plan(&mut self, page: &Page, credentials: &Credentials) -> Option<Vec<Act>> {
        let (acts, mark, gives_user_code) = self.choose(page, credentials)?;
        if self.answered.len() >= MOST_PAGES || !self.answered.insert(mark) {
            return None;
        }
        self.user_code_given |= gives_user_code;
        Some(acts)
    }

    fn choose(&self, page: &Page, credentials: &Credentials) -> Option<(Vec<Act>, String, bool)> {
        let pressing = |form: usize, button: usize, mut acts: Vec<Act>| {
            acts.push(Act::Submit(form, Some(button)));
            Some((acts, mark(page, &page.forms[form]), false))
        };
        let following = |block: usize| match &page.blocks[block] {
            Block::Link(_, to) => Some((vec![Act::Follow(block)], to.to_string(), false)),
            Block::Heading(_) | Block::Text(_) | Block::Item(_) | Block::Control(..) => None,
        };

        let mut lacking = false;
        for (index, form) in page.forms.iter().enumerate() {
            match self.fill(index, form, credentials) {
                Fill::Complete { mut acts, user_code } => {
                    let button = best_button(form, credentials, Rank::Plain);
                    // A form without any button is sent by pressing Enter; one with nothing but a way back is not ours.
                    if button.is_none() && form.controls.iter().any(|c| c.kind == ControlKind::Submit) {
                        continue;
                    }
                    // Nobody would type a password into a form that sends it in the clear.
                    let detour = button.and_then(|button| form.controls[button].detour.as_ref());
                    if !is_trustworthy(detour.map_or(&form.action, |detour| &detour.action)) {
                        return None;
                    }
                    acts.push(Act::Submit(index, button));
                    return Some((acts, mark(page, form), user_code));
                }
                Fill::Lacking => lacking = true,
                Fill::Nothing => {}
            }
        }
        if let Some((form, button)) =
            find_button(page, |control| names_account(control, &credentials.username))
        {
            return pressing(form, button, Vec::new());
        }
        if let Some(block) = find_link(page, |text| link_names_account(text, &credentials.username)) {
            return following(block);
        }
        if let Some((index, form)) =
            page.forms.iter().enumerate().find(|(_, form)| account_choice(form, credentials).is_some())
        {
            let choice = account_choice(form, credentials)?;
            let button = best_button(form, credentials, Rank::Plain)?;
            return pressing(index, button, vec![Act::Toggle(index, choice)]);
        }
        // What is asked for and not known cannot be skipped by pressing "next".
        if lacking {
            return None;
        }
        let best = |least| {
            page.forms
                .iter()
                .enumerate()
                .find_map(|(i, form)| Some((i, best_button(form, credentials, least)?)))
        };
        if let Some((form, button)) = best(Rank::GoesOn) {
            return pressing(form, button, Vec::new());
        }
        if let Some((form, button)) = find_button(page, |control| another_account(&control.label)) {
            return pressing(form, button, Vec::new());
        }
        if let Some(block) = find_link(page, another_account) {
            return following(block);
        }
        let (form, button) = best(Rank::Plain)?;
        pressing(form, button, Vec::new())
    }

    fn fill(&self, index: usize, form: &Form, credentials: &Credentials) -> Fill {
        let texts = form.controls.iter().filter(|control| control.kind == ControlKind::Text).count();
        let (mut acts, mut user_code, mut lacking) = (Vec::new(), false, false);
        for (position, control) in form.controls.iter().enumerate() {
            match self.filling(control, texts == 1, credentials) {
                Filling::Known(value) => acts.push(Act::Fill(index, position, value)),
                Filling::UserCode(value) => {
                    user_code = true;
                    acts.push(Act::Fill(index, position, value));
                }
                Filling::Leave => {}
                Filling::Missing => lacking = true,
            }
        }
        match (lacking, acts.is_empty()) {
            (true, _) => Fill::Lacking,
            (false, true) => Fill::Nothing,
            (false, false) => Fill::Complete { acts, user_code },
        }
    }

    fn filling(&self, control: &Control, only_text: bool, credentials: &Credentials) -> Filling {
        let known = |value: &str| match value {
            "" => Filling::Missing,
            value => Filling::Known(Secret::new(value)),
        };
        let words = words(&format!("{} {}", control.label, control.name));
        let asks = asks_for(&words);
        match control.kind {
            ControlKind::Password if asks != Some(Asked::OneTimeCode) => {
                if credentials.password.is_empty() {
                    Filling::Missing
                } else {
                    Filling::Known(credentials.password.clone())
                }
            }
            ControlKind::Password | ControlKind::Text => match asks {
                Some(Asked::UserCode) => user_code(credentials).unwrap_or(Filling::Missing),
                Some(Asked::OneTimeCode) => one_time_code(credentials).unwrap_or(Filling::Missing),
                Some(Asked::SomeCode) => user_code(credentials)
                    .filter(|_| !self.user_code_given)
                    .or_else(|| one_time_code(credentials))
                    .unwrap_or(Filling::Missing),
                Some(Asked::Username) => known(&credentials.username),
                None if !control.value.is_empty() => Filling::Leave,
                None if only_text && asks_for_an_entry(&words) => Filling::Leave,
                None if only_text => known(&credentials.username),
                None => Filling::Leave,
            },
            ControlKind::Checkbox { .. }
            | ControlKind::Radio { .. }
            | ControlKind::Submit
            | ControlKind::Hidden => Filling::Leave,
        }
    }
}

enum Fill {
    Complete { acts: Vec<Act>, user_code: bool },
    Lacking,
    Nothing,
}

fn user_code(credentials: &Credentials) -> Option<Filling> {
    credentials.user_code.as_deref().map(|code| Filling::UserCode(Secret::new(code)))
}

fn one_time_code(credentials: &Credentials) -> Option<Filling> {
    credentials.one_time_code.clone().map(Filling::Known)
}

/// How clearly a button goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Plain,
    GoesOn,
    SaysSo,
}

/// The button that goes on most clearly, and at least as clearly as asked; the first one among equals.
fn best_button(form: &Form, credentials: &Credentials, least: Rank) -> Option<usize> {
    let mut best: Option<(usize, Rank)> = None;
    for (index, control) in form.controls.iter().enumerate() {
        if control.kind != ControlKind::Submit || names_somebody_else(&control.label, &credentials.username) {
            continue;
        }
        if let Some(rank) = rank(control)
            && rank >= least
            && best.is_none_or(|(_, earlier)| rank > earlier)
        {
            best = Some((index, rank));
        }
    }
    best.map(|(index, _)| index)
}

/// What it says counts more than what it is called; `None` for a button that must not be pressed.
fn rank(control: &Control) -> Option<Rank> {
    let called = format!("{} {}", control.name, control.value.expose());
    if refuses(&control.label) {
        None
    } else if goes_on(&control.label) {
        Some(Rank::SaysSo)
    } else if refuses(&called) {
        None
    } else if goes_on(&called) {
        Some(Rank::GoesOn)
    } else {
        Some(Rank::Plain)
    }
}

/// Whether a button stands for the account: its text or value holds the sign-in name, and it does not remove it.
fn names_account(control: &Control, username: &str) -> bool {
    let names = mentions(&control.label, username) || mentions(control.value.expose(), username);
    names && !refuses_besides(&control.label, username)
}

fn link_names_account(text: &str, username: &str) -> bool {
    mentions(text, username) && !refuses_besides(text, username)
}

/// A radio button that stands for the account.
fn account_choice(form: &Form, credentials: &Credentials) -> Option<usize> {
    form.controls.iter().position(|control| {
        matches!(control.kind, ControlKind::Radio { .. }) && names_account(control, &credentials.username)
    })
}

fn find_button(page: &Page, fits: impl Fn(&Control) -> bool) -> Option<(usize, usize)> {
    page.forms.iter().enumerate().find_map(|(index, form)| {
        let button =
            form.controls.iter().position(|control| control.kind == ControlKind::Submit && fits(control))?;
        Some((index, button))
    })
}

fn find_link(page: &Page, fits: impl Fn(&str) -> bool) -> Option<usize> {
    page.blocks.iter().position(|block| matches!(block, Block::Link(text, _) if fits(text)))
}

/// What makes a page the same page when it comes back: its heading, where its form leads, what it asks for and what its
/// buttons say. Hidden values are left out, as they change with each answer, and so is the text, which holds the error.
fn mark(page: &Page, form: &Form) -> String {
    let heading = page.blocks.iter().find_map(|block| match block {
        Block::Heading(text) => Some(text.as_str()),
        Block::Text(_) | Block::Item(_) | Block::Link(..) | Block::Control(..) => None,
    });
    let mut mark = format!("{}\n{}", form.action, heading.unwrap_or_default());
    for control in &form.controls {
        mark.push('\n');
        mark.push_str(&control.name);
        if control.kind == ControlKind::Submit {
            mark.push_str(&control.label);
        }
    }
    mark
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::agent::html;

    fn page(html: &str) -> Page {
        html::read(html.as_bytes(), &Url::parse("https://login.example/p").unwrap()).page
    }

    fn ann() -> Credentials {
        Credentials {
            username: "ann@northwind.example".to_owned(),
            password: Secret::new("lab-password"),
            one_time_code: Some(Secret::new("123456")),
            user_code: Some("K4PTWQ7NR".to_owned()),
        }
    }

    /// The acts in one line: filled controls by name, then the button or link.
    fn told(page: &Page, acts: Option<Vec<Act>>) -> String {
        let Some(acts) = acts else { return "nothing".to_owned() };
        let control = |form: usize, control: usize| &page.forms[form].controls[control];
        let parts = acts.into_iter().map(|act| match act {
            Act::Fill(form, index, value) => format!("{}={}", control(form, index).name, value.expose()),
            Act::Toggle(form, index) => format!("choose {}", control(form, index).label),
            Act::Submit(form, Some(index)) => format!("press {}", control(form, index).label),
            Act::Submit(_, None) => "enter".to_owned(),
            Act::Follow(block) => match &page.blocks[block] {
                Block::Link(text, _) => format!("follow {text}"),
                other => panic!("{other:?} is no link"),
            },
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    fn check(html: &str, expected: &str) {
        let page = page(html);
        let acts = Memory::default().plan(&page, &ann());
        assert_eq!(told(&page, acts), expected, "{html}");
    }

    #[test]
    fn two_questions_of_one_address_are_two_pages_and_one_that_comes_back_is_one() {
        let ask = |heading: &str, step: &str| {
            page(&format!(
                "<h1>{heading}</h1><form method=post action=/next><input type=hidden name=step value={step}>\
                 <button name=answer value=yes>Continue</button></form>"
            ))
        };
        let mut memory = Memory::default();
        assert!(memory.plan(&ask("On another device?", "device"), &ann()).is_some());
        assert!(memory.plan(&ask("Permissions", "consent"), &ann()).is_some());
        assert!(memory.plan(&ask("Permissions", "again"), &ann()).is_none());
    }

    #[test]
    fn sign_in_pages_are_filled_in() {
        check(
            "<form method=post><input type=hidden name=prompt value=login>\
             <input required type=text name=login placeholder='Enter any login' autofocus>\
             <input required type=password name=password placeholder='and password'>\
             <button type=submit class='login login-submit'>Sign-in</button></form>\
             <div><a href=/abort>[ Cancel ]</a></div>",
            "login=ann@northwind.example, password=lab-password, press Sign-in",
        );
        check(
            "<form method=post><button name=action value=back>Back</button><label>E-mail, phone or name\
             <input type=email name=loginfmt value=old@x></label><button>Next</button></form>",
            "loginfmt=ann@northwind.example, press Next",
        );
        check(
            "<form><p>ann@northwind.example<button name=a value=other>Use another account</button>\
             <input type=password name=passwd><a href=/forgot>Forgot my password</a><button>Sign in</button></form>",
            "passwd=lab-password, press Sign in",
        );
        check("<form><input name=x></form>", "x=ann@northwind.example, enter");
        check("<form><input name=q placeholder=Search></form>", "nothing");
        check("<form><input name=login><button>Cancel</button></form>", "nothing");
    }

    #[test]
    fn codes_are_told_apart() {
        check(
            "<form><label>Enter the code displayed on your device<input name=otc></label></form>",
            "otc=K4PTWQ7NR, enter",
        );
        check(
            "<form id=f><input type=hidden name=xsrf value=1><input name=user_code placeholder='Enter code'></form>\
             <button type=submit form=f>Continue</button>",
            "user_code=K4PTWQ7NR, press Continue",
        );
        check(
            "<form><input name=otc aria-label='Verification code'><button>Verify</button></form>",
            "otc=123456, press Verify",
        );
        check(
            "<form><input type=password name=totpPin><button>Verify</button></form>",
            "totpPin=123456, press Verify",
        );

        // The first code of a device sign-in is the user code; one that is asked for later is not.
        let mut memory = Memory::default();
        let (first, second) =
            (page("<form><input name=code></form>"), page("<form action=/2><input name=otc></form>"));
        assert_eq!(told(&first, memory.plan(&first, &ann())), "code=K4PTWQ7NR, enter");
        assert_eq!(told(&second, memory.plan(&second, &ann())), "otc=123456, enter");

        let no_code = Credentials { one_time_code: None, user_code: None, ..ann() };
        let asks = page("<form><input name=otc><button>Continue</button></form>");
        assert_eq!(told(&asks, Memory::default().plan(&asks, &no_code)), "nothing");
    }

    #[test]
    fn the_button_that_goes_on_is_pressed() {
        check(
            "<form><input type=hidden name=xsrf><button name=abort value=yes>[ Abort ]</button>\
             <button autofocus>Continue</button></form>",
            "press Continue",
        );
        check(
            "<form><button name=consent value=cancel>Cancel</button><button name=consent value=accept>Accept</button></form>",
            "press Accept",
        );
        check(
            "<form><button name=d value=no>Nein</button><button name=d value=yes>Ja</button></form>",
            "press Ja",
        );
        check("<form><button>No</button><button>Yes</button></form>", "press Yes");
        check("<form><button>Don't allow</button><button>Maybe</button></form>", "press Maybe");
        check("<form><button>Cancel</button></form><form action=/2><button>OK</button></form>", "press OK");
        check(
            "<form><button>Decline</button><button>Go back</button><button>Sign out</button></form>",
            "nothing",
        );
        check("<p>Nothing to press<a href=/>home</a>", "nothing");
    }

    #[test]
    fn the_account_is_chosen_by_its_name() {
        let picker = "<form><button name=u value=1>Joann<br>joann@northwind.example</button>\
            <button name=u value=2>Ann<br>ANN@northwind.example</button>\
            <button name=u value=3>Forget ann@northwind.example</button>\
            <button name=other value=1>Use another account</button></form>";
        check(picker, "press Ann ANN@northwind.example");
        check(
            "<form><button name=u value=ann@northwind.example>Ann</button><button>Next</button></form>",
            "press Ann",
        );
        check(
            "<a href=/1>bob@x.example</a><a href=/2>Ann (ann@northwind.example).</a>",
            "follow Ann (ann@northwind.example).",
        );
        check(
            "<form><label><input type=radio name=u value=1>bob@x.example</label><label><input type=radio name=u value=2>\
             ann@northwind.example</label><button>Continue</button></form>",
            "choose ann@northwind.example, press Continue",
        );
        check(
            "<form><button name=u value=1>Continue as bob@x.example</button><button name=o>Use another account</button></form>",
            "press Use another account",
        );
        check(
            "<form><button>bob@x.example</button></form><a href=/new>Sign in with a different account</a>",
            "follow Sign in with a different account",
        );
        check(
            "<p>ann@northwind.example<form><button name=o>Use another account</button><button>Accept</button></form>",
            "press Accept",
        );
    }

    #[test]
    fn a_page_that_comes_back_is_not_answered_again() {
        let form = "<form method=post action=/login><input type=hidden name=ctx value=1><input name=login>\
            <input type=password name=password><button>Sign in</button></form>";
        let mut memory = Memory::default();
        assert!(memory.plan(&page(form), &ann()).is_some());
        let again = format!("<p>Wrong password</p>{}", form.replace("value=1", "value=2"));
        assert!(memory.plan(&page(&again), &ann()).is_none());
        assert!(memory.plan(&page("<form action=/consent><button>Accept</button></form>"), &ann()).is_some());
    }

    #[test]
    fn a_sign_in_that_never_ends_is_given_up() {
        let mut memory = Memory::default();
        let answered = (0..100)
            .filter(|i| {
                memory
                    .plan(&page(&format!("<form action=/{i}><button>Next</button></form>")), &ann())
                    .is_some()
            })
            .count();
        assert_eq!(answered, MOST_PAGES);
    }

    #[test]
    fn a_password_does_not_travel_in_the_clear() {
        let check = |action: &str, expected: bool| {
            let page =
                page(&format!("<form method=post action={action}><input type=password name=p></form>"));
            assert_eq!(Memory::default().plan(&page, &ann()).is_some(), expected, "{action}");
        };
        check("https://other.example/", true);
        check("http://127.0.0.1:7080/", true);
        check("http://login.example/", false);
    }

    #[test]
    fn what_is_not_at_hand_is_not_made_up() {
        let nobody = Credentials::default();
        for html in [
            "<form><input name=login><button>Next</button></form>",
            "<form><input type=password name=p></form>",
        ] {
            assert!(Memory::default().plan(&page(html), &nobody).is_none(), "{html}");
        }
    }
}
