//! The Apps screen: what of a registration will be refused and what is risky, before anybody signs in; and every
//! permission by name, with what grants it.
//!
//! ```text
//! ╭─ Registrations  41 ─────────────────────────────────────── f finds permissions ─╮
//! │▌✗ 2  ! 1  Orders                               yours  2 will fail, 1 risky      │
//! │ ✓         Northwind Kiosk                      lab    nothing wrong             │
//! ╰─────────────────────────────────────────────────────────────────────────────────╯
//! ┏━ Findings ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃ ✗ A redirect URI with http                                                      ┃
//! ┃▌  → Register it with https:                                                     ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//! ```
//!
//! `listing` is the list of registrations, `told` what is said of one; `wanted` is the list of permissions, `granting` what is
//! said of one, with the commands for those that are picked. `layout` says which regions there are, `draw` puts them on the
//! screen; what keys do is in `keys`. What was brought is kept by the workbench, for other screens use it as well.

mod draw;
mod granting;
mod keys;
mod layout;
mod listing;
mod told;
mod wanted;

use self::{
    granting::For,
    layout::{Form, Region},
    listing::{Listing, in_words},
    told::{Place, Told},
    wanted::Wanted,
};
use crate::{
    entra::permissions::Permission,
    lint::permission,
    secret::Secret,
    time::UnixTime,
    tui::{
        action::Action,
        keymap::{Context, Key},
        pane::{Intent, Toast},
        widgets::{
            field::{Field, Typed},
            lines::Scroll,
        },
    },
    workbench::{
        KeptId, Workbench,
        registrations::{EntryId, Form as Kind},
    },
};

/// A pasted text up to this long may be a search for a permission.
const LONGEST_QUERY: usize = 80;

/// What is typed, and where it goes.
#[derive(Debug)]
struct Typing {
    purpose: Purpose,
    field: Field,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// It narrows the list of registrations.
    Filter,
    /// It finds permissions.
    Find,
    /// It is a registration or an address itself.
    Paste,
    /// It names a file with registrations.
    File,
}

/// Selection, scroll, search, and which permissions are picked.
#[derive(Debug, Default)]
pub struct State {
    region: Region,
    zoomed: bool,
    typing: Option<Typing>,
    list: Listing,
    /// What is said of the selected entry, until something changes.
    told: Option<(EntryId, Told)>,
    /// The selected place in it.
    place: Option<usize>,
    scroll: Scroll,
    wanted: Wanted,
    /// Whom permissions are for.
    recipient: For,
    /// What is said of the selected permission, and of which selection and picks it was said.
    granting: Told,
    granting_of: Option<(Option<Permission>, Vec<Permission>)>,
    granting_place: Option<usize>,
    granting_scroll: Scroll,
    /// How much room the last frame had.
    form: Form,
}

impl State {
    /// Which part of the keymap applies.
    pub const fn context(&self) -> Context {
        match (&self.typing, self.region.is_of_permissions()) {
            (Some(_), _) => Context::Field,
            (None, false) => Context::Registrations,
            (None, true) => Context::Permissions,
        }
    }

    /// What the person has brought and looks at, if it is that.
    pub fn looked_at(&self) -> Option<KeptId> {
        match self.list.selected()?.id {
            EntryId::Kept(id) => Some(id),
            EntryId::Lab(_) => None,
        }
    }

    /// Says what became of a text that was brought, and shows it.
    pub fn imported(&mut self, bench: &Workbench, now: UnixTime) -> Toast {
        let arrival = match bench.registrations.last() {
            Some(Ok(arrival)) => arrival.clone(),
            Some(Err(why)) => return Toast::bad(why.clone()),
            None => return Toast::bad("nothing was brought"),
        };
        self.typing = None;
        self.zoomed = false;
        self.region = Region::Findings;
        self.list.choose(EntryId::Kept(arrival.show));
        self.keep_up(bench, now);
        self.turn_to_top();
        Toast::good(match self.list.examine(bench, now) {
            Some(examined) => format!("{}: {}", arrival.said, in_words(&examined)),
            None => arrival.said,
        })
    }

    /// Takes a key for the text field.
    pub fn typed(&mut self, key: Key) -> Vec<Intent> {
        if let Some(typing) = &mut self.typing
            && typing.field.key(key) == Typed::Changed
        {
            self.was_typed();
        }
        Vec::new()
    }

    /// Takes a pasted text. What can be a search stays in the field, or opens the search for permissions; anything else is
    /// brought at once, and kept out of the field, because it may hold secrets and is long.
    pub fn pasted(&mut self, text: &str) -> Vec<Intent> {
        let short = text.trim();
        let is_short = short.chars().count() <= LONGEST_QUERY
            && !short.contains('\n')
            && !short.contains("://")
            && !short.starts_with(['{', '[']);
        match &mut self.typing {
            Some(typing) if is_short && typing.purpose != Purpose::Paste => {
                typing.field.paste(text);
                self.was_typed();
                Vec::new()
            }
            None if is_short && !permission::find(short).is_empty() => {
                self.find(short);
                Vec::new()
            }
            Some(_) | None => {
                self.typing = None;
                vec![Intent::Import(Secret::new(text), self.looked_at())]
            }
        }
    }

