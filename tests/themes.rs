//! Every file in `themes/`: it loads, gives every role its look, and can be read at every colour depth.

use std::{collections::BTreeSet, fs, path::Path};

use authwright::{
    text::Role,
    tui::{
        look::Depth,
        theme::{Theme, ThemeError},
    },
};
use ratatui::style::{Color, Modifier, Style};

fn every_theme() -> Vec<Theme> {
    let themes = Theme::builtin_names().map(|name| Theme::load(name, None));
    themes.into_iter().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}"))
}

/// The usual values of the colours; of the sixteen, those of xterm.
fn rgb(color: Color) -> Option<[u8; 3]> {
    Some(match color {
        Color::Rgb(r, g, b) => [r, g, b],
        Color::Indexed(index @ 16..=231) => {
            let level = |n: u8| [0, 95, 135, 175, 215, 255][usize::from(n)];
            [level((index - 16) / 36), level((index - 16) / 6 % 6), level((index - 16) % 6)]
        }
        Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
        Color::Black => [0, 0, 0],
        Color::Red => [205, 0, 0],
        Color::Magenta => [205, 0, 205],
        Color::Blue => [0, 0, 238],
        Color::Gray => [229, 229, 229],
        Color::LightRed => [255, 0, 0],
        Color::LightYellow => [255, 255, 0],
        Color::LightMagenta => [255, 0, 255],
        Color::LightCyan => [0, 255, 255],
        Color::White => [255, 255, 255],
        _ => return None,
    })
}

/// WCAG 2 contrast ratio.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let luminance = |color: [u8; 3]| {
        let [r, g, b] = color.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn legibility(style: Style, base: Style) -> f64 {
    let style = base.patch(style);
    let color = |color: Option<Color>| {
        let color = color.expect("a theme that paints gives every role both colours");
        rgb(color).unwrap_or_else(|| panic!("{color} is not among the colours this test can measure"))
    };
    contrast(color(style.fg), color(style.bg))
}

#[test]
fn the_folder_holds_exactly_the_built_in_themes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let files: BTreeSet<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    let names: BTreeSet<String> = Theme::builtin_names().iter().map(|name| format!("{name}.toml")).collect();
    assert_eq!(files, names);
}

#[test]
fn every_theme_says_what_it_is() {
    for theme in every_theme() {
        assert!(!theme.description().is_empty(), "{}", theme.name());
    }
}

#[test]
fn whatever_is_painted_can_be_read() {
    for theme in every_theme() {
        // Of the sixteen only the usual values are known, and red on black is what it is.
        for (depth, least) in [(Depth::TrueColor, 4.5), (Depth::Ansi256, 4.5), (Depth::Ansi16, 4.0)] {
            let theme = theme.at(depth);
            if theme.base().bg.is_none() {
                continue;
            }
            for role in Role::ALL {
                let ratio = legibility(theme.style(role), theme.base());
                assert!(ratio >= least, "{}: {role:?} at {depth:?}: {ratio:.2}", theme.name());
            }
        }
    }
}

#[test]
fn what_is_not_painted_keeps_to_the_terminals_own_colours() {
    for theme in every_theme().into_iter().filter(|theme| theme.base().bg.is_none()) {
        for role in Role::ALL {
            let style = theme.style(role);
            for color in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{}: {role:?}", theme.name());
            }
        }
    }
}

#[test]
fn nothing_that_matters_is_faint_or_blinks() {
    for theme in every_theme() {
        for role in Role::ALL {
            for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor] {
                let style = theme.at(depth).style(role);
                let faint = Modifier::DIM | Modifier::SLOW_BLINK | Modifier::RAPID_BLINK | Modifier::HIDDEN;
                assert!(!style.add_modifier.intersects(faint), "{}: {role:?}", theme.name());
                assert_ne!(style.fg, Some(Color::DarkGray), "{}: {role:?}", theme.name());
            }
        }
    }
}

#[test]
fn what_must_not_be_mixed_up_looks_different_at_every_depth() {
    let apart = [
        (Role::Selection, Role::Focus),
        (Role::Selection, Role::Text),
        (Role::Focus, Role::Border),
        (Role::Ok, Role::Refused),
        (Role::Warn, Role::Text),
        (Role::Lab, Role::Live),
        (Role::DiffSent, Role::DiffExpected),
        (Role::Edited, Role::Value),
        (Role::Title, Role::Text),
        (Role::Key, Role::Text),
    ];
    for theme in every_theme() {
        for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor] {
            let theme = theme.at(depth);
            for (one, other) in apart {
                assert_ne!(
                    theme.style(one),
                    theme.style(other),
                    "{} {depth:?}: {one:?}, {other:?}",
                    theme.name()
                );
            }
        }
    }
}

#[test]
fn without_colours_none_is_left() {
    for theme in every_theme() {
        let theme = theme.at(Depth::None);
        let styles = Role::ALL.map(|role| theme.style(role));
        assert!(styles.iter().chain([&theme.base()]).all(|style| style.fg.is_none() && style.bg.is_none()));
    }
}

/// A folder of theme files of its own, removed at the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("themes-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the target folder can be written");
        for (file, text) in files {
            fs::write(folder.join(file), text).expect("the target folder can be written");
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_of_the_user_goes_first_and_may_build_on_the_one_it_hides() {
    let dark = "parent = \"dark\"\n[roles]\nlink = \"#ffffff\"";
    let folder = Folder::with("first", &[("dark.toml", dark)]);
    let ours = Theme::load("dark", Some(&folder.0)).expect("it loads");
    let built_in = Theme::load("dark", None).expect("it loads");
    assert_eq!(ours.style(Role::Link), Style::new().fg(Color::Rgb(255, 255, 255)));
    assert_eq!(ours.style(Role::Title), built_in.style(Role::Title));
    assert_eq!(ours.base(), built_in.base());
}

#[test]
fn parents_that_are_missing_or_go_in_a_circle_are_refused_where_they_are_named() {
    let files = [
        ("a.toml", "parent = \"b\""),
        ("b.toml", "\nparent = \"a\""),
        ("orphan.toml", "parent = \"nobody\""),
        ("self.toml", "parent = \"self\""),
    ];
    let folder = Folder::with("parents", &files);
    let check = |name: &str, part: &str| {
        let error = Theme::load(name, Some(&folder.0)).expect_err("it must not load");
        assert!(matches!(error, ThemeError::Wrong { .. }), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    };
    check("a", "b.toml:2: parent: ");
    check("orphan", "orphan.toml:1: parent: there is no theme “nobody”");
    check("self", "self.toml:1: parent: ");
}
