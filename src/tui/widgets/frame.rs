//! The frame of a pane: a thick border while it has the focus, a title on the left, notes on the right.
//!
//! ```text
//! ┏━ Traffic  12 ━━━━━━━━━ follow ━┓
//! ┃                                ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━ 2/12 ━┛
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Line,
    widgets::{Block, Clear, Widget},
};

use super::fit;
use crate::{
    text::{self, Role},
    tui::look::Look,
};

/// A frame to be drawn.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    look: &'a Look,
    title: text::Line,
    note: Option<text::Line>,
    footnote: Option<text::Line>,
    focused: bool,
    above: bool,
}

impl<'a> Frame<'a> {
    /// A frame with a title.
    pub fn new(title: impl AsRef<str>, look: &'a Look) -> Self {
        Self::titled(text::Line::of(Role::Title, title), look)
    }

    /// A frame whose title has several roles.
    pub const fn titled(title: text::Line, look: &'a Look) -> Self {
        Self { look, title, note: None, footnote: None, focused: false, above: false }
    }

    /// Thickens the border if the pane has the focus.
    #[must_use]
    pub const fn focused(mut self, focused: bool) -> Self {
        self.focused = focused;
        self
    }

    /// Puts a note at the right of the upper border; it gives way to the title.
    #[must_use]
    pub fn note(mut self, note: text::Line) -> Self {
        self.note = Some(note);
        self
    }

    /// Puts something behind the title.
    #[must_use]
    pub fn aside(mut self, aside: text::Line) -> Self {
        self.title.0.extend(text::Line::of(Role::Text, "  ").0);
        self.title.0.extend(aside.0);
        self
    }

    /// Puts a note at the right of the lower border.
    #[must_use]
    pub fn footnote(mut self, note: text::Line) -> Self {
        self.footnote = Some(note);
        self
    }

    /// Wipes what is underneath first: for popups.
    #[must_use]
    pub const fn above(mut self) -> Self {
        self.above = true;
        self
    }

    /// What is left for the content.
    pub fn inner(area: Rect) -> Rect {
        Block::bordered().inner(area)
    }
}

/// Says on the line below an area, at its left, that there is more than fits: a mark on a border or a rule that was
/// drawn before.
pub fn more_below(area: Rect, look: &Look, buffer: &mut Buffer) {
    let note = text::Line::of(Role::Key, format!(" {} more ", look.glyphs.unfolded));
    let note = look.line(&note);
    let row = Rect { y: area.bottom(), height: 1, ..area }.intersection(buffer.area);
    let width = width_of(&note);
    if row.height == 1 && row.width > width + 1 {
        buffer.set_line(row.left() + 1, row.y, &note, width);
    }
}

impl Widget for &Frame<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if self.above {
            Clear.render(area, buffer);
            buffer.set_style(area, self.look.theme.base());
        }
        if area.width < 2 || area.height < 2 {
            return;
        }
        let (role, set) = if self.focused {
            (Role::Focus, self.look.glyphs.focus_border)
        } else {
            (Role::Border, self.look.glyphs.border)
        };
        Block::bordered().border_set(set).border_style(self.look.style(role)).render(area, buffer);

        // Two corners, and one piece of border beside each.
        let room = area.width.saturating_sub(4);
        let mut title = self.look.line(&self.title);
        if self.focused {
            title = title.patch_style(self.look.style(Role::Focus));
        }
        let title = self.padded(title, room);
        let taken = width_of(&title);
        buffer.set_line(area.left() + 2, area.top(), &title, room);
        let notes = [(&self.note, area.top(), taken + 1), (&self.footnote, area.bottom() - 1, 0)];
        for (note, y, taken) in notes {
            let Some(note) = note else { continue };
            let note = self.padded(self.look.line(note), room);
            let width = width_of(&note);
            if taken + width <= room {
                buffer.set_line(area.right() - 2 - width, y, &note, width);
            }
        }
    }
}

impl Frame<'_> {
    /// With a blank on each side, cut to the room; empty if nothing sensible fits.
    fn padded<'l>(&self, mut line: Line<'l>, room: u16) -> Line<'l> {
        if room < 3 || line.width() == 0 {
            return Line::default();
        }
        fit::cut(&mut line, room - 2, self.look.glyphs);
        line.spans.insert(0, " ".into());
        line.spans.push(" ".into());
        line
    }
}

fn width_of(line: &Line<'_>) -> u16 {
    u16::try_from(line.width()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        glyphs::Charset,
        widgets::testing::{at_all_sizes, drawn, look},
    };

    fn note(text: &str) -> text::Line {
        text::Line::of(Role::Muted, text)
    }

    #[test]
    fn focus_shows_in_the_border_itself() {
        let look = look(Charset::Unicode);
        let frame = Frame::new("Traffic  12", &look).note(note("follow")).footnote(note("2/12"));
        let plain = drawn(30, 3, |area, buffer| frame.render(area, buffer));
        assert_eq!(
            plain,
            [
                "╭─ Traffic  12 ───── follow ─╮",
                "│                            │",
                "╰───────────────────── 2/12 ─╯",
            ]
        );
        let thick = drawn(30, 3, |area, buffer| frame.clone().focused(true).render(area, buffer));
        assert_eq!(thick[0], "┏━ Traffic  12 ━━━━━ follow ━┓");
        assert_eq!(Frame::inner(Rect::new(0, 0, 30, 3)), Rect::new(1, 1, 28, 1));
    }

    #[test]
    fn the_note_gives_way_to_the_title_and_the_title_is_cut_last() {
        let look = look(Charset::Unicode);
        let frame = Frame::new("Traffic", &look).note(note("follow"));
        let top = |width| drawn(width, 2, |area, buffer| frame.render(area, buffer))[0].clone();
        assert_eq!(top(22), "╭─ Traffic ─ follow ─╮");
        assert_eq!(top(21), "╭─ Traffic ─────────╮");
        assert_eq!(top(10), "╭─ Tra… ─╮");
        assert_eq!(top(5), "╭───╮");
    }

    #[test]
    fn a_popup_hides_what_is_underneath() {
        let look = look(Charset::Ascii);
        let rows = drawn(12, 4, |area, buffer| {
            buffer.set_string(0, 1, "xxxxxxxxxxxx", ratatui::style::Style::new());
            Frame::new("Menu", &look).focused(true).above().render(area, buffer);
        });
        assert_eq!(rows, ["#= Menu ===#", "#          #", "#          #", "#==========#"]);
    }

    #[test]
    fn any_area_will_do() {
        for charset in [Charset::Unicode, Charset::Ascii] {
            let look = look(charset);
            let frame = Frame::new("A title 漢字", &look).note(note("note")).footnote(note("foot")).above();
            at_all_sizes(|area, buffer| frame.render(area, buffer));
        }
    }
}
