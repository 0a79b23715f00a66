//! Lines of text, wrapped to the width there is and scrolled.
//!
//! The position is a line and a row within it, never a count of wrapped rows: only what is near the screen is wrapped, so
//! a body of a hundred thousand lines costs as much as one of ten. What a key asked for waits in [`Scroll`] until the
//! next frame, which knows the size.

mod scroll;
mod walk;
mod wrap;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Line,
    widgets::{StatefulWidget, Widget},
};

use self::wrap::wrap;
pub use self::{scroll::Scroll, walk::walk};
use crate::{
    text::{self, Role},
    tui::look::Look,
};

/// Lines to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    look: &'a Look,
    content: &'a [text::Line],
    hanging: Hanging,
    mark_column: bool,
    marked: Option<usize>,
    needle: &'a str,
}

/// Where the rows of a line begin that did not fit into its first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hanging {
    /// Where the text of the line itself begins: behind its blanks, or behind a mark and a blank.
    #[default]
    LikeFirst,
    /// At this column.
    Columns(u16),
}

impl<'a> Lines<'a> {
    /// Lines without selection.
    pub const fn new(lines: &'a [text::Line], look: &'a Look) -> Self {
        Self {
            look,
            content: lines,
            hanging: Hanging::LikeFirst,
            mark_column: false,
            marked: None,
            needle: "",
        }
    }

    /// Sets where continued lines begin.
    #[must_use]
    pub const fn hanging(mut self, hanging: Hanging) -> Self {
        self.hanging = hanging;
        self
    }

    /// Gives the lines a column for the selection mark, marks this line, and keeps it in view.
    #[must_use]
    pub const fn mark(mut self, line: Option<usize>) -> Self {
        self.mark_column = true;
        self.marked = line;
        self
    }

    /// Shows every occurrence of a text, upper and lower case alike.
    #[must_use]
    pub const fn find(mut self, needle: &'a str) -> Self {
        self.needle = needle;
        self
    }

    /// How many rows they take at this width; wraps all of them, so only for few.
    pub fn height(&self, width: u16) -> usize {
        (0..self.content.len()).map(|index| self.rows_of(index, self.text_width(width))).sum()
    }

    /// Draws them where they are scrolled to.
    pub fn scrolled(self, area: Rect, buffer: &mut Buffer, scroll: &mut Scroll) {
        StatefulWidget::render(&self, area, buffer, scroll);
    }

    /// Draws them from the top.
    pub fn draw(self, area: Rect, buffer: &mut Buffer) {
        Widget::render(&self, area, buffer);
    }

    fn text_width(&self, width: u16) -> u16 {
        width.saturating_sub(u16::from(self.mark_column))
    }

    fn line(&self, index: usize) -> Line<'a> {
        let line = self.look.line(&self.content[index]);
        wrap::highlighted(line, self.needle, self.look.style(Role::Selection))
    }

    fn rows_of(&self, index: usize, width: u16) -> usize {
        wrap(&self.look.line(&self.content[index]), width, self.hanging).count()
    }
}

/// The indexes of the lines that hold a text, upper and lower case alike.
pub fn hits<'a>(lines: &'a [text::Line], needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let holds = move |line: &text::Line| match &line.0[..] {
        [] => false,
        [span] => wrap::occurrences(&span.text, needle).next().is_some(),
        _ => wrap::occurrences(&line.plain(), needle).next().is_some(),
    };
    lines.iter().enumerate().filter(move |(_, line)| holds(line)).map(|(index, _)| index)
}

impl Widget for &Lines<'_> {
    /// Draws from the top.
    fn render(self, area: Rect, buffer: &mut Buffer) {
        StatefulWidget::render(self, area, buffer, &mut Scroll::default());
    }
}

