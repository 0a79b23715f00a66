//! The device-code prompt: the code large, where to enter it, how long it lives, and each poll with its answer.
//!
//! ```text
//! ╭─ Scan ─────╮┏━ Device code ━━━━━━━━━━━━━━━━━━━━━┓
//! │ █▀▀▀█ ▄▀█▀ │┃  1  Open     https://…/devicelogin ┃
//! │ █▄▄▄█ ▀▄▀█ │┃  2  Enter this code  FK7Q 2MX9     ┃
//! ╰────────────╯┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//! ```

use unicode_width::UnicodeWidthStr as _;

use super::shown::{countdown, spinner};
use crate::{
    flow::DevicePrompt,
    text::{Line, Role},
    tui::pane::Scene,
};

/// The address that the picture holds, and whether the code is in it.
pub fn scanned(prompt: &DevicePrompt) -> (&str, bool) {
    match &prompt.verification_uri_complete {
        Some(complete) => (complete, true),
        None => (&prompt.verification_uri, false),
    }
}

/// What to do, in the order in which it is done; `step` is the place of the step in the run, such as `3 of 4`.
pub fn lines(prompt: &DevicePrompt, step: &str, scene: &Scene<'_>, has_picture: bool) -> Vec<Line> {
    let mut lines = vec![
        Line::of(Role::Muted, format!("Step {step}: sign in on another device")),
        Line::new(),
        Line::of(Role::Key, " 1  ").then(Role::Text, "Open"),
        Line::of(Role::Text, "    ").then(Role::Link, &prompt.verification_uri),
    ];
    let (_, with_code) = scanned(prompt);
    lines.push(Line::of(
        Role::Muted,
        match (has_picture, with_code) {
            // No other device reaches it.
            _ if is_here(&prompt.verification_uri) => "    on this machine; b signs in here",
            (true, true) => "    (or scan: the code is in it)",
            (true, false) => "    (or scan: the address alone)",
            (false, _) => "    on a phone or computer with a browser",
        },
    ));
    lines.push(Line::new());
    lines.push(Line::of(Role::Key, " 2  ").then(Role::Text, "Enter this code"));
    lines.extend(plate(&spaced(&prompt.user_code)));
    lines.push(Line::new());
    lines.push(Line::of(Role::Key, " 3  ").then(Role::Text, "Come back here: nothing to press"));
    lines.push(Line::new());
    lines.extend(progress(prompt, scene));
    lines.push(Line::new());
    lines.push(Line::of(Role::Muted, "Approve only a code you asked for."));
    lines
}

fn is_here(address: &str) -> bool {
    let url = url::Url::parse(address).ok();
    url.and_then(|url| Some(matches!(url.host_str()?, "localhost" | "127.0.0.1" | "[::1]"))).unwrap_or(false)
}

/// The code in a box of its own.
fn plate(code: &str) -> [Line; 3] {
    let bar = "─".repeat(code.width() + 4);
    let margin = "      ";
    [
        Line::of(Role::Border, format!("{margin}┌{bar}┐")),
        Line::of(Role::Border, format!("{margin}│  "))
            .then(Role::Title, code)
            .then(Role::Border, "  │")
            .then(Role::Text, "   ")
            .then(Role::Key, "y")
            .then(Role::Text, " copies"),
        Line::of(Role::Border, format!("{margin}└{bar}┘")),
    ]
}

/// The code in two groups, as it is read aloud. It is copied without the gap.
fn spaced(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    if matches!(letters.len(), 8 | 9) && letters.iter().all(char::is_ascii_alphanumeric) {
        let (first, second) = letters.split_at(letters.len().div_ceil(2));
        return format!("{} {}", String::from_iter(first), String::from_iter(second));
    }
    code.to_owned()
}

fn progress(prompt: &DevicePrompt, scene: &Scene<'_>) -> Vec<Line> {
    let left = prompt.expires_at.since(scene.now).as_secs();
    let until_poll = prompt.next_poll.since(scene.now).as_secs();
    let count = prompt.polls.len();
    let wait = match (count, until_poll) {
        (0, _) => "",
        (_, 0) => ", asking now",
        (_, seconds) => &format!(", next in {seconds} s"),
    };
    let mut lines = vec![
        Line::of(Role::Busy, format!("{} ", spinner(scene)))
            .then(Role::Text, format!("polling every {} s{wait}", prompt.interval)),
        Line::of(Role::Text, "  expires in ")
            .then(if left < 60 { Role::Warn } else { Role::Title }, countdown(left)),
    ];
    lines.push(match prompt.polls.last() {
        Some((_, answer)) => {
            Line::of(Role::Muted, format!("  poll {count}: ")).then(answer_role(answer), answer)
        }
        None if until_poll > 0 => Line::of(Role::Muted, format!("  the first poll in {until_poll} s")),
        None => Line::of(Role::Muted, "  the first poll is on its way"),
    });
    lines
}

