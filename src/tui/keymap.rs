//! Which key does what, and where. [`TABLE`] is the only place where keys are written; lookup, footer, help, palette and
//! the README are all made from it.
//!
//! A key is looked up in the context of what has the focus, then in the contexts around it ([`Context::parent`]). While
//! letters are typed (fields, palette, help with its filter) the chain leaves out the one with the letters, so that
//! nothing but [`Context::Always`] is reachable besides the context's own few keys.

mod key;
mod table;

pub use key::Key;
pub use table::{Binding, NEARER, TABLE};

use super::{action::Action, glyphs::Charset};

/// What has the focus, as far as keys are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Even while text is typed.
    Always,
    /// On every screen.
    Global,
    /// The Flows screen.
    Flows,
    /// The Run screen: steps, sequence, answer.
    Run,
    /// The request on the Run screen, with its parameters.
    Request,
    /// The page in the built-in user agent.
    Page,
    /// The device-code prompt.
    Device,
    /// The Tokens screen.
    Tokens,
    /// A token of the lab that is being changed.
    Bend,
    /// The Errors screen.
    Errors,
    /// The Traffic screen.
    Traffic,
    /// One exchange on the Traffic screen.
    Exchange,
    /// An exchange that is being sent again.
    Replay,
    /// The Apps screen.
    Registrations,
    /// The permissions on the Apps screen, and what grants them.
    Permissions,
    /// The Tenant screen.
    Tenant,
    /// An entry of the directory, or a list of them.
    Entry,
    /// The lab tenant's sign-in log.
    SignIns,
    /// A text field.
    Field,
    /// The help.
    Help,
    /// The command palette.
    Palette,
    /// A list over the screen, such as the copy menu.
    Menu,
    /// A value shown alone over the full width.
    Value,
    /// A question that wants a yes or a no.
    Confirm,
}

impl Context {
    /// Every context, in the order of the documentation.
    pub const ALL: [Self; 24] = [
        Self::Always,
        Self::Global,
        Self::Flows,
        Self::Run,
        Self::Request,
        Self::Page,
        Self::Device,
        Self::Tokens,
        Self::Bend,
        Self::Errors,
        Self::Traffic,
        Self::Exchange,
        Self::Replay,
        Self::Registrations,
        Self::Permissions,
        Self::Tenant,
        Self::Entry,
        Self::SignIns,
        Self::Field,
        Self::Help,
        Self::Palette,
        Self::Menu,
        Self::Value,
        Self::Confirm,
    ];

    /// Where a key is looked up next.
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::Always => None,
            Self::Flows
            | Self::Run
            | Self::Tokens
            | Self::Errors
            | Self::Traffic
            | Self::Replay
            | Self::Registrations
            | Self::Tenant => Some(Self::Global),
            Self::Permissions => Some(Self::Registrations),
            Self::Request | Self::Page | Self::Device => Some(Self::Run),
            Self::Exchange => Some(Self::Traffic),
            Self::Bend => Some(Self::Tokens),
            Self::Entry | Self::SignIns => Some(Self::Tenant),
            Self::Global
            | Self::Field
            | Self::Help
            | Self::Palette
            | Self::Menu
            | Self::Value
            | Self::Confirm => Some(Self::Always),
        }
    }

    /// What headings call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Always => "Always, even while typing",
            Self::Global => "On every screen",
            Self::Flows => "Flows",
            Self::Run => "Run",
            Self::Request => "Run: the request",
            Self::Page => "Run: the sign-in page",
            Self::Device => "Run: the device code",
            Self::Tokens => "Tokens",
            Self::Bend => "Tokens: a token that is being changed",
            Self::Errors => "Errors",
            Self::Traffic => "Traffic",
            Self::Exchange => "Traffic: one exchange",
            Self::Replay => "Traffic: an exchange sent again",
            Self::Registrations => "Apps",
            Self::Permissions => "Apps: permissions",
            Self::Tenant => "Tenant",
            Self::Entry => "Tenant: the directory",
            Self::SignIns => "Tenant: the sign-in log",
            Self::Field => "In a text field",
            Self::Help => "In the help",
            Self::Palette => "In the command palette",
            Self::Menu => "In a menu",
            Self::Value => "With a value alone on the screen",
            Self::Confirm => "At a question",
        }
    }

    fn chain(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |context| context.parent())
    }
}