impl StatefulWidget for &Lines<'_> {
    type State = Scroll;

    fn render(self, area: Rect, buffer: &mut Buffer, scroll: &mut Scroll) {
        let area = area.intersection(buffer.area);
        let width = self.text_width(area.width);
        let left = area.right() - width;
        scroll.settle(self.content.len(), area.height, self.marked, |index| self.rows_of(index, width));
        let mut y = area.top();
        let (first, mut skip) = scroll.position();
        for index in first..self.content.len() {
            if y >= area.bottom() {
                break;
            }
            let line = self.line(index);
            for row in wrap(&line, width, self.hanging).skip(std::mem::take(&mut skip)) {
                if y >= area.bottom() {
                    break;
                }
                buffer.set_line(
                    left + row.indent,
                    y,
                    &Line::from(row.spans),
                    width.saturating_sub(row.indent),
                );
                if self.marked == Some(index) && left > area.left() {
                    buffer.set_string(
                        area.left(),
                        y,
                        self.look.glyphs.selection,
                        self.look.style(Role::Focus),
                    );
                    buffer.set_style(Rect { x: left, y, width, height: 1 }, self.look.style(Role::Selection));
                }
                scroll.drew(index);
                y += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        action::Action,
        glyphs::Charset,
        widgets::testing::{at_all_sizes, drawn, look},
    };

    fn text(lines: &[&str]) -> Vec<text::Line> {
        lines.iter().map(|line| text::Line::of(Role::Text, line)).collect()
    }

    fn numbered(count: usize) -> Vec<text::Line> {
        (0..count).map(|index| text::Line::of(Role::Text, format!("line {index}"))).collect()
    }

    fn show(lines: &Lines<'_>, width: u16, height: u16, scroll: &mut Scroll) -> Vec<String> {
        drawn(width, height, |area, buffer| StatefulWidget::render(lines, area, buffer, scroll))
    }

    #[test]
    fn lines_are_wrapped_at_words_and_hang_under_their_text() {
        let look = look(Charset::Unicode);
        let lines = text(&["  the code may be used once", "short"]);
        let shown = show(&Lines::new(&lines, &look), 14, 4, &mut Scroll::default());
        assert_eq!(shown, ["  the code may", "  be used once", "short", ""]);
        let lines = Lines::new(&lines, &look).hanging(Hanging::Columns(6));
        let shown = show(&lines, 14, 4, &mut Scroll::default());
        assert_eq!(shown, ["  the code may", "      be used", "      once", "short"]);
        assert_eq!(lines.height(14), 4);
        let bullet =
            |mark: &str| text::Line::of(Role::Muted, mark).then(Role::Text, "the code may be used once");
        for (mark, indent) in
            [("· ", "  "), ("[x] ", "    "), ("  ✓ ", "    "), ("id ", ""), ("#12 ", "    ")]
        {
            let lines = [bullet(mark)];
            let shown = show(&Lines::new(&lines, &look), 20, 2, &mut Scroll::default());
            assert!(shown[1].starts_with(indent) && !shown[1][indent.len()..].starts_with(' '), "{shown:?}");
        }
    }

    #[test]
    fn scrolling_goes_by_rows_and_stops_at_both_ends() {
        let look = look(Charset::Unicode);
        let lines = text(&["one two three", "four", "five"]);
        let lines = Lines::new(&lines, &look);
        let mut scroll = Scroll::default();
        assert_eq!(show(&lines, 5, 3, &mut scroll), ["one", "two", "three"]);
        scroll.act(Action::MoveDown);
        assert_eq!(show(&lines, 5, 3, &mut scroll), ["two", "three", "four"]);
        scroll.act(Action::PageDown);
        assert_eq!(show(&lines, 5, 3, &mut scroll), ["three", "four", "five"]);
        assert!(scroll.is_at_end() && !scroll.is_at_top());
        scroll.act(Action::MoveUp);
        assert_eq!(show(&lines, 5, 3, &mut scroll), ["two", "three", "four"]);
        scroll.act(Action::MoveTop);
        scroll.act(Action::MoveUp);
        assert_eq!(show(&lines, 5, 3, &mut scroll), ["one", "two", "three"]);
        scroll.act(Action::MoveBottom);
        assert_eq!(show(&lines, 5, 3, &mut scroll), ["three", "four", "five"]);
        assert!(!scroll.act(Action::Copy));
    }

    #[test]
    fn a_resize_keeps_the_line_and_clamps() {
        let look = look(Charset::Unicode);
        let lines = numbered(100);
        let lines = Lines::new(&lines, &look);
        let mut scroll = Scroll::default();
        scroll.act(Action::MoveBottom);
        show(&lines, 20, 10, &mut scroll);
        assert_eq!(show(&lines, 20, 2, &mut scroll), ["line 90", "line 91"]);
        assert_eq!(show(&lines, 20, 40, &mut scroll)[0], "line 60");
        let fewer = numbered(3);
        assert_eq!(show(&Lines::new(&fewer, &look), 20, 4, &mut scroll), ["line 0", "line 1", "line 2", ""]);
        assert_eq!(show(&Lines::new(&[], &look), 20, 2, &mut scroll), ["", ""]);
    }

    #[test]
    fn a_screen_of_no_height_forgets_nothing() {
        let look = look(Charset::Unicode);
        let lines = numbered(100);
        let lines = Lines::new(&lines, &look);
        let mut scroll = Scroll::default();
        scroll.act(Action::MoveDown);
        show(&lines, 20, 10, &mut scroll);
        show(&lines, 20, 0, &mut scroll);
        show(&lines, 0, 3, &mut scroll);
        assert_eq!(show(&lines, 20, 1, &mut scroll), ["line 1"]);
    }

    #[test]
    fn the_marked_line_stays_in_view_whole() {
        let look = look(Charset::Unicode);
        let lines = text(&["a", "b", "c", "d e f", "g"]);
        let marked = |line| Lines::new(&lines, &look).mark(Some(line));
        let mut scroll = Scroll::default();
        assert_eq!(show(&marked(0), 3, 3, &mut scroll), ["▌a", " b", " c"]);
        assert_eq!(show(&marked(3), 3, 3, &mut scroll), ["▌d", "▌e", "▌f"]);
        assert_eq!(show(&marked(4), 3, 3, &mut scroll), [" e", " f", "▌g"]);
        assert_eq!(show(&marked(1), 3, 3, &mut scroll), ["▌b", " c", " d"]);
        assert_eq!(scroll.line_at(2), Some(3));
        assert_eq!(scroll.line_at(3), None);
    }

    #[test]
    fn occurrences_are_shown_across_spans_and_cases() {
        let look = look(Charset::Unicode);
        let line = text::Line::of(Role::Name, "client").then(Role::Value, "_ID client_id");
        let lines = [line, text::Line::of(Role::Text, "other")];
        assert_eq!(hits(&lines, "client_id").collect::<Vec<_>>(), [0]);
        assert_eq!(hits(&lines, "").count(), 0);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        let area = buffer.area;
        Widget::render(&Lines::new(&lines, &look).find("client_id"), area, &mut buffer);
        let reversed = |x: u16| buffer[(x, 0)].modifier.contains(ratatui::style::Modifier::REVERSED);
        let shown: String = (0..20).map(|x| if reversed(x) { 'x' } else { '.' }).collect();
        assert_eq!(shown, "xxxxxxxxx.xxxxxxxxx.");
    }

    #[test]
    fn a_huge_body_costs_no_more_than_a_screenful() {
        // Drawing wraps lines only near the screen: far fewer than there are.
        let mut wrapped = 0;
        let mut scroll = Scroll::default();
        scroll.act(Action::MoveBottom);
        scroll.settle(1_000_000, 50, None, |_| {
            wrapped += 1;
            1
        });
        assert_eq!(scroll.position(), (999_950, 0));
        assert!(wrapped < 500, "{wrapped}");
    }

    #[test]
    fn any_area_will_do() {
        let look = look(Charset::Ascii);
        let lines = text(&["a line with 漢字 and “quotes”", "", "averyveryveryverylongword", "x"]);
        let mut scroll = Scroll::default();
        at_all_sizes(|area, buffer| {
            scroll.act(Action::MoveDown);
            StatefulWidget::render(
                &Lines::new(&lines, &look).mark(Some(2)).find("e"),
                area,
                buffer,
                &mut scroll,
            );
        });
    }
}
