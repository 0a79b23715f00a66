//! What lies over a screen, drawn.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    widgets::{Clear, Widget as _},
};

use crate::{
    text::{Line, Role},
    tui::{
        keymap::{self, Context},
        look::Look,
        model::Model,
        overlay::{self, Overlay},
        widgets::{
            field::Field,
            fit,
            frame::Frame,
            lines::{Lines, Scroll},
        },
    },
};

/// Draws the topmost overlay; gives the place of the cursor.
pub fn draw(model: &mut Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let look = &model.look;
    match model.overlays.last_mut()? {
        Overlay::Help { context, filter, scroll } => help(*context, filter, scroll, look, area, buffer),
        Overlay::Palette { context, query, selected } => {
            palette(*context, query, *selected, look, area, buffer)
        }
        Overlay::Question { question, .. } => {
            let lines = [
                Line::of(Role::Text, question.as_str()),
                Line::new(),
                Line::of(Role::Key, "y")
                    .then(Role::Text, " yes   ")
                    .then(Role::Key, "n")
                    .then(Role::Text, " no"),
            ];
            let place = popup(area, 60, 5);
            Frame::new("Sure?", look).focused(true).above().render(place, buffer);
            Lines::new(&lines, look).draw(Frame::inner(place), buffer);
            None
        }
        Overlay::Plain { title, text, scroll } => {
            plain(title, text.expose(), scroll, look, area, buffer);
            None
        }
        Overlay::Copies { copies, selected } => {
            let lines: Vec<_> = copies
                .iter()
                .map(|(what, text)| {
                    Line::of(Role::Text, what).then(Role::Muted, format!("  {} chars", text.len()))
                })
                .collect();
            let place = popup(area, 60, u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2));
            Frame::new("Copy", look).focused(true).above().render(place, buffer);
            Lines::new(&lines, look).mark(Some(*selected)).draw(Frame::inner(place), buffer);
            None
        }
        Overlay::Choices { title, choices, selected } => {
            let widest = choices.iter().map(|choice| fit::width(&choice.name)).max().unwrap_or(0);
            let lines: Vec<_> = choices
                .iter()
                .map(|choice| {
                    let pad = usize::from(widest.saturating_sub(fit::width(&choice.name))) + 2;
                    Line::of(Role::Text, &choice.name)
                        .then(Role::Text, " ".repeat(pad))
                        .then(Role::Muted, &choice.note)
                })
                .collect();
            let lines = Lines::new(&lines, look)
                .mark(Some(*selected))
                .hanging(crate::tui::widgets::lines::Hanging::Columns(widest + 3));
            // A note that goes on in a second row must not push the last choice out of sight.
            let rows = lines.height(Frame::inner(popup(area, 78, 16)).width);
            let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(16);
            let place = popup(area, 78, height);
            Frame::new(title.as_str(), look).focused(true).above().render(place, buffer);
            let mut scroll = Scroll::default();
            lines.scrolled(Frame::inner(place), buffer, &mut scroll);
            None
        }
        Overlay::Messages { scroll } => {
            let mut lines: Vec<_> = model
                .messages
                .iter()
                .rev()
                .map(|toast| {
                    let mut line = Line::of(Role::Muted, format!("{}  ", toast.since.clock()));
                    line.0.extend(toast.line(look).0);
                    line
                })
                .collect();
            if lines.is_empty() {
                lines.push(Line::of(Role::Muted, "Nothing was said yet."));
            }
            let place = popup(area, 90, 20);
            Frame::new("Messages", look).focused(true).above().render(place, buffer);
            Lines::new(&lines, look).scrolled(Frame::inner(place), buffer, scroll);
            None
        }
    }
}

/// A place in the middle, as large as wanted or as there is.
fn popup(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width.saturating_sub(2)), height.min(area.height));
    area.centered(Constraint::Length(width), Constraint::Length(height))
}

