//! A list of one-row items with a selection. Items are asked for by index and only while they are on the screen, so a
//! log of a hundred thousand exchanges draws like one of ten.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    widgets::StatefulWidget,
};

use super::fit;
use crate::{
    text::{self, Role},
    tui::{action::Action, look::Look},
};

/// Which item is selected, and which is the first on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    index: usize,
    offset: usize,
    area: Rect,
    count: usize,
}

impl Selection {
    /// The selected item; of an empty list, 0.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Selects an item; the next frame brings it into view, and back into the list should it lie outside.
    pub const fn select(&mut self, index: usize) {
        self.index = index;
    }

    /// Takes a movement in a list of `count` items; says whether it was one.
    pub fn act(&mut self, action: Action, count: usize) -> bool {
        let page = usize::from(self.area.height).saturating_sub(1).max(1);
        let half = (page / 2).max(1);
        let index = match action {
            Action::MoveUp => self.index.saturating_sub(1),
            Action::MoveDown => self.index.saturating_add(1),
            Action::PageUp => self.index.saturating_sub(page),
            Action::PageDown => self.index.saturating_add(page),
            Action::HalfPageUp => self.index.saturating_sub(half),
            Action::HalfPageDown => self.index.saturating_add(half),
            Action::MoveTop => 0,
            Action::MoveBottom => usize::MAX,
            _ => return false,
        };
        self.index = index.min(count.saturating_sub(1));
        true
    }

    /// Scrolls with the mouse wheel, down if positive; the selection goes along at the edges.
    pub fn scroll(&mut self, rows: isize, count: usize) {
        let height = usize::from(self.area.height);
        self.offset = self.offset.saturating_add_signed(rows).min(count.saturating_sub(height));
        let last = (self.offset + height.max(1) - 1).min(count.saturating_sub(1));
        self.index = self.index.clamp(self.offset.min(last), last);
    }

    /// The item that the last frame showed there, for clicks.
    pub fn item_at(&self, position: Position) -> Option<usize> {
        if !self.area.contains(position) {
            return None;
        }
        let index = self.offset + usize::from(position.y - self.area.top());
        (index < self.count).then_some(index)
    }

    /// The row that the last frame showed the selected item in, for a field that stands over it.
    pub fn row(&self) -> Option<Rect> {
        let down = u16::try_from(self.index.checked_sub(self.offset)?).ok()?;
        (down < self.area.height && self.index < self.count).then(|| Rect {
            y: self.area.y + down,
            height: 1,
            ..self.area
        })
    }

    /// Whether the selection is on the last of `count` items: then new ones may take it along.
    pub const fn is_at_end(&self, count: usize) -> bool {
        self.index + 1 >= count
    }

    /// The rows of an area with the items that belong there, once the selection has been brought into view.
    pub(super) fn rows(&mut self, area: Rect, count: usize) -> impl Iterator<Item = (Rect, usize)> + use<> {
        self.settle(area, count);
        let rows = (area.top()..area.bottom()).map(move |y| Rect { y, height: 1, ..area });
        rows.zip(self.offset..count)
    }

    fn settle(&mut self, area: Rect, count: usize) {
        (self.area, self.count) = (area, count);
        self.index = self.index.min(count.saturating_sub(1));
        let height = usize::from(area.height);
        if height == 0 {
            return;
        }
        self.offset = self.offset.clamp((self.index + 1).saturating_sub(height), self.index);
        self.offset = self.offset.min(count.saturating_sub(height));
    }
}

/// A list to be drawn.
pub struct List<'a> {
    look: &'a Look,
    count: usize,
    item: &'a dyn Fn(usize) -> text::Line,
    focused: bool,
}

impl<'a> List<'a> {
    /// A list of `count` items; `item` is asked only for those on the screen.
    pub const fn new(count: usize, item: &'a dyn Fn(usize) -> text::Line, look: &'a Look) -> Self {
        Self { look, count, item, focused: true }
    }

    /// Draws the selected row in the style of a selection only if the pane has the focus; its mark is always there.
    #[must_use]
    pub const fn focused(mut self, focused: bool) -> Self {
        self.focused = focused;
        self
    }
}

