//! The Traffic screen: every exchange, oldest first, and one of them whole.
//!
//! ```text
//! ┏━ Traffic  12  following ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃  #  time      who      method host            path            st     ms ┃
//! ┃▌12  12:09:46Z program  POST   localhost:7080  /…/token        400   9.1 ┃
//! ╰──────────────────────────────────────────────────────────────────────────╯
//! ╭─ #12 request ─────────────────────╮╭─ #12 response ─────────────────────╮
//! ```
//!
//! The end stays in view only while the end was selected: moving up stops following, `G` or `f` takes it up again.

mod compared;
mod detail;
mod filter;
mod replay;

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    widgets::{StatefulWidget as _, Widget as _},
};

use self::{detail::Form, filter::Filter, replay::Replay};
use crate::{
    export::{Secrets, curl},
    inspect::Reveal,
    secret::Secret,
    text::{Line, Role},
    time::UnixTime,
    tui::{
        action::Action,
        keymap::{Context, Key},
        look::Look,
        pane::{Intent, Scene, Toast},
        widgets::{
            field::{Field, Typed},
            fit,
            frame::Frame,
            lines::{self, Hanging, Lines, Scroll},
            list::{List, Selection},
        },
    },
    workbench::{Channel, Exchange, ExchangeId, Owner, Workbench},
};

/// Where the focus is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Region {
    #[default]
    List,
    Request,
    Response,
}

/// What the text field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typing {
    Filter,
    Search,
}

/// Selection, filter and scroll.
#[derive(Debug)]
pub struct State {
    region: Region,
    zoomed: bool,
    form: Form,
    following: bool,
    selection: Selection,
    filter: Filter,
    needle: String,
    typing: Option<(Typing, Field)>,
    request_scroll: Scroll,
    response_scroll: Scroll,
    /// The exchange that is being sent again, while it is.
    replay: Option<Box<Replay>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            region: Region::List,
            zoomed: false,
            form: Form::Pretty,
            following: true,
            selection: Selection::default(),
            filter: Filter::default(),
            needle: String::new(),
            typing: None,
            request_scroll: Scroll::default(),
            response_scroll: Scroll::default(),
            replay: None,
        }
    }
}

impl State {
    /// Which part of the keymap applies.
    pub fn context(&self) -> Context {
        if let Some(replay) = &self.replay {
            return if replay.is_typing() { Context::Field } else { Context::Replay };
        }
        match (&self.typing, self.region) {
            (Some(_), _) => Context::Field,
            (None, Region::List) => Context::Traffic,
            (None, Region::Request | Region::Response) => Context::Exchange,
        }
    }

    /// Opens the request of a finished exchange, to change it and send it again; says whether there is one.
    pub fn replay(&mut self, id: ExchangeId, bench: &Workbench) -> bool {
        let Some(exchange) = bench.traffic.get(id).filter(|exchange| exchange.result.is_some()) else {
            return false;
        };
        self.show(id);
        self.turn_to(Region::List);
        self.replay = Some(Box::new(Replay::new(exchange)));
        true
    }

    /// Shows one exchange, taking the filter away if it hides it.
    pub fn show(&mut self, id: ExchangeId) {
        self.replay = None;
        if self.filter.row_of(id).is_none() {
            self.filter.set("");
        }
        self.selection.select(self.filter.row_of(id).unwrap_or(0));
        self.following = false;
        self.turn_to(Region::Request);
    }

    /// Takes a key for the text field.
    pub fn typed(&mut self, key: Key) -> Vec<Intent> {
        if let Some(replay) = &mut self.replay {
            replay.typed(key);
            return Vec::new();
        }
        if let Some((typing, field)) = &mut self.typing
            && field.key(key) == Typed::Changed
        {
            match typing {
                Typing::Filter => self.filter.set(field.text()),
                Typing::Search => field.text().clone_into(&mut self.needle),
            }
        }
        Vec::new()
    }

