//! What the keys of the Apps screen do.

use super::{
    Purpose, Region, State, Typing,
    told::{Place, Told},
};
use crate::{
    secret::Secret,
    time::UnixTime,
    tui::{
        action::Action,
        pane::{Intent, Toast},
        widgets::{
            field::Field,
            lines::{self, Scroll},
        },
    },
    workbench::{User, Workbench, registrations::EntryId},
};

impl State {
    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, now: UnixTime) -> Option<Vec<Intent>> {
        self.wanted.open();
        self.keep_up(bench, now);
        let intents =
            if self.typing.is_some() { self.typing_update(action) } else { self.act(action, bench) };
        // What the footer says has to be about what is selected now.
        self.keep_up(bench, now);
        intents
    }

    fn act(&mut self, action: Action, bench: &Workbench) -> Option<Vec<Intent>> {
        match action {
            Action::PaneNext => self.turn(1),
            Action::PanePrevious => self.turn(Region::ALL.len() - 1),
            Action::PaneZoom => self.zoomed = !self.zoomed,
            Action::Activate => return Some(self.activate()),
            Action::Close => return self.close().then(Vec::new),
            Action::Search if !self.region.is_of_permissions() => {
                self.region = Region::List;
                self.open(Purpose::Filter, Field::new(self.list.filter()));
            }
            Action::PermissionFind | Action::Search => {
                self.region = Region::Permissions;
                self.open(Purpose::Find, Field::new(self.wanted.query()));
            }
            Action::Paste => self.open(Purpose::Paste, Field::default()),
            Action::RegistrationAdd => self.open(Purpose::File, Field::default()),
            Action::RegistrationRemove => return Some(self.remove()),
            Action::RegistrationChange => return Some(self.change()),
            Action::EditUndo => return Some(self.put_back(bench)),
            Action::Toggle if self.region.is_of_permissions() => {
                self.wanted.toggle();
                self.granting_to_top();
            }
            Action::PermissionClear => {
                self.wanted.unpick_all();
                self.granting_to_top();
            }
            Action::Explain => return Some(self.explain()),
            Action::Copy => return Some(self.copy()),
            action => return self.moved(action).then(Vec::new),
        }
        Some(Vec::new())
    }

    fn open(&mut self, purpose: Purpose, field: Field) {
        // A field stands where its list is.
        if matches!(purpose, Purpose::Paste | Purpose::File) {
            self.region = Region::List;
        }
        self.typing = Some(Typing { purpose, field });
    }

    fn typing_update(&mut self, action: Action) -> Option<Vec<Intent>> {
        let purpose = self.typing.as_ref()?.purpose;
        match action {
            Action::Activate => {
                let text = self.typing.take().map(|typing| typing.field.text().trim().to_owned());
                let text = text.filter(|text| !text.is_empty());
                return Some(match (purpose, text) {
                    (Purpose::Filter | Purpose::Find, _) | (_, None) => Vec::new(),
                    (Purpose::Paste, Some(text)) => {
                        vec![Intent::Import(Secret::new(text), self.looked_at())]
                    }
                    (Purpose::File, Some(name)) => vec![Intent::ReadRegistration(name)],
                });
            }
            Action::Close => {
                self.clear_field();
                self.typing = None;
            }
            // A list is narrowed while one types: its rows can be walked at once.
            Action::MoveUp | Action::MoveDown => {
                match purpose {
                    Purpose::Filter => self.list.act(action),
                    Purpose::Find => self.wanted.selection.act(action, self.wanted.count()),
                    Purpose::Paste | Purpose::File => false,
                };
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn turn(&mut self, by: usize) {
        let at = Region::ALL.iter().position(|region| *region == self.region).unwrap_or(0);
        self.region = Region::ALL[(at + by) % Region::ALL.len()];
    }

    /// What is read in the region with the focus, and the selected place in it.
    fn reading(&mut self) -> Option<(&Told, &mut Option<usize>, &mut Scroll)> {
        match self.region {
            Region::Findings => {
                let (_, told) = self.told.as_ref()?;
                Some((told, &mut self.place, &mut self.scroll))
            }
            Region::Commands => Some((&self.granting, &mut self.granting_place, &mut self.granting_scroll)),
            Region::List | Region::Permissions => None,
        }
    }

    fn selected_place(&mut self) -> Option<Place> {
        let (told, place, _) = self.reading()?;
        told.places.get((*place)?).map(|(_, place)| place.clone())
    }

    fn activate(&mut self) -> Vec<Intent> {
        match self.region {
            Region::List if self.list.selected().is_some() => self.region = Region::Findings,
            Region::List => {}
            Region::Permissions => self.region = Region::Commands,
            Region::Findings | Region::Commands => match self.selected_place() {
                Some(place) => return self.follow(place),
                // To what can be done.
                None => {
                    if let Some((told, place, _)) = self.reading() {
                        *place = told.first_fix();
                    }
                }
            },
        }
        Vec::new()
    }

    fn follow(&mut self, place: Place) -> Vec<Intent> {
        match place {
            Place::Code(code) => vec![self.look_up(code)],
            Place::Permission { api, id, kind } => {
                self.wanted.show(&api, &id, kind);
                self.granting_to_top();
                self.region = Region::Permissions;
                Vec::new()
            }
            Place::Fix { title, command: Some(text) } => {
                vec![Intent::ShowPlain { title, text: Secret::new(text) }]
            }
            Place::Value { what, text } => {
                vec![Intent::ShowPlain { title: what.to_owned(), text: Secret::new(text) }]
            }
            Place::Fix { command: None, .. } => {
                vec![Intent::Toast(Toast::good("this one is done by hand: there is no command for it"))]
            }
        }
    }

    /// A number with the client id beside it is explained with that registration at hand, and commands are filled with it.
    fn look_up(&self, code: u32) -> Intent {
        let client = self.list.selected().filter(|entry| matches!(entry.id, EntryId::Kept(_)));
        let client = client.and_then(|entry| entry.client_id.as_deref());
        Intent::LookUp(match client {
            Some(id) => format!("AADSTS{code} client_id={id}"),
            None => format!("AADSTS{code}"),
        })
    }

    fn explain(&mut self) -> Vec<Intent> {
        match self.selected_place() {
            Some(Place::Code(code)) => vec![self.look_up(code)],
            _ => vec![Intent::Toast(Toast::bad("choose a number among the findings: that is explained"))],
        }
    }

    /// Closes the topmost thing; says whether there was one.
    fn close(&mut self) -> bool {
        if self.zoomed {
            self.zoomed = false;
            return true;
        }
        if let Some((_, place, _)) = self.reading()
            && place.is_some()
        {
            *place = None;
            return true;
        }
        match self.region {
            Region::Commands => self.region = Region::Permissions,
            Region::Permissions if !self.wanted.query().is_empty() => {
                self.wanted.search("");
                self.granting_to_top();
            }
            Region::Permissions | Region::Findings => self.region = Region::List,
            Region::List if !self.list.filter().is_empty() => self.list.set_filter(""),
            Region::List => return false,
        }
        true
    }

    fn moved(&mut self, action: Action) -> bool {
        match (self.region, action) {
            (Region::List, _) => self.list.act(action),
            (Region::Permissions, _) => {
                let moved = self.wanted.selection.act(action, self.wanted.count());
                if moved {
                    self.granting_to_top();
                }
                moved
            }
            (Region::Findings | Region::Commands, Action::MoveUp | Action::MoveDown) => {
                if let Some((told, place, scroll)) = self.reading() {
                    lines::walk(scroll, &told.stops(), place, action == Action::MoveDown);
                }
                true
            }
            (Region::Findings | Region::Commands, _) => {
                let Some((_, place, scroll)) = self.reading() else { return false };
                let moved = scroll.act(action);
                if moved {
                    // A selection would be kept in view, and hold the text back.
                    *place = None;
                }
                moved
            }
        }
    }

    fn remove(&mut self) -> Vec<Intent> {
        match self.list.selected() {
            Some(entry) => match entry.id {
                EntryId::Kept(id) => {
                    let toast = Toast::good(format!("{} taken away; u puts it back", entry.name));
                    self.region = Region::List;
                    vec![Intent::Bench(User::Forget(id)), Intent::Toast(toast)]
                }
                EntryId::Lab(_) => {
                    vec![Intent::Toast(Toast::bad(
                        "that one is the lab's own, and is removed on screen 8: e leads there",
                    ))]
                }
            },
            None => vec![Intent::Toast(Toast::bad("there is nothing to take away"))],
        }
    }

    fn put_back(&mut self, bench: &Workbench) -> Vec<Intent> {
        match bench.registrations.removed() {
            Some(id) => {
                self.list.choose(EntryId::Kept(id));
                vec![Intent::Bench(User::Recall), Intent::Toast(Toast::good("it is back"))]
            }
            None => vec![Intent::Toast(Toast::bad("nothing was taken away"))],
        }
    }

    fn change(&self) -> Vec<Intent> {
        match self.list.selected().map(|entry| &entry.id) {
            Some(EntryId::Lab(client_id)) => vec![Intent::ShowApplication(client_id.clone())],
            Some(EntryId::Kept(_)) => vec![Intent::Toast(Toast::bad(
                "that one is changed where it is registered, by the commands of its findings; paste it again then",
            ))],
            None => vec![Intent::Toast(Toast::bad("there is nothing to change"))],
        }
    }

    fn copy(&mut self) -> Vec<Intent> {
        let copied = match self.region {
            Region::List => {
                let id = self.list.selected().and_then(|entry| entry.client_id.clone());
                id.map(|id| ("client id".to_owned(), id))
            }
            Region::Permissions => self.wanted.selected().map(|one| ("GUID".to_owned(), one.id.to_owned())),
            Region::Findings | Region::Commands => match self.selected_place() {
                Some(Place::Fix { title, command }) => Some(match command {
                    Some(command) if command.contains("://") && command.starts_with("http") => {
                        ("address".to_owned(), command)
                    }
                    Some(command) => ("command".to_owned(), command),
                    None => ("fix".to_owned(), title),
                }),
                Some(Place::Value { what, text }) => Some((what.to_owned(), text)),
                Some(Place::Code(code)) => Some(("code".to_owned(), format!("AADSTS{code}"))),
                Some(Place::Permission { id, .. }) => Some(("GUID".to_owned(), id)),
                None => {
                    let what = if self.region == Region::Findings { "findings" } else { "permissions" };
                    self.reading().map(|(told, _, _)| (what.to_owned(), told.text()))
                }
            },
        };
        match copied {
            Some((what, text)) => vec![Intent::Copy { what, text: Secret::new(text) }],
            None => vec![Intent::Toast(Toast::bad("there is nothing to copy here"))],
        }
    }
}