fn answer_role(answer: &str) -> Role {
    match answer {
        "authorization_pending" => Role::Text,
        "slow_down" => Role::Warn,
        _ => Role::Refused,
    }
}

/// The table of polls, the last one first.
pub fn polls(prompt: &DevicePrompt) -> Vec<Line> {
    let mut lines =
        vec![Line::of(Role::Muted, "poll  at         answer                 wait before the next")];
    let slowed =
        |polls: &[(_, String)]| polls.iter().filter(|(_, answer)| answer == "slow_down").count() as u64;
    let first = prompt.interval.saturating_sub(5 * slowed(&prompt.polls));
    let mut rows: Vec<Line> = Vec::new();
    for (index, (at, answer)) in prompt.polls.iter().enumerate() {
        let before = first + 5 * slowed(&prompt.polls[..index]);
        let line = Line::of(Role::Text, format!("{:<4}  {:<9}  ", index + 1, at.clock()))
            .then(answer_role(answer), format!("{answer:<21}"));
        rows.push(match answer.as_str() {
            "slow_down" => line
                .then(Role::Text, format!("  {before} s → {} s", before + 5))
                .then(Role::Muted, "  (the server asks for 5 s more, for good)"),
            "authorization_pending" => line.then(Role::Text, format!("  {before} s")),
            _ => line,
        });
    }
    if rows.is_empty() {
        rows.push(Line::of(Role::Muted, "Each poll will stand here with its answer."));
    }
    lines.extend(rows.into_iter().rev());
    lines
}

/// Why there is polling at all, for screens with room.
pub fn why(prompt: &DevicePrompt) -> Vec<Line> {
    let mut lines = vec![
        Line::of(Role::Text, "Nobody can call this device back, so it asks again and again."),
        Line::new(),
        Line::of(Role::Text, "authorization_pending")
            .then(Role::Muted, "  nobody has finished yet: ask again"),
        Line::of(Role::Text, "slow_down").then(Role::Muted, "  asked too soon: wait 5 s longer from now on"),
        Line::of(Role::Text, "authorization_declined, access_denied")
            .then(Role::Muted, "  the person said no: stop"),
        Line::of(Role::Text, "expired_token").then(Role::Muted, "  nobody came in time: start anew"),
        Line::new(),
        Line::of(Role::Muted, "RFC 8628 §3.5"),
    ];
    if let Some(message) = &prompt.message {
        lines.push(Line::new());
        lines.push(Line::of(Role::Muted, "The server's own words"));
        lines.push(Line::of(Role::Text, message));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::time::UnixTime;

    fn prompt(answers: &[&str], interval: u64) -> DevicePrompt {
        let start = UnixTime::from_seconds(1_772_615_727);
        let polls = answers
            .iter()
            .zip(1..)
            .map(|(answer, n)| (start + Duration::from_secs(5 * n), (*answer).to_owned()));
        DevicePrompt {
            user_code: "FK7Q2MX9".to_owned(),
            verification_uri: "http://localhost:7080/devicelogin".to_owned(),
            verification_uri_complete: None,
            message: None,
            expires_at: start + Duration::from_secs(900),
            interval,
            next_poll: start + Duration::from_secs(5),
            polls: polls.collect(),
        }
    }

    #[test]
    fn a_code_is_read_in_two_groups_and_other_forms_are_left_alone() {
        assert_eq!(spaced("FK7Q2MX9"), "FK7Q 2MX9");
        assert_eq!(spaced("ABCDE1234"), "ABCDE 1234");
        assert_eq!(spaced("WDJB-MJHT"), "WDJB-MJHT");
        assert_eq!(spaced("123"), "123");
    }

    #[test]
    fn each_poll_says_what_it_does_to_the_wait() {
        let polls = polls(&prompt(&["authorization_pending", "slow_down", "authorization_pending"], 10));
        let text: Vec<_> = polls.iter().map(Line::plain).collect();
        assert_eq!(text[1], "3     09:15:42Z  authorization_pending  10 s");
        assert!(text[2].starts_with("2     09:15:37Z  slow_down              5 s → 10 s"), "{}", text[2]);
        assert_eq!(text[3], "1     09:15:32Z  authorization_pending  5 s");
    }

    #[test]
    fn the_picture_holds_the_code_only_where_the_server_puts_it_in() {
        let mut prompt = prompt(&[], 5);
        assert_eq!(scanned(&prompt), ("http://localhost:7080/devicelogin", false));
        prompt.verification_uri_complete = Some("http://localhost:7080/devicelogin?c=1".to_owned());
        assert_eq!(scanned(&prompt), ("http://localhost:7080/devicelogin?c=1", true));
    }
}
