//! One line cut into rows, and the occurrences of a text in it.

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Hanging;

/// One row of a wrapped line.
pub(super) struct Row<'l> {
    /// How far it is set in.
    pub indent: u16,
    /// Its text.
    pub spans: Vec<Span<'l>>,
}

/// Cuts a line into rows of at most `width` columns, at blanks where it can. A word that is too long for any row, such
/// as a token, is cut where it stands rather than moved to a row of its own. There is always at least one row.
pub(super) fn wrap<'l>(line: &'l Line<'_>, width: u16, hanging: Hanging) -> impl Iterator<Item = Row<'l>> {
    let width = usize::from(width.max(1));
    let wanted = match hanging {
        Hanging::Columns(columns) => usize::from(columns),
        Hanging::LikeFirst => leading_blanks(line).max(mark_width(line)),
    };
    // Half of the room stays for the text.
    let indent = wanted.min(width / 2);
    let mut rest = Some(Place { span: 0, byte: 0 });
    let mut own_indent = 0;
    std::iter::from_fn(move || {
        let from = rest?;
        let (to, next) = row_end(line, from, width - own_indent, width - indent);
        let row = Row { indent: u16::try_from(own_indent).unwrap_or(0), spans: slice(line, from, to) };
        own_indent = indent;
        rest = next;
        Some(row)
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    span: usize,
    byte: usize,
}

fn leading_blanks(line: &Line<'_>) -> usize {
    let mut blanks = 0;
    for span in &line.spans {
        let own = span.content.len() - span.content.trim_start_matches(' ').len();
        blanks += own;
        if own < span.content.len() {
            break;
        }
    }
    blanks
}

/// How wide the mark is that a line begins with, such as a bullet, together with the blank behind it.
fn mark_width(line: &Line<'_>) -> usize {
    let [first, _, ..] = &line.spans[..] else { return 0 };
    let text = first.content.as_ref();
    let Some(mark) = text.strip_suffix(' ') else { return 0 };
    let mark = mark.trim_start_matches(' ');
    let is_mark =
        (1..=3).contains(&mark.width()) && !mark.starts_with(char::is_alphanumeric) && !mark.contains(' ');
    if is_mark { text.width() } else { 0 }
}

fn graphemes<'l>(line: &'l Line<'_>, from: Place) -> impl Iterator<Item = (Place, &'l str)> {
    line.spans.iter().enumerate().skip(from.span).flat_map(move |(index, span)| {
        let start = if index == from.span { from.byte } else { 0 };
        let text = &span.content[start..];
        text.grapheme_indices(true)
            .map(move |(byte, grapheme)| (Place { span: index, byte: start + byte }, grapheme))
    })
}

/// Where the row ends that begins at `from`, and where the next begins if there is one.
fn row_end(line: &Line<'_>, from: Place, room: usize, full: usize) -> (Place, Option<Place>) {
    let mut used = 0;
    let mut word: Option<Place> = None;
    let mut seen_text = false;
    let mut after_blank = false;
    for (place, grapheme) in graphemes(line, from) {
        let blank = grapheme == " ";
        if !blank && after_blank && seen_text {
            word = Some(place);
        }
        used += grapheme.width();
        if used > room && place > from {
            if blank {
                return (place, after_blanks(line, place));
            }
            return match word {
                Some(word) if fits(line, word, full) => (word, Some(word)),
                _ => (place, Some(place)),
            };
        }
        seen_text |= !blank;
        after_blank = blank;
    }
    (Place { span: line.spans.len(), byte: 0 }, None)
}

fn after_blanks(line: &Line<'_>, from: Place) -> Option<Place> {
    graphemes(line, from).find(|(_, grapheme)| *grapheme != " ").map(|(place, _)| place)
}

/// Whether the word that begins there fits into a row.
fn fits(line: &Line<'_>, word: Place, room: usize) -> bool {
    let mut used = 0;
    for (_, grapheme) in graphemes(line, word) {
        if grapheme == " " {
            return true;
        }
        used += grapheme.width();
        if used > room {
            return false;
        }
    }
    true
}

fn slice<'l>(line: &'l Line<'_>, from: Place, to: Place) -> Vec<Span<'l>> {
    let last = (to.span + 1).min(line.spans.len());
    let pieces = (from.span..last).map(|index| {
        let span = &line.spans[index];
        let start = if index == from.span { from.byte } else { 0 };
        let end = if index == to.span { to.byte } else { span.content.len() };
        Span::styled(&span.content[start..end], line.style.patch(span.style))
    });
    pieces.filter(|span| !span.content.is_empty()).collect()
}

/// Where a text occurs in another, upper and lower case alike (ASCII); ends may touch but do not overlap.
pub(super) fn occurrences<'t>(text: &'t str, needle: &'t str) -> impl Iterator<Item = usize> + 't {
    let mut from = 0;
    std::iter::from_fn(move || {
        if needle.is_empty() {
            return None;
        }
        let rest = text.as_bytes().get(from..)?;
        let found =
            rest.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))?;
        let at = from + found;
        from = at + needle.len();
        Some(at)
    })
}

