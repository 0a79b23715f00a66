//! What the tests of the widgets share: looks, sizes, and a buffer read back as text.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    glyphs::{Charset, Glyphs},
    look::{Depth, Look, Motion},
    theme::Theme,
};

/// A plain look with these characters.
pub fn look(charset: Charset) -> Look {
    Look { theme: Theme::terminal().at(Depth::Ansi16), glyphs: Glyphs::of(charset), motion: Motion::Full }
}

/// The rows of a buffer, without blanks at their ends.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y| {
        let mut row = String::new();
        let mut covered = 0;
        for x in area.left()..area.right() {
            let symbol = buffer[(x, y)].symbol();
            if covered == 0 {
                row.push_str(symbol);
                covered = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            } else {
                covered -= 1;
            }
        }
        row.trim_end().to_owned()
    };
    (area.top()..area.bottom()).map(row).collect()
}

/// Draws into a buffer of that size and reads it back.
pub fn drawn(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> Vec<String> {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer);
    rows(&buffer)
}

/// Draws into areas of many sizes, off the corner of the screen too, and checks that nothing outside is touched.
pub fn at_all_sizes(mut draw: impl FnMut(Rect, &mut Buffer)) {
    let widths = (0..=24).chain((25..=200).step_by(25));
    for width in widths {
        for height in [0, 1, 2, 3, 4, 5, 7, 12, 25, 40, 60] {
            let screen = Rect::new(0, 0, width + 4, height + 3);
            let area = Rect::new(2, 1, width, height);
            let mut buffer = Buffer::filled(screen, ratatui::buffer::Cell::new("~"));
            draw(area, &mut buffer);
            for y in 0..screen.height {
                for x in 0..screen.width {
                    let inside = area.contains((x, y).into());
                    assert!(
                        inside || buffer[(x, y)].symbol() == "~",
                        "{width}x{height}: drew outside at {x},{y}"
                    );
                }
            }
        }
    }
}