    /// Empties the text field; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        let Some(typing) = self.typing.as_mut().filter(|typing| !typing.field.is_empty()) else {
            return false;
        };
        typing.field.clear();
        self.was_typed();
        true
    }

    /// A search works while it is typed.
    fn was_typed(&mut self) {
        let Some(typing) = &self.typing else { return };
        let text = typing.field.text().to_owned();
        match typing.purpose {
            Purpose::Filter => {
                self.list.set_filter(&text);
                self.turn_to_top();
            }
            Purpose::Find => {
                self.wanted.search(&text);
                self.granting_to_top();
            }
            Purpose::Paste | Purpose::File => {}
        }
    }

    /// What can be copied: every command, the ids, and everything that was found.
    pub fn copies(&self, bench: &Workbench) -> Vec<(String, Secret)> {
        let mut copies = Vec::new();
        let mut add = |told: &Told| {
            for (_, place) in &told.places {
                match place {
                    Place::Fix { title, command: Some(command) } => {
                        copies.push((title.clone(), Secret::new(command)));
                    }
                    Place::Value { what, text } => copies.push(((*what).to_owned(), Secret::new(text))),
                    Place::Fix { command: None, .. } | Place::Code(_) | Place::Permission { .. } => {}
                }
            }
        };
        if self.region.is_of_permissions() {
            add(&self.granting);
            return copies;
        }
        let Some((_, told)) = &self.told else { return copies };
        add(told);
        let known = self.list.selected().and_then(|entry| bench.known(&entry.id));
        let known = known.as_deref();
        let object = known.and_then(|known| known.application.as_ref()?.object_id.clone());
        let client = self.list.selected().and_then(|entry| entry.client_id.clone());
        for (what, id) in [("client id", client), ("object id of the application", object)] {
            copies.extend(id.map(|id| (what.to_owned(), Secret::new(id))));
        }
        copies.push(("everything that was found".to_owned(), Secret::new(told.text())));
        copies
    }

    /// Whether an action would do something now; for the footer.
    pub fn works(&self, action: Action, bench: &Workbench) -> bool {
        let selected = self.list.selected().map(|entry| &entry.id);
        match action {
            Action::RegistrationRemove => matches!(selected, Some(EntryId::Kept(_))),
            Action::RegistrationChange => matches!(selected, Some(EntryId::Lab(_))),
            Action::EditUndo => bench.registrations.removed().is_some(),
            Action::PermissionClear => !self.wanted.picked().is_empty(),
            Action::Search => self.list.all() > 1 || self.region.is_of_permissions(),
            Action::Toggle => self.wanted.selected().is_some(),
            Action::Activate => match self.region {
                Region::List => selected.is_some(),
                Region::Findings => self.told.as_ref().is_some_and(|(_, told)| !told.places.is_empty()),
                Region::Permissions => self.wanted.selected().is_some(),
                Region::Commands => !self.granting.places.is_empty(),
            },
            Action::Copy => selected.is_some() || self.region.is_of_permissions(),
            _ => true,
        }
    }

    /// Looks at the workbench again, and tells anew what has changed. Telling reads tables and the lab's directory, so it is
    /// not done for every frame.
    fn keep_up(&mut self, bench: &Workbench, now: UnixTime) {
        let has_changed = self.list.refresh(bench, now);
        let id = self.list.selected().map(|entry| entry.id.clone());
        let is_told = self.told.as_ref().map(|(told, _)| told) == id.as_ref();
        if has_changed || !is_told {
            if !is_told {
                self.turn_to_top();
            }
            self.told = None;
            let examined = self.list.examine(bench, now);
            if let (Some(entry), Some(examined)) = (self.list.selected(), examined) {
                let known = bench.known(&entry.id);
                self.told = Some((entry.id.clone(), told::told(entry, known.as_deref(), &examined)));
            }
            self.recipient = self.recipient(bench);
            self.granting_of = None;
        }
        let of = (self.wanted.selected(), self.wanted.picked().to_vec());
        if self.granting_of.as_ref() != Some(&of) {
            self.granting = granting::told(&self.wanted, &self.recipient);
            self.granting_of = Some(of);
        }
    }

    /// Whom permissions are for: the selected registration, or the client of the selected address.
    fn recipient(&self, bench: &Workbench) -> For {
        let Some(entry) = self.list.selected() else { return For::default() };
        let known = bench.known(&entry.id);
        let known = known.as_deref();
        let is_lab = matches!(entry.id, EntryId::Lab(_));
        For {
            name: match entry.form {
                Kind::Registration | Kind::Principal => entry.name.clone(),
                Kind::Address => "the client of the address".to_owned(),
            },
            client: entry.client_id.clone(),
            tenant: known.and_then(|known| known.tenant()).map(str::to_owned),
            redirect_uri: known.and_then(|known| known.redirect_uri()).map(str::to_owned),
            authority: is_lab.then(|| bench.lab.base().origin().ascii_serialization()),
        }
    }

    fn find(&mut self, query: &str) {
        self.wanted.search(query);
        self.granting_to_top();
        self.region = Region::Permissions;
    }

    fn turn_to_top(&mut self) {
        self.place = None;
        self.scroll.to_top();
    }

    fn granting_to_top(&mut self) {
        self.granting_place = None;
        self.granting_scroll.to_top();
    }
}
