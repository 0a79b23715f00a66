//! A page as values: what it says, its forms, its links. The reader fills them, screens draw them, acts change them.
//!
//! Texts meant for the eye are already safe to print. Names, values and addresses are kept exactly as they will be
//! sent; whoever shows them passes them through [`crate::text`], as `Line::then` does.

use url::Url;

use crate::secret::Secret;

/// A page as a person sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The document's title.
    pub title: String,
    /// What stands on it, in reading order.
    pub blocks: Vec<Block>,
    /// Its forms; blocks refer to them by index.
    pub forms: Vec<Form>,
}

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph or other text.
    Text(String),
    /// An item of a list.
    Item(String),
    /// A link: its text and address.
    Link(String, Url),
    /// A control: form and control index.
    Control(usize, usize),
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    /// Whether it is sent with POST; otherwise with GET.
    pub post: bool,
    /// Its controls, hidden ones included.
    pub controls: Vec<Control>,
}

/// A control of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The `name` it is sent under; without one it is not sent.
    pub name: String,
    /// What kind.
    pub kind: ControlKind,
    /// The text that stands beside it or on it.
    pub label: String,
    /// Its present value.
    pub value: Secret,
    /// For a submit control with `formaction` or `formmethod`: where it sends the form instead.
    pub detour: Option<Detour>,
}

/// Where a submit control sends its form when that is not the form's own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detour {
    /// Where to.
    pub action: Url,
    /// Whether with POST; otherwise with GET.
    pub post: bool,
}

/// Kinds of control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// A line of text, an e-mail address, a code.
    Text,
    /// A password.
    Password,
    /// A box that is ticked or not.
    Checkbox {
        /// Whether it is ticked.
        ticked: bool,
    },
    /// One of several under the same name; an option of a drop-down list is one, too.
    Radio {
        /// Whether it is the chosen one.
        chosen: bool,
    },
    /// Sends the form.
    Submit,
    /// Sent, never shown.
    Hidden,
}

/// What the person (or the autopilot) does on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Type into a text or password control: form, control, text.
    Fill(usize, usize, Secret),
    /// Tick or untick a box, or choose a radio button.
    Toggle(usize, usize),
    /// Send a form, by the given submit control or by none.
    Submit(usize, Option<usize>),
    /// Follow the link in this block.
    Follow(usize),
}

impl Page {
    /// A page of nothing but lines of text.
    pub(super) fn of_text(text: &str) -> Self {
        let blocks = crate::text::visible_lines(text)
            .filter(|line| !line.trim().is_empty())
            .map(|line| Block::Text(line.into_owned()))
            .collect();
        Self { blocks, ..Self::default() }
    }

    /// Whether an AADSTS number stands in the text that a person reads.
    pub(super) fn names_an_error(&self) -> bool {
        let has_number = |text: &str| {
            text.match_indices("AADSTS")
                .any(|(at, mark)| text[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()))
        };
        has_number(&self.title)
            || self.blocks.iter().any(|block| match block {
                Block::Heading(text) | Block::Text(text) | Block::Item(text) => has_number(text),
                Block::Link(..) | Block::Control(..) => false,
            })
    }

    /// Applies an act that changes the page and sends nothing. Acts on what is not there change nothing.
    pub(super) fn change(&mut self, act: Act) {
        match act {
            Act::Fill(form, control, text) => {
                let Some(control) = self.forms.get_mut(form).and_then(|form| form.controls.get_mut(control))
                else {
                    return;
                };
                if matches!(control.kind, ControlKind::Text | ControlKind::Password) {
                    control.value = text;
                }
            }
            Act::Toggle(form, control) => {
                if let Some(form) = self.forms.get_mut(form) {
                    form.toggle(control);
                }
            }
            Act::Submit(..) | Act::Follow(_) => {}
        }
    }
}

impl Form {
    /// Whether a person can do anything with it: a form of hidden controls alone has nothing to press.
    pub(super) fn is_usable(&self) -> bool {
        self.controls.iter().any(|control| control.kind != ControlKind::Hidden)
    }

    /// Whether it holds hidden controls and at most one button, as pages that send themselves do.
    pub(super) fn is_relay(&self) -> bool {
        let count = |kind| self.controls.iter().filter(|control| control.kind == kind).count();
        let buttons = count(ControlKind::Submit);
        buttons <= 1 && buttons + count(ControlKind::Hidden) == self.controls.len()
    }

    fn toggle(&mut self, index: usize) {
        let Some(control) = self.controls.get_mut(index) else { return };
        match &mut control.kind {
            ControlKind::Checkbox { ticked } => *ticked = !*ticked,
            ControlKind::Radio { .. } => {
                let group = control.name.clone();
                for (i, other) in self.controls.iter_mut().enumerate() {
                    // Radio buttons without a name belong to no group.
                    if let ControlKind::Radio { chosen } = &mut other.kind
                        && (i == index || (other.name == group && !group.is_empty()))
                    {
                        *chosen = i == index;
                    }
                }
            }
            ControlKind::Text | ControlKind::Password | ControlKind::Submit | ControlKind::Hidden => {}
        }
    }
}
