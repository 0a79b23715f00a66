//! Themes: from a [`Role`] to a style. Code asks for a role, never for a colour.
//!
//! A theme is a TOML file: a short palette, and roles that name its colours. It may name a parent, whose roles it
//! inherits and whose palette it may recolour. A role that neither has takes the look of the role that [`fallback`]
//! names. The built-in files are in `themes/`; a file of the same name in the user's folder goes first, and may name
//! the built-in one as its parent.
//!
//! ```toml
//! parent = "dark"
//! background = "night"                  # painted; leave it out to keep the terminal's own
//! [palette]
//! night = ["#101418", "black"]          # the second is for terminals with sixteen colours
//! sky = "#7fb4e8"
//! [roles]
//! link = "sky"
//! title = { fg = "sky", bold = true }   # fg, bg, bold, italic, underlined, reversed, crossed_out
//! ```

mod color;
mod file;

use std::{collections::BTreeMap, io, path::Path};

pub use color::black_and_white;
use ratatui::style::{Modifier, Style};

use self::{
    color::Ink,
    file::{Draft, File, Named},
};
use super::look::Depth;
use crate::text::Role;

/// The built-in themes; the first is the default.
const BUILT_IN: [(&str, &str); 5] = [
    ("terminal", include_str!("../../themes/terminal.toml")),
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// A theme, total over [`Role::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    name: String,
    description: String,
    background: Option<Ink>,
    looks: [RoleLook; Role::ALL.len()],
    depth: Depth,
    // Worked out once: finding the nearest of 256 colours is too slow for every span of every frame.
    styles: [Style; Role::ALL.len()],
    base: Style,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct RoleLook {
    fg: Option<Ink>,
    bg: Option<Ink>,
    modifier: Modifier,
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No file of that name.
    #[error("there is no theme “{name}”; built in are {}", Theme::builtin_names().join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// The file is there and cannot be read.
    #[error("{file} could not be read")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{file}:{line}: {key}: {reason}")]
    Wrong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The key, with dots.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Theme {
    /// The theme that is used unless another is named: the terminal's own colours.
    pub const DEFAULT: &'static str = "terminal";

    /// The default theme: the terminal's own colours.
    pub fn terminal() -> Self {
        Self::built_in("terminal")
    }

    /// Loads a theme by name, from the user's folder if it has one of that name, else built in. It comes in full colour;
    /// [`Theme::at`] brings it down to what the terminal shows.
    pub fn load(name: &str, user_dir: Option<&Path>) -> Result<Self, ThemeError> {
        let mut files = vec![find(name, user_dir)?];
        let mut seen = vec![name.to_owned()];
        while let Some(parent) = files.last().and_then(|file| file.parent.clone()) {
            // A file that names itself means the built-in theme that it stands in front of.
            let is_itself = seen.last() == Some(&parent.text);
            let circular = match seen.iter().filter(|name| **name == parent.text).count() {
                0 => false,
                1 => !is_itself || user_dir.is_none(),
                _ => true,
            };
            if circular {
                return Err(parent.place.wrong("this theme is already among its own children"));
            }
            let folder = if is_itself { None } else { user_dir };
            let file = find(&parent.text, folder).map_err(|error| match error {
                unknown @ ThemeError::Unknown { .. } => parent.place.wrong(unknown.to_string()),
                other => other,
            })?;
            seen.push(parent.text);
            files.push(file);
        }
        resolve(name, files)
    }

    /// The names of the built-in themes; the first is the default.
    pub fn builtin_names() -> [&'static str; BUILT_IN.len()] {
        BUILT_IN.map(|(name, _)| name)
    }

    fn built_in(name: &str) -> Self {
        Self::load(name, None).expect("the built-in themes are checked by tests/themes.rs")
    }

    /// The theme on a terminal with this many colours. Without any, every theme looks like `mono`: one that says things
    /// by colour would otherwise fall silent.
    #[must_use]
    pub fn at(&self, depth: Depth) -> Self {
        let drawn = if depth == Depth::None { Self::built_in("mono") } else { self.clone() };
        let named = Self { name: self.name.clone(), description: self.description.clone(), ..drawn };
        named.styled(depth)
    }

    /// The name it was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the file says about itself; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How many colours it is for.
    pub const fn depth(&self) -> Depth {
        self.depth
    }

    /// How a role looks. Apply it over [`Theme::base`].
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// What empty screen looks like; fill the frame, and every overlay after clearing it, with this. It sets nothing
    /// unless the theme paints a background.
    pub const fn base(&self) -> Style {
        self.base
    }

    fn styled(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self.styles = self.looks.map(|look| {
            let mut style = Style::new().add_modifier(look.modifier);
            style.fg = look.fg.and_then(|ink| ink.at(depth));
            style.bg = look.bg.and_then(|ink| ink.at(depth));
            style
        });
        self.base = match self.background.and_then(|ink| ink.at(depth)) {
            Some(background) => self.style(Role::Text).bg(background),
            None => Style::new(),
        };
        self
    }
}

/// Whose look a role takes when a theme does not give it one; `None` where the chain ends.
pub const fn fallback(role: Role) -> Option<Role> {
    Some(match role {
        Role::Text | Role::Selection => return None,
        Role::Muted
        | Role::Title
        | Role::Name
        | Role::Value
        | Role::Ok
        | Role::Warn
        | Role::Busy
        | Role::Link => Role::Text,
        Role::Focus | Role::Key => Role::Title,
        Role::Border => Role::Muted,
        Role::Secret => Role::Value,
        Role::Refused | Role::Edited | Role::Live => Role::Warn,
        Role::Method => Role::Name,
        Role::Status | Role::Lab | Role::DiffExpected => Role::Ok,
        Role::DiffSent => Role::Refused,
    })
}

fn find(name: &str, user_dir: Option<&Path>) -> Result<File, ThemeError> {
    let unknown = || ThemeError::Unknown { name: crate::text::visible(name).into_owned() };
    // A name is not a path: it reaches no file outside the folder.
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(unknown());
    }
    if let Some(dir) = user_dir {
        let path = dir.join(format!("{name}.toml"));
        let shown = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => return file::read(&shown, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(ThemeError::Unreadable { file: shown, source }),
        }
    }
    let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
    file::read(&format!("themes/{name}.toml"), text)
}

/// Lays a theme over its parents (which follow it) and gives every role its look.
fn resolve(name: &str, files: Vec<File>) -> Result<Theme, ThemeError> {
    let description = files.first().and_then(|file| file.description.clone()).unwrap_or_default();
    let mut merged = File::default();
    for file in files.into_iter().rev() {
        merged.background = file.background.or(merged.background);
        merged.palette.extend(file.palette);
        merged.roles.extend(file.roles);
    }
    let ink = |named: &Named| -> Result<Ink, ThemeError> {
        if let Some(ink) = merged.palette.get(&named.text) {
            return Ok(*ink);
        }
        let full = color::parse(&named.text).ok_or_else(|| {
            let known: Vec<&str> = merged.palette.keys().map(String::as_str).collect();
            named.place.wrong(format!(
                "“{}” is neither a colour nor in the palette ({})",
                crate::text::visible(&named.text),
                known.join(", ")
            ))
        })?;
        Ok(Ink { full, sixteen: None })
    };
    let mut given: BTreeMap<Role, RoleLook> = BTreeMap::new();
    for (role, Draft { fg, bg, modifier }) in &merged.roles {
        let fg = fg.as_ref().map(ink).transpose()?;
        let bg = bg.as_ref().map(ink).transpose()?;
        given.insert(*role, RoleLook { fg, bg, modifier: *modifier });
    }
    let background = merged.background.as_ref().map(ink).transpose()?;
    let looks = Role::ALL.map(|role| {
        let mut chain = std::iter::successors(Some(role), |role| fallback(*role));
        let found = chain.find_map(|role| given.get(&role).copied());
        found.unwrap_or_else(|| match role {
            Role::Selection => RoleLook { modifier: Modifier::REVERSED, ..RoleLook::default() },
            _ => RoleLook::default(),
        })
    });
    let theme = Theme {
        name: name.to_owned(),
        description,
        background,
        looks,
        depth: Depth::TrueColor,
        styles: [Style::new(); Role::ALL.len()],
        base: Style::new(),
    };
    Ok(theme.styled(Depth::TrueColor))
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    fn theme(child: &str, parent: Option<&str>) -> Result<Theme, ThemeError> {
        let mut files = vec![file::read("child.toml", child)?];
        files.extend(parent.map(|text| file::read("parent.toml", text)).transpose()?);
        resolve("child", files)
    }

    fn message(text: &str) -> String {
        theme(text, None).expect_err("the file is wrong").to_string()
    }

    #[test]
    fn roles_stand_in_the_order_of_their_list() {
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index, "{role:?}");
        }
    }

    #[test]
    fn every_chain_of_fallbacks_ends() {
        for role in Role::ALL {
            let chain = std::iter::successors(Some(role), |role| fallback(*role));
            assert!(chain.take(Role::ALL.len() + 1).count() <= Role::ALL.len(), "{role:?} goes in a circle");
        }
    }

    #[test]
    fn a_role_that_is_not_given_falls_back_and_selection_is_seen_even_then() {
        let theme = theme("[roles]\nrefused = { fg = \"red\", bold = true }", None).unwrap();
        assert_eq!(theme.style(Role::DiffSent), Style::new().fg(Color::Red).bold());
        assert_eq!(theme.style(Role::Muted), Style::new());
        assert_eq!(theme.style(Role::Selection), Style::new().reversed());
    }

    #[test]
    fn a_child_recolours_its_parents_roles_and_overrides_them_whole() {
        let parent = "[palette]\nsky = \"blue\"\n[roles]\nlink = { fg = \"sky\", bold = true }\nkey = { fg = \"sky\", bold = true }";
        let theme = theme("[palette]\nsky = \"#102030\"\n[roles]\nkey = \"sky\"", Some(parent)).unwrap();
        assert_eq!(theme.style(Role::Link), Style::new().fg(Color::Rgb(16, 32, 48)).bold());
        assert_eq!(theme.style(Role::Key), Style::new().fg(Color::Rgb(16, 32, 48)));
    }

    #[test]
    fn a_background_is_painted_only_if_there_is_one() {
        let painted = theme("background = \"#101010\"\n[roles]\ntext = \"white\"", None).unwrap();
        assert_eq!(painted.base(), Style::new().fg(Color::White).bg(Color::Rgb(16, 16, 16)));
        assert_eq!(Theme::terminal().base(), Style::new());
    }

    #[test]
    fn without_colours_every_theme_looks_like_mono_and_keeps_its_name() {
        let mono = Theme::load("mono", None).unwrap();
        for name in Theme::builtin_names() {
            let theme = Theme::load(name, None).unwrap().at(Depth::None);
            assert_eq!(theme.name(), name);
            assert_eq!(theme.base(), Style::new());
            for role in Role::ALL {
                assert_eq!(theme.style(role), mono.style(role), "{name} {role:?}");
            }
        }
    }

    #[test]
    fn mistakes_are_told_with_file_line_and_key() {
        let check = |text: &str, start: &str, part: &str| {
            let message = message(text);
            assert!(message.starts_with(start), "{message}");
            assert!(message.contains(part), "{message}");
        };
        check("\ncolour = 1", "child.toml:2: colour: ", "palette, roles");
        check("[roles]\n\ntitel = \"red\"", "child.toml:3: roles.titel: ", "title");
        check("[roles]\ntitle = { font = \"x\" }", "child.toml:2: roles.title.font: ", "underlined");
        check("[roles]\ntitle = { bold = 1 }", "child.toml:2: roles.title.bold: ", "true or false");
        check("[roles]\ntitle = { dim = true }", "child.toml:2: roles.title.dim: ", "unknown");
        check("[roles]\ntitle = \"rde\"", "child.toml:2: roles.title: ", "rde");
        check("[palette]\na = \"#12\"", "child.toml:2: palette.a: ", "must be");
        check("[palette]\na = [\"red\", \"#123456\"]", "child.toml:2: palette.a: ", "sixteen");
        check("palette = 3", "child.toml:1: palette: ", "table");
        check("background = \"nowhere\"", "child.toml:1: background: ", "nowhere");
        check("a = 1\nb = [", "child.toml:", "(not TOML)");
    }

    #[test]
    fn a_name_is_not_a_path() {
        for name in ["", "../themes/dark", "a/b", "no-such-theme", "dark.toml"] {
            assert!(matches!(Theme::load(name, None), Err(ThemeError::Unknown { .. })), "{name}");
        }
    }
}
