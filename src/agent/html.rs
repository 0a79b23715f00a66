//! Reads a page: one walk over the tokens of an HTML document, without a tree.
//!
//! Sign-in pages are simple, and what we need of them is order: which text comes before which control. So the walk
//! only remembers what is open (a form, a label, a link, a button, a list of options) and closes it when HTML would.
//! It never recurses and looks at each token once, so hostile pages cost no more than their length.
//!
//! Scripts do not run here. Their content is looked at for one thing only, whether the page sends its form itself;
//! `noscript` is read like any other element.

use std::borrow::Cow;

use html5gum::{HtmlString, StartTag, State, Token, Tokenizer};
use url::Url;

use super::{
    gather::{Gathered, Owner, RawBlock, RawControl, RawForm, RawLabel},
    page::{ControlKind, Page},
};
use crate::text::visible;

/// What was read.
#[derive(Debug)]
pub(super) struct Document {
    pub page: Page,
    /// `<meta http-equiv="refresh">` with an address.
    pub refresh: Option<Refresh>,
    /// Whether the page's one form sends itself: it holds nothing to fill in, and a script or `onload` submits it.
    pub sends_itself: bool,
}

/// Where a page goes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refresh {
    /// After how many seconds.
    pub seconds: u64,
    /// Where to.
    pub to: Url,
}

/// Reads the document found at `address`.
pub(super) fn read(html: &[u8], address: &Url) -> Document {
    let mut reader = Reader::new(address);
    let mut tokenizer = Tokenizer::new(html);
    while let Some(Ok(token)) = tokenizer.next() {
        match token {
            Token::StartTag(tag) => {
                // The tokenizer leaves this to us, because only a tree would know for sure.
                if !reader.in_drawing()
                    && let Some(state) = content_of(&tag.name)
                {
                    tokenizer.set_state(state);
                }
                reader.start(&tag);
            }
            Token::EndTag(tag) => reader.end(&tag.name),
            Token::String(text) => reader.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    reader.finish()
}

/// Reads the value of a `Refresh` header or of its `<meta>` twin: `0; url=https://…`.
pub(super) fn refresh(content: &str, base: &Url) -> Option<Refresh> {
    let content = content.trim();
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let seconds = content[..digits].parse().unwrap_or(u64::MAX);
    let rest = content[digits..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start();
    let rest = match rest.get(..3).filter(|start| start.eq_ignore_ascii_case("url")) {
        Some(_) => {
            let after = rest[3..].trim_start();
            after.strip_prefix('=').map_or(rest, str::trim_start)
        }
        None => rest,
    };
    let target = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next().unwrap_or_default(),
        _ => rest,
    };
    if target.is_empty() {
        return None;
    }
    Some(Refresh { seconds, to: base.join(target).ok()? })
}

/// How the tokenizer has to read what follows a start tag, where that is not ordinary markup.
fn content_of(tag: &[u8]) -> Option<State> {
    Some(match tag {
        b"script" => State::ScriptData,
        b"style" | b"xmp" | b"iframe" | b"noembed" | b"noframes" => State::RawText,
        b"textarea" | b"title" => State::RcData,
        b"plaintext" => State::PlainText,
        _ => return None,
    })
}

/// Elements whose content is no part of the page.
fn is_skipped(tag: &[u8]) -> bool {
    matches!(tag, b"template" | b"svg" | b"datalist" | b"style" | b"iframe" | b"noembed" | b"noframes")
}

/// What may stand in a head; anything else ends it.
fn is_of_head(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"title" | b"meta" | b"link" | b"base" | b"style" | b"script" | b"noscript" | b"template" | b"html"
    )
}

/// Elements that begin on a new line.
fn breaks_line(tag: &[u8]) -> bool {
    const BLOCKS: &[&[u8]] = &[
        b"address",
        b"article",
        b"aside",
        b"blockquote",
        b"body",
        b"br",
        b"caption",
        b"center",
        b"dd",
        b"details",
        b"dialog",
        b"div",
        b"dl",
        b"dt",
        b"fieldset",
        b"figcaption",
        b"figure",
        b"footer",
        b"form",
        b"h1",
        b"h2",
        b"h3",
        b"h4",
        b"h5",
        b"h6",
        b"header",
        b"hr",
        b"legend",
        b"li",
        b"main",
        b"menu",
        b"nav",
        b"noscript",
        b"ol",
        b"p",
        b"pre",
        b"section",
        b"summary",
        b"table",
        b"tr",
        b"ul",
    ];
    BLOCKS.contains(&tag)
}

/// Elements that cannot stand in a heading: they end one that was left open.
fn ends_heading(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"p" | b"form" | b"ul" | b"ol" | b"li" | b"table" | b"dl" | b"section" | b"main" | b"footer"
    )
}

