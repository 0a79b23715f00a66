//! The regions around the built-in user agent: its page, and the people who may sign in on it.

use ratatui::layout::{Constraint, Layout, Rect};

use super::{
    super::{
        edit::Purpose,
        layout::Region,
        outcome, page, page_keys, request,
        shown::{self, spinner, stopwatch},
        steps,
    },
    Painter, inset,
};
use crate::{
    agent::{Agent, Page},
    flow::{Outcome, Prompt},
    provider::scenario::User as Person,
    text::{Line, Role},
    tui::widgets::fit,
};

impl Painter<'_, '_> {
    pub(super) fn page(&mut self, area: Rect) {
        let Some(agent) = &self.shown.session.agent else { return };
        let page = agent.page();
        let title = page.map(|page| page.title.trim()).filter(|title| !title.is_empty());
        let mut frame = self.titled(title.unwrap_or("Built-in user agent"));
        if let Some(Prompt::DeviceCode(prompt)) = self.shown.session.flow.prompt() {
            // The page asks for it, and it stands on the screen that the page covers.
            frame = frame.note(Line::of(Role::Text, "the code is ").then(Role::Title, prompt.user_code));
        } else if !self.is_alone {
            frame = frame.note(Line::of(Role::Muted, "built-in user agent"));
        }
        let busy = self.shown.session.agent_busy;
        let at = self.state.page_at(self.shown);
        let target = page.and_then(|page| page::targets(page).get(at).copied());
        if let (Some(page), Some(target), false) = (page, target, busy) {
            let hint = Line::of(Role::Key, "Enter")
                .then(Role::Muted, format!(" {}  ", page::enter_means(target, page)))
                .then(Role::Key, "Esc")
                .then(Role::Muted, " the run");
            frame = frame.footnote(hint);
        }
        let inner = inset(self.frame(Region::Page, frame, area));
        let said = self.page_foot(target.is_some(), page.is_some());
        let [address, body, foot] = inner.layout(&Layout::vertical([
            Constraint::Length(2),
            Constraint::Fill(1),
            Constraint::Length(u16::from(!said.is_empty()) * 2),
        ]));
        self.address(agent, address);
        match page {
            Some(page) => self.page_body(page, at, body),
            None => self.text(&[Line::of(Role::Muted, "The page will stand here.")], body),
        }
        self.text(&said, foot);
    }

    fn address(&mut self, agent: &Agent, area: Rect) {
        let mut here = agent.here().clone();
        here.set_fragment(None);
        let query = here.query().is_some();
        here.set_query(None);
        let glyphs = self.scene.look.glyphs;
        let address = request::shortened(here.as_str(), usize::from(area.width.saturating_sub(2)), glyphs);
        let line = Line::of(Role::Link, address).then(Role::Muted, if query { "?…" } else { "" });
        let line = steps::clipped_line(&line, area.width.into(), glyphs.ellipsis);
        self.text(&[line], area);
    }

    fn page_body(&mut self, page: &Page, at: usize, area: Rect) {
        let pieces = page::pieces(page, self.scene.look.glyphs);
        let target = page::targets(page).get(at).copied();
        let mark = target.and_then(|target| pieces.iter().position(|piece| piece.target == Some(target)));
        let mark = mark.filter(|_| self.focus == Region::Page);
        let value_at = mark.map_or(0, |mark| pieces[mark].value_at);
        let lines: Vec<Line> = pieces.into_iter().map(|piece| piece.line).collect();
        self.lines(&lines, mark.or(Some(usize::MAX)), area, |state| &mut state.scrolls.page);
        let is_typing = self.editing(|purpose| matches!(purpose, Purpose::Control { .. }));
        if let (true, Some(mark)) = (is_typing, mark) {
            let width = u16::try_from(page::FIELD).unwrap_or(u16::MAX);
            self.field_in_row(mark, value_at + 1, area, width, |state| &state.scrolls.page);
        }
    }

    /// What is going on below the page: an answer on its way, an end, nothing to press.
    fn page_foot(&self, has_target: bool, has_page: bool) -> Vec<Line> {
        let shown = self.shown;
        if shown.session.agent_busy {
            let line = Line::of(Role::Busy, format!("{} ", spinner(self.scene)));
            return vec![match shown.pending() {
                Some(exchange) => line
                    .then(Role::Text, format!("{} ", exchange.request.method))
                    .then(Role::Text, shown::endpoint(&exchange.request.url))
                    .then(Role::Busy, format!("  {}", stopwatch(exchange.sent, self.scene.now))),
                None => line.then(Role::Text, "under way"),
            }];
        }
        if let Some(Outcome::Refused(refusal)) = &shown.session.outcome {
            let line = Line::of(Role::Refused, format!("{} ", self.scene.look.glyphs.failed))
                .then(Role::Text, "The sign-in ends here: ")
                .then(Role::Title, outcome::name_of(refusal));
            return vec![outcome::keys(line, &[("Enter", "explain"), ("r", "again"), ("Esc", "the run")])];
        }
        if has_page && !has_target {
            let line = Line::of(Role::Muted, "Nothing to press on this page.");
            return vec![outcome::keys(line, &[("Esc", "the run")])];
        }
        Vec::new()
    }

    pub(super) fn people(&mut self, area: Rect) {
        let frame = self.titled("People of the lab tenant").footnote(
            Line::of(Role::Key, "Enter")
                .then(Role::Muted, " fill in  ")
                .then(Role::Key, "a")
                .then(Role::Muted, " sign in for me"),
        );
        let inner = self.frame(Region::People, frame, area);
        let people = page_keys::people(self.shown.bench);
        let width = people.iter().map(|person| fit::width(&person.display_name)).max().unwrap_or(0);
        let row = |person: &&Person| {
            let pad = width.saturating_sub(fit::width(&person.display_name)) + 2;
            let line = Line::of(Role::Name, &person.display_name)
                .then(Role::Text, " ".repeat(pad.into()))
                .then(Role::Muted, &person.about);
            steps::clipped_line(
                &line,
                usize::from(inner.width.saturating_sub(1)),
                self.scene.look.glyphs.ellipsis,
            )
        };
        let mut lines: Vec<Line> = people.iter().map(row).collect();
        if lines.is_empty() {
            lines.push(Line::of(Role::Muted, "The lab tenant is not up yet."));
        }
        let person = self.state.person_at(self.shown);
        self.lines(&lines, Some(person), inner, |state| &mut state.scrolls.people);
    }
}
