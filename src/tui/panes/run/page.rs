//! The page in the built-in user agent, as lines: what it says, what can be pressed and filled in, and how we came here.
//!
//! ```text
//!   Sign in
//! ▌ Email        [bruno@northwind.example          ]
//!   Password     [••••••••                         ]
//!   [ Sign in ]   [ Back ]
//! ```

use crate::{
    agent::{Act, Block, Control, ControlKind, Page},
    provider::scenario::User,
    secret::Secret,
    text::{Line, Role},
    tui::glyphs::Glyphs,
};

/// Something on a page that a person can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A control: form and control index.
    Control(usize, usize),
    /// The link in this block.
    Link(usize),
}

impl Target {
    /// The control behind it.
    pub fn control(self, page: &Page) -> Option<&Control> {
        match self {
            Self::Control(form, control) => page.forms.get(form)?.controls.get(control),
            Self::Link(_) => None,
        }
    }

    /// Whether text is typed into it.
    pub fn is_text(self, page: &Page) -> bool {
        let control = self.control(page);
        control.is_some_and(|control| matches!(control.kind, ControlKind::Text | ControlKind::Password))
    }
}

/// What can be acted on, in reading order.
pub fn targets(page: &Page) -> Vec<Target> {
    let target = |(index, block): (usize, &Block)| match *block {
        Block::Control(form, control) => Some(Target::Control(form, control)),
        Block::Link(..) => Some(Target::Link(index)),
        Block::Heading(_) | Block::Text(_) | Block::Item(_) => None,
    };
    let shown = |target: &Target| match target.control(page) {
        Some(control) => control.kind != ControlKind::Hidden,
        None => matches!(target, Target::Link(_)),
    };
    page.blocks.iter().enumerate().filter_map(target).filter(shown).collect()
}

/// Where the selection stands when a page comes: on the first thing to fill in, else on what leads on.
pub fn first(page: &Page) -> usize {
    let targets = targets(page);
    let empty = |target: &Target| {
        target.is_text(page) && target.control(page).is_some_and(|control| control.value.is_empty())
    };
    let button = |target: &Target| target.control(page).is_some_and(|c| c.kind == ControlKind::Submit);
    targets.iter().position(empty).or_else(|| targets.iter().position(button)).unwrap_or(0)
}

/// A line of the page, and what it can be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What is read.
    pub line: Line,
    /// What is behind it.
    pub target: Option<Target>,
    /// In which column a value begins that is typed here.
    pub value_at: usize,
}

/// The page from top to bottom. Values of password fields are never shown, whatever is revealed elsewhere.
pub fn pieces(page: &Page, glyphs: &Glyphs) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let labels = label_width(page);
    for (index, block) in page.blocks.iter().enumerate() {
        let (line, target, value_at) = match block {
            Block::Heading(text) => (Line::of(Role::Title, text), None, 0),
            Block::Text(text) => (Line::of(Role::Text, text), None, 0),
            Block::Item(text) => {
                (Line::of(Role::Muted, format!("{} ", glyphs.bullet)).then(Role::Text, text), None, 0)
            }
            Block::Link(text, url) => {
                let text = if text.trim().is_empty() { url.as_str() } else { text };
                (Line::of(Role::Link, text).then(Role::Muted, " →"), Some(Target::Link(index)), 0)
            }
            Block::Control(form, control) => {
                let target = Target::Control(*form, *control);
                let Some(shown) = target.control(page).and_then(|c| drawn(c, labels)) else { continue };
                (shown, Some(target), labels + 3)
            }
        };
        // A heading and the first of several controls stand clear of what is above.
        let above = pieces.last();
        let apart = above.is_some_and(|above| {
            matches!(block, Block::Heading(_)) || above.target.is_none() && target.is_some()
        });
        if apart {
            pieces.push(Piece { line: Line::new(), target: None, value_at: 0 });
        }
        pieces.push(Piece { line, target, value_at });
    }
    pieces
}

fn label_width(page: &Page) -> usize {
    use unicode_width::UnicodeWidthStr as _;
    let fields = targets(page).into_iter().filter(|target| target.is_text(page));
    let widths = fields.filter_map(|target| Some(target.control(page)?.label.width()));
    widths.max().unwrap_or(0).clamp(8, 28)
}

fn drawn(control: &Control, labels: usize) -> Option<Line> {
    let label = control.label.as_str();
    Some(match control.kind {
        ControlKind::Hidden => return None,
        ControlKind::Submit => Line::of(Role::Key, format!("[ {} ]", or(label, "Submit"))),
        ControlKind::Checkbox { ticked } => Line::of(Role::Value, if ticked { "[x] " } else { "[ ] " })
            .then(Role::Text, or(label, &control.name)),
        ControlKind::Radio { chosen } => Line::of(Role::Value, if chosen { "(•) " } else { "( ) " })
            .then(Role::Text, or(label, &control.name)),
        ControlKind::Text | ControlKind::Password => {
            let name = super::steps::clipped(&crate::text::visible(or(label, &control.name)), labels, "…");
            let pad = labels.saturating_sub(unicode_width::UnicodeWidthStr::width(name.as_str()));
            let line = Line::of(Role::Name, name).then(Role::Text, format!("{}  [", " ".repeat(pad)));
            let line = match (control.value.is_empty(), control.kind == ControlKind::Password) {
                (true, _) => line.then(Role::Muted, " ".repeat(FIELD)),
                (false, true) => line.then(Role::Secret, format!("{:<FIELD$}", "••••••••")),
                (false, false) => line.then(Role::Value, format!("{:<FIELD$}", control.value.expose())),
            };
            line.then(Role::Text, "]")
        }
    })
}