/// What running text is at present.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Text,
    Heading,
    Item,
}

struct Link {
    to: Url,
    text: String,
    /// What it is called if it holds no text.
    name: String,
}

struct Options {
    name: String,
    owner: Option<Owner>,
    several: bool,
    disabled: bool,
    /// The first control made, and the one that is chosen.
    first: Option<usize>,
    chosen: Option<usize>,
    /// The option that is open: its control and text, and whether it has a value of its own.
    open: Option<(RawControl, String, bool)>,
}

struct Reader {
    address: Url,
    base: Url,
    base_seen: bool,
    gathered: Gathered,
    title: String,
    titles: usize,
    refresh: Option<Refresh>,
    submits: bool,
    // what is open
    in_head: bool,
    in_script: bool,
    in_title: bool,
    skipped: Option<(Vec<u8>, usize)>,
    flow: Flow,
    running: String,
    form: Option<usize>,
    label: Option<usize>,
    link: Option<Link>,
    button: Option<(usize, String)>,
    options: Option<Options>,
    textarea: Option<(usize, String)>,
    fieldsets: Vec<bool>,
    disabled_fieldsets: usize,
}

impl Reader {
    fn new(address: &Url) -> Self {
        Self {
            address: address.clone(),
            base: address.clone(),
            base_seen: false,
            gathered: Gathered::default(),
            title: String::new(),
            titles: 0,
            refresh: None,
            submits: false,
            in_head: false,
            in_script: false,
            in_title: false,
            skipped: None,
            flow: Flow::Text,
            running: String::new(),
            form: None,
            label: None,
            link: None,
            button: None,
            options: None,
            textarea: None,
            fieldsets: Vec::new(),
            disabled_fieldsets: 0,
        }
    }

