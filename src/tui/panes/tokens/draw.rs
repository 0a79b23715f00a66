//! The regions on the screen.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    widgets::{StatefulWidget as _, Widget as _},
};

use super::{
    Input, Panel, State,
    bending::{self, Member},
    checks,
    claims::{self, Columns, Mark, Row, Section},
    comparison,
    layout::{self, Form, Region},
    list, meaning, name_of, proof, raw,
};
use crate::{
    text::{Line, Role, visible},
    token::{self, Kind, Within, bend::Part, claims::Group},
    tui::{
        look::Look,
        pane::Scene,
        widgets::{
            field::Field,
            fit,
            frame::Frame,
            lines::{Hanging, Lines, Scroll},
            list::List,
            progress::TimeBar,
        },
    },
    workbench::{Held, TokenUse, Workbench},
};

/// Prose is not made wider than this.
const WIDEST: u16 = 100;

impl State {
    /// Draws the screen; says where the cursor stands.
    pub fn view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        self.form = Form::of(area);
        let mut cursor = None;
        let mut rest = area;
        if let Some(input) = &self.input {
            let [above, row] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
            cursor = draw_input(input, scene, row, buffer);
            rest = above;
        }
        if bench.shelf.all().is_empty() {
            draw_empty(bench, scene.look, rest, buffer);
            return cursor;
        }
        let wanted = self.wanted(bench);
        for (region, place) in layout::places(rest, self.form, wanted) {
            self.draw_region(region, region == wanted.focus, bench, scene, place, buffer);
        }
        cursor
    }

    fn draw_region(
        &mut self,
        region: Region,
        focused: bool,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let Some(held) = self.held(bench) else { return };
        let (look, index) = (scene.look, self.index(bench));
        let inner = readable(padded(Frame::inner(area)));
        match region {
            Region::List => self.draw_list(focused, bench, scene, area, buffer),
            Region::Claims => match self.panel {
                Panel::Claims => self.draw_claims(focused, bench, scene, area, buffer),
                Panel::Comparison | Panel::Proof => self.draw_panel(focused, bench, scene, area, buffer),
            },
            // The frame comes last: only then is it known whether there is more than fits.
            Region::Checks => {
                let Some(seats) = self.judged(bench, scene.now) else { return };
                let mut lines = checks::lines(bench, index, &seats, scene.now, look.glyphs);
                if self.bending.as_ref().is_some_and(|bending| bending.is_of(&held.decoded.raw)) {
                    lines.insert(0, bending::not_judged());
                }
                let hanging = Hanging::Columns(look.glyphs.mark_width + 1);
                Lines::new(&lines, look).hanging(hanging).scrolled(inner, buffer, &mut self.checks_scroll);
                Frame::new(format!("Verdict  {}", checks::seat_title(seats.own.seat)), look)
                    .focused(focused)
                    .note(checks::tally(&seats.own.checks, look.glyphs))
                    .footnote(with_more(
                        checks::in_short(&seats.other, look.glyphs),
                        &self.checks_scroll,
                        look,
                    ))
                    .render(area, buffer);
            }
            Region::Meaning => {
                let row = self.row(bench);
                let title = meaning::title(row.as_ref());
                let lines = match (row, self.shown(bench)) {
                    (Some(row), Some(shown)) => meaning::lines(&row, shown, scene.now, look.glyphs),
                    _ => vec![Line::of(Role::Muted, "The meaning of the selected claim stands here.")],
                };
                Lines::new(&lines, look).scrolled(inner, buffer, &mut self.meaning_scroll);
                Frame::new(title, look)
                    .focused(focused)
                    .footnote(more(&self.meaning_scroll, "", look))
                    .render(area, buffer);
            }
            Region::Raw => {
                let marked = match self.row(bench) {
                    Some(Row::Remark(_, Some(place))) if place.within != Within::Input => place.bytes.clone(),
                    _ => None,
                };
                let lines = raw::lines(&held.decoded, marked.as_ref(), scene.reveal);
                Lines::new(&lines, look).scrolled(inner, buffer, &mut self.raw_scroll);
                let secret = if scene.reveal { "v hides it" } else { "v reveals" };
                let note = format!("{} characters, {secret}", held.decoded.raw.len());
                Frame::new("Raw", look)
                    .focused(focused)
                    .note(Line::of(Role::Muted, "y copies"))
                    .footnote(more(&self.raw_scroll, &note, look))
                    .render(area, buffer);
            }
        }
    }

    fn draw_list(
        &mut self,
        focused: bool,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let (look, held) = (scene.look, bench.shelf.all());
        let from = match self.held(bench).map(|held| (held.exchange, held.used_as)) {
            Some((Some(exchange), TokenUse::Proof)) => format!("sent with #{}: i", exchange.0),
            Some((Some(exchange), _)) => format!("#{} brought it: i", exchange.0),
            _ => String::new(),
        };
        Frame::new(format!("Tokens  {}", held.len()), look)
            .focused(focused)
            .footnote(Line::of(Role::Muted, from))
            .render(area, buffer);
        let inner = Frame::inner(area);
        let width = inner.width.saturating_sub(1);
        let row = |at: usize| match held.get(at) {
            Some(held) => {
                let is_marked = self.marked.as_ref() == Some(&held.decoded.raw);
                list::row(held, bench, is_marked, scene.now, width, look.glyphs)
            }
            None => Line::new(),
        };
        let mut selection = self.token.clone();
        List::new(held.len(), &row, look).focused(focused).render(inner, buffer, &mut selection);
        self.token = selection;
    }

    /// What stands in the place of the claims.
    fn draw_panel(
        &mut self,
        focused: bool,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let (look, inner) = (scene.look, readable(padded(Frame::inner(area))));
        let Some(held) = self.held(bench) else { return };
        let (title, lines) = match (self.panel, self.marked(bench)) {
            (Panel::Comparison, Some(marked)) => {
                let before = format!("{} {}", name_of(marked), lasting(marked));
                let after = format!("{} {}", name_of(held), lasting(held));
                let lines = comparison::lines(
                    (&before, &marked.decoded),
                    (&after, &held.decoded),
                    self.whole,
                    scene.now,
                );
                ("Compared", lines)
            }
            (Panel::Comparison, None) => (
                "Compared",
                vec![Line::of(
                    Role::Text,
                    "This is the marked token. Select another one in the list to compare it with.",
                )],
            ),
            (_, _) => {
                let pasted =
                    proof::Pasted { certificate: self.certificate.as_ref(), registered: &self.registered };
                ("Proof", proof::lines(held, pasted, bench, scene.now, look.glyphs))
            }
        };
        Lines::new(&lines, look).scrolled(inner, buffer, &mut self.panel_scroll);
        Frame::new(title, look)
            .focused(focused)
            .footnote(more(&self.panel_scroll, "Esc closes", look))
            .render(area, buffer);
    }

    fn draw_claims(
        &mut self,
        focused: bool,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let look = scene.look;
        let Some(seats) = self.judged(bench, scene.now) else { return };
        let Some(held) = self.held(bench) else { return };
        let Some(shown) = self.shown(bench) else { return };
        let recognised = token::kind_of(shown);
        let kind =
            if held.decoded.kind == Kind::Jws { recognised.kind.title() } else { held.decoded.kind.title() };
        let mut frame = Frame::new(format!("Claims  {kind}"), look).focused(focused);
        if held.is_from_lab() {
            frame = frame.note(Line::of(Role::Lab, "LAB"));
        }
        if self.form == Form::Small && focused {
            let does = if self.meaning { "Enter closes the meaning" } else { "Enter tells the meaning" };
            frame = frame.footnote(Line::of(Role::Muted, does));
        }
        frame.render(area, buffer);

        let mut above = Vec::new();
        if held.is_from_lab() {
            above.push(
                Line::of(Role::Lab, "LAB token: ")
                    .then(Role::Text, "made on this machine for practice. No real service accepts it."),
            );
        }
        let bending = self.bending.as_ref().filter(|bending| bending.is_of(&held.decoded.raw));
        match (bending, &held.bent) {
            (Some(bending), _) => above = vec![bending.line()],
            (None, Some((changes, signing))) => above = vec![bending::line_of(changes, *signing)],
            (None, None) => {}
        }
        above.push(match held.decoded.kind {
            Kind::Jws => Line::of(Role::Muted, recognised.because),
            Kind::Jwe => Line::of(Role::Muted, "Encrypted: only its recipient can read the claims."),
            Kind::Opaque => {
                Line::of(Role::Muted, "The issuer's note to itself: nobody else can read anything in it.")
            }
            Kind::Saml => Line::of(
                Role::Muted,
                "A SAML assertion: XML, and signed as XML. What it says is listed; its signature is not checked.",
            ),
            Kind::NotAToken => Line::new(),
        });
        let mut rest = Frame::inner(area);
        let roomy = self.form != Form::Small || self.zoomed;
        for line in &above {
            let place = padded(rest);
            if roomy {
                let line = std::slice::from_ref(line);
                let height = u16::try_from(Lines::new(line, look).height(place.width)).unwrap_or(rest.height);
                Lines::new(line, look).draw(place, buffer);
                rest = below(rest, height);
            } else {
                let mut line = look.line(line);
                fit::cut(&mut line, place.width, look.glyphs);
                buffer.set_line(place.x, place.y, &line, place.width);
                rest = below(rest, 1);
            }
            if rest.is_empty() {
                return;
            }
        }
        let times = shown.life().map(|one| (one.start, one.end));
        if let Some((from, until)) = times.or_else(|| Some((held.received, shown.time("exp")?))) {
            let bar = TimeBar { from, until, now: scene.now, look };
            (&bar).render(
                Rect { x: rest.x + 1, width: rest.width.saturating_sub(2), height: 1, ..rest },
                buffer,
            );
            rest = below(rest, 1);
        }
        let rows = claims::rows(shown, &self.folded);
        if rows.is_empty() {
            return;
        }
        let columns = Columns::new(&rows, shown, rest.width.saturating_sub(1));
        let mark = |row: &Row<'_>| {
            let Row::Member { section, name, .. } = row else { return None };
            let part = if *section == Section::Of(Group::Form) { Part::Header } else { Part::Claims };
            let is_bent = match (bending, &held.bent) {
                (Some(bending), _) => bending.bent.is_altered(part, name),
                (None, Some((changes, _))) => changes.iter().any(|one| one.part == part && one.name == *name),
                (None, None) => false,
            };
            // What is being changed has not been judged yet.
            let fault = || claims::fault(&held.decoded, &seats.own.checks, *section, name);
            match bending {
                _ if is_bent && bending.is_some() => Some(Mark::Edited),
                Some(_) => None,
                None => fault().or(is_bent.then_some(Mark::Edited)),
            }
        };
        let line = |at: usize| columns.line(&rows[at], shown, mark(&rows[at]), scene.now, look.glyphs);
        let mut selection = self.claim.clone();
        List::new(rows.len(), &line, look).focused(focused).render(rest, buffer, &mut selection);
        self.claim = selection;
    }
}