/// One entry of the footer. Clicking it does the same as the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key, or two that belong together, as they are typed.
    pub keys: String,
    /// What it does, in a word or three.
    pub words: &'static str,
    /// The action.
    pub action: Action,
}

/// The keys of one context in the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpSection {
    /// The context.
    pub context: Context,
    /// Its keys; those that a nearer context takes for something else are left out.
    pub rows: Vec<HelpRow>,
}

/// One row of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// All keys that do it, as they are typed.
    pub keys: String,
    /// The action.
    pub action: Action,
    /// What the footer calls it here.
    pub words: &'static str,
    /// What it does here.
    pub about: &'static str,
}

/// The most entries of a footer, the one for the help included.
const FOOTER_LENGTH: usize = 8;

/// What a key does where the focus is.
pub fn lookup(context: Context, key: Key) -> Option<Action> {
    context.chain().find_map(|context| {
        rows(context).find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
    })
}

/// The most useful keys where the focus is, most useful first. Where there is help, its key is the last: a footer that
/// is short of room drops the ones before it.
pub fn footer(context: Context, charset: Charset) -> Vec<Hint> {
    footer_of(context, charset, |_| true)
}

/// The same without the keys of actions that would do nothing: what is less useful moves up.
pub fn footer_of(context: Context, charset: Charset, works: impl Fn(Action) -> bool) -> Vec<Hint> {
    let mut shown: Vec<&Binding> = Vec::new();
    for binding in reachable(context).filter(|binding| binding.rank > 0 && works(binding.action)) {
        // Another row has taken the key that would be shown.
        if !binding.keys.first().is_some_and(|key| is_live(context, binding, *key)) {
            continue;
        }
        // The nearer context has said it already, in its own words. Two rows of one context may share an action.
        let said = |other: &&Binding| other.action == binding.action && other.context != binding.context;
        if !shown.iter().any(said) {
            shown.push(binding);
        }
    }
    shown.sort_by_key(|binding| binding.rank);
    let mut hints: Vec<Hint> = Vec::new();
    let mut ranks: Vec<u8> = Vec::new();
    for binding in shown {
        let key = binding.keys.first().expect("every row of the table has a key").label(charset);
        match (hints.last_mut(), ranks.last()) {
            (Some(last), Some(rank)) if last.words == binding.words && *rank == binding.rank => {
                let short = last.keys.chars().count() == 1 && key.chars().count() == 1;
                last.keys = format!("{}{}{key}", last.keys, if short { "" } else { "/" });
            }
            _ => {
                hints.push(Hint { keys: key, words: binding.words, action: binding.action });
                ranks.push(binding.rank);
            }
        }
    }
    let help = hints.iter().position(|hint| hint.action == Action::Help).map(|index| hints.remove(index));
    hints.truncate(FOOTER_LENGTH - usize::from(help.is_some()));
    hints.extend(help);
    hints
}

/// What an action does where the focus is, in a sentence.
pub fn about(context: Context, action: Action) -> &'static str {
    let nearer = |context| NEARER.iter().find(|row| (row.0, row.1) == (context, action));
    context.chain().find_map(nearer).map_or_else(|| action.about(), |row| row.2)
}

/// Every key that works where the focus is, nearest context first.
pub fn help(context: Context, charset: Charset) -> Vec<HelpSection> {
    let sections = context.chain().map(|part| {
        let rows = rows(part).filter_map(|binding| {
            let keys = live_keys(context, binding, charset);
            (!keys.is_empty()).then(|| HelpRow {
                keys: keys.join(", "),
                action: binding.action,
                words: binding.words,
                about: about(part, binding.action),
            })
        });
        HelpSection { context: part, rows: rows.collect() }
    });
    sections.filter(|section| !section.rows.is_empty()).collect()
}

