//! The pages of the redirect listener. They load nothing, and only the one that hands on a fragment runs a script.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The HTTP status.
    pub status: u16,
    title: &'static str,
    text: Cow<'static, str>,
    relays: bool,
}

/// Takes what stands behind the `#` off the address, so that it stays in no history, and posts it to where the page came
/// from. What the listener says about it takes the place of the page.
const SCRIPT: &str = "\
const said = document.getElementById('said');\
const answer = location.hash.slice(1);\
if (answer) {\
said.textContent = 'Handing the answer on…';\
history.replaceState(null, '', location.pathname + location.search);\
fetch(location.pathname, {method: 'POST', body: answer, headers: \
{'content-type': 'application/x-www-form-urlencoded', 'x-authwright-relay': 'fragment'}})\
.then(reply => reply.text())\
.then(html => {\
const page = new DOMParser().parseFromString(html, 'text/html');\
document.title = page.title;\
document.body.replaceChildren(...page.body.childNodes);\
})\
.catch(() => { said.textContent = \
'Nobody listens here any more. Go back to the terminal and begin the sign-in again.'; });\
}";

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem;\
                     color-scheme:light dark}h1{font-size:1.4rem}";

impl Page {
    pub(super) const ARRIVED: Self = Self::of(
        200,
        "The answer has arrived",
        "It is being checked in the terminal. You can go back there and close this page; nothing more happens here.",
    );
    pub(super) const SECOND: Self = Self::of(
        409,
        "Answered before",
        "Another answer has come here first, and the first one counts. Go back to the terminal; if you have begun a new \
         sign-in there, use the page that it opened.",
    );
    pub(super) const NO_ANSWER: Self = Self::of(
        400,
        "No answer in this form",
        "The form holds neither a code nor a token nor an error. Go back to the terminal and begin again.",
    );
    pub(super) const WRONG_HOST: Self =
        Self::of(421, "Wrong host", "This address only answers under its loopback name.");
    pub(super) const WRONG_ORIGIN: Self =
        Self::of(403, "Wrong origin", "Only the page of this address itself may hand an answer on.");
    pub(super) const ELSEWHERE: Self =
        Self::of(404, "Nothing here", "authwright waits for a sign-in at another path.");
    pub(super) const WRONG_METHOD: Self =
        Self::of(405, "Not like this", "A sign-in answer comes with GET or POST.");
    pub(super) const NO_FORM: Self =
        Self::of(415, "Not a form", "A sign-in answer that is posted comes as a form.");
    pub(super) const TOO_LONG: Self =
        Self::of(413, "Too long", "The form is too long to be a sign-in answer.");
    /// Read by people only when the script does not run, or finds nothing.
    pub(super) const RELAY: Self = Self {
        status: 200,
        title: "No answer in this address",
        text: Cow::Borrowed(
            "If the browser's address bar shows a # with parameters behind it, scripts are switched off: copy the whole \
             address, go back to the terminal and paste it there.",
        ),
        relays: true,
    };

    const fn of(status: u16, title: &'static str, text: &'static str) -> Self {
        Self { status, title, text: Cow::Borrowed(text), relays: false }
    }

    /// The authority said no. Its word for it is shown if it looks like one.
    pub(super) fn refused(error: &str) -> Self {
        let is_word = error.len() <= 60 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let word = if is_word { format!(" ({error})") } else { String::new() };
        Self {
            text: format!(
                "The authority said no{word}. The reason stands in the terminal; you can close this page."
            )
            .into(),
            ..Self::of(200, "The sign-in was refused", "")
        }
    }

    /// The whole page.
    pub(super) fn html(&self) -> String {
        let Self { title, text, .. } = self;
        let script = if self.relays { format!("<script>{SCRIPT}</script>") } else { String::new() };
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\
             <title>{title} · authwright</title><style>{STYLE}</style></head>\
             <body><h1>{title}</h1><p id=\"said\">{text}</p>{script}</body></html>"
        )
    }

    /// What the page may do: nothing, and the relay may run its own script and ask the listener.
    pub(super) fn policy(&self) -> String {
        let base = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";
        if self.relays {
            let hash = STANDARD.encode(Sha256::digest(SCRIPT));
            format!("{base}; script-src 'sha256-{hash}'; connect-src 'self'")
        } else {
            base.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_relay_runs_a_script_and_only_that_one() {
        let page = Page::RELAY;
        let html = page.html();
        let script = html.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>"));
        let (script, _) = script.expect("the relay has a script");
        let hash = STANDARD.encode(Sha256::digest(script));
        assert!(page.policy().contains(&format!("script-src 'sha256-{hash}'")));
        assert!(!script.contains('<'), "nothing in it ends it early");
        for other in [Page::ARRIVED, Page::SECOND, Page::WRONG_HOST, Page::refused("access_denied")] {
            assert!(!other.html().contains("<script") && !other.policy().contains("script-src"));
        }
    }

    #[test]
    fn what_the_authority_says_is_shown_only_as_a_word() {
        assert!(Page::refused("access_denied").html().contains("(access_denied)"));
        assert!(!Page::refused("<script>alert(1)</script>").html().contains("alert"));
    }
}