/// What tells two tokens of one kind apart.
fn lasting(held: &Held) -> String {
    match held.exchange {
        Some(exchange) => format!("of #{}", exchange.0),
        None => format!("of {}", held.received.clock()),
    }
}

fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// Without the column beside the border.
const fn padded(area: Rect) -> Rect {
    let side = if area.width > 2 { 1 } else { 0 };
    Rect { x: area.x + side, width: area.width - 2 * side, ..area }
}

fn readable(area: Rect) -> Rect {
    Rect { width: area.width.min(WIDEST), ..area }
}

/// A note for the lower border, with a mark if there is more below.
fn more(scroll: &Scroll, note: &str, look: &Look) -> Line {
    with_more(if note.is_empty() { Line::new() } else { Line::of(Role::Muted, note) }, scroll, look)
}

fn with_more(line: Line, scroll: &Scroll, look: &Look) -> Line {
    if scroll.is_at_end() {
        return line;
    }
    let blank = if line.0.is_empty() { "" } else { "  " };
    line.then(Role::Text, blank).then(Role::Key, format!("{} more", look.glyphs.unfolded))
}

fn draw_input(input: &Input, scene: &Scene<'_>, row: Rect, buffer: &mut Buffer) -> Option<Position> {
    match input {
        Input::Token(entry) => entry.draw(scene.look, scene.reveal, row, buffer),
        Input::Search(field) => {
            draw_field("Find a claim ", field, "name, value or a word of its meaning", scene, row, buffer)
        }
        Input::Term(term, field) => {
            draw_field(&format!("Expected {} ", term.title()), field, term.form(), scene, row, buffer)
        }
        Input::Member(Member { part, name: Some(name), field }) => {
            let label = format!("{} {} ", part.name(), fit::text(&visible(name), 24, scene.look.glyphs));
            draw_field(&label, field, "a text, or JSON", scene, row, buffer)
        }
        Input::Member(Member { part, name: None, field }) => {
            draw_field(&format!("New in {} ", part.name()), field, "name=value", scene, row, buffer)
        }
    }
}