impl StatefulWidget for &List<'_> {
    type State = Selection;

    fn render(self, area: Rect, buffer: &mut Buffer, selection: &mut Selection) {
        let area = area.intersection(buffer.area);
        let room = area.width.saturating_sub(1);
        for (row, index) in selection.rows(area, self.count) {
            let item = (self.item)(index);
            let mut line = self.look.line(&item);
            fit::cut(&mut line, room, self.look.glyphs);
            buffer.set_line(row.x + row.width.min(1), row.y, &line, room);
            if index == selection.index && row.width > 0 {
                buffer.set_string(row.x, row.y, self.look.glyphs.selection, self.look.style(Role::Focus));
                if self.focused {
                    let text = Rect { x: row.x + 1, width: room, ..row };
                    buffer.set_style(text, self.look.style(Role::Selection));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ratatui::style::Modifier;

    use super::*;
    use crate::tui::{
        glyphs::Charset,
        widgets::testing::{at_all_sizes, drawn, look, rows},
    };

    fn item(index: usize) -> text::Line {
        text::Line::of(Role::Text, format!("item {index}"))
    }

    fn show(count: usize, height: u16, selection: &mut Selection) -> Vec<String> {
        let look = look(Charset::Unicode);
        drawn(9, height, |area, buffer| List::new(count, &item, &look).render(area, buffer, selection))
    }

    #[test]
    fn the_selected_item_is_marked_and_kept_in_view() {
        let mut selection = Selection::default();
        assert_eq!(show(9, 3, &mut selection), ["▌item 0", " item 1", " item 2"]);
        selection.act(Action::PageDown, 9);
        selection.act(Action::MoveDown, 9);
        assert_eq!(show(9, 3, &mut selection), [" item 1", " item 2", "▌item 3"]);
        selection.act(Action::MoveBottom, 9);
        assert!(selection.is_at_end(9));
        assert_eq!(show(9, 3, &mut selection), [" item 6", " item 7", "▌item 8"]);
        selection.act(Action::MoveUp, 9);
        assert_eq!(show(9, 3, &mut selection), [" item 6", "▌item 7", " item 8"]);
        selection.act(Action::MoveTop, 9);
        assert_eq!(show(9, 3, &mut selection)[0], "▌item 0");
        assert!(!selection.act(Action::Copy, 9));
    }

    #[test]
    fn a_list_that_shrinks_or_a_screen_that_grows_leaves_no_gap() {
        let mut selection = Selection::default();
        selection.select(8);
        show(9, 3, &mut selection);
        assert_eq!(show(9, 5, &mut selection), [" item 4", " item 5", " item 6", " item 7", "▌item 8"]);
        assert_eq!(show(2, 3, &mut selection), [" item 0", "▌item 1", ""]);
        assert_eq!(show(0, 2, &mut selection), ["", ""]);
        assert_eq!(selection.index(), 0);
        assert_eq!(selection.item_at(Position::new(0, 0)), None);
    }

    #[test]
    fn the_wheel_moves_the_view_and_takes_the_selection_along_at_the_edges() {
        let mut selection = Selection::default();
        show(9, 3, &mut selection);
        selection.scroll(2, 9);
        assert_eq!(show(9, 3, &mut selection), ["▌item 2", " item 3", " item 4"]);
        selection.scroll(100, 9);
        assert_eq!(show(9, 3, &mut selection), ["▌item 6", " item 7", " item 8"]);
        selection.scroll(-100, 9);
        assert_eq!(show(9, 3, &mut selection), [" item 0", " item 1", "▌item 2"]);
        assert_eq!(selection.item_at(Position::new(4, 1)), Some(1));
        assert_eq!(selection.item_at(Position::new(4, 3)), None);
    }

    #[test]
    fn only_what_is_on_the_screen_is_asked_for() {
        let asked = Cell::new(0);
        let item = |index| {
            asked.set(asked.get() + 1);
            item(index)
        };
        let look = look(Charset::Unicode);
        let mut selection = Selection::default();
        selection.select(99_999);
        drawn(20, 10, |area, buffer| List::new(100_000, &item, &look).render(area, buffer, &mut selection));
        assert_eq!(asked.get(), 10);
    }

    #[test]
    fn without_the_focus_the_mark_alone_tells() {
        let look = look(Charset::Ascii);
        for focused in [true, false] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
            let list = List::new(1, &item, &look).focused(focused);
            list.render(buffer.area, &mut buffer, &mut Selection::default());
            assert_eq!(rows(&buffer), [">item 0"]);
            assert_eq!(buffer[(3, 0)].modifier.contains(Modifier::REVERSED), focused);
        }
    }

    #[test]
    fn any_area_will_do() {
        let look = look(Charset::Unicode);
        let mut selection = Selection::default();
        at_all_sizes(|area, buffer| {
            selection.act(Action::MoveDown, 30);
            selection.scroll(3, 30);
            List::new(30, &item, &look).render(area, buffer, &mut selection);
        });
    }
}
