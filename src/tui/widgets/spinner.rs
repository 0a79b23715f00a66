//! What says that something is being waited for, for how long already, and how long at most.

use std::time::Duration;

use crate::{
    text::{Line, Role},
    tui::look::{Look, Motion},
};

/// What is over sooner than this is never shown as waiting.
const PATIENCE: Duration = Duration::from_millis(150);

/// `⠹ 0:42/5:00`, or without a limit `⠹ 0:42`; where motion is reduced, `working (42 s of 300 s)`. Empty for the first
/// moments. Draw again after [`Motion::tick`].
pub fn spinner(elapsed: Duration, limit: Option<Duration>, look: &Look) -> Line {
    if elapsed < PATIENCE {
        return Line::new();
    }
    match look.motion {
        Motion::Full => {
            let frames = look.glyphs.spinner;
            let turn = elapsed.as_millis() / look.motion.tick().as_millis() % frames.len() as u128;
            let frame = frames[usize::try_from(turn).unwrap_or(0)];
            let limit = limit.map(|limit| format!("/{}", clock(limit))).unwrap_or_default();
            Line::of(Role::Busy, frame).then(Role::Muted, format!(" {}{limit}", clock(elapsed)))
        }
        Motion::Reduced => {
            let limit = limit.map(|limit| format!(" of {} s", limit.as_secs())).unwrap_or_default();
            Line::of(Role::Busy, "working").then(Role::Muted, format!(" ({} s{limit})", elapsed.as_secs()))
        }
    }
}

/// Minutes and seconds: `0:42`, `61:05`.
pub fn clock(duration: Duration) -> String {
    format!("{}:{:02}", duration.as_secs() / 60, duration.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{glyphs::Charset, widgets::testing::look};

    #[test]
    fn waiting_is_shown_with_its_time_and_its_limit() {
        let look = look(Charset::Unicode);
        let text = |millis, limit: Option<u64>| {
            spinner(Duration::from_millis(millis), limit.map(Duration::from_secs), &look).plain()
        };
        assert_eq!(text(149, None), "");
        assert_eq!(text(42_200, Some(300)), "⠹ 0:42/5:00");
        assert_eq!(text(3_665_000, None), "⠋ 61:05");
        assert_ne!(text(1_000, None), text(1_100, None), "it turns");
    }

    #[test]
    fn with_reduced_motion_it_stands_still_within_a_second() {
        let look = Look { motion: Motion::Reduced, ..look(Charset::Ascii) };
        let text =
            |millis| spinner(Duration::from_millis(millis), Some(Duration::from_secs(300)), &look).plain();
        assert_eq!(text(12_000), "working (12 s of 300 s)");
        assert_eq!(text(12_000), text(12_999));
    }
}
