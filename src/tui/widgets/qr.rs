//! A QR code that phones really scan: black on white whatever the theme, half blocks so that modules are square, and a
//! quiet zone around it.

use qrcode::{EcLevel, QrCode, types::QrError};
use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
    style::Style,
    text::Line,
    widgets::Widget,
};

use super::lines::Lines;
use crate::{
    text::{self, Role},
    tui::{glyphs::Charset, look::Look, theme::black_and_white},
};

/// Quiet zones in modules, in the order they are tried: what the standard wants, and what most phones still scan.
const QUIET_ZONES: [u16; 2] = [4, 2];

/// A code, made once and drawn often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    dark: Vec<bool>,
    width: u16,
}

/// The text is too long for a code: over 2953 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

impl Qr {
    /// A code of the lowest error correction, which makes the largest modules: a screen has no scratches.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).map_err(|_: QrError| TooLong)?;
        let width = u16::try_from(code.width()).map_err(|_| TooLong)?;
        let dark = code.into_colors().into_iter().map(|color| color == qrcode::Color::Dark).collect();
        Ok(Self { dark, width })
    }

    /// Columns and rows it takes at best, quiet zone included.
    pub const fn size(&self) -> Size {
        self.size_with(QUIET_ZONES[0])
    }

    /// Whether it can be drawn there, if need be with the smaller quiet zone.
    pub fn fits(&self, area: Rect) -> bool {
        self.quiet_zone(area).is_some()
    }

    const fn size_with(&self, quiet: u16) -> Size {
        let side = self.width + 2 * quiet;
        Size::new(side, side.div_ceil(2))
    }

    fn quiet_zone(&self, area: Rect) -> Option<u16> {
        QUIET_ZONES.into_iter().find(|quiet| {
            let size = self.size_with(*quiet);
            size.width <= area.width && size.height <= area.height
        })
    }

    /// Whether the module is dark; everything around the code is light.
    fn is_dark(&self, x: i32, y: i32) -> bool {
        let inside = 0..i32::from(self.width);
        if !inside.contains(&x) || !inside.contains(&y) {
            return false;
        }
        usize::try_from(y * i32::from(self.width) + x).is_ok_and(|index| self.dark[index])
    }

    /// The code as it is drawn.
    pub const fn view<'a>(&'a self, look: &'a Look) -> QrView<'a> {
        QrView { code: self, look }
    }
}

/// A code to be drawn in the middle of an area. Where it does not fit, or the terminal has no half blocks, a sentence
/// says so; the address stands beside it anyway.
#[derive(Clone, Copy, Debug)]
pub struct QrView<'a> {
    code: &'a Qr,
    look: &'a Look,
}

impl Widget for &QrView<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if self.look.glyphs.charset == Charset::Ascii {
            return self.sentence("This terminal cannot show the QR code. Use the address.", area, buffer);
        }
        let Some(quiet) = self.code.quiet_zone(area) else {
            return self.sentence(
                "Too little room for the QR code: zoom the pane, or use the address.",
                area,
                buffer,
            );
        };
        let size = self.code.size_with(quiet);
        let place = Rect {
            x: area.x + (area.width - size.width) / 2,
            y: area.y + (area.height - size.height) / 2,
            width: size.width,
            height: size.height,
        };
        let (black, white) = black_and_white(self.look.theme.depth());
        let color = |dark| if dark { black } else { white };
        for row in 0..size.height {
            for column in 0..size.width {
                let x = i32::from(column) - i32::from(quiet);
                let y = i32::from(row) * 2 - i32::from(quiet);
                // An odd number of modules ends in half a row; its lower half is white like the rest of the zone.
                let (upper, lower) = (color(self.code.is_dark(x, y)), color(self.code.is_dark(x, y + 1)));
                let line = Line::styled("▀", Style::reset().fg(upper).bg(lower));
                buffer.set_line(place.x + column, place.y + row, &line, 1);
            }
        }
    }
}