    /// Takes a pasted text: into the field, or as a filter.
    pub fn pasted(&mut self, text: &str) {
        if let Some(replay) = &mut self.replay {
            return replay.pasted(text);
        }
        let (typing, field) = self.typing.get_or_insert_with(|| (Typing::Filter, Field::default()));
        field.paste(text);
        match typing {
            Typing::Filter => self.filter.set(field.text()),
            Typing::Search => field.text().clone_into(&mut self.needle),
        }
    }

    /// Empties the text field; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        if let Some(replay) = &mut self.replay {
            return replay.clear_field();
        }
        let Some((typing, field)) = self.typing.as_mut().filter(|(_, field)| !field.is_empty()) else {
            return false;
        };
        field.clear();
        match typing {
            Typing::Filter => self.filter.set(""),
            Typing::Search => self.needle.clear(),
        }
        true
    }

    /// What can be copied of the selected exchange.
    pub fn copies(&self, bench: &Workbench) -> Vec<(String, Secret)> {
        let Some(exchange) = self.exchange(bench) else { return Vec::new() };
        let mut copies = vec![
            ("address".to_owned(), Secret::new(exchange.request.url.as_str())),
            (
                "request as a curl command".to_owned(),
                Secret::new(curl::curl(&exchange.request, Secrets::Redacted)),
            ),
        ];
        if !exchange.request.body.is_empty() {
            copies.push(("request body".to_owned(), Secret::new(exchange.request.body.text())));
        }
        if let Some(response) = exchange.response().filter(|response| !response.body.is_empty()) {
            copies.push(("response body".to_owned(), Secret::new(response.body.text())));
        }
        copies
    }

    fn exchange<'a>(&self, bench: &'a Workbench) -> Option<&'a Exchange> {
        self.filter.at(&bench.traffic, self.selection.index())
    }

    fn turn_to(&mut self, region: Region) {
        self.region = region;
    }

    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, now: UnixTime) -> Option<Vec<Intent>> {
        if let Some(replay) = &mut self.replay {
            let taken = replay.update(action, bench, now);
            if taken.is_none() && matches!(action, Action::Close | Action::Back) {
                self.replay = None;
                return Some(Vec::new());
            }
            return taken;
        }
        if self.typing.is_some() {
            return self.typing_update(action);
        }
        self.filter.refresh(&bench.traffic);
        let intents = match action {
            Action::PaneNext => self.turned(1),
            Action::PanePrevious => self.turned(2),
            Action::PaneZoom => {
                self.zoomed = !self.zoomed;
                Vec::new()
            }
            Action::PaneView => {
                self.form = self.form.next();
                Vec::new()
            }
            Action::Activate => {
                self.turn_to(match self.region {
                    Region::List => Region::Response,
                    Region::Request | Region::Response => Region::List,
                });
                Vec::new()
            }
            Action::Close => return self.close(),
            Action::Search => {
                let (typing, text) = match self.region {
                    Region::List => (Typing::Filter, self.filter.text()),
                    Region::Request | Region::Response => (Typing::Search, self.needle.as_str()),
                };
                self.typing = Some((typing, Field::new(text)));
                Vec::new()
            }
            Action::SearchNext => self.seek(bench, now, true),
            Action::SearchPrevious => self.seek(bench, now, false),
            Action::TrafficFollow => {
                self.following = !self.following;
                Vec::new()
            }
            Action::Copy | Action::CopyUrl => self.copy_url(bench, action),
            Action::CopyCurl => self.copy_curl(bench),
            Action::ExchangeReplay => match self.exchange(bench) {
                Some(exchange) if exchange.result.is_some() => vec![Intent::Replay(exchange.id)],
                Some(_) => vec![Intent::Toast(Toast::bad("the answer is still on its way"))],
                None => Vec::new(),
            },
            Action::Explain => {
                match self.exchange(bench).and_then(|exchange| bench.evidence_for(exchange.id, now)) {
                    Some(evidence) => vec![Intent::Explain(Box::new(evidence))],
                    None => vec![Intent::Toast(Toast::bad("this exchange holds no error to explain"))],
                }
            }
            action => return self.moved(action, bench).then(Vec::new),
        };
        Some(intents)
    }

    fn typing_update(&mut self, action: Action) -> Option<Vec<Intent>> {
        match action {
            Action::Activate => self.typing = None,
            Action::Close => {
                self.clear_field();
                self.typing = None;
            }
            // A list is filtered while one types: its rows can be walked at once.
            Action::MoveUp | Action::MoveDown => {
                self.following = false;
                self.selection.act(action, usize::MAX);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn turned(&mut self, step: usize) -> Vec<Intent> {
        const ORDER: [Region; 3] = [Region::List, Region::Request, Region::Response];
        let at = ORDER.iter().position(|region| *region == self.region).unwrap_or(0);
        self.turn_to(ORDER[(at + step) % ORDER.len()]);
        Vec::new()
    }

    /// Closes the topmost thing: zoom, search, detail, filter.
    fn close(&mut self) -> Option<Vec<Intent>> {
        if self.zoomed {
            self.zoomed = false;
        } else if !self.needle.is_empty() {
            self.needle.clear();
        } else if self.region != Region::List {
            self.turn_to(Region::List);
        } else if !self.filter.is_empty() {
            self.filter.set("");
        } else {
            return None;
        }
        Some(Vec::new())
    }

    fn moved(&mut self, action: Action, bench: &Workbench) -> bool {
        match self.region {
            Region::Request => self.request_scroll.act(action),
            Region::Response => self.response_scroll.act(action),
            Region::List => {
                let count = self.filter.count(&bench.traffic);
                if self.following {
                    self.selection.select(count.saturating_sub(1));
                }
                let moved = self.selection.act(action, count);
                if moved {
                    self.following = self.selection.is_at_end(count)
                        && matches!(action, Action::MoveBottom | Action::MoveDown | Action::PageDown);
                    self.request_scroll.to_top();
                    self.response_scroll.to_top();
                }
                moved
            }
        }
    }

    /// Goes to the next or previous line with the text that was searched for.
    fn seek(&mut self, bench: &Workbench, now: UnixTime, forward: bool) -> Vec<Intent> {
        let Some(exchange) = self.exchange(bench).filter(|_| !self.needle.is_empty()) else {
            return Vec::new();
        };
        let (lines, scroll) = match self.region {
            Region::Request => {
                (detail::request(exchange, self.form, Reveal::Masked), &mut self.request_scroll)
            }
            Region::List | Region::Response => {
                (detail::response(exchange, self.form, Reveal::Masked, now), &mut self.response_scroll)
            }
        };
        let top = scroll.line_at(0).unwrap_or(0);
        let mut hits = lines::hits(&lines, &self.needle);
        let hit =
            if forward { hits.find(|line| *line > top) } else { hits.take_while(|line| *line < top).last() };
        match hit {
            Some(line) => scroll.to_line(line),
            None => return vec![Intent::Toast(Toast::good("no further hit"))],
        }
        Vec::new()
    }

    fn copy_url(&self, bench: &Workbench, action: Action) -> Vec<Intent> {
        let Some(exchange) = self.exchange(bench) else { return Vec::new() };
        let text = Secret::new(exchange.request.url.as_str());
        let mut intents = vec![Intent::Copy { what: "address".to_owned(), text: text.clone() }];
        if action == Action::CopyUrl {
            intents.push(Intent::ShowPlain { title: format!("address of #{}", exchange.id.0), text });
        }
        intents
    }

    fn copy_curl(&self, bench: &Workbench) -> Vec<Intent> {
        let Some(exchange) = self.exchange(bench) else { return Vec::new() };
        let text = Secret::new(curl::curl(&exchange.request, Secrets::Redacted));
        vec![Intent::Copy { what: "curl command, without its secrets,".to_owned(), text }]
    }

    /// Draws the screen.
    pub fn view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        self.filter.refresh(&bench.traffic);
        if let Some(replay) = &mut self.replay {
            return replay.view(bench, scene, area, buffer);
        }
        if self.following {
            self.selection.select(self.filter.count(&bench.traffic).saturating_sub(1));
        }
        if self.zoomed || area.width < 80 || area.height < 18 {
            return self.region_view(self.region, bench, scene, area, buffer);
        }
        let share = if area.height < 30 { 9 } else { area.height / 3 };
        let [upper, lower] = Layout::vertical([Constraint::Length(share), Constraint::Min(0)]).areas(area);
        let cursor = self.region_view(Region::List, bench, scene, upper, buffer);
        let of_detail = if area.width < 110 {
            let shown = if self.region == Region::List { Region::Response } else { self.region };
            self.region_view(shown, bench, scene, lower, buffer)
        } else {
            let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(lower);
            let left = self.region_view(Region::Request, bench, scene, left, buffer);
            left.or(self.region_view(Region::Response, bench, scene, right, buffer))
        };
        cursor.or(of_detail)
    }

    fn region_view(
        &mut self,
        region: Region,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        if region == Region::List {
            return self.list_view(bench, scene, area, buffer);
        }
        let (look, focused) = (scene.look, self.region == region);
        let reveal = if scene.reveal { Reveal::Shown } else { Reveal::Masked };
        let exchange = self.filter.at(&bench.traffic, self.selection.index());
        let word = if region == Region::Request { "request" } else { "response" };
        let title = exchange.map_or_else(|| word.to_owned(), |exchange| format!("#{} {word}", exchange.id.0));
        let lines = match (exchange, region) {
            (None, _) => vec![Line::of(Role::Muted, "Choose an exchange above to see it whole.")],
            (Some(exchange), Region::Request) => detail::request(exchange, self.form, reveal),
            (Some(exchange), _) => detail::response(exchange, self.form, reveal, scene.now),
        };
        let mut frame =
            Frame::new(title, look).focused(focused).note(Line::of(Role::Muted, self.form.name()));
        if region == Region::Response
            && self.region == Region::List
            && buffer.area.width < 110
            && exchange.is_some()
        {
            frame = frame.footnote(Line::of(Role::Muted, "Tab shows the request"));
        }
        frame.render(area, buffer);
        let mut inner = Frame::inner(area);
        let mut cursor = None;
        if let Some((Typing::Search, field)) = self.typing.as_ref().filter(|_| focused) {
            let [text, row] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(inner);
            cursor = prompt("search ", field, look, row, buffer);
            inner = text;
        }
        let scroll =
            if region == Region::Request { &mut self.request_scroll } else { &mut self.response_scroll };
        let needle = if focused { self.needle.as_str() } else { "" };
        Lines::new(&lines, look).hanging(Hanging::Columns(4)).find(needle).scrolled(inner, buffer, scroll);
        cursor
    }

    fn list_view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let look = scene.look;
        let (all, count) = (bench.traffic.all().len(), self.filter.count(&bench.traffic));
        let title = if self.filter.is_empty() {
            format!("Traffic  {all}")
        } else {
            format!("Traffic  {count} of {all}")
        };
        let note = if self.following { "following" } else { "f follows" };
        let mut frame =
            Frame::new(title, look).focused(self.region == Region::List).note(Line::of(Role::Muted, note));
        if !self.filter.is_empty() && self.typing.is_none() {
            frame = frame
                .footnote(Line::of(Role::Edited, format!("filter: {}  (Esc clears it)", self.filter.text())));
        }
        frame.render(area, buffer);
        let mut inner = Frame::inner(area);
        let mut cursor = None;
        if let Some((Typing::Filter, field)) = &self.typing {
            let [rows, row] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(inner);
            cursor = prompt("filter ", field, look, row, buffer);
            inner = rows;
        }
        if all == 0 {
            let empty = [Line::of(
                Role::Muted,
                "Nothing was sent yet. Every request of a run appears here, with its answer.",
            )];
            Lines::new(&empty, look).draw(inner, buffer);
            return cursor;
        }
        let [head, rows] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
        let columns = Columns::new(rows.width, all);
        Lines::new(&[columns.head()], look)
            .draw(Rect { x: head.x + 1, width: head.width.saturating_sub(1), ..head }, buffer);
        let line = |row: usize| {
            self.filter.at(&bench.traffic, row).map_or_else(Line::new, |exchange| columns.row(exchange, look))
        };
        List::new(count, &line, look).render(rows, buffer, &mut self.selection);
        cursor
    }
}