fn help(
    context: Context,
    filter: &Field,
    scroll: &mut Scroll,
    look: &Look,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let place = popup(area, 96, area.height);
    Frame::new("Help: the keys that work here", look).focused(true).above().render(place, buffer);
    let [row, text] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(Frame::inner(place));
    let view = field_row("filter ", filter, look, row, buffer);
    let needle = filter.text().to_lowercase();
    let mut lines = Vec::new();
    for section in keymap::help(context, look.glyphs.charset) {
        let rows: Vec<_> = section
            .rows
            .iter()
            .filter(|row| {
                let text = format!("{} {} {} {}", row.keys, row.words, row.action.name(), row.about);
                text.to_lowercase().contains(&needle)
            })
            .map(|row| {
                Line::of(Role::Key, format!("  {:<14} ", row.keys))
                    .then(Role::Text, row.about)
                    .then(Role::Muted, format!("  {}", row.action.name()))
            })
            .collect();
        if !rows.is_empty() {
            if !lines.is_empty() {
                lines.push(Line::new());
            }
            lines.push(Line::of(Role::Title, section.context.title()));
            lines.extend(rows);
        }
    }
    if lines.is_empty() {
        lines.push(Line::of(Role::Muted, "No key here does that. : lists everything by name."));
    }
    Lines::new(&lines, look)
        .hanging(crate::tui::widgets::lines::Hanging::Columns(17))
        .scrolled(text, buffer, scroll);
    view
}

fn palette(
    context: Context,
    query: &Field,
    selected: usize,
    look: &Look,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let place = popup(area, 90, 18);
    Frame::new("Commands", look).focused(true).above().render(place, buffer);
    let [row, text] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(Frame::inner(place));
    let cursor = field_row(": ", query, look, row, buffer);
    let lines: Vec<_> = overlay::hits(context, query.text())
        .into_iter()
        .map(|action| {
            let key = keymap::key_for(context, action, look.glyphs.charset).unwrap_or_default();
            Line::of(Role::Name, format!("{:<20} ", action.name()))
                .then(Role::Key, format!("{key:<8} "))
                .then(Role::Text, keymap::about(context, action))
        })
        .collect();
    if lines.is_empty() {
        let none = [Line::of(Role::Muted, "No command has these letters in this order.")];
        Lines::new(&none, look).draw(text, buffer);
    } else {
        let mut scroll = Scroll::default();
        Lines::new(&lines, look)
            .mark(Some(selected.min(lines.len() - 1)))
            .hanging(crate::tui::widgets::lines::Hanging::Columns(30))
            .scrolled(text, buffer, &mut scroll);
    }
    cursor
}

/// A text over the full width, without a border, so that the terminal's own selection takes nothing else with it.
fn plain(title: &str, text: &str, scroll: &mut Scroll, look: &Look, area: Rect, buffer: &mut Buffer) {
    Clear.render(area, buffer);
    buffer.set_style(area, look.theme.base());
    let [head, _, body] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let head_line =
        [Line::of(Role::Title, title)
            .then(Role::Muted, "   select it with the mouse (Shift), or y copies it")];
    Lines::new(&head_line, look).draw(head, buffer);
    // Broken at the edge and nowhere else: a break at a blank would be lost, or come along, when it is selected.
    let safe = crate::text::visible(text);
    let chars: Vec<char> = safe.chars().collect();
    let rows: Vec<_> = chars
        .chunks(usize::from(body.width.max(1)))
        .map(|row| Line::of(Role::Value, row.iter().collect::<String>()))
        .collect();
    Lines::new(&rows, look).scrolled(body, buffer, scroll);
}

fn field_row(label: &str, field: &Field, look: &Look, row: Rect, buffer: &mut Buffer) -> Option<Position> {
    let width = fit::width(label).min(row.width);
    Lines::new(&[Line::of(Role::Key, label)], look).draw(row, buffer);
    let place = Rect { x: row.x + width, width: row.width - width, ..row };
    let view = field.view(look);
    view.render(place, buffer);
    view.cursor(place)
}
