//! Colours as theme files write them, brought down to what the terminal shows.

use ratatui::style::Color;

use crate::tui::look::Depth;

/// A colour of a theme: what it should be, and what stands for it where there are only sixteen. The sixteen are chosen
/// by the terminal's user, so the nearest one by its usual value may be a bad choice; a theme can name a better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    pub full: Color,
    pub sixteen: Option<Color>,
}

impl Ink {
    /// The colour at a depth; none where there are no colours.
    pub fn at(self, depth: Depth) -> Option<Color> {
        match depth {
            Depth::None => None,
            Depth::Ansi16 => Some(self.sixteen.unwrap_or_else(|| to_sixteen(self.full))),
            Depth::Ansi256 => Some(to_256(self.full)),
            Depth::TrueColor => Some(self.full),
        }
    }
}

/// The names of the sixteen colours, in the order of their numbers.
const NAMES: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

/// Reads `#1b1d23`, one of the sixteen names, `default` for the terminal's own colour, or a number up to 255.
pub(super) fn parse(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some((_, color)) = NAMES.iter().find(|(name, _)| *name == text) {
        return Some(*color);
    }
    // Not ratatui's own reader: it accepts many spellings, and signs among the digits.
    let Some(digits) = text.strip_prefix('#') else {
        let number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok());
        return number.flatten().map(Color::Indexed);
    };
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().map(Color::from_u32)
}

/// Whether it is one of the sixteen, or the terminal's own.
pub(super) fn is_sixteen(color: Color) -> bool {
    !matches!(color, Color::Rgb(..) | Color::Indexed(16..))
}

fn to_256(color: Color) -> Color {
    match color {
        Color::Rgb(r, g, b) => Color::Indexed(nearest(16..=255, (r, g, b))),
        other => other,
    }
}

fn to_sixteen(color: Color) -> Color {
    let rgb = match color {
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(index @ 16..) => palette(index),
        other => return other,
    };
    NAMES[usize::from(nearest(0..=15, rgb))].1
}

fn nearest(indexes: std::ops::RangeInclusive<u8>, (r, g, b): (u8, u8, u8)) -> u8 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    let distance = |index: &u8| {
        let (pr, pg, pb) = palette(*index);
        square(r, pr) + square(g, pg) + square(b, pb)
    };
    indexes.min_by_key(distance).unwrap_or(0)
}

/// The usual value of a colour of the 256: xterm's sixteen, a cube of six levels, and 24 grays.
fn palette(index: u8) -> (u8, u8, u8) {
    const SIXTEEN: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match index {
        0..=15 => SIXTEEN[usize::from(index)],
        16..=231 => {
            let n = index - 16;
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        232..=255 => {
            let gray = 8 + 10 * (index - 232);
            (gray, gray, gray)
        }
    }
}

/// Black and white that no palette of the terminal's user can turn into something else, as far as its depth allows: for
/// what a camera has to read.
pub fn black_and_white(depth: Depth) -> (Color, Color) {
    match depth {
        Depth::None | Depth::Ansi16 => (Color::Black, Color::White),
        Depth::Ansi256 => (Color::Indexed(16), Color::Indexed(231)),
        Depth::TrueColor => (Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_becomes_the_nearest_that_the_terminal_has() {
        let plain = |full| Ink { full, sixteen: None };
        assert_eq!(plain(Color::Rgb(255, 135, 0)).at(Depth::Ansi256), Some(Color::Indexed(208)));
        assert_eq!(plain(Color::Rgb(27, 28, 29)).at(Depth::Ansi256), Some(Color::Indexed(234)));
        assert_eq!(plain(Color::Rgb(250, 10, 10)).at(Depth::Ansi16), Some(Color::LightRed));
        assert_eq!(plain(Color::Indexed(231)).at(Depth::Ansi16), Some(Color::White));
        assert_eq!(plain(Color::Cyan).at(Depth::Ansi16), Some(Color::Cyan));
        assert_eq!(plain(Color::Cyan).at(Depth::None), None);
    }

    #[test]
    fn a_named_stand_in_is_used_where_there_are_sixteen_only() {
        let ink = Ink { full: Color::Rgb(250, 10, 10), sixteen: Some(Color::Yellow) };
        assert_eq!(ink.at(Depth::Ansi16), Some(Color::Yellow));
        assert_eq!(ink.at(Depth::TrueColor), Some(Color::Rgb(250, 10, 10)));
    }

    #[test]
    fn one_spelling_for_each_colour() {
        assert_eq!(parse("#ff8000"), Some(Color::Rgb(255, 128, 0)));
        assert_eq!(parse("light-blue"), Some(Color::LightBlue));
        assert_eq!(parse("208"), Some(Color::Indexed(208)));
        assert_eq!(parse("default"), Some(Color::Reset));
        for wrong in ["", "#ff80", "#gg0000", "#+f+f+f", "lightblue", "Blue", "256", "#ff80é0"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
