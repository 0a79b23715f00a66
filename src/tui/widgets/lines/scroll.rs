//! Where lines are scrolled to.

use crate::tui::action::Action;

/// A scroll position, and what keys have asked of it since the last frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    line: usize,
    row: usize,
    wanted: isize,
    height: usize,
    ended: bool,
    drawn: Vec<usize>,
}

impl Scroll {
    /// Takes a movement; says whether it was one.
    pub fn act(&mut self, action: Action) -> bool {
        let page = isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        let half = (page / 2).max(1);
        match action {
            Action::MoveUp => self.by(-1),
            Action::MoveDown => self.by(1),
            Action::PageUp => self.by(-page),
            Action::PageDown => self.by(page),
            Action::HalfPageUp => self.by(-half),
            Action::HalfPageDown => self.by(half),
            Action::MoveTop => self.to_top(),
            Action::MoveBottom => self.to_end(),
            _ => return false,
        }
        true
    }

    /// Scrolls by rows, down if positive.
    pub const fn by(&mut self, rows: isize) {
        self.wanted = self.wanted.saturating_add(rows);
    }

    /// Scrolls to the beginning.
    pub const fn to_top(&mut self) {
        self.to_line(0);
    }

    /// Scrolls to the end.
    pub const fn to_end(&mut self) {
        self.to_line(usize::MAX);
    }

    /// Puts this line at the top, as far as what follows it fills the area.
    pub const fn to_line(&mut self, line: usize) {
        (self.line, self.row, self.wanted) = (line, 0, 0);
    }

    /// Whether the last frame showed the first row.
    pub const fn is_at_top(&self) -> bool {
        self.line == 0 && self.row == 0
    }

    /// Whether the last frame showed the last row.
    pub const fn is_at_end(&self) -> bool {
        self.ended
    }

    /// The line that the last frame showed in this row of its area, counted from 0.
    pub fn line_at(&self, row: u16) -> Option<usize> {
        self.drawn.get(usize::from(row)).copied()
    }

    /// The first line shown, and how many of its rows are above the area.
    pub(super) const fn position(&self) -> (usize, usize) {
        (self.line, self.row)
    }

    pub(super) fn drew(&mut self, line: usize) {
        self.drawn.push(line);
    }

    /// Finds the position for an area of this height: does what was asked, keeps `mark` in view, and leaves no room below
    /// the end. `rows` wraps a line and says how many rows it takes; at least one.
    pub(super) fn settle(
        &mut self,
        count: usize,
        height: u16,
        mark: Option<usize>,
        mut rows: impl FnMut(usize) -> usize,
    ) {
        self.drawn.clear();
        if height == 0 {
            return;
        }
        self.height = usize::from(height);
        if count == 0 {
            (self.line, self.row, self.wanted, self.ended) = (0, 0, 0, true);
            return;
        }
        if self.line >= count {
            (self.line, self.row) = (count, 0);
        } else {
            self.row = self.row.min(rows(self.line) - 1);
        }
        let wanted = std::mem::take(&mut self.wanted);
        if wanted < 0 {
            self.back(wanted.unsigned_abs(), &mut rows);
        } else {
            self.forth(wanted.unsigned_abs(), count, &mut rows);
        }
        if let Some(mark) = mark.filter(|mark| *mark < count) {
            self.show(mark, &mut rows);
        }
        let below = self.rows_below(count, self.height + 1, &mut rows);
        if below < self.height {
            self.back(self.height - below, &mut rows);
        }
        self.ended = below <= self.height;
    }

    fn back(&mut self, mut count: usize, rows: &mut impl FnMut(usize) -> usize) {
        while count > self.row {
            count -= self.row;
            self.row = 0;
            if self.line == 0 {
                return;
            }
            self.line -= 1;
            self.row = rows(self.line);
        }
        self.row -= count;
    }

    fn forth(&mut self, mut count: usize, lines: usize, rows: &mut impl FnMut(usize) -> usize) {
        while count > 0 && self.line < lines {
            let left = rows(self.line) - self.row;
            if count < left {
                self.row += count;
                return;
            }
            count -= left;
            (self.line, self.row) = (self.line + 1, 0);
        }
    }

    /// How many rows there are from here on; stops counting at `enough`.
    fn rows_below(&self, lines: usize, enough: usize, rows: &mut impl FnMut(usize) -> usize) -> usize {
        let mut below = 0;
        for line in self.line..lines {
            below += rows(line) - if line == self.line { self.row } else { 0 };
            if below >= enough {
                break;
            }
        }
        below
    }

    fn show(&mut self, mark: usize, rows: &mut impl FnMut(usize) -> usize) {
        if mark < self.line || (mark == self.line && self.row > 0) {
            (self.line, self.row) = (mark, 0);
            return;
        }
        let near = mark - self.line < self.height;
        if near && self.rows_below(mark + 1, self.height + 1, rows) <= self.height {
            return;
        }
        // Its last row goes to the bottom, unless it is taller than the area: then its first row goes to the top.
        let own = rows(mark);
        (self.line, self.row) = (mark, 0);
        if own < self.height {
            self.back(self.height - own, rows);
        }
    }
}