/// How wide an input is drawn.
pub const FIELD: usize = 30;

const fn or<'a>(text: &'a str, instead: &'a str) -> &'a str {
    if text.is_empty() { instead } else { text }
}

/// What Enter does on a target, for the line below the page.
pub fn enter_means(target: Target, page: &Page) -> &'static str {
    match (target, target.control(page).map(|control| control.kind)) {
        (Target::Link(_), _) => "follow",
        (_, Some(ControlKind::Submit)) => "press",
        (_, Some(ControlKind::Checkbox { .. })) => "tick",
        (_, Some(ControlKind::Radio { .. })) => "choose",
        (_, Some(ControlKind::Text | ControlKind::Password)) => "fill in",
        (_, Some(ControlKind::Hidden) | None) => "nothing",
    }
}

/// What a person of the lab tenant would write into this page. A field whose purpose is not plain is left alone.
pub fn filled_by(page: &Page, user: &User, user_code: Option<&str>) -> Vec<Act> {
    let fields: Vec<(usize, usize, &Control)> = targets(page)
        .into_iter()
        .filter_map(|target| match target {
            Target::Control(form, index) => Some((form, index, target.control(page)?)),
            Target::Link(_) => None,
        })
        .collect();
    let texts = fields.iter().filter(|(_, _, control)| control.kind == ControlKind::Text).count();
    let acts = fields.into_iter().filter_map(|(form, index, control)| {
        let words = format!("{} {}", control.name, control.label).to_lowercase();
        let says = |hints: &[&str]| hints.iter().any(|hint| words.contains(hint));
        let text = match control.kind {
            ControlKind::Password => Some(user.password.clone()),
            ControlKind::Text if says(&["user_code", "usercode", "device"]) => user_code.map(Secret::new),
            ControlKind::Text if says(&["otp", "otc", "one-time", "verification code", "mfa"]) => {
                user.one_time_code.clone()
            }
            ControlKind::Text if says(&["code"]) => {
                user_code.map(Secret::new).or_else(|| user.one_time_code.clone())
            }
            ControlKind::Text if texts == 1 || says(&["user", "login", "mail", "account", "sign"]) => {
                Some(Secret::new(user.user_principal_name.as_str()))
            }
            _ => None,
        };
        text.map(|text| Act::Fill(form, index, text))
    });
    acts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{agent::Form, provider::scenario::Scenario, tui::glyphs::Charset};

    fn control(name: &str, label: &str, kind: ControlKind, value: &str) -> Control {
        Control {
            name: name.to_owned(),
            kind,
            label: label.to_owned(),
            value: Secret::new(value),
            detour: None,
        }
    }

    fn sign_in() -> Page {
        let controls = vec![
            control("ctx", "", ControlKind::Hidden, "opaque"),
            control("login", "Email", ControlKind::Text, "bruno"),
            control("passwd", "Password", ControlKind::Password, "hush"),
            control("stay", "Stay signed in", ControlKind::Checkbox { ticked: true }, "1"),
            control("", "Sign in", ControlKind::Submit, ""),
        ];
        let action = "http://localhost/login".parse().expect("a URL");
        let mut blocks = vec![Block::Heading("Sign in".to_owned())];
        blocks.extend((0..controls.len()).map(|index| Block::Control(0, index)));
        blocks.push(Block::Link("Help".to_owned(), "http://localhost/help".parse().expect("a URL")));
        Page { title: "Sign in".to_owned(), blocks, forms: vec![Form { action, post: true, controls }] }
    }

    #[test]
    fn a_page_reads_from_top_to_bottom_and_hides_passwords() {
        let text: Vec<_> =
            pieces(&sign_in(), Glyphs::of(Charset::Unicode)).iter().map(|piece| piece.line.plain()).collect();
        assert_eq!(
            text,
            [
                "Sign in",
                "",
                "Email     [bruno                         ]",
                "Password  [••••••••                      ]",
                "[x] Stay signed in",
                "[ Sign in ]",
                "Help →",
            ]
        );
    }

    #[test]
    fn the_selection_begins_where_something_is_missing() {
        let mut page = sign_in();
        assert_eq!(targets(&page).len(), 5, "hidden controls are no targets");
        assert_eq!(first(&page), 3, "everything is filled in: the button");
        page.forms[0].controls[2].value = Secret::default();
        assert_eq!(first(&page), 1, "the empty password");
        assert_eq!(first(&Page::default()), 0);
    }

    #[test]
    fn a_person_of_the_lab_fills_in_what_is_theirs() {
        let scenario = Scenario::northwind();
        let user = scenario.users().first().expect("somebody lives there");
        let acts = filled_by(&sign_in(), user, None);
        let name = Secret::new(user.user_principal_name.as_str());
        assert_eq!(acts, [Act::Fill(0, 1, name), Act::Fill(0, 2, user.password.clone())]);

        let mut page = sign_in();
        page.forms[0].controls[1] = control("user_code", "Code", ControlKind::Text, "");
        assert_eq!(filled_by(&page, user, Some("ABCD"))[0], Act::Fill(0, 1, Secret::new("ABCD")));
        assert_eq!(filled_by(&page, user, None).len(), 1, "a code that we do not have is not made up");
    }
}
