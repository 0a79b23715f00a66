//! The built-in user agent: a browser reduced to what sign-in pages need. It keeps cookies, reads a page's text, forms
//! and links, and takes one hop at a time, so that the whole front channel stands in the log.
//!
//! It is a machine like the flows: it returns requests and is given responses. It never asks the redirect URI itself:
//! arriving there ends the visit.

use url::Url;

use crate::{
    oauth::{Arrival, Visit},
    secret::Secret,
    wire::{Failure, Request, Response},
};

/// A visit in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    page: Option<Page>,
    here: Url,
}

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
    /// The `name` it is sent under.
    pub name: String,
    /// What kind.
    pub kind: ControlKind,
    /// The text that stands beside it or on it.
    pub label: String,
    /// Its present value.
    pub value: Secret,
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
    /// One of several under the same name.
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

/// What comes of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A redirect (or a form that submits itself): ask this next.
    Send(Request),
    /// The visit is over: the redirect URI was reached.
    Arrived(Arrival),
    /// A page waits for the person; see [`Agent::page`].
    Page,
    /// A page from which nothing leads on, such as an error page or a good-bye.
    DeadEnd(Response),
    /// It cannot go on, and why.
    Failed(Failure),
}

/// Who signs in when the agent works by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The sign-in name.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The one-time code, where a page asks for one.
    pub one_time_code: Option<Secret>,
    /// The device flow's user code, where a page asks for it.
    pub user_code: Option<String>,
}

impl Agent {
    /// Begins a visit. `redirect_uri` ends it; `None` for a page that sends nobody back, such as the device-code page.
    pub fn begin(url: Url, redirect_uri: Option<Url>) -> (Self, Request) {
        let _ = redirect_uri;
        (Self { page: None, here: url.clone() }, Request::get(url))
    }

    /// The same for a flow's visit.
    pub fn visit(visit: &Visit) -> (Self, Request) {
        Self::begin(visit.url.clone(), Some(visit.redirect_uri.clone()))
    }

    /// Takes the response to the last request.
    pub fn answer(&mut self, response: Response) -> Next {
        Next::DeadEnd(response)
    }

    /// Does something on the page; gives the request that follows from it, if one does.
    pub fn act(&mut self, act: Act) -> Option<Request> {
        let _ = act;
        None
    }

    /// The page in front of the person.
    pub const fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// The address of that page.
    pub const fn here(&self) -> &Url {
        &self.here
    }

    /// What somebody with these credentials does on this page: fills what can be filled and presses the button that goes
    /// on. `None` when the page asks for something that is not at hand, or has come back after it was filled in already.
    pub fn autopilot(&mut self, credentials: &Credentials) -> Option<Request> {
        let _ = credentials;
        None
    }
}