    fn in_drawing(&self) -> bool {
        self.skipped.as_ref().is_some_and(|(tag, _)| tag == b"svg")
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        if let Some((skipped, depth)) = &mut self.skipped {
            if skipped == name && !tag.self_closing {
                *depth += 1;
            }
            return;
        }
        if name == b"head" {
            self.in_head = true;
            return;
        }
        if self.in_head && !is_of_head(name) {
            self.in_head = false;
        }
        if name == b"script" {
            self.in_script = true;
            return;
        }
        if is_skipped(name) {
            // Only drawings can close themselves; `<template/>` is an open template to a browser.
            if !(name == b"svg" && tag.self_closing) {
                self.skipped = Some((name.to_vec(), 1));
            }
            return;
        }
        if breaks_line(name) {
            self.line_ends();
            if self.flow == Flow::Heading && ends_heading(name) {
                self.flow = Flow::Text;
            }
        }
        let attributes = Attributes(tag);
        match name {
            b"title" => {
                self.in_title = true;
                self.titles += 1;
            }
            b"base" => {
                if let (false, Some(base)) = (self.base_seen, self.resolve(&attributes, "href")) {
                    self.base = base;
                    self.base_seen = true;
                }
            }
            b"meta" => {
                if attributes.text("http-equiv").eq_ignore_ascii_case("refresh") && self.refresh.is_none() {
                    self.refresh = refresh(&attributes.text("content"), &self.base);
                }
            }
            b"body" => self.submits |= attributes.text("onload").contains("submit"),
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => self.flow = Flow::Heading,
            b"li" => self.flow = Flow::Item,
            b"img" => self.text(&attributes.text("alt")),
            b"td" | b"th" => self.text(" "),
            b"a" => self.start_link(&attributes),
            b"form" => self.start_form(&attributes),
            b"fieldset" => {
                let disabled = attributes.has("disabled");
                self.fieldsets.push(disabled);
                self.disabled_fieldsets += usize::from(disabled);
            }
            b"label" => self.start_label(&attributes),
            b"input" => self.input(&attributes),
            b"button" => self.start_button(&attributes),
            b"textarea" => self.start_textarea(&attributes),
            b"select" => self.start_select(&attributes),
            b"optgroup" => self.end_option(),
            b"option" => self.start_option(&attributes),
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        if let Some((skipped, depth)) = &mut self.skipped {
            if skipped == name {
                *depth -= 1;
                if *depth == 0 {
                    self.skipped = None;
                }
            }
            return;
        }
        if breaks_line(name) {
            self.line_ends();
        }
        match name {
            b"head" => self.in_head = false,
            b"script" => self.in_script = false,
            b"title" => self.in_title = false,
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"li" | b"ul" | b"ol" => self.flow = Flow::Text,
            b"a" => self.end_link(),
            b"form" => self.end_form(),
            b"fieldset" => self.disabled_fieldsets -= usize::from(self.fieldsets.pop() == Some(true)),
            b"label" => self.end_label(),
            b"button" => self.end_button(),
            b"textarea" => self.end_textarea(),
            b"option" => self.end_option(),
            b"select" => self.end_select(),
            _ => {}
        }
    }

    /// Text goes to the innermost thing that is open; text in a labelled link belongs to both.
    fn text(&mut self, text: &str) {
        if self.skipped.is_some() {
            return;
        }
        if self.in_script {
            self.submits |= text.contains("submit(");
            return;
        }
        let sink = if self.in_title {
            // Only the first title counts.
            (self.titles == 1).then_some(&mut self.title)
        } else if let Some((_, content)) = &mut self.textarea {
            Some(content)
        } else if let Some(options) = &mut self.options {
            options.open.as_mut().map(|(_, content, _)| content)
        } else if self.in_head {
            None
        } else if let Some((_, content)) = &mut self.button {
            Some(content)
        } else {
            if let Some(label) = self.label {
                self.gathered.labels[label].text.push_str(text);
            }
            if let Some(link) = &mut self.link {
                link.text.push_str(text);
            }
            (self.label.is_none() && self.link.is_none()).then_some(&mut self.running)
        };
        if let Some(sink) = sink {
            sink.push_str(text);
        }
    }

    /// A line break inside something with a text of its own is a blank; otherwise a piece of running text is complete.
    fn line_ends(&mut self) {
        if self.button.is_some() || self.link.is_some() || self.label.is_some() {
            self.text(" ");
        } else {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let text = tidy(&std::mem::take(&mut self.running));
        if text.is_empty() {
            return;
        }
        self.gathered.blocks.push(match self.flow {
            Flow::Text => RawBlock::Text(text),
            Flow::Heading => RawBlock::Heading(text),
            Flow::Item => {
                // Further lines of the same item are not items.
                self.flow = Flow::Text;
                RawBlock::Item(text)
            }
        });
    }

    fn start_link(&mut self, attributes: &Attributes<'_>) {
        self.end_link();
        let href = attributes.text("href");
        let leads_on = !href.trim().is_empty() && !href.trim_start().starts_with('#');
        let Some(to) = self.resolve(attributes, "href").filter(|to| leads_on && is_followable(to)) else {
            return;
        };
        self.flush();
        let name = attributes.first_of(&["aria-label", "title"]);
        self.link = Some(Link { to, text: String::new(), name });
    }

    fn end_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let text = [tidy(&link.text), tidy(&link.name), visible(link.to.as_str()).into_owned()];
        let text = text.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        self.gathered.blocks.push(RawBlock::Link(text, link.to));
    }

    fn start_form(&mut self, attributes: &Attributes<'_>) {
        // A form inside a form does not exist.
        if self.form.is_some() {
            return;
        }
        self.end_label();
        self.end_button();
        let action = self.action(attributes, "action").unwrap_or_else(|| self.address.clone());
        let post = attributes.text("method").trim().eq_ignore_ascii_case("post");
        let id = attributes.get("id").map(Cow::into_owned);
        self.form = Some(self.gathered.forms.len());
        self.gathered.forms.push(RawForm { id, action, post });
    }

    fn end_form(&mut self) {
        self.end_label();
        self.end_button();
        self.end_select();
        self.end_link();
        self.flush();
        self.form = None;
    }

    fn start_label(&mut self, attributes: &Attributes<'_>) {
        self.end_label();
        self.flush();
        let target = attributes.get("for").map(Cow::into_owned);
        self.label = Some(self.gathered.labels.len());
        self.gathered.blocks.push(RawBlock::Label(self.gathered.labels.len()));
        self.gathered.labels.push(RawLabel { target, wrapped: None, text: String::new() });
    }

    fn end_label(&mut self) {
        self.label = None;
    }

    fn input(&mut self, attributes: &Attributes<'_>) {
        self.end_select();
        let checked = attributes.has("checked");
        let kind = match attributes.text("type").trim().to_ascii_lowercase().as_str() {
            "hidden" => ControlKind::Hidden,
            "password" => ControlKind::Password,
            "checkbox" => ControlKind::Checkbox { ticked: checked },
            "radio" => ControlKind::Radio { chosen: checked },
            // The point at which an image was pressed is not sent.
            "submit" | "image" => ControlKind::Submit,
            // Without scripts, or without files, these do nothing.
            "button" | "reset" | "file" => return,
            _ => ControlKind::Text,
        };
        let mut control = self.control(attributes, kind);
        control.value = match (attributes.get("value"), kind) {
            (Some(value), _) => value.into_owned(),
            (None, ControlKind::Checkbox { .. } | ControlKind::Radio { .. }) => "on".to_owned(),
            (None, _) => String::new(),
        };
        if kind == ControlKind::Submit {
            let label = [control.value.clone(), attributes.text("alt").into_owned()];
            control.label =
                label.iter().map(|text| tidy(text)).find(|text| !text.is_empty()).unwrap_or_default();
            if control.fallback.is_empty() {
                control.fallback = "Submit".to_owned();
            }
        }
        self.place(control);
    }

    fn start_button(&mut self, attributes: &Attributes<'_>) {
        self.end_select();
        self.end_button();
        let kind = attributes.text("type").trim().to_ascii_lowercase();
        if kind == "button" || kind == "reset" {
            return;
        }
        let mut control = self.control(attributes, ControlKind::Submit);
        control.value = attributes.text("value").into_owned();
        if let Some(index) = self.place(control) {
            self.button = Some((index, String::new()));
        }
    }

    fn end_button(&mut self) {
        if let Some((index, text)) = self.button.take() {
            self.gathered.controls[index].label = tidy(&text);
        }
    }

    fn start_textarea(&mut self, attributes: &Attributes<'_>) {
        self.end_select();
        let control = self.control(attributes, ControlKind::Text);
        // A disabled one still has content that has to go somewhere.
        let index = self.place(control).unwrap_or(usize::MAX);
        self.textarea = Some((index, String::new()));
    }

    fn end_textarea(&mut self) {
        if let Some((index, text)) = self.textarea.take()
            && let Some(control) = self.gathered.controls.get_mut(index)
        {
            // One line break after the tag belongs to the markup.
            let text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(&text);
            control.value = text.to_owned();
        }
    }

    fn start_select(&mut self, attributes: &Attributes<'_>) {
        self.end_select();
        self.end_button();
        self.text(&attributes.text("aria-label"));
        self.line_ends();
        self.options = Some(Options {
            name: attributes.text("name").into_owned(),
            owner: self.owner(attributes),
            several: attributes.has("multiple"),
            disabled: self.is_disabled(attributes),
            first: None,
            chosen: None,
            open: None,
        });
    }

    /// An option becomes a radio button, or a box where several may be chosen.
    fn start_option(&mut self, attributes: &Attributes<'_>) {
        self.end_option();
        let disabled = attributes.has("disabled");
        let selected = attributes.has("selected");
        let value = attributes.get("value").map(Cow::into_owned);
        let label = tidy(&attributes.text("label"));
        let Some(options) = &mut self.options else { return };
        if disabled || options.disabled {
            return;
        }
        let kind = if options.several {
            ControlKind::Checkbox { ticked: selected }
        } else {
            ControlKind::Radio { chosen: selected }
        };
        let has_value = value.is_some();
        let mut control = RawControl::new(options.name.clone(), kind, options.owner.clone());
        control.value = value.unwrap_or_default();
        control.label = label;
        options.open = Some((control, String::new(), has_value));
    }

    fn end_option(&mut self) {
        let Some(options) = &mut self.options else { return };
        let Some((mut control, text, has_value)) = options.open.take() else { return };
        if !has_value {
            control.value = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        }
        if control.label.is_empty() {
            control.label = tidy(&text);
        }
        let index = self.gathered.controls.len();
        if control.kind == (ControlKind::Radio { chosen: true }) {
            // The last one that is marked as selected counts.
            if let Some(earlier) = options.chosen.replace(index) {
                self.gathered.controls[earlier].kind = ControlKind::Radio { chosen: false };
            }
        }
        options.first.get_or_insert(index);
        self.gathered.controls.push(control);
        self.gathered.blocks.push(RawBlock::Control(index));
    }

    fn end_select(&mut self) {
        self.end_option();
        let Some(options) = self.options.take() else { return };
        if let (false, None, Some(first)) = (options.several, options.chosen, options.first) {
            self.gathered.controls[first].kind = ControlKind::Radio { chosen: true };
        }
    }

    fn control(&self, attributes: &Attributes<'_>, kind: ControlKind) -> RawControl {
        let name = attributes.text("name").into_owned();
        let mut control = RawControl::new(name, kind, self.owner(attributes));
        control.id = attributes.get("id").map(Cow::into_owned);
        control.label = tidy(&attributes.text("aria-label"));
        control.fallback = tidy(&attributes.first_of(&["placeholder", "title"]));
        control.disabled = self.is_disabled(attributes);
        control.fixed =
            attributes.has("readonly") && matches!(kind, ControlKind::Text | ControlKind::Password);
        control.detour_action = self.action(attributes, "formaction");
        control.detour_post = attributes.get("formmethod").map(|way| way.trim().eq_ignore_ascii_case("post"));
        control
    }

    /// Puts a control on the page; its index, unless it is disabled.
    fn place(&mut self, control: RawControl) -> Option<usize> {
        if control.disabled {
            return None;
        }
        let index = self.gathered.controls.len();
        if control.kind != ControlKind::Hidden {
            if self.label.is_none() && self.link.is_none() {
                self.flush();
            }
            if let Some(label) = self.label {
                self.gathered.labels[label].wrapped.get_or_insert(index);
            }
            self.gathered.blocks.push(RawBlock::Control(index));
        }
        self.gathered.controls.push(control);
        Some(index)
    }

    fn owner(&self, attributes: &Attributes<'_>) -> Option<Owner> {
        match attributes.get("form") {
            Some(id) => Some(Owner::Named(id.into_owned())),
            None => self.form.map(Owner::Around),
        }
    }

    fn is_disabled(&self, attributes: &Attributes<'_>) -> bool {
        attributes.has("disabled") || self.disabled_fieldsets > 0
    }

    fn resolve(&self, attributes: &Attributes<'_>, name: &str) -> Option<Url> {
        self.base.join(attributes.get(name)?.trim()).ok()
    }

    /// Where a form goes: an empty address means the page's own, and one that cannot be read leads nowhere.
    fn action(&self, attributes: &Attributes<'_>, name: &str) -> Option<Url> {
        let value = attributes.get(name)?;
        if value.trim().is_empty() {
            return Some(self.address.clone());
        }
        let nowhere = || Url::parse("about:invalid").expect("a constant address");
        Some(self.base.join(value.trim()).unwrap_or_else(|_| nowhere()))
    }

    fn finish(mut self) -> Document {
        self.end_textarea();
        self.end_form();
        let (blocks, forms) = self.gathered.assemble();
        let title = tidy(&self.title);
        let page = Page { title, blocks, forms };
        let sends_itself = match page.forms.as_slice() {
            [form] => self.submits && form.is_relay(),
            _ => false,
        };
        Document { page, refresh: self.refresh, sends_itself }
    }
}

/// Addresses that a link may lead to: those that can be asked, and those of applications, one of which may be the
/// redirect URI.
fn is_followable(to: &Url) -> bool {
    !matches!(to.scheme(), "javascript" | "data" | "mailto" | "tel" | "about" | "blob" | "file")
}

/// One line, without blanks at its ends, safe to print.
fn tidy(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    visible(&line).into_owned()
}

struct Attributes<'a>(&'a StartTag<()>);

impl<'a> Attributes<'a> {
    fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.0.attributes.get::<[u8]>(name.as_bytes())?;
        let HtmlString(bytes) = &value.value;
        Some(String::from_utf8_lossy(bytes))
    }

    fn has(&self, name: &str) -> bool {
        self.0.attributes.contains_key::<[u8]>(name.as_bytes())
    }

    /// The value, or nothing.
    fn text(&self, name: &str) -> Cow<'a, str> {
        self.get(name).unwrap_or_default()
    }

    /// The first of several that says something.
    fn first_of(&self, names: &[&str]) -> String {
        let texts = names.iter().map(|name| self.text(name));
        texts.map(Cow::into_owned).find(|text| !text.trim().is_empty()).unwrap_or_default()
    }
}