/// The key for an action where the focus is, for the palette; `None` if it has none there.
pub fn key_for(context: Context, action: Action, charset: Charset) -> Option<String> {
    reachable(context)
        .filter(|binding| binding.action == action)
        .find_map(|binding| live_keys(context, binding, charset).into_iter().next())
}

/// Whether an action can be asked for by name where the focus is: it has a key there, or none anywhere.
pub fn is_usable(context: Context, action: Action) -> bool {
    reachable(context).any(|binding| binding.action == action) || TABLE.iter().all(|row| row.action != action)
}

/// The table as Markdown, for the README.
pub fn readme_table() -> String {
    let mut lines =
        vec!["| where | keys | action | what it does |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    for context in Context::ALL {
        let mut place = context.title();
        for binding in rows(context) {
            let keys: Vec<_> =
                binding.keys.iter().map(|key| format!("`{}`", key.label(Charset::Unicode))).collect();
            let (action, about) = (binding.action.name(), about(context, binding.action));
            lines.push(format!("| {place} | {} | `{action}` | {about} |", keys.join(" ")));
            place = "";
        }
    }
    for action in Action::ALL.iter().filter(|action| TABLE.iter().all(|row| row.action != **action)) {
        lines.push(format!("| In the palette only | | `{}` | {} |", action.name(), action.about()));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn rows(context: Context) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |binding| binding.context == context)
}

/// The rows that count in a context, nearest first, keys taken by a nearer one or not.
fn reachable(context: Context) -> impl Iterator<Item = &'static Binding> {
    context.chain().flat_map(rows)
}

/// The keys of a row that really lead to it from this context.
fn live_keys(context: Context, binding: &Binding, charset: Charset) -> Vec<String> {
    let live = binding.keys.iter().filter(|key| is_live(context, binding, **key));
    live.map(|key| key.label(charset)).collect()
}

