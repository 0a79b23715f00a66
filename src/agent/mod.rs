//! The built-in user agent: a browser reduced to what sign-in pages need. It keeps cookies, reads a page's text, forms
//! and links, and takes one hop at a time, so that the whole front channel stands in the log.
//!
//! It is a machine like the flows: it returns requests and is given responses. It never asks the redirect URI itself:
//! arriving there ends the visit, whether by a redirect, a form or a link.
//!
//! `html` reads a page into the values of `page`, `submission` says what a form sends, `cookies` is the jar, `arrival`
//! knows the redirect URI, and `autopilot` decides what somebody with given credentials would do.

mod arrival;
mod autopilot;
mod cookies;
mod gather;
mod html;
mod page;
mod submission;
#[cfg(test)]
mod tests;

use std::fmt;

use url::Url;

pub use page::{Act, Block, Control, ControlKind, Detour, Form, Page};

use crate::{
    oauth::{Arrival, ArrivedBy, Visit},
    secret::Secret,
    wire::{Body, Failure, Headers, Method, Params, Request, Response},
};
use cookies::Jar;
use html::Refresh;
use submission::Submission;

/// How many hops may follow one another without a page that waits for the person. Browsers allow about as many.
const MOST_HOPS: u32 = 20;

/// A page that goes elsewhere within this many seconds is not worth showing.
const SHORT_WAIT: u64 = 5;

/// A visit in progress.
#[derive(Clone, PartialEq, Eq)]
pub struct Agent {
    page: Option<Page>,
    here: Url,
    redirect_uri: Option<Url>,
    /// The request that waits for its answer, its address with the fragment that is never sent.
    asked: Request,
    jar: Jar,
    hops: u32,
    autopilot: autopilot::Memory,
}

