//! What can be copied: the selected value, the address, the request as a command.

use super::{
    State, device,
    keys::bad,
    layout::{Mode, Region},
    request, response,
    shown::Shown,
};
use crate::{
    export,
    flow::{Prompt, StepState},
    secret::Secret,
    tui::pane::Intent,
};

impl State {
    /// The selected value of the focused region.
    pub(super) fn copy(&self, shown: &Shown<'_>) -> Intent {
        if let Some(Prompt::DeviceCode(prompt)) = &shown.prompt
            && self.mode(shown) == Mode::Device
        {
            return Intent::Copy {
                what: "user code".to_owned(),
                text: Secret::new(prompt.user_code.as_str()),
            };
        }
        let Some(step) = shown.step() else { return bad("there is nothing to copy here") };
        match self.focus(shown) {
            Region::Request => {
                let Some(draft) = step.draft else { return bad("this step sends nothing") };
                let row = request::Row::at(self.row.min(draft.fields.len()));
                let Some(field) = row.field(draft) else { return bad("there is nothing to copy here") };
                Intent::Copy { what: field.name.clone(), text: Secret::new(field.value.as_str()) }
            }
            Region::Page => match &shown.session.agent {
                Some(agent) => {
                    Intent::Copy { what: "address".to_owned(), text: Secret::new(agent.here().as_str()) }
                }
                None => bad("there is no page"),
            },
            Region::SignIn => match shown.visit() {
                Some(visit) => {
                    Intent::Copy { what: "sign-in address".to_owned(), text: Secret::new(visit.url.as_str()) }
                }
                None => bad("no visit to the authority is waited for"),
            },
            _ => self.copy_answer(shown),
        }
    }

    /// The value of the selected member of the answer, else the answer as a whole.
    fn copy_answer(&self, shown: &Shown<'_>) -> Intent {
        let Some(step) = shown.step() else { return bad("there is nothing to copy here") };
        let fact = |name: &str| {
            let fact = step.facts.iter().find(|fact| fact.name == name)?;
            Some(fact.secret.clone().unwrap_or_else(|| Secret::new(fact.value.plain())))
        };
        let answer = shown.exchange_of(step.id).and_then(|exchange| exchange.response());
        let name = self.last.member.clone();
        let member = name
            .as_ref()
            .and_then(|name| answer.and_then(|answer| response::find(answer, name)).or_else(|| fact(name)));
        match (name, member, answer) {
            (Some(what), Some(text), _) => Intent::Copy { what, text },
            (_, None, Some(answer)) => {
                Intent::Copy { what: "answer".to_owned(), text: Secret::new(answer.body.text().into_owned()) }
            }
            _ => bad("there is nothing to copy here"),
        }
    }
}

/// The address to go to, else that of the request: copied, and shown alone.
pub fn copy_url(shown: &Shown<'_>) -> Vec<Intent> {
    let (title, text) = match &shown.prompt {
        Some(Prompt::Visit(visit)) => ("sign-in address", visit.url.to_string()),
        Some(Prompt::DeviceCode(prompt)) => ("verification address", device::scanned(prompt).0.to_owned()),
        None => {
            let Some(step) = shown.step() else { return vec![bad("there is no address here")] };
            let sent = shown.exchange_of(step.id).map(|exchange| exchange.request.url.to_string());
            let planned = || step.draft?.request().ok().map(|request| request.url.to_string());
            match sent.or_else(planned) {
                Some(url) => ("address of the request", url),
                None => return vec![bad("this step has no address")],
            }
        }
    };
    let text = Secret::new(text);
    vec![
        Intent::Copy { what: title.to_owned(), text: text.clone() },
        Intent::ShowPlain { title: title.to_owned(), text },
    ]
}

/// The request as a curl command; secrets become variables of the shell.
pub fn copy_curl(shown: &Shown<'_>) -> Intent {
    let Some(step) = shown.step() else { return bad("there is no request here") };
    let planned = || step.draft.filter(|_| step.state == StepState::Ready)?.request().ok();
    let request = planned().or_else(|| shown.exchange_of(step.id).map(|exchange| exchange.request.clone()));
    match request {
        Some(request) => Intent::Copy {
            what: "curl command, secrets left out".to_owned(),
            text: Secret::new(export::curl::curl(&request, export::Secrets::Redacted)),
        },
        None => bad("this step has sent nothing yet"),
    }
}
