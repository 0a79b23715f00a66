//! A sequence diagram: who said what to whom, in the order it happened.
//!
//! ```text
//!  Browser      Workbench            IdP
//!     │             │─ GET metadata ─▶│
//!     │             │◀──── 200 12 ms ─│
//!     │◀─ open URL ─│                 │
//!     ┊  ● waiting for redirect       ┊
//! ```
//!
//! It is drawn from plain data, at any width: labels are cut before lifelines move closer than they can be told apart,
//! but before that, whoever has no part in the messages in view is left out; and where all of it is too wide, each
//! message becomes a line of text. The names stay at the top; the newest message is in view unless somebody looks back.

mod layout;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Line,
    widgets::{StatefulWidget, Widget},
};

use self::layout::Columns;
use super::{fit, list::Selection};
use crate::{
    text::{self, Role},
    tui::look::Look,
};

/// One message, or what happens instead of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The participant it comes from, by index.
    pub from: usize,
    /// The participant it goes to; for a note the same.
    pub to: usize,
    /// What it says.
    pub label: text::Line,
    /// How far it is.
    pub state: ArrowState,
    /// What it is.
    pub kind: ArrowKind,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrowState {
    /// It arrived.
    Done,
    /// It was refused, or got lost.
    Failed,
    /// It is on its way.
    Running,
    /// It is going to be sent.
    Planned,
}

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrowKind {
    /// A message that we sent or received.
    Message,
    /// What others say to each other, and we only know of.
    Elsewhere,
    /// Nothing but time passes, for everybody from one to the other.
    Wait,
    /// Something that one does alone.
    Note,
}

/// A diagram to be drawn. As a [`StatefulWidget`] it has a selected message; as a [`Widget`] it shows the newest.
#[derive(Clone, Copy, Debug)]
pub struct Sequence<'a> {
    look: &'a Look,
    participants: &'a [&'a str],
    arrows: &'a [Arrow],
    focused: bool,
}

