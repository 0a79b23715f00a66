//! A passing message at the top right: what happened, and where. Errors stay until a key is pressed.

use std::time::Duration;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::lines::Lines;
use crate::{
    finding::Severity,
    text::{Line, Role},
    time::UnixTime,
    tui::look::Look,
};

/// How long a message stays that is no error.
const SHOWN: Duration = Duration::from_secs(3);
/// The most rows of text; the rest is in the list of messages.
const TALLEST: u16 = 4;
/// The widest that a message gets before it is wrapped.
const WIDEST: u16 = 60;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How it turned out; gives the mark.
    pub severity: Severity,
    /// What happened, such as `access token copied (OSC 52)`.
    pub text: String,
    /// What can be done about it, such as `E explain`.
    pub hint: Option<String>,
    /// When it came up.
    pub since: UnixTime,
}

impl Toast {
    /// When it goes by itself; errors do not.
    pub fn ends_at(&self) -> Option<UnixTime> {
        (self.severity != Severity::Error).then(|| self.since + SHOWN)
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: UnixTime) -> bool {
        self.ends_at().is_some_and(|end| now >= end)
    }

    /// The message as one line, for the screen and for the list of messages.
    pub fn line(&self, look: &Look) -> Line {
        let (mark, role) = look.glyphs.severity(self.severity);
        let line = Line::of(role, mark).then(Role::Text, format!(" {}", self.text));
        match &self.hint {
            Some(hint) => line.then(Role::Key, format!("  {hint}")),
            None => line,
        }
    }

    /// The message as it is drawn over a screen.
    pub const fn view<'a>(&'a self, look: &'a Look) -> ToastView<'a> {
        ToastView { toast: self, look }
    }
}

/// A message to be drawn over the screen it is given.
#[derive(Clone, Copy, Debug)]
pub struct ToastView<'a> {
    toast: &'a Toast,
    look: &'a Look,
}

impl Widget for &ToastView<'_> {
    /// `screen` is the part of the screen below the tabs: the message lies on the upper border of its panes.
    fn render(self, screen: Rect, buffer: &mut Buffer) {
        let screen = screen.intersection(buffer.area);
        // A blank on each side, and the corner of the pane underneath.
        let most = screen.width.saturating_sub(5).min(WIDEST);
        if most < 8 || screen.height == 0 {
            return;
        }
        let message = [self.toast.line(self.look)];
        let width = super::fit::width(&self.look.glyphs.plain(&message[0].plain())).min(most);
        let lines = Lines::new(&message, self.look);
        let height = u16::try_from(lines.height(width)).unwrap_or(TALLEST).min(TALLEST).min(screen.height);
        let area = Rect { x: screen.right() - width - 4, y: screen.top(), width: width + 2, height };
        Clear.render(area, buffer);
        buffer.set_style(area, self.look.theme.base());
        Widget::render(&lines, Rect { x: area.x + 1, width, ..area }, buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        glyphs::Charset,
        widgets::{
            frame::Frame,
            testing::{at_all_sizes, drawn, look},
        },
    };

    fn toast(severity: Severity, text: &str) -> Toast {
        Toast { severity, text: text.to_owned(), hint: None, since: UnixTime::from_seconds(100) }
    }

    #[test]
    fn it_lies_on_the_upper_border() {
        let look = look(Charset::Unicode);
        let toast = toast(Severity::Passed, "URL copied");
        let rows = drawn(30, 3, |area, buffer| {
            Frame::new("Sequence", &look).render(area, buffer);
            toast.view(&look).render(area, buffer);
        });
        assert_eq!(rows[0], "╭─ Sequence ── ✓ URL copied ─╮");
    }

    #[test]
    fn a_long_one_is_wrapped_and_keeps_its_hint() {
        let look = look(Charset::Ascii);
        let mut toast = toast(Severity::Error, "the token endpoint refused the code");
        toast.hint = Some("E explain".to_owned());
        let rows = drawn(30, 3, |area, buffer| toast.view(&look).render(area, buffer));
        assert_eq!(
            rows.iter().map(|row| row.trim()).collect::<Vec<_>>(),
            ["[F] the token endpoint", "refused the code  E", "explain"]
        );
    }

    #[test]
    fn good_news_passes_and_bad_news_stays() {
        let at = UnixTime::from_millis;
        let good = toast(Severity::Passed, "done");
        assert!(!good.is_over(at(102_999)) && good.is_over(at(103_000)));
        let bad = toast(Severity::Error, "not done");
        assert!(!bad.is_over(at(10_000_000)));
    }

    #[test]
    fn any_area_will_do() {
        let look = look(Charset::Unicode);
        let toast = toast(
            Severity::Warning,
            "a message that is long enough to be wrapped in most of the areas there are",
        );
        at_all_sizes(|area, buffer| toast.view(&look).render(area, buffer));
    }
}
