//! What a form sends: the pairs of a submission, and the request they make (HTML standard, "Form submission").
//!
//! Bodies are always `application/x-www-form-urlencoded`; sign-in pages use neither files nor other encodings.

use url::Url;

use super::page::{ControlKind, Form};
use crate::wire::{Body, Method, Params};

/// Where a submission goes and what it carries; headers are the agent's business.
#[derive(Debug)]
pub(super) struct Submission {
    pub method: Method,
    pub url: Url,
    pub body: Body,
}

impl Form {
    /// The submission by the submit control `pressed`, or by none. `None` if `pressed` is no submit control.
    pub(super) fn submission(&self, pressed: Option<usize>) -> Option<Submission> {
        let button = match pressed {
            None => None,
            Some(index) => {
                Some(self.controls.get(index).filter(|control| control.kind == ControlKind::Submit)?)
            }
        };
        let (action, post) = match button.and_then(|button| button.detour.as_ref()) {
            Some(detour) => (&detour.action, detour.post),
            None => (&self.action, self.post),
        };
        let data = self.pairs(pressed).encode();
        let mut url = action.clone();
        Some(if post {
            Submission { method: Method::Post, url, body: data.into() }
        } else {
            // A GET form replaces whatever query its address had.
            if !url.cannot_be_a_base() {
                url.set_query(Some(&data));
            }
            Submission { method: Method::Get, url, body: Body::Empty }
        })
    }

    /// Names and values in the order of the page: ticked boxes, chosen radio buttons, and of the buttons only the one
    /// that was pressed.
    fn pairs(&self, pressed: Option<usize>) -> Params {
        let sent = self.controls.iter().enumerate().filter(|(index, control)| {
            !control.name.is_empty()
                && match control.kind {
                    ControlKind::Text | ControlKind::Password | ControlKind::Hidden => true,
                    ControlKind::Checkbox { ticked: on } | ControlKind::Radio { chosen: on } => on,
                    ControlKind::Submit => pressed == Some(*index),
                }
        });
        Params(
            sent.map(|(_, control)| (line_breaks(&control.name), line_breaks(control.value.expose())))
                .collect(),
        )
    }
}

/// Line breaks travel as CR LF, however they were typed.
fn line_breaks(text: &str) -> String {
    if !text.contains(['\r', '\n']) {
        return text.to_owned();
    }
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{html, page::Act};

    fn form(html: &str) -> Form {
        let here = Url::parse("https://login.example/a/b?old=1").unwrap();
        html::read(html.as_bytes(), &here).page.forms.remove(0)
    }

    #[test]
    fn a_submission_holds_what_html_says_and_nothing_else() {
        let check = |html: &str, pressed: Option<usize>, expected: &str| {
            let sent = form(html).submission(pressed).unwrap();
            let text = format!("{} {} {}", sent.method, sent.url, sent.body.text());
            assert_eq!(text.trim_end(), expected, "{html}");
        };
        check("<form><input name=q value='a b&c'></form>", None, "GET https://login.example/a/b?q=a+b%26c");
        check("<form action=/x?gone=1#top><input name=q></form>", None, "GET https://login.example/x?q=#top");
        check(
            "<form method=POST action=x?kept=1><input name=é value=ü></form>",
            None,
            "POST https://login.example/a/x?kept=1 %C3%A9=%C3%BC",
        );
        check(
            "<form method=post action=''><input value=nameless><input name=n></form>",
            None,
            "POST https://login.example/a/b?old=1 n=",
        );
        let mixed = "<form method=post action=/go><input type=hidden name=h value=1>\
            <input type=checkbox name=on checked><input type=checkbox name=off value=x>\
            <input type=radio name=r value=1><input type=radio name=r value=2 checked>\
            <select name=s><option value=a>A<option selected>B</select>\
            <textarea name=t>\nline 1\nline 2</textarea>\
            <input name=d value=no disabled><fieldset disabled><input name=e></fieldset>\
            <button name=go value=yes>Yes</button><button name=go value=no>No</button></form>";
        let always = "h=1&on=on&r=2&s=B&t=line+1%0D%0Aline+2";
        let yes = form(mixed).controls.iter().position(|control| control.label == "Yes").unwrap();
        check(mixed, None, &format!("POST https://login.example/go {always}"));
        check(mixed, Some(yes), &format!("POST https://login.example/go {always}&go=yes"));
        check(mixed, Some(yes + 1), &format!("POST https://login.example/go {always}&go=no"));
        check(
            "<form action=/a><input name=x value=1><button formaction=/b formmethod=post name=k>Go</button></form>",
            Some(1),
            "POST https://login.example/b x=1&k=",
        );
        check(
            "<input form=f name=first value=1><form id=f action=/a><input name=second value=2></form>\
            <button form=f name=third value=3>Go</button>",
            Some(2),
            "GET https://login.example/a?first=1&second=2&third=3",
        );
    }

    #[test]
    fn only_a_submit_control_can_be_pressed() {
        let form = form("<form><input name=q><button>Go</button></form>");
        assert!(form.submission(Some(0)).is_none());
        assert!(form.submission(Some(7)).is_none());
        assert!(form.submission(Some(1)).is_some());
    }

    #[test]
    fn choosing_a_radio_button_releases_the_others() {
        let here = Url::parse("https://login.example/").unwrap();
        let html = "<form><input type=radio name=a value=1 checked><input type=radio name=a value=2>\
            <input type=radio name=b value=3 checked></form>";
        let mut page = html::read(html.as_bytes(), &here).page;
        page.change(Act::Toggle(0, 1));
        assert_eq!(page.forms[0].submission(None).unwrap().url.query(), Some("a=2&b=3"));
        page.change(Act::Toggle(0, 9));
        page.change(Act::Fill(3, 0, crate::secret::Secret::new("nowhere")));
        assert_eq!(page.forms[0].submission(None).unwrap().url.query(), Some("a=2&b=3"));
    }
}
