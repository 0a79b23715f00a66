//! Forms and their controls, as the reader meets them.

use std::borrow::Cow;

use url::Url;

use super::{Attributes, Reader, tidy};
use crate::agent::{
    gather::{Owner, RawBlock, RawControl, RawForm},
    page::ControlKind,
};

/// A drop-down list while it is read.
pub(super) struct Options {
    name: String,
    owner: Option<Owner>,
    several: bool,
    disabled: bool,
    /// The first control made, and the one that is chosen.
    first: Option<usize>,
    chosen: Option<usize>,
    /// The option that is open: its control and text, and whether it has a value of its own.
    pub(super) open: Option<(RawControl, String, bool)>,
}

impl Reader {
    pub(super) fn start_form(&mut self, attributes: &Attributes<'_>) {
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

    pub(super) fn end_form(&mut self) {
        self.end_label();
        self.end_button();
        self.end_select();
        self.end_link();
        self.flush();
        self.form = None;
    }

    pub(super) fn input(&mut self, attributes: &Attributes<'_>) {
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
                "Submit".clone_into(&mut control.fallback);
            }
        }
        self.place(control);
    }

    pub(super) fn start_button(&mut self, attributes: &Attributes<'_>) {
        self.end_select();
        self.end_button();
        let kind = attributes.text("type").trim().to_ascii_lowercase();
        // Without scripts these do nothing, and the text on them is of no use.
        if kind == "button" || kind == "reset" {
            self.button = Some((None, String::new()));
            return;
        }
        let mut control = self.control(attributes, ControlKind::Submit);
        control.value = attributes.text("value").into_owned();
        self.button = Some((self.place(control), String::new()));
    }

    pub(super) fn end_button(&mut self) {
        if let Some((Some(index), text)) = self.button.take() {
            self.gathered.controls[index].label = tidy(&text);
        }
    }

    pub(super) fn start_textarea(&mut self, attributes: &Attributes<'_>) {
        self.end_select();
        let control = self.control(attributes, ControlKind::Text);
        self.textarea = Some((self.place(control), String::new()));
    }

    pub(super) fn end_textarea(&mut self) {
        if let Some((Some(index), text)) = self.textarea.take() {
            // One line break after the tag belongs to the markup.
            let text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(&text);
            text.clone_into(&mut self.gathered.controls[index].value);
        }
    }

    pub(super) fn start_select(&mut self, attributes: &Attributes<'_>) {
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
    pub(super) fn start_option(&mut self, attributes: &Attributes<'_>) {
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

    pub(super) fn end_option(&mut self) {
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

    pub(super) fn end_select(&mut self) {
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

    /// Where a form goes: an empty address means the page's own, and one that cannot be read leads nowhere.
    fn action(&self, attributes: &Attributes<'_>, name: &str) -> Option<Url> {
        let value = attributes.get(name)?;
        if value.trim().is_empty() {
            return Some(self.address.clone());
        }
        let nowhere = || Url::parse("about:invalid").expect("a constant address");
        Some(self.base.join(value.trim()).unwrap_or_else(|_| nowhere()))
    }
}