fn is_live(context: Context, binding: &Binding, key: Key) -> bool {
    reachable(context)
        .find(|other| other.keys.contains(&key))
        .is_some_and(|first| std::ptr::eq(first, binding))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const OPEN: [Context; 17] = [
        Context::Global,
        Context::Flows,
        Context::Run,
        Context::Request,
        Context::Page,
        Context::Device,
        Context::Tokens,
        Context::Bend,
        Context::Errors,
        Context::Traffic,
        Context::Exchange,
        Context::Replay,
        Context::Registrations,
        Context::Permissions,
        Context::Tenant,
        Context::Entry,
        Context::SignIns,
    ];

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for context in Context::ALL {
            let mut seen = BTreeSet::new();
            for key in rows(context).flat_map(|binding| binding.keys) {
                assert!(seen.insert(key.label(Charset::Unicode)), "{context:?}: {key:?} stands there twice");
            }
        }
    }

    #[test]
    fn a_context_gives_an_inherited_key_another_meaning_only_where_that_is_meant() {
        // Enter does the main thing, and here the main thing has a name.
        let meant = [
            (Context::Flows, Action::FlowStart, "Enter"),
            (Context::Run, Action::FlowNext, "Enter"),
            (Context::Page, Action::Activate, "Enter"),
            // What is being changed has no signature to look at, and is not on the shelf to be taken off.
            (Context::Bend, Action::TokenSign, "s"),
            (Context::Bend, Action::EditDrop, "x"),
            (Context::Bend, Action::EditDrop, "Del"),
        ];
        for context in Context::ALL {
            for binding in rows(context) {
                for key in binding.keys {
                    let inherited = context.parent().and_then(|parent| lookup(parent, *key));
                    if inherited.is_none_or(|action| action == binding.action) {
                        continue;
                    }
                    let label = key.label(Charset::Unicode);
                    let case = (context, binding.action, label.as_str());
                    assert!(meant.contains(&case), "{case:?} hides {inherited:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_needs_a_key_that_some_terminal_cannot_send() {
        for binding in TABLE {
            assert!(!binding.keys.is_empty(), "{:?} {:?}", binding.context, binding.action);
            for key in binding.keys {
                assert!(key.exists_everywhere(), "{:?} {key:?}", binding.context);
            }
            let sure = binding.keys.iter().any(|key| key.is_never_taken());
            assert!(
                sure,
                "{:?} {:?} needs a key beside those that others take",
                binding.context, binding.action
            );
        }
    }

    #[test]
    fn while_letters_are_typed_none_of_them_is_a_command() {
        for context in [Context::Field, Context::Palette, Context::Help] {
            for c in (' '..='~').chain(['ü', '漢']) {
                assert_eq!(lookup(context, Key::char(c)), None, "{context:?} {c:?}");
            }
            assert_eq!(lookup(context, Key::ctrl('c')), Some(Action::Interrupt));
        }
    }

    #[test]
    fn one_key_always_interrupts_and_one_always_closes() {
        for context in Context::ALL {
            assert_eq!(lookup(context, Key::ctrl('c')), Some(Action::Interrupt), "{context:?}");
            if context != Context::Always {
                assert_eq!(lookup(context, Key::ESC), Some(Action::Close), "{context:?}");
            }
        }
        assert_eq!(lookup(Context::Confirm, Key::ENTER), Some(Action::Close), "Enter must not confirm");
    }

    #[test]
    fn the_keys_of_the_conventions_mean_what_they_say_there() {
        let check = |context, key, action| assert_eq!(lookup(context, key), Some(action), "{key:?}");
        for context in OPEN {
            check(context, Key::char('?'), Action::Help);
            check(context, Key::char('q'), Action::Back);
            check(context, Key::char(':'), Action::Palette);
            check(context, Key::ctrl('p'), Action::Palette);
            check(context, Key::char('y'), Action::Copy);
            check(context, Key::char('Y'), Action::CopyMenu);
            check(context, Key::char('v'), Action::Reveal);
            check(context, Key::char('z'), Action::PaneZoom);
            check(context, Key::char('j'), Action::MoveDown);
            check(context, Key::char('G'), Action::MoveBottom);
            check(context, Key::char('/'), Action::Search);
            check(context, Key::char('3'), Action::ScreenTokens);
        }
        check(Context::Request, Key::char('x'), Action::EditDrop);
        check(Context::Request, Key::char('a'), Action::FlowAuto);
        check(Context::Device, Key::char('o'), Action::VisitBrowser);
    }

    #[test]
    fn screens_that_do_not_exist_have_no_key() {
        for key in ['7', '9', '0'] {
            for context in OPEN {
                assert_eq!(lookup(context, Key::char(key)), None);
            }
        }
    }

    #[test]
    fn every_action_has_a_key_or_is_meant_for_the_palette() {
        let without: Vec<_> =
            Action::ALL.iter().filter(|action| TABLE.iter().all(|row| row.action != **action)).collect();
        assert_eq!(without, [&Action::Messages, &Action::Quit, &Action::Mouse]);
    }

    #[test]
    fn a_footer_is_short_and_ends_with_help_wherever_there_is_help() {
        for context in OPEN {
            let hints = footer(context, Charset::Unicode);
            assert!((5..=8).contains(&hints.len()), "{context:?}: {hints:?}");
            assert_eq!(
                hints.last().map(|hint| (hint.keys.as_str(), hint.words)),
                Some(("?", "help")),
                "{context:?}"
            );
            for (index, hint) in hints.iter().enumerate() {
                assert!(
                    hints.iter().skip(index + 1).all(|other| other.keys != hint.keys),
                    "{context:?}: {hints:?}"
                );
            }
            // The five most useful ones and the help fit the narrowest terminal that shows a footer in full.
            let kept = hints.iter().take(5).chain(hints.last());
            let width: usize = kept.map(|hint| hint.keys.chars().count() + 1 + hint.words.len() + 2).sum();
            assert!(width < 80, "{context:?} needs {width} columns: {hints:?}");
        }
        for context in [Context::Field, Context::Palette, Context::Menu, Context::Value, Context::Confirm] {
            assert!(!footer(context, Charset::Unicode).is_empty(), "{context:?}");
        }
    }

    #[test]
    fn a_footer_shows_only_keys_that_work_there() {
        for context in Context::ALL {
            for hint in footer(context, Charset::Unicode) {
                let row = reachable(context).find(|row| row.action == hint.action && row.words == hint.words);
                let row = row.expect("a hint comes from the table");
                assert_eq!(lookup(context, row.keys[0]), Some(hint.action), "{context:?} {hint:?}");
            }
        }
    }

    #[test]
    fn keys_that_belong_together_share_a_hint() {
        let flows = footer(Context::Flows, Charset::Unicode);
        assert!(flows.iter().any(|hint| hint.keys == "↑↓" && hint.words == "move"), "{flows:?}");
        let flows = footer(Context::Flows, Charset::Ascii);
        assert!(flows.iter().any(|hint| hint.keys == "Up/Down"), "{flows:?}");
        let field: Vec<_> = footer(Context::Field, Charset::Unicode);
        assert_eq!((field[0].keys.as_str(), field[0].words), ("Enter", "accept"));
        assert_eq!((field[1].keys.as_str(), field[1].words), ("Esc", "cancel"));
    }

    #[test]
    fn help_lists_each_key_once_and_under_the_context_that_answers_it() {
        for context in Context::ALL {
            for section in help(context, Charset::Unicode) {
                for row in section.rows {
                    for label in row.keys.split(", ") {
                        let key = TABLE
                            .iter()
                            .flat_map(|row| row.keys)
                            .find(|key| key.label(Charset::Unicode) == label);
                        let key = key.expect("a label comes from the table");
                        assert_eq!(lookup(context, *key), Some(row.action), "{context:?} {label}");
                    }
                }
            }
        }
        let run = help(Context::Run, Charset::Unicode);
        let contexts: Vec<_> = run.iter().map(|section| section.context).collect();
        assert_eq!(contexts, [Context::Run, Context::Global, Context::Always]);
        let enters = run.iter().flat_map(|section| &section.rows).filter(|row| row.keys.contains("Enter"));
        assert_eq!(enters.count(), 1);
    }

    #[test]
    fn the_palette_is_told_the_key_of_the_place() {
        let key = |context, action| key_for(context, action, Charset::Unicode);
        assert_eq!(key(Context::Run, Action::FlowNext).as_deref(), Some("Enter"));
        assert_eq!(key(Context::Flows, Action::FlowNext), None);
        assert_eq!(key(Context::Run, Action::Activate), None, "Enter is taken by the flow there");
        assert_eq!(key(Context::Traffic, Action::Mouse), None);
    }

    #[test]
    fn what_an_action_does_is_told_nearer_where_it_has_a_key() {
        for (context, action, told) in NEARER {
            let bound = rows(*context).any(|row| row.action == *action);
            assert!(bound, "{context:?} has no key for {action:?}");
            assert_ne!(*told, action.about(), "{context:?} {action:?}");
            assert!(told.ends_with('.') && !told.contains('|'), "{told}");
        }
        let pasted = |context| about(context, Action::Paste);
        assert!(
            pasted(Context::Tokens).contains("certificate") && !pasted(Context::Errors).contains("token")
        );
        assert_eq!(pasted(Context::Page), pasted(Context::Run), "what holds around a context holds in it");
    }

    #[test]
    fn the_readme_table_has_every_row_and_every_action() {
        let table = readme_table();
        let keyless =
            Action::ALL.iter().filter(|action| TABLE.iter().all(|row| row.action != **action)).count();
        assert_eq!(table.lines().count(), 2 + TABLE.len() + keyless);
        assert!(table.lines().all(|line| line.matches('|').count() == 5), "{table}");
        assert!(Action::ALL.iter().all(|action| table.contains(action.name())));
    }
}