impl<'a> Sequence<'a> {
    /// A diagram of these messages between these participants, left to right.
    pub const fn new(participants: &'a [&'a str], arrows: &'a [Arrow], look: &'a Look) -> Self {
        Self { look, participants, arrows, focused: true }
    }

    /// Draws the selected message in the style of a selection only if the pane has the focus.
    #[must_use]
    pub const fn focused(mut self, focused: bool) -> Self {
        self.focused = focused;
        self
    }

    /// Draws the names and gives what is left for the messages.
    fn head(&self, area: Rect, columns: Option<&Columns>, buffer: &mut Buffer) -> Rect {
        let Some(columns) = columns else { return area };
        for (name, place) in self.participants.iter().zip(columns.names(area)) {
            let name = fit::text(&self.look.glyphs.plain(name), place.width, self.look.glyphs);
            let x = place.x + (place.width - fit::width(&name)) / 2;
            buffer.set_string(x, area.top(), name, self.look.style(Role::Title));
        }
        Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area }
    }

    /// Who has a part in the messages of these rows, left to right.
    fn cast(&self, rows: &[(Rect, usize)]) -> Vec<usize> {
        let shown = || rows.iter().filter_map(|(_, index)| self.arrows.get(*index));
        let takes_part = |who: &usize| {
            shown().any(|arrow| match arrow.kind {
                ArrowKind::Wait => (arrow.from.min(arrow.to)..=arrow.from.max(arrow.to)).contains(who),
                _ => arrow.from == *who || arrow.to == *who,
            })
        };
        (0..self.participants.len()).filter(takes_part).collect()
    }

    /// Draws the messages in view between those only who have a part in them, if that shows more of what they say.
    fn draw_few(&self, area: Rect, buffer: &mut Buffer, selection: &mut Selection, mark: Mark) -> bool {
        let body = Rect { y: area.y + area.height.min(1), height: area.height.saturating_sub(1), ..area };
        let rows: Vec<_> = selection.rows(body, self.arrows.len()).collect();
        let cast = self.cast(&rows);
        if !(2..self.participants.len()).contains(&cast.len()) {
            return false;
        }
        let place = |who: usize| cast.iter().position(|one| *one == who);
        let participants: Vec<&str> = cast.iter().map(|who| self.participants[*who]).collect();
        let arrows: Vec<Arrow> = rows
            .iter()
            .filter_map(|(_, index)| {
                let arrow = &self.arrows[*index];
                Some(Arrow { from: place(arrow.from)?, to: place(arrow.to)?, ..arrow.clone() })
            })
            .collect();
        let few = Sequence { participants: &participants, arrows: &arrows, ..*self };
        let Some(columns) = few.columns(area) else { return false };
        few.head(area, Some(&columns), buffer);
        for ((row, index), arrow) in rows.iter().zip(&arrows) {
            few.row(arrow, &columns, *row, buffer);
            self.mark(*index, *row, buffer, selection, mark);
        }
        true
    }

    fn columns(&self, area: Rect) -> Option<Columns> {
        let labels = self.arrows.iter().filter(|arrow| arrow.from != arrow.to).map(|arrow| {
            let width = fit::width(&self.look.glyphs.plain(&arrow.label.plain()));
            (arrow.from, arrow.to, width.saturating_add(self.mark_width(arrow)))
        });
        let names = self.participants.iter().map(|name| fit::width(name)).collect();
        // The first column is for the selection mark.
        Columns::new(names, labels, area.width.saturating_sub(1))
    }

    fn mark_width(&self, arrow: &Arrow) -> u16 {
        match arrow.state {
            ArrowState::Failed | ArrowState::Running => self.look.glyphs.mark_width + 1,
            ArrowState::Done | ArrowState::Planned => 0,
        }
    }

    /// The label as it is drawn: failure and running are said by a mark, not by the colour alone.
    fn label(&self, arrow: &Arrow, room: u16) -> Line<'_> {
        let glyphs = self.look.glyphs;
        let mark = match arrow.state {
            ArrowState::Failed => Some((glyphs.failed, Role::Refused)),
            ArrowState::Running => Some((glyphs.running, Role::Busy)),
            ArrowState::Done | ArrowState::Planned => None,
        };
        let mut label = Line::default();
        if let Some((mark, role)) = mark {
            label.spans.push(ratatui::text::Span::styled(format!("{mark} "), self.look.style(role)));
        }
        for span in &arrow.label.0 {
            let text = glyphs.plain(&span.text).into_owned();
            label.spans.push(ratatui::text::Span::styled(text, self.look.style(span.role)));
        }
        fit::cut(&mut label, room, glyphs);
        label
    }

    /// Draws one message into its row.
    fn row(&self, arrow: &Arrow, columns: &Columns, row: Rect, buffer: &mut Buffer) {
        let glyphs = self.look.glyphs;
        let wires = &glyphs.wires;
        let lives = columns.lives(row);
        for x in &lives {
            buffer.set_string(*x, row.y, wires.life, self.look.style(Role::Border));
        }
        let (Some(from), Some(to)) = (lives.get(arrow.from).copied(), lives.get(arrow.to).copied()) else {
            return;
        };
        let (left, right) = (from.min(to), from.max(to));
        // What is between the two lifelines.
        let inner = right.saturating_sub(left + 1);
        let label_room = inner.saturating_sub(layout::AROUND_LABEL);
        match arrow.kind {
            _ if from == to => {
                let at = arrow.from;
                let before = if at == 0 { row.left() + 1 } else { lives[at - 1] + 2 };
                let after = lives.get(at + 1).map_or(row.right(), |next| next - 1);
                let (here, there) = (from.saturating_sub(before + 1), after.saturating_sub(from + 2));
                let label = self.label(arrow, here.max(there));
                let x = if there >= here { from + 2 } else { (from - 1).saturating_sub(width_of(&label)) };
                buffer.set_line(x, row.y, &label, row.right().saturating_sub(x));
            }
            ArrowKind::Wait => {
                for x in lives.iter().filter(|x| (left..=right).contains(*x)) {
                    buffer.set_string(*x, row.y, wires.waiting, self.look.style(Role::Border));
                }
                let label = self.label(arrow, inner.saturating_sub(4));
                // Lifelines in between would run through the words.
                let words = Rect { x: left + 2, y: row.y, width: width_of(&label) + 2, height: 1 };
                buffer.set_string(words.x, row.y, " ".repeat(words.width.into()), self.look.theme.base());
                buffer.set_line(words.x + 1, row.y, &label, inner.saturating_sub(4));
            }
            ArrowKind::Message | ArrowKind::Elsewhere | ArrowKind::Note => {
                let role = match arrow.state {
                    ArrowState::Done => Role::Text,
                    ArrowState::Failed => Role::Refused,
                    ArrowState::Running => Role::Busy,
                    ArrowState::Planned => Role::Muted,
                };
                let style = self.look.style(role);
                for step in 0..inner {
                    let x = left + 1 + step;
                    let wire = match (arrow.kind, arrow.state) {
                        (ArrowKind::Elsewhere, _) if step % 2 == 1 => " ",
                        (_, ArrowState::Planned) => wires.planned,
                        _ => wires.wire,
                    };
                    buffer.set_string(x, row.y, wire, style);
                }
                let label = self.label(arrow, label_room);
                let width = width_of(&label);
                let (head, at, start) = if from < to {
                    (wires.right, right - 1, left + 3)
                } else {
                    (wires.left, left + 1, right.saturating_sub(2 + width))
                };
                if width > 0 {
                    buffer.set_string(start - 1, row.y, " ", style);
                    buffer.set_line(start, row.y, &label, width);
                    buffer.set_string(start + width, row.y, " ", style);
                }
                buffer.set_string(at, row.y, head, style);
            }
        }
    }

    /// One message as text, where the diagram has no room.
    fn sentence(&self, arrow: &Arrow, row: Rect, buffer: &mut Buffer) {
        let glyphs = self.look.glyphs;
        let name = |index: usize| self.participants.get(index).copied().unwrap_or_default();
        let mut line = text::Line::of(Role::Title, name(arrow.from));
        if arrow.from != arrow.to && arrow.kind != ArrowKind::Wait {
            line =
                line.then(Role::Muted, format!(" {} ", glyphs.wires.right)).then(Role::Title, name(arrow.to));
        }
        let line = line.then(Role::Text, " ");
        let mut line = self.look.line(&line);
        line.spans.extend(self.label(arrow, row.width).spans);
        fit::cut(&mut line, row.width.saturating_sub(1), glyphs);
        buffer.set_line(row.x + 1, row.y, &line, row.width.saturating_sub(1));
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, selection: &mut Selection, mark: Mark) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let columns = self.columns(area);
        if columns.as_ref().is_none_or(Columns::is_tight) && self.draw_few(area, buffer, selection, mark) {
            return;
        }
        let body = self.head(area, columns.as_ref(), buffer);
        for (row, index) in selection.rows(body, self.arrows.len()) {
            let arrow = &self.arrows[index];
            match &columns {
                Some(columns) => self.row(arrow, columns, row, buffer),
                None => self.sentence(arrow, row, buffer),
            }
            self.mark(index, row, buffer, selection, mark);
        }
    }

    /// Marks the row of a message if that is the selected one.
    fn mark(&self, index: usize, row: Rect, buffer: &mut Buffer, selection: &Selection, mark: Mark) {
        if mark == Mark::Selected && index == selection.index() && row.width > 0 {
            buffer.set_string(row.x, row.y, self.look.glyphs.selection, self.look.style(Role::Focus));
            if self.focused {
                let text = Rect { x: row.x + 1, width: row.width - 1, ..row };
                buffer.set_style(text, self.look.style(Role::Selection));
            }
        }
    }
}