/// What comes of a response or an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A redirect, or a form or link that was used, or a form that sends itself: ask this next.
    Send(Request),
    /// The visit is over: the redirect URI was reached.
    Arrived(Arrival),
    /// A page waits for the person; see [`Agent::page`].
    Page,
    /// A page from which nothing leads on, such as an error page or a good-bye. If it can be read at all,
    /// [`Agent::page`] is that page.
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
    /// Begins a visit with an empty jar. `redirect_uri` ends it; `None` for a page that sends nobody back, such as the
    /// device-code page.
    pub fn begin(url: Url, redirect_uri: Option<Url>) -> (Self, Request) {
        let mut agent = Self {
            page: None,
            here: url.clone(),
            redirect_uri: None,
            asked: Request::get(url.clone()),
            jar: Jar::default(),
            hops: 0,
            autopilot: autopilot::Memory::default(),
        };
        let request = agent.again(url, redirect_uri);
        (agent, request)
    }

    /// The same for a flow's visit.
    pub fn visit(visit: &Visit) -> (Self, Request) {
        Self::begin(visit.url.clone(), Some(visit.redirect_uri.clone()))
    }

    /// Begins another visit with the cookies of the earlier ones, as in a browser that stayed open: the person may
    /// still be signed in.
    pub fn again(&mut self, url: Url, redirect_uri: Option<Url>) -> Request {
        self.page = None;
        self.here = url.clone();
        self.redirect_uri = redirect_uri;
        self.hops = 0;
        self.autopilot = autopilot::Memory::default();
        self.ask(Method::Get, url, Headers::new(), Body::Empty)
    }

    /// Takes the response to the last request.
    pub fn answer(&mut self, response: Response) -> Next {
        self.jar.keep(&self.asked.url, &response);
        if let (301 | 302 | 303 | 307 | 308, Some(target)) = (response.status, response.redirect_target()) {
            let target = target.to_owned();
            return self.redirected(response.status, &target);
        }

        let address = self.asked.url.clone();
        self.here = address.clone();
        let mut refresh = response.headers.get("refresh").and_then(|value| html::refresh(value, &address));
        let (page, sends_itself) = match content(&response) {
            Content::Html => {
                let document = html::read(response.body.bytes(), &address);
                refresh = refresh.or(document.refresh);
                (document.page, document.sends_itself)
            }
            Content::Text => (Page::of_text(&response.body.text()), false),
            Content::Other => {
                self.page = None;
                return Next::DeadEnd(response);
            }
        };
        // A form that sends itself presses no button. One that brings the answer home has nothing to decide either.
        let relayed = match page.forms.as_slice() {
            [form]
                if sends_itself || (form.is_relay() && form.post && self.is_redirect_uri(&form.action)) =>
            {
                form.submission(None)
            }
            _ => None,
        };
        let page = self.page.insert(page);
        if let Some(submission) = relayed {
            return self.hop(submission);
        }
        if let Some(Refresh { seconds, to }) = refresh {
            if seconds <= SHORT_WAIT && to != address {
                return self.hop(Submission { method: Method::Get, url: to, body: Body::Empty });
            }
            // A page that waits, or asks again and again, is for the person to judge.
            let text = format!("This page goes on by itself after {seconds} s");
            page.blocks.push(Block::Link(text, to));
        }
        if !self.leads_on(response.status) {
            return Next::DeadEnd(response);
        }
        self.hops = 0;
        Next::Page
    }

    /// Does something on the page. `None` when nothing leaves the page by it, or when there is no such thing on it.
    pub fn act(&mut self, act: Act) -> Option<Next> {
        let page = self.page.as_mut()?;
        let submission = match act {
            Act::Submit(form, pressed) => page.forms.get(form)?.submission(pressed)?,
            Act::Follow(block) => match page.blocks.get(block)? {
                Block::Link(_, to) => Submission { method: Method::Get, url: to.clone(), body: Body::Empty },
                Block::Heading(_) | Block::Text(_) | Block::Item(_) | Block::Control(..) => return None,
            },
            change @ (Act::Fill(..) | Act::Toggle(..)) => {
                page.change(change);
                return None;
            }
        };
        self.hops = 0;
        Some(self.hop(submission))
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
    pub fn autopilot(&mut self, credentials: &Credentials) -> Option<Next> {
        let acts = self.autopilot.plan(self.page.as_ref()?, credentials)?;
        acts.into_iter().map(|act| self.act(act)).last()?
    }

    /// RFC 9110 §15.4, as browsers do it: 301, 302 and 303 turn a POST into a GET, 307 and 308 repeat the request.
    fn redirected(&mut self, status: u16, target: &str) -> Next {
        let Ok(mut url) = self.asked.url.join(target) else {
            return Next::Failed(Failure::Unreadable {
                expected: "a redirect that can be followed".to_owned(),
                reason: format!("its Location is no address: {}", shortened(target)),
            });
        };
        // A fragment stays with the person until another one comes (RFC 9110 §10.2.2).
        if url.fragment().is_none() {
            url.set_fragment(self.asked.url.fragment());
        }
        let (method, body) = if matches!(status, 307 | 308) {
            (self.asked.method, self.asked.body.clone())
        } else {
            (Method::Get, Body::Empty)
        };
        self.hop(Submission { method, url, body })
    }

    /// Goes to an address: the redirect URI ends the visit, and anything else is asked if it can be.
    fn hop(&mut self, Submission { method, url, body }: Submission) -> Next {
        if self.is_redirect_uri(&url) {
            return Next::Arrived(if method == Method::Post {
                Arrival { by: ArrivedBy::FormPost, params: Params::parse(&body.text()) }
            } else {
                arrival::in_address(&url)
            });
        }
        if !matches!(url.scheme(), "http" | "https") {
            let scheme = url.scheme();
            let reason = format!(
                "it leads to an address of the kind {scheme}:, which is not the redirect URI and can only be opened \
                 by another program"
            );
            return Next::Failed(Failure::Unsendable { reason });
        }
        self.hops += 1;
        if self.hops > MOST_HOPS {
            let host = url.host_str().unwrap_or_default();
            let reason = format!(
                "{MOST_HOPS} redirects in a row led to no page, and the next one goes to {host}; they probably go in \
                 a circle"
            );
            return Next::Failed(Failure::Unsendable { reason });
        }
        let mut headers = Headers::new();
        if method == Method::Post {
            headers.push("content-type", "application/x-www-form-urlencoded");
            headers.push("origin", self.here.origin().ascii_serialization());
        }
        Next::Send(self.ask(method, url, headers, body))
    }

    /// Makes the request and remembers that its answer comes next.
    fn ask(&mut self, method: Method, url: Url, mut headers: Headers, body: Body) -> Request {
        headers.push("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        headers.push("user-agent", "authwright (built-in user agent)");
        self.jar.attach(&url, &mut headers);
        self.asked = Request { method, url, headers, body };
        let mut request = self.asked.clone();
        request.url.set_fragment(None);
        request
    }

    fn is_redirect_uri(&self, address: &Url) -> bool {
        self.redirect_uri.as_ref().is_some_and(|expected| arrival::is_redirect_uri(address, expected))
    }

    /// Whether anything on the page leads on.
    ///
    /// A form that a person can use always does, and so does a link to the redirect URI. Other links do on an ordinary
    /// page. They do not on an error page (by its status or an AADSTS number in its text, since Entra's error pages are
    /// 200), where they lead to help; nor in a visit that returns to nobody, whose last page is a good-bye, except when
    /// they name accounts to choose from.
    fn leads_on(&self, status: u16) -> bool {
        let Some(page) = &self.page else { return false };
        let is_error = status >= 400 || page.names_an_error();
        page.forms.iter().any(Form::is_usable)
            || page.blocks.iter().any(|block| match block {
                Block::Link(text, to) => {
                    self.is_redirect_uri(to)
                        || (!is_error && (self.redirect_uri.is_some() || text.contains('@')))
                }
                Block::Heading(_) | Block::Text(_) | Block::Item(_) | Block::Control(..) => false,
            })
    }
}

/// Form values and cookies stay out of debug output; so does the pending request, whose body may hold a password.
impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("here", &self.here.as_str())
            .field("page", &self.page)
            .finish_non_exhaustive()
    }
}

enum Content {
    Html,
    Text,
    Other,
}

/// What a response holds; one without a type is a page if it looks like one.
fn content(response: &Response) -> Content {
    let media_type = response.headers.get("content-type").map(str::to_ascii_lowercase);
    let looks_like_html = || response.body.bytes().trim_ascii_start().starts_with(b"<");
    match media_type.as_deref() {
        Some(media_type) if media_type.contains("html") => Content::Html,
        Some(media_type) if media_type.starts_with("text/plain") => Content::Text,
        None if looks_like_html() => Content::Html,
        _ => Content::Other,
    }
}

/// The beginning of an address from outside, without its parameters, safe to print.
fn shortened(address: &str) -> String {
    let start: String = address.chars().take_while(|c| !matches!(c, '?' | '#')).take(60).collect();
    crate::text::visible(&start).into_owned()
}
