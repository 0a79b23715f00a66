//! The open text field, wherever it stands.

use ratatui::{layout::Rect, style::Style, widgets::Widget};

use super::{
    super::{State, edit::Purpose},
    Painter,
};
use crate::{
    text::{Line, Role},
    tui::widgets::{fit, lines::Scroll},
};

impl Painter<'_, '_> {
    pub(super) fn editing(&self, is: impl Fn(&Purpose) -> bool) -> bool {
        self.state.edit.as_ref().is_some_and(|edit| is(&edit.purpose))
    }

    /// The open field in a row of its own, with what it is for before it and what is wrong below it.
    pub(super) fn prompt_field(&mut self, before: &str, placeholder: &str, area: Rect) {
        let Some(edit) = &self.state.edit else { return };
        if area.is_empty() {
            return;
        }
        let look = self.scene.look;
        let label = fit::text(before, area.width, look.glyphs);
        self.buffer.set_stringn(area.x, area.y, &label, area.width.into(), look.style(Role::Key));
        let used = fit::width(&label);
        let place = Rect { x: area.x + used, y: area.y, width: area.width.saturating_sub(used), height: 1 };
        let view = edit.field.view(look).placeholder(placeholder);
        Widget::render(&view, place, self.buffer);
        self.cursor = view.cursor(place);
        if let Some(complaint) = &edit.complaint {
            let line =
                Line::of(Role::Refused, format!("{} ", look.glyphs.failed)).then(Role::Text, complaint);
            let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
            self.text(&[line], below);
        }
    }

    /// The open field over the value in a row of a list.
    pub(super) fn field_in_row(
        &mut self,
        line: usize,
        column: usize,
        list: Rect,
        widest: u16,
        scroll: impl Fn(&State) -> &Scroll,
    ) {
        let Some(edit) = &self.state.edit else { return };
        let row = (0..list.height).find(|row| scroll(self.state).line_at(*row) == Some(line));
        let (Some(row), Ok(column)) = (row, u16::try_from(column)) else { return };
        let width = list.width.saturating_sub(column).min(widest);
        let place = Rect { x: list.x + column.min(list.width), y: list.y + row, width, height: 1 };
        if place.is_empty() {
            return;
        }
        let look = self.scene.look;
        // Only the field's own look counts in its place, not that of the selected row beneath.
        self.buffer.set_string(place.x, place.y, " ".repeat(place.width.into()), look.theme.base());
        for x in place.left()..place.right() {
            self.buffer[(x, place.y)].set_style(Style::reset().patch(look.theme.base()));
        }
        let view = edit.field.view(look);
        Widget::render(&view, place, self.buffer);
        self.cursor = view.cursor(place);
    }
}
