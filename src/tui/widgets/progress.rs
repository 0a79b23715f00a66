//! How much of a span of time has passed, as for the life of a token or a code:
//! `████████░░░░░░░ 41:02 min left`.

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::fit;
use crate::{
    text::Role,
    time::{UnixTime, span},
    tui::look::Look,
};

/// The widest that a bar gets.
const WIDEST: u16 = 30;
/// A bar narrower than this says nothing.
const NARROWEST: u16 = 5;

/// A span of time to be drawn; takes one row.
#[derive(Clone, Copy, Debug)]
pub struct TimeBar<'a> {
    /// When it begins.
    pub from: UnixTime,
    /// When it ends.
    pub until: UnixTime,
    /// The present.
    pub now: UnixTime,
    /// How to draw.
    pub look: &'a Look,
}

impl TimeBar<'_> {
    /// What stands beside the bar, and its role.
    pub fn label(&self) -> (String, Role) {
        if self.now >= self.until {
            return (format!("ended {} ago", span(self.now.since(self.until))), Role::Refused);
        }
        if self.now < self.from {
            return (format!("begins in {}", span(self.from.since(self.now))), Role::Warn);
        }
        let left = self.until.since(self.now);
        let nearly_over = left.saturating_mul(10) < self.until.since(self.from);
        (format!("{} left", span(left)), if nearly_over { Role::Warn } else { Role::Ok })
    }

    /// How many of `columns` have passed. All only when it is over, and none only until it begins.
    fn passed(&self, columns: u16) -> u16 {
        let whole = self.until.since(self.from).as_millis();
        if self.now >= self.until || whole == 0 {
            return columns;
        }
        if self.now <= self.from {
            return 0;
        }
        let passed = self.now.since(self.from).as_millis() * u128::from(columns) / whole;
        u16::try_from(passed).unwrap_or(columns).clamp(1, columns.saturating_sub(1).max(1))
    }
}

impl Widget for &TimeBar<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let (label, role) = self.label();
        let room = area.width.saturating_sub(fit::width(&label) + 1);
        let bar = if room < NARROWEST { 0 } else { room.min(WIDEST) };
        let passed = self.passed(bar);
        let glyphs = self.look.glyphs;
        for column in 0..bar {
            let glyph = if column < passed { glyphs.bar_full } else { glyphs.bar_empty };
            buffer.set_string(area.left() + column, area.top(), glyph, self.look.style(role));
        }
        let x = area.left() + if bar == 0 { 0 } else { bar + 1 };
        let label = fit::text(&label, area.right() - x, glyphs);
        buffer.set_string(x, area.top(), label, self.look.style(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        glyphs::Charset,
        widgets::testing::{at_all_sizes, drawn, look},
    };

    fn row(look: &Look, now: i64, width: u16) -> String {
        let at = UnixTime::from_seconds;
        let bar = TimeBar { from: at(1000), until: at(4600), now: at(now), look };
        drawn(width, 1, |area, buffer| bar.render(area, buffer)).remove(0)
    }

    #[test]
    fn the_bar_fills_as_time_passes() {
        let look = look(Charset::Unicode);
        assert_eq!(row(&look, 1000, 25), "░░░░░░░░░░ 1 h 0 min left");
        assert_eq!(row(&look, 2800, 25), "█████░░░░░ 30:00 min left");
        assert_eq!(row(&look, 4599, 19), "█████████░ 1 s left");
        assert_eq!(row(&look, 4600, 19), "█████ ended 0 s ago");
        assert_eq!(row(&look, 1, 30), "░░░░░░░░░░ begins in 16:39 min");
    }

    #[test]
    fn without_room_for_a_bar_the_words_stay() {
        let look = look(Charset::Ascii);
        assert_eq!(row(&look, 2800, 18), "30:00 min left");
        assert_eq!(row(&look, 2800, 8), "30:00 m~");
        assert_eq!(row(&look, 2800, 25), "#####..... 30:00 min left");
    }

    #[test]
    fn any_times_and_any_area_will_do() {
        let look = look(Charset::Unicode);
        let times = [i64::MIN, -1, 0, 1, i64::MAX].map(UnixTime::from_seconds);
        for (from, until) in times.into_iter().flat_map(|from| times.map(|until| (from, until))) {
            for now in times {
                let bar = TimeBar { from, until, now, look: &look };
                drawn(40, 1, |area, buffer| bar.render(area, buffer));
            }
        }
        let bar = TimeBar { from: times[2], until: times[4], now: times[3], look: &look };
        at_all_sizes(|area, buffer| bar.render(area, buffer));
    }
}