/// Whether a row is marked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Selected,
    Nothing,
}

fn width_of(line: &Line<'_>) -> u16 {
    u16::try_from(line.width()).unwrap_or(u16::MAX)
}

impl Widget for &Sequence<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let mut newest = Selection::default();
        newest.select(usize::MAX);
        self.draw(area, buffer, &mut newest, Mark::Nothing);
    }
}

impl StatefulWidget for &Sequence<'_> {
    type State = Selection;

    fn render(self, area: Rect, buffer: &mut Buffer, selection: &mut Selection) {
        self.draw(area, buffer, selection, Mark::Selected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        glyphs::Charset,
        widgets::testing::{at_all_sizes, drawn, look},
    };

    const WHO: [&str; 3] = ["Browser", "Workbench", "IdP"];

    fn arrow(from: usize, to: usize, label: &str, state: ArrowState, kind: ArrowKind) -> Arrow {
        Arrow { from, to, label: text::Line::of(Role::Text, label), state, kind }
    }

    fn sign_in() -> Vec<Arrow> {
        use ArrowKind::{Elsewhere, Message, Note, Wait};
        use ArrowState::{Done, Failed, Planned, Running};
        vec![
            arrow(1, 2, "GET metadata", Done, Message),
            arrow(2, 1, "200 12 ms", Done, Message),
            arrow(1, 1, "PKCE pair", Done, Note),
            arrow(1, 0, "open URL", Done, Message),
            arrow(0, 2, "GET /authorize", Done, Message),
            arrow(2, 0, "sign in, consent", Done, Elsewhere),
            arrow(0, 2, "waiting for redirect", Running, Wait),
            arrow(1, 2, "POST /token", Planned, Message),
            arrow(2, 1, "400", Failed, Message),
        ]
    }

    fn show(width: u16, height: u16, charset: Charset) -> Vec<String> {
        let (look, arrows) = (look(charset), sign_in());
        drawn(width, height, |area, buffer| {
            Widget::render(&Sequence::new(&WHO, &arrows, &look), area, buffer);
        })
    }

    #[test]
    fn it_looks_like_the_sketch() {
        assert_eq!(
            show(46, 10, Charset::Unicode),
            [
                "    Browser      Workbench            IdP",
                "       │             │─ GET metadata ─▶│",
                "       │             │◀──── 200 12 ms ─│",
                "       │             │ PKCE pair       │",
                "       │◀─ open URL ─│                 │",
                "       │─ GET /authorize ─────────────▶│",
                "       │◀ ─ ─ ─ ─ ─  sign in, consent ─│",
                "       ┊  ● waiting for redirect       ┊",
                "       │             │╌ POST /token ╌╌▶│",
                "       │             │◀──────── ✗ 400 ─│",
            ]
        );
    }

    #[test]
    fn where_it_is_narrow_labels_are_cut_and_then_each_message_is_a_line() {
        let cut = show(30, 10, Charset::Unicode);
        assert_eq!(cut[0], " Browser   Workbench       IdP");
        assert_eq!(cut[1], "  │            │─ GET me… ─▶│");
        assert_eq!(cut[9], "  │            │◀─── ✗ 400 ─│");
        let told = show(24, 9, Charset::Unicode);
        assert_eq!(told[0], " Workbench ▶ IdP GET me…");
        assert_eq!(told[2], " Workbench PKCE pair");
        assert_eq!(told[6], " Browser ● waiting for …");
        assert_eq!(told[8], " IdP ▶ Workbench ✗ 400");
    }

    #[test]
    fn where_it_is_narrow_only_those_are_drawn_who_have_a_part_in_what_is_in_view() {
        let (look, mut arrows) = (look(Charset::Unicode), sign_in());
        arrows.push(arrow(1, 2, "POST /token once more", ArrowState::Done, ArrowKind::Message));
        let rows = drawn(38, 4, |area, buffer| {
            Widget::render(&Sequence::new(&WHO, &arrows, &look), area, buffer);
        });
        assert_eq!(
            rows,
            [
                "   Workbench                     IdP",
                "       │╌ POST /token ╌╌╌╌╌╌╌╌╌╌╌▶│",
                "       │◀───────────────── ✗ 400 ─│",
                "       │─ POST /token once more ─▶│",
            ]
        );
        // With room for everybody nobody is left out.
        let wide = drawn(60, 4, |area, buffer| {
            Widget::render(&Sequence::new(&WHO, &arrows, &look), area, buffer);
        });
        assert!(wide[0].contains("Browser") && wide[3].contains("once more"), "{wide:?}");
    }

    #[test]
    fn where_it_is_low_the_newest_is_shown_and_the_names_stay() {
        assert_eq!(
            show(60, 4, Charset::Ascii),
            [
                "    Browser      Workbench            IdP",
                "       :  [*] waiting for redirect     :",
                "       |             |. POST /token ..>|",
                "       |             |<------ [F] 400 -|",
            ]
        );
    }

    #[test]
    fn whoever_looks_back_sees_what_is_selected() {
        let (look, arrows) = (look(Charset::Unicode), sign_in());
        let diagram = Sequence::new(&WHO, &arrows, &look);
        let mut selection = Selection::default();
        selection.select(4);
        let rows = drawn(46, 3, |area, buffer| {
            StatefulWidget::render(&diagram, area, buffer, &mut selection);
        });
        assert_eq!(rows[1], "       │◀─ open URL ─│                 │");
        assert_eq!(rows[2], "▌      │─ GET /authorize ─────────────▶│");
        assert_eq!(selection.item_at((3, 2).into()), Some(4));
    }

    #[test]
    fn data_that_names_nobody_draws_lifelines_only() {
        let look = look(Charset::Unicode);
        let arrows = [arrow(0, 7, "lost", ArrowState::Done, ArrowKind::Message)];
        let rows = drawn(46, 2, |area, buffer| {
            Widget::render(&Sequence::new(&WHO, &arrows, &look), area, buffer);
        });
        assert_eq!(rows[1].chars().filter(|c| *c == '│').count(), 3);
        drawn(46, 2, |area, buffer| Widget::render(&Sequence::new(&[], &arrows, &look), area, buffer));
    }

    #[test]
    fn any_area_will_do() {
        for charset in [Charset::Unicode, Charset::Ascii] {
            let (look, arrows) = (look(charset), sign_in());
            let diagram = Sequence::new(&WHO, &arrows, &look);
            let mut selection = Selection::default();
            at_all_sizes(|area, buffer| {
                selection.act(crate::tui::action::Action::MoveDown, arrows.len());
                StatefulWidget::render(&diagram, area, buffer, &mut selection);
                Widget::render(&diagram, area, buffer);
            });
        }
    }
}
