//! Theme files: reading one, with the line and key of whatever is wrong with it.

use std::{collections::BTreeMap, ops::Range};

use ratatui::style::Modifier;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    ThemeError,
    color::{self, Ink},
};
use crate::text::Role;

/// A theme file as written: colours are still names, because a child's palette recolours what its parent's roles say.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub description: Option<String>,
    pub parent: Option<Named>,
    pub background: Option<Named>,
    pub palette: BTreeMap<String, Ink>,
    pub roles: BTreeMap<Role, Draft>,
}

/// The look of a role as written.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub fg: Option<Named>,
    pub bg: Option<Named>,
    pub modifier: Modifier,
}

/// A name, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub text: String,
    pub place: Place,
}

/// Where something stands, for messages.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub file: String,
    pub line: usize,
    pub key: String,
}

impl Place {
    pub fn wrong(&self, reason: impl Into<String>) -> ThemeError {
        ThemeError::Wrong {
            file: self.file.clone(),
            line: self.line,
            key: self.key.clone(),
            reason: reason.into(),
        }
    }
}

/// What can be switched on for a role. Dim and blink are absent on purpose: the one is illegible on many terminals, the
/// other is never wanted.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed_out", Modifier::CROSSED_OUT),
];

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

/// A file being read.
struct Source<'i> {
    name: &'i str,
    text: &'i str,
}

/// Reads a theme file; `name` is what messages call it.
pub(super) fn read(name: &str, text: &str) -> Result<File, ThemeError> {
    let source = Source { name, text };
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        source.place(span, "(not TOML)").wrong(error.message().lines().next().unwrap_or("unreadable"))
    })?;
    let mut file = File::default();
    for (key, value) in document.get_ref() {
        let path = key.get_ref().as_ref();
        match path {
            "description" => file.description = Some(source.name(path, value)?.text),
            "parent" => file.parent = Some(source.name(path, value)?),
            "background" => file.background = Some(source.name(path, value)?),
            "palette" => {
                for (key, value) in source.table(path, value)? {
                    let path = format!("palette.{}", key.get_ref());
                    file.palette.insert(key.get_ref().to_string(), source.ink(&path, value)?);
                }
            }
            "roles" => {
                for (key, value) in source.table(path, value)? {
                    let role = source.role(key)?;
                    file.roles.insert(role, source.draft(role, value)?);
                }
            }
            _ => {
                let known = "description, parent, background, palette, roles";
                return Err(source.unknown(key, path, known));
            }
        }
    }
    Ok(file)
}

impl<'i> Source<'i> {
    fn place(&self, span: Range<usize>, key: &str) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        Place { file: self.name.to_owned(), line: before.matches('\n').count() + 1, key: key.to_owned() }
    }

    fn unknown(&self, key: &Key<'_>, path: &str, known: &str) -> ThemeError {
        self.place(key.span(), path).wrong(format!("unknown here; known are {known}"))
    }

    fn expected(&self, value: &Value<'_>, path: &str, wanted: &str) -> ThemeError {
        self.place(value.span(), path).wrong(format!("must be {wanted}"))
    }

    fn table<'v>(&self, path: &str, value: &'v Value<'i>) -> Result<&'v DeTable<'i>, ThemeError> {
        value.get_ref().as_table().ok_or_else(|| self.expected(value, path, "a table"))
    }

    fn name(&self, path: &str, value: &Value<'_>) -> Result<Named, ThemeError> {
        let text = value.get_ref().as_str().ok_or_else(|| self.expected(value, path, "a text"))?;
        Ok(Named { text: text.to_owned(), place: self.place(value.span(), path) })
    }

    /// A colour of the palette: one colour, or a pair with its stand-in among the sixteen.
    fn ink(&self, path: &str, value: &Value<'_>) -> Result<Ink, ThemeError> {
        const WANTED: &str =
            "a colour such as \"#7fb4e8\" or \"light-blue\", or a pair [colour, one of the sixteen names]";
        let wrong = || self.expected(value, path, WANTED);
        let color = |value: &DeValue<'_>| value.as_str().and_then(color::parse);
        if let Some(pair) = value.get_ref().as_array() {
            let parts: Vec<_> = pair.iter().map(|part| color(part.get_ref())).collect();
            return match parts[..] {
                [Some(full), Some(sixteen)] if color::is_sixteen(sixteen) => {
                    Ok(Ink { full, sixteen: Some(sixteen) })
                }
                _ => Err(wrong()),
            };
        }
        let full = color(value.get_ref()).ok_or_else(wrong)?;
        Ok(Ink { full, sixteen: None })
    }

    fn role(&self, key: &Key<'_>) -> Result<Role, ThemeError> {
        let name = key.get_ref().as_ref();
        Role::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
            let known = Role::ALL.map(Role::name).join(", ");
            self.unknown(key, &format!("roles.{name}"), &known)
        })
    }

    /// The look of a role: the name of its colour, or a table.
    fn draft(&self, role: Role, value: &Value<'i>) -> Result<Draft, ThemeError> {
        let path = format!("roles.{}", role.name());
        if value.get_ref().is_str() {
            return Ok(Draft { fg: Some(self.name(&path, value)?), ..Draft::default() });
        }
        let wanted = "the name of a colour, or a table";
        let table = value.get_ref().as_table().ok_or_else(|| self.expected(value, &path, wanted))?;
        let mut draft = Draft::default();
        for (key, value) in table {
            let path = format!("{path}.{}", key.get_ref());
            match key.get_ref().as_ref() {
                "fg" => draft.fg = Some(self.name(&path, value)?),
                "bg" => draft.bg = Some(self.name(&path, value)?),
                name => {
                    let Some((_, modifier)) = MODIFIERS.iter().find(|(known, _)| *known == name) else {
                        let known = MODIFIERS.map(|(name, _)| name).join(", ");
                        return Err(self.unknown(key, &path, &format!("fg, bg, {known}")));
                    };
                    let on = value.get_ref().as_bool();
                    draft
                        .modifier
                        .set(*modifier, on.ok_or_else(|| self.expected(value, &path, "true or false"))?);
                }
            }
        }
        Ok(draft)
    }
}
