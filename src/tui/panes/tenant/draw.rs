//! The Tenant screen as it is drawn: sections, the entries of one, and one of them whole.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    widgets::{StatefulWidget as _, Widget as _},
};

use super::{Purpose, Region, State, Typing, detail, is_there, line, log};
use crate::{
    text::{Line, Role},
    tui::{
        look::Look,
        pane::Scene,
        widgets::{fit, frame::Frame, lines::Lines, list::List},
    },
    workbench::{
        LabState, Workbench,
        tenant::{Entry, Section},
    },
};

/// How many rows below the detail explain the selected one.
const ABOUT: u16 = 3;

impl State {
    /// Draws the screen.
    pub fn view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        if !is_there(bench) {
            absent(bench, scene.look, area, buffer);
            return None;
        }
        self.refresh(bench, scene.look);
        // A scenario is saved from everywhere: its field stands below all.
        let mut area = area;
        let mut cursor = None;
        if let Some(typing) = self.typing.as_ref().filter(|typing| typing.purpose == Purpose::Name) {
            let [above, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(3)]).areas(area);
            cursor = naming(typing, scene.look, below, buffer);
            area = above;
        }
        if self.zoomed || area.width < 80 || area.height < 16 {
            return cursor.or(self.region_view(self.region, bench, scene, area, buffer));
        }
        let left = if area.width < 100 { 20 } else { 24 };
        let [sections, right] =
            Layout::horizontal([Constraint::Length(left), Constraint::Min(0)]).areas(area);
        let is_log = matches!(self.section(), Section::SignIns | Section::Steps);
        let [entries, detail] = if area.width < 160 || is_log {
            let share = if is_log { 55 } else { 42 };
            Layout::vertical([Constraint::Percentage(share), Constraint::Min(0)]).areas(right)
        } else {
            Layout::horizontal([Constraint::Fill(2), Constraint::Fill(3)]).areas(right)
        };
        for (region, place) in
            [(Region::Sections, sections), (Region::Entries, entries), (Region::Detail, detail)]
        {
            cursor = cursor.or(self.region_view(region, bench, scene, place, buffer));
        }
        cursor
    }

    fn region_view(
        &mut self,
        region: Region,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        match region {
            Region::Sections => {
                self.sections_view(bench, scene, area, buffer);
                None
            }
            Region::Entries => self.entries_view(bench, scene, area, buffer),
            Region::Detail => self.detail_view(bench, scene, area, buffer),
        }
    }

    fn sections_view(&mut self, bench: &Workbench, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let (look, focused) = (scene.look, self.region == Region::Sections);
        Frame::new("Tenant", look).focused(focused).render(area, buffer);
        let inner = Frame::inner(area);
        let room = usize::from(inner.width).saturating_sub(5);
        let row = |index: usize| {
            let section = Section::ALL[index];
            let count = bench.tenant.count(section);
            Line::of(Role::Text, format!("{:<room$}", section.title()))
                .then(Role::Muted, format!("{count:>4}"))
        };
        let list = List::new(Section::ALL.len(), &row, look).focused(focused);
        list.render(inner, buffer, &mut self.section);
    }

    fn entries_view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let (look, focused, section) = (scene.look, self.region == Region::Entries, self.section());
        let (all, count) = (bench.tenant.count(section), self.list().count());
        let title = if count == all {
            format!("{}  {all}", section.title())
        } else {
            format!("{}  {count} of {all}", section.title())
        };
        let typing = self.typing.as_ref().filter(|typing| typing.purpose == Purpose::Filter);
        let mut frame = Frame::new(title, look).focused(focused);
        if section == Section::SignIns {
            let follow = if self.staying { "f follows" } else { "following" };
            let words =
                if self.only_failures { format!("refused only, {follow}") } else { follow.to_owned() };
            frame = frame.note(Line::of(Role::Muted, words));
        }
        if !self.list().filter().is_empty() && typing.is_none() {
            let words = format!("filter: {}  (Esc clears it)", self.list().filter());
            frame = frame.footnote(Line::of(Role::Edited, words));
        }
        frame.render(area, buffer);
        let mut inner = Frame::inner(area);
        let mut cursor = None;
        if let Some(typing) = typing {
            let [rows, row] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(inner);
            cursor = prompt("filter ", typing, look, row, buffer);
            inner = rows;
        }
        if count == 0 {
            let words = [Line::of(Role::Muted, self.nothing(bench, all))];
            Lines::new(&words, look).draw(inner, buffer);
            return cursor;
        }
        let width = usize::from(inner.width).saturating_sub(1);
        if section == Section::SignIns {
            let [head, rows] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
            let head = Rect { x: head.x + head.width.min(1), width: head.width.saturating_sub(1), ..head };
            Lines::new(&[log::head(width, look)], look).draw(head, buffer);
            inner = rows;
        }
        let list = self.list_mut();
        let mut selection = std::mem::take(&mut list.selection);
        let row = |row: usize| {
            let entry = list.at(row).and_then(|index| bench.tenant.entry(section, index));
            entry.map_or_else(Line::new, |entry| line(&bench.tenant, entry, width, look))
        };
        List::new(count, &row, look).focused(focused).render(inner, buffer, &mut selection);
        self.list_mut().selection = selection;
        cursor
    }

    /// What an empty list says.
    fn nothing(&self, bench: &Workbench, all: usize) -> &'static str {
        match self.section() {
            _ if all > 0 && !self.list().filter().is_empty() => {
                "Nothing here has these words. Esc shows all again."
            }
            _ if bench.lab.state == LabState::Starting => {
                "The lab tenant is starting. What it has to tell comes here."
            }
            Section::Grants => {
                "Nothing was granted to any application. a grants something, and so does whoever consents."
            }
            Section::SignIns if all > 0 => "No sign-in was refused. F shows all again.",
            Section::SignIns => {
                "Nobody has tried to sign in yet. Each attempt appears here as it happens, those of other programs too."
            }
            Section::Steps => "Nothing was changed yet. What you change stands here, and u takes it back.",
            _ => "The scenario has none.",
        }
    }

    fn detail_view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let (look, focused) = (scene.look, self.region == Region::Detail);
        let entry = self.entry(bench);
        let facts = self.facts(bench);
        Frame::new(entry.map_or_else(String::new, title), look).focused(focused).render(area, buffer);
        let inner = Frame::inner(area);
        if facts.is_empty() {
            return None;
        }
        let typing = self.typing.as_ref().filter(|typing| matches!(typing.purpose, Purpose::Value { .. }));
        let below = if inner.height < 8 { inner.height.min(1) } else { ABOUT };
        let [rows, below] = Layout::vertical([Constraint::Min(0), Constraint::Length(below)]).areas(inner);
        let columns = detail::Columns::of(rows.width.saturating_sub(1));
        let row = |index: usize| detail::line(&facts[index], columns, scene);
        List::new(facts.len(), &row, look).focused(focused).render(rows, buffer, &mut self.fact);
        let selected = &facts[self.fact.index().min(facts.len() - 1)];
        let below = rule(below, look, buffer);
        let Some(typing) = typing.filter(|_| focused) else {
            Lines::new(&detail::about(selected, below.height, rows.width, scene), look).draw(below, buffer);
            return None;
        };
        let words = match &typing.complaint {
            Some(why) => Line::of(Role::Refused, format!("{} {why}", look.glyphs.failed)),
            None => Line::of(Role::Text, &selected.about),
        };
        Lines::new(&[words], look).draw(below, buffer);
        let row = self.fact.row()?;
        let left = (1 + columns.value_at()).min(row.width.saturating_sub(1));
        let width = columns.value_width().min(row.width - left);
        let place = Rect { x: row.x + left, width, ..row };
        let blank = " ".repeat(usize::from(place.width));
        buffer.set_string(place.x, place.y, blank, look.style(Role::Text));
        let view = typing.field.view(look);
        (&view).render(place, buffer);
        view.cursor(place)
    }
}

