//! "Sign in: how?" The three ways to the authority's pages, where the answer is awaited, and the address to go to.

use super::{outcome::keys, shown::Shown};
use crate::{
    oauth::Visit,
    text::{Line, Role},
    tui::pane::Scene,
    workbench::FrontChannel,
};

/// In which column the texts stand that may go on in the next row.
pub const TEXT: u16 = 25;

/// A way that Enter can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The person's own browser.
    Browser,
    /// The user agent in the pane.
    Builtin,
}

/// Which way Enter takes while none was chosen: at the lab tenant the one that shows every hop, elsewhere the browser if
/// there is one. Real sign-in pages need scripts, so the built-in user agent is nobody's first choice there.
pub fn by_enter(shown: &Shown<'_>, no_browser: Option<&str>) -> Option<Way> {
    let session = shown.session;
    if session.front.is_some() || !session.is_running() {
        return None;
    }
    if session.profile.authority.is_lab() {
        return Some(Way::Builtin);
    }
    no_browser.is_none().then_some(Way::Browser)
}

/// The box that is shown while a visit is waited for, `width` columns wide.
pub fn lines(visit: &Visit, front: Option<&FrontChannel>, scene: &Scene<'_>, width: usize) -> Vec<Line> {
    let chosen = |way: &str| match front {
        Some(FrontChannel::Browser) => way == "o",
        Some(FrontChannel::Builtin(_)) => way == "b",
        Some(FrontChannel::Paste) => way == "p",
        None => false,
    };
    let mark = |way: &str| if chosen(way) { scene.look.glyphs.selection } else { " " };
    let way = |key: &str, name: &str, about: &str| {
        Line::of(Role::Selection, mark(key))
            .then(Role::Key, format!(" {key}  "))
            .then(Role::Title, format!("{name:<20}"))
            .then(Role::Text, about)
    };
    let mut lines = Vec::new();
    lines.push(match scene.no_browser {
        None => way("o", "Your browser", "As usual; the answer comes back by itself."),
        Some(reason) => Line::of(Role::Text, "    ")
            .then(Role::Muted, format!("{:<20}", "Your browser"))
            .then(Role::Muted, format!("Not from here: {reason}.")),
    });
    lines.push(way("b", "Built-in user agent", "The pages as text; every hop is in the log."));
    lines.push(way("p", "Paste", "Open it anywhere, paste where you land."));
    lines.push(Line::new());
    lines.push(keys(
        Line::of(Role::Muted, "  go to       ").then(Role::Link, origin_and_path(&visit.url, width, scene)),
        &[("U", "whole")],
    ));
    lines.push(Line::of(Role::Muted, "  awaited at  ").then(Role::Link, visit.redirect_uri.as_str()));
    if let (Some(_), Some(port)) = (scene.no_browser, loopback_port(&visit.redirect_uri)) {
        lines.push(
            Line::of(Role::Muted, "  tunnel      ")
                .then(Role::Value, format!("ssh -L {port}:localhost:{port} THIS-HOST"))
                .then(Role::Muted, "  on your machine first"),
        );
    }
    lines
}

/// The address without its parameters.
fn origin_and_path(url: &url::Url, width: usize, scene: &Scene<'_>) -> String {
    let mut short = url.clone();
    short.set_query(None);
    short.set_fragment(None);
    let dots = if url.query().is_some() { "?…" } else { "" };
    // What stands before and behind it on its line.
    let room = width.saturating_sub(14 + 2 + 9);
    format!("{}{dots}", super::request::shortened(short.as_str(), room, scene.look.glyphs))
}

fn loopback_port(uri: &url::Url) -> Option<u16> {
    let is_loopback = matches!(uri.host_str()?, "localhost" | "127.0.0.1" | "[::1]");
    uri.port_or_known_default().filter(|_| is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        time::UnixTime,
        tui::{
            look::{Environment, Look},
            theme::Theme,
        },
    };

    fn text(front: Option<&FrontChannel>, no_browser: Option<&'static str>) -> Vec<String> {
        let look = Look::new(&Theme::terminal(), &Environment::default());
        let scene = Scene { look: &look, now: UnixTime::default(), reveal: false, no_browser };
        let visit = Visit {
            url: "http://localhost:7080/authorize?state=1".parse().expect("a URL"),
            redirect_uri: "http://localhost:53111/".parse().expect("a URL"),
        };
        lines(&visit, front, &scene, 78).iter().map(Line::plain).collect()
    }

    #[test]
    fn three_ways_are_offered_and_the_chosen_one_is_marked() {
        let open = text(None, None);
        assert!(open[0].starts_with("  o  Your browser") && open[2].starts_with("  p  Paste"), "{open:?}");
        assert!(text(Some(&FrontChannel::Builtin(None)), None)[1].starts_with("▌ b"));
        assert!(open.iter().any(|line| line.contains("http://localhost:7080/authorize?…")));
    }

    #[test]
    fn a_remote_shell_is_told_why_and_how_to_forward_the_port() {
        let remote = text(None, Some("this is a remote shell"));
        assert!(remote[0].contains("Not from here: this is a remote shell."), "{remote:?}");
        assert!(!remote[0].contains(" o "));
        assert!(remote.iter().any(|line| line.contains("ssh -L 53111:localhost:53111")), "{remote:?}");
        assert!(!text(None, None).iter().any(|line| line.contains("ssh")));
    }
}
