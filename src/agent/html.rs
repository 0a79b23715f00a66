//! Reads a page: one walk over the tokens of an HTML document, without a tree.
//!
//! Sign-in pages are simple, and what we need of them is order: which text comes before which control. So the walk
//! only remembers what is open (a form, a label, a link, a button, a list of options) and closes it when HTML would.
//! It never recurses and looks at each token once, so hostile pages cost no more than their length.
//!
//! Scripts do not run here. Their content is looked at for one thing only, whether the page sends its form itself;
//! `noscript` is read like any other element.

mod controls;
mod elements;

use std::borrow::Cow;

use html5gum::{HtmlString, StartTag, Token, Tokenizer};
use url::Url;

use super::{
    gather::{Gathered, RawBlock, RawLabel},
    page::Page,
};
use crate::text::visible;
use controls::Options;
use elements::{breaks_line, content_of, ends_heading, is_of_head, is_skipped};

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

/// What running text is at present.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Text,
    Heading,
    Item,
}

/// Elements whose content is text and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Raw {
    Script,
    Title,
}

struct Link {
    to: Url,
    text: String,
    /// What it is called if it holds no text.
    name: String,
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
    raw: Option<Raw>,
    skipped: Option<(Vec<u8>, usize)>,
    flow: Flow,
    running: String,
    form: Option<usize>,
    label: Option<usize>,
    link: Option<Link>,
    /// The control, if it is one that does something, and the text so far.
    button: Option<(Option<usize>, String)>,
    options: Option<Options>,
    textarea: Option<(Option<usize>, String)>,
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
            raw: None,
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
            self.raw = Some(Raw::Script);
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
                self.raw = Some(Raw::Title);
                self.titles += 1;
            }
            b"base" => {
                if let (false, Some(base)) = (self.base_seen, self.resolve(&attributes, "href")) {
                    self.base = base;
                    self.base_seen = true;
                }
            }
            b"meta"
                if self.refresh.is_none()
                    && attributes.text("http-equiv").eq_ignore_ascii_case("refresh") =>
            {
                self.refresh = refresh(&attributes.text("content"), &self.base);
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
            b"script" | b"title" => self.raw = None,
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
        if self.raw == Some(Raw::Script) {
            self.submits |= text.contains("submit(");
            return;
        }
        let sink = if self.raw == Some(Raw::Title) {
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

    fn resolve(&self, attributes: &Attributes<'_>, name: &str) -> Option<Url> {
        self.base.join(attributes.get(name)?.trim()).ok()
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