fn prompt(label: &str, field: &Field, look: &Look, row: Rect, buffer: &mut Buffer) -> Option<Position> {
    let width = fit::width(label);
    Lines::new(&[Line::of(Role::Key, label)], look).draw(row, buffer);
    let place = Rect { x: row.x + width.min(row.width), width: row.width.saturating_sub(width), ..row };
    let view = field.view(look);
    (&view).render(place, buffer);
    view.cursor(place)
}

/// The end of a path that is too long: it tells more than the tenant's id at its beginning.
fn tail(path: &str, width: usize, look: &Look) -> String {
    let count = path.chars().count();
    if count <= width {
        return path.to_owned();
    }
    let ellipsis = look.glyphs.ellipsis;
    let kept = width.saturating_sub(ellipsis.chars().count());
    let rest: String = path.chars().skip(count - kept).collect();
    // Begin with a whole segment if one begins soon.
    let begin = rest.find('/').filter(|at| *at < kept / 2).unwrap_or(0);
    format!("{ellipsis}{}", &rest[begin..])
}

/// How wide the columns of the list are.
#[derive(Clone, Copy, Debug)]
struct Columns {
    number: usize,
    host: usize,
    path: usize,
}

impl Columns {
    fn new(width: u16, count: usize) -> Self {
        let number = count.to_string().len().max(2);
        let host = if width >= 100 { 22 } else { 14 };
        // Number, time, who, method, status and milliseconds, with a blank or two between them.
        let fixed = number + 9 + 7 + 4 + 3 + 7 + 12;
        Self { number, host, path: usize::from(width).saturating_sub(fixed + host + 1).max(8) }
    }