fn draw_field(
    label: &str,
    field: &Field,
    form: &str,
    scene: &Scene<'_>,
    row: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    Lines::new(&[Line::of(Role::Key, label)], scene.look).draw(row, buffer);
    let start = fit::width(label).min(row.width);
    let place = Rect { x: row.x + start, width: row.width - start, ..row };
    let view = field.view(scene.look).placeholder(form);
    (&view).render(place, buffer);
    view.cursor(place)
}

fn draw_empty(bench: &Workbench, look: &Look, area: Rect, buffer: &mut Buffer) {
    Frame::new("Tokens", look).focused(true).render(area, buffer);
    let key = |line: Line, key: &str| line.then(Role::Key, key);
    let start = Line::of(Role::Text, "No tokens yet. ");
    let mut lines = vec![
        key(key(start.then(Role::Text, "Run a flow ("), "1").then(Role::Text, "), or press "), "p")
            .then(Role::Text, " and paste one."),
        Line::new(),
        Line::of(
            Role::Muted,
            "Whatever a run brings is kept here until the program ends: decoded, with every claim explained, its \
             remaining life, and each check by itself. No token that you paste is sent anywhere.",
        ),
    ];
    if bench.shelf.can_put_back() {
        lines.push(Line::new());
        lines.push(key(Line::new(), "u").then(Role::Text, " puts back the token that was discarded last."));
    }
    Lines::new(&lines, look).draw(readable(padded(Frame::inner(area))), buffer);
}
