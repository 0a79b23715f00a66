//! Text measured and cut to a width in columns, as the terminal counts them.

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::{text::visible, tui::glyphs::Glyphs};

/// How many columns a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The text, or as much of it as fits before an ellipsis.
pub fn text(text: &str, room: u16, glyphs: &Glyphs) -> String {
    let mut line = Line::raw(text);
    cut(&mut line, room, glyphs);
    line.spans.iter().map(|span| span.content.as_ref()).collect()
}

/// The text cut or filled with blanks to exactly this many columns, made safe and put into the terminal's characters before
/// it is measured: one cell of a table.
pub fn cell(text: &str, columns: u16, glyphs: &Glyphs) -> String {
    let mut cell = self::text(&glyphs.plain(&visible(text)), columns, glyphs);
    let missing = usize::from(columns).saturating_sub(cell.width());
    cell.extend(std::iter::repeat_n(' ', missing));
    cell
}

/// Cuts a line to the room there is; an ellipsis in the style of what it replaces shows that something is missing.
pub fn cut(line: &mut Line<'_>, room: u16, glyphs: &Glyphs) {
    let room = usize::from(room);
    let mut used = 0;
    // The last place at which the ellipsis still fits: span and byte.
    let mut place = (0, 0);
    for (index, span) in line.spans.iter().enumerate() {
        for (offset, grapheme) in span.content.grapheme_indices(true) {
            if used < room {
                place = (index, offset);
            }
            used += grapheme.width();
            if used > room {
                let (index, offset) = place;
                let style = line.spans[index].style;
                line.spans.truncate(index + 1);
                let kept = line.spans[index].content[..offset].to_owned();
                line.spans[index] = Span::styled(kept, style);
                if room > 0 {
                    line.spans.push(Span::styled(glyphs.ellipsis, style));
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::Charset;

    #[test]
    fn what_is_cut_says_so_and_never_exceeds_the_room() {
        let glyphs = Glyphs::of(Charset::Unicode);
        let check =
            |input: &str, room, output: &str| assert_eq!(text(input, room, glyphs), output, "{input} {room}");
        check("token", 5, "token");
        check("token", 4, "tok…");
        check("token", 1, "…");
        check("token", 0, "");
        check("", 0, "");
        check("漢字漢字", 6, "漢字…");
        check("漢字漢字", 5, "漢字…");
        check("a漢", 2, "a…");
    }

    #[test]
    fn a_cell_has_its_width_whatever_is_in_it() {
        for charset in [Charset::Unicode, Charset::Ascii] {
            for input in ["", "token", "漢字漢字漢字", "é→é→é→é", "a\u{1b}[31mb\u{202e}c"] {
                for columns in 0..12 {
                    let cell = cell(input, columns, Glyphs::of(charset));
                    assert_eq!(width(&cell), columns, "{input:?} {columns}");
                    assert!(!cell.contains(['\u{1b}', '\u{202e}']));
                }
            }
        }
    }

    #[test]
    fn the_ellipsis_takes_the_style_of_what_it_replaces() {
        use ratatui::style::Stylize;
        let mut line = Line::from(vec!["ab".into(), "cdef".bold()]);
        cut(&mut line, 4, Glyphs::of(Charset::Ascii));
        assert_eq!(line, Line::from(vec!["ab".into(), "c".bold(), "~".bold()]));
    }
}