/// The line with every occurrence of a text in another style.
pub(super) fn highlighted<'l>(line: Line<'l>, needle: &str, style: Style) -> Line<'l> {
    if needle.is_empty() {
        return line;
    }
    let whole: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    let mut edges: Vec<usize> =
        occurrences(&whole, needle).flat_map(|start| [start, start + needle.len()]).collect();
    if edges.is_empty() {
        return line;
    }
    edges.push(whole.len());
    let mut spans = Vec::with_capacity(line.spans.len() + edges.len());
    let (mut at, mut edge) = (0, 0);
    for span in line.spans {
        let end = at + span.content.len();
        while at < end {
            while edges[edge] <= at {
                edge += 1;
            }
            let until = edges[edge].min(end);
            let inside = edge % 2 == 1;
            let start = span.content.len() - (end - at);
            let piece = span.content[start..start + (until - at)].to_owned();
            spans.push(Span::styled(piece, if inside { span.style.patch(style) } else { span.style }));
            at = until;
        }
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: u16) -> Vec<String> {
        let line = Line::raw(text.to_owned());
        let rows = wrap(&line, width, Hanging::LikeFirst);
        rows.map(|row| {
            let indent = " ".repeat(usize::from(row.indent));
            indent + &row.spans.iter().map(|span| span.content.as_ref()).collect::<String>()
        })
        .collect()
    }

    #[test]
    fn rows_end_at_blanks_and_long_words_are_cut_where_they_stand() {
        assert_eq!(rows("", 5), [""]);
        assert_eq!(rows("one two", 7), ["one two"]);
        assert_eq!(rows("one two", 6), ["one ", "two"]);
        assert_eq!(rows("one   two", 3), ["one", "two"]);
        assert_eq!(rows("code abcdefghijkl", 8), ["code abc", "defghijk", "l"]);
        assert_eq!(rows("  in deep", 6), ["  in ", "  deep"]);
        assert_eq!(rows("ends in blanks   ", 14), ["ends in blanks"]);
    }

    #[test]
    fn wide_characters_are_never_split_and_always_move_on() {
        assert_eq!(rows("漢字漢", 4), ["漢字", "漢"]);
        assert_eq!(rows("漢字", 3), ["漢", "字"]);
        assert_eq!(rows("漢字", 1), ["漢", "字"]);
        assert_eq!(rows("漢字", 0), ["漢", "字"]);
    }

    #[test]
    fn no_text_is_lost_at_any_width() {
        let text = "https://login.example/authorize?a=b c  d 漢字 e\u{301}x";
        for width in 1..60 {
            let joined: String = rows(text, width).concat();
            let without = |text: &str| text.replace(' ', "");
            assert_eq!(without(&joined), without(text), "{width}");
        }
    }
}
