//! What is decided once at the start and then handed to everything that draws: theme, glyphs, motion.
//!
//! The decisions are functions of an [`Environment`], which is plain data; only the driver reads the real variables.

use std::time::Duration;

use ratatui::text::Line;

use super::{
    glyphs::{Charset, Glyphs},
    theme::Theme,
};
use crate::text;

/// The environment variables that say what the terminal can show and what its owner wants to see. An unset variable is
/// `None`; where a standard treats an empty one as unset, so do the methods here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NO_COLOR` (no-color.org).
    pub no_color: Option<String>,
    /// `CLICOLOR_FORCE` (bixense.com/clicolors).
    pub clicolor_force: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `ACCESSIBLE`.
    pub accessible: Option<String>,
    /// `LC_ALL`.
    pub lc_all: Option<String>,
    /// `LC_CTYPE`.
    pub lc_ctype: Option<String>,
    /// `LANG`.
    pub lang: Option<String>,
}

impl Environment {
    /// Asks `variable` for each variable by name.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            no_color: variable("NO_COLOR"),
            clicolor_force: variable("CLICOLOR_FORCE"),
            term: variable("TERM"),
            colorterm: variable("COLORTERM"),
            accessible: variable("ACCESSIBLE"),
            lc_all: variable("LC_ALL"),
            lc_ctype: variable("LC_CTYPE"),
            lang: variable("LANG"),
        }
    }

    /// How many colours to use.
    ///
    /// `NO_COLOR` wins over everything, then `CLICOLOR_FORCE`. GNU screen garbles 24-bit colours even when `COLORTERM`
    /// was inherited from the terminal outside, so a `TERM` of its family never gets more than 256.
    pub fn depth(&self) -> Depth {
        let term = self.term.as_deref().unwrap_or_default();
        let forced = is_on(self.clicolor_force.as_deref());
        if self.no_color.as_deref().is_some_and(|value| !value.is_empty()) || (term == "dumb" && !forced) {
            return Depth::None;
        }
        let many = |name: &str| {
            ["kitty", "ghostty", "alacritty", "wezterm", "foot", "direct"].iter().any(|t| name.contains(t))
        };
        let direct = matches!(self.colorterm.as_deref(), Some("truecolor" | "24bit")) || many(term);
        match term {
            _ if term.starts_with("screen") && (direct || term.contains("256color")) => Depth::Ansi256,
            _ if direct => Depth::TrueColor,
            _ if term.contains("256color") => Depth::Ansi256,
            _ => Depth::Ansi16,
        }
    }

    /// Which characters to draw with. A locale that is set and is not UTF-8 gets ASCII; so does the Linux console,
    /// whose font lacks most marks. No locale at all is usual in containers and says nothing about the terminal.
    pub fn charset(&self) -> Charset {
        let locale = [&self.lc_all, &self.lc_ctype, &self.lang];
        let locale = locale.into_iter().flatten().find(|value| !value.is_empty());
        let narrow = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            !locale.contains("utf-8") && !locale.contains("utf8")
        });
        if narrow || matches!(self.term.as_deref(), Some("linux" | "dumb")) {
            Charset::Ascii
        } else {
            Charset::Unicode
        }
    }

    /// Whether things may move. The user's own setting, where there is one, is the caller's to put first.
    pub fn motion(&self) -> Motion {
        if is_on(self.accessible.as_deref()) || self.term.as_deref() == Some("dumb") {
            Motion::Reduced
        } else {
            Motion::Full
        }
    }
}

fn is_on(value: Option<&str>) -> bool {
    value.is_some_and(|value| !matches!(value, "" | "0" | "false" | "no"))
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// No colour: bold, reverse and underline only.
    None,
    /// The sixteen colours that the terminal's user has chosen.
    Ansi16,
    /// The fixed palette of 256.
    Ansi256,
    /// 24 bits.
    TrueColor,
}

/// Whether anything moves on the screen by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Motion {
    /// Spinners turn.
    #[default]
    Full,
    /// Waiting is said in words and updated at most once a second.
    Reduced,
}

impl Motion {
    /// How long something that waits may stand unchanged; the loop wakes no more often than this.
    pub const fn tick(self) -> Duration {
        match self {
            Self::Full => Duration::from_millis(100),
            Self::Reduced => Duration::from_secs(1),
        }
    }
}

/// Everything that drawing depends on besides what is drawn.
#[derive(Clone, Debug)]
pub struct Look {
    /// Roles to styles, already at the terminal's depth.
    pub theme: Theme,
    /// The characters to draw with.
    pub glyphs: &'static Glyphs,
    /// Whether spinners turn.
    pub motion: Motion,
}

impl Look {
    /// Puts the decisions together, bringing the theme down to the terminal's depth.
    pub fn new(theme: &Theme, environment: &Environment) -> Self {
        Self {
            theme: theme.at(environment.depth()),
            glyphs: Glyphs::of(environment.charset()),
            motion: environment.motion(),
        }
    }

    /// The style of a role.
    pub fn style(&self, role: text::Role) -> ratatui::style::Style {
        self.theme.style(role)
    }

    /// A line as the terminal takes it.
    pub fn line<'a>(&self, line: &'a text::Line) -> Line<'a> {
        line.0
            .iter()
            .map(|span| ratatui::text::Span::styled(self.glyphs.plain(&span.text), self.style(span.role)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colour_depth_follows_the_variables_in_their_order() {
        let check = |variables: &[(&str, &str)], depth| {
            assert_eq!(environment(variables).depth(), depth, "{variables:?}");
        };
        check(&[], Depth::Ansi16);
        check(&[("TERM", "xterm")], Depth::Ansi16);
        check(&[("TERM", "xterm-256color")], Depth::Ansi256);
        check(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::TrueColor);
        check(&[("TERM", "xterm-kitty")], Depth::TrueColor);
        check(&[("TERM", "screen.xterm-256color"), ("COLORTERM", "truecolor")], Depth::Ansi256);
        check(&[("TERM", "screen")], Depth::Ansi16);
        check(&[("TERM", "tmux-256color"), ("COLORTERM", "24bit")], Depth::TrueColor);
        check(&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::None);
        check(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Depth::Ansi16);
        check(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")], Depth::None);
        check(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "xterm-256color")], Depth::None);
        check(&[("NO_COLOR", ""), ("TERM", "xterm-256color")], Depth::Ansi256);
    }

    #[test]
    fn the_first_locale_that_is_set_decides_the_characters() {
        let check = |variables: &[(&str, &str)], charset| {
            assert_eq!(environment(variables).charset(), charset, "{variables:?}");
        };
        check(&[], Charset::Unicode);
        check(&[("LANG", "de_DE.UTF-8")], Charset::Unicode);
        check(&[("LANG", "de_DE.ISO-8859-1")], Charset::Ascii);
        check(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], Charset::Ascii);
        check(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")], Charset::Unicode);
        check(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")], Charset::Ascii);
    }

    #[test]
    fn who_asks_for_less_motion_gets_it() {
        assert_eq!(environment(&[]).motion(), Motion::Full);
        assert_eq!(environment(&[("ACCESSIBLE", "1")]).motion(), Motion::Reduced);
        assert_eq!(environment(&[("ACCESSIBLE", "0")]).motion(), Motion::Full);
        assert!(Motion::Reduced.tick() >= Duration::from_secs(1));
    }
}
