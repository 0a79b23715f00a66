//! What a walk over a page has picked up, and how it becomes forms and blocks.
//!
//! Labels may come before or after their control, and a control may name a form that stands elsewhere. So everything
//! is first collected in the order of the document and put together at the end.

use std::collections::HashMap;

use url::Url;

use super::page::{Block, Control, ControlKind, Detour, Form};
use crate::{secret::Secret, text::visible};

#[derive(Default)]
pub(super) struct Gathered {
    pub blocks: Vec<RawBlock>,
    pub forms: Vec<RawForm>,
    pub controls: Vec<RawControl>,
    pub labels: Vec<RawLabel>,
}

pub(super) enum RawBlock {
    Heading(String),
    Text(String),
    Item(String),
    Link(String, Url),
    /// A label by index: part of a control if it has one, otherwise text.
    Label(usize),
    Control(usize),
}

pub(super) struct RawForm {
    pub id: Option<String>,
    pub action: Url,
    pub post: bool,
}

pub(super) struct RawLabel {
    /// The id in its `for`.
    pub target: Option<String>,
    /// The first control inside it.
    pub wrapped: Option<usize>,
    pub text: String,
}

pub(super) struct RawControl {
    pub id: Option<String>,
    pub name: String,
    pub kind: ControlKind,
    pub owner: Option<Owner>,
    /// What it says about itself; a `<label>` wins over it, except on buttons.
    pub label: String,
    /// What to call it if nothing else does; then its name.
    pub fallback: String,
    pub value: String,
    pub disabled: bool,
    /// Sent, but not to be changed.
    pub fixed: bool,
    pub detour_action: Option<Url>,
    pub detour_post: Option<bool>,
}

/// To which form a control belongs.
#[derive(Clone)]
pub(super) enum Owner {
    /// The one it stands in.
    Around(usize),
    /// The one with this id.
    Named(String),
}

impl RawControl {
    pub(super) const fn new(name: String, kind: ControlKind, owner: Option<Owner>) -> Self {
        Self {
            id: None,
            name,
            kind,
            owner,
            label: String::new(),
            fallback: String::new(),
            value: String::new(),
            disabled: false,
            fixed: false,
            detour_action: None,
            detour_post: None,
        }
    }
}

impl Gathered {
    /// Puts labels on controls and controls into forms. Controls without a form send nothing and are left out.
    pub(super) fn assemble(mut self) -> (Vec<Block>, Vec<Form>) {
        let unused = self.attach_labels();
        let mut form_ids: HashMap<&str, usize> = HashMap::new();
        for (index, form) in self.forms.iter().enumerate() {
            if let Some(id) = &form.id {
                form_ids.entry(id).or_insert(index);
            }
        }

        let mut forms: Vec<Form> = Vec::with_capacity(self.forms.len());
        for form in &self.forms {
            forms.push(Form { action: form.action.clone(), post: form.post, controls: Vec::new() });
        }
        let mut places = Vec::with_capacity(self.controls.len());
        for control in self.controls {
            let owner = match &control.owner {
                Some(Owner::Around(form)) => Some(*form),
                Some(Owner::Named(id)) => form_ids.get(id.as_str()).copied(),
                None => None,
            };
            let Some(owner) = owner else {
                places.push(Place::Nowhere);
                continue;
            };
            let form = &mut forms[owner];
            let control = finished(control, &self.forms[owner]);
            places.push(match control {
                Finished::Control(control) => {
                    form.controls.push(control);
                    Place::In(owner, form.controls.len() - 1)
                }
                Finished::Fixed(control, text) => {
                    form.controls.push(control);
                    Place::Said(text)
                }
            });
        }

        let mut blocks = Vec::with_capacity(self.blocks.len());
        for block in self.blocks {
            blocks.extend(match block {
                RawBlock::Heading(text) => Some(Block::Heading(text)),
                RawBlock::Text(text) => Some(Block::Text(text)),
                RawBlock::Item(text) => Some(Block::Item(text)),
                RawBlock::Link(text, to) => Some(Block::Link(text, to)),
                RawBlock::Label(index) => unused.get(&index).cloned().map(Block::Text),
                RawBlock::Control(index) => match &places[index] {
                    Place::Nowhere => None,
                    Place::In(form, control) => Some(Block::Control(*form, *control)),
                    Place::Said(text) => Some(Block::Text(text.clone())),
                },
            });
        }
        (blocks, forms)
    }

    /// Gives each labelled control its label; returns the texts of labels that name none.
    fn attach_labels(&mut self) -> HashMap<usize, String> {
        let mut ids: HashMap<String, usize> = HashMap::new();
        for (index, control) in self.controls.iter().enumerate() {
            if let Some(id) = &control.id {
                ids.entry(id.clone()).or_insert(index);
            }
        }
        let mut unused = HashMap::new();
        for (index, label) in self.labels.iter().enumerate() {
            let text = label.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = visible(&text).into_owned();
            if text.is_empty() {
                continue;
            }
            let target = match &label.target {
                Some(id) => ids.get(id).copied(),
                None => label.wrapped,
            };
            let labelled = target.map(|target| &mut self.controls[target]);
            match labelled
                .filter(|control| !matches!(control.kind, ControlKind::Submit | ControlKind::Hidden))
            {
                Some(control) => control.label = text,
                None => drop(unused.insert(index, text)),
            }
        }
        unused
    }
}

/// Where a control ended up.
enum Place {
    Nowhere,
    In(usize, usize),
    /// Among the hidden ones, with a line that tells its value.
    Said(String),
}

enum Finished {
    Control(Control),
    Fixed(Control, String),
}

fn finished(raw: RawControl, form: &RawForm) -> Finished {
    let label = [raw.label, raw.fallback].into_iter().find(|text| !text.is_empty());
    let label = label.unwrap_or_else(|| visible(&raw.name).into_owned());
    let detour = (raw.kind == ControlKind::Submit
        && (raw.detour_action.is_some() || raw.detour_post.is_some()))
    .then(|| Detour {
        action: raw.detour_action.unwrap_or_else(|| form.action.clone()),
        post: raw.detour_post.unwrap_or(form.post),
    });
    let kind = if raw.fixed { ControlKind::Hidden } else { raw.kind };
    let said = match raw.kind {
        ControlKind::Text => format!("{label}: {}", visible(&raw.value)),
        ControlKind::Password
        | ControlKind::Checkbox { .. }
        | ControlKind::Radio { .. }
        | ControlKind::Submit
        | ControlKind::Hidden => format!("{label}: {}", crate::secret::mask(&raw.value)),
    };
    let control = Control { name: raw.name, kind, label, value: Secret::new(raw.value), detour };
    if raw.fixed { Finished::Fixed(control, said) } else { Finished::Control(control) }
}