    fn head(self) -> Line {
        let Self { number, host, path } = self;
        Line::of(
            Role::Muted,
            format!(
                "{:>number$}  {:<9} {:<7} {:<4} {:<host$} {:<path$} {:>3} {:>7}",
                "#", "time", "who", "verb", "host", "path", "st", "ms"
            ),
        )
    }

    fn row(self, exchange: &Exchange, look: &Look) -> Line {
        let Self { number, host, path } = self;
        let who = match (exchange.owner, exchange.channel) {
            (Owner::Replay(_), _) => "again",
            (Owner::Trial, _) => "trial",
            (Owner::Ahead(_), _) => "ahead",
            (_, Channel::Back) => "program",
            (_, Channel::Front) => "browser",
        };
        let (status, role) = match &exchange.result {
            None => (look.glyphs.ellipsis.to_owned(), Role::Busy),
            Some(Err(_)) => (look.glyphs.failed.to_owned(), Role::Refused),
            Some(Ok(response)) if response.status < 400 => (response.status.to_string(), Role::Status),
            Some(Ok(response)) => (response.status.to_string(), Role::Refused),
        };
        let took = match &exchange.result {
            None => String::new(),
            Some(_) => format!("{:.1}", exchange.timing.total.as_secs_f64() * 1000.0),
        };
        let cut = |text: &str, width: usize| {
            let width = u16::try_from(width).unwrap_or(u16::MAX);
            let text = fit::text(text, width, look.glyphs);
            let pad = usize::from(width.saturating_sub(fit::width(&text)));
            format!("{text}{}", " ".repeat(pad))
        };
        Line::of(Role::Muted, format!("{:>number$}  {:<9} {who:<7} ", exchange.id.0, exchange.sent.clock()))
            .then(Role::Method, format!("{:<4} ", exchange.request.method.as_str()))
            .then(Role::Muted, format!("{} ", cut(&exchange.host(), host)))
            .then(Role::Text, format!("{} ", cut(&tail(exchange.request.url.path(), path, look), path)))
            .then(role, format!("{status:>3} "))
            .then(Role::Muted, format!("{took:>7}"))
    }
}
