//! The pages of signing out.

use std::fmt::Write as _;

use url::Url;

use super::{escape, page};
use crate::provider::sessions::{Person, login_hint};

/// Which of the accounts that are signed in. The form repeats the request, with the hint that answers the question.
pub fn pick(path: &str, fields: &[(&str, &str)], people: &[Person]) -> String {
    let mut inner = String::new();
    for (name, value) in fields {
        let _ =
            writeln!(inner, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    for person in people {
        let _ = writeln!(
            inner,
            "<button type=\"submit\" name=\"logout_hint\" value=\"{}\">{} ({})</button>",
            escape(&login_hint(&person.user)),
            escape(&person.user.display_name),
            escape(&person.user.user_principal_name),
        );
    }
    let body = format!(
        "<p>The others stay signed in.</p>\n<form method=\"post\" action=\"/{}\">\n{inner}</form>\n",
        escape(path)
    );
    page("Whose session is to end?", &body)
}

/// The session is over. Each of the `frames` tells an application so; then it goes on to `next`, if that is known.
pub fn done(person: Option<&Person>, frames: &[Url], next: Option<&Url>) -> String {
    let mut body = match person {
        Some(person) => {
            format!("<p>{} is signed out of this browser.</p>\n", escape(&person.user.user_principal_name))
        }
        None => "<p>Nobody was signed in, so there is nothing to end.</p>\n".to_owned(),
    };
    body.push_str("<p class=\"fine\">Refresh tokens that applications hold are not revoked by this.</p>\n");
    for frame in frames {
        let _ = writeln!(
            body,
            "<iframe hidden title=\"Tells an application\" src=\"{}\"></iframe>",
            escape(frame.as_str())
        );
    }
    if let Some(next) = next {
        let address = escape(next.as_str());
        let _ = write!(
            body,
            "<meta http-equiv=\"refresh\" content=\"2;url={address}\">\n\
             <p><a href=\"{address}\">Back to the application</a></p>\n",
        );
    }
    page("Signed out", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_do_not_become_markup() {
        let hostile = Url::parse("http://localhost/?a=\"'><script>x</script>&b=1").unwrap();
        let html = done(None, std::slice::from_ref(&hostile), Some(&hostile));
        assert!(!html.contains("<script>") && !html.contains("a=\"'"), "{html}");
        let html = pick("t/oauth2/v2.0/logout", &[("state", "\"><script>")], &[]);
        assert!(!html.contains("<script>"), "{html}");
    }
}