impl QrView<'_> {
    fn sentence(self, sentence: &str, area: Rect, buffer: &mut Buffer) {
        let lines = [text::Line::of(Role::Muted, sentence)];
        Widget::render(&Lines::new(&lines, self.look), area, buffer);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;
    use crate::tui::{
        look::Depth,
        theme::Theme,
        widgets::testing::{at_all_sizes, drawn, look},
    };

    const ADDRESS: &str = "https://login.microsoft.com/device";

    /// What a camera sees: two pixels above each other for each cell, true where it is dark.
    fn photograph(buffer: &Buffer, (black, white): (Color, Color)) -> Vec<Vec<bool>> {
        let dark = |color| match color {
            color if color == black => true,
            color if color == white => false,
            other => panic!("{other} is neither black nor white"),
        };
        let area = buffer.area;
        let half = |y: u16| {
            (area.left()..area.right()).map(move |x| {
                let cell = &buffer[(x, area.top() + y / 2)];
                assert_eq!(cell.symbol(), "▀");
                dark(if y.is_multiple_of(2) { cell.fg } else { cell.bg })
            })
        };
        (0..area.height * 2).map(|y| half(y).collect()).collect()
    }

    fn scan(pixels: &[Vec<bool>]) -> String {
        // A camera has more than one pixel for a module.
        const SCALE: usize = 4;
        let (width, height) = (pixels[0].len() * SCALE, pixels.len() * SCALE);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if pixels[y / SCALE][x / SCALE] { 0 } else { 255 }
        });
        let codes = image.detect_grids();
        assert_eq!(codes.len(), 1);
        codes[0].decode().expect("the code can be read").1
    }

    #[test]
    fn a_camera_reads_the_address_back_at_every_depth_and_in_every_theme() {
        let code = Qr::new(ADDRESS).unwrap();
        for name in Theme::builtin_names() {
            for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor] {
                let look =
                    Look { theme: Theme::load(name, None).unwrap().at(depth), ..look(Charset::Unicode) };
                for quiet in QUIET_ZONES {
                    let size = code.size_with(quiet);
                    let area = Rect::new(0, 0, size.width, size.height);
                    let mut buffer = Buffer::empty(area);
                    buffer.set_style(area, look.style(Role::Selection));
                    code.view(&look).render(area, &mut buffer);
                    assert!(buffer.content().iter().all(|cell| cell.modifier.is_empty()));
                    assert_eq!(
                        scan(&photograph(&buffer, black_and_white(depth))),
                        ADDRESS,
                        "{name} {depth:?} {quiet}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_module_is_drawn_and_everything_around_is_white() {
        let code = Qr::new(ADDRESS).unwrap();
        let size = code.size();
        assert_eq!((code.width, size.width, size.height), (29, 37, 19));
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        let look = look(Charset::Unicode);
        code.view(&look).render(buffer.area, &mut buffer);
        let pixels = photograph(&buffer, black_and_white(Depth::Ansi16));
        for (y, row) in (-4..).zip(&pixels) {
            for (x, dark) in (-4..).zip(row) {
                assert_eq!(*dark, code.is_dark(x, y), "{x},{y}");
            }
        }
        assert!(pixels.last().is_some_and(|row| row.iter().all(|dark| !dark)), "the half row at the end");
    }

    #[test]
    fn it_fits_where_the_small_quiet_zone_fits() {
        let code = Qr::new(ADDRESS).unwrap();
        assert!(code.fits(Rect::new(0, 0, 37, 19)));
        assert!(code.fits(Rect::new(0, 0, 33, 17)));
        assert!(!code.fits(Rect::new(0, 0, 32, 17)));
        assert!(!code.fits(Rect::new(0, 0, 33, 16)));
        assert!(!code.fits(Rect::ZERO));
    }

    #[test]
    fn where_it_cannot_be_drawn_the_address_is_pointed_to() {
        let code = Qr::new(ADDRESS).unwrap();
        for (charset, width) in [(Charset::Unicode, 30), (Charset::Ascii, 60)] {
            let look = look(charset);
            let rows = drawn(width, 30, |area, buffer| code.view(&look).render(area, buffer));
            let text = rows.join(" ");
            assert!(text.contains("address") && !text.contains('▀'), "{text}");
        }
    }

    #[test]
    fn what_no_code_can_hold_is_refused() {
        assert_eq!(Qr::new(&"x".repeat(2953)).map(|code| code.width), Ok(177));
        assert_eq!(Qr::new(&"x".repeat(2954)), Err(TooLong));
    }

    #[test]
    fn any_area_will_do() {
        let look = look(Charset::Unicode);
        let code = Qr::new(ADDRESS).unwrap();
        at_all_sizes(|area, buffer| code.view(&look).render(area, buffer));
    }
}