/// A thin line, if there is room for it and something below.
fn rule(area: Rect, look: &Look, buffer: &mut Buffer) -> Rect {
    if area.height < 2 {
        return area;
    }
    let wire = look.glyphs.border.horizontal_top.repeat(usize::from(area.width));
    buffer.set_stringn(area.x, area.y, wire, area.width.into(), look.style(Role::Border));
    // In line with the rows above, which have a column for the mark.
    Rect {
        x: area.x + area.width.min(1),
        y: area.y + 1,
        width: area.width.saturating_sub(1),
        height: area.height - 1,
    }
}

fn title(entry: Entry<'_>) -> String {
    match entry {
        Entry::Listed(_, _, value) => {
            let named = ["displayName", "key"].iter().find_map(|name| value[*name].as_str());
            named.unwrap_or_default().to_owned()
        }
        Entry::Policy(_) => "Switches of every tenant".to_owned(),
        Entry::Grant(grant) => format!("{} for people", grant.client),
        Entry::Role(role) => format!("{} by itself", role.client),
        Entry::Clock(_) => "The tenant's clock".to_owned(),
        Entry::Fault(fault) => format!("Fault {}", fault.id),
        Entry::Attempt(attempt) => format!("Sign-in {}", attempt.number),
        Entry::Done(_) | Entry::Undone(_) => "Step".to_owned(),
    }
}

fn prompt(label: &str, typing: &Typing, look: &Look, row: Rect, buffer: &mut Buffer) -> Option<Position> {
    let width = fit::width(label);
    Lines::new(&[Line::of(Role::Key, label)], look).draw(row, buffer);
    let place = Rect { x: row.x + width.min(row.width), width: row.width.saturating_sub(width), ..row };
    let view = typing.field.view(look);
    (&view).render(place, buffer);
    view.cursor(place)
}

/// The field for the name of a scenario file.
fn naming(typing: &Typing, look: &Look, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let mut frame = Frame::new("Save the tenant as a scenario", look).focused(true);
    if let Some(why) = &typing.complaint {
        frame = frame.footnote(Line::of(Role::Refused, why));
    }
    frame.render(area, buffer);
    prompt("name ", typing, look, Frame::inner(area), buffer)
}

/// What stands there without a tenant.
fn absent(bench: &Workbench, look: &Look, area: Rect, buffer: &mut Buffer) {
    Frame::new("Tenant", look).focused(true).render(area, buffer);
    let lines = match &bench.lab.state {
        LabState::Failed(why) => vec![
            Line::of(Role::Refused, format!("{} The lab tenant could not start: {why}", look.glyphs.failed)),
            Line::of(Role::Muted, "Start authwright again when that is mended."),
        ],
        _ => vec![
            Line::of(Role::Text, "This sitting signs in elsewhere, so no lab tenant runs in it."),
            Line::of(
                Role::Muted,
                "Started without a target, authwright brings one along, and shows it here.",
            ),
        ],
    };
    Lines::new(&lines, look).draw(Frame::inner(area), buffer);
}
